//! A packet at an Azure Firewall: threat intelligence, DNAT rules, network rules, application rules, and
//! else it is denied. How it is sent on stands beside this.
//!
//! Follows `firewall/rule-processing` (the order), `firewall/dns-details` (it answers DNS),
//! `firewall/integrate-lb` (a reply that it never saw the request of is dropped),
//! `network-watcher/connection-troubleshoot-overview` (it answers handshakes itself).

use std::net::{IpAddr, Ipv4Addr};

use super::answer::{doubtful_tag, unknown_tag};
use super::doubts::{in_doubt, is_doubtful};
use super::firewall_issues;
use super::firewall_out::Snat;
use super::firewall_rules::{Listed, application_list};
use super::issues;
use super::reply::Returned;
use super::traffic::{Rewrite, Traffic};
use super::walk::{Leg, Origin, Stateful, Station, Walk};
use crate::diagnostic::Code;
use crate::effective::EffectiveRoute;
use crate::net::same_family;
use crate::network::{Firewall, FirewallRuleType, Id, Peering, Place, Subnet};
use crate::trace::{Assumption, Disposition, Filter, HopKind, Recorder, Step, Translator};

/// What a list says of a part of some traffic.
struct Verdict<T> {
    part: T,
    /// The position of the rule among those of its type.
    rule: Option<usize>,
    allowed: bool,
    /// Whether it rests on a rule that is not evaluated.
    unclear: bool,
    assumptions: Vec<Assumption>,
}

