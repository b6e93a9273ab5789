//! `template-functions-array`, and what strings and arrays have in common.

use super::super::value::{Data, Members, Result, Value, fail, key_of, member};
use super::Arguments;

pub(super) const NAMES: &[&str] = &[
    "array",
    "contains",
    "createarray",
    "empty",
    "first",
    "flatten",
    "indexfromend",
    "intersection",
    "last",
    "length",
    "range",
    "skip",
    "take",
    "tryindexfromend",
    "union",
];

/// The most elements that `range` makes (`template-functions-array#range`).
const LONGEST_RANGE: i64 = 10_000;

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "array" => array(&a),
        "contains" => contains(&a).map(Value::from),
        "createarray" => Ok(Value::array(values.to_vec())),
        "empty" => empty(&a).map(Value::from),
        "first" => end(&a, false),
        "last" => end(&a, true),
        "flatten" => flatten(&a),
        "indexfromend" => from_end(&a, false),
        "tryindexfromend" => from_end(&a, true),
        "intersection" => intersection(&a),
        "union" => union(&a),
        "length" => length(&a).map(Value::from),
        "range" => range(&a),
        "skip" => cut(&a, true),
        "take" => cut(&a, false),
        _ => return None,
    })
}

fn array(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    let value = a.value(0)?;
    Ok(match value.data {
        Data::Array(_) => value.clone(),
        _ => Value::array(vec![value.clone()]),
    })
}

fn contains(a: &Arguments<'_>) -> Result<bool> {
    a.count(2, 2)?;
    let wanted = a.value(1)?;
    Ok(match &a.value(0)?.data {
        Data::Array(elements) => elements.contains(wanted),
        Data::Object(members) => member(members, a.text(1)?).is_some(),
        Data::Text(text) => match wanted.data {
            Data::Int(int) => text.contains(&int.to_string()),
            _ => text.contains(a.text(1)?),
        },
        _ => return a.wrong(0, "an array, an object or a string"),
    })
}

fn empty(a: &Arguments<'_>) -> Result<bool> {
    a.count(1, 1)?;
    Ok(match &a.value(0)?.data {
        Data::Array(elements) => elements.is_empty(),
        Data::Object(members) => members.is_empty(),
        Data::Text(text) => text.is_empty(),
        Data::Null => true,
        Data::Secret => false,
        _ => return a.wrong(0, "an array, an object or a string"),
    })
}

fn length(a: &Arguments<'_>) -> Result<usize> {
    a.count(1, 1)?;
    Ok(match &a.value(0)?.data {
        Data::Array(elements) => elements.len(),
        Data::Object(members) => members.len(),
        Data::Text(text) => text.chars().count(),
        _ => return a.wrong(0, "an array, an object or a string"),
    })
}

/// The first or last element or character; of nothing, null or an empty string.
fn end(a: &Arguments<'_>, last: bool) -> Result<Value> {
    a.count(1, 1)?;
    Ok(match &a.value(0)?.data {
        Data::Array(elements) => {
            let found = if last {
                elements.last()
            } else {
                elements.first()
            };
            found.cloned().unwrap_or_else(Value::null)
        }
        Data::Text(text) => {
            let mut characters = text.chars();
            let found = if last {
                characters.next_back()
            } else {
                characters.next()
            };
            found.map(String::from).unwrap_or_default().into()
        }
        _ => return a.wrong(0, "an array or a string"),
    })
}

fn flatten(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    let mut flat = Vec::new();
    for element in a.array(0)? {
        match &element.data {
            Data::Array(inner) => flat.extend_from_slice(inner),
            _ => return fail("`flatten` takes an array of arrays"),
        }
    }
    Ok(Value::array(flat))
}

/// The element that is the given number, from 1, from the end.
fn from_end(a: &Arguments<'_>, safe: bool) -> Result<Value> {
    a.count(2, 2)?;
    let elements = a.array(0)?;
    let found = usize::try_from(a.int(1)?)
        .ok()
        .filter(|&at| at > 0)
        .and_then(|at| elements.len().checked_sub(at))
        .and_then(|at| elements.get(at));
    match found {
        Some(value) => Ok(value.clone()),
        None if safe => Ok(Value::null()),
        None => fail(format!(
            "the array has {} elements, and another is asked for",
            elements.len()
        )),
    }
}

fn intersection(a: &Arguments<'_>) -> Result<Value> {
    a.count(2, usize::MAX)?;
    if let Data::Object(_) = a.value(0)?.data {
        let mut common = a.object(0)?.clone();
        for at in 1..a.len() {
            let other = a.object(at)?;
            common.retain(|key, value| member(other, key) == Some(value));
        }
        return Ok(Value::object(common));
    }
    let mut common: Vec<Value> = Vec::new();
    for element in a.array(0)? {
        let mut everywhere = !common.contains(element);
        for at in 1..a.len() {
            everywhere &= a.array(at)?.contains(element);
        }
        if everywhere {
            common.push(element.clone());
        }
    }
    Ok(Value::array(common))
}

/// Arrays one after the other without what is already there; objects merged, nested ones too.
fn union(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, usize::MAX)?;
    if let Data::Object(_) = a.value(0)?.data {
        let mut all = a.object(0)?.clone();
        for at in 1..a.len() {
            if !a.value(at)?.is_null() {
                merge(&mut all, a.object(at)?);
            }
        }
        return Ok(Value::object(all));
    }
    let mut all: Vec<Value> = Vec::new();
    for at in 0..a.len() {
        for element in a.array(at)? {
            if !all.contains(element) {
                all.push(element.clone());
            }
        }
    }
    Ok(Value::array(all))
}

fn merge(all: &mut Members, more: &Members) {
    for (key, value) in more {
        let there = key_of(all, key).map(str::to_owned);
        let there = there.unwrap_or_else(|| key.clone());
        let merged = match (all.get(&there).map(|old| &old.data), &value.data) {
            (Some(Data::Object(old)), Data::Object(new)) => {
                let mut old = (**old).clone();
                merge(&mut old, new);
                Value::object(old)
            }
            _ => value.clone(),
        };
        all.insert(there, merged);
    }
}

fn range(a: &Arguments<'_>) -> Result<Value> {
    a.count(2, 2)?;
    let (start, count) = (a.int(0)?, a.int(1)?);
    if !(0..=LONGEST_RANGE).contains(&count) || start.checked_add(count).is_none() {
        return fail(format!("`range` makes 0 to {LONGEST_RANGE} ints"));
    }
    Ok(Value::array(
        (start..start + count).map(Value::from).collect(),
    ))
}

/// `skip` and `take`: a number below 1 is 0, one beyond the end is the end.
fn cut(a: &Arguments<'_>, skip: bool) -> Result<Value> {
    a.count(2, 2)?;
    let number = usize::try_from(a.int(1)?.max(0)).unwrap_or(usize::MAX);
    Ok(match &a.value(0)?.data {
        Data::Array(elements) => {
            let (head, tail) = elements.split_at(number.min(elements.len()));
            Value::array(if skip { tail } else { head }.to_vec())
        }
        Data::Text(text) => {
            let characters = text.chars();
            let cut: String = if skip {
                characters.skip(number).collect()
            } else {
                characters.take(number).collect()
            };
            cut.into()
        }
        _ => return a.wrong(0, "an array or a string"),
    })
}
