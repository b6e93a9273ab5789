//! Virtual networks, peerings, route tables (`virtual-networks-udr-overview`).

use crate::network::{Link, Place};
use crate::resolve::testing::{faults, sound};
use crate::spec::PeeringState;

// `virtual-network-manage-peering`.
#[test]
fn a_peering_is_connected_where_both_sides_exist() {
    let network = sound(
        "
virtualNetworks:
  a: { addressSpace: 10.0.0.0/16, location: westeurope, peerings: { to-b: { remoteVirtualNetwork: b }, to-c: { remoteVirtualNetwork: c }, to-d: { remoteVirtualNetwork: d } } }
  b: { addressSpace: 10.1.0.0/16, location: West Europe, peerings: { to-a: { remoteVirtualNetwork: a } } }
  c: { addressSpace: 10.2.0.0/16, location: northeurope, peerings: { to-a: { remoteVirtualNetwork: a, peeringState: Disconnected } } }
  d: { addressSpace: 10.3.0.0/16, location: westeurope }
",
    );
    let found: Vec<_> = (network.peerings.iter())
        .map(|(_, p)| (&*p.name, p.state, p.connected, p.global))
        .collect();
    let expected = [
        ("to-b", PeeringState::Connected, true, false),
        ("to-c", PeeringState::Connected, false, true),
        ("to-d", PeeringState::Initiated, false, false),
        ("to-a", PeeringState::Connected, true, false),
        ("to-a", PeeringState::Disconnected, false, true),
    ];
    assert_eq!(found, expected);
    let ids: Vec<_> = network.vnets.ids().collect();
    let between = |from: usize, to: usize| {
        network
            .graph
            .between(Place::Network(ids[from]), Place::Network(ids[to]))
    };
    assert!(matches!(between(0, 1), Some(Link::Peering(_))));
    assert!(matches!(between(2, 0), Some(Link::Peering(_))));
    assert_eq!(between(0, 3), None);
    assert_eq!(
        network
            .graph
            .between(Place::Network(ids[3]), Place::Internet),
        Some(Link::Internet)
    );
}

// `how-to-configure-subnet-peering`: only the listed subnets are compared.
#[test]
fn a_subnet_peering_compares_what_it_joins() {
    let text = "
virtualNetworks:
  a:
    addressSpace: [10.0.0.0/16, 10.5.0.0/16]
    subnets: { one: { addressPrefix: 10.0.1.0/24 }, same: { addressPrefix: 10.5.1.0/24 } }
    peerings: { to-b: { remoteVirtualNetwork: b, peerCompleteVnets: false, localSubnetNames: [LOCAL], remoteSubnetNames: [two] } }
  b:
    addressSpace: [10.1.0.0/16, 10.5.0.0/16]
    subnets: { two: { addressPrefix: REMOTE } }
";
    let with = |local: &str, remote: &str| text.replace("LOCAL", local).replace("REMOTE", remote);
    let network = sound(&with("one", "10.1.1.0/24"));
    let (_, peering) = network.peerings.iter().next().unwrap();
    let joined = peering.subnets.as_ref().unwrap();
    assert_eq!((joined.local.len(), joined.remote.len()), (1, 1));
    sound(&with("one", "10.5.1.0/24"));
    let overlapping = faults(&with("same", "10.5.1.0/24"));
    assert_eq!(overlapping.len(), 1);
    assert!(overlapping[0].starts_with("peered-address-space-overlap"));
    let dangling = faults(&with("tow", "10.1.1.0/24"));
    assert_eq!(
        dangling,
        ["unresolved-reference /virtualNetworks/a/peerings/to-b/localSubnetNames/0"]
    );
}

// `virtual-network-manage-peering`: the flag alone, or a one-sided peering, is nothing that the API refuses.
#[test]
fn a_transit_flag_without_a_user_is_no_fault() {
    sound(
        "
virtualNetworks:
  hub: { addressSpace: 10.0.0.0/16, peerings: { to-a: { remoteVirtualNetwork: a, allowGatewayTransit: true } } }
  a: { addressSpace: 10.1.0.0/16, peerings: { to-hub: { remoteVirtualNetwork: hub } } }
",
    );
    // A Route Server is enough to be used.
    sound(
        "
virtualNetworks:
  hub: { addressSpace: 10.0.0.0/16, subnets: { RouteServerSubnet: { addressPrefix: 10.0.0.0/27 } }, peerings: { to-a: { remoteVirtualNetwork: a, allowGatewayTransit: true } } }
  a: { addressSpace: 10.1.0.0/16, peerings: { to-hub: { remoteVirtualNetwork: hub, useRemoteGateways: true } } }
routeServers: { rs: { subnet: hub/RouteServerSubnet } }
",
    );
}

// `firewall-faq`: an NSG is ignored on the platform's own subnets, except on AzureBastionSubnet.
#[test]
fn an_nsg_does_not_hold_on_the_platforms_subnets() {
    let network = sound(
        "
networkSecurityGroups: { nsg: {} }
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets:
      GatewaySubnet: { addressPrefix: 10.0.0.0/27, networkSecurityGroup: nsg }
      AzureFirewallSubnet: { addressPrefix: 10.0.1.0/26, networkSecurityGroup: nsg }
      AzureFirewallManagementSubnet: { addressPrefix: 10.0.2.0/26, networkSecurityGroup: nsg }
      RouteServerSubnet: { addressPrefix: 10.0.3.0/26, networkSecurityGroup: nsg }
      AzureBastionSubnet: { addressPrefix: 10.0.4.0/26, networkSecurityGroup: nsg }
      web: { addressPrefix: 10.0.5.0/24, networkSecurityGroup: nsg }
",
    );
    let with: Vec<&str> = (network.subnets.iter())
        .filter(|(_, subnet)| subnet.nsg.is_some())
        .map(|(_, subnet)| &*subnet.name)
        .collect();
    assert_eq!(with, ["AzureBastionSubnet", "web"]);
}

// `virtual-networks-udr-overview`.
#[test]
fn a_table_has_so_many_routes() {
    let table = |count: usize, prefix: &dyn Fn(usize) -> String| {
        let routes: Vec<String> = (0..count)
            .map(|n| {
                format!(
                    "r{n}: {{ addressPrefix: {}, nextHopType: None }}",
                    prefix(n)
                )
            })
            .collect();
        format!(
            "routeTables: {{ rt: {{ routes: {{ {} }} }} }}",
            routes.join(", ")
        )
    };
    let plain = |n: usize| format!("10.{}.{}.0/24", n / 256, n % 256);
    sound(&table(400, &plain));
    assert_eq!(
        faults(&table(401, &plain)),
        ["limit-exceeded /routeTables/rt/routes"]
    );
    let regions = crate::net::regions::names();
    let tags = |n: usize| format!("Storage.{}", regions[n]);
    sound(&table(25, &tags));
    assert_eq!(
        faults(&table(26, &tags)),
        ["limit-exceeded /routeTables/rt/routes"]
    );
}
