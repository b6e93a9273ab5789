//! A page of Markdown: what does not hold, what is not modelled, and what passed, folded.

use std::io::{self, Write};

use super::{Look, clean, summary};
use crate::check::{Outcome, Report, Status};

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

/// A text that is shown as it is.
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for character in clean(text).chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '$'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A text whose pieces in backticks are code.
pub(crate) fn prose(text: &str) -> String {
    let text = clean(text);
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return plain(&text);
    }
    let shown = pieces.iter().enumerate().map(|(number, piece)| {
        if number % 2 == 1 {
            code(piece)
        } else {
            plain(piece)
        }
    });
    shown.collect()
}

/// A text as code; the fence is longer than any run of backticks in it.
pub(crate) fn code(text: &str) -> String {
    let text = clean(text);
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if text.is_empty() {
        String::new()
    } else if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}
