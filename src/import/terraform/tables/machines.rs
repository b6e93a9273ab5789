//! Network interfaces, virtual machines, scale sets.

use super::To::{Blocks, Keep, Left, Link, Links, None, Text};
use super::networks::{ASG, NSG, PIP, SUBNET};
use super::{Attr, Parent, Table, a};

pub(super) const NIC: &[&str] = &["azurerm_network_interface"];
pub(super) const POOL: &[&str] = &["azurerm_lb_backend_address_pool"];
const GROUP: &[&str] = &["azurerm_proximity_placement_group"];
const RULES: &[&str] = &["azurerm_lb_nat_rule"];

const CONFIG: &[Attr] = &[
    a("name", None),
    a("subnet_id", Link("subnet", SUBNET)),
    a("private_ip_address", Keep("privateIPAddress")),
    a(
        "private_ip_address_version",
        Keep("privateIPAddressVersion"),
    ),
    a("private_ip_address_allocation", None),
    a("public_ip_address_id", Link("publicIPAddress", PIP)),
    a("primary", Keep("primary")),
    a(
        "application_security_group_ids",
        Links("applicationSecurityGroups", ASG),
    ),
    a(
        "load_balancer_backend_address_pools_ids",
        Links("loadBalancerBackendAddressPools", POOL),
    ),
    a(
        "load_balancer_inbound_nat_rules_ids",
        Links("loadBalancerInboundNatRules", RULES),
    ),
    a(
        "application_gateway_backend_address_pools_ids",
        Links("applicationGatewayBackendAddressPools", &[]),
    ),
    a(
        "gateway_load_balancer_frontend_ip_configuration_id",
        Left("gateway load balancers are not modelled"),
    ),
];

/// A scale set's NIC.
const SET_CONFIG: &[Attr] = &[
    a("name", None),
    a("primary", Keep("primary")),
    a("version", Keep("privateIPAddressVersion")),
    a("subnet_id", Link("subnet", SUBNET)),
    a(
        "application_security_group_ids",
        Links("applicationSecurityGroups", ASG),
    ),
    a(
        "load_balancer_backend_address_pool_ids",
        Links("loadBalancerBackendAddressPools", POOL),
    ),
    a(
        "application_gateway_backend_address_pool_ids",
        Links("applicationGatewayBackendAddressPools", &[]),
    ),
    a(
        "load_balancer_inbound_nat_rules_ids",
        Left("pools of NAT rules are not modelled"),
    ),
    a(
        "public_ip_address",
        Left("public addresses of a scale set's instances are not modelled"),
    ),
];

const SET_NIC: &[Attr] = &[
    a("name", None),
    a("primary", Keep("primary")),
    a("dns_servers", Keep("dnsSettings.dnsServers")),
    a(
        "enable_accelerated_networking",
        Keep("enableAcceleratedNetworking"),
    ),
    a(
        "accelerated_networking_enabled",
        Keep("enableAcceleratedNetworking"),
    ),
    a("enable_ip_forwarding", Keep("enableIPForwarding")),
    a("ip_forwarding_enabled", Keep("enableIPForwarding")),
    a(
        "network_security_group_id",
        Link("networkSecurityGroup", NSG),
    ),
    a("ip_configuration", Blocks("ipConfigurations", SET_CONFIG)),
    a("auxiliary_mode", None),
    a("auxiliary_sku", None),
];

const OS_DISK: &[Attr] = &[
    a("os_type", Keep("storageProfile.osDisk.osType")),
    a("name", None),
    a("caching", None),
    a("create_option", None),
    a("disk_size_gb", None),
    a("image_uri", None),
    a("managed_disk_id", None),
    a("managed_disk_type", None),
    a("vhd_uri", None),
    a("write_accelerator_enabled", None),
    a("id", None),
    a("storage_account_type", None),
    a("diff_disk_settings", None),
    a("disk_encryption_set_id", None),
    a("secure_vm_disk_encryption_set_id", None),
    a("security_encryption_type", None),
];

