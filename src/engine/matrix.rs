//! All pairs: which endpoint reaches which by which services, folded into groups that share rows and columns.
//!
//! A cell is what Connection troubleshoot would say of the pair: from the source's primary address, from an
//! ephemeral port, to the address that the destination's name means for the source: seen from the Internet
//! a machine's public one, where it has one.

use std::net::IpAddr;
use std::sync::Arc;

use rayon::prelude::*;

use super::ends;
use super::flows::{FlowSet, Space};
use super::reach::{Asked, Sets, Start};
use super::{Application, Engine, Question};
use crate::net::{AddressSet, EPHEMERAL, PortSet, Protocol, Ranges, same_family};
use crate::network::{Endpoint, MachineKind, Network};

/// What is known of a pair and a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// It is not asked about: the two are one, or both outside, or have no address family in common.
    Blank,
    /// Nothing gets through.
    No,
    /// It is not modelled.
    Unknown,
    /// Some of its ports get through.
    Partly,
    /// It gets through.
    Yes,
}

/// An endpoint of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What it is called.
    pub name: Arc<str>,
    /// Which it is.
    pub endpoint: Endpoint,
    /// Whether it is asked about as a source.
    pub from: bool,
    /// Whether it is asked about as a destination.
    pub to: bool,
}

/// Endpoints by endpoints by services.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The endpoints.
    pub parties: Vec<Party>,
    /// The services: each a protocol with a range of ports.
    pub services: Vec<(Protocol, PortSet)>,
    /// Source by source, destination by destination, service by service.
    cells: Vec<Cell>,
}

impl Matrix {
    /// The cells of a pair, service by service.
    #[must_use]
    pub fn pair(&self, from: usize, to: usize) -> &[Cell] {
        let width = self.services.len();
        let start = (from * self.parties.len() + to) * width;
        self.cells.get(start..start + width).unwrap_or_default()
    }

    /// The question that a cell answers, by the first of the service's ports.
    #[must_use]
    pub fn question(
        &self,
        network: &Network,
        from: usize,
        to: usize,
        service: usize,
    ) -> Option<Question> {
        let (source, destination) = (self.parties.get(from)?, self.parties.get(to)?);
        let (protocol, ports) = self.services.get(service)?;
        let outside = is_outside(&source.endpoint);
        let public = ends::public(network, &destination.endpoint);
        let asked = match public.first().filter(|_| outside) {
            Some(address) => Endpoint::Address(*address),
            None => destination.endpoint.clone(),
        };
        let port = ports.ranges().first().map(|(first, _)| *first);
        Some(Question::new(
            source.endpoint.clone(),
            asked,
            *protocol,
            port.filter(|_| protocol.has_ports()),
        ))
    }

    /// The endpoints in groups: each endpoint of one can be put in another's place, and nothing changes.
    /// What the members of a group are to each other is what each two of them are.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for own in 0..self.parties.len() {
            // To be alike is transitive: one member stands for its group.
            let group = groups
                .iter_mut()
                .find(|group| group.first().is_some_and(|one| self.alike(*one, own)));
            match group {
                Some(group) => group.push(own),
                None => groups.push(vec![own]),
            }
        }
        groups
    }

    fn alike(&self, a: usize, b: usize) -> bool {
        let role = |own: usize| self.parties.get(own).map(|own| (own.from, own.to));
        role(a) == role(b)
            && self.pair(a, b) == self.pair(b, a)
            && (0..self.parties.len())
                .filter(|other| *other != a && *other != b)
                .all(|other| {
                    self.pair(a, other) == self.pair(b, other)
                        && self.pair(other, a) == self.pair(other, b)
                })
    }
}

/// The endpoints that are asked about where none are named: every machine, private endpoints, hosts on
/// premises, the Internet and its listed hosts.
#[must_use]
pub fn everyone(engine: &Engine<'_>) -> Vec<Endpoint> {
    let network = engine.network();
    let machines = network
        .machines
        .iter()
        .map(|(_, own)| Endpoint::Nic(own.primary_nic));
    let fixtures = network
        .fixtures
        .iter()
        .filter(|(_, own)| matches!(own.kind, crate::network::FixtureKind::PrivateEndpoint(_)));
    let fixtures = fixtures.map(|(id, _)| Endpoint::Fixture(id));
    let on_site = network
        .site_hosts
        .iter()
        .map(|(id, _)| Endpoint::SiteHost(id));
    let hosts = network
        .internet_hosts
        .iter()
        .map(|(id, _)| Endpoint::InternetHost(id));
    machines
        .chain(fixtures)
        .chain(on_site)
        .chain(hosts)
        .chain([Endpoint::Internet])
        .collect()
}

