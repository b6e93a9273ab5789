//! A drawing as SVG: one that stands for itself, in light and dark, and that a page can be built around.
//! What is promised to such a page stands in the documentation of [`crate::report::graph`].

mod icons;
mod shape;
mod style;
mod ways;

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::layout::{Area, Drawing, DrawnFrame, DrawnNode, Item, Pill, Sample, Text};
use super::measure::escaped;
use super::scene::{Badge, Edge, Frame, Node, Scene};

/// The text of the picture.
#[must_use]
pub fn svg(scene: &Scene, drawing: &Drawing) -> String {
    let (width, top) = (drawing.width, drawing.top);
    let height = drawing.height - top;
    let label = label(scene);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"dryhop\" role=\"img\" aria-label=\"{}\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 {top} {width} {height}\">\n",
        escaped(&label)
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(&label));
    let _ = writeln!(out, "<style>{}</style>", style::STYLE);
    let _ = writeln!(
        out,
        "<rect class=\"ground\" x=\"0\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>"
    );
    out.push_str("<g class=\"title\">\n");
    for line in &drawing.title {
        text(&mut out, line, "");
    }
    out.push_str("</g>\n<g class=\"boxes\">\n");
    for (frame, drawn) in scene.boxes.iter().zip(&drawing.frames) {
        self::frame(&mut out, frame, drawn);
    }
    out.push_str("</g>\n<g class=\"edges\">\n");
    for line in &drawing.lines {
        if let Item::Edge(at) = line.item
            && let Some(own) = scene.edges.get(at)
        {
            edge(&mut out, own, line);
        }
    }
    out.push_str("</g>\n<g class=\"nodes\">\n");
    let steps = scene.connections.iter().flat_map(|own| &own.ways);
    let steps = steps.flat_map(|way| &way.steps);
    let used: HashSet<&str> = steps
        .filter(|step| !step.beyond)
        .flat_map(|step| step.via.iter().chain([&step.node]))
        .map(String::as_str)
        .collect();
    for (node, drawn) in scene.nodes.iter().zip(&drawing.nodes) {
        self::node(&mut out, node, drawn, used.contains(node.id.as_str()));
    }
    out.push_str("</g>\n");
    let notes = drawing.nodes.iter().flat_map(|node| &node.notes);
    let notes: HashMap<Item, &Pill> = notes.map(|note| (note.item, &note.pill)).collect();
    ways::ways(&mut out, scene, drawing, &notes);
    ways::marks(&mut out, scene, drawing, &notes);
    out.push_str("<g class=\"legend\">\n");
    for sample in &drawing.legend {
        self::sample(&mut out, sample);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// What the picture shows, in words.
fn label(scene: &Scene) -> String {
    let name = scene.name.as_deref().unwrap_or("network");
    let mut parts = vec![format!("The topology {name}")];
    parts.extend(scene.connections.iter().map(|own| own.verdict.clone()));
    if !scene.marks.is_empty() {
        parts.push(format!("{} marks", scene.marks.len()));
    }
    parts.join("; ")
}

fn text(out: &mut String, text: &Text, class: &str) {
    let class = match (class, text.bold) {
        ("", false) => String::new(),
        ("", true) => " class=\"b\"".to_owned(),
        (class, false) => format!(" class=\"{class}\""),
        (class, true) => format!(" class=\"{class} b\""),
    };
    let _ = writeln!(
        out,
        "<text{class} x=\"{}\" y=\"{}\" font-size=\"{}\">{}</text>",
        text.area.x,
        text.base(),
        text.size,
        escaped(&text.text)
    );
}

fn pill(out: &mut String, pill: &Pill, class: &str) {
    rect(out, pill.area, class, 8);
    text(out, &pill.text, "");
}

fn rect(out: &mut String, area: Area, class: &str, round: i32) {
    let Area { x, y, w, h } = area;
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\"/>"
    );
}

fn title(out: &mut String, lines: &[&str]) {
    let lines: Vec<String> = lines
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| escaped(line))
        .collect();
    let _ = writeln!(out, "<title>{}</title>", lines.join("\n"));
}

/// Where something stands, for those that want to move it.
fn place(out: &mut String, area: Area, parent: Option<&str>) {
    let Area { x, y, w, h } = area;
    let _ = write!(
        out,
        " data-x=\"{x}\" data-y=\"{y}\" data-w=\"{w}\" data-h=\"{h}\""
    );
    if let Some(parent) = parent {
        let _ = write!(out, " data-parent=\"{}\"", escaped(parent));
    }
}

