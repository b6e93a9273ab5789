//! Lists of rules and tables of routes, each kept once for the whole page.

use std::collections::HashMap;
use std::net::IpAddr;

use indexmap::IndexSet;

use super::data::{Chosen, Compared, List, Route, Rule, Table};
use crate::effective::{AppliedTo, Effective, EffectiveRoute, EffectiveRule, SecurityList};
use crate::net::{Flow, Matched};
use crate::network::{Id, Place, Subnet};
use crate::report::{applied_to, check};
use crate::spec::checks::RouteState;

/// What several rows and hops of a page have in common.
#[derive(Debug, Default)]
pub struct Shared {
    lists: IndexSet<List>,
    tables: IndexSet<Table>,
}

/// The same for one network: the page's own, or it with something out of order.
#[derive(Debug)]
pub struct Known<'s, 'e, 'n> {
    shared: &'s mut Shared,
    effective: &'e Effective<'n>,
    /// For each class of subnets its table.
    classes: HashMap<u32, usize>,
}

impl Shared {
    /// The lists and the tables.
    #[must_use]
    pub fn into_parts(self) -> (Vec<List>, Vec<Table>) {
        (
            self.lists.into_iter().collect(),
            self.tables.into_iter().collect(),
        )
    }

    /// How many rules and routes there are.
    #[must_use]
    pub fn size(&self) -> usize {
        let rules: usize = self.lists.iter().map(|list| list.rules.len()).sum();
        let routes: usize = self.tables.iter().map(|table| table.rows.len()).sum();
        rules + routes
    }
}

impl<'s, 'e, 'n> Known<'s, 'e, 'n> {
    /// For what `effective` says.
    pub fn new(shared: &'s mut Shared, effective: &'e Effective<'n>) -> Self {
        Self {
            shared,
            effective,
            classes: HashMap::new(),
        }
    }

    /// How many rules and routes there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shared.size()
    }

    /// The position of a list that works at `place`; none where what it means there is not known.
    pub fn list(&mut self, place: Option<Place>, list: &SecurityList) -> Option<usize> {
        let network = self.effective.network();
        let subnet = match (list.applied_to, place) {
            (AppliedTo::Subnet(subnet), _) => subnet,
            (AppliedTo::Nic(nic), _) | (AppliedTo::Network(_), Some(Place::Nic(nic))) => {
                network.nics[nic].subnet
            }
            (AppliedTo::Network(_), Some(Place::Fixture(fixture))) => {
                network.fixtures[fixture].subnet?
            }
            (AppliedTo::Network(_), _) => return None,
        };
        let rules = self.effective.list_rules(subnet, list);
        let shown = List {
            name: list.origin.identity(network).name.to_string(),
            at: applied_to(network, list.applied_to),
            direction: list.direction.word(),
            rules: rules.iter().map(rule).collect(),
        };
        Some(self.shared.lists.insert_full(shown).0)
    }

    /// How a list compares with a flow, up to the rule that decides.
    pub fn compared(
        &mut self,
        place: Option<Place>,
        list: &SecurityList,
        decided: usize,
        flow: &Flow,
    ) -> Option<Compared> {
        let rules = list.rules.rules().iter().take(decided.saturating_add(1));
        Some(Compared {
            matched: rules.map(|rule| bits(rule.compare(flow))).collect(),
            list: self.list(place, list)?,
            decided,
        })
    }

    /// The position of the table of a subnet's routes.
    pub fn table(&mut self, subnet: Id<Subnet>) -> usize {
        let class = self.effective.class(subnet);
        if let Some(known) = self.classes.get(&class) {
            return *known;
        }
        let network = self.effective.network();
        let rows = self.effective.subnet_routes(subnet).rows.iter();
        let rows = rows.map(|row| Route {
            from: check::route_origin(network, row),
            prefix: prefixes(row),
            to: check::route_target(network, row),
            state: row.state.word(),
            why: row.reason.clone(),
        });
        let table = Table {
            rows: rows.collect(),
        };
        let at = self.shared.tables.insert_full(table).0;
        self.classes.insert(class, at);
        at
    }

    /// How `route`, or none, was chosen for a destination.
    pub fn chosen(
        &mut self,
        subnet: Id<Subnet>,
        route: Option<&EffectiveRoute>,
        destination: IpAddr,
    ) -> Chosen {
        let table = self.table(subnet);
        let routes = self.effective.subnet_routes(subnet);
        let length = |row: &EffectiveRoute| {
            let holds = row.prefixes.iter().filter(|own| own.contains(&destination));
            holds.map(|own| own.prefix_len()).max()
        };
        let won = routes.rows.iter().position(|row| Some(row) == route);
        let longest = route.and_then(length);
        let equals = routes.choose(destination);
        let why = |at: usize, row: &EffectiveRoute, own: u8| match (&row.reason, longest) {
            _ if Some(at) == won => String::new(),
            (Some(reason), _) => reason.clone(),
            (None, _) if row.state == RouteState::Invalid => "it takes no part".to_owned(),
            (None, _) if u32::try_from(at).is_ok_and(|at| equals.contains(&at)) => {
                "equally good: other flows take it".to_owned()
            }
            (None, Some(longest)) if own < longest => {
                format!("/{own} is less specific than /{longest}")
            }
            (None, _) => "another route takes precedence".to_owned(),
        };
        let rows = routes.rows.iter().enumerate();
        let mut rows: Vec<(usize, u8, String)> = rows
            .filter_map(|(at, row)| {
                let own = length(row)?;
                Some((at, own, why(at, row, own)))
            })
            .collect();
        rows.sort_by_key(|(at, own, _)| (Some(*at) != won, std::cmp::Reverse(*own), *at));
        Chosen {
            table,
            rows: rows.into_iter().map(|(at, _, why)| (at, why)).collect(),
            destination: destination.to_string(),
        }
    }
}

