//! The cells that are walked for: all destinations of one source that classes leave open take one walk
//! together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use super::{Cell, Party, is_outside};
use crate::engine::flows::FlowSet;
use crate::engine::reach::{Asked, Sets, Start, Through};
use crate::engine::{Asking, Engine, ends};
use crate::net::{AddressSet, same_family};
use crate::network::Endpoint;
use crate::trace::Assumption;

/// The destinations, by their addresses.
pub(super) struct Columns<'p> {
    parties: &'p [Party],
    /// The addresses of each, where they are the same for every source.
    fixed: Vec<Vec<IpAddr>>,
    /// Whether application rules may decide by a name.
    ruled: bool,
    /// Addresses that several machines have, each in a network of its own.
    shared: HashSet<IpAddr>,
}

/// Whether each source resolves its name itself.
const fn is_named(endpoint: &Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Fqdn(_) | Endpoint::Uri { .. } | Endpoint::Service(_) | Endpoint::InternetHost(_)
    )
}

impl<'p> Columns<'p> {
    pub fn of(engine: &Engine<'_>, parties: &'p [Party]) -> Self {
        let network = engine.network();
        let fixed = parties.iter().map(|party| {
            if party.to && !is_named(&party.endpoint) {
                ends::addressed(engine, None, &party.endpoint).addresses
            } else {
                Vec::new()
            }
        });
        let ruled = network
            .firewalls
            .iter()
            .any(|(_, own)| !own.application_rules.is_empty());
        let mut known = HashMap::new();
        let mut shared = HashSet::new();
        for (_, nic) in network.nics.iter() {
            for own in &nic.addresses {
                if *known.entry(own.address).or_insert(nic.machine) != nic.machine {
                    shared.insert(own.address);
                }
            }
        }
        Self {
            parties,
            fixed: fixed.collect(),
            ruled,
            shared,
        }
    }

    /// The addresses of a destination that a source asks.
    fn asked(&self, engine: &Engine<'_>, at: usize, to: &Party, starts: &[Start]) -> Vec<IpAddr> {
        let fixed = self.fixed.get(at).filter(|_| !is_named(&to.endpoint));
        match fixed {
            Some(addresses) => asked_addresses(engine, to, addresses, starts),
            None => {
                let asker = starts.first().map(|start| start.origin);
                let found = ends::addressed(engine, asker, &to.endpoint);
                asked_addresses(engine, to, &found.addresses, starts)
            }
        }
    }

    /// What the cells of a source rest on without knowing it.
    pub fn assumed(
        &self,
        sets: &Sets<'_, '_, '_>,
        row: usize,
        asked: &Asked,
    ) -> BTreeSet<Assumption> {
        let mut found = BTreeSet::new();
        let Some(party) = self.parties.get(row) else {
            return found;
        };
        let network = sets.engine.network();
        let starts: Vec<Start> = Start::named(sets.engine, &party.endpoint);
        let mut together: Vec<IpAddr> = Vec::new();
        let mut walk = |to: &AddressSet, endpoint: &Endpoint, address: IpAddr| {
            for start in &starts {
                let asking = Asking::of(network, endpoint, address, asked.application);
                sets.assumed_at(start, to, asking, asked, &mut found);
            }
        };
        for (at, to) in self.parties.iter().enumerate() {
            if at == row || !to.to || beyond(sets.engine, &party.endpoint, &to.endpoint) {
                continue;
            }
            let own = self.asked(sets.engine, at, to, &starts);
            if self.ruled && is_named(&to.endpoint) {
                for address in own {
                    let one = AddressSet::of_addresses([address]);
                    walk(&one, &to.endpoint, address);
                }
            } else {
                together.extend(own);
            }
        }
        let together = AddressSet::of_addresses(together);
        let any = ends::representative(network);
        walk(&together, &Endpoint::Internet, any);
        found
    }

    /// Enters the cells of a source and of some destinations, each with its place in `cells`.
    pub fn fill(
        &self,
        sets: &Sets<'_, '_, '_>,
        row: usize,
        asked: &Asked,
        wanted: &[(usize, usize)],
        cells: &mut [Cell],
    ) {
        let Some(party) = self.parties.get(row).filter(|_| !wanted.is_empty()) else {
            return;
        };
        let starts: Vec<Start> = Start::named(sets.engine, &party.endpoint);
        // What is asked for by a name may be decided by it, and an address that several machines have is
        // one's only: one walk each. All others take one together.
        let mut together: Vec<(IpAddr, usize)> = Vec::new();
        for (at, place) in wanted {
            let Some(to) = self.parties.get(*at).filter(|own| own.to && *at != row) else {
                continue;
            };
            if beyond(sets.engine, &party.endpoint, &to.endpoint) {
                continue;
            }
            let named = is_named(&to.endpoint);
            let own = self.asked(sets.engine, *at, to, &starts);
            if !own.is_empty() {
                let width = asked.services.len();
                for cell in cells.iter_mut().skip(place * width).take(width) {
                    *cell = Cell::No;
                }
            }
            let shared = |own: &[IpAddr]| {
                matches!(to.endpoint, Endpoint::Nic(_))
                    && own.iter().any(|address| self.shared.contains(address))
            };
            if (self.ruled && named) || shared(&own) {
                for address in own {
                    let through = sets.to_address(&starts, &to.endpoint, address, asked);
                    mark(&[(address, *place)], &through, asked, cells);
                }
            } else {
                together.extend(own.into_iter().map(|address| (address, *place)));
            }
        }
        if together.is_empty() {
            return;
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
fn mark(columns: &[(IpAddr, usize)], through: &[Through<'_>], asked: &Asked, cells: &mut [Cell]) {
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
            Some((_, ports)) if protocol.has_ports() && !ports.overlaps(wanted) => Cell::No,
            Some(_) if !works => Cell::Unknown,
            Some((_, ports)) if !protocol.has_ports() || ports.covers(wanted) => Cell::Yes,
            Some(_) => Cell::Partly,
            None => Cell::No,
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
