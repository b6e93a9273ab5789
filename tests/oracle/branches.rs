//! Random gateways and what is on premises.

use std::net::Ipv4Addr;

use super::endpoints::Policies;
use super::generate::{listeners, public_ip};
use super::model::*;
use super::sites::*;
use super::tape::Tape;

/// A hub, mostly the first VNet, with a VPN gateway, a circuit beside it, or a route server.
pub fn gateways(t: &mut Tape<'_>, model: &mut Model) {
    let kind = t.below(8);
    if kind < 2 {
        return;
    }
    let hub = if t.chance(15) {
        t.below(model.vnets.len())
    } else {
        0
    };
    // A peer that overlaps a site is not asked about, nor a VNet that takes the site's range.
    if model
        .vnets
        .iter()
        .any(|vnet| vnet.space.contains(&net("192.168.0.0/16")))
    {
        return;
    }
    match kind {
        2 => route_server(t, model, hub),
        3 | 4 => vpn(t, model, hub),
        5 => circuit(t, model, hub),
        _ => {
            vpn(t, model, hub);
            circuit(t, model, hub);
        }
    }
    preferences(t, model);
    transit(t, model, hub);
}

fn subnet(model: &mut Model, hub: usize, name: &str, third: u8, length: u8) -> usize {
    let base = model.vnets[hub].space[0].addr().octets();
    let prefix = net(&format!("{}.{}.{third}.0/{length}", base[0], base[1]));
    let subnets = &mut model.vnets[hub].subnets;
    if let Some(at) = subnets.iter().position(|subnet| subnet.name == name) {
        return at;
    }
    subnets.push(Subnet {
        name: name.to_owned(),
        prefix,
        group: None,
        table: None,
        nat: None,
        default_outbound: true,
        policies: Policies::default(),
    });
    subnets.len() - 1
}

/// The gateway's subnet, here and there with a table: one route for each of some VNets.
fn gateway_subnet(t: &mut Tape<'_>, model: &mut Model, hub: usize) -> usize {
    let count = model.vnets[hub].subnets.len();
    let at = subnet(model, hub, "GatewaySubnet", 255, 27);
    if at < count || !t.chance(50) {
        return at;
    }
    let mut hops: Vec<Ipv4Addr> = model
        .nics
        .iter()
        .filter(|nic| model.machines[nic.machine].forwarding.is_some())
        .map(|nic| nic.address)
        .collect();
    for balancer in &model.balancers {
        if let (true, Frontend::Private { address, .. }) =
            (balancer.rules[0].proto.is_none(), balancer.frontends[0])
        {
            hops.extend([address; 3]);
        }
    }
    for firewall in &model.firewalls {
        hops.extend([firewall.address; 3]);
    }
    if hops.is_empty() {
        return at;
    }
    let hop = t.pick(&hops);
    let mut routes: Vec<Route> = Vec::new();
    for vnet in 0..model.vnets.len() {
        let target = match t.below(6) {
            0..=2 => Target::Prefix(model.vnets[vnet].space[0]),
            3 if vnet != hub => Target::Prefix(model.vnets[vnet].subnets[0].prefix),
            // A summary, which does nothing.
            4 => Target::Prefix(net("10.0.0.0/8")),
            _ => continue,
        };
        if vnet != hub && routes.iter().all(|other| other.target != target) {
            routes.push(Route {
                name: format!("g{vnet}"),
                target,
                hop: Hop::Appliance(hop),
            });
        }
    }
    model.tables.push(Table {
        name: "rt-gateway".to_owned(),
        routes,
        no_propagation: false,
    });
    model.vnets[hub].subnets[at].table = Some(model.tables.len() - 1);
    at
}

fn site(t: &mut Tape<'_>, model: &mut Model, number: usize) -> usize {
    let name = format!("site-{number}");
    if let Some(at) = model.sites.iter().position(|site| site.name == name) {
        return at;
    }
    let third = 100 + u8::try_from(number).unwrap_or(0);
    model.sites.push(Site {
        name,
        space: vec![net(&format!("192.168.{third}.0/24"))],
        reaches: t
            .chance(25)
            .then(|| vec![t.pick(&[net("10.0.0.0/8"), net("10.1.0.0/16")])]),
        prefers: Vec::new(),
    });
    let at = model.sites.len() - 1;
    for host in 0..1 + t.below(2) {
        model.site_hosts.push(SiteHost {
            name: format!("onprem-{number}-{host}"),
            site: at,
            address: Ipv4Addr::new(192, 168, third, [4, 200][host]),
            listeners: listeners(t),
        });
    }
    at
}

