//! Latencies of whole paths: what they are made of, and what they do not depend on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::path::Path;

use dryhop::engine::latency::{Latency, latency};
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

fn answer(engine: &Engine<'_>, from: &str, to: &str, seed: u64) -> Answer {
    let question = Question {
        seed: Some(seed),
        ..question(engine, from, to, 443)
    };
    check(engine, &question).unwrap().remove(0)
}

fn question(engine: &Engine<'_>, from: &str, to: &str, port: u16) -> Question {
    let end = |name: &str| engine.network().endpoint(name).unwrap();
    Question::new(end(from), end(to), Protocol::Tcp, Some(port))
}

fn of(network: &Network, answer: &Answer) -> Latency {
    latency(network, answer).unwrap()
}

fn between(network: &Network, from: &str, to: &str) -> Latency {
    of(network, &answer(&Engine::new(network), from, to, 0))
}

/// Floor and excess of each element, in microseconds.
fn parts(latency: &Latency) -> Vec<(f64, f64)> {
    let path = latency.paths[0].as_ref().unwrap();
    path.elements
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
    let asked = question(&engine, "a1", "agw", 80);
    let answer = check(&engine, &asked).unwrap().remove(0);
    assert_eq!(answer.answered_by.as_deref(), Some("agw"));
    let handshake = of(&network, &answer);
    assert_eq!(parts(&handshake), [(16_970.0, 30.0)]);
    let asked = Question {
        application: Application::Http,
        ..asked
    };
    let request = of(&network, &check(&engine, &asked).unwrap()[0]);
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
    let answer = check(&engine, &question(&engine, "a1", "agw", 80))
        .unwrap()
        .remove(0);
    assert_eq!(
        answer.return_path,
        Some(dryhop::trace::ReplyKind::Asymmetric)
    );
    assert_eq!(
        parts(&of(&network, &answer))
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
    let (sent, lost) = answer(&Engine::new(&network), "a1", "b1", 0).probes;
    assert!(sent == 66 && lost > 10 && lost < 56, "{lost}");
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
        // The response table of Connection troubleshoot: at most 100 probes.
        (
            "{ probes: { unreachable: 101 } }",
            "wrong-type: `101` is not a number from 1 to 100",
        ),
        (
            "{ probes: { reachable: 0 } }",
            "wrong-type: `0` is not a number from 1 to 100",
        ),
        (
            "{}\ninternetHosts: { host: { addresses: [198.51.100.1], rttMs: -1 } }",
            "wrong-type: `-1` is not 0 or more",
        ),
        (
            "{}\nonPremisesSites: { hq: { addressSpace: [192.168.0.0/16], rttMs: -2 } }",
            "wrong-type: `-2` is not 0 or more",
        ),
        (
            "{}\nsettings: { cpuThreshold: 101 }",
            "wrong-type: `101` is not a number from 0 to 100",
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
    let first = of(&network, &answer(&engine, "a1", "a2", 0));
    let _ = of(&network, &answer(&engine, "a1", "b1", 0));
    assert_eq!(of(&network, &answer(&engine, "a1", "a2", 0)), first);
    assert_ne!(
        of(&network, &answer(&engine, "a1", "a2", 1)).probed,
        first.probed
    );
    // Something that takes time at the end adds exactly that to each probe.
    let slower = self::network(&format!(
        "{PAIR}latency: {{ elements: {{ a2: {{ floorMs: 1 }} }} }}\n"
    ));
    let (slow, fast) = (between(&slower, "a1", "a2").probed, first.probed);
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
            let answer = answer(&engine, from, to, 0);
            let Some(made) = latency(network, &answer) else {
                assert_eq!(answer.probes.0, answer.probes.1, "{from} {to}");
                continue;
            };
            assert!(made.percentiles.is_sorted(), "{from} {to}: {made:?}");
            assert!(from == to || made.probed.min > 0, "{from} {to}: {made:?}");
            for (path, latency) in answer.paths.iter().zip(&made.paths) {
                let Some(latency) = latency else {
                    continue;
                };
                assert_eq!(latency.hops.len(), path.hops.len());
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}
