//! Findings as documents: one file a format.

mod json;
mod markdown;
mod servers;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::ci::{Look, azure_pipelines, formats, github};
use crate::diagnostic::{Code, Severity};
use crate::lint::{Finding, Findings};
use crate::source::Sources;

pub use json::{FindingDocument, LintDocument, LintSummary, PlaceDocument};

formats! {
    /// How findings are written.
    LintFormat {
        /// For people.
        Text = "text",
        /// Every finding, for programs.
        Json = "json",
        /// SARIF 2.1.0, which code scanning shows.
        Sarif = "sarif",
        /// Commands of GitHub Actions, which annotate the files of a pull request.
        Github = "github",
        /// Commands of Azure Pipelines, which list issues beside a run.
        AzurePipelines = "azure-pipelines",
        /// A page, as for the summary of a build.
        Markdown = "markdown",
    }
}

/// Findings as they are to be shown.
#[derive(Debug, Clone)]
pub struct Report<'f> {
    /// What was found.
    pub findings: &'f Findings,
    /// The files.
    pub sources: &'f Sources,
    /// The notes that count as warnings.
    pub denied: BTreeSet<Code>,
    /// Whether people are shown all of them, or the first few of each code.
    pub all: bool,
}

/// Writes findings in a format, in the look that is given where the format has one.
///
/// # Errors
/// Where `out` takes no more.
pub fn write(
    format: LintFormat,
    look: Look,
    report: &Report<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        LintFormat::Text => text::write(look, report, out),
        LintFormat::Json => json::write(report, out),
        LintFormat::Sarif => servers::sarif(report, out),
        LintFormat::Github => github::write(servers::annotations(report), out),
        LintFormat::AzurePipelines => azure_pipelines::write(servers::annotations(report), out),
        LintFormat::Markdown => markdown::write(report, out),
    }
}

/// How many findings of one code people are shown unless all are asked for.
const FEW: usize = 3;

impl<'f> Report<'f> {
    /// Whether a finding makes the exit status 1.
    #[must_use]
    pub fn counts(&self, finding: &Finding) -> bool {
        let code = finding.diagnostic.code;
        code.severity() == Severity::Warning || self.denied.contains(&code)
    }

    /// What people are shown, and how many more there are of a code.
    fn shown(&self) -> (Vec<&'f Finding>, Vec<(Code, usize)>) {
        let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
        let mut shown = Vec::new();
        for finding in &self.findings.found {
            let count = counts.entry(finding.diagnostic.code).or_default();
            *count += 1;
            if self.all || *count <= FEW {
                shown.push(finding);
            }
        }
        let more = counts.into_iter().filter(|(_, count)| *count > FEW);
        let more = more.map(|(code, count)| (code, count - FEW));
        (shown, more.filter(|_| !self.all).collect())
    }

    /// How many warnings and how many notes there are, in words; none where there is nothing.
    fn summary(&self) -> Option<String> {
        let (warnings, notes) = counted(&self.findings.found);
        let words = format!("{}, {}", plural(warnings, "warning"), plural(notes, "note"));
        (warnings + notes > 0).then_some(words)
    }

    /// How many the files allow, as the end of a summary.
    fn allowed(&self) -> String {
        match self.findings.allowed {
            0 => String::new(),
            count => format!(", {count} allowed in the files"),
        }
    }
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
