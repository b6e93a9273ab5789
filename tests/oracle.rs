//! The engine against a naive second implementation, on random topologies.
//!
//! Each property draws a topology and questions from two tapes of bytes, gives the topology to the
//! engine as YAML, and wants the oracle's answers. The same topologies come each time, so that a change
//! is judged by what it changes; with `PROPTEST_CASES` set there are as many, and new ones each time.

use dryhop::effective::Effective;
use dryhop::engine::Engine;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{FileFailurePersistence, RngSeed, TestRunner};

#[path = "oracle/mod.rs"]
mod naive;

use naive::model::{Model, Way, is_private};
use naive::reach::Reach;
use naive::tape::Tape;
use naive::{adapter, generate, questions, routes, rules, walk, yaml};

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        rng_seed: match cases {
            Some(_) => RngSeed::Random,
            None => RngSeed::Fixed(2026),
        },
        cases: cases.and_then(|text| text.parse().ok()).unwrap_or(200),
        max_shrink_iters: 1000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

fn tape(length: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), length / 3..length)
}

fn nic_name(model: &Model, nic: usize) -> String {
    format!("{}/{}", model.machine(nic).name, model.nics[nic].name)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn effective_routes_and_next_hops_agree(topology in tape(4000), asked in tape(150)) {
        let model = generate::topology(&topology);
        let text = yaml::write(&model);
        let network = adapter::network(&text);
        let effective = Effective::new(&network);
        for nic in 0..model.nics.len() {
            let own = &model.nics[nic];
            let id = adapter::nic(&network, &model, nic);
            let mine = adapter::oracle_lines(&model, &routes::effective(&model, own.vnet, own.subnet));
            let theirs = adapter::route_lines(&effective, id);
            prop_assert_eq!(
                &mine, &theirs,
                "effective routes of {} (left: the oracle)\n{}", nic_name(&model, nic), text
            );
        }
        let mut t = Tape::new(&asked);
        for _ in 0..24 {
            let nic = t.below(model.nics.len());
            let to = questions::address(&mut t, &model);
            let mine = adapter::oracle_next_hop_line(&routes::next_hop(&model, nic, to));
            let id = adapter::nic(&network, &model, nic);
            let theirs = adapter::next_hop_line(&effective, id, to);
            prop_assert_eq!(
                &mine, &theirs,
                "next hop of {} to {} (left: the oracle)\n{}", nic_name(&model, nic), to, text
            );
        }
    }

    #[test]
    fn rule_verdicts_agree(topology in tape(4000), asked in tape(400)) {
        let model = generate::topology(&topology);
        let text = yaml::write(&model);
        let network = adapter::network(&text);
        let effective = Effective::new(&network);
        let mut t = Tape::new(&asked);
        for _ in 0..24 {
            let nic = t.below(model.nics.len());
            let (way, packet) = questions::flow(&mut t, &model, nic);
            // Whether a public address without a group is closed is a matter of how a packet came.
            if way == Way::Inbound && !model.has_group(nic) && !is_private(packet.source) {
                continue;
            }
            let verdict = rules::verdict(&model, nic, way, packet);
            let named = |(_, rule)| format!("{}{rule}", verdict.list);
            let mine = (verdict.allow, verdict.rule.map(named));
            let id = adapter::nic(&network, &model, nic);
            let theirs = adapter::ip_flow(&effective, id, way, packet);
            prop_assert_eq!(
                &mine, &theirs,
                "{:?} {:?} at {} (left: the oracle)\n{}", way, packet, nic_name(&model, nic), text
            );
        }
    }

    #[test]
    fn connections_agree(topology in tape(4000), asked in tape(300)) {
        let model = generate::topology(&topology);
        let text = yaml::write(&model);
        let network = adapter::network(&text);
        let engine = Engine::new(&network);
        let mut t = Tape::new(&asked);
        for _ in 0..20 {
            let Some(question) = questions::connection(&mut t, &model) else {
                continue;
            };
            let mine = walk::check(&model, question);
            if mine.unsure {
                continue;
            }
            let theirs = adapter::ask(&engine, &model, question);
            let differences = adapter::differences(&mine, &theirs);
            prop_assert!(
                differences.is_empty(),
                "they disagree about {:?}\n{:?}\noracle: {:#?}\nengine: {:#?}\n{}",
                differences, question, mine, theirs, text
            );
        }
    }
}

/// How often what the fixed seed draws has to come to what.
const REACHED: &[(&str, usize)] = &[
    ("a public source", 19),
    ("a reply through a firewall: Asymmetric", 3),
    ("a reply through a firewall: Broken", 27),
    ("a reply through a firewall: Symmetric", 33),
    ("admin rule: Allow", 54),
    ("admin rule: AlwaysAllow", 50),
    ("admin rule: Deny", 49),
    ("allowed by a DNAT rule", 13),
    ("allowed by a network rule", 80),
    ("allowed by an application rule", 16),
    ("denied by a network rule", 34),
    ("denied by an application rule", 4),
    ("denied by default", 137),
    ("denied by default, answered", 26),
    ("denied by threat intelligence", 31),
    ("fault: ApplianceFilter", 2),
    ("fault: Firewall", 226),
    ("fault: GuestFirewall", 20),
    ("fault: Loop", 4),
    ("fault: NextHopUnreachable", 69),
    ("fault: NicForwarding", 2),
    ("fault: NoBalancingRule", 38),
    ("fault: NoListener", 49),
    ("fault: NoOutbound", 59),
    ("fault: NoTunnel", 5),
    ("fault: NobodyThere", 41),
    ("fault: NotApproved", 7),
    ("fault: OwnNextHop", 20),
    ("fault: ReplyLost", 113),
    ("fault: RouteToNone", 129),
    ("fault: SecurityRule", 116),
    ("fault: SiteHasNoRoute", 66),
    ("fault: StandardClosed", 30),
    ("fault: Stopped", 48),
    ("fault: VnetAccess", 15),
    ("its private source", 19),
    ("its private source to a public address", 3),
    ("keeps the source", 42),
    ("no fault", 619),
];

/// What the fixed seed draws reaches each outcome that the properties are about.
#[test]
fn the_generator_reaches_every_outcome() {
    let mut reach = Reach::default();
    let mut runner = TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(2026),
        ..config()
    });
    for _ in 0..200 {
        let drawn = (tape(4000), tape(400)).new_tree(&mut runner);
        let (topology, asked) = drawn.expect("two tapes").current();
        let model = generate::topology(&topology);
        let mut t = Tape::new(&asked);
        for _ in 0..20 {
            let nic = t.below(model.nics.len());
            let (way, packet) = questions::flow(&mut t, &model, nic);
            reach.managed(&model, nic, way, packet);
            if let Some(question) = questions::connection(&mut t, &model) {
                reach.connection(&walk::check(&model, question));
            }
        }
    }
    for (outcome, least) in REACHED {
        let count = reach.0.get(*outcome).copied().unwrap_or(0);
        assert!(
            count >= *least,
            "{outcome}: {count} times in {:#?}",
            reach.0
        );
    }
}
