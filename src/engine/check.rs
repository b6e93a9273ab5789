//! A question about one connection, and its answer: Connection troubleshoot.

use std::net::IpAddr;

use ipnet::IpNet;

use super::answer::{self, Answer, AnswerEnd, PortStatuses};
use super::destination;
use super::diagnose::{Asked, Profile, Target, diagnose};
use super::ends::{self, Addressed};
use super::firewall_rules::Asking;
use super::next_hop::next_hop;
use super::walk::{End, Origin, Policy, Walk};
use super::{Engine, issues, latency};
use crate::diagnostic::{Code, Severity};
use crate::effective::passes;
use crate::net::{EPHEMERAL, Flow, PortRange, Protocol, ProtocolMatch, WIRE_SERVER, same_family};
use crate::network::{Endpoint, Id, Machine, Network, Nic, Place};
use crate::spec::checks::{ConnectionStatus, IssueType, PortStatus};
use crate::spec::{Direction, PowerState};
use crate::trace::{Assumption, Disposition, Hop, HopKind, Issue, Path, Reply, Tracing};

/// What is asked of a connection beside its addresses and ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Application {
    /// Nothing.
    None,
    /// HTTP without TLS.
    Http,
    /// HTTP with TLS.
    Https,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where the connection starts.
    pub source: Endpoint,
    /// Where it goes to.
    pub destination: Endpoint,
    /// The protocol.
    pub protocol: Protocol,
    /// What is asked over it.
    pub application: Application,
    /// The destination's port; not for ICMP, and not needed where a URI gives it.
    pub port: Option<u16>,
    /// The source's port; else some ephemeral one.
    pub source_port: Option<u16>,
    /// How many probes are sent; else as many as the topology says for what is reachable and what is not.
    pub probes: Option<u16>,
    /// What all draws of latency come from; else the topology's.
    pub seed: Option<u64>,
}

impl Question {
    /// A question about a TCP connection, or whatever else `protocol` says, and no more than that.
    #[must_use]
    pub const fn new(
        source: Endpoint,
        destination: Endpoint,
        protocol: Protocol,
        port: Option<u16>,
    ) -> Self {
        Self {
            source,
            destination,
            protocol,
            application: Application::None,
            port,
            source_port: None,
            probes: None,
            seed: None,
        }
    }
}

/// Why a question cannot be put.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionFault {
    /// TCP and UDP need a port.
    #[error("a port is needed for {0}")]
    PortMissing(Protocol),
    /// Nothing can start there.
    #[error("a connection cannot start at {0}")]
    NoSource(String),
    /// Connection troubleshoot does not start at such a resource.
    #[error("Connection troubleshoot does not take `{0}` as a source: {1}")]
    RefusedSource(String, &'static str),
    /// The two ends have no address family in common.
    #[error("the source has no address of the destination's family")]
    NoCommonFamily,
}

/// Answers a question: one answer, or several where an end is a set of machines.
///
/// # Errors
/// Where the question cannot be put; an unreachable destination is an answer.
pub fn check(engine: &Engine<'_>, question: &Question) -> Result<Vec<Answer>, QuestionFault> {
    let network = engine.network();
    let port = port(question)?;
    let mut answers = Vec::new();
    for source in ends::each(network, &question.source) {
        for destination in ends::each(network, &question.destination) {
            answers.push(one(engine, question, &source, &destination, port)?);
        }
    }
    Ok(answers)
}

/// The questions that one about sets comes to, each with one answer, in the order of the answers.
#[must_use]
pub fn singles(network: &Network, question: &Question) -> Vec<Question> {
    let sources = ends::each(network, &question.source).into_iter();
    let pairs = sources.flat_map(|source| {
        let destinations = ends::each(network, &question.destination).into_iter();
        destinations.map(move |destination| (source.clone(), destination))
    });
    pairs
        .map(|(source, destination)| Question {
            source,
            destination,
            ..question.clone()
        })
        .collect()
}

fn port(question: &Question) -> Result<u16, QuestionFault> {
    let uri = match &question.destination {
        Endpoint::Uri { port, .. } => Some(*port),
        _ => None,
    };
    let usual = match question.application {
        Application::Http => Some(80),
        Application::Https => Some(443),
        Application::None => None,
    };
    match question.port.or(uri).or(usual) {
        Some(port) if question.protocol.has_ports() => Ok(port),
        _ if !question.protocol.has_ports() => Ok(0),
        _ => Err(QuestionFault::PortMissing(question.protocol)),
    }
}

