//! IPv6 beside IPv4, everywhere that Azure has it (`virtual-network/ip-services/ipv6-overview`), and what is
//! said where Azure has none of it or a preview.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use dryhop::engine::{Answer, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;
use dryhop::trace::{Disposition, ReplyKind};

/// A hub with an appliance, load balancers and gateways; two spokes that send their IPv6 to the appliance.
const BASE: &str = r#"
defaults: { location: westeurope }
virtualNetworks:
  hub:
    addressSpace: [10.0.0.0/16, "fd00:a::/48"]
    subnets:
      nva: { addressPrefixes: [10.0.1.0/24, "fd00:a:0:1::/64"] }
      shared: { addressPrefixes: [10.0.2.0/24, "fd00:a:0:2::/64"], natGateway: nat }
      work: { addressPrefixes: [10.0.3.0/24, "fd00:a:0:3::/64"] }
      AzureFirewallSubnet: { addressPrefix: 10.0.4.0/26 }
      GatewaySubnet: { addressPrefix: 10.0.255.0/27 }
    peerings: { to-one: { remoteVirtualNetwork: one }, to-two: { remoteVirtualNetwork: two } }
  one:
    addressSpace: [10.1.0.0/16, "fd00:b::/48"]
    subnets: { w: { addressPrefixes: [10.1.1.0/24, "fd00:b:0:1::/64"], routeTable: rt, networkSecurityGroup: nsg } }
    peerings: { to-hub: { remoteVirtualNetwork: hub, allowForwardedTraffic: true } }
  two:
    addressSpace: [10.2.0.0/16, "fd00:c::/48"]
    subnets: { w: { addressPrefixes: [10.2.1.0/24, "fd00:c:0:1::/64"], routeTable: rt } }
    peerings: { to-hub: { remoteVirtualNetwork: hub, allowForwardedTraffic: true } }
routeTables:
  rt: { routes: { six: { addressPrefix: "::/0", nextHopType: VirtualAppliance, nextHopIpAddress: "fd00:a:0:1::4" } } }
networkSecurityGroups:
  nsg:
    securityRules:
      two: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: "fd00:c::/48", destinationPortRange: 443 }
      rest: { priority: 200, direction: Inbound, access: Deny }
  probed:
    securityRules:
      two: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: "fd00:c::/48" }
      probe: { priority: 110, direction: Inbound, access: Allow, sourceAddressPrefix: "fe80::1234:5678:9abc" }
      rest: { priority: 200, direction: Inbound, access: Deny }
publicIPAddresses:
  pip-nat: { ipAddress: 20.50.0.1, sku: Standard }
  pip-lb: { ipAddress: "2603:1020:201:5::55", sku: Standard }
  pip-out: { ipAddress: "2603:1020:201:5::66", sku: Standard }
  pip-vm: { ipAddress: "2603:1020:201:5::44", sku: Standard }
  pip-fw: { ipAddress: 20.50.0.4, sku: Standard }
  pip-vgw: { ipAddress: 20.50.0.5, sku: Standard }
natGateways: { nat: { publicIPAddresses: [pip-nat] } }
virtualMachines:
  a: { networkInterface: { ipConfigurations: { v4: { subnet: one/w, privateIPAddress: 10.1.1.4, primary: true }, v6: { subnet: one/w, privateIPAddress: "fd00:b:0:1::4" } } } }
  b: { networkInterface: { ipConfigurations: { v4: { subnet: two/w, privateIPAddress: 10.2.1.4, primary: true }, v6: { subnet: two/w, privateIPAddress: "fd00:c:0:1::4" } } } }
  member: { networkInterface: { networkSecurityGroup: probed, ipConfigurations: { v4: { subnet: hub/shared, privateIPAddress: 10.0.2.4, primary: true }, v6: { subnet: hub/shared, privateIPAddress: "fd00:a:0:2::4" } } } }
  four: { networkInterface: { subnet: hub/shared, privateIPAddress: 10.0.2.5 } }
  public: { networkInterface: { networkSecurityGroup: nsg, ipConfigurations: { v4: { subnet: hub/work, privateIPAddress: 10.0.3.4, primary: true }, v6: { subnet: hub/work, privateIPAddress: "fd00:a:0:3::4", publicIPAddress: pip-vm } } } }
  out: { networkInterface: { ipConfigurations: { v4: { subnet: hub/work, privateIPAddress: 10.0.3.5, primary: true }, v6: { subnet: hub/work, privateIPAddress: "fd00:a:0:3::5" } } } }
