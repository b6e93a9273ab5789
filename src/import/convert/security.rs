//! Network and application security groups (`rest/api/virtualnetwork/network-security-groups`,
//! `security-rules`, `application-security-groups`).

use super::fields::{Fields, text};
use super::{Converter, Object, View, described};
use crate::spec::node::Node;

const PROTOCOLS: &[&str] = &["Tcp", "Udp", "Icmp", "Icmpv6", "Esp", "Ah"];

impl Converter<'_> {
    /// Application security groups, then network security groups with their rules. Default rules are Azure's own.
    pub(super) fn security_groups(&mut self) {
        for item in self.take("microsoft.network/applicationsecuritygroups") {
            let view = item.view();
            let what = described(item);
            self.rest(
                &view,
                "applicationsecuritygroups",
                &Object {
                    what: &what,
                    origin: &item.origin,
                },
            );
            self.emit("applicationSecurityGroups", item, Fields::default());
        }
        for item in self.take("microsoft.network/networksecuritygroups") {
            let view = item.view();
            let what = described(item);
            let mut fields = Fields::default();
            fields.flag("flushConnection", view.flag("flushConnection"), false);
            // Who uses a group is said there; the lists here are read with the subnets and NICs.
            view.get("subnets");
            view.get("networkInterfaces");
            let mut rules = self.children(
                &item.id,
                &view,
                &item.origin,
                "securityRules",
                "securityRules",
            );
            rules.sort_by_key(|rule| {
                let own = View::of(&rule.body);
                let outbound = own
                    .text("direction")
                    .is_some_and(|word| word.eq_ignore_ascii_case("Outbound"));
                (outbound, own.number("priority"))
            });
            let mut written = Vec::new();
            for rule in rules {
                let own = View::of(&rule.body);
                let what = format!("{what}/securityRules/{}", rule.name);
                let of = Object {
                    what: &what,
                    origin: &rule.origin,
                };
                let Some(node) = self.security_rule(&own, &of) else {
                    continue;
                };
                self.rest(&own, "networksecuritygroups/securityrules", &of);
                self.child_origin(&["networkSecurityGroups", "securityRules"], item, &rule);
                written.push((rule.name, node));
            }
            fields.map("securityRules", written);
            self.rest(
                &view,
                "networksecuritygroups",
                &Object {
                    what: &what,
                    origin: &item.origin,
                },
            );
            self.emit("networkSecurityGroups", item, fields);
        }
    }

    /// A rule; `None` where it is about a group that is not there, since it would be about every address then.
    fn security_rule(&mut self, rule: &View<'_>, of: &Object<'_>) -> Option<Node> {
        let mut fields = Fields::default();
        fields
            .plain("priority", rule.number("priority"))
            .plain(
                "direction",
                rule.word("direction", &["Inbound", "Outbound"]),
            )
            .plain("access", rule.word("access", &["Allow", "Deny"]))
            .plain(
                "protocol",
                rule.word("protocol", PROTOCOLS).filter(|word| word != "*"),
            );
        let source = self.side(&mut fields, rule, "source", of);
        let destination = self.side(&mut fields, rule, "destination", of);
        if !(source && destination) {
            self.leave(
                of.origin,
                of.what,
                "none of the application security groups that it is about is known",
            );
            return None;
        }
        Some(fields.node())
    }

    /// One side of a rule, and whether it can be told; `*` is what a topology takes anyway.
    fn side(&mut self, fields: &mut Fields, rule: &View<'_>, side: &str, of: &Object<'_>) -> bool {
        let [address, addresses, port, ports, groups] = match side {
            "source" => [
                "sourceAddressPrefix",
                "sourceAddressPrefixes",
                "sourcePortRange",
                "sourcePortRanges",
                "sourceApplicationSecurityGroups",
            ],
            _ => [
                "destinationAddressPrefix",
                "destinationAddressPrefixes",
                "destinationPortRange",
                "destinationPortRanges",
                "destinationApplicationSecurityGroups",
            ],
        };
        let values = |one: &str, many: &str| {
            let mut all = rule.texts(many);
            // Azure keeps the two apart and takes what stands in either.
            if let Some(single) = rule.text(one).filter(|single| !all.contains(single)) {
                all.insert(0, single);
            }
            if all == ["*"] { Vec::new() } else { all }
        };
        fields.either(address, addresses, &values(address, addresses));
        let members = rule.ids(groups);
        let found = self.refer_all(rule, groups, of);
        fields.list(groups, found.iter().map(text).collect());
        fields.either(port, ports, &values(port, ports));
        members.is_empty() || !found.is_empty()
    }
}
