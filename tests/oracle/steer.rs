//! Random route tables and what appliances do with packets: the second half of the generator.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::generate::{ports, prefixes};
use super::model::*;
use super::tape::Tape;

/// Route tables, and the subnets that they hold for.
pub fn tables(t: &mut Tape<'_>, model: &mut Model) {
    let mut appliances: Vec<Ipv4Addr> = model
        .nics
        .iter()
        .filter(|nic| model.machines[nic.machine].forwarding.is_some())
        .map(|nic| nic.address)
        .collect();
    for balancer in &model.balancers {
        let with_ha = balancer.rules.iter().any(|rule| rule.proto.is_none());
        for frontend in &balancer.frontends {
            if let Frontend::Private { address, .. } = frontend
                && (with_ha || t.chance(10))
            {
                appliances.extend([*address; 3]);
            }
        }
    }
    for firewall in &model.firewalls {
        appliances.extend([firewall.address; 2]);
    }
    let fewest = model.firewalls.len().min(1);
    for number in 0..fewest + t.below(5 - fewest) {
        // Most tables send to one appliance, so that whole paths come about.
        let favourite = (!appliances.is_empty() && t.chance(80)).then(|| t.pick(&appliances));
        let mut routes: Vec<Route> = Vec::new();
        for route in 0..t.below(7) {
            let hop = match favourite {
                Some(appliance) if !t.chance(20) => Hop::Appliance(appliance),
                _ => hop(t, model, &appliances),
            };
            let target = target(t, model);
            if routes.iter().all(|other| other.target != target) {
                let name = format!("u{route}");
                routes.push(Route { name, target, hop });
            }
        }
        let name = format!("rt-{number}");
        model.tables.push(Table {
            name,
            routes,
            no_propagation: t.chance(15),
        });
    }
    let through = (!model.firewalls.is_empty() && t.chance(70)).then(|| through_firewall(t, model));
    let count = model.tables.len();
    if count == 0 {
        return;
    }
    for vnet in 0..model.vnets.len() {
        for subnet in 0..model.vnets[vnet].subnets.len() {
            let mut here = model
                .nics
                .iter()
                .filter(|n| (n.vnet, n.subnet) == (vnet, subnet));
            let own = &model.vnets[vnet].subnets[subnet];
            let with_appliance = own.name == "AzureFirewallSubnet"
                || here.any(|n| model.machines[n.machine].forwarding.is_some());
            let likely = if with_appliance { 15 } else { 70 };
            let drawn = t.chance(likely).then(|| t.below(count));
            let near = model.firewalls.first().is_some_and(|firewall| {
                firewall.vnet == vnet || model.peering(vnet, firewall.vnet).is_some()
            });
            let through = through.filter(|_| near && !with_appliance && t.chance(70));
            model.vnets[vnet].subnets[subnet].table = through.or(drawn);
        }
    }
}

/// A table by which a subnet's traffic goes through a firewall: all of it, but for some VNets' ranges.
fn through_firewall(t: &mut Tape<'_>, model: &mut Model) -> usize {
    let hop = Hop::Appliance(t.pick(&model.firewalls).address);
    let mut targets = vec![net("0.0.0.0/0")];
    let own = model.firewalls[0].vnet;
    for (number, vnet) in model.vnets.iter().enumerate() {
        // The range of the VNet itself would take in the firewall's subnet as well.
        if number == own {
            let subnets = vnet.subnets.iter();
            let all = subnets.filter(|subnet| subnet.name != "AzureFirewallSubnet");
            targets.extend(all.map(|subnet| subnet.prefix));
        } else if t.chance(75) {
            targets.push(vnet.space[0]);
        }
    }
    let routes = targets.into_iter().enumerate();
    let routes = routes.map(|(number, prefix)| Route {
        name: format!("f{number}"),
        target: Target::Prefix(prefix),
        hop,
    });
    let routes = routes.collect();
    model.tables.push(Table {
        name: "rt-firewall".to_owned(),
        routes,
        no_propagation: t.chance(40),
    });
    model.tables.len() - 1
}

