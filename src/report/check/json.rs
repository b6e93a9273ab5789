//! A check's answer as Azure's `ConnectivityInformation`, with the further members of Connection
//! troubleshoot's response table (`network-watcher/connection-troubleshoot-overview`).

use serde::Serialize;

use super::{dryhop, hops};
use crate::engine::Answer;
use crate::engine::latency::{Probed, latency};
use crate::net::Flow;
use crate::network::Network;
use crate::report::wire::{ConnectivityInformation, DiagnosticProfile, DiagnosticResponse};
use crate::report::{diagnose, next_hop};
use crate::source::Sources;
use crate::spec::Direction;
use crate::trace::{HopKind, Path};
use crate::whatif::Remedy;

/// The document of one answer, or of several where an end is a set.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Document {
    /// Of one connection.
    One(Box<ConnectivityInformation>),
    /// Of every connection between two ends of which one is a set.
    Each(Vec<ConnectivityInformation>),
}

/// The document of `answers`, each with its remedies; `set` says whether an end is a set, so that there is a list even of one.
#[must_use]
pub fn document(
    network: &Network,
    sources: &Sources,
    answers: &[Answer],
    remedies: &[Vec<Remedy>],
    set: bool,
) -> Document {
    let remedies = remedies.iter().map(Vec::as_slice);
    let mut documents: Vec<_> = answers
        .iter()
        .zip(remedies.chain(std::iter::repeat(&[][..])))
        .map(|(answer, remedies)| connectivity(network, sources, answer, remedies))
        .collect();
    match documents.pop() {
        Some(only) if !set && documents.is_empty() => Document::One(Box::new(only)),
        last => {
            documents.extend(last);
            Document::Each(documents)
        }
    }
}

/// The document of one answer.
#[must_use]
pub fn connectivity(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    remedies: &[Remedy],
) -> ConnectivityInformation {
    let latency = latency(network, answer);
    let merged = hops::merge(network, answer, latency.as_ref());
    let dryhop = dryhop::member(
        network,
        sources,
        answer,
        latency.as_ref(),
        remedies,
        &merged,
    );
    let milliseconds = |of: fn(&Probed) -> u64| {
        let probed = latency.as_ref().map(|latency| &latency.probed)?;
        Some(of(probed) / 1_000_000)
    };
    let analysis = |diagnosis: &Option<_>, direction, flow: &Flow| {
        diagnosis.as_ref().map(|diagnosis| DiagnosticResponse {
            results: vec![diagnose::result(
                network,
                diagnosis,
                profile(direction, flow),
            )],
        })
    };
    ConnectivityInformation {
        connection_status: answer.status.word(),
        avg_latency_in_ms: milliseconds(|probed| probed.avg),
        min_latency_in_ms: milliseconds(|probed| probed.min),
        max_latency_in_ms: milliseconds(|probed| probed.max),
        probes_sent: answer.probes.0,
        probes_failed: answer.probes.1,
        hops: merged.hops,
        next_hop_analysis: answer
            .next_hop
            .as_ref()
            .map(|found| next_hop::wire(network, found)),
        source_security_rule_analysis: analysis(
            &answer.source_security,
            Direction::Outbound,
            &answer.flow,
        ),
        destination_security_rule_analysis: analysis(
            &answer.destination_security,
            Direction::Inbound,
            &inbound(answer),
        ),
        source_port_status: answer.ports.source.word(),
        destination_port_status: answer.ports.destination.word(),
        dryhop: Some(dryhop),
    }
}

/// The flow as it reaches the destination's NIC.
fn inbound(answer: &Answer) -> Flow {
    let ends_inside = |path: &&Path| {
        path.hops
            .last()
            .is_some_and(|hop| hop.kind == HopKind::VnetLocal)
    };
    answer
        .paths
        .iter()
        .find(ends_inside)
        .map_or(answer.flow, |path| path.seen)
}

/// The profile of a flow. Azure's knows TCP, UDP and `*` only.
fn profile(direction: Direction, flow: &Flow) -> DiagnosticProfile {
    let ports = flow.protocol.has_ports();
    let word = flow.protocol.to_string().to_uppercase();
    DiagnosticProfile {
        direction: direction.word(),
        protocol: if ports { word } else { "*".to_owned() },
        source: flow.source.to_string(),
        destination: flow.destination.to_string(),
        destination_port: if ports {
            flow.destination_port.to_string()
        } else {
            "*".to_owned()
        },
    }
}
