//! A value of the expression language: JSON's, and what evaluation adds to it: secrets, values
//! that are computed only when asked for, lambdas, and the mark of a predicted value.

use std::fmt;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::expression::Expression;
use super::later::Later;

/// What stands for a secret in a resource.
pub(super) const HIDDEN: &str = "***";

/// The members of an object, in their order.
pub(super) type Members = IndexMap<String, Value>;

/// A value, and whether it is predicted.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) data: Data,
    /// It rests on something predicted or invented. Of a container this says so of its shape; its
    /// elements have marks of their own.
    pub(super) predicted: bool,
    /// How deep containers stand in it.
    depth: u16,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    Array(Rc<Vec<Value>>),
    Object(Rc<Members>),
    /// The value of a secure parameter or of a `list…` function: never kept.
    Secret,
    /// Computed when something asks for it.
    Later(Rc<Later>),
    Lambda(Rc<Lambda>),
}

/// A function as an argument (`template-functions-lambda`).
#[derive(Debug)]
pub(super) struct Lambda {
    pub(super) parameters: Vec<String>,
    pub(super) body: Expression,
    /// The variables of the lambdas around it.
    pub(super) around: Vec<(String, Value)>,
}

/// Why a value could not be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A failure with its reason.
pub(super) fn fail<T>(reason: impl Into<String>) -> Result<T> {
    Err(Failure(reason.into()))
}

impl Value {
    pub(super) fn new(data: Data) -> Self {
        let depth = match &data {
            Data::Array(elements) => deepest(elements.iter()),
            Data::Object(members) => deepest(members.values()),
            _ => 0,
        };
        Self {
            data,
            predicted: false,
            depth,
        }
    }

    /// How deep containers stand in it; evaluation refuses what is deeper than it can walk.
    pub(super) fn depth(&self) -> usize {
        self.depth.into()
    }

    pub(super) fn null() -> Self {
        Self::new(Data::Null)
    }

    pub(super) fn secret() -> Self {
        Self::new(Data::Secret)
    }

    pub(super) fn later(later: Later) -> Self {
        Self::new(Data::Later(Rc::new(later)))
    }

    pub(super) fn array(elements: Vec<Self>) -> Self {
        Self::new(Data::Array(Rc::new(elements)))
    }

    pub(super) fn object(members: Members) -> Self {
        Self::new(Data::Object(Rc::new(members)))
    }

    /// An object of the given members.
    pub(super) fn of<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::object(
            members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    /// The same, marked as predicted if `predicted` is.
    pub(super) fn mark(mut self, predicted: bool) -> Self {
        self.predicted |= predicted;
        self
    }

    /// Whether it, or anything in it, is predicted.
    pub(super) fn rests_on_prediction(&self) -> bool {
        self.predicted
            || match &self.data {
                Data::Array(elements) => elements.iter().any(Self::rests_on_prediction),
                Data::Object(members) => members.values().any(Self::rests_on_prediction),
                _ => false,
            }
    }

    /// Whether it is a secret or has one in it.
    pub(super) fn has_secret(&self) -> bool {
        match &self.data {
            Data::Secret => true,
            Data::Array(elements) => elements.iter().any(Self::has_secret),
            Data::Object(members) => members.values().any(Self::has_secret),
            _ => false,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Bool(_) => "a bool",
            Data::Int(_) => "an int",
            Data::Float(_) => "a number",
            Data::Text(_) => "a string",
            Data::Array(_) => "an array",
            Data::Object(_) => "an object",
            Data::Secret => "a secret",
            Data::Later(_) => "a value known at run time",
            Data::Lambda(_) => "a lambda",
        }
    }

    /// The member of that name; names are compared without case (`template-expressions`).
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match &self.data {
            Data::Object(members) => member(members, name),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value that plain JSON stands for; nothing in it is evaluated.
    pub(super) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::null(),
            Json::Bool(value) => (*value).into(),
            Json::Number(number) => Self::new(match number.as_i64() {
                Some(int) => Data::Int(int),
                None => Data::Float(number.as_f64().unwrap_or_default()),
            }),
            Json::String(text) => text.as_str().into(),
            Json::Array(elements) => Self::array(elements.iter().map(Self::from_json).collect()),
            Json::Object(members) => Self::object(
                members
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// As JSON: secrets hidden, values that nothing asked for left out; `predicted` gets the
    /// pointers, from `at` on, of what is predicted.
    pub(super) fn to_json(&self, at: &str, predicted: &mut Vec<String>) -> Option<Json> {
        if self.predicted {
            predicted.push(at.to_owned());
        }
        Some(match &self.data {
            Data::Null => Json::Null,
            Data::Bool(value) => Json::Bool(*value),
            Data::Int(value) => Json::from(*value),
            Data::Float(value) => Json::from(*value),
            Data::Text(text) => Json::String((**text).to_owned()),
            Data::Secret => Json::String(HIDDEN.to_owned()),
            Data::Array(elements) => {
                let mut array = Vec::with_capacity(elements.len());
                for element in elements.iter() {
                    let at = format!("{at}/{}", array.len());
                    array.extend(element.to_json(&at, predicted));
                }
                Json::Array(array)
            }
            Data::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (key, value) in members.iter() {
                    let at = format!("{at}/{}", escape(key));
                    if let Some(value) = value.to_json(&at, predicted) {
                        object.insert(key.clone(), value);
                    }
                }
                Json::Object(object)
            }
            Data::Later(_) | Data::Lambda(_) => return None,
        })
    }

    /// As JSON where marks do not matter.
    pub(super) fn plain(&self) -> Json {
        self.to_json("", &mut Vec::new()).unwrap_or(Json::Null)
    }
}

fn deepest<'a>(values: impl Iterator<Item = &'a Value>) -> u16 {
    let inner = values.map(|value| value.depth).max().unwrap_or_default();
    inner.saturating_add(1)
}

/// The member of that name, without case.
pub(super) fn member<'a>(members: &'a Members, name: &str) -> Option<&'a Value> {
    members.get(name).or_else(|| {
        members
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// The key of `members` that is `name` without case.
pub(super) fn key_of<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members
        .get_key_value(name)
        .map(|(key, _)| key.as_str())
        .or_else(|| {
            members
                .keys()
                .map(String::as_str)
                .find(|key| key.eq_ignore_ascii_case(name))
        })
}

/// A key as a JSON pointer has it (RFC 6901).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Values are equal when their data is; a secret equals nothing.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Int(a), Data::Int(b)) => a == b,
            (Data::Float(a), Data::Float(b)) => a == b,
            #[expect(
                clippy::cast_precision_loss,
                reason = "as a comparison of numbers does"
            )]
            (Data::Int(a), Data::Float(b)) | (Data::Float(b), Data::Int(a)) => *a as f64 == *b,
            (Data::Text(a), Data::Text(b)) => a == b,
            (Data::Array(a), Data::Array(b)) => a == b,
            (Data::Object(a), Data::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, value)| member(b, key).is_some_and(|other| value == other))
            }
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::new(Data::Text(text.into()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::new(Data::Text(text.into()))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::new(Data::Bool(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::new(Data::Int(value))
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::new(Data::Int(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}
