//! The files of a document, and where in them a path stands.
//!
//! Nothing here is computed before something has to be pointed at: the tree that a file is loaded
//! into carries no places, so that loading stays fast, and a second scan of the text finds them.

mod chars;
mod index;
mod json;
mod origins;
mod path;
mod yaml;

use std::sync::OnceLock;

use chars::Chars;
use index::{Index, Piece};
use origins::Origins;
pub use path::{Path, Segment};

/// A file of a document, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A file as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name as the user gave it.
    pub name: String,
    /// Its text, without a byte order mark.
    pub text: String,
}

/// A piece of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// All files of a document in the order of their layers: base files, then overlays.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    file: SourceFile,
    excluded: bool,
    lines: OnceLock<Vec<usize>>,
    chars: OnceLock<Chars>,
    index: OnceLock<Index>,
    /// Where paths came from, of a file that is no topology itself.
    origins: Option<Origins>,
}

impl Sources {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file on top of those there are.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Entry {
            file: SourceFile {
                name: name.into(),
                text: text.into(),
            },
            excluded: false,
            lines: OnceLock::new(),
            chars: OnceLock::new(),
            index: OnceLock::new(),
            origins: None,
        });
        id
    }

    /// Says that a file gave nothing to the document (it is faulty), so that no path is looked up in it.
    pub fn exclude(&mut self, file: FileId) {
        if let Some(entry) = self.files.get_mut(file.0 as usize) {
            entry.excluded = true;
        }
    }

    /// Says that a file is of another format than a topology, and which paths came from which places in it: JSON
    /// pointers, or the addresses of Terraform's resources. What is below a path came from there, too.
    pub fn set_origins(&mut self, file: FileId, origins: Vec<(Path, String)>) {
        if let Some(entry) = self.files.get_mut(file.0 as usize) {
            entry.origins = Some(Origins::new(origins));
        }
    }

    /// Whether a file is of another format than a topology: what stands beside a place in it is not for showing.
    #[must_use]
    pub fn is_foreign(&self, file: FileId) -> bool {
        self.entry(file)
            .is_some_and(|entry| entry.origins.is_some())
    }

    /// The number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files in the order of their layers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..)
            .map(FileId)
            .zip(self.files.iter().map(|entry| &entry.file))
    }

    /// A file.
    #[must_use]
    pub fn file(&self, file: FileId) -> Option<&SourceFile> {
        self.entry(file).map(|entry| &entry.file)
    }

    /// The name of a file as the user gave it.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.name)
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.text)
    }

    /// The text of a piece; empty where the span does not fit the file.
    #[must_use]
    pub fn slice(&self, span: &Span) -> &str {
        self.text(span.file).get(span.start..span.end).unwrap_or("")
    }

    /// The line and the column (both from 1, the column in characters) where a span starts.
    #[must_use]
    pub fn line_column(&self, span: &Span) -> (usize, usize) {
        let Some(entry) = self.entry(span.file) else {
            return (1, 1);
        };
        let start = floor_char(&entry.file.text, span.start);
        let (line, line_start) = self.line_at(span.file, start);
        let chars = entry.chars();
        let text = &entry.file.text;
        (
            line,
            chars.char_of(text, start) - chars.char_of(text, line_start) + 1,
        )
    }

    /// The line (from 1) that holds a byte, and the byte it starts at.
    #[must_use]
    pub fn line_at(&self, file: FileId, byte: usize) -> (usize, usize) {
        let Some(entry) = self.entry(file) else {
            return (1, 0);
        };
        let lines = entry.lines();
        let line = lines.partition_point(|&start| start <= byte).max(1);
        (line, lines.get(line - 1).copied().unwrap_or(0))
    }

    /// The bytes of a line (from 1), without its line break.
    #[must_use]
    pub fn line_range(&self, file: FileId, line: usize) -> (usize, usize) {
        let Some(entry) = self.entry(file) else {
            return (0, 0);
        };
        let (lines, text) = (entry.lines(), &entry.file.text);
        let start = line
            .checked_sub(1)
            .and_then(|i| lines.get(i))
            .copied()
            .unwrap_or(text.len());
        let end = lines.get(line).copied().unwrap_or(text.len());
        let kept = text
            .get(start..end)
            .unwrap_or("")
            .trim_end_matches(['\n', '\r'])
            .len();
        (start, start + kept)
    }

    /// The byte of the `index`th character of a file.
    #[must_use]
    pub fn byte_of_char(&self, file: FileId, index: usize) -> usize {
        self.entry(file)
            .map_or(0, |entry| entry.chars().byte_of(&entry.file.text, index))
    }

    /// Where the value at a path stands, in the last file that has it; else the nearest ancestor that
    /// is found (a value may have come through an alias or a merge key, or be a default). `None` only
    /// if no file counts.
    #[must_use]
    pub fn value(&self, path: &Path) -> Option<Span> {
        self.search(path).map(|(file, entry, place)| {
            let piece = match place {
                Found::Place(place) => entry.index().value_span(&entry.file.text, place),
                Found::Piece(piece) => piece,
            };
            piece.into_span(file)
        })
    }

    /// Where the last key of a path stands, in the last file that has it; else as [`Self::value`].
    #[must_use]
    pub fn key(&self, path: &Path) -> Option<Span> {
        self.search(path).map(|(file, entry, place)| {
            let piece = match place {
                Found::Place(place) => entry.index().key_span(&entry.file.text, place),
                Found::Piece(piece) => piece,
            };
            piece.into_span(file)
        })
    }

    /// Where the last key of a path stands in one file, the `occurrence`th time (from 0). Keys that
    /// differ in case only are the same key here.
    #[must_use]
    pub fn key_in(&self, file: FileId, path: &Path, occurrence: usize) -> Option<Span> {
        let entry = self.entry(file)?;
        if let Some((Found::Piece(piece), _)) = entry.origins.is_some().then(|| entry.found(path)) {
            return Some(piece.into_span(file));
        }
        let (index, text) = (entry.index(), &entry.file.text);
        if let Some(place) = index.occurrence(text, path, occurrence) {
            return Some(index.key_span(text, place).into_span(file));
        }
        let (place, _) = index.find(text, path);
        Some(index.key_span(text, place).into_span(file))
    }

    /// Whether a file has a value at a path.
    #[must_use]
    pub fn contains(&self, file: FileId, path: &Path) -> bool {
        self.entry(file).is_some_and(|entry| match &entry.origins {
            Some(origins) => origins.nearest(path).is_some(),
            None => entry.index().find(&entry.file.text, path).1 == path.segments().len(),
        })
    }

    /// The keys that stand more than once in one map of a file, spelled alike: the span of the
    /// repeated one and that of the first.
    #[must_use]
    pub fn repeated_keys(&self, file: FileId, limit: usize) -> Vec<(Span, Span)> {
        let Some(entry) = self.entry(file) else {
            return Vec::new();
        };
        let repeated = entry.index().repeated(&entry.file.text, limit);
        repeated
            .into_iter()
            .map(|(again, first)| (again.into_span(file), first.into_span(file)))
            .collect()
    }

    fn entry(&self, file: FileId) -> Option<&Entry> {
        self.files.get(file.0 as usize)
    }

    /// The file and the place nearest to a path: the deepest; of equally deep ones the latest, except
    /// that the document as a whole is its first file.
    fn search(&self, path: &Path) -> Option<(FileId, &Entry, Found)> {
        let mut best: Option<(usize, FileId, &Entry, Found)> = None;
        for (number, entry) in self.files.iter().enumerate().rev() {
            let Ok(id) = u32::try_from(number).map(FileId) else {
                continue;
            };
            if entry.excluded {
                continue;
            }
            let (place, depth) = entry.found(path);
            if best
                .as_ref()
                .is_none_or(|(found, ..)| depth > *found || (depth == 0 && *found == 0))
            {
                best = Some((depth, id, entry, place));
            }
            if depth == path.segments().len() && depth > 0 {
                break;
            }
        }
        best.map(|(_, id, entry, place)| (id, entry, place))
    }
}

