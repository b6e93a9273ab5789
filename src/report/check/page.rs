//! An answer as a page shows it: what the text of a check says, with every rule that was compared and every
//! route that was weighed.

use super::facts::{FactKind, facts};
use super::{issues, path, remedies, text, times};
use crate::engine::Answer;
use crate::engine::latency::{HopLatency, PathLatency, latency};
use crate::net::Flow;
use crate::network::{Network, Place};
use crate::report::Style;
use crate::report::page::data::{self, Mark};
use crate::report::page::shared::Known;
use crate::source::Sources;
use crate::spec::checks::{ConnectionStatus, IssueSeverity};
use crate::trace::codes::code;
use crate::trace::{Disposition, Hop, Issue, Path, Step};
use crate::whatif::{Remedy, overlay, yaml};

/// The answer; what is drawn of a hop comes later.
pub(in crate::report) fn page(
    network: &Network,
    sources: &Sources,
    answer: &Answer,
    helped: &[Remedy],
    known: &mut Known<'_, '_, '_>,
) -> data::Answer {
    let times = latency(network, answer);
    let paths = answer.paths.iter().enumerate().map(|(number, found)| {
        let times = times
            .as_ref()
            .and_then(|times| times.paths.get(number)?.as_ref());
        let own = Telling {
            network,
            sources,
            answer,
            helped,
            times,
        };
        own.path(found, known)
    });
    let paths = paths.collect();
    let facts = facts(answer, times.as_ref(), Style::plain());
    let reachable = answer.status == ConnectionStatus::Reachable;
    data::Answer {
        mark: mark(answer),
        word: if reachable {
            "Reachable"
        } else {
            "Unreachable"
        },
        asked: text::asked(answer, Style::plain()),
        drawn: None,
        paths,
        facts: facts
            .into_iter()
            .map(|fact| data::Fact {
                label: fact.label,
                doubt: fact.kind == FactKind::Doubt,
                text: fact.text,
            })
            .collect(),
        together: remedies::together(network, helped),
        overlay: helped
            .first()
            .map(|remedy| yaml(&overlay(network, &remedy.changes()))),
    }
}

fn mark(answer: &Answer) -> Mark {
    match answer.status {
        ConnectionStatus::Reachable => Mark::Yes,
        ConnectionStatus::Unreachable if answer.not_modelled() => Mark::Some,
        ConnectionStatus::Unreachable => Mark::No,
    }
}

/// What a path is told by.
struct Telling<'a> {
    network: &'a Network,
    sources: &'a Sources,
    answer: &'a Answer,
    helped: &'a [Remedy],
    times: Option<&'a PathLatency>,
}

