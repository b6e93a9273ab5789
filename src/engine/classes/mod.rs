//! Classes: NICs between which everything goes alike, but for what the filters at the two ends let pass.
//!
//! Most of what decides between two machines is not theirs alone: the routes of their subnets, the peerings
//! and appliances between them. So one pair is walked, with the filters at both ends left open, and the walk
//! itself notes of every other NIC whether it would have been answered otherwise ([`pair`]). What the filters
//! at the ends let pass is asked of all NICs at once ([`gates`]). No rule of Azure's is written a second
//! time for it: which way is taken and what stands there is said by the one walk.

mod both;
mod filters;
mod gates;
mod pair;
mod stand;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use rayon::prelude::*;

use super::compiled::private;
use super::firewall_rules::Asking;
use super::flows::{FlowBox, FlowSet, Space};
use super::reach::Asked;
use super::walk::{End, Origin, Policy, Walk};
use super::{Engine, ends};
use crate::net::{AddressSet, PortSet, Protocol};
use crate::network::{Endpoint, Id, MachineKind, Network, Nic, Subnet};
use crate::spec::{Direction, PowerState};
use crate::trace::{Disposition, ReplyKind, Silent};
use filters::Filters;
use pair::{ALL_GATES, Ends, Pair};

pub(crate) use both::Both;
pub(super) use filters::Guarded;
pub(super) use gates::{Bits, Gates, Rows};
pub(crate) use stand::Stand;

/// A NIC that is nothing but a machine's only one, with one private address that nothing else has: no part
/// of a load balancer, no appliance, no route's next hop, nothing public. It runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plain {
    pub nic: Id<Nic>,
    pub address: IpAddr,
    kind: Kind,
}

/// What else of a NIC a walk reads: NICs of one kind may be in each other's place, as far as all that it asks
/// of their addresses has the same answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kind {
    /// The class of its subnet: its VNet, with its routes and tags.
    class: u32,
    /// The subnet, where some peering joins only subnets.
    subnet: Option<Id<Subnet>>,
    /// Whether it is behind a security group.
    guarded: bool,
    v4: bool,
}

/// NICs of a kind, and those to which everything goes alike from them.
#[derive(Debug)]
pub(super) struct Block {
    /// Where it starts: positions among the plain NICs.
    pub from: Vec<u32>,
    /// Where it is to get to.
    pub to: Vec<u32>,
    /// Which of the services get there and back if the filters at the ends let them.
    pub services: Vec<bool>,
}

/// Blocks of fewer pairs are no gain over walks.
const SMALL: usize = 16;
/// With so many of them what is left is walked.
const MOST_SMALL: usize = 64;
/// With fewer kinds one thread is faster.
const WORTH_THREADS: usize = 8;

/// The plain NICs of a network, by address.
#[derive(Debug)]
pub(super) struct Classes {
    pub members: Vec<Plain>,
    /// Where each NIC is among them, where it is one.
    position: Vec<Option<u32>>,
    /// Whose filters are the same, inbound and outbound.
    filters: [Filters; 2],
}

impl Classes {
    pub fn of(engine: &Engine<'_>) -> Self {
        let members = plain(engine);
        let mut position = vec![None; engine.network.nics.len()];
        for (at, own) in (0..).zip(&members) {
            if let Some(place) = position.get_mut(own.nic.index()) {
                *place = Some(at);
            }
        }
        let filters = [Direction::Inbound, Direction::Outbound]
            .map(|direction| Filters::of(engine, &members, direction));
        Self {
            members,
            position,
            filters,
        }
    }

    /// The filters of one direction.
    pub const fn filters(&self, direction: Direction) -> &Filters {
        let [inbound, outbound] = &self.filters;
        match direction {
            Direction::Inbound => inbound,
            Direction::Outbound => outbound,
        }
    }

    /// Where a NIC is among the plain ones, where it is one.
    pub fn position(&self, nic: Id<Nic>) -> Option<u32> {
        self.position.get(nic.index()).copied().flatten()
    }

    /// The plain NIC at a position.
    pub fn member(&self, at: u32) -> Option<Plain> {
        self.members.get(at as usize).copied()
    }

