//! How admin rules show in answers: diagnostics, connection checks, port statuses.

use super::*;

/// `network-watcher/diagnose-network-security-rules`, the sample: the manager's rule allows, the subnet's
/// group allows, the NIC's denies.
#[test]
fn diagnostics_name_the_manager_first() {
    let network = network(
        "virtualNetworks: { myVNet: { addressSpace: 10.0.0.0/16, subnets: { mySubnet: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: mySubnet-nsg } } } }
networkSecurityGroups:
  mySubnet-nsg: {}
  myVM-nsg: { securityRules: { DenyVnetInBound: { priority: 100, direction: Inbound, access: Deny, sourceAddressPrefix: VirtualNetwork } } }
virtualMachines: { myVM: { networkInterface: { subnet: myVNet/mySubnet, privateIPAddress: 10.0.0.4, networkSecurityGroup: myVM-nsg } } }
networkManagers:
  GlobalRules:
    resourceGroup: NetworkAdmin
    networkGroups: { all: { virtualNetworks: [myVNet] } }
    securityAdminConfigurations: { c: { ruleCollections: { c: { appliesToGroups: [all], rules: { VirtualNetwork: { priority: 1, direction: Inbound, access: Allow, sources: [VirtualNetwork], destinations: [VirtualNetwork] } } } } } }
",
    );
    let ask = |source: &str| {
        let profile = Profile {
            target: Target::Nic(network.nic("myVM").unwrap()),
            direction: Direction::Inbound,
            protocol: ProtocolMatch::Only(Protocol::Tcp),
            source: Asked::parse(source, &network).unwrap(),
            destination: Asked::parse("10.0.0.4", &network).unwrap(),
            port: PortRange::ALL,
        };
        let wire = DiagnosticProfile {
            direction: "Inbound",
            protocol: "TCP".to_owned(),
            source: source.to_owned(),
            destination: "10.0.0.4".to_owned(),
            destination_port: "*".to_owned(),
        };
        let result = report::diagnose::result(
            &network,
            &diagnose(&Effective::new(&network), &profile),
            wire,
        );
        serde_json::to_value(result).unwrap()
    };
    let result = ask("10.0.1.0/26");
    let result = &result["networkSecurityGroupResult"];
    assert_eq!(result["securityRuleAccessResult"], "Deny");
    let groups = result["evaluatedNetworkSecurityGroups"].as_array().unwrap();
    let last = |value: &serde_json::Value| {
        value
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    };
    let seen: Vec<String> = groups
        .iter()
        .map(|group| {
            let rule = &group["matchedRule"];
            let (id, at) = (
                last(&group["networkSecurityGroupId"]),
                last(&group["appliedTo"]),
            );
            format!(
                "{id} on {at}: {} {}",
                rule["ruleName"].as_str().unwrap(),
                rule["action"].as_str().unwrap()
            )
        })
        .collect();
    let nic = network.nics[network.nic("myVM").unwrap()].name.clone();
    let expected = [
        "GlobalRules on myVNet: VirtualNetwork Allow".to_owned(),
        "mySubnet-nsg on mySubnet: DefaultRule_AllowVnetInBound Allow".to_owned(),
        format!("myVM-nsg on {nic}: UserRule_DenyVnetInBound Deny"),
    ];
    assert_eq!(seen, expected);
    assert!(
        groups[0]["networkSecurityGroupId"]
            .as_str()
            .unwrap()
            .contains("/resourceGroups/NetworkAdmin/")
    );
    assert_eq!(
        groups[0]["rulesEvaluationResult"][0]["name"],
        "VirtualNetwork"
    );
    // A manager none of whose rules matches is not listed.
    let result = ask("8.8.8.8");
    let groups = result["networkSecurityGroupResult"]["evaluatedNetworkSecurityGroups"]
        .as_array()
        .unwrap();
    assert_eq!(last(&groups[0]["networkSecurityGroupId"]), "mySubnet-nsg");
}

/// `virtual-network/ip-services/public-ip-addresses`: a Standard address is closed without a security group,
/// and admin rules are none; but AlwaysAllow delivers whatever else is said.
#[test]
fn a_closed_public_address() {
    let with = |access: &str| {
        let network = network(&format!(
            "virtualNetworks: {{ vnet: {{ addressSpace: 10.0.0.0/16, subnets: {{ a: {{ addressPrefix: 10.0.0.0/24 }} }} }} }}
publicIPAddresses: {{ pip: {{ ipAddress: 20.50.4.1, sku: Standard }} }}
virtualMachines: {{ vm: {{ networkInterface: {{ subnet: vnet/a, privateIPAddress: 10.0.0.4, publicIPAddress: pip }} }} }}
networkManagers:
  avnm:
    networkGroups: {{ all: {{ virtualNetworks: [vnet] }} }}
    securityAdminConfigurations: {{ c: {{ ruleCollections: {{ c: {{ appliesToGroups: [all], rules: {{ rule: {{ priority: 1, direction: Inbound, access: {access}, destinationPortRange: 22 }} }} }} }} }} }}
"
        ));
        let answer = ask(&network, "Internet", "20.50.4.1", 22);
        let names: Vec<String> = answer
            .issues()
            .iter()
            .filter_map(|(_, _, issue)| issue.context.iter().find(|(key, _)| *key == "RuleName"))
            .map(|(_, name)| name.clone())
            .collect();
        (
            answer.status == ConnectionStatus::Reachable,
            names.join(" "),
        )
    };
    assert_eq!(
        with("Allow"),
        (false, "StandardPublicIpClosedByDefault".to_owned())
    );
    assert_eq!(with("Deny"), (false, "rule".to_owned()));
    assert_eq!(with("AlwaysAllow"), (true, String::new()));
}

/// `concept-security-admins`: rules hold at the end that is governed; the other end has its own.
#[test]
fn each_end_is_asked() {
    let network = network(
        "virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24 }, b: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: none } } } }
networkSecurityGroups: { none: { securityRules: { no: { priority: 100, direction: Inbound, access: Deny } } } }
virtualMachines:
  a: { networkInterface: { subnet: vnet/a, privateIPAddress: 10.0.0.4 } }
  b: { networkInterface: { subnet: vnet/b, privateIPAddress: 10.0.1.4 } }
networkManagers:
  avnm:
    networkGroups: { all: { virtualNetworks: [vnet] } }
    securityAdminConfigurations: { c: { ruleCollections: { c: { appliesToGroups: [all], rules: {
      out: { priority: 1, direction: Outbound, access: AlwaysAllow, destinationPortRange: 22 },
      in: { priority: 1, direction: Inbound, access: AlwaysAllow, destinationPortRange: 23 },
      no-dns: { priority: 2, direction: Outbound, access: Deny, destinationPortRange: 53 } } } } } }
",
    );
    assert!(!reachable(&network, "a", "b", 22));
    assert!(reachable(&network, "a", "b", 23));
    assert!(reachable(&network, "b", "a", 22));
    let answer = ask(&network, "b", "a", 53);
    assert_eq!(&*answer.issues()[0].0, "b");
    // The scan of a port comes from outside and meets the inbound rules alone.
    assert_eq!(answer.ports.destination, PortStatus::Reachable);
    assert_eq!(
        ask(&network, "a", "b", 23).ports.destination,
        PortStatus::Reachable
    );
    assert_eq!(
        ask(&network, "a", "b", 22).ports.destination,
        PortStatus::Timeout
    );
}
