//! Workflow commands of GitHub Actions: `::error file=…,line=…,title=…::message`
//! (`actions/reference/workflows-and-actions/workflow-commands`).

use std::io::{self, Write};

use super::{Annotation, Level};

pub(crate) fn write<'a>(
    annotations: impl Iterator<Item = Annotation<'a>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for note in annotations {
        let command = match note.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut properties = Vec::new();
        if let Some(spot) = &note.spot {
            properties.push(format!("file={}", property(&spot.file)));
            properties.push(format!("line={}", spot.line));
            let (end, column) = spot.end;
            if end == spot.line {
                properties.push(format!("col={},endColumn={column}", spot.column));
            } else {
                // Columns are refused where it ends on another line.
                properties.push(format!("endLine={end}"));
            }
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
