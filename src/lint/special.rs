//! What platform services ask of the subnets that they stand in.
//!
//! Follows `bastion/bastion-nsg`, `application-gateway/configuration-infrastructure`,
//! `firewall/tutorial-hybrid-portal` and `firewall/forced-tunneling`,
//! `vpn-gateway/vpn-gateway-about-vpn-gateway-settings`, `firewall/firewall-faq`.

use super::Findings;
use super::subjects::{at, at_route, at_rule, at_subnet, subnet_name};
use super::survey::Survey;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{Effective, EffectiveRoute, ListOrigin};
use crate::engine::required;
use crate::network::{FixtureKind, Id, Network, Subnet};
use crate::source::Path;
use crate::spec::checks::{RouteNextHopType, RouteState};

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let (network, effective) = (survey.network(), survey.effective);
    for (id, fixture) in network.fixtures.iter() {
        let (code, noun) = match fixture.kind {
            FixtureKind::BastionHost => (Code::BastionRequiredRuleMissing, "Bastion host"),
            FixtureKind::ApplicationGateway(_) => (
                Code::ApplicationGatewayRequiredRuleMissing,
                "application gateway",
            ),
            FixtureKind::AzureFirewall(_) => {
                firewall_route(effective, fixture.subnet, &fixture.identity.name, findings);
                continue;
            }
            _ => continue,
        };
        let name = &fixture.identity.name;
        for lack in required::lacks(effective, id) {
            let ListOrigin::Group(nsg) = lack.list.origin else {
                continue;
            };
            let group = &network.nsgs[nsg].identity;
            let rule = lack.list.rules.rules().get(lack.decided);
            let own = rule.filter(|_| lack.decided < lack.list.user_rules);
            let message = format!(
                "`{}` denies {lack}, which the {noun} `{name}` requires",
                group.name
            );
            let finding = Diagnostic::new(code, message);
            let finding = match own {
                Some(rule) => finding.at_key(at_rule(network, nsg, &rule.name)),
                None => finding.at_key(at(group)),
            };
            let finding = finding
                .label(At::Key(at(&fixture.identity)), "requires it")
                .help(match own {
                    Some(_) => "allow it by a rule before the one that denies",
                    None => "add a rule that allows it: a default rule denies the rest",
                });
            findings.add_of(vec![group.name.to_string(), name.to_string()], finding);
        }
        if let Some((subnet, row)) = required::drawn_away(effective, id) {
            let message = format!(
                "the default route of `{}` does not lead to the Internet, which the application gateway `{name}` does not take",
                subnet_name(network, subnet)
            );
            let finding = Diagnostic::new(Code::ApplicationGatewayDefaultRoute, message)
                .at_key(at_row(network, subnet, &row))
                .help("route 0.0.0.0/0 to `Internet` there, or switch the propagation of gateway routes off");
            findings.add_of(
                vec![name.to_string(), subnet_name(network, subnet)],
                finding,
            );
        }
    }
    for (id, subnet) in network.subnets.iter() {
        gateway_propagation(network, id, subnet, findings);
        if let Some(nsg) = subnet.ignored_nsg {
            let group = &network.nsgs[nsg].identity.name;
            let name = subnet_name(network, id);
            let message = format!(
                "`{group}` filters nothing on `{name}`, where Azure does not support a security group"
            );
            let here = at_subnet(network, id).key("networkSecurityGroup");
            let finding = Diagnostic::new(Code::IgnoredSecurityGroup, message)
                .at(here)
                .help("take it off; filter in the subnets behind");
            findings.add_of(vec![group.to_string(), name], finding);
        }
    }
}

/// Where a route stands that is the user's; else its subnet.
fn at_row(network: &Network, subnet: Id<Subnet>, row: &EffectiveRoute) -> Path {
    match row.user {
        Some((table, position)) => at_route(network, table, position),
        None => at_subnet(network, subnet),
    }
}

/// Azure Firewall needs the Internet directly, unless it has a management NIC.
fn firewall_route(
    effective: &Effective<'_>,
    subnet: Option<Id<Subnet>>,
    name: &str,
    findings: &mut Findings,
) {
    let network = effective.network();
    let Some(subnet) = subnet else { return };
    let mut beside = network.vnets[network.subnets[subnet].vnet].subnets.iter();
    let managed = beside.any(|id| {
        let name = &network.subnets[*id].name;
        name.eq_ignore_ascii_case("AzureFirewallManagementSubnet")
    });
    let rows = effective.subnet_routes(subnet).rows.iter();
    let mut away = rows.filter(|row| {
        row.state == RouteState::Active
            && row.next_hop_type != RouteNextHopType::Internet
            && row
                .prefixes
                .iter()
                .any(|prefix| prefix.prefix_len() == 0 && prefix.addr().is_ipv4())
    });
    if let Some(row) = away.next().filter(|_| !managed) {
        let message = format!(
            "the default route of `{name}` does not lead to the Internet, which Azure Firewall needs without a management subnet"
        );
        let finding = Diagnostic::new(Code::FirewallDefaultRoute, message)
            .at_key(at_row(network, subnet, row))
            .help("route 0.0.0.0/0 to `Internet` on `AzureFirewallSubnet`, or give it `AzureFirewallManagementSubnet`");
        findings.add_of(vec![name.to_owned(), subnet_name(network, subnet)], finding);
    }
}

fn gateway_propagation(
    network: &Network,
    id: Id<Subnet>,
    subnet: &crate::network::Subnet,
    findings: &mut Findings,
) {
    let Some(table) = subnet.route_table.map(|id| &network.route_tables[id]) else {
        return;
    };
    let gateway = subnet.name.eq_ignore_ascii_case("GatewaySubnet");
    if gateway && table.disable_bgp_route_propagation {
        let name = &table.identity.name;
        let message = format!(
            "`{name}` keeps gateway routes out of `{}`, where the gateway needs them",
            subnet_name(network, id)
        );
        let finding = Diagnostic::new(Code::GatewaySubnetPropagationDisabled, message)
            .at(at(&table.identity).key("disableBgpRoutePropagation"))
            .help("set it to false");
        findings.add_of(vec![name.to_string(), subnet_name(network, id)], finding);
    }
}
