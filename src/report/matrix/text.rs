//! All pairs, for people: the groups with their members, then who reaches whom by which services.

use std::fmt::Write;

use super::{Folded, letter, milliseconds, service};
use crate::engine::matrix::Cell;
use crate::report::Style;

/// The text.
#[must_use]
pub fn text(folded: &Folded<'_>, style: Style) -> String {
    let matrix = folded.matrix;
    let services: Vec<String> = matrix.services.iter().map(service).collect();
    let mut out = String::new();
    let (groups, members) = (folded.groups.len(), matrix.parties.len());
    let _ = writeln!(
        out,
        "{members} endpoints in {groups} groups, by {}\n",
        services.join(" ")
    );
    let width = letter(groups.saturating_sub(1)).len();
    for at in 0..groups {
        let _ = writeln!(
            out,
            "  {:width$}  {}",
            letter(at),
            folded.names(at).join(", ")
        );
    }
    let columns = folded.sided(false);
    let rows = folded.sided(true);
    let mut lines: Vec<Vec<String>> = vec![
        std::iter::once(style.arrow().to_owned())
            .chain(columns.iter().map(|at| letter(*at)))
            .collect(),
    ];
    let mut unknown = false;
    for row in rows {
        let cells = columns.iter().map(|column| {
            let cells = folded.pair(row, *column);
            unknown |= cells.contains(&Cell::Unknown);
            cell(cells, &services, folded.latency(row, *column))
        });
        lines.push(std::iter::once(letter(row)).chain(cells).collect());
    }
    let count = columns.len() + 1;
    let widths: Vec<usize> = (0..count)
        .map(|at| {
            lines
                .iter()
                .filter_map(|line| line.get(at))
                .map(|cell| cell.chars().count())
                .max()
        })
        .map(Option::unwrap_or_default)
        .collect();
    out.push('\n');
    for line in &lines {
        let mut text = String::from("  ");
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out.push_str("\n  all: every service    -: none    blank: not asked");
    if lines.iter().flatten().any(|cell| cell.contains('~')) {
        out.push_str("    ~: some of the ports");
    }
    if unknown {
        out.push_str("    ?: not modelled");
    }
    out.push('\n');
    out
}

/// The services that get through; `~` before one that does so in part, `?` before one that is not known.
fn cell(cells: &[Cell], services: &[String], latency: Option<[f64; 2]>) -> String {
    if cells.iter().all(|cell| *cell == Cell::Blank) {
        return String::new();
    }
    let time = latency.map_or(String::new(), |[median, _]| {
        format!(" {} ms", milliseconds(median))
    });
    if cells.iter().all(|cell| *cell == Cell::Yes) {
        return format!("all{time}");
    }
    let through = cells.iter().zip(services).filter_map(|(cell, service)| {
        let mark = match cell {
            Cell::Yes => "",
            Cell::Partly => "~",
            Cell::Unknown => "?",
            Cell::No | Cell::Blank => return None,
        };
        Some(format!(
            "{mark}{}",
            service.strip_prefix("tcp/").unwrap_or(service)
        ))
    });
    let through: Vec<String> = through.collect();
    if through.is_empty() {
        return "-".to_owned();
    }
    format!("{}{time}", through.join(","))
}
