//! Topologies that state what they expect: every check of each holds, or the questions are refused. Each
//! test names the section of Microsoft's pages that it follows.

use dryhop::check::{Options, Status, judge};
use dryhop::engine::matrix::{Cell, matrix};
use dryhop::engine::{Engine, Question, check};
use dryhop::load::{Loaded, load};
use dryhop::net::{Protocol, Ranges};
use dryhop::spec::read::Input;

fn loaded(yaml: &str) -> Loaded {
    let text = format!("defaults: {{ location: westeurope }}\n{yaml}");
    let name = "topology.yaml".to_owned();
    load(&[Input::Text { name, text }], &[])
}

/// Every check of a sound topology holds.
fn holds(yaml: &str) {
    let loaded = loaded(yaml);
    assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
    let report = judge(&loaded, &Options::default()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert!(!report.results.is_empty());
    for outcome in &report.results {
        let (name, reason) = (&outcome.name, outcome.reason());
        assert_eq!(outcome.status, Status::Pass, "{name}: {reason}");
    }
}

/// What is wrong with a topology or its checks, as `code: message`.
fn faults(yaml: &str) -> Vec<String> {
    let mut loaded = loaded(yaml);
    if loaded.is_sound() {
        let Err(faults) = judge(&loaded, &Options::default()) else {
            return Vec::new();
        };
        loaded.diagnostics = faults;
    }
    let all = loaded.diagnostics.iter();
    all.map(|fault| format!("{}: {}", fault.code.name(), fault.message))
        .collect()
}

/// `private-link/disable-private-endpoint-network-policy` and `virtual-network/application-security-groups`
/// (security §5): a rule for a group holds for the private endpoints in it.
#[test]
fn a_private_endpoint_is_a_member_of_its_groups() {
    holds(
        "
virtualNetworks:
  v:
    addressSpace: 10.0.0.0/16
    subnets:
      apps: { addressPrefix: 10.0.0.0/24 }
      data: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: members-only, privateEndpointNetworkPolicies: Enabled }
applicationSecurityGroups: { databases: {} }
networkSecurityGroups:
  members-only:
    securityRules:
      sql: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationApplicationSecurityGroups: [databases], destinationPortRange: 1433 }
      rest: { priority: 200, direction: Inbound, access: Deny }
services: { sql: { kind: Microsoft.Sql, region: westeurope, listeners: [tcp/1433] } }
privateEndpoints:
  member: { subnet: v/data, privateIPAddress: 10.0.1.10, service: sql, applicationSecurityGroups: [databases] }
  other: { subnet: v/data, privateIPAddress: 10.0.1.11, service: sql }
virtualMachines: { app: { networkInterface: { subnet: v/apps } } }
checks:
  to a member: { source: app, destination: member, port: 1433, expect: Reachable }
  to another endpoint:
    source: app
    destination: other
    port: 1433
    expect: { connectionStatus: Unreachable, issues: [{ type: NetworkSecurityRule, origin: Inbound, hop: other, context: { RuleName: UserRule_rest } }] }
",
    );
}

const TWO_NICS: &str = "
virtualNetworks:
  v:
    addressSpace: 10.0.0.0/16
    subnets: { a: { addressPrefix: 10.0.0.0/24 }, b: { addressPrefix: 10.0.1.0/24 } }
networkSecurityGroups:
  open: { securityRules: { yes: { priority: 100, direction: Inbound, access: Allow } } }
  shut: { securityRules: { no: { priority: 100, direction: Inbound, access: Deny } } }
virtualMachines:
  m:
    networkInterfaces:
      n1: { subnet: v/a, privateIPAddress: 10.0.0.4, primary: true, networkSecurityGroup: open }
      n2: { subnet: v/b, privateIPAddress: 10.0.1.4, networkSecurityGroup: shut }
  router: { networkInterface: { subnet: v/a, privateIPAddress: 10.0.0.9, enableIPForwarding: true, networkSecurityGroup: shut } }
