//! Results as documents: one file a format.

mod azure_pipelines;
mod github;
mod json;
mod junit;
mod markdown;
mod quality;
mod sarif;
mod text;

use std::borrow::Cow;
use std::io;
use std::str::FromStr;

pub(crate) use markdown::{code, plain, prose};

use super::outcome::{Difference, Outcome, Report, Spot, Status};

macro_rules! formats {
    ($($(#[$meta:meta])* $variant:ident = $word:literal: $write:path,)*) => {
        /// How results are written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TestFormat { $($(#[$meta])* $variant,)* }

        impl TestFormat {
            /// Every format there is.
            pub const ALL: &[TestFormat] = &[$(TestFormat::$variant,)*];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
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
            match format { $(TestFormat::$variant => $write(look, report, out),)* }
        }
    };
}

formats! {
    /// For people.
    Text = "text": text::write,
    /// One document, for programs.
    Json = "json": json::write,
    /// JUnit's XML, which build servers show.
    Junit = "junit": junit::write,
    /// SARIF 2.1.0, which code scanning shows.
    Sarif = "sarif": sarif::write,
    /// Commands of GitHub Actions, which annotate the files of a pull request.
    Github = "github": github::write,
    /// Commands of Azure Pipelines, which list issues beside a run.
    AzurePipelines = "azure-pipelines": azure_pipelines::write,
    /// A page, as for the summary of a build.
    Markdown = "markdown": markdown::write,
}

/// How a text looks; colour never says anything alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether there is colour.
    pub color: bool,
    /// Whether marks may be other than ASCII.
    pub unicode: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: false,
            unicode: true,
        }
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

/// What a build server shows beside the files, or in its list of issues.
struct Annotation<'r> {
    /// Whether a check fails; else it is one that is not modelled.
    error: bool,
    /// What decides, else the check itself; none where that is in no file that a server knows.
    spot: Option<&'r Spot>,
    code: &'static str,
    title: String,
    text: String,
}

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
            error: outcome.status == Status::Fail,
            spot: is_file(&place.file).then_some(place),
            code: rule_id(outcome),
            title: clean(&format!("{}: {}", outcome.kind.section(), outcome.name)).into_owned(),
            text: lines.join("\n"),
        }
    })
}

/// Whether that is the name of a file: standard input is none.
fn is_file(name: &str) -> bool {
    !name.is_empty() && name != "<stdin>"
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

/// A text on one line, without characters that a terminal would act upon.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests;

impl std::fmt::Display for TestFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that is no format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl std::fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = TestFormat::ALL.iter().map(|format| format.word()).collect();
        write!(
            f,
            "`{}` is not a format of results: one of {}",
            self.0,
            words.join(", ")
        )
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for TestFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let mut all = Self::ALL.iter();
        let found = all.find(|format| text.trim().eq_ignore_ascii_case(format.word()));
        found.copied().ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}
