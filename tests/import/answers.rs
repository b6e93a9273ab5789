//! The estate: what is answered, by hand from the input, directly and by the written file; and the file itself.

use std::path::PathBuf;

use super::support::{import, left, load_files, own, same, shared, verdict, written};

#[test]
fn the_written_file_is_one_that_a_person_would_write() {
    for (name, snapshot) in [
        ("estate.json", "estate"),
        ("estate.state.json", "estate-state"),
    ] {
        snapshot_of(name, snapshot);
    }
}

fn snapshot_of(name: &str, snapshot: &str) {
    let files = [own(name)];
    let text = written(&import(&files), &files).replace(&files[0].display().to_string(), name);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(own(""));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(snapshot, text));
}

#[test]
fn the_estate_loads_clean_and_answers_the_same() {
    let loaded = same(&[own("estate.json")]);
    assert!(loaded.is_sound());
    // Two VNets and a peer's, seven subnets, four groups with five rules, two routes, six NICs, four peerings.
    assert_eq!(super::support::counts(&loaded), [3, 7, 4, 5, 2, 6, 4]);
}

#[test]
fn answers_by_hand() {
    let loaded = load_files(&[own("estate.json")]);
    let cases = [
        // Within the VNet, and nsg-db's rule `sql` lets VirtualNetwork in on 1433; VirtualNetwork by default on any port.
        ("web-1", "db", 1433, "Reachable"),
        ("web-1", "db", 22, "Reachable"),
        // nsg-web: 80 and 443 from 10.0.0.0/16 only, then `deny-rest`.
        ("db", "web-1", 443, "Unreachable"),
        ("nva", "web-1", 443, "Reachable"),
        ("nva", "web-1", 22, "Unreachable"),
        // web-2 is deallocated.
        ("nva", "web-2", 443, "Unreachable"),
        // The instances of the scale set are in no application security group.
        ("nva", "api_0", 443, "Unreachable"),
        ("nva", "db", 1433, "Reachable"),
        // Bastion comes from 10.0.4.0/26; 22 is not let in by nsg-web.
        ("bastion", "web-1", 22, "Unreachable"),
        ("bastion", "db", 22, "Reachable"),
        // nsg-web denies 25 to the Internet; the default route leads to the appliance, which has no public address.
        ("web-1", "203.0.113.77", 25, "Unreachable"),
        // Its subnet is private and has the NAT gateway.
        ("db", "203.0.113.77", 443, "Reachable"),
        // The private endpoint of the SQL server.
        ("web-1", "pe-sql", 1433, "Reachable"),
        ("nva", "10.1.2.10", 1433, "Reachable"),
        // A NIC without a machine answers nothing.
        ("web-1", "nic-spare", 22, "Unreachable"),
    ];
    let wrong: Vec<String> = cases
        .into_iter()
        .filter_map(|(from, to, port, expected)| {
            let found = verdict(&loaded, from, to, port);
            (found != expected).then(|| format!("{from} {to} {port}: {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_left_is_told_object_by_object() {
    let converted = import(&[own("estate.json")]);
    let listed = left(&converted);
    for expected in [
        "`futureThing` of networkInterfaces/nic-spare: it is not known what it does",
        "`disableTcpStateTracking` of networkInterfaces/nic-spare: NICs without state are not modelled",
        "virtualWans/wan: virtual WANs are not modelled",
        "`usePolicyBasedTrafficSelectors` of connections/hub-hq: traffic selectors are not modelled",
    ] {
        assert!(
            listed.iter().any(|left| left == expected),
            "{expected} is not in {listed:#?}"
        );
    }
    // Disks have no influence, default rules are Azure's own, a private endpoint's NIC is told with it.
    assert!(
        !listed
            .iter()
            .any(|left| left.contains("disk") || left.contains("pe-sql.nic")),
        "{listed:#?}"
    );
}

// Batfish's pair of machines: VM1 with an NSG of its own and a public address, VM2 in a subnet with one.
#[test]
fn answers_of_two_real_machines() {
    let names = [
        "VM-vnet",
        "VM1-nsg",
        "subnet-nsg",
        "VM1-public-ip",
        "VM1",
        "VM2",
        "vm1346",
        "vm235",
    ];
    let files: Option<Vec<PathBuf>> = names
        .iter()
        .map(|name| shared(&format!("az-rest/batfish-{name}.json")))
        .collect();
    let Some(files) = files else { return };
    let loaded = load_files(&files);
    let cases = [
        // subnet-nsg: 22-23, 80 and 8080 from 10.0.0.0/24, then everything denied.
        ("VM1", "VM2", 22, "Reachable"),
        ("VM1", "VM2", 23, "Reachable"),
        ("VM1", "VM2", 80, "Reachable"),
        ("VM1", "VM2", 8080, "Reachable"),
        ("VM1", "VM2", 24, "Unreachable"),
        ("VM1", "VM2", 443, "Unreachable"),
        // Outbound only 8080 to 10.0.0.0/24; inbound VM1-nsg lets 22 and 8080 in.
        ("VM2", "VM1", 8080, "Reachable"),
        ("VM2", "VM1", 22, "Unreachable"),
        ("VM2", "198.51.100.7", 443, "Unreachable"),
        ("VM1", "198.51.100.7", 443, "Reachable"),
        ("Internet", "40.91.194.198", 22, "Reachable"),
        ("Internet", "40.91.194.198", 8080, "Reachable"),
        ("Internet", "40.91.194.198", 443, "Unreachable"),
    ];
    for (from, to, port, expected) in cases {
        assert_eq!(
            verdict(&loaded, from, to, port),
            expected,
            "{from} {to} {port}"
        );
    }
}
