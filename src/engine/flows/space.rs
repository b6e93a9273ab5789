//! Sets of flows as interned rows: by destination, then service, then source port, down to rows of sources.
//!
//! A row says for each interval of a scale which row of the next scale holds there; equal rows are one, and
//! a row that says the same everywhere is left out. So a set has one form only: two sets are equal where
//! their numbers are. The intervals are just those that a set needs, so that nothing has to know beforehand
//! which addresses and ports a network tells apart.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet, FxHasher};

use super::scale::{self, SCALES};

/// A set's number in its space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Row(u32);

/// No flow.
pub const NONE: Row = Row(0);
/// Every flow, as far as the scales that are left go.
pub const ALL: Row = Row(1);

/// An interval, up to its end, with what holds there.
type Piece = (u128, Row);

/// What a row says; the last piece ends where the scale does.
#[derive(Debug)]
struct Cells {
    scale: u8,
    pieces: Box<[Piece]>,
    /// The point of each scale at which all of its flows are, where they are at one.
    points: Points,
}

/// What a row is found by. Its hash is kept, so that a table that grows does not look at all rows again.
#[derive(Debug)]
struct Known {
    hash: u64,
    cells: Rc<Cells>,
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        let (own, other_cells) = (&self.cells, &other.cells);
        (self.hash, own.scale) == (other.hash, other_cells.scale)
            && own.pieces == other_cells.pieces
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// A point of each scale, where there is one only.
pub type Points = [Option<u128>; SCALES as usize];

/// A way of cutting sets into parts, scale by scale.
pub trait Cut {
    /// What is known of a part so far.
    type State: Clone + Eq + Hash;
    /// What is true of a part.
    type Key: Copy + Eq + Hash;

    /// What is true whatever the scales from `scale` on say, where that is known.
    fn settled(&self, scale: u8, state: &Self::State) -> Option<Self::Key>;

    /// The pieces of `first` to `last`, each by its end, with what is known then; together they are the whole.
    fn pieces(
        &self,
        scale: u8,
        state: &Self::State,
        first: u128,
        last: u128,
        pieces: &mut Vec<(u128, Self::State)>,
    );

    /// Whether a row of so many pieces is better cut as a whole than piece by piece.
    fn at_once(&self, _: u8, _: &Self::State, _: usize) -> bool {
        false
    }
}

/// The parts of a row, by what is true of them.
type Cuts<K> = Rc<[(K, Row)]>;

/// Two sets together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Join {
    Union,
    Intersection,
    Difference,
}

#[derive(Debug, Default)]
struct Rows {
    cells: Vec<Rc<Cells>>,
    numbers: FxHashMap<Known, Row>,
    joined: FxHashMap<(Join, Row, Row), Row>,
}

/// Where sets of flows are kept, each once.
#[derive(Debug, Default)]
pub struct Space(RefCell<Rows>);

impl Space {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The parts of a set, by what `cut` finds of them; parts of one kind are one.
    pub(super) fn cut<C: Cut>(&self, cut: &C, row: Row, start: C::State) -> Cuts<C::Key> {
        let mut work = Work {
            rows: &mut self.0.borrow_mut(),
            known: FxHashMap::default(),
            cut,
        };
        work.parts(row, 0, start)
    }

    /// The flows within ranges of each scale, which are sorted and apart.
    pub(super) fn within(&self, ranges: [&[(u128, u128)]; SCALES as usize]) -> Row {
        let mut rows = self.0.borrow_mut();
        let mut row = ALL;
        for (scale, ranges) in (0..SCALES).zip(ranges).rev() {
            let mut pieces = Pieces::new(scale, 2 * ranges.len() + 1);
            for (first, last) in ranges {
                pieces.add(*first, *last, row);
            }
            row = rows.intern(pieces);
        }
        row
    }

    /// What belongs to either.
    pub(super) fn union(&self, a: Row, b: Row) -> Row {
        self.0.borrow_mut().join(Join::Union, a, b)
    }

    /// What belongs to both.
    pub(super) fn intersection(&self, a: Row, b: Row) -> Row {
        self.0.borrow_mut().join(Join::Intersection, a, b)
    }

    /// What belongs to `a` alone.
    pub(super) fn difference(&self, a: Row, b: Row) -> Row {
        self.0.borrow_mut().join(Join::Difference, a, b)
    }

    /// The flows that a set has from any source, all from this one.
    pub(super) fn moved(&self, row: Row, source: u128) -> Row {
        let mut rows = self.0.borrow_mut();
        let own = rows.source(source);
        rows.below_ports(row, &|_, _| own, &mut FxHashMap::default())
    }

