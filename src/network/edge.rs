//! What stands at the edges of virtual networks: platform resources with addresses, gateways,
//! on-premises sites, hosts on the Internet; and what owns an address.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::arena::Id;
use super::balancing::LoadBalancer;
use super::firewall::Firewall;
use super::proxies::ApplicationGateway;
use super::resources::{Identity, NatGateway, Nic, PublicIp, Socket, Subnet, VirtualNetwork};
use crate::spec::{ConnectionStatus, EndpointState, GatewayType, PowerState};

/// What a platform resource with an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixtureKind {
    /// A load balancer's frontend: which one of which.
    LoadBalancer(Id<LoadBalancer>, u32),
    /// An Azure Firewall.
    AzureFirewall(Id<Firewall>),
    /// An application gateway.
    ApplicationGateway(Id<ApplicationGateway>),
    /// A Bastion host.
    BastionHost,
    /// A VPN or ExpressRoute gateway.
    Gateway(Id<Gateway>),
    /// A Route Server.
    RouteServer(Id<RouteServer>),
    /// A private endpoint.
    PrivateEndpoint(Id<PrivateEndpoint>),
}

/// A platform resource that has addresses.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// What it is.
    pub kind: FixtureKind,
    /// The VNet that it stands in, where it has a private side.
    pub vnet: Option<Id<VirtualNetwork>>,
    /// Its subnet.
    pub subnet: Option<Id<Subnet>>,
    /// Its private addresses.
    pub addresses: Vec<IpAddr>,
    /// Its public addresses.
    pub public_ips: Vec<Id<PublicIp>>,
    /// Whether it is out of order.
    pub down: bool,
    /// The NICs behind it, where it has a pool.
    pub members: Vec<Id<Nic>>,
}

/// A private endpoint.
#[derive(Debug, Clone)]
pub struct PrivateEndpoint {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// The service that it leads to.
    pub service: Id<Service>,
    /// Whether the service's owner let it in.
    pub state: EndpointState,
}

/// A VPN or ExpressRoute gateway.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// The VNet that it serves.
    pub vnet: Id<VirtualNetwork>,
    /// VPN or ExpressRoute.
    pub gateway_type: GatewayType,
    /// Its public addresses.
    pub public_ips: Vec<Id<PublicIp>>,
    /// Whether it speaks BGP.
    pub enable_bgp: bool,
    /// Whether both instances carry traffic.
    pub active_active: bool,
    /// The site that draws the Internet's traffic.
    pub default_site: Option<Id<LocalGateway>>,
    /// Where point-to-site clients get their addresses from.
    pub client_pool: Vec<IpNet>,
    /// The clients that have a name, with their addresses.
    pub clients: Vec<(Arc<str>, IpAddr)>,
    /// Its addresses as a BGP speaker.
    pub bgp_addresses: Vec<IpAddr>,
    /// Which of the two instances of an active-active one are out of order.
    pub instances_down: [bool; 2],
    /// Whether it is out of order.
    pub down: bool,
}

/// An on-premises VPN device as Azure knows it.
#[derive(Debug, Clone)]
pub struct LocalGateway {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Its public address.
    pub gateway_ip_address: Option<IpAddr>,
    /// What stands behind it.
    pub address_space: Vec<IpNet>,
    /// Its address as a BGP speaker.
    pub bgp_peering_address: Option<IpAddr>,
    /// Its site.
    pub site: Option<Id<Site>>,
}

/// An ExpressRoute circuit.
#[derive(Debug, Clone)]
pub struct Circuit {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// The site at its end.
    pub site: Option<Id<Site>>,
    /// What is advertised over it; the site's ranges where that is not given.
    pub advertised: Vec<IpNet>,
    /// The length of the AS path of what is advertised.
    pub as_path_length: u16,
    /// Whether its primary link is up.
    pub primary_up: bool,
    /// Whether its secondary link is up.
    pub secondary_up: bool,
}

impl Circuit {
    /// Whether a link is up.
    #[must_use]
    pub const fn up(&self) -> bool {
        self.primary_up || self.secondary_up
    }
}

