//! What the filters at the ends of a way let pass, asked of all plain NICs at once: for each NIC a row of
//! bits, one for each NIC at the far end.
//!
//! The first rule that matches decides, as for one flow: it takes those that no rule before it has taken.
//! NICs behind the same lists, of which no rule tells one from another, have one row.

use std::net::IpAddr;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::filters::{Guarded, own_side};
use super::{Atom, Classes, Plain};
use crate::effective::{Decision, SecurityList};
use crate::engine::Engine;
use crate::net::{AddressSet, Flow, Rule, RuleList};
use crate::spec::Direction;

/// A row of bits, the first in the lowest bit of the first word.
pub(in crate::engine) type Bits = Vec<u64>;

/// Below this much work (NICs by points) one thread is faster.
const WORTH_THREADS: usize = 2_000;

/// Rows of bits for the plain NICs, point by point.
#[derive(Debug)]
pub(in crate::engine) struct Rows {
    row_of: Vec<u32>,
    words: Bits,
    /// The words of one point.
    width: usize,
    points: usize,
}

impl Rows {
    /// The row of a NIC for one point.
    pub fn get(&self, member: usize, point: usize) -> &[u64] {
        let row = self.row_of.get(member).map_or(0, |row| *row as usize);
        let start = (row * self.points + point) * self.width;
        self.words
            .get(start..start + self.width)
            .unwrap_or_default()
    }
}

/// The filters at all plain NICs.
pub(in crate::engine) struct Gates<'e, 'n> {
    engine: &'e Engine<'n>,
    classes: &'e Classes,
    cuts: OnceLock<Vec<u16>>,
}

/// A rule as it stands between a NIC and those at the far end.
struct Ruled<'r> {
    number: usize,
    rule: &'r Rule,
    /// For which of those at the far end it is, as ranges of their positions; none: all.
    far: Option<Vec<(u32, u32)>>,
}

impl<'e, 'n> Gates<'e, 'n> {
    pub const fn new(engine: &'e Engine<'n>, classes: &'e Classes) -> Self {
        Self {
            engine,
            classes,
            cuts: OnceLock::new(),
        }
    }

    fn members(&self) -> &'e [Plain] {
        &self.classes.members
    }

    /// The words of a row.
    pub fn width(&self) -> usize {
        self.members().len().div_ceil(64)
    }

    /// The ports at which some rule of any of the filters begins to say something else.
    pub fn cuts(&self) -> &[u16] {
        self.cuts.get_or_init(|| {
            let mut cuts = Vec::new();
            let mut add = |rules: &RuleList| {
                for (first, last) in rules
                    .rules()
                    .iter()
                    .flat_map(|rule| rule.destination_ports.ranges())
                {
                    cuts.push(*first);
                    cuts.extend(last.checked_add(1));
                }
            };
            for direction in [Direction::Inbound, Direction::Outbound] {
                let filters = self.classes.filters(direction);
                for class in &filters.classes {
                    class.lists.iter().for_each(|list| add(&list.rules));
                }
            }
            for own in self.members() {
                let machine = self.machine(*own);
                add(&machine.inbound);
                add(&machine.outbound);
                machine.listeners.iter().for_each(&mut add);
            }
            cuts.sort_unstable();
            cuts.dedup();
            cuts
        })
    }

    fn machine(&self, own: Plain) -> &crate::engine::compiled::CompiledMachine {
        let network = self.engine.network;
        self.engine.machine(network.nics[own.nic].machine)
    }

    /// For each point, at which NICs something listens.
    pub fn listening(&self, points: &[Atom]) -> Vec<Bits> {
        let mut found = vec![vec![0; self.width()]; points.len()];
        for (at, own) in self.members().iter().enumerate() {
            let listeners = self.machine(*own).listeners.as_ref();
            for (point, row) in points.iter().zip(&mut found) {
                let flow = point.flow(own.address, own.address);
                let heard = listeners
                    .is_none_or(|list| list.rules().iter().any(|socket| socket.matches(&flow)));
                if let Some(word) = row.get_mut(at / 64).filter(|_| heard) {
                    *word |= 1 << (at % 64);
                }
            }
        }
        found
    }

    /// For each NIC, which of all others its filters of one direction let through: of which a request may
    /// come (inbound), or to which one may go (outbound).
    pub fn rows(&self, direction: Direction, points: &[Atom]) -> Rows {
        let filters = self.classes.filters(direction);
        let row = |class: &Guarded| self.class_rows(class, direction, points);
        let found: Vec<Bits> = if filters.classes.len() * points.len() < WORTH_THREADS {
            filters.classes.iter().map(row).collect()
        } else {
            filters.classes.par_iter().map(row).collect()
        };
        Rows {
            row_of: filters.class_of.clone(),
            words: found.concat(),
            width: self.width(),
            points: points.len(),
        }
    }

    /// The rows of NICs with the same filters, point by point.
    fn class_rows(&self, class: &Guarded, direction: Direction, points: &[Atom]) -> Bits {
        let lists = class.lists.iter();
        let lists: Vec<Vec<Ruled<'_>>> = lists
            .map(|list| self.ruled(&list.rules, class.own, direction))
            .collect();
        let guest = class.guest(self.engine, direction);
        let guest = guest.map(|rules| (rules, self.ruled(rules, class.own, direction)));
        let mut words = Bits::with_capacity(points.len() * self.width());
        for point in points {
            let mut left = self.everyone();
            if let Some((rules, ruled)) = &guest {
                left = through_guest(rules, ruled, point, left);
            }
            words.extend(passing(&class.lists, &lists, point, left));
        }
        words
    }

    fn everyone(&self) -> Bits {
        let count = self.members().len();
        let mut all = vec![u64::MAX; self.width()];
        if let Some(last) = all.last_mut().filter(|_| !count.is_multiple_of(64)) {
            *last = (1 << (count % 64)) - 1;
        }
        all
    }

    /// The rules that are for a NIC.
    fn ruled<'r>(&self, rules: &'r RuleList, own: IpAddr, direction: Direction) -> Vec<Ruled<'r>> {
        let rules = rules
            .rules()
            .iter()
            .enumerate()
            .filter_map(|(number, rule)| {
                let (here, far) = own_side(rule, direction);
                here.contains(own).then(|| Ruled {
                    number,
                    rule,
                    far: (!far.is_all()).then(|| self.positions(far)),
                })
            });
        rules.collect()
    }

    /// Where the NICs with some addresses are, which are sorted by address.
    fn positions(&self, set: &AddressSet) -> Vec<(u32, u32)> {
        let v4 = set.v4().ranges().iter();
        let v4 = v4.map(|(a, b)| (IpAddr::V4((*a).into()), IpAddr::V4((*b).into())));
        let v6 = set.v6().ranges().iter();
        let v6 = v6.map(|(a, b)| (IpAddr::V6((*a).into()), IpAddr::V6((*b).into())));
        let at = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let ranges = v4.chain(v6).map(|(first, last)| {
            let from = self.members().partition_point(|own| own.address < first);
            let to = self.members().partition_point(|own| own.address <= last);
            (at(from), at(to))
        });
        ranges.filter(|(from, to)| from < to).collect()
    }
}

