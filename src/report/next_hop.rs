//! Network Watcher's Next hop, as text and as `NextHopResult`.

use std::fmt::Write;

use super::check::route_text;
use super::table::Table;
use super::wire::NextHopResult;
use super::{Style, doubtful};
use crate::effective::{EffectiveRoute, EffectiveRoutes};
use crate::engine::next_hop::NextHop;
use crate::network::Network;

/// As the service sends it.
#[must_use]
pub fn wire(network: &Network, found: &NextHop) -> NextHopResult {
    let table = found
        .route_table
        .map(|table| network.route_tables[table].identity.id.to_string());
    NextHopResult {
        next_hop_type: found.next_hop_type.word(),
        next_hop_ip_address: found.next_hop_ip_addresses.first().map(ToString::to_string),
        route_table_id: table.unwrap_or_else(|| "System Route".to_owned()),
    }
}

/// As `az network watcher show-next-hop -o table` prints it, and the routes that win.
#[must_use]
pub fn text(network: &Network, routes: &EffectiveRoutes, found: &NextHop, style: Style) -> String {
    let result = wire(network, found);
    let addresses: Vec<String> = found
        .next_hop_ip_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut table = Table::new(&["NextHopType", "RouteTableId", "NextHopIpAddress"]);
    table.row(vec![
        result.next_hop_type.to_owned(),
        result.route_table_id,
        addresses.join(", "),
    ]);
    let mut out = table.render("");
    out.push('\n');
    if found.platform {
        out.push_str("Azure's own host, which no route leads away from\n");
    }
    let rows = found.rows.iter();
    let rows = rows.filter_map(|row| routes.rows.get(*row as usize));
    let mut told: Vec<&EffectiveRoute> = Vec::new();
    for row in rows {
        // Several may have announced one way.
        if told.iter().any(|other| row.leads_like(other)) {
            continue;
        }
        told.push(row);
        let _ = writeln!(out, "by {}", route_text(network, row, style));
    }
    if found.rows.is_empty() && !found.platform {
        out.push_str("no route matches\n");
    }
    doubtful(&found.doubtful, style, &mut out);
    out
}
