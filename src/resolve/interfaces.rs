//! The NICs of a machine as they are written: subnets, groups, one or several addresses.

use std::net::IpAddr;

use super::Resolver;
use super::kind::Kind;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{ApplicationSecurityGroup, Id, NetworkSecurityGroup, Subnet};
use crate::spec::decode::Names;
use crate::spec::{Common, NetworkInterface};

/// Groups and addresses of a NIC (`azure-virtual-network-limits`).
const MOST_GROUPS: usize = 20;
const MOST_ADDRESSES: usize = 256;

/// What virtual machines, scale sets and appliances have in common.
pub(super) struct Source<'a> {
    pub(super) kind: Kind,
    pub(super) key: &'a str,
    pub(super) common: &'a Common,
    pub(super) single: Option<&'a NetworkInterface>,
    pub(super) several: &'a Names<NetworkInterface>,
    pub(super) spot: Spot<'a>,
}

/// A NIC as every instance gets it.
pub(super) struct Interface<'a> {
    /// Its own name; `None` where it takes the machine's.
    pub(super) name: Option<&'a str>,
    pub(super) spec: &'a NetworkInterface,
    pub(super) subnet: Id<Subnet>,
    pub(super) nsg: Option<Id<NetworkSecurityGroup>>,
    pub(super) asgs: Vec<Id<ApplicationSecurityGroup>>,
    pub(super) configs: Vec<Config<'a>>,
}

/// An address of it.
#[derive(Clone, Copy)]
pub(super) struct Config<'a> {
    pub(super) name: &'a str,
    pub(super) primary: bool,
    pub(super) address: Option<IpAddr>,
    pub(super) v6: bool,
    pub(super) public: Option<&'a str>,
    pub(super) spot: Spot<'a>,
}

