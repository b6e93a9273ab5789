//! Network Watcher's IP flow verify (`network-watcher/ip-flow-verify-overview`).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use super::compiled;
use crate::effective::{Decision, Effective, SecurityList};
use crate::net::{Flow, PortRange, PortSet, Protocol, Rule, same_family};
use crate::network::{Id, Network, Nic};
use crate::spec::{Access, Direction};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpFlow {
    /// At which NIC.
    pub nic: Id<Nic>,
    /// Which way, seen from the NIC.
    pub direction: Direction,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The NIC's side.
    pub local: IpFlowSide,
    /// The other side.
    pub remote: IpFlowSide,
}

/// An address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpFlowSide {
    /// The address.
    pub address: IpAddr,
    /// The port; none: `*`, any of them, which only the side that the flow comes from may say.
    pub port: Option<u16>,
}

impl FromStr for IpFlowSide {
    type Err = IpFlowFault;

    /// Reads `10.0.0.4:80`, `10.0.0.4:*`, `[fd00::4]:80`.
    fn from_str(text: &str) -> Result<Self, IpFlowFault> {
        if let Ok(both) = text.parse::<SocketAddr>() {
            return Ok(Self {
                address: both.ip(),
                port: Some(both.port()),
            });
        }
        let address = text.strip_suffix(":*").map(|address| {
            let inner = address.strip_prefix('[').and_then(|a| a.strip_suffix(']'));
            inner.unwrap_or(address)
        });
        let address = address.and_then(|address| address.parse().ok());
        address
            .map(|address| Self {
                address,
                port: None,
            })
            .ok_or_else(|| IpFlowFault::Malformed(text.to_owned()))
    }
}

/// Why it cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IpFlowFault {
    /// A side is not an address with a port.
    Malformed(String),
    /// Azure verifies TCP and UDP only.
    Protocol(Protocol),
    /// `*` stands for the port that the flow goes to.
    AnyPort,
    /// One side is IPv4, the other IPv6.
    Families,
    /// The local address is not the target's; the target, and what addresses it has.
    NotLocal(IpAddr, String, Vec<IpAddr>),
}

impl IpFlowFault {
    /// What to write instead, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Malformed(_) => {
                Some("as in `10.0.0.4:80`, `10.0.0.4:*`, `[fd00::4]:80`".to_owned())
            }
            Self::NotLocal(.., own) => {
                let own: Vec<String> = own.iter().map(|own| format!("`{own}`")).collect();
                Some(format!(
                    "the local side is the private address of the target: {}",
                    own.join(" or ")
                ))
            }
            _ => None,
        }
    }
}

impl fmt::Display for IpFlowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => write!(f, "`{text}` is not an address with a port"),
            Self::Protocol(protocol) => {
                write!(f, "IP flow verify takes Tcp and Udp, not {protocol}")
            }
            Self::AnyPort => f.write_str(
                "the port that a flow goes to must be a number; `*` is for the other side",
            ),
            Self::Families => f.write_str("the two sides are not of one address family"),
            Self::NotLocal(address, target, _) => {
                write!(f, "`{address}` is not an address of `{target}`")
            }
        }
    }
}

impl std::error::Error for IpFlowFault {}

/// The NIC that a flow with this local address is judged at, of those that the target named: the one that
/// has the address. A NIC with IP forwarding on also sees addresses of others, but it must be named then:
/// `targetNicResourceId` is required where a machine with several NICs forwards.
///
/// # Errors
/// Where none of them can have it.
pub fn local_nic(
    network: &Network,
    nics: &[Id<Nic>],
    local: IpAddr,
) -> Result<Id<Nic>, IpFlowFault> {
    let mut all = nics.iter().copied();
    let own = all.find(|nic| has(&network.nics[*nic], |address| address == local));
    let forwards = match nics {
        [one] if network.nics[*one].ip_forwarding => Some(*one),
        _ => None,
    };
    own.or(forwards).ok_or_else(|| {
        let name = match nics {
            [one] => network.nics[*one].name.to_string(),
            _ => nics.first().map_or_else(String::new, |nic| {
                let machine = network.nics[*nic].machine;
                network.machines[machine].identity.name.to_string()
            }),
        };
        let addresses = nics.iter().flat_map(|nic| &network.nics[*nic].addresses);
        let addresses = addresses.map(|own| own.address).collect();
        IpFlowFault::NotLocal(local, name, addresses)
    })
}

