//! What stands at the edges of the VNets, as text.

use std::fmt::Write;

use super::model::*;
use super::sites::{Far, SiteHost, are_clients};
use super::yaml::{list, listeners, section};

pub fn balancer(model: &Model, balancer: &Balancer) -> String {
    let sku = if balancer.standard {
        "Standard"
    } else {
        "Basic"
    };
    let mut out = format!(
        "  {}:\n    sku: {sku}\n    frontendIPConfigurations:\n",
        balancer.name
    );
    let vnet = &model.vnets[balancer.vnet];
    for (number, frontend) in balancer.frontends.iter().enumerate() {
        let _ = match frontend {
            Frontend::Private { subnet, address } => writeln!(
                out,
                "      fe{number}: {{ subnet: {}/{}, privateIPAddress: {address} }}",
                vnet.name, vnet.subnets[*subnet].name
            ),
            Frontend::Public(ip) => writeln!(
                out,
                "      fe{number}: {{ publicIPAddress: {} }}",
                model.public_ips[*ip].name
            ),
        };
    }
    let nic_name = |nic: &usize| format!("{}/{}", model.machine(*nic).name, model.nics[*nic].name);
    let pools = balancer.pools.iter().enumerate();
    let pools =
        pools.map(|(number, pool)| format!("p{number}: {}", list(pool.iter().map(nic_name))));
    let pools: Vec<String> = pools.collect();
    let _ = writeln!(out, "    backendAddressPools: {{ {} }}", pools.join(", "));
    let probes = balancer.probes.iter().enumerate();
    let probes =
        probes.map(|(number, port)| format!("h{number}: {{ protocol: Tcp, port: {port} }}"));
    let probes: Vec<String> = probes.collect();
    let _ = writeln!(out, "    probes: {{ {} }}", probes.join(", "));
    if !balancer.rules.is_empty() {
        out.push_str("    loadBalancingRules:\n");
    }
    for (number, rule) in balancer.rules.iter().enumerate() {
        let _ = write!(
            out,
            "      r{number}: {{ frontendIPConfiguration: fe{}, backendAddressPool: p{}, protocol: {}, frontendPort: {}, backendPort: {}, enableFloatingIP: {}, disableOutboundSnat: {}",
            rule.frontend,
            rule.pool,
            rule.proto.map_or("All", Proto::word),
            rule.port,
            rule.backend_port,
            rule.floating,
            rule.no_snat
        );
        if let Some(probe) = rule.probe {
            let _ = write!(out, ", probe: h{probe}");
        }
        out.push_str(" }\n");
    }
    if !balancer.nat_rules.is_empty() {
        out.push_str("    inboundNatRules:\n");
    }
    for (number, rule) in balancer.nat_rules.iter().enumerate() {
        let _ = writeln!(
            out,
            "      n{number}: {{ frontendIPConfiguration: fe{}, protocol: {}, frontendPort: {}, backendPort: {}, target: {} }}",
            rule.frontend,
            rule.proto.word(),
            rule.port,
            rule.backend_port,
            nic_name(&rule.nic)
        );
    }
    for (frontend, pool, proto) in &balancer.outbound {
        let proto = proto.map_or("All", Proto::word);
        let _ = writeln!(
            out,
            "    outboundRules: {{ out: {{ frontendIPConfigurations: [fe{frontend}], backendAddressPool: p{pool}, protocol: {proto} }} }}"
        );
    }
    out
}

/// Private endpoints, each with a service of its own.
fn endpoints(out: &mut String, model: &Model) {
    let all = model.endpoints.iter().map(|endpoint| {
        let vnet = &model.vnets[endpoint.vnet];
        let group = match endpoint.in_asg {
            true => format!(
                ", applicationSecurityGroups: [{}]",
                model.asgs[endpoint.vnet]
            ),
            false => String::new(),
        };
        format!(
            "  {0}: {{ subnet: {1}/{2}, privateIPAddress: {3}, service: service-{0}, connectionState: {4}{group} }}\n",
            endpoint.name,
            vnet.name,
            vnet.subnets[endpoint.subnet].name,
            endpoint.address,
            endpoint.state
        )
    });
    section(out, "privateEndpoints", all);
    let services = model.endpoints.iter().map(|endpoint| {
        let sockets = endpoint.listeners.as_ref();
        let sockets = sockets.map(|all| format!(", listeners: {}", listeners(all)));
        let sockets = sockets.unwrap_or_default();
        format!(
            "  service-{}: {{ kind: Microsoft.Sql, region: westeurope{sockets} }}\n",
            endpoint.name
        )
    });
    section(out, "services", services);
}

