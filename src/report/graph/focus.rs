//! A scene with what matters: virtual networks that no way and no mark touches are folded.

use std::collections::{HashMap, HashSet};

use super::scene::{FrameKind, Scene};

/// So many nodes are drawn all of them, whatever a connection uses.
const FEW: usize = 60;
/// Of more boxes and nodes than that nobody could make out any.
const MOST: usize = 2_000;

impl Scene {
    /// The scene with ways or marks, if it is large, without what is in the virtual networks that none of
    /// them touches; a scene that is far too large without what is in any. Any other scene as it is.
    #[must_use]
    pub fn focused(self) -> Self {
        let shows = !self.connections.is_empty() || !self.marks.is_empty();
        let far_too_large = self.nodes.len() + self.boxes.len() > MOST;
        if far_too_large || (shows && self.nodes.len() > FEW) {
            self.folded()
        } else {
            self
        }
    }

    /// The scene without what is in virtual networks that no way and no mark touches. Their lines end at
    /// the networks themselves.
    #[must_use]
    pub fn folded(mut self) -> Self {
        let parents: HashMap<String, Option<String>> = self
            .boxes
            .iter()
            .map(|frame| (frame.id.clone(), frame.parent.clone()))
            .chain(
                self.nodes
                    .iter()
                    .map(|node| (node.id.clone(), node.parent.clone())),
            )
            .collect();
        let networks: HashSet<String> = self
            .boxes
            .iter()
            .filter(|frame| frame.kind == FrameKind::Vnet)
            .map(|frame| frame.id.clone())
            .collect();
        // The network that something stands in.
        let within = |id: &str| {
            let mut at = Some(id.to_owned());
            while let Some(own) = at {
                if networks.contains(&own) {
                    return Some(own);
                }
                at = parents.get(&own).cloned().flatten();
            }
            None
        };
        let steps = self.connections.iter().flat_map(|own| &own.ways);
        let steps = steps.flat_map(|way| &way.steps);
        let on_ways = steps.flat_map(|step| step.via.iter().chain([&step.node]));
        let marked = self
            .marks
            .iter()
            .flat_map(|mark| [Some(&mark.from), mark.to.as_ref()])
            .flatten();
        let used: HashSet<String> = on_ways.chain(marked).filter_map(|id| within(id)).collect();
        // What something is drawn as: itself, or the network that it is folded into.
        let shown = |id: &str| match within(id) {
            Some(own) if !used.contains(&own) => own,
            _ => id.to_owned(),
        };
        for frame in &mut self.boxes {
            if frame.kind == FrameKind::Vnet && !used.contains(&frame.id) {
                let inside = self.nodes.iter();
                frame.folds = inside
                    .filter(|node| shown(&node.id) == frame.id)
                    .map(|node| node.folds.len().max(1))
                    .sum();
            }
        }
        self.boxes.retain(|frame| shown(&frame.id) == frame.id);
        self.nodes.retain(|node| shown(&node.id) == node.id);
        let mut known: HashSet<(String, String, String)> = HashSet::new();
        for edge in &mut self.edges {
            edge.from = shown(&edge.from);
            edge.to = shown(&edge.to);
        }
        self.edges.retain(|edge| {
            let ends = (
                edge.from.clone(),
                edge.to.clone(),
                edge.kind.word().to_owned(),
            );
            edge.from != edge.to && known.insert(ends)
        });
        self
    }
}
