//! Network security groups, application security groups, security admin rules.

use ipnet::IpNet;

use super::Ref;
use super::decode::one_of;
use super::decode::{Context, Decode, Names, Priority, prefix, record, scalar, words};
use super::describe::{Definitions, Describe, scalar as shape};
use super::node::Node;
use crate::diagnostic::Code;
use crate::net::{PortRange, Protocol, ProtocolMatch, tags};

record! {
    /// A network security group.
    resource NetworkSecurityGroup {
        flush_connection: def bool, "flushConnection";
        security_rules: def Names<SecurityRule>, "securityRules";
    }
}

record! {
    /// A rule of a network security group (`manage-network-security-group` for its priorities).
    SecurityRule {
        priority: req Priority<100, 4096>, "priority";
        direction: req Direction, "direction";
        access: req Access, "access";
        protocol: def RuleProtocol, "protocol";
        source: many AddressMatch, "sourceAddressPrefix" / "sourceAddressPrefixes";
        source_ports: many PortRange, "sourcePortRange" / "sourcePortRanges";
        source_groups: def Vec<Ref>, "sourceApplicationSecurityGroups";
        destination: many AddressMatch, "destinationAddressPrefix" / "destinationAddressPrefixes";
        destination_ports: many PortRange, "destinationPortRange" / "destinationPortRanges";
        destination_groups: def Vec<Ref>, "destinationApplicationSecurityGroups";
    }
}

words! {
    /// The way of a flow, seen from a NIC.
    Direction { Inbound = "Inbound", Outbound = "Outbound", }
}

words! {
    /// What a rule does.
    Access { Allow = "Allow", Deny = "Deny", }
}

words! {
    /// What a security admin rule does.
    AdminAccess { Allow = "Allow", Deny = "Deny", AlwaysAllow = "AlwaysAllow", }
}

words! {
    /// A rule's protocol; `Any` is how admin rules spell `*`.
    RuleProtocolWord { Tcp = "Tcp", Udp = "Udp", Icmp = "Icmp", Esp = "Esp", Ah = "Ah", Any = "*" | "Any" | "All", }
}

/// A rule's protocol; every one where it is not given.
pub type RuleProtocol = ProtocolMatch;

impl Decode for ProtocolMatch {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        RuleProtocolWord::decode(node, cx).map(|word| match word {
            RuleProtocolWord::Tcp => Self::Only(Protocol::Tcp),
            RuleProtocolWord::Udp => Self::Only(Protocol::Udp),
            RuleProtocolWord::Icmp => Self::Only(Protocol::Icmp),
            RuleProtocolWord::Esp => Self::Only(Protocol::Esp),
            RuleProtocolWord::Ah => Self::Only(Protocol::Ah),
            RuleProtocolWord::Any => Self::Any,
        })
    }
}

impl Describe for ProtocolMatch {
    fn describe(all: &mut Definitions) -> serde_json::Value {
        RuleProtocolWord::describe(all)
    }
}

/// What a rule says of one side's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressMatch {
    /// `*`.
    Any,
    /// A prefix or an address.
    Prefix(IpNet),
    /// A service tag, as written.
    Tag(String),
}

/// Whether a text that is no prefix was meant as a tag: an address never starts with a letter that is
/// no hexadecimal digit, and holds a colon where it does.
pub(super) fn looks_like_tag(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains([':', '/'])
}

impl Decode for AddressMatch {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "an address prefix, a service tag or `*`")?.text;
        // `Any` and 0.0.0.0/0 are other spellings of `*` (network-security-groups-overview).
        if &**text == "*" || text.eq_ignore_ascii_case("Any") {
            return Some(Self::Any);
        }
        if looks_like_tag(text) {
            return Some(Self::Tag(text.to_string()));
        }
        prefix(text, cx).map(Self::Prefix)
    }
}

impl Describe for AddressMatch {
    fn describe(_: &mut Definitions) -> serde_json::Value {
        shape(
            "An address prefix, an address, a service tag or `*`.",
            r"^(\*|[A-Za-z][^:/]*|[0-9A-Fa-f.:]+(/[0-9]+)?)$",
        )
    }
}

/// Records a tag that Azure does not have.
pub fn unknown_tag(name: &str) -> crate::diagnostic::Diagnostic {
    let known: Vec<&str> = tags::names().collect();
    crate::diagnostic::Diagnostic::new(
        Code::UnknownServiceTag,
        format!("`{name}` is not a service tag of Azure's"),
    )
    .help(one_of(name, &known))
}

record! {
    /// An application security group.
    resource ApplicationSecurityGroup {}
}

record! {
    /// A network manager.
    resource NetworkManager {
        scope: opt String, "scope";
        network_groups: def Names<NetworkGroup>, "networkGroups";
        security_admin_configurations: def Names<SecurityAdminConfiguration>, "securityAdminConfigurations";
    }
}

record! {
    /// A group of virtual networks.
    NetworkGroup { virtual_networks: def Vec<Ref>, "virtualNetworks"; }
}

record! {
    /// A configuration of security admin rules.
    SecurityAdminConfiguration {
        apply_on_network_intent: def ApplyOnIntent = ApplyOnIntent::None, "applyOnNetworkIntentPolicyBasedServices";
        rule_collections: def Names<AdminRuleCollection>, "ruleCollections";
    }
}

words! {
    /// Which admin rules hold in VNets with services that have an intent policy.
    ApplyOnIntent { None = "None", All = "All", AllowRulesOnly = "AllowRulesOnly", }
}

record! {
    /// A collection of security admin rules.
    AdminRuleCollection {
        applies_to_groups: def Vec<Ref>, "appliesToGroups";
        rules: def Names<AdminRule>, "rules";
    }
}

record! {
    /// A security admin rule.
    AdminRule {
        priority: req Priority<1, 4096>, "priority";
        direction: req Direction, "direction";
        access: req AdminAccess, "access";
        protocol: def RuleProtocol, "protocol";
        sources: def Vec<String>, "sources";
        source_ports: many PortRange, "sourcePortRange" / "sourcePortRanges";
        destinations: def Vec<String>, "destinations";
        destination_ports: many PortRange, "destinationPortRange" / "destinationPortRanges";
    }
}
