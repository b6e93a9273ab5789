//! From the values of a field to the rows of their classes, in a step for its first two bytes and one for each
//! byte behind. The steps are always all taken: a branch that nobody foresees takes longer.

use std::collections::HashMap;

use super::Word;

/// From values to rows, for fields of four bytes at most.
#[derive(Debug)]
pub(super) struct Steps {
    /// For the first two bytes which of the tables goes on, or which row it is where nothing is behind.
    first: Vec<u16>,
    /// The same for each byte behind.
    tables: Vec<[u16; 256]>,
}

/// How many values two bytes have.
const FIRST: usize = 1 << 16;

/// Of more tables, half a kilobyte each, the room is not worth it.
const MOST: usize = 2048;

/// What is made.
struct Making {
    steps: Steps,
    /// The tables that lead to one row whatever comes, by the bits that are behind them.
    alike: HashMap<(u32, u16), u16>,
}

impl Steps {
    /// Of the intervals of a field, which are all of its values in their order, each with its row; none where
    /// the field is long, or there are too many.
    pub fn of<T: Word>(pieces: impl Iterator<Item = (T, T, usize)>) -> Option<Self> {
        if T::BITS > 32 {
            return None;
        }
        let steps = Self {
            first: vec![0; FIRST],
            tables: Vec::new(),
        };
        let mut making = Making {
            steps,
            alike: HashMap::new(),
        };
        for (from, to, row) in pieces {
            let row = u16::try_from(row).ok()?;
            making.fill(None, T::BITS - 16, (from.above(0), to.above(0)), row)?;
        }
        Some(making.steps)
    }

    /// The row of a value.
    #[inline]
    pub fn row<T: Word>(&self, value: T) -> usize {
        let mut below = T::BITS - 16;
        let mut at = self
            .first
            .get(value.above(below) as usize % FIRST)
            .map_or(0, |at| *at);
        while below > 0 {
            below -= 8;
            let table = self.tables.get(usize::from(at));
            at = table.map_or(0, |table| table[value.above(below) as usize % 256]);
        }
        usize::from(at)
    }
}

impl Making {
    fn cells(&mut self, table: Option<u16>) -> &mut [u16] {
        match table {
            None => &mut self.steps.first,
            Some(table) => &mut self.steps.tables[usize::from(table)],
        }
    }

    fn table(&mut self, cells: u16) -> Option<u16> {
        let next = u16::try_from(self.steps.tables.len()).ok()?;
        (usize::from(next) < MOST).then(|| {
            self.steps.tables.push([cells; 256]);
            next
        })
    }

    /// What leads to a row, whatever the last bits are.
    fn alike(&mut self, bits: u32, row: u16) -> Option<u16> {
        if bits == 0 {
            return Some(row);
        }
        if let Some(known) = self.alike.get(&(bits, row)) {
            return Some(*known);
        }
        let behind = self.alike(bits - 8, row)?;
        let table = self.table(behind)?;
        self.alike.insert((bits, row), table);
        Some(table)
    }

    /// Lets the values from one to another end at a row. A table looks at all but their `below` lowest bits, and
    /// in those before it they agree.
    fn fill(
        &mut self,
        table: Option<u16>,
        below: u32,
        (from, to): (u32, u32),
        row: u16,
    ) -> Option<()> {
        let cells = self.cells(table).len();
        let rest = u32::MAX.checked_shr(32 - below).unwrap_or(0);
        for above in from >> below..=to >> below {
            let (first, last) = (above << below, above << below | rest);
            let part = (first.max(from), last.min(to));
            let cell = above as usize % cells;
            // The intervals come in their order: the first of a cell's opens it.
            if part == (first, last) {
                let next = self.alike(below, row)?;
                self.cells(table)[cell] = next;
            } else {
                if part.0 == first {
                    let next = self.table(0)?;
                    self.cells(table)[cell] = next;
                }
                let next = self.cells(table)[cell];
                self.fill(Some(next), below - 8, part, row)?;
            }
        }
        Some(())
    }
}
