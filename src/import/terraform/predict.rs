//! Addresses that are known only after apply and that something depends on: a route to a firewall, a record of an
//! endpoint. Azure gives the first free address of a subnet, from the fourth on (`virtual-networks-faq`); a firewall has the
//! first. Both sides get the same address, and it is marked as predicted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Map, Value, json};

use super::instances::State;
use super::map::Wanted;
use crate::import::id::fold;

/// Where public addresses are taken from that are not known: TEST-NET-3 (RFC 5737), which is in no service tag.
const PUBLIC: [u8; 3] = [203, 0, 113];

/// Fills in what is wanted; the predicted values of each instance are returned, as JSON pointers.
pub(super) fn predict(
    state: &State<'_>,
    wanted: &[Wanted],
    made: &mut [(usize, Map<String, Value>)],
) -> BTreeMap<usize, Vec<String>> {
    let mut places = HashMap::new();
    for (place, (index, _)) in made.iter().enumerate() {
        places.insert(*index, place);
    }
    let mut predictor = Predictor::of(made);
    let mut predicted: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for want in wanted {
        let Some(&place) = places.get(&want.of) else {
            continue;
        };
        let kind = state
            .instances
            .get(want.of)
            .map_or("", |it| it.kind.as_str());
        let Some((pointer, address, new)) = predictor.address(kind, place, made) else {
            continue;
        };
        if new {
            set(made, place, &pointer, &address);
            predicted.entry(want.of).or_default().push(pointer);
        }
        if let Some(&by) = places.get(&want.by) {
            set(made, by, &want.pointer, &address);
            predicted
                .entry(want.by)
                .or_default()
                .push(want.pointer.clone());
        }
    }
    predicted
}

fn set(made: &mut [(usize, Map<String, Value>)], place: usize, pointer: &str, address: &str) {
    let Some((_, body)) = made.get_mut(place) else {
        return;
    };
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    put(body, &steps, json!(address));
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
    match (inner, rest.split_first()) {
        (Value::Object(inner), _) => put(inner, rest, value),
        (Value::Array(list), Some((index, rest))) => {
            let at = index
                .parse()
                .ok()
                .and_then(|index: usize| list.get_mut(index));
            if let Some(inner) = at.and_then(Value::as_object_mut) {
                put(inner, rest, value);
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
    fn of(made: &[(usize, Map<String, Value>)]) -> Self {
        let mut prefixes = HashMap::new();
        let mut taken = HashSet::new();
        for (_, body) in made {
            let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
            if body.get("type").and_then(Value::as_str)
                == Some("Microsoft.Network/virtualNetworks/subnets")
            {
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
                prefixes.insert(fold(&format!("{id}/subnets/{name}")), nets(Some(subnet)));
            }
            stated(&Value::Object(body.clone()), &mut taken);
        }
        Self {
            prefixes,
            taken,
            public: 0,
        }
    }

    /// The address of a resource: where it stands in its body, and whether it is new there.
    fn address(
        &mut self,
        kind: &str,
        place: usize,
        made: &[(usize, Map<String, Value>)],
    ) -> Option<(String, String, bool)> {
        let (_, body) = made.get(place)?;
        let properties = body.get("properties")?;
        let (home, pointer) = match kind {
            "azurerm_public_ip" => return self.public(properties),
            "azurerm_firewall" | "azurerm_network_interface" => (
                "/ipConfigurations/0",
                "/properties/ipConfigurations/0/privateIPAddress",
            ),
            "azurerm_lb" => (
                "/frontendIPConfigurations/0",
                "/properties/frontendIPConfigurations/0/privateIPAddress",
            ),
            "azurerm_private_endpoint" => (
                "",
                "/properties/privateLinkServiceConnections/0/privateIPAddress",
            ),
            _ => return None,
        };
        let at = properties.pointer(home)?;
        let own = if home.is_empty() {
            properties.pointer("/privateLinkServiceConnections/0")
        } else {
            Some(at)
        };
        if let Some(known) = own?
            .get("privateIPAddress")
            .and_then(Value::as_str)
            .filter(|it| !it.is_empty())
        {
            return Some((pointer.to_owned(), known.to_owned(), false));
        }
        let subnet = at.get("subnet")?.get("id")?.as_str()?;
        let address = self.free(subnet)?;
        Some((pointer.to_owned(), address.to_string(), true))
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
