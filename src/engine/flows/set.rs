//! A set of flows as traffic of a walk: the flows as they started, and what has been made of them since.
//!
//! A translation replaces a part of every flow by the same value, which is noted beside the set and changes
//! nothing in it. So no flow is ever mistaken for another that was translated alike, the reply to each
//! is compared with its own request, and what a walk ends with is the flows as they started.

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;

use smallvec::SmallVec;

use super::decide::Decide;
use super::point::AtPoint;
use super::scale;
use super::space::{NONE, Row, Space};
use crate::engine::traffic::{Parts, Rewrite, Traffic};
use crate::net::{AddressMap, AddressSet, EPHEMERAL, Flow, PortSet, Protocol, Ranges, RuleList};

/// What has been made of all flows of a set, seen in the direction of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Made {
    pub source: Option<IpAddr>,
    pub source_port: Option<u16>,
    pub destination: Option<IpAddr>,
    pub destination_port: Option<u16>,
}

/// A set of flows.
#[derive(Clone, Copy)]
pub struct FlowSet<'s> {
    pub(super) space: &'s Space,
    /// The flows as they started.
    pub(super) row: Row,
    pub(super) made: Made,
    /// Whether it travels as the replies to them.
    pub(super) reply: bool,
}

impl PartialEq for FlowSet<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.space, other.space)
            && (self.row, self.made, self.reply) == (other.row, other.made, other.reply)
    }
}

impl fmt::Debug for FlowSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowSet")
            .field("row", &self.row)
            .field("made", &self.made)
            .field("reply", &self.reply)
            .finish()
    }
}

/// What flows to put into a set; a port counts for protocols that have ports.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowBox {
    /// From which addresses.
    pub sources: AddressSet,
    /// From which ports.
    pub source_ports: PortSet,
    /// To which addresses.
    pub destinations: AddressSet,
    /// Of which protocols, each with its ports.
    pub services: Vec<(Protocol, PortSet)>,
}

impl<'s> FlowSet<'s> {
    /// No flow.
    #[must_use]
    pub fn none(space: &'s Space) -> Self {
        Self::of_row(space, NONE)
    }

    /// Whether it travels as the request, and nothing has been made of it.
    pub(in crate::engine) fn is_request_as_started(&self) -> bool {
        !self.reply && self.made == Made::default()
    }

    pub(super) fn of_row(space: &'s Space, row: Row) -> Self {
        Self {
            space,
            row,
            made: Made::default(),
            reply: false,
        }
    }

    /// The flows of a box.
    #[must_use]
    pub fn of(space: &'s Space, flows: &FlowBox) -> Self {
        let addresses = |set: &AddressSet| {
            let mut ranges = Vec::new();
            scale::addresses_within(set, 0, u128::MAX, |a, b| ranges.push((a, b)));
            ranges
        };
        let (sources, destinations) = (addresses(&flows.sources), addresses(&flows.destinations));
        let ports: Vec<(u128, u128)> = flows
            .source_ports
            .ranges()
            .iter()
            .map(|(a, b)| (u128::from(*a), u128::from(*b)))
            .collect();
        let all_ports = [(0, scale::last(scale::SOURCE_PORT))];
        let services = |with_ports: bool| {
            let own = flows
                .services
                .iter()
                .filter(|(own, _)| own.has_ports() == with_ports);
            let mut row = Vec::new();
            for (protocol, ports) in own {
                scale::services_of(*protocol, ports, |a, b| row.push((a, b)));
            }
            // Services may be named twice.
            Ranges::of(row).ranges().to_vec()
        };
        let with = space.within([&destinations, &services(true), &ports, &sources]);
        let without = space.within([&destinations, &services(false), &all_ports, &sources]);
        Self::of_row(space, space.union(with, without))
    }

    /// The flows as they started.
    #[must_use]
    pub fn started(&self) -> Self {
        Self::of_row(self.space, self.row)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row == NONE
    }

