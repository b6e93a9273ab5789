//! How long loading takes, one question, and what to change against a block.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

mod topologies;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dryhop::engine::{Engine, Origin, Policy, Question, Walk, check};
use dryhop::load::load;
use dryhop::net::{Flow, Protocol};
use dryhop::network::Network;
use dryhop::spec::read::Input;
use dryhop::trace::{Silent, Tracing};
use dryhop::whatif::remedies;
use std::hint::black_box;
use topologies::spokes;

fn network(bytes: usize) -> Network {
    let loaded = load(&[input(spokes(bytes))], &[]);
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
        let text = spokes(bytes);
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

criterion_group!(benches, loading, questions, helping);
criterion_main!(benches);
