//! Findings as a page of Markdown: what counts, then what does not, folded.

use std::io::{self, Write};

use super::Report;
use crate::ci::Spot;
use crate::ci::markdown::{code, prose};
use crate::lint::Finding;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let clean = !report.findings.found.iter().any(|own| report.counts(own));
    let mark = if clean { '✓' } else { '✗' };
    let summary = report.summary();
    let summary = summary.as_deref().unwrap_or("nothing found");
    writeln!(out, "## {mark} {summary}{}", report.allowed())?;
    let (shown, more) = report.shown();
    let (counting, others): (Vec<&Finding>, Vec<&Finding>) =
        shown.into_iter().partition(|own| report.counts(own));
    list(report, &counting, out)?;
    if !others.is_empty() {
        writeln!(out, "\n<details><summary>notes</summary>")?;
        list(report, &others, out)?;
        writeln!(out, "\n</details>")?;
    }
    if !more.is_empty() {
        writeln!(out)?;
    }
    for (own, count) in more {
        writeln!(out, "- and {count} more of {}", code(own.name()))?;
    }
    Ok(())
}

fn list(report: &Report<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    if !findings.is_empty() {
        writeln!(out)?;
    }
    for finding in findings {
        let own = &finding.diagnostic;
        let first = own.labels.first();
        let span = first.and_then(|label| label.at.span(report.sources));
        let place = span.map_or_else(String::new, |span| {
            format!(
                " ({})",
                code(&Spot::of_span(report.sources, &span).to_string())
            )
        });
        writeln!(out, "- **{}** {}{place}", own.code, prose(&own.message))?;
        if let Some(help) = &own.help {
            writeln!(out, "  - {}", prose(help))?;
        }
    }
    Ok(())
}
