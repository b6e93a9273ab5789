//! What Azure does not say of a connection: the paths one by one, what was assumed, what was seen.

use super::hops::Merged;
use super::{issues, remedies, steps, text};
use crate::engine::Answer;
use crate::engine::latency::{HopLatency, Latency, PathLatency, Probed};
use crate::net::latency::Element;
use crate::network::Network;
use crate::report::wire::{self, Assumption, Dryhop, LatencyElement, Path, PathHop, Reply, Seen};
use crate::source::Sources;
use crate::trace::{self, Step};
use crate::whatif::Remedy;

/// The member of an answer.
pub(super) fn member(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    latency: Option<&Latency>,
    helped: &[Remedy],
    merged: &Merged,
) -> Dryhop {
    let paths = answer.paths.iter().zip(&merged.ids).enumerate();
    let paths = paths
        .map(|(number, (path, ids))| {
            let times = latency.and_then(|latency| latency.paths.get(number)?.as_ref());
            one(network, sources, answer, helped, (path, times), ids)
        })
        .collect();
    Dryhop {
        paths,
        return_path: answer.return_path.map(text::reply_word),
        answered_by: answer
            .answered_by
            .as_deref()
            .map(str::to_owned)
            .or_else(|| answered_by(answer)),
        seen: answer.seen().map(|flow| Seen {
            source: flow.source.to_string(),
            destination: flow.destination.to_string(),
            port: flow.protocol.has_ports().then_some(flow.destination_port),
        }),
        assumptions: answer.assumptions.iter().map(assumption).collect(),
        notes: answer.notes.iter().map(assumption).collect(),
        remedies: remedies::wire(network, helped),
        latency: latency.map(|latency| wire::Latency {
            loss: part(latency.loss),
            assumptions: latency.assumptions.iter().map(assumption).collect(),
            ..times(&latency.probed, &latency.percentiles)
        }),
    }
}

/// Times in microseconds, to a tenth.
fn times(probed: &Probed, percentiles: &[f64; 4]) -> wire::Latency {
    let [p50, p90, p95, p99] = percentiles.map(tenth);
    wire::Latency {
        min_in_us: microseconds(probed.min),
        avg_in_us: microseconds(probed.avg),
        max_in_us: microseconds(probed.max),
        p50_in_us: p50,
        p90_in_us: p90,
        p95_in_us: p95,
        p99_in_us: p99,
        loss: 0.0,
        assumptions: Vec::new(),
        elements: Vec::new(),
    }
}

fn tenth(microseconds: f64) -> f64 {
    (microseconds * 10.0).round() / 10.0
}

/// A part of all, without the dust of its computation.
fn part(of: f64) -> f64 {
    (of * 1e9).round() / 1e9
}

fn microseconds(nanoseconds: u64) -> f64 {
    tenth(nanoseconds as f64 / 1000.0)
}

fn path_latency(latency: &PathLatency) -> Option<wire::Latency> {
    let element = |element: &Element| LatencyElement {
        name: element.name.clone(),
        floor_in_us: tenth(element.floor),
        excess_in_us: tenth(element.median_excess()),
        sigma: element.sigma,
        loss: part(element.drops()),
        assumed: element.assumed,
    };
    Some(wire::Latency {
        loss: part(latency.loss),
        elements: latency.elements.iter().map(element).collect(),
        ..times(&latency.probed?, &latency.percentiles)
    })
}

fn hop_latency(latency: HopLatency) -> wire::HopLatency {
    wire::HopLatency {
        min_in_us: microseconds(latency.probed.min),
        avg_in_us: microseconds(latency.probed.avg),
        max_in_us: microseconds(latency.probed.max),
        assumed: latency.assumed,
    }
}

fn assumption(assumption: &trace::Assumption) -> Assumption {
    Assumption {
        code: assumption.code.name(),
        text: assumption.text.clone(),
    }
}

/// The name of what answers, on the first path that delivers.
fn answered_by(answer: &Answer) -> Option<String> {
    let delivered = answer
        .paths
        .iter()
        .find(|path| path.disposition == trace::Disposition::Delivered)?;
    let answers = |hop: &&trace::Hop| hop.steps.iter().any(|step| matches!(step, Step::Answered));
    delivered
        .hops
        .iter()
        .find(answers)
        .map(|hop| hop.name.to_string())
}

fn one(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    helped: &[Remedy],
    (path, latency): (&trace::Path, Option<&PathLatency>),
    ids: &[String],
) -> Path {
    let reached = super::path::reached(path);
    let delivered = path.disposition == trace::Disposition::Delivered;
    let hops = path
        .hops
        .iter()
        .zip(ids)
        .enumerate()
        .map(|(at, (hop, id))| PathHop {
            id: id.clone(),
            name: hop.name.to_string(),
            reached: at < reached && (delivered || hop.place.is_some()),
            latency: latency
                .and_then(|latency| *latency.hops.get(at)?)
                .map(hop_latency),
            steps: hop
                .steps
                .iter()
                .filter(|step| delivered || !matches!(step, Step::Answered))
                .map(|step| steps::step(network, step))
                .collect(),
            issues: hop
                .issues
                .iter()
                .map(|issue| {
                    issues::located(
                        network,
                        sources,
                        answer,
                        helped,
                        (&hop.name, hop.place),
                        issue,
                    )
                })
                .collect(),
        });
    Path {
        hops: hops.collect(),
        disposition: path.disposition.word(),
        share: path.share,
        latency: latency.and_then(path_latency),
        return_path: path.return_path().map(text::reply_word),
        replies: path.replies.iter().map(reply).collect(),
    }
}

fn reply(reply: &trace::Reply) -> Reply {
    Reply {
        hops: reply.hops.iter().map(|hop| hop.name.to_string()).collect(),
        disposition: reply.disposition.word(),
        return_path: text::reply_word(reply.kind),
    }
}
