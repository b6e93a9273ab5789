//! The text of a check: the verdict first, then the path, then everything that blocks, then the rest.

use std::fmt::Write;

use super::facts::{Fact, FactKind, facts};
use super::{issues, path};
use crate::engine::latency::latency;
use crate::engine::{Answer, AnswerEnd};
use crate::network::Network;
use crate::report::Style;
use crate::source::Sources;
use crate::spec::checks::{ConnectionStatus, IssueSeverity};
use crate::trace::ReplyKind;
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
    for block in with_help(network, sources, answer, remedies, style) {
        out.push('\n');
        out.push_str(&block);
    }
    let together = issues::together(network, remedies, style);
    if !together.is_empty() {
        out.push('\n');
        out.push_str(&together);
    }
    out.push('\n');
    write(&facts(answer, latency.as_ref(), style), style, &mut out);
    out
}

/// What blocks, each with what is to be said of it where nothing was tried.
pub(in crate::report) fn blocks(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    style: Style,
) -> Vec<String> {
    with_help(network, sources, answer, &[], style)
}

/// The issues of an answer: what blocks comes before what is only to be noted.
fn with_help(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    remedies: &[Remedy],
    style: Style,
) -> Vec<String> {
    let (errors, warnings): (Vec<_>, Vec<_>) = answer
        .issues()
        .into_iter()
        .partition(|(_, _, issue)| issue.severity == IssueSeverity::Error);
    let all = errors.into_iter().chain(warnings);
    all.map(|(hop, place, issue)| {
        let at = (&*hop, place);
        issues::block(network, sources, answer, remedies, at, issue, style)
    })
    .collect()
}

pub(super) fn verdict(answer: &Answer, style: Style) -> String {
    let reachable = answer.status == ConnectionStatus::Reachable;
    let mark = if answer.not_modelled() && !reachable {
        style.warn()
    } else {
        style.mark(reachable)
    };
    let word = style.verdict(reachable, answer.status);
    format!("{mark} {word}   {}\n", asked(answer, style))
}

/// What a verdict is of: from where, to where, over what, under which reserve.
pub(super) fn asked(answer: &Answer, style: Style) -> String {
    let (from, to) = (end(&answer.source), end(&answer.destination));
    let mut line = format!("{from} {} {to}   {}", style.arrow(), service(answer));
    let reachable = answer.status == ConnectionStatus::Reachable;
    let (working, all) = (answer.working(), answer.paths.len());
    if working < all && working > 0 {
        let _ = write!(line, "   by {working} of {all} paths");
    } else if reachable && answer.paths.iter().any(|path| path.works() < 1.0) {
        line.push_str("   for some flows");
    }
    if answer.not_modelled() {
        line.push_str("   (not modelled in full)");
    }
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

fn write(facts: &[Fact], style: Style, out: &mut String) {
    for fact in facts {
        let (mark, below) = match fact.kind {
            FactKind::Plain => {
                line(fact.label, &fact.text, out);
                continue;
            }
            // The mark stands outside of what is wrapped, since in colour it is longer than it looks.
            FactKind::Doubt => (format!("{} ", style.warn()), "  "),
            FactKind::Note => (String::new(), ""),
        };
        for (at, text) in wrap(&fact.text).iter().enumerate() {
            match at {
                0 => line(fact.label, format!("{mark}{text}"), out),
                _ => line("", format!("{below}{text}"), out),
            }
        }
    }
}

fn line(label: &str, text: impl std::fmt::Display, out: &mut String) {
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

/// The word for how replies travel.
pub(super) const fn reply_word(kind: ReplyKind) -> &'static str {
    match kind {
        ReplyKind::Symmetric => "Symmetric",
        ReplyKind::Asymmetric => "Asymmetric",
        ReplyKind::Broken => "Broken",
    }
}
