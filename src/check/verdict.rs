//! Expectations compared with what came, member by member.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::evidence::Evidence;
use super::outcome::{Difference, Kind, Outcome, Status};
use super::text;
use crate::ci::Spot;
use crate::engine::Answer;
use crate::trace::Assumption;

/// What the comparison of one check has found so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    expected: Map<String, Value>,
    actual: Map<String, Value>,
    pub(super) differences: Vec<Difference>,
    /// Why it came so; shown where the check does not pass.
    pub(super) why: Vec<String>,
    /// What is not modelled yet and would decide.
    pub(super) unmodelled: Vec<String>,
    /// What it rests on without knowing it, beside what the answers do.
    pub(super) assumptions: Vec<Assumption>,
    /// Whether the expectation is the value of its only member, without its name.
    pub(super) short: bool,
    /// The answers that were judged, where it is a connection's, and the one that decided.
    pub(super) answers: Vec<Answer>,
    pub(super) decided: usize,
}

impl Verdict {
    /// Records a member that is named, and what came for it.
    pub(super) fn compare(
        &mut self,
        what: &str,
        expected: impl Into<Value>,
        actual: impl Into<Value>,
        holds: bool,
    ) {
        let (expected, actual) = (expected.into(), actual.into());
        if !holds {
            self.differences
                .push(Difference::of(what, &expected, &actual));
        }
        self.expected.insert(what.to_owned(), expected);
        self.actual.insert(what.to_owned(), actual);
    }

    /// Records a row that is missing, or one that is too much.
    pub(super) fn differ(&mut self, expected: &Value, came: String) {
        let expected = match expected {
            Value::Null => "no further row".to_owned(),
            row => text::show(row),
        };
        self.differences.push(Difference {
            what: "rows".to_owned(),
            expected,
            came,
        });
    }

    /// Compares two words, where one is expected.
    pub(super) fn word<T: PartialEq + Copy>(
        &mut self,
        what: &str,
        expected: Option<T>,
        actual: Option<T>,
        word: impl Fn(T) -> &'static str,
    ) {
        if let Some(expected) = expected {
            let came = actual.map_or(Value::Null, |actual| word(actual).into());
            self.compare(what, word(expected), came, actual == Some(expected));
        }
    }

    /// Whether nothing differs.
    pub(super) fn holds(&self) -> bool {
        self.differences.is_empty()
    }

    /// The result. Where something is not modelled, that is what counts.
    pub(super) fn outcome(self, kind: Kind, name: &str, spot: Spot) -> Outcome {
        let status = match (self.unmodelled.is_empty(), self.differences.is_empty()) {
            (false, _) => Status::NotModelled,
            (true, true) => Status::Pass,
            (true, false) => Status::Fail,
        };
        let (differences, why) = match status {
            Status::Pass => (Vec::new(), Vec::new()),
            Status::Fail => (self.differences, self.why),
            Status::NotModelled => (Vec::new(), self.unmodelled),
        };
        let value = |map: Map<String, Value>| match map.values().next() {
            Some(only) if self.short => only.clone(),
            _ => Value::Object(map),
        };
        Outcome {
            name: name.to_owned(),
            kind,
            spot,
            status,
            expected: value(self.expected),
            actual: value(self.actual),
            differences,
            why,
            evidence: Evidence::default(),
            assumptions: assumptions(&self.answers, &self.assumptions),
        }
    }
}

/// What answers rest on without knowing it, and what else there is, each once.
fn assumptions(answers: &[Answer], others: &[Assumption]) -> Vec<Assumption> {
    let all = answers.iter().flat_map(|answer| &answer.assumptions);
    let all: BTreeSet<&Assumption> = all.chain(others).collect();
    all.into_iter().cloned().collect()
}
