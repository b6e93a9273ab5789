//! Azure Firewall: routing §8, security §9, docs/azure/firewall.md.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::answer::Fault;
use super::model::{Hop, Model, Packet, Ports, Proto, is_private};
use super::routes::{Owner, Row, chosen_in};
use super::rules::ports_hold;
use super::walk::{Device, Next, Passage, Walk, deliver, step};

#[derive(Debug, Clone)]
pub struct Firewall {
    pub name: String,
    pub vnet: usize,
    pub subnet: usize,
    pub address: Ipv4Addr,
    /// `None` where only its management has one.
    pub public_ip: Option<usize>,
    pub policy: usize,
    pub running: bool,
}

#[derive(Debug, Clone)]
pub struct FirewallPolicy {
    pub name: String,
    pub base: Option<usize>,
    pub intel: Option<&'static str>,
    /// What the feed of threat intelligence has.
    pub listed: Vec<Ipv4Net>,
    pub private_ranges: Option<Vec<Ipv4Net>>,
    pub groups: Vec<CollectionGroup>,
}

#[derive(Debug, Clone)]
pub struct CollectionGroup {
    pub name: String,
    pub priority: u16,
    pub collections: Vec<Collection>,
}

#[derive(Debug, Clone)]
pub struct Collection {
    pub name: String,
    pub priority: u16,
    pub allow: bool,
    pub rules: Rules,
}

/// What a collection has, with the rules' names.
#[derive(Debug, Clone)]
pub enum Rules {
    Nat(Vec<(String, NatRule)>),
    Network(Vec<(String, NetworkRule)>),
    Application(Vec<(String, ApplicationRule)>),
}

/// Which sources a rule takes; none stands for all.
pub type Sources = Vec<Addresses>;

#[derive(Debug, Clone)]
pub enum Addresses {
    Prefix(Ipv4Net),
    Range(Ipv4Addr, Ipv4Addr),
    IpGroup(usize),
    Tag(&'static str),
    /// A name that the firewall resolves.
    Fqdn(&'static str),
}

#[derive(Debug, Clone)]
pub struct NatRule {
    pub protocols: Vec<Proto>,
    pub sources: Sources,
    pub destination: Ipv4Addr,
    pub port: u16,
    pub translated: (Ipv4Addr, u16),
}

#[derive(Debug, Clone)]
pub struct NetworkRule {
    /// None stands for all.
    pub protocols: Vec<Proto>,
    pub sources: Sources,
    pub destinations: Vec<Addresses>,
    pub ports: Ports,
}

#[derive(Debug, Clone)]
pub struct ApplicationRule {
    pub protocols: Vec<(App, u16)>,
    pub sources: Sources,
    pub names: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    Http,
    Https,
    Mssql,
}

/// What is asked for, beside the packet: over what, and under which name.
#[derive(Debug, Clone)]
pub struct Asked {
    pub application: Option<App>,
    pub name: String,
}

/// By which kind of rule a firewall lets a packet pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Nat,
    Network,
    Application,
}

/// What a firewall makes of a packet.
struct Judged {
    /// The kind and the name of the rule that lets it pass, or the name of what denies it.
    outcome: Result<(By, String), String>,
    /// The packet with its destination translated.
    packet: Packet,
    /// Whether it has completed the handshake before it knew what is asked.
    answers: bool,
}

/// 8.2: threat intelligence, DNAT rules, network rules, application rules, and what none of them allows
/// is denied.
fn judge(walk: &Walk<'_>, firewall: &Firewall, packet: Packet) -> Judged {
    let model = walk.model;
    let denied = |rule: String| Judged {
        outcome: Err(rule),
        packet,
        answers: false,
    };
    let passes = |by: By, rule: String, packet: Packet| Judged {
        outcome: Ok((by, rule)),
        packet,
        answers: by == By::Application,
    };
    let chain = chain(model, firewall.policy);
    let mut listed = chain.iter().flat_map(|policy| &policy.listed);
    let bad = |net: &Ipv4Net| net.contains(&packet.source) || net.contains(&packet.destination);
    // The strictest mode of a policy and its parents.
    let denies = chain.iter().any(|policy| policy.intel == Some("Deny"));
    if denies && listed.any(bad) {
        return denied("ThreatIntelligence".to_owned());
    }
    let all = collections(&chain);
    let inbound = is_own(model, firewall, packet.destination);
    let nat = all.iter().find_map(|collection| match &collection.rules {
        Rules::Nat(rules) => {
            let rule = rules
                .iter()
                .find(|(_, rule)| nat_holds(model, rule, packet));
            rule.map(|(name, rule)| (format!("{}/{name}", collection.name), rule))
        }
        _ => None,
    });
    let to = |packet: Packet| {
        all.iter().find_map(|collection| match &collection.rules {
            Rules::Network(rules) => {
                let rule = rules
                    .iter()
                    .find(|(_, rule)| network_holds(model, rule, packet));
                rule.map(|(name, _)| (collection.allow, format!("{}/{name}", collection.name)))
            }
            _ => None,
        })
    };
    if let Some((name, rule)) = nat.filter(|_| inbound) {
        let (destination, destination_port) = rule.translated;
        let inside = Packet {
            destination,
            destination_port,
            ..packet
        };
        // Decisions: a network rule that denies what is translated wins.
        return match to(inside) {
            Some((false, rule)) => denied(rule),
            _ => passes(By::Nat, name, inside),
        };
    }
    let nobody = || denied("DefaultDeny".to_owned());
    // What is for the firewall itself and not translated has no one to go to, whatever a rule says.
    if inbound {
        return nobody();
    }
    match to(packet) {
        Some((true, rule)) => return passes(By::Network, rule, packet),
        Some((false, rule)) => return denied(rule),
        None => {}
    }
    if packet.proto != Proto::Tcp {
        return nobody();
    }
    let rules = || {
        all.iter().flat_map(|collection| {
            let rules = match &collection.rules {
                Rules::Application(rules) => rules.as_slice(),
                _ => &[],
            };
            let own = rules
                .iter()
                .map(|(name, rule)| (format!("{}/{name}", collection.name), rule));
            own.map(|(name, rule)| (collection.allow, name, rule))
        })
    };
    let hit = rules().find(|(_, _, rule)| application_holds(model, rule, &walk.asked, packet));
    // It cannot see a name before it has answered on the port.
    let port = packet.destination_port;
    let known = rules().any(|(_, _, rule)| rule.protocols.iter().any(|(_, own)| *own == port));
    let judged = match hit {
        Some((true, name, _)) => passes(By::Application, name, packet),
        Some((false, name, _)) => denied(name),
        None => nobody(),
    };
    Judged {
        answers: known || [80, 443].contains(&port),
        ..judged
    }
}

/// A policy behind those that it is based on.
fn chain(model: &Model, policy: usize) -> Vec<&FirewallPolicy> {
    let own = &model.policies[policy];
    let mut all = own.base.map(|base| chain(model, base)).unwrap_or_default();
    all.push(own);
    all
}

/// The collections in their order: the parents' before the child's, by the groups' priorities, then by
/// their own.
fn collections<'m>(chain: &[&'m FirewallPolicy]) -> Vec<&'m Collection> {
    let mut all = Vec::new();
    for (depth, policy) in chain.iter().enumerate() {
        for group in &policy.groups {
            for collection in &group.collections {
                all.push(((depth, group.priority, collection.priority), collection));
            }
        }
    }
    all.sort_by_key(|(order, _)| *order);
    all.into_iter().map(|(_, collection)| collection).collect()
}