    /// As they started: the flows of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of_row(self.space, self.space.union(self.row, other.row))
    }

    /// As they started: the flows of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::of_row(self.space, self.space.intersection(self.row, other.row))
    }

    /// As they started: the flows of this alone.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self::of_row(self.space, self.space.difference(self.row, other.row))
    }

    /// The one that started as `flow`, as it stands, where it is one of them.
    #[must_use]
    pub fn only(&self, flow: &Flow) -> Self {
        let one = FlowBox {
            sources: AddressSet::of_addresses([flow.source]),
            source_ports: Ranges::one(flow.source_port, flow.source_port),
            destinations: AddressSet::of_addresses([flow.destination]),
            services: vec![(
                flow.protocol,
                Ranges::one(flow.destination_port, flow.destination_port),
            )],
        };
        self.part(
            self.space
                .intersection(self.row, Self::of(self.space, &one).row),
        )
    }

    /// The flows as they started, as boxes that do not overlap; always the same for the same flows.
    #[must_use]
    pub fn boxes(&self) -> Vec<FlowBox> {
        let mut found = Vec::new();
        for (row, destinations) in self.space.kinds(self.row, scale::DESTINATION) {
            for (row, services) in self.space.kinds(row, scale::SERVICE) {
                for (row, source_ports) in self.space.kinds(row, scale::SOURCE_PORT) {
                    for (_, sources) in self.space.kinds(row, scale::SOURCE) {
                        found.push(FlowBox {
                            sources: scale::address_set(&sources),
                            source_ports: scale::port_set(&source_ports),
                            destinations: scale::address_set(&destinations),
                            services: scale::services(&services),
                        });
                    }
                }
            }
        }
        found
    }

    /// As they started, by destination: destinations of the same kind of flows together.
    #[must_use]
    pub fn by_destination(&self) -> Vec<(AddressSet, Self)> {
        let kinds = self.space.kinds(self.row, scale::DESTINATION).into_iter();
        let parts = kinds.map(|(row, to)| (scale::address_set(&to), Self::of_row(self.space, row)));
        parts.collect()
    }

    /// As they started: their protocols, each with its ports.
    #[must_use]
    pub fn services(&self) -> Vec<(Protocol, PortSet)> {
        // Where destinations are not told apart the first says what all have.
        let kinds = self.space.kinds(self.row, scale::DESTINATION).into_iter();
        let of_kinds = kinds.flat_map(|(row, _)| self.space.kinds(row, scale::SERVICE));
        let ranges: Vec<(u128, u128)> = of_kinds.flat_map(|(_, ranges)| ranges).collect();
        scale::services(Ranges::of(ranges).ranges())
    }

    /// As they started, which was at one address: from another.
    pub(in crate::engine) fn moved_to(&self, source: IpAddr) -> Self {
        let row = self.space.moved(self.row, scale::of_address(source));
        Self::of_row(self.space, row)
    }

    /// As they started: those from one source.
    pub(in crate::engine) fn from_source(&self, source: IpAddr) -> Self {
        let row = self.space.from_source(self.row, scale::of_address(source));
        Self::of_row(self.space, row)
    }

    /// As they started: into which sources they fall, so that the flows from two of a part are alike.
    pub(in crate::engine) fn source_parts(&self) -> SourceParts {
        SourceParts(self.space.source_cuts(self.row))
    }

    /// As they started: those that were sent to one of some addresses.
    #[must_use]
    pub fn sent_to(&self, addresses: &AddressSet) -> Self {
        let mut to = Vec::new();
        scale::addresses_within(addresses, 0, u128::MAX, |a, b| to.push((a, b)));
        let all = |own: u8| [(0, scale::last(own))];
        let (services, ports, sources) = (
            all(scale::SERVICE),
            all(scale::SOURCE_PORT),
            all(scale::SOURCE),
        );
        let row = self.space.within([&to, &services, &ports, &sources]);
        Self::of_row(self.space, self.space.intersection(self.row, row))
    }

    /// What all of its flows have alike, whether it was made of them or they started so.
    pub(super) fn alike_in(&self) -> Made {
        self.seen_as(&self.made)
    }

    /// The same, had `made` been made of them.
    fn seen_as(&self, made: &Made) -> Made {
        let [destination, _, source_port, source] = self.space.points(self.row);
        let address = |point: Option<u128>| point.map(scale::address_at);
        let port = source_port.and_then(|point| u16::try_from(point).ok());
        Made {
            source: made.source.or(address(source)),
            source_port: made.source_port.or(port),
            destination: made.destination.or(address(destination)),
            destination_port: made.destination_port,
        }
    }

    fn part(&self, row: Row) -> Self {
        Self { row, ..*self }
    }

    /// Splits into those flows whose parts are such as two translations make alike, and the rest.
    fn alike(&self, other: &Made, source_only: bool) -> Parts<bool, Self> {
        let cut = AtPoint::of(&self.alike_in(), &self.seen_as(other), source_only);
        if let Some(key) = cut.whole() {
            return self.whole(key);
        }
        let parts = self.space.cut(&cut, self.row, cut.start());
        parts
            .iter()
            .map(|(key, row)| (*key, self.part(*row)))
            .collect()
    }
}

