//! Which security groups a NIC is behind, and what their rules mean for it
//! (`virtual-network/network-security-group-how-it-works`). Security admin rules come before them, as
//! lists of their own (`virtual-network-manager/concept-security-admins`).

use std::slice;
use std::sync::{Arc, PoisonError};

use super::{AppliedTo, Effective, admin, defaults, tags};
use crate::net::tags::PlatformTag;
use crate::net::{
    AddressSet, Doubtful, Flow, PortRange, PortSet, ProtocolMatch, Ranges, Rule, RuleList,
};
use crate::network::{
    AdminRule, Id, Identity, Network, NetworkManager, NetworkSecurityGroup, Nic, RuleSide,
    SecurityRule, Subnet,
};
use crate::spec::{Access, AdminAccess, Direction};

/// Whose a list of rules is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListOrigin {
    /// A security group's.
    Group(Id<NetworkSecurityGroup>),
    /// A network manager's: security admin rules.
    Manager(Id<NetworkManager>),
}

impl ListOrigin {
    /// Its name, group and ARM id.
    #[must_use]
    pub fn identity(self, network: &Network) -> &Identity {
        match self {
            Self::Group(id) => &network.nsgs[id].identity,
            Self::Manager(id) => &network.managers[id].identity,
        }
    }
}

/// What a list decides.
#[derive(Debug, Clone, Copy)]
pub enum Decision<'l> {
    /// The flow is denied; nothing else is asked.
    Denied,
    /// The flow passes; nothing else is asked.
    Allowed,
    /// These lists decide, where there are any; else the flow passes.
    Ask(&'l [SecurityList]),
}

/// A security group, or a manager's security admin rules, as it works on one NIC in one direction.
#[derive(Debug, Clone)]
pub struct SecurityList {
    /// Whose it is.
    pub origin: ListOrigin,
    /// Where it is applied.
    pub applied_to: AppliedTo,
    /// For which way it is.
    pub direction: Direction,
    /// Its rules of the direction, the default rules last; names are bare.
    pub rules: Arc<RuleList>,
    /// How many of `rules` are the group's own; those behind are default rules.
    pub user_rules: usize,
    /// Of a manager's list: each rule's position among the manager's own, and what it does.
    pub(super) admin: Option<Arc<[(usize, AdminAccess)]>>,
}

