//! The codes of issues: one for each kind of fault, where Azure's types are coarse.

use super::Issue;
use crate::spec::checks::{IssueSeverity, IssueType};

/// The code of a kind of issue, which never changes once shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IssueCode {
    /// The code as users see it.
    pub name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($constant:ident, $name:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: IssueCode = IssueCode { name: $name, meaning: $meaning };)*

        /// Every code there is.
        pub const ISSUE_CODES: &[IssueCode] = &[$($constant,)*];
    };
}

codes! {
    SECURITY_RULE_DENIES, "security-rule-denies", "a rule of a network security group or a security admin rule denies the flow";
    PUBLIC_ADDRESS_CLOSED, "public-address-closed", "a Standard public address is closed until a security group opens it";
    ROUTE_DROPS, "route-drops", "the route that wins, or the lack of one, drops the packet";
    ROUTING_LOOP, "routing-loop", "a route leads back to where the packet has been";
    NEXT_HOP_UNREACHABLE, "next-hop-unreachable", "nothing within reach has the next hop's address";
    IP_FORWARDING_OFF, "ip-forwarding-off", "a NIC drops what is not its own";
    GUEST_FORWARDING_OFF, "guest-forwarding-off", "the operating system of a next hop does not forward";
    PEERING_REFUSES, "peering-refuses", "a flag of a peering does not let the packet in";
    PEERING_NOT_CONNECTED, "peering-not-connected", "a peering is not connected on both sides";
    GATEWAY_TRANSIT_OFF, "gateway-transit-off", "a peer's gateway leads there, and a flag of the peering keeps it from being used";
    CONNECTION_DOWN, "connection-down", "a connection of a gateway would lead there, and does not stand";
    NO_OUTBOUND_METHOD, "no-outbound-method", "there is no way out to the Internet";
    ASYMMETRIC_REPLY, "asymmetric-reply", "an appliance that keeps state sees one direction only";
    BASIC_LOAD_BALANCER, "basic-load-balancer", "a Basic load balancer is not reached over global peering";
    NO_LOAD_BALANCING_RULE, "no-load-balancing-rule", "no rule of a load balancer is for the protocol and port";
    NO_HEALTHY_BACKEND, "no-healthy-backend", "no member of the pool of a load balancer or an application gateway takes new flows";
    REQUIRED_RULE_MISSING, "required-rule-missing", "a security group keeps out what an application gateway or a Bastion host needs";
    DEFAULT_ROUTE_NOT_SUPPORTED, "default-route-not-supported", "the default route of an application gateway's subnet does not lead to the Internet";
    HAIRPIN, "hairpin", "a load balancer sends a member back to itself";
    ENDPOINT_NOT_APPROVED, "endpoint-not-approved", "a private endpoint is not approved";
    ENDPOINT_ANSWERS_NO_PING, "endpoint-answers-no-ping", "a private endpoint does not answer ping";
    APPLIANCE_FILTER_DENIES, "appliance-filter-denies", "the filter of an appliance denies the flow";
    FIREWALL_RULE_DENIES, "firewall-rule-denies", "a rule of an Azure Firewall, or the lack of one, denies the flow";
    FIREWALL_ANSWERS_ITSELF, "firewall-answers-itself", "an Azure Firewall completes the handshake of what it denies";
    GUEST_FIREWALL_BLOCKS, "guest-firewall-blocks", "a guest's own firewall denies the flow";
    NO_LISTENER, "no-listener", "nothing listens on the port";
    MACHINE_NOT_RUNNING, "machine-not-running", "a machine does not run";
    AGENT_STOPPED, "agent-stopped", "the source has no agent that could send";
    SOCKET_BIND, "socket-bind", "the source port is in use";
    NAME_NOT_RESOLVED, "name-not-resolved", "a name does not resolve";
    ARP_MISSING, "arp-missing", "a circuit lacks entries of ARP";
    ADDRESS_NOT_IN_USE, "address-not-in-use", "nothing has the address";
    ADDRESS_OF_ANOTHER, "address-of-another", "another machine has the destination's address where the packet comes";
    PLATFORM_REFUSES, "platform-refuses", "the platform does not carry or take the connection";
    HIGH_CPU, "high-cpu", "a machine's processor is busy";
    HIGH_MEMORY, "high-memory", "a machine's memory is nearly full";
}

