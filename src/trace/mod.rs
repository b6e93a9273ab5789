//! What was seen on the way: paths, hops, steps, issues, dispositions. It decides nothing.
//!
//! The names of hop types, issue types and origins are those of Connection troubleshoot's response
//! (`network-watcher/connection-troubleshoot-overview`).

pub mod codes;
mod recorder;

use std::net::IpAddr;
use std::sync::Arc;

pub use recorder::{Doubting, Mark, Recorder, Silent, Tracing};

use crate::diagnostic::Code;
use crate::effective::{EffectiveRoute, SecurityList};
use crate::net::Flow;
use crate::network::{
    ApplicationGateway, Firewall, FirewallRuleType, Id, Machine, NatGateway, NetworkManager,
    NetworkSecurityGroup, Nic, Peering, Place, PublicIp, RouteTable, Subnet,
};
use crate::spec::Direction;
use crate::spec::checks::{IssueOrigin, IssueSeverity, IssueType};

/// One way that a flow takes, to its end.
#[derive(Debug, Clone)]
pub struct Path {
    /// Where it comes by, the source first.
    pub hops: Vec<Hop>,
    /// How it ends.
    pub disposition: Disposition,
    /// The flow as it stood at the end, after all translation.
    pub seen: Flow,
    /// The part of all flows that takes this path, where several are equally good.
    pub share: f64,
    /// The ways back of the replies, where the request arrived.
    pub replies: Vec<Reply>,
    /// What was taken for granted on the way.
    pub assumptions: Vec<Assumption>,
}

impl Path {
    /// The part of its flows that works: the request arrives, and the reply finds its way back. Each of
    /// several ways back takes an equal part.
    #[must_use]
    pub fn works(&self) -> f64 {
        if self.disposition != Disposition::Delivered {
            return 0.0;
        }
        let back = self
            .replies
            .iter()
            .filter(|reply| reply.kind != ReplyKind::Broken)
            .count();
        back as f64 / self.replies.len().max(1) as f64
    }

    /// The worst of its ways back.
    #[must_use]
    pub fn return_path(&self) -> Option<ReplyKind> {
        self.replies.iter().map(|reply| reply.kind).max()
    }
}

/// A reply's way back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Where it comes by, the request's destination first.
    pub hops: Vec<Hop>,
    /// How it ends.
    pub disposition: Disposition,
    /// What that means for the connection.
    pub kind: ReplyKind,
}

/// How replies travel, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReplyKind {
    /// By the places of the request, in reverse.
    Symmetric,
    /// By other places, and they arrive.
    Asymmetric,
    /// They are lost.
    Broken,
}

/// How a path ends. The first thing that stops a packet decides; what lies behind it is looked at all
/// the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// It arrived, and something answers.
    Delivered,
    /// A security rule denied it.
    DeniedBySecurityRule,
    /// The filter of an appliance denied it.
    DeniedByAppliance,
    /// A guest's own firewall denied it.
    DeniedByGuest,
    /// A peering does not take it.
    RefusedByPeering,
    /// Its route leads nowhere.
    NoRoute,
    /// Nothing has the next hop's address.
    NextHopUnreachable,
    /// The next hop does not forward.
    NotForwarded,
    /// It came by the same place twice.
    Loop,
    /// There is no way out to the Internet for it.
    NoOutboundMethod,
    /// The platform does not carry it.
    RefusedByPlatform,
    /// A machine on the way, or at its end, does not run.
    NotRunning,
    /// Nothing has the destination's address.
    NobodyThere,
    /// Another machine has the destination's address where the packet comes.
    AnotherMachine,
    /// Nothing listens.
    NoListener,
    /// A stateful appliance saw one direction only.
    Asymmetric,
    /// The source cannot send.
    NotSent,
    /// The destination's name stands for nothing.
    NameNotResolved,
    /// Something on the way is not modelled.
    NotModelled,
}

impl Disposition {
    /// The words.
    pub const WORDS: &'static [&'static str] = &[
        "Delivered",
        "DeniedBySecurityRule",
        "DeniedByAppliance",
        "DeniedByGuest",
        "RefusedByPeering",
        "NoRoute",
        "NextHopUnreachable",
        "NotForwarded",
        "Loop",
        "NoOutboundMethod",
        "RefusedByPlatform",
        "NotRunning",
        "NobodyThere",
        "AnotherMachine",
        "NoListener",
        "Asymmetric",
        "NotSent",
        "NameNotResolved",
        "NotModelled",
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "Delivered",
            Self::DeniedBySecurityRule => "DeniedBySecurityRule",
            Self::DeniedByAppliance => "DeniedByAppliance",
            Self::DeniedByGuest => "DeniedByGuest",
            Self::RefusedByPeering => "RefusedByPeering",
            Self::NoRoute => "NoRoute",
            Self::NextHopUnreachable => "NextHopUnreachable",
            Self::NotForwarded => "NotForwarded",
            Self::Loop => "Loop",
            Self::NoOutboundMethod => "NoOutboundMethod",
            Self::RefusedByPlatform => "RefusedByPlatform",
            Self::NotRunning => "NotRunning",
            Self::NobodyThere => "NobodyThere",
            Self::AnotherMachine => "AnotherMachine",
            Self::NoListener => "NoListener",
            Self::Asymmetric => "Asymmetric",
            Self::NotSent => "NotSent",
            Self::NameNotResolved => "NameNotResolved",
            Self::NotModelled => "NotModelled",
        }
    }
}

