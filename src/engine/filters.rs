//! What stands in a packet's way at a place: security groups, filters of guests and appliances, and at the
//! end whether something listens. Each splits what comes, notes what decided, and hands on the rest.
//!
//! Follows `network-security-group-how-it-works`.

use std::sync::Arc;

use super::issues;
use super::traffic::{Gate, GateKind, Traffic};
use super::walk::{Keeper, Leg, Origin, Session, Walk};
use crate::effective::{Decision, SecurityList};
use crate::net::RuleList;
use crate::network::{Id, Machine, Nic};
use crate::spec::Direction;
use crate::trace::{Disposition, Filter, Issue, Recorder, Step};

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// Through a filter; a list without rules that lets everything pass is not worth a word.
    pub(super) fn filtered(
        &mut self,
        filter: Filter,
        rules: &RuleList,
        traffic: T,
        denied: &dyn Fn(Option<Arc<str>>) -> Issue,
        then: &mut dyn FnMut(&mut Self, T),
    ) {
        let ends = match filter {
            Filter::GuestInbound | Filter::GuestOutbound => Disposition::DeniedByGuest,
            _ => Disposition::DeniedByAppliance,
        };
        let rule_at = |decided: Option<usize>| decided.and_then(|at| rules.rules().get(at));
        let allows = |decided| rules.lets_through(decided);
        for (decided, part) in traffic.classify_as(rules, allows) {
            self.branch(|walk| {
                let allowed = allows(decided);
                if !rules.rules().is_empty() || !allowed {
                    let name = || rule_at(decided).map(|rule| rule.name.clone());
                    walk.recorder.step(|| Step::Filter {
                        filter,
                        rule: name(),
                        allowed,
                    });
                    if !allowed && !walk.stop(ends, || denied(name())) {
                        return walk.end(ends, part);
                    }
                }
                then(walk, part);
            });
        }
    }

    /// To what listens at the end of the way: it answers, or nothing does.
    pub(super) fn heard(
        &mut self,
        listeners: &RuleList,
        machine: Option<Id<Machine>>,
        at: Origin,
        traffic: T,
    ) {
        for (heard, part) in traffic.classify_as(listeners, |socket| socket.is_some()) {
            self.branch(|walk| {
                if heard.is_some() {
                    return walk.delivered(at, part);
                }
                walk.stop(Disposition::NoListener, || {
                    issues::no_listener(machine, &part.witness())
                });
                walk.end(Disposition::NoListener, part);
            });
        }
    }

    /// Through what filters at a subnet, at what stands in it without a NIC.
    pub(super) fn guarded(
        &mut self,
        lists: &[SecurityList],
        direction: Direction,
        traffic: T,
        then: &mut dyn FnMut(&mut Self, T),
    ) {
        let Some((list, rest)) = lists.split_first() else {
            return then(self, traffic);
        };
        self.through(list, rest, direction, traffic, &mut |walk, next, part| {
            walk.guarded(next, direction, part, then);
        });
    }

    /// Through what filters at a NIC in one direction: security admin rules and security groups. What they
    /// let through, or what the walk goes on with all the same, is handed on.
    pub(super) fn secured(
        &mut self,
        nic: Id<Nic>,
        direction: Direction,
        lists: &[SecurityList],
        traffic: T,
        then: &mut dyn FnMut(&mut Self, T),
    ) {
        for (known, part) in self.recall(traffic, |keeper| keeper == Keeper::Nic(nic)) {
            self.branch(|walk| {
                if known.is_none() {
                    let kind = GateKind::Security(direction);
                    return match part.past(Gate { nic, kind }) {
                        Some(open) => walk.listed(nic, direction, &[], open, then),
                        None => walk.listed(nic, direction, lists, part, then),
                    };
                }
                if !lists.is_empty() {
                    walk.recorder.step(|| Step::Established(direction));
                }
                then(walk, part);
            });
        }
    }

    /// Through lists, one after the other.
    fn listed(
        &mut self,
        nic: Id<Nic>,
        direction: Direction,
        lists: &[SecurityList],
        traffic: T,
        then: &mut dyn FnMut(&mut Self, T),
    ) {
        let Some((list, rest)) = lists.split_first() else {
            if matches!(self.leg, Leg::Request) {
                self.sessions.push(Session {
                    keeper: Keeper::Nic(nic),
                    before: traffic.clone(),
                    after: traffic.clone(),
                });
            }
            then(self, traffic);
            return;
        };
        self.through(list, rest, direction, traffic, &mut |walk, next, part| {
            walk.listed(nic, direction, next, part, then);
        });
    }

    /// Through a list: what it does not deny, or what the walk goes on with all the same, is handed on with those
    /// of the lists behind it that are asked next.
    fn through<'l>(
        &mut self,
        list: &SecurityList,
        rest: &'l [SecurityList],
        direction: Direction,
        traffic: T,
        then: &mut dyn FnMut(&mut Self, &'l [SecurityList], T),
    ) {
        self.doubted(list, rest, traffic, |walk, next, traffic| {
            if let Some(next) = next {
                return then(walk, next, traffic);
            }
            let meaning = |rule| match list.decide(rule, rest) {
                Decision::Ask(next) => Some(next.len()),
                Decision::Allowed => Some(0),
                Decision::Denied => None,
            };
            for (rule, part) in traffic.classify_as(&list.rules, meaning) {
                walk.branch(
                    |walk| match walk.ruled(list, rule, rest, direction, &part) {
                        Some(next) => then(walk, next, part),
                        None => walk.end(Disposition::DeniedBySecurityRule, part),
                    },
                );
            }
        });
    }

    /// What a list decides of some traffic: which of the lists behind it are asked next, all of them or none,
    /// or that the path ends. A Deny asks none, and where the walk goes on all the same it is as with none.
    fn ruled<'l>(
        &mut self,
        list: &SecurityList,
        rule: Option<usize>,
        rest: &'l [SecurityList],
        direction: Direction,
        traffic: &T,
    ) -> Option<&'l [SecurityList]> {
        let at = rule.unwrap_or(list.rules.rules().len());
        self.recorder.step(|| Step::Security {
            direction,
            list: list.clone(),
            decided: at,
            flow: traffic.witness(),
        });
        let network = self.engine.network;
        match list.decide(rule, rest) {
            Decision::Ask(next) => Some(next),
            Decision::Allowed => Some(&[]),
            Decision::Denied => {
                let flow = || traffic.witness();
                let denied = || issues::security_rule(network, list, at, direction, &flow());
                self.stop(Disposition::DeniedBySecurityRule, denied)
                    .then_some(&[])
            }
        }
    }
}
