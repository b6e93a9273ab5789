//! Addresses that Azure would assign, for what an expression asks for: the first free one of the
//! subnet in the order in which resources would be deployed (`virtual-networks-faq`: the first four
//! addresses and the last one of a subnet are reserved).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value as Json};

use super::added::ADDRESS;
use super::later::Ask;
use super::scope;
use super::value::escape;
use super::world::Predictions;
use crate::import::Resource;

/// How many addresses at the start of a subnet are Azure's.
const RESERVED: usize = 4;

/// Public addresses that are nobody's (RFC 5737, RFC 3849).
const DOCUMENTATION: [&str; 3] = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"];
const DOCUMENTATION_V6: &str = "2001:db8::/64";

/// Somebody who needs an address of a subnet.
struct Claim {
    ask: Ask,
    subnet: String,
    stated: Option<IpAddr>,
    v6: bool,
}

/// The addresses for what was asked, or why there is none.
pub(super) fn predict(resources: &[Resource], asks: &HashSet<Ask>) -> Predictions {
    if asks.is_empty() {
        return Predictions::new();
    }
    let bodies: Vec<&Map<String, Json>> = resources.iter().map(|one| &one.body).collect();
    let bodies = bodies.as_slice();
    let keys: Vec<String> = bodies
        .iter()
        .map(|body| scope::key(text(body, "id")))
        .collect();
    let order = deployed_order(bodies, &keys);
    let subnets = subnets(bodies);
    let claims: Vec<Claim> = order
        .iter()
        .flat_map(|&at| claims(bodies[at], &keys[at]))
        .collect();
    let addresses = assign(&claims, &subnets);
    let named = named(resources);
    let mut publics = HashMap::new();
    for &at in &order {
        if kind(bodies[at]) == "publicipaddresses" {
            let number = publics.len();
            publics.insert(keys[at].as_str(), public(bodies[at], number, &named));
        }
    }
    let by_key: HashMap<&str, &Map<String, Json>> = keys
        .iter()
        .map(String::as_str)
        .zip(bodies.iter().copied())
        .collect();
    asks.iter()
        .map(|ask| {
            let address = if ask.pointer.ends_with("/bgpPeeringAddress") {
                let gateway = by_key.get(ask.resource.as_str());
                gateway.map_or_else(
                    || Err("it is not known".into()),
                    |body| peering(body, &subnets),
                )
            } else if let Some(address) = publics.get(ask.resource.as_str()) {
                address.clone()
            } else {
                addresses
                    .get(ask)
                    .cloned()
                    .unwrap_or_else(|| Err("nothing tells the address".to_owned()))
            };
            (ask.clone(), address)
        })
        .collect()
}

fn text<'a>(object: &'a Map<String, Json>, key: &str) -> &'a str {
    get(object, key).and_then(Json::as_str).unwrap_or_default()
}

fn get<'a>(object: &'a Map<String, Json>, key: &str) -> Option<&'a Json> {
    object.get(key).or_else(|| {
        object
            .iter()
            .find(|(there, _)| there.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    })
}

/// A member of `properties`, or of the object itself.
fn property<'a>(object: &'a Json, key: &str) -> Option<&'a Json> {
    let object = object.as_object()?;
    let properties = get(object, "properties").and_then(Json::as_object);
    properties
        .and_then(|properties| get(properties, key))
        .or_else(|| get(object, key))
}

/// The type of a network resource, without its namespace, in lower case.
fn kind(body: &Map<String, Json>) -> String {
    let kind = text(body, "type").to_lowercase();
    kind.strip_prefix("microsoft.network/")
        .map(str::to_owned)
        .unwrap_or(kind)
}

