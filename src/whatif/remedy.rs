//! Remedies: the smallest sets of changes with which a question is answered by Reachable, each tried on a
//! copy of the network.
//!
//! A walk shows everything that it meets behind a block, so that a path's changes are tried together; what
//! they reveal (a route that was not followed before) is the next try's. None of them leads past an
//! appliance or a firewall that the flow came by.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::candidates::Looking;
use super::denials::initial;
use super::effect::{Asked, Effect, effect};
use super::{Change, applied};
use crate::engine::{Answer, Engine, Question, check};
use crate::network::{Endpoint, Network, Place};
use crate::spec::checks::{ConnectionStatus, IssueSeverity};
use crate::trace::{HopKind, Issue, Path};

/// So many copies are asked at most.
const MOST_TRIES: usize = 48;
/// So many sets of changes are taken for one path at a time.
const MOST_SETS: usize = 12;
/// So many times what a try reveals is gone after.
const DEEPEST: usize = 5;
/// So many remedies are given, the best first.
const MOST_REMEDIES: usize = 3;

/// Changes that make a connection work.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The changes, and what each is for.
    pub mends: Vec<Mend>,
    /// The issues of the answer that are gone with them, each with its hop's name.
    pub settles: Vec<(Arc<str>, Issue)>,
    /// What else they would do.
    pub effect: Effect,
}

impl Remedy {
    /// The changes alone.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        changes(&self.mends)
    }
}

/// A change, and the issue that it is against.
#[derive(Debug, Clone, PartialEq)]
pub struct Mend {
    /// The change.
    pub change: Change,
    /// What the hop is called at which the issue stands.
    pub hop: Arc<str>,
    /// The issue; behind other changes it may be one that the first answer does not have.
    pub against: Issue,
    /// Whether the first answer has the issue.
    pub shown: bool,
    /// How many hops lie between the issue and what blocks first.
    distance: usize,
}

/// What was found for a blocked connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Suggested {
    /// The remedies, the best first.
    pub remedies: Vec<Remedy>,
    /// Every set of changes that was tried, those that help among them, in the order of the tries.
    pub tried: Vec<Vec<Change>>,
}

/// The remedies for a blocked answer, as [`suggested`] finds them.
#[must_use]
pub fn remedies(engine: &Engine<'_>, question: &Question, answer: &Answer) -> Vec<Remedy> {
    suggested(engine, question, answer).remedies
}

/// What is found for a blocked answer to `question`, which is about two single ends: the fewest changes
/// first, then those that open the least, then the closest to what blocks. Nothing where the answer is
/// Reachable; no remedies where no change that is known helps.
#[must_use]
pub fn suggested(engine: &Engine<'_>, question: &Question, answer: &Answer) -> Suggested {
    if answer.status == ConnectionStatus::Reachable {
        return Suggested::default();
    }
    let mut search = Search {
        engine,
        question,
        first: answer,
        tries: 0,
        known: Vec::new(),
    };
    let found = search.run();
    let asked = Asked {
        flows: answer.paths.iter().map(initial).collect(),
        from_internet: question.source == Endpoint::Internet,
        to_internet: question.destination == Endpoint::Internet,
    };
    let mut found: Vec<Remedy> = found
        .into_iter()
        .map(|mut mends| {
            let changes = changes(&mends);
            let copy = applied(engine.network(), &changes);
            let after = Engine::new(&copy);
            let left = search.ask(&after);
            let left = left.as_ref().map_or_else(Vec::new, Answer::issues);
            let issues = answer.issues().into_iter();
            let issues = issues.map(|(hop, _, issue)| (hop, issue.clone()));
            let issues: Vec<(Arc<str>, Issue)> = issues.collect();
            for mend in &mut mends {
                mend.shown = issues.contains(&(Arc::clone(&mend.hop), mend.against.clone()));
            }
            let gone = |(hop, issue): &(Arc<str>, Issue)| {
                !left
                    .iter()
                    .any(|(name, _, own)| name == hop && *own == issue)
            };
            Remedy {
                settles: issues.into_iter().filter(gone).collect(),
                effect: effect(engine, &after, &changes, &asked),
                mends,
            }
        })
        .collect();
    found.sort_by_key(|remedy| {
        let effect = &remedy.effect;
        (
            remedy.mends.len(),
            !effect.complete,
            effect.opened.len() + effect.closed.len() + effect.rerouted.len(),
            remedy.mends.iter().map(|mend| mend.distance).sum::<usize>(),
        )
    });
    found.truncate(MOST_REMEDIES);
    Suggested {
        remedies: found,
        tried: search.known,
    }
}

struct Search<'s, 'n> {
    engine: &'s Engine<'n>,
    question: &'s Question,
    first: &'s Answer,
    tries: usize,
    /// The sets that have been tried.
    known: Vec<Vec<Change>>,
}