/// The ports of all DNAT rules.
pub fn published_ports(model: &Model) -> impl Iterator<Item = u16> {
    let groups = model.policies.iter().flat_map(|policy| &policy.groups);
    let collections = groups.flat_map(|group| &group.collections);
    collections.flat_map(|collection| match &collection.rules {
        Rules::Nat(rules) => rules.iter().map(|(_, rule)| rule.port).collect(),
        _ => Vec::new(),
    })
}

fn public_address(model: &Model, firewall: &Firewall) -> Option<Ipv4Addr> {
    firewall.public_ip.map(|ip| model.public_ips[ip].address)
}

fn is_own(model: &Model, firewall: &Firewall, address: Ipv4Addr) -> bool {
    address == firewall.address || Some(address) == public_address(model, firewall)
}

fn holds(model: &Model, all: &[Addresses], address: Ipv4Addr) -> bool {
    all.is_empty()
        || all.iter().any(|one| match one {
            Addresses::Prefix(prefix) => prefix.contains(&address),
            Addresses::Range(first, last) => (first..=last).contains(&&address),
            Addresses::IpGroup(group) => {
                let mut prefixes = model.ip_groups[*group].iter();
                prefixes.any(|prefix| prefix.contains(&address))
            }
            Addresses::Tag(tag) => model.tag(tag).iter().any(|net| net.contains(&address)),
            Addresses::Fqdn(name) => {
                let mut hosts = model.hosts.iter();
                hosts.any(|host| host.name == *name && host.address == address)
            }
        })
}

fn nat_holds(model: &Model, rule: &NatRule, packet: Packet) -> bool {
    rule.protocols.contains(&packet.proto)
        && rule.destination == packet.destination
        && rule.port == packet.destination_port
        && holds(model, &rule.sources, packet.source)
}

fn network_holds(model: &Model, rule: &NetworkRule, packet: Packet) -> bool {
    (rule.protocols.is_empty() || rule.protocols.contains(&packet.proto))
        && holds(model, &rule.sources, packet.source)
        && holds(model, &rule.destinations, packet.destination)
        && ports_hold(packet.proto, &rule.ports, packet.destination_port)
}

