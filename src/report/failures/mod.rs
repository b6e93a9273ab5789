//! What each loss breaks, one file a format.

mod json;
mod markdown;
mod picture;
mod text;

pub use json::{Document, document};
pub use markdown::markdown;
pub use picture::{marks, page};
pub use text::text;

use crate::check::failures::{Failures, Felt, How, Loss, Why};
use crate::network::Outage;

/// `nva-1`, `nva-1 and nva-2`.
fn names(failures: &Failures, loss: &Loss) -> String {
    let names: Vec<&str> = failures.names(loss).collect();
    names.join(" and ")
}

/// What is out of order, in words: one thing, or several.
fn kinds(failures: &Failures, loss: &Loss) -> String {
    let all = loss.outages.iter();
    let all = all.filter_map(|at| failures.outages.get(*at));
    let kinds: Vec<&str> = all.map(|own: &Outage| own.kind.words()).collect();
    kinds.join(", ")
}

/// The check that feels it.
fn subject<'f>(failures: &'f Failures, felt: &Felt) -> &'f str {
    let subject = failures.subjects.get(felt.subject);
    subject.map_or("", |own| &*own.name)
}

/// The head of a column.
const fn head(how: How) -> &'static str {
    match how {
        How::Lost => "Lost",
        How::Opened => "Opened",
        How::Bypassed => "Bypassed",
        How::Unknown => "Unknown",
        How::OwnEnd => "Own end",
        How::Changed => "Changed",
        How::Degraded => "Degraded",
    }
}

/// What stands in a column, where that is anything.
const fn meaning(how: How) -> &'static str {
    match how {
        How::Lost => "no longer gets through",
        How::Opened => "gets through, and must not",
        How::Bypassed => "gets through past what it must come by",
        How::Unknown => "rests on something that is not modelled",
        How::OwnEnd => "the check's own machine, host or service is what is lost",
        How::Changed => {
            "gets through, or not, as before; other details that the check names differ"
        }
        How::Degraded => "holds, by other paths or fewer",
    }
}

/// Why some checks are left out, in words, for `count` of them.
fn why(why: Why, count: usize) -> String {
    match (why, count) {
        (Why::Fails, 1) => "1 check fails without any loss".to_owned(),
        (Why::Fails, _) => format!("{count} checks fail without any loss"),
        (Why::NotModelled, 1) => "1 check rests on something that is not modelled".to_owned(),
        (Why::NotModelled, _) => format!("{count} checks rest on something that is not modelled"),
        (Why::SaysDown, 1) => "1 check says itself what is down".to_owned(),
        (Why::SaysDown, _) => format!("{count} checks say themselves what is down"),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The verdict in one line.
fn verdict(failures: &Failures) -> String {
    let mut all = failures.losses.iter().chain(&failures.together);
    let breaking = all.by_ref();
    let breaking: Vec<&Loss> = breaking
        .filter(|loss| loss.broken().next().is_some())
        .collect();
    let tried: usize = failures.tried.iter().sum();
    let losses = match failures.tried.len() {
        0 | 1 => counted(tried, "loss", "losses"),
        order => format!("{tried} sets of up to {order} losses"),
    };
    let checks = counted(failures.subjects.len(), "check", "checks");
    let accepted = breaking.iter().filter(|loss| loss.accepted).count();
    let mut text = match breaking.len() {
        0 => format!("none of {losses} breaks any of {checks}"),
        1 => format!("1 of {losses} breaks some of {checks}"),
        count => format!("{count} of {losses} break some of {checks}"),
    };
    if accepted > 0 {
        text.push_str(&format!("; {accepted} of these accepted"));
    }
    text
}

/// A check, and what breaks it: losses of one size, no part of which does.
type Points<'f> = (&'f str, Vec<&'f Loss>);

/// By how many losses at once: the checks that these break, each with them.
fn points(failures: &Failures) -> Vec<(usize, Vec<Points<'_>>)> {
    let sizes = 1..=failures.tried.len();
    let each = sizes.map(|size| {
        let subjects = failures.subjects.iter().enumerate();
        let points = subjects.map(|(at, subject)| {
            let losses = failures.losses.iter().chain(&failures.together);
            let breaking = losses.filter(|loss| {
                loss.outages.len() == size && loss.broken().any(|own| own.subject == at)
            });
            (&*subject.name, breaking.collect::<Vec<_>>())
        });
        let points = points.filter(|(_, losses)| !losses.is_empty());
        (size, points.collect::<Vec<_>>())
    });
    each.filter(|(_, points)| !points.is_empty()).collect()
}

/// What the losses of one size are.
const fn title(size: usize) -> &'static str {
    match size {
        1 => "Single points of failure",
        2 => "Broken by two losses together, and by neither alone",
        _ => "Broken by three losses together, and by no two of them",
    }
}

/// How many checks are left out for each reason.
fn left_out(failures: &Failures) -> Vec<(Why, Vec<&str>)> {
    let whys = [Why::Fails, Why::NotModelled, Why::SaysDown];
    let each = whys.map(|why| {
        let own = failures.left_out.iter().filter(|(_, own)| *own == why);
        (why, own.map(|(subject, _)| &*subject.name).collect())
    });
    let some = |(_, names): &(Why, Vec<&str>)| !names.is_empty();
    each.into_iter().filter(some).collect()
}
