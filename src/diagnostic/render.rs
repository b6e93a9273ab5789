//! Diagnostics as text: rustc's look, or one line each.

use std::borrow::Cow;
use std::fmt::Write;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
};

use super::{At, Diagnostic, Label, Severity};
use crate::source::{FileId, Sources, Span, floor_char};

/// Labels with at most so many lines between them are shown in one piece of text.
const NEAR: usize = 10;

/// Lines longer than this (bytes) are cut around what is underlined: minified JSON is one line.
const LONG: usize = 400;

/// How much of a long line is shown on either side, in bytes.
const AROUND: usize = 60;

/// How much of a long line is underlined at most, in bytes.
const UNDERLINED: usize = 120;

/// All diagnostics in the order given, each with the text it is about, an empty line between them.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        let mut moved = Vec::new();
        let mut shown = renderer.render(&groups(diagnostic, sources, &mut moved));
        for (as_cut, as_is) in moved {
            shown = shown.replacen(&as_cut, &as_is, 1);
        }
        out.push_str(&shown);
        out.push('\n');
    }
    out
}

/// All diagnostics in the order given, a line each: `file:line:column: error[code]: message`.
#[must_use]
pub fn render_concise(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        if let Some(label) = diagnostic.labels.first()
            && let Some(span) = label.at.span(sources)
        {
            let name = clean(sources.name(span.file));
            let _ = match label.at {
                At::File(_) => write!(out, "{name}: "),
                _ => {
                    let (line, column) = sources.line_column(&span);
                    write!(out, "{name}:{line}:{column}: ")
                }
            };
        }
        let severity = diagnostic.code.severity().name();
        let _ = writeln!(
            out,
            "{severity}[{}]: {}",
            diagnostic.code,
            clean(&diagnostic.message)
        );
    }
    out
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Assumption => "assumption",
            Severity::Note => "note",
        }
    }
}

/// Places as they are shown for lines that are cut, and as they are.
type Moved = Vec<(String, String)>;

fn groups<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
    moved: &mut Moved,
) -> Vec<Group<'a>> {
    let level = match diagnostic.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Assumption => Level::NOTE.with_name("assumption"),
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(clean(&diagnostic.message))
        .id(diagnostic.code.name());
    let mut fault = Group::with_title(title);
    for section in sections(&diagnostic.labels, sources) {
        fault = fault.elements(section.elements(sources, moved));
    }
    let help = diagnostic
        .help
        .as_deref()
        .filter(|help| !help.is_empty())
        .map(clean);
    let help = help.map(|help| Group::with_title(Level::HELP.secondary_title(help)));
    std::iter::once(fault).chain(help).collect()
}

/// A piece of one file that is shown as one.
struct Section<'a> {
    file: FileId,
    /// The first and the last line shown.
    lines: (usize, usize),
    marks: Vec<Mark<'a>>,
}

/// One label, with what it underlines, which is within one line.
struct Mark<'a> {
    kind: AnnotationKind,
    span: Span,
    text: &'a str,
    whole_file: bool,
}

/// The labels by the pieces of text that show them; the first one is in the first piece.
fn sections<'a>(labels: &'a [Label], sources: &Sources) -> Vec<Section<'a>> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for (number, label) in labels.iter().enumerate() {
        let Some(span) = label.at.span(sources) else {
            continue;
        };
        let kind = if number == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let (line, span) = within_line(span, sources);
        let whole_file = matches!(label.at, At::File(_));
        let mark = Mark {
            kind,
            span,
            text: &label.text,
            whole_file,
        };
        let near = sections.iter_mut().find(|section| {
            let (first, last) = section.lines;
            section.file == span.file
                && !whole_file
                && section.marks.iter().all(|mark| !mark.whole_file)
                && line + NEAR >= first
                && line <= last + NEAR
        });
        match near {
            Some(section) => {
                section.lines = (section.lines.0.min(line), section.lines.1.max(line));
                section.marks.push(mark);
            }
            None => sections.push(Section {
                file: span.file,
                lines: (line, line),
                marks: vec![mark],
            }),
        }
    }
    sections
}

