//! From the policy of a firewall to its rules, in the order in which Azure processes them: by type
//! whatever the priorities; within a type the parent policy's before the child's, then by the priority
//! of the group, then by that of the collection (`firewall/rule-processing`).

use ipnet::IpNet;

use super::Resolver;
use super::kind::Kind;
use super::references::id;
use crate::net::tags;
use crate::net::{AddressSet, Doubtful, PortRange, PortSet, Protocol, ProtocolMatch, parse_prefix};
use crate::network::{
    ApplicationProtocol, Firewall, FirewallApplicationRule, FirewallNatRule, FirewallNetworkRule,
    FirewallRule, Fixture, Id, Identity,
};
use crate::spec::{
    self, CollectionAction, CollectionType, FirewallPolicy, RuleCollection, ThreatIntelMode,
};

/// What network rules reach without source translation, unless the policy says otherwise
/// (`firewall/snat-private-range`).
const PRIVATE_RANGES: [&str; 4] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
];

/// A collection with the keys that lead to it.
struct Found<'a> {
    policy: &'a str,
    group: &'a str,
    name: &'a str,
    collection: &'a RuleCollection,
}

/// The addresses of a rule's destination.
#[derive(Default)]
struct Side {
    addresses: AddressSet,
    doubtful: Option<Box<Doubtful>>,
}

impl<'a> Resolver<'a> {
    /// A firewall with the rules of its policy and of those that this is based on. What is wrong in
    /// them is found where they stand.
    pub(super) fn lower_firewall(
        &mut self,
        identity: Identity,
        fixture: Id<Fixture>,
        policy: Option<usize>,
    ) -> Firewall {
        let chain = self.policy_chain(policy);
        let strict = chain
            .iter()
            .filter_map(|(_, _, policy)| policy.threat_intel_mode);
        let denies = strict.into_iter().any(|mode| mode == ThreatIntelMode::Deny);
        let feed = chain
            .iter()
            .flat_map(|(_, _, policy)| policy.threat_intel_addresses.iter());
        let ranges = chain
            .iter()
            .rev()
            .find_map(|(_, _, policy)| policy.private_ranges.as_ref());
        let mut firewall = Firewall {
            management: false,
            identity,
            fixture,
            policies: chain.iter().map(|(at, _, _)| id(*at)).collect(),
            threats: if denies {
                AddressSet::of(feed)
            } else {
                AddressSet::default()
            },
            private_ranges: match ranges {
                Some(ranges) => AddressSet::of(ranges),
                None => PRIVATE_RANGES
                    .iter()
                    .filter_map(|text| text.parse::<IpNet>().ok())
                    .collect(),
            },
            dns_proxy: chain
                .iter()
                .rev()
                .find_map(|(_, _, policy)| policy.dns_proxy)
                .unwrap_or(false),
            nat_rules: Vec::new(),
            network_rules: Vec::new(),
            application_rules: Vec::new(),
        };
        for found in chain
            .iter()
            .flat_map(|(_, key, policy)| in_order(key, policy))
        {
            for (name, rule) in found.collection.rules.iter() {
                match found.collection.kind {
                    CollectionType::Nat => {
                        let side = self.rule_destination(rule);
                        firewall.nat_rules.push(FirewallNatRule {
                            rule: self.policy_rule(&found, name, rule, side),
                            protocols: protocols(rule),
                            ports: ports(&rule.destination_ports),
                            translated_address: rule.translated_address,
                            translated_fqdn: rule.translated_fqdn.clone(),
                            translated_port: rule.translated_port,
                        });
                    }
                    CollectionType::Network => {
                        let side = self.rule_destination(rule);
                        firewall.network_rules.push(FirewallNetworkRule {
                            rule: self.policy_rule(&found, name, rule, side),
                            protocols: protocols(rule),
                            ports: ports(&rule.destination_ports),
                            fqdns: rule.destination_fqdns.clone(),
                            names_only: !rule.destination_fqdns.is_empty()
                                && rule.destination_addresses.is_empty()
                                && rule.destination_ip_groups.is_empty(),
                        });
                    }
                    CollectionType::Application => {
                        let side = self.rule_destination(rule);
                        firewall.application_rules.push(FirewallApplicationRule {
                            rule: self.policy_rule(&found, name, rule, side),
                            protocols: rule
                                .protocols
                                .iter()
                                .filter_map(|text| application(text))
                                .collect(),
                            fqdns: rule.target_fqdns.clone(),
                            url_hosts: rule.target_urls.iter().map(|url| host_of(url)).collect(),
                            beyond: beyond(rule),
                        });
                    }
                }
            }
        }
        firewall
    }

    /// A policy and those that it is based on, the outermost parent first.
    fn policy_chain(&self, own: Option<usize>) -> Vec<(usize, &'a str, &'a FirewallPolicy)> {
        let mut chain: Vec<(usize, &'a str, &'a FirewallPolicy)> = Vec::new();
        let mut next = own;
        while let Some(at) = next {
            let Some((key, policy)) = self.topology.firewall_policies.iter().nth(at) else {
                break;
            };
            if chain.iter().any(|(known, _, _)| *known == at) {
                // A policy that is based on itself is a fault of its own.
                break;
            }
            chain.push((at, key, policy));
            let base = policy.base_policy.as_deref();
            next = base.and_then(|text| {
                self.index
                    .find(Kind::FirewallPolicy, text, &self.identities)
                    .ok()
            });
        }
        chain.reverse();
        chain
    }

