//! Shadowed and redundant rules against a naive second look: a rule never decides exactly where none of the
//! flows that the rules tell apart meets it first. Two network managers before a group: what one of them matches
//! the next is not asked, and the group only what they allow or do not match. It shares no code with `lint`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::collections::BTreeMap;
use std::fmt::Write;

use dryhop::diagnostic::Code;
use dryhop::lint::lint;
use dryhop::load::load;
use dryhop::spec::read::Input;
use proptest::prelude::*;

/// Sources, and which of 10.8.0.1, 10.8.0.129, 11.0.0.1, 12.0.0.1 and 168.63.129.16 each holds.
const PREFIXES: &[(&str, [bool; 5])] = &[
    ("\"*\"", [true, true, true, true, true]),
    ("10.8.0.0/24", [true, true, false, false, false]),
    ("10.8.0.0/25", [true, false, false, false, false]),
    ("10.8.0.128/25", [false, true, false, false, false]),
    ("11.0.0.0/8", [false, false, true, false, false]),
    ("VirtualNetwork", [true, true, false, false, true]),
];

/// Ranges of ports, and which of five ports (50, 80, 90, 150, 300) each holds.
const PORTS: &[(&str, [bool; 5])] = &[
    ("\"*\"", [true, true, true, true, true]),
    ("80", [false, true, false, false, false]),
    ("0-100", [true, true, true, false, false]),
    ("80-200", [false, true, true, true, false]),
    ("101-65535", [false, false, false, true, true]),
    ("0-65535", [true, true, true, true, true]),
];

/// Protocols, and which of TCP, UDP, ICMP and ESP each holds.
const PROTOCOLS: &[(&str, [bool; 4])] = &[
    ("\"*\"", [true, true, true, true]),
    ("Tcp", [true, false, false, false]),
    ("Udp", [false, true, false, false]),
    ("Icmp", [false, false, true, false]),
];

#[derive(Debug, Clone, Copy)]
struct Rule {
    allow: bool,
    protocol: usize,
    source: usize,
    source_ports: usize,
    ports: usize,
}

impl Rule {
    fn matches(self, protocol: usize, source: usize, source_port: usize, port: usize) -> bool {
        let ported = protocol < 2;
        PROTOCOLS[self.protocol].1[protocol]
            && PREFIXES[self.source].1[source]
            && (!ported || PORTS[self.source_ports].1[source_port])
            && (!ported || PORTS[self.ports].1[port])
    }
}

fn rule() -> impl Strategy<Value = Rule> {
    let ports = 0..PORTS.len();
    // Most rules leave the source port alone, as most do in the field.
    let source_ports = prop_oneof![3 => Just(0), 1 => ports.clone()];
    let sides = (0..PREFIXES.len(), source_ports, ports);
    (any::<bool>(), 0..PROTOCOLS.len(), sides).prop_map(
        |(allow, protocol, (source, source_ports, ports))| Rule {
            allow,
            protocol,
            source,
            source_ports,
            ports,
        },
    )
}

/// The rules that no flow meets first, and whether rules before them do otherwise with some flow of theirs.
fn idle(rules: &[Rule]) -> BTreeMap<usize, bool> {
    let mut first = vec![false; rules.len()];
    let mut otherwise = vec![false; rules.len()];
    for protocol in 0..4 {
        for source in 0..5 {
            for source_port in 0..5 {
                for port in 0..5 {
                    let met = |rule: &Rule| rule.matches(protocol, source, source_port, port);
                    let Some(deciding) = rules.iter().position(met) else {
                        continue;
                    };
                    first[deciding] = true;
                    for (at, rule) in rules.iter().enumerate() {
                        otherwise[at] |= met(rule) && rule.allow != rules[deciding].allow;
                    }
                }
            }
        }
    }
    let idle = first.iter().enumerate().filter(|(_, first)| !**first);
    idle.map(|(at, _)| (at, otherwise[at])).collect()
}

fn topology(rules: &[Rule]) -> String {
    let mut text = "virtualNetworks:
  vnet: { addressSpace: 10.8.0.0/24, subnets: { app: { addressPrefix: 10.8.0.0/24, networkSecurityGroup: nsg } } }
virtualMachines: { app-1: { networkInterface: { subnet: vnet/app } } }
networkSecurityGroups:
  nsg:
    securityRules:
"
    .to_owned();
    for (at, rule) in rules.iter().enumerate() {
        let access = if rule.allow { "Allow" } else { "Deny" };
        writeln!(
            text,
            "      r{at}: {{ priority: {}, direction: Inbound, access: {access}, protocol: {}, sourceAddressPrefix: {}, sourcePortRange: {}, destinationPortRange: {} }}",
            100 + at,
            PROTOCOLS[rule.protocol].0,
            PREFIXES[rule.source].0,
            PORTS[rule.source_ports].0,
            PORTS[rule.ports].0
        )
        .unwrap();
    }
    text
}

/// What an admin rule does.
const ACCESS: [&str; 3] = ["Allow", "Deny", "AlwaysAllow"];

/// An admin rule: what it does, and what it matches.
type Admin = (usize, Rule);

/// Whose rule: a manager's, the higher first, or the group's; and which.
type Whose = (usize, usize);

