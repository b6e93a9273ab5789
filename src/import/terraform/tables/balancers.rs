//! Load balancers, application gateways, Bastion hosts.

use super::To::{Blocks, Keep, Left, LeftUnless, Link, Links, Name, None, One, Wrap};
use super::machines::POOL;
use super::networks::{PIP, PREFIX, SUBNET, VNET};
use super::{Attr, Parent, Table, a};

const LB: &[&str] = &["azurerm_lb"];
const PROBE: &[&str] = &["azurerm_lb_probe"];

const FRONTEND: &[Attr] = &[
    a("name", None),
    a("subnet_id", Link("subnet", SUBNET)),
    a("private_ip_address", Keep("privateIPAddress")),
    a("public_ip_address_id", Link("publicIPAddress", PIP)),
    a("public_ip_prefix_id", Link("publicIPPrefix", PREFIX)),
    a("private_ip_address_allocation", None),
    a("private_ip_address_version", None),
    a("availability_zone", None),
    a("zones", None),
    a("id", None),
    a("inbound_nat_rules", None),
    a("load_balancer_rules", None),
    a("outbound_rules", None),
    a(
        "gateway_load_balancer_frontend_ip_configuration_id",
        Left("gateway load balancers are not modelled"),
    ),
];

/// The tables.
pub(super) const ALL: &[Table] = &[
    Table {
        azurerm: "azurerm_lb",
        arm: "Microsoft.Network/loadBalancers",
        parent: Parent::None,
        attrs: &[
            a("sku", Keep("sku.name")),
            a(
                "frontend_ip_configuration",
                Blocks("frontendIPConfigurations", FRONTEND),
            ),
            a(
                "sku_tier",
                LeftUnless("Regional", "load balancers across regions are not modelled"),
            ),
            a("private_ip_address", None),
            a("private_ip_addresses", None),
            a("edge_zone", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_lb_backend_address_pool",
        arm: "Microsoft.Network/loadBalancers/backendAddressPools",
        parent: Parent::Of("loadbalancer_id", LB),
        attrs: &[
            a("loadbalancer_id", None),
            a("virtual_network_id", Link("virtualNetwork", VNET)),
            a("synchronous_mode", None),
            a(
                "backend_address",
                Blocks(
                    "loadBalancerBackendAddresses",
                    &[
                        a("name", None),
                        a("ip_address", Keep("ipAddress")),
                        a("virtual_network_id", Link("virtualNetwork", VNET)),
                    ],
                ),
            ),
            a("ip_address", None),
            a("backend_ip_configurations", None),
            a("inbound_nat_rules", None),
            a("load_balancing_rules", None),
            a("outbound_rules", None),
            a(
                "tunnel_interface",
                Left("gateway load balancers are not modelled"),
            ),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_lb_probe",
        arm: "Microsoft.Network/loadBalancers/probes",
        parent: Parent::Of("loadbalancer_id", LB),
        attrs: &[
            a("loadbalancer_id", None),
            a("protocol", Keep("protocol")),
            a("port", Keep("port")),
            a("request_path", Keep("requestPath")),
            a("interval_in_seconds", Keep("intervalInSeconds")),
            a("number_of_probes", Keep("numberOfProbes")),
            a("probe_threshold", None),
            a("load_balancer_rules", None),
        ],
        needed: &["port"],
    },
    Table {
        azurerm: "azurerm_lb_rule",
        arm: "Microsoft.Network/loadBalancers/loadBalancingRules",
        parent: Parent::Of("loadbalancer_id", LB),
        attrs: &[
            a("loadbalancer_id", None),
            a(
                "frontend_ip_configuration_name",
                Name("frontendIPConfiguration"),
            ),
            a("frontend_ip_configuration_id", None),
            a("protocol", Keep("protocol")),
            a("frontend_port", Keep("frontendPort")),
            a("backend_port", Keep("backendPort")),
            a(
                "backend_address_pool_ids",
                Links("backendAddressPools", POOL),
            ),
            a("backend_address_pool_id", Link("backendAddressPool", POOL)),
            a("probe_id", Link("probe", PROBE)),
            a("enable_floating_ip", Keep("enableFloatingIP")),
            a("floating_ip_enabled", Keep("enableFloatingIP")),
            a("load_distribution", Keep("loadDistribution")),
            a("disable_outbound_snat", Keep("disableOutboundSnat")),
            a("idle_timeout_in_minutes", Keep("idleTimeoutInMinutes")),
            a("enable_tcp_reset", Keep("enableTcpReset")),
            a("tcp_reset_enabled", Keep("enableTcpReset")),
        ],
        needed: &["frontend_port", "backend_port", "protocol"],
    },
    Table {
        azurerm: "azurerm_lb_nat_rule",
        arm: "Microsoft.Network/loadBalancers/inboundNatRules",
        parent: Parent::Of("loadbalancer_id", LB),
        attrs: &[
            a("loadbalancer_id", None),
            a(
                "frontend_ip_configuration_name",
                Name("frontendIPConfiguration"),
            ),
            a("frontend_ip_configuration_id", None),
            a("backend_ip_configuration_id", None),
            a("protocol", Keep("protocol")),
            a("frontend_port", Keep("frontendPort")),
            a("frontend_port_start", None),
            a("frontend_port_end", None),
            a("backend_port", Keep("backendPort")),
            a("backend_address_pool_id", Link("backendAddressPool", POOL)),
            a("enable_floating_ip", Keep("enableFloatingIP")),
            a("floating_ip_enabled", Keep("enableFloatingIP")),
            a("idle_timeout_in_minutes", None),
            a("enable_tcp_reset", None),
            a("tcp_reset_enabled", None),
        ],
        needed: &["frontend_port", "backend_port", "protocol"],
    },
    Table {
        azurerm: "azurerm_lb_outbound_rule",
        arm: "Microsoft.Network/loadBalancers/outboundRules",
        parent: Parent::Of("loadbalancer_id", LB),
        attrs: &[
            a("loadbalancer_id", None),
            a(
                "frontend_ip_configuration",
                Blocks(
                    "frontendIPConfigurations",
                    &[a("name", Name("")), a("id", None)],
                ),
            ),
            a("backend_address_pool_id", Link("backendAddressPool", POOL)),
            a("protocol", Keep("protocol")),
            a("allocated_outbound_ports", Keep("allocatedOutboundPorts")),
            a("idle_timeout_in_minutes", None),
            a("enable_tcp_reset", None),
            a("tcp_reset_enabled", None),
        ],
        needed: &["protocol"],
    },
    Table {
        azurerm: "azurerm_application_gateway",
        arm: "Microsoft.Network/applicationGateways",
        parent: Parent::None,
        attrs: &[
            a(
                "sku",
                One(
                    "sku",
                    &[
                        a("name", Keep("name")),
                        a("tier", Keep("tier")),
                        a("capacity", Keep("capacity")),
                    ],
                ),
            ),
            a(
                "autoscale_configuration",
                One(
                    "autoscaleConfiguration",
                    &[
                        a("min_capacity", Keep("minCapacity")),
                        a("max_capacity", None),
                    ],
                ),
            ),
            a(
                "gateway_ip_configuration",
                Blocks(
                    "gatewayIPConfigurations",
                    &[
                        a("name", None),
                        a("id", None),
                        a("subnet_id", Link("subnet", SUBNET)),
                    ],
                ),
            ),
            a(
                "frontend_ip_configuration",
                Blocks(
                    "frontendIPConfigurations",
                    &[
                        a("name", None),
                        a("id", None),
                        a("private_ip_address", Keep("privateIPAddress")),
                        a("public_ip_address_id", Link("publicIPAddress", PIP)),
                        a("subnet_id", None),
                        a("private_ip_address_allocation", None),
                        a("private_link_configuration_id", None),
                        a("private_link_configuration_name", None),
                    ],
                ),
            ),
            a(
                "frontend_port",
                Blocks(
                    "frontendPorts",
                    &[a("name", None), a("id", None), a("port", Keep("port"))],
                ),
            ),
            a(
                "backend_address_pool",
                Blocks(
                    "backendAddressPools",
                    &[
                        a("name", None),
                        a("id", Keep("id")),
                        a("fqdns", Wrap("backendAddresses", "fqdn")),
                        a("ip_addresses", Wrap("backendAddresses", "ipAddress")),
                    ],
                ),
            ),
            a(
                "backend_http_settings",
                Blocks(
                    "backendHttpSettingsCollection",
                    &[
                        a("name", None),
                        a("id", None),
                        a("port", Keep("port")),
                        a("protocol", Keep("protocol")),
                        a("cookie_based_affinity", None),
                        a("affinity_cookie_name", None),
                        a("path", None),
                        a("probe_name", None),
                        a("probe_id", None),
                        a("request_timeout", None),
                        a("host_name", None),
                        a("pick_host_name_from_backend_address", None),
                        a("connection_draining", None),
                        a("authentication_certificate", None),
                        a("trusted_root_certificate_names", None),
                        a("dedicated_backend_connection_enabled", None),
                    ],
                ),
            ),
            a(
                "http_listener",
                Blocks(
                    "httpListeners",
                    &[
                        a("name", None),
                        a("id", None),
                        a("frontend_ip_configuration_name", None),
                        a("frontend_ip_configuration_id", None),
                        a("frontend_port_name", Name("frontendPort")),
                        a("frontend_port_id", None),
                        a("protocol", Keep("protocol")),
                        a("host_name", Keep("hostName")),
                        a("host_names", Keep("hostNames")),
                        a("require_sni", None),
                        a("ssl_certificate_name", None),
                        a("ssl_certificate_id", None),
                        a("ssl_profile_name", None),
                        a("ssl_profile_id", None),
                        a("custom_error_configuration", None),
                        a("firewall_policy_id", None),
                    ],
                ),
            ),
            a(
                "request_routing_rule",
                Blocks(
                    "requestRoutingRules",
                    &[
                        a("name", None),
                        a("id", None),
                        a("rule_type", None),
                        a("priority", Keep("priority")),
                        a("http_listener_name", Name("httpListener")),
                        a("http_listener_id", None),
                        a("backend_address_pool_name", Name("backendAddressPool")),
                        a("backend_address_pool_id", None),
                        a("backend_http_settings_name", Name("backendHttpSettings")),
                        a("backend_http_settings_id", None),
                        a("url_path_map_name", Name("urlPathMap")),
                        a("url_path_map_id", None),
                        a(
                            "redirect_configuration_name",
                            Left("redirects are not modelled"),
                        ),
                        a("redirect_configuration_id", None),
                        a(
                            "rewrite_rule_set_name",
                            Left("rewriting of requests is not modelled"),
                        ),
                        a("rewrite_rule_set_id", None),
                    ],
                ),
            ),
            a(
                "url_path_map",
                Blocks(
                    "urlPathMaps",
                    &[
                        a("name", None),
                        a("id", None),
                        a(
                            "default_backend_address_pool_name",
                            Name("defaultBackendAddressPool"),
                        ),
                        a("default_backend_address_pool_id", None),
                        a(
                            "default_backend_http_settings_name",
                            Name("defaultBackendHttpSettings"),
                        ),
                        a("default_backend_http_settings_id", None),
                        a("default_redirect_configuration_name", None),
                        a("default_redirect_configuration_id", None),
                        a("default_rewrite_rule_set_name", None),
                        a("default_rewrite_rule_set_id", None),
                        a("path_rule", None),
                    ],
                ),
            ),
            a(
                "probe",
                Left("health probes of application gateways are not modelled"),
            ),
            a(
                "waf_configuration",
                Left("what is in a request is not modelled"),
            ),
            a(
                "firewall_policy_id",
                Left("what is in a request is not modelled"),
            ),
            a(
                "force_firewall_policy_association",
                Left("what is in a request is not modelled"),
            ),
            a("redirect_configuration", Left("redirects are not modelled")),
            a(
                "rewrite_rule_set",
                Left("rewriting of requests is not modelled"),
            ),
            a(
                "private_link_configuration",
                Left("Private Link to application gateways is not modelled"),
            ),
            a("ssl_certificate", None),
            a("ssl_policy", None),
            a("ssl_profile", None),
            a("trusted_client_certificate", None),
            a("trusted_root_certificate", None),
            a("authentication_certificate", None),
            a("custom_error_configuration", None),
            a("enable_http2", None),
            a("http2_enabled", None),
            a("fips_enabled", None),
            a("global", None),
            a("identity", None),
            a("zones", None),
            a("private_endpoint_connection", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_bastion_host",
        arm: "Microsoft.Network/bastionHosts",
        parent: Parent::None,
        attrs: &[
            a(
                "ip_configuration",
                Blocks(
                    "ipConfigurations",
                    &[
                        a("name", None),
                        a("subnet_id", Link("subnet", SUBNET)),
                        a("public_ip_address_id", Link("publicIPAddress", PIP)),
                    ],
                ),
            ),
            a("sku", Keep("sku.name")),
            a("virtual_network_id", Link("virtualNetwork", VNET)),
            a("copy_paste_enabled", None),
            a("file_copy_enabled", None),
            a(
                "ip_connect_enabled",
                Left("Bastion to addresses is not modelled"),
            ),
            a("kerberos_enabled", None),
            a("scale_units", None),
            a("shareable_link_enabled", None),
            a("tunneling_enabled", None),
            a("session_recording_enabled", None),
            a("dns_name", None),
            a("zones", None),
        ],
        needed: &[],
    },
];
