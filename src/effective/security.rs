//! Which security groups a NIC is behind, and what their rules mean for it
//! (`virtual-network/network-security-group-how-it-works`).

use std::sync::{Arc, PoisonError};

use super::{AppliedTo, Effective, defaults, tags};
use crate::net::tags::PlatformTag;
use crate::net::{Doubtful, PortRange, PortSet, Rule, RuleList};
use crate::network::{Id, Network, NetworkSecurityGroup, Nic, RuleSide, SecurityRule, Subnet};
use crate::spec::{Access, Direction};

/// A security group as it works on one NIC in one direction.
#[derive(Debug, Clone)]
pub struct SecurityList {
    /// The group.
    pub nsg: Id<NetworkSecurityGroup>,
    /// Where it is applied.
    pub applied_to: AppliedTo,
    /// For which way it is.
    pub direction: Direction,
    /// Its rules of the direction, the default rules last; names are bare.
    pub rules: Arc<RuleList>,
    /// How many of `rules` are the group's own; those behind are default rules.
    pub user_rules: usize,
}

impl SecurityList {
    /// The rule at `index` as Network Watcher's NSG diagnostics names it: `UserRule_x`, `DefaultRule_x`.
    #[must_use]
    pub fn diagnostic_name(&self, index: usize) -> Option<String> {
        let rule = self.rules.rules.get(index)?;
        let kind = if index < self.user_rules {
            "UserRule"
        } else {
            "DefaultRule"
        };
        Some(format!("{kind}_{}", rule.name))
    }

    /// The rule at `index` as IP flow verify and effective rules name it: `securityRules/x`,
    /// `defaultSecurityRules/x`.
    #[must_use]
    pub fn effective_name(&self, index: usize) -> Option<String> {
        let rule = self.rules.rules.get(index)?;
        let kind = if index < self.user_rules {
            "securityRules"
        } else {
            "defaultSecurityRules"
        };
        Some(format!("{kind}/{}", rule.name))
    }

    /// The rule at `index` as it stands in the group; none for a default rule.
    #[must_use]
    pub fn written<'n>(&self, network: &'n Network, index: usize) -> Option<&'n SecurityRule> {
        own(&network.nsgs[self.nsg], self.direction).nth(index)
    }

    /// The platform's tag that the rule at `index` is for, where it is for one of those that alone
    /// reach Azure's own traffic: `AzurePlatformDNS`, `AzurePlatformIMDS`, `AzurePlatformLKM`.
    #[must_use]
    pub fn platform_tag(&self, network: &Network, index: usize) -> Option<PlatformTag> {
        let rule = self.written(network, index)?;
        [&rule.destination, &rule.source]
            .into_iter()
            .find_map(|side| match side {
                RuleSide::Platform(
                    tag @ (PlatformTag::AzurePlatformDns
                    | PlatformTag::AzurePlatformImds
                    | PlatformTag::AzurePlatformLkm),
                ) => Some(*tag),
                _ => None,
            })
    }
}

/// The group's own rules of one direction, by priority.
pub(super) fn own(
    nsg: &NetworkSecurityGroup,
    direction: Direction,
) -> impl Iterator<Item = &SecurityRule> {
    let rules = nsg.rules.iter();
    rules.filter(move |rule| rule.direction == direction)
}

/// Inbound the subnet's group, then the NIC's; outbound the other way round.
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
    ordered.into_iter().flatten().collect()
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

fn list(
    effective: &Effective,
    nsg: Id<NetworkSecurityGroup>,
    applied_to: AppliedTo,
    subnet: Id<Subnet>,
    direction: Direction,
) -> SecurityList {
    let key = (nsg, effective.class(subnet), direction);
    let lists = &effective.lists;
    let known = lists
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    let rules = known.unwrap_or_else(|| {
        // Built outside the lock; of two that are built at once the first is kept.
        let built = Arc::new(build(effective, nsg, subnet, direction));
        let mut lists = lists.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lists.entry(key).or_insert(built))
    });
    let user_rules = rules.rules.len() - defaults::of(direction).len();
    SecurityList {
        nsg,
        applied_to,
        direction,
        rules,
        user_rules,
    }
}

fn build(
    effective: &Effective,
    nsg: Id<NetworkSecurityGroup>,
    subnet: Id<Subnet>,
    direction: Direction,
) -> RuleList {
    let user = own(&effective.network.nsgs[nsg], direction).map(|rule| {
        let sides = (&rule.source, &rule.destination);
        Rule {
            protocol: rule.protocol,
            source_ports: ports(&rule.source_ports),
            destination_ports: ports(&rule.destination_ports),
            ..lowered(effective, subnet, rule.name.clone(), rule.access, sides)
        }
    });
    let default = defaults::of(direction).iter().map(|rule| {
        let sides = (&rule.source, &rule.destination);
        lowered(effective, subnet, Arc::from(rule.name), rule.access, sides)
    });
    RuleList {
        rules: user.chain(default).collect(),
        otherwise: false,
    }
}

/// The rule for every protocol and port.
fn lowered(
    effective: &Effective,
    subnet: Id<Subnet>,
    name: Arc<str>,
    access: Access,
    (source, destination): (&RuleSide, &RuleSide),
) -> Rule {
    let source = tags::side(effective, subnet, source);
    let destination = tags::side(effective, subnet, destination);
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
        allow: access == Access::Allow,
        protocol: crate::net::ProtocolMatch::Any,
        source: source.addresses,
        source_ports: PortSet::all(),
        destination: destination.addresses,
        destination_ports: PortSet::all(),
        doubtful: doubtful.map(Box::new),
    }
}

fn ports(ranges: &[PortRange]) -> PortSet {
    if ranges.is_empty() {
        PortSet::all()
    } else {
        ranges.iter().copied().collect()
    }
}
