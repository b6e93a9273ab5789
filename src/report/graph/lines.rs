//! What joins boxes and nodes: peerings, connections of gateways, ways to the Internet, pools.

use std::collections::HashMap;

use super::build::Builder;
use super::scene::{Edge, EdgeKind};
use crate::network::{Connection, ConnectionEnd, FixtureKind, Id, MachineKind, Peering};
use crate::spec::ConnectionStatus;

/// Adds all lines to a scene whose nodes are there.
pub(super) fn draw(builder: &mut Builder<'_>) {
    peerings(builder);
    connections(builder);
    internet(builder);
    pools(builder);
}

/// A line in the making.
struct Drawn<'t> {
    kind: EdgeKind,
    from: &'t str,
    to: &'t str,
    name: &'t str,
}

impl Builder<'_> {
    /// A line, once between the same ends; its position.
    fn edge(&mut self, drawn: &Drawn<'_>) -> Option<usize> {
        let Drawn {
            kind,
            from,
            to,
            name,
        } = *drawn;
        if from == to {
            return None;
        }
        let same = |edge: &Edge| {
            edge.kind == kind
                && edge.name == name
                && ((edge.from == from && edge.to == to) || (edge.from == to && edge.to == from))
        };
        if let Some(at) = self.scene.edges.iter().position(same) {
            return Some(at);
        }
        let short = |id: &str| id.split_once('-').map_or(id, |(_, rest)| rest).to_owned();
        let id = self
            .ids
            .of('e', kind.word(), &format!("{}-{}", short(from), short(to)));
        self.scene.edges.push(Edge {
            id,
            kind,
            from: from.to_owned(),
            to: to.to_owned(),
            name: name.to_owned(),
            label: String::new(),
            facts: Vec::new(),
            broken: false,
            used: false,
        });
        Some(self.scene.edges.len() - 1)
    }

    fn set(&mut self, at: Option<usize>, set: impl FnOnce(&mut Edge)) {
        if let Some(edge) = at.and_then(|at| self.scene.edges.get_mut(at)) {
            set(edge);
        }
    }
}

fn peerings(builder: &mut Builder<'_>) {
    let network = builder.network;
    for (id, peering) in network.peerings.iter() {
        // Both sides' objects are one line: that of the first.
        if peering.reverse.is_some_and(|reverse| reverse < id) {
            continue;
        }
        let (Some(from), Some(to)) = (
            builder.vnets.get(&peering.vnet).cloned(),
            builder.vnets.get(&peering.remote).cloned(),
        ) else {
            continue;
        };
        let name = |id: Id<Peering>| {
            let own = &network.peerings[id];
            format!("{}/{}", network.vnets[own.vnet].identity.name, own.name)
        };
        let names = match peering.reverse {
            Some(reverse) => format!("{} ↔ {}", name(id), name(reverse)),
            None => name(id),
        };
        let at = builder.edge(&Drawn {
            kind: EdgeKind::Peering,
            from: &from,
            to: &to,
            name: &names,
        });
        let mut facts = Vec::new();
        for side in [Some(id), peering.reverse].into_iter().flatten() {
            let own = &network.peerings[side];
            let flags = [
                (own.allow_virtual_network_access, "virtual network access"),
                (own.allow_forwarded_traffic, "forwarded traffic"),
                (own.allow_gateway_transit, "gateway transit"),
                (own.use_remote_gateways, "remote gateways"),
            ];
            let flags: Vec<&str> = flags
                .iter()
                .filter(|(set, _)| *set)
                .map(|(_, text)| *text)
                .collect();
            facts.push(format!(
                "{}: {}; {}",
                name(side),
                own.state.word(),
                match flags.is_empty() {
                    true => "nothing allowed".to_owned(),
                    false => flags.join(", "),
                }
            ));
        }
        if peering.global {
            facts.push("global".to_owned());
        }
        if peering.subnets.is_some() {
            facts.push("some subnets only".to_owned());
        }
        let connected = peering.connected;
        let state = peering.state.word();
        let label = match connected {
            true => String::new(),
            false if state == "Connected" => "not connected".to_owned(),
            false => state.to_owned(),
        };
        builder.set(at, |edge| {
            edge.facts = facts;
            edge.broken = !connected;
            edge.label = label;
        });
    }
}

