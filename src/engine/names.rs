//! What a name stands for, as its source's DNS answers: Azure's own with private zones and
//! registration, or a VNet's own servers, which must be reachable; the public DNS behind both.
//!
//! Follows `virtual-network/virtual-networks-name-resolution-for-vms-and-role-instances`,
//! `dns/private-dns-virtual-network-links`, `private-link/private-endpoint-dns`.

use std::net::IpAddr;

use super::Engine;
use super::walk::{End, Origin, Policy, Walk};
use crate::diagnostic::Code;
use crate::net::{EPHEMERAL, Flow, Protocol, WIRE_SERVER, same_family};
use crate::network::{DnsRecord, DnsZone, Id, Network, Owner, VirtualNetwork};
use crate::trace::{Assumption, Disposition, Tracing};

/// An alias of an alias is followed so often.
const MOST_ALIASES: usize = 16;

/// Endings that the public DNS never has.
const NEVER_PUBLIC: &[&str] = &[
    "internal",
    "local",
    "localhost",
    "lan",
    "corp",
    "home",
    "private",
    "test",
    "invalid",
    "intranet",
];

/// What a name stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// What was taken for granted.
    pub assumptions: Vec<Assumption>,
}

/// Where a name is looked up from.
#[derive(Debug, Clone, Copy)]
enum View {
    /// A VNet, by Azure's own DNS.
    Network(Id<VirtualNetwork>),
    /// Outside of Azure.
    Public,
}

