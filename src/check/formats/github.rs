//! Workflow commands of GitHub Actions: `::error file=…,line=…,title=…::message`.

use std::io::{self, Write};

use super::{Look, clean};
use crate::check::{Report, Status};

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for outcome in &report.results {
        let command = match outcome.status {
            Status::Pass => continue,
            Status::Fail => "error",
            Status::NotModelled => "warning",
        };
        let mut properties = Vec::new();
        if !outcome.spot.file.is_empty() {
            properties.push(format!("file={}", property(&outcome.spot.file)));
            properties.push(format!("line={}", outcome.spot.line));
            properties.push(format!("col={}", outcome.spot.column));
        }
        let title = format!("{}: {}", outcome.kind.section(), outcome.name);
        properties.push(format!("title={}", property(&clean(&title))));
        let differences = outcome
            .differences
            .iter()
            .map(|difference| difference.sentence());
        let lines: Vec<String> = differences.chain(outcome.why.iter().cloned()).collect();
        writeln!(
            out,
            "::{command} {}::{}",
            properties.join(","),
            message(&lines.join("\n"))
        )?;
    }
    Ok(())
}

/// Escapes as the runner's toolkit does.
fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
