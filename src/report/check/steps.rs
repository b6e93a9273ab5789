//! What happened at a hop, as JSON.

use super::path;
use crate::effective::ListOrigin;
use crate::net;
use crate::network::Network;
use crate::report::wire::{Flow, Step};
use crate::report::{applied_to_id, routes};
use crate::spec::AdminAccess;
use crate::trace::{self, Filter};

/// A step.
pub(super) fn step(network: &Network, step: &trace::Step) -> Step {
    match step {
        trace::Step::Security {
            direction,
            list,
            decided,
            flow,
        } => {
            let name = list.origin.identity(network).name.to_string();
            let (group, manager) = match list.origin {
                ListOrigin::Group(_) => (Some(name), None),
                ListOrigin::Manager(_) => (None, Some(name)),
            };
            Step::Security {
                direction: direction.word(),
                network_security_group: group,
                network_manager: manager,
                applied_to: applied_to_id(network, list.applied_to),
                rule: list.diagnostic_name(*decided),
                priority: list.priority(network, *decided),
                access: list.access(*decided).map(AdminAccess::word),
                flow: flow_value(flow),
            }
        }
        trace::Step::Established(direction) => Step::Established {
            direction: direction.word(),
        },
        trace::Step::Filter {
            filter,
            rule,
            allowed,
        } => Step::Filter {
            filter: match filter {
                Filter::GuestInbound => "guestInbound",
                Filter::GuestOutbound => "guestOutbound",
                Filter::Appliance => "appliance",
                Filter::ThreatIntelligence => "threatIntelligence",
                Filter::FirewallNetwork => "networkRules",
                Filter::FirewallApplication => "applicationRules",
            },
            rule: rule.as_deref().unwrap_or(otherwise(*filter)).to_owned(),
            access: access(*allowed),
        },
        trace::Step::Route { route, .. } => {
            let table = |row: &crate::effective::EffectiveRoute| match row.user {
                Some((table, _)) => network.route_tables[table].identity.id.to_string(),
                None => "System Route".to_owned(),
            };
            Step::Route {
                row: route.as_ref().map(|row| routes::WireRoute {
                    disable_bgp_route_propagation: None,
                    ..routes::wire(row, false)
                }),
                route_table_id: route.as_ref().map(table),
            }
        }
        trace::Step::Translated { by, before, after } => Step::Translated {
            by: path::translator(network, by),
            before: flow_value(before),
            after: flow_value(after),
        },
        trace::Step::Crossed(places) => {
            let names = places.iter().map(|place| network.place_name(*place));
            Step::Crossed {
                places: names.map(|name| name.to_string()).collect(),
            }
        }
        trace::Step::Answered => Step::Answered,
    }
}

/// What decides where no rule of a filter does.
pub(super) const fn otherwise(filter: Filter) -> &'static str {
    match filter {
        Filter::FirewallNetwork | Filter::FirewallApplication => "default deny",
        Filter::ThreatIntelligence => "threat intelligence",
        _ => "default action",
    }
}

const fn access(allowed: bool) -> &'static str {
    if allowed { "Allow" } else { "Deny" }
}

fn flow_value(flow: &net::Flow) -> Flow {
    let ports = flow.protocol.has_ports();
    Flow {
        protocol: flow.protocol.to_string(),
        source: flow.source.to_string(),
        destination: flow.destination.to_string(),
        source_port: ports.then_some(flow.source_port),
        destination_port: ports.then_some(flow.destination_port),
    }
}
