//! Losses of small networks: what each does to checks and intents.
//!
//! Rules: `load-balancer-custom-probe-overview` (7.6: one member down, all down), `vpn-gateway/
//! highlyavailable` (two instances), `expressroute-howto-coexist-resource-manager` (the VPN takes over),
//! `virtual-network-manage-peering` (both sides), `nat-gateway` (outbound).

use super::*;
use crate::load::load;
use crate::spec::read::Input;

fn asked(text: &str, asked: &Asked) -> Failures {
    let input = Input::Text {
        name: "t.yaml".to_owned(),
        text: text.to_owned(),
    };
    let loaded = load(&[input], &[]);
    assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
    failures(&loaded, asked, &|_, _| {}).unwrap()
}

fn single(text: &str) -> Failures {
    let one = Asked {
        order: 1,
        ..Asked::default()
    };
    asked(text, &one)
}

/// Each loss that something feels, with how each check fares.
fn felt(failures: &Failures) -> Vec<(String, Vec<(&str, How)>)> {
    let losses = failures.losses.iter().chain(&failures.together);
    let losses = losses.filter(|loss| !loss.felt.is_empty());
    losses
        .map(|loss| {
            let names: Vec<&str> = failures.names(loss).collect();
            let felt = loss.felt.iter();
            let felt = felt.map(|own| (&*failures.subjects[own.subject].name, own.how));
            (names.join(" + "), felt.collect())
        })
        .collect()
}

/// Two spokes, and between them what each test gives.
fn spokes(hub: &str, hop: &str, checks: &str) -> String {
    format!(
        "
defaults: {{ location: westeurope }}
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: {{ nva: {{ addressPrefix: 10.0.1.0/24 }}, AzureFirewallSubnet: {{ addressPrefix: 10.0.2.0/26 }} }}
    peerings: {{ to-a: {{ remoteVirtualNetwork: a }}, to-b: {{ remoteVirtualNetwork: b }} }}
  a:
    addressSpace: 10.1.0.0/16
    subnets: {{ web: {{ addressPrefix: 10.1.1.0/24, routeTable: rt }} }}
    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub, allowForwardedTraffic: true }} }}
  b:
    addressSpace: 10.2.0.0/16
    subnets: {{ data: {{ addressPrefix: 10.2.1.0/24, routeTable: rt }} }}
    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub, allowForwardedTraffic: true }} }}
routeTables:
  rt: {{ routes: {{ all: {{ addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: {hop} }} }} }}
virtualMachines:
  web: {{ zone: '1', networkInterface: {{ subnet: a/web, privateIPAddress: 10.1.1.4 }}, guest: {{ listeners: [tcp/443] }} }}
  sql: {{ zone: '2', networkInterface: {{ subnet: b/data, privateIPAddress: 10.2.1.4 }}, guest: {{ listeners: [tcp/1433] }} }}
{hub}
{checks}"
    )
}

const PAIR: &str = "
networkVirtualAppliances:
  nva-1: { zone: '1', networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true }, guest: { listeners: [tcp/22] } }
  nva-2: { zone: '3', networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.5, enableIPForwarding: true }, guest: { listeners: [tcp/22] } }
loadBalancers:
  ilb:
    frontendIPConfigurations: { fe: { subnet: hub/nva, privateIPAddress: 10.0.1.10 } }
    backendAddressPools: { nvas: [nva-1, nva-2] }
    probes: { ssh: { protocol: Tcp, port: 22 } }
    loadBalancingRules: { ha: { frontendIPConfiguration: fe, backendAddressPool: nvas, protocol: All, frontendPort: 0, backendPort: 0, probe: ssh } }
";

const SQL: &str =
    "checks: { sql: { source: web, destination: sql, port: 1433, expect: Reachable } }";

