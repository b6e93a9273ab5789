//! What can be out of order by itself: the losses that a design is held against, each by the name that
//! `--down` takes.
//!
//! Of machines those are meant that others depend on: appliances, members of pools, what translations,
//! user routes and DNS servers lead to. Any other machine is only ever the end of a connection.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use super::{Target, folded};
use crate::network::names::{Named, same};
use crate::network::*;
use crate::spec::{ConnectionStatus, PowerState};

/// What a loss is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutageKind {
    /// A virtual machine that others depend on.
    VirtualMachine,
    /// An instance of a scale set that others depend on.
    ScaleSetInstance,
    /// A machine that forwards.
    Appliance,
    /// An Azure Firewall.
    AzureFirewall,
    /// A load balancer.
    LoadBalancer,
    /// An application gateway.
    ApplicationGateway,
    /// A Bastion host.
    BastionHost,
    /// A NAT gateway.
    NatGateway,
    /// A VPN or ExpressRoute gateway.
    VirtualNetworkGateway,
    /// One instance of an active-active gateway.
    GatewayInstance,
    /// A VPN device on premises.
    LocalNetworkGateway,
    /// A gateway's connection: a tunnel, or the link to a circuit.
    Connection,
    /// An ExpressRoute circuit, with both of its links.
    Circuit,
    /// One of a circuit's two links.
    CircuitLink,
    /// A peering, which is gone both ways whichever of its objects is.
    Peering,
    /// A Route Server.
    RouteServer,
    /// A host on premises that answers DNS.
    SiteHost,
    /// An availability zone: the machines in it.
    Zone,
    /// A region.
    Region,
}

impl OutageKind {
    /// What it is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::VirtualMachine => "virtual machine",
            Self::ScaleSetInstance => "scale-set instance",
            Self::Appliance => "appliance",
            Self::AzureFirewall => "Azure Firewall",
            Self::LoadBalancer => "load balancer",
            Self::ApplicationGateway => "application gateway",
            Self::BastionHost => "Bastion host",
            Self::NatGateway => "NAT gateway",
            Self::VirtualNetworkGateway => "gateway",
            Self::GatewayInstance => "gateway instance",
            Self::LocalNetworkGateway => "VPN device",
            Self::Connection => "connection",
            Self::Circuit => "circuit",
            Self::CircuitLink => "circuit link",
            Self::Peering => "peering",
            Self::RouteServer => "Route Server",
            Self::SiteHost => "on-premises host",
            Self::Zone => "availability zone",
            Self::Region => "region",
        }
    }

    /// The same as one word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::VirtualMachine => "VirtualMachine",
            Self::ScaleSetInstance => "ScaleSetInstance",
            Self::Appliance => "Appliance",
            Self::AzureFirewall => "AzureFirewall",
            Self::LoadBalancer => "LoadBalancer",
            Self::ApplicationGateway => "ApplicationGateway",
            Self::BastionHost => "BastionHost",
            Self::NatGateway => "NatGateway",
            Self::VirtualNetworkGateway => "VirtualNetworkGateway",
            Self::GatewayInstance => "GatewayInstance",
            Self::LocalNetworkGateway => "LocalNetworkGateway",
            Self::Connection => "Connection",
            Self::Circuit => "Circuit",
            Self::CircuitLink => "CircuitLink",
            Self::Peering => "Peering",
            Self::RouteServer => "RouteServer",
            Self::SiteHost => "SiteHost",
            Self::Zone => "Zone",
            Self::Region => "Region",
        }
    }
}

/// Something that can be out of order by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The name that [`Network::with_down`] takes, and `--down`.
    pub name: String,
    /// What it is.
    pub kind: OutageKind,
    /// Other names for the same loss: the other side's object of a peering.
    pub also: Vec<String>,
}

/// What of the graph is gone with something out of order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lost {
    /// The places, in the order of the graph.
    pub places: Vec<Place>,
    /// The links, from one place to the next, in the order of the graph.
    pub links: Vec<(Place, Place)>,
}

impl Network {
    /// Everything that can be out of order by itself and is not: kind by kind, each in the order of the
    /// topology; zones and regions last.
    #[must_use]
    pub fn outages(&self) -> Vec<Outage> {
        let mut found = Vec::new();
        self.machines_that_serve(&mut found);
        self.platform(&mut found);
        self.edges(&mut found);
        self.peered(&mut found);
        self.areas(&mut found);
        found
    }

