//! One flow from its source to its destination, hop by hop: routing §0 with §3, §4 and §6.

use std::cell::Cell;
use std::net::Ipv4Addr;

use super::answer::{Answer, Fault, From, PathAnswer, Question, To};
use super::appliance::{is_own_elsewhere, send_on, translate};
use super::balance;
use super::choice::Choices;
use super::endpoints;
use super::firewalls::{self, Asked};
use super::internet::{outside, public_source};
use super::model::{Hop, Model, Packet, Proto, Way};
use super::reply;
use super::routes::{Owner, chosen_in, neighbour_at, owner_at};
use super::rules::{filter, verdict};
use super::sites;

/// What takes packets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    Machine(usize),
    Firewall(usize),
}

/// A passage through an appliance or a firewall: the packet as it came and as it went.
#[derive(Debug, Clone)]
pub struct Passage {
    pub by: Device,
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
    /// What sent it to the Internet, a NIC or a firewall, and the packet: before a NIC's public address
    /// took its place, behind a firewall's translation.
    pub left: Option<(Owner, Packet)>,
    /// The host on premises that it comes from.
    pub site: Option<usize>,
    /// The NIC or the firewall that it came in at by its public address, and the packet that it got.
    pub entered: Option<(Owner, Packet)>,
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
    /// What has given it to a private endpoint.
    pub giver: Option<Owner>,
    pub asked: Asked,
    pub passed_rules: Vec<String>,
    pub marks: Vec<&'static str>,
    /// The firewall that has answered its handshake.
    pub answered_by: Option<usize>,
    arrivals: Vec<(Owner, Packet)>,
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

