//! Ways to the Internet that are missing, not used, or given by default only.
//!
//! Follows `virtual-network/ip-services/default-outbound-access`, `nat-gateway/nat-gateway-resource` (what
//! goes before what), `virtual-networks-udr-overview` (a default route to an appliance makes machines
//! unreachable by their public addresses), `firewall/integrate-lb`.

use std::collections::BTreeMap;

use super::Findings;
use super::subjects::{at, at_nic, at_route, at_subnet, listed, machine_name, subnet_name};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{Effective, EffectiveRoute};
use crate::engine::outbound::{Method, method};
use crate::net::tags;
use crate::network::{Id, Network, Nic, Subnet};
use crate::spec::checks::RouteNextHopType;

pub(super) fn find(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    let mut by_subnet: BTreeMap<Id<Subnet>, Vec<Id<Nic>>> = BTreeMap::new();
    for (id, nic) in network.nics.iter() {
        by_subnet.entry(nic.subnet).or_default().push(id);
    }
    for (subnet, nics) in &by_subnet {
        let ways = Ways::of(effective, *subnet);
        if ways.direct.is_empty() {
            drawn_away(network, *subnet, nics, &ways, findings);
        } else {
            without_method(network, *subnet, nics, &ways, findings);
        }
    }
}

/// Where a subnet sends what goes to public IPv4 addresses.
struct Ways<'e> {
    /// The rows that lead to the Internet.
    direct: Vec<&'e EffectiveRoute>,
    /// The rows that lead to an appliance or a gateway.
    drawn: Vec<&'e EffectiveRoute>,
}

impl<'e> Ways<'e> {
    fn of(effective: &'e Effective<'_>, subnet: Id<Subnet>) -> Self {
        let public = tags::internet();
        let routes = effective.subnet_routes(subnet);
        let mut ways = Self {
            direct: Vec::new(),
            drawn: Vec::new(),
        };
        let mut seen: Vec<u32> = Vec::new();
        for (part, choice) in routes.by_destination.parts() {
            let v4 = part.first().is_some_and(|first| first.is_ipv4());
            if !v4 || seen.contains(&choice) || !part.overlaps(&public) {
                continue;
            }
            seen.push(choice);
            let rows = routes.choices.get(choice as usize).into_iter().flatten();
            for row in rows.filter_map(|row| routes.rows.get(*row as usize)) {
                match row.next_hop_type {
                    RouteNextHopType::Internet => ways.direct.push(row),
                    RouteNextHopType::VirtualAppliance
                    | RouteNextHopType::VirtualNetworkGateway => ways.drawn.push(row),
                    _ => {}
                }
            }
        }
        ways
    }
}

/// Nothing goes to the Internet directly: what has a public address gets requests and cannot answer.
fn drawn_away(
    network: &Network,
    subnet: Id<Subnet>,
    nics: &[Id<Nic>],
    ways: &Ways<'_>,
    findings: &mut Findings,
) {
    let default = ways
        .drawn
        .iter()
        .find(|row| row.prefixes.iter().any(|own| own.prefix_len() == 0));
    let Some(row) = default else { return };
    let label = |finding: Diagnostic| match row.user {
        Some((table, position)) => finding.label(
            At::Key(at_route(network, table, position)),
            "sends everything there",
        ),
        None => finding.label(
            At::Key(at_subnet(network, subnet)),
            "a gateway brings it the default route",
        ),
    };
    for nic in nics {
        let own = network.nics[*nic].addresses.iter();
        let Some(public) = own.filter_map(|own| own.public_ip).next() else {
            continue;
        };
        let (name, machine) = (
            &network.public_ips[public].identity.name,
            machine_name(network, *nic),
        );
        let message = format!(
            "`{name}` of `{machine}` is of no use: a default route draws all replies to an appliance or a gateway"
        );
        let finding =
            Diagnostic::new(Code::PublicAddressDrawnAway, message).at_key(at_nic(network, *nic));
        let finding = label(finding)
            .help("let clients come in by the appliance, or route their addresses to `Internet`");
        findings.add_of(vec![machine.to_owned(), name.to_string()], finding);
    }
    for (_, balancer) in network.load_balancers.iter() {
        let public = |fixture| !network.fixtures[fixture].public_ips.is_empty();
        let frontends = balancer.frontends.iter().filter(|own| public(own.fixture));
        let members = frontends.flat_map(|own| {
            let rules = own.rules.iter().flat_map(|rule| &rule.members);
            rules.chain(own.nat_rules.iter().map(|rule| &rule.target))
        });
        let mut here: Vec<Id<Nic>> = members.filter(|nic| nics.contains(nic)).copied().collect();
        here.sort();
        here.dedup();
        if here.is_empty() {
            continue;
        }
        let name = &balancer.identity.name;
        let members = listed(
            here.iter()
                .map(|nic| machine_name(network, *nic).to_owned()),
        );
        let message = format!(
            "`{name}` leads to {members} in vain: a default route draws all replies to an appliance or a gateway"
        );
        let finding =
            Diagnostic::new(Code::PublicAddressDrawnAway, message).at_key(at(&balancer.identity));
        let finding = label(finding)
            .help("let clients come in by the appliance, or route their addresses to `Internet`");
        findings.add_of(
            vec![name.to_string(), subnet_name(network, subnet)],
            finding,
        );
    }
    if let Some(nat) = network.subnets[subnet].nat_gateway {
        let (nat, name) = (
            &network.nat_gateways[nat].identity,
            subnet_name(network, subnet),
        );
        let message = format!(
            "`{}` carries nothing of `{name}`: a default route draws everything to an appliance or a gateway",
            nat.name
        );
        let here = at_subnet(network, subnet).key("natGateway");
        let finding = label(Diagnostic::new(Code::NatGatewayBypassed, message).at(here))
            .help("put the NAT gateway on the appliance's subnet, or take it off");
        findings.add_of(vec![nat.name.to_string(), name], finding);
    }
}

