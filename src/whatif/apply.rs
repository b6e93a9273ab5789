//! A copy of a network with changes made to it.
//!
//! Only resources that nothing else of a network is derived from are changed, so that a copy of the
//! arenas is all it takes: neither addresses nor links move.

use std::sync::Arc;

use super::Change;
use super::change::FirewallPlace;
use crate::net::{PortSet, ProtocolMatch};
use crate::network::{
    FilterRule, Firewall, FirewallNetworkRule, FirewallPolicy, FirewallRule, FirewallRuleType,
    GuestFilter, Id, Machine, MachineKind, Network, RuleCollection, RuleCollectionGroup,
};
use crate::trace::Filter;

/// The network with some changes, made one after the other.
#[must_use]
pub fn applied(network: &Network, changes: &[Change]) -> Network {
    let mut copy = network.clone();
    for change in changes {
        apply(&mut copy, change);
    }
    copy
}

fn apply(network: &mut Network, change: &Change) {
    match change {
        Change::SecurityRule { nsg, rule } => {
            let rules = &mut network.nsgs[*nsg].rules;
            rules.push(rule.clone());
            rules.sort_by_key(|rule| (rule.direction, rule.priority));
        }
        Change::AdminRule { manager, rule } => {
            let rules = &mut network.managers[*manager].rules;
            rules.push(rule.clone());
            crate::network::NetworkManager::put_in_order(rules);
        }
        Change::Route { table, route } => {
            let routes = &mut network.route_tables[*table].routes;
            match routes.iter_mut().find(|own| own.name == route.name) {
                Some(own) => *own = route.clone(),
                None => routes.push(route.clone()),
            }
        }
        Change::RemoveRoute { table, name } => {
            network.route_tables[*table]
                .routes
                .retain(|route| route.name != *name);
        }
        Change::FirewallRule {
            policy,
            place,
            rule,
        } => firewall_rule(network, *policy, place, rule),
        Change::FilterRule {
            machine,
            filter,
            rule,
        } => {
            for id in alike(network, *machine) {
                if let Some(own) = filter_of(&mut network.machines[id], *filter) {
                    own.rules.push(rule.clone());
                    own.rules
                        .sort_by_key(|rule| (rule.priority.is_none(), rule.priority));
                }
            }
        }
        Change::PeeringFlag { peering, flag } => {
            let peering = &mut network.peerings[*peering];
            match *flag {
                "allowForwardedTraffic" => peering.allow_forwarded_traffic = true,
                "allowVirtualNetworkAccess" => peering.allow_virtual_network_access = true,
                "allowGatewayTransit" => peering.allow_gateway_transit = true,
                _ => peering.use_remote_gateways = true,
            }
        }
        Change::IpForwarding(nic) => network.nics[*nic].ip_forwarding = true,
        Change::GuestForwarding(machine) => {
            if let Some(forwarding) = &mut network.machines[*machine].forwarding {
                forwarding.enabled = true;
            }
        }
        Change::Listener { machine, socket } => {
            for id in alike(network, *machine) {
                let listeners = &mut network.machines[id].guest.listeners;
                listeners.get_or_insert_default().push(*socket);
            }
        }
    }
}

/// What is written once for several machines is changed for all of them: the instances of a scale set.
pub(super) fn alike(network: &Network, machine: Id<Machine>) -> Vec<Id<Machine>> {
    match network.machines[machine].kind {
        MachineKind::Instance(set) => network.scale_sets[set].instances.clone(),
        MachineKind::VirtualMachine | MachineKind::Appliance => vec![machine],
    }
}

fn filter_of(machine: &mut Machine, filter: Filter) -> Option<&mut GuestFilter> {
    match filter {
        Filter::GuestInbound => Some(&mut machine.guest.inbound),
        Filter::GuestOutbound => Some(&mut machine.guest.outbound),
        Filter::Appliance => machine.forwarding.as_mut().map(|own| &mut own.filter),
        Filter::ThreatIntelligence | Filter::FirewallNetwork | Filter::FirewallApplication => None,
    }
}

fn firewall_rule(
    network: &mut Network,
    policy: Id<FirewallPolicy>,
    place: &FirewallPlace,
    rule: &FilterRule,
) {
    let groups = &mut network.firewall_policies[policy].groups;
    if let Some(priority) = place.new_group {
        groups.push(RuleCollectionGroup {
            name: Arc::clone(&place.group),
            priority,
            collections: Vec::new(),
        });
    }
    let group = groups.iter_mut().find(|group| group.name == place.group);
    if let (Some(priority), Some(group)) = (place.new_collection, group) {
        group.collections.push(RuleCollection {
            name: Arc::clone(&place.collection),
            priority,
            kind: FirewallRuleType::Network,
            allow: true,
        });
    }
    let key = &network.firewall_policies[policy].identity.name;
    let keys = [
        Arc::clone(key),
        Arc::clone(&place.group),
        Arc::clone(&place.collection),
        Arc::clone(&rule.name),
    ];
    let ports = &rule.destination_ports;
    let own = FirewallNetworkRule {
        rule: FirewallRule {
            name: format!("{}/{}", place.collection, rule.name).into(),
            keys,
            allow: true,
            source: rule.source.clone(),
            destination: rule.destination.clone(),
            doubtful: None,
        },
        protocols: vec![rule.protocol],
        ports: if ports.is_empty() {
            PortSet::all()
        } else {
            ports.iter().copied().collect()
        },
        fqdns: Vec::new(),
        names_only: false,
    };
    let firewalls: Vec<Id<Firewall>> = network.firewalls.ids().collect();
    for id in firewalls {
        let Some(rank) = rank(network, id, &own.rule.keys) else {
            continue;
        };
        let before = network.firewalls[id].network_rules.iter();
        let before = before
            .take_while(|rule| self::rank(network, id, &rule.rule.keys).is_none_or(|r| r <= rank));
        let at = before.count();
        network.firewalls[id].network_rules.insert(at, own.clone());
    }
}

/// How a rule stands among those of a firewall, the lowest first: by policy, by group and by collection;
/// what has the same priority, as it is written (`firewall/rule-processing`). None where the firewall does
/// not have the policy.
pub(super) fn rank(
    network: &Network,
    firewall: Id<Firewall>,
    [policy, group, collection, _]: &[Arc<str>; 4],
) -> Option<(usize, u16, usize, u16, usize)> {
    let mut chain = network.firewalls[firewall].policies.iter().enumerate();
    let (at, id) =
        chain.find(|(_, id)| network.firewall_policies[**id].identity.name == *policy)?;
    let mut groups = network.firewall_policies[*id].groups.iter().enumerate();
    let (group_at, group) = groups.find(|(_, own)| own.name == *group)?;
    let mut collections = group.collections.iter().enumerate();
    let (collection_at, collection) = collections.find(|(_, own)| own.name == *collection)?;
    Some((
        at,
        group.priority,
        group_at,
        collection.priority,
        collection_at,
    ))
}

/// A protocol that a firewall's network rules know.
pub(super) fn firewall_protocol(protocol: ProtocolMatch) -> Option<&'static str> {
    use crate::net::Protocol::{Ah, Esp, Icmp, Tcp, Udp};
    match protocol {
        ProtocolMatch::Only(Tcp) => Some("TCP"),
        ProtocolMatch::Only(Udp) => Some("UDP"),
        ProtocolMatch::Only(Icmp) => Some("ICMP"),
        ProtocolMatch::Any => Some("Any"),
        ProtocolMatch::Only(Esp | Ah) => None,
    }
}
