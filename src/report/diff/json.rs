//! What differs, as a document: every row with all of its ends, and every change of the files.

use serde::Serialize;

use super::{Shown, hops, stopped};
use crate::check::Status;
use crate::diff::{Change, End as OwnEnd, How, Kind, Row, Side};
use crate::report::reach::{Noted, Service, every_port, port_ranges, ranges, service};
use crate::trace::Path;

/// The document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// How many sets of flows there are of each kind that are not intended, and how many that are.
    pub summary: Summary,
    /// The sets of flows that fare otherwise. Those of one kind do not overlap.
    pub flows: Vec<Flows>,
    /// What leads from the one to the other, object by object.
    pub changes: Vec<Changed>,
    /// The ends that are new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_added: Vec<String>,
    /// The ends that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_removed: Vec<String>,
    /// The checks of which something else came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Checked>,
    /// What is declared as intended and does not happen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_happened: Vec<Intention>,
    /// By what it is not known of some flows whether they get through.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<Noted>,
}

/// Counts of sets of flows.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Opened, and not intended.
    pub opened: usize,
    /// Closed, and not intended.
    pub closed: usize,
    /// Rerouted, and not intended.
    pub rerouted: usize,
    /// Slowed, and not intended.
    pub slowed: usize,
    /// Sped up, which is no difference that counts.
    pub sped_up: usize,
    /// Intended.
    pub intended: usize,
    /// The starts of flows of which it is known on one side only whether they get through.
    #[serde(skip_serializing_if = "is_none")]
    pub doubtful: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A row.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flows {
    /// `opened`, `closed`, `rerouted`, `slowed`, `spedUp`.
    pub kind: &'static str,
    /// What declares them intended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intended: Option<Intention>,
    /// Whether they have an end that only one side has.
    pub one_sided_end: bool,
    /// Their protocols and ports.
    pub services: Vec<Service>,
    /// The ports that they come from; absent: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port_ranges: Option<Vec<String>>,
    /// Where they come from.
    pub sources: Vec<End>,
    /// Where they are sent to.
    pub destinations: Vec<End>,
    /// One of them.
    pub witness: Witness,
    /// By what; several where they do it together, or where each alone does.
    pub causes: Vec<Spotted>,
    /// `together` or `each`, where there are several causes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causes_act: Option<&'static str>,
}

/// An entry of what is intended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Intention {
    /// Its name.
    pub name: String,
    /// Its reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One end of flows.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// What has these addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The addresses: single ones, prefixes, or `first-last`.
    pub addresses: Vec<String>,
}

/// A flow with its paths.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Witness {
    /// Its protocol.
    pub protocol: String,
    /// Its source.
    pub source_ip_address: String,
    /// Its source's port.
    pub source_port: u16,
    /// Its destination, as it is sent.
    pub destination_ip_address: String,
    /// Its destination's port.
    pub destination_port: u16,
    /// A path of it before; absent where there was no such start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Way>,
    /// A path of it after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Way>,
}

/// A path.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// Whether it works.
    pub works: bool,
    /// The names of its hops, and of what replaces addresses between them.
    pub hops: Vec<String>,
    /// The hop at which it is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<String>,
    /// By what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The median of its round trips, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_ms: Option<f64>,
}

/// A change where it causes something.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spotted {
    /// It in words.
    pub change: String,
    /// The path of the object.
    pub path: String,
    /// Its file; absent where it stands in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// A change of the files.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// Which, and where.
    #[serde(flatten)]
    pub what: Spotted,
    /// `added`, `removed`, `changed`, `reordered`, `down`.
    pub kind: &'static str,
    /// Whether some flow fares otherwise by it.
    pub matters: bool,
}

/// A check of which something else came.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Its name.
    pub name: String,
    /// Its section.
    pub kind: &'static str,
    /// Its status before.
    pub before: &'static str,
    /// Its status after.
    pub after: &'static str,
}

