//! A packet at a private endpoint: what stands before the service, and how the service answers.
//!
//! Follows `private-link/private-endpoint-overview`, `disable-private-endpoint-network-policy` (when the
//! subnet's security group counts), `inspect-traffic-with-azure-firewall` (replies bypass user routes).

use super::compiled::{Scope, listener_list};
use super::issues;
use super::traffic::Traffic;
use super::walk::{Leg, Origin, Station, Walk};
use crate::network::{Fixture, Id, Peering, Place, PrivateEndpoint};
use crate::spec::{Direction, EndpointPolicies, EndpointState};
use crate::trace::{Disposition, HopKind, Recorder, Step};

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// At a private endpoint.
    pub(super) fn at_endpoint(
        &mut self,
        from: Station,
        id: Id<Fixture>,
        endpoint: Id<PrivateEndpoint>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        self.crossed(from.place, over, fixture.vnet, Place::Fixture(id));
        let address = traffic.witness().destination;
        self.hop(Some(Place::Fixture(id)), address, HopKind::VnetLocal);
        let Some(subnet) = fixture.subnet else { return };
        let filtered = matches!(
            network.subnets[subnet].endpoint_policies,
            EndpointPolicies::Enabled | EndpointPolicies::NetworkSecurityGroupEnabled
        );
        let list = filtered.then(|| self.engine.effective.subnet_security(subnet, Direction::Inbound)).flatten();
        let origin = Origin::Endpoint(id, from.place);
        let Some(list) = list.filter(|_| matches!(self.leg, Leg::Request)) else {
            return self.behind_endpoint(origin, endpoint, traffic);
        };
        for (decided, part) in traffic.classify(&list.rules) {
            self.branch(|walk| {
                let at = decided.unwrap_or(list.rules.rules.len());
                let allowed = list.rules.rules.get(at).map_or(list.rules.otherwise, |rule| rule.allow);
                let flow = part.witness();
                walk.recorder.step(|| Step::Security {
                    direction: Direction::Inbound,
                    list: list.clone(),
                    decided: at,
                    flow,
                });
                if allowed || walk.stop(Disposition::DeniedBySecurityRule, || {
                    issues::security_rule(network, &list, at, Direction::Inbound, &flow)
                }) {
                    walk.behind_endpoint(origin, endpoint, part);
                } else {
                    walk.end(Disposition::DeniedBySecurityRule, part);
                }
            });
        }
    }

    /// The endpoint must be let in by the service's owner; it carries TCP and UDP; the service listens.
    fn behind_endpoint(&mut self, origin: Origin, id: Id<PrivateEndpoint>, traffic: T) {
        if matches!(self.leg, Leg::Reply(_)) {
            return self.reply_at(origin, traffic);
        }
        let network = self.engine.network;
        let endpoint = &network.private_endpoints[id];
        let service = &network.services[endpoint.service];
        if endpoint.state != EndpointState::Approved
            && !self.stop(Disposition::RefusedByPlatform, || issues::not_approved(endpoint))
        {
            return self.end(Disposition::RefusedByPlatform, traffic);
        }
        if service.down && !self.stop(Disposition::NotRunning, || issues::host_down(&service.identity.name)) {
            return self.end(Disposition::NotRunning, traffic);
        }
        let portless = &self.engine.statics.icmp;
        for (icmp, part) in traffic.classify(portless) {
            self.branch(|walk| {
                if icmp.is_some() {
                    walk.stop(Disposition::NoListener, issues::endpoint_ping);
                    return walk.end(Disposition::NoListener, part);
                }
                let Some(listeners) = &service.listeners else {
                    walk.assume_listener(&service.identity.name, &part);
                    return walk.delivered(origin, part);
                };
                for (heard, part) in part.classify(&listener_list(listeners)) {
                    walk.branch(|walk| {
                        if heard.is_some() {
                            return walk.delivered(origin, part);
                        }
                        let flow = part.witness();
                        walk.stop(Disposition::NoListener, || issues::no_listener(None, &flow));
                        walk.end(Disposition::NoListener, part);
                    });
                }
            });
        }
    }

    /// A reply of an endpoint: straight to what lies in its VNet or a direct peer, past user routes; else
    /// back to where the request came from.
    pub(super) fn from_endpoint(&mut self, id: Id<Fixture>, came_from: Place, reply: T) {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        let (Some(vnet), Some(subnet)) = (fixture.vnet, fixture.subnet) else { return };
        let at = Station { place: Place::Fixture(id), subnet, nic: None };
        for (scope, part) in reply.look_up(self.engine.scopes(vnet)) {
            self.branch(|walk| match scope {
                Some(Scope::Own) => walk.within(at, vnet, None, part),
                Some(Scope::Peer(peering)) => {
                    walk.within(at, network.peerings[peering].remote, Some(peering), part);
                }
                None => walk.back_to(at, came_from, part),
            });
        }
    }

    fn back_to(&mut self, at: Station, place: Place, reply: T) {
        let network = self.engine.network;
        let over = |to: Id<crate::network::VirtualNetwork>| {
            let own = network.subnets[at.subnet].vnet;
            let mut peerings = network.vnets[own].peerings.iter().copied();
            peerings.find(|id| network.peerings[*id].connected && network.peerings[*id].remote == to)
        };
        match place {
            Place::Nic(nic) => {
                let over = over(network.subnets[network.nics[nic].subnet].vnet);
                self.arrives(Some(at), nic, over, reply);
            }
            Place::Fixture(fixture) => {
                let over = network.fixtures[fixture].vnet.and_then(over);
                self.at_fixture(at, fixture, over, reply);
            }
            _ => self.lost(Disposition::NoRoute, reply),
        }
    }
}
