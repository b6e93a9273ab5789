//! One way through a stateful appliance, and the way back past it.
//!
//! Each direction is routed for itself, and a stateful device that sees only one of them drops what it does
//! not know (`expressroute/expressroute-asymmetric-routing`, `firewall/integrate-lb`,
//! `firewall/firewall-multi-hub-spoke`; endpoints: `private-link/inspect-traffic-with-azure-firewall`). Found
//! is only what is sure: the way back is delivered directly, so that no appliance stands on it at all.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Findings;
use super::subjects::{at_route, at_subnet, listed, machine_name, subnet_name};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::Effective;
use crate::engine::next_hop::neighbour;
use crate::net::first_address;
use crate::network::{FixtureKind, Id, Network, Nic, Owner, RouteTable, Subnet, VirtualNetwork};
use crate::spec::SourceNat;
use crate::spec::checks::RouteNextHopType;

/// What goes there by one user route and comes back directly.
struct Pair {
    from: Id<Subnet>,
    /// A subnet, an endpoint or a prefix on premises, in words.
    to: String,
    appliance: String,
    /// The subnet whose routes lead back, where it is one's own to mend.
    back: Option<Id<Subnet>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    Subnet,
    Endpoint,
    OnPremises,
}

type Pairs = BTreeMap<(Id<RouteTable>, usize, Other), Vec<Pair>>;

pub(super) fn find(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    let ends = ends(network);
    let mut pairs: Pairs = BTreeMap::new();
    for (from, source) in &ends {
        if network.subnets[*from].route_table.is_none() {
            continue;
        }
        between_subnets(effective, (*from, *source), &ends, &mut pairs);
        to_endpoints(effective, (*from, *source), &mut pairs);
        to_premises(effective, (*from, *source), &mut pairs);
    }
    for ((table, position, kind), pairs) in pairs {
        let Some(first) = pairs.first() else { continue };
        let name = &network.route_tables[table].identity.name;
        let from = subnet_name(network, first.from);
        let to = listed(
            pairs
                .iter()
                .filter(|pair| pair.from == first.from)
                .map(|pair| pair.to.clone()),
        );
        let message = format!(
            "what `{from}` sends to {to} goes through `{}`, which keeps state, and the replies come back past it",
            first.appliance
        );
        let mut finding = Diagnostic::new(Code::AsymmetricRouting, message)
            .at_key(at_route(network, table, position));
        if let Some(back) = first.back {
            finding = finding.label(At::Key(at_subnet(network, back)), "routes back directly");
        }
        finding = finding.help(match kind {
            Other::Subnet => {
                "route both ways through it, or neither, or let it translate the source"
            }
            Other::Endpoint => "let it translate the source: a private endpoint replies directly",
            Other::OnPremises => {
                "give `GatewaySubnet` a route through it for each range of the virtual network"
            }
        });
        findings.add_of(vec![name.to_string(), from], finding);
    }
}

/// For each subnet a machine that is no appliance, with its IPv4 address.
fn ends(network: &Network) -> Vec<(Id<Subnet>, IpAddr)> {
    let mut ends: BTreeMap<Id<Subnet>, IpAddr> = BTreeMap::new();
    for (_, nic) in network.nics.iter() {
        let plain = network.machines[nic.machine].forwarding.is_none() && !nic.ip_forwarding;
        let address = nic.addresses.first().filter(|own| own.address.is_ipv4());
        if let Some(address) = address.filter(|_| plain) {
            ends.entry(nic.subnet).or_insert(address.address);
        }
    }
    ends.into_iter().collect()
}

fn between_subnets(
    effective: &Effective<'_>,
    (from, source): (Id<Subnet>, IpAddr),
    ends: &[(Id<Subnet>, IpAddr)],
    pairs: &mut Pairs,
) {
    let network = effective.network();
    for (to, destination) in ends.iter().filter(|(to, _)| *to != from) {
        if let Some((route, appliance)) = through(effective, from, *destination)
            && is_direct(effective, *to, source)
        {
            pairs
                .entry((route.0, route.1, Other::Subnet))
                .or_default()
                .push(Pair {
                    from,
                    to: subnet_name(network, *to),
                    appliance,
                    back: Some(*to),
                });
        }
    }
}

/// A private endpoint replies by the routes of its VNet, whatever the user's routes say.
fn to_endpoints(effective: &Effective<'_>, (from, _): (Id<Subnet>, IpAddr), pairs: &mut Pairs) {
    let network = effective.network();
    let own = network.subnets[from].vnet;
    for (_, fixture) in network.fixtures.iter() {
        let (FixtureKind::PrivateEndpoint(_), Some(vnet)) = (fixture.kind, fixture.vnet) else {
            continue;
        };
        let Some(address) = fixture.addresses.iter().find(|own| own.is_ipv4()) else {
            continue;
        };
        if !is_near(network, own, vnet) {
            continue;
        }
        if let Some((route, appliance)) = through(effective, from, *address) {
            pairs
                .entry((route.0, route.1, Other::Endpoint))
                .or_default()
                .push(Pair {
                    from,
                    to: fixture.identity.name.to_string(),
                    appliance,
                    back: None,
                });
        }
    }
}

