//! Differences in merged rows: the same services from the same sources to the same destinations by the same
//! cause are one, with one of the flows and its paths on both sides.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use indexmap::IndexMap;

use super::cause::Cause;
use super::compare::{Delta, Sides};
use super::trail::Trails;
use super::world::{Key, Seen, World};
use super::{Ends, Kind};
use crate::diagnostic::Code;
use crate::engine::reach::{Asked, Names, Side, Start, merged, services};
use crate::engine::{Application, FlowBox, FlowSet, Space, Traffic, latency};
use crate::net::{AddressSet, Flow, PortSet, Protocol};
use crate::network::{Endpoint, FixtureKind, Id, Machine, Network};
use crate::trace::{Assumption, Path};

/// Flows that fare otherwise in one way, by one cause.
#[derive(Debug, Clone)]
pub struct Row {
    /// How.
    pub kind: Kind,
    /// Whether they have an end that only one side has.
    pub apart: bool,
    /// Of these protocols, each with its ports.
    pub services: Vec<(Protocol, PortSet)>,
    /// From these ports, where there are ports.
    pub source_ports: PortSet,
    /// From here.
    pub sources: Vec<End>,
    /// To here, as they are sent.
    pub destinations: Vec<End>,
    /// One of them, by the addresses that it has where the row's are from.
    pub witness: Flow,
    /// A path of that one before; of one that does not get through the first, with what stops it. None
    /// where there was no such start.
    pub before: Option<Path>,
    /// A path of it after.
    pub after: Option<Path>,
    /// The medians of its round trips before and after, in microseconds, where it gets through.
    pub medians: [Option<f64>; 2],
    /// What makes it.
    pub cause: Cause,
    /// The entry that declares it intended.
    pub intended: Option<usize>,
}

/// One side of a row's flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What has just these addresses, where something has.
    pub name: Option<Arc<str>>,
    /// The addresses.
    pub addresses: AddressSet,
    /// What these belong to, on the side that the row's addresses are from.
    pub endpoints: Vec<Endpoint>,
}

/// What flows of one row have in common, beside their ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Alike {
    kind: Kind,
    gone: bool,
    apart: bool,
    intended: Option<usize>,
    cause: Cause,
    between: Option<[Trails; 2]>,
    /// Tenths of milliseconds, where the time is what differs.
    medians: Option<[i64; 2]>,
}

/// Services with the ports that they are asked from.
type Services = (Vec<(Protocol, PortSet)>, PortSet);
/// A side, and the start that it belongs to.
type Source = (Key, Side);

/// Merges differences.
#[must_use]
pub fn rows(sides: &Sides<'_, '_>, deltas: Vec<Delta>) -> Vec<Row> {
    if deltas.is_empty() {
        return Vec::new();
    }
    let known = [OnceCell::new(), OnceCell::new()];
    let mut groups: IndexMap<Alike, Vec<Delta>> = IndexMap::new();
    for delta in deltas {
        groups.entry(Alike::of(&delta)).or_default().push(delta);
    }
    let mut rows = Vec::new();
    for (alike, deltas) in groups {
        let [old, new] = &known;
        let (world, known) = match alike.gone {
            true => (sides.before, old),
            false => (sides.after, new),
        };
        let (names, holders) =
            known.get_or_init(|| (Names::of(&world.engine), holders(world.network())));
        for ((services, source_ports), sources, destinations) in folded(world, names, &deltas) {
            let Some((key, flow)) = witness(&services, &source_ports, &sources, &destinations)
            else {
                continue;
            };
            let sources = names.folded(sources.into_iter().map(|(_, side)| side).collect());
            let end = |side: Side| End {
                endpoints: endpoints(world.network(), holders, &side),
                name: side.name,
                addresses: side.addresses,
            };
            let mut row = Row {
                kind: alike.kind,
                apart: alike.apart,
                services,
                source_ports,
                sources: sources.into_iter().map(end).collect(),
                destinations: names.folded(destinations).into_iter().map(end).collect(),
                witness: flow,
                before: None,
                after: None,
                medians: [None, None],
                cause: alike.cause.clone(),
                intended: alike.intended,
            };
            row.look(sides, &key, flow, alike.gone);
            rows.push(row);
        }
    }
    let outside = |row: &Row| {
        let mut ends = row.sources.iter().flat_map(|end| &end.endpoints);
        ends.any(|end| matches!(end, Endpoint::Internet | Endpoint::InternetHost(_)))
    };
    rows.sort_by_key(|row| (row.kind, row.intended.is_some(), row.apart, !outside(row)));
    rows
}

