//! What the checks would notice: each rule, route and flag of a peering is removed or turned round on a copy
//! of the topology, and the checks are asked again. A change after which each of them is as it was before
//! survives: nothing says that the part must be as it is.
//!
//! A copy is resolved anew from the changed tree, so that a change that Azure would refuse is none. Checks
//! that the part decided come first, since one that notices is enough; a survivor was shown to all of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::parts::{Edit, Part, PartKind};
use super::{Exercised, Progress, Written};
use crate::check::outcome::Status;
use crate::check::{Judge, Options, plan, pool};
use crate::ci::Spot;
use crate::load::of_tree;
use crate::source::Sources;

/// What became of the changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutation {
    /// How many were tried.
    pub tried: usize,
    /// How many more Azure would refuse.
    pub refused: usize,
    /// Those that no check notices.
    pub survivors: Vec<Survivor>,
}

impl Mutation {
    /// How many some check notices.
    #[must_use]
    pub fn noticed(&self) -> usize {
        self.tried - self.survivors.len()
    }
}

/// A change that no check notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// What is changed: `nsg-web/allow-https`.
    pub name: String,
    /// How, in words.
    pub change: String,
    /// Where it stands.
    pub spot: Spot,
    /// What a check would have to ask for.
    pub help: String,
}

/// What became of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Noticed,
    Refused,
    Survived,
}

pub(super) struct Trial<'a> {
    pub written: &'a Written<'a>,
    pub options: &'a Options,
    pub sources: &'a Sources,
    pub exercised: &'a Exercised,
    /// What became of each check without a change.
    pub before: Vec<Option<Status>>,
    pub progress: Progress<'a>,
}

impl Trial<'_> {
    pub fn run(&self, parts: &[Part<'_>]) -> Mutation {
        let edits = parts.iter();
        let edits: Vec<(&Part<'_>, Edit)> = edits
            .flat_map(|part| part.edits().into_iter().map(move |edit| (part, edit)))
            .collect();
        let done = AtomicUsize::new(0);
        let fates = pool::deep(|| -> Vec<Fate> {
            let fates = edits.par_iter().map(|(part, edit)| {
                let fate = self.fate(part, edit);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                (self.progress)(done, edits.len());
                fate
            });
            fates.collect()
        });
        let mut mutation = Mutation::default();
        for ((part, edit), fate) in edits.iter().zip(fates) {
            match fate {
                Fate::Refused => mutation.refused += 1,
                Fate::Noticed => mutation.tried += 1,
                Fate::Survived => {
                    mutation.tried += 1;
                    mutation.survivors.push(Survivor {
                        name: part.name.clone(),
                        change: edit.words(),
                        spot: Spot::of_key(self.sources, &part.path),
                        help: help(part, edit, self.exercised.by(&part.path).is_some()),
                    });
                }
            }
        }
        mutation
    }

    pub fn fate(&self, part: &Part<'_>, edit: &Edit) -> Fate {
        let mut tree = self.written.tree.clone();
        edit.make(&mut tree, &part.path);
        let Some((topology, network)) = of_tree(&tree, self.written.inputs) else {
            return Fate::Refused;
        };
        let network = match self.written.down {
            [] => network,
            down => match network.with_down(down) {
                Ok(network) => network,
                Err(_) => return Fate::Refused,
            },
        };
        let (planned, faults) = plan::plan(&topology, &network);
        // A check that can no longer be asked says so.
        if !faults.is_empty() || planned.len() != self.before.len() {
            return Fate::Noticed;
        }
        let first = self.exercised.by(&part.path);
        let is_first = |at: usize| first.is_some_and(|checks| checks.contains(&at));
        let mut judge = Judge::new(&network, self.sources, self.options, planned.len());
        judge.run(&planned, is_first);
        if self.differs(&judge) {
            return Fate::Noticed;
        }
        judge.run(&planned, |at| !is_first(at));
        if self.differs(&judge) {
            Fate::Noticed
        } else {
            Fate::Survived
        }
    }

    /// Whether a check that was asked is not what it was before.
    fn differs(&self, judge: &Judge<'_>) -> bool {
        let pairs = judge.outcomes.iter().zip(&self.before);
        let mut asked = pairs.filter_map(|(outcome, before)| Some((outcome.as_ref()?, before)));
        !judge.faults.is_empty() || asked.any(|(outcome, before)| Some(outcome.status) != *before)
    }
}

/// What a check would have to ask for to notice a change.
fn help(part: &Part<'_>, edit: &Edit, exercised: bool) -> String {
    let any = |text: Option<String>| {
        let text = text.filter(|text| text != "*");
        text.unwrap_or_else(|| "anywhere".to_owned())
    };
    let matching = || {
        let protocol = part.list(&["protocol", "protocols"]);
        let protocol = protocol
            .filter(|text| text != "*")
            .unwrap_or_else(|| "any protocol".to_owned());
        let ports = part.list(&[
            "destinationPortRange",
            "destinationPortRanges",
            "destinationPort",
            "destinationPorts",
            "port",
            "ports",
        ]);
        let ports = ports
            .filter(|text| text != "*")
            .map_or(String::new(), |ports| format!(" to port {ports}"));
        let source = part.list(&[
            "sourceAddressPrefix",
            "sourceAddressPrefixes",
            "sourceApplicationSecurityGroups",
            "sources",
            "sourceAddress",
            "sourceAddresses",
            "sourceIpGroups",
        ]);
        let destination = part.list(&[
            "destinationAddressPrefix",
            "destinationAddressPrefixes",
            "destinationApplicationSecurityGroups",
            "destinations",
            "destinationAddress",
            "destinationAddresses",
            "destinationIpGroups",
            "destinationFqdns",
            "targetFqdns",
            "remoteAddress",
            "remoteAddresses",
        ]);
        let direction = part
            .text("direction")
            .map_or(String::new(), |way| format!(", {}", way.to_lowercase()));
        format!(
            "{protocol} from {} to {}{ports}{direction}",
            any(source),
            any(destination)
        )
    };
    let vnet = part.name.split('/').next().unwrap_or_default();
    let remote = part.text("remoteVirtualNetwork").unwrap_or("its peer");
    match (part.kind, edit) {
        (None, _) => "ask for a flow that only a rule of this collection decides".to_owned(),
        (Some(PartKind::UserRoute), _) => {
            let prefix = part.text("addressPrefix").unwrap_or_default();
            let name = vnet;
            format!(
                "ask in `nextHops` for an address of {prefix}, from a NIC whose subnet has {name}"
            )
        }
        (Some(PartKind::Peering), Edit::Set("allowVirtualNetworkAccess", _)) => {
            format!("ask for a connection between {vnet} and {remote}")
        }
        (Some(PartKind::Peering), Edit::Set("allowForwardedTraffic", _)) => {
            format!("ask for a connection into {vnet} that something in {remote} forwards")
        }
        (Some(PartKind::Peering), Edit::Set("allowGatewayTransit", _)) => {
            format!("ask for a connection from {remote} by the gateway of {vnet}")
        }
        (Some(PartKind::Peering), _) => {
            format!("ask for a connection from {vnet} by the gateway of {remote}")
        }
        (Some(_), _) if exercised => format!(
            "checks come by it, and fare the same: ask for what it alone decides of {}",
            matching()
        ),
        (Some(_), _) => format!("ask for {}", matching()),
    }
}
