//! Question in, answer out: one hop, all paths, translation, the way back. Pure: nothing is read but
//! the network, nothing is kept but what is computed from it.

mod answer;
mod appliance;
mod application_gateway;
mod arrival;
mod balancer;
mod check;
mod classes;
mod compiled;
mod departure;
mod destination;
pub mod diagnose;
mod doubts;
mod edge_issues;
mod endpoint;
mod ends;
mod filters;
mod firewall;
mod firewall_issues;
mod firewall_out;
mod firewall_rules;
mod flows;
mod gateway;
mod internet;
pub mod ip_flow;
mod issues;
pub mod latency;
pub mod matrix;
mod names;
pub mod next_hop;
pub mod outbound;
mod proxy;
mod proxy_issues;
pub mod reach;
mod reasons;
mod reply;
pub mod required;
mod security_issues;
mod traffic;
mod walk;

use std::sync::OnceLock;

use crate::effective::Effective;
use crate::net::{AddressMap, AddressSet, RuleList};
use crate::network::{Id, Machine, Network, Nic, VirtualNetwork};
use classes::Classes;
use compiled::{CompiledMachine, Scope, Statics};
use firewall_rules::CompiledFirewall;

pub use answer::{Answer, AnswerEnd, PortStatuses};
pub use check::{Application, Question, QuestionFault, check, singles};
pub(crate) use classes::{Both, Stand};
pub(crate) use compiled::DEFAULT_OUTBOUND;
pub(crate) use ends::representative;
pub use firewall_rules::Asking;
pub use flows::{FlowBox, FlowSet, Space};
pub use traffic::{Gate, GateKind, Parts, Rewrite, Traffic};
pub use walk::{End, Fate, Origin, Policy, Walk, WayBack};

/// A network with everything that questions about it need, computed as it is asked for and shared.
#[derive(Debug)]
pub struct Engine<'n> {
    network: &'n Network,
    effective: Effective<'n>,
    machines: Vec<OnceLock<CompiledMachine>>,
    firewalls: Vec<OnceLock<CompiledFirewall>>,
    scopes: Vec<OnceLock<AddressMap<Scope>>>,
    /// For each machine, and for each NIC, its own addresses.
    own: [Vec<OnceLock<AddressMap<()>>>; 2],
    /// For each NIC, whether a source is its first address.
    sent: Vec<OnceLock<RuleList>>,
    /// For each VNet, whether a source lies in it.
    natives: Vec<OnceLock<RuleList>>,
    classes: OnceLock<Classes>,
    statics: Statics,
}

impl<'n> Engine<'n> {
    /// For `network`; nothing is computed yet.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        Self {
            network,
            effective: Effective::new(network),
            machines: (0..network.machines.len())
                .map(|_| OnceLock::new())
                .collect(),
            firewalls: (0..network.firewalls.len())
                .map(|_| OnceLock::new())
                .collect(),
            scopes: (0..network.vnets.len()).map(|_| OnceLock::new()).collect(),
            own: [network.machines.len(), network.nics.len()]
                .map(|count| (0..count).map(|_| OnceLock::new()).collect()),
            sent: (0..network.nics.len()).map(|_| OnceLock::new()).collect(),
            natives: (0..network.vnets.len()).map(|_| OnceLock::new()).collect(),
            classes: OnceLock::new(),
            statics: Statics::new(),
        }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &'n Network {
        self.network
    }

    /// The effective routes and rules.
    #[must_use]
    pub const fn effective(&self) -> &Effective<'n> {
        &self.effective
    }

    fn machine(&self, id: Id<Machine>) -> &CompiledMachine {
        self.machines[id.index()]
            .get_or_init(|| CompiledMachine::new(self.network, &self.network.machines[id]))
    }

    /// The addresses of the machine of `nic` itself.
    fn machine_addresses(&self, nic: Id<Nic>) -> &AddressMap<()> {
        let machine = self.network.nics[nic].machine;
        let [machines, _] = &self.own;
        machines[machine.index()].get_or_init(|| {
            let nics = self.network.machines[machine].nics.iter();
            compiled::addresses(nics.flat_map(|nic| &self.network.nics[*nic].addresses))
        })
    }

    /// The addresses of `nic`.
    fn nic_addresses(&self, nic: Id<Nic>) -> &AddressMap<()> {
        let [_, nics] = &self.own;
        nics[nic.index()].get_or_init(|| compiled::addresses(&self.network.nics[nic].addresses))
    }

    /// Whether the source is the first address of `nic`.
    fn sent_by(&self, nic: Id<Nic>) -> &RuleList {
        self.sent[nic.index()].get_or_init(|| {
            let first = self.network.nics[nic].addresses.iter().take(1);
            compiled::from_any_of(AddressSet::of_addresses(first.map(|a| a.address)))
        })
    }

    /// Whether the source lies in `vnet`.
    fn natives(&self, vnet: Id<VirtualNetwork>) -> &RuleList {
        self.natives[vnet.index()]
            .get_or_init(|| compiled::from_any_of(self.network.vnets[vnet].addresses.clone()))
    }

    fn classes(&self) -> &Classes {
        self.classes.get_or_init(|| Classes::of(self))
    }

    fn scopes(&self, vnet: Id<VirtualNetwork>) -> &AddressMap<Scope> {
        self.scopes[vnet.index()].get_or_init(|| compiled::scopes(self.network, vnet))
    }
}