impl SecurityList {
    /// What follows from the rule at `decided`, or from none, with `rest` the lists behind this one.
    ///
    /// | list | rule | |
    /// |---|---|---|
    /// | group | Deny | denied |
    /// | group | Allow | `rest` |
    /// | manager | Deny | denied |
    /// | manager | AlwaysAllow | allowed |
    /// | manager | Allow | the groups in `rest`: a manager below has no say in what one above allows |
    /// | manager | none | `rest` |
    #[must_use]
    pub fn decide<'l>(&self, decided: Option<usize>, rest: &'l [Self]) -> Decision<'l> {
        match (&self.origin, decided.and_then(|index| self.access(index))) {
            (_, Some(AdminAccess::Deny)) => Decision::Denied,
            (_, Some(AdminAccess::AlwaysAllow)) => Decision::Allowed,
            (ListOrigin::Manager(_), Some(AdminAccess::Allow)) => {
                let managers = rest
                    .iter()
                    .take_while(|list| matches!(list.origin, ListOrigin::Manager(_)));
                Decision::Ask(rest.get(managers.count()..).unwrap_or_default())
            }
            (ListOrigin::Group(_), Some(AdminAccess::Allow)) => Decision::Ask(rest),
            (_, None) if self.rules.otherwise() => Decision::Ask(rest),
            (_, None) => Decision::Denied,
        }
    }

    /// Whether a manager's list has nothing to say: no rule of it is for the flow.
    #[must_use]
    pub fn is_silent(&self, decided: usize) -> bool {
        self.admin.is_some() && decided >= self.rules.rules().len()
    }

    /// What the rule at `index` does.
    #[must_use]
    pub fn access(&self, index: usize) -> Option<AdminAccess> {
        let allows = self.rules.access(index)?;
        Some(
            match self.admin.as_ref().and_then(|admin| admin.get(index)) {
                Some((_, access)) => *access,
                None if allows => AdminAccess::Allow,
                None => AdminAccess::Deny,
            },
        )
    }

    /// The rule at `index` as Network Watcher's NSG diagnostics names it: `UserRule_x`, `DefaultRule_x`; a
    /// security admin rule by its bare name.
    #[must_use]
    pub fn diagnostic_name(&self, index: usize) -> Option<String> {
        let rule = self.rules.rules().get(index)?;
        if self.admin.is_some() {
            return Some(rule.name.to_string());
        }
        let kind = if index < self.user_rules {
            "UserRule"
        } else {
            "DefaultRule"
        };
        Some(format!("{kind}_{}", rule.name))
    }

    /// The rule at `index` as IP flow verify and effective rules name it: `securityRules/x`,
    /// `defaultSecurityRules/x`; a security admin rule by its bare name.
    #[must_use]
    pub fn effective_name(&self, index: usize) -> Option<String> {
        let rule = self.rules.rules().get(index)?;
        if self.admin.is_some() {
            return Some(rule.name.to_string());
        }
        let kind = if index < self.user_rules {
            "securityRules"
        } else {
            "defaultSecurityRules"
        };
        Some(format!("{kind}/{}", rule.name))
    }

    /// The rule at `index` as it stands in a security group; none for a default rule and an admin rule.
    #[must_use]
    pub fn written<'n>(&self, network: &'n Network, index: usize) -> Option<&'n SecurityRule> {
        match self.origin {
            ListOrigin::Group(nsg) => own(&network.nsgs[nsg], self.direction).nth(index),
            ListOrigin::Manager(_) => None,
        }
    }

    /// The security admin rule at `index`: its manager, its position there, and itself.
    #[must_use]
    pub fn admin_rule<'n>(
        &self,
        network: &'n Network,
        index: usize,
    ) -> Option<(Id<NetworkManager>, usize, &'n AdminRule)> {
        let (manager, at) = self.admin_position(index)?;
        let rule = network.managers[manager].rules.get(at)?;
        Some((manager, at, rule))
    }

    /// Where the security admin rule at `index` stands: its manager, and its position there.
    #[must_use]
    pub fn admin_position(&self, index: usize) -> Option<(Id<NetworkManager>, usize)> {
        let ListOrigin::Manager(manager) = self.origin else {
            return None;
        };
        let (at, _) = self.admin.as_ref()?.get(index)?;
        Some((manager, *at))
    }

    /// What the rule at `index` says of source and destination, each of which is any of some; none for a
    /// default rule.
    #[must_use]
    pub fn sides<'n>(&self, network: &'n Network, index: usize) -> Option<[&'n [RuleSide]; 2]> {
        match self.admin_rule(network, index) {
            Some((_, _, rule)) => Some([&rule.sources, &rule.destinations]),
            None => {
                let rule = self.written(network, index)?;
                Some([
                    slice::from_ref(&rule.source),
                    slice::from_ref(&rule.destination),
                ])
            }
        }
    }

    /// The priority of the rule at `index`, of a default rule too.
    #[must_use]
    pub fn priority(&self, network: &Network, index: usize) -> Option<u16> {
        let default = || defaults::of(self.direction).get(index.checked_sub(self.user_rules)?);
        match self.admin_rule(network, index) {
            Some((_, _, rule)) => Some(rule.priority),
            None => match self.written(network, index) {
                Some(rule) => Some(rule.priority),
                None => default().map(|rule| rule.priority),
            },
        }
    }

    /// The platform's tag that the rule at `index` is for, where it is for one of those that alone
    /// reach Azure's own traffic: `AzurePlatformDNS`, `AzurePlatformIMDS`, `AzurePlatformLKM`.
    #[must_use]
    pub fn platform_tag(&self, network: &Network, index: usize) -> Option<PlatformTag> {
        let [source, destination] = self.sides(network, index)?;
        let mut sides = destination.iter().chain(source);
        sides.find_map(|side| match side {
            RuleSide::Platform(tag) if tag.is_platforms_own() => Some(*tag),
            _ => None,
        })
    }
}

/// Whether `flow` passes lists in their order.
#[must_use]
pub fn passes(lists: &[SecurityList], flow: &Flow) -> bool {
    let mut lists = lists;
    while let Some((list, rest)) = lists.split_first() {
        let decided = list.rules.first_match(flow);
        match list.decide(decided, rest) {
            Decision::Denied => return false,
            Decision::Allowed => return true,
            Decision::Ask(next) => lists = next,
        }
    }
    true
}

/// The group's own rules of one direction, by priority.
pub(super) fn own(
    nsg: &NetworkSecurityGroup,
    direction: Direction,
) -> impl Iterator<Item = &SecurityRule> {
    let rules = nsg.rules.iter();
    rules.filter(move |rule| rule.direction == direction)
}

/// First the managers' admin rules; then inbound the subnet's group and the NIC's, outbound the other way
/// round.
pub(super) fn of_nic(
    effective: &Effective,
    nic: Id<Nic>,
    direction: Direction,
) -> Vec<SecurityList> {
    let found = &effective.network.nics[nic];
    let subnet = of_subnet(effective, found.subnet, direction);
    let own = found
        .nsg
        .map(|nsg| list(effective, nsg, AppliedTo::Nic(nic), found.subnet, direction));
    let ordered = match direction {
        Direction::Inbound => [subnet, own],
        Direction::Outbound => [own, subnet],
    };
    let mut lists = admin::of_subnet(effective, found.subnet, direction);
    lists.extend(ordered.into_iter().flatten());
    lists
}

/// The subnet's group.
pub(super) fn of_subnet(
    effective: &Effective,
    subnet: Id<Subnet>,
    direction: Direction,
) -> Option<SecurityList> {
    let nsg = effective.network.subnets[subnet].nsg?;
    let applied_to = AppliedTo::Subnet(subnet);
    Some(list(effective, nsg, applied_to, subnet, direction))
}

