//! The way back: replies are routed like anything else, and what kept state on the way out knows them.
//!
//! Follows `expressroute/expressroute-asymmetric-routing` and `firewall/integrate-lb`: a stateful device
//! that sees one direction only breaks the connection.

use super::issues;
use super::traffic::{Parts, Traffic};
use super::walk::{Keeper, Leg, Origin, ReplyLeg, Session, Stateful, Walk, WayBack};
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
    ) -> (Vec<WayBack<T>>, Vec<Assumption>) {
        let Some(origin) = self.origin.clone() else {
            return (Vec::new(), Vec::new());
        };
        let mut replies = Vec::new();
        let mut assumptions = Vec::new();
        for (inside, part) in self.stays_inside(from, &origin, delivered) {
            if inside {
                replies.push(self.kept_inside(from, &part));
                continue;
            }
            let (back, more) = self.ways_back(from, origin.clone(), &part);
            if replies.is_empty() {
                replies = back;
            } else {
                replies.extend(back);
            }
            assumptions.extend(more);
        }
        (replies, assumptions)
    }

    fn ways_back(
        &mut self,
        from: Origin,
        origin: (Origin, T),
        delivered: &T,
    ) -> (Vec<WayBack<T>>, Vec<Assumption>) {
        let hops = self.recorder.mark().hops;
        let request = std::mem::take(&mut self.trail);
        let visited = std::mem::take(&mut self.visited);
        let share = self.share;
        self.share = 1.0;
        self.leg = Leg::Reply(ReplyLeg {
            origin,
            from: hops,
            request,
            ends: Vec::with_capacity(1),
            assumed: (self.recorder.snapshot(hops).1.len(), Vec::new()),
        });
        self.branch(|walk| {
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
        });
        let Leg::Reply(leg) = std::mem::replace(&mut self.leg, Leg::Request) else {
            return (Vec::new(), Vec::new());
        };
        self.trail = leg.request;
        self.visited = visited;
        self.share = share;
        (leg.ends, leg.assumed.1)
    }

    /// Which part of what was delivered a machine sent to itself, so that its guest keeps the reply and nothing
    /// on the way sees it.
    fn stays_inside(&self, from: Origin, origin: &(Origin, T), delivered: &T) -> Parts<bool, T> {
        let network = self.engine.network;
        match (from, origin) {
            (Origin::Nic(to), (Origin::Nic(started), request))
                if network.nics[to].machine == network.nics[*started].machine =>
            {
                delivered.same_source(request)
            }
            _ => delivered.clone().whole(false),
        }
    }

    /// The reply of a machine to itself.
    fn kept_inside(&self, from: Origin, delivered: &T) -> WayBack<T> {
        let network = self.engine.network;
        let mut back = WayBack {
            kind: ReplyKind::Symmetric,
            disposition: Disposition::Delivered,
            hops: Vec::new(),
            traffic: delivered.reversed(),
        };
        let missed = self
            .sessions
            .iter()
            .find_map(|session| match session.keeper {
                Keeper::Stateful(keeper) => Some(keeper),
                _ => None,
            });
        if let (Some(missed), Origin::Nic(to)) = (missed, from) {
            let place = Place::Nic(to);
            let address = delivered.witness().destination;
            let name = network.place_name(place);
            let mut hop = Hop::new(Some(place), name, address, HopKind::Source);
            hop.issues.push(issues::asymmetric(network, missed, true));
            back.kind = ReplyKind::Broken;
            back.disposition = Disposition::Asymmetric;
            back.hops.push(hop);
        }
        back
    }

    /// The ways back of a connection that proxies have opened on the way, and then of those before it.
    pub(super) fn behind_fronts(&self, replies: Vec<WayBack<T>>) -> Vec<WayBack<T>> {
        let fronts = self.fronts.iter().rev();
        fronts.fold(replies, |behind, front| joined(behind, &front.replies))
    }

    /// Which of the sessions of those whom `keeps` says this replies to, the last first.
    pub(super) fn recall(
        &self,
        traffic: T,
        keeps: impl Fn(Keeper) -> bool,
    ) -> Parts<Option<usize>, T> {
        let all = traffic.whole(None);
        if matches!(self.leg, Leg::Request) {
            return all;
        }
        let sessions = self.sessions.iter().enumerate().rev();
        let sessions = sessions.filter(|(_, session)| keeps(session.keeper));
        sessions.fold(all, |parts, (at, session)| {
            T::further(parts, |known, part| match known {
                Some(_) => part.whole(known),
                None => T::so(part.replying(&session.after), |replies| {
                    replies.then_some(at)
                }),
            })
        })
    }

    /// The session at a position.
    pub(super) fn session(&self, at: Option<usize>) -> Option<Session<T>> {
        at.and_then(|at| self.sessions.get(at)).cloned()
    }

    /// Replies at an appliance or a firewall, those that it knows as it sends them on.
    pub(super) fn returned(&self, keeper: Stateful, reply: T) -> Parts<Option<Returned<T>>, T> {
        let parts = self.recall(reply, |own| own == Keeper::Stateful(keeper));
        T::further(parts, |session, part| {
            let returned = self.session(session).map(|session| {
                let translated = session.before != session.after;
                Returned {
                    reply: part.undo(&session.before, &session.after),
                    translated,
                }
            });
            part.whole(returned)
        })
    }

    /// A reply reaches a machine, or the Internet, as what it is addressed to.
    pub(super) fn reply_at(&mut self, place: Origin, reply: T) {
        let Leg::Reply(leg) = &self.leg else { return };
        let (origin, request) = &leg.origin;
        let parts = if *origin == place {
            reply.replying(request)
        } else {
            reply.whole(false)
        };
        for (replies, part) in parts {
            // What comes from another address than was asked, nothing there waits for.
            let disposition = if replies {
                Disposition::Delivered
            } else {
                Disposition::Asymmetric
            };
            self.end(disposition, part);
        }
    }

    /// A way back ends.
    pub(super) fn reply_ends(&mut self, disposition: Disposition, traffic: T) {
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
        let (mut hops, assumptions) = self.recorder.snapshot(leg.from);
        for own in assumptions.into_iter().skip(leg.assumed.0) {
            if !leg.assumed.1.contains(&own) {
                leg.assumed.1.push(own);
            }
        }
        let mut disposition = disposition;
        if let (Disposition::Delivered, Some(missed)) = (disposition, missed) {
            disposition = Disposition::Asymmetric;
            if let Some(hop) = hops.last_mut() {
                hop.issues
                    .push(issues::asymmetric(engine.network, missed, true));
            }
        }
        let kind = match disposition {
            Disposition::Delivered if self.trail.iter().rev().eq(&leg.request) => {
                ReplyKind::Symmetric
            }
            Disposition::Delivered => ReplyKind::Asymmetric,
            _ => ReplyKind::Broken,
        };
        leg.ends.push(WayBack {
            kind,
            disposition,
            hops,
            traffic,
        });
    }
}

/// Each way back behind a proxy with each before it. Where the proxy's own answer is lost, nothing is
/// asked of what stands behind it.
fn joined<T: Clone>(behind: Vec<WayBack<T>>, before: &[WayBack<T>]) -> Vec<WayBack<T>> {
    if before.is_empty() {
        return behind;
    }
    let pairs = behind.iter().flat_map(|behind| {
        before.iter().map(move |before| {
            if before.kind == ReplyKind::Broken {
                return before.clone();
            }
            if behind.kind == ReplyKind::Broken {
                return behind.clone();
            }
            // The proxy is the last hop of the one and the first of the other.
            let hops = behind.hops.iter().chain(before.hops.iter().skip(1));
            WayBack {
                kind: behind.kind.max(before.kind),
                disposition: Disposition::Delivered,
                hops: hops.cloned().collect(),
                traffic: before.traffic.clone(),
            }
        })
    });
    pairs.collect()
}
