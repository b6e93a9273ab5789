//! Which flows can fare otherwise at all. Where only rules of security groups and routes of route tables
//! differ, that is what these decide otherwise where they are applied, and what is translated to it; else
//! every flow is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::compare::Sides;
use super::edits::{Edit, EditKind};
use super::world::World;
use crate::effective::{Effective, EffectiveRoute, EffectiveRoutes, ListOrigin};
use crate::engine::{FlowBox, FlowSet, Space, Traffic};
use crate::net::{AddressSet, PortSet, RuleList, WIRE_SERVER};
use crate::network::{Id, NetworkSecurityGroup, Nic, RouteTable, Subnet};
use crate::source::Segment;
use crate::spec::Direction;
use crate::whatif::{aliases, probed, seen_as};

/// Sections of which no way gets longer: they say who may go where, and by which way.
const TIMELESS: &[&str] = &[
    "networkSecurityGroups",
    "applicationSecurityGroups",
    "routeTables",
    "firewallPolicies",
    "ipGroups",
    "networkManagers",
    "serviceTags",
];

/// Whether a way that stays the same may take longer by some edits.
pub fn slows(edits: &[Edit]) -> bool {
    !edits.iter().all(|edit| match edit.path.segments().first() {
        Some(Segment::Key(section)) => {
            edit.kind != EditKind::Down && TIMELESS.contains(&&**section)
        }
        _ => false,
    })
}

/// Sections of which firewalls get their rules.
const RULES: &[&str] = &[
    "azureFirewalls",
    "firewallPolicies",
    "ipGroups",
    "serviceTags",
    "settings",
    "defaults",
];

/// Whether a firewall may decide by another rule after some edits.
pub fn rules(edits: &[Edit]) -> bool {
    edits.iter().any(|edit| match edit.path.segments().first() {
        Some(Segment::Key(section)) => edit.kind == EditKind::Down || RULES.contains(&&**section),
        _ => true,
    })
}

/// The flows that can differ by some edits; none where every flow can.
pub fn region(sides: &Sides<'_, '_>, edits: &[Edit]) -> Option<Vec<FlowBox>> {
    let (before, after) = (sides.before.network(), sides.after.network());
    let same = before.nsgs.len() == after.nsgs.len()
        && before.route_tables.len() == after.route_tables.len();
    if !sides.seen.is_plain() || !same {
        return None;
    }
    let mut groups: BTreeSet<Id<NetworkSecurityGroup>> = BTreeSet::new();
    let mut tables: BTreeSet<Id<RouteTable>> = BTreeSet::new();
    for edit in edits {
        if let Some(name) = entry_of(edit, "networkSecurityGroups", "securityRules") {
            let is = |own: &NetworkSecurityGroup| own.identity.name.eq_ignore_ascii_case(name);
            let (id, _) = after.nsgs.iter().find(|(_, own)| is(own))?;
            groups.insert(Some(id).filter(|id| is(&before.nsgs[*id]))?);
        } else {
            let name = entry_of(edit, "routeTables", "routes")?;
            let is = |own: &RouteTable| own.identity.name.eq_ignore_ascii_case(name);
            let (id, _) = after.route_tables.iter().find(|(_, own)| is(own))?;
            tables.insert(Some(id).filter(|id| is(&before.route_tables[*id]))?);
        }
    }
    let space = Space::new();
    let mut found = routed_otherwise(sides, &groups, &tables)?;
    for group in groups {
        let part = decided_otherwise(&space, sides, group)?;
        found.extend(part.boxes());
    }
    // What answers a probe decides where all of a balancer's flows go.
    let asked = probed(before).union(&probed(after));
    let asks =
        |own: &FlowBox| own.sources.contains(WIRE_SERVER) && own.destinations.overlaps(&asked);
    if found.iter().any(asks) {
        return None;
    }
    Some(found.iter().flat_map(|own| started(sides, own)).collect())
}

/// Whose entry of a map an edit touches, and nothing else: a rule of a security group, a route of a table.
fn entry_of<'e>(edit: &'e Edit, section: &str, entries: &str) -> Option<&'e str> {
    let content = matches!(
        edit.kind,
        EditKind::Added | EditKind::Removed | EditKind::Changed
    );
    match edit.path.segments() {
        [
            Segment::Key(own),
            Segment::Key(name),
            Segment::Key(map),
            Segment::Key(_),
        ] if content && &**own == section && &**map == entries => Some(name),
        _ => None,
    }
}

