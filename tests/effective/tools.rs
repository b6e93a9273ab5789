//! IP flow verify and NSG diagnostics.

use dryhop::effective::Effective;
use dryhop::engine::diagnose::{Asked, Evaluator, Profile, Target, diagnose};
use dryhop::engine::ip_flow::{IpFlow, IpFlowFault, verify};
use dryhop::net::{PortRange, Protocol, ProtocolMatch};
use dryhop::network::Network;
use dryhop::spec::Direction::{self, Inbound, Outbound};

use super::support::network;

/// IP flow verify as `access rule`.
fn flow(
    network: &Network,
    nic: &str,
    direction: Direction,
    protocol: Protocol,
    local: &str,
    remote: &str,
) -> String {
    let question = IpFlow {
        nic: network.nic(nic).unwrap(),
        direction,
        protocol,
        local: local.parse().unwrap(),
        remote: remote.parse().unwrap(),
    };
    let answer = verify(&Effective::new(network), &question).unwrap();
    format!(
        "{} {}",
        answer.access,
        answer.rule_name.as_deref().unwrap_or("-")
    )
}

/// NSG diagnostics as `access group/rule …`.
fn diagnosis(
    network: &Network,
    nic: &str,
    direction: Direction,
    protocol: Option<Protocol>,
    from: &str,
    to: &str,
    port: &str,
) -> String {
    let profile = Profile {
        target: Target::Nic(network.nic(nic).unwrap()),
        direction,
        protocol: protocol.map_or(ProtocolMatch::Any, ProtocolMatch::Only),
        source: Asked::parse(from, network).unwrap(),
        destination: Asked::parse(to, network).unwrap(),
        port: PortRange::parse(port).unwrap(),
    };
    let diagnosis = diagnose(&Effective::new(network), &profile);
    let groups = diagnosis.groups.iter().map(|group| match group.evaluator {
        Evaluator::SecurityGroup(nsg) => {
            format!(" {}/{}", network.nsgs[nsg].identity.name, group.rule_name)
        }
        _ => String::new(),
    });
    format!("{}{}", diagnosis.access, groups.collect::<String>())
}

const DENY_IN: &str = "Deny defaultSecurityRules/DenyAllInBound";
const WEB: &str = "151.101.1.69:50000";

fn four_machines(one: &str, two: &str) -> Network {
    network(&format!(
        "
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      Subnet1: {{ addressPrefix: 10.0.1.0/24, networkSecurityGroup: NSG1 }}
      Subnet2: {{ addressPrefix: 10.0.2.0/24 }}
      Subnet3: {{ addressPrefix: 10.0.3.0/24 }}
networkSecurityGroups:
  NSG1: {{ securityRules: {{ {one} }} }}
  NSG2: {{ securityRules: {{ {two} }} }}
virtualMachines:
  VM1: {{ networkInterface: {{ subnet: vnet/Subnet1, privateIPAddress: 10.0.1.4, networkSecurityGroup: NSG2 }} }}
  VM2: {{ networkInterface: {{ subnet: vnet/Subnet1, privateIPAddress: 10.0.1.5 }} }}
  VM3: {{ networkInterface: {{ subnet: vnet/Subnet2, privateIPAddress: 10.0.2.4, networkSecurityGroup: NSG2 }} }}
  VM4: {{ networkInterface: {{ subnet: vnet/Subnet3, privateIPAddress: 10.0.3.4 }} }}
"
    ))
}

const ALLOW: &str = "allow-80: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: Internet, destinationPortRange: 80 }";
const DENY: &str = "deny-80: { priority: 100, direction: Outbound, access: Deny, protocol: Tcp, destinationAddressPrefix: Internet, destinationPortRange: 80 }";

