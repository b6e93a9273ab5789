//! The walk: all ways of some traffic from where it starts to where it ends, and back.
//!
//! The semantics of a hop are written once, in this module and those that continue it (`departure`,
//! `arrival`, `appliance`, `internet`, `reply`), generic in what flows and in what is kept. Follows the
//! procedure of `virtual-networks-udr-overview` (routing is decided at each NIC, on its way out, by the
//! destination alone) and `network-security-group-how-it-works` (rules at each NIC, both ways).

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::Engine;
use super::firewall_rules::Asking;
use super::traffic::Traffic;
use crate::diagnostic::Code;
use crate::effective::LearnedFrom;
use crate::network::{
    Firewall, Fixture, Gateway, Id, LoadBalancer, Machine, Network, Nic, Place, Site, Subnet,
};
use crate::trace::{
    Assumption, Disposition, Hop, HopKind, Issue, Mark, Recorder, ReplyKind, Step, Translator,
};

/// How a walk is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// A path ends at the first thing that stops it.
    StopAtFirst,
    /// It goes on past a filter that would stop it, so that everything that is wrong is seen.
    GoOn,
}

/// Where traffic starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// At a machine.
    Nic(Id<Nic>),
    /// On the Internet: at a listed host, or anywhere.
    Outside(Place),
    /// At a site on premises.
    Site(Id<Site>),
    /// At a point-to-site client.
    Client(Id<Gateway>),
    /// At a platform resource that opens connections.
    Fixture(Id<Fixture>),
    /// At a private endpoint, which only ever answers; and the place that the request came from.
    Endpoint(Id<Fixture>, Place),
}

/// A path's end, with all that was kept of it.
#[derive(Debug, Clone)]
pub struct End<T> {
    /// What arrived there, as it stood.
    pub traffic: T,
    /// What it was delivered to, or what at its end is not modelled, where that can be said.
    pub at: Option<Origin>,
    /// How it ends, and the way back.
    pub fate: Fate<T>,
    /// The part of equally good paths that this is.
    pub share: f64,
    /// Whether it rests on a rule that is not evaluated.
    pub unclear: bool,
    /// The places it came by, where they are kept.
    pub hops: Vec<Hop>,
    /// What was taken for granted, where that is kept.
    pub assumptions: Vec<Assumption>,
}

impl<T> End<T> {
    /// Whether it is not known how its flows fare: what they come by is not modelled, or a rule not evaluated.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.unclear || self.fate.disposition == Disposition::NotModelled
    }
}

/// How a path ends, and its replies with it.
#[derive(Debug, Clone)]
pub struct Fate<T> {
    /// How the request ends.
    pub disposition: Disposition,
    /// Each way back.
    pub replies: Vec<WayBack<T>>,
}

/// A way back of what a path delivered, or of a part of it.
#[derive(Debug, Clone)]
pub struct WayBack<T> {
    /// What it means for the connection.
    pub kind: ReplyKind,
    /// How the replies end.
    pub disposition: Disposition,
    /// The places it comes by, where they are kept.
    pub hops: Vec<Hop>,
    /// The replies, as they stood at the end.
    pub traffic: T,
}

/// A proxy on the way, which has answered what came to it and opened a connection of its own.
#[derive(Debug, Clone)]
pub(super) struct Front<T> {
    pub proxy: Id<Fixture>,
    /// The ways back of its answer.
    pub replies: Vec<WayBack<T>>,
}

/// Where a packet is sent from: a place, and the subnet whose routes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Station {
    pub place: Place,
    pub subnet: Id<Subnet>,
    /// The NIC, where it is one.
    pub nic: Option<Id<Nic>>,
    /// At a gateway, by what it came from outside the VNet.
    pub by: Option<LearnedFrom>,
}

impl Station {
    pub fn of_nic(network: &Network, nic: Id<Nic>) -> Self {
        Self {
            place: Place::Nic(nic),
            subnet: network.nics[nic].subnet,
            nic: Some(nic),
            by: None,
        }
    }
}

/// Where a leg has stopped over; what a way back is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Machine(Id<Machine>),
    Fixture(Id<Fixture>),
    Outside,
    Nowhere,
}

/// The stops of a leg.
pub(super) type Trail = SmallVec<[Stop; 8]>;

