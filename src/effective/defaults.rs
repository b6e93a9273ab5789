//! The rules that every security group has (`virtual-network/network-security-groups-overview`,
//! "Default security rules"; names as the API spells them).

use crate::net::tags::PlatformTag;
use crate::network::RuleSide;
use crate::spec::{Access, Direction};

/// A default rule: for every protocol and port.
pub(super) struct DefaultRule {
    pub name: &'static str,
    pub priority: u16,
    pub source: RuleSide,
    pub destination: RuleSide,
    pub access: Access,
}

/// The default rules of one direction, in order.
pub(super) const fn of(direction: Direction) -> &'static [DefaultRule] {
    match direction {
        Direction::Inbound => INBOUND,
        Direction::Outbound => OUTBOUND,
    }
}

const VIRTUAL_NETWORK: RuleSide = RuleSide::Platform(PlatformTag::VirtualNetwork);

static INBOUND: &[DefaultRule] = &[
    DefaultRule {
        name: "AllowVnetInBound",
        priority: 65000,
        source: VIRTUAL_NETWORK,
        destination: VIRTUAL_NETWORK,
        access: Access::Allow,
    },
    DefaultRule {
        name: "AllowAzureLoadBalancerInBound",
        priority: 65001,
        source: RuleSide::Platform(PlatformTag::AzureLoadBalancer),
        destination: RuleSide::Any,
        access: Access::Allow,
    },
    DefaultRule {
        name: "DenyAllInBound",
        priority: 65500,
        source: RuleSide::Any,
        destination: RuleSide::Any,
        access: Access::Deny,
    },
];

static OUTBOUND: &[DefaultRule] = &[
    DefaultRule {
        name: "AllowVnetOutBound",
        priority: 65000,
        source: VIRTUAL_NETWORK,
        destination: VIRTUAL_NETWORK,
        access: Access::Allow,
    },
    DefaultRule {
        name: "AllowInternetOutBound",
        priority: 65001,
        source: RuleSide::Any,
        destination: RuleSide::Platform(PlatformTag::Internet),
        access: Access::Allow,
    },
    DefaultRule {
        name: "DenyAllOutBound",
        priority: 65500,
        source: RuleSide::Any,
        destination: RuleSide::Any,
        access: Access::Deny,
    },
];
