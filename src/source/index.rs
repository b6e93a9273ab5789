//! The places of one file: every key and value in the order of the text, so that the children of a
//! value follow it, and a path is found by stepping from sibling to sibling.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::path::{Path, Segment};
use super::{FileId, Span};

/// Below a value with more children than this, they are looked up in a table made when first needed:
/// ten thousand look-ups among ten thousand siblings must not be quadratic.
const MANY: usize = 32;

/// A piece of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Piece {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Piece {
    /// Texts are limited to far less than what 32 bits count; what is longer is cut there.
    pub(super) fn new(start: usize, end: usize) -> Self {
        let cut = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            start: cut(start),
            end: cut(end.max(start)),
        }
    }

    pub(super) fn into_span(self, file: FileId) -> Span {
        Span {
            file,
            start: self.start as usize,
            end: self.end as usize,
        }
    }

    fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }
}

/// A value, and the key that leads to it.
#[derive(Debug)]
struct Place {
    key: Option<Piece>,
    /// Of a key without case, or the position in a list.
    hash: u32,
    value: Piece,
    /// The first place that is not inside this one.
    next: u32,
    /// Whether it is a map or list in block style, which has no text of its own.
    block: bool,
}

/// The children of a place by their hash, sorted.
type Table = Arc<[(u32, u32)]>;

/// All places of a file.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: Vec<Place>,
    /// The children of places that have many, by hash.
    tables: Mutex<HashMap<usize, Table>>,
}

impl Index {
    /// The deepest place on the way to a path, and how many steps lead there.
    pub(super) fn find(&self, text: &str, path: &Path) -> (usize, usize) {
        let mut place = 0;
        for (depth, segment) in path.segments().iter().enumerate() {
            let found = self.children(text, place, segment);
            // Two keys that differ in case only: the one spelled like the path is meant.
            let exact = match segment {
                Segment::Key(key) => found
                    .iter()
                    .find(|&&child| self.key_text(text, child) == Some(&**key)),
                Segment::Index(_) => None,
            };
            match exact.or(found.first()) {
                Some(&child) => place = child,
                None => return (place, depth),
            }
        }
        (place, path.segments().len())
    }

    /// The `occurrence`th place of a path's last key.
    pub(super) fn occurrence(&self, text: &str, path: &Path, occurrence: usize) -> Option<usize> {
        let last = path.segments().last()?;
        let mut parent = path.clone();
        parent.pop();
        let (place, depth) = self.find(text, &parent);
        if depth < parent.segments().len() {
            return None;
        }
        self.children(text, place, last).get(occurrence).copied()
    }

    /// What to underline for the value of a place. A value over several lines is shown by its key:
    /// half a page underlined helps nobody.
    pub(super) fn value_span(&self, text: &str, place: usize) -> Piece {
        let Some(place) = self.places.get(place) else {
            return Piece::default();
        };
        let value = place.value.text(text);
        let whole = !place.block && !value.is_empty() && !value.contains('\n');
        if whole {
            place.value
        } else {
            place.key.unwrap_or_else(|| first_line(place.value, value))
        }
    }

    /// What to underline for the key of a place; the value where there is none.
    pub(super) fn key_span(&self, text: &str, place: usize) -> Piece {
        self.places
            .get(place)
            .and_then(|place| place.key)
            .unwrap_or_else(|| self.value_span(text, place))
    }

    /// Keys spelled alike within one map: the repeated one and the first.
    pub(super) fn repeated(&self, text: &str, limit: usize) -> Vec<(Piece, Piece)> {
        let mut repeated = Vec::new();
        for parent in 0..self.places.len() {
            let mut seen: HashMap<&str, Piece> = HashMap::new();
            for child in self.siblings(parent) {
                let Some(key) = self.places.get(child).and_then(|place| place.key) else {
                    continue;
                };
                let Some(name) = self.key_text(text, child) else {
                    continue;
                };
                match seen.get(name) {
                    Some(first) => repeated.push((key, *first)),
                    None => drop(seen.insert(name, key)),
                }
                if repeated.len() >= limit {
                    return repeated;
                }
            }
        }
        repeated
    }

    /// The places directly below one.
    fn siblings(&self, parent: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self
            .places
            .get(parent)
            .map_or(0, |place| place.next as usize);
        let step = move |&child: &usize| {
            self.places
                .get(child)
                .map(|place| (place.next as usize).max(child + 1))
                .filter(|&next| next < end)
        };
        std::iter::successors(Some(parent + 1).filter(|&child| child < end), step)
    }

