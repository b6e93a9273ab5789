//! Reproducible draws: each is a pure function of seed, ends, protocol and port, element, and probe.
//!
//! SplitMix64's finaliser over FNV-1a hashes, Acklam's inverse of the normal distribution, `libm` for
//! `exp`, `log` and `sqrt` (the platform's differ in the last bit), whole nanoseconds. So no draw
//! depends on any other, and an element that is added changes none of those that were there.

use super::Element;

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// What all draws of one element in one connection come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// The key of a seed, without parts.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(mix(seed ^ GOLDEN))
    }

    /// The key with a further part.
    #[must_use]
    pub fn with(self, part: &str) -> Self {
        Self(mix(self.0 ^ fnv(part)))
    }

    /// The `n`th of its numbers, between 0 and 1 and neither of them.
    #[must_use]
    pub fn uniform(self, n: u64) -> f64 {
        let bits = mix(self.0.wrapping_add(n.wrapping_add(1).wrapping_mul(GOLDEN)));
        ((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// What one probe finds at one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// What it takes there and back, in nanoseconds.
    pub nanoseconds: u64,
    /// Whether it is dropped there.
    pub lost: bool,
}

/// What the `probe`th probe finds at `element`; `connection` is the key of everything but the element.
#[must_use]
pub fn sample(connection: Key, element: &Element, probe: u64) -> Sample {
    let key = connection.with(&element.name);
    let z = inverse_normal(key.uniform(2 * probe));
    let microseconds = element.floor + element.median_excess() * libm::exp(element.sigma * z);
    Sample {
        nanoseconds: libm::rint(microseconds * 1000.0).max(0.0) as u64,
        lost: key.uniform(2 * probe + 1) < element.drops(),
    }
}

/// The inverse of the standard normal distribution, by Acklam's rational approximation.
pub(super) fn inverse_normal(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e+01,
        2.209460984245205e+02,
        -2.759285104469687e+02,
        1.38357751867269e+02,
        -3.066479806614716e+01,
        2.506628277459239e+00,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e+01,
        1.615858368580409e+02,
        -1.556989798598866e+02,
        6.680131188771972e+01,
        -1.328068155288572e+01,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e+00,
        -2.549732539343734e+00,
        4.374664141464968e+00,
        2.938163982698783e+00,
    ];
    const D: [f64; 5] = [
        7.784695709041462e-03,
        3.224671290700398e-01,
        2.445134137142996e+00,
        3.754408661907416e+00,
        1.0,
    ];
    const LOW: f64 = 0.02425;
    fn horner(coefficients: &[f64], x: f64) -> f64 {
        coefficients
            .iter()
            .fold(0.0, |sum, coefficient| sum * x + coefficient)
    }
    if p < LOW {
        let q = libm::sqrt(-2.0 * libm::log(p));
        horner(&C, q) / horner(&D, q)
    } else if p <= 1.0 - LOW {
        let q = p - 0.5;
        let r = q * q;
        horner(&A, r) * q / horner(&B, r)
    } else {
        let q = libm::sqrt(-2.0 * libm::log(1.0 - p));
        -(horner(&C, q) / horner(&D, q))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(seed: u64) -> Key {
        ["vm-web", "vm-sql", "tcp/1433"]
            .into_iter()
            .fold(Key::new(seed), Key::with)
    }

    #[test]
    #[expect(
        clippy::excessive_precision,
        reason = "the published digits, all of them"
    )]
    fn a_key_and_its_first_number() {
        let key = connection(42).with("azfw:hub-fw");
        assert_eq!(key.0, 0x2c93_7c86_0303_1ed8);
        assert_eq!(key.uniform(0), 0.898_298_028_221_920_84);
        assert_eq!(inverse_normal(key.uniform(0)), 1.271_913_248_512_573);
    }

    #[test]
    fn the_golden_numbers() {
        type Row = (f64, u64, [u64; 3], [u64; 3], [u64; 3]);
        let rows: [Row; 4] = [
            (
                0.0,
                0,
                [2058791, 2468707, 4899106],
                [2754161, 3924648, 2094710],
                [99951, 1431147, 937609],
            ),
            (
                0.0,
                42,
                [2052535, 2577537, 4941524],
                [3065092, 2415066, 2270076],
                [109351, 1533954, 934230],
            ),
            (
                0.8,
                0,
                [2248130, 4193296, 15860208],
                [5828179, 11264007, 2365428],
                [99951, 3155736, 937609],
            ),
            (
                0.8,
                42,
                [2184077, 4713356, 16640934],
                [7346298, 3713588, 3364246],
                [109351, 3669774, 934230],
            ),
        ];
        for (load, seed, [min, avg, max], first, averages) in rows {
            let mut firewall = Element::new("azfw:hub-fw", 1000.0, 300.0, 1.0).losing(1e-4);
            firewall.load = load;
            let elements = [
                Element::new("seg:same-zone", 80.0, 15.0, 1.2),
                firewall,
                Element::new("seg:cross-zone", 900.0, 20.0, 1.2),
            ];
            let key = connection(seed);
            let column = |element: &Element| -> Vec<u64> {
                (0..66)
                    .map(|probe| sample(key, element, probe).nanoseconds)
                    .collect()
            };
            let columns: Vec<Vec<u64>> = elements.iter().map(column).collect();
            let totals: Vec<u64> = (0..66)
                .map(|probe| columns.iter().map(|column| column[probe]).sum())
                .collect();
            let average = |all: &[u64]| all.iter().sum::<u64>() / 66;
            assert_eq!(totals.iter().min(), Some(&min), "{load} {seed}");
            assert_eq!(totals.iter().max(), Some(&max), "{load} {seed}");
            assert_eq!(totals[..3], first, "{load} {seed}");
            assert_eq!(average(&totals), avg, "{load} {seed}");
            let came: Vec<u64> = columns.iter().map(|column| average(column)).collect();
            assert_eq!(came, averages, "{load} {seed}");
        }
    }

    #[test]
    fn the_inverse_is_an_inverse() {
        for n in 1..1000 {
            let p = f64::from(n) / 1000.0;
            let back = 0.5 * libm::erfc(-inverse_normal(p) / core::f64::consts::SQRT_2);
            assert!((back - p).abs() < 2e-9, "{p}");
        }
    }
}
