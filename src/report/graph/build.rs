//! From a network to the boxes and nodes of its scene.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::names::Ids;
use super::scene::{Badge, BadgeKind, Frame, FrameKind, Mark, Node, NodeKind, Scene};
use super::{fold, lines, marks, paths};
use crate::engine::Answer;
use crate::network::{
    Circuit, Fixture, FixtureKind, Gateway, Id, LocalGateway, MachineKind, NatGateway, Network,
    Nic, Place, Service, Site, SiteHost, Subnet, VirtualNetwork,
};
use crate::spec::PowerState;

impl Scene {
    /// What is to be drawn of a network, with the ways of `answers` over it and `marks`.
    ///
    /// NICs of a subnet that nothing tells apart are folded into one node where there are many of them,
    /// but for those that a way comes by or a mark names.
    #[must_use]
    pub fn new(network: &Network, answers: &[Answer], marks: &[Mark]) -> Self {
        let mut builder = Builder::new(network, fold::kept(network, answers, marks));
        builder.networks();
        builder.fixtures();
        builder.machines();
        builder.outside();
        lines::draw(&mut builder);
        paths::draw(&mut builder, answers);
        marks::draw(&mut builder, marks);
        builder.finish()
    }
}

/// A scene in the making: what stands for what.
pub(super) struct Builder<'n> {
    pub network: &'n Network,
    pub scene: Scene,
    pub ids: Ids,
    pub vnets: HashMap<Id<VirtualNetwork>, String>,
    pub subnets: HashMap<Id<Subnet>, String>,
    pub nics: HashMap<Id<Nic>, String>,
    pub fixtures: HashMap<Id<Fixture>, String>,
    pub nats: HashMap<Id<NatGateway>, String>,
    pub services: HashMap<Id<Service>, String>,
    pub sites: HashMap<Id<Site>, String>,
    pub site_hosts: HashMap<Id<SiteHost>, String>,
    pub circuits: HashMap<Id<Circuit>, String>,
    pub locals: HashMap<Id<LocalGateway>, String>,
    pub clients: HashMap<(Id<Gateway>, IpAddr), String>,
    pub hosts: HashMap<Place, String>,
    /// What belongs to nothing, by what it is called.
    pub strangers: HashMap<String, String>,
    pub internet: Option<String>,
    kept: HashSet<Id<Nic>>,
    pub regions: HashMap<String, String>,
    /// The box of the Internet and its hosts, where there are any.
    pub beyond: Option<String>,
}

impl<'n> Builder<'n> {
    fn new(network: &'n Network, kept: HashSet<Id<Nic>>) -> Self {
        Self {
            network,
            scene: Scene {
                name: network.name.clone(),
                ..Scene::default()
            },
            ids: Ids::default(),
            vnets: HashMap::new(),
            subnets: HashMap::new(),
            nics: HashMap::new(),
            fixtures: HashMap::new(),
            nats: HashMap::new(),
            services: HashMap::new(),
            sites: HashMap::new(),
            site_hosts: HashMap::new(),
            circuits: HashMap::new(),
            locals: HashMap::new(),
            clients: HashMap::new(),
            hosts: HashMap::new(),
            strangers: HashMap::new(),
            internet: None,
            kept,
            regions: HashMap::new(),
            beyond: None,
        }
    }

    /// A box; its id.
    pub fn frame(&mut self, kind: FrameKind, name: &str, parent: Option<&str>) -> String {
        let id = self.ids.of('n', kind.word(), name);
        self.scene.boxes.push(Frame {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            detail: String::new(),
            parent: parent.map(str::to_owned),
            facts: Vec::new(),
            badges: Vec::new(),
            folds: 0,
        });
        id
    }

    /// A node; its id.
    pub fn node(&mut self, kind: NodeKind, name: &str, parent: Option<&str>) -> String {
        let id = self.ids.of('n', kind.word(), name);
        self.scene.nodes.push(Node {
            id: id.clone(),
            kind,
            name: name.to_owned(),
            detail: String::new(),
            parent: parent.map(str::to_owned),
            facts: Vec::new(),
            badges: Vec::new(),
            down: false,
            folds: Vec::new(),
        });
        id
    }

