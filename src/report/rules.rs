//! The effective security rules of a NIC, as text and as `EffectiveNetworkSecurityGroupListResult`.

use std::fmt::Write;

use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Map, Value};

use super::table::Table;
use super::{Style, applied_to};
use crate::effective::{AppliedTo, EffectiveGroup, EffectiveRule, ListOrigin};
use crate::network::Network;
use crate::spec::Direction;

/// So many prefixes of a tag are shown in a text.
const SHOWN: usize = 6;

/// `EffectiveNetworkSecurityGroupListResult`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectiveGroupList {
    /// The groups.
    pub value: Vec<WireGroup>,
}

/// `EffectiveNetworkSecurityGroup`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireGroup {
    /// The group's ARM id, or the network manager's.
    pub network_security_group: Reference,
    /// Where it is applied.
    pub association: Association,
    /// Its rules.
    pub effective_security_rules: Vec<WireRule>,
    /// What the tags in them hold.
    pub tag_map: Map<String, Value>,
}

/// A reference by ARM id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reference {
    /// The id.
    pub id: String,
}

/// `EffectiveNetworkSecurityGroupAssociation`.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Association {
    /// The subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Reference>,
    /// The NIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_interface: Option<Reference>,
    /// The network manager, for its security admin rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_manager: Option<Reference>,
}

/// `EffectiveNetworkSecurityRule`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireRule {
    /// `securityRules/x` or `defaultSecurityRules/x`; `x` for a security admin rule.
    pub name: String,
    /// `Tcp`, `Udp`, `All` …
    pub protocol: &'static str,
    /// The first of the ranges.
    pub source_port_range: String,
    /// The first of the ranges.
    pub destination_port_range: String,
    /// The ranges.
    pub source_port_ranges: Vec<String>,
    /// The ranges.
    pub destination_port_ranges: Vec<String>,
    /// The first of the prefixes.
    pub source_address_prefix: String,
    /// The first of the prefixes.
    pub destination_address_prefix: String,
    /// The prefixes.
    pub source_address_prefixes: Vec<String>,
    /// The prefixes.
    pub destination_address_prefixes: Vec<String>,
    /// What a tag or a group holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expanded_source_address_prefix: Vec<String>,
    /// What a tag or a group holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expanded_destination_address_prefix: Vec<String>,
    /// `Allow` or `Deny`; `AlwaysAllow` of security admin rules only.
    pub access: &'static str,
    /// The lower first.
    pub priority: u16,
    /// `Inbound` or `Outbound`.
    pub direction: &'static str,
}

fn texts(prefixes: &[IpNet]) -> Vec<String> {
    prefixes.iter().map(ToString::to_string).collect()
}

fn first(list: &[String]) -> String {
    list.first().cloned().unwrap_or_default()
}

fn wire_rule(rule: &EffectiveRule) -> WireRule {
    WireRule {
        name: rule.name.clone(),
        protocol: rule.protocol,
        source_port_range: first(&rule.source_port_ranges),
        destination_port_range: first(&rule.destination_port_ranges),
        source_port_ranges: rule.source_port_ranges.clone(),
        destination_port_ranges: rule.destination_port_ranges.clone(),
        source_address_prefix: first(&rule.source_address_prefixes),
        destination_address_prefix: first(&rule.destination_address_prefixes),
        source_address_prefixes: rule.source_address_prefixes.clone(),
        destination_address_prefixes: rule.destination_address_prefixes.clone(),
        expanded_source_address_prefix: texts(&rule.expanded_source),
        expanded_destination_address_prefix: texts(&rule.expanded_destination),
        access: rule.access.word(),
        priority: rule.priority,
        direction: rule.direction.word(),
    }
}

/// All groups as the service sends them.
#[must_use]
pub fn list(network: &Network, groups: &[EffectiveGroup]) -> EffectiveGroupList {
    let reference = |id: &str| Reference { id: id.to_owned() };
    let value = groups.iter().map(|group| WireGroup {
        network_security_group: reference(&group.origin.identity(network).id),
        association: match (group.origin, group.applied_to) {
            (ListOrigin::Manager(id), _) => Association {
                network_manager: Some(reference(&network.managers[id].identity.id)),
                ..Association::default()
            },
            (_, AppliedTo::Subnet(id)) => Association {
                subnet: Some(reference(&network.subnets[id].id)),
                ..Association::default()
            },
            (_, AppliedTo::Nic(id)) => Association {
                network_interface: Some(reference(&network.nics[id].id)),
                ..Association::default()
            },
            // A security group is never applied to a whole network.
            (_, AppliedTo::Network(_)) => Association::default(),
        },
        effective_security_rules: group.rules.iter().map(wire_rule).collect(),
        tag_map: group
            .tag_map
            .iter()
            .map(|(tag, prefixes)| (tag.to_string(), Value::from(texts(prefixes))))
            .collect(),
    });
    EffectiveGroupList {
        value: value.collect(),
    }
}

/// A table for each group and direction, and what the tags in them hold.
#[must_use]
pub fn text(network: &Network, groups: &[EffectiveGroup], style: Style) -> String {
    if groups.is_empty() {
        return "no network security group stands on the subnet or the NIC: everything passes\n"
            .to_owned();
    }
    let mut out = String::new();
    for group in groups {
        if !out.is_empty() {
            out.push('\n');
        }
        let name = style.strong(&group.origin.identity(network).name);
        let _ = writeln!(out, "{name} on {}", applied_to(network, group.applied_to));
        for direction in [Direction::Inbound, Direction::Outbound] {
            let _ = write!(
                out,
                "\n{direction}\n{}",
                table(group, direction).render("  ")
            );
        }
        if !group.tag_map.is_empty() {
            out.push('\n');
        }
        for (tag, prefixes) in &group.tag_map {
            let shown = texts(prefixes.get(..SHOWN).unwrap_or(prefixes)).join(", ");
            let more = prefixes.len().saturating_sub(SHOWN);
            let _ = match (prefixes.is_empty(), more) {
                (true, _) => writeln!(out, "{tag} = not known here"),
                (_, 0) => writeln!(out, "{tag} = {shown}"),
                _ => writeln!(out, "{tag} = {shown} and {more} more"),
            };
        }
    }
    out
}

fn table(group: &EffectiveGroup, direction: Direction) -> Table {
    let head = [
        "Priority",
        "Name",
        "Access",
        "Protocol",
        "Source",
        "Source Port",
        "Destination",
        "Destination Port",
    ];
    let mut table = Table::new(&head);
    for rule in group
        .rules
        .iter()
        .filter(|rule| rule.direction == direction)
    {
        table.row(vec![
            rule.priority.to_string(),
            rule.name.clone(),
            rule.access.to_string(),
            rule.protocol.to_owned(),
            rule.source_address_prefixes.join(" "),
            rule.source_port_ranges.join(" "),
            rule.destination_address_prefixes.join(" "),
            rule.destination_port_ranges.join(" "),
        ]);
    }
    table
}
