//! Percentiles without sampling, within about 4 %: no noise, no seed. (Where several appliances in a row
//! make up most of a round trip, the percentiles above the median come out up to 5 % low.)
//!
//! A round trip is a sum of shifted lognormals. Up to the median it is taken for one of them with the
//! same floor, mean and variance (Fenton–Wilkinson); above, one element is taken to be far from its
//! median while the others are at theirs ("one big jump"). Mean and loss are exact.

use super::Element;
use super::draw::inverse_normal;

/// The mean of a round trip, in microseconds. Exact.
#[must_use]
pub fn mean(elements: &[Element]) -> f64 {
    let each = elements.iter().map(|element| {
        element.floor + element.median_excess() * libm::exp(element.sigma * element.sigma / 2.0)
    });
    // The sum of nothing is -0.
    each.fold(0.0, |whole, own| whole + own)
}

/// The part of round trips that are lost. Exact.
#[must_use]
pub fn loss(elements: &[Element]) -> f64 {
    1.0 - elements
        .iter()
        .map(|element| 1.0 - element.drops())
        .product::<f64>()
}

/// What a part `p` of round trips does not exceed, in microseconds.
#[must_use]
pub fn quantile(elements: &[Element], p: f64) -> f64 {
    let p = p.clamp(1e-9, 1.0 - 1e-9);
    let shape = Shape::of(elements);
    if shape.spread.is_empty() {
        return shape.floor;
    }
    let low = shape.floor + shape.fenton_wilkinson(p.min(0.5));
    if p <= 0.5 {
        low
    } else {
        low.max(least(shape.floor, |x| shape.one_big_jump(x) >= p))
    }
}

/// The same where round trips go by several ways, each with the part of them that takes it.
#[must_use]
pub fn mixed_quantile(ways: &[(f64, &[Element])], p: f64) -> f64 {
    if let [(_, elements)] = ways {
        return quantile(elements, p);
    }
    let whole: f64 = ways.iter().map(|(part, _)| part).sum();
    let shapes: Vec<(f64, Shape)> = ways
        .iter()
        .map(|(part, elements)| (part / whole, Shape::of(elements)))
        .collect();
    let below = |x: f64| -> f64 {
        shapes
            .iter()
            .map(|(part, shape)| part * shape.below(x))
            .sum()
    };
    let floor = shapes.iter().map(|(_, shape)| shape.floor);
    let floor = floor.fold(f64::INFINITY, f64::min);
    if floor.is_finite() {
        least(floor, |x| below(x) >= p.clamp(1e-9, 1.0 - 1e-9))
    } else {
        0.0
    }
}

/// The least `x` above `floor` of which something holds that holds of all that is greater.
fn least(floor: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut step) = (floor, 1.0);
    while !holds(low + step) && step < 1e15 {
        step *= 2.0;
    }
    let mut high = low + step;
    for _ in 0..64 {
        let middle = (low + high) / 2.0;
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    (low + high) / 2.0
}

/// A sum of shifted lognormals.
struct Shape {
    floor: f64,
    /// Medians and sigmas.
    spread: Vec<(f64, f64)>,
}

impl Shape {
    fn of(elements: &[Element]) -> Self {
        let floors = elements.iter().map(|element| element.floor);
        let mut floor = floors.fold(0.0, |whole, own| whole + own);
        let mut spread = Vec::with_capacity(elements.len());
        for element in elements {
            let median = element.median_excess();
            if element.sigma <= 0.0 {
                floor += median;
            } else if median > 0.0 {
                spread.push((median, element.sigma));
            }
        }
        Self { floor, spread }
    }

    /// Mean and sigma of the logarithm of the one that stands for all.
    fn matched(&self) -> (f64, f64) {
        let (mut mean, mut variance) = (0.0, 0.0);
        for (median, sigma) in &self.spread {
            let grown = libm::exp(sigma * sigma);
            mean += median * libm::sqrt(grown);
            variance += median * median * grown * (grown - 1.0);
        }
        let square = libm::log(1.0 + variance / (mean * mean));
        (libm::log(mean) - square / 2.0, libm::sqrt(square))
    }

    /// The quantile above the floor.
    fn fenton_wilkinson(&self, p: f64) -> f64 {
        let (mean, sigma) = self.matched();
        libm::exp(mean + sigma * inverse_normal(p))
    }

    /// The part of round trips that take no more than `x`.
    fn one_big_jump(&self, x: f64) -> f64 {
        let x = x - self.floor;
        let medians: f64 = self.spread.iter().map(|(median, _)| median).sum();
        let each = self.spread.iter().map(|(median, sigma)| {
            let own = x - (medians - median);
            if own <= 0.0 {
                0.0
            } else {
                normal(libm::log(own / median) / sigma)
            }
        });
        each.product()
    }

