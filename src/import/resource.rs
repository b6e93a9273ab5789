//! What every reader yields: resources as Azure's REST API would show them, and what was left.

use serde_json::{Map, Value};

/// A resource as Azure's REST API would show it, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The whole object: `id`, `type`, `name`, `location`, `zones`, `sku`, `tags`, `properties`, …;
    /// ids in full, children of other resources as resources of their own or inline, as found.
    pub body: Map<String, Value>,
    /// Where it came from: the file as the user named it, and a JSON pointer (ARM, az) or address
    /// (Terraform) in it.
    pub origin: Origin,
    /// JSON pointers into `body` of values that were predicted or invented (runtime addresses,
    /// unset parameters).
    pub predicted: Vec<String>,
}

/// A place in what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file as the user named it.
    pub file: String,
    /// A JSON pointer (ARM, az) or an address (Terraform) in it.
    pub place: String,
}

/// Something that could not be carried over, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where it stands.
    pub origin: Origin,
    /// What it is, in the user's own words.
    pub what: String,
    /// Why it could not be carried over.
    pub reason: String,
}

/// What a format yields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// The resources, in the order in which they were found.
    pub resources: Vec<Resource>,
    /// What could not be carried over.
    pub left: Vec<Left>,
}