/// Resources in the order in which Azure could deploy them: the file's, each behind those that it
/// refers to.
fn deployed_order(bodies: &[&Map<String, Json>], keys: &[String]) -> Vec<usize> {
    let index: HashMap<&str, usize> = keys.iter().map(String::as_str).zip(0..).collect();
    let needs: Vec<Vec<usize>> = bodies
        .iter()
        .enumerate()
        .map(|(at, body)| {
            let mut ids = Vec::new();
            body.values().for_each(|value| mentioned(value, &mut ids));
            let found = ids.iter().filter_map(|id| owner(id, &index));
            found.filter(|&other| other != at).collect()
        })
        .collect();
    let mut order = Vec::with_capacity(bodies.len());
    let mut seen = vec![false; bodies.len()];
    // A stack instead of recursion: chains may be as long as there are resources.
    for start in 0..bodies.len() {
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.pop() {
            if next == 0 && std::mem::replace(&mut seen[at], true) {
                continue;
            }
            match needs[at].get(next) {
                Some(&need) => {
                    stack.push((at, next + 1));
                    if !seen[need] {
                        stack.push((need, 0));
                    }
                }
                None => order.push(at),
            }
        }
    }
    order
}

/// Every id in a value.
fn mentioned(value: &Json, ids: &mut Vec<String>) {
    match value {
        Json::String(text) if text.starts_with("/subscriptions/") => ids.push(scope::key(text)),
        Json::Array(elements) => elements.iter().for_each(|value| mentioned(value, ids)),
        Json::Object(members) => members.values().for_each(|value| mentioned(value, ids)),
        _ => {}
    }
}

/// The resource that an id is of, or that has it inline.
fn owner(id: &str, index: &HashMap<&str, usize>) -> Option<usize> {
    let mut at = id;
    loop {
        if let Some(&found) = index.get(at) {
            return Some(found);
        }
        at = &at[..at.rfind('/')?];
    }
}

/// The prefixes of each subnet, by id.
fn subnets(bodies: &[&Map<String, Json>]) -> HashMap<String, Vec<IpNet>> {
    let mut found = HashMap::new();
    for &body in bodies {
        let id = text(body, "id");
        let whole = Json::Object(body.clone());
        match kind(body).as_str() {
            "virtualnetworks" => {
                let inline = property(&whole, "subnets").and_then(Json::as_array);
                for subnet in inline.into_iter().flatten() {
                    let name = subnet
                        .get("name")
                        .and_then(Json::as_str)
                        .unwrap_or_default();
                    let id = scope::key(&format!("{id}/subnets/{name}"));
                    found.entry(id).or_insert_with(|| prefixes(subnet));
                }
            }
            "virtualnetworks/subnets" => {
                found.insert(scope::key(id), prefixes(&whole));
            }
            _ => {}
        }
    }
    found
}

fn prefixes(subnet: &Json) -> Vec<IpNet> {
    let several = property(subnet, "addressPrefixes").and_then(Json::as_array);
    several
        .into_iter()
        .flatten()
        .chain(property(subnet, "addressPrefix"))
        .filter_map(|prefix| prefix.as_str()?.parse().ok())
        .collect()
}

/// What a resource needs from subnets, in its own order.
fn claims(body: &Map<String, Json>, key: &str) -> Vec<Claim> {
    let whole = Json::Object(body.clone());
    let list = match kind(body).as_str() {
        "networkinterfaces" | "azurefirewalls" => "ipConfigurations",
        "loadbalancers" | "applicationgateways" => "frontendIPConfigurations",
        "privateendpoints" => return endpoint(&whole, key),
        _ => return Vec::new(),
    };
    let properties = body.get("properties").and_then(Json::as_object);
    let written = properties.and_then(|properties| {
        properties
            .iter()
            .find(|(there, _)| there.eq_ignore_ascii_case(list))
    });
    let Some((list, configurations)) = written else {
        return Vec::new();
    };
    let configurations = configurations.as_array().into_iter().flatten();
    configurations
        .enumerate()
        .filter_map(|(at, configuration)| {
            Some(Claim {
                ask: Ask {
                    resource: key.to_owned(),
                    pointer: format!(
                        "/properties/{list}/{at}/properties/{}",
                        address_key(configuration)
                    ),
                },
                subnet: subnet_of(configuration)?,
                stated: stated(configuration),
                v6: property(configuration, "privateIPAddressVersion")
                    .and_then(Json::as_str)
                    .is_some_and(|version| version.eq_ignore_ascii_case("IPv6")),
            })
        })
        .collect()
}

