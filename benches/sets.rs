//! How long questions about sets take: who can reach a machine, all pairs, an intent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

mod work;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dryhop::check::member;
use dryhop::diff::{Intended, Side, Written, diff};
use dryhop::engine::matrix::matrix;
use dryhop::engine::reach::{Asked, Goal, Sets, Start, services};
use dryhop::engine::{Engine, Space};
use dryhop::load::{load, load_with_tree};
use dryhop::net::{Protocol, Ranges};
use dryhop::network::{Endpoint, Network};
use dryhop::spec::read::Input;
use work::{one_network, tested};

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
        let network = network(if tested() { 8 } else { 200 }, deny);
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
                let through = sets.through_each(&starts, &goal, &asked).into_iter();
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
        let some = all.get(..all.len().min(100)).unwrap();
        group.bench_function("matrix of 100 by 100, 10 ports", |b| {
            b.iter(|| matrix(&engine, black_box(some), some, services_of(), &|| {}));
        });
        group.bench_function("matrix of 1,000 by 1,000, 10 ports", |b| {
            b.iter(|| matrix(&engine, black_box(&all), &all, services_of(), &|| {}));
        });
        group.finish();
    }
}

/// The most NICs that a subscription has in a region, by one port; not every time, since the topology is 125 MB
/// of YAML.
fn large(c: &mut Criterion) {
    if std::env::var_os("DRYHOP_BENCH_LARGE").is_none() {
        return;
    }
    let network = network(13_104, true);
    let engine = Engine::new(&network);
    let all: Vec<Endpoint> = network
        .nics
        .iter()
        .map(|(id, _)| Endpoint::Nic(id))
        .collect();
    let mut group = c.benchmark_group("65,520 NICs, denied by default");
    group.sample_size(10);
    group.bench_function("matrix of all, 1 port", |b| {
        let service = || vec![(Protocol::Tcp, Ranges::one(443, 443))];
        b.iter(|| matrix(&engine, black_box(&all), &all, service(), &|| {}));
    });
    group.finish();
}

/// What changes by one rule more in one of the security groups.
fn differences(c: &mut Criterion) {
    let text = one_network(if tested() { 20 } else { 200 }, false);
    let rule = "    securityRules:\n      new: { priority: 4000, direction: Inbound, access: Deny, protocol: Tcp, sourceAddressPrefix: 10.0.9.0/24, destinationPortRange: 5000 }\n";
    let edited = text.replacen("    securityRules:\n", rule, 1);
    let [was, is] = [text, edited].map(|text| {
        [Input::Text {
            name: "bench.yaml".to_owned(),
            text,
        }]
    });
    let (old, old_tree) = load_with_tree(&was, &[], None);
    let (new, new_tree) = load_with_tree(&is, &[], None);
    let side = |loaded, tree, inputs| Side {
        loaded,
        written: Written { tree, inputs },
        overlays: 0,
        down: &[],
    };
    let before = side(&old, &old_tree, &was[..]);
    let after = side(&new, &new_tree, &is[..]);
    let mut group = c.benchmark_group("1,000 NICs, one rule more");
    group.sample_size(10);
    group.bench_function("what differs", |b| {
        b.iter(|| diff(&before, &after, &Intended::default(), &|_, _, _| {}));
    });
    group.finish();
}

criterion_group!(benches, sets, large, differences);
criterion_main!(benches);
