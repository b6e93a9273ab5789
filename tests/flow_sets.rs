//! Sets of flows take the walk of one flow: the parts of a question cover its space, and every flow drawn
//! from one ends as it does alone, on random topologies, on all shipped ones and on all cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]
// The whole of the oracle's generator is shared with `tests/oracle.rs`.
#![allow(dead_code, unused_imports, reason = "only the generator is used here")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::engine::reach::{Asked, Goal, Member, Sets, Start, services};
use dryhop::engine::{End, Engine, FlowBox, FlowSet, Origin, Policy, Space, Traffic, Walk};
use dryhop::load::load;
use dryhop::net::{AddressSet, Flow, PortSet, Protocol, Ranges};
use dryhop::network::{Endpoint, Network, Place};
use dryhop::spec::read::Input;
use dryhop::trace::Silent;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

#[path = "oracle/mod.rs"]
mod naive;

use naive::answer::{From, Question, To};
use naive::model::Proto;
use naive::tape::Tape;
use naive::{adapter, generate, questions, walk, yaml};

/// Every protocol and port, from every source port, to every address of the sources' family.
fn space_of(sources: AddressSet) -> FlowBox {
    let v4 = sources.v6().is_empty();
    let every = AddressSet::all();
    let destinations = if v4 {
        AddressSet::of_ranges(every.v4().clone(), Ranges::default())
    } else {
        AddressSet::of_ranges(Ranges::default(), every.v6().clone())
    };
    let protocols = [
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Esp,
        Protocol::Ah,
    ];
    FlowBox {
        sources,
        source_ports: Ranges::all(),
        destinations,
        services: protocols.map(|own| (own, PortSet::all())).to_vec(),
    }
}

/// Every place that a flow can start at, with the addresses it has there.
fn origins(network: &Network) -> Vec<(Origin, AddressSet)> {
    let mut all = Vec::new();
    let one = |address| AddressSet::of_addresses([address]);
    for (id, nic) in network.nics.iter() {
        all.extend(
            nic.addresses
                .iter()
                .map(|own| (Origin::Nic(id), one(own.address))),
        );
    }
    for (id, host) in network.internet_hosts.iter() {
        let place = Place::InternetHost(id);
        all.extend(
            host.addresses
                .iter()
                .map(|own| (Origin::Outside(place), one(*own))),
        );
    }
    let internet = dryhop::net::tags::internet();
    let v4 = AddressSet::of_ranges(internet.v4().clone(), Ranges::default());
    all.push((Origin::Outside(Place::Internet), v4));
    for (id, site) in network.sites.iter() {
        let ranges = AddressSet::of(&site.address_space);
        let v4 = AddressSet::of_ranges(ranges.v4().clone(), Ranges::default());
        if !v4.is_empty() {
            all.push((Origin::Site(id), v4));
        }
    }
    for (id, gateway) in network
        .gateways
        .iter()
        .filter(|(_, own)| !own.client_pool.is_empty())
    {
        let pool = AddressSet::of(&gateway.client_pool);
        all.push((Origin::Client(id), pool));
    }
    all
}

/// How a flow ends, each way with its part; equal ones together.
fn fates<T: Traffic>(ends: &[End<T>], only: impl Fn(&T) -> Option<T>) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    for end in ends {
        let Some(stands) = only(&end.traffic) else {
            continue;
        };
        let back = end.fate.replies.iter().filter_map(|back| {
            let stands = only(&back.traffic)?.witness();
            Some(format!("{:?} {:?} {stands}", back.kind, back.disposition))
        });
        let back: Vec<String> = back.collect();
        let line = format!(
            "{:?} {:?} {} {back:?}",
            end.fate.disposition,
            end.at,
            stands.witness()
        );
        *all.entry(line).or_insert(0) += (end.share * 1e6).round() as i64;
    }
    all
}