fn one(
    engine: &Engine<'_>,
    question: &Question,
    from: &Endpoint,
    to: &Endpoint,
    port: u16,
) -> Result<Answer, QuestionFault> {
    let network = engine.network();
    let nic = match from {
        Endpoint::Nic(nic) => Some(*nic),
        _ => None,
    };
    let origin = ends::origin(network, from);
    let Addressed {
        name: source_name,
        addresses: source_addresses,
        ..
    } = ends::sources(engine, from);
    let Addressed {
        name,
        addresses: destinations,
        unresolved,
        mut assumptions,
    } = ends::addressed(engine, origin, to);
    let proxy_source = match origin {
        Some(Origin::Fixture(id)) => Some(id),
        _ => None,
    };
    if let Some(why) = proxy_source.and_then(|id| ends::refused(network, id)) {
        return Err(QuestionFault::RefusedSource(source_name.to_string(), why));
    }
    if origin.is_none() {
        return Err(QuestionFault::NoSource(source_name.to_string()));
    }
    // Of the ends' addresses those go together that are of one family, the first of the source's.
    let mut flows = Vec::new();
    for destination in &destinations {
        let source = source_addresses
            .iter()
            .find(|source| same_family(**source, *destination));
        if let Some(source) = source {
            flows.push(Flow {
                protocol: question.protocol,
                source: *source,
                source_port: if question.protocol.has_ports() {
                    question.source_port.unwrap_or(EPHEMERAL.first)
                } else {
                    0
                },
                destination: *destination,
                destination_port: port,
            });
            // A machine's name means its primary address; every address of a name is a path set.
            if matches!(to, Endpoint::Nic(_) | Endpoint::Fixture(_)) {
                break;
            }
        }
    }
    let Some(flow) = flows.first().copied() else {
        let Some(why) = unresolved else {
            return Err(QuestionFault::NoCommonFamily);
        };
        let fallback = source_addresses.first().copied().unwrap_or(WIRE_SERVER);
        let flow = Flow {
            protocol: question.protocol,
            source: fallback,
            source_port: 0,
            destination: IpAddr::from([0, 0, 0, 0]),
            destination_port: port,
        };
        let issue = issues::name_not_resolved(&name, &why);
        let source = AnswerEnd {
            name: source_name,
            address: fallback,
            nic,
        };
        let destination = AnswerEnd {
            name,
            address: flow.destination,
            nic: None,
        };
        let mut answer = unanswered(network, question, source, destination, flow, assumptions);
        for path in &mut answer.paths {
            path.disposition = Disposition::NameNotResolved;
            // There is no address to go to.
            path.hops.truncate(1);
            if let Some(hop) = path.hops.first_mut() {
                hop.place = nic.map(Place::Nic);
                hop.issues
                    .extend(source_state(network, nic.map(Origin::Nic), fallback, question).1);
                hop.issues.push(issue.clone());
            }
        }
        answer.ports.source = source_port_status(nic, &[]);
        return Ok(answer);
    };
    let Some(origin) = origin else {
        return Err(QuestionFault::NoSource(source_name.to_string()));
    };

    let (cannot, source_issues) = source_state(network, Some(origin), flow.source, question);
    let mut paths: Vec<Path> = Vec::new();
    for flow in &flows {
        let asking = Asking::of(network, to, flow.destination, question.application);
        let walk = Walk::new(engine, Policy::GoOn, Tracing::default()).asking(asking);
        let ends = walk.run(origin, *flow, cannot);
        let part = 1.0 / flows.len() as f64;
        paths.extend(ends.into_iter().map(|end| path(end, part)));
    }
    for path in &mut paths {
        answer::blame_replies(network, path);
        if let Some(hop) = path.hops.first_mut() {
            hop.issues.splice(0..0, source_issues.iter().cloned());
        }
        if let Some(hop) = path
            .hops
            .last_mut()
            .filter(|hop| hop.kind == HopKind::VnetLocal)
        {
            let machine = hop
                .place
                .and_then(|place| answer::machine_at(network, place));
            hop.issues
                .extend(machine.into_iter().flat_map(|id| busy(network, id)));
        }
    }
    let astray = ends::led_astray(network, to, flow.destination, &mut paths);
    let proxy = destination::proxy(network, &paths);
    let target = astray
        .or_else(|| paths.iter().find_map(destination_nic))
        .filter(|_| proxy.is_none());
    let mut rests_on =
        answer::assumptions(engine.effective(), &paths, question.source_port.is_some());
    rests_on.extend(assumed_addresses(network, &paths));
    rests_on.append(&mut assumptions);
    rests_on.sort();
    rests_on.dedup();
    let (notes, rests_on) = rests_on
        .into_iter()
        .partition(|a| a.code.severity() == Severity::Note);
    let inbound = paths
        .iter()
        .find(|path| destination_nic(path) == target)
        .map_or(flow, |path| path.seen);
    let mut answer = Answer {
        ports: PortStatuses {
            source: source_port_status(nic, &source_issues),
            destination: match proxy {
                Some(proxy) => proxy.port_status(engine.effective(), &paths),
                None => destination_port_status(engine, target, &inbound, &paths),
            },
        },
        source: AnswerEnd {
            name: source_name,
            address: flow.source,
            nic,
        },
        destination: AnswerEnd {
            name,
            address: flow.destination,
            nic: target,
        },
        flow,
        source_port_named: question.source_port.is_some(),
        application: question.application,
        seed: seed(network, question),
        status: answer::status(&paths),
        next_hop: match (nic, proxy_source) {
            (Some(nic), _) => Some(next_hop(engine.effective(), nic, flow.destination)),
            (None, Some(id)) => destination::next_hop(engine.effective(), id, &flow),
            (None, None) => None,
        },
        source_security: match (nic, proxy_source) {
            (Some(nic), _) => {
                let profile = profile(nic, Direction::Outbound, &flow);
                Some(diagnose(engine.effective(), &profile))
            }
            (None, Some(id)) => {
                let way = Direction::Outbound;
                Some(destination::security(engine.effective(), id, way, &flow))
            }
            (None, None) => None,
        },
        destination_security: target
            .map(|nic| {
                diagnose(
                    engine.effective(),
                    &profile(nic, Direction::Inbound, &inbound),
                )
            })
            .or_else(|| proxy.map(|proxy| proxy.security(engine.effective()))),
        answered_by: answer::answered_by(&paths),
        return_path: answer::return_path(&paths),
        probes: (0, 0),
        assumptions: rests_on,
        notes,
        paths,
    };
    probe(network, question, &mut answer);
    Ok(answer)
}

