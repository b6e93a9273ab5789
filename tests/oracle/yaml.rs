//! The model as a topology file, so that the engine gets it through its own door.

use std::fmt::Write;

use super::endpoints::Policies;
use super::model::*;
use super::{yaml_edge, yaml_policy};

/// The topology as YAML.
pub fn write(model: &Model) -> String {
    let mut out = String::from("defaults: { location: westeurope }\n");
    let _ = writeln!(
        out,
        "settings: {{ internetReachesUnlistedAddresses: {}, virtualNetworkTagTakesDefaultRoute: {} }}",
        model.unlisted_answer, model.tag_takes_default_route
    );
    let tags: Vec<String> = model
        .tags
        .iter()
        .map(|(tag, prefixes)| format!("{tag}: {}", list(prefixes)))
        .collect();
    let _ = writeln!(out, "serviceTags: {{ custom: {{ {} }} }}", tags.join(", "));
    section(
        &mut out,
        "virtualNetworks",
        model.vnets.iter().map(|v| vnet(model, v)),
    );
    section(
        &mut out,
        "networkSecurityGroups",
        model.groups.iter().map(|g| group(model, g)),
    );
    let asgs = model.asgs.iter().map(|asg| format!("  {asg}: {{}}\n"));
    section(&mut out, "applicationSecurityGroups", asgs);
    section(&mut out, "routeTables", model.tables.iter().map(table));
    let ips = model.public_ips.iter().map(|ip| {
        let sku = if ip.standard { "Standard" } else { "Basic" };
        format!(
            "  {}: {{ ipAddress: {}, sku: {sku} }}\n",
            ip.name, ip.address
        )
    });
    section(&mut out, "publicIPAddresses", ips);
    let nats = model.nats.iter().enumerate().map(|(number, ip)| {
        let ip = &model.public_ips[*ip].name;
        format!("  nat-{number}: {{ publicIPAddresses: [{ip}] }}\n")
    });
    section(&mut out, "natGateways", nats);
    let plain = model.machines.iter().filter(|m| m.forwarding.is_none());
    section(
        &mut out,
        "virtualMachines",
        plain.map(|m| machine(model, m)),
    );
    let appliances = model.machines.iter().filter(|m| m.forwarding.is_some());
    section(
        &mut out,
        "networkVirtualAppliances",
        appliances.map(|m| machine(model, m)),
    );
    let balancers = model.balancers.iter();
    section(
        &mut out,
        "loadBalancers",
        balancers.map(|b| yaml_edge::balancer(model, b)),
    );
    yaml_edge::branches(&mut out, model);
    yaml_policy::all(&mut out, model);
    let hosts = model.hosts.iter().map(|host| {
        let mut text = format!("  {}: {{ addresses: [{}]", host.name, host.address);
        if let Some(sockets) = &host.listeners {
            let _ = write!(text, ", listeners: {}", listeners(sockets));
        }
        text + " }\n"
    });
    section(&mut out, "internetHosts", hosts);
    out
}

pub fn section(out: &mut String, name: &str, entries: impl Iterator<Item = String>) {
    let text: String = entries.collect();
    if !text.is_empty() {
        let _ = write!(out, "{name}:\n{text}");
    }
}

pub fn list<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    format!("[{}]", all.join(", "))
}

