//! Where in a topology that stands which a walk met: rules, routes and peerings as paths.

use std::sync::Arc;

use crate::effective::{EffectiveRoute, ListOrigin, SecurityList};
use crate::network::{
    FirewallRule, FirewallRuleType, Id, Identity, Link, Machine, MachineKind, Network,
    NetworkManager, NetworkSecurityGroup, Peering, Place, RouteTable,
};
use crate::source::Path;
use crate::trace::{Filter, Hop, Step, Translator};

/// A resource.
pub(super) fn resource(identity: &Identity) -> Path {
    Path::of(&[identity.section, &identity.name])
}

/// The entry of a machine, which for an instance is that of its scale set.
pub(super) fn machine(network: &Network, id: Id<Machine>) -> Path {
    match network.machines[id].kind {
        MachineKind::Instance(set) => resource(&network.scale_sets[set].identity),
        _ => resource(&network.machines[id].identity),
    }
}

/// A rule of a security group's own.
pub(super) fn security_rule(network: &Network, nsg: Id<NetworkSecurityGroup>, rule: &str) -> Path {
    resource(&network.nsgs[nsg].identity)
        .key("securityRules")
        .key(rule)
}

/// A security admin rule, by its position among its manager's.
pub(super) fn admin_rule(network: &Network, id: Id<NetworkManager>, at: usize) -> Option<Path> {
    let manager = &network.managers[id];
    let rule = manager.rules.get(at)?;
    let path = resource(&manager.identity)
        .key("securityAdminConfigurations")
        .key(&rule.configuration)
        .key("ruleCollections")
        .key(&rule.collection);
    Some(path.key("rules").key(&rule.name))
}

/// A user route, by its position in its table.
pub(super) fn user_route(network: &Network, id: Id<RouteTable>, at: usize) -> Option<Path> {
    let table = &network.route_tables[id];
    let route = table.routes.get(at)?;
    Some(resource(&table.identity).key("routes").key(&route.name))
}

/// A rule of a firewall's policies, by the keys that lead to it.
pub(super) fn firewall_rule([policy, group, collection, rule]: &[Arc<str>; 4]) -> Path {
    Path::of(&["firewallPolicies", policy])
        .key("ruleCollectionGroups")
        .key(group)
        .key("ruleCollections")
        .key(collection)
        .key("rules")
        .key(rule)
}

/// One side's object of a peering.
pub(super) fn peering(network: &Network, id: Id<Peering>) -> Path {
    let peering = &network.peerings[id];
    resource(&network.vnets[peering.vnet].identity)
        .key("peerings")
        .key(&peering.name)
}

/// The rule at a position of a list; none for a default rule.
pub(super) fn rule_of_list(network: &Network, list: &SecurityList, at: usize) -> Option<Path> {
    match list.origin {
        ListOrigin::Group(nsg) => {
            let rule = list.written(network, at)?;
            Some(security_rule(network, nsg, &rule.name))
        }
        ListOrigin::Manager(_) => {
            let (manager, at) = list.admin_position(at)?;
            admin_rule(network, manager, at)
        }
    }
}

/// What an effective route comes from: a user route, a peering.
pub(super) fn of_route(network: &Network, route: &EffectiveRoute) -> Option<Path> {
    match (route.user, route.peering) {
        (Some((table, at)), _) => user_route(network, table, at),
        (None, Some(id)) => Some(peering(network, id)),
        (None, None) => None,
    }
}

/// What decided in a step at a hop, and the peerings that it crossed.
pub(super) fn of_step(network: &Network, hop: &Hop, step: &Step) -> Vec<Path> {
    let found = match step {
        Step::Security { list, decided, .. } => rule_of_list(network, list, *decided),
        Step::Filter {
            filter,
            rule: Some(rule),
            ..
        } => filter_rule(network, hop, *filter, rule),
        Step::Route {
            route: Some(route), ..
        } => of_route(network, route),
        Step::Translated { by, .. } => translation(network, by),
        Step::Crossed(places) => return crossed(network, places),
        Step::Filter { rule: None, .. }
        | Step::Route { route: None, .. }
        | Step::Established(_)
        | Step::Answered => None,
    };
    found.into_iter().collect()
}

fn filter_rule(network: &Network, hop: &Hop, filter: Filter, rule: &Arc<str>) -> Option<Path> {
    let of_firewall = |kind| {
        let of_type = |own: &FirewallRule| Arc::ptr_eq(&own.name, rule);
        firewall_rules(network, kind).find_map(|own| of_type(own).then(|| firewall_rule(&own.keys)))
    };
    let keys: &[&str] = match filter {
        Filter::GuestInbound => &["guest", "firewall", "inbound", "rules"],
        Filter::GuestOutbound => &["guest", "firewall", "outbound", "rules"],
        Filter::Appliance => &["forwarding", "rules"],
        Filter::FirewallNetwork => return of_firewall(FirewallRuleType::Network),
        Filter::FirewallApplication => return of_firewall(FirewallRuleType::Application),
        Filter::ThreatIntelligence => return None,
    };
    let Some(Place::Nic(nic)) = hop.place else {
        return None;
    };
    let machine = machine(network, network.nics[nic].machine);
    let rules = keys.iter().fold(machine, |path, key| path.key(key));
    Some(rules.key(rule))
}

fn translation(network: &Network, by: &Translator) -> Option<Path> {
    match by {
        Translator::ApplianceDestination(id, rule) => {
            let forwarding = machine(network, *id).key("forwarding");
            Some(forwarding.key("destinationNat").key(rule))
        }
        Translator::FirewallDestination(_, rule) => {
            let mut rules = firewall_rules(network, FirewallRuleType::Nat);
            let own = rules.find(|own| Arc::ptr_eq(&own.name, rule))?;
            Some(firewall_rule(&own.keys))
        }
        _ => None,
    }
}

/// The rules of one type of all firewalls. A step names the rule that decided by the very text that the
/// rule holds: names alone need not be unique in a policy.
fn firewall_rules(
    network: &Network,
    kind: FirewallRuleType,
) -> impl Iterator<Item = &FirewallRule> {
    let firewalls = network.firewalls.iter();
    firewalls.flat_map(move |(_, own)| (0..).map_while(move |at| own.rule(kind, at)))
}

fn crossed(network: &Network, places: &[Place]) -> Vec<Path> {
    let links = places.windows(2).filter_map(|pair| match pair {
        [from, to] => network.graph.between(*from, *to),
        _ => None,
    });
    let objects = links.filter_map(|link| match link {
        Link::Peering(id) => Some(peering(network, id)),
        _ => None,
    });
    objects.collect()
}