/// From a gateway to what it reaches.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Whose it is.
    pub gateway: Id<Gateway>,
    /// What is at its end.
    pub to: ConnectionEnd,
    /// Whether it stands; one that is out of order does not.
    pub status: ConnectionStatus,
    /// Whether routes are exchanged.
    pub enable_bgp: bool,
    /// The larger is preferred, among ExpressRoute connections.
    pub routing_weight: u32,
}

/// What a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// A site's VPN device.
    Local(Id<LocalGateway>),
    /// A circuit.
    Circuit(Id<Circuit>),
    /// Another VNet's gateway.
    Gateway(Id<Gateway>),
}

/// A Route Server.
#[derive(Debug, Clone)]
pub struct RouteServer {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// The VNet that it serves.
    pub vnet: Id<VirtualNetwork>,
    /// Its peers.
    pub peers: Vec<BgpPeer>,
    /// Whether it passes routes between gateways and appliances.
    pub branch_to_branch: bool,
    /// Whether it is out of order.
    pub down: bool,
}

/// A peer of a Route Server.
#[derive(Debug, Clone)]
pub struct BgpPeer {
    /// The connection's name.
    pub name: Arc<str>,
    /// The appliance's NIC.
    pub nic: Id<Nic>,
    /// What it advertises.
    pub advertised: Vec<IpNet>,
    /// The length of its AS path.
    pub as_path_length: u16,
    /// Where packets go: the peer itself, or what it names.
    pub next_hop: IpAddr,
}

/// A site on premises.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name.
    pub name: Arc<str>,
    /// Its ranges.
    pub address_space: Vec<IpNet>,
    /// What it has a way to; `None` for whatever its gateways advertise.
    pub reaches: Option<Vec<IpNet>>,
    /// Its hosts.
    pub hosts: Vec<Id<SiteHost>>,
    /// From gateway to site, in milliseconds, where given.
    pub rtt_ms: Option<f64>,
    /// What it prefers for the way back, by name.
    pub prefers: Vec<String>,
    /// Whether it is out of order.
    pub down: bool,
}

/// A host on premises.
#[derive(Debug, Clone)]
pub struct SiteHost {
    /// Its name.
    pub name: Arc<str>,
    /// Where it stands.
    pub site: Id<Site>,
    /// Its address.
    pub address: IpAddr,
    /// What listens; `None` where it is not stated.
    pub listeners: Option<Vec<Socket>>,
    /// Whether it runs.
    pub power: PowerState,
}

/// A listed host on the Internet.
#[derive(Debug, Clone)]
pub struct InternetHost {
    /// Its name.
    pub name: Arc<str>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// What listens; `None` where it is not stated.
    pub listeners: Option<Vec<Socket>>,
    /// From Azure's edge to the host, in milliseconds, where given.
    pub rtt_ms: Option<f64>,
    /// Whether it is out of order.
    pub down: bool,
}

/// A platform service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Its provider, as in `Microsoft.Storage`.
    pub kind: String,
    /// Its region.
    pub region: Option<String>,
    /// Its name.
    pub fqdn: Option<String>,
    /// Its public address.
    pub public_ip_address: Option<IpAddr>,
    /// What listens; `None` where it is not stated.
    pub listeners: Option<Vec<Socket>>,
    /// Whether it takes connections from outside.
    pub public_network_access: bool,
    /// The subnets that it lets in by their service endpoint; none: every one.
    pub allowed_subnets: Vec<Id<Subnet>>,
    /// Whether it is out of order.
    pub down: bool,
}

/// What owns a private address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A machine's NIC.
    Nic(Id<Nic>),
    /// A platform resource.
    Fixture(Id<Fixture>),
}

/// What owns a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PublicOwner {
    /// A NIC: the public address stands for a private one.
    Nic(Id<Nic>, Id<PublicIp>),
    /// A platform resource.
    Fixture(Id<Fixture>, Id<PublicIp>),
    /// A NAT gateway: nothing comes in.
    NatGateway(Id<NatGateway>),
    /// Nothing: the address is not in use.
    Unused(Id<PublicIp>),
    /// A listed host.
    InternetHost(Id<InternetHost>),
    /// A platform service.
    Service(Id<Service>),
}
