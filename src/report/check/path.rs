//! One path as text: each hop with the rules that decided there and the route that won.

use std::fmt::Write;

use crate::effective::{EffectiveRoute, SecurityList};
use crate::engine::latency::PathLatency;
use crate::net::Flow;
use crate::network::Network;
use crate::report::Style;
use crate::spec::Direction;
use crate::spec::checks::{IssueOrigin, IssueSeverity, RouteSource};
use crate::trace::codes;
use crate::trace::{Disposition, Filter, Hop, HopKind, Path, Step, Translator};

use super::{steps, times};

/// The lines of a path.
pub(super) fn lines(
    network: &Network,
    (path, latency): (&Path, Option<&PathLatency>),
    style: Style,
    out: &mut String,
) {
    let name = path
        .hops
        .iter()
        .map(|hop| hop.name.chars().count())
        .max()
        .unwrap_or(0);
    let kind = path
        .hops
        .iter()
        .map(|hop| hop.kind.word().len())
        .max()
        .unwrap_or(0);
    let widths = path.hops.iter().map(|hop| address(hop).chars().count());
    let width = widths.max().unwrap_or(0);
    let reached = reached(path);
    for (at, hop) in path.hops.iter().enumerate() {
        let number = match hop.place {
            Some(_) if at >= reached => format!("({})", at + 1),
            _ => (at + 1).to_string(),
        };
        let name = style.strong(format!("{:name$}", hop.name));
        let nowhere = hop.place.is_none() && hop.kind == HopKind::Destination;
        let time = latency.and_then(|latency| *latency.hops.get(at)?);
        let last = match path.disposition {
            Disposition::NotModelled if nowhere => "not known".to_owned(),
            Disposition::Delivered => time.map_or_else(String::new, times::of_hop),
            _ if nowhere => "not reached".to_owned(),
            _ => String::new(),
        };
        let own = match (address(hop), last) {
            (own, last) if own.is_empty() && time.is_none() => last,
            (own, last) => format!("{own:width$}  {last}"),
        };
        let line = format!("{number:>4} {name}  {:kind$}  {own}", hop.kind.word());
        let _ = writeln!(out, "{}", line.trim_end());
        steps(network, hop, style, out);
    }
    if reached < path.hops.iter().filter(|hop| hop.place.is_some()).count() {
        out.push_str("       (in brackets: not reached; what would happen there)\n");
    }
}

/// The address of a hop that is not called so.
pub(super) fn address(hop: &Hop) -> String {
    if *hop.name == hop.address.to_string() || hop.address.is_unspecified() {
        String::new()
    } else {
        hop.address.to_string()
    }
}

/// How many hops the packet comes by: those behind the first block are looked at all the same.
pub(super) fn reached(path: &Path) -> usize {
    if path.disposition == Disposition::Delivered {
        return path.hops.len();
    }
    let blocks = |hop: &Hop| {
        let mut issues = hop.issues.iter();
        issues.any(|issue| issue.severity == IssueSeverity::Error)
    };
    path.hops
        .iter()
        .position(blocks)
        .map_or(path.hops.len(), |at| at + 1)
}

pub(super) fn steps(network: &Network, hop: &Hop, style: Style, out: &mut String) {
    let mut told = 0;
    for step in &hop.steps {
        if let Some((label, text, denied)) = step_text(network, hop, step, style) {
            told += usize::from(denied);
            let _ = writeln!(out, "       {label:<5} {text}");
        }
    }
    // What stops a packet and is neither a rule nor a filter is said where it happens, too.
    let rest = hop.issues.iter().filter(|issue| {
        let by_step = [
            codes::SECURITY_RULE_DENIES,
            codes::APPLIANCE_FILTER_DENIES,
            codes::FIREWALL_RULE_DENIES,
            codes::GUEST_FIREWALL_BLOCKS,
        ];
        told == 0 || !by_step.contains(&codes::code(issue))
    });
    for issue in rest {
        let mark = match issue.severity {
            IssueSeverity::Error => style.fail(),
            IssueSeverity::Warning => style.warn(),
        };
        let label = match issue.origin {
            IssueOrigin::Inbound => "in",
            IssueOrigin::Outbound => "out",
            IssueOrigin::Local => "here",
        };
        let _ = writeln!(out, "       {label:<5} {mark} {}", codes::code(issue).name);
    }
}

