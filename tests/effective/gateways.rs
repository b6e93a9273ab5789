//! What gateways and Route Servers teach a VNet.

use dryhop::effective::Effective;
use dryhop::network::{ConnectionEnd, Network};
use dryhop::spec::checks::{RouteSource, RouteState};
use dryhop::spec::{ConnectionStatus, GatewayType, PowerState};

use super::support::{
    circuit, connect, gateway, hop, lines, network, prefix, prefixes, route_server, site,
};

/// The learned rows of a NIC as `prefix addresses`, with the state where it is not Active.
#[track_caller]
fn learned(network: &Network, nic: &str) -> Vec<String> {
    let effective = Effective::new(network);
    let rows = effective.routes(network.nic(nic).unwrap()).rows.iter();
    rows.filter(|row| row.source == RouteSource::VirtualNetworkGateway)
        .map(|row| {
            let mut line = row.prefixes[0].to_string();
            for address in &row.next_hop_addresses {
                line += &format!(" {address}");
            }
            if row.state == RouteState::Invalid {
                line += " Invalid";
            }
            line
        })
        .collect()
}

/// `virtual-networks-udr-overview`, "Routing example": one subnet overrides everything, the other
/// nothing.
#[test]
fn the_routing_example() {
    let mut network = network(
        "
virtualNetworks:
  one:
    addressSpace: 10.0.0.0/16
    subnets:
      subnet1: { addressPrefix: 10.0.0.0/24, routeTable: rt, serviceEndpoints: [Microsoft.Storage] }
      subnet2: { addressPrefix: 10.0.1.0/24 }
      nva: { addressPrefix: 10.0.100.0/24 }
    peerings: { p: { remoteVirtualNetwork: two } }
  two:
    addressSpace: [10.1.0.0/16, 10.2.0.0/16]
    subnets: { default: { addressPrefix: 10.1.4.0/24 } }
    peerings: { p: { remoteVirtualNetwork: one } }
routeTables:
  rt:
    routes:
      Within-VNet1: { addressPrefix: 10.0.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.100.4 }
      Within-Subnet1: { addressPrefix: 10.0.0.0/24, nextHopType: VnetLocal }
      ToVNet2-1-Drop: { addressPrefix: 10.1.0.0/16, nextHopType: None }
      ToVNet2-2-Drop: { addressPrefix: 10.2.0.0/16, nextHopType: None }
      To-On-Prem: { addressPrefix: 10.10.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.100.4 }
      Default-NVA: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.100.4 }
virtualMachines:
  vm-1: { networkInterface: { subnet: one/subnet1 } }
  vm-2: { networkInterface: { subnet: one/subnet2 } }
networkVirtualAppliances: { nva: { networkInterface: { subnet: one/nva, privateIPAddress: 10.0.100.4 } } }
serviceTags: { custom: { Storage: [20.60.0.0/16] } }
",
    );
    let vpn = gateway(&mut network, "one", GatewayType::Vpn, "20.1.1.1");
    site(&mut network, vpn, &["10.10.0.0/16"]);
    let effective = Effective::new(&network);
    assert_eq!(
        lines(&effective, "vm-1"),
        [
            "Default Invalid 10.0.0.0/16 VnetLocal",
            "Default Invalid 10.1.0.0/16 VNetPeering",
            "Default Invalid 10.2.0.0/16 VNetPeering",
            "Default Active 20.60.0.0/16 VirtualNetworkServiceEndpoint",
            "Default Invalid 0.0.0.0/0 Internet",
            "VirtualNetworkGateway Invalid 10.10.0.0/16 VirtualNetworkGateway 20.1.1.1",
            "User Active 10.0.0.0/16 VirtualAppliance 10.0.100.4 Within-VNet1",
            "User Active 10.0.0.0/24 VnetLocal Within-Subnet1",
            "User Active 10.1.0.0/16 None ToVNet2-1-Drop",
            "User Active 10.2.0.0/16 None ToVNet2-2-Drop",
            "User Active 10.10.0.0/16 VirtualAppliance 10.0.100.4 To-On-Prem",
            "User Active 0.0.0.0/0 VirtualAppliance 10.0.100.4 Default-NVA",
        ]
    );
    assert_eq!(
        lines(&effective, "vm-2"),
        [
            "Default Active 10.0.0.0/16 VnetLocal",
            "Default Active 10.1.0.0/16 VNetPeering",
            "Default Active 10.2.0.0/16 VNetPeering",
            "Default Active 0.0.0.0/0 Internet",
            "VirtualNetworkGateway Active 10.10.0.0/16 VirtualNetworkGateway 20.1.1.1",
        ]
    );
    let nva = "VirtualAppliance 10.0.100.4 rt";
    let system = "System Route";
    for (destination, one, two) in [
        ("10.0.0.5", "VnetLocal rt", "VnetLocal"),
        ("10.0.1.5", nva, "VnetLocal"),
        ("10.1.4.4", "None rt", "VNetPeering"),
        ("10.2.9.9", "None rt", "VNetPeering"),
        ("10.10.1.1", nva, "VirtualNetworkGateway 20.1.1.1"),
        (
            "20.60.26.5",
            "VirtualNetworkServiceEndpoint System Route",
            "Internet",
        ),
        ("8.8.8.8", nva, "Internet"),
        ("10.50.0.1", nva, "None"),
        ("172.16.5.5", nva, "None"),
    ] {
        assert_eq!(hop(&effective, "vm-1", destination), one, "{destination}");
        assert_eq!(
            hop(&effective, "vm-2", destination),
            format!("{two} {system}"),
            "{destination}"
        );
    }
}

