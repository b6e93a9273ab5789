//! What each loss breaks, as a document.

use serde::Serialize;

use crate::check::failures::{Failures, How, Loss, Subject, Why};

/// The document.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// How many checks were judged and losses tried.
    pub summary: Summary,
    /// Each loss by itself, whether or not anything feels it.
    pub losses: Vec<LossDocument>,
    /// Several at once that break what no fewer of them do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<LossDocument>,
    /// The checks that some loss breaks alone.
    pub single_points_of_failure: Vec<SinglePoints>,
    /// The checks that were not judged.
    pub left_out: Vec<LeftOut>,
}

/// How many of each.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Whether no loss that is not accepted breaks anything.
    pub holds: bool,
    /// How many checks were judged.
    pub checks: usize,
    /// How many sets of one loss, of two … were tried.
    pub tried: Vec<usize>,
    /// How many of these break something.
    pub breaking: usize,
}

/// A loss.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LossDocument {
    /// What is out of order, as `--down` takes it.
    pub down: Vec<String>,
    /// What each of these is.
    pub kinds: Vec<&'static str>,
    /// Other names for the same: the other side's object of a peering.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Whether it is accepted.
    pub accepted: bool,
    /// The checks that feel it.
    pub checks: Vec<FeltDocument>,
}

/// A check that feels a loss.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeltDocument {
    /// Its name.
    pub name: String,
    /// Its section.
    pub kind: &'static str,
    /// `lost`, `opened`, `bypassed`, `unknown`, `ownEnd`, `changed` or `degraded`.
    pub how: &'static str,
    /// Why, in words.
    pub reason: String,
}

/// A check, and what breaks it alone.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SinglePoints {
    /// Its name.
    pub name: String,
    /// Its section.
    pub kind: &'static str,
    /// The file that it stands in.
    pub file: String,
    /// The line of its key, from 1.
    pub line: usize,
    /// The losses, each of which breaks it.
    pub down: Vec<String>,
}

/// A check that was not judged.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Its section.
    pub kind: &'static str,
    /// `fails`, `notModelled` or `saysDown`.
    pub why: &'static str,
}

/// The document of what losses do.
#[must_use]
pub fn document(failures: &Failures) -> Document {
    let one = |loss: &Loss| of_loss(failures, loss);
    let all = || failures.losses.iter().chain(&failures.together);
    Document {
        summary: Summary {
            holds: failures.holds(),
            checks: failures.subjects.len(),
            tried: failures.tried.clone(),
            breaking: all().filter(|loss| loss.broken().next().is_some()).count(),
        },
        losses: failures.losses.iter().map(one).collect(),
        together: failures.together.iter().map(one).collect(),
        single_points_of_failure: points(failures),
        left_out: failures
            .left_out
            .iter()
            .map(|(subject, why)| LeftOut {
                name: subject.name.clone(),
                kind: subject.kind.section(),
                why: match why {
                    Why::Fails => "fails",
                    Why::NotModelled => "notModelled",
                    Why::SaysDown => "saysDown",
                },
            })
            .collect(),
    }
}

fn of_loss(failures: &Failures, loss: &Loss) -> LossDocument {
    let outages = || {
        let all = loss.outages.iter();
        all.filter_map(|at| failures.outages.get(*at))
    };
    let subject = |at: usize| failures.subjects.get(at);
    LossDocument {
        down: failures.names(loss).map(str::to_owned).collect(),
        kinds: outages().map(|own| own.kind.word()).collect(),
        also: outages().flat_map(|own| own.also.clone()).collect(),
        accepted: loss.accepted,
        checks: loss
            .felt
            .iter()
            .filter_map(|felt| {
                let subject: &Subject = subject(felt.subject)?;
                let how: How = felt.how;
                Some(FeltDocument {
                    name: subject.name.clone(),
                    kind: subject.kind.section(),
                    how: how.word(),
                    reason: felt.reason.clone(),
                })
            })
            .collect(),
    }
}

fn points(failures: &Failures) -> Vec<SinglePoints> {
    let subjects = failures.subjects.iter().enumerate();
    let each = subjects.map(|(at, subject)| {
        let breaking = failures.losses.iter();
        let breaking = breaking.filter(|loss| loss.broken().any(|own| own.subject == at));
        SinglePoints {
            name: subject.name.clone(),
            kind: subject.kind.section(),
            file: subject.spot.file.clone(),
            line: subject.spot.line,
            down: breaking
                .flat_map(|loss| failures.names(loss))
                .map(str::to_owned)
                .collect(),
        }
    });
    each.filter(|own| !own.down.is_empty()).collect()
}
