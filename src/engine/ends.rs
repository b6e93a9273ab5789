//! The two ends of a question: what an endpoint is called, and which addresses it has where it is asked for.

use std::net::IpAddr;
use std::sync::Arc;

use super::proxy::is_proxy;
use super::walk::Origin;
use super::{Engine, ip_flow, issues};
use crate::network::{Endpoint, Fixture, FixtureKind, Id, Network, Nic, Place};
use crate::spec::PowerState;
use crate::trace::{Assumption, Disposition, Issue, Path};

/// An end with its addresses.
#[derive(Debug, Default)]
pub(super) struct Addressed {
    /// What it is called.
    pub name: Arc<str>,
    /// Its addresses, the one that stands for it first.
    pub addresses: Vec<IpAddr>,
    /// Why its name stands for none.
    pub unresolved: Option<String>,
    /// What was taken for granted of its name.
    pub assumptions: Vec<Assumption>,
}

impl Addressed {
    fn of(name: impl Into<Arc<str>>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self {
            name: name.into(),
            addresses: addresses.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// A machine's name means that machine: a path that its address leads to another one, which has the same
/// address in a network of its own, has not got there. Says so on such paths, and which NIC was meant.
pub(super) fn led_astray(
    network: &Network,
    meant: &Endpoint,
    address: IpAddr,
    paths: &mut [Path],
) -> Option<Id<Nic>> {
    let Endpoint::Nic(meant) = meant else {
        return None;
    };
    let mut astray = None;
    for path in paths {
        let Some(Place::Nic(there)) = path.hops.last().and_then(|hop| hop.place) else {
            continue;
        };
        if path.seen.destination != address || !is_another(network, *meant, there, address) {
            continue;
        }
        if path.disposition == Disposition::Delivered {
            path.disposition = Disposition::AnotherMachine;
        }
        // No request arrives, so that nothing answers.
        path.replies.clear();
        let before = path.hops.len().saturating_sub(2);
        if let Some(hop) = path.hops.get_mut(before) {
            let machines = [*meant, there].map(|nic| network.nics[nic].machine);
            let issue = issues::another_machine(network, address, machines);
            hop.issues.push(issue);
        }
        astray = Some(*meant);
    }
    astray
}

/// Whether what has come to an address, which no translation made of another, is with another machine than
/// the one that is meant, and the address is that one's own.
pub(super) fn is_another(
    network: &Network,
    meant: Id<Nic>,
    there: Id<Nic>,
    address: IpAddr,
) -> bool {
    let there = &network.nics[there];
    there.machine != network.nics[meant].machine && ip_flow::has(there, |own| own == address)
}

/// The single endpoints of one that may be a set.
pub(super) fn each(network: &Network, endpoint: &Endpoint) -> Vec<Endpoint> {
    match endpoint {
        Endpoint::ScaleSet(set) => {
            let instances = network.scale_sets[*set].instances.iter();
            instances
                .map(|id| Endpoint::Nic(network.machines[*id].primary_nic))
                .collect()
        }
        other => vec![other.clone()],
    }
}

/// What an endpoint is called and its addresses, as `asker` sees it, or as it is seen outside of Azure.
pub(super) fn addressed(
    engine: &Engine<'_>,
    asker: Option<Origin>,
    endpoint: &Endpoint,
) -> Addressed {
    let network = engine.network();
    match endpoint {
        Endpoint::Nic(nic) => {
            let addresses = network.nics[*nic].addresses.iter().map(|a| a.address);
            Addressed::of(network.place_name(Place::Nic(*nic)), addresses)
        }
        Endpoint::Address(address) => Addressed::of(address.to_string(), [*address]),
        Endpoint::InternetHost(id) => {
            let host = &network.internet_hosts[*id];
            // A name of the DNS may stand for something else in a private zone.
            if host.name.contains('.') {
                return named(engine, asker, &host.name);
            }
            Addressed::of(host.name.clone(), host.addresses.iter().copied())
        }
        Endpoint::Internet => Addressed::of("Internet", [representative(network)]),
        Endpoint::SiteHost(id) => {
            let host = &network.site_hosts[*id];
            Addressed::of(host.name.clone(), [host.address])
        }
        Endpoint::Site(id) => {
            let site = &network.sites[*id];
            let first = site.address_space.first();
            let first =
                first.map(|prefix| prefix.hosts().next().unwrap_or_else(|| prefix.network()));
            Addressed::of(site.name.clone(), first)
        }
        Endpoint::VpnClient(gateway, address) => {
            Addressed::of(network.client_name(*gateway, *address), [*address])
        }
        Endpoint::Fixture(id) => {
            let fixture = &network.fixtures[*id];
            Addressed::of(
                fixture.identity.name.clone(),
                spoken_to_at(network, *id, asker),
            )
        }
        Endpoint::Service(id) => {
            let service = &network.services[*id];
            match &service.fqdn {
                Some(fqdn) => Addressed {
                    name: service.identity.name.clone(),
                    ..named(engine, asker, fqdn)
                },
                None => Addressed::of(service.identity.name.clone(), service.public_ip_address),
            }
        }
        Endpoint::Uri { host, .. } => match host.parse::<IpAddr>() {
            Ok(address) => Addressed::of(host.as_str(), [address]),
            Err(_) => named(engine, asker, host),
        },
        Endpoint::Fqdn(name) => named(engine, asker, name),
        Endpoint::ScaleSet(id) => Addressed::of(network.scale_sets[*id].identity.name.clone(), []),
    }
}

/// What a platform resource is spoken to at: its private address, else its public one; from the Internet
/// the other way round, where it answers both.
fn spoken_to_at(network: &Network, id: Id<Fixture>, asker: Option<Origin>) -> Vec<IpAddr> {
    let fixture = &network.fixtures[id];
    let public = fixture
        .public_ips
        .iter()
        .map(|id| network.public_ips[*id].address);
    let private: Vec<IpAddr> = match (network.application_gateway(id), fixture.kind) {
        (Some(gateway), _) => gateway.private_frontend.into_iter().collect(),
        (None, FixtureKind::BastionHost) if !fixture.public_ips.is_empty() => Vec::new(),
        _ => fixture.addresses.clone(),
    };
    let proxy = is_proxy(fixture.kind);
    match asker {
        Some(Origin::Outside(_)) if proxy => public.chain(private).collect(),
        _ => private.into_iter().chain(public).collect(),
    }
}

/// Where a question starts, unless nothing can start there.
pub(super) fn origin(network: &Network, from: &Endpoint) -> Option<Origin> {
    match from {
        Endpoint::Nic(nic) => Some(Origin::Nic(*nic)),
        Endpoint::InternetHost(id) => Some(Origin::Outside(Place::InternetHost(*id))),
        Endpoint::Internet => Some(Origin::Outside(Place::Internet)),
        Endpoint::SiteHost(id) => Some(Origin::Site(network.site_hosts[*id].site)),
        Endpoint::Site(id) => Some(Origin::Site(*id)),
        Endpoint::VpnClient(gateway, _) => Some(Origin::Client(*gateway)),
        Endpoint::Fixture(id) if is_proxy(network.fixtures[*id].kind) => Some(Origin::Fixture(*id)),
        _ => None,
    }
}

/// Why Connection troubleshoot does not start at an application gateway
/// (`connection-troubleshoot-overview`, supported sources; `application-gateway-private-deployment`).
pub(super) fn refused(network: &Network, id: Id<Fixture>) -> Option<&'static str> {
    let gateway = network.application_gateway(id)?;
    if gateway.network_isolation {
        Some("it is deployed privately (`networkIsolation`)")
    } else if gateway.v2 {
        None
    } else {
        Some("it is not an application gateway v2")
    }
}

/// The addresses under which a question starts.
pub(super) fn sources(engine: &Engine<'_>, from: &Endpoint) -> Addressed {
    let network = engine.network();
    match from {
        Endpoint::Fixture(id) if is_proxy(network.fixtures[*id].kind) => {
            let name = network.fixtures[*id].identity.name.clone();
            Addressed::of(name, network.own_address(*id))
        }
        other => addressed(engine, None, other),
    }
}

fn named(engine: &Engine<'_>, asker: Option<Origin>, name: &str) -> Addressed {
    match engine.resolve(asker, name) {
        Ok(resolved) => Addressed {
            assumptions: resolved.assumptions,
            ..Addressed::of(name, resolved.addresses)
        },
        Err(why) => Addressed {
            unresolved: Some(why),
            ..Addressed::of(name, [])
        },
    }
}

/// The public addresses of an endpoint: what it is asked by from outside, where it has any.
pub(super) fn public(network: &Network, endpoint: &Endpoint) -> Vec<IpAddr> {
    match endpoint {
        Endpoint::Nic(nic) => {
            let own = network.nics[*nic].addresses.iter();
            let public = own.filter_map(|own| own.public_ip);
            public.map(|id| network.public_ips[id].address).collect()
        }
        Endpoint::Fixture(id) => {
            let own = network.fixtures[*id].public_ips.iter();
            own.map(|id| network.public_ips[*id].address).collect()
        }
        _ => Vec::new(),
    }
}

/// The address that stands for any public one that is not listed: fixed, unless the topology uses it.
pub(crate) fn representative(network: &Network) -> IpAddr {
    let candidates: [[u8; 4]; 3] = [[192, 0, 2, 1], [198, 51, 100, 1], [203, 0, 113, 1]];
    let free = candidates
        .into_iter()
        .map(IpAddr::from)
        .find(|a| network.public_owners.get(*a).is_none());
    free.unwrap_or_else(|| IpAddr::from([192, 0, 2, 1]))
}

/// What is wrong with what is outside Azure and out of order, so that it does not send.
pub(super) fn out_of_order(network: &Network, origin: Origin, address: IpAddr) -> Option<Issue> {
    let down = match origin {
        Origin::Site(id) => {
            let site = &network.sites[id];
            let mut hosts = site.hosts.iter().map(|host| &network.site_hosts[*host]);
            let host = hosts.find(|host| host.address == address);
            match host.filter(|host| host.power != PowerState::Running) {
                Some(host) => Some(&host.name),
                None => site.down.then_some(&site.name),
            }
        }
        Origin::Outside(Place::InternetHost(id)) => {
            let host = &network.internet_hosts[id];
            host.down.then_some(&host.name)
        }
        _ => None,
    };
    down.map(|name| issues::host_down(name))
}