/// What something on the way remembers of a request, so that it knows the reply.
#[derive(Debug, Clone)]
pub(super) struct Session<T> {
    pub keeper: Keeper,
    /// The request as it came.
    pub before: T,
    /// The request as it went on.
    pub after: T,
}

/// Who remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeper {
    /// A NIC's security groups.
    Nic(Id<Nic>),
    /// An appliance or a firewall that keeps state, or that translated something.
    Stateful(Stateful),
    /// Azure's edge, on a NIC's way out to the Internet.
    Outbound(Id<Nic>),
    /// Azure's edge, on the way in to a public address that stands for a NIC, alone or among others.
    Inbound(Id<Nic>),
    /// Azure's edge, on the way in to a public address of a platform resource.
    Frontend(Id<Fixture>),
    /// Azure's edge, on the way out of a platform resource to the Internet.
    Egress(Id<Fixture>),
    /// The fabric at a NIC that an internal load balancer chose.
    Balanced(Id<Nic>),
    /// A load balancer that is a next hop, and the member that it chose.
    Balancer(Id<LoadBalancer>, Id<Nic>),
}

/// What keeps the state of what it sends on, so that it breaks a connection of which it sees half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stateful {
    /// An appliance.
    Appliance(Id<Machine>),
    /// An Azure Firewall.
    Firewall(Id<Firewall>),
}

/// The leg at hand.
#[derive(Debug, Clone)]
pub(super) enum Leg<T> {
    Request,
    Reply(ReplyLeg<T>),
}

/// The way back of what one path delivered.
#[derive(Debug, Clone)]
pub(super) struct ReplyLeg<T> {
    /// The request as it started.
    pub origin: (Origin, T),
    /// Where its hops begin among those kept.
    pub from: usize,
    /// The request's stops.
    pub request: Trail,
    /// Its ends so far.
    pub ends: Vec<WayBack<T>>,
    /// How much the request had taken for granted, and what the ways back have beside that.
    pub assumed: (usize, Vec<Assumption>),
}

/// A walk of `T`, kept by `R`.
#[derive(Debug)]
pub struct Walk<'w, 'n, T, R> {
    pub(super) engine: &'w Engine<'n>,
    pub(super) recorder: R,
    /// What is asked of the destination, where that is one thing.
    pub(super) asking: Option<Asking>,
    policy: Policy,
    pub(super) origin: Option<(Origin, T)>,
    pub(super) leg: Leg<T>,
    /// The first thing that stopped the branch at hand.
    pub(super) stopped: Option<Disposition>,
    pub(super) share: f64,
    pub(super) visited: SmallVec<[(Place, T); 4]>,
    pub(super) sessions: SmallVec<[Session<T>; 4]>,
    /// Those of the sessions' appliances and firewalls that the way back has come by.
    pub(super) kept: Vec<Stateful>,
    pub(super) trail: Trail,
    /// The proxies on the way; what is kept of the way above is of the connection behind the last.
    pub(super) fronts: Vec<Front<T>>,
    /// The route that was followed last: of which subnet, and which of its rows.
    pub(super) followed: Option<(Id<Subnet>, u32)>,
    /// Whether the branch at hand rests on a rule that is not evaluated.
    pub(super) unclear: bool,
    ends: Vec<End<T>>,
}

/// The state of a branch, to be returned to.
#[derive(Clone, Copy)]
struct Fork {
    mark: Mark,
    stopped: Option<Disposition>,
    unclear: bool,
    share: f64,
    visited: usize,
    sessions: usize,
    kept: usize,
    trail: usize,
}

impl<'w, 'n, T: Traffic, R: Recorder> Walk<'w, 'n, T, R> {
    /// A walk through `engine`'s network.
    pub fn new(engine: &'w Engine<'n>, policy: Policy, recorder: R) -> Self {
        Self {
            engine,
            recorder,
            asking: None,
            policy,
            origin: None,
            leg: Leg::Request,
            stopped: None,
            share: 1.0,
            visited: SmallVec::new(),
            sessions: SmallVec::new(),
            kept: Vec::new(),
            trail: Trail::new(),
            fronts: Vec::new(),
            followed: None,
            unclear: false,
            ends: Vec::with_capacity(1),
        }
    }

    /// The same, with what is asked of the destination: application rules decide by it.
    #[must_use]
    pub fn asking(mut self, asking: Asking) -> Self {
        self.asking = Some(asking);
        self
    }

