//! Rules of security groups that never decide, or name what does not count.
//!
//! Follows `virtual-network/network-security-groups-overview`: the first match by ascending priority ends a
//! group; rules see private addresses; ports count for TCP and UDP only (decisions). Security admin rules come
//! before every group: Deny and AlwaysAllow decide alone (`virtual-network-manager/concept-security-admins`).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::Findings;
use super::idle::{Does, Idle, Named, Order, never_decides};
use super::local::Local;
use super::subjects::{at, at_admin_rule, at_rule};
use super::survey::{Survey, union};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{AppliedTo, ListOrigin, SecurityList};
use crate::net::{AddressSet, PortRange, ProtocolMatch, RuleList};
use crate::network::{
    FixtureKind, Id, Network, NetworkManager, NetworkSecurityGroup, RuleSide, SecurityRule,
};
use crate::spec::{Access, AdminAccess, Direction};

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    let local = Local::of(network);
    for (id, nsg) in network.nsgs.iter() {
        for rule in &nsg.rules {
            ports_ignored(network, id, rule, findings);
        }
        for direction in [Direction::Inbound, Direction::Outbound] {
            let own = nsg.rules.iter().filter(|rule| rule.direction == direction);
            let mut own = own.enumerate().peekable();
            if own.peek().is_none() {
                continue;
            }
            let places = places(survey, id, direction, &local);
            for (position, rule) in own {
                judge(network, (id, rule), position, &places, findings);
            }
        }
    }
}

/// A group where it works alike: what comes before it, its rules, and the addresses that its own side can have.
struct Place<'n> {
    network: &'n Network,
    managers: Vec<SecurityList>,
    list: SecurityList,
    local: AddressSet,
    orders: OnceCell<(Vec<Order<'n>>, Order<'n>)>,
}

impl<'n> Place<'n> {
    /// The lists to be compared, once a rule has to be looked at here: most decide at the first place.
    fn orders(&self) -> &(Vec<Order<'n>>, Order<'n>) {
        self.orders.get_or_init(|| {
            let order = |list: &SecurityList| Order::new(self.network, list.clone());
            (self.managers.iter().map(order).collect(), order(&self.list))
        })
    }
}

/// What decides whether a group works alike: the lists.
type Alike = Vec<*const RuleList>;

fn places<'n>(
    survey: &Survey<'_, 'n>,
    nsg: Id<NetworkSecurityGroup>,
    direction: Direction,
    local: &Local,
) -> Vec<Place<'n>> {
    let (network, effective) = (survey.network(), survey.effective);
    let mut known: HashMap<Alike, usize> = HashMap::new();
    let mut places: Vec<(Vec<SecurityList>, SecurityList, Vec<AddressSet>)> = Vec::new();
    let mut add = |lists: Vec<SecurityList>, applied_to: AppliedTo, local: AddressSet| {
        let mut managers = Vec::new();
        for list in lists {
            if matches!(list.origin, ListOrigin::Manager(_)) {
                managers.push(list);
            } else if list.applied_to == applied_to {
                let lists = managers.iter().chain([&list]);
                let alike: Alike = lists.map(|own| Arc::as_ptr(&own.rules)).collect();
                let at = *known.entry(alike).or_insert(places.len());
                if at == places.len() {
                    places.push((managers, list, Vec::new()));
                }
                if let Some((.., locals)) = places.get_mut(at) {
                    locals.push(local);
                }
                return;
            }
        }
    };
    for id in survey.guarded_subnets(nsg) {
        let lists = effective.subnet_security(*id, direction);
        add(lists, AppliedTo::Subnet(*id), local.to_subnet(*id).clone());
    }
    for id in survey.guarded_nics(nsg) {
        let lists = effective.security(*id, direction);
        add(
            lists.to_vec(),
            AppliedTo::Nic(*id),
            local.to_nic(network, *id),
        );
    }
    let places = places.into_iter().map(|(managers, list, locals)| Place {
        network,
        managers,
        list,
        local: union(&locals),
        orders: OnceCell::new(),
    });
    places.collect()
}

/// A rule that takes flows from another: of a manager, by its position there, or of the group itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taker {
    Admin(Id<NetworkManager>, usize),
    Own(usize),
}