    /// How `from` and `to` fall into blocks. What is in none has to be walked pair by pair: something at an
    /// end of its own decides there, or part of a service only gets through.
    pub fn blocks(
        &self,
        engine: &Engine<'_>,
        from: &[u32],
        to: &[u32],
        asked: &Asked,
    ) -> Vec<Block> {
        let (v4, v6): (Vec<Plain>, Vec<Plain>) = to
            .iter()
            .filter_map(|at| self.member(*at))
            .partition(|own| own.address.is_ipv4());
        let kinds = self.by_kind(from);
        let of_kind = |(kind, from): (&Kind, &Vec<Plain>)| {
            let to = if kind.v4 { &v4 } else { &v6 };
            self.of_kind(engine, from, to, asked)
        };
        if kinds.len() < WORTH_THREADS {
            return kinds.iter().flat_map(of_kind).collect();
        }
        let kinds: Vec<(&Kind, &Vec<Plain>)> = kinds.iter().collect();
        kinds.into_par_iter().flat_map_iter(of_kind).collect()
    }

    /// The blocks of sources of one kind.
    fn of_kind(
        &self,
        engine: &Engine<'_>,
        from: &[Plain],
        to: &[Plain],
        asked: &Asked,
    ) -> Vec<Block> {
        let space = Space::new();
        let mut blocks = Vec::new();
        let mut small = 0;
        let mut left = vec![(from.to_vec(), to.to_vec())];
        while let Some((from, to)) = left.pop() {
            let Some((a, b)) = distinct(&from, &to) else {
                continue;
            };
            let found = between(engine, &space, (a, &from), (b, &to), asked);
            let services = found.flows.and_then(|flows| whole(&flows, asked));
            small += usize::from(found.from.len() * found.to.len() < SMALL);
            if small > MOST_SMALL {
                break;
            }
            let rest = |all: &[Plain], some: &[Plain]| {
                let some: HashSet<Id<Nic>> = some.iter().map(|own| own.nic).collect();
                let rest = all.iter().filter(|own| !some.contains(&own.nic));
                rest.copied().collect::<Vec<Plain>>()
            };
            left.push((found.from.clone(), rest(&to, &found.to)));
            left.push((rest(&from, &found.from), to));
            let positions = |own: Vec<Plain>| {
                let own = own.iter().filter_map(|own| self.position(own.nic));
                own.collect::<Vec<u32>>()
            };
            if let Some(services) = services {
                blocks.push(Block {
                    from: positions(found.from),
                    to: positions(found.to),
                    services,
                });
            }
        }
        blocks
    }

    fn by_kind(&self, positions: &[u32]) -> BTreeMap<Kind, Vec<Plain>> {
        let mut kinds: BTreeMap<Kind, Vec<Plain>> = BTreeMap::new();
        for own in positions.iter().filter_map(|at| self.member(*at)) {
            kinds.entry(own.kind).or_default().push(own);
        }
        kinds
    }
}

/// Two different ones.
fn distinct(from: &[Plain], to: &[Plain]) -> Option<(Plain, Plain)> {
    let a = *from.first()?;
    match to.iter().find(|own| own.nic != a.nic) {
        Some(b) => Some((a, *b)),
        None => {
            let b = *to.first()?;
            let a = from.iter().find(|own| own.nic != b.nic)?;
            Some((*a, b))
        }
    }
}

/// Which services some flows have as a whole; none where they have a part of one.
fn whole(flows: &FlowSet<'_>, asked: &Asked) -> Option<Vec<bool>> {
    let through = flows.services();
    let states = asked.services.iter().map(|(protocol, wanted)| {
        let own = through.iter().find(|(own, _)| own == protocol);
        match own {
            Some((_, ports)) if !protocol.has_ports() || ports.covers(wanted) => Some(true),
            Some((_, ports)) if ports.overlaps(wanted) => None,
            _ => Some(false),
        }
    });
    states.collect()
}

/// What a walk between two NICs says of all that may be in their places.
#[derive(Debug)]
struct Between<'s> {
    /// The flows that get there and back, if the filters at both ends let them; none where the walk does not
    /// say it.
    flows: Option<FlowSet<'s>>,
    from: Vec<Plain>,
    to: Vec<Plain>,
}

