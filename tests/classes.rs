//! Classes: between NICs of which one walk has said that all goes alike, each flow fares as it does in a
//! walk of its own, whether pairs are asked about or what gets to some machines. On the oracle's random
//! topologies, and on networks in which many NICs are alike and some are not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]
// The whole of the oracle's generator is shared with `tests/oracle.rs`.
#![allow(dead_code, unused_imports, reason = "only the generator is used here")]

use std::fmt::Write as _;

use dryhop::engine::matrix::{Cell, matrix};
use dryhop::engine::reach::{self, Asked, Goal, Member, Sets, Start};
use dryhop::engine::{Application, Engine, Space};
use dryhop::net::{EPHEMERAL, Flow, PortSet, Protocol, Ranges};
use dryhop::network::{Endpoint, Id, Network, Nic};
use dryhop::trace::Disposition;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

#[path = "oracle/mod.rs"]
mod naive;

use naive::tape::Tape;
use naive::{adapter, generate, yaml};

/// Ports at which a generated rule may begin or end, and beside them.
const PORTS: &[u16] = &[
    1, 22, 23, 53, 79, 80, 81, 399, 400, 442, 443, 444, 500, 1023, 1024, 1433, 8079, 8080, 8443,
    9000, 9001, 65535,
];

fn services() -> Vec<(Protocol, PortSet)> {
    vec![
        (Protocol::Tcp, Ranges::one(22, 22)),
        (Protocol::Tcp, Ranges::one(443, 443)),
        (Protocol::Udp, Ranges::one(53, 53)),
        (Protocol::Icmp, PortSet::all()),
        (Protocol::Tcp, Ranges::one(1, u16::MAX)),
        (Protocol::Udp, Ranges::one(400, 500)),
    ]
}

/// What one flow's own walk says.
fn alone(
    sets: &Sets<'_, '_, '_>,
    from: Id<Nic>,
    to: Id<Nic>,
    (protocol, port): (Protocol, u16),
) -> Cell {
    let network = sets.engine.network();
    let starts = Start::named(sets.engine, &Endpoint::Nic(from));
    let mut found = Cell::No;
    for start in &starts {
        let source = start.addresses.first().unwrap();
        let Some(destination) = network.nics[to]
            .addresses
            .iter()
            .map(|own| own.address)
            .find(|own| {
                starts
                    .iter()
                    .any(|start| start.addresses.first().unwrap().is_ipv4() == own.is_ipv4())
            })
        else {
            return Cell::Blank;
        };
        if source.is_ipv4() != destination.is_ipv4() {
            continue;
        }
        let port_of = |port| if protocol.has_ports() { port } else { 0 };
        let flow = Flow {
            protocol,
            source,
            source_port: port_of(EPHEMERAL.first),
            destination,
            destination_port: port_of(port),
        };
        for path in sets.paths(start, Application::None, flow) {
            if path.works() > 0.0 {
                found = found.max(Cell::Yes);
            }
            if path.disposition == Disposition::NotModelled {
                found = found.max(Cell::Unknown);
            }
        }
    }
    found
}

/// Holds some cells against the walks of their flows; how many of them get through.
fn hold(network: &Network, t: &mut Tape<'_>, pairs: usize) -> Result<usize, String> {
    let engine = Engine::new(network);
    let nics: Vec<Id<Nic>> = network.nics.iter().map(|(id, _)| id).collect();
    let all: Vec<Endpoint> = nics.iter().map(|id| Endpoint::Nic(*id)).collect();
    let found = matrix(&engine, &all, &all, services(), &|| {});
    let space = Space::new();
    let sets = Sets {
        engine: &engine,
        space: &space,
    };
    let mut through = 0;
    for _ in 0..pairs {
        let (from, to) = (t.below(nics.len()), t.below(nics.len()));
        if from == to {
            continue;
        }
        for ((protocol, ports), cell) in services().iter().zip(found.pair(from, to)) {
            let own = PORTS.iter().copied().filter(|port| ports.contains(*port));
            let own: Vec<u16> = if protocol.has_ports() {
                own.collect()
            } else {
                vec![0]
            };
            let each = own
                .iter()
                .map(|port| alone(&sets, nics[from], nics[to], (*protocol, *port)));
            let each: Vec<Cell> = each.collect();
            let agree = match cell {
                // No rule that is generated tells more apart than the probes do.
                Cell::Partly => {
                    each.contains(&Cell::Yes) && each.iter().any(|own| *own != Cell::Yes)
                }
                Cell::Unknown => each.contains(&Cell::Unknown),
                cell => each.iter().all(|own| own == cell),
            };
            if !agree {
                let name = |at: usize| found.parties[at].name.clone();
                return Err(format!(
                    "{} → {} {protocol:?} {ports:?}: {cell:?}, alone {:?}",
                    name(from),
                    name(to),
                    own.iter().zip(&each).collect::<Vec<_>>()
                ));
            }
            through += usize::from(*cell == Cell::Yes);
        }
    }
    Ok(through)
}

