//! What an Azure Firewall sends on: with its own source or the client's, by the routes of its subnet; to
//! the Internet with a public source only.
//!
//! Follows `firewall/snat-private-range`, `firewall/forced-tunneling`,
//! `firewall/integrate-with-nat-gateway`.

use std::net::IpAddr;

use super::compiled::from_any_of;
use super::firewall_issues;
use super::issues;
use super::traffic::{Rewrite, Traffic};
use super::walk::{Keeper, Leg, Session, Stateful, Station, Walk};
use crate::effective::EffectiveRoute;
use crate::net::AddressSet;
use crate::network::{Firewall, Id, Place};
use crate::spec::OutboundSmtp;
use crate::spec::checks::RouteNextHopType;
use crate::trace::{Disposition, Recorder, Step, Translator};

/// For which destinations the firewall puts its own address in place of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Snat {
    /// For all but the private ranges of its policy.
    Public,
    /// For all.
    All,
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// On, under the client's address or the firewall's: a public one where it leaves for the Internet,
    /// else its private one.
    pub(super) fn sent_by_firewall(
        &mut self,
        id: Id<Firewall>,
        snat: Snat,
        request: &T,
        traffic: T,
    ) {
        let network = self.engine.network;
        let Some(subnet) = network.fixtures[network.firewalls[id].fixture].subnet else {
            return;
        };
        let routes = self.engine.effective.subnet_routes(subnet);
        let parts = traffic
            .classify(&self.engine.firewall(id).private)
            .into_iter();
        let parts = parts.flat_map(|(private, part)| {
            let keeps = snat == Snat::Public && private.is_some();
            let parts = part.look_up(&routes.by_destination).into_iter();
            parts.map(move |(choice, part)| (keeps, choice, part))
        });
        let with_ports = &self.engine.statics.with_ports;
        for (keeps, choice, part) in parts.collect::<Vec<_>>() {
            for (ports, part) in part.classify_as(with_ports, |rule| rule.is_some()) {
                let rows = choice
                    .and_then(|at| routes.choices.get(at as usize))
                    .into_iter()
                    .flatten();
                let mut rows = rows.filter_map(|row| routes.rows.get(*row as usize));
                let outside = rows.any(|row| row.next_hop_type == RouteNextHopType::Internet);
                self.branch(|walk| {
                    let ports = ports.is_some();
                    let source = walk.firewall_source(id, outside, ports).filter(|_| !keeps);
                    let sent = match source {
                        Some((by, source)) => {
                            let after = part.translate(Rewrite {
                                source: Some(source),
                                ..Rewrite::default()
                            });
                            walk.translated(by, &part, after)
                        }
                        None => part,
                    };
                    if matches!(walk.leg, Leg::Request) {
                        walk.sessions.push(Session {
                            keeper: Keeper::Stateful(Stateful::Firewall(id)),
                            before: request.clone(),
                            after: sent.clone(),
                        });
                    }
                    walk.leaves_firewall(id, sent);
                });
            }
        }
    }

    /// The address under which the firewall sends: a NAT gateway's of its subnet before its own public
    /// one; the first of several.
    fn firewall_source(
        &self,
        id: Id<Firewall>,
        outside: bool,
        ports: bool,
    ) -> Option<(Translator, IpAddr)> {
        let network = self.engine.network;
        let fixture = &network.fixtures[network.firewalls[id].fixture];
        let own = Translator::FirewallSource(id);
        if !outside {
            return fixture.addresses.first().map(|address| (own, *address));
        }
        let nat = fixture
            .subnet
            .and_then(|subnet| network.subnets[subnet].nat_gateway);
        let nat = nat.filter(|id| ports && !network.nat_gateways[*id].down);
        let nat = nat.and_then(|id| {
            let mut public = network.nat_gateways[id].public_ips.iter();
            public
                .find(|id| !network.public_ips[**id].down)
                .map(|public| (id, *public))
        });
        let mut own_ones = fixture.public_ips.iter();
        match (nat, own_ones.find(|id| !network.public_ips[**id].down)) {
            (Some((id, public)), _) => Some((
                Translator::NatGateway(id),
                network.public_ips[public].address,
            )),
            (None, Some(public)) => Some((own, network.public_ips[*public].address)),
            (None, None) => None,
        }
    }

    /// By the routes of the firewall's subnet.
    pub(super) fn leaves_firewall(&mut self, id: Id<Firewall>, traffic: T) {
        let network = self.engine.network;
        let fixture = network.firewalls[id].fixture;
        let Some(subnet) = network.fixtures[fixture].subnet else {
            return;
        };
        self.routed(
            Station {
                place: Place::Fixture(fixture),
                subnet,
                nic: None,
                by: None,
            },
            traffic,
        );
    }

    /// From a firewall to the Internet: with a public source only.
    pub(super) fn out_of_firewall(
        &mut self,
        id: Id<Firewall>,
        at: Station,
        row: &EffectiveRoute,
        traffic: T,
    ) {
        let engine = self.engine;
        let network = engine.network;
        let fixture = &network.fixtures[network.firewalls[id].fixture];
        let nat = network.subnets[at.subnet].nat_gateway;
        let nat = nat
            .into_iter()
            .flat_map(|id| &network.nat_gateways[id].public_ips);
        let public = fixture
            .public_ips
            .iter()
            .chain(nat)
            .map(|id| network.public_ips[*id].address);
        let own = from_any_of(AddressSet::of_addresses(public));
        for (private, part) in traffic.classify(&engine.statics.private) {
            for (public, part) in part.classify(&own) {
                for (mail, part) in part.classify(&engine.statics.mail) {
                    self.branch(|walk| {
                        if private.is_some() {
                            return walk.lose(Disposition::NoRoute, part, || {
                                issues::no_route(at.subnet, Some(row), "PrivateAddressToInternet")
                            });
                        }
                        if public.is_none() {
                            let flow = part.witness();
                            return walk.lose(Disposition::NoOutboundMethod, part, || {
                                firewall_issues::no_way_out(network, id, &flow)
                            });
                        }
                        let refused = mail.is_some()
                            && network.settings.outbound_smtp == OutboundSmtp::Blocked;
                        if refused
                            && !walk.stop(Disposition::RefusedByPlatform, issues::outbound_mail)
                        {
                            return walk.end(Disposition::RefusedByPlatform, part);
                        }
                        let vnet = network.subnets[at.subnet].vnet;
                        let places = vec![at.place, Place::Network(vnet), Place::Internet];
                        walk.recorder.step(|| Step::Crossed(places));
                        walk.on_the_internet(part);
                    });
                }
            }
        }
    }
}