/// The document of a difference.
#[must_use]
pub fn document(shown: &Shown<'_>) -> Document {
    let difference = shown.difference;
    let count = |kind| difference.of(kind, false).count();
    let idle = shown.idle_changes();
    let changes = difference.changes.iter().map(|change| Changed {
        what: spotted(shown, change),
        kind: change.edit.kind.word(),
        matters: !idle.iter().any(|own| std::ptr::eq(*own, change)),
    });
    let checks = shown.checks.changed.iter().map(|own| Checked {
        name: own.name.clone(),
        kind: own.kind.section(),
        before: Status::word(own.before),
        after: Status::word(own.after),
    });
    Document {
        summary: Summary {
            opened: count(Kind::Opened),
            closed: count(Kind::Closed),
            rerouted: count(Kind::Rerouted),
            slowed: count(Kind::Slowed),
            sped_up: count(Kind::SpedUp),
            intended: (difference.rows.iter())
                .filter(|row| row.intended.is_some())
                .count(),
            doubtful: difference.doubtful,
        },
        flows: difference
            .rows
            .iter()
            .map(|row| flows(shown, row))
            .collect(),
        changes: changes.collect(),
        ends_added: difference.ends.added.clone(),
        ends_removed: difference.ends.removed.clone(),
        checks: checks.collect(),
        not_happened: (difference.idle.iter())
            .filter_map(|entry| intention(shown, *entry))
            .collect(),
        assumptions: (difference.unknown.iter())
            .map(|own| Noted {
                code: own.code.name(),
                message: own.text.clone(),
            })
            .collect(),
    }
}

fn flows(shown: &Shown<'_>, row: &Row) -> Flows {
    let changes = shown.changes(&row.cause);
    let [was, is] = row.medians;
    let services = row.services.iter();
    Flows {
        kind: row.kind.word(),
        intended: row.intended.and_then(|entry| intention(shown, entry)),
        one_sided_end: row.apart,
        services: services.map(|(own, ports)| service(*own, ports)).collect(),
        source_port_ranges: (!every_port(&row.source_ports))
            .then(|| port_ranges(&row.source_ports)),
        sources: row.sources.iter().map(end).collect(),
        destinations: row.destinations.iter().map(end).collect(),
        witness: Witness {
            protocol: row.witness.protocol.to_string(),
            source_ip_address: row.witness.source.to_string(),
            source_port: row.witness.source_port,
            destination_ip_address: row.witness.destination.to_string(),
            destination_port: row.witness.destination_port,
            before: row.before.as_ref().map(|path| way(shown.before, path, was)),
            after: row.after.as_ref().map(|path| way(shown.after, path, is)),
        },
        causes_act: (changes.len() > 1).then_some(match row.cause.how {
            How::Together => "together",
            How::Each => "each",
        }),
        causes: changes.into_iter().map(|own| spotted(shown, own)).collect(),
    }
}

fn intention(shown: &Shown<'_>, entry: usize) -> Option<Intention> {
    let entry = shown.intended.entries.get(entry)?;
    Some(Intention {
        name: entry.name.clone(),
        reason: entry.flows.reason.clone(),
    })
}

fn end(end: &OwnEnd) -> End {
    End {
        name: end.name.as_ref().map(ToString::to_string),
        addresses: ranges(&end.addresses),
    }
}

fn way(side: &Side<'_>, path: &Path, median: Option<f64>) -> Way {
    let (stopped_at, reason) = stopped(path).unzip();
    let works = path.works() > 0.0;
    Way {
        works,
        hops: hops(side, path),
        stopped_at,
        reason,
        // A thousandth of a millisecond is more than the model knows.
        median_ms: median
            .filter(|_| works)
            .map(|median| libm::round(median) / 1_000.0),
    }
}

fn spotted(shown: &Shown<'_>, change: &Change) -> Spotted {
    let place = shown.place(change);
    let (file, line, column) = match place {
        Some((file, line, column)) => (Some(file), Some(line), Some(column)),
        None => (None, None, None),
    };
    Spotted {
        change: shown.change(change),
        path: change.edit.path.to_string(),
        file,
        line,
        column,
    }
}
