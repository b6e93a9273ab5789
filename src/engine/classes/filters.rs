//! Which plain NICs have the same filters in one direction: the same lists, of which no rule tells one NIC
//! from another on their side.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Plain;
use crate::effective::SecurityList;
use crate::engine::Engine;
use crate::net::{AddressSet, RuleList};
use crate::network::{Id, Machine};
use crate::spec::Direction;

/// NICs with the same filters.
#[derive(Debug)]
pub(in crate::engine) struct Guarded {
    /// Security admin rules and security groups.
    pub lists: Vec<SecurityList>,
    /// The machine whose own firewall has rules.
    pub guest: Option<Id<Machine>>,
    /// The address of one of them.
    pub own: IpAddr,
}

/// The filters of one direction.
#[derive(Debug)]
pub(in crate::engine) struct Filters {
    /// For each plain NIC, whose filters it has.
    pub class_of: Vec<u32>,
    pub classes: Vec<Guarded>,
}

impl Guarded {
    /// What the machine's own firewall says, where it has rules.
    pub fn guest<'e>(&self, engine: &'e Engine<'_>, direction: Direction) -> Option<&'e RuleList> {
        let machine = engine.machine(self.guest?);
        Some(match direction {
            Direction::Inbound => &machine.inbound,
            Direction::Outbound => &machine.outbound,
        })
    }
}

/// What the rules of a list say of this side.
pub(super) const fn own_side(
    rule: &crate::net::Rule,
    direction: Direction,
) -> (&AddressSet, &AddressSet) {
    match direction {
        Direction::Inbound => (&rule.destination, &rule.source),
        Direction::Outbound => (&rule.source, &rule.destination),
    }
}

impl Filters {
    pub fn of(engine: &Engine<'_>, members: &[Plain], direction: Direction) -> Self {
        /// The classes of NICs with the same lists, by which of the sets on their side they belong to.
        struct Same {
            lists: Vec<SecurityList>,
            told: Vec<AddressSet>,
            known: HashMap<Vec<bool>, u32>,
        }
        let mut found = Self {
            class_of: Vec::with_capacity(members.len()),
            classes: Vec::new(),
        };
        let mut same: HashMap<(Vec<usize>, Option<Id<Machine>>), Same> = HashMap::new();
        for own in members {
            let lists = engine.effective.security(own.nic, direction);
            // Lists are kept, so that equal places are equal lists.
            let places = lists
                .iter()
                .map(|list| std::ptr::from_ref(&*list.rules).addr());
            let id = engine.network.nics[own.nic].machine;
            let machine = engine.machine(id);
            let guest = match direction {
                Direction::Inbound => &machine.inbound,
                Direction::Outbound => &machine.outbound,
            };
            let filters = !guest.rules().is_empty() || !guest.otherwise();
            let key = (places.collect(), filters.then_some(id));
            let same = same.entry(key).or_insert_with(|| {
                let rules = lists.iter().map(|list| &*list.rules);
                let rules = rules.chain(filters.then_some(guest));
                let told = rules.flat_map(RuleList::rules);
                let told = told.map(|rule| own_side(rule, direction).0);
                Same {
                    told: told.filter(|set| !set.is_all()).cloned().collect(),
                    lists: lists.to_vec(),
                    known: HashMap::new(),
                }
            });
            let seen = same.told.iter().map(|set| set.contains(own.address));
            let next = u32::try_from(found.classes.len()).unwrap_or(u32::MAX);
            let class = *same.known.entry(seen.collect()).or_insert(next);
            if class == next {
                found.classes.push(Guarded {
                    lists: same.lists.clone(),
                    guest: filters.then_some(id),
                    own: own.address,
                });
            }
            found.class_of.push(class);
        }
        found
    }
}
