//! `--format` of commands that write several at once: each to a file, or one of them to where results go.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use dryhop::ci::Look;

use super::arguments::Common;
use super::exit::{Failure, Fault};
use super::output;

/// A format, and the file that it goes to; without one it goes to where results go.
pub struct Target<F> {
    format: F,
    file: Option<PathBuf>,
}

/// What is to be written: the words of `--format`, or `usual` where there are none. `usual` and those that
/// are `in_log`, which a build server reads line by line between other lines, go to one output together.
pub fn targets<F>(
    words: &[String],
    usual: F,
    in_log: impl Fn(F) -> bool,
) -> Result<Vec<Target<F>>, Vec<Fault>>
where
    F: FromStr<Err: Display> + Copy + PartialEq,
{
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for word in words {
        let (format, file) = match word.split_once('=') {
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (word.as_str(), None),
        };
        match format.parse() {
            Ok(format) => found.push(Target { format, file }),
            Err(fault) => faults.push(Fault::new(F::Err::to_string(&fault), None)),
        }
    }
    if words.is_empty() {
        let (format, file) = (usual, None);
        found.push(Target { format, file });
    }
    let printed: Vec<F> = (found.iter())
        .filter(|target| target.file.is_none())
        .map(|target| target.format)
        .collect();
    let together = |format: &F| *format == usual || in_log(*format);
    if printed.len() > 1 && !printed.iter().all(together) {
        let help = "give all but one a file, as in `sarif=results.sarif`".to_owned();
        faults.push(Fault::new(
            "only one format can go to standard output",
            Some(help),
        ));
    }
    // What is for people comes first.
    found.sort_by_key(|target| in_log(target.format));
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults)
    }
}

/// Writes a result in each format.
pub fn write<F: Copy>(
    common: &Common,
    targets: &[Target<F>],
    written: impl Fn(F, Look) -> Result<Vec<u8>, Failure>,
) -> Result<(), Failure> {
    let mut printed = Vec::new();
    for target in targets {
        let style = output::style(common);
        let look = match target.file {
            Some(_) => Look::default(),
            None => Look {
                color: style.color,
                unicode: style.unicode,
            },
        };
        let bytes = written(target.format, look)?;
        match &target.file {
            Some(file) => output::to_file(common.color, file, &bytes)?,
            None => printed.extend(bytes),
        }
    }
    if targets.iter().any(|target| target.file.is_none()) {
        output::write(common, &String::from_utf8_lossy(&printed))?;
    }
    Ok(())
}

/// What is written to memory, where nothing fails.
pub fn in_memory(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = write(&mut bytes);
    bytes
}
