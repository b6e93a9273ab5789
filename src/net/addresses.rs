//! Sets of addresses of both families, and maps from addresses to what they mean.

use std::net::IpAddr;

use ipnet::IpNet;
use smallvec::SmallVec;

use super::prefix::bounds;
use super::ranges::{Ranges, Word};

/// A set of IPv4 and IPv6 addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AddressSet {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl AddressSet {
    /// Every address of both families.
    #[must_use]
    pub fn all() -> Self {
        Self {
            v4: Ranges::all(),
            v6: Ranges::all(),
        }
    }

    /// The addresses of some prefixes.
    pub fn of<'a>(prefixes: impl IntoIterator<Item = &'a IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for prefix in prefixes {
            match prefix {
                IpNet::V4(net) => v4.push((net.network().into(), net.broadcast().into())),
                IpNet::V6(net) => v6.push((net.network().into(), net.broadcast().into())),
            }
        }
        Self {
            v4: Ranges::of(v4),
            v6: Ranges::of(v6),
        }
    }

    /// Single addresses.
    pub fn of_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for address in addresses {
            match address {
                IpAddr::V4(a) => v4.push((a.into(), a.into())),
                IpAddr::V6(a) => v6.push((a.into(), a.into())),
            }
        }
        Self {
            v4: Ranges::of(v4),
            v6: Ranges::of(v6),
        }
    }

    /// The addresses from `first` to `last`, both included, of one family.
    #[must_use]
    pub fn between(first: IpAddr, last: IpAddr) -> Self {
        match (first, last) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Self {
                v4: Ranges::one(a.into(), b.into()),
                v6: Ranges::default(),
            },
            (IpAddr::V6(a), IpAddr::V6(b)) => Self {
                v4: Ranges::default(),
                v6: Ranges::one(a.into(), b.into()),
            },
            _ => Self::default(),
        }
    }

    /// The addresses of some ranges of either family.
    #[must_use]
    pub const fn of_ranges(v4: Ranges<u32>, v6: Ranges<u128>) -> Self {
        Self { v4, v6 }
    }

    /// The ranges of IPv4.
    #[must_use]
    pub const fn v4(&self) -> &Ranges<u32> {
        &self.v4
    }

    /// The ranges of IPv6.
    #[must_use]
    pub const fn v6(&self) -> &Ranges<u128> {
        &self.v6
    }

    /// Whether nothing belongs to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether every address belongs to it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.v4.is_all() && self.v6.is_all()
    }

    /// Whether `address` belongs to it.
    #[must_use]
    #[inline]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.contains(a.into()),
            IpAddr::V6(a) => self.v6.contains(a.into()),
        }
    }

    /// Whether everything of `other` belongs to it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.v4.covers(&other.v4) && self.v6.covers(&other.v6)
    }

    /// Whether some address belongs to both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.v4.overlaps(&other.v4) || self.v6.overlaps(&other.v6)
    }

    /// What belongs to either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.union(&other.v4),
            v6: self.v6.union(&other.v6),
        }
    }

    /// What belongs to both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.intersection(&other.v4),
            v6: self.v6.intersection(&other.v6),
        }
    }

    /// What belongs to this and not to `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.difference(&other.v4),
            v6: self.v6.difference(&other.v6),
        }
    }

    /// Some address of it, the lowest; IPv4 first.
    #[must_use]
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self
            .v4
            .ranges()
            .first()
            .map(|(first, _)| IpAddr::from(first.to_be_bytes()));
        v4.or_else(|| {
            self.v6
                .ranges()
                .first()
                .map(|(first, _)| IpAddr::from(first.to_be_bytes()))
        })
    }

    /// The fewest prefixes that hold exactly its addresses.
    #[must_use]
    pub fn prefixes(&self) -> Vec<IpNet> {
        let v4 = self.v4.ranges().iter().flat_map(|(first, last)| {
            ipnet::Ipv4Subnets::new((*first).into(), (*last).into(), 0).map(IpNet::V4)
        });
        let v6 = self.v6.ranges().iter().flat_map(|(first, last)| {
            ipnet::Ipv6Subnets::new((*first).into(), (*last).into(), 0).map(IpNet::V6)
        });
        v4.chain(v6).collect()
    }
}

impl FromIterator<IpNet> for AddressSet {
    fn from_iter<I: IntoIterator<Item = IpNet>>(prefixes: I) -> Self {
        let prefixes: Vec<IpNet> = prefixes.into_iter().collect();
        Self::of(&prefixes)
    }
}

/// From addresses to values, by longest prefix: sorted disjoint intervals, one binary search a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressMap<V> {
    v4: Intervals<u32, V>,
    v6: Intervals<u128, V>,
}

impl<V> Default for AddressMap<V> {
    fn default() -> Self {
        Self {
            v4: Intervals::of(Vec::new()),
            v6: Intervals::of(Vec::new()),
        }
    }
}

