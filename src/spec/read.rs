//! From files to one tree: what is read, what each file's text is, and every fault of all of them.

mod json;
mod load;
mod words;
mod yaml;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use super::merge::{self, Shape};
use super::node::Node;
use crate::diagnostic::{self, At, Code, Diagnostic};
use crate::source::{FileId, Path, Sources};

/// Maps and lists may be nested so deep. A topology needs about ten levels.
pub const DEEPEST: usize = 64;

/// A file may be so large, in bytes.
pub const LARGEST: u64 = 512 << 20;

/// So many faults of one file are reported: past this a file is something else than a topology.
const MOST_FAULTS: usize = 10_000;

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or a folder: all `*.yaml` and `*.yml` directly in it, by name.
    Path(PathBuf),
    /// A text that is at hand already (standard input).
    Text {
        /// What to call it.
        name: String,
        /// The text.
        text: String,
    },
}

/// A document: all its files in one tree.
#[derive(Debug)]
pub struct Document {
    /// What they say together: always a map.
    pub tree: Node,
    /// The files.
    pub sources: Sources,
}

/// What turns files of other formats into a part of a topology.
pub trait Foreign {
    /// Whether a text is one of those; all that are make one part together.
    fn take(&mut self, file: FileId, name: &str, text: &str) -> bool;

    /// The part that those taken make, and for each file which paths of it came from where in it.
    fn part(&mut self) -> Part;
}

/// What files of other formats make.
#[derive(Debug)]
pub struct Part {
    /// A part of a topology: a map of sections.
    pub tree: Node,
    /// What came from where.
    pub origins: HashMap<FileId, Vec<(Path, String)>>,
}

/// The texts of files, with what is wrong with reading them.
#[must_use]
pub fn texts(inputs: &[Input]) -> (Sources, Vec<FileId>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let mut faults = Vec::new();
    let files = load::load(inputs, &mut sources, &mut faults);
    (sources, files, faults)
}

/// Reads base files and merges them, then lays overlays over them, each over what is below it.
///
/// All faults of all files are found in one run, and come sorted. A faulty file contributes nothing.
#[must_use]
pub fn read(inputs: &[Input], overlays: &[Input], shape: &Shape) -> (Document, Vec<Diagnostic>) {
    read_with(inputs, overlays, shape, None)
}

/// The same, with files of other formats among the base files.
pub fn read_with(
    inputs: &[Input],
    overlays: &[Input],
    shape: &Shape,
    mut foreign: Option<&mut dyn Foreign>,
) -> (Document, Vec<Diagnostic>) {
    let (mut sources, mut base, mut faults) = texts(inputs);
    let over = load::load(overlays, &mut sources, &mut faults);
    let mut others = Vec::new();
    base.retain(|&file| {
        let (name, text) = (sources.name(file), sources.text(file));
        let taken = foreign
            .as_mut()
            .is_some_and(|foreign| foreign.take(file, name, text));
        others.extend(taken.then_some(file));
        !taken
    });
    let mut base = parse_all(&base, &mut sources, shape, &mut faults);
    if let (Some(&first), Some(foreign)) = (others.first(), foreign) {
        let mut part = foreign.part();
        for file in others {
            sources.set_origins(file, part.origins.remove(&file).unwrap_or_default());
        }
        merge::check_names(first, &part.tree, shape, &mut faults);
        base.insert(0, (first, part.tree));
    }
    let over = parse_all(&over, &mut sources, shape, &mut faults);
    let mut tree = merge::base(base, shape, &sources, &mut faults);
    for (_, overlay) in over {
        merge::overlay(&mut tree, overlay, shape);
    }
    diagnostic::sort(&mut faults, &sources);
    (Document { tree, sources }, faults)
}

fn parse_all(
    files: &[FileId],
    sources: &mut Sources,
    shape: &Shape,
    faults: &mut Vec<Diagnostic>,
) -> Vec<(FileId, Node)> {
    let mut trees = Vec::with_capacity(files.len());
    for &file in files {
        let known = faults.len();
        let tree = parse(file, sources, faults);
        if let Some(tree) = &tree {
            merge::check_names(file, tree, shape, faults);
        }
        match tree {
            Some(tree) if faults.len() == known => trees.push((file, tree)),
            _ => sources.exclude(file),
        }
    }
    trees
}

