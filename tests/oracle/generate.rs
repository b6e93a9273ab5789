//! Random small topologies, shaped to hit what is easily got wrong. What comes out is valid: loading it
//! finds no fault.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::branches::gateways;
use super::endpoints::{Endpoint, Policies, endpoints};
use super::managers::managers;
use super::model::*;
use super::policies::{NAMES, firewalls};
use super::pools::balancers;
use super::steer::{forwarding, tables};
use super::tape::Tape;

/// A topology out of a tape.
pub fn topology(bytes: &[u8]) -> Model {
    let mut tape = Tape::new(bytes);
    let t = &mut tape;
    let mut model = Model {
        tags: vec![
            (
                "Storage.WestEurope",
                vec![net("20.60.26.0/23"), net("20.60.30.0/24")],
            ),
            ("Storage", vec![net("20.60.26.0/23"), net("20.60.0.0/20")]),
            ("Sql", vec![net("8.8.8.0/24")]),
        ],
        unlisted_answer: !t.chance(10),
        tag_takes_default_route: !t.chance(15),
        ..Model::default()
    };
    vnets(t, &mut model);
    peerings(t, &mut model);
    hosts(t, &mut model);
    machines(t, &mut model);
    appliances(t, &mut model);
    public_ips(t, &mut model);
    balancers(t, &mut model);
    endpoints(t, &mut model);
    firewalls(t, &mut model);
    groups(t, &mut model);
    tables(t, &mut model);
    forwarding(t, &mut model);
    gateways(t, &mut model);
    managers(t, &mut model);
    model
}

fn vnets(t: &mut Tape<'_>, model: &mut Model) {
    for number in 0..1 + t.below(4) {
        let mut space = vec![net(&format!("10.{number}.0.0/16"))];
        match t.below(16) {
            13 => space = vec![net(&format!("51.{number}.0.0/16"))],
            14 => space = vec![net(&format!("172.{}.0.0/16", 16 + number))],
            15 => space.push(net(&format!("192.168.{number}.0/24"))),
            _ => {}
        }
        // Last, a VNet that takes a reserved range whole; it stays without peers.
        if number == 3 && t.chance(25) {
            space = vec![net("192.168.0.0/16"), net("100.64.0.0/10")];
        }
        let base = space[0].addr().octets();
        let subnets = (0..1 + t.below(3))
            .map(|subnet| Subnet {
                name: format!("s{subnet}"),
                prefix: net(&format!("{}.{}.{}.0/24", base[0], base[1], subnet)),
                group: None,
                table: None,
                nat: None,
                default_outbound: !t.chance(10),
                policies: Policies::default(),
            })
            .collect();
        model.vnets.push(Vnet {
            name: format!("v{number}"),
            region: if t.chance(20) {
                "northeurope"
            } else {
                "westeurope"
            },
            subscription: "s1",
            intent_policy: false,
            space,
            subnets,
            peerings: Vec::new(),
        });
        model.asgs.push(format!("asg-v{number}"));
    }
}

fn overlap(a: &Vnet, b: &Vnet) -> bool {
    let pairs = a
        .space
        .iter()
        .flat_map(|x| b.space.iter().map(move |y| (x, y)));
    pairs
        .into_iter()
        .any(|(x, y)| x.contains(y) || y.contains(x))
}

fn peerings(t: &mut Tape<'_>, model: &mut Model) {
    for a in 0..model.vnets.len() {
        for b in a + 1..model.vnets.len() {
            // What becomes of a reserved range's route under a peer that takes the range is not said.
            if model.vnets[b].space.contains(&net("100.64.0.0/10")) {
                continue;
            }
            let likely = if a == 0 { 85 } else { 20 };
            let clash = (0..model.vnets.len()).any(|c| {
                c != a
                    && c != b
                    && [a, b]
                        .iter()
                        .any(|x| overlap(&model.vnets[*x], &model.vnets[c]))
            });
            if overlap(&model.vnets[a], &model.vnets[b]) || clash || !t.chance(likely) {
                continue;
            }
            let subnets = t.chance(10).then(|| {
                let some = |t: &mut Tape<'_>, vnet: usize| -> Vec<usize> {
                    let count = model.vnets[vnet].subnets.len();
                    let mut listed: Vec<usize> = (0..count).filter(|_| t.chance(60)).collect();
                    if listed.is_empty() {
                        listed.push(0);
                    }
                    listed
                };
                (some(t, a), some(t, b))
            });
            let sides = [
                (a, b, subnets.clone()),
                (b, a, subnets.map(|(here, there)| (there, here))),
            ];
            for (from, to, subnets) in sides {
                if t.chance(3) {
                    continue;
                }
                let peering = Peering {
                    remote: to,
                    access: !t.chance(5),
                    forwarded: t.chance(85),
                    disconnected: t.chance(2),
                    transit: false,
                    remote_gateways: false,
                    subnets,
                };
                model.vnets[from].peerings.push(peering);
            }
        }
    }
}

