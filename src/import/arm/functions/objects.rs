//! `template-functions-object`.

use super::super::value::{Data, Members, Result, Value, fail, key_of, member};
use super::Arguments;
use super::strings;

pub(super) const NAMES: &[&str] = &[
    "createobject",
    "items",
    "json",
    "null",
    "objectkeys",
    "shallowmerge",
    "tryget",
];

pub(super) fn call(name: &str, values: &[Value]) -> Option<Result<Value>> {
    let a = Arguments::new(name, values);
    Some(match name {
        "createobject" => create(&a),
        "items" => items(&a),
        "json" => a.count(1, 1).and_then(|()| match &a.value(0)?.data {
            Data::Text(text) => strings::json(text),
            Data::Null => Ok(Value::null()),
            _ => a.wrong(0, "a string"),
        }),
        "null" => a.count(0, 0).map(|()| Value::null()),
        "objectkeys" => a.object(0).map(|members| {
            Value::array(
                sorted(members)
                    .map(|(key, _)| key.as_str().into())
                    .collect(),
            )
        }),
        "shallowmerge" => shallow_merge(&a),
        "tryget" => try_get(&a),
        _ => return None,
    })
}

fn create(a: &Arguments<'_>) -> Result<Value> {
    if !a.len().is_multiple_of(2) {
        return fail("`createObject` takes a value for each key");
    }
    let mut members = Members::new();
    for at in (0..a.len()).step_by(2) {
        members.insert(a.text(at)?.to_owned(), a.value(at + 1)?.clone());
    }
    Ok(Value::object(members))
}

/// Members in the order of their keys, as `items` gives them.
fn sorted(members: &Members) -> impl Iterator<Item = (&String, &Value)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by_cached_key(|(key, _)| key.to_lowercase());
    sorted.into_iter()
}

fn items(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    let item = |(key, value): (&String, &Value)| {
        Value::of([("key", key.as_str().into()), ("value", value.clone())])
    };
    Ok(Value::array(sorted(a.object(0)?).map(item).collect()))
}

fn shallow_merge(a: &Arguments<'_>) -> Result<Value> {
    a.count(1, 1)?;
    let mut all = Members::new();
    for element in a.array(0)? {
        let Data::Object(members) = &element.data else {
            return fail("`shallowMerge` takes an array of objects");
        };
        for (key, value) in members.iter() {
            let there = key_of(&all, key).unwrap_or(key).to_owned();
            all.insert(there, value.clone());
        }
    }
    Ok(Value::object(all))
}

/// What stands at the end of a way of keys and indices; null if it ends before.
fn try_get(a: &Arguments<'_>) -> Result<Value> {
    a.count(2, usize::MAX)?;
    let mut at = a.value(0)?;
    for step in 1..a.len() {
        let next = match (&at.data, &a.value(step)?.data) {
            (Data::Object(members), Data::Text(key)) => member(members, key),
            (Data::Array(elements), Data::Int(index)) => usize::try_from(*index)
                .ok()
                .and_then(|index| elements.get(index)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return Ok(Value::null()),
        }
    }
    Ok(at.clone())
}
