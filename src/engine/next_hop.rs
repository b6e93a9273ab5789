//! Network Watcher's Next hop (`network-watcher/network-watcher-next-hop-overview`).

use std::net::IpAddr;
use std::sync::Arc;

use crate::effective::Effective;
use crate::net::{METADATA, WIRE_SERVER};
use crate::network::{Id, Network, Nic, Owner, Peering, RouteTable, Subnet, VirtualNetwork};
use crate::spec::checks::{RouteNextHopType, RouteSource};

/// Where a packet goes next.
#[derive(Debug, Clone, PartialEq)]
pub struct NextHop {
    /// Of what type the next hop is.
    pub next_hop_type: RouteNextHopType,
    /// Its addresses, where it has any: several of equal cost.
    pub next_hop_ip_addresses: Vec<IpAddr>,
    /// The table whose route decides; none: `System Route`.
    pub route_table: Option<Id<RouteTable>>,
    /// The winning rows, as indices into the NIC's effective routes: none where nothing matches or
    /// where routes do not count.
    pub rows: Vec<u32>,
    /// Whether the destination is Azure's own host, which no route leads away from.
    pub platform: bool,
    /// Service tags that are not known in full, and would decide if they held the destination.
    pub doubtful: Vec<Arc<str>>,
}

/// Where packets from `nic` to `destination` go.
///
/// Azure's host (168.63.129.16, 169.254.169.254) is reached whatever the routes say, which counts as
/// inside the VNet. A user route to an appliance's address that belongs to nothing in the VNet or a
/// direct peer, and one to a gateway where there is none, answer None.
#[must_use]
pub fn next_hop(effective: &Effective, nic: Id<Nic>, destination: IpAddr) -> NextHop {
    next_hop_of(effective, effective.network().nics[nic].subnet, destination)
}

/// The same for whatever stands in `subnet`.
pub(super) fn next_hop_of(
    effective: &Effective,
    subnet: Id<Subnet>,
    destination: IpAddr,
) -> NextHop {
    let network = effective.network();
    if destination == WIRE_SERVER || destination == METADATA {
        return NextHop {
            next_hop_type: RouteNextHopType::VnetLocal,
            next_hop_ip_addresses: Vec::new(),
            route_table: None,
            rows: Vec::new(),
            platform: true,
            doubtful: Vec::new(),
        };
    }
    let vnet = network.subnets[subnet].vnet;
    let routes = effective.subnet_routes(subnet);
    let rows = routes.choose(destination).to_vec();
    let winners: Vec<_> = routes.winners(destination).collect();
    let next_hop_type = match winners.first() {
        None => RouteNextHopType::None,
        Some(row) if row.source != RouteSource::User => row.next_hop_type,
        Some(row) => {
            let drops = match row.next_hop_type {
                RouteNextHopType::VirtualAppliance => {
                    let mut hops = row.next_hop_addresses.iter();
                    !hops.any(|hop| neighbour(network, vnet, *hop).is_some())
                }
                RouteNextHopType::VirtualNetworkGateway => row.gateway.is_none(),
                _ => false,
            };
            if drops {
                RouteNextHopType::None
            } else {
                row.next_hop_type
            }
        }
    };
    let mut doubtful: Vec<Arc<str>> = Vec::new();
    if crate::net::tags::internet().contains(destination) {
        let open = routes.rows.iter().enumerate().filter(|(index, row)| {
            row.incomplete
                && !rows.contains(&(*index as u32))
                && !row.prefixes.iter().any(|p| p.contains(&destination))
        });
        for tag in open.filter_map(|(_, row)| row.tag.as_ref()) {
            if !doubtful.contains(tag) {
                doubtful.push(tag.clone());
            }
        }
    }
    let mut next_hop_ip_addresses = Vec::new();
    for hop in winners.iter().flat_map(|row| &row.next_hop_addresses) {
        if !next_hop_ip_addresses.contains(hop) {
            next_hop_ip_addresses.push(*hop);
        }
    }
    NextHop {
        next_hop_type,
        next_hop_ip_addresses,
        route_table: winners.first().and_then(|row| row.user).map(|user| user.0),
        rows,
        platform: false,
        doubtful,
    }
}

/// What owns `address` in `vnet` or in a direct peer, and the peering that leads there. Connected
/// peerings only; of a subnet peering, addresses of the subnets that the peer takes part with.
#[must_use]
pub fn neighbour(
    network: &Network,
    vnet: Id<VirtualNetwork>,
    address: IpAddr,
) -> Option<(Owner, Option<Id<Peering>>)> {
    let owner = |vnet: Id<VirtualNetwork>| {
        let owners = network.owners.get(vnet.index());
        owners.and_then(|owners| owners.get(address))
    };
    if let Some(owner) = owner(vnet) {
        return Some((owner, None));
    }
    let peerings = network.vnets[vnet].peerings.iter();
    peerings
        .map(|id| (*id, &network.peerings[*id]))
        .filter(|(_, peering)| peering.connected && (!peering.only_ipv6 || address.is_ipv6()))
        .filter(|(_, peering)| match &peering.subnets {
            None => true,
            Some(listed) => listed.remote.iter().any(|subnet| {
                let prefixes = network.subnets[*subnet].prefixes.iter();
                prefixes.into_iter().any(|prefix| prefix.contains(&address))
            }),
        })
        .find_map(|(id, peering)| owner(peering.remote).map(|owner| (owner, Some(id))))
}
