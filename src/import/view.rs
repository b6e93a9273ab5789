//! An object of Azure's, however it was written down: nested or flattened, keys in any case
//! (`az` hoists `properties`, older versions of it spell `privateIpAddress`).
//!
//! What has been asked for is remembered, so that what nobody asked for can be reported.

use std::cell::RefCell;
use std::collections::HashSet;

use serde_json::{Map, Value};

/// An object that is being read.
#[derive(Debug)]
pub(super) struct View<'a> {
    body: &'a Map<String, Value>,
    properties: Option<&'a Map<String, Value>>,
    asked: RefCell<HashSet<String>>,
}

impl<'a> View<'a> {
    /// An object, and its `properties` where it has any.
    pub(super) fn of(body: &'a Map<String, Value>) -> Self {
        let properties = entry(body, "properties").and_then(Value::as_object);
        Self {
            body,
            properties,
            asked: RefCell::new(HashSet::from(["properties".to_owned()])),
        }
    }

    /// A value as an object; `None` where it is none.
    pub(super) fn of_value(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self::of)
    }

    /// The value of a key; `null`, empty texts, lists and objects are as good as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.asked.borrow_mut().insert(key.to_ascii_lowercase());
        entry(self.body, key)
            .filter(|value| !is_empty(value))
            .or_else(|| {
                let properties = self.properties?;
                entry(properties, key).filter(|value| !is_empty(value))
            })
    }

    /// Whether a key is written, be it as `null`.
    pub(super) fn has(&self, key: &str) -> bool {
        entry(self.body, key).is_some()
            || self.properties.is_some_and(|it| entry(it, key).is_some())
    }

    /// A text, or a number as one.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(text)
    }

    /// A word of Azure's, which takes it in any case; one that is none of `words` as it is.
    pub(super) fn word(&self, key: &str, words: &[&str]) -> Option<String> {
        let text = self.text(key)?;
        let known = words.iter().find(|word| word.eq_ignore_ascii_case(&text));
        Some(known.map_or(text, |word| (*word).to_owned()))
    }

    /// A number.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        value
            .as_i64()
            .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
    }

    /// Yes or no, also as a text.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Where a key stands, as a JSON pointer from the object.
    pub(super) fn pointer(&self, key: &str) -> Option<String> {
        let spelled = |map: &Map<String, Value>| {
            let mut found = map.iter().filter(|(_, value)| !is_empty(value));
            let found = found.find(|(other, _)| other.eq_ignore_ascii_case(key));
            found.map(|(other, _)| super::az::escape(other))
        };
        let own = spelled(self.body).map(|key| format!("/{key}"));
        own.or_else(|| Some(format!("/properties/{}", spelled(self.properties?)?)))
    }

    /// The elements of a list; a single value is a list of one.
    pub(super) fn list(&self, key: &str) -> Vec<&'a Value> {
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Array(values)) => values.iter().filter(|value| !is_empty(value)).collect(),
            Some(value) => vec![value],
        }
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        self.list(key).into_iter().filter_map(text).collect()
    }

    /// The objects of a list.
    pub(super) fn objects(&self, key: &str) -> Vec<View<'a>> {
        self.list(key)
            .into_iter()
            .filter_map(View::of_value)
            .collect()
    }

    /// The object under a key.
    pub(super) fn object(&self, key: &str) -> Option<View<'a>> {
        self.get(key).and_then(View::of_value)
    }

    /// The id that a key refers to: `{"id": …}`, a stub of the whole object, or the bare id.
    pub(super) fn id(&self, key: &str) -> Option<String> {
        self.get(key).and_then(id_of)
    }

    /// The ids of a list of references.
    pub(super) fn ids(&self, key: &str) -> Vec<String> {
        self.list(key).into_iter().filter_map(id_of).collect()
    }

    /// The keys that hold something and that nobody has asked for, with their values.
    pub(super) fn unasked(&self) -> Vec<(&'a str, &'a Value)> {
        let asked = self.asked.borrow();
        let own = self
            .body
            .iter()
            .chain(self.properties.into_iter().flatten());
        own.filter(|(key, value)| !is_empty(value) && !asked.contains(&key.to_ascii_lowercase()))
            .map(|(key, value)| (key.as_str(), value))
            .collect()
    }
}

/// The id of a reference.
pub(super) fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Object(object) => entry(object, "id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The value of a key, whatever its case; the one spelled exactly so first.
pub(super) fn entry<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    map.get(key).or_else(|| {
        map.iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    })
}

/// Whether a value says nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
