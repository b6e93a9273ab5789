//! Round trips between regions: what Microsoft publishes, and estimates where it publishes nothing.
//!
//! The table is "Azure network round-trip latency statistics" (Microsoft, CC BY 4.0; see the head of
//! `data/azure-region-latency.csv`), by prober and target, whole milliseconds, between machines.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::net::regions;

static TABLE: &str = include_str!("../data/azure-region-latency.csv");

/// How many known regions an estimate is anchored on.
const ANCHORS: usize = 5;

/// A published round trip, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// The median over 30 days.
    pub p50: f64,
    /// The 95th percentile over the same days; `None` in an older edition of the table.
    pub p95: Option<f64>,
}

/// A round trip between two regions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundTrip {
    /// In milliseconds.
    pub milliseconds: f64,
    /// Whether it is an estimate: nothing is published for the pair.
    pub estimated: bool,
}

type Pairs = HashMap<(&'static str, &'static str), Published>;

fn table() -> &'static Pairs {
    static PARSED: OnceLock<Pairs> = OnceLock::new();
    PARSED.get_or_init(|| {
        let mut pairs = Pairs::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')).skip(1) {
            let mut cells = line.split(',').map(str::trim);
            let (Some(from), Some(to), Some(p50), p95) =
                (cells.next(), cells.next(), cells.next(), cells.next())
            else {
                continue;
            };
            let Ok(p50) = p50.parse() else { continue };
            let p95 = p95.and_then(|cell| cell.parse().ok());
            let row = Published { p50, p95 };
            let slot = pairs.entry((from, to)).or_insert(row);
            if slot.p95.is_none() && p95.is_some() {
                *slot = row;
            }
        }
        pairs
    })
}

/// What is published for a pair of regions.
#[must_use]
pub fn published(from: &str, to: &str) -> Option<Published> {
    table().get(&(from, to)).copied()
}

/// The least that light in fibre takes there and back, in milliseconds.
#[must_use]
pub fn fibre_bound(kilometres: f64) -> f64 {
    kilometres / 100.0
}

/// The round trip between two regions, `busy` as in the worst twentieth of a month; `None` where a
/// region is not known. It holds both ends' own parts.
#[must_use]
pub fn round_trip(from: &str, to: &str, busy: bool) -> Option<RoundTrip> {
    if let Some(milliseconds) = known(from, to, busy) {
        return Some(RoundTrip {
            milliseconds,
            estimated: false,
        });
    }
    let direct = regions::distance(from, to)?;
    // What lacks data is the end that is anchored; where both do, first one and then the other.
    let estimate = if has_data(from) && !has_data(to) {
        anchored(to, from, &|anchor| known(from, anchor, busy))
    } else {
        anchored(from, to, &|anchor| {
            known(anchor, to, busy)
                .or_else(|| anchored(to, anchor, &|second| known(anchor, second, busy)))
        })
    };
    let milliseconds = estimate
        .unwrap_or(2.0 + 1.6 * direct / 100.0)
        .max(fibre_bound(direct));
    Some(RoundTrip {
        milliseconds,
        estimated: true,
    })
}

fn known(from: &str, to: &str, busy: bool) -> Option<f64> {
    let row = published(from, to)?;
    Some(if busy {
        row.p95.unwrap_or(row.p50 * 1.06)
    } else {
        row.p50
    })
}

/// Whether round trips from a region are published.
fn has_data(region: &str) -> bool {
    static FROM: OnceLock<Vec<&'static str>> = OnceLock::new();
    let all = FROM.get_or_init(|| {
        let mut all: Vec<_> = table()
            .iter()
            .filter(|(_, row)| row.p95.is_some())
            .map(|(pair, _)| pair.0)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    });
    all.binary_search(&region).is_ok()
}

/// The least over the known regions next to `region` of the way to one of them and from there on.
fn anchored(region: &str, other: &str, rest: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let candidates = nearest(region)
        .into_iter()
        .filter_map(|(anchor, kilometres)| {
            if anchor == other {
                Some(2.0 + 1.6 * kilometres / 100.0)
            } else {
                Some(1.5 + 1.6 * kilometres / 100.0 + rest(anchor)?)
            }
        });
    candidates.min_by(f64::total_cmp)
}

fn nearest(region: &str) -> Vec<(&'static str, f64)> {
    let others = regions::names()
        .iter()
        .filter(|name| **name != region && has_data(name));
    let mut found: Vec<(&str, f64)> = others
        .filter_map(|name| Some((*name, regions::distance(region, name)?)))
        .collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
    found.truncate(ANCHORS);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_pairs_are_as_published() {
        for (from, to, p50, p95) in [
            ("westeurope", "northeurope", 17.0, 20.0),
            ("uksouth", "ukwest", 7.0, 9.0),
            ("eastus", "eastus2", 8.0, 11.0),
            ("eastus", "westus", 69.0, 74.0),
            ("eastus", "westeurope", 83.0, 89.0),
            ("westeurope", "southeastasia", 169.0, 182.0),
            ("brazilsouth", "eastus", 118.0, 121.0),
            ("centralindia", "southindia", 20.0, 24.0),
        ] {
            assert_eq!(
                published(from, to),
                Some(Published {
                    p50,
                    p95: Some(p95)
                }),
                "{from} {to}"
            );
            let typical = RoundTrip {
                milliseconds: p50,
                estimated: false,
            };
            assert_eq!(round_trip(from, to, false), Some(typical));
            let busy = RoundTrip {
                milliseconds: p95,
                estimated: false,
            };
            assert_eq!(round_trip(from, to, true), Some(busy));
        }
        let current = table().values().filter(|row| row.p95.is_some()).count();
        assert_eq!(current, 2862);
    }

    #[test]
    fn no_published_pair_beats_light() {
        for ((from, to), row) in table() {
            let bound = regions::distance(from, to).map(fibre_bound);
            assert!(
                bound.is_some_and(|bound| row.p50 >= bound),
                "{from} {to}: {} under {bound:?}",
                row.p50
            );
            assert!(row.p95.is_none_or(|p95| p95 >= row.p50), "{from} {to}");
        }
    }

    #[test]
    fn estimates_are_those_of_the_calibration() {
        for (from, to, expected) in [
            ("chilecentral", "brazilsouth", 43.0),
            ("chilecentral", "eastus", 129.0),
            ("chilecentral", "westeurope", 211.0),
            ("brazilsoutheast", "brazilsouth", 8.0),
            ("indiasouthcentral", "centralindia", 10.0),
        ] {
            let came = round_trip(from, to, false).expect(from);
            assert!(came.estimated);
            assert_eq!(
                came.milliseconds.round(),
                expected,
                "{from} {to}: {}",
                came.milliseconds
            );
        }
    }

    #[test]
    fn every_pair_has_a_round_trip() {
        for from in regions::names() {
            for to in regions::names().iter().filter(|to| *to != from) {
                let came = round_trip(from, to, false).map(|trip| trip.milliseconds);
                assert!(
                    came.is_some_and(|ms| ms > 0.0 && ms < 500.0),
                    "{from} {to}: {came:?}"
                );
            }
        }
        assert_eq!(round_trip("nowhere", "eastus", false), None);
    }
}
