//! `dryhop test`: the checks that stand in a topology, judged, and how good they are.

use std::io::Write;

use dryhop::check::gate::{Asked, Written};
use dryhop::check::{Glob, Options, Report, Status, TestFormat, gate, judge, write_as};
use dryhop::load::{load, tree};

use super::arguments::TestArguments;
use super::exit::{Exit, Failure, Fault};
use super::progress::Progress;
use super::{ask, formats, output};

/// Judges; that something does not hold is a no.
pub fn run(arguments: TestArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let error_style = output::error_style(common.color);
    let targets = formats::targets(&arguments.format, TestFormat::Text);
    let targets = targets.map_err(|faults| Failure::Question(faults, error_style))?;
    let asked = Asked {
        coverage: arguments.coverage,
        mutation: arguments.mutate,
    };
    if arguments.fail_under.is_some() && asked == Asked::default() {
        let help = "give `--coverage`, `--mutate` or both".to_owned();
        let fault = Fault::new("`--fail-under` has nothing to measure", Some(help));
        return Err(Failure::Question(vec![fault], error_style));
    }
    let (inputs, overlays) = ask::layers(&arguments.files.topology, common)?;
    let mut loaded = load(&inputs, &overlays);
    if loaded.is_sound() {
        loaded.network = ask::down(std::mem::take(&mut loaded.network), common)?;
    }
    let options = Options {
        filter: arguments.filter.as_deref().map(Glob::new),
    };
    let report = if asked == Asked::default() {
        judge(&loaded, &options)
    } else {
        let written = Written {
            tree: &tree(&inputs, &overlays),
            inputs: &inputs,
            down: &common.down,
        };
        let progress = Progress::new(common.quiet);
        let done = |part, whole| progress.done(part, whole);
        let report = gate::judge(&loaded, &options, &written, asked, &done);
        progress.end();
        report
    };
    let report = match report {
        Ok(report) => report,
        Err(faults) => {
            return Err(Failure::Files(
                faults,
                Box::new(loaded.sources),
                error_style,
            ));
        }
    };
    formats::write(common, &targets, |format, look, out| {
        write_as(format, look, &report, out)
    })?;
    let assumed = is_assumed(&report) || loaded.left > 0;
    let assumed = common.strict && report.count(Status::Fail) == 0 && assumed;
    if assumed && !common.quiet {
        assumptions(&report);
    }
    let enough = arguments
        .fail_under
        .is_none_or(|percent| report.reaches(percent));
    Ok(Exit::of(report.holds() && enough, assumed && enough))
}

/// Whether some check rests on something assumed, or not modelled.
fn is_assumed(report: &Report) -> bool {
    let mut results = report.results.iter();
    results.any(|own| own.status == Status::NotModelled || !own.assumptions.is_empty())
}

/// Says on standard error what each check rests on; where nobody reads that, nothing is lost.
fn assumptions(report: &Report) {
    let mut out = std::io::stderr().lock();
    for outcome in &report.results {
        for own in &outcome.assumptions {
            let (section, name, code) = (outcome.kind.section(), &outcome.name, own.code.name());
            let _ = writeln!(out, "{section}: {name}: {code}: {}", own.text);
        }
    }
}
