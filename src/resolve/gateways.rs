//! VPN and ExpressRoute gateways, what they are connected to, Route Servers (`vpn-gateway-about-vpn-gateway-settings`,
//! after `vpn-gateway-about-vpn-gateway-settings`, `expressroute-introduction`, `route-server-faq`).

use std::collections::HashMap;
use std::net::IpAddr;

use super::Resolver;
use super::fixtures::Draft;
use super::kind::Kind;
use super::special::Special;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{
    BgpPeer, Circuit, Connection, ConnectionEnd, FixtureKind, Gateway, Id, LocalGateway,
    RouteServer, VirtualNetwork,
};
use crate::spec::{self, ArpEntry, ArpInterface, GatewayType};

/// Peers of a Route Server (`azure-virtual-network-limits`).
const MOST_PEERS: usize = 8;

impl<'a> Resolver<'a> {
    /// Gateways, each with its fixture in `GatewaySubnet`.
    pub(super) fn gateways(&mut self) {
        let mut of_type: HashMap<(Id<VirtualNetwork>, GatewayType), Spot<'a>> = HashMap::new();
        for (key, gateway) in self.topology.gateways.iter() {
            let spot = Spot::of(Kind::Gateway.section()).key(key);
            self.check_name(key, Kind::Gateway.noun(), spot);
            let at = spot.key("virtualNetwork");
            let vnet = self.vnet(&gateway.virtual_network, at);
            let made = vnet.map(|vnet| {
                let kind = (vnet, gateway.gateway_type);
                if let Some(first) = of_type.get(&kind) {
                    let message = format!(
                        "`{}` has two gateways of type {}",
                        self.network.vnets[vnet].identity.name, gateway.gateway_type
                    );
                    let fault = Diagnostic::new(Code::TwoGatewaysOfAType, message)
                        .at(at.path())
                        .also(first.path(), "the other gateway");
                    self.faults.push(fault);
                }
                of_type.entry(kind).or_insert(at);
                self.gateway_spots.entry(vnet).or_insert(spot);
                self.gateway(key, gateway, vnet, spot)
            });
            self.gateways_left_out |= made.is_none();
            self.gateway_ids.push(made);
        }
    }

    fn gateway(
        &mut self,
        key: &'a str,
        gateway: &'a spec::VirtualNetworkGateway,
        vnet: Id<VirtualNetwork>,
        spot: Spot<'a>,
    ) -> Id<Gateway> {
        let identity = self.identities.of(Kind::Gateway, key, &gateway.common);
        let subnet = self.special_subnet(vnet, Special::Gateway);
        if subnet.is_none() {
            let message = format!(
                "`{}` has no `GatewaySubnet`, in which a gateway stands",
                self.network.vnets[vnet].identity.name
            );
            let fault = Diagnostic::new(Code::SpecialSubnetRule, message);
            self.faults
                .push(fault.at(spot.key("virtualNetwork").path()));
        }
        let count = gateway.public_ip_addresses.len();
        let mut public_ips = Vec::with_capacity(count);
        for (index, text) in gateway.public_ip_addresses.iter().enumerate() {
            let at = spot.either(("publicIPAddress", "publicIPAddresses"), count, index);
            public_ips.extend(self.take_for_next(text, at));
        }
        let default_site = self.refer_opt(
            Kind::LocalGateway,
            gateway.default_site.as_ref(),
            spot.key("defaultSite"),
        );
        self.check_clients(gateway, spot);
        // A speaker's address is one of the subnet, or a link-local one beside it.
        let stated = gateway.bgp_peering_addresses.len();
        let keys = ("bgpPeeringAddress", "bgpPeeringAddresses");
        let within = |address: &IpAddr| {
            subnet.is_some_and(|subnet| {
                let prefixes = &self.network.subnets[subnet].prefixes;
                prefixes.iter().any(|prefix| prefix.contains(address))
            })
        };
        let mut addresses: Vec<_> = (gateway.bgp_peering_addresses.iter().enumerate())
            .filter(|(_, address)| within(address))
            .map(|(index, address)| (Some(*address), spot.either(keys, stated, index)))
            .collect();
        let instances = if gateway.active_active { 2 } else { 1 };
        while addresses.len() < instances {
            addresses.push((None, spot.key("virtualNetwork")));
        }
        let made = self.network.gateways.push(Gateway {
            identity: identity.clone(),
            vnet,
            gateway_type: gateway.gateway_type,
            public_ips: public_ips.clone(),
            enable_bgp: gateway.enable_bgp,
            active_active: gateway.active_active,
            default_site,
            client_pool: gateway.vpn_client_address_pool.clone(),
            clients: (gateway.vpn_clients.iter())
                .map(|(name, client)| (name.into(), client.ip_address))
                .collect(),
            bgp_addresses: gateway.bgp_peering_addresses.clone(),
            instances_down: [false; 2],
            down: false,
        });
        self.push_fixture(Draft {
            identity,
            kind: FixtureKind::Gateway(made),
            subnet,
            addresses,
            public_ips,
            down: false,
            members: Vec::new(),
        });
        made
    }

