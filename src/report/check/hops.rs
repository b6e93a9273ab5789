//! The hops of all paths as one graph, each place once, as `ConnectivityInformation` has them.

use std::net::IpAddr;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::engine::Answer;
use crate::engine::latency::{HopLatency, Latency};
use crate::network::{Link, Network, Place};
use crate::report::wire::{ConnectivityHop, ConnectivityIssue, HopLink, HopLinkProperties, Pair};
use crate::trace::{Hop, HopKind, Issue, Step, Translator};

/// What tells hops apart.
type Key = (Option<Place>, IpAddr, HopKind);

/// The hops of an answer, and for each path the ids of its own.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    pub hops: Vec<ConnectivityHop>,
    pub ids: Vec<Vec<String>>,
}

const fn key(hop: &Hop) -> Key {
    (hop.place, hop.address, hop.kind)
}

/// Merges the hops of all paths.
pub(super) fn merge(network: &Network, answer: &Answer, latency: Option<&Latency>) -> Merged {
    let mut keys: Vec<Key> = Vec::new();
    let mut hops: Vec<ConnectivityHop> = Vec::new();
    let mut ids = Vec::new();
    for (number, path) in answer.paths.iter().enumerate() {
        let times = latency.and_then(|latency| latency.paths.get(number)?.as_ref());
        let mut before: Option<(usize, &Hop)> = None;
        let mut own = Vec::new();
        for (position, hop) in path.hops.iter().enumerate() {
            let at = match keys.iter().position(|known| *known == key(hop)) {
                Some(at) => at,
                None => {
                    keys.push(key(hop));
                    hops.push(new_hop(network, answer, hop, hops.len()));
                    hops.len() - 1
                }
            };
            if let Some(known) = hops.get_mut(at) {
                own.push(known.id.clone());
                for issue in hop.issues.iter().map(issue) {
                    if !known.issues.contains(&issue) {
                        known.issues.push(issue);
                    }
                }
            }
            if let Some((from, left)) = before {
                let time = times.and_then(|times| *times.hops.get(position)?);
                let properties = time.map_or_else(HopLinkProperties::default, properties);
                link(network, &mut hops, (from, at), (left, hop), properties);
            }
            before = Some((at, hop));
        }
        ids.push(own);
    }
    Merged { hops, ids }
}

fn new_hop(network: &Network, answer: &Answer, hop: &Hop, position: usize) -> ConnectivityHop {
    let resource_id = resource_id(network, answer, hop);
    let topology = network.name.as_deref().unwrap_or_default();
    let named = format!("{topology}\n{resource_id}\n{}\n{position}", hop.address);
    ConnectivityHop {
        r#type: hop.kind.word(),
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, named.as_bytes()).to_string(),
        address: hop.address.to_string(),
        resource_id,
        next_hop_ids: Vec::new(),
        links: Vec::new(),
        previous_hop_ids: Vec::new(),
        previous_links: Vec::new(),
        issues: Vec::new(),
    }
}

/// The ARM id of what stands there: a machine's own, but the IP configuration's where the destination
/// was asked for by address.
fn resource_id(network: &Network, answer: &Answer, hop: &Hop) -> String {
    match hop.place {
        Some(Place::Internet | Place::InternetHost(_)) => "Internet".to_owned(),
        Some(Place::Nic(id)) => {
            let nic = &network.nics[id];
            let by_address =
                hop.kind == HopKind::VnetLocal && answer.destination.name.parse::<IpAddr>().is_ok();
            let configuration = nic.addresses.iter().find(|own| own.address == hop.address);
            match configuration.filter(|_| by_address) {
                Some(own) => format!("{}/ipConfigurations/{}", nic.id, own.name),
                None => network.machines[nic.machine].identity.id.to_string(),
            }
        }
        Some(place) => network
            .place_id(place)
            .map_or_else(|| "Unknown".to_owned(), |id| id.to_string()),
        None if hop.kind == HopKind::Internet => "Internet".to_owned(),
        None => "Unknown".to_owned(),
    }
}

