//! What gateways tell each other, and what they tell the other side (`vpn-gateway/vpn-gateway-bgp-overview`,
//! `vpn-gateway/vpn-gateway-vnet-vnet-rm-ps`, `expressroute/expressroute-optimize-routing`,
//! `route-server/expressroute-vpn-support`).

use std::collections::{HashSet, VecDeque};

use ipnet::IpNet;

use super::gateway::{Learned, LearnedFrom, by_bgp, of_server, vpn};
use super::system::{DEFAULT_V4, DEFAULT_V6, connected_peerings, peered_prefixes};
use crate::network::{Connection, ConnectionEnd, Gateway, Id, Network, VirtualNetwork};
use crate::spec::ConnectionStatus;

/// The ranges of VNets whose gateways are linked to the same circuit.
pub(super) fn same_circuit(network: &Network, own: &Connection) -> Vec<IpNet> {
    let others = network.connections.iter().filter(|(_, other)| {
        other.to == own.to
            && other.gateway != own.gateway
            && other.status == ConnectionStatus::Connected
            && !network.gateways[other.gateway].down
    });
    others
        .flat_map(|(_, other)| served(network, network.gateways[other.gateway].vnet))
        .collect()
}

/// The ranges that a VNet's gateway stands for: the VNet's, and those of the peers that use it.
fn served(network: &Network, vnet: Id<VirtualNetwork>) -> Vec<IpNet> {
    let mut prefixes = network.vnets[vnet].address_space.clone();
    for (_, peering) in connected_peerings(network, &network.vnets[vnet]) {
        let uses = |reverse| network.peerings[reverse].use_remote_gateways;
        if peering.allow_gateway_transit && peering.reverse.is_some_and(uses) {
            prefixes.extend(peered_prefixes(network, peering));
        }
    }
    prefixes
}

/// A tunnel from one gateway to another.
struct Tunnel {
    to: Id<Gateway>,
    connection: Id<Connection>,
    bgp: bool,
}

/// The tunnels of a gateway to others that stand. Azure has a connection object on either side; one is
/// enough here, and where there are several, all must stand and all must speak BGP.
fn tunnels(network: &Network, id: Id<Gateway>) -> Vec<Tunnel> {
    let mut tunnels: Vec<(Tunnel, bool)> = Vec::new();
    for (own, connection) in network.connections.iter() {
        let ConnectionEnd::Gateway(far) = connection.to else {
            continue;
        };
        let to = match (connection.gateway == id, far == id) {
            (true, _) => far,
            (false, true) => connection.gateway,
            _ => continue,
        };
        let up = connection.status == ConnectionStatus::Connected && !network.gateways[to].down;
        let speaks = network.gateways[id].enable_bgp && network.gateways[to].enable_bgp;
        let bgp = connection.enable_bgp && speaks;
        match tunnels.iter_mut().find(|(tunnel, _)| tunnel.to == to) {
            Some((tunnel, stands)) => {
                *stands &= up;
                tunnel.bgp &= bgp;
                // The object of the own side stands for the tunnel.
                if connection.gateway == id && network.connections[tunnel.connection].gateway != id
                {
                    tunnel.connection = own;
                }
            }
            None => tunnels.push((
                Tunnel {
                    to,
                    connection: own,
                    bgp,
                },
                up,
            )),
        }
    }
    let standing = tunnels.into_iter().filter(|(_, stands)| *stands);
    standing.map(|(tunnel, _)| tunnel).collect()
}

/// What a gateway learns from other VNets' gateways: from a neighbour its ranges and its address as a
/// BGP speaker; by BGP also what that has from others, but no default route.
pub(super) fn of_gateways(network: &Network, id: Id<Gateway>) -> Learned {
    let mut routes = Learned::new();
    let mut visited = HashSet::from([id]);
    // Gateways to be heard, each with the own connection that leads there and its distance.
    let mut queue: VecDeque<(Tunnel, Id<Connection>, u16)> = VecDeque::new();
    for tunnel in tunnels(network, id) {
        let connection = tunnel.connection;
        queue.push_back((tunnel, connection, 1));
    }
    while let Some((tunnel, first, distance)) = queue.pop_front() {
        if !visited.insert(tunnel.to) {
            continue;
        }
        let from = LearnedFrom::Connection(id, first);
        let gateway = &network.gateways[tunnel.to];
        let mut told = served(network, gateway.vnet);
        told.extend(gateway.bgp_addresses.iter().copied().map(IpNet::from));
        routes.extend(told.into_iter().map(|prefix| (prefix, from, vpn(distance))));
        if !tunnel.bgp {
            continue;
        }
        let passed = passed_on(network, tunnel.to, None).into_iter();
        routes.extend(passed.map(|prefix| (prefix, from, vpn(distance + 1))));
        for next in tunnels(network, tunnel.to) {
            if next.bgp {
                queue.push_back((next, first, distance + 1));
            }
        }
    }
    routes
}

