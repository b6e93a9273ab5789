//! The resolved world: typed ids, arenas, the graph of places and links, look-ups.
//!
//! After `resolve` nothing is looked up by text any more, except what a user names in a question.

mod arena;
mod balancing;
mod describe;
mod edge;
mod firewall;
mod graph;
mod latency;
mod managers;
mod names;
mod outage;
mod proxies;
mod resources;
mod zones;

pub use arena::{Arena, Id};
pub use balancing::*;
pub use edge::*;
pub use firewall::*;
pub use graph::{Graph, Link, Place};
pub use latency::{ElementOverride, LatencySettings, region_name};
pub use managers::{AdminRule, NetworkManager};
pub use names::{Endpoint, NameFault};
pub use outage::{Lost, Outage, OutageFault, OutageKind};
pub use proxies::{ApplicationGateway, Backend, RoutingRule};
pub use resources::*;
pub use zones::{DnsRecord, DnsZone};

use std::collections::HashSet;
use std::sync::Arc;

use crate::net::AddressMap;
use crate::source::Path;
use crate::spec::Settings;

/// A network with everything resolved. It never changes; [`Network::with_down`] makes another one, which
/// shares with it whatever is the same in both.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// What the topology is called.
    pub name: Option<String>,
    /// What Azure leaves undocumented.
    pub settings: Settings,
    /// What is stated of latency.
    pub latency: LatencySettings,
    /// Where there is more than what is known here, of definitions of other formats: resources that something else
    /// has, keys that name what is not there, networks of which only the ranges are known.
    pub elsewhere: HashSet<Path>,
    /// Virtual networks.
    pub vnets: Arena<VirtualNetwork>,
    /// Subnets of all of them.
    pub subnets: Arena<Subnet>,
    /// Peering objects, one a side.
    pub peerings: Arena<Peering>,
    /// Network security groups.
    pub nsgs: Arena<NetworkSecurityGroup>,
    /// Application security groups.
    pub asgs: Arena<ApplicationSecurityGroup>,
    /// Published service tags that something names.
    pub tags: Arena<ServiceTag>,
    /// Route tables.
    pub route_tables: Arena<RouteTable>,
    /// Public addresses.
    pub public_ips: Arena<PublicIp>,
    /// NAT gateways.
    pub nat_gateways: Arena<NatGateway>,
    /// Scale sets; their instances are machines.
    pub scale_sets: Arena<ScaleSet>,
    /// Virtual machines, scale-set instances, appliances, in the order of the format.
    pub machines: Arena<Machine>,
    /// Their NICs.
    pub nics: Arena<Nic>,
    /// Platform resources that have addresses: balancers, firewalls, gateways, endpoints …
    pub fixtures: Arena<Fixture>,
    /// Load balancers; each frontend has its fixture.
    pub load_balancers: Arena<LoadBalancer>,
    /// Application gateways; each has its fixture.
    pub application_gateways: Arena<ApplicationGateway>,
    /// Private endpoints; each has its fixture.
    pub private_endpoints: Arena<PrivateEndpoint>,
    /// Azure Firewalls; each has its fixture.
    pub firewalls: Arena<Firewall>,
    /// Firewall policies.
    pub firewall_policies: Arena<FirewallPolicy>,
    /// VPN and ExpressRoute gateways; each has its fixture.
    pub gateways: Arena<Gateway>,
    /// Local network gateways.
    pub local_gateways: Arena<LocalGateway>,
    /// ExpressRoute circuits.
    pub circuits: Arena<Circuit>,
    /// Connections of gateways.
    pub connections: Arena<Connection>,
    /// Route Servers; each has its fixture.
    pub route_servers: Arena<RouteServer>,
    /// On-premises sites.
    pub sites: Arena<Site>,
    /// Their hosts.
    pub site_hosts: Arena<SiteHost>,
    /// Listed hosts on the Internet.
    pub internet_hosts: Arena<InternetHost>,
    /// Platform services.
    pub services: Arena<Service>,
    /// Private DNS zones.
    pub private_zones: Arena<DnsZone>,
    /// Public DNS zones.
    pub public_zones: Arena<DnsZone>,
    /// Network managers, the highest scope first.
    pub managers: Arena<NetworkManager>,
    /// Subnets that security admin rules keep away from, for what stands in them.
    pub ungoverned_subnets: Arc<HashSet<Id<Subnet>>>,
    /// The places and links of all of it.
    pub graph: Arc<Graph>,
    /// For each VNet, what owns its addresses.
    pub owners: Arc<Vec<AddressMap<Owner>>>,
    /// What owns public addresses: those of the topology and of listed hosts.
    pub public_owners: Arc<AddressMap<PublicOwner>>,
    /// What everything is called, for questions; built when first asked for, so after all is in place.
    pub(crate) names: names::NameIndex,
}
