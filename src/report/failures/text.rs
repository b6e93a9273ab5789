//! What each loss breaks, for people: the verdict, the table, what breaks and why, the single points of
//! failure, and what was not judged.

use std::fmt::Write;

use indexmap::IndexMap;

use super::{counted, head, kinds, left_out, meaning, names, points, subject, title, verdict, why};
use crate::check::failures::{Failures, How, Loss};
use crate::ci::clean;
use crate::report::Style;
use crate::report::table::Table;

/// So many checks of a kind are named under a loss, unless all are asked for.
const MOST_NAMED: usize = 4;

/// The text; with every check that a loss breaks where `all` are asked for.
#[must_use]
pub fn text(failures: &Failures, all: bool, style: Style) -> String {
    let mut out = String::new();
    let holds = failures.holds();
    let line = style.verdict(holds, verdict(failures));
    let _ = writeln!(out, "{} {line}", style.mark(holds));
    table(failures, &mut out);
    for loss in &failures.losses {
        broken(failures, loss, all, style, &mut out);
    }
    for (size, points) in points(failures) {
        let _ = writeln!(out, "\n{}\n", style.strong(title(size)));
        // What the same losses break is told together.
        let mut alike: IndexMap<String, Vec<&str>> = IndexMap::new();
        for (check, losses) in points {
            let names: Vec<String> = losses.iter().map(|loss| names(failures, loss)).collect();
            alike.entry(names.join(", ")).or_default().push(check);
        }
        for (losses, checks) in alike {
            let shown = if all { checks.len() } else { MOST_NAMED };
            for check in checks.iter().take(shown) {
                let _ = writeln!(out, "  {}", clean(check));
            }
            if checks.len() > shown {
                let more = counted(checks.len() - shown, "check", "checks");
                let _ = writeln!(out, "  {more} more (`--all` shows them)");
            }
            let _ = writeln!(out, "    {}", clean(&losses));
        }
    }
    let left = left_out(failures);
    if !left.is_empty() {
        out.push('\n');
    }
    for (reason, names) in left {
        let _ = writeln!(
            out,
            "{} not judged: {}",
            style.warn(),
            why(reason, names.len())
        );
        for name in names {
            let _ = writeln!(out, "    {}", clean(name));
        }
    }
    out
}

/// A row for each loss that something feels.
fn table(failures: &Failures, out: &mut String) {
    let mut columns = vec!["Out of order", "What"];
    columns.extend(How::ALL.map(head));
    let mut table = Table::new(&columns);
    let (felt, unfelt): (Vec<&Loss>, Vec<&Loss>) = failures
        .losses
        .iter()
        .partition(|loss| !loss.felt.is_empty());
    for loss in &felt {
        let mut name = names(failures, loss);
        if loss.accepted {
            name.push_str(" (accepted)");
        }
        let mut row = vec![clean(&name).into_owned(), kinds(failures, loss)];
        row.extend(How::ALL.map(|how| match loss.of(how).count() {
            0 => String::new(),
            count => count.to_string(),
        }));
        table.row(row);
    }
    if !felt.is_empty() {
        let _ = write!(out, "\n{}\n", table.render("  "));
        for how in How::ALL {
            if felt.iter().any(|loss| loss.of(how).next().is_some()) {
                let _ = writeln!(out, "  {}: {}", head(how).to_lowercase(), meaning(how));
            }
        }
    }
    if !unfelt.is_empty() {
        let names: Vec<String> = unfelt.iter().map(|loss| names(failures, loss)).collect();
        let _ = writeln!(
            out,
            "\n  no check feels the loss of {}",
            clean(&names.join(", "))
        );
    }
}

fn broken(failures: &Failures, loss: &Loss, all: bool, style: Style, out: &mut String) {
    let told = [How::Lost, How::Opened, How::Bypassed, How::Unknown];
    if told.iter().all(|how| loss.of(*how).next().is_none()) {
        return;
    }
    let mark = match loss.accepted || loss.broken().next().is_none() {
        true => style.warn(),
        false => style.fail(),
    };
    let name = names(failures, loss);
    let accepted = if loss.accepted { ", accepted" } else { "" };
    let _ = writeln!(
        out,
        "\n{mark} {}, {}{accepted}",
        style.strong(clean(&name)),
        kinds(failures, loss)
    );
    for how in told {
        let count = loss.of(how).count();
        let shown = if all { count } else { MOST_NAMED };
        for felt in loss.of(how).take(shown) {
            let check = clean(subject(failures, felt));
            let _ = writeln!(out, "  {:8}  {check}", how.word());
            if !felt.reason.is_empty() {
                let _ = writeln!(out, "            {}", style.dim(clean(&felt.reason)));
            }
        }
        if count > shown {
            let more = counted(count - shown, "check", "checks");
            let _ = writeln!(out, "  {:8}  {more} more (`--all` shows them)", how.word());
        }
    }
}
