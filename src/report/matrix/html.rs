//! All pairs as a page: one file, nothing asked for from elsewhere, colour never alone.

use std::fmt::Write;

use super::{Folded, letter, milliseconds, service, word};
use crate::engine::matrix::Cell;
use crate::report::page::{escaped, policy};

const STYLE: &str = "
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #1b1b1b; background: #fff }
table { border-collapse: collapse; margin-top: 1rem }
th, td { border: 1px solid #c8c8c8; padding: .3rem .6rem; text-align: left; vertical-align: top }
thead th { position: sticky; top: 0; background: #f3f3f3 }
.yes { background: #dff3df } .no { background: #f8e3e3 } .some { background: #fdf3d6 }
@media (prefers-color-scheme: dark) {
  body { color: #e8e8e8; background: #1b1b1b } thead th { background: #2b2b2b } th, td { border-color: #555 }
  .yes { background: #1f3d1f } .no { background: #452424 } .some { background: #453a14 }
}
";

/// The page.
#[must_use]
pub fn html(folded: &Folded<'_>) -> String {
    let matrix = folded.matrix;
    let services: Vec<String> = matrix.services.iter().map(service).collect();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Who reaches whom</title>\n\
         <style>{STYLE}</style>\n",
        policy([STYLE], &[])
    );
    let (members, groups) = (matrix.parties.len(), folded.groups.len());
    let _ = writeln!(
        out,
        "<h1>Who reaches whom</h1>\n<p>{members} endpoints in {groups} groups, by {}. Nothing tells the members \
         of a group apart.</p>",
        escaped(&services.join(" "))
    );
    out.push_str("<table>\n<thead><tr><th>group<th>endpoints</thead>\n");
    for at in 0..groups {
        let names = folded.names(at).join(", ");
        let _ = writeln!(out, "<tr><th>{}<td>{}", letter(at), escaped(&names));
    }
    out.push_str("</table>\n<table>\n<thead><tr><th>from \\ to");
    let columns = folded.sided(false);
    for at in &columns {
        let _ = write!(
            out,
            "<th title=\"{}\">{}",
            escaped(&folded.names(*at).join(", ")),
            letter(*at)
        );
    }
    out.push_str("</thead>\n");
    for row in folded.sided(true) {
        let names = folded.names(row).join(", ");
        let _ = write!(out, "<tr><th title=\"{}\">{}", escaped(&names), letter(row));
        for column in &columns {
            let cells = folded.pair(row, *column);
            let _ = write!(
                out,
                "<td class=\"{}\">{}",
                class(cells),
                said(cells, &services)
            );
            if let Some([median, most]) = folded.latency(row, *column) {
                let (median, most) = (milliseconds(median), milliseconds(most));
                let _ = write!(out, "<br><small>p50 {median} ms, p95 {most} ms</small>");
            }
        }
        out.push('\n');
    }
    out.push_str("</table>\n</html>\n");
    out
}

fn class(cells: &[Cell]) -> &'static str {
    let all = |wanted: Cell| cells.iter().all(|cell| *cell == wanted);
    if all(Cell::Blank) {
        ""
    } else if all(Cell::Yes) {
        "yes"
    } else if all(Cell::No) {
        "no"
    } else {
        "some"
    }
}

fn said(cells: &[Cell], services: &[String]) -> String {
    if cells.iter().all(|cell| *cell == Cell::Blank) {
        return String::new();
    }
    let through = cells
        .iter()
        .zip(services)
        .filter_map(|(cell, service)| match cell {
            Cell::Yes => Some(escaped(service).into_owned()),
            Cell::Partly | Cell::Unknown => Some(format!("{} ({})", escaped(service), word(*cell))),
            Cell::No | Cell::Blank => None,
        });
    let through: Vec<String> = through.collect();
    if through.is_empty() {
        "none".to_owned()
    } else {
        through.join("<br>")
    }
}
