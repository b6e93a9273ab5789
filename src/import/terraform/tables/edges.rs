//! Gateways, connections, circuits, Route Servers, private endpoints, network managers.

use super::To::{Blocks, Keep, Left, Link, Links, None, One, Text};
use super::networks::{PIP, SUBNET, VNET};
use super::{Attr, Parent, Table, a};

const GATEWAY: &[&str] = &["azurerm_virtual_network_gateway"];
const LOCAL: &[&str] = &["azurerm_local_network_gateway"];
const CIRCUIT: &[&str] = &["azurerm_express_route_circuit"];
const SERVER: &[&str] = &["azurerm_route_server"];
const ZONE: &[&str] = &["azurerm_private_dns_zone"];
const MANAGER: &[&str] = &["azurerm_network_manager"];
const GROUP: &[&str] = &["azurerm_network_manager_network_group"];

/// What private endpoints lead to.
const SERVICE: &[&str] = &[
    "azurerm_storage_account",
    "azurerm_key_vault",
    "azurerm_mssql_server",
    "azurerm_sql_server",
    "azurerm_linux_web_app",
    "azurerm_windows_web_app",
    "azurerm_app_service",
    "azurerm_linux_function_app",
    "azurerm_windows_function_app",
    "azurerm_container_registry",
    "azurerm_cosmosdb_account",
    "azurerm_servicebus_namespace",
    "azurerm_eventhub_namespace",
    "azurerm_cognitive_account",
    "azurerm_redis_cache",
    "azurerm_postgresql_flexible_server",
    "azurerm_mysql_flexible_server",
];

const BGP: &[Attr] = &[
    a("asn", Keep("asn")),
    a("peering_address", Keep("bgpPeeringAddress")),
    a("bgp_peering_address", Keep("bgpPeeringAddress")),
    a("peer_weight", None),
    a(
        "peering_addresses",
        Blocks(
            "bgpPeeringAddresses",
            &[
                a("ip_configuration_name", None),
                a("apipa_addresses", None),
                a("default_addresses", Keep("defaultBgpIpAddresses")),
                a("tunnel_ip_addresses", None),
            ],
        ),
    ),
];

/// A service that a private endpoint may lead to: only where it is and whether it is open.
macro_rules! service {
    ($azurerm:literal, $arm:literal $(, $own:expr)*) => {
        Table {
            azurerm: $azurerm,
            arm: $arm,
            parent: Parent::None,
            attrs: &[a("public_network_access_enabled", super::To::Word("publicNetworkAccess", "Enabled", "Disabled")), $($own,)*],
            needed: &[],
        }
    };
}

/// Rules of who may reach a service.
const ADMITTED: &[Attr] = &[
    a("default_action", Keep("defaultAction")),
    a("ip_rules", Keep("ipRules")),
    a(
        "virtual_network_subnet_ids",
        Links("virtualNetworkRules", SUBNET),
    ),
    a("bypass", None),
    a("private_link_access", None),
];

