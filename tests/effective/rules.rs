//! What the rules of security groups mean for a NIC.

use std::sync::Arc;

use dryhop::effective::{AppliedTo, Effective, EffectiveRule};
use dryhop::network::Network;
use dryhop::spec::{Direction, GatewayType};

use super::support::{gateway, network, site};

fn tag(network: &Network, nic: &str) -> Vec<String> {
    let effective = Effective::new(network);
    let subnet = network.nics[network.nic(nic).unwrap()].subnet;
    let prefixes = &effective.virtual_network(subnet).prefixes;
    prefixes.iter().map(ToString::to_string).collect()
}

const TAGS: &str = "
virtualNetworks:
  own:
    addressSpace: 10.9.0.0/16
    subnets:
      plain: { addressPrefix: 10.9.0.0/24, networkSecurityGroup: nsg }
      same: { addressPrefix: 10.9.1.0/24, networkSecurityGroup: nsg }
      routed: { addressPrefix: 10.9.2.0/24, networkSecurityGroup: nsg, routeTable: routed }
      wide: { addressPrefix: 10.9.3.0/24, networkSecurityGroup: nsg, routeTable: wide }
    peerings:
      a: { remoteVirtualNetwork: peer-a }
      b: { remoteVirtualNetwork: peer-b }
      c: { remoteVirtualNetwork: peer-c, allowVirtualNetworkAccess: false }
  peer-a: { addressSpace: 10.0.0.0/16, peerings: { o: { remoteVirtualNetwork: own } } }
  peer-b: { addressSpace: 10.1.0.0/16, peerings: { o: { remoteVirtualNetwork: own } } }
  peer-c: { addressSpace: 10.2.0.0/16, peerings: { o: { remoteVirtualNetwork: own } } }
networkSecurityGroups: { nsg: { securityRules: {
  web: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: Internet, destinationPortRanges: [80, 8000-8100] },
  dns: { priority: 110, direction: Outbound, access: Deny, destinationAddressPrefix: AzurePlatformDNS } } } }
routeTables:
  routed:
    routes:
      appliance: { addressPrefix: 10.77.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.9.0.9 }
      gateway: { addressPrefix: 10.78.0.0/16, nextHopType: VirtualNetworkGateway }
      dropped: { addressPrefix: 10.79.0.0/16, nextHopType: None }
      outside: { addressPrefix: 10.80.0.0/16, nextHopType: Internet }
  wide: { routes: { all: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.9.0.9 } } }
virtualMachines:
  plain: { networkInterface: { subnet: own/plain } }
  same: { networkInterface: { subnet: own/same, networkSecurityGroup: nsg } }
  routed: { networkInterface: { subnet: own/routed } }
  wide: { networkInterface: { subnet: own/wide } }
";

/// `effective-security-rules-overview` (its sample's prefixes) and `service-tags-overview`.
#[test]
fn what_the_virtual_network_tag_holds() {
    let mut net = network(TAGS);
    let base = [
        "10.9.0.0/16",
        "168.63.129.16/32",
        "10.0.0.0/16",
        "10.1.0.0/16",
    ];
    assert_eq!(tag(&net, "plain"), base);
    assert_eq!(
        tag(&net, "routed"),
        [&base[..], &["10.77.0.0/16", "10.78.0.0/16"]].concat()
    );
    assert_eq!(tag(&net, "wide"), ["0.0.0.0/0"]);
    net.settings.virtual_network_tag_takes_default_route = false;
    assert_eq!(tag(&net, "wide"), base);
    let vpn = gateway(&mut net, "own", GatewayType::Vpn, "20.1.1.1");
    site(&mut net, vpn, &["192.168.0.0/16"]);
    assert_eq!(
        tag(&net, "plain"),
        [&base[..], &["192.168.0.0/16"]].concat()
    );
}

