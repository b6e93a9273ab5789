//! What gets through, as a document: every row with all of its ends.

use serde::Serialize;

use super::{every_port, ranges};
use crate::engine::reach::{Reach, Side};
use crate::net::{PortSet, Protocol};

/// The document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The rows: flows that get through. They do not overlap.
    pub flows: Vec<Flows>,
    /// What the answer rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<Noted>,
}

/// A row.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flows {
    /// Their protocols and ports.
    pub services: Vec<Service>,
    /// The ports that they come from; absent: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port_ranges: Option<Vec<String>>,
    /// Where they come from.
    pub sources: Vec<End>,
    /// Where they are sent to.
    pub destinations: Vec<End>,
    /// One of them.
    pub witness: Witness,
}

/// A protocol with its ports.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// `Tcp`, `Udp`, `Icmp`, `Esp`, `Ah`.
    pub protocol: String,
    /// Its ports; `*` for all, absent for protocols without ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_ranges: Option<Vec<String>>,
}

/// One end of flows.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// What has these addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The addresses: single ones, prefixes, or `first-last`.
    pub addresses: Vec<String>,
}

/// A flow with its path.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Witness {
    /// Its protocol.
    pub protocol: String,
    /// Its source.
    pub source_ip_address: String,
    /// Its source's port.
    pub source_port: u16,
    /// Its destination, as it is sent.
    pub destination_ip_address: String,
    /// Its destination's port.
    pub destination_port: u16,
    /// The names of its hops.
    pub hops: Vec<String>,
}

/// Something that is assumed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Noted {
    /// Its code.
    pub code: &'static str,
    /// In words.
    pub message: String,
}

/// The document of an answer.
#[must_use]
pub fn document(reach: &Reach) -> Document {
    let flows = reach.rows.iter().map(|row| Flows {
        services: row
            .services
            .iter()
            .map(|(own, ports)| service(*own, ports))
            .collect(),
        source_port_ranges: (!every_port(&row.source_ports))
            .then(|| port_ranges(&row.source_ports)),
        sources: row.sources.iter().map(end).collect(),
        destinations: row.destinations.iter().map(end).collect(),
        witness: Witness {
            protocol: row.witness.protocol.to_string(),
            source_ip_address: row.witness.source.to_string(),
            source_port: row.witness.source_port,
            destination_ip_address: row.witness.destination.to_string(),
            destination_port: row.witness.destination_port,
            hops: row
                .path
                .hops
                .iter()
                .map(|hop| hop.name.to_string())
                .collect(),
        },
    });
    let noted = reach.assumptions.iter().map(|own| Noted {
        code: own.code.name(),
        message: own.text.clone(),
    });
    Document {
        flows: flows.collect(),
        assumptions: noted.collect(),
    }
}

/// A protocol with its ports, as it is written.
pub(in crate::report) fn service(protocol: Protocol, ports: &PortSet) -> Service {
    Service {
        protocol: protocol.to_string(),
        port_ranges: protocol.has_ports().then(|| port_ranges(ports)),
    }
}

/// Ports as ranges.
pub(in crate::report) fn port_ranges(ports: &PortSet) -> Vec<String> {
    super::port_text(ports)
        .split(',')
        .map(str::to_owned)
        .collect()
}

fn end(side: &Side) -> End {
    End {
        name: side.name.as_ref().map(ToString::to_string),
        addresses: ranges(&side.addresses),
    }
}
