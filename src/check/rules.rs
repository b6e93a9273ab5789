//! IP flow verify, NSG diagnostics and effective rules.

use serde_json::{Map, Value};

use super::routes::rows_verdict;
use super::rows;
use super::text;
use super::verdict::Verdict;
use super::written;
use crate::diagnostic::Code;
use crate::effective::{Effective, EffectiveGroup, EffectiveRule, ListOrigin};
use crate::engine::diagnose::{self, EvaluatedGroup, Profile};
use crate::engine::ip_flow::{self, IpFlow, IpFlowFault};
use crate::net::Matched;
use crate::network::{Id, Identity, Network, Nic};
use crate::source::Path;
use crate::spec::checks::{
    EffectiveRulesCheck, ExpectedRule, IpFlowExpectation, MatchedPart,
    SecurityDiagnosticExpectation,
};
use crate::spec::{Access, AdminAccess};
use crate::trace::Assumption;

/// IP flow verify.
pub(super) fn ip_flow(
    effective: &Effective<'_>,
    question: &IpFlow,
    expected: &IpFlowExpectation,
) -> Result<Verdict, IpFlowFault> {
    let network = effective.network();
    let answer = ip_flow::verify(effective, question)?;
    let mut verdict = Verdict::default();
    verdict.word("access", expected.access, Some(answer.access), Access::word);
    if let Some(rule) = &expected.rule_name {
        let came = answer.rule_name.as_deref();
        let holds = came.is_some_and(|came| text::same(rule, came));
        verdict.compare("ruleName", rule.as_str(), came, holds);
    }
    match &answer.decided {
        Some((list, _)) => {
            let group = &list.origin.identity(network).name;
            let rule = answer.rule_name.as_deref().unwrap_or_default();
            verdict.why.push(format!("`{rule}` of `{group}` decides"));
        }
        None => verdict.why.push(undecided(answer.platform)),
    }
    doubts(&mut verdict, &answer.doubtful);
    Ok(verdict)
}

/// Why no rule decides.
fn undecided(platform: bool) -> String {
    if platform {
        "a service of the platform: only a rule for its service tag stops it".to_owned()
    } else {
        "no network security group is in the way".to_owned()
    }
}

/// Notes the tags that an answer rests on.
pub(super) fn doubts(verdict: &mut Verdict, tags: &[std::sync::Arc<str>]) {
    for tag in tags {
        let text = format!("what the service tag `{tag}` holds is not known in full");
        verdict.why.push(text.clone());
        verdict.assumptions.push(Assumption {
            code: Code::AssumedServiceTag,
            text,
        });
    }
}

/// NSG diagnostics.
pub(super) fn diagnosis(
    effective: &Effective<'_>,
    profile: &Profile,
    expected: &SecurityDiagnosticExpectation,
) -> Verdict {
    let network = effective.network();
    let answer = diagnose::diagnose(effective, profile);
    let mut verdict = Verdict::default();
    verdict.word("access", expected.access, Some(answer.access), Access::word);
    if let Some(matched) = &expected.matched {
        let groups = &answer.groups;
        let came: Vec<String> = groups
            .iter()
            .map(|group| full_name(network, group, &group.rule_name))
            .collect();
        let holds = groups.len() == matched.len()
            && groups
                .iter()
                .zip(matched)
                .all(|(g, name)| is_rule(network, name, g, &g.rule_name));
        verdict.compare("matched", matched.clone(), came, holds);
    }
    if !expected.evaluated.is_empty() {
        evaluated(&mut verdict, network, &answer.groups, expected);
    }
    for group in &answer.groups {
        let name = full_name(network, group, &group.rule_name);
        verdict
            .why
            .push(format!("`{name}` decides: {}", group.action));
    }
    if answer.groups.is_empty() {
        verdict.why.push(undecided(answer.platform));
    }
    doubts(&mut verdict, &answer.doubtful);
    verdict
}

/// The rules that are named, with the parts that match.
fn evaluated(
    verdict: &mut Verdict,
    network: &Network,
    groups: &[EvaluatedGroup],
    expected: &SecurityDiagnosticExpectation,
) {
    let (mut written, mut came, mut holds) = (Map::new(), Map::new(), true);
    for (name, parts) in expected.evaluated.iter() {
        let rules = groups.iter().flat_map(|group| {
            let of_name = group
                .rules
                .iter()
                .filter(|rule| is_rule(network, name, group, &rule.name));
            of_name.map(|rule| matched_parts(rule.matched))
        });
        let found: Vec<Vec<MatchedPart>> = rules.collect();
        let same = |found: &&Vec<MatchedPart>| text::same_set(parts, found, |a, b| a == b);
        let shown = found.iter().find(same).or(found.first());
        holds &= found.iter().any(|found| same(&found));
        let words = |parts: &[MatchedPart]| -> Value {
            parts
                .iter()
                .map(|part| part.word())
                .collect::<Vec<_>>()
                .into()
        };
        written.insert(name.to_owned(), words(parts));
        came.insert(
            name.to_owned(),
            shown.map_or("not evaluated".into(), |parts| words(parts)),
        );
    }
    verdict.compare("evaluated", written, came, holds);
}

