//! What flows through a walk: one flow, or a set of them.
//!
//! A walk knows its traffic only by the primitives here. A filter splits it, a look-up splits it, a
//! translation maps it; one flow is never split, a set may be. What could be different for two flows of one
//! set is asked by one of these; a witness decides nothing.

use std::fmt::Debug;
use std::hash::Hash;
use std::net::IpAddr;

use smallvec::SmallVec;

use crate::net::{AddressMap, Flow, RuleList};
use crate::network::{Id, Nic};
use crate::spec::Direction;

/// The parts that traffic falls into, each with what is true of all of it. They do not overlap, and
/// together they are the whole.
pub type Parts<K, T> = SmallVec<[(K, T); 1]>;

/// What flows; all of one address family. It knows each of its flows as it started and as it stands, so that
/// a reply is compared with its own request.
pub trait Traffic: Clone + PartialEq + Debug {
    /// Splits by what the rule that decides means, the first that matches or none. Parts that mean the same
    /// may come as one, with one of their rules.
    fn classify_as<K: Copy + Eq + Hash>(
        &self,
        rules: &RuleList,
        meaning: impl Fn(Option<usize>) -> K,
    ) -> Parts<Option<usize>, Self>;

    /// Splits by the rule that decides, the first that matches; `None` where none does.
    fn classify(&self, rules: &RuleList) -> Parts<Option<usize>, Self> {
        self.classify_as(rules, |decided| decided)
    }

    /// Splits by what the map says of the destination.
    fn look_up<V: Copy + Eq + Hash>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self>;

    /// With addresses and ports replaced.
    #[must_use]
    fn translate(&self, rewrite: Rewrite) -> Self;

    /// The traffic of the replies.
    #[must_use]
    fn reversed(&self) -> Self;

    /// Undoes for a reply what was done to the request: this is the reply to (part of) `after`, which
    /// `before` had become; the result is the reply to that part of `before`.
    #[must_use]
    fn undo(&self, before: &Self, after: &Self) -> Self;

    /// Splits into what replies to its own flow of `request`, and the rest.
    fn replying(&self, request: &Self) -> Parts<bool, Self>;

    /// Splits into what stands as it did when it was part of `before`, and the rest.
    fn unchanged(&self, before: &Self) -> Parts<bool, Self>;

    /// Splits into what has the source that it had as part of `before`, and the rest.
    fn same_source(&self, before: &Self) -> Parts<bool, Self>;

    /// The same past a filter that is left open, because it is asked of many at once elsewhere; none where it
    /// is to be asked now.
    fn past(&self, _: Gate) -> Option<Self> {
        None
    }

    /// One flow of it, always the same.
    fn witness(&self) -> Flow;
}

/// A filter at a NIC or at its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Where.
    pub nic: Id<Nic>,
    /// Which.
    pub kind: GateKind,
}

/// The filters at a NIC and at its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateKind {
    /// What the machine's own firewall lets out.
    GuestOutbound,
    /// Security admin rules and security groups.
    Security(Direction),
    /// What the machine's own firewall lets in.
    GuestInbound,
    /// Whether something listens.
    Listeners,
}

/// What a translation replaces; the rest stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewrite {
    /// The new source.
    pub source: Option<IpAddr>,
    /// The new source port, for protocols that have ports.
    pub source_port: Option<u16>,
    /// The new destination.
    pub destination: Option<IpAddr>,
    /// The new destination port, for protocols that have ports.
    pub destination_port: Option<u16>,
}

/// Traffic that is not split.
pub(super) fn whole<K, T>(key: K, traffic: T) -> Parts<K, T> {
    SmallVec::from_buf([(key, traffic)])
}

impl Traffic for Flow {
    fn classify_as<K: Copy + Eq + Hash>(
        &self,
        rules: &RuleList,
        _: impl Fn(Option<usize>) -> K,
    ) -> Parts<Option<usize>, Self> {
        whole(rules.first_match(self), *self)
    }

    fn look_up<V: Copy + Eq + Hash>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        whole(map.get(self.destination), *self)
    }

    fn translate(&self, rewrite: Rewrite) -> Self {
        let port = |new: Option<u16>, own| new.filter(|_| self.protocol.has_ports()).unwrap_or(own);
        Self {
            source: rewrite.source.unwrap_or(self.source),
            source_port: port(rewrite.source_port, self.source_port),
            destination: rewrite.destination.unwrap_or(self.destination),
            destination_port: port(rewrite.destination_port, self.destination_port),
            ..*self
        }
    }

    fn reversed(&self) -> Self {
        Flow::reversed(*self)
    }

    fn undo(&self, before: &Self, _after: &Self) -> Self {
        Flow::reversed(*before)
    }

    fn replying(&self, request: &Self) -> Parts<bool, Self> {
        whole(*self == Flow::reversed(*request), *self)
    }

    fn unchanged(&self, before: &Self) -> Parts<bool, Self> {
        whole(self == before, *self)
    }

    fn same_source(&self, before: &Self) -> Parts<bool, Self> {
        whole(self.source == before.source, *self)
    }

    fn witness(&self) -> Flow {
        *self
    }
}
