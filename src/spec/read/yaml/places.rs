//! What the parser found, by its place: tags that are refused, and texts that are no YAML.

use saphyr_parser::{ScanError, Span, Tag};

use super::super::{too_deep, word_at, words};
use super::{Builder, Key};
use crate::diagnostic::{At, Code, Diagnostic};

impl Builder<'_> {
    /// What a tag says of a value, where it is one of those that say what a value is anyway.
    pub(super) fn tag(&mut self, tag: Option<&Tag>, span: Span) -> Option<&'static str> {
        const KNOWN: [&str; 7] = ["str", "int", "float", "bool", "null", "map", "seq"];
        let tag = tag?;
        let known = KNOWN
            .into_iter()
            .find(|known| tag.is_yaml_core_schema() && tag.suffix == *known);
        if known.is_none() {
            let At::Bytes(file, start, end) = self.at(span) else {
                return None;
            };
            let text = self.sources.text(file).get(start..).unwrap_or("");
            // The value may begin with its anchor; the tag stands behind it then.
            let offset = text
                .find('!')
                .filter(|&offset| start + offset < end)
                .unwrap_or(0);
            let rest = text.get(offset..).unwrap_or("");
            let word = rest
                .find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
                .unwrap_or(rest.len());
            let at = At::Bytes(file, start + offset, start + offset + word);
            let message = format!(
                "the tag `{}` is not supported",
                rest.get(..word).unwrap_or("")
            );
            self.faults.push(
                Diagnostic::new(Code::Syntax, message)
                    .label(at, "")
                    .help("leave it out: a topology needs no tags"),
            );
        }
        known
    }

    /// The place of what a parser's span covers: to the end of its first word, for a map or a list
    /// may have been begun only.
    pub(super) fn at(&self, span: Span) -> At {
        let text = self.sources.text(self.file);
        let start = self.sources.byte_of_char(self.file, span.start.index());
        let end = self.sources.byte_of_char(self.file, span.end.index());
        let line = text
            .get(start..end)
            .unwrap_or("")
            .lines()
            .next()
            .unwrap_or("")
            .trim_end();
        if line.is_empty() {
            word_at(text, self.file, start)
        } else {
            At::Bytes(self.file, start, start + line.len())
        }
    }

    pub(super) fn key_at(&self, key: &Key) -> At {
        let start = self.sources.byte_of_char(self.file, key.start);
        let end = self.sources.byte_of_char(self.file, key.end);
        let text = self.sources.text(self.file).get(start..end).unwrap_or("");
        At::Bytes(self.file, start, start + text.trim_end().len())
    }

    pub(super) fn syntax(&mut self, error: &ScanError) {
        let text = self.sources.text(self.file);
        let at = word_at(
            text,
            self.file,
            self.sources.byte_of_char(self.file, error.marker().index()),
        );
        // The scanner runs ahead of the events while brackets are open and has a limit of its own.
        if error.info() == "recursion limit exceeded" {
            self.faults.push(too_deep(at));
            return;
        }
        let (message, help) = words::plain(error.info());
        let fault = Diagnostic::new(Code::Syntax, message).label(at, "");
        self.faults.push(match help {
            "" => fault,
            help => fault.help(help),
        });
    }
}