    /// The part of round trips that take no more than `x`, by whichever of the two is good there.
    fn below(&self, x: f64) -> f64 {
        if x <= self.floor {
            return f64::from(x == self.floor && self.spread.is_empty());
        }
        if self.spread.is_empty() {
            return 1.0;
        }
        let far = self.one_big_jump(x);
        if far >= 0.75 {
            return far;
        }
        let (mean, sigma) = self.matched();
        let near = normal((libm::log(x - self.floor) - mean) / sigma);
        near.min(0.75)
    }
}

/// The standard normal distribution.
fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::latency::{Key, sample};

    /// docs/LATENCY.md: a machine's way to itself is made of nothing, and takes 0, not -0.
    #[test]
    fn nothing_is_not_minus_zero() {
        assert!(mean(&[]).is_sign_positive());
        assert!(quantile(&[], 0.5).is_sign_positive());
    }

    fn paths() -> Vec<Vec<Element>> {
        let same = || Element::new("seg:same-zone", 80.0, 15.0, 1.2);
        let cross = || Element::new("seg:cross-zone", 900.0, 20.0, 1.2);
        let region = || Element::new("seg:region", 16_970.0, 30.0, 1.3).losing(1e-5);
        let vpn = |name: &str| Element::new(name, 400.0, 75.0, 1.7).losing(1e-5);
        let firewall = |name: &str, load: f64| {
            let mut made = Element::new(name, 1000.0, 300.0, 1.0);
            made.load = load;
            made
        };
        let nva = |name: &str| Element::new(name, 500.0, 150.0, 1.0);
        vec![
            vec![same()],
            vec![cross()],
            vec![region()],
            vec![same(), firewall("a", 0.0), cross()],
            vec![same(), firewall("a", 0.8), cross()],
            vec![firewall("a", 0.0), region(), firewall("b", 0.0)],
            vec![same(), nva("a"), cross(), nva("b")],
            vec![vpn("a"), region(), vpn("b")],
            vec![vpn("a"), Element::new("net", 6000.0, 500.0, 1.4), vpn("b")],
        ]
    }

    #[test]
    fn percentiles_are_those_of_sampling() {
        const N: usize = 200_000;
        for elements in paths() {
            let mut all = vec![0_u64; N];
            for element in &elements {
                for (probe, total) in all.iter_mut().enumerate() {
                    *total += sample(Key::new(7), element, probe as u64).nanoseconds;
                }
            }
            all.sort_unstable();
            for p in [0.05, 0.5, 0.9, 0.95, 0.99] {
                let drawn = all[(p * N as f64) as usize] as f64 / 1000.0;
                let formed = quantile(&elements, p);
                // Two appliances that make up most of it are the worst case.
                let most = if elements.len() > 3 { 0.05 } else { 0.04 };
                assert!(
                    (formed / drawn - 1.0).abs() < most,
                    "{elements:?} p{p}: {formed} for {drawn}"
                );
            }
            let drawn = all.iter().sum::<u64>() as f64 / N as f64 / 1000.0;
            assert!(
                (mean(&elements) / drawn - 1.0).abs() < 0.02,
                "{elements:?}: mean {drawn}"
            );
        }
    }

    #[test]
    fn a_mix_is_that_of_sampling() {
        const N: usize = 100_000;
        let paths = paths();
        let ways: [(f64, &[Element]); 3] = [(0.5, &paths[0]), (0.3, &paths[3]), (0.2, &paths[2])];
        let mut all = Vec::new();
        for (part, elements) in ways {
            for probe in 0..(part * N as f64) as u64 {
                let each = elements.iter();
                all.push(
                    each.map(|e| sample(Key::new(7), e, probe).nanoseconds)
                        .sum::<u64>(),
                );
            }
        }
        all.sort_unstable();
        for p in [0.25, 0.4, 0.6, 0.75, 0.85, 0.95] {
            let drawn = all[(p * all.len() as f64) as usize] as f64 / 1000.0;
            let formed = mixed_quantile(&ways, p);
            assert!(
                (formed / drawn - 1.0).abs() < 0.05,
                "p{p}: {formed} for {drawn}"
            );
        }
        assert_eq!(mixed_quantile(&ways[..1], 0.9), quantile(&paths[0], 0.9));
        assert_eq!(mixed_quantile(&[], 0.9), 0.0);
    }

    #[test]
    fn loss_is_that_of_any_element() {
        let elements = [
            Element::new("a", 1.0, 1.0, 1.0).losing(0.1),
            Element::new("b", 1.0, 1.0, 1.0).losing(0.2),
        ];
        assert!((loss(&elements) - 0.28).abs() < 1e-12);
        assert_eq!(loss(&[]), 0.0);
    }

    #[test]
    fn nothing_takes_no_time() {
        assert_eq!(quantile(&[], 0.95), 0.0);
        assert_eq!(quantile(&[Element::new("a", 5.0, 0.0, 0.0)], 0.95), 5.0);
    }
}
