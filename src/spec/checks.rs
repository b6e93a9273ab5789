//! What a design must hold: the sections of checks-format.

use super::Ref;
use super::decode::one_of;
use super::decode::{Context, Decode, Names, record, scalar, words};
use super::describe::{Definitions, Describe, scalar as shape};
use super::node::Node;
use super::security::{Access, Direction, RuleProtocol};
use crate::diagnostic::Code;
use crate::net::PortRange;
use serde_json::{Value, json};

words! {
    /// What is asked of a connection.
    CheckProtocol { Tcp = "Tcp", Udp = "Udp", Icmp = "Icmp", Http = "Http", Https = "Https", }
}

record! {
    /// One connection.
    Check {
        source: req Ref, "source";
        destination: req Ref, "destination";
        protocol: opt CheckProtocol, "protocol";
        port: opt u16, "port";
        source_port: opt u16, "sourcePort";
        down: def Vec<String>, "down";
        expect: req ConnectionExpectation, "expect";
    }
}

words! {
    /// Whether a connection works.
    ConnectionStatus { Reachable = "Reachable", Unreachable = "Unreachable", }
}

words! {
    /// How replies travel.
    ReturnPathWord { Symmetric = "Symmetric", Asymmetric = "Asymmetric", Broken = "Broken", }
}

words! {
    /// What is known of a port.
    PortStatus {
        Unknown = "Unknown",
        Reachable = "Reachable",
        Unstable = "Unstable",
        NoConnection = "NoConnection",
        Timeout = "Timeout",
    }
}

/// What is expected of a connection; only what is named is judged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConnectionExpectation {
    /// `connectionStatus`
    pub connection_status: Option<ConnectionStatus>,
    /// The rest.
    pub details: Option<Box<ExpectedDetails>>,
}

record! {
    /// The long form of what is expected of a connection.
    ExpectedDetails {
        connection_status: opt ConnectionStatus, "connectionStatus";
        paths: opt u64, "paths";
        hops: opt HopLists, "hops";
        via: opt Vec<String>, "via";
        avoids: opt Vec<String>, "avoids";
        next_hop: opt NextHopExpectation, "nextHop";
        issues: opt Vec<ExpectedIssue>, "issues";
        source_port_status: opt PortStatus, "sourcePortStatus";
        destination_port_status: opt PortStatus, "destinationPortStatus";
        return_path: opt ReturnPathWord, "returnPath";
        probes: opt ExpectedProbes, "probes";
        seen: opt ExpectedFlow, "seen";
        answered_by: opt String, "answeredBy";
        latency: opt ExpectedLatency, "latencyMs";
        assumptions: opt Vec<String>, "assumptions";
    }
}

impl Decode for ConnectionExpectation {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        if matches!(node, Node::Scalar(_)) {
            let connection_status = Some(ConnectionStatus::decode(node, cx)?);
            return Some(Self {
                connection_status,
                details: None,
            });
        }
        let details = ExpectedDetails::decode(node, cx)?;
        Some(Self {
            connection_status: details.connection_status,
            details: Some(Box::new(details)),
        })
    }
}

impl Describe for ConnectionExpectation {
    fn describe(all: &mut Definitions) -> Value {
        let long = ExpectedDetails::describe(all);
        json!({ "anyOf": [ConnectionStatus::describe(all), long] })
    }
}

/// One list of hops for every path, or a list for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HopLists {
    /// The hops of every path.
    Every(Vec<String>),
    /// The hops of each path, in any order.
    Each(Vec<Vec<String>>),
}

impl Decode for HopLists {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        match node {
            Node::List(items) if items.iter().any(|item| matches!(item, Node::List(_))) => {
                Vec::decode(node, cx).map(Self::Each)
            }
            _ => Vec::decode(node, cx).map(Self::Every),
        }
    }
}

impl Describe for HopLists {
    fn describe(all: &mut Definitions) -> Value {
        let each = json!({ "type": "array", "items": Vec::<String>::describe(all) });
        json!({ "anyOf": [Vec::<String>::describe(all), each] })
    }
}

record! {
    /// An issue that must occur; only what is named is judged.
    ExpectedIssue {
        kind: opt IssueType, "type";
        origin: opt IssueOrigin, "origin";
        severity: opt IssueSeverity, "severity";
        hop: opt String, "hop";
        context: def Names<String>, "context";
    }
}