/// `network-security-group-how-it-works`: its four machines, port 80.
#[test]
fn groups_on_subnets_and_interfaces() {
    let inbound = |network: &Network| {
        [
            ("VM1", "10.0.1.4:80"),
            ("VM2", "10.0.1.5:80"),
            ("VM3", "10.0.2.4:80"),
            ("VM4", "10.0.3.4:80"),
        ]
        .map(|(vm, local)| flow(network, vm, Inbound, Protocol::Tcp, local, WEB))
    };
    let outbound = |network: &Network| {
        [
            ("VM1", "10.0.1.4:*"),
            ("VM2", "10.0.1.5:*"),
            ("VM3", "10.0.2.4:*"),
            ("VM4", "10.0.3.4:*"),
        ]
        .map(|(vm, local)| {
            flow(
                network,
                vm,
                Outbound,
                Protocol::Tcp,
                local,
                "151.101.1.69:80",
            )
        })
    };
    let [allowed, free] = ["Allow securityRules/allow-80", "Allow -"];
    let out = "Allow defaultSecurityRules/AllowInternetOutBound";
    let denied = "Deny securityRules/deny-80";
    let plain = four_machines("", "");
    assert_eq!(inbound(&plain), [DENY_IN, DENY_IN, DENY_IN, free]);
    assert_eq!(outbound(&plain), [out, out, out, free]);
    let first = four_machines(ALLOW, "");
    assert_eq!(inbound(&first), [DENY_IN, allowed, DENY_IN, free]);
    assert_eq!(
        inbound(&four_machines(ALLOW, ALLOW)),
        [allowed, allowed, allowed, free]
    );
    assert_eq!(
        outbound(&four_machines("", DENY)),
        [denied, out, denied, free]
    );
    assert_eq!(
        outbound(&four_machines(DENY, "")),
        [denied, denied, out, free]
    );

    // Which groups are evaluated, and that the second is not after a denial.
    let to = |network: &Network| {
        diagnosis(
            network,
            "VM1",
            Inbound,
            Some(Protocol::Tcp),
            "151.101.1.69",
            "10.0.1.4",
            "80",
        )
    };
    let from = |network: &Network| {
        diagnosis(
            network,
            "VM1",
            Outbound,
            Some(Protocol::Tcp),
            "10.0.1.4",
            "151.101.1.69",
            "80",
        )
    };
    assert_eq!(to(&plain), "Deny NSG1/DefaultRule_DenyAllInBound");
    assert_eq!(
        to(&first),
        "Deny NSG1/UserRule_allow-80 NSG2/DefaultRule_DenyAllInBound"
    );
    assert_eq!(
        from(&four_machines(DENY, "")),
        "Deny NSG2/DefaultRule_AllowInternetOutBound NSG1/UserRule_deny-80"
    );
    assert_eq!(from(&four_machines("", DENY)), "Deny NSG2/UserRule_deny-80");
    assert_eq!(
        diagnosis(&plain, "VM4", Inbound, None, "*", "*", "*"),
        "Allow"
    );
}

/// `application-security-groups`: rules hold for members only.
#[test]
fn application_security_groups() {
    let network = network(
        "
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets: { a: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: NSG1 }, b: { addressPrefix: 10.0.2.0/24, networkSecurityGroup: NSG1 } }
applicationSecurityGroups: { AsgWeb: {}, AsgLogic: {}, AsgDb: {} }
networkSecurityGroups:
  NSG1:
    securityRules:
      http: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: Internet, destinationApplicationSecurityGroups: [AsgWeb], destinationPortRange: 80 }
      logic: { priority: 110, direction: Inbound, access: Allow, protocol: Tcp, sourceApplicationSecurityGroups: [AsgLogic], destinationApplicationSecurityGroups: [AsgDb], destinationPortRange: 1433 }
      rest: { priority: 120, direction: Inbound, access: Deny, destinationApplicationSecurityGroups: [AsgDb], destinationPortRange: 1433 }
virtualMachines:
  web: { networkInterface: { subnet: vnet/a, privateIPAddress: 10.0.1.4, applicationSecurityGroups: [AsgWeb] } }
  logic: { networkInterface: { subnet: vnet/a, privateIPAddress: 10.0.1.6, applicationSecurityGroups: [AsgLogic] } }
  db: { networkInterface: { subnet: vnet/b, privateIPAddress: 10.0.2.4, applicationSecurityGroups: [AsgDb] } }
",
    );
    let into = |vm, protocol, local, remote| flow(&network, vm, Inbound, protocol, local, remote);
    let [tcp, udp] = [Protocol::Tcp, Protocol::Udp];
    assert_eq!(
        into("web", tcp, "10.0.1.4:80", WEB),
        "Allow securityRules/http"
    );
    assert_eq!(into("logic", tcp, "10.0.1.6:80", WEB), DENY_IN);
    assert_eq!(into("db", tcp, "10.0.2.4:80", WEB), DENY_IN);
    assert_eq!(
        into("db", tcp, "10.0.2.4:1433", "10.0.1.6:50000"),
        "Allow securityRules/logic"
    );
    assert_eq!(
        into("db", tcp, "10.0.2.4:1433", "10.0.1.4:50000"),
        "Deny securityRules/rest"
    );
    assert_eq!(
        into("db", udp, "10.0.2.4:1433", "10.0.1.6:50000"),
        "Deny securityRules/rest"
    );
    let vnet = "Allow defaultSecurityRules/AllowVnetInBound";
    assert_eq!(into("db", tcp, "10.0.2.4:80", "10.0.1.4:50000"), vnet);
    // `tutorial-filter-network-traffic` C2: another member of the subnet, by the default rule.
    assert_eq!(into("web", tcp, "10.0.1.4:3389", "10.0.1.6:50000"), vnet);
}

