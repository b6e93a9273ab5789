//! Workflow commands of GitHub Actions: `::error file=…,line=…,title=…::message`
//! (`actions/reference/workflows-and-actions/workflow-commands`).

use std::io::{self, Write};

use super::{Look, annotations};
use crate::check::Report;

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for note in annotations(report) {
        let command = if note.error { "error" } else { "warning" };
        let mut properties = Vec::new();
        if let Some(spot) = note.spot {
            properties.push(format!("file={}", property(&spot.file)));
            properties.push(format!("line={}", spot.line));
            properties.push(format!("col={}", spot.column));
        }
        properties.push(format!("title={}", property(&note.title)));
        let properties = properties.join(",");
        writeln!(out, "::{command} {properties}::{}", message(&note.text))?;
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
