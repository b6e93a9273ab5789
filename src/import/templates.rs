//! ARM templates among the documents, each with its parameter files: those given beside it that name no
//! parameter but its own, else `x.parameters.json` next to `x.json` (`parameter-files`).

use std::path::{Path, PathBuf};

use super::arm::{Fault, Options, ParameterFile, parse, read, takes};
use super::resource::{Read, Unread};

/// The parameter files among the documents, and which of them a template has taken.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    files: Vec<(ParameterFile, bool)>,
}

impl Parameters {
    /// Adds a parameter file, or records why it is none.
    pub fn add(&mut self, file: &str, text: &str, to: &mut Read) {
        match ParameterFile::read(file, text) {
            Ok(read) => self.files.push((read, false)),
            Err(fault) => to.unread.push(unread(file, &fault)),
        }
    }

    /// Evaluates a template.
    pub fn template(&mut self, file: &str, text: &str, to: &mut Read) {
        let mut own = Vec::new();
        if let Ok(template) = parse(text) {
            for (parameters, taken) in &mut self.files {
                if takes(&template, parameters) {
                    *taken = true;
                    own.push(parameters.clone());
                }
            }
        }
        let path = Some(PathBuf::from(file)).filter(|path| path.is_file());
        if let Some(path) = path.as_deref().filter(|_| own.is_empty()) {
            own.extend(beside(path));
        }
        let options = Options {
            path,
            ..Options::default()
        };
        match read(file, text, &own, &options) {
            Ok(found) => to.add(found),
            Err(fault) => to.unread.push(unread(file, &fault)),
        }
    }

    /// Records those that no template takes.
    pub fn untaken(self, to: &mut Read) {
        let untaken = self.files.into_iter().filter(|(_, taken)| !taken);
        to.unread.extend(untaken.map(|(parameters, _)| Unread {
            file: parameters.file,
            at: None,
            message: "these are parameters of none of the templates that are given".to_owned(),
        }));
    }
}

/// The parameters that stand beside a template's file under its name.
fn beside(template: &Path) -> Option<ParameterFile> {
    let path = template.with_extension("parameters.json");
    let text = std::fs::read_to_string(&path).ok()?;
    ParameterFile::read(&path.to_string_lossy(), &text).ok()
}

fn unread(file: &str, fault: &Fault) -> Unread {
    let (at, message) = match fault {
        Fault::Syntax {
            line,
            column,
            message,
        } => (Some((*line, *column)), message.clone()),
        other => (None, other.to_string()),
    };
    Unread {
        file: file.to_owned(),
        at,
        message,
    }
}