    fn policy_rule(
        &self,
        found: &Found<'a>,
        name: &str,
        rule: &'a spec::FirewallRule,
        to: Side,
    ) -> FirewallRule {
        let open = rule.source_addresses.is_empty() && rule.source_ip_groups.is_empty();
        let source = if open {
            AddressSet::all()
        } else {
            let stated = rule
                .source_addresses
                .iter()
                .filter_map(|text| addresses(text));
            stated.fold(self.ip_groups(&rule.source_ip_groups), |all, some| {
                all.union(&some)
            })
        };
        FirewallRule {
            name: format!("{}/{name}", found.name).into(),
            keys: [
                found.policy.into(),
                found.group.into(),
                found.name.into(),
                name.into(),
            ],
            allow: found.collection.action != CollectionAction::Deny,
            source,
            destination: to.addresses,
            doubtful: to.doubtful,
        }
    }

    /// Where a rule leads to; every address where none is given.
    fn rule_destination(&mut self, rule: &'a spec::FirewallRule) -> Side {
        if rule.destination_addresses.is_empty() && rule.destination_ip_groups.is_empty() {
            return Side {
                addresses: AddressSet::all(),
                ..Side::default()
            };
        }
        let mut side = Side {
            addresses: self.ip_groups(&rule.destination_ip_groups),
            ..Side::default()
        };
        for text in &rule.destination_addresses {
            let more = match addresses(text) {
                Some(more) => more,
                None => {
                    let Some(tag) = self.known_tag(text) else {
                        continue;
                    };
                    let tag = &self.network.tags[tag];
                    if !tag.complete {
                        let rest = tags::internet().difference(&tag.addresses);
                        let doubtful = side.doubtful.get_or_insert_default();
                        doubtful.tag = tag.name.clone();
                        doubtful.destination = doubtful.destination.union(&rest);
                    }
                    tag.addresses.clone()
                }
            };
            side.addresses = side.addresses.union(&more);
        }
        side
    }

    /// The addresses of some IP groups.
    fn ip_groups(&self, names: &[String]) -> AddressSet {
        let found = names
            .iter()
            .filter_map(|text| self.index.find(Kind::IpGroup, text, &self.identities).ok());
        let entries = found.filter_map(|at| self.topology.ip_groups.iter().nth(at));
        let sets = entries
            .flat_map(|(_, entries)| entries.iter())
            .filter_map(|text| addresses(text));
        sets.fold(AddressSet::default(), |all, some| all.union(&some))
    }
}

/// The collections of a policy by the priority of the group and then of the collection; types are told
/// apart later. Of equal priorities the first that is written comes first.
fn in_order<'a>(policy: &'a str, written: &'a FirewallPolicy) -> Vec<Found<'a>> {
    let mut groups: Vec<_> = written.rule_collection_groups.iter().collect();
    groups.sort_by_key(|(_, group)| group.priority.0);
    let mut all = Vec::new();
    for (group, own) in groups {
        let mut collections: Vec<_> = own.rule_collections.iter().collect();
        collections.sort_by_key(|(_, collection)| collection.priority.0);
        all.extend(collections.into_iter().map(|(name, collection)| Found {
            policy,
            group,
            name,
            collection,
        }));
    }
    all
}

/// `*`, an address, a prefix, a range of addresses.
fn addresses(text: &str) -> Option<AddressSet> {
    if text == "*" {
        return Some(AddressSet::all());
    }
    if let Some((first, last)) = text.split_once('-')
        && let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse())
    {
        return Some(AddressSet::between(first, last));
    }
    parse_prefix(text)
        .ok()
        .map(|prefix| AddressSet::of([&prefix]))
}

fn ports(ranges: &[PortRange]) -> PortSet {
    if ranges.is_empty() {
        PortSet::all()
    } else {
        ranges.iter().copied().collect()
    }
}

/// The protocols of a network or DNAT rule; every one where none is given.
fn protocols(rule: &spec::FirewallRule) -> Vec<ProtocolMatch> {
    if rule.protocols.is_empty() {
        return vec![ProtocolMatch::Any];
    }
    let known = rule
        .protocols
        .iter()
        .filter_map(|text| match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(ProtocolMatch::Only(Protocol::Tcp)),
            "udp" => Some(ProtocolMatch::Only(Protocol::Udp)),
            "icmp" => Some(ProtocolMatch::Only(Protocol::Icmp)),
            "any" => Some(ProtocolMatch::Any),
            _ => None,
        });
    known.collect()
}

/// `Https:443`; without a port the usual one.
fn application(text: &str) -> Option<(ApplicationProtocol, u16)> {
    let (word, port) = match text.split_once(':') {
        Some((word, port)) => (word, Some(port.parse().ok()?)),
        None => (text, None),
    };
    let (protocol, usual) = match word.to_ascii_lowercase().as_str() {
        "http" => (ApplicationProtocol::Http, 80),
        "https" => (ApplicationProtocol::Https, 443),
        "mssql" => (ApplicationProtocol::Mssql, 1433),
        _ => return None,
    };
    Some((protocol, port.unwrap_or(usual)))
}

/// What an application rule names that needs lists or inspection that a topology does not hold.
fn beyond(rule: &spec::FirewallRule) -> Option<&'static str> {
    let lists = [
        (&rule.fqdn_tags, "FQDN tags"),
        (&rule.web_categories, "web categories"),
    ];
    lists
        .into_iter()
        .find(|(names, _)| !names.is_empty())
        .map(|(_, what)| what)
}

/// `www.contoso.com` of `https://www.contoso.com/news`.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or_default().to_owned()
}
