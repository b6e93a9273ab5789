//! Rows that are expected against rows that came, in any order: each expected row is to have a row of
//! its own.

use crate::spec::checks::MatchMode;

/// What was found for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matching {
    /// For each expected row, the row that it has.
    pub(super) found: Vec<Option<usize>>,
    /// The rows that no expected one has.
    pub(super) left: Vec<usize>,
}

impl Matching {
    /// Whether all is as it should be.
    pub(super) fn holds(&self, mode: MatchMode) -> bool {
        let all = self.found.iter().all(Option::is_some);
        all && (mode == MatchMode::Contains || self.left.is_empty())
    }
}

/// Gives as many expected rows as possible a row of their own. An expected row that names little fits
/// many rows, so that one that has a row already may have to move (augmenting paths).
pub(super) fn pair(
    expected: usize,
    actual: usize,
    fits: impl Fn(usize, usize) -> bool,
) -> Matching {
    let fitting: Vec<Vec<usize>> = (0..expected)
        .map(|e| (0..actual).filter(|a| fits(e, *a)).collect())
        .collect();
    let mut owner: Vec<Option<usize>> = vec![None; actual];
    for row in 0..expected {
        let mut seen = vec![false; actual];
        settle(row, &fitting, &mut owner, &mut seen);
    }
    let mut found = vec![None; expected];
    let mut left = Vec::new();
    for (at, owner) in owner.iter().enumerate() {
        match owner.and_then(|row| found.get_mut(row)) {
            Some(place) => *place = Some(at),
            None => left.push(at),
        }
    }
    Matching { found, left }
}

fn settle(
    row: usize,
    fitting: &[Vec<usize>],
    owner: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for at in fitting.get(row).into_iter().flatten().copied() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        let free = match owner[at] {
            None => true,
            Some(other) => settle(other, fitting, owner, seen),
        };
        if free {
            owner[at] = Some(row);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::pair;
    use crate::spec::checks::MatchMode::{Contains, Exactly};

    #[test]
    fn a_row_that_fits_many_gives_way() {
        // The first expected row fits both, the second only the first.
        let matching = pair(2, 2, |e, a| e == 0 || a == 0);
        assert_eq!(matching.found, [Some(1), Some(0)]);
        assert!(matching.holds(Exactly));
    }

    #[test]
    fn two_expected_rows_need_two_rows() {
        let matching = pair(2, 1, |_, _| true);
        assert!(!matching.holds(Contains));
        let matching = pair(1, 2, |_, _| true);
        assert!(matching.holds(Contains) && !matching.holds(Exactly));
        assert_eq!(matching.left, [1]);
    }
}