/// The flows, as they leave the machines behind some route tables, that go another way; none where a table is
/// applied to what is no plain machine, or its routes change what rules say there, by the `VirtualNetwork` tag.
fn routed_otherwise(
    sides: &Sides<'_, '_>,
    groups: &BTreeSet<Id<NetworkSecurityGroup>>,
    tables: &BTreeSet<Id<RouteTable>>,
) -> Option<Vec<FlowBox>> {
    let network = sides.after.network();
    let behind = |subnet: Id<Subnet>| {
        let table = network.subnets[subnet].route_table;
        table.is_some_and(|table| tables.contains(&table))
    };
    let mut fixtures = network.fixtures.iter();
    if fixtures.any(|(_, own)| own.subnet.is_some_and(behind)) {
        return None;
    }
    let [was, is] = [sides.before, sides.after].map(|side| side.engine.effective());
    let mut classes: BTreeMap<[u32; 2], (Id<Subnet>, Vec<IpAddr>)> = BTreeMap::new();
    for (id, nic) in network.nics.iter().filter(|(_, nic)| behind(nic.subnet)) {
        if network.machines[nic.machine].forwarding.is_some() || nic.ip_forwarding {
            return None;
        }
        for direction in [Direction::Inbound, Direction::Outbound] {
            let of = |effective: &Effective<'_>| -> Vec<Arc<RuleList>> {
                // What edited rules say is compared by itself.
                let edited = |own: &ListOrigin| match own {
                    ListOrigin::Group(group) => groups.contains(group),
                    ListOrigin::Manager(_) => false,
                };
                let lists = effective.security(id, direction).iter();
                let lists = lists.filter(|own| !edited(&own.origin));
                lists.map(|own| Arc::clone(&own.rules)).collect()
            };
            if of(was) != of(is) {
                return None;
            }
        }
        let class = classes.entry([was, is].map(|own| own.class(nic.subnet)));
        let (_, own) = class.or_insert_with(|| (nic.subnet, Vec::new()));
        own.extend(nic.addresses.iter().map(|own| own.address));
    }
    let boxes = classes.into_values().map(|(subnet, own)| FlowBox {
        sources: AddressSet::of_addresses(own),
        destinations: rerouted(was.subnet_routes(subnet), is.subnet_routes(subnet)),
        ..super::world::every()
    });
    Some(boxes.filter(|own| !own.destinations.is_empty()).collect())
}

/// The destinations for which other routes win.
fn rerouted(was: &EffectiveRoutes, is: &EffectiveRoutes) -> AddressSet {
    // Which position a route has in its table, and why others lose, moves no packet.
    let winners = |routes: &EffectiveRoutes| -> Vec<(AddressSet, Vec<EffectiveRoute>)> {
        let parts = routes.by_destination.parts();
        let parts = parts.map(|(set, choice)| {
            let chosen = routes.choices.get(choice as usize).into_iter().flatten();
            let rows = chosen.filter_map(|row| routes.rows.get(*row as usize));
            let rows = rows.map(|row| EffectiveRoute {
                user: None,
                reason: None,
                ..row.clone()
            });
            (set, rows.collect())
        });
        parts.collect()
    };
    let all = |parts: &[(AddressSet, Vec<EffectiveRoute>)]| {
        let sets = parts.iter().map(|(set, _)| set);
        sets.fold(AddressSet::default(), |all, set| all.union(set))
    };
    let (was, is) = (winners(was), winners(is));
    let mut rest = all(&was).union(&all(&is));
    for (set, rows) in &was {
        for (other, same) in &is {
            if rows == same && set.overlaps(other) {
                rest = rest.difference(&set.intersection(other));
            }
        }
    }
    rest
}

