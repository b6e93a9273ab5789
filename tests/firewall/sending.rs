//! How a firewall sends on: whose source, by which way, and what becomes of the replies.

use dryhop::trace::{ReplyKind, Step};

use super::support::*;

/// `firewall/snat-private-range`: network rules keep the source for private destinations only.
#[test]
fn sources_of_network_rules() {
    let all = policy(ALLOW_ALL);
    assert_eq!(source_seen(&ask(&[&all], &tcp("a", "b", 22))), "10.1.1.4");
    assert_eq!(
        source_seen(&ask(&[&all], &tcp("a", "www.contoso.com", 443))),
        "20.50.1.20"
    );
    let always = "firewallPolicies: { policy: { privateRanges: [255.255.255.255/32] } }";
    assert_eq!(
        source_seen(&ask(&[&all, always], &tcp("a", "b", 22))),
        "10.0.1.4"
    );
    let never = "firewallPolicies: { policy: { privateRanges: [0.0.0.0/0] } }";
    let lost = ask(&[&all, never], &tcp("a", "www.contoso.com", 443));
    assert!(!reachable(&lost));
    assert_eq!(details(&lost), ["NoOutboundMethod"]);
}

/// `firewall/snat-private-range`: application rules always translate.
#[test]
fn sources_of_application_rules() {
    let rules = policy(
        r#"any: { type: Application, priority: 100, action: Allow, rules: { r: { protocols: ["Https:443"], sourceAddresses: ["*"], targetFqdns: ["*"] } } }"#,
    );
    assert_eq!(source_seen(&ask(&[&rules], &https("a", "b"))), "10.0.1.4");
    assert_eq!(
        source_seen(&ask(&[&rules], &https("a", "www.contoso.com"))),
        "20.50.1.20"
    );
}

/// `firewall/forced-tunneling`: what does not leave by the Internet has a private source.
#[test]
fn forced_tunnelling_translates_to_a_private_address() {
    let tunnel = r#"
virtualNetworks: { hub: { subnets: { nva: { addressPrefix: 10.0.2.0/24 } } } }
routeTables: { rt-fw: { routes: { default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 } } } }
publicIPAddresses: { pip-nva: { ipAddress: 20.50.1.30, sku: Standard } }
networkVirtualAppliances:
  nva: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.2.4, publicIPAddress: pip-nva, enableIPForwarding: true }, forwarding: { sourceNat: Internet } }
