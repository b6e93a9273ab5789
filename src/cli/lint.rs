//! `dryhop lint`: what is wrong or pointless without asking about a flow.

use dryhop::diagnostic::{Code, Severity};
use dryhop::lint::{Finding, lint};
use dryhop::report::lint as report;

use super::arguments::{Chosen, LintArguments, LintFormat};
use super::ask::Ask;
use super::exit::{Exit, Failure};
use super::output;

/// Finds; that something is found that counts is a no.
pub fn run(arguments: LintArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let mut findings = lint(&ask.network, &ask.loaded.sources);
    let code = |finding: &Finding| finding.diagnostic.code;
    findings
        .found
        .retain(|own| !is_chosen(&arguments.allow, code(own)) || named(&arguments.deny, code(own)));
    let counts = |finding: &Finding| {
        code(finding).severity() == Severity::Warning || is_chosen(&arguments.deny, code(finding))
    };
    let clean = !findings.found.iter().any(counts);
    let sources = &ask.loaded.sources;
    let text = match arguments.format {
        LintFormat::Text => report::text(&findings, sources, ask.style, arguments.all),
        LintFormat::Json => ask.json(&report::document(&findings, sources))?,
    };
    output::write(&arguments.common, &text)?;
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
