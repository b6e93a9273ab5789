//! Every real input in ../shared/inputs: what is really in it, counted by hand.

use super::support::{counts, errors, left, same, shared};
use std::path::PathBuf;

/// Files that are read together; VNets, subnets, NSGs, rules, routes, NICs, peerings that are carried over; errors
/// that are true of the original; how many things are listed as left.
type Case = (
    &'static [&'static str],
    [usize; 7],
    &'static [&'static str],
    usize,
);

const CASES: &[Case] = &[
    (
        &["az-cli/01-vnet-create.json"],
        [1, 1, 0, 0, 0, 0, 0],
        &[],
        0,
    ),
    (
        &["az-cli/02-public-ip-create.json"],
        [0, 0, 0, 0, 0, 0, 0],
        &[],
        0,
    ),
    (&["az-cli/03-nsg-show.json"], [0, 0, 1, 2, 0, 0, 0], &[], 0),
    // The NIC's subnet is in another file.
    (
        &["az-cli/04-nic-create.json"],
        [0, 0, 0, 0, 0, 0, 0],
        &[],
        1,
    ),
    (&["az-cli/06-vnet-list.json"], [1, 1, 0, 0, 0, 0, 0], &[], 0),
    (
        &[
            "az-cli/01-vnet-create.json",
            "az-cli/02-public-ip-create.json",
            "az-cli/03-nsg-show.json",
            "az-cli/04-nic-create.json",
            "az-cli/06-vnet-list.json",
        ],
        [1, 1, 1, 2, 0, 1, 0],
        &[],
        1,
    ),
    (
        &["az-rest/batfish-VM-vnet.json"],
        [1, 2, 0, 0, 0, 0, 0],
        &[],
        1,
    ),
    (
        &["az-rest/batfish-VM1-nsg.json"],
        [0, 0, 1, 3, 0, 0, 0],
        &[],
        0,
    ),
    (
        &["az-rest/batfish-subnet-nsg.json"],
        [0, 0, 1, 5, 0, 0, 0],
        &[],
        0,
    ),
    (&["az-rest/batfish-VM1-public-ip.json"], [0; 7], &[], 0),
    (&["az-rest/batfish-nat-gateway-ip.json"], [0; 7], &[], 0),
    (&["az-rest/batfish-nat-gateway.json"], [0; 7], &[], 1),
    (&["az-rest/batfish-VM1.json"], [0; 7], &[], 2),
    (&["az-rest/batfish-VM2.json"], [0; 7], &[], 2),
    (&["az-rest/batfish-vm1346.json"], [0; 7], &[], 2),
    (&["az-rest/batfish-vm235.json"], [0; 7], &[], 2),
    // As Batfish has it, but for the NAT gateway, which has the address of a machine there.
    (
        &[
            "az-rest/batfish-VM-vnet.json",
            "az-rest/batfish-VM1-nsg.json",
            "az-rest/batfish-subnet-nsg.json",
            "az-rest/batfish-VM1-public-ip.json",
            "az-rest/batfish-VM1.json",
            "az-rest/batfish-VM2.json",
            "az-rest/batfish-vm1346.json",
            "az-rest/batfish-vm235.json",
        ],
        [1, 2, 2, 8, 0, 2, 0],
        &[],
        3,
    ),
    (
        &[
            "az-rest/batfish-VM-vnet.json",
            "az-rest/batfish-VM1-public-ip.json",
            "az-rest/batfish-nat-gateway.json",
            "az-rest/batfish-VM1.json",
            "az-rest/batfish-vm1346.json",
        ],
        [1, 2, 0, 0, 0, 1, 0],
        &["address-taken"],
        3,
    ),
    (&["az-rest/c7n-appgateways-list.json"], [0; 7], &[], 4),
    (&["az-rest/c7n-bastion-list.json"], [0; 7], &[], 1),
    (&["az-rest/c7n-publicips-list.json"], [0; 7], &[], 0),
    (
        &["az-rest/c7n-routetables-list.json"],
        [0, 0, 0, 0, 4, 0, 0],
        &[],
        0,
    ),
    (&["bicep-snapshot/basic.snapshot.json"], [0; 7], &[], 1),
    (&["bicep-snapshot/outputs.snapshot.json"], [0; 7], &[], 1),
    (
        &["terraform/01-tfcompliance-2modules-nic-nsg-vm.plan.json"],
        [1, 1, 2, 2, 0, 2, 0],
        &[],
        0,
    ),
    // Three firewalls with one public address, and two of a virtual WAN.
    (
        &["terraform/02-infracost-azure-firewall.plan.json"],
        [1, 1, 0, 0, 0, 0, 0],
        &["address-taken", "address-taken"],
        4,
    ),
    // Rules of one name, of one priority, and `*` beside prefixes: it is an input for a linter.
    (
        &["terraform/04-regula-nsg-inline-and-standalone-rules-22.plan.json"],
        [0, 0, 4, 10, 0, 0, 0],
        &[
            "tag-beside-prefixes",
            "tag-beside-prefixes",
            "duplicate-priority",
            "duplicate-priority",
        ],
        0,
    ),
    (
        &["terraform/06-regula-vnet-subnet-service-endpoint-storage.plan.json"],
        [1, 1, 0, 0, 0, 0, 0],
        &[],
        4,
    ),
    // The subnet's id is an empty text.
    (
        &["terraform/07-terracost-module-vm-nic-nsg-assoc.plan.json"],
        [0, 0, 1, 1, 0, 0, 0],
        &[],
        2,
    ),
    // Only ids and names are left in this state: two VNets, two machines, a peering.
    (
        &["terraform/09-inframap-vnet-peering.tfstate.json"],
        [0; 7],
        &[],
        5,
    ),
    (&["terraform/11-driftctl-lb.tfstate.json"], [0; 7], &[], 1),
    // Templates, each with the parameters beside it.
    (
        &["arm/01-vm-simple-linux.json"],
        [1, 1, 1, 1, 0, 1, 0],
        &[],
        0,
    ),
    (
        &["arm/02-application-security-group.json"],
        [1, 1, 1, 2, 0, 1, 0],
        &[],
        0,
    ),
    (&["arm/03-dmz-nsg.json"], [1, 2, 1, 6, 0, 4, 0], &[], 0),
    // What the appliance's guest does.
    (
        &["arm/05-userdefined-routes-appliance.json"],
        [1, 3, 1, 1, 1, 3, 0],
        &[],
        1,
    ),
    // The subnet stands in the VNet and on its own. The public prefix.
    (
        &["arm/06-nat-gateway-1-vm.json"],
        [1, 1, 1, 1, 0, 1, 0],
        &[],
        1,
    ),
    (
        &["arm/07-load-balancer-standard-create.json"],
        [1, 2, 1, 1, 0, 3, 0],
        &[],
        0,
    ),
    // From here on mostly the storage account of the boot diagnostics.
    (
        &["arm/08-2-vms-internal-load-balancer.json"],
        [1, 1, 0, 0, 0, 2, 0],
        &[],
        1,
    ),
    (
        &["arm/10-multi-tier-service-networking.json"],
        [1, 3, 3, 12, 0, 5, 0],
        &[],
        1,
    ),
    // The database.
    (
        &["arm/11-private-endpoint-sql.json"],
        [1, 1, 0, 0, 0, 1, 0],
        &[],
        1,
    ),
    // What the circuit advertises.
    (
        &["arm/13-expressroute-private-peering-vnet.json"],
        [1, 2, 1, 2, 0, 0, 0],
        &[],
        1,
    ),
    (
        &["arm/14-site-to-site-vpn.json"],
        [1, 2, 1, 1, 0, 1, 0],
        &[],
        0,
    ),
    (
        &["arm/16-azurefirewall-sandbox-linux.json"],
        [1, 3, 2, 1, 1, 2, 0],
        &[],
        1,
    ),
    (
        &["arm/18-azurefirewall-policy-ipgroups.json"],
        [1, 3, 2, 1, 1, 2, 0],
        &[],
        1,
    ),
    // With a VPN gateway: its subnet, and four of the eight peerings.
    (
        &["arm/20-hub-and-spoke-sandbox.json"],
        [3, 6, 1, 1, 0, 1, 4],
        &[],
        1,
    ),
    // A Bastion in a /27.
    (
        &["arm/22-bastion-hub-spoke-vnet.json"],
        [2, 2, 1, 1, 0, 1, 2],
        &["special-subnet-rule"],
        1,
    ),
    (
        &["arm/23-ipv6-in-vnet-stdlb.json"],
        [1, 1, 1, 4, 1, 2, 0],
        &[],
        0,
    ),
    // Machines are deployed where a parameter says so.
    (
        &["arm/24-mspnp-azure-hub-spoke.json"],
        [3, 7, 3, 17, 1, 0, 4],
        &[],
        0,
    ),
    (
        &["arm/27a-bicep-hub-and-spoke.json"],
        [2, 2, 0, 0, 1, 0, 2],
        &[],
        0,
    ),
    (
        &["arm/27b-bicep-hub-and-spoke-symbolicnames.json"],
        [2, 2, 0, 0, 1, 0, 2],
        &[],
        0,
    ),
    // Its defaults deploy nothing.
    (&["arm/30-eslz-hubspoke-connectivity.json"], [0; 7], &[], 0),
];

