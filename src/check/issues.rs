//! Issues that must occur.

use serde_json::{Map, Value};

use super::hops::Wanted;
use super::text;
use crate::engine::Answer;
use crate::network::Network;
use crate::spec::checks::ExpectedIssue;
use crate::trace::{Hop, Issue};

/// Every issue of an answer, with its hop: each once a hop, in the order of the paths.
pub(super) fn all(answer: &Answer) -> Vec<(&Hop, &Issue)> {
    let mut all: Vec<(&Hop, &Issue)> = Vec::new();
    for hop in answer.paths.iter().flat_map(|path| &path.hops) {
        for issue in &hop.issues {
            let known = |(other, same): &(&Hop, &Issue)| other.name == hop.name && *same == issue;
            if !all.iter().any(known) {
                all.push((hop, issue));
            }
        }
    }
    all
}

/// Whether an issue is the one expected, in all that is named.
pub(super) fn fits(network: &Network, expected: &ExpectedIssue, hop: &Hop, issue: &Issue) -> bool {
    let at_hop = expected
        .hop
        .as_ref()
        .is_none_or(|name| Wanted::new(network, name).is_ok_and(|wanted| wanted.is(network, hop)));
    at_hop
        && expected.kind.is_none_or(|kind| kind == issue.kind)
        && expected.origin.is_none_or(|origin| origin == issue.origin)
        && expected
            .severity
            .is_none_or(|severity| severity == issue.severity)
        && expected.context.iter().all(|(key, value)| {
            let pairs = issue.context.iter().filter(|(own, _)| *own == key);
            pairs
                .into_iter()
                .any(|(_, own)| same_value(value, own, issue))
        })
}

/// Compares a value of a context. A rule may be given by its ARM id as well, and a resource by its name
/// where the context has its id.
fn same_value(expected: &str, own: &str, issue: &Issue) -> bool {
    if text::same(expected, own) {
        return true;
    }
    if own.starts_with('/') && !expected.starts_with('/') {
        return text::same(text::last(expected), text::last(own));
    }
    let Some((group, kind, rule)) = rule_id(expected) else {
        return false;
    };
    let prefix = if text::same(kind, "defaultSecurityRules") {
        "DefaultRule"
    } else {
        "UserRule"
    };
    let of_group = issue
        .context
        .iter()
        .find(|(key, _)| *key == "NetworkSecurityGroupId")
        .is_none_or(|(_, id)| text::same(group, id));
    of_group && text::same(&format!("{prefix}_{rule}"), own)
}

/// `…/networkSecurityGroups/nsg`, `securityRules`, `rule`.
fn rule_id(text: &str) -> Option<(&str, &str, &str)> {
    let (head, rule) = text.rsplit_once('/').filter(|_| text.starts_with('/'))?;
    let (group, kind) = head.rsplit_once('/')?;
    Some((group, kind, rule))
}

/// An expected issue as it is written.
pub(super) fn written(expected: &ExpectedIssue) -> Value {
    let mut map = Map::new();
    let members = [
        ("type", expected.kind.map(|kind| kind.word().to_owned())),
        (
            "origin",
            expected.origin.map(|origin| origin.word().to_owned()),
        ),
        (
            "severity",
            expected.severity.map(|severity| severity.word().to_owned()),
        ),
        ("hop", expected.hop.clone()),
    ];
    for (key, value) in members {
        map.extend(value.map(|value| (key.to_owned(), value.into())));
    }
    if !expected.context.is_empty() {
        let pairs = expected
            .context
            .iter()
            .map(|(key, value)| (key.to_owned(), value.as_str().into()));
        map.insert("context".to_owned(), Value::Object(pairs.collect()));
    }
    Value::Object(map)
}

/// An issue as checks would expect it.
pub(super) fn found(hop: &Hop, issue: &Issue) -> Value {
    let pairs = issue
        .context
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_str().into()));
    serde_json::json!({
        "type": issue.kind.word(),
        "origin": issue.origin.word(),
        "severity": issue.severity.word(),
        "hop": &*hop.name,
        "context": Value::Object(pairs.collect()),
    })
}

/// An issue in one line.
pub(super) fn line(hop: &Hop, issue: &Issue) -> String {
    let (kind, origin, severity) = (
        issue.kind.word(),
        issue.origin.word(),
        issue.severity.word(),
    );
    format!(
        "{severity} {kind} ({origin}) at {}: {}",
        hop.name, issue.message
    )
}
