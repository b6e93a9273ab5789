//! The routes that Azure makes by itself (`virtual-network/virtual-networks-udr-overview`, "System
//! routes"; private endpoints: `private-link/disable-private-endpoint-network-policy`; subnet peering:
//! `virtual-network/how-to-configure-subnet-peering`).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Effective, EffectiveRoute};
use crate::net::{contains, is_v4, parse_prefix, tags};
use crate::network::{
    Fixture, Id, Network, Peering, Service, Subnet, UserRoute, UserRoutePrefix, VirtualNetwork,
};
use crate::spec::checks::{RouteNextHopType, RouteSource, RouteState};
use crate::spec::{EndpointPolicies, ReservedRoutes};

/// 0.0.0.0/0.
pub(super) const DEFAULT_V4: IpNet = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0));
/// ::/0.
pub(super) const DEFAULT_V6: IpNet = IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0));

/// The four ranges that the documentation names.
const DOCUMENTED: &[&str] = &[
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
];

/// What captures from the field show beside them (erjosito/azure-networking-lab).
const OBSERVED: &[&str] = &[
    "127.0.0.0/8",
    "198.18.0.0/15",
    "25.4.0.0/14",
    "25.30.0.0/15",
    "25.33.0.0/16",
    "25.41.0.0/20",
    "25.48.0.0/12",
    "40.108.0.0/17",
    "40.109.0.0/16",
    "104.146.0.0/17",
    "104.147.0.0/16",
    "157.59.0.0/16",
    "23.103.0.0/18",
    "20.35.252.0/22",
];

/// The service tag that holds a service endpoint's addresses.
const ENDPOINT_TAGS: &[(&str, &str)] = &[
    ("Microsoft.Storage", "Storage"),
    ("Microsoft.Sql", "Sql"),
    ("Microsoft.KeyVault", "AzureKeyVault"),
    ("Microsoft.AzureCosmosDB", "AzureCosmosDB"),
    ("Microsoft.DocumentDB", "AzureCosmosDB"),
    ("Microsoft.EventHub", "EventHub"),
    ("Microsoft.ServiceBus", "ServiceBus"),
    ("Microsoft.ContainerRegistry", "AzureContainerRegistry"),
    ("Microsoft.Web", "AppService"),
    ("Microsoft.CognitiveServices", "CognitiveServicesFrontend"),
    ("Microsoft.AzureActiveDirectory", "AzureActiveDirectory"),
];

fn default_route(next_hop_type: RouteNextHopType, prefix: IpNet) -> EffectiveRoute {
    EffectiveRoute::new(RouteSource::Default, next_hop_type, vec![prefix])
}

/// What of the peer takes part in a peering: its ranges, or the listed subnets'.
pub(super) fn peered_prefixes(network: &Network, peering: &Peering) -> Vec<IpNet> {
    let all: Vec<IpNet> = match &peering.subnets {
        None => network.vnets[peering.remote].address_space.clone(),
        Some(listed) => {
            let listed = listed.remote.iter();
            listed
                .flat_map(|subnet| network.subnets[*subnet].prefixes.iter().copied())
                .collect()
        }
    };
    let wanted = |prefix: &IpNet| !peering.only_ipv6 || !is_v4(prefix);
    all.into_iter().filter(wanted).collect()
}

/// The peerings of a VNet over which there are routes.
pub(super) fn connected_peerings<'n>(
    network: &'n Network,
    vnet: &'n VirtualNetwork,
) -> impl Iterator<Item = (Id<Peering>, &'n Peering)> {
    let own = vnet.peerings.iter().map(|id| (*id, &network.peerings[*id]));
    own.filter(|(_, peering)| peering.connected)
}

