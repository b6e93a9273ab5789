//! What gets through, for people: row by row, the services first, then from where and to where, then one
//! flow with its path.

use std::fmt::Write;

use super::{every_port, port_text, ranges, services};
use crate::engine::reach::{Reach, Row, Side};
use crate::report::Style;

/// So many ends of a row, and ranges of an end, are shown; JSON has them all.
const SHOWN: usize = 8;

/// The text; `question` says from where or to where.
#[must_use]
pub fn text(question: &str, reach: &Reach, style: Style) -> String {
    let some = !reach.rows.is_empty();
    let verdict = match reach.rows.len() {
        0 => format!("no flow gets {question}"),
        1 => format!("one set of flows gets {question}"),
        count => format!("{count} sets of flows get {question}"),
    };
    let mut out = format!("{} {}\n", style.mark(some), style.verdict(some, verdict));
    for row in &reach.rows {
        write_row(&mut out, row, style);
    }
    for (number, assumption) in reach.assumptions.iter().enumerate() {
        let start = if number == 0 { "\n" } else { "" };
        let (code, said) = (assumption.code.name(), &assumption.text);
        let _ = writeln!(out, "{start}{} {code}: {said}", style.warn());
    }
    out
}

fn write_row(out: &mut String, row: &Row, style: Style) {
    let every = row.services.iter().all(|(_, ports)| every_port(ports));
    let mut what = match row.services.len() {
        5 if every => "every protocol and port".to_owned(),
        _ => services(&row.services).join(" "),
    };
    if !every_port(&row.source_ports) && row.services.iter().any(|(own, _)| own.has_ports()) {
        let _ = write!(what, "   from port {}", port_text(&row.source_ports));
    }
    let _ = writeln!(out, "\n  {}", style.strong(what));
    let _ = writeln!(out, "    from  {}", sides(&row.sources));
    let _ = writeln!(out, "    to    {}", sides(&row.destinations));
    let hops: Vec<&str> = row.path.hops.iter().map(|hop| &*hop.name).collect();
    let path = hops.join(&format!(" {} ", style.arrow()));
    let witness = row.witness.to_string();
    let witness = if style.unicode {
        witness
    } else {
        witness.replace('→', "->")
    };
    let _ = writeln!(
        out,
        "    e.g.  {witness}   {}",
        style.dim(format!("by {path}"))
    );
}

fn sides(sides: &[Side]) -> String {
    few(sides.iter().map(side).collect())
}

fn side(side: &Side) -> String {
    let own = ranges(&side.addresses);
    match &side.name {
        // All of a kind: its name says it.
        Some(name) if own.len() > 2 => name.to_string(),
        Some(name) if **name == *own.join(", ") => name.to_string(),
        Some(name) => format!("{name} ({})", own.join(", ")),
        None => few(own),
    }
}

/// The first few of some texts, and how many more there are.
pub(in crate::report) fn few(all: Vec<String>) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let mut text = all.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}
