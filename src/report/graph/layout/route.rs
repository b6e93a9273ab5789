//! The ways of all lines: edges first, then the legs of ways, then marks. Each keeps off what is drawn and
//! off the lines before it, but for those that it belongs together with: the peerings of a hub, the pool
//! of a balancer.

use std::collections::HashMap;

use super::lattice::{Lattice, Spot};
use super::pieces::{Area, Drawing, Item, Line, Point};
use super::search::{Memory, Wanted, guess, search};
use crate::report::graph::scene::{EdgeKind, FrameKind, Scene};

/// What a step costs in a box that is neither end's.
const STRANGE_VNET: u32 = 70;
const STRANGE_SUBNET: u32 = 30;

struct Router<'s> {
    scene: &'s Scene,
    lattice: Lattice,
    memory: Memory,
    parents: HashMap<&'s str, Option<&'s str>>,
    positions: HashMap<&'s str, usize>,
    guess: u32,
    /// Groups are numbered from 1.
    groups: u32,
}

/// Routes every line of a scene.
pub(super) fn route(scene: &Scene, drawing: &mut Drawing) {
    let lattice = Lattice::new(drawing);
    let memory = Memory::new(&lattice);
    let frames = scene.boxes.iter();
    let frames = frames.map(|frame| (frame.id.as_str(), frame.parent.as_deref()));
    let nodes = scene.nodes.iter();
    let nodes = nodes.map(|node| (node.id.as_str(), node.parent.as_deref()));
    let mut router = Router {
        scene,
        lattice,
        memory,
        parents: frames.chain(nodes).collect(),
        positions: scene
            .boxes
            .iter()
            .enumerate()
            .map(|(at, frame)| (frame.id.as_str(), at))
            .collect(),
        guess: guess(scene.edges.len() + scene.marks.len()),
        groups: 0,
    };
    let by_edge = router.edges(drawing);
    router.ways(drawing, &by_edge);
    router.marks(drawing);
}

