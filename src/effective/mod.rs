//! What a NIC really gets: effective routes and effective rules, as Azure would show them.
//!
//! Computed once for each class of subnets (routes: those of one VNet with the same table and service
//! endpoints) and each pair of class and security group (rules), and shared by all NICs that have them
//! in common. Pages: `virtual-network/virtual-networks-udr-overview`,
//! `network-watcher/effective-security-rules-overview`.

mod admin;
mod defaults;
mod display;
mod exchange;
mod gateway;
mod precedence;
mod routes;
mod security;
mod system;
mod tags;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, RwLock};

use ipnet::IpNet;

use crate::net::{AddressMap, RuleList};
use crate::network::{
    Connection, Fixture, FixtureKind, Gateway, Id, Network, Nic, Peering, RouteTable, Subnet,
    VirtualNetwork,
};
use crate::spec::Direction;
use crate::spec::checks::{RouteNextHopType, RouteSource, RouteState};

pub use display::{EffectiveGroup, EffectiveRule};
pub use gateway::{GatewayRoute, LearnedFrom, Preference};
pub use precedence::rank;
pub use security::{Decision, ListOrigin, SecurityList, passes};
pub use tags::TagContent;

/// The effective routes and rules of a network, computed as they are asked for.
#[derive(Debug)]
pub struct Effective<'n> {
    network: &'n Network,
    /// For each subnet, its class.
    classes: Vec<u32>,
    /// For each class, one of its subnets.
    members: Vec<Id<Subnet>>,
    /// For each VNet, its private endpoints.
    endpoints: Vec<Vec<Id<Fixture>>>,
    /// For each class, its routes.
    routes: Vec<OnceLock<EffectiveRoutes>>,
    /// For each VNet, what its own gateways and Route Servers learn.
    learned: Vec<OnceLock<Vec<GatewayRoute>>>,
    /// For each VNet, what its NICs get of that and of a peer's.
    received: Vec<OnceLock<Vec<GatewayRoute>>>,
    /// For each class, the `VirtualNetwork` tag.
    worlds: Vec<OnceLock<TagContent>>,
    /// For each VNet, the `Internet` tag.
    outsides: Vec<OnceLock<TagContent>>,
    /// For each NIC with a group of its own, and for each subnet for its other NICs, what filters there.
    security: [Vec<Filtering>; 2],
    /// Rule lists, as they were asked for.
    lists: RwLock<HashMap<ListKey, Arc<RuleList>>>,
    /// For each VNet, the security admin rules that hold in it: inbound, outbound.
    governing: Vec<OnceLock<[Vec<admin::Governing>; 2]>>,
}

/// What filters at a NIC: inbound, outbound.
type Filtering = [OnceLock<Box<[SecurityList]>>; 2];

/// What a rule list depends on: whose it is, the class of the subnet, the direction.
type ListKey = (ListOrigin, u32, Direction);

/// The effective routes of a subnet's NICs.
#[derive(Debug, Clone, Default)]
pub struct EffectiveRoutes {
    /// Every route, the losing ones too, in the order in which Azure's tools show them.
    pub rows: Vec<EffectiveRoute>,
    /// For each destination, which of `choices` holds.
    pub by_destination: AddressMap<u32>,
    /// Rows that are equally good, as indices into `rows`: one, or several of equal cost.
    pub choices: Vec<Vec<u32>>,
}

impl EffectiveRoutes {
    /// The winning rows for `destination`, as indices into `rows`: one, several of equal cost, or none.
    #[must_use]
    pub fn choose(&self, destination: IpAddr) -> &[u32] {
        let choice = self.by_destination.get(destination);
        choice
            .and_then(|choice| self.choices.get(choice as usize))
            .map_or(&[], Vec::as_slice)
    }

    /// The winning rows for `destination` themselves.
    pub fn winners(&self, destination: IpAddr) -> impl Iterator<Item = &EffectiveRoute> {
        let chosen = self.choose(destination).iter();
        chosen.filter_map(|row| self.rows.get(*row as usize))
    }
}

