//! A fault as data: a code that never changes, a message, the places it is about, and a hint.

mod code;
mod order;
mod render;
mod suggest;

pub use code::{Code, Severity};
pub use order::sort;
pub use render::{render, render_concise};
pub use suggest::{one_of, suggest};

use crate::source::{FileId, Path, Sources, Span};

/// One fault (or finding, or assumption) with everything a reader needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// What is wrong: lower case, no full stop, the user's own words in backticks.
    pub message: String,
    /// The places it is about, the one to be mended first.
    pub labels: Vec<Label>,
    /// How to mend it.
    pub help: Option<String>,
}

impl AsRef<Self> for Diagnostic {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// A place that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub at: At,
    /// What is said beside the underlined text; may be empty.
    pub text: String,
}

/// How a place is named; it is looked up in the files only when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The value at a path, in whichever file gave it last.
    Value(Path),
    /// The last key of a path.
    Key(Path),
    /// The last key of a path in one file, the `occurrence`th time it stands there (from 0).
    KeyIn(FileId, Path, usize),
    /// Bytes `start..end` of a file.
    Bytes(FileId, usize, usize),
    /// A file as a whole.
    File(FileId),
}

impl Diagnostic {
    /// A diagnostic that points nowhere yet.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// Points at the value at `path`.
    #[must_use]
    pub fn at(self, path: Path) -> Self {
        self.label(At::Value(path), "")
    }

    /// Points at the last key of `path`.
    #[must_use]
    pub fn at_key(self, path: Path) -> Self {
        self.label(At::Key(path), "")
    }

    /// Points at a further place, and says why.
    #[must_use]
    pub fn also(self, path: Path, text: impl Into<String>) -> Self {
        self.label(At::Value(path), text)
    }

    /// Points at a place; the first one is where the fault is to be mended.
    #[must_use]
    pub fn label(mut self, at: At, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            at,
            text: text.into(),
        });
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl At {
    /// Where it is. `None` only if there is no such file.
    #[must_use]
    pub fn span(&self, sources: &Sources) -> Option<Span> {
        match self {
            At::Value(path) => sources.value(path),
            At::Key(path) => sources.key(path),
            At::KeyIn(file, path, occurrence) => sources.key_in(*file, path, *occurrence),
            At::Bytes(file, start, end) => sources.file(*file).map(|_| Span {
                file: *file,
                start: *start,
                end: *end,
            }),
            At::File(file) => sources.file(*file).map(|_| Span {
                file: *file,
                start: 0,
                end: 0,
            }),
        }
    }
}
