//! Rules as bits. What no rule tells apart is one class, for each field of a flow; a class has a row of bits,
//! one for each rule that takes it. The first bit that the rows of all of a flow's fields have in common is
//! the rule that decides.

use std::collections::HashMap;
use std::net::IpAddr;

use super::{Flow, Protocol, Ranges, Rule, Word};

/// More rules than that would make rows that nothing is gained by.
pub(super) const MOST: usize = 64 * 64;

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
    known: HashMap<Vec<u64>, u32>,
}

impl Rows {
    /// None yet, of `width` words of rules each.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            bits: Vec::new(),
            known: HashMap::new(),
        }
    }

    pub const fn width(&self) -> usize {
        self.width
    }

    /// The rules of a row.
    pub fn at(&self, row: usize) -> &[u64] {
        let rules = self.bits.get(row..row + self.width);
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
        let row = u32::try_from(self.bits.len()).unwrap_or(u32::MAX);
        self.bits.extend(open);
        self.known.insert(open.to_vec(), row);
        row
    }
}

/// The classes of addresses of both families.
#[derive(Debug)]
struct Side {
    v4: Classes<u32>,
    v6: Classes<u128>,
}

impl Side {
    #[inline]
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
    /// By destination port, what takes TCP and what takes UDP.
    services: [Classes<u16>; 2],
    /// What takes the protocols without ports.
    portless: [u32; 3],
    /// By source port, where it matters to any rule.
    source_ports: Option<Classes<u16>>,
    /// How many words a row has.
    stride: usize,
    bits: Box<[u64]>,
}

impl RuleBits {
    /// Makes `rules` ready, of which there are [`MOST`] at most.
    pub fn of(rules: &[Rule]) -> Self {
        let width = stride(rules.len().div_ceil(64));
        let mut rows = Rows::new(width);
        let numbered = || rules.iter().enumerate();
        let source = Side {
            v4: Classes::of(numbered().map(|(at, r)| (at, r.source.v4())), &mut rows),
            v6: Classes::of(numbered().map(|(at, r)| (at, r.source.v6())), &mut rows),
        };
        let destination = Side {
            v4: Classes::of(
                numbered().map(|(at, r)| (at, r.destination.v4())),
                &mut rows,
            ),
            v6: Classes::of(
                numbered().map(|(at, r)| (at, r.destination.v6())),
                &mut rows,
            ),
        };
        let of = |protocol| numbered().filter(move |(_, rule)| rule.protocol.matches(protocol));
        let services = [Protocol::Tcp, Protocol::Udp].map(|protocol| {
            let ports = of(protocol).map(|(at, rule)| (at, &rule.destination_ports));
            Classes::of(ports, &mut rows)
        });
        let portless = [Protocol::Icmp, Protocol::Esp, Protocol::Ah].map(|protocol| {
            let mut open = vec![0; width];
            of(protocol).for_each(|(at, _)| flip(&mut open, at));
            rows.of(&open)
        });
        let source_ports = rules.iter().any(|rule| !rule.source_ports.is_all());
        let source_ports = source_ports
            .then(|| Classes::of(numbered().map(|(at, r)| (at, &r.source_ports)), &mut rows));
        Self {
            source,
            destination,
            services,
            portless,
            source_ports,
            stride: width,
            bits: rows.bits.into_boxed_slice(),
        }
    }

    /// The first rule that `flow` matches. Ports count for TCP and UDP only.
    pub fn first_match(&self, flow: &Flow) -> Option<usize> {
        let (service, source_port) = self.ports(flow);
        let source = self.source.row(flow.source);
        let destination = self.destination.row(flow.destination);
        self.decide([source, destination, service, source_port])
    }

    /// The rows of protocol and destination port, and of the source port; where that does not matter, one row
    /// is taken twice.
    #[inline]
    fn ports(&self, flow: &Flow) -> (usize, usize) {
        let [tcp, udp] = &self.services;
        let [icmp, esp, ah] = self.portless;
        let service = match flow.protocol {
            Protocol::Tcp => tcp.row(flow.destination_port),
            Protocol::Udp => udp.row(flow.destination_port),
            Protocol::Icmp => icmp as usize,
            Protocol::Esp => esp as usize,
            Protocol::Ah => ah as usize,
        };
        match &self.source_ports {
            Some(ports) if flow.protocol.has_ports() => (service, ports.row(flow.source_port)),
            _ => (service, service),
        }
    }

    /// The first rule that rows have in common.
    #[inline]
    fn decide(&self, [a, b, c, d]: [usize; 4]) -> Option<usize> {
        let (a, b, c) = (self.row(a), self.row(b), self.row(c));
        match &self.source_ports {
            None => first_common([a, b, c]),
            Some(_) => first_common([a, b, c, self.row(d)]),
        }
    }

    #[inline]
    fn row(&self, at: usize) -> &[u64] {
        self.bits.get(at..at + self.stride).unwrap_or_default()
    }
}

/// Words that are looked at together, so that the machine does so at once.
const BLOCK: usize = 8;

/// How many words make a row of rules: a few, or blocks.
const fn stride(words: usize) -> usize {
    if words < BLOCK / 2 {
        words
    } else {
        words.next_multiple_of(BLOCK)
    }
}

/// The first bit that rows of one length have in common.
#[inline]
fn first_common<const N: usize>(rows: [&[u64]; N]) -> Option<usize> {
    let words = rows.first().map_or(0, |row| row.len());
    if words < BLOCK {
        let common = |at: usize| {
            let own = rows
                .iter()
                .map(|row| row.get(at).copied().unwrap_or_default());
            own.fold(u64::MAX, |all, own| all & own)
        };
        return (0..words).find_map(|at| first_bit(at, common(at)));
    }
    let blocks = rows.map(|row| row.as_chunks::<BLOCK>().0);
    (0..words / BLOCK).find_map(|at| {
        let none = const { &[0; BLOCK] };
        let block = blocks.map(|blocks| blocks.get(at).unwrap_or(none));
        let common: [u64; BLOCK] =
            std::array::from_fn(|word| block.iter().fold(u64::MAX, |all, own| all & own[word]));
        if common.iter().fold(0, |all, word| all | word) == 0 {
            return None;
        }
        let found = common.iter().position(|word| *word != 0)?;
        first_bit(at * BLOCK + found, common[found])
    })
}

/// The number of the first bit of a word.
#[inline]
fn first_bit(at: usize, word: u64) -> Option<usize> {
    (word != 0).then(|| at * 64 + word.trailing_zeros() as usize)
}