networkVirtualAppliances:
  nva:
    networkInterface: { enableIPForwarding: true, ipConfigurations: { v4: { subnet: hub/nva, privateIPAddress: 10.0.1.4, primary: true }, v6: { subnet: hub/nva, privateIPAddress: "fd00:a:0:1::4" } } }
loadBalancers:
  inside:
    sku: Standard
    frontendIPConfigurations: { six: { subnet: hub/shared, privateIPAddress: "fd00:a:0:2::100" } }
    backendAddressPools: { p: [member, four] }
    probes: { h: { protocol: Tcp, port: 443 } }
    loadBalancingRules: { r: { frontendIPConfiguration: six, backendAddressPool: p, protocol: Tcp, frontendPort: 443, backendPort: 8443, probe: h } }
  outside:
    sku: Standard
    frontendIPConfigurations: { in: { publicIPAddress: pip-lb }, out: { publicIPAddress: pip-out } }
    backendAddressPools: { p: [out] }
    loadBalancingRules: { r: { frontendIPConfiguration: in, backendAddressPool: p, protocol: Tcp, frontendPort: 443, backendPort: 443, disableOutboundSnat: true } }
    outboundRules: { o: { frontendIPConfigurations: [out], backendAddressPool: p, protocol: All } }
internetHosts:
  host: { addresses: ["2001:db8::80"], listeners: [tcp/443] }
"#;

