//! All resources by id, each once, with what they are children of.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::import::id::{ArmId, fold, up};
use crate::import::resource::{Left, Origin, Resource};
use crate::import::view::{View, entry, is_empty};

/// The subscription and group of what says neither.
pub(super) const NO_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
pub(super) const NO_GROUP: &str = "rg";

/// A resource.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// As written, or made of type and name.
    pub(super) id: String,
    /// The type in lower case.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) subscription: String,
    pub(super) group: String,
    pub(super) location: Option<String>,
    pub(super) body: Map<String, Value>,
    pub(super) origin: Origin,
    pub(super) predicted: Vec<String>,
}

impl Item {
    /// What is not among the inputs, and what of it its id tells.
    pub(super) fn absent(id: &ArmId<'_>, origin: &Origin) -> Self {
        Self {
            id: id.text.to_owned(),
            kind: id.kind.to_ascii_lowercase(),
            name: id.name().to_owned(),
            subscription: id.subscription.unwrap_or(NO_SUBSCRIPTION).to_owned(),
            group: id.group.unwrap_or(NO_GROUP).to_owned(),
            location: None,
            body: Map::new(),
            origin: origin.clone(),
            predicted: Vec::new(),
        }
    }

    /// The resource as it is read.
    pub(super) fn view(&self) -> View<'_> {
        View::of(&self.body)
    }
}

/// A resource that belongs to another: inline, of its own, or both.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) body: Map<String, Value>,
    pub(super) origin: Origin,
    /// Whether it stands by itself in the input.
    pub(super) own: bool,
    pub(super) predicted: Vec<String>,
}

/// All of them, in the order of the input.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) items: Vec<Item>,
    by_id: HashMap<String, usize>,
    children: HashMap<String, Vec<usize>>,
}

impl Store {
    /// Puts resources in; what is the same resource twice is put together.
    pub(super) fn new(resources: Vec<Resource>, left: &mut Vec<Left>) -> Self {
        let mut store = Self::default();
        for resource in resources {
            let origin = resource.origin.clone();
            match item(resource) {
                Ok(item) => store.put(item),
                Err(reason) => left.push(Left {
                    origin,
                    what: "an object".to_owned(),
                    reason: reason.to_owned(),
                }),
            }
        }
        store
    }

    fn put(&mut self, item: Item) {
        let key = fold(&item.id);
        if let Some(&known) = self.by_id.get(&key) {
            if let Some(known) = self.items.get_mut(known) {
                merge(known, item);
            }
            return;
        }
        let index = self.items.len();
        if item.kind.matches('/').count() > 1 {
            let parent = fold(up(&item.id, 2));
            self.children.entry(parent).or_default().push(index);
        }
        self.by_id.insert(key, index);
        self.items.push(item);
    }

    /// The resource of an id.
    pub(super) fn get(&self, id: &str) -> Option<&Item> {
        self.by_id
            .get(&fold(id))
            .and_then(|&index| self.items.get(index))
    }

    /// The resources of a type (in lower case).
    pub(super) fn of<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Item> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    /// What stands by itself and belongs to a resource, by the last part of its type.
    pub(super) fn own_children<'s>(
        &'s self,
        parent: &str,
        collection: &'s str,
    ) -> impl Iterator<Item = &'s Item> {
        let found = self.children.get(&fold(parent));
        let items = found
            .into_iter()
            .flatten()
            .filter_map(|&index| self.items.get(index));
        items.filter(move |item| {
            let last = item.kind.rsplit('/').next().unwrap_or_default();
            last.eq_ignore_ascii_case(collection)
        })
    }

    /// The children of a resource, inline (under `key`) and of their own; the latter win.
    pub(super) fn children(&self, parent: &Parent<'_>, key: &str, collection: &str) -> Vec<Child> {
        let mut found: Vec<Child> = Vec::new();
        let pointer = parent.view.pointer(key);
        for (index, value) in parent.view.list(key).into_iter().enumerate() {
            let Some(body) = value.as_object() else {
                continue;
            };
            let stated = entry(body, "id").and_then(Value::as_str);
            let name = entry(body, "name")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let name = name
                .or_else(|| stated.map(|id| crate::import::id::last(id).to_owned()))
                .unwrap_or_else(|| format!("{collection}-{index}"));
            let id = format!("{}/{collection}/{name}", parent.id);
            // A reference to a child that stands elsewhere says nothing of it.
            if body
                .keys()
                .all(|key| ["id", "resourceGroup"].contains(&key.as_str()))
            {
                continue;
            }
            found.push(Child {
                id: stated.map_or(id, str::to_owned),
                name,
                body: body.clone(),
                origin: inside(parent.origin, pointer.as_deref(), index),
                own: false,
                predicted: Vec::new(),
            });
        }
        for item in self.own_children(parent.id, collection) {
            let own = Child {
                name: item.name.clone(),
                id: item.id.clone(),
                body: item.body.clone(),
                origin: item.origin.clone(),
                own: true,
                predicted: item.predicted.clone(),
            };
            let same = |child: &&mut Child| child.name.eq_ignore_ascii_case(&own.name);
            match found.iter_mut().find(same) {
                Some(inline) => {
                    let mut merged = own.clone();
                    fill(&mut merged.body, &inline.body);
                    *inline = merged;
                }
                None => found.push(own),
            }
        }
        found
    }
}