/// The subnet's group as it meets what comes to a private endpoint: the source port does not count
/// (`private-link/private-endpoint-overview`, limitations).
pub(super) fn of_endpoint(effective: &Effective, subnet: Id<Subnet>) -> Option<SecurityList> {
    let mut list = of_subnet(effective, subnet, Direction::Inbound)?;
    let any_port = |rule: &Rule| Rule {
        source_ports: PortSet::all(),
        ..rule.clone()
    };
    let rules = list.rules.rules().iter().map(any_port).collect();
    list.rules = Arc::new(RuleList::new(rules, list.rules.otherwise()));
    Some(list)
}

fn list(
    effective: &Effective,
    nsg: Id<NetworkSecurityGroup>,
    applied_to: AppliedTo,
    subnet: Id<Subnet>,
    direction: Direction,
) -> SecurityList {
    let origin = ListOrigin::Group(nsg);
    let rules = cached(effective, origin, subnet, direction, || {
        build(effective, nsg, subnet, direction)
    });
    let user_rules = rules.rules().len() - defaults::of(direction).len();
    SecurityList {
        origin,
        applied_to,
        direction,
        rules,
        user_rules,
        admin: None,
    }
}

/// The rules of a list, built where they are not yet.
pub(super) fn cached(
    effective: &Effective,
    origin: ListOrigin,
    subnet: Id<Subnet>,
    direction: Direction,
    build: impl FnOnce() -> RuleList,
) -> Arc<RuleList> {
    let key = (origin, effective.class(subnet), direction);
    let lists = &effective.lists;
    let known = lists
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    known.unwrap_or_else(|| {
        // Built outside the lock; of two that are built at once the first is kept.
        let built = Arc::new(build());
        let mut lists = lists.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lists.entry(key).or_insert(built))
    })
}

fn build(
    effective: &Effective,
    nsg: Id<NetworkSecurityGroup>,
    subnet: Id<Subnet>,
    direction: Direction,
) -> RuleList {
    let user = own(&effective.network.nsgs[nsg], direction).map(|rule| {
        let sides = (
            slice::from_ref(&rule.source),
            slice::from_ref(&rule.destination),
        );
        let rule = Rule {
            protocol: rule.protocol,
            source_ports: ports(&rule.source_ports),
            destination_ports: ports(&rule.destination_ports),
            ..lowered(
                effective,
                subnet,
                rule.name.clone(),
                rule.access == Access::Allow,
                sides,
            )
        };
        of_service(rule, sides.1)
    });
    let default = defaults::of(direction).iter().map(|rule| {
        let sides = (
            slice::from_ref(&rule.source),
            slice::from_ref(&rule.destination),
        );
        lowered(
            effective,
            subnet,
            Arc::from(rule.name),
            rule.access == Access::Allow,
            sides,
        )
    });
    RuleList::new(user.chain(default).collect(), false)
}

/// The rule for every protocol and port.
pub(super) fn lowered(
    effective: &Effective,
    subnet: Id<Subnet>,
    name: Arc<str>,
    allow: bool,
    (source, destination): (&[RuleSide], &[RuleSide]),
) -> Rule {
    let source = tags::any_of(effective, subnet, source);
    let destination = tags::any_of(effective, subnet, destination);
    let doubtful = match (source.doubtful, destination.doubtful) {
        (None, None) => None,
        (Some((tag, addresses)), None) => Some(Doubtful {
            tag,
            source: addresses,
            ..Doubtful::default()
        }),
        (None, Some((tag, addresses))) => Some(Doubtful {
            tag,
            destination: addresses,
            ..Doubtful::default()
        }),
        (Some((a, source)), Some((b, destination))) => Some(Doubtful {
            tag: if a == b {
                a
            } else {
                Arc::from(format!("{a}, {b}"))
            },
            source,
            destination,
        }),
    };
    Rule {
        name,
        allow,
        protocol: crate::net::ProtocolMatch::Any,
        source: source.addresses,
        source_ports: PortSet::all(),
        destination: destination.addresses,
        destination_ports: PortSet::all(),
        doubtful: doubtful.map(Box::new),
    }
}

/// A rule for one of the platform's own tags is for its service alone (`service-tags-overview`: what a Deny
/// of each disables).
pub(super) fn of_service(rule: Rule, destinations: &[RuleSide]) -> Rule {
    let [RuleSide::Platform(tag)] = destinations else {
        return rule;
    };
    let Some((protocol, port)) = tag.service() else {
        return rule;
    };
    let (protocol, met) = match (rule.protocol, protocol) {
        (ProtocolMatch::Any, service) => (service, true),
        (own, ProtocolMatch::Any) => (own, true),
        (own, service) => (own, own == service),
    };
    let destination_ports = rule
        .destination_ports
        .intersection(&Ranges::one(port, port));
    let met = met && !destination_ports.is_empty();
    Rule {
        protocol,
        destination_ports,
        destination: if met {
            rule.destination
        } else {
            AddressSet::default()
        },
        ..rule
    }
}

pub(super) fn ports(ranges: &[PortRange]) -> PortSet {
    if ranges.is_empty() {
        PortSet::all()
    } else {
        ranges.iter().copied().collect()
    }
}
