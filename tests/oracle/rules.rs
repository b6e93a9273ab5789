//! Security rules, by linear search: security §0 to §5.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::managers::{self, AdminAccess};
use super::model::{
    FilterRule, Group, Hop, Model, Packet, Ports, Proto, Rule, Side, Target, Way, net,
};
use super::routes;

/// A VNet and a subnet of it.
pub type Place = (usize, usize);

/// What the security groups of a NIC say of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub allow: bool,
    /// The group, of an admin rule none, and the rule that decide: the denying one, else the last that
    /// allows.
    pub rule: Option<(String, String)>,
    /// What stands before the rule's name in a list of rules: nothing before an admin rule's.
    pub list: &'static str,
    /// An admin rule lets it through, no matter what else there is.
    pub always: bool,
}

/// The six rules that every group ends with (security §2).
const DEFAULTS: [(Way, u16, &str, &str, &str, bool); 6] = [
    (
        Way::Inbound,
        65000,
        "AllowVnetInBound",
        "VirtualNetwork",
        "VirtualNetwork",
        true,
    ),
    (
        Way::Inbound,
        65001,
        "AllowAzureLoadBalancerInBound",
        "AzureLoadBalancer",
        "*",
        true,
    ),
    (Way::Inbound, 65500, "DenyAllInBound", "*", "*", false),
    (
        Way::Outbound,
        65000,
        "AllowVnetOutBound",
        "VirtualNetwork",
        "VirtualNetwork",
        true,
    ),
    (
        Way::Outbound,
        65001,
        "AllowInternetOutBound",
        "*",
        "Internet",
        true,
    ),
    (Way::Outbound, 65500, "DenyAllOutBound", "*", "*", false),
];

/// The verdict of the admin rules, and then of a NIC's groups: inbound the subnet's first, outbound the
/// NIC's first.
pub fn verdict(model: &Model, nic: usize, way: Way, packet: Packet) -> Verdict {
    let place = (model.nics[nic].vnet, model.nics[nic].subnet);
    let mut last = Verdict {
        allow: true,
        rule: None,
        list: "",
        always: false,
    };
    if let Some((access, name)) = managers::decided(model, place, way, packet) {
        last.rule = Some((String::new(), name));
        last.allow = access != AdminAccess::Deny;
        last.always = access == AdminAccess::AlwaysAllow;
        if access != AdminAccess::Allow {
            return last;
        }
    }
    let mut groups = [model.subnet(nic).group, model.nics[nic].group];
    if way == Way::Outbound {
        groups.reverse();
    }
    for group in groups.into_iter().flatten() {
        last = first_group(model, place, &model.groups[group], way, packet);
        if !last.allow {
            return last;
        }
    }
    last
}

/// The verdict of one group, as it is in a subnet.
pub fn first_group(
    model: &Model,
    place: Place,
    group: &Group,
    way: Way,
    packet: Packet,
) -> Verdict {
    let mut own: Vec<&Rule> = group.rules.iter().filter(|rule| rule.way == way).collect();
    own.sort_by_key(|rule| rule.priority);
    if let Some(rule) = own
        .into_iter()
        .find(|rule| matches(model, place, rule, packet))
    {
        return Verdict {
            allow: rule.allow,
            rule: Some((group.name.clone(), rule.name.clone())),
            list: "securityRules/",
            always: false,
        };
    }
    let default = DEFAULTS.iter().find(|(of, _, _, source, destination, _)| {
        *of == way
            && tag_holds(model, place, source, packet.source)
            && tag_holds(model, place, destination, packet.destination)
    });
    let (_, _, name, _, _, allow) = default.expect("the last default rule matches all");
    Verdict {
        allow: *allow,
        rule: Some((group.name.clone(), (*name).to_owned())),
        list: "defaultSecurityRules/",
        always: false,
    }
}

fn matches(model: &Model, place: Place, rule: &Rule, packet: Packet) -> bool {
    rule.proto.is_none_or(|proto| proto == packet.proto)
        && side(model, place, &rule.source, packet.source)
        && side(model, place, &rule.destination, packet.destination)
        && ports_hold(packet.proto, &rule.source_ports, packet.source_port)
        && ports_hold(
            packet.proto,
            &rule.destination_ports,
            packet.destination_port,
        )
}

