//! What gets through, as rows: the same services from the same sources to the same destinations are one,
//! with one of its flows and a path.

use std::net::IpAddr;
use std::sync::Arc;

use indexmap::IndexMap;

use super::start::{self, Start};
use super::{Asked, Goal, Sets};
use crate::diagnostic::Code;
use crate::engine::traffic::Traffic;
use crate::engine::walk::Origin;
use crate::engine::{Engine, FlowBox, FlowSet};
use crate::net::{AddressSet, Flow, METADATA, PortSet, Protocol, WIRE_SERVER};
use crate::network::{Id, Nic, Owner, Place, PublicOwner, Subnet, VirtualNetwork};
use crate::trace::{Assumption, Path};

/// One side of some flows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Side {
    /// What has just these addresses, where something has.
    pub name: Option<Arc<str>>,
    /// The addresses.
    pub addresses: AddressSet,
}

/// Flows that get through.
#[derive(Debug, Clone)]
pub struct Row {
    /// Of these protocols, each with its ports.
    pub services: Vec<(Protocol, PortSet)>,
    /// From these ports, where there are ports.
    pub source_ports: PortSet,
    /// From here.
    pub sources: Vec<Side>,
    /// To here, as they are sent.
    pub destinations: Vec<Side>,
    /// One of them.
    pub witness: Flow,
    /// A path of that one.
    pub path: Path,
}

/// Everything that gets through.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Row by row.
    pub rows: Vec<Row>,
    /// What it rests on; and by what it is not known of some flows.
    pub assumptions: Vec<Assumption>,
}

/// Services with the ports that they are asked from.
type Kind = (Vec<(Protocol, PortSet)>, PortSet);

/// A side, and the start that it belongs to.
type Source = (usize, Side);

impl<'s> Sets<'_, '_, 's> {
    /// Everything that gets from some starts to a goal.
    #[must_use]
    pub fn reach(&self, starts: &[Start], goal: &Goal, asked: &Asked) -> Reach {
        let names = Names::of(self.engine);
        let mut by_destination: IndexMap<Side, IndexMap<Kind, Vec<Source>>> = IndexMap::new();
        let mut reach = Reach::default();
        let each = self.through_each(starts, goal, asked);
        for (number, (start, through)) in starts.iter().zip(each).enumerate() {
            // What it sends to itself never leaves it.
            let works = through
                .works
                .difference(&through.works.sent_to(&start.addresses));
            for own in merged(works.boxes(), asked) {
                let source = (number, names.source(start, own.sources));
                let kind = (own.services, own.source_ports);
                for side in names.destinations(self.engine, start, &own.destinations) {
                    let kinds = by_destination.entry(side).or_default();
                    kinds.entry(kind.clone()).or_default().push(source.clone());
                }
            }
            self.unknown(start, &through.open, asked, &mut reach.assumptions);
        }
        let mut rows: IndexMap<(Kind, Vec<Source>), Vec<Side>> = IndexMap::new();
        for (side, kinds) in by_destination {
            for (kind, sources) in kinds {
                rows.entry((kind, sources)).or_default().push(side.clone());
            }
        }
        for ((kind, sources), destinations) in rows {
            if let Some(row) = self.row(starts, asked, kind, &sources, &destinations) {
                let kept = row.path.assumptions.iter();
                reach
                    .assumptions
                    .extend(kept.filter_map(|own| general(own, &row.path)));
                reach.rows.push(Row {
                    sources: names.folded(sources.into_iter().map(|(_, side)| side).collect()),
                    destinations: names.folded(destinations),
                    ..row
                });
            }
        }
        let unknown = self.assumed(starts, goal, asked);
        reach.assumptions.extend(unknown);
        reach.assumptions.sort();
        reach.assumptions.dedup();
        reach
    }

    /// A row with a flow of it and its path; names come later.
    fn row(
        &self,
        starts: &[Start],
        asked: &Asked,
        (services, source_ports): Kind,
        sources: &[Source],
        destinations: &[Side],
    ) -> Option<Row> {
        let ((number, source), destination) = (sources.first()?, destinations.first()?);
        let start = starts.get(*number)?;
        let flows = FlowSet::of(
            self.space,
            &FlowBox {
                sources: source.addresses.clone(),
                source_ports: source_ports.clone(),
                destinations: destination.addresses.clone(),
                services: services.clone(),
            },
        );
        let witness = flows.witness();
        let paths = self.paths(start, asked.application, witness);
        let path = paths.into_iter().find(|path| path.works() > 0.0)?;
        Some(Row {
            services,
            source_ports,
            sources: Vec::new(),
            destinations: Vec::new(),
            witness,
            path,
        })
    }

    /// Notes what is not modelled, and so decides of some flows.
    fn unknown(&self, start: &Start, open: &FlowSet<'s>, asked: &Asked, to: &mut Vec<Assumption>) {
        if open.is_empty() {
            return;
        }
        for path in self.paths(start, asked.application, open.witness()) {
            let unknown = path.assumptions.into_iter();
            to.extend(unknown.filter(|own| own.code == Code::NotModelled));
        }
    }
}

