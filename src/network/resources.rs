//! What a network is made of, by the names that ARM gives it.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::arena::Id;
use super::edge::Fixture;
use crate::net::tags::PlatformTag;
use crate::net::{AddressSet, PortRange, Protocol, ProtocolMatch};
use crate::spec::{
    Access, AddressSku, Direction, EndpointPolicies, IntentPolicy, NextHopType, OrchestrationMode,
    PeeringState, PowerState, SourceNat,
};

/// What every resource has.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Its name as written; `group/name` where the topology's key is so.
    pub name: Arc<str>,
    /// The section of the topology that it stands in, as in `virtualNetworks`.
    pub section: &'static str,
    /// Its resource group.
    pub resource_group: Arc<str>,
    /// Its subscription.
    pub subscription: Arc<str>,
    /// Its region, where given.
    pub location: Option<Arc<str>>,
    /// Its ARM id.
    pub id: Arc<str>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A virtual network.
#[derive(Debug, Clone)]
pub struct VirtualNetwork {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Its ranges, as written.
    pub address_space: Vec<IpNet>,
    /// Their addresses.
    pub addresses: AddressSet,
    /// Its DNS servers; none: Azure's.
    pub dns_servers: Vec<IpAddr>,
    /// What keeps security admin rules away.
    pub intent_policies: Vec<IntentPolicy>,
    /// Its subnets.
    pub subnets: Vec<Id<Subnet>>,
    /// Its own peering objects.
    pub peerings: Vec<Id<Peering>>,
}

/// A subnet.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// Its name.
    pub name: Arc<str>,
    /// Its ARM id.
    pub id: Arc<str>,
    /// Whose it is.
    pub vnet: Id<VirtualNetwork>,
    /// Its ranges.
    pub prefixes: Vec<IpNet>,
    /// Its network security group; none on the subnets where the platform ignores one.
    pub nsg: Option<Id<NetworkSecurityGroup>>,
    /// The group that is on it all the same where the platform ignores it.
    pub ignored_nsg: Option<Id<NetworkSecurityGroup>>,
    /// Its route table.
    pub route_table: Option<Id<RouteTable>>,
    /// Its NAT gateway.
    pub nat_gateway: Option<Id<NatGateway>>,
    /// The services that it has an endpoint for, as in `Microsoft.Storage`.
    pub service_endpoints: Vec<String>,
    /// Which policies hold for private endpoints in it.
    pub endpoint_policies: EndpointPolicies,
    /// Whether machines without an outbound method get one.
    pub default_outbound_access: bool,
}

/// One side's peering object.
#[derive(Debug, Clone)]
pub struct Peering {
    /// Its name.
    pub name: Arc<str>,
    /// Whose it is.
    pub vnet: Id<VirtualNetwork>,
    /// The VNet at the other end.
    pub remote: Id<VirtualNetwork>,
    /// The other side's object, where there is one.
    pub reverse: Option<Id<Peering>>,
    /// Its state: what is written, else Connected where both sides exist, else Initiated. A peering
    /// that is out of order is Disconnected.
    pub state: PeeringState,
    /// Whether both sides are Connected, so that there are routes and traffic.
    pub connected: bool,
    /// Whether the two VNets are in different regions.
    pub global: bool,
    /// Whether the peer is part of this side's `VirtualNetwork` tag.
    pub allow_virtual_network_access: bool,
    /// Whether this side takes packets that do not come from the peer itself.
    pub allow_forwarded_traffic: bool,
    /// Whether the peer may use this side's gateway.
    pub allow_gateway_transit: bool,
    /// Whether this side uses the peer's gateway.
    pub use_remote_gateways: bool,
    /// The subnets that take part: `None` for all of both VNets.
    pub subnets: Option<PeeredSubnets>,
    /// Whether only IPv6 is peered.
    pub only_ipv6: bool,
}

/// The subnets that a subnet peering joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeeredSubnets {
    /// Of the side whose object it is.
    pub local: Vec<Id<Subnet>>,
    /// Of the other side.
    pub remote: Vec<Id<Subnet>>,
}

/// A network security group.
#[derive(Debug, Clone)]
pub struct NetworkSecurityGroup {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Its own rules by direction and priority; default rules are not among them.
    pub rules: Vec<SecurityRule>,
}

