//! NICs of a subnet that nothing tells apart: beyond a number of them they are one node.

use std::collections::{HashMap, HashSet};

use super::scene::Mark;
use crate::engine::Answer;
use crate::network::{Endpoint, Fixture, Id, MachineKind, Network, Nic, Place};

/// So many NICs that are alike are drawn each for itself.
const SEVERAL: usize = 8;
/// Of more than that, so many are.
const FIRST: usize = 5;

/// The NICs that are not to be folded: a way comes by, or a mark names them.
pub(super) fn kept(network: &Network, answers: &[Answer], marks: &[Mark]) -> HashSet<Id<Nic>> {
    let paths = answers.iter().flat_map(|answer| &answer.paths);
    let hops = paths.flat_map(|path| {
        let back = path.replies.iter().flat_map(|reply| &reply.hops);
        path.hops.iter().chain(back)
    });
    let mut kept: HashSet<Id<Nic>> = hops
        .filter_map(|hop| match hop.place {
            Some(Place::Nic(id)) => Some(id),
            _ => None,
        })
        .collect();
    let named = marks
        .iter()
        .flat_map(|mark| [Some(&mark.from), mark.to.as_ref()])
        .flatten();
    kept.extend(named.filter_map(|name| match network.endpoint(name) {
        Ok(Endpoint::Nic(id)) => Some(id),
        _ => None,
    }));
    kept
}

/// What tells NICs of a subnet apart.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'n> {
    subnet: usize,
    appliance: bool,
    nsg: Option<usize>,
    groups: Vec<usize>,
    public: bool,
    power: &'static str,
    behind: &'n [Id<Fixture>],
    several: bool,
}

/// All NICs: each for itself, or those that are folded together. What is folded stands behind the last
/// of its kind that is not.
pub(super) fn groups(network: &Network, kept: &HashSet<Id<Nic>>) -> Vec<Vec<Id<Nic>>> {
    let mut behind: Vec<Vec<Id<Fixture>>> = vec![Vec::new(); network.nics.len()];
    for (id, fixture) in network.fixtures.iter() {
        for nic in &fixture.members {
            behind[nic.index()].push(id);
        }
    }
    let mut alike: HashMap<Likeness<'_>, Vec<Id<Nic>>> = HashMap::new();
    for (id, nic) in network.nics.iter() {
        let machine = &network.machines[nic.machine];
        let likeness = Likeness {
            subnet: nic.subnet.index(),
            appliance: machine.kind == MachineKind::Appliance,
            nsg: nic.nsg.map(Id::index),
            groups: nic.asgs.iter().map(|id| id.index()).collect(),
            public: nic.addresses.iter().any(|own| own.public_ip.is_some()),
            power: machine.power.word(),
            behind: &behind[id.index()],
            several: machine.nics.len() > 1,
        };
        alike.entry(likeness).or_default().push(id);
    }
    let mut folded: HashMap<Id<Nic>, Vec<Id<Nic>>> = HashMap::new();
    let mut hidden: HashSet<Id<Nic>> = HashSet::new();
    for (likeness, members) in alike {
        if members.len() <= SEVERAL || likeness.several {
            continue;
        }
        let rest: Vec<Id<Nic>> = members
            .into_iter()
            .skip(FIRST)
            .filter(|id| !kept.contains(id))
            .collect();
        if let [first, _, ..] = rest.as_slice() {
            hidden.extend(&rest);
            folded.insert(*first, rest);
        }
    }
    network
        .nics
        .ids()
        .filter_map(|id| match folded.remove(&id) {
            Some(group) => Some(group),
            None => (!hidden.contains(&id)).then(|| vec![id]),
        })
        .collect()
}
