//! A scene as a Mermaid flowchart (`mermaid.js.org/syntax/flowchart`).
//!
//! Mermaid refuses a text of over 50,000 characters (`maxTextSize`) and over 500 edges (`maxEdges`)
//! unless a page says otherwise, which GitHub's and Azure DevOps' do not: such a scene is folded.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::layout::badge_text;
use super::measure::clean;
use super::outline::{
    Limits, Look, Outline, Stroke, frame_lines, node_lines, said, strokes, within,
};
use super::scene::{EdgeKind, MarkKind, NodeKind, Scene};

/// What Mermaid takes. Some room is left for what a page puts around it.
const LIMITS: Limits = Limits {
    characters: 49_000,
    nodes: usize::MAX,
    edges: 490,
};

/// Titles of boxes are not to be wrapped, and need room below.
const SETTINGS: &str = "%%{init: {\"flowchart\": {\"wrappingWidth\": 420, \
                        \"subGraphTitleMargin\": {\"top\": 4, \"bottom\": 30}}}}%%";

/// The flowchart.
#[must_use]
pub fn mermaid(scene: &Scene) -> Outline {
    within(scene, LIMITS, write)
}

struct Writer<'s> {
    scene: &'s Scene,
    said: HashMap<String, Vec<String>>,
    /// Boxes with something in them; one without is a node.
    full: HashSet<&'s str>,
    badges: bool,
    out: String,
}

fn write(scene: &Scene, note: Option<&str>) -> String {
    let frames = scene
        .boxes
        .iter()
        .filter_map(|frame| frame.parent.as_deref());
    let nodes = scene.nodes.iter().filter_map(|node| node.parent.as_deref());
    let mut writer = Writer {
        scene,
        said: said(scene),
        full: frames.chain(nodes).collect(),
        badges: false,
        out: format!("{SETTINGS}\nflowchart LR\n"),
    };
    if let Some(name) = &scene.name {
        let _ = writeln!(writer.out, "  %% {}", comment(name));
    }
    for connection in &scene.connections {
        let _ = writeln!(writer.out, "  %% {}", comment(&connection.verdict));
    }
    if let Some(note) = note {
        let _ = writeln!(writer.out, "  %% {}", comment(note));
    }
    writer.inside(None, 1);
    for (at, stroke) in strokes(scene).iter().enumerate() {
        writer.stroke(at, stroke);
    }
    writer.classes();
    writer.out
}

