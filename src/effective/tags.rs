//! What a rule's sides mean for one NIC: service tags, application security groups
//! (`virtual-network/service-tags-overview`, `virtual-network/application-security-groups`).

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use super::Effective;
use super::system::{connected_peerings, peered_prefixes};
use crate::net::tags::{self, PlatformTag};
use crate::net::{AddressSet, WIRE_SERVER, is_v4};
use crate::network::{
    ApplicationSecurityGroup, Id, Network, RuleSide, Subnet, UserRoutePrefix, VirtualNetwork,
};
use crate::spec::NextHopType;
use crate::spec::checks::RouteSource;

/// What a tag holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TagContent {
    /// Its addresses.
    pub addresses: AddressSet,
    /// Its prefixes in the order in which Azure lists them.
    pub prefixes: Vec<IpNet>,
    /// The published tag that it rests on and that is not known in full, and what may belong to it.
    pub doubtful: Option<(Arc<str>, AddressSet)>,
}

impl TagContent {
    fn of(prefixes: Vec<IpNet>) -> Self {
        Self {
            addresses: AddressSet::of(&prefixes),
            prefixes,
            doubtful: None,
        }
    }
}

/// The `VirtualNetwork` tag of the NICs of `subnet`: the VNet's ranges, the host's address, the peers
/// that this side lets in, what gateways taught the subnet, and what the subnet's own user routes send
/// to an appliance or a gateway. A default route among these takes the place of everything of its
/// family, by `settings.virtualNetworkTagTakesDefaultRoute` (decisions).
pub(super) fn virtual_network(effective: &Effective, subnet: Id<Subnet>) -> TagContent {
    let network = effective.network;
    let vnet = &network.vnets[network.subnets[subnet].vnet];
    let mut prefixes = vnet.address_space.clone();
    prefixes.push(IpNet::from(WIRE_SERVER));
    for (_, peering) in connected_peerings(network, vnet) {
        if peering.allow_virtual_network_access {
            prefixes.extend(peered_prefixes(network, peering));
        }
    }
    for row in &effective.subnet_routes(subnet).rows {
        if row.source == RouteSource::VirtualNetworkGateway {
            prefixes.extend(&row.prefixes);
        }
    }
    let mut doubtful = None;
    if let Some(table) = network.subnets[subnet].route_table {
        for route in &network.route_tables[table].routes {
            match (route.next_hop_type, &route.prefix) {
                (
                    NextHopType::VirtualAppliance | NextHopType::VirtualNetworkGateway,
                    UserRoutePrefix::Prefix(prefix),
                ) => prefixes.push(*prefix),
                (
                    NextHopType::VirtualAppliance | NextHopType::VirtualNetworkGateway,
                    UserRoutePrefix::Tag(tag),
                ) => {
                    let tag = &network.tags[*tag];
                    prefixes.extend(&tag.prefixes);
                    if !tag.complete {
                        doubtful = Some(tag.name.clone());
                    }
                }
                _ => {}
            }
        }
    }

    let takes_default = network.settings.virtual_network_tag_takes_default_route;
    prefixes.retain(|prefix| takes_default || prefix.prefix_len() > 0);
    let everything = |v4: bool| {
        prefixes
            .iter()
            .copied()
            .find(|prefix| prefix.prefix_len() == 0 && is_v4(prefix) == v4)
    };
    let wide = [everything(true), everything(false)];
    let mut seen = std::collections::HashSet::new();
    prefixes.retain(|prefix| {
        let family = if is_v4(prefix) { wide[0] } else { wide[1] };
        family.is_none_or(|all| all == *prefix) && seen.insert(*prefix)
    });
    if wide[0].is_some() {
        prefixes.sort_by_key(|prefix| prefix.prefix_len() > 0);
    }
    let mut content = TagContent::of(prefixes);
    content.doubtful = doubtful.map(|tag| (tag, unknown_public().difference(&content.addresses)));
    content
}

/// The `Internet` tag in one VNet: public addresses outside it.
pub(super) fn internet(vnet: &VirtualNetwork) -> TagContent {
    listed(vnet, tags::internet().difference(&vnet.addresses))
}

