//! Virtual networks and their subnets (`rest/api/virtualnetwork/virtual-networks`, `subnets`).

use std::collections::{HashMap, HashSet};

use super::fields::{Fields, plains};
use super::store::Child;
use super::{Converter, Item, Object, View, described, fold, last, up};
use crate::spec::node::Node;

/// Services that bring an intent policy, by which security admin rules keep away from their networks
/// (`concept-security-admins`).
const INTENT: &[(&str, &str)] = &[
    ("microsoft.sql/managedinstances", "SqlManagedInstance"),
    ("microsoft.databricks/workspaces", "Databricks"),
];

/// What subnets have according to the other side, by subnet.
type Used = HashMap<(String, &'static str), String>;

impl<'s> Converter<'s> {
    /// Virtual networks, and those that are only known by their subnets.
    pub(super) fn virtual_networks(&mut self) {
        let used = self.used();
        let networks = self.take("microsoft.network/virtualnetworks");
        let mut made: Vec<(Item, Fields)> = Vec::new();
        for item in &networks {
            made.extend(self.virtual_network(item, &used));
        }
        for item in self.orphans() {
            made.extend(self.virtual_network(&item, &used));
        }
        let keys: Vec<(Item, String)> = made
            .iter()
            .map(|(item, _)| (item.clone(), self.keys.key("virtualNetworks", item)))
            .collect();
        let mut peerings = self.peerings(&keys);
        for (item, mut fields) in made {
            fields.map(
                "peerings",
                peerings.remove(&fold(&item.id)).unwrap_or_default(),
            );
            self.emit("virtualNetworks", &item, fields);
        }
        self.strangers();
    }

    /// Which subnets have which NSG, route table and NAT gateway, as these say it.
    fn used(&self) -> Used {
        let kinds = [
            (
                "microsoft.network/networksecuritygroups",
                "networkSecurityGroup",
            ),
            ("microsoft.network/routetables", "routeTable"),
            ("microsoft.network/natgateways", "natGateway"),
        ];
        let mut used = Used::new();
        for (kind, key) in kinds {
            for item in self.store.of(kind) {
                for subnet in item.view().ids("subnets") {
                    used.entry((fold(&subnet), key))
                        .or_insert_with(|| item.id.clone());
                }
            }
        }
        used
    }

    /// Networks that are not among the inputs, while subnets of theirs are.
    fn orphans(&mut self) -> Vec<Item> {
        let mut found: Vec<Item> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        for subnet in self.store.of("microsoft.network/virtualnetworks/subnets") {
            let id = up(&subnet.id, 2);
            if self.store.get(id).is_some() || !seen.insert(fold(id)) {
                continue;
            }
            found.push(Item {
                id: id.to_owned(),
                kind: "microsoft.network/virtualnetworks".to_owned(),
                name: last(id).to_owned(),
                body: serde_json::Map::new(),
                predicted: Vec::new(),
                location: None,
                ..subnet.clone()
            });
        }
        found
    }

    fn virtual_network(&mut self, item: &Item, used: &Used) -> Option<(Item, Fields)> {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let subnets = self.children(&item.id, &view, &item.origin, "subnets", "subnets");
        let space = view.object("addressSpace");
        let mut prefixes = space
            .as_ref()
            .map(|space| space.texts("addressPrefixes"))
            .unwrap_or_default();
        if prefixes.is_empty() {
            prefixes = subnets
                .iter()
                .flat_map(|subnet| prefixes_of(&View::of(&subnet.body)))
                .collect();
            let reason = if prefixes.is_empty() {
                "neither its address space nor a subnet's prefix is known"
            } else {
                "its address space is not known; it is made of the prefixes of its subnets"
            };
            self.leave(of.origin, what.as_str(), reason);
            if prefixes.is_empty() {
                return None;
            }
        }
        let key = self.keys.key("virtualNetworks", item);
        let mut fields = Fields::default();
        fields.list("addressSpace", plains(&prefixes));
        let dns = view
            .object("dhcpOptions")
            .map(|options| options.texts("dnsServers"));
        fields.list("dnsServers", plains(dns.unwrap_or_default()));
        fields.plain("flowTimeoutInMinutes", view.number("flowTimeoutInMinutes"));
        let mut intents: Vec<&str> = Vec::new();
        let mut written = Vec::new();
        for subnet in subnets {
            let what = format!("{what}/subnets/{}", subnet.name);
            let of = Object {
                what: &what,
                origin: &subnet.origin,
            };
            let Some(node) = self.subnet(&subnet, used, &mut intents, &of) else {
                continue;
            };
            self.emitted
                .insert(fold(&subnet.id), format!("{key}/{}", subnet.name));
            self.emitted.insert(
                fold(&format!("{}/subnets/{}", item.id, subnet.name)),
                format!("{key}/{}", subnet.name),
            );
            self.child_origin(&["virtualNetworks", "subnets"], item, &subnet);
            written.push((subnet.name, node));
        }
        intents.dedup();
        fields.list("networkIntentPolicies", plains(intents));
        fields.map("subnets", written);
        self.emitted.insert(fold(&item.id), key);
        self.rest(&view, "virtualnetworks", &of);
        Some((item.clone(), fields))
    }

    fn subnet(
        &mut self,
        subnet: &Child,
        used: &Used,
        intents: &mut Vec<&'static str>,
        of: &Object<'_>,
    ) -> Option<Node> {
        let view = View::of(&subnet.body);
        let prefixes = prefixes_of(&view);
        if prefixes.is_empty() {
            self.leave(of.origin, of.what, "its prefix is not known");
            return None;
        }
        let mut fields = Fields::default();
        fields.either("addressPrefix", "addressPrefixes", &prefixes);
        for key in ["networkSecurityGroup", "routeTable", "natGateway"] {
            let mut found = self.refer(&view, key, of);
            // The other side says it, too; it counts where this one does not say anything.
            if let Some(other) = used
                .get(&(fold(&subnet.id), key))
                .filter(|_| !view.has(key))
            {
                found = self.resolve(other, key, of);
            }
            fields.text(key, found);
        }
        let endpoints: Vec<String> = view
            .list("serviceEndpoints")
            .into_iter()
            .filter_map(|endpoint| match endpoint.as_str() {
                Some(service) => Some(service.to_owned()),
                None => View::of_value(endpoint)?.text("service"),
            })
            .collect();
        fields.list("serviceEndpoints", plains(endpoints));
        let delegations: Vec<String> = view
            .objects("delegations")
            .iter()
            .filter_map(|delegation| delegation.text("serviceName"))
            .collect();
        for service in &delegations {
            let known = INTENT
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(service));
            intents.extend(known.map(|(_, word)| *word));
        }
        fields.list("delegations", plains(delegations));
        let policies = view.text("privateEndpointNetworkPolicies");
        fields.plain(
            "privateEndpointNetworkPolicies",
            policies.filter(|word| word != "Disabled"),
        );
        let services = view.text("privateLinkServiceNetworkPolicies");
        fields.plain(
            "privateLinkServiceNetworkPolicies",
            services.filter(|word| word != "Enabled"),
        );
        fields.flag(
            "defaultOutboundAccess",
            view.flag("defaultOutboundAccess"),
            true,
        );
        self.rest(&view, "virtualnetworks/subnets", of);
        Some(fields.node())
    }

    /// Puts in what a peering says of networks that are not among the inputs.
    fn strangers(&mut self) {
        for stranger in std::mem::take(&mut self.strange) {
            let section = "virtualNetworks";
            self.note(
                &[section, &stranger.key],
                "not among the inputs: only what a peering says of it",
            );
            let mut fields = Fields::default();
            fields.list("addressSpace", plains(&stranger.prefixes));
            if let Some((name, network)) = &stranger.back {
                let mut back = Fields::default();
                back.text("remoteVirtualNetwork", Some(network));
                fields.map("peerings", vec![(name.clone(), back.node())]);
            }
            self.emit_as(section, &stranger.key, &stranger.item, fields);
        }
    }
}

/// The prefixes of a subnet, which are written in the singular or the plural.
fn prefixes_of(subnet: &View<'_>) -> Vec<String> {
    let mut prefixes = subnet.texts("addressPrefixes");
    if let Some(one) = subnet
        .text("addressPrefix")
        .filter(|one| !prefixes.contains(one))
    {
        prefixes.insert(0, one);
    }
    prefixes
}