/// The VNet's own ranges and its peers'.
pub(super) fn nearby(network: &Network, vnet: &VirtualNetwork) -> Vec<EffectiveRoute> {
    let own = vnet.address_space.iter();
    let mut rows: Vec<EffectiveRoute> = own
        .map(|range| default_route(RouteNextHopType::VnetLocal, *range))
        .collect();
    for (id, peering) in connected_peerings(network, vnet) {
        let kind = if peering.global {
            RouteNextHopType::VNetGlobalPeering
        } else {
            RouteNextHopType::VNetPeering
        };
        rows.extend(peered_prefixes(network, peering).into_iter().map(|prefix| {
            let mut row = default_route(kind, prefix);
            row.peering = Some(id);
            row
        }));
    }
    rows
}

/// A route for each service endpoint of the subnet: the tag's addresses, and those of the topology's own
/// services of that kind. Azure takes the service's addresses of the region; the whole tag stands for
/// them here.
pub(super) fn service_endpoints(network: &Network, subnet: &Subnet) -> Vec<EffectiveRoute> {
    let endpoints = subnet.service_endpoints.iter();
    let rows = endpoints.map(|endpoint| {
        let found = ENDPOINT_TAGS
            .iter()
            .find(|(kind, _)| is_kind(endpoint, kind));
        let tag = found.map(|(_, tag)| *tag);
        let listed = tag.and_then(|tag| {
            let mut tags = network.tags.iter();
            tags.find(|(_, known)| known.name.eq_ignore_ascii_case(tag))
        });
        let (mut prefixes, complete) = match (listed, tag) {
            (Some((_, tag)), _) => (tag.prefixes.clone(), tag.complete),
            (None, Some(tag)) => (tags::sample(tag).prefixes(), false),
            (None, None) => (Vec::new(), false),
        };
        let same = |service: &Service| match tag {
            Some(tag) => ENDPOINT_TAGS
                .iter()
                .any(|(kind, of)| *of == tag && is_kind(&service.kind, kind)),
            None => is_kind(&service.kind, endpoint),
        };
        for (_, service) in network.services.iter() {
            if let Some(address) = service.public_ip_address.filter(|_| same(service))
                && !prefixes.iter().any(|prefix| prefix.contains(&address))
            {
                prefixes.push(IpNet::from(address));
            }
        }
        let kind = RouteNextHopType::VirtualNetworkServiceEndpoint;
        let mut row = EffectiveRoute::new(RouteSource::Default, kind, prefixes);
        row.tag = tag.map(Arc::from);
        row.incomplete = !complete;
        row.service = Some(Arc::from(endpoint.as_str()));
        row
    });
    rows.collect()
}

/// Whether `text` (`Microsoft.Storage.Global`, `microsoft.storage/storageAccounts`) is of `kind`.
fn is_kind(text: &str, kind: &str) -> bool {
    let head = text.get(..kind.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(kind))
        && matches!(text.as_bytes().get(kind.len()), None | Some(b'.' | b'/'))
}

/// A route for each private endpoint of the VNet and of its direct peers. Where the endpoint's subnet
/// takes route tables, a user route that holds the endpoint and is at least as long as the endpoint's
/// VNet range makes it invalid.
pub(super) fn private_endpoints(
    effective: &Effective,
    vnet: Id<VirtualNetwork>,
    user: &[UserRoute],
) -> Vec<EffectiveRoute> {
    let network = effective.network;
    let own = effective.endpoints[vnet.index()].iter();
    let own = own.map(|id| (*id, None));
    let peers = connected_peerings(network, &network.vnets[vnet]).flat_map(|(id, peering)| {
        let theirs = effective.endpoints[peering.remote.index()].iter();
        theirs
            .filter(|endpoint| takes_part(peering, &network.fixtures[**endpoint]))
            .map(move |endpoint| (*endpoint, Some((id, peering.only_ipv6))))
    });
    let mut rows = Vec::new();
    for (endpoint, peering) in own.chain(peers) {
        let fixture = &network.fixtures[endpoint];
        let only_ipv6 = peering.is_some_and(|(_, only_ipv6)| only_ipv6);
        let addresses = fixture.addresses.iter();
        for address in addresses.filter(|address| !only_ipv6 || address.is_ipv6()) {
            let prefix = IpNet::from(*address);
            let mut row = default_route(RouteNextHopType::InterfaceEndpoint, prefix);
            row.peering = peering.map(|(id, _)| id);
            row.endpoint = Some(endpoint);
            if let Some(route) = overridden(network, fixture, &prefix, user) {
                row.state = RouteState::Invalid;
                row.reason = Some(format!(
                    "the user route `{}` holds the endpoint, whose subnet takes route tables",
                    route.name
                ));
            }
            rows.push(row);
        }
    }
    rows
}