/// Private endpoints, gateways, sites, and what joins them.
pub fn branches(out: &mut String, model: &Model) {
    endpoints(out, model);
    let gateways = model.gateways.iter().enumerate().map(|(id, gateway)| {
        let kind = if gateway.vpn {
            "Vpn, sku: VpnGw1"
        } else {
            "ExpressRoute, sku: ErGw1AZ"
        };
        let mut text = format!(
            "  {}: {{ virtualNetwork: {}, gatewayType: {kind}",
            gateway.name, model.vnets[gateway.vnet].name
        );
        if let Some(ip) = gateway.public_ip {
            let both = std::iter::once(ip).chain(gateway.second_ip);
            let names = both.map(|ip| &model.public_ips[ip].name);
            let _ = write!(text, ", publicIPAddresses: {}", list(names));
        }
        if gateway.second_ip.is_some() {
            text.push_str(", activeActive: true");
        }
        if let Some(local) = gateway.default_site {
            let _ = write!(text, ", defaultSite: {}", model.locals[local].name);
        }
        let own = |host: &&SiteHost| are_clients(model, host.site) == Some(id);
        if let Some(host) = model.site_hosts.iter().find(own) {
            let _ = write!(
                text,
                ", vpnClientAddressPool: {}, vpnClients: {{ laptop: {{ ipAddress: {} }} }}",
                list(&model.sites[host.site].space),
                host.address
            );
        }
        text + " }\n"
    });
    section(out, "virtualNetworkGateways", gateways);
    let locals = model.locals.iter().enumerate().map(|(number, local)| {
        format!(
            "  {}: {{ gatewayIpAddress: 203.0.113.{}, addressSpace: {}, site: {} }}\n",
            local.name,
            10 + number,
            list(&local.space),
            model.sites[local.site].name
        )
    });
    section(out, "localNetworkGateways", locals);
    let circuits = model.circuits.iter().map(|circuit| {
        let link = |up: bool| match up {
            true => {
                "[{ interface: OnPrem, ipAddress: 65.0.0.1, macAddress: \"aa:aa:aa:aa:aa:01\" }]"
            }
            false => "[]",
        };
        format!(
            "  {}: {{ site: {}, advertisedPrefixes: {}, arp: {{ primary: {}, secondary: {} }} }}\n",
            circuit.name,
            model.sites[circuit.site].name,
            list(&circuit.advertised),
            link(circuit.links[0]),
            link(circuit.links[1])
        )
    });
    section(out, "expressRouteCircuits", circuits);
    let written = model.connections.iter();
    let written = written.filter(|connection| !matches!(connection.far, Far::Clients(_)));
    let connections = written.map(|connection| {
        let far = match connection.far {
            Far::Clients(_) => String::new(),
            Far::Local(local) => format!("localNetworkGateway: {}", model.locals[local].name),
            Far::Circuit(circuit) => {
                format!("expressRouteCircuit: {}", model.circuits[circuit].name)
            }
        };
        let status = if connection.connected {
            "Connected"
        } else {
            "NotConnected"
        };
        format!(
            "  {}: {{ virtualNetworkGateway: {}, {far}, connectionStatus: {status} }}\n",
            connection.name, model.gateways[connection.gateway].name
        )
    });
    section(out, "connections", connections);
    let servers = model
        .route_servers
        .iter()
        .enumerate()
        .map(|(number, server)| {
            let vnet = &model.vnets[server.vnet].name;
            let mut text = format!(
                "  rs-{number}:\n    subnet: {vnet}/RouteServerSubnet\n    bgpConnections:\n"
            );
            for (number, peer) in server.peers.iter().enumerate() {
                let _ = write!(
                    text,
                    "      b{number}: {{ peer: {}/{}, advertisedPrefixes: {}, asPathLength: {}",
                    model.machine(peer.nic).name,
                    model.nics[peer.nic].name,
                    list(&peer.advertised),
                    peer.path_length
                );
                if let Some(next_hop) = peer.next_hop {
                    let _ = write!(text, ", nextHopIpAddress: {next_hop}");
                }
                text.push_str(" }\n");
            }
            text
        });
    section(out, "routeServers", servers);
    let sites = model.sites.iter().enumerate();
    let sites = sites.filter(|(number, _)| are_clients(model, *number).is_none());
    let sites = sites.map(|(number, site)| {
        let hosts = model.site_hosts.iter().filter(|host| host.site == number);
        let hosts = hosts.map(|host| {
            let sockets = host.listeners.as_ref();
            let sockets = sockets.map(|all| format!(", listeners: {}", listeners(all)));
            let address = host.address;
            format!(
                "{}: {{ ipAddress: {address}{} }}",
                host.name,
                sockets.unwrap_or_default()
            )
        });
        let hosts: Vec<String> = hosts.collect();
        let mut text = format!(
            "  {}: {{ addressSpace: {}, hosts: {{ {} }}",
            site.name,
            list(&site.space),
            hosts.join(", ")
        );
        if let Some(reaches) = &site.reaches {
            let _ = write!(text, ", reaches: {}", list(reaches));
        }
        if !site.prefers.is_empty() {
            let names = site
                .prefers
                .iter()
                .map(|id| match model.connections[*id].far {
                    Far::Local(_) | Far::Clients(_) => &model.connections[*id].name,
                    Far::Circuit(circuit) => &model.circuits[circuit].name,
                });
            let _ = write!(text, ", prefers: {}", list(names));
        }
        text + " }\n"
    });
    section(out, "onPremisesSites", sites);
}
