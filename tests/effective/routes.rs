//! System routes, user routes, peerings, endpoints: which rows there are, and which one wins.

use dryhop::effective::Effective;
use dryhop::spec::checks::RouteNextHopType;

use super::support::{all_lines, hop, line, lines, network, private_endpoint};

/// Two ways of an address: from one subnet and from the other.
type Ways<'a> = &'a [(&'a str, &'a str)];

#[track_caller]
fn hops(effective: &Effective, nic: &str, expected: Ways) {
    for (destination, expected) in expected {
        assert_eq!(
            hop(effective, nic, destination),
            *expected,
            "{nic} to {destination}"
        );
    }
}

const NONE: [&str; 4] = [
    "Default Active 10.0.0.0/8 None",
    "Default Active 172.16.0.0/12 None",
    "Default Active 192.168.0.0/16 None",
    "Default Active 100.64.0.0/10 None",
];

/// `virtual-networks-udr-overview`, "How Azure selects a route".
#[test]
fn the_longest_prefix_wins_and_a_user_route_among_equals() {
    let network = network(
        "
virtualNetworks:
  vnet:
    addressSpace: 10.9.0.0/16
    subnets: { a: { addressPrefix: 10.9.0.0/24, routeTable: rt }, nva: { addressPrefix: 10.9.3.0/24 } }
routeTables:
  rt:
    routes:
      longer: { addressPrefix: 10.0.0.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.9.3.4 }
      shorter: { addressPrefix: 10.0.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.9.3.5 }
      all: { addressPrefix: 0.0.0.0/0, nextHopType: None }
virtualMachines: { vm: { networkInterface: { subnet: vnet/a } } }
networkVirtualAppliances:
  nva-4: { networkInterface: { subnet: vnet/nva, privateIPAddress: 10.9.3.4 } }
  nva-5: { networkInterface: { subnet: vnet/nva, privateIPAddress: 10.9.3.5 } }
",
    );
    let effective = Effective::new(&network);
    hops(
        &effective,
        "vm",
        &[
            ("10.0.0.5", "VirtualAppliance 10.9.3.4 rt"),
            ("10.0.1.5", "VirtualAppliance 10.9.3.5 rt"),
            ("40.1.2.3", "None rt"),
            ("10.9.200.1", "VnetLocal System Route"),
        ],
    );
}

/// `diagnose-vm-network-routing-problem`: a default VM, then one whose VNet also holds 172.16.0.0/12.
#[test]
fn the_next_hop_tutorial() {
    let network = network(
        "
virtualNetworks:
  plain: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24 } } }
  extended: { addressSpace: [10.0.0.0/16, 172.16.0.0/12], subnets: { a: { addressPrefix: 10.0.0.0/24 } } }
virtualMachines:
  vm: { networkInterface: { subnet: plain/a } }
  vm-2: { networkInterface: { subnet: extended/a } }
",
    );
    let effective = Effective::new(&network);
    hops(
        &effective,
        "vm",
        &[
            ("13.107.21.200", "Internet System Route"),
            ("172.31.0.100", "None System Route"),
        ],
    );
    hops(
        &effective,
        "vm-2",
        &[
            ("172.31.0.100", "VnetLocal System Route"),
            ("10.1.0.1", "None System Route"),
        ],
    );
    // The host is reached whatever the routes say (what-is-ip-address-168-63-129-16).
    assert_eq!(
        hop(&effective, "vm", "168.63.129.16"),
        "VnetLocal System Route"
    );
}

/// `tutorial-create-route-table-portal`: a table on one subnet only.
#[test]
fn the_route_table_tutorial() {
    let network = network(
        "
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      public: { addressPrefix: 10.0.0.0/24, routeTable: rt }
      private: { addressPrefix: 10.0.1.0/24 }
      dmz: { addressPrefix: 10.0.2.0/24 }
routeTables:
  rt: { routes: { to-private: { addressPrefix: 10.0.1.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 } } }
virtualMachines:
  public: { networkInterface: { subnet: vnet/public } }
  private: { networkInterface: { subnet: vnet/private } }
networkVirtualAppliances: { nva: { networkInterface: { subnet: vnet/dmz, privateIPAddress: 10.0.2.4 } } }
",
    );
    let effective = Effective::new(&network);
    assert_eq!(
        hop(&effective, "public", "10.0.1.4"),
        "VirtualAppliance 10.0.2.4 rt"
    );
    assert_eq!(
        hop(&effective, "private", "10.0.0.4"),
        "VnetLocal System Route"
    );
}

