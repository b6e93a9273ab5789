//! DNS zones: their records, and the networks that private ones are linked to
//! (`dns/private-dns-virtual-network-links`).

use std::collections::HashMap;

use super::Resolver;
use super::kind::Kind;
use super::spot::Spot;
use crate::network::{DnsRecord, DnsZone};
use crate::spec::RecordSet;
use crate::spec::decode::Names;

impl Resolver<'_> {
    /// Zones, private and public.
    pub(super) fn zones(&mut self) {
        for (key, zone) in self.topology.private_dns_zones.iter() {
            let spot = Spot::of(Kind::PrivateZone.section()).key(key);
            let mut links = Vec::with_capacity(zone.virtual_network_links.len());
            for (name, link) in zone.virtual_network_links.iter() {
                let at = spot
                    .key("virtualNetworkLinks")
                    .key(name)
                    .key("virtualNetwork");
                let vnet = self.vnet(&link.virtual_network, at);
                links.extend(vnet.map(|vnet| (vnet, link.registration_enabled)));
            }
            let made = made(key, Some(links), &zone.record_sets);
            self.network.private_zones.push(made);
        }
        for (key, zone) in self.topology.dns_zones.iter() {
            let made = made(key, None, &zone.record_sets);
            self.network.public_zones.push(made);
        }
    }
}

type Links = Vec<(crate::network::Id<crate::network::VirtualNetwork>, bool)>;

fn made(key: &str, links: Option<Links>, records: &Names<RecordSet>) -> DnsZone {
    // A key may be `group/name`.
    let name = key
        .rsplit('/')
        .next()
        .unwrap_or(key)
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let records: HashMap<String, DnsRecord> = records
        .iter()
        .map(|(own, record)| {
            let own = own.trim_end_matches('.').to_ascii_lowercase();
            let relative = match own.strip_suffix(&name) {
                Some("") => "@".to_owned(),
                Some(rest) => rest.strip_suffix('.').unwrap_or(&own).to_owned(),
                None => own,
            };
            let addresses = record.a.iter().chain(&record.aaaa).copied().collect();
            (
                relative,
                DnsRecord {
                    addresses,
                    alias: record.cname.clone(),
                },
            )
        })
        .collect();
    DnsZone {
        name: name.into(),
        links,
        records,
    }
}
