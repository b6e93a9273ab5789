//! A page of Markdown: what does not hold, what is not modelled, and what passed, folded.

use std::io::{self, Write};

use super::summary;
use crate::check::{Outcome, Report, Status};
use crate::ci::Look;
use crate::ci::markdown::{code, plain, prose};

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mark = if report.holds() { '✓' } else { '✗' };
    writeln!(out, "## {mark} {}", summary(report))?;
    for (status, mark) in [(Status::Fail, '✗'), (Status::NotModelled, '?')] {
        for outcome in report
            .results
            .iter()
            .filter(|outcome| outcome.status == status)
        {
            writeln!(out, "\n### {mark} {}\n", plain(&outcome.name))?;
            details(outcome, out)?;
        }
    }
    if report.count(Status::Pass) > 0 {
        writeln!(
            out,
            "\n<details><summary>{} passed</summary>\n",
            report.count(Status::Pass)
        )?;
        writeln!(out, "| section | check | place |\n|---|---|---|")?;
        for outcome in report
            .results
            .iter()
            .filter(|outcome| outcome.status == Status::Pass)
        {
            let place =
                code(&format!("{}:{}", outcome.spot.file, outcome.spot.line)).replace('|', "\\|");
            writeln!(
                out,
                "| {} | {} | {place} |",
                outcome.kind.section(),
                plain(&outcome.name)
            )?;
        }
        writeln!(out, "\n</details>")?;
    }
    super::quality::markdown(report, plain, code, out)
}

fn details(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} in {}\n",
        code(outcome.kind.section()),
        code(&outcome.spot.to_string())
    )?;
    for difference in &outcome.differences {
        let (expected, came) = (code(&difference.expected), code(&difference.came));
        writeln!(
            out,
            "- {}: expected {expected}, came {came}",
            code(&difference.what)
        )?;
    }
    for reason in &outcome.why {
        writeln!(out, "- {}", prose(reason))?;
    }
    Ok(())
}
