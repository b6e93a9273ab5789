//! A packet at an Azure Firewall: threat intelligence, DNAT rules, network rules, application rules, and
//! else it is denied; then on by the routes of the firewall's subnet, with its own source or the
//! firewall's.
//!
//! Follows `firewall/rule-processing` (the order), `firewall/snat-private-range` (whose source),
//! `firewall/integrate-lb` (a reply that it never saw the request of is dropped),
//! `network-watcher/connection-troubleshoot-overview` (it answers handshakes itself).

use std::net::IpAddr;

use super::answer::doubtful_tag;
use super::compiled::from_any_of;
use super::firewall_issues;
use super::firewall_rules::{Listed, application_list};
use super::issues;
use super::reply::Returned;
use super::traffic::{Rewrite, Traffic};
use super::walk::{Keeper, Leg, Session, Stateful, Station, Walk};
use crate::diagnostic::Code;
use crate::effective::EffectiveRoute;
use crate::net::AddressSet;
use crate::network::{Firewall, FirewallRuleType, Id, Peering, Place};
use crate::spec::OutboundSmtp;
use crate::spec::checks::RouteNextHopType;
use crate::trace::{Assumption, Disposition, Filter, HopKind, Recorder, Step, Translator};

/// For which destinations the firewall puts its own address in place of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Snat {
    /// For all but the private ranges of its policy.
    Public,
    /// For all.
    All,
}

/// What a list says of a part of some traffic.
struct Verdict<T> {
    part: T,
    /// The position of the rule among those of its type.
    rule: Option<usize>,
    allowed: bool,
    assumptions: Vec<Assumption>,
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// At a firewall, from a place in Azure or (`from` is none) from the Internet.
    pub(super) fn at_firewall(
        &mut self,
        from: Option<Station>,
        id: Id<Firewall>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let own = &network.firewalls[id];
        let fixture = &network.fixtures[own.fixture];
        let place = Place::Fixture(own.fixture);
        let (Some(subnet), Some(vnet)) = (fixture.subnet, fixture.vnet) else { return };
        if !self.leaves_over(from, over) {
            return self.end(Disposition::RefusedByPeering, traffic);
        }
        match from {
            Some(from) => self.crossed(from.place, over, Some(vnet), place),
            None => {
                let places = vec![Place::Internet, Place::Network(vnet), place];
                self.recorder.step(|| Step::Crossed(places));
            }
        }
        if from.is_some_and(|from| from.place == place) || self.has_visited(place, &traffic) {
            return self.goes_round(&own.identity.name, traffic);
        }
        self.visited.push((place, traffic.clone()));
        let destination = traffic.witness().destination;
        let public = fixture.public_ips.iter().any(|id| network.public_ips[*id].address == destination);
        let private = fixture.addresses.first().copied().filter(|_| !public);
        self.hop(Some(place), private.unwrap_or(destination), HopKind::VirtualAppliance);
        if fixture.down {
            return self.lose(Disposition::NotRunning, traffic, || firewall_issues::stopped(network, id));
        }
        let parts = match over {
            Some(peering) => self.over_peering(from, subnet, peering, true, traffic),
            None => vec![(None, traffic)],
        };
        for (refused, part) in parts {
            self.branch(|walk| match refused {
                Some((peering, flag)) if !walk.refused_on_arrival(peering, flag) => {
                    walk.end(Disposition::RefusedByPeering, part);
                }
                _ => walk.seen_by_firewall(id, part),
            });
        }
    }

    /// A reply is known or lost; a request goes by threat intelligence first.
    fn seen_by_firewall(&mut self, id: Id<Firewall>, traffic: T) {
        let network = self.engine.network;
        let keeper = Stateful::Firewall(id);
        if matches!(self.leg, Leg::Reply(_)) {
            return match self.returned(keeper, &traffic) {
                Some(Returned { reply, translated: false }) => self.leaves_firewall(id, reply),
                Some(Returned { reply, translated: true }) => {
                    let reply = self.translated(Translator::Undone, &traffic, reply);
                    self.leaves_firewall(id, reply);
                }
                None => self.lose(Disposition::Asymmetric, traffic, || {
                    issues::asymmetric(network, keeper, false)
                }),
            };
        }
        for (threat, part) in traffic.classify(&self.engine.firewall(id).threats) {
            self.branch(|walk| {
                if threat.is_some() {
                    let filter = Filter::ThreatIntelligence;
                    walk.recorder.step(|| Step::Filter { filter, rule: None, allowed: false });
                    let flow = part.witness();
                    if !walk.stop(Disposition::DeniedByAppliance, || firewall_issues::threat(network, id, &flow)) {
                        return walk.end(Disposition::DeniedByAppliance, part);
                    }
                }
                walk.by_nat_rules(id, part);
            });
        }
    }

