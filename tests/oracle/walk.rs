//! One flow from its source to its destination, hop by hop: routing §0 with §3, §4 and §6.

use std::cell::Cell;
use std::net::Ipv4Addr;

use super::model::{Hop, Model, Packet, Proto, Snat, Way, is_private};
use super::reply;
use super::routes::{chosen, neighbour_at};
use super::rules::{filter, verdict};

/// Where a flow starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Nic(usize),
    Host(usize),
}

/// Where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    Machine(usize),
    Host(usize),
    Address(Ipv4Addr),
}

/// A connection that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub from: From,
    pub to: To,
    pub proto: Proto,
    pub port: u16,
    pub source_port: u16,
}

/// Why a packet does not get on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    SecurityRule(Way, String),
    StandardClosed,
    ApplianceFilter,
    GuestFirewall,
    NoListener,
    Stopped,
    RouteToNone,
    NoGateway,
    NobodyThere,
    NextHopUnreachable,
    /// The next hop is the NIC that the packet leaves by.
    OwnNextHop,
    Loop,
    NicForwarding,
    GuestForwarding,
    ForwardedTraffic,
    VnetAccess,
    SubnetNotPeered,
    NoOutbound,
    NoAnswer,
    ReplyLost(String),
}

impl Fault {
    /// A denial: the path is listed to its end all the same.
    pub const fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::SecurityRule(..) | Self::StandardClosed | Self::ApplianceFilter
        )
    }
}

/// What the oracle says of a connection.
#[derive(Debug, Clone)]
pub struct Answer {
    pub reachable: bool,
    /// The resources passed: all of them where `complete`, else those up to the fault.
    pub hops: Vec<String>,
    pub complete: bool,
    pub return_path: Option<&'static str>,
    pub faults: Vec<(String, Fault)>,
    /// Whether the request went out to the Internet and came back in by a public address.
    pub hairpin: bool,
    /// The packet as it reaches the destination.
    pub seen: Option<Packet>,
    /// Whether something happened that the pages do not settle.
    pub unsure: bool,
}

/// A passage through an appliance: the packet as it came and as it went.
#[derive(Debug, Clone)]
pub struct Passage {
    pub machine: usize,
    pub before: Packet,
    pub after: Packet,
    pub stateful: bool,
}

/// A request on its way, and all that its reply depends on.
pub struct Walk<'m> {
    pub model: &'m Model,
    pub origin: Packet,
    pub hops: Vec<String>,
    pub faults: Vec<(String, Fault)>,
    /// Packets as NICs have seen them, on arrival or departure.
    pub seen: Vec<(usize, Packet)>,
    pub passages: Vec<Passage>,
    /// The NIC that sent it to the Internet, and the packet before its translation.
    pub left: Option<(usize, Packet)>,
    /// The NIC that it came in at by its public address, and the packet behind it.
    pub entered: Option<(usize, Packet)>,
    pub end: Option<End>,
    pub unsure: Cell<bool>,
    arrivals: Vec<(usize, Packet)>,
}

/// Where a request ends well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Nic(usize, Packet),
    Outside,
}

/// Where a packet goes from a NIC.
pub enum Next {
    Nic(usize),
    Internet,
}

impl Walk<'_> {
    pub fn block(&mut self, fault: Fault) {
        let at = self.hops.last().cloned().unwrap_or_default();
        self.faults.push((at, fault));
    }
}

