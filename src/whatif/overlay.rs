//! Changes as an overlay: a partial topology, to be laid over the files (`--overlay`).

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::Change;
use super::apply::firewall_protocol;
use crate::net::{AddressSet, PortRange, prefix_text};
use crate::network::{
    AdminRule, FilterRule, Id, Identity, Machine, MachineKind, Network, Nic, RuleSide,
    SecurityRule, Socket, UserRoute, UserRoutePrefix,
};
use crate::trace::Filter;

/// The overlay of some changes to `network`. Taken away is what is null.
#[must_use]
pub fn overlay(network: &Network, changes: &[Change]) -> Value {
    let mut tree = Value::Object(Map::new());
    for change in changes {
        lay(network, change, &mut tree);
    }
    tree
}

fn lay(network: &Network, change: &Change, tree: &mut Value) {
    match change {
        Change::SecurityRule { nsg, rule } => {
            let mut path = of(&network.nsgs[*nsg].identity);
            path.extend(["securityRules", &rule.name]);
            set(tree, &path, security_rule(network, rule));
        }
        Change::AdminRule { manager, rule } => {
            let mut path = of(&network.managers[*manager].identity);
            path.extend([
                "securityAdminConfigurations",
                &rule.configuration,
                "ruleCollections",
                &rule.collection,
                "rules",
                &rule.name,
            ]);
            set(tree, &path, admin_rule(rule));
        }
        Change::Route { table, route } => {
            let mut path = of(&network.route_tables[*table].identity);
            path.extend(["routes", &route.name]);
            let before = network.route_tables[*table].routes.iter();
            let mut before = before.filter(|own| own.name == route.name);
            let names_one = before.any(|own| own.next_hop_ip_address.is_some());
            set(tree, &path, user_route(network, route));
            if names_one && route.next_hop_ip_address.is_none() {
                path.push("nextHopIpAddress");
                set(tree, &path, Value::Null);
            }
        }
        Change::RemoveRoute { table, name } => {
            let mut path = of(&network.route_tables[*table].identity);
            path.extend(["routes", name]);
            set(tree, &path, Value::Null);
        }
        Change::FirewallRule {
            policy,
            place,
            rule,
        } => {
            let mut path = of(&network.firewall_policies[*policy].identity);
            path.extend(["ruleCollectionGroups", &place.group]);
            if let Some(priority) = place.new_group {
                let mut at = path.clone();
                at.push("priority");
                set(tree, &at, json!(priority));
            }
            path.extend(["ruleCollections", &place.collection]);
            if let Some(priority) = place.new_collection {
                for (key, value) in [
                    ("type", json!("Network")),
                    ("priority", json!(priority)),
                    ("action", json!("Allow")),
                ] {
                    let mut at = path.clone();
                    at.push(key);
                    set(tree, &at, value);
                }
            }
            path.extend(["rules", &rule.name]);
            set(tree, &path, firewall_rule(rule));
        }
        Change::FilterRule {
            machine,
            filter,
            rule,
        } => {
            let mut path = of_machine(network, *machine);
            path.extend(match filter {
                Filter::GuestInbound => &["guest", "firewall", "inbound", "rules"][..],
                Filter::GuestOutbound => &["guest", "firewall", "outbound", "rules"],
                _ => &["forwarding", "rules"],
            });
            path.push(&rule.name);
            set(tree, &path, filter_rule(*filter, rule));
        }
        Change::PeeringFlag { peering, flag } => {
            let own = &network.peerings[*peering];
            let mut path = of(&network.vnets[own.vnet].identity);
            path.extend(["peerings", &own.name, flag]);
            set(tree, &path, Value::Bool(true));
        }
        Change::IpForwarding(nic) => {
            let mut path = of_nic(network, *nic);
            path.push("enableIPForwarding");
            set(tree, &path, Value::Bool(true));
        }
        Change::GuestForwarding(machine) => {
            let mut path = of_machine(network, *machine);
            path.extend(["forwarding", "enabled"]);
            set(tree, &path, Value::Bool(true));
        }
        Change::Listener { machine, socket } => {
            let mut path = of_machine(network, *machine);
            path.extend(["guest", "listeners"]);
            // A list replaces the one that it is laid over.
            let known = network.machines[*machine].guest.listeners.iter().flatten();
            let before = tree.pointer(&pointer(&path)).and_then(Value::as_array);
            let mut all = match before {
                Some(before) => before.clone(),
                None => known.map(socket_text).collect(),
            };
            all.push(socket_text(socket));
            set(tree, &path, Value::Array(all));
        }
    }
}

