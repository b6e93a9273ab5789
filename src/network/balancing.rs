//! Load balancers: frontends, and what their rules lead to (`Microsoft.Network/loadBalancers`).

use std::sync::Arc;

use super::arena::Id;
use super::edge::Fixture;
use super::resources::{Identity, Nic};
use crate::spec::{AddressSku, BalancedProtocol};

/// A load balancer.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Standard frontends are closed until an NSG opens their members, and hide members from default
    /// outbound access.
    pub sku: AddressSku,
    /// Its frontends.
    pub frontends: Vec<Frontend>,
    /// Which of its public frontends give a pool an outbound address.
    pub outbound_rules: Vec<OutboundRule>,
    /// Whether it is out of order.
    pub down: bool,
}

/// A load balancer's address, with the rules for it.
#[derive(Debug, Clone)]
pub struct Frontend {
    /// Its name.
    pub name: Arc<str>,
    /// What has its address.
    pub fixture: Id<Fixture>,
    /// Its load-balancing rules.
    pub rules: Vec<BalancingRule>,
    /// Its inbound NAT rules.
    pub nat_rules: Vec<InboundNatRule>,
}

/// A load-balancing rule.
#[derive(Debug, Clone)]
pub struct BalancingRule {
    /// Its name.
    pub name: Arc<str>,
    /// For which protocol.
    pub protocol: BalancedProtocol,
    /// For which port of the frontend; 0 with `All` for every one (HA ports).
    pub frontend_port: u16,
    /// To which port of the members; 0 with `All` for the same.
    pub backend_port: u16,
    /// The members of its pool.
    pub members: Vec<Id<Nic>>,
    /// The port that its probe asks; none: members are taken to be healthy.
    pub probe: Option<u16>,
    /// Whether the destination stays the frontend.
    pub floating_ip: bool,
    /// Whether members get no outbound address by it.
    pub disable_outbound_snat: bool,
}

impl BalancingRule {
    /// Whether it is for every port (`load-balancer-ha-ports-overview`).
    #[must_use]
    pub const fn is_ha_ports(&self) -> bool {
        matches!(self.protocol, BalancedProtocol::All) && self.frontend_port == 0
    }
}

/// A rule that publishes one port of one machine.
#[derive(Debug, Clone)]
pub struct InboundNatRule {
    /// Its name.
    pub name: Arc<str>,
    /// For which protocol.
    pub protocol: BalancedProtocol,
    /// For which port of the frontend.
    pub frontend_port: u16,
    /// To which port of the machine.
    pub backend_port: u16,
    /// The machine's NIC.
    pub target: Id<Nic>,
    /// Whether the destination stays the frontend.
    pub floating_ip: bool,
}

/// A rule that gives a pool an outbound address.
#[derive(Debug, Clone)]
pub struct OutboundRule {
    /// Its name.
    pub name: Arc<str>,
    /// Positions of its frontends.
    pub frontends: Vec<usize>,
    /// The members of its pool.
    pub members: Vec<Id<Nic>>,
    /// For which protocol.
    pub protocol: BalancedProtocol,
}
