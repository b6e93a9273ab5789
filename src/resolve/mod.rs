//! From a topology as written to a network: references, addresses, and what Azure's API would refuse.
//!
//! All faults are found in one run. What depends on something faulty is left out or gets a neutral
//! stand-in, so that one mistake is one fault; a network that came with faults is not to be asked.

mod addresses;
mod balancer_rules;
mod balancers;
mod firewall_rules;
mod firewalls;
mod fixtures;
mod gateways;
mod graph;
mod groups;
mod guest;
mod identity;
mod interfaces;
mod kind;
mod latency;
mod machines;
mod managers;
mod naming;
mod networks;
mod overlaps;
mod peerings;
mod proxies;
mod publics;
mod references;
mod routes;
mod security;
mod sites;
mod special;
mod spot;
mod tags;
mod targets;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path as Folder;

use crate::diagnostic::Diagnostic;
use crate::network::{
    Gateway, Id, Machine, Network, PublicOwner, ServiceTag, Subnet, VirtualNetwork,
};
use crate::spec::{self, PeeringState, Topology};
use addresses::Claim;
use identity::Identities;
use references::Index;
use security::GroupedRule;
use spot::Spot;
use tags::Downloaded;
use targets::Target;

/// What stands for an address until it is known.
const NO_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Resolves a topology. `base` is the folder that `serviceTags.file` is relative to.
///
/// Faults are added to `faults`, in the order in which they are found. The checks that stand in the
/// topology are not looked at.
pub fn resolve(
    topology: &Topology,
    base: Option<&Folder>,
    faults: &mut Vec<Diagnostic>,
) -> Network {
    let mut resolver = Resolver::new(topology, base);
    resolver.run();
    faults.append(&mut resolver.faults);
    resolver.network
}

/// A topology on its way to be a network. Arenas are filled in the order of the format, so that the
/// position of a resource in its section is its id wherever nothing is left out.
struct Resolver<'a> {
    topology: &'a Topology,
    base: Option<&'a Folder>,
    faults: Vec<Diagnostic>,
    network: Network,
    identities: Identities,
    index: Index<'a>,
    /// For each virtual network, its subnets by folded name.
    subnet_names: Vec<HashMap<String, Id<Subnet>>>,
    /// Subnets by references that were found already.
    subnets_by_text: HashMap<&'a str, Id<Subnet>>,
    /// For each subnet: the key of its network, its own, what is written.
    subnet_specs: Vec<(&'a str, &'a str, &'a spec::Subnet)>,
    peering_spots: Vec<Spot<'a>>,
    /// The states that are written.
    peering_states: Vec<Option<PeeringState>>,
    tags_by_name: HashMap<String, Id<ServiceTag>>,
    downloaded: Downloaded,
    /// For each application security group, the network of its first member.
    group_homes: Vec<Option<(Id<VirtualNetwork>, Spot<'a>)>>,
    grouped_rules: Vec<GroupedRule<'a>>,
    /// For each public address, who has it, and by which reference.
    public_users: Vec<Option<(PublicOwner, Spot<'a>)>>,
    /// Virtual machines and appliances by their position; those that were left out are `None`.
    machine_ids: [Vec<Option<Id<Machine>>>; 2],
    /// Gateways by their position; those that were left out are `None`.
    gateway_ids: Vec<Option<Id<Gateway>>>,
    /// Machines, sets and NICs by folded ARM id, once something refers by one.
    targets: Option<HashMap<String, Target>>,
    claims: Vec<Claim<'a>>,
    /// Networks with a gateway of their own, and the first one.
    gateway_spots: HashMap<Id<VirtualNetwork>, Spot<'a>>,
    with_route_server: HashSet<Id<VirtualNetwork>>,
    /// Whether a gateway or Route Server was left out, so that one may be missing for that reason.
    gateways_left_out: bool,
}

impl<'a> Resolver<'a> {
    fn new(topology: &'a Topology, base: Option<&'a Folder>) -> Self {
        let network = Network {
            name: topology.name.clone(),
            settings: topology.settings.clone(),
            ..Network::default()
        };
        Self {
            topology,
            base,
            faults: Vec::new(),
            network,
            identities: Identities::new(topology),
            index: Index::new(topology),
            subnet_names: Vec::new(),
            subnets_by_text: HashMap::new(),
            subnet_specs: Vec::new(),
            peering_spots: Vec::new(),
            peering_states: Vec::new(),
            tags_by_name: HashMap::new(),
            downloaded: Downloaded::default(),
            group_homes: Vec::new(),
            grouped_rules: Vec::new(),
            public_users: Vec::new(),
            machine_ids: [Vec::new(), Vec::new()],
            gateway_ids: Vec::new(),
            targets: None,
            claims: Vec::new(),
            gateway_spots: HashMap::new(),
            with_route_server: HashSet::new(),
            gateways_left_out: false,
        }
    }

    fn run(&mut self) {
        self.service_tags();
        self.networks();
        self.application_groups();
        self.security_groups();
        self.route_tables();
        self.public_addresses();
        self.nat_gateways();
        self.peerings();
        // From here on in the order of the format, in which addresses are assigned.
        self.machines();
        self.firewalls();
        self.firewall_policies();
        self.load_balancers();
        self.application_gateways();
        self.bastions();
        self.gateways();
        self.route_servers();
        self.private_endpoints();
        self.settle_addresses();
        self.settle_speakers();
        self.sites();
        self.connections();
        self.services();
        self.zones();
        self.internet_hosts();
        self.latency();
        self.thresholds();
        self.managers();
        self.check_special_subnets();
        self.check_transit();
        self.check_grouped_rules();
        self.connect();
    }
}

/// A name as it is compared: without case.
fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}
