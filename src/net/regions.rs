//! Azure's regions, by the names that ARM and service tags use.
//!
//! The table is `az account list-locations` as of 2026-08 (btnguyen2k/azure-regions, MIT), with zones
//! from MicrosoftDocs/reliability-docs `regions-list.md`.

use std::collections::HashMap;
use std::sync::OnceLock;

static TABLE: &str = include_str!("data/azure-regions.csv");

/// Every region's name, in ARM's spelling.
#[must_use]
pub fn names() -> &'static [&'static str] {
    static NAMES: OnceLock<Vec<&'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.filter_map(|line| line.split(',').next()).collect()
    })
}

/// Where a region lies: latitude and longitude, in degrees. Coarse; good for a bound, not for a map.
#[must_use]
pub fn coordinates(region: &str) -> Option<(f64, f64)> {
    static PLACES: OnceLock<HashMap<&'static str, (f64, f64)>> = OnceLock::new();
    let places = PLACES.get_or_init(|| {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
        let places = rows.filter_map(|line| {
            let mut cells = line.split(',');
            let (name, _) = (cells.next()?, cells.next()?);
            Some((
                name,
                (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?),
            ))
        });
        places.collect()
    });
    places.get(region).copied()
}

/// The great-circle distance between two regions, in kilometres; `None` where one is not known.
#[must_use]
pub fn distance(from: &str, to: &str) -> Option<f64> {
    const EARTH: f64 = 6371.0;
    let ((lat1, lon1), (lat2, lon2)) = (coordinates(from)?, coordinates(to)?);
    let (lat1, lat2) = (lat1.to_radians(), lat2.to_radians());
    let (north, east) = ((lat2 - lat1) / 2.0, (lon2 - lon1).to_radians() / 2.0);
    let half = |angle: f64| libm::sin(angle) * libm::sin(angle);
    let chord = half(north) + libm::cos(lat1) * libm::cos(lat2) * half(east);
    Some(2.0 * EARTH * libm::asin(libm::sqrt(chord.clamp(0.0, 1.0))))
}

/// Spellings that service tags use beside ARM's (`virtual-network/service-tags-overview`).
const TAG_SPELLINGS: &[&str] = &[
    "centralfrance",
    "southfrance",
    "germanywc",
    "germanyn",
    "norwaye",
    "norwayw",
    "switzerlandn",
    "switzerlandw",
    "usstagee",
    "usstagec",
    "brazilse",
    "centraluseuap",
    "eastus2euap",
    "usgovarizona",
    "usgovtexas",
    "usgovvirginia",
    "usgoviowa",
    "usdodcentral",
    "usdodeast",
    "chinaeast",
    "chinaeast2",
    "chinaeast3",
    "chinanorth",
    "chinanorth2",
    "chinanorth3",
];

/// Whether a service tag may end in `.region`.
#[must_use]
pub fn in_tags(region: &str) -> bool {
    names()
        .iter()
        .chain(TAG_SPELLINGS)
        .any(|name| name.eq_ignore_ascii_case(region))
}
