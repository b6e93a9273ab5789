//! What stands outside of virtual networks: sites, circuits, clients, services, the Internet and its hosts;
//! and which node has a place or an address.

use std::net::IpAddr;
use std::sync::Arc;

use super::build::{Builder, joined};
use super::scene::{FrameKind, NodeKind};
use crate::engine::Answer;
use crate::network::{Id, Place};
use crate::spec::PowerState;

impl Builder<'_> {
    /// Adds what stands outside.
    pub fn outside(&mut self) {
        let network = self.network;
        for (id, site) in network.sites.iter() {
            let parent =
                (!site.hosts.is_empty()).then(|| self.frame(FrameKind::Outside, &site.name, None));
            let own = self.node(NodeKind::Site, &site.name, parent.as_deref());
            self.last_node(|node| node.detail = joined(&site.address_space));
            self.sites.insert(id, own);
            for host in &site.hosts {
                let host_id = *host;
                let host = &network.site_hosts[host_id];
                let own = self.node(NodeKind::Host, &host.name, parent.as_deref());
                self.last_node(|node| {
                    node.detail = host.address.to_string();
                    node.down = host.power != PowerState::Running;
                });
                self.site_hosts.insert(host_id, own);
            }
        }
        if !network.internet_hosts.is_empty() {
            self.internet();
        }
        for (id, host) in network.internet_hosts.iter() {
            let parent = self.beyond.clone();
            let own = self.node(NodeKind::Host, &host.name, parent.as_deref());
            self.last_node(|node| {
                node.detail = joined(&host.addresses);
                node.down = host.down;
            });
            self.hosts.insert(Place::InternetHost(id), own);
        }
        for (id, circuit) in network.circuits.iter() {
            let own = self.node(NodeKind::Circuit, &circuit.identity.name, None);
            let link = |up: bool| if up { "up" } else { "down" };
            let (primary, secondary) = (link(circuit.primary_up), link(circuit.secondary_up));
            self.last_node(|node| {
                node.detail = format!("primary {primary}, secondary {secondary}");
                node.down = !circuit.up();
            });
            self.circuits.insert(id, own);
        }
        for (id, local) in network.local_gateways.iter() {
            if local.site.is_none() {
                let own = self.node(NodeKind::Site, &local.identity.name, None);
                self.last_node(|node| node.detail = joined(&local.address_space));
                self.locals.insert(id, own);
            }
        }
        for (id, gateway) in network.gateways.iter() {
            if gateway.clients.is_empty() {
                continue;
            }
            let name = format!("clients of {}", gateway.identity.name);
            let parent = self.frame(FrameKind::Outside, &name, None);
            self.last_frame(|frame| frame.detail = joined(&gateway.client_pool));
            for (name, address) in &gateway.clients {
                let own = self.node(NodeKind::Host, name, Some(&parent));
                self.last_node(|node| node.detail = address.to_string());
                self.clients.insert((id, *address), own);
            }
        }
        let mut groups: Vec<(Option<String>, String)> = Vec::new();
        for (id, service) in network.services.iter() {
            let known = |name: &String| {
                let folded = name.to_lowercase().replace(' ', "");
                self.regions.get(&folded).cloned()
            };
            let region = service.region.as_ref().and_then(known);
            let parent = match groups.iter().find(|(of, _)| *of == region) {
                Some((_, id)) => id.clone(),
                None => {
                    let id = self.frame(FrameKind::Outside, "Platform services", region.as_deref());
                    groups.push((region, id.clone()));
                    id
                }
            };
            let own = self.node(NodeKind::Service, &service.identity.name, Some(&parent));
            self.last_node(|node| {
                node.detail = service.kind.clone();
                node.facts = service.fqdn.clone().into_iter().collect();
                if !service.public_network_access {
                    node.facts.push("no public network access".to_owned());
                }
                node.down = service.down;
            });
            self.services.insert(id, own);
        }
    }

    /// The node of the Internet, made when first asked for.
    pub fn internet(&mut self) -> String {
        if let Some(id) = &self.internet {
            return id.clone();
        }
        if !self.network.internet_hosts.is_empty() {
            self.beyond = Some(self.frame(FrameKind::Outside, "Internet", None));
        }
        let parent = self.beyond.clone();
        let own = self.node(NodeKind::Internet, "Internet", parent.as_deref());
        self.internet = Some(own.clone());
        own
    }

    /// The node of what belongs to nothing.
    pub fn stranger(&mut self, name: &str, detail: &str) -> String {
        if let Some(id) = self.strangers.get(name) {
            return id.clone();
        }
        let own = self.node(NodeKind::Unknown, name, None);
        self.last_node(|node| node.detail = detail.to_owned());
        self.strangers.insert(name.to_owned(), own.clone());
        own
    }

    /// The node at which a packet is.
    pub fn at(&mut self, place: Place, name: &Arc<str>, address: IpAddr) -> Option<String> {
        let network = self.network;
        match place {
            Place::Nic(id) => self.nics.get(&id).cloned(),
            Place::Fixture(id) => self.fixtures.get(&id).cloned(),
            Place::Network(id) => self.vnets.get(&id).cloned(),
            Place::Site(id) => {
                let hosts = &network.sites[id].hosts;
                let host = hosts
                    .iter()
                    .find(|host| network.site_hosts[**host].address == address);
                match host {
                    Some(host) => self.site_hosts.get(host).cloned(),
                    None => self.sites.get(&id).cloned(),
                }
            }
            Place::InternetHost(_) => self.hosts.get(&place).cloned(),
            Place::Internet => {
                let mut services = network.services.iter();
                let service = services.find(|(_, own)| own.identity.name == *name);
                match service {
                    Some((id, _)) => self.services.get(&id).cloned(),
                    None => Some(self.internet()),
                }
            }
        }
    }

    /// The node that has an address: one of an end of the question, else the only one that has it.
    pub fn owner(&self, address: IpAddr, answer: &Answer) -> Option<String> {
        let network = self.network;
        let ends = [&answer.source, &answer.destination];
        let end = ends.into_iter().find(|end| end.address == address);
        if let Some(nic) = end.and_then(|end| end.nic) {
            return self.nics.get(&nic).cloned();
        }
        let mut found: Vec<&String> = Vec::new();
        let nics = network.nics.iter().filter(|(_, nic)| nic.has(address));
        found.extend(nics.filter_map(|(id, _)| self.nics.get(&id)));
        let public = |id: &Id<crate::network::PublicIp>| network.public_ips[*id].address == address;
        for (id, fixture) in network.fixtures.iter() {
            if fixture.addresses.contains(&address) || fixture.public_ips.iter().any(public) {
                found.extend(self.fixtures.get(&id));
            }
        }
        let hosts = network.internet_hosts.iter();
        let hosts = hosts.filter(|(_, host)| host.addresses.contains(&address));
        found.extend(hosts.filter_map(|(id, _)| self.hosts.get(&Place::InternetHost(id))));
        let hosts = network.site_hosts.iter();
        let hosts = hosts.filter(|(_, host)| host.address == address);
        found.extend(hosts.filter_map(|(id, _)| self.site_hosts.get(&id)));
        let clients = self.clients.iter();
        found.extend(
            clients
                .filter(|((_, own), _)| *own == address)
                .map(|(_, id)| id),
        );
        let services = network.services.iter();
        let services = services.filter(|(_, own)| own.public_ip_address == Some(address));
        found.extend(services.filter_map(|(id, _)| self.services.get(&id)));
        found.sort();
        found.dedup();
        match found.as_slice() {
            [one] => Some((*one).clone()),
            _ => None,
        }
    }
}
