//! Remedies in words and as JSON: the change against an issue, and what else it would do.

use std::fmt::Write;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::net::{PortRange, Protocol, prefix_text};
use crate::network::{FilterRule, Network, RuleSide, UserRoute};
use crate::report::wire;
use crate::spec::checks::IssueSeverity;
use crate::trace::{Filter, Issue};
use crate::whatif::{Change, Effect, Felt, Remedy, Service, overlay};

/// So many flows are named in a text.
const MOST_NAMED: usize = 3;

/// The change that the first remedy makes against an issue at the hop called `hop`; with what else it would
/// do, where it is the only one.
pub(super) fn help(
    network: &Network,
    remedies: &[Remedy],
    hop: &str,
    issue: &Issue,
) -> Option<String> {
    let remedy = remedies.first()?;
    let mut mends = remedy.mends.iter().enumerate();
    let mend = mends.find(|(_, mend)| &*mend.hop == hop && mend.against == *issue);
    match (mend, remedy.mends.len()) {
        (Some((_, mend)), 1) => {
            let effect = effect(&remedy.effect, "it");
            Some(format!("{}; {effect}", sentence(network, &mend.change)))
        }
        (Some((at, mend)), count) => {
            let change = sentence(network, &mend.change);
            Some(format!("{change} (change {} of {count})", at + 1))
        }
        (None, _) if issue.severity == IssueSeverity::Warning => None,
        (None, count) => {
            let mut settled = remedy.settles.iter();
            let settled = settled.any(|(name, own)| &**name == hop && own == issue);
            let which = if count == 1 {
                "the change"
            } else {
                "the changes"
            };
            settled.then(|| format!("{which} shown elsewhere here lets it past this, too"))
        }
    }
}

/// What is to be said of the first remedy beside its changes against the issues that are shown.
pub(super) fn together(network: &Network, remedies: &[Remedy]) -> Vec<String> {
    let Some(remedy) = remedies.first().filter(|remedy| remedy.mends.len() > 1) else {
        return Vec::new();
    };
    let count = remedy.mends.len();
    let hidden = remedy.mends.iter().enumerate();
    let hidden = hidden.filter(|(_, mend)| !mend.shown);
    let mut lines: Vec<String> = hidden
        .map(|(at, mend)| {
            let change = sentence(network, &mend.change);
            format!("behind that, {change} (change {} of {count})", at + 1)
        })
        .collect();
    lines.push(format!(
        "the {count} changes together make it reachable; {}",
        effect(&remedy.effect, "they")
    ));
    lines
}

