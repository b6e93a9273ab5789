//! What another topology changes is what the walks of single flows on both sides say; nothing differs from
//! itself; every cause is one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]
// The whole of the oracle's generator is shared with `tests/oracle.rs`.
#![allow(dead_code, unused_imports, reason = "only the generator is used here")]

use std::collections::BTreeSet;
use std::net::IpAddr;

use dryhop::diff::{Difference, Intended, Kind, Row, Side, Written, diff};
use dryhop::engine::reach::{Sets, Start};
use dryhop::engine::{Application, Engine, Origin, Space};
use dryhop::load::{Loaded, load_with_tree, tree};
use dryhop::net::{Flow, Protocol};
use dryhop::network::{Network, Place};
use dryhop::spec::node::{Node, Scalar};
use dryhop::spec::read::Input;
use dryhop::trace::{Disposition, Path, ReplyKind, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

#[path = "diff/causes.rs"]
mod causes;
mod dense;
#[path = "oracle/mod.rs"]
mod naive;
#[path = "diff/revisions.rs"]
mod revisions;

use dense::dense;
use naive::tape::Tape;
use naive::{generate, yaml as model_yaml};

fn input(text: &str) -> Vec<Input> {
    vec![Input::Text {
        name: "t.yaml".to_owned(),
        text: text.to_owned(),
    }]
}

/// What differs between two texts; none where one of them is no topology.
pub fn between(before: &str, after: &str) -> Option<(Loaded, Loaded, Difference)> {
    let (was, is) = (input(before), input(after));
    let (old, old_tree) = load_with_tree(&was, &[], None);
    let (new, new_tree) = load_with_tree(&is, &[], None);
    if !old.is_sound() || !new.is_sound() {
        return None;
    }
    let side = |loaded, tree, inputs| Side {
        loaded,
        written: Written { tree, inputs },
        overlays: 0,
        down: &[],
    };
    let found = diff(
        &side(&old, &old_tree, &was),
        &side(&new, &new_tree, &is),
        &Intended::default(),
        &|_, _, _| {},
    );
    let found = found.unwrap();
    Some((old, new, found))
}

/// Maps whose entries can be taken away.
const REMOVABLE: &[&str] = &[
    "securityRules",
    "routes",
    "peerings",
    "rules",
    "virtualMachines",
    "loadBalancingRules",
    "inboundNatRules",
    "destinationNat",
];

/// Places of a tree: entries that can be taken away, and words that can be turned round.
fn places(node: &Node, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Node::Map(entries) = node else { return };
    let removable = at
        .last()
        .is_some_and(|own| REMOVABLE.contains(&own.as_str()));
    for (key, value) in entries {
        at.push(key.to_string());
        let word = matches!(value, Node::Scalar(own) if opposite(&own.text).is_some());
        if removable || word {
            found.push(at.clone());
        }
        places(value, at, found);
        at.pop();
    }
}

fn opposite(word: &str) -> Option<&'static str> {
    Some(match word {
        "Allow" => "Deny",
        "Deny" => "Allow",
        "true" => "false",
        "false" => "true",
        "Internet" => "None",
        "Tcp" => "*",
        "Inbound" => "Outbound",
        _ => return None,
    })
}

fn change(node: &mut Node, path: &[String]) {
    let Node::Map(entries) = node else { return };
    let Some(at) = entries.iter().position(|(key, _)| **key == *path[0]) else {
        return;
    };
    if path.len() > 1 {
        return change(&mut entries[at].1, &path[1..]);
    }
    match &mut entries[at].1 {
        Node::Scalar(own) if opposite(&own.text).is_some() => {
            own.text = opposite(&own.text).unwrap().into();
        }
        _ => drop(entries.remove(at)),
    }
}

/// A topology with a few things changed, as text.
fn changed(text: &str, t: &mut Tape<'_>) -> String {
    let mut tree = tree(&input(text), &[]);
    for _ in 0..1 + t.below(3) {
        let mut found = Vec::new();
        places(&tree, &mut Vec::new(), &mut found);
        if !found.is_empty() {
            let at = t.below(found.len());
            change(&mut tree, &found[at].clone());
        }
    }
    json(&tree)
}