/// The tables.
pub(super) const ALL: &[Table] = &[
    Table {
        azurerm: "azurerm_virtual_network_gateway",
        arm: "Microsoft.Network/virtualNetworkGateways",
        parent: Parent::None,
        attrs: &[
            a("type", Keep("gatewayType")),
            a("vpn_type", Keep("vpnType")),
            a("sku", Keep("sku.name")),
            a("enable_bgp", Keep("enableBgp")),
            a("bgp_enabled", Keep("enableBgp")),
            a("active_active", Keep("activeActive")),
            a("active_active_enabled", Keep("activeActive")),
            a("bgp_settings", One("bgpSettings", BGP)),
            a(
                "ip_configuration",
                Blocks(
                    "ipConfigurations",
                    &[
                        a("name", None),
                        a("id", None),
                        a("subnet_id", Link("subnet", SUBNET)),
                        a("public_ip_address_id", Link("publicIPAddress", PIP)),
                        a("private_ip_address_allocation", None),
                    ],
                ),
            ),
            a(
                "default_local_network_gateway_id",
                Link("gatewayDefaultSite", LOCAL),
            ),
            a(
                "vpn_client_configuration",
                One(
                    "vpnClientConfiguration",
                    &[
                        a(
                            "address_space",
                            Keep("vpnClientAddressPool.addressPrefixes"),
                        ),
                        a("aad_tenant", None),
                        a("aad_audience", None),
                        a("aad_issuer", None),
                        a("ipsec_policy", None),
                        a("root_certificate", None),
                        a("revoked_certificate", None),
                        a("radius_server", None),
                        a("radius_server_address", None),
                        a("radius_server_secret", None),
                        a("vpn_client_protocols", None),
                        a("vpn_auth_types", None),
                        a("virtual_network_gateway_client_connection", None),
                    ],
                ),
            ),
            a(
                "custom_route",
                Left("custom routes of point-to-site clients are not modelled"),
            ),
            a(
                "bgp_route_translation_for_nat_enabled",
                Left("translation at a gateway is not modelled"),
            ),
            a(
                "private_ip_address_enabled",
                Left("private addresses of VPN gateways are not modelled"),
            ),
            a("generation", None),
            a("dns_forwarding_enabled", None),
            a("ip_sec_replay_protection_enabled", None),
            a("remote_vnet_traffic_enabled", None),
            a("virtual_wan_traffic_enabled", None),
            a("edge_zone", None),
            a("policy_group", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_local_network_gateway",
        arm: "Microsoft.Network/localNetworkGateways",
        parent: Parent::None,
        attrs: &[
            a("gateway_address", super::To::Address("gatewayIpAddress")),
            a("gateway_fqdn", Keep("fqdn")),
            a(
                "address_space",
                Keep("localNetworkAddressSpace.addressPrefixes"),
            ),
            a("bgp_settings", One("bgpSettings", BGP)),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_virtual_network_gateway_connection",
        arm: "Microsoft.Network/connections",
        parent: Parent::None,
        attrs: &[
            a("type", Keep("connectionType")),
            a(
                "virtual_network_gateway_id",
                Link("virtualNetworkGateway1", GATEWAY),
            ),
            a(
                "local_network_gateway_id",
                Link("localNetworkGateway2", LOCAL),
            ),
            a(
                "peer_virtual_network_gateway_id",
                Link("virtualNetworkGateway2", GATEWAY),
            ),
            a("express_route_circuit_id", Link("peer", CIRCUIT)),
            a("enable_bgp", Keep("enableBgp")),
            a("bgp_enabled", Keep("enableBgp")),
            a("routing_weight", Keep("routingWeight")),
            a(
                "use_policy_based_traffic_selectors",
                Left("traffic selectors are not modelled"),
            ),
            a(
                "traffic_selector_policy",
                Left("traffic selectors are not modelled"),
            ),
            a(
                "egress_nat_rule_ids",
                Left("translation at a gateway is not modelled"),
            ),
            a(
                "ingress_nat_rule_ids",
                Left("translation at a gateway is not modelled"),
            ),
            a(
                "express_route_gateway_bypass",
                Left("FastPath is stated at the gateway, as `fastPath`"),
            ),
            a(
                "private_link_fast_path_enabled",
                Left("FastPath is stated at the gateway, as `fastPath`"),
            ),
            a("shared_key", None),
            a("authorization_key", None),
            a("connection_mode", None),
            a("connection_protocol", None),
            a("dpd_timeout_seconds", None),
            a("ipsec_policy", None),
            a("local_azure_ip_address_enabled", None),
            a("custom_bgp_addresses", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_express_route_circuit",
        arm: "Microsoft.Network/expressRouteCircuits",
        parent: Parent::None,
        attrs: &[
            a(
                "peering_location",
                Keep("serviceProviderProperties.peeringLocation"),
            ),
            a(
                "bandwidth_in_mbps",
                Keep("serviceProviderProperties.bandwidthInMbps"),
            ),
            a("service_provider_name", None),
            a("sku", None),
            a("allow_classic_operations", None),
            a("service_key", None),
            a("authorization_key", None),
            a("service_provider_provisioning_state", None),
            a("express_route_port_id", None),
            a("bandwidth_in_gbps", None),
            a("rate_limiting_enabled", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_express_route_circuit_peering",
        arm: "Microsoft.Network/expressRouteCircuits/peerings",
        parent: Parent::Of("express_route_circuit_name", CIRCUIT),
        attrs: &[
            a("express_route_circuit_name", None),
            a("peering_type", None),
            a("peer_asn", None),
            a("primary_peer_address_prefix", None),
            a("secondary_peer_address_prefix", None),
            a("vlan_id", None),
            a("shared_key", None),
            a("azure_asn", None),
            a("primary_azure_port", None),
            a("secondary_azure_port", None),
            a("gateway_manager_etag", None),
            a("ipv4_enabled", None),
            a("ipv6", None),
            a("route_filter_id", None),
            a("microsoft_peering_config", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_route_server",
        arm: "Microsoft.Network/virtualHubs",
        parent: Parent::None,
        attrs: &[
            a("subnet_id", Link("home.subnet", SUBNET)),
            a("public_ip_address_id", Link("home.publicIPAddress", PIP)),
            a(
                "branch_to_branch_traffic_enabled",
                Keep("allowBranchToBranchTraffic"),
            ),
            a("hub_routing_preference", Keep("hubRoutingPreference")),
            a("sku", None),
            a("virtual_router_asn", None),
            a("virtual_router_ips", None),
            a("routing_state", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_route_server_bgp_connection",
        arm: "Microsoft.Network/virtualHubs/bgpConnections",
        parent: Parent::Of("route_server_id", SERVER),
        attrs: &[
            a("route_server_id", None),
            a("peer_asn", Keep("peerAsn")),
            a("peer_ip", super::To::Address("peerIp")),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_private_endpoint",
        arm: "Microsoft.Network/privateEndpoints",
        parent: Parent::None,
        attrs: &[
            a("subnet_id", Link("subnet", SUBNET)),
            a(
                "private_service_connection",
                Blocks(
                    "privateLinkServiceConnections",
                    &[
                        a("name", None),
                        a(
                            "private_connection_resource_id",
                            Text("privateLinkServiceId", SERVICE),
                        ),
                        a(
                            "private_connection_resource_alias",
                            Left("services by their alias are not modelled"),
                        ),
                        a("subresource_names", Keep("groupIds")),
                        a("is_manual_connection", Keep("isManual")),
                        a("private_ip_address", Keep("privateIPAddress")),
                        a("request_message", None),
                    ],
                ),
            ),
            a(
                "ip_configuration",
                Blocks(
                    "ipConfigurations",
                    &[
                        a("name", None),
                        a("private_ip_address", Keep("privateIPAddress")),
                        a("subresource_name", None),
                        a("member_name", None),
                    ],
                ),
            ),
            a(
                "private_dns_zone_group",
                Blocks(
                    "zoneGroups",
                    &[
                        a("name", None),
                        a("id", None),
                        a("private_dns_zone_ids", Links("zones", ZONE)),
                    ],
                ),
            ),
            a(
                "custom_dns_configs",
                Blocks(
                    "customDnsConfigs",
                    &[
                        a("fqdn", Keep("fqdn")),
                        a("ip_addresses", Keep("ipAddresses")),
                    ],
                ),
            ),
            a("private_dns_zone_configs", None),
            a("network_interface", None),
            a("custom_network_interface_name", None),
        ],
        needed: &[],
    },
    service!(
        "azurerm_storage_account",
        "Microsoft.Storage/storageAccounts",
        a("network_rules", One("networkAcls", ADMITTED))
    ),
    service!(
        "azurerm_key_vault",
        "Microsoft.KeyVault/vaults",
        a("network_acls", One("networkAcls", ADMITTED))
    ),
    service!(
        "azurerm_mssql_server",
        "Microsoft.Sql/servers",
        a(
            "fully_qualified_domain_name",
            Keep("fullyQualifiedDomainName")
        )
    ),
    service!(
        "azurerm_sql_server",
        "Microsoft.Sql/servers",
        a(
            "fully_qualified_domain_name",
            Keep("fullyQualifiedDomainName")
        )
    ),
    service!("azurerm_linux_web_app", "Microsoft.Web/sites"),
    service!("azurerm_windows_web_app", "Microsoft.Web/sites"),
    service!("azurerm_app_service", "Microsoft.Web/sites"),
    service!("azurerm_linux_function_app", "Microsoft.Web/sites"),
    service!("azurerm_windows_function_app", "Microsoft.Web/sites"),
    service!(
        "azurerm_container_registry",
        "Microsoft.ContainerRegistry/registries"
    ),
    service!(
        "azurerm_cosmosdb_account",
        "Microsoft.DocumentDB/databaseAccounts"
    ),
    service!(
        "azurerm_servicebus_namespace",
        "Microsoft.ServiceBus/namespaces"
    ),
    service!(
        "azurerm_eventhub_namespace",
        "Microsoft.EventHub/namespaces"
    ),
    service!(
        "azurerm_cognitive_account",
        "Microsoft.CognitiveServices/accounts"
    ),
    service!("azurerm_redis_cache", "Microsoft.Cache/redis"),
    service!(
        "azurerm_postgresql_flexible_server",
        "Microsoft.DBforPostgreSQL/flexibleServers"
    ),
    service!(
        "azurerm_mysql_flexible_server",
        "Microsoft.DBforMySQL/flexibleServers"
    ),
    Table {
        azurerm: "azurerm_network_manager",
        arm: "Microsoft.Network/networkManagers",
        parent: Parent::None,
        attrs: &[
            a(
                "scope",
                One(
                    "networkManagerScopes",
                    &[
                        a("management_group_ids", Keep("managementGroups")),
                        a("subscription_ids", Keep("subscriptions")),
                    ],
                ),
            ),
            a("scope_accesses", None),
            a("cross_tenant_scopes", None),
            a("description", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_manager_network_group",
        arm: "Microsoft.Network/networkManagers/networkGroups",
        parent: Parent::Of("network_manager_id", MANAGER),
        attrs: &[
            a("network_manager_id", None),
            a("description", None),
            a("member_type", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_manager_static_member",
        arm: "Microsoft.Network/networkManagers/networkGroups/staticMembers",
        parent: Parent::Of("network_group_id", GROUP),
        attrs: &[
            a("network_group_id", None),
            a("region", None),
            a("target_virtual_network_id", Text("resourceId", VNET)),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_manager_security_admin_configuration",
        arm: "Microsoft.Network/networkManagers/securityAdminConfigurations",
        parent: Parent::Of("network_manager_id", MANAGER),
        attrs: &[
            a("network_manager_id", None),
            a("description", None),
            a(
                "apply_on_network_intent_policy_based_services",
                Keep("applyOnNetworkIntentPolicyBasedServices"),
            ),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_manager_admin_rule_collection",
        arm: "Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections",
        parent: Parent::Of(
            "security_admin_configuration_id",
            &["azurerm_network_manager_security_admin_configuration"],
        ),
        attrs: &[
            a("security_admin_configuration_id", None),
            a("description", None),
            a("network_group_ids", Links("groups", GROUP)),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_network_manager_admin_rule",
        arm: "Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections/rules",
        parent: Parent::Of(
            "admin_rule_collection_id",
            &["azurerm_network_manager_admin_rule_collection"],
        ),
        attrs: &[
            a("admin_rule_collection_id", None),
            a("description", None),
            a("action", Keep("access")),
            a("direction", Keep("direction")),
            a("priority", Keep("priority")),
            a("protocol", Keep("protocol")),
            a("source_port_ranges", Keep("sourcePortRanges")),
            a("destination_port_ranges", Keep("destinationPortRanges")),
            a(
                "source",
                Blocks(
                    "sources",
                    &[
                        a("address_prefix", Keep("addressPrefix")),
                        a("address_prefix_type", Keep("addressPrefixType")),
                    ],
                ),
            ),
            a(
                "destination",
                Blocks(
                    "destinations",
                    &[
                        a("address_prefix", Keep("addressPrefix")),
                        a("address_prefix_type", Keep("addressPrefixType")),
                    ],
                ),
            ),
        ],
        needed: &[
            "action",
            "direction",
            "protocol",
            "source_port_ranges",
            "destination_port_ranges",
        ],
    },
];
