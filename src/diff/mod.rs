//! What another topology changes: which flows opened, closed, are rerouted or slowed, with what makes each.
//!
//! Every flow between all ends of both networks is walked on both, as sets (`compare`), apart from those
//! that can be told to fare alike (`region`). What differs in the two trees of files is a list of edits
//! ([`edits`]); each difference is put down to those of them without which it would not be (`cause`).

mod alike;
mod allow;
mod cause;
mod compare;
mod edits;
mod labels;
mod region;
mod rows;
mod trail;
mod twins;
mod verdicts;
mod world;

pub use allow::{Allowed, Intended, allowed};
pub use cause::{Cause, How};
pub use edits::{Edit, EditKind, edits};
pub use rows::{End, Row};
pub use trail::translator;
pub use verdicts::{Verdict, Verdicts, verdicts};

use std::sync::{Arc, LazyLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::diagnostic::{At, Diagnostic};
use crate::load::Loaded;
use crate::net::AddressSet;
use crate::source::{FileId, Path, Sources, Span};
use crate::spec::node::Node;
use crate::spec::read::Input;
use crate::trace::Assumption;
use cause::Trials;
use compare::{Found, Sides};
use world::{Cards, World};

/// A median is longer than another from so many milliseconds on …
pub const SLOWER_BY: f64 = 0.1;
/// … and by so much of it.
pub const SLOWER_PART: f64 = 0.1;

/// The stack of each thread, in bytes: as much as a process starts with.
const STACK: usize = 8 << 20;

/// Told what is done, and how much of how much of it.
pub type Progress<'p> = &'p (dyn Fn(&'static str, usize, usize) + Sync);

/// How flows fare otherwise than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// They get through, and did not.
    Opened,
    /// They did, and do not.
    Closed,
    /// They get through by another way.
    Rerouted,
    /// By the same way, which takes longer.
    Slowed,
    /// By the same way, which takes less long. That is told, and is no difference that counts.
    SpedUp,
}

impl Kind {
    /// In the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::Opened,
        Self::Closed,
        Self::Rerouted,
        Self::Slowed,
        Self::SpedUp,
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Rerouted => "rerouted",
            Self::Slowed => "slowed",
            Self::SpedUp => "spedUp",
        }
    }
}

/// A topology as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'w> {
    /// The files merged, overlays laid on.
    pub tree: &'w Node,
    /// The files, for what they name in turn.
    pub inputs: &'w [Input],
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct Side<'s> {
    /// What was loaded; its network is asked about, with what is out of order.
    pub loaded: &'s Loaded,
    /// What it was made of.
    pub written: Written<'s>,
    /// How many overlays lie over the files.
    pub overlays: usize,
    /// What is out of order.
    pub down: &'s [String],
}

/// An edit, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The edit.
    pub edit: Edit,
    /// Where: in the files after, or before for what is gone. None for what stands in no file.
    pub place: Option<Place>,
    /// Whether the topology would be faulty without it: others of the changes rest on it.
    pub needed: bool,
}

/// A place in the files of one of the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whether they are those before.
    pub before: bool,
    /// Which piece.
    pub span: Span,
}

/// What differs.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Row by row.
    pub rows: Vec<Row>,
    /// The edits that lead from the one to the other.
    pub changes: Vec<Change>,
    /// The ends that only one side has.
    pub ends: Ends,
    /// What is not modelled, and the service tags that are not known in full, so that it is not known of some
    /// flows whether they get through.
    pub unknown: Vec<Assumption>,
    /// From how many starts that is so on one side only, so that these flows may fare otherwise.
    pub doubtful: usize,
    /// The entries of what is intended of which nothing happened.
    pub idle: Vec<usize>,
}

/// The ends that only one side has, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
}

impl Difference {
    /// Whether nothing differs but what is intended, as far as can be told: what is known on one side only is
    /// never taken for the same.
    #[must_use]
    pub fn is_intended(&self) -> bool {
        let mut rows = self.rows.iter();
        self.doubtful == 0 && rows.all(|row| row.kind == Kind::SpedUp || row.intended.is_some())
    }

    /// The rows of a kind that are intended, or those that are not.
    pub fn of(&self, kind: Kind, intended: bool) -> impl Iterator<Item = &Row> {
        let rows = self.rows.iter();
        rows.filter(move |row| row.kind == kind && row.intended.is_some() == intended)
    }
}

/// Compares two topologies.
///
/// # Errors
/// Every name in what is `allowed` that names nothing, at its place there.
pub fn diff(
    before: &Side<'_>,
    after: &Side<'_>,
    intended: &Intended,
    progress: Progress<'_>,
) -> Result<Difference, Vec<Diagnostic>> {
    let compare = || compared(before, after, intended, progress);
    // A walk goes as deep as a path is long, on any thread.
    static THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
        let pool = ThreadPoolBuilder::new().stack_size(STACK);
        pool.build().ok()
    });
    match &*THREADS {
        Some(pool) => pool.install(compare),
        None => compare(),
    }
}

