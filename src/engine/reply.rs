//! The way back: replies are routed like anything else, and what kept state on the way out knows them.
//!
//! Follows `expressroute/expressroute-asymmetric-routing` and `firewall/integrate-lb`: a stateful device
//! that sees one direction only breaks the connection.

use super::issues;
use super::traffic::Traffic;
use super::walk::{Keeper, Leg, Origin, ReplyLeg, Session, Stateful, Stop, Walk, WayBack};
use crate::network::Place;
use crate::trace::{Assumption, Disposition, Hop, HopKind, Recorder, ReplyKind};

/// A reply as an appliance that knows it sends it on.
pub(super) struct Returned<T> {
    pub reply: T,
    /// Whether a translation was undone.
    pub translated: bool,
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// Walks the replies to what was delivered: each way back, and what was taken for granted on it.
    pub(super) fn replies(
        &mut self,
        from: Origin,
        delivered: &T,
    ) -> (Vec<WayBack>, Vec<Assumption>) {
        let Some(origin) = self.origin.clone() else {
            return (Vec::new(), Vec::new());
        };
        if let Some(kept) = self.kept_inside(from, &origin, delivered) {
            return (vec![kept], Vec::new());
        }
        let hops = self.recorder.mark().hops;
        let request = std::mem::take(&mut self.trail);
        let visited = std::mem::take(&mut self.visited);
        let share = self.share;
        self.share = 1.0;
        self.leg = Leg::Reply(Box::new(ReplyLeg {
            origin,
            from: hops,
            request,
            ends: Vec::new(),
        }));
        let mut assumptions = Vec::new();
        self.branch(|walk| {
            let before = walk.recorder.snapshot(hops).1.len();
            let reply = delivered.reversed();
            let source = reply.witness().source;
            match from {
                Origin::Nic(nic) => {
                    walk.hop(Some(Place::Nic(nic)), source, HopKind::Source);
                    walk.departs(nic, reply);
                }
                Origin::Outside(place) => {
                    walk.hop(Some(place), source, HopKind::Source);
                    walk.on_the_internet(reply);
                }
                Origin::Site(site) => {
                    let name = walk.engine.network.site_host_name(site, source);
                    walk.hop_named(Some(Place::Site(site)), name, source, HopKind::Source);
                    walk.from_site(site, reply);
                }
                Origin::Client(gateway) => {
                    let name = walk.engine.network.client_name(gateway, source);
                    walk.hop_named(None, name, source, HopKind::Source);
                    walk.from_client(gateway, reply);
                }
                Origin::Fixture(id) => {
                    walk.hop(Some(Place::Fixture(id)), source, HopKind::Source);
                    walk.from_fixture(id, reply);
                }
                Origin::Endpoint(id, came_from) => {
                    walk.hop(Some(Place::Fixture(id)), source, HopKind::Source);
                    walk.from_endpoint(id, came_from, reply);
                }
            }
            assumptions = walk.recorder.snapshot(hops).1.split_off(before);
        });
        let Leg::Reply(leg) = std::mem::replace(&mut self.leg, Leg::Request) else {
            return (Vec::new(), Vec::new());
        };
        self.trail = leg.request;
        self.visited = visited;
        self.share = share;
        (leg.ends, assumptions)
    }

    /// The reply of a machine to itself: its guest keeps it, so that nothing on the way sees it.
    fn kept_inside(&self, from: Origin, origin: &(Origin, T), delivered: &T) -> Option<WayBack> {
        let network = self.engine.network;
        let (Origin::Nic(to), (Origin::Nic(started), request)) = (from, origin) else {
            return None;
        };
        let same = network.nics[to].machine == network.nics[*started].machine;
        if !same || delivered.witness().source != request.witness().source {
            return None;
        }
        let missed = self
            .sessions
            .iter()
            .find_map(|session| match session.keeper {
                Keeper::Stateful(keeper) => Some(keeper),
                _ => None,
            });
        let Some(missed) = missed else {
            return Some((ReplyKind::Symmetric, Disposition::Delivered, Vec::new()));
        };
        let place = Place::Nic(to);
        let address = delivered.witness().destination;
        let mut hop = Hop::new(
            Some(place),
            network.place_name(place),
            address,
            HopKind::Source,
        );
        hop.issues.push(issues::asymmetric(network, missed, true));
        Some((ReplyKind::Broken, Disposition::Asymmetric, vec![hop]))
    }

