//! All pairs as CSV (RFC 4180): a line for each pair, a column for each service.

use super::{Folded, milliseconds, service, word};
use crate::engine::matrix::Cell;

/// The text.
#[must_use]
pub fn csv(folded: &Folded<'_>) -> String {
    let matrix = folded.matrix;
    let timed = !folded.latencies.is_empty();
    let mut head: Vec<String> = vec!["from".into(), "to".into()];
    head.extend(matrix.services.iter().map(service));
    if timed {
        head.extend(["p50Ms".to_owned(), "p95Ms".to_owned()]);
    }
    let mut out = line(&head);
    let mut group_of = vec![0; matrix.parties.len()];
    for (at, group) in folded.groups.iter().enumerate() {
        for member in group {
            if let Some(place) = group_of.get_mut(*member) {
                *place = at;
            }
        }
    }
    for (from, source) in matrix
        .parties
        .iter()
        .enumerate()
        .filter(|(_, own)| own.from)
    {
        for (to, destination) in matrix.parties.iter().enumerate().filter(|(_, own)| own.to) {
            let cells = matrix.pair(from, to);
            if cells.iter().all(|cell| *cell == Cell::Blank) {
                continue;
            }
            let mut texts = vec![source.name.to_string(), destination.name.to_string()];
            texts.extend(cells.iter().map(|cell| word(*cell).to_owned()));
            if timed {
                let groups = (group_of.get(from), group_of.get(to));
                let found = match groups {
                    (Some(from), Some(to)) => folded.latency(*from, *to),
                    _ => None,
                };
                let times = found
                    .map(|times| times.map(milliseconds))
                    .unwrap_or_default();
                texts.extend(times);
            }
            out.push_str(&line(&texts));
        }
    }
    out
}

fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        // A cell that starts so is a formula to a spreadsheet.
        let cell = if cell.starts_with(['=', '+', '-', '@']) {
            format!("'{cell}")
        } else {
            cell.clone()
        };
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    });
    let mut line = quoted.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}
