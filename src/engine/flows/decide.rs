//! Sets cut by the first rule of a list that matches, or by what that means.
//!
//! What is known of a part is which rules can still match it. Where all that can still decide means the
//! same, nothing more is cut.

use std::hash::Hash;

use smallvec::SmallVec;

use super::scale::{self, DESTINATION, SCALES, SERVICE, SOURCE, SOURCE_PORT};
use super::set::FlowSet;
use super::space::Cut;
use crate::net::{AddressSet, PortSet, Protocol, ProtocolMatch, RuleList};

/// The entries that can still match, in order.
type Open = SmallVec<[u32; 12]>;

/// An entry, and which of some ranges are its own, from and to; none where it takes everything.
type Held = (u32, Option<(usize, usize)>);

/// A rule as it cuts the scales of a set; none where it takes everything there.
#[derive(Debug, Clone, Copy)]
struct Entry<'r> {
    rule: usize,
    destination: Option<&'r AddressSet>,
    source: Option<&'r AddressSet>,
    protocol: ProtocolMatch,
    /// What it says of the port of the service.
    port: Option<&'r PortSet>,
    source_port: Option<&'r PortSet>,
    services: Services,
    /// From which scale on it takes everything.
    free: u8,
}

/// Which services an entry is about: ports count for those that have any only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Services {
    Every,
    WithPorts,
    Portless,
}

const WITH_PORTS: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];
const PORTLESS: [Protocol; 3] = [Protocol::Icmp, Protocol::Esp, Protocol::Ah];

/// Cuts by the meaning of the rule that decides.
#[derive(Debug)]
pub(super) struct Decide<'r, K> {
    entries: Vec<Entry<'r>>,
    /// What each entry means, then what it means that none matches.
    meanings: Vec<K>,
    otherwise: K,
}

impl<'r, K: Copy + Eq + Hash> Decide<'r, K> {
    /// The rules as they cut `set`, which may stand otherwise than it started.
    pub fn new(
        set: &FlowSet<'_>,
        rules: &'r RuleList,
        meaning: impl Fn(Option<usize>) -> K,
    ) -> Self {
        let mut entries = Vec::with_capacity(rules.rules().len());
        let made = &set.alike_in();
        for (number, rule) in rules.rules().iter().enumerate() {
            // Seen in the direction of the request: a reply's source is the request's destination.
            let (source, destination, source_port, port) = if set.reply {
                let ports = (&rule.destination_ports, &rule.source_ports);
                (&rule.destination, &rule.source, ports.0, ports.1)
            } else {
                let ports = (&rule.source_ports, &rule.destination_ports);
                (&rule.source, &rule.destination, ports.0, ports.1)
            };
            let address = |fixed: Option<std::net::IpAddr>, set: &'r AddressSet| match fixed {
                Some(address) => set.contains(address).then_some(None),
                None if set.is_all() => Some(None),
                None => Some(Some(set)),
            };
            let (Some(source), Some(destination)) = (
                address(made.source, source),
                address(made.destination, destination),
            ) else {
                continue;
            };
            let port_of = |fixed: Option<u16>, set: &'r PortSet| match fixed {
                Some(port) => set.contains(port).then_some(None),
                None if set.is_all() => Some(None),
                None => Some(Some(set)),
            };
            let ports = (
                port_of(made.source_port, source_port),
                port_of(made.destination_port, port),
            );
            let entry = Entry {
                rule: number,
                destination,
                source,
                protocol: rule.protocol,
                port: None,
                source_port: None,
                services: Services::Every,
                free: 0,
            };
            if let (Some(None), Some(None)) = ports {
                entries.push(entry.freed());
                continue;
            }
            let protocol = |own: &Protocol| rule.protocol.matches(*own);
            if let (Some(source_port), Some(port)) = ports
                && WITH_PORTS.iter().any(protocol)
            {
                let services = Services::WithPorts;
                entries.push(
                    Entry {
                        port,
                        source_port,
                        services,
                        ..entry
                    }
                    .freed(),
                );
            }
            if PORTLESS.iter().any(protocol) {
                let services = Services::Portless;
                entries.push(Entry { services, ..entry }.freed());
            }
        }
        let meanings = entries
            .iter()
            .map(|entry| meaning(Some(entry.rule)))
            .collect();
        Self {
            entries,
            meanings,
            otherwise: meaning(None),
        }
    }

    /// What all of the set comes to, where nothing has to be cut for it.
    pub fn whole(&self) -> Option<K> {
        self.settled(0, &self.start())
    }

    /// What can match before anything is cut.
    pub fn start(&self) -> Open {
        let all = 0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.until_free(0, all)
    }

    /// A rule of that meaning; none where that is what no rule means.
    pub fn rule(&self, key: K) -> Option<usize> {
        let at = self.meanings.iter().position(|meaning| *meaning == key)?;
        if key == self.otherwise {
            return None;
        }
        self.entries.get(at).map(|entry| entry.rule)
    }

    fn entry(&self, number: u32) -> Option<&Entry<'r>> {
        self.entries.get(number as usize)
    }

    /// Up to the first that takes everything from `scale` on: nothing gets past it.
    fn until_free(&self, scale: u8, numbers: impl Iterator<Item = u32>) -> Open {
        let mut open = Open::new();
        for number in numbers {
            open.push(number);
            if self.entry(number).is_some_and(|entry| entry.free <= scale) {
                break;
            }
        }
        open
    }
}

