//! Many starts to one goal: what goes between plain NICs, by classes; the rest start by start.
//!
//! What the filters at the goal let in is asked once, of all sources; what those at a start let out once for
//! all starts that have the same filters and that nothing there tells apart. These get the same flows, with
//! their own address for the other's.

use std::net::IpAddr;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::{Asked, Goal, Sets, Start, Through};
use crate::effective::{Decision, SecurityList};
use crate::engine::classes::{Block, Guarded};
use crate::engine::flows::{FlowBox, FlowSet};
use crate::engine::traffic::Traffic;
use crate::net::{AddressSet, RuleList};
use crate::network::{Id, Machine, Nic};
use crate::spec::Direction;

/// With fewer starts each takes a walk of its own.
const WORTH_CLASSES: usize = 4;

/// What is known of a start by its class.
#[derive(Debug, Clone)]
pub(super) struct Direct<'s> {
    /// The flows that get through to plain NICs of the goal.
    pub works: FlowSet<'s>,
    /// The addresses of which that is said.
    pub addresses: Rc<AddressSet>,
}

impl<'s> Sets<'_, '_, 's> {
    /// For each start every flow that gets through to a goal, as [`Sets::through`] says it of one.
    #[must_use]
    pub fn through_each(&self, starts: &[Start], goal: &Goal, asked: &Asked) -> Vec<Through<'s>> {
        let direct = self.direct(starts, goal, asked);
        let to = goal.destinations(self.engine);
        let each = starts.iter().zip(direct);
        let each = each.map(|(start, direct)| match direct {
            None => self.through_by(start, goal, asked, to.clone()),
            Some(direct) if direct.addresses.covers(&to) => Through {
                works: direct.works,
                open: FlowSet::none(self.space),
            },
            Some(direct) => {
                let to = to.difference(&direct.addresses);
                let rest = self.through_by(start, goal, asked, to);
                let works = rest.works.union(&direct.works);
                Through {
                    works,
                    open: rest.open.difference(&works),
                }
            }
        });
        each.collect()
    }

    /// What classes say of each start.
    fn direct(&self, starts: &[Start], goal: &Goal, asked: &Asked) -> Vec<Option<Direct<'s>>> {
        let mut found = vec![None; starts.len()];
        if starts.len() < WORTH_CLASSES || goal.nics.is_empty() || goal.anything {
            return found;
        }
        let classes = self.engine.classes();
        let plain = |nic: Id<Nic>| classes.position(nic);
        let mut to: Vec<u32> = goal.nics.iter().filter_map(|nic| plain(*nic)).collect();
        to.sort_unstable();
        let sources = starts.iter().enumerate().filter_map(|(at, start)| {
            let position = plain(start.nic().filter(|_| start.stopped.is_none())?)?;
            Some((at, position))
        });
        let sources: Vec<(usize, u32)> = sources.collect();
        if to.is_empty() || sources.len() < WORTH_CLASSES {
            return found;
        }
        let from: Vec<u32> = sources.iter().map(|(_, own)| *own).collect();
        let blocks = classes.blocks(self.engine, &from, &to, asked);
        let mut starting: Vec<SmallVec<[usize; 2]>> = vec![SmallVec::new(); classes.members.len()];
        for (number, block) in blocks.iter().enumerate() {
            for own in &block.from {
                if let Some(numbers) = starting.get_mut(*own as usize) {
                    numbers.push(number);
                }
            }
        }
        let let_in = self.let_in(&blocks, asked);
        let parts = let_in.source_parts();
        let mut reached: FxHashMap<&[usize], (Rc<AddressSet>, FlowSet<'s>)> = FxHashMap::default();
        let mut known: FxHashMap<_, FlowSet<'s>> = FxHashMap::default();
        for (at, position) in sources {
            let numbers = starting.get(position as usize);
            let numbers = numbers.filter(|numbers| !numbers.is_empty());
            let (Some(own), Some(numbers)) = (classes.member(position), numbers) else {
                continue;
            };
            let (addresses, flows) = reached.entry(numbers.as_slice()).or_insert_with(|| {
                let blocks = numbers.iter().filter_map(|number| blocks.get(*number));
                let (addresses, flows) = self.ends_of(blocks, asked);
                (Rc::new(addresses), flows.intersection(&let_in))
            });
            let filters = classes.filters(Direction::Outbound);
            let class = filters.class_of.get(position as usize).copied();
            let key = (
                class,
                parts.of(own.address),
                numbers.as_slice(),
                // What it would send to itself is no flow of its class.
                to.binary_search(&position).is_ok().then_some(position),
            );
            let works = match known.get(&key) {
                Some(works) => works.moved_to(own.address),
                None => {
                    let mut flows = flows.from_source(own.address);
                    if key.3.is_some() {
                        let itself = AddressSet::of_addresses([own.address]);
                        flows = flows.difference(&flows.sent_to(&itself));
                    }
                    let class = class.and_then(|class| filters.classes.get(class as usize));
                    let works = match class {
                        Some(class) => self.past(class, Direction::Outbound, flows),
                        None => FlowSet::none(self.space),
                    };
                    known.insert(key, works);
                    works
                }
            };
            if let Some(place) = found.get_mut(at) {
                let addresses = Rc::clone(addresses);
                *place = Some(Direct { works, addresses });
            }
        }
        found
    }

    /// What the filters at the ends of some blocks let in, from any source.
    fn let_in(&self, blocks: &[Block], asked: &Asked) -> FlowSet<'s> {
        let classes = self.engine.classes();
        let filters = classes.filters(Direction::Inbound);
        let mut to: Vec<u32> = blocks
            .iter()
            .flat_map(|own| own.to.iter().copied())
            .collect();
        to.sort_unstable();
        to.dedup();
        // Those with the same filters together; apart where something is known of what listens.
        let mut by_class: IndexMap<(u32, Option<Id<Machine>>), Vec<IpAddr>> = IndexMap::new();
        for position in to {
            let class = filters.class_of.get(position as usize);
            let (Some(class), Some(own)) = (class, classes.member(position)) else {
                continue;
            };
            let machine = self.engine.network.nics[own.nic].machine;
            let listens = self.engine.machine(machine).listeners.is_some();
            let key = (*class, listens.then_some(machine));
            by_class.entry(key).or_default().push(own.address);
        }
        let mut all = FlowSet::none(self.space);
        for ((class, listens), addresses) in by_class {
            let Some(class) = filters.classes.get(class as usize) else {
                continue;
            };
            let flows = FlowSet::of(
                self.space,
                &FlowBox {
                    sources: AddressSet::all(),
                    source_ports: asked.source_ports.clone(),
                    destinations: AddressSet::of_addresses(addresses),
                    services: asked.services.clone(),
                },
            );
            let mut flows = self.past(class, Direction::Inbound, flows);
            let machine = listens.map(|id| self.engine.machine(id));
            if let Some(listeners) = machine.and_then(|own| own.listeners.as_ref()) {
                flows = kept(flows, listeners, |socket| socket.is_some());
            }
            all = all.union(&flows);
        }
        all
    }

    /// The addresses to which some blocks lead, and what gets there from any source if the filters at both ends
    /// let it.
    fn ends_of<'b>(
        &self,
        blocks: impl Iterator<Item = &'b Block>,
        asked: &Asked,
    ) -> (AddressSet, FlowSet<'s>) {
        let classes = self.engine.classes();
        let mut addresses = Vec::new();
        let mut flows = FlowSet::none(self.space);
        for block in blocks {
            let to = block.to.iter().filter_map(|to| classes.member(*to));
            let to: Vec<IpAddr> = to.map(|to| to.address).collect();
            addresses.extend(to.iter().copied());
            let services = asked.services.iter().zip(&block.services);
            let services = services.filter(|(_, open)| **open);
            flows = flows.union(&FlowSet::of(
                self.space,
                &FlowBox {
                    sources: AddressSet::all(),
                    source_ports: asked.source_ports.clone(),
                    destinations: AddressSet::of_addresses(to),
                    services: services.map(|(own, _)| own.clone()).collect(),
                },
            ));
        }
        (AddressSet::of_addresses(addresses), flows)
    }

    /// Past the filters of a NIC in one direction.
    fn past(&self, class: &Guarded, direction: Direction, flows: FlowSet<'s>) -> FlowSet<'s> {
        let flows = passing(&class.lists, flows);
        match class.guest(self.engine, direction) {
            Some(guest) => kept(flows, guest, |rule| guest.lets_through(rule)),
            None => flows,
        }
    }
}

/// Those of some flows of which a list says yes.
fn kept<'s>(
    flows: FlowSet<'s>,
    rules: &RuleList,
    yes: impl Fn(Option<usize>) -> bool,
) -> FlowSet<'s> {
    let none = flows.difference(&flows);
    let parts = flows.classify_as(rules, &yes).into_iter();
    let parts = parts.filter(|(decided, _)| yes(*decided));
    parts.fold(none, |all, (_, part)| all.union(&part))
}

/// Those of some flows that pass lists, one after the other.
fn passing<'s>(lists: &[SecurityList], flows: FlowSet<'s>) -> FlowSet<'s> {
    let Some((list, rest)) = lists.split_first() else {
        return flows;
    };
    let meaning = |rule| match list.decide(rule, rest) {
        Decision::Ask(next) => Some(next.len()),
        Decision::Allowed => Some(0),
        Decision::Denied => None,
    };
    let none = flows.difference(&flows);
    let parts = flows.classify_as(&list.rules, meaning).into_iter();
    parts.fold(none, |all, (decided, part)| {
        match list.decide(decided, rest) {
            Decision::Ask(next) => all.union(&passing(next, part)),
            Decision::Allowed => all.union(&part),
            Decision::Denied => all,
        }
    })
}
