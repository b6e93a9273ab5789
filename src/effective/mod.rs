//! What a NIC really gets: effective routes and effective rules, as Azure would show them.
//!
//! Computed once for each subnet (routes) and each pair of subnet and security group (rules), and
//! shared by all NICs that have them in common.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use crate::net::{AddressMap, RuleList};
use crate::network::{Id, Network, NetworkSecurityGroup, Nic, Peering, RouteTable, Subnet};
use crate::spec::Direction;
use crate::spec::checks::{RouteNextHopType, RouteSource, RouteState};

/// The effective routes and rules of a network, computed as they are asked for.
#[derive(Debug)]
pub struct Effective<'n> {
    network: &'n Network,
    routes: Vec<OnceLock<EffectiveRoutes>>,
}

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

/// One effective route.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveRoute {
    /// The user route's name.
    pub name: Option<Arc<str>>,
    /// For which addresses: one prefix, or those of a service tag or a service endpoint.
    pub prefixes: Vec<IpNet>,
    /// The service tag that the prefixes come from.
    pub tag: Option<Arc<str>>,
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
}

/// Where a list of rules is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppliedTo {
    /// To every NIC of a subnet.
    Subnet(Id<Subnet>),
    /// To one NIC.
    Nic(Id<Nic>),
}

/// A security group as it works on one NIC in one direction.
#[derive(Debug, Clone)]
pub struct SecurityList {
    /// The group.
    pub nsg: Id<NetworkSecurityGroup>,
    /// Where it is applied.
    pub applied_to: AppliedTo,
    /// Its rules of the direction, the default rules last; names are bare.
    pub rules: Arc<RuleList>,
    /// How many of `rules` are the group's own; those behind are default rules.
    pub user_rules: usize,
}

impl<'n> Effective<'n> {
    /// For `network`; nothing is computed yet.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        Self {
            network,
            routes: (0..network.subnets.len())
                .map(|_| OnceLock::new())
                .collect(),
        }
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &'n Network {
        self.network
    }

    /// The effective routes of `nic`.
    #[must_use]
    pub fn routes(&self, nic: Id<Nic>) -> &EffectiveRoutes {
        self.subnet_routes(self.network.nics[nic].subnet)
    }

    /// The effective routes of the NICs of `subnet`.
    #[must_use]
    pub fn subnet_routes(&self, subnet: Id<Subnet>) -> &EffectiveRoutes {
        self.routes[subnet.index()].get_or_init(EffectiveRoutes::default)
    }

    /// The security groups that `nic` is behind, in the order in which Azure evaluates them: outbound
    /// the NIC's, then the subnet's; inbound the subnet's, then the NIC's.
    #[must_use]
    pub fn security(&self, _nic: Id<Nic>, _direction: Direction) -> Vec<SecurityList> {
        Vec::new()
    }
}
