//! Bastion hosts and application gateways: they answer what comes to them, and what they open themselves
//! goes out from their subnet with an address of theirs, so that backends see the subnet and not the client.
//!
//! Follows `bastion/bastion-nsg`, `bastion-overview`, `application-gateway/configuration-infrastructure`,
//! `configuration-front-end-ip`.

use std::net::IpAddr;

use super::compiled::{self, DEFAULT_OUTBOUND, to_any_of};
use super::traffic::{Rewrite, Traffic};
use super::walk::{Keeper, Leg, Origin, Session, Station, Walk};
use super::{issues, proxy_issues, required};
use crate::effective::EffectiveRoute;
use crate::net::{AddressSet, Protocol};
use crate::network::{Fixture, FixtureKind, Id, Peering, Place};
use crate::spec::Direction;
use crate::trace::{Disposition, HopKind, Recorder, Step, Translator};

/// So many proxies may stand one behind the other.
const MOST_PROXIES: usize = 3;

/// The port at which a Bastion host is spoken to (`bastion-nsg`).
const BASTION_PORT: u16 = 443;

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// What a platform resource opens itself, if it works at all.
    pub(super) fn starts_at_fixture(&mut self, id: Id<Fixture>, traffic: T) {
        // Before it probes its backends, a gateway has been looked at.
        if !self.fronts.iter().any(|front| front.proxy == id)
            && let Err(disposition) = self.works(id)
        {
            return self.end(disposition, traffic);
        }
        self.from_fixture(id, traffic);
    }

    /// Whether a proxy is in order, or the walk goes on all the same; else how the path ends.
    fn works(&mut self, id: Id<Fixture>) -> Result<(), Disposition> {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        if fixture.down
            && !self.stop(Disposition::NotRunning, || {
                issues::host_down(&fixture.identity.name)
            })
        {
            return Err(Disposition::NotRunning);
        }
        for lack in required::lacks(&self.engine.effective, id) {
            let issue = || proxy_issues::required_rule(network, id, &lack);
            if !lack.fatal {
                self.recorder.issue(issue);
            } else if !self.stop(Disposition::RefusedByPlatform, issue) {
                return Err(Disposition::RefusedByPlatform);
            }
        }
        if let Some((subnet, row)) = required::drawn_away(&self.engine.effective, id) {
            self.recorder
                .issue(|| proxy_issues::drawn_away(network, id, subnet, &row));
        }
        Ok(())
    }

    /// From a platform resource, by the rules and routes of its subnet. What it answers is let through by the
    /// rule that let in what it answers.
    pub(super) fn from_fixture(&mut self, id: Id<Fixture>, traffic: T) {
        let engine = self.engine;
        let Some(subnet) = engine.network.fixtures[id].subnet else {
            return self.lost(Disposition::NoRoute, traffic);
        };
        let at = Station {
            place: Place::Fixture(id),
            subnet,
            nic: None,
            by: None,
        };
        if matches!(self.leg, Leg::Reply(_)) {
            return self.routed(at, traffic);
        }
        let lists = engine
            .effective
            .subnet_security(subnet, Direction::Outbound);
        self.guarded(&lists, Direction::Outbound, traffic, &mut |walk, part| {
            walk.routed(at, part);
        });
    }

    /// Whether a reply has come back to the platform resource that asked, from inside or (`from` is none)
    /// from the Internet; if so it ends there.
    pub(super) fn back_at_fixture(
        &mut self,
        from: Option<Station>,
        id: Id<Fixture>,
        over: Option<Id<Peering>>,
        traffic: &T,
    ) -> bool {
        let Leg::Reply(leg) = &self.leg else {
            return false;
        };
        if leg.origin.0 != Origin::Fixture(id) {
            return false;
        }
        self.crossed_to_proxy(from, over, id);
        self.hop(
            Some(Place::Fixture(id)),
            traffic.witness().destination,
            HopKind::VnetLocal,
        );
        self.reply_at(Origin::Fixture(id), traffic.clone());
        true
    }

    fn crossed_to_proxy(
        &mut self,
        from: Option<Station>,
        over: Option<Id<Peering>>,
        id: Id<Fixture>,
    ) {
        let vnet = self.engine.network.fixtures[id].vnet;
        match from {
            Some(from) => self.crossed(from.place, over, vnet, Place::Fixture(id)),
            None => {
                let places = [Place::Internet].into_iter();
                let places = places.chain(vnet.map(Place::Network));
                let places = places.chain([Place::Fixture(id)]).collect();
                self.recorder.step(|| Step::Crossed(places));
            }
        }
    }

    /// At a proxy, from inside or (`from` is none) from the Internet.
    pub(super) fn at_proxy(
        &mut self,
        from: Option<Station>,
        id: Id<Fixture>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        let Some(subnet) = fixture.subnet else { return };
        if !self.leaves_over(from, over) {
            return self.end(Disposition::RefusedByPeering, traffic);
        }
        let address = traffic.witness().destination;
        let published = from.is_none() && matches!(self.leg, Leg::Request);
        let traffic = if published {
            self.published(id, traffic)
        } else {
            traffic
        };
        self.crossed_to_proxy(from, over, id);
        let again = self.fronts.iter().any(|front| front.proxy == id);
        if again || self.fronts.len() >= MOST_PROXIES {
            return self.goes_round(&fixture.identity.name, traffic);
        }
        self.hop(Some(Place::Fixture(id)), address, HopKind::VnetLocal);
        if matches!(self.leg, Leg::Reply(_)) {
            // It asked for nothing that this would be the answer to.
            return self.reply_at(Origin::Fixture(id), traffic);
        }
        let unguarded = network.subnets[subnet].nsg.is_none();
        let parts = match over {
            Some(peering) => self.over_peering(from, subnet, peering, unguarded, traffic),
            None => traffic.whole(None),
        };
        for (refused, part) in parts {
            self.branch(|walk| {
                if let Some((peering, flag)) = refused
                    && !walk.refused_on_arrival(peering, flag)
                {
                    return walk.end(Disposition::RefusedByPeering, part);
                }
                walk.before_proxy(id, published, part);
            });
        }
    }

    /// Which of its addresses is asked for; then the rules of its subnet.
    fn before_proxy(&mut self, id: Id<Fixture>, published: bool, traffic: T) {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        let Some(subnet) = fixture.subnet else { return };
        let frontends = to_any_of(AddressSet::of_addresses(self.private_frontend(id)));
        let own = to_any_of(AddressSet::of_addresses(fixture.addresses.iter().copied()));
        for (frontend, part) in traffic.classify(&frontends) {
            for (own, part) in part.classify(&own) {
                self.branch(|walk| {
                    if !published && own.is_none() {
                        // It was sent here as to an appliance.
                        let issue = || proxy_issues::does_not_forward(&fixture.identity.name);
                        return walk.lose(Disposition::NotForwarded, part, issue);
                    }
                    let effective = &walk.engine.effective;
                    let lists = effective.subnet_security(subnet, Direction::Inbound);
                    let served = published || frontend.is_some();
                    walk.guarded(&lists, Direction::Inbound, part, &mut |walk, part| {
                        walk.inside_proxy(id, served, part);
                    });
                });
            }
        }
    }

    /// The private address at which a proxy is spoken to. A Bastion host without a public address is
    /// deployed privately (`bastion/private-only-deployment`).
    fn private_frontend(&self, id: Id<Fixture>) -> Option<IpAddr> {
        let network = self.engine.network;
        match network.application_gateway(id) {
            Some(gateway) => gateway.private_frontend,
            None if network.fixtures[id].public_ips.is_empty() => network.own_address(id),
            None => None,
        }
    }

    /// In by a public frontend: the subnet's rules see an address of the subnet, unless there is a private
    /// frontend with the same ports (`configuration-infrastructure`, network security groups).
    fn published(&mut self, id: Id<Fixture>, traffic: T) -> T {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        let asked = traffic.witness().destination;
        let mut public = fixture.public_ips.iter().copied();
        let public = public.find(|id| network.public_ips[*id].address == asked);
        let private = network
            .application_gateway(id)
            .and_then(|gateway| gateway.private_frontend);
        let instance = network.own_address(id).filter(|_| private.is_none());
        let after = match (public, instance) {
            (Some(public), Some(instance)) => {
                let after = traffic.translate(Rewrite {
                    destination: Some(instance),
                    ..Rewrite::default()
                });
                self.translated(Translator::PublicIp(public), &traffic, after)
            }
            _ => traffic.clone(),
        };
        self.sessions.push(Session {
            keeper: Keeper::Frontend(id),
            before: traffic,
            after: after.clone(),
        });
        after
    }

    fn inside_proxy(&mut self, id: Id<Fixture>, served: bool, traffic: T) {
        if let Err(disposition) = self.works(id) {
            return self.end(disposition, traffic);
        }
        match self.engine.network.fixtures[id].kind {
            _ if !served => self.unserved(id, traffic, |_, _| None),
            FixtureKind::ApplicationGateway(gateway) => self.at_listeners(id, gateway, traffic),
            _ => {
                let listener = compiled::any([compiled::of(Protocol::Tcp, Some(BASTION_PORT))]);
                for (heard, part) in traffic.classify(&listener) {
                    self.branch(|walk| match heard {
                        Some(_) => walk.delivered(Origin::Fixture(id), part),
                        None => walk.unserved(id, part, |_, _| None),
                    });
                }
            }
        }
    }

    /// Nothing at a proxy is for what comes; why, where that is not plain.
    pub(super) fn unserved(
        &mut self,
        id: Id<Fixture>,
        traffic: T,
        why: impl FnOnce(&Self, &T) -> Option<String>,
    ) {
        let network = self.engine.network;
        let flow = traffic.witness();
        let why = why(self, &traffic);
        self.stop(Disposition::NoListener, || {
            proxy_issues::no_listener(&network.fixtures[id].identity.name, &flow, why)
        });
        self.end(Disposition::NoListener, traffic);
    }

    /// From a proxy to the Internet: what answers a client there, under the address that was asked; else
    /// by a NAT gateway of its subnet or its own public address.
    pub(super) fn out_of_proxy(
        &mut self,
        id: Id<Fixture>,
        at: Station,
        row: &EffectiveRoute,
        traffic: T,
    ) {
        for (session, part) in self.recall(traffic, |keeper| keeper == Keeper::Frontend(id)) {
            self.branch(|walk| match walk.session(session) {
                Some(session) => {
                    let reply = part.undo(&session.before, &session.after);
                    let reply = walk.translated(Translator::Undone, &part, reply);
                    walk.leaves_for_internet(at, reply);
                }
                None => walk.opened_by_proxy(id, at, row, part),
            });
        }
    }

    /// What a proxy opens itself goes out under a public address.
    fn opened_by_proxy(&mut self, id: Id<Fixture>, at: Station, row: &EffectiveRoute, traffic: T) {
        let engine = self.engine;
        for (private, part) in traffic.classify(&engine.statics.private) {
            self.branch(|walk| {
                if private.is_some() {
                    return walk.lose(Disposition::NoRoute, part, || {
                        issues::no_route(at.subnet, Some(row), "PrivateAddressToInternet")
                    });
                }
                let Some((by, source)) = walk.public_source(id, at) else {
                    return walk.lose(Disposition::NoOutboundMethod, part, || {
                        proxy_issues::no_way_out(engine.network, id, at.subnet, row)
                    });
                };
                let after = part.translate(Rewrite {
                    source: Some(source),
                    ..Rewrite::default()
                });
                let after = walk.translated(by, &part, after);
                walk.sessions.push(Session {
                    keeper: Keeper::Egress(id),
                    before: part,
                    after: after.clone(),
                });
                walk.leaves_for_internet(at, after);
            });
        }
    }

    fn leaves_for_internet(&mut self, at: Station, traffic: T) {
        self.crossed_from_proxy(at);
        self.on_the_internet(traffic);
    }

    fn crossed_from_proxy(&mut self, at: Station) {
        let vnet = self.engine.network.subnets[at.subnet].vnet;
        let places = vec![at.place, Place::Network(vnet), Place::Internet];
        self.recorder.step(|| Step::Crossed(places));
    }

    /// Under which address a proxy goes out: v1 gateways have default outbound access, as machines do.
    fn public_source(&self, id: Id<Fixture>, at: Station) -> Option<(Translator, IpAddr)> {
        let network = self.engine.network;
        let nat = network.subnets[at.subnet].nat_gateway;
        let nat = nat.filter(|nat| !network.nat_gateways[*nat].down);
        let nat = nat.and_then(|nat| {
            let public = network.nat_gateways[nat].public_ips.first()?;
            Some((
                Translator::NatGateway(nat),
                network.public_ips[*public].address,
            ))
        });
        let own = network.fixtures[id].public_ips.first().map(|public| {
            (
                Translator::PublicIp(*public),
                network.public_ips[*public].address,
            )
        });
        let old = network
            .application_gateway(id)
            .filter(|gateway| !gateway.v2)
            .map(|_| (Translator::DefaultOutboundAccess, DEFAULT_OUTBOUND));
        nat.or(own).or(old)
    }

    /// By a service endpoint of its subnet: the service sees the private address and answers to it.
    pub(super) fn proxy_to_service(&mut self, id: Id<Fixture>, at: Station, traffic: &T) {
        if matches!(self.leg, Leg::Request) {
            self.sessions.push(Session {
                keeper: Keeper::Egress(id),
                before: traffic.clone(),
                after: traffic.clone(),
            });
        }
        self.crossed_from_proxy(at);
    }

    /// A reply to what a proxy sent out comes back to it from the Internet.
    pub(super) fn back_at_proxy(&mut self, session: &Session<T>, traffic: T) {
        let Keeper::Egress(id) = session.keeper else {
            return;
        };
        let reply = if session.before == session.after {
            traffic
        } else {
            let reply = traffic.undo(&session.before, &session.after);
            self.translated(Translator::Undone, &traffic, reply)
        };
        if !self.back_at_fixture(None, id, None, &reply) {
            self.to_public_owners(reply);
        }
    }
}

/// Whether a fixture is a proxy.
pub(super) const fn is_proxy(kind: FixtureKind) -> bool {
    matches!(
        kind,
        FixtureKind::ApplicationGateway(_) | FixtureKind::BastionHost
    )
}