impl Writer<'_> {
    /// What stands in a box, or outside of all.
    fn inside(&mut self, parent: Option<&str>, depth: usize) {
        let indent = "  ".repeat(depth);
        for frame in &self.scene.boxes {
            if frame.parent.as_deref() != parent {
                continue;
            }
            let (id, lines) = (id(&frame.id), frame_lines(frame));
            if !self.full.contains(frame.id.as_str()) {
                let _ = writeln!(self.out, "{indent}{id}[{}]", quoted(&lines));
                continue;
            }
            // A title of several lines would be covered by what is below it.
            let badges: Vec<String> = frame.badges.iter().map(badge_text).collect();
            let title = lines.get(..lines.len() - badges.len()).unwrap_or(&lines);
            let title = quoted(&[title.join("  ")]);
            let _ = writeln!(self.out, "{indent}subgraph {id}[{title}]");
            if !badges.is_empty() {
                let badges = quoted(&badges);
                let _ = writeln!(self.out, "{indent}  {id}_badges([{badges}]):::badge");
                self.badges = true;
            }
            self.inside(Some(&frame.id), depth + 1);
            let _ = writeln!(self.out, "{indent}end");
        }
        for node in &self.scene.nodes {
            if node.parent.as_deref() != parent {
                continue;
            }
            let (open, close) = shape(node.kind);
            let label = quoted(&node_lines(node, &self.said));
            let _ = writeln!(self.out, "{indent}{}{open}{label}{close}", id(&node.id));
        }
    }

    fn stroke(&mut self, at: usize, stroke: &Stroke) {
        let arrow = match stroke.look {
            Look::Edge(EdgeKind::Peering, _) => "<-->",
            Look::Edge(EdgeKind::Tunnel | EdgeKind::Internet | EdgeKind::PrivateLink, _) => "-.-",
            Look::Edge(EdgeKind::Circuit, _) => "===",
            Look::Edge(EdgeKind::Local, _) => "---",
            Look::Leg(_, false) => "==>",
            Look::Leg(_, true) => "==x",
            Look::Return(_) | Look::Beyond(_) => "-.->",
            Look::Mark(_) => "-->",
        };
        let label = match stroke.label.is_empty() {
            true => String::new(),
            false => format!("|{}|", quoted(std::slice::from_ref(&stroke.label))),
        };
        let (from, to) = (id(&stroke.from), id(&stroke.to));
        let _ = writeln!(self.out, "  {from} {arrow}{label} {to}");
        if let Some(color) = color(stroke.look) {
            let _ = writeln!(
                self.out,
                "  linkStyle {at} stroke:{color},stroke-width:2.5px"
            );
        }
    }

    fn classes(&mut self) {
        if self.badges {
            self.out
                .push_str("  classDef badge fill:#ddeaf8,stroke:#9db9d6,color:#0b4a8b\n");
        }
        let steps = self.scene.connections.iter().flat_map(|own| &own.ways);
        let steps = steps.flat_map(|way| &way.steps);
        let mut blocked: Vec<String> = steps
            .filter(|step| step.stop.is_some())
            .map(|step| id(&step.node))
            .collect();
        blocked.sort();
        blocked.dedup();
        let down = self.scene.nodes.iter().filter(|node| node.down);
        let down: Vec<String> = down.map(|node| id(&node.id)).collect();
        for (class, style, members) in [
            ("blocked", "stroke:#c01c28,stroke-width:3px", blocked),
            ("down", "stroke:#c01c28,stroke-dasharray:4 3", down),
        ] {
            if !members.is_empty() {
                let _ = writeln!(self.out, "  classDef {class} {style}");
                let _ = writeln!(self.out, "  class {} {class}", members.join(","));
            }
        }
    }
}

/// The colour of a line; the renderer's own for those of the topology, but for what is broken.
const fn color(look: Look) -> Option<&'static str> {
    match look {
        Look::Edge(_, true) => Some("#c01c28"),
        Look::Edge(_, false) => None,
        Look::Leg(path, _) | Look::Return(path) | Look::Beyond(path) => Some(way_color(path)),
        Look::Mark(MarkKind::Opened) => Some("#1a7f37"),
        Look::Mark(MarkKind::Rerouted) => Some("#0969da"),
        Look::Mark(MarkKind::Slowed) => Some("#9a6700"),
        Look::Mark(MarkKind::Closed | MarkKind::Lost | MarkKind::Broken) => Some("#c01c28"),
    }
}

/// The colour of a path.
pub(super) const fn way_color(path: usize) -> &'static str {
    match path % 6 {
        1 => "#0969da",
        2 => "#bc4c00",
        3 => "#8250df",
        4 => "#1a7f37",
        5 => "#bf3989",
        _ => "#7d6500",
    }
}

const fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Internet => ("((", "))"),
        NodeKind::Gateway | NodeKind::Nat | NodeKind::RouteServer => ("{{", "}}"),
        NodeKind::LoadBalancer | NodeKind::ApplicationGateway => ("[/", "\\]"),
        NodeKind::Service => ("[(", ")]"),
        NodeKind::Site | NodeKind::Circuit => ("[[", "]]"),
        NodeKind::Host | NodeKind::PrivateEndpoint | NodeKind::Unknown => ("(", ")"),
        NodeKind::Machine | NodeKind::Appliance | NodeKind::Firewall | NodeKind::Bastion => {
            ("[", "]")
        }
    }
}

/// An id without what Mermaid takes for a part of an arrow.
fn id(id: &str) -> String {
    id.replace('-', "_")
}

/// Text in quotes; what has a meaning in Mermaid or in HTML is a numbered entity.
fn quoted(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| entities(line)).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Two dollars would begin a formula, as entities too: a word joiner keeps them apart.
    for letter in clean(text).replace("$$", "$\u{2060}$").chars() {
        match letter {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '$' | '%' | '\\' | '|' | '{' | '}' => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out
}

/// A comment may hold no directive.
fn comment(text: &str) -> String {
    clean(text).replace(['{', '}', '%'], " ")
}
