//! A packet at a private endpoint: what stands before the service, and how the service answers.
//!
//! Follows `private-link/private-endpoint-overview`, `disable-private-endpoint-network-policy` (when the
//! subnet's security group counts), `inspect-traffic-with-azure-firewall` (replies bypass user routes),
//! `application-gateway-private-deployment` (endpoints behind global peering).

use super::compiled::{Scope, listener_list};
use super::gateway::is_gateway;
use super::issues;
use super::proxy_issues;
use super::traffic::Traffic;
use super::walk::{Leg, Origin, Station, Walk};
use crate::network::{Fixture, Id, Peering, Place, PrivateEndpoint, Subnet};
use crate::spec::{Direction, EndpointPolicies, EndpointState};
use crate::trace::{Disposition, HopKind, Recorder};

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
        let isolated = matches!(from.place, Place::Fixture(id) if network
            .application_gateway(id)
            .is_some_and(|gateway| gateway.network_isolation));
        let far = over.is_some_and(|id| network.peerings[id].global);
        if isolated
            && far
            && matches!(self.leg, Leg::Request)
            && !self.stop(Disposition::RefusedByPlatform, || {
                proxy_issues::endpoint_over_global_peering(&fixture.identity.name)
            })
        {
            return self.end(Disposition::RefusedByPlatform, traffic);
        }
        let Some(subnet) = fixture.subnet else { return };
        let parts = match over {
            // An endpoint's security group does not stand for the VNet's, so that access is not at issue.
            Some(peering) => self.over_peering(Some(from), subnet, peering, false, traffic),
            None => traffic.whole(None),
        };
        for (refused, part) in parts {
            self.branch(|walk| {
                if let Some((peering, flag)) = refused {
                    let issue = || issues::peering(network, peering, flag, Direction::Inbound);
                    if !walk.stop(Disposition::RefusedByPeering, issue) {
                        return walk.end(Disposition::RefusedByPeering, part);
                    }
                }
                walk.before_endpoint(Origin::Endpoint(id, from.place), subnet, endpoint, part);
            });
        }
    }

    /// The security group of the endpoint's subnet counts where the subnet's policies say so.
    fn before_endpoint(
        &mut self,
        origin: Origin,
        subnet: Id<Subnet>,
        endpoint: Id<PrivateEndpoint>,
        traffic: T,
    ) {
        let filtered = matches!(
            self.engine.network.subnets[subnet].endpoint_policies,
            EndpointPolicies::Enabled | EndpointPolicies::NetworkSecurityGroupEnabled
        );
        let asked = filtered && matches!(self.leg, Leg::Request);
        let list = asked
            .then(|| self.engine.effective.endpoint_security(subnet))
            .flatten();
        self.guarded(
            list.as_slice(),
            Direction::Inbound,
            traffic,
            &mut |walk, part| {
                walk.behind_endpoint(origin, endpoint, part);
            },
        );
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
            && !self.stop(Disposition::RefusedByPlatform, || {
                issues::not_approved(endpoint)
            })
        {
            return self.end(Disposition::RefusedByPlatform, traffic);
        }
        // An outage is of the endpoint itself, or of what stands behind it.
        let own_down = matches!(origin, Origin::Endpoint(own, _) if network.fixtures[own].down);
        for (down, name) in [
            (own_down, &endpoint.identity.name),
            (service.down, &service.identity.name),
        ] {
            if down && !self.stop(Disposition::NotRunning, || issues::host_down(name)) {
                return self.end(Disposition::NotRunning, traffic);
            }
        }
        let with_ports = &self.engine.statics.with_ports;
        for (carried, part) in traffic.classify_as(with_ports, |rule| rule.is_some()) {
            self.branch(|walk| {
                if carried.is_none() {
                    walk.stop(Disposition::NoListener, issues::endpoint_ping);
                    return walk.end(Disposition::NoListener, part);
                }
                let Some(listeners) = &service.listeners else {
                    walk.assume_listener(&service.identity.name, &part);
                    return walk.delivered(origin, part);
                };
                walk.heard(&listener_list(listeners), None, origin, part);
            });
        }
    }

    /// A reply of an endpoint: straight to what lies in its VNet or a direct peer, past user routes; else
    /// back to where the request came from.
    pub(super) fn from_endpoint(&mut self, id: Id<Fixture>, came_from: Place, reply: T) {
        let network = self.engine.network;
        let fixture = &network.fixtures[id];
        let (Some(vnet), Some(subnet)) = (fixture.vnet, fixture.subnet) else {
            return;
        };
        let at = Station {
            place: Place::Fixture(id),
            subnet,
            nic: None,
            by: None,
        };
        for (scope, part) in reply.look_up(self.engine.scopes(vnet)) {
            self.branch(|walk| match scope {
                Some(Scope::Own) => walk.within(at, vnet, None, part),
                Some(Scope::Peer(peering)) => {
                    walk.within(at, network.peerings[peering].remote, Some(peering), part);
                }
                None => walk.beyond_endpoint(at, came_from, part),
            });
        }
    }

    /// Back to the appliance that gave it the request: on-premises is the one client for which a firewall in
    /// the hub needs no source translation (dmauser/PrivateLink, PEP-Firewall-Inspection). Else to what the
    /// gateways of its VNet lead to, whatever the subnet's table keeps out: like user routes, the switch of a
    /// table does not count for an endpoint.
    fn beyond_endpoint(&mut self, at: Station, came_from: Place, reply: T) {
        let by_gateway =
            matches!(came_from, Place::Fixture(id) if is_gateway(self.engine.network, id));
        if !by_gateway {
            return self.back_to(at, came_from, reply);
        }
        let (rows, map) = self.engine.effective.received_rows(at.subnet);
        for (row, part) in reply.look_up(&map) {
            self.branch(|walk| match row.and_then(|row| rows.get(row as usize)) {
                Some(row) => walk.by_gateway(at, row, part),
                None => walk.back_to(at, came_from, part),
            });
        }
    }

    fn back_to(&mut self, at: Station, place: Place, reply: T) {
        let network = self.engine.network;
        let over = |to: Id<crate::network::VirtualNetwork>| {
            let own = network.subnets[at.subnet].vnet;
            let mut peerings = network.vnets[own].peerings.iter().copied();
            peerings
                .find(|id| network.peerings[*id].connected && network.peerings[*id].remote == to)
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