fn of(identity: &Identity) -> Vec<&str> {
    vec![identity.section, &identity.name]
}

/// The entry of a machine, which for an instance is that of its scale set.
fn of_machine(network: &Network, id: Id<Machine>) -> Vec<&str> {
    match network.machines[id].kind {
        MachineKind::Instance(set) => of(&network.scale_sets[set].identity),
        _ => of(&network.machines[id].identity),
    }
}

fn of_nic(network: &Network, id: Id<Nic>) -> Vec<&str> {
    let nic = &network.nics[id];
    let mut path = of_machine(network, nic.machine);
    if nic.listed {
        path.extend(["networkInterfaces", &nic.name]);
    } else {
        path.push("networkInterface");
    }
    path
}

fn security_rule(network: &Network, rule: &SecurityRule) -> Value {
    let mut own = Map::new();
    own.insert("priority".to_owned(), json!(rule.priority));
    own.insert("direction".to_owned(), json!(rule.direction.word()));
    own.insert("access".to_owned(), json!(rule.access.word()));
    own.insert("protocol".to_owned(), json!(rule.protocol.to_string()));
    own.insert(
        "sourceAddressPrefix".to_owned(),
        side(network, &rule.source),
    );
    if !rule.source_ports.is_empty() {
        own.insert("sourcePortRange".to_owned(), ports(&rule.source_ports));
    }
    own.insert(
        "destinationAddressPrefix".to_owned(),
        side(network, &rule.destination),
    );
    if !rule.destination_ports.is_empty() {
        own.insert(
            "destinationPortRange".to_owned(),
            ports(&rule.destination_ports),
        );
    }
    Value::Object(own)
}

fn admin_rule(rule: &AdminRule) -> Value {
    let sides = |sides: &[RuleSide]| -> Value {
        let prefixes = sides.iter().flat_map(|side| match side {
            RuleSide::Prefixes(prefixes) => prefixes.iter().map(prefix_text).collect(),
            _ => vec!["*".to_owned()],
        });
        prefixes.map(Value::String).collect()
    };
    let mut own = json!({
        "priority": rule.priority,
        "direction": rule.direction.word(),
        "access": rule.access.word(),
        "protocol": rule.protocol.to_string(),
        "sources": sides(&rule.sources),
        "destinations": sides(&rule.destinations),
    });
    if !rule.destination_ports.is_empty() {
        set(
            &mut own,
            &["destinationPortRange"],
            ports(&rule.destination_ports),
        );
    }
    own
}

fn user_route(network: &Network, route: &UserRoute) -> Value {
    let prefix = match &route.prefix {
        UserRoutePrefix::Prefix(prefix) => prefix.to_string(),
        UserRoutePrefix::Tag(tag) => network.tags[*tag].name.to_string(),
    };
    let mut own = Map::new();
    own.insert("addressPrefix".to_owned(), json!(prefix));
    own.insert("nextHopType".to_owned(), json!(route.next_hop_type.word()));
    if let Some(address) = route.next_hop_ip_address {
        own.insert("nextHopIpAddress".to_owned(), json!(address.to_string()));
    }
    Value::Object(own)
}

fn firewall_rule(rule: &FilterRule) -> Value {
    json!({
        "protocols": [firewall_protocol(rule.protocol).unwrap_or("Any")],
        "sourceAddresses": addresses(&rule.source),
        "destinationAddresses": addresses(&rule.destination),
        "destinationPorts": [ports(&rule.destination_ports)],
    })
}

fn filter_rule(filter: Filter, rule: &FilterRule) -> Value {
    let mut own = Map::new();
    if let Some(priority) = rule.priority {
        own.insert("priority".to_owned(), json!(priority));
    }
    own.insert("action".to_owned(), json!(rule.action.word()));
    own.insert("protocol".to_owned(), json!(rule.protocol.to_string()));
    let port = match filter {
        Filter::GuestInbound => {
            own.insert("remoteAddress".to_owned(), addresses(&rule.source));
            "port"
        }
        Filter::GuestOutbound => {
            own.insert("remoteAddress".to_owned(), addresses(&rule.destination));
            "port"
        }
        _ => {
            own.insert("sourceAddress".to_owned(), addresses(&rule.source));
            own.insert(
                "destinationAddress".to_owned(),
                addresses(&rule.destination),
            );
            "destinationPort"
        }
    };
    if !rule.destination_ports.is_empty() {
        own.insert(port.to_owned(), ports(&rule.destination_ports));
    }
    Value::Object(own)
}

