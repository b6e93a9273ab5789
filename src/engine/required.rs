//! What the platform must be let through in the subnets of application gateways and Bastion hosts, and
//! which rule keeps it out.
//!
//! Follows `application-gateway/configuration-infrastructure` (network security groups, user-defined
//! routes), `application-gateway-private-deployment`, `bastion/bastion-nsg`.

use std::fmt;
use std::sync::Arc;

use super::diagnose::{Asked, Comparison, Profile, Target};
use crate::effective::{Effective, EffectiveRoute, ListOrigin, SecurityList};
use crate::net::tags::PlatformTag;
use crate::net::{PortRange, PortSet, Protocol, ProtocolMatch, Ranges};
use crate::network::{Fixture, FixtureKind, Id, RuleSide, Subnet};
use crate::spec::Direction;
use crate::spec::checks::{RouteNextHopType, RouteState};

/// Something that must pass.
#[derive(Debug, Clone, Copy)]
struct Need {
    direction: Direction,
    /// From or to where: a service tag.
    peer: &'static str,
    /// To which ports.
    ports: PortRange,
    /// Whether each of the ports must pass; else a rule for some of them does not count.
    all: bool,
}

const fn need(direction: Direction, peer: &'static str, first: u16, last: u16) -> Need {
    Need {
        direction,
        peer,
        ports: PortRange { first, last },
        all: true,
    }
}

const fn most_ports(direction: Direction, peer: &'static str) -> Need {
    Need {
        all: false,
        ..need(direction, peer, 0, u16::MAX)
    }
}

const GATEWAY_V2: &[Need] = &[
    need(Direction::Inbound, "GatewayManager", 65200, 65535),
    most_ports(Direction::Inbound, "AzureLoadBalancer"),
    most_ports(Direction::Outbound, "Internet"),
];
const GATEWAY_V1: &[Need] = &[
    need(Direction::Inbound, "GatewayManager", 65503, 65534),
    most_ports(Direction::Inbound, "AzureLoadBalancer"),
    most_ports(Direction::Outbound, "Internet"),
];
const ISOLATED: &[Need] = &[most_ports(Direction::Inbound, "AzureLoadBalancer")];
const BASTION: &[Need] = &[
    need(Direction::Inbound, "GatewayManager", 443, 443),
    need(Direction::Inbound, "AzureLoadBalancer", 443, 443),
    need(Direction::Inbound, "VirtualNetwork", 8080, 8080),
    need(Direction::Inbound, "VirtualNetwork", 5701, 5701),
    need(Direction::Outbound, "VirtualNetwork", 8080, 8080),
    need(Direction::Outbound, "VirtualNetwork", 5701, 5701),
    need(Direction::Outbound, "AzureCloud", 443, 443),
];

/// Something that must pass, and does not.
#[derive(Debug, Clone)]
pub struct Lack {
    need: Need,
    /// The ports that must be open.
    pub ports: PortRange,
    /// The group that denies.
    pub list: SecurityList,
    /// The position of the rule that denies.
    pub decided: usize,
    /// Whether Azure refuses it; v1 gateways are known to work on all the same.
    pub fatal: bool,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way, word) = match self.need.direction {
            Direction::Inbound => ("inbound", "from"),
            Direction::Outbound => ("outbound", "to"),
        };
        let PortRange { first, last } = self.ports;
        match (self.need.all, first == last) {
            (false, _) => write!(f, "{way} traffic {word} {}", self.need.peer),
            (_, true) => write!(f, "{way} tcp/{first} {word} {}", self.need.peer),
            _ => write!(f, "{way} tcp/{first}-{last} {word} {}", self.need.peer),
        }
    }
}

