//! What is written at lines: set where there is room, left to the line's title where there is none.

use super::PITCH;
use super::contents::pill;
use super::pieces::{Area, Drawing, Item, Line, Pill, Point};
use crate::report::graph::scene::{FrameKind, Scene};

/// How wide a label may be.
const ROOM: i32 = 170;

/// Writes at lines.
pub(super) fn write(scene: &Scene, drawing: &mut Drawing) {
    let mut taken: Vec<Area> = drawing.nodes.iter().map(|node| node.area).collect();
    for frame in &drawing.frames {
        taken.push(frame.name.area);
        taken.extend(frame.detail.iter().map(|text| text.area));
        taken.extend(frame.badges.iter().map(|pill| pill.area));
    }
    let segments: Vec<(usize, Point, Point)> = drawing
        .lines
        .iter()
        .enumerate()
        .flat_map(|(at, line)| {
            let pairs = line.parts.iter().flat_map(|part| part.windows(2));
            pairs.filter_map(move |pair| match pair {
                [from, to] => Some((at, *from, *to)),
                _ => None,
            })
        })
        .collect();
    let edges: Vec<Area> = drawing.frames.iter().flat_map(|f| sides(f.area)).collect();
    let regions = scene.boxes.iter().zip(&drawing.frames);
    let boxes: Vec<Area> = regions
        .filter(|(frame, _)| frame.kind != FrameKind::Region)
        .map(|(_, drawn)| drawn.area)
        .collect();
    for at in 0..drawing.lines.len() {
        let Some(line) = drawing.lines.get(at) else {
            continue;
        };
        let text = match line.item {
            Item::Edge(edge) => scene.edges.get(edge).map(|edge| match edge.broken {
                true => format!("✗ {}", edge.label).trim_end().to_owned(),
                false => edge.label.clone(),
            }),
            Item::Mark(mark) => {
                let mark = scene.marks.get(mark);
                mark.map(|mark| format!("{} {}", mark.kind.sign(), mark.number))
            }
            Item::Step(..) | Item::Stop(..) => None,
        };
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            continue;
        };
        // Best outside of all boxes, else off their edges.
        let free = |area: &Area, off: &[&[Area]]| {
            let inside = area.x >= 0
                && area.y >= 0
                && area.x + area.w <= drawing.width
                && area.y + area.h <= drawing.height;
            let crossed = || {
                segments.iter().any(|(own, from, to)| {
                    let line = Area {
                        x: from.x.min(to.x) - 2,
                        y: from.y.min(to.y) - 2,
                        w: from.x.abs_diff(to.x) as i32 + 4,
                        h: from.y.abs_diff(to.y) as i32 + 4,
                    };
                    *own != at && line.overlaps(area)
                })
            };
            inside
                && !taken.iter().any(|other| other.overlaps(area))
                && !off
                    .iter()
                    .any(|all| all.iter().any(|own| own.overlaps(area)))
                && !crossed()
        };
        let found = candidates(line, &text, &|area| free(area, &[&boxes, &edges]))
            .or_else(|| candidates(line, &text, &|area| free(area, &[&edges])))
            .or_else(|| candidates(line, &text, &|area| free(area, &[])));
        if let Some(pill) = found {
            taken.push(pill.area);
            if let Some(line) = drawing.lines.get_mut(at) {
                line.label = Some(pill);
            }
        }
    }
}

/// The first place on a line that is free, the middles of its longest parts first.
fn candidates(line: &Line, text: &str, free: &dyn Fn(&Area) -> bool) -> Option<Pill> {
    let mut segments: Vec<(Point, Point)> = line
        .parts
        .iter()
        .flat_map(|part| part.windows(2))
        .filter_map(|pair| match pair {
            [from, to] => Some((*from, *to)),
            _ => None,
        })
        .collect();
    let length = |from: Point, to: Point| from.x.abs_diff(to.x) + from.y.abs_diff(to.y);
    segments.sort_by_key(|(from, to)| std::cmp::Reverse(length(*from, *to)));
    let own = pill(0, 0, ROOM, text, false);
    for (from, to) in segments {
        let steps = length(from, to) as i32 / PITCH;
        for at in 0..=steps {
            // From the middle outwards.
            let off = if at % 2 == 0 { at / 2 } else { -(at + 1) / 2 } * PITCH;
            let middle = Point {
                x: (from.x + to.x) / 2 + if from.x == to.x { 0 } else { off },
                y: (from.y + to.y) / 2 + if from.y == to.y { 0 } else { off },
            };
            let corner = Point {
                x: middle.x - own.area.w / 2,
                y: middle.y - own.area.h / 2,
            };
            let moved = own.area.moved(corner);
            if free(&moved) {
                let mut pill = own;
                pill.shift(corner);
                return Some(pill);
            }
        }
    }
    None
}

/// The four edges of a box as areas.
fn sides(area: Area) -> [Area; 4] {
    let flat = |y: i32| Area {
        x: area.x,
        y: y - 1,
        w: area.w,
        h: 2,
    };
    let upright = |x: i32| Area {
        x: x - 1,
        y: area.y,
        w: 2,
        h: area.h,
    };
    [
        flat(area.y),
        flat(area.y + area.h),
        upright(area.x),
        upright(area.x + area.w),
    ]
}
