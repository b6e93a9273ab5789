//! The JSON Schema (draft-07) of the format, out of the tables that read it.
//!
//! What loads is valid: scalars may be quoted or not, words are of any case, a single value is as good as a
//! list of one, and nothing at all stands for what may be left out.

use indexmap::IndexMap;
use ipnet::IpNet;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::net::IpAddr;

use super::decode::{ACCEPTED, Names, Priority};
use super::intended::IntendedDifferences;
use super::{Common, Topology};
use crate::net::PortRange;

/// A type that has a schema.
pub trait Describe {
    /// Its schema; what it refers to is defined in `all`.
    fn describe(all: &mut Definitions) -> Value;

    /// How a value of it is written, where it may be a default that is worth showing.
    fn shown(&self) -> Option<Value> {
        None
    }
}

/// The schemas of records, by the names of their types.
#[derive(Debug, Default)]
pub struct Definitions(IndexMap<&'static str, Value>);

impl Definitions {
    /// Defines a record, once, and refers to it.
    pub fn define(&mut self, name: &'static str, schema: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            // It stands before what it refers to, and may refer to itself.
            self.0.insert(name, Value::Null);
            let schema = schema(self);
            self.0.insert(name, schema);
        }
        json!({ "$ref": format!("#/definitions/{name}") })
    }
}

/// The schema of a topology with its checks.
#[must_use]
pub fn topology() -> Value {
    root::<Topology>("Topology", "A topology of dryhop, and its checks")
}

/// The schema of what `diff --allow` reads.
#[must_use]
pub fn intended() -> Value {
    let title = "The differences that are intended, for `dryhop diff --allow`";
    root::<IntendedDifferences>("IntendedDifferences", title)
}

/// The schema of a document that is a record of that name.
fn root<T: Describe>(name: &str, title: &str) -> Value {
    let mut all = Definitions::default();
    T::describe(&mut all);
    let mut definitions = all.0;
    let mut root = Map::new();
    root.insert(
        "$schema".to_owned(),
        "http://json-schema.org/draft-07/schema#".into(),
    );
    root.insert("title".to_owned(), title.into());
    if let Some(Value::Object(members)) = definitions.shift_remove(name) {
        root.extend(members);
    }
    let definitions = definitions.into_iter();
    let definitions = definitions.map(|(name, schema)| (name.to_owned(), schema));
    root.insert(
        "definitions".to_owned(),
        Value::Object(definitions.collect()),
    );
    Value::Object(root)
}

/// A key of a record's table.
#[derive(Debug)]
pub struct Key<'k> {
    /// As in `record!`: `req`, `opt`, `def`, `many`, `some`.
    pub kind: &'static str,
    /// The key, and its plural where it has one.
    pub names: &'k [&'static str],
    /// What it means.
    pub about: String,
    /// What its value is; of a key with a plural, one of its values.
    pub schema: Value,
    /// What it is where it is not given.
    pub default: Option<Value>,
}

/// The schema of a record in the making.
#[derive(Debug)]
pub struct Record {
    about: String,
    properties: Map<String, Value>,
    required: Vec<Value>,
    rules: Vec<Value>,
}

impl Record {
    /// One without keys; `about` is the doc comment of its type.
    #[must_use]
    pub fn new(about: &str) -> Self {
        Self {
            about: plain(about),
            properties: Map::new(),
            required: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Adds a key.
    pub fn key(&mut self, key: Key<'_>) {
        let pair = key.names.len() > 1;
        let mut schema = match key.kind {
            "many" | "some" => several(key.schema),
            _ => key.schema,
        };
        if key.kind == "req" {
            self.required
                .extend(key.names.iter().map(|name| (*name).into()));
            schema = something(schema);
        } else {
            schema = or_nothing(schema);
        }
        if !key.about.is_empty() || key.default.is_some() {
            // Beside a reference draft-07 reads nothing.
            if schema.get("$ref").is_some() {
                schema = json!({ "allOf": [schema] });
            }
            if let Some(members) = schema.as_object_mut() {
                if !key.about.is_empty() {
                    members.insert("description".to_owned(), plain(&key.about).into());
                }
                members.extend(key.default.map(|default| ("default".to_owned(), default)));
            }
        }
        for name in key.names {
            self.properties.insert((*name).to_owned(), schema.clone());
        }
        let given = |name: &&str| {
            let value = json!({ "not": { "type": "null" } });
            json!({ "required": [name], "properties": { *name: value } })
        };
        let given: Vec<Value> = key.names.iter().map(given).collect();
        if pair {
            self.rules.push(json!({ "not": { "allOf": given } }));
        }
        if key.kind == "some" {
            self.rules.push(json!({ "anyOf": given }));
        }
    }

    /// The schema; `common` are the keys that every resource may carry, where it is one.
    #[must_use]
    pub fn close(mut self, common: &[&'static str], all: &mut Definitions) -> Value {
        for key in common {
            let schema = Common::describe_key(key, all);
            let known = self.properties.entry(*key);
            known.or_insert_with(|| or_nothing(schema));
        }
        let empty =
            self.required.is_empty() && !self.rules.iter().any(|r| r.get("anyOf").is_some());
        let mut schema = Map::new();
        schema.insert("description".to_owned(), self.about.into());
        // A resource with nothing to say may be written so.
        let kind = if empty {
            json!(["object", "null"])
        } else {
            json!("object")
        };
        schema.insert("type".to_owned(), kind);
        schema.insert("properties".to_owned(), Value::Object(self.properties));
        let accepted = format!("^({})$", ACCEPTED.join("|"));
        schema.insert("patternProperties".to_owned(), json!({ accepted: true }));
        schema.insert("additionalProperties".to_owned(), false.into());
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), self.required.into());
        }
        if !self.rules.is_empty() {
            schema.insert("allOf".to_owned(), self.rules.into());
        }
        Value::Object(schema)
    }
}

