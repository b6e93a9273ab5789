//! Next hops and effective routes.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::rows;
use super::text;
use super::verdict::Verdict;
use crate::effective::{Effective, EffectiveRoute};
use crate::engine::next_hop::{self, NextHop};
use crate::network::{Id, Network, Nic};
use crate::spec::checks::{
    EffectiveRoutesCheck, ExpectedRoute, MatchMode, NextHopExpectation, RouteNextHopType,
    RouteSource,
};

/// What stands for the table of a route that no table has.
const SYSTEM_ROUTE: &str = "System Route";

/// Network Watcher's Next hop.
pub(super) fn next_hop(
    effective: &Effective<'_>,
    nic: Id<Nic>,
    destination: IpAddr,
    expected: &NextHopExpectation,
) -> Verdict {
    let network = effective.network();
    let answer = next_hop::next_hop(effective, nic, destination);
    let mut verdict = Verdict::default();
    for (what, written, came, holds) in members(network, expected, &answer) {
        verdict.compare(what, written, came, holds);
    }
    let routes = effective.routes(nic);
    let deciding = answer
        .rows
        .iter()
        .filter_map(|row| routes.rows.get(*row as usize));
    for row in deciding {
        verdict.why.push(format!(
            "the route that wins is {}",
            text::show(&found(row))
        ));
    }
    if answer.rows.is_empty() && !answer.platform {
        verdict.why.push("no route leads there".to_owned());
    }
    if answer.next_hop_type == RouteNextHopType::None && !answer.next_hop_ip_addresses.is_empty() {
        let what = "nothing in the virtual network or a direct peer has the next hop's address";
        verdict.why.push(what.to_owned());
    }
    super::rules::doubts(&mut verdict, &answer.doubtful);
    verdict
}

/// A next hop as one member of a connection's expectations.
pub(super) fn compare_next_hop(
    network: &Network,
    expected: &NextHopExpectation,
    answer: Option<&NextHop>,
) -> (Value, Value, bool) {
    let Some(answer) = answer else {
        return (written_next_hop(expected), Value::Null, false);
    };
    let (mut written, mut came, mut all) = (Map::new(), Map::new(), true);
    for (what, expected, actual, holds) in members(network, expected, answer) {
        written.insert(what.to_owned(), expected);
        came.insert(what.to_owned(), actual);
        all &= holds;
    }
    (Value::Object(written), Value::Object(came), all)
}

fn written_next_hop(expected: &NextHopExpectation) -> Value {
    let members = [
        (
            "nextHopType",
            expected.next_hop_type.map(|kind| kind.word().to_owned()),
        ),
        ("nextHopIpAddress", expected.next_hop_ip_address.clone()),
        ("routeTable", expected.route_table.clone()),
    ];
    let members = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
    Value::Object(members.collect())
}

/// The members that are named: as written, as they came, and whether they are the same.
fn members(
    network: &Network,
    expected: &NextHopExpectation,
    answer: &NextHop,
) -> Vec<(&'static str, Value, Value, bool)> {
    let mut members = Vec::new();
    if let Some(kind) = expected.next_hop_type {
        let came = answer.next_hop_type;
        members.push((
            "nextHopType",
            kind.word().into(),
            came.word().into(),
            kind == came,
        ));
    }
    if let Some(address) = &expected.next_hop_ip_address {
        let came = &answer.next_hop_ip_addresses;
        let wanted: Option<IpAddr> = address.trim().parse().ok();
        let holds = wanted.is_some_and(|wanted| came.contains(&wanted));
        members.push((
            "nextHopIpAddress",
            address.as_str().into(),
            text::addresses(came),
            holds,
        ));
    }
    if let Some(table) = &expected.route_table {
        let system = text::same(table, SYSTEM_ROUTE);
        let (came, holds) = match answer.route_table {
            None => (SYSTEM_ROUTE.to_owned(), system),
            Some(id) => {
                let identity = &network.route_tables[id].identity;
                let (name, group) = (&identity.name, &identity.resource_group);
                (
                    name.to_string(),
                    !system && text::names(table, name, group, &identity.id),
                )
            }
        };
        members.push(("routeTable", table.as_str().into(), came.into(), holds));
    }
    members
}

/// The effective routes of a NIC.
pub(super) fn effective(
    effective: &Effective<'_>,
    nic: Id<Nic>,
    asked: &EffectiveRoutesCheck,
) -> Verdict {
    let all = effective.routes(nic).rows.iter();
    let reserved = |row: &EffectiveRoute| {
        row.next_hop_type == RouteNextHopType::None && row.source == RouteSource::Default
    };
    let actual: Vec<&EffectiveRoute> = all
        .filter(|row| !(asked.ignore_reserved && reserved(row)))
        .collect();
    let matching = rows::pair(asked.expect.len(), actual.len(), |e, a| {
        match (asked.expect.get(e), actual.get(a)) {
            (Some(expected), Some(row)) => compare(expected, row).iter().all(|(_, same)| *same),
            _ => false,
        }
    });
    let mut verdict = Verdict::default();
    let written: Vec<Value> = asked.expect.iter().map(written_route).collect();
    let found_rows: Vec<Value> = actual.iter().map(|row| found(row)).collect();
    rows_verdict(
        &mut verdict,
        asked.matching,
        &matching,
        &written,
        &found_rows,
        |e, a| match (asked.expect.get(e), actual.get(a)) {
            (Some(expected), Some(row)) => compare(expected, row)
                .iter()
                .filter(|(_, same)| *same)
                .count(),
            _ => 0,
        },
    );
    for row in matching.left.iter().filter_map(|at| actual.get(*at)) {
        if let Some(reason) = row.reason.as_ref().filter(|_| !verdict.holds()) {
            verdict
                .why
                .push(format!("{} is Invalid: {reason}", text::show(&found(row))));
        }
    }
    verdict
}

