//! How long questions about sets take: who can reach a machine, all pairs, an intent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

mod topologies;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dryhop::check::member;
use dryhop::engine::matrix::matrix;
use dryhop::engine::reach::{Asked, Goal, Sets, Start, services};
use dryhop::engine::{Engine, Space};
use dryhop::load::load;
use dryhop::net::{Protocol, Ranges};
use dryhop::network::{Endpoint, Network};
use dryhop::spec::read::Input;
use topologies::one_network;

fn network(subnets: usize, deny: bool) -> Network {
    let text = one_network(subnets, deny);
    let loaded = load(
        &[Input::Text {
            name: "bench.yaml".to_owned(),
            text,
        }],
        &[],
    );
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics.first());
    loaded.network
}

fn sets(c: &mut Criterion) {
    let ports = [22, 80, 443, 1433, 3306, 5432, 8080, 8443, 9090, 3389];
    let services_of = || {
        ports
            .map(|port| (Protocol::Tcp, Ranges::one(port, port)))
            .to_vec()
    };
    for (name, deny) in [
        ("1,000 NICs", false),
        ("1,000 NICs, denied by default", true),
    ] {
        let network = network(200, deny);
        let engine = Engine::new(&network);
        let starts = Start::everywhere(&engine);
        let to = member(&network, "vm-7-2").unwrap();
        let goal = Goal::of(&engine, None, [&to]);
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        group.bench_function("who can reach one, every protocol and port", |b| {
            b.iter(|| {
                let space = Space::new();
                let sets = Sets {
                    engine: &engine,
                    space: &space,
                };
                let asked = Asked::every(services(None, &[]));
                let through = starts
                    .iter()
                    .map(|start| sets.through(start, &goal, &asked));
                through.filter(|through| !through.works.is_empty()).count()
            });
        });
        group.bench_function("the same, in rows with a path each", |b| {
            b.iter(|| {
                let space = Space::new();
                let sets = Sets {
                    engine: &engine,
                    space: &space,
                };
                sets.reach(&starts, &goal, &Asked::every(services(None, &[])))
                    .rows
                    .len()
            });
        });
        let all: Vec<Endpoint> = network
            .nics
            .iter()
            .map(|(id, _)| Endpoint::Nic(id))
            .collect();
        let some = all.get(..100).unwrap();
        group.bench_function("matrix of 100 by 100, 10 ports", |b| {
            b.iter(|| matrix(&engine, black_box(some), some, services_of(), &|| {}));
        });
        group.bench_function("matrix of 1,000 by 1,000, 10 ports", |b| {
            b.iter(|| matrix(&engine, black_box(&all), &all, services_of(), &|| {}));
        });
        group.finish();
    }
}

criterion_group!(benches, sets);
criterion_main!(benches);
