//! Signs of what nodes are: plain strokes on a square of 20 pixels.

use std::fmt::Write;

use crate::report::graph::scene::NodeKind;

/// The strokes of a kind's sign.
const fn strokes(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Machine => "M2 4h16v10H2zM7 18h6M10 14v4",
        NodeKind::Appliance => "M2 5h16v10H2zM5 10h10M12 7l3 3-3 3M8 7l-3 3 3 3",
        NodeKind::Firewall => "M2 4h16v12H2zM2 8h16M2 12h16M7 4v4M13 4v4M10 8v4M7 12v4M13 12v4",
        NodeKind::Gateway => "M10 2l8 8-8 8-8-8zM6 10h8M11 7l3 3-3 3",
        NodeKind::LoadBalancer => "M10 3v5M10 8L4 16M10 8v8M10 8l6 8M2 16h4M8 16h4M14 16h4",
        NodeKind::ApplicationGateway => "M2 4h16v12H2zM2 8h16M6 12h7M11 10l2 2-2 2",
        NodeKind::PrivateEndpoint => "M3 10h8M17 10a3 3 0 1 1-6 0a3 3 0 1 1 6 0M3 6v8",
        NodeKind::Bastion => "M3 17V5h3v2h2V5h4v2h2V5h3v12zM10 17v-5",
        NodeKind::Nat => "M3 7h11M11 4l3 3-3 3M17 13H6M9 10l-3 3 3 3",
        NodeKind::RouteServer => "M10 10L4 4M10 10l6-6M10 10v7M8 10a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
        NodeKind::Service => "M3 6c0-4 14-4 14 0v8c0 4-14 4-14 0zM3 6c0 4 14 4 14 0",
        NodeKind::Site => "M4 18V3h8v15M12 8h5v10M2 18h16M7 6h2M7 10h2M7 14h2",
        NodeKind::Circuit => "M2 7h16M2 13h16M5 4v12M15 4v12",
        NodeKind::Internet => "M6 16a4 4 0 0 1 0-8a5 5 0 0 1 9-1a4 4 0 0 1 0 9z",
        NodeKind::Host => "M4 3h12v14H4zM7 7h6M7 11h6",
        NodeKind::Unknown => "M7 7a3 3 0 1 1 4 3c-1 1-1 1-1 3M10 16v.5",
    }
}

/// A sign with its upper left corner at a point.
pub(super) fn icon(out: &mut String, kind: NodeKind, x: i32, y: i32) {
    let _ = writeln!(
        out,
        "<path class=\"icon\" transform=\"translate({x} {y})\" d=\"{}\"/>",
        strokes(kind)
    );
}

/// The sign of a class as in `node machine`.
pub(super) fn of_class(out: &mut String, class: &str, x: i32, y: i32) {
    let mut kinds = NodeKind::ALL.iter();
    if let Some(kind) = kinds.find(|kind| class.split(' ').any(|word| word == kind.word())) {
        icon(out, *kind, x, y);
    }
}
