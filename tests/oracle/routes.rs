//! Effective routes and next hops, by linear search: routing §0, §1 and §2.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::endpoints;
use super::firewalls::Firewall;
use super::model::{Frontend, Hop, Model, Target};
use super::sites;

const RESERVED: [&str; 4] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
];

/// A row of the effective routes, with what decides between rows of one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub prefixes: Vec<Ipv4Net>,
    pub hop: Hop,
    pub active: bool,
    /// The user route: its table and its name.
    pub user: Option<(String, String)>,
    /// Of equal prefixes the lower wins: 0 a user route, 1 and 2 a tag's (regional, then global), 3 a
    /// gateway's, 4 the system's.
    rank: u8,
}

/// What Network Watcher's Next hop says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    pub hop: &'static str,
    pub addresses: Vec<Ipv4Addr>,
    /// `None` for System Route.
    pub table: Option<String>,
}

fn default_route() -> Ipv4Net {
    super::model::net("0.0.0.0/0")
}

/// The effective routes of the NICs of a subnet.
pub fn effective(model: &Model, vnet: usize, subnet: usize) -> Vec<Row> {
    let own = &model.vnets[vnet];
    let table = own.subnets[subnet].table.map(|t| &model.tables[t]);
    let user: Vec<Row> = table
        .into_iter()
        .flat_map(|table| {
            table.routes.iter().map(|route| Row {
                prefixes: match &route.target {
                    Target::Prefix(prefix) => vec![*prefix],
                    Target::Tag(tag) => model.tag(tag).to_vec(),
                },
                hop: route.hop,
                active: true,
                user: Some((table.name.clone(), route.name.clone())),
                rank: match &route.target {
                    Target::Prefix(_) => 0,
                    Target::Tag(tag) if tag.contains('.') => 1,
                    Target::Tag(_) => 2,
                },
            })
        })
        .collect();
    // A user route of the same prefix makes a system route Invalid (§0.4).
    let overridden = |prefix: &Ipv4Net| user.iter().any(|row| row.prefixes == [*prefix]);
    let learned: Vec<(Ipv4Net, Hop)> = match table.is_some_and(|table| table.no_propagation) {
        true => Vec::new(),
        false => sites::learned(model, vnet),
    };
    let is_learned = |prefix: &Ipv4Net| learned.iter().any(|(other, _)| other == prefix);
    let system = |prefix: Ipv4Net, hop: Hop| Row {
        prefixes: vec![prefix],
        hop,
        active: !overridden(&prefix),
        user: None,
        rank: 4,
    };
    let mut rows: Vec<Row> = own
        .space
        .iter()
        .map(|range| system(*range, Hop::VnetLocal))
        .collect();
    for (other, peer) in model.vnets.iter().enumerate() {
        let Some(peering) = model.peering(vnet, other) else {
            continue;
        };
        let hop = if peer.region == own.region {
            Hop::VNetPeering
        } else {
            Hop::VNetGlobalPeering
        };
        // 4.12: every subnet gets the routes, but only to the subnets that take part.
        let ranges: Vec<Ipv4Net> = match &peering.subnets {
            None => peer.space.clone(),
            Some((_, there)) => there.iter().map(|s| peer.subnets[*s].prefix).collect(),
        };
        rows.extend(ranges.into_iter().map(|range| system(range, hop)));
    }
    for id in endpoints::known(model, vnet) {
        let route = system(model.endpoints[id].address.into(), Hop::Endpoint(id));
        let invalid = endpoints::invalidated(model, id, own.subnets[subnet].table);
        rows.push(Row {
            active: !invalid,
            ..route
        });
    }
    // 2.3: nothing learned stands beside or inside the VNet's ranges and its peers'.
    let covers = |prefix: &Ipv4Net| rows.iter().any(|row| row.prefixes[0].contains(prefix));
    let learned: Vec<(Ipv4Net, Hop)> = learned
        .iter()
        .filter(|(prefix, _)| !covers(prefix))
        .copied()
        .collect();
    // Decisions: the system's 0.0.0.0/0 is not listed under a learned one.
    if !is_learned(&default_route()) {
        rows.push(system(default_route(), Hop::Internet));
    }
    // 1.3: the reserved ranges' routes go where 0.0.0.0/0 does not lead to the Internet.
    let default = user.iter().find(|row| row.prefixes == [default_route()]);
    let to_internet = match default {
        Some(row) => row.hop == Hop::Internet,
        None => !is_learned(&default_route()),
    };
    if to_internet {
        for reserved in RESERVED.map(super::model::net) {
            let replaced = own.space.iter().any(|range| range.contains(&reserved));
            if !replaced && !overridden(&reserved) && !is_learned(&reserved) {
                rows.push(system(reserved, Hop::None));
            }
        }
    }
    rows.extend(learned.into_iter().map(|(prefix, hop)| Row {
        rank: 3,
        ..system(prefix, hop)
    }));
    rows.extend(user);
    rows
}

/// The routes that a NIC takes to an address: the longest prefix, then the best rank. Several are
/// equally good.
pub fn chosen(model: &Model, nic: usize, to: Ipv4Addr) -> Vec<Row> {
    let nic = &model.nics[nic];
    chosen_in(model, nic.vnet, nic.subnet, to)
}

