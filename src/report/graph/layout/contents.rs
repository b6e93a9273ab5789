//! What is written in a node and in the header of a box, and how much room that takes. Places are
//! relative to the upper left corner.

use super::pieces::{Area, DrawnFrame, DrawnNode, Item, Note, Pill, Text};
use crate::report::graph::measure::{cut, width};
use crate::report::graph::scene::{Badge, BadgeKind, Frame, Node, Scene};

/// The size of names.
pub(super) const NAME: i32 = 13;
/// The size of everything else.
pub(super) const SMALL: i32 = 11;
/// How high a pill is.
pub(super) const PILL: i32 = 16;
/// How much room a row of pills takes.
const ROW: i32 = 20;
/// What a node's sign takes of its width.
const SIGN: i32 = 36;

/// A line of text at a place.
pub(super) fn text(x: i32, y: i32, room: i32, content: &str, size: i32, bold: bool) -> Text {
    let text = cut(content, room, size, bold);
    let w = width(&text, size, bold).min(room.max(0));
    Text {
        area: Area {
            x,
            y,
            w,
            h: size * 5 / 4,
        },
        text,
        size,
        bold,
    }
}

/// A pill at a place, as wide as its text needs, at most `room`.
pub(super) fn pill(x: i32, y: i32, room: i32, content: &str, bold: bool) -> Pill {
    let text = text(x + 6, y + 1, room - 12, content, SMALL, bold);
    Pill {
        area: Area {
            x,
            y,
            w: text.area.w + 12,
            h: PILL,
        },
        text,
    }
}

/// What a badge says.
pub(in crate::report::graph) fn badge_text(badge: &Badge) -> String {
    let short = match badge.kind {
        BadgeKind::Nsg => "NSG",
        BadgeKind::RouteTable => "RT",
    };
    format!("{short} {}", badge.name)
}

/// What ways and marks say at the nodes of a scene.
pub(in crate::report::graph) fn notes(scene: &Scene) -> Vec<(String, Item, String)> {
    let mut all: Vec<(String, Item, String)> = Vec::new();
    let several = scene.connections.len() > 1;
    for (at, connection) in scene.connections.iter().enumerate() {
        let many = connection.ways.iter().filter(|way| !way.back).count() > 1;
        for (number, way) in connection.ways.iter().enumerate() {
            for (position, step) in way.steps.iter().enumerate() {
                if !way.back {
                    let mut said = step.step.to_string();
                    if many {
                        said = format!("{}·{said}", way.path);
                    }
                    if several {
                        said = format!("{}:{said}", at + 1);
                    }
                    if step.beyond {
                        said = format!("({said})");
                    }
                    if let Some(latency) = &step.latency {
                        said = format!("{said}  {latency}");
                    }
                    all.push((step.node.clone(), Item::Step(at, number, position), said));
                }
                if let Some(stop) = &step.stop {
                    let sign = if way.back { "↩ ✗" } else { "✗" };
                    let said = format!("{sign} {}", stop.text);
                    let known = all.iter().any(|(node, item, own)| {
                        *node == step.node && *own == said && matches!(item, Item::Stop(..))
                    });
                    if !known {
                        all.push((step.node.clone(), Item::Stop(at, number, position), said));
                    }
                }
            }
        }
    }
    // What stops a packet stands below the numbers.
    all.sort_by_key(|(_, item, _)| matches!(item, Item::Stop(..)));
    for (at, mark) in scene.marks.iter().enumerate() {
        if mark.to.is_none() {
            let said = format!("{} {}", mark.kind.sign(), mark.kind.text());
            all.push((mark.from.clone(), Item::Mark(at), said));
        }
    }
    all
}

/// How wide nodes are: as the longest text needs, within limits.
pub(super) fn node_width(scene: &Scene) -> i32 {
    let names = scene.nodes.iter().map(|node| {
        SIGN + 8 + width(&node.name, NAME, true).max(width(&node.detail, SMALL, false))
    });
    let badges = scene.nodes.iter().flat_map(|node| &node.badges);
    let badges = badges.map(|badge| 28 + width(&badge_text(badge), SMALL, false));
    let wanted = names.chain(badges).max().unwrap_or(0);
    rounded(wanted.clamp(140, 240))
}

