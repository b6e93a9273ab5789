//! Rules as bits. What no rule tells apart is one class, for each field of a flow; a class has a row of bits,
//! one for each rule that takes it. The first bit that the rows of all of a flow's fields have in common is
//! the rule that decides.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::steps::Steps;
use super::{AddressSet, Flow, Protocol, Ranges, Rule, Word};

/// More rules than that would make rows that nothing is gained by.
const MOST: usize = 64 * 64;

/// From the values of one field to where the rows of their classes begin.
#[derive(Debug)]
pub(super) struct Classes<T> {
    /// Where each class but the first begins.
    starts: Vec<T>,
    rows: Vec<u32>,
}

impl<T: Word> Classes<T> {
    /// The classes that ranges of rules cut.
    pub fn of<'r>(ranges: impl Iterator<Item = (usize, &'r Ranges<T>)>, rows: &mut Rows) -> Self
    where
        T: 'r,
    {
        let mut open = vec![0; rows.width];
        let mut turns: Vec<(T, usize)> = Vec::new();
        for (rule, ranges) in ranges {
            for (first, last) in ranges.ranges() {
                match first.before() {
                    None => flip(&mut open, rule),
                    Some(_) => turns.push((*first, rule)),
                }
                turns.extend(last.after().map(|next| (next, rule)));
            }
        }
        turns.sort_unstable();
        let mut row = rows.of(&open);
        let mut classes = Self {
            starts: Vec::new(),
            rows: vec![row],
        };
        for turns in turns.chunk_by(|(at, _), (next, _)| at == next) {
            for (_, rule) in turns {
                flip(&mut open, *rule);
            }
            let next = rows.of(&open);
            if let Some((at, _)) = turns.first().filter(|_| next != row) {
                classes.starts.push(*at);
                classes.rows.push(next);
                row = next;
            }
        }
        classes
    }

    /// The intervals of the field in their order, each with its class's row.
    pub fn pieces(&self) -> impl Iterator<Item = (T, T, usize)> {
        let firsts = std::iter::once(T::MIN).chain(self.starts.iter().copied());
        let ends = self.starts.iter().filter_map(|start| start.before());
        let lasts = ends.chain(std::iter::once(T::MAX));
        let rows = self.rows.iter().map(|row| *row as usize);
        firsts
            .zip(lasts)
            .zip(rows)
            .map(|((first, last), row)| (first, last, row))
    }

    #[inline]
    fn row(&self, at: T) -> usize {
        let class = self.starts.partition_point(|start| *start <= at);
        self.rows.get(class).map_or(0, |row| *row as usize)
    }
}

/// Turns the bit of a rule round.
pub(super) fn flip(bits: &mut [u64], rule: usize) {
    if let Some(word) = bits.get_mut(rule / 64) {
        *word ^= 1 << (rule % 64);
    }
}

/// The distinct rows, one after the other.
#[derive(Debug)]
pub(super) struct Rows {
    /// The words of a row's rules.
    width: usize,
    bits: Vec<u64>,
    known: FxHashMap<Vec<u64>, u32>,
}

impl Rows {
    /// None yet, of `width` words of rules each.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            bits: Vec::new(),
            known: FxHashMap::default(),
        }
    }

    pub const fn width(&self) -> usize {
        self.width
    }

    /// The rules of a row.
    pub fn at(&self, row: usize) -> &[u64] {
        let rules = self.bits.get(row * self.width..(row + 1) * self.width);
        rules.unwrap_or_default()
    }

    /// The rules that two rows have in common.
    pub fn of_both(&self, a: usize, b: usize) -> Vec<u64> {
        let rules = self.at(a).iter().zip(self.at(b));
        rules.map(|(a, b)| a & b).collect()
    }

    fn of(&mut self, open: &[u64]) -> u32 {
        if let Some(row) = self.known.get(open) {
            return *row;
        }
        let row = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.bits.extend(open);
        self.known.insert(open.to_vec(), row);
        row
    }
}

/// How an address finds its row.
#[derive(Debug)]
enum Finder<T> {
    /// Among few classes, or too many for the steps' room.
    Search(Classes<T>),
    /// In a step for each byte.
    Steps(Steps),
}

/// Among up to so many classes a search takes about as long as steps, and far less room.
const FEW: usize = 256;

impl<T: Word> Finder<T> {
    fn of(classes: Classes<T>) -> Self {
        let many = classes.starts.len() > FEW;
        match many.then(|| Steps::of(classes.pieces())).flatten() {
            Some(steps) => Self::Steps(steps),
            None => Self::Search(classes),
        }
    }

    #[inline]
    fn row(&self, at: T) -> usize {
        match self {
            Self::Steps(steps) => steps.row(at),
            Self::Search(classes) => classes.row(at),
        }
    }
}

/// The classes of addresses of both families.
#[derive(Debug)]
struct Side {
    v4: Finder<u32>,
    v6: Finder<u128>,
}

impl Side {
    #[inline(always)]
    fn row(&self, address: IpAddr) -> usize {
        match address {
            IpAddr::V4(address) => self.v4.row(address.into()),
            IpAddr::V6(address) => self.v6.row(address.into()),
        }
    }
}

/// Rules, ready to be asked often.
#[derive(Debug)]
pub(super) struct RuleBits {
    source: Side,
    destination: Side,
    /// By destination port, what takes each of the protocols.
    services: [Finder<u16>; 5],
    /// By source port, where it matters to any rule.
    source_ports: Option<Classes<u16>>,
    /// How many words a row has.
    width: usize,
    bits: Box<[u64]>,
}