    /// DNAT rules; what they translate is allowed, unless a network rule denies the translated flow
    /// (decisions: the Deny wins).
    fn by_nat_rules(&mut self, id: Id<Firewall>, traffic: T) {
        let network = self.engine.network;
        let compiled = self.engine.firewall(id);
        for (decided, part) in traffic.classify(&compiled.nat.list) {
            let rule = compiled.nat.source(decided).and_then(|at| network.firewalls[id].nat_rules.get(at.rule));
            let Some(rule) = rule else {
                self.branch(|walk| walk.by_network_rules(id, part));
                continue;
            };
            let Some(address) = rule.translated_address else {
                let what = format!("to which address `{}` translates is not modelled yet", rule.rule.name);
                self.branch(|walk| walk.not_modelled(what, part));
                continue;
            };
            self.branch(|walk| {
                let after = part.translate(Rewrite {
                    destination: Some(address),
                    destination_port: rule.translated_port,
                    source: None,
                });
                let by = Translator::FirewallDestination(id, rule.rule.name.clone());
                let after = walk.translated(by, &part, after);
                for verdict in walk.verdicts(id, &compiled.network, &after) {
                    walk.branch(|walk| {
                        let denied = verdict.rule.is_some() && !verdict.allowed;
                        let to = if denied {
                            walk.decided(id, FirewallRuleType::Network, verdict)
                        } else {
                            Some(verdict.part)
                        };
                        if let Some(to) = to {
                            walk.sent_by_firewall(id, Snat::All, &part, to);
                        }
                    });
                }
            });
        }
    }

    /// Network rules; what is for the firewall itself and not translated ends there.
    fn by_network_rules(&mut self, id: Id<Firewall>, traffic: T) {
        let network = self.engine.network;
        let compiled = self.engine.firewall(id);
        for (own, part) in traffic.classify(&compiled.own) {
            if own.is_some() {
                self.branch(|walk| {
                    let filter = Filter::FirewallNetwork;
                    walk.recorder.step(|| Step::Filter { filter, rule: None, allowed: false });
                    let flow = part.witness();
                    let kind = FirewallRuleType::Network;
                    walk.stop(Disposition::DeniedByAppliance, || {
                        firewall_issues::denies(network, id, kind, None, None, &flow)
                    });
                    walk.end(Disposition::DeniedByAppliance, part);
                });
                continue;
            }
            for verdict in self.verdicts(id, &compiled.network, &part) {
                self.branch(|walk| {
                    if verdict.rule.is_none() {
                        return walk.by_application_rules(id, verdict);
                    }
                    let request = verdict.part.clone();
                    if let Some(part) = walk.decided(id, FirewallRuleType::Network, verdict) {
                        walk.sent_by_firewall(id, Snat::Public, &request, part);
                    }
                });
            }
        }
    }

    /// What no network rule is for: application rules, where the firewall can see what is asked; else it
    /// is denied.
    fn by_application_rules(&mut self, id: Id<Firewall>, unmatched: Verdict<T>) {
        let engine = self.engine;
        for assumption in &unmatched.assumptions {
            self.recorder.assume(|| assumption.clone());
        }
        for (proxied, part) in unmatched.part.classify(&engine.firewall(id).proxied) {
            if proxied.is_none() {
                self.branch(|walk| {
                    let request = part.clone();
                    let verdict = Verdict { part, rule: None, allowed: false, assumptions: Vec::new() };
                    if let Some(part) = walk.decided(id, FirewallRuleType::Network, verdict) {
                        walk.sent_by_firewall(id, Snat::Public, &request, part);
                    }
                });
                continue;
            }
            let listed = application_list(&engine.network.firewalls[id], self.asking.as_ref());
            for verdict in self.verdicts(id, &listed, &part) {
                self.branch(|walk| {
                    let request = verdict.part.clone();
                    let answers = walk.stopped.is_none();
                    if let Some(part) = walk.decided(id, FirewallRuleType::Application, verdict) {
                        if answers {
                            // It has completed the handshake to see what is asked.
                            walk.recorder.step(|| Step::Answered);
                        }
                        walk.sent_by_firewall(id, Snat::All, &request, part);
                    }
                });
            }
        }
    }

