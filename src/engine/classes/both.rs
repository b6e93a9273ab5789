//! Plain NICs between which everything goes on one network as it does on another, so that a comparison of the
//! two need not walk them pair by pair.
//!
//! On each network a walk with the filters at both ends left open says which NICs may be in the place of its
//! ends ([`super::pair`]). Where the walks of one pair say the same on both, so do those of all pairs that may
//! be in its place on both, but for the filters at their ends: a NIC of which these differ takes no part.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::pair::{ALL_GATES, Ends, Pair};
use super::{Kind, Plain};
use crate::effective::{ListOrigin, SecurityList};
use crate::engine::compiled::CompiledMachine;
use crate::engine::firewall_rules::Asking;
use crate::engine::flows::{FlowBox, FlowSet, Space};
use crate::engine::reach::{Asked, services};
use crate::engine::walk::{End, Fate, Origin, Policy, Walk, WayBack};
use crate::engine::{Engine, ends};
use crate::net::{AddressSet, RuleList};
use crate::network::{Endpoint, Id, MachineKind, Nic};
use crate::spec::Direction;
use crate::trace::{Disposition, Recorder, ReplyKind};

/// Blocks of fewer pairs are hardly a gain over walks of their own.
const SMALL: usize = 4;
/// With so many of them between two kinds what is left is walked.
const MOST_SMALL: usize = 64;

/// The plain NICs that two networks have in common, with the same address and the same filters.
#[derive(Debug)]
pub(crate) struct Both<'e, 'n> {
    engines: [&'e Engine<'n>; 2],
    members: Vec<[Plain; 2]>,
    /// Where the NICs of each network are among them.
    positions: [Vec<Option<u32>>; 2],
}

/// NICs between which everything goes alike on both networks, by their positions.
#[derive(Debug)]
pub(crate) struct Alike {
    pub from: Vec<u32>,
    pub to: Vec<u32>,
}

/// What a walk between two says of all that may be in their places.
struct Told<'s> {
    /// How it ends where the filters at both ends let it; none where the walk does not say it.
    ends: Option<Vec<End<FlowSet<'s>>>>,
    from: Vec<u32>,
    to: Vec<u32>,
}

impl<'e, 'n> Both<'e, 'n> {
    /// Of NICs that are the same on two networks.
    pub fn of(engines: [&'e Engine<'n>; 2], nics: impl Iterator<Item = [Id<Nic>; 2]>) -> Self {
        let mut filters = Filters::new(engines);
        let plain = |side: usize, nic: Id<Nic>| {
            let classes = engines.get(side)?.classes();
            classes.member(classes.position(nic)?)
        };
        let nics = nics.filter_map(|[was, is]| Some([plain(0, was)?, plain(1, is)?]));
        let nics = nics.filter(|[was, is]| was.address == is.address);
        let mut members: Vec<[Plain; 2]> = nics.filter(|own| filters.are_same(*own)).collect();
        members.sort_by_key(|[was, _]| was.address);
        let positions = [0, 1].map(|side: usize| {
            let count = engines.get(side).map_or(0, |own| own.network.nics.len());
            let mut positions = vec![None; count];
            for (at, own) in (0..).zip(&members) {
                let place = own.get(side).map_or(0, |own| own.nic.index());
                if let Some(place) = positions.get_mut(place) {
                    *place = Some(at);
                }
            }
            positions
        });
        Self {
            engines,
            members,
            positions,
        }
    }