impl Alike {
    fn of(delta: &Delta) -> Self {
        let tenths = |median: f64| libm::round(median / 100.0) as i64;
        Self {
            kind: delta.kind,
            gone: delta.gone,
            apart: delta.apart,
            intended: delta.intended,
            cause: delta.cause.clone(),
            between: delta.between.clone(),
            medians: delta.medians.map(|own| own.map(tenths)),
        }
    }
}

impl Row {
    /// Walks the witness on both sides.
    fn look(&mut self, sides: &Sides<'_, '_>, key: &Key, flow: Flow, gone: bool) {
        let itself = Seen::default();
        let (was, is) = match gone {
            true => (&itself, &sides.back),
            false => (&sides.seen, &itself),
        };
        let before = sides.before.paths(key, flow, was);
        let after = sides.after.paths(key, flow, is);
        let median = |world: &World<'_>, paths: &[Path]| {
            latency::median(world.network(), paths, Application::None)
        };
        self.medians = [median(sides.before, &before), median(sides.after, &after)];
        let known = way(sides.after, &after);
        self.before = chosen(sides.before, before, &known);
        let known = self.before.iter().cloned().collect::<Vec<Path>>();
        self.after = chosen(sides.after, after, &way(sides.before, &known));
    }
}

/// What some paths come by, each by itself.
fn way(world: &World<'_>, paths: &[Path]) -> Vec<Vec<Key>> {
    let places = |path: &Path| {
        let places = path
            .hops
            .iter()
            .filter_map(|hop| Some(world.labels.get(hop.place?)));
        places.collect()
    };
    paths
        .iter()
        .filter(|path| path.works() > 0.0)
        .map(places)
        .collect()
}

/// Of some paths the first that works and is not known, else the first that works, else the first.
fn chosen(world: &World<'_>, paths: Vec<Path>, known: &[Vec<Key>]) -> Option<Path> {
    let works = |path: &&Path| path.works() > 0.0;
    let is_new = |path: &&Path| {
        let own = way(world, std::slice::from_ref(*path));
        own.iter().any(|own| !known.contains(own))
    };
    let found = paths.iter().filter(works).find(is_new);
    let found = found.or_else(|| paths.iter().find(works)).or(paths.first());
    found.cloned()
}

/// Rows of flows that have everything but their ends in common.
fn folded(
    world: &World<'_>,
    names: &Names,
    deltas: &[Delta],
) -> Vec<(Services, Vec<Source>, Vec<Side>)> {
    let asked = Asked::every(services(None, &[]));
    let mut by_destination: IndexMap<Side, IndexMap<Services, Vec<Source>>> = IndexMap::new();
    for delta in deltas {
        let Some(start) = world.starts().get(&delta.key) else {
            continue;
        };
        for own in merged(delta.boxes.clone(), &asked) {
            let source = (delta.key.clone(), names.source(start, own.sources));
            let services = (own.services, own.source_ports);
            for side in names.destinations(&world.engine, start, &own.destinations) {
                let kinds = by_destination.entry(side).or_default();
                kinds
                    .entry(services.clone())
                    .or_default()
                    .push(source.clone());
            }
        }
    }
    let mut rows: IndexMap<(Services, Vec<Source>), Vec<Side>> = IndexMap::new();
    for (side, kinds) in by_destination {
        for (services, sources) in kinds {
            rows.entry((services, sources))
                .or_default()
                .push(side.clone());
        }
    }
    let mut own: Vec<(Services, Vec<Source>, Vec<Side>)> = Vec::new();
    let machines = machines(world.network());
    for ((services, sources), to) in rows {
        let joined = own
            .iter_mut()
            .filter(|row| row.0 == services)
            .find_map(|row| {
                let all = together(world, &machines, (&row.1, &row.2), (&sources, &to))?;
                Some((row, all))
            });
        match joined {
            Some((row, all)) => {
                row.1 = all;
                row.2.extend(to);
            }
            None => own.push((services, sources, to)),
        }
    }
    own
}