";

/// `network-watcher/ip-flow-verify-overview` (security 11.2): the local side is the machine's, and the NIC
/// that has the address is the one that filters. NSG diagnostics of a machine look at the same NIC.
#[test]
fn the_nic_with_the_local_address_is_judged() {
    holds(&format!(
        "{TWO_NICS}
ipFlows:
  of the first: {{ target: m, direction: Inbound, protocol: Tcp, local: '10.0.0.4:80', remote: '10.0.0.77:4000', expect: {{ access: Allow, ruleName: securityRules/yes }} }}
  of the second: {{ target: m, direction: Inbound, protocol: Tcp, local: '10.0.1.4:80', remote: '10.0.0.77:4000', expect: {{ access: Deny, ruleName: securityRules/no }} }}
  what is forwarded: {{ target: router, direction: Inbound, protocol: Tcp, local: '192.168.7.7:80', remote: '10.0.0.77:4000', expect: {{ access: Deny }} }}
securityDiagnostics:
  in to the second: {{ target: m, direction: Inbound, protocol: Tcp, source: 10.0.0.77, destination: 10.0.1.4, port: 80, expect: {{ access: Deny }} }}
  in to the first: {{ target: m, direction: Inbound, protocol: Tcp, source: 10.0.0.77, destination: 10.0.0.4, port: 80, expect: {{ access: Allow }} }}
  out of the second: {{ target: m, direction: Outbound, protocol: Tcp, source: 10.0.1.4, destination: 10.0.0.77, port: 80, expect: {{ access: Allow, matched: [shut/DefaultRule_AllowVnetOutBound] }} }}
"
    ));
}

/// Security 11.2: `localIPAddress` is of the target.
#[test]
fn a_local_address_that_the_target_has_not_is_refused() {
    let ask = |target: &str, local: &str| {
        faults(&format!(
            "{TWO_NICS}
ipFlows: {{ odd: {{ target: {target}, direction: Inbound, protocol: Tcp, local: '{local}:80', remote: '10.0.0.77:4000', expect: {{ access: Allow }} }} }}
"
        ))
    };
    assert_eq!(
        ask("m", "10.0.7.7"),
        ["bad-address: `10.0.7.7` is not an address of `m`"]
    );
    assert_eq!(
        ask("m/n1", "10.0.1.4"),
        ["bad-address: `10.0.1.4` is not an address of `n1`"]
    );
}

const PLATFORM: &str = "
virtualNetworks:
  v:
    addressSpace: 10.0.0.0/16
    subnets:
      shut: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: shut }
      tags: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: tags }
networkSecurityGroups:
  shut: { securityRules: { all: { priority: 100, direction: Outbound, access: Deny } } }
  tags:
    securityRules:
      dns: { priority: 100, direction: Outbound, access: Deny, destinationAddressPrefix: AzurePlatformDNS }
      imds: { priority: 110, direction: Outbound, access: Deny, destinationAddressPrefix: AzurePlatformIMDS }
      lkm: { priority: 120, direction: Outbound, access: Deny, destinationAddressPrefix: AzurePlatformLKM }
virtualMachines:
  shut: { networkInterface: { subnet: v/shut, privateIPAddress: 10.0.0.4 } }
  tags: { networkInterface: { subnet: v/tags, privateIPAddress: 10.0.1.4 } }
";