#[test]
fn of_two_appliances_one_may_be_lost_and_not_both() {
    let both = Asked {
        order: 2,
        ..Asked::default()
    };
    let found = asked(&spokes(PAIR, "10.0.1.10", SQL), &both);
    let how = |how| vec![("sql", how)];
    assert_eq!(
        felt(&found),
        [
            ("nva-1".to_owned(), how(How::Degraded)),
            ("nva-2".to_owned(), how(How::Degraded)),
            ("ilb".to_owned(), how(How::Lost)),
            ("hub/to-a".to_owned(), how(How::Lost)),
            ("hub/to-b".to_owned(), how(How::Lost)),
            ("zone/1".to_owned(), how(How::OwnEnd)),
            ("zone/2".to_owned(), how(How::OwnEnd)),
            ("zone/3".to_owned(), how(How::Degraded)),
            ("region/westeurope".to_owned(), how(How::OwnEnd)),
            // Not with a zone that takes an end down anyway, nor twice the same appliance.
            ("nva-1 + nva-2".to_owned(), how(How::Lost)),
            ("nva-1 + zone/3".to_owned(), how(How::Lost)),
        ]
    );
    let points: Vec<Vec<&str>> = found
        .single_points()
        .iter()
        .map(|loss| found.names(loss).collect())
        .collect();
    assert_eq!(points, [["ilb"], ["hub/to-a"], ["hub/to-b"]]);
    assert_eq!(found.tried, [9, 36]);
    assert!(!found.holds());
    assert_eq!(found.outages[3].also, ["a/to-hub"]);
}

#[test]
fn what_is_accepted_counts_for_nothing() {
    let some = Asked {
        order: 1,
        accepted: ["ilb", "*/to-hub"].map(Glob::new).into(),
        ..Asked::default()
    };
    let found = asked(&spokes(PAIR, "10.0.1.10", SQL), &some);
    assert!(found.holds());
    let accepted = found.losses.iter().filter(|loss| loss.accepted);
    let names: Vec<&str> = accepted.flat_map(|loss| found.names(loss)).collect();
    assert_eq!(names, ["ilb", "hub/to-a", "hub/to-b"]);
}

#[test]
fn what_opens_or_goes_past_a_firewall_is_told() {
    // With the Route Server's route gone the system route to the Internet takes over (10.4, 3.5).
    let text = "
defaults: { location: westeurope }
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: { nva: { addressPrefix: 10.0.1.0/24, routeTable: rt-nva }, work: { addressPrefix: 10.0.3.0/24 }, RouteServerSubnet: { addressPrefix: 10.0.2.0/26 } }
routeTables: { rt-nva: { routes: { out: { addressPrefix: 0.0.0.0/0, nextHopType: Internet } } } }
publicIPAddresses: { pip: { ipAddress: 20.50.1.10, sku: Standard } }
networkVirtualAppliances:
  nva:
    networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true, publicIPAddress: pip, networkSecurityGroup: nsg }
    forwarding: { sourceNat: Internet, rules: { no-mail: { priority: 100, action: Deny, protocol: Tcp, destinationPort: 25 } } }
networkSecurityGroups: { nsg: { securityRules: { all: { priority: 100, direction: Inbound, access: Allow, protocol: '*', sourceAddressPrefix: VirtualNetwork, destinationAddressPrefix: '*' } } } }
routeServers: { rs: { subnet: hub/RouteServerSubnet, bgpConnections: { nva: { peer: nva, advertisedPrefixes: [0.0.0.0/0] } } } }
virtualMachines: { vm: { networkInterface: { subnet: hub/work, privateIPAddress: 10.0.3.4 } } }
internetHosts: { web: { addresses: [203.0.113.80], listeners: [tcp/443, tcp/25] } }
checks:
  browses: { source: vm, destination: web, port: 443, expect: Reachable }
  sends no mail: { source: vm, destination: web, port: 25, expect: Unreachable }
intents:
  by the appliance: { from: vm, to: web, protocol: Tcp, ports: [443], expect: Reachable, via: [nva] }