const TWO: &str = "
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: { app: { addressPrefix: 10.0.1.0/24, routeTable: rt }, nva: { addressPrefix: 10.0.2.0/24 }, quiet: { addressPrefix: 10.0.3.0/24, routeTable: quiet } }
    peerings: { spoke: { remoteVirtualNetwork: spoke, allowGatewayTransit: true } }
  spoke:
    addressSpace: 10.1.0.0/16
    subnets: { app: { addressPrefix: 10.1.1.0/24 } }
    peerings: { hub: { remoteVirtualNetwork: hub } }
  far:
    addressSpace: 10.5.0.0/16
    subnets: { app: { addressPrefix: 10.5.1.0/24 } }
  third:
    addressSpace: 10.6.0.0/16
    subnets: { app: { addressPrefix: 10.6.1.0/24 } }
routeTables:
  quiet: { disableBgpRoutePropagation: true, routes: {} }
  rt: { routes: { by-gateway: { addressPrefix: 192.0.2.0/24, nextHopType: VirtualNetworkGateway } } }
virtualMachines:
  vm: { networkInterface: { subnet: hub/app } }
  quiet: { networkInterface: { subnet: hub/quiet } }
  spoke: { networkInterface: { subnet: spoke/app } }
  far: { networkInterface: { subnet: far/app } }
networkVirtualAppliances:
  nva-1: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.2.4 } }
  nva-2: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.2.5 } }
";

/// `vpn-gateway-faq` on BGP and `route-injection-in-spokes`: a supernet of the VNet is taken, its own
/// range and what lies inside are not.
#[test]
fn what_is_accepted_by_bgp() {
    let offered = ["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/24"];
    let mut by_circuit = network(TWO);
    let er = gateway(
        &mut by_circuit,
        "hub",
        GatewayType::ExpressRoute,
        "20.1.1.1",
    );
    circuit(&mut by_circuit, er, &offered, 1);
    assert_eq!(learned(&by_circuit, "vm"), ["10.0.0.0/8"]);
    let effective = Effective::new(&by_circuit);
    assert_eq!(
        hop(&effective, "vm", "10.9.9.9"),
        "VirtualNetworkGateway System Route"
    );
    assert_eq!(hop(&effective, "vm", "10.0.0.9"), "VnetLocal System Route");

    let mut by_server = network(TWO);
    route_server(&mut by_server, "hub", &[("nva-1", &offered, 1)]);
    assert_eq!(learned(&by_server, "vm"), ["10.0.0.0/8 10.0.2.4"]);
}

/// `about-vpn-gateway-settings`: static prefixes and the client pool are routes of every subnet that
/// takes them, for as long as the connection stands.
#[test]
fn static_prefixes_and_clients() {
    let mut network = network(TWO);
    let vpn = gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.1");
    network.gateways[vpn].client_pool = prefixes(&["172.30.0.0/24"]);
    let (_, connection) = site(&mut network, vpn, &["192.168.0.0/16"]);
    let all = ["172.30.0.0/24 20.1.1.1", "192.168.0.0/16 20.1.1.1"];
    assert_eq!(learned(&network, "vm"), all);
    assert!(learned(&network, "quiet").is_empty());
    assert!(learned(&network, "spoke").is_empty());
    network.connections[connection].status = ConnectionStatus::NotConnected;
    assert_eq!(learned(&network, "vm"), all[..1]);
    network.gateways[vpn].down = true;
    assert!(learned(&network, "vm").is_empty());
}

