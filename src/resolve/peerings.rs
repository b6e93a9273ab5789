//! Peerings: one object a side, ranges that do not overlap, and who may use whose gateway
//! (`virtual-network-peering-overview`, `how-to-configure-subnet-peering`).

use std::collections::{HashMap, HashSet};

use ipnet::IpNet;

use super::kind::Kind;
use super::overlaps::nested;
use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic};
use crate::net::is_v4;
use crate::network::{Id, PeeredSubnets, Peering, Subnet, VirtualNetwork};
use crate::spec::{self, PeeringState};

/// Subnets of one subnet peering, peerings of one virtual network (`azure-virtual-network-limits`).
const MOST_SUBNETS: usize = 200;
const MOST_PEERINGS: usize = 500;

/// A range of a virtual network's peer.
#[derive(Debug, Clone, Copy)]
enum Side {
    Own,
    Peer(Id<Peering>),
}

impl<'a> Resolver<'a> {
    /// Peering objects, their other sides, and their states.
    pub(super) fn peerings(&mut self) {
        let mut sides = HashMap::new();
        for (vnet, (key, spec)) in (0..)
            .map(Id::new)
            .zip(self.topology.virtual_networks.iter())
        {
            let spot = Spot::of(Kind::VirtualNetwork.section())
                .key(key)
                .key("peerings");
            self.at_most(
                spec.peerings.len(),
                MOST_PEERINGS,
                "peerings of one network",
                spot,
            );
            for (name, peering) in spec.peerings.iter() {
                self.check_name(name, "peering", spot.key(name));
                let Some(pushed) = self.peering(vnet, name, peering, spot.key(name), &sides) else {
                    continue;
                };
                sides.insert((vnet, self.network.peerings[pushed].remote), pushed);
                self.network.vnets[vnet].peerings.push(pushed);
                self.peering_spots.push(spot.key(name));
            }
        }
        let ids: Vec<Id<Peering>> = self.network.peerings.ids().collect();
        for peering in &ids {
            let own = &self.network.peerings[*peering];
            let reverse = sides.get(&(own.remote, own.vnet)).copied();
            let stated = self.peering_states[peering.index()];
            let own = &mut self.network.peerings[*peering];
            own.reverse = reverse;
            own.state = stated.unwrap_or(match reverse {
                Some(_) => PeeringState::Connected,
                None => PeeringState::Initiated,
            });
        }
        self.check_locations(&ids);
        for peering in ids {
            let own = &self.network.peerings[peering];
            let other = own
                .reverse
                .map(|reverse| self.network.peerings[reverse].state);
            let connected =
                own.state == PeeringState::Connected && other == Some(PeeringState::Connected);
            self.network.peerings[peering].connected = connected;
        }
        self.check_peered_ranges();
    }

    fn peering(
        &mut self,
        vnet: Id<VirtualNetwork>,
        name: &'a str,
        peering: &'a spec::Peering,
        spot: Spot<'a>,
        sides: &HashMap<(Id<VirtualNetwork>, Id<VirtualNetwork>), Id<Peering>>,
    ) -> Option<Id<Peering>> {
        let at = spot.key("remoteVirtualNetwork");
        let remote = self.vnet(&peering.remote_virtual_network, at)?;
        let own_name = self.network.vnets[vnet].identity.name.clone();
        if remote == vnet {
            let message = format!("`{own_name}` is peered with itself");
            let fault = Diagnostic::new(Code::PeeredAddressSpaceOverlap, message);
            self.faults.push(fault.at(at.path()));
            return None;
        }
        if let Some(first) = sides.get(&(vnet, remote)) {
            let message = format!(
                "`{own_name}` has two peerings with `{}`",
                peering.remote_virtual_network
            );
            let first = self.peering_spots[first.index()].key("remoteVirtualNetwork");
            let fault = Diagnostic::new(Code::PeeredAddressSpaceOverlap, message)
                .at(at.path())
                .also(first.path(), "the other peering");
            self.faults.push(fault);
            return None;
        }
        let subnets = (!peering.peer_complete_vnets).then(|| PeeredSubnets {
            local: self.peered(
                vnet,
                &peering.local_subnet_names,
                spot.key("localSubnetNames"),
            ),
            remote: self.peered(
                remote,
                &peering.remote_subnet_names,
                spot.key("remoteSubnetNames"),
            ),
        });
        let location = |vnet: Id<VirtualNetwork>| {
            let location = self.network.vnets[vnet].identity.location.as_deref();
            location.map(|text| fold(text).replace(' ', ""))
        };
        let global = match (location(vnet), location(remote)) {
            (Some(own), Some(other)) => own != other,
            _ => false,
        };
        self.peering_states.push(peering.peering_state);
        Some(self.network.peerings.push(Peering {
            name: name.into(),
            vnet,
            remote,
            reverse: None,
            state: PeeringState::Initiated,
            connected: false,
            global,
            allow_virtual_network_access: peering.allow_virtual_network_access,
            allow_forwarded_traffic: peering.allow_forwarded_traffic,
            allow_gateway_transit: peering.allow_gateway_transit,
            use_remote_gateways: peering.use_remote_gateways,
            subnets,
            only_ipv6: peering.enable_only_ipv6_peering,
        }))
    }