";
    let found = single(text);
    let all = vec![
        ("browses", How::Bypassed),
        ("sends no mail", How::Opened),
        ("by the appliance", How::Bypassed),
    ];
    let own = felt(&found);
    assert_eq!(own[0], ("nva".to_owned(), all.clone()));
    assert_eq!(own[1], ("rs".to_owned(), all));
}

#[test]
fn a_set_is_judged_without_the_members_that_are_lost() {
    let text = "
defaults: { location: westeurope }
virtualNetworks: { v: { addressSpace: 10.0.0.0/16, subnets: { s: { addressPrefix: 10.0.1.0/24 } } } }
virtualMachineScaleSets:
  api: { capacity: 2, zones: ['1', '2'], networkInterface: { subnet: v/s }, guest: { listeners: [tcp/443] } }
virtualMachines:
  client: { networkInterface: { subnet: v/s, privateIPAddress: 10.0.1.9 } }
checks: { each: { source: client, destination: api, port: 443, expect: Reachable } }
intents: { all: { from: client, to: api, protocol: Tcp, ports: [443], expect: Reachable } }
";
    let found = single(text);
    let own = vec![("each", How::OwnEnd), ("all", How::OwnEnd)];
    assert_eq!(
        felt(&found),
        [
            ("zone/1".to_owned(), own.clone()),
            ("zone/2".to_owned(), own.clone()),
            ("region/westeurope".to_owned(), own),
        ]
    );
}

#[test]
fn what_does_not_hold_with_all_up_is_left_out() {
    let checks = "
checks:
  no: { source: web, destination: sql, port: 22, expect: Reachable }
  with one: { source: web, destination: sql, port: 1433, down: [nva-1], expect: Reachable }
  shut: { source: sql, destination: web, port: 80, expect: Unreachable }
";
    let found = single(&spokes(PAIR, "10.0.1.10", checks));
    let left: Vec<(&str, Why)> = found
        .left_out
        .iter()
        .map(|(subject, why)| (&*subject.name, *why))
        .collect();
    assert_eq!(left, [("no", Why::Fails), ("with one", Why::SaysDown)]);
    assert_eq!(found.subjects.len(), 1);
    assert!(found.holds() && felt(&found).is_empty());
}

#[test]
fn a_load_balancer_that_is_lost_gives_no_outbound_address() {
    // load-balancer-outbound-connections: its outbound rule is the only way out of a private subnet.
    let text = "
defaults: { location: westeurope }
virtualNetworks: { v: { addressSpace: 10.0.0.0/16, subnets: { s: { addressPrefix: 10.0.1.0/24, defaultOutboundAccess: false } } } }
publicIPAddresses: { pip: { ipAddress: 20.50.1.10, sku: Standard } }
virtualMachines: { vm: { networkInterface: { subnet: v/s, privateIPAddress: 10.0.1.4 } } }
loadBalancers:
  lb:
    sku: Standard
    frontendIPConfigurations: { fe: { publicIPAddress: pip } }
    backendAddressPools: { vms: [vm] }
    outboundRules: { out: { frontendIPConfigurations: [fe], backendAddressPool: vms, protocol: All } }
internetHosts: { web: { addresses: [203.0.113.80], listeners: [tcp/443] } }
checks: { out: { source: vm, destination: web, port: 443, expect: Reachable } }
";
    let found = single(text);
    assert_eq!(felt(&found)[1], ("lb".to_owned(), vec![("out", How::Lost)]));
}

#[test]
fn sets_of_losses_are_counted() {
    assert_eq!(
        [ways(5, 1), ways(5, 2), ways(5, 3), ways(2, 3)],
        [5, 10, 10, 0]
    );
    assert_eq!(sets(1, 4, 2), [[1, 2], [1, 3]]);
    let parts: Vec<Vec<usize>> = parts(&[3, 5, 8]).collect();
    assert_eq!(parts.len(), 6);
    assert!(parts.contains(&vec![3, 8]) && !parts.contains(&vec![3, 5, 8]));
}
