//! Text for people: a line for each check, then what does not hold and why, then the counts.

use std::io::{self, Write};

use super::summary;
use crate::check::{Outcome, Report, Status};
use crate::ci::{Look, clean};

const GREEN: &str = "1;32";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const DIM: &str = "2";

pub(super) fn write(look: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let sections = report
        .results
        .iter()
        .map(|outcome| outcome.kind.section().len());
    let width = sections.max().unwrap_or_default();
    for outcome in &report.results {
        let section = format!("{:width$}", outcome.kind.section());
        let section = look.paint(DIM, &section);
        writeln!(
            out,
            "{} {section}  {}",
            look.mark(outcome.status),
            clean(&outcome.name)
        )?;
    }
    for status in [Status::NotModelled, Status::Fail] {
        for outcome in report
            .results
            .iter()
            .filter(|outcome| outcome.status == status)
        {
            writeln!(out)?;
            details(look, outcome, out)?;
        }
    }
    if !report.results.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{}", summary(report))?;
    super::quality::text(look, report, out)
}

fn details(look: Look, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let section = outcome.kind.section();
    writeln!(
        out,
        "{} {section}: {}",
        look.mark(outcome.status),
        clean(&outcome.name)
    )?;
    writeln!(
        out,
        "  {} {}",
        look.paint(DIM, "-->"),
        clean(&outcome.spot.to_string())
    )?;
    for difference in &outcome.differences {
        writeln!(out, "  {}", clean(&difference.what))?;
        writeln!(out, "    expected  {}", clean(&difference.expected))?;
        writeln!(out, "    came      {}", clean(&difference.came))?;
    }
    let mut why = outcome.why.iter();
    if let Some(first) = why.next() {
        writeln!(out, "  why")?;
        for reason in std::iter::once(first).chain(why) {
            writeln!(out, "    {}", look.arrows(&clean(reason)))?;
        }
    }
    Ok(())
}

impl Look {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn mark(self, status: Status) -> String {
        let (code, sign, word) = match status {
            Status::Pass => (GREEN, "✓", "ok  "),
            Status::Fail => (RED, "✗", "FAIL"),
            Status::NotModelled => (YELLOW, "?", "?   "),
        };
        self.paint(code, if self.unicode { sign } else { word })
    }

    /// The mark of what is missing, and is no failure.
    pub(super) fn missing(self) -> String {
        self.paint(YELLOW, if self.unicode { "·" } else { "-" })
    }

    fn arrows(self, text: &str) -> String {
        if self.unicode {
            text.to_owned()
        } else {
            text.replace('→', "->")
        }
    }
}
