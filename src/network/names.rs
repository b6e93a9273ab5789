//! What a user names in a question: endpoints, NICs, and what is out of order.

use std::net::IpAddr;

use super::Network;
use super::arena::Id;
use super::resources::{Fixture, Gateway, InternetHost, Nic, ScaleSet, Service, Site, SiteHost};

/// A source or a destination, as the table of endpoints in the topology's format has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A machine, by its primary or a named NIC.
    Nic(Id<Nic>),
    /// A scale set: every instance.
    ScaleSet(Id<ScaleSet>),
    /// A Bastion host, an application gateway, a private endpoint …
    Fixture(Id<Fixture>),
    /// A host on premises.
    SiteHost(Id<SiteHost>),
    /// Any address of a site.
    Site(Id<Site>),
    /// A listed host on the Internet.
    InternetHost(Id<InternetHost>),
    /// Any public address that is not listed.
    Internet,
    /// A platform service, by its name in the source's DNS.
    Service(Id<Service>),
    /// A point-to-site client.
    VpnClient(Id<Gateway>, IpAddr),
    /// An address, as the source sees it.
    Address(IpAddr),
    /// A name for the source's DNS.
    Fqdn(String),
    /// A host and a port out of a URI.
    Uri {
        /// The host: a name or an address.
        host: String,
        /// The port, as written or the scheme's.
        port: u16,
    },
}

/// Why a text names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameFault {
    /// Nothing has that name; a close one, where there is one.
    Unknown(String, Option<String>),
    /// Several things have it: `kind/name` of each.
    Ambiguous(String, Vec<String>),
    /// It is something, but nothing of the kind asked for.
    WrongKind(String, &'static str),
}

impl Network {
    /// What `text` names as a source or a destination.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has that name.
    pub fn endpoint(&self, text: &str) -> Result<Endpoint, NameFault> {
        Err(NameFault::Unknown(text.to_owned(), None))
    }

    /// The NIC that `text` names: `vm`, `vm/nic`, an instance, a NIC's own name, or an ARM id of either.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has that name.
    pub fn nic(&self, text: &str) -> Result<Id<Nic>, NameFault> {
        Err(NameFault::Unknown(text.to_owned(), None))
    }
}
