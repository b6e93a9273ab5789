//! A network rule more in the policy of an Azure Firewall: network rules go before application rules
//! (`firewall/rule-processing`), so that one is enough against a denial of either type.

use std::sync::Arc;

use super::{Looking, ports};
use crate::net::{Flow, ProtocolMatch};
use crate::network::{FilterRule, Firewall, FirewallPolicy, FirewallRuleType, Id, Network};
use crate::spec::Access;
use crate::trace::{Cause, Issue};
use crate::whatif::apply::{firewall_protocol, rank};
use crate::whatif::{Change, FirewallPlace, names};

/// The priorities of groups and collections (`firewall/rule-processing`).
const FIRST_PRIORITY: u16 = 100;
const LAST_PRIORITY: u16 = 65000;

impl Looking<'_, '_> {
    pub(super) fn firewall_rule(
        &self,
        firewall: Id<Firewall>,
        issue: &Issue,
        flow: &Flow,
    ) -> Option<Change> {
        let network = self.engine.network();
        let mut context = issue.context.iter();
        if context.any(|(key, value)| *key == "RuleName" && value == "ThreatIntelligence") {
            return None;
        }
        let protocol = ProtocolMatch::Only(flow.protocol);
        firewall_protocol(protocol)?;
        let denying = match issue.cause {
            Cause::FirewallRule(id, kind @ FirewallRuleType::Network, at) => {
                Some(&network.firewalls[id].rule(kind, at)?.keys)
            }
            _ => None,
        };
        let (policy, place) = match denying {
            Some(keys) => before(self.copy, firewall, keys)?,
            None => anywhere(self.copy, firewall)?,
        };
        let rules = self.copy.firewalls[firewall].network_rules.iter();
        let has = |name: &str| {
            let mut rules = rules.clone().map(|rule| &rule.rule.keys);
            rules.any(|[_, _, collection, rule]| {
                *collection == place.collection && rule.eq_ignore_ascii_case(name)
            })
        };
        let [source, destination] = self.addresses(flow)?;
        let rule = FilterRule {
            name: names::for_rule(flow, has),
            priority: None,
            action: Access::Allow,
            protocol,
            source,
            source_ports: Vec::new(),
            destination,
            destination_ports: ports(flow),
        };
        Some(Change::FirewallRule {
            policy,
            place,
            rule,
        })
    }
}

/// The collections for network rules that allow, in the order of processing.
fn allowing(network: &Network, firewall: Id<Firewall>) -> Vec<(Id<FirewallPolicy>, [Arc<str>; 4])> {
    let mut found = Vec::new();
    for id in &network.firewalls[firewall].policies {
        let policy = &network.firewall_policies[*id];
        for group in &policy.groups {
            let fitting = group.collections.iter();
            let fitting = fitting.filter(|own| own.allow && own.kind == FirewallRuleType::Network);
            found.extend(fitting.map(|own| {
                let keys = [&policy.identity.name, &group.name, &own.name, &own.name];
                (*id, keys.map(Arc::clone))
            }));
        }
    }
    found.sort_by_key(|(_, keys)| rank(network, firewall, keys));
    found
}

fn within([_, group, collection, _]: &[Arc<str>; 4]) -> FirewallPlace {
    FirewallPlace {
        group: Arc::clone(group),
        new_group: None,
        collection: Arc::clone(collection),
        new_collection: None,
    }
}

/// The last collection that stands before a rule which denies; else a new one in front of the rule's own.
fn before(
    network: &Network,
    firewall: Id<Firewall>,
    denying: &[Arc<str>; 4],
) -> Option<(Id<FirewallPolicy>, FirewallPlace)> {
    let limit = rank(network, firewall, denying)?;
    let earlier = allowing(network, firewall);
    let mut earlier = earlier.iter().rev();
    let found = earlier.find(|(_, keys)| {
        rank(network, firewall, keys).is_some_and(|own| own < limit) && keys[0] == denying[0]
    });
    if let Some((policy, keys)) = found {
        return Some((*policy, within(keys)));
    }
    let mut policies = network.firewalls[firewall].policies.iter();
    let policy =
        *policies.find(|id| network.firewall_policies[**id].identity.name == denying[0])?;
    let groups = &network.firewall_policies[policy].groups;
    let group = groups.iter().find(|own| own.name == denying[1])?;
    let collection = group
        .collections
        .iter()
        .find(|own| own.name == denying[2])?;
    let taken: Vec<u16> = group.collections.iter().map(|own| own.priority).collect();
    if let Some(priority) = free(&taken, collection.priority) {
        let has = |name: &str| {
            group
                .collections
                .iter()
                .any(|own| own.name.eq_ignore_ascii_case(name))
        };
        return Some((policy, new_collection(&group.name, None, priority, has)));
    }
    let taken: Vec<u16> = groups.iter().map(|own| own.priority).collect();
    let priority = free(&taken, group.priority)?;
    Some((
        policy,
        new_group(groups.iter().map(|own| &*own.name), priority),
    ))
}

/// The last collection of the firewall's own policy; else a new one.
fn anywhere(
    network: &Network,
    firewall: Id<Firewall>,
) -> Option<(Id<FirewallPolicy>, FirewallPlace)> {
    let own = *network.firewalls[firewall].policies.last()?;
    let known = allowing(network, firewall);
    if let Some((policy, keys)) = known.iter().rev().find(|(policy, _)| *policy == own) {
        return Some((*policy, within(keys)));
    }
    let groups = &network.firewall_policies[own].groups;
    let last = groups.iter().max_by_key(|group| group.priority);
    let Some(group) = last else {
        return Some((own, new_group(std::iter::empty(), FIRST_PRIORITY)));
    };
    let taken: Vec<u16> = group.collections.iter().map(|own| own.priority).collect();
    let behind = taken
        .iter()
        .max()
        .map_or(FIRST_PRIORITY, |last| (last / 100 + 1) * 100);
    let next = Some(behind).filter(|next| *next <= LAST_PRIORITY);
    let priority = next.or_else(|| free(&taken, LAST_PRIORITY))?;
    let has = |name: &str| {
        group
            .collections
            .iter()
            .any(|own| own.name.eq_ignore_ascii_case(name))
    };
    Some((own, new_collection(&group.name, None, priority, has)))
}

/// A free priority before another, a round one where there is one right before it.
fn free(taken: &[u16], below: u16) -> Option<u16> {
    let open = |priority: &u16| !taken.contains(priority);
    let round = (FIRST_PRIORITY..below).rev().filter(|own| own % 10 == 0);
    let mut round = round.take(1).filter(open);
    round
        .next()
        .or_else(|| (FIRST_PRIORITY..below).rev().find(open))
}

fn new_collection(
    group: &Arc<str>,
    new_group: Option<u16>,
    priority: u16,
    has: impl Fn(&str) -> bool,
) -> FirewallPlace {
    FirewallPlace {
        group: Arc::clone(group),
        new_group,
        collection: names::free("allowed".to_owned(), has),
        new_collection: Some(priority),
    }
}

fn new_group<'g>(known: impl Iterator<Item = &'g str> + Clone, priority: u16) -> FirewallPlace {
    let has = |name: &str| known.clone().any(|own| own.eq_ignore_ascii_case(name));
    let group = names::free("allowed".to_owned(), has);
    new_collection(&group, Some(priority), FIRST_PRIORITY, |_| false)
}
