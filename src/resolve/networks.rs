//! Virtual networks and their subnets: ranges that nest and do not overlap (`virtual-network/
//! virtual-networks-overview`, `virtual-network-manage-subnet`).

use std::collections::HashMap;

use super::kind::Kind;
use super::overlaps::{Outer, nested};
use super::references::id;
use super::special::Special;
use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic};
use crate::net::AddressSet;
use crate::network::{Id, Subnet, VirtualNetwork};
use crate::spec;

/// The keys of a subnet's ranges.
const PREFIXES: (&str, &str) = ("addressPrefix", "addressPrefixes");

impl<'a> Resolver<'a> {
    /// Virtual networks and subnets; everything else refers to them.
    pub(super) fn networks(&mut self) {
        for (key, vnet) in self.topology.virtual_networks.iter() {
            let spot = Spot::of(Kind::VirtualNetwork.section()).key(key);
            self.check_name(key, Kind::VirtualNetwork.noun(), spot);
            let identity = self.identities.of(Kind::VirtualNetwork, key, &vnet.common);
            let location = identity.location.clone();
            let vnet_id = self.network.vnets.push(VirtualNetwork {
                identity,
                address_space: vnet.address_space.clone(),
                addresses: AddressSet::of(&vnet.address_space),
                dns_servers: vnet.dns_servers.clone(),
                intent_policies: vnet.network_intent_policies.clone(),
                subnets: Vec::with_capacity(vnet.subnets.len()),
                peerings: Vec::new(),
            });
            self.check_address_space(vnet, spot);
            let mut names = HashMap::with_capacity(vnet.subnets.len());
            for (name, subnet) in vnet.subnets.iter() {
                let at = spot.key("subnets").key(name);
                self.check_name(name, "subnet", at);
                let subnet_id = self.push_subnet(vnet_id, name, subnet, at);
                self.name_endpoint_tags(subnet, location.as_deref());
                names.insert(fold(name), subnet_id);
                self.network.vnets[vnet_id].subnets.push(subnet_id);
                self.subnet_specs.push((key, name, subnet));
            }
            self.subnet_names.push(names);
            self.check_subnet_ranges(vnet, spot);
        }
    }

    fn push_subnet(
        &mut self,
        vnet: Id<VirtualNetwork>,
        name: &'a str,
        subnet: &'a spec::Subnet,
        spot: Spot<'a>,
    ) -> Id<Subnet> {
        let nsg = self.refer_opt(
            Kind::SecurityGroup,
            subnet.network_security_group.as_ref(),
            spot.key("networkSecurityGroup"),
        );
        let route_table = self.refer_opt(
            Kind::RouteTable,
            subnet.route_table.as_ref(),
            spot.key("routeTable"),
        );
        let nat_gateway = self.refer_opt(
            Kind::NatGateway,
            subnet.nat_gateway.as_ref(),
            spot.key("natGateway"),
        );
        let id = format!("{}/subnets/{name}", self.network.vnets[vnet].identity.id);
        // `firewall-faq`: the platform ignores an NSG there.
        let filtered = Special::of(name).is_none_or(|special| special == Special::Bastion);
        self.network.subnets.push(Subnet {
            name: name.into(),
            id: id.into(),
            vnet,
            prefixes: subnet.address_prefixes.clone(),
            nsg: nsg.filter(|_| filtered),
            ignored_nsg: nsg.filter(|_| !filtered),
            route_table,
            nat_gateway,
            service_endpoints: subnet.service_endpoints.clone(),
            endpoint_policies: subnet.private_endpoint_network_policies,
            default_outbound_access: subnet.default_outbound_access,
        })
    }

    fn check_address_space(&mut self, vnet: &'a spec::VirtualNetwork, spot: Spot<'a>) {
        let spot = spot.key("addressSpace");
        if vnet.address_space.is_empty() {
            let fault = Diagnostic::new(Code::MissingKey, "`addressSpace` holds no range");
            self.faults.push(fault.at_key(spot.path()));
        }
        let ranges = vnet.address_space.iter().copied().zip(0..).collect();
        for (wide, narrow) in nested::<usize>(ranges) {
            let (first, second) = in_order(wide, narrow, |(_, index)| *index);
            let message = format!(
                "`{}` and `{}` overlap in one virtual network",
                second.0, first.0
            );
            let fault = Diagnostic::new(Code::AddressSpaceOverlap, message)
                .at(spot.index(second.1).path())
                .also(spot.index(first.1).path(), "the other range");
            self.faults.push(fault);
        }
    }

