//! Ways to the Internet that are missing, not used, or given by default only.
//!
//! Follows `virtual-network/ip-services/default-outbound-access`, `nat-gateway/nat-gateway-resource` (what
//! goes before what), `virtual-networks-udr-overview` (a default route to an appliance makes machines
//! unreachable by their public addresses), `firewall/integrate-lb`.

use std::collections::{BTreeSet, HashMap};

use super::Findings;
use super::subjects::{at, at_nic, at_route, at_subnet, listed, machine_name, subnet_name};
use super::survey::Survey;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{Effective, EffectiveRoute};
use crate::engine::outbound::{Method, method};
use crate::net::{Protocol, tags};
use crate::network::{Id, LoadBalancer, Network, Nic, Subnet};
use crate::spec::checks::RouteNextHopType;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    let effective = survey.effective;
    let balanced = Balanced::of(network);
    let mut ways: HashMap<u32, Ways<'_>> = HashMap::new();
    for subnet in network.subnets.ids() {
        let nics = survey.nics(subnet);
        let lacks = |key| survey.lacks(subnet, key);
        if nics.is_empty() || lacks("routeTable") || lacks("natGateway") {
            continue;
        }
        let class = effective.class(subnet);
        let ways = ways
            .entry(class)
            .or_insert_with(|| Ways::of(effective, subnet));
        if ways.direct.is_empty() {
            drawn_away(network, subnet, nics, ways, findings);
            balanced.drawn_away(network, subnet, ways, findings);
        } else {
            without_method(network, subnet, nics, ways, findings);
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

    /// The default route that leads to an appliance or a gateway.
    fn default(&self) -> Option<&'e EffectiveRoute> {
        let mut drawn = self.drawn.iter();
        let everything =
            |row: &&&EffectiveRoute| row.prefixes.iter().any(|own| own.prefix_len() == 0);
        drawn.find(everything).copied()
    }

    /// Where that one leads to, in words.
    fn drawn_to(&self) -> &'static str {
        match self.default().map(|row| row.next_hop_type) {
            Some(RouteNextHopType::VirtualAppliance) => "an appliance",
            _ => "a gateway",
        }
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
    let Some(row) = ways.default() else { return };
    let label = |finding: Diagnostic| row_label(network, subnet, row, finding);
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
            "`{name}` of `{machine}` is of no use: a default route draws all replies to {}",
            ways.drawn_to()
        );
        let finding =
            Diagnostic::new(Code::PublicAddressDrawnAway, message).at_key(at_nic(network, *nic));
        let finding = label(finding).help(BY_THE_APPLIANCE);
        findings.add_of(vec![machine.to_owned(), name.to_string()], finding);
    }
    if let Some(nat) = network.subnets[subnet].nat_gateway {
        let (nat, name) = (
            &network.nat_gateways[nat].identity,
            subnet_name(network, subnet),
        );
        let message = format!(
            "`{}` carries nothing of `{name}`: a default route draws everything to {}",
            nat.name,
            ways.drawn_to()
        );
        let here = at_subnet(network, subnet).key("natGateway");
        let finding = label(Diagnostic::new(Code::NatGatewayBypassed, message).at(here))
            .help("put the NAT gateway on the appliance's subnet, or take it off");
        findings.add_of(vec![nat.name.to_string(), name], finding);
    }
}

/// Says where a default route comes from.
fn row_label(
    network: &Network,
    subnet: Id<Subnet>,
    row: &EffectiveRoute,
    finding: Diagnostic,
) -> Diagnostic {
    match row.user {
        Some((table, position)) => finding.label(
            At::Key(at_route(network, table, position)),
            "sends everything there",
        ),
        None => finding.label(
            At::Key(at_subnet(network, subnet)),
            "a gateway brings it the default route",
        ),
    }
}

/// For each subnet, the load balancers that lead there from the Internet, and to which NICs.
struct Balanced(HashMap<Id<Subnet>, Vec<Members>>);

/// The NICs of one subnet that a load balancer leads to.
type Members = (Id<LoadBalancer>, Vec<Id<Nic>>);

impl Balanced {
    fn of(network: &Network) -> Self {
        let mut all: HashMap<Id<Subnet>, Vec<Members>> = HashMap::new();
        for (id, balancer) in network.load_balancers.iter() {
            let public = |fixture| !network.fixtures[fixture].public_ips.is_empty();
            let frontends = balancer.frontends.iter().filter(|own| public(own.fixture));
            let members = frontends.flat_map(|own| {
                let rules = own.rules.iter().flat_map(|rule| &rule.members);
                rules.chain(own.nat_rules.iter().map(|rule| &rule.target))
            });
            let members: BTreeSet<Id<Nic>> = members.copied().collect();
            for nic in members {
                let here = all.entry(network.nics[nic].subnet).or_default();
                match here.last_mut().filter(|(own, _)| *own == id) {
                    Some((_, nics)) => nics.push(nic),
                    None => here.push((id, vec![nic])),
                }
            }
        }
        Self(all)
    }

    /// Members that nothing goes to the Internet from directly.
    fn drawn_away(
        &self,
        network: &Network,
        subnet: Id<Subnet>,
        ways: &Ways<'_>,
        findings: &mut Findings,
    ) {
        let Some(row) = ways.default() else { return };
        for (id, here) in self.0.get(&subnet).into_iter().flatten() {
            let balancer = &network.load_balancers[*id];
            let name = &balancer.identity.name;
            let members = listed(
                here.iter()
                    .map(|nic| machine_name(network, *nic).to_owned()),
            );
            let message = format!(
                "`{name}` leads to {members} in vain: a default route draws all replies to {}",
                ways.drawn_to()
            );
            let finding = Diagnostic::new(Code::PublicAddressDrawnAway, message)
                .at_key(at(&balancer.identity));
            let finding = row_label(network, subnet, row, finding).help(BY_THE_APPLIANCE);
            findings.add_of(
                vec![name.to_string(), subnet_name(network, subnet)],
                finding,
            );
        }
    }
}

const BY_THE_APPLIANCE: &str =
    "let clients come in by the appliance, or route their addresses to `Internet`";

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
        own.find_map(|address| {
            let mut carried = [Protocol::Tcp, Protocol::Udp].into_iter();
            carried.find_map(|own| method(network, nic, address, Some(own)))
        })
    })
}
