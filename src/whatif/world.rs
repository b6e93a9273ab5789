//! Everything that a flow can start at or go to, as far as a network tells it apart: what has an address,
//! and for the ranges around it one address of each part that no rule and no route divides.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::engine::{Application, Asking, Engine, Origin, representative};
use crate::net::{AddressSet, METADATA, WIRE_SERVER, last_address, tags};
use crate::network::{
    Endpoint, FilterRule, FixtureKind, Network, Owner, Place, RuleSide, UserRoutePrefix,
};

/// With more prefixes than this, parts are not compared by what holds them.
const MOST_PREFIXES: usize = 4_000;

/// Where a flow starts.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub origin: Origin,
    pub address: IpAddr,
    /// What it is called, where that need not be looked for.
    named: Option<Arc<str>>,
}

impl Start {
    /// What it is called; `extra` as for the world.
    pub fn name(&self, network: &Network, extra: &AddressSet) -> Arc<str> {
        match (&self.named, self.origin) {
            (Some(name), _) => Arc::clone(name),
            (None, Origin::Nic(nic)) => super::names::nic(network, nic),
            (None, _) => super::names::part(network, self.address, extra),
        }
    }
}

/// Where a flow goes to, and the ways in which that can be asked for.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub address: IpAddr,
    pub asking: Vec<Asking>,
}

impl Target {
    /// What it is called; `extra` as for the world.
    pub fn name(&self, network: &Network, extra: &AddressSet) -> Arc<str> {
        super::names::part(network, self.address, extra)
    }
}

/// The prefixes by which a network's rules and routes tell addresses apart.
fn prefixes(network: &Network) -> BTreeSet<IpNet> {
    let mut found = BTreeSet::new();
    let mut cut = |prefix: &IpNet| {
        found.insert(*prefix);
    };
    let side = |side: &RuleSide| match side {
        RuleSide::Prefixes(prefixes) => prefixes.clone(),
        RuleSide::Tag(tag) => network.tags[*tag].prefixes.clone(),
        RuleSide::Platform(tag) => tags::fixed(*tag).map_or_else(Vec::new, |set| set.prefixes()),
        RuleSide::Any | RuleSide::Groups(_) => Vec::new(),
    };
    let groups = network.nsgs.iter().flat_map(|(_, nsg)| &nsg.rules);
    for rule in groups {
        [&rule.source, &rule.destination]
            .into_iter()
            .flat_map(side)
            .for_each(|prefix| cut(&prefix));
    }
    let admin = network.managers.iter().flat_map(|(_, own)| &own.rules);
    for rule in admin {
        rule.sources
            .iter()
            .chain(&rule.destinations)
            .flat_map(side)
            .for_each(|prefix| cut(&prefix));
    }
    for rule in filter_rules(network) {
        rule.source.prefixes().iter().for_each(&mut cut);
        rule.destination.prefixes().iter().for_each(&mut cut);
    }
    for (_, firewall) in network.firewalls.iter() {
        let rules = (firewall.nat_rules.iter().map(|rule| &rule.rule))
            .chain(firewall.network_rules.iter().map(|rule| &rule.rule))
            .chain(firewall.application_rules.iter().map(|rule| &rule.rule));
        for rule in rules {
            rule.source.prefixes().iter().for_each(&mut cut);
            rule.destination.prefixes().iter().for_each(&mut cut);
        }
        for set in [&firewall.threats, &firewall.private_ranges] {
            set.prefixes().iter().for_each(&mut cut);
        }
    }
    for (_, table) in network.route_tables.iter() {
        for route in &table.routes {
            match &route.prefix {
                UserRoutePrefix::Prefix(prefix) => cut(prefix),
                UserRoutePrefix::Tag(tag) => network.tags[*tag].prefixes.iter().for_each(&mut cut),
            }
        }
    }
    for (_, vnet) in network.vnets.iter() {
        vnet.address_space.iter().for_each(&mut cut);
    }
    for (_, subnet) in network.subnets.iter() {
        subnet.prefixes.iter().for_each(&mut cut);
    }
    for (_, site) in network.sites.iter() {
        site.address_space.iter().for_each(&mut cut);
        site.reaches.iter().flatten().for_each(&mut cut);
    }
    for (_, local) in network.local_gateways.iter() {
        local.address_space.iter().for_each(&mut cut);
    }
    for (_, circuit) in network.circuits.iter() {
        circuit.advertised.iter().for_each(&mut cut);
    }
    for peer in network.route_servers.iter().flat_map(|(_, own)| &own.peers) {
        peer.advertised.iter().for_each(&mut cut);
    }
    for (_, machine) in network.machines.iter() {
        let routes = machine.forwarding.iter().flat_map(|own| &own.routes);
        routes.for_each(|(prefix, _)| cut(prefix));
    }
    found
}

