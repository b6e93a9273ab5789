//! What of the flows of each start fares otherwise on one side than on the other, exactly.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::alike::Alike;
use super::trail::Trails;
use super::twins;
use super::world::{Fares, Key, Seen, World, every, set, touching};
use super::{Kind, Progress, SLOWER_BY, SLOWER_PART};
use crate::engine::reach::Start;
use crate::engine::{FlowBox, FlowSet, Space, Stand, Traffic};
use crate::net::AddressSet;

/// Flows of one start that fare otherwise in one way.
#[derive(Debug, Clone)]
pub struct Delta {
    /// Where they start.
    pub key: Key,
    /// How they fare.
    pub kind: Kind,
    /// Whether their addresses are those of the side before: they have an end that is gone.
    pub gone: bool,
    /// Whether they have an end that only one side has.
    pub apart: bool,
    /// What lies between their ends, before and after, where that is what differs.
    pub between: Option<[Trails; 2]>,
    /// The medians of their round trips before and after, in microseconds, where those differ.
    pub medians: Option<[f64; 2]>,
    /// The flows.
    pub boxes: Vec<FlowBox>,
    /// The entry that declares it intended.
    pub intended: Option<usize>,
    /// What makes it.
    pub cause: super::Cause,
}

/// Both sides.
#[derive(Debug)]
pub struct Sides<'a, 'n> {
    /// What was.
    pub before: &'a World<'n>,
    /// What is.
    pub after: &'a World<'n>,
    /// What was as it is seen from what is.
    pub seen: Seen,
    /// What is as it is seen from what was, with what has no counterpart there.
    pub back: Seen,
    /// Whether both have the same ends, each with the address that it had.
    pub same: bool,
    /// The addresses of ends that are gone, where nothing else has them.
    pub gone: AddressSet,
    /// The addresses of ends that are new.
    pub new: AddressSet,
    /// Whether a way may take longer than it took though it is the same.
    pub slows: bool,
    /// Whether a firewall may decide by another rule, which takes another time.
    pub ruled: bool,
}

/// What is found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The flows that fare otherwise.
    pub deltas: Vec<Delta>,
    /// The starts of which something is not modelled, with one such flow each.
    pub open: Vec<(Key, FlowBox)>,
    /// From how many starts it is known on one side only of some flows whether they get through.
    pub doubtful: usize,
}

/// What is found of some flows of one start.
#[derive(Debug, Clone, Default)]
struct Own {
    deltas: Vec<Delta>,
    open: Option<(Key, FlowBox)>,
    /// Whether it is known on one side only of some of them whether they get through.
    doubtful: bool,
    /// Whether nothing differs, nor does it from a start that fares as this one.
    same: bool,
}

