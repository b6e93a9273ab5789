//! What another topology changes, as text, as JSON and as Markdown.

mod json;
mod markdown;
mod picture;
mod text;

pub use json::{Document, document};
pub use markdown::markdown;
pub use picture::{left_out, marks, page};
pub use text::text;

use super::reach;
use crate::diff::{Cause, End};
use crate::diff::{Change, Difference, EditKind, How, Intended, Kind, Row, Side, Verdicts};
use crate::net::AddressSet;
use crate::source::{Path, Segment, Sources};
use crate::spec::SHAPE;
use crate::trace::{self, Disposition, ReplyKind, Step};

/// Everything that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'s> {
    /// What was.
    pub before: &'s Side<'s>,
    /// What is.
    pub after: &'s Side<'s>,
    /// What differs.
    pub difference: &'s Difference,
    /// What is intended.
    pub intended: &'s Intended,
    /// The checks that hold on one side only.
    pub checks: &'s Verdicts,
}

impl Shown<'_> {
    /// A change in words: `nsg-web/allow-https added`.
    fn change(&self, change: &Change) -> String {
        let edit = &change.edit;
        let name = named(&edit.path);
        match edit.kind {
            EditKind::Down => format!("{name} put out of order by `--down`"),
            EditKind::Changed => {
                let parts: Vec<String> = (edit.parts.iter())
                    .filter_map(|part| below(part, &edit.path))
                    .collect();
                match parts.is_empty() {
                    true => format!("{name} changed"),
                    false => format!("{name} changed: {}", parts.join(", ")),
                }
            }
            kind => format!("{name} {}", kind.word()),
        }
    }

    /// Where it stands: file, line and column.
    fn place(&self, change: &Change) -> Option<(String, usize, usize)> {
        let place = change.place?;
        let sources: &Sources = match place.before {
            true => &self.before.loaded.sources,
            false => &self.after.loaded.sources,
        };
        let (line, column) = sources.line_column(&place.span);
        Some((sources.name(place.span.file).to_owned(), line, column))
    }

    /// The same in one text.
    fn spot(&self, change: &Change) -> Option<String> {
        let (file, line, column) = self.place(change)?;
        Some(format!("{file}:{line}:{column}"))
    }

    /// The changes of a cause.
    fn changes(&self, cause: &Cause) -> Vec<&Change> {
        let changes = &self.difference.changes;
        cause
            .edits
            .iter()
            .filter_map(|at| changes.get(*at))
            .collect()
    }

    /// The changes by which no flow fares otherwise.
    fn idle_changes(&self) -> Vec<&Change> {
        let rows = &self.difference.rows;
        let changes = self.difference.changes.iter().enumerate();
        let matters = |at: &usize| rows.iter().any(|row| row.cause.edits.contains(at));
        let idle = changes.filter(|(at, change)| !change.needed && !matters(at));
        idle.map(|(_, change)| change).collect()
    }

    /// How many sets of flows of each kind there are that are not intended, as `2 sets of flows opened`.
    fn counts(&self) -> String {
        let mut counts = Vec::new();
        for kind in Kind::ALL {
            let count = self.difference.of(kind, false).count();
            if count > 0 {
                let what = match (counts.is_empty(), count) {
                    (true, 1) => " set of flows",
                    (true, _) => " sets of flows",
                    _ => "",
                };
                counts.push(format!("{count}{what} {}", said(kind)));
            }
        }
        counts.join(", ")
    }

    /// The verdict in one line.
    fn verdict(&self) -> String {
        let intended = self.difference.rows.iter();
        let intended = intended.filter(|row| row.intended.is_some()).count();
        let as_intended = match intended {
            0 => String::new(),
            1 => " (one set as intended)".to_owned(),
            count => format!(" ({count} sets as intended)"),
        };
        let doubt = "of some flows it is known on one side only whether they get through";
        let doubtful = self.difference.doubtful > 0;
        match self.counts() {
            counts if doubtful && counts.is_empty() => format!("{doubt}{as_intended}"),
            counts if doubtful => format!("{counts}{as_intended}; {doubt}"),
            counts if counts.is_empty() && intended > 0 => {
                format!("nothing differs but what is intended{as_intended}")
            }
            counts if counts.is_empty() => "every flow fares as before".to_owned(),
            counts => format!("{counts}{as_intended}"),
        }
    }

    /// The name of an intended difference, with its reason.
    fn intention(&self, entry: usize) -> String {
        let Some(entry) = self.intended.entries.get(entry) else {
            return String::new();
        };
        match &entry.flows.reason {
            Some(reason) => format!("{}: {reason}", entry.name),
            None => entry.name.clone(),
        }
    }
}