    /// Walks `traffic` from `origin`: every path, each with its ways back. A source that cannot send
    /// is looked at from the outset as `stopped`.
    pub fn run(mut self, origin: Origin, traffic: T, stopped: Option<Disposition>) -> Vec<End<T>> {
        self.origin = Some((origin, traffic.clone()));
        self.stopped = stopped;
        match origin {
            Origin::Nic(nic) => {
                self.hop(
                    Some(Place::Nic(nic)),
                    traffic.witness().source,
                    HopKind::Source,
                );
                for (itself, part) in traffic.look_up(self.engine.machine_addresses(nic)) {
                    self.branch(|walk| match itself {
                        Some(_) => walk.to_itself(nic, part),
                        None => walk.from_guest(nic, part),
                    });
                }
            }
            Origin::Outside(place) => {
                self.hop(Some(place), traffic.witness().source, HopKind::Source);
                self.on_the_internet(traffic);
            }
            Origin::Site(site) => {
                let source = traffic.witness().source;
                let name = self.engine.network.site_host_name(site, source);
                self.hop_named(Some(Place::Site(site)), name, source, HopKind::Source);
                self.from_site(site, traffic);
            }
            Origin::Client(gateway) => {
                let source = traffic.witness().source;
                let name = self.engine.network.client_name(gateway, source);
                self.hop_named(None, name, source, HopKind::Source);
                self.from_client(gateway, traffic);
            }
            Origin::Fixture(id) => {
                let source = traffic.witness().source;
                self.hop(Some(Place::Fixture(id)), source, HopKind::Source);
                self.starts_at_fixture(id, traffic);
            }
            Origin::Endpoint(..) => {}
        }
        self.ends
    }

    /// Takes one branch, and comes back to where it forked.
    pub(super) fn branch(&mut self, take: impl FnOnce(&mut Self)) {
        let fork = Fork {
            mark: self.recorder.mark(),
            stopped: self.stopped,
            unclear: self.unclear,
            share: self.share,
            visited: self.visited.len(),
            sessions: self.sessions.len(),
            kept: self.kept.len(),
            trail: self.trail.len(),
        };
        take(self);
        self.recorder.rollback(fork.mark);
        self.stopped = fork.stopped;
        self.unclear = fork.unclear;
        self.share = fork.share;
        // Mostly nothing is to be taken back.
        if self.visited.len() > fork.visited {
            self.visited.truncate(fork.visited);
        }
        if self.sessions.len() > fork.sessions {
            self.sessions.truncate(fork.sessions);
        }
        self.kept.truncate(fork.kept);
        self.trail.truncate(fork.trail);
    }

    /// Reaches the next hop.
    pub(super) fn hop(&mut self, place: Option<Place>, address: IpAddr, kind: HopKind) {
        let network = self.engine.network;
        self.stop_over(place);
        self.recorder.hop(|| {
            let name = place.map_or_else(|| address.to_string().into(), |p| network.place_name(p));
            Hop::new(place, name, address, kind)
        });
    }

    /// Reaches the next hop, which is called otherwise than its place.
    pub(super) fn hop_named(
        &mut self,
        place: Option<Place>,
        name: Arc<str>,
        address: IpAddr,
        kind: HopKind,
    ) {
        self.stop_over(place);
        self.recorder.hop(|| Hop::new(place, name, address, kind));
    }

    fn stop_over(&mut self, place: Option<Place>) {
        let network = self.engine.network;
        self.trail.push(match place {
            Some(Place::Nic(nic)) => Stop::Machine(network.nics[nic].machine),
            Some(Place::Fixture(fixture)) => Stop::Fixture(fixture),
            Some(_) => Stop::Outside,
            None => Stop::Nowhere,
        });
    }

    /// Notes a translation, and gives what it makes.
    pub(super) fn translated(&mut self, by: Translator, before: &T, after: T) -> T {
        self.recorder.step(|| Step::Translated {
            by,
            before: before.witness(),
            after: after.witness(),
        });
        after
    }

    /// Something stops the packet. Whether the walk goes on behind it, to see what else would.
    pub(super) fn stop(&mut self, disposition: Disposition, issue: impl FnOnce() -> Issue) -> bool {
        self.recorder.issue(issue);
        self.stopped.get_or_insert(disposition);
        self.policy == Policy::GoOn
    }

