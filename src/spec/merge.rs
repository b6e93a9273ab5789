//! Several files made one tree: base files side by side, overlays on top by JSON Merge Patch
//! (RFC 7386).

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::node::Node;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::source::{FileId, Path, Segment, Sources};

/// In maps with more keys than this, keys are looked up in a table.
const MANY: usize = 8;

/// What of a document's meaning merging has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Fields whose value is a map keyed by names of resources, which compare without case.
    pub name_maps: &'static [&'static str],
    /// Fields that are singular and plural of each other: an overlay's plural replaces a singular below
    /// it, and the other way round.
    pub pairs: &'static [(&'static str, &'static str)],
}

impl Shape {
    fn is_name_map(&self, field: &str) -> bool {
        self.name_maps.contains(&field)
    }

    fn counterpart(&self, field: &str) -> Option<&'static str> {
        self.pairs.iter().find_map(|&(one, many)| match field {
            _ if field == one => Some(many),
            _ if field == many => Some(one),
            _ => None,
        })
    }
}

type Map = Vec<(Box<str>, Node)>;

/// Finds names that differ in case only within one map of one file: they are the same name.
pub(super) fn check_names(file: FileId, tree: &Node, shape: &Shape, faults: &mut Vec<Diagnostic>) {
    let mut names = Names {
        file,
        shape,
        trail: Vec::new(),
        faults,
    };
    names.visit(tree, false);
}

/// A step down the tree. A [`Path`] is made of them only for a fault.
enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

struct Names<'t, 'f> {
    file: FileId,
    shape: &'f Shape,
    trail: Vec<Step<'t>>,
    faults: &'f mut Vec<Diagnostic>,
}

impl<'t> Names<'t, '_> {
    /// The tree is no deeper than what can be loaded.
    fn visit(&mut self, node: &'t Node, names: bool) {
        match node {
            Node::Map(entries) => {
                if names {
                    self.check(entries);
                }
                for (key, value) in entries {
                    if matches!(value, Node::Map(_) | Node::List(_)) {
                        self.trail.push(Step::Key(key));
                        self.visit(value, !names && self.shape.is_name_map(key));
                        self.trail.pop();
                    }
                }
            }
            Node::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    if matches!(value, Node::Map(_) | Node::List(_)) {
                        self.trail.push(Step::Index(index));
                        self.visit(value, false);
                        self.trail.pop();
                    }
                }
            }
            Node::Null | Node::Scalar(_) => {}
        }
    }

    fn check(&mut self, entries: &'t Map) {
        let few = entries.len() <= MANY;
        if few
            && !entries.iter().enumerate().any(|(position, (key, _))| {
                entries
                    .iter()
                    .take(position)
                    .any(|(other, _)| other.eq_ignore_ascii_case(key))
            })
        {
            return;
        }
        let mut seen: HashMap<String, (&str, usize)> = HashMap::with_capacity(entries.len());
        for (key, _) in entries {
            match seen.entry(key.to_ascii_lowercase()) {
                Entry::Occupied(mut found) => {
                    let (first, count) = found.get_mut();
                    *count += 1;
                    let place = self.path().key(key);
                    let message = format!(
                        "the names `{first}` and `{key}` differ in case only, which makes them the same"
                    );
                    let again = At::KeyIn(self.file, place.clone(), *count);
                    let first = At::KeyIn(self.file, place, 0);
                    let fault = Diagnostic::new(Code::DuplicateKey, message).label(again, "");
                    self.faults.push(fault.label(first, "first here"));
                }
                Entry::Vacant(entry) => {
                    entry.insert((key, 0));
                }
            }
        }
    }

    fn path(&self) -> Path {
        let mut path = Path::root();
        for step in &self.trail {
            path.push(match *step {
                Step::Key(key) => Segment::Key(key.into()),
                Step::Index(index) => Segment::Index(index),
            });
        }
        path
    }
}

/// Base files as one map. The maps of their sections are put together; whatever else two of them give
/// is a fault.
pub(super) fn base(
    files: Vec<(FileId, Node)>,
    shape: &Shape,
    sources: &Sources,
    faults: &mut Vec<Diagnostic>,
) -> Node {
    let mut merged: Map = Vec::new();
    let mut keys: HashMap<Box<str>, Section> = HashMap::new();
    let several = files.len() > 1;
    let earlier: Vec<FileId> = files.iter().map(|(file, _)| *file).collect();
    for (number, (file, tree)) in files.into_iter().enumerate() {
        let Node::Map(entries) = tree else { continue };
        if !several {
            return Node::Map(entries);
        }
        let earlier = earlier.get(..number).unwrap_or_default();
        for (key, value) in entries {
            let Some(position) = merged.iter().position(|(other, _)| *other == key) else {
                merged.push((key, value));
                continue;
            };
            let Some((_, known)) = merged.get_mut(position) else {
                continue;
            };
            match (known, value) {
                (_, Node::Null) => {}
                (known @ Node::Null, value) => *known = value,
                (Node::Map(known), Node::Map(more)) => {
                    let section = keys
                        .entry(key.clone())
                        .or_insert_with(|| Section::new(known, shape.is_name_map(&key)));
                    for (name, value) in more {
                        if section.add(&name) {
                            known.push((name, value));
                        } else {
                            faults.push(twice(&Path::of(&[&key, &name]), file, earlier, sources));
                        }
                    }
                }
                (Node::Scalar(known), Node::Scalar(value))
                    if &*key == "version" && known.text == value.text => {}
                _ => faults.push(twice(&Path::of(&[&key]), file, earlier, sources)),
            }
        }
    }
    Node::Map(merged)
}

