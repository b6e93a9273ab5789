//! Network managers: groups and security admin rules (`rest/api/networkmanager/admin-rules`, `static-members`).

use super::fields::{Fields, plain, plains, text};
use super::{Converter, Item, Object, View, described, last};
use crate::spec::node::Node;

impl Converter<'_> {
    /// All network managers.
    pub(super) fn managers(&mut self) {
        for item in self.take("microsoft.network/networkmanagers") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let mut fields = Fields::default();
            if let Some(scopes) = view.object("networkManagerScopes") {
                let mut all: Vec<String> = scopes.texts("managementGroups");
                all.extend(scopes.texts("subscriptions"));
                let scope = all.first().map(|id| scope(id));
                if all.len() > 1 {
                    let what = format!("`networkManagerScopes` of {what} but the first");
                    self.leave(
                        of.origin,
                        what,
                        "a network manager has one scope in a topology",
                    );
                }
                fields.text("scope", scope);
            }
            fields.map("networkGroups", self.groups(item, &view, &what));
            let configurations = self.configurations(item, &view, &what);
            if !configurations.is_empty() {
                let what = format!("the deployment of {what}");
                self.leave(
                    of.origin,
                    what,
                    "which configurations are deployed is in no export; all are taken to be",
                );
            }
            fields.map("securityAdminConfigurations", configurations);
            self.rest(&view, "networkmanagers", &of);
            self.emit("networkManagers", item, fields);
        }
    }

    fn groups(&mut self, item: &Item, view: &View<'_>, what: &str) -> Vec<(String, Node)> {
        let mut written = Vec::new();
        let key = "networkGroups";
        for group in self.children(&item.id, view, &item.origin, key, key) {
            let own = View::of(&group.body);
            let what = format!("{what}/{key}/{}", group.name);
            let of = Object {
                what: &what,
                origin: &group.origin,
            };
            let mut members = Vec::new();
            for member in self.children(
                &group.id,
                &own,
                &group.origin,
                "staticMembers",
                "staticMembers",
            ) {
                let view = View::of(&member.body);
                members.extend(self.refer(&view, "resourceId", &of));
            }
            if members.is_empty() {
                self.leave(
                    of.origin,
                    of.what,
                    "none of its members is known; those by a policy's condition are not modelled",
                );
            }
            let mut fields = Fields::default();
            fields.list("virtualNetworks", members.iter().map(text).collect());
            written.push((group.name, fields.node()));
        }
        written
    }

    fn configurations(&mut self, item: &Item, view: &View<'_>, what: &str) -> Vec<(String, Node)> {
        let mut written = Vec::new();
        let key = "securityAdminConfigurations";
        for configuration in self.children(&item.id, view, &item.origin, key, key) {
            let own = View::of(&configuration.body);
            let what = format!("{what}/{key}/{}", configuration.name);
            let mut fields = Fields::default();
            let applies = own
                .texts("applyOnNetworkIntentPolicyBasedServices")
                .into_iter()
                .next();
            fields.put(
                "applyOnNetworkIntentPolicyBasedServices",
                applies.filter(|it| it != "None").map(plain),
            );
            let mut collections = Vec::new();
            let inner = "ruleCollections";
            for collection in
                self.children(&configuration.id, &own, &configuration.origin, inner, inner)
            {
                let own = View::of(&collection.body);
                let what = format!("{what}/{inner}/{}", collection.name);
                let groups: Vec<String> = own
                    .objects("appliesToGroups")
                    .iter()
                    .filter_map(|group| group.text("networkGroupId"))
                    .map(|id| last(&id).to_owned())
                    .collect();
                let mut fields = Fields::default();
                fields.list("appliesToGroups", groups.iter().map(text).collect());
                let mut rules = Vec::new();
                for rule in
                    self.children(&collection.id, &own, &collection.origin, "rules", "rules")
                {
                    let own = View::of(&rule.body);
                    let what = format!("{what}/rules/{}", rule.name);
                    let node = self.admin_rule(&own);
                    let kind = "networkmanagers/securityadminconfigurations/rulecollections/rules";
                    self.rest(
                        &own,
                        kind,
                        &Object {
                            what: &what,
                            origin: &rule.origin,
                        },
                    );
                    rules.push((rule.name, node));
                }
                fields.map("rules", rules);
                collections.push((collection.name, fields.node()));
            }
            fields.map(inner, collections);
            let of = Object {
                what: &what,
                origin: &configuration.origin,
            };
            self.rest(&own, "networkmanagers/securityadminconfigurations", &of);
            written.push((configuration.name, fields.node()));
        }
        written
    }

    fn admin_rule(&mut self, rule: &View<'_>) -> Node {
        let side = |key: &str| -> Vec<String> {
            rule.objects(key)
                .iter()
                .filter_map(|side| {
                    let prefix = side.text("addressPrefix")?;
                    let group = side
                        .text("addressPrefixType")
                        .is_some_and(|kind| kind.eq_ignore_ascii_case("NetworkGroup"));
                    Some(if group {
                        format!("networkGroups/{}", last(&prefix))
                    } else {
                        prefix
                    })
                })
                .filter(|prefix| prefix != "*")
                .collect()
        };
        let ports = |key: &str| -> Vec<String> {
            let all = rule.texts(key);
            // Azure's portal writes every port as a range.
            if all == ["0-65535"] || all == ["*"] {
                Vec::new()
            } else {
                all
            }
        };
        let mut fields = Fields::default();
        fields
            .plain("priority", rule.number("priority"))
            .plain("direction", rule.text("direction"))
            .plain("access", rule.text("access"))
            .plain(
                "protocol",
                rule.text("protocol")
                    .filter(|word| !word.eq_ignore_ascii_case("Any")),
            )
            .list("sources", plains(side("sources")))
            .either(
                "sourcePortRange",
                "sourcePortRanges",
                &ports("sourcePortRanges"),
            )
            .list("destinations", plains(side("destinations")))
            .either(
                "destinationPortRange",
                "destinationPortRanges",
                &ports("destinationPortRanges"),
            );
        fields.node()
    }
}

/// `/providers/Microsoft.Management/managementGroups/contoso` is `managementGroups/contoso`.
fn scope(id: &str) -> String {
    let id = id.trim_matches('/');
    match id.rsplit_once("managementGroups/") {
        Some((_, name)) => format!("managementGroups/{name}"),
        None => id.to_owned(),
    }
}
