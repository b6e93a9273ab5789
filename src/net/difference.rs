//! What two lists of rules do otherwise, exactly: whether they mean the same, whatever their order.
//!
//! What the rules of both take is numbered together and cut into classes as [`super::bits`] does it. What the rules
//! that take a destination and a service do is one row of source classes, worked out once for each set of rules that
//! comes up.

use std::hash::BuildHasher;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::bits::{Classes, Rows, flip};
use super::{AddressSet, PortSet, Protocol, Ranges, Rule, RuleList, Word};

/// Flows that one list lets through and the other does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Whether it is the other list that lets them through.
    pub allowed: bool,
    /// From which addresses.
    pub sources: AddressSet,
    /// From which ports, for protocols that have ports.
    pub source_ports: PortSet,
    /// To which addresses.
    pub destinations: AddressSet,
    /// Of which protocols, each with its ports.
    pub services: Vec<(Protocol, PortSet)>,
}

impl RuleList {
    /// The flows that `other` treats otherwise, in parts that do not overlap; none where both do the same.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let mut joint = Joint::new([self, other]);
        let services = joint.services();
        let mut found = Vec::new();
        let v4 = |ranges| AddressSet::of_ranges(ranges, Ranges::default());
        let v6 = |ranges| AddressSet::of_ranges(Ranges::default(), ranges);
        joint.family(AddressSet::v4, v4, &services, &mut found);
        joint.family(AddressSet::v6, v6, &services, &mut found);
        found
    }
}

/// Intervals, ends included.
type Intervals<T> = Vec<(T, T)>;

/// The values of one field that are in a class, and the row of the rules that take them.
struct Class<T> {
    row: usize,
    values: Intervals<T>,
}

/// Services and source ports that no rule tells apart.
struct Service {
    /// The rules that take both.
    row: Vec<u64>,
    services: Vec<(Protocol, PortSet)>,
    source_ports: PortSet,
}

/// What two lists take, numbered together: rules that take the same have one number, whichever list they are in.
struct Joint<'l> {
    lists: [Numbered; 2],
    /// A rule for each number.
    rules: Vec<&'l Rule>,
    rows: Rows,
}

/// A list as numbers.
struct Numbered {
    /// Of each number where it stands in the list, and whether that rule lets through what it takes.
    places: Vec<Option<(u32, bool)>>,
    otherwise: bool,
}

/// Which rows of sources there are: what the other list lets through only, and what the first does only.
type Pair = [Vec<u64>; 2];

