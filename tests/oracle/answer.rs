//! What is asked of the oracle, and what it answers.

use std::net::Ipv4Addr;

use super::firewalls::App;
use super::model::{Packet, Proto, Way};

/// Where a flow starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Nic(usize),
    Host(usize),
    /// A host on premises.
    Site(usize),
}

/// Where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    Machine(usize),
    Host(usize),
    Site(usize),
    Address(Ipv4Addr),
}

/// A connection that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub from: From,
    pub to: To,
    pub proto: Proto,
    /// What is asked over TCP, if that is said.
    pub application: Option<App>,
    pub port: u16,
    pub source_port: u16,
}

/// Why a packet does not get on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    SecurityRule(Way, String),
    StandardClosed,
    ApplianceFilter,
    /// An Azure Firewall denies it, by this rule.
    Firewall(String),
    GuestFirewall,
    NoListener,
    Stopped,
    /// Azure's DNS is not asked.
    NameNotResolved,
    RouteToNone,
    NoGateway,
    NobodyThere,
    NextHopUnreachable,
    /// The next hop is the NIC that the packet leaves by.
    OwnNextHop,
    Loop,
    NicForwarding,
    GuestForwarding,
    ForwardedTraffic,
    VnetAccess,
    SubnetNotPeered,
    NoOutbound,
    NoAnswer,
    /// Nothing at the gateway leads there.
    NoTunnel,
    /// The spoke does not use the gateway.
    NoTransit,
    /// The site sends such packets nowhere.
    SiteHasNoRoute,
    /// An endpoint that its service's owner has not let in.
    NotApproved,
    /// No rule of a load balancer takes it.
    NoBalancingRule,
    NoHealthyMember,
    /// A member of a pool is sent to itself.
    Hairpin,
    /// A Basic load balancer's frontend in another region.
    BasicAcrossRegions,
    ReplyLost(String),
}

impl Fault {
    /// A denial: the path is listed to its end all the same.
    pub const fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::SecurityRule(..) | Self::StandardClosed | Self::ApplianceFilter
        )
    }
}

/// One way that a connection can take.
#[derive(Debug, Clone)]
pub struct PathAnswer {
    /// The resources passed: all of them where `complete`, else those up to the fault.
    pub hops: Vec<String>,
    pub complete: bool,
    /// The worst of its replies' ways.
    pub return_path: Option<&'static str>,
    pub faults: Vec<(String, Fault)>,
    /// Whether the request went out to the Internet and came back in by a public address.
    pub hairpin: bool,
    /// The packet as it reaches the destination.
    pub seen: Option<Packet>,
    /// The firewalls' rules that let it through.
    pub passed_rules: Vec<String>,
    /// What happened at firewalls, for `reach`.
    pub marks: Vec<&'static str>,
    /// The firewall that completes the handshake in the destination's place.
    pub answered_by: Option<String>,
    /// Whether it arrives and at least one of its replies returns.
    pub works: bool,
    /// Its part of all flows.
    pub share: f64,
}

/// What the oracle says of a connection.
#[derive(Debug, Clone)]
pub struct Answer {
    pub reachable: bool,
    pub paths: Vec<PathAnswer>,
    /// Whether something happened that the pages do not settle.
    pub unsure: bool,
}
