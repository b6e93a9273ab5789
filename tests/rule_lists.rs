//! A list of rules that is asked often answers from bits; what it answers is what looking at one rule after
//! the other would, in the naive second implementation here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use dryhop::net::{
    AddressSet, Doubtful, Flow, PortSet, Protocol, ProtocolMatch, Ranges, Rule, RuleList,
};
use proptest::prelude::*;

/// A rule as ranges of numbers; an address of IPv6 is its last word here.
#[derive(Debug, Clone)]
struct Plain {
    protocol: Option<Protocol>,
    source: Vec<(u32, u32)>,
    destination: Vec<(u32, u32)>,
    source_ports: Vec<(u16, u16)>,
    destination_ports: Vec<(u16, u16)>,
    /// Whether its addresses are of IPv6.
    v6: bool,
    doubtful: bool,
}

/// A flow as numbers.
#[derive(Debug, Clone, Copy)]
struct Asked {
    protocol: Protocol,
    source: u32,
    destination: u32,
    source_port: u16,
    destination_port: u16,
    v6: bool,
}

fn within<T: PartialOrd + Copy>(ranges: &[(T, T)], at: T) -> bool {
    ranges
        .iter()
        .any(|(first, last)| *first <= at && at <= *last)
}

/// One rule after the other.
fn naive(rules: &[Plain], asked: &Asked) -> Option<usize> {
    let ports = matches!(asked.protocol, Protocol::Tcp | Protocol::Udp);
    rules.iter().position(|rule| {
        rule.protocol.is_none_or(|own| own == asked.protocol)
            && rule.v6 == asked.v6
            && within(&rule.source, asked.source)
            && within(&rule.destination, asked.destination)
            && (!ports
                || within(&rule.source_ports, asked.source_port)
                    && within(&rule.destination_ports, asked.destination_port))
    })
}

fn v6(last: u32) -> u128 {
    u128::from(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0)) + u128::from(last)
}

fn addresses(ranges: &[(u32, u32)], of_v6: bool) -> AddressSet {
    if of_v6 {
        let ranges = ranges.iter().map(|(a, b)| (v6(*a), v6(*b)));
        AddressSet::of_ranges(Ranges::default(), Ranges::of(ranges.collect()))
    } else {
        AddressSet::of_ranges(Ranges::of(ranges.to_vec()), Ranges::default())
    }
}

fn address(at: u32, of_v6: bool) -> IpAddr {
    if of_v6 {
        Ipv6Addr::from(v6(at)).into()
    } else {
        Ipv4Addr::from(at).into()
    }
}

fn list(rules: &[Plain]) -> RuleList {
    let rules = rules.iter().map(|plain| Rule {
        name: "rule".into(),
        allow: true,
        protocol: plain
            .protocol
            .map_or(ProtocolMatch::Any, ProtocolMatch::Only),
        source: addresses(&plain.source, plain.v6),
        source_ports: PortSet::of(plain.source_ports.clone()),
        destination: addresses(&plain.destination, plain.v6),
        destination_ports: PortSet::of(plain.destination_ports.clone()),
        // What may belong to a rule as well does not.
        doubtful: plain.doubtful.then(|| {
            Box::new(Doubtful {
                tag: Arc::from("Storage"),
                source: AddressSet::all(),
                destination: AddressSet::all(),
            })
        }),
    });
    RuleList::new(rules.collect(), false)
}

fn flow(asked: &Asked) -> Flow {
    Flow {
        protocol: asked.protocol,
        source: address(asked.source, asked.v6),
        source_port: asked.source_port,
        destination: address(asked.destination, asked.v6),
        destination_port: asked.destination_port,
    }
}

/// Few values, so that ranges meet, touch and overlap; and both ends of what there is.
fn address_at() -> impl Strategy<Value = u32> {
    prop_oneof![6 => 0_u32..24, 1 => Just(u32::MAX), 1 => Just(u32::MAX - 1)]
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![6 => 0_u16..16, 1 => Just(u16::MAX), 1 => Just(u16::MAX - 1)]
}