/// Parts of the sources of a set, each by where the next one begins.
#[derive(Debug)]
pub(in crate::engine) struct SourceParts(Vec<u128>);

impl SourceParts {
    /// The part of an address.
    pub fn of(&self, source: IpAddr) -> usize {
        let point = scale::of_address(source);
        self.0.partition_point(|cut| *cut <= point)
    }
}

impl Traffic for FlowSet<'_> {
    type Parts<K> = SmallVec<[(K, Self); 1]>;

    fn classify_as<K: Copy + Eq + Hash>(
        &self,
        rules: &RuleList,
        meaning: impl Fn(Option<usize>) -> K,
    ) -> Parts<Option<usize>, Self> {
        let decide = Decide::new(self, rules, meaning);
        if let Some(key) = decide.whole() {
            return self.whole(decide.rule(key));
        }
        let parts = self.space.cut(&decide, self.row, decide.start());
        parts
            .iter()
            .map(|(key, row)| (decide.rule(*key), self.part(*row)))
            .collect()
    }

    fn look_up<V: Copy + Eq + Hash>(&self, map: &AddressMap<V>) -> Parts<Option<V>, Self> {
        let alike = self.alike_in();
        let (fixed, scale) = if self.reply {
            (alike.source, scale::SOURCE)
        } else {
            (alike.destination, scale::DESTINATION)
        };
        if let Some(address) = fixed {
            return self.whole(map.get(address));
        }
        let cut = super::point::LookUp { map, scale };
        let parts = self.space.cut(&cut, self.row, None);
        parts
            .iter()
            .map(|(key, row)| (*key, self.part(*row)))
            .collect()
    }

    fn translate(&self, rewrite: Rewrite) -> Self {
        let mut made = self.made;
        let (source, destination, port) = if self.reply {
            (
                &mut made.destination,
                &mut made.source,
                &mut made.source_port,
            )
        } else {
            (
                &mut made.source,
                &mut made.destination,
                &mut made.destination_port,
            )
        };
        *source = rewrite.source.or(*source);
        *destination = rewrite.destination.or(*destination);
        *port = rewrite.destination_port.or(*port);
        Self { made, ..*self }
    }

    fn reversed(&self) -> Self {
        Self {
            reply: !self.reply,
            ..*self
        }
    }

    fn undo(&self, before: &Self, _after: &Self) -> Self {
        Self {
            made: before.made,
            reply: !before.reply,
            ..*self
        }
    }

    fn replying(&self, request: &Self) -> Parts<bool, Self> {
        if self.reply == request.reply {
            return self.whole(false);
        }
        self.alike(&request.made, false)
    }

    fn unchanged(&self, before: &Self) -> Parts<bool, Self> {
        if self.reply != before.reply {
            return self.whole(false);
        }
        self.alike(&before.made, false)
    }

    fn same_source(&self, before: &Self) -> Parts<bool, Self> {
        self.alike(&before.made, true)
    }

    /// The first, from the usual port of a client where that is one of them.
    fn witness(&self) -> Flow {
        let usual = Some(u128::from(EPHEMERAL.first));
        let point = self.space.point(self.row, [None, None, usual, None]);
        let [destination, service, source_port, source] = point;
        let (protocol, port) = scale::service_at(service);
        let ports = |made: Option<u16>, own: u16| match protocol.has_ports() {
            true => made.unwrap_or(own),
            false => 0,
        };
        let own_port = u16::try_from(source_port).unwrap_or_default();
        let flow = Flow {
            protocol,
            source: self
                .made
                .source
                .unwrap_or_else(|| scale::address_at(source)),
            source_port: ports(self.made.source_port, own_port),
            destination: self
                .made
                .destination
                .unwrap_or_else(|| scale::address_at(destination)),
            destination_port: ports(self.made.destination_port, port),
        };
        if self.reply { flow.reversed() } else { flow }
    }
}
