//! The walk is generic in what flows: a second kind of traffic, an interval of destination ports, takes
//! the same walk as one flow, and every port of an interval has the fate that one flow has.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use dryhop::engine::{Engine, Origin, Parts, Policy, Rewrite, Traffic, Walk};
use dryhop::load::load;
use dryhop::net::{AddressMap, Flow, RuleList};
use dryhop::spec::read::Input;
use dryhop::trace::{Disposition, ReplyKind, Silent};

/// Flows that differ in their destination port only, from `first` to `last`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ports {
    flow: Flow,
    first: u16,
    last: u16,
    /// Whether the interval is of source ports: that of the replies.
    reply: bool,
}

impl Ports {
    fn at(&self, port: u16) -> Flow {
        if self.reply {
            Flow {
                source_port: port,
                ..self.flow
            }
        } else {
            Flow {
                destination_port: port,
                ..self.flow
            }
        }
    }

    /// Cuts the interval where the answer changes, port by port: slow, and right.
    fn cut<K: PartialEq>(&self, decide: impl Fn(Flow) -> K) -> Parts<K, Self> {
        let mut parts: Parts<K, Self> = Parts::new();
        for port in self.first..=self.last {
            let key = decide(self.at(port));
            match parts.last_mut() {
                Some((last, part)) if *last == key => part.last = port,
                _ => parts.push((
                    key,
                    Self {
                        first: port,
                        last: port,
                        ..*self
                    },
                )),
            }
        }
        parts
    }
}

impl Traffic for Ports {
    fn classify(&self, rules: &RuleList) -> Parts<Option<usize>, Self> {
        self.cut(|flow| rules.rules.iter().position(|rule| rule.matches(&flow)))
    }

    fn look_up<V: Copy + PartialEq>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        Parts::from_iter([(map.get(self.flow.destination), *self)])
    }

    fn translate(&self, rewrite: Rewrite) -> Self {
        let flow = self.flow.translate(Rewrite {
            destination_port: None,
            ..rewrite
        });
        let (first, last) = rewrite
            .destination_port
            .map_or((self.first, self.last), |port| (port, port));
        Self {
            flow,
            first,
            last,
            ..*self
        }
    }

    fn reversed(&self) -> Self {
        Self {
            flow: self.flow.reversed(),
            reply: !self.reply,
            ..*self
        }
    }

    fn undo(&self, before: &Self, after: &Self) -> Self {
        // A translation of ports makes one port of many; else the interval is the same on both sides.
        let kept = before.first == after.first && before.last == after.last;
        let (first, last) = if kept {
            (self.first, self.last)
        } else {
            (before.first, before.last)
        };
        Self {
            first,
            last,
            ..before.reversed()
        }
    }

    fn replies_to(&self, request: &Self) -> bool {
        self.at(0) == request.at(0).reversed()
            && self.first >= request.first
            && self.last <= request.last
    }

    fn witness(&self) -> Flow {
        self.at(self.first)
    }
}

const TOPOLOGY: &str = r#"
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      app: { addressPrefix: 10.0.1.0/24, routeTable: rt }
      nva: { addressPrefix: 10.0.2.0/24 }
      db: { addressPrefix: 10.0.3.0/24, networkSecurityGroup: nsg, routeTable: rt-db }
      agw: { addressPrefix: 10.0.4.0/24 }
routeTables:
  rt: { routes: { db: { addressPrefix: 10.0.3.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 } } }
  rt-db: { routes: { app: { addressPrefix: 10.0.1.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 } } }
networkSecurityGroups:
  nsg:
    securityRules:
      allow-some: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRanges: [20-25, 40-44] }
      deny: { priority: 200, direction: Inbound, access: Deny }
virtualMachines:
  app: { networkInterface: { subnet: vnet/app, privateIPAddress: 10.0.1.4 } }
  db: { networkInterface: { subnet: vnet/db, privateIPAddress: 10.0.3.4 }, guest: { listeners: [tcp/10-23, tcp/44-60] } }
networkVirtualAppliances:
  nva:
    networkInterface: { subnet: vnet/nva, privateIPAddress: 10.0.2.4, enableIPForwarding: true }
    forwarding:
      rules: { no-telnet: { priority: 100, action: Deny, protocol: Tcp, destinationPort: 21 } }
      destinationNat: { published: { protocol: Tcp, destinationAddress: 10.0.2.4, destinationPort: 8080, translatedAddress: 10.0.3.4, translatedPort: 44 } }
