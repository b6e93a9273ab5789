//! A scene in DOT (`graphviz.org/doc/info/lang.html`): boxes are clusters.
//!
//! Graphviz has no limit, but its time grows with the square of what it is given: a scene of over
//! 1,500 boxes and nodes, or as many lines, is folded.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::measure::clean;
use super::mermaid::way_color;
use super::outline::{
    Limits, Look, Outline, Stroke, frame_lines, node_lines, said, strokes, within,
};
use super::scene::{EdgeKind, FrameKind, MarkKind, NodeKind, Scene};

const LIMITS: Limits = Limits {
    characters: usize::MAX,
    nodes: 1_500,
    edges: 1_500,
};

/// The graph.
#[must_use]
pub fn dot(scene: &Scene) -> Outline {
    within(scene, LIMITS, write)
}

struct Writer<'s> {
    scene: &'s Scene,
    said: HashMap<String, Vec<String>>,
    frames: HashSet<&'s str>,
    out: String,
}

fn write(scene: &Scene, note: Option<&str>) -> String {
    let name = scene.name.as_deref().unwrap_or("network");
    let mut writer = Writer {
        scene,
        said: said(scene),
        frames: scene.boxes.iter().map(|frame| frame.id.as_str()).collect(),
        out: String::new(),
    };
    if let Some(note) = note {
        let _ = writeln!(writer.out, "// {}", clean(note));
    }
    let mut title = vec![name.to_owned()];
    title.extend(scene.connections.iter().map(|own| own.verdict.clone()));
    let _ = writeln!(writer.out, "digraph {} {{", quoted(&[name.to_owned()]));
    let _ = writeln!(
        writer.out,
        "  graph [compound=true, rankdir=LR, labelloc=t, fontname=\"Helvetica\", label={}];\n  \
         node [shape=box, style=\"rounded\", fontname=\"Helvetica\", fontsize=11];\n  \
         edge [fontname=\"Helvetica\", fontsize=10];",
        quoted(&title)
    );
    writer.inside(None, 1);
    for stroke in strokes(scene) {
        writer.stroke(&stroke);
    }
    writer.out.push_str("}\n");
    writer.out
}

impl Writer<'_> {
    fn inside(&mut self, parent: Option<&str>, depth: usize) {
        let indent = "  ".repeat(depth);
        for frame in &self.scene.boxes {
            if frame.parent.as_deref() != parent {
                continue;
            }
            let (style, color) = match frame.kind {
                FrameKind::Region => ("dashed,rounded", "#afb8c1"),
                FrameKind::Vnet => ("rounded,bold", "#4a86c5"),
                FrameKind::Subnet => ("rounded", "#9db9d6"),
                FrameKind::Outside => ("rounded", "#b59a62"),
            };
            let _ = writeln!(
                self.out,
                "{indent}subgraph {} {{\n{indent}  label={}; style=\"{style}\"; color=\"{color}\";",
                cluster(&frame.id),
                quoted(&frame_lines(frame))
            );
            // What a line to the box itself ends at; a cluster without any node is not drawn.
            let _ = writeln!(
                self.out,
                "{indent}  {} [shape=point, style=invis, label=\"\"];",
                one(&frame.id)
            );
            self.inside(Some(&frame.id), depth + 1);
            let _ = writeln!(self.out, "{indent}}}");
        }
        for node in &self.scene.nodes {
            if node.parent.as_deref() != parent {
                continue;
            }
            let blocked = self.said.get(&node.id).into_iter().flatten();
            let blocked = blocked.into_iter().any(|line| line.starts_with('✗'));
            let mut more = match node.kind {
                NodeKind::Internet => ", shape=ellipse".to_owned(),
                NodeKind::Service => ", shape=cylinder, style=\"\"".to_owned(),
                NodeKind::Gateway | NodeKind::Nat => ", shape=hexagon, style=\"\"".to_owned(),
                _ => String::new(),
            };
            if node.down {
                more.push_str(", style=dashed, color=\"#c01c28\"");
            } else if blocked {
                more.push_str(", penwidth=2, color=\"#c01c28\"");
            }
            let label = quoted(&node_lines(node, &self.said));
            let _ = writeln!(self.out, "{indent}{} [label={label}{more}];", one(&node.id));
        }
    }

    fn stroke(&mut self, stroke: &Stroke) {
        let mut looks = match stroke.look {
            Look::Edge(kind, broken) => {
                let style = match kind {
                    EdgeKind::Peering => "style=bold",
                    EdgeKind::Circuit => "penwidth=3",
                    EdgeKind::Tunnel => "style=dashed",
                    EdgeKind::Internet | EdgeKind::PrivateLink => "style=dotted",
                    EdgeKind::Local => "color=\"#8c959f\"",
                };
                let color = if broken { ", color=\"#c01c28\"" } else { "" };
                format!("dir=none, {style}{color}")
            }
            Look::Leg(path, stopped) => {
                let head = if stopped { ", arrowhead=tee" } else { "" };
                format!("penwidth=2.5, color=\"{}\"{head}", way_color(path))
            }
            Look::Return(path) => format!("style=dashed, color=\"{}\"", way_color(path)),
            Look::Beyond(path) => format!("style=dotted, color=\"{}\"", way_color(path)),
            Look::Mark(kind) => {
                let color = match kind {
                    MarkKind::Opened => "#1a7f37",
                    MarkKind::Rerouted => "#0969da",
                    MarkKind::Slowed => "#9a6700",
                    MarkKind::Closed | MarkKind::Lost | MarkKind::Broken => "#c01c28",
                };
                format!("penwidth=2, color=\"{color}\"")
            }
        };
        // From left to right as a path runs, where there is one.
        let leads = match stroke.look {
            Look::Leg(..) | Look::Beyond(_) => true,
            Look::Edge(..) => self.scene.connections.is_empty(),
            Look::Return(_) | Look::Mark(_) => false,
        };
        if !leads {
            looks.push_str(", constraint=false");
        }
        for (end, key) in [(&stroke.from, "ltail"), (&stroke.to, "lhead")] {
            if self.frames.contains(end.as_str()) {
                let _ = write!(looks, ", {key}={}", cluster(end));
            }
        }
        if !stroke.label.is_empty() {
            let _ = write!(
                looks,
                ", label={}",
                quoted(std::slice::from_ref(&stroke.label))
            );
        }
        let (from, to) = (one(&stroke.from), one(&stroke.to));
        let _ = writeln!(self.out, "  {from} -> {to} [{looks}];");
    }
}

fn one(id: &str) -> String {
    format!("\"{id}\"")
}

fn cluster(id: &str) -> String {
    format!("\"cluster_{id}\"")
}

/// Text in quotes, lines with line breaks between. Graphviz reads entities of HTML in every text.
fn quoted(lines: &[String]) -> String {
    let escaped = lines.iter().map(|line| {
        let text = clean(line).replace('\\', "\\\\").replace('"', "\\\"");
        text.replace('&', "&amp;")
    });
    let lines: Vec<String> = escaped.collect();
    format!("\"{}\"", lines.join("\\n"))
}
