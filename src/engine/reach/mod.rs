//! Questions about sets: every flow that gets from some endpoints to others.
//!
//! A flow gets through where its connection works, by any of several equally good paths, as Connection
//! troubleshoot would say Reachable of it. It gets to where it is delivered, whatever address it was sent
//! to: a public address, a load balancer's frontend, a translation. What a machine sends to itself, a site
//! to itself or the Internet to itself is nobody's business. Sets know no Network Watcher agent and no used
//! source ports: those keep a check from being made, and no flow from getting through.

mod assumed;
mod each;
mod goal;
mod rows;
mod start;
mod walks;

use std::net::IpAddr;

use super::answer::blame_replies;
use super::check::{Application, path};
use super::ends;
use super::flows::{FlowBox, FlowSet, Space};
use super::traffic::Traffic;
use super::walk::{End, Origin, Policy, Walk};
use super::{Asking, Engine};
use crate::net::{AddressSet, Flow, PortRange, PortSet, Protocol, Ranges};
use crate::network::Endpoint;
use crate::trace::{Disposition, Path, Recorder, ReplyKind, Tracing};

pub use goal::Goal;
pub use rows::{Names, Reach, Row, Side, general, merged};
pub use start::Start;

/// An endpoint as a member of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub endpoint: Endpoint,
    /// Whether a machine is meant with all its NICs, and not the NIC alone.
    pub whole: bool,
}

/// Every port that a packet can come from or go to.
pub const PORTS: PortRange = PortRange {
    first: 1,
    last: u16::MAX,
};

/// The services that are asked about: those of a protocol, or of all; their ports, where any are named.
/// Where ports are named protocols without ports are not meant.
#[must_use]
pub fn services(protocol: Option<Protocol>, ports: &[PortRange]) -> Vec<(Protocol, PortSet)> {
    let named: PortSet = if ports.is_empty() {
        Ranges::one(PORTS.first, PORTS.last)
    } else {
        ports.iter().copied().collect()
    };
    let all = [
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Esp,
        Protocol::Ah,
    ];
    all.into_iter()
        .filter(|own| protocol.is_none_or(|wanted| wanted == *own))
        .filter(|own| own.has_ports() || ports.is_empty() || protocol.is_some())
        .map(|own| {
            let ports = if own.has_ports() {
                named.clone()
            } else {
                PortSet::all()
            };
            (own, ports)
        })
        .collect()
}

/// What is asked of the flows of a set.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of which protocols, each with its ports.
    pub services: Vec<(Protocol, PortSet)>,
    /// From which ports.
    pub source_ports: PortSet,
    /// What is asked over them.
    pub application: Application,
}

impl Asked {
    /// Every flow of some services, from any port.
    #[must_use]
    pub fn every(services: Vec<(Protocol, PortSet)>) -> Self {
        Self {
            services,
            source_ports: Ranges::one(PORTS.first, PORTS.last),
            application: Application::None,
        }
    }
}

/// What became of the flows from one start to a goal.
#[derive(Debug, Clone)]
pub struct Through<'s> {
    /// Those that get through, as they start.
    pub works: FlowSet<'s>,
    /// Those of which that is not known, since something on the way is not modelled.
    pub open: FlowSet<'s>,
}

/// A path of some flows that get through to a goal.
#[derive(Debug)]
pub struct Passage<'s> {
    /// The flows, as they start.
    pub flows: FlowSet<'s>,
    /// Its end.
    pub end: End<FlowSet<'s>>,
}

/// The flows of an end that get through, as they start: some reply to each finds its way back.
fn working<'s>(end: &End<FlowSet<'s>>, none: FlowSet<'s>) -> FlowSet<'s> {
    if end.is_open() || end.fate.disposition != Disposition::Delivered {
        return none;
    }
    let back = end.fate.replies.iter();
    back.filter(|back| back.kind != ReplyKind::Broken)
        .fold(none, |all, back| all.union(&back.traffic))
}

