//! `VirtualNetwork` that holds every address, because a default route leads to an appliance or a gateway
//! (`virtual-network/service-tags-overview`; decisions).

use std::collections::BTreeMap;

use super::Findings;
use super::subjects::{at_route, at_subnet, listed, subnet_name};
use super::survey::Survey;
use crate::diagnostic::{Code, Diagnostic};
use crate::effective::Effective;
use crate::network::{Id, RouteTable, Subnet, UserRoutePrefix};
use crate::spec::NextHopType;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let (network, effective) = (survey.network(), survey.effective);
    let mut guarded: Vec<Id<Subnet>> = network
        .nics
        .iter()
        .filter(|(id, _)| effective.is_guarded(*id))
        .map(|(_, nic)| nic.subnet)
        .collect();
    guarded.sort();
    guarded.dedup();
    let mut by_route: BTreeMap<(Id<RouteTable>, usize), Vec<Id<Subnet>>> = BTreeMap::new();
    for id in guarded {
        let tag = effective.virtual_network(id);
        if tag.prefixes.iter().all(|prefix| prefix.prefix_len() > 0) {
            continue;
        }
        if let Some(route) = default_route(effective, id) {
            by_route.entry(route).or_default().push(id);
            continue;
        }
        let name = subnet_name(network, id);
        let message = format!(
            "`VirtualNetwork` holds every address in `{name}`: a gateway brings it a default route"
        );
        let finding = Diagnostic::new(Code::TagTakesDefaultRoute, message);
        findings.add(name, finding.at_key(at_subnet(network, id)).help(HELP));
    }
    for ((table, position), subnets) in by_route {
        let name = &network.route_tables[table].identity.name;
        let message = format!(
            "`VirtualNetwork` holds every address in {}: a default route leads to {}",
            listed(subnets.iter().map(|id| subnet_name(network, *id))),
            match network.route_tables[table].routes[position].next_hop_type {
                NextHopType::VirtualAppliance => "an appliance",
                _ => "a gateway",
            }
        );
        let finding = Diagnostic::new(Code::TagTakesDefaultRoute, message)
            .at_key(at_route(network, table, position))
            .help(HELP);
        let subnets = subnets.iter().map(|id| subnet_name(network, *id));
        findings.add_of(
            std::iter::once(name.to_string()).chain(subnets).collect(),
            finding,
        );
    }
}

const HELP: &str = "rules for `VirtualNetwork`, the default ones too, are for the Internet as well there; name prefixes where that is not meant";

/// The user route that widens the tag of a subnet.
fn default_route(effective: &Effective<'_>, subnet: Id<Subnet>) -> Option<(Id<RouteTable>, usize)> {
    let network = effective.network();
    let table = network.subnets[subnet].route_table?;
    let mut routes = network.route_tables[table].routes.iter();
    let position = routes.position(|route| {
        matches!(
            route.next_hop_type,
            NextHopType::VirtualAppliance | NextHopType::VirtualNetworkGateway
        ) && matches!(&route.prefix, UserRoutePrefix::Prefix(prefix) if prefix.prefix_len() == 0)
    })?;
    Some((table, position))
}