impl Engine<'_> {
    /// What `name` stands for at a machine or a proxy, or (`asker` is none) outside of Azure.
    ///
    /// # Errors
    /// Why it stands for nothing, in words.
    pub(super) fn resolve(&self, asker: Option<Origin>, name: &str) -> Result<Resolved, String> {
        let mut resolved = Resolved::default();
        let view = match asker {
            Some(asker) => self.view(asker, &mut resolved.assumptions)?,
            None => View::Public,
        };
        self.follow(view, name, resolved)
    }

    /// What `name` stands for in a VNet, by Azure's own DNS.
    ///
    /// # Errors
    /// Why it stands for nothing, in words.
    pub(super) fn resolve_in(
        &self,
        vnet: Id<VirtualNetwork>,
        name: &str,
    ) -> Result<Resolved, String> {
        self.follow(View::Network(vnet), name, Resolved::default())
    }

    /// From alias to alias.
    fn follow(&self, view: View, name: &str, mut resolved: Resolved) -> Result<Resolved, String> {
        let mut name = name.trim_end_matches('.').to_ascii_lowercase();
        for _ in 0..MOST_ALIASES {
            let record = self.look_up(view, &name, &mut resolved.assumptions)?;
            match record.alias {
                Some(alias) => name = alias.trim_end_matches('.').to_ascii_lowercase(),
                None if record.addresses.is_empty() => {
                    return Err(format!("`{name}` has no address"));
                }
                None => {
                    resolved.addresses = record.addresses;
                    return Ok(resolved);
                }
            }
        }
        Err(format!("`{name}` is an alias of an alias without end"))
    }

    /// Whose DNS is asked: Azure's in the asker's own VNet, or the first server of the VNet that answers,
    /// which is taken to ask Azure's DNS where it stands.
    fn view(&self, asker: Origin, assumptions: &mut Vec<Assumption>) -> Result<View, String> {
        let network = self.network;
        let own = match asker {
            Origin::Nic(nic) => Some(network.subnets[network.nics[nic].subnet].vnet),
            Origin::Fixture(id) => network.fixtures[id].vnet,
            _ => None,
        };
        let Some(own) = own else {
            return Ok(View::Public);
        };
        let servers = &network.vnets[own].dns_servers;
        if servers.is_empty() {
            return match self.asks(asker, WIRE_SERVER, assumptions) {
                Ok(()) => Ok(View::Network(own)),
                Err(Some(why)) => Err(format!("Azure's DNS (168.63.129.16) is kept away: {why}")),
                Err(None) => Err("Azure's DNS (168.63.129.16) is kept away".to_owned()),
            };
        }
        let mut silent = Vec::new();
        for server in servers {
            if let Err(why) = self.asks(asker, *server, assumptions) {
                silent.push(match why {
                    Some(why) => format!("{server}: {why}"),
                    None => server.to_string(),
                });
                continue;
            }
            if *server == WIRE_SERVER {
                return Ok(View::Network(own));
            }
            let vnet =
                super::next_hop::neighbour(network, own, *server).and_then(
                    |(owner, _)| match owner {
                        Owner::Nic(nic) => Some(network.subnets[network.nics[nic].subnet].vnet),
                        Owner::Fixture(fixture) => network.fixtures[fixture].vnet,
                    },
                );
            return Ok(match vnet.or_else(|| vnet_of(network, *server)) {
                Some(vnet) => View::Network(vnet),
                None => {
                    assumptions.push(Assumption {
                        code: Code::NotModelled,
                        text: format!("the DNS server {server} is taken to know public names only"),
                    });
                    View::Public
                }
            });
        }
        Err(format!(
            "no DNS server of `{}` answers ({})",
            network.vnets[own].identity.name,
            silent.join("; ")
        ))
    }

    /// Asks a DNS server; where it does not answer, what is in the way.
    fn asks(
        &self,
        asker: Origin,
        server: IpAddr,
        assumptions: &mut Vec<Assumption>,
    ) -> Result<(), Option<String>> {
        let network = self.network;
        let own: Vec<IpAddr> = match asker {
            Origin::Nic(nic) => {
                let own = network.nics[nic].addresses.iter();
                own.map(|own| own.address).collect()
            }
            // The platform's own instances are not kept from its DNS.
            Origin::Fixture(_) if server == WIRE_SERVER => return Ok(()),
            Origin::Fixture(id) => network.own_address(id).into_iter().collect(),
            _ => Vec::new(),
        };
        let Some(source) = own.into_iter().find(|own| same_family(*own, server)) else {
            return Err(None);
        };
        let question = Flow {
            protocol: Protocol::Udp,
            source,
            source_port: EPHEMERAL.first,
            destination: server,
            destination_port: 53,
        };
        let walk = Walk::new(self, Policy::StopAtFirst, Tracing::default());
        let ends = walk.run(asker, question, None);
        let works = ends.iter().find(|end| {
            end.fate.disposition == Disposition::Delivered
                && end
                    .fate
                    .replies
                    .iter()
                    .any(|back| back.disposition == Disposition::Delivered)
        });
        let Some(end) = works else {
            return Err(first_issue(&ends));
        };
        let kept = end
            .assumptions
            .iter()
            .filter(|a| a.code != Code::AssumedListener);
        assumptions.extend(kept.cloned());
        Ok(())
    }

    /// One look-up, without following aliases.
    fn look_up(
        &self,
        view: View,
        name: &str,
        assumptions: &mut Vec<Assumption>,
    ) -> Result<DnsRecord, String> {
        let network = self.network;
        if let View::Network(vnet) = view {
            let linked = network
                .private_zones
                .iter()
                .map(|(_, zone)| zone)
                .filter(|zone| {
                    zone.links
                        .as_ref()
                        .is_some_and(|links| links.iter().any(|(own, _)| *own == vnet))
                });
            if let Some((zone, relative)) = innermost(linked, name) {
                if let Some(record) = zone.record(relative) {
                    return Ok(record.clone());
                }
                return match self.registered(zone, relative) {
                    Some(addresses) => Ok(DnsRecord {
                        addresses,
                        alias: None,
                    }),
                    None => Err(format!(
                        "the private zone `{}` has no record `{relative}`",
                        zone.name
                    )),
                };
            }
        }
        if let Some((zone, relative)) =
            innermost(network.public_zones.iter().map(|(_, zone)| zone), name)
        {
            let missing = || format!("the zone `{}` has no record `{relative}`", zone.name);
            return zone.record(relative).cloned().ok_or_else(missing);
        }
        self.listed(name)
            .map_or_else(|| self.unlisted(name, assumptions), Ok)
    }

    /// The machines of VNets that register in a zone.
    fn registered(&self, zone: &DnsZone, relative: &str) -> Option<Vec<IpAddr>> {
        let network = self.network;
        let registering = |vnet: Id<VirtualNetwork>| {
            zone.links
                .iter()
                .flatten()
                .any(|(own, registers)| *own == vnet && *registers)
        };
        network.machines.iter().find_map(|(_, machine)| {
            let nic = &network.nics[machine.primary_nic];
            let named = machine.identity.name.eq_ignore_ascii_case(relative);
            (named && registering(network.subnets[nic.subnet].vnet))
                .then(|| nic.addresses.iter().map(|a| a.address).collect())
        })
    }

    /// What the topology itself says of a public name.
    fn listed(&self, name: &str) -> Option<DnsRecord> {
        let network = self.network;
        let same = |other: &str| other.trim_end_matches('.').eq_ignore_ascii_case(name);
        let host = network
            .internet_hosts
            .iter()
            .find(|(_, host)| same(&host.name));
        if let Some((_, host)) = host {
            return Some(DnsRecord {
                addresses: host.addresses.clone(),
                alias: None,
            });
        }
        let public = network
            .public_ips
            .iter()
            .find(|(_, pip)| pip.fqdn.as_deref().is_some_and(same));
        if let Some((_, public)) = public {
            return Some(DnsRecord {
                addresses: vec![public.address],
                alias: None,
            });
        }
        let service = |fqdn: &str| {
            network.services.iter().find(|(_, service)| {
                service
                    .fqdn
                    .as_deref()
                    .is_some_and(|own| own.eq_ignore_ascii_case(fqdn))
            })
        };
        if let Some((id, service)) = service(name) {
            // A service with a private endpoint is an alias of its name in the privatelink zone.
            let private = network
                .private_endpoints
                .iter()
                .any(|(_, endpoint)| endpoint.service == id);
            let alias = private.then(|| privatelink(name)).flatten();
            let addresses = service.public_ip_address.into_iter().collect();
            return Some(DnsRecord { alias, addresses });
        }
        // Where no private zone answers for that name, the public one leads to the public address.
        let (_, service) = service(&name.replacen(".privatelink.", ".", 1))?;
        Some(DnsRecord {
            addresses: service.public_ip_address.into_iter().collect(),
            alias: None,
        })
    }

    /// A name of which the topology says nothing.
    fn unlisted(&self, name: &str, assumptions: &mut Vec<Assumption>) -> Result<DnsRecord, String> {
        let network = self.network;
        if let Some((zone, _)) = innermost(network.private_zones.iter().map(|(_, zone)| zone), name)
        {
            return Err(format!(
                "the private zone `{}` is not linked to the network that asks",
                zone.name
            ));
        }
        let ending = name.rsplit('.').next().unwrap_or_default();
        let public = network.settings.internet_reaches_unlisted_addresses
            && name.contains('.')
            && !NEVER_PUBLIC.contains(&ending);
        if !public {
            return Err(format!("nothing answers for `{name}`"));
        }
        let address = super::ends::representative(network);
        assumptions.push(Assumption {
            code: Code::UnlistedName,
            text: format!("`{name}` is not listed and is taken to stand for some public address"),
        });
        Ok(DnsRecord {
            addresses: vec![address],
            alias: None,
        })
    }
}

