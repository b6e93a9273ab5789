//! The graph of places and links, and who owns which address.

use std::sync::Arc;

use ipnet::IpNet;

use super::Resolver;
use super::references::id;
use crate::net::AddressMap;
use crate::network::{
    ConnectionEnd, FixtureKind, Gateway, Graph, Id, Link, MachineKind, Network, Owner, Place,
    PublicOwner, Site,
};

impl Resolver<'_> {
    /// Builds the graph and the maps of owners out of the arenas.
    pub(super) fn connect(&mut self) {
        let network = &self.network;
        let mut graph = Graph::default();
        for vnet in network.vnets.ids() {
            graph.link_both(Place::Network(vnet), Place::Internet, Link::Internet);
        }
        for (nic_id, nic) in network.nics.iter() {
            let vnet = network.subnets[nic.subnet].vnet;
            graph.link_both(Place::Nic(nic_id), Place::Network(vnet), Link::Local);
        }
        for (fixture_id, fixture) in network.fixtures.iter() {
            let place = Place::Fixture(fixture_id);
            graph.place(place);
            if let Some(vnet) = fixture.vnet {
                graph.link_both(place, Place::Network(vnet), Link::Local);
            }
        }
        for (peering_id, peering) in network.peerings.iter() {
            if peering.reverse.is_some() {
                let (from, to) = (Place::Network(peering.vnet), Place::Network(peering.remote));
                graph.link(from, to, Link::Peering(peering_id));
            }
        }
        for (_, machine) in network.machines.iter() {
            if machine.kind != MachineKind::Appliance {
                continue;
            }
            for (index, one) in machine.nics.iter().enumerate() {
                for other in machine.nics.iter().skip(index + 1) {
                    graph.link_both(Place::Nic(*one), Place::Nic(*other), Link::Inside);
                }
            }
        }
        for host in network.internet_hosts.ids() {
            graph.link_both(Place::Internet, Place::InternetHost(host), Link::Internet);
        }
        for site in network.sites.ids() {
            graph.place(Place::Site(site));
        }
        link_connections(network, &mut graph);
        self.network.graph = Arc::new(graph);
        self.own_private();
        self.own_public();
    }

    fn own_private(&mut self) {
        let network = &self.network;
        let mut owners: Vec<Vec<(IpNet, Owner)>> = vec![Vec::new(); network.vnets.len()];
        for (nic_id, nic) in network.nics.iter() {
            let vnet = network.subnets[nic.subnet].vnet;
            let own = nic.addresses.iter();
            owners[vnet.index()]
                .extend(own.map(|own| (IpNet::from(own.address), Owner::Nic(nic_id))));
        }
        for (fixture_id, fixture) in network.fixtures.iter() {
            if let Some(vnet) = fixture.vnet {
                let own = fixture.addresses.iter();
                owners[vnet.index()]
                    .extend(own.map(|own| (IpNet::from(*own), Owner::Fixture(fixture_id))));
            }
        }
        let owners = owners.into_iter().map(AddressMap::longest_prefix);
        self.network.owners = Arc::new(owners.collect());
    }

    /// The topology's own public addresses come first: a listed host may be another name for one.
    fn own_public(&mut self) {
        let network = &self.network;
        let mut owners: Vec<(IpNet, PublicOwner)> = Vec::new();
        for (index, (public_id, public)) in network.public_ips.iter().enumerate() {
            let user = self.public_users[index].map(|(owner, _)| owner);
            let owner = user.unwrap_or(PublicOwner::Unused(public_id));
            owners.push((IpNet::from(public.address), owner));
        }
        for (host_id, host) in network.internet_hosts.iter() {
            let own = host.addresses.iter();
            owners.extend(own.map(|own| (IpNet::from(*own), PublicOwner::InternetHost(host_id))));
        }
        for (service_id, service) in network.services.iter() {
            let own = service.public_ip_address.iter();
            owners.extend(own.map(|own| (IpNet::from(*own), PublicOwner::Service(service_id))));
        }
        self.network.public_owners = Arc::new(AddressMap::longest_prefix(owners));
    }
}

/// Gateways to sites, and to each other.
fn link_connections(network: &Network, graph: &mut Graph) {
    let mut places: Vec<Option<Place>> = vec![None; network.gateways.len()];
    for (fixture, own) in network.fixtures.iter() {
        if let FixtureKind::Gateway(gateway) = own.kind {
            places[gateway.index()] = Some(Place::Fixture(fixture));
        }
    }
    let place = |gateway: Id<Gateway>| places[gateway.index()];
    for index in 0..network.connections.len() {
        let connection = id(index);
        let own = &network.connections[connection];
        let site: Option<Id<Site>> = match own.to {
            ConnectionEnd::Local(local) => network.local_gateways[local].site,
            ConnectionEnd::Circuit(circuit) => network.circuits[circuit].site,
            ConnectionEnd::Gateway(_) => None,
        };
        let far = match own.to {
            ConnectionEnd::Gateway(gateway) => place(gateway),
            _ => site.map(Place::Site),
        };
        if let (Some(near), Some(far)) = (place(own.gateway), far) {
            graph.link_both(near, far, Link::Connection(connection));
        }
    }
}
