//! What each loss breaks: everything that can be out of order by itself is put out of order in turn
//! ([`Network::outages`]), and the checks and intents that hold with all up are judged again.
//!
//! Nothing is skipped: each loss is put to each check on a network of its own, which shares what is the
//! same. Of several losses at once only those are told that no part of them explains, the minimal cut sets.

mod felt;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::outcome::Kind;
use super::plan::{self, Ask, Planned};
use super::{Glob, invalid, pool, sorted};
use crate::ci::Spot;
use crate::diagnostic::Diagnostic;
use crate::engine::Engine;
use crate::load::Loaded;
use crate::network::{Network, Outage};
use felt::Base;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The checks whose name matches; none: all.
    pub filter: Option<Glob>,
    /// The losses whose name matches; none: all.
    pub losses: Option<Glob>,
    /// The losses that are accepted: what they break is told, and counts for nothing.
    pub accepted: Vec<Glob>,
    /// So many losses at once at most; from 1.
    pub order: usize,
}

/// What the losses do.
#[derive(Debug, Clone, PartialEq)]
pub struct Failures {
    /// What was judged, in the order of the files.
    pub subjects: Vec<Subject>,
    /// What was not, and why.
    pub left_out: Vec<(Subject, Why)>,
    /// What can be out of order by itself, in the order of [`Network::outages`].
    pub outages: Vec<Outage>,
    /// What each of these does by itself, in the same order.
    pub losses: Vec<Loss>,
    /// Several at once that break what no fewer of them do, the smaller sets first.
    pub together: Vec<Loss>,
    /// How many sets of each size were tried, from one loss on.
    pub tried: Vec<usize>,
    /// Whether something that was judged rests on an assumption with all up.
    pub assumed: bool,
}

/// A check or an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its section.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub spot: Spot,
}

/// Why a check is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It fails with all up.
    Fails,
    /// It rests on something that is not modelled.
    NotModelled,
    /// It says itself what is out of order.
    SaysDown,
}

/// Something out of order, and what that does.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// What is out of order, as positions in `outages`.
    pub outages: Vec<usize>,
    /// What it does to the checks that feel it, in their order.
    pub felt: Vec<Felt>,
    /// Whether it is one that is accepted.
    pub accepted: bool,
}

/// What a loss does to a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Felt {
    /// Which, as a position in `subjects`.
    pub subject: usize,
    /// How it fares.
    pub how: How,
    /// Why, in words.
    pub reason: String,
}

/// How a check fares under a loss that it feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// What got through does not.
    Lost,
    /// What must not get through does.
    Opened,
    /// It gets through, past what it must come by, or past what forwarded it before.
    Bypassed,
    /// It rests on something that is not modelled.
    Unknown,
    /// Its own end is out of order.
    OwnEnd,
    /// It fares as before, but not in each of the members that it names.
    Changed,
    /// It holds, by other paths or fewer.
    Degraded,
}

impl How {
    /// Every way, the worst first.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Opened,
        Self::Bypassed,
        Self::Unknown,
        Self::OwnEnd,
        Self::Changed,
        Self::Degraded,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Opened => "opened",
            Self::Bypassed => "bypassed",
            Self::Unknown => "unknown",
            Self::OwnEnd => "ownEnd",
            Self::Changed => "changed",
            Self::Degraded => "degraded",
        }
    }

    /// Whether the loss breaks the check: what must get through does not, or the other way round.
    #[must_use]
    pub const fn breaks(self) -> bool {
        matches!(self, Self::Lost | Self::Opened | Self::Bypassed)
    }

    /// Whether nothing is learnt from losing more beside it.
    const fn explains(self) -> bool {
        !matches!(self, Self::Changed | Self::Degraded)
    }
}

impl Loss {
    /// What it does to checks in one way.
    pub fn of(&self, how: How) -> impl Iterator<Item = &Felt> {
        self.felt.iter().filter(move |own| own.how == how)
    }

    /// The checks that it breaks.
    pub fn broken(&self) -> impl Iterator<Item = &Felt> {
        self.felt.iter().filter(|own| own.how.breaks())
    }
}

