//! The one table of codes. A code never changes once shipped; its texts may.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The question cannot be answered.
    Error,
    /// It can, and something is likely wrong.
    Warning,
    /// What an answer rests on.
    Assumption,
    /// What was decided where Azure's documents leave a choice, and an answer rests on that.
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
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