    /// What a list says of each part of some traffic. Where a rule decides by something that is not
    /// known, it is taken not to match, unless what is asked for is what it names.
    fn verdicts(&self, id: Id<Firewall>, listed: &Listed, traffic: &T) -> Vec<Verdict<T>> {
        let mut found = Vec::with_capacity(1);
        for (decided, part) in traffic.classify(&listed.list) {
            match listed.source(decided).filter(|source| source.open) {
                Some(source) if !self.names_what_is_asked(id, source.rule, &part) => {
                    let known = listed.known();
                    let name = decided.and_then(|at| listed.list.rules.get(at)).map(|rule| rule.name.clone());
                    for (decided, part) in part.classify(&known.list) {
                        let mut verdict = self.verdict(id, &known, decided, part);
                        verdict.assumptions.push(Assumption {
                            code: Code::NotModelled,
                            text: format!(
                                "the rule `{}` of `{}` is taken not to match, since what it names is not \
                                 evaluated",
                                name.as_deref().unwrap_or_default(),
                                self.engine.network.firewalls[id].identity.name
                            ),
                        });
                        found.push(verdict);
                    }
                }
                _ => found.push(self.verdict(id, listed, decided, part)),
            }
        }
        found
    }

    fn verdict(&self, id: Id<Firewall>, listed: &Listed, decided: Option<usize>, part: T) -> Verdict<T> {
        let flow = part.witness();
        let tried = decided.map_or(listed.list.rules.len(), |at| at + 1);
        let name = &self.engine.network.firewalls[id].identity.name;
        let assumptions = listed.list.rules.iter().take(tried).filter_map(|rule| doubtful_tag(name, rule, &flow));
        Verdict {
            rule: listed.source(decided).map(|source| source.rule),
            allowed: decided.and_then(|at| listed.list.rules.get(at)).is_some_and(|rule| rule.allow),
            assumptions: assumptions.collect(),
            part,
        }
    }

    /// Whether a network rule names the very name that is asked for, which both ends resolve alike.
    fn names_what_is_asked(&self, id: Id<Firewall>, rule: usize, traffic: &T) -> bool {
        let rule = self.engine.network.firewalls[id].network_rules.get(rule);
        let (Some(rule), Some(asking)) = (rule, &self.asking) else { return false };
        let named = rule.fqdns.iter().any(|name| name.eq_ignore_ascii_case(&asking.host));
        named && traffic.witness().destination == asking.address
    }

    /// Notes a verdict; what it lets through, or what the walk goes on with all the same.
    fn decided(&mut self, id: Id<Firewall>, kind: FirewallRuleType, verdict: Verdict<T>) -> Option<T> {
        let network = self.engine.network;
        let Verdict { part, rule, allowed, assumptions } = verdict;
        for assumption in assumptions {
            self.recorder.assume(|| assumption);
        }
        let filter = match kind {
            FirewallRuleType::Application => Filter::FirewallApplication,
            _ => Filter::FirewallNetwork,
        };
        let name = rule.and_then(|at| network.firewalls[id].rule(kind, at)).map(|rule| rule.name.clone());
        self.recorder.step(|| Step::Filter { filter, rule: name, allowed });
        if allowed {
            return Some(part);
        }
        let flow = part.witness();
        let asking = self.asking.clone();
        let denies = || firewall_issues::denies(network, id, kind, rule, asking.as_ref(), &flow);
        if kind == FirewallRuleType::Application && self.stopped.is_none() {
            self.recorder.step(|| Step::Answered);
            let go_on = self.stop(Disposition::DeniedByAppliance, denies);
            self.recorder.issue(|| firewall_issues::answers_itself(network, &denies(), id, &flow));
            if go_on {
                return Some(part);
            }
        } else if self.stop(Disposition::DeniedByAppliance, denies) {
            return Some(part);
        }
        self.end(Disposition::DeniedByAppliance, part);
        None
    }

