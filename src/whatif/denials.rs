//! Where on a path an issue was found, and the flow as it stood there.

use crate::effective::ListOrigin;
use crate::net::Flow;
use crate::network::{Id, Subnet};
use crate::spec::checks::IssueOrigin;
use crate::trace::{Cause, Disposition, Filter, Hop, Issue, Path, Step};

/// The flow that an issue stopped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopped {
    /// As it stood where the issue was found.
    pub flow: Flow,
    /// Whether it is a reply.
    pub reply: bool,
    /// The subnet whose route it followed last there.
    pub subnet: Option<Id<Subnet>>,
}

/// The flow as it left the source.
pub(super) fn initial(path: &Path) -> Flow {
    first_before(&path.hops).unwrap_or(path.seen)
}

/// What the first translation on some hops translated.
fn first_before(hops: &[Hop]) -> Option<Flow> {
    let mut steps = hops.iter().flat_map(|hop| &hop.steps);
    steps.find_map(|step| match step {
        Step::Translated { before, .. } => Some(*before),
        _ => None,
    })
}

/// The flow that `issue` stopped, which stands at the `at`th hop of `path`.
pub(super) fn stopped(path: &Path, at: usize, issue: &Issue) -> Option<Stopped> {
    if path.disposition != Disposition::Delivered {
        return along(&path.hops, initial(path), at, issue).map(|(flow, subnet)| Stopped {
            flow,
            reply: false,
            subnet,
        });
    }
    // The request arrives, so that it is a reply that is lost; its issues have been put on the request's
    // hops, and their words with them.
    let same = |own: &Issue| own.cause == issue.cause && own.context == issue.context;
    path.replies.iter().find_map(|reply| {
        let at = reply
            .hops
            .iter()
            .position(|hop| hop.issues.iter().any(same))?;
        let start = first_before(&reply.hops).unwrap_or_else(|| path.seen.reversed());
        along(&reply.hops, start, at, issue).map(|(flow, subnet)| Stopped {
            flow,
            reply: true,
            subnet,
        })
    })
}

/// The flow at the step of the `at`th hop that found an issue; without such a step, as it followed its
/// route there, or as it came.
fn along(
    hops: &[Hop],
    start: Flow,
    at: usize,
    issue: &Issue,
) -> Option<(Flow, Option<Id<Subnet>>)> {
    let mut flow = start;
    let mut routed = None;
    for (position, hop) in hops.iter().enumerate().take(at + 1) {
        for step in &hop.steps {
            match step {
                Step::Translated { after, .. } => flow = *after,
                Step::Security { flow: own, .. } if position == at && decides(step, issue) => {
                    return Some((*own, None));
                }
                Step::Filter { .. } if position == at && decides(step, issue) => {
                    return Some((flow, None));
                }
                Step::Route { subnet, .. } if position == at => routed = Some((flow, *subnet)),
                _ => {}
            }
        }
    }
    match (&issue.cause, routed) {
        // A rule that denied left a step.
        (Cause::SecurityRule(..) | Cause::AdminRule(..), _) => None,
        (_, Some((flow, subnet))) => Some((flow, Some(subnet))),
        (_, None) => Some((flow, None)),
    }
}

/// Whether it is this step that found an issue.
fn decides(step: &Step, issue: &Issue) -> bool {
    match (step, &issue.cause) {
        (
            Step::Security {
                list,
                decided,
                direction,
                ..
            },
            cause,
        ) => {
            let Some(rule) = list.rules.rules().get(*decided).filter(|rule| !rule.allow) else {
                return false;
            };
            let same = match cause {
                Cause::SecurityRule(nsg, name, at) => {
                    list.origin == ListOrigin::Group(*nsg)
                        && list.applied_to == *at
                        && name.as_ref().is_none_or(|name| rule.name == *name)
                }
                Cause::AdminRule(manager, position) => {
                    list.admin_position(*decided) == Some((*manager, *position))
                }
                _ => false,
            };
            same && direction.word() == issue.origin.word()
        }
        (
            Step::Filter {
                filter,
                allowed: false,
                ..
            },
            Cause::Machine(..) | Cause::FirewallRule(..) | Cause::Firewall(..),
        ) => match filter {
            Filter::GuestInbound => issue.origin == IssueOrigin::Local,
            _ => issue.origin == IssueOrigin::Outbound,
        },
        _ => false,
    }
}