/// One address of each part that is told apart, and that nothing need have.
fn parts(network: &Network, extra: &AddressSet) -> Vec<IpAddr> {
    let mut all = prefixes(network);
    all.extend(extra.prefixes());
    let inside: BTreeSet<IpNet> = all.iter().map(IpNet::trunc).collect();
    let behind = inside
        .iter()
        .filter_map(|prefix| match last_address(prefix) {
            IpAddr::V4(last) => u32::from(last).checked_add(1).map(|a| IpAddr::V4(a.into())),
            IpAddr::V6(last) => u128::from(last)
                .checked_add(1)
                .map(|a| IpAddr::V6(a.into())),
        });
    let outside = tags::internet();
    let public = outside.first();
    // What stands for the Internet goes before other addresses of its part.
    let candidates = std::iter::once(representative(network))
        .chain(inside.iter().map(IpNet::network))
        .chain(behind)
        .chain(public);
    if inside.len() > MOST_PREFIXES {
        return candidates.collect();
    }
    let mut seen = HashSet::new();
    let mut found: Vec<IpAddr> = Vec::new();
    for address in candidates {
        let in_each: Vec<bool> = inside.iter().map(|own| own.contains(&address)).collect();
        if seen.insert((address.is_ipv4(), outside.contains(address), in_each)) {
            found.push(address);
        }
    }
    found
}

/// The rules of all filters of machines, translations too.
pub(super) fn filter_rules(network: &Network) -> impl Iterator<Item = &FilterRule> {
    network.machines.iter().flat_map(|(_, machine)| {
        let forwarding = machine.forwarding.as_ref();
        let own = forwarding.into_iter().flat_map(|own| {
            let translations = own.destination_nat.iter().map(|rule| &rule.matches);
            own.filter.rules.iter().chain(translations)
        });
        let guest = &machine.guest;
        guest
            .inbound
            .rules
            .iter()
            .chain(&guest.outbound.rules)
            .chain(own)
    })
}

/// A network with what can start and end flows.
#[derive(Debug)]
pub(super) struct World {
    pub starts: Vec<Start>,
    pub targets: Vec<Target>,
}

impl World {
    /// Everything there is; `extra` are addresses to be told apart as well.
    pub fn of(engine: &Engine<'_>, extra: &AddressSet) -> Self {
        let network = engine.network();
        let parts = parts(network, extra);
        let mut starts = starts(network, &parts);
        let mut seen = HashSet::new();
        starts.retain(|start| seen.insert((start.address, start.origin)));
        Self {
            targets: targets(network, &parts, extra),
            starts,
        }
    }
}

