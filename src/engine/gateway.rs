//! A packet at a VPN or ExpressRoute gateway: on by the gateway subnet's routes, into a tunnel or circuit,
//! to a site, a client, another VNet's gateway.
//!
//! Follows `vpn-gateway/vpn-gateway-about-vpn-gateway-settings`, `vpn-gateway-bgp-overview`,
//! `expressroute/expressroute-optimize-routing`; the control plane behind it is `effective::gateway`.

use std::net::IpAddr;

use super::compiled::{self, listener_list};
use super::issues;
use super::traffic::Traffic;
use super::walk::{Leg, Origin, Station, Walk};
use crate::diagnostic::Code;
use crate::effective::{EffectiveRoute, LearnedFrom};
use crate::net::{AddressMap, AddressSet, RuleList};
use crate::network::{
    Circuit, Connection, ConnectionEnd, Fixture, FixtureKind, Gateway, Id, Network, Peering, Place,
    PublicOwner, Site,
};
use crate::spec::{ConnectionStatus, GatewayType, PowerState};
use crate::trace::{Assumption, Disposition, HopKind, Recorder, Step};

/// A gateway never sees one packet as often; one that would goes round in circles.
const MOST_STOPS: usize = 64;

/// Ways of a site, each with the prefixes it leads to; several that are equally good stand together.
type Ways = (AddressMap<u32>, Vec<Vec<Id<Connection>>>);