/// A hub with spokes, as in the readme of erjosito/azure-networking-lab, stages 1 to 4.
const LAB: &str = "
virtualNetworks:
  vnet1:
    addressSpace: 10.1.0.0/16
    subnets:
      a: { addressPrefix: 10.1.1.0/24 }
      b: { addressPrefix: 10.1.2.0/24, routeTable: summary }
      c: { addressPrefix: 10.1.3.0/24, routeTable: own }
    peerings: { hub: { remoteVirtualNetwork: vnet4 } }
  vnet2:
    addressSpace: 10.2.0.0/16
    subnets: { d: { addressPrefix: 10.2.1.0/24, routeTable: default } }
    peerings: { hub: { remoteVirtualNetwork: vnet4 } }
  vnet3:
    location: northeurope
    addressSpace: 10.3.0.0/16
    subnets: { e: { addressPrefix: 10.3.1.0/24, routeTable: default } }
    peerings: { hub: { remoteVirtualNetwork: vnet4 } }
  vnet4:
    addressSpace: 10.4.0.0/16
    subnets: { nva: { addressPrefix: 10.4.2.0/24 } }
    peerings: { one: { remoteVirtualNetwork: vnet1 }, two: { remoteVirtualNetwork: vnet2 }, three: { remoteVirtualNetwork: vnet3 } }
routeTables:
  summary: { routes: { p: { addressPrefix: 10.0.0.0/8, nextHopType: VirtualAppliance, nextHopIpAddress: 10.4.2.101 } } }
  own: { routes: { own: { addressPrefix: 10.1.3.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.4.2.101 } } }
  default: { routes: { d: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.4.2.101 } } }
virtualMachines:
  a: { networkInterface: { subnet: vnet1/a } }
  b: { networkInterface: { subnet: vnet1/b } }
  c: { networkInterface: { subnet: vnet1/c } }
  d: { networkInterface: { subnet: vnet2/d } }
  e: { networkInterface: { subnet: vnet3/e } }
networkVirtualAppliances: { nva: { networkInterface: { subnet: vnet4/nva, privateIPAddress: 10.4.2.101 } } }
";

#[test]
fn the_hub_lab_stage_by_stage() {
    let network = network(LAB);
    let effective = Effective::new(&network);
    // 1: no table, and peering is not transitive.
    let near = [
        "Default Active 10.1.0.0/16 VnetLocal",
        "Default Active 10.4.0.0/16 VNetPeering",
    ];
    let internet = "Default Active 0.0.0.0/0 Internet";
    assert_eq!(
        all_lines(&effective, "a"),
        [&near[..], &[internet], &NONE].concat()
    );
    hops(
        &effective,
        "a",
        &[
            ("10.2.1.4", "None System Route"),
            ("10.4.2.101", "VNetPeering System Route"),
        ],
    );
    // 2: a summary takes the place of the None route of its prefix; a default route of all of them.
    let summary = "User Active 10.0.0.0/8 VirtualAppliance 10.4.2.101 p";
    assert_eq!(
        all_lines(&effective, "b"),
        [&near[..], &[internet], &NONE[1..], &[summary]].concat()
    );
    assert_eq!(
        all_lines(&effective, "d"),
        [
            "Default Active 10.2.0.0/16 VnetLocal",
            "Default Active 10.4.0.0/16 VNetPeering",
            "Default Invalid 0.0.0.0/0 Internet",
            "User Active 0.0.0.0/0 VirtualAppliance 10.4.2.101 d",
        ]
    );
    assert_eq!(
        hop(&effective, "d", "10.50.0.1"),
        "VirtualAppliance 10.4.2.101 default"
    );
    // 3: over global peering.
    let global = "Default Active 10.4.0.0/16 VNetGlobalPeering".to_owned();
    assert!(all_lines(&effective, "e").contains(&global));
    assert_eq!(
        hop(&effective, "e", "10.1.1.4"),
        "VirtualAppliance 10.4.2.101 default"
    );
    // 4: neighbours talk directly under a summary, by the appliance under a route for their subnet.
    assert_eq!(hop(&effective, "b", "10.1.2.9"), "VnetLocal System Route");
    assert_eq!(
        hop(&effective, "c", "10.1.3.9"),
        "VirtualAppliance 10.4.2.101 own"
    );
}