/// The same for any subnet.
pub fn chosen_in(model: &Model, vnet: usize, subnet: usize, to: Ipv4Addr) -> Vec<Row> {
    let mut best: Option<(u8, u8)> = None;
    let mut rows = Vec::new();
    for row in effective(model, vnet, subnet) {
        let prefixes = row.prefixes.iter().filter(|prefix| prefix.contains(&to));
        let Some(longest) = prefixes.map(Ipv4Net::prefix_len).max() else {
            continue;
        };
        let worth = (longest, u8::MAX - row.rank);
        if !row.active || best.is_some_and(|best| worth < best) {
            continue;
        }
        if best.is_none_or(|best| worth > best) {
            rows.clear();
        }
        best = Some(worth);
        rows.push(row);
    }
    rows
}

/// What has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Nic(usize),
    /// A load balancer and the number of its frontend.
    Frontend(usize, usize),
    Endpoint(usize),
    /// A gateway; it is sent to, but not by an address.
    Gateway(usize),
    Firewall(usize),
}

impl Owner {
    /// The NIC, if it is one.
    pub const fn nic(self) -> Option<usize> {
        match self {
            Self::Nic(nic) => Some(nic),
            _ => None,
        }
    }

    /// Its VNet and its subnet.
    pub fn place(self, model: &Model) -> (usize, usize) {
        match self {
            Self::Nic(nic) => (model.nics[nic].vnet, model.nics[nic].subnet),
            Self::Endpoint(id) => (model.endpoints[id].vnet, model.endpoints[id].subnet),
            Self::Gateway(gateway) => (model.gateways[gateway].vnet, 0),
            Self::Firewall(id) => (model.firewalls[id].vnet, model.firewalls[id].subnet),
            Self::Frontend(balancer, frontend) => {
                let balancer = &model.balancers[balancer];
                match balancer.frontends[frontend] {
                    Frontend::Private { subnet, .. } => (balancer.vnet, subnet),
                    Frontend::Public(_) => (balancer.vnet, 0),
                }
            }
        }
    }
}

/// What has an address in a VNet.
pub fn owner_at(model: &Model, vnet: usize, address: Ipv4Addr) -> Option<Owner> {
    if let Some(nic) = model.nic_at(vnet, address) {
        return Some(Owner::Nic(nic));
    }
    let mut endpoints = model.endpoints.iter();
    let here =
        |endpoint: &endpoints::Endpoint| endpoint.vnet == vnet && endpoint.address == address;
    if let Some(id) = endpoints.position(here) {
        return Some(Owner::Endpoint(id));
    }
    let mut firewalls = model.firewalls.iter();
    let here = |firewall: &Firewall| firewall.vnet == vnet && firewall.address == address;
    if let Some(id) = firewalls.position(here) {
        return Some(Owner::Firewall(id));
    }
    let mut balancers = model.balancers.iter().enumerate();
    balancers.find_map(|(id, balancer)| {
        let frontend = balancer.frontends.iter().position(|frontend| {
            matches!(frontend, Frontend::Private { address: own, .. } if *own == address)
        })?;
        (balancer.vnet == vnet).then_some(Owner::Frontend(id, frontend))
    })
}

/// What has an address, in the VNet itself or in what a direct peer shares with it (3.2, 4.11, 4.12).
pub fn neighbour_at(model: &Model, vnet: usize, address: Ipv4Addr) -> Option<Owner> {
    owner_at(model, vnet, address).or_else(|| {
        (0..model.vnets.len()).find_map(|peer| {
            let peering = model.peering(vnet, peer)?;
            let owner = owner_at(model, peer, address)?;
            let shared = peering.subnets.as_ref();
            let (_, subnet) = owner.place(model);
            shared
                .is_none_or(|(_, there)| there.contains(&subnet))
                .then_some(owner)
        })
    })
}

/// What Next hop answers.
pub fn next_hop(model: &Model, nic: usize, to: Ipv4Addr) -> NextHop {
    let rows = chosen(model, nic, to);
    let Some(row) = rows.first() else {
        return NextHop {
            hop: "None",
            addresses: Vec::new(),
            table: None,
        };
    };
    let vnet = model.nics[nic].vnet;
    let (hop, addresses) = match row.hop {
        Hop::VnetLocal => ("VnetLocal", vec![]),
        Hop::VNetPeering => ("VNetPeering", vec![]),
        Hop::VNetGlobalPeering => ("VNetGlobalPeering", vec![]),
        Hop::Internet => ("Internet", vec![]),
        Hop::None => ("None", vec![]),
        Hop::Endpoint(_) => ("InterfaceEndpoint", vec![]),
        // 2.7: as for an appliance that is nobody where there is none.
        Hop::Gateway => match sites::user_gateway(model, vnet) {
            Some(_) => ("VirtualNetworkGateway", vec![]),
            None => ("None", vec![]),
        },
        Hop::Tunnel(..) | Hop::Injected(_) => {
            let all = rows.iter().filter_map(|row| match row.hop {
                Hop::Tunnel(gateway, instance) => sites::shown(model, gateway, instance),
                Hop::Injected(address) => Some(address),
                _ => None,
            });
            ("VirtualNetworkGateway", all.collect())
        }
        // Decisions: an address that belongs to nothing in reach is shown, with the type None.
        Hop::Appliance(address) => match neighbour_at(model, vnet, address) {
            Some(_) => ("VirtualAppliance", vec![address]),
            None => ("None", vec![address]),
        },
    };
    NextHop {
        hop,
        addresses,
        table: row.user.as_ref().map(|(table, _)| table.clone()),
    }
}
