//! Peerings that carry nothing, or refuse what an appliance sends back
//! (`virtual-network/virtual-network-manage-peering`).

use std::collections::{BTreeMap, HashMap};

use super::Findings;
use super::routes::forwards;
use super::subjects::{at_peering, at_route, listed, peering_name, subnet_name};
use super::survey::{Route, Survey};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::engine::next_hop::neighbour;
use crate::network::{Id, Peering, Subnet, VirtualNetwork};
use crate::spec::PeeringState;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
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
    refused(survey, findings);
}

/// What an appliance in a peer sends back comes from addresses outside that peer: the side whose machines
/// route through it must take forwarded traffic.
fn refused(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    type Routes = Vec<(Route, Id<Subnet>)>;
    let mut by_peering: BTreeMap<Id<Peering>, Routes> = BTreeMap::new();
    for (table, own) in network.route_tables.iter() {
        for (position, route) in own.routes.iter().enumerate() {
            let Some(address) = route.next_hop_ip_address else {
                continue;
            };
            let route = (table, position);
            let refusing = |vnet| {
                let (owner, over) = neighbour(network, vnet, address)?;
                let over = over.filter(|over| !network.peerings[*over].allow_forwarded_traffic)?;
                forwards(network, owner).is_ok().then_some(over)
            };
            let mut known: HashMap<Id<VirtualNetwork>, Option<Id<Peering>>> = HashMap::new();
            for subnet in survey.subnets(table) {
                let vnet = network.subnets[*subnet].vnet;
                let Some(over) = *known.entry(vnet).or_insert_with(|| refusing(vnet)) else {
                    continue;
                };
                let remote = &network.vnets[network.peerings[over].remote].addresses;
                let won = survey.won(*subnet, route);
                if won.is_some_and(|won| !remote.covers(won)) {
                    let routes = by_peering.entry(over).or_default();
                    routes.push((route, *subnet));
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
                .map(|(_, subnet)| subnet_name(network, *subnet)),
        );
        let message = format!(
            "`{name}` refuses what the appliance in `{remote}` sends back to {subnets}: `allowForwardedTraffic` is off"
        );
        let mut finding = Diagnostic::new(Code::ForwardedTrafficRefused, message)
            .at_key(at_peering(network, id))
            .help("set `allowForwardedTraffic: true` on it");
        if let Some(((table, position), _)) = routes.first() {
            let route = at_route(network, *table, *position);
            finding = finding.label(At::Key(route), "sends through it");
        }
        findings.add(name, finding);
    }
}