fn issue(issue: &Issue) -> ConnectivityIssue {
    let pairs = issue.context.iter().map(|(key, value)| Pair {
        key,
        value: value.clone(),
    });
    ConnectivityIssue {
        origin: issue.origin.word(),
        severity: issue.severity.word(),
        r#type: issue.kind.word(),
        context: pairs.collect(),
    }
}

/// What probes find on a link, in whole milliseconds.
fn properties(time: HopLatency) -> HopLinkProperties {
    let milliseconds = |nanoseconds: u64| Some(nanoseconds / 1_000_000);
    HopLinkProperties {
        round_trip_time_min: milliseconds(time.probed.min),
        round_trip_time_avg: milliseconds(time.probed.avg),
        round_trip_time_max: milliseconds(time.probed.max),
    }
}

/// Links two hops, once.
fn link(
    network: &Network,
    hops: &mut [ConnectivityHop],
    (from, to): (usize, usize),
    (left, reached): (&Hop, &Hop),
    properties: HopLinkProperties,
) {
    let id = |hops: &[ConnectivityHop], at: usize| {
        hops.get(at).map_or_else(String::new, |hop| hop.id.clone())
    };
    let (from_id, to_id) = (id(hops, from), id(hops, to));
    let mut there = new_link(network, to_id.clone(), left, reached);
    let back = HopLink {
        next_hop_id: from_id.clone(),
        ..there.clone()
    };
    there.properties = properties;
    if let Some(hop) = hops
        .get_mut(from)
        .filter(|hop| !hop.next_hop_ids.contains(&to_id))
    {
        hop.next_hop_ids.push(to_id);
        hop.links.push(there);
    }
    if let Some(hop) = hops
        .get_mut(to)
        .filter(|hop| !hop.previous_hop_ids.contains(&from_id))
    {
        hop.previous_hop_ids.push(from_id);
        hop.previous_links.push(back);
    }
}

fn new_link(network: &Network, next_hop_id: String, left: &Hop, reached: &Hop) -> HopLink {
    let mut context = Map::new();
    let mut internet = reached.kind == HopKind::Internet;
    for step in &left.steps {
        match step {
            Step::Crossed(places) => {
                internet |= places.contains(&Place::Internet);
                for pair in places.windows(2) {
                    if let [from, to] = pair
                        && let Some(Link::Peering(id)) = network.graph.between(*from, *to)
                    {
                        let peering = &network.peerings[id];
                        let vnet = &network.vnets[peering.vnet].identity.name;
                        add(
                            &mut context,
                            "VirtualNetworkPeering",
                            format!("{vnet}/{}", peering.name),
                        );
                    }
                }
            }
            Step::Translated { by, after, .. } => match by {
                Translator::NatGateway(id) => {
                    add(
                        &mut context,
                        "NatGateway",
                        network.nat_gateways[*id].identity.name.to_string(),
                    );
                    add(&mut context, "PublicIPAddress", after.source.to_string());
                }
                Translator::LoadBalancer(name) => {
                    add(&mut context, "LoadBalancer", name.to_string())
                }
                Translator::PublicIp(id) => {
                    add(
                        &mut context,
                        "PublicIPAddress",
                        network.public_ips[*id].address.to_string(),
                    );
                }
                _ => {}
            },
            _ => {}
        }
    }
    let link_type = if internet {
        "Internet"
    } else {
        "VirtualNetwork"
    };
    HopLink {
        next_hop_id,
        link_type,
        r#type: link_type,
        properties: HopLinkProperties::default(),
        context,
        issues: Vec::new(),
        resource_id: "",
    }
}

fn add(context: &mut Map<String, Value>, key: &str, value: String) {
    context.insert(key.to_owned(), Value::String(value));
}