fn judge(
    network: &Network,
    (nsg, rule): (Id<NetworkSecurityGroup>, &SecurityRule),
    position: usize,
    places: &[Place<'_>],
    findings: &mut Findings,
) {
    let mut taken: Vec<Taker> = Vec::new();
    let mut matched = false;
    for place in places {
        match idle(position, place) {
            None => return,
            Some(Idle::Unmatched) => {}
            Some(Idle::Taken(by)) => {
                matched = true;
                taken.extend(by);
            }
        }
    }
    let Some(first) = places.first() else {
        return;
    };
    let group = &network.nsgs[nsg].identity.name;
    if !matched {
        return findings.add(&**group, unmatched(network, nsg, rule));
    }
    taken.sort_unstable();
    taken.dedup();
    let allows = rule.access == Access::Allow;
    let does = |allows| if allows { Does::Allow } else { Does::Deny };
    let by = taken.iter().filter_map(|taker| match *taker {
        Taker::Own(at) => {
            let rule = first.list.rules.rules().get(at)?;
            Some(Named {
                name: format!("`{}`", rule.name),
                does: does(rule.allow),
                at: at_rule(network, nsg, &rule.name),
            })
        }
        Taker::Admin(manager, at) => named_admin(network, manager, at),
    });
    let by: Vec<Named> = by.collect();
    let otherwise = by.iter().any(|own| (own.does == Does::Deny) == allows);
    // What a Bastion host or an application gateway asks for must be there by its own name.
    if !otherwise && serves_platform(network, nsg) {
        return;
    }
    let own = Named {
        name: format!("`{}` of `{group}`", rule.name),
        does: does(allows),
        at: at_rule(network, nsg, &rule.name),
    };
    let governed = taken.iter().any(|own| matches!(own, Taker::Admin(..)));
    let help = if governed {
        "security admin rules decide before every security group: change those, or delete it"
    } else {
        "give it a lower priority number than theirs, or delete it"
    };
    findings.add(&**group, never_decides(&own, &by, otherwise, help));
}

/// A security admin rule as findings name it.
pub(super) fn named_admin(
    network: &Network,
    manager: Id<NetworkManager>,
    at: usize,
) -> Option<Named> {
    let own = &network.managers[manager];
    let rule = own.rules.get(at)?;
    Some(Named {
        name: format!(
            "`{}/{}` of `{}`",
            rule.collection, rule.name, own.identity.name
        ),
        does: match rule.access {
            AdminAccess::Allow => Does::Allow,
            AdminAccess::Deny => Does::Deny,
            AdminAccess::AlwaysAllow => Does::AlwaysAllow,
        },
        at: at_admin_rule(network, manager, rule),
    })
}

/// Whether a group is on a subnet whose service requires rules.
fn serves_platform(network: &Network, nsg: Id<NetworkSecurityGroup>) -> bool {
    let mut fixtures = network.fixtures.iter();
    fixtures.any(|(_, own)| {
        matches!(
            own.kind,
            FixtureKind::BastionHost | FixtureKind::ApplicationGateway(_)
        ) && own
            .subnet
            .is_some_and(|id| network.subnets[id].nsg == Some(nsg))
    })
}

/// Why the rule never decides at a place; none where it does, or where that cannot be told.
fn idle(position: usize, place: &Place<'_>) -> Option<Idle<Taker>> {
    let (managers, order) = place.orders();
    let subject = order.subject(position)?;
    let all = subject.region();
    let local = subject.side(order.list.direction);
    if all.is_empty() || !local.overlaps(&place.local) {
        return Some(Idle::Unmatched);
    }
    let own = |by: Vec<usize>| by.into_iter().map(Taker::Own);
    let (rest, by) = order.take(&subject, position, all.clone())?;
    if rest.is_empty() {
        return Some(Idle::Taken(own(by).collect()));
    }
    if managers.is_empty() {
        return None;
    }
    let (rest, by) = Order::past(managers, &subject, all)?;
    let admin = by.into_iter().filter_map(|(list, at)| {
        let (manager, at) = managers.get(list)?.list.admin_position(at)?;
        Some(Taker::Admin(manager, at))
    });
    let admin: Vec<Taker> = admin.collect();
    let (rest, by) = order.take(&subject, position, rest)?;
    rest.is_empty()
        .then(|| Idle::Taken(admin.into_iter().chain(own(by)).collect()))
}

fn unmatched(network: &Network, nsg: Id<NetworkSecurityGroup>, rule: &SecurityRule) -> Diagnostic {
    let group = &network.nsgs[nsg].identity.name;
    let empty = [&rule.source, &rule.destination]
        .into_iter()
        .find_map(|side| match side {
            RuleSide::Groups(groups) if groups.iter().all(|id| network.asgs[*id].is_empty()) => {
                groups.first()
            }
            _ => None,
        });
    let here = at_rule(network, nsg, &rule.name);
    if let Some(asg) = empty {
        let asg = &network.asgs[*asg].identity;
        let message = format!(
            "no packet can match `{}` of `{group}`: `{}` has no member",
            rule.name, asg.name
        );
        return Diagnostic::new(Code::RuleNeverMatches, message)
            .at_key(here)
            .label(At::Key(at(asg)), "without members")
            .help("let the NICs that are meant join it by `applicationSecurityGroups`");
    }
    let (side, key) = match rule.direction {
        Direction::Inbound => ("destination", "destinationAddressPrefix"),
        Direction::Outbound => ("source", "sourceAddressPrefix"),
    };
    let message = format!(
        "no packet can match `{}` of `{group}`: nothing that the group is applied to has an address of its {side}",
        rule.name
    );
    Diagnostic::new(Code::RuleNeverMatches, message)
        .at_key(here.clone())
        .label(At::Value(here.key(key)), format!("its {side}"))
        .help("rules see the private addresses of Azure's own machines, never their public ones")
}

/// Ports of a rule for a protocol without ports are ignored (decisions).
fn ports_ignored(
    network: &Network,
    nsg: Id<NetworkSecurityGroup>,
    rule: &SecurityRule,
    findings: &mut Findings,
) {
    let ProtocolMatch::Only(protocol) = rule.protocol else {
        return;
    };
    if protocol.has_ports() {
        return;
    }
    let given = |ports: &[PortRange]| !ports.is_empty() && !ports.contains(&PortRange::ALL);
    let key = if given(&rule.destination_ports) {
        "destinationPortRange"
    } else if given(&rule.source_ports) {
        "sourcePortRange"
    } else {
        return;
    };
    let group = &network.nsgs[nsg].identity.name;
    let message = format!(
        "`{}` of `{group}` is for {protocol}, which has no ports: it matches whatever the ports say",
        rule.name
    );
    let here = at_rule(network, nsg, &rule.name);
    let finding = Diagnostic::new(Code::PortsIgnored, message)
        .at(here.key(key))
        .help("write `*`, or name the protocol that is meant");
    findings.add(&**group, finding);
}
