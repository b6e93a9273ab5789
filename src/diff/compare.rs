//! What of the flows of each start fares otherwise on one side than on the other, exactly.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::alike::Alike;
use super::trail::Trails;
use super::world::{Cards, Fares, Key, Seen, World, every, set, touching};
use super::{Kind, Progress, SLOWER_BY, SLOWER_PART};
use crate::engine::{FlowBox, FlowSet, Space, Traffic};
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
    /// What NICs are called.
    pub cards: &'a Cards,
    /// What was as it is seen from what is.
    pub seen: Seen,
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

impl<'a, 'n> Sides<'a, 'n> {
    /// Of two networks.
    #[must_use]
    pub fn of(
        before: &'a World<'n>,
        after: &'a World<'n>,
        cards: &'a Cards,
        [slows, ruled]: [bool; 2],
    ) -> Self {
        Self {
            seen: Seen::of(before, after),
            gone: before.alone(after),
            new: after.alone(before),
            before,
            after,
            cards,
            slows,
            ruled,
        }
    }

    /// Everything that differs, start by start; of `region` only, where nothing else can.
    #[must_use]
    pub fn compare(&self, region: Option<&[FlowBox]>, progress: Progress<'_>) -> Found {
        let after = self.after.starts.keys();
        let gone = self.before.starts.keys();
        let gone = gone.filter(|key| !self.after.starts.contains_key(*key));
        let keys: Vec<&Key> = after
            .chain(gone)
            .filter(|key| self.is_within(key, region))
            .collect();
        let alike = match region {
            Some(_) => Alike::default(),
            None => Alike::of(self, self.slows, self.ruled),
        };
        let done = AtomicUsize::new(0);
        let all = keys.par_iter().map_init(Space::new, |space, key| {
            let flows = match region {
                Some(boxes) => set(space, boxes.iter().cloned()),
                None => FlowSet::of(space, &beyond(alike.from(key))),
            };
            let found = self.start(space, key, flows);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress("flows compared", done, keys.len());
            found
        });
        let all: Vec<Found> = all.collect();
        let mut found = Found::default();
        for own in all {
            found.deltas.extend(own.deltas);
            found.open.extend(own.open);
            found.doubtful += own.doubtful;
        }
        found
    }

    fn is_within(&self, key: &str, region: Option<&[FlowBox]>) -> bool {
        let start = self.after.starts.get(key);
        region.is_none_or(|region| {
            let sources = start.map(|start| &start.addresses);
            sources.is_none_or(|own| region.iter().any(|part| part.sources.overlaps(own)))
        })
    }

    /// What differs of some flows of a start.
    fn start<'s>(&self, space: &'s Space, key: &Key, flows: FlowSet<'s>) -> Found {
        let itself = Seen::default();
        let after = self.after.fares(space, key, &flows, &itself);
        let mut found = Found::default();
        let mut add = |delta: Delta| found.deltas.push(delta);
        let all = || FlowSet::of(space, &every());
        // What starts on one side only, and what goes to an end that only one side has.
        let (was, is) = (&self.before.starts, &self.after.starts);
        let (new, gone) = match (was.contains_key(key), is.contains_key(key)) {
            (true, true) => (touching(space, &self.new), touching(space, &self.gone)),
            (true, false) => (FlowSet::none(space), all()),
            (false, _) => (all(), FlowSet::none(space)),
        };
        let new = after.works.intersection(&new);
        if !new.is_empty() {
            add(Delta {
                apart: is_apart(self.before, was.contains_key(key), key),
                ..Delta::of(key, Kind::Opened, &new)
            });
        }
        let gone = match gone.is_empty() {
            true => gone,
            false => self.before.fares(space, key, &gone, &itself).works,
        };
        if !gone.is_empty() {
            add(Delta {
                apart: is_apart(self.after, is.contains_key(key), key),
                gone: true,
                ..Delta::of(key, Kind::Closed, &gone)
            });
        }
        if !was.contains_key(key) || !is.contains_key(key) {
            return found;
        }
        let before = self.before.fares(space, key, &flows, &self.seen);
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
        found.doubtful = usize::from(then != since);
        let open = after.open.union(&before.open);
        if !open.is_empty() {
            found.open.extend(
                open.boxes()
                    .into_iter()
                    .take(1)
                    .map(|own| (key.clone(), own)),
            );
        }
        found
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
