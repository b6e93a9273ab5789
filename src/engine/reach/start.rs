//! Where the flows of a set start: a place, with the addresses that they come from there.

use std::sync::Arc;

use super::Member;
use crate::engine::walk::Origin;
use crate::engine::{Engine, ends};
use crate::net::{AddressSet, Ranges, tags};
use crate::network::{Endpoint, FixtureKind, Id, Network, Nic, Place};
use crate::spec::PowerState;
use crate::trace::Disposition;

/// A start of flows of one address family.
#[derive(Debug, Clone)]
pub struct Start {
    /// Where.
    pub origin: Origin,
    /// From which addresses.
    pub addresses: AddressSet,
    /// What it is called.
    pub name: Arc<str>,
    /// Whether these are the addresses that its name means: a machine's primary one of the family.
    pub primary: bool,
    /// Why nothing starts there, where that is so.
    pub stopped: Option<Disposition>,
}

impl Start {
    /// The starts of a member of a set; none where no connection can start at it.
    #[must_use]
    pub fn of(engine: &Engine<'_>, member: &Member) -> Vec<Self> {
        let network = engine.network;
        let some = |origin, addresses: AddressSet, name: Arc<str>| {
            let start = Self {
                origin,
                addresses,
                name,
                primary: true,
                stopped: None,
            };
            start.of_each_family()
        };
        match &member.endpoint {
            Endpoint::Nic(nic) => {
                let nics = nics(network, *nic, member.whole);
                nics.into_iter()
                    .flat_map(|own| of_nic(network, own, own == *nic))
                    .collect()
            }
            Endpoint::ScaleSet(set) => {
                let machines = network.scale_sets[*set].instances.iter();
                let nics = machines.flat_map(|id| {
                    let machine = &network.machines[*id];
                    machine
                        .nics
                        .iter()
                        .map(move |nic| (*nic, *nic == machine.primary_nic))
                });
                nics.flat_map(|(nic, primary)| of_nic(network, nic, primary))
                    .collect()
            }
            Endpoint::Fixture(id) => {
                let fixture = &network.fixtures[*id];
                match fixture.kind {
                    FixtureKind::BastionHost | FixtureKind::ApplicationGateway(_)
                        if !fixture.down =>
                    {
                        some(
                            Origin::Fixture(*id),
                            AddressSet::of_addresses(fixture.addresses.iter().copied()),
                            fixture.identity.name.clone(),
                        )
                    }
                    _ => Vec::new(),
                }
            }
            Endpoint::SiteHost(id) => {
                let host = &network.site_hosts[*id];
                let address = AddressSet::of_addresses([host.address]);
                let starts = some(Origin::Site(host.site), address, host.name.clone());
                stopped(starts, host.power != PowerState::Running)
            }
            Endpoint::Site(id) => {
                let site = &network.sites[*id];
                let ranges = AddressSet::of(&site.address_space);
                let starts = some(Origin::Site(*id), ranges, site.name.clone());
                stopped(starts, site.down)
            }
            Endpoint::InternetHost(id) => {
                let host = &network.internet_hosts[*id];
                let addresses = AddressSet::of_addresses(host.addresses.iter().copied());
                let place = Place::InternetHost(*id);
                let starts = some(Origin::Outside(place), addresses, host.name.clone());
                stopped(starts, host.down)
            }
            Endpoint::Internet => {
                let unlisted = some(
                    Origin::Outside(Place::Internet),
                    outside(network),
                    "Internet".into(),
                );
                let hosts = network.internet_hosts.iter().flat_map(|(id, _)| {
                    let endpoint = Endpoint::InternetHost(id);
                    Self::of(
                        engine,
                        &Member {
                            endpoint,
                            whole: true,
                        },
                    )
                });
                unlisted.into_iter().chain(hosts).collect()
            }
            Endpoint::VpnClient(gateway, address) => some(
                Origin::Client(*gateway),
                AddressSet::of_addresses([*address]),
                network.client_name(*gateway, *address),
            ),
            Endpoint::Service(_)
            | Endpoint::Address(_)
            | Endpoint::Fqdn(_)
            | Endpoint::Uri { .. } => Vec::new(),
        }
    }

    /// Every start that there is: machines, what of the platform opens connections, sites, clients, the
    /// Internet.
    #[must_use]
    pub fn everywhere(engine: &Engine<'_>) -> Vec<Self> {
        Self::within(engine, None)
    }

