//! Network managers: groups and security admin rules (`concept-security-admins`,
//! `concept-security-admin-rules-network-group`, `concept-network-manager-scope`).

use std::collections::HashMap;
use std::sync::Arc;

use ipnet::IpNet;

use super::Resolver;
use super::kind::Kind;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{PrefixFault, parse_prefix, tags};
use crate::network::{AdminRule, FixtureKind, Id, NetworkManager, RuleSide, VirtualNetwork};
use crate::spec::{self, Direction};

/// The priorities of a security admin rule (`concept-security-admins`).
/// How a rule names a group of networks.
const GROUP: &str = "networkGroups/";

/// The groups of a manager: their names, and the members of each.
#[derive(Default)]
struct Groups<'a> {
    names: Vec<&'a str>,
    members: Vec<Vec<Id<VirtualNetwork>>>,
}

/// A collection of rules, with what its rules have of it.
struct Collection<'a> {
    written: &'a spec::AdminRuleCollection,
    name: &'a str,
    configuration: &'a str,
    on_intent: spec::ApplyOnIntent,
    spot: Spot<'a>,
}

impl<'a> Resolver<'a> {
    /// Network managers with their rules. What may keep the rules away is known by now.
    pub(super) fn managers(&mut self) {
        let mut managers = Vec::with_capacity(self.topology.network_managers.len());
        for (key, manager) in self.topology.network_managers.iter() {
            let spot = Spot::of(Kind::Manager.section()).key(key);
            self.check_name(key, Kind::Manager.noun(), spot);
            let identity = self.identities.of(Kind::Manager, key, &manager.common);
            let mut groups = Groups::default();
            for (name, group) in manager.network_groups.iter() {
                let at = spot.key("networkGroups").key(name).key("virtualNetworks");
                let found = group.virtual_networks.iter().enumerate();
                let members = found
                    .filter_map(|(index, text)| self.vnet(text, at.index(index)))
                    .collect();
                groups.names.push(name);
                groups.members.push(members);
            }
            let mut rules = Vec::new();
            for (configuration, own) in manager.security_admin_configurations.iter() {
                let at = spot.key("securityAdminConfigurations").key(configuration);
                for (name, written) in own.rule_collections.iter() {
                    let collection = Collection {
                        written,
                        name,
                        configuration,
                        on_intent: own.apply_on_network_intent,
                        spot: at.key("ruleCollections").key(name),
                    };
                    self.admin_rules(&collection, &groups, &mut rules);
                }
            }
            NetworkManager::put_in_order(&mut rules);
            managers.push(NetworkManager {
                identity,
                scope: manager.scope.as_deref().map(Arc::from),
                rules,
            });
        }
        managers.sort_by_key(NetworkManager::rank);
        for manager in managers {
            self.network.managers.push(manager);
        }
        self.find_ungoverned();
    }

    /// Subnets with a service that admin rules keep away from (`concept-security-admins`, `faq`): an application gateway
    /// counts unless it has network isolation.
    fn find_ungoverned(&mut self) {
        for (_, fixture) in self.network.fixtures.iter() {
            let keeps_away = match fixture.kind {
                FixtureKind::ApplicationGateway(id) => {
                    !self.network.application_gateways[id].network_isolation
                }
                FixtureKind::AzureFirewall(_)
                | FixtureKind::BastionHost
                | FixtureKind::Gateway(_)
                | FixtureKind::RouteServer(_) => true,
                FixtureKind::LoadBalancer(..) | FixtureKind::PrivateEndpoint(_) => false,
            };
            if keeps_away {
                Arc::make_mut(&mut self.network.ungoverned_subnets).extend(fixture.subnet);
            }
        }
    }

