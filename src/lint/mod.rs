//! Findings: what is wrong or pointless in a network, seen without asking about a flow. One file a family.
//!
//! What Azure's API refuses is an error when a topology is loaded; what it accepts all the same, and what
//! its documentation warns of, is found here. Only what follows from the file is a finding: a rule is
//! shadowed where sets of addresses and ports prove it, wherever its group is applied.

mod admin;
mod allow;
mod asymmetry;
mod edges;
mod firewalls;
mod idle;
mod local;
mod outbound;
mod patterns;
mod peerings;
mod probes;
mod region;
mod retired;
mod routes;
mod rules;
mod special;
mod subjects;
mod survey;
mod tags;
mod unused;

use crate::diagnostic::{Diagnostic, sort};
use crate::effective::Effective;
use crate::network::Network;
use crate::source::Sources;

pub use subjects::is_subject;
use survey::Survey;

/// Something that is wrong, pointless or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is, and where it stands.
    pub diagnostic: Diagnostic,
    /// The resources that it is about, the one to be mended first: a name, `vnet/subnet`, `vnet/peering`.
    pub resources: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// By file and place.
    pub found: Vec<Finding>,
    /// How many comments of the files took away (`# dryhop: allow CODE reason`).
    pub allowed: usize,
}

impl AsRef<Diagnostic> for Finding {
    fn as_ref(&self) -> &Diagnostic {
        &self.diagnostic
    }
}

impl Findings {
    fn add(&mut self, resource: impl Into<String>, diagnostic: Diagnostic) {
        self.add_of(vec![resource.into()], diagnostic);
    }

    fn add_of(&mut self, resources: Vec<String>, diagnostic: Diagnostic) {
        self.found.push(Finding {
            diagnostic,
            resources,
        });
    }
}

/// Everything there is to find in a network, but for what comments in its files allow.
#[must_use]
pub fn lint(network: &Network, sources: &Sources) -> Findings {
    let effective = Effective::new(network);
    let survey = Survey::new(&effective);
    let mut findings = Findings::default();
    for family in [
        rules::find,
        admin::find,
        firewalls::find,
        probes::find,
        tags::find,
        routes::find,
        peerings::find,
        asymmetry::find,
        special::find,
        outbound::find,
        edges::find,
        retired::find,
        unused::find,
    ] {
        family(&survey, &mut findings);
    }
    allow::apply(sources, &mut findings);
    sort(&mut findings.found, sources);
    findings
}
