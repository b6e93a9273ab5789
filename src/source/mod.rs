//! A file's text, and where in it a path stands.

mod path;

/// A file of a document, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

pub use path::{Path, Segment};
