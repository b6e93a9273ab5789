//! Firewalls with their policies, and network managers, as text.

use std::fmt::Write;

use super::firewalls::*;
use super::managers::{AdminRule, AdminSide, Manager};
use super::model::{Model, Ports, Proto, Way};
use super::yaml::{list, ports, protocol, section};

pub fn all(out: &mut String, model: &Model) {
    let firewalls = model.firewalls.iter().map(|firewall| {
        let vnet = &model.vnets[firewall.vnet];
        let ips = firewall.public_ip.iter().map(|ip| &model.public_ips[*ip].name);
        let state = if firewall.running { "Succeeded" } else { "Stopped" };
        format!(
            "  {}: {{ subnet: {}/AzureFirewallSubnet, privateIPAddress: {}, publicIPAddresses: {}, firewallPolicy: {}, provisioningState: {state} }}\n",
            firewall.name,
            vnet.name,
            firewall.address,
            list(ips),
            model.policies[firewall.policy].name
        )
    });
    section(out, "azureFirewalls", firewalls);
    let groups = model.ip_groups.iter().enumerate();
    let groups = groups.map(|(number, all)| format!("  ipg-{number}: {}\n", list(all)));
    section(out, "ipGroups", groups);
    let policies = model.policies.iter();
    section(
        out,
        "firewallPolicies",
        policies.map(|own| policy(model, own)),
    );
    let managers = model.managers.iter();
    section(
        out,
        "networkManagers",
        managers.map(|own| manager(model, own)),
    );
}

fn policy(model: &Model, policy: &FirewallPolicy) -> String {
    let mut out = format!("  {}:\n", policy.name);
    if let Some(base) = policy.base {
        let _ = writeln!(out, "    basePolicy: {}", model.policies[base].name);
    }
    if let Some(mode) = policy.intel {
        let _ = writeln!(out, "    threatIntelMode: {mode}");
    }
    if !policy.listed.is_empty() {
        let _ = writeln!(out, "    threatIntelAddresses: {}", list(&policy.listed));
    }
    if let Some(ranges) = &policy.private_ranges {
        let _ = writeln!(out, "    privateRanges: {}", list(ranges));
    }
    out.push_str("    ruleCollectionGroups:\n");
    for group in &policy.groups {
        let _ = write!(
            out,
            "      {}:\n        priority: {}\n        ruleCollections:\n",
            group.name, group.priority
        );
        for collection in &group.collections {
            self::collection(&mut out, collection);
        }
    }
    out
}

fn collection(out: &mut String, collection: &Collection) {
    let allow = if collection.allow { "Allow" } else { "Deny" };
    let (kind, action, rules) = match &collection.rules {
        Rules::Nat(rules) => ("Nat", "Dnat", texts(rules, nat)),
        Rules::Network(rules) => ("Network", allow, texts(rules, network)),
        Rules::Application(rules) => ("Application", allow, texts(rules, application)),
    };
    let _ = writeln!(
        out,
        "          {}: {{ type: {kind}, priority: {}, action: {action}, rules: {{ {} }} }}",
        collection.name,
        collection.priority,
        rules.join(", ")
    );
}

fn texts<R>(rules: &[(String, R)], text: fn(&R) -> String) -> Vec<String> {
    let texts = rules
        .iter()
        .map(|(name, rule)| format!("{name}: {{ {} }}", text(rule)));
    texts.collect()
}

fn words(protocols: &[Proto]) -> String {
    match protocols {
        [] => "[Any]".to_owned(),
        some => list(some.iter().map(|proto| proto.word().to_uppercase())),
    }
}

