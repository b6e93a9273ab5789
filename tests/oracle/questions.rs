//! What is asked about a random topology.

use std::net::Ipv4Addr;

use super::answer::{From, Question, To};
use super::firewalls::{self, App};
use super::model::{Frontend, Model, Packet, Proto, Way};
use super::tape::Tape;

/// An address that means something in the topology, or close to it.
pub fn address(t: &mut Tape<'_>, model: &Model) -> Ipv4Addr {
    let nic = &model.nics[t.below(model.nics.len())];
    let outside = [
        Ipv4Addr::new(8, 8, 8, 8),
        Ipv4Addr::new(93, 184, 216, 34),
        Ipv4Addr::new(20, 60, 27, 1),
        Ipv4Addr::new(20, 60, 30, 9),
        Ipv4Addr::new(20, 60, 5, 5),
        Ipv4Addr::new(1, 2, 3, 4),
        Ipv4Addr::new(10, 0, 200, 200),
        Ipv4Addr::new(10, 77, 0, 4),
        Ipv4Addr::new(172, 20, 0, 4),
        Ipv4Addr::new(192, 168, 9, 9),
        Ipv4Addr::new(100, 64, 0, 1),
    ];
    let frontends = frontends(model);
    match t.below(12) {
        11 if !model.endpoints.is_empty() => t.pick(&model.endpoints).address,
        10 if !model.site_hosts.is_empty() => t.pick(&model.site_hosts).address,
        8..=9 if !frontends.is_empty() => t.pick(&frontends),
        0..=3 => nic.address,
        4 => Ipv4Addr::from(u32::from(nic.address) ^ 1),
        5 if !model.public_ips.is_empty() => t.pick(&model.public_ips).address,
        _ => t.pick(&outside),
    }
}

/// The addresses of load balancers.
fn frontends(model: &Model) -> Vec<Ipv4Addr> {
    let all = model.balancers.iter().flat_map(|b| b.frontends.iter());
    let all = all.map(|frontend| match frontend {
        Frontend::Private { address, .. } => *address,
        Frontend::Public(ip) => model.public_ips[*ip].address,
    });
    all.collect()
}

/// A packet as a NIC could see it, and which way.
pub fn flow(t: &mut Tape<'_>, model: &Model, nic: usize) -> (Way, Packet) {
    let way = t.pick(&[Way::Outbound, Way::Inbound]);
    let local = match t.chance(20) {
        true => address(t, model),
        false => model.nics[nic].address,
    };
    let remote = match way == Way::Inbound && t.chance(5) {
        true => Ipv4Addr::new(168, 63, 129, 16),
        false => address(t, model),
    };
    let (source, destination) = match way {
        Way::Outbound => (local, remote),
        Way::Inbound => (remote, local),
    };
    let packet = Packet {
        proto: t.pick(&[Proto::Tcp, Proto::Udp]),
        source,
        source_port: source_port(t),
        destination,
        destination_port: port(t),
    };
    (way, packet)
}

fn port(t: &mut Tape<'_>) -> u16 {
    t.pick(&[443, 443, 80, 22, 53, 8443])
}

fn source_port(t: &mut Tape<'_>) -> u16 {
    t.pick(&[50000, 50001, 443, 80])
}

/// A connection; `None` where it would go from a NIC to itself, or from outside to nothing public.
pub fn connection(t: &mut Tape<'_>, model: &Model) -> Option<Question> {
    let proto = t.pick(&[Proto::Tcp, Proto::Tcp, Proto::Udp, Proto::Icmp]);
    let (mut port, source_port) = (port(t), source_port(t));
    // Every public address that is not a NAT gateway's.
    let attached: Vec<Ipv4Addr> = (0..model.public_ips.len())
        .filter(|ip| !model.nats.contains(ip))
        .filter(|ip| {
            model
                .gateways
                .iter()
                .all(|gateway| ![gateway.public_ip, gateway.second_ip].contains(&Some(*ip)))
        })
        .map(|ip| model.public_ips[ip].address)
        .collect();
    // Rather a firewall's, which publishes something.
    let published = model.firewalls.iter().filter_map(|own| own.public_ip);
    let published: Vec<Ipv4Addr> = published.map(|ip| model.public_ips[ip].address).collect();
    let branches = model.site_hosts.len();
    let (from, to) = if branches > 0 && t.chance(25) {
        let host = t.below(branches);
        let to = match t.chance(25) {
            true => To::Address(address(t, model)),
            false => To::Machine(t.below(model.machines.len())),
        };
        (From::Site(host), to)
    } else if t.chance(if published.is_empty() { 12 } else { 20 })
        && !model.hosts.is_empty()
        && !attached.is_empty()
    {
        let host = t.below(model.hosts.len());
        let to = match !published.is_empty() && t.chance(60) {
            true => t.pick(&published),
            false => t.pick(&attached),
        };
        let ports: Vec<u16> = firewalls::published_ports(model).collect();
        if !ports.is_empty() && t.chance(50) {
            port = t.pick(&ports);
        }
        (From::Host(host), To::Address(to))
    } else {
        // Rather from where a route table has a say.
        let draws = [0, 1, 2].map(|_| t.below(model.nics.len()));
        let tabled = draws.iter().find(|nic| model.subnet(**nic).table.is_some());
        let nic = *tabled.unwrap_or(&draws[0]);
        let to = match t.below(6) {
            0 if branches > 0 => To::Site(t.below(branches)),
            0 | 1 => To::Machine(t.below(model.machines.len())),
            2 | 3 if !model.hosts.is_empty() => To::Host(t.below(model.hosts.len())),
            _ => To::Address(address(t, model)),
        };
        (From::Nic(nic), to)
    };
    if let From::Nic(nic) = from {
        let machine = model.nics[nic].machine;
        let own = |address: Ipv4Addr| {
            let mut nics = model.machines[machine].nics.iter();
            nics.any(|nic| {
                let public = model.public_address(*nic).map(|ip| ip.address);
                model.nics[*nic].address == address || public == Some(address)
            })
        };
        match to {
            To::Machine(other) if other == machine => return None,
            To::Address(address) if own(address) => return None,
            _ => {}
        }
    }
    let application = match t.below(6) {
        0 | 1 if proto == Proto::Tcp => Some(App::Https),
        2 if proto == Proto::Tcp => Some(App::Http),
        _ => None,
    };
    Some(Question {
        from,
        to,
        proto,
        application,
        port,
        source_port,
    })
}
