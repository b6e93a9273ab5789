//! Private endpoints, the services that they lead to, DNS zones (`rest/api/virtualnetwork/private-endpoints`,
//! `private-dns-zone-groups`, `rest/api/dns`).

use std::collections::BTreeMap;

use super::fields::{Fields, plain, plains, text};
use super::{Converter, Item, Object, View, described, fold, last};
use crate::import::id::ArmId;
use crate::import::resource::Origin;
use crate::spec::node::Node;

/// Records that zone groups keep: by zone, by name, the addresses and where that is from.
pub(super) type Kept = BTreeMap<String, BTreeMap<String, (Vec<String>, Origin)>>;

/// The record types that lead to addresses.
const TYPES: [(&str, &str, &str); 2] = [
    ("A", "aRecords", "ipv4Address"),
    ("AAAA", "aaaaRecords", "ipv6Address"),
];

impl<'s> Converter<'s> {
    /// Private endpoints with their services.
    pub(super) fn endpoints(&mut self) {
        for item in self.take("microsoft.network/privateendpoints") {
            self.endpoint(item);
        }
    }

    fn endpoint(&mut self, item: &Item) {
        let view = item.view();
        let what = described(item);
        let of = Object {
            what: &what,
            origin: &item.origin,
        };
        let groups = self.children(
            &item.id,
            &view,
            &item.origin,
            "privateDnsZoneGroups",
            "privateDnsZoneGroups",
        );
        let Some(subnet) = self.home(Some(&view), &of) else {
            return;
        };
        let automatic = view.objects("privateLinkServiceConnections");
        let manual = view.objects("manualPrivateLinkServiceConnections");
        let asked = automatic.is_empty();
        let Some(link) = automatic.into_iter().chain(manual).next() else {
            self.leave(of.origin, of.what, "it leads to no service");
            return;
        };
        let target = link.text("privateLinkServiceId");
        let addresses = self.endpoint_addresses(&view);
        let names: Vec<String> = view
            .objects("customDnsConfigs")
            .iter()
            .filter_map(|it| it.text("fqdn"))
            .collect();
        let Some(service) = target.and_then(|id| self.service(&id, names.first(), &of)) else {
            self.leave(
                of.origin,
                of.what,
                "the service that it leads to is not known",
            );
            return;
        };
        if addresses.len() > 1 {
            let what = format!("the addresses of {what} but the first");
            self.leave(of.origin, what, "an endpoint has one address in a topology");
        }
        let mut fields = Fields::default();
        fields
            .text("subnet", Some(subnet))
            .plain("privateIPAddress", addresses.first())
            .text("service", Some(&service));
        let state = link
            .object("privateLinkServiceConnectionState")
            .and_then(|state| state.text("status"));
        let state = state.or_else(|| asked.then(|| "Pending".to_owned()));
        fields.put(
            "connectionState",
            state
                .filter(|it| !it.eq_ignore_ascii_case("Approved"))
                .map(plain),
        );
        fields.list("groupIds", plains(link.texts("groupIds")));
        let members = self.refer_all(&view, "applicationSecurityGroups", &of);
        fields.list(
            "applicationSecurityGroups",
            members.iter().map(text).collect(),
        );
        view.get("ipConfigurations");
        self.zone_groups(&groups, &service, &names, &addresses);
        self.rest(&view, "privateendpoints", &of);
        self.emit("privateEndpoints", item, fields);
    }

    /// The addresses of an endpoint: those of its NIC, else those that are asked for.
    fn endpoint_addresses(&self, view: &View<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for id in view.ids("networkInterfaces") {
            if let Some(card) = self.store.get(&id) {
                let own = card.view();
                found.extend(
                    own.objects("ipConfigurations")
                        .iter()
                        .filter_map(|it| it.text("privateIPAddress")),
                );
            }
        }
        if found.is_empty() {
            found.extend(
                view.objects("ipConfigurations")
                    .iter()
                    .filter_map(|it| it.text("privateIPAddress")),
            );
        }
        if found.is_empty() {
            found.extend(
                view.objects("customDnsConfigs")
                    .iter()
                    .flat_map(|it| it.texts("ipAddresses")),
            );
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|address| seen.insert(address.clone()));
        found
    }