/// One effective route.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveRoute {
    /// The user route's name.
    pub name: Option<Arc<str>>,
    /// For which addresses: one prefix, or those of a service tag or a service endpoint.
    pub prefixes: Vec<IpNet>,
    /// The service tag that the prefixes come from.
    pub tag: Option<Arc<str>>,
    /// Whether the tag may hold more addresses than are known.
    pub incomplete: bool,
    /// Where it comes from.
    pub source: RouteSource,
    /// Whether it takes part.
    pub state: RouteState,
    /// Why it does not, in words, where it does not.
    pub reason: Option<String>,
    /// Where it goes.
    pub next_hop_type: RouteNextHopType,
    /// The next hop's addresses, where it has any.
    pub next_hop_addresses: Vec<IpAddr>,
    /// Whether it is one of the reserved None routes.
    pub reserved: bool,
    /// The user route that it is: a table, and the position in it.
    pub user: Option<(Id<RouteTable>, usize)>,
    /// The peering that it comes from: the object of this side.
    pub peering: Option<Id<Peering>>,
    /// The service that it is the endpoint of, as in `Microsoft.Storage`.
    pub service: Option<Arc<str>>,
    /// The private endpoint that it leads to.
    pub endpoint: Option<Id<Fixture>>,
    /// Whom a gateway or a Route Server learned it from.
    pub learned: Option<LearnedFrom>,
    /// The gateway that takes the packets; none for what goes straight to an appliance, and for a user
    /// route to a gateway where there is no gateway: it drops.
    pub gateway: Option<Id<Gateway>>,
}

impl EffectiveRoute {
    /// Whether packets go on by it as by another: learned, and to the same instance of a gateway or to the
    /// same appliance, whoever told of it.
    #[must_use]
    pub fn leads_like(&self, other: &Self) -> bool {
        let learned = self.learned.is_some() && other.learned.is_some();
        learned
            && self.gateway == other.gateway
            && self.next_hop_addresses == other.next_hop_addresses
    }

    /// An active route with nothing but what every one has.
    fn new(source: RouteSource, next_hop_type: RouteNextHopType, prefixes: Vec<IpNet>) -> Self {
        Self {
            name: None,
            prefixes,
            tag: None,
            incomplete: false,
            source,
            state: RouteState::Active,
            reason: None,
            next_hop_type,
            next_hop_addresses: Vec::new(),
            reserved: false,
            user: None,
            peering: None,
            service: None,
            endpoint: None,
            learned: None,
            gateway: None,
        }
    }
}

/// Where a list of rules is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppliedTo {
    /// To every NIC of a subnet.
    Subnet(Id<Subnet>),
    /// To one NIC.
    Nic(Id<Nic>),
    /// To every NIC of a VNet, apart from subnets that security admin rules keep away from.
    Network(Id<VirtualNetwork>),
}