/// How wide a node is at which something is said: a rule that stops a packet is not to be cut.
pub(super) fn noted_width(usual: i32, notes: &[(Item, &str)]) -> i32 {
    let notes = notes
        .iter()
        .map(|(_, said)| 28 + width(said, SMALL, true))
        .max();
    usual.max(rounded(notes.unwrap_or(0).min(400)))
}

const fn rounded(length: i32) -> i32 {
    (length + 9) / 10 * 10
}

/// What is written in a node, and the node's height.
pub(super) fn node(node: &Node, notes: &[(Item, &str)], w: i32) -> DrawnNode {
    let room = w - SIGN - 8;
    let detail =
        (!node.detail.is_empty()).then(|| text(SIGN, 21, room, &node.detail, SMALL, false));
    let name_y = if detail.is_some() { 5 } else { 12 };
    let name = text(SIGN, name_y, room, &node.name, NAME, true);
    let mut y = 40;
    let mut x = 8;
    let mut badges = Vec::with_capacity(node.badges.len());
    for badge in &node.badges {
        badges.push(pill(8, y, w - 16, &badge_text(badge), false));
        y += ROW;
    }
    let mut placed: Vec<Note> = Vec::with_capacity(notes.len());
    for (item, said) in notes {
        let mut own = pill(x, y, w - 16, said, true);
        if x > 8 && x + own.area.w > w - 8 {
            x = 8;
            y += ROW;
            own = pill(x, y, w - 16, said, true);
        }
        x += own.area.w + 6;
        placed.push(Note {
            item: *item,
            pill: own,
        });
    }
    if x > 8 {
        y += ROW;
    }
    DrawnNode {
        area: Area {
            x: 0,
            y: 0,
            w,
            h: y,
        },
        name,
        detail,
        badges,
        notes: placed,
    }
}

/// What is said beside the name of a box.
fn detail(frame: &Frame) -> String {
    let folds = match frame.folds {
        0 => return frame.detail.clone(),
        1 => "1 resource".to_owned(),
        count => format!("{count} resources"),
    };
    format!("{folds}  {}", frame.detail)
}

/// How wide a box wants to be for its header.
pub(super) fn header_width(frame: &Frame) -> i32 {
    let line = width(&frame.name, NAME, true) + 10 + width(&detail(frame), SMALL, false) + 24;
    let badges: i32 = frame
        .badges
        .iter()
        .map(|badge| width(&badge_text(badge), SMALL, false) + 12 + 6)
        .sum();
    line.max(badges + 18).min(420)
}

/// How high the header of a box is.
pub(super) fn header_height(frame: &Frame) -> i32 {
    if frame.badges.is_empty() { 30 } else { 50 }
}

/// What is written in the header of a box that is `w` wide.
pub(super) fn frame(frame: &Frame, w: i32) -> DrawnFrame {
    let room = w - 24;
    let said = detail(frame);
    let detail_room = if said.is_empty() { 0 } else { room * 2 / 5 };
    let wanted = width(&said, SMALL, false);
    let name_room = room - (wanted.min(detail_room) + 10) * i32::from(detail_room > 0);
    let name = text(12, 7, name_room, &frame.name, NAME, true);
    let x = 12 + name.area.w + 10;
    let detail = (!said.is_empty())
        .then(|| text(x, 9, w - 12 - x, &said, SMALL, false))
        .filter(|text| text.text != "…");
    let count = i32::try_from(frame.badges.len()).unwrap_or(i32::MAX);
    let mut x = 12;
    let mut left = room;
    let mut badges = Vec::with_capacity(frame.badges.len());
    for (at, badge) in frame.badges.iter().enumerate() {
        let others = count - i32::try_from(at).unwrap_or(0) - 1;
        // The last one gets what the others leave; each of the others at least its share.
        let rest: i32 = frame
            .badges
            .iter()
            .skip(at + 1)
            .map(|badge| width(&badge_text(badge), SMALL, false) + 18)
            .sum();
        let share = (left - rest).max((left - others * 6) / (others + 1));
        let own = pill(x, 28, share, &badge_text(badge), false);
        x += own.area.w + 6;
        left -= own.area.w + 6;
        badges.push(own);
    }
    DrawnFrame {
        area: Area::default(),
        name,
        detail,
        badges,
    }
}