    /// Sets more of the node that was added last.
    pub fn last_node(&mut self, set: impl FnOnce(&mut Node)) {
        if let Some(node) = self.scene.nodes.last_mut() {
            set(node);
        }
    }

    /// Sets more of the box that was added last.
    pub fn last_frame(&mut self, set: impl FnOnce(&mut Frame)) {
        if let Some(frame) = self.scene.boxes.last_mut() {
            set(frame);
        }
    }

    fn region(&mut self, name: &str) -> String {
        let folded = name.to_lowercase().replace(' ', "");
        match self.regions.get(&folded) {
            Some(id) => id.clone(),
            None => {
                let id = self.frame(FrameKind::Region, name, None);
                self.regions.insert(folded, id.clone());
                id
            }
        }
    }

    fn networks(&mut self) {
        let network = self.network;
        for (id, vnet) in network.vnets.iter() {
            let region = vnet.identity.location.clone();
            let region = region.map(|name| self.region(&name));
            let own = self.frame(FrameKind::Vnet, &vnet.identity.name, region.as_deref());
            let mut facts = vec![format!("resource group {}", vnet.identity.resource_group)];
            if !vnet.dns_servers.is_empty() {
                facts.push(format!("DNS servers {}", joined(&vnet.dns_servers)));
            }
            self.last_frame(|frame| {
                frame.detail = joined(&vnet.address_space);
                frame.facts = facts;
            });
            for subnet in &vnet.subnets {
                self.subnet(*subnet, &own);
            }
            self.vnets.insert(id, own);
        }
        for (id, nat) in network.nat_gateways.iter() {
            let mut subnets = network.subnets.iter();
            let Some((_, served)) = subnets.find(|(_, subnet)| subnet.nat_gateway == Some(id))
            else {
                continue;
            };
            let parent = self.vnets.get(&served.vnet).cloned();
            let own = self.node(NodeKind::Nat, &nat.identity.name, parent.as_deref());
            let public = nat.public_ips.iter().map(|id| &network.public_ips[*id]);
            let detail = joined(public.map(|public| public.address));
            self.last_node(|node| {
                node.detail = detail;
                node.down = nat.down;
            });
            self.nats.insert(id, own);
        }
    }

    fn subnet(&mut self, id: Id<Subnet>, parent: &str) {
        let network = self.network;
        let subnet = &network.subnets[id];
        let own = self.frame(FrameKind::Subnet, &subnet.name, Some(parent));
        // Subnets of many VNets are called alike.
        let whole = super::super::subnet_name(network, id);
        self.ids.free(&own);
        let own = self.ids.of('n', FrameKind::Subnet.word(), &whole);
        self.last_frame(|frame| frame.id.clone_from(&own));
        let mut facts = Vec::new();
        if let Some(nat) = subnet.nat_gateway {
            let name = &network.nat_gateways[nat].identity.name;
            facts.push(format!("NAT gateway {name}"));
        }
        if !subnet.service_endpoints.is_empty() {
            let services = joined(&subnet.service_endpoints);
            facts.push(format!("service endpoints {services}"));
        }
        if !subnet.default_outbound_access {
            facts.push("no default outbound access".to_owned());
        }
        if let Some(nsg) = subnet.ignored_nsg {
            let name = &network.nsgs[nsg].identity.name;
            facts.push(format!("{name} is on it, and the platform ignores it"));
        }
        let mut badges: Vec<Badge> = subnet.nsg.iter().map(|id| nsg(network, *id)).collect();
        if let Some(table) = subnet.route_table {
            let table = &network.route_tables[table];
            let routes = table.routes.len();
            let mut facts = vec![format!("{routes} route{}", plural(routes))];
            if table.disable_bgp_route_propagation {
                facts.push("routes of gateways are kept out".to_owned());
            }
            badges.push(Badge {
                kind: BadgeKind::RouteTable,
                name: table.identity.name.to_string(),
                facts,
            });
        }
        self.last_frame(|frame| {
            frame.detail = joined(&subnet.prefixes);
            frame.facts = facts;
            frame.badges = badges;
        });
        self.subnets.insert(id, own);
    }

