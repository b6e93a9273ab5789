//! Sets cut by what a map says of an address, and by where the parts of a flow are what two translations
//! make alike.

use std::hash::Hash;

use super::scale::{self, DESTINATION, SERVICE, SOURCE, SOURCE_PORT};
use super::set::Made;
use super::space::Cut;
use crate::net::AddressMap;

/// Cuts by what a map says of the addresses of a scale.
pub(super) struct LookUp<'m, V> {
    pub map: &'m AddressMap<V>,
    pub scale: u8,
}

impl<V: Copy + Eq + Hash> Cut for LookUp<'_, V> {
    /// What the map has said.
    type State = Option<Option<V>>;
    type Key = Option<V>;

    fn settled(&self, _: u8, state: &Self::State) -> Option<Self::Key> {
        *state
    }

    fn pieces(
        &self,
        scale: u8,
        state: &Self::State,
        first: u128,
        last: u128,
        pieces: &mut Vec<(u128, Self::State)>,
    ) {
        if scale != self.scale {
            pieces.push((last, *state));
            return;
        }
        let mut next = Some(first);
        scale::values_within(self.map, first, last, |a, b, value| {
            if next.is_some_and(|next| next < a) {
                pieces.push((a - 1, Some(None)));
            }
            pieces.push((b, Some(Some(value))));
            next = b.checked_add(1);
        });
        if next.is_some_and(|next| next <= last) {
            pieces.push((last, Some(None)));
        }
    }
}

/// What a part of a flow must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Must {
    /// Anything.
    Any,
    /// This.
    Be(u128),
    /// What it cannot be.
    Fail,
}

impl Must {
    fn of<W: PartialEq>(a: Option<W>, b: Option<W>, point: impl Fn(W) -> u128) -> Self {
        match (a, b) {
            (None, None) => Self::Any,
            (Some(a), Some(b)) if a == b => Self::Any,
            (Some(_), Some(_)) => Self::Fail,
            (Some(fixed), None) | (None, Some(fixed)) => Self::Be(point(fixed)),
        }
    }
}

/// Cuts out the flows that two translations make alike.
#[derive(Debug)]
pub(super) struct AtPoint([Must; 4]);

/// What is known of a part of the flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Seen {
    /// They are alike so far, and have ports.
    Alike,
    /// They are alike so far, and have no ports.
    Portless,
    /// They are not.
    Other,
}

impl AtPoint {
    /// For two translations of the same flows, or of their sources only.
    pub fn of(a: &Made, b: &Made, source_only: bool) -> Self {
        let source = Must::of(a.source, b.source, scale::of_address);
        if source_only {
            return Self([Must::Any, Must::Any, Must::Any, source]);
        }
        Self([
            Must::of(a.destination, b.destination, scale::of_address),
            Must::of(a.destination_port, b.destination_port, u128::from),
            Must::of(a.source_port, b.source_port, u128::from),
            source,
        ])
    }

    fn must(&self, scale: u8) -> Must {
        self.0.get(usize::from(scale)).copied().unwrap_or(Must::Any)
    }

    /// Whether all flows are alike, or none, whatever they are.
    pub fn whole(&self) -> Option<bool> {
        if self.0 == [Must::Any; 4] {
            return Some(true);
        }
        let addresses = [self.must(DESTINATION), self.must(SOURCE)];
        addresses.contains(&Must::Fail).then_some(false)
    }

    #[expect(clippy::unused_self, reason = "as with the other cuts")]
    pub const fn start(&self) -> Seen {
        Seen::Alike
    }
}

impl Cut for AtPoint {
    type State = Seen;
    type Key = bool;

    fn settled(&self, scale: u8, state: &Seen) -> Option<bool> {
        if *state == Seen::Other {
            return Some(false);
        }
        (scale..scale::SCALES)
            .all(|scale| self.must(scale) == Must::Any)
            .then_some(true)
    }

    fn pieces(
        &self,
        scale: u8,
        state: &Seen,
        first: u128,
        last: u128,
        pieces: &mut Vec<(u128, Seen)>,
    ) {
        let mut next = Some(first);
        let mut take = |to: u128, seen: Seen| {
            let to = to.min(last);
            if next.is_some_and(|next| next <= to) {
                pieces.push((to, seen));
                next = to.checked_add(1);
            }
        };
        let must = match (scale, state) {
            (SOURCE_PORT, Seen::Portless) => Must::Any,
            _ => self.must(scale),
        };
        match (scale, must) {
            (SERVICE, must) => {
                // TCP and UDP each have the port once; what has no ports is alike.
                for base in [0, scale::first_portless() / 2] {
                    match must {
                        Must::Be(port) => {
                            if let Some(before) = (base + port).checked_sub(1) {
                                take(before, Seen::Other);
                            }
                            take(base + port, Seen::Alike);
                            take(base + scale::last(SOURCE_PORT), Seen::Other);
                        }
                        Must::Any => take(base + scale::last(SOURCE_PORT), Seen::Alike),
                        Must::Fail => take(base + scale::last(SOURCE_PORT), Seen::Other),
                    }
                }
                take(last, Seen::Portless);
            }
            (_, Must::Be(point)) => {
                if let Some(before) = point.checked_sub(1) {
                    take(before, Seen::Other);
                }
                take(point, *state);
                take(last, Seen::Other);
            }
            (_, Must::Any) => take(last, *state),
            (_, Must::Fail) => take(last, Seen::Other),
        }
    }
}
