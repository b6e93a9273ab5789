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

use dryhop::engine::matrix::{Cell, matrix};
use dryhop::engine::reach::{self, Asked, Goal, Member, Sets, Start};
use dryhop::engine::{Application, Engine, Space};
use dryhop::net::{EPHEMERAL, Flow, PortSet, Protocol, Ranges};
use dryhop::network::{Endpoint, Id, Network, Nic};
use dryhop::trace::Disposition;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

mod dense;
#[path = "oracle/mod.rs"]
mod naive;

use dense::dense;
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