impl<'w, T: Traffic, R: Recorder> Walk<'w, '_, T, R> {
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
        let Some(vnet) = fixture.vnet else { return };
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
        if from.is_some_and(|from| from.place == place) {
            return self.goes_round(&own.identity.name, traffic);
        }
        for (again, part) in self.visits(place, traffic) {
            self.branch(|walk| {
                if again {
                    return walk.goes_round(&own.identity.name, part);
                }
                walk.visited.push((place, part.clone()));
                walk.enters_firewall(from, id, over, part);
            });
        }
    }

    /// Where it has not been before.
    fn enters_firewall(
        &mut self,
        from: Option<Station>,
        id: Id<Firewall>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let fixture = &network.fixtures[network.firewalls[id].fixture];
        let place = Place::Fixture(network.firewalls[id].fixture);
        let Some(subnet) = fixture.subnet else { return };
        let destination = traffic.witness().destination;
        let public = fixture
            .public_ips
            .iter()
            .any(|id| network.public_ips[*id].address == destination);
        let private = fixture.addresses.first().copied().filter(|_| !public);
        let nat = network.subnets[subnet].nat_gateway;
        let mut translates = nat
            .into_iter()
            .flat_map(|id| &network.nat_gateways[id].public_ips);
        // A public address is not known on the inside, where only the private one is.
        let strays = from.is_some()
            && (public || translates.any(|id| network.public_ips[*id].address == destination));
        self.hop(
            Some(place),
            private.unwrap_or(destination),
            HopKind::VirtualAppliance,
        );
        if fixture.down {
            return self.lose(Disposition::NotRunning, traffic, || {
                firewall_issues::stopped(network, id)
            });
        }
        if let Some(row) = self.cut_off(id, subnet) {
            return self.lose(Disposition::NotRunning, traffic, || {
                firewall_issues::cut_off(network, id, subnet, row)
            });
        }
        let parts = match over {
            Some(peering) => self.over_peering(from, subnet, peering, true, traffic),
            None => traffic.whole(None),
        };
        for (refused, part) in parts {
            self.branch(|walk| match refused {
                Some((peering, flag)) if !walk.refused_on_arrival(peering, flag) => {
                    walk.end(Disposition::RefusedByPeering, part);
                }
                _ if strays && matches!(walk.leg, Leg::Reply(_)) => walk.not_known(id, part),
                _ => walk.seen_by_firewall(id, part),
            });
        }
    }

    /// What keeps a firewall from what manages it: a learned 0.0.0.0/0 on its subnet, unless it is managed by
    /// a NIC of its own (`firewall/tutorial-hybrid-portal`, `firewall/forced-tunneling`).
    fn cut_off(&self, id: Id<Firewall>, subnet: Id<Subnet>) -> Option<&'w EffectiveRoute> {
        let engine = self.engine;
        let routes = engine.effective.subnet_routes(subnet);
        // Of default routes, whole or halved, one has this address.
        let everything = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let mut rows = routes.winners(everything);
        rows.find(|row| row.learned.is_some() && !engine.network.firewalls[id].management)
    }

    /// A reply whose request the firewall did not send, or not from where the reply comes in.
    fn not_known(&mut self, id: Id<Firewall>, traffic: T) {
        let network = self.engine.network;
        self.lose(Disposition::Asymmetric, traffic, || {
            issues::asymmetric(network, Stateful::Firewall(id), false)
        });
    }

    /// A reply is known or lost; a request goes by threat intelligence first.
    fn seen_by_firewall(&mut self, id: Id<Firewall>, traffic: T) {
        let keeper = Stateful::Firewall(id);
        if matches!(self.leg, Leg::Reply(_)) {
            for (returned, part) in self.returned(keeper, traffic) {
                self.branch(|walk| match returned {
                    Some(Returned { reply, translated }) => {
                        let reply = if translated {
                            walk.translated(Translator::Undone, &part, reply)
                        } else {
                            reply
                        };
                        walk.kept.push(keeper);
                        walk.leaves_firewall(id, reply);
                    }
                    None => walk.not_known(id, part),
                });
            }
            return;
        }
        if traffic.witness().destination.is_ipv6() {
            let what = "IPv6 at an Azure Firewall, which is a preview, is not modelled yet";
            return self.not_modelled(what.to_owned(), traffic);
        }
        for (threat, part) in traffic.classify(&self.engine.firewall(id).threats) {
            self.branch(|walk| {
                if threat.is_some() {
                    let filter = Filter::ThreatIntelligence;
                    walk.recorder.step(|| Step::Filter {
                        filter,
                        rule: None,
                        allowed: false,
                    });
                    let (network, flow) = (walk.engine.network, part.witness());
                    if !walk.stop(Disposition::DeniedByAppliance, || {
                        firewall_issues::threat(network, id, &flow)
                    }) {
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
            let rule = compiled
                .nat
                .source(decided)
                .and_then(|at| network.firewalls[id].nat_rules.get(at.rule));
            let Some(rule) = rule else {
                self.branch(|walk| walk.by_network_rules(id, part));
                continue;
            };
            let named = || self.translated_to(id, rule.translated_fqdn.as_deref());
            let Some(address) = rule.translated_address.or_else(named) else {
                let what = format!(
                    "the address that `{}` translates to is not known",
                    rule.rule.name
                );
                self.branch(|walk| walk.not_modelled(what, part));
                continue;
            };
            self.branch(|walk| {
                let after = part.translate(Rewrite {
                    destination: Some(address),
                    destination_port: rule.translated_port,
                    ..Rewrite::default()
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

    /// The address of the name that a DNAT rule translates to.
    fn translated_to(&self, id: Id<Firewall>, name: Option<&str>) -> Option<IpAddr> {
        let firewall = &self.engine.network.firewalls[id];
        self.engine.addresses_at(firewall, name?).first().copied()
    }

    /// Network rules; what is for the firewall itself and not translated ends there.
    fn by_network_rules(&mut self, id: Id<Firewall>, traffic: T) {
        let compiled = self.engine.firewall(id);
        for (own, part) in traffic.classify(&compiled.own) {
            if own.is_some() {
                self.branch(|walk| walk.for_firewall(id, part));
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

    /// What is for the firewall itself: it answers DNS where its policy says so, and nothing else.
    fn for_firewall(&mut self, id: Id<Firewall>, traffic: T) {
        let engine = self.engine;
        let network = engine.network;
        let own = &network.firewalls[id];
        for (dns, part) in traffic.classify(&engine.firewall(id).dns) {
            self.branch(|walk| {
                if dns.is_some() {
                    return walk.delivered(Origin::Fixture(own.fixture), part);
                }
                let kind = FirewallRuleType::Network;
                let verdict = Verdict {
                    part,
                    rule: None,
                    allowed: false,
                    unclear: false,
                    assumptions: Vec::new(),
                };
                if let Some(part) = walk.decided(id, kind, verdict) {
                    walk.end(Disposition::DeniedByAppliance, part);
                }
            });
        }
    }

    /// What no network rule is for: application rules, where the firewall can see what is asked; else it
    /// is denied.
    fn by_application_rules(&mut self, id: Id<Firewall>, unmatched: Verdict<T>) {
        let engine = self.engine;
        self.unclear |= unmatched.unclear;
        for assumption in &unmatched.assumptions {
            self.recorder.assume(|| assumption.clone());
        }
        for (proxied, part) in unmatched.part.classify(&engine.firewall(id).proxied) {
            if proxied.is_none() {
                self.branch(|walk| {
                    let request = part.clone();
                    let verdict = Verdict {
                        part,
                        rule: None,
                        allowed: false,
                        unclear: false,
                        assumptions: Vec::new(),
                    };
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
                        let part = walk.as_firewall_resolves(id, part);
                        walk.sent_by_firewall(id, Snat::All, &request, part);
                    }
                });
            }
        }
    }

    /// What an application rule lets through goes to the address that the firewall finds for the name,
    /// whatever the client found.
    fn as_firewall_resolves(&mut self, id: Id<Firewall>, traffic: T) -> T {
        let network = self.engine.network;
        let Some(asking) = self
            .asking
            .clone()
            .filter(|asking| asking.host.parse::<IpAddr>().is_err())
        else {
            return traffic;
        };
        let found = self
            .engine
            .addresses_at(&network.firewalls[id], &asking.host);
        let asked = traffic.witness().destination;
        let other = found.iter().copied().find(|own| same_family(*own, asked));
        let Some(other) = other.filter(|_| !found.contains(&asked)) else {
            return traffic;
        };
        let after = traffic.translate(Rewrite {
            destination: Some(other),
            ..Rewrite::default()
        });
        self.translated(
            Translator::FirewallDestination(id, asking.host),
            &traffic,
            after,
        )
    }

    /// What a list says of each part of some traffic. Where a rule decides by something that is not
    /// known, it is taken not to match, unless what is asked for is what it names.
    fn verdicts(&self, id: Id<Firewall>, listed: &Listed, traffic: &T) -> Vec<Verdict<T>> {
        if !R::DOUBTS || !is_doubtful(&listed.list) {
            return self.known_verdicts(id, listed, traffic);
        }
        let name = &self.engine.network.firewalls[id].identity.name;
        let rule = |at: usize| listed.list.rules().get(at);
        let note = |at: usize| rule(at).and_then(|rule| unknown_tag(name, rule));
        let lets_through = |at: usize| listed.list.access(at) == Some(true);
        let mut found = Vec::new();
        for (at, part) in in_doubt(&listed.list, lets_through, traffic) {
            let Some(at) = at else { continue };
            found.push(Verdict {
                part,
                rule: listed.source(Some(at)).map(|source| source.rule),
                allowed: true,
                unclear: listed.source(Some(at)).is_some_and(|source| source.open),
                assumptions: note(at).into_iter().collect(),
            });
        }
        for (at, part) in in_doubt(&listed.list, |_| true, traffic) {
            for mut verdict in self.known_verdicts(id, listed, &part) {
                verdict.assumptions.extend(at.and_then(note));
                found.push(verdict);
            }
        }
        found
    }

    /// The same with every tag taken to hold what is known of it.
    fn known_verdicts(&self, id: Id<Firewall>, listed: &Listed, traffic: &T) -> Vec<Verdict<T>> {
        let mut found = Vec::with_capacity(1);
        for (decided, part) in traffic.classify_as(&listed.list, |at| listed.meaning(at)) {
            match listed.source(decided).filter(|source| source.open) {
                Some(source) if !self.names_what_is_asked(id, source.rule, &part) => {
                    let known = listed.known();
                    let name = decided
                        .and_then(|at| listed.list.rules().get(at))
                        .map(|rule| rule.name.clone());
                    for (decided, part) in part.classify_as(&known.list, |at| known.meaning(at)) {
                        let mut verdict = self.verdict(id, &known, decided, part);
                        verdict.unclear = true;
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

    fn verdict(
        &self,
        id: Id<Firewall>,
        listed: &Listed,
        decided: Option<usize>,
        part: T,
    ) -> Verdict<T> {
        let flow = part.witness();
        let tried = decided.map_or(listed.list.rules().len(), |at| at + 1);
        let name = &self.engine.network.firewalls[id].identity.name;
        let assumptions = listed
            .list
            .rules()
            .iter()
            .take(tried)
            .filter_map(|rule| doubtful_tag(name, rule, &flow));
        Verdict {
            rule: listed.source(decided).map(|source| source.rule),
            allowed: decided
                .and_then(|at| listed.list.rules().get(at))
                .is_some_and(|rule| rule.allow),
            unclear: false,
            assumptions: assumptions.collect(),
            part,
        }
    }

    /// Whether a network rule names the very name that is asked for, which both ends resolve alike. What is
    /// asked for is one destination, so that all of the traffic goes there.
    fn names_what_is_asked(&self, id: Id<Firewall>, rule: usize, traffic: &T) -> bool {
        let rule = self.engine.network.firewalls[id].network_rules.get(rule);
        let (Some(rule), Some(asking)) = (rule, &self.asking) else {
            return false;
        };
        let named = rule
            .fqdns
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&asking.host));
        named && traffic.witness().destination == asking.address
    }

    /// Notes a verdict; what it lets through, or what the walk goes on with all the same.
    fn decided(
        &mut self,
        id: Id<Firewall>,
        kind: FirewallRuleType,
        verdict: Verdict<T>,
    ) -> Option<T> {
        let network = self.engine.network;
        let Verdict {
            part,
            rule,
            allowed,
            unclear,
            assumptions,
        } = verdict;
        self.unclear |= unclear;
        for assumption in assumptions {
            self.recorder.assume(|| assumption);
        }
        let filter = match kind {
            FirewallRuleType::Application => Filter::FirewallApplication,
            _ => Filter::FirewallNetwork,
        };
        let name = rule
            .and_then(|at| network.firewalls[id].rule(kind, at))
            .map(|rule| rule.name.clone());
        self.recorder.step(|| Step::Filter {
            filter,
            rule: name,
            allowed,
        });
        if allowed {
            return Some(part);
        }
        let flow = part.witness();
        let asking = self.asking.clone();
        let denies = || firewall_issues::denies(network, id, kind, rule, asking.as_ref(), &flow);
        if kind == FirewallRuleType::Application && self.stopped.is_none() {
            self.recorder.step(|| Step::Answered);
            let go_on = self.stop(Disposition::DeniedByAppliance, denies);
            self.recorder
                .issue(|| firewall_issues::answers_itself(network, &denies(), id, &flow));
            if go_on {
                return Some(part);
            }
        } else if self.stop(Disposition::DeniedByAppliance, denies) {
            return Some(part);
        }
        self.end(Disposition::DeniedByAppliance, part);
        None
    }
}