/// Asks the oracle.
pub fn check(model: &Model, question: Question) -> Answer {
    let destination = match question.to {
        To::Machine(machine) => model.nics[model.machines[machine].primary].address,
        To::Host(host) => model.hosts[host].address,
        To::Address(address) => address,
    };
    let (has_ports, port) = (question.proto != Proto::Icmp, question.port);
    let origin = Packet {
        proto: question.proto,
        source: match question.from {
            From::Nic(nic) => model.nics[nic].address,
            From::Host(host) => model.hosts[host].address,
        },
        source_port: if has_ports { question.source_port } else { 0 },
        destination,
        destination_port: if has_ports { port } else { 0 },
    };
    let mut walk = Walk {
        model,
        origin,
        hops: Vec::new(),
        faults: Vec::new(),
        seen: Vec::new(),
        passages: Vec::new(),
        left: None,
        entered: None,
        end: None,
        unsure: Cell::new(false),
        arrivals: Vec::new(),
    };
    let outcome = match question.from {
        From::Nic(nic) => {
            let machine = model.machine(nic);
            walk.hops.push(machine.name.clone());
            if !machine.running {
                Err(Fault::Stopped)
            } else if !filter(&machine.outbound, origin) {
                Err(Fault::GuestFirewall)
            } else {
                leave(&mut walk, nic, origin)
            }
        }
        From::Host(host) => {
            walk.hops.push(model.hosts[host].name.clone());
            outside(&mut walk, origin)
        }
    };
    let stopped = outcome.is_err();
    if let Err(fault) = outcome {
        walk.block(fault);
    }
    let complete = !stopped && walk.faults.iter().all(|(_, fault)| fault.is_denial());
    let mut return_path = None;
    if walk.faults.is_empty() {
        return_path = Some(match reply::walk(&walk) {
            Ok(hops) => {
                if hops.iter().rev().eq(walk.hops.iter()) {
                    "Symmetric"
                } else {
                    "Asymmetric"
                }
            }
            Err(why) => {
                walk.block(Fault::ReplyLost(why));
                "Broken"
            }
        });
    }
    Answer {
        reachable: walk.faults.is_empty(),
        complete,
        return_path,
        hairpin: walk.left.is_some() && walk.entered.is_some(),
        seen: match walk.end {
            Some(End::Nic(_, packet)) => Some(packet),
            _ => None,
        },
        unsure: walk.unsure.get(),
        hops: walk.hops,
        faults: walk.faults,
    }
}

/// Where the routes of a NIC send a packet.
pub fn step(model: &Model, nic: usize, packet: Packet) -> Result<Next, Fault> {
    let to = packet.destination;
    let vnet = model.nics[nic].vnet;
    let row = chosen(model, nic, to).ok_or(Fault::RouteToNone)?;
    let owner = match row.hop {
        Hop::None => return Err(Fault::RouteToNone),
        Hop::Gateway => return Err(Fault::NoGateway),
        Hop::Internet => return Ok(Next::Internet),
        // Decisions: a user route of this type reaches a direct peer, too.
        Hop::VnetLocal if row.user.is_some() => neighbour_at(model, vnet, to),
        Hop::VnetLocal => model.nic_at(vnet, to),
        Hop::VNetPeering | Hop::VNetGlobalPeering => neighbour_at(model, vnet, to),
        Hop::Appliance(address) => {
            let appliance = neighbour_at(model, vnet, address).ok_or(Fault::NextHopUnreachable)?;
            if appliance == nic {
                return Err(Fault::OwnNextHop);
            }
            Some(appliance)
        }
    };
    owner.map(Next::Nic).ok_or(Fault::NobodyThere)
}

/// What a peering keeps back (4.5, 4.6, 4.12), of requests and replies alike.
pub fn cross(model: &Model, from: usize, to: usize, packet: Packet) -> Option<Fault> {
    let (a, b) = (&model.nics[from], &model.nics[to]);
    if a.vnet == b.vnet {
        return None;
    }
    let (here, there) = (
        model.peering(a.vnet, b.vnet)?,
        model.peering(b.vnet, a.vnet)?,
    );
    if let Some((local, remote)) = &here.subnets
        && !(local.contains(&a.subnet) && remote.contains(&b.subnet))
    {
        return Some(Fault::SubnetNotPeered);
    }
    if !there.forwarded && !model.in_space(a.vnet, packet.source) {
        return Some(Fault::ForwardedTraffic);
    }
    let shut = |access: bool, nic: usize| !access && !model.has_group(nic);
    (shut(here.access, from) || shut(there.access, to)).then_some(Fault::VnetAccess)
}

fn judge(walk: &mut Walk<'_>, nic: usize, way: Way, packet: Packet) {
    let verdict = verdict(walk.model, nic, way, packet);
    if !verdict.allow {
        let (_, rule) = verdict.rule.unwrap_or_default();
        walk.block(Fault::SecurityRule(way, rule));
    }
    walk.seen.push((nic, packet));
}