    /// On, under the client's address or the firewall's: a public one where it leaves for the Internet,
    /// else its private one.
    fn sent_by_firewall(&mut self, id: Id<Firewall>, snat: Snat, request: &T, traffic: T) {
        let network = self.engine.network;
        let Some(subnet) = network.fixtures[network.firewalls[id].fixture].subnet else { return };
        let routes = self.engine.effective.subnet_routes(subnet);
        for (private, part) in traffic.classify(&self.engine.firewall(id).private) {
            let keeps = snat == Snat::Public && private.is_some();
            for (choice, part) in part.look_up(&routes.by_destination) {
                let rows = choice.and_then(|at| routes.choices.get(at as usize)).into_iter().flatten();
                let mut rows = rows.filter_map(|row| routes.rows.get(*row as usize));
                let outside = rows.any(|row| row.next_hop_type == RouteNextHopType::Internet);
                self.branch(|walk| {
                    let source = walk.firewall_source(id, outside, &part).filter(|_| !keeps);
                    let sent = match source {
                        Some((by, source)) => {
                            let after = part.translate(Rewrite { source: Some(source), ..Rewrite::default() });
                            walk.translated(by, &part, after)
                        }
                        None => part,
                    };
                    if matches!(walk.leg, Leg::Request) {
                        walk.sessions.push(Session {
                            keeper: Keeper::Stateful(Stateful::Firewall(id)),
                            before: request.clone(),
                            after: sent.clone(),
                        });
                    }
                    walk.leaves_firewall(id, sent);
                });
            }
        }
    }

    /// The address under which the firewall sends: a NAT gateway's of its subnet before its own public
    /// one; the first of several.
    fn firewall_source(&self, id: Id<Firewall>, outside: bool, traffic: &T) -> Option<(Translator, IpAddr)> {
        let network = self.engine.network;
        let fixture = &network.fixtures[network.firewalls[id].fixture];
        let own = Translator::FirewallSource(id);
        if !outside {
            return fixture.addresses.first().map(|address| (own, *address));
        }
        let nat = fixture.subnet.and_then(|subnet| network.subnets[subnet].nat_gateway);
        let nat = nat.filter(|id| traffic.witness().protocol.has_ports() && !network.nat_gateways[*id].down);
        let nat = nat.and_then(|id| network.nat_gateways[id].public_ips.first().map(|public| (id, *public)));
        match (nat, fixture.public_ips.first()) {
            (Some((id, public)), _) => Some((Translator::NatGateway(id), network.public_ips[public].address)),
            (None, Some(public)) => Some((own, network.public_ips[*public].address)),
            (None, None) => None,
        }
    }

    /// By the routes of the firewall's subnet.
    fn leaves_firewall(&mut self, id: Id<Firewall>, traffic: T) {
        let network = self.engine.network;
        let fixture = network.firewalls[id].fixture;
        let Some(subnet) = network.fixtures[fixture].subnet else { return };
        self.routed(Station { place: Place::Fixture(fixture), subnet, nic: None }, traffic);
    }

    /// From a firewall to the Internet: with a public source only.
    pub(super) fn out_of_firewall(&mut self, id: Id<Firewall>, at: Station, row: &EffectiveRoute, traffic: T) {
        let engine = self.engine;
        let network = engine.network;
        let fixture = &network.fixtures[network.firewalls[id].fixture];
        let nat = network.subnets[at.subnet].nat_gateway;
        let nat = nat.into_iter().flat_map(|id| &network.nat_gateways[id].public_ips);
        let public = fixture.public_ips.iter().chain(nat).map(|id| network.public_ips[*id].address);
        let own = from_any_of(AddressSet::of_addresses(public));
        for (private, part) in traffic.classify(&engine.statics.private) {
            for (public, part) in part.classify(&own) {
                for (mail, part) in part.classify(&engine.statics.mail) {
                    self.branch(|walk| {
                        if private.is_some() {
                            return walk.lose(Disposition::NoRoute, part, || {
                                issues::no_route(at.subnet, Some(row), "PrivateAddressToInternet")
                            });
                        }
                        if public.is_none() {
                            let flow = part.witness();
                            return walk.lose(Disposition::NoOutboundMethod, part, || {
                                firewall_issues::no_way_out(network, id, &flow)
                            });
                        }
                        let refused = mail.is_some() && network.settings.outbound_smtp == OutboundSmtp::Blocked;
                        if refused && !walk.stop(Disposition::RefusedByPlatform, issues::outbound_mail) {
                            return walk.end(Disposition::RefusedByPlatform, part);
                        }
                        let vnet = network.subnets[at.subnet].vnet;
                        let places = vec![at.place, Place::Network(vnet), Place::Internet];
                        walk.recorder.step(|| Step::Crossed(places));
                        walk.on_the_internet(part);
                    });
                }
            }
        }
    }
}
