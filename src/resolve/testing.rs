//! Topologies for the tests of this module.

use super::resolve;
use crate::diagnostic::{At, Diagnostic};
use crate::network::Network;
use crate::spec::Topology;
use crate::spec::decode::{Context, Decode};
use crate::spec::merge::Shape;
use crate::spec::read::{Input, read};

/// Reads a sound topology.
pub(super) fn topology(text: &str) -> Topology {
    let input = Input::Text {
        name: "test.yaml".into(),
        text: if text.is_empty() { "{}" } else { text }.into(),
    };
    let (document, faults) = read(&[input], &[], &Shape::default());
    assert!(faults.is_empty(), "{faults:?}");
    let mut context = Context::default();
    let topology = Topology::decode(&document.tree, &mut context);
    assert!(context.faults.is_empty(), "{:?}", context.faults);
    topology.unwrap()
}

/// Resolves it; the faults with their places.
pub(super) fn network(text: &str) -> (Network, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let network = resolve(&topology(text), None, &mut faults);
    (network, faults)
}

/// Resolves a topology without faults.
pub(super) fn sound(text: &str) -> Network {
    let (network, faults) = network(text);
    assert!(faults.is_empty(), "{faults:?}");
    network
}

/// Each fault as `code path path`.
pub(super) fn faults(text: &str) -> Vec<String> {
    let (_, faults) = network(text);
    faults.iter().map(shown).collect()
}

fn shown(fault: &Diagnostic) -> String {
    let mut text = fault.code.to_string();
    for label in &fault.labels {
        if let At::Value(path) | At::Key(path) = &label.at {
            text.push_str(&format!(" {path}"));
        }
    }
    text
}
