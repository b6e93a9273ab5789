//! Names of a small network made by hand.

use super::*;
use crate::network::{LoadBalancer, Place};
use crate::spec::{Access, AddressSku, GatewayType, OrchestrationMode, PeeringState, PowerState};

const GROUP: &str = "/subscriptions/s/resourceGroups/rg/providers";

pub(in crate::network) fn identity(section: &'static str, kind: &str, name: &str) -> Identity {
    let (group, bare) = name.split_once('/').unwrap_or(("rg", name));
    Identity {
        name: Arc::from(name),
        section,
        resource_group: Arc::from(group),
        subscription: Arc::from("s"),
        location: Some(Arc::from("westeurope")),
        id: format!("/subscriptions/s/resourceGroups/{group}/providers/{kind}/{bare}").into(),
        tags: Vec::new(),
    }
}

fn guest() -> Guest {
    let open = GuestFilter {
        default_action: Access::Allow,
        rules: Vec::new(),
    };
    Guest {
        network_watcher_agent: true,
        cpu_utilization: None,
        memory_utilization: None,
        listeners: None,
        used_ports: Vec::new(),
        inbound: open.clone(),
        outbound: open,
    }
}

fn machine(
    network: &mut Network,
    identity: Identity,
    kind: MachineKind,
    nics: &[&str],
) -> Id<Machine> {
    let id = Id::new(network.machines.len() as u32);
    let short = identity
        .name
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let nics: Vec<Id<Nic>> = nics
        .iter()
        .map(|nic| {
            network.nics.push(Nic {
                listed: true,
                name: Arc::from(*nic),
                id: format!("{GROUP}/Microsoft.Network/networkInterfaces/{short}-{nic}").into(),
                machine: id,
                subnet: Id::new(0),
                addresses: Vec::new(),
                nsg: None,
                asgs: Vec::new(),
                ip_forwarding: false,
                accelerated_networking: true,
            })
        })
        .collect();
    network.machines.push(Machine {
        identity,
        kind,
        zone: Some(Arc::from("1")),
        power: PowerState::Running,
        primary_nic: nics[0],
        nics,
        guest: guest(),
        forwarding: None,
    })
}

fn fixture(network: &mut Network, identity: Identity, kind: FixtureKind) {
    network.fixtures.push(Fixture {
        identity,
        kind,
        vnet: None,
        subnet: None,
        addresses: Vec::new(),
        public_ips: Vec::new(),
        down: false,
        members: Vec::new(),
    });
}

