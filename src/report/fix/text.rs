//! Fixes, for people: what blocks, then each fix with what it changes and what else it would do.

use std::fmt::Write;

use super::{Fixed, changes, effects, end, radius, service, tried};
use crate::ci::clean;
use crate::network::Network;
use crate::report::Style;
use crate::report::check::blocks;
use crate::source::Sources;
use crate::whatif::{Remedy, overlay, yaml};

/// So many flows of a kind are named, unless all are asked for.
pub(super) const MOST_NAMED: usize = 8;

/// The text.
#[must_use]
pub fn text(
    network: &Network,
    sources: &Sources,
    found: &[Fixed],
    all: bool,
    style: Style,
) -> String {
    let texts = found
        .iter()
        .map(|own| one(network, sources, own, all, style));
    texts.collect::<Vec<_>>().join("\n")
}

fn one(network: &Network, sources: &Sources, own: &Fixed, all: bool, style: Style) -> String {
    let answer = &own.answer;
    let mut out = format!(
        "{} {}   {} {} {}   {}\n",
        style.mark(own.reachable()),
        style.verdict(own.reachable(), answer.status),
        end(&answer.source),
        style.arrow(),
        end(&answer.destination),
        service(answer)
    );
    if own.reachable() {
        out.push_str("\nnothing is to be mended\n");
        return out;
    }
    let remedies = &own.suggested.remedies;
    if remedies.is_empty() {
        nothing(network, sources, own, style, &mut out);
        return out;
    }
    for (number, remedy) in remedies.iter().enumerate() {
        let title = format!("fix {} of {}", number + 1, remedies.len());
        let count = match remedy.mends.len() {
            1 => "1 change".to_owned(),
            count => format!("{count} changes"),
        };
        let _ = writeln!(
            out,
            "\n{}   {count}, {}",
            style.strong(title),
            radius(&remedy.effect)
        );
        fix(network, sources, remedy, all, style, &mut out);
    }
    out
}

fn fix(
    network: &Network,
    sources: &Sources,
    remedy: &Remedy,
    all: bool,
    style: Style,
    out: &mut String,
) {
    for (sentence, spot, against) in changes(network, sources, remedy) {
        let _ = writeln!(out, "  - {}", clean(&sentence));
        let place = spot.map_or_else(String::new, |spot| format!("{spot}, "));
        let against = format!("--> {}against {}", clean(&place), clean(&against));
        let _ = writeln!(out, "    {}", style.dim(against));
    }
    for (verb, flows) in effects(&remedy.effect) {
        let shown = if all { flows.len() } else { MOST_NAMED };
        let _ = writeln!(out, "  it also {verb}");
        for flow in flows.iter().take(shown) {
            let _ = writeln!(out, "    {}", clean(flow));
        }
        if flows.len() > shown {
            let more = flows.len() - shown;
            let _ = writeln!(out, "    and {more} more (`--all` shows them)");
        }
    }
    out.push_str("  as an overlay\n");
    for line in yaml(&overlay(network, &remedy.changes())).lines() {
        let _ = writeln!(out, "    {line}");
    }
}

/// What was tried in vain, and what is to be said of what no change is known against.
fn nothing(network: &Network, sources: &Sources, own: &Fixed, style: Style, out: &mut String) {
    let tried = tried(network, &own.suggested);
    let _ = match tried.len() {
        0 => writeln!(
            out,
            "\nno fix is known: against what blocks there is no change that could be tried"
        ),
        1 => writeln!(
            out,
            "\nno fix is known: 1 set of changes was tried, and does not help"
        ),
        count => writeln!(
            out,
            "\nno fix is known: {count} sets of changes were tried, and none of them helps"
        ),
    };
    for set in &tried {
        let _ = writeln!(out, "  {} {}", style.fail(), clean(set));
    }
    for block in blocks(network, sources, &own.answer, style) {
        out.push('\n');
        out.push_str(&block);
    }
}
