//! What things are called where a change speaks of them, and names that are free for what it adds.

use std::net::IpAddr;
use std::sync::Arc;

use super::world::owner;
use crate::engine::representative;
use crate::net::{AddressSet, Flow};
use crate::network::{Id, Network, Nic, Owner, Place, PublicOwner};

/// A machine's name for its primary NIC, `machine/nic` for another one.
pub(super) fn nic(network: &Network, id: Id<Nic>) -> Arc<str> {
    let own = &network.nics[id];
    let machine = &network.machines[own.machine];
    if machine.primary_nic == id {
        Arc::clone(&machine.identity.name)
    } else {
        format!("{}/{}", machine.identity.name, own.name).into()
    }
}

/// What has an address; where nothing has it, it stands for all of its part, unless it is `meant` itself.
pub(super) fn part(network: &Network, address: IpAddr, meant: &AddressSet) -> Arc<str> {
    match owned(network, address) {
        Some(name) => name,
        None if meant.contains(address) => address.to_string().into(),
        None => format!("addresses like {address}").into(),
    }
}

/// What has an address, or the address itself where more than one thing might.
fn owned(network: &Network, address: IpAddr) -> Option<Arc<str>> {
    let several = network
        .owners
        .iter()
        .filter(|own| own.get(address).is_some());
    let found = match owner(network, address) {
        Some(Owner::Nic(id)) => Some(nic(network, id)),
        Some(Owner::Fixture(id)) => Some(network.place_name(Place::Fixture(id))),
        None => match network.public_owners.get(address) {
            Some(PublicOwner::InternetHost(id)) => {
                Some(Arc::clone(&network.internet_hosts[id].name))
            }
            None if address == representative(network) => Some(Arc::from("Internet")),
            _ => None,
        },
    };
    let host = network
        .site_hosts
        .iter()
        .find(|(_, host)| host.address == address);
    let found = found.or_else(|| host.map(|(_, host)| Arc::clone(&host.name)));
    let clients = network.gateways.iter();
    let mut clients = clients.flat_map(|(id, own)| own.clients.iter().map(move |it| (id, it.1)));
    let client = clients.find(|(_, own)| *own == address);
    let found = found.or_else(|| client.map(|(id, own)| network.client_name(id, own)));
    let public = || {
        network
            .public_owners
            .get(address)
            .map(|_| address.to_string().into())
    };
    found
        .filter(|_| several.count() <= 1)
        .or_else(public)
        .or_else(|| owner(network, address).map(|_| address.to_string().into()))
}

/// `allow-tcp-1433`, or `allow-icmp`, with a number where that name is taken.
pub(super) fn for_rule(flow: &Flow, taken: impl Fn(&str) -> bool) -> Arc<str> {
    let protocol = flow.protocol.lower();
    let base = if flow.protocol.has_ports() {
        format!("allow-{protocol}-{}", flow.destination_port)
    } else {
        format!("allow-{protocol}")
    };
    free(base, taken)
}

/// `to-10.2.1.4`, with a number where that name is taken.
pub(super) fn for_route(to: IpAddr, taken: impl Fn(&str) -> bool) -> Arc<str> {
    let text = match to {
        IpAddr::V4(to) => to.to_string(),
        // Azure takes no colon in a name.
        IpAddr::V6(to) => to.segments().map(|part| format!("{part:x}")).join("-"),
    };
    free(format!("to-{text}"), taken)
}

pub(super) fn free(base: String, taken: impl Fn(&str) -> bool) -> Arc<str> {
    let mut name = base.clone();
    let mut number = 2_u32;
    while taken(&name) {
        name = format!("{base}-{number}");
        number += 1;
    }
    name.into()
}
