//! Virtual machines, scale sets, appliances and their NICs (topology-format, `virtualMachines` to
//! `networkVirtualAppliances`).

use std::sync::Arc;

use super::addresses::{Claim, Holder};
use super::interfaces::{Interface, Source};
use super::kind::Kind;
use super::references::id;
use super::spot::Spot;
use super::{NO_ADDRESS, Resolver};
use crate::network::{Id, Identity, Machine, MachineKind, Nic, NicAddress, PublicOwner, ScaleSet};
use crate::spec::{self, PowerState};

/// Instances of a scale set.
const MOST_INSTANCES: usize = 1_000;

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
            let made = self.machine(
                &source,
                kind,
                zone,
                machine.power_state,
                &machine.guest,
                None,
            );
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
            let made = self.machine(
                &source,
                kind,
                zone,
                machine.power_state,
                &machine.guest,
                forwarding,
            );
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
        self.at_most(
            count,
            MOST_INSTANCES,
            "instances of one scale set",
            source.spot.key("capacity"),
        );
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
                None => format!("{}-nic", super::identity::own_name(machine_name)).into(),
            };
            let nic = id(self.network.nics.len());
            let mut addresses = Vec::with_capacity(interface.configs.len());
            for (index, config) in interface.configs.iter().enumerate() {
                let public = config.public.filter(|_| number == 0);
                let public_ip = public.and_then(|text| {
                    let at = config.spot.key("publicIPAddress");
                    self.take_public(text, at, |public| PublicOwner::Nic(nic, public))
                });
                if let (Some(public), Some(own)) = (public_ip, config.address) {
                    let at = config.spot.key("publicIPAddress");
                    self.check_family(public, own.is_ipv6(), &format!("`{own}`"), at);
                }
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
                listed: interface.name.is_some(),
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
