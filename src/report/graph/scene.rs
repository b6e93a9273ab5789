//! What is to be drawn, as data: boxes in boxes, nodes in them, lines between, badges on them, ways and
//! marks over them. Names and ids, no coordinates.

use serde::Serialize;

/// What is to be drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scene {
    /// What the topology is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Regions, virtual networks, subnets; a box comes before those in it.
    pub boxes: Vec<Frame>,
    /// What stands in them, or outside of all.
    pub nodes: Vec<Node>,
    /// What joins them.
    pub edges: Vec<Edge>,
    /// The connections whose ways are drawn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<Connection>,
    /// What a comparison or a failure shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<PlacedMark>,
    /// For each mark that was given the number that it has among those.
    #[serde(skip)]
    pub numbers: Vec<usize>,
}

macro_rules! kinds {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal, $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$vmeta])* $variant,)* }

        impl $name {
            /// All of them, in the order of the legend.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for it in classes and documents.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The words for it in a legend.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// What a box is.
    FrameKind {
        /// An Azure region.
        Region = "region", "region";
        /// A virtual network.
        Vnet = "vnet", "virtual network";
        /// A subnet.
        Subnet = "subnet", "subnet";
        /// What stands outside: the Internet, sites, services without a region.
        Outside = "outside", "outside";
    }
}

kinds! {
    /// What a node is.
    NodeKind {
        /// A NIC of a virtual machine or of a scale set's instance.
        Machine = "machine", "machine";
        /// A NIC of an appliance.
        Appliance = "appliance", "appliance";
        /// An Azure Firewall.
        Firewall = "firewall", "Azure Firewall";
        /// A VPN or ExpressRoute gateway.
        Gateway = "gateway", "gateway";
        /// A frontend of a load balancer.
        LoadBalancer = "load-balancer", "load balancer";
        /// An application gateway.
        ApplicationGateway = "application-gateway", "application gateway";
        /// A private endpoint.
        PrivateEndpoint = "private-endpoint", "private endpoint";
        /// A Bastion host.
        Bastion = "bastion", "Bastion host";
        /// A NAT gateway.
        Nat = "nat", "NAT gateway";
        /// A Route Server.
        RouteServer = "route-server", "Route Server";
        /// A platform service.
        Service = "service", "service";
        /// A site on premises, or the device at its edge.
        Site = "site", "site";
        /// An ExpressRoute circuit.
        Circuit = "circuit", "circuit";
        /// The Internet.
        Internet = "internet", "Internet";
        /// A host on premises or on the Internet, or a gateway's client.
        Host = "host", "host";
        /// An address that belongs to nothing.
        Unknown = "unknown", "nobody";
    }
}

kinds! {
    /// What a line is.
    EdgeKind {
        /// A peering, both sides' objects.
        Peering = "peering", "peering";
        /// A VPN connection.
        Tunnel = "tunnel", "VPN";
        /// An ExpressRoute connection.
        Circuit = "circuit", "ExpressRoute";
        /// To or from the Internet.
        Internet = "internet", "way to the Internet";
        /// From a private endpoint to its service.
        PrivateLink = "private-link", "private link";
        /// From what distributes to what it leads to.
        Local = "local", "pool";
    }
}

kinds! {
    /// What a badge stands for.
    BadgeKind {
        /// A network security group.
        Nsg = "nsg", "network security group";
        /// A route table.
        RouteTable = "route-table", "route table";
    }
}

kinds! {
    /// What a mark says.
    MarkKind {
        /// What did not get through does now.
        Opened = "opened", "opened";
        /// What got through does no more.
        Closed = "closed", "closed";
        /// It goes another way.
        Rerouted = "rerouted", "rerouted";
        /// It takes longer.
        Slowed = "slowed", "slowed";
        /// A resource is down.
        Lost = "lost", "lost";
        /// A check fails.
        Broken = "broken", "broken";
    }
}

impl MarkKind {
    /// The sign that says it without colour.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Opened => "+",
            Self::Closed => "−",
            Self::Rerouted => "↷",
            Self::Slowed => "»",
            Self::Lost => "✗",
            Self::Broken => "!",
        }
    }
}