/// Holds what gets from every start to some machines, asked of all starts together, against a walk of each.
fn hold_each(network: &Network, t: &mut Tape<'_>) -> Result<(), String> {
    let engine = Engine::new(network);
    let starts = Start::everywhere(&engine);
    let nics: Vec<Id<Nic>> = network.nics.iter().map(|(id, _)| id).collect();
    let members: Vec<Member> = (0..1 + t.below(3))
        .map(|_| Member {
            endpoint: Endpoint::Nic(nics[t.below(nics.len())]),
            whole: false,
        })
        .collect();
    let goal = Goal::of(&engine, None, &members);
    let asked = match t.below(2) {
        0 => Asked::every(reach::services(None, &[])),
        _ => Asked::every(services()),
    };
    let space = Space::new();
    let sets = Sets {
        engine: &engine,
        space: &space,
    };
    for (start, found) in starts.iter().zip(sets.through_each(&starts, &goal, &asked)) {
        let alone = sets.through(start, &goal, &asked);
        if (found.works, found.open) != (alone.works, alone.open) {
            return Err(format!(
                "{} → {members:?}: {:?}, alone {:?}",
                start.name,
                found.works.boxes(),
                alone.works.boxes()
            ));
        }
    }
    Ok(())
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

/// Three VNets, two of them peered, with several machines of a kind in each subnet: behind groups that name
/// subnets, application security groups and single machines; routes that lead some of them astray or by an
/// appliance; guests that filter, and listen to something only.
fn dense(t: &mut Tape<'_>) -> String {
    let mut text = String::from("virtualNetworks:\n");
    let (mut machines, mut groups, mut tables) = (String::new(), String::new(), String::new());
    let mut hosts = Vec::new();
    for vnet in 0..3 {
        writeln!(
            text,
            "  v{vnet}:\n    addressSpace: 10.{vnet}.0.0/16\n    subnets:"
        )
        .unwrap();
        for subnet in 0..2 {
            let own = vnet * 2 + subnet;
            let group = if t.chance(80) {
                format!(", networkSecurityGroup: g{}", t.below(4))
            } else {
                String::new()
            };
            let table = if t.chance(30) {
                format!(", routeTable: t{}", t.below(2))
            } else {
                String::new()
            };
            writeln!(
                text,
                "      s{subnet}: {{ addressPrefix: 10.{vnet}.{subnet}.0/24{group}{table} }}"
            )
            .unwrap();
            for machine in 0..3 {
                let address = format!("10.{vnet}.{subnet}.{}", machine + 4);
                let group = if t.chance(15) {
                    format!(", networkSecurityGroup: g{}", t.below(4))
                } else {
                    String::new()
                };
                let member = if t.chance(40) {
                    format!(", applicationSecurityGroups: [a{vnet}]")
                } else {
                    String::new()
                };
                let guest = match t.below(8) {
                    0 => ", guest: { listeners: [tcp/443, tcp/400-8080] }",
                    1 => {
                        ", guest: { firewall: { inbound: { defaultAction: Deny, rules: { r: { action: Allow, protocol: Tcp, port: 443, remoteAddress: 10.1.0.0/16 } } } } }"
                    }
                    2 => {
                        ", guest: { firewall: { outbound: { defaultAction: Allow, rules: { r: { action: Deny, protocol: Tcp, port: 22, remoteAddress: 10.0.1.5 } } } } }"
                    }
                    3 => ", powerState: stopped",
                    _ => "",
                };
                writeln!(machines, "  m{own}-{machine}: {{ networkInterface: {{ subnet: v{vnet}/s{subnet}, privateIPAddress: {address}{group}{member} }}{guest} }}").unwrap();
                hosts.push(address);
            }
        }
        if vnet == 0 {
            writeln!(text, "      nva: {{ addressPrefix: 10.0.9.0/24 }}").unwrap();
        }
        if vnet < 2 {
            let forwarded = ["true", "false"][t.below(2)];
            writeln!(text, "    peerings:\n      p: {{ remoteVirtualNetwork: v{}, allowForwardedTraffic: {forwarded} }}", 1 - vnet).unwrap();
        }
    }
    let side = |t: &mut Tape<'_>, side: &str, vnet: usize| match t.below(6) {
        0 => format!("{side}AddressPrefix: {}", hosts[t.below(hosts.len())]),
        1 => format!("{side}AddressPrefix: 10.{}.{}.0/24", t.below(3), t.below(2)),
        2 => format!("{side}AddressPrefix: VirtualNetwork"),
        3 => format!("{side}ApplicationSecurityGroups: [a{vnet}]"),
        4 => format!("{side}AddressPrefix: 10.{}.0.0/16", t.below(3)),
        _ => format!("{side}AddressPrefix: \"*\""),
    };
    for group in 0..4 {
        writeln!(groups, "  g{group}:\n    securityRules:").unwrap();
        for rule in 0..6 {
            let direction = ["Inbound", "Outbound"][t.below(2)];
            let access = ["Allow", "Deny"][t.below(2)];
            let protocol = ["Tcp", "Udp", "\"*\"", "Icmp"][t.below(4)];
            let ports = ["22", "443", "\"*\"", "400-500", "80", "53"][t.below(6)];
            // The members of an application security group are of one VNet.
            let vnet = t.below(3);
            let (source, destination) = (side(t, "source", vnet), side(t, "destination", vnet));
            let port = if protocol == "Icmp" {
                String::new()
            } else {
                format!(", destinationPortRange: {ports}")
            };
            writeln!(groups, "      r{rule}: {{ priority: {}, direction: {direction}, access: {access}, protocol: {protocol}, {source}, {destination}{port} }}", 100 + rule).unwrap();
        }
    }
    for table in 0..2 {
        let to = match t.below(3) {
            0 => hosts[t.below(hosts.len())].clone() + "/32",
            1 => format!("10.{}.{}.0/24", t.below(3), t.below(2)),
            _ => format!("10.{}.0.0/16", t.below(3)),
        };
        let hop = match t.below(4) {
            0 => "nextHopType: None".to_owned(),
            1 => format!(
                "nextHopType: VirtualAppliance, nextHopIpAddress: {}",
                hosts[t.below(hosts.len())]
            ),
            _ => "nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.9.4".to_owned(),
        };
        writeln!(
            tables,
            "  t{table}: {{ routes: {{ r: {{ addressPrefix: {to}, {hop} }} }} }}"
        )
        .unwrap();
    }
    let stateful = ["true", "false"][t.below(2)];
    let nat = ["None", "All"][t.below(2)];
    let filter = match t.below(3) {
        0 => format!(
            ", rules: {{ r: {{ action: Deny, protocol: Tcp, sourceAddress: {}, destinationPort: 443 }} }}",
            hosts[t.below(hosts.len())]
        ),
        1 => format!(
            ", destinationNat: {{ d: {{ protocol: Tcp, destinationAddress: {}, destinationPort: 443, translatedAddress: {} }} }}",
            hosts[t.below(hosts.len())],
            hosts[t.below(hosts.len())]
        ),
        _ => String::new(),
    };
    format!(
        "{text}networkSecurityGroups:\n{groups}applicationSecurityGroups: {{ a0: {{}}, a1: {{}}, a2: {{}} }}\nrouteTables:\n{tables}virtualMachines:\n{machines}networkVirtualAppliances:\n  nva: {{ networkInterface: {{ subnet: v0/nva, privateIPAddress: 10.0.9.4, enableIPForwarding: true }}, forwarding: {{ enabled: true, stateful: {stateful}, sourceNat: {nat}{filter} }} }}\n"
    )
}

proptest! {
    #![proptest_config(config(8))]

    #[test]
    fn on_the_oracles_topologies(topology in vec(any::<u8>(), 600..1700), asked in vec(any::<u8>(), 60..100)) {
        let model = generate::topology(&topology);
        let text = yaml::write(&model);
        let network = adapter::network(&text);
        let t = &mut Tape::new(&asked);
        let found = hold(&network, t, 10).and_then(|_| hold_each(&network, t));
        prop_assert!(found.is_ok(), "{}\n{text}", found.unwrap_err());
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn where_many_are_alike(topology in vec(any::<u8>(), 300..600), asked in vec(any::<u8>(), 100..200)) {
        let text = dense(&mut Tape::new(&topology));
        let network = adapter::network(&text);
        let t = &mut Tape::new(&asked);
        let found = hold(&network, t, 20).and_then(|_| hold_each(&network, t));
        prop_assert!(found.is_ok(), "{}\n{text}", found.unwrap_err());
    }
}