impl<'a> Resolver<'a> {
    /// One stated address cannot be several instances'.
    pub(super) fn check_shared(&mut self, interfaces: &[Interface<'a>], count: usize) {
        for config in interfaces.iter().flat_map(|interface| &interface.configs) {
            let stated = config
                .address
                .map(|address| (address.to_string(), "privateIPAddress"));
            let public = config
                .public
                .map(|public| (public.to_owned(), "publicIPAddress"));
            for (text, key) in stated.into_iter().chain(public) {
                let message = format!("`{text}` is one address for {count} instances");
                let fault = Diagnostic::new(Code::AddressTaken, message);
                let help = "leave it out: each instance is assigned its own";
                self.faults
                    .push(fault.at(config.spot.key(key).path()).help(help));
            }
        }
    }

    /// The NICs of a machine or a scale set, as far as they are sound.
    pub(super) fn interfaces(&mut self, source: &Source<'a>) -> Vec<Interface<'a>> {
        let spot = source.spot;
        match (source.single, source.several.is_empty()) {
            (Some(_), false) => {
                let message = "`networkInterface` and `networkInterfaces` are given at once";
                let fault = Diagnostic::new(Code::BothSingularAndPlural, message);
                self.faults.push(
                    fault
                        .at_key(spot.key("networkInterfaces").path())
                        .help("keep one of the two; several NICs stand in the plural, by name"),
                );
                Vec::new()
            }
            (None, true) => {
                let message = "`networkInterface` or `networkInterfaces` is missing";
                let fault = Diagnostic::new(Code::MissingKey, message);
                self.faults.push(fault.at_key(spot.path()));
                Vec::new()
            }
            (Some(single), true) => {
                let made = self.interface(None, single, spot.key("networkInterface"));
                made.into_iter().collect()
            }
            (None, false) => {
                let mut interfaces = Vec::with_capacity(source.several.len());
                for (name, nic) in source.several.iter() {
                    let at = spot.key("networkInterfaces").key(name);
                    self.check_name(name, "network interface", at);
                    interfaces.extend(self.interface(Some(name), nic, at));
                }
                interfaces
            }
        }
    }

    fn interface(
        &mut self,
        name: Option<&'a str>,
        spec: &'a NetworkInterface,
        spot: Spot<'a>,
    ) -> Option<Interface<'a>> {
        let nsg = self.refer_opt(
            Kind::SecurityGroup,
            spec.network_security_group.as_ref(),
            spot.key("networkSecurityGroup"),
        );
        let (subnet, configs) = if spec.ip_configurations.is_empty() {
            let config = Config {
                name: "ipconfig1",
                primary: true,
                address: spec.private_ip_address,
                v6: spec
                    .private_ip_address
                    .is_some_and(|address| address.is_ipv6()),
                public: spec.public_ip_address.as_deref(),
                spot,
            };
            let subnet = self.home(spec.subnet.as_deref(), spot);
            (subnet, vec![config])
        } else {
            self.configs(spec, spot)
        };
        let asgs = self.groups_of(spec, spot, subnet);
        let subnet = subnet?;
        self.check_guest(subnet, "machines", spot.key("subnet"));
        self.at_most(
            configs.len(),
            MOST_ADDRESSES,
            "addresses of one NIC",
            spot.key("ipConfigurations"),
        );
        Some(Interface {
            name,
            spec,
            subnet,
            nsg,
            asgs,
            configs,
        })
    }

    /// The subnet that must be given at `spot`.
    fn home(&mut self, subnet: Option<&'a str>, spot: Spot<'a>) -> Option<Id<Subnet>> {
        let Some(subnet) = subnet else {
            let fault = Diagnostic::new(Code::MissingKey, "`subnet` is missing");
            self.faults.push(fault.at_key(spot.path()));
            return None;
        };
        self.subnet(subnet, spot.key("subnet"))
    }

    /// Several addresses of one NIC, the primary one first; all of them are in one subnet.
    fn configs(
        &mut self,
        spec: &'a NetworkInterface,
        spot: Spot<'a>,
    ) -> (Option<Id<Subnet>>, Vec<Config<'a>>) {
        let direct = [
            (spec.private_ip_address.is_some(), "privateIPAddress"),
            (spec.public_ip_address.is_some(), "publicIPAddress"),
        ];
        for (given, key) in direct {
            if given {
                let message = format!("`{key}` and `ipConfigurations` are given at once");
                let fault = Diagnostic::new(Code::BothSingularAndPlural, message);
                self.faults.push(
                    fault
                        .at_key(spot.key(key).path())
                        .also(spot.key("ipConfigurations").path(), "the other one")
                        .help("keep one of the two"),
                );
            }
        }
        let of_nic = (spec.subnet.as_deref()).map(|text| self.subnet(text, spot.key("subnet")));
        let mut configs = Vec::with_capacity(spec.ip_configurations.len());
        let mut first: Option<(Id<Subnet>, Spot<'a>)> = None;
        for (name, config) in spec.ip_configurations.iter() {
            let at = spot.key("ipConfigurations").key(name);
            let (subnet, text_at) = match (config.subnet.as_deref(), of_nic) {
                (None, Some(subnet)) => (subnet, spot),
                (text, _) => (self.home(text, at), at),
            };
            let Some(subnet) = subnet else {
                continue;
            };
            match first {
                None => first = Some((subnet, text_at)),
                Some((own, own_at)) if own != subnet => {
                    let message = format!(
                        "`{name}` is in `{}`, and its NIC in `{}`",
                        self.subnet_name(subnet),
                        self.subnet_name(own)
                    );
                    let fault = Diagnostic::new(Code::AddressOutsideSubnet, message)
                        .at(text_at.key("subnet").path())
                        .also(own_at.key("subnet").path(), "the NIC's subnet")
                        .help("all addresses of a NIC are in one subnet");
                    self.faults.push(fault);
                    continue;
                }
                Some(_) => {}
            }
            let stated_v6 = (config.version.as_deref())
                .is_some_and(|version| version.eq_ignore_ascii_case("IPv6"));
            configs.push(Config {
                name,
                primary: config.primary == Some(true),
                address: config.private_ip_address,
                v6: (config.private_ip_address).map_or(stated_v6, |address| address.is_ipv6()),
                public: config.public_ip_address.as_deref(),
                spot: at,
            });
        }
        configs.sort_by_key(|config| !config.primary);
        (first.map(|(subnet, _)| subnet), configs)
    }

    /// The groups of a NIC, those of its addresses too.
    fn groups_of(
        &mut self,
        spec: &'a NetworkInterface,
        spot: Spot<'a>,
        subnet: Option<Id<Subnet>>,
    ) -> Vec<Id<ApplicationSecurityGroup>> {
        let own = spec.application_security_groups.iter();
        let own_at = spot.key("applicationSecurityGroups");
        let mut places: Vec<(&'a str, Spot<'a>)> = (own.enumerate())
            .map(|(index, text)| (text.as_str(), own_at.index(index)))
            .collect();
        for (name, config) in spec.ip_configurations.iter() {
            let at = spot
                .key("ipConfigurations")
                .key(name)
                .key("applicationSecurityGroups");
            let groups = config.application_security_groups.iter().enumerate();
            places.extend(groups.map(|(index, text)| (text.as_str(), at.index(index))));
        }
        let mut asgs = Vec::with_capacity(places.len());
        for (text, at) in places {
            let Some(group) = self.refer_id(Kind::ApplicationGroup, text, at) else {
                continue;
            };
            if !asgs.contains(&group) {
                asgs.push(group);
                if let Some(subnet) = subnet {
                    self.join(group, subnet, at);
                }
            }
        }
        self.at_most(
            asgs.len(),
            MOST_GROUPS,
            "application security groups of one NIC",
            own_at,
        );
        asgs
    }

    /// All members of a group are in the virtual network of the first (`application-security-groups`).
    pub(super) fn join(
        &mut self,
        group: Id<ApplicationSecurityGroup>,
        subnet: Id<Subnet>,
        spot: Spot<'a>,
    ) {
        let vnet = self.network.subnets[subnet].vnet;
        match self.group_homes[group.index()] {
            None => self.group_homes[group.index()] = Some((vnet, spot)),
            Some((home, first)) if home != vnet => {
                let message = format!(
                    "`{}` has members in `{}` and in `{}`",
                    self.network.asgs[group].identity.name,
                    self.network.vnets[home].identity.name,
                    self.network.vnets[vnet].identity.name
                );
                let fault = Diagnostic::new(Code::AsgAcrossVirtualNetworks, message)
                    .at(spot.path())
                    .also(first.path(), "the first member")
                    .help("all members are in the virtual network of the first");
                self.faults.push(fault);
            }
            Some(_) => {}
        }
    }
}
