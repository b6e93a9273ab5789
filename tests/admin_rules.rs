//! Security admin rules of network managers, each test by the page of Microsoft's that it follows
//! (`virtual-network-manager/…` unless said).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

#[path = "admin_rules/answers.rs"]
mod answers;

use dryhop::effective::Effective;
use dryhop::engine::diagnose::{Asked, Profile, Target, diagnose};
use dryhop::engine::ip_flow::{IpFlow, verify};
use dryhop::engine::{Answer, Engine, Question, check};
use dryhop::load::{Loaded, load};
use dryhop::net::{PortRange, Protocol, ProtocolMatch};
use dryhop::network::Network;
use dryhop::report::wire::DiagnosticProfile;
use dryhop::report::{self, Style};
use dryhop::spec::Direction;
use dryhop::spec::checks::{ConnectionStatus, PortStatus};
use dryhop::spec::read::Input;
use dryhop::trace::Cause;

fn loaded(yaml: &str) -> Loaded {
    let text = format!("defaults: {{ location: westeurope }}\n{yaml}");
    let name = "topology.yaml".to_owned();
    let loaded = load(&[Input::Text { name, text }], &[]);
    assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
    loaded
}

fn network(yaml: &str) -> Network {
    loaded(yaml).network
}

/// IP flow verify inbound from the Internet, as `access rule`.
fn inbound(network: &Network, target: &str, port: u16) -> String {
    inbound_from(network, target, port, "151.101.1.69")
}

fn inbound_from(network: &Network, target: &str, port: u16, from: &str) -> String {
    let nic = network.nic(target).unwrap();
    let own = network.nics[nic].addresses[0].address;
    let question = IpFlow {
        nic,
        direction: Direction::Inbound,
        protocol: Protocol::Tcp,
        local: format!("{own}:{port}").parse().unwrap(),
        remote: format!("{from}:50000").parse().unwrap(),
    };
    let answer = verify(&Effective::new(network), &question).unwrap();
    format!(
        "{} {}",
        answer.access,
        answer.rule_name.as_deref().unwrap_or("-")
    )
}

/// Connection troubleshoot by TCP.
fn ask(network: &Network, from: &str, to: &str, port: u16) -> Answer {
    let question = Question::new(
        network.endpoint(from).unwrap(),
        network.endpoint(to).unwrap(),
        Protocol::Tcp,
        Some(port),
    );
    check(&Engine::new(network), &question).unwrap().remove(0)
}

fn reachable(network: &Network, from: &str, to: &str, port: u16) -> bool {
    ask(network, from, to, port).status == ConnectionStatus::Reachable
}

/// The five VNets of `how-to-block-high-risk-ports`: SSH is denied in all of them, and excepted in the
/// last two by `access` of a priority.
fn high_risk_ports(access: &str, priority: u16) -> Network {
    let (mut vnets, mut machines) = (String::new(), String::new());
    for (at, name) in [
        "vneta-gen",
        "vnetb-gen",
        "vnetc-gen",
        "vnetd-app",
        "vnete-app",
    ]
    .iter()
    .enumerate()
    {
        vnets += &format!(
            "  {name}:\n    addressSpace: 10.{at}.0.0/16\n    subnets:\n      open: {{ addressPrefix: 10.{at}.0.0/24, \
             networkSecurityGroup: ssh }}\n      closed: {{ addressPrefix: 10.{at}.1.0/24, networkSecurityGroup: \
             none }}\n      bare: {{ addressPrefix: 10.{at}.2.0/24 }}\n"
        );
        for (third, subnet) in ["open", "closed", "bare"].iter().enumerate() {
            machines += &format!(
                "  {name}-{subnet}: {{ networkInterface: {{ subnet: {name}/{subnet}, privateIPAddress: \
                 10.{at}.{third}.4 }} }}\n"
            );
        }
    }
    network(&format!(
        "virtualNetworks:\n{vnets}virtualMachines:\n{machines}networkSecurityGroups:
  none: {{}}
  ssh: {{ securityRules: {{ ssh: {{ priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 22 }} }} }}
networkManagers:
  avnm:
    networkGroups:
      all: {{ virtualNetworks: [vneta-gen, vnetb-gen, vnetc-gen, vnetd-app, vnete-app] }}
      app: {{ virtualNetworks: [vnetd-app, vnete-app] }}
    securityAdminConfigurations:
      secure:
        ruleCollections:
          deny: {{ appliesToGroups: [all], rules: {{ deny-ssh: {{ priority: 10, direction: Inbound, access: Deny, protocol: Tcp, destinationPortRange: 22 }} }} }}
          except: {{ appliesToGroups: [app], rules: {{ except-ssh: {{ priority: {priority}, direction: Inbound, access: {access}, protocol: Tcp, destinationPortRange: 22 }} }} }}
"
    ))
}

