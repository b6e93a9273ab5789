//! Why no route leads somewhere: what stands there, and would lead there if it were not broken or switched
//! off. It changes no decision, only what is said of it.

use std::net::IpAddr;

use super::Engine;
use crate::network::{Circuit, Connection, ConnectionEnd, Id, Peering, VirtualNetwork};
use crate::spec::ConnectionStatus;

/// What would have led to a destination.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reason {
    /// A peering that is not connected on both sides.
    Peering(Id<Peering>),
    /// A connection that does not stand.
    Connection(Id<Connection>),
    /// A circuit without ARP entries on either link.
    Circuit(Id<Circuit>),
    /// A peer's gateway, which this side's object does not use.
    RemoteGateways(Id<Peering>),
    /// A peer's gateway, which the peer's object does not share.
    GatewayTransit(Id<Peering>),
}

impl Engine<'_> {
    /// What would have led from `vnet` to `destination`.
    pub(super) fn reason(&self, vnet: Id<VirtualNetwork>, destination: IpAddr) -> Option<Reason> {
        let network = self.network;
        let peerings = &network.vnets[vnet].peerings;
        let broken = peerings.iter().find(|id| {
            let peering = &network.peerings[**id];
            !peering.connected
                && network.vnets[peering.remote]
                    .addresses
                    .contains(destination)
        });
        if let Some(id) = broken {
            return Some(Reason::Peering(*id));
        }
        let used = peerings
            .iter()
            .map(|id| &network.peerings[*id])
            .filter(|peering| peering.connected && peering.use_remote_gateways);
        let places: Vec<_> = used.map(|peering| peering.remote).chain([vnet]).collect();
        for (id, connection) in network.connections.iter() {
            if !places.contains(&network.gateways[connection.gateway].vnet) {
                continue;
            }
            let (prefixes, circuit) = match connection.to {
                ConnectionEnd::Local(local) => {
                    (network.local_gateways[local].address_space.clone(), None)
                }
                ConnectionEnd::Circuit(id) => (network.circuits[id].advertised.clone(), Some(id)),
                ConnectionEnd::Gateway(gateway) => {
                    let vnet = network.gateways[gateway].vnet;
                    (network.vnets[vnet].address_space.clone(), None)
                }
            };
            if !prefixes.iter().any(|prefix| prefix.contains(&destination)) {
                continue;
            }
            if connection.status != ConnectionStatus::Connected {
                return Some(Reason::Connection(id));
            }
            if let Some(circuit) = circuit.filter(|id| !network.circuits[*id].up()) {
                return Some(Reason::Circuit(circuit));
            }
        }
        peerings.iter().copied().find_map(|id| {
            let peering = &network.peerings[id];
            let known = peering.connected
                && self
                    .effective
                    .gateway_routes(peering.remote)
                    .iter()
                    .any(|route| {
                        route.prefix.contains(&destination) && route.prefix.prefix_len() > 0
                    });
            let shared = peering
                .reverse
                .filter(|id| !network.peerings[*id].allow_gateway_transit);
            match (known, peering.use_remote_gateways, shared) {
                (true, false, _) => Some(Reason::RemoteGateways(id)),
                (true, true, Some(reverse)) => Some(Reason::GatewayTransit(reverse)),
                _ => None,
            }
        })
    }
}