words! {
    /// The types of issues.
    IssueType {
        AgentStopped = "AgentStopped",
        ArpMissing = "ARPMissing",
        Cpu = "CPU",
        DnsResolution = "DnsResolution" | "DNSResolution",
        GuestFirewall = "GuestFirewall",
        Memory = "Memory",
        NetworkSecurityRule = "NetworkSecurityRule",
        NoListenerOnDestination = "NoListenerOnDestination",
        Platform = "Platform",
        SocketBind = "SocketBind",
        UserDefinedRoute = "UserDefinedRoute",
        VmDeallocated = "VMDeallocated",
        VmStopped = "VMStopped",
    }
}

words! {
    /// Where an issue stands, seen from its hop.
    IssueOrigin { Local = "Local", Inbound = "Inbound", Outbound = "Outbound", }
}

words! {
    /// How bad an issue is.
    IssueSeverity { Error = "Error", Warning = "Warning", }
}

record! {
    /// The counts of probes.
    ExpectedProbes { sent: opt u16, "sent"; failed: opt u16, "failed"; }
}

record! {
    /// A flow as it reaches its destination.
    ExpectedFlow {
        source: opt String, "source";
        destination: opt String, "destination";
        port: opt u16, "port";
    }
}

record! {
    /// Bounds of a latency, in milliseconds.
    ExpectedLatency {
        min: opt Bounds, "min";
        avg: opt Bounds, "avg";
        max: opt Bounds, "max";
        p50: opt Bounds, "p50";
        p90: opt Bounds, "p90";
        p95: opt Bounds, "p95";
        p99: opt Bounds, "p99";
    }
}

record! {
    /// Bounds of a number.
    Bounds { at_most: opt f64, "atMost"; at_least: opt f64, "atLeast"; }
}

record! {
    /// Network Watcher's Next hop.
    NextHopCheck {
        source: req Ref, "source";
        destination: req String, "destination";
        down: def Vec<String>, "down";
        expect: req NextHopExpectation, "expect";
    }
}

record! {
    /// What is expected of a next hop.
    NextHopExpectation {
        next_hop_type: opt RouteNextHopType, "nextHopType";
        next_hop_ip_address: opt String, "nextHopIpAddress";
        route_table: opt String, "routeTable";
    }
}

words! {
    /// Every type of next hop that Azure shows.
    RouteNextHopType {
        VnetLocal = "VnetLocal" | "VirtualNetwork",
        VNetPeering = "VNetPeering",
        VNetGlobalPeering = "VNetGlobalPeering",
        VirtualNetworkGateway = "VirtualNetworkGateway",
        VirtualNetworkServiceEndpoint = "VirtualNetworkServiceEndpoint",
        InterfaceEndpoint = "InterfaceEndpoint",
        VirtualAppliance = "VirtualAppliance",
        Internet = "Internet",
        HyperNetGateway = "HyperNetGateway",
        None = "None",
    }
}

record! {
    /// Network Watcher's IP flow verify.
    IpFlowCheck {
        target: req Ref, "target";
        direction: req Direction, "direction";
        protocol: req CheckProtocol, "protocol";
        local: req String, "local";
        remote: req String, "remote";
        down: def Vec<String>, "down";
        expect: req IpFlowExpectation, "expect";
    }
}

record! {
    /// What is expected of IP flow verify.
    IpFlowExpectation { access: opt Access, "access"; rule_name: opt String, "ruleName"; }
}

record! {
    /// Network Watcher's NSG diagnostics.
    SecurityDiagnosticCheck {
        target: req Ref, "target";
        direction: req Direction, "direction";
        protocol: def RuleProtocol, "protocol";
        source: req String, "source";
        destination: req String, "destination";
        port: opt PortRange, "port";
        down: def Vec<String>, "down";
        expect: req SecurityDiagnosticExpectation, "expect";
    }
}

record! {
    /// What is expected of NSG diagnostics.
    SecurityDiagnosticExpectation {
        access: opt Access, "access";
        matched: opt Vec<String>, "matched";
        evaluated: def Names<Vec<MatchedPart>>, "evaluated";
    }
}

words! {
    /// One of the five things that a rule compares.
    MatchedPart {
        Protocol = "protocol",
        Source = "source",
        SourcePort = "sourcePort",
        Destination = "destination",
        DestinationPort = "destinationPort",
    }
}

words! {
    /// Whether rows are compared as a whole or may be among others.
    MatchMode { Exactly = "exactly", Contains = "contains", }
}

words! {
    /// Where an effective route comes from.
    RouteSource { Default = "Default", User = "User", VirtualNetworkGateway = "VirtualNetworkGateway", Unknown = "Unknown", }
}