/// A step's label, its text, and whether it stops the flow.
pub(super) fn step_text(
    network: &Network,
    hop: &Hop,
    step: &Step,
    style: Style,
) -> Option<(&'static str, String, bool)> {
    match step {
        // Admin rules that are not for the flow leave no trace.
        Step::Security { list, decided, .. } if list.is_silent(*decided) => None,
        Step::Security {
            direction,
            list,
            decided,
            ..
        } => {
            let allowed = list
                .rules
                .rules()
                .get(*decided)
                .map_or(list.rules.otherwise(), |rule| rule.allow);
            let text = format!("{} {}", style.mark(allowed), rule(network, list, *decided));
            Some((way(*direction), text, !allowed))
        }
        Step::Filter {
            filter,
            rule,
            allowed,
        } => {
            let name = rule.as_deref().unwrap_or(steps::otherwise(*filter));
            let label = match filter {
                Filter::GuestInbound | Filter::GuestOutbound => "guest",
                Filter::Appliance
                | Filter::ThreatIntelligence
                | Filter::FirewallNetwork
                | Filter::FirewallApplication => "rule",
            };
            let own = match filter {
                Filter::Appliance => format!("{}/", hop.name),
                _ => String::new(),
            };
            Some((
                label,
                format!("{} {own}{name}", style.mark(*allowed)),
                !allowed,
            ))
        }
        Step::Established(direction) => Some((
            way(*direction),
            format!("{} reply to a known flow", style.ok()),
            false,
        )),
        Step::Route { route, .. } => {
            let text = match route {
                Some(row) => route_text(network, row, style),
                None => format!("{} no route", style.fail()),
            };
            Some(("route", format!("  {text}"), false))
        }
        Step::Translated { by, before, after } => Some((
            match by {
                Translator::ApplicationGateway(..) => "proxy",
                _ => "nat",
            },
            format!("  {}", translated(network, by, before, after, style)),
            false,
        )),
        Step::Crossed(_) | Step::Answered => None,
    }
}

pub(super) const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "in",
        Direction::Outbound => "out",
    }
}

/// `nsg/rule (priority)`.
pub(super) fn rule(network: &Network, list: &SecurityList, at: usize) -> String {
    let group = &list.origin.identity(network).name;
    let name = list.rules.rules().get(at).map_or("", |rule| &*rule.name);
    match list.priority(network, at) {
        Some(priority) => format!("{group}/{name} ({priority})"),
        None => format!("{group}/{name}"),
    }
}

/// `table/route prefix → type address`; `system` for Azure's own.
pub(in crate::report) fn route_text(
    network: &Network,
    row: &EffectiveRoute,
    style: Style,
) -> String {
    let (from, to) = (route_origin(network, row), route_target(network, row));
    format!("{from} {} {} {to}", prefix_text(row), style.arrow())
}

/// `table/route`; `system` for Azure's own.
pub(in crate::report) fn route_origin(network: &Network, row: &EffectiveRoute) -> String {
    match (&row.user, row.source) {
        (Some((table, _)), _) => {
            let name = row.name.as_deref().unwrap_or_default();
            format!("{}/{name}", network.route_tables[*table].identity.name)
        }
        (None, RouteSource::VirtualNetworkGateway) => "gateway".to_owned(),
        (None, RouteSource::User) => "user".to_owned(),
        (None, _) => "system".to_owned(),
    }
}

/// A route's next hop, in words.
pub(in crate::report) fn route_target(network: &Network, row: &EffectiveRoute) -> String {
    let mut to = row.next_hop_type.to_string();
    for address in &row.next_hop_addresses {
        let _ = write!(to, " {address}");
    }
    if let Some(id) = row.peering {
        let peering = &network.peerings[id];
        let _ = write!(
            to,
            " ({}/{})",
            network.vnets[peering.vnet].identity.name, peering.name
        );
    }
    to
}

/// What a route is for: a tag, a service, or a prefix.
pub(in crate::report) fn prefix_text(row: &EffectiveRoute) -> String {
    match (&row.tag, &row.service, row.prefixes.first()) {
        (Some(tag), _, _) => tag.to_string(),
        (None, Some(service), _) if row.prefixes.len() != 1 => service.to_string(),
        (None, _, Some(prefix)) => prefix.to_string(),
        (None, _, None) => String::new(),
    }
}

fn translated(
    network: &Network,
    by: &Translator,
    before: &Flow,
    after: &Flow,
    style: Style,
) -> String {
    let mut changes = Vec::new();
    let ports = before.protocol.has_ports();
    let arrow = style.arrow();
    if before.source != after.source {
        changes.push(format!("source {} {arrow} {}", before.source, after.source));
    }
    if before.destination_port != after.destination_port && ports {
        changes.push(format!(
            "destination {} {arrow} {}",
            end(before.destination, before.destination_port),
            end(after.destination, after.destination_port)
        ));
    } else if before.destination != after.destination {
        changes.push(format!(
            "destination {} {arrow} {}",
            before.destination, after.destination
        ));
    }
    format!("{} ({})", changes.join(", "), translator(network, by))
}

/// `10.0.0.4:80`, `[fd00::4]:80`.
pub(super) fn end(address: std::net::IpAddr, port: u16) -> String {
    std::net::SocketAddr::new(address, port).to_string()
}

/// What translates, by name.
pub(super) fn translator(network: &Network, by: &Translator) -> String {
    match by {
        Translator::PublicIp(id) => network.public_ips[*id].identity.name.to_string(),
        Translator::NatGateway(id) => network.nat_gateways[*id].identity.name.to_string(),
        Translator::LoadBalancer(name) => name.to_string(),
        Translator::ApplicationGateway(id, rule) => {
            format!("{}/{rule}", network.application_gateways[*id].identity.name)
        }
        Translator::DefaultOutboundAccess => "default outbound access".to_owned(),
        Translator::ApplianceSource(id) => network.machines[*id].identity.name.to_string(),
        Translator::ApplianceDestination(id, rule) => {
            format!("{}/{rule}", network.machines[*id].identity.name)
        }
        Translator::FirewallSource(id) => network.firewalls[*id].identity.name.to_string(),
        Translator::FirewallDestination(_, rule) => rule.to_string(),
        Translator::Undone => "undone for the reply".to_owned(),
    }
}