/// `vpn-gateway-peering-gateway-transit`: both sides of the peering must say it, and the spoke's ranges
/// are told to the other side.
#[test]
fn transit_over_a_peering() {
    let mut network = network(TWO);
    let vpn = gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.1");
    let (_, connection) = site(&mut network, vpn, &["192.168.0.0/16"]);
    let told = |network: &Network| Effective::new(network).advertised(connection);
    assert_eq!(told(&network), prefixes(&["10.0.0.0/16"]));
    let peerings: Vec<_> = network.peerings.ids().collect();
    for peering in peerings {
        if &*network.peerings[peering].name == "hub" {
            network.peerings[peering].use_remote_gateways = true;
        }
    }
    assert_eq!(learned(&network, "spoke"), ["192.168.0.0/16 20.1.1.1"]);
    assert_eq!(told(&network), prefixes(&["10.0.0.0/16", "10.1.0.0/16"]));
    let effective = Effective::new(&network);
    let spoke = network.subnets[network.nics[network.nic("spoke").unwrap()].subnet].vnet;
    assert_eq!(effective.vpn_gateway(spoke), Some(vpn));
}

/// `vpn-gateway-howto-vnet-vnet` and `vpn-gateway-bgp-overview`: the other VNet's ranges and its
/// gateway's address as a speaker; by BGP what it knows from others, too.
#[test]
fn from_one_vnet_to_another() {
    let mut network = network(TWO);
    let hub = gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.1");
    let far = gateway(&mut network, "far", GatewayType::Vpn, "20.5.1.1");
    let third = gateway(&mut network, "third", GatewayType::Vpn, "20.6.1.1");
    network.gateways[far].bgp_addresses = vec!["10.5.0.254".parse().unwrap()];
    site(&mut network, far, &["192.168.0.0/16", "0.0.0.0/0"]);
    let tunnel = connect(&mut network, hub, ConnectionEnd::Gateway(far), false);
    let onward = connect(&mut network, far, ConnectionEnd::Gateway(third), true);
    let neighbour = ["10.5.0.0/16 20.1.1.1", "10.5.0.254/32 20.1.1.1"];
    // The host route lies inside the range, yet not inside one of the hub's own.
    assert_eq!(learned(&network, "vm"), neighbour);
    network.connections[tunnel].enable_bgp = true;
    assert_eq!(
        learned(&network, "vm"),
        [
            &neighbour[..],
            &["192.168.0.0/16 20.1.1.1", "10.6.0.0/16 20.1.1.1"]
        ]
        .concat()
    );
    network.connections[onward].status = ConnectionStatus::NotConnected;
    assert_eq!(
        learned(&network, "vm"),
        [&neighbour[..], &["192.168.0.0/16 20.1.1.1"]].concat()
    );
    // An object on the other side is the same tunnel; if it does not stand, neither does the tunnel.
    let back = connect(&mut network, far, ConnectionEnd::Gateway(hub), true);
    assert_eq!(learned(&network, "vm").len(), 3);
    network.connections[back].status = ConnectionStatus::NotConnected;
    assert!(learned(&network, "vm").is_empty());
}

