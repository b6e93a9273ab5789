//! Azure's regions, by the names that ARM and service tags use.
//!
//! The table is `az account list-locations` as of 2026-08 (btnguyen2k/azure-regions, MIT), with zones
//! from MicrosoftDocs/reliability-docs `regions-list.md`.

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
