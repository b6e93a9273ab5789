//! Security admin rules that never decide, or that nothing meets.
//!
//! Follows `virtual-network-manager/concept-security-admins` (by priority, the first match ends it; before every
//! security group), `concept-network-manager-scope` (the higher scope goes before the lower one),
//! `concept-security-admin-rules-network-group` and `faq` (where they do not apply).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::idle::{Idle, Named, Order, never_decides};
use super::local::Local;
use super::rules::named_admin;
use super::subjects::at_admin_rule;
use super::survey::{Survey, union};
use super::{Finding, Findings};
use crate::diagnostic::{Code, Diagnostic};
use crate::effective::{ListOrigin, SecurityList};
use crate::net::{AddressSet, RuleList};
use crate::network::{AdminRule, Id, Network, NetworkManager, RuleSide};
use crate::spec::Direction;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    if network.managers.is_empty() {
        return;
    }
    let local = Local::of(network);
    for direction in [Direction::Inbound, Direction::Outbound] {
        let places = places(survey, direction, &local);
        for (id, manager) in network.managers.iter() {
            let own = manager.rules.iter().enumerate();
            for (at, rule) in own.filter(|(_, rule)| rule.direction == direction) {
                judge(network, (id, at, rule), &places, findings);
            }
        }
    }
    nowhere(network, findings);
}

/// What managers say where they say the same: their lists, the highest scope first, where each rule stands in
/// them, and the addresses that their own side can have.
struct Place<'n> {
    managers: Vec<Order<'n>>,
    positions: HashMap<(Id<NetworkManager>, usize), (usize, usize)>,
    local: AddressSet,
}

fn places<'n>(survey: &Survey<'_, 'n>, direction: Direction, local: &Local) -> Vec<Place<'n>> {
    type Alike = Vec<*const RuleList>;
    let network = survey.network();
    let mut known: HashMap<Alike, usize> = HashMap::new();
    let mut places: Vec<(Vec<SecurityList>, Vec<&AddressSet>)> = Vec::new();
    for id in network.subnets.ids() {
        let mut lists = survey.effective.subnet_security(id, direction);
        lists.retain(|list| matches!(list.origin, ListOrigin::Manager(_)));
        if lists.is_empty() {
            continue;
        }
        let alike: Alike = lists.iter().map(|own| Arc::as_ptr(&own.rules)).collect();
        let at = *known.entry(alike).or_insert(places.len());
        if at == places.len() {
            places.push((lists, Vec::new()));
        }
        if let Some((_, locals)) = places.get_mut(at) {
            locals.push(local.to_subnet(id));
        }
    }
    let places = places.into_iter().map(|(lists, locals)| {
        let mut positions = HashMap::new();
        for (number, list) in lists.iter().enumerate() {
            for at in 0..list.user_rules {
                positions.extend(list.admin_position(at).map(|rule| (rule, (number, at))));
            }
        }
        let orders = lists.into_iter().map(|list| Order::new(network, list));
        Place {
            managers: orders.collect(),
            positions,
            local: union(locals),
        }
    });
    places.collect()
}

type Found<'r> = (Id<NetworkManager>, usize, &'r AdminRule);

