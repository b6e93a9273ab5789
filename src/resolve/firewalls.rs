//! Azure Firewalls and what their policies refer to (`firewall/
//! firewall-faq`, `firewall/rule-processing`). Their rules are put in order beside this.

use std::net::IpAddr;

use super::Resolver;
use super::fixtures::Draft;
use super::kind::Kind;
use super::references::id;
use super::special::Special;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{PrefixFault, parse_prefix, tags};
use crate::network::{self, FirewallRuleType, FixtureKind, RuleCollection, RuleCollectionGroup};
use crate::spec::{self, CollectionAction, CollectionType, FirewallRule, FirewallState};

/// What may stand where a firewall's rule takes addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Addresses,
    AddressesAndTags,
}

impl<'a> Resolver<'a> {
    /// Firewalls, each in its own subnet.
    pub(super) fn firewalls(&mut self) {
        for (key, firewall) in self.topology.azure_firewalls.iter() {
            let spot = Spot::of(Kind::Firewall.section()).key(key);
            self.check_name(key, Kind::Firewall.noun(), spot);
            let identity = self.identities.of(Kind::Firewall, key, &firewall.common);
            let at = spot.key("subnet");
            let subnet = match firewall.subnet.as_deref() {
                Some(text) => self.subnet(text, at),
                None => {
                    let fault = Diagnostic::new(Code::MissingKey, "`subnet` is missing");
                    self.faults.push(fault.at_key(spot.path()));
                    None
                }
            };
            if let Some(subnet) = subnet {
                self.check_home(subnet, Special::Firewall, "an Azure Firewall", at);
            }
            let policy = firewall.firewall_policy.as_deref();
            let policy = policy.and_then(|text| {
                self.refer(Kind::FirewallPolicy, text, spot.key("firewallPolicy"))
            });
            let at = spot.key("managementSubnet");
            let management = firewall.management_subnet.as_deref();
            if let Some(management) = management.and_then(|text| self.subnet(text, at)) {
                let special = Special::FirewallManagement;
                self.check_home(management, special, "a firewall's management", at);
            }
            let count = firewall.public_ip_addresses.len();
            let mut public_ips = Vec::with_capacity(count + 1);
            for (index, text) in firewall.public_ip_addresses.iter().enumerate() {
                let at = spot.either(("publicIPAddress", "publicIPAddresses"), count, index);
                public_ips.extend(self.take_for_next(text, at));
            }
            if let Some(text) = &firewall.management_public_ip_address {
                // It is in use, and no data comes in by it.
                self.take_for_next(text, spot.key("managementPublicIPAddress"));
            }
            let made = id(self.network.firewalls.len());
            let fixture = self.push_fixture(Draft {
                identity: identity.clone(),
                kind: FixtureKind::AzureFirewall(made),
                subnet,
                addresses: vec![(firewall.private_ip_address, spot.key("privateIPAddress"))],
                public_ips,
                down: firewall.provisioning_state == FirewallState::Stopped,
                members: Vec::new(),
            });
            let mut lowered = self.lower_firewall(identity, fixture, policy);
            lowered.management = firewall.management_subnet.is_some();
            self.network.firewalls.push(lowered);
        }
    }

    /// IP groups and policies.
    pub(super) fn firewall_policies(&mut self) {
        for (key, entries) in self.topology.ip_groups.iter() {
            let spot = Spot::of(Kind::IpGroup.section()).key(key);
            self.check_name(key, Kind::IpGroup.noun(), spot);
            for (index, text) in entries.iter().enumerate() {
                self.check_addresses(text, Takes::Addresses, spot.index(index));
            }
        }
        let mut bases = Vec::with_capacity(self.topology.firewall_policies.len());
        for (key, policy) in self.topology.firewall_policies.iter() {
            let spot = Spot::of(Kind::FirewallPolicy.section()).key(key);
            self.check_name(key, Kind::FirewallPolicy.noun(), spot);
            let at = spot.key("basePolicy");
            let base = policy.base_policy.as_deref();
            bases.push(base.and_then(|text| self.refer(Kind::FirewallPolicy, text, at)));
            let identity = self
                .identities
                .of(Kind::FirewallPolicy, key, &policy.common);
            let mut groups = Vec::with_capacity(policy.rule_collection_groups.len());
            for (name, group) in policy.rule_collection_groups.iter() {
                let at = spot.key("ruleCollectionGroups").key(name);
                self.check_name(name, "rule collection group", at);
                let priority = group.priority.0;
                let mut collections = Vec::with_capacity(group.rule_collections.len());
                for (name, collection) in group.rule_collections.iter() {
                    let at = at.key("ruleCollections").key(name);
                    self.check_name(name, "rule collection", at);
                    collections.push(self.collection(name, collection, at));
                }
                groups.push(RuleCollectionGroup {
                    name: name.into(),
                    priority: priority.unwrap_or_default(),
                    collections,
                });
            }
            self.network
                .firewall_policies
                .push(network::FirewallPolicy { identity, groups });
        }
        self.check_bases(&bases);
    }

