//! What places are called in texts and documents.

use std::net::IpAddr;
use std::sync::Arc;

use super::arena::Id;
use super::edge::{Gateway, Site};
use super::{Network, Place};

impl Network {
    /// The name by which checks and texts call what a packet can be at: a machine's for its NIC.
    #[must_use]
    pub fn place_name(&self, place: Place) -> Arc<str> {
        match place {
            Place::Nic(id) => Arc::clone(&self.machines[self.nics[id].machine].identity.name),
            Place::Network(id) => Arc::clone(&self.vnets[id].identity.name),
            Place::Fixture(id) => Arc::clone(&self.fixtures[id].identity.name),
            Place::Site(id) => Arc::clone(&self.sites[id].name),
            Place::Internet => Arc::from("Internet"),
            Place::InternetHost(id) => Arc::clone(&self.internet_hosts[id].name),
        }
    }

    /// The ARM id by which documents call it: a machine's for its NIC; none outside of Azure.
    #[must_use]
    pub fn place_id(&self, place: Place) -> Option<Arc<str>> {
        match place {
            Place::Nic(id) => Some(Arc::clone(
                &self.machines[self.nics[id].machine].identity.id,
            )),
            Place::Network(id) => Some(Arc::clone(&self.vnets[id].identity.id)),
            Place::Fixture(id) => Some(Arc::clone(&self.fixtures[id].identity.id)),
            Place::Site(_) | Place::Internet | Place::InternetHost(_) => None,
        }
    }

    /// What the client of a gateway with `address` is called: `gateway/client`, or its address.
    #[must_use]
    pub fn client_name(&self, gateway: Id<Gateway>, address: IpAddr) -> Arc<str> {
        let own = &self.gateways[gateway];
        match own.clients.iter().find(|(_, client)| *client == address) {
            Some((name, _)) => format!("{}/{name}", own.identity.name).into(),
            None => address.to_string().into(),
        }
    }

    /// What the host of a site with `address` is called, or its address.
    #[must_use]
    pub fn site_host_name(&self, site: Id<Site>, address: IpAddr) -> Arc<str> {
        let mut hosts = self.sites[site]
            .hosts
            .iter()
            .map(|host| &self.site_hosts[*host]);
        let found = hosts.find(|host| host.address == address);
        found.map_or_else(|| address.to_string().into(), |host| Arc::clone(&host.name))
    }
}