/// The protocols, each at its number.
const PROTOCOLS: [Protocol; 5] = [
    Protocol::Tcp,
    Protocol::Udp,
    Protocol::Icmp,
    Protocol::Esp,
    Protocol::Ah,
];

impl RuleBits {
    /// Makes `rules` ready; none where there are so many that nothing would be gained.
    pub fn of(rules: &[Rule]) -> Option<Self> {
        if rules.len() > MOST {
            return None;
        }
        let width = width(rules.len());
        let mut rows = Rows::new(width);
        let numbered = || rules.iter().enumerate();
        let mut side = |set: fn(&Rule) -> &AddressSet| {
            let v4 = numbered().map(|(at, rule)| (at, set(rule).v4()));
            let v4 = Finder::of(Classes::of(v4, &mut rows));
            let v6 = numbered().map(|(at, rule)| (at, set(rule).v6()));
            let v6 = Finder::of(Classes::of(v6, &mut rows));
            Side { v4, v6 }
        };
        let source = side(|rule| &rule.source);
        let destination = side(|rule| &rule.destination);
        let mut service = |protocol: Protocol| {
            let all = Ranges::all();
            let own = numbered().filter(|(_, rule)| rule.protocol.matches(protocol));
            let ports = own.map(|(at, rule)| {
                let ports = if protocol.has_ports() {
                    &rule.destination_ports
                } else {
                    &all
                };
                (at, ports)
            });
            Finder::of(Classes::of(ports, &mut rows))
        };
        let services = PROTOCOLS.map(&mut service);
        let source_ports = rules.iter().any(|rule| !rule.source_ports.is_all());
        let source_ports = source_ports
            .then(|| Classes::of(numbered().map(|(at, r)| (at, &r.source_ports)), &mut rows));
        Some(Self {
            source,
            destination,
            services,
            source_ports,
            width,
            bits: rows.bits.into_boxed_slice(),
        })
    }

    /// The first rule that `flow` matches. Ports count for TCP and UDP only.
    pub fn first_match(&self, flow: &Flow) -> Option<usize> {
        let [service, source_port] = self.ports(flow);
        let source = self.source.row(flow.source);
        let destination = self.destination.row(flow.destination);
        self.decide([source, destination, service, source_port])
    }

    /// The first rules that flows match, field by field for some at once: the machine waits for the memory of one
    /// while it works on the next.
    pub fn first_matches(&self, flows: &[Flow], found: &mut Vec<Option<usize>>) {
        let mut rows = [[0; 4]; TOGETHER];
        for flows in flows.chunks(TOGETHER) {
            for (rows, flow) in rows.iter_mut().zip(flows) {
                rows[0] = self.source.row(flow.source);
            }
            for (rows, flow) in rows.iter_mut().zip(flows) {
                rows[1] = self.destination.row(flow.destination);
            }
            for (rows, flow) in rows.iter_mut().zip(flows) {
                [rows[2], rows[3]] = self.ports(flow);
            }
            let rows = rows.iter().take(flows.len());
            found.extend(rows.map(|rows| self.decide(*rows)));
        }
    }

    /// The rows of protocol and destination port, and of the source port; where that does not matter, one is
    /// taken twice.
    #[inline]
    fn ports(&self, flow: &Flow) -> [usize; 2] {
        let service = self.services[flow.protocol as usize].row(flow.destination_port);
        match &self.source_ports {
            Some(ports) if flow.protocol.has_ports() => [service, ports.row(flow.source_port)],
            _ => [service, service],
        }
    }

    /// The first rule that rows have in common.
    #[inline]
    fn decide(&self, [a, b, c, d]: [usize; 4]) -> Option<usize> {
        match &self.source_ports {
            None => self.first_common([a, b, c]),
            Some(_) => self.first_common([a, b, c, d]),
        }
    }

    #[inline]
    fn first_common<const N: usize>(&self, rows: [usize; N]) -> Option<usize> {
        if self.width < BLOCK {
            return (0..self.width).find_map(|at| {
                let words = rows.iter().map(|row| self.bits.get(row * self.width + at));
                let common =
                    words.fold(u64::MAX, |all, own| all & own.copied().unwrap_or_default());
                (common != 0).then(|| at * 64 + common.trailing_zeros() as usize)
            });
        }
        let (blocks, _) = self.bits.as_chunks::<BLOCK>();
        let width = self.width / BLOCK;
        for at in 0..width {
            let mut common = [u64::MAX; BLOCK];
            for row in rows {
                let own = blocks.get(row * width + at)?;
                common
                    .iter_mut()
                    .zip(own)
                    .for_each(|(all, own)| *all &= own);
            }
            if common.iter().fold(0, |all, word| all | word) != 0 {
                return Some(at * BLOCK * 64 + first_bit(&common));
            }
        }
        None
    }
}

/// Flows that are looked up together.
const TOGETHER: usize = 32;

/// Words that are looked at together, so that the machine does so at once.
const BLOCK: usize = 8;

/// How many words make a row of rules: a few, or blocks.
const fn width(rules: usize) -> usize {
    let words = rules.div_ceil(64);
    if words < BLOCK / 2 {
        words
    } else {
        words.next_multiple_of(BLOCK)
    }
}

/// The first bit of a block that has one, by halves: without a branch that nobody foresees.
#[inline]
fn first_bit(block: &[u64; BLOCK]) -> usize {
    let word = |at: usize| block[at % BLOCK];
    let four = 4 * usize::from(word(0) | word(1) | word(2) | word(3) == 0);
    let two = four + 2 * usize::from(word(four) | word(four + 1) == 0);
    let one = two + usize::from(word(two) == 0);
    one * 64 + word(one).trailing_zeros() as usize
}
