//! Application gateways: frontends, pools, listeners and rules, and what Azure's API refuses of them
//! (`configuration-overview`, `multiple-site-overview`).

use std::net::IpAddr;
use std::sync::Arc;

use super::Resolver;
use super::fixtures::Draft;
use super::kind::Kind;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{ApplicationGateway, Backend, FixtureKind, Id, Nic, RoutingRule};
use crate::spec;

impl<'a> Resolver<'a> {
    /// Application gateways: the private frontend, where one is stated, and one address for the
    /// instances, which differ in nothing else.
    pub(super) fn application_gateways(&mut self) {
        for (key, gateway) in self.topology.application_gateways.iter() {
            let spot = Spot::of(Kind::ApplicationGateway.section()).key(key);
            self.check_name(key, Kind::ApplicationGateway.noun(), spot);
            let identity = self
                .identities
                .of(Kind::ApplicationGateway, key, &gateway.common);
            let at = spot.key("subnet");
            let subnet = self.subnet(&gateway.subnet, at);
            if let Some(subnet) = subnet {
                self.check_guest(subnet, "application gateways", at);
            }
            let at = spot.key("publicIPAddress");
            let public = gateway.public_ip_address.as_deref();
            let public = public.and_then(|text| self.take_for_next(text, at));
            let pools = self.backend_pools(gateway, spot);
            let rules = self.routing_rules(gateway, &pools, spot);
            let at = spot.key("privateIPAddress");
            let mut addresses = Vec::with_capacity(2);
            addresses.extend(
                gateway
                    .private_ip_address
                    .map(|address| (Some(address), at)),
            );
            addresses.push((None, spot.key("subnet")));
            let made = self.network.application_gateways.push(ApplicationGateway {
                identity: identity.clone(),
                v2: is_v2(gateway),
                network_isolation: gateway.network_isolation,
                private_frontend: gateway.private_ip_address,
                rules,
            });
            self.push_fixture(Draft {
                identity,
                kind: FixtureKind::ApplicationGateway(made),
                subnet,
                addresses,
                public_ips: public.into_iter().collect(),
                down: false,
                members: machines(&pools),
            });
        }
    }

    /// The members of each pool: machines, addresses, names.
    fn backend_pools(
        &mut self,
        gateway: &'a spec::ApplicationGateway,
        spot: Spot<'a>,
    ) -> Vec<(&'a str, Vec<Backend>)> {
        let mut pools = Vec::new();
        for (name, pool) in gateway.backend_address_pools.iter() {
            let at = spot.key("backendAddressPools").key(name);
            let mut backends: Vec<Backend> = Vec::new();
            for (index, member) in pool.iter().enumerate() {
                let found: Vec<Backend> = if let Ok(nics) = self.find_target(member) {
                    nics.into_iter().map(Backend::Nic).collect()
                } else if let Ok(address) = member.parse::<IpAddr>() {
                    vec![Backend::Address(address)]
                } else if looks_like_fqdn(member) {
                    vec![Backend::Name(Arc::from(member.as_str()))]
                } else {
                    // The look-up is repeated for its fault.
                    self.target(member, at.index(index));
                    Vec::new()
                };
                for backend in found {
                    if !backends.contains(&backend) {
                        backends.push(backend);
                    }
                }
            }
            pools.push((name, backends));
        }
        pools
    }

    /// The rules by their priority, those without one and those of a v1 gateway as they stand
    /// (`multiple-site-overview`, order of evaluation). A listener without a rule serves nothing.
    fn routing_rules(
        &mut self,
        gateway: &'a spec::ApplicationGateway,
        pools: &[(&'a str, Vec<Backend>)],
        spot: Spot<'a>,
    ) -> Vec<RoutingRule> {
        let listeners: Vec<_> = gateway.listeners.iter().collect();
        let listener_names: Vec<&str> = listeners.iter().map(|(name, _)| *name).collect();
        let pool_names: Vec<&str> = pools.iter().map(|(name, _)| *name).collect();
        let mut rules: Vec<(i64, RoutingRule)> = Vec::new();
        for (name, rule) in gateway.rules.iter() {
            let at = spot.key("requestRoutingRules").key(name);
            let own = at.key("listener");
            let listener = self.child(&rule.listener, "listener", &listener_names, own);
            let own = at.key("backendAddressPool");
            let pool = self.child(&rule.backend_address_pool, "pool", &pool_names, own);
            let listener = listener.and_then(|at| listeners.get(at));
            let pool = pool.and_then(|at| pools.get(at));
            let (Some((_, listener)), Some((_, backends))) = (listener, pool) else {
                continue;
            };
            let made = RoutingRule {
                name: Arc::from(name),
                protocol: listener.protocol,
                port: listener.port,
                host_names: listener.host_names.clone(),
                backends: backends.clone(),
                backend_port: rule.backend_port,
                backend_protocol: rule.backend_protocol,
            };
            let priority = rule.priority.filter(|_| is_v2(gateway));
            if let Some(priority) = priority {
                self.check_rule_priority(priority, &rules, at, spot);
            }
            rules.push((priority.unwrap_or(i64::MAX), made));
        }
        rules.sort_by_key(|(priority, _)| *priority);
        rules.into_iter().map(|(_, rule)| rule).collect()
    }
}

impl<'a> Resolver<'a> {
    /// Each rule has a priority of its own, from 1 to 20000 (`multiple-site-overview`).
    fn check_rule_priority(
        &mut self,
        priority: i64,
        before: &[(i64, RoutingRule)],
        at: Spot<'a>,
        gateway: Spot<'a>,
    ) {
        let own = at.key("priority").path();
        if !(1..=20_000).contains(&priority) {
            let message = format!("`{priority}` is not a priority from 1 to 20000");
            let fault = Diagnostic::new(Code::BadPriority, message).at(own);
            self.faults.push(fault);
        } else if let Some((_, other)) = before.iter().find(|(known, _)| *known == priority) {
            let message = format!("`{}` has the priority {priority}, too", other.name);
            let rules = gateway.key("requestRoutingRules").path();
            let fault = Diagnostic::new(Code::DuplicatePriority, message)
                .at(own)
                .also(rules.key(&other.name).key("priority"), "the other rule")
                .help("a priority is given once a gateway");
            self.faults.push(fault);
        }
    }
}

/// The machines of all pools.
fn machines(pools: &[(&str, Vec<Backend>)]) -> Vec<Id<Nic>> {
    let backends = pools.iter().flat_map(|(_, backends)| backends);
    let mut nics: Vec<Id<Nic>> = backends
        .filter_map(|backend| match backend {
            Backend::Nic(nic) => Some(*nic),
            _ => None,
        })
        .collect();
    nics.sort_unstable();
    nics.dedup();
    nics
}

/// Whether a gateway is of the second generation: `Standard_v2`, `WAF_v2`, `Basic`, or nothing said.
fn is_v2(gateway: &spec::ApplicationGateway) -> bool {
    gateway.sku.as_deref().is_none_or(|sku| {
        let sku = sku.to_ascii_lowercase();
        sku.ends_with("_v2") || sku == "basic"
    })
}

/// Whether a text that names no machine was meant as a name of the DNS.
fn looks_like_fqdn(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.contains('.') && text.split('.').all(label)
}
