//! The same network with something out of order.
//!
//! A resource that a flow only reads (a security group, a route table) can be named too; that it is out of
//! order changes nothing.

mod list;

pub use list::{Lost, Outage, OutageKind};

use super::arena::Id;
use super::edge::*;
use super::names::{Named, closest, same};
use super::resources::*;
use super::{NameFault, Network};
use crate::spec::{ConnectionStatus, GatewayType, PeeringState, PowerState};

/// Why something cannot be out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutageFault {
    /// Nothing has that name; a close one, where there is one.
    Unknown(String, Option<String>),
    /// Several things have it.
    Ambiguous(String, Vec<String>),
}

/// What the instances of an active-active gateway are called.
const INSTANCES: [&str; 2] = ["IN_0", "IN_1"];

/// What a name takes down.
enum Target {
    /// Resources, all of one name and kind.
    Resources(Vec<Named>),
    Peering(Id<Peering>),
    /// One link of a circuit.
    Link(Id<Circuit>, Side),
    /// One instance of an active-active gateway.
    Instance(Id<Gateway>, usize),
    Zone {
        region: Option<String>,
        zone: String,
    },
    Region(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Primary,
    Secondary,
}

impl Network {
    /// The network with the named resources out of order: any resource, `zone/1`,
    /// `zone/westeurope/1`, `region/westeurope`, a peering `hub/to-spoke1`, `er-1/primary`, an instance
    /// `vpngw/IN_0` of an active-active gateway (as Azure's metrics call it), a connection, an instance
    /// of a scale set.
    ///
    /// A machine is stopped (one that is deallocated stays so); a peering is Disconnected on the side
    /// named and carries nothing either way; a connection does not stand, nor do those of a local
    /// network gateway; a site has no host that runs; a VNet nothing that does; a public address leads to
    /// nothing and stands for nothing; a gateway is down once neither instance is left
    /// (`vpn-gateway/highlyavailable`), and a VPN gateway's instance with its address.
    ///
    /// # Errors
    /// Every name that is nothing, or more than one thing.
    pub fn with_down(&self, names: &[String]) -> Result<Self, Vec<OutageFault>> {
        let (mut targets, mut faults) = (Vec::new(), Vec::new());
        for name in names {
            match self.outage(name.trim()) {
                Ok(target) => targets.push(target),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut network = self.clone();
        for target in &targets {
            network.take_down(target);
        }
        Ok(network)
    }

    fn outage(&self, name: &str) -> Result<Target, OutageFault> {
        let parts: Vec<&str> = name.split('/').collect();
        match parts.as_slice() {
            ["zone", zone] => return self.zone(name, None, zone),
            ["zone", region, zone] => return self.zone(name, Some(region), zone),
            ["region", region] => {
                return if self.has_region(region) {
                    Ok(Target::Region(folded(region)))
                } else {
                    let close = self.close_region(region);
                    let close = close.map(|region| format!("region/{region}"));
                    Err(OutageFault::Unknown(name.to_owned(), close))
                };
            }
            _ => {}
        }
        if !name.starts_with('/')
            && let Some((parent, child)) = name.rsplit_once('/')
            && let Some(target) = self.part(name, parent, child)
        {
            return target;
        }
        if let Some((vnet, peering)) = name.to_lowercase().split_once("/virtualnetworkpeerings/")
            && let Some((id, _)) = self.peerings.iter().find(|(_, p)| {
                same(&p.name, peering) && same(&self.vnets[p.vnet].identity.id, vnet)
            })
        {
            return Ok(Target::Peering(id));
        }
        let hits = self.named(name);
        let mut labels: Vec<String> = hits
            .iter()
            .map(|hit| {
                let label = self.label(*hit);
                format!("{}/{}", label.section, label.name)
            })
            .collect();
        // A gateway is a place as well, and a balancer may be several: one resource all the same.
        labels.sort();
        labels.dedup();
        match labels.len() {
            0 => Err(OutageFault::Unknown(
                name.to_owned(),
                self.close_outage(name),
            )),
            1 => Ok(Target::Resources(hits)),
            _ => Err(OutageFault::Ambiguous(name.to_owned(), labels)),
        }
    }

    /// A peering of a VNet, or a link of a circuit.
    fn part(&self, name: &str, parent: &str, child: &str) -> Option<Result<Target, OutageFault>> {
        let mut found: Vec<(Target, String)> = Vec::new();
        for hit in self.named(parent) {
            let label = self.label(hit);
            if let Named::Circuit(circuit) = hit {
                let side = match child.to_lowercase().as_str() {
                    "primary" => Side::Primary,
                    "secondary" => Side::Secondary,
                    _ => continue,
                };
                let path = format!("{}/{}/{child}", label.section, label.name);
                found.push((Target::Link(circuit, side), path));
            } else if let Named::Gateway(gateway) = hit
                && self.gateways[gateway].active_active
                && let Some(number) = INSTANCES.iter().position(|own| same(own, child))
            {
                let path = format!("{}/{}/{child}", label.section, label.name);
                found.push((Target::Instance(gateway, number), path));
            } else if label.section == "virtualNetworks" {
                let vnets = self.vnets.iter();
                let vnet = vnets.filter(|(_, vnet)| same(&vnet.identity.name, label.name));
                for id in vnet.flat_map(|(_, vnet)| &vnet.peerings) {
                    if same(&self.peerings[*id].name, child) {
                        let path = format!("{}/{}/{child}", label.section, label.name);
                        found.push((Target::Peering(*id), path));
                    }
                }
            }
        }
        if found.len() > 1 {
            let all = found.into_iter().map(|(_, path)| path).collect();
            return Some(Err(OutageFault::Ambiguous(name.to_owned(), all)));
        }
        found.pop().map(|(target, _)| Ok(target))
    }

    fn zone(&self, name: &str, region: Option<&str>, zone: &str) -> Result<Target, OutageFault> {
        let known = matches!(zone, "1" | "2" | "3")
            || self
                .machines
                .iter()
                .any(|(_, machine)| machine.zone.as_deref() == Some(zone));
        let suggestion = match region {
            Some(region) if !self.has_region(region) => self
                .close_region(region)
                .map(|region| format!("zone/{region}/{zone}")),
            _ if known => {
                return Ok(Target::Zone {
                    region: region.map(folded),
                    zone: zone.to_owned(),
                });
            }
            _ => None,
        };
        Err(OutageFault::Unknown(name.to_owned(), suggestion))
    }

    fn locations(&self) -> impl Iterator<Item = &str> {
        let vnets = self.vnets.iter().map(|(_, r)| &r.identity);
        let machines = self.machines.iter().map(|(_, r)| &r.identity);
        let fixtures = self.fixtures.iter().map(|(_, r)| &r.identity);
        let nats = self.nat_gateways.iter().map(|(_, r)| &r.identity);
        let services = self.services.iter().map(|(_, r)| &r.identity);
        let located = vnets.chain(machines).chain(fixtures).chain(nats);
        let located = located
            .chain(services)
            .filter_map(|r| r.location.as_deref());
        located.chain(
            self.services
                .iter()
                .filter_map(|(_, s)| s.region.as_deref()),
        )
    }

    fn has_region(&self, region: &str) -> bool {
        let region = folded(region);
        self.locations().any(|known| folded(known) == region)
    }

    fn close_region(&self, region: &str) -> Option<String> {
        closest(&folded(region), self.locations())
    }

    fn close_outage(&self, name: &str) -> Option<String> {
        let Some((parent, child)) = name.rsplit_once('/') else {
            return self.close_name(name);
        };
        for hit in self.named(parent) {
            let label = self.label(hit);
            let vnets = self.vnets.iter();
            let vnet = vnets.filter(|(_, vnet)| {
                label.section == "virtualNetworks" && same(&vnet.identity.name, label.name)
            });
            let peerings = vnet.flat_map(|(_, vnet)| &vnet.peerings);
            let peerings = peerings.map(|id| &*self.peerings[*id].name);
            let links = ["primary", "secondary"]
                .into_iter()
                .filter(|_| matches!(hit, Named::Circuit(_)));
            let instances = INSTANCES
                .into_iter()
                .filter(|_| matches!(hit, Named::Gateway(id) if self.gateways[id].active_active));
            let parts = peerings.chain(links).chain(instances);
            if let Some(close) = closest(&child.to_lowercase(), parts) {
                return Some(format!("{}/{close}", label.name));
            }
        }
        self.close_name(name)
    }

    fn take_down(&mut self, target: &Target) {
        match target {
            Target::Resources(all) => all.iter().for_each(|named| self.down(*named)),
            Target::Peering(id) => {
                let reverse = self.peerings[*id].reverse;
                self.peerings[*id].state = PeeringState::Disconnected;
                for side in [Some(*id), reverse].into_iter().flatten() {
                    self.peerings[side].connected = false;
                }
            }
            Target::Link(id, Side::Primary) => self.circuits[*id].primary_up = false,
            Target::Link(id, Side::Secondary) => self.circuits[*id].secondary_up = false,
            Target::Instance(id, number) => self.instance_down(*id, *number),
            Target::Zone { region, zone } => {
                let hit = |machine: &Machine| {
                    machine.zone.as_deref() == Some(zone)
                        && region
                            .as_deref()
                            .is_none_or(|region| located(&machine.identity, region))
                };
                let machines = self.machines.iter();
                let machines: Vec<_> = machines.filter(|(_, m)| hit(m)).map(|(id, _)| id).collect();
                machines.into_iter().for_each(|id| self.stop(id));
            }
            Target::Region(region) => self.region_down(region),
        }
    }

    fn region_down(&mut self, region: &str) {
        let mut all: Vec<Named> = Vec::new();
        let machines = self.machines.iter();
        let machines = machines.filter(|(_, r)| located(&r.identity, region));
        all.extend(machines.map(|(id, _)| Named::Machine(id)));
        let fixtures = self.fixtures.iter();
        let fixtures = fixtures.filter(|(_, r)| located(&r.identity, region));
        all.extend(fixtures.map(|(id, _)| Named::Fixture(id)));
        let gateways = self.gateways.iter();
        let gateways = gateways.filter(|(_, r)| located(&r.identity, region));
        all.extend(gateways.map(|(id, _)| Named::Gateway(id)));
        let servers = self.route_servers.iter();
        let servers = servers.filter(|(_, r)| located(&r.identity, region));
        all.extend(servers.map(|(id, _)| Named::RouteServer(id)));
        let nats = self.nat_gateways.iter();
        let nats = nats.filter(|(_, r)| located(&r.identity, region));
        all.extend(nats.map(|(id, _)| Named::NatGateway(id)));
        // A service's own region is what its tag speaks of; the default location need not be.
        let services = self.services.iter().filter(|(_, r)| match &r.region {
            Some(own) => folded(own) == region,
            None => located(&r.identity, region),
        });
        all.extend(services.map(|(id, _)| Named::Service(id)));
        all.into_iter().for_each(|named| self.down(named));
    }

    fn stop(&mut self, id: Id<Machine>) {
        let power = &mut self.machines[id].power;
        if *power == PowerState::Running {
            *power = PowerState::Stopped;
        }
    }

    fn instance_down(&mut self, id: Id<Gateway>, number: usize) {
        let lost = &mut self.gateways[id].instances_down;
        if let Some(own) = lost.get_mut(number) {
            *own = true;
        }
        if lost.iter().all(|own| *own) {
            self.gateways[id].down = true;
        }
    }

    fn public_ip_down(&mut self, id: Id<PublicIp>) {
        self.public_ips[id].down = true;
        let found = self.gateways.iter().find_map(|(at, own)| {
            let of_vpn = own.gateway_type == GatewayType::Vpn;
            let number = own.public_ips.iter().position(|public| *public == id);
            let number = number.filter(|_| of_vpn)?;
            Some((at, number, own.active_active))
        });
        match found {
            Some((gateway, number, true)) => self.instance_down(gateway, number),
            // The instance that stands by takes over the address.
            Some((gateway, _, false)) => self.gateways[gateway].down = true,
            None => {}
        }
    }

    fn vnet_down(&mut self, id: Id<VirtualNetwork>) {
        let nics = self.nics.iter();
        let nics = nics.filter(|(_, nic)| self.subnets[nic.subnet].vnet == id);
        let machines: Vec<_> = nics.map(|(_, nic)| nic.machine).collect();
        machines.into_iter().for_each(|id| self.stop(id));
        let fixtures = self.fixtures.iter();
        let fixtures = fixtures.filter(|(_, fixture)| fixture.vnet == Some(id));
        let fixtures: Vec<_> = fixtures.map(|(id, _)| id).collect();
        let fixtures = fixtures.into_iter().map(Named::Fixture);
        fixtures.for_each(|fixture| self.down(fixture));
    }

    fn stop_host(&mut self, id: Id<SiteHost>) {
        let power = &mut self.site_hosts[id].power;
        if *power == PowerState::Running {
            *power = PowerState::Stopped;
        }
    }

    fn down(&mut self, named: Named) {
        match named {
            Named::Machine(id) => self.stop(id),
            Named::ScaleSet(id) => {
                let instances = self.scale_sets[id].instances.clone();
                instances.into_iter().for_each(|id| self.stop(id));
            }
            Named::Fixture(id) => {
                self.fixtures[id].down = true;
                match self.fixtures[id].kind {
                    FixtureKind::Gateway(gateway) => self.gateways[gateway].down = true,
                    FixtureKind::RouteServer(server) => self.route_servers[server].down = true,
                    // It gives no outbound address either.
                    FixtureKind::LoadBalancer(own, _) => self.load_balancers[own].down = true,
                    _ => {}
                }
            }
            Named::Gateway(id) => self.gateways[id].down = true,
            Named::RouteServer(id) => self.route_servers[id].down = true,
            Named::SiteHost(id) => self.stop_host(id),
            Named::VirtualNetwork(id) => self.vnet_down(id),
            Named::PublicIp(id) => self.public_ip_down(id),
            Named::Site(id) => {
                self.sites[id].down = true;
                let hosts = self.sites[id].hosts.clone();
                hosts.into_iter().for_each(|id| self.stop_host(id));
            }
            Named::InternetHost(id) => self.internet_hosts[id].down = true,
            Named::Service(id) => self.services[id].down = true,
            Named::NatGateway(id) => self.nat_gateways[id].down = true,
            Named::Connection(id) => self.connections[id].status = ConnectionStatus::NotConnected,
            Named::LocalGateway(id) => {
                for (_, connection) in self.connections.iter_mut() {
                    if connection.to == ConnectionEnd::Local(id) {
                        connection.status = ConnectionStatus::NotConnected;
                    }
                }
            }
            Named::Circuit(id) => {
                self.circuits[id].primary_up = false;
                self.circuits[id].secondary_up = false;
            }
            Named::Other(_) => {}
        }
    }
}

impl From<OutageFault> for NameFault {
    fn from(fault: OutageFault) -> Self {
        match fault {
            OutageFault::Unknown(name, close) => Self::Unknown(name, close),
            OutageFault::Ambiguous(name, all) => Self::Ambiguous(name, all),
        }
    }
}

fn located(identity: &Identity, region: &str) -> bool {
    identity
        .location
        .as_deref()
        .is_some_and(|own| folded(own) == region)
}

/// A region's name as ARM spells it: `West Europe` is `westeurope`.
fn folded(region: &str) -> String {
    region.to_lowercase().replace(' ', "")
}

#[cfg(test)]
mod tests;
