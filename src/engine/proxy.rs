//! A Bastion host or an application gateway as a source: what they open goes out from their subnet, with an
//! address of theirs, so that backends see the subnet and not the client.
//!
//! Follows `bastion/bastion-nsg`, `application-gateway/configuration-infrastructure`.

use super::traffic::Traffic;
use super::walk::{Leg, Origin, Station, Walk};
use crate::network::{Fixture, Id, Peering, Place};
use crate::spec::Direction;
use crate::trace::{Disposition, HopKind, Recorder};

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// From a platform resource, by the rules and routes of its subnet.
    pub(super) fn from_fixture(&mut self, id: Id<Fixture>, traffic: T) {
        let engine = self.engine;
        let Some(subnet) = engine.network.fixtures[id].subnet else {
            return self.lost(Disposition::NoRoute, traffic);
        };
        let at = Station {
            place: Place::Fixture(id),
            subnet,
            nic: None,
        };
        let Some(list) = engine
            .effective
            .subnet_security(subnet, Direction::Outbound)
        else {
            return self.routed(at, traffic);
        };
        self.guarded(&list, Direction::Outbound, traffic, &mut |walk, part| {
            walk.routed(at, part)
        });
    }

    /// Whether a reply has come back to the platform resource that asked; if so it ends there.
    pub(super) fn back_at_fixture(
        &mut self,
        from: Station,
        id: Id<Fixture>,
        over: Option<Id<Peering>>,
        traffic: &T,
    ) -> bool {
        let Leg::Reply(leg) = &self.leg else {
            return false;
        };
        if leg.origin.0 != Origin::Fixture(id) {
            return false;
        }
        let vnet = self.engine.network.fixtures[id].vnet;
        self.crossed(from.place, over, vnet, Place::Fixture(id));
        self.hop(
            Some(Place::Fixture(id)),
            traffic.witness().destination,
            HopKind::VnetLocal,
        );
        self.reply_at(Origin::Fixture(id), traffic.clone());
        true
    }
}
