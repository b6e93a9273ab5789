//! What a gateway asks: pools, health, names, services, what stands between.

use dryhop::trace::ReplyKind;

use super::support::*;

const SHOP: Ask<'_> = https("customer", "https://shop.contoso.com/");

/// `application-gateway-probe-overview`: an unhealthy backend gets no requests; with none left a request is
/// answered with 502, though the handshake is.
#[test]
fn only_healthy_backends_get_requests() {
    let silent = "virtualMachines: { web-2: { guest: { listeners: [] } } }";
    let found = answer(&[silent], SHOP);
    assert_eq!(hops(&found), ["customer agw web-1"]);
    assert_eq!(faults(&found), [""; 0]);
    let stopped = "virtualMachines: { web-1: { powerState: stopped } }";
    let found = answer(&[silent, stopped], SHOP);
    assert!(!reachable(&found));
    assert_eq!(found.answered_by.as_deref(), Some("agw"));
    let expected = [
        "!agw UserDefinedRoute NoHealthyBackend",
        "web-1 VMStopped",
        "web-2 NoListenerOnDestination",
    ];
    assert_eq!(faults(&found), expected);
    let empty = "applicationGateways: { agw: { backendAddressPools: { web: [] } } }";
    let found = answer(&[empty], SHOP);
    assert_eq!(faults(&found), ["agw UserDefinedRoute NoHealthyBackend"]);
    assert_eq!(hops(&found), ["customer agw"]);
}

/// `configuration-infrastructure`: backends see the gateway's subnet, and their security group must admit it.
#[test]
fn backends_see_the_gateways_subnet() {
    let group = |source: &str| {
        format!(
            "virtualNetworks: {{ vnet: {{ subnets: {{ web: {{ networkSecurityGroup: nsg-web }} }} }} }}
networkSecurityGroups: {{ nsg-web: {{ securityRules: {{ web: {{ priority: 100, direction: Inbound, access: Allow, sourceAddressPrefix: {source} }}, rest: {{ priority: 200, direction: Inbound, access: Deny }} }} }} }}"
        )
    };
    assert!(reachable(&answer(&[&group("10.0.1.0/24")], SHOP)));
    let found = answer(&[&group("Internet")], SHOP);
    assert!(!reachable(&found));
    assert_eq!(faults(&found)[1], "web-1 NetworkSecurityRule UserRule_rest");
}

/// `routing.md` 10.2: what a backend answers must not be led away from the gateway's subnet.
#[test]
fn a_route_of_the_backends_may_lead_replies_away() {
    let away = r#"
virtualNetworks: { vnet: { subnets: { web: { routeTable: rt } } } }
routeTables: { rt: { routes: { agw: { addressPrefix: 10.0.1.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.3.4 } } } }
"#;
    let found = answer(&[away], SHOP);
    assert!(!reachable(&found));
    assert_eq!(found.return_path, Some(ReplyKind::Broken));
    assert!(faults(&found).contains(&"web-1 UserDefinedRoute AsymmetricReply".to_owned()));
    let router = "networkVirtualAppliances: { nva: { forwarding: { stateful: false } } }";
    let found = answer(&[away, router], SHOP);
    assert!(reachable(&found), "a router keeps no state");
    assert_eq!(found.return_path, Some(ReplyKind::Asymmetric));
}

/// `application-gateway-components`, backend pools: names are resolved by the DNS of the gateway's VNet.
#[test]
fn names_are_resolved_by_the_gateways_vnet() {
    let named = r#"
applicationGateways: { agw: { backendAddressPools: { web: [web.corp.example] } } }
privateDnsZones: { corp.example: { virtualNetworkLinks: { vnet: { virtualNetwork: vnet } }, recordSets: { web: { A: [10.0.2.5] } } } }
"#;
    assert_eq!(hops(&answer(&[named], SHOP)), ["customer agw web-2"]);
    let server = r#"
virtualNetworks: { vnet: { dnsServers: [10.0.2.9] } }
virtualMachines: { dns: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.2.9 }, guest: { listeners: [udp/53] } } }
"#;
    assert_eq!(
        hops(&answer(&[named, server], SHOP)),
        ["customer agw web-2"]
    );
    let down = "virtualMachines: { dns: { powerState: stopped } }";
    let found = answer(&[named, server, down], SHOP);
    assert!(!reachable(&found));
    let expected = [
        "!agw UserDefinedRoute NoHealthyBackend",
        "agw DnsResolution",
    ];
    assert_eq!(faults(&found), expected);
    assert_eq!(hops(&found), ["customer agw"]);
}