/// `service-tags-overview`, Internet: public addresses, also Azure's, outside the VNet's own ranges.
#[test]
fn what_the_internet_tag_holds() {
    let network = network("
virtualNetworks: { v: { addressSpace: [10.0.0.0/16, 20.1.0.0/16], subnets: { a: { addressPrefix: 10.0.0.0/24 } } } }
virtualMachines: { vm: { networkInterface: { subnet: v/a } } }
");
    let effective = Effective::new(&network);
    let (vnet, _) = network.vnets.iter().next().unwrap();
    let holds = |text: &str| {
        effective
            .internet(vnet)
            .addresses
            .contains(text.parse().unwrap())
    };
    assert!(holds("8.8.8.8") && holds("20.60.0.1") && holds("13.107.21.200"));
    for outside in [
        "10.10.10.10",
        "20.1.0.4",
        "168.63.129.16",
        "224.0.0.1",
        "100.64.0.1",
    ] {
        assert!(!holds(outside), "{outside}");
    }
}

/// `network-security-group-how-it-works`: inbound the subnet's group first, outbound the NIC's.
#[test]
fn the_order_of_groups() {
    let network = network(TAGS);
    let effective = Effective::new(&network);
    let nic = network.nic("same").unwrap();
    let subnet = network.nics[nic].subnet;
    let order = |direction| {
        let lists = effective.security(nic, direction).iter();
        lists.map(|list| list.applied_to).collect::<Vec<_>>()
    };
    let [inside, outside] = [AppliedTo::Subnet(subnet), AppliedTo::Nic(nic)];
    assert_eq!(order(Direction::Inbound), [inside, outside]);
    assert_eq!(order(Direction::Outbound), [outside, inside]);
    // One list for all that have group, routes and direction in common.
    let lists = effective.security(nic, Direction::Inbound);
    let others = effective.security(network.nic("plain").unwrap(), Direction::Inbound);
    assert!(Arc::ptr_eq(&lists[0].rules, &lists[1].rules));
    assert!(Arc::ptr_eq(&lists[0].rules, &others[0].rules));
    assert_eq!(lists[0].user_rules, 1);
    assert_eq!(lists[0].diagnostic_name(0).as_deref(), Some("UserRule_web"));
    assert_eq!(
        lists[0].effective_name(1).as_deref(),
        Some("defaultSecurityRules/AllowVnetInBound")
    );
    assert!(!effective.targets_platform(&lists[0], 0));
    let outbound = effective.security(nic, Direction::Outbound);
    assert!(effective.targets_platform(&outbound[0], 0));
    assert!(!effective.targets_platform(&outbound[0], 1));
}

/// `network-security-groups-overview`, "Default security rules", and how effective rules print them
/// (`diagnose-vm-network-traffic-filtering-problem`).
#[test]
fn effective_rules_as_azure_prints_them() {
    let network = network(TAGS);
    let effective = Effective::new(&network);
    let groups = effective.rules(network.nic("same").unwrap());
    assert_eq!(groups.len(), 2);
    let show = |rule: &EffectiveRule| {
        format!(
            "{} {} {} {} {} {} {} {} {}",
            rule.name,
            rule.priority,
            rule.direction,
            rule.access,
            rule.protocol,
            rule.source_port_ranges.join(","),
            rule.destination_port_ranges.join(","),
            rule.source_address_prefixes.join(","),
            rule.destination_address_prefixes.join(","),
        )
    };
    let all = "All 0-65535 0-65535";
    assert_eq!(
        groups[0].rules.iter().map(show).collect::<Vec<_>>(),
        [
            "securityRules/web 100 Inbound Allow Tcp 0-65535 80-80,8000-8100 Internet 0.0.0.0/0"
                .to_owned(),
            format!("securityRules/dns 110 Outbound Deny {all} 0.0.0.0/0 AzurePlatformDNS"),
            format!(
                "defaultSecurityRules/AllowVnetInBound 65000 Inbound Allow {all} VirtualNetwork VirtualNetwork"
            ),
            format!(
                "defaultSecurityRules/AllowAzureLoadBalancerInBound 65001 Inbound Allow {all} AzureLoadBalancer 0.0.0.0/0"
            ),
            format!(
                "defaultSecurityRules/DenyAllInBound 65500 Inbound Deny {all} 0.0.0.0/0 0.0.0.0/0"
            ),
            format!(
                "defaultSecurityRules/AllowVnetOutBound 65000 Outbound Allow {all} VirtualNetwork VirtualNetwork"
            ),
            format!(
                "defaultSecurityRules/AllowInternetOutBound 65001 Outbound Allow {all} 0.0.0.0/0 Internet"
            ),
            format!(
                "defaultSecurityRules/DenyAllOutBound 65500 Outbound Deny {all} 0.0.0.0/0 0.0.0.0/0"
            ),
        ]
    );
    let vnet_in = &groups[0].rules[2];
    let expanded: Vec<String> = vnet_in
        .expanded_source
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        expanded,
        [
            "10.9.0.0/16",
            "168.63.129.16/32",
            "10.0.0.0/16",
            "10.1.0.0/16"
        ]
    );
    assert!(groups[0].rules[4].expanded_source.is_empty());
    let tags: Vec<&str> = groups[0].tag_map.iter().map(|(tag, _)| &**tag).collect();
    assert_eq!(
        tags,
        [
            "Internet",
            "AzurePlatformDNS",
            "VirtualNetwork",
            "AzureLoadBalancer"
        ]
    );
}
