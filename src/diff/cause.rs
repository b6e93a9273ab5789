//! Which edits make a difference, found by trying: without one of them flows fare as they did before; or it
//! alone makes them fare as they do now; or only several together do. Every flow is tried, none stands for others.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::compare::{Delta, Sides, is_slower, moved};
use super::edits::{Edit, EditKind, laid};
use super::world::{Seen, World, set};
use super::{Kind, Progress, Written};
use crate::engine::{FlowBox, FlowSet, Space, Traffic};
use crate::load::of_tree;
use crate::network::Network;

/// So many edits are tried one by one; where there are more, only which of them together make a difference.
const MOST_SINGLE: usize = 250;
/// So many networks are tried at once.
const AT_ONCE: usize = 8;
/// So many sets of edits are looked for.
const MOST_SETS: usize = 24;

/// What makes a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cause {
    /// The edits, by their number.
    pub edits: Vec<usize>,
    /// What several of them have to do with each other.
    pub how: How,
}

/// How several edits make a difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// Without any one of them there would be none.
    #[default]
    Together,
    /// Each alone would make it.
    Each,
}

/// The edits that lead from one side to the other, ready to be tried.
pub struct Trials<'a, 'n> {
    /// What is compared.
    pub sides: &'a Sides<'a, 'n>,
    /// What was, as it is written.
    pub before: Written<'a>,
    /// What is.
    pub after: Written<'a>,
    /// What leads from the one to the other.
    pub edits: &'a [Edit],
    /// Told how far it has come.
    pub progress: Progress<'a>,
}

/// Some flows of a difference, with what is known of their cause.
struct Part {
    delta: usize,
    boxes: Vec<FlowBox>,
    cause: Cause,
}

/// What flows are to fare like.
#[derive(Clone, Copy)]
enum Like {
    Before,
    After,
}

impl Trials<'_, '_> {
    /// The differences, divided by what makes them; and the edits on which others rest.
    pub fn attribute(&self, deltas: Vec<Delta>) -> (Vec<Delta>, Vec<usize>) {
        let mut needed = Vec::new();
        if deltas.is_empty() || self.edits.is_empty() {
            return (deltas, needed);
        }
        let mut parts: Vec<Part> = Vec::with_capacity(deltas.len());
        for (number, delta) in deltas.iter().enumerate() {
            parts.push(Part {
                delta: number,
                boxes: delta.boxes.clone(),
                cause: Cause::default(),
            });
        }
        if let [_] = self.edits {
            // What differs can come of nothing else.
            for part in &mut parts {
                part.cause.edits.push(0);
            }
        } else {
            if self.edits.len() <= MOST_SINGLE {
                needed = self.singly(&deltas, &mut parts, Like::Before);
                self.singly(&deltas, &mut parts, Like::After);
            }
            self.together(&deltas, &mut parts);
        }
        let divided = parts.into_iter().filter_map(|part| {
            let delta = deltas.get(part.delta)?;
            Some(Delta {
                boxes: part.boxes,
                cause: part.cause,
                ..delta.clone()
            })
        });
        (divided.collect(), needed)
    }

