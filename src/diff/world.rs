//! One side of a comparison: a network with everything that flows start and end at, by names that mean the
//! same on both sides.
//!
//! An end is the same end whatever address it has: an address that moved is read as the other side's. What an
//! end has that only one side knows is left out where the two are compared.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::labels::Labels;
use super::trail::Trails;
use crate::engine::reach::{Asked, Goal, Sets, Start, services};
use crate::engine::{Application, Engine, FlowBox, FlowSet, Origin, Space, Stand, latency};
use crate::net::{AddressSet, Flow, PortSet, Protocol};
use crate::network::{FixtureKind, Id, Identity, Network, Nic, Place, PublicOwner};
use crate::trace::{Assumption, Path};

/// What an end or a start is called on every side.
pub type Key = Arc<str>;

/// A side.
#[derive(Debug)]
pub struct World<'n> {
    /// The network's engine.
    pub engine: Engine<'n>,
    /// What places are called.
    pub labels: Labels<'n>,
    /// From where the starts are that are asked for, where that is not everywhere.
    within: OnceLock<AddressSet>,
    starts: OnceLock<IndexMap<Key, Start>>,
    ends: OnceLock<HashMap<Key, IpAddr>>,
}

/// What the NICs of machines are called: by their own names where both sides know the same of a machine, else
/// the primary one as the machine itself, so that it stays what it is when others come beside it.
#[derive(Debug, Default)]
pub struct Cards(HashSet<String>);

impl Cards {
    /// Of two networks.
    #[must_use]
    pub fn of(before: &Network, after: &Network) -> Self {
        let (was, mut is) = (cards(before), cards(after));
        is.retain(|machine, nics| was.get(machine) == Some(nics));
        Self(is.into_keys().collect())
    }

    /// What a NIC has to be called by beside its machine.
    pub fn suffix(&self, network: &Network, nic: Id<Nic>) -> Option<String> {
        let machine = &network.machines[network.nics[nic].machine];
        let named = machine.primary_nic != nic
            || (machine.nics.len() > 1 && self.0.contains(&of(&machine.identity)));
        named.then(|| network.nics[nic].name.to_lowercase())
    }
}

/// The names of the NICs of each machine that has several.
fn cards(network: &Network) -> HashMap<String, Vec<String>> {
    let machines = network.machines.iter();
    let several = machines.filter(|(_, own)| own.nics.len() > 1);
    let all = several.map(|(_, own)| {
        let nics = own
            .nics
            .iter()
            .map(|id| network.nics[*id].name.to_lowercase());
        let mut nics: Vec<String> = nics.collect();
        nics.sort();
        (of(&own.identity), nics)
    });
    all.collect()
}

/// How flows fare on a side.
#[derive(Debug, Clone)]
pub struct Fares<'s> {
    /// Those that get through.
    pub works: FlowSet<'s>,
    /// Those of which it is not known, since something on their way is not modelled.
    pub open: FlowSet<'s>,
    /// Those that get through, by the ways that they take.
    pub trails: IndexMap<Trails, FlowSet<'s>>,
}

impl<'n> World<'n> {
    /// Of a network, its NICs named as `cards` says.
    #[must_use]
    pub fn of(network: &'n Network, cards: &Arc<Cards>) -> Self {
        Self {
            engine: Engine::new(network),
            labels: Labels::of(network, cards),
            within: OnceLock::new(),
            starts: OnceLock::new(),
            ends: OnceLock::new(),
        }
    }

    /// The service tags that are not known in full and could decide of any flow.
    #[must_use]
    pub fn assumed(&self) -> BTreeSet<Assumption> {
        if !self.engine.has_doubtful_tags() {
            return BTreeSet::new();
        }
        let starts = Start::everywhere(&self.engine);
        let every = Asked::every(services(None, &[]));
        let all = starts.par_iter().map_init(Space::new, |space, start| {
            let sets = Sets {
                engine: &self.engine,
                space,
            };
            sets.assumed(std::slice::from_ref(start), &Goal::anything(), &every)
        });
        all.flatten_iter().collect()
    }

    /// Says that nothing is asked but of what starts at some addresses, before anything is.
    pub fn only(&self, addresses: AddressSet) {
        let _known = self.within.set(addresses);
    }

    /// What NICs are called.
    #[must_use]
    pub fn cards(&self) -> &Cards {
        &self.labels.cards
    }

