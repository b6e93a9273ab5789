//! `dryhop test`: the checks that stand in a topology, judged.

use std::path::PathBuf;

use dryhop::check::{Glob, Look, Options, Status, TestFormat, judge, write_as};

use super::arguments::TestArguments;
use super::ask;
use super::exit::{Exit, Failure, Fault};
use super::output;

/// A format, and where it goes: to a file, or to where results go.
struct Target {
    format: TestFormat,
    file: Option<PathBuf>,
}

/// Judges; that something does not hold is a no.
pub fn run(arguments: TestArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let error_style = output::error_style(common.color);
    let targets = targets(&arguments.format);
    let targets = targets.map_err(|faults| Failure::Question(faults, error_style))?;
    let mut loaded = ask::read(&arguments.files.topology, common)?;
    if loaded.is_sound() {
        loaded.network = ask::down(std::mem::take(&mut loaded.network), common)?;
    }
    let options = Options {
        filter: arguments.filter.as_deref().map(Glob::new),
    };
    let report = match judge(&loaded, &options) {
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
        let mut bytes = Vec::new();
        // Nothing fails that is written to memory.
        let _ = write_as(target.format, look, &report, &mut bytes);
        match &target.file {
            Some(file) => output::to_file(common.color, file, &bytes)?,
            None => output::write(common, &String::from_utf8_lossy(&bytes))?,
        }
    }
    let assumed = report.count(Status::NotModelled) > 0 && report.count(Status::Fail) == 0;
    Ok(Exit::of(
        report.holds(),
        common.strict && (assumed || loaded.left > 0),
    ))
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
            Ok(format) => found.push(Target { format, file }),
            Err(fault) => faults.push(Fault::new(fault.to_string(), None)),
        }
    }
    if found.is_empty() && faults.is_empty() {
        found.extend(TestFormat::ALL.first().map(|format| Target {
            format: *format,
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
