//! Where boxes and nodes stand: nodes in rows, boxes on shelves, what is outside around all of them.

use std::collections::HashMap;

use super::contents;
use super::pack::{Packed, shelves};
use super::pieces::{Area, Drawing, DrawnFrame, DrawnNode, Item, Point};
use crate::report::graph::scene::{EdgeKind, Frame, FrameKind, Node, NodeKind, Scene};

/// About how many times as wide as high a picture is to be.
const ASPECT: f64 = 1.6;
/// The room between nodes of a box.
const NODES: (i32, i32) = (40, 30);
/// What lies around the whole.
const MARGIN: i32 = 30;
/// The room between what is outside and the rest: several lines, and what is written at them.
const BAND: i32 = 130;

/// What stands in a box, sizes first.
struct Block {
    width: i32,
    height: i32,
    /// Where boxes and nodes stand, from the block's corner: positions in the scene.
    frames: Vec<(usize, Area)>,
    nodes: Vec<(usize, Point)>,
}

impl Block {
    const fn empty() -> Self {
        Self {
            width: 0,
            height: 0,
            frames: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Takes another block in, at a place.
    fn take(&mut self, other: Self, at: Point) {
        let frames = other.frames.into_iter();
        self.frames
            .extend(frames.map(|(own, area)| (own, area.moved(at))));
        let nodes = other.nodes.into_iter();
        self.nodes.extend(nodes.map(|(own, point)| {
            let moved = Point {
                x: point.x + at.x,
                y: point.y + at.y,
            };
            (own, moved)
        }));
        self.width = self.width.max(at.x + other.width);
        self.height = self.height.max(at.y + other.height);
    }
}

struct Placing<'s> {
    scene: &'s Scene,
    contents: Vec<DrawnNode>,
    node_width: i32,
    /// Positions of boxes and of nodes in each box; `None` for what stands outside of all.
    frames_in: HashMap<Option<&'s str>, Vec<usize>>,
    nodes_in: HashMap<Option<&'s str>, Vec<usize>>,
    /// How many lines end at each box or node.
    degree: HashMap<&'s str, usize>,
}

/// Places everything but lines.
pub(super) fn place(scene: &Scene) -> Drawing {
    let notes = contents::notes(scene);
    let node_width = contents::node_width(scene);
    let mut by_node: HashMap<&str, Vec<(Item, &str)>> = HashMap::new();
    for (node, item, said) in &notes {
        by_node.entry(node).or_default().push((*item, said));
    }
    let none = Vec::new();
    let contents = scene.nodes.iter().map(|node| {
        let notes = by_node.get(node.id.as_str()).unwrap_or(&none);
        contents::node(node, notes, contents::noted_width(node_width, notes))
    });
    let mut placing = Placing {
        scene,
        contents: contents.collect(),
        node_width,
        frames_in: HashMap::new(),
        nodes_in: HashMap::new(),
        degree: HashMap::new(),
    };
    for (at, frame) in scene.boxes.iter().enumerate() {
        let parent = frame.parent.as_deref();
        placing.frames_in.entry(parent).or_default().push(at);
    }
    for (at, node) in scene.nodes.iter().enumerate() {
        let parent = node.parent.as_deref();
        placing.nodes_in.entry(parent).or_default().push(at);
    }
    for edge in &scene.edges {
        for end in [&edge.from, &edge.to] {
            let weight = usize::from(edge.kind != EdgeKind::Local);
            *placing.degree.entry(end).or_default() += weight;
        }
    }
    placing.world()
}

impl Placing<'_> {
    fn world(self) -> Drawing {
        let role = |frame: Option<&Frame>, nodes: &[&Node]| match frame.map(|frame| frame.kind) {
            Some(FrameKind::Outside) | None => {
                let is = |kind: NodeKind| nodes.iter().any(|node| node.kind == kind);
                if is(NodeKind::Internet) {
                    Side::Above
                } else if is(NodeKind::Circuit) {
                    Side::Near
                } else if is(NodeKind::Service) || is(NodeKind::Unknown) {
                    Side::Right
                } else if is(NodeKind::Site) || is(NodeKind::Host) {
                    Side::Left
                } else {
                    Side::Middle
                }
            }
            Some(_) => Side::Middle,
        };
        let mut sides: HashMap<Side, Vec<Block>> = HashMap::new();
        for at in self.frames_in.get(&None).into_iter().flatten() {
            let Some(frame) = self.scene.boxes.get(*at) else {
                continue;
            };
            let nodes = self.nodes_in.get(&Some(frame.id.as_str()));
            let nodes = nodes.into_iter().flatten();
            let nodes: Vec<&Node> = nodes.filter_map(|at| self.scene.nodes.get(*at)).collect();
            let side = role(Some(frame), &nodes);
            sides.entry(side).or_default().push(self.frame(*at));
        }
        for at in self.nodes_in.get(&None).into_iter().flatten() {
            let nodes: Vec<&Node> = self.scene.nodes.get(*at).into_iter().collect();
            let side = role(None, &nodes);
            sides.entry(side).or_default().push(self.nodes(&[*at]));
        }
        let mut take = |side: Side| sides.remove(&side).unwrap_or_default();
        let middle = packed(take(Side::Middle), (80, 80), ASPECT, true);
        let above = packed(take(Side::Above), (60, 40), 4.0, false);
        let column = |blocks: Vec<Block>| packed(blocks, (40, 50), 0.2, true);
        let near = column(take(Side::Near));
        let left = column(take(Side::Left));
        let right = column(take(Side::Right));

        let mut whole = Block::empty();
        let band = |block: &Block| {
            if block.height > 0 {
                block.height + 80
            } else {
                0
            }
        };
        let top = band(&above);
        let mut x = 0;
        for block in [left, near] {
            if block.width > 0 {
                let width = block.width;
                let y = top + self.beside(&block, &middle);
                whole.take(block, Point { x, y });
                x += width + BAND;
            }
        }
        let (start, width) = (x, middle.width);
        whole.take(middle, Point { x, y: top });
        let shift = snapped(((width - above.width) / 2).max(0));
        whole.take(
            above,
            Point {
                x: start + shift,
                y: 0,
            },
        );
        if right.width > 0 {
            let x = match width {
                0 => start,
                width => start + width + BAND,
            };
            whole.take(right, Point { x, y: top });
        }
        self.drawn(whole)
    }