/// What leads to the Internet needs a method to get there.
fn without_method(
    network: &Network,
    subnet: Id<Subnet>,
    nics: &[Id<Nic>],
    ways: &Ways<'_>,
    findings: &mut Findings,
) {
    let name = subnet_name(network, subnet);
    let (mut by_default, mut without) = (Vec::new(), Vec::new());
    for nic in nics {
        match machine_method(network, *nic) {
            None => without.push(machine_name(network, *nic).to_owned()),
            Some(Method::Default) => by_default.push(machine_name(network, *nic).to_owned()),
            Some(_) => {}
        }
    }
    let everything = |row: &&&EffectiveRoute| row.prefixes.iter().any(|own| own.prefix_len() == 0);
    if !without.is_empty() {
        let machines = listed(without);
        let mut users = ways
            .direct
            .iter()
            .filter(|row| row.user.is_some())
            .peekable();
        if users.peek().is_some() {
            for row in users {
                let Some((table, position)) = row.user else {
                    continue;
                };
                let route = row.name.as_deref().unwrap_or_default();
                let message = format!(
                    "`{route}` leads {machines} of `{name}` to the Internet, where they have no outbound method"
                );
                let finding = Diagnostic::new(Code::RouteWithoutOutbound, message)
                    .at_key(at_route(network, table, position))
                    .help("put a NAT gateway on the subnet");
                let table = &network.route_tables[table].identity.name;
                findings.add_of(vec![table.to_string(), name.clone()], finding);
            }
        } else if ways.direct.iter().any(|row| everything(&row)) {
            let message = format!(
                "{machines} of `{name}` cannot reach the Internet: there is no outbound method"
            );
            let finding = Diagnostic::new(Code::MissingOutboundMethod, message)
                .at_key(at_subnet(network, subnet))
                .help("put a NAT gateway on the subnet, if anything there needs the Internet");
            findings.add(name.clone(), finding);
        }
    }
    if !by_default.is_empty() && ways.direct.iter().any(|row| everything(&row)) {
        let message = format!(
            "in `{name}`, {} only by default outbound access, whose address may change",
            match by_default.len() {
                1 => format!("{} reaches the Internet", listed(by_default)),
                _ => format!("{} reach the Internet", listed(by_default)),
            }
        );
        let finding = Diagnostic::new(Code::DefaultOutboundAccess, message)
            .at_key(at_subnet(network, subnet))
            .help("put a NAT gateway on the subnet, or set `defaultOutboundAccess: false`");
        findings.add(name, finding);
    }
}

/// The way out of a NIC's machine: of an appliance with several NICs, by any of them.
fn machine_method(network: &Network, nic: Id<Nic>) -> Option<Method> {
    let machine = &network.machines[network.nics[nic].machine];
    let others = machine
        .nics
        .iter()
        .copied()
        .filter(|_| machine.forwarding.is_some());
    std::iter::once(nic).chain(others).find_map(|nic| {
        let mut own = network.nics[nic]
            .addresses
            .iter()
            .filter(|own| own.address.is_ipv4());
        own.find_map(|address| method(network, nic, address, true))
    })
}
