//! Networks out of YAML, gateways added by hand, and effective routes as lines of text.

use std::net::IpAddr;
use std::sync::Arc;

use dryhop::effective::{Effective, EffectiveRoute};
use dryhop::engine::next_hop::next_hop;
use dryhop::load::load;
use dryhop::network::{
    BgpPeer, Circuit, Connection, ConnectionEnd, Fixture, FixtureKind, Gateway, Id, Identity,
    LocalGateway, Network, PublicIp, RouteServer, Subnet, VirtualNetwork,
};
use dryhop::spec::read::Input;
use dryhop::spec::{AddressSku, ConnectionStatus, GatewayType};
use ipnet::IpNet;

/// The network of a topology that must be sound.
pub fn network(yaml: &str) -> Network {
    let text = format!("defaults: {{ location: westeurope }}\n{yaml}");
    let name = "topology.yaml".to_owned();
    let loaded = load(&[Input::Text { name, text }], &[]);
    assert!(loaded.is_sound(), "{:#?}", loaded.diagnostics);
    loaded.network
}

pub fn prefix(text: &str) -> IpNet {
    text.parse().unwrap()
}

pub fn prefixes(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| prefix(text)).collect()
}

pub fn vnet(network: &Network, name: &str) -> Id<VirtualNetwork> {
    let mut vnets = network.vnets.iter();
    vnets.find(|(_, v)| &*v.identity.name == name).unwrap().0
}

pub fn subnet(network: &Network, name: &str) -> Id<Subnet> {
    let mut subnets = network.subnets.iter();
    subnets.find(|(_, s)| &*s.name == name).unwrap().0
}

/// A row as `source state prefixes type addresses name`.
pub fn line(row: &EffectiveRoute) -> String {
    let prefixes: Vec<String> = row.prefixes.iter().map(ToString::to_string).collect();
    let mut line = format!(
        "{} {} {} {}",
        row.source,
        row.state,
        prefixes.join(","),
        row.next_hop_type
    );
    for address in &row.next_hop_addresses {
        line += &format!(" {address}");
    }
    if let Some(name) = &row.name {
        line += &format!(" {name}");
    }
    line
}

/// Every row of a NIC.
pub fn all_lines(effective: &Effective, nic: &str) -> Vec<String> {
    let nic = effective.network().nic(nic).unwrap();
    effective.routes(nic).rows.iter().map(line).collect()
}

/// The rows of a NIC without the reserved None routes.
pub fn lines(effective: &Effective, nic: &str) -> Vec<String> {
    let nic = effective.network().nic(nic).unwrap();
    let rows = effective.routes(nic).rows.iter();
    rows.filter(|row| !row.reserved).map(line).collect()
}

/// Next hop as `type addresses table`.
pub fn hop(effective: &Effective, nic: &str, destination: &str) -> String {
    let network = effective.network();
    let hop = next_hop(
        effective,
        network.nic(nic).unwrap(),
        destination.parse().unwrap(),
    );
    let mut line = hop.next_hop_type.to_string();
    for address in &hop.next_hop_ip_addresses {
        line += &format!(" {address}");
    }
    let table = hop
        .route_table
        .map(|t| network.route_tables[t].identity.name.clone());
    line + &format!(" {}", table.as_deref().unwrap_or("System Route"))
}

fn identity(name: &str, section: &'static str) -> Identity {
    Identity {
        name: name.into(),
        section,
        resource_group: "rg".into(),
        subscription: "0".into(),
        location: None,
        id: format!("/{section}/{name}").into(),
        tags: Vec::new(),
    }
}

/// Adds a gateway with one public address, speaking BGP.
pub fn gateway(network: &mut Network, place: &str, kind: GatewayType, public: &str) -> Id<Gateway> {
    let vnet = vnet(network, place);
    let public = network.public_ips.push(PublicIp {
        down: false,
        identity: identity(public, "publicIPAddresses"),
        address: public.parse().unwrap(),
        assumed: false,
        sku: AddressSku::Standard,
        fqdn: None,
    });
    network.gateways.push(Gateway {
        identity: identity(place, "virtualNetworkGateways"),
        vnet,
        gateway_type: kind,
        public_ips: vec![public],
        enable_bgp: true,
        active_active: false,
        default_site: None,
        client_pool: Vec::new(),
        clients: Vec::new(),
        bgp_addresses: Vec::new(),
        instances_down: [false; 2],
        down: false,
    })
}

/// Adds a connection that stands.
pub fn connect(
    network: &mut Network,
    gateway: Id<Gateway>,
    to: ConnectionEnd,
    bgp: bool,
) -> Id<Connection> {
    network.connections.push(Connection {
        identity: identity("connection", "connections"),
        gateway,
        to,
        status: ConnectionStatus::Connected,
        enable_bgp: bgp,
        routing_weight: 0,
    })
}

/// Adds a local network gateway and a connection to it.
pub fn site(
    network: &mut Network,
    gateway: Id<Gateway>,
    ranges: &[&str],
) -> (Id<LocalGateway>, Id<Connection>) {
    let local = network.local_gateways.push(LocalGateway {
        identity: identity("site", "localNetworkGateways"),
        gateway_ip_address: None,
        address_space: prefixes(ranges),
        bgp_peering_address: None,
        site: None,
    });
    let connection = connect(network, gateway, ConnectionEnd::Local(local), false);
    (local, connection)
}

/// Adds a circuit and a connection to it.
pub fn circuit(
    network: &mut Network,
    gateway: Id<Gateway>,
    advertised: &[&str],
    as_path_length: u16,
) -> (Id<Circuit>, Id<Connection>) {
    let circuit = network.circuits.push(Circuit {
        identity: identity("circuit", "expressRouteCircuits"),
        site: None,
        advertised: prefixes(advertised),
        as_path_length,
        primary_up: true,
        secondary_up: true,
    });
    let connection = connect(network, gateway, ConnectionEnd::Circuit(circuit), true);
    (circuit, connection)
}

/// Adds a Route Server whose peers are NICs, each with what it advertises and its path length.
pub fn route_server(
    network: &mut Network,
    place: &str,
    peers: &[(&str, &[&str], u16)],
) -> Id<RouteServer> {
    let peers = peers.iter().map(|(nic, advertised, as_path_length)| {
        let nic = network.nic(nic).unwrap();
        BgpPeer {
            name: Arc::from("peer"),
            nic,
            advertised: prefixes(advertised),
            as_path_length: *as_path_length,
            next_hop: network.nics[nic].addresses[0].address,
        }
    });
    let peers = peers.collect();
    let vnet = vnet(network, place);
    network.route_servers.push(RouteServer {
        identity: identity("rs", "routeServers"),
        vnet,
        peers,
        branch_to_branch: false,
        down: false,
    })
}

/// Adds a private endpoint.
pub fn private_endpoint(network: &mut Network, place: &str, address: &str) -> Id<Fixture> {
    let subnet = subnet(network, place);
    let address: IpAddr = address.parse().unwrap();
    network.fixtures.push(Fixture {
        identity: identity(place, "privateEndpoints"),
        kind: FixtureKind::PrivateEndpoint(Id::new(0)),
        vnet: Some(network.subnets[subnet].vnet),
        subnet: Some(subnet),
        addresses: vec![address],
        public_ips: Vec::new(),
        down: false,
        members: Vec::new(),
    })
}