fn hop(t: &mut Tape<'_>, model: &Model, appliances: &[Ipv4Addr]) -> Hop {
    match t.below(16) {
        0..=5 if !appliances.is_empty() => Hop::Appliance(t.pick(appliances)),
        6 => Hop::Appliance(model.nics[t.below(model.nics.len())].address),
        7 => Hop::Appliance(Ipv4Addr::new(10, 0, 200, 200)),
        8..=10 => Hop::Internet,
        11 | 12 => Hop::VnetLocal,
        13 => Hop::Gateway,
        _ => Hop::None,
    }
}

fn target(t: &mut Tape<'_>, model: &Model) -> Target {
    let vnet = &model.vnets[t.below(model.vnets.len())];
    let endpoint = model.endpoints.first();
    match t.below(14) {
        13 if endpoint.is_some() => {
            let endpoint = endpoint.map(|endpoint| (endpoint.address, endpoint.vnet));
            let (address, vnet) = endpoint.unwrap_or((Ipv4Addr::UNSPECIFIED, 0));
            let length = t.pick(&[32, 24, 16, 15]);
            let prefix = Ipv4Net::new(address, length)
                .expect("a length of at most 32")
                .trunc();
            Target::Prefix(if t.chance(30) {
                model.vnets[vnet].space[0]
            } else {
                prefix
            })
        }
        0..=2 => Target::Prefix(net("0.0.0.0/0")),
        12 => Target::Prefix(net(t.pick(&[
            "192.168.0.0/16",
            "192.168.100.0/24",
            "172.30.0.0/16",
        ]))),
        3 => Target::Tag(t.pick(&["Storage", "Storage.WestEurope", "Sql"])),
        4 => Target::Prefix(net(t.pick(&[
            "172.16.0.0/12",
            "20.60.26.0/23",
            "10.0.0.0/15",
        ]))),
        5 | 6 => Target::Prefix(net("10.0.0.0/8")),
        7 | 8 => Target::Prefix(t.pick(&vnet.space)),
        9 | 10 => Target::Prefix(t.pick(&vnet.subnets).prefix),
        _ => Target::Prefix(t.pick(&prefixes(model))),
    }
}

/// What appliances do beside forwarding: guest routes, filters, destination NAT.
pub fn forwarding(t: &mut Tape<'_>, model: &mut Model) {
    let all = prefixes(model);
    for id in 0..model.machines.len() {
        let nics = model.machines[id].nics.clone();
        let own: Vec<Ipv4Addr> = nics.iter().map(|nic| model.nics[*nic].address).collect();
        let others: Vec<Ipv4Addr> = model
            .nics
            .iter()
            .filter(|nic| nic.machine != id)
            .map(|nic| nic.address)
            .collect();
        let Some(forwarding) = &mut model.machines[id].forwarding else {
            continue;
        };
        if nics.len() > 1 && t.chance(60) {
            // Not a connected subnet's own prefix: which of the two wins is not said.
            let half = all[1];
            let to = t.pick(&[net("0.0.0.0/0"), net("10.0.0.0/8"), half]);
            forwarding.routes.push((to, t.pick(&nics)));
        }
        forwarding.filter = Filter {
            default_allow: !t.chance(6),
            rules: (0..if t.chance(20) { 2 } else { 0 })
                .map(|number| FilterRule {
                    priority: 300 - number,
                    allow: t.chance(40),
                    proto: t.pick(&[None, Some(Proto::Tcp), Some(Proto::Icmp)]),
                    source: t.chance(30).then(|| t.pick(&all)),
                    destination: t.chance(30).then(|| t.pick(&all)),
                    destination_ports: ports(t),
                })
                .collect(),
        };
        if forwarding.stateful && t.chance(25) {
            let port = t.pick(&[443, 80]);
            forwarding.dnat = Some((t.pick(&own), port, t.pick(&others), t.pick(&[443, 8443])));
        }
    }
}
