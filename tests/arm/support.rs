//! What the tests of ARM templates share.

use std::collections::BTreeMap;

use dryhop::import::arm::{Options, ParameterFile, read};
use dryhop::import::{Read, Resource};
use serde_json::{Value, json};

/// Evaluates a template with the parameters of the files.
pub fn evaluated(text: &str, parameters: &[&str]) -> Read {
    let parameters: Vec<ParameterFile> = parameters
        .iter()
        .map(|text| ParameterFile::read("parameters.json", text).unwrap())
        .collect();
    read("main.json", text, &parameters, &Options::default()).unwrap()
}

/// A template for a resource group with the members given.
pub fn template(members: &Value) -> String {
    let mut template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
    });
    for (key, value) in members.as_object().unwrap() {
        template[key] = value.clone();
    }
    template.to_string()
}

/// The value of a tree of expressions in a template with the members given, or why there is none.
pub fn value_in(members: &Value, tree: &Value) -> Result<Value, String> {
    let mut members = members.clone();
    members["resources"] = json!([
        { "type": "Test.Test/values", "name": "it", "apiVersion": "1", "properties": { "v": tree } }
    ]);
    let read = evaluated(&template(&members), &[]);
    let of = |resource: &Resource| resource.body["properties"].get("v").cloned();
    match read.resources.first().and_then(of) {
        Some(value) => Ok(value),
        None => Err(read.left[0].reason.clone()),
    }
}

/// The value of an expression.
pub fn value(expression: &str) -> Result<Value, String> {
    value_in(&json!({}), &json!(format!("[{expression}]")))
}

/// How many resources of each type there are; types without the namespace `Microsoft.Network`.
pub fn counts(read: &Read) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for resource in &read.resources {
        let kind = resource.body["type"].as_str().unwrap();
        let kind = kind.strip_prefix("Microsoft.Network/").unwrap_or(kind);
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

/// The resource whose id ends so.
pub fn resource<'a>(read: &'a Read, end: &str) -> &'a Resource {
    let found = read
        .resources
        .iter()
        .find(|one| one.body["id"].as_str().unwrap().ends_with(end));
    found.unwrap_or_else(|| panic!("no resource ends in {end}: {:?}", read.left))
}

/// Expressions and what they give.
pub fn hold(rows: &[(&str, Value)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(expression, expected)| {
            let came = value(expression);
            (came.as_ref() != Ok(expected)).then(|| format!("{expression}\n  gives {came:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Expressions that have no value, and why.
pub fn fail(rows: &[(&str, &str)]) {
    for (expression, reason) in rows {
        assert_eq!(value(expression).unwrap_err(), *reason, "{expression}");
    }
}

/// What was left: place, what and reason.
pub fn left(read: &Read) -> Vec<(&str, &str, &str)> {
    let all = read.left.iter();
    all.map(|left| {
        (
            left.origin.place.as_str(),
            left.what.as_str(),
            left.reason.as_str(),
        )
    })
    .collect()
}