fn vnet(model: &Model, vnet: &Vnet) -> String {
    let mut out = format!(
        "  {}:\n    location: {}\n    subscription: {}\n    addressSpace: {}\n",
        vnet.name,
        vnet.region,
        vnet.subscription,
        list(&vnet.space)
    );
    if vnet.intent_policy {
        out.push_str("    networkIntentPolicies: [SqlManagedInstance]\n");
    }
    out.push_str("    subnets:\n");
    for subnet in &vnet.subnets {
        let _ = write!(
            out,
            "      {}: {{ addressPrefix: {}",
            subnet.name, subnet.prefix
        );
        if let Some(group) = subnet.group {
            let _ = write!(out, ", networkSecurityGroup: {}", model.groups[group].name);
        }
        if let Some(table) = subnet.table {
            let _ = write!(out, ", routeTable: {}", model.tables[table].name);
        }
        if let Some(nat) = subnet.nat {
            let _ = write!(out, ", natGateway: nat-{nat}");
        }
        if subnet.policies != Policies::default() {
            let word = subnet.policies.word();
            let _ = write!(out, ", privateEndpointNetworkPolicies: {word}");
        }
        if !subnet.default_outbound {
            out.push_str(", defaultOutboundAccess: false");
        }
        out.push_str(" }\n");
    }
    if !vnet.peerings.is_empty() {
        out.push_str("    peerings:\n");
    }
    for peering in &vnet.peerings {
        let remote = &model.vnets[peering.remote];
        let _ = write!(
            out,
            "      to-{0}: {{ remoteVirtualNetwork: {0}, allowVirtualNetworkAccess: {1}, allowForwardedTraffic: {2}",
            remote.name, peering.access, peering.forwarded
        );
        if peering.transit {
            out.push_str(", allowGatewayTransit: true");
        }
        if peering.remote_gateways {
            out.push_str(", useRemoteGateways: true");
        }
        if peering.disconnected {
            out.push_str(", peeringState: Disconnected");
        }
        if let Some((here, there)) = &peering.subnets {
            let names = |of: &Vnet, some: &[usize]| list(some.iter().map(|s| &of.subnets[*s].name));
            let _ = write!(
                out,
                ", peerCompleteVnets: false, localSubnetNames: {}, remoteSubnetNames: {}",
                names(vnet, here),
                names(remote, there)
            );
        }
        out.push_str(" }\n");
    }
    out
}

pub fn ports(ranges: &Ports) -> String {
    list(ranges.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    }))
}

pub fn protocol(proto: Option<Proto>) -> &'static str {
    proto.map_or("\"*\"", Proto::word)
}

fn access(allow: bool) -> &'static str {
    if allow { "Allow" } else { "Deny" }
}

fn group(model: &Model, group: &Group) -> String {
    let mut out = format!("  {}:\n    securityRules:\n", group.name);
    if group.rules.is_empty() {
        return format!("  {}: {{}}\n", group.name);
    }
    for rule in &group.rules {
        let way = match rule.way {
            Way::Inbound => "Inbound",
            Way::Outbound => "Outbound",
        };
        let _ = write!(
            out,
            "      {}: {{ priority: {}, direction: {way}, access: {}, protocol: {}",
            rule.name,
            rule.priority,
            access(rule.allow),
            protocol(rule.proto)
        );
        for (name, side) in [("source", &rule.source), ("destination", &rule.destination)] {
            let _ = match side {
                Side::Any => Ok(()),
                Side::Tag(tag) => write!(out, ", {name}AddressPrefix: {tag}"),
                Side::Prefixes(all) => write!(out, ", {name}AddressPrefixes: {}", list(all)),
                Side::Asg(asg) => write!(
                    out,
                    ", {name}ApplicationSecurityGroups: [{}]",
                    model.asgs[*asg]
                ),
            };
        }
        if !rule.source_ports.is_empty() {
            let _ = write!(out, ", sourcePortRanges: {}", ports(&rule.source_ports));
        }
        if !rule.destination_ports.is_empty() {
            let _ = write!(
                out,
                ", destinationPortRanges: {}",
                ports(&rule.destination_ports)
            );
        }
        out.push_str(" }\n");
    }
    out
}

fn table(table: &Table) -> String {
    let mut out = format!(
        "  {}:\n    disableBgpRoutePropagation: {}\n",
        table.name, table.no_propagation
    );
    if !table.routes.is_empty() {
        out.push_str("    routes:\n");
    }
    for route in &table.routes {
        let target = match &route.target {
            Target::Prefix(prefix) => prefix.to_string(),
            Target::Tag(tag) => (*tag).to_owned(),
        };
        let hop = match route.hop {
            Hop::Appliance(address) => {
                format!("VirtualAppliance, nextHopIpAddress: {address}")
            }
            Hop::Internet => "Internet".to_owned(),
            Hop::Gateway => "VirtualNetworkGateway".to_owned(),
            Hop::None => "None".to_owned(),
            _ => "VnetLocal".to_owned(),
        };
        let _ = writeln!(
            out,
            "      {}: {{ addressPrefix: {target}, nextHopType: {hop} }}",
            route.name
        );
    }
    out
}

pub fn listeners(sockets: &[(Proto, u16, u16)]) -> String {
    list(sockets.iter().map(|(proto, first, last)| {
        let word = proto.word().to_lowercase();
        match first == last {
            true => format!("{word}/{first}"),
            false => format!("{word}/{first}-{last}"),
        }
    }))
}