impl Common {
    fn describe_key(key: &str, all: &mut Definitions) -> Value {
        match key {
            "tags" => Names::<String>::describe(all),
            _ => String::describe(all),
        }
    }
}

/// The schema of a closed set of words: as ARM spells them, or in any other case.
#[must_use]
pub fn words(about: &str, words: &[&str], spellings: &[&str]) -> Value {
    let mut pattern = String::from("^(");
    for (at, word) in spellings.iter().enumerate() {
        if at > 0 {
            pattern.push('|');
        }
        for letter in word.chars() {
            let _ = match letter {
                letter if letter.is_ascii_alphabetic() => {
                    let (upper, lower) = (letter.to_ascii_uppercase(), letter.to_ascii_lowercase());
                    write!(pattern, "[{upper}{lower}]")
                }
                letter if letter.is_ascii_digit() => write!(pattern, "{letter}"),
                letter => write!(pattern, "\\{letter}"),
            };
        }
    }
    pattern.push_str(")$");
    json!({
        "description": plain(about),
        "anyOf": [{ "enum": words }, { "type": "string", "pattern": pattern }],
    })
}

/// A scalar that must be of a shape, which is checked where it is a text.
#[must_use]
pub(super) fn scalar(about: &str, pattern: &str) -> Value {
    json!({ "description": about, "type": ["string", "integer", "number"], "pattern": pattern })
}

/// One value, or a list of them.
pub(super) fn several(schema: Value) -> Value {
    let list = json!({ "type": "array", "items": schema.clone() });
    json!({ "anyOf": [schema, list] })
}

/// What may be nothing at all.
fn or_nothing(schema: Value) -> Value {
    let nothing = json!({ "type": "null" });
    let Value::Object(mut members) = schema else {
        return schema;
    };
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        if !choices.contains(&nothing) {
            choices.push(nothing);
        }
    } else if let Some(kind) = members.get_mut("type") {
        match kind {
            Value::Array(kinds) if kinds.contains(&"null".into()) => {}
            Value::Array(kinds) => kinds.push("null".into()),
            kind => *kind = json!([kind.take(), "null"]),
        }
    } else {
        return json!({ "anyOf": [members, nothing] });
    }
    Value::Object(members)
}

/// What may be nothing elsewhere, and must be something here.
fn something(schema: Value) -> Value {
    let nothing = json!({ "type": "null" });
    let may_be = match (schema.get("anyOf"), schema.get("type")) {
        (Some(Value::Array(choices)), _) => choices
            .iter()
            .any(|choice| *choice == nothing || choice.get("$ref").is_some()),
        (_, Some(Value::Array(kinds))) => kinds.contains(&"null".into()),
        _ => schema.get("$ref").is_some(),
    };
    if may_be {
        json!({ "allOf": [schema, { "not": nothing }] })
    } else {
        schema
    }
}

/// A doc comment as text.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

impl Describe for String {
    fn describe(_: &mut Definitions) -> Value {
        // Whatever is written there is a text.
        json!({ "type": ["string", "number", "boolean"] })
    }
}

impl Describe for bool {
    fn describe(_: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }

    fn shown(&self) -> Option<Value> {
        Some((*self).into())
    }
}

fn number(first: i64, last: Option<u64>) -> Value {
    let mut schema =
        json!({ "type": ["integer", "string"], "minimum": first, "pattern": "^[+-]?[0-9]+$" });
    if let (Some(last), Some(members)) = (last, schema.as_object_mut()) {
        members.insert("maximum".to_owned(), last.into());
    }
    schema
}

macro_rules! numbers {
    ($($t:ty: $first:expr, $last:expr;)*) => {$(
        impl Describe for $t {
            fn describe(_: &mut Definitions) -> Value {
                number($first, $last)
            }

            fn shown(&self) -> Option<Value> {
                Some((*self).into())
            }
        }
    )*};
}
numbers! {
    u16: 0, Some(u64::from(u16::MAX));
    u32: 0, Some(u64::from(u32::MAX));
    u64: 0, None;
    i64: i64::MIN, None;
}

impl<const FIRST: u16, const LAST: u16> Describe for Priority<FIRST, LAST> {
    fn describe(_: &mut Definitions) -> Value {
        number(FIRST.into(), Some(LAST.into()))
    }
}

impl Describe for f64 {
    fn describe(_: &mut Definitions) -> Value {
        json!({ "type": ["number", "string"], "pattern": r"^[+-]?[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?$" })
    }

    fn shown(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Describe for IpAddr {
    fn describe(_: &mut Definitions) -> Value {
        scalar("An IP address.", "^[0-9A-Fa-f.:]+$")
    }
}

impl Describe for IpNet {
    fn describe(_: &mut Definitions) -> Value {
        scalar(
            "An address prefix as in `10.0.0.0/24`, or an address.",
            "^[0-9A-Fa-f.:]+(/[0-9]+)?$",
        )
    }
}

impl Describe for PortRange {
    fn describe(_: &mut Definitions) -> Value {
        scalar(
            "A port, a range as in `8000-8100`, or `*`.",
            r"^\s*(\*|[0-9]+\s*(-\s*[0-9]+)?)\s*$",
        )
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn describe(all: &mut Definitions) -> Value {
        or_nothing(several(T::describe(all)))
    }
}

impl<T: Describe> Describe for Names<T> {
    fn describe(all: &mut Definitions) -> Value {
        let value = T::describe(all);
        json!({ "type": ["object", "null"], "additionalProperties": value })
    }
}
