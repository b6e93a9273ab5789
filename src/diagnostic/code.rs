//! The one table of codes. A code never changes once shipped; its texts may.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The question cannot be answered.
    Error,
    /// It can, and something is wrong or does nothing: a finding.
    Warning,
    /// What an answer rests on.
    Assumption,
    /// A finding of something that is worth knowing and may be meant so; of an answer, what was decided
    /// where Azure's documents leave a choice, and the answer rests on that.
    Note,
}

macro_rules! codes {
    ($($variant:ident, $severity:ident, $name:literal, $meaning:literal;)*) => {
        /// A stable code, in kebab-case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $meaning] $variant,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The code as users see it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How bad what it stands for is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// What it means, in one line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    Unreadable, Error, "unreadable", "a file or folder cannot be read";
    Syntax, Error, "syntax", "the text is neither YAML nor JSON";
    TooDeep, Error, "too-deep", "values are nested deeper than any topology needs";
    TooLarge, Error, "too-large", "a file, or what its aliases expand to, is larger than can be loaded";
    NotUtf8, Error, "not-utf8", "a file is not UTF-8 text";
    DuplicateKey, Error, "duplicate-key", "a key stands twice in one map, or in two files";
    UnknownKey, Error, "unknown-key", "a key that nothing reads";
    UnknownWord, Error, "unknown-word", "a word that is not among those possible";
    WrongType, Error, "wrong-type", "a value of another kind than expected";
    MissingKey, Error, "missing-key", "a key that must be there is not";
    BothSingularAndPlural, Error, "both-singular-and-plural", "a value is given by the singular and by the plural key at once";
    UnresolvedReference, Error, "unresolved-reference", "a name that nothing has";
    AmbiguousReference, Error, "ambiguous-reference", "a name that several things have";
    BadPrefix, Error, "bad-prefix", "not an address prefix";
    BadAddress, Error, "bad-address", "not an IP address";
    HostBitsSet, Error, "host-bits-set", "a prefix has bits set behind its length";
    BadPort, Error, "bad-port", "not a port or a range of ports";
    BadPriority, Error, "bad-priority", "a priority outside its range";
    BadName, Error, "bad-name", "a name that Azure does not accept";
    DuplicatePriority, Error, "duplicate-priority", "two rules of one direction have the same priority";
    OverlappingPrefixesInRule, Error, "overlapping-prefixes-in-rule", "prefixes in one list of a rule overlap";
    MixedAddressFamilies, Error, "mixed-address-families", "IPv4 and IPv6 where only one of them can be";
    TagBesidePrefixes, Error, "tag-beside-prefixes", "a service tag or `*` stands beside other prefixes";
    AddressSpaceOverlap, Error, "address-space-overlap", "two ranges of one virtual network overlap";
    SubnetOutsideVirtualNetwork, Error, "subnet-outside-virtual-network", "a subnet lies outside its virtual network";
    SubnetOverlap, Error, "subnet-overlap", "two subnets overlap";
    PeeredAddressSpaceOverlap, Error, "peered-address-space-overlap", "peered virtual networks overlap";
    AddressOutsideSubnet, Error, "address-outside-subnet", "an address lies outside its subnet";
    AddressReserved, Error, "address-reserved", "an address that Azure keeps for itself";
    AddressTaken, Error, "address-taken", "an address that something else has";
    SubnetFull, Error, "subnet-full", "a subnet has no free address left";
    AsgAcrossVirtualNetworks, Error, "asg-across-virtual-networks", "an application security group spans virtual networks";
    TwoRemoteGateways, Error, "two-remote-gateways", "a virtual network uses remote gateways more than once, or beside its own";
    GatewayTransitWithoutGateway, Error, "gateway-transit-without-gateway", "gateway transit where there is no gateway to pass to";
    NextHopAddressRequired, Error, "next-hop-address-required", "a route to an appliance names no address";
    NextHopAddressForbidden, Error, "next-hop-address-forbidden", "a route that goes to no appliance names an address";
    SpecialSubnetRule, Error, "special-subnet-rule", "a subnet of a platform service breaks a rule of that service";
    UnknownServiceTag, Error, "unknown-service-tag", "a service tag that Azure does not have";
    TwoGatewaysOfAType, Error, "two-gateways-of-a-type", "a virtual network has two gateways of one type";
    DuplicatePrefixInRouteTable, Error, "duplicate-prefix-in-route-table", "two routes of one table have the same prefix";
    UnsupportedLoadBalancingRule, Error, "unsupported-load-balancing-rule", "a load-balancing rule that Azure does not take";
    LimitExceeded, Error, "limit-exceeded", "more of something than Azure allows";
    NotCarriedOver, Warning, "not-carried-over", "something of an imported definition has no counterpart in a topology";
    AssumedListener, Assumption, "assumed-listener", "a guest whose listeners are not given is taken to listen";
    AssumedInternetHostAnswers, Assumption, "assumed-internet-host-answers", "a public address that is not listed is taken to answer";
    AssumedAddress, Assumption, "assumed-address", "an address was assigned here, and Azure may assign another";
    AssumedSourcePort, Assumption, "assumed-source-port", "what a rule decides depends on a source port that is not named";
    AssumedServiceTag, Assumption, "assumed-service-tag", "the content of a service tag is not known here";
    EstimatedLatency, Assumption, "estimated-latency", "a latency is an estimate";
    DefaultLatency, Assumption, "default-latency", "a latency is a default";
    NotModelled, Assumption, "not-modelled", "something on the way is not modelled yet";
    UnlistedName, Assumption, "unlisted-name", "a name that the topology does not list";
    TagTakesDefaultRoute, Note, "tag-takes-default-route", "VirtualNetwork holds every address because of a default route";
    ShadowedRule, Warning, "shadowed-rule", "a rule of a security group, a network manager or a firewall policy that never decides, since rules before it do otherwise";
    RedundantRule, Note, "redundant-rule", "a rule of a security group, a network manager or a firewall policy that never decides, since rules before it do the same";
    RuleNeverMatches, Warning, "rule-never-matches", "a rule of a security group, a network manager or a firewall policy that no packet can match where it is applied";
    PortsIgnored, Warning, "ports-ignored", "a security rule names ports for a protocol that has none";
    HealthProbeDenied, Warning, "health-probe-denied", "a security rule keeps a load balancer's health probes from a member of its pool";
    PublicFrontendClosed, Warning, "public-frontend-closed", "a Standard public load balancer leads to a member that no security group opens";
    PublicIpClosed, Note, "public-ip-closed", "a Standard public address belongs to a machine that no security group opens";
    NextHopIsNobody, Warning, "next-hop-is-nobody", "a route leads to an address that nothing within reach has";
    NextHopDoesNotForward, Warning, "next-hop-does-not-forward", "a route leads to something that does not forward";
    NextHopLoop, Warning, "next-hop-loop", "the appliance that a route leads to sends the packets back to itself";
    RouteToMissingGateway, Warning, "route-to-missing-gateway", "a route leads to a gateway that is not there";
    RouteNeverUsed, Warning, "route-never-used", "a route that wins for no address, since others do for each of them";
    OneSidedPeering, Warning, "one-sided-peering", "a peering that only one side has";
    DisconnectedPeering, Warning, "disconnected-peering", "a peering that is not Connected on both sides";
    ForwardedTrafficRefused, Warning, "forwarded-traffic-refused", "a peering refuses what the appliance behind it sends back";
    AsymmetricRouting, Warning, "asymmetric-routing", "one way leads through a stateful appliance and the way back does not";
    BastionRequiredRuleMissing, Warning, "bastion-required-rule-missing", "the security group of a Bastion host's subnet denies what Azure requires";
    ApplicationGatewayRequiredRuleMissing, Warning, "application-gateway-required-rule-missing", "the security group of an application gateway's subnet denies what Azure requires";
    ApplicationGatewayDefaultRoute, Warning, "application-gateway-default-route", "a default route draws an application gateway's traffic away from the Internet";
    FirewallDefaultRoute, Warning, "firewall-default-route", "a default route draws Azure Firewall's traffic away from the Internet";
    GatewaySubnetPropagationDisabled, Warning, "gateway-subnet-propagation-disabled", "the route table of a gateway's subnet keeps gateway routes out";
    IgnoredSecurityGroup, Warning, "ignored-security-group", "a security group on a subnet where the platform ignores it";
    EndpointIgnoresSecurityGroup, Note, "endpoint-ignores-security-group", "a security group on the subnet of a private endpoint, which it does not filter";
    UnapprovedEndpoint, Warning, "unapproved-endpoint", "a private endpoint that carries no traffic";
    RouteWithoutOutbound, Warning, "route-without-outbound", "a route leads to the Internet from a subnet that has no way out";
    MissingOutboundMethod, Note, "missing-outbound-method", "a machine whose way to the Internet has no outbound method";
    DefaultOutboundAccess, Note, "default-outbound-access", "machines that reach the Internet by default outbound access only";
    PublicAddressDrawnAway, Warning, "public-address-drawn-away", "a public address whose replies go to an appliance or a gateway instead";
    NatGatewayBypassed, Warning, "nat-gateway-bypassed", "a NAT gateway on a subnet from which nothing goes to the Internet directly";
    OnPremisesOverlap, Warning, "on-premises-overlap", "ranges on premises lie inside those of a virtual network that is to reach them";
    CircuitLinkDown, Warning, "circuit-link-down", "an ExpressRoute circuit of which a link is down";
    RetiredSku, Warning, "retired-sku", "a SKU that Azure has retired";
    UnusedNetworkSecurityGroup, Note, "unused-network-security-group", "a network security group that is applied to nothing";
    UnusedRouteTable, Note, "unused-route-table", "a route table that no subnet has";
    UnusedApplicationSecurityGroup, Note, "unused-application-security-group", "an application security group without members that no rule names";
    UnusedPublicIp, Note, "unused-public-ip", "a public address that nothing has";
    UnusedNatGateway, Note, "unused-nat-gateway", "a NAT gateway that no subnet has";
    UnusedFirewallPolicy, Note, "unused-firewall-policy", "a firewall policy that no firewall has";
    UnusedRuleCollection, Note, "unused-rule-collection", "security admin rules that apply to no virtual network";
    UnusedAllow, Note, "unused-allow", "a comment allows a finding that is not there";
}

impl Code {
    /// Whether it is one of `lint`'s: errors stop everything, assumptions go with answers, and what an import
    /// leaves out is said when it is loaded.
    #[must_use]
    pub const fn is_finding(self) -> bool {
        let loading = matches!(self, Self::NotCarriedOver);
        !loading && matches!(self.severity(), Severity::Warning | Severity::Note)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