/// Walks all flows of an origin, then each of `drawn` and a flow of every part; they end alike.
fn agree(
    engine: &Engine<'_>,
    (origin, sources): (Origin, AddressSet),
    policy: Policy,
    drawn: &[Flow],
) -> Result<usize, String> {
    let space = Space::new();
    let whole = FlowSet::of(&space, &space_of(sources));
    let ends = Walk::new(engine, policy, Silent).run(origin, whole, None);
    let covered = ends
        .iter()
        .fold(FlowSet::none(&space), |all, end| all.union(&end.traffic));
    if covered != whole {
        return Err(format!("{origin:?} covers {covered:?} of {whole:?}"));
    }
    let mut flows: Vec<Flow> = drawn
        .iter()
        .filter(|flow| !whole.only(flow).is_empty())
        .copied()
        .collect();
    for end in &ends {
        flows.push(end.traffic.started().witness());
        flows.extend(
            end.fate
                .replies
                .iter()
                .map(|back| back.traffic.started().witness()),
        );
    }
    flows.sort_unstable();
    flows.dedup();
    for flow in &flows {
        let alone = Walk::new(engine, policy, Silent).run(origin, *flow, None);
        let alone = fates(&alone, |traffic| Some(*traffic));
        let among = fates(&ends, |traffic| {
            Some(traffic.only(flow)).filter(|one| !one.is_empty())
        });
        if alone != among {
            return Err(format!(
                "{flow} from {origin:?}\nalone {alone:#?}\namong {among:#?}"
            ));
        }
    }
    Ok(flows.len())
}

/// Flows that mean something: to and from addresses that the network has, with ports of all kinds.
fn random_flows(seed: u64, network: &Network, sources: &AddressSet, count: usize) -> Vec<Flow> {
    let mut state = seed | 1;
    let mut below = |count: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap() % count
    };
    let own = network
        .nics
        .iter()
        .flat_map(|(_, nic)| nic.addresses.iter().map(|own| own.address));
    let fixtures = network
        .fixtures
        .iter()
        .flat_map(|(_, own)| own.addresses.iter().copied());
    let public = network.public_ips.iter().map(|(_, own)| own.address);
    let hosts = network
        .internet_hosts
        .iter()
        .flat_map(|(_, own)| own.addresses.iter().copied());
    let others = [
        "8.8.8.8",
        "10.200.3.4",
        "192.168.7.7",
        "168.63.129.16",
        "169.254.169.254",
        "fd00::9",
    ];
    let mut to: Vec<_> = own.chain(fixtures).chain(public).chain(hosts).collect();
    to.extend(
        others
            .iter()
            .map(|text| text.parse::<std::net::IpAddr>().unwrap()),
    );
    let protocols = [
        Protocol::Tcp,
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Esp,
    ];
    let ports = [443, 80, 22, 53, 1433, 8080, 25, 3389, 5000, 65535, 1];
    let source = sources.first().unwrap();
    (0..count)
        .map(|_| {
            let protocol = protocols[below(protocols.len())];
            let port = |port: u16| if protocol.has_ports() { port } else { 0 };
            Flow {
                protocol,
                source,
                source_port: port([50000, 443, 1024][below(3)]),
                destination: to[below(to.len())],
                destination_port: port(ports[below(ports.len())]),
            }
        })
        .collect()
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        rng_seed: match cases {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(2026),
        },
        cases: cases.and_then(|text| text.parse().ok()).unwrap_or(60),
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_flow_ends_as_its_set_does(topology in vec(any::<u8>(), 600..1700), asked in vec(any::<u8>(), 60..200)) {
        let model = generate::topology(&topology);
        let text = yaml::write(&model);
        let network = adapter::network(&text);
        let engine = Engine::new(&network);
        let mut t = Tape::new(&asked);
        let all = origins(&network);
        for _ in 0..4 {
            let (origin, sources) = all[t.below(all.len())].clone();
            let mut drawn = random_flows(t.below(1 << 20) as u64, &network, &sources, 12);
            for flow in &mut drawn {
                flow.destination = questions::address(&mut t, &model).into();
            }
            let policy = if t.chance(30) { Policy::GoOn } else { Policy::StopAtFirst };
            let found = agree(&engine, (origin, sources), policy, &drawn);
            prop_assert!(found.is_ok(), "{}\n{text}", found.unwrap_err());
        }
    }
}

