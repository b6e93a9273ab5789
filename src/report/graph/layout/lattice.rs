//! The lattice that lines run along: what each of its points costs, and which lines are there already.

use super::PITCH;
use super::pieces::{Area, Drawing, Point};

/// A point of the lattice, by column and row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Spot {
    pub column: i32,
    pub row: i32,
}

impl Spot {
    pub const fn point(self) -> Point {
        Point {
            x: self.column * PITCH,
            y: self.row * PITCH,
        }
    }
}

/// Which way a line runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Way {
    Right,
    Down,
    Left,
    Up,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Right, Self::Down, Self::Left, Self::Up];

    pub const fn index(self) -> usize {
        self as usize
    }

    pub const fn is_flat(self) -> bool {
        matches!(self, Self::Right | Self::Left)
    }

    pub const fn back(self) -> Self {
        match self {
            Self::Right => Self::Left,
            Self::Down => Self::Up,
            Self::Left => Self::Right,
            Self::Up => Self::Down,
        }
    }

    pub const fn from(self, spot: Spot) -> Spot {
        let (column, row) = match self {
            Self::Right => (1, 0),
            Self::Down => (0, 1),
            Self::Left => (-1, 0),
            Self::Up => (0, -1),
        };
        Spot {
            column: spot.column + column,
            row: spot.row + row,
        }
    }
}

/// What a point that a node covers costs: more than any way around it.
const NODE: u32 = 20_000;
/// What a point costs at which something is written.
const TEXT: u32 = 1_500;
/// What a step along the edge of a box costs.
const EDGE: u32 = 60;
/// What a step through the edge of a box costs.
const THROUGH: u32 = 4;

/// No box.
pub(super) const NOWHERE: u16 = u16::MAX;

/// A text with some room around it.
const fn grown(area: Area) -> Area {
    Area {
        x: area.x - 6,
        y: area.y - 2,
        w: area.w + 12,
        h: area.h + 4,
    }
}

/// The lattice.
pub(super) struct Lattice {
    pub columns: i32,
    pub rows: i32,
    /// What a step to a point costs, flat and upright, beside its length.
    cost: [Vec<u32>; 2],
    /// The innermost box that each point lies in.
    inside: Vec<u16>,
    /// Which group of lines runs over each point, flat and upright; 0 for none.
    lines: [Vec<u32>; 2],
}

impl Lattice {
    /// The lattice of a drawing without lines.
    pub fn new(drawing: &Drawing) -> Self {
        let columns = drawing.width / PITCH + 1;
        let rows = drawing.height / PITCH + 1;
        let count = usize::try_from(columns.max(1)).unwrap_or(1)
            * usize::try_from(rows.max(1)).unwrap_or(1);
        let mut lattice = Self {
            columns,
            rows,
            cost: [vec![0; count], vec![0; count]],
            inside: vec![NOWHERE; count],
            lines: [vec![0; count], vec![0; count]],
        };
        for (at, frame) in drawing.frames.iter().enumerate() {
            let number = u16::try_from(at).unwrap_or(NOWHERE - 1);
            lattice.frame(frame.area, number);
        }
        for frame in &drawing.frames {
            let pills = frame.badges.iter().map(|pill| pill.area);
            let texts = [Some(frame.name.area), frame.detail.as_ref().map(|t| t.area)];
            for area in texts.into_iter().flatten().chain(pills) {
                lattice.cover(grown(area), TEXT);
            }
        }
        for node in &drawing.nodes {
            lattice.cover(node.area, NODE);
        }
        lattice
    }

    fn frame(&mut self, area: Area, number: u16) {
        let (left, right) = (area.x / PITCH, (area.x + area.w) / PITCH);
        let (top, bottom) = (area.y / PITCH, (area.y + area.h) / PITCH);
        for row in top..=bottom {
            for column in left..=right {
                let Some(at) = self.at(Spot { column, row }) else {
                    continue;
                };
                let upright_edge = column == left || column == right;
                let flat_edge = row == top || row == bottom;
                if upright_edge {
                    self.cost[0][at] += THROUGH;
                    self.cost[1][at] += EDGE;
                }
                if flat_edge {
                    self.cost[1][at] += THROUGH;
                    self.cost[0][at] += EDGE;
                }
                if !upright_edge && !flat_edge {
                    self.inside[at] = number;
                }
            }
        }
    }

    /// Makes all points that an area covers or touches dear.
    fn cover(&mut self, area: Area, cost: u32) {
        let first = |length: i32| (length + PITCH - 1).div_euclid(PITCH);
        let last = |length: i32| length.div_euclid(PITCH);
        for row in first(area.y)..=last(area.y + area.h) {
            for column in first(area.x)..=last(area.x + area.w) {
                if let Some(at) = self.at(Spot { column, row }) {
                    self.cost[0][at] += cost;
                    self.cost[1][at] += cost;
                }
            }
        }
    }

    /// The number of a point, if it is one.
    pub fn at(&self, spot: Spot) -> Option<usize> {
        let inside =
            spot.column >= 0 && spot.row >= 0 && spot.column < self.columns && spot.row < self.rows;
        inside
            .then(|| usize::try_from(spot.row * self.columns + spot.column).ok())
            .flatten()
    }

    pub fn spot(&self, at: usize) -> Spot {
        let at = i32::try_from(at).unwrap_or(0);
        Spot {
            column: at % self.columns,
            row: at / self.columns,
        }
    }

    pub fn len(&self) -> usize {
        self.inside.len()
    }

    pub fn inside(&self, at: usize) -> u16 {
        self.inside[at]
    }

    pub fn cost(&self, at: usize, way: Way) -> u32 {
        self.cost[usize::from(!way.is_flat())][at]
    }

    /// Which lines run over a point in that direction, and which across it.
    pub fn lines(&self, at: usize, way: Way) -> (u32, u32) {
        let flat = usize::from(!way.is_flat());
        (self.lines[flat][at], self.lines[1 - flat][at])
    }

    /// Notes a line.
    pub fn run(&mut self, spots: &[Spot], group: u32) {
        for pair in spots.windows(2) {
            let [from, to] = pair else { continue };
            let flat = usize::from(from.row != to.row);
            for spot in [from, to] {
                if let Some(at) = self.at(*spot) {
                    self.lines[flat][at] = group;
                }
            }
        }
    }
}
