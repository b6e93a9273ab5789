//! What a check that does not pass came from: the lines of the files that decide, and the way there.

use super::plan::Ask;
use super::verdict::Verdict;
use super::{causes, written};
use crate::ci::Spot;
use crate::effective::EffectiveRoute;
use crate::engine::{Answer, Engine, diagnose, ip_flow, next_hop};
use crate::network::Network;
use crate::source::{Path, Sources};
use crate::spec::checks::{ConnectionStatus, IssueSeverity};
use crate::trace::codes::{IssueCode, code};
use crate::trace::{Filter, Hop, Issue, Step};

/// What a check that does not pass came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The code of the fault that decides, where one does.
    pub code: Option<IssueCode>,
    /// What decides, and stands in a file: the first is the one to look at.
    pub deciding: Vec<Mark>,
    /// Each path: its hops, and what happened there.
    pub paths: Vec<Vec<Mark>>,
}

/// Something that stands in a file, or not, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it stands; none for what no file says.
    pub spot: Option<Spot>,
    /// What it does, in words.
    pub text: String,
}

/// The members of a connection that routes decide alone.
const BY_ROUTES: &[&str] = &["hops", "via", "avoids", "nextHop", "paths", "seen"];
/// The members that rules decide, or faults on the way.
const BY_FAULTS: &[&str] = &[
    "connectionStatus",
    "issues",
    "returnPath",
    "sourcePortStatus",
    "destinationPortStatus",
    "answeredBy",
    "probes",
];

/// The evidence for a verdict.
pub(super) fn of(
    engine: &Engine<'_>,
    sources: &Sources,
    ask: &Ask<'_>,
    verdict: &Verdict,
) -> Evidence {
    let look = Looking {
        network: engine.network(),
        sources,
    };
    let effective = engine.effective();
    let deciding = match ask {
        Ask::Connection(..) => {
            return (verdict.answers.get(verdict.decided))
                .map(|answer| look.connection(answer, verdict))
                .unwrap_or_default();
        }
        Ask::NextHop(nic, destination, _) => {
            let answer = next_hop::next_hop(effective, *nic, *destination);
            let rows = &effective.routes(*nic).rows;
            let rows = answer.rows.iter().filter_map(|at| rows.get(*at as usize));
            rows.map(|row| look.mark(written::of_route(look.network, row), route(row)))
                .collect()
        }
        Ask::IpFlow(question, _) => {
            let decided = ip_flow::verify(effective, question).map(|answer| answer.decided);
            let decided = decided.ok().flatten();
            let mark = decided.map(|(list, at)| {
                let path = written::rule_of_list(look.network, &list, at);
                look.mark(path, "this rule decides".to_owned())
            });
            mark.into_iter().collect()
        }
        Ask::Security(profile, _) => {
            let answer = diagnose::diagnose(effective, profile);
            // The last one decides: nothing stands behind a denial.
            let groups = answer.groups.iter().rev();
            groups
                .map(|group| {
                    let at = group.rules.len().saturating_sub(1);
                    let path = written::rule_of_list(look.network, &group.list, at);
                    look.mark(path, format!("this rule decides: {}", group.action))
                })
                .collect()
        }
        _ => Vec::new(),
    };
    Evidence {
        deciding: in_files(deciding),
        ..Evidence::default()
    }
}

struct Looking<'a> {
    network: &'a Network,
    sources: &'a Sources,
}