pub fn listeners(t: &mut Tape<'_>) -> Option<Vec<(Proto, u16, u16)>> {
    t.chance(12).then(|| {
        t.pick(&[
            vec![],
            vec![(Proto::Tcp, 443, 443)],
            vec![(Proto::Tcp, 22, 443), (Proto::Udp, 53, 53)],
        ])
    })
}

fn hosts(t: &mut Tape<'_>, model: &mut Model) {
    for number in 0..t.pick(&[1, 1, 2, 2, 0]) {
        model.hosts.push(Host {
            name: NAMES[number].to_owned(),
            address: [Ipv4Addr::new(93, 184, 216, 34), Ipv4Addr::new(8, 8, 8, 8)][number],
            listeners: listeners(t),
        });
    }
}

fn nic(t: &mut Tape<'_>, model: &mut Model, machine: usize, vnet: usize, subnet: usize) -> usize {
    let base = u32::from(model.vnets[vnet].subnets[subnet].prefix.addr());
    let here = |nic: &&Nic| nic.vnet == vnet && nic.subnet == subnet;
    let taken = u32::try_from(model.nics.iter().filter(here).count()).unwrap_or(0);
    let name = format!("n{}", model.machines[machine].nics.len());
    model.nics.push(Nic {
        name,
        machine,
        vnet,
        subnet,
        // Here and there one of the upper half, for prefixes that cut through the subnet.
        address: Ipv4Addr::from(base + 4 + taken + if t.chance(30) { 128 } else { 0 }),
        public_ip: None,
        group: None,
        in_asg: t.chance(30),
        ip_forwarding: t.chance(5),
    });
    model.machines[machine].nics.push(model.nics.len() - 1);
    model.nics.len() - 1
}

fn machine(t: &mut Tape<'_>, model: &mut Model, name: String) -> usize {
    let guest = |t: &mut Tape<'_>, inbound: bool| Filter {
        default_allow: !t.chance(1),
        rules: (0..if t.chance(6) { 2 } else { 0 })
            .map(|number| {
                let remote = t.pick(&[None, Some(net("10.0.0.0/15")), Some(net("8.0.0.0/7"))]);
                FilterRule {
                    priority: 200 - number,
                    allow: t.chance(50),
                    proto: t.pick(&[None, Some(Proto::Tcp), Some(Proto::Icmp)]),
                    source: remote.filter(|_| inbound),
                    destination: remote.filter(|_| !inbound),
                    destination_ports: t.pick(&[vec![], vec![(443, 443)], vec![(1, 1023)]]),
                }
            })
            .collect(),
    };
    model.machines.push(Machine {
        name,
        running: !t.chance(3),
        nics: Vec::new(),
        primary: 0,
        listeners: listeners(t),
        inbound: guest(t, true),
        outbound: guest(t, false),
        forwarding: None,
    });
    model.machines.len() - 1
}

fn machines(t: &mut Tape<'_>, model: &mut Model) {
    let places: Vec<(usize, usize)> = (0..model.vnets.len())
        .flat_map(|vnet| (0..model.vnets[vnet].subnets.len()).map(move |subnet| (vnet, subnet)))
        .collect();
    for number in 0..2 + t.below(6) {
        let (vnet, subnet) = places[(number + t.below(places.len())) % places.len()];
        let id = machine(t, model, format!("vm-{number}"));
        model.machines[id].primary = nic(t, model, id, vnet, subnet);
        if t.chance(10) {
            let other = t.below(model.vnets[vnet].subnets.len());
            nic(t, model, id, vnet, other);
        }
    }
}

fn appliances(t: &mut Tape<'_>, model: &mut Model) {
    for number in 0..t.pick(&[0, 1, 1, 2, 2, 3]) {
        let vnet = if t.chance(70) {
            0
        } else {
            t.below(model.vnets.len())
        };
        let count = model.vnets[vnet].subnets.len();
        let id = machine(t, model, format!("nva-{number}"));
        // Most of the time in the last subnet, apart from the machines with a route table.
        let subnet = if t.chance(30) {
            t.below(count)
        } else {
            count - 1
        };
        let first = nic(t, model, id, vnet, subnet);
        let mut nics = vec![first];
        // Two NICs in one subnet: which of them takes its packets on is not said.
        let other = t.below(count);
        if t.chance(45) && other != subnet {
            nics.push(nic(t, model, id, vnet, other));
        }
        for nic in &nics {
            model.nics[*nic].ip_forwarding = !t.chance(10);
        }
        model.machines[id].primary = t.pick(&nics);
        let stateful = !t.chance(40);
        model.machines[id].forwarding = Some(Forwarding {
            enabled: !t.chance(6),
            stateful,
            // A router without state translates nothing.
            snat: match t.below(5) {
                3 if stateful => Snat::Internet,
                4 if stateful => Snat::All,
                _ => Snat::None,
            },
            routes: Vec::new(),
            filter: Filter::default(),
            dnat: None,
        });
    }
}

