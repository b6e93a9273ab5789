//! What merging has to know of the format: where names stand, and which keys are singular and plural of
//! each other.

use super::merge::Shape;
use super::*;

/// Fields whose value is a map of names.
const NAME_MAPS: &[&str] = &[
    "virtualNetworks",
    "subnets",
    "peerings",
    "networkSecurityGroups",
    "securityRules",
    "applicationSecurityGroups",
    "routeTables",
    "routes",
    "publicIPAddresses",
    "natGateways",
    "virtualMachines",
    "virtualMachineScaleSets",
    "networkVirtualAppliances",
    "networkInterfaces",
    "ipConfigurations",
    "rules",
    "destinationNat",
    "azureFirewalls",
    "firewallPolicies",
    "ruleCollectionGroups",
    "ruleCollections",
    "ipGroups",
    "loadBalancers",
    "frontendIPConfigurations",
    "backendAddressPools",
    "probes",
    "loadBalancingRules",
    "inboundNatRules",
    "outboundRules",
    "applicationGateways",
    "listeners",
    "requestRoutingRules",
    "bastionHosts",
    "virtualNetworkGateways",
    "vpnClients",
    "localNetworkGateways",
    "expressRouteCircuits",
    "connections",
    "routeServers",
    "bgpConnections",
    "onPremisesSites",
    "hosts",
    "privateEndpoints",
    "services",
    "privateDnsZones",
    "virtualNetworkLinks",
    "recordSets",
    "dnsZones",
    "internetHosts",
    "networkManagers",
    "networkGroups",
    "securityAdminConfigurations",
    "custom",
    "regions",
    "zones",
    "elements",
    "tags",
    "checks",
    "nextHops",
    "ipFlows",
    "securityDiagnostics",
    "effectiveRoutes",
    "effectiveRules",
    "intents",
    "findings",
    "evaluated",
    "context",
];

/// Keys that have a plural, of every record that has any.
const PAIRS: &[&[(&str, &str)]] = &[
    Subnet::PAIRS,
    SecurityRule::PAIRS,
    AdminRule::PAIRS,
    GuestRule::PAIRS,
    ApplianceRule::PAIRS,
    DestinationNat::PAIRS,
    AzureFirewall::PAIRS,
    FirewallRule::PAIRS,
    VirtualNetworkGateway::PAIRS,
    InternetHost::PAIRS,
    NIC,
];

/// Keys that are singular and plural by meaning, and are read apart: one NIC is written without a name.
const NIC: &[(&str, &str)] = &[("networkInterface", "networkInterfaces")];

/// How many pairs there are.
const COUNT: usize = {
    let (mut record, mut count) = (0, 0);
    while record < PAIRS.len() {
        count += PAIRS[record].len();
        record += 1;
    }
    count
};

const ALL_PAIRS: [(&str, &str); COUNT] = {
    let mut all = [("", ""); COUNT];
    let (mut record, mut next) = (0, 0);
    while record < PAIRS.len() {
        let mut pair = 0;
        while pair < PAIRS[record].len() {
            all[next] = PAIRS[record][pair];
            next += 1;
            pair += 1;
        }
        record += 1;
    }
    all
};

/// The shape of the format.
pub const SHAPE: Shape = Shape {
    name_maps: NAME_MAPS,
    pairs: &ALL_PAIRS,
};
