//! The real templates of `../shared/inputs/arm` (repository, path, commit and licence of each in
//! `MANIFEST.json` there): what each declares, counted by reading it, and what is left.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::import::Read;
use dryhop::import::arm::{Options, ParameterFile, is_template, parse, read};

use crate::support::{counts, resource};

/// A file, the resources that it declares with its parameter file, and the parameters that have no
/// value without one. `Compute/` and the like stand for namespaces beside `Microsoft.Network`.
const FILES: &[(&str, &str, &str)] = &[
    (
        "01-vm-simple-linux",
        "Compute/virtualMachines networkInterfaces networkSecurityGroups publicIpAddresses virtualNetworks",
        "adminUsername",
    ),
    (
        "02-application-security-group",
        "Compute/virtualMachines Compute/virtualMachines/extensions applicationSecurityGroups networkInterfaces \
         networkSecurityGroups publicIPAddresses virtualNetworks",
        "adminUsername",
    ),
    (
        "03-dmz-nsg",
        "4*Compute/virtualMachines 4*networkInterfaces networkSecurityGroups publicIPAddresses virtualNetworks",
        "adminUsername",
    ),
    (
        "05-userdefined-routes-appliance",
        "3*Compute/virtualMachines 3*networkInterfaces networkSecurityGroups 3*publicIPAddresses routeTables virtualNetworks",
        "adminUsername uniqueDnsPrefixForVM",
    ),
    (
        "06-nat-gateway-1-vm",
        "Compute/virtualMachines natGateways networkInterfaces networkSecurityGroups 2*publicIPAddresses publicIPPrefixes \
         virtualNetworks virtualNetworks/subnets",
        "adminusername",
    ),
    (
        "07-load-balancer-standard-create",
        "3*Compute/virtualMachines 3*Compute/virtualMachines/extensions bastionHosts loadBalancers 3*networkInterfaces \
         networkSecurityGroups 3*publicIPAddresses virtualNetworks 2*virtualNetworks/subnets",
        "adminUsername projectName",
    ),
    (
        "08-2-vms-internal-load-balancer",
        "Compute/availabilitySets 2*Compute/virtualMachines Storage/storageAccounts loadBalancers 2*networkInterfaces virtualNetworks",
        "adminUsername",
    ),
    (
        "10-multi-tier-service-networking",
        "2*Compute/availabilitySets 5*Compute/virtualMachines Storage/storageAccounts applicationGateways loadBalancers \
         5*networkInterfaces 3*networkSecurityGroups 3*publicIPAddresses virtualNetworks",
        "adminUsername newDBStorageAccountName",
    ),
    (
        "11-private-endpoint-sql",
        "Compute/virtualMachines Sql/servers Sql/servers/databases networkInterfaces privateDnsZones \
         privateDnsZones/virtualNetworkLinks privateEndpoints privateEndpoints/privateDnsZoneGroups publicIPAddresses \
         virtualNetworks virtualNetworks/subnets",
        "sqlAdministratorLogin vmAdminUsername",
    ),
    (
        "13-expressroute-private-peering-vnet",
        "expressRouteCircuits expressRouteCircuits/peerings networkSecurityGroups publicIPAddresses virtualNetworkGateways \
         virtualNetworks",
        "",
    ),
    (
        "14-site-to-site-vpn",
        "Compute/virtualMachines connections localNetworkGateways networkInterfaces networkSecurityGroups 2*publicIPAddresses \
         virtualNetworkGateways virtualNetworks",
        "adminUsername localAddressPrefix localGatewayIpAddress subnetPrefix",
    ),
    (
        "16-azurefirewall-sandbox-linux",
        "2*Compute/virtualMachines Storage/storageAccounts azureFirewalls 2*networkInterfaces 2*networkSecurityGroups \
         2*publicIPAddresses routeTables virtualNetworks",
        "adminUsername",
    ),
    (
        "18-azurefirewall-policy-ipgroups",
        "2*Compute/virtualMachines Storage/storageAccounts azureFirewalls firewallPolicies firewallPolicies/ruleCollectionGroups \
         2*ipGroups 2*networkInterfaces 2*networkSecurityGroups 2*publicIPAddresses routeTables virtualNetworks",
        "adminUsername",
    ),
    (
        // `deployVpnGateway` is Yes in the parameter file.
        "20-hub-and-spoke-sandbox",
        "Compute/virtualMachines Storage/storageAccounts networkInterfaces networkSecurityGroups 2*publicIPAddresses \
         virtualNetworkGateways 3*virtualNetworks 6*virtualNetworks/subnets 4*virtualNetworks/virtualNetworkPeerings",
        "winVmDnsPrefix winVmUser",
    ),
    (
        "22-bastion-hub-spoke-vnet",
        "Compute/virtualMachines Storage/storageAccounts bastionHosts networkInterfaces networkSecurityGroups 2*publicIPAddresses \
         2*virtualNetworks 2*virtualNetworks/virtualNetworkPeerings",
        "adminUsername storageAccountName",
    ),
    (
        "23-ipv6-in-vnet-stdlb",
        "Compute/availabilitySets 2*Compute/virtualMachines loadBalancers 2*networkInterfaces networkSecurityGroups \
         4*publicIPAddresses routeTables virtualNetworks",
        "adminUsername",
    ),
    (
        // Neither gateway nor machines are deployed by default.
        "24-mspnp-azure-hub-spoke",
        "13*Insights/diagnosticSettings OperationalInsights/workspaces azureFirewalls bastionHosts ddosProtectionPlans \
         firewallPolicies 2*firewallPolicies/ruleCollectionGroups 3*networkSecurityGroups 4*publicIPAddresses routeTables \
         3*virtualNetworks 4*virtualNetworks/virtualNetworkPeerings",
        "",
    ),
    (
        "27a-bicep-hub-and-spoke",
        "2*Resources/resourceGroups azureFirewalls publicIPAddresses routeTables 2*virtualNetworks \
         2*virtualNetworks/virtualNetworkPeerings",
        "",
    ),
    (
        "27b-bicep-hub-and-spoke-symbolicnames",
        "2*Resources/resourceGroups azureFirewalls publicIPAddresses routeTables 2*virtualNetworks \
         2*virtualNetworks/virtualNetworkPeerings",
        "",
    ),
    // The hub is not deployed by default.
    ("30-eslz-hubspoke-connectivity", "", ""),
];

