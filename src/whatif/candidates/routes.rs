//! A route of its own for one address, beside those that a table has: to where it is, by an appliance that
//! the VNet or a direct peer has, by the gateway, to the Internet (`virtual-networks-udr-overview`).

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::Looking;
use crate::engine::next_hop::neighbour;
use crate::net::{same_family, tags};
use crate::network::{
    FixtureKind, Id, Network, Place, RouteTable, Subnet, UserRoute, UserRoutePrefix, VirtualNetwork,
};
use crate::spec::NextHopType;
use crate::trace::HopKind;
use crate::whatif::denials::Stopped;
use crate::whatif::{Change, names};

/// So many next hops are tried for a route.
const MOST_NEXT_HOPS: usize = 8;

/// So many routes a table takes (`virtual-networks-udr-overview`).
const MOST_ROUTES: usize = 400;

/// Where a route leads.
type Way = (NextHopType, Option<IpAddr>);

impl Looking<'_, '_> {
    /// A route of `table` for the address that a flow could not reach. `losing` is the route that it took.
    pub(super) fn route(
        &self,
        table: Id<RouteTable>,
        losing: Option<usize>,
        found: &Stopped,
    ) -> Vec<Change> {
        let network = self.engine.network();
        let Some(subnet) = found.subnet else {
            return Vec::new();
        };
        let to = found.flow.destination;
        let own = &network.route_tables[table];
        let route = losing.and_then(|at| own.routes.get(at));
        let lost = route.map(|route| (route.next_hop_type, route.next_hop_ip_address));
        let ways = self.ways(network, table, subnet, to);
        let mut found: Vec<Change> = Vec::new();
        // What leads to an appliance that is not there was meant to lead to one that is.
        if let Some(route) = route.filter(|route| {
            let vnet = network.subnets[subnet].vnet;
            let hop = route.next_hop_ip_address;
            hop.is_some_and(|hop| neighbour(network, vnet, hop).is_none())
        }) {
            found.extend(ways.iter().filter(|way| way.1.is_some()).map(|way| {
                let route = UserRoute {
                    next_hop_ip_address: way.1,
                    ..route.clone()
                };
                Change::Route { table, route }
            }));
        }
        found.extend(
            ways.into_iter()
                .filter(|way| Some(*way) != lost)
                .filter_map(|way| self.leading(table, to, way)),
        );
        // Without its own route an address goes by the next wider one, which may be what was meant.
        let prefix = UserRoutePrefix::Prefix(IpNet::from(to));
        let exact = own.routes.iter().find(|route| route.prefix == prefix);
        found.extend(exact.map(|route| Change::RemoveRoute {
            table,
            name: Arc::clone(&route.name),
        }));
        found
    }

    /// A route for one address: a new one, or the one that the table has for just that.
    fn leading(&self, table: Id<RouteTable>, to: IpAddr, way: Way) -> Option<Change> {
        let routes = &self.copy.route_tables[table].routes;
        let prefix = UserRoutePrefix::Prefix(IpNet::from(to));
        let exact = routes.iter().find(|route| route.prefix == prefix);
        if !self.known(to) || (exact.is_none() && routes.len() >= MOST_ROUTES) {
            return None;
        }
        let has = |name: &str| {
            let mut routes = routes.iter();
            routes.any(|route| route.name.eq_ignore_ascii_case(name))
        };
        let name = match exact {
            Some(route) => Arc::clone(&route.name),
            None => names::for_route(to, has),
        };
        let route = UserRoute {
            name,
            prefix,
            next_hop_type: way.0,
            next_hop_ip_address: way.1,
        };
        Some(Change::Route { table, route })
    }

    /// Where an address may be reached by from a subnet.
    fn ways(
        &self,
        network: &Network,
        table: Id<RouteTable>,
        subnet: Id<Subnet>,
        to: IpAddr,
    ) -> Vec<Way> {
        let vnet = network.subnets[subnet].vnet;
        let mut ways: Vec<Way> = Vec::new();
        let near = neighbour(network, vnet, to).is_some();
        if near {
            ways.push((NextHopType::VnetLocal, None));
        }
        let routes = network.route_tables[table].routes.iter();
        let named = routes.filter_map(|route| route.next_hop_ip_address);
        let forwarding = forwarders(network, vnet).into_iter();
        for address in named.chain(forwarding) {
            let within = neighbour(network, vnet, address).is_some();
            let way = (NextHopType::VirtualAppliance, Some(address));
            if within && same_family(address, to) && !ways.contains(&way) {
                ways.push(way);
            }
        }
        if self.engine.effective().vpn_gateway(vnet).is_some() {
            ways.push((NextHopType::VirtualNetworkGateway, None));
        }
        if tags::internet().contains(to) {
            ways.push((NextHopType::Internet, None));
        }
        ways.truncate(MOST_NEXT_HOPS);
        ways
    }

    /// Routes that bring a reply back by what saw the request, or send the request by what sees the reply.
    pub(super) fn routes_of_both_ways(&self, found: &Stopped) -> Vec<Change> {
        let network = self.engine.network();
        let request = self.path.seen;
        let passed = |hop: &&crate::trace::Hop| hop.kind == HopKind::VirtualAppliance;
        let there = self.path.hops.iter().filter(passed);
        let back = self
            .path
            .replies
            .iter()
            .flat_map(|reply| &reply.hops)
            .filter(passed);
        let table_of = |place: Option<Place>| match place {
            Some(Place::Nic(nic)) => network.subnets[network.nics[nic].subnet].route_table,
            _ => None,
        };
        let first = self.path.hops.first().and_then(|hop| table_of(hop.place));
        let last = self.path.hops.last().and_then(|hop| table_of(hop.place));
        let mut changes = Vec::new();
        for hop in there {
            let way = (NextHopType::VirtualAppliance, Some(hop.address));
            changes.extend(last.and_then(|table| self.leading(table, request.source, way)));
        }
        for hop in back {
            let way = (NextHopType::VirtualAppliance, Some(hop.address));
            let to = super::super::denials::initial(self.path).destination;
            changes.extend(first.and_then(|table| self.leading(table, to, way)));
        }
        if found.reply {
            let way = (NextHopType::VnetLocal, None);
            changes.extend(last.and_then(|table| self.leading(table, request.source, way)));
        }
        changes.dedup();
        changes
    }
}

/// The addresses of what forwards in a VNet and its direct peers: appliances, firewalls, balancers inside.
fn forwarders(network: &Network, vnet: Id<VirtualNetwork>) -> Vec<IpAddr> {
    let peers = network.vnets[vnet].peerings.iter();
    let peers = peers.map(|id| network.peerings[*id].remote);
    let near: Vec<Id<VirtualNetwork>> = std::iter::once(vnet).chain(peers).collect();
    let mut found = Vec::new();
    for (_, fixture) in network.fixtures.iter() {
        let forwards = matches!(
            fixture.kind,
            FixtureKind::AzureFirewall(_) | FixtureKind::LoadBalancer(..)
        );
        if forwards && fixture.vnet.is_some_and(|own| near.contains(&own)) {
            found.extend(&fixture.addresses);
        }
    }
    for (_, nic) in network.nics.iter().filter(|(_, nic)| nic.ip_forwarding) {
        let own = network.subnets[nic.subnet].vnet;
        if near.contains(&own) && network.machines[nic.machine].forwarding.is_some() {
            found.extend(nic.addresses.first().map(|own| own.address));
        }
    }
    found
}