    /// Divides what has no cause yet by which edits undo it, each taken back alone, or make it, each made
    /// alone. Gives those of which that is no topology.
    fn singly(&self, deltas: &[Delta], parts: &mut Vec<Part>, like: Like) -> Vec<usize> {
        let mut refused = Vec::new();
        let (mut open, kept): (Vec<Part>, Vec<Part>) = std::mem::take(parts)
            .into_iter()
            .partition(|part| part.cause.edits.is_empty());
        *parts = kept;
        if open.is_empty() {
            return refused;
        }
        let all: Vec<usize> = (0..self.edits.len()).collect();
        let done = AtomicUsize::new(0);
        for some in all.chunks(AT_ONCE) {
            let networks: Vec<(usize, Option<Network>)> = some
                .par_iter()
                .map(|edit| {
                    let chosen = match like {
                        Like::Before => all.iter().copied().filter(|own| own != edit).collect(),
                        Like::After => vec![*edit],
                    };
                    let network = self.network(&chosen);
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    (self.progress)("changes tried", done, all.len());
                    (*edit, network)
                })
                .collect();
            let faulty = networks.iter().filter(|(_, network)| network.is_none());
            refused.extend(faulty.map(|(edit, _)| *edit));
            let worlds: Vec<(usize, Tried<'_>)> = networks
                .iter()
                .filter_map(|(edit, network)| Some((*edit, self.tried(network.as_ref()?))))
                .collect();
            open = self.divided(deltas, open, &worlds, like);
        }
        if matches!(like, Like::After) {
            for part in open.iter_mut().filter(|part| part.cause.edits.len() > 1) {
                part.cause.how = How::Each;
            }
        }
        parts.extend(open);
        refused
    }

    /// Parts, divided by which of some networks have them fare as they are to.
    fn divided(
        &self,
        deltas: &[Delta],
        parts: Vec<Part>,
        worlds: &[(usize, Tried<'_>)],
        like: Like,
    ) -> Vec<Part> {
        let all = parts.into_par_iter().map_init(Space::new, |space, part| {
            let Some(delta) = deltas.get(part.delta) else {
                return Vec::new();
            };
            let mut own = vec![(set(space, part.boxes), part.cause)];
            for (edit, tried) in worlds {
                let mut next = Vec::with_capacity(own.len());
                for (flows, cause) in own {
                    let alike = self.alike(space, delta, &flows, tried, like);
                    let rest = flows.difference(&alike);
                    if !alike.is_empty() {
                        let mut cause = cause.clone();
                        cause.edits.push(*edit);
                        next.push((alike, cause));
                    }
                    if !rest.is_empty() {
                        next.push((rest, cause));
                    }
                }
                own = next;
            }
            let own = own.into_iter().map(|(flows, cause)| Part {
                delta: part.delta,
                boxes: flows.boxes(),
                cause,
            });
            own.collect::<Vec<Part>>()
        });
        all.flatten_iter().collect()
    }

    /// Finds for what has no cause yet which edits make it together, none of them to spare.
    fn together(&self, deltas: &[Delta], parts: &mut Vec<Part>) {
        for round in 0.. {
            let first = parts.iter().find(|part| part.cause.edits.is_empty());
            let Some(first) = first else { return };
            let needed = match deltas.get(first.delta) {
                Some(delta) if round < MOST_SETS => self.needed(delta, &first.boxes),
                _ => Vec::new(),
            };
            let whole: Vec<usize> = (0..self.edits.len()).collect();
            let network = self.network(&needed);
            let (mut open, kept): (Vec<Part>, Vec<Part>) = std::mem::take(parts)
                .into_iter()
                .partition(|part| part.cause.edits.is_empty());
            *parts = kept;
            let before = open.len();
            if let Some(network) = network.as_ref().filter(|_| !needed.is_empty()) {
                let worlds = [(0, self.tried(network))];
                open = self.divided(deltas, open, &worlds, Like::After);
            }
            let mut found = false;
            for part in open.iter_mut().filter(|part| !part.cause.edits.is_empty()) {
                part.cause.edits.clone_from(&needed);
                found = true;
            }
            if !found {
                debug_assert!(open.len() >= before);
                // No smaller set is known to make it: all of them do.
                for part in &mut open {
                    part.cause.edits.clone_from(&whole);
                }
            }
            parts.extend(open);
        }
    }

    /// Edits that together make one of some flows fare as it does now: none of them can be left out.
    fn needed(&self, delta: &Delta, boxes: &[FlowBox]) -> Vec<usize> {
        let space = Space::new();
        let flows = set(&space, boxes.iter().cloned());
        let one = flows.only(&flows.witness()).started();
        let makes = |chosen: &[usize]| {
            let network = self.network(chosen);
            network.is_some_and(|network| {
                let tried = self.tried(&network);
                !self
                    .alike(&space, delta, &one, &tried, Like::After)
                    .is_empty()
            })
        };
        let mut kept: Vec<usize> = (0..self.edits.len()).collect();
        let mut size = kept.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < kept.len() {
                let spared = from..(from + size).min(kept.len());
                let others = kept.iter().enumerate();
                let others = others.filter(|(at, _)| !spared.contains(at));
                let others: Vec<usize> = others.map(|(_, own)| *own).collect();
                if !others.is_empty() && makes(&others) {
                    kept = others;
                } else {
                    from += size;
                }
                (self.progress)(
                    "changes tried",
                    self.edits.len() - kept.len(),
                    self.edits.len(),
                );
            }
            size /= 2;
        }
        kept
    }

    /// The network before with some of the edits made; none where that is no topology.
    fn network(&self, chosen: &[usize]) -> Option<Network> {
        let tree = laid(self.before.tree, self.after.tree, self.edits, chosen);
        let (_, network) = of_tree(&tree, self.after.inputs)?;
        let down = chosen.iter().filter_map(|at| self.edits.get(*at));
        let down = down.filter(|edit| edit.kind == EditKind::Down);
        let down: Vec<String> = down
            .filter_map(|edit| edit.path.last_key().map(str::to_owned))
            .collect();
        if down.is_empty() {
            return Some(network);
        }
        network.with_down(&down).ok()
    }

    fn tried<'t>(&self, network: &'t Network) -> Tried<'t> {
        let world = World::of(network, &self.sides.after.labels.cards);
        Tried {
            as_before: Seen::of(&world, self.sides.before),
            as_after: Seen::of(&world, self.sides.after),
            world,
        }
    }

