//! Which of several routes wins (`virtual-network/virtual-networks-udr-overview`, "How Azure selects a
//! route").

use std::collections::HashMap;

use ipnet::IpNet;

use super::{EffectiveRoute, EffectiveRoutes};
use crate::net::{AddressMap, AddressSet, regions};
use crate::spec::checks::{RouteNextHopType, RouteSource, RouteState};

/// How a route stands among those of the same prefix: the lowest wins. The longest prefix goes first.
///
/// | route | rank | wins for 20.60.0.0/24 against |
/// |---|---|---|
/// | service endpoint `Microsoft.Storage` | 0 | every one, even a longer user route inside its ranges (decisions) |
/// | user route `20.60.0.0/24` | 1 | the tags below |
/// | user route `Storage.EastUS` | 2 | the global tag |
/// | user route `Storage` | 3 | the clouds |
/// | user route `AzureCloud.eastus` | 4 | the whole cloud |
/// | user route `AzureCloud` | 5 | learned routes |
/// | learned by a gateway or a Route Server | 6 | system routes; several of equal cost hold together |
/// | system: VNet, peering, private endpoint, Internet, None | 7 | – |
///
/// Two exceptions are dealt with before it comes to this: a learned route inside a VNet's, a peer's or
/// an endpoint's prefix is never taken in, and a private endpoint's route is invalid under some user
/// routes that are shorter than it.
#[must_use]
pub fn rank(route: &EffectiveRoute) -> u8 {
    match (route.source, &route.tag) {
        (RouteSource::User, None) => 1,
        (RouteSource::User, Some(tag)) => tag_rank(tag),
        (RouteSource::VirtualNetworkGateway, _) => LEARNED,
        _ if is_endpoint(route) => 0,
        _ => 7,
    }
}

const LEARNED: u8 = 6;

fn tag_rank(tag: &str) -> u8 {
    let (base, regional) = match tag.rsplit_once('.') {
        Some((base, region)) if regions::in_tags(region) => (base, true),
        _ => (tag, false),
    };
    match (base.eq_ignore_ascii_case("AzureCloud"), regional) {
        (false, true) => 2,
        (false, false) => 3,
        (true, true) => 4,
        (true, false) => 5,
    }
}

fn is_endpoint(route: &EffectiveRoute) -> bool {
    route.next_hop_type == RouteNextHopType::VirtualNetworkServiceEndpoint
}

/// Decides each prefix among `rows`, marks the rows that win nowhere, and says what holds where. Rows
/// that are Invalid already take no part.
pub(super) fn resolve(mut rows: Vec<EffectiveRoute>) -> EffectiveRoutes {
    let served: AddressSet = rows
        .iter()
        .filter(|row| is_endpoint(row))
        .flat_map(|row| row.prefixes.iter().copied())
        .collect();
    let endpoint = rows.iter().position(is_endpoint);

    // For each prefix its best rows, in the order in which the prefixes turn up.
    let mut order: Vec<IpNet> = Vec::with_capacity(rows.len());
    let mut best: HashMap<IpNet, (u8, Vec<u32>)> = HashMap::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        if row.state == RouteState::Invalid {
            continue;
        }
        let (own, index) = (rank(row), index as u32);
        for prefix in &row.prefixes {
            if row.source == RouteSource::User && !served.is_empty() && covers(&served, prefix) {
                continue;
            }
            let (held, winners) = best.entry(*prefix).or_insert_with(|| {
                order.push(*prefix);
                (own, Vec::new())
            });
            if own < *held {
                *held = own;
                winners.clear();
            }
            if winners.is_empty() || (own == *held && own == LEARNED && !winners.contains(&index)) {
                winners.push(index);
            }
        }
    }

    let mut wins = vec![false; rows.len()];
    for (_, winners) in best.values() {
        for winner in winners {
            wins[*winner as usize] = true;
        }
    }
    for index in 0..rows.len() {
        let row = &rows[index];
        if wins[index] || row.state == RouteState::Invalid || row.prefixes.is_empty() {
            continue;
        }
        let winner = row.prefixes.first().and_then(|prefix| best.get(prefix));
        let winner = winner.and_then(|(_, winners)| winners.first());
        let winner = winner.map(|winner| *winner as usize).or(endpoint);
        let reason = winner.map(|winner| beaten_by(&rows[winner]));
        rows[index].state = RouteState::Invalid;
        rows[index].reason = reason;
    }

    let mut choices: Vec<Vec<u32>> = Vec::new();
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut entries = Vec::with_capacity(order.len());
    for prefix in order {
        let Some((_, winners)) = best.remove(&prefix) else {
            continue;
        };
        let choice = *known.entry(winners).or_insert_with_key(|winners| {
            choices.push(winners.clone());
            choices.len() as u32 - 1
        });
        entries.push((prefix, choice));
    }
    EffectiveRoutes {
        rows,
        by_destination: AddressMap::longest_prefix(entries),
        choices,
    }
}

fn covers(set: &AddressSet, prefix: &IpNet) -> bool {
    set.covers(&AddressSet::of([prefix]))
}

/// Why a route does not hold, by what holds in its place.
fn beaten_by(winner: &EffectiveRoute) -> String {
    match (winner.source, &winner.name, &winner.service) {
        (RouteSource::User, Some(name), _) => {
            format!("the user route `{name}` has the same prefix")
        }
        (RouteSource::VirtualNetworkGateway, ..) => {
            "a route that a gateway learned has the same prefix".to_owned()
        }
        (_, _, Some(service)) => {
            format!("the service endpoint of `{service}` holds these addresses")
        }
        _ => "another system route has the same prefix".to_owned(),
    }
}
