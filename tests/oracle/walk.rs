//! One flow from its source to its destination, hop by hop: routing §0 with §3, §4 and §6.

use std::cell::Cell;

use super::answer::{Answer, Fault, From, PathAnswer, Question, To};
use super::appliance::{is_own_elsewhere, send_on, translate};
use super::balance;
use super::choice::Choices;
use super::endpoints;
use super::internet::{outside, public_source};
use super::model::{Hop, Model, Packet, Proto, Way};
use super::reply;
use super::routes::{Owner, chosen, neighbour_at, owner_at};
use super::rules::{filter, verdict};
use super::sites;

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
    /// The NIC that it comes from, if it is one.
    pub source: Option<usize>,
    pub hops: Vec<String>,
    pub faults: Vec<(String, Fault)>,
    /// Packets as NICs have seen them, on arrival or departure.
    pub seen: Vec<(usize, Packet)>,
    pub passages: Vec<Passage>,
    /// The NIC that sent it to the Internet, and the packet before its translation.
    pub left: Option<(usize, Packet)>,
    /// The host on premises that it comes from.
    pub site: Option<usize>,
    /// The NIC that it came in at by its public address, and the packet behind it.
    pub entered: Option<(usize, Packet)>,
    /// Whether that way in is closed where no group opens it.
    pub entered_closed: bool,
    /// What a load balancer has given to a NIC: the packet before and behind it.
    pub translated: Vec<(usize, Packet, Packet)>,
    /// Which NIC each load balancer has chosen for which packet.
    pub balanced: Vec<(usize, Packet, usize)>,
    pub end: Option<End>,
    pub unsure: Cell<bool>,
    pub choices: Choices,
    /// Gateways that it has come by.
    pub gateways: Vec<(usize, Packet)>,
    arrivals: Vec<(usize, Packet)>,
}

/// Where a request ends well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Nic(usize, Packet),
    Outside,
    /// A host on premises.
    Site(usize, Packet),
    Endpoint(usize, Packet),
}

/// Where a packet goes from a NIC.
pub enum Next {
    Owner(Owner),
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
        To::Site(host) => model.site_hosts[host].address,
        To::Address(address) => address,
    };
    let (has_ports, port) = (question.proto != Proto::Icmp, question.port);
    let origin = Packet {
        proto: question.proto,
        source: match question.from {
            From::Nic(nic) => model.nics[nic].address,
            From::Host(host) => model.hosts[host].address,
            From::Site(host) => model.site_hosts[host].address,
        },
        source_port: if has_ports { question.source_port } else { 0 },
        destination,
        destination_port: if has_ports { port } else { 0 },
    };
    let (mut paths, mut unsure) = (Vec::new(), false);
    let mut choices = Some(Choices::default());
    while let Some(taken) = choices.take() {
        let walk = request(model, question, origin, taken);
        let mut path = PathAnswer {
            complete: walk.end.is_some() && walk.faults.iter().all(|(_, fault)| fault.is_denial()),
            return_path: None,
            hairpin: walk.left.is_some() && walk.entered.is_some(),
            seen: match walk.end {
                Some(End::Nic(_, packet) | End::Site(_, packet) | End::Endpoint(_, packet)) => {
                    Some(packet)
                }
                _ => None,
            },
            works: false,
            share: walk.choices.share(),
            hops: walk.hops.clone(),
            faults: walk.faults.clone(),
        };
        if path.faults.is_empty() {
            replies(&walk, &mut path);
        }
        unsure |= walk.unsure.get();
        choices = walk.choices.next();
        paths.push(path);
    }
    Answer {
        reachable: paths.iter().any(|path| path.works),
        paths,
        unsure,
    }
}

/// The request, with the choices that are made for it.
fn request(model: &Model, question: Question, origin: Packet, choices: Choices) -> Walk<'_> {
    let mut walk = Walk {
        model,
        origin,
        source: match question.from {
            From::Nic(nic) => Some(nic),
            From::Host(_) | From::Site(_) => None,
        },
        hops: Vec::new(),
        faults: Vec::new(),
        seen: Vec::new(),
        passages: Vec::new(),
        left: None,
        site: None,
        entered: None,
        entered_closed: false,
        translated: Vec::new(),
        balanced: Vec::new(),
        end: None,
        unsure: Cell::new(false),
        choices,
        gateways: Vec::new(),
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
        From::Site(host) => {
            walk.hops.push(model.site_hosts[host].name.clone());
            walk.site = Some(host);
            sites::from_site(&mut walk, model.site_hosts[host].site, origin)
        }
    };
    if let Err(fault) = outcome {
        walk.block(fault);
    }
    walk
}