impl<'a, 'n> Sides<'a, 'n> {
    /// Of two networks.
    #[must_use]
    pub fn of(before: &'a World<'n>, after: &'a World<'n>, [slows, ruled]: [bool; 2]) -> Self {
        let same = twins::are_twins(before.network(), after.network());
        let alone = |one: &World<'_>, other| match same {
            true => AddressSet::default(),
            false => one.alone(other),
        };
        Self {
            seen: match same {
                true => Seen::default(),
                false => Seen::of(before, after),
            },
            back: match same {
                true => Seen::default(),
                false => Seen::of(after, before).whole(),
            },
            gone: alone(before, after),
            new: alone(after, before),
            same,
            before,
            after,
            slows,
            ruled,
        }
    }

    /// Everything that differs, start by start; of `region` only, where nothing else can.
    #[must_use]
    pub fn compare(&self, region: Option<&[FlowBox]>, progress: Progress<'_>) -> Found {
        let after = self.after.starts().keys();
        let gone = self.before.starts().keys();
        let gone = gone.filter(|key| !self.after.starts().contains_key(*key));
        let keys: Vec<&Key> = after
            .chain(gone)
            .filter(|key| self.is_within(key, region))
            .collect();
        let alike = match region {
            Some(_) => Alike::default(),
            None => Alike::of(self, self.slows, self.ruled),
        };
        let groups = alike.groups(&keys);
        let done = AtomicUsize::new(0);
        let all = groups.par_iter().map_init(Space::new, |space, group| {
            let told = |count| {
                let done = done.fetch_add(count, Ordering::Relaxed) + count;
                progress("flows compared", done, keys.len());
            };
            match region {
                Some(boxes) => {
                    let flows = set(space, boxes.iter().cloned());
                    let all = group.iter().filter_map(|at| Some((*at, keys.get(*at)?)));
                    all.map(|(at, key)| {
                        told(1);
                        (at, self.start(space, key, flows, None))
                    })
                    .collect::<Vec<_>>()
                }
                None => self.group(space, &keys, group, &alike, &told),
            }
        });
        let mut all: Vec<(usize, Own)> = all.flatten_iter().collect();
        all.sort_by_key(|(at, _)| *at);
        let mut found = Found::default();
        let mut doubtful = BTreeSet::new();
        for (at, own) in all {
            found.deltas.extend(own.deltas);
            found.open.extend(own.open);
            if own.doubtful {
                doubtful.insert(at);
            }
        }
        found.doubtful = doubtful.len();
        found
    }

    fn is_within(&self, key: &str, region: Option<&[FlowBox]>) -> bool {
        let start = self.after.starts().get(key);
        region.is_none_or(|region| {
            let sources = start.map(|start| &start.addresses);
            sources.is_none_or(|own| region.iter().any(|part| part.sources.overlaps(own)))
        })
    }

    /// What differs from some starts: those that may stand in for the first are walked only if something does.
    fn group(
        &self,
        space: &Space,
        keys: &[&Key],
        group: &[usize],
        alike: &Alike,
        told: &impl Fn(usize),
    ) -> Vec<(usize, Own)> {
        let flows = |key: &Key| FlowSet::of(space, &beyond(alike.from(key)));
        if let [at] = group {
            told(1);
            let found = keys
                .get(*at)
                .map(|key| self.start(space, key, flows(key), None));
            return found.into_iter().map(|found| (*at, found)).collect();
        }
        // What goes to machines that are not alike is walked from each; all the rest from one for many.
        let odd = self.new.union(&self.gone).union(alike.machines());
        let odd = FlowSet::of(
            space,
            &FlowBox {
                destinations: odd,
                ..every()
            },
        );
        let each = group.iter().filter_map(|at| {
            let key = keys.get(*at)?;
            let flows = flows(key).intersection(&odd);
            Some((*at, self.start(space, key, flows, None)))
        });
        let mut all: Vec<(usize, Own)> = each.collect();
        let mut left: Vec<usize> = group.to_vec();
        while let Some(at) = left.first().copied() {
            let Some(key) = keys.get(at) else { break };
            let others = left.iter().filter_map(|at| keys.get(*at).copied());
            let others: Vec<&Key> = others.collect();
            let stands = self.stands(key, &others);
            let rest = flows(key).difference(&odd);
            let found = self.start(space, key, rest, stands.as_ref().map(|own| (own, alike)));
            let before = left.len();
            if let Some(stands) = stands.filter(|_| found.same) {
                let mut like = self.like(stands, &others).into_iter();
                left.retain(|_| !like.next().unwrap_or(false));
            }
            left.retain(|own| *own != at);
            told(before - left.len());
            all.push((at, found));
        }
        all
    }

    /// What notes on both sides who fares as the first of some starts.
    fn stands(&self, key: &Key, others: &[&Key]) -> Option<[Stand<'a, 'n>; 2]> {
        let of = |world: &'a World<'n>| {
            let nic = |key: &Key| world.starts().get(key)?.nic();
            let all: Option<Vec<_>> = others.iter().map(|key| nic(key)).collect();
            Stand::of(&world.engine, nic(key)?, &all?)
        };
        Some([of(self.before)?, of(self.after)?])
    }

    /// Which of some starts do so on both.
    fn like(&self, stands: [Stand<'a, 'n>; 2], others: &[&Key]) -> Vec<bool> {
        let worlds = [self.before, self.after].into_iter().zip(&stands);
        let like = worlds.map(|(world, stand)| (world, stand.like()));
        let like: Vec<_> = like.collect();
        let is_like = |key: &&&Key| {
            let mut like = like.iter();
            like.all(|(world, like)| {
                let nic = world.starts().get(**key).and_then(Start::nic);
                nic.is_some_and(|nic| like.contains(&nic))
            })
        };
        others.iter().map(|key| is_like(&key)).collect()
    }

    /// What differs of some flows of a start; with a note of who fares as it does.
    fn start<'s>(
        &self,
        space: &'s Space,
        key: &Key,
        flows: FlowSet<'s>,
        stands: Option<(&[Stand<'a, 'n>; 2], &Alike)>,
    ) -> Own {
        let itself = Seen::default();
        let [old, new] = match stands {
            Some(([old, new], _)) => [Some(old), Some(new)],
            None => [None, None],
        };
        let after = self.after.fares_with(space, key, &flows, &itself, new);
        let mut found = Own::default();
        let all = || FlowSet::of(space, &every());
        // What starts on one side only, and what goes to an end that only one side has.
        let (was, is) = (self.before.starts(), self.after.starts());
        let (new, gone) = match (was.contains_key(key), is.contains_key(key)) {
            // What others stand in for goes to none of those.
            (true, true) if stands.is_some() => (FlowSet::none(space), FlowSet::none(space)),
            (true, true) => (touching(space, &self.new), touching(space, &self.gone)),
            (true, false) => (FlowSet::none(space), all()),
            (false, _) => (all(), FlowSet::none(space)),
        };
        let came = after.works.intersection(&new);
        if !came.is_empty() {
            let before = self.before.fares(space, key, &came, &self.seen.whole());
            let apart = is_apart(self.before, was.contains_key(key), key);
            self.aside(key, [&before, &after], came, [false, apart], &mut found);
        }
        if !gone.is_empty() {
            let before = self.before.fares(space, key, &gone, &itself);
            let after = self.after.fares(space, key, &before.works, &self.back);
            let apart = is_apart(self.after, is.contains_key(key), key);
            self.aside(
                key,
                [&before, &after],
                before.works,
                [true, apart],
                &mut found,
            );
        }
        if !was.contains_key(key) || !is.contains_key(key) {
            return found;
        }
        let mut add = |delta: Delta| found.deltas.push(delta);
        let before = self.before.fares_with(space, key, &flows, &self.seen, old);
        let apart = touching(space, &self.seen.apart);
        let now = after.works.difference(&apart);
        let opened = now.difference(&before.works).difference(&before.open);
        let closed = before.works.difference(&now).difference(&after.open);
        for (kind, flows) in [(Kind::Opened, opened), (Kind::Closed, closed)] {
            if !flows.is_empty() {
                add(Delta::of(key, kind, &flows));
            }
        }
        let both = now.intersection(&before.works);
        let rerouted = moved(&before, &after, &both);
        let by_way = ways(&before, &after, &rerouted);
        for (between, flows) in by_way {
            add(Delta {
                between: Some(between),
                ..Delta::of(key, Kind::Rerouted, &flows)
            });
        }
        if self.slows {
            let same = both.difference(&rerouted);
            for delta in self.slowed(key, &after, &same) {
                add(delta);
            }
        }
        let (then, since) = (
            before.open.difference(&apart),
            after.open.difference(&apart),
        );
        found.doubtful |= then != since;
        let open = after.open.union(&before.open);
        let one = open.boxes().into_iter().next();
        found.open = one.map(|own| (key.clone(), own));
        let mut ways = before.trails.keys().chain(after.trails.keys());
        found.same = found.deltas.is_empty()
            && !found.doubtful
            && open.is_empty()
            && stands.is_some_and(|(_, alike)| !ways.any(|way| alike.is_late(way)));
        found
    }

    /// How flows fare otherwise that have an end that only one side has, and get through there: by the addresses
    /// of that side. On the other they may go to something else that has such an address, on the Internet.
    fn aside<'s>(
        &self,
        key: &Key,
        [before, after]: [&Fares<'s>; 2],
        flows: FlowSet<'s>,
        [gone, apart]: [bool; 2],
        found: &mut Own,
    ) {
        let (other, kind) = match gone {
            true => (after, Kind::Closed),
            false => (before, Kind::Opened),
        };
        let mut add = |delta: Delta| {
            found.deltas.push(Delta {
                gone,
                apart,
                ..delta
            });
        };
        let open = flows.intersection(&other.open);
        let alone = flows.difference(&other.works).difference(&open);
        if !alone.is_empty() {
            add(Delta::of(key, kind, &alone));
        }
        let both = flows.intersection(&other.works);
        if !both.is_empty() {
            let rerouted = moved(before, after, &both);
            for (between, flows) in ways(before, after, &rerouted) {
                add(Delta {
                    between: Some(between),
                    ..Delta::of(key, Kind::Rerouted, &flows)
                });
            }
        }
        if !open.is_empty() {
            found.doubtful = true;
        }
    }

    /// Of flows that take the ways that they took, those that take longer for it, or less long.
    fn slowed<'s>(&self, key: &Key, after: &Fares<'s>, same: &FlowSet<'s>) -> Vec<Delta> {
        let mut rest = *same;
        let mut found = Vec::new();
        for flows in after.trails.values() {
            let part = flows.intersection(&rest);
            if part.is_empty() {
                continue;
            }
            rest = rest.difference(&part);
            let flow = part.witness();
            let medians = (
                self.before.median(key, flow, &self.seen),
                self.after.median(key, flow, &Seen::default()),
            );
            let (Some(was), Some(is)) = medians else {
                continue;
            };
            let kind = match (is_slower(was, is), is_slower(is, was)) {
                (true, _) => Kind::Slowed,
                (_, true) => Kind::SpedUp,
                _ => continue,
            };
            found.push(Delta {
                medians: Some([was, is]),
                ..Delta::of(key, kind, &part)
            });
        }
        found
    }
}

