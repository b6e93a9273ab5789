//! The answer to one question: what the paths of a walk say together.
//!
//! Follows `network-watcher/connection-troubleshoot-overview` for what is answered.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::check::Application;
use super::next_hop::NextHop;
use crate::diagnostic::Code;
use crate::effective::{AppliedTo, Effective, SecurityList};
use crate::engine::diagnose::Diagnosis;
use crate::net::tags::PlatformTag;
use crate::net::{EPHEMERAL, Flow, Ranges, Rule};
use crate::network::{Id, Machine, Network, Nic, Place, RuleSide};
use crate::spec::checks::{ConnectionStatus, IssueOrigin, IssueType, PortStatus};
use crate::trace::{Assumption, Cause, Disposition, Hop, Issue, Path, ReplyKind, Step};

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEnd {
    /// What it is called.
    pub name: Arc<str>,
    /// Its address, as the question puts it.
    pub address: IpAddr,
    /// Its NIC, where it is a machine.
    pub nic: Option<Id<Nic>>,
}

/// What is known of the two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortStatuses {
    /// Of the source.
    pub source: PortStatus,
    /// Of the destination.
    pub destination: PortStatus,
}

/// The answer to one question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Where the connection starts.
    pub source: AnswerEnd,
    /// Where it goes to.
    pub destination: AnswerEnd,
    /// The flow that was asked about, as it leaves the source.
    pub flow: Flow,
    /// Whether the source's port was named; else it is some ephemeral one.
    pub source_port_named: bool,
    /// What is asked over it: an answer to that takes more than a handshake.
    pub application: Application,
    /// What all draws of its latency come from.
    pub seed: u64,
    /// Whether it works, by any path.
    pub status: ConnectionStatus,
    /// Every path.
    pub paths: Vec<Path>,
    /// The source's next hop, where it is a machine.
    pub next_hop: Option<NextHop>,
    /// What the source's security groups say, where it is a machine.
    pub source_security: Option<Diagnosis>,
    /// What the destination's security groups say, where it is a machine.
    pub destination_security: Option<Diagnosis>,
    /// What is known of the ports.
    pub ports: PortStatuses,
    /// The firewall or the application gateway that completes the handshake in the place of what stands
    /// behind it, where one does.
    pub answered_by: Option<Arc<str>>,
    /// The worst way back of the paths that deliver.
    pub return_path: Option<ReplyKind>,
    /// How many probes were sent and how many of them failed.
    pub probes: (u16, u16),
    /// Everything that the answer rests on without knowing it.
    pub assumptions: Vec<Assumption>,
    /// What Azure leaves undocumented, and what was decided there, where the answer rests on it.
    pub notes: Vec<Assumption>,
}

impl Answer {
    /// Every issue with its hop's name, each once, in the order of the paths.
    #[must_use]
    pub fn issues(&self) -> Vec<(Arc<str>, Option<Place>, &Issue)> {
        let mut all: Vec<(Arc<str>, Option<Place>, &Issue)> = Vec::new();
        for hop in self.paths.iter().flat_map(|path| &path.hops) {
            for issue in &hop.issues {
                if !all
                    .iter()
                    .any(|(name, _, other)| *name == hop.name && *other == issue)
                {
                    all.push((Arc::clone(&hop.name), hop.place, issue));
                }
            }
        }
        all
    }

    /// The flow as it reaches the destination, on the first path that delivers, else on the first.
    #[must_use]
    pub fn seen(&self) -> Option<Flow> {
        let delivered = self
            .paths
            .iter()
            .find(|p| p.disposition == Disposition::Delivered);
        delivered.or(self.paths.first()).map(|path| path.seen)
    }

    /// How many of the paths work, at least for some flows.
    #[must_use]
    pub fn working(&self) -> usize {
        self.paths.iter().filter(|path| path.works() > 0.0).count()
    }

    /// Whether something that is not modelled yet decides.
    #[must_use]
    pub fn not_modelled(&self) -> bool {
        self.assumptions
            .iter()
            .any(|assumption| assumption.code == Code::NotModelled)
    }
}

