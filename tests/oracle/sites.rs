//! Gateways, route servers, and what is on premises: routing §5, with 2.3, 2.7, 4.7 and 10.4.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::answer::Fault;
use super::balance;
use super::endpoints;
use super::firewalls;
use super::model::{Hop, Model, Packet};
use super::routes::{Owner, chosen_in, neighbour_at, owner_at};
use super::walk::{End, Walk, arrive, listens};

#[derive(Debug, Clone)]
pub struct Gateway {
    pub name: String,
    pub vnet: usize,
    /// The number of its subnet.
    pub subnet: usize,
    /// A VPN gateway, else one of ExpressRoute.
    pub vpn: bool,
    pub public_ip: Option<usize>,
    /// The public address of the second instance, where both are active (5.5).
    pub second_ip: Option<usize>,
    /// A local network gateway.
    pub default_site: Option<usize>,
}

/// A local network gateway.
#[derive(Debug, Clone)]
pub struct Local {
    pub name: String,
    pub space: Vec<Ipv4Net>,
    pub site: usize,
}

#[derive(Debug, Clone)]
pub struct Circuit {
    pub name: String,
    pub site: usize,
    pub advertised: Vec<Ipv4Net>,
    /// Whether each of its links has its ARP entries.
    pub links: [bool; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Far {
    Local(usize),
    Circuit(usize),
    /// Point-to-site clients, which stand as a site of their own (5.6).
    Clients(usize),
}

#[derive(Debug, Clone)]
pub struct Connection {
    pub name: String,
    pub gateway: usize,
    pub far: Far,
    pub connected: bool,
}

#[derive(Debug, Clone)]
pub struct Site {
    pub name: String,
    pub space: Vec<Ipv4Net>,
    pub reaches: Option<Vec<Ipv4Net>>,
    /// Connections, the best first.
    pub prefers: Vec<usize>,
}

#[derive(Debug, Clone)]
pub struct SiteHost {
    pub name: String,
    pub site: usize,
    pub address: Ipv4Addr,
    pub listeners: Option<Vec<(super::model::Proto, u16, u16)>>,
}

#[derive(Debug, Clone)]
pub struct RouteServer {
    pub vnet: usize,
    pub peers: Vec<BgpPeer>,
}

#[derive(Debug, Clone)]
pub struct BgpPeer {
    pub nic: usize,
    pub advertised: Vec<Ipv4Net>,
    pub path_length: u8,
    /// Where it is not the appliance itself.
    pub next_hop: Option<Ipv4Addr>,
}

fn is_up(model: &Model, connection: &Connection) -> bool {
    connection.connected
        && match connection.far {
            Far::Local(_) | Far::Clients(_) => true,
            Far::Circuit(circuit) => model.circuits[circuit].links.contains(&true),
        }
}

fn site_of(model: &Model, connection: &Connection) -> usize {
    match connection.far {
        Far::Local(local) => model.locals[local].site,
        Far::Circuit(circuit) => model.circuits[circuit].site,
        Far::Clients(site) => site,
    }
}

/// Whether a site stands for a gateway's clients.
pub fn are_clients(model: &Model, site: usize) -> Option<usize> {
    let mut connections = model.connections.iter();
    let found = connections.find(|connection| connection.far == Far::Clients(site));
    found.map(|connection| connection.gateway)
}

/// 5.4: by BGP nothing comes in that equals a VNet's range or lies inside it.
fn accepted(model: &Model, vnet: usize, prefix: &Ipv4Net) -> bool {
    let space = &model.vnets[vnet].space;
    !space.iter().any(|range| range.contains(prefix))
}

/// What a connection leads to.
fn prefixes(model: &Model, connection: &Connection) -> Vec<Ipv4Net> {
    let vnet = model.gateways[connection.gateway].vnet;
    match connection.far {
        Far::Local(local) => model.locals[local].space.clone(),
        Far::Clients(site) => model.sites[site].space.clone(),
        Far::Circuit(circuit) => {
            let all = model.circuits[circuit].advertised.iter().copied();
            all.filter(|prefix| accepted(model, vnet, prefix)).collect()
        }
    }
}

/// What a VNet learns: from its own gateways and route servers, or those of the peer whose it uses.
pub fn learned(model: &Model, vnet: usize) -> Vec<(Ipv4Net, Hop)> {
    let home = home(model, vnet);
    let mut all: Vec<(Ipv4Net, Hop)> = Vec::new();
    for connection in &model.connections {
        let gateway = &model.gateways[connection.gateway];
        if gateway.vnet != home || !is_up(model, connection) {
            continue;
        }
        for prefix in prefixes(model, connection) {
            all.extend(instances(model, connection.gateway).map(|hop| (prefix, hop)));
        }
    }
    for (id, gateway) in model.gateways.iter().enumerate() {
        if gateway.vnet == home && default_site(model, id).is_some() {
            let everything = super::model::net("0.0.0.0/0");
            all.extend(instances(model, id).map(|hop| (everything, hop)));
        }
    }
    // 5.7: of equal prefixes ExpressRoute's is taken.
    let is_vpn = |hop: &Hop| matches!(hop, Hop::Tunnel(id, _) if model.gateways[*id].vpn);
    let by_circuit: Vec<Ipv4Net> = all
        .iter()
        .filter(|(_, hop)| !is_vpn(hop))
        .map(|(prefix, _)| *prefix)
        .collect();
    all.retain(|(prefix, hop)| !is_vpn(hop) || !by_circuit.contains(prefix));
    for server in model
        .route_servers
        .iter()
        .filter(|server| server.vnet == home)
    {
        let peers = || {
            server
                .peers
                .iter()
                .filter(|peer| model.machine(peer.nic).running)
        };
        for peer in peers() {
            for prefix in &peer.advertised {
                // 2.13: the shortest AS path, and all that are as short.
                let same = peers().filter(|other| other.advertised.contains(prefix));
                let shortest = same.map(|other| other.path_length).min();
                if Some(peer.path_length) == shortest && accepted(model, home, prefix) {
                    let hop = peer.next_hop.unwrap_or(model.nics[peer.nic].address);
                    all.push((*prefix, Hop::Injected(hop)));
                }
            }
        }
    }
    all
}

/// Where a gateway sends what matches nothing (5.11): a site that it is connected to.
fn default_site(model: &Model, id: usize) -> Option<usize> {
    let local = model.gateways[id].default_site?;
    let mut connections = model.connections.iter();
    let joined = connections.any(|connection| {
        connection.gateway == id && connection.far == Far::Local(local) && connection.connected
    });
    joined.then(|| model.locals[local].site)
}

/// The VNet whose gateways a VNet uses: its own, or a peer's where both flags are on (4.7).
fn home(model: &Model, vnet: usize) -> usize {
    let peers = 0..model.vnets.len();
    let mut peers = peers.filter(|peer| uses(model, vnet, *peer));
    peers.next().unwrap_or(vnet)
}

fn uses(model: &Model, spoke: usize, hub: usize) -> bool {
    model
        .peering(spoke, hub)
        .is_some_and(|here| here.remote_gateways)
        && model.peering(hub, spoke).is_some_and(|there| there.transit)
}

/// The gateway that a user route leads to: a VPN gateway (2.7).
pub fn user_gateway(model: &Model, vnet: usize) -> Option<usize> {
    let home = home(model, vnet);
    let mut gateways = model.gateways.iter();
    gateways.position(|gateway| gateway.vpn && gateway.vnet == home)
}

/// The instances of a gateway: where both are active each has a route of its own (5.2, 5.5).
fn instances(model: &Model, gateway: usize) -> impl Iterator<Item = Hop> {
    let count = 1 + usize::from(model.gateways[gateway].second_ip.is_some());
    (0..count).map(move |instance| Hop::Tunnel(gateway, instance))
}

/// The address that is shown as that of a gateway's instance (5.2).
pub fn shown(model: &Model, gateway: usize, instance: usize) -> Option<Ipv4Addr> {
    let gateway = &model.gateways[gateway];
    let ip = [gateway.public_ip, gateway.second_ip][instance];
    ip.map(|ip| model.public_ips[ip].address)
}

/// What is not said of a packet from a NIC or a firewall to a gateway.
pub fn beside(walk: &Walk<'_>, from: Owner, gateway: usize, packet: Packet) {
    let ((here, subnet), hub) = (from.place(walk.model), walk.model.gateways[gateway].vnet);
    // Whether a peering's flags count for what goes to its gateway.
    if here != hub {
        let sides = [walk.model.peering(here, hub), walk.model.peering(hub, here)];
        let shut = sides.into_iter().flatten().any(|side| !side.access);
        if shut || !walk.model.in_space(here, packet.source) {
            walk.unsure.set(true);
        }
    }
    // A user route to one of two gateways.
    let gateways = walk.model.gateways.iter();
    let by_user = chosen_in(walk.model, here, subnet, packet.destination)
        .iter()
        .any(|row| row.hop == Hop::Gateway);
    if by_user && gateways.filter(|other| other.vnet == hub).count() > 1 {
        walk.unsure.set(true);
    }
}

/// Where a gateway sends a packet.
pub enum Onward {
    Site(usize),
    Owner(Owner),
}

/// 5.12, 3.13: into a tunnel, or by the routes of the gateway's subnet.
pub fn onward(
    walk: &Walk<'_>,
    id: usize,
    packet: Packet,
    from_site: bool,
) -> Result<Onward, Fault> {
    let model = walk.model;
    let (gateway, to) = (&model.gateways[id], packet.destination);
    let mut best: Option<(u8, usize)> = None;
    for connection in &model.connections {
        if connection.gateway != id || !is_up(model, connection) {
            continue;
        }
        for prefix in prefixes(model, connection) {
            let longer = best.is_none_or(|(length, _)| prefix.prefix_len() > length);
            if prefix.contains(&to) && longer {
                best = Some((prefix.prefix_len(), site_of(model, connection)));
            }
        }
    }
    let peers = (0..model.vnets.len()).filter(|peer| model.peering(gateway.vnet, *peer).is_some());
    let inside = std::iter::once(gateway.vnet)
        .chain(peers)
        .any(|vnet| model.in_space(vnet, to));
    if !inside {
        let site = best.map(|(_, site)| site);
        let site = site.or_else(|| default_site(model, id));
        // What a site does with what is not its own is not said, nor what goes from site to site.
        let own = |site: usize| {
            model.sites[site]
                .space
                .iter()
                .any(|range| range.contains(&to))
        };
        // Nor whether a user route of the gateway's subnet holds for what no tunnel leads to.
        let steered = chosen_in(model, gateway.vnet, gateway.subnet, to)
            .iter()
            .any(|row| row.user.is_some());
        if from_site || steered || !site.is_none_or(own) {
            walk.unsure.set(true);
        }
        return site.map(Onward::Site).ok_or(Fault::NoTunnel);
    }
    let rows = chosen_in(model, gateway.vnet, gateway.subnet, to);
    let row = rows.first().ok_or(Fault::NoTunnel)?;
    let owner = match row.hop {
        Hop::Endpoint(endpoint) => Some(Owner::Endpoint(endpoint)),
        Hop::VnetLocal => owner_at(model, gateway.vnet, to),
        Hop::VNetPeering | Hop::VNetGlobalPeering => neighbour_at(model, gateway.vnet, to),
        Hop::Appliance(address) => {
            let at = neighbour_at(model, gateway.vnet, address).ok_or(Fault::NextHopUnreachable)?;
            Some(at)
        }
        _ => {
            walk.unsure.set(true);
            None
        }
    };
    let owner = owner.ok_or(Fault::NobodyThere)?;
    // 4.8: a spoke that does not use the gateway is not in its reach.
    let (vnet, _) = owner.place(model);
    if vnet != gateway.vnet {
        // Whether a packet from the gateway gets there all the same is not said.
        if !uses(model, vnet, gateway.vnet) {
            walk.unsure.set(true);
            return Err(Fault::NoTransit);
        }
        let sides = [
            model.peering(vnet, gateway.vnet),
            model.peering(gateway.vnet, vnet),
        ];
        if sides.into_iter().flatten().any(|side| !side.access) {
            walk.unsure.set(true);
        }
    }
    Ok(Onward::Owner(owner))
}

/// The gateway by which a site sends: what is up and leads there, by its preference, else ExpressRoute
/// first.
pub fn site_sends(model: &Model, site: usize, to: Ipv4Addr) -> Result<usize, Fault> {
    // The routes of a client's operating system are not modelled.
    if let Some(gateway) = are_clients(model, site) {
        return Ok(gateway);
    }
    let told = |gateway: usize| {
        let hub = model.gateways[gateway].vnet;
        (0..model.vnets.len())
            .filter(|vnet| *vnet == hub || uses(model, *vnet, hub))
            .any(|vnet| model.in_space(vnet, to))
    };
    let leads = |connection: &Connection| match &model.sites[site].reaches {
        Some(reaches) => reaches.iter().any(|prefix| prefix.contains(&to)),
        None => told(connection.gateway),
    };
    let mut ways: Vec<usize> = (0..model.connections.len())
        .filter(|id| {
            let connection = &model.connections[*id];
            site_of(model, connection) == site && is_up(model, connection) && leads(connection)
        })
        .collect();
    ways.sort_by_key(|id| {
        let mut prefers = model.sites[site].prefers.iter();
        let place = prefers.position(|other| other == id);
        let vpn = model.gateways[model.connections[*id].gateway].vpn;
        (place.unwrap_or(usize::MAX), vpn)
    });
    let best = ways.first().ok_or(Fault::SiteHasNoRoute)?;
    Ok(model.connections[*best].gateway)
}

/// A packet from a site into Azure.
pub fn from_site(walk: &mut Walk<'_>, site: usize, packet: Packet) -> Result<(), Fault> {
    // Out to the Internet from there, or to the site's own: not asked.
    let own = &walk.model.sites[site].space;
    if !super::model::is_private(packet.destination)
        || own.iter().any(|range| range.contains(&packet.destination))
    {
        walk.unsure.set(true);
    }
    let gateway = site_sends(walk.model, site, packet.destination)?;
    at_gateway(walk, gateway, packet, true)
}

/// A packet comes to a gateway, from a site or from inside.
pub fn at_gateway(
    walk: &mut Walk<'_>,
    id: usize,
    packet: Packet,
    from_site: bool,
) -> Result<(), Fault> {
    let model = walk.model;
    if walk.gateways.contains(&(id, packet)) {
        return Err(Fault::Loop);
    }
    walk.gateways.push((id, packet));
    walk.hops.push(model.gateways[id].name.clone());
    match onward(walk, id, packet, from_site)? {
        Onward::Site(site) => {
            let mut hosts = model.site_hosts.iter();
            let at = |host: &super::sites::SiteHost| {
                host.site == site && host.address == packet.destination
            };
            let Some(host) = hosts.position(at) else {
                // Whether any address of a site answers is not said.
                walk.unsure.set(true);
                return Err(Fault::NobodyThere);
            };
            walk.hops.push(model.site_hosts[host].name.clone());
            walk.end = Some(End::Site(host, packet));
            listens(model.site_hosts[host].listeners.as_deref(), packet)
        }
        Onward::Owner(Owner::Nic(nic)) => arrive(walk, nic, packet, false),
        Onward::Owner(Owner::Frontend(balancer, frontend)) => {
            balance::from_inside(walk, Owner::Gateway(id), balancer, frontend, packet)
        }
        Onward::Owner(Owner::Firewall(firewall)) => firewalls::arrive(walk, firewall, packet),
        Onward::Owner(Owner::Endpoint(endpoint)) => {
            endpoints::arrive(walk, Owner::Gateway(id), endpoint, packet)
        }
        Onward::Owner(Owner::Gateway(_)) => Err(Fault::NoTunnel),
    }
}
