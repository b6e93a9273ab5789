//! The issues that a walk finds at an Azure Firewall, worded once (decisions: `NetworkSecurityRule`,
//! Outbound on the firewall's hop, `RuleName` = collection/rule or `DefaultDeny`).

use super::firewall_rules::Asking;
use super::issues::{detailed, error, no_route, service};
use crate::effective::EffectiveRoute;
use crate::net::Flow;
use crate::network::{Firewall, FirewallRuleType, Id, Network, Subnet};
use crate::spec::checks::{IssueOrigin, IssueSeverity, IssueType};
use crate::trace::{Cause, Issue};

/// A rule of the firewall denies, or none allows.
pub(super) fn denies(
    network: &Network,
    id: Id<Firewall>,
    kind: FirewallRuleType,
    rule: Option<usize>,
    asking: Option<&Asking>,
    flow: &Flow,
) -> Issue {
    let own = &network.firewalls[id];
    let firewall = &own.identity.name;
    let what = match (kind, asking) {
        (FirewallRuleType::Application, Some(asking)) => {
            format!(
                "{} from {} to `{}`",
                service(flow),
                flow.source,
                asking.host
            )
        }
        _ => format!(
            "{} from {} to {}",
            service(flow),
            flow.source,
            flow.destination
        ),
    };
    let word = match kind {
        FirewallRuleType::Nat => "DNAT",
        FirewallRuleType::Network => "network",
        FirewallRuleType::Application => "application",
    };
    let found = rule.and_then(|at| own.rule(kind, at).map(|rule| (at, rule)));
    let (name, cause, message) = match found {
        Some((at, rule)) => (
            rule.name.to_string(),
            Cause::FirewallRule(id, kind, at),
            format!(
                "{what} is denied by the {word} rule `{}` of `{firewall}`",
                rule.name
            ),
        ),
        None => (
            "DefaultDeny".to_owned(),
            Cause::Firewall(id, "firewallPolicy"),
            format!("{what} is denied by `{firewall}`, since no rule allows it"),
        ),
    };
    denial(name, cause, message)
}

/// Threat intelligence denies.
pub(super) fn threat(network: &Network, id: Id<Firewall>, flow: &Flow) -> Issue {
    let own = &network.firewalls[id];
    let which = if own.threats.contains(flow.source) {
        flow.source
    } else {
        flow.destination
    };
    let message = format!(
        "threat intelligence of `{}` denies what comes from or goes to {which}",
        own.identity.name
    );
    denial(
        "ThreatIntelligence".to_owned(),
        Cause::Firewall(id, "firewallPolicy"),
        message,
    )
}

fn denial(name: String, cause: Cause, message: String) -> Issue {
    let mut issue = error(
        IssueType::NetworkSecurityRule,
        IssueOrigin::Outbound,
        cause,
        message,
    );
    issue.context = vec![("RuleName", name), ("Detail", "AzureFirewall".to_owned())];
    issue
}

/// The firewall answers the handshake of what it then denies
/// (`network-watcher/connection-troubleshoot-overview`, TCP ping and Azure Firewall).
pub(super) fn answers_itself(
    network: &Network,
    denied: &Issue,
    id: Id<Firewall>,
    flow: &Flow,
) -> Issue {
    let firewall = &network.firewalls[id].identity.name;
    let message = format!(
        "a TCP ping would look reachable: `{firewall}` answers the handshake on {} itself, and nothing \
         reaches the target",
        service(flow)
    );
    Issue {
        severity: IssueSeverity::Warning,
        message,
        ..denied.clone()
    }
}

/// A firewall does not run.
pub(super) fn stopped(network: &Network, id: Id<Firewall>) -> Issue {
    let name = &network.firewalls[id].identity.name;
    let message = format!("`{name}` does not run, and what is sent to it is lost");
    error(
        IssueType::VmStopped,
        IssueOrigin::Local,
        Cause::Firewall(id, "provisioningState"),
        message,
    )
}

/// A firewall whose subnet learns a default route does not work (`firewall/tutorial-hybrid-portal`).
pub(super) fn cut_off(
    network: &Network,
    id: Id<Firewall>,
    subnet: Id<Subnet>,
    row: &EffectiveRoute,
) -> Issue {
    let name = &network.firewalls[id].identity.name;
    let message = format!(
        "`{name}` does not work: its subnet learns 0.0.0.0/0, and without a management NIC it needs the Internet; \
         a route 0.0.0.0/0 to `Internet` there would help"
    );
    Issue {
        message,
        ..no_route(subnet, Some(row), "AzureFirewall")
    }
}

/// What leaves for the Internet has none of the firewall's public addresses.
pub(super) fn no_way_out(network: &Network, id: Id<Firewall>, flow: &Flow) -> Issue {
    let own = &network.firewalls[id];
    let name = &own.identity.name;
    let (key, message) = if network.fixtures[own.fixture].public_ips.is_empty() {
        (
            "publicIPAddresses",
            format!("`{name}` has no public address to reach the Internet by"),
        )
    } else {
        let message = format!(
            "`{name}` keeps the source {} of what it sends to {}, and the Internet does not carry private \
             addresses",
            flow.source, flow.destination
        );
        ("firewallPolicy", message)
    };
    detailed(
        Cause::Firewall(id, key),
        IssueOrigin::Outbound,
        "NoOutboundMethod",
        message,
    )
}
