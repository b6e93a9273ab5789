//! The differences that are intended: read from a file, and told apart from all others, flow by flow.

use std::collections::HashMap;

use super::Kind;
use super::compare::{Delta, Sides};
use super::world::{Key, Seen, World, set, start_key};
use crate::check::{members, sources};
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::reach::{Asked, Goal, Member, Sets, Start, services};
use crate::engine::{FlowBox, Space};
use crate::net::{AddressSet, PortSet, Protocol};
use crate::source::{Path, Sources};
use crate::spec::checks::CheckProtocol;
use crate::spec::decode::{Context, Decode, Names};
use crate::spec::intended::{IntendedDifferences, IntendedFlows};
use crate::spec::merge::Shape;
use crate::spec::read::{Input, read};

/// What is intended.
#[derive(Debug, Clone, Default)]
pub struct Intended {
    /// Entry by entry, in the order of the sections.
    pub entries: Vec<Allowed>,
    /// What is wrong with the file: nothing is compared by it.
    pub faults: Vec<Diagnostic>,
}

/// An entry of what is intended.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// How its flows may fare otherwise.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Which flows those are.
    pub flows: IntendedFlows,
    /// Where it stands.
    pub path: Path,
}

/// Reads a file of intended differences. Its names are looked up when it is compared by.
#[must_use]
pub fn allowed(input: &Input) -> (Intended, Sources) {
    let (document, mut faults) = read(std::slice::from_ref(input), &[], &Shape::default());
    let mut cx = Context::default();
    let read = IntendedDifferences::decode(&document.tree, &mut cx);
    faults.append(&mut cx.faults);
    let mut intended = Intended::default();
    if let Some(read) = read {
        let sections = [
            (Kind::Opened, &read.opened),
            (Kind::Closed, &read.closed),
            (Kind::Rerouted, &read.rerouted),
            (Kind::Slowed, &read.slowed),
        ];
        for (kind, entries) in sections {
            intended.entries.extend(of_section(kind, entries));
        }
    }
    for entry in &intended.entries {
        if let Some(fault) = portless(entry) {
            faults.push(fault);
        }
    }
    intended.faults = faults;
    (intended, document.sources)
}

fn of_section(kind: Kind, entries: &Names<IntendedFlows>) -> Vec<Allowed> {
    let entries = entries.iter().map(|(name, flows)| Allowed {
        kind,
        name: name.to_owned(),
        flows: flows.clone(),
        path: Path::of(&[kind.word(), name]),
    });
    entries.collect()
}

/// Ports beside a protocol that has none.
fn portless(entry: &Allowed) -> Option<Diagnostic> {
    let plain = entry.flows.ports.iter().any(|own| own.protocol.is_none());
    let icmp = entry.flows.protocol == Some(CheckProtocol::Icmp);
    (plain && icmp).then(|| {
        let fault = Diagnostic::new(Code::BadPort, "`Icmp` has no ports");
        fault.at(entry.path.key("ports"))
    })
}

/// The services of an entry.
fn of_entry(flows: &IntendedFlows) -> Vec<(Protocol, PortSet)> {
    let protocol = flows.protocol.map(|own| match own {
        CheckProtocol::Udp => Protocol::Udp,
        CheckProtocol::Icmp => Protocol::Icmp,
        CheckProtocol::Tcp | CheckProtocol::Http | CheckProtocol::Https => Protocol::Tcp,
    });
    if flows.ports.is_empty() {
        return services(protocol, &[]);
    }
    let words = flows.ports.iter();
    words
        .map(|own| {
            let plain = protocol.unwrap_or(Protocol::Tcp);
            (own.protocol.unwrap_or(plain), own.ports.clone())
        })
        .collect()
}

/// An entry, with its names looked up.
pub struct Resolved {
    kind: Kind,
    services: Vec<(Protocol, PortSet)>,
    /// The addresses of each start that is meant; none: every start.
    starts: Option<HashMap<Key, AddressSet>>,
    /// What is meant as destination; none: anything.
    destinations: Option<Vec<Member>>,
}

