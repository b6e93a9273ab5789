//! What the checks exercise and notice, for the formats that show it.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::check::Report;
use crate::check::gate::{Coverage, Mutation, Survivor};
use crate::ci::{Look, Spot, clean};

/// A part in whole per cent, never rounded up to all of it.
fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(100)
}

/// For people.
pub(super) fn text(look: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if let Some(coverage) = &report.coverage {
        let (part, whole) = coverage.total();
        writeln!(
            out,
            "\ncoverage {part} of {whole} ({}%)",
            percent(part, whole)
        )?;
        let width = coverage.kinds.iter().map(|kind| kind.kind.plural().len());
        let width = width.max().unwrap_or_default();
        for kind in &coverage.kinds {
            let (part, whole) = (kind.exercised(), kind.total);
            let name = kind.kind.plural();
            writeln!(
                out,
                "  {name:width$}  {part} of {whole} ({}%)",
                percent(part, whole)
            )?;
            for missed in &kind.missed {
                let (name, spot) = (clean(&missed.name), clean_spot(&missed.spot));
                writeln!(out, "    {} {name}  {spot}", look.missing())?;
            }
        }
    }
    if let Some(mutation) = &report.mutation {
        let (part, whole) = (mutation.noticed(), mutation.tried);
        let refused = match mutation.refused {
            0 => String::new(),
            count => format!(", {count} more that Azure would refuse"),
        };
        writeln!(
            out,
            "\nchanges noticed {part} of {whole} ({}%){refused}",
            percent(part, whole)
        )?;
        for alike in alike(mutation) {
            let Some(first) = alike.first() else { continue };
            let changes: Vec<&str> = alike.iter().map(|own| &*own.change).collect();
            let (name, spot) = (clean(&first.name), clean_spot(&first.spot));
            let mark = look.missing();
            writeln!(
                out,
                "  {mark} {name} {}  {spot}",
                clean(&changes.join(", "))
            )?;
            writeln!(out, "      {}", clean(&first.help))?;
        }
    }
    Ok(())
}

/// Survivors, those of one part against which the same helps together.
fn alike(mutation: &Mutation) -> impl Iterator<Item = &[Survivor]> {
    let same = |a: &Survivor, b: &Survivor| (&a.spot, &a.help) == (&b.spot, &b.help);
    mutation.survivors.chunk_by(same)
}

fn clean_spot(spot: &Spot) -> String {
    clean(&format!("{}:{}", spot.file, spot.line)).into_owned()
}

/// The members of the document that were asked for.
pub(super) fn members(report: &Report) -> Vec<(&'static str, Value)> {
    let coverage = report
        .coverage
        .as_ref()
        .map(|own| ("coverage", of_coverage(own)));
    let mutation = report
        .mutation
        .as_ref()
        .map(|own| ("mutation", of_mutation(own)));
    coverage.into_iter().chain(mutation).collect()
}

fn of_coverage(coverage: &Coverage) -> Value {
    let kinds = coverage.kinds.iter().map(|kind| {
        let missed = kind.missed.iter().map(|missed| {
            json!({ "name": missed.name, "file": missed.spot.file, "line": missed.spot.line })
        });
        json!({
            "kind": kind.kind.word(),
            "exercised": kind.exercised(),
            "total": kind.total,
            "percent": percent(kind.exercised(), kind.total),
            "missed": missed.collect::<Vec<_>>(),
        })
    });
    let (part, whole) = coverage.total();
    json!({
        "exercised": part,
        "total": whole,
        "percent": percent(part, whole),
        "kinds": kinds.collect::<Vec<_>>(),
    })
}

fn of_mutation(mutation: &Mutation) -> Value {
    let survivors = mutation.survivors.iter().map(|survivor| {
        json!({
            "name": survivor.name,
            "change": survivor.change,
            "file": survivor.spot.file,
            "line": survivor.spot.line,
            "help": survivor.help,
        })
    });
    json!({
        "noticed": mutation.noticed(),
        "tried": mutation.tried,
        "percent": percent(mutation.noticed(), mutation.tried),
        "refused": mutation.refused,
        "survivors": survivors.collect::<Vec<_>>(),
    })
}

/// As a page: tables of what is missing.
pub(super) fn markdown(
    report: &Report,
    plain: impl Fn(&str) -> String,
    code: impl Fn(&str) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let place = |spot: &Spot| code(&format!("{}:{}", spot.file, spot.line)).replace('|', "\\|");
    if let Some(coverage) = &report.coverage {
        let (part, whole) = coverage.total();
        writeln!(
            out,
            "\n### Coverage: {part} of {whole} ({}%)\n",
            percent(part, whole)
        )?;
        writeln!(out, "| kind | exercised | of | |\n|---|---:|---:|---:|")?;
        for kind in &coverage.kinds {
            let (part, whole) = (kind.exercised(), kind.total);
            let (name, percent) = (kind.kind.plural(), percent(part, whole));
            writeln!(out, "| {name} | {part} | {whole} | {percent}% |")?;
        }
        let missed = coverage.kinds.iter().flat_map(|kind| &kind.missed);
        for (at, missed) in missed.enumerate() {
            if at == 0 {
                writeln!(out, "\n| not exercised | place |\n|---|---|")?;
            }
            writeln!(out, "| {} | {} |", plain(&missed.name), place(&missed.spot))?;
        }
    }
    if let Some(mutation) = &report.mutation {
        let (part, whole) = (mutation.noticed(), mutation.tried);
        writeln!(
            out,
            "\n### Changes noticed: {part} of {whole} ({}%)",
            percent(part, whole)
        )?;
        for (at, alike) in alike(mutation).enumerate() {
            let Some(first) = alike.first() else { continue };
            if at == 0 {
                writeln!(
                    out,
                    "\n| not noticed | change | place | |\n|---|---|---|---|"
                )?;
            }
            let changes = alike.iter().map(|own| code(own.change.trim_matches('`')));
            let changes: Vec<String> = changes.collect();
            let (name, help) = (plain(&first.name), plain(&first.help));
            let changes = changes.join(", ");
            writeln!(
                out,
                "| {name} | {changes} | {} | {help} |",
                place(&first.spot)
            )?;
        }
    }
    Ok(())
}