/// `network-security-groups-overview`, Azure platform considerations (security §6): the host's services
/// pass whatever the rules say, in every tool alike; other flows do not.
#[test]
fn the_platforms_own_traffic_passes_a_deny_of_everything() {
    holds(&format!(
        "{PLATFORM}
ipFlows:
  dns: {{ target: shut, direction: Outbound, protocol: Udp, local: '10.0.0.4:50000', remote: '168.63.129.16:53', expect: {{ access: Allow }} }}
  metadata: {{ target: shut, direction: Outbound, protocol: Tcp, local: '10.0.0.4:50000', remote: '169.254.169.254:80', expect: {{ access: Allow }} }}
  agent: {{ target: shut, direction: Outbound, protocol: Tcp, local: '10.0.0.4:50000', remote: '168.63.129.16:32526', expect: {{ access: Allow }} }}
  another port of the host: {{ target: shut, direction: Outbound, protocol: Tcp, local: '10.0.0.4:50000', remote: '168.63.129.16:22', expect: {{ access: Deny, ruleName: securityRules/all }} }}
  another name server: {{ target: shut, direction: Outbound, protocol: Udp, local: '10.0.0.4:50000', remote: '8.8.8.8:53', expect: {{ access: Deny, ruleName: securityRules/all }} }}
securityDiagnostics:
  dns: {{ target: shut, direction: Outbound, protocol: Udp, source: 10.0.0.4, destination: 168.63.129.16, port: 53, expect: {{ access: Allow, matched: [] }} }}
  dns by its tag: {{ target: shut, direction: Outbound, protocol: '*', source: 10.0.0.4, destination: AzurePlatformDNS, port: '*', expect: {{ access: Allow }} }}
  all of the host: {{ target: shut, direction: Outbound, protocol: '*', source: 10.0.0.4, destination: 168.63.129.16, port: '*', expect: {{ access: Deny, matched: [shut/UserRule_all] }} }}
checks:
  metadata: {{ source: shut, destination: 169.254.169.254, port: 80, expect: Reachable }}
"
    ));
}

/// `service-tags-overview` (security 4.5): what a Deny of each platform tag disables, and nothing else.
#[test]
fn a_platform_tag_is_for_its_service_alone() {
    let flows = [
        (
            "Udp",
            "168.63.129.16:53",
            "Deny, ruleName: securityRules/dns",
        ),
        (
            "Tcp",
            "168.63.129.16:53",
            "Deny, ruleName: securityRules/dns",
        ),
        ("Tcp", "168.63.129.16:80", "Allow"),
        (
            "Tcp",
            "169.254.169.254:80",
            "Deny, ruleName: securityRules/imds",
        ),
        (
            "Tcp",
            "20.118.99.224:1688",
            "Deny, ruleName: securityRules/lkm",
        ),
        (
            "Tcp",
            "20.118.99.224:443",
            "Allow, ruleName: defaultSecurityRules/AllowInternetOutBound",
        ),
        (
            "Udp",
            "20.118.99.224:1688",
            "Allow, ruleName: defaultSecurityRules/AllowInternetOutBound",
        ),
    ];
    let flows: String = flows
        .iter()
        .map(|(protocol, remote, expect)| {
            format!("  {protocol} {remote}: {{ target: tags, direction: Outbound, protocol: {protocol}, local: '10.0.1.4:50000', remote: '{remote}', expect: {{ access: {expect} }} }}\n")
        })
        .collect();
    holds(&format!(
        "{PLATFORM}
ipFlows:
{flows}
securityDiagnostics:
  metadata by its tag: {{ target: tags, direction: Outbound, protocol: '*', source: 10.0.1.4, destination: AzurePlatformIMDS, port: '*', expect: {{ access: Deny, matched: [tags/UserRule_imds] }} }}
  licensing by its tag: {{ target: tags, direction: Outbound, protocol: '*', source: 10.0.1.4, destination: AzurePlatformLKM, port: '*', expect: {{ access: Deny, matched: [tags/UserRule_lkm] }} }}
checks:
  the agent's port of the wire server: {{ source: tags, destination: 168.63.129.16, port: 80, expect: Reachable }}
  name resolution: {{ source: tags, destination: 168.63.129.16, protocol: Udp, port: 53, expect: Unreachable }}
  metadata: {{ source: tags, destination: 169.254.169.254, port: 80, expect: Unreachable }}
"
    ));
}

