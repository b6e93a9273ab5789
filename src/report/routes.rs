//! The effective routes of a NIC, as text and as `EffectiveRouteListResult`.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::Table;
use crate::effective::{EffectiveRoute, EffectiveRoutes};
use crate::spec::checks::{RouteNextHopType, RouteSource, RouteState};

/// `EffectiveRouteListResult`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectiveRouteList {
    /// The rows.
    pub value: Vec<WireRoute>,
}

/// `EffectiveRoute`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireRoute {
    /// The user route's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the subnet's table keeps gateway routes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_bgp_route_propagation: Option<bool>,
    /// `Default`, `User` or `VirtualNetworkGateway`.
    #[schemars(extend("enum" = RouteSource::WORDS))]
    pub source: &'static str,
    /// `Active` or `Invalid`.
    #[schemars(extend("enum" = RouteState::WORDS))]
    pub state: &'static str,
    /// For which addresses.
    pub address_prefix: Vec<String>,
    /// The next hop's addresses.
    pub next_hop_ip_address: Vec<String>,
    /// Its type.
    #[schemars(extend("enum" = RouteNextHopType::WORDS))]
    pub next_hop_type: &'static str,
}

/// One row as the service sends it; `keeps_out` is the table's `disableBgpRoutePropagation`.
#[must_use]
pub fn wire(row: &EffectiveRoute, keeps_out: bool) -> WireRoute {
    WireRoute {
        name: row.name.as_ref().map(ToString::to_string),
        disable_bgp_route_propagation: Some(keeps_out),
        source: row.source.word(),
        state: row.state.word(),
        address_prefix: row.prefixes.iter().map(ToString::to_string).collect(),
        next_hop_ip_address: row
            .next_hop_addresses
            .iter()
            .map(ToString::to_string)
            .collect(),
        next_hop_type: row.next_hop_type.word(),
    }
}

/// All rows as the service sends them.
#[must_use]
pub fn list(routes: &EffectiveRoutes, keeps_out: bool) -> EffectiveRouteList {
    EffectiveRouteList {
        value: routes.rows.iter().map(|row| wire(row, keeps_out)).collect(),
    }
}

/// As `az network nic show-effective-route-table -o table` prints them, with the user route's name, and
/// for a losing route why it loses.
#[must_use]
pub fn text(routes: &EffectiveRoutes) -> String {
    let head = [
        "Source",
        "State",
        "Address Prefix",
        "Next Hop Type",
        "Next Hop IP",
        "Name",
        "Why",
    ];
    let mut table = Table::new(&head);
    for row in &routes.rows {
        let addresses: Vec<String> = row
            .next_hop_addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        table.row(vec![
            row.source.to_string(),
            row.state.to_string(),
            prefix(row),
            row.next_hop_type.to_string(),
            addresses.join(" "),
            row.name
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            row.reason.clone().unwrap_or_default(),
        ]);
    }
    table.render("")
}

/// A tag or a service stands for its prefixes, of which there may be hundreds.
fn prefix(row: &EffectiveRoute) -> String {
    let name = row.tag.as_ref().or(row.service.as_ref());
    match (name, row.prefixes.as_slice()) {
        (None, prefixes) => prefixes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" "),
        (Some(name), []) => name.to_string(),
        (Some(name), [only]) => format!("{only} ({name})"),
        (Some(name), [first, rest @ ..]) => format!("{first} and {} more ({name})", rest.len()),
    }
}