fn ranges<T: Ord + Copy + std::fmt::Debug + 'static>(
    ends: impl Strategy<Value = T> + 'static,
    all: (T, T),
) -> impl Strategy<Value = Vec<(T, T)>> {
    let end = ends.boxed();
    let range = (end.clone(), end).prop_map(|(a, b)| (a.min(b), a.max(b)));
    prop_oneof![3 => prop::collection::vec(range, 0..4), 2 => Just(vec![all])]
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop::sample::select(vec![
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Esp,
        Protocol::Ah,
    ])
}

fn rule() -> impl Strategy<Value = Plain> {
    let addresses = || ranges(address_at(), (0, u32::MAX));
    let ports = || ranges(port(), (0, u16::MAX));
    (
        prop::option::of(protocol()),
        (addresses(), addresses()),
        (ports(), ports()),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(protocol, addresses, ports, v6, doubtful)| Plain {
            protocol,
            source: addresses.0,
            destination: addresses.1,
            source_ports: ports.0,
            destination_ports: ports.1,
            v6,
            doubtful,
        })
}

/// A rule for two hosts, a wide range or everything, and for any port or range of ports.
fn wide_rule() -> impl Strategy<Value = Plain> {
    let addresses = || {
        let host = any::<u32>().prop_map(|at| (at, at));
        let range = any::<(u32, u32)>().prop_map(|(a, b)| (a.min(b), a.max(b)));
        prop_oneof![
            6 => prop::collection::vec(host, 2),
            3 => prop::collection::vec(range, 1..2),
            1 => Just(vec![(0, u32::MAX)]),
        ]
    };
    let ports = any::<(u16, u16)>().prop_map(|(a, b)| vec![(a.min(b), a.max(b))]);
    let v6 = prop::bool::weighted(0.1);
    let protocol = prop::option::of(protocol());
    (protocol, addresses(), addresses(), ports, v6).prop_map(|(protocol, from, to, ports, v6)| {
        Plain {
            protocol,
            source: from,
            destination: to,
            source_ports: vec![(0, u16::MAX)],
            destination_ports: ports,
            v6,
            doubtful: false,
        }
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    (
        protocol(),
        (address_at(), address_at()),
        (port(), port()),
        any::<bool>(),
    )
        .prop_map(|(protocol, addresses, ports, v6)| Asked {
            protocol,
            source: addresses.0,
            destination: addresses.1,
            source_port: ports.0,
            destination_port: ports.1,
            v6,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Asked for the first time and for the hundredth, of rules that fill one word and more.
    #[test]
    fn bits_say_what_rules_say(
        rules in prop_oneof![prop::collection::vec(rule(), 0..12), prop::collection::vec(rule(), 60..140)],
        flows in prop::collection::vec(asked(), 200),
    ) {
        let list = list(&rules);
        for asked in &flows {
            prop_assert_eq!(list.first_match(&flow(asked)), naive(&rules, asked));
        }
        // By now it answers from bits, one by one and many at once.
        let expected: Vec<Option<usize>> = flows.iter().map(|asked| naive(&rules, asked)).collect();
        let flows: Vec<Flow> = flows.iter().map(flow).collect();
        let one_by_one: Vec<Option<usize>> = flows.iter().map(|flow| list.first_match(flow)).collect();
        prop_assert_eq!(&one_by_one, &expected);
        prop_assert_eq!(&list.first_matches(&flows), &expected);
        // A copy is a list that has not been asked yet.
        prop_assert_eq!(&list.clone(), &list);
    }

    /// The same of rules that name so many addresses and ports, all over, that they are found byte by byte; asked
    /// around the ends of what they name.
    #[test]
    fn bits_say_what_many_rules_say(
        rules in prop::collection::vec(wide_rule(), 200..260),
        picked in prop::collection::vec((any::<[prop::sample::Index; 4]>(), 0_u32..3, protocol()), 300),
    ) {
        let list = list(&rules);
        let flows: Vec<Asked> = picked
            .iter()
            .map(|(at, beside, protocol)| {
                let [source, destination, ports, _] = at.map(|at| &rules[at.index(rules.len())]);
                // At one end of a range, before it or behind it.
                let end = |ranges: &[(u32, u32)]| {
                    let ends: Vec<u32> = ranges.iter().flat_map(|(a, b)| [*a, *b]).collect();
                    at[3].get(&ends).wrapping_add(*beside).wrapping_sub(1)
                };
                let port = end(&[ports.destination_ports[0]].map(|(a, b)| (a.into(), b.into())));
                Asked {
                    protocol: *protocol,
                    source: end(&source.source),
                    destination: end(&destination.destination),
                    source_port: 1,
                    destination_port: port as u16,
                    v6: source.v6,
                }
            })
            .collect();
        let expected: Vec<Option<usize>> = flows.iter().map(|asked| naive(&rules, asked)).collect();
        let flows: Vec<Flow> = flows.iter().map(flow).collect();
        for _ in 0..2 {
            prop_assert_eq!(&list.first_matches(&flows), &expected);
        }
        let one_by_one: Vec<Option<usize>> = flows.iter().map(|flow| list.first_match(flow)).collect();
        prop_assert_eq!(&one_by_one, &expected);
    }

    /// A flow is in one of the differences of two lists where one lets it through and the other does not, and in
    /// no other.
    #[test]
    fn differences_are_where_the_lists_differ(
        rules in prop::collection::vec((rule(), any::<bool>()), 0..10),
        others in prop::collection::vec((rule(), any::<bool>()), 0..3),
        otherwise in any::<[bool; 2]>(),
        moved in any::<prop::sample::Index>(),
        flows in prop::collection::vec(asked(), 100),
    ) {
        // The other list is the same with one rule elsewhere, and some more.
        let mut second = rules.clone();
        if !second.is_empty() {
            let rule = second.remove(moved.index(second.len()));
            second.push(rule);
        }
        second.extend(others);
        let lists = [(&rules, otherwise[0]), (&second, otherwise[1])];
        let [a, b] = lists.map(|(rules, otherwise)| {
            let plain: Vec<Plain> = rules.iter().map(|(plain, _)| plain.clone()).collect();
            let built = list(&plain);
            let allowing = built.rules().iter().zip(rules.iter()).map(|(rule, (_, allow))| Rule {
                allow: *allow,
                ..rule.clone()
            });
            RuleList::new(allowing.collect(), otherwise)
        });
        let naive_allows = |rules: &[(Plain, bool)], otherwise: bool, asked: &Asked| {
            let plain: Vec<Plain> = rules.iter().map(|(plain, _)| plain.clone()).collect();
            naive(&plain, asked).map_or(otherwise, |at| rules[at].1)
        };
        let differences = a.differences(&b);
        prop_assert!(a.differences(&a).is_empty());
        for asked in &flows {
            let [before, after] = lists.map(|(rules, otherwise)| naive_allows(rules, otherwise, asked));
            let flow = flow(asked);
            let ports = flow.protocol.has_ports();
            let holds: Vec<bool> = differences
                .iter()
                .filter(|part| {
                    part.sources.contains(flow.source)
                        && part.destinations.contains(flow.destination)
                        && (!ports || part.source_ports.contains(flow.source_port))
                        && part.services.iter().any(|(protocol, own)| {
                            *protocol == flow.protocol
                                && (!ports || own.contains(flow.destination_port))
                        })
                })
                .map(|part| part.allowed)
                .collect();
            let expected: Vec<bool> = (before != after).then_some(after).into_iter().collect();
            prop_assert_eq!(holds, expected, "{:?}", flow);
        }
    }
}
