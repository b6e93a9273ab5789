//! What does not come in from load balancers: probes that a rule keeps out, and frontends and public
//! addresses that no group opens.
//!
//! Follows `load-balancer/load-balancer-custom-probe-overview` (probes are subject to security groups, from
//! 168.63.129.16, which `VirtualNetwork` holds, too), `virtual-network/ip-services/public-ip-addresses`
//! (Standard is closed until a group allows).

use std::collections::BTreeMap;

use super::Findings;
use super::subjects::{at, at_nic, at_rule, listed, machine_name};
use super::survey::Survey;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{Decision, Effective, ListOrigin};
use crate::net::{Flow, Protocol, WIRE_SERVER};
use crate::network::{Id, NetworkSecurityGroup, Nic};
use crate::spec::{AddressSku, Direction};

/// Some port that probes may come from.
const EPHEMERAL: u16 = 50_000;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    denied(survey.effective, findings);
    closed_frontends(survey, findings);
    closed_addresses(survey, findings);
}

/// Members that a rule takes out of their pool.
fn denied(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    // By group and rule: the balancer, and which members.
    let mut by_rule: BTreeMap<(Id<NetworkSecurityGroup>, usize), (String, Vec<String>)> =
        BTreeMap::new();
    for (_, balancer) in network.load_balancers.iter() {
        let rules = balancer.frontends.iter().flat_map(|own| &own.rules);
        for rule in rules {
            let Some(port) = rule.probe else { continue };
            for nic in &rule.members {
                if let Some(found) = denial(effective, *nic, port) {
                    let balancer = balancer.identity.name.to_string();
                    let (_, members) = by_rule.entry(found).or_insert((balancer, Vec::new()));
                    let member = machine_name(network, *nic).to_owned();
                    if !members.contains(&member) {
                        members.push(member);
                    }
                }
            }
        }
    }
    for ((nsg, position), (balancer, members)) in by_rule {
        let group = &network.nsgs[nsg].identity.name;
        let inbound = network.nsgs[nsg].rules.iter();
        let mut inbound = inbound.filter(|rule| rule.direction == Direction::Inbound);
        let Some(rule) = inbound.nth(position) else {
            continue;
        };
        let message = format!(
            "`{}` of `{group}` denies the health probes of `{balancer}`, so that {} {} no connections",
            rule.name,
            listed(members.iter().cloned()),
            if members.len() == 1 { "gets" } else { "get" }
        );
        let finding = Diagnostic::new(Code::HealthProbeDenied, message)
            .at_key(at_rule(network, nsg, &rule.name))
            .help("allow `AzureLoadBalancer` before it; `VirtualNetwork` holds the probes' address, too");
        findings.add_of(vec![group.to_string(), balancer], finding);
    }
}

/// The group's own rule that denies a probe.
fn denial(
    effective: &Effective<'_>,
    nic: Id<Nic>,
    port: u16,
) -> Option<(Id<NetworkSecurityGroup>, usize)> {
    let own = &effective.network().nics[nic];
    let flow = Flow {
        protocol: Protocol::Tcp,
        source: WIRE_SERVER,
        source_port: EPHEMERAL,
        destination: own.address_like(WIRE_SERVER)?,
        destination_port: port,
    };
    let mut rest = effective.security(nic, Direction::Inbound);
    while let Some((list, behind)) = rest.split_first() {
        let decided = list.rules.first_match(&flow);
        match list.decide(decided, behind) {
            Decision::Denied => {
                let decided = decided.filter(|at| *at < list.user_rules)?;
                return match list.origin {
                    ListOrigin::Group(nsg) => Some((nsg, decided)),
                    ListOrigin::Manager(_) => None,
                };
            }
            Decision::Allowed => return None,
            Decision::Ask(next) => rest = next,
        }
    }
    None
}

/// Whether nothing at all filters what comes to a NIC, so that nothing opens it.
fn is_unguarded(survey: &Survey<'_, '_>, nic: Id<Nic>) -> bool {
    survey
        .effective
        .security(nic, Direction::Inbound)
        .is_empty()
        && !survey.lacks_group(nic)
}

fn closed_frontends(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    for (_, balancer) in network.load_balancers.iter() {
        if balancer.sku != AddressSku::Standard {
            continue;
        }
        let public =
            |own: &&crate::network::Frontend| !network.fixtures[own.fixture].public_ips.is_empty();
        let mut members: Vec<Id<Nic>> = Vec::new();
        for frontend in balancer.frontends.iter().filter(public) {
            members.extend(frontend.rules.iter().flat_map(|rule| &rule.members));
            members.extend(frontend.nat_rules.iter().map(|rule| rule.target));
        }
        members.sort();
        members.dedup();
        members.retain(|nic| is_unguarded(survey, *nic));
        let Some(first) = members.first() else {
            continue;
        };
        let name = &balancer.identity.name;
        let names = listed(
            members
                .iter()
                .map(|nic| machine_name(network, *nic).to_owned()),
        );
        let message = format!(
            "nothing comes from the Internet through `{name}` to {names}: a Standard load balancer is closed where no security group allows"
        );
        let finding = Diagnostic::new(Code::PublicFrontendClosed, message)
            .at_key(at(&balancer.identity))
            .label(
                At::Key(at_nic(network, *first)),
                "no security group here or on the subnet",
            )
            .help("put a network security group on the members' subnet that allows the clients");
        findings.add(&**name, finding);
    }
}

fn closed_addresses(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    for (id, nic) in network.nics.iter() {
        let standard = |public: &Id<crate::network::PublicIp>| {
            network.public_ips[*public].sku == AddressSku::Standard
        };
        let mut public = nic.addresses.iter().filter_map(|own| own.public_ip);
        let Some(public) = public.find(standard) else {
            continue;
        };
        if is_unguarded(survey, id) {
            let address = &network.public_ips[public].identity.name;
            let machine = machine_name(network, id);
            let message = format!(
                "nothing comes from the Internet to `{machine}` by `{address}`: a Standard public address is closed where no security group allows"
            );
            let finding = Diagnostic::new(Code::PublicIpClosed, message)
                .at_key(at_nic(network, id))
                .help("put a network security group on the NIC or its subnet; to go out only, nothing is missing");
            findings.add_of(vec![machine.to_owned(), address.to_string()], finding);
        }
    }
}