/// The folder of the real templates, where it is there.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/inputs/arm");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn text(name: &str) -> Option<String> {
    fs::read_to_string(folder()?.join(format!("{name}.json"))).ok()
}

fn evaluated(name: &str, text: &str, parameters: &[ParameterFile]) -> Read {
    read(name, text, parameters, &Options::default()).unwrap()
}

/// `4*type type` as counts.
fn listed(types: &str) -> BTreeMap<String, usize> {
    let one = |word: &str| {
        let (count, kind) = word.split_once('*').unwrap_or(("1", word));
        let namespaces = [
            "Compute/",
            "Storage/",
            "Sql/",
            "Insights/",
            "OperationalInsights/",
            "Resources/",
        ];
        let other = namespaces
            .iter()
            .any(|namespace| kind.starts_with(namespace));
        let kind = if other {
            format!("Microsoft.{kind}")
        } else {
            kind.to_owned()
        };
        (kind, count.parse().unwrap())
    };
    types.split_whitespace().map(one).collect()
}

#[test]
fn every_template_declares_what_it_says() {
    let Some(folder) = folder() else { return };
    for (name, types, unset) in FILES {
        let text = text(name).unwrap();
        let given = fs::read_to_string(folder.join(format!("{name}.parameters.json"))).ok();
        let parameters: Vec<ParameterFile> = given
            .map(|text| ParameterFile::read("parameters", &text).unwrap())
            .into_iter()
            .collect();
        let with = evaluated(name, &text, &parameters);
        assert_eq!(counts(&with), listed(types), "{name}");
        assert_eq!(with.left, [], "{name}");
        let without = evaluated(name, &text, &[]);
        // What would rest on a parameter is left, too.
        let mut left: Vec<&str> = without
            .left
            .iter()
            .filter(|left| left.reason != "it rests on a parameter that has no value")
            .map(|left| left.what.as_str())
            .collect();
        left.sort_unstable();
        let unset: Vec<String> = unset
            .split_whitespace()
            .map(|name| format!("parameter `{name}`"))
            .collect();
        assert_eq!(left, unset, "{name}");
        // Nothing of a parameter file that is a secret comes out.
        assert!(
            !format!("{:?}", with.resources).contains("GEN-PASSWORD"),
            "{name}"
        );
    }
}

#[test]
fn every_file_is_read_and_listed_here() {
    let Some(folder) = folder() else { return };
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".parameters.json"))
        .collect();
    names.sort();
    let here: Vec<String> = FILES
        .iter()
        .map(|(name, ..)| format!("{name}.json"))
        .collect();
    assert_eq!(names, here);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let value = parse(&fs::read_to_string(&path).unwrap()).unwrap();
        let parameters = path.to_string_lossy().ends_with(".parameters.json");
        assert_eq!(is_template(&value), !parameters, "{}", path.display());
    }
}