/// Ports count for TCP and UDP only (security 1.2).
pub fn ports_hold(proto: Proto, ranges: &Ports, port: u16) -> bool {
    proto == Proto::Icmp
        || ranges.is_empty()
        || ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&port))
}

fn side(model: &Model, place: Place, side: &Side, address: Ipv4Addr) -> bool {
    match side {
        Side::Any => true,
        Side::Prefixes(prefixes) => prefixes.iter().any(|prefix| prefix.contains(&address)),
        Side::Tag(tag) => tag_holds(model, place, tag, address),
        Side::Asg(vnet) => {
            let mut members = model.nics.iter().filter(|n| n.in_asg && n.vnet == *vnet);
            let endpoints = model.endpoints.iter();
            let mut endpoints = endpoints.filter(|own| own.in_asg && own.vnet == *vnet);
            members.any(|member| member.address == address)
                || endpoints.any(|member| member.address == address)
        }
    }
}

/// Whether a tag, as it is in a subnet, holds an address.
pub fn tag_holds(model: &Model, place: Place, tag: &str, address: Ipv4Addr) -> bool {
    let host: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    match tag {
        "*" => true,
        "AzureLoadBalancer" => address == host,
        "VirtualNetwork" => address == host || in_virtual_network(model, place, address),
        "Internet" => {
            let outside = [
                "10.0.0.0/8",
                "100.64.0.0/10",
                "127.0.0.0/8",
                "169.254.0.0/16",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "168.63.129.16/32",
            ];
            let first = address.octets()[0];
            (1..=223).contains(&first)
                && !outside.iter().any(|range| net(range).contains(&address))
                && !model.in_space(place.0, address)
        }
        other => model
            .tag(other)
            .iter()
            .any(|range| range.contains(&address)),
    }
}

/// Security 4.1 and decisions: the VNet, its peers unless this side's flag is off, and what the user
/// routes of the NIC's own subnet send to an appliance or a gateway.
fn in_virtual_network(model: &Model, place: Place, address: Ipv4Addr) -> bool {
    let (vnet, subnet) = place;
    if model.in_space(vnet, address) {
        return true;
    }
    let by_peering = (0..model.vnets.len()).any(|other| {
        model.peering(vnet, other).is_some_and(|peering| {
            peering.access
                && match &peering.subnets {
                    None => model.in_space(other, address),
                    Some((_, there)) => there
                        .iter()
                        .any(|s| model.vnets[other].subnets[*s].prefix.contains(&address)),
                }
        })
    });
    if by_peering {
        return true;
    }
    // What a gateway has told the subnet.
    let rows = match model.gateways.is_empty() && model.route_servers.is_empty() {
        true => Vec::new(),
        false => routes::effective(model, vnet, subnet),
    };
    let mut learned = rows
        .iter()
        .filter(|row| matches!(row.hop, Hop::Tunnel(..) | Hop::Injected(_)));
    let counts = |prefix: &Ipv4Net| prefix.prefix_len() > 0 || model.tag_takes_default_route;
    if learned.any(|row| row.prefixes[0].contains(&address) && counts(&row.prefixes[0])) {
        return true;
    }
    let Some(table) = model.vnets[vnet].subnets[subnet].table else {
        return false;
    };
    model.tables[table].routes.iter().any(|route| {
        let joins = matches!(route.hop, Hop::Appliance(_) | Hop::Gateway);
        joins
            && match &route.target {
                Target::Prefix(prefix) => prefix.contains(&address) && counts(prefix),
                Target::Tag(tag) => model.tag(tag).iter().any(|range| range.contains(&address)),
            }
    })
}

/// A filter inside a machine: the first rule by priority, else the default.
pub fn filter(filter: &super::model::Filter, packet: Packet) -> bool {
    let mut rules: Vec<&FilterRule> = filter.rules.iter().collect();
    rules.sort_by_key(|rule| rule.priority);
    let hit = rules.into_iter().find(|rule| {
        rule.proto.is_none_or(|proto| proto == packet.proto)
            && rule.source.is_none_or(|net| net.contains(&packet.source))
            && rule
                .destination
                .is_none_or(|net| net.contains(&packet.destination))
            && ports_hold(
                packet.proto,
                &rule.destination_ports,
                packet.destination_port,
            )
    });
    hit.map_or(filter.default_allow, |rule| rule.allow)
}
