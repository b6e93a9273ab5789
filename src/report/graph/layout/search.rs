//! The cheapest way of a line from one box or node to another: A* over the lattice.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::PITCH;
use super::lattice::{Lattice, NOWHERE, Spot, Way};
use super::pieces::Area;

/// What a step costs, and what it costs along a line of the same group.
const STEP: u32 = 10;
const SHARED: u32 = 8;
/// What a step is guessed to cost of those that are still ahead. It is somewhat more than the least, so
/// that far less is looked at; the way that is found is then no more than that much off the cheapest. Of
/// many lines each is looked for less and less far around.
const AHEAD: u32 = 12;
const MANY: usize = 50;

/// What a step is guessed to cost where so many lines are looked for.
pub(super) fn guess(lines: usize) -> u32 {
    let over = lines.saturating_sub(MANY) / 4;
    AHEAD + u32::try_from(over).unwrap_or(u32::MAX).min(200)
}
/// What a bend costs.
const BEND: u32 = 45;
/// What a step costs along another line, and across one.
const ALONG: u32 = 140;
const ACROSS: u32 = 35;
/// What a step costs along a line that does not hinder.
const OVER: u32 = 20;

/// What a line is looked for between.
pub(super) struct Wanted<'w> {
    pub from: Area,
    pub to: Area,
    /// Lines of the same group may share a way.
    pub group: u32,
    /// What being in each box costs, by its position.
    pub frames: &'w [u32],
    /// Groups that it may run along for nothing.
    pub over: &'w [u32],
    /// What a step that is still ahead is guessed to cost.
    pub guess: u32,
    /// Lines up to this group do not hinder it.
    pub ignored: u32,
}

/// What the search remembers of each point and direction.
pub(super) struct Memory {
    cost: Vec<u32>,
    before: Vec<u32>,
    round: Vec<u32>,
    now: u32,
}

impl Memory {
    pub fn new(lattice: &Lattice) -> Self {
        let count = lattice.len() * 4;
        Self {
            cost: vec![0; count],
            before: vec![u32::MAX; count],
            round: vec![0; count],
            now: 0,
        }
    }

    /// Notes a way to a state if it is cheaper than what is known.
    fn improve(&mut self, state: usize, cost: u32, before: u32) -> bool {
        if self.round[state] == self.now && self.cost[state] <= cost {
            return false;
        }
        self.round[state] = self.now;
        self.cost[state] = cost;
        self.before[state] = before;
        true
    }
}

/// The points around an area at which a line may leave it, with the way that leads out and what it costs to
/// be off the middle.
fn gates(area: Area) -> Vec<(Spot, Way, u32)> {
    let (left, right) = (area.x / PITCH, (area.x + area.w) / PITCH);
    let (top, bottom) = (area.y / PITCH, (area.y + area.h) / PITCH);
    let mut all = Vec::new();
    let off = |at: i32, first: i32, last: i32| {
        let middle = (first + last) / 2;
        at.abs_diff(middle) * 3
    };
    for column in left + 1..right {
        let cost = off(column, left, right);
        all.push((Spot { column, row: top }, Way::Up, cost));
        all.push((
            Spot {
                column,
                row: bottom,
            },
            Way::Down,
            cost,
        ));
    }
    for row in top + 1..bottom {
        let cost = off(row, top, bottom);
        all.push((Spot { column: left, row }, Way::Left, cost));
        all.push((Spot { column: right, row }, Way::Right, cost));
    }
    all
}