/// Machines `web-1`, `nva-1` (two NICs), `shared`, `a/twin`, `b/twin`; a set `api`, and more.
pub(in crate::network) fn sample() -> Network {
    let mut net = Network::default();
    let vm = |name| identity("virtualMachines", "Microsoft.Compute/virtualMachines", name);
    machine(
        &mut net,
        vm("web-1"),
        MachineKind::VirtualMachine,
        &["web-1-nic"],
    );
    let nva = identity(
        "networkVirtualAppliances",
        "Microsoft.Compute/virtualMachines",
        "nva-1",
    );
    machine(
        &mut net,
        nva,
        MachineKind::Appliance,
        &["inside", "outside"],
    );
    machine(
        &mut net,
        vm("shared"),
        MachineKind::VirtualMachine,
        &["shared-nic"],
    );
    machine(
        &mut net,
        vm("a/twin"),
        MachineKind::VirtualMachine,
        &["nic"],
    );
    machine(
        &mut net,
        vm("b/twin"),
        MachineKind::VirtualMachine,
        &["nic"],
    );
    let set = net.scale_sets.push(ScaleSet {
        identity: identity(
            "virtualMachineScaleSets",
            "Microsoft.Compute/virtualMachineScaleSets",
            "api",
        ),
        orchestration_mode: OrchestrationMode::Uniform,
        instances: Vec::new(),
    });
    for number in 0..2 {
        let mut own = identity("virtualMachineScaleSets", "x", &format!("api_{number}"));
        own.id = format!(
            "{}/virtualMachines/{number}",
            net.scale_sets[set].identity.id
        )
        .into();
        let id = machine(&mut net, own, MachineKind::Instance(set), &["nic"]);
        net.scale_sets[set].instances.push(id);
    }
    let bastion = identity("bastionHosts", "Microsoft.Network/bastionHosts", "bastion");
    fixture(&mut net, bastion, FixtureKind::BastionHost);
    let shared = identity("loadBalancers", "Microsoft.Network/loadBalancers", "shared");
    fixture(
        &mut net,
        shared.clone(),
        FixtureKind::LoadBalancer(Id::new(0), 0),
    );
    fixture(
        &mut net,
        shared.clone(),
        FixtureKind::LoadBalancer(Id::new(0), 1),
    );
    net.load_balancers.push(LoadBalancer {
        identity: shared,
        sku: AddressSku::Standard,
        frontends: Vec::new(),
        outbound_rules: Vec::new(),
        down: false,
    });
    let hub = identity(
        "virtualNetworks",
        "Microsoft.Network/virtualNetworks",
        "hub",
    );
    let spoke = identity(
        "virtualNetworks",
        "Microsoft.Network/virtualNetworks",
        "spoke",
    );
    for identity in [hub, spoke] {
        net.vnets.push(VirtualNetwork {
            identity,
            address_space: Vec::new(),
            addresses: crate::net::AddressSet::default(),
            dns_servers: Vec::new(),
            intent_policies: Vec::new(),
            subnets: Vec::new(),
            peerings: Vec::new(),
        });
    }
    for (name, own, other) in [("to-spoke", 0, 1), ("to-hub", 1, 0)] {
        let id = net.peerings.push(Peering {
            name: Arc::from(name),
            vnet: Id::new(own),
            remote: Id::new(other),
            reverse: Some(Id::new(other)),
            state: PeeringState::Connected,
            connected: true,
            global: false,
            allow_virtual_network_access: true,
            allow_forwarded_traffic: false,
            allow_gateway_transit: false,
            use_remote_gateways: false,
            subnets: None,
            only_ipv6: false,
        });
        net.vnets[Id::new(own)].peerings.push(id);
    }
    let gateway = identity(
        "virtualNetworkGateways",
        "Microsoft.Network/virtualNetworkGateways",
        "vpngw",
    );
    let id = net.gateways.push(Gateway {
        identity: gateway.clone(),
        vnet: Id::new(0),
        gateway_type: GatewayType::Vpn,
        public_ips: Vec::new(),
        enable_bgp: false,
        active_active: false,
        default_site: None,
        client_pool: vec!["172.20.0.0/24".parse().unwrap()],
        clients: Vec::new(),
        bgp_addresses: Vec::new(),
        instances_down: [false; 2],
        down: false,
    });
    fixture(&mut net, gateway, FixtureKind::Gateway(id));
    let circuit = identity("expressRouteCircuits", "x", "er-1");
    net.circuits.push(Circuit {
        identity: circuit,
        site: None,
        advertised: Vec::new(),
        as_path_length: 1,
        primary_up: true,
        secondary_up: true,
    });
    let site = net.sites.push(Site {
        name: Arc::from("hq"),
        address_space: Vec::new(),
        reaches: None,
        hosts: Vec::new(),
        rtt_ms: None,
        prefers: Vec::new(),
        down: false,
    });
    let host = net.site_hosts.push(SiteHost {
        name: Arc::from("hq-dc"),
        site,
        address: "192.168.1.4".parse().unwrap(),
        listeners: None,
        power: PowerState::Running,
    });
    net.sites[site].hosts.push(host);
    net.internet_hosts.push(InternetHost {
        name: Arc::from("www.bing.com"),
        addresses: Vec::new(),
        listeners: None,
        rtt_ms: None,
        down: false,
    });
    net.nsgs.push(NetworkSecurityGroup {
        identity: identity("networkSecurityGroups", "x", "nsg-web"),
        rules: Vec::new(),
    });
    net
}

fn unknown(text: &str, close: Option<&str>) -> NameFault {
    NameFault::Unknown(text.to_owned(), close.map(str::to_owned))
}

fn ambiguous(text: &str, all: &[&str]) -> NameFault {
    NameFault::Ambiguous(
        text.to_owned(),
        all.iter().map(|s| (*s).to_owned()).collect(),
    )
}

fn nic(number: u32) -> Endpoint {
    Endpoint::Nic(Id::new(number))
}

#[test]
fn machines_go_by_their_primary_or_a_named_nic() {
    let net = sample();
    for (text, number) in [
        ("web-1", 0),
        ("WEB-1", 0),
        ("web-1/web-1-nic", 0),
        ("virtualMachines/web-1", 0),
        ("rg/web-1", 0),
        ("nva-1", 1),
        ("nva-1/outside", 2),
        ("networkVirtualAppliances/nva-1/Outside", 2),
        ("a/twin", 4),
        ("b/twin", 5),
        ("b/twin/nic", 5),
        ("api_1", 7),
    ] {
        assert_eq!(net.endpoint(text), Ok(nic(number)), "{text}");
    }
    assert_eq!(net.endpoint("api"), Ok(Endpoint::ScaleSet(Id::new(0))));
}