fn vpn(t: &mut Tape<'_>, model: &mut Model, hub: usize) {
    let subnet = gateway_subnet(t, model, hub);
    let ip = public_ip(model, true);
    let second_ip = t.chance(30).then(|| public_ip(model, true));
    model.gateways.push(Gateway {
        name: "vpngw".to_owned(),
        vnet: hub,
        subnet,
        vpn: true,
        public_ip: Some(ip),
        second_ip,
        default_site: None,
    });
    let gateway = model.gateways.len() - 1;
    for number in 0..1 + t.below(2) {
        let site = site(t, model, number);
        let whole = model.sites[site].space.clone();
        let half = net(&format!("192.168.{}.0/25", 100 + number));
        let space = t.pick(&[
            whole.clone(),
            whole,
            vec![net("192.168.0.0/16")],
            vec![half],
        ]);
        // One prefix is one connection's.
        let space = if number > 0 {
            model.sites[site].space.clone()
        } else {
            space
        };
        model.locals.push(Local {
            name: format!("lng-{number}"),
            space,
            site,
        });
        model.connections.push(Connection {
            name: format!("vpn-{number}"),
            gateway,
            far: Far::Local(model.locals.len() - 1),
            connected: !t.chance(8),
        });
    }
    if t.chance(45) {
        clients(model, gateway);
    }
    if t.chance(12) {
        model.gateways[gateway].default_site = Some(model.locals.len() - 1);
    }
}

/// Laptops that dial in.
fn clients(model: &mut Model, gateway: usize) {
    let site = model.sites.len();
    let name = format!("{}/laptop", model.gateways[gateway].name);
    model.sites.push(Site {
        name: "clients".to_owned(),
        space: vec![net("172.31.9.0/24")],
        reaches: None,
        prefers: Vec::new(),
    });
    model.site_hosts.push(SiteHost {
        name,
        site,
        address: Ipv4Addr::new(172, 31, 9, 9),
        listeners: None,
    });
    model.connections.push(Connection {
        name: "clients".to_owned(),
        gateway,
        far: Far::Clients(site),
        connected: true,
    });
}

fn circuit(t: &mut Tape<'_>, model: &mut Model, hub: usize) {
    let subnet = gateway_subnet(t, model, hub);
    model.gateways.push(Gateway {
        name: "ergw".to_owned(),
        vnet: hub,
        subnet,
        vpn: false,
        public_ip: None,
        second_ip: None,
        default_site: None,
    });
    let site = site(t, model, 0);
    let mut advertised = vec![net("192.168.100.0/24")];
    let more = [
        "10.0.0.0/8",
        "10.0.0.0/16",
        "10.1.1.0/24",
        "0.0.0.0/0",
        "172.16.0.0/12",
        "192.168.100.128/25",
    ];
    if t.chance(35) {
        advertised.push(net(t.pick(&more)));
    }
    model.circuits.push(Circuit {
        name: "er-0".to_owned(),
        site,
        advertised,
        links: [!t.chance(15), !t.chance(30)],
    });
    model.connections.push(Connection {
        name: "er".to_owned(),
        gateway: model.gateways.len() - 1,
        far: Far::Circuit(model.circuits.len() - 1),
        connected: !t.chance(5),
    });
}

fn route_server(t: &mut Tape<'_>, model: &mut Model, hub: usize) {
    let appliances: Vec<usize> = (0..model.nics.len())
        .filter(|nic| model.machine(*nic).forwarding.is_some() && model.nics[*nic].vnet == hub)
        .filter(|nic| model.machine(*nic).primary == *nic)
        .collect();
    if appliances.is_empty() {
        return;
    }
    subnet(model, hub, "RouteServerSubnet", 254, 26);
    let base = model.vnets[hub].space[0];
    let mut peers = Vec::new();
    for nic in appliances {
        let mut advertised = vec![net(t.pick(&["0.0.0.0/0", "10.0.0.0/8", "172.30.0.0/16"]))];
        if t.chance(40) {
            let more = [
                base,
                net("10.2.0.0/15"),
                net("93.0.0.0/8"),
                net("10.1.0.0/24"),
            ];
            advertised.push(t.pick(&more));
        }
        peers.push(BgpPeer {
            nic,
            advertised,
            path_length: t.pick(&[1, 1, 1, 2]),
            next_hop: None,
        });
    }
    model.route_servers.push(RouteServer { vnet: hub, peers });
}

fn preferences(t: &mut Tape<'_>, model: &mut Model) {
    for site in 0..model.sites.len() {
        if !t.chance(30) || are_clients(model, site).is_some() {
            continue;
        }
        let of = |connection: &Connection| match connection.far {
            Far::Local(local) => model.locals[local].site,
            Far::Circuit(circuit) => model.circuits[circuit].site,
            Far::Clients(site) => site,
        };
        let all = 0..model.connections.len();
        model.sites[site].prefers = all
            .filter(|id| of(&model.connections[*id]) == site)
            .collect();
    }
}

/// Spokes that use the hub's gateway, hubs that merely offer it.
fn transit(t: &mut Tape<'_>, model: &mut Model, hub: usize) {
    if model.gateways.is_empty() && model.route_servers.is_empty() {
        return;
    }
    for spoke in 0..model.vnets.len() {
        let side = |model: &Model, from: usize, to: usize| {
            let mut all = model.vnets[from].peerings.iter();
            all.position(|peering| peering.remote == to && peering.subnets.is_none())
        };
        let sides = (side(model, hub, spoke), side(model, spoke, hub));
        let (Some(here), Some(there)) = sides else {
            continue;
        };
        let offers = t.chance(85);
        model.vnets[hub].peerings[here].transit = offers;
        model.vnets[spoke].peerings[there].remote_gateways = offers && t.chance(85);
    }
}
