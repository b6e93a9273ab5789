//! The oracle's own picture of a topology: plain values, indices into lists, nothing resolved twice.
//!
//! It knows as much of the format as the generator writes: IPv4, VNets and peerings, security groups,
//! route tables, machines and appliances, public addresses, NAT gateways, load balancers, gateways with
//! what is behind them, route servers, private endpoints, firewalls with their policies, network managers,
//! hosts on the Internet.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::endpoints::{Endpoint, Policies};
use super::firewalls::{Firewall, FirewallPolicy};
use super::managers::Manager;
use super::sites::{Circuit, Connection, Gateway, Local, RouteServer, Site, SiteHost};

/// A whole topology.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub vnets: Vec<Vnet>,
    pub groups: Vec<Group>,
    pub tables: Vec<Table>,
    /// Application security groups: one a VNet, by the VNet's number.
    pub asgs: Vec<String>,
    pub public_ips: Vec<PublicIp>,
    /// NAT gateways, each by its public address.
    pub nats: Vec<usize>,
    pub machines: Vec<Machine>,
    pub nics: Vec<Nic>,
    pub hosts: Vec<Host>,
    pub balancers: Vec<Balancer>,
    pub endpoints: Vec<Endpoint>,
    pub gateways: Vec<Gateway>,
    pub locals: Vec<Local>,
    pub circuits: Vec<Circuit>,
    pub connections: Vec<Connection>,
    pub sites: Vec<Site>,
    pub site_hosts: Vec<SiteHost>,
    pub route_servers: Vec<RouteServer>,
    pub firewalls: Vec<Firewall>,
    pub policies: Vec<FirewallPolicy>,
    pub ip_groups: Vec<Vec<Ipv4Net>>,
    pub managers: Vec<Manager>,
    /// Service tags with the content that the topology gives them.
    pub tags: Vec<(&'static str, Vec<Ipv4Net>)>,
    pub unlisted_answer: bool,
    pub tag_takes_default_route: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Vnet {
    pub name: String,
    pub region: &'static str,
    pub subscription: &'static str,
    /// Whether it has a service with a network intent policy.
    pub intent_policy: bool,
    pub space: Vec<Ipv4Net>,
    pub subnets: Vec<Subnet>,
    pub peerings: Vec<Peering>,
}

#[derive(Debug, Clone)]
pub struct Subnet {
    pub name: String,
    pub prefix: Ipv4Net,
    pub group: Option<usize>,
    pub table: Option<usize>,
    pub nat: Option<usize>,
    pub default_outbound: bool,
    pub policies: Policies,
}

#[derive(Debug, Clone)]
pub struct Peering {
    pub remote: usize,
    pub access: bool,
    pub forwarded: bool,
    pub transit: bool,
    pub remote_gateways: bool,
    /// Written as Disconnected.
    pub disconnected: bool,
    /// The numbers of the subnets that take part, here and there.
    pub subnets: Option<(Vec<usize>, Vec<usize>)>,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Inbound,
    Outbound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proto {
    Tcp,
    Udp,
    Icmp,
}

impl Proto {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "Tcp",
            Self::Udp => "Udp",
            Self::Icmp => "Icmp",
        }
    }
}

pub type Ports = Vec<(u16, u16)>;

#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    pub priority: u16,
    pub way: Way,
    pub allow: bool,
    pub proto: Option<Proto>,
    pub source: Side,
    pub source_ports: Ports,
    pub destination: Side,
    pub destination_ports: Ports,
}

#[derive(Debug, Clone)]
pub enum Side {
    Any,
    Prefixes(Vec<Ipv4Net>),
    Tag(&'static str),
    Asg(usize),
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub routes: Vec<Route>,
    /// Propagation of gateway routes is off.
    pub no_propagation: bool,
}

#[derive(Debug, Clone)]
pub struct Route {
    pub name: String,
    pub target: Target,
    pub hop: Hop,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Prefix(Ipv4Net),
    Tag(&'static str),
}

/// The next hop of a route, in the words of effective routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    VnetLocal,
    VNetPeering,
    VNetGlobalPeering,
    Internet,
    None,
    /// A user route to the gateway.
    Gateway,
    /// A private endpoint, by its number.
    Endpoint(usize),
    /// What a gateway has learned, by its number, and which of its instances is shown.
    Tunnel(usize, usize),
    /// What a route server has from an appliance, with the next hop.
    Injected(Ipv4Addr),
    Appliance(Ipv4Addr),
}

#[derive(Debug, Clone)]
pub struct PublicIp {
    pub name: String,
    pub address: Ipv4Addr,
    pub standard: bool,
}

#[derive(Debug, Clone)]
pub struct Machine {
    pub name: String,
    pub running: bool,
    pub nics: Vec<usize>,
    pub primary: usize,
    /// `None` for what is not stated.
    pub listeners: Option<Vec<(Proto, u16, u16)>>,
    pub inbound: Filter,
    pub outbound: Filter,
    pub forwarding: Option<Forwarding>,
}

/// A filter inside a machine.
#[derive(Debug, Clone)]
pub struct Filter {
    pub default_allow: bool,
    pub rules: Vec<FilterRule>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            default_allow: true,
            rules: Vec::new(),
        }
    }
}