/// Walks from `a` to `b`, with the filters at both ends left open.
fn between<'s>(
    engine: &Engine<'_>,
    space: &'s Space,
    (a, from): (Plain, &[Plain]),
    (b, to): (Plain, &[Plain]),
    asked: &Asked,
) -> Between<'s> {
    let flows = FlowBox {
        sources: AddressSet::of_addresses([a.address]),
        source_ports: asked.source_ports.clone(),
        destinations: AddressSet::of_addresses([b.address]),
        services: asked.services.clone(),
    };
    let ends = Ends::new(engine, (a, from.to_vec()), (b, to.to_vec()));
    let pair = Pair {
        ends: &ends,
        flows: FlowSet::of(space, &flows),
        gates: 0,
    };
    let any = ends::representative(engine.network);
    let asking = Asking::of(engine.network, &Endpoint::Internet, any, asked.application);
    let walk = Walk::new(engine, Policy::StopAtFirst, Silent).asking(asking);
    let flows = working(walk.run(Origin::Nic(a.nic), pair, None), b, space);
    Between {
        flows: flows.filter(|_| !ends.failed.get()),
        from: ends.like_from.take(),
        to: ends.like_to(),
    }
}

/// The flows that get to `b` and back past all filters at the ends; none where something is not modelled,
/// is delivered elsewhere, or comes by without a filter.
fn working<'s>(
    found: Vec<End<Pair<'_, '_, 's>>>,
    b: Plain,
    space: &'s Space,
) -> Option<FlowSet<'s>> {
    let mut works = FlowSet::none(space);
    for end in found {
        match end.fate.disposition {
            _ if end.is_open() => return None,
            Disposition::Delivered if end.at != Some(Origin::Nic(b.nic)) => return None,
            Disposition::Delivered => {}
            _ => continue,
        }
        let back = end.fate.replies.iter();
        for back in back.filter(|back| back.kind != ReplyKind::Broken) {
            if back.traffic.gates != ALL_GATES {
                return None;
            }
            works = works.union(&back.traffic.flows);
        }
    }
    Some(works)
}

/// The plain NICs, by address.
fn plain(engine: &Engine<'_>) -> Vec<Plain> {
    let network = engine.network;
    let taken = taken(network);
    let private = private();
    let joined = network
        .peerings
        .iter()
        .any(|(_, own)| own.subnets.is_some());
    let balanced = balanced(network);
    let hops = next_hops(engine);
    let all = network.nics.iter().filter_map(|(id, nic)| {
        let machine = &network.machines[nic.machine];
        let [own] = nic.addresses.as_slice() else {
            return None;
        };
        let alone = taken.get(&own.address) == Some(&1);
        let plain = alone
            && machine.nics.len() == 1
            && machine.kind != MachineKind::Appliance
            && machine.forwarding.is_none()
            && machine.power == PowerState::Running
            && own.public_ip.is_none()
            && private.contains(own.address)
            && network.public_owners.get(own.address).is_none()
            && !balanced.contains(&id)
            && !hops.contains(&own.address);
        plain.then(|| Plain {
            nic: id,
            address: own.address,
            kind: Kind {
                class: engine.effective.class(nic.subnet),
                subnet: joined.then_some(nic.subnet),
                guarded: engine.effective.is_guarded(id),
                v4: own.address.is_ipv4(),
            },
        })
    });
    let mut all: Vec<Plain> = all.collect();
    all.sort_by_key(|own| own.address);
    all
}

/// How many NICs and platform resources have each private address.
fn taken(network: &Network) -> HashMap<IpAddr, u32> {
    let nics = network.nics.iter().flat_map(|(_, own)| &own.addresses);
    let fixtures = network.fixtures.iter().flat_map(|(_, own)| &own.addresses);
    let mut taken = HashMap::new();
    for address in nics.map(|own| own.address).chain(fixtures.copied()) {
        *taken.entry(address).or_insert(0) += 1;
    }
    taken
}

/// The addresses that some effective route leads to, whatever is sent there.
fn next_hops(engine: &Engine<'_>) -> HashSet<IpAddr> {
    let (mut seen, mut hops) = (HashSet::new(), HashSet::new());
    for (subnet, _) in engine.network.subnets.iter() {
        if seen.insert(engine.effective.class(subnet)) {
            let rows = &engine.effective.subnet_routes(subnet).rows;
            hops.extend(rows.iter().flat_map(|row| &row.next_hop_addresses));
        }
    }
    hops
}