fn ask(more: &str, from: &str, to: &str) -> Answer {
    let text = |name: &str, text: &str| Input::Text {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let overlays = [text("more.yaml", more)];
    let overlays = if more.is_empty() { &[][..] } else { &overlays };
    let loaded = load(&[text("base.yaml", BASE)], overlays);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let network = &loaded.network;
    let question = Question::new(
        network.endpoint(from).unwrap(),
        network.endpoint(to).unwrap(),
        Protocol::Tcp,
        Some(443),
    );
    check(&Engine::new(network), &question).unwrap().remove(0)
}

fn hops(answer: &Answer) -> Vec<String> {
    let hops = answer.paths[0].hops.iter();
    hops.map(|hop| hop.name.to_string()).collect()
}

fn seen(answer: &Answer) -> (String, String) {
    let seen = answer.seen().unwrap();
    (
        seen.source.to_string(),
        format!("{} {}", seen.destination, seen.destination_port),
    )
}

/// `virtual-networks-udr-overview`: a user route of IPv6 to an appliance; the rules of IPv6 decide.
#[test]
fn user_routes_appliances_and_rules() {
    let forth = ask("", "b", "fd00:b:0:1::4");
    assert_eq!(forth.status, ConnectionStatus::Reachable);
    assert_eq!(hops(&forth), ["b", "nva", "a"]);
    assert_eq!(forth.return_path, Some(ReplyKind::Symmetric));
    let denied = ask("", "public", "fd00:b:0:1::4");
    assert_eq!(
        denied.paths[0].disposition,
        Disposition::DeniedBySecurityRule
    );
}

/// `load-balancer-custom-probe-overview`: an IPv6 member is probed by IPv6, from fe80::1234:5678:9abc; one
/// without an IPv6 address is no member for IPv6.
#[test]
fn probes_of_ipv6_members() {
    let answer = ask("", "b", "fd00:a:0:2::100");
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert_eq!(answer.paths.len(), 1);
    assert_eq!(
        seen(&answer),
        ("fd00:c:0:1::4".to_owned(), "fd00:a:0:2::4 8443".to_owned())
    );
    let shut = "networkSecurityGroups: { probed: { securityRules: { probe: null } } }";
    let down = ask(shut, "b", "fd00:a:0:2::100");
    assert_eq!(down.status, ConnectionStatus::Unreachable);
    let tag = "networkSecurityGroups: { probed: { securityRules: { probe: { sourceAddressPrefix: AzureLoadBalancer } } } }";
    let tagged = ask(tag, "b", "fd00:a:0:2::100");
    assert_eq!(tagged.status, ConnectionStatus::Reachable);
}

/// `ipv6-overview`, `nat-overview`: public addresses and outbound rules carry IPv6; a NAT gateway and default
/// outbound access do not.
#[test]
fn ways_out() {
    let own = ask("", "public", "host");
    assert_eq!(seen(&own).0, "2603:1020:201:5::44");
    let rule = ask("", "out", "host");
    assert_eq!(seen(&rule).0, "2603:1020:201:5::66");
    let none = ask("", "member", "host");
    assert_eq!(none.paths[0].disposition, Disposition::NoOutboundMethod);
    let (_, _, issue) = none.issues().remove(0);
    let why = "only a public IPv6 address";
    assert!(issue.message.contains(why), "{}", issue.message);
}

/// `public-ip-addresses`: a Standard address is closed until a group opens it, in IPv6 as well.
#[test]
fn ways_in() {
    let shut = ask("", "host", "2603:1020:201:5::55");
    assert_eq!(shut.status, ConnectionStatus::Unreachable);
    let open = "networkSecurityGroups: { open: { securityRules: { all: { priority: 100, direction: Inbound, access: Allow, sourceAddressPrefix: Internet } } } }\n\
                virtualMachines: { out: { networkInterface: { networkSecurityGroup: open } } }";
    let answer = ask(open, "host", "2603:1020:201:5::55");
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert_eq!(seen(&answer).1, "fd00:a:0:3::5 443");
    assert_eq!(answer.return_path, Some(ReplyKind::Symmetric));
}

/// `firewall/deploy-dual-stack-firewall` (a preview): what a firewall would do with IPv6 is not guessed.
#[test]
fn a_firewall_of_ipv6_is_not_modelled() {
    let firewall = r#"
virtualNetworks: { hub: { subnets: { AzureFirewallSubnet: { addressPrefix: null, addressPrefixes: [10.0.4.0/26, "fd00:a:0:4::/64"] } } } }
azureFirewalls: { fw: { subnet: hub/AzureFirewallSubnet, privateIPAddress: "fd00:a:0:4::4", publicIPAddresses: [pip-fw] } }
routeTables: { rt: { routes: { six: { nextHopIpAddress: "fd00:a:0:4::4" } } } }
"#;
    assert!(ask(firewall, "b", "fd00:b:0:1::4").not_modelled());
}

/// `vpn-gateway-faq`: IPv6 through a VPN gateway is a preview; ExpressRoute carries both families
/// (`expressroute-howto-add-ipv6-portal`).
#[test]
fn gateways() {
    let site = |gateway: &str| {
        format!(
            r#"
virtualNetworkGateways: {{ gw: {{ virtualNetwork: hub, {gateway}
onPremisesSites: {{ hq: {{ addressSpace: ["fd00:ffff::/48"], hosts: {{ pc: {{ ipAddress: "fd00:ffff::9", listeners: [tcp/443] }} }} }} }}
"#
        )
    };
    let vpn = site(
        "gatewayType: Vpn, sku: VpnGw1, publicIPAddresses: [pip-vgw] } }
localNetworkGateways: { lng: { gatewayIpAddress: 203.0.113.1, addressSpace: [\"fd00:ffff::/48\"], site: hq } }
connections: { c: { virtualNetworkGateway: gw, localNetworkGateway: lng } }",
    );
    assert!(ask(&vpn, "out", "pc").not_modelled());
    let express = site(
        "gatewayType: ExpressRoute, sku: ErGw1AZ } }
expressRouteCircuits: { er: { site: hq, advertisedPrefixes: [\"fd00:ffff::/48\"] } }
connections: { c: { virtualNetworkGateway: gw, expressRouteCircuit: er } }",
    );
    let answer = ask(&express, "out", "pc");
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert_eq!(hops(&answer), ["out", "gw", "pc"]);
}