/// Whether two VNets are one, or connected peers.
fn is_near(network: &Network, own: Id<VirtualNetwork>, other: Id<VirtualNetwork>) -> bool {
    let mut peerings = network.vnets[own]
        .peerings
        .iter()
        .map(|id| &network.peerings[*id]);
    own == other || peerings.any(|peering| peering.connected && peering.remote == other)
}

/// What comes from on premises is routed by `GatewaySubnet`.
fn to_premises(effective: &Effective<'_>, (from, source): (Id<Subnet>, IpAddr), pairs: &mut Pairs) {
    let network = effective.network();
    let own = network.subnets[from].vnet;
    for (id, gateway) in network.gateways.iter() {
        let home = network.vnets[gateway.vnet].subnets.iter().copied();
        let mut home = home.filter(|id| {
            network.subnets[*id]
                .name
                .eq_ignore_ascii_case("GatewaySubnet")
        });
        let Some(home) = home.next().filter(|_| serves(network, gateway.vnet, own)) else {
            continue;
        };
        if !is_direct(effective, home, source) {
            continue;
        }
        let routes = effective.gateway_routes(gateway.vnet).iter();
        let learned = routes.filter(|route| route.from.gateway() == Some(id));
        for route in learned.filter(|route| route.prefix.prefix_len() > 0) {
            let address = first_address(&route.prefix);
            if !address.is_ipv4() {
                continue;
            }
            if let Some((user, appliance)) = through(effective, from, address) {
                pairs
                    .entry((user.0, user.1, Other::OnPremises))
                    .or_default()
                    .push(Pair {
                        from,
                        to: route.prefix.to_string(),
                        appliance,
                        back: Some(home),
                    });
            }
        }
    }
}

/// Whether the gateway of `hub` is used by `vnet`.
fn serves(network: &Network, hub: Id<VirtualNetwork>, vnet: Id<VirtualNetwork>) -> bool {
    let mut peerings = network.vnets[vnet]
        .peerings
        .iter()
        .map(|id| &network.peerings[*id]);
    hub == vnet
        || peerings.any(|own| {
            let transit = |id| network.peerings[id].allow_gateway_transit;
            own.connected
                && own.remote == hub
                && own.use_remote_gateways
                && own.reverse.is_some_and(transit)
        })
}

/// The user route by which `subnet` sends to `destination` through an appliance that keeps state and the
/// source, with that appliance's name.
fn through(
    effective: &Effective<'_>,
    subnet: Id<Subnet>,
    destination: IpAddr,
) -> Option<((Id<RouteTable>, usize), String)> {
    let network = effective.network();
    let vnet = network.subnets[subnet].vnet;
    let row = effective
        .subnet_routes(subnet)
        .winners(destination)
        .next()?;
    if row.next_hop_type != RouteNextHopType::VirtualAppliance {
        return None;
    }
    let address = row.next_hop_addresses.first()?;
    if *address == destination {
        return None;
    }
    let (owner, _) = neighbour(network, vnet, *address)?;
    let name = stateful(network, owner, destination)?;
    Some((row.user?, name))
}

/// The name of what keeps the state of flows to `destination`, and their source.
fn stateful(network: &Network, owner: Owner, destination: IpAddr) -> Option<String> {
    let id = match owner {
        Owner::Nic(nic) => return stateful_nic(network, nic, destination),
        Owner::Fixture(id) => id,
    };
    match network.fixtures[id].kind {
        FixtureKind::AzureFirewall(firewall) => {
            let own = &network.firewalls[firewall];
            // Application rules translate; network rules do so for what is not private.
            let passes = own.network_rules.iter().any(|rule| rule.rule.allow);
            let keeps = passes && own.private_ranges.contains(destination);
            keeps.then(|| own.identity.name.to_string())
        }
        FixtureKind::LoadBalancer(..) => {
            let members = &network.fixtures[id].members;
            let all = members
                .iter()
                .map(|nic| stateful_nic(network, *nic, destination));
            let all: Option<Vec<String>> = all.collect();
            all?.first()?;
            Some(network.fixtures[id].identity.name.to_string())
        }
        _ => None,
    }
}

fn stateful_nic(network: &Network, nic: Id<Nic>, destination: IpAddr) -> Option<String> {
    let own = &network.nics[nic];
    let forwarding = network.machines[own.machine].forwarding.as_ref()?;
    let keeps = match forwarding.source_nat {
        SourceNat::None => true,
        SourceNat::Internet => crate::net::is_private(destination),
        SourceNat::All => false,
    };
    let works = forwarding.enabled && own.ip_forwarding && !own.has(destination);
    (works && keeps && forwarding.stateful).then(|| machine_name(network, nic).to_owned())
}

/// Whether what `subnet` sends to `destination` is delivered without anything between.
fn is_direct(effective: &Effective<'_>, subnet: Id<Subnet>, destination: IpAddr) -> bool {
    let mut rows = effective
        .subnet_routes(subnet)
        .winners(destination)
        .peekable();
    rows.peek().is_some()
        && rows.all(|row| {
            matches!(
                row.next_hop_type,
                RouteNextHopType::VnetLocal
                    | RouteNextHopType::VNetPeering
                    | RouteNextHopType::VNetGlobalPeering
            )
        })
}
