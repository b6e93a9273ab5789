//! Load balancers: routing §7, with 3.11, 4.10, 6.6 and 6.7.

use std::net::Ipv4Addr;

use super::answer::Fault;
use super::model::{Balancer, BalancingRule, Frontend, Model, Packet, Proto, Way};
use super::routes::Owner;
use super::rules::{filter, verdict};
use super::walk::{Walk, arrive, cross, listens, shut_to_firewall};

/// The balancer and the frontend that have a public address.
pub fn public_frontend(model: &Model, ip: usize) -> Option<(usize, usize)> {
    let mut balancers = model.balancers.iter().enumerate();
    balancers.find_map(|(id, balancer)| {
        let mut frontends = balancer.frontends.iter();
        let at = frontends.position(|frontend| *frontend == Frontend::Public(ip))?;
        Some((id, at))
    })
}

/// Whether the platform's probe is answered (7.6), and so whether a member gets new flows.
pub fn healthy(model: &Model, nic: usize, port: u16) -> bool {
    let machine = model.machine(nic);
    let probe = Packet {
        proto: Proto::Tcp,
        source: Ipv4Addr::new(168, 63, 129, 16),
        source_port: 50000,
        destination: model.nics[nic].address,
        destination_port: port,
    };
    machine.running
        && verdict(model, nic, Way::Inbound, probe).allow
        && filter(&machine.inbound, probe)
        && listens(machine.listeners.as_deref(), probe).is_ok()
}

/// The members that a rule gives new flows to; without a probe all that run.
fn members(model: &Model, balancer: &Balancer, rule: &BalancingRule) -> Result<Vec<usize>, Fault> {
    let pool = balancer.pools[rule.pool].iter().copied();
    let good: Vec<usize> = match rule.probe {
        Some(probe) => pool
            .filter(|nic| healthy(model, *nic, balancer.probes[probe]))
            .collect(),
        None => pool.filter(|nic| model.machine(*nic).running).collect(),
    };
    match good.is_empty() {
        true => Err(Fault::NoHealthyMember),
        false => Ok(good),
    }
}

/// What a frontend makes of a packet to its own address: the NICs that can get it, the packet for each
/// of them, and whether they take the frontend's address for their own.
struct Given {
    targets: Vec<(usize, Packet)>,
    floating: bool,
}

fn given(
    model: &Model,
    balancer: &Balancer,
    frontend: usize,
    packet: Packet,
) -> Result<Given, Fault> {
    let fits = |proto: Option<Proto>, port: u16| {
        packet.proto != Proto::Icmp
            && proto.is_none_or(|proto| proto == packet.proto && port == packet.destination_port)
    };
    let mut nat = balancer.nat_rules.iter();
    if let Some(rule) =
        nat.find(|rule| rule.frontend == frontend && fits(Some(rule.proto), rule.port))
    {
        let inside = Packet {
            destination: model.nics[rule.nic].address,
            destination_port: rule.backend_port,
            ..packet
        };
        return Ok(Given {
            targets: vec![(rule.nic, inside)],
            floating: false,
        });
    }
    let mut rules = balancer.rules.iter();
    let rule = rules
        .find(|rule| rule.frontend == frontend && fits(rule.proto, rule.port))
        .ok_or(Fault::NoBalancingRule)?;
    let inside = |nic: &usize| {
        let port = match rule.proto {
            Some(_) => rule.backend_port,
            None => packet.destination_port,
        };
        let translated = Packet {
            destination: model.nics[*nic].address,
            destination_port: port,
            ..packet
        };
        (*nic, if rule.floating { packet } else { translated })
    };
    Ok(Given {
        targets: members(model, balancer, rule)?.iter().map(inside).collect(),
        floating: rule.floating,
    })
}

/// A flow goes on by one member; the same flow always by the same (7.1).
fn choose(walk: &mut Walk<'_>, balancer: usize, packet: Packet, members: &[usize]) -> usize {
    let mut balanced = walk.balanced.iter();
    let again = balanced.find(|(by, of, _)| *by == balancer && *of == packet);
    if let Some((_, _, member)) = again
        && let Some(at) = members.iter().position(|nic| nic == member)
    {
        return at;
    }
    let at = walk.choices.pick(members.len());
    walk.balanced.push((balancer, packet, members[at]));
    at
}

/// From the Internet to a public frontend.
pub fn from_outside(
    walk: &mut Walk<'_>,
    id: usize,
    frontend: usize,
    packet: Packet,
) -> Result<(), Fault> {
    let balancer = &walk.model.balancers[id];
    let given = given(walk.model, balancer, frontend, packet)?;
    let nics: Vec<usize> = given.targets.iter().map(|(nic, _)| *nic).collect();
    let (nic, inside) = given.targets[choose(walk, id, packet, &nics)];
    // What becomes of a machine's flow to its own public frontend is not said.
    let own = |other: usize| walk.model.nics[other].machine == walk.model.nics[nic].machine;
    if walk.left.and_then(|(left, _)| left.nic()).is_some_and(own) || walk.source.is_some_and(own) {
        walk.unsure.set(true);
    }
    walk.entered = Some((Owner::Nic(nic), inside));
    walk.entered_closed = balancer.standard;
    arrive(walk, nic, inside, given.floating)
}

