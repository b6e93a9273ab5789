//! How long finding takes, and how it grows with the subnets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

mod work;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dryhop::lint::lint;
use dryhop::load::{Loaded, load};
use dryhop::spec::read::Input;
use work::{hubs, one_network, tested};

fn loaded(text: String) -> Loaded {
    let name = "bench.yaml".to_owned();
    let loaded = load(&[Input::Text { name, text }], &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics.first());
    loaded
}

/// Subnets of five machines with a security group of 56 rules each, and spokes of ten machines around appliances.
fn finding(c: &mut Criterion) {
    for (name, sizes, topology) in [
        (
            "lint, one VNet",
            [200, 400, 800],
            (|subnets| one_network(subnets, true)) as fn(usize) -> String,
        ),
        ("lint, spokes", [100, 200, 400], |count| hubs(count * 2_900)),
    ] {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        for size in sizes {
            let size = if tested() { size / 20 } else { size };
            let loaded = loaded(topology(size));
            let subnets = loaded.network.subnets.len();
            group.throughput(Throughput::Elements(subnets as u64));
            group.bench_function(BenchmarkId::from_parameter(subnets), |b| {
                b.iter(|| {
                    black_box(lint(&loaded.network, &loaded.sources))
                        .found
                        .len()
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, finding);
criterion_main!(benches);
