//! From resolved resources to the tree of a topology (topology-format; what each property means is on the
//! REST reference page of its type).
//!
//! Only what is named here is carried over, so that nothing else of an input can reach a topology. What has no
//! counterpart is reported, unless `known` says that it has no influence.

mod balancers;
mod defaults;
mod elsewhere;
mod endpoints;
mod fields;
mod firewall_rules;
mod firewalls;
mod gateways;
mod interfaces;
mod known;
mod machines;
mod managers;
mod names;
mod networks;
mod peerings;
mod proxies;
mod routing;
mod security;
mod store;
mod types;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::id::{ArmId, fold, last, up};
use super::resource::{Left, Origin, Read};
use super::view::View;
use crate::source::Path;
use crate::spec::SECTIONS;
use crate::spec::node::Node;
use defaults::Defaults;
use fields::Fields;
use interfaces::NicEntry;
use names::Keys;
use peerings::Stranger;
use store::{Child, Item, Parent, Store};

/// A topology out of resources.
#[derive(Debug)]
pub struct Converted {
    /// The topology's tree, its sections in the order of the format.
    pub tree: Node,
    /// Where what stands at a path came from; what is below a path came from there, too.
    pub origins: Vec<(Path, Origin)>,
    /// The same of parts of resources, which need no comment.
    pub parts: Vec<(Path, Origin)>,
    /// What is to be said of what stands at a path.
    pub notes: Vec<(Path, String)>,
    /// What has predicted values.
    pub predicted: Vec<Path>,
    /// What stands in part, or is referred to, outside of what is carried over: a resource that something else has,
    /// a key that names what is not there, a network that only a peering tells of.
    pub elsewhere: Vec<Path>,
    /// What could not be carried over.
    pub left: Vec<Left>,
    /// Of it what an object refers to and what is not there: answers are given as if it were not.
    pub missing: Vec<Left>,
}

/// Converts what was read, of all files together.
#[must_use]
pub fn convert(read: Read) -> Converted {
    let mut left = read.left;
    let store = Store::new(read.resources, &mut left);
    let mut converter = Converter {
        keys: Keys::of(&store),
        defaults: Defaults::of(&store),
        store: &store,
        emitted: HashMap::new(),
        sections: BTreeMap::new(),
        origins: Vec::new(),
        parts: Vec::new(),
        notes: Vec::new(),
        predicted: Vec::new(),
        left,
        missing: Vec::new(),
        lacking: Vec::new(),
        said: HashSet::new(),
        strange: Vec::new(),
        nics: BTreeMap::new(),
        backends: HashMap::new(),
        kept: BTreeMap::new(),
        done: HashSet::new(),
    };
    // What is referred to comes first: only what was emitted can be referred to.
    converter.public_addresses();
    converter.security_groups();
    converter.route_tables();
    converter.nat_gateways();
    converter.virtual_networks();
    converter.machines();
    converter.firewalls();
    converter.load_balancers();
    converter.application_gateways();
    converter.bastion_hosts();
    converter.gateways();
    converter.route_servers();
    converter.endpoints();
    converter.zones();
    converter.managers();
    converter.others();
    converter.finish()
}

/// The work, and what has come of it so far.
struct Converter<'s> {
    store: &'s Store,
    keys: Keys,
    defaults: Defaults,
    /// What a topology calls a resource, by its id in lower case.
    emitted: HashMap<String, String>,
    sections: BTreeMap<usize, Vec<(String, Node)>>,
    origins: Vec<(Path, Origin)>,
    parts: Vec<(Path, Origin)>,
    notes: Vec<(Path, String)>,
    predicted: Vec<Path>,
    left: Vec<Left>,
    missing: Vec<Left>,
    /// By which keys of which objects that is.
    lacking: Vec<(Origin, String)>,
    /// The same, so that nothing is said twice.
    said: HashSet<Left>,
    /// Networks that only peerings tell of.
    strange: Vec<Stranger>,
    /// The NICs of machines, by their ids in lower case.
    nics: BTreeMap<String, NicEntry>,
    /// The members of pools and the targets of NAT rules, by the id of the pool or rule in lower case.
    backends: HashMap<String, Vec<String>>,
    /// The records that private endpoints keep in their zones, by the zone's id in lower case.
    kept: endpoints::Kept,
    /// The items that have been looked at, by id in lower case.
    done: HashSet<String>,
}

