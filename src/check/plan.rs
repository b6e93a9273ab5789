//! From checks as written to questions: every name looked up, every fault collected.

use std::collections::HashSet;
use std::net::IpAddr;

use super::faults::{self, Role};
use super::hops::Wanted;
use super::intents::{self, PlannedIntent};
use super::outcome::Kind;
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::engine::diagnose::{Asked, Profile, Target};
use crate::engine::ip_flow::{IpFlow, IpFlowSide, local_nic};
use crate::engine::{Application, Question};
use crate::lint::is_subject;
use crate::net::{PortRange, PrefixFault, Protocol, parse_prefix};
use crate::network::{Endpoint, Id, Network, Nic, OutageFault};
use crate::source::Path;
use crate::spec::checks::{
    Check, CheckProtocol, EffectiveRoutesCheck, EffectiveRulesCheck, ExpectedDetails, Finding,
    HopLists, IpFlowCheck, IpFlowExpectation, NextHopCheck, NextHopExpectation,
    SecurityDiagnosticCheck, SecurityDiagnosticExpectation,
};
use crate::spec::decode::Names;
use crate::spec::{Direction, Topology};

/// A check that can be asked.
#[derive(Debug)]
pub(super) struct Planned<'t> {
    pub(super) kind: Kind,
    pub(super) name: &'t str,
    down: &'t [String],
    pub(super) ask: Ask<'t>,
}

impl Planned<'_> {
    /// What is out of order, in one order and spelling.
    pub(super) fn out_of_order(&self) -> Vec<String> {
        let mut down: Vec<String> = self
            .down
            .iter()
            .map(|name| name.trim().to_lowercase())
            .collect();
        down.sort();
        down.dedup();
        down
    }

    /// Where it stands.
    pub(super) fn path(&self) -> Path {
        super::path(self.kind, self.name)
    }
}