/// The members that a frontend has for a packet to another address (3.11).
pub fn as_next_hop(
    walk: &Walk<'_>,
    vnet: usize,
    id: usize,
    frontend: usize,
    packet: Packet,
) -> Result<Vec<usize>, Fault> {
    let model = walk.model;
    let balancer = &model.balancers[id];
    across_regions(model, vnet, balancer)?;
    let mut rules = balancer
        .rules
        .iter()
        .filter(|rule| rule.frontend == frontend);
    if let Some(rule) = rules.clone().find(|rule| rule.proto.is_none()) {
        return members(model, balancer, rule);
    }
    // Whether a rule for one port takes what passes by is not said.
    if rules.any(|rule| rule.proto == Some(packet.proto) && rule.port == packet.destination_port) {
        walk.unsure.set(true);
    }
    Err(Fault::NoBalancingRule)
}

/// 4.10: a Basic frontend is not reached from another region.
fn across_regions(model: &Model, vnet: usize, balancer: &Balancer) -> Result<(), Fault> {
    let here = model.vnets[vnet].region;
    let there = model.vnets[balancer.vnet].region;
    match balancer.standard || here == there {
        true => Ok(()),
        false => Err(Fault::BasicAcrossRegions),
    }
}

/// From a NIC, a firewall or a gateway to a private frontend, or by it.
pub fn from_inside(
    walk: &mut Walk<'_>,
    sender: Owner,
    id: usize,
    frontend: usize,
    packet: Packet,
) -> Result<(), Fault> {
    let model = walk.model;
    let (from, (vnet, _)) = (sender.nic(), sender.place(model));
    let balancer = &model.balancers[id];
    let Frontend::Private { subnet, address } = balancer.frontends[frontend] else {
        return Err(Fault::NobodyThere);
    };
    across_regions(model, vnet, balancer)?;
    let (targets, floating) = if packet.destination == address {
        let given = given(model, balancer, frontend, packet)?;
        (given.targets, given.floating)
    } else {
        let members = as_next_hop(walk, vnet, id, frontend, packet)?;
        (
            members.into_iter().map(|nic| (nic, packet)).collect(),
            false,
        )
    };
    let nics: Vec<usize> = targets.iter().map(|(nic, _)| *nic).collect();
    let (nic, inside) = targets[choose(walk, id, packet, &nics)];
    let to_frontend = packet.destination == address;
    if Some(nic) == from && to_frontend && walk.source == from {
        return Err(Fault::Hairpin);
    }
    if Some(nic) == from && !to_frontend {
        return Err(Fault::OwnNextHop);
    }
    // Not spoken of: a member's forwarding to itself, its other NICs, and the source that gets its own
    // flow back from something between.
    let own = |other: usize| model.nics[nic].machine == model.nics[other].machine;
    if from.is_some_and(own) || (to_frontend && walk.source.is_some_and(own)) {
        walk.unsure.set(true);
    }
    // Nor whose subnet counts where a peering lists subnets.
    if let Some(peering) = model.peering(vnet, balancer.vnet)
        && let Some((_, there)) = &peering.subnets
        && there.contains(&subnet) != there.contains(&model.nics[nic].subnet)
    {
        walk.unsure.set(true);
    }
    if shut_to_firewall(model, sender, Owner::Nic(nic)) {
        walk.unsure.set(true);
    }
    if let Some(fault) = cross(model, sender, Owner::Nic(nic), packet) {
        return Err(fault);
    }
    if inside != packet {
        walk.translated.push((nic, packet, inside));
    }
    arrive(walk, nic, inside, floating)
}

/// The frontends by which a NIC gets out (6.6), and whether being a member closes default outbound
/// access to it (6.7).
pub fn outbound(walk: &Walk<'_>, nic: usize, packet: Packet) -> (Vec<Ipv4Addr>, bool) {
    let model = walk.model;
    let (mut frontends, mut closed) = (Vec::new(), false);
    let machine = model.machine(nic);
    for balancer in &model.balancers {
        let member = |of: usize| {
            balancer.pools.iter().any(|pool| pool.contains(&of))
                || balancer.nat_rules.iter().any(|rule| rule.nic == of)
        };
        let in_pool = |pool: usize| balancer.pools[pool].contains(&nic);
        let public = |frontend: usize| match balancer.frontends[frontend] {
            Frontend::Public(ip) => Some(model.public_ips[ip].address),
            Frontend::Private { .. } => None,
        };
        // 6.6: a rule for one protocol gives the other nothing.
        let by_rule = balancer.outbound.iter().filter(|(_, pool, proto)| {
            in_pool(*pool) && proto.is_none_or(|proto| proto == packet.proto)
        });
        let mut here: Vec<Ipv4Addr> = by_rule.filter_map(|(at, ..)| public(*at)).collect();
        if here.is_empty() {
            for rule in &balancer.rules {
                let Some(address) = public(rule.frontend) else {
                    continue;
                };
                if rule.no_snat || !in_pool(rule.pool) {
                    continue;
                }
                here.push(address);
                // Whether a rule for one protocol serves the other is not said.
                if rule.proto.is_some_and(|proto| proto != packet.proto) {
                    walk.unsure.set(true);
                }
            }
        }
        // Not said: of NICs that are not the primary, of NAT rules' targets, of a machine's other NICs.
        let pooled = balancer.pools.iter().any(|pool| pool.contains(&nic));
        let others = machine
            .nics
            .iter()
            .any(|other| *other != nic && member(*other));
        if (!here.is_empty() && nic != machine.primary) || (!pooled && member(nic)) || others {
            walk.unsure.set(true);
        }
        closed |= balancer.standard && member(nic);
        frontends.extend(here);
    }
    frontends.dedup();
    (frontends, closed)
}
