//! Security admin rules of network managers: security §7, docs/azure/admin-rules.md.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::generate::{ports, prefixes};
use super::model::{Model, Packet, Ports, Proto, Way};
use super::rules::{Place, ports_hold, tag_holds};
use super::tape::Tape;

/// A network manager, with one security admin configuration.
#[derive(Debug, Clone)]
pub struct Manager {
    pub name: String,
    pub scope: Option<&'static str>,
    /// The VNets of each of its network groups.
    pub groups: Vec<Vec<usize>>,
    /// What holds in VNets with a network intent policy.
    pub with_intent_policy: &'static str,
    pub collections: Vec<AdminCollection>,
}

#[derive(Debug, Clone)]
pub struct AdminCollection {
    pub name: String,
    /// The numbers of the groups that it applies to.
    pub groups: Vec<usize>,
    pub rules: Vec<AdminRule>,
}

#[derive(Debug, Clone)]
pub struct AdminRule {
    pub name: String,
    pub priority: u16,
    pub way: Way,
    pub access: AdminAccess,
    pub proto: Option<Proto>,
    pub sources: Vec<AdminSide>,
    pub source_ports: Ports,
    pub destinations: Vec<AdminSide>,
    pub destination_ports: Ports,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAccess {
    Allow,
    AlwaysAllow,
    Deny,
}

impl AdminAccess {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::AlwaysAllow => "AlwaysAllow",
            Self::Deny => "Deny",
        }
    }
}