    /// The children that a step leads to, in the order of the text.
    fn children(&self, text: &str, parent: usize, segment: &Segment) -> Vec<usize> {
        let hash = match segment {
            Segment::Key(key) => hash(key),
            Segment::Index(index) => u32::try_from(*index).unwrap_or(u32::MAX),
        };
        let fits = |child: &usize| {
            let Some(place) = self.places.get(*child) else {
                return false;
            };
            place.hash == hash
                && match segment {
                    Segment::Index(_) => place.key.is_none(),
                    Segment::Key(key) => {
                        place.key.is_some()
                            && self
                                .key_text(text, *child)
                                .is_none_or(|it| it.eq_ignore_ascii_case(key))
                    }
                }
        };
        if self.siblings(parent).nth(MANY).is_none() {
            return self.siblings(parent).filter(fits).collect();
        }
        let table = self.table(parent);
        let from = table.partition_point(|&(other, _)| other < hash);
        let found = table
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|&&(other, _)| other == hash);
        found
            .map(|&(_, child)| child as usize)
            .filter(fits)
            .collect()
    }

    fn table(&self, parent: usize) -> Table {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let table = tables.entry(parent).or_insert_with(|| {
            let mut table: Vec<_> = self
                .siblings(parent)
                .filter_map(|child| {
                    Some((self.places.get(child)?.hash, u32::try_from(child).ok()?))
                })
                .collect();
            table.sort_unstable();
            table.into()
        });
        Arc::clone(table)
    }

    /// A key without its quotes; `None` where it has escapes, so that only the hash can tell.
    fn key_text<'t>(&self, text: &'t str, place: usize) -> Option<&'t str> {
        let raw = self.places.get(place)?.key?.text(text);
        let Some(quote @ ('"' | '\'')) = raw.chars().next() else {
            return Some(raw);
        };
        let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(['\\', '\n']) && !inner.contains("''")).then_some(inner)
    }
}

/// The first line of a value that has no key, without the blanks behind it.
fn first_line(value: Piece, text: &str) -> Piece {
    let length = text.lines().next().unwrap_or("").trim_end().len();
    Piece::new(value.start as usize, value.start as usize + length)
}

/// FNV-1a over the letters without case.
fn hash(key: &str) -> u32 {
    key.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    })
}

/// Makes an index out of what a scan meets. It tells keys from values itself: in a map they take turns.
#[derive(Default)]
pub(super) struct Builder {
    places: Vec<Place>,
    open: Vec<Open>,
}

struct Open {
    place: usize,
    map: bool,
    /// The key that waits for its value.
    key: Option<(Piece, u32)>,
    /// How many values there were.
    count: u32,
}

impl Builder {
    /// How many maps and lists are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether a key is due.
    pub(super) fn at_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| open.map && open.key.is_none())
    }

    /// A single value, or a key.
    pub(super) fn scalar(&mut self, piece: Piece, text: &str) {
        if let Some(open) = self.open.last_mut()
            && open.map
            && open.key.is_none()
        {
            open.key = Some((piece, hash(text)));
            return;
        }
        self.place(piece, false);
        self.seal();
    }

    /// A map or a list begins.
    pub(super) fn open(&mut self, map: bool, at: usize, block: bool) {
        let piece = Piece::new(at, at);
        if let Some(open) = self.open.last_mut()
            && open.map
            && open.key.is_none()
        {
            // A map as a key: nothing can be found below it, but its value is in turn.
            open.key = Some((piece, 0));
            self.places.push(Place {
                key: None,
                hash: u32::MAX,
                value: piece,
                next: 0,
                block,
            });
        } else {
            self.place(piece, block);
        }
        self.open.push(Open {
            place: self.places.len() - 1,
            map,
            key: None,
            count: 0,
        });
    }

    /// The map or list that was opened last ends.
    pub(super) fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        if let Some(place) = self.places.get_mut(open.place) {
            place.value = Piece::new(place.value.start as usize, end);
            place.next = next;
        }
    }

    /// The index of what there was; what is still open ends with the text.
    pub(super) fn finish(mut self, end: usize) -> Index {
        while !self.open.is_empty() {
            self.close(end);
        }
        Index {
            places: self.places,
            tables: Mutex::default(),
        }
    }

    fn place(&mut self, value: Piece, block: bool) {
        let (key, hash) = match self.open.last_mut() {
            Some(open) if open.map => open
                .key
                .take()
                .map_or((None, u32::MAX), |(key, hash)| (Some(key), hash)),
            Some(open) => {
                open.count += 1;
                (None, open.count - 1)
            }
            None => (None, 0),
        };
        self.places.push(Place {
            key,
            hash,
            value,
            next: 0,
            block,
        });
    }

    /// The last place has nothing inside.
    fn seal(&mut self) {
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        if let Some(place) = self.places.last_mut() {
            place.next = next;
        }
    }
}