applicationGateways:
  agw:
    subnet: vnet/agw
    privateIPAddress: 10.0.4.10
    networkIsolation: true
    backendAddressPools: { db: [db] }
    listeners: { open: { protocol: Http, port: 80 }, shut: { protocol: Http, port: 82 } }
    requestRoutingRules:
      open: { priority: 1, listener: open, backendAddressPool: db, backendPort: 20 }
      shut: { priority: 2, listener: shut, backendAddressPool: db, backendPort: 45 }
"#;

/// Every port with the fate that one flow has, and with that of the interval it falls into.
fn agree(destination: [u8; 4], first: u16, last: u16, policy: Policy) -> Vec<(u16, Disposition)> {
    let loaded = load(
        &[Input::Text {
            name: "seam.yaml".into(),
            text: TOPOLOGY.into(),
        }],
        &[],
    );
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let engine = Engine::new(&loaded.network);
    let nic = loaded.network.nic("app").unwrap();
    let flow = Flow {
        protocol: dryhop::net::Protocol::Tcp,
        source: [10, 0, 1, 4].into(),
        source_port: 50000,
        destination: destination.into(),
        destination_port: 0,
    };
    let ends = Walk::new(&engine, policy, Silent).run(
        Origin::Nic(nic),
        Ports {
            flow,
            first,
            last,
            reply: false,
        },
        None,
    );
    let mut fates = Vec::new();
    for port in first..=last {
        let one = Flow {
            destination_port: port,
            ..flow
        };
        let alone = Walk::new(&engine, policy, Silent).run(Origin::Nic(nic), one, None);
        assert_eq!(alone.len(), 1, "one flow is never split");
        fates.push((port, alone[0].fate.disposition));
        if let Disposition::Delivered = alone[0].fate.disposition {
            assert_eq!(
                alone[0].fate.replies[0].0,
                ReplyKind::Symmetric,
                "port {port}"
            );
        }
    }
    // The parts of the interval, in order of their ports, have the same fates in the same order; where
    // a translation leaves one port, what arrives has that one.
    let mut counted: Vec<Disposition> = ends
        .iter()
        .flat_map(|end| {
            let width = usize::from(end.traffic.last - end.traffic.first) + 1;
            std::iter::repeat_n(end.fate.disposition, width)
        })
        .collect();
    assert_eq!(counted.len(), fates.len());
    counted.sort_by_key(|d| format!("{d:?}"));
    let mut single: Vec<Disposition> = fates.iter().map(|(_, d)| *d).collect();
    single.sort_by_key(|d| format!("{d:?}"));
    assert_eq!(counted, single);
    fates
}

#[test]
fn an_interval_of_ports_takes_the_same_walk() {
    for policy in [Policy::GoOn, Policy::StopAtFirst] {
        let fates = agree([10, 0, 3, 4], 15, 50, policy);
        let of = |port: u16| fates.iter().find(|(p, _)| *p == port).unwrap().1;
        assert_eq!(of(15), Disposition::DeniedBySecurityRule);
        assert_eq!(of(20), Disposition::Delivered);
        assert_eq!(of(21), Disposition::DeniedByAppliance);
        assert_eq!(of(24), Disposition::NoListener);
        assert_eq!(of(44), Disposition::Delivered);
        assert_eq!(of(45), Disposition::DeniedBySecurityRule);
    }
}

#[test]
fn a_translation_maps_it() {
    // 8080 of the appliance itself becomes 44 of the database; its neighbours are the appliance's own.
    let fates = agree([10, 0, 2, 4], 8079, 8081, Policy::GoOn);
    assert!(
        fates
            .iter()
            .all(|(_, disposition)| *disposition == Disposition::Delivered)
    );
}

#[test]
fn a_gateway_asks_for_each_part() {
    for policy in [Policy::GoOn, Policy::StopAtFirst] {
        let fates = agree([10, 0, 4, 10], 79, 83, policy);
        let all: Vec<Disposition> = fates.iter().map(|(_, disposition)| *disposition).collect();
        let expected = [
            Disposition::NoListener,
            Disposition::Delivered,
            Disposition::NoListener,
            Disposition::DeniedBySecurityRule,
            Disposition::NoListener,
        ];
        assert_eq!(all, expected);
    }
}
