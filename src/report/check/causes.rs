//! Where in the topology's files that stands which causes an issue.

use super::codes::{context, detail};
use crate::effective::AppliedTo;
use crate::network::{Id, Identity, Machine, MachineKind, Network, Nic, Place, Subnet};
use crate::source::{Path, Sources, Span};
use crate::trace::{Cause, Issue};

/// A place to be shown, and what is said of it.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub span: Span,
    pub label: &'static str,
}

/// What of a path is to be underlined.
enum Part {
    Key,
    Value,
}

/// Where that stands which causes `issue`; none where nothing in a file does.
pub(super) fn spot(
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
            (
                vec![
                    (group.key("securityRules").key(rule), Part::Key),
                    (group, Part::Key),
                ],
                "this rule",
            )
        }
        Cause::AdminRule(manager, position) => {
            let manager = &network.managers[*manager];
            let rule = manager.rules.get(*position)?;
            let own = resource(&manager.identity);
            let configuration = own
                .key("securityAdminConfigurations")
                .key(&rule.configuration);
            let collection = configuration.key("ruleCollections").key(&rule.collection);
            (
                vec![
                    (collection.key("rules").key(&rule.name), Part::Key),
                    (own, Part::Key),
                ],
                "this rule",
            )
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
            let table = &network.route_tables[*table];
            let route = table.routes.get(*at)?;
            let path = resource(&table.identity).key("routes").key(&route.name);
            (vec![(path, Part::Key)], "this route")
        }
        Cause::SystemRoute(subnet) => match detail(issue) {
            "NoOutboundMethod" => (of_subnet(network, *subnet, ""), "no way out from here"),
            _ => (of_subnet(network, *subnet, ""), "this subnet's routes"),
        },
        Cause::Peering(id, flag) => {
            let peering = &network.peerings[*id];
            let vnet = resource(&network.vnets[peering.vnet].identity);
            let own = vnet.key("peerings").key(&peering.name);
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
            let [policy, group, collection, rule] = &network.firewalls[*id].rule(*kind, *at)?.keys;
            let group = Path::of(&["firewallPolicies", policy])
                .key("ruleCollectionGroups")
                .key(group);
            let path = group
                .key("ruleCollections")
                .key(collection)
                .key("rules")
                .key(rule);
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
            (None, Place::Fixture(id)) => (
                vec![(resource(&network.fixtures[id].identity), Part::Key)],
                "",
            ),
            (None, Place::InternetHost(id)) => {
                let host = &network.internet_hosts[id];
                (
                    vec![(Path::of(&["internetHosts", &host.name]), Part::Key)],
                    "",
                )
            }
            _ => return None,
        },
    })
}

fn resource(identity: &Identity) -> Path {
    Path::of(&[identity.section, &identity.name])
}

fn of_subnet(network: &Network, id: Id<Subnet>, key: &str) -> Vec<(Path, Part)> {
    let subnet = &network.subnets[id];
    let path = resource(&network.vnets[subnet.vnet].identity)
        .key("subnets")
        .key(&subnet.name);
    vec![(path.key(key), Part::Value), (path, Part::Key)]
}

/// The entry of a machine, which for an instance is that of its scale set.
fn machine(network: &Network, id: Id<Machine>) -> Path {
    match network.machines[id].kind {
        MachineKind::Instance(set) => resource(&network.scale_sets[set].identity),
        _ => resource(&network.machines[id].identity),
    }
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