    /// Every start, by its name.
    #[must_use]
    pub fn starts(&self) -> &IndexMap<Key, Start> {
        self.starts.get_or_init(|| {
            let mut starts = IndexMap::new();
            for start in Start::within(&self.engine, self.within.get()) {
                let key = start_key(self.network(), self.cards(), &start);
                starts.entry(key).or_insert(start);
            }
            starts
        })
    }

    /// Every address that something has, by what has it.
    fn ends(&self) -> &HashMap<Key, IpAddr> {
        let make = || ends(self.network(), self.cards());
        self.ends.get_or_init(make)
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &'n Network {
        self.engine.network()
    }

    /// How some flows of a start fare here, given and answered as another side sees them.
    #[must_use]
    pub fn fares<'s>(
        &self,
        space: &'s Space,
        key: &str,
        flows: &FlowSet<'s>,
        seen: &Seen,
    ) -> Fares<'s> {
        self.fares_with(space, key, flows, seen, None)
    }

    /// The same, with a note of which other NICs fare as the start's.
    #[must_use]
    pub fn fares_with<'s>(
        &self,
        space: &'s Space,
        key: &str,
        flows: &FlowSet<'s>,
        seen: &Seen,
        stand: Option<&Stand<'_, '_>>,
    ) -> Fares<'s> {
        let none = FlowSet::none(space);
        let mut fares = Fares {
            works: none,
            open: none,
            trails: IndexMap::new(),
        };
        let Some(start) = self.starts().get(key) else {
            return fares;
        };
        let apart = touching(space, &seen.apart);
        let sets = Sets {
            engine: &self.engine,
            space,
        };
        let asked = mapped(space, &flows.difference(&apart), &seen.back);
        let there = |flows: &FlowSet<'s>| {
            let started = flows.started();
            seen.there(space, &started).difference(&apart)
        };
        for end in sets.ends(start, &asked, &super::trail::Ways::default(), stand) {
            if end.is_open() {
                fares.open = fares.open.union(&there(&end.traffic));
                continue;
            }
            for (trails, part) in Trails::of(&self.labels, &end) {
                let part = there(&part);
                if !part.is_empty() {
                    fares.works = fares.works.union(&part);
                    let known = fares.trails.entry(trails).or_insert(none);
                    *known = known.union(&part);
                }
            }
        }
        fares.open = fares.open.difference(&fares.works);
        fares
    }

    /// The paths here of a flow that another side sees so.
    #[must_use]
    pub fn paths(&self, key: &str, flow: Flow, seen: &Seen) -> Vec<Path> {
        let Some(start) = self.starts().get(key) else {
            return Vec::new();
        };
        let space = Space::new();
        let sets = Sets {
            engine: &self.engine,
            space: &space,
        };
        sets.paths(start, Application::None, seen.flow(flow))
    }

    /// The median of that flow's round trips here, in microseconds; none where it does not work.
    #[must_use]
    pub fn median(&self, key: &str, flow: Flow, seen: &Seen) -> Option<f64> {
        let paths = self.paths(key, flow, seen);
        latency::median(self.network(), &paths, Application::None)
    }

    /// Whether a start is one of this side, though it may be out of order.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        let bare = key.rsplit_once(' ').map_or(key, |(bare, _)| bare);
        let mut fixtures = self.network().fixtures.iter();
        // What is out of order starts nothing.
        self.starts().contains_key(key)
            || fixtures.any(|(_, own)| own.down && of(&own.identity) == bare)
    }

    /// The addresses of what only this side has.
    #[must_use]
    pub fn alone(&self, other: &World<'_>) -> AddressSet {
        let alone = self
            .ends()
            .iter()
            .filter(|(key, _)| !other.ends().contains_key(*key));
        let kept = self
            .ends()
            .iter()
            .filter(|(key, _)| other.ends().contains_key(*key));
        // Two networks apart may use one range: such an address is not one end's alone.
        let kept: HashSet<IpAddr> = kept.map(|(_, address)| *address).collect();
        AddressSet::of_addresses(alone.map(|(_, own)| *own).filter(|own| !kept.contains(own)))
    }
}

/// How one side is seen from another.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Addresses of the one, and what they are on the other; a bijection.
    there: HashMap<IpAddr, IpAddr>,
    back: HashMap<IpAddr, IpAddr>,
    /// What has no counterpart, by the addresses of the other.
    pub apart: AddressSet,
}

impl Seen {
    /// `own` as `other` sees it.
    #[must_use]
    pub fn of(own: &World<'_>, other: &World<'_>) -> Self {
        let there = moved(own, other);
        let apart = renamed(&own.alone(other), &there).union(&other.alone(own));
        // An address that something has on both sides is told by that.
        let common = other.ends().iter();
        let common = common.filter(|(key, _)| own.ends().contains_key(*key));
        let common = AddressSet::of_addresses(common.map(|(_, address)| *address));
        Self {
            back: there.iter().map(|(a, b)| (*b, *a)).collect(),
            apart: apart.difference(&common),
            there,
        }
    }