    fn fixtures(&mut self) {
        let network = self.network;
        for (id, fixture) in network.fixtures.iter() {
            let (kind, facts) = self.fixture_kind(fixture);
            // A public frontend has no VNet of its own: it is drawn in that of its balancer's members.
            let outbound = match fixture.kind {
                FixtureKind::LoadBalancer(own, _) => &network.load_balancers[own].outbound_rules,
                _ => &[][..],
            };
            let outbound = outbound.iter().flat_map(|rule| &rule.members);
            let member = fixture.members.iter().chain(outbound).next();
            let near = member.map(|nic| network.subnets[network.nics[*nic].subnet].vnet);
            let vnet = fixture.vnet.or(near);
            let parent = fixture
                .subnet
                .and_then(|subnet| self.subnets.get(&subnet))
                .or_else(|| self.vnets.get(&vnet?))
                .cloned();
            let own = self.node(kind, &fixture_name(network, fixture), parent.as_deref());
            let public = fixture.public_ips.iter();
            let public: Vec<IpAddr> = public.map(|id| network.public_ips[*id].address).collect();
            self.last_node(|node| {
                node.detail = match fixture.addresses.is_empty() {
                    true => joined(&public),
                    false => joined(&fixture.addresses),
                };
                node.facts = facts;
                if !public.is_empty() {
                    node.facts.push(format!("public {}", joined(&public)));
                }
                node.down = fixture.down;
            });
            self.fixtures.insert(id, own);
        }
    }

    fn fixture_kind(&self, fixture: &Fixture) -> (NodeKind, Vec<String>) {
        let network = self.network;
        match fixture.kind {
            FixtureKind::LoadBalancer(id, at) => {
                let frontends = &network.load_balancers[id].frontends;
                let frontend = frontends.get(at as usize);
                let mut facts = Vec::new();
                for rule in frontend.iter().flat_map(|frontend| &frontend.rules) {
                    let ports = match rule.is_ha_ports() {
                        true => "every port".to_owned(),
                        false => format!("{} → {}", rule.frontend_port, rule.backend_port),
                    };
                    facts.push(format!("rule {}: {ports}", rule.name));
                }
                (NodeKind::LoadBalancer, facts)
            }
            FixtureKind::AzureFirewall(_) => (NodeKind::Firewall, Vec::new()),
            FixtureKind::ApplicationGateway(id) => {
                let rules = network.application_gateways[id].rules.iter();
                let facts = rules.map(|rule| {
                    let protocol = rule.protocol.word();
                    format!("rule {}: {protocol} {}", rule.name, rule.port)
                });
                (NodeKind::ApplicationGateway, facts.collect())
            }
            FixtureKind::BastionHost => (NodeKind::Bastion, Vec::new()),
            FixtureKind::Gateway(id) => {
                let kind = network.gateways[id].gateway_type.word();
                (NodeKind::Gateway, vec![format!("{kind} gateway")])
            }
            FixtureKind::RouteServer(_) => (NodeKind::RouteServer, Vec::new()),
            FixtureKind::PrivateEndpoint(id) => {
                let own = &network.private_endpoints[id];
                let service = &network.services[own.service].identity.name;
                let state = own.state.word();
                (
                    NodeKind::PrivateEndpoint,
                    vec![format!("to {service}: {state}")],
                )
            }
        }
    }

    fn machines(&mut self) {
        let network = self.network;
        let groups = fold::groups(network, &self.kept);
        for group in groups {
            let subnet = network.nics.ids().find(|id| group.first() == Some(id));
            let parent = subnet
                .and_then(|nic| self.subnets.get(&network.nics[nic].subnet))
                .cloned();
            match group.as_slice() {
                [one] => {
                    let own = self.nic(*one, parent.as_deref());
                    self.nics.insert(*one, own);
                }
                several => {
                    let names: Vec<String> =
                        several.iter().map(|id| nic_name(network, *id)).collect();
                    let text = format!("+ {} more", several.len());
                    let first = names.first().cloned().unwrap_or_default();
                    let kind = several
                        .first()
                        .map_or(NodeKind::Machine, |id| nic_kind(network, *id));
                    let own = self.node(kind, &text, parent.as_deref());
                    let id = self.ids.of('n', "more", &first);
                    self.last_node(|node| {
                        node.id.clone_from(&id);
                        node.folds = names;
                        node.badges = several
                            .first()
                            .and_then(|nic| network.nics[*nic].nsg)
                            .map(|id| nsg(network, id))
                            .into_iter()
                            .collect();
                        node.detail = several
                            .first()
                            .zip(several.last())
                            .map(|(first, last)| {
                                let address = |id: Id<Nic>| {
                                    let own = network.nics[id].addresses.first();
                                    own.map_or_else(String::new, |own| own.address.to_string())
                                };
                                format!("{} … {}", address(*first), address(*last))
                            })
                            .unwrap_or_default();
                    });
                    self.ids.free(&own);
                    for nic in several {
                        self.nics.insert(*nic, id.clone());
                    }
                }
            }
        }
    }

