//! The text of a check: the verdict first, then the path, then everything that blocks, then the rest.

use std::fmt::Write;

use super::{issues, path, times};
use crate::engine::latency::{Latency, latency};
use crate::engine::{Answer, AnswerEnd};
use crate::network::Network;
use crate::report::Style;
use crate::source::Sources;
use crate::spec::checks::{ConnectionStatus, IssueSeverity, PortStatus};
use crate::trace::{Assumption, Disposition, Path, Reply, ReplyKind};
use crate::whatif::Remedy;

/// The text of some answers, each with its remedies, an empty line between them.
#[must_use]
pub fn text(
    network: &Network,
    sources: &Sources,
    answers: &[Answer],
    remedies: &[Vec<Remedy>],
    style: Style,
) -> String {
    let remedies = remedies.iter().map(Vec::as_slice);
    let texts: Vec<String> = answers
        .iter()
        .zip(remedies.chain(std::iter::repeat(&[][..])))
        .map(|(answer, remedies)| one(network, sources, answer, remedies, style))
        .collect();
    texts.join("\n")
}

fn one(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    remedies: &[Remedy],
    style: Style,
) -> String {
    let mut out = verdict(answer, style);
    let latency = latency(network, answer);
    let many = answer.paths.len() > 1;
    for (number, found) in answer.paths.iter().enumerate() {
        out.push('\n');
        if many {
            let mark = match found.works() {
                works if works >= 1.0 => style.ok(),
                works if works > 0.0 => style.warn(),
                _ => style.fail(),
            };
            let share = found.share * 100.0;
            let _ = writeln!(
                out,
                "{mark} path {} of {} ({share:.0} %)",
                number + 1,
                answer.paths.len()
            );
        }
        let times = latency
            .as_ref()
            .and_then(|latency| latency.paths.get(number)?.as_ref());
        path::lines(network, (found, times), style, &mut out);
    }
    // What blocks comes before what is only to be noted.
    let (errors, warnings): (Vec<_>, Vec<_>) = answer
        .issues()
        .into_iter()
        .partition(|(_, _, issue)| issue.severity == IssueSeverity::Error);
    for (hop, place, issue) in errors.into_iter().chain(warnings) {
        out.push('\n');
        out.push_str(&issues::block(
            network,
            sources,
            answer,
            remedies,
            (&hop, place),
            issue,
            style,
        ));
    }
    let together = issues::together(network, remedies, style);
    if !together.is_empty() {
        out.push('\n');
        out.push_str(&together);
    }
    out.push('\n');
    facts(answer, latency.as_ref(), style, &mut out);
    out
}

pub(super) fn verdict(answer: &Answer, style: Style) -> String {
    let reachable = answer.status == ConnectionStatus::Reachable;
    let mark = if answer.not_modelled() && !reachable {
        style.warn()
    } else {
        style.mark(reachable)
    };
    let word = style.verdict(reachable, answer.status);
    let (from, to) = (end(&answer.source), end(&answer.destination));
    let mut line = format!(
        "{mark} {word}   {from} {} {to}   {}",
        style.arrow(),
        service(answer)
    );
    let (working, all) = (answer.working(), answer.paths.len());
    if working < all && working > 0 {
        let _ = write!(line, "   by {working} of {all} paths");
    } else if reachable && answer.paths.iter().any(|path| path.works() < 1.0) {
        line.push_str("   for some flows");
    }
    if answer.not_modelled() {
        line.push_str("   (not modelled in full)");
    }
    line.push('\n');
    line
}

fn end(end: &AnswerEnd) -> String {
    if *end.name == end.address.to_string() || end.address.is_unspecified() {
        end.name.to_string()
    } else {
        format!("{} ({})", end.name, end.address)
    }
}

fn service(answer: &Answer) -> String {
    let flow = &answer.flow;
    if flow.protocol.has_ports() {
        format!("{}/{}", flow.protocol.lower(), flow.destination_port)
    } else {
        flow.protocol.lower().to_owned()
    }
}

fn facts(answer: &Answer, latency: Option<&Latency>, style: Style, out: &mut String) {
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
        fact(
            "seen there",
            format!("{} {} {port}", seen.source, style.arrow()),
            out,
        );
    }
    if let Some(name) = &answer.answered_by {
        fact(
            "answered by",
            format!("{name}, which completes the handshake itself"),
            out,
        );
    }
    let word = match answer.return_path {
        None => "not reached",
        Some(kind) => reply_word(kind),
    };
    fact("return path", word, out);
    for reply in odd_replies(&answer.paths) {
        // Where it never got is no place that it comes by.
        let hops = reply.hops.iter().filter(|hop| hop.place.is_some());
        let names: Vec<&str> = hops.map(|hop| &*hop.name).collect();
        let lost = if reply.kind == ReplyKind::Broken {
            ", and is lost"
        } else {
            ""
        };
        fact(
            "",
            format!("by {}{lost}", names.join(&format!(" {} ", style.arrow()))),
            out,
        );
    }
    fact("source port", answer.ports.source, out);
    let scanned = match answer.ports.destination {
        PortStatus::Reachable | PortStatus::Timeout | PortStatus::NoConnection => {
            " (asked by the platform, from 168.63.129.16)"
        }
        _ => "",
    };
    fact(
        "destination port",
        format!("{}{scanned}", answer.ports.destination),
        out,
    );
    let (sent, failed) = answer.probes;
    fact("probes", format!("{sent} sent, {failed} failed"), out);
    if let Some(latency) = latency {
        times::lines(latency, failed, style, |label, text| fact(label, text, out));
    }
    for (at, assumption) in answer.assumptions.iter().enumerate() {
        let label = if at == 0 { "rests on" } else { "" };
        remark(label, &style.warn(), assumption, out);
    }
    for (at, note) in answer.notes.iter().enumerate() {
        let label = if at == 0 { "note" } else { "" };
        remark(label, "", note, out);
    }
}

/// A remark in lines; the mark stands outside of what is wrapped, since in colour it is longer than it
/// looks.
fn remark(label: &str, mark: &str, remark: &Assumption, out: &mut String) {
    let (mark, below) = if mark.is_empty() {
        ("", "")
    } else {
        (mark, "  ")
    };
    for (at, line) in wrap(&format!("{}: {}", remark.code, remark.text))
        .iter()
        .enumerate()
    {
        match at {
            0 if mark.is_empty() => fact(label, line, out),
            0 => fact(label, format!("{mark} {line}"), out),
            _ => fact("", format!("{below}{line}"), out),
        }
    }
}

fn fact(label: &str, text: impl std::fmt::Display, out: &mut String) {
    let _ = writeln!(out, "  {label:<16}  {text}");
}

/// A text in lines of at most 78 characters, as far as its words allow.
pub(super) fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + word.chars().count() < 78 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
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

/// The word for how replies travel.
pub(super) const fn reply_word(kind: ReplyKind) -> &'static str {
    match kind {
        ReplyKind::Symmetric => "Symmetric",
        ReplyKind::Asymmetric => "Asymmetric",
        ReplyKind::Broken => "Broken",
    }
}
