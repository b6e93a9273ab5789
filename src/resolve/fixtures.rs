//! Platform resources that have addresses: application gateways, Bastion hosts, private endpoints, and
//! the making of all fixtures (`private-endpoint-overview`).

use std::net::IpAddr;

use super::addresses::{Claim, Holder};
use super::kind::Kind;
use super::references::id;
use super::special::Special;
use super::spot::Spot;
use super::{NO_ADDRESS, Resolver};
use crate::network::{
    Fixture, FixtureKind, Id, Identity, Nic, PrivateEndpoint, PublicIp, PublicOwner, Subnet,
};
use crate::spec;

/// A fixture that is about to be made.
pub(super) struct Draft<'a> {
    pub(super) identity: Identity,
    pub(super) kind: FixtureKind,
    pub(super) subnet: Option<Id<Subnet>>,
    /// The addresses that it needs, with those that are stated, and where.
    pub(super) addresses: Vec<(Option<IpAddr>, Spot<'a>)>,
    pub(super) public_ips: Vec<Id<PublicIp>>,
    pub(super) down: bool,
    pub(super) members: Vec<Id<Nic>>,
}

impl<'a> Resolver<'a> {
    /// Makes a fixture and claims its addresses.
    pub(super) fn push_fixture(&mut self, draft: Draft<'a>) -> Id<Fixture> {
        let fixture = id(self.network.fixtures.len());
        let mut addresses = Vec::with_capacity(draft.addresses.len());
        if let Some(subnet) = draft.subnet {
            for (index, (stated, spot)) in draft.addresses.into_iter().enumerate() {
                addresses.push(NO_ADDRESS);
                self.claims.push(Claim {
                    subnet,
                    stated,
                    v6: stated.is_some_and(|address| address.is_ipv6()),
                    spot,
                    holder: Holder::Fixture(fixture, index),
                });
            }
        }
        let vnet = draft.subnet.map(|subnet| self.network.subnets[subnet].vnet);
        self.network.fixtures.push(Fixture {
            identity: draft.identity,
            kind: draft.kind,
            vnet,
            subnet: draft.subnet,
            addresses,
            public_ips: draft.public_ips,
            down: draft.down,
            members: draft.members,
        })
    }

    /// Takes a public address for the fixture that is made next.
    pub(super) fn take_for_next(&mut self, text: &str, spot: Spot<'a>) -> Option<Id<PublicIp>> {
        let fixture = id(self.network.fixtures.len());
        self.take_public(text, spot, |public| PublicOwner::Fixture(fixture, public))
    }

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
            let members = self.proxy_members(gateway, spot);
            self.proxy_rules(gateway, spot);
            let at = spot.key("privateIPAddress");
            let mut addresses = Vec::with_capacity(2);
            addresses.extend(
                gateway
                    .private_ip_address
                    .map(|address| (Some(address), at)),
            );
            addresses.push((None, spot.key("subnet")));
            self.push_fixture(Draft {
                identity,
                kind: FixtureKind::ApplicationGateway,
                subnet,
                addresses,
                public_ips: public.into_iter().collect(),
                down: false,
                members,
            });
        }
    }

    /// The machines of its pools; other members are addresses and names.
    fn proxy_members(
        &mut self,
        gateway: &'a spec::ApplicationGateway,
        spot: Spot<'a>,
    ) -> Vec<Id<Nic>> {
        let mut members = Vec::new();
        for (name, pool) in gateway.backend_address_pools.iter() {
            let at = spot.key("backendAddressPools").key(name);
            for (index, member) in pool.iter().enumerate() {
                if let Ok(nics) = self.find_target(member) {
                    members.extend(nics);
                } else if member.parse::<IpAddr>().is_err() && !looks_like_fqdn(member) {
                    // The look-up is repeated for its fault.
                    self.target(member, at.index(index));
                }
            }
        }
        members.sort_unstable();
        members.dedup();
        members
    }

    fn proxy_rules(&mut self, gateway: &'a spec::ApplicationGateway, spot: Spot<'a>) {
        let listeners: Vec<&str> = gateway.listeners.iter().map(|(name, _)| name).collect();
        let pools: Vec<&str> = gateway
            .backend_address_pools
            .iter()
            .map(|(name, _)| name)
            .collect();
        for (name, rule) in gateway.rules.iter() {
            let at = spot.key("requestRoutingRules").key(name);
            self.child(&rule.listener, "listener", &listeners, at.key("listener"));
            let own = at.key("backendAddressPool");
            self.child(&rule.backend_address_pool, "pool", &pools, own);
        }
    }

    /// Bastion hosts (`bastion-nsg`).
    pub(super) fn bastions(&mut self) {
        for (key, bastion) in self.topology.bastion_hosts.iter() {
            let spot = Spot::of(Kind::Bastion.section()).key(key);
            self.check_name(key, Kind::Bastion.noun(), spot);
            let identity = self.identities.of(Kind::Bastion, key, &bastion.common);
            let at = spot.key("subnet");
            let subnet = self.subnet(&bastion.subnet, at);
            if let Some(subnet) = subnet {
                self.check_home(subnet, Special::Bastion, "a Bastion host", at);
            }
            let public_at = spot.key("publicIPAddress");
            let public = bastion.public_ip_address.as_deref();
            let public = public.and_then(|text| self.take_for_next(text, public_at));
            self.push_fixture(Draft {
                identity,
                kind: FixtureKind::BastionHost,
                subnet,
                addresses: vec![(None, at)],
                public_ips: public.into_iter().collect(),
                down: false,
                members: Vec::new(),
            });
        }
    }

    /// Private endpoints (`private-endpoint-overview`).
    pub(super) fn private_endpoints(&mut self) {
        for (key, endpoint) in self.topology.private_endpoints.iter() {
            let spot = Spot::of(Kind::PrivateEndpoint.section()).key(key);
            self.check_name(key, Kind::PrivateEndpoint.noun(), spot);
            let identity = self
                .identities
                .of(Kind::PrivateEndpoint, key, &endpoint.common);
            let at = spot.key("subnet");
            let subnet = self.subnet(&endpoint.subnet, at);
            if let Some(subnet) = subnet {
                self.check_guest(subnet, "private endpoints", at);
            }
            let service = self.refer_id(Kind::Service, &endpoint.service, spot.key("service"));
            for (index, text) in endpoint.application_security_groups.iter().enumerate() {
                let at = spot.key("applicationSecurityGroups").index(index);
                let group = self.refer_id(Kind::ApplicationGroup, text, at);
                if let (Some(group), Some(subnet)) = (group, subnet) {
                    self.join(group, subnet, at);
                }
            }
            let Some(service) = service else { continue };
            let made = self.network.private_endpoints.push(PrivateEndpoint {
                identity: identity.clone(),
                service,
                state: endpoint.connection_state,
            });
            self.push_fixture(Draft {
                identity,
                kind: FixtureKind::PrivateEndpoint(made),
                subnet,
                addresses: vec![(endpoint.private_ip_address, spot.key("privateIPAddress"))],
                public_ips: Vec::new(),
                down: false,
                members: Vec::new(),
            });
        }
    }
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