/// Where the element of a list stands that is at a pointer of an object. Terraform's addresses say no more than
/// which resource it is.
fn inside(origin: &Origin, pointer: Option<&str>, index: usize) -> Origin {
    let Origin { file, place } = origin;
    let place = match pointer {
        Some(pointer) if place.is_empty() || place.starts_with('/') => {
            format!("{place}{pointer}/{index}")
        }
        _ => place.clone(),
    };
    Origin {
        file: file.clone(),
        place,
    }
}

/// What children are looked for of.
pub(super) struct Parent<'p> {
    pub(super) id: &'p str,
    pub(super) view: &'p View<'p>,
    pub(super) origin: &'p Origin,
}

/// A resource with its id, or why it has none.
fn item(resource: Resource) -> Result<Item, &'static str> {
    let Resource {
        body,
        origin,
        predicted,
    } = resource;
    let text = |key: &str| {
        entry(&body, key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let stated = text("id").filter(|id| ArmId::parse(id).is_some());
    let id = match stated {
        Some(id) => id.trim_end_matches('/').to_owned(),
        None => {
            let (Some(kind), Some(name)) = (text("type"), text("name")) else {
                return Err("it has no `id` that could be read, and not both `type` and `name`");
            };
            let group = text("resourceGroup").unwrap_or(NO_GROUP);
            let scope = text("subscriptionId").unwrap_or(NO_SUBSCRIPTION);
            let mut types = kind.split('/');
            let mut id = format!(
                "/subscriptions/{scope}/resourceGroups/{group}/providers/{}",
                types.next().unwrap_or_default()
            );
            let count = kind.split('/').count() - 1;
            let names: Vec<&str> = if count > 1 {
                name.split('/').collect()
            } else {
                vec![name]
            };
            if names.len() != count {
                return Err("its `name` has not as many parts as its `type`");
            }
            for (kind, name) in types.zip(names) {
                id = format!("{id}/{kind}/{name}");
            }
            id
        }
    };
    let parsed = ArmId::parse(&id).ok_or("its `id` cannot be read")?;
    let stated_kind = text("type").filter(|kind| kind.contains('/'));
    Ok(Item {
        kind: stated_kind.unwrap_or(&parsed.kind).to_ascii_lowercase(),
        name: parsed.name().to_owned(),
        subscription: parsed.subscription.unwrap_or(NO_SUBSCRIPTION).to_owned(),
        group: parsed.group.unwrap_or(NO_GROUP).to_owned(),
        location: text("location").map(location),
        id: id.clone(),
        body,
        origin,
        predicted,
    })
}

/// A region as ARM spells it: `West Europe` is `westeurope`.
pub(super) fn location(text: &str) -> String {
    text.to_ascii_lowercase().replace(' ', "")
}

/// The same resource from two inputs: what the first does not say is taken from the second.
fn merge(known: &mut Item, other: Item) {
    let says = |item: &Item| {
        let properties = entry(&item.body, "properties").and_then(Value::as_object);
        item.body.len() + properties.map_or(0, Map::len)
    };
    let (mut more, less) = if says(&other) > says(known) {
        (other, known.clone())
    } else {
        (known.clone(), other)
    };
    fill(&mut more.body, &less.body);
    more.location = more.location.or(less.location);
    *known = more;
}

/// Takes from another object what one does not say.
fn fill(body: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (key, value) in other {
        if is_empty(value) {
            continue;
        }
        if key.eq_ignore_ascii_case("properties") {
            let target = body
                .entry("properties")
                .or_insert_with(|| Value::Object(Map::new()));
            if let (Some(target), Some(value)) = (target.as_object_mut(), value.as_object()) {
                fill(target, value);
            }
        } else if View::of(body).get(key).is_none() {
            body.insert(key.clone(), value.clone());
        }
    }
}