    /// A policy is not based on itself, by whatever way.
    fn check_bases(&mut self, bases: &[Option<usize>]) {
        // 0: not looked at; otherwise the walk that came by first.
        let mut walks = vec![0_usize; bases.len()];
        for start in 0..bases.len() {
            let (walk, mut at) = (start + 1, start);
            while walks[at] == 0 {
                walks[at] = walk;
                match bases[at] {
                    Some(base) => at = base,
                    None => break,
                }
            }
            if walks[at] == walk && bases[at].is_some() {
                let key = self.index.key(Kind::FirewallPolicy, at);
                let spot = Spot::of(Kind::FirewallPolicy.section()).key(key);
                let message = format!("the firewall policy `{key}` is based on itself");
                let fault = Diagnostic::new(Code::UnresolvedReference, message);
                self.faults.push(
                    fault.at(spot.key("basePolicy").path()).help(
                        "follow `basePolicy` from one to the next, and leave one of them out",
                    ),
                );
            }
        }
    }

    fn collection(
        &mut self,
        name: &'a str,
        collection: &'a spec::RuleCollection,
        spot: Spot<'a>,
    ) -> RuleCollection {
        let priority = collection.priority.0;
        let translates = collection.kind == CollectionType::Nat;
        if translates != (collection.action == CollectionAction::Dnat) {
            let possible = if translates {
                "`Dnat`"
            } else {
                "`Allow` or `Deny`"
            };
            let message = format!(
                "a collection of type {} does not do `{}`",
                collection.kind, collection.action
            );
            let fault = Diagnostic::new(Code::UnknownWord, message);
            self.faults.push(
                fault
                    .at(spot.key("action").path())
                    .help(format!("it does {possible}")),
            );
        }
        for (name, rule) in collection.rules.iter() {
            let at = spot.key("rules").key(name);
            self.check_members(collection.kind, rule, at);
            self.firewall_rule(collection.kind, rule, at);
        }
        RuleCollection {
            name: name.into(),
            priority: priority.unwrap_or_default(),
            kind: match collection.kind {
                CollectionType::Nat => FirewallRuleType::Nat,
                CollectionType::Network => FirewallRuleType::Network,
                CollectionType::Application => FirewallRuleType::Application,
            },
            allow: collection.action != CollectionAction::Deny,
        }
    }

    /// Which members a rule may have depends on the type of its collection.
    fn check_members(&mut self, kind: CollectionType, rule: &'a FirewallRule, spot: Spot<'a>) {
        use CollectionType::{Application, Nat, Network};
        let addressed = [Network, Nat].as_slice();
        let members: [(&str, bool, &[CollectionType]); 12] = [
            (
                "destinationPorts",
                !rule.destination_ports.is_empty(),
                addressed,
            ),
            (
                "destinationIpGroups",
                !rule.destination_ip_groups.is_empty(),
                &[Network],
            ),
            (
                "destinationFqdns",
                !rule.destination_fqdns.is_empty(),
                &[Network],
            ),
            ("targetFqdns", !rule.target_fqdns.is_empty(), &[Application]),
            ("fqdnTags", !rule.fqdn_tags.is_empty(), &[Application]),
            ("targetUrls", !rule.target_urls.is_empty(), &[Application]),
            (
                "webCategories",
                !rule.web_categories.is_empty(),
                &[Application],
            ),
            ("terminateTLS", rule.terminate_tls, &[Application]),
            (
                "translatedAddress",
                rule.translated_address.is_some(),
                &[Nat],
            ),
            ("translatedFqdn", rule.translated_fqdn.is_some(), &[Nat]),
            ("translatedPort", rule.translated_port.is_some(), &[Nat]),
            (
                "destinationAddresses",
                !rule.destination_addresses.is_empty(),
                &[Network, Nat, Application],
            ),
        ];
        for (key, given, kinds) in members {
            if given && !kinds.contains(&kind) {
                let message = format!("`{key}` is not a key of a rule of type {kind}");
                let fault = Diagnostic::new(Code::UnknownKey, message);
                self.faults.push(fault.at_key(spot.key(key).path()));
            }
        }
        let mut missing = |text: &str| {
            let fault = Diagnostic::new(Code::MissingKey, format!("{text} is missing"));
            self.faults.push(fault.at_key(spot.path()));
        };
        if kind == Nat {
            if rule.translated_address.is_none() && rule.translated_fqdn.is_none() {
                missing("`translatedAddress` or `translatedFqdn`");
            }
            if rule.translated_port.is_none() {
                missing("`translatedPort`");
            }
        }
    }