    /// Clients have addresses of the gateway's pool.
    fn check_clients(&mut self, gateway: &'a spec::VirtualNetworkGateway, spot: Spot<'a>) {
        let pool = &gateway.vpn_client_address_pool;
        let mut first_with: HashMap<IpAddr, Spot<'a>> = HashMap::new();
        for (name, client) in gateway.vpn_clients.iter() {
            let at = spot.key("vpnClients").key(name).key("ipAddress");
            let address = client.ip_address;
            if !pool.iter().any(|prefix| prefix.contains(&address)) {
                let message = format!("`{address}` lies outside the gateway's client pool");
                let fault = Diagnostic::new(Code::AddressOutsideSubnet, message)
                    .at(at.path())
                    .also(spot.key("vpnClientAddressPool").path(), "the pool");
                self.faults.push(fault);
            }
            if let Some(first) = first_with.insert(address, at) {
                let message = format!("`{address}` is taken already");
                let fault = Diagnostic::new(Code::AddressTaken, message)
                    .at(at.path())
                    .also(first.path(), "by this");
                self.faults.push(fault);
            }
        }
    }

    /// Local network gateways, circuits and connections.
    pub(super) fn connections(&mut self) {
        for (key, local) in self.topology.local_network_gateways.iter() {
            let spot = Spot::of(Kind::LocalGateway.section()).key(key);
            self.check_name(key, Kind::LocalGateway.noun(), spot);
            let identity = self.identities.of(Kind::LocalGateway, key, &local.common);
            let site = self.refer_opt(Kind::Site, local.site.as_ref(), spot.key("site"));
            self.network.local_gateways.push(LocalGateway {
                identity,
                gateway_ip_address: local.gateway_ip_address,
                address_space: local.address_space.clone(),
                bgp_peering_address: local.bgp_peering_address,
                site,
            });
        }
        for (key, circuit) in self.topology.circuits.iter() {
            self.circuit(key, circuit);
        }
        for (key, connection) in self.topology.connections.iter() {
            self.connection(key, connection);
        }
    }

    fn circuit(&mut self, key: &'a str, circuit: &'a spec::ExpressRouteCircuit) {
        let spot = Spot::of(Kind::Circuit.section()).key(key);
        self.check_name(key, Kind::Circuit.noun(), spot);
        let identity = self.identities.of(Kind::Circuit, key, &circuit.common);
        let site = self.refer_opt(Kind::Site, circuit.site.as_ref(), spot.key("site"));
        let advertised = match site {
            Some(site) if circuit.advertised_prefixes.is_empty() => {
                self.network.sites[site].address_space.clone()
            }
            _ => circuit.advertised_prefixes.clone(),
        };
        let arp = circuit.arp.as_ref();
        self.network.circuits.push(Circuit {
            identity,
            site,
            advertised,
            as_path_length: circuit.as_path_length.unwrap_or(1),
            primary_up: arp.is_none_or(|arp| link_up(&arp.primary)),
            secondary_up: arp.is_none_or(|arp| link_up(&arp.secondary)),
        });
    }