/// The keys of one side, `source` or `destination`.
fn side(out: &mut String, side: &str, all: &[Addresses]) {
    let (mut addresses, mut groups, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for one in all {
        match one {
            Addresses::Prefix(prefix) => addresses.push(prefix.to_string()),
            Addresses::Range(first, last) => addresses.push(format!("{first}-{last}")),
            Addresses::Tag(tag) => addresses.push((*tag).to_owned()),
            Addresses::IpGroup(group) => groups.push(format!("ipg-{group}")),
            Addresses::Fqdn(name) => names.push(*name),
        }
    }
    for (key, values) in [
        ("Addresses", addresses),
        ("IpGroups", groups),
        ("Fqdns", names.into_iter().map(str::to_owned).collect()),
    ] {
        if !values.is_empty() {
            let _ = write!(out, ", {side}{key}: {}", list(values));
        }
    }
}

fn nat(rule: &NatRule) -> String {
    let mut out = format!("protocols: {}", words(&rule.protocols));
    side(&mut out, "source", &rule.sources);
    let (address, port) = rule.translated;
    let _ = write!(
        out,
        ", destinationAddresses: [{}], destinationPorts: [{}], translatedAddress: {address}, translatedPort: {port}",
        rule.destination, rule.port
    );
    out
}

fn network(rule: &NetworkRule) -> String {
    let mut out = format!("protocols: {}", words(&rule.protocols));
    side(&mut out, "source", &rule.sources);
    side(&mut out, "destination", &rule.destinations);
    if !rule.ports.is_empty() {
        let _ = write!(out, ", destinationPorts: {}", ports(&rule.ports));
    }
    out
}

fn application(rule: &ApplicationRule) -> String {
    let protocols = rule.protocols.iter().map(|(app, port)| {
        let word = match app {
            App::Http => "Http",
            App::Https => "Https",
            App::Mssql => "Mssql",
        };
        format!("\"{word}:{port}\"")
    });
    let mut out = format!("protocols: {}", list(protocols));
    side(&mut out, "source", &rule.sources);
    let names = rule.names.iter().map(|name| format!("\"{name}\""));
    let _ = write!(out, ", targetFqdns: {}", list(names));
    out
}

fn manager(model: &Model, manager: &Manager) -> String {
    let mut out = format!("  {}:\n", manager.name);
    if let Some(scope) = manager.scope {
        let _ = writeln!(out, "    scope: {scope}");
    }
    out.push_str("    networkGroups:\n");
    for (number, group) in manager.groups.iter().enumerate() {
        let names = group.iter().map(|vnet| &model.vnets[*vnet].name);
        let _ = writeln!(
            out,
            "      ng{number}: {{ virtualNetworks: {} }}",
            list(names)
        );
    }
    let _ = write!(
        out,
        "    securityAdminConfigurations:\n      config:\n        applyOnNetworkIntentPolicyBasedServices: {}\n        ruleCollections:\n",
        manager.with_intent_policy
    );
    for collection in &manager.collections {
        let groups = collection.groups.iter().map(|group| format!("ng{group}"));
        let rules: Vec<String> = collection.rules.iter().map(admin_rule).collect();
        let _ = writeln!(
            out,
            "          {}: {{ appliesToGroups: {}, rules: {{ {} }} }}",
            collection.name,
            list(groups),
            rules.join(", ")
        );
    }
    out
}

fn admin_rule(rule: &AdminRule) -> String {
    let way = match rule.way {
        Way::Inbound => "Inbound",
        Way::Outbound => "Outbound",
    };
    let mut out = format!(
        "{}: {{ priority: {}, direction: {way}, access: {}, protocol: {}",
        rule.name,
        rule.priority,
        rule.access.word(),
        protocol(rule.proto)
    );
    let sides = |all: &[AdminSide]| {
        list(all.iter().map(|side| match side {
            AdminSide::Prefix(prefix) => prefix.to_string(),
            AdminSide::Tag(tag) => (*tag).to_owned(),
            AdminSide::Group(group) => format!("networkGroups/ng{group}"),
        }))
    };
    for (key, all) in [
        ("sources", &rule.sources),
        ("destinations", &rule.destinations),
    ] {
        if !all.is_empty() {
            let _ = write!(out, ", {key}: {}", sides(all));
        }
    }
    let mut ranges = |key: &str, all: &Ports| {
        if !all.is_empty() {
            let _ = write!(out, ", {key}: {}", ports(all));
        }
    };
    ranges("sourcePortRanges", &rule.source_ports);
    ranges("destinationPortRanges", &rule.destination_ports);
    out + " }"
}
