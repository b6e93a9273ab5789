//! Which of many prefixes overlap, in one sort.

use ipnet::IpNet;

use crate::net::{contains, same_family};

/// The pairs of prefixes of which one holds the other, the wider one first; each prefix stands at most
/// once as the narrower one. Prefixes either nest or are disjoint, so one open prefix is enough.
pub(super) fn nested<T: Copy>(mut prefixes: Vec<(IpNet, T)>) -> Vec<((IpNet, T), (IpNet, T))> {
    prefixes.sort_by_key(|(prefix, _)| {
        (
            prefix.addr().is_ipv6(),
            prefix.network(),
            prefix.prefix_len(),
        )
    });
    let mut pairs = Vec::new();
    let mut open: Option<(IpNet, T)> = None;
    for next in prefixes {
        match open {
            Some(wide)
                if same_family(wide.0.addr(), next.0.addr()) && contains(&wide.0, &next.0) =>
            {
                pairs.push((wide, next));
            }
            _ => open = Some(next),
        }
    }
    pairs
}

/// Prefixes of which none holds another, to be searched.
#[derive(Debug)]
pub(super) struct Outer(Vec<IpNet>);

impl Outer {
    /// The widest of some prefixes.
    pub(super) fn of(prefixes: &[IpNet]) -> Self {
        let mut sorted = prefixes.to_vec();
        sorted.sort_by_key(|prefix| {
            (
                prefix.addr().is_ipv6(),
                prefix.network(),
                prefix.prefix_len(),
            )
        });
        let mut widest: Vec<IpNet> = Vec::with_capacity(sorted.len());
        for prefix in sorted {
            if !widest.last().is_some_and(|wide| contains(wide, &prefix)) {
                widest.push(prefix);
            }
        }
        Self(widest)
    }

    /// Whether one of them holds all of `prefix`.
    pub(super) fn holds(&self, prefix: &IpNet) -> bool {
        let key = (prefix.addr().is_ipv6(), prefix.network());
        let behind = self
            .0
            .partition_point(|wide| (wide.addr().is_ipv6(), wide.network()) <= key);
        behind
            .checked_sub(1)
            .is_some_and(|at| contains(&self.0[at], prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(texts: &[&str]) -> Vec<(IpNet, usize)> {
        let parsed = texts.iter().map(|text| text.parse().unwrap());
        parsed.zip(0..).collect()
    }

    #[test]
    fn pairs_are_found_in_any_order() {
        let pairs = nested(nets(&[
            "10.0.1.0/24",
            "10.0.0.0/8",
            "::/0",
            "11.0.0.0/8",
            "10.0.0.0/8",
        ]));
        let numbers: Vec<(usize, usize)> = pairs.iter().map(|(a, b)| (a.1, b.1)).collect();
        assert_eq!(numbers, [(1, 4), (1, 0)]);
    }

    #[test]
    fn the_widest_hold() {
        let outer = Outer::of(&[
            "10.1.0.0/16".parse().unwrap(),
            "10.0.0.0/16".parse().unwrap(),
        ]);
        assert!(outer.holds(&"10.1.2.0/24".parse().unwrap()));
        assert!(!outer.holds(&"10.0.0.0/15".parse().unwrap()));
        assert!(!outer.holds(&"fd00::/64".parse().unwrap()));
    }
}
