//! What Azure does not say of a connection: the paths one by one, what was assumed, what was seen.

use super::hops::Merged;
use super::{issues, remedies, steps, text};
use crate::engine::Answer;
use crate::network::Network;
use crate::report::wire::{Assumption, Dryhop, Path, PathHop, Reply, Seen};
use crate::source::Sources;
use crate::trace::{self, Step};
use crate::whatif::Remedy;

/// The member of an answer.
pub(super) fn member(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    helped: &[Remedy],
    merged: &Merged,
) -> Dryhop {
    let paths = answer.paths.iter().zip(&merged.ids);
    let paths = paths
        .map(|(path, ids)| one(network, sources, answer, helped, path, ids))
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
    path: &trace::Path,
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
        disposition: format!("{:?}", path.disposition),
        share: path.share,
        return_path: path.return_path().map(text::reply_word),
        replies: path.replies.iter().map(reply).collect(),
    }
}

fn reply(reply: &trace::Reply) -> Reply {
    Reply {
        hops: reply.hops.iter().map(|hop| hop.name.to_string()).collect(),
        disposition: format!("{:?}", reply.disposition),
        return_path: text::reply_word(reply.kind),
    }
}
