//! What a user names in a question: endpoints, NICs, and what is out of order.
//!
//! The rules are those of the topology's format: names compare without case, a child is
//! `parent/child`, `kind/name` settles what two kinds share, and a full ARM id works everywhere.
//! The first question builds an index; from then on a look-up costs one hash.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use super::Network;
use super::arena::Id;
use super::edge::*;
use super::resources::*;

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

/// Anything that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Named {
    Machine(Id<Machine>),
    ScaleSet(Id<ScaleSet>),
    Fixture(Id<Fixture>),
    Gateway(Id<Gateway>),
    RouteServer(Id<RouteServer>),
    SiteHost(Id<SiteHost>),
    Site(Id<Site>),
    InternetHost(Id<InternetHost>),
    Service(Id<Service>),
    NatGateway(Id<NatGateway>),
    Connection(Id<Connection>),
    Circuit(Id<Circuit>),
    LocalGateway(Id<LocalGateway>),
    VirtualNetwork(Id<VirtualNetwork>),
    PublicIp(Id<PublicIp>),
    /// A resource that no flow starts or ends at: by its place in the index's own list.
    Other(u32),
}

/// The names of everything, folded; built when first asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameIndex(OnceLock<Arc<Names>>);

#[derive(Debug, Clone, Default)]
struct Names {
    /// By name as written, and by the bare name of a `group/name`.
    exact: HashMap<String, Vec<Named>>,
    bare: HashMap<String, Vec<Named>>,
    ids: HashMap<String, Named>,
    nics: HashMap<String, Vec<Id<Nic>>>,
    nic_ids: HashMap<String, Id<Nic>>,
    /// Section and name of what is only known to exist.
    others: Vec<(&'static str, Arc<str>, Arc<str>)>,
}

impl Names {
    fn add(&mut self, name: &str, named: Named) {
        let name = name.to_lowercase();
        if let Some((_, bare)) = name.split_once('/') {
            let list = self.bare.entry(bare.to_owned()).or_default();
            list.push(named);
        }
        self.exact.entry(name).or_default().push(named);
    }

    fn identify(&mut self, identity: &Identity, named: Named) {
        self.add(&identity.name, named);
        self.ids.entry(identity.id.to_lowercase()).or_insert(named);
    }

    fn other(&mut self, identity: &Identity) {
        let number = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
        self.others.push((
            identity.section,
            Arc::clone(&identity.name),
            Arc::clone(&identity.resource_group),
        ));
        self.identify(identity, Named::Other(number));
    }

    fn of(network: &Network) -> Self {
        let mut names = Self::default();
        for (id, machine) in network.machines.iter() {
            names.identify(&machine.identity, Named::Machine(id));
        }
        for (id, nic) in network.nics.iter() {
            let same = names.nics.entry(nic.name.to_lowercase()).or_default();
            same.push(id);
            names.nic_ids.insert(nic.id.to_lowercase(), id);
        }
        for (id, set) in network.scale_sets.iter() {
            names.identify(&set.identity, Named::ScaleSet(id));
        }
        for (id, fixture) in network.fixtures.iter() {
            names.identify(&fixture.identity, Named::Fixture(id));
        }
        for (id, gateway) in network.gateways.iter() {
            names.identify(&gateway.identity, Named::Gateway(id));
        }
        for (id, server) in network.route_servers.iter() {
            names.identify(&server.identity, Named::RouteServer(id));
        }
        for (id, site) in network.sites.iter() {
            names.add(&site.name, Named::Site(id));
        }
        for (id, host) in network.site_hosts.iter() {
            names.add(&host.name, Named::SiteHost(id));
        }
        for (id, host) in network.internet_hosts.iter() {
            names.add(&host.name, Named::InternetHost(id));
        }
        for (id, service) in network.services.iter() {
            names.identify(&service.identity, Named::Service(id));
        }
        for (id, nat) in network.nat_gateways.iter() {
            names.identify(&nat.identity, Named::NatGateway(id));
        }
        for (id, connection) in network.connections.iter() {
            names.identify(&connection.identity, Named::Connection(id));
        }
        for (id, circuit) in network.circuits.iter() {
            names.identify(&circuit.identity, Named::Circuit(id));
        }
        for (id, gateway) in network.local_gateways.iter() {
            names.identify(&gateway.identity, Named::LocalGateway(id));
        }
        for (id, vnet) in network.vnets.iter() {
            names.identify(&vnet.identity, Named::VirtualNetwork(id));
        }
        for (id, public) in network.public_ips.iter() {
            names.identify(&public.identity, Named::PublicIp(id));
        }
        let nsgs = network.nsgs.iter().map(|(_, r)| &r.identity);
        let asgs = network.asgs.iter().map(|(_, r)| &r.identity);
        let tables = network.route_tables.iter().map(|(_, r)| &r.identity);
        for identity in nsgs.chain(asgs).chain(tables) {
            names.other(identity);
        }
        names
    }
}

/// What a resource is called and where it stands, for telling namesakes apart.
pub(super) struct Label<'n> {
    /// Its section of the topology.
    pub section: &'static str,
    /// Its name as written.
    pub name: &'n str,
    group: Option<&'n str>,
}