/// The precise name of a fault, where its issue has one.
#[must_use]
pub fn detail(issue: &Issue) -> &str {
    context(issue, "Detail").unwrap_or_default()
}

/// A particular of an issue.
#[must_use]
pub fn context<'i>(issue: &'i Issue, name: &str) -> Option<&'i str> {
    issue
        .context
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.as_str())
}

/// The code of an issue, by its type and its detail.
#[must_use]
pub fn code(issue: &Issue) -> IssueCode {
    match issue.kind {
        IssueType::NetworkSecurityRule => match detail(issue) {
            "ApplianceFilter" => APPLIANCE_FILTER_DENIES,
            "AzureFirewall" if issue.severity == IssueSeverity::Warning => FIREWALL_ANSWERS_ITSELF,
            "AzureFirewall" => FIREWALL_RULE_DENIES,
            "RequiredRuleMissing" => REQUIRED_RULE_MISSING,
            _ if context(issue, "RuleName") == Some("StandardPublicIpClosedByDefault") => {
                PUBLIC_ADDRESS_CLOSED
            }
            _ => SECURITY_RULE_DENIES,
        },
        IssueType::UserDefinedRoute | IssueType::Platform => routing(detail(issue)),
        IssueType::GuestFirewall => GUEST_FIREWALL_BLOCKS,
        IssueType::NoListenerOnDestination => NO_LISTENER,
        IssueType::VmStopped | IssueType::VmDeallocated => MACHINE_NOT_RUNNING,
        IssueType::AgentStopped => AGENT_STOPPED,
        IssueType::SocketBind => SOCKET_BIND,
        IssueType::DnsResolution => NAME_NOT_RESOLVED,
        IssueType::ArpMissing => ARP_MISSING,
        IssueType::Cpu => HIGH_CPU,
        IssueType::Memory => HIGH_MEMORY,
    }
}

/// The code of a fault that Azure's types only call a route's.
fn routing(detail: &str) -> IssueCode {
    match detail {
        "UDRLoop" => ROUTING_LOOP,
        "NextHopUnreachable" => NEXT_HOP_UNREACHABLE,
        "IPForwardingNotEnabled" => IP_FORWARDING_OFF,
        "GuestForwardingDisabled" => GUEST_FORWARDING_OFF,
        "VnetAccessNotAllowed" | "ForwardedTrafficNotAllowed" | "SubnetNotPeered" => {
            PEERING_REFUSES
        }
        "PeeringNotConnected" => PEERING_NOT_CONNECTED,
        "AllowGatewayTransitNotEnabled" | "UseRemoteGatewaysNotEnabled" => GATEWAY_TRANSIT_OFF,
        "ConnectionDisconnected" => CONNECTION_DOWN,
        "NoOutboundMethod" => NO_OUTBOUND_METHOD,
        "AsymmetricReply" => ASYMMETRIC_REPLY,
        "BasicILBNotSupportedWithGlobalPeering" => BASIC_LOAD_BALANCER,
        "NoLoadBalancingRule" => NO_LOAD_BALANCING_RULE,
        "NoHealthyBackend" => NO_HEALTHY_BACKEND,
        "DefaultRouteNotSupported" => DEFAULT_ROUTE_NOT_SUPPORTED,
        "Hairpin" => HAIRPIN,
        "EndpointNotApproved" => ENDPOINT_NOT_APPROVED,
        "EndpointAnswersNoPing" => ENDPOINT_ANSWERS_NO_PING,
        "AddressNotInUse" => ADDRESS_NOT_IN_USE,
        "AddressOfAnotherMachine" => ADDRESS_OF_ANOTHER,
        "OutboundSmtpBlocked" | "PublicNetworkAccessDisabled" | "GlobalPeeringNotSupported" => {
            PLATFORM_REFUSES
        }
        _ => ROUTE_DROPS,
    }
}

#[cfg(test)]
mod tests {
    use super::ISSUE_CODES;
    use crate::diagnostic::Code;

    #[test]
    fn codes_are_kebab_case_and_stand_once() {
        let mut names: Vec<_> = ISSUE_CODES.iter().map(|code| code.name).collect();
        names.extend(Code::ALL.iter().map(|code| code.name()));
        for name in &names {
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
