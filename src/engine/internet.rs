//! To the Internet and from it: by which method a NIC goes out, what public addresses lead to, who
//! answers there.
//!
//! Follows `nat-gateway/nat-gateway-resource` for the precedence of outbound methods,
//! `virtual-network/ip-services/default-outbound-access`, `public-ip-addresses`.

use std::net::IpAddr;

use super::arrival::{Entry, Purpose};
use super::compiled::{DEFAULT_OUTBOUND, WITH_PORTS, from_any_of, listener_list};
use super::gateway::is_gateway;
use super::issues;
use super::outbound::{Method, method, tells_protocols};
use super::proxy::is_proxy;
use super::traffic::{Rewrite, Traffic};
use super::walk::{Keeper, Leg, Origin, Session, Stateful, Station, Walk};
use crate::diagnostic::Code;
use crate::effective::EffectiveRoute;
use crate::net::{AddressSet, Protocol, RuleList};
use crate::network::{
    FixtureKind, Id, InternetHost, Nic, NicAddress, Place, PublicIp, PublicOwner, Service, Socket,
    Subnet,
};
use crate::spec::{AddressSku, OutboundSmtp};
use crate::trace::{Assumption, Disposition, HopKind, Recorder, Step, Translator};

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// By a route whose next hop is the Internet.
    pub(super) fn outbound(&mut self, at: Station, row: &EffectiveRoute, traffic: T) {
        let engine = self.engine;
        if let Place::Fixture(id) = at.place {
            if is_gateway(engine.network, id) {
                return self.beyond_gateway(at, id, row, traffic);
            }
            if let FixtureKind::AzureFirewall(firewall) = engine.network.fixtures[id].kind {
                return self.out_of_firewall(firewall, at, row, traffic);
            }
            if is_proxy(engine.network.fixtures[id].kind) {
                return self.out_of_proxy(id, at, row, traffic);
            }
        }
        let Some(nic) = at.nic else {
            return self.not_modelled(
                "what a platform resource sends to the Internet is not modelled yet".to_owned(),
                traffic,
            );
        };
        for (session, part) in self.recall(traffic, |keeper| keeper == Keeper::Inbound(nic)) {
            self.branch(|walk| match walk.session(session) {
                Some(session) => {
                    let reply = part.undo(&session.before, &session.after);
                    let reply = walk.translated(Translator::Undone, &part, reply);
                    walk.crossed_to_internet(nic);
                    walk.on_the_internet(reply);
                }
                None => walk.new_outbound(nic, at, row, part),
            });
        }
    }

    /// What answers nothing that came in.
    fn new_outbound(&mut self, nic: Id<Nic>, at: Station, row: &EffectiveRoute, traffic: T) {
        let engine = self.engine;
        for (private, part) in traffic.classify(&engine.statics.private) {
            self.branch(|walk| {
                if private.is_some() {
                    return walk.lose(Disposition::NoRoute, part, || {
                        issues::no_route(at.subnet, Some(row), "PrivateAddressToInternet")
                    });
                }
                for (mail, part) in part.classify(&engine.statics.mail) {
                    walk.branch(|walk| {
                        let refused = mail.is_some()
                            && engine.network.settings.outbound_smtp == OutboundSmtp::Blocked;
                        if refused
                            && !walk.stop(Disposition::RefusedByPlatform, issues::outbound_mail)
                        {
                            return walk.end(Disposition::RefusedByPlatform, part);
                        }
                        walk.by_method(nic, row, part);
                    });
                }
            });
        }
    }

    /// By the outbound method of each of the NIC's own addresses; a packet with another source has none.
    fn by_method(&mut self, nic: Id<Nic>, row: &EffectiveRoute, traffic: T) {
        let (engine, network) = (self.engine, self.engine.network);
        let mut rest = vec![traffic];
        for (at, address) in network.nics[nic].addresses.iter().enumerate() {
            let other;
            let own = match at {
                0 => engine.sent_by(nic),
                _ => {
                    other = from_any_of(AddressSet::of_addresses([address.address]));
                    &other
                }
            };
            let mut others = Vec::new();
            for part in rest {
                for (native, part) in part.classify(own) {
                    match native {
                        Some(_) => {
                            self.branch(|walk| walk.from_own_address(nic, address, row, part))
                        }
                        None => others.push(part),
                    }
                }
            }
            rest = others;
        }
        for part in rest {
            self.branch(|walk| {
                walk.lose(Disposition::NoOutboundMethod, part, || {
                    issues::foreign_source(network.nics[nic].subnet, row)
                });
            });
        }
    }

    fn from_own_address(
        &mut self,
        nic: Id<Nic>,
        address: &NicAddress,
        row: &EffectiveRoute,
        traffic: T,
    ) {
        // Neither NAT gateways nor default outbound access carry anything but TCP and UDP.
        let with_ports = &self.engine.statics.with_ports;
        let apart = tells_protocols(self.engine.network, nic);
        let meaning = |rule: Option<usize>| rule.map(|at| apart.then_some(at));
        for (rule, part) in traffic.classify_as(with_ports, meaning) {
            let carried = rule.and_then(|at| WITH_PORTS.get(at)).copied();
            self.branch(|walk| walk.with_method(nic, address, carried, row, part));
        }
    }

    fn with_method(
        &mut self,
        nic: Id<Nic>,
        address: &NicAddress,
        carried: Option<Protocol>,
        row: &EffectiveRoute,
        traffic: T,
    ) {
        let network = self.engine.network;
        let (by, source) = match method(network, nic, address, carried) {
            Some(Method::NatGateway(by, source) | Method::Public(by, source)) => (by, source),
            Some(Method::Default) => (Translator::DefaultOutboundAccess, DEFAULT_OUTBOUND),
            None => return self.without_method(nic, address, carried, row, traffic),
        };
        self.sent_out(nic, by, source, traffic);
    }

    /// Nothing gives it a way out; from a private subnet the storage of its own region is reached all the
    /// same by the system's route (`default-outbound-access`).
    fn without_method(
        &mut self,
        nic: Id<Nic>,
        address: &NicAddress,
        carried: Option<Protocol>,
        row: &EffectiveRoute,
        traffic: T,
    ) {
        let network = self.engine.network;
        let subnet = &network.subnets[network.nics[nic].subnet];
        let private = !subnet.default_outbound_access && row.user.is_none();
        let served = private && carried.is_some() && address.address.is_ipv4();
        let lost = |walk: &mut Self, part| {
            walk.lose(Disposition::NoOutboundMethod, part, || {
                issues::no_outbound_method(network, nic, address.address, carried.is_some(), row)
            });
        };
        if !served {
            return lost(self, traffic);
        }
        let region = network.vnets[subnet.vnet].identity.location.as_deref();
        for (owner, part) in traffic.look_up(&network.public_owners) {
            self.branch(|walk| match owner {
                Some(PublicOwner::Service(id)) if is_storage_of(&network.services[id], region) => {
                    let by = Translator::DefaultOutboundAccess;
                    walk.sent_out(nic, by, DEFAULT_OUTBOUND, part);
                }
                _ => lost(walk, part),
            });
        }
    }

    /// Out to the Internet under a public address.
    fn sent_out(&mut self, nic: Id<Nic>, by: Translator, source: IpAddr, traffic: T) {
        let after = traffic.translate(Rewrite {
            source: Some(source),
            ..Rewrite::default()
        });
        let after = self.translated(by, &traffic, after);
        if matches!(self.leg, Leg::Request) {
            self.sessions.push(Session {
                keeper: Keeper::Outbound(nic),
                before: traffic,
                after: after.clone(),
            });
        }
        self.crossed_to_internet(nic);
        self.on_the_internet(after);
    }

    fn crossed_to_internet(&mut self, nic: Id<Nic>) {
        let network = self.engine.network;
        let vnet = network.subnets[network.nics[nic].subnet].vnet;
        self.recorder
            .step(|| Step::Crossed(vec![Place::Nic(nic), Place::Network(vnet), Place::Internet]));
    }

    /// On the Internet, to whatever has the destination's address.
    pub(super) fn on_the_internet(&mut self, traffic: T) {
        let known = self.recall(traffic, |keeper| matches!(keeper, Keeper::Outbound(_)));
        for (session, part) in known {
            self.branch(|walk| match walk.session(session) {
                Some(session) => walk.back_from_the_internet(&session, part),
                None => walk.to_senders(part),
            });
        }
    }

    /// A reply to what a NIC sent out.
    fn back_from_the_internet(&mut self, session: &Session<T>, traffic: T) {
        let Keeper::Outbound(nic) = session.keeper else {
            return;
        };
        let reply = if session.before == session.after {
            traffic
        } else {
            let reply = traffic.undo(&session.before, &session.after);
            self.translated(Translator::Undone, &traffic, reply)
        };
        self.arrives(None, nic, None, reply);
    }

    /// A reply to what a firewall or a proxy sent out goes there, whatever public address it had then; and one
    /// to what started on the Internet is there.
    fn to_senders(&mut self, traffic: T) {
        let senders = |keeper| {
            let firewall = matches!(keeper, Keeper::Stateful(Stateful::Firewall(_)));
            firewall || matches!(keeper, Keeper::Egress(_))
        };
        for (session, part) in self.recall(traffic, senders) {
            self.branch(|walk| {
                match walk.session(session) {
                    Some(Session {
                        keeper: Keeper::Stateful(Stateful::Firewall(firewall)),
                        ..
                    }) => return walk.at_firewall(None, firewall, None, part),
                    Some(session) => return walk.back_at_proxy(&session, part),
                    None => {}
                }
                let asked = match &walk.leg {
                    Leg::Reply(leg) => match &leg.origin {
                        (Origin::Outside(place), request) => Some((*place, part.replying(request))),
                        _ => None,
                    },
                    Leg::Request => None,
                };
                let Some((place, parts)) = asked else {
                    return walk.to_public_owners(part);
                };
                for (asked, part) in parts {
                    walk.branch(|walk| {
                        if !asked {
                            return walk.to_public_owners(part);
                        }
                        let address = part.witness().destination;
                        walk.hop(Some(place), address, HopKind::Internet);
                        walk.reply_at(Origin::Outside(place), part);
                    });
                }
            });
        }
    }

    pub(super) fn to_public_owners(&mut self, traffic: T) {
        let network = self.engine.network;
        for (owner, part) in traffic.look_up(&network.public_owners) {
            let public = match owner {
                Some(PublicOwner::Nic(_, public) | PublicOwner::Fixture(_, public)) => Some(public),
                _ => None,
            };
            if let Some(lost) = public
                .map(|id| &network.public_ips[id])
                .filter(|own| own.down)
            {
                self.branch(|walk| {
                    let name = &lost.identity.name;
                    walk.lose(Disposition::NotRunning, part, || issues::host_down(name));
                });
                continue;
            }
            self.branch(|walk| match owner {
                Some(PublicOwner::Nic(nic, public)) => walk.inbound(nic, public, part),
                Some(PublicOwner::InternetHost(host)) => walk.at_internet_host(host, part),
                Some(PublicOwner::Service(service)) => walk.at_service(service, None, part),
                Some(PublicOwner::Fixture(fixture, _)) => {
                    if let FixtureKind::LoadBalancer(balancer, frontend) =
                        network.fixtures[fixture].kind
                    {
                        return walk.at_frontend(None, (balancer, frontend), None, part);
                    }
                    if let FixtureKind::AzureFirewall(firewall) = network.fixtures[fixture].kind {
                        return walk.at_firewall(None, firewall, None, part);
                    }
                    if is_proxy(network.fixtures[fixture].kind) {
                        return walk.at_proxy(None, fixture, None, part);
                    }
                    let address = part.witness().destination;
                    walk.hop(Some(Place::Fixture(fixture)), address, HopKind::VnetLocal);
                    walk.not_modelled_at(fixture, part);
                }
                Some(PublicOwner::NatGateway(_) | PublicOwner::Unused(_)) => {
                    let address = part.witness().destination;
                    walk.lose(Disposition::NobodyThere, part, || issues::nobody(address));
                }
                None => walk.at_unlisted(part),
            });
        }
    }

    /// In by a NIC's public address: the rules see the private one.
    fn inbound(&mut self, nic: Id<Nic>, public: Id<PublicIp>, traffic: T) {
        let network = self.engine.network;
        let own = network.nics[nic]
            .addresses
            .iter()
            .find(|a| a.public_ip == Some(public));
        let Some(own) = own else { return };
        let after = traffic.translate(Rewrite {
            destination: Some(own.address),
            ..Rewrite::default()
        });
        let after = self.translated(Translator::PublicIp(public), &traffic, after);
        if matches!(self.leg, Leg::Request) {
            self.sessions.push(Session {
                keeper: Keeper::Inbound(nic),
                before: traffic,
                after: after.clone(),
            });
        }
        let closed = network.public_ips[public].sku == AddressSku::Standard;
        let translations = &self
            .engine
            .machine(network.nics[nic].machine)
            .destination_nat;
        for (translated, part) in after.classify(translations) {
            let purpose = translated.map_or(Purpose::Here, |at| Purpose::Forward(Some(at)));
            let entry = Entry {
                from: None,
                over: None,
                closed,
            };
            self.branch(|walk| walk.arrives_for(purpose, nic, entry, part));
        }
    }

    fn at_internet_host(&mut self, id: Id<InternetHost>, traffic: T) {
        let host = &self.engine.network.internet_hosts[id];
        let place = Place::InternetHost(id);
        self.recorder
            .step(|| Step::Crossed(vec![Place::Internet, place]));
        self.hop(
            Some(place),
            traffic.witness().destination,
            HopKind::Internet,
        );
        let name = host.name.clone();
        self.answers_outside(place, &name, host.down, host.listeners.as_deref(), traffic);
    }

    /// At a platform service, by its public address or from a subnet with its endpoint.
    fn at_service(&mut self, id: Id<Service>, from: Option<Id<Subnet>>, traffic: T) {
        let network = self.engine.network;
        let service = &network.services[id];
        let name = service.identity.name.clone();
        let address = traffic.witness().destination;
        self.hop_named(
            Some(Place::Internet),
            name.clone(),
            address,
            HopKind::Internet,
        );
        // A subnet counts by its service endpoint; without public access no subnet does.
        let listed = service.allowed_subnets.is_empty()
            || from.is_some_and(|subnet| service.allowed_subnets.contains(&subnet));
        let allowed = service.public_network_access && listed;
        if !allowed
            && !self.stop(Disposition::RefusedByPlatform, || {
                issues::service_refuses(&name)
            })
        {
            return self.end(Disposition::RefusedByPlatform, traffic);
        }
        self.answers_outside(
            Place::Internet,
            &name,
            service.down,
            service.listeners.as_deref(),
            traffic,
        );
    }

    /// By a service endpoint: the service sees the private address and answers to it.
    pub(super) fn to_service(&mut self, at: Station, traffic: T) {
        let network = self.engine.network;
        match (at.place, at.nic) {
            (_, Some(nic)) => {
                if matches!(self.leg, Leg::Request) {
                    // The reply comes back to the NIC by the way that the request took.
                    self.sessions.push(Session {
                        keeper: Keeper::Outbound(nic),
                        before: traffic.clone(),
                        after: traffic.clone(),
                    });
                }
                self.crossed_to_internet(nic);
            }
            (Place::Fixture(id), None) if is_proxy(network.fixtures[id].kind) => {
                self.proxy_to_service(id, at, &traffic);
            }
            _ => {
                return self.not_modelled(
                    "what a platform resource sends to a service is not modelled yet".to_owned(),
                    traffic,
                );
            }
        }
        for (owner, part) in traffic.look_up(&network.public_owners) {
            self.branch(|walk| match owner {
                Some(PublicOwner::Service(service)) => {
                    walk.at_service(service, Some(at.subnet), part)
                }
                _ => walk.at_unlisted(part),
            });
        }
    }

    fn answers_outside(
        &mut self,
        place: Place,
        name: &str,
        down: bool,
        listeners: Option<&[Socket]>,
        traffic: T,
    ) {
        if matches!(self.leg, Leg::Reply(_)) {
            return self.reply_at(Origin::Outside(place), traffic);
        }
        if down && !self.stop(Disposition::NotRunning, || issues::host_down(name)) {
            return self.end(Disposition::NotRunning, traffic);
        }
        let Some(listeners) = listeners else {
            self.assume_listener(name, &traffic);
            return self.delivered(Origin::Outside(place), traffic);
        };
        let rules: RuleList = listener_list(listeners);
        self.heard(&rules, None, Origin::Outside(place), traffic);
    }

    /// Notes that something outside is taken to listen.
    pub(super) fn assume_listener(&mut self, name: &str, traffic: &T) {
        let flow = traffic.witness();
        if flow.protocol.has_ports() {
            self.recorder.assume(|| Assumption {
                code: Code::AssumedListener,
                text: format!(
                    "`{name}` is taken to listen on {}/{}, since its `listeners` are not given",
                    flow.protocol.lower(),
                    flow.destination_port
                ),
            });
        }
    }

    /// At a public address that the topology does not list.
    fn at_unlisted(&mut self, traffic: T) {
        let engine = self.engine;
        for (public, part) in traffic.classify(&engine.statics.internet) {
            self.branch(|walk| {
                let address = part.witness().destination;
                if public.is_none() || !engine.network.settings.internet_reaches_unlisted_addresses
                {
                    return walk.lose(Disposition::NobodyThere, part, || issues::nobody(address));
                }
                walk.hop(Some(Place::Internet), address, HopKind::Internet);
                if matches!(walk.leg, Leg::Reply(_)) {
                    return walk.reply_at(Origin::Outside(Place::Internet), part);
                }
                walk.recorder.assume(|| Assumption {
                    code: Code::AssumedInternetHostAnswers,
                    text: format!("`{address}` is not listed and is taken to answer"),
                });
                walk.delivered(Origin::Outside(Place::Internet), part);
            });
        }
    }
}

/// Whether a service is storage of a region.
fn is_storage_of(service: &Service, region: Option<&str>) -> bool {
    let folded = |region: &str| region.to_lowercase().replace(' ', "");
    let own = service
        .region
        .as_deref()
        .or(service.identity.location.as_deref());
    service.kind.eq_ignore_ascii_case("Microsoft.Storage") && own.map(folded) == region.map(folded)
}
