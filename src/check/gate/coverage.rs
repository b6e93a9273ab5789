//! Which parts of a topology the checks exercise: those by which some check was decided, or that some check
//! names. A default rule, a system route and a rule that was only passed over are none.

use std::collections::{BTreeSet, HashMap};

use super::parts::{Part, PartKind};
use crate::check::plan::Ask;
use crate::check::verdict::Verdict;
use crate::check::{routes, rules, written};
use crate::ci::Spot;
use crate::engine::{Engine, diagnose, ip_flow, next_hop};
use crate::network::Network;
use crate::source::{Path, Sources};
use crate::trace::{Cause, Hop, Issue};

/// What each check exercised, by what it exercised.
#[derive(Debug, Default)]
pub struct Exercised(HashMap<String, BTreeSet<usize>>);

/// Names compare without case.
fn folded(path: &Path) -> String {
    path.to_string().to_lowercase()
}

impl Exercised {
    /// The checks that exercised a part, by their position.
    pub(super) fn by(&self, path: &Path) -> Option<&BTreeSet<usize>> {
        self.0.get(&folded(path))
    }

    fn add(&mut self, check: usize, paths: impl IntoIterator<Item = Path>) {
        for path in paths {
            self.0.entry(folded(&path)).or_default().insert(check);
        }
    }

    /// Adds what a check exercised.
    pub(in crate::check) fn note(
        &mut self,
        engine: &Engine<'_>,
        check: usize,
        ask: &Ask<'_>,
        verdict: &Verdict,
    ) {
        let (network, effective) = (engine.network(), engine.effective());
        match ask {
            Ask::Connection(..) => {
                for path in verdict.answers.iter().flat_map(|answer| &answer.paths) {
                    let replies = path.replies.iter().flat_map(|reply| &reply.hops);
                    for hop in path.hops.iter().chain(replies) {
                        self.add(check, of_hop(network, hop));
                    }
                }
            }
            Ask::NextHop(nic, destination, _) => {
                let answer = next_hop::next_hop(effective, *nic, *destination);
                let rows = &effective.routes(*nic).rows;
                let rows = answer.rows.iter().filter_map(|at| rows.get(*at as usize));
                self.add(
                    check,
                    rows.filter_map(|row| written::of_route(network, row)),
                );
            }
            Ask::IpFlow(question, _) => {
                let decided = ip_flow::verify(effective, question).map(|answer| answer.decided);
                if let Ok(Some((list, at))) = decided {
                    self.add(check, written::rule_of_list(network, &list, at));
                }
            }
            Ask::Security(profile, expected) => {
                let answer = diagnose::diagnose(effective, profile);
                for group in &answer.groups {
                    let count = group.rules.len();
                    let named = (0..count).filter(|at| {
                        at + 1 == count || rules::is_named(network, expected, group, *at)
                    });
                    let paths =
                        named.filter_map(|at| written::rule_of_list(network, &group.list, at));
                    self.add(check, paths);
                }
            }
            Ask::Routes(nic, asked) => {
                let rows = effective.routes(*nic).rows.iter();
                let rows = rows.filter(|row| routes::is_expected(asked, row));
                self.add(
                    check,
                    rows.filter_map(|row| written::of_route(network, row)),
                );
            }
            Ask::Rules(nic, asked) => {
                let groups = effective.rules(*nic);
                self.add(check, rules::expected_places(network, &groups, asked));
            }
            _ => {}
        }
    }
}

fn of_hop(network: &Network, hop: &Hop) -> Vec<Path> {
    let steps = hop.steps.iter();
    let steps = steps.flat_map(|step| written::of_step(network, hop, step));
    // A peering that refuses was not crossed, and a firewall that denies by a rule may not say so in a step.
    let causes = hop
        .issues
        .iter()
        .filter_map(|issue| of_issue(network, issue));
    steps.chain(causes).collect()
}

fn of_issue(network: &Network, issue: &Issue) -> Option<Path> {
    match &issue.cause {
        Cause::Peering(id, _) => Some(written::peering(network, *id)),
        Cause::UserRoute(table, at) => written::user_route(network, *table, *at),
        Cause::SecurityRule(nsg, Some(rule), _) => {
            Some(written::security_rule(network, *nsg, rule))
        }
        Cause::AdminRule(manager, at) => written::admin_rule(network, *manager, *at),
        Cause::FirewallRule(id, kind, at) => {
            let rule = network.firewalls[*id].rule(*kind, *at)?;
            Some(written::firewall_rule(&rule.keys))
        }
        _ => None,
    }
}

/// How much of a topology its checks exercise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The kinds of parts that there are.
    pub kinds: Vec<KindCoverage>,
}

/// How many parts of one kind are exercised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCoverage {
    /// The kind.
    pub kind: PartKind,
    /// How many there are.
    pub total: usize,
    /// Those that no check exercises.
    pub missed: Vec<Missed>,
}

/// A part that no check exercises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Its name: `nsg-web/allow-https`.
    pub name: String,
    /// Where it stands.
    pub spot: Spot,
}

impl KindCoverage {
    /// How many are exercised.
    #[must_use]
    pub fn exercised(&self) -> usize {
        self.total - self.missed.len()
    }
}

impl Coverage {
    pub(super) fn of(parts: &[Part<'_>], exercised: &Exercised, sources: &Sources) -> Self {
        let kinds = PartKind::ALL.iter().filter_map(|kind| {
            let own = parts.iter().filter(|part| part.kind == Some(*kind));
            let total = own.clone().count();
            let missed = own.filter(|part| exercised.by(&part.path).is_none());
            let missed = missed.map(|part| Missed {
                name: part.name.clone(),
                spot: Spot::of_key(sources, &part.path),
            });
            (total > 0).then(|| KindCoverage {
                kind: *kind,
                total,
                missed: missed.collect(),
            })
        });
        Self {
            kinds: kinds.collect(),
        }
    }

    /// How many parts of all kinds are exercised, and how many there are.
    #[must_use]
    pub fn total(&self) -> (usize, usize) {
        let exercised = self.kinds.iter().map(KindCoverage::exercised).sum();
        (exercised, self.kinds.iter().map(|kind| kind.total).sum())
    }
}
