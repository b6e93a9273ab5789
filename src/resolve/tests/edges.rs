//! Gateways, circuits, sites, proxies, endpoints (`vpn-gateway-about-vpn-gateway-settings`).

use std::net::IpAddr;

use crate::network::{FixtureKind, Link, Network, Owner, Place, PublicOwner};
use crate::resolve::testing::{faults, sound};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn fixture(network: &Network, kind: impl Fn(FixtureKind) -> bool) -> Vec<IpAddr> {
    let found = network
        .fixtures
        .iter()
        .find(|(_, fixture)| kind(fixture.kind));
    found.unwrap().1.addresses.clone()
}

const HUB: &str = "
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets:
      GatewaySubnet: { addressPrefix: 10.0.0.0/27 }
      RouteServerSubnet: { addressPrefix: 10.0.1.0/27 }
      AzureFirewallSubnet: { addressPrefix: 10.0.2.0/26 }
      agw: { addressPrefix: 10.0.3.0/24 }
      web: { addressPrefix: 10.0.4.0/24 }
";

#[test]
fn gateways_lead_to_their_sites() {
    let network = sound(&format!(
        "{HUB}
publicIPAddresses: {{ pip: {{ ipAddress: 20.50.1.4 }} }}
virtualNetworkGateways:
  vpn: {{ virtualNetwork: hub, gatewayType: Vpn, activeActive: true, bgpPeeringAddresses: [10.0.0.9, 169.254.21.1], publicIPAddresses: [pip], defaultSite: lng }}
  er: {{ virtualNetwork: hub, gatewayType: ExpressRoute }}
localNetworkGateways: {{ lng: {{ addressSpace: [192.168.0.0/16], site: hq }} }}
expressRouteCircuits: {{ circuit: {{ site: hq }} }}
connections:
  to-hq: {{ virtualNetworkGateway: vpn, localNetworkGateway: lng }}
  by-er: {{ virtualNetworkGateway: er, expressRouteCircuit: circuit }}
onPremisesSites: {{ hq: {{ addressSpace: [192.168.0.0/16], prefers: [circuit, TO-HQ] }} }}
"
    ));
    let (vpn, _) = network.gateways.iter().next().unwrap();
    let own = fixture(&network, |kind| kind == FixtureKind::Gateway(vpn));
    assert_eq!(own, [address("10.0.0.9"), address("10.0.0.4")]);
    assert_eq!(
        network.gateways[vpn].bgp_addresses,
        [address("10.0.0.9"), address("169.254.21.1")]
    );
    let (_, er) = network.gateways.iter().last().unwrap();
    assert_eq!(er.bgp_addresses, [address("10.0.0.5")]);
    let (_, circuit) = network.circuits.iter().next().unwrap();
    assert_eq!(circuit.advertised.len(), 1);
    assert!(circuit.primary_up && circuit.secondary_up);
    let (site, hq) = network.sites.iter().next().unwrap();
    assert_eq!(hq.prefers, ["circuit", "to-hq"]);
    for (fixture, _) in network.fixtures.iter() {
        let link = network
            .graph
            .between(Place::Fixture(fixture), Place::Site(site));
        assert!(matches!(link, Some(Link::Connection(_))));
    }
    let owner = network.public_owners.get(address("20.50.1.4"));
    assert!(matches!(owner, Some(PublicOwner::Fixture(..))));
    assert!(matches!(
        network.owners[0].get(address("10.0.0.9")),
        Some(Owner::Fixture(_))
    ));
}

// `expressroute-troubleshooting-arp-resource-manager`.
#[test]
fn a_link_is_up_where_the_customers_side_answers() {
    let up = |arp: &str| {
        let network = sound(&format!("expressRouteCircuits: {{ er: {{ arp: {arp} }} }}"));
        let (_, circuit) = network.circuits.iter().next().unwrap();
        (circuit.primary_up, circuit.secondary_up)
    };
    let entry = "{ interface: OnPrem, macAddress: 'aa:aa' }";
    assert_eq!(
        up(&format!("{{ primary: [{entry}], secondary: [{entry}] }}")),
        (true, true)
    );
    assert_eq!(
        up(&format!("{{ primary: [{entry}], secondary: [] }}")),
        (true, false)
    );
    assert_eq!(up(&format!("{{ secondary: [{entry}] }}")), (false, true));
    let incomplete = "{ interface: OnPrem, macAddress: incomplete }";
    let microsoft = "{ interface: Microsoft, macAddress: 'aa:aa' }";
    assert_eq!(
        up(&format!(
            "{{ primary: [{incomplete}, {microsoft}], secondary: [{microsoft}] }}"
        )),
        (false, false)
    );
}

#[test]
fn a_peer_is_its_own_next_hop_unless_it_says_otherwise() {
    let network = sound(&format!(
        "{HUB}
networkVirtualAppliances: {{ nva: {{ networkInterfaces: {{ inside: {{ subnet: hub/web }} }} }} }}
routeServers:
  rs:
    subnet: hub/RouteServerSubnet
    bgpConnections:
      plain: {{ peer: nva, advertisedPrefixes: [0.0.0.0/0] }}
      balanced: {{ peer: nva/inside, nextHopIpAddress: 10.0.4.100 }}
"
    ));
    let (id, server) = network.route_servers.iter().next().unwrap();
    let hops: Vec<IpAddr> = server.peers.iter().map(|peer| peer.next_hop).collect();
    assert_eq!(hops, [address("10.0.4.4"), address("10.0.4.100")]);
    let own = fixture(&network, |kind| kind == FixtureKind::RouteServer(id));
    assert_eq!(own, [address("10.0.1.4"), address("10.0.1.5")]);
}

