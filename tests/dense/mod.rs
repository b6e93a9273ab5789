//! Networks in which many machines are alike and some are not, as text.

#![allow(clippy::unwrap_used, reason = "a test may end so")]
#![allow(dead_code, reason = "not every test asks for them")]

use std::fmt::Write as _;

use super::naive::tape::Tape;

/// Three VNets, two of them peered, with several machines of a kind in each subnet: behind groups that name
/// subnets, application security groups and single machines; routes that lead some of them astray or by an
/// appliance; guests that filter, and listen to something only.
pub fn dense(t: &mut Tape<'_>) -> String {
    let mut text = String::from("virtualNetworks:\n");
    let (mut machines, mut groups, mut tables) = (String::new(), String::new(), String::new());
    let mut hosts = Vec::new();
    for vnet in 0..3 {
        writeln!(
            text,
            "  v{vnet}:\n    addressSpace: 10.{vnet}.0.0/16\n    subnets:"
        )
        .unwrap();
        for subnet in 0..2 {
            let own = vnet * 2 + subnet;
            let group = if t.chance(80) {
                format!(", networkSecurityGroup: g{}", t.below(4))
            } else {
                String::new()
            };
            let table = if t.chance(30) {
                format!(", routeTable: t{}", t.below(2))
            } else {
                String::new()
            };
            writeln!(
                text,
                "      s{subnet}: {{ addressPrefix: 10.{vnet}.{subnet}.0/24{group}{table} }}"
            )
            .unwrap();
            for machine in 0..3 {
                let address = format!("10.{vnet}.{subnet}.{}", machine + 4);
                let group = if t.chance(15) {
                    format!(", networkSecurityGroup: g{}", t.below(4))
                } else {
                    String::new()
                };
                let member = if t.chance(40) {
                    format!(", applicationSecurityGroups: [a{vnet}]")
                } else {
                    String::new()
                };
                let guest = match t.below(8) {
                    0 => ", guest: { listeners: [tcp/443, tcp/400-8080] }",
                    1 => {
                        ", guest: { firewall: { inbound: { defaultAction: Deny, rules: { r: { action: Allow, protocol: Tcp, port: 443, remoteAddress: 10.1.0.0/16 } } } } }"
                    }
                    2 => {
                        ", guest: { firewall: { outbound: { defaultAction: Allow, rules: { r: { action: Deny, protocol: Tcp, port: 22, remoteAddress: 10.0.1.5 } } } } }"
                    }
                    3 => ", powerState: stopped",
                    _ => "",
                };
                writeln!(machines, "  m{own}-{machine}: {{ networkInterface: {{ subnet: v{vnet}/s{subnet}, privateIPAddress: {address}{group}{member} }}{guest} }}").unwrap();
                hosts.push(address);
            }
        }
        if vnet == 0 {
            writeln!(text, "      nva: {{ addressPrefix: 10.0.9.0/24 }}").unwrap();
        }
        if vnet < 2 {
            let forwarded = ["true", "false"][t.below(2)];
            writeln!(text, "    peerings:\n      p: {{ remoteVirtualNetwork: v{}, allowForwardedTraffic: {forwarded} }}", 1 - vnet).unwrap();
        }
    }
    let side = |t: &mut Tape<'_>, side: &str, vnet: usize| match t.below(6) {
        0 => format!("{side}AddressPrefix: {}", hosts[t.below(hosts.len())]),
        1 => format!("{side}AddressPrefix: 10.{}.{}.0/24", t.below(3), t.below(2)),
        2 => format!("{side}AddressPrefix: VirtualNetwork"),
        3 => format!("{side}ApplicationSecurityGroups: [a{vnet}]"),
        4 => format!("{side}AddressPrefix: 10.{}.0.0/16", t.below(3)),
        _ => format!("{side}AddressPrefix: \"*\""),
    };
    for group in 0..4 {
        writeln!(groups, "  g{group}:\n    securityRules:").unwrap();
        for rule in 0..6 {
            let direction = ["Inbound", "Outbound"][t.below(2)];
            let access = ["Allow", "Deny"][t.below(2)];
            let protocol = ["Tcp", "Udp", "\"*\"", "Icmp"][t.below(4)];
            let ports = ["22", "443", "\"*\"", "400-500", "80", "53"][t.below(6)];
            // The members of an application security group are of one VNet.
            let vnet = t.below(3);
            let (source, destination) = (side(t, "source", vnet), side(t, "destination", vnet));
            let port = if protocol == "Icmp" {
                String::new()
            } else {
                format!(", destinationPortRange: {ports}")
            };
            writeln!(groups, "      r{rule}: {{ priority: {}, direction: {direction}, access: {access}, protocol: {protocol}, {source}, {destination}{port} }}", 100 + rule).unwrap();
        }
    }
    for table in 0..2 {
        let to = match t.below(3) {
            0 => hosts[t.below(hosts.len())].clone() + "/32",
            1 => format!("10.{}.{}.0/24", t.below(3), t.below(2)),
            _ => format!("10.{}.0.0/16", t.below(3)),
        };
        let hop = match t.below(4) {
            0 => "nextHopType: None".to_owned(),
            1 => format!(
                "nextHopType: VirtualAppliance, nextHopIpAddress: {}",
                hosts[t.below(hosts.len())]
            ),
            _ => "nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.9.4".to_owned(),
        };
        writeln!(
            tables,
            "  t{table}: {{ routes: {{ r: {{ addressPrefix: {to}, {hop} }} }} }}"
        )
        .unwrap();
    }
    let stateful = ["true", "false"][t.below(2)];
    let nat = ["None", "All"][t.below(2)];
    let filter = match t.below(3) {
        0 => format!(
            ", rules: {{ r: {{ action: Deny, protocol: Tcp, sourceAddress: {}, destinationPort: 443 }} }}",
            hosts[t.below(hosts.len())]
        ),
        1 => format!(
            ", destinationNat: {{ d: {{ protocol: Tcp, destinationAddress: {}, destinationPort: 443, translatedAddress: {} }} }}",
            hosts[t.below(hosts.len())],
            hosts[t.below(hosts.len())]
        ),
        _ => String::new(),
    };
    format!(
        "{text}networkSecurityGroups:\n{groups}applicationSecurityGroups: {{ a0: {{}}, a1: {{}}, a2: {{}} }}\nrouteTables:\n{tables}virtualMachines:\n{machines}networkVirtualAppliances:\n  nva: {{ networkInterface: {{ subnet: v0/nva, privateIPAddress: 10.0.9.4, enableIPForwarding: true }}, forwarding: {{ enabled: true, stateful: {stateful}, sourceNat: {nat}{filter} }} }}\n"
    )
}