/// What a route is for; a service's prefixes may be hundreds.
fn prefixes(row: &EffectiveRoute) -> String {
    match (row.tag.as_ref().or(row.service.as_ref()), &*row.prefixes) {
        (Some(name), [first, _, ..]) => {
            format!("{name}: {first} and {} more", row.prefixes.len() - 1)
        }
        (Some(name), [only]) => format!("{name}: {only}"),
        _ => check::prefix_text(row),
    }
}

/// Azure's five booleans as bits.
fn bits(matched: Matched) -> u8 {
    let five = [
        matched.protocol,
        matched.source,
        matched.source_port,
        matched.destination,
        matched.destination_port,
    ];
    let bits = five.iter().enumerate();
    bits.map(|(at, one)| u8::from(*one) << at).sum()
}

fn rule(rule: &EffectiveRule) -> Rule {
    let (default, name) = match rule.name.split_once('/') {
        Some(("defaultSecurityRules", name)) => (true, name),
        Some(("securityRules", name)) => (false, name),
        _ => (false, rule.name.as_str()),
    };
    let any = |texts: &[String], whole: &str| match texts {
        [only] if only == whole => "*".to_owned(),
        texts => texts.join(", "),
    };
    let ports = |ranges: &[String]| {
        let ranges: Vec<String> = ranges
            .iter()
            .map(|range| match range.split_once('-') {
                Some((first, last)) if first == last => first.to_owned(),
                _ => range.clone(),
            })
            .collect();
        any(&ranges, "0-65535")
    };
    Rule {
        priority: rule.priority,
        name: name.to_owned(),
        default,
        access: rule.access.word(),
        parts: [
            match rule.protocol {
                "All" => "*".to_owned(),
                word => word.to_owned(),
            },
            any(&rule.source_address_prefixes, "0.0.0.0/0"),
            ports(&rule.source_port_ranges),
            any(&rule.destination_address_prefixes, "0.0.0.0/0"),
            ports(&rule.destination_port_ranges),
        ],
    }
}
