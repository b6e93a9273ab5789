//! Connections through what stands at a VNet's edge: gateways of one hub that know the same prefix, private
//! endpoints.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use dryhop::check::{Options, Status, judge};
use dryhop::engine::{Answer, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;

/// A hub with a VPN and an ExpressRoute gateway to the same office, and a spoke with an endpoint.
const COEXISTENCE: &str = "
defaults: { location: westeurope }
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets:
      work: { addressPrefix: 10.0.1.0/24, routeTable: by-vpn }
      GatewaySubnet: { addressPrefix: 10.0.255.0/27 }
    peerings: { to-spoke: { remoteVirtualNetwork: spoke, allowGatewayTransit: true } }
  spoke:
    addressSpace: 10.1.0.0/16
    subnets: { data: { addressPrefix: 10.1.1.0/24, routeTable: closed, networkSecurityGroup: low-ports, privateEndpointNetworkPolicies: NetworkSecurityGroupEnabled } }
    peerings: { to-hub: { remoteVirtualNetwork: hub, useRemoteGateways: true, allowForwardedTraffic: true } }
routeTables:
  by-vpn: { routes: { office: { addressPrefix: 192.168.7.0/24, nextHopType: VirtualNetworkGateway } } }
  closed: { disableBgpRoutePropagation: true }
networkSecurityGroups:
  low-ports: { securityRules: { no: { priority: 100, direction: Inbound, access: Deny, sourceAddressPrefix: 10.0.0.0/16, sourcePortRange: 1-1023 }, office: { priority: 110, direction: Inbound, access: Allow, sourceAddressPrefix: 192.168.7.0/24 } } }
publicIPAddresses: { pip: { ipAddress: 20.50.9.1, sku: Standard } }
virtualMachines:
  vm: { networkInterface: { subnet: hub/work, privateIPAddress: 10.0.1.4 } }
privateEndpoints: { db: { subnet: spoke/data, privateIPAddress: 10.1.1.9, service: sql, connectionState: Approved } }
services: { sql: { kind: Microsoft.Sql, region: westeurope, listeners: [tcp/1433] } }
virtualNetworkGateways:
  vpn: { virtualNetwork: hub, gatewayType: Vpn, sku: VpnGw1AZ, publicIPAddresses: [pip], vpnClientAddressPool: [172.20.0.0/24], vpnClients: { laptop: { ipAddress: 172.20.0.9 } } }
  er: { virtualNetwork: hub, gatewayType: ExpressRoute, sku: ErGw1AZ }
localNetworkGateways: { office: { gatewayIpAddress: 203.0.113.9, addressSpace: [192.168.7.0/24], site: office } }
expressRouteCircuits: { line: { site: office, advertisedPrefixes: [192.168.7.0/24] } }
connections:
  tunnel: { virtualNetworkGateway: vpn, localNetworkGateway: office, connectionStatus: Connected }
  line: { virtualNetworkGateway: er, expressRouteCircuit: line, connectionStatus: Connected }
internetHosts: { shop: { addresses: [198.51.100.7], listeners: [tcp/443] } }
onPremisesSites: { office: { addressSpace: [192.168.7.0/24], prefers: [tunnel, line], hosts: { pc: { ipAddress: 192.168.7.7, listeners: [tcp/443] } } } }
";

fn ask(from: &str, to: &str, port: u16) -> Answer {
    ask_with_down(from, to, port, &[])
}

fn ask_with_down(from: &str, to: &str, port: u16, down: &[&str]) -> Answer {
    let name = "topology.yaml".to_owned();
    let text = COEXISTENCE.to_owned();
    let loaded = load(&[Input::Text { name, text }], &[]);
    assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
    let down: Vec<String> = down.iter().map(|name| (*name).to_owned()).collect();
    let network = &loaded.network.with_down(&down).unwrap();
    let question = Question::new(
        network.endpoint(from).unwrap(),
        network.endpoint(to).unwrap(),
        Protocol::Tcp,
        Some(port),
    );
    check(&Engine::new(network), &question).unwrap().remove(0)
}

fn hops(answer: &Answer) -> Vec<&str> {
    answer.paths[0].hops.iter().map(|hop| &*hop.name).collect()
}

/// `virtual-network/virtual-networks-udr-overview`: a user route of type VirtualNetworkGateway leads to the
/// VPN gateway; `expressroute-howto-coexist-resource-manager` prefers ExpressRoute in the routes of NICs,
/// which is no matter to a tunnel that has the prefix itself.
#[test]
fn a_gateway_sends_by_its_own_tunnel() {
    let answer = ask("vm", "pc", 443);
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert_eq!(hops(&answer), ["vm", "vpn", "pc"]);
}

/// `private-link/private-endpoint-overview`: replies of an endpoint do not follow its subnet's route table,
/// its switch for learned routes included.
#[test]
fn an_endpoint_answers_by_what_its_vnet_learns() {
    let answer = ask("pc", "db", 1433);
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert_eq!(hops(&answer), ["pc", "vpn", "db"]);
}

/// `private-link/private-endpoint-overview`, limitations: a rule's source ports count as `*` before an endpoint.
#[test]
fn an_endpoint_is_not_filtered_by_source_port() {
    let answer = ask("vm", "db", 1433);
    assert_eq!(answer.status, ConnectionStatus::Unreachable);
    let issues = answer.issues();
    let said = issues[0]
        .2
        .context
        .iter()
        .find(|(key, _)| *key == "RuleName");
    assert_eq!(said.map(|(_, name)| name.as_str()), Some("UserRule_no"));
}

/// `vpn-gateway-about-point-to-site-routing`: clients have routes to what the gateway tells them, and go to
/// the Internet by themselves, as sites do. That way is not in the file.
#[test]
fn the_own_internet_of_sites_and_clients_is_not_modelled() {
    for from in ["pc", "vpn/laptop"] {
        for to in ["shop", "20.50.77.1"] {
            assert!(ask(from, to, 443).not_modelled(), "{from} to {to}");
        }
        assert!(!ask(from, "10.99.0.4", 443).not_modelled(), "{from}");
        assert!(!ask(from, "vm", 443).not_modelled(), "{from}");
    }
}

/// checks-format, `down`: any resource may be out of order, an endpoint as well as the service behind it.
#[test]
fn an_endpoint_may_be_out_of_order() {
    let status = |down: &[&str]| ask_with_down("pc", "db", 1433, down).status;
    assert_eq!(status(&[]), ConnectionStatus::Reachable);
    assert_eq!(status(&["db"]), ConnectionStatus::Unreachable);
    assert_eq!(status(&["sql"]), ConnectionStatus::Unreachable);
}

/// Topologies of their own, each of which names its source and says what comes.
#[test]
fn what_each_topology_says_comes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edges");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    let mut failed = Vec::new();
    for file in files {
        let loaded = load(&[Input::Path(file.unwrap().path())], &[]);
        assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
        for outcome in judge(&loaded, &Options::default()).unwrap().results {
            if outcome.status != Status::Pass {
                failed.push(format!("{}: {}", outcome.name, outcome.reason()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A circuit announces a default route to a machine with a public address.
const FORCED_TUNNEL: &str = "
defaults: { location: westeurope }
virtualNetworks: { v: { addressSpace: 10.0.0.0/16, subnets: { GatewaySubnet: { addressPrefix: 10.0.0.0/27 }, a: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: open } } } }
networkSecurityGroups: { open: { securityRules: { all: { priority: 100, direction: Inbound, access: Allow } } } }
publicIPAddresses: { pip: { ipAddress: 20.50.9.2 } }
virtualNetworkGateways: { er: { virtualNetwork: v, gatewayType: ExpressRoute, sku: ErGw1AZ } }
expressRouteCircuits: { line: { site: hq, advertisedPrefixes: [0.0.0.0/0] } }
connections: { line: { virtualNetworkGateway: er, expressRouteCircuit: line } }
onPremisesSites: { hq: { addressSpace: [192.168.0.0/16] } }
internetHosts: { shop: { addresses: [198.51.100.7] } }
virtualMachines: { vm: { networkInterface: { subnet: v/a, privateIPAddress: 10.0.1.4, publicIPAddress: pip } } }
";

/// `vpn-gateway-about-forced-tunneling`, default routes by BGP: a reply that is drawn to a site is lost to what
/// the file does not say, which the answer owns.
#[test]
fn an_answer_owns_what_its_reply_rests_on() {
    let text = FORCED_TUNNEL.to_owned();
    let name = "topology.yaml".to_owned();
    let loaded = load(&[Input::Text { name, text }], &[]);
    assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
    let network = &loaded.network;
    let question = Question::new(
        network.endpoint("shop").unwrap(),
        network.endpoint("20.50.9.2").unwrap(),
        Protocol::Tcp,
        Some(443),
    );
    let answer = check(&Engine::new(network), &question).unwrap().remove(0);
    assert_eq!(answer.status, ConnectionStatus::Unreachable);
    assert!(answer.not_modelled());
}
