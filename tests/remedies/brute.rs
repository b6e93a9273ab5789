//! Random blocked checks. A remedy laid over the file makes the check pass; the copy that it was tried on is
//! the network that the file with the overlay resolves to; and of all flows between all ends exactly those
//! fare otherwise that it says.

use std::collections::BTreeSet;
use std::net::IpAddr;

use dryhop::engine::{Answer, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::{EPHEMERAL, Protocol};
use dryhop::network::{Endpoint, FixtureKind, Network};
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;
use dryhop::whatif::{Effect, Felt, Remedy, applied, overlay, remedies, yaml};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use super::naive::answer::{From, To};
use super::naive::model::{Model, Proto};
use super::naive::tape::Tape;
use super::naive::{generate, questions, yaml as model_yaml};

const PORTS: [u16; 6] = [443, 80, 22, 53, 8443, 3389];

pub fn config(usual: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        rng_seed: match cases {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(2026),
        },
        cases: cases.and_then(|text| text.parse().ok()).unwrap_or(usual),
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

/// A topology with some overlays over it.
pub fn loaded(text: &str, over: &[&str]) -> Network {
    let input = |name: &str, text: &str| Input::Text {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let over: Vec<Input> = over
        .iter()
        .enumerate()
        .map(|(at, text)| input(&format!("overlay-{at}.yaml"), text))
        .collect();
    let loaded = load(&[input("generated.yaml", text)], &over);
    assert!(loaded.is_sound(), "{:#?}\n{text}", loaded.diagnostics);
    loaded.network
}

pub fn question(
    network: &Network,
    model: &Model,
    asked: super::naive::answer::Question,
) -> Question {
    let source = match asked.from {
        From::Nic(nic) => {
            let own = &model.nics[nic];
            format!("{}/{}", model.machines[own.machine].name, own.name)
        }
        From::Host(host) => model.hosts[host].name.clone(),
        From::Site(host) => model.site_hosts[host].name.clone(),
    };
    let destination = match asked.to {
        To::Machine(machine) => model.machines[machine].name.clone(),
        To::Host(host) => model.hosts[host].name.clone(),
        To::Site(host) => model.site_hosts[host].name.clone(),
        To::Address(address) => address.to_string(),
    };
    let protocol = match asked.proto {
        Proto::Tcp => Protocol::Tcp,
        Proto::Udp => Protocol::Udp,
        Proto::Icmp => Protocol::Icmp,
    };
    Question::new(
        network.endpoint(&source).unwrap(),
        network.endpoint(&destination).unwrap(),
        protocol,
        protocol.has_ports().then_some(asked.port),
    )
}

pub fn one(engine: &Engine<'_>, question: &Question) -> Answer {
    check(engine, question).unwrap().remove(0)
}

/// Everything that a change may have touched, and what hangs on it.
fn resolved(network: &Network) -> Vec<String> {
    vec![
        format!("{:#?}", network.nsgs),
        format!("{:#?}", network.managers),
        format!("{:#?}", network.route_tables),
        format!("{:#?}", network.firewall_policies),
        format!("{:#?}", network.firewalls),
        format!("{:#?}", network.machines),
        format!("{:#?}", network.nics),
        format!("{:#?}", network.peerings),
        format!("{:#?}", network.public_ips),
        format!("{:#?}", network.owners),
        format!("{:#?}", network.public_owners),
    ]
}

type Key = (IpAddr, IpAddr, Protocol, u16);

/// How every flow between the ends of a network fares: the part that works, and the places it comes by.
fn fares(network: &Network) -> Vec<(Key, i64, Vec<Vec<String>>)> {
    let engine = Engine::new(network);
    let mut sources: Vec<Endpoint> = network.nics.ids().map(Endpoint::Nic).collect();
    sources.extend(network.internet_hosts.ids().map(Endpoint::InternetHost));
    sources.extend(network.site_hosts.ids().map(Endpoint::SiteHost));
    sources.push(Endpoint::Internet);
    let bastions = network.fixtures.iter();
    let bastions = bastions.filter(|(_, own)| own.kind == FixtureKind::BastionHost);
    sources.extend(bastions.map(|(id, _)| Endpoint::Fixture(id)));
    let mut targets: BTreeSet<IpAddr> = BTreeSet::new();
    for (_, nic) in network.nics.iter() {
        targets.extend(nic.addresses.iter().map(|own| own.address));
    }
    for (_, fixture) in network.fixtures.iter() {
        targets.extend(&fixture.addresses);
    }
    targets.extend(network.public_ips.iter().map(|(_, own)| own.address));
    targets.extend(
        network
            .internet_hosts
            .iter()
            .flat_map(|(_, own)| own.addresses.clone()),
    );
    targets.extend(network.site_hosts.iter().map(|(_, own)| own.address));
    targets.insert("192.0.2.1".parse().unwrap());
    let services = [Protocol::Tcp, Protocol::Udp]
        .into_iter()
        .flat_map(|protocol| PORTS.map(|port| (protocol, port)))
        .chain([(Protocol::Icmp, 0)]);
    let services: Vec<(Protocol, u16)> = services.collect();
    let mut found = Vec::new();
    for source in &sources {
        for target in &targets {
            for (protocol, port) in &services {
                let asked = Question::new(
                    source.clone(),
                    Endpoint::Address(*target),
                    *protocol,
                    protocol.has_ports().then_some(*port),
                );
                let Ok(answers) = check(&engine, &asked) else {
                    continue;
                };
                let answer = &answers[0];
                let works = answer.paths.iter().map(|path| path.share * path.works());
                let works = (works.sum::<f64>() * 1e6).round() as i64;
                let places = answer.paths.iter().flat_map(|path| {
                    std::iter::once(&path.hops).chain(path.replies.iter().map(|own| &own.hops))
                });
                let names = |hops: &Vec<dryhop::trace::Hop>| {
                    hops.iter().map(|hop| format!("{:?}", hop.place)).collect()
                };
                let trail = places.map(names).collect();
                let key = (answer.source.address, *target, *protocol, *port);
                found.push((key, works, trail));
            }
        }
    }
    found
}

/// Whether a list says so of a flow from an ephemeral port.
fn says(list: &[Felt], (source, destination, protocol, port): &Key) -> bool {
    list.iter().any(|felt| {
        felt.source_address == *source
            && felt.destination_address == *destination
            && felt.service.protocol == *protocol
            && felt
                .service
                .source_ports
                .is_none_or(|own| own.contains(EPHEMERAL.first))
            && felt.service.ports.is_none_or(|own| own.contains(*port))
    })
}

fn as_said(before: &Network, after: &Network, effect: &Effect, asked: &Answer) -> Option<String> {
    let pairs = fares(before).into_iter().zip(fares(after));
    for ((key, was, there), (_, is, here)) in pairs {
        let flow = &asked.flow;
        let own = (
            flow.source,
            flow.destination,
            flow.protocol,
            flow.destination_port,
        );
        if key == own || key.0 == key.1 {
            continue;
        }
        let said = (
            says(&effect.opened, &key),
            says(&effect.closed, &key),
            says(&effect.rerouted, &key),
        );
        let true_of_it = (is > was, is < was, is == was && is > 0 && here != there);
        if said != true_of_it {
            return Some(format!(
                "{key:?}: {was} → {is}, by {there:?} → {here:?}; (opened, closed, rerouted) said {said:?}, \
                 true {true_of_it:?}"
            ));
        }
    }
    None
}

/// A remedy does what it says, to a topology that may have an overlay over it already.
pub fn holds(
    (text, before): (&str, Option<&str>),
    network: &Network,
    asked: &Question,
    answer: &Answer,
    remedy: &Remedy,
) {
    let over = yaml(&overlay(network, &remedy.changes()));
    let layers: Vec<&str> = before.into_iter().chain([&*over]).collect();
    let after = loaded(text, &layers);
    let text = format!("{text}\n{}", before.unwrap_or_default());
    let copy = applied(network, &remedy.changes());
    for (mine, theirs) in resolved(&copy).iter().zip(resolved(&after)) {
        assert_eq!(
            *mine, theirs,
            "the copy is not what resolves\n{over}\n{text}"
        );
    }
    let engine = Engine::new(&after);
    let mended = one(&engine, asked);
    assert_eq!(
        mended.status,
        ConnectionStatus::Reachable,
        "{asked:?}\n{over}\n{text}"
    );
    let on_copy = one(&Engine::new(&copy), asked);
    assert_eq!(format!("{mended:?}"), format!("{on_copy:?}"));
    if remedy.effect.complete {
        let wrong = as_said(network, &after, &remedy.effect, answer);
        assert!(
            wrong.is_none(),
            "{}\nasked: {:?}\n{over}\n{text}",
            wrong.unwrap_or_default(),
            answer.flow
        );
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn remedies_help_and_do_what_they_say(
        topology in vec(any::<u8>(), 560..1700),
        asked in vec(any::<u8>(), 100..300),
    ) {
        let model = generate::topology(&topology);
        let text = model_yaml::write(&model);
        let network = loaded(&text, &[]);
        let engine = Engine::new(&network);
        let mut t = Tape::new(&asked);
        for _ in 0..6 {
            let Some(asked) = questions::connection(&mut t, &model) else {
                continue;
            };
            let asked = question(&network, &model, asked);
            let Ok(mut answers) = check(&engine, &asked) else {
                continue;
            };
            let answer = answers.remove(0);
            let found = remedies(&engine, &asked, &answer);
            for remedy in found.iter().take(2) {
                holds((&text, None), &network, &asked, &answer, remedy);
            }
        }
    }
}
