//! Network security groups (`network-security-groups-overview`): what each
//! rule says, and what Azure's API refuses.

use std::collections::HashMap;

use ipnet::IpNet;

use super::kind::Kind;
use super::networks::in_order;
use super::overlaps::nested;
use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic};
use crate::net::tags::{self, PlatformTag};
use crate::net::{PortRange, ProtocolMatch, same_family};
use crate::network::{ApplicationSecurityGroup, Id, NetworkSecurityGroup, RuleSide, SecurityRule};
use crate::spec::{self, AddressMatch, Direction};

/// Rules of a group, addresses of one side of all of them, groups of a side, of all rules (1.6).
const MOST_RULES: usize = 1_000;
const MOST_ADDRESSES: usize = 4_000;
const MOST_GROUPS_OF_A_SIDE: usize = 10;
const MOST_GROUPS_OF_ALL: usize = 100;

/// The keys of one side of a rule.
struct SideKeys {
    prefixes: (&'static str, &'static str),
    groups: &'static str,
}

const SOURCE: SideKeys = SideKeys {
    prefixes: ("sourceAddressPrefix", "sourceAddressPrefixes"),
    groups: "sourceApplicationSecurityGroups",
};
const DESTINATION: SideKeys = SideKeys {
    prefixes: ("destinationAddressPrefix", "destinationAddressPrefixes"),
    groups: "destinationApplicationSecurityGroups",
};

/// A rule whose groups have yet to be compared by virtual network.
#[derive(Debug)]
pub(super) struct GroupedRule<'a> {
    pub(super) groups: Vec<(Id<ApplicationSecurityGroup>, Spot<'a>)>,
}

impl<'a> Resolver<'a> {
    /// Application security groups; their members come with the NICs.
    pub(super) fn application_groups(&mut self) {
        for (key, group) in self.topology.application_security_groups.iter() {
            let spot = Spot::of(Kind::ApplicationGroup.section()).key(key);
            self.check_name(key, Kind::ApplicationGroup.noun(), spot);
            let identity = self
                .identities
                .of(Kind::ApplicationGroup, key, &group.common);
            self.network.asgs.push(ApplicationSecurityGroup {
                identity,
                members: Vec::new(),
                endpoints: Vec::new(),
            });
            self.group_homes.push(None);
        }
    }

    /// Network security groups with their rules.
    pub(super) fn security_groups(&mut self) {
        for (key, group) in self.topology.network_security_groups.iter() {
            let spot = Spot::of(Kind::SecurityGroup.section()).key(key);
            self.check_name(key, Kind::SecurityGroup.noun(), spot);
            let identity = self.identities.of(Kind::SecurityGroup, key, &group.common);
            let mut rules: Vec<SecurityRule> = Vec::with_capacity(group.security_rules.len());
            let mut taken: HashMap<(Direction, u16), &'a str> = HashMap::new();
            for (name, rule) in group.security_rules.iter() {
                let at = spot.key("securityRules").key(name);
                self.check_name(name, "rule", at);
                let Some(rule) = self.rule(name, rule, at) else {
                    continue;
                };
                if let Some(first) = taken.get(&(rule.direction, rule.priority)).copied() {
                    let message = format!(
                        "`{name}` and `{first}` are both {} rules of priority {}",
                        rule.direction, rule.priority
                    );
                    let fault = Diagnostic::new(Code::DuplicatePriority, message)
                        .at(at.key("priority").path())
                        .also(
                            spot.key("securityRules").key(first).key("priority").path(),
                            "the other rule",
                        )
                        .help("a priority is given once a direction");
                    self.faults.push(fault);
                } else {
                    taken.insert((rule.direction, rule.priority), name);
                }
                rules.push(rule);
            }
            self.check_counts(group, spot);
            rules.sort_by_key(|rule| (rule.direction, rule.priority));
            self.network
                .nsgs
                .push(NetworkSecurityGroup { identity, rules });
        }
    }

