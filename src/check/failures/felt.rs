//! How one check fares under a loss, compared with how it fares with all up.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::{How, Why};
use crate::check::intents::PlannedIntent;
use crate::check::plan::{Ask, Planned};
use crate::check::verdict::Verdict;
use crate::check::{connection, hops, intents, issues};
use crate::engine::{Answer, Engine, Question, check, singles};
use crate::network::{Endpoint, Id, Machine, Network, PublicOwner};
use crate::spec::PowerState;
use crate::spec::checks::{Check, ConnectionStatus, IntentWord, IssueSeverity};
use crate::trace::{HopKind, Path, ReplyKind};

/// The members of a connection that say what it must come by.
const WAYS: [&str; 2] = ["via", "avoids"];

/// A check that holds with all up, and how.
#[derive(Debug)]
pub(super) enum Base<'p> {
    Connection {
        question: &'p Question,
        asked: &'p Check,
        before: Vec<Before>,
    },
    Intent(&'p PlannedIntent<'p>),
}

/// An answer with all up.
#[derive(Debug)]
pub(super) struct Before {
    status: ConnectionStatus,
    assumed: bool,
    ways: Vec<Way>,
    /// What forwards, on each way that works.
    forwarders: Vec<BTreeSet<Arc<str>>>,
}

/// A path as it is compared: its hops, whether it works, how its replies come back.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    hops: Vec<Arc<str>>,
    works: bool,
    back: Option<ReplyKind>,
}

impl<'p> Base<'p> {
    /// How a check fares with all up, where it holds.
    pub fn of(engine: &Engine<'_>, planned: &'p Planned<'_>) -> Result<Self, Why> {
        if planned.says_down() {
            return Err(Why::SaysDown);
        }
        let judged = |verdict: &Verdict| match (verdict.unmodelled.is_empty(), verdict.holds()) {
            (false, _) => Err(Why::NotModelled),
            (true, false) => Err(Why::Fails),
            (true, true) => Ok(()),
        };
        match &planned.ask {
            Ask::Connection(question, asked) => {
                let verdict = connection::judge(engine, question, asked).map_err(|_| Why::Fails)?;
                judged(&verdict)?;
                let before = verdict.answers.iter().map(Before::of).collect();
                Ok(Self::Connection {
                    question,
                    asked,
                    before,
                })
            }
            Ask::Intent(planned) => {
                judged(&intents::judge(engine, planned))?;
                Ok(Self::Intent(planned))
            }
            _ => Err(Why::Fails),
        }
    }

    /// Whether an answer rests on an assumption.
    pub fn assumed(&self) -> bool {
        match self {
            Self::Connection { before, .. } => before.iter().any(|own| own.assumed),
            Self::Intent(_) => false,
        }
    }

    /// How it fares on a network with something out of order, where it feels that.
    pub fn under(&self, engine: &Engine<'_>) -> Option<(How, String)> {
        match self {
            Self::Connection {
                question,
                asked,
                before,
            } => connection_under(engine, question, asked, before),
            Self::Intent(planned) => intent_under(engine, planned),
        }
    }
}

impl Before {
    fn of(answer: &Answer) -> Self {
        let works = answer.paths.iter().filter(|path| path.works() > 0.0);
        Self {
            status: answer.status,
            assumed: !answer.assumptions.is_empty(),
            ways: ways(answer),
            forwarders: works.map(forwarders).collect(),
        }
    }
}

fn ways(answer: &Answer) -> Vec<Way> {
    let one = |path: &Path| Way {
        hops: path.hops.iter().map(|hop| Arc::clone(&hop.name)).collect(),
        works: path.works() > 0.0,
        back: path.replies.iter().map(|reply| reply.kind).max(),
    };
    answer.paths.iter().map(one).collect()
}