/// A box that holds others or nodes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// `n-…`.
    pub id: String,
    /// What it is.
    pub kind: FrameKind,
    /// Its name.
    pub name: String,
    /// Its ranges.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The box that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What else is to be known of it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// What is applied to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<Badge>,
    /// How many nodes are in it that are not shown.
    #[serde(skip_serializing_if = "is_none")]
    pub folds: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Something with a name that a packet can be at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `n-…`.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its name: a machine's, `machine/nic` where it has several.
    pub name: String,
    /// Its addresses.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The box that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What else is to be known of it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// What is applied to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<Badge>,
    /// Whether it is out of order.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub down: bool,
    /// The names of those that it stands for, where it stands for several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<String>,
}

/// Something that is applied to a subnet or a NIC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// What it is.
    pub kind: BadgeKind,
    /// Its name.
    pub name: String,
    /// What else is to be known of it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
}

/// A line between two boxes or nodes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// `e-…`.
    pub id: String,
    /// What it is.
    pub kind: EdgeKind,
    /// The id of one end.
    pub from: String,
    /// The id of the other.
    pub to: String,
    /// Its name.
    pub name: String,
    /// What is written at it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What else is to be known of it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Whether nothing passes: a peering that is not Connected, a connection that does not stand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub broken: bool,
    /// Whether a path crosses it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
}

/// A connection whose ways are drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The verdict as the text of a check has it, without its mark.
    pub verdict: String,
    /// Whether it works by any way.
    pub reachable: bool,
    /// Its ways, those back among them behind the one that they answer.
    pub ways: Vec<Way>,
}

/// One way of a connection, there or back.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// The number of its path, from 1; a way back has that of the path that it answers.
    pub path: usize,
    /// Whether it is a way back.
    #[serde(rename = "return")]
    pub back: bool,
    /// Whether it gets to its end.
    pub arrives: bool,
    /// What is said of it in the legend.
    pub text: String,
    /// Its hops, in order.
    pub steps: Vec<WayStep>,
}

/// A hop of a way, with the leg that leads to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WayStep {
    /// The number of its hop, from 1.
    pub step: usize,
    /// The node that it is at.
    pub node: String,
    /// What the hop is called, and by which address it was reached.
    pub name: String,
    /// The nodes that the leg comes by between the hop before and this one: a NAT gateway, a frontend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// The edges that the leg crosses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<String>,
    /// What the hop takes, as in `1.3 ms`; `~` stands before what rests on an estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<String>,
    /// What happened there, as the text of a check has it, a line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// What stops the packet there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Whether the packet does not come here: what would have happened.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub beyond: bool,
}

/// What stops a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// The rule or the issue, as in `nsg-data/DenyAllInBound (65500)`.
    pub text: String,
    /// Whether it lets nothing out of the hop, rather than into it.
    pub outbound: bool,
}

/// What a comparison or a failure shows: the input, by the names that questions use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it says.
    pub kind: MarkKind,
    /// One end: the name of a machine, a NIC, a resource, a host, a site or `Internet`.
    pub from: String,
    /// The other end; none for what concerns one resource alone.
    pub to: Option<String>,
    /// What is said of it in the legend, as in `tcp/443`.
    pub label: String,
}

/// A mark with its ends found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedMark {
    /// Its number in the legend, from 1.
    pub number: usize,
    /// What it says.
    pub kind: MarkKind,
    /// The id of one end.
    pub from: String,
    /// The id of the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What is said of it in the legend.
    pub label: String,
}

impl Scene {
    /// The node of an id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The box of an id.
    #[must_use]
    pub fn frame(&self, id: &str) -> Option<&Frame> {
        self.boxes.iter().find(|frame| frame.id == id)
    }

    /// What is of some name: a node, else a box. Case does not count; a machine of several NICs is its first.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        let wanted = name.to_lowercase();
        let folds = |node: &&Node| node.folds.iter().any(|own| own.to_lowercase() == wanted);
        let is = |own: &str| {
            let own = own.to_lowercase();
            own == wanted
        };
        let starts = |own: &str| {
            own.to_lowercase()
                .strip_prefix(&wanted)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let nodes = || self.nodes.iter();
        nodes()
            .find(|node| is(&node.name))
            .or_else(|| nodes().find(|node| starts(&node.name)))
            .or_else(|| nodes().find(folds))
            .map(|node| node.id.as_str())
            .or_else(|| {
                let mut frames = self.boxes.iter();
                frames.find(|frame| is(&frame.name)).map(|f| f.id.as_str())
            })
    }
}
