//! Virtual machines, scale sets, appliances and their NICs (topology-format, `virtualMachines` to
//! `networkVirtualAppliances`).

use std::net::IpAddr;
use std::sync::Arc;

use super::addresses::{Claim, Holder};
use super::kind::Kind;
use super::references::id;
use super::spot::Spot;
use super::{NO_ADDRESS, Resolver};
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{
    ApplicationSecurityGroup, Id, Identity, Machine, MachineKind, NetworkSecurityGroup, Nic,
    NicAddress, PublicOwner, ScaleSet, Subnet,
};
use crate::spec::decode::Names;
use crate::spec::{self, Common, NetworkInterface, PowerState};

/// Groups and addresses of a NIC (security.md 1.6, routing.md 2.17), instances of a scale set.
const MOST_GROUPS: usize = 20;
const MOST_ADDRESSES: usize = 256;
const MOST_INSTANCES: usize = 1_000;

/// What virtual machines, scale sets and appliances have in common.
struct Source<'a> {
    kind: Kind,
    key: &'a str,
    common: &'a Common,
    single: Option<&'a NetworkInterface>,
    several: &'a Names<NetworkInterface>,
    spot: Spot<'a>,
}

/// A NIC as every instance gets it.
struct Interface<'a> {
    /// Its own name; `None` where it takes the machine's.
    name: Option<&'a str>,
    spec: &'a NetworkInterface,
    subnet: Id<Subnet>,
    nsg: Option<Id<NetworkSecurityGroup>>,
    asgs: Vec<Id<ApplicationSecurityGroup>>,
    configs: Vec<Config<'a>>,
}

/// An address of it.
#[derive(Clone, Copy)]
struct Config<'a> {
    name: &'a str,
    primary: bool,
    address: Option<IpAddr>,
    v6: bool,
    public: Option<&'a str>,
    spot: Spot<'a>,
}

impl<'a> Resolver<'a> {
    /// Every machine, in the order of the format.
    pub(super) fn machines(&mut self) {
        let topology = self.topology;
        for (key, machine) in topology.virtual_machines.iter() {
            let source = Source {
                kind: Kind::VirtualMachine,
                key,
                common: &machine.common,
                single: machine.network_interface.as_ref(),
                several: &machine.network_interfaces,
                spot: Spot::of(Kind::VirtualMachine.section()).key(key),
            };
            let kind = MachineKind::VirtualMachine;
            let zone = machine.zone.as_deref();
            let made = self.machine(&source, kind, zone, machine.power_state, &machine.guest, None);
            self.machine_ids[0].push(made);
        }
        for (key, set) in topology.scale_sets.iter() {
            self.scale_set(key, set);
        }
        for (key, machine) in topology.appliances.iter() {
            let source = Source {
                kind: Kind::Appliance,
                key,
                common: &machine.common,
                single: machine.network_interface.as_ref(),
                several: &machine.network_interfaces,
                spot: Spot::of(Kind::Appliance.section()).key(key),
            };
            let kind = MachineKind::Appliance;
            let zone = machine.zone.as_deref();
            let forwarding = Some(&machine.forwarding);
            let made =
                self.machine(&source, kind, zone, machine.power_state, &machine.guest, forwarding);
            self.machine_ids[1].push(made);
        }
    }

    fn machine(
        &mut self,
        source: &Source<'a>,
        kind: MachineKind,
        zone: Option<&str>,
        power: PowerState,
        guest: &'a spec::Guest,
        forwarding: Option<&'a spec::Forwarding>,
    ) -> Option<Id<Machine>> {
        self.check_name(source.key, source.kind.noun(), source.spot);
        let identity = self.identities.of(source.kind, source.key, source.common);
        let interfaces = self.interfaces(source);
        let guest = self.guest(guest, source.spot.key("guest"));
        let base = nic_base(&identity);
        let machine = id(self.network.machines.len());
        let nics = self.nics(machine, &interfaces, &identity.name, &base, 0);
        let names: Vec<(&str, Id<Nic>)> = (interfaces.iter())
            .zip(&nics)
            .map(|(interface, nic)| (interface.name.unwrap_or_default(), *nic))
            .collect();
        let left_out = interfaces.is_empty() || source.several.len() > interfaces.len();
        let forwarding = forwarding.map(|forwarding| {
            let spot = source.spot.key("forwarding");
            self.forwarding(forwarding, &names, left_out, spot)
        });
        let primary_nic = primary(&interfaces, &nics)?;
        let zone = zone.map(|zone| self.identities.share(zone));
        Some(self.network.machines.push(Machine {
            identity,
            kind,
            zone,
            power,
            nics,
            primary_nic,
            guest,
            forwarding,
        }))
    }