    fn admin_rules(
        &mut self,
        collection: &Collection<'a>,
        groups: &Groups<'a>,
        rules: &mut Vec<AdminRule>,
    ) {
        let Collection { written, spot, .. } = *collection;
        let mut networks = Vec::new();
        for (index, text) in written.applies_to_groups.iter().enumerate() {
            let at = spot.key("appliesToGroups").index(index);
            if let Some(group) = self.child(text, "network group", &groups.names, at) {
                networks.extend_from_slice(&groups.members[group]);
            }
        }
        networks.sort_unstable();
        networks.dedup();
        let networks: Arc<[Id<VirtualNetwork>]> = networks.into();
        let mut taken: HashMap<(Direction, u16), &'a str> = HashMap::new();
        for (name, rule) in written.rules.iter() {
            let at = spot.key("rules").key(name);
            let priority = rule.priority.0;
            if let Some(priority) = priority {
                if let Some(first) = taken.get(&(rule.direction, priority)) {
                    let message = format!(
                        "`{name}` and `{first}` are both {} rules of priority {priority}",
                        rule.direction
                    );
                    let other = spot.key("rules").key(first).key("priority");
                    let fault = Diagnostic::new(Code::DuplicatePriority, message)
                        .at(at.key("priority").path())
                        .also(other.path(), "the other rule");
                    self.faults.push(fault);
                }
                taken.entry((rule.direction, priority)).or_insert(name);
            }
            let sources = self.admin_sides(&rule.sources, groups, at.key("sources"));
            let destinations = self.admin_sides(&rule.destinations, groups, at.key("destinations"));
            let (Some(priority), Some(sources), Some(destinations)) =
                (priority, sources, destinations)
            else {
                continue;
            };
            rules.push(AdminRule {
                name: name.into(),
                configuration: collection.configuration.into(),
                collection: collection.name.into(),
                priority,
                direction: rule.direction,
                access: rule.access,
                protocol: rule.protocol,
                sources,
                source_ports: rule.source_ports.clone(),
                destinations,
                destination_ports: rule.destination_ports.clone(),
                networks: Arc::clone(&networks),
                on_intent: collection.on_intent,
            });
        }
    }

    /// One side of a rule; none where a part of it is faulty. Prefixes and groups become one side.
    fn admin_sides(
        &mut self,
        texts: &'a [String],
        groups: &Groups<'a>,
        spot: Spot<'a>,
    ) -> Option<Vec<RuleSide>> {
        if texts.is_empty() {
            return Some(vec![RuleSide::Any]);
        }
        let (mut prefixes, mut sides, mut sound) = (Vec::new(), Vec::new(), true);
        for (index, text) in texts.iter().enumerate() {
            match self.admin_side(text, groups, spot.index(index)) {
                Some(RuleSide::Prefixes(own)) => prefixes.extend(own),
                Some(side) => sides.push(side),
                None => sound = false,
            }
        }
        if !prefixes.is_empty() || sides.is_empty() {
            sides.insert(0, RuleSide::Prefixes(prefixes));
        }
        sound.then_some(sides)
    }

    /// `*`, a prefix, a service tag or `networkGroups/NAME`.
    fn admin_side(
        &mut self,
        text: &'a str,
        groups: &Groups<'a>,
        spot: Spot<'a>,
    ) -> Option<RuleSide> {
        if text == "*" || text.eq_ignore_ascii_case("Any") {
            return Some(RuleSide::Any);
        }
        if text
            .get(..GROUP.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(GROUP))
        {
            let group = self.child(text, "network group", &groups.names, spot)?;
            return Some(RuleSide::Prefixes(self.ranges(&groups.members[group])));
        }
        match parse_prefix(text) {
            Ok(prefix) => return Some(RuleSide::Prefixes(vec![prefix])),
            Err(PrefixFault::HostBits(net)) => {
                let message = format!("`{text}` has bits set behind its length");
                let fault = Diagnostic::new(Code::HostBitsSet, message).at(spot.path());
                self.faults
                    .push(fault.help(format!("the network that holds it is `{net}`")));
            }
            Err(PrefixFault::Malformed) => {
                let word = text.starts_with(|c: char| c.is_ascii_alphabetic());
                if word && !text.contains([':', '/']) {
                    return match tags::platform(text) {
                        Some(tag) => Some(RuleSide::Platform(tag)),
                        None => self.tag(text, spot).map(RuleSide::Tag),
                    };
                }
                let message = format!("`{text}` is not an address prefix");
                let fault = Diagnostic::new(Code::BadPrefix, message).at(spot.path());
                self.faults
                    .push(fault.help("a prefix, a service tag, `*` or `networkGroups/NAME`"));
            }
        }
        None
    }

    /// What a group of networks stands for in a rule: the ranges of its members, and of mixed families
    /// the IPv4 ones only (`concept-security-admin-rules-network-group`).
    fn ranges(&self, members: &[Id<VirtualNetwork>]) -> Vec<IpNet> {
        let vnets = members.iter().map(|id| &self.network.vnets[*id]);
        let mut ranges: Vec<IpNet> = vnets
            .flat_map(|vnet| vnet.address_space.iter().copied())
            .collect();
        if ranges.iter().any(|range| range.addr().is_ipv4()) {
            ranges.retain(|range| range.addr().is_ipv4());
        }
        ranges.sort_unstable();
        ranges.dedup();
        ranges
    }
}
