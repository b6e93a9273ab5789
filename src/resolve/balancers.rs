//! Load balancers: frontends, pools, rules (`load-balancer/load-balancer-components`).

use super::Resolver;
use super::fixtures::Draft;
use super::kind::Kind;
use super::references::id;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{
    BalancingRule, Fixture, FixtureKind, Frontend, Id, Identity, InboundNatRule, LoadBalancer, Nic,
    OutboundRule,
};
use crate::spec;

impl<'a> Resolver<'a> {
    /// Load balancers: a fixture for each frontend, with what its rules lead to.
    pub(super) fn load_balancers(&mut self) {
        for (key, balancer) in self.topology.load_balancers.iter() {
            let spot = Spot::of(Kind::LoadBalancer.section()).key(key);
            self.check_name(key, Kind::LoadBalancer.noun(), spot);
            let identity = self
                .identities
                .of(Kind::LoadBalancer, key, &balancer.common);
            self.check_balancer_rules(balancer, spot);
            let pools = self.pools(balancer, spot);
            let made = id(self.network.load_balancers.len());
            let mut frontends = Vec::with_capacity(balancer.frontends.len());
            let outbound_rules = self.balancer_rules(balancer, &pools, &mut frontends, spot);
            let written = balancer.frontends.iter();
            for (position, ((name, frontend), own)) in written.zip(&mut frontends).enumerate() {
                let rules = own.rules.iter();
                let mut members: Vec<Id<Nic>> = rules
                    .flat_map(|rule| rule.members.iter().copied())
                    .collect();
                members.sort_unstable();
                members.dedup();
                let at = spot.key("frontendIPConfigurations").key(name);
                let kind = FixtureKind::LoadBalancer(made, position as u32);
                if let Some(fixture) = self.frontend(frontend, identity.clone(), kind, members, at)
                {
                    own.fixture = fixture;
                }
            }
            self.network.load_balancers.push(LoadBalancer {
                identity,
                sku: balancer.sku,
                frontends,
                outbound_rules,
                down: false,
            });
        }
    }

    fn frontend(
        &mut self,
        frontend: &'a spec::Frontend,
        identity: Identity,
        kind: FixtureKind,
        members: Vec<Id<Nic>>,
        spot: Spot<'a>,
    ) -> Option<Id<Fixture>> {
        let public = frontend.public_ip_address.as_deref();
        match (frontend.subnet.is_some(), public.is_some()) {
            (true, true) => {
                let message = "`subnet` and `publicIPAddress` are given at once";
                let fault = Diagnostic::new(Code::BothSingularAndPlural, message)
                    .at_key(spot.key("publicIPAddress").path())
                    .also(spot.key("subnet").path(), "the other one")
                    .help("a frontend is internal or public; give the other side its own frontend");
                self.faults.push(fault);
                return None;
            }
            (false, false) => {
                let message = "`subnet` or `publicIPAddress` is missing";
                let fault = Diagnostic::new(Code::MissingKey, message);
                self.faults.push(fault.at_key(spot.path()));
                return None;
            }
            _ => {}
        }
        let at = spot.key("subnet");
        let subnet = frontend
            .subnet
            .as_deref()
            .and_then(|text| self.subnet(text, at));
        if let Some(subnet) = subnet {
            self.check_guest(subnet, "load balancers", at);
        }
        let at = spot.key("publicIPAddress");
        let public = public.and_then(|text| self.take_for_next(text, at));
        Some(self.push_fixture(Draft {
            identity,
            kind,
            subnet,
            addresses: vec![(frontend.private_ip_address, spot.key("privateIPAddress"))],
            public_ips: public.into_iter().collect(),
            down: false,
            members,
        }))
    }

