//! What a machine does with packets that are not for it: routing §3.

use std::net::Ipv4Addr;

use super::answer::Fault;
use super::model::{Model, Packet, Proto, Snat, is_private};

/// Whether an address belongs to the machine of a NIC, but (or only) to another NIC of it.
pub fn is_own_elsewhere(model: &Model, nic: usize, address: Ipv4Addr) -> bool {
    let mut nics = model.machine(nic).nics.iter();
    nics.any(|other| *other != nic && model.nics[*other].address == address)
}

/// The packet after an appliance's translation of destinations.
pub fn translate(model: &Model, nic: usize, packet: Packet) -> Packet {
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
pub fn send_on(
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