/// A rule of a network security group.
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityRule {
    /// Its name.
    pub name: Arc<str>,
    /// 100 to 4096, the lower first.
    pub priority: u16,
    /// For which way it is.
    pub direction: Direction,
    /// What it does.
    pub access: Access,
    /// For which protocol.
    pub protocol: ProtocolMatch,
    /// From where.
    pub source: RuleSide,
    /// From which ports; none means every one.
    pub source_ports: Vec<PortRange>,
    /// To where.
    pub destination: RuleSide,
    /// To which ports; none means every one.
    pub destination_ports: Vec<PortRange>,
}

/// What a rule says of one side.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleSide {
    /// Anything.
    Any,
    /// Prefixes.
    Prefixes(Vec<IpNet>),
    /// A tag whose content Azure computes or defines.
    Platform(PlatformTag),
    /// A published tag.
    Tag(Id<ServiceTag>),
    /// The members of application security groups.
    Groups(Vec<Id<ApplicationSecurityGroup>>),
}

/// An application security group.
#[derive(Debug, Clone)]
pub struct ApplicationSecurityGroup {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// The NICs in it.
    pub members: Vec<Id<Nic>>,
    /// The private endpoints in it.
    pub endpoints: Vec<Id<Fixture>>,
}

impl ApplicationSecurityGroup {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.endpoints.is_empty()
    }
}

/// A published service tag.
#[derive(Debug, Clone)]
pub struct ServiceTag {
    /// Its name, as Azure spells it where that is known.
    pub name: Arc<str>,
    /// Its addresses, as far as they are known.
    pub addresses: AddressSet,
    /// Its prefixes, as given.
    pub prefixes: Vec<IpNet>,
    /// Whether that is all of it. Where it is not, what it decides of another public address is assumed.
    pub complete: bool,
}

/// A route table.
#[derive(Debug, Clone)]
pub struct RouteTable {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Whether gateway routes are kept out.
    pub disable_bgp_route_propagation: bool,
    /// Its routes, in the order of the file.
    pub routes: Vec<UserRoute>,
}

/// A user route.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRoute {
    /// Its name.
    pub name: Arc<str>,
    /// For which addresses.
    pub prefix: UserRoutePrefix,
    /// Where to.
    pub next_hop_type: NextHopType,
    /// The appliance's address, with `VirtualAppliance` only.
    pub next_hop_ip_address: Option<IpAddr>,
}

/// What a user route is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserRoutePrefix {
    /// A prefix.
    Prefix(IpNet),
    /// Everything of a service tag.
    Tag(Id<ServiceTag>),
}

/// A public address.
#[derive(Debug, Clone)]
pub struct PublicIp {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// The address.
    pub address: IpAddr,
    /// Whether it was assigned here, so that Azure may assign another.
    pub assumed: bool,
    /// Standard is closed until an NSG opens it.
    pub sku: AddressSku,
    /// Its name.
    pub fqdn: Option<String>,
    /// Whether it is out of order.
    pub down: bool,
}

/// A NAT gateway.
#[derive(Debug, Clone)]
pub struct NatGateway {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Its addresses.
    pub public_ips: Vec<Id<PublicIp>>,
    /// Whether it is out of order.
    pub down: bool,
}

/// A scale set.
#[derive(Debug, Clone)]
pub struct ScaleSet {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Flexible sets have no default outbound access.
    pub orchestration_mode: OrchestrationMode,
    /// Its instances.
    pub instances: Vec<Id<Machine>>,
}

/// What a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineKind {
    /// A virtual machine.
    VirtualMachine,
    /// An instance of a scale set.
    Instance(Id<ScaleSet>),
    /// A machine that forwards.
    Appliance,
}

/// A machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Name (`api_1` for an instance), group, ARM id.
    pub identity: Identity,
    /// What it is.
    pub kind: MachineKind,
    /// Its availability zone.
    pub zone: Option<Arc<str>>,
    /// Whether it runs; one that is out of order is Stopped.
    pub power: PowerState,
    /// Its NICs, in the order of the file.
    pub nics: Vec<Id<Nic>>,
    /// Its primary NIC.
    pub primary_nic: Id<Nic>,
    /// What runs inside.
    pub guest: Guest,
    /// How it forwards; only appliances do.
    pub forwarding: Option<Forwarding>,
}

