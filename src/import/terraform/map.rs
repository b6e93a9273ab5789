//! From a resource of Terraform's to the ARM resource that it makes, by the tables.

use serde_json::{Map, Value, json};

use super::ids::Ids;
use super::instances::{Instance, State};
use super::links::Target;
use super::tables::{Attr, Table, To};
use crate::import::id::ArmId;
use crate::import::predict::Wanted;
use crate::import::view::is_empty;

/// Maps resources; what could not be mapped is collected.
pub(super) struct Mapper<'s, 'd> {
    state: &'s State<'d>,
    ids: &'s Ids,
    /// What could not be carried over: what stands before the address, and the reason.
    pub(super) left: Vec<(String, String)>,
    pub(super) wanted: Vec<Wanted>,
    /// Whether something of the rule that is being read cannot be told.
    spoiled: bool,
}

/// Where a value is mapped.
#[derive(Clone, Copy)]
struct At<'a> {
    index: usize,
    /// The attributes that lead to the block.
    path: &'a [&'a str],
    /// The positions of the blocks.
    blocks: &'a [usize],
    /// Whether it is a rule or a route, which would be about everything without what is not known.
    rule: bool,
    /// What leads to the object in the body: a JSON pointer.
    pointer: &'a str,
    /// Whether it is a platform service.
    platform: bool,
}

/// A block that is being read.
#[derive(Clone, Copy)]
struct Part<'p> {
    attr: &'p Attr,
    attrs: &'p [Attr],
    value: &'p Value,
    sensitive: Option<&'p Value>,
    block: usize,
}

const NO_REFERENCE: &str = "what it leads to is known only after apply, and no reference tells it";
const SEVERAL: &str = "it could lead to several resources, and which is known only after apply";
const AFTER_APPLY: &str = "it is known only after apply";