    /// Those of the flows that come from this source.
    pub(super) fn from_source(&self, row: Row, source: u128) -> Row {
        let mut rows = self.0.borrow_mut();
        let own = rows.source(source);
        let kept = |rows: &Rows, row| {
            let pieces = rows.cells_of(row).map(|cells| &cells.pieces);
            let at = pieces.and_then(|pieces| {
                let at = pieces.partition_point(|(end, _)| *end < source);
                pieces.get(at)
            });
            // A row without cells is of every source.
            if at.is_some_and(|(_, below)| *below == NONE) {
                NONE
            } else {
                own
            }
        };
        rows.below_ports(row, &kept, &mut FxHashMap::default())
    }

    /// Where a set says something else of a source than of the one before it, anywhere.
    pub(super) fn source_cuts(&self, row: Row) -> Vec<u128> {
        let rows = self.0.borrow();
        let (mut cuts, mut seen, mut left) = (Vec::new(), FxHashSet::default(), vec![row]);
        while let Some(row) = left.pop() {
            let Some(cells) = rows.cells_of(row).filter(|_| seen.insert(row)) else {
                continue;
            };
            if cells.scale == scale::SOURCE {
                cuts.extend(
                    cells
                        .pieces
                        .iter()
                        .filter_map(|(end, _)| end.checked_add(1)),
                );
            } else {
                left.extend(cells.pieces.iter().map(|(_, below)| *below));
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// One point of each scale that belongs to a set: the first, unless `wanted` does as well.
    pub(super) fn point(&self, mut row: Row, wanted: [Option<u128>; 4]) -> [u128; 4] {
        let rows = self.0.borrow();
        let mut found = [0; 4];
        for ((scale, place), wanted) in (0..SCALES).zip(&mut found).zip(wanted) {
            let cells = rows.cells_of(row).filter(|cells| cells.scale == scale);
            let Some(cells) = cells else {
                *place = wanted.unwrap_or_default();
                continue;
            };
            let at = wanted.map(|at| cells.pieces.partition_point(|(end, _)| *end < at));
            let usual = at
                .and_then(|at| cells.pieces.get(at))
                .filter(|(_, below)| *below != NONE);
            if let (Some(wanted), Some((_, below))) = (wanted, usual) {
                (*place, row) = (wanted, *below);
                continue;
            }
            let mut first = 0;
            for (end, below) in &cells.pieces {
                if *below != NONE {
                    (*place, row) = (first, *below);
                    break;
                }
                first = end.saturating_add(1);
            }
        }
        found
    }

    /// The point of each scale at which all flows of a set are, where they are at one.
    pub(super) fn points(&self, row: Row) -> Points {
        let rows = self.0.borrow();
        rows.cells_of(row).map_or([None; 4], |cells| cells.points)
    }

    /// What a set says on a scale: ranges with what holds there, those of one kind together, in the order
    /// of their first points. A set that says nothing on the scale holds on all of it.
    pub(super) fn kinds(&self, row: Row, scale: u8) -> Vec<(Row, Vec<(u128, u128)>)> {
        if row == NONE {
            return Vec::new();
        }
        let rows = self.0.borrow();
        let Some(cells) = rows.cells_of(row).filter(|cells| cells.scale == scale) else {
            return vec![(row, vec![(0, scale::last(scale))])];
        };
        let mut kinds: IndexMap<Row, Vec<(u128, u128)>, FxBuildHasher> = IndexMap::default();
        let mut first = 0;
        for (end, below) in &cells.pieces {
            if *below != NONE {
                kinds.entry(*below).or_default().push((first, *end));
            }
            first = end.saturating_add(1);
        }
        kinds.into_iter().collect()
    }
}

impl Rows {
    fn cells_of(&self, row: Row) -> Option<&Rc<Cells>> {
        self.cells.get((row.0 as usize).checked_sub(2)?)
    }

    fn intern(&mut self, pieces: Pieces) -> Row {
        let Pieces {
            scale,
            next,
            mut pieces,
        } = pieces;
        let last = scale::last(scale);
        if next.is_some_and(|next| next <= last) {
            push(&mut pieces, last, NONE);
        }
        if let [(_, same)] = pieces.as_slice() {
            return *same;
        }
        let mut hasher = FxHasher::default();
        (scale, &pieces).hash(&mut hasher);
        let known = Known {
            hash: hasher.finish(),
            cells: Rc::new(Cells {
                scale,
                points: self.points_of(scale, &pieces),
                pieces: pieces.into_boxed_slice(),
            }),
        };
        match self.numbers.entry(known) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let row = Row(u32::try_from(self.cells.len() + 2).unwrap_or(u32::MAX));
                self.cells.push(Rc::clone(&new.key().cells));
                *new.insert(row)
            }
        }
    }

    /// The row of one source.
    fn source(&mut self, source: u128) -> Row {
        let mut pieces = Pieces::new(scale::SOURCE, 3);
        pieces.add(source, source, ALL);
        self.intern(pieces)
    }

    /// A set with other rows of sources, each by the one that it had.
    fn below_ports(
        &mut self,
        row: Row,
        other: &impl Fn(&Self, Row) -> Row,
        known: &mut FxHashMap<Row, Row>,
    ) -> Row {
        if row == NONE {
            return NONE;
        }
        if let Some(row) = known.get(&row) {
            return *row;
        }
        let cells = self.cells_of(row).cloned();
        let new = match cells.filter(|cells| cells.scale < scale::SOURCE) {
            None => other(self, row),
            Some(cells) => {
                let mut pieces = Pieces::new(cells.scale, cells.pieces.len());
                // Neighbours with nothing between them mostly hold the same.
                let mut last = (NONE, NONE);
                for (end, below) in &cells.pieces {
                    if *below != NONE && *below != last.0 {
                        last = (*below, self.below_ports(*below, other, known));
                    }
                    let below = if *below == NONE { NONE } else { last.1 };
                    push(&mut pieces.pieces, *end, below);
                }
                pieces.next = None;
                self.intern(pieces)
            }
        };
        known.insert(row, new);
        new
    }

    fn points_of(&self, scale: u8, pieces: &[Piece]) -> Points {
        let mut points: Option<Points> = None;
        let (mut last, mut first) = (NONE, 0);
        for (end, below) in pieces {
            let start = first;
            first = end.saturating_add(1);
            if *below == NONE {
                continue;
            }
            let beneath = || {
                let cells = self.cells_of(*below);
                cells.map_or_else(Points::default, |cells| cells.points)
            };
            let at = usize::from(scale);
            match &mut points {
                None => {
                    let mut own = beneath();
                    if let Some(place) = own.get_mut(at).filter(|_| start == *end) {
                        *place = Some(start);
                    }
                    points = Some(own);
                }
                Some(known) => {
                    if let Some(place) = known.get_mut(at) {
                        *place = None;
                    }
                    if *below != last {
                        *known = common(*known, beneath());
                    }
                    if *known == Points::default() {
                        break;
                    }
                }
            }
            last = *below;
        }
        points.unwrap_or_default()
    }

    fn join(&mut self, how: Join, a: Row, b: Row) -> Row {
        let simple = match (how, a, b) {
            (Join::Union, NONE, other) | (Join::Union, other, NONE) => Some(other),
            (Join::Union, ALL, _) | (Join::Union, _, ALL) => Some(ALL),
            (Join::Intersection, NONE, _) | (Join::Intersection, _, NONE) => Some(NONE),
            (Join::Intersection, ALL, other) | (Join::Intersection, other, ALL) => Some(other),
            (Join::Difference, NONE, _) | (Join::Difference, _, ALL) => Some(NONE),
            (Join::Difference, own, NONE) => Some(own),
            (Join::Difference, a, b) if a == b => Some(NONE),
            (_, a, b) if a == b => Some(a),
            _ => None,
        };
        if let Some(row) = simple {
            return row;
        }
        let key = match how {
            Join::Difference => (how, a, b),
            _ => (how, a.min(b), a.max(b)),
        };
        if let Some(row) = self.joined.get(&key) {
            return *row;
        }
        let (left, right) = (self.cells_of(a).cloned(), self.cells_of(b).cloned());
        let scale_of =
            |cells: &Option<Rc<Cells>>| cells.as_ref().map_or(SCALES, |cells| cells.scale);
        let scale = scale_of(&left).min(scale_of(&right));
        let last = scale::last(scale);
        let (whole_a, whole_b) = ([(last, a)], [(last, b)]);
        let pieces_of = |cells: &Option<Rc<Cells>>| {
            cells
                .as_ref()
                .filter(|cells| cells.scale == scale)
                .map(Rc::clone)
        };
        let (left, right) = (pieces_of(&left), pieces_of(&right));
        let left: &[Piece] = left.as_ref().map_or(&whole_a, |cells| &cells.pieces);
        let right: &[Piece] = right.as_ref().map_or(&whole_b, |cells| &cells.pieces);
        let mut pieces = Pieces::new(scale, left.len().max(right.len()));
        let (mut at_left, mut at_right, mut first) = (0, 0, 0);
        while let (Some((end_a, below_a)), Some((end_b, below_b))) =
            (left.get(at_left), right.get(at_right))
        {
            let end = *end_a.min(end_b);
            let below = self.join(how, *below_a, *below_b);
            pieces.add(first, end, below);
            at_left += usize::from(*end_a == end);
            at_right += usize::from(*end_b == end);
            first = end.saturating_add(1);
        }
        let row = self.intern(pieces);
        self.joined.insert(key, row);
        row
    }
}

/// The points that two have in common.
fn common(a: Points, b: Points) -> Points {
    let mut both = a;
    for (own, other) in both.iter_mut().zip(b) {
        *own = own.filter(|point| Some(*point) == other);
    }
    both
}

/// A row in the making.
struct Pieces {
    scale: u8,
    /// The first point of which nothing is said yet.
    next: Option<u128>,
    pieces: Vec<Piece>,
}

impl Pieces {
    fn new(scale: u8, about: usize) -> Self {
        Self {
            scale,
            next: Some(0),
            pieces: Vec::with_capacity(about),
        }
    }