impl Atom {
    fn flow(&self, source: IpAddr, destination: IpAddr) -> Flow {
        let port = |port| if self.protocol.has_ports() { port } else { 0 };
        Flow {
            protocol: self.protocol,
            source,
            source_port: port(self.source_port),
            destination,
            destination_port: port(self.port),
        }
    }
}

impl Ruled<'_> {
    fn is_for(&self, point: &Atom) -> bool {
        self.rule.protocol.matches(point.protocol)
            && (!point.protocol.has_ports()
                || (self.rule.destination_ports.contains(point.port)
                    && self.rule.source_ports.contains(point.source_port)))
    }

    /// What it takes of those that are left.
    fn take(&self, left: &mut [u64], mut taken: impl FnMut(usize, u64)) {
        let Some(far) = &self.far else {
            for (at, word) in left.iter_mut().enumerate() {
                taken(at, std::mem::take(word));
            }
            return;
        };
        for (from, to) in far {
            let (from, last) = (*from as usize, *to as usize - 1);
            for at in from / 64..=last / 64 {
                let Some(word) = left.get_mut(at) else { break };
                let mut mask = u64::MAX;
                if at == from / 64 {
                    mask &= u64::MAX << (from % 64);
                }
                if at == last / 64 {
                    mask &= u64::MAX >> (63 - last % 64);
                }
                taken(at, *word & mask);
                *word &= !mask;
            }
        }
    }
}

/// Which of `left` pass lists, one after the other.
fn passing(lists: &[SecurityList], ruled: &[Vec<Ruled<'_>>], point: &Atom, mut left: Bits) -> Bits {
    let (Some((list, rest)), Some((rules, ruled_rest))) =
        (lists.split_first(), ruled.split_first())
    else {
        return left;
    };
    // By how many of the lists behind this are asked next; those of which none is, have passed.
    let mut asked: Vec<Bits> = vec![vec![0; left.len()]; rest.len() + 1];
    let bucket = |decided| match list.decide(decided, rest) {
        Decision::Denied => None,
        Decision::Allowed => Some(0),
        Decision::Ask(next) => Some(next.len()),
    };
    for rule in rules.iter().filter(|rule| rule.is_for(point)) {
        let mut to = bucket(Some(rule.number)).and_then(|at| asked.get_mut(at));
        rule.take(&mut left, |at, taken| {
            if let Some(word) = to.as_mut().and_then(|to| to.get_mut(at)) {
                *word |= taken;
            }
        });
    }
    if let Some(to) = bucket(None).and_then(|at| asked.get_mut(at)) {
        add(to, &left);
    }
    let mut asked = asked.into_iter().enumerate();
    let (_, mut passed) = asked.next().unwrap_or_default();
    for (count, asked) in asked.filter(|(_, own)| own.iter().any(|word| *word != 0)) {
        let skip = rest.len() - count;
        let next = rest.get(skip..).unwrap_or_default();
        let ruled = ruled_rest.get(skip..).unwrap_or_default();
        add(&mut passed, &passing(next, ruled, point, asked));
    }
    passed
}

fn add(to: &mut [u64], more: &[u64]) {
    for (to, more) in to.iter_mut().zip(more) {
        *to |= more;
    }
}

/// Which of `left` a machine's own firewall lets pass.
fn through_guest(guest: &RuleList, rules: &[Ruled<'_>], point: &Atom, mut left: Bits) -> Bits {
    let mut passed = vec![0; left.len()];
    for rule in rules.iter().filter(|rule| rule.is_for(point)) {
        rule.take(&mut left, |at, taken| {
            if let Some(word) = passed.get_mut(at).filter(|_| rule.rule.allow) {
                *word |= taken;
            }
        });
    }
    if guest.otherwise() {
        add(&mut passed, &left);
    }
    passed
}