impl<'s> Router<'s> {
    /// Routes edges; the group of each, by its id.
    fn edges(&mut self, drawing: &mut Drawing) -> HashMap<&'s str, u32> {
        let scene = self.scene;
        let mut degree: HashMap<(EdgeKind, &str), usize> = HashMap::new();
        for edge in &scene.edges {
            for end in [&edge.from, &edge.to] {
                *degree.entry((edge.kind, end)).or_default() += 1;
            }
        }
        // The short ones first: they have the least choice.
        let length = |at: usize| {
            let edge = scene.edges.get(at)?;
            let (from, to) = (drawing.area(&edge.from)?, drawing.area(&edge.to)?);
            let gap = |a: i32, aw: i32, b: i32, bw: i32| (b - a - aw).max(a - b - bw).max(0);
            Some(gap(from.x, from.w, to.x, to.w) + gap(from.y, from.h, to.y, to.h))
        };
        let mut order: Vec<usize> = (0..scene.edges.len()).collect();
        order.sort_by_key(|at| length(*at));
        let mut trunks: HashMap<(EdgeKind, &str), u32> = HashMap::new();
        let mut by_edge = HashMap::new();
        let mut lines: Vec<Option<Line>> = vec![None; scene.edges.len()];
        for at in order {
            let Some(edge) = scene.edges.get(at) else {
                continue;
            };
            let count = |end: &str| degree.get(&(edge.kind, end)).copied().unwrap_or(0);
            let trunk = if count(&edge.to) > count(&edge.from) {
                &edge.to
            } else {
                &edge.from
            };
            let next = self.groups + 1;
            // Each tunnel and each circuit is a thing of its own.
            let group = match edge.kind {
                EdgeKind::Tunnel | EdgeKind::Circuit => next,
                _ => *trunks.entry((edge.kind, trunk.as_str())).or_insert(next),
            };
            self.groups = self.groups.max(group);
            by_edge.insert(edge.id.as_str(), group);
            let ends = (drawing.area(&edge.from), drawing.area(&edge.to));
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            let parts = self.run((&edge.from, from), (&edge.to, to), group, (&[], 0));
            lines[at] = Some(Line {
                item: Item::Edge(at),
                parts: vec![parts],
                label: None,
            });
        }
        drawing.lines.extend(lines.into_iter().flatten());
        by_edge
    }

    fn ways(&mut self, drawing: &mut Drawing, by_edge: &HashMap<&str, u32>) {
        let scene = self.scene;
        let edges = self.groups;
        for (connection, own) in scene.connections.iter().enumerate() {
            for (number, way) in own.ways.iter().enumerate() {
                let mut last: Option<&str> = None;
                for (at, step) in way.steps.iter().enumerate() {
                    let over: Vec<u32> = step
                        .edges
                        .iter()
                        .filter_map(|id| by_edge.get(id.as_str()).copied())
                        .collect();
                    let stops = step.via.iter().chain([&step.node]);
                    let mut parts = Vec::new();
                    for stop in stops {
                        if let Some(from) = last.filter(|from| from != stop)
                            && let (Some(start), Some(end)) =
                                (drawing.area(from), drawing.area(stop))
                        {
                            self.groups += 1;
                            let group = self.groups;
                            parts.push(self.run((from, start), (stop, end), group, (&over, edges)));
                        }
                        last = Some(stop);
                    }
                    drawing.lines.push(Line {
                        item: Item::Step(connection, number, at),
                        parts,
                        label: None,
                    });
                }
            }
        }
    }

    fn marks(&mut self, drawing: &mut Drawing) {
        let scene = self.scene;
        let edges = u32::try_from(scene.edges.len()).unwrap_or(u32::MAX);
        let ignored = edges.min(self.groups);
        for (at, mark) in scene.marks.iter().enumerate() {
            let Some(far) = &mark.to else { continue };
            let (Some(from), Some(to)) = (drawing.area(&mark.from), drawing.area(far)) else {
                continue;
            };
            self.groups += 1;
            let group = self.groups;
            let mut parts = Vec::new();
            if mark.from != *far {
                parts.push(self.run((&mark.from, from), (far, to), group, (&[], ignored)));
            }
            drawing.lines.push(Line {
                item: Item::Mark(at),
                parts,
                label: None,
            });
        }
    }

    /// The way between two ends; noted, so that others keep off it.
    fn run(
        &mut self,
        (from, start): (&str, Area),
        (to, end): (&str, Area),
        group: u32,
        (over, ignored): (&[u32], u32),
    ) -> Vec<Point> {
        let frames = self.costs(from, to);
        let wanted = Wanted {
            from: start,
            to: end,
            group,
            frames: &frames,
            over,
            guess: self.guess,
            ignored,
        };
        let Some(spots) = search(&self.lattice, &mut self.memory, &wanted) else {
            return Vec::new();
        };
        self.lattice.run(&spots, group);
        corners(&spots)
    }

    /// What being in each box costs a line between two ends: nothing in those that hold an end.
    fn costs(&self, from: &str, to: &str) -> Vec<u32> {
        let frames = self.scene.boxes.iter();
        let mut costs: Vec<u32> = frames
            .map(|frame| match frame.kind {
                FrameKind::Region => 1,
                FrameKind::Vnet => STRANGE_VNET,
                FrameKind::Subnet | FrameKind::Outside => STRANGE_SUBNET + STRANGE_VNET,
            })
            .collect();
        for end in [from, to] {
            let mut at = self.parents.get(end).copied().flatten();
            while let Some(id) = at {
                if let Some(cost) = self.positions.get(id).and_then(|at| costs.get_mut(*at)) {
                    *cost = 0;
                }
                at = self.parents.get(id).copied().flatten();
            }
        }
        // Other subnets of a VNet through which it may run.
        let open: Vec<bool> = costs.iter().map(|cost| *cost == 0).collect();
        for (at, frame) in self.scene.boxes.iter().enumerate() {
            let parent = frame.parent.as_deref();
            let parent = parent.and_then(|id| self.positions.get(id));
            let near = parent.is_some_and(|at| open.get(*at) == Some(&true));
            if frame.kind == FrameKind::Subnet && near && costs[at] > 0 {
                costs[at] = STRANGE_SUBNET;
            }
        }
        costs
    }
}

/// The corners of a way, its ends among them.
fn corners(spots: &[Spot]) -> Vec<Point> {
    let mut out: Vec<Point> = Vec::new();
    for (at, spot) in spots.iter().enumerate() {
        let neighbours = at
            .checked_sub(1)
            .and_then(|before| spots.get(before))
            .zip(spots.get(at + 1));
        let straight = neighbours.is_some_and(|(before, after)| {
            before.column == after.column || before.row == after.row
        });
        if !straight {
            out.push(spot.point());
        }
    }
    out
}
