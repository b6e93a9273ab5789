//! Azure Firewall, its policies, IP groups.

use super::To::{Address, Blocks, Collections, Keep, Left, Link, Links, None, One};
use super::networks::{PIP, SUBNET};
use super::{Attr, Parent, Table, a};

const POLICY: &[&str] = &["azurerm_firewall_policy"];
const FIREWALL: &[&str] = &["azurerm_firewall"];
const GROUP: &[&str] = &["azurerm_ip_group"];

const HOME: &[Attr] = &[
    a("name", None),
    a("subnet_id", Link("subnet", SUBNET)),
    a("public_ip_address_id", Link("publicIPAddress", PIP)),
    a("private_ip_address", Keep("privateIPAddress")),
];

const PROTOCOL: &[Attr] = &[a("type", Keep("protocolType")), a("port", Keep("port"))];

const NETWORK: &[Attr] = &[
    a("name", None),
    a("description", None),
    a("protocols", Keep("ipProtocols")),
    a("source_addresses", Keep("sourceAddresses")),
    a("source_ip_groups", Links("sourceIpGroups", GROUP)),
    a("destination_addresses", Address("destinationAddresses")),
    a("destination_ip_groups", Links("destinationIpGroups", GROUP)),
    a("destination_fqdns", Keep("destinationFqdns")),
    a("destination_ports", Keep("destinationPorts")),
];

const APPLICATION: &[Attr] = &[
    a("name", None),
    a("description", None),
    a("protocols", Blocks("protocols", PROTOCOL)),
    a("protocol", Blocks("protocols", PROTOCOL)),
    a("source_addresses", Keep("sourceAddresses")),
    a("source_ip_groups", Links("sourceIpGroups", GROUP)),
    a("destination_addresses", Keep("destinationAddresses")),
    a("destination_fqdns", Keep("targetFqdns")),
    a("target_fqdns", Keep("targetFqdns")),
    a("destination_fqdn_tags", Keep("fqdnTags")),
    a("fqdn_tags", Keep("fqdnTags")),
    a("destination_urls", Keep("targetUrls")),
    a("web_categories", Keep("webCategories")),
    a("terminate_tls", Keep("terminateTLS")),
    a("http_headers", Left("headers of HTTP are not modelled")),
];

const NAT: &[Attr] = &[
    a("name", None),
    a("description", None),
    a("protocols", Keep("ipProtocols")),
    a("source_addresses", Keep("sourceAddresses")),
    a("source_ip_groups", Links("sourceIpGroups", GROUP)),
    a("destination_address", Address("destinationAddresses")),
    a("destination_addresses", Address("destinationAddresses")),
    a("destination_ports", Keep("destinationPorts")),
    a("translated_address", Address("translatedAddress")),
    a("translated_fqdn", Keep("translatedFqdn")),
    a("translated_port", Keep("translatedPort")),
];

/// A collection: alike in policies and in firewalls themselves.
macro_rules! collection {
    ($rule:expr) => {
        &[
            a("name", None),
            a("priority", Keep("priority")),
            a("action", Keep("action.type")),
            a("rule", Blocks("rules", $rule)),
            a("azure_firewall_name", None),
        ]
    };
}

/// The tables.
pub(super) const ALL: &[Table] = &[
    Table {
        azurerm: "azurerm_firewall",
        arm: "Microsoft.Network/azureFirewalls",
        parent: Parent::None,
        attrs: &[
            a("ip_configuration", Blocks("ipConfigurations", HOME)),
            a(
                "management_ip_configuration",
                One("managementIpConfiguration", HOME),
            ),
            a("sku_tier", Keep("sku.tier")),
            a("sku_name", None),
            a("firewall_policy_id", Link("firewallPolicy", POLICY)),
            a("threat_intel_mode", Keep("threatIntelMode")),
            a(
                "virtual_hub",
                One(
                    "virtualHub",
                    &[
                        a("virtual_hub_id", Keep("id")),
                        a("public_ip_count", Keep("publicIpCount")),
                        a("private_ip_address", None),
                        a("public_ip_addresses", None),
                    ],
                ),
            ),
            a(
                "dns_servers",
                Left("DNS servers of a firewall are not modelled"),
            ),
            a("dns_proxy_enabled", None),
            a(
                "private_ip_ranges",
                Left("ranges of a firewall without a policy are not carried over"),
            ),
            a("zones", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_firewall_policy",
        arm: "Microsoft.Network/firewallPolicies",
        parent: Parent::None,
        attrs: &[
            a("base_policy_id", Link("basePolicy", POLICY)),
            a("sku", Keep("sku.tier")),
            a("threat_intelligence_mode", Keep("threatIntelMode")),
            a("private_ip_ranges", Keep("snat.privateRanges")),
            a(
                "dns",
                One(
                    "dnsSettings",
                    &[
                        a("proxy_enabled", Keep("enableProxy")),
                        a("servers", Keep("servers")),
                        a("network_rule_fqdn_enabled", None),
                    ],
                ),
            ),
            a(
                "auto_learn_private_ranges_enabled",
                super::To::Word("snat.autoLearnPrivateRanges", "Enabled", "Disabled"),
            ),
            a(
                "threat_intelligence_allowlist",
                Left("exceptions from threat intelligence are not modelled"),
            ),
            a(
                "intrusion_detection",
                Left("intrusion detection is not modelled"),
            ),
            a("explicit_proxy", Left("explicit proxies are not modelled")),
            a(
                "sql_redirect_allowed",
                Left("redirects of SQL are not modelled"),
            ),
            a("identity", None),
            a("insights", None),
            a("tls_certificate", None),
            a("child_policies", None),
            a("firewalls", None),
            a("rule_collection_groups", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_firewall_policy_rule_collection_group",
        arm: "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        parent: Parent::Of("firewall_policy_id", POLICY),
        attrs: &[
            a("firewall_policy_id", None),
            a("priority", Keep("priority")),
            a(
                "network_rule_collection",
                Collections("NetworkRule", collection!(NETWORK)),
            ),
            a(
                "application_rule_collection",
                Collections("ApplicationRule", collection!(APPLICATION)),
            ),
            a(
                "nat_rule_collection",
                Collections("NatRule", collection!(NAT)),
            ),
        ],
        needed: &["priority"],
    },
    Table {
        azurerm: "azurerm_firewall_network_rule_collection",
        arm: "Microsoft.Network/azureFirewalls/networkRuleCollections",
        parent: Parent::Of("azure_firewall_name", FIREWALL),
        attrs: collection!(NETWORK),
        needed: &["priority", "action"],
    },
    Table {
        azurerm: "azurerm_firewall_application_rule_collection",
        arm: "Microsoft.Network/azureFirewalls/applicationRuleCollections",
        parent: Parent::Of("azure_firewall_name", FIREWALL),
        attrs: collection!(APPLICATION),
        needed: &["priority", "action"],
    },
    Table {
        azurerm: "azurerm_firewall_nat_rule_collection",
        arm: "Microsoft.Network/azureFirewalls/natRuleCollections",
        parent: Parent::Of("azure_firewall_name", FIREWALL),
        attrs: collection!(NAT),
        needed: &["priority", "action"],
    },
    Table {
        azurerm: "azurerm_ip_group",
        arm: "Microsoft.Network/ipGroups",
        parent: Parent::None,
        attrs: &[
            a("cidrs", Keep("ipAddresses")),
            a("firewall_ids", None),
            a("firewall_policy_ids", None),
        ],
        needed: &[],
    },
];
