//! What gateways and Route Servers learn, and who gets it (`vpn-gateway/vpn-gateway-bgp-overview` and
//! its FAQ, `expressroute/expressroute-optimize-routing`, `route-server/route-server-faq`,
//! `vpn-gateway/vpn-gateway-peering-gateway-transit`). The control plane only.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;

use ipnet::IpNet;

use super::Effective;
use super::system::{DEFAULT_V4, DEFAULT_V6, connected_peerings, peered_prefixes};
use crate::net::contains;
use crate::network::{
    Connection, ConnectionEnd, Gateway, Id, LocalGateway, Network, RouteServer, VirtualNetwork,
};
use crate::spec::{ConnectionStatus, GatewayType, PowerState};

/// A route that a gateway or a Route Server learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRoute {
    /// For which addresses.
    pub prefix: IpNet,
    /// Whom from.
    pub from: LearnedFrom,
    /// The next hop as Azure shows it: a VPN gateway's public address (its instances' own ones where
    /// both are active and speak BGP), an appliance's address; none for ExpressRoute.
    pub next_hop: Option<IpAddr>,
    /// How good it is.
    pub preference: Preference,
}

/// Whom a route was learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LearnedFrom {
    /// The pool of a gateway's point-to-site clients.
    Clients(Id<Gateway>),
    /// What is at the other end of a connection.
    Connection(Id<Gateway>, Id<Connection>),
    /// A Route Server's peer, by its position: packets go straight to the next hop.
    Appliance(Id<RouteServer>, usize),
}

impl LearnedFrom {
    /// The gateway that takes the packets; none where they go to an appliance.
    #[must_use]
    pub const fn gateway(self) -> Option<Id<Gateway>> {
        match self {
            Self::Clients(gateway) | Self::Connection(gateway, _) => Some(gateway),
            Self::Appliance(..) => None,
        }
    }
}

/// What a learned route is preferred by, among those of the same prefix; the lower the better, equal
/// ones hold together:
///
/// | route | kind | weight | path |
/// |---|---|---|---|
/// | ExpressRoute, weight 100 | 0 | 100 | any |
/// | ExpressRoute, AS path of 2 | 0 | 0 | 2 |
/// | VPN: local network gateway, client pool | 1 | 0 | 0 |
/// | VPN by BGP, an appliance of a Route Server | 1 | 0 | AS path |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Preference {
    /// ExpressRoute goes before everything else.
    pub kind: u8,
    /// The larger routing weight goes first.
    pub weight: Reverse<u32>,
    /// The shorter AS path goes first; 0 for what is static.
    pub path: u16,
}

const fn vpn(path: u16) -> Preference {
    Preference {
        kind: 1,
        weight: Reverse(0),
        path,
    }
}

const fn express_route(weight: u32, path: u16) -> Preference {
    Preference {
        kind: 0,
        weight: Reverse(weight),
        path,
    }
}

/// Routes on their way into a gateway, with what they are preferred by.
type Learned = Vec<(IpNet, LearnedFrom, Preference)>;

/// What the gateways and Route Servers of `vnet` learn: nothing equal to or inside its own ranges, and
/// of equal prefixes the best.
pub(super) fn learned(network: &Network, vnet: Id<VirtualNetwork>) -> Vec<GatewayRoute> {
    let mut routes: Vec<GatewayRoute> = Vec::new();
    for (id, gateway) in network.gateways.iter() {
        if gateway.vnet != vnet || gateway.down {
            continue;
        }
        for (prefix, from, preference) in of_gateway(network, id) {
            let hops = shown(network, gateway);
            let count = hops.len().max(1);
            routes.extend((0..count).map(|at| GatewayRoute {
                prefix,
                from,
                next_hop: hops.get(at).copied(),
                preference,
            }));
        }
    }
    for (id, server) in network.route_servers.iter() {
        if server.vnet == vnet && !server.down {
            routes.extend(of_server(network, id));
        }
    }
    let own = &network.vnets[vnet].address_space;
    routes.retain(|route| !own.iter().any(|range| contains(range, &route.prefix)));
    best(routes)
}

/// What the NICs of `vnet` get: its own gateways' routes and those of the peer whose gateway it uses,
/// without what is equal to or inside a range of the VNet or of a peer.
pub(super) fn received(effective: &Effective, vnet: Id<VirtualNetwork>) -> Vec<GatewayRoute> {
    let network = effective.network;
    let mut held = network.vnets[vnet].address_space.clone();
    for (_, peering) in connected_peerings(network, &network.vnets[vnet]) {
        held.extend(peered_prefixes(network, peering));
    }
    let mut routes = effective.gateway_routes(vnet).to_vec();
    for hub in used_hubs(network, vnet) {
        routes.extend(effective.gateway_routes(hub).iter().cloned());
    }
    routes.retain(|route| !held.iter().any(|range| contains(range, &route.prefix)));
    best(routes)
}

/// Of each prefix the best routes, in the order in which they came.
fn best(mut routes: Vec<GatewayRoute>) -> Vec<GatewayRoute> {
    let mut best: HashMap<IpNet, Preference> = HashMap::with_capacity(routes.len());
    for route in &routes {
        best.entry(route.prefix)
            .and_modify(|held| *held = route.preference.min(*held))
            .or_insert(route.preference);
    }
    let mut seen = HashSet::with_capacity(routes.len());
    routes.retain(|route| {
        best.get(&route.prefix) == Some(&route.preference)
            && seen.insert((route.prefix, route.from, route.next_hop))
    });
    routes
}

