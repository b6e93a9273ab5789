//! Values and names in words, and how names compare.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use crate::net::parse_prefix;
use crate::trace::Disposition;

/// A value as people write it: `a`, `[a, b]`, `{ key: value }`.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let members: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{k}: {}", show(v)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether two names are the same, whatever their case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}

/// The last component of `group/name` or of an ARM id.
pub(super) fn last(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}

/// Whether `text` names the resource that is called `name` and has `id`: by its name, the name alone
/// of a `group/name`, `group/name`, or its ARM id.
pub(super) fn names(text: &str, name: &str, group: &str, id: &str) -> bool {
    if text.starts_with('/') {
        return same(text, id);
    }
    same(text, name)
        || same(text, last(name))
        || text
            .rsplit_once('/')
            .is_some_and(|(head, own)| same(own, last(name)) && same(last(head), group))
}

/// Whether two texts are the same address or prefix, however written; else the same text.
pub(super) fn same_prefix(a: &str, b: &str) -> bool {
    match (prefix(a), prefix(b)) {
        (Some(a), Some(b)) => a == b,
        _ => same(a, b),
    }
}

fn prefix(text: &str) -> Option<IpNet> {
    match text {
        "*" | "Any" | "any" => parse_prefix("0.0.0.0/0").ok(),
        other => parse_prefix(other).ok(),
    }
}

/// Whether two lists hold the same things, in any order.
pub(super) fn same_set<A, B>(a: &[A], b: &[B], same: impl Fn(&A, &B) -> bool) -> bool {
    a.iter().all(|a| b.iter().any(|b| same(a, b))) && b.iter().all(|b| a.iter().any(|a| same(a, b)))
}

/// Addresses as JSON: one as a text, several as a list, none as nothing.
pub(super) fn addresses(addresses: &[IpAddr]) -> Value {
    match addresses {
        [] => Value::Null,
        [one] => one.to_string().into(),
        several => several
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .into(),
    }
}

/// How a path ends, in words.
pub(super) const fn ending(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Delivered => "delivered",
        Disposition::DeniedBySecurityRule => "denied by a security rule",
        Disposition::DeniedByAppliance => "denied by an appliance's filter",
        Disposition::DeniedByGuest => "denied by a guest's firewall",
        Disposition::RefusedByPeering => "refused by a peering",
        Disposition::NoRoute => "dropped by its route",
        Disposition::NextHopUnreachable => "nothing has the next hop's address",
        Disposition::NotForwarded => "not forwarded",
        Disposition::Loop => "a loop",
        Disposition::NoOutboundMethod => "no way out to the Internet",
        Disposition::RefusedByPlatform => "not carried by the platform",
        Disposition::NotRunning => "a machine does not run",
        Disposition::NobodyThere => "nothing has the address",
        Disposition::AnotherMachine => "another machine has the address",
        Disposition::NoListener => "nothing listens",
        Disposition::Asymmetric => "a stateful appliance sees one direction only",
        Disposition::NotSent => "not sent",
        Disposition::NameNotResolved => "its name does not resolve",
        Disposition::NotModelled => "not modelled yet",
    }
}
