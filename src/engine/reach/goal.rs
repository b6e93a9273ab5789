//! Where the flows of a set are to get to: places, addresses, or anywhere.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::Member;
use super::start::{self, Start};
use crate::engine::Engine;
use crate::engine::ends;
use crate::engine::flows::FlowSet;
use crate::engine::proxy::is_proxy;
use crate::engine::traffic::Traffic;
use crate::engine::walk::{End, Origin};
use crate::net::{AddressMap, AddressSet};
use crate::network::{Endpoint, Fixture, FixtureKind, Id, Network, Nic, Place, Service, Site};

/// What flows are to get to.
#[derive(Debug, Clone, Default)]
pub struct Goal {
    /// Whether anything will do.
    pub(super) anything: bool,
    pub(super) nics: HashSet<Id<Nic>>,
    fixtures: HashSet<Id<Fixture>>,
    sites: HashSet<Id<Site>>,
    internet: bool,
    /// At a place, only what is for some of its addresses in the end.
    in_the_end: HashMap<Origin, AddressSet>,
    services: HashSet<Id<Service>>,
    /// Whatever is sent to one of these.
    sent_to: AddressSet,
    /// The same of those that are a proxy's: it has answered there, wherever what it asks in turn may be.
    answered: AddressSet,
    /// The addresses that belong to all of it.
    own: AddressSet,
}

impl Goal {
    /// Anything that answers.
    #[must_use]
    pub fn anything() -> Self {
        Self {
            anything: true,
            ..Self::default()
        }
    }

