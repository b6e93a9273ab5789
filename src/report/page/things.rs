//! What is drawn, as the panel shows it: facts, effective routes, security rules.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::data::Thing;
use super::shared::Known;
use crate::effective::Effective;
use crate::network::{Id, Network, Nic, Place, Subnet};
use crate::report::graph::{Badge, BadgeKind, FrameKind, NodeKind, Scene};
use crate::spec::Direction;

/// So many rules and routes are kept for what no question is about; more would make a page that opens slowly.
const MOST: usize = 20_000;

/// Everything of a scene, by its id there.
pub(super) fn things(
    effective: &Effective<'_>,
    scene: &Scene,
    known: &mut Known<'_, '_, '_>,
) -> IndexMap<String, Thing> {
    let network = effective.network();
    let subnets = subnets(network);
    let mut things = IndexMap::new();
    for frame in &scene.boxes {
        let mut thing = Thing {
            kind: frame.kind.text(),
            name: frame.name.clone(),
            detail: frame.detail.clone(),
            facts: facts(&frame.facts, &frame.badges),
            parent: frame.parent.clone(),
            ..Thing::default()
        };
        let vnet = frame.parent.as_deref().and_then(|id| scene.frame(id));
        if let Some(vnet) = vnet.filter(|_| frame.kind == FrameKind::Subnet)
            && let Some(subnet) = subnets.get(&(&vnet.name, &frame.name))
            && known.size() < MOST
        {
            thing.table = Some(known.table(*subnet));
        }
        things.insert(frame.id.clone(), thing);
    }
    for node in &scene.nodes {
        let mut thing = Thing {
            kind: node.kind.text(),
            name: node.name.clone(),
            detail: node.detail.clone(),
            facts: facts(&node.facts, &node.badges),
            parent: node.parent.clone(),
            ..Thing::default()
        };
        if node.down {
            thing.facts.insert(0, "out of order".to_owned());
        }
        // Nothing tells those apart that one node stands for.
        let name = node.folds.first().unwrap_or(&node.name);
        let machine = matches!(node.kind, NodeKind::Machine | NodeKind::Appliance);
        if let Ok(nic) = network.nic(name)
            && machine
            && known.size() < MOST
        {
            own(effective, nic, known, &mut thing);
        }
        things.insert(node.id.clone(), thing);
    }
    for edge in &scene.edges {
        let thing = Thing {
            kind: edge.kind.text(),
            name: edge.name.clone(),
            detail: edge.label.clone(),
            facts: edge.facts.clone(),
            ..Thing::default()
        };
        things.insert(edge.id.clone(), thing);
    }
    things
}

/// The routes and rules of a NIC.
fn own(effective: &Effective<'_>, nic: Id<Nic>, known: &mut Known<'_, '_, '_>, thing: &mut Thing) {
    thing.table = Some(known.table(effective.network().nics[nic].subnet));
    for direction in [Direction::Inbound, Direction::Outbound] {
        let lists = effective.security(nic, direction);
        let lists = lists.iter();
        thing
            .lists
            .extend(lists.filter_map(|list| known.list(Some(Place::Nic(nic)), list)));
    }
}

fn facts(facts: &[String], badges: &[Badge]) -> Vec<String> {
    let badges = badges.iter().map(|badge| {
        let kind = match badge.kind {
            BadgeKind::Nsg => "network security group",
            BadgeKind::RouteTable => "route table",
        };
        format!("{kind} {}", badge.name)
    });
    facts.iter().cloned().chain(badges).collect()
}

/// Every subnet by the names of its network and itself.
fn subnets(network: &Network) -> HashMap<(&str, &str), Id<Subnet>> {
    let all = network.subnets.iter();
    let all = all.map(|(id, subnet)| {
        let vnet = &network.vnets[subnet.vnet].identity.name;
        ((&**vnet, &*subnet.name), id)
    });
    all.collect()
}
