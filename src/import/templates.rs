//! ARM templates among the documents, each with its parameter files: those given that are called as it is, and those
//! that name no parameter but its own, else `x.parameters.json` next to `x.json` (`parameter-files`).

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::arm::{Fault, Options, ParameterFile, parse, read, takes, unknown};
use super::resource::{Read, Unread};

/// The parameter files among the documents, and which of them a template has taken.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    files: Vec<(ParameterFile, bool)>,
    /// The templates among the documents.
    templates: Vec<(String, Option<Value>)>,
}

impl Parameters {
    /// Adds a parameter file, or records why it is none.
    pub fn add(&mut self, file: &str, text: &str, to: &mut Read) {
        match ParameterFile::read(file, text) {
            Ok(read) => self.files.push((read, false)),
            Err(fault) => to.unread.push(unread(file, &fault)),
        }
    }

    /// Makes a template known, so that parameter files can be told whose they are.
    pub fn announce(&mut self, file: &str, text: &str) {
        self.templates.push((file.to_owned(), parse(text).ok()));
    }

    /// Evaluates a template.
    pub fn template(&mut self, file: &str, text: &str) -> Read {
        let mut to = Read::default();
        let mut own = Vec::new();
        for at in 0..self.files.len() {
            if self.belongs(at, file) {
                let (parameters, taken) = &mut self.files[at];
                *taken = true;
                own.push(parameters.clone());
            }
        }
        let path = Some(PathBuf::from(file)).filter(|path| path.is_file());
        if let Some(path) = path.as_deref().filter(|_| own.is_empty()) {
            match beside(path) {
                Ok(found) => own.extend(found),
                Err(fault) => to.unread.push(Unread {
                    file: file.to_owned(),
                    at: None,
                    message: format!("the parameters beside it cannot be read: {fault}"),
                }),
            }
        }
        let options = Options {
            path,
            ..Options::default()
        };
        match read(file, text, &own, &options) {
            Ok(found) => to.add(found),
            Err(fault) => to.unread.push(unread(file, &fault)),
        }
        to
    }

    /// Whether a parameter file is a template's: by its name, where a template of that name is given, else by its
    /// content.
    fn belongs(&self, at: usize, template: &str) -> bool {
        let Some((parameters, _)) = self.files.get(at) else {
            return false;
        };
        let mut names = self.templates.iter().map(|(name, _)| name.as_str());
        if names.any(|name| is_named_after(&parameters.file, name)) {
            return is_named_after(&parameters.file, template);
        }
        let mut all = self.templates.iter();
        let template = all.find(|(name, _)| name == template);
        template.is_some_and(|(_, content)| {
            let content = content.as_ref();
            content.is_some_and(|content| takes(content, parameters))
        })
    }

    /// Records those that no template takes.
    pub fn untaken(self, to: &mut Read) {
        let untaken = self.files.into_iter().filter(|(_, taken)| !taken);
        to.unread.extend(untaken.map(|(parameters, _)| {
            let message = match self.templates.as_slice() {
                [] => "these are parameters, and no template is given".to_owned(),
                [(name, Some(content))] => match unknown(content, &parameters) {
                    Some(unknown) => format!("the template `{name}` has no parameter `{unknown}`"),
                    None => format!("the template `{name}` does not take these parameters"),
                },
                _ => "none of the templates that are given has all of these parameters".to_owned(),
            };
            Unread {
                file: parameters.file,
                at: None,
                message,
            }
        }));
    }
}

/// Whether a parameter file is called as a template is: `main.parameters.json` or `main.parameters.prod.json` of
/// `main.json`, in the same folder.
fn is_named_after(parameters: &str, template: &str) -> bool {
    let (parameters, template) = (Path::new(parameters), Path::new(template));
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let stem = template.file_stem().map(|stem| stem.to_string_lossy());
    let (Some(name), Some(stem)) = (name(parameters), stem) else {
        return false;
    };
    let rest = name.strip_prefix(&*stem);
    parameters.parent() == template.parent()
        && rest.is_some_and(|rest| rest.starts_with(".parameters."))
}

/// Whether two names are of one file, however it was named.
pub(super) fn is_same_file(one: &str, other: &str) -> bool {
    let steps = |path| {
        let steps = Path::new(path).components();
        steps.filter(|step| !matches!(step, Component::CurDir))
    };
    steps(one).eq(steps(other))
}

/// The parameters that stand beside a template's file under its name.
fn beside(template: &Path) -> Result<Option<ParameterFile>, Fault> {
    let path = template.with_extension("parameters.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => ParameterFile::read(&path.to_string_lossy(), &text).map(Some),
        Err(_) => Ok(None),
    }
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
