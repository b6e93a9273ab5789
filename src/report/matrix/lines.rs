//! All pairs as JSON lines: an object for each pair of groups.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Folded, service, word};
use crate::engine::matrix::Cell;

/// A pair of groups.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pair<'f> {
    from: Vec<&'f str>,
    to: Vec<&'f str>,
    /// `yes`, `no`, `partly` or `unknown`, for each service.
    services: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<Latency>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Latency {
    p50: f64,
    p95: f64,
}

/// The text. Where a group meets itself each member is meant with each other.
///
/// # Errors
/// Where a value has no form in JSON, which none has.
pub fn lines(folded: &Folded<'_>) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    let destinations = folded.sided(false);
    for from in folded.sided(true) {
        for to in &destinations {
            let cells = folded.pair(from, *to);
            if cells.iter().all(|cell| *cell == Cell::Blank) {
                continue;
            }
            let services = folded.matrix.services.iter().zip(cells);
            // To the microsecond.
            let round = |microseconds: f64| microseconds.round() / 1000.0;
            let pair = Pair {
                from: folded.names(from),
                to: folded.names(*to),
                services: services
                    .map(|(own, cell)| (service(own), word(*cell).into()))
                    .collect(),
                latency_ms: folded.latency(from, *to).map(|[p50, p95]| Latency {
                    p50: round(p50),
                    p95: round(p95),
                }),
            };
            out.push_str(&serde_json::to_string(&pair)?);
            out.push('\n');
        }
    }
    Ok(out)
}
