//! JUnit's XML, as the schema of Jenkins' xUnit plugin has it (`junit-10.xsd`): a suite for each section.
//! What is not modelled counts as skipped.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::rule_id;
use crate::check::{Outcome, Report, Status};
use crate::ci::Look;

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new("dryhop");
    let mut results = report.results.as_slice();
    while let Some(first) = results.first() {
        let count = results
            .iter()
            .take_while(|outcome| outcome.kind == first.kind)
            .count();
        let (section, rest) = results.split_at(count);
        let mut suite = TestSuite::new(first.kind.section());
        suite.add_test_cases(section.iter().map(case));
        document.add_test_suite(suite);
        results = rest;
    }
    let text = document.to_string().map_err(io::Error::other)?;
    // The schema of Jenkins' xUnit has this attribute on suites, and not on all of them together.
    let skipped = format!(" skipped=\"{}\"", document.skipped);
    out.write_all(text.replacen(&skipped, "", 1).as_bytes())
}

fn case(outcome: &Outcome) -> TestCase {
    let lines = || {
        let differences = outcome
            .differences
            .iter()
            .map(|difference| difference.sentence());
        differences.chain(outcome.why.iter().cloned())
    };
    let status = match outcome.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(lines().next().unwrap_or_default());
            let marks = outcome.evidence.deciding.iter().filter_map(|mark| {
                let spot = mark.spot.as_ref()?;
                Some(format!("--> {spot}: {}", mark.text))
            });
            let spot = format!("--> {}", outcome.spot);
            let spots = std::iter::once(spot).chain(marks);
            let text: Vec<String> = spots.chain(lines()).collect();
            status
                .set_type(rule_id(outcome))
                .set_description(text.join("\n"));
            status
        }
        Status::NotModelled => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(outcome.reason());
            status
        }
    };
    let mut case = TestCase::new(outcome.name.clone(), status);
    case.set_classname(outcome.kind.section());
    case
}
