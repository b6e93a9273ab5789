//! What build servers and code scanning show beside the files: SARIF, the annotations of GitHub Actions and
//! Azure Pipelines, Markdown for the summary of a run. One writer each, for whatever has results.

pub(crate) mod azure_pipelines;
mod format;
pub(crate) mod github;
pub(crate) mod markdown;
pub(crate) mod sarif;
mod spot;

use std::borrow::Cow;

pub use format::UnknownFormat;
pub(crate) use format::formats;
pub use spot::Spot;

/// How a text looks; colour never says anything alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether there is colour.
    pub color: bool,
    /// Whether marks may be other than ASCII.
    pub unicode: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: false,
            unicode: true,
        }
    }
}

/// How bad a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
    Note,
}

impl Level {
    /// As SARIF names it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What is shown beside a line, or in a list of issues. Its texts have no characters that would end it early or
/// that a terminal would act upon, but for the line breaks of `text`.
pub(crate) struct Annotation<'a> {
    pub level: Level,
    /// None where that is in no file that a server knows.
    pub spot: Option<Spot>,
    pub code: &'a str,
    pub title: String,
    pub text: String,
}

/// A text on one line, without characters that a terminal would act upon.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}
