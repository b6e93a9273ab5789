//! A topology's tree as YAML that a person would write: in the order of the format, short things on one line,
//! with comments that say where each object came from, and at the end what could not be carried over.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::convert::Converted;
use super::resource::{Left, Origin};
use crate::source::{Path, Segment};
use crate::spec::node::{Node, Scalar};

/// A line is no longer than this, where it can be helped.
const WIDTH: usize = 160;

/// Writes a converted topology; `files` are the inputs as the user named them.
#[must_use]
pub fn write(converted: &Converted, files: &[String]) -> String {
    let mut writer = Writer::new(converted, files);
    writer.line(&format!("# Made by `dryhop import` of {}.", listed(files)));
    if let Node::Map(sections) = &converted.tree {
        for (name, section) in sections {
            let before = if &**name == "defaults" { "" } else { "\n" };
            writer.out.push_str(before);
            writer.entry(name, section, 0, true);
        }
    }
    writer.summary(&converted.left);
    writer.out
}

fn listed(files: &[String]) -> String {
    match files {
        [] => "nothing".to_owned(),
        [one] => clean(one),
        [first, .., last] if files.len() == 2 => format!("{} and {}", clean(first), clean(last)),
        [first, ..] => format!("{} and {} other files", clean(first), files.len() - 1),
    }
}

struct Writer<'c> {
    out: String,
    comments: HashMap<&'c Path, String>,
    /// Every path that has a comment below it.
    commented: HashSet<Path>,
    at: Path,
    /// Where there is one file only, its name is not repeated.
    only: Option<&'c str>,
}

impl<'c> Writer<'c> {
    fn new(converted: &'c Converted, files: &'c [String]) -> Self {
        let only = match files {
            [only] => Some(only.as_str()),
            _ => None,
        };
        let mut comments: HashMap<&Path, String> = HashMap::new();
        let places = converted
            .origins
            .iter()
            .map(|(path, origin)| (path, place(origin, only)));
        let notes = converted
            .notes
            .iter()
            .map(|(path, note)| (path, clean(note)));
        for (path, text) in places.chain(notes).filter(|(_, text)| !text.is_empty()) {
            let comment = comments.entry(path).or_default();
            let between = if comment.is_empty() { "" } else { "; " };
            let _ = write!(comment, "{between}{text}");
        }
        let mut commented = HashSet::new();
        for path in comments.keys() {
            let mut above = Path::clone(path);
            above.pop();
            while !above.segments().is_empty() && commented.insert(above.clone()) {
                above.pop();
            }
        }
        Self {
            out: String::new(),
            comments,
            commented,
            at: Path::root(),
            only,
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn entry(&mut self, key: &str, value: &Node, indent: usize, section: bool) {
        self.at.push(Segment::Key(key.into()));
        if let Some(comment) = self.comments.get(&self.at) {
            let _ = writeln!(self.out, "{:indent$}# {comment}", "");
        }
        let _ = write!(self.out, "{:indent$}{}:", "", scalar(key, true));
        let column = indent + key.len() + 2;
        let below = self.commented.contains(&self.at);
        let block = below
            || (section
                && matches!(value, Node::Map(entries) if entries.iter().any(|(_, it)| matches!(it, Node::Map(_)))));
        let short = if block {
            None
        } else {
            flow(value, WIDTH.saturating_sub(column))
        };
        match (short, value) {
            (Some(text), _) => {
                let _ = writeln!(self.out, " {text}");
            }
            (None, Node::Map(entries)) => {
                self.out.push('\n');
                for (key, value) in entries {
                    self.entry(key, value, indent + 2, false);
                }
            }
            (None, Node::List(items)) => {
                self.out.push('\n');
                for item in items {
                    let text = flow(item, usize::MAX).unwrap_or_default();
                    let _ = writeln!(self.out, "{:1$}- {text}", "", indent + 2);
                }
            }
            (None, _) => self.out.push('\n'),
        }
        self.at.pop();
    }

    fn summary(&mut self, left: &[Left]) {
        if left.is_empty() {
            return;
        }
        self.line(&format!("\n# Not carried over, {} in all:", left.len()));
        for left in left {
            let alone = self.only.is_some_and(|only| only == left.origin.file);
            let place = place(&left.origin, self.only);
            let place = if left.what.ends_with(&left.origin.place) && alone {
                String::new()
            } else {
                place
            };
            let place = if place.is_empty() {
                place
            } else {
                format!(" ({place})")
            };
            self.line(&format!(
                "# - {}: {}{place}",
                clean(&left.what),
                clean(&left.reason)
            ));
        }
    }
}

fn place(origin: &Origin, only: Option<&str>) -> String {
    let Origin { file, place } = origin;
    match (only.is_some_and(|only| only == file), place.is_empty()) {
        (true, _) => clean(place),
        (false, true) => clean(file),
        (false, false) => clean(&format!("{file} {place}")),
    }
}

/// A value on one line, where it fits and holds no maps of maps.
fn flow(node: &Node, width: usize) -> Option<String> {
    let text = match node {
        Node::Null => "null".to_owned(),
        Node::Scalar(value) => return Some(written(value)),
        Node::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| flow(item, width)).collect();
            format!("[{}]", items?.join(", "))
        }
        Node::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Node::Map(entries) => {
            let simple = |value: &Node| match value {
                Node::Map(inner) => inner.is_empty(),
                Node::List(items) => items.iter().all(|item| matches!(item, Node::Scalar(_))),
                _ => true,
            };
            if !entries.iter().all(|(_, value)| simple(value)) {
                return None;
            }
            let entries: Option<Vec<String>> = entries
                .iter()
                .map(|(key, value)| Some(format!("{}: {}", scalar(key, true), flow(value, width)?)))
                .collect();
            format!("{{ {} }}", entries?.join(", "))
        }
    };
    (text.chars().count() <= width).then_some(text)
}

fn written(value: &Scalar) -> String {
    scalar(&value.text, !value.quoted)
}

/// A text as YAML; one that is meant as a text and looks like something else is quoted.
fn scalar(text: &str, plain: bool) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./:@+ ".contains(c);
    let starts = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/' || c == '.';
    let colons = text.contains(':') && text.contains(' ') || text.contains("::");
    let ends = text.ends_with([':', ' ']);
    let looks_safe = text.starts_with(starts) && text.chars().all(safe) && !colons && !ends;
    if looks_safe && (plain || !looks_like_other(text)) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether YAML takes a text for a number, a flag or nothing.
fn looks_like_other(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.parse::<f64>().is_ok()
        || text.starts_with("0x")
        || text.starts_with("0o")
        || text.starts_with('.')
}

/// A text for a comment: on one line, without control characters.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