/// How a configuration spells the member of its private address.
fn address_key(configuration: &Json) -> &str {
    let properties = configuration.get("properties").and_then(Json::as_object);
    properties
        .and_then(|properties| {
            let mut keys = properties.keys();
            keys.find(|key| key.eq_ignore_ascii_case(ADDRESS))
        })
        .map_or(ADDRESS, String::as_str)
}

/// A private endpoint has one address, or those of its configurations.
fn endpoint(whole: &Json, key: &str) -> Vec<Claim> {
    let Some(subnet) = subnet_of(whole) else {
        return Vec::new();
    };
    let configurations = property(whole, "ipConfigurations").and_then(Json::as_array);
    let mut addresses: Vec<_> = configurations.into_iter().flatten().map(stated).collect();
    if addresses.is_empty() {
        addresses.push(None);
    }
    addresses
        .into_iter()
        .enumerate()
        .map(|(at, stated)| Claim {
            ask: Ask {
                resource: key.to_owned(),
                pointer: format!("/properties/customDnsConfigs/0/ipAddresses/{at}"),
            },
            subnet: subnet.clone(),
            stated,
            v6: false,
        })
        .collect()
}

fn subnet_of(object: &Json) -> Option<String> {
    let id = property(object, "subnet")?.get("id")?.as_str()?;
    Some(scope::key(id))
}

fn stated(object: &Json) -> Option<IpAddr> {
    property(object, ADDRESS)?.as_str()?.parse().ok()
}

/// Stated addresses first, then the first free one for each claim.
fn assign(
    claims: &[Claim],
    subnets: &HashMap<String, Vec<IpNet>>,
) -> HashMap<Ask, Result<String, String>> {
    let mut taken: HashSet<(&str, IpAddr)> = claims
        .iter()
        .filter_map(|claim| Some((claim.subnet.as_str(), claim.stated?)))
        .collect();
    let mut addresses = HashMap::new();
    let mut from: HashMap<(&str, bool), usize> = HashMap::new();
    for claim in claims {
        let (None, Some(prefixes)) = (claim.stated, subnets.get(&claim.subnet)) else {
            if claim.stated.is_none() {
                let reason = "its subnet is not in the template, so its address cannot be told";
                addresses.insert(claim.ask.clone(), Err(reason.to_owned()));
            }
            continue;
        };
        let start = from.entry((&claim.subnet, claim.v6)).or_default();
        let family = prefixes.iter().filter(|p| p.addr().is_ipv6() == claim.v6);
        let mut free = family.flat_map(usable).enumerate().skip(*start);
        let found = free.find(|&(_, address)| taken.insert((&claim.subnet, address)));
        let address = match found {
            Some((at, address)) => {
                *start = at + 1;
                Ok(address.to_string())
            }
            None => Err("its subnet has no free address".to_owned()),
        };
        addresses.insert(claim.ask.clone(), address);
    }
    addresses
}

/// The addresses of a prefix that may be assigned.
fn usable(prefix: &IpNet) -> Box<dyn Iterator<Item = IpAddr>> {
    let last = prefix.broadcast();
    match *prefix {
        IpNet::V4(prefix) => {
            let all = ipnet::IpAddrRange::V4(ipnet::Ipv4AddrRange::new(
                prefix.network(),
                prefix.broadcast(),
            ));
            Box::new(all.skip(RESERVED).filter(move |&address| address != last))
        }
        IpNet::V6(prefix) => {
            let all = ipnet::IpAddrRange::V6(ipnet::Ipv6AddrRange::new(
                prefix.network(),
                prefix.broadcast(),
            ));
            Box::new(all.skip(RESERVED).filter(move |&address| address != last))
        }
    }
}

