//! The JSON of Azure's REST API, as types: what is sent, and no more. A member without a value is
//! absent, never null.

mod latency;
mod remedies;
mod steps;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

pub use latency::{HopLatency, Latency, LatencyElement};
pub use remedies::{FlowKind, Remedy, RemedyChange};
pub use steps::{FILTERS, Flow, Step};

use crate::spec::checks::{
    ConnectionStatus, IssueOrigin, IssueSeverity, IssueType, PortStatus, ReturnPathWord,
    RouteNextHopType,
};
use crate::spec::{Access, Direction};
use crate::trace::{Disposition, HopKind};

/// What a link goes over.
pub const LINK_TYPES: &[&str] = &["VirtualNetwork", "Internet"];

/// `ConnectivityInformation` and the five members beside it that the response table of Connection
/// troubleshoot has, and what only dryhop knows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectivityInformation {
    /// `Reachable` or `Unreachable`.
    #[schemars(extend("enum" = ConnectionStatus::WORDS))]
    pub connection_status: &'static str,
    /// The mean of the probes that come back, in whole milliseconds; only if reachable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg_latency_in_ms: Option<u64>,
    /// The least of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_latency_in_ms: Option<u64>,
    /// The greatest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_latency_in_ms: Option<u64>,
    /// At most 100.
    pub probes_sent: u16,
    /// At most as many.
    pub probes_failed: u16,
    /// The hops of all paths, each once.
    pub hops: Vec<ConnectivityHop>,
    /// The source's next hop, where it is a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_analysis: Option<NextHopResult>,
    /// What the source's security groups say, where it is a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_security_rule_analysis: Option<DiagnosticResponse>,
    /// What the destination's security groups say, where it is a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_security_rule_analysis: Option<DiagnosticResponse>,
    /// What is known of the source's port.
    #[schemars(extend("enum" = PortStatus::WORDS))]
    pub source_port_status: &'static str,
    /// What is known of the destination's port.
    #[schemars(extend("enum" = PortStatus::WORDS))]
    pub destination_port_status: &'static str,
    /// The paths one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dryhop: Option<Dryhop>,
}

/// `ConnectivityHop`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectivityHop {
    /// `Source`, `VirtualAppliance`, `VnetLocal`, `Internet`, `VirtualNetworkGateway`, `Destination`.
    #[schemars(extend("enum" = HopKind::WORDS))]
    pub r#type: &'static str,
    /// A UUID that is the same for the same topology.
    pub id: String,
    /// Its address.
    pub address: String,
    /// An ARM id, `Internet`, or `Unknown`.
    pub resource_id: String,
    /// The hops that follow.
    pub next_hop_ids: Vec<String>,
    /// The links to them.
    pub links: Vec<HopLink>,
    /// The hops before it.
    pub previous_hop_ids: Vec<String>,
    /// The links from them.
    pub previous_links: Vec<HopLink>,
    /// What is wrong there.
    pub issues: Vec<ConnectivityIssue>,
}

/// `HopLink`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HopLink {
    /// The hop at its other end, which in `previousLinks` is the one before.
    pub next_hop_id: String,
    /// `VirtualNetwork` or `Internet`.
    #[schemars(extend("enum" = LINK_TYPES))]
    pub link_type: &'static str,
    /// The same: the service always sends both.
    #[schemars(extend("enum" = LINK_TYPES))]
    pub r#type: &'static str,
    /// Round-trip times; empty in `previousLinks`, and where nothing comes back.
    pub properties: HopLinkProperties,
    /// What stands on the link: peerings, NAT gateways.
    pub context: Map<String, Value>,
    /// Always empty: issues stand on hops.
    pub issues: Vec<ConnectivityIssue>,
    /// Always empty, as the service has it.
    pub resource_id: &'static str,
}

/// `HopLinkProperties`: times of a round trip over the link, in whole milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HopLinkProperties {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_time_min: Option<u64>,
    /// The mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_time_avg: Option<u64>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_time_max: Option<u64>,
}

/// `ConnectivityIssue`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ConnectivityIssue {
    /// `Local`, `Inbound` or `Outbound`.
    #[schemars(extend("enum" = IssueOrigin::WORDS))]
    pub origin: &'static str,
    /// `Error` or `Warning`.
    #[schemars(extend("enum" = IssueSeverity::WORDS))]
    pub severity: &'static str,
    /// `NetworkSecurityRule`, `UserDefinedRoute` …
    #[schemars(extend("enum" = IssueType::WORDS))]
    pub r#type: &'static str,
    /// Particulars.
    pub context: Vec<Pair>,
}

/// A particular of an issue.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pair {
    /// Its name.
    pub key: &'static str,
    /// Its value, always a text.
    pub value: String,
}

/// `NextHopResult`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextHopResult {
    /// The type.
    #[schemars(extend("enum" = RouteNextHopType::WORDS))]
    pub next_hop_type: &'static str,
    /// The address, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_ip_address: Option<String>,
    /// The table's ARM id, or `System Route`.
    pub route_table_id: String,
}

/// `VerificationIPFlowResult`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IpFlowResult {
    /// `Allow` or `Deny`.
    #[schemars(extend("enum" = Access::WORDS))]
    pub access: &'static str,
    /// `securityRules/x` or `defaultSecurityRules/x`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_name: Option<String>,
}

