//! A packet is sent on by an appliance: its NIC must accept what is not its own, the guest must forward,
//! its filter must agree; then it leaves by one of its NICs, translated or not.
//!
//! Follows `virtual-networks-udr-overview` (IP forwarding) for what Azure demands. What the guest does is
//! the topology's: destinations are translated first, then the filter is asked, and sources are
//! translated last, as a packet filter does it.

use super::compiled::from_any_of;
use super::issues;
use super::reply::Returned;
use super::traffic::{Parts, Rewrite, Traffic};
use super::walk::{Keeper, Leg, Session, Stateful, Walk};
use crate::net::AddressSet;
use crate::network::{Forwarding, Id, Nic, Place};
use crate::spec::PowerState;
use crate::trace::{Disposition, Filter, Recorder, Step, Translator};

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// By the machine of `nic`, at which it came in; with the translation that matches its destination.
    pub(super) fn forwarded(&mut self, nic: Id<Nic>, translation: Option<usize>, traffic: T) {
        let network = self.engine.network;
        let id = network.nics[nic].machine;
        let machine = &network.machines[id];
        if machine.power != PowerState::Running {
            return self.lose(Disposition::NotRunning, traffic, || {
                issues::not_running(network, id)
            });
        }
        for (own, part) in traffic.look_up(self.engine.nic_addresses(nic)) {
            self.branch(|walk| {
                if own.is_none() && !network.nics[nic].ip_forwarding {
                    return walk.lose(Disposition::NotForwarded, part, || {
                        issues::ip_forwarding(network, nic)
                    });
                }
                walk.by_guest(nic, translation, part);
            });
        }
    }

    /// By what runs on the machine: a reply that it knows goes back as it knows it.
    fn by_guest(&mut self, nic: Id<Nic>, translation: Option<usize>, traffic: T) {
        let network = self.engine.network;
        let id = network.nics[nic].machine;
        let forwarding = network.machines[id].forwarding.as_ref();
        let Some(forwarding) = forwarding.filter(|f| f.enabled) else {
            return self.lose(Disposition::NotForwarded, traffic, || {
                issues::guest_forwarding(network, id)
            });
        };
        let keeper = Stateful::Appliance(id);
        let replies = matches!(self.leg, Leg::Reply(_));
        for (returned, part) in self.returned(keeper, traffic) {
            self.branch(|walk| match returned {
                Some(Returned { reply, translated }) => {
                    let reply = if translated {
                        walk.translated(Translator::Undone, &part, reply)
                    } else {
                        reply
                    };
                    walk.kept.push(keeper);
                    walk.leaves(nic, reply);
                }
                None if replies && forwarding.stateful => {
                    walk.lose(Disposition::Asymmetric, part, || {
                        issues::asymmetric(network, keeper, false)
                    });
                }
                None => walk.passes(nic, forwarding, translation, part),
            });
        }
    }

    /// Through its translation of destinations and its filter.
    fn passes(
        &mut self,
        nic: Id<Nic>,
        forwarding: &Forwarding,
        translation: Option<usize>,
        traffic: T,
    ) {
        let id = self.engine.network.nics[nic].machine;
        let request = traffic.clone();
        let traffic = match translation.and_then(|at| forwarding.destination_nat.get(at)) {
            Some(rule) => {
                let after = traffic.translate(Rewrite {
                    destination: Some(rule.translated_address),
                    destination_port: rule.translated_port,
                    ..Rewrite::default()
                });
                let by = Translator::ApplianceDestination(id, rule.matches.name.clone());
                self.translated(by, &traffic, after)
            }
            None => traffic,
        };
        let rules = &self.engine.machine(id).filter;
        let denied = |rule| issues::appliance_filter(id, rule);
        self.filtered(
            Filter::Appliance,
            rules,
            traffic,
            &denied,
            &mut |walk, part| {
                walk.sent_on(nic, &request, part);
            },
        );
    }

    /// By the NIC that the guest's routes say, under its own address where it translates sources.
    fn sent_on(&mut self, nic: Id<Nic>, request: &T, traffic: T) {
        let network = self.engine.network;
        let id = network.nics[nic].machine;
        let machine = &network.machines[id];
        let compiled = self.engine.machine(id);
        let stateful = machine.forwarding.as_ref().is_some_and(|f| f.stateful);
        for (out, part) in self.egress(nic, &traffic) {
            for (exempt, part) in part.classify(&compiled.source_nat) {
                self.branch(|walk| {
                    let source = network.nics[out].address_like(part.witness().destination);
                    let sent = match (exempt, source) {
                        (None, Some(source)) => {
                            let after = part.translate(Rewrite {
                                source: Some(source),
                                ..Rewrite::default()
                            });
                            walk.translated(Translator::ApplianceSource(id), &part, after)
                        }
                        _ => part,
                    };
                    // Without state it knows only what it has translated.
                    let same = if stateful {
                        sent.whole(false)
                    } else {
                        sent.unchanged(request)
                    };
                    for (same, sent) in same {
                        walk.branch(|walk| {
                            if !same && matches!(walk.leg, Leg::Request) {
                                walk.sessions.push(Session {
                                    keeper: Keeper::Stateful(Stateful::Appliance(id)),
                                    before: request.clone(),
                                    after: sent.clone(),
                                });
                            }
                            walk.leaves_by(nic, out, sent);
                        });
                    }
                });
            }
        }
    }

    /// By which NIC the parts of some traffic leave an appliance: the guest's routes and connected
    /// subnets, else the NIC it came in by for private destinations, else the primary one.
    fn egress(&self, nic: Id<Nic>, traffic: &T) -> Parts<Id<Nic>, T> {
        let network = self.engine.network;
        let id = network.nics[nic].machine;
        let chosen = traffic.look_up(&self.engine.machine(id).egress);
        T::further(chosen, |out, part| match out {
            Some(out) => part.whole(out),
            None => T::so(part.classify(&self.engine.statics.private), |private| {
                private.map_or(network.machines[id].primary_nic, |_| nic)
            }),
        })
    }

    fn leaves(&mut self, nic: Id<Nic>, traffic: T) {
        for (out, part) in self.egress(nic, &traffic) {
            self.branch(|walk| walk.leaves_by(nic, out, part));
        }
    }

    /// The NIC that it leaves by checks the source, unless IP forwarding is on there.
    fn leaves_by(&mut self, nic: Id<Nic>, out: Id<Nic>, traffic: T) {
        let network = self.engine.network;
        if out != nic {
            self.recorder
                .step(|| Step::Crossed(vec![Place::Nic(nic), Place::Nic(out)]));
        }
        if network.nics[out].ip_forwarding {
            return self.departs(out, traffic);
        }
        let own = AddressSet::of_addresses(network.nics[out].addresses.iter().map(|a| a.address));
        for (native, part) in traffic.classify(&from_any_of(own)) {
            self.branch(|walk| match native {
                Some(_) => walk.departs(out, part),
                None => walk.lose(Disposition::NotForwarded, part, || {
                    issues::ip_forwarding(network, out)
                }),
            });
        }
    }
}