/// `diagnose-network-traffic-filter-problem`: the rule is needed in both groups.
#[test]
fn a_rule_is_needed_in_both_groups() {
    let at = |one, two| {
        let network = four_machines(one, two);
        flow(&network, "VM1", Inbound, Protocol::Tcp, "10.0.1.4:80", WEB)
    };
    assert_eq!(at("", ""), DENY_IN);
    assert_eq!(at(ALLOW, ""), DENY_IN);
    assert_eq!(at("", ALLOW), DENY_IN);
    assert_eq!(at(ALLOW, ALLOW), "Allow securityRules/allow-80");
}

/// What the tool refuses (`ip-flow-verify-overview`).
#[test]
fn what_ip_flow_verify_refuses() {
    let network = four_machines("", "");
    let effective = Effective::new(&network);
    let ask = |protocol, local: &str, remote: &str| {
        let question = IpFlow {
            nic: network.nic("VM1").unwrap(),
            direction: Outbound,
            protocol,
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
        };
        verify(&effective, &question).map(|answer| answer.access)
    };
    let refused = ask(Protocol::Icmp, "10.0.1.4:*", "8.8.8.8:1");
    assert_eq!(refused, Err(IpFlowFault::Protocol(Protocol::Icmp)));
    assert_eq!(
        ask(Protocol::Tcp, "10.0.1.4:*", "8.8.8.8:*"),
        Err(IpFlowFault::AnyPort)
    );
    assert_eq!(
        ask(Protocol::Tcp, "10.0.1.4:*", "[2603::1]:80"),
        Err(IpFlowFault::Families)
    );
    assert!(
        "10.0.1.4"
            .parse::<dryhop::engine::ip_flow::IpFlowSide>()
            .is_err()
    );
}

/// The sample of the REST reference (NetworkWatcherNetworkConfigurationDiagnostic): five rules of the
/// subnet's group up to the one that matches, each part looked at for itself, then the NIC's.
#[test]
fn the_sample_of_nsg_diagnostics() {
    let rule = |name: &str, priority, access, source: &str, port| {
        format!(
            "      {name}: {{ priority: {priority}, direction: Inbound, access: {access}, protocol: Tcp, sourceAddressPrefix: {source}, destinationPortRange: {port} }}\n"
        )
    };
    let rules = [
        rule("Allow-100", 100, "Allow", "20.0.0.0/8", "3389"),
        rule("Allow-101", 101, "Allow", "10.0.0.0/8", "5985"),
        rule("Allow-102", 102, "Allow", "20.0.0.0/8", "5986"),
        rule("Deny-103", 103, "Deny", "'*'", "22"),
        rule("fe_rule", 200, "Allow", "'*'", "12100"),
        rule("behind", 300, "Deny", "'*'", "12100"),
    ];
    let network = network(&format!(
        "
virtualNetworks: {{ vnet: {{ addressSpace: 12.11.12.0/24, subnets: {{ AppSubnet: {{ addressPrefix: 12.11.12.0/25, networkSecurityGroup: nsg1 }} }} }} }}
virtualMachines: {{ vm1: {{ networkInterface: {{ subnet: vnet/AppSubnet, privateIPAddress: 12.11.12.14, networkSecurityGroup: AppNSG }} }} }}
networkSecurityGroups:
  nsg1:
    securityRules:
{}
  AppNSG:
    securityRules:
{}",
        rules.concat(),
        rules[4]
    ));
    let profile = Profile {
        target: Target::Nic(network.nic("vm1").unwrap()),
        direction: Inbound,
        protocol: ProtocolMatch::Only(Protocol::Tcp),
        source: Asked::parse("10.1.0.4", &network).unwrap(),
        destination: Asked::parse("12.11.12.14", &network).unwrap(),
        port: PortRange::parse("12100").unwrap(),
    };
    let diagnosis = diagnose(&Effective::new(&network), &profile);
    let rows: Vec<String> = diagnosis.groups[0]
        .rules
        .iter()
        .map(|row| {
            let m = row.matched;
            let parts = [
                m.protocol,
                m.source,
                m.source_port,
                m.destination,
                m.destination_port,
            ];
            let parts: String = parts
                .iter()
                .map(|part| if *part { 'T' } else { 'F' })
                .collect();
            format!("{} {parts}", row.name)
        })
        .collect();
    assert_eq!(
        rows,
        [
            "UserRule_Allow-100 TFTTF",
            "UserRule_Allow-101 TTTTF",
            "UserRule_Allow-102 TFTTF",
            "UserRule_Deny-103 TTTTF",
            "UserRule_fe_rule TTTTT",
        ]
    );
    assert_eq!(diagnosis.groups.len(), 2);
    assert_eq!(diagnosis.groups[1].rules.len(), 1);
    assert_eq!(diagnosis.access.to_string(), "Allow");
}

