//! What a design must hold, judged: one result for each check of a topology (checks-format).
//!
//! Names are looked up before anything is asked: a check that cannot be asked is a fault of the file.

pub(crate) mod causes;
mod connection;
mod evidence;
pub mod failures;
mod faults;
mod findings;
pub mod formats;
pub mod gate;
mod glob;
mod hops;
mod intents;
mod invalid;
mod issues;
mod outcome;
mod plan;
mod pool;
mod routes;
mod rows;
mod rules;
mod sets;
#[cfg(test)]
mod tests;
mod text;
mod verdict;
mod written;

pub use evidence::{Evidence, Mark};
pub use formats::{TestFormat, write, write_as};
pub use glob::Glob;
pub use outcome::{Difference, Kind, Outcome, Report, Status};
pub use sets::{member, members, sources};

use std::cell::OnceCell;

use indexmap::IndexMap;

use crate::ci::Spot;
use crate::diagnostic::{Diagnostic, sort};
use crate::engine::diagnose::Target;
use crate::engine::{Engine, Question};
use crate::lint::{Findings, lint};
use crate::load::Loaded;
use crate::network::{Id, Network, Nic};
use crate::source::{Path, Sources};
use plan::{Ask, Planned};

/// Which checks are judged.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Those whose name matches; none: all.
    pub filter: Option<Glob>,
}

/// Judges the checks of what was loaded.
///
/// Where the topology says that it is `invalid`, it is judged by its faults and by nothing else.
///
/// # Errors
/// The faults of the files; else those of all checks that cannot be asked, filtered out or not.
pub fn judge(loaded: &Loaded, options: &Options) -> Result<Report, Vec<Diagnostic>> {
    if let Some(codes) = invalid::expected(loaded) {
        return Ok(invalid::judge(loaded, &codes));
    }
    let topology = match &loaded.topology {
        Some(topology) if loaded.is_sound() => topology,
        _ => return Err(loaded.diagnostics.clone()),
    };
    let (planned, faults) = plan::plan(topology, &loaded.network);
    if !faults.is_empty() {
        return Err(sorted(faults, &loaded.sources));
    }
    let mut judge = Judge::new(&loaded.network, &loaded.sources, options, planned.len());
    judge.run(&planned, |_| true);
    judge.report()
}

fn sorted(mut faults: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    sort(&mut faults, sources);
    faults
}

/// A connection that a check asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The check's name.
    pub name: String,
    /// What is out of order.
    pub down: Vec<String>,
    /// What is asked.
    pub question: Question,
}

/// The connections of the section `checks`, in its order.
///
/// # Errors
/// The faults of the files; else those of all checks that cannot be asked.
pub fn connections(loaded: &Loaded) -> Result<Vec<Connection>, Vec<Diagnostic>> {
    let topology = match &loaded.topology {
        Some(topology) if loaded.is_sound() => topology,
        _ => return Err(loaded.diagnostics.clone()),
    };
    let (planned, faults) = plan::plan(topology, &loaded.network);
    if !faults.is_empty() {
        return Err(faults);
    }
    let connections = planned.into_iter().filter_map(|planned| {
        let (name, down) = (planned.name.to_owned(), planned.out_of_order());
        match planned.ask {
            Ask::Connection(question, _) => Some(Connection {
                name,
                down,
                question,
            }),
            _ => None,
        }
    });
    Ok(connections.collect())
}

/// What a check is about that asks for no connection: its section, its name, its NICs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its section.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The NICs: that which is asked, or all of an intent's sets.
    pub nics: Vec<Id<Nic>>,
}

/// What the checks are about that ask for no connection; none where they cannot be asked.
#[must_use]
pub fn subjects(loaded: &Loaded) -> Vec<Subject> {
    let Some(topology) = loaded.topology.as_ref().filter(|_| loaded.is_sound()) else {
        return Vec::new();
    };
    let (planned, _) = plan::plan(topology, &loaded.network);
    let subjects = planned.into_iter().map(|planned| Subject {
        kind: planned.kind,
        name: planned.name.to_owned(),
        nics: match &planned.ask {
            Ask::NextHop(nic, ..) | Ask::Routes(nic, _) | Ask::Rules(nic, _) => vec![*nic],
            Ask::IpFlow(question, _) => vec![question.nic],
            Ask::Security(profile, _) => match profile.target {
                Target::Nic(nic) => vec![nic],
                Target::Fixture(_) => Vec::new(),
            },
            Ask::Intent(intent) => intent.nics(),
            Ask::Connection(..) | Ask::Finding(..) => Vec::new(),
        },
    });
    subjects.collect()
}

