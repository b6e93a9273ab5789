//! What happened at a hop, as JSON.

use serde_json::{Value, json};

use super::path;
use crate::effective::ListOrigin;
use crate::net::Flow;
use crate::network::Network;
use crate::report::{applied_to_id, routes};
use crate::spec::AdminAccess;
use crate::trace::{Filter, Step};

/// A step.
pub(super) fn step(network: &Network, step: &Step) -> Value {
    match step {
        Step::Security {
            direction,
            list,
            decided,
            flow,
        } => {
            let name = &*list.origin.identity(network).name;
            let (group, manager) = match list.origin {
                ListOrigin::Group(_) => (Some(name), None),
                ListOrigin::Manager(_) => (None, Some(name)),
            };
            let mut value = json!({
                "step": "security",
                "direction": direction.word(),
                "networkSecurityGroup": group,
                "networkManager": manager,
                "appliedTo": applied_to_id(network, list.applied_to),
                "rule": list.diagnostic_name(*decided),
                "priority": list.priority(network, *decided),
                "access": list.access(*decided).map(AdminAccess::word),
                "flow": flow_value(flow),
            });
            remove_nulls(&mut value);
            value
        }
        Step::Established(direction) => {
            json!({ "step": "established", "direction": direction.word() })
        }
        Step::Filter {
            filter,
            rule,
            allowed,
        } => {
            let otherwise = otherwise(*filter);
            let filter = match filter {
                Filter::GuestInbound => "guestInbound",
                Filter::GuestOutbound => "guestOutbound",
                Filter::Appliance => "appliance",
                Filter::ThreatIntelligence => "threatIntelligence",
                Filter::FirewallNetwork => "networkRules",
                Filter::FirewallApplication => "applicationRules",
            };
            let rule = rule.as_deref().unwrap_or(otherwise);
            json!({ "step": "filter", "filter": filter, "rule": rule, "access": access(*allowed) })
        }
        Step::Route {
            route: Some(row), ..
        } => {
            let mut value = json!({ "step": "route" });
            let table = row
                .user
                .map(|(table, _)| network.route_tables[table].identity.id.to_string());
            let mut route = routes::wire(row, false);
            route.disable_bgp_route_propagation = None;
            if let (Some(value), Ok(Value::Object(members))) =
                (value.as_object_mut(), serde_json::to_value(route))
            {
                value.extend(members);
                value.insert(
                    "routeTableId".into(),
                    table.unwrap_or_else(|| "System Route".to_owned()).into(),
                );
            }
            value
        }
        Step::Route { route: None, .. } => json!({ "step": "route", "nextHopType": "None" }),
        Step::Translated { by, before, after } => json!({
            "step": "translated",
            "by": path::translator(network, by),
            "before": flow_value(before),
            "after": flow_value(after),
        }),
        Step::Crossed(places) => {
            let names: Vec<_> = places
                .iter()
                .map(|place| network.place_name(*place).to_string())
                .collect();
            json!({ "step": "crossed", "places": names })
        }
        Step::Answered => json!({ "step": "answered" }),
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

/// A flow; ports only where the protocol has them.
fn flow_value(flow: &Flow) -> Value {
    let mut value = json!({
        "protocol": flow.protocol.to_string(),
        "source": flow.source.to_string(),
        "destination": flow.destination.to_string(),
    });
    if let Some(value) = value.as_object_mut().filter(|_| flow.protocol.has_ports()) {
        value.insert("sourcePort".into(), flow.source_port.into());
        value.insert("destinationPort".into(), flow.destination_port.into());
    }
    value
}

fn remove_nulls(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
}
