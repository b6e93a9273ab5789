//! What stands outside Azure's virtual networks: sites and their hosts, listed hosts on the Internet,
//! platform services.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Resolver;
use super::guest::sockets;
use super::identity::service_type;
use super::kind::Kind;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{InternetHost, Service, Site, SiteHost};

impl<'a> Resolver<'a> {
    /// Sites with their hosts.
    pub(super) fn sites(&mut self) {
        for (key, site) in self.topology.sites.iter() {
            let spot = Spot::of(Kind::Site.section()).key(key);
            if let Some(ms) = site.rtt {
                self.within(ms, f64::MAX, spot.key("rttMs"));
            }
            let site_id = self.network.sites.push(Site {
                name: key.into(),
                address_space: site.address_space.clone(),
                reaches: site.reaches.clone(),
                hosts: Vec::with_capacity(site.hosts.len()),
                rtt_ms: site.rtt,
                prefers: Vec::new(),
                down: false,
            });
            let mut first_with: HashMap<IpAddr, &'a str> = HashMap::new();
            for (name, host) in site.hosts.iter() {
                let hosts = spot.key("hosts");
                if let Some(first) = first_with.get(&host.ip_address) {
                    let message = format!("`{name}` and `{first}` are both `{}`", host.ip_address);
                    let fault = Diagnostic::new(Code::AddressTaken, message)
                        .at(hosts.key(name).key("ipAddress").path())
                        .also(hosts.key(first).key("ipAddress").path(), "the other one");
                    self.faults.push(fault);
                }
                first_with.entry(host.ip_address).or_insert(name);
                let host_id = self.network.site_hosts.push(SiteHost {
                    name: name.into(),
                    site: site_id,
                    address: host.ip_address,
                    listeners: host.listeners.as_deref().map(sockets),
                    power: host.power_state,
                });
                self.network.sites[site_id].hosts.push(host_id);
            }
            for (index, text) in site.prefers.iter().enumerate() {
                let at = spot.key("prefers").index(index);
                let preferred = self.preferred(text, at);
                self.network.sites[site_id].prefers.extend(preferred);
            }
        }
    }

    /// The circuit or connection that a site prefers, by its key.
    fn preferred(&mut self, text: &str, spot: Spot<'a>) -> Option<String> {
        for kind in [Kind::Circuit, Kind::Connection] {
            if let Ok(index) = self.index.find(kind, text, &self.identities) {
                return Some(self.index.key(kind, index).to_owned());
            }
        }
        let names = self
            .index
            .keys(Kind::Circuit)
            .chain(self.index.keys(Kind::Connection));
        let hint = self.index.suggest(text, names);
        let miss = super::references::Miss::Unknown;
        self.missed(&miss, "circuit or connection", text, hint, spot);
        None
    }

    /// Listed hosts on the Internet.
    pub(super) fn internet_hosts(&mut self) {
        for (key, host) in self.topology.internet_hosts.iter() {
            if let Some(ms) = host.rtt {
                let at = Spot::of("internetHosts").key(key);
                self.within(ms, f64::MAX, at.key("rttMs"));
            }
            self.network.internet_hosts.push(InternetHost {
                name: key.into(),
                addresses: host.addresses.clone(),
                listeners: host.listeners.as_deref().map(sockets),
                rtt_ms: host.rtt,
                down: false,
            });
        }
    }

    /// Platform services.
    pub(super) fn services(&mut self) {
        for (key, service) in self.topology.services.iter() {
            let spot = Spot::of(Kind::Service.section()).key(key);
            let arm_type = service_type(&service.kind);
            let section = Kind::Service.section();
            let identity = self
                .identities
                .typed(section, &arm_type, key, &service.common);
            let allowed = spot.key("allowedSubnets");
            let mut allowed_subnets = Vec::with_capacity(service.allowed_subnets.len());
            for (index, text) in service.allowed_subnets.iter().enumerate() {
                allowed_subnets.extend(self.subnet(text, allowed.index(index)));
            }
            self.network.services.push(Service {
                identity,
                kind: service.kind.clone(),
                region: service.region.clone(),
                fqdn: service.fqdn.clone(),
                public_ip_address: service.public_ip_address,
                listeners: service.listeners.as_deref().map(sockets),
                public_network_access: service.public_network_access,
                allowed_subnets,
                down: false,
            });
        }
    }
}
