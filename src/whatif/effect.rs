//! What else changes would do: the flows that get through with them and did not before, no longer do, or
//! take another way. Every flow that can differ is walked on both networks, without keeping anything; where
//! there are too many for that, it is said that nothing was compared.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::Change;
use super::touched::{PROTOCOLS, Touched, port_classes, source_port_classes, touched};
use super::world::{Start, Target, World};
use crate::engine::{Asking, End, Engine, Origin, Policy, Walk};
use crate::net::{
    AddressSet, EPHEMERAL, Flow, METADATA, PortRange, Protocol, WIRE_SERVER, same_family, tags,
};
use crate::network::{Network, Place};
use crate::spec::PowerState;
use crate::trace::{Disposition, ReplyKind, Silent, Tracing};

/// So many flows are compared at most.
const MOST_FLOWS: usize = 60_000;

/// A kind of flow between two ends that fares otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Felt {
    /// What the source is called.
    pub source: Arc<str>,
    /// Its address.
    pub source_address: IpAddr,
    /// What the destination is called.
    pub destination: Arc<str>,
    /// Its address.
    pub destination_address: IpAddr,
    /// By which protocol, on which ports.
    pub service: Service,
}

/// A protocol with its ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// The protocol.
    pub protocol: Protocol,
    /// The destination's ports, for protocols that have ports.
    pub ports: Option<PortRange>,
    /// The source's ports, where it is not any ephemeral one.
    pub source_ports: Option<PortRange>,
}

/// What else some changes do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// What gets through with them only.
    pub opened: Vec<Felt>,
    /// What no longer gets through.
    pub closed: Vec<Felt>,
    /// What gets through by another way.
    pub rerouted: Vec<Felt>,
    /// Whether every flow that could differ was compared; else the lists are empty and say nothing.
    pub complete: bool,
}

/// What was asked about, which is nothing else.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The flows, as they leave the source; their source ports do not count.
    pub flows: Vec<Flow>,
    /// Whether it was about the Internet at the source's end: any address that is not listed.
    pub from_internet: bool,
    /// Whether it was so at the destination's end.
    pub to_internet: bool,
}

impl Asked {
    fn is(&self, network: &Network, start: &Start, flow: &Flow) -> bool {
        let unlisted = |address: IpAddr| {
            tags::internet().contains(address) && network.public_owners.get(address).is_none()
        };
        let from = self.from_internet && start.origin == Origin::Outside(Place::Internet);
        let to = self.to_internet && unlisted(flow.destination);
        self.flows.iter().any(|own| {
            own.protocol == flow.protocol
                && own.destination_port == flow.destination_port
                && (own.source == flow.source || from)
                && (own.destination == flow.destination || to)
        })
    }
}

