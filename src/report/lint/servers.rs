//! Findings as build servers and code scanning take them: every one, at the line that is to be mended.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use super::Report;
use crate::ci::sarif::{self, Entry, Rule};
use crate::ci::{Annotation, Level, Spot, clean};
use crate::diagnostic::{At, Code, Diagnostic, Label};
use crate::lint::Finding;

/// The places of a finding, the one to be mended first, with what is said of each.
fn places(report: &Report<'_>, own: &Diagnostic) -> Vec<(Spot, String)> {
    let place = |label: &Label| {
        let span = label.at.span(report.sources)?;
        Some((Spot::of_span(report.sources, &span), label.text.clone()))
    };
    own.labels.iter().filter_map(place).collect()
}

/// A message, and how to mend it.
fn sentences(own: &Diagnostic) -> String {
    match &own.help {
        Some(help) => format!("{}\nhelp: {help}", own.message),
        None => own.message.clone(),
    }
}

/// Commands that annotate the files.
pub(super) fn annotations<'r>(report: &'r Report<'_>) -> impl Iterator<Item = Annotation<'r>> {
    report.findings.found.iter().map(|finding| {
        let own = &finding.diagnostic;
        let lines = sentences(own);
        let lines: Vec<_> = lines.lines().map(clean).collect();
        let place = places(report, own).into_iter().next();
        Annotation {
            level: level(report, finding),
            spot: place.map(|(spot, _)| spot).filter(Spot::is_file),
            code: own.code.name(),
            title: own.code.name().to_owned(),
            text: lines.join("\n"),
        }
    })
}

fn level(report: &Report<'_>, finding: &Finding) -> Level {
    if report.counts(finding) {
        Level::Warning
    } else {
        Level::Note
    }
}

pub(super) fn sarif(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = &report.findings.found;
    let codes: BTreeSet<Code> = found.iter().map(|own| own.diagnostic.code).collect();
    let rules: Vec<Rule> = codes.iter().map(|code| rule(report, *code)).collect();
    let mut prints: HashMap<String, usize> = HashMap::new();
    let entries: Vec<Entry> = found
        .iter()
        .map(|finding| entry(report, finding, &mut prints))
        .collect();
    sarif::write(&rules, &entries, out)
}

fn rule(report: &Report<'_>, code: Code) -> Rule {
    let mut found = report.findings.found.iter();
    let level = found.find(|own| own.diagnostic.code == code);
    Rule {
        id: code.name(),
        meaning: code.meaning(),
        help: format!(
            "{}. Where it is meant so, a comment on its line allows it: # dryhop: allow {code} REASON",
            code.meaning()
        ),
        page: Some(format!("docs/codes/{code}.md")),
        level: level.map_or(Level::Note, |own| self::level(report, own)),
    }
}

fn entry(report: &Report<'_>, finding: &Finding, prints: &mut HashMap<String, usize>) -> Entry {
    let own = &finding.diagnostic;
    let mut places = places(report, own).into_iter();
    let at = places.next().map(|(spot, _)| spot);
    // The path of a thing stays while lines move; of several findings there, each has its number.
    let print = match own.labels.first().map(|label| &label.at) {
        Some(At::Value(path) | At::Key(path)) => format!("{} {path}", own.code),
        _ => format!("{} {}", own.code, own.message),
    };
    let again = prints.entry(print.clone()).or_default();
    *again += 1;
    let print = match *again {
        1 => print,
        number => format!("{print} {number}"),
    };
    Entry {
        rule: own.code.name(),
        text: sentences(own),
        at,
        about: finding
            .resources
            .first()
            .map(|name| (name.clone(), "resource")),
        related: places.collect(),
        flows: Vec::new(),
        print: ("finding/v1", print),
    }
}
