//! All pairs: which endpoint reaches which by which services, folded into groups that share rows and columns.
//!
//! A cell is what Connection troubleshoot would say of the pair: from the source's primary address, from an
//! ephemeral port, to the address that the destination's name means for the source: seen from the Internet
//! a machine's public one, where it has one.

mod alike;
mod between;
mod kept;
mod walked;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::classes::Gates;
use super::ends;
use super::flows::Space;
use super::reach::{Asked, Sets};
use super::{Application, Engine, Question};
use crate::net::{EPHEMERAL, PortSet, Protocol, Ranges};
use crate::network::{Endpoint, MachineKind, Network};
use crate::trace::Assumption;
use between::{Between, Known};
use kept::{Column, Kept, Row};
use walked::Columns;

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
    /// The service tags that are not known in full and could decide of a cell.
    pub assumptions: Vec<Assumption>,
    /// Source by source, destination by destination, service by service.
    cells: Kept,
}

impl Matrix {
    /// The cells of a pair, service by service.
    #[must_use]
    pub fn pair(&self, from: usize, to: usize) -> &[Cell] {
        self.cells.pair(&self.parties, from, to)
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
        alike::groups(self)
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
    let asked = Asked {
        services,
        source_ports: Ranges::one(EPHEMERAL.first, EPHEMERAL.first),
        application: Application::None,
    };
    let classes = engine.classes();
    let gates = Gates::new(engine, classes);
    let columns = between::columns(classes, &parties);
    let between = Between::new(engine, classes, &gates, (&parties, &columns), &asked);
    let filling = Filling {
        engine,
        walked: Columns::of(engine, &parties),
        parties: &parties,
        columns: &columns,
        asked: &asked,
        done,
    };
    let mut sources = vec![None; classes.members.len()];
    let mut others = Vec::new();
    for (row, column) in columns.iter().enumerate() {
        if parties.get(row).is_some_and(|own| own.from) {
            match column {
                Column::Plain(at) => {
                    if let Some(place) = sources.get_mut(*at as usize) {
                        *place = Some(row);
                    }
                }
                Column::Other(_) => others.push(row),
            }
        }
    }
    let by_word: Vec<(usize, &[Option<usize>])> = sources.chunks(64).enumerate().collect();
    let plain = by_word
        .into_par_iter()
        .map_init(Space::new, |space, (word, rows)| {
            if rows.iter().all(Option::is_none) {
                return Vec::new();
            }
            let known = between.known(word);
            let rows = rows.iter().zip(known);
            let rows = rows.filter_map(|(row, known)| Some(((*row)?, known)));
            rows.map(|(row, known)| (row, filling.row(space, row, Some(known))))
                .collect::<Vec<(usize, Row)>>()
        });
    let mut filled: Vec<(usize, Row)> = plain.flatten_iter().collect();
    let others = others.into_par_iter();
    let others = others.map_init(Space::new, |space, row| {
        (row, filling.row(space, row, None))
    });
    filled.extend(others.collect::<Vec<(usize, Row)>>());
    let mut rows = vec![Row::None; parties.len()];
    for (at, row) in filled {
        if let Some(place) = rows.get_mut(at) {
            *place = row;
        }
    }
    let assumptions = filling.assumed();
    let cells = Kept::new(rows, columns, gates.width(), asked.services.len());
    Matrix {
        parties,
        services: asked.services,
        assumptions,
        cells,
    }
}

/// What the rows of a matrix are filled from.
struct Filling<'f, 'n> {
    engine: &'f Engine<'n>,
    parties: &'f [Party],
    /// The destinations as a walk is sent to them.
    walked: Columns<'f>,
    columns: &'f [Column],
    asked: &'f Asked,
    done: &'f (dyn Fn() + Sync),
}

impl Filling<'_, '_> {
    /// What the cells rest on without knowing it.
    fn assumed(&self) -> Vec<Assumption> {
        if !self.engine.has_doubtful_tags() {
            return Vec::new();
        }
        let rows = (0..self.parties.len()).into_par_iter();
        let rows = rows.filter(|row| self.parties.get(*row).is_some_and(|own| own.from));
        let all = rows.map_init(Space::new, |space, row| {
            let sets = Sets {
                engine: self.engine,
                space,
            };
            self.walked.assumed(&sets, row, self.asked)
        });
        let all: BTreeSet<Assumption> = all.flatten_iter().collect();
        all.into_iter().collect()
    }

    /// The row of a source: what classes do not say is walked.
    fn row(&self, space: &Space, row: usize, known: Option<Known>) -> Row {
        let sets = Sets {
            engine: self.engine,
            space,
        };
        let width = self.asked.services.len();
        let places = self.parties.iter().zip(self.columns).enumerate();
        let filled = match known {
            Some(known) if known.whole => {
                let others = places.filter_map(|(at, (_, column))| match column {
                    Column::Other(to) => Some((at, *to as usize)),
                    Column::Plain(_) => None,
                });
                let others: Vec<(usize, usize)> = others.collect();
                let mut cells = vec![Cell::Blank; others.len() * width];
                self.walked
                    .fill(&sets, row, self.asked, &others, &mut cells);
                Row::Bits(known.yes, cells.into())
            }
            known => {
                let mut cells = vec![Cell::Blank; self.parties.len() * width];
                let mut left = Vec::new();
                for (at, (party, column)) in places {
                    let own = cells.iter_mut().skip(at * width).take(width).enumerate();
                    let said = |service| match (&known, column) {
                        (Some(known), Column::Plain(to)) => known.cell(*to, service),
                        _ => None,
                    };
                    if at == row || !party.to {
                        continue;
                    }
                    if said(0).is_none() {
                        left.push((at, at));
                        continue;
                    }
                    for (service, cell) in own {
                        *cell = said(service).unwrap_or(Cell::Blank);
                    }
                }
                self.walked.fill(&sets, row, self.asked, &left, &mut cells);
                Row::Cells(cells.into())
            }
        };
        (self.done)();
        filled
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

/// Whether an endpoint is on the Internet.
const fn is_outside(endpoint: &Endpoint) -> bool {
    matches!(endpoint, Endpoint::Internet | Endpoint::InternetHost(_))
}
