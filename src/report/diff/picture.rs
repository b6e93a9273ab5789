//! What differs, for a picture of what is: a mark from end to end for each set of flows, and the rows beside it.

use indexmap::IndexSet;

use super::{Shown, hops, services, sides, stopped};
use crate::diff::{Kind, Row};
use crate::report::graph::{Mark, MarkKind};
use crate::report::page::{Page, Verdict, data, marked};

/// So many sets of flows are drawn; the page lists them all.
const DRAWN: usize = 40;

/// The marks of a difference: each from one source to one destination of a set, as the set's witness goes.
#[must_use]
pub fn marks(shown: &Shown<'_>) -> Vec<Mark> {
    drawn(shown).0
}

/// How many sets of flows are more than a picture shows.
#[must_use]
pub fn left_out(shown: &Shown<'_>) -> usize {
    counted(shown).count().saturating_sub(DRAWN)
}

/// The page: the marks on the drawing of what is, and each set of flows beside it.
#[must_use]
pub fn page(shown: &Shown<'_>, text: String) -> Page {
    let (marks, of_rows) = drawn(shown);
    let right = shown.difference.is_intended();
    let verdict = Verdict {
        mark: data::Mark::of(right),
        word: if right { "Nothing differs" } else { "Differs" }.to_owned(),
        of: shown.verdict(),
    };
    let mut of_rows = of_rows.into_iter();
    let rows = counted(shown).map(|row| listed(shown, row, of_rows.next()));
    marked(
        &shown.after.loaded.network,
        &marks,
        verdict,
        text,
        rows.collect(),
    )
}

/// The rows in the order in which they are told; what has become faster is no difference that counts.
fn counted<'s>(shown: &Shown<'s>) -> impl Iterator<Item = &'s Row> {
    let mut rows: Vec<&Row> = Vec::new();
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| mark_kind(*kind).is_some())
    {
        rows.extend(shown.difference.of(kind, false));
        rows.extend(shown.difference.of(kind, true));
    }
    rows.into_iter()
}

/// The marks, and for each row that is drawn the position of its own.
fn drawn(shown: &Shown<'_>) -> (Vec<Mark>, Vec<usize>) {
    let mut ends: IndexSet<(MarkKind, String, String)> = IndexSet::new();
    let mut labels: Vec<Vec<String>> = Vec::new();
    let mut of_rows = Vec::new();
    for row in counted(shown).take(DRAWN) {
        let Some(kind) = mark_kind(row.kind) else {
            continue;
        };
        let (from, to) = between(row);
        let (at, new) = ends.insert_full((kind, from, to));
        if new {
            labels.push(Vec::new());
        }
        if let Some(own) = labels.get_mut(at) {
            own.push(services(row));
        }
        of_rows.push(at);
    }
    let marks = ends.into_iter().zip(labels);
    let marks = marks.map(|((kind, from, to), labels)| Mark {
        kind,
        from,
        to: Some(to),
        label: labels.join(", "),
    });
    (marks.collect(), of_rows)
}

const fn mark_kind(kind: Kind) -> Option<MarkKind> {
    match kind {
        Kind::Opened => Some(MarkKind::Opened),
        Kind::Closed => Some(MarkKind::Closed),
        Kind::Rerouted => Some(MarkKind::Rerouted),
        Kind::Slowed => Some(MarkKind::Slowed),
        Kind::SpedUp => None,
    }
}

/// Where a row's witness starts and arrives, on the side on which it gets through.
fn between(row: &Row) -> (String, String) {
    let works = match row.kind {
        Kind::Closed => row.before.as_ref(),
        _ => row.after.as_ref(),
    };
    let mut hops = works.into_iter().flat_map(|path| &path.hops);
    let first = hops.next().map(|hop| hop.name.to_string());
    let last = hops.last().map(|hop| hop.name.to_string());
    (
        first.unwrap_or_else(|| row.witness.source.to_string()),
        last.unwrap_or_else(|| row.witness.destination.to_string()),
    )
}

fn listed(shown: &Shown<'_>, row: &Row, mark: Option<usize>) -> data::Row {
    let name = format!(
        "{}: {} → {}",
        services(row),
        sides(&row.sources),
        sides(&row.destinations)
    );
    let standing = match (row.intended.is_some(), row.kind) {
        (true, _) => data::Mark::Yes,
        (false, Kind::Opened | Kind::Closed) => data::Mark::No,
        (false, _) => data::Mark::Some,
    };
    let way = |side, path: &crate::trace::Path| match stopped(path) {
        Some((at, why)) => format!("stopped at {at}: {why}"),
        None => hops(side, path).join(" → "),
    };
    let mut why = vec![format!("e.g. {}", row.witness)];
    why.extend(
        row.before
            .iter()
            .map(|path| format!("was: {}", way(shown.before, path))),
    );
    why.extend(
        row.after
            .iter()
            .map(|path| format!("is: {}", way(shown.after, path))),
    );
    let changes = shown.changes(&row.cause);
    why.extend(changes.iter().map(|change| match shown.spot(change) {
        Some(spot) => format!("by: {} ({spot})", shown.change(change)),
        None => format!("by: {}", shown.change(change)),
    }));
    data::Row {
        place: changes.first().and_then(|change| shown.spot(change)),
        why,
        marks: mark.into_iter().collect(),
        ..data::Row::new(standing, row.kind.word(), &name)
    }
}
