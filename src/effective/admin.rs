//! Which security admin rules hold for a subnet's NICs, and in what order
//! (`virtual-network-manager/concept-security-admins`, `concept-network-manager-scope`, `faq`).
//!
//! Each manager is a list of its own, the highest scope first, its rules by priority. In a VNet with an
//! intent policy one setting holds for all managers: that of the highest one with rules there.

use std::sync::Arc;

use super::security::{ListOrigin, SecurityList, cached, lowered, of_service, ports};
use super::{AppliedTo, Effective};
use crate::net::{Rule, RuleList};
use crate::network::{AdminRule, Id, Network, NetworkManager, Subnet, VirtualNetwork};
use crate::spec::{AdminAccess, ApplyOnIntent, Direction};

/// The rules of one manager that hold in a VNet in one direction, in order: each one's position among the
/// manager's own, and what it does.
#[derive(Debug, Clone)]
pub(super) struct Governing {
    pub manager: Id<NetworkManager>,
    pub rules: Arc<[(usize, AdminAccess)]>,
}

/// What holds in a VNet: inbound, outbound. Managers without a rule there are left out.
pub(super) fn of_vnet(network: &Network, vnet: Id<VirtualNetwork>) -> [Vec<Governing>; 2] {
    let found = &network.vnets[vnet];
    let managers = || {
        network
            .managers
            .iter()
            .filter(|(_, manager)| manager.governs(found))
    };
    // Without an intent policy everything holds.
    let setting = if found.intent_policies.is_empty() {
        ApplyOnIntent::All
    } else {
        let mut all = managers().flat_map(|(_, manager)| &manager.rules);
        let first = all.find(|rule| rule.applies_to(vnet));
        first.map_or(ApplyOnIntent::None, |rule| rule.on_intent)
    };
    let holds = |rule: &AdminRule| {
        rule.applies_to(vnet)
            && match setting {
                ApplyOnIntent::All => true,
                ApplyOnIntent::AllowRulesOnly => rule.access != AdminAccess::Deny,
                ApplyOnIntent::None => false,
            }
    };
    [Direction::Inbound, Direction::Outbound].map(|direction| {
        let governing = managers().map(|(id, manager)| {
            let own = manager.rules.iter().enumerate();
            let own = own.filter(|(_, rule)| rule.direction == direction && holds(rule));
            Governing {
                manager: id,
                rules: own.map(|(at, rule)| (at, rule.access)).collect(),
            }
        });
        governing.filter(|one| !one.rules.is_empty()).collect()
    })
}

/// The lists of the NICs of `subnet`, the highest scope first.
pub(super) fn of_subnet(
    effective: &Effective,
    subnet: Id<Subnet>,
    direction: Direction,
) -> Vec<SecurityList> {
    let network = effective.network;
    if network.managers.is_empty() || network.ungoverned_subnets.contains(&subnet) {
        return Vec::new();
    }
    let vnet = network.subnets[subnet].vnet;
    let governing = effective.governing(vnet, direction).iter();
    let lists = governing.map(|one| {
        let origin = ListOrigin::Manager(one.manager);
        let rules = cached(effective, origin, subnet, direction, || {
            build(effective, one, subnet)
        });
        SecurityList {
            origin,
            applied_to: AppliedTo::Network(vnet),
            direction,
            user_rules: rules.rules().len(),
            rules,
            admin: Some(Arc::clone(&one.rules)),
        }
    });
    lists.collect()
}

/// What no admin rule is for goes on to the security groups.
fn build(effective: &Effective, governing: &Governing, subnet: Id<Subnet>) -> RuleList {
    let manager = &effective.network.managers[governing.manager];
    let rules = governing
        .rules
        .iter()
        .filter_map(|(at, _)| manager.rules.get(*at))
        .map(|rule| {
            let sides = (rule.sources.as_slice(), rule.destinations.as_slice());
            let rule = Rule {
                protocol: rule.protocol,
                source_ports: ports(&rule.source_ports),
                destination_ports: ports(&rule.destination_ports),
                ..lowered(
                    effective,
                    subnet,
                    rule.name.clone(),
                    rule.access != AdminAccess::Deny,
                    sides,
                )
            };
            of_service(rule, sides.1)
        });
    RuleList::new(rules.collect(), true)
}
