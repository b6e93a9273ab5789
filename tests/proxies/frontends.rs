//! What comes to a gateway: frontends, listeners, hosts, the rules of its subnet, the way back.

use dryhop::engine::{Application, QuestionFault};
use dryhop::net::Protocol;
use dryhop::spec::checks::PortStatus;
use dryhop::trace::{Disposition, ReplyKind};

use super::support::*;

/// `how-application-gateway-works`: the gateway ends the client's connection and opens one of its own, from
/// an address of its subnet; each backend of the pool is a path.
#[test]
fn there_are_two_connections() {
    let found = answer(&[], https("customer", "https://shop.contoso.com/"));
    assert!(reachable(&found));
    assert_eq!(hops(&found), ["customer agw web-1", "customer agw web-2"]);
    assert_eq!(found.answered_by.as_deref(), Some("agw"));
    assert_eq!(found.return_path, Some(ReplyKind::Symmetric));
    assert_eq!(found.ports.destination, PortStatus::Reachable);
    assert_eq!(found.probes, (66, 0));
    let seen = found.seen().unwrap();
    assert_eq!(seen.source.to_string(), "10.0.1.4");
    assert_eq!(seen.destination_port, 8443);
    assert_ne!(seen.source_port, 50123, "the client's port is not kept");
    assert!(found.paths.iter().all(|path| path.share == 0.5));
    let reply = &found.paths[0].replies[0].hops;
    let names: Vec<&str> = reply.iter().map(|hop| &*hop.name).collect();
    assert_eq!(names, ["web-1", "agw", "customer"]);
}

/// `multiple-site-overview`: the rule with the lowest priority whose listener is for the port and the host;
/// `configuration-listeners`: a basic listener takes every host.
#[test]
fn the_host_and_then_the_priority_decide() {
    let sites = r#"
applicationGateways:
  agw:
    backendAddressPools: { one: [web-1], two: [web-2] }
    listeners:
      all: { hostNames: ["*.contoso.com"] }
      shop: { protocol: Https, port: 443, hostNames: [shop.contoso.com] }
      clear: { protocol: Http, port: 80 }
    requestRoutingRules:
      all: { backendAddressPool: one }
      shop: { priority: SHOP, listener: shop, backendAddressPool: two, backendPort: 8443 }
      clear: { priority: 300, listener: clear, backendAddressPool: two, backendPort: 8443 }
"#;
    let first = sites.replace("SHOP", "10");
    let last = sites.replace("SHOP", "200");
    let shop = https("customer", "https://shop.contoso.com/");
    assert_eq!(hops(&answer(&[&first], shop)), ["customer agw web-2"]);
    assert_eq!(hops(&answer(&[&last], shop)), ["customer agw web-1"]);
    let www = https("customer", "https://www.contoso.com/");
    assert_eq!(hops(&answer(&[&first], www)), ["customer agw web-1"]);
    // A host that no site is for; by address none is asked for, and any site may be meant.
    let other = answer(&[&first], https("customer", "https://agw.fabrikam.com/"));
    assert_eq!(faults(&other), ["agw NoListenerOnDestination"]);
    assert_eq!(other.ports.destination, PortStatus::NoConnection);
    assert_eq!(hops(&other), ["customer agw"]);
    for ask in [tcp("customer", "20.50.1.30", 443), https("customer", "agw")] {
        assert_eq!(answer(&[&first], ask).paths.len(), 2);
    }
    // What is spoken must be what the listener speaks.
    let clear = Ask {
        application: Application::Http,
        ..https("customer", "https://shop.contoso.com/")
    };
    assert!(!reachable(&answer(&[&first], clear)));
    assert!(reachable(&answer(&[&first], Ask { port: 80, ..clear })));
    assert!(!reachable(&answer(&[&first], tcp("customer", "agw", 8443))));
}

