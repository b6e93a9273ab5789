//! Paths against the names that are expected on them.

use std::net::IpAddr;
use std::sync::Arc;

use super::text;
use crate::network::{Endpoint, MachineKind, NameFault, Network, Owner, Place, PublicOwner};
use crate::trace::{Hop, HopKind, Path, ReplyKind, Step, Translator};

/// A name that is expected on a path, or must not be there.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    text: String,
    address: Option<IpAddr>,
    /// What it names, where that is something a flow can be at.
    endpoint: Option<Endpoint>,
}

impl Wanted {
    /// Looks a name up.
    ///
    /// # Errors
    /// Where nothing, or more than one thing, has it. A resource that is no hop (a virtual network, a
    /// NAT gateway) is a name all the same.
    pub(super) fn new(network: &Network, text: &str) -> Result<Self, NameFault> {
        let asked = text.trim();
        let endpoint = match network.endpoint(asked) {
            Ok(Endpoint::Fqdn(name)) if !is_crossed(network, &name) => {
                return Err(NameFault::Unknown(name, None));
            }
            Ok(Endpoint::Fqdn(_)) | Err(NameFault::WrongKind(..)) => None,
            Ok(Endpoint::Uri { .. }) => return Err(NameFault::Unknown(asked.to_owned(), None)),
            Ok(endpoint) => Some(endpoint),
            Err(fault) => return Err(fault),
        };
        let address = match endpoint {
            Some(Endpoint::Address(address) | Endpoint::VpnClient(_, address)) => Some(address),
            _ => None,
        };
        Ok(Self {
            text: asked.to_owned(),
            address,
            endpoint,
        })
    }

    /// Whether a hop is meant: by its name or its address. The hop at which a routing drop ends is an
    /// address; the name of what owns it is as good.
    pub(super) fn is(&self, network: &Network, hop: &Hop) -> bool {
        if text::same(&self.text, &hop.name) || self.address == Some(hop.address) {
            return true;
        }
        match hop.place {
            Some(place) => {
                self.stands_at(network, place) || (!self.qualified() && self.is_last_of(&hop.name))
            }
            None => owners(network, hop.address).into_iter().any(|place| {
                text::same(&self.text, &network.place_name(place)) || self.stands_at(network, place)
            }),
        }
    }

    fn qualified(&self) -> bool {
        self.text.contains('/')
    }

    fn is_last_of(&self, name: &str) -> bool {
        text::same(&self.text, text::last(name))
    }

    fn stands_at(&self, network: &Network, place: Place) -> bool {
        match (&self.endpoint, place) {
            (Some(Endpoint::Nic(own)), Place::Nic(nic)) => {
                let one_of_them = text::same(text::last(&self.text), &network.nics[*own].name);
                own == &nic
                    || (!one_of_them && network.nics[*own].machine == network.nics[nic].machine)
            }
            (Some(Endpoint::ScaleSet(own)), Place::Nic(nic)) => {
                network.machines[network.nics[nic].machine].kind == MachineKind::Instance(*own)
            }
            (Some(Endpoint::Fixture(own)), Place::Fixture(id)) => *own == id,
            (Some(Endpoint::InternetHost(own)), Place::InternetHost(id)) => *own == id,
            (Some(Endpoint::Site(own)), Place::Site(id)) => *own == id,
            _ => false,
        }
    }

    /// Whether a path comes by there in any way: as a hop, as a place that is crossed, by a
    /// translation; the Internet also by a host that stands on it.
    pub(super) fn is_touched(&self, network: &Network, hop: &Hop) -> bool {
        if self.is(network, hop) {
            return true;
        }
        match self.endpoint {
            Some(Endpoint::Internet) => {
                hop.kind == HopKind::Internet || crossed(hop).any(|place| place == Place::Internet)
            }
            Some(_) => false,
            None => {
                let names = crossed(hop).map(|place| network.place_name(place));
                names
                    .chain(translators(network, hop))
                    .any(|name| text::same(&self.text, &name))
            }
        }
    }
}

/// Whether a name with dots is that of something that is crossed.
fn is_crossed(network: &Network, name: &str) -> bool {
    let vnets = network.vnets.iter().map(|(_, vnet)| &vnet.identity.name);
    let nats = network
        .nat_gateways
        .iter()
        .map(|(_, nat)| &nat.identity.name);
    let addresses = network.public_ips.iter().map(|(_, ip)| &ip.identity.name);
    vnets
        .chain(nats)
        .chain(addresses)
        .any(|known| text::same(known, name))
}

fn crossed(hop: &Hop) -> impl Iterator<Item = Place> + '_ {
    let links = hop.steps.iter().filter_map(|step| match step {
        Step::Crossed(places) => Some(places),
        _ => None,
    });
    links.flatten().copied()
}

fn translators<'a>(network: &'a Network, hop: &'a Hop) -> impl Iterator<Item = Arc<str>> + 'a {
    hop.steps.iter().filter_map(|step| match step {
        Step::Translated {
            by: Translator::NatGateway(id),
            ..
        } => Some(network.nat_gateways[*id].identity.name.clone()),
        Step::Translated {
            by: Translator::PublicIp(id),
            ..
        } => Some(network.public_ips[*id].identity.name.clone()),
        _ => None,
    })
}

/// What owns an address, in any virtual network or in public.
fn owners(network: &Network, address: IpAddr) -> Vec<Place> {
    let private = network
        .owners
        .iter()
        .filter_map(|owners| owners.get(address))
        .map(|owner| match owner {
            Owner::Nic(nic) => Place::Nic(nic),
            Owner::Fixture(id) => Place::Fixture(id),
        });
    let public = network
        .public_owners
        .get(address)
        .and_then(|owner| match owner {
            PublicOwner::Nic(nic, _) => Some(Place::Nic(nic)),
            PublicOwner::Fixture(id, _) => Some(Place::Fixture(id)),
            PublicOwner::InternetHost(id) => Some(Place::InternetHost(id)),
            _ => None,
        });
    private.chain(public).collect()
}

/// Whether a path has exactly these hops, in order.
pub(super) fn exactly(network: &Network, path: &Path, wanted: &[Wanted]) -> bool {
    path.hops.len() == wanted.len()
        && path
            .hops
            .iter()
            .zip(wanted)
            .all(|(hop, wanted)| wanted.is(network, hop))
}

/// Whether a path comes by all of these, in order.
pub(super) fn via(network: &Network, path: &Path, wanted: &[Wanted]) -> bool {
    let mut hops = path.hops.iter();
    wanted.iter().all(|wanted| match wanted.endpoint {
        Some(_) => hops.any(|hop| wanted.is(network, hop)),
        None => hops.any(|hop| wanted.is_touched(network, hop)),
    })
}

/// The names of a path's hops.
pub(super) fn names(path: &Path) -> Vec<String> {
    path.hops.iter().map(|hop| hop.name.to_string()).collect()
}

/// A path on one line.
pub(super) fn line(hops: &[Hop]) -> String {
    let names: Vec<&str> = hops.iter().map(|hop| &*hop.name).collect();
    names.join(" → ")
}

/// A path on one line, with how it ends and what becomes of its replies.
pub(super) fn ending(path: &Path) -> String {
    let (hops, ending) = (line(&path.hops), text::ending(path.disposition));
    let mut text = format!("path {hops} ({ending})");
    let broken = path
        .replies
        .iter()
        .filter(|reply| reply.kind == ReplyKind::Broken);
    for reply in broken {
        let (hops, ending) = (line(&reply.hops), text::ending(reply.disposition));
        text.push_str(&format!(", its reply {hops} is lost: {ending}"));
    }
    text
}