impl Looking<'_> {
    fn connection(&self, answer: &Answer, verdict: &Verdict) -> Evidence {
        let differs = |members: &[&str]| {
            let mut all = verdict.differences.iter();
            all.any(|own| members.contains(&&*own.what))
        };
        let unmodelled = !verdict.unmodelled.is_empty();
        let mut deciding = Vec::new();
        let mut of_issue = None;
        if differs(BY_FAULTS) && !unmodelled {
            let issues = answer.issues();
            let errors = issues
                .iter()
                .filter(|(_, _, issue)| issue.severity == IssueSeverity::Error);
            for (hop, place, issue) in errors {
                of_issue.get_or_insert(code(issue));
                deciding.push(self.issue(hop, *place, issue));
            }
            if answer.status == ConnectionStatus::Reachable {
                deciding.extend(self.steps(answer, is_rule).into_iter().rev());
            }
        }
        if differs(BY_ROUTES) && !unmodelled {
            deciding.extend(self.steps(answer, |step| !is_rule(step)));
        }
        let paths = answer.paths.iter();
        Evidence {
            code: of_issue,
            deciding: in_files(deciding),
            paths: paths.map(|path| self.way(&path.hops)).collect(),
        }
    }

    /// Hops, each with what happened there. What stands in no file stands where its hop does.
    fn way(&self, hops: &[Hop]) -> Vec<Mark> {
        let mut marks = Vec::new();
        for hop in hops {
            let place = hop
                .place
                .and_then(|place| causes::of_place(self.network, place));
            let place = place.and_then(|path| self.spot(&path));
            marks.push(Mark {
                spot: place.clone(),
                text: format!("{} ({}, {})", hop.name, hop.address, hop.kind.word()),
            });
            for step in &hop.steps {
                if let Some(text) = self.text(step) {
                    let path = written::of_step(self.network, hop, step);
                    let mut mark = self.mark(path.into_iter().next(), text);
                    mark.spot = mark.spot.or_else(|| place.clone());
                    marks.push(mark);
                }
            }
            for issue in &hop.issues {
                let mut mark = self.issue(&hop.name, hop.place, issue);
                mark.spot = mark.spot.or_else(|| place.clone());
                marks.push(mark);
            }
        }
        marks
    }

    fn issue(&self, hop: &str, place: Option<crate::network::Place>, issue: &Issue) -> Mark {
        let found = causes::spot(self.network, self.sources, place, issue);
        Mark {
            spot: found.map(|found| Spot::of_span(self.sources, &found.span)),
            text: format!("{} at {hop}: {}", code(issue).name, issue.message),
        }
    }

    /// What of some kind decided on all paths, and stands in a file.
    fn steps(&self, answer: &Answer, kind: impl Fn(&Step) -> bool) -> Vec<Mark> {
        let hops = answer.paths.iter().flat_map(|path| &path.hops);
        let steps = hops.flat_map(|hop| hop.steps.iter().map(move |step| (hop, step)));
        let steps = steps.filter(|(_, step)| kind(step));
        steps
            .filter_map(|(hop, step)| {
                let path = written::of_step(self.network, hop, step)
                    .into_iter()
                    .next()?;
                Some(self.mark(Some(path), self.text(step)?))
            })
            .collect()
    }

    fn text(&self, step: &Step) -> Option<String> {
        let verb = |allowed: bool| {
            if allowed {
                "lets it through"
            } else {
                "denies it"
            }
        };
        Some(match step {
            Step::Security { list, decided, .. } if list.is_silent(*decided) => return None,
            Step::Security {
                list,
                decided,
                direction,
                ..
            } => {
                let group = &list.origin.identity(self.network).name;
                let rule = list.effective_name(*decided).unwrap_or_default();
                let access = list.access(*decided).map(|access| access.word());
                let access = access.unwrap_or_default();
                format!("{rule} of {group} decides, {direction}: {access}")
            }
            Step::Filter {
                filter,
                rule,
                allowed,
            } => {
                let of = match filter {
                    Filter::GuestInbound | Filter::GuestOutbound => "the guest's firewall",
                    Filter::Appliance => "the appliance's filter",
                    Filter::ThreatIntelligence => "threat intelligence",
                    Filter::FirewallNetwork => "the firewall's network rules",
                    Filter::FirewallApplication => "the firewall's application rules",
                };
                match rule {
                    Some(rule) => format!("{rule} of {of} {}", verb(*allowed)),
                    None => format!("{of} {}", verb(*allowed)),
                }
            }
            Step::Route {
                route: Some(row), ..
            } => route(row),
            Step::Route { route: None, .. } => "no route leads there".to_owned(),
            Step::Translated { before, after, .. } => format!("{before} becomes {after}"),
            Step::Crossed(_) | Step::Established(_) | Step::Answered => return None,
        })
    }

    fn mark(&self, path: Option<Path>, text: String) -> Mark {
        Mark {
            spot: path.and_then(|path| self.spot(&path)),
            text,
        }
    }

    /// Where a key stands; none where no file has it.
    fn spot(&self, path: &Path) -> Option<Spot> {
        let mut files = self.sources.iter();
        files
            .any(|(file, _)| self.sources.contains(file, path))
            .then(|| Spot::of_key(self.sources, path))
    }
}

/// Whether a rule decided in a step.
fn is_rule(step: &Step) -> bool {
    matches!(step, Step::Security { .. } | Step::Filter { .. })
}

fn route(row: &EffectiveRoute) -> String {
    let prefixes: Vec<String> = row
        .prefixes
        .iter()
        .take(3)
        .map(ToString::to_string)
        .collect();
    let prefix = row
        .tag
        .as_deref()
        .map_or(prefixes.join(", "), str::to_owned);
    let mut text = format!("the route {prefix} leads to {}", row.next_hop_type.word());
    for address in &row.next_hop_addresses {
        text.push_str(&format!(" {address}"));
    }
    text
}

/// Those that stand in a file, each place once.
fn in_files(marks: Vec<Mark>) -> Vec<Mark> {
    let mut kept: Vec<Mark> = Vec::new();
    for mark in marks {
        if mark.spot.is_some() && kept.iter().all(|own| own.spot != mark.spot) {
            kept.push(mark);
        }
    }
    kept
}
