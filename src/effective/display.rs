//! Effective rules as Azure lists them (`network-watcher/effective-security-rules-overview`).

use std::sync::Arc;

use ipnet::IpNet;

use super::{AppliedTo, Effective, ListOrigin, SecurityList, admin, defaults, security, tags};
use crate::net::{PortRange, Protocol, ProtocolMatch};
use crate::network::{Id, NetworkSecurityGroup, Nic, RuleSide, Subnet};
use crate::spec::{Access, AdminAccess, Direction};

/// The effective rules of one security group, or of one network manager, on one NIC.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveGroup {
    /// Whose they are.
    pub origin: ListOrigin,
    /// Where it is applied.
    pub applied_to: AppliedTo,
    /// Its rules: its own inbound, outbound, then the default ones of both.
    pub rules: Vec<EffectiveRule>,
    /// The content of the service tags in them.
    pub tag_map: Vec<(Arc<str>, Vec<IpNet>)>,
}

/// A rule as Azure lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveRule {
    /// `securityRules/x` or `defaultSecurityRules/x`; `x` for a security admin rule.
    pub name: String,
    /// `Tcp`, `Udp`, `Icmp`, `Esp`, `Ah`, `All`.
    pub protocol: &'static str,
    /// As in `0-65535`.
    pub source_port_ranges: Vec<String>,
    /// As in `22-22`.
    pub destination_port_ranges: Vec<String>,
    /// Prefixes, a tag, application security groups; `*` is 0.0.0.0/0.
    pub source_address_prefixes: Vec<String>,
    /// Prefixes, a tag, application security groups; `*` is 0.0.0.0/0.
    pub destination_address_prefixes: Vec<String>,
    /// What a tag or groups hold; nothing for prefixes.
    pub expanded_source: Vec<IpNet>,
    /// What a tag or groups hold; nothing for prefixes.
    pub expanded_destination: Vec<IpNet>,
    /// What it does; `AlwaysAllow` of security admin rules only.
    pub access: AdminAccess,
    /// The lower first.
    pub priority: u16,
    /// For which way it is.
    pub direction: Direction,
}

/// The managers that govern `nic`, and its security groups, the subnet's first.
pub(super) fn of_nic(effective: &Effective, nic: Id<Nic>) -> Vec<EffectiveGroup> {
    let found = &effective.network.nics[nic];
    let subnet = found.subnet;
    let of_subnet = effective.network.subnets[subnet].nsg;
    let groups = [
        of_subnet.map(|nsg| (nsg, AppliedTo::Subnet(subnet))),
        found.nsg.map(|nsg| (nsg, AppliedTo::Nic(nic))),
    ];
    let groups = groups.into_iter().flatten();
    let groups = groups.map(|(nsg, applied_to)| group(effective, subnet, nsg, applied_to));
    managers(effective, subnet)
        .into_iter()
        .chain(groups)
        .collect()
}

/// The managers that govern a subnet, each with its rules of both directions that hold there.
fn managers(effective: &Effective, subnet: Id<Subnet>) -> Vec<EffectiveGroup> {
    let mut found: Vec<EffectiveGroup> = Vec::new();
    for direction in [Direction::Inbound, Direction::Outbound] {
        for list in admin::of_subnet(effective, subnet, direction) {
            let at = found
                .iter()
                .position(|group| group.origin == list.origin)
                .unwrap_or_else(|| {
                    found.push(EffectiveGroup {
                        origin: list.origin,
                        applied_to: list.applied_to,
                        rules: Vec::new(),
                        tag_map: Vec::new(),
                    });
                    found.len() - 1
                });
            let Some(group) = found.get_mut(at) else {
                continue;
            };
            let rules = admin_rules(effective, subnet, &list, &mut group.tag_map);
            group.rules.extend(rules);
        }
    }
    // A manager that only has outbound rules may have been found behind one below it.
    found.sort_by_key(|group| match group.origin {
        ListOrigin::Manager(id) => id.index(),
        ListOrigin::Group(_) => usize::MAX,
    });
    found
}

/// The rules of a manager's list, in the order in which they are tried.
fn admin_rules(
    effective: &Effective,
    subnet: Id<Subnet>,
    list: &SecurityList,
    tag_map: &mut Vec<(Arc<str>, Vec<IpNet>)>,
) -> Vec<EffectiveRule> {
    let rules =
        (0..list.rules.rules().len()).filter_map(|at| list.admin_rule(effective.network, at));
    rules
        .map(|(_, _, rule)| {
            let (source, expanded_source) = show_any(effective, subnet, &rule.sources, tag_map);
            let (destination, expanded_destination) =
                show_any(effective, subnet, &rule.destinations, tag_map);
            EffectiveRule {
                name: rule.name.to_string(),
                protocol: protocol(rule.protocol),
                source_port_ranges: ports(&rule.source_ports),
                destination_port_ranges: ports(&rule.destination_ports),
                source_address_prefixes: source,
                destination_address_prefixes: destination,
                expanded_source,
                expanded_destination,
                access: rule.access,
                priority: rule.priority,
                direction: list.direction,
            }
        })
        .collect()
}