/// Asks about every pair of `from` and `to`; `done` is told of each source that is through.
#[must_use]
pub fn matrix(
    engine: &Engine<'_>,
    from: &[Endpoint],
    to: &[Endpoint],
    services: Vec<(Protocol, PortSet)>,
    done: &(dyn Fn() + Sync),
) -> Matrix {
    let parties = parties(engine, from, to);
    let count = parties.len();
    let columns = Columns::of(engine, &parties);
    let asked = Asked {
        services: services.clone(),
        source_ports: Ranges::one(EPHEMERAL.first, EPHEMERAL.first),
        application: Application::None,
    };
    let rows = (0..count)
        .into_par_iter()
        .map_init(Space::new, |space, row| {
            let mut cells = vec![Cell::Blank; count * services.len()];
            if let Some(party) = parties.get(row).filter(|own| own.from) {
                let sets = Sets { engine, space };
                fill(&sets, party, row, &columns, &asked, &mut cells);
                done();
            }
            cells
        });
    let cells = rows.flatten_iter().collect();
    Matrix {
        parties,
        services,
        cells,
    }
}

fn parties(engine: &Engine<'_>, from: &[Endpoint], to: &[Endpoint]) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    let mut known: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (endpoint, source) in from
        .iter()
        .map(|own| (own, true))
        .chain(to.iter().map(|own| (own, false)))
    {
        for endpoint in ends::each(engine.network(), endpoint) {
            let at = *known.entry(format!("{endpoint:?}")).or_insert_with(|| {
                let name = name(engine, &endpoint);
                parties.push(Party {
                    name,
                    endpoint,
                    from: false,
                    to: false,
                });
                parties.len() - 1
            });
            if let Some(party) = parties.get_mut(at) {
                party.from |= source;
                party.to |= !source;
            }
        }
    }
    parties
}

fn name(engine: &Engine<'_>, endpoint: &Endpoint) -> Arc<str> {
    let network = engine.network();
    match endpoint {
        Endpoint::Nic(nic) => {
            let machine = &network.machines[network.nics[*nic].machine];
            let one_of_several =
                machine.primary_nic != *nic && !matches!(machine.kind, MachineKind::Instance(_));
            if one_of_several {
                return format!("{}/{}", machine.identity.name, network.nics[*nic].name).into();
            }
            machine.identity.name.clone()
        }
        other => ends::addressed(engine, None, other).name,
    }
}

/// The destinations, by their addresses.
struct Columns<'p> {
    parties: &'p [Party],
    /// Those whose addresses are the same for every source.
    fixed: Vec<(usize, Vec<IpAddr>)>,
    /// Those that each source resolves itself.
    named: Vec<usize>,
    /// Whether application rules may decide by a name.
    ruled: bool,
}

impl<'p> Columns<'p> {
    fn of(engine: &Engine<'_>, parties: &'p [Party]) -> Self {
        let network = engine.network();
        let mut fixed = Vec::new();
        let mut named = Vec::new();
        for (at, party) in parties.iter().enumerate().filter(|(_, own)| own.to) {
            match &party.endpoint {
                Endpoint::Fqdn(_)
                | Endpoint::Uri { .. }
                | Endpoint::Service(_)
                | Endpoint::InternetHost(_) => {
                    named.push(at);
                }
                other => fixed.push((at, ends::addressed(engine, None, other).addresses)),
            }
        }
        let ruled = network
            .firewalls
            .iter()
            .any(|(_, own)| !own.application_rules.is_empty());
        Self {
            parties,
            fixed,
            named,
            ruled,
        }
    }
}

/// The addresses of a destination that a source asks: of a machine the first of a family that both have, and
/// from the Internet its public ones; of a name all.
fn asked_addresses(
    engine: &Engine<'_>,
    party: &Party,
    all: &[IpAddr],
    starts: &[Start],
) -> Vec<IpAddr> {
    let public = ends::public(engine.network(), &party.endpoint);
    let outside = starts.iter().any(Start::is_outside) && !public.is_empty();
    let all = if outside { &public } else { all };
    let common = all.iter().copied().filter(|address| {
        starts.iter().any(|start| {
            start
                .addresses
                .first()
                .is_some_and(|own| same_family(own, *address))
        })
    });
    match party.endpoint {
        Endpoint::Nic(_) | Endpoint::Fixture(_) => common.take(1).collect(),
        _ => common.collect(),
    }
}