    /// The same of those that are at some addresses, at one of them at least; none: at any.
    #[must_use]
    pub fn within(engine: &Engine<'_>, addresses: Option<&AddressSet>) -> Vec<Self> {
        let network = engine.network;
        let is_there = |nic: &Nic| {
            let mut own = nic.addresses.iter();
            addresses.is_none_or(|some| own.any(|own| some.contains(own.address)))
        };
        let nics = network.nics.iter().filter(|(_, own)| is_there(own));
        let nics = nics.map(|(id, _)| Endpoint::Nic(id));
        let fixtures = network.fixtures.iter().map(|(id, _)| Endpoint::Fixture(id));
        let sites = network.sites.iter().map(|(id, _)| Endpoint::Site(id));
        let all = nics
            .chain(fixtures)
            .chain(sites)
            .chain([Endpoint::Internet]);
        let mut starts: Vec<Self> = all
            .flat_map(|endpoint| {
                Self::of(
                    engine,
                    &Member {
                        endpoint,
                        whole: false,
                    },
                )
            })
            .collect();
        for (id, gateway) in network
            .gateways
            .iter()
            .filter(|(_, own)| !own.client_pool.is_empty())
        {
            let start = Self {
                origin: Origin::Client(id),
                addresses: AddressSet::of(&gateway.client_pool),
                name: format!("clients of {}", gateway.identity.name).into(),
                primary: true,
                stopped: None,
            };
            starts.extend(start.of_each_family());
        }
        if let Some(some) = addresses {
            starts.retain(|own| own.addresses.overlaps(some));
        }
        starts
    }

    /// The starts that the name of an endpoint means: of a machine its primary addresses; of the Internet
    /// the address that stands for it.
    #[must_use]
    pub fn named(engine: &Engine<'_>, endpoint: &Endpoint) -> Vec<Self> {
        let network = engine.network;
        let member = Member {
            endpoint: endpoint.clone(),
            whole: false,
        };
        let one = match endpoint {
            Endpoint::Internet => Some(ends::representative(network)),
            Endpoint::Site(_) => ends::addressed(engine, None, endpoint)
                .addresses
                .first()
                .copied(),
            _ => None,
        };
        let starts = Self::of(engine, &member)
            .into_iter()
            .filter(|start| start.primary);
        let starts = starts.filter(|start| match start.origin {
            Origin::Outside(Place::InternetHost(_)) => *endpoint != Endpoint::Internet,
            _ => one.is_none_or(|one| start.like(&AddressSet::of_addresses([one])).contains(one)),
        });
        let starts = starts.filter_map(|start| {
            let addresses = AddressSet::of_addresses([one.or(start.addresses.first())?]);
            Some(Self { addresses, ..start })
        });
        starts.collect()
    }

    /// The NIC, where it is one.
    #[must_use]
    pub const fn nic(&self) -> Option<Id<Nic>> {
        match self.origin {
            Origin::Nic(nic) => Some(nic),
            _ => None,
        }
    }

    /// Whether it is on the Internet.
    #[must_use]
    pub const fn is_outside(&self) -> bool {
        matches!(self.origin, Origin::Outside(_))
    }

    fn of_each_family(self) -> Vec<Self> {
        let (v4, v6) = (self.addresses.v4().clone(), self.addresses.v6().clone());
        let families = [
            AddressSet::of_ranges(v4, Ranges::default()),
            AddressSet::of_ranges(Ranges::default(), v6),
        ];
        let parts = families.into_iter().filter(|own| !own.is_empty());
        parts
            .map(|addresses| Self {
                addresses,
                ..self.clone()
            })
            .collect()
    }

    /// Those of some addresses that are of its family.
    #[must_use]
    pub fn like(&self, addresses: &AddressSet) -> AddressSet {
        if self.addresses.v4().is_empty() {
            AddressSet::of_ranges(Ranges::default(), addresses.v6().clone())
        } else {
            AddressSet::of_ranges(addresses.v4().clone(), Ranges::default())
        }
    }
}

/// The NIC, or all of its machine's.
pub(super) fn nics(network: &Network, nic: Id<Nic>, whole: bool) -> Vec<Id<Nic>> {
    if whole {
        network.machines[network.nics[nic].machine].nics.clone()
    } else {
        vec![nic]
    }
}

fn of_nic(network: &Network, nic: Id<Nic>, primary: bool) -> Vec<Start> {
    let own = &network.nics[nic];
    let machine = &network.machines[own.machine];
    let stopped = (machine.power != PowerState::Running).then_some(Disposition::NotRunning);
    let starts = own.addresses.iter().map(|address| Start {
        origin: Origin::Nic(nic),
        addresses: AddressSet::of_addresses([address.address]),
        name: machine.identity.name.clone(),
        primary: primary && own.address_like(address.address) == Some(address.address),
        stopped,
    });
    starts.collect()
}

/// Starts at which nothing starts while they are out of order.
fn stopped(mut starts: Vec<Start>, down: bool) -> Vec<Start> {
    if down {
        let all = starts.iter_mut();
        all.for_each(|start| start.stopped = Some(Disposition::NotRunning));
    }
    starts
}

/// The public addresses that the topology neither uses nor lists.
pub(super) fn outside(network: &Network) -> AddressSet {
    tags::internet().difference(&owned(network))
}

/// The public addresses that the topology uses or lists.
pub(super) fn owned(network: &Network) -> AddressSet {
    let v4 = network.public_owners.v4().iter().map(|(a, b, _)| (*a, *b));
    let v6 = network.public_owners.v6().iter().map(|(a, b, _)| (*a, *b));
    AddressSet::of_ranges(Ranges::of(v4.collect()), Ranges::of(v6.collect()))
}