    fn scale_set(&mut self, key: &'a str, set: &'a spec::ScaleSet) {
        let source = Source {
            kind: Kind::ScaleSet,
            key,
            common: &set.common,
            single: set.network_interface.as_ref(),
            several: &set.network_interfaces,
            spot: Spot::of(Kind::ScaleSet.section()).key(key),
        };
        self.check_name(key, Kind::ScaleSet.noun(), source.spot);
        let identity = self.identities.of(Kind::ScaleSet, key, &set.common);
        let set_id = self.network.scale_sets.push(ScaleSet {
            identity: identity.clone(),
            orchestration_mode: set.orchestration_mode,
            instances: Vec::new(),
        });
        let count = usize::from(set.capacity);
        self.at_most(count, MOST_INSTANCES, "instances of one scale set", source.spot.key("capacity"));
        let interfaces = self.interfaces(&source);
        if count > 1 {
            self.check_shared(&interfaces, count);
        }
        let guest = self.guest(&set.guest, source.spot.key("guest"));
        let zones: Vec<Arc<str>> = (set.zones.iter())
            .map(|zone| self.identities.share(zone))
            .collect();
        for number in 0..count.min(MOST_INSTANCES) {
            let name = format!("{key}_{number}");
            let instance = Identity {
                id: format!("{}/virtualMachines/{number}", identity.id).into(),
                name: name.into(),
                ..identity.clone()
            };
            let machine = id(self.network.machines.len());
            let nics = self.nics(machine, &interfaces, &instance.name, &instance.id, number);
            let Some(primary_nic) = primary(&interfaces, &nics) else {
                return;
            };
            let zone = number.checked_rem(zones.len()).map(|at| zones[at].clone());
            let machine = self.network.machines.push(Machine {
                identity: instance,
                kind: MachineKind::Instance(set_id),
                zone,
                power: set.power_state,
                nics,
                primary_nic,
                guest: guest.clone(),
                forwarding: None,
            });
            self.network.scale_sets[set_id].instances.push(machine);
        }
    }

    /// One stated address cannot be several instances'.
    fn check_shared(&mut self, interfaces: &[Interface<'a>], count: usize) {
        for config in interfaces.iter().flat_map(|interface| &interface.configs) {
            let stated = config.address.map(|address| (address.to_string(), "privateIPAddress"));
            let public = config.public.map(|public| (public.to_owned(), "publicIPAddress"));
            for (text, key) in stated.into_iter().chain(public) {
                let message = format!("`{text}` is one address for {count} instances");
                let fault = Diagnostic::new(Code::AddressTaken, message);
                let help = "leave it out: each instance is assigned its own";
                self.faults.push(fault.at(config.spot.key(key).path()).help(help));
            }
        }
    }

    /// The NICs of a machine or a scale set, as far as they are sound.
    fn interfaces(&mut self, source: &Source<'a>) -> Vec<Interface<'a>> {
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
                v6: spec.private_ip_address.is_some_and(|address| address.is_ipv6()),
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
        self.at_most(configs.len(), MOST_ADDRESSES, "addresses of one NIC", spot.key("ipConfigurations"));
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
        let mut configs = Vec::with_capacity(spec.ip_configurations.len());
        let mut first: Option<(Id<Subnet>, Spot<'a>)> = None;
        for (name, config) in spec.ip_configurations.iter() {
            let at = spot.key("ipConfigurations").key(name);
            let (text, text_at) = match config.subnet.as_deref() {
                Some(text) => (Some(text), at),
                None if spec.subnet.is_some() && first.is_none() => (spec.subnet.as_deref(), spot),
                None if spec.subnet.is_some() => (None, at),
                None => (None, at),
            };
            let inherited = text.is_none() && spec.subnet.is_some();
            let subnet = if inherited {
                first.map(|(subnet, _)| subnet)
            } else {
                self.home(text, text_at)
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
            let at = spot.key("ipConfigurations").key(name).key("applicationSecurityGroups");
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
        self.at_most(asgs.len(), MOST_GROUPS, "application security groups of one NIC", own_at);
        asgs
    }

    /// All members of a group are in the virtual network of the first (security.md 5).
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

    /// Makes the NICs of one machine; `number` is the instance's.
    fn nics(
        &mut self,
        machine: Id<Machine>,
        interfaces: &[Interface<'a>],
        machine_name: &str,
        base: &str,
        number: usize,
    ) -> Vec<Id<Nic>> {
        let mut nics = Vec::with_capacity(interfaces.len());
        for interface in interfaces {
            let name: Arc<str> = match interface.name {
                Some(name) => name.into(),
                None => {
                    format!("{}-nic", super::identity::own_name(machine_name)).into()
                }
            };
            let nic = id(self.network.nics.len());
            let mut addresses = Vec::with_capacity(interface.configs.len());
            for (index, config) in interface.configs.iter().enumerate() {
                let public = config.public.filter(|_| number == 0);
                let public_ip = public.and_then(|text| {
                    let at = config.spot.key("publicIPAddress");
                    self.take_public(text, at, |public| PublicOwner::Nic(nic, public))
                });
                addresses.push(NicAddress {
                    name: config.name.into(),
                    address: NO_ADDRESS,
                    assumed: false,
                    public_ip,
                });
                self.claims.push(Claim {
                    subnet: interface.subnet,
                    stated: config.address.filter(|_| number == 0),
                    v6: config.v6,
                    spot: config.spot.key("privateIPAddress"),
                    holder: Holder::Nic(nic, index),
                });
            }
            for group in &interface.asgs {
                self.network.asgs[*group].members.push(nic);
            }
            let nic_id = match &interface.spec.id {
                Some(stated) if number == 0 => stated.clone(),
                _ => format!("{base}/networkInterfaces/{name}"),
            };
            self.network.nics.push(Nic {
                name,
                id: nic_id.into(),
                machine,
                subnet: interface.subnet,
                addresses,
                nsg: interface.nsg,
                asgs: interface.asgs.clone(),
                ip_forwarding: interface.spec.enable_ip_forwarding,
                accelerated_networking: interface.spec.enable_accelerated_networking,
            });
            nics.push(nic);
        }
        nics
    }
}

/// The NIC that is marked as primary, else the first.
fn primary(interfaces: &[Interface<'_>], nics: &[Id<Nic>]) -> Option<Id<Nic>> {
    let marked = interfaces
        .iter()
        .position(|interface| interface.spec.primary == Some(true));
    nics.get(marked.unwrap_or(0)).copied()
}

/// What the ids of a machine's NICs start with.
fn nic_base(machine: &Identity) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network",
        machine.subscription, machine.resource_group
    )
}
