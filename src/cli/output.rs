//! Where results go: standard output, or a file that is there as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use dryhop::report::Style;

use super::arguments::{Common, When};
use super::exit::{Failure, Fault};

/// How a text for `common` looks on standard output, or in the file that takes its place.
pub fn style(common: &Common) -> Style {
    match &common.output {
        Some(_) => Style {
            color: common.color == When::Always,
            unicode: true,
        },
        None => Style {
            color: color(common.color, &io::stdout()),
            unicode: unicode(),
        },
    }
}

/// How a text looks on standard error.
pub fn error_style(when: When) -> Style {
    Style {
        color: color(when, &io::stderr()),
        unicode: unicode(),
    }
}

fn color<S: anstream::stream::RawStream + IsTerminal>(when: When, stream: &S) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

/// Whether the locale takes other letters than ASCII.
fn unicode() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = set
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_string_lossy().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Writes a result where it is to go. With `--quiet` nothing goes to standard output.
pub fn write(common: &Common, text: &str) -> Result<(), Failure> {
    match &common.output {
        Some(path) if path.as_os_str() != "-" => to_file(common.color, path, text.as_bytes()),
        _ if common.quiet => Ok(()),
        _ => to_stdout(common.color, text.as_bytes()),
    }
}

/// Writes to standard output. That nobody reads any more is no fault.
pub fn to_stdout(when: When, bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(fault) if fault.kind() != ErrorKind::BrokenPipe => {
            let fault = Fault::new(format!("standard output takes no more: {fault}"), None);
            Err(Failure::Question(vec![fault], error_style(when)))
        }
        _ => Ok(()),
    }
}

/// Writes a file, which keeps its old content until the new one is there as a whole.
pub fn to_file(when: When, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes).map_err(|fault| {
        let fault = Fault::new(
            format!("`{}` cannot be written: {fault}", path.display()),
            None,
        );
        Failure::Question(vec![fault], error_style(when))
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link is followed, so that it stays one; a device or a pipe is no file that could be replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|known| !known.is_file()) {
        return OpenOptions::new()
            .write(true)
            .open(&target)?
            .write_all(bytes);
    }
    let beside = beside(&target);
    let written = File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        if let Ok(known) = fs::metadata(&target) {
            file.set_permissions(known.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&beside, &target)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder that nothing else has.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