fn frame(out: &mut String, frame: &Frame, drawn: &DrawnFrame) {
    let _ = write!(
        out,
        "<g id=\"{}\" class=\"{}{}\" data-name=\"{}\"",
        escaped(&frame.id),
        frame.kind.word(),
        if frame.folds > 0 { " folded" } else { "" },
        escaped(&frame.name)
    );
    place(out, drawn.area, frame.parent.as_deref());
    out.push_str(">\n");
    let head = format!("{} {}", frame.kind.text(), frame.name);
    let mut lines = vec![head.as_str(), &frame.detail];
    lines.extend(frame.facts.iter().map(String::as_str));
    let folds = format!("{} resources, not shown", frame.folds);
    lines.extend((frame.folds > 0).then_some(folds.as_str()));
    title(out, &lines);
    rect(out, drawn.area, "box", 10);
    text(out, &drawn.name, "name");
    if let Some(detail) = &drawn.detail {
        text(out, detail, "detail");
    }
    badges(out, &frame.badges, &drawn.badges);
    out.push_str("</g>\n");
}

fn badges(out: &mut String, badges: &[Badge], pills: &[Pill]) {
    for (badge, own) in badges.iter().zip(pills) {
        let _ = writeln!(
            out,
            "<g class=\"badge {}\" data-name=\"{}\">",
            badge.kind.word(),
            escaped(&badge.name)
        );
        let head = format!("{} {}", badge.kind.text(), badge.name);
        let mut lines = vec![head.as_str()];
        lines.extend(badge.facts.iter().map(String::as_str));
        title(out, &lines);
        pill(out, own, "pill");
        out.push_str("</g>\n");
    }
}

fn node(out: &mut String, node: &Node, drawn: &DrawnNode, used: bool) {
    let mut class = format!("node {}", node.kind.word());
    for (set, word) in [
        (node.down, " down"),
        (!node.folds.is_empty(), " folded"),
        (used, " used"),
    ] {
        if set {
            class.push_str(word);
        }
    }
    let _ = write!(
        out,
        "<g id=\"{}\" class=\"{class}\" data-name=\"{}\"",
        escaped(&node.id),
        escaped(&node.name)
    );
    place(out, drawn.area, node.parent.as_deref());
    out.push_str(">\n");
    let head = format!("{} {}", node.kind.text(), node.name);
    let folds = folded(&node.folds);
    let mut lines = vec![head.as_str(), &node.detail];
    lines.extend(node.facts.iter().map(String::as_str));
    if node.down {
        lines.push("out of order");
    }
    lines.push(&folds);
    title(out, &lines);
    let area = drawn.area;
    if !node.folds.is_empty() {
        let behind = Area {
            x: area.x + 4,
            y: area.y + 4,
            ..area
        };
        rect(out, behind, "box behind", 6);
    }
    rect(out, area, "box", 6);
    icons::icon(out, node.kind, area.x + 9, area.y + 10);
    if node.down {
        shape::cross(out, area.x + 19, area.y + 20, 9);
    }
    text(out, &drawn.name, "name");
    if let Some(detail) = &drawn.detail {
        text(out, detail, "detail");
    }
    badges(out, &node.badges, &drawn.badges);
    out.push_str("</g>\n");
}

/// The names of those that a node stands for, the first of them.
fn folded(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let mut shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    if names.len() > SHOWN {
        shown.push("…");
    }
    shown.join(", ")
}

fn edge(out: &mut String, edge: &Edge, line: &super::layout::Line) {
    let mut class = format!("edge {}", edge.kind.word());
    for (set, word) in [(edge.broken, " broken"), (edge.used, " used")] {
        if set {
            class.push_str(word);
        }
    }
    let _ = writeln!(
        out,
        "<g id=\"{}\" class=\"{class}\" data-name=\"{}\" data-from=\"{}\" data-to=\"{}\">",
        escaped(&edge.id),
        escaped(&edge.name),
        escaped(&edge.from),
        escaped(&edge.to)
    );
    let head = format!("{} {}", edge.kind.text(), edge.name);
    let mut lines = vec![head.as_str()];
    lines.extend(edge.facts.iter().map(String::as_str));
    title(out, &lines);
    for part in &line.parts {
        shape::line(out, part, "line");
    }
    if let Some(label) = &line.label {
        pill(out, label, "pill");
    }
    out.push_str("</g>\n");
}

fn sample(out: &mut String, sample: &Sample) {
    let _ = writeln!(out, "<g class=\"sample {}\">", escaped(&sample.class));
    let Area { x, y, w, h } = sample.sign;
    let middle = y + h / 2;
    match sample.class.split(' ').next() {
        Some("node") => icons::of_class(out, &sample.class, x + 7, y - 2),
        Some("badge") => rect(
            out,
            Area {
                x: x + 4,
                y: y + 1,
                w: w - 8,
                h: h - 2,
            },
            "pill",
            7,
        ),
        Some("path" | "mark") => {
            shape::straight(out, (x, middle), (x + w - 6, middle), "line");
            shape::head(out, (x + w, middle), (1, 0));
        }
        _ => shape::straight(out, (x, middle), (x + w, middle), "line"),
    }
    text(out, &sample.text, "");
    out.push_str("</g>\n");
}
