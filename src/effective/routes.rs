//! The effective routes of a subnet: system routes, learned routes, the user's
//! (`virtual-network/virtual-networks-udr-overview`).

use super::gateway::GatewayRoute;
use super::{Effective, EffectiveRoute, EffectiveRoutes, precedence, system};
use crate::net::AddressSet;
use crate::network::{Id, RouteTable, Subnet, UserRoute, UserRoutePrefix};
use crate::spec::NextHopType;
use crate::spec::checks::{RouteNextHopType, RouteSource};

/// The effective routes of `subnet`, in Azure's order: Default rows, learned ones, the user's.
pub(super) fn build(effective: &Effective, subnet: Id<Subnet>) -> EffectiveRoutes {
    let network = effective.network;
    let subnet = &network.subnets[subnet];
    let vnet = &network.vnets[subnet.vnet];
    let table = subnet.route_table.map(|id| (id, &network.route_tables[id]));
    let routes = table.map_or(&[][..], |(_, table)| &table.routes);

    let mut rows = system::nearby(network, vnet);
    let services = system::service_endpoints(network, subnet);
    let propagates = table.is_none_or(|(_, table)| !table.disable_bgp_route_propagation);
    let learned = learned_rows(effective, subnet, propagates, &services);
    let user: Vec<EffectiveRoute> = table.map_or_else(Vec::new, |(id, table)| {
        let numbered = table.routes.iter().enumerate();
        numbered
            .map(|(at, route)| user_row(effective, subnet, (id, at), route))
            .collect()
    });

    rows.extend(services);
    rows.extend(system::private_endpoints(effective, subnet.vnet, routes));
    rows.extend(system::internet(vnet, &learned));
    // What decides on the reserved ranges stands behind them in the list.
    let before = rows.len();
    rows.extend(learned);
    rows.extend(user);
    let reserved = system::reserved(network, &rows);
    rows.splice(before..before, reserved);
    precedence::resolve(rows)
}

/// What gateways and Route Servers bring in, unless the table keeps it out.
fn learned_rows(
    effective: &Effective,
    subnet: &Subnet,
    propagates: bool,
    services: &[EffectiveRoute],
) -> Vec<EffectiveRoute> {
    if !propagates {
        return Vec::new();
    }
    let served: AddressSet = services
        .iter()
        .flat_map(|row| row.prefixes.iter().copied())
        .collect();
    let free = |route: &&GatewayRoute| !served.covers(&AddressSet::of([&route.prefix]));
    let learned = effective.received_routes(subnet.vnet).iter().filter(free);
    learned.map(learned_row).collect()
}

/// The row of a route that a gateway or a Route Server brings in.
pub(super) fn learned_row(route: &GatewayRoute) -> EffectiveRoute {
    let mut row = EffectiveRoute::new(
        RouteSource::VirtualNetworkGateway,
        RouteNextHopType::VirtualNetworkGateway,
        vec![route.prefix],
    );
    row.next_hop_addresses = route.next_hop.into_iter().collect();
    row.gateway = route.from.gateway();
    row.learned = Some(route.from);
    row
}

fn user_row(
    effective: &Effective,
    subnet: &Subnet,
    user: (Id<RouteTable>, usize),
    route: &UserRoute,
) -> EffectiveRoute {
    let next_hop_type = match route.next_hop_type {
        NextHopType::VirtualAppliance => RouteNextHopType::VirtualAppliance,
        NextHopType::VnetLocal => RouteNextHopType::VnetLocal,
        NextHopType::VirtualNetworkGateway => RouteNextHopType::VirtualNetworkGateway,
        NextHopType::Internet => RouteNextHopType::Internet,
        NextHopType::None => RouteNextHopType::None,
    };
    let mut row = EffectiveRoute::new(RouteSource::User, next_hop_type, Vec::new());
    match &route.prefix {
        UserRoutePrefix::Prefix(prefix) => row.prefixes.push(*prefix),
        UserRoutePrefix::Tag(tag) => {
            let tag = &effective.network.tags[*tag];
            row.prefixes.clone_from(&tag.prefixes);
            row.tag = Some(tag.name.clone());
            row.incomplete = !tag.complete;
        }
    }
    row.name = Some(route.name.clone());
    row.next_hop_addresses = route.next_hop_ip_address.into_iter().collect();
    row.user = Some(user);
    if next_hop_type == RouteNextHopType::VirtualNetworkGateway {
        row.gateway = effective.vpn_gateway(subnet.vnet);
    }
    row
}