fn fill(
    sets: &Sets<'_, '_, '_>,
    party: &Party,
    row: usize,
    columns: &Columns<'_>,
    asked: &Asked,
    cells: &mut [Cell],
) {
    let starts: Vec<Start> = Start::named(sets.engine, &party.endpoint);
    let asker = starts.first().map(|start| start.origin);
    let resolved = columns.named.iter().filter_map(|at| {
        let found = ends::addressed(sets.engine, asker, &columns.parties.get(*at)?.endpoint);
        Some((*at, found.addresses))
    });
    let resolved: Vec<(usize, Vec<IpAddr>)> = resolved.collect();
    // What is asked for by a name may be decided by it: one walk each. All others take one together.
    let mut together: Vec<(IpAddr, usize)> = Vec::new();
    for (at, addresses) in columns.fixed.iter().chain(&resolved) {
        let Some(to) = columns.parties.get(*at).filter(|_| *at != row) else {
            continue;
        };
        if beyond(sets.engine, &party.endpoint, &to.endpoint) {
            continue;
        }
        let own = asked_addresses(sets.engine, to, addresses, &starts);
        if !own.is_empty() {
            let width = asked.services.len();
            for cell in cells.iter_mut().skip(at * width).take(width) {
                *cell = Cell::No;
            }
        }
        if columns.ruled && columns.named.contains(at) {
            for address in own {
                let through = sets.to_address(&starts, &to.endpoint, address, asked);
                mark(&[(address, *at)], &through, asked, cells);
            }
        } else {
            together.extend(own.into_iter().map(|address| (address, *at)));
        }
    }
    together.sort_unstable();
    let to = AddressSet::of_addresses(together.iter().map(|(address, _)| *address));
    for through in starts
        .iter()
        .map(|start| sets.to_addresses(start, &to, asked))
    {
        mark(&together, &[through], asked, cells);
    }
}

const fn is_outside(endpoint: &Endpoint) -> bool {
    matches!(endpoint, Endpoint::Internet | Endpoint::InternetHost(_))
}

/// Whether what passes between two ends is none of the network's business: both are on the Internet, or at
/// one site.
fn beyond(engine: &Engine<'_>, a: &Endpoint, b: &Endpoint) -> bool {
    let network = engine.network();
    let site = |own: &Endpoint| match own {
        Endpoint::Site(site) => Some(*site),
        Endpoint::SiteHost(host) => Some(network.site_hosts[*host].site),
        _ => None,
    };
    (is_outside(a) && is_outside(b)) || site(a).is_some_and(|own| site(b) == Some(own))
}

/// Enters what gets through to addresses into the cells of those that have them.
fn mark(
    columns: &[(IpAddr, usize)],
    through: &[super::reach::Through<'_>],
    asked: &Asked,
    cells: &mut [Cell],
) {
    for through in through {
        for (flows, works) in [(&through.open, false), (&through.works, true)] {
            for (addresses, part) in flows.by_destination() {
                let states = states(&part, works, asked);
                for at in holders(columns, &addresses) {
                    let start = at * states.len();
                    for (cell, state) in cells.iter_mut().skip(start).zip(&states) {
                        *cell = (*cell).max(*state);
                    }
                }
            }
        }
    }
}

/// What some flows say of each service.
fn states(flows: &FlowSet<'_>, works: bool, asked: &Asked) -> Vec<Cell> {
    let through = flows.services();
    let states = asked.services.iter().map(|(protocol, wanted)| {
        let own = through.iter().find(|(own, _)| own == protocol);
        match own {
            Some(_) if !works => Cell::Unknown,
            Some((_, ports)) if !protocol.has_ports() || ports.covers(wanted) => Cell::Yes,
            Some((_, ports)) if ports.overlaps(wanted) => Cell::Partly,
            _ => Cell::No,
        }
    });
    states.collect()
}

/// Whose addresses lie in a set.
fn holders<'c>(
    columns: &'c [(IpAddr, usize)],
    addresses: &AddressSet,
) -> impl Iterator<Item = usize> + use<'c> {
    let v4 = addresses
        .v4()
        .ranges()
        .iter()
        .map(|(a, b)| (IpAddr::from(a.to_be_bytes()), IpAddr::from(b.to_be_bytes())));
    let v6 = addresses
        .v6()
        .ranges()
        .iter()
        .map(|(a, b)| (IpAddr::from(a.to_be_bytes()), IpAddr::from(b.to_be_bytes())));
    let ranges: Vec<(IpAddr, IpAddr)> = v4.chain(v6).collect();
    ranges.into_iter().flat_map(move |(first, last)| {
        let from = columns.partition_point(|(own, _)| *own < first);
        let held = columns
            .iter()
            .skip(from)
            .take_while(move |(own, _)| *own <= last);
        held.map(|(_, at)| *at)
    })
}
