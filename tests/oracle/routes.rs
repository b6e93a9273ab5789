//! Effective routes and next hops, by linear search: routing §0, §1 and §2.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::model::{Frontend, Hop, Model, Target};

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
    /// Of equal prefixes the lower wins: 0 a user route, 1 and 2 a tag's (regional, then global), 3 the system's.
    rank: u8,
}

/// What Network Watcher's Next hop says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    pub hop: &'static str,
    pub address: Option<Ipv4Addr>,
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
    let system = |prefix: Ipv4Net, hop: Hop| Row {
        prefixes: vec![prefix],
        hop,
        active: !overridden(&prefix),
        user: None,
        rank: 3,
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
    rows.push(system(default_route(), Hop::Internet));
    // 1.3: the reserved ranges' routes go where 0.0.0.0/0 does not lead to the Internet.
    let default = user.iter().find(|row| row.prefixes == [default_route()]);
    if default.is_none_or(|row| row.hop == Hop::Internet) {
        for reserved in RESERVED.map(super::model::net) {
            let replaced = own.space.iter().any(|range| range.contains(&reserved));
            if !replaced && !overridden(&reserved) {
                rows.push(system(reserved, Hop::None));
            }
        }
    }
    rows.extend(user);
    rows
}

/// The route that a NIC takes to an address: the longest prefix, then the best rank.
pub fn chosen(model: &Model, nic: usize, to: Ipv4Addr) -> Option<Row> {
    let nic = &model.nics[nic];
    let rows = effective(model, nic.vnet, nic.subnet);
    let mut best: Option<(u8, u8, &Row)> = None;
    for row in rows.iter().filter(|row| row.active) {
        for prefix in row.prefixes.iter().filter(|prefix| prefix.contains(&to)) {
            let better = best.is_none_or(|(length, rank, _)| {
                prefix.prefix_len() > length || (prefix.prefix_len() == length && row.rank < rank)
            });
            if better {
                best = Some((prefix.prefix_len(), row.rank, row));
            }
        }
    }
    best.map(|(_, _, row)| row.clone())
}

/// What has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Nic(usize),
    /// A load balancer and the number of its frontend.
    Frontend(usize, usize),
}

impl Owner {
    /// Its VNet and its subnet.
    pub fn place(self, model: &Model) -> (usize, usize) {
        match self {
            Self::Nic(nic) => (model.nics[nic].vnet, model.nics[nic].subnet),
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
    let Some(row) = chosen(model, nic, to) else {
        return NextHop {
            hop: "None",
            address: None,
            table: None,
        };
    };
    let (hop, address) = match row.hop {
        Hop::VnetLocal => ("VnetLocal", None),
        Hop::VNetPeering => ("VNetPeering", None),
        Hop::VNetGlobalPeering => ("VNetGlobalPeering", None),
        Hop::Internet => ("Internet", None),
        Hop::None => ("None", None),
        // There is none in these topologies: as for an appliance that is nobody.
        Hop::Gateway => ("None", None),
        // Decisions: an address that belongs to nothing in reach is shown, with the type None.
        Hop::Appliance(address) => match neighbour_at(model, model.nics[nic].vnet, address) {
            Some(_) => ("VirtualAppliance", Some(address)),
            None => ("None", Some(address)),
        },
    };
    NextHop {
        hop,
        address,
        table: row.user.map(|(table, _)| table),
    }
}
