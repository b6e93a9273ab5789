//! What each loss breaks, as a page of Markdown.

use std::fmt::Write;

use super::{head, kinds, left_out, meaning, names, points, subject, title, verdict, why};
use crate::check::failures::{Failures, How, Loss};
use crate::ci::markdown::{code, plain, prose};

/// The page.
#[must_use]
pub fn markdown(failures: &Failures) -> String {
    let mut out = String::new();
    let mark = if failures.holds() { '✓' } else { '✗' };
    let _ = writeln!(out, "## {mark} {}", plain(&verdict(failures)));
    table(failures, &mut out);
    for loss in &failures.losses {
        broken(failures, loss, &mut out);
    }
    for (size, points) in points(failures) {
        let _ = writeln!(
            out,
            "\n### {}\n\n| check | broken by |\n|---|---|",
            title(size)
        );
        for (check, losses) in points {
            let names: Vec<String> = losses
                .iter()
                .map(|loss| cell(&code(&names(failures, loss))))
                .collect();
            let _ = writeln!(out, "| {} | {} |", plain(check), names.join(", "));
        }
    }
    for (reason, names) in left_out(failures) {
        let _ = writeln!(out, "\nNot judged: {}.\n", why(reason, names.len()));
        for name in names {
            let _ = writeln!(out, "- {}", plain(name));
        }
    }
    out
}

fn table(failures: &Failures, out: &mut String) {
    let felt: Vec<&Loss> = failures
        .losses
        .iter()
        .filter(|loss| !loss.felt.is_empty())
        .collect();
    let columns: Vec<How> = How::ALL
        .into_iter()
        .filter(|how| felt.iter().any(|loss| loss.of(*how).next().is_some()))
        .collect();
    if !felt.is_empty() {
        let heads: Vec<String> = columns
            .iter()
            .map(|how| head(*how).to_lowercase())
            .collect();
        let _ = writeln!(out, "\n| out of order | what | {} |", heads.join(" | "));
        let _ = writeln!(out, "|---|---|{}", "--:|".repeat(columns.len()));
    }
    for loss in &felt {
        let accepted = if loss.accepted { " (accepted)" } else { "" };
        let counts: Vec<String> = columns
            .iter()
            .map(|how| match loss.of(*how).count() {
                0 => String::new(),
                count => count.to_string(),
            })
            .collect();
        let _ = writeln!(
            out,
            "| {}{accepted} | {} | {} |",
            cell(&code(&names(failures, loss))),
            kinds(failures, loss),
            counts.join(" | ")
        );
    }
    if !columns.is_empty() {
        out.push('\n');
    }
    for how in columns {
        let _ = writeln!(out, "- *{}*: {}", head(how).to_lowercase(), meaning(how));
    }
    let unfelt = failures.losses.iter().filter(|loss| loss.felt.is_empty());
    let unfelt: Vec<String> = unfelt.map(|loss| code(&names(failures, loss))).collect();
    if !unfelt.is_empty() {
        let _ = writeln!(out, "\nNo check feels the loss of {}.", unfelt.join(", "));
    }
}

fn broken(failures: &Failures, loss: &Loss, out: &mut String) {
    let told = [How::Lost, How::Opened, How::Bypassed, How::Unknown];
    if told.iter().all(|how| loss.of(*how).next().is_none()) {
        return;
    }
    let accepted = if loss.accepted { ", accepted" } else { "" };
    let _ = writeln!(
        out,
        "\n### {}, {}{accepted}\n",
        plain(&names(failures, loss)),
        kinds(failures, loss)
    );
    for how in told {
        for felt in loss.of(how) {
            let check = plain(subject(failures, felt));
            let _ = match felt.reason.is_empty() {
                true => writeln!(out, "- {}: {check}", how.word()),
                false => writeln!(out, "- {}: {check} ({})", how.word(), prose(&felt.reason)),
            };
        }
    }
}

/// A text in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