/// `concept-enforcement` and `how-to-block-high-risk-ports`: the block everywhere, the exception in two.
#[test]
fn a_block_with_an_exception() {
    let network = high_risk_ports("Allow", 5);
    for blocked in ["vneta-gen", "vnetb-gen", "vnetc-gen"] {
        assert_eq!(
            inbound(&network, &format!("{blocked}-open"), 22),
            "Deny deny-ssh"
        );
    }
    for excepted in ["vnetd-app", "vnete-app"] {
        assert_eq!(
            inbound(&network, &format!("{excepted}-open"), 22),
            "Allow securityRules/ssh"
        );
        // Allow goes on to the security groups, which have the last word.
        let denied = inbound(&network, &format!("{excepted}-closed"), 22);
        assert_eq!(denied, "Deny defaultSecurityRules/DenyAllInBound");
        assert_eq!(
            inbound(&network, &format!("{excepted}-bare"), 22),
            "Allow except-ssh"
        );
    }
    // What no admin rule is for is the groups' matter.
    assert_eq!(
        inbound(&network, "vneta-gen-open", 80),
        "Deny defaultSecurityRules/DenyAllInBound"
    );
}

/// `concept-security-admins`, "The order of evaluation": AlwaysAllow delivers, the groups are not asked.
#[test]
fn always_allow_skips_the_groups() {
    let network = high_risk_ports("AlwaysAllow", 5);
    assert_eq!(
        inbound(&network, "vnetd-app-closed", 22),
        "Allow except-ssh"
    );
    assert_eq!(inbound(&network, "vneta-gen-closed", 22), "Deny deny-ssh");
}

/// `concept-security-admins`, "Priority": a Deny of priority 10 goes before an Allow of priority 20.
#[test]
fn an_exception_behind_the_block_comes_too_late() {
    for access in ["Allow", "AlwaysAllow"] {
        let network = high_risk_ports(access, 20);
        assert_eq!(
            inbound(&network, "vnetd-app-open", 22),
            "Deny deny-ssh",
            "{access}"
        );
    }
}

/// `concept-security-admins`: admin rules need no security group.
#[test]
fn without_any_group_admin_rules_protect_by_default() {
    let network = high_risk_ports("Allow", 5);
    assert_eq!(inbound(&network, "vneta-gen-bare", 22), "Deny deny-ssh");
    assert_eq!(inbound(&network, "vneta-gen-bare", 80), "Allow -");
}

/// One VNet with what `more` adds to it, a machine with a group that lets in 22 alone and one without a
/// group, and a manager's rules: 22 and 3389 denied, 80 always allowed.
fn single(vnet: &str, configuration: &str, more: &str) -> Network {
    network(&format!(
        "virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    {vnet}
    subnets: {{ a: {{ addressPrefix: 10.0.0.0/24 }}, b: {{ addressPrefix: 10.0.1.0/24 }}, AzureFirewallSubnet: {{ addressPrefix: 10.0.2.0/26 }}, AzureBastionSubnet: {{ addressPrefix: 10.0.3.0/26 }}, GatewaySubnet: {{ addressPrefix: 10.0.4.0/27 }}, RouteServerSubnet: {{ addressPrefix: 10.0.5.0/26 }} }}
networkSecurityGroups:
  ssh: {{ securityRules: {{ ssh: {{ priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 22 }} }} }}
virtualMachines:
  guarded: {{ networkInterface: {{ subnet: vnet/a, privateIPAddress: 10.0.0.4, networkSecurityGroup: ssh }} }}
  other: {{ networkInterface: {{ subnet: vnet/b, privateIPAddress: 10.0.1.4, networkSecurityGroup: ssh }} }}
networkManagers:
  avnm:
    networkGroups: {{ all: {{ virtualNetworks: [vnet] }} }}
    securityAdminConfigurations:
      secure:
        {configuration}
        ruleCollections:
          ports:
            appliesToGroups: [all]
            rules:
              deny: {{ priority: 10, direction: Inbound, access: Deny, protocol: Tcp, sources: ['*'], destinations: ['*'], destinationPortRanges: [22, 3389] }}
              web: {{ priority: 20, direction: Inbound, access: AlwaysAllow, protocol: Tcp, destinationPortRange: 80 }}
{more}"
    ))
}