    /// The same with what has no counterpart, by the addresses that it has.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self {
            apart: AddressSet::default(),
            ..self.clone()
        }
    }

    /// Whether both sides have the same ends, and each of them the same address.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.there.is_empty() && self.apart.is_empty()
    }

    /// Whether an address is the same on both sides, and nobody's there who is not here.
    #[must_use]
    pub fn keeps(&self, address: IpAddr) -> bool {
        !self.there.contains_key(&address)
            && !self.back.contains_key(&address)
            && !self.apart.contains(address)
    }

    /// Flows as the other sees them, those that have no counterpart among them.
    #[must_use]
    pub fn there<'s>(&self, space: &'s Space, flows: &FlowSet<'s>) -> FlowSet<'s> {
        mapped(space, flows, &self.there)
    }

    /// A flow that the other sees so, as it is.
    fn flow(&self, flow: Flow) -> Flow {
        let back = |address: IpAddr| self.back.get(&address).copied().unwrap_or(address);
        Flow {
            source: back(flow.source),
            destination: back(flow.destination),
            ..flow
        }
    }
}

fn mapped<'s>(space: &'s Space, flows: &FlowSet<'s>, map: &HashMap<IpAddr, IpAddr>) -> FlowSet<'s> {
    if map.is_empty() {
        return *flows;
    }
    set(
        space,
        flows.boxes().into_iter().map(|own| FlowBox {
            sources: renamed(&own.sources, map),
            destinations: renamed(&own.destinations, map),
            ..own
        }),
    )
}

/// The flows of some boxes.
#[must_use]
pub fn set<'s>(space: &'s Space, boxes: impl IntoIterator<Item = FlowBox>) -> FlowSet<'s> {
    boxes.into_iter().fold(FlowSet::none(space), |all, own| {
        all.union(&FlowSet::of(space, &own))
    })
}

/// Every flow from or to some addresses.
#[must_use]
pub fn touching<'s>(space: &'s Space, addresses: &AddressSet) -> FlowSet<'s> {
    if addresses.is_empty() {
        return FlowSet::none(space);
    }
    let of = |sources: AddressSet, destinations: AddressSet| {
        let own = FlowBox {
            sources,
            destinations,
            ..every()
        };
        FlowSet::of(space, &own)
    };
    of(addresses.clone(), AddressSet::all()).union(&of(AddressSet::all(), addresses.clone()))
}

/// Every flow.
#[must_use]
pub fn every() -> FlowBox {
    let protocols = [
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Esp,
        Protocol::Ah,
    ];
    FlowBox {
        sources: AddressSet::all(),
        source_ports: PortSet::all(),
        destinations: AddressSet::all(),
        services: protocols.map(|own| (own, PortSet::all())).to_vec(),
    }
}

/// The addresses that ends moved from, with those that they have at the other side; what stood in their way
/// takes the places that they left, so that nothing is two.
fn moved(from: &World<'_>, to: &World<'_>) -> HashMap<IpAddr, IpAddr> {
    let mut holders: HashMap<IpAddr, u32> = HashMap::new();
    for address in from.ends().values() {
        *holders.entry(*address).or_default() += 1;
    }
    let mut there: HashMap<IpAddr, IpAddr> = HashMap::new();
    let mut back: HashMap<IpAddr, IpAddr> = HashMap::new();
    let mut pairs: Vec<(IpAddr, IpAddr)> = from
        .ends()
        .iter()
        .filter_map(|(key, own)| Some((*own, *to.ends().get(key)?)))
        .filter(|(own, other)| own != other && own.is_ipv4() == other.is_ipv4())
        // What two networks apart both use means another end for each of them.
        .filter(|(own, _)| holders.get(own) == Some(&1))
        .collect();
    pairs.sort_unstable();
    for (own, other) in pairs {
        if !there.contains_key(&own) && !back.contains_key(&other) {
            there.insert(own, other);
            back.insert(other, own);
        }
    }
    let ends: Vec<IpAddr> = there.values().copied().collect();
    for end in ends {
        if there.contains_key(&end) {
            continue;
        }
        let mut first = end;
        while let Some(before) = back.get(&first) {
            first = *before;
        }
        there.insert(end, first);
        back.insert(first, end);
    }
    there
}

