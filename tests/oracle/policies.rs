//! Random firewalls, their policies and IP groups.

use std::net::Ipv4Addr;

use super::endpoints::Policies;
use super::firewalls::*;
use super::generate::{ports, prefixes, public_ip};
use super::model::{Frontend, Model, Proto, Subnet, net};
use super::tape::Tape;

/// The names of hosts on the Internet, and one of which the topology says nothing.
pub const NAMES: [&str; 2] = ["www.contoso.example", "api.fabrikam.example"];
const UNKNOWN: &str = "nobody.example";

/// A firewall in most topologies, mostly in the first VNet; here and there a second.
pub fn firewalls(t: &mut Tape<'_>, model: &mut Model) {
    let count = t.pick(&[0, 0, 0, 1, 1, 1, 1, 2]).min(model.vnets.len());
    if count == 0 {
        return;
    }
    model.ip_groups = (0..2)
        .map(|_| {
            let all = prefixes(model);
            vec![t.pick(&all), t.pick(&all)]
        })
        .collect();
    let first = if t.chance(12) {
        t.below(model.vnets.len())
    } else {
        0
    };
    for number in 0..count {
        let vnet = (first + number) % model.vnets.len();
        firewall(t, model, number, vnet);
    }
    // What they translate is known only with all of them.
    for id in 0..model.firewalls.len() {
        let base = t.chance(50).then(|| {
            let name = format!("fwp-{id}-base");
            policy(t, model, id, name, None)
        });
        let name = format!("fwp-{id}");
        let own = policy(t, model, id, name, base);
        model.policies[own].private_ranges = match t.below(12) {
            0 => Some(vec![net("255.255.255.255/32")]),
            1 => Some(vec![net("0.0.0.0/0")]),
            2 => Some(vec![net("10.0.0.0/8"), net("93.0.0.0/8")]),
            _ => None,
        };
        model.firewalls[id].policy = own;
    }
}

fn firewall(t: &mut Tape<'_>, model: &mut Model, number: usize, vnet: usize) {
    let base = model.vnets[vnet].space[0].addr().octets();
    let nat = t.chance(8).then(|| {
        let ip = public_ip(model, true);
        model.nats.push(ip);
        model.nats.len() - 1
    });
    model.vnets[vnet].subnets.push(Subnet {
        name: "AzureFirewallSubnet".to_owned(),
        prefix: net(&format!("{}.{}.250.0/26", base[0], base[1])),
        group: None,
        table: None,
        nat,
        default_outbound: true,
        policies: Policies::default(),
    });
    let ip = public_ip(model, true);
    model.firewalls.push(Firewall {
        name: format!("fw-{number}"),
        vnet,
        subnet: model.vnets[vnet].subnets.len() - 1,
        address: Ipv4Addr::new(base[0], base[1], 250, 4),
        public_ip: Some(ip),
        policy: 0,
        running: !t.chance(3),
    });
}

fn policy(
    t: &mut Tape<'_>,
    model: &mut Model,
    firewall: usize,
    name: String,
    base: Option<usize>,
) -> usize {
    let listed = [
        "93.184.216.34/32",
        "8.8.0.0/16",
        "20.60.26.0/23",
        "93.0.0.0/8",
    ];
    let groups = t.pick(&[1, 1, 2, 2, 3]);
    let mut groups: Vec<CollectionGroup> = (0..groups)
        .map(|number| CollectionGroup {
            name: format!("g{number}"),
            // The order of names is not that of priorities.
            priority: 100 + u16::from(t.byte()) * 4 + number,
            collections: (0..1 + t.below(3))
                .map(|place| collection(t, model, firewall, (&name, number, place)))
                .collect(),
        })
        .collect();
    if t.chance(55) {
        groups.push(wide(t, &name));
    }
    model.policies.push(FirewallPolicy {
        name,
        base,
        intel: t.pick(&[None, Some("Off"), Some("Alert"), Some("Deny"), Some("Deny")]),
        listed: match t.chance(55) {
            true => vec![net(t.pick(&listed))],
            false => Vec::new(),
        },
        private_ranges: None,
        groups,
    });
    model.policies.len() - 1
}

/// A group of low priority that lets much through: by address, by name, or both.
fn wide(t: &mut Tape<'_>, policy: &str) -> CollectionGroup {
    let network = NetworkRule {
        protocols: Vec::new(),
        sources: Vec::new(),
        destinations: t.pick(&[
            vec![],
            vec![Addresses::Prefix(net("10.0.0.0/8"))],
            vec![Addresses::Prefix(net("10.0.0.0/8"))],
        ]),
        ports: Vec::new(),
    };
    let application = ApplicationRule {
        protocols: vec![(App::Http, 80), (App::Https, 443), (App::Https, 8443)],
        sources: Vec::new(),
        names: vec!["*"],
    };
    let rules = [
        Rules::Network(vec![("wide".to_owned(), network)]),
        Rules::Application(vec![("wide".to_owned(), application)]),
    ];
    let keep = t.pick(&[[true, true], [false, true], [true, false]]);
    let kept = rules.into_iter().zip(keep).filter(|(_, keep)| *keep);
    let collections = kept.enumerate().map(|(place, (rules, _))| Collection {
        name: format!("{policy}-wide-{place}"),
        priority: 60000 + place as u16,
        allow: true,
        rules,
    });
    CollectionGroup {
        name: "wide".to_owned(),
        priority: 60000,
        collections: collections.collect(),
    }
}

