//! Files and folders as texts: what is there, how large it is, how it is encoded.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Input, LARGEST};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::source::{FileId, Sources};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads the texts of inputs; those that have one are returned.
pub(super) fn load(
    inputs: &[Input],
    sources: &mut Sources,
    faults: &mut Vec<Diagnostic>,
) -> Vec<FileId> {
    let mut files = Vec::new();
    for input in inputs {
        match input {
            Input::Text { name, text } => {
                files.extend(add(name.clone(), text.clone(), sources, faults))
            }
            Input::Path(path) if path.is_dir() => folder(path, &mut files, sources, faults),
            Input::Path(path) => files.extend(file(path, sources, faults)),
        }
    }
    files
}

fn folder(
    path: &Path,
    files: &mut Vec<FileId>,
    sources: &mut Sources,
    faults: &mut Vec<Diagnostic>,
) {
    match list(path) {
        Ok(paths) if paths.is_empty() => {
            let message = format!(
                "there is no `*.yaml` or `*.yml` in the folder `{}`",
                path.display()
            );
            let at = At::File(nothing(path, sources));
            faults.push(
                Diagnostic::new(Code::Unreadable, message)
                    .label(at, "")
                    .help("folders in it are not searched"),
            );
        }
        Ok(paths) => files.extend(paths.iter().filter_map(|path| file(path, sources, faults))),
        Err(error) => faults.push(unreadable(path, &error, sources)),
    }
}

/// The files of a folder that count, by name. Hidden ones do not: editors leave them behind.
fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let named_so = path
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"));
        if named_so && !hidden && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn file(path: &Path, sources: &mut Sources, faults: &mut Vec<Diagnostic>) -> Option<FileId> {
    match bytes(path) {
        Ok(Some(bytes)) => decode(path.display().to_string(), bytes, sources, faults),
        Ok(None) => {
            faults.push(too_large(nothing(path, sources)));
            None
        }
        Err(error) => {
            faults.push(unreadable(path, &error, sources));
            None
        }
    }
}

/// The bytes of a file; `None` if they are too many. Its length is not trusted alone: of a device or a
/// pipe it says nothing.
fn bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > LARGEST {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LARGEST).then_some(bytes))
}

/// Takes bytes as text.
fn decode(
    name: String,
    bytes: Vec<u8>,
    sources: &mut Sources,
    faults: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    if let Some(encoding) = other_encoding(&bytes) {
        let file = refused(name, String::new(), sources);
        let message = format!("the file is {encoding}, but must be UTF-8");
        let fault = Diagnostic::new(Code::NotUtf8, message).label(At::File(file), "");
        faults.push(fault.help("save it as UTF-8, with or without a byte order mark"));
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(text) => add(name, text, sources, faults),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            // Up to the fault the replaced text is the same, so the place holds.
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = refused(name, text, sources);
            let at = At::Bytes(
                file,
                offset,
                offset + char::REPLACEMENT_CHARACTER.len_utf8(),
            );
            let message = format!("the file is not UTF-8 at byte {offset}");
            let fault = Diagnostic::new(Code::NotUtf8, message).label(at, "cannot be read as text");
            faults.push(fault.help("save it as UTF-8"));
            None
        }
    }
}

/// Takes a text.
fn add(
    name: String,
    mut text: String,
    sources: &mut Sources,
    faults: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    if text.len() as u64 > LARGEST {
        let file = refused(name, String::new(), sources);
        faults.push(too_large(file));
        return None;
    }
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Some(sources.add(name, text))
}

/// UTF-16 and UTF-32 by their byte order mark, or by the zeros that every other byte of plain text is.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [a, b, c, d, ..] if (*a == 0) != (*b == 0) && (*a == 0, *b == 0) == (*c == 0, *d == 0) => {
            Some("UTF-16")
        }
        _ => None,
    }
}

fn too_large(file: FileId) -> Diagnostic {
    let message = format!("the file is larger than {} MiB", LARGEST >> 20);
    Diagnostic::new(Code::TooLarge, message)
        .label(At::File(file), "")
        .help("split it: several files make one topology")
}

fn unreadable(path: &Path, error: &io::Error, sources: &mut Sources) -> Diagnostic {
    let why = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        // The system's own words name an error number; these do not.
        kind => kind.to_string(),
    };
    let message = format!("cannot read `{}`: {why}", path.display());
    Diagnostic::new(Code::Unreadable, message).label(At::File(nothing(path, sources)), "")
}

/// A file without text, so that a fault can name it.
fn nothing(path: &Path, sources: &mut Sources) -> FileId {
    refused(path.display().to_string(), String::new(), sources)
}

/// A file that gives nothing to the document.
fn refused(name: String, text: String, sources: &mut Sources) -> FileId {
    let file = sources.add(name, text);
    sources.exclude(file);
    file
}
