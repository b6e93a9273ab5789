//! How long questions about sets take: who can reach a machine, all pairs, an intent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::fmt::Write as _;
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

/// Subnets of five machines, each with a security group of fifty-six rules of its own, in one VNet: the
/// workload W2 of the comparison with other tools.
fn topology(subnets: usize, deny: bool) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut below = move |count: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % count
    };
    let (mut nets, mut groups, mut machines) = (String::new(), String::new(), String::new());
    for subnet in 0..subnets {
        writeln!(
            nets,
            "      s{subnet}: {{ addressPrefix: 10.{}.{}.0/24, networkSecurityGroup: nsg-{subnet} }}",
            subnet / 256,
            subnet % 256
        )
        .unwrap();
        writeln!(groups, "  nsg-{subnet}:\n    securityRules:").unwrap();
        for rule in 0..56 {
            let direction = if rule % 2 == 0 { "Inbound" } else { "Outbound" };
            let access = if below(10) < 7 { "Allow" } else { "Deny" };
            let other = below(subnets as u64);
            let port = [22, 80, 443, 1433, 3306, 5432, 8080, 8443, 9090, 3389][below(10) as usize];
            let (side, length) = if direction == "Inbound" {
                ("source", below(3))
            } else {
                ("destination", below(3))
            };
            let prefix = match length {
                0 => format!("10.{}.{}.{}", other / 256, other % 256, 4 + below(5)),
                1 => format!("10.{}.{}.0/24", other / 256, other % 256),
                _ => "10.0.0.0/8".to_owned(),
            };
            writeln!(
                groups,
                "      r{rule}: {{ priority: {}, direction: {direction}, access: {access}, protocol: Tcp, {side}AddressPrefix: {prefix}, destinationPortRange: \"{port}\" }}",
                100 + rule
            )
            .unwrap();
        }
        if deny {
            writeln!(
                groups,
                "      last: {{ priority: 4000, direction: Inbound, access: Deny }}"
            )
            .unwrap();
        }
        for vm in 0..5 {
            writeln!(
                machines,
                "  vm-{subnet}-{vm}: {{ networkInterface: {{ subnet: vnet/s{subnet}, privateIPAddress: 10.{}.{}.{} }} }}",
                subnet / 256,
                subnet % 256,
                vm + 4
            )
            .unwrap();
        }
    }
    format!(
        "virtualNetworks:\n  vnet:\n    addressSpace: 10.0.0.0/8\n    subnets:\n{nets}networkSecurityGroups:\n{groups}virtualMachines:\n{machines}"
    )
}

fn network(subnets: usize, deny: bool) -> Network {
    let text = topology(subnets, deny);
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

/// What changes by one rule more in one of the security groups.
fn differences(c: &mut Criterion) {
    let text = topology(200, false);
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

criterion_group!(benches, sets, differences);
criterion_main!(benches);