fn application_holds(model: &Model, rule: &ApplicationRule, asked: &Asked, packet: Packet) -> bool {
    let spoken = |app: App| asked.application.is_none_or(|asked| asked == app);
    let mut protocols = rule.protocols.iter();
    let named = |pattern: &&str| match pattern.strip_prefix('*') {
        Some(end) => asked.name.ends_with(end),
        None => asked.name == **pattern,
    };
    protocols.any(|(app, port)| *port == packet.destination_port && spoken(*app))
        && holds(model, &rule.sources, packet.source)
        && rule.names.iter().any(named)
}

/// 8.6: under whose address a packet goes on.
fn source(model: &Model, firewall: &Firewall, by: By, packet: Packet, out: bool) -> Ipv4Addr {
    let to = packet.destination;
    let own = &model.policies[firewall.policy];
    let kept = match &own.private_ranges {
        Some(ranges) => ranges.iter().any(|range| range.contains(&to)),
        None => is_private(to),
    };
    match public_address(model, firewall) {
        _ if by == By::Network && kept => packet.source,
        Some(public) if out => public,
        _ => firewall.address,
    }
}

/// What a verdict is counted as.
fn mark(judged: &Judged) -> &'static str {
    match &judged.outcome {
        Ok((By::Nat, _)) => "allowed by a DNAT rule",
        Ok((By::Network, _)) => "allowed by a network rule",
        Ok((By::Application, _)) => "allowed by an application rule",
        Err(rule) if rule == "ThreatIntelligence" => "denied by threat intelligence",
        Err(rule) if rule == "DefaultDeny" && judged.answers => "denied by default, answered",
        Err(rule) if rule == "DefaultDeny" => "denied by default",
        Err(_) if judged.answers => "denied by an application rule",
        Err(_) => "denied by a network rule",
    }
}

/// A packet comes to a firewall.
pub fn arrive(walk: &mut Walk<'_>, id: usize, packet: Packet) -> Result<(), Fault> {
    let model = walk.model;
    let (firewall, me) = (&model.firewalls[id], Owner::Firewall(id));
    walk.met_before(me, packet)?;
    walk.hops.push(firewall.name.clone());
    if !firewall.running {
        return Err(Fault::Stopped);
    }
    // 8.9: a learned default route breaks it; no firewall here has a management NIC.
    let everything = Ipv4Addr::UNSPECIFIED;
    let rows = chosen_in(model, firewall.vnet, firewall.subnet, everything);
    let learned = |row: &Row| matches!(row.hop, Hop::Tunnel(..) | Hop::Injected(_));
    if rows.iter().any(learned) {
        return Err(Fault::Stopped);
    }
    let judged = judge(walk, firewall, packet);
    // What a security group has stopped before it does not come to it.
    if judged.answers && walk.faults.is_empty() && walk.answered_by.is_none() {
        walk.answered_by = Some(id);
    }
    walk.marks.push(mark(&judged));
    let (by, rule) = judged.outcome.map_err(Fault::Firewall)?;
    walk.passed_rules.push(rule);
    let packet_in = judged.packet;
    let next = step(
        model,
        me,
        (firewall.vnet, firewall.subnet),
        packet_in.destination,
        &mut walk.choices,
    )?;
    let out = matches!(next, Next::Internet);
    let mut after = Packet {
        source: source(model, firewall, by, packet_in, out),
        ..packet_in
    };
    if out {
        after.source = leaves(walk, firewall, after)?;
    }
    walk.marks.push(match after.source {
        kept if kept == packet.source => "keeps the source",
        own if own == firewall.address && is_private(after.destination) => "its private source",
        own if own == firewall.address => "its private source to a public address",
        _ => "a public source",
    });
    walk.passages.push(Passage {
        by: Device::Firewall(id),
        before: packet,
        after,
        stateful: true,
    });
    deliver(walk, me, next, after, after)
}

/// The address under which a packet is seen on the Internet.
fn leaves(walk: &Walk<'_>, firewall: &Firewall, packet: Packet) -> Result<Ipv4Addr, Fault> {
    let model = walk.model;
    if is_private(packet.destination) {
        return Err(Fault::RouteToNone);
    }
    if !is_own(model, firewall, packet.source) {
        return Err(Fault::NoOutbound);
    }
    let subnet = &model.vnets[firewall.vnet].subnets[firewall.subnet];
    let Some(nat) = subnet.nat else {
        let public = public_address(model, firewall);
        return public
            .filter(|public| *public == packet.source)
            .ok_or(Fault::NoOutbound);
    };
    // Whether ICMP goes by the firewall's own address where a NAT gateway takes the rest is not said.
    if packet.proto == Proto::Icmp {
        walk.unsure.set(true);
        return Err(Fault::NoOutbound);
    }
    Ok(model.public_ips[model.nats[nat]].address)
}
