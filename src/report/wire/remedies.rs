//! Changes that were tried and help.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Changes that make a connection work.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remedy {
    /// The changes, all of which it takes.
    pub changes: Vec<RemedyChange>,
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

/// A change, and the issue that it is against.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RemedyChange {
    /// The name of the hop.
    pub hop: String,
    /// The code, in kebab-case.
    pub code: &'static str,
    /// The change in words.
    pub text: String,
}

/// Flows of one protocol between two ends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowKind {
    /// What the source is called.
    pub source: String,
    /// Its address.
    pub source_address: String,
    /// Its ports, where they are not any ephemeral one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ports: Option<String>,
    /// What the destination is called.
    pub destination: String,
    /// Its address.
    pub destination_address: String,
    /// Its ports, where the protocol has ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_ports: Option<String>,
    /// The protocol.
    pub protocol: String,
}
