//! Round-trip times as dryhop has them: in microseconds, of hops, paths and whole connections.

use schemars::JsonSchema;
use serde::Serialize;

use super::Assumption;

/// What round trips take, in microseconds: least, mean and greatest of the probes that come back;
/// percentiles in closed form.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// The least.
    pub min_in_us: f64,
    /// The mean.
    pub avg_in_us: f64,
    /// The greatest.
    pub max_in_us: f64,
    /// The median.
    pub p50_in_us: f64,
    /// What 90 of 100 do not exceed.
    pub p90_in_us: f64,
    /// What 95 of 100 do not exceed.
    pub p95_in_us: f64,
    /// What 99 of 100 do not exceed.
    pub p99_in_us: f64,
    /// The part of round trips that are lost, from 0 to 1.
    pub loss: f64,
    /// The figures that nobody measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub assumptions: Vec<Assumption>,
    /// What it is the sum of; of one path only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub elements: Vec<LatencyElement>,
}

/// Something on the way that takes time: a floor, and a lognormal excess above it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LatencyElement {
    /// What it is called.
    pub name: String,
    /// The least that it takes.
    pub floor_in_us: f64,
    /// The median of what comes on top, under its load.
    pub excess_in_us: f64,
    /// The standard deviation of the logarithm of that.
    pub sigma: f64,
    /// The part of packets that it drops, from 0 to 1.
    pub loss: f64,
    /// Whether nobody measured or stated its figures.
    pub assumed: bool,
}

/// What probes find between a hop and the one before it, in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HopLatency {
    /// The least.
    pub min_in_us: f64,
    /// The mean.
    pub avg_in_us: f64,
    /// The greatest.
    pub max_in_us: f64,
    /// Whether nobody measured or stated a figure that it rests on.
    pub assumed: bool,
}
