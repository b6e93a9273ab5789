//! Application gateways and Bastion hosts (`rest/api/application-gateway/application-gateways`,
//! `rest/api/virtualnetwork/bastion-hosts`).

use super::fields::{Fields, plain, text};
use super::{Converter, Item, Object, View, described, fold, last};
use crate::spec::node::Node;

impl Converter<'_> {
    /// Application gateways: from listener to pool.
    pub(super) fn application_gateways(&mut self) {
        for item in self.take("microsoft.network/applicationgateways") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let homes = view.objects("gatewayIPConfigurations");
            let Some(subnet) = self.home(homes.first(), &of) else {
                continue;
            };
            let mut fields = Fields::default();
            fields.text("subnet", Some(subnet));
            let (mut private, mut public) = (None, None);
            for frontend in view.objects("frontendIPConfigurations") {
                private = private.or_else(|| frontend.text("privateIPAddress"));
                public = public.or_else(|| self.refer(&frontend, "publicIPAddress", &of));
            }
            fields
                .plain("privateIPAddress", private)
                .text("publicIPAddress", public);
            let sku = view.object("sku");
            let scale = view.object("autoscaleConfiguration");
            let capacity = sku.as_ref().and_then(|sku| sku.number("capacity"));
            let capacity =
                capacity.or_else(|| scale?.number("minCapacity").map(|least| least.max(1)));
            fields.plain("capacity", capacity);
            fields.put("sku", sku.and_then(|sku| sku.text("name")).map(plain));
            self.gateway_rules(item, &view, &mut fields, &of);
            self.rest(&view, "applicationgateways", &of);
            self.emit("applicationGateways", item, fields);
        }
    }

    fn gateway_rules(
        &mut self,
        item: &Item,
        view: &View<'_>,
        fields: &mut Fields,
        of: &Object<'_>,
    ) {
        let named = |views: Vec<View<'_>>| -> Vec<String> {
            views.iter().filter_map(|it| it.text("name")).collect()
        };
        let pools = view.objects("backendAddressPools");
        let mut written = Vec::new();
        for pool in &pools {
            let name = pool.text("name").unwrap_or_default();
            let id = pool
                .text("id")
                .unwrap_or_else(|| format!("{}/backendAddressPools/{name}", item.id));
            let mut members = self.backends.get(&fold(&id)).cloned().unwrap_or_default();
            for config in pool.ids("backendIPConfigurations") {
                members.extend(self.member(&config, of));
            }
            for address in pool.objects("backendAddresses") {
                members.extend(address.text("ipAddress").or_else(|| address.text("fqdn")));
            }
            members.dedup();
            written.push((name, Node::List(members.iter().map(text).collect())));
        }
        fields.map("backendAddressPools", written);
        let ports = view.objects("frontendPorts");
        let port = |id: &str| {
            let found = ports.iter().find(|port| {
                port.text("name")
                    .is_some_and(|name| name.eq_ignore_ascii_case(last(id)))
            });
            found.and_then(|port| port.text("port"))
        };
        let mut written = Vec::new();
        for listener in view.objects("httpListeners") {
            let name = listener.text("name").unwrap_or_default();
            let mut hosts = listener.texts("hostNames");
            hosts.extend(
                listener
                    .text("hostName")
                    .filter(|host| !hosts.contains(host)),
            );
            let mut own = Fields::default();
            own.plain("protocol", listener.text("protocol"))
                .plain("port", listener.id("frontendPort").and_then(|id| port(&id)))
                .list("hostNames", hosts.iter().map(text).collect());
            written.push((name, own.node()));
        }
        fields.map("listeners", written);
        let settings = view.objects("backendHttpSettingsCollection");
        let maps = view.objects("urlPathMaps");
        let known = named(view.objects("backendAddressPools"));
        let mut written = Vec::new();
        for rule in view.objects("requestRoutingRules") {
            let name = rule.text("name").unwrap_or_default();
            let what = format!("{}/requestRoutingRules/{name}", of.what);
            let (mut pool, mut setting) = (
                rule.id("backendAddressPool"),
                rule.id("backendHttpSettings"),
            );
            if let Some(map) = rule.id("urlPathMap") {
                let own = maps.iter().find(|map_| {
                    map_.text("name")
                        .is_some_and(|name| name.eq_ignore_ascii_case(last(&map)))
                });
                pool = own.and_then(|map| map.id("defaultBackendAddressPool"));
                setting = own.and_then(|map| map.id("defaultBackendHttpSettings"));
                self.leave(
                    of.origin,
                    format!("`urlPathMap` of {what}"),
                    "paths are not modelled; the default pool is carried over",
                );
            }
            let pool = pool
                .map(|id| last(&id).to_owned())
                .filter(|pool| known.iter().any(|it| it.eq_ignore_ascii_case(pool)));
            let (Some(pool), Some(listener)) = (pool, rule.id("httpListener")) else {
                self.leave(of.origin, what, "it leads to no pool");
                continue;
            };
            let setting = setting.and_then(|id| {
                let name = last(&id).to_owned();
                settings.iter().find(|it| {
                    it.text("name")
                        .is_some_and(|own| own.eq_ignore_ascii_case(&name))
                })
            });
            let mut own = Fields::default();
            own.plain("priority", rule.number("priority"))
                .text("listener", Some(last(&listener)))
                .text("backendAddressPool", Some(pool))
                .plain("backendPort", setting.and_then(|it| it.text("port")))
                .plain(
                    "backendProtocol",
                    setting.and_then(|it| it.text("protocol")),
                );
            written.push((name, own.node()));
        }
        fields.map("requestRoutingRules", written);
    }

    /// Bastion hosts.
    pub(super) fn bastion_hosts(&mut self) {
        for item in self.take("microsoft.network/bastionhosts") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let homes = view.objects("ipConfigurations");
            if homes.is_empty() && view.id("virtualNetwork").is_some() {
                self.leave(
                    of.origin,
                    of.what,
                    "the developer's SKU, which has no subnet, is not modelled",
                );
                continue;
            }
            let Some(subnet) = self.home(homes.first(), &of) else {
                continue;
            };
            let public = homes
                .first()
                .and_then(|home| self.refer(home, "publicIPAddress", &of));
            let mut fields = Fields::default();
            fields
                .text("subnet", Some(subnet))
                .text("publicIPAddress", public);
            fields.put(
                "sku",
                view.object("sku")
                    .and_then(|sku| sku.text("name"))
                    .map(plain),
            );
            self.rest(&view, "bastionhosts", &of);
            self.emit("bastionHosts", item, fields);
        }
    }
}