impl<'n> Label<'n> {
    fn of(identity: &'n Identity) -> Self {
        Self {
            section: identity.section,
            name: &identity.name,
            group: Some(&identity.resource_group),
        }
    }
}

impl Network {
    fn names(&self) -> &Names {
        self.names.0.get_or_init(|| Arc::new(Names::of(self)))
    }

    pub(super) fn label(&self, named: Named) -> Label<'_> {
        let plain = |section, name| Label {
            section,
            name,
            group: None,
        };
        match named {
            Named::Machine(id) => Label::of(&self.machines[id].identity),
            Named::ScaleSet(id) => Label::of(&self.scale_sets[id].identity),
            Named::Fixture(id) => Label::of(&self.fixtures[id].identity),
            Named::Gateway(id) => Label::of(&self.gateways[id].identity),
            Named::RouteServer(id) => Label::of(&self.route_servers[id].identity),
            Named::Service(id) => Label::of(&self.services[id].identity),
            Named::NatGateway(id) => Label::of(&self.nat_gateways[id].identity),
            Named::Connection(id) => Label::of(&self.connections[id].identity),
            Named::Circuit(id) => Label::of(&self.circuits[id].identity),
            Named::LocalGateway(id) => Label::of(&self.local_gateways[id].identity),
            Named::VirtualNetwork(id) => Label::of(&self.vnets[id].identity),
            Named::PublicIp(id) => Label::of(&self.public_ips[id].identity),
            Named::Site(id) => plain("onPremisesSites", &*self.sites[id].name),
            Named::SiteHost(id) => plain("onPremisesSites", &*self.site_hosts[id].name),
            Named::InternetHost(id) => plain("internetHosts", &*self.internet_hosts[id].name),
            Named::Other(number) => self.names().others.get(number as usize).map_or(
                plain("", ""),
                |(section, name, group)| Label {
                    section,
                    name,
                    group: Some(group),
                },
            ),
        }
    }

    /// How a namesake is told apart in a message.
    fn qualified(&self, named: Named) -> String {
        if let Named::SiteHost(id) = named {
            let host = &self.site_hosts[id];
            return format!("{}/{}", self.sites[host.site].name, host.name);
        }
        let label = self.label(named);
        format!("{}/{}", label.section, label.name)
    }

    /// Everything that `text` names: a name, `site/host`, `kind/name`, `group/name` or an ARM id.
    pub(super) fn named(&self, text: &str) -> Vec<Named> {
        let names = self.names();
        let folded = text.trim().to_lowercase();
        if folded.starts_with('/') {
            return self.by_arm_id(&folded).into_iter().collect();
        }
        if let Some(hits) = names.exact.get(&folded) {
            return hits.clone();
        }
        let Some((first, rest)) = folded.split_once('/') else {
            return names.bare.get(&folded).cloned().unwrap_or_default();
        };
        let all = |name: &str| {
            let exact = names.exact.get(name).into_iter().flatten();
            exact.chain(names.bare.get(name).into_iter().flatten())
        };
        let levels: [&dyn Fn(Named) -> bool; 3] = [
            &|named| matches!(named, Named::SiteHost(id) if same(&self.sites[self.site_hosts[id].site].name, first)),
            &|named| same(self.label(named).section, first),
            &|named| self.label(named).group.is_some_and(|g| same(g, first)),
        ];
        for belongs in levels {
            let hits: Vec<Named> = all(rest).copied().filter(|n| belongs(*n)).collect();
            if !hits.is_empty() {
                return hits;
            }
        }
        Vec::new()
    }

    /// An ARM id, or that of something inside a resource, as in `…/ipConfigurations/ipconfig1`.
    fn by_arm_id(&self, folded: &str) -> Option<Named> {
        let names = self.names();
        let mut id = folded;
        loop {
            if let Some(named) = names.ids.get(id) {
                return Some(match (named, folded.get(id.len() + 1..)) {
                    // `…/virtualMachineScaleSets/api/virtualMachines/1` is `api_1`.
                    (Named::ScaleSet(set), Some(inside)) => {
                        self.instance(*set, inside).map_or(*named, Named::Machine)
                    }
                    _ => *named,
                });
            }
            if let Some(nic) = names.nic_ids.get(id) {
                return Some(Named::Machine(self.nics[*nic].machine));
            }
            let (parent, _) = id.rsplit_once('/')?;
            id = parent;
        }
    }

    fn instance(&self, set: Id<ScaleSet>, inside: &str) -> Option<Id<Machine>> {
        let number = inside.strip_prefix("virtualmachines/")?.split('/').next()?;
        let set = &self.scale_sets[set];
        let suffix = format!("_{number}");
        let of_number = |id: &&Id<Machine>| {
            let name = self.machines[**id].identity.name.to_lowercase();
            name == number || name.ends_with(&suffix)
        };
        set.instances.iter().find(of_number).copied()
    }

    /// The NIC that an ARM id names itself, or that one of its IP configurations is on.
    fn nic_by_arm_id(&self, folded: &str) -> Option<Id<Nic>> {
        let ids = &self.names().nic_ids;
        let own = folded.split("/ipconfigurations/").next()?;
        ids.get(own).copied()
    }

    /// One hit out of several; what one resource has several of (a balancer's frontends) is the first.
    fn only(&self, text: &str, hits: &[Named]) -> Result<Named, NameFault> {
        let first = *hits.first().ok_or_else(|| self.unknown(text))?;
        let mut all: Vec<String> = hits.iter().map(|hit| self.qualified(*hit)).collect();
        all.dedup_by(|a, b| same(a, b));
        if all.len() > 1 {
            Err(NameFault::Ambiguous(text.to_owned(), all))
        } else {
            Ok(first)
        }
    }

    fn endpoint_of(&self, named: Named) -> Option<Endpoint> {
        Some(match named {
            Named::Machine(id) => Endpoint::Nic(self.machines[id].primary_nic),
            Named::ScaleSet(id) => Endpoint::ScaleSet(id),
            Named::Fixture(id) => Endpoint::Fixture(id),
            Named::SiteHost(id) => Endpoint::SiteHost(id),
            Named::Site(id) => Endpoint::Site(id),
            Named::InternetHost(id) => Endpoint::InternetHost(id),
            Named::Service(id) => Endpoint::Service(id),
            _ => return None,
        })
    }

    /// What `text` names as a source or a destination.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has that name.
    pub fn endpoint(&self, text: &str) -> Result<Endpoint, NameFault> {
        let asked = text.trim();
        if asked.contains("://") {
            return uri(asked).ok_or_else(|| NameFault::Unknown(asked.to_owned(), None));
        }
        if let Ok(address) = asked.parse() {
            return Ok(Endpoint::Address(address));
        }
        if asked.starts_with('/') {
            if let Some(nic) = self.nic_by_arm_id(&asked.to_lowercase()) {
                return Ok(Endpoint::Nic(nic));
            }
        } else if let Some((parent, child)) = asked.rsplit_once('/')
            && let Some(found) = self.child(asked, parent, child)
        {
            return found;
        }
        let hits = self.named(asked);
        let usable: Vec<Named> = hits
            .iter()
            .copied()
            .filter(|hit| self.endpoint_of(*hit).is_some())
            .collect();
        if asked.eq_ignore_ascii_case("Internet") {
            let mut all: Vec<String> = usable.iter().map(|hit| self.qualified(*hit)).collect();
            if all.is_empty() {
                return Ok(Endpoint::Internet);
            }
            all.insert(0, "Internet".to_owned());
            return Err(NameFault::Ambiguous(asked.to_owned(), all));
        }
        if usable.is_empty() {
            let looks_like_name = asked.contains('.') && !asked.contains(['/', ' ']);
            return match hits.first() {
                Some(_) if looks_like_name => Ok(Endpoint::Fqdn(asked.to_owned())),
                Some(hit) => Err(NameFault::WrongKind(
                    asked.to_owned(),
                    self.label(*hit).section,
                )),
                None if looks_like_name => Ok(Endpoint::Fqdn(asked.to_owned())),
                None => Err(self.unknown(asked)),
            };
        }
        let named = self.only(asked, &usable)?;
        self.endpoint_of(named).ok_or_else(|| self.unknown(asked))
    }

    /// `vm/nic` or `gateway/client`, where `parent` is a machine or a gateway that has such a child.
    fn child(&self, text: &str, parent: &str, child: &str) -> Option<Result<Endpoint, NameFault>> {
        let mut found: Vec<(Endpoint, String)> = Vec::new();
        for named in self.named(parent) {
            match named {
                Named::Machine(id) => {
                    let machine = &self.machines[id];
                    let nics = machine.nics.iter();
                    found.extend(nics.filter(|nic| same(&self.nics[**nic].name, child)).map(
                        |nic| {
                            let path = format!("{}/{child}", self.qualified(named));
                            (Endpoint::Nic(*nic), path)
                        },
                    ));
                }
                Named::Gateway(id) => {
                    let gateway = &self.gateways[id];
                    let listed = gateway.clients.iter().find(|(name, _)| same(name, child));
                    let address = listed.map(|(_, a)| *a).or_else(|| child.parse().ok());
                    let of_pool = address
                        .filter(|a| gateway.client_pool.iter().any(|range| range.contains(a)));
                    if let Some(address) = of_pool {
                        let path = format!("{}/{child}", self.qualified(named));
                        found.push((Endpoint::VpnClient(id, address), path));
                    }
                }
                _ => {}
            }
        }
        if found.len() > 1 {
            let all = found.into_iter().map(|(_, path)| path).collect();
            return Some(Err(NameFault::Ambiguous(text.to_owned(), all)));
        }
        found.pop().map(|(endpoint, _)| Ok(endpoint))
    }

    /// The NIC that `text` names: `vm`, `vm/nic`, an instance, a NIC's own name, or an ARM id of either.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has that name.
    pub fn nic(&self, text: &str) -> Result<Id<Nic>, NameFault> {
        let nics = self.nics_of(text)?;
        nics.first().copied().ok_or_else(|| self.unknown(text))
    }

    /// The NICs that `text` names: all of a machine, the primary one first, or the one that it is.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has that name.
    pub fn nics_of(&self, text: &str) -> Result<Vec<Id<Nic>>, NameFault> {
        let asked = text.trim();
        let wrong = |kind| Err(NameFault::WrongKind(asked.to_owned(), kind));
        if asked.starts_with('/') {
            if let Some(nic) = self.nic_by_arm_id(&asked.to_lowercase()) {
                return Ok(vec![nic]);
            }
        } else if let Some((parent, child)) = asked.rsplit_once('/')
            && let Some(found) = self.child(asked, parent, child)
        {
            return match found? {
                Endpoint::Nic(nic) => Ok(vec![nic]),
                _ => wrong("virtualNetworkGateways"),
            };
        }
        let hits = self.named(asked);
        let machines: Vec<Named> = hits
            .iter()
            .copied()
            .filter(|hit| matches!(hit, Named::Machine(_)))
            .collect();
        if !machines.is_empty() {
            return match self.only(asked, &machines)? {
                Named::Machine(id) => {
                    let machine = &self.machines[id];
                    let mut nics = machine.nics.clone();
                    nics.sort_by_key(|nic| *nic != machine.primary_nic);
                    Ok(nics)
                }
                other => wrong(self.label(other).section),
            };
        }
        match self
            .names()
            .nics
            .get(&asked.to_lowercase())
            .map(Vec::as_slice)
        {
            Some([nic]) => Ok(vec![*nic]),
            Some(several) if !several.is_empty() => Err(NameFault::Ambiguous(
                asked.to_owned(),
                several.iter().map(|nic| self.nic_path(*nic)).collect(),
            )),
            _ => match hits.first() {
                Some(hit) => wrong(self.label(*hit).section),
                None => Err(self.unknown(asked)),
            },
        }
    }

    fn nic_path(&self, nic: Id<Nic>) -> String {
        let nic = &self.nics[nic];
        format!("{}/{}", self.machines[nic.machine].identity.name, nic.name)
    }

    fn unknown(&self, text: &str) -> NameFault {
        NameFault::Unknown(text.to_owned(), self.close_name(text))
    }

    /// The name nearest to `text`, where one is near enough to be a slip of the keys.
    pub(super) fn close_name(&self, text: &str) -> Option<String> {
        let folded = text.to_lowercase();
        let (path, last) = match folded.rsplit_once('/') {
            Some((parent, child)) if !folded.starts_with('/') => (Some(parent), child),
            Some((_, last)) => (None, last),
            None => (None, folded.as_str()),
        };
        if let Some(parent) = path
            && let Some(Named::Machine(machine)) = self.named(parent).first()
        {
            let machine = &self.machines[*machine];
            let nics = machine.nics.iter().map(|nic| &*self.nics[*nic].name);
            return closest(last, nics).map(|nic| format!("{}/{nic}", machine.identity.name));
        }
        let names = self.names();
        let labels = names.exact.values().flatten().map(|hit| self.label(*hit));
        let whole = closest(&folded, labels.map(|label| label.name));
        whole.or_else(|| {
            let labels = names.exact.values().flatten().map(|hit| self.label(*hit));
            closest(last, labels.map(|label| label.name)).filter(|_| path.is_none())
        })
    }
}

pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}

/// The candidate with the fewest slips, at most one in three letters; of equals the first in order.
pub(super) fn closest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let allowed = (text.chars().count() / 3).max(1);
    candidates
        .map(|name| {
            let slips = strsim::damerau_levenshtein(text, &name.to_lowercase());
            (slips, name)
        })
        .filter(|(slips, _)| *slips <= allowed)
        .min()
        .map(|(_, name)| name.to_owned())
}

fn uri(text: &str) -> Option<Endpoint> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, behind) = bracketed.split_once(']')?;
        (host, behind.strip_prefix(':'))
    } else {
        authority
            .split_once(':')
            .map_or((authority, None), |(host, port)| (host, Some(port)))
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if scheme.eq_ignore_ascii_case("http") => 80,
        None if scheme.eq_ignore_ascii_case("https") => 443,
        None => return None,
    };
    (!host.is_empty()).then(|| Endpoint::Uri {
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
pub(super) mod tests;