/// Sorted disjoint intervals with their values.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Intervals<T, V> {
    /// One alone lies where the map does.
    all: SmallVec<[(T, T, V); 1]>,
    /// The last value of each, where there are several: what a search goes through lies close together.
    lasts: Box<[T]>,
}

impl<T, V> Intervals<T, V> {
    fn of(sorted: Vec<(T, T, V)>) -> Self
    where
        T: Copy,
    {
        let lasts = sorted.iter().map(|(_, last, _)| *last);
        Self {
            lasts: lasts.filter(|_| sorted.len() > 1).collect(),
            all: sorted.into_iter().collect(),
        }
    }
}

impl<T: Word, V: Copy> Intervals<T, V> {
    #[inline]
    fn find(&self, at: T) -> Option<V> {
        let index = self.lasts.partition_point(|last| *last < at);
        let (first, last, value) = self.all.get(index)?;
        (*first <= at && at <= *last).then_some(*value)
    }
}

impl<V: Copy + PartialEq> AddressMap<V> {
    /// The map in which the longest prefix that holds an address decides; of equal prefixes the first.
    pub fn longest_prefix(entries: impl IntoIterator<Item = (IpNet, V)>) -> Self {
        let mut entries: Vec<(IpNet, V)> = entries.into_iter().collect();
        // Shortest first, so that a longer one is laid over it; of equals the first comes last.
        entries.reverse();
        entries.sort_by_key(|(prefix, _)| prefix.prefix_len());
        let (mut v4, mut v6) = (Layers::default(), Layers::default());
        for (prefix, value) in entries {
            match bounds(&prefix) {
                (IpAddr::V4(a), IpAddr::V4(b)) => v4.lay(a.into(), b.into(), value),
                (IpAddr::V6(a), IpAddr::V6(b)) => v6.lay(a.into(), b.into(), value),
                _ => {}
            }
        }
        Self {
            v4: Intervals::of(v4.flatten()),
            v6: Intervals::of(v6.flatten()),
        }
    }

    /// What `address` means.
    #[must_use]
    #[inline]
    pub fn get(&self, address: IpAddr) -> Option<V> {
        match address {
            IpAddr::V4(a) => self.v4.find(a.into()),
            IpAddr::V6(a) => self.v6.find(a.into()),
        }
    }

    /// The intervals, as sets with their values; what lies in none has no value.
    pub fn parts(&self) -> impl Iterator<Item = (AddressSet, V)> + '_ {
        let v4 = self.v4.all.iter().map(|(first, last, value)| {
            let set = AddressSet {
                v4: Ranges::one(*first, *last),
                v6: Ranges::default(),
            };
            (set, *value)
        });
        let v6 = self.v6.all.iter().map(|(first, last, value)| {
            let set = AddressSet {
                v4: Ranges::default(),
                v6: Ranges::one(*first, *last),
            };
            (set, *value)
        });
        v4.chain(v6)
    }

    /// The intervals of IPv4, sorted, with their values.
    #[must_use]
    pub fn v4(&self) -> &[(u32, u32, V)] {
        &self.v4.all
    }

    /// The intervals of IPv6, sorted, with their values.
    #[must_use]
    pub fn v6(&self) -> &[(u128, u128, V)] {
        &self.v6.all
    }
}

/// Prefixes laid one over the other: they nest, so a stack of open ones is enough to cut them apart.
struct Layers<T, V>(Vec<(T, T, V)>);

impl<T, V> Default for Layers<T, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Word, V: Copy + PartialEq> Layers<T, V> {
    fn lay(&mut self, first: T, last: T, value: V) {
        self.0.push((first, last, value));
    }

    fn flatten(self) -> Vec<(T, T, V)> {
        let mut layers = self.0;
        // By start; of those that start together the widest first, and of equal ones the order laid.
        layers.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        let mut flat: Vec<(T, T, V)> = Vec::with_capacity(layers.len() * 2);
        let mut open: Vec<(T, V)> = Vec::new();
        let mut next = Some(T::MIN);
        let mut emit = |first: Option<T>, last: T, value: V| {
            if let Some(first) = first.filter(|first| *first <= last) {
                match flat.last_mut() {
                    Some((_, end, v)) if *v == value && end.after() == Some(first) => *end = last,
                    _ => flat.push((first, last, value)),
                }
            }
        };
        for (first, last, value) in layers {
            while let Some((end, v)) = open.last().copied().filter(|(end, _)| *end < first) {
                emit(next, end, v);
                next = end.after();
                open.pop();
            }
            if let (Some((_, v)), Some(before)) = (open.last().copied(), first.before()) {
                emit(next, before, v);
            }
            next = Some(first);
            open.push((last, value));
        }
        while let Some((end, v)) = open.pop() {
            emit(next, end, v);
            next = end.after();
        }
        flat
    }
}
