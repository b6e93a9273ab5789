//! What could not be computed, and what goes with it: a rule or route that lost a value would be about everything
//! that the value kept out, so it is left out as a whole; and what stands for a parameter without a value is no
//! address, port or word of Azure's.

use std::net::IpAddr;

use ipnet::IpNet;

use super::value::{Data, Failure, Result, Value, fail};

/// Lists and types whose elements would mean something else without one of their values.
const RULES: &[&str] = &[
    "securityrules",
    "routes",
    "rules",
    "rulecollections",
    "networkrulecollections",
    "applicationrulecollections",
    "natrulecollections",
    "loadbalancingrules",
    "inboundnatrules",
    "outboundrules",
];

/// Members of a rule that say nothing about what it does.
const IDLE: &[&str] = &["description", "tags", "metadata"];

/// What could not be computed: where, and why.
pub(super) type Listed = Vec<(String, Failure)>;

/// The last step of a JSON pointer or of a type, in lower case.
fn last(place: &str) -> String {
    let last = place.rsplit('/').next().unwrap_or_default();
    last.to_ascii_lowercase()
}

/// Whether what stands at a place, or is of a type, is a list of rules.
pub(super) fn holds_rules(place: &str) -> bool {
    RULES.contains(&last(place).as_str())
}

/// An element of a list of rules: `None` if it lost something that matters; what was lost is listed.
pub(super) fn rule(
    value: Result<Value>,
    place: String,
    lost: Listed,
    listed: &mut Listed,
) -> Option<Value> {
    match (value, reason(&lost)) {
        (Ok(value), None) => {
            listed.extend(lost);
            Some(value)
        }
        (Ok(value), Some(reason)) => {
            let name = value.member("name").and_then(Value::text);
            let reason = name.map_or(reason.clone(), |name| format!("of `{name}`, {reason}"));
            listed.push((place, Failure(reason)));
            None
        }
        (Err(failure), _) => {
            listed.push((place, Failure(without(&failure))));
            None
        }
    }
}

/// Why a rule that lost something cannot stay; `None` if it can.
pub(super) fn reason(lost: &Listed) -> Option<String> {
    let mut lost = lost.iter();
    let matters = lost.find(|(place, _)| !IDLE.contains(&last(place).as_str()));
    matters.map(|(_, failure)| without(failure))
}

fn without(failure: &Failure) -> String {
    format!("{failure}; without it the rule or route would be about more, so it is left out")
}

/// Words that Azure has for a member.
const WORDS: &[(&str, &[&str])] = &[
    ("direction", &["inbound", "outbound"]),
    ("access", &["allow", "deny"]),
    (
        "protocol",
        &[
            "tcp", "udp", "icmp", "icmpv6", "esp", "ah", "*", "all", "any", "http", "https",
        ],
    ),
    (
        "nexthoptype",
        &[
            "virtualappliance",
            "virtualnetworkgateway",
            "vnetlocal",
            "internet",
            "none",
        ],
    ),
    ("gatewaytype", &["vpn", "expressroute", "localgateway"]),
    ("vpntype", &["routebased", "policybased"]),
    (
        "connectiontype",
        &["ipsec", "vnet2vnet", "expressroute", "vpnclient"],
    ),
    ("privateipaddressversion", &["ipv4", "ipv6"]),
    ("publicipaddressversion", &["ipv4", "ipv6"]),
    ("publicipallocationmethod", &["static", "dynamic"]),
    ("privateipallocationmethod", &["static", "dynamic"]),
    ("threatintelmode", &["alert", "deny", "off"]),
];

/// How the names of SKUs begin.
const SKUS: &[&str] = &[
    "basic",
    "standard",
    "premium",
    "developer",
    "global",
    "gateway",
    "vpngw",
    "ergw",
    "highperformance",
    "ultraperformance",
    "waf",
    "azfw",
    "local",
];

/// Refuses a value that rests on a prediction and cannot be what its member must be: only what stands for a
/// parameter without a value is so.
pub(super) fn possible(place: &str, value: Value) -> Result<Value> {
    let key = last(place);
    let texts: &[Value] = match &value.data {
        Data::Array(elements) => elements,
        _ => std::slice::from_ref(&value),
    };
    let shape = value.predicted && matches!(&value.data, Data::Array(all) if all.is_empty());
    let fits = !(shape && is_address(&key))
        && texts
            .iter()
            .filter(|one| one.predicted)
            .all(|one| fits(&key, place, one));
    if fits {
        Ok(value)
    } else {
        fail("it rests on a parameter that has no value")
    }
}

fn is_address(key: &str) -> bool {
    const ENDINGS: [&str; 4] = ["prefix", "prefixes", "address", "addresses"];
    const OTHERS: [&str; 3] = ["mail", "dns", "name"];
    ENDINGS.iter().any(|ending| key.ends_with(ending))
        && !OTHERS.iter().any(|other| key.contains(other))
}

fn fits(key: &str, place: &str, value: &Value) -> bool {
    const NUMBERS: [&str; 6] = [
        "port",
        "ports",
        "portrange",
        "portranges",
        "priority",
        "asn",
    ];
    let number = NUMBERS.iter().any(|ending| key.ends_with(ending));
    let Some(text) = value.text() else {
        // Nothing that Azure assigns is a port or a priority.
        return !(number && matches!(value.data, Data::Int(_))) || key == "asn";
    };
    if number {
        return false;
    }
    if is_address(key) {
        let range = text.split_once('-');
        let address = |text: &str| text.trim().parse::<IpAddr>().is_ok();
        return text.starts_with('/')
            || address(text)
            || text.parse::<IpNet>().is_ok()
            || range.is_some_and(|(first, last)| address(first) && address(last));
    }
    let folded = text.to_ascii_lowercase();
    if let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == key) {
        return words.contains(&folded.as_str());
    }
    let place = place.to_ascii_lowercase();
    if place.ends_with("/sku/name") || place.ends_with("/sku/tier") {
        return SKUS.iter().any(|start| folded.starts_with(start));
    }
    true
}