"#;
    let answer = ask(
        &[&policy(ALLOW_ALL), tunnel],
        &tcp("a", "www.contoso.com", 443),
    );
    assert!(reachable(&answer), "{:?}", answer.issues());
    let sources: Vec<String> = answer.paths[0]
        .hops
        .iter()
        .flat_map(|hop| &hop.steps)
        .filter_map(|step| match step {
            Step::Translated { after, .. } => Some(after.source.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(sources, ["10.0.1.4", "10.0.2.4", "20.50.1.30"]);
}

/// `firewall/integrate-with-nat-gateway`: a NAT gateway on the firewall's subnet gives the source.
#[test]
fn a_nat_gateway_goes_before_the_firewalls_own_address() {
    let nat = "publicIPAddresses: { pip-nat: { ipAddress: 20.50.1.40, sku: Standard } }\n\
               natGateways: { nat: { publicIPAddresses: [pip-nat] } }\n\
               virtualNetworks: { hub: { subnets: { AzureFirewallSubnet: { natGateway: nat } } } }";
    let answer = ask(
        &[&policy(ALLOW_ALL), nat],
        &tcp("a", "www.contoso.com", 443),
    );
    assert!(reachable(&answer));
    assert_eq!(source_seen(&answer), "20.50.1.40");
    assert_eq!(answer.return_path, Some(ReplyKind::Symmetric));
}

pub const PUBLISH: &str = r#"
    publish: { type: Nat, priority: 100, action: Dnat, rules: { web: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: [20.50.1.20], destinationPorts: [443], translatedAddress: 10.2.1.4, translatedPort: 8443 } } }"#;

/// `firewall/tutorial-firewall-dnat`: translated, allowed without a network rule; the target sees an
/// address of AzureFirewallSubnet (`firewall/firewall-multi-hub-spoke`).
#[test]
fn dnat_publishes() {
    let answer = ask(&[&policy(PUBLISH)], &tcp("Internet", "20.50.1.20", 443));
    assert!(reachable(&answer), "{:?}", answer.issues());
    let seen = answer.seen().unwrap();
    assert_eq!(
        (
            seen.source.to_string(),
            seen.destination.to_string(),
            seen.destination_port
        ),
        ("10.0.1.4".to_owned(), "10.2.1.4".to_owned(), 8443)
    );
    assert_eq!(answer.return_path, Some(ReplyKind::Symmetric));
    let other = ask(&[&policy(PUBLISH)], &tcp("Internet", "20.50.1.20", 22));
    assert_eq!(denied_by(&other), ["DefaultDeny"]);
}

/// `expressroute-asymmetric-routing`: a table on one side only, so that the firewall sees half.
#[test]
fn half_a_conversation_is_lost() {
    let all = policy(ALLOW_ALL);
    let half = "virtualNetworks: { hub: { subnets: { shared: { addressPrefix: 10.0.3.0/24 } } } }\n\
                virtualMachines: { shared: { networkInterface: { subnet: hub/shared, privateIPAddress: 10.0.3.4 } } }\n\
                routeTables: { rt-spokes: { routes: { hub: { addressPrefix: 10.0.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } } }";
    // The request passes the firewall, and the reply goes straight back over the peering.
    let misses = ask(&[&all, half], &tcp("a", "shared", 22));
    assert!(!reachable(&misses));
    assert_eq!(
        (misses.return_path, details(&misses)),
        (Some(ReplyKind::Broken), vec!["AsymmetricReply".to_owned()])
    );
    // The request goes straight, and the reply reaches a firewall that never saw it.
    let unseen = ask(&[&all, half], &tcp("shared", "a", 22));
    assert!(!reachable(&unseen));
    assert_eq!(
        (unseen.return_path, details(&unseen)),
        (Some(ReplyKind::Broken), vec!["AsymmetricReply".to_owned()])
    );
}

/// `firewall/integrate-lb`, routing.md 12.7: behind a public load balancer the reply to the firewall's
/// public address takes 0.0.0.0/0 to its private one, and is dropped; a /32 to the Internet mends it.
#[test]
fn replies_to_a_public_address_have_to_come_from_outside() {
    let balancer = r#"
publicIPAddresses: { pip-lb: { ipAddress: 20.50.1.50, sku: Standard } }
networkSecurityGroups: { open: { securityRules: { all: { priority: 100, direction: Inbound, access: Allow } } } }
virtualNetworks: { spoke2: { subnets: { work: { networkSecurityGroup: open } } } }
loadBalancers:
  lb:
    sku: Standard
    frontendIPConfigurations: { fe: { publicIPAddress: pip-lb } }
    backendAddressPools: { p: [b] }
    probes: { h: { protocol: Tcp, port: 443 } }
    loadBalancingRules: { r: { frontendIPConfiguration: fe, backendAddressPool: p, protocol: Tcp, frontendPort: 443, backendPort: 443, probe: h } }
"#;
    let mended = "routeTables: { rt-spokes: { routes: { back: { addressPrefix: 20.50.1.20/32, nextHopType: Internet } } } }";
    let all = policy(ALLOW_ALL);
    let lost = ask(&[&all, balancer], &tcp("a", "20.50.1.50", 443));
    assert!(!reachable(&lost));
    assert_eq!(
        (lost.return_path, details(&lost)),
        (Some(ReplyKind::Broken), vec!["AsymmetricReply".to_owned()])
    );
    assert!(reachable(&ask(
        &[&all, balancer, mended],
        &tcp("a", "20.50.1.50", 443)
    )));
}

/// A stopped firewall is a black hole.
#[test]
fn a_stopped_firewall_is_a_black_hole() {
    let stopped = "azureFirewalls: { fw: { provisioningState: Stopped } }";
    let answer = ask(&[&policy(ALLOW_ALL), stopped], &tcp("a", "b", 22));
    assert!(!reachable(&answer));
    let names: Vec<&str> = answer.paths[0].hops.iter().map(|hop| &*hop.name).collect();
    assert_eq!(names, ["a", "fw", "10.2.1.4"]);
}

/// `virtual-network-manage-peering`: what a firewall sends on comes from elsewhere than the hub.
#[test]
fn spokes_must_take_forwarded_traffic() {
    let shut =
        "virtualNetworks: { spoke2: { peerings: { to-hub: { allowForwardedTraffic: false } } } }";
    let answer = ask(&[&policy(ALLOW_ALL), shut], &tcp("a", "b", 22));
    assert!(!reachable(&answer));
    assert_eq!(details(&answer), ["ForwardedTrafficNotAllowed"]);
}

/// `firewall/firewall-faq`: a route of the firewall's subnet that leads back to it.
#[test]
fn a_firewall_can_send_to_itself() {
    let back = "routeTables: { rt-fw: { routes: { spoke2: { addressPrefix: 10.2.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } } }";
    let answer = ask(&[&policy(ALLOW_ALL), back], &tcp("a", "b", 22));
    assert!(!reachable(&answer));
    assert_eq!(details(&answer), ["UDRLoop"]);
}

/// `firewall/firewall-faq`: DNAT to a name.
#[test]
fn dnat_to_a_name() {
    let named = PUBLISH.replace(
        "translatedAddress: 10.2.1.4",
        "translatedFqdn: web.contoso.internal",
    );
    let zone = "privateDnsZones: { contoso.internal: { virtualNetworkLinks: { hub: { virtualNetwork: hub } }, recordSets: { web: { A: [10.2.1.4] } } } }";
    assert!(reachable(&ask(
        &[&policy(&named), zone],
        &tcp("Internet", "20.50.1.20", 443)
    )));
    assert!(ask(&[&policy(&named)], &tcp("Internet", "20.50.1.20", 443)).not_modelled());
}
