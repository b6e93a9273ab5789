//! Changes to a network, in the words of ARM.

use std::sync::Arc;

use crate::network::{
    AdminRule, FilterRule, FirewallPolicy, Id, Machine, NetworkManager, NetworkSecurityGroup, Nic,
    Peering, RouteTable, SecurityRule, Socket, UserRoute,
};
use crate::trace::Filter;

/// One change to a network.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A rule more in a network security group.
    SecurityRule {
        /// Which group.
        nsg: Id<NetworkSecurityGroup>,
        /// The rule.
        rule: SecurityRule,
    },
    /// A security admin rule more, in a collection that there is.
    AdminRule {
        /// Whose.
        manager: Id<NetworkManager>,
        /// The rule.
        rule: AdminRule,
    },
    /// A route more in a table, or in place of the one of its name.
    Route {
        /// Which table.
        table: Id<RouteTable>,
        /// The route.
        route: UserRoute,
    },
    /// A route less.
    RemoveRoute {
        /// Which table.
        table: Id<RouteTable>,
        /// The route's name.
        name: Arc<str>,
    },
    /// A network rule more in a firewall policy; its action is Allow.
    FirewallRule {
        /// Which policy.
        policy: Id<FirewallPolicy>,
        /// Where in it.
        place: FirewallPlace,
        /// What it matches; its priority says nothing here.
        rule: FilterRule,
    },
    /// A rule more in the filter of a machine, or of every instance of its scale set.
    FilterRule {
        /// Whose.
        machine: Id<Machine>,
        /// Which of its filters.
        filter: Filter,
        /// The rule.
        rule: FilterRule,
    },
    /// A flag of a peering, switched on.
    PeeringFlag {
        /// Which peering.
        peering: Id<Peering>,
        /// The flag: `allowForwardedTraffic`, `allowVirtualNetworkAccess`, `allowGatewayTransit` or
        /// `useRemoteGateways`.
        flag: &'static str,
    },
    /// IP forwarding of a NIC, switched on.
    IpForwarding(Id<Nic>),
    /// Forwarding by an appliance's guest, switched on.
    GuestForwarding(Id<Machine>),
    /// A listener more on a machine, or on every instance of its scale set.
    Listener {
        /// Whose.
        machine: Id<Machine>,
        /// What listens.
        socket: Socket,
    },
}

/// Where in a policy a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallPlace {
    /// The rule collection group.
    pub group: Arc<str>,
    /// Its priority, where it is a new one.
    pub new_group: Option<u16>,
    /// The rule collection.
    pub collection: Arc<str>,
    /// Its priority, where it is a new one.
    pub new_collection: Option<u16>,
}
