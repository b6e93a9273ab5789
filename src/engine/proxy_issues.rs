//! The issues that a walk finds at application gateways and Bastion hosts, worded once.

use super::issues::{detailed, error, no_route, security_rule, service};
use super::required::Lack;
use crate::effective::EffectiveRoute;
use crate::net::{EPHEMERAL, Flow, Protocol, WIRE_SERVER};
use crate::network::{Fixture, Id, Network, Subnet};
use crate::spec::checks::{IssueOrigin, IssueSeverity, IssueType};
use crate::trace::{Cause, Issue};

/// A rule that the platform requires is missing: Azure refuses such a security group
/// (`bastion-nsg`, `configuration-infrastructure`).
pub(super) fn required_rule(network: &Network, id: Id<Fixture>, lack: &Lack) -> Issue {
    let name = &network.fixtures[id].identity.name;
    let any = Flow {
        protocol: Protocol::Tcp,
        source: WIRE_SERVER,
        source_port: EPHEMERAL.first,
        destination: WIRE_SERVER,
        destination_port: lack.ports.first,
    };
    let mut issue = security_rule(network, &lack.list, lack.decided, lack.list.direction, &any);
    let rule = lack.list.diagnostic_name(lack.decided).unwrap_or_default();
    let group = &lack.list.origin.identity(network).name;
    let then = if lack.fatal {
        "Azure refuses that, so that it does not work"
    } else {
        "Azure advises against that"
    };
    issue.message = format!("`{name}` needs {lack}, which `{rule}` of `{group}` denies; {then}");
    if !lack.fatal {
        issue.severity = IssueSeverity::Warning;
    }
    issue
        .context
        .push(("Detail", "RequiredRuleMissing".to_owned()));
    issue.context.push(("RequiredRule", lack.to_string()));
    issue
}

/// A default route leads what the gateway sends to the platform elsewhere than to the Internet.
pub(super) fn drawn_away(
    network: &Network,
    id: Id<Fixture>,
    subnet: Id<Subnet>,
    row: &EffectiveRoute,
) -> Issue {
    let name = &network.fixtures[id].identity.name;
    Issue {
        severity: IssueSeverity::Warning,
        message: format!(
            "the default route of the subnet of `{name}` leads elsewhere than to the Internet, which Azure \
             does not support for an application gateway without network isolation"
        ),
        ..no_route(subnet, Some(row), "DefaultRouteNotSupported")
    }
}

/// A proxy is the next hop of a route.
pub(super) fn does_not_forward(name: &str) -> Issue {
    let message = format!("`{name}` is no appliance: it drops what is not addressed to it");
    detailed(
        Cause::Nothing,
        IssueOrigin::Local,
        "IPForwardingNotEnabled",
        message,
    )
}

/// A proxy listens to nothing that is for the flow.
pub(super) fn no_listener(name: &str, flow: &Flow, why: Option<String>) -> Issue {
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let message = if flow.protocol == Protocol::Icmp {
        format!("`{name}` does not answer ping")
    } else {
        format!("`{name}` serves nothing on {}{why}", service(flow))
    };
    error(
        IssueType::NoListenerOnDestination,
        IssueOrigin::Local,
        Cause::Nothing,
        message,
    )
}

/// No backend is healthy: a request is answered with 502. A Warning where the backends show why.
pub(super) fn no_healthy_backend(name: &str, flow: &Flow, nobody: bool, answers: bool) -> Issue {
    let what = if nobody {
        "has no backend for this"
    } else {
        "has no healthy backend for this"
    };
    let message = if answers {
        format!(
            "`{name}` {what} and answers a request with 502 (Bad Gateway); a TCP ping would look reachable, \
             for it answers the handshake on {} itself",
            service(flow)
        )
    } else {
        format!("`{name}` {what}")
    };
    let mut issue = detailed(
        Cause::Nothing,
        IssueOrigin::Outbound,
        "NoHealthyBackend",
        message,
    );
    issue.context.push(("HttpStatus", "502".to_owned()));
    if !nobody {
        issue.severity = IssueSeverity::Warning;
    }
    issue
}

/// What leaves for the Internet has no public address to go by.
pub(super) fn no_way_out(
    network: &Network,
    id: Id<Fixture>,
    subnet: Id<Subnet>,
    row: &EffectiveRoute,
) -> Issue {
    let name = &network.fixtures[id].identity.name;
    Issue {
        message: format!(
            "the route leads to the Internet, and `{name}` has no way out: no public address, and no NAT gateway \
             on its subnet"
        ),
        ..no_route(subnet, Some(row), "NoOutboundMethod")
    }
}

/// A gateway with network isolation does not reach a private endpoint behind global peering
/// (`application-gateway-private-deployment`, limitations).
pub(super) fn endpoint_over_global_peering(name: &str) -> Issue {
    let message = format!(
        "an application gateway with network isolation does not reach the private endpoint `{name}` over global \
         peering"
    );
    detailed(
        Cause::Nothing,
        IssueOrigin::Inbound,
        "GlobalPeeringNotSupported",
        message,
    )
}