fn leave(walk: &mut Walk<'_>, nic: usize, packet: Packet) -> Result<(), Fault> {
    judge(walk, nic, Way::Outbound, packet);
    match step(walk.model, nic, packet)? {
        Next::Nic(to) => {
            if let Some(fault) = cross(walk.model, nic, to, packet) {
                return Err(fault);
            }
            arrive(walk, to, packet)
        }
        Next::Internet => {
            // Whether ICMP goes by the NIC's own address where a NAT gateway takes the rest is not said.
            let subnet = walk.model.subnet(nic);
            if packet.proto == Proto::Icmp && subnet.nat.is_some() {
                walk.unsure.set(walk.model.public_address(nic).is_some());
            }
            let source = public_source(walk.model, nic, packet)?;
            walk.left = Some((nic, packet));
            outside(walk, Packet { source, ..packet })
        }
    }
}

/// What stands for Microsoft's own address of default outbound access, which no file can name.
const DEFAULT_OUTBOUND: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);

/// The address under which a packet goes to the Internet (§6).
fn public_source(model: &Model, nic: usize, packet: Packet) -> Result<Ipv4Addr, Fault> {
    if is_private(packet.destination) {
        return Err(Fault::RouteToNone);
    }
    let (subnet, own) = (model.subnet(nic), &model.nics[nic]);
    if packet.source != own.address {
        return Err(Fault::NoOutbound);
    }
    let ports = packet.proto != Proto::Icmp;
    if let Some(nat) = subnet.nat {
        let address = model.public_ips[model.nats[nat]].address;
        return ports.then_some(address).ok_or(Fault::NoOutbound);
    }
    if let Some(public) = model.public_address(nic) {
        return Ok(public.address);
    }
    let mut others = model.machine(nic).nics.iter();
    let explicit = others.any(|other| model.nics[*other].public_ip.is_some());
    if subnet.default_outbound && !explicit && ports {
        Ok(DEFAULT_OUTBOUND)
    } else {
        Err(Fault::NoOutbound)
    }
}

/// On the Internet: to a public address of the topology, a listed host, or anybody.
fn outside(walk: &mut Walk<'_>, packet: Packet) -> Result<(), Fault> {
    let model = walk.model;
    let to = packet.destination;
    let ips = &model.public_ips;
    if let Some(ip) = ips.iter().position(|ip| ip.address == to) {
        let owner = model.nics.iter().position(|nic| nic.public_ip == Some(ip));
        let nic = owner.ok_or(Fault::NobodyThere)?;
        let inside = Packet {
            destination: model.nics[nic].address,
            ..packet
        };
        walk.entered = Some((nic, inside));
        return arrive(walk, nic, inside);
    }
    walk.end = Some(End::Outside);
    if let Some(host) = model.hosts.iter().find(|host| host.address == to) {
        walk.hops.push(host.name.clone());
        return listens(host.listeners.as_deref(), packet);
    }
    if !model.unlisted_answer {
        return Err(Fault::NoAnswer);
    }
    walk.hops.push("Internet".to_owned());
    Ok(())
}

fn listens(listeners: Option<&[(Proto, u16, u16)]>, packet: Packet) -> Result<(), Fault> {
    let heard = packet.proto == Proto::Icmp
        || listeners.is_none_or(|all| {
            all.iter().any(|(proto, first, last)| {
                *proto == packet.proto && (*first..=*last).contains(&packet.destination_port)
            })
        });
    heard.then_some(()).ok_or(Fault::NoListener)
}

