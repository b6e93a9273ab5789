//! Public addresses and NAT gateways: who has which, and which are handed out where none is stated.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Resolver;
use super::kind::Kind;
use super::references::id;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{AddressSet, is_v4};
use crate::network::{NatGateway, PublicIp, PublicOwner};
use crate::spec::{AddressMatch, RoutePrefix};

/// What public addresses are taken from: TEST-NET-3, -2 and -1 (RFC 5737), the benchmarking range
/// (RFC 2544), IPv6's documentation range (RFC 3849). None is in a service tag, none is routed.
const POOLS: [&str; 5] = [
    "203.0.113.0/24",
    "198.51.100.0/24",
    "192.0.2.0/24",
    "198.18.0.0/15",
    "2001:db8::/32",
];

/// Addresses of a NAT gateway (`nat-gateway-resource`).
const MOST_NAT_ADDRESSES: usize = 16;

impl<'a> Resolver<'a> {
    /// Public addresses: the stated ones, then assigned ones that nothing else in the topology names.
    pub(super) fn public_addresses(&mut self) {
        let mut first_with: HashMap<IpAddr, &'a str> = HashMap::new();
        let mut open = Vec::new();
        for (key, public) in self.topology.public_ip_addresses.iter() {
            let spot = Spot::of(Kind::PublicAddress.section()).key(key);
            self.check_name(key, Kind::PublicAddress.noun(), spot);
            let identity = self.identities.of(Kind::PublicAddress, key, &public.common);
            let v6 = (public.version.as_deref()).is_some_and(|v| v.eq_ignore_ascii_case("IPv6"));
            if let Some(address) = public.ip_address {
                if let Some(first) = first_with.get(&address) {
                    let other = Spot::of(Kind::PublicAddress.section()).key(first);
                    let message = format!("`{key}` and `{first}` are both `{address}`");
                    let fault = Diagnostic::new(Code::AddressTaken, message)
                        .at(spot.key("ipAddress").path())
                        .also(other.key("ipAddress").path(), "the other one");
                    self.faults.push(fault);
                } else {
                    first_with.insert(address, key);
                }
            }
            let public_id = self.network.public_ips.push(PublicIp {
                down: false,
                identity,
                address: public.ip_address.unwrap_or(super::NO_ADDRESS),
                assumed: public.ip_address.is_none(),
                sku: public.sku,
                fqdn: public.fqdn.clone(),
            });
            if public.ip_address.is_none() {
                open.push((public_id, v6, spot));
            }
            self.public_users.push(None);
        }
        if open.is_empty() {
            return;
        }
        let stated = self.stated_addresses();
        let (mut v4, mut v6) = (free(&stated, true), free(&stated, false));
        for (public, wants_v6, spot) in open {
            let next = if wants_v6 { v6.next() } else { v4.next() };
            if let Some(address) = next {
                self.network.public_ips[public].address = address;
            } else {
                let fault = Diagnostic::new(
                    Code::SubnetFull,
                    "there is no address left to be assigned here",
                );
                self.faults
                    .push(fault.at_key(spot.path()).help("state its `ipAddress`"));
            }
        }
    }

    /// NAT gateways (`nat-gateway-resource`).
    pub(super) fn nat_gateways(&mut self) {
        for (key, gateway) in self.topology.nat_gateways.iter() {
            let spot = Spot::of(Kind::NatGateway.section()).key(key);
            self.check_name(key, Kind::NatGateway.noun(), spot);
            let identity = self.identities.of(Kind::NatGateway, key, &gateway.common);
            let owner = PublicOwner::NatGateway(id(self.network.nat_gateways.len()));
            let at = spot.key("publicIPAddresses");
            let count = gateway.public_ip_addresses.len();
            self.at_most(
                count,
                MOST_NAT_ADDRESSES,
                "addresses of one NAT gateway",
                at,
            );
            let mut public_ips = Vec::with_capacity(count);
            for (index, text) in gateway.public_ip_addresses.iter().enumerate() {
                let at = at.index(index);
                let public = self.take_public(text, at, |_| owner);
                // `nat-overview`: a Standard NAT gateway is for IPv4.
                if let Some(public) = public {
                    self.check_family(public, false, "a NAT gateway", at);
                }
                public_ips.extend(public);
            }
            self.network.nat_gateways.push(NatGateway {
                identity,
                public_ips,
                down: false,
            });
        }
    }

    /// Checks that a public address is of the family of what it stands for.
    pub(super) fn check_family(
        &mut self,
        public: crate::network::Id<PublicIp>,
        v6: bool,
        noun: &str,
        spot: Spot<'a>,
    ) {
        let address = self.network.public_ips[public].address;
        if address.is_ipv6() != v6 {
            let family = if v6 { "IPv6" } else { "IPv4" };
            let message = format!("{noun} takes {family}, and this is `{address}`");
            let fault = Diagnostic::new(Code::MixedAddressFamilies, message);
            self.faults.push(fault.at(spot.path()));
        }
    }

    /// Gives the public address that `text` names to an owner; a fault where another has it.
    pub(super) fn take_public(
        &mut self,
        text: &str,
        spot: Spot<'a>,
        owner: impl FnOnce(crate::network::Id<PublicIp>) -> PublicOwner,
    ) -> Option<crate::network::Id<PublicIp>> {
        let index = self.refer(Kind::PublicAddress, text, spot)?;
        let public = id(index);
        if let Some((_, first)) = &self.public_users[index] {
            let fault = Diagnostic::new(Code::AddressTaken, format!("`{text}` is in use already"));
            let fault = fault
                .at(spot.path())
                .also(first.path(), "by this")
                .help("a public IP address stands for one thing; give this one its own");
            self.faults.push(fault);
            return None;
        }
        self.public_users[index] = Some((owner(public), spot));
        Some(public)
    }