/// `configuration-infrastructure`, network security groups: rules see the subnet as the destination, and the
/// frontends themselves where a private and a public one share a port.
#[test]
fn the_rules_of_the_subnet_see_the_subnet_or_the_frontend() {
    assert!(reachable(&answer(&[REQUIRED], tcp("customer", "agw", 443))));
    let both = "applicationGateways: { agw: { privateIPAddress: 10.0.1.10 } }";
    let found = answer(&[REQUIRED, both], tcp("customer", "agw", 443));
    assert_eq!(faults(&found), ["agw NetworkSecurityRule UserRule_rest"]);
    assert_eq!(
        found.ports.destination,
        PortStatus::Reachable,
        "the platform's scan is let in"
    );
    let open = "networkSecurityGroups: { nsg: { securityRules: { web: { destinationAddressPrefix: null, destinationAddressPrefixes: [20.50.1.30, 10.0.1.10] } } } }";
    assert!(reachable(&answer(
        &[REQUIRED, both, open],
        tcp("customer", "agw", 443)
    )));
    assert!(reachable(&answer(
        &[REQUIRED, both, open],
        tcp("client", "agw", 443)
    )));
}

/// A name stands for what answers whoever asks: the private frontend inside, the public one outside.
#[test]
fn a_name_means_the_frontend_that_is_in_reach() {
    let both = "applicationGateways: { agw: { privateIPAddress: 10.0.1.10 } }";
    let asked = |from, more: &[&str]| {
        let found = answer(more, tcp(from, "agw", 443));
        assert!(reachable(&found), "{from}");
        found.flow.destination.to_string()
    };
    assert_eq!(asked("customer", &[both]), "20.50.1.30");
    assert_eq!(asked("client", &[both]), "10.0.1.10");
    assert_eq!(asked("client", &[]), "20.50.1.30");
    // An instance's own address is no frontend.
    let found = answer(&[], tcp("client", "10.0.1.4", 443));
    assert_eq!(faults(&found), ["agw NoListenerOnDestination"]);
}

/// `network-watcher/connection-troubleshoot-overview`: the destination's security group is analysed, which
/// is the subnet's (`diagnose-network-security-rules` takes application gateways); next hop of a source.
#[test]
fn the_analyses_are_of_the_gateway() {
    let found = answer(&[REQUIRED], tcp("client", "agw", 443));
    let groups = found.destination_security.unwrap().groups;
    assert_eq!(groups[0].rule_name, "UserRule_web");
    let found = answer(&[REQUIRED], tcp("agw", "web-1", 8443));
    assert!(reachable(&found));
    assert_eq!(found.next_hop.unwrap().next_hop_type.word(), "VnetLocal");
    let groups = found.source_security.unwrap().groups;
    assert_eq!(groups[0].rule_name, "DefaultRule_AllowVnetOutBound");
    assert_eq!(found.ports.source, PortStatus::Unknown);
}

/// `configuration-infrastructure`, user-defined routes: a default route that leads elsewhere than to the
/// Internet is not supported, and draws the answers to customers away.
#[test]
fn a_default_route_to_an_appliance_breaks_the_way_back() {
    let away = r#"
virtualNetworks: { vnet: { subnets: { agw: { routeTable: rt } } } }
routeTables: { rt: { routes: { default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.3.4 } } } }
"#;
    let found = answer(&[away], tcp("customer", "agw", 443));
    assert!(!reachable(&found));
    assert_eq!(found.return_path, Some(ReplyKind::Broken));
    assert_eq!(
        hops(&found),
        ["customer agw"],
        "nothing is asked of the backends"
    );
    let issues = faults(&found);
    assert_eq!(issues[0], "!agw UserDefinedRoute DefaultRouteNotSupported");
    assert_eq!(issues[1], "agw UserDefinedRoute AsymmetricReply");
    // The private deployment may have such a route; inside nothing takes it.
    let isolated = "applicationGateways: { agw: { publicIPAddress: null, privateIPAddress: 10.0.1.10, networkIsolation: true } }";
    let found = answer(&[away, isolated], tcp("client", "agw", 443));
    assert!(reachable(&found));
    assert_eq!(faults(&found), [""; 0]);
}

/// `virtual-network-manage-peering`: the flags of a peering hold for gateways, too.
#[test]
fn a_peering_may_refuse() {
    let private = "applicationGateways: { agw: { privateIPAddress: 10.0.1.10 } }";
    let shut = "virtualNetworks: { vnet: { peerings: { to-peer: { allowVirtualNetworkAccess: false } } } }";
    let found = answer(&[private, shut], tcp("client", "10.0.1.10", 443));
    assert_eq!(found.paths[0].disposition, Disposition::RefusedByPeering);
    assert_eq!(
        faults(&found)[0],
        "agw UserDefinedRoute VnetAccessNotAllowed"
    );
}