impl<'l> Joint<'l> {
    fn new(lists: [&'l RuleList; 2]) -> Self {
        let mut numbers = FxHashMap::default();
        let mut rules = Vec::new();
        let lists = lists.map(|list| {
            let mut places = Vec::new();
            for (place, rule) in (0..).zip(list.rules()) {
                let takes = (
                    rule.protocol,
                    [&rule.source, &rule.destination],
                    [&rule.source_ports, &rule.destination_ports],
                );
                let number = *numbers.entry(takes).or_insert_with(|| {
                    rules.push(rule);
                    rules.len() - 1
                });
                if places.len() <= number {
                    places.resize(number + 1, None);
                }
                // What takes the same further down never decides.
                places[number].get_or_insert((place, rule.allow));
            }
            let otherwise = list.otherwise();
            Numbered { places, otherwise }
        });
        Self {
            rows: Rows::new(rules.len().div_ceil(64)),
            lists,
            rules,
        }
    }

    fn rules(&self) -> impl Iterator<Item = (usize, &'l Rule)> + use<'l> {
        self.rules.clone().into_iter().enumerate()
    }

    fn classes<T: Word + 'l>(
        &mut self,
        ranges: impl Fn(&'l Rule) -> &'l Ranges<T>,
    ) -> Vec<Class<T>> {
        let rules = self.rules().map(|(at, rule)| (at, ranges(rule)));
        let classes = Classes::of(rules, &mut self.rows);
        let mut values: IndexMap<usize, Vec<(T, T)>> = IndexMap::new();
        for (first, last, row) in classes.pieces() {
            values.entry(row).or_default().push((first, last));
        }
        let classes = values.into_iter();
        classes.map(|(row, values)| Class { row, values }).collect()
    }

    /// The classes of services, each with those of source ports where it has ports.
    fn services(&mut self) -> Vec<Service> {
        let source_ports = self.classes(|rule| &rule.source_ports);
        let mut with_ports: IndexMap<usize, Vec<(Protocol, PortSet)>> = IndexMap::new();
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            let none = const { &Ranges::none() };
            let ports = self.classes(|rule| {
                if rule.protocol.matches(protocol) {
                    &rule.destination_ports
                } else {
                    none
                }
            });
            for class in ports {
                let ports = with_ports.entry(class.row).or_default();
                ports.push((protocol, Ranges::of(class.values)));
            }
        }
        let mut services = Vec::new();
        for (row, own) in with_ports {
            for from in &source_ports {
                let rows = self.rows.of_both(row, from.row);
                services.push(Service {
                    row: rows,
                    services: own.clone(),
                    source_ports: Ranges::of(from.values.clone()),
                });
            }
        }
        for protocol in [Protocol::Icmp, Protocol::Esp, Protocol::Ah] {
            let mut row = vec![0; self.rows.width()];
            let rules = self.rules();
            rules
                .filter(|(_, rule)| rule.protocol.matches(protocol))
                .for_each(|(at, _)| flip(&mut row, at));
            let one = (protocol, PortSet::all());
            match services.iter_mut().find(|known: &&mut Service| {
                known.row == row && known.services.iter().all(|(own, _)| !own.has_ports())
            }) {
                Some(known) => known.services.push(one),
                None => services.push(Service {
                    row,
                    services: vec![one],
                    source_ports: PortSet::all(),
                }),
            }
        }
        services
    }

    /// What is different among addresses of one family.
    fn family<T: Word + 'l>(
        &mut self,
        ranges: fn(&AddressSet) -> &Ranges<T>,
        set: fn(Ranges<T>) -> AddressSet,
        services: &[Service],
        found: &mut Vec<Difference>,
    ) {
        let sources = self.classes(|rule| ranges(&rule.source));
        let destinations = self.classes(|rule| ranges(&rule.destination));
        // For each rule, the classes of sources that it takes.
        let width = sources.len().div_ceil(64);
        let mut takes = vec![vec![0; width]; self.rows.width() * 64];
        for (class, source) in sources.iter().enumerate() {
            for rule in set_bits(self.rows.at(source.row)) {
                flip(&mut takes[rule], class);
            }
        }
        let mut pairs: IndexMap<Pair, ()> = IndexMap::new();
        let mut known = Known::new(self.rows.width());
        // Destinations that fare alike, by what is different for which services.
        let mut alike: IndexMap<Vec<(usize, usize)>, Intervals<T>> = IndexMap::new();
        let mut rules = vec![0; self.rows.width()];
        for destination in &destinations {
            let taken = self.rows.at(destination.row);
            let mut different = Vec::new();
            for (at, service) in services.iter().enumerate() {
                for ((both, a), b) in rules.iter_mut().zip(taken).zip(&service.row) {
                    *both = a & b;
                }
                let pair = known.of(&rules, || {
                    let pair = self.compared(&rules, &takes, sources.len());
                    pair.map(|pair| pairs.insert_full(pair, ()).0)
                });
                different.extend(pair.map(|pair| (pair, at)));
            }
            if !different.is_empty() {
                different.sort_unstable();
                alike
                    .entry(different)
                    .or_default()
                    .extend(&destination.values);
            }
        }
        for (different, destinations) in alike {
            let destinations = set(Ranges::of(destinations));
            for of_pair in different.chunk_by(|a, b| a.0 == b.0) {
                let Some((pair, ())) = of_pair.first().and_then(|(at, _)| pairs.get_index(*at))
                else {
                    continue;
                };
                let of_pair: Vec<&Service> = of_pair.iter().map(|(_, at)| &services[*at]).collect();
                for (allowed, row) in [true, false].into_iter().zip(pair) {
                    let values = set_bits(row).flat_map(|class| sources[class].values.iter());
                    let sources = set(Ranges::of(values.copied().collect()));
                    if sources.is_empty() {
                        continue;
                    }
                    for (source_ports, services) in by_source_ports(&of_pair) {
                        found.push(Difference {
                            allowed,
                            sources: sources.clone(),
                            source_ports,
                            destinations: destinations.clone(),
                            services,
                        });
                    }
                }
            }
        }
    }

