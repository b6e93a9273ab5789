//! How often random connections reach what the properties are about, so that none holds in a void.

use std::collections::BTreeMap;

use super::answer::{Answer, Fault};
use super::managers;
use super::model::{Model, Packet, Way};

/// Counts of outcomes, by their names.
#[derive(Debug, Default)]
pub struct Reach(pub BTreeMap<String, usize>);

impl Reach {
    fn add(&mut self, outcome: impl Into<String>) {
        *self.0.entry(outcome.into()).or_default() += 1;
    }

    /// Counts what a connection met: the firewalls' verdicts, translations and ways back, the kind of
    /// every first fault.
    pub fn connection(&mut self, answer: &Answer) {
        for path in &answer.paths {
            for mark in &path.marks {
                self.add(*mark);
            }
            if let (Some(kind), [_, ..]) = (path.return_path, path.marks.as_slice()) {
                self.add(format!("a reply through a firewall: {kind}"));
            }
            match path.faults.first() {
                Some((_, fault)) => self.add(format!("fault: {}", name(fault))),
                None => self.add("no fault"),
            }
        }
    }

    /// Counts what network managers say of a packet.
    pub fn managed(&mut self, model: &Model, nic: usize, way: Way, packet: Packet) {
        let place = (model.nics[nic].vnet, model.nics[nic].subnet);
        if let Some((access, _)) = managers::decided(model, place, way, packet) {
            self.add(format!("admin rule: {}", access.word()));
        }
    }
}

fn name(fault: &Fault) -> String {
    let text = format!("{fault:?}");
    text.chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}
