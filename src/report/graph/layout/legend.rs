//! What stands above and below the picture: its name and verdicts; what its lines, badges and signs mean.

use std::collections::BTreeSet;

use super::contents::{NAME, SMALL, text};
use super::pieces::{Area, Drawing, Sample};
use crate::report::graph::measure::width;
use crate::report::graph::scene::{BadgeKind, EdgeKind, NodeKind, Scene};

/// The least width that there is room for.
const LEAST: i32 = 640;
const MARGIN: i32 = 30;
/// How wide the sign of a row is, with the room behind it.
const SIGN: i32 = 44;
const ROW: i32 = 24;

/// Writes above and below the picture.
pub(super) fn write(scene: &Scene, drawing: &mut Drawing) {
    drawing.width = drawing.width.max(LEAST);
    title(scene, drawing);
    let mut y = drawing.height;
    let room = drawing.width - 2 * MARGIN;
    let mut x = MARGIN;
    for (class, said) in rows(scene) {
        // A way back stands behind the way that it answers.
        let wanted = SIGN + width(&said, SMALL, false) + 24;
        let follows = class.ends_with("return") && x + wanted <= MARGIN + room;
        if x > MARGIN && !follows {
            x = MARGIN;
            y += ROW;
        }
        put(drawing, (x, y), &class, &said, room);
        x += wanted;
    }
    if x > MARGIN {
        x = MARGIN;
        y += ROW;
    }
    for (class, said) in kinds(scene) {
        let wanted = SIGN + width(&said, SMALL, false) + 24;
        if x > MARGIN && x + wanted > MARGIN + room {
            x = MARGIN;
            y += ROW;
        }
        put(drawing, (x, y), &class, &said, room);
        x += wanted;
    }
    if x > MARGIN {
        y += ROW;
    }
    drawing.height = y + MARGIN / 2;
}

fn put(drawing: &mut Drawing, (x, y): (i32, i32), class: &str, said: &str, room: i32) {
    drawing.legend.push(Sample {
        sign: Area {
            x,
            y,
            w: SIGN - 10,
            h: 16,
        },
        class: class.to_owned(),
        text: text(x + SIGN, y + 1, room - SIGN, said, SMALL, false),
    });
}

fn title(scene: &Scene, drawing: &mut Drawing) {
    let mut lines: Vec<(String, i32)> = Vec::new();
    lines.extend(scene.name.clone().map(|name| (name, 17)));
    let verdicts = scene.connections.iter();
    lines.extend(verdicts.map(|own| (own.verdict.clone(), NAME)));
    if scene.boxes.is_empty() && scene.nodes.is_empty() {
        lines.push(("there is nothing to draw".to_owned(), NAME));
    }
    let height: i32 = lines.iter().map(|(_, size)| size * 5 / 3).sum();
    let mut y = -height + MARGIN / 2;
    let room = drawing.width - 2 * MARGIN;
    for (line, size) in lines {
        drawing.title.push(text(MARGIN, y, room, &line, size, true));
        y += size * 5 / 3;
    }
    drawing.top = (-height).min(0);
}

/// The rows that have a line of their own: ways and marks.
fn rows(scene: &Scene) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let several = scene.connections.len() > 1;
    let mut number = 0;
    for (at, connection) in scene.connections.iter().enumerate() {
        for way in &connection.ways {
            number += usize::from(!way.back);
            let mut class = format!("path p{}", (number + 5) % 6 + 1);
            if way.back {
                class.push_str(" return");
            }
            let said = match several {
                true => format!("{}: {}", at + 1, way.text),
                false => way.text.clone(),
            };
            let mark = if way.arrives { "✓" } else { "✗" };
            rows.push((class, format!("{mark} {said}")));
        }
    }
    let name = |id: &str| {
        let node = scene.node(id).map(|node| node.name.as_str());
        node.or_else(|| scene.frame(id).map(|frame| frame.name.as_str()))
            .unwrap_or_default()
            .to_owned()
    };
    for mark in &scene.marks {
        let ends = match &mark.to {
            Some(to) => format!("{} → {}", name(&mark.from), name(to)),
            None => name(&mark.from),
        };
        let (sign, number, kind) = (mark.kind.sign(), mark.number, mark.kind.text());
        let said = format!("{sign} {number}  {kind}: {ends}  {}", mark.label);
        rows.push((
            format!("mark {}", mark.kind.word()),
            said.trim_end().to_owned(),
        ));
    }
    rows
}

/// What is in the picture, by kind.
fn kinds(scene: &Scene) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let nodes: BTreeSet<NodeKind> = scene.nodes.iter().map(|node| node.kind).collect();
    out.extend(
        nodes
            .iter()
            .map(|kind| (format!("node {}", kind.word()), kind.text().to_owned())),
    );
    let edges: BTreeSet<EdgeKind> = scene.edges.iter().map(|edge| edge.kind).collect();
    out.extend(
        edges
            .iter()
            .map(|kind| (format!("edge {}", kind.word()), kind.text().to_owned())),
    );
    if scene.edges.iter().any(|edge| edge.broken) {
        out.push(("edge broken".to_owned(), "nothing passes".to_owned()));
    }
    let badges = scene.nodes.iter().flat_map(|node| &node.badges);
    let badges = badges.chain(scene.boxes.iter().flat_map(|frame| &frame.badges));
    let badges: BTreeSet<BadgeKind> = badges.map(|badge| badge.kind).collect();
    out.extend(
        badges
            .iter()
            .map(|kind| (format!("badge {}", kind.word()), kind.text().to_owned())),
    );
    let mut ways = scene.connections.iter().flat_map(|own| &own.ways);
    if ways.any(|way| way.steps.iter().any(|step| step.beyond)) {
        out.push((
            "path beyond".to_owned(),
            "in brackets: not reached; what would happen there".to_owned(),
        ));
    }
    out
}
