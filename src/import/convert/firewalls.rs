//! Azure Firewalls, their policies and IP groups (`rest/api/firewall/azure-firewalls`, `firewall-policies`,
//! `ip-groups`).

use super::fields::{Fields, plain, plains, text};
use super::{Converter, Item, Object, View, described, fold};
use crate::spec::node::Node;

/// What `IANAPrivateRanges` stands for (`firewall/snat-private-range`).
const PRIVATE: [&str; 4] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
];

impl Converter<'_> {
    /// IP groups, policies, firewalls.
    pub(super) fn firewalls(&mut self) {
        self.ip_groups();
        let policies = self.take("microsoft.network/firewallpolicies");
        for item in &policies {
            // One may be based on another that comes later.
            let key = self.keys.key("firewallPolicies", item);
            self.emitted.insert(fold(&item.id), key);
        }
        for item in policies {
            self.policy(item);
        }
        for item in self.take("microsoft.network/azurefirewalls") {
            self.firewall(item);
        }
    }

    fn policy(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let mut fields = Fields::default();
        fields.text("basePolicy", self.refer(&view, "basePolicy", &of));
        fields.put("threatIntelMode", view.text("threatIntelMode").map(plain));
        let snat = view.object("snat");
        if let Some(snat) = &snat {
            fields.list("privateRanges", plains(ranges(snat.texts("privateRanges"))));
            if snat
                .text("autoLearnPrivateRanges")
                .is_some_and(|word| word.eq_ignore_ascii_case("Enabled"))
            {
                let what = format!("`autoLearnPrivateRanges` of {what}");
                self.leave(
                    of.origin,
                    what,
                    "ranges that a firewall learns are not modelled",
                );
            }
        }
        if let Some(dns) = view.object("dnsSettings") {
            fields.plain("dnsProxy", dns.flag("enableProxy"));
            if !dns.texts("servers").is_empty() {
                let what = format!("`dnsSettings.servers` of {what}");
                self.leave(
                    of.origin,
                    what,
                    "DNS servers of a firewall are not modelled",
                );
            }
        }
        let sku = view.object("sku").and_then(|sku| sku.text("tier"));
        fields.put(
            "sku",
            sku.filter(|tier| !tier.eq_ignore_ascii_case("Standard"))
                .map(plain),
        );
        let mut groups = Vec::new();
        for (key, collection) in [
            ("ruleCollectionGroups", "ruleCollectionGroups"),
            ("ruleGroups", "ruleGroups"),
        ] {
            for group in self.children(&item.id, &view, &item.origin, key, collection) {
                let own = View::of(&group.body);
                let what = format!("{what}/{key}/{}", group.name);
                let part = Object {
                    what: &what,
                    origin: &group.origin,
                };
                let mut fields = Fields::default();
                fields.plain("priority", own.number("priority"));
                let collections = match own.objects("ruleCollections") {
                    found if found.is_empty() => own.objects("rules"),
                    found => found,
                };
                let mut written = Vec::new();
                for collection in collections {
                    written.extend(self.rule_collection(&collection, &part));
                }
                fields.map("ruleCollections", written);
                self.rest(&own, "firewallpolicies/rulecollectiongroups", &part);
                self.child_origin(&["firewallPolicies", "ruleCollectionGroups"], item, &group);
                groups.push((group.name, fields.node()));
            }
        }
        fields.map("ruleCollectionGroups", groups);
        self.rest(&view, "firewallpolicies", &of);
        self.emit("firewallPolicies", item, fields);
    }

    fn firewall(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        if view.get("virtualHub").is_some() {
            self.leave(of.origin, of.what, "virtual WANs are not modelled");
            return;
        }
        let homes = view.objects("ipConfigurations");
        let with = homes.iter().find(|home| home.id("subnet").is_some());
        let Some(subnet) = self.home(with, &of) else {
            return;
        };
        let mut fields = Fields::default();
        fields.text("subnet", Some(subnet));
        fields.plain(
            "privateIPAddress",
            homes.iter().find_map(|home| home.text("privateIPAddress")),
        );
        let mut addresses = Vec::new();
        for home in &homes {
            addresses.extend(self.refer(home, "publicIPAddress", &of));
        }
        fields.list("publicIPAddresses", addresses.iter().map(text).collect());
        let sku = view.object("sku").and_then(|sku| sku.text("tier"));
        fields.put(
            "sku",
            sku.filter(|tier| !tier.eq_ignore_ascii_case("Standard"))
                .map(plain),
        );
        let policy = self.refer(&view, "firewallPolicy", &of);
        let policy = policy.or_else(|| self.classic_rules(item, &view, &of));
        fields.text("firewallPolicy", policy);
        if let Some(management) = view.object("managementIpConfiguration") {
            fields.text("managementSubnet", self.refer(&management, "subnet", &of));
            fields.text(
                "managementPublicIPAddress",
                self.refer(&management, "publicIPAddress", &of),
            );
        }
        let state = view
            .text("provisioningState")
            .filter(|state| state.eq_ignore_ascii_case("Stopped"));
        fields.plain("provisioningState", state);
        self.rest(&view, "azurefirewalls", &of);
        self.emit("azureFirewalls", item, fields);
    }

    /// The rules that stand in a firewall itself, as a policy of its own.
    fn classic_rules(&mut self, item: &Item, view: &View<'_>, of: &Object<'_>) -> Option<String> {
        let mut written: Vec<(String, Node)> = Vec::new();
        for key in [
            "natRuleCollections",
            "networkRuleCollections",
            "applicationRuleCollections",
        ] {
            for child in self.children(&item.id, view, &item.origin, key, key) {
                let own = View::of(&child.body);
                let what = format!("{}/{key}", of.what);
                let part = Object {
                    what: &what,
                    origin: &child.origin,
                };
                if let Some((name, node)) = self.classic_collection(key, &own, &part) {
                    // Names are unique within a type of collection only.
                    let taken = written
                        .iter()
                        .any(|(other, _)| other.eq_ignore_ascii_case(&name));
                    let kind = key.strip_suffix("RuleCollections").unwrap_or(key);
                    written.push((
                        if taken {
                            format!("{name}-{kind}")
                        } else {
                            name
                        },
                        node,
                    ));
                }
            }
        }
        let mode = view.text("threatIntelMode");
        let extra = view.object("additionalProperties");
        let proxy = extra
            .as_ref()
            .and_then(|extra| extra.flag("Network.DNS.EnableProxy"));
        if written.is_empty() {
            // Without rules everything is denied, with or without a policy.
            return None;
        }
        let mut group = Fields::default();
        group
            .plain("priority", Some(100))
            .map("ruleCollections", written);
        let mut fields = Fields::default();
        fields
            .put("threatIntelMode", mode.map(plain))
            .plain("dnsProxy", proxy);
        let ranges_of = extra.and_then(|extra| extra.text("Network.SNAT.PrivateRanges"));
        let stated = ranges_of.map(|text| text.split(',').map(|it| it.trim().to_owned()).collect());
        fields.list("privateRanges", plains(ranges(stated.unwrap_or_default())));
        fields.map(
            "ruleCollectionGroups",
            vec![("classic".to_owned(), group.node())],
        );
        let key = self
            .keys
            .free("firewallPolicies", &format!("{}-rules", item.name));
        self.note(
            &["firewallPolicies", &key],
            "the rules that stand in the firewall itself",
        );
        self.origins.push((
            super::Path::of(&["firewallPolicies", &key]),
            item.origin.clone(),
        ));
        self.put("firewallPolicies", &key, fields.node());
        Some(key)
    }
}

/// Ranges, with what the word for Azure's own stands for.
fn ranges(stated: Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    for range in stated {
        if range.eq_ignore_ascii_case("IANAPrivateRanges") {
            all.extend(PRIVATE.map(str::to_owned));
        } else if range.contains('/') {
            all.push(range);
        } else {
            all.push(format!("{range}/32"));
        }
    }
    all
}