    /// The NICs, by position: on both networks, with their address.
    pub fn members(&self) -> impl Iterator<Item = ([Id<Nic>; 2], IpAddr)> + '_ {
        let members = self.members.iter();
        members.map(|[was, is]| ([was.nic, is.nic], was.address))
    }

    /// Those that may stand in for each other on both networks, wherever they send: in one subnet, of one kind,
    /// behind the same filters.
    pub fn stands(&self) -> Vec<Vec<u32>> {
        let mut found: IndexMap<_, Vec<u32>> = IndexMap::new();
        for (at, own) in (0..).zip(&self.members) {
            let key = [0, 1].map(|side: usize| {
                let (engine, own) = (self.engines.get(side)?, own.get(side)?);
                let (classes, network) = (engine.classes(), engine.network);
                let place = classes.position(own.nic)? as usize;
                let filters = [Direction::Inbound, Direction::Outbound]
                    .map(|direction| classes.filters(direction).class_of.get(place).copied());
                let nic = &network.nics[own.nic];
                let machine = network.machines[nic.machine].kind;
                let scale_set = match machine {
                    MachineKind::Instance(set) => Some(set),
                    _ => None,
                };
                Some((own.kind, nic.subnet, nic.ip_forwarding, scale_set, filters))
            });
            found.entry(key).or_default().push(at);
        }
        found.into_values().collect()
    }

    /// Between which of them everything goes alike: `same` says so of how a pair fares on either network, by
    /// the ends of its walks, with what `recorder` keeps of them.
    pub fn alike<R: Recorder + Clone + Sync>(
        &self,
        recorder: &R,
        same: &(impl for<'s> Fn([&[End<FlowSet<'s>>]; 2]) -> bool + Sync),
    ) -> Vec<Alike> {
        let mut kinds: BTreeMap<[Kind; 2], Vec<u32>> = BTreeMap::new();
        for (at, own) in (0..).zip(&self.members) {
            kinds.entry(own.map(|own| own.kind)).or_default().push(at);
        }
        let kinds: Vec<([Kind; 2], Vec<u32>)> = kinds.into_iter().collect();
        let found = kinds.par_iter().flat_map_iter(|([kind, _], from)| {
            let space = Space::new();
            // What has come to a NIC has come to one of its kind: others need not be thought of.
            let to = kinds.iter().filter(|([own, _], _)| own.v4 == kind.v4);
            let found = to.map(|(_, to)| self.of_kinds(&space, from, to, recorder, same));
            found.flatten().collect::<Vec<Alike>>()
        });
        found.collect()
    }

    /// The same between those of two kinds.
    fn of_kinds<R: Recorder + Clone>(
        &self,
        space: &Space,
        from: &[u32],
        to: &[u32],
        recorder: &R,
        same: &impl for<'s> Fn([&[End<FlowSet<'s>>]; 2]) -> bool,
    ) -> Vec<Alike> {
        let mut found = Vec::new();
        let mut small = 0;
        let mut left = vec![(from.to_vec(), to.to_vec())];
        while let Some((from, to)) = left.pop() {
            let Some(pair) = distinct(&from, &to) else {
                continue;
            };
            let was = self.between(0, space, pair, (&from, &to), recorder);
            let is = self.between(1, space, pair, (&was.from, &was.to), recorder);
            small += usize::from(is.from.len() * is.to.len() < SMALL);
            if small > MOST_SMALL {
                break;
            }
            left.push((is.from.clone(), without(&to, &is.to)));
            left.push((without(&from, &is.from), to));
            if let (Some(was), Some(now)) = (was.ends, is.ends)
                && same([&was, &now])
            {
                found.push(Alike {
                    from: is.from,
                    to: is.to,
                });
            }
        }
        found
    }

    /// Walks between two on one of the networks, with the filters at both ends left open.
    fn between<'s, R: Recorder + Clone>(
        &self,
        side: usize,
        space: &'s Space,
        (a, b): (u32, u32),
        (from, to): (&[u32], &[u32]),
        recorder: &R,
    ) -> Told<'s> {
        let nothing = Told {
            ends: None,
            from: vec![a],
            to: vec![b],
        };
        let plain = |at: u32| self.members.get(at as usize)?.get(side).copied();
        let all = |own: &[u32]| own.iter().filter_map(|at| plain(*at)).collect();
        let (Some(engine), Some(source), Some(goal)) = (self.engines.get(side), plain(a), plain(b))
        else {
            return nothing;
        };
        let asked = Asked::every(services(None, &[]));
        let flows = FlowBox {
            sources: AddressSet::of_addresses([source.address]),
            source_ports: asked.source_ports,
            destinations: AddressSet::of_addresses([goal.address]),
            services: asked.services,
        };
        let ends = Ends::new(engine, (source, all(from)), (goal, all(to)));
        let pair = Pair {
            ends: &ends,
            flows: FlowSet::of(space, &flows),
            gates: 0,
        };
        let any = ends::representative(engine.network);
        let asking = Asking::of(engine.network, &Endpoint::Internet, any, asked.application);
        let walk = Walk::new(engine, Policy::StopAtFirst, recorder.clone()).asking(asking);
        let found = working(walk.run(Origin::Nic(source.nic), pair, None), goal);
        let positions = |own: Vec<Plain>| {
            let known = self.positions.get(side).map_or(&[][..], Vec::as_slice);
            let own = own
                .iter()
                .filter_map(|own| known.get(own.nic.index()).copied()?);
            own.collect::<Vec<u32>>()
        };
        Told {
            ends: found.filter(|_| !ends.failed.get()),
            from: positions(ends.like_from.take()),
            to: positions(ends.like_to()),
        }
    }
}