fn judge(
    network: &Network,
    (manager, at, rule): Found<'_>,
    places: &[Place<'_>],
    findings: &mut Findings,
) {
    let mut taken: Vec<(Id<NetworkManager>, usize)> = Vec::new();
    let (mut applied, mut matched) = (false, false);
    for place in places {
        let Some((number, position)) = place.positions.get(&(manager, at)) else {
            continue;
        };
        applied = true;
        match idle(place, *number, *position) {
            None => return,
            Some(Idle::Unmatched) => {}
            Some(Idle::Taken(by)) => {
                matched = true;
                taken.extend(by);
            }
        }
    }
    let name = &network.managers[manager].identity.name;
    let Some(own) = named_admin(network, manager, at) else {
        return;
    };
    if !applied {
        return findings
            .found
            .extend(withheld(network, manager, rule, &own));
    }
    if !matched {
        let side = match rule.direction {
            Direction::Inbound => "destination",
            Direction::Outbound => "source",
        };
        let message = match empty_side(rule) {
            Some(side) => format!(
                "no packet can match {}: the network groups of its {side} are empty",
                own.name
            ),
            None => format!(
                "no packet can match {}: nothing that it is applied to has an address of its {side}",
                own.name
            ),
        };
        let finding = Diagnostic::new(Code::RuleNeverMatches, message)
            .at_key(own.at)
            .help(
                "rules see the private addresses of Azure's own machines, never their public ones",
            );
        return findings.add(&**name, finding);
    }
    taken.sort_unstable();
    taken.dedup();
    let by = taken
        .iter()
        .filter_map(|(manager, at)| named_admin(network, *manager, *at));
    let by: Vec<_> = by.collect();
    let otherwise = by.iter().any(|other| other.does != own.does);
    let above = taken.iter().any(|(other, _)| *other != manager);
    let help = if above {
        "a network manager of a higher scope decides first: change its rules, or delete this one"
    } else {
        "give it a lower priority number than theirs, or delete it"
    };
    findings.add(&**name, never_decides(&own, &by, otherwise, help));
}

/// Why a rule of a list never decides at a place: a rule that matches before it ends the managers' say, whatever it
/// does.
fn idle(
    place: &Place<'_>,
    number: usize,
    position: usize,
) -> Option<Idle<(Id<NetworkManager>, usize)>> {
    let order = place.managers.get(number)?;
    let subject = order.subject(position)?;
    let mut rest = subject.region();
    let local = subject.side(order.list.direction);
    if rest.is_empty() || !local.overlaps(&place.local) {
        return Some(Idle::Unmatched);
    }
    let mut taken = Vec::new();
    for (at, before) in place.managers.iter().enumerate().take(number + 1) {
        let count = if at == number {
            position
        } else {
            before.list.user_rules
        };
        let by;
        (rest, by) = before.take(&subject, count, rest)?;
        let by = by
            .into_iter()
            .filter_map(|at| before.list.admin_position(at));
        taken.extend(by);
    }
    rest.is_empty().then_some(Idle::Taken(taken))
}

/// A rule that intent policies keep away from all of its virtual networks.
fn withheld(
    network: &Network,
    manager: Id<NetworkManager>,
    rule: &AdminRule,
    own: &Named,
) -> Option<Finding> {
    let manager = &network.managers[manager];
    let vnets = rule.networks.iter().map(|id| &network.vnets[*id]);
    let mut vnets = vnets.filter(|vnet| manager.governs(vnet)).peekable();
    vnets.peek()?;
    if !vnets.all(|vnet| !vnet.intent_policies.is_empty()) {
        return None;
    }
    let message = format!(
        "no packet can match {}: its virtual networks have intent policies, with which it does not hold",
        own.name
    );
    Some(Finding {
        diagnostic: Diagnostic::new(Code::RuleNeverMatches, message)
            .at_key(own.at.clone())
            .help("`applyOnNetworkIntentPolicyBasedServices` says which rules hold there"),
        resources: vec![manager.identity.name.to_string()],
    })
}

/// The side of a rule that only empty network groups are named on.
fn empty_side(rule: &AdminRule) -> Option<&'static str> {
    let nothing = |side: &[RuleSide]| {
        let mut all = side.iter();
        all.all(|own| matches!(own, RuleSide::Prefixes(own) if own.is_empty()))
    };
    let sides = [
        (&rule.sources, "sources"),
        (&rule.destinations, "destinations"),
    ];
    let mut empty = sides.into_iter().filter(|(side, _)| nothing(side));
    empty.next().map(|(_, word)| word)
}

/// Collections that no virtual network takes.
fn nowhere(network: &Network, findings: &mut Findings) {
    for (id, manager) in network.managers.iter() {
        let mut collections: BTreeMap<(&str, &str), &AdminRule> = BTreeMap::new();
        for rule in &manager.rules {
            let key = (&*rule.configuration, &*rule.collection);
            collections.entry(key).or_insert(rule);
        }
        for ((_, collection), rule) in collections {
            let governs = |own: &&Id<_>| manager.governs(&network.vnets[**own]);
            if rule.networks.iter().any(|own| governs(&own)) {
                continue;
            }
            let name = &manager.identity.name;
            let (why, help) = if rule.networks.is_empty() {
                (
                    "the network groups that it applies to are empty",
                    "add virtual networks to the groups, or name others in `appliesToGroups`",
                )
            } else {
                (
                    "no virtual network of its groups lies in the manager's scope",
                    "a manager governs the subscriptions and management groups of its `scope` only",
                )
            };
            let message = format!("the rules of `{collection}` of `{name}` are for nothing: {why}");
            let mut at = at_admin_rule(network, id, rule);
            // The rule, and `rules`.
            at.pop();
            at.pop();
            let finding = Diagnostic::new(Code::UnusedRuleCollection, message)
                .at_key(at)
                .help(help);
            findings.add(&**name, finding);
        }
    }
}
