//! Platform resources that have addresses: Bastion hosts, private endpoints, and the making of all
//! fixtures (`bastion-nsg`, `private-endpoint-overview`).

use std::net::IpAddr;

use super::addresses::{Claim, Holder};
use super::kind::Kind;
use super::references::id;
use super::special::Special;
use super::spot::Spot;
use super::{NO_ADDRESS, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{
    Fixture, FixtureKind, Id, Identity, Nic, PrivateEndpoint, PublicIp, PublicOwner, Subnet,
};

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
            let mut groups = Vec::new();
            for (index, text) in endpoint.application_security_groups.iter().enumerate() {
                let at = spot.key("applicationSecurityGroups").index(index);
                let Some(group) = self.refer_id(Kind::ApplicationGroup, text, at) else {
                    continue;
                };
                if let Some(subnet) = subnet {
                    self.join(group, subnet, at);
                }
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
            if endpoint.private_ip_address.is_some_and(|ip| ip.is_ipv6()) {
                let fault = Diagnostic::new(
                    Code::MixedAddressFamilies,
                    format!("the private endpoint `{key}` cannot have an IPv6 address"),
                );
                self.faults.push(
                    fault.at(spot.key("privateIPAddress").path()).help(
                        "Private Link is IPv4 only; leave the address out, or name an IPv4 one",
                    ),
                );
            }
            let Some(service) = service else { continue };
            let made = self.network.private_endpoints.push(PrivateEndpoint {
                identity: identity.clone(),
                service,
                state: endpoint.connection_state,
            });
            let fixture = self.push_fixture(Draft {
                identity,
                kind: FixtureKind::PrivateEndpoint(made),
                subnet,
                addresses: vec![(endpoint.private_ip_address, spot.key("privateIPAddress"))],
                public_ips: Vec::new(),
                down: false,
                members: Vec::new(),
            });
            for group in groups {
                self.network.asgs[group].endpoints.push(fixture);
            }
        }
    }
}