/// The sources of two rows together, where all of them send to all of the destinations but to themselves: what
/// a machine sends to itself is not counted, so that it tells no rows apart.
fn together(
    world: &World<'_>,
    machines: &HashMap<IpAddr, Id<Machine>>,
    a: (&[Source], &[Side]),
    b: (&[Source], &[Side]),
) -> Option<Vec<Source>> {
    let only = |own: &[Source], other: &[Source]| -> Option<Vec<Source>> {
        if own.len().abs_diff(other.len()) > a.1.len() + b.1.len() {
            return None;
        }
        let known: HashSet<&Source> = other.iter().collect();
        let only = own.iter().filter(|source| !known.contains(source));
        Some(only.cloned().collect())
    };
    let itself = |sources: &[Source], to: &[Side]| {
        let mut sources = sources.iter();
        sources.all(|(key, _)| {
            let nic = world.starts().get(key).and_then(Start::nic);
            let own = nic.map(|nic| world.network().nics[nic].machine);
            let mut to = to.iter();
            own.is_some()
                && to.all(|side| {
                    is_one(&side.addresses)
                        && side
                            .addresses
                            .first()
                            .and_then(|one| machines.get(&one))
                            .copied()
                            == own
                })
        })
    };
    let (more, less) = (only(b.0, a.0)?, only(a.0, b.0)?);
    (itself(&more, a.1) && itself(&less, b.1)).then(|| {
        let mut all = a.0.to_vec();
        all.extend(more);
        all.sort_by_cached_key(|(key, _)| world.starts().get_index_of(key));
        all
    })
}

fn is_one(addresses: &AddressSet) -> bool {
    let one = addresses.first().map(|one| AddressSet::of_addresses([one]));
    one.as_ref() == Some(addresses)
}

/// The machines that have each address.
fn machines(network: &Network) -> HashMap<IpAddr, Id<Machine>> {
    let mut found = HashMap::new();
    for (_, nic) in network.nics.iter() {
        for own in &nic.addresses {
            found.insert(own.address, nic.machine);
            if let Some(public) = own.public_ip {
                found.insert(network.public_ips[public].address, nic.machine);
            }
        }
    }
    found
}

/// One flow of a row, and its start.
fn witness(
    services: &[(Protocol, PortSet)],
    source_ports: &PortSet,
    sources: &[Source],
    destinations: &[Side],
) -> Option<(Key, Flow)> {
    let ((key, source), destination) = (sources.first()?, destinations.first()?);
    let space = Space::new();
    let flows = FlowSet::of(
        &space,
        &FlowBox {
            sources: source.addresses.clone(),
            source_ports: source_ports.clone(),
            destinations: destination.addresses.clone(),
            services: services.to_vec(),
        },
    );
    Some((key.clone(), flows.witness()))
}

/// What has each address.
fn holders(network: &Network) -> BTreeMap<IpAddr, Vec<Endpoint>> {
    let mut found: BTreeMap<IpAddr, Vec<Endpoint>> = BTreeMap::new();
    let mut add = |address: IpAddr, endpoint: Endpoint| {
        let known = found.entry(address).or_default();
        if !known.contains(&endpoint) {
            known.push(endpoint);
        }
    };
    for (id, nic) in network.nics.iter() {
        for own in &nic.addresses {
            add(own.address, Endpoint::Nic(id));
            if let Some(public) = own.public_ip {
                add(network.public_ips[public].address, Endpoint::Nic(id));
            }
        }
    }
    for (id, fixture) in network.fixtures.iter() {
        let public = fixture
            .public_ips
            .iter()
            .map(|own| network.public_ips[*own].address);
        for own in fixture.addresses.iter().copied().chain(public) {
            add(own, Endpoint::Fixture(id));
        }
    }
    for (id, host) in network.site_hosts.iter() {
        add(host.address, Endpoint::SiteHost(id));
    }
    for (id, host) in network.internet_hosts.iter() {
        for own in &host.addresses {
            add(*own, Endpoint::InternetHost(id));
        }
    }
    for (id, service) in network.services.iter() {
        if let Some(own) = service.public_ip_address {
            add(own, Endpoint::Service(id));
        }
    }
    for (id, gateway) in network.gateways.iter() {
        for (_, own) in &gateway.clients {
            add(*own, Endpoint::VpnClient(id, *own));
        }
    }
    found
}