/// A tag of the platform's. Azure lists its IPv6 prefixes only where the VNet has IPv6.
fn listed(vnet: &VirtualNetwork, addresses: AddressSet) -> TagContent {
    let mut prefixes = addresses.prefixes();
    if vnet.address_space.iter().all(is_v4) {
        prefixes.retain(is_v4);
    }
    TagContent {
        addresses,
        prefixes,
        doubtful: None,
    }
}

/// The public addresses, any of which may belong to a tag that is not known in full.
pub(super) fn unknown_public() -> &'static AddressSet {
    static PUBLIC: OnceLock<AddressSet> = OnceLock::new();
    PUBLIC.get_or_init(tags::internet)
}

/// Every address of the members of some application security groups.
pub(super) fn members(network: &Network, groups: &[Id<ApplicationSecurityGroup>]) -> Vec<IpAddr> {
    let groups = || groups.iter().map(|group| &network.asgs[*group]);
    let nics = groups().flat_map(|group| &group.members);
    let of_nics = nics.flat_map(|nic| &network.nics[*nic].addresses);
    let endpoints = groups().flat_map(|group| &group.endpoints);
    let of_endpoints = endpoints.flat_map(|fixture| &network.fixtures[*fixture].addresses);
    (of_nics.map(|own| own.address))
        .chain(of_endpoints.copied())
        .collect()
}

/// What one side of a rule means for the NICs of `subnet`.
pub(super) fn side(effective: &Effective, subnet: Id<Subnet>, side: &RuleSide) -> TagContent {
    let network = effective.network;
    match side {
        RuleSide::Any => TagContent {
            addresses: AddressSet::all(),
            ..TagContent::default()
        },
        // 0.0.0.0/0 is another way to write `*`, and so holds for IPv6 too.
        RuleSide::Prefixes(prefixes) if prefixes.contains(&super::system::DEFAULT_V4) => {
            TagContent {
                addresses: AddressSet::all(),
                prefixes: prefixes.clone(),
                doubtful: None,
            }
        }
        RuleSide::Prefixes(prefixes) => TagContent::of(prefixes.clone()),
        RuleSide::Platform(PlatformTag::VirtualNetwork) => {
            effective.virtual_network(subnet).clone()
        }
        RuleSide::Platform(PlatformTag::Internet) => {
            effective.internet(network.subnets[subnet].vnet).clone()
        }
        RuleSide::Platform(tag) => {
            let vnet = &network.vnets[network.subnets[subnet].vnet];
            listed(vnet, tags::fixed(*tag).unwrap_or_default())
        }
        RuleSide::Tag(tag) => {
            let tag = &network.tags[*tag];
            let rest = || unknown_public().difference(&tag.addresses);
            TagContent {
                addresses: tag.addresses.clone(),
                prefixes: tag.prefixes.clone(),
                doubtful: (!tag.complete).then(|| (tag.name.clone(), rest())),
            }
        }
        RuleSide::Groups(groups) => {
            let members = members(network, groups);
            TagContent::of(members.into_iter().map(IpNet::from).collect())
        }
    }
}

/// What several sides mean together: an address belongs where any of them holds it.
pub(super) fn any_of(effective: &Effective, subnet: Id<Subnet>, sides: &[RuleSide]) -> TagContent {
    if let [one] = sides {
        return side(effective, subnet, one);
    }
    let mut all = TagContent::default();
    for content in sides.iter().map(|one| side(effective, subnet, one)) {
        all.addresses = all.addresses.union(&content.addresses);
        all.prefixes.extend(content.prefixes);
        all.doubtful = match (all.doubtful, content.doubtful) {
            (Some((a, known)), Some((b, more))) => {
                Some((Arc::from(format!("{a}, {b}")), known.union(&more)))
            }
            (one, other) => one.or(other),
        };
    }
    all.doubtful = all
        .doubtful
        .map(|(tag, rest)| (tag, rest.difference(&all.addresses)));
    all
}

/// A platform tag's name, as Azure spells it.
pub(super) const fn platform_name(tag: PlatformTag) -> &'static str {
    match tag {
        PlatformTag::VirtualNetwork => "VirtualNetwork",
        PlatformTag::AzureLoadBalancer => "AzureLoadBalancer",
        PlatformTag::Internet => "Internet",
        PlatformTag::AzurePlatformDns => "AzurePlatformDNS",
        PlatformTag::AzurePlatformImds => "AzurePlatformIMDS",
        PlatformTag::AzurePlatformLkm => "AzurePlatformLKM",
    }
}