/// The keys of a section so far.
struct Section {
    fold: bool,
    keys: HashSet<String>,
}

impl Section {
    fn new(known: &Map, fold: bool) -> Self {
        let mut section = Self {
            fold,
            keys: HashSet::with_capacity(known.len()),
        };
        for (key, _) in known {
            section.add(key);
        }
        section
    }

    fn add(&mut self, key: &str) -> bool {
        self.keys.insert(if self.fold {
            key.to_ascii_lowercase()
        } else {
            key.to_owned()
        })
    }
}

/// A key that two files give. Which file had it first is looked up only now.
fn twice(path: &Path, file: FileId, earlier: &[FileId], sources: &Sources) -> Diagnostic {
    let key = path.last_key().unwrap_or("");
    let message = format!("the key `{key}` stands in two files");
    let fault =
        Diagnostic::new(Code::DuplicateKey, message).label(At::KeyIn(file, path.clone(), 0), "");
    match earlier.iter().find(|&&other| sources.contains(other, path)) {
        Some(&first) => fault.label(At::KeyIn(first, path.clone(), 0), "first here"),
        None => fault,
    }
}

/// Lays an overlay over a tree.
pub(super) fn overlay(tree: &mut Node, overlay: Node, shape: &Shape) {
    patch(tree, overlay, false, shape);
}

/// RFC 7386, section 2, with names of resources compared without case. The depth is that of the
/// overlay, which is limited.
fn patch(target: &mut Node, patch_: Node, names: bool, shape: &Shape) {
    let Node::Map(changes) = patch_ else {
        *target = patch_;
        return;
    };
    if !matches!(target, Node::Map(_)) {
        *target = Node::Map(Vec::new());
    }
    let Node::Map(entries) = target else { return };
    let mut positions = Positions::new(entries, names, changes.len());
    let mut removed = HashSet::new();
    if !names {
        // First what is replaced by its counterpart, for the overlay may set both anew.
        for (key, _) in &changes {
            if let Some(position) = shape
                .counterpart(key)
                .and_then(|other| positions.find(entries, other))
            {
                removed.insert(position);
            }
        }
    }
    for (key, value) in changes {
        let position = positions.find(entries, &key);
        match (position, value) {
            (Some(position), Node::Null) => {
                removed.insert(position);
            }
            (None, Node::Null) => {}
            (Some(position), value) => {
                let Some((_, known)) = entries.get_mut(position) else {
                    continue;
                };
                if removed.remove(&position) {
                    *known = Node::Null;
                }
                patch(known, value, !names && shape.is_name_map(&key), shape);
            }
            (None, value) => {
                let mut added = Node::Null;
                patch(&mut added, value, !names && shape.is_name_map(&key), shape);
                positions.add(entries.len(), &key);
                entries.push((key, added));
            }
        }
    }
    if !removed.is_empty() {
        let mut position = 0;
        entries.retain(|_| {
            position += 1;
            !removed.contains(&(position - 1))
        });
    }
}

/// Where the keys of a map are.
struct Positions {
    fold: bool,
    table: Option<HashMap<String, usize>>,
}

impl Positions {
    fn new(entries: &Map, fold: bool, wanted: usize) -> Self {
        let mut positions = Self {
            fold,
            table: (wanted > MANY).then(HashMap::new),
        };
        for (position, (key, _)) in entries.iter().enumerate() {
            positions.add(position, key);
        }
        positions
    }

    fn add(&mut self, position: usize, key: &str) {
        let fold = self.fold;
        if let Some(table) = &mut self.table {
            table.insert(
                if fold {
                    key.to_ascii_lowercase()
                } else {
                    key.to_owned()
                },
                position,
            );
        }
    }

    fn find(&self, entries: &Map, key: &str) -> Option<usize> {
        match &self.table {
            Some(table) if self.fold => table.get(&key.to_ascii_lowercase()).copied(),
            Some(table) => table.get(key).copied(),
            None if self.fold => entries
                .iter()
                .position(|(other, _)| other.eq_ignore_ascii_case(key)),
            None => entries.iter().position(|(other, _)| &**other == key),
        }
    }
}
