//! The flows of one pair of NICs as traffic of a walk that leaves the filters at both ends open, and notes
//! what it was asked: of which other NICs the same questions have the same answers.

use std::cell::{Cell, RefCell};
use std::hash::Hash;
use std::net::IpAddr;

use smallvec::SmallVec;

use super::Plain;
use crate::engine::Engine;
use crate::engine::flows::FlowSet;
use crate::engine::traffic::{Gate, GateKind, Parts, Rewrite, Traffic};
use crate::net::{AddressMap, AddressSet, Flow, RuleList};
use crate::network::Owner;
use crate::spec::Direction;

/// The filters at both ends of a way, each a bit.
pub(super) const ALL_GATES: u8 = 0b1_1111;

/// The two ends of a walk, and the NICs that may stand in for them.
pub(super) struct Ends<'p, 'n> {
    engine: &'p Engine<'n>,
    from: Plain,
    to: Plain,
    /// Those that could be in the place of `from` so far.
    pub like_from: RefCell<Vec<Plain>>,
    /// Those that could be in the place of `to` so far.
    like_to: RefCell<Vec<Plain>>,
    /// Whether anything has come to `to`: before, nothing is asked of it but what its address means.
    arrived: Cell<bool>,
    /// Whether something of the ends' own was asked that is not left open.
    pub failed: Cell<bool>,
    /// Where the rule lists of both ends' filters lie.
    filters: Vec<*const RuleList>,
    /// Where the maps of their own addresses lie.
    own: Vec<*const AddressMap<()>>,
}

impl<'p, 'n> Ends<'p, 'n> {
    pub fn new(
        engine: &'p Engine<'n>,
        (from, like_from): (Plain, Vec<Plain>),
        (to, like_to): (Plain, Vec<Plain>),
    ) -> Self {
        let (mut filters, mut own) = (Vec::new(), Vec::new());
        for end in [from, to] {
            own.push(std::ptr::from_ref(engine.machine_addresses(end.nic)));
            own.push(std::ptr::from_ref(engine.nic_addresses(end.nic)));
            let machine = engine.machine(engine.network.nics[end.nic].machine);
            filters.push(std::ptr::from_ref(&machine.inbound));
            filters.push(std::ptr::from_ref(&machine.outbound));
            filters.extend(machine.listeners.as_ref().map(std::ptr::from_ref));
            for direction in [Direction::Inbound, Direction::Outbound] {
                let lists = engine.effective.security(end.nic, direction);
                filters.extend(lists.iter().map(|list| std::ptr::from_ref(&*list.rules)));
            }
        }
        Self {
            engine,
            from,
            to,
            like_from: RefCell::new(like_from),
            like_to: RefCell::new(like_to),
            arrived: Cell::new(false),
            failed: Cell::new(false),
            filters,
            own,
        }
    }

    /// Those that can be in the place of `to`: of its kind, if anything has come to it.
    pub fn like_to(&self) -> Vec<Plain> {
        let mut like = self.like_to.take();
        like.retain(|other| !self.arrived.get() || other.kind == self.to.kind);
        like
    }

    /// A list is asked: it must say the same of all.
    fn asked(&self, rules: &RuleList) {
        if self.filters.contains(&std::ptr::from_ref(rules)) {
            self.failed.set(true);
            return;
        }
        for rule in rules.rules() {
            for set in [&rule.source, &rule.destination] {
                self.told_apart(set);
            }
        }
    }

    fn told_apart(&self, set: &AddressSet) {
        if set.is_all() {
            return;
        }
        for (end, like) in [(self.from, &self.like_from), (self.to, &self.like_to)] {
            let holds = set.contains(end.address);
            like.borrow_mut()
                .retain(|other| set.contains(other.address) == holds);
        }
    }

    /// A map is asked about an address: it must say the same of all that may be in its place.
    fn looked_up<V: Copy + Eq>(&self, map: &AddressMap<V>, at: IpAddr) {
        let own = std::ptr::from_ref(map).cast::<AddressMap<()>>();
        if self.own.contains(&own) {
            let at_end = std::ptr::from_ref(self.engine.nic_addresses(self.to.nic));
            self.arrived.set(self.arrived.get() || own == at_end);
            // With each NIC in the place of an end its own addresses are, too.
            return;
        }
        let (end, like) = if at == self.to.address {
            (self.to, &self.like_to)
        } else if at == self.from.address {
            (self.from, &self.like_from)
        } else {
            return;
        };
        stand_in(self.engine, end, &mut like.borrow_mut(), map);
    }
}

