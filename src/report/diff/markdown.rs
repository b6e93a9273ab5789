//! What differs, as Markdown: for a comment on a pull request.

use std::fmt::Write;

use super::{Shown, hops, how, milliseconds, said, services, sides, stopped};
use crate::check::Status;
use crate::diff::{Kind, Row, Side};
use crate::trace::Path;

/// So many rows of a kind stand in its table: a comment has its limits.
const SHOWN: usize = 50;

/// The page.
#[must_use]
pub fn markdown(shown: &Shown<'_>) -> String {
    let difference = shown.difference;
    let mark = match difference.is_intended() {
        true => "✅",
        false => "❌",
    };
    let mut out = format!("### {mark} dryhop diff: {}\n", shown.verdict());
    for (what, names) in [
        ("New", &difference.ends.added),
        ("Gone", &difference.ends.removed),
    ] {
        if !names.is_empty() {
            let names = names.iter().map(|name| code(name));
            let _ = writeln!(out, "\n{what}: {}", names.collect::<Vec<_>>().join(", "));
        }
    }
    for kind in Kind::ALL {
        let rows: Vec<&Row> = difference.of(kind, false).collect();
        if rows.is_empty() {
            continue;
        }
        let title = capital(said(kind));
        let _ = writeln!(out, "\n#### {title}\n");
        out.push_str("| what | from | to | before | after | by |\n|---|---|---|---|---|---|\n");
        for row in rows.iter().take(SHOWN) {
            write_row(&mut out, shown, row);
        }
        if rows.len() > SHOWN {
            let more = rows.len() - SHOWN;
            let _ = writeln!(out, "\nAnd {more} more sets of flows.");
        }
    }
    write_intended(&mut out, shown);
    if !shown.checks.changed.is_empty() {
        out.push_str("\n#### Checks\n\n");
        for own in &shown.checks.changed {
            let (mark, said) = match own.after == Status::Pass {
                true => ("✅", "now holds"),
                false => ("❌", "no longer holds"),
            };
            let _ = writeln!(
                out,
                "- {mark} {}: {} {said}",
                own.kind.section(),
                cell(&own.name)
            );
        }
    }
    if shown.checks.unasked {
        out.push_str("\n⚠️ Some checks cannot be asked, which `dryhop test` explains.\n");
    }
    let idle = shown.idle_changes();
    if !idle.is_empty() {
        out.push_str("\n<details><summary>Changes by which no flow fares otherwise</summary>\n\n");
        for change in idle {
            let spot = shown
                .spot(change)
                .map_or(String::new(), |spot| format!(" ({})", code(&spot)));
            let _ = writeln!(out, "- {}{spot}", cell(&shown.change(change)));
        }
        out.push_str("\n</details>\n");
    }
    for (number, own) in difference.unknown.iter().enumerate() {
        let start = if number == 0 { "\n" } else { "" };
        let _ = writeln!(out, "{start}- ⚠️ {}: {}", own.code.name(), cell(&own.text));
    }
    out
}

fn write_row(out: &mut String, shown: &Shown<'_>, row: &Row) {
    let [was, is] = row.medians;
    let changes = shown.changes(&row.cause);
    let joined = match changes.len() {
        0 | 1 => String::new(),
        _ => format!("{}: ", how(row.cause.how)),
    };
    let by = changes.into_iter().map(|change| {
        let spot = shown
            .spot(change)
            .map_or(String::new(), |spot| format!("<br>{}", code(&spot)));
        format!("{}{spot}", cell(&shown.change(change)))
    });
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {joined}{} |",
        code(&services(row)),
        cell(&sides(&row.sources)),
        cell(&sides(&row.destinations)),
        way(shown.before, row.before.as_ref(), was),
        way(shown.after, row.after.as_ref(), is),
        by.collect::<Vec<_>>().join("<br>"),
    );
}

fn way(side: &Side<'_>, path: Option<&Path>, median: Option<f64>) -> String {
    let Some(path) = path else {
        return "–".to_owned();
    };
    if let Some((at, why)) = stopped(path) {
        return cell(&format!("stopped at {at}: {why}"));
    }
    let hops = hops(side, path).join(" → ");
    match median {
        Some(median) => cell(&format!("{hops} ({})", milliseconds(median))),
        None => cell(&hops),
    }
}

fn write_intended(out: &mut String, shown: &Shown<'_>) {
    let rows = shown.difference.rows.iter();
    for (number, row) in rows.filter(|row| row.intended.is_some()).enumerate() {
        if number == 0 {
            out.push_str("\n#### As intended\n\n");
        }
        let entry = shown.intention(row.intended.unwrap_or_default());
        let _ = writeln!(
            out,
            "- {}: {} from {} to {} ({})",
            said(row.kind),
            code(&services(row)),
            cell(&sides(&row.sources)),
            cell(&sides(&row.destinations)),
            cell(&entry)
        );
    }
    for (number, entry) in shown.difference.idle.iter().enumerate() {
        let start = if number == 0 { "\n" } else { "" };
        let kind = shown
            .intended
            .entries
            .get(*entry)
            .map_or("", |own| said(own.kind));
        let entry = cell(&shown.intention(*entry));
        let _ = writeln!(
            out,
            "{start}- ⚠️ declared as {kind}, and does not happen: {entry}"
        );
    }
}

/// A text where Markdown and tables must not read it: `*` is no emphasis, `|` no cell. What has `_` within
/// words is left as it is.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '*' | '[' | ']' | '\\' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|own| own.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