/// Where a path stands in a file.
#[derive(Debug, Clone, Copy)]
enum Found {
    /// A place of a topology.
    Place(usize),
    /// A piece of another format's text.
    Piece(Piece),
}

impl Entry {
    /// What is nearest to a path, and how many of its steps lead there.
    fn found(&self, path: &Path) -> (Found, usize) {
        let Some(origins) = &self.origins else {
            let (place, depth) = self.find(path);
            return (Found::Place(place), depth);
        };
        let (depth, place) = origins.nearest(path).unwrap_or_default();
        let piece = origins::piece(place, &self.file.text, || self.index());
        (Found::Piece(piece), depth)
    }

    /// The place nearest to a path, and how many of its steps lead there. Where a key is not found, its
    /// singular or plural is looked for: what was decoded no longer tells which of the two was written.
    fn find(&self, path: &Path) -> (usize, usize) {
        let (index, text) = (self.index(), &self.file.text);
        let found = index.find(text, path);
        let Some(Segment::Key(key)) = path.segments().get(found.1) else {
            return found;
        };
        let shorter = ["es", "s"]
            .into_iter()
            .filter_map(|end| key.strip_suffix(end))
            .map(str::to_owned);
        let longer = ["es", "s"].into_iter().map(|end| format!("{key}{end}"));
        let others = shorter
            .chain(longer)
            .map(|other| index.find(text, &path.respelled(found.1, &other)));
        others
            .chain([found])
            .max_by_key(|(_, depth)| *depth)
            .unwrap_or(found)
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = self
                .file
                .text
                .bytes()
                .enumerate()
                .filter(|&(_, byte)| byte == b'\n');
            std::iter::once(0)
                .chain(breaks.map(|(at, _)| at + 1))
                .collect()
        })
    }

    fn chars(&self) -> &Chars {
        self.chars.get_or_init(|| Chars::new(&self.file.text))
    }

    fn index(&self) -> &Index {
        // JSON has its own scan: YAML parsers refuse some of it (surrogate pairs, tabs) and hold all of
        // a flow collection in memory.
        self.index.get_or_init(|| {
            let text = &self.file.text;
            json::scan(text).unwrap_or_else(|| yaml::scan(text, self.chars()))
        })
    }
}

/// The greatest character boundary that is not behind `at`.
pub(crate) fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
