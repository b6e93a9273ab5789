//! Documents out of results: text for people, Azure's JSON for programs; one file a format.
//!
//! The shapes of the JSON are those of the REST API of Azure Network Watcher (`connectivityCheck`,
//! `nextHop`, `ipFlowVerify`, `networkConfigurationDiagnostic`) and of network interfaces
//! (`effectiveRouteTable`, `effectiveNetworkSecurityGroups`).

pub mod check;
pub mod diagnose;
pub mod diff;
pub mod failures;
pub mod fix;
pub mod graph;
pub mod ip_flow;
pub mod lint;
pub mod matrix;
pub mod next_hop;
pub mod page;
pub mod reach;
pub mod routes;
pub mod rules;
pub mod schema;
mod style;
mod table;
pub mod wire;

pub use style::Style;

use crate::effective::AppliedTo;
use crate::network::{Id, Network, Nic, Subnet};

/// `vnet/subnet`.
fn subnet_name(network: &Network, id: Id<Subnet>) -> String {
    let subnet = &network.subnets[id];
    format!(
        "{}/{}",
        network.vnets[subnet.vnet].identity.name, subnet.name
    )
}

/// `machine/nic`.
fn nic_name(network: &Network, id: Id<Nic>) -> String {
    let nic = &network.nics[id];
    format!(
        "{}/{}",
        network.machines[nic.machine].identity.name, nic.name
    )
}

/// Where a list of security rules is applied, in words.
fn applied_to(network: &Network, at: AppliedTo) -> String {
    match at {
        AppliedTo::Subnet(id) => format!("subnet {}", subnet_name(network, id)),
        AppliedTo::Nic(id) => format!("NIC {}", nic_name(network, id)),
        AppliedTo::Network(id) => format!("virtual network {}", network.vnets[id].identity.name),
    }
}

/// The ARM id of where a list of security rules is applied.
fn applied_to_id(network: &Network, at: AppliedTo) -> String {
    match at {
        AppliedTo::Subnet(id) => network.subnets[id].id.to_string(),
        AppliedTo::Nic(id) => network.nics[id].id.to_string(),
        AppliedTo::Network(id) => network.vnets[id].identity.id.to_string(),
    }
}

/// A JSON document as it is printed: indented by two spaces, with a line break at its end.
///
/// # Errors
/// Where a value has no form in JSON, which none of this module's has.
pub fn json(document: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// The lines that say what a single question's answer rests on: service tags not known in full.
fn doubtful(tags: &[std::sync::Arc<str>], style: Style, out: &mut String) {
    for tag in tags {
        out.push_str(&format!(
            "\n{} assumed-service-tag: what `{tag}` holds is not known in full, and would decide if it held the address\n",
            style.warn()
        ));
    }
}