/// What the addresses of a side belong to.
fn endpoints(
    network: &Network,
    holders: &BTreeMap<IpAddr, Vec<Endpoint>>,
    side: &Side,
) -> Vec<Endpoint> {
    if side.name.as_deref() == Some("Internet") {
        return vec![Endpoint::Internet];
    }
    let mut sites = network.sites.iter();
    let site = sites.find(|(_, own)| {
        side.name.as_deref() == Some(&*own.name)
            && AddressSet::of(&own.address_space).overlaps(&side.addresses)
    });
    if let Some((id, _)) = site {
        return vec![Endpoint::Site(id)];
    }
    let held = holders.iter();
    let held = held.filter(|(address, _)| side.addresses.contains(**address));
    let mut found: Vec<Endpoint> = Vec::new();
    for endpoint in held.flat_map(|(_, own)| own) {
        if !found.contains(endpoint) {
            found.push(endpoint.clone());
        }
    }
    found
}

/// The ends that only one side has.
#[must_use]
pub fn ends(sides: &Sides<'_, '_>) -> Ends {
    if sides.same {
        return Ends::default();
    }
    let (was, is) = (named(sides.before.network()), named(sides.after.network()));
    let beyond = |own: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let own = own.iter().filter(|(key, _)| !other.contains_key(*key));
        own.map(|(_, name)| name.clone()).collect()
    };
    Ends {
        added: beyond(&is, &was),
        removed: beyond(&was, &is),
    }
}

/// What flows start and end at, by section and name.
fn named(network: &Network) -> BTreeMap<String, String> {
    let machines = network.machines.iter().map(|(_, own)| &own.identity);
    let fixtures = network.fixtures.iter();
    let fixtures = fixtures.filter(|(_, own)| {
        matches!(
            own.kind,
            FixtureKind::PrivateEndpoint(_)
                | FixtureKind::BastionHost
                | FixtureKind::ApplicationGateway(_)
        )
    });
    let services = network.services.iter().map(|(_, own)| &own.identity);
    let resources = machines
        .chain(fixtures.map(|(_, own)| &own.identity))
        .chain(services)
        .map(|own| (own.section, own.name.to_string()));
    let hosts = network
        .site_hosts
        .iter()
        .map(|(_, own)| own.name.to_string());
    let listed = network
        .internet_hosts
        .iter()
        .map(|(_, own)| own.name.to_string());
    let outside = hosts
        .map(|name| ("onPremisesSites", name))
        .chain(listed.map(|name| ("internetHosts", name)));
    let all = resources.chain(outside);
    all.map(|(section, name)| (format!("{section}/{name}").to_lowercase(), name))
        .collect()
}

/// What is not modelled on the way of some flows.
#[must_use]
pub fn unknown(sides: &Sides<'_, '_>, open: &[(Key, FlowBox)]) -> Vec<Assumption> {
    let space = Space::new();
    let mut found = Vec::new();
    for (key, own) in open {
        let flow = FlowSet::of(&space, own).witness();
        let before = sides.before.paths(key, flow, &sides.seen);
        let after = sides.after.paths(key, flow, &Seen::default());
        let all = before
            .into_iter()
            .chain(after)
            .flat_map(|path| path.assumptions);
        found.extend(all.filter(|own| own.code == Code::NotModelled));
    }
    found.sort();
    found.dedup();
    found
}
