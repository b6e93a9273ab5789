//! Where in the topology's files that stands which causes an issue.

use super::written::{self, machine, resource};
use crate::effective::AppliedTo;
use crate::network::{Id, Machine, Network, Nic, Place, Subnet};
use crate::source::{Path, Sources, Span};
use crate::trace::codes::{context, detail};
use crate::trace::{Cause, Issue};

/// A place to be shown, and what is said of it.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub span: Span,
    pub label: &'static str,
}

/// What of a path is to be underlined.
enum Part {
    Key,
    Value,
}

/// Where that stands which causes `issue`; none where nothing in a file does.
pub(crate) fn spot(
    network: &Network,
    sources: &Sources,
    at: Option<Place>,
    issue: &Issue,
) -> Option<Spot> {
    let (candidates, label) = candidates(network, at, issue)?;
    let found = candidates
        .iter()
        .find(|(path, _)| sources.iter().any(|(file, _)| sources.contains(file, path)));
    let (path, part) = found?;
    let span = match part {
        Part::Key => sources.key(path),
        Part::Value => sources.value(path),
    };
    span.map(|span| Spot { span, label })
}

/// The paths that may be the one, the best first, and what is said of it.
fn candidates(
    network: &Network,
    at: Option<Place>,
    issue: &Issue,
) -> Option<(Vec<(Path, Part)>, &'static str)> {
    Some(match &issue.cause {
        Cause::SecurityRule(nsg, Some(rule), _) => {
            let group = resource(&network.nsgs[*nsg].identity);
            let rule = written::security_rule(network, *nsg, rule);
            (vec![(rule, Part::Key), (group, Part::Key)], "this rule")
        }
        Cause::AdminRule(manager, position) => {
            let own = resource(&network.managers[*manager].identity);
            let rule = written::admin_rule(network, *manager, *position)?;
            (vec![(rule, Part::Key), (own, Part::Key)], "this rule")
        }
        Cause::SecurityRule(_, None, at) => match at {
            AppliedTo::Subnet(id) => (
                of_subnet(network, *id, "networkSecurityGroup"),
                "applied here",
            ),
            AppliedTo::Nic(id) => (of_nic(network, *id, "networkSecurityGroup"), "applied here"),
            AppliedTo::Network(_) => return None,
        },
        Cause::UserRoute(table, at) => {
            let route = written::user_route(network, *table, *at)?;
            (vec![(route, Part::Key)], "this route")
        }
        Cause::SystemRoute(subnet) => match detail(issue) {
            "NoOutboundMethod" => (of_subnet(network, *subnet, ""), "no way out from here"),
            _ => (of_subnet(network, *subnet, ""), "this subnet's routes"),
        },
        Cause::Peering(id, flag) => {
            let vnet = resource(&network.vnets[network.peerings[*id].vnet].identity);
            let own = written::peering(network, *id);
            (
                vec![
                    (own.key(flag), Part::Value),
                    (own, Part::Key),
                    (vnet, Part::Key),
                ],
                "",
            )
        }
        Cause::Machine(id, keys) => (
            of_machine(network, *id, keys, context(issue, "RuleName")),
            "",
        ),
        Cause::Nic(id, key) => (of_nic(network, *id, key), ""),
        Cause::FirewallRule(id, kind, at) => {
            let rule = network.firewalls[*id].rule(*kind, *at)?;
            let path = written::firewall_rule(&rule.keys);
            (vec![(path, Part::Key)], "this rule")
        }
        Cause::Firewall(id, key) => {
            let own = resource(&network.firewalls[*id].identity);
            (vec![(own.key(key), Part::Value), (own, Part::Key)], "")
        }
        // Beside machines it is what stands there: a balancer, an endpoint, a listed host.
        Cause::Nothing => match (context(issue, "Circuit"), at?) {
            (Some(circuit), _) => {
                let circuit = Path::of(&["expressRouteCircuits", circuit]);
                (
                    vec![(circuit.key("arp"), Part::Key), (circuit, Part::Key)],
                    "",
                )
            }
            (None, place @ (Place::Fixture(_) | Place::InternetHost(_))) => {
                (vec![(of_place(network, place)?, Part::Key)], "")
            }
            _ => return None,
        },
    })
}

/// What stands at a place: a machine, a platform resource, a listed host.
pub(crate) fn of_place(network: &Network, place: Place) -> Option<Path> {
    match place {
        Place::Nic(nic) => Some(machine(network, network.nics[nic].machine)),
        Place::Network(id) => Some(resource(&network.vnets[id].identity)),
        Place::Fixture(id) => Some(resource(&network.fixtures[id].identity)),
        Place::Site(id) => Some(Path::of(&["onPremisesSites", &network.sites[id].name])),
        Place::InternetHost(id) => Some(Path::of(&[
            "internetHosts",
            &network.internet_hosts[id].name,
        ])),
        Place::Internet => None,
    }
}

fn of_subnet(network: &Network, id: Id<Subnet>, key: &str) -> Vec<(Path, Part)> {
    let subnet = &network.subnets[id];
    let path = resource(&network.vnets[subnet.vnet].identity)
        .key("subnets")
        .key(&subnet.name);
    vec![(path.key(key), Part::Value), (path, Part::Key)]
}

fn of_nic(network: &Network, id: Id<Nic>, key: &str) -> Vec<(Path, Part)> {
    let nic = &network.nics[id];
    let machine = machine(network, nic.machine);
    let listed = machine.key("networkInterfaces").key(&nic.name);
    let single = machine.key("networkInterface");
    vec![
        (listed.key(key), Part::Value),
        (single.key(key), Part::Value),
        (listed, Part::Key),
        (single, Part::Key),
        (machine, Part::Key),
    ]
}

/// The rule that is named, where there is one, the keys, or as many of them as are written.
fn of_machine(
    network: &Network,
    id: Id<Machine>,
    keys: &[&str],
    rule: Option<&str>,
) -> Vec<(Path, Part)> {
    let mut path = machine(network, id);
    let mut found = vec![(path.clone(), Part::Key)];
    for (at, key) in keys.iter().enumerate() {
        path = path.key(key);
        let last =
            at + 1 == keys.len() && *key != "rules" && *key != "inbound" && *key != "outbound";
        found.push((path.clone(), if last { Part::Value } else { Part::Key }));
    }
    if let Some(rule) = rule {
        let rules = if path.last_key() == Some("rules") {
            path
        } else {
            path.key("rules")
        };
        found.push((rules.key(rule), Part::Key));
        // What no rule of a filter decided is decided by its default action.
        let parent = Path::of(&keys[..keys.len().saturating_sub(1)]);
        if keys.last() == Some(&"rules") {
            let mut action = machine(network, id);
            parent
                .segments()
                .iter()
                .for_each(|segment| action.push(segment.clone()));
            found.insert(found.len() - 1, (action.key("defaultAction"), Part::Value));
        }
    }
    found.reverse();
    found
}
