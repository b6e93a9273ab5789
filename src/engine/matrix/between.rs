//! The cells between plain NICs, by classes: one walk for each block of pairs that go alike, and the filters
//! at their ends for all of them at once, bit by bit.

use std::ops::Range;

use super::kept::{Column, MOST_SERVICES};
use super::{Cell, Party};
use crate::engine::Engine;
use crate::engine::classes::{Atom, Bits, Block, Classes, Gates, Rows, atoms};
use crate::engine::reach::Asked;
use crate::network::Endpoint;
use crate::spec::Direction;

/// What is known between plain NICs.
pub(super) struct Between<'c, 'n> {
    gates: &'c Gates<'c, 'n>,
    blocks: Vec<Block>,
    /// The destinations of each block.
    masks: Vec<Bits>,
    /// For each plain NIC the blocks that it starts in.
    starting: Vec<Vec<u32>>,
    /// Those that are asked about as destinations.
    asked: Bits,
    out: Rows,
    into: Rows,
    listening: Vec<Bits>,
    /// For each service the points at which it is asked about.
    points: Vec<Range<usize>>,
}

/// What is known of one source.
pub(super) struct Known {
    /// For each service, whom it reaches.
    pub yes: Bits,
    /// For each service, whom a part of it reaches.
    pub partly: Bits,
    /// Of whom that is known.
    pub known: Bits,
    /// Whether that is all of those that are asked about, and no part of a service is told apart.
    pub whole: bool,
}

impl Known {
    /// The state of a service at a destination, where it is known.
    pub fn cell(&self, at: u32, service: usize) -> Option<Cell> {
        let words = self.known.len();
        let (word, bit) = (at as usize / 64, at % 64);
        let holds = |row: &[u64], at: usize| row.get(at).is_some_and(|word| word >> bit & 1 > 0);
        if !holds(&self.known, word) {
            return None;
        }
        Some(if holds(&self.yes, service * words + word) {
            Cell::Yes
        } else if holds(&self.partly, service * words + word) {
            Cell::Partly
        } else {
            Cell::No
        })
    }
}

/// Where each party's cells are.
pub(super) fn columns(classes: &Classes, parties: &[Party]) -> Vec<Column> {
    let mut others = 0..;
    let columns = parties.iter().map(|party| {
        let plain = match party.endpoint {
            Endpoint::Nic(nic) => classes.position(nic),
            _ => None,
        };
        match plain {
            Some(at) => Column::Plain(at),
            None => Column::Other(others.next().unwrap_or_default()),
        }
    });
    columns.collect()
}

fn set(bits: &mut [u64], at: u32) {
    if let Some(word) = bits.get_mut(at as usize / 64) {
        *word |= 1 << (at % 64);
    }
}

impl<'c, 'n> Between<'c, 'n> {
    pub fn new(
        engine: &Engine<'_>,
        classes: &Classes,
        gates: &'c Gates<'c, 'n>,
        (parties, columns): (&[Party], &[Column]),
        asked: &Asked,
    ) -> Self {
        let plain = |wanted: fn(&Party) -> bool| {
            let pairs = parties.iter().zip(columns);
            let found = pairs.filter_map(move |(party, column)| match column {
                Column::Plain(at) if wanted(party) => Some(*at),
                _ => None,
            });
            found.collect::<Vec<u32>>()
        };
        let (from, to) = (plain(|own| own.from), plain(|own| own.to));
        let blocks = classes.blocks(engine, &from, &to, asked);
        let source_port = asked.source_ports.ranges().first();
        let source_port = source_port.map_or(0, |(first, _)| *first);
        let mut all: Vec<Atom> = Vec::new();
        let points = asked.services.iter().map(|service| {
            let from = all.len();
            all.extend(atoms(gates, service, source_port));
            from..all.len()
        });
        let points: Vec<Range<usize>> = points.collect();
        // Without a block nothing is asked of the filters.
        let all = if blocks.is_empty() { Vec::new() } else { all };
        let mut starting = vec![Vec::new(); classes.members.len()];
        let mut masks = Vec::with_capacity(blocks.len());
        for (number, block) in (0_u32..).zip(&blocks) {
            for at in &block.from {
                if let Some(own) = starting.get_mut(*at as usize) {
                    own.push(number);
                }
            }
            let mut mask = vec![0; gates.width()];
            block.to.iter().for_each(|at| set(&mut mask, *at));
            masks.push(mask);
        }
        let mut wanted = vec![0; gates.width()];
        to.iter().for_each(|at| set(&mut wanted, *at));
        Self {
            out: gates.rows(Direction::Outbound, &all),
            into: gates.rows(Direction::Inbound, &all),
            listening: gates.listening(&all),
            gates,
            blocks,
            masks,
            starting,
            asked: wanted,
            points,
        }
    }

