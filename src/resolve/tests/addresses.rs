//! answers, "The topology": stated addresses first, then the first free one in the order of the format.

use std::net::IpAddr;

use crate::network::Network;
use crate::resolve::testing::sound;

fn nic_addresses(network: &Network) -> Vec<(String, bool)> {
    let all = network.nics.iter().flat_map(|(_, nic)| &nic.addresses);
    all.map(|own| (own.address.to_string(), own.assumed))
        .collect()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn stated_addresses_come_first() {
    let network = sound(
        "
networkVirtualAppliances:
  nva: { networkInterface: { subnet: vnet/web } }
virtualMachines:
  first: { networkInterface: { subnet: vnet/web } }
  second: { networkInterface: { subnet: vnet/web } }
  third: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.1.4 } }
virtualMachineScaleSets:
  api: { capacity: 2, networkInterface: { subnet: vnet/web } }
loadBalancers:
  lb: { frontendIPConfigurations: { fe: { subnet: vnet/web } } }
virtualNetworks:
  vnet: { addressSpace: 10.0.0.0/16, subnets: { web: { addressPrefix: 10.0.1.0/24 } } }
",
    );
    let expected = [
        ("10.0.1.5".to_owned(), true),
        ("10.0.1.6".to_owned(), true),
        ("10.0.1.4".to_owned(), false),
        ("10.0.1.7".to_owned(), true),
        ("10.0.1.8".to_owned(), true),
        ("10.0.1.9".to_owned(), true),
    ];
    assert_eq!(nic_addresses(&network), expected);
    let (_, frontend) = network.fixtures.iter().next().unwrap();
    assert_eq!(frontend.addresses, [address("10.0.1.10")]);
}

#[test]
fn both_families_of_a_nic() {
    let network = sound(
        "
virtualNetworks:
  vnet:
    addressSpace: [10.0.0.0/16, 'fd00:db8::/48']
    subnets: { web: { addressPrefixes: [10.0.1.0/24, 'fd00:db8:0:1::/64'] } }
virtualMachines:
  web-1:
    networkInterface:
      ipConfigurations:
        six: { subnet: vnet/web, privateIPAddressVersion: IPv6 }
        four: { subnet: vnet/web, primary: true }
",
    );
    let (_, nic) = network.nics.iter().next().unwrap();
    let names: Vec<&str> = nic.addresses.iter().map(|own| &*own.name).collect();
    assert_eq!(names, ["four", "six"]);
    let expected = [
        ("10.0.1.4".to_owned(), true),
        ("fd00:db8:0:1::4".to_owned(), true),
    ];
    assert_eq!(nic_addresses(&network), expected);
}

#[test]
fn two_networks_may_use_one_range() {
    let network = sound(
        "
virtualNetworks:
  one: { addressSpace: 10.0.0.0/16, subnets: { web: { addressPrefix: 10.0.1.0/24 } } }
  two: { addressSpace: 10.0.0.0/16, subnets: { web: { addressPrefix: 10.0.1.0/24 } } }
virtualMachines:
  a: { networkInterface: { subnet: one/web, privateIPAddress: 10.0.1.9 } }
  b: { networkInterface: { subnet: two/web, privateIPAddress: 10.0.1.9 } }
",
    );
    let owners: Vec<_> = network
        .owners
        .iter()
        .map(|map| map.get(address("10.0.1.9")))
        .collect();
    assert!(owners[0].is_some() && owners[1].is_some() && owners[0] != owners[1]);
}

#[test]
fn public_addresses_are_assigned_where_nothing_else_is() {
    let network = sound(
        "
publicIPAddresses:
  stated: { ipAddress: 203.0.113.1 }
  first: {}
  second: {}
  six: { publicIPAddressVersion: IPv6 }
internetHosts: { office: { address: 203.0.113.2 } }
networkSecurityGroups:
  nsg: { securityRules: { web: { priority: 100, direction: Inbound, access: Allow, sourceAddressPrefix: 203.0.113.0/25 } } }
natGateways: { nat: { publicIPAddresses: [first] } }
",
    );
    let found: Vec<_> = network
        .public_ips
        .iter()
        .map(|(_, p)| (p.address, p.assumed))
        .collect();
    let expected = [
        (address("203.0.113.1"), false),
        (address("203.0.113.128"), true),
        (address("203.0.113.129"), true),
        (address("2001:db8::1"), true),
    ];
    assert_eq!(found, expected);
    use crate::network::PublicOwner as Owner;
    let owner = |text| network.public_owners.get(address(text));
    assert!(matches!(owner("203.0.113.1"), Some(Owner::Unused(_))));
    assert!(matches!(owner("203.0.113.2"), Some(Owner::InternetHost(_))));
    assert!(matches!(owner("203.0.113.128"), Some(Owner::NatGateway(_))));
    assert_eq!(owner("203.0.113.3"), None);
}

#[test]
fn more_public_addresses_than_one_range_has() {
    let mut text = String::from("publicIPAddresses:\n");
    for number in 0..300 {
        text.push_str(&format!("  pip-{number}: {{}}\n"));
    }
    let network = sound(&text);
    let (_, last) = network.public_ips.iter().last().unwrap();
    assert_eq!(last.address, address("198.51.100.46"));
}
