//! The engine's answers, in the oracle's words.

use std::net::{IpAddr, Ipv4Addr};

use dryhop::effective::Effective;
use dryhop::engine::ip_flow::{IpFlow, IpFlowSide, verify};
use dryhop::engine::next_hop::next_hop;
use dryhop::engine::{Application, Engine, Question as EngineQuestion, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::network::{Id, Network, Nic};
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;
use dryhop::spec::{Access, Direction};
use dryhop::trace::{Disposition, Filter, Path, Step, Translator};

use super::answer::{Answer, Fault, From, PathAnswer, Question, To};
use super::firewalls::App;
use super::model::{Hop, Model, Packet, Proto, Way};
use super::routes::{NextHop, Row};
use super::sites;

/// Loads a generated topology; a fault is a fault of the generator's.
pub fn network(yaml: &str) -> Network {
    let input = Input::Text {
        name: "generated.yaml".to_owned(),
        text: yaml.to_owned(),
    };
    let loaded = load(&[input], &[]);
    assert!(
        loaded.is_sound(),
        "a generated topology is not valid: {:#?}\n{yaml}",
        loaded.diagnostics
    );
    loaded.network
}

/// The NIC of the oracle's number.
pub fn nic(network: &Network, model: &Model, nic: usize) -> Id<Nic> {
    let own = &model.nics[nic];
    let name = format!("{}/{}", model.machines[own.machine].name, own.name);
    network.nic(&name).expect("a NIC of the topology")
}

/// Effective routes, a line each, sorted.
pub fn route_lines(effective: &Effective<'_>, nic: Id<Nic>) -> Vec<String> {
    let rows = effective.routes(nic).rows.iter().map(|row| {
        let mut prefixes: Vec<String> = row.prefixes.iter().map(ToString::to_string).collect();
        prefixes.sort();
        format!(
            "{prefixes:?} {} {:?} {} {} {}",
            row.next_hop_type,
            row.next_hop_addresses,
            row.source,
            row.state,
            row.name.as_deref().unwrap_or("-")
        )
    });
    let mut lines: Vec<String> = rows.collect();
    lines.sort();
    lines
}

/// The oracle's rows in the same form.
pub fn oracle_lines(model: &Model, rows: &[Row]) -> Vec<String> {
    let rows = rows.iter().map(|row| {
        let mut prefixes: Vec<String> = row.prefixes.iter().map(ToString::to_string).collect();
        prefixes.sort();
        let (hop, addresses) = match row.hop {
            Hop::Appliance(address) => ("VirtualAppliance", vec![IpAddr::V4(address)]),
            Hop::VnetLocal => ("VnetLocal", vec![]),
            Hop::VNetPeering => ("VNetPeering", vec![]),
            Hop::VNetGlobalPeering => ("VNetGlobalPeering", vec![]),
            Hop::Internet => ("Internet", vec![]),
            Hop::None => ("None", vec![]),
            Hop::Gateway => ("VirtualNetworkGateway", vec![]),
            Hop::Endpoint(_) => ("InterfaceEndpoint", vec![]),
            Hop::Tunnel(gateway, instance) => {
                let shown = sites::shown(model, gateway, instance).into_iter();
                ("VirtualNetworkGateway", shown.map(IpAddr::V4).collect())
            }
            Hop::Injected(address) => ("VirtualNetworkGateway", vec![IpAddr::V4(address)]),
        };
        format!(
            "{prefixes:?} {hop} {addresses:?} {} {} {}",
            match row.hop {
                _ if row.user.is_some() => "User",
                Hop::Tunnel(..) | Hop::Injected(_) => "VirtualNetworkGateway",
                _ => "Default",
            },
            if row.active { "Active" } else { "Invalid" },
            row.user.as_ref().map_or("-", |(_, name)| name)
        )
    });
    let mut lines: Vec<String> = rows.collect();
    lines.sort();
    lines
}

/// Next hop, as `type address table`.
pub fn next_hop_line(effective: &Effective<'_>, nic: Id<Nic>, to: Ipv4Addr) -> String {
    let answer = next_hop(effective, nic, IpAddr::V4(to));
    let network = effective.network();
    let table = answer.route_table.map_or("System Route", |table| {
        &*network.route_tables[table].identity.name
    });
    format!(
        "{} {:?} {table}",
        answer.next_hop_type, answer.next_hop_ip_addresses
    )
}

/// The oracle's next hop in the same form.
pub fn oracle_next_hop_line(hop: &NextHop) -> String {
    let addresses: Vec<IpAddr> = hop.addresses.iter().copied().map(IpAddr::V4).collect();
    let table = hop.table.as_deref().unwrap_or("System Route");
    format!("{} {addresses:?} {table}", hop.hop)
}

const fn protocol(proto: Proto) -> Protocol {
    match proto {
        Proto::Tcp => Protocol::Tcp,
        Proto::Udp => Protocol::Udp,
        Proto::Icmp => Protocol::Icmp,
    }
}

/// IP flow verify: whether the packet passes, and by which rule.
pub fn ip_flow(
    effective: &Effective<'_>,
    nic: Id<Nic>,
    way: Way,
    packet: Packet,
) -> (bool, Option<String>) {
    let source = IpFlowSide {
        address: IpAddr::V4(packet.source),
        port: Some(packet.source_port),
    };
    let destination = IpFlowSide {
        address: IpAddr::V4(packet.destination),
        port: Some(packet.destination_port),
    };
    let (direction, local, remote) = match way {
        Way::Inbound => (Direction::Inbound, destination, source),
        Way::Outbound => (Direction::Outbound, source, destination),
    };
    let question = IpFlow {
        nic,
        direction,
        protocol: protocol(packet.proto),
        local,
        remote,
    };
    let answer = verify(effective, &question).expect("a question that can be asked");
    (answer.access == Access::Allow, answer.rule_name)
}

/// What the engine says of a connection.
#[derive(Debug)]
pub struct EngineAnswer {
    pub reachable: bool,
    pub paths: Vec<EnginePath>,
    pub answered_by: Option<String>,
    /// What the answer says is wrong.
    #[expect(dead_code, reason = "shown where the two disagree")]
    pub issues: Vec<String>,
}

/// One of its paths.
#[derive(Debug)]
pub struct EnginePath {
    pub hops: Vec<String>,
    pub return_path: Option<String>,
    pub disposition: Disposition,
    /// The flow as it reaches the destination.
    pub seen: (IpAddr, IpAddr, u16),
    /// The firewalls' rules that let it through.
    pub passed_rules: Vec<String>,
    /// The rules that its issues name.
    pub denied_by: Vec<String>,
    pub works: bool,
    pub share: f64,
}

/// Asks the engine.
pub fn ask(engine: &Engine<'_>, model: &Model, question: Question) -> EngineAnswer {
    let network = engine.network();
    let source = match question.from {
        From::Nic(nic) => {
            let own = &model.nics[nic];
            format!("{}/{}", model.machines[own.machine].name, own.name)
        }
        From::Host(host) => model.hosts[host].name.clone(),
        From::Site(host) => model.site_hosts[host].name.clone(),
    };
    let destination = match question.to {
        To::Machine(machine) => model.machines[machine].name.clone(),
        To::Host(host) => model.hosts[host].name.clone(),
        To::Site(host) => model.site_hosts[host].name.clone(),
        To::Address(address) => address.to_string(),
    };
    let icmp = question.proto == Proto::Icmp;
    let asked = EngineQuestion {
        source: network.endpoint(&source).expect("a source"),
        destination: network.endpoint(&destination).expect("a destination"),
        protocol: protocol(question.proto),
        application: match question.application {
            Some(App::Https) => Application::Https,
            Some(App::Http) => Application::Http,
            Some(App::Mssql) | None => Application::None,
        },
        port: (!icmp).then_some(question.port),
        source_port: (!icmp).then_some(question.source_port),
        probes: None,
        seed: None,
    };
    let answers = check(engine, &asked).expect("a question that can be put");
    let answer = &answers[0];
    let issues = answer.issues();
    let paths = answer.paths.iter().map(|path| EnginePath {
        hops: path.hops.iter().map(|hop| hop.name.to_string()).collect(),
        return_path: path.return_path().map(|kind| format!("{kind:?}")),
        disposition: path.disposition,
        seen: (
            path.seen.source,
            path.seen.destination,
            path.seen.destination_port,
        ),
        passed_rules: passed_rules(path),
        denied_by: denied_by(path),
        works: path.works() > 0.0,
        share: path.share,
    });
    EngineAnswer {
        reachable: answer.status == ConnectionStatus::Reachable,
        paths: paths.collect(),
        answered_by: answer.answered_by.as_deref().map(str::to_owned),
        issues: issues
            .iter()
            .map(|(hop, _, issue)| format!("{hop}: {} {:?}", issue.message, issue.context))
            .collect(),
    }
}

fn passed_rules(path: &Path) -> Vec<String> {
    let steps = path.hops.iter().flat_map(|hop| &hop.steps);
    let names = steps.filter_map(|step| match step {
        Step::Filter {
            filter: Filter::FirewallNetwork | Filter::FirewallApplication,
            rule: Some(rule),
            allowed: true,
        } => Some(rule.to_string()),
        Step::Translated {
            by: Translator::FirewallDestination(_, rule),
            ..
        } => Some(rule.to_string()),
        _ => None,
    });
    names.collect()
}

fn denied_by(path: &Path) -> Vec<String> {
    let issues = path.hops.iter().flat_map(|hop| &hop.issues);
    let pairs = issues.flat_map(|issue| &issue.context);
    let names = pairs.filter(|(key, _)| *key == "RuleName");
    names.map(|(_, name)| name.clone()).collect()
}

/// Whether the engine's disposition is one that the oracle's first fault can have.
fn agrees(fault: &Fault, disposition: Disposition) -> bool {
    use Disposition as D;
    match fault {
        Fault::SecurityRule(..) | Fault::StandardClosed => disposition == D::DeniedBySecurityRule,
        Fault::Firewall(_) | Fault::ApplianceFilter => disposition == D::DeniedByAppliance,
        Fault::GuestFirewall => disposition == D::DeniedByGuest,
        Fault::NotApproved => {
            matches!(
                disposition,
                D::RefusedByPlatform | D::NoListener | D::NobodyThere
            )
        }
        Fault::NoListener => matches!(
            disposition,
            D::NoListener | D::NobodyThere | D::RefusedByPlatform
        ),
        // A name that does not resolve goes before.
        Fault::Stopped => matches!(disposition, D::NotRunning | D::NotSent | D::NameNotResolved),
        Fault::NameNotResolved => disposition == D::NameNotResolved,
        Fault::RouteToNone => disposition == D::NoRoute,
        Fault::NoGateway => matches!(disposition, D::NoRoute | D::NextHopUnreachable),
        Fault::NobodyThere => matches!(disposition, D::NobodyThere | D::NoRoute),
        Fault::NextHopUnreachable => disposition == D::NextHopUnreachable,
        Fault::OwnNextHop | Fault::Loop => disposition == D::Loop,
        Fault::NicForwarding | Fault::GuestForwarding => disposition == D::NotForwarded,
        Fault::ForwardedTraffic | Fault::VnetAccess | Fault::SubnetNotPeered => {
            disposition == D::RefusedByPeering
        }
        Fault::NoOutbound => disposition == D::NoOutboundMethod,
        Fault::NoBalancingRule | Fault::NoHealthyMember | Fault::Hairpin => {
            matches!(
                disposition,
                D::RefusedByPlatform | D::NextHopUnreachable | D::NoRoute
            )
        }
        Fault::NoTunnel | Fault::NoTransit | Fault::SiteHasNoRoute => matches!(
            disposition,
            D::NoRoute | D::NobodyThere | D::RefusedByPeering | D::NextHopUnreachable
        ),
        Fault::BasicAcrossRegions => matches!(
            disposition,
            D::RefusedByPlatform | D::NextHopUnreachable | D::NobodyThere | D::NoRoute
        ),
        Fault::NoAnswer => matches!(disposition, D::NobodyThere | D::NoListener),
        Fault::ReplyLost(_) => matches!(disposition, D::Delivered | D::Asymmetric),
    }
}

/// What the two disagree about; nothing where they agree. Where the oracle stops at a fault, the engine
/// may look on, and find several ways behind it.
pub fn differences(oracle: &Answer, engine: &EngineAnswer) -> Vec<&'static str> {
    let mut all = Vec::new();
    if oracle.reachable != engine.reachable {
        all.push("status");
    }
    let answerers = oracle.paths.iter().map(|path| path.answered_by.as_deref());
    if !answerers
        .clone()
        .any(|by| by == engine.answered_by.as_deref())
    {
        all.push("who answers");
    }
    let mut left: Vec<&EnginePath> = engine.paths.iter().collect();
    for path in oracle.paths.iter().filter(|path| path.complete) {
        // The closest of those that are left.
        let closest = (0..left.len()).min_by_key(|at| path_differences(path, left[*at]).len());
        match closest {
            Some(at) => all.extend(path_differences(path, left.remove(at))),
            None => all.push("number of paths"),
        }
    }
    let stopped: Vec<&PathAnswer> = oracle.paths.iter().filter(|path| !path.complete).collect();
    let mut part = 0.0;
    for other in left {
        let found = stopped.iter().map(|path| path_differences(path, other));
        let found = found.min_by_key(Vec::len);
        match found {
            Some(found) => {
                part += other.share;
                all.extend(found);
            }
            None => all.push("number of paths"),
        }
    }
    let whole: f64 = stopped.iter().map(|path| path.share).sum();
    let fits = |path: &&PathAnswer| {
        let mut others = engine.paths.iter();
        others.any(|other| path_differences(path, other).is_empty())
    };
    if !stopped.iter().all(fits) || (whole - part).abs() > 1e-6 {
        all.push("shares of blocked paths");
    }
    all
}