    /// What of the graph is gone in `after`, which is this network with something out of order.
    #[must_use]
    pub fn lost(&self, after: &Self) -> Lost {
        let gone = |place: &Place| match *place {
            Place::Nic(nic) => {
                let machine = self.nics[nic].machine;
                self.machines[machine].power == PowerState::Running
                    && after.machines[machine].power != PowerState::Running
            }
            Place::Fixture(id) => !self.fixtures[id].down && after.fixtures[id].down,
            Place::InternetHost(id) => {
                !self.internet_hosts[id].down && after.internet_hosts[id].down
            }
            Place::Network(_) | Place::Site(_) | Place::Internet => false,
        };
        let stands = |network: &Self, link: Link| match link {
            Link::Peering(id) => network.peerings[id].connected,
            Link::Connection(id) => {
                let own = &network.connections[id];
                let end = match own.to {
                    ConnectionEnd::Circuit(circuit) => network.circuits[circuit].up(),
                    ConnectionEnd::Local(_) | ConnectionEnd::Gateway(_) => true,
                };
                own.status == ConnectionStatus::Connected && end
            }
            Link::Local | Link::Inside | Link::Internet => true,
        };
        let graph = self.graph.petgraph();
        let places = graph.node_weights().filter(|place| gone(place)).copied();
        let links = graph.edge_indices().filter_map(|edge| {
            let link = *graph.edge_weight(edge)?;
            let (from, to) = graph.edge_endpoints(edge)?;
            let cut = stands(self, link) && !stands(after, link);
            cut.then(|| Some((*graph.node_weight(from)?, *graph.node_weight(to)?)))?
        });
        Lost {
            places: places.collect(),
            links: links.collect(),
        }
    }

    fn machines_that_serve(&self, found: &mut Vec<Outage>) {
        let serving = self.serving();
        for (id, machine) in self.machines.iter() {
            if machine.power != PowerState::Running || !serving.contains(&id) {
                continue;
            }
            let kind = match machine.kind {
                MachineKind::VirtualMachine => OutageKind::VirtualMachine,
                MachineKind::Instance(_) => OutageKind::ScaleSetInstance,
                MachineKind::Appliance => OutageKind::Appliance,
            };
            self.listed(&machine.identity, kind, Named::Machine(id), found);
        }
        let asked = self.named_addresses();
        for (id, host) in self.site_hosts.iter() {
            if host.power == PowerState::Running && asked.contains(&host.address) {
                let site = format!("{}/{}", self.sites[host.site].name, host.name);
                let names = [host.name.to_string(), site];
                self.push(names, OutageKind::SiteHost, Named::SiteHost(id), found);
            }
        }
    }

    /// The machines that others depend on.
    fn serving(&self) -> HashSet<Id<Machine>> {
        let mut nics: HashSet<Id<Nic>> = HashSet::new();
        for (_, balancer) in self.load_balancers.iter() {
            for frontend in &balancer.frontends {
                nics.extend(frontend.rules.iter().flat_map(|rule| &rule.members));
                nics.extend(frontend.nat_rules.iter().map(|rule| rule.target));
            }
            nics.extend(balancer.outbound_rules.iter().flat_map(|own| &own.members));
        }
        nics.extend(self.backends().filter_map(|own| match own {
            Backend::Nic(nic) => Some(*nic),
            Backend::Name(_) | Backend::Address(_) => None,
        }));
        for (_, server) in self.route_servers.iter() {
            nics.extend(server.peers.iter().map(|peer| peer.nic));
        }
        let (names, addresses) = (self.served_by_name(), self.named_addresses());
        let by_name = |machine: &Machine| {
            let first = |name: &&str| {
                let label = name.split('.').next().unwrap_or_default();
                same(label, &machine.identity.name)
            };
            names.iter().any(first)
        };
        let published = |own: &NicAddress| {
            let public = own.public_ip.map(|id| &self.public_ips[id]);
            public.is_some_and(|public| {
                addresses.contains(&public.address) || (!names.is_empty() && public.fqdn.is_some())
            })
        };
        let machines = self.machines.iter();
        let serving = machines.filter(|(_, machine)| {
            machine.kind == MachineKind::Appliance
                || by_name(machine)
                || machine.nics.iter().any(|nic| {
                    let own = &self.nics[*nic].addresses;
                    nics.contains(nic)
                        || own
                            .iter()
                            .any(|own| addresses.contains(&own.address) || published(own))
                })
        });
        serving.map(|(id, _)| id).collect()
    }