words! {
    /// Whether an effective route takes part.
    RouteState { Active = "Active", Invalid = "Invalid", }
}

record! {
    /// The effective routes of a NIC.
    EffectiveRoutesCheck {
        target: req Ref, "target";
        matching: def MatchMode = MatchMode::Exactly, "match";
        ignore_reserved: def bool, "ignoreReserved";
        down: def Vec<String>, "down";
        expect: req Vec<ExpectedRoute>, "expect";
    }
}

record! {
    /// A row of effective routes; what is left out is not compared.
    ExpectedRoute {
        name: opt String, "name";
        address_prefix: opt Vec<String>, "addressPrefix";
        next_hop_type: opt RouteNextHopType, "nextHopType";
        next_hop_ip_address: opt Vec<String>, "nextHopIpAddress";
        source: opt RouteSource, "source";
        state: opt RouteState, "state";
    }
}

record! {
    /// The effective rules of a NIC.
    EffectiveRulesCheck {
        target: req Ref, "target";
        matching: def MatchMode = MatchMode::Exactly, "match";
        down: def Vec<String>, "down";
        expect: req Vec<ExpectedRule>, "expect";
    }
}

record! {
    /// A row of effective rules; what is left out is not compared.
    ExpectedRule {
        network_security_group: opt Ref, "networkSecurityGroup";
        name: opt String, "name";
        direction: opt Direction, "direction";
        access: opt Access, "access";
        priority: opt i64, "priority";
        protocol: opt String, "protocol";
        source_address_prefixes: opt Vec<String>, "sourceAddressPrefix";
        destination_address_prefixes: opt Vec<String>, "destinationAddressPrefix";
        source_port_ranges: opt Vec<String>, "sourcePortRange";
        destination_port_ranges: opt Vec<String>, "destinationPortRange";
        expanded_source: opt Vec<String>, "expandedSourceAddressPrefix";
        expanded_destination: opt Vec<String>, "expandedDestinationAddressPrefix";
    }
}

words! {
    /// What an intent demands.
    IntentWord { Isolated = "Isolated", Reachable = "Reachable", }
}

record! {
    /// Something that holds of every flow between two sets.
    Intent {
        from: req EndpointSet, "from";
        to: req EndpointSet, "to";
        protocol: opt CheckProtocol, "protocol";
        ports: def Vec<PortRange>, "ports";
        expect: opt IntentWord, "expect";
        allow_only: opt Vec<AllowedFlow>, "allowOnly";
        via: opt Vec<String>, "via";
        avoids: opt Vec<String>, "avoids";
        down: def Vec<String>, "down";
    }
}

record! {
    /// What an intent lets through.
    AllowedFlow {
        from: opt EndpointSet, "from";
        to: opt EndpointSet, "to";
        protocol: opt CheckProtocol, "protocol";
        ports: def Vec<PortRange>, "ports";
    }
}

/// A set of endpoints.
#[derive(Debug, Clone, PartialEq)]
pub enum EndpointSet {
    /// One endpoint, or several.
    Named(Vec<String>),
    /// Whatever a selector selects.
    Selected(Box<Selector>),
}

impl Decode for EndpointSet {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        match node {
            Node::Map(_) => {
                Selector::decode(node, cx).map(|selector| Self::Selected(Box::new(selector)))
            }
            _ => Vec::decode(node, cx).map(Self::Named),
        }
    }
}

impl Describe for EndpointSet {
    fn describe(all: &mut Definitions) -> Value {
        let selector = Selector::describe(all);
        json!({ "anyOf": [Vec::<String>::describe(all), selector] })
    }
}

record! {
    /// What selects endpoints; keys together narrow, `*` globs.
    Selector {
        subnet: opt String, "subnet";
        virtual_network: opt String, "virtualNetwork";
        application_security_group: opt String, "applicationSecurityGroup";
        resource_group: opt String, "resourceGroup";
        tags: def Names<String>, "tags";
        kind: opt String, "kind";
    }
}

record! {
    /// What `lint` must say.
    Finding { code: req FindingCode, "code"; resource: opt String, "resource"; }
}

/// A finding's code, in kebab-case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingCode(pub String);

impl Decode for FindingCode {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "a finding's code")?.text;
        if text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Some(Self(text.to_string()));
        }
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        cx.fault(
            Code::UnknownWord,
            format!("`{text}` is not a code"),
            one_of(text, &codes),
        );
        None
    }
}

impl Describe for FindingCode {
    fn describe(_: &mut Definitions) -> Value {
        shape("A finding's code, in kebab-case.", "^[a-z0-9-]*$")
    }
}