impl Failures {
    /// Whether no loss that is not accepted breaks anything.
    #[must_use]
    pub fn holds(&self) -> bool {
        let mut all = self.losses.iter().chain(&self.together);
        all.all(|loss| loss.accepted || loss.broken().next().is_none())
    }

    /// Whether something that is not modelled decides under some loss, or with all up.
    #[must_use]
    pub fn unknown(&self) -> bool {
        let mut all = self.losses.iter().chain(&self.together);
        self.left_out
            .iter()
            .any(|(_, why)| *why == Why::NotModelled)
            || all.any(|loss| loss.of(How::Unknown).next().is_some())
    }

    /// The single points of failure: the losses that alone break something, those that break most first.
    #[must_use]
    pub fn single_points(&self) -> Vec<&Loss> {
        let mut found: Vec<&Loss> = self.losses.iter().collect();
        found.retain(|loss| loss.broken().next().is_some());
        found.sort_by_key(|loss| std::cmp::Reverse(loss.broken().count()));
        found
    }

    /// The names of what is out of order, as `--down` takes them.
    pub fn names<'f>(&'f self, loss: &'f Loss) -> impl Iterator<Item = &'f str> {
        let outages = loss.outages.iter().filter_map(|at| self.outages.get(*at));
        outages.map(|own| &*own.name)
    }
}

/// Told how many sets of losses of how many have been tried.
pub type Progress<'p> = &'p (dyn Fn(usize, usize) + Sync);

/// Puts everything out of order in turn, and judges the checks and intents of what was loaded.
///
/// # Errors
/// As [`super::judge`].
pub fn failures(
    loaded: &Loaded,
    asked: &Asked,
    progress: Progress<'_>,
) -> Result<Failures, Vec<Diagnostic>> {
    let topology = match &loaded.topology {
        Some(topology) if loaded.is_sound() => topology,
        _ => return Err(loaded.diagnostics.clone()),
    };
    // A topology that is to be refused has nothing that could hold.
    let (planned, faults) = match invalid::expected(loaded) {
        Some(_) => (Vec::new(), Vec::new()),
        None => plan::plan(topology, &loaded.network),
    };
    if !faults.is_empty() {
        return Err(sorted(faults, &loaded.sources));
    }
    let mut trial = Trial {
        network: &loaded.network,
        asked,
        bases: Vec::new(),
        outages: loaded.network.outages(),
        progress,
    };
    trial.outages.retain(|own| {
        let named = |glob: &Glob| {
            [&own.name]
                .into_iter()
                .chain(&own.also)
                .any(|name| glob.matches(name))
        };
        asked.losses.as_ref().is_none_or(named)
    });
    let mut found = Failures {
        subjects: Vec::new(),
        left_out: Vec::new(),
        outages: Vec::new(),
        losses: Vec::new(),
        together: Vec::new(),
        tried: Vec::new(),
        assumed: false,
    };
    let engine = Engine::new(&loaded.network);
    for check in &planned {
        let wanted = asked
            .filter
            .as_ref()
            .is_none_or(|glob| glob.matches(check.name));
        if !wanted || !matches!(check.ask, Ask::Connection(..) | Ask::Intent(_)) {
            continue;
        }
        let subject = Subject {
            kind: check.kind,
            name: check.name.to_owned(),
            spot: Spot::of_key(&loaded.sources, &check.path()),
        };
        match Base::of(&engine, check) {
            Ok(base) => {
                found.subjects.push(subject);
                found.assumed |= base.assumed();
                trial.bases.push(base);
            }
            Err(why) => found.left_out.push((subject, why)),
        }
    }
    pool::deep(|| trial.run(&mut found));
    found.outages = trial.outages;
    Ok(found)
}

struct Trial<'a> {
    network: &'a Network,
    asked: &'a Asked,
    bases: Vec<Base<'a>>,
    outages: Vec<Outage>,
    progress: Progress<'a>,
}

