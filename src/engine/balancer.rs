//! A packet reaches a load balancer's frontend: by one of its rules to one of the healthy members, each of
//! which is a path. It is no hop: members see the client, and answer it themselves.
//!
//! Follows `load-balancer/load-balancer-overview`, `load-balancer-custom-probe-overview` (health),
//! `load-balancer-floating-ip`, `load-balancer-ha-ports-overview` (as a next hop).

use super::arrival::{Entry, Purpose};
use super::compiled::{self, to_any_of};
use super::issues;
use super::traffic::{Parts, Rewrite, Traffic};
use super::walk::{Keeper, Leg, Origin, Session, Station, Walk};
use crate::effective;
use crate::net::{
    AddressSet, EPHEMERAL, Flow, PROBE_V6, Protocol, ProtocolMatch, Ranges, Rule, RuleList,
    WIRE_SERVER,
};
use crate::network::{Frontend, Id, LoadBalancer, Nic, Peering, Place};
use crate::spec::{AddressSku, BalancedProtocol, Direction, PowerState};
use crate::trace::{Disposition, Recorder, Step, Translator};

/// What a frontend does with a flow.
#[derive(Debug, Clone, Copy)]
enum Target {
    Nat(usize),
    Rule(usize),
}

/// The rules of a frontend as a list, with what each means. A frontend answers TCP and UDP only; as a next
/// hop by HA ports it passes what comes (decisions: ICMP through an HA-ports load balancer).
fn rules(frontend: &Frontend, next_hop: bool) -> (RuleList, Vec<Target>) {
    let mut list = Vec::new();
    let mut targets = Vec::new();
    let mut add = |protocol: BalancedProtocol, port: Option<u16>, target: Target| {
        let protocols: &[ProtocolMatch] = match protocol {
            BalancedProtocol::Tcp => &[ProtocolMatch::Only(Protocol::Tcp)],
            BalancedProtocol::Udp => &[ProtocolMatch::Only(Protocol::Udp)],
            BalancedProtocol::All if next_hop => &[ProtocolMatch::Any],
            BalancedProtocol::All => &[
                ProtocolMatch::Only(Protocol::Tcp),
                ProtocolMatch::Only(Protocol::Udp),
            ],
        };
        for protocol in protocols {
            list.push(Rule {
                protocol: *protocol,
                destination_ports: port.map_or_else(Ranges::all, |port| Ranges::one(port, port)),
                ..compiled::to(AddressSet::all())
            });
            targets.push(target);
        }
    };
    if !next_hop {
        for (at, rule) in frontend.nat_rules.iter().enumerate() {
            add(rule.protocol, Some(rule.frontend_port), Target::Nat(at));
        }
    }
    for (at, rule) in frontend.rules.iter().enumerate() {
        let port = (!rule.is_ha_ports()).then_some(rule.frontend_port);
        add(rule.protocol, port, Target::Rule(at));
    }
    (compiled::any(list), targets)
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// At a frontend, from inside or (`from` is none) from the Internet.
    pub(super) fn at_frontend(
        &mut self,
        from: Option<Station>,
        (balancer, frontend): (Id<LoadBalancer>, u32),
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let own = &network.load_balancers[balancer];
        let Some(frontend) = own.frontends.get(frontend as usize) else {
            return;
        };
        let fixture = &network.fixtures[frontend.fixture];
        if own.down || fixture.down {
            return self.lose(Disposition::NotRunning, traffic, || {
                issues::host_down(&own.identity.name)
            });
        }
        let far = over.is_some_and(|id| network.peerings[id].global);
        if far && own.sku == AddressSku::Basic {
            return self.lose(Disposition::NoRoute, traffic, || {
                issues::basic_over_global_peering(&own.identity.name)
            });
        }
        let public = fixture
            .public_ips
            .iter()
            .map(|id| network.public_ips[*id].address);
        let addresses = AddressSet::of_addresses(fixture.addresses.iter().copied().chain(public));
        for (addressed, part) in traffic.classify(&to_any_of(addresses)) {
            let next_hop = addressed.is_none();
            let (list, targets) = rules(frontend, next_hop);
            for (rule, part) in part.classify(&list) {
                let target = rule.and_then(|at| targets.get(at)).copied();
                self.branch(|walk| {
                    walk.balanced(from, balancer, frontend, target, next_hop, over, part)
                });
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "everything that decides where one part goes"
    )]
    fn balanced(
        &mut self,
        from: Option<Station>,
        balancer: Id<LoadBalancer>,
        frontend: &Frontend,
        target: Option<Target>,
        next_hop: bool,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let name = &network.load_balancers[balancer].identity.name;
        let (members, port, floating) = match target {
            Some(Target::Nat(at)) => {
                let rule = &frontend.nat_rules[at];
                // An inbound NAT rule is not subject to probes.
                (vec![rule.target], Some(rule.backend_port), rule.floating_ip)
            }
            Some(Target::Rule(at)) => {
                let rule = &frontend.rules[at];
                let healthy: Vec<Id<Nic>> = rule
                    .members
                    .iter()
                    .copied()
                    .filter(|nic| self.healthy(*nic, rule.probe, &traffic))
                    .collect();
                let port = (!rule.is_ha_ports()).then_some(rule.backend_port);
                (healthy, port, rule.floating_ip)
            }
            None => {
                return self.lose(Disposition::NoRoute, traffic, || {
                    issues::no_balancing_rule(name)
                });
            }
        };
        if members.is_empty() {
            return self.lose(Disposition::NoRoute, traffic, || {
                issues::no_healthy_backend(name)
            });
        }
        // Both directions of a flow that comes by one load balancer find the same member, and so does a
        // packet that comes by it again.
        let parts = if next_hop {
            self.affine(balancer, traffic)
        } else {
            traffic.whole(None)
        };
        for (known, part) in parts {
            let only = known.map(|nic| [nic]);
            let members = only.as_ref().map_or(members.as_slice(), <[_; 1]>::as_slice);
            for member in members {
                self.branch(|walk| {
                    walk.share /= members.len() as f64;
                    let part = part.clone();
                    if next_hop {
                        walk.passed_on(from, balancer, *member, over, part);
                    } else {
                        walk.balanced_to(
                            from,
                            frontend,
                            *member,
                            port.filter(|_| !floating),
                            floating,
                            over,
                            part,
                        );
                    }
                });
            }
        }
    }

    /// The member that each part of some traffic, or the request that it replies to, took at this load
    /// balancer.
    fn affine(&self, balancer: Id<LoadBalancer>, traffic: T) -> Parts<Option<Id<Nic>>, T> {
        let reply = matches!(self.leg, Leg::Reply(_));
        let sessions = self.sessions.iter().rev();
        let sessions = sessions.filter_map(|session| match session.keeper {
            Keeper::Balancer(id, nic) if id == balancer => Some((nic, &session.after)),
            _ => None,
        });
        sessions.fold(traffic.whole(None), |parts, (nic, after)| {
            T::further(parts, |known, part| {
                if known.is_some() {
                    return part.whole(known);
                }
                let same = if reply {
                    part.replying(after)
                } else {
                    part.unchanged(after)
                };
                T::so(same, |same| same.then_some(nic))
            })
        })
    }

    /// As a next hop: the packet goes on as it is.
    fn passed_on(
        &mut self,
        from: Option<Station>,
        balancer: Id<LoadBalancer>,
        member: Id<Nic>,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        if matches!(self.leg, Leg::Request) {
            // Replies come back through the appliance's state as what left it; where it translates
            // nothing, that is this.
            self.sessions.push(Session {
                keeper: Keeper::Balancer(balancer, member),
                before: traffic.clone(),
                after: traffic.clone(),
            });
        }
        self.arrives(from, member, over, traffic);
    }

    /// As a destination: the packet's destination becomes the member, or stays where the IP floats.
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that decides how one member is reached"
    )]
    fn balanced_to(
        &mut self,
        from: Option<Station>,
        frontend: &Frontend,
        member: Id<Nic>,
        port: Option<u16>,
        floating: bool,
        over: Option<Id<Peering>>,
        traffic: T,
    ) {
        let network = self.engine.network;
        let FrontendOwner { name, sku } = self.frontend_owner(frontend);
        if let Some((Origin::Nic(source), _)) = &self.origin {
            // What a member sends to its own frontend and is sent back to itself is lost.
            if network.nics[*source].machine == network.nics[member].machine {
                return self.lose(Disposition::NoRoute, traffic, || issues::hairpin(&name));
            }
        }
        let destination = network.nics[member].address_like(traffic.witness().destination);
        let after = match destination.filter(|_| !floating) {
            Some(address) => {
                let rewrite = Rewrite {
                    destination: Some(address),
                    destination_port: port,
                    ..Rewrite::default()
                };
                let after = traffic.translate(rewrite);
                self.translated(Translator::LoadBalancer(name), &traffic, after)
            }
            None => traffic.clone(),
        };
        let public = !network.fixtures[frontend.fixture].public_ips.is_empty();
        if matches!(self.leg, Leg::Request) {
            let keeper = if public {
                Keeper::Inbound(member)
            } else {
                Keeper::Balanced(member)
            };
            self.sessions.push(Session {
                keeper,
                before: traffic,
                after: after.clone(),
            });
        }
        let entry = Entry {
            from,
            over,
            closed: public && sku == AddressSku::Standard,
        };
        for (purpose, part) in self.purposes(member, &after) {
            let purpose = match purpose {
                // What floats is the member's own: its guest has the frontend's address, too.
                Purpose::Forward(None) if floating => Purpose::Here,
                purpose => purpose,
            };
            self.branch(|walk| walk.arrives_for(purpose, member, entry, part));
        }
    }

    fn frontend_owner(&self, frontend: &Frontend) -> FrontendOwner {
        let network = self.engine.network;
        let identity = &network.fixtures[frontend.fixture].identity;
        let owner = network.load_balancers.iter().find(|(_, balancer)| {
            balancer
                .frontends
                .iter()
                .any(|own| own.fixture == frontend.fixture)
        });
        FrontendOwner {
            name: identity.name.clone(),
            sku: owner.map_or(AddressSku::Standard, |(_, balancer)| balancer.sku),
        }
    }

    /// A reply of a member leaves as the frontend's; what leaves is handed on.
    pub(super) fn unbalanced(
        &mut self,
        nic: Id<Nic>,
        traffic: T,
        then: &mut dyn FnMut(&mut Self, T),
    ) {
        for (session, part) in self.recall(traffic, |keeper| keeper == Keeper::Balanced(nic)) {
            self.branch(|walk| {
                let part = match walk.session(session) {
                    Some(session) => {
                        let reply = part.undo(&session.before, &session.after);
                        walk.translated(Translator::Undone, &part, reply)
                    }
                    None => part,
                };
                then(walk, part);
            });
        }
    }

    /// Whether a member takes new flows of this family: it runs, and its probe, which comes from
    /// 168.63.129.16 or that address's counterpart in IPv6, passes the security groups and the guest's
    /// firewall and finds a listener.
    fn healthy(&self, nic: Id<Nic>, probe: Option<u16>, traffic: &T) -> bool {
        let engine = self.engine;
        let network = engine.network;
        let machine = network.nics[nic].machine;
        if network.machines[machine].power != PowerState::Running {
            return false;
        }
        let source = match traffic.witness().destination.is_ipv6() {
            true => PROBE_V6,
            false => WIRE_SERVER,
        };
        let Some(destination) = network.nics[nic].address_like(source) else {
            return false;
        };
        let Some(port) = probe else { return true };
        let asked = Flow {
            protocol: Protocol::Tcp,
            source,
            source_port: EPHEMERAL.first,
            destination,
            destination_port: port,
        };
        let passes = |list: &RuleList| list.allows(&asked);
        let compiled = engine.machine(machine);
        effective::passes(engine.effective.security(nic, Direction::Inbound), &asked)
            && passes(&compiled.inbound)
            && compiled.listeners.as_ref().is_none_or(passes)
    }

    /// The links that lead to a member; the frontend lies between.
    pub(super) fn crossed_to(
        &mut self,
        from: Option<Station>,
        over: Option<Id<Peering>>,
        to: Id<Nic>,
    ) {
        let network = self.engine.network;
        let vnet = network.subnets[network.nics[to].subnet].vnet;
        match from {
            Some(from) => self.crossed(from.place, over, Some(vnet), Place::Nic(to)),
            None => self.recorder.step(|| {
                Step::Crossed(vec![Place::Internet, Place::Network(vnet), Place::Nic(to)])
            }),
        }
    }
}

/// Whose a frontend is.
struct FrontendOwner {
    name: std::sync::Arc<str>,
    sku: AddressSku,
}