    /// The service of an id, which is put into the topology when it is first asked for.
    fn service(&mut self, id: &str, name: Option<&String>, of: &Object<'_>) -> Option<String> {
        if let Some(key) = self.known(id) {
            return Some(key);
        }
        let parsed = ArmId::parse(id)?;
        let item = self.store.get(id).cloned();
        let key = self.keys.free("services", parsed.name());
        let provider = parsed.kind.split('/').next().unwrap_or_default();
        let mut fields = Fields::default();
        fields.plain("kind", Some(provider));
        let view = item.as_ref().map(Item::view);
        fields.text(
            "region",
            item.as_ref().and_then(|item| item.location.clone()),
        );
        let own = view
            .as_ref()
            .and_then(|view| view.text("fullyQualifiedDomainName"));
        fields.text("fqdn", name.cloned().or(own).map(|fqdn| public_name(&fqdn)));
        if let Some(view) = &view {
            let access = view.text("publicNetworkAccess");
            let closed = access.is_some_and(|access| access.eq_ignore_ascii_case("Disabled"));
            fields.flag("publicNetworkAccess", Some(!closed), true);
            self.admitted(view, &mut fields, of);
        }
        let origin = item.as_ref().map_or(of.origin, |item| &item.origin).clone();
        if item.is_none() {
            self.note(
                &["services", &key],
                "not among the inputs: what its private endpoint tells of it",
            );
        }
        self.done.insert(fold(id));
        self.emitted.insert(fold(id), key.clone());
        self.origins
            .push((super::Path::of(&["services", &key]), origin));
        self.put("services", &key, fields.node());
        Some(key)
    }

    /// The subnets that a service admits, where it denies all others.
    fn admitted(&mut self, view: &View<'_>, fields: &mut Fields, of: &Object<'_>) {
        let rules = view
            .object("networkAcls")
            .or_else(|| view.object("networkRuleSet"));
        let Some(rules) = rules else { return };
        let denies = rules
            .text("defaultAction")
            .is_some_and(|action| action.eq_ignore_ascii_case("Deny"));
        if !denies {
            return;
        }
        if !rules.list("ipRules").is_empty() {
            self.leave(
                of.origin,
                "`ipRules` of the service",
                "addresses that a service admits are not modelled",
            );
        }
        let mut admitted = Vec::new();
        for rule in rules.objects("virtualNetworkRules") {
            admitted.extend(
                rule.id("id")
                    .and_then(|id| self.resolve(&id, "virtualNetworkRules", of)),
            );
        }
        fields.list("allowedSubnets", admitted.iter().map(text).collect());
    }

    /// The records that the zone groups of an endpoint keep in their zones.
    fn zone_groups(
        &mut self,
        groups: &[super::Child],
        service: &str,
        names: &[String],
        addresses: &[String],
    ) {
        for group in groups {
            let view = View::of(&group.body);
            for config in view.objects("privateDnsZoneConfigs") {
                let Some(zone) = config.id("privateDnsZoneId") else {
                    continue;
                };
                let zone_name = last(&zone).to_ascii_lowercase();
                let mut found: Vec<(String, Vec<String>)> = config
                    .objects("recordSets")
                    .iter()
                    .filter_map(|set| Some((set.text("recordSetName")?, set.texts("ipAddresses"))))
                    .collect();
                if found.is_empty() {
                    let own = names.first().and_then(|name| name.split('.').next());
                    let own = own.unwrap_or(service);
                    found.push((own.to_owned(), addresses.to_vec()));
                }
                for (name, addresses) in found {
                    if addresses.is_empty() {
                        let what = format!("the record `{name}` in `{zone_name}`");
                        self.leave(
                            &group.origin,
                            what,
                            "the address of the private endpoint is not known yet",
                        );
                        continue;
                    }
                    let records = self.kept.entry(fold(&zone)).or_default();
                    records.insert(name.to_ascii_lowercase(), (addresses, group.origin.clone()));
                }
            }
        }
    }

