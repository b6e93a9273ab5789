//! What became of each check, as documents show it.

use serde_json::Value;

use super::evidence::Evidence;
use super::gate::{Coverage, Mutation};
use super::text;
use crate::source::{Path, Sources, Span};
use crate::trace::Assumption;

/// Everything that was judged, section by section, each in the order of its file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// One for each check.
    pub results: Vec<Outcome>,
    /// What they exercise, where that was asked for.
    pub coverage: Option<Coverage>,
    /// What they notice, where that was asked for.
    pub mutation: Option<Mutation>,
}

impl Report {
    /// How many have `status`.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        let all = self.results.iter();
        all.filter(|outcome| outcome.status == status).count()
    }

    /// Whether every check passed: exit status 0, else 1. What is not modelled is no pass.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.results
            .iter()
            .all(|outcome| outcome.status == Status::Pass)
    }

    /// Whether as much is exercised, and noticed, as `percent` of all there is, where that was asked for.
    #[must_use]
    pub fn reaches(&self, percent: u8) -> bool {
        let coverage = self.coverage.as_ref().map(Coverage::total);
        let mutation = self.mutation.as_ref().map(|own| (own.noticed(), own.tried));
        let mut all = coverage.into_iter().chain(mutation);
        all.all(|(part, whole)| part * 100 >= whole * usize::from(percent))
    }

    /// The exit status: 0 where all passed, else 1.
    #[must_use]
    pub fn exit(&self) -> u8 {
        u8::from(!self.holds())
    }
}

/// What became of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// Its section.
    pub kind: Kind,
    /// Where its key stands.
    pub spot: Spot,
    /// What became of it.
    pub status: Status,
    /// What is expected: a word, or the members that are named.
    pub expected: Value,
    /// What came: the same members.
    pub actual: Value,
    /// Those members that differ.
    pub differences: Vec<Difference>,
    /// Why it came so: paths and issues of a failed check, what is not modelled.
    pub why: Vec<String>,
    /// What it came from, in the files; nothing for a check that passed.
    pub evidence: Evidence,
    /// What it rests on without knowing it.
    pub assumptions: Vec<Assumption>,
}

impl Outcome {
    /// Where to look first: what decides where that is known, else the check itself.
    #[must_use]
    pub fn place(&self) -> &Spot {
        let mut deciding = self.evidence.deciding.iter();
        let first = deciding.find_map(|mark| mark.spot.as_ref());
        first.unwrap_or(&self.spot)
    }

    /// What was expected, what came and why, in one text; empty for a check that passed.
    #[must_use]
    pub fn reason(&self) -> String {
        let differences = self.differences.iter().map(Difference::sentence);
        let all: Vec<String> = differences.chain(self.why.iter().cloned()).collect();
        all.join("; ")
    }
}

/// A member that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which, as checks name it.
    pub what: String,
    /// What is expected, in words.
    pub expected: String,
    /// What came, in words.
    pub came: String,
}

impl Difference {
    /// One sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "{}: expected {}, came {}",
            self.what, self.expected, self.came
        )
    }

    pub(super) fn of(what: &str, expected: &Value, came: &Value) -> Self {
        Self {
            what: what.to_owned(),
            expected: text::show(expected),
            came: text::show(came),
        }
    }
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// It rests on something that is not modelled yet.
    NotModelled,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotModelled => "notModelled",
        }
    }
}

/// The section that a check stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One connection.
    Check,
    /// Network Watcher's Next hop.
    NextHop,
    /// Network Watcher's IP flow verify.
    IpFlow,
    /// Network Watcher's NSG diagnostics.
    SecurityDiagnostic,
    /// The effective routes of a NIC.
    EffectiveRoutes,
    /// The effective rules of a NIC.
    EffectiveRules,
    /// Every flow between two sets.
    Intent,
    /// What `lint` must say.
    Finding,
    /// The faults that loading must report.
    Invalid,
}

impl Kind {
    /// The section's key.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Check => "checks",
            Self::NextHop => "nextHops",
            Self::IpFlow => "ipFlows",
            Self::SecurityDiagnostic => "securityDiagnostics",
            Self::EffectiveRoutes => "effectiveRoutes",
            Self::EffectiveRules => "effectiveRules",
            Self::Intent => "intents",
            Self::Finding => "findings",
            Self::Invalid => "invalid",
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// The file, as the user gave it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Spot {
    /// Where the last key of a path stands.
    pub(crate) fn of_key(sources: &Sources, path: &Path) -> Self {
        sources
            .key(path)
            .map_or_else(Self::default, |span| Self::of_span(sources, &span))
    }

    /// Where a piece of a file starts.
    pub(super) fn of_span(sources: &Sources, span: &Span) -> Self {
        let (line, column) = sources.line_column(span);
        Self {
            file: sources.name(span.file).to_owned(),
            line,
            column,
        }
    }
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
