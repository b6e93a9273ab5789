//! Changes that may let a flow past an issue. Each is for the very addresses, protocol and port that were
//! stopped and no others: what stops more than that may be meant to.

use std::net::IpAddr;

use ipnet::IpNet;

use super::denials::stopped;
use super::{Change, names};
use crate::engine::{DEFAULT_OUTBOUND, Engine, Question, representative};
use crate::net::tags::PlatformTag;
use crate::net::{AddressSet, Flow, PortRange, ProtocolMatch};
use crate::network::{
    AdminRule, Endpoint, FilterRule, FixtureKind, GuestFilter, Id, Machine, Network,
    NetworkSecurityGroup, Peering, Place, RuleSide, SecurityRule, Socket,
};
use crate::spec::checks::IssueType;
use crate::spec::{Access, AdminAccess, Direction};
use crate::trace::{Cause, Filter, Issue, Path};

mod firewall;
mod routes;

/// The last priority of a security group's rules, and that of security admin rules.
const LAST_PRIORITY: u16 = 4096;
/// The first priority of a security group's rules (`manage-network-security-group`).
const FIRST_PRIORITY: u16 = 100;

/// So many rules a group takes (`azure-virtual-network-limits`).
const MOST_RULES: usize = 1_000;

/// What is known where changes are looked for.
#[derive(Clone, Copy)]
pub(super) struct Looking<'l, 'n> {
    pub engine: &'l Engine<'n>,
    /// The same network with the changes that are made along with what is looked for: names and priorities
    /// are free where they are free here.
    pub copy: &'l Network,
    pub question: &'l Question,
    pub path: &'l Path,
}

