//! Logging commands of Azure Pipelines: `##vso[task.logissue type=…;sourcepath=…;…]message`
//! (`azure/devops/pipelines/scripts/logging-commands`). There are errors and warnings, and no notes.

use std::io::{self, Write};

use super::{Annotation, Level};

pub(crate) fn write<'a>(
    annotations: impl Iterator<Item = Annotation<'a>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for note in annotations {
        let kind = match note.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => continue,
        };
        let mut properties = format!("type={kind};");
        if let Some(spot) = &note.spot {
            properties.push_str(&format!(
                "sourcepath={};linenumber={};columnnumber={};",
                property(&spot.file),
                spot.line,
                spot.column
            ));
        }
        properties.push_str(&format!("code={};", property(note.code)));
        // An issue has no title of its own.
        let text = message(&format!("{}\n{}", note.title, note.text));
        writeln!(out, "##vso[task.logissue {properties}]{text}")?;
    }
    Ok(())
}

/// Escapes as the tasks' own library does, which the agent undoes.
fn message(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(';', "%3B").replace(']', "%5D")
}
