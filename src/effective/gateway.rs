//! What gateways and Route Servers learn, and who gets it (`vpn-gateway/vpn-gateway-bgp-overview` and
//! its FAQ, `expressroute/expressroute-optimize-routing`, `route-server/route-server-faq`,
//! `vpn-gateway/vpn-gateway-peering-gateway-transit`). The control plane only.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::Effective;
use super::exchange::{of_gateways, same_circuit};
use super::system::{DEFAULT_V4, connected_peerings, peered_prefixes};
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

pub(super) const fn vpn(path: u16) -> Preference {
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
pub(super) type Learned = Vec<(IpNet, LearnedFrom, Preference)>;

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

/// What one gateway learns itself, the best first.
pub(super) fn own_routes(network: &Network, id: Id<Gateway>) -> Learned {
    let mut routes = of_gateway(network, id);
    routes.sort_by_key(|(_, _, preference)| *preference);
    routes
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
pub(super) fn by_bgp(network: &Network, local: Id<LocalGateway>) -> Vec<IpNet> {
    let local = &network.local_gateways[local];
    let own = local.bgp_peering_address.map(IpNet::from);
    let site = local.site.map(|site| &network.sites[site].address_space);
    own.into_iter()
        .chain(site.into_iter().flatten().copied())
        .collect()
}

/// What a Route Server has from its peers. A peer whose machine does not run announces nothing.
pub(super) fn of_server(network: &Network, id: Id<RouteServer>) -> Vec<GatewayRoute> {
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

fn left(gateway: &Gateway, each: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let up = |at: usize| !gateway.instances_down.get(at).copied().unwrap_or_default();
    let each = each.enumerate().filter(|(at, _)| up(*at));
    each.map(|(_, address)| address).collect()
}

/// The next hops that effective routes show for a gateway: of two instances those that are left.
fn shown(network: &Network, gateway: &Gateway) -> Vec<IpAddr> {
    if gateway.gateway_type == GatewayType::ExpressRoute {
        return Vec::new();
    }
    if gateway.active_active && gateway.enable_bgp && gateway.bgp_addresses.len() > 1 {
        return left(gateway, gateway.bgp_addresses.iter().copied());
    }
    let public = gateway.public_ips.iter();
    let public = public.map(|id| network.public_ips[*id].address);
    left(
        gateway,
        public.take(if gateway.active_active { 2 } else { 1 }),
    )
}
