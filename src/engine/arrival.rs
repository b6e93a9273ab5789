//! A packet arrives at a NIC: over a peering or not, through the security rules inbound, and then into
//! the guest, or on if the machine forwards.
//!
//! Follows `virtual-network/virtual-network-manage-peering` (what a side's flags refuse) and
//! `network-security-group-how-it-works`.

use super::gateway::is_gateway;
use super::issues;
use super::proxy::is_proxy;
use super::traffic::{Gate, GateKind, Parts, Traffic};
use super::walk::{Keeper, Leg, Origin, Stateful, Station, Walk};
use crate::diagnostic::Code;
use crate::effective::{Decision, SecurityList};
use crate::network::{Id, Nic, Peering, Place, Subnet};
use crate::spec::{Direction, PowerState};
use crate::trace::{Assumption, Disposition, Filter, HopKind, Recorder};

/// What a packet does at a NIC.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// It is for the machine itself.
    Here,
    /// It is to be sent on; with the translation of its destination that matches.
    Forward(Option<usize>),
}

/// By what way a packet comes to a NIC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// From where in the network; none: from the Internet.
    pub from: Option<Station>,
    /// Over which peering, by the object of the side that is left.
    pub over: Option<Id<Peering>>,
    /// Whether it comes by something public that is closed where no security group opens it.
    pub closed: bool,
}