/// `faq`, "Are you applying security rules to a virtual network that contains managed instances?": skipped
/// by default, and Allow rules alone where the configuration says so.
#[test]
fn vnets_with_an_intent_policy() {
    let policy = "networkIntentPolicies: [SqlManagedInstance]";
    let apply = |setting: &str| {
        let network = single(
            policy,
            &format!("applyOnNetworkIntentPolicyBasedServices: {setting}"),
            "",
        );
        [22, 80].map(|port| inbound(&network, "guarded", port))
    };
    let closed = "Deny defaultSecurityRules/DenyAllInBound";
    assert_eq!(apply("None"), ["Allow securityRules/ssh", closed]);
    assert_eq!(
        apply("AllowRulesOnly"),
        ["Allow securityRules/ssh", "Allow web"]
    );
    assert_eq!(apply("All"), ["Deny deny", "Allow web"]);
    let by_default = single(policy, "", "");
    assert_eq!(
        inbound(&by_default, "guarded", 22),
        "Allow securityRules/ssh"
    );
}

/// `concept-security-admins`, "Nonapplication of security admin rules": subnets with an application gateway
/// without network isolation; other subnets stay covered.
#[test]
fn subnets_with_an_application_gateway() {
    let gateway = |isolated: bool| {
        let more = format!(
            "applicationGateways:\n  agw: {{ subnet: vnet/a, privateIPAddress: 10.0.0.9, networkIsolation: {isolated} }}"
        );
        let network = single("", "", &more);
        ["guarded", "other"].map(|target| inbound(&network, target, 22))
    };
    assert_eq!(gateway(false), ["Allow securityRules/ssh", "Deny deny"]);
    assert_eq!(gateway(true), ["Deny deny", "Deny deny"]);
}

/// The same page: Bastion, Azure Firewall, gateways and Route Servers, each in its own subnet.
#[test]
fn subnets_of_other_services() {
    let network = single(
        "",
        "",
        "publicIPAddresses: { p1: {}, p2: {}, p3: {}, p4: {} }
azureFirewalls: { fw: { subnet: vnet/AzureFirewallSubnet, publicIPAddresses: [p1] } }
bastionHosts: { bastion: { subnet: vnet/AzureBastionSubnet, publicIPAddress: p2 } }
virtualNetworkGateways: { vpn: { virtualNetwork: vnet, gatewayType: Vpn, publicIPAddresses: [p3] } }
routeServers: { rs: { subnet: vnet/RouteServerSubnet, publicIPAddress: p4 } }
",
    );
    let mut names: Vec<&str> = network
        .ungoverned_subnets
        .iter()
        .map(|id| &*network.subnets[*id].name)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "AzureBastionSubnet",
            "AzureFirewallSubnet",
            "GatewaySubnet",
            "RouteServerSubnet"
        ]
    );
    assert_eq!(inbound(&network, "guarded", 22), "Deny deny");
}

/// `faq`, "Do security admin rules apply to Azure private endpoints?": they do not.
#[test]
fn private_endpoints_are_left_alone() {
    let network = single(
        "",
        "",
        "services: { store: { kind: Microsoft.Storage, fqdn: store.blob.core.windows.net, listeners: [tcp/22, tcp/3389] } }
privateEndpoints: { pe: { subnet: vnet/b, privateIPAddress: 10.0.1.9, service: store } }
",
    );
    assert!(reachable(&network, "guarded", "pe", 3389));
    assert!(!reachable(&network, "guarded", "other", 3389));
}