/// What `changes` do, which lead from one engine's network to the other's; `asked` left out.
pub(super) fn effect(
    before: &Engine<'_>,
    after: &Engine<'_>,
    changes: &[Change],
    asked: &Asked,
) -> Effect {
    let network = before.network();
    let parts: Vec<Touched> = changes
        .iter()
        .flat_map(|change| touched(network, change))
        .collect();
    // All of the Internet is told apart anyway.
    let outside = tags::internet();
    let rest = |set: &AddressSet| {
        if set.covers(&outside) {
            set.difference(&outside)
        } else {
            set.clone()
        }
    };
    let told = parts
        .iter()
        .flat_map(|part| [&part.sources, &part.destinations])
        .filter(|set| **set != AddressSet::all())
        .fold(AddressSet::default(), |all, set| all.union(&rest(set)));
    let world = World::of(before, &told);
    let ports: Vec<u16> = (asked.flows.iter().map(|flow| flow.destination_port))
        .chain(parts.iter().filter_map(|part| part.port))
        .collect();
    let from: Vec<u16> = parts.iter().filter_map(|part| part.source_port).collect();
    let platform = told.contains(WIRE_SERVER) || told.contains(METADATA);
    let classes = Classes {
        ports: port_classes(network, &ports, platform),
        source_ports: source_port_classes(network, &from),
    };
    let pairs: Vec<(&Touched, Vec<&Start>, Vec<&Target>)> = parts
        .iter()
        .map(|part| {
            let starts = world.starts.iter();
            let starts = starts.filter(|start| part.sources.contains(start.address));
            let targets = world.targets.iter();
            let targets = targets.filter(|target| part.destinations.contains(target.address));
            (part, starts.collect(), targets.collect())
        })
        .collect();
    let count: usize = pairs
        .iter()
        .map(|(part, starts, targets)| {
            let asking: usize = targets.iter().map(|target| target.asking.len()).sum();
            starts.len() * asking * classes.services(part).count()
        })
        .sum();
    if count > MOST_FLOWS {
        return Effect::default();
    }
    let reroutes = changes.iter().any(|change| {
        matches!(
            change,
            Change::Route { .. }
                | Change::RemoveRoute { .. }
                | Change::PeeringFlag { .. }
                | Change::IpForwarding(_)
                | Change::GuestForwarding(_)
        )
    });
    let mut found = Differences::default();
    for (part, starts, targets) in &pairs {
        for service in classes.services(part) {
            for (start, target) in starts
                .iter()
                .flat_map(|start| targets.iter().map(move |target| (*start, *target)))
                .filter(|(start, target)| same_family(start.address, target.address))
            {
                let flow = service.flow(start.address, target.address);
                if start.address == target.address || asked.is(network, start, &flow) {
                    continue;
                }
                for asking in &target.asking {
                    if let Some(kind) = differs((before, after), start, flow, asking, reroutes) {
                        let from = start.name(network, &told);
                        let to = target.name(network, &told);
                        let ends = (start.address, from, target.address, to);
                        found.add(kind, ends, service);
                    }
                }
            }
        }
    }
    found.told()
}

/// How a flow fares otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Opened,
    Closed,
    Rerouted,
}

fn differs(
    (before, after): (&Engine<'_>, &Engine<'_>),
    start: &Start,
    flow: Flow,
    asking: &Asking,
    reroutes: bool,
) -> Option<Kind> {
    let was = works(before, start, flow, asking);
    let is = works(after, start, flow, asking);
    // Shares are sums of fractions.
    if is > was + 1e-9 {
        Some(Kind::Opened)
    } else if is < was - 1e-9 {
        Some(Kind::Closed)
    } else {
        let moved = || trail(before, start, flow, asking) != trail(after, start, flow, asking);
        (reroutes && is > 0.0 && moved()).then_some(Kind::Rerouted)
    }
}

/// The part of a flow's paths that works, from 0 to 1.
fn works(engine: &Engine<'_>, start: &Start, flow: Flow, asking: &Asking) -> f64 {
    if !sends(engine.network(), start.origin) {
        return 0.0;
    }
    let walk = Walk::new(engine, Policy::StopAtFirst, Silent).asking(asking.clone());
    let ends = walk.run(start.origin, flow, None);
    ends.iter().map(|end| end.share * arrives(end)).sum()
}

fn arrives(end: &End<Flow>) -> f64 {
    if end.fate.disposition != Disposition::Delivered {
        return 0.0;
    }
    let replies = &end.fate.replies;
    let back = replies.iter().filter(|back| back.kind != ReplyKind::Broken);
    back.count() as f64 / replies.len().max(1) as f64
}

/// The places that a flow and its replies come by.
fn trail(
    engine: &Engine<'_>,
    start: &Start,
    flow: Flow,
    asking: &Asking,
) -> Vec<Vec<Option<Place>>> {
    let walk = Walk::new(engine, Policy::StopAtFirst, Tracing::default()).asking(asking.clone());
    let ends = walk.run(start.origin, flow, None);
    let ways = ends.iter().flat_map(|end| {
        let replies = end.fate.replies.iter().map(|back| &back.hops);
        std::iter::once(&end.hops).chain(replies)
    });
    ways.map(|hops| hops.iter().map(|hop| hop.place).collect())
        .collect()
}