impl Looking<'_, '_> {
    /// The changes that may help against `issue`, which stands at the `at`th hop: any one of them.
    pub fn against(&self, at: usize, issue: &Issue) -> Vec<Change> {
        let Some(found) = stopped(self.path, at, issue) else {
            return Vec::new();
        };
        let network = self.engine.network();
        let flow = found.flow;
        let one = |change: Option<Change>| change.into_iter().collect();
        match (&issue.cause, issue.kind) {
            // A reply that a rule denies has gone astray: it is to come back as the request went.
            (Cause::SecurityRule(..) | Cause::AdminRule(..), _) if found.reply => Vec::new(),
            (Cause::SecurityRule(nsg, rule, _), _) => {
                one(self.security_rule(*nsg, rule.as_deref(), issue, &flow))
            }
            (Cause::AdminRule(manager, position), _) => {
                let denying = network.managers[*manager].rules.get(*position);
                one(denying.and_then(|denying| {
                    self.admin_rule(denying, &self.copy.managers[*manager].rules, &flow)
                        .map(|rule| Change::AdminRule {
                            manager: *manager,
                            rule,
                        })
                }))
            }
            (Cause::Machine(id, _), IssueType::NetworkSecurityRule) => {
                one(self.filter_rule(*id, Filter::Appliance, issue, &flow))
            }
            (Cause::Machine(id, ["guest", "firewall", "inbound"]), _) => {
                one(self.filter_rule(*id, Filter::GuestInbound, issue, &flow))
            }
            (Cause::Machine(id, ["guest", "firewall", "outbound"]), _) => {
                one(self.filter_rule(*id, Filter::GuestOutbound, issue, &flow))
            }
            (Cause::Machine(id, ["guest", "listeners"]), _) => one(listener(*id, &flow)),
            (Cause::Machine(id, ["forwarding", "enabled"]), _) => {
                let forwards = network.machines[*id].forwarding.as_ref();
                let off = forwards.filter(|own| !own.enabled);
                one(off.map(|_| Change::GuestForwarding(*id)))
            }
            (Cause::Machine(_, ["forwarding", "stateful"]), _) => self.routes_of_both_ways(&found),
            (Cause::FirewallRule(id, ..) | Cause::Firewall(id, _), kind) => match kind {
                IssueType::NetworkSecurityRule => one(self.firewall_rule(*id, issue, &flow)),
                IssueType::UserDefinedRoute => self.routes_of_both_ways(&found),
                _ => Vec::new(),
            },
            (Cause::Nic(id, "enableIPForwarding"), _) => {
                let machine = network.nics[*id].machine;
                let single = super::apply::alike(network, machine).len() == 1;
                one(single.then_some(Change::IpForwarding(*id)))
            }
            (Cause::Peering(id, flag), _) => one(peering_flag(network, *id, flag)),
            (Cause::UserRoute(table, position), _) => self.route(*table, Some(*position), &found),
            (Cause::SystemRoute(subnet), _) => match network.subnets[*subnet].route_table {
                Some(table) => self.route(table, None, &found),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// An address as a rule of Azure's names it: the Internet where it stands for all of that; none where
    /// it is not known which address Azure gives.
    fn side(&self, address: IpAddr, end: &Endpoint) -> Option<RuleSide> {
        let network = self.engine.network();
        if *end == Endpoint::Internet && network.public_owners.get(address).is_none() {
            let outside = crate::net::tags::internet().contains(address);
            return outside.then_some(RuleSide::Platform(PlatformTag::Internet));
        }
        self.known(address)
            .then(|| RuleSide::Prefixes(vec![IpNet::from(address)]))
    }

    /// Whether an address is one that Azure or a name will not give otherwise.
    fn known(&self, address: IpAddr) -> bool {
        let network = self.engine.network();
        let mut public = network.public_ips.iter();
        address != DEFAULT_OUTBOUND
            && address != representative(network)
            && !public.any(|(_, own)| own.address == address && own.assumed)
    }

    /// The subnet of an application gateway, a Bastion host or a firewall, where a flow comes from one on
    /// the way. It comes from any of the instances, whose addresses are Azure's to choose
    /// (`application-gateway/configuration-infrastructure`, `bastion-nsg`, `firewall/snat-private-range`).
    fn instances(&self, source: IpAddr) -> Option<RuleSide> {
        let network = self.engine.network();
        let mut hops = self.path.hops.iter();
        hops.find_map(|hop| {
            let Some(Place::Fixture(id)) = hop.place else {
                return None;
            };
            let fixture = &network.fixtures[id];
            let many = matches!(
                fixture.kind,
                FixtureKind::ApplicationGateway(_)
                    | FixtureKind::BastionHost
                    | FixtureKind::AzureFirewall(_)
            );
            let subnet = fixture
                .subnet
                .filter(|_| many && fixture.addresses.contains(&source))?;
            let mut prefixes = network.subnets[subnet].prefixes.iter();
            let own = prefixes.find(|prefix| prefix.contains(&source))?;
            Some(RuleSide::Prefixes(vec![*own]))
        })
    }

    /// Both sides of a rule for a flow.
    fn sides(&self, flow: &Flow) -> Option<[RuleSide; 2]> {
        let source = self
            .instances(flow.source)
            .or_else(|| self.side(flow.source, &self.question.source));
        Some([
            source?,
            self.side(flow.destination, &self.question.destination)?,
        ])
    }

    /// Both sides of a rule that knows addresses only.
    fn addresses(&self, flow: &Flow) -> Option<[AddressSet; 2]> {
        let one = |side: RuleSide| match side {
            RuleSide::Prefixes(prefixes) => Some(AddressSet::of(&prefixes)),
            _ => None,
        };
        let [source, destination] = self.sides(flow)?;
        Some([one(source)?, one(destination)?])
    }

    /// The source's port, where it was named.
    fn source_ports(&self, flow: &Flow) -> Vec<PortRange> {
        let named = self
            .question
            .source_port
            .filter(|_| flow.protocol.has_ports());
        named
            .map(|_| one_port(flow.source_port))
            .into_iter()
            .collect()
    }

    fn security_rule(
        &self,
        nsg: Id<NetworkSecurityGroup>,
        denying: Option<&str>,
        issue: &Issue,
        flow: &Flow,
    ) -> Option<Change> {
        let group = &self.copy.nsgs[nsg];
        let direction = match issue.origin.word() {
            "Outbound" => Direction::Outbound,
            _ => Direction::Inbound,
        };
        if group.rules.len() >= MOST_RULES {
            return None;
        }
        let own = || group.rules.iter().filter(|own| own.direction == direction);
        let below = match denying {
            Some(name) => own().find(|own| *own.name == *name)?.priority,
            None => LAST_PRIORITY + 1,
        };
        let taken = own().map(|own| own.priority).collect::<Vec<u16>>();
        let priority = free_priority(&taken, FIRST_PRIORITY, below)?;
        let [source, destination] = self.sides(flow)?;
        let has = |name: &str| {
            let mut rules = group.rules.iter();
            rules.any(|own| own.name.eq_ignore_ascii_case(name))
        };
        let rule = SecurityRule {
            name: names::for_rule(flow, has),
            priority,
            direction,
            access: Access::Allow,
            protocol: ProtocolMatch::Only(flow.protocol),
            source,
            source_ports: self.source_ports(flow),
            destination,
            destination_ports: ports(flow),
        };
        Some(Change::SecurityRule { nsg, rule })
    }

    /// An exception stands before the rule that denies; security groups decide behind it.
    fn admin_rule(&self, denying: &AdminRule, all: &[AdminRule], flow: &Flow) -> Option<AdminRule> {
        let alike = |own: &&AdminRule| {
            own.configuration == denying.configuration && own.collection == denying.collection
        };
        let taken = all.iter().filter(alike);
        let taken = taken.filter(|own| own.direction == denying.direction);
        let taken: Vec<u16> = taken.map(|own| own.priority).collect();
        let priority = free_priority(&taken, 1, denying.priority)?;
        let [source, destination] = self.addresses(flow)?;
        let prefixes = |set: AddressSet| vec![RuleSide::Prefixes(set.prefixes())];
        let has = |name: &str| {
            let mut rules = all.iter().filter(alike);
            rules.any(|own| own.name.eq_ignore_ascii_case(name))
        };
        Some(AdminRule {
            name: names::for_rule(flow, has),
            priority,
            access: AdminAccess::Allow,
            protocol: ProtocolMatch::Only(flow.protocol),
            sources: prefixes(source),
            source_ports: Vec::new(),
            destinations: prefixes(destination),
            destination_ports: ports(flow),
            ..denying.clone()
        })
    }

    /// Before the rule that denies; where none does, behind all of them.
    fn filter_rule(
        &self,
        machine: Id<Machine>,
        filter: Filter,
        issue: &Issue,
        flow: &Flow,
    ) -> Option<Change> {
        let own = &self.copy.machines[machine];
        let rules: &GuestFilter = match filter {
            Filter::GuestInbound => &own.guest.inbound,
            Filter::GuestOutbound => &own.guest.outbound,
            _ => &own.forwarding.as_ref()?.filter,
        };
        let mut context = issue.context.iter();
        let name = context.find(|(key, _)| *key == "RuleName");
        let denying = name.and_then(|(_, name)| {
            let mut rules = rules.rules.iter();
            rules.find(|own| *own.name == **name && own.action == Access::Deny)
        });
        let highest = rules.rules.iter().filter_map(|own| own.priority).max();
        let priority = match denying.map(|own| own.priority) {
            Some(Some(priority)) => Some(priority.checked_sub(1).filter(|before| *before >= 0)?),
            Some(None) => Some(highest.map_or(100, |highest| highest.saturating_add(10))),
            None if rules.rules.iter().any(|own| own.priority.is_none()) => None,
            None => Some(highest.map_or(100, |highest| highest.saturating_add(10))),
        };
        let [source, destination] = self.addresses(flow)?;
        // A guest's filter knows the other end alone.
        let (source, destination) = match filter {
            Filter::GuestInbound => (source, AddressSet::all()),
            Filter::GuestOutbound => (AddressSet::all(), destination),
            _ => (source, destination),
        };
        let has = |name: &str| {
            let mut rules = rules.rules.iter();
            rules.any(|own| own.name.eq_ignore_ascii_case(name))
        };
        let rule = FilterRule {
            name: names::for_rule(flow, has),
            priority,
            action: Access::Allow,
            protocol: ProtocolMatch::Only(flow.protocol),
            source,
            source_ports: Vec::new(),
            destination,
            destination_ports: ports(flow),
        };
        Some(Change::FilterRule {
            machine,
            filter,
            rule,
        })
    }
}

/// A priority before another: the highest round one that is free, else the highest free one. Where nothing
/// stands behind, the first one behind all others.
fn free_priority(taken: &[u16], first: u16, below: u16) -> Option<u16> {
    let behind = taken.iter().filter(|own| **own < below).max().copied();
    let open = |priority: &u16| !taken.contains(priority);
    if below > LAST_PRIORITY {
        let next = behind.map_or(first, |last| (last / 10 + 1) * 10);
        if (first..=LAST_PRIORITY).contains(&next) {
            return Some(next);
        }
    }
    let after = behind.map_or(first, |last| last + 1).max(first);
    let round = (after..below).rev().find(|own| own % 10 == 0);
    round.or_else(|| (first..below).rev().find(open))
}

fn one_port(port: u16) -> PortRange {
    PortRange {
        first: port,
        last: port,
    }
}

fn ports(flow: &Flow) -> Vec<PortRange> {
    let has = flow.protocol.has_ports();
    has.then(|| one_port(flow.destination_port))
        .into_iter()
        .collect()
}

fn listener(machine: Id<Machine>, flow: &Flow) -> Option<Change> {
    let socket = Socket {
        protocol: Some(flow.protocol),
        ports: one_port(flow.destination_port),
    };
    flow.protocol
        .has_ports()
        .then_some(Change::Listener { machine, socket })
}

/// A flag of a peering, where Azure would let it be switched on
/// (`virtual-network-peering-gateway-transit`: one remote gateway, and none of one's own).
fn peering_flag(network: &Network, peering: Id<Peering>, flag: &'static str) -> Option<Change> {
    let own = &network.peerings[peering];
    let has_gateway = |vnet| {
        network
            .gateways
            .iter()
            .any(|(_, gateway)| gateway.vnet == vnet)
            || network
                .route_servers
                .iter()
                .any(|(_, server)| server.vnet == vnet)
    };
    let possible = match flag {
        "allowForwardedTraffic" | "allowVirtualNetworkAccess" | "allowGatewayTransit" => true,
        "useRemoteGateways" => {
            let mut others = network.vnets[own.vnet].peerings.iter();
            let taken = others.any(|id| network.peerings[*id].use_remote_gateways);
            let shared = own
                .reverse
                .is_some_and(|id| network.peerings[id].allow_gateway_transit);
            !taken && shared && !has_gateway(own.vnet) && has_gateway(own.remote)
        }
        _ => false,
    };
    possible.then_some(Change::PeeringFlag { peering, flag })
}

#[cfg(test)]
mod tests {
    use super::free_priority;

    #[test]
    fn priorities() {
        for (taken, below, free) in [
            (vec![], 4097, Some(100)),
            (vec![100, 115], 4097, Some(120)),
            (vec![4096], 4097, Some(4095)),
            (vec![100, 1000], 1000, Some(990)),
            (vec![100, 104], 104, Some(103)),
            (vec![100, 101, 102], 102, None),
            (vec![100], 100, None),
            (vec![102, 103], 103, Some(101)),
        ] {
            assert_eq!(free_priority(&taken, 100, below), free, "{taken:?} {below}");
        }
    }
}