#[derive(Debug, Clone)]
pub enum AdminSide {
    Prefix(Ipv4Net),
    Tag(&'static str),
    /// A network group of the same manager.
    Group(usize),
}

/// What the managers say of a packet at a NIC: the first match of the highest manager that has one.
pub fn decided(
    model: &Model,
    place: Place,
    way: Way,
    packet: Packet,
) -> Option<(AdminAccess, String)> {
    let (vnet, _) = place;
    let mut managers: Vec<&Manager> = model
        .managers
        .iter()
        .filter(|manager| in_scope(model, manager, vnet))
        .collect();
    managers.sort_by_key(|manager| height(manager));
    let with_rules = |manager: &&&Manager| !rules_of(manager, vnet).is_empty();
    let setting = managers.iter().find(with_rules)?.with_intent_policy;
    let holds = |access: AdminAccess| match (model.vnets[vnet].intent_policy, setting) {
        (false, _) | (true, "All") => true,
        (true, "AllowRulesOnly") => access != AdminAccess::Deny,
        (true, _) => false,
    };
    managers.into_iter().find_map(|manager| {
        let mut rules = rules_of(manager, vnet).into_iter().filter(|rule| {
            let side = |all: &[AdminSide], address: Ipv4Addr| {
                all.is_empty()
                    || all
                        .iter()
                        .any(|side| side_holds(model, manager, place, side, address))
            };
            rule.way == way
                && holds(rule.access)
                && rule.proto.is_none_or(|proto| proto == packet.proto)
                && side(&rule.sources, packet.source)
                && side(&rule.destinations, packet.destination)
                && ports_hold(packet.proto, &rule.source_ports, packet.source_port)
                && ports_hold(
                    packet.proto,
                    &rule.destination_ports,
                    packet.destination_port,
                )
        });
        let first = rules.next()?;
        Some((first.access, first.name.clone()))
    })
}

/// The rules for a VNet in their order: by priority, then by the names of collection and rule.
fn rules_of(manager: &Manager, vnet: usize) -> Vec<&AdminRule> {
    let mut all: Vec<(u16, &str, &str, &AdminRule)> = Vec::new();
    for collection in &manager.collections {
        let applies = |group: &usize| manager.groups[*group].contains(&vnet);
        if collection.groups.iter().any(applies) {
            let rules = collection.rules.iter();
            all.extend(rules.map(|rule| (rule.priority, &*collection.name, &*rule.name, rule)));
        }
    }
    all.sort_by_key(|(priority, collection, rule, _)| (*priority, *collection, *rule));
    all.into_iter().map(|(.., rule)| rule).collect()
}

/// A subscription must be the VNet's own; a management group holds every VNet.
fn in_scope(model: &Model, manager: &Manager, vnet: usize) -> bool {
    let scope = manager.scope.unwrap_or_default();
    let subscription = scope.strip_prefix("subscriptions/");
    subscription.is_none_or(|own| own == model.vnets[vnet].subscription)
}

/// The lower, the higher its scope: management groups, the shorter path first; subscriptions; none.
fn height(manager: &Manager) -> (u8, usize) {
    match manager.scope {
        Some(path) if path.starts_with("managementGroups/") => (0, path.split('/').count()),
        Some(_) => (1, 0),
        None => (2, 0),
    }
}

fn side_holds(
    model: &Model,
    manager: &Manager,
    place: Place,
    side: &AdminSide,
    address: Ipv4Addr,
) -> bool {
    match side {
        AdminSide::Prefix(prefix) => prefix.contains(&address),
        AdminSide::Tag(tag) => tag_holds(model, place, tag, address),
        AdminSide::Group(group) => {
            let mut members = manager.groups[*group].iter();
            members.any(|vnet| model.in_space(*vnet, address))
        }
    }
}

const SCOPES: [Option<&str>; 4] = [
    Some("subscriptions/s1"),
    Some("managementGroups/contoso"),
    None,
    Some("managementGroups/contoso/platform"),
];

/// Random managers over some of the VNets.
pub fn managers(t: &mut Tape<'_>, model: &mut Model) {
    for vnet in &mut model.vnets {
        vnet.intent_policy = t.chance(18);
        vnet.subscription = if t.chance(25) { "s2" } else { "s1" };
    }
    // No two managers have the same scope.
    let first = t.below(SCOPES.len());
    for number in 0..t.pick(&[0, 0, 1, 1, 2, 3]) {
        let groups: Vec<Vec<usize>> = (0..1 + t.below(2))
            .map(|_| {
                let all = 0..model.vnets.len();
                all.filter(|_| t.chance(65)).collect()
            })
            .collect();
        let mut number_of = 0;
        let collections = (0..1 + t.below(2))
            .map(|collection| {
                // Of one priority in two collections the names decide.
                if t.chance(40) {
                    number_of = 0;
                }
                let groups_of = (0..groups.len()).filter(|_| t.chance(70)).collect();
                let rules = (0..1 + t.below(3)).map(|rule| {
                    number_of += 10;
                    // Not in the order of the collections' names.
                    let name = format!("a{}{rule}", 1 - collection);
                    admin_rule(t, model, groups.len(), (name, number_of))
                });
                AdminCollection {
                    name: format!("c{collection}"),
                    rules: rules.collect(),
                    groups: groups_of,
                }
            })
            .collect();
        model.managers.push(Manager {
            name: format!("avnm-{number}"),
            scope: SCOPES[(first + number) % SCOPES.len()],
            groups,
            with_intent_policy: t.pick(&["None", "AllowRulesOnly", "All"]),
            collections,
        });
    }
}

fn admin_rule(
    t: &mut Tape<'_>,
    model: &Model,
    groups: usize,
    (name, priority): (String, u16),
) -> AdminRule {
    AdminRule {
        name,
        priority,
        way: t.pick(&[Way::Inbound, Way::Outbound]),
        access: t.pick(&[
            AdminAccess::Allow,
            AdminAccess::Deny,
            AdminAccess::AlwaysAllow,
        ]),
        proto: t.pick(&[None, Some(Proto::Tcp), Some(Proto::Udp), Some(Proto::Icmp)]),
        sources: sides(t, model, groups),
        source_ports: if t.chance(5) { ports(t) } else { vec![] },
        destinations: sides(t, model, groups),
        destination_ports: if t.chance(60) { ports(t) } else { vec![] },
    }
}

fn sides(t: &mut Tape<'_>, model: &Model, groups: usize) -> Vec<AdminSide> {
    match t.below(8) {
        0..=2 => Vec::new(),
        3 => vec![AdminSide::Tag(t.pick(&["VirtualNetwork", "Storage"]))],
        4 => vec![AdminSide::Tag("Internet")],
        5 => vec![AdminSide::Group(t.below(groups))],
        _ => vec![AdminSide::Prefix(t.pick(&prefixes(model)))],
    }
}