impl Trial<'_> {
    fn run(&self, found: &mut Failures) {
        if self.bases.is_empty() {
            return;
        }
        found.losses = self.all(1, &HashSet::new(), |_| true);
        found.tried.push(found.losses.len());
        let mut explained = explained(&found.losses);
        for size in 2..=self.asked.order.min(self.outages.len()) {
            let more = self.all(size, &explained, |loss| {
                loss.felt
                    .retain(|own| own.how.breaks() || own.how == How::Unknown);
                !loss.felt.is_empty()
            });
            found.tried.push(ways(self.outages.len(), size));
            explained.extend(self::explained(&more));
            found.together.extend(more);
        }
    }

    /// What each set of `size` losses does, as far as it is to be kept.
    fn all(
        &self,
        size: usize,
        explained: &HashSet<(Vec<usize>, usize)>,
        keep: impl Fn(&mut Loss) -> bool + Sync,
    ) -> Vec<Loss> {
        let (count, done) = (self.outages.len(), AtomicUsize::new(0));
        let all = ways(count, size);
        let firsts = (0..count).into_par_iter();
        let losses = firsts.map(|first| {
            let sets = sets(first, count, size).into_par_iter();
            let losses = sets.filter_map(|set| {
                let mut loss = self.one(&set, explained);
                (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, all);
                keep(&mut loss).then_some(loss)
            });
            losses.collect::<Vec<_>>()
        });
        losses.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn one(&self, set: &[usize], explained: &HashSet<(Vec<usize>, usize)>) -> Loss {
        let outages = || set.iter().filter_map(|at| self.outages.get(*at));
        let accepted = |own: &Outage| {
            let mut names = [&own.name].into_iter().chain(&own.also);
            names.any(|name| self.asked.accepted.iter().any(|glob| glob.matches(name)))
        };
        let mut loss = Loss {
            outages: set.to_vec(),
            felt: Vec::new(),
            accepted: outages().any(accepted),
        };
        let left: Vec<usize> = (0..self.bases.len())
            .filter(|subject| !parts(set).any(|part| explained.contains(&(part, *subject))))
            .collect();
        if left.is_empty() {
            return loss;
        }
        let names: Vec<String> = outages().map(|own| own.name.clone()).collect();
        // The network gave these names itself.
        let Ok(network) = self.network.with_down(&names) else {
            return loss;
        };
        let engine = Engine::new(&network);
        for subject in left {
            let felt = self.bases.get(subject).and_then(|base| base.under(&engine));
            loss.felt.extend(felt.map(|(how, reason)| Felt {
                subject,
                how,
                reason,
            }));
        }
        loss
    }
}

/// The sets and checks for which nothing more is to be learnt.
fn explained(losses: &[Loss]) -> HashSet<(Vec<usize>, usize)> {
    let each = losses.iter().flat_map(|loss| {
        let felt = loss.felt.iter().filter(|own| own.how.explains());
        felt.map(|own| (loss.outages.clone(), own.subject))
    });
    each.collect()
}

/// The proper parts of a set, the empty one left out.
fn parts(set: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let whole = (1_u32 << set.len()) - 1;
    (1..whole).map(|bits| {
        let chosen = set.iter().enumerate();
        let chosen = chosen.filter(|(at, _)| bits >> at & 1 == 1);
        chosen.map(|(_, own)| *own).collect()
    })
}

/// The sets of `size` of the numbers below `count` that begin with `first`, in order.
fn sets(first: usize, count: usize, size: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![vec![first]];
    for _ in 1..size {
        let longer = all.iter().flat_map(|set| {
            let next = set.last().map_or(0, |last| last + 1);
            (next..count).map(move |more| {
                let mut set = set.clone();
                set.push(more);
                set
            })
        });
        all = longer.collect();
    }
    all
}

/// How many sets of `size` there are of `count`.
fn ways(count: usize, size: usize) -> usize {
    (0..size).fold(1, |ways, at| ways * count.saturating_sub(at) / (at + 1))
}

impl Planned<'_> {
    /// Whether it says itself what is out of order.
    fn says_down(&self) -> bool {
        !self.out_of_order().is_empty()
    }
}
