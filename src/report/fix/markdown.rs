//! Fixes, as a page of Markdown.

use std::fmt::Write;

use super::text::MOST_NAMED;
use super::{Fixed, changes, effects, end, radius, service, tried};
use crate::ci::markdown::{code, plain, prose};
use crate::network::Network;
use crate::source::Sources;
use crate::whatif::{Remedy, overlay, yaml};

/// The page.
#[must_use]
pub fn markdown(network: &Network, sources: &Sources, found: &[Fixed], all: bool) -> String {
    let pages = found.iter().map(|own| one(network, sources, own, all));
    pages.collect::<Vec<_>>().join("\n")
}

fn one(network: &Network, sources: &Sources, own: &Fixed, all: bool) -> String {
    let answer = &own.answer;
    let mark = if own.reachable() { '✓' } else { '✗' };
    let (from, to) = (end(&answer.source), end(&answer.destination));
    let mut out = format!(
        "## {mark} {}: {} → {}, {}\n",
        answer.status,
        plain(&from),
        plain(&to),
        service(answer)
    );
    if own.reachable() {
        out.push_str("\nNothing is to be mended.\n");
        return out;
    }
    let remedies = &own.suggested.remedies;
    for (number, remedy) in remedies.iter().enumerate() {
        let radius = radius(&remedy.effect);
        let _ = writeln!(
            out,
            "\n### Fix {} of {}: {radius}\n",
            number + 1,
            remedies.len()
        );
        fix(network, sources, remedy, all, &mut out);
    }
    if remedies.is_empty() {
        let tried = tried(network, &own.suggested);
        let _ = match tried.len() {
            0 => writeln!(
                out,
                "\nNo fix is known: against what blocks there is no change that could be tried."
            ),
            _ => writeln!(out, "\nNo fix is known. Tried in vain:\n"),
        };
        for set in tried {
            let _ = writeln!(out, "- {}", prose(&set));
        }
        out.push_str("\nWhat blocks:\n\n");
        for (hop, _, issue) in answer.issues() {
            let _ = writeln!(out, "- {}: {}", plain(&hop), prose(&issue.message));
        }
    }
    out
}

fn fix(network: &Network, sources: &Sources, remedy: &Remedy, all: bool, out: &mut String) {
    for (sentence, spot, against) in changes(network, sources, remedy) {
        let place = spot.map_or_else(String::new, |spot| format!("{}, ", code(&spot.to_string())));
        let _ = writeln!(
            out,
            "- {} ({place}against {})",
            prose(&sentence),
            plain(&against)
        );
    }
    for (verb, flows) in effects(&remedy.effect) {
        let shown = if all { flows.len() } else { MOST_NAMED };
        let _ = writeln!(out, "\nIt also {verb}\n");
        for flow in flows.iter().take(shown) {
            let _ = writeln!(out, "- {}", plain(flow));
        }
        if flows.len() > shown {
            let _ = writeln!(out, "- and {} more", flows.len() - shown);
        }
    }
    let yaml = yaml(&overlay(network, &remedy.changes()));
    let _ = writeln!(out, "\n```yaml\n{yaml}```");
}