    /// Zones, private and public.
    pub(super) fn zones(&mut self) {
        for item in self.take("microsoft.network/privatednszones") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let mut links = Vec::new();
            let collection = "virtualNetworkLinks";
            for link in self.children(&item.id, &view, &item.origin, collection, collection) {
                let own = View::of(&link.body);
                let what = format!("{what}/{collection}/{}", link.name);
                let part = Object {
                    what: &what,
                    origin: &link.origin,
                };
                if let Some(network) = self.refer(&own, "virtualNetwork", &part) {
                    let mut fields = Fields::default();
                    fields.text("virtualNetwork", Some(network)).flag(
                        "registrationEnabled",
                        own.flag("registrationEnabled"),
                        false,
                    );
                    self.rest(&own, "privatednszones/virtualnetworklinks", &part);
                    links.push((link.name, fields.node()));
                }
            }
            let mut fields = Fields::default();
            fields.map(collection, links);
            fields.map("recordSets", self.records(item));
            self.rest(&view, "privatednszones", &of);
            self.emit("privateDnsZones", item, fields);
        }
        for item in self.take("microsoft.network/dnszones") {
            let view = item.view();
            let what = described(item);
            let mut fields = Fields::default();
            fields.map("recordSets", self.records(item));
            self.rest(
                &view,
                "dnszones",
                &Object {
                    what: &what,
                    origin: &item.origin,
                },
            );
            self.emit("dnsZones", item, fields);
        }
    }

    /// The record sets of a zone: those of a name together.
    fn records(&mut self, zone: &Item) -> Vec<(String, Node)> {
        let mut sets: Vec<(String, Fields)> = Vec::new();
        let at = |sets: &mut Vec<(String, Fields)>, name: &str| {
            let known = sets
                .iter()
                .position(|(own, _)| own.eq_ignore_ascii_case(name));
            known.unwrap_or_else(|| {
                sets.push((name.to_owned(), Fields::default()));
                sets.len() - 1
            })
        };
        let kept = self.kept.remove(&fold(&zone.id)).unwrap_or_default();
        for (kind, key, value) in TYPES {
            let own: Vec<Item> = self.store.own_children(&zone.id, kind).cloned().collect();
            for record in own {
                self.done.insert(fold(&record.id));
                let view = record.view();
                let addresses: Vec<String> = view
                    .objects(key)
                    .iter()
                    .filter_map(|it| it.text(value))
                    .collect();
                let alias = view
                    .id("targetResource")
                    .and_then(|id| self.store.get(&id)?.view().text("ipAddress"));
                let index = at(&mut sets, &record.name);
                if let Some((_, fields)) = sets.get_mut(index) {
                    fields.list(kind, plains(addresses.into_iter().chain(alias)));
                }
            }
        }
        let own: Vec<Item> = self
            .store
            .own_children(&zone.id, "CNAME")
            .cloned()
            .collect();
        for record in own {
            self.done.insert(fold(&record.id));
            let view = record.view();
            let canonical = view.object("cnameRecord").and_then(|it| it.text("cname"));
            let index = at(&mut sets, &record.name);
            if let Some((_, fields)) = sets.get_mut(index) {
                fields.text(
                    "CNAME",
                    canonical.map(|name| name.trim_end_matches('.').to_owned()),
                );
            }
        }
        for (name, (addresses, _)) in kept {
            let there = sets.iter().any(|(own, _)| own.eq_ignore_ascii_case(&name));
            if !there {
                let index = at(&mut sets, &name);
                if let Some((_, fields)) = sets.get_mut(index) {
                    fields.list("A", plains(addresses));
                }
            }
        }
        sets.into_iter()
            .map(|(name, fields)| (name, fields.node()))
            .collect()
    }
}

/// The name that clients ask for: `x.privatelink.database.windows.net` is what `x.database.windows.net` leads to.
fn public_name(fqdn: &str) -> String {
    fqdn.replacen(".privatelink.", ".", 1)
}
