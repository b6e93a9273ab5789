//! Places in files as build servers take them: a file, lines and columns.

use crate::source::{Path, Sources, Span};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// The file, as the user gave it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line where it ends, and the column behind its last character.
    pub end: (usize, usize),
}

impl Spot {
    /// Where the last key of a path stands.
    pub(crate) fn of_key(sources: &Sources, path: &Path) -> Self {
        sources
            .key(path)
            .map_or_else(Self::default, |span| Self::of_span(sources, &span))
    }

    /// Where a piece of a file stands.
    pub(crate) fn of_span(sources: &Sources, span: &Span) -> Self {
        let (line, column) = sources.line_column(span);
        let end = sources.line_column(&Span {
            start: span.end,
            ..*span
        });
        Self {
            file: sources.name(span.file).to_owned(),
            line,
            column,
            end,
        }
    }

    /// Whether a server may know its file: standard input is none.
    pub(crate) fn is_file(&self) -> bool {
        !self.file.is_empty() && self.file != "<stdin>"
    }
}

impl std::fmt::Display for Spot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