    /// How far down a block stands beside the middle: at the height of the gateways there.
    fn beside(&self, block: &Block, middle: &Block) -> i32 {
        let gateways = middle.nodes.iter().filter(|(at, _)| {
            let node = self.scene.nodes.get(*at);
            node.is_some_and(|node| node.kind == NodeKind::Gateway)
        });
        let heights: Vec<i32> = gateways.map(|(_, point)| point.y + 20).collect();
        let count = i32::try_from(heights.len()).unwrap_or(i32::MAX).max(1);
        let wanted = match heights.is_empty() {
            true => middle.height / 2,
            false => heights.iter().sum::<i32>() / count,
        };
        let most = (middle.height - block.height).max(0);
        snapped((wanted - block.height / 2).clamp(0, most))
    }

    fn drawn(self, block: Block) -> Drawing {
        let move_by = Point {
            x: MARGIN,
            y: MARGIN,
        };
        let mut drawing = Drawing {
            width: block.width + 2 * MARGIN,
            height: block.height + 2 * MARGIN,
            ..Drawing::default()
        };
        let mut frames: Vec<Option<DrawnFrame>> = vec![None; self.scene.boxes.len()];
        for (at, area) in block.frames {
            let area = area.moved(move_by);
            let Some(frame) = self.scene.boxes.get(at) else {
                continue;
            };
            let mut drawn = contents::frame(frame, area.w);
            let by = Point {
                x: area.x,
                y: area.y,
            };
            drawn.area = area;
            drawn.name.shift(by);
            drawn.detail.iter_mut().for_each(|text| text.shift(by));
            drawn.badges.iter_mut().for_each(|pill| pill.shift(by));
            drawing.areas.insert(frame.id.clone(), area);
            frames[at] = Some(drawn);
        }
        drawing.frames = frames.into_iter().flatten().collect();
        let mut places = vec![Point::default(); self.scene.nodes.len()];
        for (at, point) in block.nodes {
            places[at] = Point {
                x: point.x + move_by.x,
                y: point.y + move_by.y,
            };
        }
        for ((mut node, by), own) in self.contents.into_iter().zip(places).zip(&self.scene.nodes) {
            node.area = node.area.moved(by);
            node.name.shift(by);
            node.detail.iter_mut().for_each(|text| text.shift(by));
            node.badges.iter_mut().for_each(|pill| pill.shift(by));
            node.notes.iter_mut().for_each(|note| note.pill.shift(by));
            drawing.areas.insert(own.id.clone(), node.area);
            drawing.nodes.push(node);
        }
        drawing
    }

    /// A box with all that is in it.
    fn frame(&self, at: usize) -> Block {
        let Some(frame) = self.scene.boxes.get(at) else {
            return Block::empty();
        };
        let inside = self.inside(frame);
        let header = contents::header_height(frame);
        let pad = match frame.kind {
            FrameKind::Region => 50,
            FrameKind::Vnet => 40,
            FrameKind::Subnet | FrameKind::Outside => 20,
        };
        let least = if frame.folds > 0 {
            0
        } else {
            self.node_width + 2 * pad
        };
        let wanted = contents::header_width(frame).max(least);
        let width = (inside.width + 2 * pad).max((wanted + 9) / 10 * 10);
        let height = header + inside.height + if inside.height > 0 { pad } else { 10 };
        // The room between header and content is as wide as lines need that come from the side.
        let lead = match frame.kind {
            FrameKind::Region => 20,
            FrameKind::Vnet if inside.height > 0 => 10,
            _ => 0,
        };
        let mut own = Block::empty();
        own.frames.push((
            at,
            Area {
                x: 0,
                y: 0,
                w: width,
                h: height + lead,
            },
        ));
        own.take(
            inside,
            Point {
                x: pad,
                y: header + lead,
            },
        );
        own.width = width;
        own.height = height + lead;
        own
    }