    /// Whether a peering is global depends on both locations: where one is stated, so is the other.
    fn check_locations(&mut self, peerings: &[Id<Peering>]) {
        let location =
            |vnet: Id<VirtualNetwork>| self.network.vnets[vnet].identity.location.is_some();
        let mut missing = Vec::new();
        for own in peerings.iter().map(|id| &self.network.peerings[*id]) {
            for (vnet, other) in [(own.vnet, own.remote), (own.remote, own.vnet)] {
                if !location(vnet) && location(other) && !missing.contains(&(vnet, other)) {
                    missing.push((vnet, other));
                }
            }
        }
        missing.sort_by_key(|(vnet, _)| vnet.index());
        missing.dedup_by_key(|(vnet, _)| *vnet);
        for (vnet, other) in missing {
            let [own, other] = [vnet, other].map(|id| &self.network.vnets[id].identity.name);
            let message =
                format!("`location` is missing of `{own}`, whose peer `{other}` states its own");
            let spot = Spot::of(Kind::VirtualNetwork.section());
            let fault = Diagnostic::new(Code::MissingKey, message)
                .at_key(spot.path().key(own))
                .help("add it, or give one to all by `defaults.location`");
            self.faults.push(fault);
        }
    }

    /// The subnets of one side of a subnet peering.
    fn peered(
        &mut self,
        vnet: Id<VirtualNetwork>,
        names: &'a [String],
        spot: Spot<'a>,
    ) -> Vec<Id<Subnet>> {
        self.at_most(names.len(), MOST_SUBNETS, "subnets in one peering", spot);
        let mut subnets = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let own = super::identity::own_name(name);
            match self.subnet_names[vnet.index()].get(&fold(own)) {
                Some(subnet) => subnets.push(*subnet),
                None => self.no_subnet(vnet, own, spot.index(index)),
            }
        }
        subnets
    }

    /// Peered networks do not overlap, nor do two peers of one network (`virtual-network-manage-peering`).
    fn check_peered_ranges(&mut self) {
        let mut seen: HashSet<(usize, usize)> = HashSet::new();
        let vnets: Vec<Id<VirtualNetwork>> = self.network.vnets.ids().collect();
        for vnet in vnets {
            let network = &self.network;
            if network.vnets[vnet].peerings.is_empty() {
                continue;
            }
            let peerings =
                || (network.vnets[vnet].peerings.iter()).map(|id| (*id, &network.peerings[*id]));
            let whole = peerings().filter(|(_, peering)| peering.subnets.is_none());
            let of_peers = |(id, peering): (Id<Peering>, &Peering)| {
                let only_v6 = peering.only_ipv6;
                let ranges = match &peering.subnets {
                    None => network.vnets[peering.remote].address_space.clone(),
                    Some(subnets) => prefixes(network, &subnets.remote),
                };
                (ranges.into_iter())
                    .filter(move |range| !only_v6 || !is_v4(range))
                    .map(move |range| (range, Side::Peer(id)))
            };
            let own = network.vnets[vnet]
                .address_space
                .iter()
                .map(|range| (*range, Side::Own));
            let mut pairs = nested(own.chain(whole.flat_map(of_peers)).collect());
            for peering in peerings().filter(|(_, peering)| peering.subnets.is_some()) {
                let local = peering
                    .1
                    .subnets
                    .as_ref()
                    .map(|s| prefixes(network, &s.local));
                let local = local.into_iter().flatten().map(|range| (range, Side::Own));
                pairs.extend(nested(local.chain(of_peers(peering)).collect()));
            }
            pairs.extend(nested(peerings().flat_map(of_peers).collect()));
            for ((wide, a), (narrow, b)) in pairs {
                self.peers_overlap(vnet, (wide, a), (narrow, b), &mut seen);
            }
        }
    }

    fn peers_overlap(
        &mut self,
        vnet: Id<VirtualNetwork>,
        (wide, a): (IpNet, Side),
        (narrow, b): (IpNet, Side),
        seen: &mut HashSet<(usize, usize)>,
    ) {
        let network = &self.network;
        let of = |side: Side| match side {
            Side::Own => vnet,
            Side::Peer(peering) => network.peerings[peering].remote,
        };
        let (first, second) = (of(a), of(b));
        let pair = (
            first.index().min(second.index()),
            first.index().max(second.index()),
        );
        if first == second || !seen.insert(pair) {
            return;
        }
        let name = |vnet: Id<VirtualNetwork>| network.vnets[vnet].identity.name.clone();
        let at =
            |peering: Id<Peering>| self.peering_spots[peering.index()].key("remoteVirtualNetwork");
        let fault = match (a, b) {
            (Side::Peer(peering), Side::Own) | (Side::Own, Side::Peer(peering)) => {
                let remote = network.peerings[peering].remote;
                let message = format!("`{}` and its peer `{}` overlap", name(vnet), name(remote));
                Diagnostic::new(Code::PeeredAddressSpaceOverlap, message)
                    .at(at(peering).path())
                    .also(self.vnet_spot(vnet).key("addressSpace").path(), "one range")
                    .also(
                        self.vnet_spot(remote).key("addressSpace").path(),
                        "the other",
                    )
            }
            (Side::Peer(one), Side::Peer(other)) => {
                let (one, other) = if one < other {
                    (one, other)
                } else {
                    (other, one)
                };
                let message = format!(
                    "two peers of `{}` overlap: `{}` and `{}`",
                    name(vnet),
                    name(network.peerings[one].remote),
                    name(network.peerings[other].remote)
                );
                Diagnostic::new(Code::PeeredAddressSpaceOverlap, message)
                    .at(at(other).path())
                    .also(at(one).path(), "the other peer")
            }
            (Side::Own, Side::Own) => return,
        };
        let help = format!("`{wide}` and `{narrow}` have addresses in common");
        self.faults.push(fault.help(help));
    }

    /// Who may use whose gateway (`virtual-network-manage-peering`). Gateways and Route Servers are known by now.
    pub(super) fn check_transit(&mut self) {
        for vnet in self.network.vnets.ids() {
            let users: Vec<Id<Peering>> = (self.network.vnets[vnet].peerings.iter().copied())
                .filter(|peering| self.network.peerings[*peering].use_remote_gateways)
                .collect();
            let Some((first, others)) = users.split_first() else {
                continue;
            };
            let at =
                |peering: Id<Peering>| self.peering_spots[peering.index()].key("useRemoteGateways");
            let first_at = at(*first);
            let own_name = self.network.vnets[vnet].identity.name.clone();
            let second: Vec<Spot<'a>> = others.iter().map(|peering| at(*peering)).collect();
            for spot in second {
                let message = format!("`{own_name}` uses remote gateways by two peerings");
                let fault = Diagnostic::new(Code::TwoRemoteGateways, message)
                    .at(spot.path())
                    .also(first_at.path(), "the other peering");
                self.faults.push(fault);
            }
            if let Some(gateway) = self.gateway_spots.get(&vnet) {
                let message = format!("`{own_name}` has a gateway, and uses a remote one");
                let fault = Diagnostic::new(Code::TwoRemoteGateways, message)
                    .at(first_at.path())
                    .also(gateway.path(), "its own gateway");
                self.faults.push(fault);
            }
            for peering in users {
                self.check_remote_gateway(peering);
            }
        }
    }

    fn check_remote_gateway(&mut self, peering: Id<Peering>) {
        let own = &self.network.peerings[peering];
        let remote = own.remote;
        let remote_name = &self.network.vnets[remote].identity.name;
        let has =
            self.gateway_spots.contains_key(&remote) || self.with_route_server.contains(&remote);
        let spot = self.peering_spots[peering.index()].key("useRemoteGateways");
        if !has && !self.gateways_left_out {
            let message = format!("`{remote_name}` has no gateway that could be used");
            let fault = Diagnostic::new(Code::GatewayTransitWithoutGateway, message);
            self.faults.push(fault.at(spot.path()));
            return;
        }
        let Some(reverse) = own.reverse else {
            return;
        };
        if !self.network.peerings[reverse].allow_gateway_transit {
            let message = format!("`{remote_name}` does not let its gateway be used");
            let other = self.peering_spots[reverse.index()];
            let fault = Diagnostic::new(Code::GatewayTransitWithoutGateway, message)
                .at(spot.path())
                .also(
                    other.key("allowGatewayTransit").path(),
                    "the other side's peering",
                )
                .help("set `allowGatewayTransit: true` on the other side's peering");
            self.faults.push(fault);
        }
    }
}

fn prefixes(network: &crate::network::Network, subnets: &[Id<Subnet>]) -> Vec<IpNet> {
    (subnets.iter())
        .flat_map(|subnet| network.subnets[*subnet].prefixes.iter().copied())
        .collect()
}