    fn backends(&self) -> impl Iterator<Item = &Backend> {
        let gateways = self.application_gateways.iter();
        let rules = gateways.flat_map(|(_, own)| &own.rules);
        rules.flat_map(|own| &own.backends)
    }

    /// The names that pools and translations lead to.
    fn served_by_name(&self) -> Vec<&str> {
        let backends = self.backends().filter_map(|own| match own {
            Backend::Name(name) => Some(&**name),
            Backend::Nic(_) | Backend::Address(_) => None,
        });
        let translated = self.firewalls.iter().flat_map(|(_, own)| &own.nat_rules);
        backends
            .chain(translated.filter_map(|rule| rule.translated_fqdn.as_deref()))
            .collect()
    }

    /// The addresses that something leads to: DNS, user and BGP routes, translations, pools; records where
    /// something leads to names.
    fn named_addresses(&self) -> HashSet<IpAddr> {
        let mut all: HashSet<IpAddr> = HashSet::new();
        all.extend(self.vnets.iter().flat_map(|(_, own)| &own.dns_servers));
        let routes = self.route_tables.iter().flat_map(|(_, own)| &own.routes);
        all.extend(routes.filter_map(|route| route.next_hop_ip_address));
        let peers = self.route_servers.iter().flat_map(|(_, own)| &own.peers);
        all.extend(peers.map(|peer| peer.next_hop));
        let forwarding = self
            .machines
            .iter()
            .filter_map(|(_, own)| own.forwarding.as_ref());
        let translations = forwarding.flat_map(|own| &own.destination_nat);
        all.extend(translations.map(|rule| rule.translated_address));
        let translations = self.firewalls.iter().flat_map(|(_, own)| &own.nat_rules);
        all.extend(translations.filter_map(|rule| rule.translated_address));
        all.extend(self.backends().filter_map(|own| match own {
            Backend::Address(address) => Some(*address),
            Backend::Nic(_) | Backend::Name(_) => None,
        }));
        if !self.served_by_name().is_empty() {
            let zones = self.private_zones.iter().chain(self.public_zones.iter());
            let records = zones.flat_map(|(_, zone)| zone.records.values());
            all.extend(records.flat_map(|record| &record.addresses));
        }
        all
    }

    fn platform(&self, found: &mut Vec<Outage>) {
        let mut balancers = HashSet::new();
        for (id, fixture) in self.fixtures.iter().filter(|(_, own)| !own.down) {
            let kind = match fixture.kind {
                FixtureKind::AzureFirewall(_) => OutageKind::AzureFirewall,
                FixtureKind::ApplicationGateway(_) => OutageKind::ApplicationGateway,
                FixtureKind::BastionHost => OutageKind::BastionHost,
                FixtureKind::RouteServer(_) => OutageKind::RouteServer,
                FixtureKind::LoadBalancer(own, _) if balancers.insert(own) => {
                    OutageKind::LoadBalancer
                }
                FixtureKind::Gateway(_) => OutageKind::VirtualNetworkGateway,
                FixtureKind::LoadBalancer(..) | FixtureKind::PrivateEndpoint(_) => continue,
            };
            self.listed(&fixture.identity, kind, Named::Fixture(id), found);
            let FixtureKind::Gateway(gateway) = fixture.kind else {
                continue;
            };
            if let Some(own) = found.last().map(|own| own.name.clone())
                && self.gateways[gateway].active_active
            {
                let up = self.gateways[gateway].instances_down.iter().enumerate();
                let up = up.filter(|(_, down)| !**down);
                found.extend(up.map(|(number, _)| Outage {
                    name: format!("{own}/IN_{number}"),
                    kind: OutageKind::GatewayInstance,
                    also: Vec::new(),
                }));
            }
        }
        for (id, nat) in self.nat_gateways.iter().filter(|(_, own)| !own.down) {
            let kind = OutageKind::NatGateway;
            self.listed(&nat.identity, kind, Named::NatGateway(id), found);
        }
    }

