//! What each azurerm resource is in ARM, and what each of its attributes is there; spellings of azurerm 3, 4 and 5
//! stand side by side.

mod balancers;
mod edges;
mod firewalls;
mod machines;
mod networks;
mod zones;

/// A resource.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) azurerm: &'static str,
    pub(super) arm: &'static str,
    pub(super) parent: Parent,
    pub(super) attrs: &'static [Attr],
    /// Attributes without which the resource would mean something else: unknown ones make it unknown.
    pub(super) needed: &'static [&'static str],
}

/// What a resource belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parent {
    /// A resource group.
    None,
    /// A resource, by an attribute that holds its name or id.
    Of(&'static str, &'static [&'static str]),
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Attr {
    pub(super) name: &'static str,
    pub(super) to: To,
}

/// What an attribute becomes; paths are dotted and below `properties`.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    /// Nothing: it has no influence, or is told elsewhere.
    None,
    /// The value as it is.
    Keep(&'static str),
    /// The same of an address, which something may be known of before it is there.
    Address(&'static str),
    /// The opposite.
    Not(&'static str),
    /// One word for true, another for false.
    Word(&'static str, &'static str, &'static str),
    /// Each of a list as an object with one key.
    Wrap(&'static str, &'static str),
    /// `{"id": …}` of a resource of these types.
    Link(&'static str, &'static [&'static str]),
    /// A list of those.
    Links(&'static str, &'static [&'static str]),
    /// The bare id.
    Text(&'static str, &'static [&'static str]),
    /// `{"id": name}`: a part of the same resource, by its name.
    Name(&'static str),
    /// Blocks as a list of objects.
    Blocks(&'static str, &'static [Attr]),
    /// One block as an object; an empty path is the object itself.
    One(&'static str, &'static [Attr]),
    /// Rule collections of a firewall policy, with the type of their rules.
    Collections(&'static str, &'static [Attr]),
    /// It has an influence that cannot be expressed.
    Left(&'static str),
    /// The same, unless it is this word.
    LeftUnless(&'static str, &'static str),
}

/// An attribute and what it becomes.
pub(super) const fn a(name: &'static str, to: To) -> Attr {
    Attr { name, to }
}

/// The table of a type.
pub(super) fn table(kind: &str) -> Option<&'static Table> {
    let all = [
        networks::ALL,
        machines::ALL,
        balancers::ALL,
        firewalls::ALL,
        edges::ALL,
        zones::ALL,
    ];
    all.into_iter()
        .flatten()
        .find(|table| table.azurerm == kind)
}

/// Types without influence on the network.
const HARMLESS: &[&str] = &[
    "azurerm_resource_group",
    "azurerm_availability_set",
    "azurerm_managed_disk",
    "azurerm_virtual_machine_extension",
    "azurerm_virtual_machine_data_disk_attachment",
    "azurerm_virtual_machine_scale_set_extension",
    "azurerm_role_assignment",
    "azurerm_role_definition",
    "azurerm_user_assigned_identity",
    "azurerm_client_config",
    "azurerm_subscription",
    "azurerm_log_analytics",
    "azurerm_monitor",
    "azurerm_management_lock",
    "azurerm_network_watcher",
    "azurerm_network_ddos_protection_plan",
    "azurerm_proximity_placement_group",
    "azurerm_ssh_public_key",
    "azurerm_shared_image",
    "azurerm_image",
    "azurerm_snapshot",
    "azurerm_disk_encryption_set",
    "azurerm_key_vault_secret",
    "azurerm_key_vault_key",
    "azurerm_key_vault_certificate",
    "azurerm_key_vault_access_policy",
    "azurerm_storage_container",
    "azurerm_storage_blob",
    "azurerm_storage_share",
    "azurerm_recovery_services",
    "azurerm_backup",
    "azurerm_policy",
    "azurerm_resource_policy",
    "azurerm_subscription_policy",
    "azurerm_automation",
    "azurerm_application_insights",
    "azurerm_dev_test_global_vm_shutdown_schedule",
    "azurerm_maintenance",
    "azurerm_public_ips",
    "azurerm_virtual_network_gateway_nat_rule_none",
    "azurerm_network_manager_deployment",
    "azurerm_private_dns_txt_record",
    "azurerm_private_dns_mx_record",
    "azurerm_private_dns_srv_record",
    "azurerm_private_dns_ptr_record",
    "azurerm_dns_txt_record",
    "azurerm_dns_mx_record",
    "azurerm_dns_srv_record",
    "azurerm_dns_ptr_record",
    "azurerm_dns_ns_record",
    "azurerm_dns_caa_record",
    "azurerm_platform_image",
    "azurerm_marketplace_agreement",
    "azurerm_resource_provider_registration",
    "azurerm_express_route_circuit_authorization",
    "azurerm_security_center",
];

/// Types with a reason of their own for not being carried over.
const REFUSED: &[(&str, &str)] = &[
    ("azurerm_virtual_wan", "virtual WANs are not modelled"),
    ("azurerm_virtual_hub", "virtual WANs are not modelled"),
    ("azurerm_vpn_", "virtual WANs are not modelled"),
    (
        "azurerm_point_to_site_vpn_gateway",
        "virtual WANs are not modelled",
    ),
    (
        "azurerm_express_route_gateway",
        "virtual WANs are not modelled",
    ),
    (
        "azurerm_express_route_connection",
        "virtual WANs are not modelled",
    ),
    (
        "azurerm_private_link_service",
        "Private Link services of your own are not modelled",
    ),
    (
        "azurerm_private_dns_resolver",
        "DNS private resolvers are not modelled",
    ),
    ("azurerm_lb_nat_pool", "pools of NAT rules are not modelled"),
    (
        "azurerm_subnet_service_endpoint_storage_policy",
        "policies of service endpoints are not modelled",
    ),
    (
        "azurerm_storage_account",
        "a platform service is carried over where a private endpoint leads to it",
    ),
    (
        "azurerm_key_vault",
        "a platform service is carried over where a private endpoint leads to it",
    ),
];

/// Whether resources of a type change nothing in a network.
pub(super) fn is_harmless(kind: &str) -> bool {
    HARMLESS.iter().any(|known| {
        kind == *known
            || kind
                .strip_prefix(known)
                .is_some_and(|rest| rest.starts_with('_'))
    }) && !REFUSED.iter().any(|(known, _)| kind == *known)
}

/// Why resources of a type are not carried over.
pub(super) fn refused(kind: &str) -> &'static str {
    let found = REFUSED.iter().find(|(known, _)| kind.starts_with(known));
    found.map_or("resources of this type are not modelled", |(_, reason)| {
        reason
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_stands_once_with_each_attribute_once() {
        let all = [
            networks::ALL,
            machines::ALL,
            balancers::ALL,
            firewalls::ALL,
            edges::ALL,
            zones::ALL,
        ];
        let mut seen = std::collections::HashSet::new();
        for table in all.into_iter().flatten() {
            assert!(seen.insert(table.azurerm), "{}", table.azurerm);
            let mut attrs = std::collections::HashSet::new();
            for attr in table.attrs {
                assert!(attrs.insert(attr.name), "{} {}", table.azurerm, attr.name);
            }
        }
    }
}