/// Every flow but those to some addresses.
fn beyond(addresses: Option<&AddressSet>) -> FlowBox {
    let every = every();
    match addresses {
        Some(own) => FlowBox {
            destinations: every.destinations.difference(own),
            ..every
        },
        None => every,
    }
}

/// Whether flows that a side does not have from a start have an end that it does not have: what is out of order is
/// there all the same.
fn is_apart(side: &World<'_>, starts: bool, key: &str) -> bool {
    starts || !side.knows(key)
}

/// Whether a median in microseconds is one of which it is worth saying that it is longer than another.
#[must_use]
pub fn is_slower(was: f64, is: f64) -> bool {
    is - was > SLOWER_BY * 1_000.0 && is > was * (1.0 + SLOWER_PART)
}

impl Delta {
    fn of(key: &Key, kind: Kind, flows: &FlowSet<'_>) -> Self {
        Self {
            key: key.clone(),
            kind,
            gone: false,
            apart: false,
            between: None,
            medians: None,
            boxes: flows.boxes(),
            intended: None,
            cause: super::Cause::default(),
        }
    }
}

/// Those of some flows that work on both sides whose ways are not the same.
pub fn moved<'s>(before: &Fares<'s>, after: &Fares<'s>, both: &FlowSet<'s>) -> FlowSet<'s> {
    let none = both.difference(both);
    let of = |fares: &Fares<'s>, trails: &Trails| fares.trails.get(trails).copied().unwrap_or(none);
    let ways = before.trails.keys().chain(after.trails.keys());
    ways.fold(none, |all, trails| {
        let (was, is) = (of(before, trails), of(after, trails));
        if was == is {
            return all;
        }
        all.union(&was.difference(&is)).union(&is.difference(&was))
    })
    .intersection(both)
}

/// Flows that take another way, by what lies between their ends before and after.
fn ways<'s>(
    before: &Fares<'s>,
    after: &Fares<'s>,
    moved: &FlowSet<'s>,
) -> Vec<([Trails; 2], FlowSet<'s>)> {
    let mut found: Vec<([Trails; 2], FlowSet<'s>)> = Vec::new();
    let mut rest = *moved;
    // Where one of several ways is a new one, that is what is told.
    for same in [false, true] {
        for (was, left) in &before.trails {
            let left = left.intersection(&rest);
            if left.is_empty() {
                continue;
            }
            for (is, taken) in &after.trails {
                let part = taken.intersection(&left).intersection(&rest);
                if part.is_empty() || (was == is) != same {
                    continue;
                }
                rest = rest.difference(&part);
                let between = [was.between(), is.between()];
                match found.iter_mut().find(|(known, _)| *known == between) {
                    Some((_, flows)) => *flows = flows.union(&part),
                    None => found.push((between, part)),
                }
            }
        }
    }
    found
}