fn seed(network: &Network, question: &Question) -> u64 {
    question.seed.unwrap_or(network.latency.seed)
}

/// Sends probes. Of a connection that works in part as many fail as its paths do; where all are lost, it
/// does not work.
fn probe(network: &Network, question: &Question, answer: &mut Answer) {
    let usual = network.latency.probes;
    if answer.status == ConnectionStatus::Reachable {
        let sent = question.probes.unwrap_or(usual.0);
        answer.probes = (sent, latency::failed(network, answer, sent));
        if answer.probes.1 < sent {
            return;
        }
        answer.status = ConnectionStatus::Unreachable;
    }
    let sent = question.probes.unwrap_or(usual.1);
    answer.probes = (sent, sent);
}

/// A flow as NSG diagnostics is asked about it.
fn profile(nic: Id<Nic>, direction: Direction, flow: &Flow) -> Profile {
    let port = if flow.protocol.has_ports() {
        PortRange {
            first: flow.destination_port,
            last: flow.destination_port,
        }
    } else {
        PortRange::ALL
    };
    Profile {
        target: Target::Nic(nic),
        direction,
        protocol: ProtocolMatch::Only(flow.protocol),
        source: Asked::Prefix(IpNet::from(flow.source)),
        destination: Asked::Prefix(IpNet::from(flow.destination)),
        port,
    }
}

/// An answer that cannot be given yet: nothing is claimed but that.
fn unanswered(
    network: &Network,
    question: &Question,
    source: AnswerEnd,
    destination: AnswerEnd,
    flow: Flow,
    assumptions: Vec<Assumption>,
) -> Answer {
    let hop = |end: &AnswerEnd, kind| Hop::new(None, end.name.clone(), end.address, kind);
    let hops = vec![
        hop(&source, HopKind::Source),
        hop(&destination, HopKind::Destination),
    ];
    let path = Path {
        hops,
        disposition: Disposition::NotModelled,
        seen: flow,
        share: 1.0,
        replies: Vec::new(),
        assumptions: Vec::new(),
    };
    let sent = question.probes.unwrap_or(network.latency.probes.1);
    Answer {
        source,
        destination,
        flow,
        source_port_named: question.source_port.is_some(),
        application: question.application,
        seed: seed(network, question),
        status: ConnectionStatus::Unreachable,
        paths: vec![path],
        next_hop: None,
        source_security: None,
        destination_security: None,
        ports: PortStatuses {
            source: PortStatus::Unknown,
            destination: PortStatus::Unknown,
        },
        answered_by: None,
        return_path: None,
        probes: (sent, sent),
        assumptions,
        notes: Vec::new(),
    }
}

pub(super) fn path(end: End<Flow>, part: f64) -> Path {
    let replies = end.fate.replies.into_iter();
    Path {
        hops: end.hops,
        disposition: end.fate.disposition,
        seen: end.traffic,
        share: end.share * part,
        replies: replies
            .map(|back| Reply {
                hops: back.hops,
                disposition: back.disposition,
                kind: back.kind,
            })
            .collect(),
        assumptions: end.assumptions,
    }
}