/// What happened to flows, in words.
const fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::SpedUp => "faster",
        other => other.word(),
    }
}

/// What several causes have to do with each other.
const fn how(how: How) -> &'static str {
    match how {
        How::Together => "together",
        How::Each => "each alone",
    }
}

/// The names on a path, without the fields between them: `hub/web` for `/virtualNetworks/hub/subnets/web`.
fn named(path: &Path) -> String {
    let keys: Vec<&str> = keys(path);
    let mut names = Vec::new();
    let mut is_name = false;
    for key in &keys {
        if is_name {
            names.push(*key);
            is_name = false;
        } else {
            is_name = SHAPE.name_maps.contains(key);
        }
    }
    match (names.is_empty(), is_name) {
        // A section, or a map of names as a whole.
        (true, _) => keys.join("/"),
        (false, true) => format!("{}/{}", names.join("/"), keys.last().copied().unwrap_or("")),
        (false, false) => names.join("/"),
    }
}

fn keys(path: &Path) -> Vec<&str> {
    let keys = path.segments().iter().filter_map(|segment| match segment {
        Segment::Key(key) => Some(&**key),
        Segment::Index(_) => None,
    });
    keys.collect()
}

/// The keys of a path behind those of another, with dots between.
fn below(path: &Path, parent: &Path) -> Option<String> {
    let rest: Vec<&str> = keys(path)
        .into_iter()
        .skip(parent.segments().len())
        .collect();
    (!rest.is_empty()).then(|| rest.join("."))
}

/// The hops of a path, and what puts another address in place of its flows' where that is no hop.
fn hops(side: &Side<'_>, path: &trace::Path) -> Vec<String> {
    let mut names = Vec::new();
    for hop in &path.hops {
        names.push(hop.name.to_string());
        for step in &hop.steps {
            if let Step::Translated { by, .. } = step {
                let by = crate::diff::translator(&side.loaded.network, by);
                names.extend(by.filter(|by| names.last() != Some(by)));
            }
        }
    }
    names
}

/// Where a path is stopped, and by what; nothing for one that works.
fn stopped(path: &trace::Path) -> Option<(String, String)> {
    if path.works() > 0.0 {
        return None;
    }
    let replies = path.replies.iter().flat_map(|reply| &reply.hops);
    let mut hops = path.hops.iter().chain(replies);
    if let Some((hop, issue)) = hops.find_map(|hop| Some((hop, hop.issues.first()?))) {
        return Some((hop.name.to_string(), issue.message.clone()));
    }
    let name = |hop: Option<&trace::Hop>| hop.map_or(String::new(), |hop| hop.name.to_string());
    let mut replies = path.replies.iter();
    let lost = replies.find(|reply| reply.kind == ReplyKind::Broken);
    Some(match (path.disposition, lost) {
        (Disposition::NotRunning, _) => (name(path.hops.first()), "it does not run".to_owned()),
        (Disposition::Delivered, Some(reply)) => (
            name(reply.hops.last()),
            format!("the reply is lost ({})", reply.disposition.word()),
        ),
        (disposition, _) => (name(path.hops.last()), disposition.word().to_owned()),
    })
}

/// The services of a row in words, with the ports that they come from where those are not all.
fn services(row: &Row) -> String {
    let every = row
        .services
        .iter()
        .all(|(_, ports)| reach::every_port(ports));
    let what = match row.services.len() {
        5 if every => "every protocol and port".to_owned(),
        _ => reach::services(&row.services).join(" "),
    };
    let with_ports = row.services.iter().any(|(own, _)| own.has_ports());
    match reach::every_port(&row.source_ports) || !with_ports {
        true => what,
        false => format!("{what}   from port {}", reach::port_text(&row.source_ports)),
    }
}

fn sides(ends: &[End]) -> String {
    reach::few(ends.iter().map(side).collect())
}

fn side(end: &End) -> String {
    let own = ranges(&end.addresses);
    match &end.name {
        Some(name) if own.len() > 2 => name.to_string(),
        Some(name) if **name == *own.join(", ") => name.to_string(),
        Some(name) => format!("{name} ({})", own.join(", ")),
        None => reach::few(own),
    }
}

fn ranges(addresses: &AddressSet) -> Vec<String> {
    reach::ranges(addresses)
}

/// A median in milliseconds.
fn milliseconds(median: f64) -> String {
    let tenths = libm::round(median / 100.0);
    match tenths < 1.0 {
        true => "< 0.1 ms".to_owned(),
        false => format!("{:.1} ms", tenths / 10.0),
    }
}
