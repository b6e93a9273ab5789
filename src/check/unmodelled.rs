//! What a verdict may rest on without its answer saying so: security admin rules come before every
//! network security group, and are not evaluated yet.

use std::collections::HashSet;

use super::text;
use crate::engine::Answer;
use crate::network::{Id, Network, Nic, Place, VirtualNetwork};
use crate::spec::Topology;

/// The virtual networks that security admin rules hold in.
#[derive(Debug, Default)]
pub(super) struct Governed(HashSet<Id<VirtualNetwork>>);

/// Why a verdict about one of them is none.
pub(super) const ADMIN_RULES: &str = "security admin rules are not modelled yet";

impl Governed {
    /// Those of a topology: the members of the groups that a collection with rules applies to.
    pub(super) fn of(topology: &Topology, network: &Network) -> Self {
        let mut governed = HashSet::new();
        for (_, manager) in topology.network_managers.iter() {
            let configurations = manager.security_admin_configurations.iter();
            let collections = configurations.flat_map(|(_, c)| c.rule_collections.iter());
            let groups = collections
                .filter(|(_, collection)| !collection.rules.is_empty())
                .flat_map(|(_, collection)| &collection.applies_to_groups);
            for group in groups {
                let named = manager.network_groups.iter();
                let members = named
                    .filter(|(name, _)| text::same(text::last(name), text::last(group)))
                    .flat_map(|(_, group)| &group.virtual_networks);
                governed.extend(members.flat_map(|member| vnets(network, member)));
            }
        }
        Self(governed)
    }

    /// Whether they hold for a NIC.
    pub(super) fn nic(&self, network: &Network, nic: Id<Nic>) -> bool {
        self.0
            .contains(&network.subnets[network.nics[nic].subnet].vnet)
    }

    /// Whether they hold anywhere on the way of a connection.
    pub(super) fn answer(&self, network: &Network, answer: &Answer) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let ends = [answer.source.nic, answer.destination.nic];
        let mut hops = answer.paths.iter().flat_map(|path| &path.hops);
        ends.into_iter().flatten().any(|nic| self.nic(network, nic))
            || hops.any(|hop| match hop.place {
                Some(Place::Nic(nic)) => self.nic(network, nic),
                Some(Place::Fixture(id)) => network.fixtures[id]
                    .vnet
                    .is_some_and(|vnet| self.0.contains(&vnet)),
                Some(Place::Network(vnet)) => self.0.contains(&vnet),
                _ => false,
            })
    }
}

fn vnets<'n>(
    network: &'n Network,
    member: &'n str,
) -> impl Iterator<Item = Id<VirtualNetwork>> + 'n {
    let named = network.vnets.iter().filter(move |(_, vnet)| {
        let identity = &vnet.identity;
        text::names(
            member,
            &identity.name,
            &identity.resource_group,
            &identity.id,
        )
    });
    named.map(|(id, _)| id)
}