/// One file's text as a tree; `None` if it could not be read to its end.
fn parse(file: FileId, sources: &Sources, faults: &mut Vec<Diagnostic>) -> Option<Node> {
    let tree = parse_text(file, sources, faults)?;
    match tree {
        Node::Map(_) => Some(tree),
        Node::Null => Some(Node::Map(Vec::new())),
        Node::Scalar(_) | Node::List(_) => {
            let text = sources.text(file);
            let start = text.len() - text.trim_start().len();
            let message = format!("the document is {}, but must be a map", tree.kind());
            let fault =
                Diagnostic::new(Code::WrongType, message).label(word_at(text, file, start), "");
            faults.push(
                fault.help("a topology has its sections at the top, such as `virtualNetworks:`"),
            );
            None
        }
    }
}

/// JSON is YAML, but its own parser is many times as fast, and takes all of it. What only looks like JSON
/// (a YAML flow map, JSON with a comma too many) is YAML.
fn parse_text(file: FileId, sources: &Sources, faults: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = sources.text(file);
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return yaml::parse(file, sources, faults);
    }
    let fault = match json::parse(file, sources) {
        Ok(tree) => return Some(tree),
        Err(found) => found,
    };
    let named_so = sources.name(file).to_ascii_lowercase().ends_with(".json");
    let quoted_key = trimmed
        .get(1..)
        .is_some_and(|rest| rest.trim_start().starts_with('"'));
    let meant = named_so || quoted_key;
    // In a large file the second try costs seconds, and JSON it is in all likelihood.
    let is_syntax = fault.iter().all(|it| it.code == Code::Syntax);
    if !is_syntax || named_so || (quoted_key && text.len() > 1 << 20) {
        faults.extend(fault);
        return None;
    }
    let mut other = Vec::new();
    let tree = yaml::parse(file, sources, &mut other);
    let neither = other.iter().any(|it| it.code == Code::Syntax);
    faults.extend(if neither && meant { fault } else { other });
    tree
}

/// The word at a byte: from it to the next blank, and one character at least. Behind the end of the text
/// it is the last thing that stands there.
fn word_at(text: &str, file: FileId, at: usize) -> At {
    let mut start = crate::source::floor_char(text, at);
    if text
        .get(start..)
        .is_none_or(|rest| rest.trim_start().is_empty())
    {
        let kept = text.trim_end();
        start = kept.char_indices().next_back().map_or(0, |(last, _)| last);
    }
    let rest = text.get(start..).unwrap_or("");
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let ends =
        |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}' | ':' | '"' | '\'');
    let word = rest.find(ends).unwrap_or(rest.len());
    At::Bytes(file, start, start + word.max(first))
}

fn too_deep(at: At) -> Diagnostic {
    let message = format!("maps and lists are nested deeper than {DEEPEST} levels");
    Diagnostic::new(Code::TooDeep, message).label(at, "")
}

/// A key that stands twice.
fn duplicate(key: &str, again: At, first: At) -> Diagnostic {
    let message = format!("the key `{key}` stands twice in one map");
    Diagnostic::new(Code::DuplicateKey, message)
        .label(again, "")
        .label(first, "first here")
}

/// Which of some keys repeat which earlier one, by position.
fn repeats<'k>(count: usize, keys: impl Iterator<Item = &'k str> + Clone) -> Vec<(usize, usize)> {
    // Most maps are small, and comparing all their keys costs less than one table.
    if count <= 12 {
        let mut repeated = Vec::new();
        for (position, key) in keys.clone().enumerate() {
            if let Some(first) = keys.clone().take(position).position(|other| other == key) {
                repeated.push((position, first));
            }
        }
        return repeated;
    }
    let mut seen = HashMap::with_capacity(count);
    let first = |(position, key)| match seen.entry(key) {
        Entry::Occupied(first) => Some((position, *first.get())),
        Entry::Vacant(entry) => {
            entry.insert(position);
            None
        }
    };
    keys.enumerate().filter_map(first).collect()
}