fn public_ips(t: &mut Tape<'_>, model: &mut Model) {
    for (vnet, subnet) in (0..model.vnets.len())
        .flat_map(|vnet| (0..model.vnets[vnet].subnets.len()).map(move |subnet| (vnet, subnet)))
        .collect::<Vec<_>>()
    {
        if t.chance(15) {
            let ip = public_ip(model, true);
            model.nats.push(ip);
            model.vnets[vnet].subnets[subnet].nat = Some(model.nats.len() - 1);
        }
    }
    for nic in 0..model.nics.len() {
        if t.chance(25) {
            // Azure lets no Basic address stand beside a NAT gateway.
            let standard = t.chance(60) || model.subnet(nic).nat.is_some();
            let ip = public_ip(model, standard);
            model.nics[nic].public_ip = Some(ip);
        }
    }
}

pub fn public_ip(model: &mut Model, standard: bool) -> usize {
    let number = model.public_ips.len();
    model.public_ips.push(PublicIp {
        name: format!("pip-{number}"),
        address: Ipv4Addr::new(20, 50, 0, 10 + u8::try_from(number).unwrap_or(0)),
        standard,
    });
    number
}

/// Prefixes that mean something in the topology: ranges, subnets, parts of them, single addresses.
pub fn prefixes(model: &Model) -> Vec<Ipv4Net> {
    let mut all: Vec<Ipv4Net> = Vec::new();
    for vnet in &model.vnets {
        for subnet in &vnet.subnets {
            let base = u32::from(subnet.prefix.addr());
            let part = |offset: u32, length: u8| {
                let at = Ipv4Addr::from(base + offset);
                Ipv4Net::new(at, length).expect("a length of at most 32")
            };
            all.extend([
                subnet.prefix,
                part(0, 25),
                part(128, 25),
                part(4, 31),
                part(4, 32),
            ]);
        }
        all.extend(vnet.space.iter().copied());
    }
    let alone = |endpoint: &Endpoint| Ipv4Net::from(endpoint.address);
    all.extend(model.endpoints.iter().map(alone));
    all.extend(
        [
            "8.8.8.8/32",
            "8.0.0.0/7",
            "20.0.0.0/8",
            "93.0.0.0/8",
            "10.0.0.0/8",
        ]
        .map(net),
    );
    all
}

pub fn ports(t: &mut Tape<'_>) -> Ports {
    t.pick(&[
        vec![],
        vec![],
        vec![(443, 443)],
        vec![(22, 22), (80, 80)],
        vec![(80, 443)],
        vec![(1024, 65535)],
    ])
}

fn side(t: &mut Tape<'_>, model: &Model, asg_of: usize) -> Side {
    match t.below(12) {
        0..=2 => Side::Any,
        3 => Side::Tag("VirtualNetwork"),
        4 => Side::Tag("Internet"),
        5 => Side::Tag(t.pick(&["AzureLoadBalancer", "Storage", "Storage.WestEurope", "Sql"])),
        6 => Side::Asg(asg_of),
        _ => {
            let all = prefixes(model);
            let mut some = vec![t.pick(&all)];
            let second = t.pick(&all);
            let apart = !second.contains(&some[0]) && !some[0].contains(&second);
            if apart && t.chance(30) {
                some.push(second);
            }
            Side::Prefixes(some)
        }
    }
}

fn groups(t: &mut Tape<'_>, model: &mut Model) {
    for number in 0..t.below(4) {
        let rules = (0..t.below(7))
            .map(|rule| {
                let asg_of = t.below(model.vnets.len());
                Rule {
                    name: format!("r{rule}"),
                    priority: 100 + u16::from(t.byte()) % 200 * 16 + rule as u16,
                    way: t.pick(&[Way::Inbound, Way::Outbound]),
                    allow: t.chance(55),
                    proto: t.pick(&[
                        None,
                        Some(Proto::Tcp),
                        None,
                        Some(Proto::Udp),
                        Some(Proto::Icmp),
                    ]),
                    source: side(t, model, asg_of),
                    source_ports: if t.chance(10) { ports(t) } else { vec![] },
                    destination: side(t, model, asg_of),
                    destination_ports: ports(t),
                }
            })
            .collect();
        model.groups.push(Group {
            name: format!("nsg-{number}"),
            rules,
        });
    }
    let count = model.groups.len();
    if count == 0 {
        return;
    }
    for vnet in &mut model.vnets {
        for subnet in &mut vnet.subnets {
            // Azure Firewall's takes none.
            let takes = subnet.name != "AzureFirewallSubnet";
            subnet.group = (takes && t.chance(25)).then(|| t.below(count));
        }
    }
    for nic in &mut model.nics {
        nic.group = t.chance(15).then(|| t.below(count));
    }
}