/// What machines have that is nothing of the network's.
macro_rules! machine {
    ($($own:expr),* $(,)?) => {
        &[
            a("size", Keep("hardwareProfile.vmSize")),
            a("vm_size", Keep("hardwareProfile.vmSize")),
            a("network_interface_ids", Links("networkProfile.networkInterfaces", NIC)),
            a("zone", Keep("zones")),
            a("zones", Keep("zones")),
            a("primary_network_interface_id", Text("primaryNetworkInterface", NIC)),
            a("proximity_placement_group_id", Link("proximityPlacementGroup", GROUP)),
            a("power_state", Keep("powerState")),
            $($own,)*
            a("additional_capabilities", None), a("admin_password", None), a("admin_password_wo", None), a("admin_password_wo_version", None),
            a("admin_ssh_key", None), a("admin_username", None), a("allow_extension_operations", None), a("availability_set_id", None),
            a("boot_diagnostics", None), a("bypass_platform_safety_checks_on_user_schedule_enabled", None),
            a("capacity_reservation_group_id", None), a("computer_name", None), a("custom_data", None), a("dedicated_host_group_id", None),
            a("dedicated_host_id", None), a("delete_data_disks_on_termination", None), a("delete_os_disk_on_termination", None),
            a("disable_password_authentication", None), a("disk_controller_type", None), a("edge_zone", None),
            a("enable_automatic_updates", None), a("automatic_updates_enabled", None), a("encryption_at_host_enabled", None),
            a("eviction_policy", None), a("extensions_time_budget", None), a("gallery_application", None), a("hotpatching_enabled", None),
            a("identity", None), a("license_type", None), a("max_bid_price", None), a("os_image_notification", None), a("os_managed_disk_id", None),
            a("os_profile", None), a("os_profile_secrets", None), a("patch_assessment_mode", None), a("patch_mode", None), a("plan", None),
            a("platform_fault_domain", None), a("priority", None), a("private_ip_address", None),
            a("private_ip_addresses", None), a("provision_vm_agent", None), a("public_ip_address", None), a("public_ip_addresses", None),
            a("reboot_setting", None), a("secret", None), a("secure_boot_enabled", None), a("source_image_id", None),
            a("source_image_reference", None), a("storage_data_disk", None), a("storage_image_reference", None), a("termination_notification", None),
            a("timezone", None), a("user_data", None), a("virtual_machine_id", None), a("virtual_machine_scale_set_id", None),
            a("vm_agent_platform_updates_enabled", None), a("vtpm_enabled", None), a("winrm_listener", None), a("additional_unattend_content", None),
            a("disk_encryption_set_id", None), a("data_disk", None), a("os_disk_id", None),
        ]
    };
}

