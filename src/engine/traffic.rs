//! What flows through a walk: one flow, or a set of them.
//!
//! A walk knows its traffic only by the primitives here. A filter splits it, a look-up splits it, a
//! translation maps it; one flow is never split, a set may be. What could be different for two flows of one
//! set is asked by one of these; a witness decides nothing.

use std::fmt::Debug;
use std::hash::Hash;
use std::net::IpAddr;

use crate::net::{AddressMap, Flow, RuleList};
use crate::network::{Id, Nic};
use crate::spec::Direction;

/// The parts that traffic falls into, each with what is true of all of it. They do not overlap, and
/// together they are the whole.
pub type Parts<K, T> = <T as Traffic>::Parts<K>;

/// What flows; all of one address family. It knows each of its flows as it started and as it stands, so that
/// a reply is compared with its own request.
pub trait Traffic: Clone + PartialEq + Debug {
    /// The parts that it falls into. Of what is never split that is no list: the walk of one flow is free of
    /// what sets need.
    type Parts<K>: IntoIterator<Item = (K, Self)> + FromIterator<(K, Self)>;

    /// All of it, of which one thing is true.
    fn whole<K>(self, key: K) -> Self::Parts<K> {
        std::iter::once((key, self)).collect()
    }

    /// The same parts, with what follows from what is true of them.
    fn so<A, B>(parts: Self::Parts<A>, follows: impl Fn(A) -> B) -> Self::Parts<B> {
        let parts = parts.into_iter();
        parts.map(|(key, part)| (follows(key), part)).collect()
    }

    /// Each of the parts split further.
    fn further<A, B>(
        parts: Self::Parts<A>,
        split: impl Fn(A, Self) -> Self::Parts<B>,
    ) -> Self::Parts<B> {
        let parts = parts.into_iter();
        parts.flat_map(|(key, part)| split(key, part)).collect()
    }

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

/// One flow, with what is true of it.
#[derive(Debug)]
pub struct Undivided<K>(Option<(K, Flow)>);

impl<K> IntoIterator for Undivided<K> {
    type Item = (K, Flow);
    type IntoIter = std::option::IntoIter<(K, Flow)>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K> FromIterator<(K, Flow)> for Undivided<K> {
    #[inline]
    fn from_iter<I: IntoIterator<Item = (K, Flow)>>(parts: I) -> Self {
        Self(parts.into_iter().next())
    }
}

impl Traffic for Flow {
    type Parts<K> = Undivided<K>;

    #[inline]
    fn whole<K>(self, key: K) -> Undivided<K> {
        Undivided(Some((key, self)))
    }

    #[inline]
    fn so<A, B>(parts: Undivided<A>, follows: impl Fn(A) -> B) -> Undivided<B> {
        Undivided(parts.0.map(|(key, flow)| (follows(key), flow)))
    }

    #[inline]
    fn further<A, B>(parts: Undivided<A>, split: impl Fn(A, Self) -> Undivided<B>) -> Undivided<B> {
        Undivided(parts.0.and_then(|(key, flow)| split(key, flow).0))
    }

    #[inline]
    fn classify_as<K: Copy + Eq + Hash>(
        &self,
        rules: &RuleList,
        _: impl Fn(Option<usize>) -> K,
    ) -> Parts<Option<usize>, Self> {
        self.whole(rules.first_match(self))
    }

    #[inline]
    fn look_up<V: Copy + Eq + Hash>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        self.whole(map.get(self.destination))
    }

    #[inline]
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

    #[inline]
    fn reversed(&self) -> Self {
        Flow::reversed(*self)
    }

    #[inline]
    fn undo(&self, before: &Self, _after: &Self) -> Self {
        Flow::reversed(*before)
    }

    #[inline]
    fn replying(&self, request: &Self) -> Parts<bool, Self> {
        self.whole(*self == Flow::reversed(*request))
    }

    #[inline]
    fn unchanged(&self, before: &Self) -> Parts<bool, Self> {
        self.whole(self == before)
    }

    #[inline]
    fn same_source(&self, before: &Self) -> Parts<bool, Self> {
        self.whole(self.source == before.source)
    }

    #[inline]
    fn witness(&self) -> Flow {
        *self
    }
}