struct Judge<'a> {
    network: &'a Network,
    sources: &'a Sources,
    filter: Option<&'a Glob>,
    /// What `lint` says, once it is asked for.
    findings: OnceCell<Findings>,
    outcomes: Vec<Option<Outcome>>,
    faults: Vec<Diagnostic>,
    /// What the checks exercise, where that is asked for.
    exercised: Option<gate::Exercised>,
}

impl<'a> Judge<'a> {
    fn new(
        network: &'a Network,
        sources: &'a Sources,
        options: &'a Options,
        checks: usize,
    ) -> Self {
        Self {
            network,
            sources,
            filter: options.filter.as_ref(),
            findings: OnceCell::new(),
            outcomes: (0..checks).map(|_| None).collect(),
            faults: Vec::new(),
            exercised: None,
        }
    }

    fn report(self) -> Result<Report, Vec<Diagnostic>> {
        if !self.faults.is_empty() {
            return Err(sorted(self.faults, self.sources));
        }
        Ok(Report {
            results: self.outcomes.into_iter().flatten().collect(),
            ..Report::default()
        })
    }
}

impl Judge<'_> {
    /// Asks those that are `wanted`, those with the same things out of order together: they share a network.
    fn run(&mut self, planned: &[Planned<'_>], wanted: impl Fn(usize) -> bool) {
        let mut groups: IndexMap<Vec<String>, Vec<usize>> = IndexMap::new();
        let checks = planned.iter().enumerate();
        for (at, check) in checks.filter(|(at, _)| wanted(*at)) {
            groups.entry(check.out_of_order()).or_default().push(at);
        }
        for (down, members) in groups {
            let changed;
            let network = if down.is_empty() {
                self.network
            } else {
                match self.network.with_down(&down) {
                    Ok(network) => {
                        changed = network;
                        &changed
                    }
                    // The plan has looked all of these names up.
                    Err(_) => continue,
                }
            };
            let engine = Engine::new(network);
            for at in members {
                if let Some(check) = planned.get(at) {
                    self.one(&engine, at, check);
                }
            }
        }
    }

    fn one(&mut self, engine: &Engine<'_>, at: usize, check: &Planned<'_>) {
        let verdict = match &check.ask {
            Ask::Connection(question, asked) => match connection::judge(engine, question, asked) {
                Ok(verdict) => verdict,
                Err(fault) => {
                    self.faults.push(faults::question(&check.path(), &fault));
                    return;
                }
            },
            Ask::NextHop(nic, destination, expected) => {
                routes::next_hop(engine.effective(), *nic, *destination, expected)
            }
            Ask::IpFlow(question, expected) => {
                match rules::ip_flow(engine.effective(), question, expected) {
                    Ok(verdict) => verdict,
                    Err(fault) => {
                        let inbound = question.direction == crate::spec::Direction::Inbound;
                        self.faults
                            .push(faults::ip_flow(&check.path(), &fault, inbound));
                        return;
                    }
                }
            }
            Ask::Security(profile, expected) => {
                rules::diagnosis(engine.effective(), profile, expected)
            }
            Ask::Routes(nic, asked) => routes::effective(engine.effective(), *nic, asked),
            Ask::Rules(nic, asked) => rules::effective(engine.effective(), *nic, asked),
            Ask::Intent(planned) => intents::judge(engine, planned),
            Ask::Finding(code, resource) => {
                let all = || lint(self.network, self.sources);
                findings::judge(self.findings.get_or_init(all), *code, *resource)
            }
        };
        let wanted = self.filter.is_none_or(|glob| glob.matches(check.name));
        if let Some(exercised) = self.exercised.as_mut().filter(|_| wanted) {
            exercised.note(engine, at, &check.ask, &verdict);
        }
        if let Some(place) = self.outcomes.get_mut(at).filter(|_| wanted) {
            let spot = Spot::of_key(self.sources, &check.path());
            let passes = verdict.holds() && verdict.unmodelled.is_empty();
            let evidence = match passes {
                true => Evidence::default(),
                false => evidence::of(engine, self.sources, &check.ask, &verdict),
            };
            *place = Some(Outcome {
                evidence,
                ..verdict.outcome(check.kind, check.name, spot)
            });
        }
    }
}

/// The path of a check.
fn path(kind: Kind, name: &str) -> Path {
    Path::of(&[kind.section(), name])
}
