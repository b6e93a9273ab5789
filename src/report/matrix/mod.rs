//! All pairs, one file a format: text, CSV, JSON lines, HTML. Text, JSON lines and HTML go by groups of
//! endpoints that nothing tells apart; CSV has a line for every pair.

mod csv;
mod html;
mod lines;
mod text;

pub use csv::csv;
pub use html::html;
pub use lines::lines;
pub use text::text;

use crate::engine::latency::latency;
use crate::engine::matrix::{Cell, Matrix};
use crate::engine::{Engine, check};
use crate::net::{PortSet, Protocol};

/// A matrix by groups, as its documents show it.
#[derive(Debug, Clone)]
pub struct Folded<'m> {
    /// The matrix.
    pub matrix: &'m Matrix,
    /// The groups, each by its members' positions.
    pub groups: Vec<Vec<usize>>,
    /// The latency between two groups, where it was asked for and something gets through: the median and
    /// the 95th percentile of a round trip, in microseconds.
    latencies: Vec<Option<[f64; 2]>>,
}

impl<'m> Folded<'m> {
    /// The groups of a matrix.
    #[must_use]
    pub fn of(matrix: &'m Matrix) -> Self {
        Self {
            matrix,
            groups: matrix.groups(),
            latencies: Vec::new(),
        }
    }

    /// With the latency of each pair of groups: that of their first members, by the first service that
    /// gets through as a whole.
    #[must_use]
    pub fn with_latency(mut self, engine: &Engine<'_>) -> Self {
        let count = self.groups.len();
        let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
        self.latencies = pairs
            .map(|(from, to)| self.measured(engine, from, to))
            .collect();
        self
    }

    fn measured(&self, engine: &Engine<'_>, from: usize, to: usize) -> Option<[f64; 2]> {
        let (a, b) = self.ends(from, to)?;
        let at = self
            .matrix
            .pair(a, b)
            .iter()
            .position(|cell| *cell == Cell::Yes)?;
        let question = self.matrix.question(engine.network(), a, b, at)?;
        let answer = check(engine, &question).ok()?.into_iter().next()?;
        let [median, _, most, _] = latency(engine.network(), &answer)?.percentiles;
        Some([median, most])
    }

    /// Two endpoints that stand for two groups; none where a group of one meets itself.
    fn ends(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let (from, to) = (self.groups.get(from)?, self.groups.get(to)?);
        let a = *from.first()?;
        let b = to.iter().copied().find(|own| *own != a)?;
        Some((a, b))
    }

    /// The cells between two groups.
    fn pair(&self, from: usize, to: usize) -> &[Cell] {
        match self.ends(from, to) {
            Some((a, b)) => self.matrix.pair(a, b),
            None => &[],
        }
    }

    fn latency(&self, from: usize, to: usize) -> Option<[f64; 2]> {
        self.latencies
            .get(from * self.groups.len() + to)
            .copied()
            .flatten()
    }

    /// The names of a group's members.
    fn names(&self, group: usize) -> Vec<&str> {
        let members = self.groups.get(group).into_iter().flatten();
        let parties = members.filter_map(|at| self.matrix.parties.get(*at));
        parties.map(|own| &*own.name).collect()
    }

    /// The groups that are asked about as sources, or as destinations.
    fn sided(&self, source: bool) -> Vec<usize> {
        let asked = |at: &usize| {
            let first = self.groups.get(*at).and_then(|own| own.first());
            let party = first.and_then(|own| self.matrix.parties.get(*own));
            party.is_some_and(|own| if source { own.from } else { own.to })
        };
        (0..self.groups.len()).filter(asked).collect()
    }
}

/// `tcp/443`, `icmp`.
fn service((protocol, ports): &(Protocol, PortSet)) -> String {
    if protocol.has_ports() {
        format!("{}/{}", protocol.lower(), super::reach::port_text(ports))
    } else {
        protocol.lower().to_owned()
    }
}

/// The word for a cell.
const fn word(cell: Cell) -> &'static str {
    match cell {
        Cell::Blank => "",
        Cell::No => "no",
        Cell::Unknown => "unknown",
        Cell::Partly => "partly",
        Cell::Yes => "yes",
    }
}

/// `A` … `Z`, `AA` …: what a group is called.
fn letter(at: usize) -> String {
    let mut rest = at;
    let mut name = String::new();
    loop {
        let digit = u8::try_from(rest % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + digit));
        if rest < 26 {
            return name;
        }
        rest = rest / 26 - 1;
    }
}

/// Microseconds in milliseconds, to one place.
fn milliseconds(microseconds: f64) -> String {
    format!("{:.1}", microseconds / 1000.0)
}