/// `service-tags-overview` (security 4.1, 4.3, 4.4): the platform's tags are not for Azure Firewall, and a
/// rule that names one is refused as a route is.
#[test]
fn a_firewall_rule_takes_no_platform_tag() {
    let ask = |tag: &str| {
        faults(&format!(
            "
virtualNetworks: {{ v: {{ addressSpace: 10.0.0.0/16, subnets: {{ AzureFirewallSubnet: {{ addressPrefix: 10.0.0.0/26 }} }} }} }}
publicIPAddresses: {{ p: {{ ipAddress: 20.50.0.1 }} }}
azureFirewalls: {{ fw: {{ subnet: v/AzureFirewallSubnet, publicIPAddresses: [p], firewallPolicy: rules }} }}
firewallPolicies:
  rules:
    ruleCollectionGroups:
      g:
        priority: 200
        ruleCollections:
          c: {{ type: Network, priority: 100, action: Allow, rules: {{ r: {{ protocols: [TCP], sourceAddresses: ['*'], destinationAddresses: [{tag}], destinationPorts: [443] }} }} }}
"
        ))
    };
    for tag in [
        "Internet",
        "VirtualNetwork",
        "AzureLoadBalancer",
        "AzurePlatformDNS",
        "AzurePlatformIMDS",
        "AzurePlatformLKM",
    ] {
        let message = format!(
            "unknown-service-tag: the service tag `{tag}` cannot be used in a firewall's rule"
        );
        assert_eq!(ask(tag), [message]);
    }
    assert_eq!(ask("Storage"), [""; 0]);
}

/// A machine's name stands for that machine (the topology's format, endpoints): in two VNets that nothing
/// joins and that use the same range, its address may be another machine's.
#[test]
fn a_machines_name_is_not_another_machine_with_its_address() {
    let yaml = "
virtualNetworks:
  a: { addressSpace: 10.0.0.0/16, subnets: { s: { addressPrefix: 10.0.0.0/24 } } }
  b: { addressSpace: 10.0.0.0/16, subnets: { s: { addressPrefix: 10.0.0.0/24 } } }
virtualMachines:
  a1: { networkInterface: { subnet: a/s, privateIPAddress: 10.0.0.4 } }
  a2: { networkInterface: { subnet: a/s, privateIPAddress: 10.0.0.5 } }
  b2: { networkInterface: { subnet: b/s, privateIPAddress: 10.0.0.5 } }
checks:
  the other one by its name:
    source: a1
    destination: b2
    port: 443
    expect: { connectionStatus: Unreachable, issues: [{ type: UserDefinedRoute, origin: Outbound, hop: a1, context: { Detail: AddressOfAnotherMachine } }] }
  its own by its name: { source: a1, destination: a2, port: 443, expect: Reachable }
  the address: { source: a1, destination: 10.0.0.5, port: 443, expect: Reachable }
intents:
  to the other one: { from: a1, to: b2, expect: Isolated }
  to its own: { from: a1, to: a2, expect: Reachable }
";
    holds(yaml);
    let loaded = loaded(yaml);
    let engine = Engine::new(&loaded.network);
    let everyone = ["a1", "a2", "b2"].map(|name| loaded.network.endpoint(name).unwrap());
    let service = (Protocol::Tcp, Ranges::one(443, 443));
    let matrix = matrix(&engine, &everyone, &everyone, vec![service], &|| ());
    assert_eq!(matrix.pair(0, 1), [Cell::Yes]);
    assert_eq!(matrix.pair(0, 2), [Cell::No]);
    assert_eq!(matrix.pair(2, 0), [Cell::No]);
}

/// The topology's format: 1 is the only version, and a topology is a map.
#[test]
fn other_versions_and_lists_are_refused() {
    for version in ["2", "0"] {
        let message = format!("unknown-word: `{version}` is not a version of the format");
        assert_eq!(faults(&format!("version: {version}\n")), [message]);
    }
    assert_eq!(faults("version: 1\n"), [""; 0]);
    let read = |name: &str| {
        let (name, text) = (name.to_owned(), "[]\n".to_owned());
        load(&[Input::Text { name, text }], &[]).is_sound()
    };
    assert!(!read("topology.yaml"));
    // What `az network nat gateway list` prints where there is none.
    assert!(read("nat-gateways.json"));
}

