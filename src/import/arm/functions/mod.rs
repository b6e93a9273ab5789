//! The functions that need nothing but their arguments, one file a page of
//! `template-functions-…`, and what holds for all of them: marks and secrets pass through.

mod arrays;
mod cidr;
mod dates;
mod hashes;
mod logic;
mod numbers;
mod objects;
mod strings;

use super::value::{Data, Members, Result, Value, fail};

pub(super) use dates::utc_now;
pub(super) use hashes::guid;

/// Functions that give back their arguments or parts of them: marks and secrets stay where they are.
const KEEPING: &[&str] = &[
    "array",
    "createarray",
    "createobject",
    "first",
    "flatten",
    "indexfromend",
    "intersection",
    "items",
    "last",
    "shallowmerge",
    "skip",
    "take",
    "tryget",
    "tryindexfromend",
    "union",
];

/// Functions that may look at a secret: what they say of it does not tell it.
const LOOKING: &[&str] = &["empty", "equals", "objectkeys"];

/// The value of a call; `None` if there is no such function.
pub(super) fn call(name: &str, arguments: &[Value]) -> Option<Result<Value>> {
    let keeps = KEEPING.contains(&name) || name == "concat" && is_array(arguments);
    let secret = arguments.iter().any(Value::has_secret);
    if secret && !keeps && !LOOKING.contains(&name) && known(name) {
        return Some(fail(
            "it is computed from a secure value, and those are not kept",
        ));
    }
    let result = [
        strings::call,
        arrays::call,
        objects::call,
        numbers::call,
        logic::call,
        cidr::call,
        dates::call,
        hashes::call,
    ]
    .iter()
    .find_map(|call| call(name, arguments))?;
    let predicted = if keeps {
        arguments.iter().any(|argument| argument.predicted)
    } else {
        secret || arguments.iter().any(Value::rests_on_prediction)
    };
    Some(result.map(|value| value.mark(predicted)))
}

fn is_array(arguments: &[Value]) -> bool {
    arguments
        .first()
        .is_some_and(|first| matches!(first.data, Data::Array(_)))
}

/// Whether a function of that name exists.
fn known(name: &str) -> bool {
    [
        strings::NAMES,
        arrays::NAMES,
        objects::NAMES,
        numbers::NAMES,
        logic::NAMES,
        cidr::NAMES,
        dates::NAMES,
        hashes::NAMES,
    ]
    .iter()
    .any(|names| names.contains(&name))
}

/// Every name that `call` knows, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [
        strings::NAMES,
        arrays::NAMES,
        objects::NAMES,
        numbers::NAMES,
        logic::NAMES,
        cidr::NAMES,
        dates::NAMES,
        hashes::NAMES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The arguments of a call, taken by kind; a wrong one is a failure that names the function.
pub(super) struct Arguments<'a> {
    name: &'a str,
    values: &'a [Value],
}

impl<'a> Arguments<'a> {
    pub(super) fn new(name: &'a str, values: &'a [Value]) -> Self {
        Self { name, values }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Refuses another number of arguments.
    pub(super) fn count(&self, least: usize, most: usize) -> Result<()> {
        let there = self.values.len();
        if (least..=most).contains(&there) {
            return Ok(());
        }
        let wanted = if least == most {
            least.to_string()
        } else if most == usize::MAX {
            format!("at least {least}")
        } else {
            format!("{least} to {most}")
        };
        fail(format!(
            "`{}` takes {wanted} arguments, and {there} are given",
            self.name
        ))
    }

    pub(super) fn value(&self, at: usize) -> Result<&'a Value> {
        match self.values.get(at) {
            Some(value) => Ok(value),
            None => fail(format!("`{}` needs an argument {}", self.name, at + 1)),
        }
    }

    pub(super) fn wrong<T>(&self, at: usize, wanted: &str) -> Result<T> {
        fail(format!(
            "argument {} of `{}` is {}, and {wanted} is expected",
            at + 1,
            self.name,
            self.value(at)?.kind()
        ))
    }

    pub(super) fn text(&self, at: usize) -> Result<&'a str> {
        match &self.value(at)?.data {
            Data::Text(text) => Ok(text),
            _ => self.wrong(at, "a string"),
        }
    }

    pub(super) fn int(&self, at: usize) -> Result<i64> {
        match &self.value(at)?.data {
            Data::Int(int) => Ok(*int),
            _ => self.wrong(at, "an int"),
        }
    }

    pub(super) fn bool(&self, at: usize) -> Result<bool> {
        match &self.value(at)?.data {
            Data::Bool(value) => Ok(*value),
            _ => self.wrong(at, "a bool"),
        }
    }

    pub(super) fn array(&self, at: usize) -> Result<&'a [Value]> {
        match &self.value(at)?.data {
            Data::Array(elements) => Ok(elements),
            _ => self.wrong(at, "an array"),
        }
    }

    pub(super) fn object(&self, at: usize) -> Result<&'a Members> {
        match &self.value(at)?.data {
            Data::Object(members) => Ok(members),
            _ => self.wrong(at, "an object"),
        }
    }
}
