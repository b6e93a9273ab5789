//! What differs, for people: the verdict, then kind by kind row by row, each with one flow, its paths before
//! and after, and the line that causes it.

use std::fmt::Write;

use super::{Shown, hops, how, milliseconds, said, services, sides, stopped};
use crate::check::Status;
use crate::diff::{Kind, Row, Side};
use crate::report::Style;
use crate::trace::Path;

/// So many rows of a kind are shown with everything; JSON has them all.
const SHOWN: usize = 20;
/// So many changes without effect are named.
const NAMED: usize = 5;

/// The text.
#[must_use]
pub fn text(shown: &Shown<'_>, style: Style) -> String {
    let difference = shown.difference;
    let right = difference.is_intended();
    let verdict = style.verdict(right, shown.verdict());
    let mut out = format!("{} {verdict}\n", style.mark(right));
    for (what, names) in [
        ("new", &difference.ends.added),
        ("gone", &difference.ends.removed),
    ] {
        if !names.is_empty() {
            let names = crate::report::reach::few(names.clone());
            let _ = writeln!(out, "  {what}: {names}");
        }
    }
    for kind in Kind::ALL {
        let rows: Vec<&Row> = difference.of(kind, false).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", style.strong(said(kind)));
        for row in rows.iter().take(SHOWN) {
            write_row(&mut out, shown, row, style);
        }
        if rows.len() > SHOWN {
            let more = rows.len() - SHOWN;
            let _ = writeln!(
                out,
                "\n  and {more} more sets of flows: `--format json` has them all"
            );
        }
    }
    write_intended(&mut out, shown, style);
    write_checks(&mut out, shown, style);
    write_idle(&mut out, shown, style);
    for (number, assumption) in difference.unknown.iter().enumerate() {
        let start = if number == 0 { "\n" } else { "" };
        let (code, text) = (assumption.code.name(), &assumption.text);
        let _ = writeln!(out, "{start}{} {code}: {text}", style.warn());
    }
    out
}

fn write_row(out: &mut String, shown: &Shown<'_>, row: &Row, style: Style) {
    let apart = match (row.apart, row.kind) {
        (false, _) => "",
        (true, Kind::Closed) => "   with an end that is gone",
        (true, _) => "   with an end that is new",
    };
    let _ = writeln!(out, "\n  {}{apart}", style.strong(services(row)));
    let _ = writeln!(out, "    from  {}", sides(&row.sources));
    let _ = writeln!(out, "    to    {}", sides(&row.destinations));
    let witness = row.witness.to_string();
    let witness = match style.unicode {
        true => witness,
        false => witness.replace('→', "->"),
    };
    let _ = writeln!(out, "    e.g.  {witness}");
    let [was, is] = row.medians;
    write_path(out, "was", shown.before, row.before.as_ref(), was, style);
    write_path(out, "is", shown.after, row.after.as_ref(), is, style);
    let changes = shown.changes(&row.cause);
    let several = changes.len() > 1;
    for (number, change) in changes.iter().enumerate() {
        let label = if number == 0 { "by" } else { "" };
        let joined = match (several, number) {
            (true, 0) => format!(", {}:", how(row.cause.how)),
            _ => String::new(),
        };
        if several && number == 0 {
            let _ = writeln!(out, "    {label:<4}  {} changes{joined}", changes.len());
        }
        let label = if several { "" } else { label };
        let _ = writeln!(out, "    {label:<4}  {}", shown.change(change));
        if let Some(spot) = shown.spot(change) {
            let _ = writeln!(out, "          {}", style.dim(format!("--> {spot}")));
        }
    }
}

fn write_path(
    out: &mut String,
    label: &str,
    side: &Side<'_>,
    path: Option<&Path>,
    median: Option<f64>,
    style: Style,
) {
    let Some(path) = path else { return };
    let text = match stopped(path) {
        Some((at, why)) => format!("stopped at {at}:\n          {why}"),
        None => {
            let path = hops(side, path).join(&format!(" {} ", style.arrow()));
            match median {
                Some(median) => format!("{path}   {}", style.dim(milliseconds(median))),
                None => path,
            }
        }
    };
    let _ = writeln!(out, "    {label:<4}  {text}");
}

fn write_intended(out: &mut String, shown: &Shown<'_>, style: Style) {
    let difference = shown.difference;
    let rows = difference.rows.iter().filter(|row| row.intended.is_some());
    for (number, row) in rows.enumerate() {
        if number == 0 {
            let _ = writeln!(out, "\n{}", style.strong("as intended"));
        }
        let entry = shown.intention(row.intended.unwrap_or_default());
        let what = services(row);
        let (from, to) = (sides(&row.sources), sides(&row.destinations));
        let _ = writeln!(out, "\n  {} {}  {what}", style.ok(), said(row.kind));
        let _ = writeln!(out, "    from  {from}");
        let _ = writeln!(out, "    to    {to}");
        let _ = writeln!(out, "    for   {entry}");
    }
    for (number, entry) in difference.idle.iter().enumerate() {
        let start = if number == 0 { "\n" } else { "" };
        let kind = shown
            .intended
            .entries
            .get(*entry)
            .map_or("", |own| said(own.kind));
        let entry = shown.intention(*entry);
        let _ = writeln!(
            out,
            "{start}{} declared as {kind}, and does not happen: {entry}",
            style.warn()
        );
    }
}

fn write_checks(out: &mut String, shown: &Shown<'_>, style: Style) {
    let checks = shown.checks;
    if checks.unasked {
        let _ = writeln!(
            out,
            "\n{} some checks cannot be asked, which `dryhop test` explains",
            style.warn()
        );
    }
    if checks.changed.is_empty() {
        return;
    }
    let failing = checks
        .changed
        .iter()
        .filter(|own| own.after != Status::Pass)
        .count();
    let holding = checks.changed.len() - failing;
    let mut said = Vec::new();
    let hold = |count: usize| if count == 1 { "holds" } else { "hold" };
    if failing > 0 {
        said.push(format!("{failing} no longer {}", hold(failing)));
    }
    if holding > 0 {
        said.push(format!("{holding} now {}", hold(holding)));
    }
    let _ = writeln!(out, "\n{}: {}", style.strong("checks"), said.join(", "));
    for own in &checks.changed {
        let mark = style.mark(own.after == Status::Pass);
        let _ = writeln!(out, "  {mark} {}: {}", own.kind.section(), own.name);
    }
}

fn write_idle(out: &mut String, shown: &Shown<'_>, style: Style) {
    let idle = shown.idle_changes();
    if idle.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n{}",
        style.strong("changes by which no flow fares otherwise")
    );
    for change in idle.iter().take(NAMED) {
        let spot = shown.spot(change).map_or(String::new(), |spot| {
            format!("  {}", style.dim(format!("--> {spot}")))
        });
        let _ = writeln!(out, "  {}{spot}", shown.change(change));
    }
    if idle.len() > NAMED {
        let _ = writeln!(out, "  and {} more", idle.len() - NAMED);
    }
}