/// The rules of one list, for what stands in `subnet`: rule for rule those that it compares with a flow.
pub(super) fn of_list(
    effective: &Effective,
    subnet: Id<Subnet>,
    list: &SecurityList,
) -> Vec<EffectiveRule> {
    match list.origin {
        ListOrigin::Group(nsg) => {
            let mut rules = group(effective, subnet, nsg, list.applied_to).rules;
            rules.retain(|rule| rule.direction == list.direction);
            rules
        }
        ListOrigin::Manager(_) => admin_rules(effective, subnet, list, &mut Vec::new()),
    }
}

/// What stands for sides of which any may hold an address.
fn show_any(
    effective: &Effective,
    subnet: Id<Subnet>,
    sides: &[RuleSide],
    tag_map: &mut Vec<(Arc<str>, Vec<IpNet>)>,
) -> (Vec<String>, Vec<IpNet>) {
    let (mut shown, mut held) = (Vec::new(), Vec::new());
    for side in sides {
        let (own, expanded) = show(effective, subnet, side, tag_map);
        shown.extend(own);
        held.extend(expanded);
    }
    (shown, held)
}

const fn access(access: Access) -> AdminAccess {
    match access {
        Access::Allow => AdminAccess::Allow,
        Access::Deny => AdminAccess::Deny,
    }
}

fn group(
    effective: &Effective,
    subnet: Id<Subnet>,
    nsg: Id<NetworkSecurityGroup>,
    applied_to: AppliedTo,
) -> EffectiveGroup {
    let mut group = EffectiveGroup {
        origin: ListOrigin::Group(nsg),
        applied_to,
        rules: Vec::new(),
        tag_map: Vec::new(),
    };
    let both = [Direction::Inbound, Direction::Outbound];
    for direction in both {
        for rule in security::own(&effective.network.nsgs[nsg], direction) {
            let (source, expanded_source) =
                show(effective, subnet, &rule.source, &mut group.tag_map);
            let (destination, expanded_destination) =
                show(effective, subnet, &rule.destination, &mut group.tag_map);
            group.rules.push(EffectiveRule {
                name: format!("securityRules/{}", rule.name),
                protocol: protocol(rule.protocol),
                source_port_ranges: ports(&rule.source_ports),
                destination_port_ranges: ports(&rule.destination_ports),
                source_address_prefixes: source,
                destination_address_prefixes: destination,
                expanded_source,
                expanded_destination,
                access: access(rule.access),
                priority: rule.priority,
                direction,
            });
        }
    }
    for direction in both {
        for rule in defaults::of(direction) {
            let (source, expanded_source) =
                show(effective, subnet, &rule.source, &mut group.tag_map);
            let (destination, expanded_destination) =
                show(effective, subnet, &rule.destination, &mut group.tag_map);
            group.rules.push(EffectiveRule {
                name: format!("defaultSecurityRules/{}", rule.name),
                protocol: protocol(ProtocolMatch::Any),
                source_port_ranges: ports(&[]),
                destination_port_ranges: ports(&[]),
                source_address_prefixes: source,
                destination_address_prefixes: destination,
                expanded_source,
                expanded_destination,
                access: access(rule.access),
                priority: rule.priority,
                direction,
            });
        }
    }
    group
}

/// What stands for a side, and what it holds; a tag is noted in `tag_map`.
fn show(
    effective: &Effective,
    subnet: Id<Subnet>,
    side: &RuleSide,
    tag_map: &mut Vec<(Arc<str>, Vec<IpNet>)>,
) -> (Vec<String>, Vec<IpNet>) {
    let network = effective.network;
    let tag: Arc<str> = match side {
        RuleSide::Any => return (vec!["0.0.0.0/0".to_owned()], Vec::new()),
        RuleSide::Prefixes(prefixes) => {
            let prefixes = prefixes.iter().map(ToString::to_string);
            return (prefixes.collect(), Vec::new());
        }
        RuleSide::Groups(groups) => {
            let names = groups
                .iter()
                .map(|group| network.asgs[*group].identity.name.to_string());
            let held = tags::side(effective, subnet, side);
            return (names.collect(), held.prefixes);
        }
        RuleSide::Platform(tag) => Arc::from(tags::platform_name(*tag)),
        RuleSide::Tag(tag) => network.tags[*tag].name.clone(),
    };
    let held = tags::side(effective, subnet, side).prefixes;
    if !tag_map.iter().any(|(known, _)| *known == tag) {
        tag_map.push((tag.clone(), held.clone()));
    }
    (vec![tag.to_string()], held)
}

const fn protocol(protocol: ProtocolMatch) -> &'static str {
    match protocol {
        ProtocolMatch::Any => "All",
        ProtocolMatch::Only(Protocol::Tcp) => "Tcp",
        ProtocolMatch::Only(Protocol::Udp) => "Udp",
        ProtocolMatch::Only(Protocol::Icmp) => "Icmp",
        ProtocolMatch::Only(Protocol::Esp) => "Esp",
        ProtocolMatch::Only(Protocol::Ah) => "Ah",
    }
}

/// Ranges are always written as two ports.
fn ports(ranges: &[PortRange]) -> Vec<String> {
    if ranges.is_empty() {
        return ports(&[PortRange::ALL]);
    }
    let ranges = ranges.iter();
    ranges
        .map(|range| format!("{}-{}", range.first, range.last))
        .collect()
}
