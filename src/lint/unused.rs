//! What is applied to nothing: groups, tables, addresses, NAT gateways.

use super::Findings;
use super::subjects::at;
use crate::diagnostic::{Code, Diagnostic};
use crate::effective::Effective;
use crate::network::{Identity, PublicOwner, RuleSide};

pub(super) fn find(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    let mut add = |code, identity: &Identity, what: &str| {
        let message = format!("`{}` {what}", identity.name);
        findings.add(
            &*identity.name,
            Diagnostic::new(code, message)
                .at_key(at(identity))
                .help("delete it, or allow it where what has it stands in other files"),
        );
    };
    for (id, own) in network.nsgs.iter() {
        let mut subnets = network.subnets.iter();
        let on_subnet = subnets.any(|(_, s)| s.nsg == Some(id) || s.ignored_nsg == Some(id));
        if !on_subnet && !network.nics.iter().any(|(_, nic)| nic.nsg == Some(id)) {
            add(
                Code::UnusedNetworkSecurityGroup,
                &own.identity,
                "filters nothing: no subnet and no NIC has it",
            );
        }
    }
    for (id, own) in network.route_tables.iter() {
        if !network
            .subnets
            .iter()
            .any(|(_, subnet)| subnet.route_table == Some(id))
        {
            add(
                Code::UnusedRouteTable,
                &own.identity,
                "routes nothing: no subnet has it",
            );
        }
    }
    for (id, own) in network.asgs.iter() {
        let names =
            |side: &RuleSide| matches!(side, RuleSide::Groups(groups) if groups.contains(&id));
        let mut rules = network.nsgs.iter().flat_map(|(_, nsg)| &nsg.rules);
        let named = rules.any(|rule| names(&rule.source) || names(&rule.destination));
        if own.members.is_empty() && !named {
            add(
                Code::UnusedApplicationSecurityGroup,
                &own.identity,
                "stands for nothing: no NIC is in it and no rule names it",
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
    for (id, own) in network.nat_gateways.iter() {
        if !network
            .subnets
            .iter()
            .any(|(_, subnet)| subnet.nat_gateway == Some(id))
        {
            add(
                Code::UnusedNatGateway,
                &own.identity,
                "translates nothing: no subnet has it",
            );
        }
    }
}