fn renamed(addresses: &AddressSet, map: &HashMap<IpAddr, IpAddr>) -> AddressSet {
    let held = map.iter().filter(|(own, _)| addresses.contains(**own));
    let (from, to): (Vec<IpAddr>, Vec<IpAddr>) = held.map(|(own, other)| (*own, *other)).unzip();
    if from.is_empty() {
        return addresses.clone();
    }
    let kept = addresses.difference(&AddressSet::of_addresses(from));
    kept.union(&AddressSet::of_addresses(to))
}

fn of(identity: &Identity) -> String {
    format!("{}/{}", identity.section, identity.name).to_lowercase()
}

fn nic_key(network: &Network, cards: &Cards, nic: Id<Nic>, at: usize) -> String {
    let machine = of(&network.machines[network.nics[nic].machine].identity);
    match cards.suffix(network, nic) {
        None => format!("{machine}#{at}"),
        Some(name) => format!("{machine}/{name}#{at}"),
    }
}

/// What a start is called.
#[must_use]
pub fn start_key(network: &Network, cards: &Cards, start: &Start) -> Key {
    let family = if start.addresses.v4().is_empty() {
        6
    } else {
        4
    };
    let own = match start.origin {
        Origin::Nic(nic) => {
            let address = start.addresses.first();
            let mut all = network.nics[nic].addresses.iter();
            let at = all.position(|own| Some(own.address) == address);
            nic_key(network, cards, nic, at.unwrap_or_default())
        }
        Origin::Fixture(id) | Origin::Endpoint(id, _) => of(&network.fixtures[id].identity),
        Origin::Site(id) => format!("onPremisesSites/{}", network.sites[id].name).to_lowercase(),
        Origin::Client(id) => format!("{}/clients", of(&network.gateways[id].identity)),
        Origin::Outside(Place::InternetHost(id)) => {
            format!("internetHosts/{}", network.internet_hosts[id].name).to_lowercase()
        }
        Origin::Outside(_) => "Internet".to_owned(),
    };
    format!("{own} v{family}").into()
}

fn ends(network: &Network, cards: &Cards) -> HashMap<Key, IpAddr> {
    let mut found: HashMap<Key, IpAddr> = HashMap::new();
    let mut add = |key: String, address: IpAddr| {
        found.entry(key.into()).or_insert(address);
    };
    let mut used = HashSet::new();
    for (id, nic) in network.nics.iter() {
        for (at, own) in nic.addresses.iter().enumerate() {
            let key = nic_key(network, cards, id, at);
            if let Some(public) = own.public_ip {
                used.insert(public);
                add(format!("{key}/public"), network.public_ips[public].address);
            }
            add(key, own.address);
        }
    }
    for (_, fixture) in network.fixtures.iter() {
        let key = of(&fixture.identity);
        for (at, own) in fixture.addresses.iter().enumerate() {
            add(format!("{key}#{at}"), *own);
        }
        // A private endpoint is one of its own section already; so are the frontends of a balancer.
        let public = match fixture.kind {
            FixtureKind::PrivateEndpoint(_) => &[][..],
            _ => &fixture.public_ips,
        };
        for (at, id) in public.iter().enumerate() {
            used.insert(*id);
            add(
                format!("{key}#{at}/public"),
                network.public_ips[*id].address,
            );
        }
    }
    for (id, public) in network
        .public_ips
        .iter()
        .filter(|(id, _)| !used.contains(id))
    {
        let owner = network.public_owners.get(public.address);
        let key = match owner {
            Some(PublicOwner::NatGateway(nat)) => of(&network.nat_gateways[nat].identity),
            _ => String::new(),
        };
        add(
            format!("{key} {}", of(&network.public_ips[id].identity)),
            public.address,
        );
    }
    for (_, host) in network.site_hosts.iter() {
        let site = &network.sites[host.site].name;
        add(
            format!("onPremisesSites/{site}/{}", host.name).to_lowercase(),
            host.address,
        );
    }
    for (_, host) in network.internet_hosts.iter() {
        for (at, own) in host.addresses.iter().enumerate() {
            add(
                format!("internetHosts/{}#{at}", host.name).to_lowercase(),
                *own,
            );
        }
    }
    for (_, service) in network.services.iter() {
        if let Some(own) = service.public_ip_address {
            add(of(&service.identity), own);
        }
    }
    for (_, gateway) in network.gateways.iter() {
        for (name, own) in &gateway.clients {
            add(
                format!("{}/{name}", of(&gateway.identity)).to_lowercase(),
                *own,
            );
        }
    }
    found
}