fn matched_parts(matched: Matched) -> Vec<MatchedPart> {
    let parts = [
        (matched.protocol, MatchedPart::Protocol),
        (matched.source, MatchedPart::Source),
        (matched.source_port, MatchedPart::SourcePort),
        (matched.destination, MatchedPart::Destination),
        (matched.destination_port, MatchedPart::DestinationPort),
    ];
    parts
        .into_iter()
        .filter(|(matches, _)| *matches)
        .map(|(_, part)| part)
        .collect()
}

fn identity<'n>(network: &'n Network, group: &EvaluatedGroup) -> &'n Identity {
    group.list.origin.identity(network)
}

/// `nsg/UserRule_x`, `manager/x`.
fn full_name(network: &Network, group: &EvaluatedGroup, rule: &str) -> String {
    format!("{}/{rule}", identity(network, group).name)
}

/// Whether `name` is `group/rule` for this one.
fn is_rule(network: &Network, name: &str, group: &EvaluatedGroup, rule: &str) -> bool {
    let identity = identity(network, group);
    name.rsplit_once('/').is_some_and(|(head, own)| {
        let of_group = text::names(head, &identity.name, &identity.resource_group, &identity.id);
        of_group && text::same(own, rule)
    })
}

/// Whether a check names the rule at a position of a group, for the parts of it that match.
pub(super) fn is_named(
    network: &Network,
    expected: &SecurityDiagnosticExpectation,
    group: &EvaluatedGroup,
    at: usize,
) -> bool {
    let mut names = expected.evaluated.iter();
    group
        .rules
        .get(at)
        .is_some_and(|rule| names.any(|(name, _)| is_rule(network, name, group, &rule.name)))
}

/// Where those of a NIC's rules stand that a check expects.
pub(super) fn expected_places(
    network: &Network,
    groups: &[EffectiveGroup],
    asked: &EffectiveRulesCheck,
) -> Vec<Path> {
    let mut found = Vec::new();
    for group in groups {
        let identity = group.origin.identity(network);
        let expected = group.rules.iter().filter(|rule| {
            let mut all = asked.expect.iter();
            all.any(|expected| {
                let (same, named) = compare(expected, identity, rule);
                same == named
            })
        });
        found.extend(expected.filter_map(|rule| match group.origin {
            ListOrigin::Group(nsg) => {
                let name = rule.name.strip_prefix("securityRules/")?;
                Some(written::security_rule(network, nsg, name))
            }
            ListOrigin::Manager(id) => {
                let mut own = network.managers[id].rules.iter();
                let at = own.position(|own| {
                    *own.name == *rule.name
                        && own.priority == rule.priority
                        && own.direction == rule.direction
                })?;
                written::admin_rule(network, id, at)
            }
        }));
    }
    found
}

/// The effective rules of a NIC.
pub(super) fn effective(
    effective: &Effective<'_>,
    nic: Id<Nic>,
    asked: &EffectiveRulesCheck,
) -> Verdict {
    let network = effective.network();
    let groups = effective.rules(nic);
    let actual: Vec<(&Identity, &EffectiveRule)> = groups
        .iter()
        .flat_map(|group| {
            let identity = group.origin.identity(network);
            group.rules.iter().map(move |rule| (identity, rule))
        })
        .collect();
    let likeness = |e: usize, a: usize| match (asked.expect.get(e), actual.get(a)) {
        (Some(expected), Some((group, rule))) => compare(expected, group, rule),
        _ => (0, 1),
    };
    let matching = rows::pair(asked.expect.len(), actual.len(), |e, a| {
        let (same, named) = likeness(e, a);
        same == named
    });
    let mut verdict = Verdict::default();
    let written: Vec<Value> = asked.expect.iter().map(written_rule).collect();
    let found: Vec<Value> = actual
        .iter()
        .map(|(group, rule)| found(group, rule))
        .collect();
    rows_verdict(
        &mut verdict,
        asked.matching,
        &matching,
        &written,
        &found,
        |e, a| likeness(e, a).0,
    );
    verdict
}