fn takes_part(peering: &Peering, fixture: &Fixture) -> bool {
    let listed = peering.subnets.as_ref().map(|subnets| &subnets.remote);
    listed.is_none_or(|listed| fixture.subnet.is_some_and(|own| listed.contains(&own)))
}

/// The user route that makes a private endpoint's route invalid, if any does.
fn overridden<'r>(
    network: &Network,
    fixture: &Fixture,
    endpoint: &IpNet,
    user: &'r [UserRoute],
) -> Option<&'r UserRoute> {
    let subnet = &network.subnets[fixture.subnet?];
    let policies = subnet.endpoint_policies;
    if !matches!(
        policies,
        EndpointPolicies::Enabled | EndpointPolicies::RouteTableEnabled
    ) {
        return None;
    }
    let ranges = network.vnets[subnet.vnet].address_space.iter();
    let range = ranges.filter(|range| contains(range, endpoint));
    let bound = range.map(|range| range.prefix_len()).max()?;
    let holds = |route: &&UserRoute| match &route.prefix {
        // An equal prefix wins by the order of precedence.
        UserRoutePrefix::Prefix(prefix) => {
            contains(prefix, endpoint) && prefix != endpoint && prefix.prefix_len() >= bound
        }
        UserRoutePrefix::Tag(_) => false,
    };
    user.iter().find(holds)
}

/// The system's way to the Internet, for each family that the VNet has.
pub(super) fn internet(vnet: &VirtualNetwork, learned: &[EffectiveRoute]) -> Vec<EffectiveRoute> {
    let has_v6 = vnet.address_space.iter().any(|range| !is_v4(range));
    // Captures show no system row beneath a learned default route.
    let free = |prefix: &IpNet| !learned.iter().any(|row| row.prefixes.contains(prefix));
    let defaults = [DEFAULT_V4].into_iter().chain(has_v6.then_some(DEFAULT_V6));
    defaults
        .filter(free)
        .map(|prefix| default_route(RouteNextHopType::Internet, prefix))
        .collect()
}

/// The None routes of reserved ranges. A range of the VNet or a peer that equals or holds one takes its
/// place, as does a user's or a learned route that equals it; they all go where 0.0.0.0/0 does not lead
/// to the Internet (`others` are all other rows).
pub(super) fn reserved(network: &Network, others: &[EffectiveRoute]) -> Vec<EffectiveRoute> {
    let defaults = others
        .iter()
        .filter(|row| row.prefixes.contains(&DEFAULT_V4));
    let default = defaults.min_by_key(|row| super::rank(row));
    if default.is_none_or(|row| row.next_hop_type != RouteNextHopType::Internet) {
        return Vec::new();
    }
    let longer: &[&str] = match network.settings.reserved_routes {
        ReservedRoutes::Documented => &[],
        ReservedRoutes::Observed => OBSERVED,
    };
    let all = DOCUMENTED.iter().chain(longer);
    let ranges = all.filter_map(|text| parse_prefix(text).ok());
    let replaced = |range: &IpNet| {
        others.iter().any(|row| match row.next_hop_type {
            _ if row.source != RouteSource::Default => row.prefixes.contains(range),
            RouteNextHopType::VnetLocal
            | RouteNextHopType::VNetPeering
            | RouteNextHopType::VNetGlobalPeering => {
                row.prefixes.iter().any(|prefix| contains(prefix, range))
            }
            _ => false,
        })
    };
    ranges
        .filter(|range| !replaced(range))
        .map(|range| {
            let mut row = default_route(RouteNextHopType::None, range);
            row.reserved = true;
            row
        })
        .collect()
}