#[test]
fn every_input_has_what_is_in_it() {
    let mut wrong = Vec::new();
    for (names, expected, faults, omitted) in CASES {
        let Some(files): Option<Vec<PathBuf>> = names.iter().map(|name| shared(name)).collect()
        else {
            return;
        };
        let loaded = same(&files);
        let mut found = errors(&loaded);
        let mut faults = faults.to_vec();
        found.sort_unstable();
        faults.sort_unstable();
        let converted = super::support::import(&files);
        if counts(&loaded) != *expected || found != faults || converted.left.len() != *omitted {
            let listed = left(&converted).join("\n    ");
            wrong.push(format!(
                "{names:?}: {:?} {found:?}\n    {listed}",
                counts(&loaded)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_input_is_in_a_case() {
    for folder in ["arm", "az-cli", "az-rest", "bicep-snapshot", "terraform"] {
        let Some(folder_path) = shared(folder) else {
            return;
        };
        for entry in std::fs::read_dir(folder_path).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            if name.ends_with(".parameters.json") {
                continue;
            }
            let alone = CASES.iter().any(|(names, ..)| *names == [name.as_str()]);
            assert!(alone, "{name} is in no case");
        }
    }
}

#[test]
fn templates_are_told_apart() {
    let Some(folder) = shared("arm") else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".parameters.json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let format = dryhop::import::recognise(&text).map(|document| document.format());
        assert_eq!(
            format,
            Some(dryhop::import::Format::Template),
            "{}",
            path.display()
        );
    }
}
