//! What flows through a walk: one flow, or a set of them.
//!
//! A walk knows its traffic only by the primitives here. A filter splits it, a look-up splits it, a
//! translation maps it; one flow is never split, a set may be.

use std::fmt::Debug;
use std::net::IpAddr;

use smallvec::SmallVec;

use crate::net::{AddressMap, Flow, RuleList};

/// The parts that traffic falls into, each with what is true of all of it. They do not overlap, and
/// together they are the whole.
pub type Parts<K, T> = SmallVec<[(K, T); 1]>;

/// What flows.
pub trait Traffic: Clone + PartialEq + Debug {
    /// Splits by the rule that decides, the first that matches; `None` where none does.
    fn classify(&self, rules: &RuleList) -> Parts<Option<usize>, Self>;

    /// Splits by what the map says of the destination.
    fn look_up<V: Copy + PartialEq>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self>;

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

    /// Whether all of this replies to something of `request`.
    fn replies_to(&self, request: &Self) -> bool;

    /// One flow of it, always the same.
    fn witness(&self) -> Flow;
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

impl Traffic for Flow {
    fn classify(&self, rules: &RuleList) -> Parts<Option<usize>, Self> {
        let decided = rules.rules.iter().position(|rule| rule.matches(self));
        SmallVec::from_buf([(decided, *self)])
    }

    fn look_up<V: Copy + PartialEq>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        SmallVec::from_buf([(map.get(self.destination), *self)])
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

    fn replies_to(&self, request: &Self) -> bool {
        *self == Flow::reversed(*request)
    }

    fn witness(&self) -> Flow {
        *self
    }
}
