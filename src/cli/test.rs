//! `dryhop test`: the checks that stand in a topology, judged, and how good they are.

use std::io::Write;
use std::path::PathBuf;

use dryhop::check::gate::{Asked, Written};
use dryhop::check::{Glob, Look, Options, Report, Status, TestFormat, gate, judge, write_as};
use dryhop::load::{Loaded, load, tree};
use dryhop::report::page;

use super::arguments::TestArguments;
use super::ask;
use super::exit::{Exit, Failure, Fault};
use super::output;
use super::progress::Progress;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Of the results alone.
    Of(TestFormat),
    /// The page, for which connections are asked about again.
    Html,
}

/// A format, and where it goes: to a file, or to where results go.
struct Target {
    format: Format,
    file: Option<PathBuf>,
}

/// Judges; that something does not hold is a no.
pub fn run(arguments: TestArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let error_style = output::error_style(common.color);
    let targets = targets(&arguments.format);
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
    for target in &targets {
        let style = output::style(common);
        let look = match target.file {
            Some(_) => Look::default(),
            None => Look {
                color: style.color,
                unicode: style.unicode,
            },
        };
        let bytes = match target.format {
            Format::Of(format) => written(format, look, &report),
            Format::Html => html(&loaded, &report)
                .map_err(|fault| Failure::Question(vec![fault], error_style))?,
        };
        match &target.file {
            Some(file) => output::to_file(common.color, file, &bytes)?,
            None => output::write(common, &String::from_utf8_lossy(&bytes))?,
        }
    }
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
    let mut bytes = Vec::new();
    // Nothing fails that is written to memory.
    let _ = write_as(format, look, report, &mut bytes);
    bytes
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

fn targets(words: &[String]) -> Result<Vec<Target>, Vec<Fault>> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for word in words {
        let (format, file) = match word.split_once('=') {
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (word.as_str(), None),
        };
        match format.parse() {
            _ if format.eq_ignore_ascii_case("html") => found.push(Target {
                format: Format::Html,
                file,
            }),
            Ok(format) => found.push(Target {
                format: Format::Of(format),
                file,
            }),
            Err(fault) => faults.push(Fault::new(format!("{fault}, html"), None)),
        }
    }
    if found.is_empty() && faults.is_empty() {
        found.extend(TestFormat::ALL.first().map(|format| Target {
            format: Format::Of(*format),
            file: None,
        }));
    }
    let printed = found.iter().filter(|target| target.file.is_none()).count();
    if printed > 1 {
        let help = "give all but one a file, as in `junit=results.xml`".to_owned();
        faults.push(Fault::new(
            "only one format can go to standard output",
            Some(help),
        ));
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults)
    }
}