/// How many members are the same, of how many that are named.
fn compare(expected: &ExpectedRule, group: &Identity, rule: &EffectiveRule) -> (usize, usize) {
    let prefixes = |expected: &Option<Vec<String>>, own: &[String]| {
        expected
            .as_ref()
            .map(|list| text::same_set(list, own, |a, b| text::same_prefix(a, b)))
    };
    let ports = |expected: &Option<Vec<String>>, own: &[String]| {
        expected
            .as_ref()
            .map(|list| text::same_set(list, own, |a, b| range(a) == range(b)))
    };
    let expanded = |expected: &Option<Vec<String>>, own: &[ipnet::IpNet]| {
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        expected
            .as_ref()
            .map(|list| text::same_set(list, &own, |a, b| text::same_prefix(a, b)))
    };
    let protocol = |text: &str| {
        if text == "*" || text::same(text, "Any") {
            "All".to_owned()
        } else {
            text.to_owned()
        }
    };
    let of_group = |name: &String| text::names(name, &group.name, &group.resource_group, &group.id);
    let members = [
        expected.network_security_group.as_ref().map(of_group),
        expected
            .name
            .as_ref()
            .map(|name| text::same(name, &rule.name)),
        expected
            .direction
            .map(|direction| direction == rule.direction),
        expected
            .access
            .map(|access| (access == Access::Deny) == (rule.access == AdminAccess::Deny)),
        expected
            .priority
            .map(|priority| priority == i64::from(rule.priority)),
        expected
            .protocol
            .as_ref()
            .map(|own| text::same(&protocol(own), rule.protocol)),
        prefixes(
            &expected.source_address_prefixes,
            &rule.source_address_prefixes,
        ),
        prefixes(
            &expected.destination_address_prefixes,
            &rule.destination_address_prefixes,
        ),
        ports(&expected.source_port_ranges, &rule.source_port_ranges),
        ports(
            &expected.destination_port_ranges,
            &rule.destination_port_ranges,
        ),
        expanded(&expected.expanded_source, &rule.expanded_source),
        expanded(&expected.expanded_destination, &rule.expanded_destination),
    ];
    let named = members.iter().flatten();
    (named.clone().filter(|same| **same).count(), named.count())
}

/// Ports as Azure lists them (`22-22`) or as written (`22`, `*`).
fn range(text: &str) -> Option<(u16, u16)> {
    crate::net::PortRange::parse(text).map(|range| (range.first, range.last))
}

fn written_rule(expected: &ExpectedRule) -> Value {
    let word = |word: Option<&'static str>| word.map(Value::from);
    let own = |text: &Option<String>| text.as_ref().map(|text| text.as_str().into());
    let list = |list: &Option<Vec<String>>| list.as_ref().map(|list| list.clone().into());
    let members: [(&str, Option<Value>); 12] = [
        (
            "networkSecurityGroup",
            own(&expected.network_security_group),
        ),
        ("name", own(&expected.name)),
        (
            "direction",
            word(expected.direction.map(crate::spec::Direction::word)),
        ),
        ("access", word(expected.access.map(Access::word))),
        ("priority", expected.priority.map(Value::from)),
        ("protocol", own(&expected.protocol)),
        (
            "sourceAddressPrefix",
            list(&expected.source_address_prefixes),
        ),
        (
            "destinationAddressPrefix",
            list(&expected.destination_address_prefixes),
        ),
        ("sourcePortRange", list(&expected.source_port_ranges)),
        (
            "destinationPortRange",
            list(&expected.destination_port_ranges),
        ),
        (
            "expandedSourceAddressPrefix",
            list(&expected.expanded_source),
        ),
        (
            "expandedDestinationAddressPrefix",
            list(&expected.expanded_destination),
        ),
    ];
    let members = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(members.collect())
}

fn found(group: &Identity, rule: &EffectiveRule) -> Value {
    let nets = |nets: &[ipnet::IpNet]| nets.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut value = serde_json::json!({
        "networkSecurityGroup": &*group.name,
        "name": rule.name,
        "direction": rule.direction.word(),
        "access": rule.access.word(),
        "priority": rule.priority,
        "protocol": rule.protocol,
        "sourceAddressPrefix": rule.source_address_prefixes,
        "destinationAddressPrefix": rule.destination_address_prefixes,
        "sourcePortRange": rule.source_port_ranges,
        "destinationPortRange": rule.destination_port_ranges,
    });
    for (key, expanded) in [
        ("expandedSourceAddressPrefix", &rule.expanded_source),
        (
            "expandedDestinationAddressPrefix",
            &rule.expanded_destination,
        ),
    ] {
        if !expanded.is_empty() {
            value[key] = nets(expanded).into();
        }
    }
    value
}
