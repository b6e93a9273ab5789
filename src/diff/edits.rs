//! What is different in two topologies as they are written: the objects that one has and the other has not,
//! and those that differ themselves. Objects are what a map of names holds: resources, their children, rules.

use std::fmt;

use rayon::prelude::*;

use crate::source::{Path, Segment};
use crate::spec::SHAPE;
use crate::spec::node::Node;

/// Keys of objects that no flow depends on.
const SILENT_KEYS: &[&str] = &["description", "tags"];

/// Sections that no flow depends on.
const SILENT: &[&str] = &[
    "version",
    "name",
    "description",
    "checks",
    "nextHops",
    "ipFlows",
    "securityDiagnostics",
    "effectiveRoutes",
    "effectiveRules",
    "intents",
    "findings",
    "invalid",
];

/// Maps of names whose entries are no objects of their own: a machine with its NICs is one.
const PARTS: &[&str] = &["networkInterfaces", "ipConfigurations"];

/// From so many entries on, several threads compare them faster than one.
const MANY: usize = 64;

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EditKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// What it holds is the same in another order.
    Reordered,
    /// It was put out of order by `--down`; it stands in no file.
    Down,
}

impl EditKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Reordered => "reordered",
            Self::Down => "down",
        }
    }
}

/// One object that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// How.
    pub kind: EditKind,
    /// Where it stands. What is out of order is named by a path of one step.
    pub path: Path,
    /// The keys of it that say something else, where it is one that was changed.
    pub parts: Vec<Path>,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.kind.word())
    }
}

type Entries = [(Box<str>, Node)];

/// What is to be done to the one tree to make it the other, object by object.
#[must_use]
pub fn edits(before: &Node, after: &Node) -> Vec<Edit> {
    let mut found = Vec::new();
    let root = Path::root();
    for (key, _) in entries(after).iter().chain(entries(before)) {
        let path = root.key(key);
        let known = |edit: &Edit| edit.path.segments().first() == path.segments().first();
        if SILENT.contains(&&**key) || found.iter().any(known) {
            continue;
        }
        let (was, is) = (get(before, key, false), get(after, key, false));
        if SHAPE.name_maps.contains(&&**key) {
            names(&path, entries_of(was), entries_of(is), &mut found);
        } else if was != is {
            let mut parts = Vec::new();
            value_of(&path, key, was, is, &mut parts, &mut found);
            let at = found.len();
            push(&mut found, at, EditKind::Changed, path, parts);
        }
    }
    found
}

fn push(found: &mut Vec<Edit>, at: usize, kind: EditKind, path: Path, parts: Vec<Path>) {
    if kind != EditKind::Changed || !parts.is_empty() {
        let at = at.min(found.len());
        found.insert(at, Edit { kind, path, parts });
    }
}

fn entries(node: &Node) -> &Entries {
    match node {
        Node::Map(entries) => entries,
        _ => &[],
    }
}

fn entries_of(node: Option<&Node>) -> &Entries {
    node.map_or(&[], entries)
}

/// What a map says of a key; null is nothing.
fn get<'n>(node: &'n Node, key: &str, fold: bool) -> Option<&'n Node> {
    find(entries(node), key, fold)
}

fn find<'n>(entries: &'n Entries, key: &str, fold: bool) -> Option<&'n Node> {
    let mut entries = entries.iter();
    let found = entries.find(|(own, _)| same(own, key, fold));
    found
        .map(|(_, value)| value)
        .filter(|value| **value != Node::Null)
}

fn same(a: &str, b: &str, fold: bool) -> bool {
    if fold {
        a.eq_ignore_ascii_case(b)
    } else {
        a == b
    }
}