    fn firewall_rule(&mut self, kind: CollectionType, rule: &'a FirewallRule, spot: Spot<'a>) {
        for (index, protocol) in rule.protocols.iter().enumerate() {
            self.check_protocol(kind, protocol, spot.key("protocols").index(index));
        }
        let count = rule.source_addresses.len();
        for (index, text) in rule.source_addresses.iter().enumerate() {
            let at = spot.either(("sourceAddress", "sourceAddresses"), count, index);
            self.check_addresses(text, Takes::Addresses, at);
        }
        let takes = match kind {
            CollectionType::Network => Takes::AddressesAndTags,
            CollectionType::Application | CollectionType::Nat => Takes::Addresses,
        };
        let count = rule.destination_addresses.len();
        for (index, text) in rule.destination_addresses.iter().enumerate() {
            let at = spot.either(("destinationAddress", "destinationAddresses"), count, index);
            self.check_addresses(text, takes, at);
        }
        let groups = [
            ("sourceIpGroups", &rule.source_ip_groups),
            ("destinationIpGroups", &rule.destination_ip_groups),
        ];
        for (key, groups) in groups {
            for (index, text) in groups.iter().enumerate() {
                self.refer(Kind::IpGroup, text, spot.key(key).index(index));
            }
        }
    }

    /// `TCP` and the like, or `Https:443` in an application rule.
    fn check_protocol(&mut self, kind: CollectionType, text: &str, spot: Spot<'a>) {
        let (word, port) = match text.split_once(':') {
            Some((word, port)) => (word, Some(port)),
            None => (text, None),
        };
        let words: &[&str] = match kind {
            CollectionType::Network => &["TCP", "UDP", "ICMP", "Any"],
            CollectionType::Nat => &["TCP", "UDP", "Any"],
            CollectionType::Application => &["Http", "Https", "Mssql"],
        };
        let takes_port = kind == CollectionType::Application;
        if !words.iter().any(|own| own.eq_ignore_ascii_case(word))
            || (port.is_some() && !takes_port)
        {
            let message = format!("`{text}` is not a protocol of a rule of type {kind}");
            let fault = Diagnostic::new(Code::UnknownWord, message)
                .at(spot.path())
                .help(spec::decode::one_of(word, words));
            self.faults.push(fault);
        } else if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            let message = format!("`{text}` does not end in a port");
            let fault = Diagnostic::new(Code::BadPort, message);
            self.faults.push(fault.at(spot.path()));
        }
    }

    /// `*`, an address, a prefix, a range of addresses, and where it may stand a service tag.
    fn check_addresses(&mut self, text: &str, takes: Takes, spot: Spot<'a>) {
        if text == "*" {
            return;
        }
        if let Some((first, last)) = text.split_once('-') {
            let ends = (
                first.trim().parse::<IpAddr>(),
                last.trim().parse::<IpAddr>(),
            );
            if let (Ok(first), Ok(last)) = ends
                && first <= last
                && first.is_ipv4() == last.is_ipv4()
            {
                return;
            }
        }
        let fault = match parse_prefix(text) {
            Ok(_) => return,
            Err(PrefixFault::HostBits(net)) => {
                let message = format!("`{text}` has bits set behind its length");
                Diagnostic::new(Code::HostBitsSet, message)
                    .help(format!("the network that holds it is `{net}`"))
            }
            Err(PrefixFault::Malformed) => {
                let word = text.starts_with(|c: char| c.is_ascii_alphabetic());
                if takes == Takes::AddressesAndTags && word && !text.contains([':', '/']) {
                    if tags::platform(text).is_some() {
                        // service-tags-overview: these six cannot be used in a firewall's rules.
                        let message =
                            format!("the service tag `{text}` cannot be used in a firewall's rule");
                        let fault = Diagnostic::new(Code::UnknownServiceTag, message)
                            .help("write the prefixes that are meant, or `*`");
                        self.faults.push(fault.at(spot.path()));
                    } else {
                        self.tag(text, spot);
                    }
                    return;
                }
                let message = format!("`{text}` is not an address prefix");
                Diagnostic::new(Code::BadPrefix, message)
                    .help("a prefix, an address, a range as in `10.0.0.4-10.0.0.9`, or `*`")
            }
        };
        self.faults.push(fault.at(spot.path()));
    }
}
