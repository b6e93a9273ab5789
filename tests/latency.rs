//! Latencies of whole paths: what they are made of, and what they do not depend on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::path::Path;

use dryhop::engine::latency::{Connection, PathLatency, latency};
use dryhop::engine::{Answer, Application, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::network::Network;
use dryhop::spec::read::Input;

const PAIR: &str = "
virtualNetworks:
  one:
    location: westeurope
    addressSpace: [10.0.0.0/16]
    subnets: { a: { addressPrefix: 10.0.0.0/24 } }
    peerings: { to-two: { remoteVirtualNetwork: two } }
  two:
    location: northeurope
    addressSpace: [10.1.0.0/16]
    subnets: { b: { addressPrefix: 10.1.0.0/24 } }
    peerings: { to-one: { remoteVirtualNetwork: one } }
virtualMachines:
  a1: { zone: '1', networkInterface: { subnet: one/a }, guest: { listeners: [tcp/443] } }
  a2: { zone: '1', networkInterface: { subnet: one/a }, guest: { listeners: [tcp/443] } }
  a3: { zone: '3', networkInterface: { subnet: one/a }, guest: { listeners: [tcp/443] } }
  a4: { networkInterface: { subnet: one/a }, guest: { listeners: [tcp/443] } }
  b1: { zone: '1', networkInterface: { subnet: two/b }, guest: { listeners: [tcp/443] } }
";

fn network(text: &str) -> Network {
    let input = Input::Text {
        name: "test.yaml".into(),
        text: text.into(),
    };
    let loaded = load(&[input], &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    loaded.network
}

fn faults(latency: &str) -> Vec<String> {
    let input = Input::Text {
        name: "test.yaml".into(),
        text: format!("{PAIR}latency: {latency}\n"),
    };
    load(&[input], &[])
        .diagnostics
        .iter()
        .map(|fault| format!("{}: {}", fault.code, fault.message))
        .collect()
}

fn answer(engine: &Engine<'_>, from: &str, to: &str, port: u16) -> Answer {
    let network = engine.network();
    let question = Question {
        source: network.endpoint(from).unwrap(),
        destination: network.endpoint(to).unwrap(),
        protocol: Protocol::Tcp,
        application: Application::None,
        port: Some(port),
        source_port: None,
        probes: (66, 30),
    };
    check(engine, &question).unwrap().remove(0)
}

fn of(network: &Network, answer: &Answer, seed: u64) -> PathLatency {
    let connection = Connection {
        source: answer.source.name.to_string(),
        destination: answer.destination.name.to_string(),
        flow: answer.flow,
        application: Application::None,
        seed,
        probes: 66,
    };
    latency(network, &connection, &answer.paths[0]).unwrap()
}

fn between(network: &Network, from: &str, to: &str) -> PathLatency {
    of(network, &answer(&Engine::new(network), from, to, 443), 0)
}

/// Floor and excess of each element, in microseconds.
fn parts(latency: &PathLatency) -> Vec<(f64, f64)> {
    latency
        .elements
        .iter()
        .map(|element| (element.floor, element.excess))
        .collect()
}

#[test]
fn zones_and_regions_make_segments() {
    let network = network(PAIR);
    let same = between(&network, "a1", "a2");
    assert_eq!(parts(&same), [(80.0, 15.0)]);
    assert!(same.assumptions.is_empty());
    assert_eq!(parts(&between(&network, "a1", "a3")), [(900.0, 20.0)]);
    let unknown = between(&network, "a1", "a4");
    assert_eq!(parts(&unknown), [(500.0, 100.0)]);
    assert_eq!(unknown.assumptions.len(), 1);
    let far = between(&network, "a1", "b1");
    assert_eq!(parts(&far), [(16_970.0, 30.0)]);
    assert!(far.assumptions.is_empty());
    assert!((far.percentiles[0] / 1000.0 - 17.0).abs() < 0.05);
    assert!(far.percentiles.is_sorted());
}

/// latency.md 1.3: a proxy ends the round trip of a handshake; a request goes on to a backend.
#[test]
fn a_gateway_ends_the_handshake() {
    let text = format!(
        "{PAIR}
applicationGateways:
  agw:
    subnet: two/b
    privateIPAddress: 10.1.0.100
    backendAddressPools: {{ all: [b1] }}
    listeners: {{ all: {{ protocol: Http, port: 80 }} }}
    requestRoutingRules: {{ all: {{ listener: all, backendAddressPool: all, backendPort: 443 }} }}
"
    );
    let network = network(&text);
    let engine = Engine::new(&network);
    let answer = answer(&engine, "a1", "agw", 80);
    assert_eq!(answer.answered_by.as_deref(), Some("agw"));
    let handshake = of(&network, &answer, 1);
    assert_eq!(parts(&handshake), [(16_970.0, 30.0)]);
    let connection = Connection {
        source: "a1".into(),
        destination: "agw".into(),
        flow: answer.flow,
        application: Application::Http,
        seed: 1,
        probes: 66,
    };
    let request = latency(&network, &connection, &answer.paths[0]).unwrap();
    let expected = [(16_970.0, 30.0), (2000.0, 800.0), (500.0, 100.0)];
    assert_eq!(parts(&request), expected);
    // What the backend answers may come another way; the handshake knows nothing of it.
    let around = format!(
        "{text}
networkVirtualAppliances: {{ nva: {{ networkInterface: {{ subnet: two/n, privateIPAddress: 10.1.1.4, enableIPForwarding: true }}, forwarding: {{ stateful: false }} }} }}
routeTables: {{ rt: {{ routes: {{ back: {{ addressPrefix: 10.1.0.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.1.1.4 }} }} }} }}
"
    );
    let subnets = "subnets: { b: { addressPrefix: 10.1.0.0/24 } }";
    let routed = "subnets: { b: { addressPrefix: 10.1.0.0/24 }, c: { addressPrefix: 10.1.2.0/24, routeTable: rt }, n: { addressPrefix: 10.1.1.0/24 } }";
    let around = around.replace(subnets, routed).replace(
        "{ zone: '1', networkInterface: { subnet: two/b }",
        "{ zone: '1', networkInterface: { subnet: two/c }",
    );
    let network = self::network(&around);
    let engine = Engine::new(&network);
    let answer = self::answer(&engine, "a1", "agw", 80);
    assert_eq!(
        answer.return_path,
        Some(dryhop::trace::ReplyKind::Asymmetric)
    );
    assert_eq!(
        parts(&of(&network, &answer, 1))
            .iter()
            .map(|(floor, _)| floor)
            .sum::<f64>(),
        16_970.0
    );
}

#[test]
fn what_is_stated_counts() {
    let text = format!(
        "{PAIR}latency: {{ regions: {{ northeurope/westeurope: 20 }}, zones: {{ westeurope/3/1: 1.1 }}, lossRate: 0.5, elements: {{ a2: {{ floorMs: 2, loss: 0.1 }} }} }}\n"
    );
    let network = network(&text);
    let far = between(&network, "a1", "b1");
    assert_eq!(parts(&far)[0], (19_970.0, 30.0));
    assert!((far.loss - (1.0 - 0.5 * (1.0 - 1e-5))).abs() < 1e-9);
    assert!(far.lost > 10 && far.lost < 56, "{}", far.lost);
    assert_eq!(parts(&between(&network, "a1", "a3"))[0], (1100.0, 20.0));
    assert_eq!(parts(&between(&network, "a1", "a2"))[1], (2000.0, 0.0));
}

#[test]
fn a_busy_month_is_longer() {
    let network = network(&format!("{PAIR}latency: {{ conditions: busy }}\n"));
    assert_eq!(parts(&between(&network, "a1", "b1")), [(19_970.0, 30.0)]);
}

#[test]
fn what_is_stated_must_make_sense() {
    for (text, expected) in [
        (
            "{ regions: { westeurop/northeurope: 20 } }",
            "unknown-word: `westeurop` is not a region",
        ),
        (
            "{ regions: { westeurope: 20 } }",
            "unknown-word: `westeurope` is not two regions",
        ),
        (
            "{ zones: { westeurope/1: 1 } }",
            "unknown-word: `westeurope/1` is not a region and two",
        ),
        (
            "{ elements: { a9: { load: 0.5 } } }",
            "unresolved-reference: nothing that `a9` names",
        ),
        (
            "{ lossRate: 2 }",
            "wrong-type: `2` is not a number from 0 to 1",
        ),
        (
            "{ elements: { a1: { floorMs: -1 } } }",
            "wrong-type: `-1` is not 0 or more",
        ),
    ] {
        let came = faults(text);
        assert!(
            came.len() == 1 && came[0].starts_with(expected),
            "{text}: {came:?}"
        );
    }
}

#[test]
fn draws_depend_on_nothing_else() {
    let network = network(PAIR);
    let engine = Engine::new(&network);
    let first = of(&network, &answer(&engine, "a1", "a2", 443), 0);
    let _ = of(&network, &answer(&engine, "a1", "b1", 443), 0);
    assert_eq!(of(&network, &answer(&engine, "a1", "a2", 443), 0), first);
    assert_ne!(
        of(&network, &answer(&engine, "a1", "a2", 443), 1).probed,
        first.probed
    );
    // Something that takes time at the end adds exactly that to each probe.
    let slower = self::network(&format!(
        "{PAIR}latency: {{ elements: {{ a2: {{ floorMs: 1 }} }} }}\n"
    ));
    let (slow, fast) = (
        between(&slower, "a1", "a2").probed.unwrap(),
        first.probed.unwrap(),
    );
    assert_eq!(
        (slow.min, slow.max),
        (fast.min + 1_000_000, fast.max + 1_000_000)
    );
}

#[test]
fn shipped_topologies_have_latencies() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let mut seen = 0;
    for folder in std::fs::read_dir(top).unwrap() {
        let loaded = load(&[Input::Path(folder.unwrap().path())], &[]);
        let network = &loaded.network;
        let engine = Engine::new(network);
        let names: Vec<String> = network
            .machines
            .iter()
            .map(|(_, m)| m.identity.name.to_string())
            .collect();
        for (from, to) in names.iter().flat_map(|a| names.iter().map(move |b| (a, b))) {
            let answer = answer(&engine, from, to, 443);
            for path in &answer.paths {
                let connection = Connection {
                    source: from.clone(),
                    destination: to.clone(),
                    flow: answer.flow,
                    application: Application::None,
                    seed: 0,
                    probes: 10,
                };
                let Some(made) = latency(network, &connection, path) else {
                    continue;
                };
                assert!(made.percentiles.is_sorted(), "{from} {to}: {made:?}");
                assert_eq!(made.hops.len(), path.hops.len());
                assert!(
                    from == to || made.probed.is_some_and(|probed| probed.min > 0),
                    "{from} {to}: {made:?}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}