fn compared(
    before: &Side<'_>,
    after: &Side<'_>,
    intended: &Intended,
    progress: Progress<'_>,
) -> Result<Difference, Vec<Diagnostic>> {
    let mut edits = edits(before.written.tree, after.written.tree);
    let down = after.down.iter().map(|name| Edit {
        kind: EditKind::Down,
        path: Path::of(&[name]),
        parts: Vec::new(),
    });
    edits.extend(down);
    let (old, new) = (&before.loaded.network, &after.loaded.network);
    let cards = Arc::new(Cards::of(old, new));
    let (was, is) = (World::of(old, &cards), World::of(new, &cards));
    let sides = Sides::of(
        &was,
        &is,
        [region::slows, region::rules].map(|of| of(&edits)),
    );
    let region = region::region(&sides, &edits);
    if let Some(region) = &region {
        // Both sides have the same starts.
        let sources = region.iter().map(|own| &own.sources);
        let all = sources.fold(AddressSet::default(), |all, own| all.union(own));
        was.only(all.clone());
        is.only(all);
    }
    let allowed = allow::resolved(intended, &sides)?;
    let mut found = sides.compare(region.as_deref(), progress);
    let deltas = allow::divided(&allowed, &sides, std::mem::take(&mut found.deltas));
    let trials = Trials {
        sides: &sides,
        before: before.written,
        after: after.written,
        edits: &edits,
        progress,
    };
    let (deltas, needed) = trials.attribute(deltas);
    let happened = |entry: &usize| deltas.iter().any(|delta| delta.intended == Some(*entry));
    let idle = (0..intended.entries.len()).filter(|entry| !happened(entry));
    let idle: Vec<usize> = idle.collect();
    let changes = edits.iter().enumerate().map(|(at, edit)| Change {
        edit: edit.clone(),
        place: place(edit, before, after),
        needed: needed.contains(&at),
    });
    Ok(Difference {
        changes: changes.collect(),
        ends: rows::ends(&sides),
        unknown: unknown(&sides, &found, edits.is_empty()),
        doubtful: found.doubtful,
        rows: rows::rows(&sides, deltas),
        idle,
    })
}

/// What is not modelled of some flows, and the service tags that could decide, where anything was edited: a
/// rule whose tag is not known in full may do otherwise than before though no known address tells.
fn unknown(sides: &Sides<'_, '_>, found: &Found, same: bool) -> Vec<Assumption> {
    let mut unknown = rows::unknown(sides, &found.open);
    for side in [sides.before, sides.after].into_iter().filter(|_| !same) {
        unknown.extend(side.assumed());
    }
    unknown.sort();
    unknown.dedup();
    unknown
}

/// Where an edit stands.
fn place(edit: &Edit, before: &Side<'_>, after: &Side<'_>) -> Option<Place> {
    let (old, new) = (&before.loaded.sources, &after.loaded.sources);
    let here = |span: Option<Span>| {
        span.map(|span| Place {
            before: false,
            span,
        })
    };
    match edit.kind {
        EditKind::Down => None,
        EditKind::Added | EditKind::Reordered => here(new.key(&edit.path)),
        EditKind::Changed => {
            let mut parts = edit.parts.iter();
            let part = parts.find(|part| is_there(after.written.tree, part));
            match part {
                Some(part) => here(At::Value(part.clone()).span(new)),
                None => edit
                    .parts
                    .first()
                    .and_then(|part| removed(part, after, old))
                    .or_else(|| here(new.key(&edit.path))),
            }
        }
        EditKind::Removed => removed(&edit.path, after, old),
    }
}

/// Where that is taken away which stood at a path: in an overlay, else where it stood.
fn removed(path: &Path, after: &Side<'_>, old: &Sources) -> Option<Place> {
    let new = &after.loaded.sources;
    let count = new.len();
    let mut overlays = (count.saturating_sub(after.overlays)..count).rev();
    let over = overlays.find_map(|at| {
        let file = FileId(u32::try_from(at).ok()?);
        new.contains(file, path)
            .then(|| new.key_in(file, path, 0))?
    });
    let here = over.map(|span| Place {
        before: false,
        span,
    });
    here.or_else(|| old.key(path).map(|span| Place { before: true, span }))
}

fn is_there(tree: &Node, path: &Path) -> bool {
    let found = path
        .segments()
        .iter()
        .try_fold(tree, |node, segment| match segment {
            crate::source::Segment::Key(key) => node.get(key),
            crate::source::Segment::Index(_) => None,
        });
    found.is_some_and(|node| *node != Node::Null)
}