/// A place on a path.
#[derive(Debug, Clone)]
pub struct Hop {
    /// Where, unless the address belongs to nothing or the packet never got there.
    pub place: Option<Place>,
    /// What it is called.
    pub name: Arc<str>,
    /// The address by which it was reached.
    pub address: IpAddr,
    /// What it is.
    pub kind: HopKind,
    /// What happened there, in order.
    pub steps: Vec<Step>,
    /// What is wrong there.
    pub issues: Vec<Issue>,
}

/// What a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HopKind {
    /// Where the connection starts.
    Source,
    /// Something that forwards.
    VirtualAppliance,
    /// A destination inside.
    VnetLocal,
    /// Somewhere on the Internet.
    Internet,
    /// A VPN or ExpressRoute gateway.
    VirtualNetworkGateway,
    /// A host on premises, or an address that belongs to nothing or was not reached.
    Destination,
}

impl HopKind {
    /// The words.
    pub const WORDS: &'static [&'static str] = &[
        "Source",
        "VirtualAppliance",
        "VnetLocal",
        "Internet",
        "VirtualNetworkGateway",
        "Destination",
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::VirtualAppliance => "VirtualAppliance",
            Self::VnetLocal => "VnetLocal",
            Self::Internet => "Internet",
            Self::VirtualNetworkGateway => "VirtualNetworkGateway",
            Self::Destination => "Destination",
        }
    }
}

/// Something that happened at a hop.
#[derive(Debug, Clone)]
pub enum Step {
    /// A security group was asked, or a network manager's security admin rules.
    Security {
        /// Which way the flow went.
        direction: Direction,
        /// The group, and where it is applied.
        list: SecurityList,
        /// The position of the rule that decided.
        decided: usize,
        /// The flow as it stood.
        flow: Flow,
    },
    /// A NIC knows the flow already, so that its reply is let through.
    Established(Direction),
    /// A guest's or an appliance's own filter was asked.
    Filter {
        /// Which filter.
        filter: Filter,
        /// The rule that decided; `None` for the default action.
        rule: Option<Arc<str>>,
        /// Whether it let the flow through.
        allowed: bool,
    },
    /// A route was chosen.
    Route {
        /// Of whose table.
        subnet: Id<Subnet>,
        /// The route; `None` where none matches.
        route: Option<EffectiveRoute>,
    },
    /// Links of the graph were crossed; the places, from the one left to the one reached.
    Crossed(Vec<Place>),
    /// An address or a port was replaced.
    Translated {
        /// By what.
        by: Translator,
        /// What it was.
        before: Flow,
        /// What it became.
        after: Flow,
    },
    /// Something answers.
    Answered,
}

/// A filter that is no security group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// What a guest's firewall lets in.
    GuestInbound,
    /// What a guest's firewall lets out.
    GuestOutbound,
    /// What an appliance lets through.
    Appliance,
    /// What threat intelligence of an Azure Firewall lets through.
    ThreatIntelligence,
    /// The network rules of an Azure Firewall.
    FirewallNetwork,
    /// The application rules of an Azure Firewall.
    FirewallApplication,
}

/// What replaces addresses and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Translator {
    /// A NIC's public address.
    PublicIp(Id<PublicIp>),
    /// A NAT gateway.
    NatGateway(Id<NatGateway>),
    /// Azure's default outbound access.
    DefaultOutboundAccess,
    /// An appliance, of sources.
    ApplianceSource(Id<Machine>),
    /// An appliance, of destinations; the rule's name.
    ApplianceDestination(Id<Machine>, Arc<str>),
    /// An Azure Firewall, of sources.
    FirewallSource(Id<Firewall>),
    /// An Azure Firewall, of destinations; the rule's name.
    FirewallDestination(Id<Firewall>, Arc<str>),
    /// An application gateway, by a connection of its own; the rule's name.
    ApplicationGateway(Id<ApplicationGateway>, Arc<str>),
    /// A load balancer, of destinations; its name.
    LoadBalancer(Arc<str>),
    /// What was replaced before, undone for a reply.
    Undone,
}

/// Something that is wrong at a hop.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// What it is.
    pub kind: IssueType,
    /// Where it stands, seen from its hop.
    pub origin: IssueOrigin,
    /// How bad it is.
    pub severity: IssueSeverity,
    /// Particulars, as pairs of names and values.
    pub context: Vec<(&'static str, String)>,
    /// What causes it.
    pub cause: Cause,
    /// What it means, in words.
    pub message: String,
}

/// What causes an issue: what in the topology is to be looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// A rule of a security group; `None` for a default rule.
    SecurityRule(
        Id<NetworkSecurityGroup>,
        Option<Arc<str>>,
        crate::effective::AppliedTo,
    ),
    /// A security admin rule: its manager and its position there.
    AdminRule(Id<NetworkManager>, usize),
    /// A user route: its table and its position there.
    UserRoute(Id<RouteTable>, usize),
    /// A route of Azure's own, of a subnet.
    SystemRoute(Id<Subnet>),
    /// A flag or the state of a peering object.
    Peering(Id<Peering>, &'static str),
    /// A machine; the key of what is to be looked at.
    Machine(Id<Machine>, &'static [&'static str]),
    /// A NIC.
    Nic(Id<Nic>, &'static str),
    /// A rule of a firewall's policies: its type, and its position among those of the type.
    FirewallRule(Id<Firewall>, FirewallRuleType, usize),
    /// A firewall; the key of what is to be looked at.
    Firewall(Id<Firewall>, &'static str),
    /// Nothing in particular.
    Nothing,
}

/// What an answer rests on without knowing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// Its code.
    pub code: Code,
    /// What is assumed, in words.
    pub text: String,
}
