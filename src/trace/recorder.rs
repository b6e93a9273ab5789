//! What is kept of a walk: everything, or nothing.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Assumption, Hop, HopKind, Issue, Step};
use crate::network::Place;

/// Keeps what a walk sees. What is to be kept is given as a function, so that a recorder that keeps
/// nothing costs nothing.
pub trait Recorder {
    /// Whether rules with service tags that are not known in full are taken both ways, each noted as assumed.
    const DOUBTS: bool = false;

    /// The next hop is reached.
    fn hop(&mut self, hop: impl FnOnce() -> Hop);
    /// Something happened at the hop at hand.
    fn step(&mut self, step: impl FnOnce() -> Step);
    /// Something is wrong at the hop at hand, or at the one whose place is given.
    fn issue(&mut self, issue: impl FnOnce() -> Issue);
    /// Something may be wrong at the hop at hand.
    fn issue_if_any(&mut self, issue: impl FnOnce() -> Option<Issue>);
    /// Something is taken for granted.
    fn assume(&mut self, assumption: impl FnOnce() -> Assumption);
    /// How much is kept, to be returned to.
    fn mark(&self) -> Mark;
    /// Forgets what came after `mark`: the walk takes another branch.
    fn rollback(&mut self, mark: Mark);
    /// The hops from the `from`th on, and everything assumed so far.
    fn snapshot(&self, from: usize) -> (Vec<Hop>, Vec<Assumption>);
}

/// How much a recorder has kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Hops.
    pub hops: usize,
    steps: usize,
    issues: usize,
    assumptions: usize,
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Recorder for Silent {
    #[inline]
    fn hop(&mut self, _: impl FnOnce() -> Hop) {}
    #[inline]
    fn step(&mut self, _: impl FnOnce() -> Step) {}
    #[inline]
    fn issue(&mut self, _: impl FnOnce() -> Issue) {}
    #[inline]
    fn issue_if_any(&mut self, _: impl FnOnce() -> Option<Issue>) {}
    #[inline]
    fn assume(&mut self, _: impl FnOnce() -> Assumption) {}
    #[inline]
    fn mark(&self) -> Mark {
        Mark::default()
    }
    #[inline]
    fn rollback(&mut self, _: Mark) {}
    #[inline]
    fn snapshot(&self, _: usize) -> (Vec<Hop>, Vec<Assumption>) {
        (Vec::new(), Vec::new())
    }
}

/// Keeps what the branch at hand takes for granted, and takes both ways what is in doubt.
#[derive(Debug, Clone, Default)]
pub struct Doubting(Vec<Assumption>);

impl Recorder for Doubting {
    const DOUBTS: bool = true;

    fn hop(&mut self, _: impl FnOnce() -> Hop) {}
    fn step(&mut self, _: impl FnOnce() -> Step) {}
    fn issue(&mut self, _: impl FnOnce() -> Issue) {}
    fn issue_if_any(&mut self, _: impl FnOnce() -> Option<Issue>) {}

    fn assume(&mut self, assumption: impl FnOnce() -> Assumption) {
        self.0.push(assumption());
    }

    fn mark(&self) -> Mark {
        Mark {
            assumptions: self.0.len(),
            ..Mark::default()
        }
    }

    fn rollback(&mut self, mark: Mark) {
        self.0.truncate(mark.assumptions);
    }

    fn snapshot(&self, _: usize) -> (Vec<Hop>, Vec<Assumption>) {
        (Vec::new(), self.0.clone())
    }
}

/// Keeps everything of the branch at hand.
#[derive(Debug, Clone, Default)]
pub struct Tracing {
    hops: Vec<Hop>,
    assumptions: Vec<Assumption>,
}

impl Tracing {
    /// Adds an issue to the hop at `place`, where the branch came by there; else to the last hop.
    pub fn issue_at(&mut self, place: Option<Place>, issue: Issue) {
        let at = self
            .hops
            .iter()
            .rposition(|hop| place.is_some() && hop.place == place);
        let hop = match at {
            Some(at) => self.hops.get_mut(at),
            None => self.hops.last_mut(),
        };
        if let Some(hop) = hop {
            hop.issues.push(issue);
        }
    }
}

impl Recorder for Tracing {
    fn hop(&mut self, hop: impl FnOnce() -> Hop) {
        self.hops.push(hop());
    }

    fn step(&mut self, step: impl FnOnce() -> Step) {
        if let Some(hop) = self.hops.last_mut() {
            hop.steps.push(step());
        }
    }

    fn issue(&mut self, issue: impl FnOnce() -> Issue) {
        self.issue_if_any(|| Some(issue()));
    }

    fn issue_if_any(&mut self, issue: impl FnOnce() -> Option<Issue>) {
        if let Some(hop) = self.hops.last_mut() {
            hop.issues.extend(issue());
        }
    }

    fn assume(&mut self, assumption: impl FnOnce() -> Assumption) {
        self.assumptions.push(assumption());
    }

    fn mark(&self) -> Mark {
        let last = self.hops.last();
        Mark {
            hops: self.hops.len(),
            steps: last.map_or(0, |hop| hop.steps.len()),
            issues: last.map_or(0, |hop| hop.issues.len()),
            assumptions: self.assumptions.len(),
        }
    }

    fn rollback(&mut self, mark: Mark) {
        self.hops.truncate(mark.hops);
        if let Some(hop) = self.hops.last_mut() {
            hop.steps.truncate(mark.steps);
            hop.issues.truncate(mark.issues);
        }
        self.assumptions.truncate(mark.assumptions);
    }

    fn snapshot(&self, from: usize) -> (Vec<Hop>, Vec<Assumption>) {
        (
            self.hops.get(from..).unwrap_or_default().to_vec(),
            self.assumptions.clone(),
        )
    }
}

impl Hop {
    /// A hop at which nothing has happened yet.
    #[must_use]
    pub fn new(place: Option<Place>, name: Arc<str>, address: IpAddr, kind: HopKind) -> Self {
        Self {
            place,
            name,
            address,
            kind,
            steps: Vec::new(),
            issues: Vec::new(),
        }
    }
}