/// The flows, as they stand where a group is applied, of which its rules decide otherwise than before; none
/// where it is applied to what is no plain machine.
fn decided_otherwise<'s>(
    space: &'s Space,
    sides: &Sides<'_, '_>,
    group: Id<NetworkSecurityGroup>,
) -> Option<FlowSet<'s>> {
    let network = sides.after.network();
    let on_subnet = |subnet| network.subnets[subnet].nsg == Some(group);
    let mut fixtures = network.fixtures.iter();
    if fixtures.any(|(_, own)| own.subnet.is_some_and(on_subnet)) {
        return None;
    }
    let mut classes: BTreeMap<[u32; 2], Vec<Id<Nic>>> = BTreeMap::new();
    for (id, nic) in network.nics.iter() {
        if nic.nsg == Some(group) || on_subnet(nic.subnet) {
            if network.machines[nic.machine].forwarding.is_some() || nic.ip_forwarding {
                return None;
            }
            let class =
                [sides.before, sides.after].map(|side| side.engine.effective().class(nic.subnet));
            classes.entry(class).or_default().push(id);
        }
    }
    let mut all = FlowSet::none(space);
    for nics in classes.into_values() {
        let own = nics.iter().flat_map(|id| &network.nics[*id].addresses);
        let own = AddressSet::of_addresses(own.map(|own| own.address));
        let Some(one) = nics.first() else { continue };
        for direction in [Direction::Inbound, Direction::Outbound] {
            let every = super::world::every();
            let at = FlowSet::of(
                space,
                &match direction {
                    Direction::Inbound => FlowBox {
                        destinations: own.clone(),
                        ..every
                    },
                    Direction::Outbound => FlowBox {
                        sources: own.clone(),
                        ..every
                    },
                },
            );
            let passed = |world: &World<'_>| passed(world, *one, group, direction, &at);
            let (was, is) = (passed(sides.before)?, passed(sides.after)?);
            all = all.union(&was.difference(&is)).union(&is.difference(&was));
        }
    }
    Some(all)
}

/// Those of some flows that a group lets through at a NIC.
fn passed<'s>(
    world: &World<'_>,
    nic: Id<Nic>,
    group: Id<NetworkSecurityGroup>,
    direction: Direction,
    flows: &FlowSet<'s>,
) -> Option<FlowSet<'s>> {
    let lists = world.engine.effective().security(nic, direction);
    let list = lists
        .iter()
        .find(|list| list.origin == ListOrigin::Group(group))?;
    let allows = |rules: &RuleList, decided| rules.lets_through(decided);
    let parts = flows.classify_as(&list.rules, |decided| allows(&list.rules, decided));
    let none = flows.difference(flows);
    let allowed = parts
        .iter()
        .filter(|(decided, _)| allows(&list.rules, *decided));
    Some(allowed.fold(none, |all, (_, part)| all.union(part)))
}

/// The flows that may stand so on their way, requests and replies, as they start.
fn started(sides: &Sides<'_, '_>, own: &FlowBox) -> Vec<FlowBox> {
    let both = |of: &dyn Fn(&crate::network::Network) -> AddressSet| {
        of(sides.before.network()).union(&of(sides.after.network()))
    };
    let from = both(&|network| seen_as(network, &own.sources));
    let to = both(&|network| aliases(network, &own.destinations));
    let plain = from == own.sources && to == own.destinations;
    let request = FlowBox {
        sources: from,
        destinations: to,
        source_ports: ports(&own.source_ports, plain),
        services: (own.services.iter())
            .map(|(protocol, own)| (*protocol, ports(own, plain)))
            .collect(),
    };
    let from = both(&|network| seen_as(network, &own.destinations));
    let to = both(&|network| aliases(network, &own.sources));
    let plain = from == own.destinations && to == own.sources;
    // A reply comes from the port that was asked for, and goes to the one that asked.
    let replies = own.services.iter().map(|(protocol, asked)| FlowBox {
        sources: from.clone(),
        destinations: to.clone(),
        source_ports: match protocol.has_ports() {
            true => ports(asked, plain),
            false => PortSet::all(),
        },
        services: vec![(
            *protocol,
            match protocol.has_ports() {
                true => ports(&own.source_ports, plain),
                false => PortSet::all(),
            },
        )],
    });
    std::iter::once(request).chain(replies).collect()
}

/// What is translated may have had another port.
fn ports(own: &PortSet, plain: bool) -> PortSet {
    match plain {
        true => own.clone(),
        false => PortSet::all(),
    }
}
