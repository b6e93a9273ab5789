//! The flows of one NIC to anything as traffic of a walk that notes what it was asked: of which other NICs
//! behind the same filters in the same subnet the same flows, from their own address, fare the same.
//!
//! Nothing is left open here: what filters, translates or answers is asked as ever. Wherever a question could
//! be answered otherwise with another NIC's address in the place of this one's, that NIC is dropped.

use std::cell::RefCell;
use std::hash::Hash;

use smallvec::SmallVec;

use super::Plain;
use crate::engine::Engine;
use crate::engine::flows::FlowSet;
use crate::engine::traffic::{Parts, Rewrite, Traffic};
use crate::engine::walk::{End, Fate, Origin, Policy, Walk, WayBack};
use crate::engine::{Asking, classes::pair};
use crate::net::{AddressMap, Flow, RuleList};
use crate::network::{Id, Nic};
use crate::trace::Recorder;

/// A NIC, and those that may stand in for it as far as is known: flows go to the address of none of them.
#[derive(Debug)]
pub(crate) struct Stand<'e, 'n> {
    engine: &'e Engine<'n>,
    one: Plain,
    like: RefCell<Vec<Plain>>,
    /// Where what says which addresses are its own lies: with each NIC in its place its own are, too.
    own: [*const AddressMap<()>; 2],
    /// The same of what says whether it has sent something.
    sent: *const RuleList,
}

impl<'e, 'n> Stand<'e, 'n> {
    /// For a plain NIC and others of the same subnet, kind and filters; none where it is not plain.
    pub fn of(engine: &'e Engine<'n>, one: Id<Nic>, others: &[Id<Nic>]) -> Option<Self> {
        let classes = engine.classes();
        let plain = |nic: Id<Nic>| classes.member(classes.position(nic)?);
        let own = [engine.machine_addresses(one), engine.nic_addresses(one)];
        Some(Self {
            engine,
            one: plain(one)?,
            like: RefCell::new(others.iter().filter_map(|nic| plain(*nic)).collect()),
            own: own.map(std::ptr::from_ref),
            sent: std::ptr::from_ref(engine.sent_by(one)),
        })
    }

    /// Those that fare as it does, with what has been walked so far.
    pub fn like(&self) -> Vec<Id<Nic>> {
        self.like.borrow().iter().map(|own| own.nic).collect()
    }

    /// The NIC.
    pub const fn nic(&self) -> Id<Nic> {
        self.one.nic
    }

    /// The ends of a walk from there.
    pub(in crate::engine) fn walk<'s, R: Recorder>(
        &self,
        flows: FlowSet<'s>,
        asking: Asking,
        recorder: R,
    ) -> Vec<End<FlowSet<'s>>> {
        let walk = Walk::new(self.engine, Policy::StopAtFirst, recorder).asking(asking);
        let traffic = Standing { stand: self, flows };
        let ends = walk.run(Origin::Nic(self.one.nic), traffic, None);
        let ends = ends.into_iter().map(|end| End {
            traffic: end.traffic.flows,
            at: end.at,
            fate: Fate {
                disposition: end.fate.disposition,
                replies: end.fate.replies.into_iter().map(bare).collect(),
            },
            share: end.share,
            unclear: end.unclear,
            hops: end.hops,
            assumptions: end.assumptions,
        });
        ends.collect()
    }

    fn asked(&self, rules: &RuleList) {
        if self.sent == std::ptr::from_ref(rules) {
            return;
        }
        for rule in rules.rules() {
            for set in [&rule.source, &rule.destination] {
                if !set.is_all() {
                    let holds = set.contains(self.one.address);
                    self.like
                        .borrow_mut()
                        .retain(|other| set.contains(other.address) == holds);
                }
            }
        }
    }

    fn looked_up<V: Copy + Eq>(&self, map: &AddressMap<V>, flow: Flow) {
        let own = std::ptr::from_ref(map).cast::<AddressMap<()>>();
        // What is sent goes to none of them; what comes back to one goes to nobody else.
        if flow.destination == self.one.address && !self.own.contains(&own) {
            let mut like = self.like.borrow_mut();
            pair::stand_in(self.engine, self.one, &mut like, map);
        }
    }
}

fn bare<'s>(back: WayBack<Standing<'_, '_, '_, 's>>) -> WayBack<FlowSet<'s>> {
    WayBack {
        kind: back.kind,
        disposition: back.disposition,
        hops: back.hops,
        traffic: back.traffic.flows,
    }
}

/// The flows.
#[derive(Debug, Clone)]
struct Standing<'w, 'e, 'n, 's> {
    stand: &'w Stand<'e, 'n>,
    flows: FlowSet<'s>,
}

impl PartialEq for Standing<'_, '_, '_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.flows == other.flows
    }
}

impl<'s> Standing<'_, '_, '_, 's> {
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

impl Traffic for Standing<'_, '_, '_, '_> {
    type Parts<K> = SmallVec<[(K, Self); 1]>;

    fn classify_as<K: Copy + Eq + Hash>(
        &self,
        rules: &RuleList,
        meaning: impl Fn(Option<usize>) -> K,
    ) -> Parts<Option<usize>, Self> {
        self.stand.asked(rules);
        self.parts(self.flows.classify_as(rules, meaning))
    }

    fn look_up<V: Copy + Eq + Hash>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        self.stand.looked_up(map, self.flows.witness());
        self.parts(self.flows.look_up(map))
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