fn arrive(walk: &mut Walk<'_>, nic: usize, packet: Packet) -> Result<(), Fault> {
    let model = walk.model;
    if walk.arrivals.contains(&(nic, packet)) {
        return Err(Fault::Loop);
    }
    walk.arrivals.push((nic, packet));
    let machine = model.machine(nic);
    walk.hops.push(machine.name.clone());
    if walk.entered == Some((nic, packet))
        && !model.has_group(nic)
        && model.public_address(nic).is_some_and(|ip| ip.standard)
    {
        walk.block(Fault::StandardClosed);
    }
    // The groups are enforced by the host (security 3.1), which takes the packet first.
    judge(walk, nic, Way::Inbound, packet);
    if !machine.running {
        return Err(Fault::Stopped);
    }
    let own = &model.nics[nic];
    let translated = translate(model, nic, packet);
    if packet.destination == own.address && translated == packet {
        walk.end = Some(End::Nic(nic, packet));
        if !filter(&machine.inbound, packet) {
            return Err(Fault::GuestFirewall);
        }
        return listens(machine.listeners.as_deref(), packet);
    }
    // Whether a machine takes packets for another of its NICs, and by which it answers, is not said.
    if is_own_elsewhere(model, nic, translated.destination) {
        walk.unsure.set(true);
        return Err(Fault::NobodyThere);
    }
    if packet.destination != own.address && !own.ip_forwarding {
        return Err(Fault::NicForwarding);
    }
    let forwarding = machine.forwarding.as_ref();
    let forwarding = forwarding
        .filter(|forwarding| forwarding.enabled)
        .ok_or(Fault::GuestForwarding)?;
    if !filter(&forwarding.filter, translated) {
        walk.block(Fault::ApplianceFilter);
    }
    let (out, after) = send_on(model, forwarding.snat, nic, translated)?;
    walk.passages.push(Passage {
        machine: own.machine,
        before: packet,
        after,
        stateful: forwarding.stateful,
    });
    leave(walk, out, after)
}

/// Whether an address belongs to the machine of a NIC, but (or only) to another NIC of it.
fn is_own_elsewhere(model: &Model, nic: usize, address: Ipv4Addr) -> bool {
    let mut nics = model.machine(nic).nics.iter();
    nics.any(|other| *other != nic && model.nics[*other].address == address)
}

/// The packet after an appliance's translation of destinations.
fn translate(model: &Model, nic: usize, packet: Packet) -> Packet {
    let forwarding = model.machine(nic).forwarding.as_ref();
    match forwarding.and_then(|forwarding| forwarding.dnat) {
        Some((to, port, address, translated))
            if packet.proto == Proto::Tcp
                && packet.destination == to
                && packet.destination_port == port =>
        {
            Packet {
                destination: address,
                destination_port: translated,
                ..packet
            }
        }
        _ => packet,
    }
}

/// By which NIC an appliance sends a packet on, and under which source.
fn send_on(
    model: &Model,
    snat: Snat,
    nic: usize,
    packet: Packet,
) -> Result<(usize, Packet), Fault> {
    let out = egress(model, nic, packet.destination);
    let hidden = match snat {
        Snat::None => false,
        Snat::Internet => !is_private(packet.destination),
        Snat::All => true,
    };
    let source = if hidden {
        model.nics[out].address
    } else {
        packet.source
    };
    let after = Packet { source, ..packet };
    emits(model, out, after)?;
    Ok((out, after))
}

/// 3.3: a NIC sends packets from foreign sources only with the flag on.
pub fn emits(model: &Model, nic: usize, packet: Packet) -> Result<(), Fault> {
    let nic = &model.nics[nic];
    if packet.source == nic.address || nic.ip_forwarding {
        Ok(())
    } else {
        Err(Fault::NicForwarding)
    }
}

/// The NIC that a machine sends a packet on by: the longest of its guest routes and connected subnets,
/// else the NIC that it came in by for private destinations, else the primary.
pub fn egress(model: &Model, nic: usize, to: Ipv4Addr) -> usize {
    let machine = model.machine(nic);
    let guest = machine.forwarding.iter().flat_map(|f| f.routes.iter());
    let guest = guest.map(|(prefix, out)| (*prefix, *out));
    // In order of preference where lengths are equal.
    let mut connected: Vec<usize> = vec![nic];
    connected.extend(machine.nics.iter().copied().filter(|other| *other != nic));
    let connected = connected.into_iter().map(|n| (model.subnet(n).prefix, n));
    let mut best: Option<(u8, usize)> = None;
    for (prefix, out) in guest.chain(connected) {
        let longer = best.is_none_or(|(length, _)| prefix.prefix_len() > length);
        if prefix.contains(&to) && longer {
            best = Some((prefix.prefix_len(), out));
        }
    }
    let fallback = if is_private(to) { nic } else { machine.primary };
    best.map_or(fallback, |(_, out)| out)
}