impl Search<'_, '_> {
    fn run(&mut self) -> Vec<Vec<Mend>> {
        let mut found: Vec<Vec<Mend>> = Vec::new();
        let mut level: Vec<Vec<Mend>> = vec![Vec::new()];
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for mends in std::mem::take(&mut level) {
                for set in self.behind(&mends) {
                    let mut all = mends.clone();
                    for mend in set {
                        if !all.iter().any(|own| own.change == mend.change) {
                            all.push(mend);
                        }
                    }
                    match self.fares(&all) {
                        Some(true) => {
                            let least = self.least(all);
                            let same = |own: &Vec<Mend>| changes(own) == changes(&least);
                            if !found.iter().any(same) {
                                found.push(least);
                            }
                        }
                        Some(false) => next.push(all),
                        None => {}
                    }
                }
            }
            level = next;
            if !found.is_empty() || level.is_empty() {
                break;
            }
        }
        found
    }

    /// The sets of changes against all that blocks, on each path by itself, once `mends` are made.
    fn behind(&self, mends: &[Mend]) -> Vec<Vec<Mend>> {
        let copy = applied(self.engine.network(), &changes(mends));
        let engine = Engine::new(&copy);
        let Some(answer) = self.ask(&engine) else {
            return Vec::new();
        };
        let mut sets: Vec<Vec<Mend>> = Vec::new();
        for path in &answer.paths {
            for set in sets_of(&engine, self.question, path) {
                let same = |own: &Vec<Mend>| changes(own) == changes(&set);
                if !set.is_empty() && !sets.iter().any(same) {
                    sets.push(set);
                }
            }
        }
        sets
    }

    fn ask(&self, engine: &Engine<'_>) -> Option<Answer> {
        let answers = check(engine, self.question).ok()?;
        answers.into_iter().next()
    }

    /// Whether the connection works with some changes; none where that is not to be tried (again).
    fn fares(&mut self, mends: &[Mend]) -> Option<bool> {
        let changes = changes(mends);
        if self.tries >= MOST_TRIES || self.known.contains(&changes) {
            return None;
        }
        self.tries += 1;
        self.known.push(changes.clone());
        Some(self.helps(&changes))
    }

    fn helps(&self, changes: &[Change]) -> bool {
        let copy = applied(self.engine.network(), changes);
        let engine = Engine::new(&copy);
        let answer = self.ask(&engine);
        answer.is_some_and(|answer| {
            answer.status == ConnectionStatus::Reachable && !self.leads_past(&answer)
        })
    }

    /// Without the changes that are not needed: one rule can be what several issues want.
    fn least(&self, mends: Vec<Mend>) -> Vec<Mend> {
        let mut left = mends;
        for at in (0..left.len()).rev() {
            let mut fewer = left.clone();
            fewer.remove(at);
            if !fewer.is_empty() && self.helps(&changes(&fewer)) {
                left = fewer;
            }
        }
        left
    }

    /// Whether a way that works avoids something that forwards and that every way before came by.
    fn leads_past(&self, answer: &Answer) -> bool {
        let network = self.engine.network();
        let before: Vec<BTreeSet<String>> = self
            .first
            .paths
            .iter()
            .map(|path| forwarders(network, path))
            .collect();
        let mut works = answer.paths.iter().filter(|path| path.works() > 0.0);
        works.any(|path| {
            let now = forwarders(network, path);
            !before.iter().any(|needed| needed.is_subset(&now))
        })
    }
}

fn changes(mends: &[Mend]) -> Vec<Change> {
    mends.iter().map(|mend| mend.change.clone()).collect()
}

/// What forwards on a path, by name.
fn forwarders(network: &Network, path: &Path) -> BTreeSet<String> {
    let hops = path.hops.iter();
    let hops = hops.filter(|hop| hop.kind == HopKind::VirtualAppliance);
    hops.filter_map(|hop| match hop.place? {
        Place::Nic(nic) => Some(format!("{:?}", network.nics[nic].machine)),
        place => Some(format!("{place:?}")),
    })
    .collect()
}

/// One change against each thing that blocks on a path, in every combination; none where something blocks
/// that no change is known against.
fn sets_of(engine: &Engine<'_>, question: &Question, path: &Path) -> Vec<Vec<Mend>> {
    let mut sets: Vec<(Vec<Mend>, Network)> = vec![(Vec::new(), engine.network().clone())];
    let mut start = None;
    for (at, hop) in path.hops.iter().enumerate() {
        let errors = hop.issues.iter();
        for issue in errors.filter(|issue| issue.severity == IssueSeverity::Error) {
            let distance = at - *start.get_or_insert(at);
            let mut more = Vec::new();
            for (set, copy) in &sets {
                let looking = Looking {
                    engine,
                    copy,
                    question,
                    path,
                };
                for change in looking.against(at, issue) {
                    let copy = applied(copy, std::slice::from_ref(&change));
                    let mut set = set.clone();
                    set.push(Mend {
                        change,
                        hop: Arc::clone(&hop.name),
                        against: issue.clone(),
                        shown: false,
                        distance,
                    });
                    more.push((set, copy));
                }
            }
            more.truncate(MOST_SETS);
            sets = more;
        }
    }
    sets.into_iter().map(|(set, _)| set).collect()
}
