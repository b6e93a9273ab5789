//! The lines below an answer: what was seen there, the way back, ports, probes, latency, what it rests on.

use super::{path, text, times};
use crate::engine::Answer;
use crate::engine::latency::Latency;
use crate::report::Style;
use crate::spec::checks::PortStatus;
use crate::trace::{Assumption, Disposition, Path, Reply, ReplyKind};

/// A line below an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    /// What it is of; empty where it goes on with the one before.
    pub label: &'static str,
    /// The text.
    pub text: String,
    /// What it is.
    pub kind: FactKind,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactKind {
    /// Short, and certain.
    Plain,
    /// What the answer rests on without knowing it.
    Doubt,
    /// A sentence or two.
    Note,
}

/// The lines of an answer.
pub(super) fn facts(answer: &Answer, latency: Option<&Latency>, style: Style) -> Vec<Fact> {
    let mut all = Vec::new();
    let mut fact = |label, text: String| {
        all.push(Fact {
            label,
            text,
            kind: FactKind::Plain,
        });
    };
    let arrives = answer
        .paths
        .iter()
        .any(|path| path.disposition == Disposition::Delivered);
    if let Some(seen) = answer.seen().filter(|seen| arrives && *seen != answer.flow) {
        let port = if seen.protocol.has_ports() {
            path::end(seen.destination, seen.destination_port)
        } else {
            seen.destination.to_string()
        };
        let seen = format!("{} {} {port}", seen.source, style.arrow());
        fact("seen there", seen);
    }
    if let Some(name) = &answer.answered_by {
        let by = format!("{name}, which completes the handshake itself");
        fact("answered by", by);
    }
    let word = match answer.return_path {
        None => "not reached",
        Some(kind) => text::reply_word(kind),
    };
    fact("return path", word.to_owned());
    for reply in odd_replies(&answer.paths) {
        // Where it never got is no place that it comes by.
        let hops = reply.hops.iter().filter(|hop| hop.place.is_some());
        let names: Vec<&str> = hops.map(|hop| &*hop.name).collect();
        let lost = if reply.kind == ReplyKind::Broken {
            ", and is lost"
        } else {
            ""
        };
        let names = names.join(&format!(" {} ", style.arrow()));
        fact("", format!("by {names}{lost}"));
    }
    fact("source port", answer.ports.source.to_string());
    let scanned = match answer.ports.destination {
        PortStatus::Reachable | PortStatus::Timeout | PortStatus::NoConnection => {
            " (asked by the platform, from 168.63.129.16)"
        }
        _ => "",
    };
    let destination = format!("{}{scanned}", answer.ports.destination);
    fact("destination port", destination);
    let (sent, failed) = answer.probes;
    fact("probes", format!("{sent} sent, {failed} failed"));
    if let Some(latency) = latency {
        times::lines(latency, failed, style, &mut fact);
        all.extend(remarks("", FactKind::Note, &latency.assumptions));
    }
    all.extend(remarks("rests on", FactKind::Doubt, &answer.assumptions));
    all.extend(remarks("note", FactKind::Note, &answer.notes));
    all
}

fn remarks(
    label: &'static str,
    kind: FactKind,
    remarks: &[Assumption],
) -> impl Iterator<Item = Fact> {
    remarks.iter().enumerate().map(move |(at, remark)| Fact {
        label: if at == 0 { label } else { "" },
        text: format!("{}: {}", remark.code, remark.text),
        kind,
    })
}

/// The ways back that are not those of the requests, each once.
fn odd_replies(paths: &[Path]) -> Vec<&Reply> {
    let mut found: Vec<&Reply> = Vec::new();
    for reply in paths.iter().flat_map(|path| &path.replies) {
        let same = |other: &&Reply| {
            other.kind == reply.kind
                && other
                    .hops
                    .iter()
                    .map(|hop| &hop.name)
                    .eq(reply.hops.iter().map(|hop| &hop.name))
        };
        if reply.kind != ReplyKind::Symmetric && !found.iter().any(same) {
            found.push(reply);
        }
    }
    found
}
