//! Addresses that are known only after apply and that something depends on: a route to a firewall, a record of an
//! endpoint. Azure gives the first free address of a subnet, from the fourth on (`virtual-networks-faq`); a firewall has the
//! first. Both sides get the same address, and it is marked as predicted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Map, Value, json};

use super::id::fold;
use super::view::entry;

/// An address that something depends on, and that is not known yet.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Who depends on it, and where it goes in its body: a JSON pointer.
    pub(super) by: usize,
    pub(super) pointer: String,
    /// Whose address it is.
    pub(super) of: usize,
}

/// Where public addresses are taken from that are not known: TEST-NET-3 (RFC 5737), which is in no service tag.
const PUBLIC: [u8; 3] = [203, 0, 113];

/// Fills in what is wanted in the bodies of resources; the predicted values of each are returned, as JSON pointers.
pub(super) fn predict(
    wanted: &[Wanted],
    bodies: &mut [&mut Map<String, Value>],
) -> BTreeMap<usize, Vec<String>> {
    let mut predicted: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    if wanted.is_empty() {
        return predicted;
    }
    let mut predictor = Predictor::of(bodies);
    for want in wanted {
        let found = bodies.get(want.of).and_then(|body| predictor.address(body));
        let Some((pointer, address, new)) = found else {
            continue;
        };
        if new {
            set(bodies, want.of, &pointer, &address);
            predicted.entry(want.of).or_default().push(pointer);
        }
        set(bodies, want.by, &want.pointer, &address);
        predicted
            .entry(want.by)
            .or_default()
            .push(want.pointer.clone());
    }
    predicted
}

/// Puts an address at a JSON pointer of a body.
fn set(bodies: &mut [&mut Map<String, Value>], of: usize, pointer: &str, address: &str) {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    if let Some(body) = bodies.get_mut(of) {
        put(body, &steps, json!(address));
    }
}

fn put(body: &mut Map<String, Value>, steps: &[&str], value: Value) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    if rest.is_empty() {
        body.insert((*first).to_owned(), value);
        return;
    }
    let inner = body
        .entry(*first)
        .or_insert_with(|| Value::Object(Map::new()));
    put_in(inner, rest, value);
}

fn put_in(inner: &mut Value, steps: &[&str], value: Value) {
    match (inner, steps.split_first()) {
        (Value::Object(inner), _) => put(inner, steps, value),
        (Value::Array(list), Some((index, rest))) => {
            let at = index
                .parse()
                .ok()
                .and_then(|index: usize| list.get_mut(index));
            match at {
                Some(at) if rest.is_empty() => *at = value,
                Some(at) => put_in(at, rest, value),
                None => {}
            }
        }
        _ => {}
    }
}

/// What is taken, by subnet.
struct Predictor {
    prefixes: HashMap<String, Vec<IpNet>>,
    taken: HashSet<IpAddr>,
    public: u8,
}

impl Predictor {
    fn of(bodies: &[&mut Map<String, Value>]) -> Self {
        let mut prefixes = HashMap::new();
        let mut taken = HashSet::new();
        for body in bodies {
            let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
            let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
            if kind.eq_ignore_ascii_case("Microsoft.Network/virtualNetworks/subnets") {
                prefixes.insert(fold(id), nets(body.get("properties")));
            }
            let inline = body
                .get("properties")
                .and_then(|own| own.get("subnets"))
                .and_then(Value::as_array);
            for subnet in inline.into_iter().flatten() {
                let name = subnet
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let own = subnet.get("properties").unwrap_or(subnet);
                prefixes.insert(fold(&format!("{id}/subnets/{name}")), nets(Some(own)));
            }
            body.values().for_each(|value| stated(value, &mut taken));
        }
        Self {
            prefixes,
            taken,
            public: 0,
        }
    }

    /// The address of a resource: where it stands in its body, and whether it is new there.
    fn address(&mut self, body: &Map<String, Value>) -> Option<(String, String, bool)> {
        let kind = body.get("type")?.as_str()?.to_ascii_lowercase();
        let properties = body.get("properties")?;
        let base = match kind.as_str() {
            "microsoft.network/publicipaddresses" => return self.public(properties),
            "microsoft.network/azurefirewalls" | "microsoft.network/networkinterfaces" => {
                "/ipConfigurations/0"
            }
            "microsoft.network/loadbalancers" => "/frontendIPConfigurations/0",
            "microsoft.network/privateendpoints" => "/privateLinkServiceConnections/0",
            _ => return None,
        };
        let mut pointer = format!("/properties{base}");
        let mut at = properties.pointer(base)?;
        if let Some(inner) = at.get("properties") {
            at = inner;
            pointer.push_str("/properties");
        }
        pointer.push_str("/privateIPAddress");
        let own = at.as_object()?;
        let known = entry(own, "privateIPAddress").and_then(Value::as_str);
        if let Some(known) = known.filter(|it| it.parse::<IpAddr>().is_ok()) {
            return Some((pointer, known.to_owned(), false));
        }
        // An endpoint's subnet stands beside its connections.
        let subnet = entry(own, "subnet").or_else(|| properties.get("subnet"))?;
        let address = self.free(subnet.get("id")?.as_str()?)?;
        Some((pointer, address.to_string(), true))
    }

    fn free(&mut self, subnet: &str) -> Option<IpAddr> {
        let nets = self.prefixes.get(&fold(subnet))?;
        let IpNet::V4(net) = nets.iter().find(|net| matches!(net, IpNet::V4(_)))? else {
            return None;
        };
        let found = hosts(*net).find(|address| !self.taken.contains(address))?;
        self.taken.insert(found);
        Some(found)
    }

    fn public(&mut self, properties: &Value) -> Option<(String, String, bool)> {
        let pointer = "/properties/ipAddress".to_owned();
        if let Some(known) = properties
            .get("ipAddress")
            .and_then(Value::as_str)
            .filter(|it| !it.is_empty())
        {
            return Some((pointer, known.to_owned(), false));
        }
        loop {
            self.public = self.public.checked_add(1)?;
            let [a, b, c] = PUBLIC;
            let address = IpAddr::V4(Ipv4Addr::new(a, b, c, self.public));
            if self.taken.insert(address) {
                return Some((pointer, address.to_string(), true));
            }
        }
    }
}

/// The addresses of a subnet that Azure gives away: not the first four, not the last.
fn hosts(net: Ipv4Net) -> impl Iterator<Item = IpAddr> {
    let first = u32::from(net.network()).saturating_add(4);
    let last = u32::from(net.broadcast());
    (first..last).map(|address| IpAddr::V4(Ipv4Addr::from(address)))
}

fn nets(subnet: Option<&Value>) -> Vec<IpNet> {
    let texts = |key: &str| -> Vec<String> {
        match subnet.and_then(|subnet| subnet.get(key)) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(all)) => all
                .iter()
                .filter_map(|it| it.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        }
    };
    let all = texts("addressPrefix")
        .into_iter()
        .chain(texts("addressPrefixes"));
    all.filter_map(|text| text.parse().ok()).collect()
}

/// Every address that is stated anywhere.
fn stated(value: &Value, taken: &mut HashSet<IpAddr>) {
    match value {
        Value::String(text) => taken.extend(text.parse::<IpAddr>().ok()),
        Value::Array(values) => values.iter().for_each(|value| stated(value, taken)),
        Value::Object(map) => map.values().for_each(|value| stated(value, taken)),
        _ => {}
    }
}
