//! From a resource of Terraform's to the ARM resource that it makes, by the tables.

use serde_json::{Map, Value, json};

use super::ids::Ids;
use super::instances::{Instance, State};
use super::links::Target;
use super::tables::{Attr, Table, To};
use crate::import::id::ArmId;
use crate::import::view::is_empty;

/// An address that something depends on, and that is known only after apply.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Who depends on it, and where it goes in its body: a JSON pointer.
    pub(super) by: usize,
    pub(super) pointer: String,
    /// Whose address it is.
    pub(super) of: usize,
}

/// Maps resources; what could not be mapped is collected.
pub(super) struct Mapper<'s, 'd> {
    state: &'s State<'d>,
    ids: &'s Ids,
    /// What could not be carried over: what stands before the address, and the reason.
    pub(super) left: Vec<(String, String)>,
    pub(super) wanted: Vec<Wanted>,
}

/// Where a value is mapped.
#[derive(Clone, Copy)]
struct At<'a> {
    index: usize,
    /// The attributes that lead to the block.
    path: &'a [&'a str],
    /// The position of the block.
    block: usize,
    /// What leads to the object in the body: a JSON pointer.
    pointer: &'a str,
    /// Whether it is a platform service.
    platform: bool,
}

/// Attributes that every resource may have, without influence or dealt with here.
const COMMON: &[&str] = &[
    "id",
    "name",
    "resource_group_name",
    "location",
    "tags",
    "timeouts",
    "etag",
    "guid",
    "unique_id",
];

impl<'s, 'd> Mapper<'s, 'd> {
    /// For the resources of a state.
    pub(super) const fn new(state: &'s State<'d>, ids: &'s Ids) -> Self {
        Self {
            state,
            ids,
            left: Vec::new(),
            wanted: Vec::new(),
        }
    }

    /// The ARM resource of an instance; `None` where it cannot be told which.
    pub(super) fn resource(&mut self, index: usize, table: &Table) -> Option<Map<String, Value>> {
        let instance = self.state.instances.get(index)?;
        let Some(id) = self.ids.get(index).filter(|id| ArmId::parse(id).is_some()) else {
            self.left
                .push((String::new(), "what it belongs to is not known".to_owned()));
            return None;
        };
        if self.ids.owner(id) != Some(index) {
            // A data source of what the plan makes itself.
            return None;
        }
        if let Some(attribute) = table
            .needed
            .iter()
            .find(|attribute| is_unknown(instance, attribute))
        {
            let linked = self.address_target(instance, &[attribute], 0).is_some();
            if !linked {
                self.left.push((
                    String::new(),
                    format!("its `{attribute}` is known only after apply"),
                ));
                return None;
            }
        }
        let mut body = Map::new();
        body.insert("id".to_owned(), json!(id));
        body.insert("type".to_owned(), json!(table.arm));
        body.insert("name".to_owned(), json!(ArmId::parse(id)?.name()));
        if let Some(location) = self.location(instance) {
            body.insert("location".to_owned(), json!(location));
        }
        let at = At {
            index,
            path: &[],
            block: 0,
            pointer: "/properties",
            platform: !["Microsoft.Network/", "Microsoft.Compute/"]
                .iter()
                .any(|known| table.arm.starts_with(known)),
        };
        let mut properties = Map::new();
        self.object(
            &instance.values,
            &instance.sensitive,
            table.attrs,
            at,
            &mut properties,
        );
        self.unknown(instance, table.attrs);
        for key in ["sku", "zones"] {
            if let Some(value) = properties.remove(key) {
                body.insert(key.to_owned(), value);
            }
        }
        body.insert("properties".to_owned(), Value::Object(properties));
        Some(body)
    }

    fn location(&self, instance: &Instance) -> Option<String> {
        let stated = instance.values.get("location").and_then(Value::as_str);
        stated.map(str::to_owned).or_else(|| {
            let targets = self.state.targets(instance, &["location"], 0);
            targets.into_iter().find_map(|target| match target {
                Target::Instance(index, _) => {
                    let values = &self.state.instances.get(index)?.values;
                    values.get("location")?.as_str().map(str::to_owned)
                }
                Target::Literal(value) => value.as_str().map(str::to_owned),
            })
        })
    }