    fn connection(&mut self, key: &'a str, connection: &'a spec::Connection) {
        let spot = Spot::of(Kind::Connection.section()).key(key);
        self.check_name(key, Kind::Connection.noun(), spot);
        let identity = self
            .identities
            .of(Kind::Connection, key, &connection.common);
        let gateway = self.gateway_at(
            &connection.virtual_network_gateway,
            spot.key("virtualNetworkGateway"),
        );
        let ends = [
            ("localNetworkGateway", &connection.local_network_gateway),
            ("expressRouteCircuit", &connection.express_route_circuit),
            (
                "remoteVirtualNetworkGateway",
                &connection.remote_virtual_network_gateway,
            ),
        ];
        let given: Vec<(&str, &String)> = (ends.into_iter())
            .filter_map(|(end, text)| text.as_ref().map(|text| (end, text)))
            .collect();
        let (end, text) = match given.as_slice() {
            [one] => *one,
            [] => {
                let names = ends.map(|(end, _)| format!("`{end}`")).join(" or ");
                let fault = Diagnostic::new(Code::MissingKey, format!("{names} is missing"));
                self.faults.push(fault.at_key(spot.path()));
                return;
            }
            [(first, _), (second, _), ..] => {
                let message = format!("`{first}` and `{second}` are given at once");
                let fault = Diagnostic::new(Code::BothSingularAndPlural, message)
                    .at_key(spot.key(second).path())
                    .also(spot.key(first).path(), "the other one")
                    .help("a connection has one end beside its gateway");
                self.faults.push(fault);
                return;
            }
        };
        let at = spot.key(end);
        let to = match end {
            "localNetworkGateway" => self
                .refer_id(Kind::LocalGateway, text, at)
                .map(ConnectionEnd::Local),
            "expressRouteCircuit" => self
                .refer_id(Kind::Circuit, text, at)
                .map(ConnectionEnd::Circuit),
            _ => self.gateway_at(text, at).map(ConnectionEnd::Gateway),
        };
        let (Some(gateway), Some(to)) = (gateway, to) else {
            return;
        };
        self.check_types(gateway, to, &connection.virtual_network_gateway, spot);
        self.network.connections.push(Connection {
            identity,
            gateway,
            to,
            status: connection.connection_status,
            enable_bgp: connection.enable_bgp,
            routing_weight: connection.routing_weight,
        });
    }

    /// A circuit ends at an ExpressRoute gateway, everything else at a VPN gateway.
    fn check_types(&mut self, gateway: Id<Gateway>, to: ConnectionEnd, name: &str, spot: Spot<'a>) {
        let wanted = match to {
            ConnectionEnd::Circuit(_) => GatewayType::ExpressRoute,
            ConnectionEnd::Local(_) | ConnectionEnd::Gateway(_) => GatewayType::Vpn,
        };
        let found = self.network.gateways[gateway].gateway_type;
        if found != wanted {
            let message = format!(
                "`{name}` is a gateway of type {found}, where one of type {wanted} is needed"
            );
            let fault = Diagnostic::new(Code::UnresolvedReference, message);
            self.faults
                .push(fault.at(spot.key("virtualNetworkGateway").path()));
        }
    }

    /// The gateway that `text` names, unless it was left out.
    fn gateway_at(&mut self, text: &str, spot: Spot<'a>) -> Option<Id<Gateway>> {
        let index = self.refer(Kind::Gateway, text, spot)?;
        self.gateway_ids.get(index).copied().flatten()
    }