impl<'n> Effective<'n> {
    /// For `network`; nothing is computed yet.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        let mut known: HashMap<_, u32> = HashMap::new();
        let mut members = Vec::new();
        let mut classes = Vec::with_capacity(network.subnets.len());
        for (id, subnet) in network.subnets.iter() {
            let key = (subnet.vnet, subnet.route_table, &subnet.service_endpoints);
            classes.push(*known.entry(key).or_insert_with(|| {
                members.push(id);
                members.len() as u32 - 1
            }));
        }
        let mut endpoints = vec![Vec::new(); network.vnets.len()];
        for (id, fixture) in network.fixtures.iter() {
            if let (FixtureKind::PrivateEndpoint(_), Some(vnet)) = (fixture.kind, fixture.vnet) {
                endpoints[vnet.index()].push(id);
            }
        }
        Self {
            network,
            routes: cells(members.len()),
            learned: cells(network.vnets.len()),
            received: cells(network.vnets.len()),
            worlds: cells(members.len()),
            outsides: cells(network.vnets.len()),
            security: [network.nics.len(), network.subnets.len()].map(|count| {
                let cells = std::iter::repeat_with(<[OnceLock<_>; 2]>::default);
                cells.take(count).collect()
            }),
            lists: RwLock::default(),
            governing: cells(network.vnets.len()),
            classes,
            members,
            endpoints,
        }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &'n Network {
        self.network
    }

    /// Which class a subnet is of: subnets of one class have the same routes and the same tags.
    #[must_use]
    pub fn class(&self, subnet: Id<Subnet>) -> u32 {
        self.classes[subnet.index()]
    }

    /// The effective routes of `nic`.
    #[must_use]
    pub fn routes(&self, nic: Id<Nic>) -> &EffectiveRoutes {
        self.subnet_routes(self.network.nics[nic].subnet)
    }

    /// The effective routes of the NICs of `subnet`.
    #[must_use]
    pub fn subnet_routes(&self, subnet: Id<Subnet>) -> &EffectiveRoutes {
        let class = self.class(subnet) as usize;
        self.routes[class].get_or_init(|| routes::build(self, self.members[class]))
    }

    /// What the gateways and Route Servers of `vnet` itself learn: the best for each prefix, several of
    /// equal cost. A packet that reaches a gateway is sent on by these, the longest prefix first.
    #[must_use]
    pub fn gateway_routes(&self, vnet: Id<VirtualNetwork>) -> &[GatewayRoute] {
        self.learned[vnet.index()].get_or_init(|| gateway::learned(self.network, vnet))
    }

    /// By which of its own tunnels, circuits and clients `gateway` sends, whatever another gateway beside it
    /// knows better.
    pub(crate) fn own_ways(&self, gateway: Id<Gateway>) -> AddressMap<LearnedFrom> {
        let routes = gateway::own_routes(self.network, gateway);
        AddressMap::longest_prefix(routes.into_iter().map(|(prefix, from, _)| (prefix, from)))
    }

    /// Whether a gateway takes what came in by one of its tunnels or clients into another tunnel.
    pub(crate) fn transit(&self, from: LearnedFrom, to: LearnedFrom) -> bool {
        exchange::transit(self.network, from, to)
    }

    /// The routes that gateways and Route Servers bring to the VNet of `subnet`, though the subnet's route
    /// table may keep them out, and which of them is the longest; of equal ones the last.
    pub(crate) fn received_rows(
        &self,
        subnet: Id<Subnet>,
    ) -> (Vec<EffectiveRoute>, AddressMap<u32>) {
        let routes = self.received_routes(self.network.subnets[subnet].vnet);
        let rows = routes.iter().map(routes::learned_row).collect();
        let numbered = (0_u32..).zip(routes).map(|(at, route)| (route.prefix, at));
        let mut numbered: Vec<_> = numbered.collect();
        numbered.reverse();
        (rows, AddressMap::longest_prefix(numbered))
    }

    /// What the NICs of `vnet` get of its own gateways' routes and of a peer's.
    fn received_routes(&self, vnet: Id<VirtualNetwork>) -> &[GatewayRoute] {
        self.received[vnet.index()].get_or_init(|| gateway::received(self, vnet))
    }

    /// The VPN gateway that a user route to a gateway leads to: the VNet's own, else that of the peer
    /// whose gateway it uses. Gateways that are out of order do not count.
    #[must_use]
    pub fn vpn_gateway(&self, vnet: Id<VirtualNetwork>) -> Option<Id<Gateway>> {
        gateway::vpn_gateway(self.network, vnet)
    }

    /// What is told about Azure to a connection's other side: the ranges of the VNet and of the peers
    /// that use its gateway, and what else is passed on by BGP.
    #[must_use]
    pub fn advertised(&self, connection: Id<Connection>) -> Vec<IpNet> {
        exchange::advertised(self.network, connection)
    }

    /// The `VirtualNetwork` tag as NICs of `subnet` see it.
    #[must_use]
    pub fn virtual_network(&self, subnet: Id<Subnet>) -> &TagContent {
        let class = self.class(subnet) as usize;
        self.worlds[class].get_or_init(|| tags::virtual_network(self, self.members[class]))
    }

    /// The `Internet` tag as NICs of `vnet` see it.
    #[must_use]
    pub fn internet(&self, vnet: Id<VirtualNetwork>) -> &TagContent {
        self.outsides[vnet.index()].get_or_init(|| tags::internet(&self.network.vnets[vnet]))
    }

    /// The security admin rules that hold in `vnet` in one direction.
    fn governing(&self, vnet: Id<VirtualNetwork>, direction: Direction) -> &[admin::Governing] {
        let [inbound, outbound] =
            self.governing[vnet.index()].get_or_init(|| admin::of_vnet(self.network, vnet));
        match direction {
            Direction::Inbound => inbound,
            Direction::Outbound => outbound,
        }
    }

    /// Whether `nic` is behind a security group at all, its own or its subnet's. Security admin rules are
    /// none.
    #[must_use]
    pub fn is_guarded(&self, nic: Id<Nic>) -> bool {
        let nic = &self.network.nics[nic];
        nic.nsg.or(self.network.subnets[nic.subnet].nsg).is_some()
    }

    /// What filters at `nic`, in the order in which Azure evaluates it: security admin rules, then the
    /// security groups: outbound the NIC's and the subnet's, inbound the subnet's and the NIC's.
    #[must_use]
    pub fn security(&self, nic: Id<Nic>, direction: Direction) -> &[SecurityList] {
        let [nics, subnets] = &self.security;
        let own = &self.network.nics[nic];
        let [inbound, outbound] = match own.nsg {
            Some(_) => &nics[nic.index()],
            None => &subnets[own.subnet.index()],
        };
        let lists = match direction {
            Direction::Inbound => inbound,
            Direction::Outbound => outbound,
        };
        lists.get_or_init(|| security::of_nic(self, nic, direction).into())
    }

    /// What filters in `subnet` at what stands in it without a NIC: security admin rules, which keep away
    /// from all of that but application gateways with network isolation, and the subnet's security group.
    #[must_use]
    pub fn subnet_security(&self, subnet: Id<Subnet>, direction: Direction) -> Vec<SecurityList> {
        let mut lists = admin::of_subnet(self, subnet, direction);
        lists.extend(security::of_subnet(self, subnet, direction));
        lists
    }

    /// The group of `subnet` as it meets what comes to a private endpoint there.
    #[must_use]
    pub fn endpoint_security(&self, subnet: Id<Subnet>) -> Option<SecurityList> {
        security::of_endpoint(self, subnet)
    }

    /// Whether the rule at `index` of `list` is for one of the platform's own tags, which alone reach
    /// Azure's DNS, metadata and licensing (`AzurePlatformDNS` …).
    #[must_use]
    pub fn targets_platform(&self, list: &SecurityList, index: usize) -> bool {
        list.platform_tag(self.network, index).is_some()
    }

    /// The effective rules of `nic` as Azure lists them: a group for each network manager and each security
    /// group, the subnet's before the NIC's, with the rules of both directions.
    #[must_use]
    pub fn rules(&self, nic: Id<Nic>) -> Vec<EffectiveGroup> {
        display::of_nic(self, nic)
    }

    /// The rules of `list` as Azure lists them, for what stands in `subnet`: rule for rule those that the
    /// list compares with a flow.
    #[must_use]
    pub fn list_rules(&self, subnet: Id<Subnet>, list: &SecurityList) -> Vec<EffectiveRule> {
        display::of_list(self, subnet, list)
    }
}

fn cells<T>(count: usize) -> Vec<OnceLock<T>> {
    std::iter::repeat_with(OnceLock::new).take(count).collect()
}
