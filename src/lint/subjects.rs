//! What findings are about: where it stands in the topology, and what it is called.

use std::sync::Arc;

use crate::network::{
    AdminRule, Id, Identity, MachineKind, Network, NetworkManager, NetworkSecurityGroup, Nic,
    Peering, RouteTable, Subnet,
};
use crate::source::Path;

/// Where a resource stands.
pub(super) fn at(identity: &Identity) -> Path {
    Path::of(&[identity.section, &identity.name])
}

/// Where a subnet stands.
pub(super) fn at_subnet(network: &Network, id: Id<Subnet>) -> Path {
    let subnet = &network.subnets[id];
    at(&network.vnets[subnet.vnet].identity)
        .key("subnets")
        .key(&subnet.name)
}

/// Where a peering stands.
pub(super) fn at_peering(network: &Network, id: Id<Peering>) -> Path {
    let peering = &network.peerings[id];
    at(&network.vnets[peering.vnet].identity)
        .key("peerings")
        .key(&peering.name)
}

/// Where a NIC stands; an instance's is that of its scale set.
pub(super) fn at_nic(network: &Network, id: Id<Nic>) -> Path {
    let nic = &network.nics[id];
    let machine = &network.machines[nic.machine];
    let machine = match machine.kind {
        MachineKind::Instance(set) => at(&network.scale_sets[set].identity),
        _ => at(&machine.identity),
    };
    if nic.listed {
        machine.key("networkInterfaces").key(&nic.name)
    } else {
        machine.key("networkInterface")
    }
}

/// Where a rule of a group stands.
pub(super) fn at_rule(network: &Network, nsg: Id<NetworkSecurityGroup>, rule: &str) -> Path {
    at(&network.nsgs[nsg].identity)
        .key("securityRules")
        .key(rule)
}

/// Where a security admin rule stands.
pub(super) fn at_admin_rule(
    network: &Network,
    manager: Id<NetworkManager>,
    rule: &AdminRule,
) -> Path {
    at(&network.managers[manager].identity)
        .key("securityAdminConfigurations")
        .key(&rule.configuration)
        .key("ruleCollections")
        .key(&rule.collection)
        .key("rules")
        .key(&rule.name)
}

/// Where a rule of a firewall policy stands, by the keys that lead to it.
pub(super) fn at_firewall_rule([policy, group, collection, rule]: &[Arc<str>; 4]) -> Path {
    Path::of(&["firewallPolicies", policy])
        .key("ruleCollectionGroups")
        .key(group)
        .key("ruleCollections")
        .key(collection)
        .key("rules")
        .key(rule)
}

/// Where a route of a table stands.
pub(super) fn at_route(network: &Network, table: Id<RouteTable>, position: usize) -> Path {
    let table = &network.route_tables[table];
    let routes = at(&table.identity).key("routes");
    match table.routes.get(position) {
        Some(route) => routes.key(&route.name),
        None => routes,
    }
}

/// `vnet/subnet`.
pub(super) fn subnet_name(network: &Network, id: Id<Subnet>) -> String {
    let subnet = &network.subnets[id];
    format!(
        "{}/{}",
        network.vnets[subnet.vnet].identity.name, subnet.name
    )
}

/// `vnet/peering`.
pub(super) fn peering_name(network: &Network, id: Id<Peering>) -> String {
    let peering = &network.peerings[id];
    format!(
        "{}/{}",
        network.vnets[peering.vnet].identity.name, peering.name
    )
}

/// The machine's name.
pub(super) fn machine_name(network: &Network, id: Id<Nic>) -> &str {
    &network.machines[network.nics[id].machine].identity.name
}

/// Some names in backticks; of many the first few.
pub(super) fn listed(names: impl IntoIterator<Item = String>) -> String {
    joined(names.into_iter().map(|name| format!("`{name}`")))
}

/// Some words; of many the first few.
pub(super) fn joined(words: impl IntoIterator<Item = String>) -> String {
    const SHOWN: usize = 3;
    let mut words: Vec<String> = words.into_iter().collect();
    words.dedup();
    let more = words.len().saturating_sub(SHOWN);
    words.truncate(SHOWN);
    match (more, words.pop()) {
        (0, Some(last)) if !words.is_empty() => format!("{} and {last}", words.join(", ")),
        (0, Some(only)) => only,
        (_, Some(last)) => {
            words.push(last);
            format!("{} and {more} more", words.join(", "))
        }
        (_, None) => String::new(),
    }
}

/// Whether findings of this network may be about something called `name`, without case.
#[must_use]
pub fn is_subject(network: &Network, name: &str) -> bool {
    let name = name.trim();
    let same = |own: &str| own.eq_ignore_ascii_case(name);
    let any = |identity: &Identity| same(&identity.name);
    network.nsgs.iter().any(|(_, own)| any(&own.identity))
        || network.asgs.iter().any(|(_, own)| any(&own.identity))
        || network
            .route_tables
            .iter()
            .any(|(_, own)| any(&own.identity))
        || network.public_ips.iter().any(|(_, own)| any(&own.identity))
        || network
            .nat_gateways
            .iter()
            .any(|(_, own)| any(&own.identity))
        || network
            .load_balancers
            .iter()
            .any(|(_, own)| any(&own.identity))
        || network.vnets.iter().any(|(_, own)| any(&own.identity))
        || network.machines.iter().any(|(_, own)| any(&own.identity))
        || network.scale_sets.iter().any(|(_, own)| any(&own.identity))
        || network.fixtures.iter().any(|(_, own)| any(&own.identity))
        || network
            .local_gateways
            .iter()
            .any(|(_, own)| any(&own.identity))
        || network.circuits.iter().any(|(_, own)| any(&own.identity))
        || network
            .connections
            .iter()
            .any(|(_, own)| any(&own.identity))
        || network.managers.iter().any(|(_, own)| any(&own.identity))
        || network
            .firewall_policies
            .iter()
            .any(|(_, own)| any(&own.identity))
        || network
            .subnets
            .ids()
            .any(|id| same(&subnet_name(network, id)))
        || network
            .peerings
            .ids()
            .any(|id| same(&peering_name(network, id)))
}