/// A change in one sentence.
pub(in crate::report) fn sentence(network: &Network, change: &Change) -> String {
    match change {
        Change::SecurityRule { nsg, rule } => {
            let from = rule.source_ports.first();
            let from = from.map_or_else(String::new, |port| format!(", source port {port}"));
            format!(
                "allow it with a rule of `{}`: priority {}, {}, {}, source {}{from}, destination {}{}",
                network.nsgs[*nsg].identity.name,
                rule.priority,
                rule.direction,
                rule.protocol,
                side(network, &rule.source),
                side(network, &rule.destination),
                port(&rule.destination_ports)
            )
        }
        Change::AdminRule { manager, rule } => {
            let all = |sides: &[RuleSide]| {
                let texts: Vec<String> = sides.iter().map(|own| side(network, own)).collect();
                texts.join(", ")
            };
            format!(
                "except it by an admin rule of `{}` in `{}`: priority {}, {}, Allow, {}, source {}, destination {}{}",
                network.managers[*manager].identity.name,
                rule.collection,
                rule.priority,
                rule.direction,
                rule.protocol,
                all(&rule.sources),
                all(&rule.destinations),
                port(&rule.destination_ports)
            )
        }
        Change::Route { table, route } => {
            let table = &network.route_tables[*table];
            let known = table.routes.iter().any(|own| own.name == route.name);
            let (name, to) = (&table.identity.name, way(route));
            if known {
                format!("let `{}` of `{name}` lead to {to}", route.name)
            } else {
                format!(
                    "give `{name}` a route of its own for {} to {to}",
                    prefix(route)
                )
            }
        }
        Change::RemoveRoute { table, name } => {
            let table = &network.route_tables[*table].identity.name;
            format!("take the route `{name}` out of `{table}`")
        }
        Change::FirewallRule {
            policy,
            place,
            rule,
        } => {
            let policy = &network.firewall_policies[*policy].identity.name;
            let place = match (place.new_group, place.new_collection) {
                (Some(priority), Some(own)) => format!(
                    "in a new group `{}` (priority {priority}) with a collection `{}` (priority {own}, Allow)",
                    place.group, place.collection
                ),
                (None, Some(own)) => format!(
                    "in a new collection `{}` (priority {own}, Allow) of `{}`",
                    place.collection, place.group
                ),
                (_, None) => format!("in the collection `{}`", place.collection),
            };
            format!(
                "allow it with a network rule of `{policy}` {place}: {}",
                traffic(rule)
            )
        }
        Change::FilterRule { filter, rule, .. } => {
            let priority = rule.priority;
            let priority = priority.map_or_else(String::new, |own| format!("priority {own}, "));
            match filter {
                Filter::GuestInbound | Filter::GuestOutbound => {
                    let remote = match filter {
                        Filter::GuestInbound => &rule.source,
                        _ => &rule.destination,
                    };
                    format!(
                        "allow it in the guest's firewall: {priority}{}, remote address {}{}",
                        rule.protocol,
                        set(remote),
                        port(&rule.destination_ports)
                    )
                }
                _ => format!(
                    "allow it with a rule of the filter: {priority}{}",
                    traffic(rule)
                ),
            }
        }
        Change::PeeringFlag { peering, flag } => {
            let own = &network.peerings[*peering];
            let vnet = &network.vnets[own.vnet].identity.name;
            format!("set `{flag}: true` on `{vnet}/{}`", own.name)
        }
        Change::IpForwarding(nic) => format!(
            "set `enableIPForwarding: true` on the NIC `{}`",
            network.nics[*nic].name
        ),
        Change::GuestForwarding(machine) => format!(
            "set `forwarding.enabled: true` on `{}`",
            network.machines[*machine].identity.name
        ),
        Change::Listener { machine, socket } => {
            let protocol = socket.protocol.map_or("*", Protocol::lower);
            format!(
                "let something listen on {protocol}/{} at `{}`, and list it in `listeners`",
                socket.ports, network.machines[*machine].identity.name
            )
        }
    }
}

fn traffic(rule: &FilterRule) -> String {
    format!(
        "{}, source {}, destination {}{}",
        rule.protocol,
        set(&rule.source),
        set(&rule.destination),
        port(&rule.destination_ports)
    )
}

fn set(addresses: &crate::net::AddressSet) -> String {
    let prefixes = addresses.prefixes();
    let texts: Vec<String> = prefixes.iter().map(prefix_text).collect();
    texts.join(", ")
}

fn side(network: &Network, side: &RuleSide) -> String {
    match side {
        RuleSide::Prefixes(prefixes) => {
            let texts: Vec<String> = prefixes.iter().map(prefix_text).collect();
            texts.join(", ")
        }
        RuleSide::Platform(tag) => tag.word().to_owned(),
        RuleSide::Tag(tag) => network.tags[*tag].name.to_string(),
        RuleSide::Any | RuleSide::Groups(_) => "*".to_owned(),
    }
}

fn prefix(route: &UserRoute) -> String {
    match &route.prefix {
        crate::network::UserRoutePrefix::Prefix(prefix) => prefix.to_string(),
        crate::network::UserRoutePrefix::Tag(_) => "a service tag".to_owned(),
    }
}

fn way(route: &UserRoute) -> String {
    match route.next_hop_ip_address {
        Some(address) => format!("{} {address}", route.next_hop_type),
        None => route.next_hop_type.to_string(),
    }
}

fn port(ports: &[PortRange]) -> String {
    ports
        .first()
        .map_or_else(String::new, |ports| format!(", port {ports}"))
}

