//! Where the paths of a topology came from in a file of another format.

use std::collections::HashMap;

use super::index::{Index, Piece};
use super::path::{Path, Segment};

/// The places of paths, by the path in lower case.
#[derive(Debug)]
pub(super) struct Origins(HashMap<Path, String>);

impl Origins {
    /// Of paths and places: JSON pointers, or addresses of Terraform's.
    pub(super) fn new(origins: Vec<(Path, String)>) -> Self {
        let folded = origins
            .into_iter()
            .map(|(path, place)| (fold(&path), place));
        Self(folded.collect())
    }

    /// The longest of the paths that lead to a path: how many steps it has, and its place.
    pub(super) fn nearest(&self, path: &Path) -> Option<(usize, &str)> {
        let mut path = fold(path);
        loop {
            if let Some(place) = self.0.get(&path) {
                return Some((path.segments().len(), place));
            }
            if path.segments().is_empty() {
                return None;
            }
            path.pop();
        }
    }
}

fn fold(path: &Path) -> Path {
    let mut folded = Path::root();
    for segment in path.segments() {
        folded.push(match segment {
            Segment::Key(key) => Segment::Key(key.to_ascii_lowercase().into()),
            Segment::Index(index) => Segment::Index(*index),
        });
    }
    folded
}

/// What to underline for a place: the name of the object there, where it has one.
pub(super) fn piece<'i>(place: &str, text: &str, index: impl FnOnce() -> &'i Index) -> Piece {
    if !place.is_empty() && !place.starts_with('/') {
        return address(place, text).unwrap_or_default();
    }
    let index = index();
    let mut path = Path::root();
    for step in place.split('/').skip(1) {
        path.push(match step.parse() {
            Ok(number) => Segment::Index(number),
            Err(_) => Segment::Key(step.replace("~1", "/").replace("~0", "~").into()),
        });
    }
    let named = path.key("name");
    let (found, depth) = index.find(text, &named);
    if depth == named.segments().len() {
        return index.value_span(text, found);
    }
    let start = index.value_span(text, found);
    // An object without a name: only where it starts.
    Piece::new(
        start.start as usize,
        (start.start as usize + 1).min(text.len()),
    )
}

/// The address of a resource where it stands in a plan or state.
fn address(place: &str, text: &str) -> Option<Piece> {
    let quoted = serde_json::to_string(place).ok()?;
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find(&quoted) {
        let start = from + found;
        let before = text.get(..start)?.trim_end();
        if before.ends_with(':')
            && before
                .trim_end_matches(':')
                .trim_end()
                .ends_with("\"address\"")
        {
            return Some(Piece::new(start, start + quoted.len()));
        }
        from = start + quoted.len();
    }
    None
}