/// Boxes that differ in their services only, as one: what has no ports comes from whatever port is asked for.
#[must_use]
pub fn merged(boxes: Vec<FlowBox>, asked: &Asked) -> Vec<FlowBox> {
    let mut merged: Vec<FlowBox> = Vec::with_capacity(boxes.len());
    for own in boxes {
        let ports = own.services.iter().any(|(own, _)| own.has_ports());
        let source_ports = if ports {
            own.source_ports
        } else {
            asked.source_ports.clone()
        };
        let same = merged.iter_mut().find(|other| {
            other.source_ports == source_ports
                && other.sources == own.sources
                && other.destinations == own.destinations
        });
        match same {
            Some(same) => same.services.extend(own.services),
            None => merged.push(FlowBox {
                source_ports,
                ..own
            }),
        }
    }
    merged
}

/// What a set of flows rests on, of which one takes a path: that something answers is not said of one port alone.
#[must_use]
pub fn general(assumption: &Assumption, path: &Path) -> Option<Assumption> {
    let name = || path.hops.last().map(|hop| hop.name.clone());
    match assumption.code {
        Code::AssumedListener => Some(Assumption {
            code: assumption.code,
            text: format!(
                "`{}` is taken to listen wherever it is asked, since its listeners are not given",
                name()?
            ),
        }),
        Code::AssumedInternetHostAnswers => Some(Assumption {
            code: assumption.code,
            text: "public addresses that are not listed are taken to answer".to_owned(),
        }),
        _ => Some(assumption.clone()),
    }
}

/// What addresses are called.
#[derive(Debug)]
pub struct Names {
    /// Every address that something has, sorted.
    owned: Vec<IpAddr>,
    outside: AddressSet,
    /// The ranges of sites and of clients.
    ranges: Vec<Side>,
    /// What a subnet's machines have, of each family.
    subnets: Vec<(Side, Vec<AddressSet>)>,
}

impl Names {
    /// In an engine's network.
    #[must_use]
    pub fn of(engine: &Engine<'_>) -> Self {
        let network = engine.network();
        let nics = network
            .nics
            .iter()
            .flat_map(|(_, own)| own.addresses.iter().map(|own| own.address));
        let fixtures = network
            .fixtures
            .iter()
            .flat_map(|(_, own)| own.addresses.iter().copied());
        let public = network.public_ips.iter().map(|(_, own)| own.address);
        let hosts = network
            .internet_hosts
            .iter()
            .flat_map(|(_, own)| own.addresses.iter().copied());
        let services = network
            .services
            .iter()
            .filter_map(|(_, own)| own.public_ip_address);
        let on_site = network.site_hosts.iter().map(|(_, own)| own.address);
        let platform = [WIRE_SERVER, METADATA].into_iter();
        let clients = network
            .gateways
            .iter()
            .flat_map(|(_, own)| own.clients.iter().map(|(_, own)| *own));
        let all = nics
            .chain(fixtures)
            .chain(public)
            .chain(hosts)
            .chain(platform);
        let mut owned: Vec<IpAddr> = all.chain(services).chain(on_site).chain(clients).collect();
        owned.sort_unstable();
        owned.dedup();
        let sites = network.sites.iter().map(|(_, own)| Side {
            name: Some(own.name.clone()),
            addresses: AddressSet::of(&own.address_space),
        });
        let pools = network
            .gateways
            .iter()
            .filter(|(_, own)| !own.client_pool.is_empty());
        let pools = pools.map(|(_, own)| Side {
            name: Some(format!("clients of {}", own.identity.name).into()),
            addresses: AddressSet::of(&own.client_pool),
        });
        Self {
            owned,
            outside: start::outside(network),
            ranges: sites.chain(pools).collect(),
            subnets: subnets(engine),
        }
    }

    /// The side of some of the addresses of a start.
    #[must_use]
    pub fn source(&self, start: &Start, addresses: AddressSet) -> Side {
        let ranges = self.ranges.iter().find(|side| side.addresses == addresses);
        let name = if addresses == start.addresses {
            Some(start.name.clone())
        } else {
            ranges.and_then(|side| side.name.clone())
        };
        Side { name, addresses }
    }