    /// The NICs of each pool.
    fn pools(&mut self, balancer: &'a spec::LoadBalancer, spot: Spot<'a>) -> Vec<Vec<Id<Nic>>> {
        let mut pools = Vec::with_capacity(balancer.backend_address_pools.len());
        for (name, members) in balancer.backend_address_pools.iter() {
            let at = spot.key("backendAddressPools").key(name);
            let mut nics = Vec::with_capacity(members.len());
            for (index, member) in members.iter().enumerate() {
                nics.extend(self.target(member, at.index(index)));
            }
            pools.push(nics);
        }
        pools
    }

    /// The rules of each frontend, and the outbound rules; a frontend's fixture is made later.
    fn balancer_rules(
        &mut self,
        balancer: &'a spec::LoadBalancer,
        pools: &[Vec<Id<Nic>>],
        made: &mut Vec<Frontend>,
        spot: Spot<'a>,
    ) -> Vec<OutboundRule> {
        let frontends: Vec<&str> = balancer.frontends.iter().map(|(name, _)| name).collect();
        let written = balancer.backend_address_pools.iter();
        let pool_names: Vec<&str> = written.map(|(name, _)| name).collect();
        let probes: Vec<&str> = balancer.probes.iter().map(|(name, _)| name).collect();
        made.extend(frontends.iter().map(|name| Frontend {
            name: (*name).into(),
            fixture: id(self.network.fixtures.len()),
            rules: Vec::new(),
            nat_rules: Vec::new(),
        }));
        for (name, rule) in balancer.rules.iter() {
            let at = spot.key("loadBalancingRules").key(name);
            let own = at.key("frontendIPConfiguration");
            let frontend = self.child(&rule.frontend, "frontend", &frontends, own);
            let own = at.key("backendAddressPool");
            let pool = self.child(&rule.backend_address_pool, "pool", &pool_names, own);
            let probe = rule.probe.as_ref();
            let probe =
                probe.and_then(|probe| self.child(probe, "probe", &probes, at.key("probe")));
            let probe = probe.and_then(|at| balancer.probes.iter().nth(at));
            if let (Some(frontend), Some(pool)) = (frontend, pool) {
                made[frontend].rules.push(BalancingRule {
                    name: name.into(),
                    protocol: rule.protocol,
                    frontend_port: rule.frontend_port,
                    backend_port: rule.backend_port,
                    members: pools[pool].clone(),
                    probe: probe.map(|(_, probe)| probe.port),
                    floating_ip: rule.enable_floating_ip,
                    disable_outbound_snat: rule.disable_outbound_snat,
                });
            }
        }
        for (name, rule) in balancer.inbound_nat_rules.iter() {
            let at = spot.key("inboundNatRules").key(name);
            let own = at.key("frontendIPConfiguration");
            let frontend = self.child(&rule.frontend, "frontend", &frontends, own);
            let target = self.one_target(&rule.target, at.key("target"));
            if let (Some(frontend), Some(target)) = (frontend, target) {
                made[frontend].nat_rules.push(InboundNatRule {
                    name: name.into(),
                    protocol: rule.protocol,
                    frontend_port: rule.frontend_port,
                    backend_port: rule.backend_port,
                    target,
                    floating_ip: rule.enable_floating_ip,
                });
            }
        }
        let mut outbound = Vec::with_capacity(balancer.outbound_rules.len());
        for (name, rule) in balancer.outbound_rules.iter() {
            let at = spot.key("outboundRules").key(name);
            let mut own_frontends = Vec::with_capacity(rule.frontends.len());
            for (index, frontend) in rule.frontends.iter().enumerate() {
                let own = at.key("frontendIPConfigurations").index(index);
                own_frontends.extend(self.child(frontend, "frontend", &frontends, own));
            }
            let own = at.key("backendAddressPool");
            if let Some(pool) = self.child(&rule.backend_address_pool, "pool", &pool_names, own) {
                outbound.push(OutboundRule {
                    name: name.into(),
                    frontends: own_frontends,
                    members: pools[pool].clone(),
                    protocol: rule.protocol,
                });
            }
        }
        outbound
    }
}
