//! Network managers: groups and security admin rules (`concept-security-admins`).

use std::collections::HashMap;

use super::Resolver;
use super::kind::Kind;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{PrefixFault, parse_prefix, tags};
use crate::spec::{self, Direction};

/// The priorities of a security admin rule (`concept-security-admins`).
const PRIORITIES: (u16, u16) = (1, 4096);
/// How a rule names a group of networks.
const GROUP: &str = "networkGroups/";

impl<'a> Resolver<'a> {
    /// Checks what network managers refer to.
    pub(super) fn managers(&mut self) {
        for (key, manager) in self.topology.network_managers.iter() {
            let spot = Spot::of(Kind::Manager.section()).key(key);
            self.check_name(key, Kind::Manager.noun(), spot);
            let groups: Vec<&'a str> = manager
                .network_groups
                .iter()
                .map(|(name, _)| name)
                .collect();
            for (name, group) in manager.network_groups.iter() {
                let at = spot.key("networkGroups").key(name).key("virtualNetworks");
                for (index, text) in group.virtual_networks.iter().enumerate() {
                    self.vnet(text, at.index(index));
                }
            }
            for (name, configuration) in manager.security_admin_configurations.iter() {
                let at = spot.key("securityAdminConfigurations").key(name);
                for (name, collection) in configuration.rule_collections.iter() {
                    let at = at.key("ruleCollections").key(name);
                    self.admin_rules(collection, &groups, at);
                }
            }
        }
    }

    fn admin_rules(
        &mut self,
        collection: &'a spec::AdminRuleCollection,
        groups: &[&'a str],
        spot: Spot<'a>,
    ) {
        for (index, text) in collection.applies_to_groups.iter().enumerate() {
            let at = spot.key("appliesToGroups").index(index);
            self.child(text, "network group", groups, at);
        }
        let mut taken: HashMap<(Direction, u16), &'a str> = HashMap::new();
        for (name, rule) in collection.rules.iter() {
            let at = spot.key("rules").key(name);
            if let Some(priority) = self.priority(rule.priority, PRIORITIES, at) {
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
            let sides = [
                ("sources", &rule.sources),
                ("destinations", &rule.destinations),
            ];
            for (key, texts) in sides {
                for (index, text) in texts.iter().enumerate() {
                    self.admin_side(text, groups, at.key(key).index(index));
                }
            }
        }
    }

    /// `*`, a prefix, a service tag or `networkGroups/NAME`.
    fn admin_side(&mut self, text: &str, groups: &[&'a str], spot: Spot<'a>) {
        if text == "*" || text.eq_ignore_ascii_case("Any") {
            return;
        }
        if text
            .get(..GROUP.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(GROUP))
        {
            self.child(text, "network group", groups, spot);
            return;
        }
        match parse_prefix(text) {
            Ok(_) => {}
            Err(PrefixFault::HostBits(net)) => {
                let message = format!("`{text}` has bits set behind its length");
                let fault = Diagnostic::new(Code::HostBitsSet, message).at(spot.path());
                self.faults
                    .push(fault.help(format!("the network that holds it is `{net}`")));
            }
            Err(PrefixFault::Malformed) => {
                let word = text.starts_with(|c: char| c.is_ascii_alphabetic());
                if word && !text.contains([':', '/']) {
                    if tags::platform(text).is_none() {
                        self.tag(text, spot);
                    }
                    return;
                }
                let message = format!("`{text}` is not an address prefix");
                let fault = Diagnostic::new(Code::BadPrefix, message).at(spot.path());
                self.faults
                    .push(fault.help("a prefix, a service tag, `*` or `networkGroups/NAME`"));
            }
        }
    }
}
