//! Load balancers (`rest/api/load-balancer/load-balancers`). Who is in a pool is said by the NICs, by the pool's
//! list of them, or by addresses.

use super::fields::{Fields, plain, text};
use super::{Converter, Item, Object, View, described, fold, last, up};
use crate::spec::node::Node;

/// The children of a balancer that have been carried over, which its rules refer to.
#[derive(Default)]
struct Parts {
    frontends: Vec<String>,
    pools: Vec<String>,
    probes: Vec<String>,
}

impl Converter<'_> {
    /// All load balancers.
    pub(super) fn load_balancers(&mut self) {
        for item in self.take("microsoft.network/loadbalancers") {
            let view = item.view();
            let what = described(item);
            let of = Object {
                what: &what,
                origin: &item.origin,
            };
            let sku = view.object("sku").and_then(|sku| sku.text("name"));
            if sku
                .as_deref()
                .is_some_and(|sku| sku.eq_ignore_ascii_case("Gateway"))
            {
                self.leave(
                    of.origin,
                    of.what,
                    "gateway load balancers are not modelled",
                );
                continue;
            }
            // Where no SKU is given, Azure's API takes Basic (load-balancers, `sku`).
            let sku = sku.unwrap_or_else(|| "Basic".to_owned());
            let mut fields = Fields::default();
            fields.plain(
                "sku",
                (!sku.eq_ignore_ascii_case("Standard")).then_some(sku),
            );
            self.balancer(item, &view, fields, &of);
        }
    }

    fn balancer(&mut self, item: &Item, view: &View<'_>, mut fields: Fields, of: &Object<'_>) {
        let mut parts = Parts::default();
        let frontends = self.frontends(item, view, of, &mut parts);
        let pools = self.pools(item, view, of, &mut parts);
        let probes = self.probes(item, view, of, &mut parts);
        fields.map("frontendIPConfigurations", frontends);
        fields.map("backendAddressPools", pools);
        fields.map("probes", probes);
        for (key, rule) in [
            (
                "loadBalancingRules",
                Self::balancing_rule
                    as fn(&mut Self, &View<'_>, &Parts, &Object<'_>, &str) -> Option<Node>,
            ),
            ("inboundNatRules", Self::nat_rule),
            ("outboundRules", Self::outbound_rule),
        ] {
            let mut written = Vec::new();
            for child in self.children(&item.id, view, &item.origin, key, key) {
                let own = View::of(&child.body);
                let what = format!("{}/{key}/{}", of.what, child.name);
                let part = Object {
                    what: &what,
                    origin: &child.origin,
                };
                if let Some(node) = rule(self, &own, &parts, &part, &child.id) {
                    self.rest(
                        &own,
                        &format!("loadbalancers/{}", key.to_ascii_lowercase()),
                        &part,
                    );
                    self.child_origin(&["loadBalancers", key], item, &child);
                    written.push((child.name, node));
                }
            }
            fields.map(key, written);
        }
        for pool in self.children(
            &item.id,
            view,
            &item.origin,
            "inboundNatPools",
            "inboundNatPools",
        ) {
            let what = format!("{}/inboundNatPools/{}", of.what, pool.name);
            self.leave(&pool.origin, what, "pools of NAT rules are not modelled");
        }
        self.rest(view, "loadbalancers", of);
        self.emit("loadBalancers", item, fields);
    }

    fn frontends(
        &mut self,
        item: &Item,
        view: &View<'_>,
        of: &Object<'_>,
        parts: &mut Parts,
    ) -> Vec<(String, Node)> {
        let mut written = Vec::new();
        let key = "frontendIPConfigurations";
        for child in self.children(&item.id, view, &item.origin, key, key) {
            let own = View::of(&child.body);
            let what = format!("{}/{key}/{}", of.what, child.name);
            let part = Object {
                what: &what,
                origin: &child.origin,
            };
            let mut fields = Fields::default();
            let subnet = self.refer(&own, "subnet", &part);
            let public = match self.refer(&own, "publicIPAddress", &part) {
                None => self.refer(&own, "publicIPPrefix", &part),
                found => found,
            };
            if subnet.is_none() && public.is_none() {
                self.leave(
                    part.origin,
                    part.what,
                    "neither its subnet nor its public address is known",
                );
                continue;
            }
            fields
                .text("subnet", subnet)
                .plain("privateIPAddress", own.text("privateIPAddress"))
                .text("publicIPAddress", public);
            self.rest(&own, "loadbalancers/frontendipconfigurations", &part);
            parts.frontends.push(child.name.clone());
            written.push((child.name, fields.node()));
        }
        written
    }

    fn pools(
        &mut self,
        item: &Item,
        view: &View<'_>,
        of: &Object<'_>,
        parts: &mut Parts,
    ) -> Vec<(String, Node)> {
        let mut written = Vec::new();
        let key = "backendAddressPools";
        for child in self.children(&item.id, view, &item.origin, key, key) {
            let own = View::of(&child.body);
            let what = format!("{}/{key}/{}", of.what, child.name);
            let part = Object {
                what: &what,
                origin: &child.origin,
            };
            let mut members = self
                .backends
                .get(&fold(&child.id))
                .cloned()
                .unwrap_or_default();
            for config in own.ids("backendIPConfigurations") {
                members.extend(self.member(&config, &part));
            }
            let network = own.id("virtualNetwork").and_then(|id| self.known(&id));
            for address in own.objects("loadBalancerBackendAddresses") {
                let nic = address.id("networkInterfaceIPConfiguration");
                let by_nic =
                    nic.and_then(|id| Some(self.nics.get(&fold(up(&id, 2)))?.target.clone()));
                let ip = address.text("ipAddress");
                let within = address
                    .id("virtualNetwork")
                    .and_then(|id| self.known(&id))
                    .or_else(|| network.clone());
                let found = by_nic.or_else(|| self.holder(ip.as_deref()?, within.as_deref()));
                match (found, ip) {
                    (Some(target), _) => members.push(target),
                    (None, Some(ip)) => {
                        self.leave(
                            part.origin,
                            format!("`{ip}` in {what}"),
                            "no machine that is known has this address",
                        );
                    }
                    (None, None) => {}
                }
            }
            let mut seen = std::collections::HashSet::new();
            members.retain(|member| seen.insert(member.to_ascii_lowercase()));
            self.rest(&own, "loadbalancers/backendaddresspools", &part);
            parts.pools.push(child.name.clone());
            written.push((child.name, Node::List(members.iter().map(text).collect())));
        }
        written
    }

    /// The machine or scale set that an address of a pool belongs to: `…/networkInterfaces/NIC/ipConfigurations/NAME`,
    /// where those of scale sets are below the instance.
    pub(super) fn member(&mut self, config: &str, of: &Object<'_>) -> Option<String> {
        let nic = up(config, 2);
        if let Some(nic) = self.nics.get(&fold(nic)) {
            return Some(nic.target.clone());
        }
        let lower = fold(nic);
        let set = lower.find("/virtualmachinescalesets/").and_then(|at| {
            let name = lower.get(at..)?.split('/').nth(2)?;
            self.known(&format!(
                "{}/virtualmachinescalesets/{name}",
                lower.get(..at)?
            ))
        });
        if set.is_none() {
            let what = format!("`{}` in {}", super::short(nic), of.what);
            self.leave(of.origin, what, "it is not among the inputs");
        }
        set
    }

    fn probes(
        &mut self,
        item: &Item,
        view: &View<'_>,
        of: &Object<'_>,
        parts: &mut Parts,
    ) -> Vec<(String, Node)> {
        let mut written = Vec::new();
        for child in self.children(&item.id, view, &item.origin, "probes", "probes") {
            let own = View::of(&child.body);
            let what = format!("{}/probes/{}", of.what, child.name);
            let mut fields = Fields::default();
            fields
                .plain("protocol", own.text("protocol"))
                .plain("port", own.text("port"))
                .text("requestPath", own.text("requestPath"))
                .plain("intervalInSeconds", own.number("intervalInSeconds"))
                .plain("numberOfProbes", own.number("numberOfProbes"));
            self.rest(
                &own,
                "loadbalancers/probes",
                &Object {
                    what: &what,
                    origin: &child.origin,
                },
            );
            parts.probes.push(child.name.clone());
            written.push((child.name, fields.node()));
        }
        written
    }

    /// The name of a part of the balancer that a rule refers to; that it is not there is reported.
    fn part(
        &mut self,
        known: &[String],
        id: Option<String>,
        noun: &str,
        of: &Object<'_>,
    ) -> Option<String> {
        let found = id.as_deref().and_then(|id| {
            let name = last(id);
            known
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name))
                .cloned()
        });
        if found.is_none() {
            self.leave(of.origin, of.what, format!("its {noun} is not known"));
        }
        found
    }

    fn balancing_rule(
        &mut self,
        rule: &View<'_>,
        parts: &Parts,
        of: &Object<'_>,
        _: &str,
    ) -> Option<Node> {
        let frontend = self.part(
            &parts.frontends,
            rule.id("frontendIPConfiguration"),
            "frontend",
            of,
        )?;
        let several = rule.ids("backendAddressPools");
        let pool = rule
            .id("backendAddressPool")
            .or_else(|| several.first().cloned());
        if several.len() > 1 {
            let what = format!("`backendAddressPools` of {}", of.what);
            self.leave(
                of.origin,
                what,
                "only the first pool of a rule is carried over",
            );
        }
        let pool = self.part(&parts.pools, pool, "pool", of)?;
        let probe = match rule.id("probe") {
            Some(id) => self.part(&parts.probes, Some(id), "probe", of),
            None => None,
        };
        let mut fields = Fields::default();
        fields
            .text("frontendIPConfiguration", Some(frontend))
            .text("backendAddressPool", Some(pool))
            .plain("protocol", rule.text("protocol"))
            .plain("frontendPort", rule.text("frontendPort"))
            .plain("backendPort", rule.text("backendPort"))
            .text("probe", probe)
            .flag("enableFloatingIP", rule.flag("enableFloatingIP"), false);
        let distribution = rule
            .text("loadDistribution")
            .filter(|word| !word.eq_ignore_ascii_case("Default"));
        fields
            .plain("loadDistribution", distribution)
            .flag(
                "disableOutboundSnat",
                rule.flag("disableOutboundSnat"),
                false,
            )
            .plain(
                "idleTimeoutInMinutes",
                rule.number("idleTimeoutInMinutes").filter(|it| *it != 4),
            )
            .flag("enableTcpReset", rule.flag("enableTcpReset"), false);
        Some(fields.node())
    }

    fn nat_rule(
        &mut self,
        rule: &View<'_>,
        parts: &Parts,
        of: &Object<'_>,
        id: &str,
    ) -> Option<Node> {
        let frontend = self.part(
            &parts.frontends,
            rule.id("frontendIPConfiguration"),
            "frontend",
            of,
        )?;
        if rule.id("backendAddressPool").is_some() {
            self.leave(
                of.origin,
                of.what,
                "NAT rules of a whole pool are not modelled",
            );
            return None;
        }
        let stated = rule.id("backendIPConfiguration");
        let by_nic =
            stated.and_then(|config| Some(self.nics.get(&fold(up(&config, 2)))?.target.clone()));
        let target = by_nic.or_else(|| self.backends.get(&fold(id))?.first().cloned());
        let Some(target) = target else {
            self.leave(
                of.origin,
                of.what,
                "the machine that it leads to is not known",
            );
            return None;
        };
        let mut fields = Fields::default();
        fields
            .text("frontendIPConfiguration", Some(frontend))
            .plain("protocol", rule.text("protocol"))
            .plain("frontendPort", rule.text("frontendPort"))
            .plain("backendPort", rule.text("backendPort"))
            .text("target", Some(target))
            .flag("enableFloatingIP", rule.flag("enableFloatingIP"), false);
        Some(fields.node())
    }

    fn outbound_rule(
        &mut self,
        rule: &View<'_>,
        parts: &Parts,
        of: &Object<'_>,
        _: &str,
    ) -> Option<Node> {
        let ids = rule.ids("frontendIPConfigurations");
        let mut frontends = Vec::new();
        for id in ids {
            frontends.extend(self.part(&parts.frontends, Some(id), "frontend", of));
        }
        let pool = self.part(&parts.pools, rule.id("backendAddressPool"), "pool", of)?;
        let mut fields = Fields::default();
        fields
            .list(
                "frontendIPConfigurations",
                frontends.iter().map(text).collect(),
            )
            .text("backendAddressPool", Some(pool))
            .put("protocol", rule.text("protocol").map(plain))
            .plain(
                "allocatedOutboundPorts",
                rule.number("allocatedOutboundPorts").filter(|it| *it != 0),
            );
        Some(fields.node())
    }
}