/// A tree as JSON, which is YAML.
fn json(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Scalar(own) => match own.quoted || own.text.parse::<f64>().is_err() {
            true if !own.quoted && ["true", "false"].contains(&&*own.text) => own.text.to_string(),
            true => format!("{:?}", own.text),
            false => own.text.to_string(),
        },
        Node::List(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(", "))
        }
        Node::Map(entries) => {
            let entries = entries.iter();
            let entries: Vec<String> = entries
                .map(|(key, own)| format!("{key:?}: {}", json(own)))
                .collect();
            format!("{{{}}}", entries.join(",\n"))
        }
    }
}

/// The start of an address, by what it is called.
fn starts(engine: &Engine<'_>) -> Vec<(String, Start)> {
    let all = Start::everywhere(engine).into_iter();
    all.map(|start| {
        let place = match start.nic() {
            Some(nic) => engine.network().nics[nic].name.to_string(),
            None => String::new(),
        };
        (
            format!(
                "{} {place} {}",
                start.name,
                start.addresses.first().unwrap()
            ),
            start,
        )
    })
    .collect()
}

/// How one flow fares: whether it works, if that is known, and the ways that work.
fn fares(
    engine: &Engine<'_>,
    start: Option<&Start>,
    flow: Flow,
) -> (Option<bool>, BTreeSet<String>) {
    let Some(start) = start else {
        return (Some(false), BTreeSet::new());
    };
    let space = Space::new();
    let sets = Sets {
        engine,
        space: &space,
    };
    let network = engine.network();
    let (mut ways, mut open) = (BTreeSet::new(), false);
    for path in sets.paths(start, Application::None, flow) {
        open |= path.disposition == Disposition::NotModelled;
        // What stays where it is is nobody's business.
        if is_home(network, start, path.hops.last().and_then(|hop| hop.place)) {
            continue;
        }
        let back = path
            .replies
            .iter()
            .filter(|own| own.kind != ReplyKind::Broken);
        for reply in back.filter(|_| path.works() > 0.0) {
            let mut way = named(network, &path.hops);
            if reply.kind == ReplyKind::Asymmetric {
                way = format!("{way} back {}", named(network, &reply.hops));
            }
            ways.insert(way);
        }
    }
    (
        (!open || !ways.is_empty()).then_some(!ways.is_empty()),
        ways,
    )
}

fn is_home(network: &Network, start: &Start, at: Option<Place>) -> bool {
    match (start.origin, at) {
        (Origin::Nic(from), Some(Place::Nic(at))) => {
            network.nics[from].machine == network.nics[at].machine
        }
        (Origin::Outside(_), Some(Place::Internet | Place::InternetHost(_))) => true,
        (Origin::Site(from), Some(Place::Site(at))) => from == at,
        (Origin::Fixture(from), Some(Place::Fixture(at))) => from == at,
        _ => false,
    }
}

/// The names of what hops lead by, with what translates there.
fn named(network: &Network, hops: &[dryhop::trace::Hop]) -> String {
    let mut all = Vec::new();
    let name = |place: Place| match place {
        Place::Nic(nic) => format!(
            "{}/{}",
            network.machines[network.nics[nic].machine].identity.name, network.nics[nic].name
        ),
        other => network.place_name(other).to_string(),
    };
    for hop in hops {
        all.push(hop.place.map_or("-".to_owned(), name));
        for step in &hop.steps {
            match step {
                Step::Crossed(places) => all.extend(places.iter().map(|place| name(*place))),
                Step::Translated { by, .. } => all.extend(dryhop::diff::translator(network, by)),
                _ => {}
            }
        }
    }
    all.dedup();
    all.join(" > ")
}

