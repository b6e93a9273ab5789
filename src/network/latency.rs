//! What a topology says of latency, over what the model takes by itself.

use std::collections::HashMap;

/// The inputs of the latency model.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencySettings {
    /// What all draws come from.
    pub seed: u64,
    /// Whether regions are as far apart as in the worst twentieth of a month.
    pub busy: bool,
    /// Round trips between regions, in milliseconds, by prober and target.
    pub regions: HashMap<(String, String), f64>,
    /// Round trips between two zones of a region, in milliseconds; the lesser zone first.
    pub zones: HashMap<(String, String, String), f64>,
    /// What is known of resources, by their names in lower case.
    pub elements: HashMap<String, ElementOverride>,
    /// How many probes are sent to what is reachable, and to what is not.
    pub probes: (u16, u16),
    /// The part of round trips that is lost wherever they go.
    pub loss_rate: f64,
}

impl Default for LatencySettings {
    fn default() -> Self {
        Self {
            seed: 0,
            busy: false,
            regions: HashMap::new(),
            zones: HashMap::new(),
            elements: HashMap::new(),
            probes: (66, 30),
            loss_rate: 0.0,
        }
    }
}

impl LatencySettings {
    /// The round trip that is stated between two regions, in milliseconds: in the other direction where
    /// only that is stated.
    #[must_use]
    pub fn between_regions(&self, from: &str, to: &str) -> Option<f64> {
        let stated =
            |from: &str, to: &str| self.regions.get(&(from.to_owned(), to.to_owned())).copied();
        stated(from, to).or_else(|| stated(to, from))
    }

    /// The round trip that is stated between two zones of a region, in milliseconds.
    #[must_use]
    pub fn between_zones(&self, region: &str, a: &str, b: &str) -> Option<f64> {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        self.zones
            .get(&(region.to_owned(), a.to_owned(), b.to_owned()))
            .copied()
    }
}

/// What is known of one resource.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ElementOverride {
    /// How busy it is: the part of its capacity that is used.
    pub load: Option<f64>,
    /// The least that it adds to a round trip, in milliseconds.
    pub floor_ms: Option<f64>,
    /// The median of what comes on top of that, unloaded, in milliseconds.
    pub excess_ms: Option<f64>,
    /// How far the excess spreads: the standard deviation of its logarithm.
    pub sigma: Option<f64>,
    /// The part of packets that it drops.
    pub loss: Option<f64>,
}

/// A region's name as it is compared: without case and blanks.
#[must_use]
pub fn region_name(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}