/// The part of all flows that works: from none, 0, to all, 1.
pub(super) fn working(paths: &[Path]) -> f64 {
    let whole: f64 = paths.iter().map(|path| path.share).sum();
    let works: f64 = paths.iter().map(|path| path.share * path.works()).sum();
    works / whole.max(f64::MIN_POSITIVE)
}

/// The status of all paths together: one that works is enough.
pub(super) fn status(paths: &[Path]) -> ConnectionStatus {
    if working(paths) > 0.0 {
        ConnectionStatus::Reachable
    } else {
        ConnectionStatus::Unreachable
    }
}

/// What answers on the way, in the destination's place.
pub(super) fn answered_by(paths: &[Path]) -> Option<Arc<str>> {
    // What stands last is the destination itself.
    let mut hops = paths
        .iter()
        .filter_map(|path| path.hops.split_last())
        .flat_map(|(_, before)| before);
    let answers = |hop: &&Hop| hop.steps.iter().any(|step| matches!(step, Step::Answered));
    hops.find(answers).map(|hop| hop.name.clone())
}

/// The worst way back of the paths that deliver.
pub(super) fn return_path(paths: &[Path]) -> Option<ReplyKind> {
    paths.iter().filter_map(Path::return_path).max()
}

/// Puts what is wrong with a lost reply on the request's own hops: where it happened if the request came
/// by there, else where the reply started.
pub(super) fn blame_replies(network: &Network, path: &mut Path) {
    let lost: Vec<(Option<Place>, Issue)> = path
        .replies
        .iter()
        .filter(|reply| reply.kind == ReplyKind::Broken)
        .flat_map(|reply| &reply.hops)
        .flat_map(|hop| hop.issues.iter().map(|issue| (hop.place, issue.clone())))
        .collect();
    let passed = |place: Option<Place>| {
        let machine = place.and_then(|place| machine_at(network, place))?;
        path.hops.iter().rposition(|hop| {
            hop.place.and_then(|place| machine_at(network, place)) == Some(machine)
        })
    };
    let astray = lost
        .iter()
        .any(|(_, issue)| issue.kind != IssueType::NetworkSecurityRule);
    let mut placed: Vec<(usize, Issue)> = Vec::new();
    for (place, mut issue) in lost {
        let keeper = match &issue.cause {
            Cause::Machine(machine, _) => path.hops.iter().rposition(|hop| {
                hop.place.and_then(|place| machine_at(network, place)) == Some(*machine)
            }),
            Cause::Firewall(firewall, _) => {
                let own = Place::Fixture(network.firewalls[*firewall].fixture);
                path.hops.iter().rposition(|hop| hop.place == Some(own))
            }
            _ => None,
        };
        let Some(at) = keeper.or_else(|| passed(place)) else {
            // It went wrong where the request never came by: that is said where the reply set out. A rule
            // that it only meets because it has gone astray is not what is to be mended.
            if !(astray && issue.kind == IssueType::NetworkSecurityRule) {
                issue.origin = IssueOrigin::Outbound;
                if !issue.message.starts_with("the reply") {
                    issue.message = format!("on its way back the reply is lost: {}", issue.message);
                }
                placed.push((path.hops.len().saturating_sub(1), issue));
            }
            continue;
        };
        placed.push((at, issue));
    }
    for (at, issue) in placed {
        if let Some(hop) = path
            .hops
            .get_mut(at)
            .filter(|hop| !hop.issues.contains(&issue))
        {
            hop.issues.push(issue);
        }
    }
}

/// The machine at a place.
pub(super) fn machine_at(network: &Network, place: Place) -> Option<Id<Machine>> {
    match place {
        Place::Nic(nic) => Some(network.nics[nic].machine),
        _ => None,
    }
}

