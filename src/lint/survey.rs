//! What several families ask of a network, found once: who has what, and for which addresses a route wins.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::subjects::{at_nic, at_subnet};
use crate::effective::Effective;
use crate::net::{AddressSet, Ranges};
use crate::network::{Id, Network, NetworkSecurityGroup, Nic, RouteTable, Subnet};

/// A user route: its table, and its position there.
pub(super) type Route = (Id<RouteTable>, usize);

/// A network that is looked through.
pub(super) struct Survey<'e, 'n> {
    pub effective: &'e Effective<'n>,
    /// For each subnet, its NICs.
    nics: Vec<Vec<Id<Nic>>>,
    /// For each route table, its subnets.
    subnets: Vec<Vec<Id<Subnet>>>,
    /// For each security group, the subnets that have it.
    guarded_subnets: Vec<Vec<Id<Subnet>>>,
    /// For each security group, the NICs that have it.
    guarded_nics: Vec<Vec<Id<Nic>>>,
    /// For each class of subnets, what its user routes win.
    won: Vec<OnceCell<HashMap<Route, AddressSet>>>,
}

impl<'e, 'n> Survey<'e, 'n> {
    pub(super) fn new(effective: &'e Effective<'n>) -> Self {
        let network = effective.network();
        let mut survey = Self {
            effective,
            nics: vec![Vec::new(); network.subnets.len()],
            subnets: vec![Vec::new(); network.route_tables.len()],
            guarded_subnets: vec![Vec::new(); network.nsgs.len()],
            guarded_nics: vec![Vec::new(); network.nsgs.len()],
            won: vec![OnceCell::new(); network.subnets.len()],
        };
        for (id, subnet) in network.subnets.iter() {
            if let Some(table) = subnet.route_table {
                survey.subnets[table.index()].push(id);
            }
            if let Some(nsg) = subnet.nsg {
                survey.guarded_subnets[nsg.index()].push(id);
            }
        }
        for (id, nic) in network.nics.iter() {
            survey.nics[nic.subnet.index()].push(id);
            if let Some(nsg) = nic.nsg {
                survey.guarded_nics[nsg.index()].push(id);
            }
        }
        survey
    }

    pub(super) fn network(&self) -> &'n Network {
        self.effective.network()
    }

    /// The NICs in a subnet.
    pub(super) fn nics(&self, subnet: Id<Subnet>) -> &[Id<Nic>] {
        &self.nics[subnet.index()]
    }

    /// Whether a key of a subnet names what is not among the files.
    pub(super) fn lacks(&self, subnet: Id<Subnet>, key: &str) -> bool {
        let network = self.network();
        !network.elsewhere.is_empty()
            && network
                .elsewhere
                .contains(&at_subnet(network, subnet).key(key))
    }

    /// Whether a NIC or its subnet names a security group that is not among the files.
    pub(super) fn lacks_group(&self, nic: Id<Nic>) -> bool {
        let network = self.network();
        let key = "networkSecurityGroup";
        !network.elsewhere.is_empty()
            && (self.lacks(network.nics[nic].subnet, key)
                || network.elsewhere.contains(&at_nic(network, nic).key(key)))
    }

    /// The subnets of a table.
    pub(super) fn subnets(&self, table: Id<RouteTable>) -> &[Id<Subnet>] {
        &self.subnets[table.index()]
    }

    /// The subnets that have a security group.
    pub(super) fn guarded_subnets(&self, nsg: Id<NetworkSecurityGroup>) -> &[Id<Subnet>] {
        &self.guarded_subnets[nsg.index()]
    }

    /// The NICs that have a security group themselves.
    pub(super) fn guarded_nics(&self, nsg: Id<NetworkSecurityGroup>) -> &[Id<Nic>] {
        &self.guarded_nics[nsg.index()]
    }

    /// For which addresses a user route wins in a subnet; none where that is not known.
    pub(super) fn won(&self, subnet: Id<Subnet>, route: Route) -> Option<&AddressSet> {
        self.all_won(subnet).get(&route)
    }

    /// For each user route of a subnet whose prefixes are known, for which addresses it wins there.
    pub(super) fn all_won(&self, subnet: Id<Subnet>) -> &HashMap<Route, AddressSet> {
        let class = self.effective.class(subnet) as usize;
        self.won[class].get_or_init(|| self.find_won(subnet))
    }

    fn find_won(&self, subnet: Id<Subnet>) -> HashMap<Route, AddressSet> {
        type Intervals = (Vec<(u32, u32)>, Vec<(u128, u128)>);
        let routes = self.effective.subnet_routes(subnet);
        let known = routes.rows.iter().filter(|row| !row.incomplete);
        let mut parts: HashMap<Route, Intervals> = known
            .filter_map(|row| Some((row.user?, Intervals::default())))
            .collect();
        let users = |choice: u32| {
            let rows = routes.choices.get(choice as usize).into_iter().flatten();
            rows.filter_map(|row| routes.rows.get(*row as usize)?.user)
        };
        for (first, last, choice) in routes.by_destination.v4() {
            for user in users(*choice) {
                if let Some((v4, _)) = parts.get_mut(&user) {
                    v4.push((*first, *last));
                }
            }
        }
        for (first, last, choice) in routes.by_destination.v6() {
            for user in users(*choice) {
                if let Some((_, v6)) = parts.get_mut(&user) {
                    v6.push((*first, *last));
                }
            }
        }
        let sets = parts.into_iter().map(|(user, (v4, v6))| {
            let set = AddressSet::of_ranges(Ranges::of(v4), Ranges::of(v6));
            (user, set)
        });
        sets.collect()
    }
}

/// What belongs to any of some sets, put together at once.
pub(super) fn union<'s>(sets: impl IntoIterator<Item = &'s AddressSet>) -> AddressSet {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for set in sets {
        v4.extend_from_slice(set.v4().ranges());
        v6.extend_from_slice(set.v6().ranges());
    }
    AddressSet::of_ranges(Ranges::of(v4), Ranges::of(v6))
}