    fn edges(&self, found: &mut Vec<Outage>) {
        let stands = |own: &Connection| own.status == ConnectionStatus::Connected;
        for (id, device) in self.local_gateways.iter() {
            let mut own = self.connections.iter();
            if own.any(|(_, own)| own.to == ConnectionEnd::Local(id) && stands(own)) {
                let kind = OutageKind::LocalNetworkGateway;
                self.listed(&device.identity, kind, Named::LocalGateway(id), found);
            }
        }
        for (id, own) in self.connections.iter().filter(|(_, own)| stands(own)) {
            let kind = OutageKind::Connection;
            self.listed(&own.identity, kind, Named::Connection(id), found);
        }
        for (id, own) in self.circuits.iter().filter(|(_, own)| own.up()) {
            let before = found.len();
            self.listed(
                &own.identity,
                OutageKind::Circuit,
                Named::Circuit(id),
                found,
            );
            let Some(name) = found.get(before).map(|own| own.name.clone()) else {
                continue;
            };
            let links = [("primary", own.primary_up), ("secondary", own.secondary_up)];
            found.extend(
                links
                    .into_iter()
                    .filter(|(_, up)| *up)
                    .map(|(link, _)| Outage {
                        name: format!("{name}/{link}"),
                        kind: OutageKind::CircuitLink,
                        also: Vec::new(),
                    }),
            );
        }
    }

    fn peered(&self, found: &mut Vec<Outage>) {
        let name = |id: Id<Peering>| {
            let own = &self.peerings[id];
            let vnet = &self.vnets[own.vnet].identity;
            let names = [
                format!("{}/{}", vnet.name, own.name),
                format!("{}/virtualNetworkPeerings/{}", vnet.id, own.name),
            ];
            let is = |name: &String| matches!(self.outage(name), Ok(Target::Peering(target)) if target == id);
            names.into_iter().find(is)
        };
        let peerings = self.peerings.iter().filter(|(_, own)| own.connected);
        // Of two objects the first stands for both.
        let first = peerings.filter(|(id, own)| own.reverse.is_none_or(|other| *id < other));
        for (id, own) in first {
            found.extend(name(id).map(|own_name| Outage {
                name: own_name,
                kind: OutageKind::Peering,
                also: own.reverse.and_then(name).into_iter().collect(),
            }));
        }
    }

    /// Zones, where a region has more than one or machines have one; regions.
    fn areas(&self, found: &mut Vec<Outage>) {
        let mut zones: BTreeSet<(Option<String>, &str)> = BTreeSet::new();
        for (_, machine) in self.machines.iter() {
            if let Some(zone) = machine.zone.as_deref() {
                let region = machine.identity.location.as_deref().map(folded);
                zones.insert((region, zone));
            }
        }
        let regions: BTreeSet<&Option<String>> = zones.iter().map(|(region, _)| region).collect();
        let single = regions.len() < 2;
        found.extend(zones.iter().map(|(region, zone)| Outage {
            name: match region.as_deref().filter(|_| !single) {
                Some(region) => format!("zone/{region}/{zone}"),
                None => format!("zone/{zone}"),
            },
            kind: OutageKind::Zone,
            also: Vec::new(),
        }));
        let regions: BTreeSet<String> = self.locations().map(folded).collect();
        found.extend(regions.into_iter().map(|region| Outage {
            name: format!("region/{region}"),
            kind: OutageKind::Region,
            also: Vec::new(),
        }));
    }

    fn listed(&self, identity: &Identity, kind: OutageKind, named: Named, found: &mut Vec<Outage>) {
        let long = format!("{}/{}", identity.section, identity.name);
        let names = [identity.name.to_string(), long, identity.id.to_string()];
        self.push(names, kind, named, found);
    }

    /// Adds it by the first of its names that means it and nothing else.
    fn push(
        &self,
        names: impl IntoIterator<Item = String>,
        kind: OutageKind,
        named: Named,
        found: &mut Vec<Outage>,
    ) {
        let means = |name: &String| match self.outage(name) {
            Ok(Target::Resources(all)) => all.contains(&named),
            _ => false,
        };
        found.extend(names.into_iter().find(means).map(|name| Outage {
            name,
            kind,
            also: Vec::new(),
        }));
    }
}