/// Whether a row is about a flow.
fn holds(row: &Row, flow: &Flow) -> bool {
    let side = |ends: &[dryhop::diff::End], address: IpAddr| {
        ends.iter().any(|end| end.addresses.contains(address))
    };
    let service = row.services.iter().any(|(protocol, ports)| {
        *protocol == flow.protocol
            && (!protocol.has_ports() || ports.contains(flow.destination_port))
    });
    let from = !flow.protocol.has_ports() || row.source_ports.contains(flow.source_port);
    side(&row.sources, flow.source) && side(&row.destinations, flow.destination) && service && from
}

fn addresses(network: &Network) -> BTreeSet<IpAddr> {
    let nics = network
        .nics
        .iter()
        .flat_map(|(_, own)| &own.addresses)
        .map(|own| own.address);
    let fixtures = network
        .fixtures
        .iter()
        .flat_map(|(_, own)| own.addresses.clone());
    let public = network.public_ips.iter().map(|(_, own)| own.address);
    let hosts = network
        .internet_hosts
        .iter()
        .flat_map(|(_, own)| own.addresses.clone());
    let on_site = network.site_hosts.iter().map(|(_, own)| own.address);
    let all = nics
        .chain(fixtures)
        .chain(public)
        .chain(hosts)
        .chain(on_site);
    all.chain(["8.8.8.8".parse().unwrap()]).collect()
}

/// Flows drawn from both sides, each of which fares as the rows say.
fn agree(
    old: &Loaded,
    new: &Loaded,
    found: &Difference,
    t: &mut Tape<'_>,
) -> Result<usize, String> {
    let (before, after) = (Engine::new(&old.network), Engine::new(&new.network));
    let (was, is) = (starts(&before), starts(&after));
    let keys: BTreeSet<&String> = was.iter().chain(&is).map(|(key, _)| key).collect();
    let keys: Vec<&String> = keys.into_iter().collect();
    let (there, here) = (addresses(&old.network), addresses(&new.network));
    let to: Vec<IpAddr> = there.union(&here).copied().collect();
    let of = |all: &[(String, Start)], key: &str| {
        all.iter()
            .find(|(own, _)| own == key)
            .map(|(_, start)| start.clone())
    };
    let mut differing = 0;
    let mut flows: Vec<(String, Flow)> = Vec::new();
    for _ in 0..60 {
        let key = keys[t.below(keys.len())];
        let start = of(&was, key).or_else(|| of(&is, key)).unwrap();
        let destination = to[t.below(to.len())];
        let source = start.addresses.first().unwrap();
        let protocol = [Protocol::Tcp, Protocol::Tcp, Protocol::Udp, Protocol::Icmp][t.below(4)];
        let port = [443, 80, 22, 53, 1433, 8080, 5000][t.below(7)];
        let ports = |port: u16| if protocol.has_ports() { port } else { 0 };
        flows.push((
            key.clone(),
            Flow {
                protocol,
                source,
                source_port: ports([50000, 443][t.below(2)]),
                destination,
                destination_port: ports(port),
            },
        ));
    }
    for row in &found.rows {
        let own = keys.iter().filter(|key| {
            let start = of(&was, key).or_else(|| of(&is, key)).unwrap();
            start.addresses.contains(row.witness.source)
        });
        // A range may hold addresses that something has: that one is meant.
        let nic = |key: &&&String| {
            let start = of(&was, key).or_else(|| of(&is, key)).unwrap();
            start.nic().is_none()
        };
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(nic);
        flows.extend(own.first().map(|key| ((**key).clone(), row.witness)));
    }
    for (key, flow) in flows {
        if flow.source.is_ipv4() != flow.destination.is_ipv4() {
            continue;
        }
        let (start_was, start_is) = (of(&was, &key), of(&is, &key));
        let itself = |network: &Network, start: &Option<Start>| {
            start.as_ref().and_then(Start::nic).is_some_and(|nic| {
                let machine = &network.machines[network.nics[nic].machine];
                let mut own = machine
                    .nics
                    .iter()
                    .flat_map(|nic| &network.nics[*nic].addresses);
                own.any(|own| {
                    let public = own.public_ip.map(|id| network.public_ips[id].address);
                    own.address == flow.destination || public == Some(flow.destination)
                })
            })
        };
        // Rows that differ in what machines send to themselves only are one.
        if itself(&old.network, &start_was) || itself(&new.network, &start_is) {
            continue;
        }
        // Two networks apart may use one range, or one that is somebody's on the Internet: rows of both are told
        // by the same addresses.
        let sends = |key: &&&String| {
            let starts = [of(&was, key), of(&is, key)];
            let mut starts = starts.iter().flatten();
            starts.any(|start| start.addresses.contains(flow.source))
        };
        let mut expected: Vec<Kind> = Vec::new();
        let mut seen = String::new();
        let senders: Vec<&&String> = keys.iter().filter(sends).collect();
        for key in &senders {
            let (start_was, start_is) = (of(&was, key), of(&is, key));
            let (worked, ways_was) = fares(&before, start_was.as_ref(), flow);
            let (works, ways_is) = fares(&after, start_is.as_ref(), flow);
            // What gets through on one side, and of which that is not known on the other, is in no row, but never
            // taken for the same.
            let doubt = [(worked, works), (works, worked)].contains(&(Some(true), None));
            if doubt && found.doubtful == 0 {
                return Err(format!(
                    "{flow} of {key}: {worked:?} and {works:?}, no doubt"
                ));
            }
            expected.extend(match (worked, works) {
                (Some(false), Some(true)) => Some(Kind::Opened),
                (Some(true), Some(false)) => Some(Kind::Closed),
                (Some(true), Some(true)) if ways_was != ways_is => Some(Kind::Rerouted),
                _ => None,
            });
            seen = format!("{seen}\n{ways_was:?}\n{ways_is:?}");
        }
        let rows = found.rows.iter();
        let mut said: Vec<Kind> = rows
            .filter(|row| !matches!(row.kind, Kind::Slowed | Kind::SpedUp) && holds(row, &flow))
            .map(|row| row.kind)
            .collect();
        differing += expected.len();
        if senders.len() > 1 {
            for kinds in [&mut said, &mut expected] {
                kinds.sort();
                kinds.dedup();
            }
        }
        if said != expected {
            return Err(format!(
                "{flow} of {key}: said {said:?}, true {expected:?}{seen}"
            ));
        }
    }
    Ok(differing)
}