    /// What both lists make of sources, where of their rules only `rules` can match; none where the same.
    fn compared(&self, rules: &[u64], takes: &[Vec<u64>], classes: usize) -> Option<Pair> {
        let [a, b] = &self.lists;
        let [a, b] = [a, b].map(|list| list.allowed(rules, takes, classes));
        if a == b {
            return None;
        }
        let only = |a: &[u64], b: &[u64]| a.iter().zip(b).map(|(a, b)| a & !b).collect();
        Some([only(&b, &a), only(&a, &b)])
    }
}

impl Numbered {
    /// The classes of sources that the list lets through, where only `rules` can match.
    fn allowed(&self, rules: &[u64], takes: &[Vec<u64>], classes: usize) -> Vec<u64> {
        let words = 0..classes.div_ceil(64);
        let mut left: Vec<u64> = words
            .map(|word| match classes - word * 64 {
                some @ 0..64 => (1 << some) - 1,
                _ => u64::MAX,
            })
            .collect();
        let mut allowed = vec![0; left.len()];
        let own = set_bits(rules).filter_map(|number| {
            let (place, allow) = (*self.places.get(number)?)?;
            Some((place, allow, number))
        });
        let mut own: SmallVec<[(u32, bool, usize); 32]> = own.collect();
        own.sort_unstable();
        for (_, allow, number) in own {
            let words = left.iter_mut().zip(&mut allowed).zip(&takes[number]);
            for ((left, allowed), takes) in words {
                if allow {
                    *allowed |= *left & takes;
                }
                *left &= !takes;
            }
        }
        if self.otherwise {
            allowed
                .iter_mut()
                .zip(&left)
                .for_each(|(allowed, left)| *allowed |= left);
        }
        allowed
    }
}

/// What is known of sets of rules.
struct Known {
    /// The words of a set.
    width: usize,
    /// The sets, one after the other.
    sets: Vec<u64>,
    /// By a set's hash where it begins, and what is known of it.
    known: FxHashMap<u64, (usize, Option<usize>)>,
}

impl Known {
    fn new(width: usize) -> Self {
        Self {
            width,
            sets: Vec::new(),
            known: FxHashMap::default(),
        }
    }

    /// What is known of a set of rules, worked out where nothing is yet.
    fn of(&mut self, set: &[u64], work: impl FnOnce() -> Option<usize>) -> Option<usize> {
        let hash = FxBuildHasher.hash_one(set);
        match self.known.get(&hash) {
            Some((at, known)) if self.sets.get(*at..at + self.width) == Some(set) => *known,
            // Another set that happens to have its hash.
            Some(_) => work(),
            None => {
                let known = work();
                self.known.insert(hash, (self.sets.len(), known));
                self.sets.extend(set);
                known
            }
        }
    }
}

/// Services of one source port class together, those of one protocol merged.
fn by_source_ports(services: &[&Service]) -> Vec<(PortSet, Vec<(Protocol, PortSet)>)> {
    let mut grouped: IndexMap<PortSet, IndexMap<Protocol, PortSet>> = IndexMap::new();
    for service in services {
        let own = grouped.entry(service.source_ports.clone()).or_default();
        for (protocol, ports) in &service.services {
            let known = own.entry(*protocol).or_default();
            *known = known.union(ports);
        }
    }
    let grouped = grouped.into_iter();
    grouped
        .map(|(ports, services)| (ports, services.into_iter().collect()))
        .collect()
}

fn set_bits(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(at, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| at * 64 + left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(bit)
        })
    })
}