    /// What is known of sixty-four sources, those of one word of bits.
    pub fn known(&self, word: usize) -> Vec<Known> {
        let width = self.gates.width();
        let points = self.listening.len();
        // For each source, point by point, whom the filters at both ends let it reach.
        let mut passing: Vec<Bits> = vec![vec![0; points * width]; 64];
        for (point, listening) in self.listening.iter().enumerate() {
            for (at, listening) in listening.iter().enumerate() {
                let mut tile = [0_u64; 64];
                for (number, into) in tile.iter_mut().enumerate() {
                    let row = self.into.get(at * 64 + number, point);
                    *into = row.get(word).copied().unwrap_or_default();
                }
                transpose(&mut tile);
                for (number, (row, from)) in passing.iter_mut().zip(tile).enumerate() {
                    let out = self.out.get(word * 64 + number, point).get(at);
                    if let Some(place) = row.get_mut(point * width + at) {
                        *place = from & listening & out.copied().unwrap_or_default();
                    }
                }
            }
        }
        let known = passing.into_iter().enumerate();
        let known = known.map(|(number, row)| self.of_source(word * 64 + number, &row));
        known.collect()
    }

    fn of_source(&self, source: usize, passing: &[u64]) -> Known {
        let width = self.gates.width();
        let size = self.points.len() * width;
        let mut found = Known {
            yes: vec![0; size],
            partly: Vec::new(),
            known: vec![0; width],
            whole: true,
        };
        let at_point = |point: usize| {
            let row = passing.get(point * width..(point + 1) * width);
            row.unwrap_or_default()
        };
        for block in self.starting.get(source).into_iter().flatten() {
            let at = *block as usize;
            let (Some(block), Some(mask)) = (self.blocks.get(at), self.masks.get(at)) else {
                continue;
            };
            for (known, mask) in found.known.iter_mut().zip(mask) {
                *known |= mask;
            }
            for (service, points) in self.points.iter().enumerate() {
                if block.services.get(service) != Some(&true) {
                    continue;
                }
                for (word, mask) in mask.iter().enumerate() {
                    let each = points
                        .clone()
                        .map(|point| at_point(point).get(word).copied().unwrap_or_default());
                    let (all, any) =
                        each.fold((*mask, 0), |(all, any), own| (all & own, any | own));
                    let some = any & mask & !all;
                    if let Some(yes) = found.yes.get_mut(service * width + word) {
                        *yes |= all;
                    }
                    if some != 0 {
                        found.whole = false;
                        found.partly.resize(size, 0);
                        if let Some(partly) = found.partly.get_mut(service * width + word) {
                            *partly |= some;
                        }
                    }
                }
            }
        }
        let mut missing = self.asked.iter().zip(&found.known).enumerate();
        let missing = missing.any(|(word, (asked, known))| {
            let own = if source / 64 == word {
                1 << (source % 64)
            } else {
                0
            };
            asked & !known & !own != 0
        });
        found.whole &= !missing && self.points.len() <= MOST_SERVICES;
        found
    }
}

/// Rows to columns.
fn transpose(tile: &mut [u64; 64]) {
    let mut width = 32;
    let mut mask = 0xffff_ffff_u64;
    while width > 0 {
        let mut row = 0;
        while row < 64 {
            let (upper, lower) = tile.split_at_mut(row + width);
            let pairs = upper.iter_mut().skip(row).zip(lower);
            for (a, b) in pairs.take(width) {
                let swapped = (*a >> width ^ *b) & mask;
                *a ^= swapped << width;
                *b ^= swapped;
            }
            row += 2 * width;
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        let mut tile = [0; 64];
        for (at, row) in tile.iter_mut().enumerate() {
            *row = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0123_4567_89ab_cdef;
        }
        let before = tile;
        transpose(&mut tile);
        for (at, row) in before.iter().enumerate() {
            for (to, column) in tile.iter().enumerate() {
                assert_eq!(row >> to & 1, column >> at & 1);
            }
        }
    }
}