    /// An object's attributes, by a table.
    fn object(
        &mut self,
        values: &Map<String, Value>,
        sensitive: &Value,
        attrs: &[Attr],
        at: At<'_>,
        out: &mut Map<String, Value>,
    ) {
        for (key, value) in values {
            if is_empty(value) {
                continue;
            }
            let attr = attrs.iter().find(|attr| attr.name == key);
            let Some(attr) = attr else {
                // Of a platform service only the way to it is carried over.
                let common = COMMON.contains(&key.as_str()) || at.platform;
                if !common && !matches!(value, Value::Bool(false)) {
                    self.leave(at, key, "it is not known what it does");
                }
                continue;
            };
            if sensitive.get(key) == Some(&Value::Bool(true)) && !matches!(attr.to, To::None) {
                self.leave(at, key, "it is marked as sensitive");
                continue;
            }
            let marks = sensitive.get(key).unwrap_or(&Value::Null);
            self.value(attr, value, marks, at, out);
        }
        // What is known only after apply has no value; its expression tells what it will be.
        for attr in attrs {
            if values.get(attr.name).is_none_or(is_empty) {
                self.missing(attr, at, out);
            }
        }
    }

    fn value(
        &mut self,
        attr: &Attr,
        value: &Value,
        sensitive: &Value,
        at: At<'_>,
        out: &mut Map<String, Value>,
    ) {
        match attr.to {
            To::None => {}
            To::Keep(path) | To::Address(path) => put(out, path, value.clone()),
            To::Left(reason) => {
                if !matches!(value, Value::Bool(false)) {
                    self.leave(at, attr.name, reason);
                }
            }
            To::LeftUnless(harmless, reason) => {
                if value.as_str() != Some(harmless) {
                    self.leave(at, attr.name, reason);
                }
            }
            To::Not(path) => put(out, path, json!(value.as_bool() != Some(true))),
            To::Word(path, yes, no) => put(
                out,
                path,
                json!(if value.as_bool() == Some(true) {
                    yes
                } else {
                    no
                }),
            ),
            To::Wrap(path, key) => {
                let all = list(value)
                    .iter()
                    .map(|value| json!({ key: value }))
                    .collect();
                append(out, path, all);
            }
            To::Link(path, _) | To::Name(path) => put(out, path, json!({ "id": value })),
            To::Links(path, _) => {
                let all: Vec<Value> = list(value).iter().map(|id| json!({ "id": id })).collect();
                append(out, path, all);
            }
            To::Text(path, _) => put(out, path, value.clone()),
            To::Blocks(path, attrs) => {
                for (block, value) in list(value).iter().enumerate() {
                    let made = self.block(
                        attr,
                        attrs,
                        value,
                        sensitive.get(block),
                        at,
                        block,
                        &format!("{}/{}/{block}", at.pointer, path.replace('.', "/")),
                    );
                    append(out, path, vec![Value::Object(made)]);
                }
            }
            To::One(path, attrs) => {
                if let Some(value) = list(value).first() {
                    let pointer = format!("{}/{}", at.pointer, path.replace('.', "/"));
                    let made = self.block(
                        attr,
                        attrs,
                        value,
                        sensitive.get(0),
                        at,
                        0,
                        pointer.trim_end_matches('/'),
                    );
                    if path.is_empty() {
                        out.extend(made);
                    } else {
                        put(out, path, Value::Object(made));
                    }
                }
            }
            To::Collections(kind, attrs) => {
                for (block, value) in list(value).iter().enumerate() {
                    let so_far = out
                        .get("ruleCollections")
                        .and_then(Value::as_array)
                        .map_or(0, Vec::len);
                    let pointer = format!("{}/ruleCollections/{so_far}", at.pointer);
                    let mut made = self.block(
                        attr,
                        attrs,
                        value,
                        sensitive.get(block),
                        at,
                        block,
                        &pointer,
                    );
                    for rule in made
                        .get_mut("rules")
                        .and_then(Value::as_array_mut)
                        .into_iter()
                        .flatten()
                    {
                        if let Some(rule) = rule.as_object_mut() {
                            rule.insert("ruleType".to_owned(), json!(kind));
                        }
                    }
                    if kind == "NatRule" {
                        made.insert(
                            "ruleCollectionType".to_owned(),
                            json!("FirewallPolicyNatRuleCollection"),
                        );
                    }
                    append(out, "ruleCollections", vec![Value::Object(made)]);
                }
            }
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "where a block stands takes that many words"
    )]
    fn block(
        &mut self,
        attr: &Attr,
        attrs: &[Attr],
        value: &Value,
        sensitive: Option<&Value>,
        at: At<'_>,
        block: usize,
        pointer: &str,
    ) -> Map<String, Value> {
        let mut made = Map::new();
        let mut path = at.path.to_vec();
        path.push(attr.name);
        let within = At {
            index: at.index,
            path: &path,
            block,
            pointer,
            platform: at.platform,
        };
        if let Some(values) = value.as_object() {
            if let Some(name) = values.get("name").filter(|name| !is_empty(name)) {
                made.insert("name".to_owned(), name.clone());
            }
            self.object(
                values,
                sensitive.unwrap_or(&Value::Null),
                attrs,
                within,
                &mut made,
            );
        }
        made
    }

