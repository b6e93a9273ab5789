//! Lines with round corners, arrow heads, crosses.

use std::fmt::Write;

use crate::report::graph::layout::Point;

/// How round a corner is.
const ROUND: i32 = 6;

/// A line by its corners.
pub(super) fn line(out: &mut String, corners: &[Point], class: &str) {
    if let Some(path) = path(corners) {
        let _ = writeln!(out, "<path class=\"{class}\" d=\"{path}\"/>");
    }
}

fn path(corners: &[Point]) -> Option<String> {
    let (first, last) = (corners.first()?, corners.last()?);
    let mut path = format!("M{} {}", first.x, first.y);
    for trio in corners.windows(3) {
        let [before, at, after] = trio else { continue };
        let (into, out) = (toward(*at, *before), toward(*at, *after));
        let _ = write!(
            path,
            "L{} {}Q{} {} {} {}",
            into.x, into.y, at.x, at.y, out.x, out.y
        );
    }
    let _ = write!(path, "L{} {}", last.x, last.y);
    Some(path)
}

/// The point a bit away from one towards another, at most half way.
fn toward(from: Point, to: Point) -> Point {
    let step = |a: i32, b: i32| (b - a).signum() * ROUND.min((b - a).abs() / 2);
    Point {
        x: from.x + step(from.x, to.x),
        y: from.y + step(from.y, to.y),
    }
}

/// A straight line.
pub(super) fn straight(out: &mut String, from: (i32, i32), to: (i32, i32), class: &str) {
    let _ = writeln!(
        out,
        "<path class=\"{class}\" d=\"M{} {}L{} {}\"/>",
        from.0, from.1, to.0, to.1
    );
}

/// The head of an arrow that ends at a point and runs in a direction.
pub(super) fn head(out: &mut String, at: (i32, i32), way: (i32, i32)) {
    let (x, y) = at;
    let (dx, dy) = way;
    let (back_x, back_y) = (x - 9 * dx, y - 9 * dy);
    let _ = writeln!(
        out,
        "<path class=\"head\" d=\"M{x} {y}L{} {}L{} {}Z\"/>",
        back_x - 4 * dy,
        back_y + 4 * dx,
        back_x + 4 * dy,
        back_y - 4 * dx
    );
}

/// A cross in a circle.
pub(super) fn cross(out: &mut String, x: i32, y: i32, r: i32) {
    let d = r / 2;
    let _ = writeln!(
        out,
        "<g class=\"cross\"><circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/><path d=\"M{} {}L{} {}M{} {}L{} {}\"/></g>",
        x - d,
        y - d,
        x + d,
        y + d,
        x - d,
        y + d,
        x + d,
        y - d
    );
}

/// The direction of the last part of a line.
pub(super) fn direction(corners: &[Point]) -> Option<(Point, (i32, i32))> {
    let [.., before, last] = corners else {
        return None;
    };
    let way = ((last.x - before.x).signum(), (last.y - before.y).signum());
    Some((*last, way))
}