fn forwarders(path: &Path) -> BTreeSet<Arc<str>> {
    let hops = path.hops.iter();
    let hops = hops.filter(|hop| hop.kind == HopKind::VirtualAppliance);
    hops.map(|hop| Arc::clone(&hop.name)).collect()
}

fn connection_under(
    engine: &Engine<'_>,
    question: &Question,
    asked: &Check,
    before: &[Before],
) -> Option<(How, String)> {
    let network = engine.network();
    let answers = match check(engine, question) {
        Ok(answers) => answers,
        Err(fault) => return Some((How::Lost, fault.to_string())),
    };
    let singles = singles(network, question);
    let each = before.iter().zip(&answers).zip(&singles);
    let felt = each.filter_map(|((before, answer), single)| {
        let (how, reason) = answer_under(engine, before, answer, asked)?;
        // What is lost with its own end, or is blocked there now, says nothing of the way.
        let own = matches!(how, How::Lost | How::Changed);
        match own.then(|| own_end(network, single, answer)).flatten() {
            Some(name) => Some((How::OwnEnd, format!("{name} is down"))),
            None => Some((how, reason)),
        }
    });
    // The first of the worst ones speaks for all.
    felt.min_by_key(|(how, _)| *how)
}

fn answer_under(
    engine: &Engine<'_>,
    before: &Before,
    answer: &Answer,
    asked: &Check,
) -> Option<(How, String)> {
    let verdict = connection::one(engine.network(), answer, asked);
    if let Some(unknown) = verdict.unmodelled.first() {
        return Some((How::Unknown, unknown.clone()));
    }
    let reachable = answer.status == ConnectionStatus::Reachable;
    if answer.status != before.status {
        return Some(match reachable {
            true => (How::Opened, working(answer)),
            false => (How::Lost, blocked(answer)),
        });
    }
    let other = |name: &&str| verdict.differences.iter().any(|own| own.what == *name);
    if reachable && WAYS.iter().any(other) {
        return Some((How::Bypassed, working(answer)));
    }
    let paths = answer.paths.iter().filter(|path| path.works() > 0.0);
    let past = paths.clone().find(|path| {
        let now = forwarders(path);
        let fewer = |own: &BTreeSet<Arc<str>>| now.is_subset(own) && now.len() < own.len();
        !before.forwarders.is_empty() && before.forwarders.iter().all(fewer)
    });
    if let Some(path) = past {
        return Some((How::Bypassed, hops::line(&path.hops)));
    }
    if !verdict.holds() {
        let members: Vec<String> = verdict
            .differences
            .iter()
            .map(|own| own.what.clone())
            .collect();
        return Some((How::Changed, format!("other {}", members.join(", "))));
    }
    let now = ways(answer);
    if now == before.ways {
        return None;
    }
    let (were, are) = (before.forwarders.len(), paths.count());
    Some(match reachable {
        true if are < were => (How::Degraded, format!("{are} of {were} paths are left")),
        true => (How::Degraded, working(answer)),
        // It is blocked as before, elsewhere.
        false => return None,
    })
}

/// The ways that work, the first of them by its hops.
fn working(answer: &Answer) -> String {
    let mut works = answer.paths.iter().filter(|path| path.works() > 0.0);
    let first = works.next().map(|path| hops::line(&path.hops));
    let more = works.count();
    let first = first.unwrap_or_default();
    match more {
        0 => first,
        1 => format!("{first}, and 1 more way"),
        _ => format!("{first}, and {more} more ways"),
    }
}

/// Why nothing gets through.
fn blocked(answer: &Answer) -> String {
    let found = issues::all(answer);
    let mut errors = found
        .iter()
        .filter(|(_, issue)| issue.severity == IssueSeverity::Error);
    match (errors.next(), answer.paths.first()) {
        (Some((hop, issue)), _) => format!("{}: {}", hop.name, issue.message),
        (None, Some(path)) => hops::ending(path),
        (None, None) => "there is no path".to_owned(),
    }
}