    /// Something ends the path for good, away from its destination, which is named as where it ends.
    pub(super) fn lose(
        &mut self,
        disposition: Disposition,
        traffic: T,
        issue: impl FnOnce() -> Issue,
    ) {
        self.recorder.issue(issue);
        self.lost(disposition, traffic);
    }

    /// The same where what is wrong has been said.
    pub(super) fn lost(&mut self, disposition: Disposition, traffic: T) {
        self.hop(None, traffic.witness().destination, HopKind::Destination);
        self.end(disposition, traffic);
    }

    /// Something on the way is not modelled: what it would do is not known.
    pub(super) fn not_modelled(&mut self, what: String, traffic: T) {
        self.not_modelled_to(None, what, traffic);
    }

    /// The same where what would take the packets, if they get on, is the end of their way.
    pub(super) fn not_modelled_to(&mut self, end: Option<Origin>, what: String, traffic: T) {
        self.recorder.assume(|| Assumption {
            code: Code::NotModelled,
            text: what,
        });
        self.end_at(end, Disposition::NotModelled, traffic);
    }

    /// A platform resource is not modelled as what takes packets.
    pub(super) fn not_modelled_at(&mut self, id: Id<Fixture>, traffic: T) {
        let name = &self.engine.network.fixtures[id].identity.name;
        let what = format!("what `{name}` does with the flow is not modelled yet");
        self.not_modelled_to(Some(Origin::Fixture(id)), what, traffic);
    }

    /// The path ends here.
    pub(super) fn end(&mut self, disposition: Disposition, traffic: T) {
        self.end_at(None, disposition, traffic);
    }

    fn end_at(&mut self, at: Option<Origin>, disposition: Disposition, traffic: T) {
        let disposition = self.stopped.unwrap_or(disposition);
        if matches!(self.leg, Leg::Reply(_)) {
            self.reply_ends(disposition, traffic);
            return;
        }
        let kept = self.recorder.snapshot(0);
        self.keep((disposition, at), traffic, Vec::new(), kept);
    }

    /// Keeps the end of a path, with what it was delivered to.
    fn keep(
        &mut self,
        (disposition, at): (Disposition, Option<Origin>),
        traffic: T,
        replies: Vec<WayBack<T>>,
        (hops, assumptions): (Vec<Hop>, Vec<Assumption>),
    ) {
        let replies = self.behind_fronts(replies);
        self.ends.push(End {
            traffic,
            at,
            fate: Fate {
                disposition,
                replies,
            },
            share: self.share,
            unclear: self.unclear,
            hops,
            assumptions,
        });
    }

    /// Something answers from where no way back can be followed.
    pub(super) fn answered(&mut self, traffic: T) {
        self.recorder.step(|| Step::Answered);
        self.end(Disposition::Delivered, traffic);
    }

    /// The platform answers: its replies take no route.
    pub(super) fn kept_by_platform(&mut self, traffic: T) {
        if matches!(self.leg, Leg::Reply(_)) || self.stopped.is_some() {
            return self.end(Disposition::Delivered, traffic);
        }
        self.recorder.step(|| Step::Answered);
        let kept = self.recorder.snapshot(0);
        let replies = vec![WayBack {
            kind: ReplyKind::Symmetric,
            disposition: Disposition::Delivered,
            hops: Vec::new(),
            traffic: traffic.reversed(),
        }];
        self.keep((Disposition::Delivered, None), traffic, replies, kept);
    }

    /// The path delivers: its ways back are walked, and it ends with them.
    pub(super) fn delivered(&mut self, from: Origin, traffic: T) {
        self.recorder.step(|| Step::Answered);
        if self.stopped.is_some() {
            // No request arrives, so there is no reply.
            self.end(Disposition::Delivered, traffic);
            return;
        }
        let (hops, mut assumptions) = self.recorder.snapshot(0);
        let (replies, more) = self.replies(from, &traffic);
        assumptions.extend(more);
        self.keep(
            (Disposition::Delivered, Some(from)),
            traffic,
            replies,
            (hops, assumptions),
        );
    }

    /// A path ends at a proxy whose answer to what came to it does not find its way back.
    pub(super) fn unheard(&mut self, traffic: T, replies: Vec<WayBack<T>>) {
        let kept = self.recorder.snapshot(0);
        self.keep((Disposition::Delivered, None), traffic, replies, kept);
    }
}