    /// Says what holds from `first` to `last`, which lie behind what was said before.
    fn add(&mut self, first: u128, last: u128, below: Row) {
        if self.next.is_some_and(|next| next < first) {
            push(&mut self.pieces, first - 1, NONE);
        }
        push(&mut self.pieces, last, below);
        self.next = last.checked_add(1);
    }
}

fn push(pieces: &mut Vec<Piece>, end: u128, below: Row) {
    match pieces.last_mut() {
        Some((last, same)) if *same == below => *last = end,
        _ => pieces.push((end, below)),
    }
}

/// One cut, going on.
struct Work<'r, 'c, C: Cut> {
    rows: &'r mut Rows,
    known: FxHashMap<(Row, u8, C::State), Cuts<C::Key>>,
    cut: &'c C,
}

impl<C: Cut> Work<'_, '_, C> {
    fn parts(&mut self, row: Row, scale: u8, state: C::State) -> Cuts<C::Key> {
        if row == NONE {
            return Rc::new([]);
        }
        if let Some(key) = self.cut.settled(scale, &state) {
            return Rc::new([(key, row)]);
        }
        if scale >= SCALES {
            return Rc::new([]);
        }
        let key = (row, scale, state);
        if let Some(parts) = self.known.get(&key) {
            return Rc::clone(parts);
        }
        let state = &key.2;
        let cells = self
            .rows
            .cells_of(row)
            .filter(|cells| cells.scale == scale)
            .cloned();
        let whole = [(scale::last(scale), row)];
        let pieces: &[Piece] = cells.as_ref().map_or(&whole, |cells| &cells.pieces);
        let mut parts: IndexMap<C::Key, Pieces, FxBuildHasher> = IndexMap::default();
        let about = pieces.len() + 2;
        let mut cuts = Vec::new();
        let mut at = 0;
        let at_once = self.cut.at_once(scale, state, pieces.len());
        if at_once {
            self.cut
                .pieces(scale, state, 0, scale::last(scale), &mut cuts);
        }
        let mut first = 0;
        for (end, below) in pieces {
            let mut start = first;
            first = end.saturating_add(1);
            if *below == NONE {
                continue;
            }
            if at_once {
                let cuts = cuts.get(at..).unwrap_or_default();
                at += cuts.partition_point(|(stop, _)| *stop < start);
            } else {
                cuts.clear();
                at = 0;
                self.cut.pieces(scale, state, start, *end, &mut cuts);
            }
            while let Some((stop, then)) = cuts.get(at).filter(|_| start <= *end) {
                let last = *stop.min(end);
                let mut add = |key, part| {
                    let own = parts.entry(key);
                    let own = own.or_insert_with(|| Pieces::new(scale, about));
                    own.add(start, last, part);
                };
                match self.cut.settled(scale + 1, then) {
                    Some(key) => add(key, *below),
                    None => {
                        let below = self.parts(*below, scale + 1, then.clone());
                        below.iter().for_each(|(key, part)| add(*key, *part));
                    }
                }
                at += usize::from(last == *stop);
                if last == *end {
                    break;
                }
                start = last + 1;
            }
        }
        let parts: Cuts<C::Key> = parts
            .into_iter()
            .map(|(key, pieces)| (key, self.rows.intern(pieces)))
            .collect();
        self.known.insert(key, Rc::clone(&parts));
        parts
    }
}