/// A service by its public address, by a service endpoint of the gateway's subnet, by a private endpoint.
#[test]
fn backends_may_be_services() {
    let service = r#"
applicationGateways: { agw: { backendAddressPools: { web: [app.azurewebsites.net] }, requestRoutingRules: { all: { backendPort: 443 } } } }
services: { app: { kind: Microsoft.Web, fqdn: app.azurewebsites.net, publicIPAddress: 20.60.1.5, listeners: [tcp/443] } }
serviceTags: { custom: { AppService: [20.60.1.0/24] } }
"#;
    let found = answer(&[service], SHOP);
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(found.seen().unwrap().source.to_string(), "20.50.1.30");
    assert_eq!(found.return_path, Some(ReplyKind::Symmetric));
    let endpoint =
        "virtualNetworks: { vnet: { subnets: { agw: { serviceEndpoints: [Microsoft.Web] } } } }
services: { app: { allowedSubnets: [vnet/agw] } }";
    let found = answer(&[service, endpoint], SHOP);
    assert!(reachable(&found), "{:?}", faults(&found));
    assert!(!found.not_modelled());
    assert_eq!(found.seen().unwrap().source.to_string(), "10.0.1.4");
    let private = r#"
privateEndpoints: { pe: { subnet: vnet/web, privateIPAddress: 10.0.2.50, service: app } }
privateDnsZones: { privatelink.azurewebsites.net: { virtualNetworkLinks: { vnet: { virtualNetwork: vnet } }, recordSets: { app: { A: [10.0.2.50] } } } }
"#;
    let found = answer(&[service, private], SHOP);
    assert_eq!(hops(&found), ["customer agw pe"]);
    assert!(reachable(&found));
    // Without a public address of its own a gateway goes out by a NAT gateway, or not at all.
    let isolated = "applicationGateways: { agw: { publicIPAddress: null, privateIPAddress: 10.0.1.10, networkIsolation: true } }";
    let found = answer(&[service, isolated], tcp("client", "agw", 443));
    let expected = [
        "!agw UserDefinedRoute NoHealthyBackend",
        "agw UserDefinedRoute NoOutboundMethod",
    ];
    assert_eq!(faults(&found), expected);
    let nat = "virtualNetworks: { vnet: { subnets: { agw: { natGateway: nat } } } }
natGateways: { nat: { publicIPAddresses: [pip-nat] } }
publicIPAddresses: { pip-nat: { ipAddress: 20.50.1.40, sku: Standard } }";
    let found = answer(&[service, isolated, nat], tcp("client", "agw", 443));
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(found.seen().unwrap().source.to_string(), "20.50.1.40");
}

/// A load balancer behind a gateway is no hop; a gateway behind a gateway is, and one that leads to itself
/// is never healthy.
#[test]
fn what_may_stand_behind_a_gateway() {
    let balancer = r#"
applicationGateways: { agw: { backendAddressPools: { web: [10.0.2.100] } } }
loadBalancers:
  ilb:
    frontendIPConfigurations: { fe: { subnet: vnet/web, privateIPAddress: 10.0.2.100 } }
    backendAddressPools: { web: [web-1, web-2] }
    loadBalancingRules: { web: { frontendIPConfiguration: fe, backendAddressPool: web, protocol: Tcp, frontendPort: 8443, backendPort: 8443 } }
"#;
    let found = answer(&[balancer], SHOP);
    assert_eq!(hops(&found), ["customer agw web-1", "customer agw web-2"]);
    let second = r#"
virtualNetworks: { vnet: { subnets: { inner: { addressPrefix: 10.0.5.0/24 } } } }
applicationGateways:
  agw: { backendAddressPools: { web: [10.0.5.10] } }
  inner:
    subnet: vnet/inner
    privateIPAddress: 10.0.5.10
    networkIsolation: true
    backendAddressPools: { web: [BACKEND] }
    listeners: { all: { protocol: Https, port: 8443 } }
    requestRoutingRules: { all: { priority: 1, listener: all, backendAddressPool: web, backendPort: 8443, backendProtocol: Https } }
"#;
    let found = answer(&[&second.replace("BACKEND", "web-1")], SHOP);
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(hops(&found), ["customer agw inner web-1"]);
    assert_eq!(found.answered_by.as_deref(), Some("agw"));
    assert_eq!(found.seen().unwrap().source.to_string(), "10.0.5.4");
    assert_eq!(found.return_path, Some(ReplyKind::Symmetric));
    let round = answer(&[&second.replace("BACKEND", "20.50.1.30")], SHOP);
    assert!(!reachable(&round));
}