    /// The sides of a set of destinations: what has a name, one by one; then what is left.
    #[must_use]
    pub fn destinations(&self, engine: &Engine<'_>, start: &Start, set: &AddressSet) -> Vec<Side> {
        let mut sides = Vec::new();
        let own = self
            .owned
            .iter()
            .copied()
            .filter(|address| set.contains(*address));
        let own: Vec<IpAddr> = own.collect();
        let mut rest = set.difference(&AddressSet::of_addresses(own.iter().copied()));
        sides.extend(own.into_iter().map(|address| Side {
            name: name_of(engine, start, address),
            addresses: AddressSet::of_addresses([address]),
        }));
        let internet = Side {
            name: Some("Internet".into()),
            addresses: start.like(&self.outside),
        };
        for named in self.ranges.iter().chain([&internet]) {
            let part = rest.intersection(&named.addresses);
            if part.is_empty() {
                continue;
            }
            // Single hosts of a range stand for themselves, so that all others are called by the range.
            let single = self
                .owned
                .iter()
                .copied()
                .filter(|own| named.addresses.contains(*own));
            let others = named
                .addresses
                .difference(&AddressSet::of_addresses(single));
            if part.covers(&start.like(&others)) {
                rest = rest.difference(&part);
                sides.push(Side {
                    name: named.name.clone(),
                    addresses: part,
                });
            }
        }
        if !rest.is_empty() {
            sides.push(Side {
                name: None,
                addresses: rest,
            });
        }
        sides
    }

    /// With all machines of a subnet, where there are several, as the subnet.
    #[must_use]
    pub fn folded(&self, sides: Vec<Side>) -> Vec<Side> {
        let mut sides = sides;
        for (subnet, own) in &self.subnets {
            let within = |side: &Side| own.contains(&side.addresses);
            if sides.len() < own.len()
                || sides.iter().filter(|side| within(side)).count() < own.len()
            {
                continue;
            }
            let at = sides.iter().position(within).unwrap_or_default();
            sides.retain(|side| !within(side));
            sides.insert(at, subnet.clone());
        }
        sides
    }
}

/// The subnets of several machines, with their addresses of each family.
fn subnets(engine: &Engine<'_>) -> Vec<(Side, Vec<AddressSet>)> {
    let network = engine.network();
    let mut all: IndexMap<(Id<Subnet>, bool), Vec<AddressSet>> = IndexMap::new();
    for (_, nic) in network.nics.iter() {
        for own in &nic.addresses {
            let known = all.entry((nic.subnet, own.address.is_ipv4())).or_default();
            known.push(AddressSet::of_addresses([own.address]));
        }
    }
    let several = all.into_iter().filter(|(_, own)| own.len() > 1);
    let sides = several.map(|((id, _), own)| {
        let subnet = &network.subnets[id];
        let vnet = &network.vnets[subnet.vnet].identity.name;
        let side = Side {
            name: Some(format!("{vnet}/{}", subnet.name).into()),
            addresses: own
                .iter()
                .fold(AddressSet::default(), |all, own| all.union(own)),
        };
        (side, own)
    });
    sides.collect()
}

/// What has an address, seen from a start: in its own VNet, in a peer, anywhere else.
fn name_of(engine: &Engine<'_>, start: &Start, address: IpAddr) -> Option<Arc<str>> {
    let network = engine.network();
    if address == WIRE_SERVER {
        return Some("AzurePlatformDNS".into());
    }
    if address == METADATA {
        return Some("AzurePlatformIMDS".into());
    }
    let place = match network.public_owners.get(address) {
        Some(PublicOwner::Nic(nic, _)) => Some(Place::Nic(nic)),
        Some(PublicOwner::Fixture(id, _)) => Some(Place::Fixture(id)),
        Some(PublicOwner::InternetHost(id)) => Some(Place::InternetHost(id)),
        Some(PublicOwner::Service(id)) => return Some(network.services[id].identity.name.clone()),
        Some(PublicOwner::NatGateway(id)) => {
            return Some(network.nat_gateways[id].identity.name.clone());
        }
        Some(PublicOwner::Unused(id)) => return Some(network.public_ips[id].identity.name.clone()),
        None => None,
    };
    if let Some(place) = place {
        return Some(network.place_name(place));
    }
    let vnet_of = |nic: Id<Nic>| network.subnets[network.nics[nic].subnet].vnet;
    let own = match start.origin {
        Origin::Nic(nic) => Some(vnet_of(nic)),
        Origin::Fixture(id) => network.fixtures[id].vnet,
        _ => None,
    };
    let peers = own
        .into_iter()
        .flat_map(|vnet| network.vnets[vnet].peerings.iter().copied());
    let peers = peers.map(|id| network.peerings[id].remote);
    let all = network.vnets.iter().map(|(id, _)| id);
    let mut near = own.into_iter().chain(peers).chain(all);
    let owner =
        near.find_map(|vnet: Id<VirtualNetwork>| network.owners.get(vnet.index())?.get(address));
    match owner {
        Some(Owner::Nic(nic)) => Some(network.place_name(Place::Nic(nic))),
        Some(Owner::Fixture(id)) => Some(network.place_name(Place::Fixture(id))),
        None => {
            let mut hosts = network
                .site_hosts
                .iter()
                .filter(|(_, own)| own.address == address);
            let host = hosts.next().map(|(_, own)| own.name.clone());
            let mut gateways = network.gateways.iter();
            host.or_else(|| {
                gateways.find_map(|(id, own)| {
                    own.clients
                        .iter()
                        .any(|(_, own)| *own == address)
                        .then(|| network.client_name(id, address))
                })
            })
        }
    }
}