    /// The same packet does not come twice.
    pub fn met_before(&mut self, at: Owner, packet: Packet) -> Result<(), Fault> {
        if self.arrivals.contains(&(at, packet)) {
            return Err(Fault::Loop);
        }
        self.arrivals.push((at, packet));
        Ok(())
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
            passed_rules: walk.passed_rules.clone(),
            marks: walk.marks.clone(),
            answered_by: walk.answered_by.map(|id| model.firewalls[id].name.clone()),
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
        giver: None,
        asked: Asked {
            application: question.application,
            name: match question.to {
                To::Host(host) => model.hosts[host].name.clone(),
                _ => origin.destination.to_string(),
            },
        },
        passed_rules: Vec::new(),
        marks: Vec::new(),
        answered_by: None,
        arrivals: Vec::new(),
    };
    let outcome = match question.from {
        From::Nic(nic) => {
            let machine = model.machine(nic);
            walk.hops.push(machine.name.clone());
            let named = matches!(question.to, To::Host(_));
            if !machine.running {
                Err(Fault::Stopped)
            } else if named && !filter(&machine.outbound, to_dns(origin)) {
                Err(Fault::NameNotResolved)
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

/// The question to Azure's DNS for the name of a destination.
fn to_dns(origin: Packet) -> Packet {
    Packet {
        proto: Proto::Udp,
        destination: Ipv4Addr::new(168, 63, 129, 16),
        destination_port: 53,
        ..origin
    }
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

/// Where the routes of a subnet send what something there sends.
pub fn step(
    model: &Model,
    from: Owner,
    (vnet, subnet): (usize, usize),
    to: Ipv4Addr,
    choices: &mut Choices,
) -> Result<Next, Fault> {
    let rows = chosen_in(model, vnet, subnet, to);
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
        Hop::Tunnel(gateway, _) => Some(Owner::Gateway(gateway)),
        Hop::Endpoint(id) => Some(Owner::Endpoint(id)),
        Hop::Internet => return Ok(Next::Internet),
        // Decisions: a user route of this type reaches a direct peer, too.
        Hop::VnetLocal if row.user.is_some() => neighbour_at(model, vnet, to),
        Hop::VnetLocal => owner_at(model, vnet, to),
        Hop::VNetPeering | Hop::VNetGlobalPeering => neighbour_at(model, vnet, to),
        Hop::Appliance(address) | Hop::Injected(address) => {
            let appliance = neighbour_at(model, vnet, address).ok_or(Fault::NextHopUnreachable)?;
            if appliance == from {
                return Err(Fault::OwnNextHop);
            }
            Some(appliance)
        }
    };
    owner.map(Next::Owner).ok_or(Fault::NobodyThere)
}

/// What a peering keeps back (4.5, 4.6, 4.12), of requests and replies alike.
pub fn cross(model: &Model, from: Owner, to: Owner, packet: Packet) -> Option<Fault> {
    let ((a, here_subnet), (b, there_subnet)) = (from.place(model), to.place(model));
    if a == b || matches!(from, Owner::Gateway(_)) {
        return None;
    }
    let (here, there) = (model.peering(a, b)?, model.peering(b, a)?);
    if let Some((local, remote)) = &here.subnets
        && !(local.contains(&here_subnet) && remote.contains(&there_subnet))
    {
        return Some(Fault::SubnetNotPeered);
    }
    if !there.forwarded && !model.in_space(a, packet.source) {
        return Some(Fault::ForwardedTraffic);
    }
    // A firewall has groups of the platform's, which nobody sees.
    let shut =
        |access: bool, at: Owner| !access && at.nic().is_some_and(|nic| !model.has_group(nic));
    (shut(here.access, from) || shut(there.access, to)).then_some(Fault::VnetAccess)
}

/// Whether a peering that is shut keeps a firewall shut is not said.
pub fn shut_to_firewall(model: &Model, from: Owner, to: Owner) -> bool {
    let (a, b) = (from.place(model).0, to.place(model).0);
    let firewall = |at: Owner| matches!(at, Owner::Firewall(_));
    let sides = [model.peering(a, b), model.peering(b, a)];
    (firewall(from) || firewall(to)) && sides.into_iter().flatten().any(|side| !side.access)
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
    let model = walk.model;
    judge(walk, nic, Way::Outbound, packet);
    let me = Owner::Nic(nic);
    let next = step(
        model,
        me,
        me.place(model),
        packet.destination,
        &mut walk.choices,
    )?;
    if !matches!(next, Next::Internet) {
        return deliver(walk, me, next, packet, packet);
    }
    // Whether ICMP goes by the NIC's own address where a NAT gateway takes the rest is not said.
    if packet.proto == Proto::Icmp && model.subnet(nic).nat.is_some() {
        walk.unsure.set(model.public_address(nic).is_some());
    }
    let source = public_source(walk, nic, packet)?;
    deliver(walk, me, next, packet, Packet { source, ..packet })
}

/// From a NIC or a firewall to what is next; `public` is the packet as the Internet sees it.
pub fn deliver(
    walk: &mut Walk<'_>,
    from: Owner,
    next: Next,
    packet: Packet,
    public: Packet,
) -> Result<(), Fault> {
    let model = walk.model;
    let to = match next {
        Next::Owner(to) => to,
        Next::Internet => {
            walk.left = Some((from, packet));
            return outside(walk, public);
        }
    };
    if shut_to_firewall(model, from, to) {
        walk.unsure.set(true);
    }
    match to {
        Owner::Nic(nic) => match cross(model, from, to, packet) {
            Some(fault) => Err(fault),
            None => arrive(walk, nic, packet, false),
        },
        Owner::Firewall(id) => match cross(model, from, to, packet) {
            Some(fault) => Err(fault),
            None => firewalls::arrive(walk, id, packet),
        },
        Owner::Frontend(balancer, frontend) => {
            balance::from_inside(walk, from, balancer, frontend, packet)
        }
        Owner::Endpoint(id) => endpoints::arrive(walk, from, id, packet),
        Owner::Gateway(gateway) => {
            sites::beside(walk, from, gateway, packet);
            sites::at_gateway(walk, gateway, packet, false)
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
    walk.met_before(Owner::Nic(nic), packet)?;
    // A machine that is led to itself under its own address is not spoken of.
    if packet.source == packet.destination {
        walk.unsure.set(true);
    }
    let machine = model.machine(nic);
    walk.hops.push(machine.name.clone());
    let entered = walk.entered == Some((Owner::Nic(nic), packet)) && walk.entered_closed;
    if entered && !model.has_group(nic) && !verdict(model, nic, Way::Inbound, packet).always {
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
        by: Device::Machine(own.machine),
        before: packet,
        after,
        stateful: forwarding.stateful,
    });
    leave(walk, out, after)
}
