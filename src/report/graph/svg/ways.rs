//! The ways of connections, and marks: drawn over everything else.

use std::collections::HashMap;
use std::fmt::Write;

use super::{pill, shape, text, title};
use crate::report::graph::layout::{Drawing, Item, Line, Pill, Point};
use crate::report::graph::measure::escaped;
use crate::report::graph::scene::{Scene, WayStep};

/// Draws the ways of all connections.
pub(super) fn ways(
    out: &mut String,
    scene: &Scene,
    drawing: &Drawing,
    notes: &HashMap<Item, &Pill>,
) {
    let lines: HashMap<Item, &Line> = drawing.lines.iter().map(|own| (own.item, own)).collect();
    let several = scene.connections.len() > 1;
    let mut color = 0;
    for (at, connection) in scene.connections.iter().enumerate() {
        for (number, way) in connection.ways.iter().enumerate() {
            color += usize::from(!way.back);
            let mut class = "path".to_owned();
            if way.back {
                class.push_str(" return");
            }
            if !way.arrives {
                class.push_str(" lost");
            }
            let _ = write!(
                out,
                "<g class=\"{class} p{}\" data-path=\"{}\"",
                (color + 5) % 6 + 1,
                way.path
            );
            if several {
                let _ = write!(out, " data-answer=\"{}\"", at + 1);
            }
            out.push_str(">\n");
            title(out, &[&way.text]);
            for (position, step) in way.steps.iter().enumerate() {
                let item = Item::Step(at, number, position);
                let before = position.checked_sub(1).and_then(|at| way.steps.get(at));
                let line = lines.get(&item).copied();
                self::step(out, (step, before), line);
                if let Some(own) = notes.get(&item) {
                    out.push_str("<g class=\"hop\">\n");
                    pill(out, own, "pill");
                    out.push_str("</g>\n");
                }
                if let Some(own) = notes.get(&Item::Stop(at, number, position)) {
                    out.push_str("<g class=\"stop\">\n");
                    pill(out, own, "pill");
                    out.push_str("</g>\n");
                }
                out.push_str("</g>\n");
            }
            out.push_str("</g>\n");
        }
    }
}

/// A hop with the leg that leads to it; its group stays open.
fn step(out: &mut String, (step, before): (&WayStep, Option<&WayStep>), line: Option<&Line>) {
    let mut class = "step".to_owned();
    for (set, word) in [(step.stop.is_some(), " blocked"), (step.beyond, " beyond")] {
        if set {
            class.push_str(word);
        }
    }
    let _ = writeln!(
        out,
        "<g class=\"{class}\" data-step=\"{}\" data-node=\"{}\" data-name=\"{}\">",
        step.step,
        escaped(&step.node),
        escaped(&step.name)
    );
    let head = format!("{} {}", step.step, step.name);
    let latency = step.latency.clone().unwrap_or_default();
    let mut lines = vec![head.as_str(), &latency];
    lines.extend(step.facts.iter().map(String::as_str));
    let stop = step.stop.as_ref().map(|stop| format!("✗ {}", stop.text));
    lines.extend(stop.as_deref());
    title(out, &lines);
    let Some(line) = line else { return };
    let last = line.parts.len().saturating_sub(1);
    for (at, part) in line.parts.iter().enumerate() {
        shape::line(out, part, "line");
        let stopped = step.stop.as_ref().is_some_and(|stop| !stop.outbound);
        if let Some((end, direction)) = shape::direction(part) {
            if at == last && stopped {
                shape::cross(out, end.x - 9 * direction.0, end.y - 9 * direction.1, 8);
            } else {
                shape::head(out, (end.x, end.y), direction);
            }
        }
    }
    // What is not let out has its cross where it would have left.
    let kept_in = before.is_some_and(|own| own.stop.as_ref().is_some_and(|stop| stop.outbound));
    let first: Option<Vec<Point>> = line
        .parts
        .first()
        .map(|part| part.iter().rev().copied().collect());
    if kept_in && let Some((start, direction)) = first.as_deref().and_then(shape::direction) {
        shape::cross(out, start.x - 9 * direction.0, start.y - 9 * direction.1, 8);
    }
}

/// Draws marks.
pub(super) fn marks(
    out: &mut String,
    scene: &Scene,
    drawing: &Drawing,
    notes: &HashMap<Item, &Pill>,
) {
    for (at, mark) in scene.marks.iter().enumerate() {
        let _ = write!(
            out,
            "<g class=\"mark {}\" data-mark=\"{}\" data-from=\"{}\"",
            mark.kind.word(),
            mark.number,
            escaped(&mark.from)
        );
        if let Some(to) = &mark.to {
            let _ = write!(out, " data-to=\"{}\"", escaped(to));
        }
        out.push_str(">\n");
        title(out, &[mark.kind.text(), &mark.label]);
        if let Some(line) = drawing.line(Item::Mark(at)) {
            for part in &line.parts {
                shape::line(out, part, "line");
                if let Some((end, direction)) = shape::direction(part) {
                    shape::head(out, (end.x, end.y), direction);
                }
            }
            if let Some(label) = &line.label {
                pill(out, label, "pill");
            }
        }
        if let Some(note) = notes.get(&Item::Mark(at)) {
            super::rect(out, note.area, "pill", 8);
            text(out, &note.text, "");
        }
        out.push_str("</g>\n");
    }
}