    /// Subnets lie in a range of their network and do not overlap each other.
    fn check_subnet_ranges(&mut self, vnet: &'a spec::VirtualNetwork, spot: Spot<'a>) {
        let outer = Outer::of(&vnet.address_space);
        let mut ranges = Vec::new();
        for (number, (name, subnet)) in vnet.subnets.iter().enumerate() {
            let count = subnet.address_prefixes.len();
            for (index, prefix) in subnet.address_prefixes.iter().enumerate() {
                let at = spot.key("subnets").key(name).either(PREFIXES, count, index);
                if !vnet.address_space.is_empty() && !outer.holds(prefix) {
                    let spaces: Vec<String> = vnet
                        .address_space
                        .iter()
                        .map(|r| format!("`{r}`"))
                        .collect();
                    let fault = Diagnostic::new(
                        Code::SubnetOutsideVirtualNetwork,
                        format!("`{prefix}` lies outside its virtual network"),
                    );
                    let fault = fault
                        .at(at.path())
                        .also(
                            spot.key("addressSpace").path(),
                            "the virtual network's ranges",
                        )
                        .help(format!("the virtual network has {}", spaces.join(", ")));
                    self.faults.push(fault);
                } else {
                    ranges.push((*prefix, (number, name, at)));
                }
            }
        }
        for (wide, narrow) in nested(ranges) {
            let ((a, (_, first, first_at)), (b, (_, second, second_at))) =
                in_order(wide, narrow, |(_, (number, ..))| *number);
            let message = if first == second {
                format!("two ranges of the subnet `{second}` overlap")
            } else {
                format!("the subnets `{second}` and `{first}` overlap")
            };
            let fault = Diagnostic::new(Code::SubnetOverlap, message)
                .at(second_at.path())
                .also(first_at.path(), format!("`{a}` is here"))
                .help(format!("`{b}` and `{a}` have addresses in common"));
            self.faults.push(fault);
        }
    }

    /// Where a subnet stands.
    pub(super) fn subnet_spot(&self, subnet: Id<Subnet>) -> Spot<'a> {
        let (vnet, name, _) = self.subnet_specs[subnet.index()];
        Spot::of(Kind::VirtualNetwork.section())
            .key(vnet)
            .key("subnets")
            .key(name)
    }

    /// Where a subnet's ranges stand.
    pub(super) fn prefix_spot(&self, subnet: Id<Subnet>) -> Spot<'a> {
        let (.., spec) = self.subnet_specs[subnet.index()];
        let spot = self.subnet_spot(subnet);
        match spec.address_prefixes.len() {
            1 => spot.key(PREFIXES.0),
            _ => spot.key(PREFIXES.1),
        }
    }

    /// A subnet as users write it.
    pub(super) fn subnet_name(&self, subnet: Id<Subnet>) -> String {
        let (vnet, name, _) = self.subnet_specs[subnet.index()];
        format!("{vnet}/{name}")
    }

    /// Where a virtual network stands.
    pub(super) fn vnet_spot(&self, vnet: Id<VirtualNetwork>) -> Spot<'a> {
        let key = self.index.key(Kind::VirtualNetwork, vnet.index());
        Spot::of(Kind::VirtualNetwork.section()).key(key)
    }

    /// Its subnet of a special name.
    pub(super) fn special_subnet(
        &self,
        vnet: Id<VirtualNetwork>,
        special: Special,
    ) -> Option<Id<Subnet>> {
        let names = &self.subnet_names[vnet.index()];
        names.get(&fold(special.name())).copied()
    }

    /// The virtual network that a reference names.
    pub(super) fn vnet(&mut self, text: &str, spot: Spot<'a>) -> Option<Id<VirtualNetwork>> {
        self.refer(Kind::VirtualNetwork, text, spot).map(id)
    }
}

/// Two things in the order of the file.
pub(super) fn in_order<T>(a: T, b: T, place: impl Fn(&T) -> usize) -> (T, T) {
    if place(&a) <= place(&b) {
        (a, b)
    } else {
        (b, a)
    }
}