fn connections(builder: &mut Builder<'_>) {
    let network = builder.network;
    let gateways: HashMap<_, _> = network
        .fixtures
        .iter()
        .filter_map(|(id, fixture)| match fixture.kind {
            FixtureKind::Gateway(gateway) => Some((gateway, id)),
            _ => None,
        })
        .collect();
    let mut circuits = Vec::new();
    for (_, connection) in network.connections.iter() {
        let near = gateways.get(&connection.gateway);
        let Some(near) = near.and_then(|id| builder.fixtures.get(id)).cloned() else {
            continue;
        };
        let far = match connection.to {
            ConnectionEnd::Local(local) => match network.local_gateways[local].site {
                Some(site) => builder.sites.get(&site),
                None => builder.locals.get(&local),
            },
            ConnectionEnd::Circuit(circuit) => {
                circuits.push(circuit);
                builder.circuits.get(&circuit)
            }
            ConnectionEnd::Gateway(gateway) => gateways
                .get(&gateway)
                .and_then(|id| builder.fixtures.get(id)),
        };
        let Some(far) = far.cloned() else { continue };
        let kind = match connection.to {
            ConnectionEnd::Circuit(_) => EdgeKind::Circuit,
            _ => EdgeKind::Tunnel,
        };
        // Two gateways have an object each for one tunnel.
        let between = |edge: &Edge| edge.kind == kind && edge.from == far && edge.to == near;
        let known = matches!(connection.to, ConnectionEnd::Gateway(_))
            .then(|| builder.scene.edges.iter().position(between))
            .flatten();
        let name = connection.identity.name.to_string();
        let at = known.or_else(|| {
            builder.edge(&Drawn {
                kind,
                from: &near,
                to: &far,
                name: &name,
            })
        });
        let stands = connection.status == ConnectionStatus::Connected
            && !network.gateways[connection.gateway].down;
        let facts = facts(connection);
        builder.set(at, |edge| {
            if known.is_none() {
                edge.label = name.clone();
            } else {
                edge.name = format!("{} ↔ {name}", edge.name);
            }
            edge.broken |= !stands;
            edge.facts.extend(facts);
        });
    }
    circuits.dedup();
    for circuit in circuits {
        let own = &network.circuits[circuit];
        let (Some(near), Some(site)) = (builder.circuits.get(&circuit).cloned(), own.site) else {
            continue;
        };
        let Some(far) = builder.sites.get(&site).cloned() else {
            continue;
        };
        let at = builder.edge(&Drawn {
            kind: EdgeKind::Circuit,
            from: &near,
            to: &far,
            name: &own.identity.name,
        });
        builder.set(at, |edge| edge.broken = !own.up());
    }
    for (id, gateway) in network.gateways.iter() {
        let near = gateways
            .get(&id)
            .and_then(|id| builder.fixtures.get(id))
            .cloned();
        let first = gateway.clients.first();
        let client = first.and_then(|(_, address)| builder.clients.get(&(id, *address)));
        let client = client.and_then(|id| builder.scene.node(id)?.parent.clone());
        if let (Some(near), Some(far)) = (near, client) {
            let at = builder.edge(&Drawn {
                kind: EdgeKind::Tunnel,
                from: &near,
                to: &far,
                name: "point-to-site",
            });
            builder.set(at, |edge| edge.broken = gateway.down);
        }
    }
}

fn facts(connection: &Connection) -> Vec<String> {
    let mut facts = vec![connection.status.word().to_owned()];
    if connection.enable_bgp {
        facts.push("BGP".to_owned());
    }
    facts
}

fn internet(builder: &mut Builder<'_>) {
    let network = builder.network;
    let mut ends: Vec<(String, String)> = Vec::new();
    let addresses = |ids: &[Id<crate::network::PublicIp>]| {
        super::build::joined(ids.iter().map(|id| network.public_ips[*id].address))
    };
    for (id, nat) in network.nat_gateways.iter() {
        if let Some(own) = builder.nats.get(&id) {
            ends.push((own.clone(), addresses(&nat.public_ips)));
        }
    }
    for (id, fixture) in network.fixtures.iter() {
        let own = builder.fixtures.get(&id);
        if let Some(own) = own.filter(|_| !fixture.public_ips.is_empty()) {
            ends.push((own.clone(), addresses(&fixture.public_ips)));
        }
    }
    for (id, nic) in network.nics.iter() {
        let public: Vec<_> = nic
            .addresses
            .iter()
            .filter_map(|own| own.public_ip)
            .collect();
        let own = builder.nics.get(&id);
        if let Some(own) = own.filter(|_| !public.is_empty()) {
            ends.push((own.clone(), addresses(&public)));
        }
    }
    for (from, addresses) in ends {
        let to = builder.internet();
        let at = builder.edge(&Drawn {
            kind: EdgeKind::Internet,
            from: &from,
            to: &to,
            name: "Internet",
        });
        builder.set(at, |edge| edge.facts.push(format!("by {addresses}")));
    }
    for (id, subnet) in network.subnets.iter() {
        let nat = subnet.nat_gateway.and_then(|nat| builder.nats.get(&nat));
        if let (Some(nat), Some(own)) = (nat.cloned(), builder.subnets.get(&id).cloned()) {
            builder.edge(&Drawn {
                kind: EdgeKind::Local,
                from: &own,
                to: &nat,
                name: "NAT gateway",
            });
        }
    }
}

fn pools(builder: &mut Builder<'_>) {
    let network = builder.network;
    for (id, fixture) in network.fixtures.iter() {
        let Some(own) = builder.fixtures.get(&id).cloned() else {
            continue;
        };
        for nic in &fixture.members {
            if let Some(member) = builder.nics.get(nic).cloned() {
                builder.edge(&Drawn {
                    kind: EdgeKind::Local,
                    from: &own,
                    to: &member,
                    name: "pool",
                });
            }
        }
        match fixture.kind {
            FixtureKind::PrivateEndpoint(endpoint) => {
                let service = network.private_endpoints[endpoint].service;
                if let Some(service) = builder.services.get(&service).cloned() {
                    builder.edge(&Drawn {
                        kind: EdgeKind::PrivateLink,
                        from: &own,
                        to: &service,
                        name: "private link",
                    });
                }
            }
            FixtureKind::RouteServer(server) => {
                for peer in &network.route_servers[server].peers {
                    if let Some(nic) = builder.nics.get(&peer.nic).cloned() {
                        builder.edge(&Drawn {
                            kind: EdgeKind::Local,
                            from: &own,
                            to: &nic,
                            name: &format!("BGP {}", peer.name),
                        });
                    }
                }
            }
            _ => {}
        }
    }
    for (_, machine) in network.machines.iter() {
        if machine.kind != MachineKind::Appliance {
            continue;
        }
        for pair in machine.nics.windows(2) {
            let ends = pair.iter().map(|nic| builder.nics.get(nic).cloned());
            let ends: Vec<String> = ends.flatten().collect();
            if let [from, to] = ends.as_slice() {
                builder.edge(&Drawn {
                    kind: EdgeKind::Local,
                    from,
                    to,
                    name: "inside the appliance",
                });
            }
        }
    }
}
