//! Endpoints that can be put in each other's place: groups by a sum over rows and columns.

use super::{Cell, Matrix};

/// What a party is to all others: a sum in which the order of the others does not count, so that two parties
/// are compared without what they are to each other.
fn mix(mut value: u64) -> u64 {
    // The finaliser of SplitMix64.
    value ^= value >> 30;
    value = value.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value ^= value >> 27;
    value = value.wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

fn of_cells(cells: &[Cell]) -> u64 {
    cells.iter().fold(0x9e37_79b9_7f4a_7c15, |sum, cell| {
        sum.rotate_left(5).wrapping_mul(0x2127_599b_f432_5c37) ^ *cell as u64
    })
}

/// What `cells` from (or to) the other says of a party.
fn told(other: usize, to_other: bool, cells: u64) -> u64 {
    let place = (other as u64) << 1 | u64::from(to_other);
    mix(mix(place.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ cells)
}

/// The groups of a matrix, each by its members' positions, in the order of their first members.
pub(super) fn groups(matrix: &Matrix) -> Vec<Vec<usize>> {
    let count = matrix.parties.len();
    let mut sums = vec![0_u64; count];
    for from in 0..count {
        let mut own = 0_u64;
        for (to, sum) in sums.iter_mut().enumerate().filter(|(to, _)| *to != from) {
            let cells = of_cells(matrix.pair(from, to));
            own = own.wrapping_add(told(to, true, cells));
            *sum = sum.wrapping_add(told(from, false, cells));
        }
        if let Some(sum) = sums.get_mut(from) {
            *sum = sum.wrapping_add(own);
        }
    }
    // Without what two are to each other their sums are the same, if they are alike.
    let without = |own: usize, other: usize| {
        let (to, from) = (matrix.pair(own, other), matrix.pair(other, own));
        let told = told(other, true, of_cells(to)).wrapping_add(told(other, false, of_cells(from)));
        sums.get(own).map(|sum| sum.wrapping_sub(told))
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for own in 0..count {
        // To be alike is transitive: one member stands for its group.
        let alike =
            |one: &usize| without(*one, own) == without(own, *one) && matrix.alike(*one, own);
        let group = groups
            .iter_mut()
            .find(|group| group.first().is_some_and(alike));
        match group {
            Some(group) => group.push(own),
            None => groups.push(vec![own]),
        }
    }
    groups
}