/// `architecture/example-scenario/gateway/firewall-application-gateway`: a firewall between gateway and
/// backends judges by the host that the client asks for, and sees the gateway's address.
#[test]
fn a_firewall_may_stand_between() {
    let firewall = r#"
virtualNetworks:
  vnet:
    subnets:
      AzureFirewallSubnet: { addressPrefix: 10.0.6.0/26 }
      agw: { routeTable: rt-agw }
      web: { routeTable: rt-web }
routeTables:
  rt-agw: { routes: { web: { addressPrefix: 10.0.2.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.6.4 } } }
  rt-web: { routes: { agw: { addressPrefix: 10.0.1.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.6.4 } } }
publicIPAddresses: { pip-fw: { ipAddress: 20.50.1.50, sku: Standard } }
azureFirewalls: { fw: { subnet: vnet/AzureFirewallSubnet, privateIPAddress: 10.0.6.4, publicIPAddresses: [pip-fw], firewallPolicy: policy } }
firewallPolicies:
  policy:
    ruleCollectionGroups:
      g:
        priority: 100
        ruleCollections:
          web: { type: Network, priority: 100, action: Allow, rules: { web: { protocols: [TCP], sourceAddresses: [SOURCE], destinationAddresses: [10.0.2.0/24], destinationPorts: [8443] } } }
"#;
    let found = answer(&[&firewall.replace("SOURCE", "10.0.1.0/24")], SHOP);
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(
        hops(&found),
        ["customer agw fw web-1", "customer agw fw web-2"]
    );
    assert_eq!(found.answered_by.as_deref(), Some("agw"));
    assert_eq!(found.return_path, Some(ReplyKind::Symmetric));
    let found = answer(&[&firewall.replace("SOURCE", "203.0.113.9")], SHOP);
    assert!(!reachable(&found), "the firewall never sees the customer");
}

/// `application-gateway-private-deployment`, limitations: with network isolation a private endpoint is not
/// reached over global peering.
#[test]
fn an_endpoint_over_global_peering() {
    let endpoint = r#"
applicationGateways: { agw: { backendAddressPools: { web: [10.1.2.10] }, requestRoutingRules: { all: { backendPort: 443 } } } }
virtualNetworks: { peer: { location: REGION, subnets: { endpoints: { addressPrefix: 10.1.2.0/24 } } } }
services: { app: { kind: Microsoft.Web, listeners: [tcp/443] } }
privateEndpoints: { pe: { subnet: peer/endpoints, privateIPAddress: 10.1.2.10, service: app } }
"#;
    let (near, far) = (
        endpoint.replace("REGION", "westeurope"),
        endpoint.replace("REGION", "northeurope"),
    );
    let isolated = "applicationGateways: { agw: { publicIPAddress: null, privateIPAddress: 10.0.1.10, networkIsolation: true } }";
    assert!(reachable(&answer(&[&far], SHOP)));
    let ask = tcp("client", "agw", 443);
    assert!(reachable(&answer(&[&near, isolated], ask)));
    let found = answer(&[&far, isolated], ask);
    assert!(!reachable(&found));
    assert!(faults(&found).contains(&"pe UserDefinedRoute GlobalPeeringNotSupported".to_owned()));
}

/// decisions: a gateway is Reachable if it can reach a backend, as it does when it is the source itself; and
/// the paths are those of the backends that it reaches.
#[test]
fn a_request_works_where_the_gateway_reaches_a_backend() {
    use dryhop::engine::{Engine, Question, check};
    use dryhop::load::load;
    use dryhop::spec::read::Input;

    let input = |path: &str| Input::Path(format!("topologies/application-gateway{path}").into());
    let overlays = [
        "",
        "/overlays/clients-only.yaml",
        "/overlays/silent-canary.yaml",
    ];
    let backends = ["shop_0", "shop_1", "canary"];
    for overlay in overlays {
        let overlay: Vec<Input> = (!overlay.is_empty())
            .then(|| input(overlay))
            .into_iter()
            .collect();
        let loaded = load(&[input("")], &overlay);
        for down in 0..8_usize {
            let down = backends
                .iter()
                .enumerate()
                .filter(|(at, _)| down & (1 << at) != 0);
            let down: Vec<String> = down.map(|(_, name)| (*name).to_owned()).collect();
            let network = loaded.network.with_down(&down).unwrap();
            let engine = Engine::new(&network);
            let ask = |asked: Ask<'_>| {
                let question = Question {
                    application: asked.application,
                    ..Question::new(
                        network.endpoint(asked.from).unwrap(),
                        network.endpoint(asked.to).unwrap(),
                        asked.protocol,
                        Some(asked.port),
                    )
                };
                check(&engine, &question).unwrap().remove(0)
            };
            let reached: Vec<String> = backends
                .iter()
                .filter(|backend| reachable(&ask(tcp("agw-shop", backend, 8443))))
                .map(|backend| format!("customer agw-shop {backend}"))
                .collect();
            let found = ask(SHOP);
            assert_eq!(reachable(&found), !reached.is_empty(), "{down:?}");
            if !reached.is_empty() {
                assert_eq!(hops(&found), reached, "{down:?}");
            }
            let whole: f64 = found.paths.iter().map(|path| path.share).sum();
            assert!((whole - 1.0).abs() < 1e-9);
        }
    }
}