/// Keeps those of whose address a map says what it says of an end's; where it says that the end has it, that
/// they have theirs.
pub(super) fn stand_in<V: Copy + Eq>(
    engine: &Engine<'_>,
    end: Plain,
    like: &mut Vec<Plain>,
    map: &AddressMap<V>,
) {
    let map_at = std::ptr::from_ref(map).cast::<()>();
    let mut owners = engine.network.owners.iter();
    let itself = |owners: &AddressMap<Owner>, own: Plain| {
        owners.get(own.address) == Some(Owner::Nic(own.nic))
    };
    let owners = owners.find(|own| std::ptr::from_ref(*own).cast::<()>() == map_at);
    match owners.filter(|owners| itself(owners, end)) {
        Some(owners) => like.retain(|other| itself(owners, *other)),
        None => {
            let said = map.get(end.address);
            like.retain(|other| map.get(other.address) == said);
        }
    }
}

/// The flows of a pair, and which filters at its ends they have passed unasked.
#[derive(Clone)]
pub(super) struct Pair<'p, 'n, 's> {
    pub ends: &'p Ends<'p, 'n>,
    pub flows: FlowSet<'s>,
    pub gates: u8,
}

impl PartialEq for Pair<'_, '_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.flows == other.flows && self.gates == other.gates
    }
}

impl std::fmt::Debug for Pair<'_, '_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair")
            .field("flows", &self.flows)
            .field("gates", &self.gates)
            .finish_non_exhaustive()
    }
}

impl<'s> Pair<'_, '_, 's> {
    fn with(&self, flows: FlowSet<'s>) -> Self {
        Self {
            flows,
            ..self.clone()
        }
    }

    fn parts<K>(&self, parts: Parts<K, FlowSet<'s>>) -> Parts<K, Self> {
        let parts = parts.into_iter();
        parts.map(|(key, flows)| (key, self.with(flows))).collect()
    }
}

impl Traffic for Pair<'_, '_, '_> {
    type Parts<K> = SmallVec<[(K, Self); 1]>;

    fn classify_as<K: Copy + Eq + Hash>(
        &self,
        rules: &RuleList,
        meaning: impl Fn(Option<usize>) -> K,
    ) -> Parts<Option<usize>, Self> {
        self.ends.asked(rules);
        self.parts(self.flows.classify_as(rules, meaning))
    }

    fn look_up<V: Copy + Eq + Hash>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        self.ends.looked_up(map, self.flows.witness().destination);
        self.parts(self.flows.look_up(map))
    }

    fn past(&self, gate: Gate) -> Option<Self> {
        let out = gate.nic == self.ends.from.nic;
        if !out && gate.nic != self.ends.to.nic {
            return None;
        }
        self.ends.arrived.set(self.ends.arrived.get() || !out);
        let bit = match (out, gate.kind) {
            (true, GateKind::GuestOutbound) => 1,
            (true, GateKind::Security(Direction::Outbound)) => 1 << 1,
            (false, GateKind::Security(Direction::Inbound)) => 1 << 2,
            (false, GateKind::GuestInbound) => 1 << 3,
            (false, GateKind::Listeners) => 1 << 4,
            _ => 0,
        };
        if bit == 0 || !self.flows.is_request_as_started() {
            self.ends.failed.set(true);
            return None;
        }
        Some(Self {
            gates: self.gates | bit,
            ..self.clone()
        })
    }

    fn translate(&self, rewrite: Rewrite) -> Self {
        self.with(self.flows.translate(rewrite))
    }

    fn reversed(&self) -> Self {
        self.with(self.flows.reversed())
    }

    fn undo(&self, before: &Self, after: &Self) -> Self {
        self.with(self.flows.undo(&before.flows, &after.flows))
    }

    fn replying(&self, request: &Self) -> Parts<bool, Self> {
        self.parts(self.flows.replying(&request.flows))
    }

    fn unchanged(&self, before: &Self) -> Parts<bool, Self> {
        self.parts(self.flows.unchanged(&before.flows))
    }

    fn same_source(&self, before: &Self) -> Parts<bool, Self> {
        self.parts(self.flows.same_source(&before.flows))
    }

    fn witness(&self) -> Flow {
        self.flows.witness()
    }
}