/// Changes a few things of a topology, and holds what is told of it against single flows; every difference has a
/// cause.
fn told(text: &str, t: &mut Tape<'_>) -> Result<(), String> {
    let text = json(&tree(&input(text), &[]));
    let after = changed(&text, t);
    let Some((old, new, found)) = between(&text, &after) else {
        return Ok(());
    };
    agree(&old, &new, &found, t).map_err(|fault| format!("{fault}\n{text}\n--- after\n{after}"))?;
    match found.rows.iter().find(|row| row.cause.edits.is_empty()) {
        Some(row) => Err(format!("no cause of {row:?}")),
        None => Ok(()),
    }
}

fn config(usual: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        rng_seed: match cases {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(2026),
        },
        cases: cases.and_then(|text| text.parse().ok()).unwrap_or(usual),
        max_shrink_iters: 100,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn what_differs_is_what_single_flows_say(
        topology in vec(any::<u8>(), 560..1700),
        asked in vec(any::<u8>(), 400..900),
    ) {
        let text = model_yaml::write(&generate::topology(&topology));
        let found = told(&text, &mut Tape::new(&asked));
        prop_assert!(found.is_ok(), "{}", found.unwrap_err());
    }

    #[test]
    fn nothing_differs_from_itself(topology in vec(any::<u8>(), 560..1700)) {
        let text = model_yaml::write(&generate::topology(&topology));
        if let Some((_, _, found)) = between(&text, &text) {
            prop_assert!(found.rows.is_empty() && found.changes.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(config(6))]

    #[test]
    fn where_many_machines_are_alike(
        topology in vec(any::<u8>(), 300..600),
        asked in vec(any::<u8>(), 400..900),
    ) {
        let found = told(&dense(&mut Tape::new(&topology)), &mut Tape::new(&asked));
        prop_assert!(found.is_ok(), "{}", found.unwrap_err());
    }
}