    /// An attribute without a value: its expression may tell what it will lead to.
    fn missing(&mut self, attr: &Attr, at: At<'_>, out: &mut Map<String, Value>) {
        let Some(instance) = self.state.instances.get(at.index) else {
            return;
        };
        let mut path = at.path.to_vec();
        path.push(attr.name);
        match attr.to {
            To::Link(key, kinds) | To::Text(key, kinds) => {
                let ids = self.ids.links(self.state, at.index, &path, at.block, kinds);
                match ids.as_slice() {
                    [id] if matches!(attr.to, To::Text(..)) => put(out, key, json!(id)),
                    [id] => put(out, key, json!({ "id": id })),
                    [] if is_unknown_at(instance, &path, at.block)
                        && self.state.is_given(instance, &path, at.block) =>
                    {
                        self.leave(
                            at,
                            attr.name,
                            "what it leads to is known only after apply, and no reference tells it",
                        );
                    }
                    [] => {}
                    _ => self.leave(
                        at,
                        attr.name,
                        "it could lead to several resources, and which is known only after apply",
                    ),
                }
            }
            To::Links(key, kinds) => {
                let ids = self.ids.links(self.state, at.index, &path, at.block, kinds);
                let given = self.state.is_given(instance, &path, at.block);
                if ids.is_empty() && given && is_unknown_at(instance, &path, at.block) {
                    self.leave(
                        at,
                        attr.name,
                        "what it leads to is known only after apply, and no reference tells it",
                    );
                }
                append(out, key, ids.iter().map(|id| json!({ "id": id })).collect());
            }
            To::Address(key) => {
                if let Some(of) = self.address_target(instance, &path, at.block) {
                    let pointer = format!("{}/{}", at.pointer, key.replace('.', "/"));
                    self.wanted.push(Wanted {
                        by: at.index,
                        pointer,
                        of,
                    });
                }
            }
            _ => {}
        }
    }

    /// The resource whose address an attribute will hold.
    fn address_target(&self, instance: &Instance, path: &[&str], block: usize) -> Option<usize> {
        let targets = self.state.targets(instance, path, block);
        targets.into_iter().find_map(|target| match target {
            Target::Instance(index, attribute) if attribute.contains("address") => Some(index),
            _ => None,
        })
    }

    /// Reports attributes that the configuration gives and that are known only after apply.
    fn unknown(&mut self, instance: &Instance, attrs: &[Attr]) {
        for attr in attrs {
            let telling = matches!(
                attr.to,
                To::Keep(_)
                    | To::Not(_)
                    | To::Word(..)
                    | To::Blocks(..)
                    | To::One(..)
                    | To::Wrap(..)
                    | To::Collections(..)
            );
            let given = telling
                && is_unknown(instance, attr.name)
                && self.state.is_given(instance, &[attr.name], 0);
            if given {
                let what = format!("`{}` of ", attr.name);
                self.left
                    .push((what, "it is known only after apply".to_owned()));
            }
        }
    }

    fn leave(&mut self, at: At<'_>, attribute: &str, reason: &str) {
        let path: Vec<&str> = at.path.iter().copied().chain([attribute]).collect();
        self.left
            .push((format!("`{}` of ", path.join(".")), reason.to_owned()));
    }
}

/// Whether an attribute is known only after apply.
pub(super) fn is_unknown(instance: &Instance, attribute: &str) -> bool {
    match instance.unknown.get(attribute) {
        Some(Value::Bool(unknown)) => *unknown,
        Some(Value::Array(parts)) => parts.iter().any(|part| part == &Value::Bool(true)),
        _ => false,
    }
}

fn is_unknown_at(instance: &Instance, path: &[&str], block: usize) -> bool {
    let mut at = &instance.unknown;
    for (depth, step) in path.iter().enumerate() {
        let Some(next) = at.get(step) else {
            return false;
        };
        at = next;
        if depth + 1 < path.len()
            && let Some(blocks) = at.as_array()
        {
            let Some(next) = blocks.get(block).or_else(|| blocks.first()) else {
                return false;
            };
            at = next;
        }
    }
    at == &Value::Bool(true)
        || at
            .as_array()
            .is_some_and(|parts| parts.contains(&Value::Bool(true)))
}

/// A list as it is; a single value as a list of one.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        single => std::slice::from_ref(single),
    }
}

/// Puts a value at a dotted path.
pub(super) fn put(out: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            out.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = out.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// Puts values behind those of the list at a dotted path.
pub(super) fn append(out: &mut Map<String, Value>, path: &str, values: Vec<Value>) {
    if values.is_empty() {
        return;
    }
    match path.split_once('.') {
        None => {
            let list = out.entry(path).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.extend(values);
            }
        }
        Some((head, rest)) => {
            let inner = out.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if let Some(inner) = inner.as_object_mut() {
                append(inner, rest, values);
            }
        }
    }
}
