//! A packet leaves a NIC: the guest's firewall, the security rules outbound, the route, and by its next
//! hop to where it arrives next.
//!
//! Follows `virtual-network/virtual-networks-udr-overview`, `network-security-group-how-it-works`.

use super::compiled::Scope;
use super::gateway::is_gateway;
use super::issues;
use super::next_hop::neighbour;
use super::proxy::is_proxy;
use super::reasons::Reason;
use super::traffic::{Gate, GateKind, Traffic};
use super::walk::{Station, Walk};
use crate::effective::{Decision, EffectiveRoute, EffectiveRoutes, SecurityList};
use crate::net::{Rule, RuleList};
use crate::network::{FixtureKind, Id, Nic, Owner, Peering, Place, VirtualNetwork};
use crate::spec::Direction;
use crate::spec::checks::RouteNextHopType;
use crate::trace::{Disposition, Filter, HopKind, Recorder, Step};

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// From a machine to itself: the guest keeps it, so that neither routes nor security rules see it.
    pub(super) fn to_itself(&mut self, nic: Id<Nic>, traffic: T) {
        self.hop(
            Some(Place::Nic(nic)),
            traffic.witness().destination,
            HopKind::VnetLocal,
        );
        self.into_guest(nic, traffic);
    }

    /// From inside a machine: its own firewall comes first.
    pub(super) fn from_guest(&mut self, nic: Id<Nic>, traffic: T) {
        let gate = GateKind::GuestOutbound;
        if let Some(open) = traffic.past(Gate { nic, kind: gate }) {
            return self.departs(nic, open);
        }
        let machine = self.engine.network.nics[nic].machine;
        let rules = &self.engine.machine(machine).outbound;
        let denied = |rule| issues::guest_firewall(machine, Direction::Outbound, rule);
        self.filtered(
            Filter::GuestOutbound,
            rules,
            traffic,
            &denied,
            &mut |walk, part| {
                walk.departs(nic, part);
            },
        );
    }

    /// By a NIC, outbound.
    pub(super) fn departs(&mut self, nic: Id<Nic>, traffic: T) {
        let engine = self.engine;
        for (platform, part) in traffic.classify(&engine.statics.platform) {
            if platform.is_some() {
                self.branch(|walk| walk.to_platform(nic, part));
                continue;
            }
            let lists = engine.effective.security(nic, Direction::Outbound);
            self.branch(|walk| {
                walk.secured(nic, Direction::Outbound, lists, part, &mut |walk, part| {
                    walk.unbalanced(nic, part, &mut |walk, part| {
                        walk.routed(Station::of_nic(engine.network, nic), part);
                    });
                });
            });
        }
    }

    /// Through the effective routes of a NIC: of several that are equally good, by each.
    pub(super) fn routed(&mut self, at: Station, traffic: T) {
        let routes = self.engine.effective.subnet_routes(at.subnet);
        for (choice, part) in traffic.look_up(&routes.by_destination) {
            let chosen = choice.and_then(|choice| routes.choices.get(choice as usize));
            let chosen = chosen.map_or(&[][..], Vec::as_slice);
            let at_gateway =
                matches!(at.place, Place::Fixture(id) if is_gateway(self.engine.network, id));
            let kept = (chosen.len() > 1).then(|| once_each(routes, chosen, at_gateway));
            let chosen = kept.as_deref().unwrap_or(chosen);
            if chosen.is_empty() {
                self.branch(|walk| {
                    walk.recorder.step(|| Step::Route {
                        subnet: at.subnet,
                        route: None,
                    });
                    walk.lose(Disposition::NoRoute, part.clone(), || {
                        issues::no_route(at.subnet, None, "RouteToNone")
                    });
                });
                continue;
            }
            let rows = chosen.iter().filter_map(|position| {
                let row = routes.rows.get(*position as usize)?;
                Some((*position, row))
            });
            for (position, row) in rows {
                self.branch(|walk| {
                    walk.share /= chosen.len() as f64;
                    walk.followed = Some((at.subnet, position));
                    walk.recorder.step(|| Step::Route {
                        subnet: at.subnet,
                        route: Some(row.clone()),
                    });
                    walk.follows(at, row, part.clone());
                });
            }
        }
    }

    fn follows(&mut self, at: Station, row: &EffectiveRoute, traffic: T) {
        match row.next_hop_type {
            RouteNextHopType::VnetLocal => self.locally(at, row, traffic),
            RouteNextHopType::VNetPeering | RouteNextHopType::VNetGlobalPeering => {
                match row.peering {
                    Some(peering) => {
                        let remote = self.engine.network.peerings[peering].remote;
                        self.within(at, remote, Some(peering), traffic);
                    }
                    None => self.routed_nowhere(at, row, traffic),
                }
            }
            RouteNextHopType::VirtualAppliance => self.by_address(at, row, traffic),
            RouteNextHopType::VirtualNetworkGateway => self.by_gateway(at, row, traffic),
            RouteNextHopType::Internet => self.outbound(at, row, traffic),
            RouteNextHopType::VirtualNetworkServiceEndpoint => self.to_service(at, traffic),
            RouteNextHopType::InterfaceEndpoint => self.locally(at, row, traffic),
            RouteNextHopType::None | RouteNextHopType::HyperNetGateway => {
                self.routed_nowhere(at, row, traffic);
            }
        }
    }

    /// A route that drops. Where something would lead there if it were not broken, that is said.
    pub(super) fn routed_nowhere(&mut self, at: Station, row: &EffectiveRoute, traffic: T) {
        let network = self.engine.network;
        let own = network.subnets[at.subnet].vnet;
        // What is told only is not looked for where nothing is kept.
        let engine = self.engine;
        let destination = traffic.witness().destination;
        let reason = || {
            let reason = engine.reason(own, destination);
            reason.filter(|_| row.user.is_none())
        };
        let circuit = || match reason() {
            Some(Reason::Circuit(circuit)) => Some(issues::one_link(&network.circuits[circuit])),
            _ => None,
        };
        self.recorder.issue_if_any(circuit);
        self.lose(Disposition::NoRoute, traffic, || {
            issues::drops(network, at.subnet, row, reason())
        });
    }

    /// To the VNet itself, or to a direct peer (decisions: a `VnetLocal` user route for a prefix outside).
    fn locally(&mut self, at: Station, row: &EffectiveRoute, traffic: T) {
        let network = self.engine.network;
        let own = network.subnets[at.subnet].vnet;
        for (scope, part) in traffic.look_up(self.engine.scopes(own)) {
            self.branch(|walk| match scope {
                Some(Scope::Own) => walk.within(at, own, None, part),
                Some(Scope::Peer(peering)) => {
                    walk.within(at, network.peerings[peering].remote, Some(peering), part);
                }
                None => walk.lose(Disposition::NoRoute, part, || {
                    issues::no_route(at.subnet, Some(row), "RouteToNone")
                }),
            });
        }
    }

    /// To whatever owns the destination in `vnet`.
    pub(super) fn within(
        &mut self,
        at: Station,
        vnet: Id<VirtualNetwork>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let Some(owners) = self.engine.network.owners.get(vnet.index()) else {
            return;
        };
        for (owner, part) in traffic.look_up(owners) {
            self.branch(|walk| match owner {
                Some(owner) => walk.to_owner(at, owner, over, part),
                None => walk.lose(Disposition::NobodyThere, part.clone(), || {
                    issues::nobody(part.witness().destination)
                }),
            });
        }
    }

    fn to_owner(&mut self, at: Station, owner: Owner, over: Option<Id<Peering>>, traffic: T) {
        match owner {
            Owner::Nic(to) => self.arrives(Some(at), to, over, traffic),
            Owner::Fixture(fixture) => self.at_fixture(at, fixture, over, traffic),
        }
    }

    /// By the address of an appliance, which must lie in the VNet or a direct peer: nothing is looked
    /// up again on the way there.
    pub(super) fn by_address(&mut self, at: Station, row: &EffectiveRoute, traffic: T) {
        match self.next_hop_owner(at, row) {
            Some((owner, over)) => self.to_owner(at, owner, over, traffic),
            None => self.lose(Disposition::NextHopUnreachable, traffic, || {
                issues::no_route(at.subnet, Some(row), "NextHopUnreachable")
            }),
        }
    }

    /// What has a next hop's address, and the peering by which it is reached.
    fn next_hop_owner(
        &self,
        at: Station,
        row: &EffectiveRoute,
    ) -> Option<(Owner, Option<Id<Peering>>)> {
        let network = self.engine.network;
        let own = network.subnets[at.subnet].vnet;
        row.next_hop_addresses
            .iter()
            .find_map(|address| neighbour(network, own, *address))
    }

    /// At a platform resource.
    pub(super) fn at_fixture(
        &mut self,
        at: Station,
        id: Id<crate::network::Fixture>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        if self.back_at_fixture(Some(at), id, over, &traffic) {
            return;
        }
        if let FixtureKind::LoadBalancer(balancer, frontend) = fixture.kind {
            return self.at_frontend(Some(at), (balancer, frontend), over, traffic);
        }
        if let FixtureKind::PrivateEndpoint(endpoint) = fixture.kind {
            return self.at_endpoint(at, id, endpoint, over, traffic);
        }
        if let FixtureKind::Gateway(gateway) = fixture.kind {
            return self.at_gateway(at, id, gateway, over, traffic);
        }
        if let FixtureKind::AzureFirewall(firewall) = fixture.kind {
            return self.at_firewall(Some(at), firewall, over, traffic);
        }
        if is_proxy(fixture.kind) {
            return self.at_proxy(Some(at), id, over, traffic);
        }
        self.crossed(at.place, over, fixture.vnet, Place::Fixture(id));
        let address = fixture.addresses.first().copied();
        self.hop(
            Some(Place::Fixture(id)),
            address.unwrap_or(traffic.witness().destination),
            HopKind::VnetLocal,
        );
        self.not_modelled_at(id, traffic);
    }

    /// Notes the links that lead from one place to another.
    pub(super) fn crossed(
        &mut self,
        from: Place,
        over: Option<Id<Peering>>,
        vnet: Option<Id<VirtualNetwork>>,
        to: Place,
    ) {
        let network = self.engine.network;
        self.recorder.step(|| {
            let mut places = vec![from];
            if let Some(peering) = over {
                places.push(Place::Network(network.peerings[peering].vnet));
            }
            places.extend(vnet.map(Place::Network));
            places.push(to);
            Step::Crossed(places)
        });
    }

    /// To the wire server or the metadata service: no route and no ordinary rule stands in the way, only
    /// a rule that names their tag (`network-security-groups-overview`, Azure platform considerations).
    fn to_platform(&mut self, nic: Id<Nic>, traffic: T) {
        let engine = self.engine;
        let lists = engine.effective.security(nic, Direction::Outbound);
        self.tagged(lists, traffic);
    }

    /// Through what each list says of the platform's own tags.
    fn tagged(&mut self, lists: &[SecurityList], traffic: T) {
        let engine = self.engine;
        let Some((list, behind)) = lists.split_first() else {
            self.hop(None, traffic.witness().destination, HopKind::Destination);
            return self.kept_by_platform(traffic);
        };
        let rules = list.rules.rules().iter().enumerate();
        let tags = rules.filter(|(at, _)| list.platform_tag(engine.network, *at).is_some());
        let (numbers, rules): (Vec<usize>, Vec<Rule>) =
            tags.map(|(at, rule)| (at, rule.clone())).unzip();
        let rules = RuleList::new(rules, true);
        for (decided, part) in traffic.classify(&rules) {
            self.branch(|walk| {
                let Some(at) = decided.and_then(|at| numbers.get(at)).copied() else {
                    return walk.tagged(behind, part);
                };
                let flow = part.witness();
                walk.recorder.step(|| Step::Security {
                    direction: Direction::Outbound,
                    list: list.clone(),
                    decided: at,
                    flow,
                });
                let next = match list.decide(Some(at), behind) {
                    Decision::Ask(next) => next,
                    Decision::Allowed => &[],
                    Decision::Denied => {
                        walk.stop(Disposition::DeniedBySecurityRule, || {
                            let direction = Direction::Outbound;
                            issues::security_rule(engine.network, list, at, direction, &flow)
                        });
                        &[]
                    }
                };
                walk.tagged(next, part);
            });
        }
    }
}

/// Of several rows that lead to the same, the first. At a gateway, whose instance the packet has reached,
/// that is a tunnel; elsewhere an instance of a gateway, or an appliance, whoever announces it.
fn once_each(routes: &EffectiveRoutes, positions: &[u32], at_gateway: bool) -> Vec<u32> {
    let row = |position: u32| routes.rows.get(position as usize);
    let same = |one: &EffectiveRoute, other: &EffectiveRoute| match at_gateway {
        true => one.learned.is_some() && one.learned == other.learned,
        false => one.leads_like(other),
    };
    let mut kept: Vec<u32> = Vec::new();
    for position in positions {
        let own = row(*position);
        let mut before = kept.iter().filter_map(|at| row(*at));
        if !own.is_some_and(|own| before.any(|other| same(own, other))) {
            kept.push(*position);
        }
    }
    kept
}