/// `NetworkConfigurationDiagnosticResponse`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DiagnosticResponse {
    /// One for each profile asked for.
    pub results: Vec<DiagnosticResult>,
}

/// `NetworkConfigurationDiagnosticResult`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticResult {
    /// What was asked.
    pub profile: DiagnosticProfile,
    /// What the groups say.
    pub network_security_group_result: SecurityGroupResult,
}

/// `NetworkConfigurationDiagnosticProfile`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticProfile {
    /// `Inbound` or `Outbound`.
    #[schemars(extend("enum" = Direction::WORDS))]
    pub direction: &'static str,
    /// `*`, `TCP`, `UDP`, or as it was asked.
    pub protocol: String,
    /// `*`, an address or prefix, a tag.
    pub source: String,
    /// `*`, an address or prefix, a tag.
    pub destination: String,
    /// `*` or a port.
    pub destination_port: String,
}

/// `NetworkSecurityGroupResult`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupResult {
    /// `Allow` or `Deny`.
    #[schemars(extend("enum" = Access::WORDS))]
    pub security_rule_access_result: &'static str,
    /// The groups in the order in which they were evaluated.
    pub evaluated_network_security_groups: Vec<EvaluatedSecurityGroup>,
}

/// `EvaluatedNetworkSecurityGroup`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvaluatedSecurityGroup {
    /// The group's ARM id.
    pub network_security_group_id: String,
    /// The subnet's or NIC's ARM id.
    pub applied_to: String,
    /// The rule that matched.
    pub matched_rule: MatchedRule,
    /// The rules up to that one.
    pub rules_evaluation_result: Vec<RuleEvaluation>,
}

/// `MatchedRule`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatchedRule {
    /// `UserRule_x` or `DefaultRule_x`.
    pub rule_name: String,
    /// `Allow` or `Deny`.
    #[schemars(extend("enum" = Access::WORDS))]
    pub action: &'static str,
}

/// `NetworkSecurityRulesEvaluationResult`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleEvaluation {
    /// `UserRule_x` or `DefaultRule_x`.
    pub name: String,
    /// Whether the protocol does.
    pub protocol_matched: bool,
    /// Whether the source does.
    pub source_matched: bool,
    /// Whether the source's port does.
    pub source_port_matched: bool,
    /// Whether the destination does.
    pub destination_matched: bool,
    /// Whether the destination's port does.
    pub destination_port_matched: bool,
}

/// What Azure does not say of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dryhop {
    /// Every path.
    pub paths: Vec<Path>,
    /// `Symmetric`, `Asymmetric` or `Broken`; absent where no request arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ReturnPathWord::WORDS))]
    pub return_path: Option<&'static str>,
    /// The name of what answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// The flow as it reaches the destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// What the answer rests on without knowing it.
    pub assumptions: Vec<Assumption>,
    /// What was decided where Azure's documents leave a choice, and the answer rests on that.
    pub notes: Vec<Assumption>,
    /// Changes that were tried on a copy of the network, and with which it is Reachable, the best first.
    pub remedies: Vec<Remedy>,
    /// Of the round trips of all paths that work; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Its hops in order.
    pub hops: Vec<PathHop>,
    /// How it ends.
    #[schemars(extend("enum" = Disposition::WORDS))]
    pub disposition: &'static str,
    /// The part of all flows that takes it, from 0 to 1.
    pub share: f64,
    /// Of its round trips; absent where none comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// `Symmetric`, `Asymmetric` or `Broken`; absent where no request arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ReturnPathWord::WORDS))]
    pub return_path: Option<&'static str>,
    /// The ways back.
    pub replies: Vec<Reply>,
}

/// A hop of one path.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathHop {
    /// The id that it has among the hops of all paths.
    pub id: String,
    /// What checks call it.
    pub name: String,
    /// Whether the packet comes by there; behind a block everything is looked at all the same.
    pub reached: bool,
    /// What lies between it and the hop before, its own part included; absent where nothing takes time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<HopLatency>,
    /// What happened there, in order.
    pub steps: Vec<Step>,
    /// What is wrong there, with the place in the topology's files.
    pub issues: Vec<LocatedIssue>,
}

/// An issue with what causes it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocatedIssue {
    /// Its code, in kebab-case.
    pub code: &'static str,
    /// What it means.
    pub message: String,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The file that causes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// A way back.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// The names of what it comes by, the request's destination first.
    pub hops: Vec<String>,
    /// How it ends.
    #[schemars(extend("enum" = Disposition::WORDS))]
    pub disposition: &'static str,
    /// `Symmetric`, `Asymmetric` or `Broken`.
    #[schemars(extend("enum" = ReturnPathWord::WORDS))]
    pub return_path: &'static str,
}

/// A flow as it reaches its destination.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Seen {
    /// Where it comes from.
    pub source: String,
    /// Where it goes to.
    pub destination: String,
    /// To which port, where the protocol has ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// Something taken for granted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Assumption {
    /// Its code, in kebab-case.
    pub code: &'static str,
    /// What it is, in words.
    pub text: String,
}