/// A rule of it; of a guest's firewall only one side is written, the remote one.
#[derive(Debug, Clone)]
pub struct FilterRule {
    pub priority: u16,
    pub allow: bool,
    pub proto: Option<Proto>,
    pub source: Option<Ipv4Net>,
    pub destination: Option<Ipv4Net>,
    pub destination_ports: Ports,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snat {
    None,
    Internet,
    All,
}

#[derive(Debug, Clone)]
pub struct Forwarding {
    pub enabled: bool,
    pub stateful: bool,
    pub snat: Snat,
    pub routes: Vec<(Ipv4Net, usize)>,
    pub filter: Filter,
    /// TCP to this address and port goes to that address and port.
    pub dnat: Option<(Ipv4Addr, u16, Ipv4Addr, u16)>,
}

#[derive(Debug, Clone)]
pub struct Nic {
    pub name: String,
    pub machine: usize,
    pub vnet: usize,
    pub subnet: usize,
    pub address: Ipv4Addr,
    pub public_ip: Option<usize>,
    pub group: Option<usize>,
    pub in_asg: bool,
    pub ip_forwarding: bool,
}

/// A load balancer; its members, its private frontends and their subnets are in one VNet.
#[derive(Debug, Clone)]
pub struct Balancer {
    pub name: String,
    pub standard: bool,
    pub vnet: usize,
    pub frontends: Vec<Frontend>,
    /// Pools of NICs.
    pub pools: Vec<Vec<usize>>,
    /// The ports of its TCP probes.
    pub probes: Vec<u16>,
    pub rules: Vec<BalancingRule>,
    pub nat_rules: Vec<NatRule>,
    /// Outbound rules: a frontend, a pool, and the protocol where it is one.
    pub outbound: Vec<(usize, usize, Option<Proto>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frontend {
    Private { subnet: usize, address: Ipv4Addr },
    Public(usize),
}

#[derive(Debug, Clone)]
pub struct BalancingRule {
    pub frontend: usize,
    pub pool: usize,
    /// `None` for All, the HA ports.
    pub proto: Option<Proto>,
    pub port: u16,
    pub backend_port: u16,
    pub probe: Option<usize>,
    pub floating: bool,
    pub no_snat: bool,
}

/// One port of a frontend for one port of one NIC.
#[derive(Debug, Clone)]
pub struct NatRule {
    pub frontend: usize,
    pub proto: Proto,
    pub port: u16,
    pub backend_port: u16,
    pub nic: usize,
}

#[derive(Debug, Clone)]
pub struct Host {
    pub name: String,
    pub address: Ipv4Addr,
    pub listeners: Option<Vec<(Proto, u16, u16)>>,
}

/// A packet: the five values that rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    pub proto: Proto,
    pub source: Ipv4Addr,
    pub source_port: u16,
    pub destination: Ipv4Addr,
    pub destination_port: u16,
}

impl Packet {
    pub const fn reply(self) -> Self {
        Self {
            proto: self.proto,
            source: self.destination,
            source_port: self.destination_port,
            destination: self.source,
            destination_port: self.source_port,
        }
    }
}

impl Model {
    pub fn subnet(&self, nic: usize) -> &Subnet {
        let nic = &self.nics[nic];
        &self.vnets[nic.vnet].subnets[nic.subnet]
    }

    pub fn machine(&self, nic: usize) -> &Machine {
        &self.machines[self.nics[nic].machine]
    }

    pub fn tag(&self, name: &str) -> &[Ipv4Net] {
        let found = self.tags.iter().find(|(tag, _)| *tag == name);
        found.map_or(&[], |(_, prefixes)| prefixes)
    }

    /// The object by which `from` is peered with `to`, where both sides are connected (routing 4.1).
    pub fn peering(&self, from: usize, to: usize) -> Option<&Peering> {
        let object = |a: usize, b: usize| self.vnets[a].peerings.iter().find(|p| p.remote == b);
        let (here, there) = (object(from, to)?, object(to, from)?);
        (!here.disconnected && !there.disconnected).then_some(here)
    }

    pub fn in_space(&self, vnet: usize, address: Ipv4Addr) -> bool {
        let space = &self.vnets[vnet].space;
        space.iter().any(|range| range.contains(&address))
    }

    /// The NIC of a VNet that has an address.
    pub fn nic_at(&self, vnet: usize, address: Ipv4Addr) -> Option<usize> {
        let mut nics = self.nics.iter();
        nics.position(|nic| nic.vnet == vnet && nic.address == address)
    }

    pub fn has_group(&self, nic: usize) -> bool {
        self.nics[nic].group.is_some() || self.subnet(nic).group.is_some()
    }

    pub fn public_address(&self, nic: usize) -> Option<&PublicIp> {
        self.nics[nic].public_ip.map(|ip| &self.public_ips[ip])
    }
}

pub fn net(text: &str) -> Ipv4Net {
    text.parse().expect("a prefix")
}

/// RFC 1918 and the shared range 100.64.0.0/10.
pub fn is_private(address: Ipv4Addr) -> bool {
    [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
    ]
    .iter()
    .any(|range| net(range).contains(&address))
}