/// The machine, host or service that a question is about and that does not run, by its name. What stands
/// between the ends is none, though a question may name it: a load balancer, a firewall's public address.
fn own_end(network: &Network, question: &Question, answer: &Answer) -> Option<Arc<str>> {
    let ends = [
        (&question.source, &answer.source),
        (&question.destination, &answer.destination),
    ];
    ends.into_iter().find_map(|(endpoint, end)| {
        let named = endpoint_is_down(network, endpoint);
        // What is behind a frontend or a translation has another address.
        let nic = end.nic.filter(|nic| network.nics[*nic].has(end.address));
        let by_address = || match (endpoint, nic) {
            (Endpoint::Fixture(_), _) => None,
            (_, Some(nic)) => machine_is_down(network, network.nics[nic].machine),
            (_, None) => owner_is_down(network, end.address),
        };
        named.or_else(by_address)
    })
}

fn machine_is_down(network: &Network, id: Id<Machine>) -> Option<Arc<str>> {
    let machine = &network.machines[id];
    let down = machine.power != PowerState::Running;
    down.then(|| Arc::clone(&machine.identity.name))
}

fn endpoint_is_down(network: &Network, endpoint: &Endpoint) -> Option<Arc<str>> {
    match endpoint {
        Endpoint::Nic(nic) => machine_is_down(network, network.nics[*nic].machine),
        Endpoint::SiteHost(id) => {
            let host = &network.site_hosts[*id];
            (host.power != PowerState::Running).then(|| Arc::clone(&host.name))
        }
        Endpoint::InternetHost(id) => {
            let host = &network.internet_hosts[*id];
            host.down.then(|| Arc::clone(&host.name))
        }
        Endpoint::Service(id) => {
            let service = &network.services[*id];
            service.down.then(|| Arc::clone(&service.identity.name))
        }
        _ => None,
    }
}

/// The same of an end that is a public address, or a name for one.
fn owner_is_down(network: &Network, address: IpAddr) -> Option<Arc<str>> {
    let endpoint = match network.public_owners.get(address)? {
        PublicOwner::Nic(nic, _) => Endpoint::Nic(nic),
        PublicOwner::InternetHost(id) => Endpoint::InternetHost(id),
        PublicOwner::Service(id) => Endpoint::Service(id),
        PublicOwner::Fixture(..) | PublicOwner::NatGateway(_) | PublicOwner::Unused(_) => {
            return None;
        }
    };
    endpoint_is_down(network, &endpoint)
}

fn intent_under(engine: &Engine<'_>, planned: &PlannedIntent<'_>) -> Option<(How, String)> {
    let verdict = intents::judge(engine, planned);
    let (how, reason) = of_intent(planned, &verdict)?;
    if how != How::Lost {
        return Some((how, reason));
    }
    let network = engine.network();
    let Some(left) = planned.among(network, |own| endpoint_is_down(network, own).is_none()) else {
        return Some((How::OwnEnd, "one side of it is down".to_owned()));
    };
    match of_intent(planned, &intents::judge(engine, &left)) {
        Some(felt) => Some(felt),
        None => Some((How::OwnEnd, "members of it are down".to_owned())),
    }
}

fn of_intent(planned: &PlannedIntent<'_>, verdict: &Verdict) -> Option<(How, String)> {
    if let Some(unknown) = verdict.unmodelled.first() {
        return Some((How::Unknown, unknown.clone()));
    }
    let how = |what: &str| match (what, planned.word()) {
        ("expect", Some(IntentWord::Reachable)) => How::Lost,
        ("via" | "avoids", _) => How::Bypassed,
        _ => How::Opened,
    };
    let differences = verdict.differences.iter();
    let worst = differences.map(|own| how(&own.what)).min()?;
    Some((
        worst,
        verdict
            .why
            .iter()
            .take(2)
            .cloned()
            .collect::<Vec<_>>()
            .join(", "),
    ))
}