/// One walk: of flows, with what is asked of their destination.
struct Errand {
    destinations: AddressSet,
    asking: Asking,
}

/// Sets of flows, put through an engine's network.
#[derive(Debug)]
pub struct Sets<'e, 'n, 's> {
    /// The engine.
    pub engine: &'e Engine<'n>,
    /// Where the sets are kept.
    pub space: &'s Space,
}

impl<'s> Sets<'_, '_, 's> {
    /// The flows from a start to any of some addresses.
    #[must_use]
    pub fn flows(&self, start: &Start, asked: &Asked, to: &AddressSet) -> FlowSet<'s> {
        FlowSet::of(
            self.space,
            &FlowBox {
                sources: start.addresses.clone(),
                source_ports: asked.source_ports.clone(),
                destinations: start.like(to),
                services: asked.services.clone(),
            },
        )
    }

    /// Every flow from a start that gets through to a goal.
    #[must_use]
    pub fn through(&self, start: &Start, goal: &Goal, asked: &Asked) -> Through<'s> {
        let to = goal.destinations(self.engine);
        self.through_by(start, goal, asked, to)
    }

    /// The same of what is sent to some addresses.
    fn through_by(&self, start: &Start, goal: &Goal, asked: &Asked, to: AddressSet) -> Through<'s> {
        let none = FlowSet::none(self.space);
        let mut found = Through {
            works: none,
            open: none,
        };
        let silent = crate::trace::Silent;
        self.walk((start, to), asked, silent, |sets, end| {
            if end.is_open() {
                let open = goal.open(sets.engine, start, end);
                found.open = found.open.union(&open);
                return;
            }
            let works = working(end, none);
            if !works.is_empty() {
                found.works = found
                    .works
                    .union(&goal.reached(sets.engine, start, end, works));
            }
        });
        found.open = found.open.difference(&found.works);
        found
    }

    /// The same, path by path, with what `recorder` keeps of each.
    pub fn passages<R: Recorder + Clone>(
        &self,
        start: &Start,
        goal: &Goal,
        asked: &Asked,
        recorder: R,
    ) -> Vec<Passage<'s>> {
        let none = FlowSet::none(self.space);
        let mut found = Vec::new();
        let to = goal.destinations(self.engine);
        self.walk((start, to), asked, recorder, |sets, end| {
            let works = working(end, none);
            if works.is_empty() {
                return;
            }
            let flows = goal.reached(sets.engine, start, end, works);
            if !flows.is_empty() {
                found.push(Passage {
                    flows,
                    end: end.clone(),
                });
            }
        });
        found
    }

    fn walk<R: Recorder + Clone>(
        &self,
        (start, to): (&Start, AddressSet),
        asked: &Asked,
        recorder: R,
        mut take: impl FnMut(&Self, &End<FlowSet<'s>>),
    ) {
        if start.stopped.is_some() || to.is_empty() {
            return;
        }
        for errand in self.errands(to, asked) {
            let flows = self.flows(start, asked, &errand.destinations);
            if flows.is_empty() {
                continue;
            }
            let walk = Walk::new(self.engine, Policy::StopAtFirst, recorder.clone());
            let ends = walk.asking(errand.asking).run(start.origin, flows, None);
            for end in &ends {
                take(self, end);
            }
        }
    }

    /// The walks that a question takes: where application rules may decide by what is asked for, one for
    /// each address that has a name of its own; and one for all others.
    fn errands(&self, to: AddressSet, asked: &Asked) -> Vec<Errand> {
        let network = self.engine.network;
        let mut rest = to;
        let mut errands = Vec::new();
        let ruled = network
            .firewalls
            .iter()
            .any(|(_, own)| !own.application_rules.is_empty());
        if ruled {
            let hosts = network.internet_hosts.iter().flat_map(|(id, host)| {
                host.addresses
                    .iter()
                    .map(move |own| (Endpoint::InternetHost(id), *own))
            });
            let services = network.services.iter().filter_map(|(id, service)| {
                Some((Endpoint::Service(id), service.public_ip_address?))
            });
            for (endpoint, address) in hosts.chain(services) {
                if rest.contains(address) {
                    let destinations = AddressSet::of_addresses([address]);
                    rest = rest.difference(&destinations);
                    let asking = Asking::of(network, &endpoint, address, asked.application);
                    errands.push(Errand {
                        destinations,
                        asking,
                    });
                }
            }
        }
        let any = ends::representative(network);
        errands.push(Errand {
            destinations: rest,
            asking: Asking::of(network, &Endpoint::Internet, any, asked.application),
        });
        errands
    }

    /// What gets from a start to some addresses, whatever answers there.
    pub(in crate::engine) fn to_addresses(
        &self,
        start: &Start,
        to: &AddressSet,
        asked: &Asked,
    ) -> Through<'s> {
        let any = ends::representative(self.engine.network);
        let asking = Asking::of(
            self.engine.network,
            &Endpoint::Internet,
            any,
            asked.application,
        );
        self.one_walk(start, to, asking, asked, &Endpoint::Internet)
    }

    /// What gets from each start to an address of an endpoint that is asked for by its name: a machine's is
    /// no other one's with the same address.
    pub(in crate::engine) fn to_address(
        &self,
        starts: &[Start],
        endpoint: &Endpoint,
        address: IpAddr,
        asked: &Asked,
    ) -> Vec<Through<'s>> {
        let to = AddressSet::of_addresses([address]);
        let network = self.engine.network;
        let asking = || Asking::of(network, endpoint, address, asked.application);
        starts
            .iter()
            .map(|start| self.one_walk(start, &to, asking(), asked, endpoint))
            .collect()
    }

    fn one_walk(
        &self,
        start: &Start,
        to: &AddressSet,
        asking: Asking,
        asked: &Asked,
        meant: &Endpoint,
    ) -> Through<'s> {
        let none = FlowSet::none(self.space);
        let mut found = Through {
            works: none,
            open: none,
        };
        let flows = self.flows(start, asked, to);
        if start.stopped.is_some() || flows.is_empty() {
            return found;
        }
        let walk = Walk::new(self.engine, Policy::StopAtFirst, crate::trace::Silent).asking(asking);
        let network = self.engine.network;
        let astray = |end: &End<FlowSet<'_>>| match (meant, end.at) {
            (Endpoint::Nic(meant), Some(Origin::Nic(there))) => {
                let address = end.traffic.witness().destination;
                to.contains(address) && ends::is_another(network, *meant, there, address)
            }
            _ => false,
        };
        for end in walk.run(start.origin, flows, None) {
            if astray(&end) {
                continue;
            }
            if end.is_open() {
                found.open = found.open.union(&end.traffic);
            } else {
                found.works = found.works.union(&working(&end, none));
            }
        }
        found.open = found.open.difference(&found.works);
        found
    }

    /// The paths of one flow, with everything that stands in its way first.
    #[must_use]
    pub fn paths(&self, start: &Start, application: Application, flow: Flow) -> Vec<Path> {
        let network = self.engine.network;
        let owner = network.public_owners.get(flow.destination);
        let endpoint = match owner {
            Some(crate::network::PublicOwner::InternetHost(id)) => Endpoint::InternetHost(id),
            Some(crate::network::PublicOwner::Service(id)) => Endpoint::Service(id),
            _ => Endpoint::Address(flow.destination),
        };
        let asking = Asking::of(network, &endpoint, flow.destination, application);
        let walk = Walk::new(self.engine, Policy::StopAtFirst, Tracing::default()).asking(asking);
        let ends = walk.run(start.origin, flow, start.stopped);
        let mut paths: Vec<Path> = ends.into_iter().map(|end| path(end, 1.0)).collect();
        for path in &mut paths {
            blame_replies(network, path);
        }
        paths
    }
}