/// What the paths rest on: what was noted on the way, and what the rules' decisions imply.
pub(super) fn assumptions(
    effective: &Effective<'_>,
    paths: &[Path],
    source_port_named: bool,
) -> Vec<Assumption> {
    // Whether something answers does not matter where the packet is stopped before.
    let matters = |path: &Path, code: Code| {
        let answers = [Code::AssumedListener, Code::AssumedInternetHostAnswers];
        path.disposition == Disposition::Delivered || !answers.contains(&code)
    };
    let mut all: BTreeSet<Assumption> = BTreeSet::new();
    for path in paths {
        let kept = path.assumptions.iter().filter(|a| matters(path, a.code));
        all.extend(kept.cloned());
    }
    for hop in paths.iter().flat_map(|path| &path.hops) {
        for step in &hop.steps {
            if let Step::Security {
                list,
                decided,
                flow,
                direction,
            } = step
            {
                let name = &list.origin.identity(effective.network()).name;
                for (at, rule) in list.rules.rules().iter().enumerate().take(decided + 1) {
                    all.extend(doubtful_tag(name, rule, flow));
                    if !source_port_named && *direction == crate::spec::Direction::Outbound {
                        all.extend(depends_on_port(name, rule, flow));
                    }
                    if at == *decided && rests_on_default_route(effective, list, at, hop.place) {
                        all.insert(Assumption {
                            code: Code::TagTakesDefaultRoute,
                            text: format!(
                                "`VirtualNetwork` in `{name}` holds every address, since a default route of \
                                 the subnet leads to an appliance or a gateway"
                            ),
                        });
                    }
                }
            }
        }
    }
    all.into_iter().collect()
}

/// A rule whose tag is not known in full, and which would match if the tag held the address.
pub(super) fn doubtful_tag(group: &str, rule: &Rule, flow: &Flow) -> Option<Assumption> {
    let doubtful = rule.doubtful.as_ref()?;
    let seen = rule.compare(flow);
    let source = seen.source || doubtful.source.contains(flow.source);
    let destination = seen.destination || doubtful.destination.contains(flow.destination);
    let could = seen.protocol && seen.source_port && seen.destination_port && source && destination;
    (could && !seen.all())
        .then(|| unknown_tag(group, rule))
        .flatten()
}

/// That a rule is taken not to match, since its tag is not known in full.
pub(super) fn unknown_tag(group: &str, rule: &Rule) -> Option<Assumption> {
    let doubtful = rule.doubtful.as_ref()?;
    Some(Assumption {
        code: Code::AssumedServiceTag,
        text: format!(
            "the rule `{}` of `{group}` is taken not to match, since what `{}` holds is not known in full",
            rule.name, doubtful.tag
        ),
    })
}

/// A rule whose match depends on which ephemeral port the source takes.
fn depends_on_port(group: &str, rule: &Rule, flow: &Flow) -> Option<Assumption> {
    if !flow.protocol.has_ports() || flow.source_port != EPHEMERAL.first {
        return None;
    }
    let ephemeral = Ranges::one(EPHEMERAL.first, EPHEMERAL.last);
    let partly = rule.source_ports.overlaps(&ephemeral) && !rule.source_ports.covers(&ephemeral);
    let seen = rule.compare(flow);
    let rest = seen.protocol && seen.source && seen.destination && seen.destination_port;
    (partly && rest).then(|| Assumption {
        code: Code::AssumedSourcePort,
        text: format!(
            "whether the rule `{}` of `{group}` matches depends on the source port, which is taken to be {}",
            rule.name, flow.source_port
        ),
    })
}

/// Whether the rule at `at` matches by a `VirtualNetwork` that a default route has widened.
fn rests_on_default_route(
    effective: &Effective<'_>,
    list: &SecurityList,
    at: usize,
    place: Option<Place>,
) -> bool {
    let network = effective.network();
    let names_it = match list.sides(network, at) {
        Some([source, destination]) => source
            .iter()
            .chain(destination)
            .any(|side| matches!(side, RuleSide::Platform(PlatformTag::VirtualNetwork))),
        None => list
            .rules
            .rules()
            .get(at)
            .is_some_and(|rule| rule.name.starts_with("AllowVnet")),
    };
    let subnet = match (list.applied_to, place) {
        (AppliedTo::Subnet(subnet), _) => subnet,
        (AppliedTo::Nic(nic), _) | (AppliedTo::Network(_), Some(Place::Nic(nic))) => {
            network.nics[nic].subnet
        }
        (AppliedTo::Network(_), _) => return false,
    };
    names_it
        && effective
            .virtual_network(subnet)
            .prefixes
            .iter()
            .any(|p| p.prefix_len() == 0)
}