/// The NIC at which a path ends, where it does at one.
fn destination_nic(path: &Path) -> Option<Id<Nic>> {
    match path
        .hops
        .last()
        .filter(|hop| hop.kind == HopKind::VnetLocal)
        .map(|hop| hop.place)
    {
        Some(Some(Place::Nic(nic))) => Some(nic),
        _ => None,
    }
}

/// What keeps the source from sending, and what is wrong with it.
fn source_state(
    network: &Network,
    origin: Option<Origin>,
    address: IpAddr,
    question: &Question,
) -> (Option<Disposition>, Vec<Issue>) {
    let Some(Origin::Nic(nic)) = origin else {
        let down = origin.and_then(|origin| ends::out_of_order(network, origin, address));
        let cannot = down.is_some().then_some(Disposition::NotRunning);
        return (cannot, down.into_iter().collect());
    };
    let id = network.nics[nic].machine;
    let machine = &network.machines[id];
    let mut found = Vec::new();
    let mut cannot = None;
    if machine.power != PowerState::Running {
        found.push(issues::not_running(network, id));
        cannot = Some(Disposition::NotRunning);
    }
    if !machine.guest.network_watcher_agent {
        found.push(issues::agent_stopped(network, id));
        cannot = cannot.or(Some(Disposition::NotSent));
    }
    let taken = question.source_port.filter(|port| {
        question.protocol.has_ports()
            && machine.guest.used_ports.iter().any(|used| {
                used.protocol.is_none_or(|p| p == question.protocol) && used.ports.contains(*port)
            })
    });
    if let Some(port) = taken {
        found.push(issues::socket_bind(id, port));
        cannot = cannot.or(Some(Disposition::NotSent));
    }
    found.extend(busy(network, id));
    (cannot, found)
}

/// The warnings of a busy machine.
fn busy(network: &Network, id: Id<Machine>) -> Vec<Issue> {
    let guest = &network.machines[id].guest;
    let settings = &network.settings;
    let figures = [
        (
            IssueType::Cpu,
            guest.cpu_utilization,
            settings.cpu_threshold,
        ),
        (
            IssueType::Memory,
            guest.memory_utilization,
            settings.memory_threshold,
        ),
    ];
    let high = figures.into_iter().filter_map(|(kind, used, threshold)| {
        used.filter(|used| *used >= threshold)
            .map(|used| issues::utilization(id, kind, used, threshold))
    });
    high.collect()
}

fn source_port_status(nic: Option<Id<Nic>>, found: &[Issue]) -> PortStatus {
    if found
        .iter()
        .any(|issue| issue.kind == IssueType::SocketBind)
    {
        PortStatus::NoConnection
    } else if nic.is_none() {
        PortStatus::Unknown
    } else {
        PortStatus::Reachable
    }
}

/// The destination's port as the platform's own scan finds it, from 168.63.129.16
/// (`connection-troubleshoot-overview`, port scanner).
fn destination_port_status(
    engine: &Engine<'_>,
    target: Option<Id<Nic>>,
    seen: &Flow,
    paths: &[Path],
) -> PortStatus {
    let working = answer::working(paths);
    // Shares are sums of fractions, so that a whole may be a hair less than 1.
    if working > 0.0 && working < 1.0 - 1e-9 {
        return PortStatus::Unstable;
    }
    let network = engine.network();
    let Some(nic) = target.filter(|_| seen.protocol.has_ports()) else {
        return PortStatus::Unknown;
    };
    let machine = &network.machines[network.nics[nic].machine];
    if machine.power != PowerState::Running {
        return PortStatus::Unknown;
    }
    let scan = Flow {
        source: WIRE_SERVER,
        source_port: EPHEMERAL.first,
        ..*seen
    };
    let denied = !passes(engine.effective().security(nic, Direction::Inbound), &scan);
    let compiled = engine.machine(network.nics[nic].machine);
    let lets_in = |rules: &crate::net::RuleList| rules.allows(&scan);
    if denied || !lets_in(&compiled.inbound) {
        PortStatus::Timeout
    } else if compiled.listeners.as_ref().is_none_or(lets_in) {
        PortStatus::Reachable
    } else {
        PortStatus::NoConnection
    }
}

/// The addresses at the ends of paths that were assigned here.
fn assumed_addresses(network: &Network, paths: &[Path]) -> Vec<Assumption> {
    let mut found = Vec::new();
    for hop in paths.iter().flat_map(|path| &path.hops) {
        if let Some(Place::Nic(id)) = hop.place {
            let nic = &network.nics[id];
            if nic
                .addresses
                .iter()
                .any(|a| a.assumed && a.address == hop.address)
            {
                found.push(Assumption {
                    code: Code::AssumedAddress,
                    text: format!(
                        "`{}` is taken to get {}, since none is stated",
                        nic.name, hop.address
                    ),
                });
            }
        }
    }
    found
}