/// The NICs that a load balancer knows.
fn balanced(network: &Network) -> HashSet<Id<Nic>> {
    let mut found = HashSet::new();
    for (_, balancer) in network.load_balancers.iter() {
        for frontend in &balancer.frontends {
            found.extend(frontend.rules.iter().flat_map(|own| &own.members));
            found.extend(frontend.nat_rules.iter().map(|own| own.target));
        }
        found.extend(balancer.outbound_rules.iter().flat_map(|own| &own.members));
    }
    found
}

/// A protocol with a port of it, where it has ports; from which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom {
    pub protocol: Protocol,
    pub port: u16,
    pub source_port: u16,
}

/// The points at which services have to be asked about, so that nothing is told apart between them: the
/// first port of each interval that the rules at the ends of any plain NIC tell apart.
pub(super) fn atoms(
    gates: &Gates<'_, '_>,
    (protocol, ports): &(Protocol, PortSet),
    source_port: u16,
) -> Vec<Atom> {
    let atom = |port| Atom {
        protocol: *protocol,
        port,
        source_port,
    };
    if !protocol.has_ports() {
        return vec![atom(0)];
    }
    let mut found = Vec::new();
    for (first, last) in ports.ranges() {
        found.push(atom(*first));
        if first < last {
            let cuts = gates.cuts();
            let from = cuts.partition_point(|cut| cut <= first);
            let within = cuts.get(from..).unwrap_or_default().iter();
            found.extend(within.take_while(|cut| *cut <= last).map(|cut| atom(*cut)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::reach::services;
    use crate::load::load;
    use crate::net::PortRange;
    use crate::spec::read::Input;

    /// How many pairs of a topology are in blocks, of how many plain NICs, in how many blocks.
    fn counted(text: &str) -> (usize, usize, usize) {
        let name = "test.yaml".to_owned();
        let text = text.to_owned();
        let loaded = load(&[Input::Text { name, text }], &[]);
        assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
        let engine = Engine::new(&loaded.network);
        let classes = engine.classes();
        let all: Vec<u32> = (0..).take(classes.members.len()).collect();
        let asked = Asked::every(services(
            None,
            &[PortRange {
                first: 22,
                last: 22,
            }],
        ));
        let blocks = classes.blocks(&engine, &all, &all, &asked);
        let pairs = blocks.iter().map(|own| own.from.len() * own.to.len());
        (pairs.sum(), all.len(), blocks.len())
    }

    const TWO_SUBNETS: &str = "
virtualNetworks:
  v:
    addressSpace: 10.0.0.0/16
    subnets:
      a: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: g }
      b: { addressPrefix: 10.0.2.0/24, networkSecurityGroup: g, ROUTES }
networkSecurityGroups:
  g: { securityRules: { one: { priority: 100, direction: Inbound, access: Deny, sourceAddressPrefix: 10.0.1.4 } } }
routeTables:
  t: { routes: { r: { addressPrefix: 10.0.1.5/32, nextHopType: None } } }
virtualMachines:
  a1: { networkInterface: { subnet: v/a } }
  a2: { networkInterface: { subnet: v/a } }
  a3: { networkInterface: { subnet: v/a } }
  b1: { networkInterface: { subnet: v/b } }
  b2: { networkInterface: { subnet: v/b } }
";

    #[test]
    fn filters_at_the_ends_tell_nobody_apart() {
        let text = TWO_SUBNETS.replace("ROUTES", "");
        assert_eq!(counted(&text), (25, 5, 1));
    }

    #[test]
    fn a_route_to_one_machine_tells_it_apart() {
        // From the subnet without the route to all, to the other's machines and back; from the other to the
        // two that the route does not name, to the one that it names.
        let text = TWO_SUBNETS.replace("ROUTES", "routeTable: t");
        let (pairs, plain, blocks) = counted(&text);
        assert_eq!((pairs, plain), (25, 5));
        assert!(blocks > 3, "{blocks}");
    }
}
