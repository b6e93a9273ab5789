//! Virtual networks, security groups, routes, public addresses (azurerm's `virtual_network`, `subnet`,
//! `network_security_group`, `route_table`, `public_ip`, `nat_gateway` and those beside them).

use super::To::{Address, Blocks, Keep, Left, Link, Links, None, Not, One, Word, Wrap};
use super::{Attr, Parent, Table, a};

pub(super) const VNET: &[&str] = &["azurerm_virtual_network"];
pub(super) const SUBNET: &[&str] = &["azurerm_subnet"];
pub(super) const NSG: &[&str] = &["azurerm_network_security_group"];
pub(super) const ASG: &[&str] = &["azurerm_application_security_group"];
pub(super) const PIP: &[&str] = &["azurerm_public_ip"];
pub(super) const PREFIX: &[&str] = &["azurerm_public_ip_prefix"];
const TABLE: &[&str] = &["azurerm_route_table"];

const DELEGATION: &[Attr] = &[
    a("name", None),
    a(
        "service_delegation",
        One("", &[a("name", Keep("serviceName")), a("actions", None)]),
    ),
];

const INLINE_SUBNET: &[Attr] = &[
    a("id", None),
    a("name", None),
    a("address_prefix", Keep("addressPrefix")),
    a("address_prefixes", Keep("addressPrefixes")),
    a("security_group", Link("networkSecurityGroup", NSG)),
    a("route_table_id", Link("routeTable", TABLE)),
    a("service_endpoints", Wrap("serviceEndpoints", "service")),
    a(
        "service_endpoint",
        Blocks("serviceEndpoints", &[a("service", Keep("service"))]),
    ),
    a("delegation", Blocks("delegations", DELEGATION)),
    a(
        "default_outbound_access_enabled",
        Keep("defaultOutboundAccess"),
    ),
    a(
        "private_endpoint_network_policies",
        Keep("privateEndpointNetworkPolicies"),
    ),
    a(
        "private_link_service_network_policies_enabled",
        Word("privateLinkServiceNetworkPolicies", "Enabled", "Disabled"),
    ),
    a(
        "service_endpoint_policy_ids",
        Left("policies of service endpoints are not modelled"),
    ),
];

const RULE: &[Attr] = &[
    a("name", None),
    a("description", None),
    a("priority", Keep("priority")),
    a("direction", Keep("direction")),
    a("access", Keep("access")),
    a("protocol", Keep("protocol")),
    a("source_address_prefix", Keep("sourceAddressPrefix")),
    a("source_address_prefixes", Keep("sourceAddressPrefixes")),
    a("source_port_range", Keep("sourcePortRange")),
    a("source_port_ranges", Keep("sourcePortRanges")),
    a(
        "source_application_security_group_ids",
        Links("sourceApplicationSecurityGroups", ASG),
    ),
    a(
        "destination_address_prefix",
        Keep("destinationAddressPrefix"),
    ),
    a(
        "destination_address_prefixes",
        Keep("destinationAddressPrefixes"),
    ),
    a("destination_port_range", Keep("destinationPortRange")),
    a("destination_port_ranges", Keep("destinationPortRanges")),
    a(
        "destination_application_security_group_ids",
        Links("destinationApplicationSecurityGroups", ASG),
    ),
    a("network_security_group_name", None),
];

const ROUTE: &[Attr] = &[
    a("name", None),
    a("address_prefix", Keep("addressPrefix")),
    a("next_hop_type", Keep("nextHopType")),
    a("next_hop_in_ip_address", Address("nextHopIpAddress")),
    a("route_table_name", None),
];