fn path_differences(oracle: &PathAnswer, engine: &EnginePath) -> Vec<&'static str> {
    let mut all = Vec::new();
    if oracle.return_path != engine.return_path.as_deref() {
        all.push("return path");
    }
    if oracle.works != engine.works {
        all.push("whether a path works");
    }
    if oracle.complete && (oracle.share - engine.share).abs() > 1e-6 {
        all.push("share");
    }
    // The oracle has no hop for the Internet that a request passes and comes back from.
    let listed = |hop: &&String| !(oracle.hairpin && **hop == "Internet");
    let mine: Vec<&String> = oracle.hops.iter().filter(listed).collect();
    let mut theirs: Vec<&String> = engine.hops.iter().filter(listed).collect();
    if !oracle.complete {
        theirs.truncate(mine.len());
    }
    let same = mine == theirs;
    if !same {
        all.push("hops");
    }
    if let Some((_, fault)) = oracle.faults.first()
        && !agrees(fault, engine.disposition)
    {
        all.push("disposition");
    }
    match oracle.faults.first() {
        Some((_, Fault::Firewall(rule) | Fault::SecurityRule(_, rule)))
            if !engine.denied_by.iter().any(|name| name.ends_with(rule)) =>
        {
            all.push("the rule that denies");
        }
        None if oracle.passed_rules != engine.passed_rules => all.push("the firewalls' rules"),
        _ => {}
    }
    if let Some(seen) = oracle.seen.filter(|_| oracle.works)
        && (
            IpAddr::V4(seen.source),
            IpAddr::V4(seen.destination),
            seen.destination_port,
        ) != engine.seen
    {
        all.push("the flow as seen");
    }
    all
}