/// `expressroute-howto-coexist-resource-manager` and `expressroute-optimize-routing`: ExpressRoute
/// before VPN, then the weight, then the AS path; equal ones together.
#[test]
fn which_connection_is_preferred() {
    let mut network = network(TWO);
    let vpn = gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.1");
    let er = gateway(&mut network, "hub", GatewayType::ExpressRoute, "20.1.1.2");
    site(&mut network, vpn, &["192.168.0.0/16", "192.168.7.0/24"]);
    let (one, _) = circuit(&mut network, er, &["192.168.0.0/16"], 2);
    let (two, heavy) = circuit(&mut network, er, &["192.168.0.0/16"], 2);
    let gateways = |network: &Network| {
        let effective = Effective::new(network);
        let routes = effective.routes(network.nic("vm").unwrap());
        let winners = routes.winners("192.168.1.1".parse().unwrap());
        winners.map(|row| row.learned.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(gateways(&network).len(), 2, "equal cost");
    // A longer prefix by VPN still wins.
    let effective = Effective::new(&network);
    assert_eq!(
        hop(&effective, "vm", "192.168.7.1"),
        "VirtualNetworkGateway 20.1.1.1 System Route"
    );
    network.circuits[one].as_path_length = 1;
    let first = gateways(&network);
    assert_eq!(first.len(), 1);
    network.connections[heavy].routing_weight = 10;
    assert_ne!(gateways(&network), first, "the weight goes before the path");
    for circuit in [one, two] {
        network.circuits[circuit].primary_up = false;
        network.circuits[circuit].secondary_up = false;
    }
    assert_eq!(
        gateways(&network)[0].gateway(),
        Some(vpn),
        "the VPN takes over"
    );
}

/// `network-virtual-appliance-high-availability`, Route Server: equal paths hold together, the shorter
/// one alone; an appliance that stops withdraws; the system's default route is not shown beneath.
#[test]
fn appliances_behind_a_route_server() {
    let mut network = network(TWO);
    let everything: &[&str] = &["0.0.0.0/0"];
    let server = route_server(
        &mut network,
        "hub",
        &[("nva-1", everything, 1), ("nva-2", everything, 1)],
    );
    let both = ["0.0.0.0/0 10.0.2.4", "0.0.0.0/0 10.0.2.5"];
    assert_eq!(learned(&network, "vm"), both);
    {
        let effective = Effective::new(&network);
        let hop = hop(&effective, "vm", "172.20.1.1");
        assert_eq!(hop, "VirtualNetworkGateway 10.0.2.4 10.0.2.5 System Route");
        let rows = lines(&effective, "vm");
        assert!(!rows.iter().any(|row| row.contains("Internet")), "{rows:?}");
        let quiet = lines(&effective, "quiet");
        assert!(quiet.contains(&"Default Active 0.0.0.0/0 Internet".to_owned()));
    }
    network.route_servers[server].peers[1].as_path_length = 2;
    assert_eq!(learned(&network, "vm"), both[..1]);
    let machine = network.nics[network.nic("nva-1").unwrap()].machine;
    network.machines[machine].power = PowerState::Stopped;
    assert_eq!(learned(&network, "vm"), both[1..]);
}

/// `expressroute-vpn-support`: a Route Server that exchanges routes tells each branch of the other and of
/// the appliances.
#[test]
fn a_route_server_between_branches() {
    let mut network = network(TWO);
    let vpn = gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.1");
    let er = gateway(&mut network, "hub", GatewayType::ExpressRoute, "20.1.1.2");
    site(&mut network, vpn, &["192.168.0.0/16"]);
    let (_, connection) = circuit(&mut network, er, &["172.30.0.0/16"], 1);
    let announced: &[&str] = &["10.99.0.0/16", "0.0.0.0/0"];
    let server = route_server(&mut network, "hub", &[("nva-1", announced, 1)]);
    let told = |network: &Network| Effective::new(network).advertised(connection);
    assert_eq!(told(&network), prefixes(&["10.0.0.0/16"]));
    network.route_servers[server].branch_to_branch = true;
    let all = prefixes(&["10.0.0.0/16", "10.99.0.0/16", "192.168.0.0/16"]);
    assert_eq!(told(&network), all);
}

/// `site-to-site-tunneling` (default site): the gateway draws what goes to the Internet.
#[test]
fn a_default_site() {
    let mut network = network(TWO);
    let vpn = gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.1");
    let (local, _) = site(&mut network, vpn, &["192.168.0.0/16"]);
    network.gateways[vpn].default_site = Some(local);
    let effective = Effective::new(&network);
    assert_eq!(
        hop(&effective, "vm", "8.8.8.8"),
        "VirtualNetworkGateway 20.1.1.1 System Route"
    );
    assert_eq!(hop(&effective, "quiet", "8.8.8.8"), "Internet System Route");
    let routes = effective.gateway_routes(network.gateways[vpn].vnet);
    assert!(
        routes
            .iter()
            .any(|route| route.prefix == prefix("0.0.0.0/0"))
    );
}

/// `virtual-networks-udr-overview`, next hop types: a user route leads to VPN gateways only, and drops
/// where there is none.
#[test]
fn a_user_route_to_a_gateway() {
    let mut network = network(TWO);
    let way = |network: &Network| hop(&Effective::new(network), "vm", "192.0.2.1");
    assert_eq!(way(&network), "None rt");
    gateway(&mut network, "hub", GatewayType::ExpressRoute, "20.1.1.1");
    assert_eq!(way(&network), "None rt");
    gateway(&mut network, "hub", GatewayType::Vpn, "20.1.1.2");
    assert_eq!(way(&network), "VirtualNetworkGateway rt");
}