/// A public address of the documentation ranges, of the version that is asked for, that nothing in
/// the template names.
fn public(body: &Map<String, Json>, number: usize, named: &[IpNet]) -> Result<String, String> {
    let whole = Json::Object(body.clone());
    let version = property(&whole, "publicIPAddressVersion").and_then(Json::as_str);
    let ranges = if version.is_some_and(|version| version.eq_ignore_ascii_case("IPv6")) {
        &[DOCUMENTATION_V6][..]
    } else {
        &DOCUMENTATION[..]
    };
    ranges
        .iter()
        .filter_map(|range| range.parse::<IpNet>().ok())
        .flat_map(|range| range.hosts().take(254))
        .filter(|address| !named.iter().any(|other| other.contains(address)))
        .nth(number)
        .map(|address| address.to_string())
        .ok_or_else(|| "there are more public addresses than can be made up".to_owned())
}

/// Addresses and prefixes that the template writes; shorter prefixes mean the Internet.
fn named(resources: &[Resource]) -> Vec<IpNet> {
    let mut found = Vec::new();
    for resource in resources {
        for (key, value) in &resource.body {
            written(
                value,
                &format!("/{}", escape(key)),
                &resource.predicted,
                &mut found,
            );
        }
    }
    let narrow = |net: &IpNet| net.prefix_len() >= if net.addr().is_ipv4() { 24 } else { 64 };
    found.retain(narrow);
    found
}

fn written(value: &Json, at: &str, predicted: &[String], found: &mut Vec<IpNet>) {
    match value {
        // What follows from a predicted address does not keep it from being predicted.
        _ if predicted.iter().any(|one| one == at) => {}
        Json::String(text) => {
            let address = text.parse::<IpAddr>().map(IpNet::from).ok();
            found.extend(address.or_else(|| text.parse().ok()));
        }
        Json::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                written(value, &format!("{at}/{index}"), predicted, found);
            }
        }
        Json::Object(members) => {
            for (key, value) in members {
                written(value, &format!("{at}/{}", escape(key)), predicted, found);
            }
        }
        _ => {}
    }
}

/// The BGP addresses of a VPN gateway: the last usable one of its subnet, and of an active-active
/// one the first two (`bgp-howto`, `vpn-gateway-activeactive-rm-powershell`).
fn peering(
    body: &Map<String, Json>,
    subnets: &HashMap<String, Vec<IpNet>>,
) -> Result<String, String> {
    let whole = Json::Object(body.clone());
    let first = property(&whole, "ipConfigurations")
        .and_then(Json::as_array)
        .and_then(|configurations| configurations.first());
    let prefix = first
        .and_then(subnet_of)
        .and_then(|subnet| subnets.get(&subnet))
        .and_then(|prefixes| prefixes.iter().find(|prefix| prefix.addr().is_ipv4()));
    let Some(prefix) = prefix else {
        return Err("its subnet is not in the template, so its address cannot be told".to_owned());
    };
    let active = property(&whole, "activeActive").and_then(Json::as_bool);
    let addresses: Vec<String> = if active == Some(true) {
        usable(prefix).take(2).map(|a| a.to_string()).collect()
    } else {
        let hosts = prefix.hosts();
        hosts.last().map(|a| a.to_string()).into_iter().collect()
    };
    if addresses.is_empty() {
        return Err("its subnet has no free address".to_owned());
    }
    Ok(addresses.join(","))
}

/// Writes what was asked for into the body that it is of; lists and objects on the way are made.
pub(super) fn write(body: &mut Map<String, Json>, pointer: &str, address: &str) -> bool {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let empty = |next: Option<&&str>| match next {
        Some(step) if step.parse::<usize>().is_ok() => Json::Array(Vec::new()),
        _ => Json::Object(Map::new()),
    };
    let Some((first, rest)) = steps.split_first() else {
        return false;
    };
    let mut at = body
        .entry((*first).to_owned())
        .or_insert_with(|| empty(rest.first()));
    for (number, step) in rest.iter().enumerate() {
        let next = rest.get(number + 1);
        at = match at {
            Json::Object(members) => members
                .entry((*step).to_owned())
                .or_insert_with(|| empty(next)),
            Json::Array(elements) => {
                let Ok(index) = step.parse::<usize>() else {
                    return false;
                };
                if index == elements.len() {
                    elements.push(empty(next));
                }
                match elements.get_mut(index) {
                    Some(element) => element,
                    None => return false,
                }
            }
            _ => return false,
        };
    }
    *at = Json::String(address.to_owned());
    true
}