/// What scale sets have that is nothing of the network's.
macro_rules! scale_set {
    ($($own:expr),* $(,)?) => {
        &[
            a("sku", Keep("sku.name")),
            a("sku_name", Keep("sku.name")),
            a("instances", Keep("sku.capacity")),
            a("zones", Keep("zones")),
            a("network_interface", Blocks("virtualMachineProfile.networkProfile.networkInterfaceConfigurations", SET_NIC)),
            a("proximity_placement_group_id", Link("proximityPlacementGroup", GROUP)),
            $($own,)*
            a("additional_capabilities", None), a("admin_password", None), a("admin_ssh_key", None), a("admin_username", None),
            a("automatic_instance_repair", None), a("automatic_os_upgrade_policy", None), a("boot_diagnostics", None),
            a("capacity_reservation_group_id", None), a("computer_name_prefix", None), a("custom_data", None), a("data_disk", None),
            a("disable_password_authentication", None), a("do_not_run_extensions_on_overprovisioned_machines", None), a("edge_zone", None),
            a("encryption_at_host_enabled", None), a("eviction_policy", None), a("extension", None), a("extension_operations_enabled", None),
            a("extensions_time_budget", None), a("gallery_application", None), a("gallery_applications", None), a("health_probe_id", None),
            a("host_group_id", None), a("identity", None), a("license_type", None), a("max_bid_price", None), a("os_disk", None),
            a("os_profile", None), a("overprovision", None), a("plan", None), a("platform_fault_domain_count", None), a("priority", None),
            a("priority_mix", None), a("provision_vm_agent", None), a("resilient_vm_creation_enabled", None), a("resilient_vm_deletion_enabled", None),
            a("rolling_upgrade_policy", None), a("scale_in", None), a("scale_in_policy", None), a("secret", None), a("secure_boot_enabled", None),
            a("single_placement_group", None), a("sku_profile", None), a("source_image_id", None), a("source_image_reference", None),
            a("spot_restore", None), a("terminate_notification", None), a("termination_notification", None), a("upgrade_mode", None),
            a("user_data", None), a("user_data_base64", None), a("vtpm_enabled", None), a("zone_balance", None), a("winrm_listener", None),
            a("timezone", None), a("enable_automatic_updates", None), a("additional_unattend_content", None), a("instances_wo", None),
        ]
    };
}

/// The tables.
pub(super) const ALL: &[Table] = &[
    Table {
        azurerm: "azurerm_network_interface",
        arm: "Microsoft.Network/networkInterfaces",
        parent: Parent::None,
        attrs: &[
            a("ip_configuration", Blocks("ipConfigurations", CONFIG)),
            a(
                "network_security_group_id",
                Link("networkSecurityGroup", NSG),
            ),
            a("enable_ip_forwarding", Keep("enableIPForwarding")),
            a("ip_forwarding_enabled", Keep("enableIPForwarding")),
            a(
                "enable_accelerated_networking",
                Keep("enableAcceleratedNetworking"),
            ),
            a(
                "accelerated_networking_enabled",
                Keep("enableAcceleratedNetworking"),
            ),
            a("dns_servers", Keep("dnsSettings.dnsServers")),
            a(
                "virtual_machine_id",
                Text(
                    "virtualMachine.id",
                    &[
                        "azurerm_linux_virtual_machine",
                        "azurerm_windows_virtual_machine",
                        "azurerm_virtual_machine",
                    ],
                ),
            ),
            a("applied_dns_servers", None),
            a("internal_dns_name_label", None),
            a("internal_domain_name_suffix", None),
            a("mac_address", None),
            a("private_ip_address", None),
            a("private_ip_addresses", None),
            a("edge_zone", None),
            a("auxiliary_mode", None),
            a("auxiliary_sku", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_linux_virtual_machine",
        arm: "Microsoft.Compute/virtualMachines",
        parent: Parent::None,
        attrs: machine![a("os_disk", None)],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_windows_virtual_machine",
        arm: "Microsoft.Compute/virtualMachines",
        parent: Parent::None,
        attrs: machine![a("os_disk", None)],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_virtual_machine",
        arm: "Microsoft.Compute/virtualMachines",
        parent: Parent::None,
        attrs: machine![
            a("storage_os_disk", super::To::One("", OS_DISK)),
            a("os_profile_linux_config", None),
            a("os_profile_windows_config", None),
        ],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_linux_virtual_machine_scale_set",
        arm: "Microsoft.Compute/virtualMachineScaleSets",
        parent: Parent::None,
        attrs: scale_set![],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_windows_virtual_machine_scale_set",
        arm: "Microsoft.Compute/virtualMachineScaleSets",
        parent: Parent::None,
        attrs: scale_set![],
        needed: &[],
    },
    Table {
        azurerm: "azurerm_orchestrated_virtual_machine_scale_set",
        arm: "Microsoft.Compute/virtualMachineScaleSets",
        parent: Parent::None,
        attrs: scale_set![a("network_api_version", None)],
        needed: &[],
    },
];