/// The line a span starts on, and the span cut to that line.
fn within_line(span: Span, sources: &Sources) -> (usize, Span) {
    let text = sources.text(span.file);
    let start = floor_char(text, span.start);
    let (line, _) = sources.line_at(span.file, start);
    let (_, line_end) = sources.line_range(span.file, line);
    // It may start within the line break, which is not shown.
    let start = start.min(line_end);
    let end = floor_char(text, span.end).min(line_end).max(start);
    (line, Span { start, end, ..span })
}

impl<'a> Section<'a> {
    fn elements(self, sources: &'a Sources, moved: &mut Moved) -> Vec<Element<'a>> {
        let name = clean(sources.name(self.file));
        let whole_file = self.marks.iter().any(|mark| mark.whole_file);
        if whole_file {
            return vec![Origin::path(name).into()];
        }
        let (start, _) = sources.line_range(self.file, self.lines.0);
        let (_, end) = sources.line_range(self.file, self.lines.1);
        let long = (self.lines.0..=self.lines.1).any(|line| {
            let (start, end) = sources.line_range(self.file, line);
            end - start > LONG
        });
        if long {
            return self
                .marks
                .iter()
                .map(|mark| cut(mark, &name, sources, moved))
                .collect();
        }
        if sources.is_foreign(self.file) {
            // What stands beside a place in somebody's plan or export may be secret.
            return self
                .marks
                .iter()
                .map(|mark| cut(mark, &name, sources, moved))
                .collect();
        }
        let text = sources.text(self.file).get(start..end).unwrap_or("");
        let marks = self
            .marks
            .iter()
            .map(|mark| annotation(mark, mark.span.start - start, mark.span.end - start));
        vec![
            Snippet::source(text)
                .path(name)
                .line_start(self.lines.0)
                .annotations(marks)
                .into(),
        ]
    }
}

/// A label on a long line, with only as much of the line as is near it.
fn cut<'a>(
    mark: &Mark<'a>,
    name: &Cow<'a, str>,
    sources: &'a Sources,
    moved: &mut Moved,
) -> Element<'a> {
    let text = sources.text(mark.span.file);
    let (line, column) = sources.line_column(&mark.span);
    let (line_start, line_end) = sources.line_range(mark.span.file, line);
    let underlined =
        floor_char(text, mark.span.end.min(mark.span.start + UNDERLINED)).max(mark.span.start);
    let around = if sources.is_foreign(mark.span.file) {
        0
    } else {
        AROUND
    };
    let from = floor_char(text, mark.span.start.saturating_sub(around).max(line_start));
    let to = floor_char(text, (underlined + around).min(line_end));
    let before = if from > line_start { "…" } else { "" };
    let after = if to < line_end { "…" } else { "" };
    let shown = format!("{before}{}{after}", text.get(from..to).unwrap_or(""));
    let offset = before.len() + mark.span.start - from;
    let end = offset + underlined - mark.span.start;
    // The renderer counts columns in what it is given, and takes no other place beside a text.
    let counted = shown.get(..offset).unwrap_or("").chars().count() + 1;
    moved.push((
        format!("{name}:{line}:{counted}"),
        format!("{name}:{line}:{column}"),
    ));
    Snippet::source(shown)
        .path(name.clone())
        .line_start(line)
        .annotation(annotation(mark, offset, end))
        .into()
}

fn annotation<'a>(mark: &Mark<'a>, start: usize, end: usize) -> Annotation<'a> {
    let label = (!mark.text.is_empty()).then(|| clean(mark.text));
    mark.kind.span(start..end).label(label)
}

/// A text without control characters: a message repeats the user's words, and a terminal obeys escapes.
fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    Cow::Owned(text.chars().map(escape).collect())
}
