//! Security rules, groups and tags (`network-security-groups-overview`).

use crate::net::tags::PlatformTag;
use crate::network::RuleSide;
use crate::resolve::testing::{faults, sound};
use crate::spec::Direction;

fn rule(rest: &str) -> String {
    format!(
        "
applicationSecurityGroups: {{ asg: {{}} }}
networkSecurityGroups:
  nsg: {{ securityRules: {{ r: {{ priority: 100, direction: Inbound, access: Allow, {rest} }} }} }}
"
    )
}

#[test]
fn rules_stand_by_direction_and_priority() {
    let network = sound(
        "
networkSecurityGroups:
  nsg:
    securityRules:
      c: { priority: 300, direction: Outbound, access: Allow }
      b: { priority: 200, direction: Inbound, access: Allow }
      a: { priority: 100, direction: Outbound, access: Allow }
      d: { priority: 100, direction: Inbound, access: Allow }
",
    );
    let (_, nsg) = network.nsgs.iter().next().unwrap();
    let found: Vec<_> = nsg.rules.iter().map(|r| (r.direction, &*r.name)).collect();
    use Direction::{Inbound, Outbound};
    assert_eq!(
        found,
        [
            (Inbound, "d"),
            (Inbound, "b"),
            (Outbound, "a"),
            (Outbound, "c")
        ]
    );
}

// `network-security-groups-overview`.
#[test]
fn a_side_is_anything_prefixes_a_tag_or_groups() {
    let source = |rest: &str| {
        let network = sound(&rule(rest));
        let (_, nsg) = network.nsgs.iter().next().unwrap();
        nsg.rules[0].source.clone()
    };
    assert_eq!(source("protocol: Tcp"), RuleSide::Any);
    assert_eq!(source("sourceAddressPrefix: '*'"), RuleSide::Any);
    assert!(
        matches!(source("sourceAddressPrefixes: [10.0.0.0/8, 192.168.0.4]"), RuleSide::Prefixes(p) if p.len() == 2)
    );
    let tag = RuleSide::Platform(PlatformTag::VirtualNetwork);
    assert_eq!(source("sourceAddressPrefix: virtualnetwork"), tag);
    assert!(matches!(
        source("sourceAddressPrefix: Storage.WestEurope"),
        RuleSide::Tag(_)
    ));
    assert!(
        matches!(source("sourceApplicationSecurityGroups: [asg]"), RuleSide::Groups(g) if g.len() == 1)
    );
}

// `network-security-groups-overview`: one rule for the DNS takes every protocol and port.
#[test]
fn a_dns_rule_takes_everything() {
    sound(&rule(
        "destinationAddressPrefix: AzurePlatformDNS, destinationPortRange: '*'",
    ));
    let found = faults(&rule(
        "destinationAddressPrefix: AzurePlatformDNS, protocol: Udp, destinationPortRange: 53",
    ));
    let at = "/networkSecurityGroups/nsg/securityRules/r";
    assert_eq!(
        found,
        [
            format!("unknown-word {at}/protocol"),
            format!("bad-port {at}/destinationPortRange/0")
        ]
    );
}

// service-tags-overview; topology-format, `serviceTags`.
#[test]
fn a_tag_is_the_topologys_own_or_a_sample() {
    let network = sound(
        "
serviceTags: { custom: { Storage.WestEurope: [20.60.26.0/23], Unnamed: [192.0.2.0/24] } }
routeTables:
  rt:
    routes:
      a: { addressPrefix: storage.westeurope, nextHopType: Internet }
      b: { addressPrefix: sql, nextHopType: Internet }
      c: { addressPrefix: AzureKeyVault.WestUS, nextHopType: Internet }
virtualNetworks:
  vnet: { addressSpace: 10.0.0.0/16, location: westeurope, subnets: { a: { addressPrefix: 10.0.0.0/24, serviceEndpoints: [Microsoft.ServiceBus] } } }
",
    );
    let found: Vec<_> = network
        .tags
        .iter()
        .map(|(_, t)| (&*t.name, t.complete, t.prefixes.len()))
        .collect();
    let expected = [
        ("Storage.WestEurope", true, 1),
        ("Unnamed", true, 1),
        ("ServiceBus", false, 0),
        ("ServiceBus.westeurope", false, 0),
        ("Sql", false, 1),
        ("AzureKeyVault.WestUS", false, 0),
    ];
    assert_eq!(found, expected);
}

// topology-format: Microsoft's weekly download, beside the file.
#[test]
fn a_download_is_complete() {
    let folder = std::env::temp_dir().join("dryhop-service-tags");
    std::fs::create_dir_all(&folder).unwrap();
    let download = r#"{ "changeNumber": 1, "values": [ { "name": "Storage", "id": "Storage",
        "properties": { "region": "", "addressPrefixes": ["20.60.0.0/24", "2603:1000::/48"] } } ] }"#;
    std::fs::write(folder.join("tags.json"), download).unwrap();
    let text = format!(
        "serviceTags: {{ file: tags.json }}\n{}",
        rule("sourceAddressPrefix: storage")
    );
    let topology = crate::resolve::testing::topology(&text);
    let mut faults = Vec::new();
    let network = crate::resolve::resolve(&topology, Some(&folder), &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let (_, tag) = network.tags.iter().next().unwrap();
    assert_eq!(
        (&*tag.name, tag.complete, tag.prefixes.len()),
        ("Storage", true, 2)
    );
}

// `azure-virtual-network-limits`.
#[test]
fn a_group_has_so_many_rules() {
    let rules = |count: usize| {
        let rules: Vec<String> = (0..count)
            .map(|n| {
                format!(
                    "r{n}: {{ priority: {}, direction: Inbound, access: Deny }}",
                    100 + n
                )
            })
            .collect();
        format!(
            "networkSecurityGroups: {{ nsg: {{ securityRules: {{ {} }} }} }}",
            rules.join(", ")
        )
    };
    sound(&rules(1_000));
    assert_eq!(
        faults(&rules(1_001)),
        ["limit-exceeded /networkSecurityGroups/nsg/securityRules"]
    );
}

// `application-security-groups`.
#[test]
fn groups_know_their_members() {
    let network = sound(
        "
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { web: { addressPrefix: 10.0.1.0/24 } } } }
applicationSecurityGroups: { asg-web: {}, asg-all: {} }
virtualMachines:
  web-1: { networkInterface: { subnet: vnet/web, applicationSecurityGroups: [asg-web, ASG-ALL] } }
  web-2: { networkInterface: { ipConfigurations: { a: { subnet: vnet/web, applicationSecurityGroups: [asg-all] } } } }
",
    );
    let members: Vec<usize> = network
        .asgs
        .iter()
        .map(|(_, asg)| asg.members.len())
        .collect();
    assert_eq!(members, [1, 2]);
    let groups: Vec<usize> = network.nics.iter().map(|(_, nic)| nic.asgs.len()).collect();
    assert_eq!(groups, [2, 1]);
}
