//! Expressions that only a deployment evaluates: `bicep snapshot` and `what-if` leave them in place of what is not
//! known before, as in `[reference('…/azureFirewalls/fw', '2024-05-01').ipConfigurations[0].properties.privateIPAddress]`.
//!
//! An address of a resource that is there is predicted. What else there is counts as not known: the value is left
//! out, and with it the rule or route that it stands in, which would be about everything without it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::id::{fold, last};
use super::predict::{Wanted, predict};
use super::resource::{Left, Read, Resource};

/// Lists and types of what would mean something else without one of its values.
const RULES: [&str; 4] = ["securityRules", "routes", "rules", "ruleCollections"];

/// Deals with the expressions in what was read.
pub(super) fn evaluate(read: &mut Read) {
    let mut found: Vec<(usize, String, String)> = Vec::new();
    for (index, resource) in read.resources.iter().enumerate() {
        let value = Value::Object(resource.body.clone());
        collect(&value, String::new(), &mut |pointer, text| {
            found.push((index, pointer, text.to_owned()))
        });
    }
    if found.is_empty() {
        return;
    }
    let owners: HashMap<String, usize> = read
        .resources
        .iter()
        .enumerate()
        .filter_map(|(index, resource)| Some((fold(resource.body.get("id")?.as_str()?), index)))
        .collect();
    let wanted: Vec<Wanted> = found
        .iter()
        .filter_map(|(by, pointer, text)| {
            let of = *owners.get(&fold(address_of(text)?))?;
            Some(Wanted {
                by: *by,
                pointer: pointer.clone(),
                of,
            })
        })
        .collect();
    let mut bodies: Vec<&mut Map<String, Value>> =
        read.resources.iter_mut().map(|it| &mut it.body).collect();
    let predicted = predict(&wanted, &mut bodies);
    let mut gone = HashSet::new();
    // From the back, so that what is in front keeps its place.
    for (index, pointer, _) in found.iter().rev() {
        let known = predicted
            .get(index)
            .is_some_and(|pointers| pointers.contains(pointer));
        if !known {
            forget(read, *index, pointer, &mut gone);
        }
    }
    for (index, pointers) in predicted {
        if let Some(resource) = read.resources.get_mut(index) {
            resource.predicted.extend(pointers);
        }
    }
    read.resources.retain(|resource| !resource.body.is_empty());
}

/// Where a value is taken out: itself, or the rule that it stands in.
fn spot(resource: &Resource, pointer: &str) -> Spot {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let kind = resource.body.get("type").and_then(Value::as_str);
    let list = steps.iter().rposition(|step| RULES.contains(step));
    let position = list.and_then(|at| steps.get(at + 1)?.parse().ok());
    match (list, position) {
        (Some(at), Some(position)) => {
            let list = steps.get(..=at).unwrap_or_default().join("/");
            Spot::Rule(format!("/{list}"), position)
        }
        _ if RULES
            .iter()
            .any(|list| last(kind.unwrap_or_default()).eq_ignore_ascii_case(list)) =>
        {
            Spot::Whole
        }
        _ => Spot::Value,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Spot {
    Value,
    /// An element of a list.
    Rule(String, usize),
    /// A rule that is a resource of its own.
    Whole,
}

/// Takes out what is not known, and reports it; `gone` are the rules that are out already.
fn forget(read: &mut Read, index: usize, pointer: &str, gone: &mut HashSet<(usize, Spot)>) {
    let Some(resource) = read.resources.get_mut(index) else {
        return;
    };
    let text = |key: &str| {
        resource
            .body
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let path = pointer
        .trim_start_matches("/properties")
        .trim_start_matches('/');
    let what = format!("`{path}` of {}/{}", last(text("type")), text("name"));
    let silent = !of_the_network(text("type"), pointer);
    let spot = spot(resource, pointer);
    let mut body = Value::Object(std::mem::take(&mut resource.body));
    let reason = match &spot {
        Spot::Value => {
            if let Some(at) = body.pointer_mut(pointer) {
                *at = Value::Null;
            }
            "an expression that only a deployment evaluates"
        }
        Spot::Rule(list, position) => {
            let list = body.pointer_mut(list).and_then(Value::as_array_mut);
            if let Some(list) = list.filter(|list| *position < list.len())
                && gone.insert((index, spot.clone()))
            {
                list.remove(*position);
            }
            WITHOUT
        }
        Spot::Whole => {
            body = Value::Object(Map::new());
            WITHOUT
        }
    };
    if let Value::Object(body) = body {
        resource.body = body;
    }
    if silent {
        return;
    }
    read.left.push(Left {
        origin: resource.origin.clone(),
        what,
        reason: reason.to_owned(),
    });
}

/// Whether a value is one of the network's: a machine's password is none, though it is an expression, too.
fn of_the_network(kind: &str, pointer: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.starts_with("microsoft.network/")
        || (kind.starts_with("microsoft.compute/") && pointer.contains("/networkProfile/"))
}

const WITHOUT: &str = "an expression that only a deployment evaluates; the rule or route is left out, which would \
                       be about everything without it";

/// Calls for every expression, with its JSON pointer.
fn collect(value: &Value, pointer: String, found: &mut impl FnMut(String, &str)) {
    match value {
        Value::String(text) if is_expression(text) => found(pointer, text),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                collect(value, format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                collect(
                    value,
                    format!("{pointer}/{}", super::az::escape(key)),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// `[f(…)]`; two brackets are an escaped text.
fn is_expression(text: &str) -> bool {
    text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']') && text.contains('(')
}

/// The resource whose address an expression is.
fn address_of(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("[reference('")?;
    let (id, rest) = inner.split_once('\'')?;
    let rest = rest.trim_end_matches(']').to_ascii_lowercase();
    (rest.ends_with(".privateipaddress") || rest.ends_with(".ipaddress")).then_some(id)
}