/// The entries of a map of names.
fn names(path: &Path, before: &Entries, after: &Entries, found: &mut Vec<Edit>) {
    if let Some(differing) = in_step(before, after) {
        for ((key, old), (_, new)) in differing {
            changed(path.key(key), old, new, found);
        }
        return;
    }
    let was = Names::of(before);
    let is = Names::of(after);
    for (key, value) in after.iter().filter(|(_, value)| *value != Node::Null) {
        let place = path.key(key);
        match was.get(key) {
            None => push(found, found.len(), EditKind::Added, place, Vec::new()),
            Some(old) if old == value => {}
            Some(old) => changed(place, old, value, found),
        }
    }
    for (key, value) in before.iter().filter(|(_, value)| *value != Node::Null) {
        if is.get(key).is_none() && *value != Node::Null {
            push(
                found,
                found.len(),
                EditKind::Removed,
                path.key(key),
                Vec::new(),
            );
        }
    }
    let common = |entries: &Entries, other: &Names<'_>| -> Vec<String> {
        let own = entries.iter().filter(|(key, _)| other.get(key).is_some());
        own.map(|(key, _)| key.to_ascii_lowercase()).collect()
    };
    if common(before, &is) != common(after, &was) {
        push(
            found,
            found.len(),
            EditKind::Reordered,
            path.clone(),
            Vec::new(),
        );
    }
}

/// An entry that says something else.
fn changed(place: Path, old: &Node, new: &Node, found: &mut Vec<Edit>) {
    let at = found.len();
    let mut parts = Vec::new();
    if let (Node::Map(old), Node::Map(new)) = (old, new) {
        fields(&place, old, new, &mut parts, found);
    } else {
        parts.push(place.clone());
    }
    push(found, at, EditKind::Changed, place, parts);
}

/// An entry on both sides.
type Twice<'n> = (&'n (Box<str>, Node), &'n (Box<str>, Node));

/// The entries that say something else, where both sides have the same names in the same order, as they mostly do.
fn in_step<'n>(before: &'n Entries, after: &'n Entries) -> Option<Vec<Twice<'n>>> {
    let mut both = before.iter().zip(after);
    let same = before.len() == after.len()
        && both.all(|((a, old), (b, new))| a == b && (*old == Node::Null) == (*new == Node::Null));
    let differs = |(old, new): &Twice<'n>| old.1 != new.1;
    same.then(|| match before.len() >= MANY {
        true => before.par_iter().zip(after).filter(differs).collect(),
        false => before.iter().zip(after).filter(differs).collect(),
    })
}

/// The entries of a map of names, by their names without case.
struct Names<'n>(std::collections::HashMap<String, &'n Node>);

impl<'n> Names<'n> {
    fn of(entries: &'n Entries) -> Self {
        let named = entries.iter().filter(|(_, value)| *value != Node::Null);
        Self(
            named
                .map(|(key, value)| (key.to_ascii_lowercase(), value))
                .collect(),
        )
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        self.0.get(&key.to_ascii_lowercase()).copied()
    }
}

/// The fields of an object.
fn fields(
    path: &Path,
    before: &Entries,
    after: &Entries,
    parts: &mut Vec<Path>,
    found: &mut Vec<Edit>,
) {
    for (key, _) in after {
        let (was, is) = (find(before, key, false), find(after, key, false));
        if was != is {
            value_of(&path.key(key), key, was, is, parts, found);
        }
    }
    for (key, _) in before {
        let (was, is) = (find(before, key, false), find(after, key, false));
        if !after.iter().any(|(own, _)| own == key) && was != is {
            value_of(&path.key(key), key, was, is, parts, found);
        }
    }
}

fn value_of(
    path: &Path,
    key: &str,
    was: Option<&Node>,
    is: Option<&Node>,
    parts: &mut Vec<Path>,
    found: &mut Vec<Edit>,
) {
    if SILENT_KEYS.contains(&key) {
        return;
    }
    let maps = |node: Option<&Node>| node.is_none_or(|node| matches!(node, Node::Map(_)));
    match (was, is) {
        _ if SHAPE.name_maps.contains(&key) && !PARTS.contains(&key) && maps(was) && maps(is) => {
            names(path, entries_of(was), entries_of(is), found);
        }
        (Some(Node::Map(old)), Some(Node::Map(new))) => fields(path, old, new, parts, found),
        _ => parts.push(path.clone()),
    }
}

