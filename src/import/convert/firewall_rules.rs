//! Rules of Azure Firewall: those of policies and the classic ones, which are written differently and mean the
//! same (`rest/api/firewall/firewall-policy-rule-collection-groups`, `azure-firewalls`).

use super::fields::{Fields, plains, text};
use super::{Converter, Object, View};
use crate::spec::node::Node;

/// The types of rules, as ARM and as a topology spell them.
const TYPES: [(&str, &str); 3] = [
    ("NetworkRule", "Network"),
    ("ApplicationRule", "Application"),
    ("NatRule", "Nat"),
];

/// Members of a rule that are lists of texts, alike in both.
const TEXTS: [&str; 7] = [
    "sourceAddresses",
    "destinationAddresses",
    "destinationFqdns",
    "targetFqdns",
    "fqdnTags",
    "targetUrls",
    "webCategories",
];

impl Converter<'_> {
    /// A collection of a policy; one with rules of several types is several of ours.
    pub(super) fn rule_collection(
        &mut self,
        collection: &View<'_>,
        of: &Object<'_>,
    ) -> Vec<(String, Node)> {
        let name = collection
            .text("name")
            .unwrap_or_else(|| "rules".to_owned());
        let what = format!("{}/{name}", of.what);
        let of = Object {
            what: &what,
            origin: of.origin,
        };
        let nat = collection
            .text("ruleCollectionType")
            .or_else(|| collection.text("ruleType"));
        let nat = nat.is_some_and(|kind| kind.to_ascii_lowercase().contains("nat"));
        let action = collection
            .object("action")
            .and_then(|action| action.text("type"));
        let mut rules = collection.objects("rules");
        if rules.is_empty() {
            rules = collection.objects("ruleConditions");
        }
        if rules.is_empty() {
            rules.extend(collection.object("ruleCondition"));
        }
        let kind_of = |rule: &View<'_>| {
            let kind = rule
                .text("ruleType")
                .or_else(|| rule.text("ruleConditionType"))
                .unwrap_or_default();
            let found = TYPES.iter().find(|(arm, _)| {
                kind.eq_ignore_ascii_case(arm)
                    || kind.eq_ignore_ascii_case(&format!("{arm}Condition"))
            });
            found.map_or(if nat { "Nat" } else { "Network" }, |(_, own)| *own)
        };
        let mut made: Vec<(&str, Vec<(String, Node)>)> = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let kind = if nat { "Nat" } else { kind_of(rule) };
            let Some((name, node)) = self.firewall_rule(kind, rule, index, &of) else {
                continue;
            };
            match made.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, rules)) => rules.push((name, node)),
                None => made.push((kind, vec![(name, node)])),
            }
        }
        if made.is_empty() {
            made.push((if nat { "Nat" } else { "Network" }, Vec::new()));
        }
        let several = made.len() > 1;
        let priority = collection.number("priority");
        self.rest(collection, "firewallpolicies/rulecollections", &of);
        made.into_iter()
            .map(|(kind, rules)| {
                let own = if several {
                    format!("{name}-{}", kind.to_ascii_lowercase())
                } else {
                    name.clone()
                };
                (own, written(kind, priority, action.as_deref(), rules))
            })
            .collect()
    }

    /// A classic collection.
    pub(super) fn classic_collection(
        &mut self,
        key: &str,
        collection: &View<'_>,
        of: &Object<'_>,
    ) -> Option<(String, Node)> {
        let kind = match key {
            "natRuleCollections" => "Nat",
            "networkRuleCollections" => "Network",
            _ => "Application",
        };
        let name = collection.text("name")?;
        let what = format!("{}/{name}", of.what);
        let of = Object {
            what: &what,
            origin: of.origin,
        };
        let action = collection
            .object("action")
            .and_then(|action| action.text("type"));
        let mut rules = Vec::new();
        for (index, rule) in collection.objects("rules").iter().enumerate() {
            rules.extend(self.firewall_rule(kind, rule, index, &of));
        }
        let priority = collection.number("priority");
        self.rest(collection, "azurefirewalls/rulecollections", &of);
        Some((name, written(kind, priority, action.as_deref(), rules)))
    }

    /// A rule; `None` where all that it is about cannot be referred to, since it would be about everything then.
    fn firewall_rule(
        &mut self,
        kind: &str,
        rule: &View<'_>,
        index: usize,
        of: &Object<'_>,
    ) -> Option<(String, Node)> {
        let name = rule
            .text("name")
            .unwrap_or_else(|| format!("rule-{}", index + 1));
        let what = format!("{}/{name}", of.what);
        let of = Object {
            what: &what,
            origin: of.origin,
        };
        let mut fields = Fields::default();
        let protocols = match kind {
            "Application" => rule
                .objects("protocols")
                .iter()
                .filter_map(application)
                .collect(),
            _ => match rule.texts("ipProtocols") {
                found if found.is_empty() => rule.texts("protocols"),
                found => found,
            },
        };
        fields.list("protocols", protocols.iter().map(text).collect());
        for key in TEXTS {
            fields.list(key, plains(rule.texts(key)));
        }
        for (key, addresses) in [
            ("sourceIpGroups", "sourceAddresses"),
            ("destinationIpGroups", "destinationAddresses"),
        ] {
            let stated = rule.ids(key);
            let found = self.refer_all(rule, key, &of);
            if found.is_empty() && !stated.is_empty() && rule.texts(addresses).is_empty() {
                self.leave(
                    of.origin,
                    of.what,
                    "none of the IP groups that it is about is known",
                );
                return None;
            }
            fields.list(key, found.iter().map(text).collect());
        }
        fields.list("destinationPorts", plains(rule.texts("destinationPorts")));
        fields.flag("terminateTLS", rule.flag("terminateTLS"), false);
        fields
            .plain("translatedAddress", rule.text("translatedAddress"))
            .text("translatedFqdn", rule.text("translatedFqdn"))
            .plain("translatedPort", rule.text("translatedPort"));
        rule.get("ruleType");
        rule.get("ruleConditionType");
        self.rest(rule, "firewallpolicies/rules", &of);
        Some((name, fields.node()))
    }
}

fn written(
    kind: &str,
    priority: Option<i64>,
    action: Option<&str>,
    rules: Vec<(String, Node)>,
) -> Node {
    let action = action.unwrap_or(if kind == "Nat" { "Dnat" } else { "Allow" });
    // Azure spells it DNAT in policies, and Dnat in classic rules.
    let action = if action.eq_ignore_ascii_case("Dnat") {
        "Dnat"
    } else {
        action
    };
    let mut fields = Fields::default();
    fields
        .plain("type", Some(kind))
        .plain("priority", priority)
        .plain("action", Some(action))
        .map("rules", rules);
    fields.node()
}

/// `{"protocolType": "Https", "port": 443}` is `Https:443`.
fn application(protocol: &View<'_>) -> Option<String> {
    let kind = protocol
        .text("protocolType")
        .or_else(|| protocol.text("type"))?;
    Some(match protocol.text("port") {
        Some(port) => format!("{kind}:{port}"),
        None => kind,
    })
}
