//! Findings as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::Style;
use crate::diagnostic::{At, Code, Diagnostic, Severity, render};
use crate::lint::{Finding, Findings};
use crate::source::Sources;

/// How many findings of one code a text shows unless all are asked for.
const FEW: usize = 3;

/// Findings for people, as diagnostics: of each code the first few, or `all`.
#[must_use]
pub fn text(findings: &Findings, sources: &Sources, style: Style, all: bool) -> String {
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    let mut shown: Vec<Diagnostic> = Vec::new();
    for finding in &findings.found {
        let count = counts.entry(finding.diagnostic.code).or_default();
        *count += 1;
        if all || *count <= FEW {
            shown.push(finding.diagnostic.clone());
        }
    }
    let mut out = render(&shown, sources, style.color);
    if !shown.is_empty() {
        out.push('\n');
    }
    for (code, count) in counts {
        if !all && count > FEW {
            let _ = writeln!(out, "and {} more of {code} (--all)", count - FEW);
        }
    }
    let (warnings, notes) = counted(&findings.found);
    let _ = match (warnings, notes) {
        (0, 0) => write!(out, "{} nothing found", style.ok()),
        _ => write!(
            out,
            "{}, {}",
            plural(warnings, "warning"),
            plural(notes, "note")
        ),
    };
    if findings.allowed > 0 {
        let _ = write!(out, ", {} allowed in the files", findings.allowed);
    }
    out.push('\n');
    out
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// How many warnings and how many notes.
fn counted(found: &[Finding]) -> (usize, usize) {
    let warnings = found
        .iter()
        .filter(|own| own.diagnostic.code.severity() == Severity::Warning);
    let warnings = warnings.count();
    (warnings, found.len() - warnings)
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

/// Findings for programs: all of them.
#[must_use]
pub fn document(findings: &Findings, sources: &Sources) -> LintDocument {
    let (warnings, notes) = counted(&findings.found);
    LintDocument {
        findings: findings
            .found
            .iter()
            .map(|own| finding(own, sources))
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
        let (line, column) = sources.line_column(&span);
        Some(PlaceDocument {
            file: sources.name(span.file).to_owned(),
            line,
            column,
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