/// `before` with some of the edits made that lead from it to `after`.
#[must_use]
pub fn laid(before: &Node, after: &Node, edits: &[Edit], chosen: &[usize]) -> Node {
    let mut tree = before.clone();
    let chosen: Vec<&Edit> = chosen.iter().filter_map(|at| edits.get(*at)).collect();
    for edit in &chosen {
        match edit.kind {
            EditKind::Added => put(&mut tree, after, &edit.path),
            EditKind::Removed => put(&mut tree, after, &edit.path),
            EditKind::Changed => {
                for part in &edit.parts {
                    put(&mut tree, after, part);
                }
            }
            EditKind::Reordered | EditKind::Down => {}
        }
    }
    // Where something stands among others is settled once all are there.
    for edit in chosen {
        if edit.kind == EditKind::Reordered {
            reorder(&mut tree, after, &edit.path);
        }
    }
    tree
}

fn keys(path: &Path) -> Vec<&str> {
    let keys = path.segments().iter().filter_map(|segment| match segment {
        Segment::Key(key) => Some(&**key),
        Segment::Index(_) => None,
    });
    keys.collect()
}

fn at<'n>(node: &'n Node, keys: &[&str]) -> Option<&'n Node> {
    keys.iter().try_fold(node, |node, key| get(node, key, true))
}

/// Makes a place of the tree what it is in `after`: what is there, or nothing.
fn put(tree: &mut Node, after: &Node, path: &Path) {
    let keys = keys(path);
    let Some((last, parents)) = keys.split_last() else {
        return;
    };
    let wanted = at(after, &keys);
    let siblings = at(after, parents);
    let mut node = tree;
    for key in parents {
        let Node::Map(entries) = node else { return };
        let position = match position(entries, key) {
            Some(position) => position,
            None if wanted.is_none() => return,
            None => {
                entries.push(((*key).into(), Node::Map(Vec::new())));
                entries.len() - 1
            }
        };
        let Some((_, value)) = entries.get_mut(position) else {
            return;
        };
        if *value == Node::Null && wanted.is_some() {
            *value = Node::Map(Vec::new());
        }
        node = value;
    }
    let Node::Map(entries) = node else { return };
    match (position(entries, last), wanted) {
        (Some(position), Some(wanted)) => {
            if let Some((_, value)) = entries.get_mut(position) {
                *value = wanted.clone();
            }
        }
        (Some(position), None) => {
            entries.remove(position);
        }
        (None, Some(wanted)) => {
            let position = behind(entries, entries_of(siblings), last);
            entries.insert(position, ((*last).into(), wanted.clone()));
        }
        (None, None) => {}
    }
}

fn position(entries: &Entries, key: &str) -> Option<usize> {
    let exact = entries.iter().position(|(own, _)| **own == *key);
    exact.or_else(|| entries.iter().position(|(own, _)| same(own, key, true)))
}

/// Where a new key goes among `entries`: behind the nearest one that stands before it among its siblings.
fn behind(entries: &Entries, siblings: &Entries, key: &str) -> usize {
    let before = siblings.iter().take_while(|(own, _)| !same(own, key, true));
    let before: Vec<&str> = before.map(|(own, _)| &**own).collect();
    let mut nearest = before.iter().rev();
    nearest
        .find_map(|own| position(entries, own))
        .map_or(0, |found| found + 1)
}

/// Puts the entries of a map into the order that they have in `after`.
fn reorder(tree: &mut Node, after: &Node, path: &Path) {
    let keys = keys(path);
    let order = entries_of(at(after, &keys));
    let mut node = tree;
    for key in &keys {
        let Node::Map(entries) = node else { return };
        let Some((_, value)) = position(entries, key).and_then(|at| entries.get_mut(at)) else {
            return;
        };
        node = value;
    }
    if let Node::Map(entries) = node {
        let rank = |key: &str| position(order, key).unwrap_or(order.len());
        entries.sort_by_cached_key(|(key, _)| rank(key));
    }
}

#[cfg(test)]
#[path = "edits_tests.rs"]
mod tests;