/// `how-to-configure-subnet-peering`: every local subnet has the routes of the listed remote ones.
#[test]
fn subnet_peering_joins_the_listed_subnets() {
    let network = network(
        "
virtualNetworks:
  vnet-1:
    addressSpace: 10.0.0.0/16
    subnets: { subnet-1: { addressPrefix: 10.0.1.0/24 }, subnet-2: { addressPrefix: 10.0.2.0/24 } }
    peerings: { p: { remoteVirtualNetwork: vnet-2, peerCompleteVnets: false, localSubnetNames: [subnet-1], remoteSubnetNames: [subnet-3] } }
  vnet-2:
    addressSpace: 10.1.0.0/16
    subnets: { subnet-3: { addressPrefix: 10.1.1.0/24 }, subnet-4: { addressPrefix: 10.1.2.0/24 } }
    peerings: { p: { remoteVirtualNetwork: vnet-1, peerCompleteVnets: false, localSubnetNames: [subnet-3], remoteSubnetNames: [subnet-1] } }
virtualMachines:
  vm-1: { networkInterface: { subnet: vnet-1/subnet-1 } }
  vm-2: { networkInterface: { subnet: vnet-1/subnet-2 } }
",
    );
    let effective = Effective::new(&network);
    for vm in ["vm-1", "vm-2"] {
        assert!(
            lines(&effective, vm).contains(&"Default Active 10.1.1.0/24 VNetPeering".to_owned())
        );
        assert_eq!(hop(&effective, vm, "10.1.1.4"), "VNetPeering System Route");
        assert_eq!(hop(&effective, vm, "10.1.2.4"), "None System Route");
    }
}

/// `virtual-networks-udr-overview`, "Default": what VNet ranges and default routes do to the reserved
/// ranges.
#[test]
fn reserved_ranges_give_way() {
    let network = network(
        "
virtualNetworks:
  wider: { addressSpace: 192.0.0.0/8, subnets: { a: { addressPrefix: 192.168.0.0/24 } } }
  vnet:
    addressSpace: 10.0.0.0/8
    subnets:
      a: { addressPrefix: 10.0.0.0/24, routeTable: out }
      b: { addressPrefix: 10.0.1.0/24, routeTable: drop }
routeTables:
  out: { routes: { out: { addressPrefix: 0.0.0.0/0, nextHopType: Internet } } }
  drop: { routes: { drop: { addressPrefix: 0.0.0.0/0, nextHopType: None } } }
virtualMachines:
  wider: { networkInterface: { subnet: wider/a } }
  out: { networkInterface: { subnet: vnet/a } }
  drop: { networkInterface: { subnet: vnet/b } }
",
    );
    let effective = Effective::new(&network);
    let reserved = |vm: &str| {
        let rows = effective.routes(network.nic(vm).unwrap()).rows.iter();
        let reserved = rows.filter(|row| row.reserved);
        reserved.map(line).collect::<Vec<_>>()
    };
    assert_eq!(reserved("wider"), [NONE[0], NONE[1], NONE[3]]);
    assert_eq!(reserved("out"), [NONE[1], NONE[2], NONE[3]]);
    assert!(reserved("drop").is_empty());
}

/// `virtual-networks-udr-overview`, "Service tags for user-defined routes": the order among equal
/// prefixes.
#[test]
fn explicit_then_regional_then_global_tags() {
    let network = network(
        "
virtualNetworks:
  vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24, routeTable: rt } } }
routeTables:
  rt:
    routes:
      cloud: { addressPrefix: AzureCloud, nextHopType: None }
      cloud-east: { addressPrefix: AzureCloud.eastus, nextHopType: None }
      global: { addressPrefix: Storage, nextHopType: None }
      regional: { addressPrefix: Storage.EastUS, nextHopType: Internet }
      explicit: { addressPrefix: 20.60.1.0/24, nextHopType: VnetLocal }
serviceTags:
  custom:
    Storage.EastUS: [20.60.0.0/24, 20.60.1.0/24]
    Storage: [20.60.0.0/24, 20.60.1.0/24, 20.60.2.0/24]
    AzureCloud.eastus: [20.60.0.0/24, 20.60.1.0/24, 20.60.2.0/24, 20.60.3.0/24]
    AzureCloud: [20.60.0.0/24, 20.60.1.0/24, 20.60.2.0/24, 20.60.3.0/24, 20.60.4.0/24]
virtualMachines: { vm: { networkInterface: { subnet: vnet/a } } }
",
    );
    let effective = Effective::new(&network);
    let routes = effective.routes(network.nic("vm").unwrap());
    for (destination, name) in [
        ("20.60.1.1", "explicit"),
        ("20.60.0.1", "regional"),
        ("20.60.2.1", "global"),
        ("20.60.3.1", "cloud-east"),
        ("20.60.4.1", "cloud"),
    ] {
        let winner = routes.winners(destination.parse().unwrap()).next().unwrap();
        assert_eq!(winner.name.as_deref(), Some(name), "{destination}");
    }
}

/// `virtual-network-service-endpoints-overview`: an endpoint's route wins over every user route (the
/// newer text of `virtual-networks-udr-overview`), longer ones too.
#[test]
fn a_service_endpoint_wins_over_user_routes() {
    let network = network(
        "
virtualNetworks:
  vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24, routeTable: rt, serviceEndpoints: [Microsoft.Storage] } } }
routeTables:
  rt:
    routes:
      default: { addressPrefix: 0.0.0.0/0, nextHopType: None }
      inside: { addressPrefix: 20.60.26.5/32, nextHopType: Internet }
      beside: { addressPrefix: 20.61.0.0/24, nextHopType: Internet }
