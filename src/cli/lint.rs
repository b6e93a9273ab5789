//! `dryhop lint`: what is wrong or pointless without asking about a flow.

use std::collections::BTreeSet;

use dryhop::diagnostic::{Code, Severity};
use dryhop::lint::{Finding, lint};
use dryhop::report::lint::{LintFormat, Report, write};

use super::arguments::{Chosen, LintArguments};
use super::ask::Ask;
use super::exit::{Exit, Failure};
use super::{formats, output};

/// Finds; that something is found that counts is a no.
pub fn run(arguments: LintArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let targets = formats::targets(&arguments.format, LintFormat::Text, |format| {
        matches!(format, LintFormat::Github | LintFormat::AzurePipelines)
    });
    let targets =
        targets.map_err(|faults| Failure::Question(faults, output::error_style(common.color)))?;
    let ask = Ask::new(&arguments.files.topology, common)?;
    let mut findings = lint(&ask.network, &ask.loaded.sources);
    let code = |finding: &Finding| finding.diagnostic.code;
    findings
        .found
        .retain(|own| !is_chosen(&arguments.allow, code(own)) || named(&arguments.deny, code(own)));
    let denied: BTreeSet<Code> = findings
        .found
        .iter()
        .map(code)
        .filter(|code| is_chosen(&arguments.deny, *code))
        .collect();
    let report = Report {
        findings: &findings,
        sources: &ask.loaded.sources,
        denied,
        all: arguments.all,
    };
    formats::write(common, &targets, |format, look| {
        Ok(formats::in_memory(|out| write(format, look, &report, out)))
    })?;
    let clean = !findings.found.iter().any(|own| report.counts(own));
    Ok(Exit::of(clean, false))
}

/// Whether a code is among those chosen, by its name or its level.
fn is_chosen(chosen: &[Chosen], code: Code) -> bool {
    let level = match code.severity() {
        Severity::Warning => Chosen::Warnings,
        _ => Chosen::Notes,
    };
    chosen.contains(&level) || named(chosen, code)
}

/// Whether a code is named itself, which goes before its level.
fn named(chosen: &[Chosen], code: Code) -> bool {
    chosen.contains(&Chosen::Code(code))
}
