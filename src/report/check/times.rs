//! Round-trip times as text: milliseconds with three digits, and `~` before what rests on a figure that
//! nobody measured (docs/LATENCY.md).

use crate::engine::latency::{HopLatency, Latency};

use crate::report::Style;

/// So much loss, as a part of all round trips, is warned of; less is the way of networks, and told where a
/// probe shows it.
const TOLD: f64 = 0.01;

/// What a hop takes, the mean of all probes.
pub(super) fn of_hop(latency: HopLatency) -> String {
    let about = if latency.assumed { "~" } else { "" };
    format!("{about}{} ms", digits(milliseconds(latency.probed.avg)))
}

/// The lines of a connection, each with its label; `failed` is how many probes did.
pub(super) fn lines(
    latency: &Latency,
    failed: u16,
    style: Style,
    line: &mut impl FnMut(&'static str, String),
) {
    let about = if latency.assumed() { "~" } else { "" };
    let probed = &latency.probed;
    let [min, avg, max] = [probed.min, probed.avg, probed.max].map(|ns| digits(milliseconds(ns)));
    let probes = format!("{about}{min} min, {about}{avg} avg, {about}{max} max ms");
    line("latency", probes);
    let [p50, p90, p95, p99] = latency.percentiles.map(|us| digits(us / 1000.0));
    line(
        "",
        format!("{about}{p50} p50, {about}{p90} p90, {about}{p95} p95, {about}{p99} p99 ms"),
    );
    if latency.loss >= TOLD || (failed > 0 && latency.loss > 0.0) {
        let mark = if latency.loss >= TOLD {
            format!("{} ", style.warn())
        } else {
            String::new()
        };
        let lost = digits(latency.loss * 100.0);
        line(
            "",
            format!("{mark}{about}{lost} % of round trips are lost on the way"),
        );
    }
}

fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// A number with three digits, or three behind the point.
fn digits(number: f64) -> String {
    let behind = match number {
        x if x >= 99.95 => 0,
        x if x >= 9.995 => 1,
        x if x >= 0.9995 => 2,
        _ => 3,
    };
    format!("{number:.behind$}")
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn three_digits() {
        for (number, text) in [
            (0.08034, "0.080"),
            (0.9996, "1.00"),
            (1.234, "1.23"),
            (9.996, "10.0"),
            (17.04, "17.0"),
            (123.4, "123"),
        ] {
            assert_eq!(digits(number), text);
        }
    }
}
