//! What stands in part, or is referred to, outside of what is carried over, so that nothing is to be concluded from
//! its absence: a resource that something else has, by the references back that exports give (`subnets`,
//! `networkInterfaces`, `ipConfiguration`) or since an object names it that could not be carried over; a key that
//! names what is not among the inputs; a network that only a peering tells of.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::store::Store;
use super::{Converter, names};
use crate::import::id::fold;
use crate::import::resource::Origin;
use crate::import::view::id_of;
use crate::source::Path;

/// The types that are nothing by themselves, and where their objects say who has them.
const HELD: &[(&str, &[&str])] = &[
    (
        "microsoft.network/networksecuritygroups",
        &["subnets", "networkInterfaces"],
    ),
    ("microsoft.network/routetables", &["subnets"]),
    ("microsoft.network/natgateways", &["subnets"]),
    (
        "microsoft.network/publicipaddresses",
        &["ipConfiguration", "natGateway"],
    ),
    ("microsoft.network/applicationsecuritygroups", &[]),
    (
        "microsoft.network/firewallpolicies",
        &["firewalls", "childPolicies"],
    ),
];

/// Objects that watch others and do not have them.
const WATCHING: &[&str] = &["microsoft.network/networkwatchers", "microsoft.insights/"];

impl Converter<'_> {
    /// Where in the topology all that stands.
    pub(super) fn elsewhere(&self) -> Vec<Path> {
        let mut all = held(self.store, &self.emitted);
        let mut lacking: HashMap<&Origin, Vec<&str>> = HashMap::new();
        for (origin, key) in &self.lacking {
            lacking.entry(origin).or_default().push(key);
        }
        for (path, origin) in self.origins.iter().chain(&self.parts) {
            let keys = lacking.get(origin).into_iter().flatten();
            all.extend(keys.map(|key| path.key(key)));
        }
        let strange = self.emitted.iter().filter(|(id, _)| {
            let network = id.rsplit('/').nth(1) == Some("virtualnetworks");
            network && self.store.get(id).is_none()
        });
        all.extend(strange.map(|(_, key)| Path::of(&["virtualNetworks", key])));
        all.sort();
        all
    }
}

fn held(store: &Store, emitted: &HashMap<String, String>) -> Vec<Path> {
    let mut named: HashSet<String> = HashSet::new();
    let left = store
        .items
        .iter()
        .filter(|item| !emitted.contains_key(&fold(&item.id)))
        .filter(|item| WATCHING.iter().all(|kind| !item.kind.starts_with(kind)));
    for item in left {
        mentions(&item.body, &fold(&item.id), &mut named);
    }
    let held = store.items.iter().filter_map(|item| {
        let (_, keys) = HELD.iter().find(|(kind, _)| *kind == item.kind)?;
        let (section, key) = (names::section(&item.kind)?, emitted.get(&fold(&item.id))?);
        let view = item.view();
        let told = keys
            .iter()
            .any(|key| view.id(key).is_some() || !view.ids(key).is_empty());
        (told || named.contains(&fold(&item.id))).then(|| Path::of(&[section, key]))
    });
    held.collect()
}

/// The ids that an object refers to, in lower case, without its own.
fn mentions(object: &Map<String, Value>, own: &str, named: &mut HashSet<String>) {
    for value in object.values() {
        mentions_of(value, own, named);
    }
}

fn mentions_of(value: &Value, own: &str, named: &mut HashSet<String>) {
    match value {
        Value::Object(object) => {
            let id = id_of(value).map(|id| fold(&id)).filter(|id| id != own);
            named.extend(id);
            mentions(object, own, named);
        }
        Value::Array(list) => list
            .iter()
            .for_each(|own_value| mentions_of(own_value, own, named)),
        _ => {}
    }
}
