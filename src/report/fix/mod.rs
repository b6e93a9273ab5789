//! The smallest changes with which a connection works, one file a format.

mod json;
mod markdown;
mod text;

pub use json::{Document, document};
pub use markdown::markdown;
pub use text::text;

use serde_json::Value;

use crate::ci::Spot;
use crate::engine::{Answer, AnswerEnd};
use crate::network::Network;
use crate::report::check::remedies::{pairs, sentence};
use crate::source::{Path, Sources};
use crate::spec::checks::ConnectionStatus;
use crate::whatif::{Change, Effect, Felt, Suggested, overlay};

/// The answer about one connection, and what was found against what blocks it.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// The answer.
    pub answer: Answer,
    /// What was found; nothing where it is Reachable.
    pub suggested: Suggested,
}

impl Fixed {
    fn reachable(&self) -> bool {
        self.answer.status == ConnectionStatus::Reachable
    }
}

/// Where a change is made: the last key of the files on the way to it.
fn spot(network: &Network, sources: &Sources, change: &Change) -> Option<Spot> {
    let tree = overlay(network, std::slice::from_ref(change));
    let (mut at, mut value) = (Path::of(&[]), &tree);
    while let Value::Object(entries) = value {
        let Some((key, inner)) = entries.iter().next().filter(|_| entries.len() == 1) else {
            break;
        };
        let next = at.key(key);
        if !sources
            .iter()
            .any(|(file, _)| sources.contains(file, &next))
        {
            break;
        }
        (at, value) = (next, inner);
    }
    (!at.segments().is_empty()).then(|| Spot::of_key(sources, &at))
}

/// Each change in a sentence, with where it is made and what it is against.
fn changes<'s>(
    network: &'s Network,
    sources: &'s Sources,
    remedy: &'s crate::whatif::Remedy,
) -> impl Iterator<Item = (String, Option<Spot>, String)> + 's {
    remedy.mends.iter().map(move |mend| {
        let code = crate::trace::codes::code(&mend.against).name;
        (
            sentence(network, &mend.change),
            spot(network, sources, &mend.change),
            format!("{code} at {}", mend.hop),
        )
    })
}

/// Everything that a fix would do beside, in words: what it would do, and the flows.
fn effects(effect: &Effect) -> Vec<(&'static str, Vec<String>)> {
    let all: [(&'static str, &[Felt]); 3] = [
        ("opens", &effect.opened),
        ("closes", &effect.closed),
        ("reroutes", &effect.rerouted),
    ];
    let all = all.into_iter().map(|(verb, felt)| (verb, pairs(felt)));
    all.filter(|(_, flows)| !flows.is_empty()).collect()
}

/// `opens nothing else`, `opens 2 more, closes 1`, for flows between two ends each.
fn radius(effect: &Effect) -> String {
    if !effect.complete {
        return "what else it would do has not been compared".to_owned();
    }
    let counts: Vec<String> = effects(effect)
        .iter()
        .map(|(verb, flows)| format!("{verb} {} more", flows.len()))
        .collect();
    if counts.is_empty() {
        "opens nothing else".to_owned()
    } else {
        counts.join(", ")
    }
}

/// The sets of changes that were tried, each in one line.
fn tried(network: &Network, suggested: &Suggested) -> Vec<String> {
    let sets = suggested.tried.iter();
    let one = |changes: &Vec<Change>| {
        let texts: Vec<String> = changes.iter().map(|own| sentence(network, own)).collect();
        texts.join("; and ")
    };
    sets.map(one).collect()
}

fn end(end: &AnswerEnd) -> String {
    if *end.name == end.address.to_string() || end.address.is_unspecified() {
        end.name.to_string()
    } else {
        format!("{} ({})", end.name, end.address)
    }
}

/// `tcp/443`, `icmp`.
fn service(answer: &Answer) -> String {
    let flow = &answer.flow;
    let protocol = flow.protocol.lower();
    if flow.protocol.has_ports() {
        format!("{protocol}/{}", flow.destination_port)
    } else {
        protocol.to_owned()
    }
}
