//! What need not be walked from every machine: machines between which everything goes as it did, as one walk on
//! both sides says of all of them that are in each other's place.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use indexmap::IndexMap;

use super::compare::Sides;
use super::trail::{Trails, Ways};
use super::world::{Key, World};
use crate::engine::{Both, End, FlowSet, latency};
use crate::net::AddressSet;
use crate::network::{ConnectionEnd, FixtureKind, Id, Network, Nic, Place};

/// With fewer machines each takes walks of its own.
const WORTH: usize = 2;

/// What goes as it did, and takes as long.
#[derive(Debug, Default)]
pub struct Alike {
    /// For each start the destinations to which everything goes so.
    to: HashMap<Key, Arc<AddressSet>>,
    /// Starts that may stand in for each other where they send to anything else.
    groups: Vec<Vec<Key>>,
    /// The addresses of all machines of both sides.
    machines: AddressSet,
    /// The labels of places by which a way may take longer than it took.
    late: Option<HashSet<Key>>,
}

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
        for (key, start) in sides.after.starts() {
            let was = sides.before.starts().get(key);
            if let (Some(nic), Some(address)) = (start.nic(), start.addresses.first())
                && was.is_some_and(|was| was.nic().is_some() && was.addresses == start.addresses)
                && sides.seen.keeps(address)
                && !is_late(&sides.after.labels.get(Place::Nic(nic)))
            {
                keys.insert(nic, key);
            }
        }
        if keys.len() < WORTH {
            return Self::default();
        }
        let common = keys.iter().filter_map(|(nic, key)| {
            let was = sides.before.starts().get(*key)?.nic()?;
            let labels = [(sides.before, was), (sides.after, *nic)];
            let [a, b] = labels.map(|(own, nic)| own.labels.get(Place::Nic(nic)));
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
        let mut all: HashMap<Key, Arc<AddressSet>> = HashMap::new();
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
        let mut groups = Vec::new();
        for group in both.stands() {
            // Those of which everything else is sent to the same addresses, and nothing to one of them.
            let mut same: IndexMap<*const AddressSet, Vec<Key>> = IndexMap::new();
            for ([_, nic], address) in group.iter().filter_map(|at| members.get(*at as usize)) {
                let own = keys.get(nic).and_then(|key| Some((key, all.get(*key)?)));
                if let Some((key, to)) = own.filter(|(_, to)| to.contains(*address)) {
                    same.entry(Arc::as_ptr(to))
                        .or_default()
                        .push(Key::clone(key));
                }
            }
            groups.extend(same.into_values().filter(|own| own.len() > 1));
        }
        Self {
            to: all,
            groups,
            machines: AddressSet::of_addresses(worlds.into_iter().flat_map(machines)),
            late,
        }
    }

    /// Where everything goes as it did from a start.
    pub fn from(&self, key: &str) -> Option<&AddressSet> {
        self.to.get(key).map(|own| &**own)
    }

    /// The addresses of all machines of both sides.
    pub const fn machines(&self) -> &AddressSet {
        &self.machines
    }

    /// Whether a way may take longer than it took.
    pub fn is_late(&self, way: &Trails) -> bool {
        let late = self.late.as_ref();
        late.is_some_and(|late| way.places().any(|own| late.contains(own)))
    }

    /// Some starts, those together that may stand in for each other, all others each by itself.
    pub fn groups(&self, keys: &[&Key]) -> Vec<Vec<usize>> {
        let at: HashMap<&Key, usize> = (0..).zip(keys).map(|(at, key)| (*key, at)).collect();
        let mut single = vec![true; keys.len()];
        let mut groups = Vec::new();
        for group in &self.groups {
            let group = group.iter().filter_map(|key| at.get(key).copied());
            let group: Vec<usize> = group.collect();
            for own in &group {
                if let Some(single) = single.get_mut(*own) {
                    *single = false;
                }
            }
            groups.push(group);
        }
        let single = (0..keys.len()).filter(|at| single.get(*at).copied().unwrap_or_default());
        groups.extend(single.map(|at| vec![at]));
        groups
    }
}

/// The flows that get through, by the ways that they take.
fn trails<'s>(world: &World<'_>, ends: &[End<FlowSet<'s>>]) -> IndexMap<Trails, FlowSet<'s>> {
    let mut found: IndexMap<Trails, FlowSet<'s>> = IndexMap::new();
    for end in ends {
        for (trails, part) in Trails::of(&world.labels, end) {
            let known = found.entry(trails).or_insert(part);
            *known = known.union(&part);
        }
    }
    found
}

/// The labels of places by which a way may take longer than it took.
fn late(worlds: [&World<'_>; 2], ruled: bool) -> HashSet<Key> {
    let mut late = HashSet::new();
    // Where services answer, and by what sites are reached, is told by no place of its own.
    let outside = outside(worlds[0].network()) == outside(worlds[1].network());
    let [was, is] = worlds.map(|world| {
        let mut timed: HashMap<Key, (Place, u32)> = HashMap::new();
        for (place, label) in world.labels.all() {
            timed.entry(label).or_insert((place, 0)).1 += 1;
        }
        timed
    });
    for (label, (new, count)) in &is {
        let old = was.get(label);
        let [before, after] = worlds.map(World::network);
        let firewall = matches!(new, Place::Fixture(id)
            if matches!(after.fixtures[*id].kind, FixtureKind::AzureFirewall(_)));
        let same = match new {
            Place::Site(_) | Place::Internet | Place::InternetHost(_) if !outside => false,
            _ => old.is_some_and(|(old, same)| {
                // What shares its name with something else is not looked into.
                *same == 1
                    && *count == 1
                    && latency::of_place(before, *old) == latency::of_place(after, *new)
            }),
        };
        if !same || (firewall && ruled) {
            late.insert(Key::clone(label));
        }
    }
    late
}

/// What of the way out of Azure time depends on: the services, with their regions; the connections, and whether
/// each is a circuit.
fn outside(network: &Network) -> Vec<(Arc<str>, Option<String>, bool)> {
    let services = network.services.iter().map(|(_, own)| {
        let name = own.identity.name.clone();
        (name, own.region.clone(), false)
    });
    let connections = network.connections.iter().map(|(_, own)| {
        let circuit = matches!(own.to, ConnectionEnd::Circuit(_));
        (own.identity.name.clone(), None, circuit)
    });
    services.chain(connections).collect()
}

fn machines<'w>(world: &'w World<'_>) -> impl Iterator<Item = IpAddr> + 'w {
    let nics = world.network().nics.iter();
    nics.flat_map(|(_, own)| own.addresses.iter().map(|own| own.address))
}
