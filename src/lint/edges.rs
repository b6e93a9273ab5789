//! On premises and private link: ranges that overlap, links that are down, endpoints without traffic.
//!
//! Follows `vpn-gateway/vpn-gateway-bgp-overview` (what is equal to or inside a virtual network's prefix is
//! not learned), `expressroute/expressroute-troubleshooting-arp-resource-manager`,
//! `private-link/private-endpoint-overview`, `private-link/disable-private-endpoint-network-policy`.

use ipnet::IpNet;

use super::Findings;
use super::subjects::{at, at_subnet, subnet_name};
use super::survey::Survey;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::net::contains;
use crate::network::{ConnectionEnd, FixtureKind, Id, Network, PublicOwner, VirtualNetwork};
use crate::spec::{Direction, EndpointPolicies, EndpointState};

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    overlaps(network, findings);
    for (_, circuit) in network.circuits.iter() {
        let down = match (circuit.primary_up, circuit.secondary_up) {
            (true, true) => continue,
            (false, true) => "the primary link",
            (true, false) => "the secondary link",
            (false, false) => "every link",
        };
        let name = &circuit.identity.name;
        let message = format!("{down} of `{name}` is down");
        let finding = Diagnostic::new(Code::CircuitLinkDown, message)
            .at_key(at(&circuit.identity))
            .help("the on-premises side must be in both ARP tables");
        findings.add(&**name, finding);
    }
    endpoints(network, findings);
}

/// Ranges behind connections that lie inside those of the virtual networks that would go there.
fn overlaps(network: &Network, findings: &mut Findings) {
    let mut seen = std::collections::BTreeSet::new();
    for (_, connection) in network.connections.iter() {
        let gateway = &network.gateways[connection.gateway];
        let (identity, ranges, key) = match connection.to {
            ConnectionEnd::Local(id) => {
                let own = &network.local_gateways[id];
                // Another gateway of this topology: its ranges are no premises.
                let azure = own.gateway_ip_address.is_some_and(|address| {
                    matches!(
                        network.public_owners.get(address),
                        Some(PublicOwner::Fixture(..))
                    )
                });
                if azure {
                    continue;
                }
                (&own.identity, &own.address_space, "addressSpace")
            }
            ConnectionEnd::Circuit(id) => {
                let own = &network.circuits[id];
                (&own.identity, &own.advertised, "advertisedPrefixes")
            }
            ConnectionEnd::Gateway(_) => continue,
        };
        for range in ranges {
            if let Some((vnet, own)) = held(network, gateway.vnet, range)
                && seen.insert((identity.id.clone(), *range))
            {
                let name = &network.vnets[vnet].identity.name;
                let message = format!(
                    "{range} behind `{}` is within {own} of `{name}`: what goes there never leaves Azure",
                    identity.name
                );
                let finding = Diagnostic::new(Code::OnPremisesOverlap, message)
                    .at(at(identity).key(key))
                    .label(At::Value(at(&network.vnets[vnet].identity).key("addressSpace")), "holds it")
                    .help("routes of the virtual network and its peers go before learned ones; renumber one side, or translate on the gateway");
                findings.add_of(vec![identity.name.to_string(), name.to_string()], finding);
            }
        }
    }
}

/// The range of a VNet, or of a connected peer, that holds all of `range`.
fn held(
    network: &Network,
    vnet: Id<VirtualNetwork>,
    range: &IpNet,
) -> Option<(Id<VirtualNetwork>, IpNet)> {
    let peerings = network.vnets[vnet]
        .peerings
        .iter()
        .map(|id| &network.peerings[*id]);
    let peers = peerings.filter(|own| own.connected && own.subnets.is_none() && !own.only_ipv6);
    let all = std::iter::once(vnet).chain(peers.map(|own| own.remote));
    let mut ranges = all.flat_map(|id| {
        network.vnets[id]
            .address_space
            .iter()
            .map(move |own| (id, *own))
    });
    ranges.find(|(_, own)| contains(own, range))
}

fn endpoints(network: &Network, findings: &mut Findings) {
    let mut unfiltered = std::collections::BTreeMap::new();
    for (_, fixture) in network.fixtures.iter() {
        let FixtureKind::PrivateEndpoint(id) = fixture.kind else {
            continue;
        };
        let endpoint = &network.private_endpoints[id];
        let name = &endpoint.identity.name;
        if endpoint.state != EndpointState::Approved {
            let message = format!("`{name}` is {} and carries no traffic", endpoint.state);
            let finding = Diagnostic::new(Code::UnapprovedEndpoint, message)
                .at_key(at(&endpoint.identity))
                .help("the owner of the service must approve it");
            findings.add(&**name, finding);
        }
        if let Some(subnet) = fixture.subnet {
            unfiltered.entry(subnet).or_insert(name);
        }
    }
    for (id, endpoint) in unfiltered {
        let subnet = &network.subnets[id];
        let applies = matches!(
            subnet.endpoint_policies,
            EndpointPolicies::Enabled | EndpointPolicies::NetworkSecurityGroupEnabled
        );
        let Some(nsg) = subnet.nsg.filter(|_| !applies) else {
            continue;
        };
        let group = &network.nsgs[nsg];
        if group
            .rules
            .iter()
            .all(|rule| rule.direction != Direction::Inbound)
        {
            continue;
        }
        let name = subnet_name(network, id);
        let group = &group.identity.name;
        let message = format!(
            "`{group}` does not filter what comes to `{endpoint}` in `{name}`: network policies are off there"
        );
        let finding = Diagnostic::new(Code::EndpointIgnoresSecurityGroup, message)
            .at(at_subnet(network, id).key("networkSecurityGroup"))
            .help(
                "set `privateEndpointNetworkPolicies: NetworkSecurityGroupEnabled` on the subnet",
            );
        findings.add_of(vec![group.to_string(), name, endpoint.to_string()], finding);
    }
}