fn socket_text(socket: &Socket) -> Value {
    let protocol = socket.protocol.map_or("*", |protocol| protocol.lower());
    Value::String(format!("{protocol}/{}", socket.ports))
}

/// A tag, a prefix, or several.
fn side(network: &Network, side: &RuleSide) -> Value {
    match side {
        RuleSide::Prefixes(prefixes) => one_or_many(prefixes.iter().map(prefix_text)),
        RuleSide::Platform(tag) => json!(tag.word()),
        RuleSide::Tag(tag) => json!(&*network.tags[*tag].name),
        RuleSide::Any | RuleSide::Groups(_) => json!("*"),
    }
}

fn addresses(set: &AddressSet) -> Value {
    one_or_many(set.prefixes().iter().map(prefix_text))
}

fn ports(ranges: &[PortRange]) -> Value {
    match ranges {
        [] => json!("*"),
        [one] if one.first == one.last => json!(one.first),
        some => one_or_many(some.iter().map(PortRange::to_string)),
    }
}

fn one_or_many(texts: impl Iterator<Item = String>) -> Value {
    let mut all: Vec<Value> = texts.map(Value::String).collect();
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            all.extend(last);
            Value::Array(all)
        }
    }
}

fn pointer(path: &[&str]) -> String {
    path.iter().fold(String::new(), |mut all, key| {
        let _ = write!(all, "/{}", key.replace('~', "~0").replace('/', "~1"));
        all
    })
}

/// Sets what stands at a path of maps.
fn set(tree: &mut Value, path: &[&str], value: Value) {
    let mut at = tree;
    for key in path {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(entries) = at else { return };
        at = entries.entry((*key).to_owned()).or_insert(Value::Null);
    }
    *at = value;
}

/// An overlay as YAML: maps in lines, the innermost ones in braces.
#[must_use]
pub fn yaml(overlay: &Value) -> String {
    let mut out = String::new();
    if let Value::Object(entries) = overlay {
        block(entries, 0, &mut out);
    }
    out
}

fn block(entries: &Map<String, Value>, depth: usize, out: &mut String) {
    for (key, value) in entries {
        let _ = write!(out, "{:1$}{2}:", "", depth * 2, scalar(key));
        match value {
            Value::Object(inner) if inner.values().any(Value::is_object) => {
                out.push('\n');
                block(inner, depth + 1, out);
            }
            value => {
                let _ = writeln!(out, " {}", flow(value));
            }
        }
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let all: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key), flow(value)))
                .collect();
            format!("{{ {} }}", all.join(", "))
        }
        Value::Array(values) => {
            let all: Vec<String> = values.iter().map(flow).collect();
            format!("[{}]", all.join(", "))
        }
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text, in quotes where it would otherwise be something else. JSON's quotes are YAML's.
fn scalar(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let odd = text.is_empty()
        || !text.bytes().all(plain)
        || !text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
        || word.iter().any(|word| word.eq_ignore_ascii_case(text))
        || text.parse::<f64>().is_ok();
    if odd {
        Value::String(text.to_owned()).to_string()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{overlay, set, yaml};
    use crate::network::Network;
    use serde_json::{Value, json};

    #[test]
    fn maps_stand_in_lines_and_the_innermost_in_braces() {
        let mut tree = overlay(&Network::default(), &[]);
        let rule = json!({ "priority": 100, "port": "*", "sourceAddressPrefix": "fd00::4" });
        set(
            &mut tree,
            &["networkSecurityGroups", "rg/nsg", "securityRules", "a"],
            rule,
        );
        set(
            &mut tree,
            &["routeTables", "100", "routes", "gone"],
            Value::Null,
        );
        assert_eq!(
            yaml(&tree),
            "networkSecurityGroups:\n  rg/nsg:\n    securityRules:\n      \
             a: { priority: 100, port: \"*\", sourceAddressPrefix: \"fd00::4\" }\n\
             routeTables:\n  \"100\":\n    routes: { gone: null }\n"
        );
    }
}