/// The tables.
pub(super) const ALL: &[Table] = &[
    Table {
        azurerm: "azurerm_virtual_network",
        arm: "Microsoft.Network/virtualNetworks",
        parent: Parent::None,
        attrs: &[
            a("address_space", Keep("addressSpace.addressPrefixes")),
            a("address_spaces", Keep("addressSpace.addressPrefixes")),
            a("dns_servers", Address("dhcpOptions.dnsServers")),
            a("flow_timeout_in_minutes", Keep("flowTimeoutInMinutes")),
            a("subnet", Blocks("subnets", INLINE_SUBNET)),
            // Of a data source: names, and what is told by the peerings themselves.
            a("subnets", None),
            a("vnet_peerings", None),
            a("vnet_peerings_addresses", None),
            a("ddos_protection_plan", None),
            a("vm_protection_enabled", None),
            a("edge_zone", None),
            a("private_endpoint_vnet_policies", None),
            a("bgp_community", Left("communities of BGP are not modelled")),
            a(
                "encryption",
                Left("encryption between machines is not modelled"),
            ),
            a(
                "ip_address_pool",
                Left("pools of addresses are not modelled"),
            ),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_subnet",
        arm: "Microsoft.Network/virtualNetworks/subnets",
        parent: Parent::Of("virtual_network_name", VNET),
        attrs: &[
            a("virtual_network_name", None),
            a("address_prefix", Keep("addressPrefix")),
            a("address_prefixes", Keep("addressPrefixes")),
            a(
                "network_security_group_id",
                Link("networkSecurityGroup", NSG),
            ),
            a(
                "network_security_group_id_wo",
                Link("networkSecurityGroup", NSG),
            ),
            a("route_table_id", Link("routeTable", TABLE)),
            a("route_table_id_wo", Link("routeTable", TABLE)),
            a("network_security_group_id_wo_version", None),
            a("route_table_id_wo_version", None),
            a("service_endpoints", Wrap("serviceEndpoints", "service")),
            a(
                "service_endpoint",
                Blocks(
                    "serviceEndpoints",
                    &[a("service", Keep("service")), a("locations", None)],
                ),
            ),
            a("delegation", Blocks("delegations", DELEGATION)),
            a(
                "default_outbound_access_enabled",
                Keep("defaultOutboundAccess"),
            ),
            a(
                "private_endpoint_network_policies",
                Keep("privateEndpointNetworkPolicies"),
            ),
            a(
                "private_endpoint_network_policies_enabled",
                Word("privateEndpointNetworkPolicies", "Enabled", "Disabled"),
            ),
            a(
                "enforce_private_link_endpoint_network_policies",
                Word("privateEndpointNetworkPolicies", "Disabled", "Enabled"),
            ),
            a(
                "private_link_service_network_policies_enabled",
                Word("privateLinkServiceNetworkPolicies", "Enabled", "Disabled"),
            ),
            a(
                "enforce_private_link_service_network_policies",
                Word("privateLinkServiceNetworkPolicies", "Disabled", "Enabled"),
            ),
            a(
                "service_endpoint_policy_ids",
                Left("policies of service endpoints are not modelled"),
            ),
            a("sharing_scope", None),
            a("ip_configurations", None),
            a(
                "ip_address_pool",
                Left("pools of addresses are not modelled"),
            ),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_virtual_network_peering",
        arm: "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        parent: Parent::Of("virtual_network_name", VNET),
        attrs: &[
            a("virtual_network_name", None),
            a(
                "remote_virtual_network_id",
                Link("remoteVirtualNetwork", VNET),
            ),
            a(
                "allow_virtual_network_access",
                Keep("allowVirtualNetworkAccess"),
            ),
            a("allow_forwarded_traffic", Keep("allowForwardedTraffic")),
            a("allow_gateway_transit", Keep("allowGatewayTransit")),
            a("use_remote_gateways", Keep("useRemoteGateways")),
            a(
                "peer_complete_virtual_networks_enabled",
                Keep("peerCompleteVnets"),
            ),
            a("local_subnet_names", Keep("localSubnetNames")),
            a("remote_subnet_names", Keep("remoteSubnetNames")),
            a("only_ipv6_peering_enabled", Keep("enableOnlyIPv6Peering")),
            a("triggers", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_security_group",
        arm: "Microsoft.Network/networkSecurityGroups",
        parent: Parent::None,
        attrs: &[a("security_rule", Blocks("securityRules", RULE))],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_security_rule",
        arm: "Microsoft.Network/networkSecurityGroups/securityRules",
        parent: Parent::Of("network_security_group_name", NSG),
        attrs: RULE,
        needed: &[
            "source_address_prefix",
            "source_address_prefixes",
            "source_port_range",
            "source_port_ranges",
            "destination_address_prefix",
            "destination_address_prefixes",
            "destination_port_range",
            "destination_port_ranges",
            "priority",
            "access",
            "direction",
            "protocol",
        ],
    },
    Table {
        azurerm: "azurerm_application_security_group",
        arm: "Microsoft.Network/applicationSecurityGroups",
        parent: Parent::None,
        attrs: &[],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_route_table",
        arm: "Microsoft.Network/routeTables",
        parent: Parent::None,
        attrs: &[
            a("route", Blocks("routes", ROUTE)),
            a(
                "disable_bgp_route_propagation",
                Keep("disableBgpRoutePropagation"),
            ),
            a(
                "bgp_route_propagation_enabled",
                Not("disableBgpRoutePropagation"),
            ),
            a("subnets", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_route",
        arm: "Microsoft.Network/routeTables/routes",
        parent: Parent::Of("route_table_name", TABLE),
        attrs: ROUTE,
        needed: &["address_prefix", "next_hop_type", "next_hop_in_ip_address"],
    },
    Table {
        azurerm: "azurerm_public_ip",
        arm: "Microsoft.Network/publicIPAddresses",
        parent: Parent::None,
        attrs: &[
            a("ip_address", Keep("ipAddress")),
            a("sku", Keep("sku.name")),
            a("fqdn", Keep("dnsSettings.fqdn")),
            a("allocation_method", Keep("publicIPAllocationMethod")),
            a("ip_version", Keep("publicIPAddressVersion")),
            a("zones", None),
            a("availability_zone", None),
            a("domain_name_label", None),
            a("domain_name_label_scope", None),
            a("reverse_fqdn", None),
            a("idle_timeout_in_minutes", None),
            a("ip_tags", None),
            a("sku_tier", None),
            a("public_ip_prefix_id", None),
            a("ddos_protection_mode", None),
            a("ddos_protection_plan_id", None),
            a("edge_zone", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_public_ip_prefix",
        arm: "Microsoft.Network/publicIPPrefixes",
        parent: Parent::None,
        attrs: &[
            a("ip_prefix", Keep("ipPrefix")),
            a("prefix_length", None),
            a("ip_version", None),
            a("sku", None),
            a("sku_tier", None),
            a("zones", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_nat_gateway",
        arm: "Microsoft.Network/natGateways",
        parent: Parent::None,
        attrs: &[
            a("public_ip_address_ids", Links("publicIpAddresses", PIP)),
            a("public_ip_prefix_ids", Links("publicIpPrefixes", PREFIX)),
            a("idle_timeout_in_minutes", Keep("idleTimeoutInMinutes")),
            a("sku_name", Keep("sku.name")),
            a("zones", None),
        ],
        needed: &[],
    },
];