/// What runs inside a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Guest {
    /// Whether the Network Watcher agent runs.
    pub network_watcher_agent: bool,
    /// Percent, where given.
    pub cpu_utilization: Option<f64>,
    /// Percent, where given.
    pub memory_utilization: Option<f64>,
    /// What listens; `None` where it is not stated.
    pub listeners: Option<Vec<Socket>>,
    /// Local ports that cannot be bound.
    pub used_ports: Vec<Socket>,
    /// What its own firewall lets in.
    pub inbound: GuestFilter,
    /// What its own firewall lets out.
    pub outbound: GuestFilter,
}

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// TCP, UDP, or either.
    pub protocol: Option<Protocol>,
    /// The ports.
    pub ports: PortRange,
}

/// One direction of a guest's or an appliance's own filter.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestFilter {
    /// What happens where no rule matches.
    pub default_action: Access,
    /// In the order in which they are tried.
    pub rules: Vec<FilterRule>,
}

/// A rule of a guest's or an appliance's filter, seen as a packet travels.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterRule {
    /// Its name.
    pub name: Arc<str>,
    /// The lower first; without one it comes behind those that have one.
    pub priority: Option<i64>,
    /// What it does.
    pub action: Access,
    /// For which protocol.
    pub protocol: ProtocolMatch,
    /// From which addresses.
    pub source: AddressSet,
    /// From which ports; none means every one.
    pub source_ports: Vec<PortRange>,
    /// To which addresses.
    pub destination: AddressSet,
    /// To which ports; none means every one.
    pub destination_ports: Vec<PortRange>,
}

/// How an appliance forwards.
#[derive(Debug, Clone)]
pub struct Forwarding {
    /// Whether the guest forwards at all.
    pub enabled: bool,
    /// Whether it keeps flow state, and so drops replies to what it never saw.
    pub stateful: bool,
    /// Which flows it sends on under its own address.
    pub source_nat: SourceNat,
    /// By which NIC it sends on.
    pub routes: Vec<(IpNet, Id<Nic>)>,
    /// Its filter.
    pub filter: GuestFilter,
    /// Its translations of destinations, in the order in which they are tried.
    pub destination_nat: Vec<DestinationNat>,
    /// What it adds to a round trip, in milliseconds, where given.
    pub processing_latency_ms: Option<f64>,
}

/// A translation of destinations.
#[derive(Debug, Clone)]
pub struct DestinationNat {
    /// What it is for; its action is Allow.
    pub matches: FilterRule,
    /// The new destination.
    pub translated_address: IpAddr,
    /// The new port, where it changes.
    pub translated_port: Option<u16>,
}

/// A network interface.
#[derive(Debug, Clone)]
pub struct Nic {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it stands under its name in `networkInterfaces`; else it is the `networkInterface`.
    pub listed: bool,
    /// Its ARM id.
    pub id: Arc<str>,
    /// Whose it is.
    pub machine: Id<Machine>,
    /// Its subnet.
    pub subnet: Id<Subnet>,
    /// Its addresses, the primary one first.
    pub addresses: Vec<NicAddress>,
    /// Its own network security group.
    pub nsg: Option<Id<NetworkSecurityGroup>>,
    /// Its application security groups.
    pub asgs: Vec<Id<ApplicationSecurityGroup>>,
    /// Whether it takes and sends packets that are not its own.
    pub ip_forwarding: bool,
    /// Whether accelerated networking is on.
    pub accelerated_networking: bool,
}

impl Nic {
    /// Its primary address of the family of `like`, else its primary one.
    #[must_use]
    pub fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        let same = self
            .addresses
            .iter()
            .find(|a| a.address.is_ipv4() == like.is_ipv4());
        same.map(|a| a.address)
    }

    /// Whether `address` is one of its own.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|a| a.address == address)
    }
}

/// An address of a NIC.
#[derive(Debug, Clone, PartialEq)]
pub struct NicAddress {
    /// The IP configuration's name.
    pub name: Arc<str>,
    /// The private address.
    pub address: IpAddr,
    /// Whether it was assigned here, so that Azure may assign another.
    pub assumed: bool,
    /// The public address that stands for it.
    pub public_ip: Option<Id<PublicIp>>,
}