/// All ways back.
fn replies(walk: &Walk<'_>, path: &mut PathAnswer) {
    let mut choices = Some(Choices::default());
    let mut kinds = Vec::new();
    while let Some(taken) = choices.take() {
        let (outcome, taken) = reply::walk(walk, taken);
        kinds.push(match outcome {
            Ok(hops) if hops.iter().rev().eq(walk.hops.iter()) => "Symmetric",
            Ok(_) => "Asymmetric",
            Err(why) => {
                let at = walk.hops.last().cloned().unwrap_or_default();
                path.faults.push((at, Fault::ReplyLost(why)));
                "Broken"
            }
        });
        choices = taken.next();
    }
    path.works = kinds.iter().any(|kind| *kind != "Broken");
    let worst = ["Broken", "Asymmetric", "Symmetric"];
    path.return_path = worst.into_iter().find(|kind| kinds.contains(kind));
}

/// Where the routes of a NIC send a packet.
pub fn step(
    model: &Model,
    nic: usize,
    packet: Packet,
    choices: &mut Choices,
) -> Result<Next, Fault> {
    let to = packet.destination;
    let vnet = model.nics[nic].vnet;
    let rows = chosen(model, nic, to);
    let row = match rows.len() {
        0 => return Err(Fault::RouteToNone),
        1 => &rows[0],
        several => &rows[choices.pick(several)],
    };
    let owner = match row.hop {
        Hop::None => return Err(Fault::RouteToNone),
        Hop::Gateway => {
            let gateway = sites::user_gateway(model, vnet).ok_or(Fault::NoGateway)?;
            Some(Owner::Gateway(gateway))
        }
        Hop::Tunnel(gateway) => Some(Owner::Gateway(gateway)),
        Hop::Endpoint(id) => Some(Owner::Endpoint(id)),
        Hop::Internet => return Ok(Next::Internet),
        // Decisions: a user route of this type reaches a direct peer, too.
        Hop::VnetLocal if row.user.is_some() => neighbour_at(model, vnet, to),
        Hop::VnetLocal => owner_at(model, vnet, to),
        Hop::VNetPeering | Hop::VNetGlobalPeering => neighbour_at(model, vnet, to),
        Hop::Appliance(address) | Hop::Injected(address) => {
            let appliance = neighbour_at(model, vnet, address).ok_or(Fault::NextHopUnreachable)?;
            if appliance == Owner::Nic(nic) {
                return Err(Fault::OwnNextHop);
            }
            Some(appliance)
        }
    };
    owner.map(Next::Owner).ok_or(Fault::NobodyThere)
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
    match step(walk.model, nic, packet, &mut walk.choices)? {
        Next::Owner(Owner::Nic(to)) => {
            if let Some(fault) = cross(walk.model, nic, to, packet) {
                return Err(fault);
            }
            arrive(walk, to, packet, false)
        }
        Next::Owner(Owner::Frontend(balancer, frontend)) => {
            let vnet = walk.model.nics[nic].vnet;
            balance::from_inside(walk, (Some(nic), vnet), balancer, frontend, packet)
        }
        Next::Owner(Owner::Endpoint(id)) => endpoints::arrive(walk, Some(nic), id, packet),
        Next::Owner(Owner::Gateway(gateway)) => {
            sites::beside(walk, nic, gateway, packet);
            sites::at_gateway(walk, gateway, packet, false)
        }
        Next::Internet => {
            // Whether ICMP goes by the NIC's own address where a NAT gateway takes the rest is not said.
            let subnet = walk.model.subnet(nic);
            if packet.proto == Proto::Icmp && subnet.nat.is_some() {
                walk.unsure.set(walk.model.public_address(nic).is_some());
            }
            let source = public_source(walk, nic, packet)?;
            walk.left = Some((nic, packet));
            outside(walk, Packet { source, ..packet })
        }
    }
}

pub fn listens(listeners: Option<&[(Proto, u16, u16)]>, packet: Packet) -> Result<(), Fault> {
    let heard = packet.proto == Proto::Icmp
        || listeners.is_none_or(|all| {
            all.iter().any(|(proto, first, last)| {
                *proto == packet.proto && (*first..=*last).contains(&packet.destination_port)
            })
        });
    heard.then_some(()).ok_or(Fault::NoListener)
}

/// A packet comes to a NIC; `own_address` says that it takes the packet's address for its own, by floating IP.
pub fn arrive(
    walk: &mut Walk<'_>,
    nic: usize,
    packet: Packet,
    own_address: bool,
) -> Result<(), Fault> {
    let model = walk.model;
    if walk.arrivals.contains(&(nic, packet)) {
        return Err(Fault::Loop);
    }
    walk.arrivals.push((nic, packet));
    // A machine that is led to itself under its own address is not spoken of.
    if packet.source == packet.destination {
        walk.unsure.set(true);
    }
    let machine = model.machine(nic);
    walk.hops.push(machine.name.clone());
    if walk.entered == Some((nic, packet)) && !model.has_group(nic) && walk.entered_closed {
        walk.block(Fault::StandardClosed);
    }
    // The groups are enforced by the host (security 3.1), which takes the packet first.
    judge(walk, nic, Way::Inbound, packet);
    if !machine.running {
        return Err(Fault::Stopped);
    }
    let own = &model.nics[nic];
    let translated = translate(model, nic, packet);
    if own_address || (packet.destination == own.address && translated == packet) {
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
