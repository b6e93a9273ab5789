//! What is applied to nothing: groups, tables, addresses, NAT gateways, firewall policies.

use std::collections::HashSet;

use super::Findings;
use super::subjects::at;
use super::survey::Survey;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Identity, PublicOwner, RuleSide};

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    let mut add = |code, identity: &Identity, what: &str| {
        // Of a part of what there is, others may have it.
        let path = at(identity);
        if network.elsewhere.contains(&path) {
            return;
        }
        let message = format!("`{}` {what}", identity.name);
        findings.add(
            &*identity.name,
            Diagnostic::new(code, message)
                .at_key(path)
                .help("delete it, or allow it where what has it stands in other files"),
        );
    };
    let subnets = network.subnets.iter();
    let ignored: HashSet<_> = subnets.filter_map(|(_, own)| own.ignored_nsg).collect();
    for (id, own) in network.nsgs.iter() {
        let nowhere = survey.guarded_subnets(id).is_empty() && survey.guarded_nics(id).is_empty();
        if nowhere && !ignored.contains(&id) {
            add(
                Code::UnusedNetworkSecurityGroup,
                &own.identity,
                "filters nothing: no subnet and no NIC has it",
            );
        }
    }
    for (id, own) in network.route_tables.iter() {
        if survey.subnets(id).is_empty() {
            add(
                Code::UnusedRouteTable,
                &own.identity,
                "routes nothing: no subnet has it",
            );
        }
    }
    let rules = network.nsgs.iter().flat_map(|(_, nsg)| &nsg.rules);
    let sides = rules.flat_map(|rule| [&rule.source, &rule.destination]);
    let named: HashSet<_> = sides
        .filter_map(|side| match side {
            RuleSide::Groups(groups) => Some(groups),
            _ => None,
        })
        .flatten()
        .collect();
    for (id, own) in network.asgs.iter() {
        if own.is_empty() && !named.contains(&id) {
            add(
                Code::UnusedApplicationSecurityGroup,
                &own.identity,
                "stands for nothing: nothing is in it and no rule names it",
            );
        }
    }
    for (id, own) in network.public_ips.iter() {
        if network.public_owners.get(own.address) == Some(PublicOwner::Unused(id)) {
            add(
                Code::UnusedPublicIp,
                &own.identity,
                "is the address of nothing",
            );
        }
    }
    let subnets = network.subnets.iter();
    let translating: HashSet<_> = subnets.filter_map(|(_, own)| own.nat_gateway).collect();
    for (id, own) in network.nat_gateways.iter() {
        if !translating.contains(&id) {
            add(
                Code::UnusedNatGateway,
                &own.identity,
                "translates nothing: no subnet has it",
            );
        }
    }
    let firewalls = network.firewalls.iter();
    let followed: HashSet<_> = firewalls.flat_map(|(_, own)| &own.policies).collect();
    for (id, own) in network.firewall_policies.iter() {
        if !followed.contains(&id) {
            add(
                Code::UnusedFirewallPolicy,
                &own.identity,
                "filters nothing: no firewall has it, nor a policy that is based on it",
            );
        }
    }
}
