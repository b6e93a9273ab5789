//! How the cells of a matrix are kept: a bit for each pair and service where that says it all.

use super::{Cell, Party};
use crate::engine::classes::Bits;

/// More services than this are kept cell by cell: the table of all their combinations would be too long.
pub(super) const MOST_SERVICES: usize = 12;

/// The cells of a source.
#[derive(Debug, Clone)]
pub(super) enum Row {
    /// Nothing is asked of it.
    None,
    /// For each service a bit for each plain NIC, which it reaches or not; and the cells of all other
    /// endpoints.
    Bits(Bits, Box<[Cell]>),
    /// Party by party.
    Cells(Box<[Cell]>),
}

/// Where a destination's cells are in a row of bits.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// A plain NIC, by its position among them.
    Plain(u32),
    /// Any other endpoint, by its position among those.
    Other(u32),
}

/// All cells.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub rows: Vec<Row>,
    pub columns: Vec<Column>,
    /// The words of a row of bits for one service.
    pub words: usize,
    services: usize,
    /// The cells of each combination of services that get through.
    table: Vec<Cell>,
    blank: Vec<Cell>,
}

impl Kept {
    pub fn new(rows: Vec<Row>, columns: Vec<Column>, words: usize, services: usize) -> Self {
        let kept = if services > MOST_SERVICES {
            0
        } else {
            1_usize << services
        };
        let cell = |mask: usize, at: usize| match mask >> at & 1 {
            0 => Cell::No,
            _ => Cell::Yes,
        };
        let table = (0..kept).flat_map(|mask| (0..services).map(move |at| cell(mask, at)));
        Self {
            rows,
            columns,
            words,
            services,
            table: table.collect(),
            blank: vec![Cell::Blank; services],
        }
    }

    /// The cells of a pair, service by service.
    pub fn pair(&self, parties: &[Party], from: usize, to: usize) -> &[Cell] {
        let asked = from != to && parties.get(to).is_some_and(|own| own.to);
        let row = self.rows.get(from).filter(|_| asked);
        let found = match (row, self.columns.get(to)) {
            (Some(Row::Bits(bits, _)), Some(Column::Plain(at))) => {
                let (word, bit) = (*at as usize / 64, *at % 64);
                let services = bits.chunks(self.words.max(1)).rev();
                let mask = services.fold(0, |mask, service| {
                    let bit = service.get(word).map_or(0, |word| word >> bit & 1);
                    mask << 1 | bit as usize
                });
                self.cells(&self.table, mask)
            }
            (Some(Row::Bits(_, others)), Some(Column::Other(at))) => {
                self.cells(others, *at as usize)
            }
            (Some(Row::Cells(cells)), Some(_)) => self.cells(cells, to),
            _ => None,
        };
        found.unwrap_or(&self.blank)
    }

    fn cells<'c>(&self, cells: &'c [Cell], at: usize) -> Option<&'c [Cell]> {
        cells.get(at * self.services..(at + 1) * self.services)
    }
}