    /// Any member of a set; names of the DNS are resolved as `asker` does, or the world outside of Azure.
    #[must_use]
    pub fn of<'m>(
        engine: &Engine<'_>,
        asker: Option<Origin>,
        members: impl IntoIterator<Item = &'m Member>,
    ) -> Self {
        let mut goal = Self::default();
        for member in members {
            goal.add(engine, asker, member);
        }
        goal
    }

    /// The same as a start sees it, where that makes a difference: where it resolves names itself.
    #[must_use]
    pub fn seen_by(engine: &Engine<'_>, start: &Start, members: &[Member]) -> Option<Self> {
        let resolves = matches!(start.origin, Origin::Nic(_) | Origin::Fixture(_));
        let named = |own: &Member| matches!(own.endpoint, Endpoint::Fqdn(_) | Endpoint::Uri { .. });
        (resolves && members.iter().any(named))
            .then(|| Self::of(engine, Some(start.origin), members))
    }

    fn add(&mut self, engine: &Engine<'_>, asker: Option<Origin>, member: &Member) {
        let network = engine.network;
        match &member.endpoint {
            Endpoint::Nic(nic) => self.nics(network, start::nics(network, *nic, member.whole)),
            Endpoint::ScaleSet(set) => {
                let machines = network.scale_sets[*set].instances.iter();
                let nics = machines.flat_map(|id| network.machines[*id].nics.iter().copied());
                self.nics(network, nics);
            }
            Endpoint::Fixture(id) => {
                self.fixtures.insert(*id);
                let fixture = &network.fixtures[*id];
                let public = fixture
                    .public_ips
                    .iter()
                    .map(|id| network.public_ips[*id].address);
                let own = AddressSet::of_addresses(fixture.addresses.iter().copied().chain(public));
                if !matches!(fixture.kind, FixtureKind::PrivateEndpoint(_)) {
                    self.sent_to = self.sent_to.union(&own);
                }
                if is_proxy(fixture.kind) {
                    self.answered = self.answered.union(&own);
                }
                self.own = self.own.union(&own);
            }
            Endpoint::SiteHost(id) => {
                let host = &network.site_hosts[*id];
                self.at_the_end(Origin::Site(host.site), &[host.address]);
            }
            Endpoint::Site(id) => {
                self.sites.insert(*id);
                let site = &network.sites[*id];
                let hosts = site.hosts.iter().map(|id| network.site_hosts[*id].address);
                self.own = self.own.union(&AddressSet::of(&site.address_space));
                self.own = self.own.union(&AddressSet::of_addresses(hosts));
            }
            Endpoint::InternetHost(id) => {
                let host = &network.internet_hosts[*id];
                self.at_the_end(Origin::Outside(Place::InternetHost(*id)), &host.addresses);
            }
            Endpoint::Internet => {
                self.internet = true;
                self.own = self.own.union(&internet(network));
            }
            Endpoint::VpnClient(gateway, address) => {
                self.at_the_end(Origin::Client(*gateway), &[*address]);
            }
            Endpoint::Service(id) => {
                self.services.insert(*id);
                let public = network.services[*id].public_ip_address;
                if let Some(public) = public {
                    self.at_the_end(Origin::Outside(Place::Internet), &[public]);
                }
                for (_, fixture) in network.fixtures.iter() {
                    if self.is_private_endpoint(network, fixture) {
                        let own = AddressSet::of_addresses(fixture.addresses.iter().copied());
                        self.own = self.own.union(&own);
                    }
                }
            }
            Endpoint::Address(_) | Endpoint::Fqdn(_) | Endpoint::Uri { .. } => {
                let found = ends::addressed(engine, asker, &member.endpoint).addresses;
                let own = AddressSet::of_addresses(found);
                self.sent_to = self.sent_to.union(&own);
                self.own = self.own.union(&own);
            }
        }
    }

    fn nics(&mut self, network: &Network, nics: impl IntoIterator<Item = Id<Nic>>) {
        let mut own = Vec::new();
        for nic in nics {
            self.nics.insert(nic);
            own.extend(network.nics[nic].addresses.iter().map(|own| own.address));
        }
        self.own = self.own.union(&AddressSet::of_addresses(own));
    }

    fn at_the_end(&mut self, place: Origin, addresses: &[IpAddr]) {
        let own = AddressSet::of_addresses(addresses.iter().copied());
        self.own = self.own.union(&own);
        let known = self.in_the_end.entry(place).or_default();
        *known = known.union(&own);
    }

    fn is_private_endpoint(&self, network: &Network, fixture: &Fixture) -> bool {
        matches!(fixture.kind, FixtureKind::PrivateEndpoint(id)
            if self.services.contains(&network.private_endpoints[id].service))
    }

    /// The addresses that the name of a member means, of each family: a machine's primary one, and from the
    /// Internet its public ones.
    #[must_use]
    pub fn meant(&self, engine: &Engine<'_>, start: &Start, member: &Member) -> AddressSet {
        let network = engine.network;
        let primary = |nic: Id<Nic>| {
            let own = network.nics[nic].addresses.iter().map(|own| own.address);
            let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = own.partition(IpAddr::is_ipv4);
            v4.into_iter().take(1).chain(v6.into_iter().take(1))
        };
        let public = ends::public(network, &member.endpoint);
        match &member.endpoint {
            _ if start.is_outside() && !public.is_empty() => AddressSet::of_addresses(public),
            Endpoint::Nic(nic) => AddressSet::of_addresses(primary(*nic)),
            Endpoint::ScaleSet(set) => {
                let machines = network.scale_sets[*set].instances.iter();
                let nics = machines.map(|id| network.machines[*id].primary_nic);
                AddressSet::of_addresses(nics.flat_map(primary))
            }
            // What its name stands for where it is asked for.
            Endpoint::Service(_) => {
                let found = ends::addressed(engine, Some(start.origin), &member.endpoint);
                AddressSet::of_addresses(found.addresses)
            }
            // Not the addresses of its instances, at which nobody asks for anything.
            Endpoint::Fixture(id) if is_proxy(network.fixtures[*id].kind) => {
                let found = ends::addressed(engine, Some(start.origin), &member.endpoint);
                AddressSet::of_addresses(found.addresses.first().copied())
            }
            // What it is called by inside of its network comes first.
            Endpoint::Fixture(id) if !network.fixtures[*id].addresses.is_empty() => {
                AddressSet::of_addresses(network.fixtures[*id].addresses.iter().copied())
            }
            _ => self.own.clone(),
        }
    }

    /// Whether all of it is where a start is: what goes there goes nowhere.
    #[must_use]
    pub fn is_home(&self, engine: &Engine<'_>, start: &Start) -> bool {
        let network = engine.network;
        match start.origin {
            Origin::Nic(own) => {
                let home = network.nics[own].machine;
                !self.nics.is_empty()
                    && self
                        .nics
                        .iter()
                        .all(|nic| network.nics[*nic].machine == home)
            }
            Origin::Outside(_) => self.internet,
            Origin::Site(site) => {
                self.sites.contains(&site) || self.in_the_end.contains_key(&start.origin)
            }
            other => self.in_the_end.contains_key(&other),
        }
    }

    /// The addresses that flows must be sent to if they are to get there. A packet comes to an address, or to
    /// what some translation makes of it: so these are the goal's own addresses, and all those at which
    /// something else than a plain machine takes packets. Whatever is left out ends where it is sent to.
    pub(super) fn destinations(&self, engine: &Engine<'_>) -> AddressSet {
        if self.anything {
            return AddressSet::all();
        }
        self.own.union(&engine.translated_addresses())
    }

    /// Whether a flow whose end is not modelled may get there. What is sent to a gateway, a Bastion host or a
    /// Route Server is for it and goes no further; an application gateway opens connections of its own.
    fn may_end(&self, engine: &Engine<'_>, end: &End<FlowSet<'_>>) -> bool {
        match end.at {
            Some(Origin::Fixture(id)) if !self.anything => {
                self.fixtures.contains(&id)
                    || matches!(
                        engine.network.fixtures[id].kind,
                        FixtureKind::ApplicationGateway(_)
                    )
            }
            _ => true,
        }
    }

    /// Those flows of an end that is not modelled that may get there.
    pub(super) fn open<'s>(
        &self,
        engine: &Engine<'_>,
        start: &Start,
        end: &End<FlowSet<'s>>,
    ) -> FlowSet<'s> {
        match end.at {
            // They are delivered, resting on something that is not modelled.
            Some(at) if !matches!(at, Origin::Fixture(_)) => {
                self.reached(engine, start, end, end.traffic)
            }
            _ if self.may_end(engine, end) => end.traffic,
            _ => end.traffic.difference(&end.traffic),
        }
    }

    /// Those of `flows`, which some of the end's are, that get to the goal there; as they start.
    #[must_use]
    pub fn reached<'s>(
        &self,
        engine: &Engine<'_>,
        start: &Start,
        end: &End<FlowSet<'s>>,
        flows: FlowSet<'s>,
    ) -> FlowSet<'s> {
        let network = engine.network;
        if self.anything {
            return flows;
        }
        let none = flows.difference(&flows);
        if end.at.is_some_and(|at| is_home(network, start.origin, at)) {
            return match self.answered.is_empty() {
                true => none,
                false => flows.intersection(&flows.sent_to(&self.answered)),
            };
        }
        let at_place = match end.at {
            Some(Origin::Nic(nic)) => self.nics.contains(&nic),
            Some(Origin::Fixture(id)) => self.fixtures.contains(&id),
            Some(Origin::Endpoint(id, _)) => {
                self.fixtures.contains(&id)
                    || self.is_private_endpoint(network, &network.fixtures[id])
            }
            Some(Origin::Site(id)) => self.sites.contains(&id),
            Some(Origin::Outside(_)) => self.internet,
            Some(Origin::Client(_)) | None => false,
        };
        if at_place {
            return flows;
        }
        let mut reached = none;
        if let Some(own) = end.at.and_then(|at| self.in_the_end.get(&at)) {
            let map = AddressMap::longest_prefix(own.prefixes().into_iter().map(|own| (own, ())));
            for (there, part) in end.traffic.look_up(&map) {
                if there.is_some() {
                    reached = reached.union(&flows.intersection(&part));
                }
            }
        }
        if !self.sent_to.is_empty() {
            reached = reached.union(&flows.intersection(&flows.sent_to(&self.sent_to)));
        }
        reached
    }
}

