//! Out to the Internet and in from there: routing §6.

use std::net::Ipv4Addr;

use super::answer::Fault;
use super::balance;
use super::firewalls;
use super::model::{Packet, Proto, is_private};
use super::routes::Owner;
use super::walk::{End, Walk, arrive, listens};

/// What stands for Microsoft's own address of default outbound access, which no file can name.
const DEFAULT_OUTBOUND: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 254);

/// The address under which a packet goes to the Internet (§6).
pub fn public_source(walk: &Walk<'_>, nic: usize, packet: Packet) -> Result<Ipv4Addr, Fault> {
    let model = walk.model;
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
    let (frontends, closed) = balance::outbound(walk, nic, packet);
    if let Some(first) = frontends.first() {
        // Which of several takes it is seen only by what is asked of inside again.
        if frontends.len() > 1
            && model
                .public_ips
                .iter()
                .any(|ip| ip.address == packet.destination)
        {
            walk.unsure.set(true);
        }
        return ports.then_some(*first).ok_or(Fault::NoOutbound);
    }
    let mut others = model.machine(nic).nics.iter();
    let explicit = others.any(|other| model.nics[*other].public_ip.is_some());
    if subnet.default_outbound && !explicit && !closed && ports {
        Ok(DEFAULT_OUTBOUND)
    } else {
        Err(Fault::NoOutbound)
    }
}

/// On the Internet: to a public address of the topology, a listed host, or anybody.
pub fn outside(walk: &mut Walk<'_>, packet: Packet) -> Result<(), Fault> {
    let model = walk.model;
    let to = packet.destination;
    let ips = &model.public_ips;
    if let Some(ip) = ips.iter().position(|ip| ip.address == to) {
        if let Some((balancer, frontend)) = balance::public_frontend(model, ip) {
            return balance::from_outside(walk, balancer, frontend, packet);
        }
        // What a gateway answers by its public address is not asked.
        if model
            .gateways
            .iter()
            .any(|gateway| [gateway.public_ip, gateway.second_ip].contains(&Some(ip)))
        {
            walk.unsure.set(true);
        }
        let mut firewalls = model.firewalls.iter();
        if let Some(id) = firewalls.position(|firewall| firewall.public_ip == Some(ip)) {
            walk.entered = Some((Owner::Firewall(id), packet));
            return firewalls::arrive(walk, id, packet);
        }
        let owner = model.nics.iter().position(|nic| nic.public_ip == Some(ip));
        let nic = owner.ok_or(Fault::NobodyThere)?;
        let inside = Packet {
            destination: model.nics[nic].address,
            ..packet
        };
        walk.entered = Some((Owner::Nic(nic), inside));
        walk.entered_closed = ips[ip].standard;
        return arrive(walk, nic, inside, false);
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
