//! `dryhop test`: the checks that stand in a topology, judged, and how good they are.

use std::io::Write;
use std::str::FromStr;

use dryhop::check::gate::{Asked, Written};
use dryhop::check::{Glob, Options, Report, Status, TestFormat, gate, judge, write_as};
use dryhop::ci::Look;
use dryhop::load::{Loaded, load, tree};
use dryhop::report::page;

use super::arguments::TestArguments;
use super::exit::{Exit, Failure, Fault};
use super::progress::Progress;
use super::{ask, formats, output};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Of the results alone.
    Of(TestFormat),
    /// The page, for which connections are asked about again.
    Html,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word.trim().eq_ignore_ascii_case("html") {
            return Ok(Self::Html);
        }
        let format = word.parse().map(Self::Of);
        format.map_err(|fault: dryhop::ci::UnknownFormat| format!("{fault}, html"))
    }
}

/// Judges; that something does not hold is a no.
pub fn run(arguments: TestArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let error_style = output::error_style(common.color);
    let usual = Format::Of(TestFormat::Text);
    let targets = formats::targets(&arguments.format, usual, |format| {
        matches!(
            format,
            Format::Of(TestFormat::Github | TestFormat::AzurePipelines)
        )
    });
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
    if arguments.filter.is_some() && report.results.is_empty() {
        let help = "none has a name that `--filter` matches".to_owned();
        let fault = Fault::new("there are no checks or intents to judge", Some(help));
        return Err(Failure::Question(vec![fault], error_style));
    }
    formats::write(common, &targets, |format, look| match format {
        Format::Of(format) => Ok(written(format, look, &report)),
        Format::Html => {
            html(&loaded, &report).map_err(|fault| Failure::Question(vec![fault], error_style))
        }
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

fn written(format: TestFormat, look: Look, report: &Report) -> Vec<u8> {
    formats::in_memory(|out| write_as(format, look, report, out))
}

fn html(loaded: &Loaded, report: &Report) -> Result<Vec<u8>, Fault> {
    let text = written(TestFormat::Text, Look::default(), report);
    let text = String::from_utf8_lossy(&text).into_owned();
    let page = page::results(loaded, report, text).html();
    page.map(String::into_bytes)
        .map_err(|fault| Fault::new(fault.to_string(), None))
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