/// Whether flows have come back to where they started.
pub(super) fn is_home(network: &Network, from: Origin, at: Origin) -> bool {
    match (from, at) {
        (Origin::Nic(a), Origin::Nic(b)) => network.nics[a].machine == network.nics[b].machine,
        (Origin::Outside(_), Origin::Outside(_)) => true,
        (a, b) => a == b,
    }
}

/// Every public address that is not the network's own.
fn internet(network: &Network) -> AddressSet {
    let listed = network
        .internet_hosts
        .iter()
        .flat_map(|(_, own)| own.addresses.iter().copied());
    let services = network
        .services
        .iter()
        .filter_map(|(_, own)| own.public_ip_address);
    start::outside(network).union(&AddressSet::of_addresses(listed.chain(services)))
}

impl Engine<'_> {
    /// The addresses at which a packet may become one for another address: those of platform resources, all
    /// public ones that mean something (a firewall may find another address for the name of a listed host),
    /// and what appliances translate.
    pub(super) fn translated_addresses(&self) -> AddressSet {
        let network = self.network;
        let fixtures = network
            .fixtures
            .iter()
            .flat_map(|(_, own)| own.addresses.iter().copied());
        let fixed = AddressSet::of_addresses(fixtures).union(&start::owned(network));
        let rules = network
            .machines
            .iter()
            .filter_map(|(_, own)| own.forwarding.as_ref());
        let rules = rules.flat_map(|own| &own.destination_nat);
        rules.fold(fixed, |all, rule| all.union(&rule.matches.destination))
    }
}
