//! The topologies that are measured, as YAML, as large as is asked for.

#![allow(dead_code, reason = "a bench takes those that it needs")]

use std::fmt::Write as _;

/// Spokes of ten machines around hubs with an appliance, four hundred a hub (Azure allows five hundred
/// peerings), as many as make about `bytes` of text.
pub fn spokes(bytes: usize) -> String {
    let mut vnets = String::from("virtualNetworks:\n");
    let (mut groups, mut machines) = (String::new(), String::new());
    let (mut tables, mut appliances) = (String::new(), String::new());
    let mut spoke = 0_usize;
    while vnets.len() + groups.len() + machines.len() < bytes {
        let hub = spoke / 400;
        if spoke.is_multiple_of(400) {
            writeln!(
                tables,
                "  rt-{hub}: {{ routes: {{ default: {{ addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.{hub}.1.4 }} }} }}"
            )
            .unwrap();
            writeln!(
                appliances,
                "  nva-{hub}: {{ networkInterface: {{ subnet: hub-{hub}/nva, privateIPAddress: 10.{hub}.1.4, enableIPForwarding: true }} }}"
            )
            .unwrap();
            let peerings: String = (spoke..spoke + 400)
                .map(|s| format!("      to-s{s}: {{ remoteVirtualNetwork: s{s} }}\n"))
                .collect();
            writeln!(
                vnets,
                "  hub-{hub}:\n    addressSpace: 10.{hub}.0.0/16\n    subnets: {{ nva: {{ addressPrefix: 10.{hub}.1.0/24 }} }}\n    peerings:\n{peerings}"
            )
            .unwrap();
        }
        // Each spoke a /24 of 11.0.0.0/8, so that none overlap however many there are.
        let (b, c) = (spoke / 256 % 256, spoke % 256);
        writeln!(
            vnets,
            "  s{spoke}:\n    addressSpace: 11.{b}.{c}.0/24\n    subnets: {{ work: {{ addressPrefix: 11.{b}.{c}.0/24, networkSecurityGroup: nsg-{spoke}, routeTable: rt-{hub} }} }}\n    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub-{hub}, allowForwardedTraffic: true }} }}"
        )
        .unwrap();
        writeln!(groups, "  nsg-{spoke}:\n    securityRules:").unwrap();
        for rule in 0..10 {
            writeln!(
                groups,
                "      rule-{rule}: {{ priority: {}, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefixes: [11.{b}.{c}.{}/32, 12.{rule}.0.0/24], destinationPortRanges: [{}, 8000-{}] }}",
                100 + rule,
                rule + 4,
                440 + rule,
                8000 + rule
            )
            .unwrap();
        }
        for vm in 0..10 {
            writeln!(
                machines,
                "  vm-{spoke}-{vm}:\n    networkInterface: {{ subnet: s{spoke}/work, privateIPAddress: 11.{b}.{c}.{} }}\n    guest: {{ os: Linux, listeners: [tcp/443, tcp/22] }}",
                vm + 4
            )
            .unwrap();
        }
        spoke += 1;
    }
    // The last hub's peerings to spokes that were not made any more.
    let made = |line: &str| {
        let number = line
            .trim_start()
            .strip_prefix("to-s")
            .and_then(|rest| rest.split(':').next());
        number
            .and_then(|n| n.parse::<usize>().ok())
            .is_none_or(|n| n < spoke)
    };
    let vnets: Vec<&str> = vnets
        .lines()
        .filter(|line| !line.is_empty() && made(line))
        .collect();
    format!(
        "{}\nnetworkSecurityGroups:\n{groups}routeTables:\n{tables}virtualMachines:\n{machines}networkVirtualAppliances:\n{appliances}",
        vnets.join("\n")
    )
}

/// Subnets of five machines, each with a security group of fifty-six rules of its own, in one VNet: the
/// workload W2 of the comparison with other tools.
pub fn one_network(subnets: usize, deny: bool) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut below = move |count: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) % count
    };
    let (mut nets, mut groups, mut machines) = (String::new(), String::new(), String::new());
    for subnet in 0..subnets {
        writeln!(
            nets,
            "      s{subnet}: {{ addressPrefix: 10.{}.{}.0/24, networkSecurityGroup: nsg-{subnet} }}",
            subnet / 256,
            subnet % 256
        )
        .unwrap();
        writeln!(groups, "  nsg-{subnet}:\n    securityRules:").unwrap();
        for rule in 0..56 {
            let direction = if rule % 2 == 0 { "Inbound" } else { "Outbound" };
            let access = if below(10) < 7 { "Allow" } else { "Deny" };
            let other = below(subnets as u64);
            let port = [22, 80, 443, 1433, 3306, 5432, 8080, 8443, 9090, 3389][below(10) as usize];
            let (side, length) = if direction == "Inbound" {
                ("source", below(3))
            } else {
                ("destination", below(3))
            };
            let prefix = match length {
                0 => format!("10.{}.{}.{}", other / 256, other % 256, 4 + below(5)),
                1 => format!("10.{}.{}.0/24", other / 256, other % 256),
                _ => "10.0.0.0/8".to_owned(),
            };
            writeln!(
                groups,
                "      r{rule}: {{ priority: {}, direction: {direction}, access: {access}, protocol: Tcp, {side}AddressPrefix: {prefix}, destinationPortRange: \"{port}\" }}",
                100 + rule
            )
            .unwrap();
        }
        if deny {
            writeln!(
                groups,
                "      last: {{ priority: 4000, direction: Inbound, access: Deny }}"
            )
            .unwrap();
        }
        for vm in 0..5 {
            writeln!(
                machines,
                "  vm-{subnet}-{vm}: {{ networkInterface: {{ subnet: vnet/s{subnet}, privateIPAddress: 10.{}.{}.{} }} }}",
                subnet / 256,
                subnet % 256,
                vm + 4
            )
            .unwrap();
        }
    }
    format!(
        "virtualNetworks:\n  vnet:\n    addressSpace: 10.0.0.0/8\n    subnets:\n{nets}networkSecurityGroups:\n{groups}virtualMachines:\n{machines}"
    )
}