/// Looks up the names of all entries: where the flows get through, which is before for those that are
/// closed. What else is wrong with the file is said along with those that name nothing.
pub fn resolved(
    intended: &Intended,
    sides: &Sides<'_, '_>,
) -> Result<Vec<Resolved>, Vec<Diagnostic>> {
    let mut faults = intended.faults.clone();
    let mut found = Vec::new();
    for entry in &intended.entries {
        let world = through(sides, entry.kind);
        let network = world.network();
        let mut look_up = |set: &Option<_>, key: &str, from: bool| {
            let set = set.as_ref()?;
            let at = entry.path.key(key);
            let found = match from {
                true => sources(network, set, &at),
                false => members(network, set, &at),
            };
            found.map_err(|mut own| faults.append(&mut own)).ok()
        };
        let from = look_up(&entry.flows.source, "source", true);
        let destinations = look_up(&entry.flows.destination, "destination", false);
        found.push(Resolved {
            kind: entry.kind,
            services: of_entry(&entry.flows),
            starts: from.map(|from| starts(world, &from)),
            destinations,
        });
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults)
    }
}

const fn through<'a, 'n>(sides: &Sides<'a, 'n>, kind: Kind) -> &'a World<'n> {
    match kind {
        Kind::Closed => sides.before,
        _ => sides.after,
    }
}

fn starts(world: &World<'_>, members: &[Member]) -> HashMap<Key, AddressSet> {
    let mut found: HashMap<Key, AddressSet> = HashMap::new();
    for start in members.iter().flat_map(|own| Start::of(&world.engine, own)) {
        let known = found
            .entry(start_key(world.network(), world.cards(), &start))
            .or_default();
        *known = known.union(&start.addresses);
    }
    found
}

/// Divides differences into what is intended, by the first entry that says so, and the rest.
pub fn divided(allowed: &[Resolved], sides: &Sides<'_, '_>, deltas: Vec<Delta>) -> Vec<Delta> {
    if allowed.is_empty() {
        return deltas;
    }
    let mut found = Vec::with_capacity(deltas.len());
    let space = Space::new();
    for delta in deltas {
        let mut rest = set(&space, delta.boxes.iter().cloned());
        for (number, entry) in allowed.iter().enumerate() {
            let boxes = match entry.kind == delta.kind {
                true => entry.flows(sides, &delta, &space),
                false => Vec::new(),
            };
            let own = rest.intersection(&set(&space, boxes));
            if !own.is_empty() {
                rest = rest.difference(&own);
                found.push(Delta {
                    boxes: own.boxes(),
                    intended: Some(number),
                    ..delta.clone()
                });
            }
        }
        if !rest.is_empty() {
            found.push(Delta {
                boxes: rest.boxes(),
                ..delta
            });
        }
    }
    found
}

impl Resolved {
    /// The flows from the start of a difference that an entry means, by the addresses that those have.
    fn flows(&self, sides: &Sides<'_, '_>, delta: &Delta, space: &Space) -> Vec<FlowBox> {
        let world = through(sides, self.kind);
        let Some(start) = world.starts().get(&delta.key) else {
            return Vec::new();
        };
        let addresses = match &self.starts {
            Some(starts) => match starts.get(&delta.key) {
                Some(own) => own.intersection(&start.addresses),
                None => return Vec::new(),
            },
            None => start.addresses.clone(),
        };
        let start = Start {
            addresses,
            ..start.clone()
        };
        let sets = Sets {
            engine: &world.engine,
            space,
        };
        let asked = Asked::every(self.services.clone());
        let flows = match &self.destinations {
            None => sets.flows(&start, &asked, &AddressSet::all()),
            Some(members) => {
                let goal = Goal::seen_by(&world.engine, &start, members)
                    .unwrap_or_else(|| Goal::of(&world.engine, None, members));
                sets.through(&start, &goal, &asked).works
            }
        };
        let plain = Seen::default();
        let seen = match self.kind == Kind::Closed && !delta.gone {
            true => &sides.seen,
            false => &plain,
        };
        seen.there(space, &flows).boxes()
    }
}