/// The rules that no flow meets first, and whether what comes before does otherwise.
fn idle_behind(managers: &[Vec<Admin>; 2], group: &[Rule]) -> BTreeMap<Whose, bool> {
    let mut idle: BTreeMap<Whose, bool> = BTreeMap::new();
    let mut decides: Vec<Whose> = Vec::new();
    // Whether a rule of the group meets no flow that one before it in the group does not meet.
    let mut alone = vec![true; group.len()];
    let (mut alone_otherwise, mut otherwise) = (BTreeMap::new(), BTreeMap::new());
    for at in 0..500 {
        let [protocol, source, source_port, port] = [at / 125, at / 25 % 5, at / 5 % 5, at % 5];
        let met = |rule: &Rule| rule.matches(protocol, source, source_port, port);
        let first = managers.iter().enumerate().find_map(|(number, rules)| {
            let at = rules.iter().position(|(_, rule)| met(rule))?;
            Some((number, at, rules[at].0))
        });
        decides.extend(first.map(|(number, at, _)| (number, at)));
        for (number, rules) in managers.iter().enumerate() {
            for (at, (access, _)) in rules.iter().enumerate().filter(|(_, own)| met(&own.1)) {
                let other = first.is_some_and(|(.., deciding)| deciding != *access);
                *otherwise.entry((number, at)).or_insert(false) |= other;
            }
        }
        let in_group = group.iter().position(met);
        let asked = first.is_none_or(|(.., access)| access == 0);
        decides.extend(in_group.filter(|_| asked).map(|at| (2, at)));
        for (at, rule) in group.iter().enumerate().filter(|(_, rule)| met(rule)) {
            alone[at] &= in_group != Some(at);
            let own = in_group.is_some_and(|own| group[own].allow != rule.allow);
            *alone_otherwise.entry(at).or_insert(false) |= own;
            let taken = match first {
                Some((.., access)) if access > 0 => (access == 2) != rule.allow,
                _ => own,
            };
            *otherwise.entry((2, at)).or_insert(false) |= taken;
        }
    }
    for (whose, other) in otherwise {
        if !decides.contains(&whose) {
            let other = match whose {
                (2, at) if alone[at] => alone_otherwise[&at],
                _ => other,
            };
            idle.insert(whose, other);
        }
    }
    idle
}

fn governed(managers: &[Vec<Admin>; 2], group: &[Rule]) -> String {
    let mut text = topology(group);
    if group.is_empty() {
        text = text.replace("    securityRules:\n", "    securityRules: {}\n");
    }
    text.push_str("networkManagers:\n");
    for (number, rules) in managers.iter().enumerate() {
        let scope = ["managementGroups/a", "managementGroups/a/b"][number];
        writeln!(
            text,
            "  m{number}:\n    scope: {scope}\n    networkGroups: {{ all: {{ virtualNetworks: [vnet] }} }}\n    securityAdminConfigurations:\n      c:\n        ruleCollections:\n          c:\n            appliesToGroups: [all]\n            rules:{}",
            if rules.is_empty() { " {}" } else { "" }
        )
        .unwrap();
        for (at, (access, rule)) in rules.iter().enumerate() {
            writeln!(
                text,
                "              a{at}: {{ priority: {}, direction: Inbound, access: {}, protocol: {}, sources: [{}], destinations: [\"*\"], sourcePortRanges: [{}], destinationPortRanges: [{}] }}",
                10 + at,
                ACCESS[*access],
                PROTOCOLS[rule.protocol].0,
                PREFIXES[rule.source].0,
                PORTS[rule.source_ports].0,
                PORTS[rule.ports].0
            )
            .unwrap();
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_that_never_decide_are_found_and_no_others(rules in prop::collection::vec(rule(), 1..9)) {
        let text = topology(&rules);
        let loaded = load(&[Input::Text { name: "rules.yaml".into(), text: text.clone() }], &[]);
        prop_assert!(loaded.is_sound(), "{text}");
        let mut found = BTreeMap::new();
        for finding in lint(&loaded.network, &loaded.sources).found {
            let otherwise = match finding.diagnostic.code {
                Code::ShadowedRule => true,
                Code::RedundantRule => false,
                _ => continue,
            };
            let name = finding.diagnostic.message.split('`').nth(1).unwrap();
            found.insert(name[1..].parse::<usize>().unwrap(), otherwise);
        }
        prop_assert_eq!(found, idle(&rules), "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_decides_behind_an_admin_rule_that_does(
        first in prop::collection::vec((0..3_usize, rule()), 0..4),
        second in prop::collection::vec((0..3_usize, rule()), 0..4),
        group in prop::collection::vec(rule(), 0..5),
    ) {
        let managers = [first, second];
        let text = governed(&managers, &group);
        let loaded = load(&[Input::Text { name: "rules.yaml".into(), text: text.clone() }], &[]);
        prop_assert!(loaded.is_sound(), "{text}");
        let mut found = BTreeMap::new();
        for finding in lint(&loaded.network, &loaded.sources).found {
            let otherwise = match finding.diagnostic.code {
                Code::ShadowedRule => true,
                Code::RedundantRule => false,
                _ => continue,
            };
            let mut quoted = finding.diagnostic.message.split('`').skip(1).step_by(2);
            let (rule, holder) = (quoted.next().unwrap(), quoted.next().unwrap());
            let whose = match holder {
                "m0" => 0,
                "m1" => 1,
                _ => 2,
            };
            let number = rule.trim_start_matches(|c: char| !c.is_ascii_digit());
            found.insert((whose, number.parse::<usize>().unwrap()), otherwise);
        }
        prop_assert_eq!(found, idle_behind(&managers, &group), "{}", text);
    }
}