/// The peers whose gateway `vnet` uses: both sides of the peering must say so.
fn used_hubs(
    network: &Network,
    vnet: Id<VirtualNetwork>,
) -> impl Iterator<Item = Id<VirtualNetwork>> + '_ {
    connected_peerings(network, &network.vnets[vnet])
        .filter(|(_, peering)| {
            let transit = |reverse| network.peerings[reverse].allow_gateway_transit;
            peering.use_remote_gateways && peering.reverse.is_some_and(transit)
        })
        .map(|(_, peering)| peering.remote)
}

/// The VPN gateway of `vnet`, else of the peer whose gateway it uses. A user route cannot lead to an
/// ExpressRoute gateway.
pub(super) fn vpn_gateway(network: &Network, vnet: Id<VirtualNetwork>) -> Option<Id<Gateway>> {
    let places = std::iter::once(vnet).chain(used_hubs(network, vnet));
    places.into_iter().find_map(|place| {
        let mut gateways = network.gateways.iter();
        let found = gateways.find(|(_, gateway)| {
            gateway.vnet == place && gateway.gateway_type == GatewayType::Vpn && !gateway.down
        });
        found.map(|(id, _)| id)
    })
}

/// What one gateway learns.
fn of_gateway(network: &Network, id: Id<Gateway>) -> Learned {
    let gateway = &network.gateways[id];
    let pools = gateway.client_pool.iter();
    let mut routes: Learned = pools
        .map(|pool| (*pool, LearnedFrom::Clients(id), vpn(0)))
        .collect();
    for (own, connection) in network.connections.iter() {
        if connection.gateway != id || connection.status != ConnectionStatus::Connected {
            continue;
        }
        let from = LearnedFrom::Connection(id, own);
        match connection.to {
            ConnectionEnd::Local(local) => {
                let static_ones = network.local_gateways[local].address_space.iter();
                routes.extend(static_ones.map(|prefix| (*prefix, from, vpn(0))));
                if connection.enable_bgp && gateway.enable_bgp {
                    let told = by_bgp(network, local);
                    routes.extend(told.into_iter().map(|prefix| (prefix, from, vpn(1))));
                }
                if gateway.default_site == Some(local) {
                    routes.push((DEFAULT_V4, from, vpn(0)));
                }
            }
            ConnectionEnd::Circuit(circuit) => {
                let weight = connection.routing_weight;
                let circuit = &network.circuits[circuit];
                if circuit.up() {
                    let preference = express_route(weight, circuit.as_path_length);
                    let advertised = circuit.advertised.iter();
                    routes.extend(advertised.map(|prefix| (*prefix, from, preference)));
                    let others = same_circuit(network, connection);
                    let preference = express_route(weight, 2);
                    routes.extend(others.into_iter().map(|prefix| (prefix, from, preference)));
                }
            }
            ConnectionEnd::Gateway(_) => {}
        }
    }
    routes.extend(of_gateways(network, id));
    routes
}

/// What a site's device tells by BGP: its own address, and the site's ranges.
fn by_bgp(network: &Network, local: Id<LocalGateway>) -> Vec<IpNet> {
    let local = &network.local_gateways[local];
    let own = local.bgp_peering_address.map(IpNet::from);
    let site = local.site.map(|site| &network.sites[site].address_space);
    own.into_iter()
        .chain(site.into_iter().flatten().copied())
        .collect()
}

/// The ranges of VNets whose gateways are linked to the same circuit.
fn same_circuit(network: &Network, own: &Connection) -> Vec<IpNet> {
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
fn of_gateways(network: &Network, id: Id<Gateway>) -> Learned {
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

/// What a Route Server has from its peers. A peer whose machine does not run announces nothing.
fn of_server(network: &Network, id: Id<RouteServer>) -> Vec<GatewayRoute> {
    let server = &network.route_servers[id];
    let mut routes = Vec::new();
    for (at, peer) in server.peers.iter().enumerate() {
        let machine = &network.machines[network.nics[peer.nic].machine];
        if machine.power != PowerState::Running {
            continue;
        }
        routes.extend(peer.advertised.iter().map(|prefix| GatewayRoute {
            prefix: *prefix,
            from: LearnedFrom::Appliance(id, at),
            next_hop: Some(peer.next_hop),
            preference: vpn(peer.as_path_length),
        }));
    }
    routes
}

/// The next hops that effective routes show for a gateway.
fn shown(network: &Network, gateway: &Gateway) -> Vec<IpAddr> {
    if gateway.gateway_type == GatewayType::ExpressRoute {
        return Vec::new();
    }
    if gateway.active_active && gateway.enable_bgp && gateway.bgp_addresses.len() > 1 {
        return gateway.bgp_addresses.clone();
    }
    let public = gateway.public_ips.iter();
    let public = public.map(|id| network.public_ips[*id].address);
    public
        .take(if gateway.active_active { 2 } else { 1 })
        .collect()
}

/// What the other side of a connection is told of Azure: what the gateway stands for; by BGP also what
/// it has from elsewhere. ExpressRoute and VPN do not pass each other's routes on.
pub(super) fn advertised(network: &Network, id: Id<Connection>) -> Vec<IpNet> {
    let connection = &network.connections[id];
    let gateway = &network.gateways[connection.gateway];
    if gateway.down || connection.status != ConnectionStatus::Connected {
        return Vec::new();
    }
    let mut prefixes = served(network, gateway.vnet);
    let speaks = match connection.to {
        ConnectionEnd::Circuit(_) => true,
        _ => connection.enable_bgp && gateway.enable_bgp,
    };
    if speaks {
        prefixes.extend(passed_on(network, connection.gateway, Some(id)));
        prefixes.extend(
            of_gateways(network, connection.gateway)
                .into_iter()
                .map(|(prefix, ..)| prefix),
        );
    }
    let mut seen = HashSet::new();
    prefixes
        .retain(|prefix| *prefix != DEFAULT_V4 && *prefix != DEFAULT_V6 && seen.insert(*prefix));
    prefixes
}
