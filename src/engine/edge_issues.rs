//! The issues of what stands at the edges: sites, circuits, gateways, endpoints, balancers, names.

use super::issues::{detailed, error, no_route};
use crate::effective::{EffectiveRoute, LearnedFrom};
use crate::network::{Circuit, Fixture, Id, Network, PrivateEndpoint, Subnet};
use crate::spec::checks::{IssueOrigin, IssueSeverity, IssueType};
use crate::trace::{Cause, Issue};

/// A site has no way to the destination.
pub(super) fn site_has_no_way(name: &str) -> Issue {
    let message =
        format!("`{name}` has no way to the destination: none of its connections leads there");
    detailed(
        Cause::Nothing,
        IssueOrigin::Outbound,
        "RouteToNone",
        message,
    )
}

/// A circuit lacks ARP entries on one of its links, or on both
/// (`expressroute-troubleshooting-arp-resource-manager`).
pub(super) fn one_link(circuit: &Circuit) -> Issue {
    let (severity, which) = match (circuit.primary_up, circuit.secondary_up) {
        (false, false) => (IssueSeverity::Error, "both links"),
        (false, true) => (IssueSeverity::Warning, "the primary link"),
        _ => (IssueSeverity::Warning, "the secondary link"),
    };
    let message = format!("`{}` lacks ARP entries on {which}", circuit.identity.name);
    let mut issue = error(
        IssueType::ArpMissing,
        IssueOrigin::Local,
        Cause::Nothing,
        message,
    );
    issue.severity = severity;
    issue.context = vec![
        ("Circuit", circuit.identity.name.to_string()),
        ("Link", which.to_owned()),
    ];
    issue
}

/// A private endpoint that the service's owner has not let in.
pub(super) fn not_approved(endpoint: &PrivateEndpoint) -> Issue {
    let message = format!(
        "`{}` is {}: only an approved private endpoint carries traffic",
        endpoint.identity.name,
        endpoint.state.word().to_lowercase()
    );
    detailed(
        Cause::Nothing,
        IssueOrigin::Local,
        "EndpointNotApproved",
        message,
    )
}

/// Private endpoints answer no ping.
pub(super) fn endpoint_ping() -> Issue {
    let message = "a private endpoint carries TCP and UDP, and does not answer ping".to_owned();
    detailed(
        Cause::Nothing,
        IssueOrigin::Local,
        "EndpointAnswersNoPing",
        message,
    )
}

/// A name stands for nothing.
pub(super) fn name_not_resolved(name: &str, why: &str) -> Issue {
    let message = format!("`{name}` does not resolve: {why}");
    let mut issue = error(
        IssueType::DnsResolution,
        IssueOrigin::Local,
        Cause::Nothing,
        message,
    );
    issue.context = vec![
        ("HostName", name.to_owned()),
        ("ErrorMessage", why.to_owned()),
    ];
    issue
}

/// One gateway of a VNet passes nothing on to another, and never between point-to-site clients and the
/// other (`expressroute-howto-coexist-resource-manager`).
pub(super) fn no_transit(
    subnet: Id<Subnet>,
    row: &EffectiveRoute,
    to: &str,
    clients: bool,
) -> Issue {
    let why = if clients {
        "even a Route Server with branch-to-branch traffic joins sites only, not point-to-site clients"
    } else {
        "only a Route Server with branch-to-branch traffic makes them"
    };
    let message =
        format!("the route leads to `{to}`, and one gateway passes nothing on to another: {why}");
    Issue {
        message,
        ..no_route(subnet, Some(row), "NoTransit")
    }
}

/// A gateway passes nothing on between tunnels that do not speak BGP, nor from clients into one
/// (`vpn-gateway-bgp-overview`).
pub(super) fn no_static_transit(
    network: &Network,
    subnet: Id<Subnet>,
    gateway: Id<Fixture>,
    to: LearnedFrom,
) -> Issue {
    let to = match to {
        LearnedFrom::Connection(_, id) => {
            format!("into `{}`", network.connections[id].identity.name)
        }
        LearnedFrom::Clients(_) | LearnedFrom::Appliance(..) => "to its clients".to_owned(),
    };
    let gateway = &network.fixtures[gateway].identity.name;
    let message = format!(
        "`{gateway}` does not pass this on {to}: without BGP there is no transit between tunnels, or between \
         clients and a tunnel"
    );
    Issue {
        message,
        ..no_route(subnet, None, "NoTransit")
    }
}

/// The frontend of a Basic load balancer is not reached over global peering
/// (`virtual-network-peering-overview`).
pub(super) fn basic_over_global_peering(name: &str) -> Issue {
    let message =
        format!("`{name}` is a Basic load balancer, which is not reached over global peering");
    detailed(
        Cause::Nothing,
        IssueOrigin::Outbound,
        "BasicILBNotSupportedWithGlobalPeering",
        message,
    )
}
