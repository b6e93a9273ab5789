//! From what people already have to a topology: resolved resources (`az`, Resource Graph, REST, `bicep
//! snapshot`), Terraform plans and states.
//!
//! Every format is brought to one list of resources as Azure's REST API shows them; one converter makes a
//! topology's tree of that list, and one writer makes YAML of the tree. Only what the converter names is carried
//! over, so that no secret of an input reaches a topology; what is not carried over is listed with the reason.

mod az;
pub mod convert;
mod expressions;
mod id;
mod predict;
pub mod resource;
pub mod terraform;
mod view;
pub mod write;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::spec::SECTIONS;
pub use convert::{Converted, convert};
pub use resource::{Left, Origin, Read, Resource};
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
    match serde_json::from_str::<Value>(text) {
        Ok(value) if terraform::is_one(&value) => Some(Document::Terraform(value)),
        Ok(value) if is_template(&value) => Some(Document::Template(text.to_owned())),
        Ok(value) if az::is_one(&value) => Some(Document::Resources(value)),
        // A template may have comments.
        Err(_) if names_template(text) => Some(Document::Template(text.to_owned())),
        _ => None,
    }
}

/// Reads several documents, each with the name of its file.
pub fn read<'d>(documents: impl Iterator<Item = (&'d str, &'d Document)>) -> Read {
    let mut all = Read::default();
    for (file, document) in documents {
        let read = document.read(file);
        all.resources.extend(read.resources);
        all.left.extend(read.left);
    }
    all
}

impl Document {
    /// What it holds.
    #[must_use]
    pub const fn format(&self) -> Format {
        match self {
            Self::Resources(_) => Format::Resources,
            Self::Terraform(_) => Format::Terraform,
            Self::Template(_) => Format::Template,
        }
    }

    /// Reads it; `file` is its name as the user gave it.
    fn read(&self, file: &str) -> Read {
        match self {
            Self::Resources(value) => az::read(file, value),
            Self::Terraform(value) => terraform::read(file, value),
            Self::Template(_) => Read {
                resources: Vec::new(),
                left: vec![Left {
                    origin: Origin {
                        file: file.to_owned(),
                        place: String::new(),
                    },
                    what: "an ARM template".to_owned(),
                    reason: "templates are not evaluated here; what `bicep snapshot` or `az deployment group \
                             what-if --no-pretty-print` makes of it can be imported"
                        .to_owned(),
                }],
            },
        }
    }
}

/// The end of the schema of templates, whatever the scope that they are deployed to.
const TEMPLATE: &str = "deploymenttemplate.json";

/// Whether a text that is no plain JSON says that it is a template.
fn names_template(text: &str) -> bool {
    let head = text.lines().take(64);
    head.into_iter()
        .any(|line| line.contains("$schema") && line.to_ascii_lowercase().contains(TEMPLATE))
}

fn is_template(value: &Value) -> bool {
    let schema = value
        .get("$schema")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let template = schema.to_ascii_lowercase().contains(TEMPLATE);
    template || (value.get("resources").is_some() && value.get("contentVersion").is_some())
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
