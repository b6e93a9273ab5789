//! The way that flows take: where they come by, what carries them on, and what puts another address in place
//! of theirs, there and back. Two ways are the same where all of that has the same names.

use std::sync::Arc;

use super::labels::Labels;
use super::world::Key;
use crate::engine::{End, FlowSet};
use crate::network::Network;
use crate::trace::{
    Assumption, Disposition, Hop, Issue, Mark, Recorder, ReplyKind, Step, Tracing, Translator,
};

/// Keeps of a walk what its way is told by.
#[derive(Debug, Clone, Default)]
pub struct Ways(Tracing);

impl Recorder for Ways {
    fn hop(&mut self, hop: impl FnOnce() -> Hop) {
        self.0.hop(hop);
    }

    fn step(&mut self, step: impl FnOnce() -> Step) {
        let step = step();
        if matches!(step, Step::Crossed(_) | Step::Translated { .. }) {
            self.0.step(|| step);
        }
    }

    fn issue(&mut self, _: impl FnOnce() -> Issue) {}

    fn issue_if_any(&mut self, _: impl FnOnce() -> Option<Issue>) {}

    fn assume(&mut self, _: impl FnOnce() -> Assumption) {}

    fn mark(&self) -> Mark {
        self.0.mark()
    }

    fn rollback(&mut self, mark: Mark) {
        self.0.rollback(mark);
    }

    fn snapshot(&self, from: usize) -> (Vec<Hop>, Vec<Assumption>) {
        self.0.snapshot(from)
    }
}

/// The way of some flows there, and that of their replies where it is another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Trails {
    /// Of the requests.
    pub there: Vec<Key>,
    /// Of the replies.
    pub back: Vec<Key>,
}

impl Trails {
    /// The flows of an end that get through, as they started, by the ways back that they have.
    pub fn of<'s>(labels: &Labels<'_>, end: &End<FlowSet<'s>>) -> Vec<(Self, FlowSet<'s>)> {
        if end.fate.disposition != Disposition::Delivered {
            return Vec::new();
        }
        let working = end.fate.replies.iter();
        let working = working.filter(|back| back.kind != ReplyKind::Broken);
        let mut there = None;
        let ways = working.map(|back| {
            let there = there.get_or_insert_with(|| way(labels, &end.hops));
            let trails = Self {
                there: there.clone(),
                back: match back.kind {
                    ReplyKind::Asymmetric => way(labels, &back.hops),
                    _ => Vec::new(),
                },
            };
            (trails, back.traffic.started())
        });
        ways.collect()
    }

    /// What it leads by, there and back.
    pub fn places(&self) -> impl Iterator<Item = &Key> {
        self.there.iter().chain(&self.back)
    }

    /// What lies between the two ends, which a way is told by where its ends are named beside it.
    #[must_use]
    pub fn between(&self) -> Self {
        let inner = |way: &[Key]| -> Vec<Key> {
            let inner = way.get(1..way.len().saturating_sub(1));
            inner.unwrap_or_default().to_vec()
        };
        Self {
            there: inner(&self.there),
            back: inner(&self.back),
        }
    }
}

fn way(labels: &Labels<'_>, hops: &[Hop]) -> Vec<Key> {
    let mut way: Vec<Key> = Vec::new();
    let mut add = |label: Key| {
        if way.last() != Some(&label) {
            way.push(label);
        }
    };
    for hop in hops {
        add(hop
            .place
            .map_or_else(|| "-".into(), |place| labels.get(place)));
        for step in &hop.steps {
            match step {
                Step::Crossed(places) => places.iter().for_each(|place| add(labels.get(*place))),
                Step::Translated { by, .. } => {
                    if let Some(name) = translator(labels.network, by) {
                        add(name.into());
                    }
                }
                _ => {}
            }
        }
    }
    way
}

/// What replaces addresses where that is no hop of its own.
pub fn translator(network: &Network, by: &Translator) -> Option<String> {
    let name = match by {
        Translator::PublicIp(id) => &network.public_ips[*id].identity.name,
        Translator::NatGateway(id) => &network.nat_gateways[*id].identity.name,
        Translator::DefaultOutboundAccess => return Some("default outbound access".to_owned()),
        Translator::LoadBalancer(name) => name,
        _ => return None,
    };
    Some(Arc::clone(name).to_string())
}