    fn inside(&self, frame: &Frame) -> Block {
        let id = Some(frame.id.as_str());
        let nodes = self.nodes_in.get(&id).map_or(&[][..], Vec::as_slice);
        let frames = self.frames_in.get(&id).map_or(&[][..], Vec::as_slice);
        let loose = (!nodes.is_empty()).then(|| self.nodes(nodes));
        if frames.is_empty() {
            return loose.unwrap_or_else(Block::empty);
        }
        let mut order: Vec<usize> = frames.to_vec();
        // What most lines end at comes first: near to what is outside, and to its peers.
        order.sort_by_key(|at| std::cmp::Reverse(self.weight(*at)));
        let blocks = loose
            .into_iter()
            .chain(order.iter().map(|at| self.frame(*at)));
        let gap = match frame.kind {
            FrameKind::Region => (80, 70),
            _ => (40, 40),
        };
        let regions = self.scene.boxes.iter();
        let regions = regions.filter(|frame| frame.kind == FrameKind::Region);
        let aspect = match (frame.kind, regions.count()) {
            // Two regions stand side by side.
            (FrameKind::Region, 2) => ASPECT / 2.0,
            _ => ASPECT,
        };
        packed(blocks.collect(), gap, aspect, frame.kind == FrameKind::Vnet)
    }

    /// How many lines end at a box or at what is in it.
    fn weight(&self, at: usize) -> usize {
        let Some(frame) = self.scene.boxes.get(at) else {
            return 0;
        };
        let id = frame.id.as_str();
        let own = self.degree.get(id).copied().unwrap_or(0);
        let nodes = self.nodes_in.get(&Some(id)).into_iter().flatten();
        let nodes = nodes.filter_map(|at| self.scene.nodes.get(*at));
        let nodes: usize = nodes
            .map(|node| self.degree.get(node.id.as_str()).copied().unwrap_or(0))
            .sum();
        let frames = self.frames_in.get(&Some(id)).into_iter().flatten();
        own + nodes + frames.map(|at| self.weight(*at)).sum::<usize>()
    }

    /// Nodes in rows.
    fn nodes(&self, all: &[usize]) -> Block {
        let sizes = all.iter().map(|at| {
            let node = self.contents.get(*at);
            node.map_or((self.node_width, 40), |node| (node.area.w, node.area.h))
        });
        let sizes: Vec<(i32, i32)> = sizes.collect();
        let is_internet = |at: &usize| {
            let node = self.scene.nodes.get(*at);
            node.is_some_and(|node| node.kind == NodeKind::Internet)
        };
        let aspect = match all.len() {
            // The Internet and its hosts stand side by side, so that lines from below reach it.
            _ if all.iter().any(is_internet) => 12.0,
            0..=3 => 0.8,
            _ => ASPECT,
        };
        let Packed {
            areas,
            width,
            height,
        } = shelves(&sizes, NODES, aspect, false);
        let corners = areas.iter().map(|area| Point {
            x: area.x,
            y: area.y,
        });
        Block {
            width,
            height,
            frames: Vec::new(),
            nodes: all.iter().copied().zip(corners).collect(),
        }
    }
}

/// Where something stands that is in no region and no VNet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Above,
    Left,
    Near,
    Middle,
    Right,
}

const fn snapped(length: i32) -> i32 {
    length / super::PITCH * super::PITCH
}

/// Blocks on shelves; boxes that are blocks may be stretched.
fn packed(blocks: Vec<Block>, gap: (i32, i32), aspect: f64, stretch: bool) -> Block {
    let sizes: Vec<(i32, i32)> = blocks
        .iter()
        .map(|block| (block.width, block.height))
        .collect();
    let packed = shelves(&sizes, gap, aspect, stretch);
    let mut whole = Block::empty();
    for (mut block, area) in blocks.into_iter().zip(packed.areas) {
        let (width, height) = (block.width, block.height);
        if let Some((_, own)) = block.frames.first_mut()
            && (own.x, own.y, own.w, own.h) == (0, 0, width, height)
        {
            (own.w, own.h) = (area.w, area.h);
            (block.width, block.height) = (area.w, area.h);
        }
        whole.take(
            block,
            Point {
                x: area.x,
                y: area.y,
            },
        );
    }
    whole
}
