//! The order in which diagnostics are shown: as their places stand in the files.

use super::{Code, Diagnostic};
use crate::source::{FileId, Sources};

/// Sorts by file and place, and drops those that say the same of the same places. What points nowhere
/// comes last. The order does not depend on the order given, so that the same files give the same output.
pub fn sort<D: AsRef<Diagnostic>>(diagnostics: &mut Vec<D>, sources: &Sources) {
    let mut keyed: Vec<(SortKey, D)> = diagnostics
        .drain(..)
        .map(|it| (sort_key(it.as_ref(), sources), it))
        .collect();
    keyed.sort_by(|(a, one), (b, other)| {
        a.cmp(b)
            .then_with(|| rest(one.as_ref()).cmp(&rest(other.as_ref())))
    });
    diagnostics.extend(keyed.into_iter().map(|(_, it)| it));
    diagnostics.dedup_by(|a, b| (*a).as_ref() == (*b).as_ref());
}

type SortKey = (bool, FileId, usize, Code, String);

fn sort_key(diagnostic: &Diagnostic, sources: &Sources) -> SortKey {
    let span = diagnostic
        .labels
        .first()
        .and_then(|label| label.at.span(sources));
    let (file, start) = span.map_or((FileId(u32::MAX), 0), |span| (span.file, span.start));
    (
        span.is_none(),
        file,
        start,
        diagnostic.code,
        diagnostic.message.clone(),
    )
}

/// The further places as text: only diagnostics equal in all else are told apart by them.
fn rest(diagnostic: &Diagnostic) -> String {
    format!("{:?}{:?}", diagnostic.labels, diagnostic.help)
}
