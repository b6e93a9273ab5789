//! What most resources have in common is said once (topology-format, `defaults`).

use std::collections::HashMap;

use super::fields::Fields;
use super::store::{Item, NO_GROUP, NO_SUBSCRIPTION, Store};
use super::types;
use crate::spec::node::Node;

/// The group, the subscription and the region that most resources have.
#[derive(Debug)]
pub(super) struct Defaults {
    subscription: String,
    group: String,
    location: Option<String>,
}

impl Defaults {
    /// Those of the resources that a topology is made of.
    pub(super) fn of(store: &Store) -> Self {
        let items = || {
            let all = store.items.iter();
            // NICs go with their machines, and are many.
            let counts = |item: &&Item| {
                item.kind.matches('/').count() == 1 && !item.kind.ends_with("/networkinterfaces")
            };
            all.filter(counts)
                .filter(|item| !types::is_harmless(&item.kind))
        };
        Self {
            subscription: most(items().map(|item| item.subscription.as_str()))
                .unwrap_or(NO_SUBSCRIPTION)
                .to_owned(),
            group: most(items().map(|item| item.group.as_str()))
                .unwrap_or(NO_GROUP)
                .to_owned(),
            location: most(items().filter_map(|item| region(item))).map(str::to_owned),
        }
    }

    /// What a resource has that is not the default.
    pub(super) fn common(&self, fields: &mut Fields, key: &str, item: &Item) {
        let group = item.group.as_str();
        let in_key = key.split_once('/').is_some_and(|(head, _)| head == group);
        let differs = !group.eq_ignore_ascii_case(&self.group);
        fields.text("resourceGroup", (differs && !in_key).then_some(group));
        let subscription = item.subscription.as_str();
        let differs = !subscription.eq_ignore_ascii_case(&self.subscription);
        fields.text("subscription", differs.then_some(subscription));
        let location = region(item).filter(|location| self.location.as_deref() != Some(location));
        fields.text("location", location);
        // The id says what the key cannot.
        let own = key.rsplit('/').next().unwrap_or(key);
        fields.text("id", (own != item.name).then_some(&item.id));
    }

    /// The section.
    pub(super) fn node(&self) -> Option<Node> {
        let mut fields = Fields::default();
        let subscription = Some(&self.subscription).filter(|text| *text != NO_SUBSCRIPTION);
        fields.text("subscription", subscription);
        fields.text(
            "resourceGroup",
            Some(&self.group).filter(|text| *text != NO_GROUP),
        );
        fields.text("location", self.location.as_ref());
        match fields.node() {
            Node::Map(entries) if entries.is_empty() => None,
            node => Some(node),
        }
    }
}

/// The region of a resource; DNS zones and the like are in none.
fn region(item: &Item) -> Option<&str> {
    item.location
        .as_deref()
        .filter(|location| *location != "global")
}

/// The text that occurs most often, without case; of equally frequent ones the first.
fn most<'t>(texts: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let mut counts: HashMap<String, (usize, usize, &'t str)> = HashMap::new();
    for (position, text) in texts.enumerate() {
        let entry = counts
            .entry(text.to_ascii_lowercase())
            .or_insert((0, position, text));
        entry.0 += 1;
    }
    let best = counts
        .into_values()
        .max_by_key(|(count, position, _)| (*count, std::cmp::Reverse(*position)));
    best.map(|(_, _, text)| text)
}