#[test]
fn arm_ids_name_what_they_are_the_id_of() {
    let net = sample();
    let set = format!("{GROUP}/Microsoft.Compute/virtualMachineScaleSets/api");
    for (text, endpoint) in [
        (
            format!("{GROUP}/Microsoft.Compute/virtualMachines/WEB-1"),
            nic(0),
        ),
        (
            format!("{GROUP}/Microsoft.Network/networkInterfaces/nva-1-outside"),
            nic(2),
        ),
        (
            format!("{GROUP}/Microsoft.Network/networkInterfaces/nva-1-outside/ipConfigurations/x"),
            nic(2),
        ),
        (set.clone(), Endpoint::ScaleSet(Id::new(0))),
        (format!("{set}/virtualMachines/1"), nic(7)),
        (
            format!("{GROUP}/Microsoft.Network/bastionHosts/bastion"),
            Endpoint::Fixture(Id::new(0)),
        ),
    ] {
        assert_eq!(net.endpoint(&text), Ok(endpoint), "{text}");
    }
    assert!(matches!(
        net.endpoint("/subscriptions/x/nothing"),
        Err(NameFault::Unknown(_, _))
    ));
}

#[test]
fn what_is_no_machine_is_found_too() {
    let net = sample();
    let address = |text: &str| text.parse().unwrap();
    for (text, endpoint) in [
        ("bastion", Endpoint::Fixture(Id::new(0))),
        ("loadBalancers/shared", Endpoint::Fixture(Id::new(1))),
        ("vpngw", Endpoint::Fixture(Id::new(3))),
        ("hq", Endpoint::Site(Id::new(0))),
        ("hq-dc", Endpoint::SiteHost(Id::new(0))),
        ("hq/hq-dc", Endpoint::SiteHost(Id::new(0))),
        ("onPremisesSites/hq", Endpoint::Site(Id::new(0))),
        ("internet", Endpoint::Internet),
        ("www.bing.com", Endpoint::InternetHost(Id::new(0))),
        (
            "vpngw/172.20.0.9",
            Endpoint::VpnClient(Id::new(0), address("172.20.0.9")),
        ),
        ("10.2.2.10", Endpoint::Address(address("10.2.2.10"))),
        ("2001:db8::1", Endpoint::Address(address("2001:db8::1"))),
        (
            "shop.contoso.com",
            Endpoint::Fqdn("shop.contoso.com".to_owned()),
        ),
    ] {
        assert_eq!(net.endpoint(text), Ok(endpoint), "{text}");
    }
}

#[test]
fn a_uri_is_a_host_and_a_port() {
    let net = sample();
    for (text, host, port) in [
        ("https://shop.contoso.com/cart", "shop.contoso.com", 443),
        ("http://10.0.0.4?x=1", "10.0.0.4", 80),
        ("HTTPS://user@shop:8443/a@b", "shop", 8443),
        ("tcp://[2001:db8::1]:53", "2001:db8::1", 53),
    ] {
        let host = host.to_owned();
        assert_eq!(
            net.endpoint(text),
            Ok(Endpoint::Uri { host, port }),
            "{text}"
        );
    }
    for text in ["ftp://x", "https://", "https://x:0", "https://x:99999"] {
        assert_eq!(net.endpoint(text), Err(unknown(text, None)));
    }
}

#[test]
fn what_has_no_name_or_several_is_a_fault() {
    let net = sample();
    for (text, fault) in [
        ("web-2", unknown("web-2", Some("web-1"))),
        ("nva-1/insde", unknown("nva-1/insde", Some("nva-1/inside"))),
        ("zzz", unknown("zzz", None)),
        (
            "shared",
            ambiguous(
                "shared",
                &["virtualMachines/shared", "loadBalancers/shared"],
            ),
        ),
        (
            "twin",
            ambiguous(
                "twin",
                &["virtualMachines/a/twin", "virtualMachines/b/twin"],
            ),
        ),
        (
            "nsg-web",
            NameFault::WrongKind("nsg-web".to_owned(), "networkSecurityGroups"),
        ),
    ] {
        assert_eq!(net.endpoint(text), Err(fault), "{text}");
    }
}

#[test]
fn nics_go_by_their_machine_or_by_their_own_name() {
    let net = sample();
    for (text, number) in [
        ("nva-1", 1),
        ("outside", 2),
        ("nva-1/outside", 2),
        ("shared", 3),
    ] {
        assert_eq!(net.nic(text), Ok(Id::new(number)), "{text}");
    }
    let id = format!("{GROUP}/Microsoft.Network/networkInterfaces/nva-1-outside");
    assert_eq!(net.nic(&id), Ok(Id::new(2)));
    assert_eq!(
        net.nic("nic"),
        Err(ambiguous(
            "nic",
            &["a/twin/nic", "b/twin/nic", "api_0/nic", "api_1/nic"]
        ))
    );
    let wrong = NameFault::WrongKind("bastion".to_owned(), "bastionHosts");
    assert_eq!(net.nic("bastion"), Err(wrong));
}

#[test]
fn places_are_called_as_checks_call_them() {
    let net = sample();
    assert_eq!(&*net.place_name(Place::Nic(Id::new(2))), "nva-1");
    assert_eq!(&*net.place_name(Place::Internet), "Internet");
    let id = net.place_id(Place::Nic(Id::new(2))).unwrap();
    assert!(id.ends_with("/virtualMachines/nva-1"));
    assert_eq!(net.place_id(Place::Internet), None);
}