/// Everything that gets from one machine to another is what gets anywhere, and there.
fn only_what_gets_there(engine: &Engine<'_>, from: &Member, to: &Member) -> Result<(), String> {
    let space = Space::new();
    let sets = Sets {
        engine,
        space: &space,
    };
    let asked = Asked::every(services(None, &[]));
    let goal = Goal::of(engine, None, [to]);
    let Endpoint::Nic(nic) = to.endpoint else {
        return Ok(());
    };
    let network = engine.network();
    for start in Start::of(engine, from) {
        let there = sets.through(&start, &goal, &asked).works;
        let anywhere = sets.passages(&start, &Goal::anything(), &asked, Silent);
        let arrives = anywhere.iter().filter(|passage| match passage.end.at {
            Some(Origin::Nic(at)) => network.nics[at].machine == network.nics[nic].machine,
            _ => false,
        });
        let all = arrives.fold(FlowSet::none(&space), |all, passage| {
            all.union(&passage.flows)
        });
        if all != there {
            let (more, less) = (all.difference(&there), there.difference(&all));
            return Err(format!(
                "from {}: {:?} {:?}",
                start.name,
                more.boxes(),
                less.boxes()
            ));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_gets_through_is_what_the_oracle_says(topology in vec(any::<u8>(), 600..1700), asked in vec(any::<u8>(), 100..300)) {
        let model = generate::topology(&topology);
        let text = yaml::write(&model);
        let network = adapter::network(&text);
        let engine = Engine::new(&network);
        let mut t = Tape::new(&asked);
        for _ in 0..3 {
            let (from, machine) = (t.below(model.nics.len()), t.below(model.machines.len()));
            let source = adapter::nic(&network, &model, from);
            let member = |nic| Member { endpoint: Endpoint::Nic(nic), whole: false };
            let nics = model.machines[machine].nics.iter();
            let nics: Vec<_> = nics.map(|nic| adapter::nic(&network, &model, *nic)).collect();
            let primary = network.machines[network.nics[nics[0]].machine].primary_nic;
            let to = Member { endpoint: Endpoint::Nic(primary), whole: true };
            if model.nics[from].machine == machine {
                continue;
            }
            let found = only_what_gets_there(&engine, &member(source), &to);
            prop_assert!(found.is_ok(), "{}\n{text}", found.unwrap_err());
            // A probe for every class of ports that the generator draws its rules from, and between them.
            let space = Space::new();
            let sets = Sets { engine: &engine, space: &space };
            let start = Start::of(&engine, &member(source)).remove(0);
            let goal = Goal::anything();
            let works = sets.through(&start, &goal, &Asked::every(services(None, &[]))).works;
            let address = network.nics[primary].addresses[0].address;
            for proto in [Proto::Tcp, Proto::Udp, Proto::Icmp] {
                for port in [1, 22, 53, 80, 443, 444, 1000, 8080, 8443, 9000] {
                    for source_port in [443, 50000, 50001] {
                        let question = Question {
                            from: From::Nic(from),
                            to: To::Machine(machine),
                            proto,
                            application: None,
                            port,
                            source_port,
                        };
                        let mine = walk::check(&model, question);
                        if mine.unsure {
                            continue;
                        }
                        let protocol = match proto {
                            Proto::Tcp => Protocol::Tcp,
                            Proto::Udp => Protocol::Udp,
                            Proto::Icmp => Protocol::Icmp,
                        };
                        let port_of = |port| if protocol.has_ports() { port } else { 0 };
                        let flow = Flow {
                            protocol,
                            source: start.addresses.first().unwrap(),
                            source_port: port_of(source_port),
                            destination: address,
                            destination_port: port_of(port),
                        };
                        let theirs = !works.only(&flow).is_empty();
                        prop_assert_eq!(mine.reachable, theirs, "{} (left: the oracle)\n{}", flow, text);
                    }
                }
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Both, by turns.
fn policies(number: usize) -> [Policy; 1] {
    [[Policy::StopAtFirst, Policy::GoOn][number % 2]]
}

fn hold(inputs: &[Input], name: &str, faults: &mut Vec<String>) -> usize {
    let loaded = load(inputs, &[]);
    if !loaded.is_sound() {
        return 0;
    }
    let network = &loaded.network;
    let engine = Engine::new(network);
    let mut count = 0;
    for (number, (origin, sources)) in origins(network).into_iter().enumerate() {
        let drawn = random_flows(number as u64 * 7919 + 12345, network, &sources, 12);
        for policy in policies(number) {
            match agree(&engine, (origin, sources.clone()), policy, &drawn) {
                Ok(flows) => count += flows,
                Err(fault) => faults.push(format!("{name}: {fault}")),
            }
        }
    }
    count
}

#[test]
fn on_shipped_topologies_and_cases() {
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(root().join("topologies")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.display().to_string();
            count += hold(&[Input::Path(path)], &name, &mut faults);
        }
    }
    for path in files(&root().join("tests/cases")) {
        let name = path.display().to_string();
        count += hold(&[Input::Path(path)], &name, &mut faults);
    }
    faults.truncate(5);
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(count > 5_000, "{count} flows were compared");
}