/// The points of the cheapest way, from the edge of one area to that of the other.
pub(super) fn search(
    lattice: &Lattice,
    memory: &mut Memory,
    wanted: &Wanted<'_>,
) -> Option<Vec<Spot>> {
    memory.now += 1;
    let mut queue: BinaryHeap<Reverse<(u32, u32)>> = BinaryHeap::new();
    let state = |at: usize, way: Way| at * 4 + way.index();
    let ahead = |spot: Spot| {
        let beyond = |at: i32, first: i32, last: i32| (first - at).max(at - last).max(0);
        let to = wanted.to;
        let columns = beyond(spot.column, to.x / PITCH, (to.x + to.w) / PITCH);
        let rows = beyond(spot.row, to.y / PITCH, (to.y + to.h) / PITCH);
        let turn = if columns > 0 && rows > 0 { BEND } else { 0 };
        wanted.guess * (columns + rows).unsigned_abs() + turn
    };
    for (gate, way, off) in gates(wanted.from) {
        let next = way.from(gate);
        let (Some(at), Some(own)) = (lattice.at(next), lattice.at(gate)) else {
            continue;
        };
        let cost = off + step(lattice, wanted, at, way) + busy(lattice, wanted, own, way);
        let key = state(at, way);
        if memory.improve(key, cost, u32::MAX) {
            let number = u32::try_from(key).ok()?;
            queue.push(Reverse((cost + ahead(next), number)));
        }
    }
    let mut ends: HashMap<usize, Vec<(Spot, Way, u32)>> = HashMap::new();
    for (gate, way, off) in gates(wanted.to) {
        if let Some(at) = lattice.at(way.from(gate)) {
            ends.entry(at).or_default().push((gate, way.back(), off));
        }
    }
    // The best end that was found so far.
    let mut best: Option<(u32, usize, Spot)> = None;
    while let Some(Reverse((bound, number))) = queue.pop() {
        if best.is_some_and(|(cost, _, _)| cost <= bound) {
            break;
        }
        let key = usize::try_from(number).ok()?;
        let (at, way) = (key / 4, Way::ALL[key % 4]);
        let spot = lattice.spot(at);
        let cost = memory.cost[key];
        if bound > cost + ahead(spot) {
            continue;
        }
        for (gate, into, off) in ends.get(&at).into_iter().flatten() {
            let bend = if *into == way { 0 } else { BEND };
            let busy = lattice
                .at(*gate)
                .map_or(0, |own| busy(lattice, wanted, own, *into));
            let total = cost + bend + off + busy + STEP;
            if best.is_none_or(|(known, _, _)| total < known) {
                best = Some((total, key, *gate));
            }
        }
        for next_way in Way::ALL {
            if next_way == way.back() {
                continue;
            }
            let next = next_way.from(spot);
            let Some(next_at) = lattice.at(next) else {
                continue;
            };
            let bend = if next_way == way { 0 } else { BEND };
            let cost = cost + bend + step(lattice, wanted, next_at, next_way);
            let next_key = state(next_at, next_way);
            if memory.improve(next_key, cost, number) {
                let number = u32::try_from(next_key).ok()?;
                queue.push(Reverse((cost + ahead(next), number)));
            }
        }
    }
    let (_, mut key, gate) = best?;
    let mut spots = vec![gate];
    loop {
        spots.push(lattice.spot(key / 4));
        let before = memory.before[key];
        if before == u32::MAX {
            let way = Way::ALL[key % 4];
            spots.push(way.back().from(lattice.spot(key / 4)));
            break;
        }
        key = usize::try_from(before).ok()?;
    }
    spots.reverse();
    Some(spots)
}

/// What a step to a point costs.
fn step(lattice: &Lattice, wanted: &Wanted<'_>, at: usize, way: Way) -> u32 {
    let inside = lattice.inside(at);
    let frame = if inside == NOWHERE {
        0
    } else {
        wanted.frames.get(usize::from(inside)).copied().unwrap_or(0)
    };
    let (along, across) = lattice.lines(at, way);
    let hindered = |group: u32| group > wanted.ignored && group != wanted.group;
    let shared = along == wanted.group || (along != 0 && wanted.over.contains(&along));
    let base = if shared { SHARED } else { STEP };
    let mut cost = base + lattice.cost(at, way) + frame;
    if hindered(along) && !shared {
        cost += ALONG;
    } else if along != 0 && !shared {
        cost += OVER;
    }
    if hindered(across) {
        cost += ACROSS;
    }
    cost
}

/// What it costs to leave by a point at which another line does.
fn busy(lattice: &Lattice, wanted: &Wanted<'_>, at: usize, way: Way) -> u32 {
    let (along, _) = lattice.lines(at, way);
    if along > wanted.ignored && along != wanted.group {
        ALONG
    } else {
        0
    }
}
