//! How good the checks of a topology are: which of its rules, routes and peerings they exercise, and which
//! changes to those they would notice.

mod coverage;
mod mutate;
mod parts;
#[cfg(test)]
mod tests;

pub use coverage::{Coverage, KindCoverage, Missed};
pub use mutate::{Mutation, Survivor};
pub use parts::PartKind;

pub(super) use coverage::Exercised;

use super::{Judge, Options, Report, invalid, plan, sorted};
use crate::diagnostic::Diagnostic;
use crate::load::Loaded;
use crate::spec::node::Node;
use crate::spec::read::Input;
use parts::Part;

/// What is asked of the checks beyond whether they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// What they exercise.
    pub coverage: bool,
    /// What they notice.
    pub mutation: bool,
}

/// What was loaded, as a tree: what is changed in it is resolved anew.
#[derive(Debug)]
pub struct Written<'w> {
    /// The files merged, overlays laid on.
    pub tree: &'w Node,
    /// The files, for what they name in turn.
    pub inputs: &'w [Input],
    /// What is out of order throughout.
    pub down: &'w [String],
}

/// Told how many changes of how many have been tried.
pub type Progress<'p> = &'p (dyn Fn(usize, usize) + Sync);

/// Judges the checks of what was loaded, and how good they are. A topology that must be `invalid` has no
/// checks of which that could be said.
///
/// # Errors
/// As [`super::judge`].
pub fn judge(
    loaded: &Loaded,
    options: &Options,
    written: &Written<'_>,
    asked: Asked,
    progress: Progress<'_>,
) -> Result<Report, Vec<Diagnostic>> {
    let topology = match &loaded.topology {
        Some(topology) if loaded.is_sound() && invalid::expected(loaded).is_none() => topology,
        _ => return super::judge(loaded, options),
    };
    let (planned, faults) = plan::plan(topology, &loaded.network);
    if !faults.is_empty() {
        return Err(sorted(faults, &loaded.sources));
    }
    let mut judge = Judge::new(&loaded.network, &loaded.sources, options, planned.len());
    judge.exercised = Some(Exercised::default());
    judge.run(&planned, |_| true);
    let exercised = judge.exercised.take().unwrap_or_default();
    let before = judge.outcomes.iter();
    let before = before
        .map(|outcome| Some(outcome.as_ref()?.status))
        .collect();
    let mut report = judge.report()?;
    let parts = Part::all(written.tree);
    if asked.coverage {
        report.coverage = Some(Coverage::of(&parts, &exercised, &loaded.sources));
    }
    if asked.mutation {
        let trial = mutate::Trial {
            written,
            options,
            sources: &loaded.sources,
            exercised: &exercised,
            before,
            progress,
        };
        report.mutation = Some(trial.run(&parts));
    }
    Ok(report)
}