/// The fixture of a gateway.
pub(super) fn fixture_of(network: &Network, gateway: Id<Gateway>) -> Option<Id<Fixture>> {
    let mut fixtures = network.fixtures.iter();
    fixtures
        .find(|(_, fixture)| fixture.kind == FixtureKind::Gateway(gateway))
        .map(|(id, _)| id)
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// At a gateway, from a place in Azure.
    pub(super) fn at_gateway(
        &mut self,
        from: Station,
        id: Id<Fixture>,
        gateway: Id<Gateway>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let vnet = self.engine.network.gateways[gateway].vnet;
        self.crossed(from.place, over, Some(vnet), Place::Fixture(id));
        self.through_gateway(id, gateway, None, traffic);
    }

    /// Through a gateway, by whatever way the packet came to it: `by` one of its tunnels or clients, or none
    /// from inside Azure.
    fn through_gateway(
        &mut self,
        id: Id<Fixture>,
        gateway: Id<Gateway>,
        by: Option<LearnedFrom>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let own = &network.gateways[gateway];
        let fixture = &network.fixtures[id];
        let address = fixture.addresses.first().copied();
        let address = address.unwrap_or(traffic.witness().destination);
        self.hop(
            Some(Place::Fixture(id)),
            address,
            HopKind::VirtualNetworkGateway,
        );
        if own.down || fixture.down {
            return self.lose(Disposition::NotRunning, traffic, || {
                issues::host_down(&own.identity.name)
            });
        }
        if self.trail.len() > MOST_STOPS {
            return self.lost(Disposition::Loop, traffic);
        }
        if own.gateway_type == GatewayType::Vpn && traffic.witness().destination.is_ipv6() {
            let what = "IPv6 through a VPN gateway, which is a preview, is not modelled yet";
            return self.not_modelled(what.to_owned(), traffic);
        }
        let Some(subnet) = fixture.subnet else { return };
        self.routed(
            Station {
                place: Place::Fixture(id),
                subnet,
                nic: None,
                by,
            },
            traffic,
        );
    }

    /// By a route that a gateway learned, at a gateway or on the way to it.
    pub(super) fn by_gateway(&mut self, at: Station, row: &EffectiveRoute, traffic: T) {
        let network = self.engine.network;
        let Some(gateway) = row.gateway else {
            // A Route Server's routes name the appliance itself; packets go straight to it.
            return self.by_address(at, row, traffic);
        };
        let Some(fixture) = fixture_of(network, gateway) else {
            return self.routed_nowhere(at, row, traffic);
        };
        if at.place == Place::Fixture(fixture) {
            return match row.learned {
                Some(learned) => self.into_tunnel(at, fixture, learned, traffic),
                None => self.routed_nowhere(at, row, traffic),
            };
        }
        let own = network.subnets[at.subnet].vnet;
        if let Place::Fixture(beside) = at.place
            && let FixtureKind::Gateway(asked) = network.fixtures[beside].kind
        {
            // There is no transit between a VNet's own gateways, unless a Route Server passes on from branch
            // to branch (route-server-faq), which clients are not.
            let are_clients =
                |way: Option<LearnedFrom>| matches!(way, Some(LearnedFrom::Clients(_)));
            let clients = are_clients(at.by) || are_clients(row.learned);
            let passed = !clients
                && network.route_servers.iter().any(|(_, server)| {
                    server.vnet == own && server.branch_to_branch && !server.down
                });
            if !passed {
                // A gateway sends by what it knows itself, though its subnet's routes prefer the other one.
                for (way, part) in traffic.look_up(&self.engine.effective.own_ways(asked)) {
                    self.branch(|walk| match way {
                        Some(way) => walk.into_tunnel(at, beside, way, part),
                        None => walk.lose(Disposition::NoRoute, part, || {
                            issues::no_transit(
                                at.subnet,
                                row,
                                &network.gateways[gateway].identity.name,
                                clients,
                            )
                        }),
                    });
                }
                return;
            }
        }
        let over = network.vnets[own].peerings.iter().copied().find(|id| {
            let peering = &network.peerings[*id];
            peering.connected && peering.remote == network.gateways[gateway].vnet
        });
        self.at_gateway(at, fixture, gateway, over, traffic);
    }

    /// Into the tunnel or circuit by which a route was learned.
    fn into_tunnel(&mut self, from: Station, at: Id<Fixture>, learned: LearnedFrom, traffic: T) {
        let network = self.engine.network;
        let effective = &self.engine.effective;
        if from.by.is_some_and(|by| !effective.transit(by, learned)) {
            return self.lose(Disposition::NoRoute, traffic, || {
                issues::no_static_transit(network, from.subnet, at, learned)
            });
        }
        let (own, id) = match learned {
            LearnedFrom::Clients(gateway) => return self.at_client(gateway, traffic),
            LearnedFrom::Connection(own, id) => (own, id),
            LearnedFrom::Appliance(..) => return self.lost(Disposition::NoRoute, traffic),
        };
        let connection = &network.connections[id];
        match connection.to {
            ConnectionEnd::Local(local) => {
                let local = &network.local_gateways[local];
                match local.site {
                    Some(site) => self.at_site(at, site, traffic),
                    None => self.behind(&local.identity.name, traffic),
                }
            }
            ConnectionEnd::Circuit(circuit) => self.into_circuit(at, id, circuit, traffic),
            ConnectionEnd::Gateway(far) => {
                let to = if far == own { connection.gateway } else { far };
                self.at_far_gateway(at, to, id, traffic);
            }
        }
    }

    fn at_far_gateway(&mut self, at: Id<Fixture>, to: Id<Gateway>, by: Id<Connection>, traffic: T) {
        match fixture_of(self.engine.network, to) {
            Some(fixture) => {
                let places = vec![Place::Fixture(at), Place::Fixture(fixture)];
                self.recorder.step(|| Step::Crossed(places));
                let by = LearnedFrom::Connection(to, by);
                self.through_gateway(fixture, to, Some(by), traffic);
            }
            None => self.lost(Disposition::NoRoute, traffic),
        }
    }

    /// By a circuit: to its site, or to another VNet that is linked to it.
    fn into_circuit(&mut self, at: Id<Fixture>, own: Id<Connection>, id: Id<Circuit>, traffic: T) {
        let network = self.engine.network;
        let circuit = &network.circuits[id];
        if !(circuit.primary_up && circuit.secondary_up) {
            self.recorder.issue(|| issues::one_link(circuit));
        }
        // What lies in the site's ranges goes there; the rest to the first of the other VNets that is told.
        let mut ways: Vec<(AddressSet, Option<Id<Connection>>)> = Vec::new();
        if let Some(site) = circuit.site {
            ways.push((AddressSet::of(&network.sites[site].address_space), None));
        }
        for (other, connection) in network.connections.iter() {
            let far = other != own
                && connection.to == ConnectionEnd::Circuit(id)
                && connection.status == ConnectionStatus::Connected
                && connection.gateway != network.connections[own].gateway;
            if far {
                let told = self.engine.effective.advertised(other);
                ways.push((AddressSet::of(&told), Some(other)));
            }
        }
        let rules = compiled::any(ways.iter().map(|(to, _)| compiled::to(to.clone())));
        for (way, part) in traffic.classify(&rules) {
            let far = way.and_then(|way| ways.get(way)).and_then(|(_, far)| *far);
            self.branch(|walk| match (far, circuit.site) {
                (Some(far), _) => {
                    walk.at_far_gateway(at, network.connections[far].gateway, far, part);
                }
                (None, Some(site)) => walk.at_site(at, site, part),
                (None, None) => walk.behind(&circuit.identity.name, part),
            });
        }
    }

    /// Behind a device of which nothing is known.
    fn behind(&mut self, name: &str, traffic: T) {
        let address = traffic.witness().destination;
        self.hop(None, address, HopKind::Destination);
        self.recorder.assume(|| Assumption {
            code: Code::AssumedListener,
            text: format!(
                "`{address}` behind `{name}` is taken to answer, since no site is named there"
            ),
        });
        if matches!(self.leg, Leg::Reply(_)) {
            return self.end(Disposition::Asymmetric, traffic);
        }
        self.answered(traffic);
    }

    /// At a site, by one of its connections.
    fn at_site(&mut self, at: Id<Fixture>, id: Id<Site>, traffic: T) {
        let network = self.engine.network;
        let site = &network.sites[id];
        self.recorder
            .step(|| Step::Crossed(vec![Place::Fixture(at), Place::Site(id)]));
        if site.down && !matches!(self.leg, Leg::Reply(_)) {
            return self.lose(Disposition::NotRunning, traffic, || {
                issues::host_down(&site.name)
            });
        }
        let hosts = AddressMap::longest_prefix(
            site.hosts
                .iter()
                .map(|host| (network.site_hosts[*host].address.into(), *host)),
        );
        let ranges =
            AddressMap::longest_prefix(site.address_space.iter().map(|prefix| (*prefix, ())));
        for (host, part) in traffic.look_up(&hosts) {
            for (inside, part) in part.look_up(&ranges) {
                self.branch(|walk| {
                    let address = part.witness().destination;
                    let Some(host) = host else {
                        return match inside {
                            Some(()) => walk.at_unlisted_host(id, address, part),
                            None => walk.not_modelled(
                                format!(
                                    "what `{}` sends on elsewhere is not modelled yet",
                                    site.name
                                ),
                                part,
                            ),
                        };
                    };
                    let host = &network.site_hosts[host];
                    walk.hop_named(
                        Some(Place::Site(id)),
                        host.name.clone(),
                        address,
                        HopKind::Destination,
                    );
                    if matches!(walk.leg, Leg::Reply(_)) {
                        return walk.reply_at(Origin::Site(id), part);
                    }
                    if host.power != PowerState::Running
                        && !walk.stop(Disposition::NotRunning, || issues::host_down(&host.name))
                    {
                        return walk.end(Disposition::NotRunning, part);
                    }
                    let Some(listeners) = &host.listeners else {
                        walk.assume_listener(&host.name, &part);
                        return walk.delivered(Origin::Site(id), part);
                    };
                    let rules: RuleList = listener_list(listeners);
                    walk.heard(&rules, None, Origin::Site(id), part);
                });
            }
        }
    }

    fn at_unlisted_host(&mut self, id: Id<Site>, address: IpAddr, traffic: T) {
        self.hop_named(
            Some(Place::Site(id)),
            address.to_string().into(),
            address,
            HopKind::Destination,
        );
        if matches!(self.leg, Leg::Reply(_)) {
            return self.reply_at(Origin::Site(id), traffic);
        }
        let name = &self.engine.network.sites[id].name;
        self.recorder.assume(|| Assumption {
            code: Code::AssumedListener,
            text: format!(
                "`{address}` in `{name}` is taken to answer, since no host is listed there"
            ),
        });
        self.delivered(Origin::Site(id), traffic);
    }

    /// From a site: by the connection that leads to the destination, of several the one it prefers.
    pub(super) fn from_site(&mut self, id: Id<Site>, traffic: T) {
        let network = self.engine.network;
        let (map, choices) = self.ways(id);
        for (choice, part) in traffic.look_up(&map) {
            let ways = choice.and_then(|at| choices.get(at as usize));
            let Some(ways) = ways else {
                let name = &network.sites[id].name;
                self.own_internet(name, part, &mut |walk, part| {
                    walk.lose(Disposition::NoRoute, part, || issues::site_has_no_way(name));
                });
                continue;
            };
            for way in ways {
                self.branch(|walk| {
                    walk.share /= ways.len() as f64;
                    let gateway = network.connections[*way].gateway;
                    let part = part.clone();
                    let Some(fixture) = fixture_of(network, gateway) else {
                        return;
                    };
                    walk.recorder
                        .step(|| Step::Crossed(vec![Place::Site(id), Place::Fixture(fixture)]));
                    if let ConnectionEnd::Circuit(circuit) = network.connections[*way].to {
                        let circuit = &network.circuits[circuit];
                        if !(circuit.primary_up && circuit.secondary_up) {
                            walk.recorder.issue(|| issues::one_link(circuit));
                        }
                    }
                    let by = LearnedFrom::Connection(gateway, *way);
                    walk.through_gateway(fixture, gateway, Some(by), part);
                });
            }
        }
    }

    /// What is on-premises, or a client, has a way to the Internet that is not Azure's, and not in the file:
    /// it may be how a public address is reached.
    fn own_internet(&mut self, name: &str, traffic: T, then: &mut dyn FnMut(&mut Self, T)) {
        let network = self.engine.network;
        for (private, part) in traffic.classify(&self.engine.statics.private) {
            if private.is_some() {
                self.branch(|walk| then(walk, part));
                continue;
            }
            for (owner, part) in part.look_up(&network.public_owners) {
                let end = match owner {
                    // Nothing takes it.
                    Some(PublicOwner::NatGateway(_) | PublicOwner::Unused(_)) => {
                        self.branch(|walk| then(walk, part));
                        continue;
                    }
                    Some(PublicOwner::Fixture(id, _)) => match network.fixtures[id].kind {
                        FixtureKind::Gateway(_)
                        | FixtureKind::BastionHost
                        | FixtureKind::RouteServer(_) => Some(Origin::Fixture(id)),
                        _ => None,
                    },
                    _ => None,
                };
                let to = part.witness().destination;
                let what = format!(
                    "what `{name}` sends to the Internet by itself, as to {to}, is not modelled"
                );
                self.branch(|walk| walk.not_modelled_to(end, what, part));
            }
        }
    }

    /// What a site's connections lead to: what it says it reaches, else what the gateways advertise. For
    /// equal prefixes it takes what it prefers, else ExpressRoute first.
    fn ways(&self, id: Id<Site>) -> Ways {
        let network = self.engine.network;
        let site = &network.sites[id];
        let mut entries: Vec<(ipnet::IpNet, usize, Id<Connection>)> = Vec::new();
        for (own, connection) in network.connections.iter() {
            if connection.status != ConnectionStatus::Connected
                || network.gateways[connection.gateway].down
            {
                continue;
            }
            let (leads_here, names, express) = match connection.to {
                ConnectionEnd::Local(local) => {
                    let local = &network.local_gateways[local];
                    (local.site == Some(id), vec![&local.identity.name], false)
                }
                ConnectionEnd::Circuit(circuit) => {
                    let circuit = &network.circuits[circuit];
                    (
                        circuit.site == Some(id) && circuit.up(),
                        vec![&circuit.identity.name],
                        true,
                    )
                }
                ConnectionEnd::Gateway(_) => (false, Vec::new(), false),
            };
            if !leads_here {
                continue;
            }
            let preferred = site.prefers.iter().position(|wanted| {
                let same = |name: &str| name.eq_ignore_ascii_case(wanted);
                same(&connection.identity.name) || names.iter().any(|name| same(name))
            });
            let rank = preferred.unwrap_or(site.prefers.len() + usize::from(!express));
            let told = self.engine.effective.advertised(own);
            match &site.reaches {
                None => entries.extend(told.into_iter().map(|prefix| (prefix, rank, own))),
                Some(reaches) => entries.extend(reaches.iter().map(|prefix| (*prefix, rank, own))),
            }
        }
        entries.sort_by_key(|(prefix, rank, _)| (*prefix, *rank));
        let mut choices: Vec<Vec<Id<Connection>>> = Vec::new();
        let mut prefixes: Vec<(ipnet::IpNet, u32)> = Vec::new();
        let mut last: Option<(ipnet::IpNet, usize)> = None;
        for (prefix, rank, own) in entries {
            match last {
                Some((same, best)) if same == prefix => {
                    if rank == best
                        && let Some(choice) = choices.last_mut()
                    {
                        choice.push(own);
                    }
                }
                _ => {
                    prefixes.push((prefix, choices.len() as u32));
                    choices.push(vec![own]);
                    last = Some((prefix, rank));
                }
            }
        }
        (AddressMap::longest_prefix(prefixes), choices)
    }

    /// At a point-to-site client.
    fn at_client(&mut self, gateway: Id<Gateway>, traffic: T) {
        let address = traffic.witness().destination;
        let name = self.engine.network.client_name(gateway, address);
        self.hop_named(None, name, address, HopKind::Destination);
        if matches!(self.leg, Leg::Reply(_)) {
            return self.reply_at(Origin::Client(gateway), traffic);
        }
        self.recorder.assume(|| Assumption {
            code: Code::AssumedListener,
            text: format!("the client {address} is taken to answer"),
        });
        self.delivered(Origin::Client(gateway), traffic);
    }

    /// From a client, which has a way to what its gateway's VNet reaches.
    pub(super) fn from_client(&mut self, gateway: Id<Gateway>, traffic: T) {
        match fixture_of(self.engine.network, gateway) {
            Some(fixture) => {
                let by = LearnedFrom::Clients(gateway);
                self.through_gateway(fixture, gateway, Some(by), traffic);
            }
            None => self.lost(Disposition::NoRoute, traffic),
        }
    }

    /// The Internet's routes at a gateway lead nowhere, unless a default site takes what is left.
    pub(super) fn beyond_gateway(
        &mut self,
        at: Station,
        fixture: Id<Fixture>,
        row: &EffectiveRoute,
        traffic: T,
    ) {
        let network = self.engine.network;
        let subnet = at.subnet;
        // A client has routes to what its gateway tells it only (`vpn-gateway-about-point-to-site-routing`).
        let is_client = matches!(at.by, Some(LearnedFrom::Clients(_)));
        let site = match network.fixtures[fixture].kind {
            FixtureKind::Gateway(gateway) if !is_client => network.gateways[gateway].default_site,
            _ => None,
        };
        let by = site.and_then(|local| {
            let mut connections = network.connections.iter();
            connections.find(|(_, c)| {
                c.to == ConnectionEnd::Local(local) && c.status == ConnectionStatus::Connected
            })
        });
        match (
            by,
            site.and_then(|local| network.local_gateways[local].site),
        ) {
            (Some((id, connection)), Some(_)) => {
                let way = LearnedFrom::Connection(connection.gateway, id);
                self.into_tunnel(at, fixture, way, traffic);
            }
            _ => {
                let mut lost = |walk: &mut Self, part| {
                    walk.lose(Disposition::NoRoute, part, || {
                        issues::no_route(subnet, Some(row), "RouteToNone")
                    });
                };
                match (&self.leg, &self.origin) {
                    (Leg::Request, Some((Origin::Client(gateway), sent))) => {
                        let name = network.client_name(*gateway, sent.witness().source);
                        self.own_internet(&name, traffic, &mut lost);
                    }
                    _ => lost(self, traffic),
                }
            }
        }
    }
}

/// Whether a platform resource is a gateway.
pub(super) fn is_gateway(network: &Network, id: Id<Fixture>) -> bool {
    matches!(network.fixtures[id].kind, FixtureKind::Gateway(_))
}
