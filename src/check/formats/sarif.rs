//! Results as SARIF: one for each check that does not pass. It stands where that does which decides; the ways of
//! the packets are its code flows.

use std::io::{self, Write};

use super::{FAILED, NOT_MODELLED, rule_id};
use crate::check::{Mark, Outcome, Report, Status};
use crate::ci::sarif::{Entry, Rule, write as write_run};
use crate::ci::{Level, Look, Spot};
use crate::trace::codes::{ISSUE_CODES, IssueCode};

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let open = report.results.iter();
    let open = open.filter(|outcome| outcome.status != Status::Pass);
    let entries: Vec<Entry> = open.map(entry).collect();
    write_run(&rules(report), &entries, out)
}

/// The kinds of results that there are in a report, after the two that there may be in every one.
fn rules(report: &Report) -> Vec<Rule> {
    let rule = |id, meaning, level| Rule {
        id,
        meaning,
        help: format!("{id}: {meaning}"),
        page: Some("docs/codes/README.md".to_owned()),
        level,
    };
    let own = [
        (FAILED, "a check of the design does not hold", Level::Error),
        (
            NOT_MODELLED,
            "a check rests on something that is not modelled yet",
            Level::Warning,
        ),
    ];
    let own = own
        .into_iter()
        .map(|(id, meaning, level)| rule(id, meaning, level));
    let failed = |code: &&IssueCode| {
        let failing = |outcome: &Outcome| outcome.status == Status::Fail;
        let mut results = report.results.iter();
        results.any(|outcome| failing(outcome) && rule_id(outcome) == code.name)
    };
    let used = ISSUE_CODES.iter().filter(failed);
    own.chain(used.map(|code| rule(code.name, code.meaning, Level::Error)))
        .collect()
}

fn entry(outcome: &Outcome) -> Entry {
    let name = format!("{}/{}", outcome.kind.section(), outcome.name);
    let place = outcome.place();
    let check = Mark {
        spot: Some(outcome.spot.clone()),
        text: "the check".to_owned(),
    };
    let others = outcome.evidence.deciding.iter().chain([&check]);
    let others = others.filter(|mark| mark.spot.as_ref() != Some(place));
    let paths = outcome.evidence.paths.iter();
    Entry {
        rule: rule_id(outcome),
        text: format!("{}: {}", outcome.name, outcome.reason()),
        at: Some(place.clone()),
        about: Some((name.clone(), "member")),
        related: others.filter_map(located).collect(),
        flows: paths
            .map(|path| path.iter().filter_map(located).collect())
            .collect(),
        print: ("check/v1", name),
    }
}

fn located(mark: &Mark) -> Option<(Spot, String)> {
    Some((mark.spot.clone()?, mark.text.clone()))
}