    fn rule(
        &mut self,
        name: &'a str,
        rule: &'a spec::SecurityRule,
        spot: Spot<'a>,
    ) -> Option<SecurityRule> {
        let priority = rule.priority.0;
        let mut groups = Vec::new();
        let source = self.side(
            &rule.source,
            &rule.source_groups,
            &SOURCE,
            spot,
            &mut groups,
        );
        let destination = self.side(
            &rule.destination,
            &rule.destination_groups,
            &DESTINATION,
            spot,
            &mut groups,
        );
        if groups.len() > 1 {
            self.grouped_rules.push(GroupedRule { groups });
        }
        self.check_families(rule, spot);
        self.check_dns_rule(rule, spot);
        Some(SecurityRule {
            name: name.into(),
            priority: priority?,
            direction: rule.direction,
            access: rule.access,
            protocol: rule.protocol,
            source: source?,
            source_ports: rule.source_ports.clone(),
            destination: destination?,
            destination_ports: rule.destination_ports.clone(),
        })
    }

    /// One side of a rule: anything, prefixes, one tag, or groups.
    fn side(
        &mut self,
        matches: &'a [AddressMatch],
        groups: &'a [String],
        keys: &SideKeys,
        spot: Spot<'a>,
        all_groups: &mut Vec<(Id<ApplicationSecurityGroup>, Spot<'a>)>,
    ) -> Option<RuleSide> {
        let at = |index| spot.either(keys.prefixes, matches.len(), index);
        if !groups.is_empty() {
            if !matches.is_empty() {
                let (one, many) = keys.prefixes;
                let own = if matches.len() == 1 { one } else { many };
                let message = format!("`{}` and `{own}` are given at once", keys.groups);
                let fault = Diagnostic::new(Code::TagBesidePrefixes, message)
                    .at(spot.key(own).path())
                    .also(spot.key(keys.groups).path(), "the groups")
                    .help("a rule's side is groups, prefixes or one tag; keep one of the two");
                self.faults.push(fault);
            }
            return self.group_side(groups, keys, spot, all_groups);
        }
        match matches {
            [] | [AddressMatch::Any] => return Some(RuleSide::Any),
            [AddressMatch::Tag(name)] => {
                return match tags::platform(name) {
                    Some(tag) => Some(RuleSide::Platform(tag)),
                    None => self.tag(name, at(0)).map(RuleSide::Tag),
                };
            }
            _ => {}
        }
        let mut prefixes: Vec<IpNet> = Vec::with_capacity(matches.len());
        let mut odd = None;
        for (index, entry) in matches.iter().enumerate() {
            match entry {
                AddressMatch::Prefix(prefix) => prefixes.push(*prefix),
                AddressMatch::Any => odd = odd.or(Some((index, "*".to_owned()))),
                AddressMatch::Tag(name) => odd = odd.or(Some((index, name.clone()))),
            }
        }
        if let Some((index, text)) = odd {
            // `SecurityRuleParameterContainsUnsupportedValue` (`network-security-groups-overview`).
            let message = if prefixes.is_empty() {
                format!("`{text}` stands beside another service tag or `*`")
            } else {
                format!("`{text}` stands beside address prefixes")
            };
            let fault = Diagnostic::new(Code::TagBesidePrefixes, message)
                .at(at(index).path())
                .help(
                    "a rule takes one service tag or `*`, or several prefixes; write another rule",
                );
            self.faults.push(fault);
            return None;
        }
        self.check_overlaps(&prefixes, at);
        Some(RuleSide::Prefixes(prefixes))
    }

    fn group_side(
        &mut self,
        groups: &'a [String],
        keys: &SideKeys,
        spot: Spot<'a>,
        all_groups: &mut Vec<(Id<ApplicationSecurityGroup>, Spot<'a>)>,
    ) -> Option<RuleSide> {
        self.at_most(
            groups.len(),
            MOST_GROUPS_OF_A_SIDE,
            "application security groups on one side of a rule",
            spot.key(keys.groups),
        );
        let mut found = Vec::with_capacity(groups.len());
        for (index, group) in groups.iter().enumerate() {
            let at = spot.key(keys.groups).index(index);
            if let Some(group) = self.refer_id(Kind::ApplicationGroup, group, at) {
                all_groups.push((group, at));
                found.push(group);
            }
        }
        (found.len() == groups.len()).then_some(RuleSide::Groups(found))
    }

    /// `OverlappingSubnetsNotPermittedInSecurityRule` (`network-security-groups-overview`).
    fn check_overlaps(&mut self, prefixes: &[IpNet], at: impl Fn(usize) -> Spot<'a>) {
        for (wide, narrow) in nested::<usize>(prefixes.iter().copied().zip(0..).collect()) {
            let (first, second) = in_order(wide, narrow, |(_, index)| *index);
            let message = format!("`{}` and `{}` overlap in one rule", second.0, first.0);
            let fault = Diagnostic::new(Code::OverlappingPrefixesInRule, message)
                .at(at(second.1).path())
                .also(at(first.1).path(), "the other prefix")
                .help(format!(
                    "leave out `{}`, which the other one holds",
                    narrow.0
                ));
            self.faults.push(fault);
        }
    }

    /// `ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies` (`network-security-groups-overview`).
    fn check_families(&mut self, rule: &'a spec::SecurityRule, spot: Spot<'a>) {
        let of = |matches: &'a [AddressMatch], keys: &SideKeys| {
            let count = matches.len();
            let keys = keys.prefixes;
            let prefixes = matches.iter().enumerate();
            prefixes.filter_map(move |(index, entry)| match entry {
                AddressMatch::Prefix(prefix) => Some((*prefix, spot.either(keys, count, index))),
                _ => None,
            })
        };
        let mut all = of(&rule.source, &SOURCE).chain(of(&rule.destination, &DESTINATION));
        let Some((first, first_at)) = all.next() else {
            return;
        };
        let other = all.find(|(prefix, _)| !same_family(prefix.addr(), first.addr()));
        if let Some((other, at)) = other {
            let message = format!("`{other}` and `{first}` are of different address families");
            let fault = Diagnostic::new(Code::MixedAddressFamilies, message)
                .at(at.path())
                .also(first_at.path(), "the other family")
                .help("write one rule for IPv4 and one for IPv6");
            self.faults.push(fault);
        }
    }

    /// A rule for Azure's DNS takes no protocol and no port (`network-security-groups-overview`).
    fn check_dns_rule(&mut self, rule: &'a spec::SecurityRule, spot: Spot<'a>) {
        let dns = |matches: &[AddressMatch]| {
            matches.iter().any(|entry| {
                matches!(entry, AddressMatch::Tag(name)
                    if tags::platform(name) == Some(PlatformTag::AzurePlatformDns))
            })
        };
        if !dns(&rule.source) && !dns(&rule.destination) {
            return;
        }
        if rule.protocol != ProtocolMatch::Any {
            let message = format!(
                "a rule for `AzurePlatformDNS` takes `*`, not `{}`",
                rule.protocol
            );
            let fault = Diagnostic::new(Code::UnknownWord, message);
            self.faults.push(fault.at(spot.key("protocol").path()));
        }
        let sides = [
            (&rule.source_ports, ("sourcePortRange", "sourcePortRanges")),
            (
                &rule.destination_ports,
                ("destinationPortRange", "destinationPortRanges"),
            ),
        ];
        for (ports, keys) in sides {
            if let Some(index) = ports.iter().position(|range| *range != PortRange::ALL) {
                let message = format!(
                    "a rule for `AzurePlatformDNS` takes `*`, not `{}`",
                    ports[index]
                );
                let fault = Diagnostic::new(Code::BadPort, message);
                self.faults
                    .push(fault.at(spot.either(keys, ports.len(), index).path()));
            }
        }
    }

    /// The limits of a group (`azure-virtual-network-limits`).
    fn check_counts(&mut self, group: &'a spec::NetworkSecurityGroup, spot: Spot<'a>) {
        self.at_most(
            group.security_rules.len(),
            MOST_RULES,
            "rules in one network security group",
            spot.key("securityRules"),
        );
        let (mut sources, mut destinations) = (0, 0);
        let mut groups = std::collections::HashSet::new();
        for (_, rule) in group.security_rules.iter() {
            sources += rule.source.len();
            destinations += rule.destination.len();
            groups.extend(rule.source_groups.iter().map(|name| fold(name)));
            groups.extend(rule.destination_groups.iter().map(|name| fold(name)));
        }
        let at = spot.key("securityRules");
        self.at_most(sources, MOST_ADDRESSES, "source prefixes in one group", at);
        self.at_most(
            destinations,
            MOST_ADDRESSES,
            "destination prefixes in one group",
            at,
        );
        self.at_most(
            groups.len(),
            MOST_GROUPS_OF_ALL,
            "application security groups in one group's rules",
            at,
        );
    }
}