/// `service-tags-overview`: what these hold Azure computes or defines itself, so that no list of a
/// topology's own can take its place; nothing of a topology is ignored in silence.
#[test]
fn a_platform_tag_has_no_content_of_ones_own() {
    let own = |tag: &str| {
        faults(&format!(
            "serviceTags: {{ custom: {{ {tag}: [20.0.0.0/24] }} }}\n"
        ))
    };
    for tag in [
        "Internet",
        "VirtualNetwork",
        "AzureLoadBalancer",
        "azureplatformdns",
    ] {
        let message = format!(
            "bad-name: the content of the service tag `{tag}` is the platform's own and cannot be replaced"
        );
        assert_eq!(own(tag), [message]);
    }
    assert_eq!(own("Storage.WestEurope"), [""; 0]);
}

/// `location` is required once anything depends on it, and the kind of a peering does: between regions it is
/// a global one (`virtual-network-peering-overview`).
#[test]
fn a_peer_of_a_network_with_a_location_has_one() {
    let read = |location: &str| {
        let text = format!(
            "
virtualNetworks:
  a: {{ addressSpace: 10.0.0.0/16, {location} peerings: {{ p: {{ remoteVirtualNetwork: b }} }} }}
  b: {{ addressSpace: 10.1.0.0/16, location: northeurope, peerings: {{ p: {{ remoteVirtualNetwork: a }} }} }}
"
        );
        let name = "topology.yaml".to_owned();
        let loaded = load(&[Input::Text { name, text }], &[]);
        let messages = loaded.diagnostics.into_iter().map(|fault| fault.message);
        messages.collect::<Vec<_>>()
    };
    let message = "`location` is missing of `a`, whose peer `b` states its own";
    assert_eq!(read(""), [message]);
    assert_eq!(read("location: westeurope,"), [""; 0]);
}

/// decisions, `allowVirtualNetworkAccess: false`: the peer leaves the tag, so that a default rule denies; the
/// answer names the flag.
#[test]
fn a_flag_behind_a_default_rule_is_named() {
    let yaml = "
virtualNetworks:
  a: { addressSpace: 10.0.0.0/16, subnets: { s: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: none } }, peerings: { to-b: { remoteVirtualNetwork: b, allowVirtualNetworkAccess: false } } }
  b: { addressSpace: 10.1.0.0/16, subnets: { s: { addressPrefix: 10.1.0.0/24 } }, peerings: { to-a: { remoteVirtualNetwork: a } } }
networkSecurityGroups: { none: {} }
virtualMachines:
  a: { networkInterface: { subnet: a/s, privateIPAddress: 10.0.0.4 } }
  b: { networkInterface: { subnet: b/s, privateIPAddress: 10.1.0.4 } }
";
    let loaded = loaded(yaml);
    let network = &loaded.network;
    for (from, to, way) in [("a", "b", "outbound"), ("b", "a", "inbound")] {
        let [source, destination] = [from, to].map(|name| network.endpoint(name).unwrap());
        let question = Question::new(source, destination, Protocol::Tcp, Some(443));
        let answers = check(&Engine::new(network), &question).unwrap();
        let issues = answers[0].issues();
        let messages: Vec<&str> = issues
            .iter()
            .map(|(_, _, issue)| issue.message.as_str())
            .collect();
        let flag =
            "`a/to-b` keeps `b` out of `VirtualNetwork` (`allowVirtualNetworkAccess` is off)";
        assert!(
            messages
                .iter()
                .any(|own| own.contains(way) && own.ends_with(flag)),
            "{messages:?}"
        );
    }
}
