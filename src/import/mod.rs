//! From what people already have to a topology: resolved resources (`az`, Resource Graph, REST, `bicep
//! snapshot`), Terraform plans and states, ARM templates.
//!
//! Every format is brought to one list of resources as Azure's REST API shows them; one converter makes a
//! topology's tree of that list, and one writer makes YAML of the tree. Only what the converter names is carried
//! over, so that no secret of an input reaches a topology; what is not carried over is listed with the reason.

pub mod arm;
mod az;
pub mod convert;
mod expressions;
mod id;
mod predict;
pub mod resource;
mod templates;
pub mod terraform;
mod view;
pub mod write;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::spec::SECTIONS;
pub use convert::{Converted, convert};
pub use resource::{Left, Origin, Read, Resource, Unread};
use templates::{Parameters, is_same_file};
pub use write::write;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Resources as Azure has them: `az`, Resource Graph, REST, the portal, `bicep snapshot`.
    Resources,
    /// A plan or state of Terraform's as JSON.
    Terraform,
    /// An ARM template, whose expressions have to be evaluated.
    Template,
    /// The parameters of one.
    Parameters,
}

/// A document that can be imported.
#[derive(Debug)]
pub enum Document {
    /// Resources.
    Resources(Value),
    /// A plan or state.
    Terraform(Value),
    /// The text of a template, which is JSON with comments.
    Template(String),
    /// The text of a template's parameters, likewise.
    Parameters(String),
}

/// Looks whether a text is a definition that can be imported, by its content. A topology is none.
#[must_use]
pub fn recognise(text: &str) -> Option<Document> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let commented = text.starts_with("//") || text.starts_with("/*");
    if !(commented || text.starts_with(['{', '['])) || (text.starts_with('{') && is_topology(text))
    {
        return None;
    }
    let value = serde_json::from_str::<Value>(text)
        .ok()
        .or_else(|| arm::parse(text).ok());
    match value {
        Some(value) if terraform::is_one(&value) => Some(Document::Terraform(value)),
        Some(value) if arm::is_template(&value) => Some(Document::Template(text.to_owned())),
        Some(value) if arm::is_parameters(&value) => Some(Document::Parameters(text.to_owned())),
        Some(value) if az::is_one(&value) => Some(Document::Resources(value)),
        // What is wrong with it is said when it is read, and nothing else of it.
        None if names(text, TEMPLATE) => Some(Document::Template(text.to_owned())),
        None if names(text, PARAMETERS) => Some(Document::Parameters(text.to_owned())),
        _ => None,
    }
}

/// Reads several documents, each with the name of its file.
pub fn read<'d>(documents: impl Iterator<Item = (&'d str, &'d Document)> + Clone) -> Read {
    let mut all = Read::default();
    let mut parameters = Parameters::default();
    for (file, document) in documents.clone() {
        match document {
            Document::Parameters(text) => parameters.add(file, text, &mut all),
            Document::Template(text) => parameters.announce(file, text),
            Document::Resources(_) | Document::Terraform(_) => {}
        }
    }
    let mut parts: Vec<(&str, Read)> = Vec::new();
    for (file, document) in documents {
        let part = match document {
            Document::Resources(value) => az::read(file, value),
            Document::Terraform(value) => terraform::read(file, value),
            Document::Template(text) => parameters.template(file, text),
            Document::Parameters(_) => continue,
        };
        parts.push((file, part));
    }
    // A template that another links to is deployed by that one, with the parameters that it gives.
    let linked: Vec<String> = parts
        .iter()
        .flat_map(|(_, part)| part.linked.clone())
        .collect();
    for (file, part) in parts {
        if !linked.iter().any(|linked| is_same_file(linked, file)) {
            all.add(part);
        }
    }
    parameters.untaken(&mut all);
    all
}

impl Document {
    /// Its text, where that is kept.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Template(text) | Self::Parameters(text) => text,
            Self::Resources(_) | Self::Terraform(_) => "",
        }
    }

    /// Whether it is a list of nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Resources(Value::Array(list)) if list.is_empty())
    }

    /// What it holds.
    #[must_use]
    pub const fn format(&self) -> Format {
        match self {
            Self::Resources(_) => Format::Resources,
            Self::Terraform(_) => Format::Terraform,
            Self::Template(_) => Format::Template,
            Self::Parameters(_) => Format::Parameters,
        }
    }
}

/// The end of the schema of templates, whatever the scope that they are deployed to.
const TEMPLATE: &str = "deploymenttemplate.json";

/// The end of the schema of parameter files.
const PARAMETERS: &str = "deploymentparameters.json";

/// Whether a text that is no JSON says that it follows a schema.
fn names(text: &str, schema: &str) -> bool {
    let mut head = text.lines().take(64);
    head.any(|line| line.contains("$schema") && line.to_ascii_lowercase().contains(schema))
}

/// Whether a JSON object has a topology's section among its first keys; no more of it is read than that takes.
fn is_topology(text: &str) -> bool {
    let mut found = false;
    let mut json = serde_json::Deserializer::from_str(text);
    let _ = json.deserialize_map(Keys(&mut found));
    found
}

/// Keys that say nothing, since other formats have them, too.
const UNDECIDED: [&str; 4] = ["version", "name", "connections", "checks"];

struct Keys<'f>(&'f mut bool);

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if SECTIONS.contains(&key.as_str()) && !UNDECIDED.contains(&key.as_str()) {
                *self.0 = true;
                return Err(A::Error::custom("that is enough"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Ok(())
    }
}