fn sends(network: &Network, origin: Origin) -> bool {
    match origin {
        Origin::Nic(nic) => {
            network.machines[network.nics[nic].machine].power == PowerState::Running
        }
        _ => true,
    }
}

/// The ports that are told apart.
struct Classes {
    ports: Vec<PortRange>,
    source_ports: Vec<PortRange>,
}

impl Classes {
    /// The services of a part, each with the classes that it is made of.
    fn services<'c>(&'c self, part: &'c Touched) -> impl Iterator<Item = Service> + 'c {
        let protocols = PROTOCOLS.iter().filter(|own| part.protocol.matches(**own));
        protocols.flat_map(move |protocol| self.of_protocol(part, *protocol))
    }

    fn of_protocol(&self, part: &Touched, protocol: Protocol) -> Vec<Service> {
        let bare = Service {
            protocol,
            ports: None,
            source_ports: None,
        };
        if !protocol.has_ports() {
            return vec![bare];
        }
        let ports = self
            .ports
            .iter()
            .filter(|range| part.port.is_none_or(|port| range.contains(port)));
        let mut found = Vec::new();
        for range in ports {
            for from in &self.source_ports {
                if part.source_port.is_none_or(|port| from.contains(port)) {
                    found.push(Service {
                        ports: Some(*range),
                        source_ports: (!from.contains(EPHEMERAL.first)).then_some(*from),
                        ..bare
                    });
                }
            }
        }
        found
    }
}

impl Service {
    /// One flow of it.
    fn flow(&self, source: IpAddr, destination: IpAddr) -> Flow {
        let from = self
            .source_ports
            .map_or(EPHEMERAL.first, |range| range.first);
        Flow {
            protocol: self.protocol,
            source,
            source_port: if self.protocol.has_ports() { from } else { 0 },
            destination,
            destination_port: self.ports.map_or(0, |range| range.first),
        }
    }
}

/// Two ends, by address and name.
type Ends = (IpAddr, Arc<str>, IpAddr, Arc<str>);

#[derive(Default)]
struct Differences(BTreeMap<(Kind, Ends), Vec<Service>>);

impl Differences {
    fn add(&mut self, kind: Kind, ends: Ends, service: Service) {
        let known = self.0.entry((kind, ends)).or_default();
        if !known.contains(&service) {
            known.push(service);
        }
    }

    /// The lists, with ports that stand side by side put together.
    fn told(self) -> Effect {
        let mut effect = Effect {
            complete: true,
            ..Effect::default()
        };
        for ((kind, (source_address, source, destination_address, destination)), services) in self.0
        {
            let list = match kind {
                Kind::Opened => &mut effect.opened,
                Kind::Closed => &mut effect.closed,
                Kind::Rerouted => &mut effect.rerouted,
            };
            list.extend(joined(services).into_iter().map(|service| Felt {
                source: Arc::clone(&source),
                source_address,
                destination: Arc::clone(&destination),
                destination_address,
                service,
            }));
        }
        effect
    }
}

fn joined(services: Vec<Service>) -> Vec<Service> {
    let any = |own: &Service| Service {
        source_ports: None,
        ..*own
    };
    // From a special port is no news where it is so from any.
    let news = |own: &&Service| own.source_ports.is_none() || !services.contains(&any(own));
    let mut services: Vec<Service> = services.iter().filter(news).copied().collect();
    services.sort_by_key(|own| (own.protocol, own.source_ports, own.ports));
    let mut found: Vec<Service> = Vec::with_capacity(services.len());
    for service in services {
        let before = found.last_mut().filter(|last| {
            last.protocol == service.protocol && last.source_ports == service.source_ports
        });
        match (before.and_then(|last| last.ports.as_mut()), service.ports) {
            (Some(last), Some(next)) if last.last.checked_add(1) == Some(next.first) => {
                last.last = next.last;
            }
            _ => found.push(service),
        }
    }
    found
}