/// Whether a NIC has an address that is `wanted`.
pub(super) fn has(nic: &Nic, wanted: impl Fn(IpAddr) -> bool) -> bool {
    nic.addresses.iter().any(|own| wanted(own.address))
}

/// What IP flow verify answers.
#[derive(Debug, Clone)]
pub struct IpFlowAnswer {
    /// Whether the flow passes.
    pub access: Access,
    /// The deciding rule, as in `securityRules/x` or `defaultSecurityRules/x`, a security admin rule by its
    /// bare name: where the flow is denied, the one that denies; where it passes, the one evaluated last.
    /// None where there is no group at all, and no admin rule for the flow.
    pub rule_name: Option<String>,
    /// The list that it stands in, and its position there.
    pub decided: Option<(SecurityList, usize)>,
    /// Whether it is the platform's own traffic, which only a rule for its tag stops.
    pub platform: bool,
    /// Service tags that are not known in full, and would change the answer or its rule if they held an
    /// address of the flow.
    pub doubtful: Vec<Arc<str>>,
}

/// Whether a flow passes the security admin rules and security groups of a NIC.
///
/// # Errors
/// Where Azure would refuse the question.
pub fn verify(effective: &Effective, question: &IpFlow) -> Result<IpFlowAnswer, IpFlowFault> {
    if !question.protocol.has_ports() {
        return Err(IpFlowFault::Protocol(question.protocol));
    }
    if !same_family(question.local.address, question.remote.address) {
        return Err(IpFlowFault::Families);
    }
    let (source, destination) = match question.direction {
        Direction::Inbound => (question.remote, question.local),
        Direction::Outbound => (question.local, question.remote),
    };
    let port = destination.port.ok_or(IpFlowFault::AnyPort)?;
    let network = effective.network();
    let platform = question.direction == Direction::Outbound
        && compiled::platform().allows(&Flow {
            protocol: question.protocol,
            source: source.address,
            source_port: source.port.unwrap_or_default(),
            destination: destination.address,
            destination_port: port,
        });

    let mut answer = IpFlowAnswer {
        access: Access::Allow,
        rule_name: None,
        decided: None,
        platform,
        doubtful: Vec::new(),
    };
    let mut rest = effective.security(question.nic, question.direction);
    while let Some((list, behind)) = rest.split_first() {
        let mut deciding = None;
        for (at, rule) in list.rules.rules().iter().enumerate() {
            if !ports_match(rule, question.protocol, source.port, port)
                || (platform && list.platform_tag(network, at).is_none())
            {
                continue;
            }
            let sides = (source.address, destination.address);
            if rule.source.contains(sides.0) && rule.destination.contains(sides.1) {
                deciding = Some(at);
                break;
            }
            if let Some(tag) = may_match(rule, sides)
                && !answer.doubtful.contains(tag)
            {
                answer.doubtful.push(tag.clone());
            }
        }
        let decision = match deciding {
            None if platform => Decision::Ask(behind),
            _ => list.decide(deciding, behind),
        };
        // Admin rules that are not for the flow leave no trace.
        if deciding.is_some() || matches!(decision, Decision::Denied) {
            answer.rule_name = deciding.and_then(|at| list.effective_name(at));
            answer.decided = deciding.map(|at| (list.clone(), at));
        }
        rest = match decision {
            Decision::Denied => {
                answer.access = Access::Deny;
                break;
            }
            Decision::Allowed => break,
            Decision::Ask(next) => next,
        };
    }
    Ok(answer)
}

/// Whether a rule is for the protocol and the ports; a source port that is not said must not matter.
fn ports_match(rule: &Rule, protocol: Protocol, source: Option<u16>, destination: u16) -> bool {
    let every = || -> PortSet { [PortRange::ALL].into_iter().collect() };
    rule.protocol.matches(protocol)
        && rule.destination_ports.contains(destination)
        && match source {
            Some(port) => rule.source_ports.contains(port),
            None => rule.source_ports.covers(&every()),
        }
}

/// The tag by which a rule that does not match would, if the tag held an address of the flow.
fn may_match(rule: &Rule, (source, destination): (IpAddr, IpAddr)) -> Option<&Arc<str>> {
    let doubtful = rule.doubtful.as_deref()?;
    let source = rule.source.contains(source) || doubtful.source.contains(source);
    let destination =
        rule.destination.contains(destination) || doubtful.destination.contains(destination);
    (source && destination).then_some(&doubtful.tag)
}
