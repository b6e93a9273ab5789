//! What Mermaid and DOT have in common: what is said of boxes, nodes and lines, and what is left out where
//! there is more than a renderer takes.

use std::collections::HashMap;

use super::layout::{badge_text, notes};
use super::scene::{EdgeKind, Frame, Node, Scene};

/// A scene as text for a renderer that lays it out itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The text.
    pub text: String,
    /// What was left out, where all of it would be more than renderers take.
    pub folded: Option<String>,
}

/// A line as a renderer is told of it.
pub(super) struct Stroke {
    pub from: String,
    pub to: String,
    pub label: String,
    pub look: Look,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A line of the topology.
    Edge(EdgeKind, bool),
    /// A leg of the path of some number, and whether it is stopped at its end.
    Leg(usize, bool),
    /// A leg of the way back.
    Return(usize),
    /// A leg that is not reached.
    Beyond(usize),
    /// A mark.
    Mark(super::scene::MarkKind),
}

/// What ways and marks say at each node.
pub(super) fn said(scene: &Scene) -> HashMap<String, Vec<String>> {
    let mut all: HashMap<String, Vec<String>> = HashMap::new();
    for (node, _, said) in notes(scene) {
        let lines = all.entry(node).or_default();
        if !lines.contains(&said) {
            lines.push(said);
        }
    }
    all
}

/// The lines of a node's label.
pub(super) fn node_lines(node: &Node, said: &HashMap<String, Vec<String>>) -> Vec<String> {
    let mut lines = vec![node.name.clone()];
    if !node.detail.is_empty() {
        lines.push(node.detail.clone());
    }
    if node.down {
        lines.push("✗ out of order".to_owned());
    }
    lines.extend(node.badges.iter().map(badge_text));
    lines.extend(said.get(&node.id).into_iter().flatten().cloned());
    lines
}

/// The lines of a box's label.
pub(super) fn frame_lines(frame: &Frame) -> Vec<String> {
    let mut lines = vec![frame.name.clone()];
    if !frame.detail.is_empty() {
        lines.push(frame.detail.clone());
    }
    if frame.folds > 0 {
        lines.push(format!("{} resources", frame.folds));
    }
    lines.extend(frame.badges.iter().map(badge_text));
    lines
}

/// Every line: edges, legs, marks.
pub(super) fn strokes(scene: &Scene) -> Vec<Stroke> {
    let mut all = Vec::new();
    for edge in &scene.edges {
        let label = match (edge.broken, edge.label.is_empty()) {
            (true, _) => format!("✗ {}", edge.label).trim_end().to_owned(),
            (false, true) if edge.kind == EdgeKind::Peering => "peering".to_owned(),
            _ => edge.label.clone(),
        };
        all.push(Stroke {
            from: edge.from.clone(),
            to: edge.to.clone(),
            label,
            look: Look::Edge(edge.kind, edge.broken),
        });
    }
    for connection in &scene.connections {
        for way in &connection.ways {
            let mut last: Option<&str> = None;
            for step in &way.steps {
                let stops: Vec<&String> = step.via.iter().chain([&step.node]).collect();
                for (at, stop) in stops.iter().enumerate() {
                    let arrives = at + 1 == stops.len();
                    let stopped = step.stop.as_ref().filter(|stop| arrives && !stop.outbound);
                    let look = match (way.back, step.beyond) {
                        (true, _) => Look::Return(way.path),
                        (false, true) => Look::Beyond(way.path),
                        (false, false) => Look::Leg(way.path, stopped.is_some()),
                    };
                    let mut label = match way.back {
                        true => format!("return {}", step.step),
                        false => step.step.to_string(),
                    };
                    if let Some(latency) = step.latency.as_ref().filter(|_| arrives) {
                        label = format!("{label}  {latency}");
                    }
                    if let Some(stop) = stopped {
                        label = format!("{label}  ✗ {}", stop.text);
                    }
                    if let Some(from) = last.filter(|from| from != stop) {
                        all.push(Stroke {
                            from: from.to_owned(),
                            to: (*stop).clone(),
                            label,
                            look,
                        });
                    }
                    last = Some(stop);
                }
            }
        }
    }
    for mark in &scene.marks {
        if let Some(to) = &mark.to {
            let label = format!("{} {}", mark.kind.sign(), mark.label);
            all.push(Stroke {
                from: mark.from.clone(),
                to: to.clone(),
                label: label.trim_end().to_owned(),
                look: Look::Mark(mark.kind),
            });
        }
    }
    all
}

/// What a renderer takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub characters: usize,
    pub nodes: usize,
    pub edges: usize,
}

/// Writes a scene so that a renderer takes it: whole, else with virtual networks folded that no way and no
/// mark touches, else without the lines that are told least by, else without those beyond the limit.
pub(super) fn within(
    scene: &Scene,
    limits: Limits,
    write: impl Fn(&Scene, Option<&str>) -> String,
) -> Outline {
    let fits = |scene: &Scene, text: &str| {
        text.chars().count() <= limits.characters
            && scene.nodes.len() + scene.boxes.len() <= limits.nodes
            && strokes(scene).len() <= limits.edges
    };
    let text = write(scene, None);
    if fits(scene, &text) {
        return Outline { text, folded: None };
    }
    let mut small = scene.clone().folded();
    let hidden = scene.nodes.len() - small.nodes.len();
    let mut note = format!("{hidden} resources are folded into their virtual networks");
    let more = "more than renderers take";
    let text = write(&small, Some(&note));
    if fits(&small, &text) {
        return done(text, &note, more);
    }
    let before = small.edges.len();
    small.edges.retain(|edge| {
        matches!(
            edge.kind,
            EdgeKind::Peering | EdgeKind::Tunnel | EdgeKind::Circuit
        )
    });
    let mut left_out = before - small.edges.len();
    loop {
        note = format!(
            "{hidden} resources are folded into their virtual networks, {left_out} lines left out"
        );
        let text = write(&small, Some(&note));
        if fits(&small, &text) || small.edges.is_empty() {
            return done(text, &note, more);
        }
        // A good part of what is left at a time, the last ones first.
        let keep = small.edges.len() - small.edges.len().div_ceil(8);
        left_out += small.edges.len() - keep;
        small.edges.truncate(keep);
    }
}

fn done(text: String, note: &str, more: &str) -> Outline {
    Outline {
        text,
        folded: Some(format!("{note}: all of it is {more}")),
    }
}
