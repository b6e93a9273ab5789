//! Findings for programs: all of them.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, counted};
use crate::ci::Spot;
use crate::diagnostic::At;
use crate::lint::Finding;
use crate::source::Sources;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(report))?;
    writeln!(out)
}

/// What `lint --format json` writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LintDocument {
    /// Every finding, by file and place.
    pub findings: Vec<FindingDocument>,
    /// How many there are.
    pub summary: LintSummary,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingDocument {
    /// Its code, in kebab-case.
    pub code: &'static str,
    /// `warning` or `note`.
    pub level: &'static str,
    /// What is wrong or pointless.
    pub message: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The resources that it is about, the one to be mended first.
    pub resources: Vec<String>,
    /// Where it stands, the place to be mended first.
    pub places: Vec<PlaceDocument>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceDocument {
    /// The file as it was given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is said of it; empty for the first.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LintSummary {
    /// Of level warning.
    pub warnings: usize,
    /// Of level note.
    pub notes: usize,
    /// Taken away by comments in the files.
    pub allowed: usize,
}

fn document(report: &Report<'_>) -> LintDocument {
    let findings = report.findings;
    let (warnings, notes) = counted(&findings.found);
    LintDocument {
        findings: findings
            .found
            .iter()
            .map(|own| finding(own, report.sources))
            .collect(),
        summary: LintSummary {
            warnings,
            notes,
            allowed: findings.allowed,
        },
    }
}

fn finding(own: &Finding, sources: &Sources) -> FindingDocument {
    let place = |at: &At, label: &str| {
        let span = at.span(sources)?;
        let spot = Spot::of_span(sources, &span);
        Some(PlaceDocument {
            file: spot.file,
            line: spot.line,
            column: spot.column,
            label: label.to_owned(),
        })
    };
    let diagnostic = &own.diagnostic;
    let labels = diagnostic.labels.iter();
    FindingDocument {
        code: diagnostic.code.name(),
        level: diagnostic.code.severity().name(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        resources: own.resources.clone(),
        places: labels
            .filter_map(|label| place(&label.at, &label.text))
            .collect(),
    }
}