serviceTags: { custom: { Storage: [20.60.0.0/16] } }
virtualMachines: { vm: { networkInterface: { subnet: vnet/a } } }
",
    );
    let effective = Effective::new(&network);
    let endpoint = "VirtualNetworkServiceEndpoint System Route";
    hops(
        &effective,
        "vm",
        &[
            ("20.60.26.5", endpoint),
            ("20.60.9.9", endpoint),
            ("20.61.0.1", "Internet rt"),
        ],
    );
    let routes = effective.routes(network.nic("vm").unwrap());
    let inside = routes
        .rows
        .iter()
        .find(|row| row.name.as_deref() == Some("inside"))
        .unwrap();
    let reason = "the service endpoint of `Microsoft.Storage` holds these addresses";
    assert_eq!(inside.reason.as_deref(), Some(reason));
}

/// `disable-private-endpoint-network-policy`: which user routes take an endpoint's route away.
#[test]
fn user_routes_against_a_private_endpoint() {
    let mut network = network(
        "
virtualNetworks:
  vnet:
    addressSpace: 10.1.0.0/16
    subnets:
      short: { addressPrefix: 10.1.0.0/24, routeTable: short }
      long: { addressPrefix: 10.1.1.0/24, routeTable: long }
      endpoints: { addressPrefix: 10.1.2.0/24, privateEndpointNetworkPolicies: RouteTableEnabled }
      ignoring: { addressPrefix: 10.1.3.0/24 }
routeTables:
  short: { routes: { all: { addressPrefix: 10.0.0.0/8, nextHopType: None } } }
  long: { routes: { vnet: { addressPrefix: 10.1.0.0/16, nextHopType: None }, same: { addressPrefix: 10.1.3.5/32, nextHopType: Internet } } }
virtualMachines:
  short: { networkInterface: { subnet: vnet/short } }
  long: { networkInterface: { subnet: vnet/long } }
",
    );
    private_endpoint(&mut network, "endpoints", "10.1.2.10");
    private_endpoint(&mut network, "ignoring", "10.1.3.4");
    private_endpoint(&mut network, "ignoring", "10.1.3.5");
    let effective = Effective::new(&network);
    let endpoint = "InterfaceEndpoint System Route";
    hops(
        &effective,
        "short",
        &[("10.1.2.10", endpoint), ("10.1.3.4", endpoint)],
    );
    hops(
        &effective,
        "long",
        &[
            ("10.1.2.10", "None long"),
            ("10.1.3.4", endpoint),
            ("10.1.3.5", "Internet long"),
        ],
    );
    let rows = lines(&effective, "long");
    assert!(rows.contains(&"Default Invalid 10.1.2.10/32 InterfaceEndpoint".to_owned()));
}

/// `ipv6-overview`: a dual-stack VNet has routes of both families, one without IPv6 has none of it.
#[test]
fn both_families() {
    let network = network(
        "
virtualNetworks:
  dual: { addressSpace: [10.0.0.0/16, 'fd00:db8::/48'], subnets: { a: { addressPrefixes: [10.0.0.0/24, 'fd00:db8::/64'] } } }
  single: { addressSpace: 10.0.0.0/16, subnets: { b: { addressPrefix: 10.0.0.0/24 } } }
virtualMachines:
  dual: { networkInterface: { subnet: dual/a, privateIPAddress: 10.0.0.4 } }
  single: { networkInterface: { subnet: single/b } }
",
    );
    let effective = Effective::new(&network);
    hops(
        &effective,
        "dual",
        &[
            ("fd00:db8::9", "VnetLocal System Route"),
            ("2603::1", "Internet System Route"),
        ],
    );
    hops(&effective, "single", &[("2603::1", "None System Route")]);
}

/// An appliance's address that nobody has: the row stands as written, the tool answers None with the
/// address (recorded on the live service).
#[test]
fn a_next_hop_that_is_nobody() {
    let network = network(
        "
virtualNetworks:
  vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24, routeTable: rt } } }
routeTables: { rt: { routes: { r: { addressPrefix: 10.1.3.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.2 } } } }
virtualMachines: { vm: { networkInterface: { subnet: vnet/a } } }
",
    );
    let effective = Effective::new(&network);
    let row = "User Active 10.1.3.0/24 VirtualAppliance 10.0.1.2 r".to_owned();
    assert!(lines(&effective, "vm").contains(&row));
    assert_eq!(hop(&effective, "vm", "10.1.3.4"), "None 10.0.1.2 rt");
    let routes = effective.routes(network.nic("vm").unwrap());
    let winner = routes.winners("10.1.3.4".parse().unwrap()).next().unwrap();
    assert_eq!(winner.next_hop_type, RouteNextHopType::VirtualAppliance);
}