fn guest_filter(filter: &Filter) -> String {
    let rules: Vec<String> = filter
        .rules
        .iter()
        .enumerate()
        .map(|(number, rule)| {
            let mut text = format!(
                "g{number}: {{ priority: {}, action: {}, protocol: {}",
                rule.priority,
                access(rule.allow),
                protocol(rule.proto)
            );
            if let Some(remote) = rule.source.or(rule.destination) {
                let _ = write!(text, ", remoteAddress: {remote}");
            }
            if !rule.destination_ports.is_empty() {
                let _ = write!(text, ", ports: {}", ports(&rule.destination_ports));
            }
            text + " }"
        })
        .collect();
    format!(
        "{{ defaultAction: {}, rules: {{ {} }} }}",
        access(filter.default_allow),
        rules.join(", ")
    )
}

fn machine(model: &Model, machine: &Machine) -> String {
    let region = model.vnets[model.nics[machine.primary].vnet].region;
    let mut out = format!("  {}:\n    location: {region}\n", machine.name);
    if !machine.running {
        out.push_str("    powerState: stopped\n");
    }
    out.push_str("    networkInterfaces:\n");
    for id in &machine.nics {
        let nic = &model.nics[*id];
        let vnet = &model.vnets[nic.vnet];
        let _ = write!(
            out,
            "      {}: {{ subnet: {}/{}, privateIPAddress: {}",
            nic.name, vnet.name, vnet.subnets[nic.subnet].name, nic.address
        );
        if let Some(ip) = nic.public_ip {
            let _ = write!(out, ", publicIPAddress: {}", model.public_ips[ip].name);
        }
        if let Some(group) = nic.group {
            let _ = write!(out, ", networkSecurityGroup: {}", model.groups[group].name);
        }
        if nic.in_asg {
            let _ = write!(
                out,
                ", applicationSecurityGroups: [{}]",
                model.asgs[nic.vnet]
            );
        }
        if nic.ip_forwarding {
            out.push_str(", enableIPForwarding: true");
        }
        if *id == machine.primary {
            out.push_str(", primary: true");
        }
        out.push_str(" }\n");
    }
    out.push_str("    guest:\n");
    if let Some(sockets) = &machine.listeners {
        let _ = writeln!(out, "      listeners: {}", listeners(sockets));
    }
    let _ = writeln!(
        out,
        "      firewall: {{ inbound: {}, outbound: {} }}",
        guest_filter(&machine.inbound),
        guest_filter(&machine.outbound)
    );
    if let Some(own) = &machine.forwarding {
        forwarding(&mut out, model, own);
    }
    out
}

fn forwarding(out: &mut String, model: &Model, own: &Forwarding) {
    let snat = match own.snat {
        Snat::None => "None",
        Snat::Internet => "Internet",
        Snat::All => "All",
    };
    let _ = write!(
        out,
        "    forwarding:\n      enabled: {}\n      stateful: {}\n      sourceNat: {snat}\n      defaultAction: {}\n",
        own.enabled,
        own.stateful,
        access(own.filter.default_allow)
    );
    let routes = own.routes.iter().map(|(prefix, nic)| {
        let nic = &model.nics[*nic].name;
        format!("{{ addressPrefix: {prefix}, networkInterface: {nic} }}")
    });
    let _ = writeln!(out, "      routes: {}", list(routes));
    if !own.filter.rules.is_empty() {
        out.push_str("      rules:\n");
    }
    for (number, rule) in own.filter.rules.iter().enumerate() {
        let _ = write!(
            out,
            "        f{number}: {{ priority: {}, action: {}, protocol: {}",
            rule.priority,
            access(rule.allow),
            protocol(rule.proto)
        );
        if let Some(source) = rule.source {
            let _ = write!(out, ", sourceAddress: {source}");
        }
        if let Some(destination) = rule.destination {
            let _ = write!(out, ", destinationAddress: {destination}");
        }
        if !rule.destination_ports.is_empty() {
            let _ = write!(
                out,
                ", destinationPorts: {}",
                ports(&rule.destination_ports)
            );
        }
        out.push_str(" }\n");
    }
    if let Some((to, port, address, translated)) = own.dnat {
        let _ = writeln!(
            out,
            "      destinationNat: {{ d: {{ protocol: Tcp, destinationAddress: {to}, destinationPort: {port}, translatedAddress: {address}, translatedPort: {translated} }} }}"
        );
    }
}
