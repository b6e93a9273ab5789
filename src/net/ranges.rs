//! Sets of ordered values as sorted, disjoint, inclusive ranges.

/// A value that ranges are made of.
pub trait Word: Copy + Ord + std::fmt::Debug {
    /// The smallest value.
    const MIN: Self;
    /// The largest value.
    const MAX: Self;
    /// How many bits it has.
    const BITS: u32;
    /// The lowest 32 bits of what is left without the `below` lowest.
    fn above(self, below: u32) -> u32;
    /// The value after this one, if there is one.
    fn after(self) -> Option<Self>;
    /// The value before this one, if there is one.
    fn before(self) -> Option<Self>;
}

macro_rules! words {
    ($($t:ty),*) => {$(
        impl Word for $t {
            const MIN: Self = <$t>::MIN;
            const MAX: Self = <$t>::MAX;
            const BITS: u32 = <$t>::BITS;
            #[inline]
            fn above(self, below: u32) -> u32 { (self >> below) as u32 }
            fn after(self) -> Option<Self> { self.checked_add(1) }
            fn before(self) -> Option<Self> { self.checked_sub(1) }
        }
    )*};
}
words!(u16, u32, u128);

/// A set of values, as sorted ranges that neither overlap nor touch; both ends belong to a range.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ranges<T>(Vec<(T, T)>);

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Word> Ranges<T> {
    /// No value.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Every value.
    #[must_use]
    pub fn all() -> Self {
        Self(vec![(T::MIN, T::MAX)])
    }

    /// One range, ends included; empty where `first` is behind `last`.
    #[must_use]
    pub fn one(first: T, last: T) -> Self {
        if first <= last {
            Self(vec![(first, last)])
        } else {
            Self(Vec::new())
        }
    }

    /// The union of any ranges, in any order.
    #[must_use]
    pub fn of(mut ranges: Vec<(T, T)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if end.after().is_none_or(|next| first <= next) => {
                    *end = (*end).max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// The ranges, sorted.
    #[must_use]
    pub fn ranges(&self) -> &[(T, T)] {
        &self.0
    }

    /// Whether nothing belongs to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every value belongs to it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.as_slice() == [(T::MIN, T::MAX)]
    }

    /// Whether `value` belongs to it.
    #[must_use]
    #[inline]
    pub fn contains(&self, value: T) -> bool {
        // Most sets are one range.
        if let [(first, last)] = self.0.as_slice() {
            return *first <= value && value <= *last;
        }
        let at = self.0.partition_point(|(_, last)| *last < value);
        self.0.get(at).is_some_and(|(first, _)| *first <= value)
    }

    /// Whether every value of `other` belongs to it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(first, last)| {
            let at = self.0.partition_point(|(_, end)| end < first);
            self.0
                .get(at)
                .is_some_and(|(start, end)| start <= first && last <= end)
        })
    }

    /// Whether some value belongs to both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        // Of the shorter each range is looked up in the longer.
        let (few, many) = if self.0.len() <= other.0.len() {
            (self, other)
        } else {
            (other, self)
        };
        few.0.iter().any(|(first, last)| {
            let at = many.0.partition_point(|(_, end)| end < first);
            many.0.get(at).is_some_and(|(start, _)| start <= last)
        })
    }

    /// What belongs to either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied().collect())
    }

    /// What belongs to both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some(&&(a_first, a_last)), Some(&&(b_first, b_last))) = (a.peek(), b.peek()) {
            let (first, last) = (a_first.max(b_first), a_last.min(b_last));
            if first <= last {
                both.push((first, last));
            }
            if a_last < b_last {
                a.next();
            } else {
                b.next();
            }
        }
        Self(both)
    }

    /// What does not belong to it.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut rest = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(T::MIN);
        for (first, last) in &self.0 {
            if let (Some(start), Some(end)) = (next, first.before())
                && start <= end
            {
                rest.push((start, end));
            }
            next = last.after();
        }
        if let Some(start) = next {
            rest.push((start, T::MAX));
        }
        Self(rest)
    }

    /// What belongs to this and not to `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.intersection(&other.complement())
    }
}
