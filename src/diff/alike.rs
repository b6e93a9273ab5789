//! What need not be walked from every machine: machines between which everything goes as it did, as one walk on
//! both sides says of all of them that are in each other's place.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::compare::Sides;
use super::trail::{Trails, Ways};
use super::world::{Key, World};
use crate::engine::{Both, End, FlowSet, latency};
use crate::net::AddressSet;
use crate::network::{FixtureKind, Id, Nic, Place};

/// With fewer machines each takes walks of its own.
const WORTH: usize = 2;

/// For each start the destinations to which everything goes from it as it did, and takes as long.
#[derive(Debug, Default)]
pub struct Alike(HashMap<Key, Arc<AddressSet>>);

impl Alike {
    /// Of both sides. Where `timed`, a way may take longer than it took though it is the same; where `ruled`,
    /// a firewall may decide by another rule.
    pub fn of(sides: &Sides<'_, '_>, timed: bool, ruled: bool) -> Self {
        let worlds = [sides.before, sides.after];
        let [old, new] = worlds.map(World::network);
        if timed && old.latency != new.latency {
            return Self::default();
        }
        let late = timed.then(|| late(worlds, ruled));
        let is_late = |label: &Key| late.as_ref().is_some_and(|late| late.contains(label));
        let mut keys: HashMap<Id<Nic>, &Key> = HashMap::new();
        for (key, start) in &sides.after.starts {
            let was = sides.before.starts.get(key);
            if let (Some(nic), Some(address)) = (start.nic(), start.addresses.first())
                && was.is_some_and(|was| was.nic().is_some() && was.addresses == start.addresses)
                && sides.seen.keeps(address)
                && sides
                    .after
                    .labels
                    .get(&Place::Nic(nic))
                    .is_some_and(|own| !is_late(own))
            {
                keys.insert(nic, key);
            }
        }
        if keys.len() < WORTH {
            return Self::default();
        }
        let common = keys.iter().filter_map(|(nic, key)| {
            let was = sides.before.starts.get(*key)?.nic()?;
            let labels = [(sides.before, was), (sides.after, *nic)];
            let [a, b] = labels.map(|(own, nic)| own.labels.get(&Place::Nic(nic)));
            (a == b).then_some([was, *nic])
        });
        let both = Both::of(worlds.map(|own| &own.engine), common);
        let found = both.alike(&Ways::default(), &|ends| {
            let [was, is] = [0, 1].map(|side: usize| trails(worlds[side], ends[side]));
            was == is && !was.keys().any(|own| own.places().any(is_late))
        });
        let members: Vec<_> = both.members().collect();
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); members.len()];
        for (number, block) in found.iter().enumerate() {
            for at in &block.from {
                if let Some(own) = own.get_mut(*at as usize) {
                    own.push(number);
                }
            }
        }
        let mut known: HashMap<Vec<usize>, Arc<AddressSet>> = HashMap::new();
        let mut all = HashMap::new();
        for (([_, nic], _), own) in members.iter().zip(own) {
            let Some(key) = keys.get(nic).filter(|_| !own.is_empty()) else {
                continue;
            };
            let addresses = known.entry(own).or_insert_with_key(|own| {
                let blocks = own.iter().filter_map(|number| found.get(*number));
                let to = blocks.flat_map(|block| &block.to);
                let to = to.filter_map(|at| members.get(*at as usize));
                Arc::new(AddressSet::of_addresses(to.map(|(_, address)| *address)))
            });
            all.insert(Key::clone(key), Arc::clone(addresses));
        }
        Self(all)
    }

    /// Where everything goes as it did from a start.
    pub fn from(&self, key: &str) -> Option<&AddressSet> {
        self.0.get(key).map(|own| &**own)
    }
}

/// The flows that get through, by the ways that they take.
fn trails<'s>(world: &World<'_>, ends: &[End<FlowSet<'s>>]) -> IndexMap<Trails, FlowSet<'s>> {
    let mut found: IndexMap<Trails, FlowSet<'s>> = IndexMap::new();
    for end in ends {
        for (trails, part) in Trails::of(&world.labels, world.network(), end) {
            let known = found.entry(trails).or_insert(part);
            *known = known.union(&part);
        }
    }
    found
}

/// The labels of places by which a way may take longer than it took.
fn late(worlds: [&World<'_>; 2], ruled: bool) -> HashSet<Key> {
    let mut late = HashSet::new();
    let [was, is] = worlds.map(|world| {
        let mut timed: HashMap<&Key, (Place, u32)> = HashMap::new();
        for (place, label) in &world.labels {
            timed.entry(label).or_insert((*place, 0)).1 += 1;
        }
        timed
    });
    for (label, (new, count)) in &is {
        let old = was.get(label);
        let [before, after] = worlds.map(World::network);
        let firewall = matches!(new, Place::Fixture(id)
            if matches!(after.fixtures[*id].kind, FixtureKind::AzureFirewall(_)));
        let same = match new {
            Place::Nic(_) | Place::Fixture(_) | Place::Network(_) => {
                old.is_some_and(|(old, same)| {
                    // What shares its name with something else is not looked into.
                    *same == 1
                        && *count == 1
                        && latency::of_place(before, *old) == latency::of_place(after, *new)
                })
            }
            _ => false,
        };
        if !same || (firewall && ruled) {
            late.insert(Key::clone(label));
        }
    }
    late
}
