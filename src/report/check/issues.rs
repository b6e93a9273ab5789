//! The block of one issue, as rustc shows a fault: code, what is wrong, the line that causes it, help.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::help::help;
use super::remedies;
use crate::check::causes::{Spot, spot};
use crate::engine::Answer;
use crate::network::{Network, Place};
use crate::report::Style;
use crate::report::wire::LocatedIssue;
use crate::source::{Sources, Span};
use crate::spec::checks::IssueSeverity;
use crate::trace::Issue;
use crate::trace::codes::code;
use crate::whatif::Remedy;

/// Lines longer than this (bytes) are not shown: JSON without line breaks is one line.
const LONG: usize = 400;

/// The block of an issue at the hop called `hop`.
pub(super) fn block(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    remedies: &[Remedy],
    (hop, place): (&str, Option<Place>),
    issue: &Issue,
    style: Style,
) -> String {
    let code = code(issue);
    let level = match issue.severity {
        IssueSeverity::Error => Level::ERROR,
        IssueSeverity::Warning => Level::WARNING,
    };
    let message = clean(&issue.message);
    let mut fault = Group::with_title(level.primary_title(&*message).id(code.name));
    let found = spot(network, sources, place, issue);
    if let Some(Spot { span, label }) = &found {
        let (line, column) = sources.line_column(span);
        let name = clean(sources.name(span.file));
        match shown(sources, *span) {
            None => fault = fault.element(Origin::path(name).line(line).char_column(column)),
            Some((text, Span { start, end, .. })) => {
                let label = (!label.is_empty()).then_some(*label);
                let annotation = AnnotationKind::Primary.span(start..end).label(label);
                fault = fault.element(
                    Snippet::source(text)
                        .path(name)
                        .line_start(line)
                        .annotation(annotation),
                );
            }
        }
    }
    let help = help(network, answer, remedies, hop, issue, code);
    let help = help
        .as_deref()
        .map(|help| Group::with_title(Level::HELP.secondary_title(help)));
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let groups: Vec<Group<'_>> = std::iter::once(fault).chain(help).collect();
    // Without a piece of a file between them, nothing needs to join title and help.
    let together: Vec<&[Group<'_>]> = if found.is_some() {
        vec![&groups]
    } else {
        groups.chunks(1).collect()
    };
    let mut text = String::new();
    for groups in together {
        text.push_str(&renderer.render(groups));
        text.push('\n');
    }
    text
}

/// What is to be said of the remedies as a whole.
pub(super) fn together(network: &Network, found: &[Remedy], style: Style) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for line in remedies::together(network, found) {
        text.push_str(&renderer.render(&[Group::with_title(Level::HELP.primary_title(&*line))]));
        text.push('\n');
    }
    text
}

/// An issue with what causes it, for documents.
pub(super) fn located(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    remedies: &[Remedy],
    (hop, place): (&str, Option<Place>),
    issue: &Issue,
) -> LocatedIssue {
    let code = code(issue);
    let spot = spot(network, sources, place, issue);
    let place = spot.map(|spot| {
        (
            sources.name(spot.span.file).to_owned(),
            sources.line_column(&spot.span),
        )
    });
    let (file, line, column) = match place {
        Some((file, (line, column))) => (Some(file), Some(line), Some(column)),
        None => (None, None, None),
    };
    LocatedIssue {
        code: code.name,
        message: issue.message.clone(),
        help: help(network, answer, remedies, hop, issue, code),
        file,
        line,
        column,
    }
}

/// The line that causes an issue, where it may be shown: before, what causes it, behind.
pub(super) fn excerpt(
    network: &Network,
    sources: &Sources,
    place: Option<Place>,
    issue: &Issue,
) -> Option<[String; 3]> {
    let found = spot(network, sources, place, issue)?;
    let (text, Span { start, end, .. }) = shown(sources, found.span)?;
    let part = |from, to| text.get(from..to).unwrap_or_default().to_owned();
    Some([part(0, start), part(start, end), part(end, text.len())])
}

/// The line in which a span starts, and the span counted from its start; none where it is too long, or
/// stands in somebody's plan or export, where it may hold secrets.
fn shown(sources: &Sources, span: Span) -> Option<(&str, Span)> {
    let (line, _) = sources.line_column(&span);
    let (start, end) = sources.line_range(span.file, line);
    if end - start > LONG || sources.is_foreign(span.file) {
        return None;
    }
    let text = sources.text(span.file).get(start..end).unwrap_or_default();
    Some((text, cut(span, start, end)))
}

/// A span within one line, counted from the line's start.
fn cut(span: Span, start: usize, end: usize) -> Span {
    let from = span.start.clamp(start, end);
    let to = span.end.clamp(from, end);
    Span {
        start: from - start,
        end: to - start,
        ..span
    }
}

/// A text without control characters, which a terminal would obey.
fn clean(text: &str) -> String {
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect()
}