    /// Those of some flows of a difference that fare in a network as they do on one of the sides.
    fn alike<'s>(
        &self,
        space: &'s Space,
        delta: &Delta,
        flows: &FlowSet<'s>,
        tried: &Tried<'_>,
        like: Like,
    ) -> FlowSet<'s> {
        let sides = self.sides;
        let (seen, of_before, of_after) = if delta.gone {
            (&tried.as_before, Seen::default(), sides.back.clone())
        } else {
            (&tried.as_after, sides.seen.clone(), Seen::default())
        };
        // What has an end that only one side has is told by the addresses that it has.
        let whole = (delta.gone || delta.apart).then(|| (seen.whole(), of_before.whole()));
        let (seen, of_before) = match &whole {
            Some((seen, of_before)) => (seen, of_before),
            None => (seen, &of_before),
        };
        let fares = tried.world.fares(space, &delta.key, flows, seen);
        let works = flows.intersection(&fares.works);
        match (delta.kind, like) {
            (Kind::Opened, Like::After) | (Kind::Closed, Like::Before) => works,
            (Kind::Opened, Like::Before) | (Kind::Closed, Like::After) => {
                flows.difference(&works).difference(&fares.open)
            }
            (Kind::Rerouted, _) => {
                let side = match like {
                    Like::Before => sides.before.fares(space, &delta.key, flows, of_before),
                    Like::After => sides.after.fares(space, &delta.key, flows, &of_after),
                };
                works.difference(&moved(&side, &fares, &works))
            }
            (Kind::Slowed | Kind::SpedUp, _) => {
                let flow = flows.witness();
                let median = tried.world.median(&delta.key, flow, seen);
                let (Some(median), Some([was, is])) = (median, delta.medians) else {
                    return works.difference(&works);
                };
                let side = match like {
                    Like::Before => was,
                    Like::After => is,
                };
                match is_slower(side, median) || is_slower(median, side) {
                    true => works.difference(&works),
                    false => works,
                }
            }
        }
    }
}

/// A network that is tried, and how the two sides see it.
struct Tried<'t> {
    world: World<'t>,
    as_before: Seen,
    as_after: Seen,
}