    /// Route Servers, each with its fixture (`route-server-faq`).
    pub(super) fn route_servers(&mut self) {
        for (key, server) in self.topology.route_servers.iter() {
            let spot = Spot::of(Kind::RouteServer.section()).key(key);
            self.check_name(key, Kind::RouteServer.noun(), spot);
            let identity = self.identities.of(Kind::RouteServer, key, &server.common);
            let at = spot.key("subnet");
            let subnet = self.subnet(&server.subnet, at);
            let public_at = spot.key("publicIPAddress");
            let public = server.public_ip_address.as_deref();
            let public = public.and_then(|text| self.take_for_next(text, public_at));
            let peers = self.peers(server, spot);
            let Some(subnet) = subnet else {
                self.gateways_left_out = true;
                continue;
            };
            self.check_home(subnet, Special::RouteServer, "a Route Server", at);
            let vnet = self.network.subnets[subnet].vnet;
            self.with_route_server.insert(vnet);
            let made = self.network.route_servers.push(RouteServer {
                identity: identity.clone(),
                vnet,
                peers,
                branch_to_branch: server.branch_to_branch_traffic,
                down: false,
            });
            self.push_fixture(Draft {
                identity,
                kind: FixtureKind::RouteServer(made),
                subnet: Some(subnet),
                addresses: vec![(None, at), (None, at)],
                public_ips: public.into_iter().collect(),
                down: false,
                members: Vec::new(),
            });
        }
    }

    fn peers(&mut self, server: &'a spec::RouteServer, spot: Spot<'a>) -> Vec<BgpPeer> {
        let spot = spot.key("bgpConnections");
        let count = server.bgp_connections.len();
        self.at_most(count, MOST_PEERS, "peers of one Route Server", spot);
        let mut peers = Vec::with_capacity(count);
        for (name, peer) in server.bgp_connections.iter() {
            let Some(nic) = self.one_target(&peer.peer, spot.key(name).key("peer")) else {
                continue;
            };
            let at = spot.key(name).key("advertisedPrefixes");
            let prefixes = peer.advertised_prefixes.iter().enumerate();
            for (index, prefix) in prefixes.filter(|(_, prefix)| prefix.addr().is_ipv6()) {
                // `route-server-faq`
                let message = format!("a Route Server takes IPv4, and this is `{prefix}`");
                let fault = Diagnostic::new(Code::MixedAddressFamilies, message);
                self.faults.push(fault.at(at.index(index).path()));
            }
            peers.push(BgpPeer {
                name: name.into(),
                nic,
                advertised: peer.advertised_prefixes.clone(),
                as_path_length: peer.as_path_length,
                next_hop: peer.next_hop_ip_address.unwrap_or(super::NO_ADDRESS),
            });
        }
        peers
    }

    /// What follows from addresses that were assigned: a peer's own as the next hop, a gateway's as
    /// that of a speaker.
    pub(super) fn settle_speakers(&mut self) {
        let network = &mut self.network;
        for (_, server) in network.route_servers.iter_mut() {
            for peer in &mut server.peers {
                let own = network.nics[peer.nic].addresses.first();
                if peer.next_hop == super::NO_ADDRESS {
                    peer.next_hop = own.map_or(super::NO_ADDRESS, |own| own.address);
                }
            }
        }
        for (_, fixture) in network.fixtures.iter() {
            if let FixtureKind::Gateway(gateway) = fixture.kind {
                let gateway = &mut network.gateways[gateway];
                if gateway.bgp_addresses.is_empty() {
                    gateway.bgp_addresses.clone_from(&fixture.addresses);
                }
            }
        }
    }
}

/// Whether a link of a circuit is up: the customer's side answers with its address (`expressroute-troubleshooting-arp-resource-manager`,
/// `expressroute-troubleshooting-arp-resource-manager`).
fn link_up(entries: &[ArpEntry]) -> bool {
    entries.iter().any(|entry| {
        let complete = |mac: &String| !mac.eq_ignore_ascii_case("Incomplete");
        entry.interface == ArpInterface::OnPrem && entry.mac_address.as_ref().is_some_and(complete)
    })
}
