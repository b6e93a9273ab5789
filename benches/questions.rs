//! How long loading takes, one question, and what to change against a block.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

mod work;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dryhop::engine::{Engine, Origin, Policy, Question, Walk, check};
use dryhop::load::load;
use dryhop::net::{Flow, Protocol};
use dryhop::network::Network;
use dryhop::spec::read::Input;
use dryhop::trace::{Disposition, ReplyKind, Silent, Tracing};
use dryhop::whatif::remedies;
use std::hint::black_box;
use work::{PORTS, Random, hubs, one_network, tested};

fn network(bytes: usize) -> Network {
    loaded(hubs(bytes))
}

fn loaded(text: String) -> Network {
    let loaded = load(&[input(text)], &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics.first());
    loaded.network
}

fn input(text: String) -> Input {
    Input::Text {
        name: "bench.yaml".to_owned(),
        text,
    }
}

fn loading(c: &mut Criterion) {
    let mut group = c.benchmark_group("load");
    for (name, bytes) in [("1 MB", 1_000_000), ("20 MB", 20_000_000)] {
        let text = hubs(if tested() { bytes / 100 } else { bytes });
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.sample_size(10);
        group.bench_function(name, |b| {
            b.iter_batched(
                || [input(text.clone())],
                |inputs| black_box(load(&inputs, &[])),
                BatchSize::PerIteration,
            );
        });
    }
}

fn questions(c: &mut Criterion) {
    let network = network(200_000);
    let engine = Engine::new(&network);
    let (from, to) = (
        network.nic("vm-0-0").unwrap(),
        network.nic("vm-1-0").unwrap(),
    );
    let flow = Flow {
        protocol: Protocol::Tcp,
        source: network.nics[from].addresses[0].address,
        source_port: 50000,
        destination: network.nics[to].addresses[0].address,
        destination_port: 443,
    };
    let mut group = c.benchmark_group("check");
    group.bench_function("spoke to spoke, verdict alone", |b| {
        b.iter(|| {
            Walk::new(&engine, Policy::StopAtFirst, Silent).run(
                Origin::Nic(from),
                black_box(flow),
                None,
            )
        });
    });
    group.bench_function("spoke to spoke, traced", |b| {
        b.iter(|| {
            Walk::new(&engine, Policy::GoOn, Tracing::default()).run(
                Origin::Nic(from),
                black_box(flow),
                None,
            )
        });
    });
    let question = Question::new(
        network.endpoint("vm-0-0").unwrap(),
        network.endpoint("vm-1-0").unwrap(),
        Protocol::Tcp,
        Some(443),
    );
    group.bench_function("spoke to spoke, whole answer", |b| {
        b.iter(|| check(&engine, black_box(&question)));
    });
    group.finish();
}

/// Flows between any two of a thousand NICs, one after the other.
fn in_a_row(c: &mut Criterion) {
    let network = loaded(one_network(if tested() { 8 } else { 200 }, true));
    let engine = Engine::new(&network);
    let nics: Vec<_> = network.nics.iter().collect();
    let mut random = Random::new();
    let flows: Vec<(Origin, Flow)> = (0..10_000)
        .map(|_| {
            let [(from, source), (_, destination)] = [random.one(&nics), random.one(&nics)];
            let flow = Flow {
                protocol: Protocol::Tcp,
                source: source.addresses[0].address,
                source_port: 50000,
                destination: destination.addresses[0].address,
                destination_port: random.one(&PORTS),
            };
            (Origin::Nic(from), flow)
        })
        .collect();
    let mut group = c.benchmark_group("checks in a row");
    group.throughput(Throughput::Elements(flows.len() as u64));
    group.bench_function("1,000 NICs, verdicts alone", |b| {
        b.iter(|| {
            let works = flows.iter().filter(|(from, flow)| {
                let walk = Walk::new(&engine, Policy::StopAtFirst, Silent);
                let ends = walk.run(*from, *flow, None);
                ends.iter().any(|end| {
                    end.fate.disposition == Disposition::Delivered
                        && end
                            .fate
                            .replies
                            .iter()
                            .all(|back| back.kind != ReplyKind::Broken)
                })
            });
            works.count()
        });
    });
    group.finish();
}

fn helping(c: &mut Criterion) {
    let mut group = c.benchmark_group("remedies");
    group.sample_size(20);
    let shipped = load(&[Input::Path("topologies/hub-spoke".into())], &[]).network;
    // About 1,000 NICs.
    let large = network(300_000);
    let blocked = [
        (
            "hub-spoke, a security rule",
            &shipped,
            ("vm-spoke-one-linux", "vm-spoke-two-windows", 3389),
        ),
        (
            "hub-spoke, a filter",
            &shipped,
            ("vm-spoke-one-linux", "update-server", 443),
        ),
        (
            "1,000 NICs, nothing listens",
            &large,
            ("vm-0-0", "vm-1-0", 8080),
        ),
    ];
    for (name, network, (from, to, port)) in blocked {
        let engine = Engine::new(network);
        let question = Question::new(
            network.endpoint(from).unwrap(),
            network.endpoint(to).unwrap(),
            Protocol::Tcp,
            Some(port),
        );
        let answer = check(&engine, &question).unwrap().remove(0);
        assert!(!remedies(&engine, &question, &answer).is_empty(), "{name}");
        group.bench_function(name, |b| {
            b.iter(|| remedies(&engine, &question, black_box(&answer)));
        });
    }
    group.finish();
}

criterion_group!(benches, loading, questions, in_a_row, helping);
criterion_main!(benches);