/// Blocks that are rules or routes.
const RULES: [&str; 3] = ["security_rule", "route", "rule"];

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
            spoiled: false,
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
            let linked = self.address_target(instance, &[attribute], &[]).is_some();
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
            blocks: &[],
            rule: !table.needed.is_empty(),
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
        if std::mem::take(&mut self.spoiled) {
            let reason = "without what is known only after apply it would be about everything";
            self.left.push((String::new(), reason.to_owned()));
            return None;
        }
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
            let targets = self.state.targets(instance, &["location"], &[]);
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
            if value
                .as_array()
                .is_some_and(|values| values.contains(&Value::Null))
            {
                self.leave(at, key, "one of its values is known only after apply");
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
                    let pointer = next(at.pointer, path, out);
                    let part = Part {
                        attr,
                        attrs,
                        value,
                        sensitive: sensitive.get(block),
                        block,
                    };
                    let made = self.block(part, at, &pointer);
                    append(out, path, made.map(Value::Object).into_iter().collect());
                }
            }
            To::One(path, attrs) => {
                let Some(value) = list(value).first() else {
                    return;
                };
                let pointer = format!("{}/{}", at.pointer, path.replace('.', "/"));
                let part = Part {
                    attr,
                    attrs,
                    value,
                    sensitive: sensitive.get(0),
                    block: 0,
                };
                match self.block(part, at, pointer.trim_end_matches('/')) {
                    Some(made) if path.is_empty() => out.extend(made),
                    Some(made) => put(out, path, Value::Object(made)),
                    None => {}
                }
            }
            To::Collections(kind, attrs) => {
                for (block, value) in list(value).iter().enumerate() {
                    let pointer = next(at.pointer, "ruleCollections", out);
                    let part = Part {
                        attr,
                        attrs,
                        value,
                        sensitive: sensitive.get(block),
                        block,
                    };
                    if let Some(made) = self.block(part, at, &pointer) {
                        append(out, "ruleCollections", vec![collection(kind, made)]);
                    }
                }
            }
        }
    }

    /// A block; `None` for a rule of which something cannot be told.
    fn block(&mut self, part: Part<'_>, at: At<'_>, pointer: &str) -> Option<Map<String, Value>> {
        let mut path = at.path.to_vec();
        path.push(part.attr.name);
        let mut blocks = at.blocks.to_vec();
        blocks.push(part.block);
        let rule = RULES.contains(&part.attr.name);
        let within = At {
            index: at.index,
            path: &path,
            blocks: &blocks,
            rule: rule || at.rule,
            pointer,
            platform: at.platform,
        };
        let mut made = Map::new();
        let values = part.value.as_object()?;
        if let Some(name) = values.get("name").filter(|name| !is_empty(name)) {
            made.insert("name".to_owned(), name.clone());
        }
        let wanted = self.wanted.len();
        let marks = part.sensitive.unwrap_or(&Value::Null);
        self.object(values, marks, part.attrs, within, &mut made);
        if rule && std::mem::take(&mut self.spoiled) {
            self.wanted.truncate(wanted);
            let name = values
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let what = format!("the rule or route `{name}` of ");
            let reason = "without what is known only after apply it would be about everything";
            self.left.push((what, reason.to_owned()));
            return None;
        }
        Some(made)
    }

    /// An attribute without a value: its expression may tell what it will lead to.
    fn missing(&mut self, attr: &Attr, at: At<'_>, out: &mut Map<String, Value>) {
        let Some(instance) = self.state.instances.get(at.index) else {
            return;
        };
        let mut path = at.path.to_vec();
        path.push(attr.name);
        let unknown = is_unknown_at(instance, &path, at.blocks);
        let given = unknown && self.state.is_given(instance, &path, at.blocks);
        // Dynamic blocks are in no configuration; a rule's block has nothing that is computed.
        let told = given || (unknown && at.rule && !at.path.is_empty());
        let links = |kinds| {
            self.ids
                .links(self.state, at.index, &path, at.blocks, kinds)
        };
        match attr.to {
            To::Link(key, kinds) | To::Text(key, kinds) => match links(kinds).as_slice() {
                [id] if matches!(attr.to, To::Text(..)) => put(out, key, json!(id)),
                [id] => put(out, key, json!({ "id": id })),
                [] if given => self.untold(at, attr.name, NO_REFERENCE),
                [] => {}
                _ => self.untold(at, attr.name, SEVERAL),
            },
            To::Links(key, kinds) => {
                let ids = links(kinds);
                if ids.is_empty() && given {
                    self.untold(at, attr.name, NO_REFERENCE);
                }
                append(out, key, ids.iter().map(|id| json!({ "id": id })).collect());
            }
            To::Address(key) => match self.address_target(instance, &path, at.blocks) {
                Some(of) => self.wanted.push(Wanted {
                    by: at.index,
                    pointer: format!("{}/{}", at.pointer, key.replace('.', "/")),
                    of,
                }),
                None if told => self.untold(at, attr.name, AFTER_APPLY),
                None => {}
            },
            To::Keep(_) | To::Wrap(..) | To::Blocks(..) if told && at.rule => {
                self.untold(at, attr.name, AFTER_APPLY);
            }
            _ => {}
        }
    }

    /// Reports what cannot be told; a rule is not carried over without it.
    fn untold(&mut self, at: At<'_>, attribute: &str, reason: &str) {
        self.leave(at, attribute, reason);
        self.spoiled |= at.rule;
    }

    /// The resource whose address an attribute will hold.
    fn address_target(
        &self,
        instance: &Instance,
        path: &[&str],
        blocks: &[usize],
    ) -> Option<usize> {
        let targets = self.state.targets(instance, path, blocks);
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
                && self.state.is_given(instance, &[attr.name], &[]);
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

fn is_unknown_at(instance: &Instance, path: &[&str], blocks: &[usize]) -> bool {
    let mut at = &instance.unknown;
    for (depth, step) in path.iter().enumerate() {
        let Some(next) = at.get(step) else {
            return false;
        };
        at = next;
        if depth + 1 < path.len()
            && let Some(all) = at.as_array()
        {
            let index = blocks.get(depth).copied().unwrap_or(0);
            let Some(next) = all.get(index) else {
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

/// The pointer to what will be put behind the list at a dotted path.
fn next(pointer: &str, path: &str, out: &Map<String, Value>) -> String {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|step| out.get(step));
    let list = steps.fold(first, |at, step| at?.get(step));
    let count = list.and_then(Value::as_array).map_or(0, Vec::len);
    format!("{pointer}/{}/{count}", path.replace('.', "/"))
}

/// A rule collection, with the type of its rules.
fn collection(kind: &str, mut made: Map<String, Value>) -> Value {
    let rules = made.get_mut("rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_object_mut) {
        rule.insert("ruleType".to_owned(), json!(kind));
    }
    if kind == "NatRule" {
        let nat = json!("FirewallPolicyNatRuleCollection");
        made.insert("ruleCollectionType".to_owned(), nat);
    }
    Value::Object(made)
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