/// A side matches only if it holds all that is asked for (`diagnose-network-security-rules`, and the
/// tool's recorded answers on `*`).
#[test]
fn ranges_and_tags_in_nsg_diagnostics() {
    let network = network(
        "
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: nsg } } } }
virtualMachines: { vm: { networkInterface: { subnet: vnet/a, privateIPAddress: 10.0.0.4 } } }
networkSecurityGroups:
  nsg:
    securityRules:
      half: { priority: 100, direction: Inbound, access: Deny, sourceAddressPrefix: 10.0.1.0/26, destinationPortRange: 80-90 }
      storage: { priority: 100, direction: Outbound, access: Allow, destinationAddressPrefix: Storage, destinationPortRange: 443 }
      rest: { priority: 200, direction: Outbound, access: Deny, destinationAddressPrefix: Internet }
serviceTags: { custom: { Storage.WestEurope: [20.60.26.0/23] } }
",
    );
    let tcp = Some(Protocol::Tcp);
    let into = |from, port| diagnosis(&network, "vm", Inbound, tcp, from, "10.0.0.4", port);
    assert_eq!(into("10.0.1.0/26", "80"), "Deny nsg/UserRule_half");
    assert_eq!(into("10.0.1.0/27", "80-90"), "Deny nsg/UserRule_half");
    assert_eq!(
        into("10.0.1.0/25", "80"),
        "Allow nsg/DefaultRule_AllowVnetInBound"
    );
    assert_eq!(
        into("10.0.1.0/26", "*"),
        "Allow nsg/DefaultRule_AllowVnetInBound"
    );
    assert_eq!(
        into("VirtualNetwork", "80"),
        "Allow nsg/DefaultRule_AllowVnetInBound"
    );
    assert_eq!(into("*", "80"), "Deny nsg/DefaultRule_DenyAllInBound");
    let to = |asked| diagnosis(&network, "vm", Outbound, tcp, "10.0.0.4", asked, "443");
    assert_eq!(to("Storage"), "Allow nsg/UserRule_storage");
    assert_eq!(to("Storage.WestEurope"), "Allow nsg/UserRule_storage");
    assert_eq!(to("Sql"), "Deny nsg/UserRule_rest");
    assert!(Asked::parse("Nonsense", &network).is_err());
}

/// A flow that an incompletely known tag could decide says so.
#[test]
fn a_tag_that_is_not_known_in_full() {
    let network = network(
        "
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: nsg } } } }
virtualMachines: { vm: { networkInterface: { subnet: vnet/a, privateIPAddress: 10.0.0.4 } } }
networkSecurityGroups: { nsg: { securityRules: { sql: { priority: 100, direction: Outbound, access: Deny, destinationAddressPrefix: Sql } } } }
",
    );
    let effective = Effective::new(&network);
    let ask = |remote: &str| {
        let question = IpFlow {
            nic: network.nic("vm").unwrap(),
            direction: Outbound,
            protocol: Protocol::Tcp,
            local: "10.0.0.4:*".parse().unwrap(),
            remote: remote.parse().unwrap(),
        };
        let answer = verify(&effective, &question).unwrap();
        format!("{} {:?}", answer.access, answer.doubtful)
    };
    assert_eq!(ask("40.78.225.5:443"), "Deny []");
    assert_eq!(ask("20.1.1.1:443"), "Allow [\"Sql\"]");
    assert_eq!(ask("10.0.0.9:443"), "Allow []");
}

/// `network-watcher-connectivity-rest`, its first sample: the rule that denies leaving the second NIC
/// of an appliance is found on that NIC.
#[test]
fn the_appliance_of_the_connectivity_sample() {
    let network = network(
        "
virtualNetworks: { vnet: { addressSpace: 10.1.0.0/16, subnets: { fw: { addressPrefix: 10.1.2.0/24 }, au: { addressPrefix: 10.1.3.0/24 } } } }
networkSecurityGroups: { nsg: { securityRules: { Port80: { priority: 100, direction: Outbound, access: Deny, protocol: Tcp, destinationPortRange: 80 } } } }
networkVirtualAppliances:
  nva:
    networkInterfaces:
      fwNic: { subnet: vnet/fw, privateIPAddress: 10.1.2.4, enableIPForwarding: true, primary: true }
      auNic: { subnet: vnet/au, privateIPAddress: 10.1.3.4, enableIPForwarding: true, networkSecurityGroup: nsg }
",
    );
    let out = |nic| {
        diagnosis(
            &network,
            nic,
            Outbound,
            Some(Protocol::Tcp),
            "10.1.1.4",
            "10.1.4.4",
            "80",
        )
    };
    assert_eq!(out("nva/fwNic"), "Allow");
    assert_eq!(out("nva/auNic"), "Deny nsg/UserRule_Port80");
}