/// What else changes would do; `who` would.
fn effect(effect: &Effect, who: &str) -> String {
    if !effect.complete {
        return format!("what else {who} would open has not been compared");
    }
    let parts: Vec<String> = [
        ("also open", &effect.opened),
        ("close", &effect.closed),
        ("reroute", &effect.rerouted),
    ]
    .into_iter()
    .filter(|(_, felt)| !felt.is_empty())
    .map(|(verb, felt)| format!("{verb} {}", list(felt)))
    .collect();
    match (parts.is_empty(), effect.opened.is_empty()) {
        (true, _) => format!("{who} would open nothing else"),
        (false, true) => format!(
            "{who} would open nothing else, and {}",
            parts.join(", and ")
        ),
        (false, false) => format!("{who} would {}", parts.join(", and ")),
    }
}

/// The flows between each two ends; where there are many, the first of them and how many more.
fn list(felt: &[Felt]) -> String {
    let pairs = pairs(felt);
    let more = pairs.len().saturating_sub(MOST_NAMED);
    let named: Vec<String> = pairs.into_iter().take(MOST_NAMED).collect();
    let mut text = named.join(", ");
    if more > 0 {
        let pairs = if more == 1 { "pair" } else { "pairs" };
        let _ = write!(text, " and between {more} more {pairs} of ends");
    }
    text
}

/// The flows between each two ends, in words.
pub(in crate::report) fn pairs(felt: &[Felt]) -> Vec<String> {
    let mut pairs: IndexMap<(&Arc<str>, &Arc<str>), Vec<Service>> = IndexMap::new();
    for own in felt {
        let known = pairs.entry((&own.source, &own.destination)).or_default();
        if !known.contains(&own.service) {
            known.push(own.service);
        }
    }
    // What has a name, which has no blank, before what only stands for many addresses.
    pairs.sort_by_key(|(from, to), _| from.contains(' ') || to.contains(' '));
    let pairs = pairs.iter();
    pairs
        .map(|((from, to), services)| format!("{} from {from} to {to}", services_text(services)))
        .collect()
}

fn services_text(services: &[Service]) -> String {
    let whole = |own: &&Service| own.ports.is_none_or(|ports| ports == PortRange::ALL);
    let all = services.iter().filter(whole);
    let all = all.filter(|own| own.source_ports.is_none());
    // TCP, UDP, ICMP, ESP and AH.
    if all.count() == 5 {
        return "everything".to_owned();
    }
    let texts: Vec<String> = services.iter().map(service_text).collect();
    texts.join(", ")
}

/// `tcp/443`, `icmp`, `udp` for every port.
fn service_text(service: &Service) -> String {
    let mut text = service.protocol.lower().to_owned();
    if let Some(ports) = service.ports.filter(|ports| *ports != PortRange::ALL) {
        let _ = write!(text, "/{ports}");
    }
    if let Some(ports) = service.source_ports {
        let _ = write!(text, " (from port {ports})");
    }
    text
}

/// The remedies of an answer, for documents.
pub(super) fn wire(network: &Network, remedies: &[Remedy]) -> Vec<wire::Remedy> {
    remedies.iter().map(|remedy| one(network, remedy)).collect()
}

/// A remedy, for documents.
pub(in crate::report) fn one(network: &Network, remedy: &Remedy) -> wire::Remedy {
    wire::Remedy {
        changes: remedy
            .mends
            .iter()
            .map(|mend| wire::RemedyChange {
                hop: mend.hop.to_string(),
                code: crate::trace::codes::code(&mend.against).name,
                text: sentence(network, &mend.change),
            })
            .collect(),
        overlay: overlay(network, &remedy.changes()),
        compared: remedy.effect.complete,
        opens: remedy.effect.opened.iter().map(felt).collect(),
        closes: remedy.effect.closed.iter().map(felt).collect(),
        reroutes: remedy.effect.rerouted.iter().map(felt).collect(),
    }
}

fn felt(own: &Felt) -> wire::FlowKind {
    let ports = |range: PortRange| range.to_string();
    wire::FlowKind {
        source: own.source.to_string(),
        source_address: own.source_address.to_string(),
        source_ports: own.service.source_ports.map(ports),
        destination: own.destination.to_string(),
        destination_address: own.destination_address.to_string(),
        destination_ports: own.service.ports.map(ports),
        protocol: own.service.protocol.to_string(),
    }
}
