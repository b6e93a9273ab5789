//! The checks of both sides that hold on one of them only.

use std::collections::HashMap;

use super::Side;
use crate::check::{Kind, Options, Report, Status, judge};

/// What became of the checks that both sides have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Those of which something else came, each as it stands on its own side.
    pub changed: Vec<Verdict>,
    /// Whether one of the sides has checks that cannot be asked, so that nothing is known of any.
    pub unasked: bool,
}

/// A check that changed its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its section.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What became of it before.
    pub before: Status,
    /// What becomes of it.
    pub after: Status,
}

/// Judges the checks of both sides.
#[must_use]
pub fn verdicts(before: &Side<'_>, after: &Side<'_>) -> Verdicts {
    let options = Options::default();
    let judged = (
        judge(before.loaded, &options),
        judge(after.loaded, &options),
    );
    let (Ok(before), Ok(after)) = judged else {
        return Verdicts {
            changed: Vec::new(),
            unasked: true,
        };
    };
    Verdicts {
        changed: changed(&before, &after),
        unasked: false,
    }
}

fn changed(before: &Report, after: &Report) -> Vec<Verdict> {
    let known = before.results.iter();
    let known: HashMap<_, _> = known
        .map(|own| ((own.kind, &own.name), own.status))
        .collect();
    let all = after.results.iter().filter_map(|own| {
        let was = *known.get(&(own.kind, &own.name))?;
        (was != own.status).then(|| Verdict {
            kind: own.kind,
            name: own.name.clone(),
            before: was,
            after: own.status,
        })
    });
    all.collect()
}