/// Two different ones.
fn distinct(from: &[u32], to: &[u32]) -> Option<(u32, u32)> {
    let a = *from.first()?;
    if let Some(b) = to.iter().find(|own| **own != a) {
        return Some((a, *b));
    }
    let b = *to.first()?;
    let a = from.iter().find(|own| **own != b)?;
    Some((*a, b))
}

/// Those of `all` that are not among `some`; both are sorted.
fn without(all: &[u32], some: &[u32]) -> Vec<u32> {
    let mut some = some.iter().copied().peekable();
    let mut all = all.to_vec();
    all.retain(|own| {
        while some.next_if(|other| other < own).is_some() {}
        some.peek() != Some(own)
    });
    all
}

/// The ends by which flows get to `b` and back past all filters at the ends, as plain sets; none where something
/// is not modelled, is delivered elsewhere, or comes by without a filter.
fn working<'s>(found: Vec<End<Pair<'_, '_, 's>>>, b: Plain) -> Option<Vec<End<FlowSet<'s>>>> {
    let mut ends = Vec::new();
    for end in found {
        match end.fate.disposition {
            _ if end.is_open() => return None,
            Disposition::Delivered if end.at != Some(Origin::Nic(b.nic)) => return None,
            Disposition::Delivered => {}
            _ => continue,
        }
        let mut replies = Vec::new();
        for back in end.fate.replies {
            if back.kind == ReplyKind::Broken {
                continue;
            }
            if back.traffic.gates != ALL_GATES {
                return None;
            }
            replies.push(WayBack {
                kind: back.kind,
                disposition: back.disposition,
                hops: back.hops,
                traffic: back.traffic.flows,
            });
        }
        ends.push(End {
            traffic: end.traffic.flows,
            at: end.at,
            fate: Fate {
                disposition: end.fate.disposition,
                replies,
            },
            share: end.share,
            unclear: end.unclear,
            hops: end.hops,
            assumptions: end.assumptions,
        });
    }
    Some(ends)
}

/// Which lists of rules are the same on two networks.
struct Filters<'e, 'n> {
    engines: [&'e Engine<'n>; 2],
    /// What is known of lists, by where they lie: they are kept.
    known: HashMap<[usize; 2], bool>,
}

impl<'e, 'n> Filters<'e, 'n> {
    fn new(engines: [&'e Engine<'n>; 2]) -> Self {
        Self {
            engines,
            known: HashMap::new(),
        }
    }

    /// Whether a NIC has the same filters on both networks, its machine's own among them.
    fn are_same(&mut self, own: [Plain; 2]) -> bool {
        let [(was, old), (is, new)] = [0, 1].map(|side: usize| (self.engines[side], own[side].nic));
        let directions = [Direction::Inbound, Direction::Outbound];
        let secured = directions.into_iter().all(|direction| {
            let (a, b) = (
                was.effective.security(old, direction),
                is.effective.security(new, direction),
            );
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.is_same(a, b))
        });
        let machine = |engine: &'e Engine<'n>, nic: Id<Nic>| -> &'e CompiledMachine {
            engine.machine(engine.network.nics[nic].machine)
        };
        let (a, b) = (machine(was, old), machine(is, new));
        secured && a.inbound == b.inbound && a.outbound == b.outbound && a.listeners == b.listeners
    }

    fn is_same(&mut self, a: &SecurityList, b: &SecurityList) -> bool {
        let place = |rules: &RuleList| std::ptr::from_ref(rules).addr();
        let rules = *self
            .known
            .entry([place(&a.rules), place(&b.rules)])
            .or_insert_with(|| a.rules == b.rules);
        let manager = |own: &SecurityList| matches!(own.origin, ListOrigin::Manager(_));
        let accesses = |own: &SecurityList| -> Vec<_> {
            (0..own.rules.rules().len())
                .map(|at| own.access(at))
                .collect()
        };
        rules && manager(a) == manager(b) && (!manager(a) || accesses(a) == accesses(b))
    }
}