/// Why a peering refuses: by which object, and which of its flags.
pub(super) type Refused = (Id<Peering>, &'static str);

/// The parts of some traffic, and whether the lists leave each undecided: no Deny and no AlwaysAllow.
fn undecided<T: Traffic>(lists: &[SecurityList], traffic: T) -> Parts<bool, T> {
    let Some((list, rest)) = lists.split_first() else {
        return traffic.whole(true);
    };
    T::further(traffic.classify(&list.rules), |decided, part| {
        match list.decide(decided, rest) {
            Decision::Denied | Decision::Allowed => part.whole(false),
            Decision::Ask(next) => undecided(next, part),
        }
    })
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// At `to`, from another NIC of the network or from outside.
    pub(super) fn arrives(
        &mut self,
        from: Option<Station>,
        to: Id<Nic>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        for (purpose, part) in self.purposes(to, &traffic) {
            self.branch(|walk| {
                walk.arrives_for(
                    purpose,
                    to,
                    Entry {
                        from,
                        over,
                        closed: false,
                    },
                    part,
                )
            });
        }
    }

    /// What the parts of some traffic do at a NIC.
    pub(super) fn purposes(&self, to: Id<Nic>, traffic: &T) -> Parts<Purpose, T> {
        let network = self.engine.network;
        let nic = &network.nics[to];
        let own = self.engine.nic_addresses(to);
        let translations = &self.engine.machine(nic.machine).destination_nat;
        let keeper = Keeper::Stateful(Stateful::Appliance(nic.machine));
        let known = self.recall(traffic.clone(), |own| own == keeper);
        T::further(known, |known, part| {
            if known.is_some() {
                return part.whole(Purpose::Forward(None));
            }
            T::further(self.asked_for(to, part), |asked, part| {
                if asked {
                    return part.whole(Purpose::Here);
                }
                T::further(part.classify(translations), |translated, part| {
                    if translated.is_some() {
                        return part.whole(Purpose::Forward(translated));
                    }
                    T::so(part.look_up(own), |here| {
                        here.map_or(Purpose::Forward(None), |_| Purpose::Here)
                    })
                })
            })
        })
    }

    /// A reply to what the machine asked itself is its own, whatever it publishes.
    fn asked_for(&self, to: Id<Nic>, traffic: T) -> Parts<bool, T> {
        let network = self.engine.network;
        match &self.leg {
            Leg::Reply(leg) if matches!(leg.origin.0, Origin::Nic(nic) if network.nics[nic].machine == network.nics[to].machine) => {
                traffic.replying(&leg.origin.1)
            }
            _ => traffic.whole(false),
        }
    }

    /// For one purpose.
    pub(super) fn arrives_for(&mut self, purpose: Purpose, to: Id<Nic>, entry: Entry, traffic: T) {
        let Entry { from, over, .. } = entry;
        let network = self.engine.network;
        if !self.leaves_over(from, over) {
            return self.end(Disposition::RefusedByPeering, traffic);
        }
        self.crossed_to(from, over, to);
        // A next hop that is the sender itself leads nowhere.
        let itself =
            matches!(purpose, Purpose::Forward(_)) && from.is_some_and(|from| from.nic == Some(to));
        let name = &network.machines[network.nics[to].machine].identity.name;
        if itself {
            return self.goes_round(name, traffic);
        }
        for (again, part) in self.visits(Place::Nic(to), traffic) {
            self.branch(|walk| {
                if again {
                    return walk.goes_round(name, part);
                }
                walk.visited.push((Place::Nic(to), part.clone()));
                walk.enters(purpose, to, entry, part);
            });
        }
    }

    /// Where it has not been before.
    fn enters(&mut self, purpose: Purpose, to: Id<Nic>, entry: Entry, traffic: T) {
        let Entry { from, over, closed } = entry;
        let network = self.engine.network;
        let flow = traffic.witness();
        let address = match purpose {
            Purpose::Here => flow.destination,
            Purpose::Forward(_) => network.nics[to]
                .address_like(flow.destination)
                .unwrap_or(flow.destination),
        };
        let kind = match purpose {
            Purpose::Here => HopKind::VnetLocal,
            Purpose::Forward(_) => HopKind::VirtualAppliance,
        };
        self.hop(Some(Place::Nic(to)), address, kind);
        let lists = self.engine.effective.security(to, Direction::Inbound);
        let guarded = self.engine.effective.is_guarded(to);
        let parts = match over {
            Some(peering) => {
                self.over_peering(from, network.nics[to].subnet, peering, !guarded, traffic)
            }
            None => traffic.whole(None),
        };
        for (refused, part) in parts {
            self.branch(|walk| {
                if let Some((peering, flag)) = refused
                    && !walk.refused_on_arrival(peering, flag)
                {
                    return walk.end(Disposition::RefusedByPeering, part);
                }
                // A Standard public address is closed until an NSG opens it (public-ip-addresses).
                let closed = closed && !guarded && matches!(walk.leg, Leg::Request);
                let parts = if closed {
                    undecided(lists, part)
                } else {
                    part.whole(false)
                };
                for (closed, part) in parts {
                    walk.branch(|walk| {
                        if closed
                            && !walk.stop(Disposition::DeniedBySecurityRule, || {
                                issues::closed_by_default(to)
                            })
                        {
                            return walk.end(Disposition::DeniedBySecurityRule, part);
                        }
                        walk.secured(to, Direction::Inbound, lists, part, &mut |walk, part| {
                            match purpose {
                                Purpose::Here => walk.into_guest(to, part),
                                Purpose::Forward(translation) => {
                                    walk.forwarded(to, translation, part)
                                }
                            }
                        });
                    });
                }
            });
        }
    }

    /// Whether a packet may leave over a peering, or the walk goes on all the same: by the flag of the
    /// side that is left, where no security group says anything.
    pub(super) fn leaves_over(&mut self, from: Option<Station>, over: Option<Id<Peering>>) -> bool {
        let network = self.engine.network;
        let (Some(from), Some(peering)) = (from, over) else {
            return true;
        };
        network.peerings[peering].allow_virtual_network_access
            || !self.unguarded(from)
            || self.stop(Disposition::RefusedByPeering, || {
                issues::peering(
                    network,
                    peering,
                    "allowVirtualNetworkAccess",
                    Direction::Outbound,
                )
            })
    }

    /// A peering refuses what has come over it; whether the walk goes on all the same.
    pub(super) fn refused_on_arrival(&mut self, peering: Id<Peering>, flag: &'static str) -> bool {
        let network = self.engine.network;
        self.stop(Disposition::RefusedByPeering, || {
            issues::peering(network, peering, flag, Direction::Inbound)
        })
    }

    /// What of some traffic has come by a place before, just as it stands, and what has not.
    pub(super) fn visits(&self, place: Place, traffic: T) -> Parts<bool, T> {
        let seen = self.visited.iter().filter(|(at, _)| *at == place);
        seen.fold(traffic.whole(false), |parts, (_, seen)| {
            T::further(parts, |again, part| match again {
                true => part.whole(true),
                false => part.unchanged(seen),
            })
        })
    }

    /// The route that was followed last leads back to where the packet has been.
    pub(super) fn goes_round(&mut self, name: &str, traffic: T) {
        let effective = &self.engine.effective;
        let followed = self.followed.and_then(|(subnet, at)| {
            effective
                .subnet_routes(subnet)
                .rows
                .get(at as usize)
                .map(|row| (subnet, row))
        });
        self.lose(Disposition::Loop, traffic, || {
            issues::looped(followed, name)
        });
    }

    /// Whether no security group says anything of what leaves or reaches a place.
    fn unguarded(&self, at: Station) -> bool {
        let network = self.engine.network;
        match (at.nic, at.place) {
            (Some(nic), _) => !self.engine.effective.is_guarded(nic),
            (None, Place::Fixture(id)) if is_proxy(network.fixtures[id].kind) => {
                network.subnets[at.subnet].nsg.is_none()
            }
            (None, _) => true,
        }
    }

    /// What this side of a peering refuses of what comes over it to a subnet, by the flag that does;
    /// without any security group there, what would deny by default is refused, too.
    pub(super) fn over_peering(
        &self,
        from: Option<Station>,
        to: Id<Subnet>,
        over: Id<Peering>,
        unguarded: bool,
        traffic: T,
    ) -> Parts<Option<Refused>, T> {
        let network = self.engine.network;
        let Some(own) = network.peerings[over].reverse else {
            return traffic.whole(None);
        };
        if let Some(subnets) = &network.peerings[over].subnets {
            let left = from.is_none_or(|from| subnets.local.contains(&from.subnet));
            if !left || !subnets.remote.contains(&to) {
                return traffic.whole(Some((own, "localSubnetNames")));
            }
        }
        let object = &network.peerings[own];
        if !object.allow_virtual_network_access && unguarded {
            return traffic.whole(Some((own, "allowVirtualNetworkAccess")));
        }
        // What an Azure gateway sends on needs no leave (virtual-network-manage-peering).
        let by_gateway = from.is_some_and(
            |from| matches!(from.place, Place::Fixture(id) if is_gateway(network, id)),
        );
        if object.allow_forwarded_traffic || by_gateway {
            return traffic.whole(None);
        }
        // The flag is about packets whose source does not lie in the peer.
        let parts = traffic.classify(self.engine.natives(object.remote));
        T::so(parts, |native| {
            native.is_none().then_some((own, "allowForwardedTraffic"))
        })
    }

    /// Into the machine: it must run, its firewall must let the packet in, something must listen.
    pub(super) fn into_guest(&mut self, nic: Id<Nic>, traffic: T) {
        if matches!(self.leg, Leg::Reply(_)) {
            return self.reply_at(Origin::Nic(nic), traffic);
        }
        let network = self.engine.network;
        let id = network.nics[nic].machine;
        if network.machines[id].power != PowerState::Running
            && !self.stop(Disposition::NotRunning, || issues::not_running(network, id))
        {
            return self.end(Disposition::NotRunning, traffic);
        }
        let gate = GateKind::GuestInbound;
        if let Some(open) = traffic.past(Gate { nic, kind: gate }) {
            return self.at_listener(nic, open);
        }
        let rules = &self.engine.machine(id).inbound;
        let denied = |rule| issues::guest_firewall(id, Direction::Inbound, rule);
        self.filtered(
            Filter::GuestInbound,
            rules,
            traffic,
            &denied,
            &mut |walk, part| {
                walk.at_listener(nic, part);
            },
        );
    }

    fn at_listener(&mut self, nic: Id<Nic>, traffic: T) {
        let network = self.engine.network;
        let id = network.nics[nic].machine;
        let gate = GateKind::Listeners;
        if let Some(open) = traffic.past(Gate { nic, kind: gate }) {
            return self.delivered(Origin::Nic(nic), open);
        }
        let Some(listeners) = &self.engine.machine(id).listeners else {
            let flow = traffic.witness();
            if flow.protocol.has_ports() {
                self.recorder.assume(|| Assumption {
                    code: Code::AssumedListener,
                    text: format!(
                        "`{}` is taken to listen on {}/{}, since its `guest.listeners` are not given",
                        network.machines[id].identity.name,
                        flow.protocol.lower(),
                        flow.destination_port
                    ),
                });
            }
            return self.delivered(Origin::Nic(nic), traffic);
        };
        self.heard(listeners, Some(id), Origin::Nic(nic), traffic);
    }
}
