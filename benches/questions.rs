//! How long loading takes, one question, and what to change against a block.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dryhop::engine::{Engine, Origin, Policy, Question, Walk, check};
use dryhop::load::load;
use dryhop::net::{Flow, Protocol};
use dryhop::network::Network;
use dryhop::spec::read::Input;
use dryhop::trace::{Silent, Tracing};
use dryhop::whatif::remedies;
use std::fmt::Write as _;
use std::hint::black_box;

/// Spokes of ten machines around hubs with an appliance, four hundred a hub (Azure allows five hundred
/// peerings), as many as make about `bytes` of text.
fn topology(bytes: usize) -> String {
    let mut vnets = String::from("virtualNetworks:\n");
    let (mut groups, mut machines) = (String::new(), String::new());
    let (mut tables, mut appliances) = (String::new(), String::new());
    let mut spoke = 0_usize;
    while vnets.len() + groups.len() + machines.len() < bytes {
        let hub = spoke / 400;
        if spoke.is_multiple_of(400) {
            writeln!(
                tables,
                "  rt-{hub}: {{ routes: {{ default: {{ addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.{hub}.1.4 }} }} }}"
            )
            .unwrap();
            writeln!(
                appliances,
                "  nva-{hub}: {{ networkInterface: {{ subnet: hub-{hub}/nva, privateIPAddress: 10.{hub}.1.4, enableIPForwarding: true }} }}"
            )
            .unwrap();
            let peerings: String = (spoke..spoke + 400)
                .map(|s| format!("      to-s{s}: {{ remoteVirtualNetwork: s{s} }}\n"))
                .collect();
            writeln!(
                vnets,
                "  hub-{hub}:\n    addressSpace: 10.{hub}.0.0/16\n    subnets: {{ nva: {{ addressPrefix: 10.{hub}.1.0/24 }} }}\n    peerings:\n{peerings}"
            )
            .unwrap();
        }
        // Each spoke a /24 of 11.0.0.0/8, so that none overlap however many there are.
        let (b, c) = (spoke / 256 % 256, spoke % 256);
        writeln!(
            vnets,
            "  s{spoke}:\n    addressSpace: 11.{b}.{c}.0/24\n    subnets: {{ work: {{ addressPrefix: 11.{b}.{c}.0/24, networkSecurityGroup: nsg-{spoke}, routeTable: rt-{hub} }} }}\n    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub-{hub}, allowForwardedTraffic: true }} }}"
        )
        .unwrap();
        writeln!(groups, "  nsg-{spoke}:\n    securityRules:").unwrap();
        for rule in 0..10 {
            writeln!(
                groups,
                "      rule-{rule}: {{ priority: {}, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefixes: [11.{b}.{c}.{}/32, 12.{rule}.0.0/24], destinationPortRanges: [{}, 8000-{}] }}",
                100 + rule,
                rule + 4,
                440 + rule,
                8000 + rule
            )
            .unwrap();
        }
        for vm in 0..10 {
            writeln!(
                machines,
                "  vm-{spoke}-{vm}:\n    networkInterface: {{ subnet: s{spoke}/work, privateIPAddress: 11.{b}.{c}.{} }}\n    guest: {{ os: Linux, listeners: [tcp/443, tcp/22] }}",
                vm + 4
            )
            .unwrap();
        }
        spoke += 1;
    }
    // The last hub's peerings to spokes that were not made any more.
    let made = |line: &str| {
        let number = line
            .trim_start()
            .strip_prefix("to-s")
            .and_then(|rest| rest.split(':').next());
        number
            .and_then(|n| n.parse::<usize>().ok())
            .is_none_or(|n| n < spoke)
    };
    let vnets: Vec<&str> = vnets
        .lines()
        .filter(|line| !line.is_empty() && made(line))
        .collect();
    format!(
        "{}\nnetworkSecurityGroups:\n{groups}routeTables:\n{tables}virtualMachines:\n{machines}networkVirtualAppliances:\n{appliances}",
        vnets.join("\n")
    )
}

fn network(bytes: usize) -> Network {
    let loaded = load(&[input(topology(bytes))], &[]);
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
        let text = topology(bytes);
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
