//! DNS zones, private and public (`Microsoft.Network/privateDnsZones`, `dnsZones`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::arena::Id;
use super::resources::VirtualNetwork;

/// A zone.
#[derive(Debug, Clone)]
pub struct DnsZone {
    /// Its name, in lower case.
    pub name: Arc<str>,
    /// The VNets that see it, and whether their machines are registered in it; none for a public zone,
    /// which everything sees.
    pub links: Option<Vec<(Id<VirtualNetwork>, bool)>>,
    /// Its records by their names in it, in lower case; `@` for its own name.
    pub records: HashMap<String, DnsRecord>,
}

/// The records of one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The name that it is another one for.
    pub alias: Option<String>,
}

impl DnsZone {
    /// What `name` (in lower case) is called in this zone, where it lies in it.
    #[must_use]
    pub fn relative<'a>(&self, name: &'a str) -> Option<&'a str> {
        if name == &*self.name {
            return Some("@");
        }
        name.strip_suffix(&*self.name)?.strip_suffix('.')
    }

    /// The records of a name in this zone; those of `*` where it has none of its own.
    #[must_use]
    pub fn record(&self, relative: &str) -> Option<&DnsRecord> {
        self.records.get(relative).or_else(|| self.records.get("*"))
    }
}
