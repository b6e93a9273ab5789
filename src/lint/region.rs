//! Sets of flows as unions of boxes, enough to prove that rules before a rule leave nothing to it.

use crate::net::{AddressSet, PortSet, Protocol, Rule};

/// With more boxes than this nothing is proven any more.
const MOST: usize = 2_000;

const PORTED: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];
const PORTLESS: [Protocol; 3] = [Protocol::Icmp, Protocol::Esp, Protocol::Ah];

/// A set of flows.
#[derive(Debug, Clone)]
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
    /// What `rule` matches, if its sides hold `source` and `destination`. The ports of protocols without
    /// ports do not count (decisions).
    pub(super) fn of(rule: &Rule, source: &AddressSet, destination: &AddressSet) -> Self {
        let bits = |all: &[Protocol]| {
            let own = all.iter().filter(|one| rule.protocol.matches(**one));
            own.fold(0, |bits, one| bits | 1 << (*one as u8))
        };
        let ported = Part {
            protocols: bits(&PORTED),
            source: source.clone(),
            source_ports: rule.source_ports.clone(),
            destination: destination.clone(),
            destination_ports: rule.destination_ports.clone(),
        };
        let portless = Part {
            protocols: bits(&PORTLESS),
            source_ports: PortSet::all(),
            destination_ports: PortSet::all(),
            ..ported.clone()
        };
        let parts = [ported, portless];
        Self(parts.into_iter().filter(|part| !part.is_empty()).collect())
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