impl<'r> Entry<'r> {
    /// With the scale noted from which on it takes everything.
    fn freed(self) -> Self {
        let every = self.services == Services::Every && self.protocol == ProtocolMatch::Any;
        let bound = [
            self.destination.is_some(),
            !every,
            self.source_port.is_some(),
            self.source.is_some(),
        ];
        let last = bound.iter().rposition(|bound| *bound);
        let free = last.map_or(0, |at| u8::try_from(at + 1).unwrap_or(SCALES));
        Self { free, ..self }
    }

    /// The ranges that it takes of `first` to `last`; false: all of it.
    fn ranges(
        &self,
        scale: u8,
        first: u128,
        last: u128,
        ranges: &mut SmallVec<[(u128, u128); 12]>,
    ) -> bool {
        let mut take = |a, b| ranges.push((a, b));
        match scale {
            DESTINATION | SOURCE => {
                let set = if scale == SOURCE {
                    self.source
                } else {
                    self.destination
                };
                let Some(set) = set else { return false };
                scale::addresses_within(set, first, last, take);
            }
            SOURCE_PORT => {
                let Some(ports) = self.source_port else {
                    return false;
                };
                scale::ports_within(ports, first, last, take);
            }
            SERVICE => {
                let mut services =
                    |protocol| scale::services_within(protocol, self.port, first, last, &mut take);
                let protocols: &[Protocol] = match self.services {
                    Services::Every if self.protocol == ProtocolMatch::Any => return false,
                    Services::Every => {
                        services(self.protocol);
                        return true;
                    }
                    Services::WithPorts => &WITH_PORTS,
                    Services::Portless => &PORTLESS,
                };
                for protocol in protocols.iter().filter(|own| self.protocol.matches(**own)) {
                    services(ProtocolMatch::Only(*protocol));
                }
            }
            _ => return false,
        }
        true
    }
}

impl<K: Copy + Eq + Hash> Cut for Decide<'_, K> {
    type State = Open;
    type Key = K;

    fn settled(&self, scale: u8, open: &Open) -> Option<K> {
        let mut meaning = None;
        for number in open {
            let own = self.meanings.get(*number as usize)?;
            if meaning.is_some_and(|meaning| meaning != *own) {
                return None;
            }
            meaning = Some(*own);
            if self.entry(*number)?.free <= scale {
                return meaning;
            }
        }
        match meaning {
            None => Some(self.otherwise),
            Some(meaning) => (meaning == self.otherwise).then_some(meaning),
        }
    }

    fn at_once(&self, scale: u8, open: &Open, pieces: usize) -> bool {
        // Of services a rule has few ranges. To look an entry up for a piece costs more than to pass by it once
        // for each end of a range.
        scale == SERVICE && 4 * pieces > open.len()
    }

    fn pieces(
        &self,
        scale: u8,
        open: &Open,
        first: u128,
        last: u128,
        pieces: &mut Vec<(u128, Open)>,
    ) {
        // The ranges of all entries one after the other.
        let mut ranges: SmallVec<[(u128, u128); 12]> = SmallVec::new();
        let mut held: SmallVec<[Held; 12]> = SmallVec::new();
        for number in open {
            let Some(entry) = self.entry(*number) else {
                continue;
            };
            let from = ranges.len();
            if !entry.ranges(scale, first, last, &mut ranges) {
                held.push((*number, None));
                // Nothing gets past what takes everything from here on.
                if entry.free <= scale + 1 {
                    break;
                }
            } else if from < ranges.len() {
                held.push((*number, Some((from, ranges.len()))));
            }
        }
        let mut ends: SmallVec<[u128; 24]> = SmallVec::new();
        for (a, b) in &ranges {
            ends.extend(a.checked_sub(1).filter(|end| *end >= first));
            ends.push(*b);
        }
        ends.push(last);
        ends.sort_unstable();
        ends.dedup();
        let mut start = first;
        for end in ends {
            let holding = held.iter_mut().filter_map(|(number, own)| {
                let Some((from, to)) = own else {
                    return Some(*number);
                };
                while ranges
                    .get(*from)
                    .is_some_and(|range| *from < *to && range.1 < start)
                {
                    *from += 1;
                }
                let holds = *from < *to && ranges.get(*from).is_some_and(|range| range.0 <= start);
                holds.then_some(*number)
            });
            pieces.push((end, self.until_free(scale + 1, holding)));
            start = end.saturating_add(1);
        }
    }
}