    /// Every address that the topology names somewhere, so that none of them is handed out.
    fn stated_addresses(&self) -> AddressSet {
        let topology = self.topology;
        let mut addresses: Vec<IpAddr> = Vec::new();
        let mut prefixes: Vec<IpNet> = Vec::new();
        addresses.extend(
            topology
                .public_ip_addresses
                .iter()
                .filter_map(|(_, p)| p.ip_address),
        );
        addresses.extend(
            topology
                .internet_hosts
                .iter()
                .flat_map(|(_, host)| &host.addresses),
        );
        addresses.extend(
            topology
                .services
                .iter()
                .filter_map(|(_, s)| s.public_ip_address),
        );
        prefixes.extend(
            topology
                .virtual_networks
                .iter()
                .flat_map(|(_, v)| &v.address_space),
        );
        for (_, local) in topology.local_network_gateways.iter() {
            addresses.extend(local.gateway_ip_address);
            prefixes.extend(&local.address_space);
        }
        for (_, site) in topology.sites.iter() {
            prefixes.extend(&site.address_space);
            addresses.extend(site.hosts.iter().map(|(_, host)| host.ip_address));
        }
        prefixes.extend(
            topology
                .circuits
                .iter()
                .flat_map(|(_, c)| &c.advertised_prefixes),
        );
        for (_, zone) in topology.dns_zones.iter() {
            let records = zone.record_sets.iter();
            addresses.extend(records.flat_map(|(_, set)| set.a.iter().chain(&set.aaaa)));
        }
        for (_, zone) in topology.private_dns_zones.iter() {
            let records = zone.record_sets.iter();
            addresses.extend(records.flat_map(|(_, set)| set.a.iter().chain(&set.aaaa)));
        }
        for (_, group) in topology.network_security_groups.iter() {
            for (_, rule) in group.security_rules.iter() {
                prefixes.extend(matched(&rule.source).chain(matched(&rule.destination)));
            }
        }
        for (_, table) in topology.route_tables.iter() {
            prefixes.extend(
                table
                    .routes
                    .iter()
                    .filter_map(|(_, r)| match &r.address_prefix {
                        RoutePrefix::Prefix(prefix) => Some(*prefix),
                        RoutePrefix::Tag(_) => None,
                    }),
            );
        }
        for (_, appliance) in topology.appliances.iter() {
            for (_, rule) in appliance.forwarding.rules.iter() {
                prefixes.extend(matched(&rule.source).chain(matched(&rule.destination)));
            }
            for (_, rule) in appliance.forwarding.destination_nat.iter() {
                prefixes.extend(matched(&rule.source).chain(matched(&rule.destination)));
                addresses.push(rule.translated_address);
            }
        }
        for (_, policy) in topology.firewall_policies.iter() {
            prefixes.extend(&policy.threat_intel_addresses);
            for (_, group) in policy.rule_collection_groups.iter() {
                for (_, collection) in group.rule_collections.iter() {
                    for (_, rule) in collection.rules.iter() {
                        let sides = rule
                            .source_addresses
                            .iter()
                            .chain(&rule.destination_addresses);
                        prefixes.extend(sides.filter_map(|text| prefix(text)));
                        addresses.extend(rule.translated_address);
                    }
                }
            }
        }
        prefixes.extend(
            topology
                .ip_groups
                .iter()
                .flat_map(|(_, list)| list)
                .filter_map(|t| prefix(t)),
        );
        prefixes.extend(
            topology
                .service_tags
                .custom
                .iter()
                .flat_map(|(_, list)| list),
        );
        for (_, check) in topology.checks.iter() {
            prefixes.extend(
                prefix(&check.source)
                    .into_iter()
                    .chain(prefix(&check.destination)),
            );
        }
        prefixes.extend(
            topology
                .next_hops
                .iter()
                .filter_map(|(_, check)| prefix(&check.destination)),
        );
        // A rule for half the Internet names no address of it.
        prefixes.retain(|prefix| prefix.prefix_len() >= if is_v4(prefix) { 16 } else { 33 });
        AddressSet::of(&prefixes).union(&AddressSet::of_addresses(addresses))
    }
}

fn matched(entries: &[AddressMatch]) -> impl Iterator<Item = IpNet> {
    entries.iter().filter_map(|entry| match entry {
        AddressMatch::Prefix(prefix) => Some(*prefix),
        AddressMatch::Any | AddressMatch::Tag(_) => None,
    })
}

fn prefix(text: &str) -> Option<IpNet> {
    crate::net::parse_prefix(text).ok()
}

/// The addresses of one family to be handed out, in their order.
fn free(stated: &AddressSet, v4: bool) -> impl Iterator<Item = IpAddr> {
    let pools = POOLS.iter().filter_map(|text| prefix(text));
    let open: Vec<IpNet> = pools
        .filter(|pool| is_v4(pool) == v4)
        .flat_map(|pool| {
            let ends = AddressSet::of_addresses([pool.network(), pool.broadcast()]);
            let free = AddressSet::of([&pool]).difference(stated);
            free.difference(&ends).prefixes()
        })
        .collect();
    open.into_iter()
        .flat_map(|prefix| {
            prefix
                .subnets(prefix.max_prefix_len())
                .into_iter()
                .flatten()
        })
        .map(|single| single.addr())
}