fn starts(network: &Network, parts: &[IpAddr]) -> Vec<Start> {
    let mut found = Vec::new();
    let mut add = |origin, address, named| {
        found.push(Start {
            origin,
            address,
            named,
        });
    };
    for (id, nic) in network.nics.iter() {
        for own in &nic.addresses {
            add(Origin::Nic(id), own.address, None);
        }
    }
    for (id, fixture) in network.fixtures.iter() {
        if matches!(
            fixture.kind,
            FixtureKind::BastionHost | FixtureKind::ApplicationGateway(_)
        ) {
            // A private frontend sends nothing.
            if let Some(address) = network.own_address(id) {
                add(
                    Origin::Fixture(id),
                    address,
                    Some(Arc::clone(&fixture.identity.name)),
                );
            }
        }
    }
    for (_, host) in network.site_hosts.iter() {
        add(
            Origin::Site(host.site),
            host.address,
            Some(host.name.clone()),
        );
    }
    let inside = |space: &[IpNet]| -> Vec<IpAddr> {
        let space = AddressSet::of(space);
        parts
            .iter()
            .copied()
            .filter(|a| space.contains(*a))
            .collect()
    };
    for (id, site) in network.sites.iter() {
        for address in inside(&site.address_space) {
            add(Origin::Site(id), address, None);
        }
    }
    for (id, gateway) in network.gateways.iter() {
        for (_, address) in &gateway.clients {
            let name = network.client_name(id, *address);
            add(Origin::Client(id), *address, Some(name));
        }
        for address in inside(&gateway.client_pool) {
            add(Origin::Client(id), address, None);
        }
    }
    for (id, host) in network.internet_hosts.iter() {
        let place = Place::InternetHost(id);
        for address in &host.addresses {
            add(Origin::Outside(place), *address, Some(host.name.clone()));
        }
    }
    let outside = tags::internet();
    for address in parts {
        if outside.contains(*address) && network.public_owners.get(*address).is_none() {
            let origin = Origin::Outside(Place::Internet);
            add(origin, *address, None);
        }
    }
    found
}

fn targets(network: &Network, parts: &[IpAddr], extra: &AddressSet) -> Vec<Target> {
    let mut all: BTreeSet<IpAddr> = parts.iter().copied().collect();
    for (_, nic) in network.nics.iter() {
        all.extend(nic.addresses.iter().map(|own| own.address));
    }
    for (_, fixture) in network.fixtures.iter() {
        all.extend(&fixture.addresses);
    }
    all.extend(network.public_ips.iter().map(|(_, own)| own.address));
    all.extend(network.site_hosts.iter().map(|(_, own)| own.address));
    for (_, gateway) in network.gateways.iter() {
        all.extend(gateway.clients.iter().map(|(_, address)| *address));
    }
    for (_, host) in network.internet_hosts.iter() {
        all.extend(&host.addresses);
    }
    all.extend(
        network
            .services
            .iter()
            .filter_map(|(_, own)| own.public_ip_address),
    );
    // What the platform answers itself is the same whatever is changed, unless just that is.
    for own in [WIRE_SERVER, METADATA] {
        if !extra.contains(own) {
            all.remove(&own);
        }
    }
    let by_name = network
        .firewalls
        .iter()
        .any(|(_, own)| !own.application_rules.is_empty());
    all.into_iter()
        .map(|address| Target {
            address,
            asking: askings(network, address, by_name),
        })
        .collect()
}

/// The ways in which an address can be asked for: by itself, by the names that stand for it; with what is
/// spoken, where firewalls look at that.
fn askings(network: &Network, address: IpAddr, by_name: bool) -> Vec<Asking> {
    let mut ends = vec![Endpoint::Address(address)];
    if by_name {
        let hosts = network.internet_hosts.iter();
        let hosts = hosts.filter(|(_, host)| host.addresses.contains(&address));
        ends.extend(hosts.map(|(id, _)| Endpoint::InternetHost(id)));
        let services = network.services.iter();
        let services = services.filter(|(_, own)| own.public_ip_address == Some(address));
        ends.extend(services.map(|(id, _)| Endpoint::Service(id)));
    }
    let spoken: &[Application] = match by_name {
        true => &[Application::None, Application::Http, Application::Https],
        false => &[Application::None],
    };
    let pairs = ends
        .iter()
        .flat_map(|end| spoken.iter().map(move |how| (end, *how)));
    pairs
        .map(|(end, how)| Asking::of(network, end, address, how))
        .collect()
}

/// What has a private address, in any VNet.
pub(super) fn owner(network: &Network, address: IpAddr) -> Option<Owner> {
    network.owners.iter().find_map(|owners| owners.get(address))
}
