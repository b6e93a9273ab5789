//! Boxes beside and below each other: shelves, in the order in which the boxes are given.
//!
//! A layered layout puts all spokes of a hub into one layer, as wide as there are spokes; what joins them
//! is a star, so shelves of about the shape of a screen serve better, with the lines between routed apart.

use super::Area;

/// Where boxes stand, and how much room they take.
pub(super) struct Packed {
    pub areas: Vec<Area>,
    pub width: i32,
    pub height: i32,
}

/// Puts boxes of some sizes on shelves, so that the whole is about `aspect` times as wide as high. Where
/// `stretch` says so, boxes get the height of their shelf, if that is not far more than their own, and
/// those that stand below each other the same width.
pub(super) fn shelves(sizes: &[(i32, i32)], gap: (i32, i32), aspect: f64, stretch: bool) -> Packed {
    let mut limits: Vec<i32> = Vec::new();
    let mut sum = -gap.0;
    let widest = sizes.iter().map(|(w, _)| *w).max().unwrap_or(0);
    for (width, _) in sizes {
        sum += width + gap.0;
        limits.push(sum.max(widest));
    }
    limits.dedup();
    let mut best: Option<(f64, Packed)> = None;
    for limit in limits {
        let packed = fill(sizes, gap, limit, stretch);
        let (width, height) = (
            f64::from(packed.width.max(1)),
            f64::from(packed.height.max(1)),
        );
        let off = (width / height / aspect).ln().abs();
        let used: f64 = sizes
            .iter()
            .map(|(w, h)| f64::from(*w) * f64::from(*h))
            .sum();
        let score = off + (1.0 - used / (width * height));
        // The first of equals, so that the same input gives the same picture.
        if best.as_ref().is_none_or(|(known, _)| score < known - 1e-9) {
            best = Some((score, packed));
        }
    }
    best.map_or(
        Packed {
            areas: Vec::new(),
            width: 0,
            height: 0,
        },
        |(_, packed)| packed,
    )
}

fn fill(sizes: &[(i32, i32)], gap: (i32, i32), limit: i32, stretch: bool) -> Packed {
    let mut areas: Vec<Area> = Vec::with_capacity(sizes.len());
    let (mut x, mut y, mut tallest, mut widest) = (0, 0, 0, 0);
    let mut start = 0;
    for (at, (w, h)) in sizes.iter().enumerate() {
        if x > 0 && x + w > limit {
            close(&mut areas, start, tallest, stretch);
            (x, y, tallest, start) = (0, y + tallest + gap.1, 0, at);
        }
        areas.push(Area { x, y, w: *w, h: *h });
        x += w + gap.0;
        widest = widest.max(x - gap.0);
        tallest = tallest.max(*h);
    }
    close(&mut areas, start, tallest, stretch);
    if stretch && areas.iter().all(|area| area.x == 0) {
        areas.iter_mut().for_each(|area| area.w = widest);
    }
    Packed {
        areas,
        width: widest,
        height: y + tallest,
    }
}

/// So many times its own height a box may get by its shelf.
const FAR: i32 = 2;

fn close(areas: &mut [Area], start: usize, tallest: i32, stretch: bool) {
    for area in areas.iter_mut().skip(start) {
        if stretch && area.h * FAR >= tallest {
            area.h = tallest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shelves;

    #[test]
    fn boxes_do_not_overlap_and_make_about_a_screen() {
        for count in 1..60 {
            let sizes: Vec<(i32, i32)> = (0..count)
                .map(|at| (100 + at % 7 * 30, 60 + at % 5 * 40))
                .collect();
            let packed = shelves(&sizes, (20, 20), 1.6, true);
            for (at, one) in packed.areas.iter().enumerate() {
                for other in packed.areas.iter().skip(at + 1) {
                    assert!(!one.overlaps(other), "{one:?} {other:?}");
                }
            }
            if count > 12 {
                let shape = f64::from(packed.width) / f64::from(packed.height);
                assert!((0.9..2.8).contains(&shape), "{count}: {shape}");
            }
        }
    }
}
