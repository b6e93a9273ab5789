//! Results as documents: one file a format.

mod json;
mod junit;
mod markdown;
mod quality;
mod sarif;
mod text;

use std::borrow::Cow;
use std::io;

use super::outcome::{Difference, Outcome, Report, Status};
use crate::ci::{Annotation, Level, Look, Spot, azure_pipelines, clean, formats, github};

formats! {
    /// How results are written.
    TestFormat {
        /// For people.
        Text = "text",
        /// One document, for programs.
        Json = "json",
        /// JUnit's XML, which build servers show.
        Junit = "junit",
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

/// Writes results in a format, in the look that is given where the format has one.
///
/// # Errors
/// Where `out` takes no more.
pub fn write_as(
    format: TestFormat,
    look: Look,
    report: &Report,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        TestFormat::Text => text::write(look, report, out),
        TestFormat::Json => json::write(look, report, out),
        TestFormat::Junit => junit::write(look, report, out),
        TestFormat::Sarif => sarif::write(look, report, out),
        TestFormat::Github => github::write(annotations(report), out),
        TestFormat::AzurePipelines => azure_pipelines::write(annotations(report), out),
        TestFormat::Markdown => markdown::write(look, report, out),
    }
}

/// Writes results in a format, without colour.
///
/// # Errors
/// Where `out` takes no more.
pub fn write(format: TestFormat, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    write_as(format, Look::default(), report, out)
}

/// How many passed, failed and are not modelled, in words.
fn summary(report: &Report) -> String {
    let [passed, failed, open] =
        [Status::Pass, Status::Fail, Status::NotModelled].map(|s| report.count(s));
    let mut words = format!("{passed} passed, {failed} failed");
    if open > 0 {
        words.push_str(&format!(", {open} not modelled"));
    }
    words
}

/// A failing check at what decides, else at itself; one that is not modelled is a warning.
fn annotations(report: &Report) -> impl Iterator<Item = Annotation<'_>> {
    let open = report.results.iter();
    let open = open.filter(|outcome| outcome.status != Status::Pass);
    open.map(|outcome| {
        let differences = outcome.differences.iter().map(Difference::sentence);
        let mut lines: Vec<String> = differences.chain(outcome.why.iter().cloned()).collect();
        let place = outcome.place();
        if *place != outcome.spot {
            lines.push(format!("the check stands in {}", outcome.spot));
        }
        let lines: Vec<Cow<'_, str>> = lines.iter().map(|line| clean(line)).collect();
        Annotation {
            level: match outcome.status {
                Status::Fail => Level::Error,
                _ => Level::Warning,
            },
            spot: Some(place.clone()).filter(Spot::is_file),
            code: rule_id(outcome),
            title: clean(&format!("{}: {}", outcome.kind.section(), outcome.name)).into_owned(),
            text: lines.join("\n"),
        }
    })
}

/// A check that fails, for no reason that has a code of its own.
const FAILED: &str = "check-failed";
/// A check that rests on what is not modelled.
const NOT_MODELLED: &str = "check-not-modelled";

/// The code under which a server files what became of a check: that of the fault that decides.
fn rule_id(outcome: &Outcome) -> &'static str {
    match (outcome.status, outcome.evidence.code) {
        (Status::NotModelled, _) => NOT_MODELLED,
        (_, Some(code)) => code.name,
        (_, None) => FAILED,
    }
}

#[cfg(test)]
mod tests;
