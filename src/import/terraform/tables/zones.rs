//! DNS zones, private and public, with their records.

use super::To::{Address, Keep, LeftUnless, Link, None, Wrap};
use super::networks::{PIP, VNET};
use super::{Attr, Parent, Table, a};

const ZONE: &[&str] = &["azurerm_private_dns_zone"];
const PUBLIC: &[&str] = &["azurerm_dns_zone"];

const A: &[Attr] = &[
    a("zone_name", None),
    a("private_dns_zone_id", None),
    a("dns_zone_id", None),
    a("ttl", None),
    a("fqdn", None),
    a("records", Address("aRecords")),
    a("target_resource_id", Link("targetResource", PIP)),
];
const AAAA: &[Attr] = &[
    a("zone_name", None),
    a("private_dns_zone_id", None),
    a("dns_zone_id", None),
    a("ttl", None),
    a("fqdn", None),
    a("records", Wrap("aaaaRecords", "ipv6Address")),
    a("target_resource_id", Link("targetResource", PIP)),
];
const CNAME: &[Attr] = &[
    a("zone_name", None),
    a("private_dns_zone_id", None),
    a("dns_zone_id", None),
    a("ttl", None),
    a("fqdn", None),
    a("record", Keep("cnameRecord.cname")),
    a("target_resource_id", None),
];

/// The tables.
pub(super) const ALL: &[Table] = &[
    Table {
        azurerm: "azurerm_private_dns_zone",
        arm: "Microsoft.Network/privateDnsZones",
        parent: Parent::None,
        attrs: &[
            a("soa_record", None),
            a("number_of_record_sets", None),
            a("max_number_of_record_sets", None),
            a("max_number_of_virtual_network_links", None),
            a(
                "max_number_of_virtual_network_links_with_registration",
                None,
            ),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_private_dns_zone_virtual_network_link",
        arm: "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        parent: Parent::Of("private_dns_zone_name", ZONE),
        attrs: &[
            a("private_dns_zone_name", None),
            a("virtual_network_id", Link("virtualNetwork", VNET)),
            a("registration_enabled", Keep("registrationEnabled")),
            a(
                "resolution_policy",
                LeftUnless("Default", "a fallback to the public DNS is not modelled"),
            ),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_private_dns_a_record",
        arm: "Microsoft.Network/privateDnsZones/A",
        parent: Parent::Of("zone_name", ZONE),
        attrs: A,
        needed: &[],
    },
    Table {
        azurerm: "azurerm_private_dns_aaaa_record",
        arm: "Microsoft.Network/privateDnsZones/AAAA",
        parent: Parent::Of("zone_name", ZONE),
        attrs: AAAA,
        needed: &["records"],
    },
    Table {
        azurerm: "azurerm_private_dns_cname_record",
        arm: "Microsoft.Network/privateDnsZones/CNAME",
        parent: Parent::Of("zone_name", ZONE),
        attrs: CNAME,
        needed: &["record"],
    },
    Table {
        azurerm: "azurerm_dns_zone",
        arm: "Microsoft.Network/dnsZones",
        parent: Parent::None,
        attrs: &[
            a("soa_record", None),
            a("name_servers", None),
            a("number_of_record_sets", None),
            a("max_number_of_record_sets", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_dns_a_record",
        arm: "Microsoft.Network/dnsZones/A",
        parent: Parent::Of("zone_name", PUBLIC),
        attrs: A,
        needed: &[],
    },
    Table {
        azurerm: "azurerm_dns_aaaa_record",
        arm: "Microsoft.Network/dnsZones/AAAA",
        parent: Parent::Of("zone_name", PUBLIC),
        attrs: AAAA,
        needed: &["records"],
    },
    Table {
        azurerm: "azurerm_dns_cname_record",
        arm: "Microsoft.Network/dnsZones/CNAME",
        parent: Parent::Of("zone_name", PUBLIC),
        attrs: CNAME,
        needed: &["record"],
    },
];
