//! What each loss breaks, for a picture: what is lost is marked, with how much breaks by it.

use super::{counted, kinds, names, subject, verdict};
use crate::check::failures::{Failures, Loss};
use crate::network::{Network, OutageKind};
use crate::report::graph::{Mark, MarkKind};
use crate::report::page::{Page, Verdict, data, marked};

/// A mark on each thing whose loss alone breaks something.
#[must_use]
pub fn marks(network: &Network, failures: &Failures) -> Vec<Mark> {
    drawn(network, failures).0
}

/// The page: the marks on the drawing, and each loss that breaks something beside it.
#[must_use]
pub fn page(network: &Network, failures: &Failures, text: String) -> Page {
    let (marks, of_losses) = drawn(network, failures);
    let holds = failures.holds();
    let shown = Verdict {
        mark: data::Mark::of(holds),
        word: if holds { "Holds" } else { "Breaks" }.to_owned(),
        of: verdict(failures),
    };
    let rows = breaking(failures).zip(of_losses).map(|(loss, mark)| {
        let standing = match loss.accepted {
            true => data::Mark::Some,
            false => data::Mark::No,
        };
        let why = loss.broken().map(|felt| {
            format!(
                "{}: {}: {}",
                felt.how.word(),
                subject(failures, felt),
                felt.reason
            )
        });
        data::Row {
            why: why.collect(),
            marks: mark.into_iter().collect(),
            ..data::Row::new(
                standing,
                &breaks(loss),
                &format!("{} ({})", names(failures, loss), kinds(failures, loss)),
            )
        }
    });
    marked(network, &marks, shown, text, rows.collect())
}

fn breaking(failures: &Failures) -> impl Iterator<Item = &Loss> {
    let all = failures.losses.iter().chain(&failures.together);
    all.filter(|loss| loss.broken().next().is_some())
}

fn breaks(loss: &Loss) -> String {
    format!(
        "breaks {}",
        counted(loss.broken().count(), "check", "checks")
    )
}

/// The marks, and for each loss that breaks something the position of its own; none of what is drawn nowhere.
fn drawn(network: &Network, failures: &Failures) -> (Vec<Mark>, Vec<Option<usize>>) {
    let mut marks: Vec<Mark> = Vec::new();
    let of_losses = breaking(failures).map(|loss| {
        let [at] = loss.outages[..] else { return None };
        let outage = failures.outages.get(at)?;
        let (from, to) = ends(network, outage.kind, &outage.name)?;
        let same = |own: &Mark| own.from == from && own.to == to;
        if let Some(at) = marks.iter().position(same) {
            return Some(at);
        }
        marks.push(Mark {
            kind: MarkKind::Lost,
            from,
            to,
            label: format!("{} {}", outage.name, breaks(loss)),
        });
        Some(marks.len() - 1)
    });
    let of_losses = of_losses.collect();
    (marks, of_losses)
}

/// What stands in a drawing for what can be lost: its node or its box; for what joins two, both.
fn ends(network: &Network, kind: OutageKind, name: &str) -> Option<(String, Option<String>)> {
    let of = |name: &str| name.split('/').next().unwrap_or(name).to_owned();
    match kind {
        OutageKind::Zone => None,
        OutageKind::Region => Some((name.split('/').next_back()?.to_owned(), None)),
        OutageKind::CircuitLink | OutageKind::GatewayInstance => Some((of(name), None)),
        OutageKind::Peering => {
            let (vnet, peering) = name.split_once('/')?;
            let mut all = network.peerings.iter();
            let (_, own) = all.find(|(_, own)| {
                *own.name == *peering && *network.vnets[own.vnet].identity.name == *vnet
            })?;
            let remote = network.vnets[own.remote].identity.name.to_string();
            Some((vnet.to_owned(), Some(remote)))
        }
        OutageKind::Connection => {
            let mut all = network.connections.iter();
            let (_, own) = all.find(|(_, own)| *own.identity.name == *name)?;
            let gateway = &network.gateways[own.gateway].identity.name;
            Some((gateway.to_string(), None))
        }
        _ => Some((name.to_owned(), None)),
    }
}
