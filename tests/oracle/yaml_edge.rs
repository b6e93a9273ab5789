//! What stands at the edges of the VNets, as text.

use std::fmt::Write;

use super::model::*;
use super::yaml::list;

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
    for (frontend, pool) in &balancer.outbound {
        let _ = writeln!(
            out,
            "    outboundRules: {{ out: {{ frontendIPConfigurations: [fe{frontend}], backendAddressPool: p{pool}, protocol: All }} }}"
        );
    }
    out
}