/// A proxy forwards nothing: as the next hop of a route it drops.
#[test]
fn a_gateway_is_no_next_hop() {
    let route = r#"
virtualNetworks: { peer: { subnets: { work: { routeTable: rt } } } }
routeTables: { rt: { routes: { web: { addressPrefix: 10.0.2.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } } }
"#;
    let found = answer(&[route], tcp("client", "web-1", 8443));
    assert_eq!(found.paths[0].disposition, Disposition::NotForwarded);
    assert_eq!(
        faults(&found),
        ["agw UserDefinedRoute IPForwardingNotEnabled"]
    );
}

/// It serves HTTP and HTTPS: no UDP, and no ping.
#[test]
fn a_gateway_answers_tcp_only() {
    for protocol in [Protocol::Udp, Protocol::Icmp] {
        let ask = Ask {
            protocol,
            ..tcp("client", "agw", 443)
        };
        let found = answer(&[], ask);
        assert!(!reachable(&found), "{protocol}");
        assert!(!found.not_modelled());
    }
}

/// `connection-troubleshoot-overview`, supported sources: v2, and not in private deployment.
#[test]
fn sources_that_are_refused() {
    let refused = |more| {
        let found = asked(&[more], tcp("agw", "web-1", 8443));
        matches!(found, Err(QuestionFault::RefusedSource(..)))
    };
    assert!(refused(
        "applicationGateways: { agw: { networkIsolation: true } }"
    ));
    assert!(refused("applicationGateways: { agw: { sku: WAF_Medium } }"));
    assert!(!refused("applicationGateways: { agw: { sku: WAF_v2 } }"));
}

/// From a site by a tunnel to the private frontend and on to a backend at the site, and published by a
/// firewall's DNAT.
#[test]
fn clients_and_backends_on_premises_and_behind_a_firewall() {
    let site = r#"
virtualNetworks: { vnet: { subnets: { GatewaySubnet: { addressPrefix: 10.0.7.0/27 } } } }
virtualNetworkGateways: { vpn: { virtualNetwork: vnet, gatewayType: Vpn } }
localNetworkGateways: { lng: { gatewayIpAddress: 198.51.100.1, addressSpace: [192.168.0.0/16], site: hq } }
connections: { hq: { virtualNetworkGateway: vpn, localNetworkGateway: lng } }
onPremisesSites: { hq: { addressSpace: [192.168.0.0/16], hosts: { pc: { ipAddress: 192.168.1.4, listeners: [tcp/8443] } } } }
applicationGateways: { agw: { privateIPAddress: 10.0.1.10, backendAddressPools: { web: [web-1, 192.168.1.4] } } }
"#;
    let found = answer(&[site], tcp("pc", "agw", 443));
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(hops(&found), ["pc vpn agw web-1", "pc vpn agw vpn pc"]);
    assert_eq!(found.return_path, Some(ReplyKind::Symmetric));
    let firewall = r#"
virtualNetworks: { vnet: { subnets: { AzureFirewallSubnet: { addressPrefix: 10.0.6.0/26 } } } }
publicIPAddresses: { pip-fw: { ipAddress: 20.50.1.50, sku: Standard } }
azureFirewalls: { fw: { subnet: vnet/AzureFirewallSubnet, privateIPAddress: 10.0.6.4, publicIPAddresses: [pip-fw], firewallPolicy: policy } }
firewallPolicies:
  policy:
    ruleCollectionGroups:
      g:
        priority: 100
        ruleCollections:
          publish: { type: Nat, priority: 100, action: Dnat, rules: { web: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: [20.50.1.50], destinationPorts: [443], translatedAddress: 10.0.1.10, translatedPort: 443 } } }
applicationGateways: { agw: { privateIPAddress: 10.0.1.10 } }
"#;
    let found = answer(&[firewall], tcp("customer", "20.50.1.50", 443));
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(hops(&found)[0], "customer fw agw web-1");
    assert_eq!(found.return_path, Some(ReplyKind::Symmetric));
    assert_eq!(found.answered_by.as_deref(), Some("agw"));
}
