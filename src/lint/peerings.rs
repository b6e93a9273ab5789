//! Peerings that carry nothing, or refuse what an appliance sends back
//! (`virtual-network/virtual-network-manage-peering`).

use std::collections::BTreeMap;

use super::Findings;
use super::routes::{attached, forwards, won};
use super::subjects::{at_peering, at_route, listed, peering_name, subnet_name};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::Effective;
use crate::engine::next_hop::neighbour;
use crate::network::{Id, Peering, RouteTable, Subnet};
use crate::spec::PeeringState;

pub(super) fn find(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    for (id, peering) in network.peerings.iter() {
        let name = peering_name(network, id);
        let remote = &network.vnets[peering.remote].identity.name;
        let own = &network.vnets[peering.vnet].identity.name;
        let Some(reverse) = peering.reverse else {
            let message =
                format!("`{name}` carries nothing: `{remote}` has no peering with `{own}`");
            let finding = Diagnostic::new(Code::OneSidedPeering, message)
                .at_key(at_peering(network, id))
                .help(format!("give `{remote}` a peering with `{own}`, too"));
            findings.add(name, finding);
            continue;
        };
        // Once for both sides, at one that is not Connected.
        let other = &network.peerings[reverse];
        let at_fault = peering.state != PeeringState::Connected;
        let first = at_fault && (other.state == PeeringState::Connected || id < reverse);
        if !peering.connected && first {
            let message = format!(
                "`{name}` is {}: nothing goes between `{own}` and `{remote}`",
                peering.state
            );
            let finding = Diagnostic::new(Code::DisconnectedPeering, message)
                .at_key(at_peering(network, id))
                .help("delete the peering on both sides and make it anew");
            findings.add(name, finding);
        }
    }
    refused(effective, findings);
}

/// What an appliance in a peer sends back comes from addresses outside that peer: the side whose machines
/// route through it must take forwarded traffic.
fn refused(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    type Routes = Vec<(Id<RouteTable>, usize, Id<Subnet>)>;
    let mut by_peering: BTreeMap<Id<Peering>, Routes> = BTreeMap::new();
    for (table, own) in network.route_tables.iter() {
        for (position, route) in own.routes.iter().enumerate() {
            let Some(address) = route.next_hop_ip_address else {
                continue;
            };
            for subnet in attached(network, table) {
                let vnet = network.subnets[subnet].vnet;
                let Some((owner, Some(over))) = neighbour(network, vnet, address) else {
                    continue;
                };
                let peering = &network.peerings[over];
                if peering.allow_forwarded_traffic || forwards(network, owner).is_err() {
                    continue;
                }
                let remote = &network.vnets[peering.remote].addresses;
                let outside =
                    won(effective, subnet, table, position).is_some_and(|won| !remote.covers(&won));
                if outside {
                    by_peering
                        .entry(over)
                        .or_default()
                        .push((table, position, subnet));
                }
            }
        }
    }
    for (id, routes) in by_peering {
        let name = peering_name(network, id);
        let remote = &network.vnets[network.peerings[id].remote].identity.name;
        let subnets = listed(
            routes
                .iter()
                .map(|(_, _, subnet)| subnet_name(network, *subnet)),
        );
        let message = format!(
            "`{name}` refuses what the appliance in `{remote}` sends back to {subnets}: `allowForwardedTraffic` is off"
        );
        let mut finding = Diagnostic::new(Code::ForwardedTrafficRefused, message)
            .at_key(at_peering(network, id))
            .help("set `allowForwardedTraffic: true` on it");
        if let Some((table, position, _)) = routes.first() {
            let route = at_route(network, *table, *position);
            finding = finding.label(At::Key(route), "sends through it");
        }
        findings.add(name, finding);
    }
}
