//! The resources of a plan or state: one instance each, with the values that are known and what `configuration`
//! says of those that are not.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// A resource, or one of those that `count` and `for_each` make.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) address: String,
    /// The module it stands in, with its key: `module.net[0]`; empty for the root.
    pub(super) module: String,
    pub(super) kind: String,
    pub(super) label: String,
    /// What `count.index` or `each.key` is.
    pub(super) key: Option<String>,
    pub(super) data: bool,
    pub(super) values: Map<String, Value>,
    pub(super) sensitive: Value,
    /// What is known only after apply.
    pub(super) unknown: Value,
}

/// All of them, and the configuration that they were made from.
#[derive(Debug)]
pub(super) struct State<'d> {
    pub(super) instances: Vec<Instance>,
    pub(super) root: Option<&'d Value>,
    pub(super) variables: Option<&'d Value>,
    by_label: HashMap<(String, String, String), Vec<usize>>,
}

impl<'d> State<'d> {
    /// Of a document.
    pub(super) fn of(document: &'d Value) -> Self {
        let mut instances = Vec::new();
        let planned = document
            .get("planned_values")
            .or_else(|| document.get("values"));
        if let Some(root) = planned.and_then(|values| values.get("root_module")) {
            shown(root, "", &mut instances);
        }
        // What is only looked up has its values in the state before.
        let prior = document
            .get("prior_state")
            .and_then(|state| state.get("values"));
        if let Some(root) = prior.and_then(|values| values.get("root_module")) {
            let mut before = Vec::new();
            shown(root, "", &mut before);
            let known = |address: &str| instances.iter().any(|it: &Instance| it.address == address);
            let new: Vec<Instance> = before
                .into_iter()
                .filter(|it| it.data && !known(&it.address))
                .collect();
            instances.extend(new);
        }
        if instances.is_empty() {
            filed(document, &mut instances);
        }
        let changes = document.get("resource_changes").and_then(Value::as_array);
        let unknown: HashMap<&str, &Value> = changes
            .into_iter()
            .flatten()
            .filter_map(|change| {
                Some((
                    change.get("address")?.as_str()?,
                    change.get("change")?.get("after_unknown")?,
                ))
            })
            .collect();
        for instance in &mut instances {
            if let Some(found) = unknown.get(instance.address.as_str()) {
                instance.unknown = (*found).clone();
            }
        }
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, instance) in instances.iter().enumerate() {
            let kind = if instance.data {
                format!("data.{}", instance.kind)
            } else {
                instance.kind.clone()
            };
            by_label
                .entry((instance.module.clone(), kind, instance.label.clone()))
                .or_default()
                .push(index);
        }
        Self {
            instances,
            root: document
                .get("configuration")
                .and_then(|it| it.get("root_module")),
            variables: document.get("variables"),
            by_label,
        }
    }

    /// The instances of a resource in a module; `kind` has `data.` in front for what is only looked up.
    pub(super) fn labelled(&self, module: &str, kind: &str, label: &str) -> &[usize] {
        let key = (module.to_owned(), kind.to_owned(), label.to_owned());
        self.by_label.get(&key).map_or(&[], Vec::as_slice)
    }
}

/// A module as `terraform show -json` writes it, and those in it.
fn shown(module: &Value, address: &str, instances: &mut Vec<Instance>) {
    let list = |key: &str| {
        module
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    for resource in list("resources") {
        let text = |key: &str| {
            resource
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        instances.push(Instance {
            address: text("address"),
            module: address.to_owned(),
            kind: text("type"),
            label: text("name"),
            key: resource.get("index").and_then(key_of),
            data: text("mode") == "data",
            values: resource
                .get("values")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            sensitive: resource
                .get("sensitive_values")
                .cloned()
                .unwrap_or_default(),
            unknown: Value::Null,
        });
    }
    for child in list("child_modules") {
        let own = child
            .get("address")
            .and_then(Value::as_str)
            .unwrap_or_default();
        shown(child, own, instances);
    }
}

/// The resources of a state file.
fn filed(document: &Value, instances: &mut Vec<Instance>) {
    let list = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    for resource in list(document, "resources") {
        let text = |key: &str| {
            resource
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let data = text("mode") == "data";
        for instance in list(&resource, "instances") {
            let key = instance.get("index_key");
            let module = text("module");
            let mut address = if module.is_empty() {
                String::new()
            } else {
                format!("{module}.")
            };
            if data {
                address.push_str("data.");
            }
            address.push_str(&format!("{}.{}", text("type"), text("name")));
            match key {
                Some(Value::String(key)) => {
                    address.push_str(&format!("[{}]", Value::String(key.clone())))
                }
                Some(Value::Number(key)) => address.push_str(&format!("[{key}]")),
                _ => {}
            }
            let mut sensitive = Map::new();
            for path in list(&instance, "sensitive_attributes") {
                let first = path
                    .get(0)
                    .and_then(|step| step.get("value"))
                    .and_then(Value::as_str);
                sensitive.extend(first.map(|name| (name.to_owned(), Value::Bool(true))));
            }
            instances.push(Instance {
                address,
                module,
                kind: text("type"),
                label: text("name"),
                key: key.and_then(key_of),
                data,
                values: instance
                    .get("attributes")
                    .and_then(Value::as_object)
                    .cloned()
                    .unwrap_or_default(),
                sensitive: Value::Object(sensitive),
                unknown: Value::Null,
            });
        }
    }
}

fn key_of(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
