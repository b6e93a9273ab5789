//! Which addresses rules can meet on their own side: those of what stands where they are applied. Rules see
//! private addresses (`virtual-network/network-security-groups-overview`).

use crate::net::AddressSet;
use crate::network::{FixtureKind, Id, Network, Nic, Subnet};

/// The addresses that can stand behind subnets and NICs.
pub(super) struct Local {
    subnets: Vec<AddressSet>,
    floating: AddressSet,
}

impl Local {
    pub(super) fn of(network: &Network) -> Self {
        let floating = floating_frontends(network);
        let subnets = of_subnets(network);
        Self {
            subnets: subnets.iter().map(|own| own.union(&floating)).collect(),
            floating,
        }
    }

    /// What rules on a subnet can meet there.
    pub(super) fn to_subnet(&self, id: Id<Subnet>) -> &AddressSet {
        &self.subnets[id.index()]
    }

    /// What rules on a NIC can meet there.
    pub(super) fn to_nic(&self, network: &Network, id: Id<Nic>) -> AddressSet {
        let nic = &network.nics[id];
        if nic.ip_forwarding {
            return AddressSet::all();
        }
        let own = nic.addresses.iter().map(|own| own.address);
        AddressSet::of_addresses(own).union(&self.floating)
    }
}

/// For each subnet, which addresses rules on it can meet on the subnet's own side: every one where something
/// forwards, where a platform resource stands, and where nothing is known to stand.
fn of_subnets(network: &Network) -> Vec<AddressSet> {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Home {
        Empty,
        OfItsOwn,
        OfAny,
    }
    let mut homes = vec![Home::Empty; network.subnets.len()];
    let mut holds = |subnet: Id<Subnet>, home: Home| {
        if let Some(known) = homes.get_mut(subnet.index()) {
            *known = home.max(*known);
        }
    };
    for (_, nic) in network.nics.iter() {
        let home = if nic.ip_forwarding {
            Home::OfAny
        } else {
            Home::OfItsOwn
        };
        holds(nic.subnet, home);
    }
    for (_, fixture) in network.fixtures.iter() {
        let home = match fixture.kind {
            FixtureKind::PrivateEndpoint(_) => Home::OfItsOwn,
            FixtureKind::LoadBalancer(..) => continue,
            _ => Home::OfAny,
        };
        if let Some(subnet) = fixture.subnet {
            holds(subnet, home);
        }
    }
    let subnets = network.subnets.iter().zip(homes);
    subnets
        .map(|((_, subnet), home)| match home {
            Home::OfItsOwn => AddressSet::of(&subnet.prefixes),
            Home::Empty | Home::OfAny => AddressSet::all(),
        })
        .collect()
}

/// With floating IP a member sees the frontend's address (`load-balancer/load-balancer-floating-ip`).
fn floating_frontends(network: &Network) -> AddressSet {
    let frontends = network
        .load_balancers
        .iter()
        .flat_map(|(_, own)| &own.frontends);
    let floating = frontends.filter(|own| {
        own.rules.iter().any(|rule| rule.floating_ip)
            || own.nat_rules.iter().any(|rule| rule.floating_ip)
    });
    let addresses = floating.flat_map(|own| {
        let fixture = &network.fixtures[own.fixture];
        let public = fixture
            .public_ips
            .iter()
            .map(|id| network.public_ips[*id].address);
        fixture.addresses.iter().copied().chain(public)
    });
    AddressSet::of_addresses(addresses)
}