/// What a proxy needs and its subnet's security group keeps out.
#[must_use]
pub fn lacks(effective: &Effective<'_>, id: Id<Fixture>) -> Vec<Lack> {
    let network = effective.network();
    let fixture = &network.fixtures[id];
    let Some(subnet) = fixture
        .subnet
        .filter(|id| network.subnets[*id].nsg.is_some())
    else {
        return Vec::new();
    };
    let (needs, fatal) = match (fixture.kind, network.application_gateway(id)) {
        (FixtureKind::BastionHost, _) => (BASTION, true),
        (_, Some(gateway)) if gateway.network_isolation => (ISOLATED, true),
        (_, Some(gateway)) if gateway.v2 => (GATEWAY_V2, true),
        (_, Some(_)) => (GATEWAY_V1, false),
        _ => return Vec::new(),
    };
    let mut found: Vec<Lack> = Vec::new();
    for need in needs {
        let lists = effective.subnet_security(subnet, need.direction);
        let group = lists
            .into_iter()
            .find(|list| matches!(list.origin, ListOrigin::Group(_)));
        if let Some(list) = group
            && let Some(decided) = denial(effective, id, subnet, need, &list)
        {
            found.push(Lack {
                need: *need,
                ports: need.ports,
                list,
                decided,
                fatal,
            });
        }
    }
    found
}

/// The rule that keeps out what is needed.
fn denial(
    effective: &Effective<'_>,
    id: Id<Fixture>,
    subnet: Id<Subnet>,
    need: &Need,
    list: &SecurityList,
) -> Option<usize> {
    let network = effective.network();
    let peer = match need.peer {
        "VirtualNetwork" => Asked::Platform(PlatformTag::VirtualNetwork),
        "AzureLoadBalancer" => Asked::Platform(PlatformTag::AzureLoadBalancer),
        "Internet" => Asked::Platform(PlatformTag::Internet),
        tag => Asked::Tag(Arc::from(tag)),
    };
    // The group may name the subnet as its own side, or anything that holds it.
    let own = network.subnets[subnet].prefixes.first();
    let own = own.map_or(Asked::Any, |prefix| Asked::Prefix(*prefix));
    let (source, destination) = match need.direction {
        Direction::Inbound => (peer, own),
        Direction::Outbound => (own, peer),
    };
    let profile = Profile {
        target: Target::Fixture(id),
        direction: need.direction,
        protocol: ProtocolMatch::Only(Protocol::Tcp),
        source,
        destination,
        port: need.ports,
    };
    let comparison = Comparison::new(effective, subnet, &profile);
    let mut rest: PortSet = Ranges::one(need.ports.first, need.ports.last);
    for (at, rule) in list.rules.rules().iter().enumerate() {
        let matched = comparison.compare(list, at, rule);
        // Every service's own tag is part of `AzureCloud`; a gateway's manager is that of its region.
        let cloud = list.sides(network, at).is_some_and(|sides| {
            let peer = match need.direction {
                Direction::Inbound => sides[0],
                Direction::Outbound => sides[1],
            };
            need.peer == "GatewayManager"
                && peer.iter().any(|side| match side {
                    RuleSide::Tag(tag) => {
                        let name = network.tags[*tag].name.to_ascii_lowercase();
                        name == "azurecloud" || name.starts_with("gatewaymanager.")
                    }
                    _ => false,
                })
        });
        let ends = match need.direction {
            Direction::Inbound => (matched.source || cloud) && matched.destination,
            Direction::Outbound => matched.source && (matched.destination || cloud),
        };
        if !(matched.protocol && ends && rule.destination_ports.overlaps(&rest)) {
            continue;
        }
        if !need.all && !rule.destination_ports.covers(&rest) {
            continue;
        }
        if !rule.allow {
            return Some(at);
        }
        rest = rest.difference(&rule.destination_ports);
        if rest.is_empty() {
            break;
        }
    }
    None
}

/// The default route of an application gateway's subnet that does not lead to the Internet, which only a
/// gateway with network isolation may have.
#[must_use]
pub fn drawn_away(
    effective: &Effective<'_>,
    id: Id<Fixture>,
) -> Option<(Id<Subnet>, EffectiveRoute)> {
    let network = effective.network();
    let gateway = network.application_gateway(id)?;
    let subnet = network.fixtures[id].subnet?;
    if !gateway.v2 || gateway.network_isolation {
        return None;
    }
    let routes = effective.subnet_routes(subnet);
    let row = routes.rows.iter().find(|row| {
        row.state == RouteState::Active
            && row.next_hop_type != RouteNextHopType::Internet
            && row.prefixes.iter().any(|prefix| prefix.prefix_len() == 0)
    })?;
    Some((subnet, row.clone()))
}