/// What is wrong on the first of some ways, or on its way back.
fn first_issue(ends: &[End<Flow>]) -> Option<String> {
    let hops = ends.iter().flat_map(|end| {
        let replies = end.fate.replies.iter().flat_map(|back| &back.hops);
        end.hops.iter().chain(replies)
    });
    let mut issues = hops.flat_map(|hop| &hop.issues);
    issues.next().map(|issue| issue.message.clone())
}

/// The zone with the longest name that holds `name`, and what it is called there.
fn innermost<'z, 'a>(
    zones: impl Iterator<Item = &'z DnsZone>,
    name: &'a str,
) -> Option<(&'z DnsZone, &'a str)> {
    let holding = zones.filter_map(|zone| zone.relative(name).map(|relative| (zone, relative)));
    holding.max_by_key(|(zone, _)| zone.name.len())
}

/// `host.privatelink.rest` of `host.rest`.
fn privatelink(name: &str) -> Option<String> {
    name.split_once('.')
        .map(|(host, rest)| format!("{host}.privatelink.{rest}"))
}

/// The VNet that an address lies in, where one alone has it.
fn vnet_of(network: &Network, address: IpAddr) -> Option<Id<VirtualNetwork>> {
    let mut holding = network
        .vnets
        .iter()
        .filter(|(_, vnet)| vnet.addresses.contains(address));
    let first = holding.next()?;
    holding.next().is_none().then_some(first.0)
}
