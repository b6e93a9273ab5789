//! What a picture says at a hop, in the words of the text.

use super::{path, text, times};
use crate::engine::Answer;
use crate::engine::latency::HopLatency;
use crate::network::Network;
use crate::report::Style;
use crate::spec::checks::{IssueOrigin, IssueSeverity};
use crate::trace::{Hop, codes};

/// The verdict, with its mark.
pub(in crate::report) fn verdict(answer: &Answer) -> String {
    let line = text::verdict(answer, Style::plain());
    line.trim_end().replace("   ", "  ")
}

/// What happened at a hop, a line each.
pub(in crate::report) fn facts(network: &Network, hop: &Hop) -> Vec<String> {
    let mut out = String::new();
    path::steps(network, hop, Style::plain(), &mut out);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    out.lines().map(words).collect()
}

/// What stops a packet at a hop, and whether it is not let out of there.
pub(in crate::report) fn stop(network: &Network, hop: &Hop) -> Option<(String, bool)> {
    let mut issues = hop.issues.iter();
    let issue = issues.find(|issue| issue.severity == IssueSeverity::Error)?;
    let outbound = issue.origin == IssueOrigin::Outbound;
    let denied = hop.steps.iter().find_map(|step| {
        let (_, text, denied) = path::step_text(network, hop, step, Style::plain())?;
        denied.then(|| text.trim_start_matches("✗ ").to_owned())
    });
    Some((
        denied.unwrap_or_else(|| codes::code(issue).name.to_owned()),
        outbound,
    ))
}

/// What a hop takes.
pub(in crate::report) fn time(latency: HopLatency) -> String {
    times::of_hop(latency)
}
