//! Sets of flows as unions of boxes, enough to prove that rules before a rule leave nothing to it.

use crate::net::{AddressSet, PortSet, Protocol, ProtocolMatch, Rule};

/// With more boxes than this nothing is proven any more.
const MOST: usize = 2_000;

const PORTED: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];
const PORTLESS: [Protocol; 3] = [Protocol::Icmp, Protocol::Esp, Protocol::Ah];

/// A set of flows.
#[derive(Debug, Clone, Default)]
pub(super) struct Region(Vec<Part>);

/// Everything of some protocols between some addresses and ports.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    /// A bit each.
    protocols: u8,
    source: AddressSet,
    source_ports: PortSet,
    destination: AddressSet,
    destination_ports: PortSet,
}

impl Region {
    /// What `rule` matches, if its sides hold `source` and `destination`.
    pub(super) fn of(rule: &Rule, source: &AddressSet, destination: &AddressSet) -> Self {
        let ports = (&rule.source_ports, &rule.destination_ports);
        Self::new(&[rule.protocol], source, destination, ports)
    }

    /// Everything of some protocols between some addresses and ports, the source's first. The ports of protocols
    /// without ports do not count (decisions).
    pub(super) fn new(
        protocols: &[ProtocolMatch],
        source: &AddressSet,
        destination: &AddressSet,
        (source_ports, destination_ports): (&PortSet, &PortSet),
    ) -> Self {
        let bits = |all: &[Protocol]| {
            let own = all
                .iter()
                .filter(|one| protocols.iter().any(|own| own.matches(**one)));
            own.fold(0, |bits, one| bits | 1 << (*one as u8))
        };
        let ported = bits(&PORTED);
        let portless = bits(&PORTLESS);
        let part = |protocols, source_ports: PortSet, destination_ports: PortSet| Part {
            protocols,
            source: source.clone(),
            source_ports,
            destination: destination.clone(),
            destination_ports,
        };
        let mut parts = Vec::with_capacity(2);
        if ported != 0 {
            parts.push(part(
                ported,
                source_ports.clone(),
                destination_ports.clone(),
            ));
        }
        if portless != 0 {
            parts.push(part(portless, PortSet::all(), PortSet::all()));
        }
        parts.retain(|part| !part.is_empty());
        Self(parts)
    }

    /// What belongs to either; parts of it may overlap.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What belongs to both.
    pub(super) fn within(&self, other: &Self) -> Self {
        let pairs = self
            .0
            .iter()
            .flat_map(|own| other.0.iter().map(move |bound| own.within(bound)));
        Self(pairs.filter(|part| !part.is_empty()).collect())
    }

    /// Whether no flow belongs to it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether some flow belongs to both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let mut own = self.0.iter();
        own.any(|part| other.0.iter().any(|taken| part.overlaps(taken)))
    }

    /// What does not belong to `other`; none where that takes too many boxes.
    pub(super) fn without(&self, other: &Self) -> Option<Self> {
        let mut parts = self.0.clone();
        for taken in &other.0 {
            let mut rest = Vec::with_capacity(parts.len());
            for part in parts {
                part.without(taken, &mut rest);
            }
            if rest.len() > MOST {
                return None;
            }
            parts = rest;
        }
        Some(Self(parts))
    }
}

impl Part {
    fn is_empty(&self) -> bool {
        self.protocols == 0
            || self.source.is_empty()
            || self.source_ports.is_empty()
            || self.destination.is_empty()
            || self.destination_ports.is_empty()
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.protocols & other.protocols != 0
            && self.destination_ports.overlaps(&other.destination_ports)
            && self.source_ports.overlaps(&other.source_ports)
            && self.source.overlaps(&other.source)
            && self.destination.overlaps(&other.destination)
    }

    fn within(&self, other: &Self) -> Self {
        Self {
            protocols: self.protocols & other.protocols,
            source: self.source.intersection(&other.source),
            source_ports: self.source_ports.intersection(&other.source_ports),
            destination: self.destination.intersection(&other.destination),
            destination_ports: self
                .destination_ports
                .intersection(&other.destination_ports),
        }
    }

    /// Cuts along one dimension after the other; what lies within `taken` in all of them is left out.
    fn without(self, taken: &Self, rest: &mut Vec<Self>) {
        if !self.overlaps(taken) {
            rest.push(self);
            return;
        }
        let mut within = self;
        let mut keep = |part: Self| {
            if !part.is_empty() {
                rest.push(part);
            }
        };
        keep(Self {
            protocols: within.protocols & !taken.protocols,
            ..within.clone()
        });
        within.protocols &= taken.protocols;
        keep(Self {
            source: within.source.difference(&taken.source),
            ..within.clone()
        });
        within.source = within.source.intersection(&taken.source);
        keep(Self {
            source_ports: within.source_ports.difference(&taken.source_ports),
            ..within.clone()
        });
        within.source_ports = within.source_ports.intersection(&taken.source_ports);
        keep(Self {
            destination: within.destination.difference(&taken.destination),
            ..within.clone()
        });
        within.destination = within.destination.intersection(&taken.destination);
        keep(Self {
            destination_ports: within
                .destination_ports
                .difference(&taken.destination_ports),
            ..within.clone()
        });
    }
}