/// Two managers over one VNet; `configuration` and `rules` of the parent, then of the child, which the file
/// has first.
fn nested(vnet: &str, parent: (&str, &str), child: (&str, &str)) -> Network {
    let manager = |name: &str, scope: &str, (configuration, rules): (&str, &str)| {
        format!(
            "  {name}:\n    scope: {scope}\n    networkGroups: {{ all: {{ virtualNetworks: [vnet] }} }}\n    \
             securityAdminConfigurations: {{ secure: {{ {configuration}ruleCollections: {{ c: {{ appliesToGroups: \
             [all], rules: {{ {rules} }} }} }} }} }}\n"
        )
    };
    network(&format!(
        "virtualNetworks: {{ vnet: {{ addressSpace: 10.0.0.0/16, {vnet} subnets: {{ a: {{ addressPrefix: 10.0.0.0/24, networkSecurityGroup: none }} }} }} }}
networkSecurityGroups: {{ none: {{}} }}
virtualMachines: {{ vm: {{ networkInterface: {{ subnet: vnet/a, privateIPAddress: 10.0.0.4 }} }} }}
networkManagers:\n{}{}",
        manager("child", "managementGroups/contoso/platform", child),
        manager("parent", "managementGroups/contoso", parent),
    ))
}

/// `concept-network-manager-scope`: where two managers contradict each other, the higher scope wins.
#[test]
fn the_higher_scope_wins() {
    let rule = |name: &str, access: &str| {
        format!(
            "{name}: {{ priority: 100, direction: Inbound, access: {access}, protocol: Tcp, destinationPortRange: 22 }}"
        )
    };
    let verdict = |parent: &str, child: &str| {
        // The child's is of a better priority, which does not help it.
        let child = rule("of-child", child).replace("100", "1");
        let network = nested("", ("", &rule("of-parent", parent)), ("", &child));
        inbound(&network, "vm", 22)
    };
    assert_eq!(verdict("Deny", "AlwaysAllow"), "Deny of-parent");
    assert_eq!(verdict("AlwaysAllow", "Deny"), "Allow of-parent");
    // What the parent allows the child cannot deny; the security groups are asked.
    assert_eq!(
        verdict("Allow", "Deny"),
        "Deny defaultSecurityRules/DenyAllInBound"
    );
    let silent = nested(
        "",
        ("", &rule("of-parent", "Deny").replace("22", "23")),
        ("", &rule("of-child", "Deny")),
    );
    assert_eq!(inbound(&silent, "vm", 22), "Deny of-child");
    assert_eq!(inbound(&silent, "vm", 23), "Deny of-parent");
}

/// `concept-security-admins`, "Nonapplication …": of two managers with other settings the parent's holds.
#[test]
fn the_setting_of_the_higher_scope_wins() {
    let setting = |word: &str| format!("applyOnNetworkIntentPolicyBasedServices: {word}, ");
    let rules = "deny: { priority: 10, direction: Inbound, access: Deny, destinationPortRange: 80 }, \
                 web: { priority: 20, direction: Inbound, access: AlwaysAllow, destinationPortRange: 80 }";
    let verdict = |parent: &str, child: &str| {
        let policy = "networkIntentPolicies: [Databricks],";
        let network = nested(policy, (&setting(parent), rules), (&setting(child), rules));
        inbound(&network, "vm", 80)
    };
    assert_eq!(verdict("AllowRulesOnly", "None"), "Allow web");
    assert_eq!(
        verdict("None", "All"),
        "Deny defaultSecurityRules/DenyAllInBound"
    );
    assert_eq!(verdict("All", "None"), "Deny deny");
}

/// `faq`, "Is your virtual network in scope?": members of a group that lie outside get no rules.
#[test]
fn vnets_outside_the_scope() {
    let of = |scope: &str| {
        let network = network(&format!(
            "virtualNetworks: {{ vnet: {{ subscription: s1, addressSpace: 10.0.0.0/16, subnets: {{ a: {{ addressPrefix: 10.0.0.0/24 }} }} }} }}
virtualMachines: {{ vm: {{ networkInterface: {{ subnet: vnet/a, privateIPAddress: 10.0.0.4 }} }} }}
networkManagers:
  avnm:
    scope: {scope}
    networkGroups: {{ all: {{ virtualNetworks: [vnet] }} }}
    securityAdminConfigurations: {{ c: {{ ruleCollections: {{ c: {{ appliesToGroups: [all], rules: {{ deny: {{ priority: 1, direction: Inbound, access: Deny }} }} }} }} }} }}
"
        ));
        inbound(&network, "vm", 22)
    };
    assert_eq!(of("subscriptions/S1"), "Deny deny");
    assert_eq!(of("/subscriptions/s2"), "Allow -");
    assert_eq!(
        of("/providers/Microsoft.Management/managementGroups/contoso"),
        "Deny deny"
    );
}

