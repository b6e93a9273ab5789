//! The latency model: what a round trip is made of, and what comes of it, sampled or in closed form.
//!
//! `RTT = Σ floor + excess · K · exp(σ · z)`, `K = 1 + v · ρ/(1−ρ)`: above a hard floor each element adds
//! a lognormal excess, which load stretches; see docs/LATENCY.md. It knows no resources.

mod analytic;
mod defaults;
mod draw;
mod regions;

pub use analytic::{loss, mean, mixed_quantile, quantile};
pub use defaults::Kind;
pub use draw::{Key, Sample, sample};
pub use regions::{Published, RoundTrip, fibre_bound, published, round_trip};

/// The greatest load that still stretches the excess further.
const LOAD_CAP: f64 = 0.99;

/// How many packets an element queues before it drops one.
const SLOTS: i32 = 64;

/// Something on a round trip that takes time, drops packets, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// What it is called, as in `azfw:hub-fw`: its draws depend on it, and on no other element.
    pub name: String,
    /// The least that it takes, in microseconds.
    pub floor: f64,
    /// The median of what comes on top of that, unloaded, in microseconds.
    pub excess: f64,
    /// How far the excess spreads: the standard deviation of its logarithm.
    pub sigma: f64,
    /// How busy it is: the part of its capacity that is used, 1 for all of it.
    pub load: f64,
    /// How irregular its traffic is: 1 as in M/M/1, 0.5 for fixed-time forwarding, 2 for bursts.
    pub variability: f64,
    /// The part of packets that it drops, whatever its load.
    pub loss: f64,
    /// Whether its figures are the model's own, since none was published, measured or stated.
    pub assumed: bool,
}

impl Element {
    /// An element without load and loss; times in microseconds.
    #[must_use]
    pub fn new(name: impl Into<String>, floor: f64, excess: f64, sigma: f64) -> Self {
        Self {
            name: name.into(),
            floor,
            excess,
            sigma,
            load: 0.0,
            variability: 1.0,
            loss: 0.0,
            assumed: false,
        }
    }

    /// The same with a base loss, as a fraction.
    #[must_use]
    pub fn losing(mut self, loss: f64) -> Self {
        self.loss = loss;
        self
    }

    /// The median of its excess under its load, in microseconds.
    #[must_use]
    pub fn median_excess(&self) -> f64 {
        let load = self.load.clamp(0.0, LOAD_CAP);
        let stretch = if self.variability == 1.0 {
            1.0 / (1.0 - load)
        } else {
            1.0 + self.variability * load / (1.0 - load)
        };
        self.excess * stretch
    }

    /// The part of packets that it drops: its own loss, and what a full queue (M/M/1/64) refuses.
    #[must_use]
    pub fn drops(&self) -> f64 {
        (self.loss + blocking(self.load)).clamp(0.0, 1.0)
    }
}

/// The part of arrivals that an M/M/1/64 queue refuses at a load.
#[must_use]
pub fn blocking(load: f64) -> f64 {
    if load <= 0.0 {
        return 0.0;
    }
    if (load - 1.0).abs() < 1e-9 {
        return 1.0 / f64::from(SLOTS + 1);
    }
    if load < 1.0 {
        let full = libm::pow(load, f64::from(SLOTS));
        return (1.0 - load) * full / (1.0 - full * load);
    }
    // The same, divided by load^65, which would overflow.
    let free = libm::pow(load, -f64::from(SLOTS + 1));
    (1.0 / load - 1.0) / (free - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_stretches_the_excess_and_not_the_floor() {
        let mut element = Element::new("x", 1000.0, 100.0, 1.0);
        for (load, variability, expected) in [
            (0.5, 1.0, 2.0),
            (0.8, 1.0, 5.0),
            (0.9, 1.0, 10.0),
            (0.95, 1.0, 20.0),
            (0.5, 0.5, 1.5),
            (0.8, 0.5, 3.0),
            (2.0, 1.0, 100.0),
        ] {
            (element.load, element.variability) = (load, variability);
            assert!(
                (element.median_excess() / 100.0 - expected).abs() < 1e-9,
                "{load} {variability}"
            );
        }
    }

    #[test]
    fn a_full_queue_drops() {
        let about = |load: f64, expected: f64| {
            let came = blocking(load);
            assert!((came / expected - 1.0).abs() < 0.5, "{load}: {came}");
        };
        assert_eq!(blocking(0.0), 0.0);
        about(0.8, 1.3e-7);
        about(0.9, 1.2e-4);
        about(0.95, 2e-3);
        about(1.0, 1.0 / 65.0);
        about(1.1, 0.09);
        about(1.5, 0.33);
        assert!(blocking(1e9) < 1.0 + 1e-9);
    }
}