/// Records rows that were compared, with what is missing and what is left over.
pub(super) fn rows_verdict(
    verdict: &mut Verdict,
    mode: MatchMode,
    matching: &rows::Matching,
    written: &[Value],
    found: &[Value],
    likeness: impl Fn(usize, usize) -> usize,
) {
    let holds = matching.holds(mode);
    let came: Vec<Value> = match mode {
        MatchMode::Exactly => found.to_vec(),
        // Of many rows only those that are asked for, and those that come near.
        MatchMode::Contains => {
            let matched = matching.found.iter().flatten();
            matched.filter_map(|at| found.get(*at).cloned()).collect()
        }
    };
    verdict.compare("rows", written.to_vec(), came, true);
    verdict.short = true;
    if holds {
        return;
    }
    for (row, _) in matching
        .found
        .iter()
        .enumerate()
        .filter(|(_, found)| found.is_none())
    {
        let wanted = written.get(row).cloned().unwrap_or_default();
        let near = matching
            .left
            .iter()
            .copied()
            .max_by_key(|at| (likeness(row, *at), usize::MAX - at));
        let near = near
            .filter(|at| likeness(row, *at) > 0)
            .and_then(|at| found.get(at));
        verdict.differ(
            &wanted,
            near.map_or("no such row".to_owned(), |near| {
                format!("no such row; the nearest is {}", text::show(near))
            }),
        );
    }
    if mode == MatchMode::Exactly {
        for row in matching.left.iter().filter_map(|at| found.get(*at)) {
            verdict.differ(&Value::Null, text::show(row));
        }
    }
}

fn written_route(expected: &ExpectedRoute) -> Value {
    let list = |list: &Option<Vec<String>>| list.as_ref().map(|list| one_or_list(list));
    let members = [
        (
            "name",
            expected.name.as_ref().map(|name| name.as_str().into()),
        ),
        ("addressPrefix", list(&expected.address_prefix)),
        (
            "nextHopType",
            expected.next_hop_type.map(|kind| kind.word().into()),
        ),
        ("nextHopIpAddress", list(&expected.next_hop_ip_address)),
        ("source", expected.source.map(|source| source.word().into())),
        ("state", expected.state.map(|state| state.word().into())),
    ];
    let members = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(members.collect())
}

fn one_or_list(list: &[String]) -> Value {
    match list {
        [one] => one.as_str().into(),
        several => several.to_vec().into(),
    }
}

fn found(row: &EffectiveRoute) -> Value {
    let prefixes: Vec<String> = match &row.tag {
        Some(tag) => vec![tag.to_string()],
        None => row.prefixes.iter().map(ToString::to_string).collect(),
    };
    let mut members = Map::new();
    members.extend(
        row.name
            .as_ref()
            .map(|name| ("name".to_owned(), name.to_string().into())),
    );
    members.insert("addressPrefix".to_owned(), one_or_list(&prefixes));
    members.insert("nextHopType".to_owned(), row.next_hop_type.word().into());
    if !row.next_hop_addresses.is_empty() {
        members.insert(
            "nextHopIpAddress".to_owned(),
            text::addresses(&row.next_hop_addresses),
        );
    }
    members.insert("source".to_owned(), row.source.word().into());
    members.insert("state".to_owned(), row.state.word().into());
    Value::Object(members)
}

/// Whether a row is one of those that are expected.
pub(super) fn is_expected(asked: &EffectiveRoutesCheck, row: &EffectiveRoute) -> bool {
    let mut expected = asked.expect.iter();
    expected.any(|expected| compare(expected, row).iter().all(|(_, same)| *same))
}

/// For each member that is named, whether it is the same. Prefixes may be given by their service tag.
fn compare(expected: &ExpectedRoute, row: &EffectiveRoute) -> Vec<(&'static str, bool)> {
    let mut all = Vec::new();
    if let Some(name) = &expected.name {
        all.push((
            "name",
            row.name.as_deref().is_some_and(|own| text::same(name, own)),
        ));
    }
    if let Some(prefixes) = &expected.address_prefix {
        let own: Vec<String> = row.prefixes.iter().map(ToString::to_string).collect();
        let by_tag = match (prefixes.as_slice(), &row.tag) {
            ([one], Some(tag)) => text::same(one, tag),
            _ => false,
        };
        let same = by_tag || text::same_set(prefixes, &own, |a, b| text::same_prefix(a, b));
        all.push(("addressPrefix", same));
    }
    if let Some(kind) = expected.next_hop_type {
        all.push(("nextHopType", kind == row.next_hop_type));
    }
    if let Some(addresses) = &expected.next_hop_ip_address {
        let same = text::same_set(addresses, &row.next_hop_addresses, |a, b| {
            a.trim().parse::<IpAddr>().is_ok_and(|a| a == *b)
        });
        all.push(("nextHopIpAddress", same));
    }
    if let Some(source) = expected.source {
        all.push(("source", source == row.source));
    }
    if let Some(state) = expected.state {
        all.push(("state", state == row.state));
    }
    all
}