/// `30`: a management group's template, two deployments deep in scope `outer`.
#[test]
fn a_hub_of_the_enterprise_scale_landing_zone() {
    let Some(text) = text("30-eslz-hubspoke-connectivity") else {
        return;
    };
    let parameters = r#"{ "topLevelManagementGroupPrefix": "alz", "addressPrefix": "10.100.0.0/16", "location": "northeurope",
        "enableHub": "vhub", "connectivitySubscriptionId": "11111111-1111-1111-1111-111111111111", "subnetMaskForGw": "10.100.1.0/24",
        "subnetMaskForAzFw": "10.100.0.0/24", "enableAzFw": "Yes", "enableVpnGw": "Yes", "enableVpnActiveActive": "Yes",
        "gwRegionalOrAz": "Zone", "gwAzSku": "VpnGw2AZ", "enableAzFwDnsProxy": "Yes" }"#;
    let parameters = ParameterFile::read("parameters", parameters).unwrap();
    let read = evaluated("30", &text, &[parameters]);
    // The management address of the firewall has no subnet here, and is not deployed.
    let types = "Resources/resourceGroups virtualNetworks 3*publicIpAddresses virtualNetworkGateways firewallPolicies azureFirewalls";
    assert_eq!(counts(&read), listed(types));
    let group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-vnet-hub-prod-northeurope";
    let vnet = resource(&read, "/vnet-hub-alz-prod-northeurope");
    assert_eq!(
        vnet.body["id"],
        format!(
            "{group}/providers/Microsoft.Network/virtualNetworks/vnet-hub-alz-prod-northeurope"
        )
    );
    let subnets = vnet.body["properties"]["subnets"].as_array().unwrap();
    let subnets: Vec<&str> = subnets
        .iter()
        .map(|subnet| subnet["name"].as_str().unwrap())
        .collect();
    assert_eq!(subnets, ["GatewaySubnet", "AzureFirewallSubnet"]);
    let place = "/resources/0/properties/template/resources/1/properties/template/resources/0";
    assert_eq!(vnet.origin.place, place);
    assert_eq!(read.left, [] as [dryhop::import::Left; 0]);
}

/// `27a` and `27b` are one deployment, with and without symbolic names; the peerings, the route and
/// the firewall meet across resource groups.
#[test]
fn both_compilations_of_one_bicep_file_are_equal() {
    let (Some(a), Some(b)) = (
        text("27a-bicep-hub-and-spoke"),
        text("27b-bicep-hub-and-spoke-symbolicnames"),
    ) else {
        return;
    };
    let bodies = |text: &str| {
        let read = evaluated("27", text, &[]);
        let bodies = read
            .resources
            .into_iter()
            .map(|one| (one.body, one.predicted));
        bodies.collect::<Vec<_>>()
    };
    assert_eq!(bodies(&a), bodies(&b));
    let read = evaluated("27", &a, &[]);
    let table = resource(
        &read,
        "/spoke-rg/providers/Microsoft.Network/routeTables/spoke-rot",
    );
    assert_eq!(
        table.body["properties"]["routes"][0]["properties"]["nextHopIpAddress"],
        "192.168.0.4"
    );
    assert_eq!(
        table.predicted,
        ["/properties/routes/0/properties/nextHopIpAddress"]
    );
}

/// `24`: the next hop is the firewall's address, a rule's prefix that of an inline subnet.
#[test]
fn references_of_the_hub_spoke_reference_architecture() {
    let Some(text) = text("24-mspnp-azure-hub-spoke") else {
        return;
    };
    let parameters = ParameterFile::read(
        "p",
        r#"{ "deployVirtualMachines": true, "deployVpnGateway": true }"#,
    )
    .unwrap();
    let read = evaluated("24", &text, &[parameters]);
    assert_eq!(read.left, [] as [dryhop::import::Left; 0]);
    let table = resource(&read, "/route-to-westeurope-hub-fw");
    assert_eq!(
        table.body["properties"]["routes"][0]["properties"]["nextHopIpAddress"],
        "10.0.3.4"
    );
    let rules =
        resource(&read, "/nsg-spoke-resources").body["properties"]["securityRules"].to_string();
    assert!(rules.contains("10.0.1.0/26"), "{rules}");
    let expected = [
        ("Compute/virtualMachines", 2),
        ("networkInterfaces", 2),
        ("virtualNetworkGateways", 1),
        ("publicIPAddresses", 5),
    ];
    for (kind, count) in expected {
        let kind = listed(kind).into_keys().next().unwrap();
        assert_eq!(counts(&read)[&kind], count, "{kind}");
    }
}