/// What is asked, and what is expected.
#[derive(Debug)]
pub(super) enum Ask<'t> {
    Connection(Question, &'t Check),
    NextHop(Id<Nic>, IpAddr, &'t NextHopExpectation),
    IpFlow(IpFlow, &'t IpFlowExpectation),
    Security(Profile, &'t SecurityDiagnosticExpectation),
    Routes(Id<Nic>, &'t EffectiveRoutesCheck),
    Rules(Id<Nic>, &'t EffectiveRulesCheck),
    Intent(PlannedIntent<'t>),
    Finding(Code, Option<&'t str>),
}

/// All checks of a topology, in the order of its sections, and why some of them cannot be asked.
pub(super) fn plan<'t>(
    topology: &'t Topology,
    network: &Network,
) -> (Vec<Planned<'t>>, Vec<Diagnostic>) {
    let mut plan = Plan {
        network,
        planned: Vec::new(),
        faults: Vec::new(),
        sound: HashSet::new(),
    };
    plan.section(Kind::Check, &topology.checks, |c| &c.down, Plan::connection);
    plan.section(
        Kind::NextHop,
        &topology.next_hops,
        |c| &c.down,
        Plan::next_hop,
    );
    plan.section(Kind::IpFlow, &topology.ip_flows, |c| &c.down, Plan::ip_flow);
    let diagnostics = &topology.security_diagnostics;
    plan.section(
        Kind::SecurityDiagnostic,
        diagnostics,
        |c| &c.down,
        Plan::security,
    );
    plan.section(
        Kind::EffectiveRoutes,
        &topology.effective_routes,
        |c| &c.down,
        |plan, at, check| {
            let nic = plan.nic(at.key("target"), &check.target)?;
            Some(Ask::Routes(nic, check))
        },
    );
    plan.section(
        Kind::EffectiveRules,
        &topology.effective_rules,
        |c| &c.down,
        |plan, at, check| {
            let nic = plan.nic(at.key("target"), &check.target)?;
            Some(Ask::Rules(nic, check))
        },
    );
    plan.section(
        Kind::Intent,
        &topology.intents,
        |c| &c.down,
        |plan, at, intent| match intents::plan(plan.network, at, intent) {
            Ok(planned) => Some(Ask::Intent(planned)),
            Err(faults) => {
                plan.faults.extend(faults);
                None
            }
        },
    );
    plan.section(Kind::Finding, &topology.findings, |_| &[], Plan::finding);
    (plan.planned, plan.faults)
}

struct Plan<'t, 'n> {
    network: &'n Network,
    planned: Vec<Planned<'t>>,
    faults: Vec<Diagnostic>,
    /// Lists of things out of order that are sound: looking one up makes a network.
    sound: HashSet<&'t [String]>,
}

impl<'t> Plan<'t, '_> {
    fn section<C>(
        &mut self,
        kind: Kind,
        checks: &'t Names<C>,
        down: impl Fn(&'t C) -> &'t [String],
        ask: impl Fn(&mut Self, &Path, &'t C) -> Option<Ask<'t>>,
    ) {
        for (name, check) in checks.iter() {
            let at = super::path(kind, name);
            let down = down(check);
            self.down(&at, down);
            if let Some(ask) = ask(self, &at, check) {
                self.planned.push(Planned {
                    kind,
                    name,
                    down,
                    ask,
                });
            }
        }
    }

    fn down(&mut self, at: &Path, names: &'t [String]) {
        if names.is_empty() || self.sound.contains(names) {
            return;
        }
        let Err(faults) = self.network.with_down(names) else {
            self.sound.insert(names);
            return;
        };
        for fault in faults {
            let (OutageFault::Unknown(text, _) | OutageFault::Ambiguous(text, _)) = &fault;
            let position = names
                .iter()
                .position(|name| name.trim() == text)
                .unwrap_or_default();
            self.faults
                .push(faults::outage(at.key("down").index(position), &fault));
        }
    }

    fn connection(&mut self, at: &Path, check: &'t Check) -> Option<Ask<'t>> {
        let source = self.endpoint(at.key("source"), &check.source);
        let destination = self.endpoint(at.key("destination"), &check.destination);
        if let Some(details) = &check.expect.details {
            self.details(&at.key("expect"), details);
        }
        let (protocol, application) = match check.protocol.unwrap_or(CheckProtocol::Tcp) {
            CheckProtocol::Tcp => (Protocol::Tcp, Application::None),
            CheckProtocol::Udp => (Protocol::Udp, Application::None),
            CheckProtocol::Icmp => (Protocol::Icmp, Application::None),
            CheckProtocol::Http => (Protocol::Tcp, Application::Http),
            CheckProtocol::Https => (Protocol::Tcp, Application::Https),
        };
        for (key, port) in [("port", check.port), ("sourcePort", check.source_port)] {
            if port == Some(0) && protocol.has_ports() {
                let message = format!("`0` is not a port of {protocol}");
                self.faults
                    .push(Diagnostic::new(Code::BadPort, message).at(at.key(key)));
            }
        }
        let (source, destination) = (source?, destination?);
        let given = check.port.is_some()
            || application != Application::None
            || matches!(destination, Endpoint::Uri { .. });
        if protocol.has_ports() && !given {
            let fault = crate::engine::QuestionFault::PortMissing(protocol);
            self.faults.push(faults::question(at, &fault));
            return None;
        }
        let question = Question {
            application,
            source_port: check.source_port,
            ..Question::new(source, destination, protocol, check.port)
        };
        Some(Ask::Connection(question, check))
    }

    /// Names that are expected on the way: one that nothing has would never be avoided in vain.
    fn details(&mut self, at: &Path, details: &ExpectedDetails) {
        match &details.hops {
            Some(HopLists::Every(hops)) => self.hops(&at.key("hops"), hops),
            Some(HopLists::Each(paths)) => {
                for (number, hops) in paths.iter().enumerate() {
                    self.hops(&at.key("hops").index(number), hops);
                }
            }
            None => {}
        }
        for (key, names) in [("via", &details.via), ("avoids", &details.avoids)] {
            self.hops(&at.key(key), names.as_deref().unwrap_or_default());
        }
        for (number, issue) in details.issues.iter().flatten().enumerate() {
            if let Some(hop) = &issue.hop {
                self.hop(at.key("issues").index(number).key("hop"), hop);
            }
        }
        if let Some(name) = &details.answered_by {
            self.hop(at.key("answeredBy"), name);
        }
        if let Some(expected) = &details.next_hop {
            self.next_hop_address(&at.key("nextHop"), expected);
        }
        if let Some(seen) = &details.seen {
            for (key, address) in [("source", &seen.source), ("destination", &seen.destination)] {
                if let Some(address) = address {
                    self.address(at.key("seen").key(key), address);
                }
            }
        }
    }

    fn hops(&mut self, at: &Path, names: &[String]) {
        for (number, name) in names.iter().enumerate() {
            self.hop(at.index(number), name);
        }
    }

    fn hop(&mut self, at: Path, name: &str) {
        if let Err(fault) = Wanted::new(self.network, name) {
            self.faults.push(faults::name(at, &fault, Role::Endpoint));
        }
    }

    fn next_hop(&mut self, at: &Path, check: &'t NextHopCheck) -> Option<Ask<'t>> {
        let nic = self.nic(at.key("source"), &check.source);
        let destination = self.address(at.key("destination"), &check.destination);
        self.next_hop_address(&at.key("expect"), &check.expect);
        Some(Ask::NextHop(nic?, destination?, &check.expect))
    }

    fn next_hop_address(&mut self, at: &Path, expected: &NextHopExpectation) {
        if let Some(address) = &expected.next_hop_ip_address {
            self.address(at.key("nextHopIpAddress"), address);
        }
    }

    fn ip_flow(&mut self, at: &Path, check: &'t IpFlowCheck) -> Option<Ask<'t>> {
        let nics = self.network.nics_of(&check.target);
        let nics = nics.map_err(|fault| {
            let fault = faults::name(at.key("target"), &fault, Role::Nic);
            self.faults.push(fault);
        });
        let protocol = match check.protocol {
            CheckProtocol::Tcp => Some(Protocol::Tcp),
            CheckProtocol::Udp => Some(Protocol::Udp),
            other => {
                let message = format!("IP flow verify takes Tcp and Udp, not `{other}`");
                let fault = Diagnostic::new(Code::UnknownWord, message).at(at.key("protocol"));
                self.faults.push(fault.help("one of `Tcp`, `Udp`"));
                None
            }
        };
        let local = self.side(at.key("local"), &check.local);
        let remote = self.side(at.key("remote"), &check.remote);
        let (local, remote) = (local?, remote?);
        let nic = local_nic(self.network, &nics.ok()?, local.address);
        let nic = nic.map_err(|fault| {
            let inbound = check.direction == Direction::Inbound;
            self.faults.push(faults::ip_flow(at, &fault, inbound));
        });
        let question = IpFlow {
            nic: nic.ok()?,
            direction: check.direction,
            protocol: protocol?,
            local,
            remote,
        };
        Some(Ask::IpFlow(question, &check.expect))
    }

    fn side(&mut self, at: Path, text: &str) -> Option<IpFlowSide> {
        match text.trim().parse() {
            Ok(side) => Some(side),
            Err(fault) => {
                self.faults.push(faults::side(at, text.trim(), &fault));
                None
            }
        }
    }

    fn security(&mut self, at: &Path, check: &'t SecurityDiagnosticCheck) -> Option<Ask<'t>> {
        let source = self.asked(at.key("source"), &check.source);
        let destination = self.asked(at.key("destination"), &check.destination);
        let own = match check.direction {
            Direction::Inbound => &destination,
            Direction::Outbound => &source,
        };
        let target = Target::parse(check.target.trim(), own.as_ref(), self.network);
        let target = target.map_err(|fault| {
            let fault = faults::name(at.key("target"), &fault, Role::Nic);
            self.faults.push(fault);
        });
        let profile = Profile {
            target: target.ok()?,
            direction: check.direction,
            protocol: check.protocol,
            source: source?,
            destination: destination?,
            port: check.port.unwrap_or(PortRange::ALL),
        };
        Some(Ask::Security(profile, &check.expect))
    }

    fn asked(&mut self, at: Path, text: &str) -> Option<Asked> {
        let fault = match Asked::parse(text.trim(), self.network) {
            Ok(asked) => return Some(asked),
            Err(fault) => fault,
        };
        let fault = match parse_prefix(text.trim()) {
            Err(PrefixFault::HostBits(net)) => {
                let message = format!("`{text}` has bits set behind its length");
                let help = format!("the network that holds it is `{net}`");
                Diagnostic::new(Code::HostBitsSet, message).help(help)
            }
            _ if text.starts_with(|c: char| c.is_ascii_digit()) || text.contains([':', '/']) => {
                Diagnostic::new(Code::BadPrefix, fault.to_string())
            }
            _ => crate::spec::unknown_tag(text),
        };
        self.faults.push(fault.at(at));
        None
    }

    fn finding(&mut self, at: &Path, check: &'t Finding) -> Option<Ask<'t>> {
        let text = &check.code.0;
        let findings = || Code::ALL.iter().filter(|code| code.is_finding());
        let code = findings().find(|code| code.name() == text);
        if code.is_none() {
            let message = format!("`{text}` is not the code of a finding");
            let fault = Diagnostic::new(Code::UnknownWord, message).at(at.key("code"));
            let meant = suggest(text, findings().map(|code| code.name()));
            self.faults.push(match meant {
                Some(meant) => fault.help(format!("did you mean `{meant}`?")),
                None => fault,
            });
        }
        let resource = check.resource.as_deref();
        if let Some(name) = resource
            && !is_subject(self.network, name)
        {
            self.faults
                .push(faults::unknown(at.key("resource"), name, None));
            return None;
        }
        code.map(|code| Ask::Finding(*code, resource))
    }

    fn endpoint(&mut self, at: Path, text: &str) -> Option<Endpoint> {
        let found = self.network.endpoint(text);
        found
            .map_err(|fault| self.faults.push(faults::name(at, &fault, Role::Endpoint)))
            .ok()
    }

    fn nic(&mut self, at: Path, text: &str) -> Option<Id<Nic>> {
        let found = self.network.nic(text);
        found
            .map_err(|fault| self.faults.push(faults::name(at, &fault, Role::Nic)))
            .ok()
    }

    fn address(&mut self, at: Path, text: &str) -> Option<IpAddr> {
        let found = text.trim().parse();
        found
            .map_err(|_| self.faults.push(faults::address(at, text)))
            .ok()
    }
}