fn collection(
    t: &mut Tape<'_>,
    model: &Model,
    firewall: usize,
    (policy, group, place): (&str, u16, usize),
) -> Collection {
    let count = 1 + t.below(2);
    let named = |number: usize| format!("r{number}");
    let kind = t.below(12);
    let rules = match kind {
        0..=2 => Rules::Nat(
            (0..count)
                .map(|n| (named(n), nat_rule(t, model, firewall)))
                .collect(),
        ),
        3..=6 => Rules::Network(
            (0..count)
                .map(|n| (named(n), network_rule(t, model)))
                .collect(),
        ),
        _ => Rules::Application(
            (0..count)
                .map(|n| (named(n), application_rule(t, model)))
                .collect(),
        ),
    };
    Collection {
        // The policy and the group are told apart by it.
        name: format!("{policy}-{group}-{place}"),
        priority: 100 + u16::from(t.byte()) * 4 + place as u16,
        allow: kind < 3 || t.chance(55),
        rules,
    }
}

fn sources(t: &mut Tape<'_>, model: &Model) -> Sources {
    match t.below(8) {
        0..=4 => Vec::new(),
        5 => vec![Addresses::IpGroup(t.below(model.ip_groups.len()))],
        _ => vec![Addresses::Prefix(t.pick(&prefixes(model)))],
    }
}

fn nat_rule(t: &mut Tape<'_>, model: &Model, firewall: usize) -> NatRule {
    let own = &model.firewalls[firewall];
    let public = own
        .public_ip
        .map_or(own.address, |ip| model.public_ips[ip].address);
    let mut targets: Vec<Ipv4Addr> = model.nics.iter().map(|nic| nic.address).collect();
    for balancer in &model.balancers {
        for frontend in &balancer.frontends {
            if let Frontend::Private { address, .. } = frontend {
                targets.push(*address);
            }
        }
    }
    targets.extend(model.endpoints.iter().map(|endpoint| endpoint.address));
    NatRule {
        protocols: t.pick(&[
            vec![Proto::Tcp],
            vec![Proto::Tcp],
            vec![Proto::Tcp, Proto::Udp],
        ]),
        sources: sources(t, model),
        destination: if t.chance(15) { own.address } else { public },
        port: t.pick(&[443, 443, 80, 22, 53]),
        translated: (t.pick(&targets), t.pick(&[443, 80, 22, 8443])),
    }
}

fn network_rule(t: &mut Tape<'_>, model: &Model) -> NetworkRule {
    let prefix = |t: &mut Tape<'_>| Addresses::Prefix(t.pick(&prefixes(model)));
    NetworkRule {
        protocols: t.pick(&[
            vec![],
            vec![],
            vec![Proto::Tcp],
            vec![Proto::Udp, Proto::Icmp],
        ]),
        sources: sources(t, model),
        destinations: match t.below(12) {
            0 | 1 => Vec::new(),
            2 | 3 => vec![Addresses::Prefix(net("10.0.0.0/8"))],
            4 => vec![Addresses::Tag(t.pick(&["Storage", "Sql"]))],
            5 => vec![Addresses::Fqdn(t.pick(&NAMES)), Addresses::Fqdn(UNKNOWN)],
            6 => vec![Addresses::IpGroup(t.below(model.ip_groups.len()))],
            7 => {
                let base = u32::from(t.pick(&prefixes(model)).addr());
                vec![Addresses::Range(
                    Ipv4Addr::from(base + 3),
                    Ipv4Addr::from(base + 132),
                )]
            }
            8 => vec![Addresses::Prefix(net("0.0.0.0/0"))],
            9 => vec![prefix(t), prefix(t)],
            _ => vec![prefix(t)],
        },
        ports: if t.chance(40) { ports(t) } else { Vec::new() },
    }
}

fn application_rule(t: &mut Tape<'_>, model: &Model) -> ApplicationRule {
    let https = (App::Https, 443);
    ApplicationRule {
        protocols: t.pick(&[
            vec![https],
            vec![(App::Http, 80), https],
            vec![(App::Http, 80)],
            vec![(App::Https, 8443), (App::Mssql, 1433)],
            vec![(App::Http, 443)],
        ]),
        sources: sources(t, model),
        names: t.pick(&[
            vec!["*"],
            vec!["*"],
            vec!["*.contoso.example"],
            vec![NAMES[0]],
            vec![NAMES[1], UNKNOWN],
            vec!["*.example"],
        ]),
    }
}
