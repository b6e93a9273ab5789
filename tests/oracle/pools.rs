//! Random load balancers.

use std::net::Ipv4Addr;

use super::generate::public_ip;
use super::model::*;
use super::tape::Tape;

/// Load balancers: before appliances internal ones with HA ports, before machines all kinds. A NIC is in
/// at most one internal and one public, and all of a VNet's are of one SKU, as Azure has it.
pub fn balancers(t: &mut Tape<'_>, model: &mut Model) {
    let mut skus: Vec<Option<bool>> = vec![None; model.vnets.len()];
    for number in 0..t.pick(&[0, 1, 1, 2, 2, 3]) {
        let draws = [t.below(model.nics.len()), t.below(model.nics.len())];
        let forwards = |nic: &&usize| model.machine(**nic).forwarding.is_some();
        let nic = *draws.iter().find(forwards).unwrap_or(&draws[0]);
        let vnet = model.nics[nic].vnet;
        let with_nat = model.vnets[vnet]
            .subnets
            .iter()
            .any(|subnet| subnet.nat.is_some());
        let drawn = t.chance(80) || with_nat;
        let standard = *skus[vnet].get_or_insert(drawn);
        let (internal, before_appliances) = (t.chance(65), forwards(&&nic) && t.chance(85));
        let members = members(t, model, nic, internal, before_appliances);
        if members.is_empty() {
            continue;
        }
        for member in &members {
            if let Some(ip) = model.nics[*member].public_ip {
                model.public_ips[ip].standard = standard;
            }
        }
        let mut balancer = Balancer {
            name: format!("lb-{number}"),
            standard,
            vnet,
            frontends: Vec::new(),
            pools: vec![members],
            probes: vec![t.pick(&[443, 443, 22, 80])],
            rules: Vec::new(),
            nat_rules: Vec::new(),
            outbound: Vec::new(),
        };
        let probe = (!t.chance(12)).then_some(0);
        let ha = internal && standard && before_appliances;
        for frontend in 0..if ha || t.chance(75) { 1 } else { 2 } {
            balancer.frontends.push(match internal {
                true => private(t, model, vnet, 2 * number + frontend),
                false => Frontend::Public(public_ip(model, standard)),
            });
            match ha {
                true => balancer.rules.push(BalancingRule {
                    frontend,
                    pool: 0,
                    proto: None,
                    port: 0,
                    backend_port: 0,
                    probe,
                    floating: false,
                    no_snat: false,
                }),
                false => rules(t, &mut balancer, frontend, probe),
            }
        }
        if !internal && standard && t.chance(30) {
            let proto = t.pick(&[None, None, Some(Proto::Tcp), Some(Proto::Udp)]);
            balancer.outbound.push((0, 0, proto));
            // Azure wants it so where a frontend has both.
            balancer
                .rules
                .iter_mut()
                .for_each(|rule| rule.no_snat = true);
        }
        model.balancers.push(balancer);
    }
}

/// NICs of one VNet, of different machines, that no other balancer of the kind has.
fn members(
    t: &mut Tape<'_>,
    model: &Model,
    first: usize,
    internal: bool,
    appliances: bool,
) -> Vec<usize> {
    let taken = |nic: usize| {
        model.balancers.iter().any(|balancer| {
            let same = matches!(balancer.frontends[0], Frontend::Private { .. }) == internal;
            let in_pool = balancer.pools.iter().any(|pool| pool.contains(&nic));
            same && (in_pool || balancer.nat_rules.iter().any(|rule| rule.nic == nic))
        })
    };
    let mut members: Vec<usize> = Vec::new();
    let mut nics = vec![first];
    nics.extend(0..model.nics.len());
    for nic in nics {
        let own = &model.nics[nic];
        let alone = members
            .iter()
            .all(|other| model.nics[*other].machine != own.machine);
        let fits = own.vnet == model.nics[first].vnet
            && model.machine(nic).forwarding.is_some() == model.machine(first).forwarding.is_some();
        if fits && alone && !taken(nic) && (appliances || members.is_empty() || t.chance(50)) {
            members.push(nic);
        }
    }
    members.truncate(3);
    members
}

fn private(t: &mut Tape<'_>, model: &Model, vnet: usize, number: usize) -> Frontend {
    let subnet = t.below(model.vnets[vnet].subnets.len());
    let base = u32::from(model.vnets[vnet].subnets[subnet].prefix.addr());
    let last = 200 + u32::try_from(number).unwrap_or(0);
    Frontend::Private {
        subnet,
        address: Ipv4Addr::from(base + last),
    }
}

/// Rules of one frontend: its ports are not used twice.
fn rules(t: &mut Tape<'_>, balancer: &mut Balancer, frontend: usize, probe: Option<usize>) {
    let floating = frontend > 0 || t.chance(15);
    for (proto, port) in [(Proto::Tcp, 443), (Proto::Udp, 53), (Proto::Tcp, 80)] {
        if (port != 443 || frontend > 0) && !t.chance(35) {
            continue;
        }
        let backend_port = if floating {
            port
        } else {
            t.pick(&[port, port, 8443])
        };
        // Two rules of a pool for one backend port need floating IP.
        let same =
            |rule: &BalancingRule| (rule.proto, rule.backend_port) == (Some(proto), backend_port);
        if balancer.rules.iter().any(same) && !floating {
            continue;
        }
        balancer.rules.push(BalancingRule {
            frontend,
            pool: 0,
            proto: Some(proto),
            port,
            backend_port,
            probe,
            floating,
            no_snat: t.chance(20),
        });
    }
    if t.chance(25) {
        let nic = t.pick(&balancer.pools[0]);
        balancer.nat_rules.push(NatRule {
            frontend,
            proto: Proto::Tcp,
            port: 22,
            backend_port: t.pick(&[22, 2222]),
            nic,
        });
    }
}