impl<'s> Converter<'s> {
    /// The resources of a type, each of which is now dealt with.
    fn take(&mut self, kind: &'static str) -> Vec<&'s Item> {
        let store: &'s Store = self.store;
        let found: Vec<&'s Item> = store.of(kind).collect();
        self.done.extend(found.iter().map(|item| fold(&item.id)));
        found
    }

    /// The children of a resource, each of which is now dealt with.
    fn children(
        &mut self,
        id: &str,
        view: &View<'_>,
        origin: &Origin,
        key: &str,
        collection: &str,
    ) -> Vec<Child> {
        let parent = Parent { id, view, origin };
        let found = self.store.children(&parent, key, collection);
        self.done.extend(found.iter().map(|child| fold(&child.id)));
        found
    }

    /// Puts a resource into a section.
    fn emit(&mut self, section: &'static str, item: &Item, fields: Fields) {
        let key = self.keys.key(section, item);
        self.emit_as(section, &key, item, fields);
    }

    /// Puts a resource into a section under a key.
    fn emit_as(&mut self, section: &'static str, key: &str, item: &Item, fields: Fields) {
        let mut all = Fields::default();
        self.defaults.common(&mut all, key, item);
        let mut entries = all.entries();
        entries.extend(fields.entries());
        self.emitted.insert(fold(&item.id), key.to_owned());
        let path = Path::of(&[section, key]);
        self.foretold(&path, &item.predicted);
        self.origins.push((path, item.origin.clone()));
        self.put(section, key, Node::Map(entries));
    }

    /// Puts anything into a section.
    fn put(&mut self, section: &'static str, key: &str, node: Node) {
        let order = SECTIONS.iter().position(|known| *known == section);
        let entries = self
            .sections
            .entry(order.unwrap_or(usize::MAX))
            .or_default();
        entries.push((key.to_owned(), node));
    }

    /// What the topology calls the resource of an id, where it has it.
    fn known(&self, id: &str) -> Option<String> {
        self.emitted.get(&fold(id)).cloned()
    }

    /// The same for a key of an object; that it is not there is reported.
    fn refer(&mut self, view: &View<'_>, key: &str, of: &Object<'_>) -> Option<String> {
        let id = view.id(key)?;
        self.resolve(&id, key, of)
    }

    /// The same for several.
    fn refer_all(&mut self, view: &View<'_>, key: &str, of: &Object<'_>) -> Vec<String> {
        let ids = view.ids(key);
        ids.iter()
            .filter_map(|id| self.resolve(id, key, of))
            .collect()
    }

    /// What the topology calls the resource of an id that `key` of an object refers to.
    fn resolve(&mut self, id: &str, key: &str, of: &Object<'_>) -> Option<String> {
        let found = self.known(id).or_else(|| self.told(id, of));
        if found.is_none() {
            let what = format!("`{key}` of {}", of.what);
            let name = short(id);
            let reason = if self.store.get(id).is_some() {
                format!("`{name}` could not be carried over itself")
            } else {
                format!("`{name}` is not among the inputs")
            };
            self.leave(of.origin, what, reason);
            self.missing.extend(self.left.last().cloned());
            self.lacking.push((of.origin.clone(), key.to_owned()));
        }
        found
    }

    /// What is not among the inputs, and of which enough is known by its being referred to: an application security
    /// group is nothing but its members, and a public address is one, whichever it is.
    fn told(&mut self, id: &str, of: &Object<'_>) -> Option<String> {
        let parsed = ArmId::parse(id).filter(|_| self.store.get(id).is_none())?;
        let section = match parsed.kind.to_ascii_lowercase().as_str() {
            "microsoft.network/applicationsecuritygroups" => "applicationSecurityGroups",
            "microsoft.network/publicipaddresses" => {
                let what = short(id);
                self.leave(
                    of.origin,
                    what,
                    "it is not among the inputs; that there is one is carried over",
                );
                "publicIPAddresses"
            }
            _ => return None,
        };
        let item = Item::absent(&parsed, of.origin);
        let key = self.keys.key(section, &item);
        self.note(&[section, &key], "not among the inputs");
        self.emit_as(section, &key, &item, Fields::default());
        Some(key)
    }

    /// The subnet that something stands in, as the topology calls it; without it the whole is not carried over.
    fn home(&mut self, at: Option<&View<'_>>, of: &Object<'_>) -> Option<String> {
        let id = at.and_then(|at| at.id("subnet"));
        let found = id.as_deref().and_then(|id| self.known(id));
        if found.is_none() {
            let reason = match id {
                Some(id) if self.store.get(&id).is_some() => {
                    format!("its subnet `{}` could not be carried over", short(&id))
                }
                Some(id) => format!("its subnet `{}` is not among the inputs", short(&id)),
                None => "its subnet is not known".to_owned(),
            };
            self.leave(of.origin, of.what, reason);
        }
        found
    }

    /// Reports something.
    fn leave(&mut self, origin: &Origin, what: impl Into<String>, reason: impl Into<String>) {
        let left = Left {
            origin: origin.clone(),
            what: what.into(),
            reason: reason.into(),
        };
        if self.said.insert(left.clone()) {
            self.left.push(left);
        }
    }

    /// Reports what of an object was not asked for, unless it is known to change nothing.
    fn rest(&mut self, view: &View<'_>, kind: &str, of: &Object<'_>) {
        for (key, value) in view.unasked() {
            if let Some(reason) = known::reason(kind, key, value) {
                self.leave(of.origin, format!("`{key}` of {}", of.what), reason);
            }
        }
    }

    /// What nothing above has dealt with.
    fn others(&mut self) {
        for item in &self.store.items {
            if self.done.contains(&fold(&item.id)) || types::is_harmless(&item.kind) {
                continue;
            }
            let parent = up(&item.id, 2);
            let of = item.kind.rsplit_once('/').map_or("", |(kind, _)| kind);
            let reason = if names::section(of).is_none() || self.emitted.contains_key(&fold(parent))
            {
                types::refused(&item.kind).to_owned()
            } else if self.store.get(parent).is_some() {
                format!(
                    "`{}`, to which it belongs, could not be carried over",
                    short(parent)
                )
            } else {
                format!(
                    "`{}`, to which it belongs, is not among the inputs",
                    short(parent)
                )
            };
            self.leave(&item.origin, described(item), reason);
        }
    }

    fn finish(mut self) -> Converted {
        let mut tree: Vec<(Box<str>, Node)> = Vec::new();
        if let Some(defaults) = self.defaults.node().filter(|_| !self.sections.is_empty()) {
            tree.push(("defaults".into(), defaults));
        }
        for (order, entries) in std::mem::take(&mut self.sections) {
            let section = SECTIONS.get(order).copied().unwrap_or_default();
            let entries = entries
                .into_iter()
                .map(|(key, node)| (key.into(), node))
                .collect();
            tree.push((section.into(), Node::Map(entries)));
        }
        Converted {
            tree: Node::Map(tree),
            elsewhere: self.elsewhere(),
            origins: self.origins,
            parts: self.parts,
            notes: self.notes,
            predicted: self.predicted,
            left: self.left,
            missing: self.missing,
        }
    }
}

/// An object that is being read, for reports.
#[derive(Clone, Copy)]
struct Object<'o> {
    what: &'o str,
    origin: &'o Origin,
}

/// A resource in a report.
fn described(item: &Item) -> String {
    short(&item.id)
}

/// An id in a report: types and names, with the provider where it is an unusual one.
fn short(id: &str) -> String {
    let Some(parsed) = ArmId::parse(id) else {
        return last(id).to_owned();
    };
    let head = up(id, parsed.names.len() * 2);
    let own = id.strip_prefix(head).unwrap_or(id).trim_matches('/');
    let provider = last(head);
    let usual = ["Microsoft.Network", "Microsoft.Compute"];
    if usual
        .iter()
        .any(|known| known.eq_ignore_ascii_case(provider))
    {
        own.to_owned()
    } else {
        format!("{provider}/{own}")
    }
}