    /// The ways back of a connection that proxies have opened on the way, and then of those before it.
    pub(super) fn behind_fronts(&self, replies: Vec<WayBack>) -> Vec<WayBack> {
        let fronts = self.fronts.iter().rev();
        fronts.fold(replies, |behind, front| joined(behind, &front.replies))
    }

    /// What `keeper` remembers of the request that this replies to.
    pub(super) fn session(&self, keeper: Keeper, reply: &T) -> Option<&Session<T>> {
        self.sessions
            .iter()
            .rev()
            .find(|s| s.keeper == keeper && reply.replies_to(&s.after))
    }

    /// A reply at an appliance or a firewall that knows it.
    pub(super) fn returned(&mut self, keeper: Stateful, reply: &T) -> Option<Returned<T>> {
        let session = self.session(Keeper::Stateful(keeper), reply)?;
        let translated = session.before != session.after;
        let reply = if translated {
            reply.undo(&session.before, &session.after)
        } else {
            reply.clone()
        };
        self.kept.push(keeper);
        Some(Returned { reply, translated })
    }

    /// A reply reaches a machine, or the Internet, as what it is addressed to.
    pub(super) fn reply_at(&mut self, place: Origin, reply: T) {
        let Leg::Reply(leg) = &self.leg else { return };
        let (origin, request) = &leg.origin;
        if *origin == place && reply.replies_to(request) {
            self.end(Disposition::Delivered, reply);
        } else {
            // It comes from another address than was asked, so that nothing there waits for it.
            self.end(Disposition::Asymmetric, reply);
        }
    }

    /// A way back ends.
    pub(super) fn reply_ends(&mut self, disposition: Disposition) {
        let engine = self.engine;
        let missed = self
            .sessions
            .iter()
            .find_map(|session| match session.keeper {
                Keeper::Stateful(keeper) if !self.kept.contains(&keeper) => Some(keeper),
                _ => None,
            });
        let Leg::Reply(leg) = &mut self.leg else {
            return;
        };
        let (mut hops, _) = self.recorder.snapshot(leg.from);
        let mut disposition = disposition;
        if let (Disposition::Delivered, Some(missed)) = (disposition, missed) {
            disposition = Disposition::Asymmetric;
            if let Some(hop) = hops.last_mut() {
                hop.issues
                    .push(issues::asymmetric(engine.network, missed, true));
            }
        }
        let back: Vec<Stop> = self.trail.iter().rev().copied().collect();
        let kind = match disposition {
            Disposition::Delivered if back == leg.request => ReplyKind::Symmetric,
            Disposition::Delivered => ReplyKind::Asymmetric,
            _ => ReplyKind::Broken,
        };
        leg.ends.push((kind, disposition, hops));
    }
}

/// Each way back behind a proxy with each before it. Where the proxy's own answer is lost, nothing is
/// asked of what stands behind it.
fn joined(behind: Vec<WayBack>, before: &[WayBack]) -> Vec<WayBack> {
    if before.is_empty() {
        return behind;
    }
    let pairs = behind.iter().flat_map(|behind| {
        before.iter().map(move |before| {
            if before.0 == ReplyKind::Broken {
                return before.clone();
            }
            if behind.0 == ReplyKind::Broken {
                return behind.clone();
            }
            // The proxy is the last hop of the one and the first of the other.
            let hops = behind.2.iter().chain(before.2.iter().skip(1));
            let kind = behind.0.max(before.0);
            (kind, Disposition::Delivered, hops.cloned().collect())
        })
    });
    pairs.collect()
}