#[test]
fn platform_resources_take_addresses_of_their_subnets() {
    let network = sound(&format!(
        "{HUB}
publicIPAddresses: {{ pip-agw: {{}}, pip-fw: {{}} }}
virtualMachines: {{ web-1: {{ networkInterface: {{ subnet: hub/web }} }} }}
azureFirewalls: {{ fw: {{ subnet: hub/AzureFirewallSubnet, publicIPAddresses: [pip-fw], provisioningState: Stopped }} }}
applicationGateways:
  agw:
    subnet: hub/agw
    privateIPAddress: 10.0.3.10
    publicIPAddress: pip-agw
    backendAddressPools: {{ pool: [web-1, 10.0.4.9, web.example.com] }}
    listeners: {{ web: {{ protocol: Http, port: 80 }} }}
    requestRoutingRules: {{ web: {{ listener: web, backendAddressPool: pool }} }}
services: {{ sql: {{ kind: Microsoft.Sql, publicIPAddress: 40.78.225.5, allowedSubnets: [hub/web] }} }}
privateEndpoints: {{ pe: {{ subnet: hub/web, service: sql }} }}
"
    ));
    let firewall = network.fixtures.iter().next().unwrap().1;
    assert!(firewall.down);
    assert_eq!(firewall.addresses, [address("10.0.2.4")]);
    let gateway = network.fixtures.iter().nth(1).unwrap().1;
    assert_eq!(
        gateway.addresses,
        [address("10.0.3.10"), address("10.0.3.4")]
    );
    assert_eq!(gateway.members.len(), 1);
    let endpoint = network.fixtures.iter().nth(2).unwrap().1;
    assert_eq!(endpoint.addresses, [address("10.0.4.5")]);
    assert!(matches!(
        network.public_owners.get(address("40.78.225.5")),
        Some(PublicOwner::Service(_))
    ));
    let (_, service) = network.services.iter().next().unwrap();
    assert!(
        service
            .identity
            .id
            .ends_with("/providers/Microsoft.Sql/servers/sql")
    );
}

#[test]
fn a_gateway_that_is_left_out_has_no_echo() {
    let found = faults(
        "
virtualNetworks:
  hub: { addressSpace: 10.0.0.0/16, subnets: { GatewaySubnet: { addressPrefix: 10.0.0.0/27 } }, peerings: { to-a: { remoteVirtualNetwork: a, allowGatewayTransit: true } } }
  a: { addressSpace: 10.1.0.0/16, peerings: { to-hub: { remoteVirtualNetwork: hub, useRemoteGateways: true } } }
virtualNetworkGateways: { gw: { virtualNetwork: hbu, gatewayType: Vpn } }
localNetworkGateways: { lng: { addressSpace: [192.168.0.0/16] } }
connections: { c: { virtualNetworkGateway: gw, localNetworkGateway: lng } }
",
    );
    assert_eq!(
        found,
        ["unresolved-reference /virtualNetworkGateways/gw/virtualNetwork"]
    );
}

#[test]
fn a_circuit_ends_at_an_expressroute_gateway() {
    let found = faults(&format!(
        "{HUB}
virtualNetworkGateways: {{ vpn: {{ virtualNetwork: hub, gatewayType: Vpn }} }}
expressRouteCircuits: {{ er: {{}} }}
connections:
  wrong: {{ virtualNetworkGateway: vpn, expressRouteCircuit: er }}
  two: {{ virtualNetworkGateway: vpn, expressRouteCircuit: er, remoteVirtualNetworkGateway: vpn }}
"
    ));
    let expected = [
        "unresolved-reference /connections/wrong/virtualNetworkGateway",
        "both-singular-and-plural /connections/two/remoteVirtualNetworkGateway /connections/two/expressRouteCircuit",
    ];
    assert_eq!(found, expected);
}

// `multiple-site-overview`: each rule has a priority of its own, from 1 to 20000.
#[test]
fn rules_of_a_gateway_have_priorities_of_their_own() {
    let found = faults(&format!(
        "{HUB}
applicationGateways:
  agw:
    subnet: hub/agw
    backendAddressPools: {{ pool: [10.0.4.9] }}
    listeners: {{ a: {{ protocol: Http, port: 80 }}, b: {{ protocol: Http, port: 81 }}, c: {{ protocol: Http, port: 82 }} }}
    requestRoutingRules:
      a: {{ priority: 10, listener: a, backendAddressPool: pool }}
      b: {{ priority: 10, listener: b, backendAddressPool: pool }}
      c: {{ priority: 20001, listener: c, backendAddressPool: pool }}
"
    ));
    let rules = "/applicationGateways/agw/requestRoutingRules";
    let expected = [
        format!("duplicate-priority {rules}/b/priority {rules}/a/priority"),
        format!("bad-priority {rules}/c/priority"),
    ];
    assert_eq!(found, expected);
}