const GROUPS: &str = "virtualNetworks:
  prod: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24 } }, peerings: { np: { remoteVirtualNetwork: test } } }
  test: { addressSpace: [10.1.0.0/16, 'fd00:1::/64'], subnets: { a: { addressPrefix: 10.1.0.0/24 } }, peerings: { p: { remoteVirtualNetwork: prod } } }
  dev: { addressSpace: 10.2.0.0/16, subnets: { a: { addressPrefix: 10.2.0.0/24 } } }
virtualMachines:
  prod-1: { networkInterface: { subnet: prod/a, privateIPAddress: 10.0.0.4 } }
  prod-2: { networkInterface: { subnet: prod/a, privateIPAddress: 10.0.0.5 } }
  test-1: { networkInterface: { subnet: test/a, privateIPAddress: 10.1.0.4 } }
networkManagers:
  avnm:
    networkGroups: { production: { virtualNetworks: [prod] }, nonProduction: { virtualNetworks: [test, dev] } }
    securityAdminConfigurations:
      secure:
        ruleCollections:
          apart:
            appliesToGroups: [production]
            rules: { no-test: { priority: 7, direction: Inbound, access: Deny, sources: [networkGroups/nonProduction, 192.0.2.0/24], destinations: [VirtualNetwork, AzurePlatformDNS] } }
";

/// `concept-security-admin-rules-network-group`: a group stands for the ranges of its members, of mixed
/// families the IPv4 ones.
#[test]
fn network_groups_as_a_side() {
    let loaded = loaded(GROUPS);
    let network = &loaded.network;
    assert_eq!(
        inbound_from(network, "prod-1", 443, "10.1.0.4"),
        "Deny no-test"
    );
    assert_eq!(
        inbound_from(network, "prod-1", 443, "10.2.7.7"),
        "Deny no-test"
    );
    assert_eq!(
        inbound_from(network, "prod-1", 443, "192.0.2.9"),
        "Deny no-test"
    );
    assert_eq!(inbound_from(network, "prod-1", 443, "10.0.0.5"), "Allow -");
    assert_eq!(inbound_from(network, "test-1", 443, "10.0.0.4"), "Allow -");
    assert!(reachable(network, "prod-1", "test-1", 443));
    assert!(reachable(network, "prod-2", "prod-1", 443));

    let answer = ask(network, "test-1", "prod-1", 443);
    assert_eq!(answer.status, ConnectionStatus::Unreachable);
    let issues = answer.issues();
    let (hop, _, issue) = &issues[0];
    let manager = &network.managers.iter().next().unwrap().1.identity.id;
    assert_eq!(&**hop, "prod-1");
    let context = [
        ("RuleName", "no-test".to_owned()),
        ("NetworkSecurityGroupId", manager.to_string()),
    ];
    assert_eq!(issue.context, context);
    assert!(matches!(issue.cause, Cause::AdminRule(_, 0)));
    let text = report::check::text(
        network,
        &loaded.sources,
        std::slice::from_ref(&answer),
        &[],
        Style::default(),
    );
    for part in [
        "avnm/no-test (7)",
        "admin rule `no-test` of `avnm`",
        "priority below 7, Inbound",
        "no-test: { priority",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }

    let rules = Effective::new(network).rules(network.nic("prod-1").unwrap());
    let list = serde_json::to_value(report::rules::list(network, &rules)).unwrap();
    let entry = &list["value"][0];
    assert_eq!(
        entry["association"],
        serde_json::json!({ "networkManager": { "id": &**manager } })
    );
    let rule = &entry["effectiveSecurityRules"][0];
    assert_eq!(rule["name"], "no-test");
    assert_eq!(
        rule["sourceAddressPrefixes"],
        serde_json::json!(["10.1.0.0/16", "10.2.0.0/16", "192.0.2.0/24"])
    );
    assert_eq!(
        rule["destinationAddressPrefixes"],
        serde_json::json!(["VirtualNetwork", "AzurePlatformDNS"])
    );
}