    fn nic(&mut self, id: Id<Nic>, parent: Option<&str>) -> String {
        let network = self.network;
        let nic = &network.nics[id];
        let machine = &network.machines[nic.machine];
        let own = self.node(nic_kind(network, id), &nic_name(network, id), parent);
        let mut facts = vec![match machine.kind {
            MachineKind::VirtualMachine => format!("virtual machine, NIC {}", nic.name),
            MachineKind::Instance(set) => {
                format!("instance of {}", network.scale_sets[set].identity.name)
            }
            MachineKind::Appliance => format!("appliance, NIC {}", nic.name),
        }];
        for address in &nic.addresses {
            let public = address.public_ip.map(|id| {
                let public = &network.public_ips[id];
                format!(", public {} ({})", public.address, public.identity.name)
            });
            let public = public.unwrap_or_default();
            facts.push(format!("{} ({}){public}", address.address, address.name));
        }
        if !nic.asgs.is_empty() {
            let groups = nic.asgs.iter().map(|id| &network.asgs[*id].identity.name);
            facts.push(format!("application security groups {}", joined(groups)));
        }
        if nic.ip_forwarding {
            facts.push("IP forwarding".to_owned());
        }
        if let Some(zone) = &machine.zone {
            facts.push(format!("zone {zone}"));
        }
        if machine.power != PowerState::Running {
            facts.push(machine.power.word().to_lowercase());
        }
        self.last_node(|node| {
            node.detail = joined(nic.addresses.iter().map(|own| own.address));
            node.facts = facts;
            node.badges = nic.nsg.iter().map(|id| nsg(network, *id)).collect();
            node.down = machine.power != PowerState::Running;
        });
        own
    }

    fn finish(self) -> Scene {
        self.scene
    }
}

fn nsg(network: &Network, id: Id<crate::network::NetworkSecurityGroup>) -> Badge {
    let group = &network.nsgs[id];
    let rules = group.rules.len();
    Badge {
        kind: BadgeKind::Nsg,
        name: group.identity.name.to_string(),
        facts: vec![format!("{rules} rule{} of its own", plural(rules))],
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The machine's name; `machine/nic` where it has several.
pub(super) fn nic_name(network: &Network, id: Id<Nic>) -> String {
    let nic = &network.nics[id];
    let machine = &network.machines[nic.machine];
    match machine.nics.len() {
        1 => machine.identity.name.to_string(),
        _ => super::super::nic_name(network, id),
    }
}

/// A resource's name; `balancer/frontend` where that has several.
fn fixture_name(network: &Network, fixture: &Fixture) -> String {
    let name = &fixture.identity.name;
    let frontends = match fixture.kind {
        FixtureKind::LoadBalancer(id, at) => {
            let all = &network.load_balancers[id].frontends;
            all.get(at as usize).filter(|_| all.len() > 1)
        }
        _ => None,
    };
    frontends.map_or_else(
        || name.to_string(),
        |frontend| format!("{name}/{}", frontend.name),
    )
}

fn nic_kind(network: &Network, id: Id<Nic>) -> NodeKind {
    match network.machines[network.nics[id].machine].kind {
        MachineKind::Appliance => NodeKind::Appliance,
        MachineKind::VirtualMachine | MachineKind::Instance(_) => NodeKind::Machine,
    }
}

/// Everything with commas between.
pub(super) fn joined<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    all.join(", ")
}