impl Telling<'_> {
    fn path(&self, found: &Path, known: &mut Known<'_, '_, '_>) -> data::Path {
        let reached = path::reached(found);
        let delivered = found.disposition == Disposition::Delivered;
        let mut packet = self.answer.flow;
        let mut hops = Vec::with_capacity(found.hops.len());
        for (at, hop) in found.hops.iter().enumerate() {
            let time = self.times.and_then(|times| *times.hops.get(at)?);
            let comes = at < reached && (delivered || hop.place.is_some());
            hops.push(self.hop(hop, (time, comes, delivered), &mut packet, known));
        }
        data::Path {
            mark: match found.works() {
                works if works >= 1.0 => Mark::Yes,
                works if works > 0.0 => Mark::Some,
                _ => Mark::No,
            },
            disposition: found.disposition.word(),
            share: format!("{:.0} %", found.share * 100.0),
            hops,
        }
    }

    fn hop(
        &self,
        hop: &Hop,
        (time, reached, delivered): (Option<HopLatency>, bool, bool),
        packet: &mut Flow,
        known: &mut Known<'_, '_, '_>,
    ) -> data::Hop {
        let came = self.packet(packet);
        let mut steps = Vec::new();
        // What nothing arrives at answers nothing.
        let happens = |step: &&Step| delivered || !matches!(step, Step::Answered);
        for step in hop.steps.iter().filter(happens) {
            steps.extend(self.step(hop, step, packet, known));
        }
        let issues = hop.issues.iter().map(|issue| self.issue(hop, issue));
        data::Hop {
            thing: None,
            via: Vec::new(),
            edges: Vec::new(),
            name: hop.name.to_string(),
            kind: hop.kind.word(),
            address: path::address(hop),
            reached,
            latency: time.map(times::of_hop),
            packet: came,
            steps,
            issues: issues.collect(),
        }
    }

    fn step(
        &self,
        hop: &Hop,
        step: &Step,
        packet: &mut Flow,
        known: &mut Known<'_, '_, '_>,
    ) -> Option<data::Step> {
        let bare = |label, mark, text| data::Step {
            label,
            mark,
            text,
            rules: None,
            routes: None,
        };
        let told = path::step_text(self.network, hop, step, Style::plain());
        let told = told.map(|(label, text, _)| (label, text));
        match step {
            Step::Security {
                direction,
                list,
                decided,
                flow,
            } => {
                let rules = known.compared(hop.place, list, *decided, flow);
                let (label, text, mark) = match list.rules.rules().get(*decided) {
                    Some(rule) => (
                        path::way(*direction),
                        path::rule(self.network, list, *decided),
                        Some(Mark::of(rule.allow)),
                    ),
                    None => (
                        path::way(*direction),
                        format!(
                            "no rule of {} is for it",
                            list.origin.identity(self.network).name
                        ),
                        None,
                    ),
                };
                Some(data::Step {
                    rules,
                    ..bare(label, mark, text)
                })
            }
            Step::Route { subnet, route } => {
                let (label, text) = told?;
                let mark = route.is_none().then_some(Mark::No);
                Some(data::Step {
                    routes: Some(known.chosen(*subnet, route.as_ref(), packet.destination)),
                    ..bare(label, mark, unmarked(&text))
                })
            }
            Step::Filter { allowed, .. } => {
                let (label, text) = told?;
                Some(bare(label, Some(Mark::of(*allowed)), unmarked(&text)))
            }
            Step::Established(_) => {
                let (label, text) = told?;
                Some(bare(label, Some(Mark::Yes), unmarked(&text)))
            }
            Step::Translated { after, .. } => {
                *packet = *after;
                let (label, text) = told?;
                Some(bare(label, None, unmarked(&text)))
            }
            Step::Crossed(places) => {
                let between = places.get(1..places.len().saturating_sub(1))?;
                let names: Vec<_> = between
                    .iter()
                    .map(|place: &Place| self.network.place_name(*place))
                    .collect();
                let by = names.join(" → ");
                (!names.is_empty()).then(|| bare("by", None, by))
            }
            Step::Answered => Some(bare("here", Some(Mark::Yes), "it is answered".to_owned())),
        }
    }

    /// The packet, with its source's port where that was asked for.
    fn packet(&self, flow: &Flow) -> String {
        if !flow.protocol.has_ports() {
            return format!(
                "{} {} → {}",
                flow.protocol.lower(),
                flow.source,
                flow.destination
            );
        }
        let source = if self.answer.source_port_named {
            path::end(flow.source, flow.source_port)
        } else {
            flow.source.to_string()
        };
        let destination = path::end(flow.destination, flow.destination_port);
        format!("{} {source} → {destination}", flow.protocol.lower())
    }

    fn issue(&self, hop: &Hop, issue: &Issue) -> data::Issue {
        let at = (&*hop.name, hop.place);
        let located = issues::located(
            self.network,
            self.sources,
            self.answer,
            self.helped,
            at,
            issue,
        );
        let place = match (&located.file, located.line, located.column) {
            (Some(file), Some(line), Some(column)) => Some(format!("{file}:{line}:{column}")),
            _ => None,
        };
        data::Issue {
            code: code(issue).name,
            error: issue.severity == IssueSeverity::Error,
            message: located.message,
            help: located.help,
            place,
            line: issues::excerpt(self.network, self.sources, hop.place, issue),
        }
    }
}

/// A text of a check without the mark, or the room for one, before it.
fn unmarked(text: &str) -> String {
    let text = text.trim_start();
    let rest = text.strip_prefix("✓ ").or_else(|| text.strip_prefix("✗ "));
    rest.unwrap_or(text).to_owned()
}