/// What a gateway passes on by BGP beside its VNet's ranges: what it has from sites and clients, and,
/// where a Route Server exchanges routes with gateways, what appliances announce. Default routes stay.
fn passed_on(network: &Network, id: Id<Gateway>, not: Option<Id<Connection>>) -> Vec<IpNet> {
    let gateway = &network.gateways[id];
    let mut prefixes = gateway.client_pool.clone();
    for (own, connection) in network.connections.iter() {
        let own_and_up = connection.gateway == id
            && connection.status == ConnectionStatus::Connected
            && not != Some(own);
        if let (true, ConnectionEnd::Local(local)) = (own_and_up, connection.to) {
            prefixes.extend(&network.local_gateways[local].address_space);
            if connection.enable_bgp && gateway.enable_bgp {
                prefixes.extend(by_bgp(network, local));
            }
        }
    }
    for (server, found) in network.route_servers.iter() {
        if found.vnet == gateway.vnet && found.branch_to_branch && !found.down {
            let routes = of_server(network, server).into_iter();
            prefixes.extend(routes.map(|route| route.prefix));
        }
    }
    prefixes.retain(|prefix| *prefix != DEFAULT_V4 && *prefix != DEFAULT_V6);
    prefixes
}

/// Whether a gateway passes on between two of its tunnels, or between its clients and a tunnel: only where
/// one of them speaks BGP, so that its other side is told of the prefixes behind the other one
/// (`vpn-gateway-bgp-overview`, transit routing; `vpn-gateway-about-point-to-site-routing`).
pub(super) fn transit(network: &Network, from: LearnedFrom, to: LearnedFrom) -> bool {
    let speaks = |learned| match learned {
        LearnedFrom::Connection(_, id) => speaks_bgp(network, &network.connections[id]),
        LearnedFrom::Clients(_) => false,
        LearnedFrom::Appliance(..) => true,
    };
    from == to || speaks(from) || speaks(to)
}

fn speaks_bgp(network: &Network, connection: &Connection) -> bool {
    let far = match connection.to {
        ConnectionEnd::Circuit(_) => return true,
        ConnectionEnd::Local(_) => true,
        ConnectionEnd::Gateway(far) => network.gateways[far].enable_bgp,
    };
    far && connection.enable_bgp && network.gateways[connection.gateway].enable_bgp
}

/// What the other side of a connection is told of Azure: what the gateway stands for; by BGP also what
/// it has from elsewhere. ExpressRoute and VPN pass each other's routes on only where a Route Server
/// exchanges them.
pub(super) fn advertised(network: &Network, id: Id<Connection>) -> Vec<IpNet> {
    let connection = &network.connections[id];
    let gateway = &network.gateways[connection.gateway];
    if gateway.down || connection.status != ConnectionStatus::Connected {
        return Vec::new();
    }
    let mut prefixes = served(network, gateway.vnet);
    if speaks_bgp(network, connection) {
        prefixes.extend(passed_on(network, connection.gateway, Some(id)));
        let learned = of_gateways(network, connection.gateway).into_iter();
        prefixes.extend(learned.map(|(prefix, ..)| prefix));
        prefixes.extend(branches(network, connection.gateway));
    }
    let mut seen = HashSet::new();
    prefixes
        .retain(|prefix| *prefix != DEFAULT_V4 && *prefix != DEFAULT_V6 && seen.insert(*prefix));
    prefixes
}

/// What the VNet's other gateways have from their sites, where a Route Server exchanges routes between
/// branches; clients are none (`expressroute-howto-coexist-resource-manager`).
fn branches(network: &Network, id: Id<Gateway>) -> Vec<IpNet> {
    let vnet = network.gateways[id].vnet;
    let exchanged = network
        .route_servers
        .iter()
        .any(|(_, server)| server.vnet == vnet && server.branch_to_branch && !server.down);
    let mut prefixes = Vec::new();
    for (other, gateway) in network.gateways.iter() {
        if !exchanged || other == id || gateway.vnet != vnet || gateway.down {
            continue;
        }
        let told = passed_on(network, other, None).into_iter();
        prefixes.extend(told.filter(|prefix| !gateway.client_pool.contains(prefix)));
        for (_, connection) in network.connections.iter() {
            let stands = connection.status == ConnectionStatus::Connected;
            if let (true, true, ConnectionEnd::Circuit(circuit)) =
                (stands, connection.gateway == other, connection.to)
                && network.circuits[circuit].up()
            {
                prefixes.extend(&network.circuits[circuit].advertised);
            }
        }
    }
    prefixes
}
