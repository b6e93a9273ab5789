//! Fixes, as a document.

use serde::Serialize;
use serde_json::Value;

use super::{Fixed, changes, tried};
use crate::network::Network;
use crate::report::check::remedies;
use crate::report::wire::FlowKind;
use crate::source::Sources;
use crate::whatif::Remedy;

/// The document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// One for each connection that was asked about.
    pub connections: Vec<Connection>,
}

/// A connection, and what would make it work.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// What the source is called.
    pub source: String,
    /// Its address.
    pub source_address: String,
    /// What the destination is called.
    pub destination: String,
    /// Its address.
    pub destination_address: String,
    /// The protocol.
    pub protocol: String,
    /// The destination's port, where the protocol has ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// `Reachable` or `Unreachable`.
    pub connection_status: String,
    /// The fixes, the best first.
    pub fixes: Vec<Fix>,
    /// The sets of changes that were tried, in words.
    pub tried: Vec<String>,
}

/// Changes that make it work.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// The changes, all of which it takes.
    pub changes: Vec<Change>,
    /// The same as a partial topology, for `--overlay`.
    pub overlay: Value,
    /// Whether every flow that could fare otherwise was compared; else the lists say nothing.
    pub compared: bool,
    /// What else gets through with them.
    pub opens: Vec<FlowKind>,
    /// What no longer gets through.
    pub closes: Vec<FlowKind>,
    /// What gets through by another way.
    pub reroutes: Vec<FlowKind>,
}

/// A change, what it is against, and where it is made.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The name of the hop at which the issue stands.
    pub hop: String,
    /// The code, in kebab-case.
    pub code: &'static str,
    /// The change in words.
    pub text: String,
    /// The file of the resource that is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// The document of what was found.
#[must_use]
pub fn document(network: &Network, sources: &Sources, found: &[Fixed]) -> Document {
    let one = |own: &Fixed| {
        let (answer, flow) = (&own.answer, &own.answer.flow);
        let remedies = own.suggested.remedies.iter();
        Connection {
            source: answer.source.name.to_string(),
            source_address: answer.source.address.to_string(),
            destination: answer.destination.name.to_string(),
            destination_address: answer.destination.address.to_string(),
            protocol: flow.protocol.to_string(),
            port: flow.protocol.has_ports().then_some(flow.destination_port),
            connection_status: answer.status.to_string(),
            fixes: remedies.map(|own| fix(network, sources, own)).collect(),
            tried: tried(network, &own.suggested),
        }
    };
    Document {
        connections: found.iter().map(one).collect(),
    }
}

fn fix(network: &Network, sources: &Sources, remedy: &Remedy) -> Fix {
    let wire = remedies::one(network, remedy);
    let places = changes(network, sources, remedy).map(|(_, spot, _)| spot);
    let changes = wire.changes.into_iter().zip(places);
    Fix {
        changes: changes
            .map(|(own, spot)| Change {
                hop: own.hop,
                code: own.code,
                text: own.text,
                file: spot.as_ref().map(|spot| spot.file.clone()),
                line: spot.as_ref().map(|spot| spot.line),
            })
            .collect(),
        overlay: wire.overlay,
        compared: wire.compared,
        opens: wire.opens,
        closes: wire.closes,
        reroutes: wire.reroutes,
    }
}
