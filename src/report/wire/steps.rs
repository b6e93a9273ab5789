//! What happened at a hop, as JSON; members as in Azure's API where it has them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::routes::WireRoute;
use crate::spec::{AdminAccess, Direction};

/// A step of a packet at a hop.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(
    tag = "step",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Step {
    /// Rules of a security group or a network manager decided.
    Security {
        /// Seen from the NIC.
        #[schemars(extend("enum" = Direction::WORDS))]
        direction: &'static str,
        /// The group, where it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        network_security_group: Option<String>,
        /// The network manager, where it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        network_manager: Option<String>,
        /// The ARM id of the NIC, subnet or VNet that it applies to.
        applied_to: String,
        /// The rule that decided; absent where none of a network manager's is for the flow.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// Its priority.
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<u16>,
        /// What it says.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(extend("enum" = AdminAccess::WORDS))]
        access: Option<&'static str>,
        /// The packet.
        flow: Flow,
    },
    /// A reply to a flow that is known passes without a look at the rules.
    Established {
        /// Seen from the NIC.
        #[schemars(extend("enum" = Direction::WORDS))]
        direction: &'static str,
    },
    /// Something else that filters decided.
    Filter {
        /// What.
        #[schemars(extend("enum" = FILTERS))]
        filter: &'static str,
        /// The rule, or what decides without one.
        rule: String,
        /// `Allow` or `Deny`.
        #[schemars(extend("enum" = ["Allow", "Deny"]))]
        access: &'static str,
    },
    /// A route won.
    Route {
        /// The route; absent where none leads there.
        #[serde(flatten)]
        row: Option<WireRoute>,
        /// The table's ARM id, or `System Route`; absent where no route leads there.
        #[serde(skip_serializing_if = "Option::is_none")]
        route_table_id: Option<String>,
    },
    /// An address or a port was translated.
    Translated {
        /// By what.
        by: String,
        /// As it came.
        before: Flow,
        /// As it goes on.
        after: Flow,
    },
    /// It crossed places that are no hops: VNets, peerings.
    Crossed {
        /// What they are called.
        places: Vec<String>,
    },
    /// It was answered here.
    Answered,
}

/// What filters beside security groups.
pub const FILTERS: &[&str] = &[
    "guestInbound",
    "guestOutbound",
    "appliance",
    "threatIntelligence",
    "networkRules",
    "applicationRules",
];

/// A flow; ports only where the protocol has them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// `Tcp`, `Udp`, `Icmp` …
    pub protocol: String,
    /// Where it comes from.
    pub source: String,
    /// Where it goes to.
    pub destination: String,
    /// From which port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// To which port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_port: Option<u16>,
}
