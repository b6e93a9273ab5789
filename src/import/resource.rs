//! What every format is brought to: resources as Azure's REST API would show them.

use serde_json::{Map, Value};

/// A resource as Azure's REST API would show it, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The whole object: `id`, `type`, `name`, `location`, `zones`, `sku`, `tags`, `properties`, …; ids in full,
    /// children of other resources as resources of their own or inline, as found.
    pub body: Map<String, Value>,
    /// Where it came from: the file as the user named it, and a JSON pointer (ARM, az) or address (Terraform) in it.
    pub origin: Origin,
    /// JSON pointers into `body` of values that were predicted or invented (runtime addresses, unset parameters).
    pub predicted: Vec<String>,
}

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file as the user named it.
    pub file: String,
    /// A JSON pointer (ARM, az) or an address (Terraform) in it.
    pub place: String,
}

/// Something that could not be carried over, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Left {
    /// Where it was found.
    pub origin: Origin,
    /// The object, and where it is only a part of it, that part.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// What a format yields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// The resources, in the order of the input.
    pub resources: Vec<Resource>,
    /// What the format itself could not make a resource of.
    pub left: Vec<Left>,
    /// The files of which nothing could be read.
    pub unread: Vec<Unread>,
    /// The files that it links to, and that are part of it.
    pub linked: Vec<String>,
}

impl Read {
    /// Adds what another file yields.
    pub(super) fn add(&mut self, other: Self) {
        self.resources.extend(other.resources);
        self.left.extend(other.left);
        self.unread.extend(other.unread);
        self.linked.extend(other.linked);
    }
}

/// A file of which nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The file as the user named it.
    pub file: String,
    /// The line and the column, from 1, where one is to blame.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.file)
        } else {
            write!(f, "{} {}", self.file, self.place)
        }
    }
}
