//! Behind the listener of an application gateway: it answers the client, and asks a backend for it in a
//! connection of its own. Each healthy backend is a path.
//!
//! Follows `application-gateway/how-application-gateway-works`, `configuration-listeners` and
//! `multiple-site-overview` (which rule is for a request), `application-gateway-probe-overview` (health).

use std::net::IpAddr;
use std::sync::Arc;

use super::check::Application;
use super::compiled;
use super::firewall_rules::Asking;
use super::traffic::{Rewrite, Traffic};
use super::walk::{Front, Origin, Policy, Stop, Trail, Walk};
use super::{issues, proxy_issues};
use crate::net::{EPHEMERAL, Flow, Protocol, same_family};
use crate::network::{ApplicationGateway, Backend, Fixture, Id, RoutingRule};
use crate::spec::HttpProtocol;
use crate::trace::{Assumption, Disposition, Issue, Recorder, ReplyKind, Silent, Step, Translator};

/// An address that a rule leads to.
#[derive(Debug, Clone)]
struct Target {
    /// The position of the rule among the gateway's.
    rule: usize,
    address: IpAddr,
    /// Its name, where the pool has one for it.
    name: Option<Arc<str>>,
    /// The part of the rule's requests that it gets.
    share: f64,
}

/// What rules lead to.
#[derive(Debug, Default)]
struct Targets {
    found: Vec<Target>,
    /// Names that stand for nothing.
    unresolved: Vec<Issue>,
    assumptions: Vec<Assumption>,
}

impl<T: Traffic, R: Recorder> Walk<'_, '_, T, R> {
    /// At the listeners: by the first rule, in the order of priority, whose listener is for the port and the
    /// host that is asked for. Where no host is asked for, nothing tells the sites of a port apart.
    pub(super) fn at_listeners(
        &mut self,
        id: Id<Fixture>,
        own: Id<ApplicationGateway>,
        traffic: T,
    ) {
        let gateway = &self.engine.network.application_gateways[own];
        let mut ports: Vec<(u16, Vec<usize>)> = Vec::new();
        for (at, rule) in gateway.rules.iter().enumerate() {
            if !self.is_asked_for(rule) {
                continue;
            }
            match ports.iter_mut().find(|(port, _)| *port == rule.port) {
                Some((_, rules)) if !self.names_a_host() => rules.push(at),
                Some(_) => {}
                None => ports.push((rule.port, vec![at])),
            }
        }
        let list = compiled::any(
            ports
                .iter()
                .map(|(port, _)| compiled::of(Protocol::Tcp, Some(*port))),
        );
        for (heard, part) in traffic.classify(&list) {
            let rules = heard.and_then(|at| ports.get(at));
            self.branch(|walk| match rules {
                Some((_, rules)) => walk.answers_client(id, own, rules, part),
                None => walk.unserved(id, part, |walk, part| walk.other_site(gateway, part)),
            });
        }
    }

    /// Whether a host is asked for by its name.
    fn names_a_host(&self) -> bool {
        let asked = self.asking.as_ref();
        asked.is_some_and(|asking| asking.host.parse::<IpAddr>().is_err())
    }

    fn is_asked_for(&self, rule: &RoutingRule) -> bool {
        let Some(asking) = &self.asking else {
            return true;
        };
        let spoken = match asking.application {
            Application::None => true,
            Application::Http => rule.protocol == HttpProtocol::Http,
            Application::Https => rule.protocol == HttpProtocol::Https,
        };
        spoken && (!self.names_a_host() || rule.is_for(&asking.host))
    }

    /// Why nothing is served at a port where something listens.
    fn other_site(&self, gateway: &ApplicationGateway, traffic: &T) -> Option<String> {
        let flow = traffic.witness();
        let asking = self.asking.as_ref()?;
        let listens = |rule: &&RoutingRule| {
            flow.protocol == Protocol::Tcp && rule.port == flow.destination_port
        };
        let listener = gateway.rules.iter().find(listens)?;
        Some(if !self.names_a_host() || listener.is_for(&asking.host) {
            format!("its listener speaks {}", listener.protocol.word())
        } else {
            format!("no listener there is for the host `{}`", asking.host)
        })
    }

    /// It completes the handshake; where its answer finds its way back, it asks its backends.
    fn answers_client(
        &mut self,
        id: Id<Fixture>,
        own: Id<ApplicationGateway>,
        rules: &[usize],
        traffic: T,
    ) {
        let gateway = &self.engine.network.application_gateways[own];
        let mut front = Front {
            proxy: id,
            replies: Vec::new(),
        };
        let answers = self.stopped.is_none();
        if answers {
            self.recorder.step(|| Step::Answered);
            let (replies, assumptions) = self.replies(Origin::Fixture(id), &traffic);
            for assumption in assumptions {
                self.recorder.assume(|| assumption);
            }
            if !replies.iter().any(|back| back.kind != ReplyKind::Broken) {
                return self.unheard(traffic, replies);
            }
            front.replies = replies;
        }
        let targets = self.targets(id, gateway, rules);
        for assumption in targets.assumptions {
            self.recorder.assume(|| assumption);
        }
        self.fronts.push(front);
        let mut healthy: Vec<Target> = Vec::new();
        for target in &targets.found {
            if self.is_healthy(id, gateway, target) {
                healthy.push(target.clone());
            }
        }
        if healthy.is_empty() {
            let flow = traffic.witness();
            let name = &gateway.identity.name;
            // A request is answered with 502; each backend shows why.
            let nobody = targets.found.is_empty() && targets.unresolved.is_empty();
            self.recorder
                .issue(|| proxy_issues::no_healthy_backend(name, &flow, nobody, answers));
            healthy = targets.found;
            if !targets.unresolved.is_empty() && healthy.is_empty() {
                self.stopped.get_or_insert(Disposition::NameNotResolved);
            }
            for issue in targets.unresolved {
                self.recorder.issue(|| issue);
            }
        }
        if healthy.is_empty() {
            self.end(Disposition::NoListener, traffic);
        } else {
            let whole: f64 = healthy.iter().map(|target| target.share).sum();
            for target in &healthy {
                self.branch(|walk| {
                    walk.share *= target.share / whole;
                    walk.asks_backend(id, own, target, traffic.clone());
                });
            }
        }
        self.fronts.pop();
    }

    /// What rules lead to, each rule to an equal part, and each member of its pool. Names are resolved as in
    /// the gateway's VNet.
    fn targets(&self, id: Id<Fixture>, gateway: &ApplicationGateway, rules: &[usize]) -> Targets {
        let network = self.engine.network;
        let mut targets = Targets::default();
        let Some(source) = network.own_address(id) else {
            return targets;
        };
        for (at, rule) in rules
            .iter()
            .filter_map(|at| Some((*at, gateway.rules.get(*at)?)))
        {
            let part = 1.0 / (rules.len() * rule.backends.len()) as f64;
            for backend in &rule.backends {
                let (addresses, name) = match backend {
                    Backend::Nic(nic) => {
                        let address = network.nics[*nic].address_like(source);
                        (address.into_iter().collect(), None)
                    }
                    Backend::Address(address) => (vec![*address], None),
                    Backend::Name(name) => {
                        match self.engine.resolve(Some(Origin::Fixture(id)), name) {
                            Ok(resolved) => {
                                targets.assumptions.extend(resolved.assumptions);
                                (resolved.addresses, Some(Arc::clone(name)))
                            }
                            Err(why) => {
                                let issue = issues::name_not_resolved(name, &why);
                                targets.unresolved.push(issue);
                                continue;
                            }
                        }
                    }
                };
                let addresses: Vec<IpAddr> = addresses
                    .into_iter()
                    .filter(|address| same_family(*address, source))
                    .collect();
                let share = part / addresses.len().max(1) as f64;
                targets.found.extend(addresses.iter().map(|address| Target {
                    rule: at,
                    address: *address,
                    name: name.clone(),
                    share,
                }));
            }
        }
        targets
    }

    /// What is asked of a backend: the host that the client asks for, else the backend's own name.
    fn asking_of(&self, gateway: &ApplicationGateway, target: &Target) -> Asking {
        let asked = self.asking.as_ref().map(|asking| Arc::clone(&asking.host));
        let asked = asked.filter(|host| host.parse::<IpAddr>().is_err());
        let host = asked.or_else(|| target.name.clone());
        let application = match gateway
            .rules
            .get(target.rule)
            .map(|rule| rule.backend_protocol)
        {
            Some(HttpProtocol::Https) => Application::Https,
            _ => Application::Http,
        };
        Asking {
            host: host.unwrap_or_else(|| target.address.to_string().into()),
            address: target.address,
            application,
        }
    }

    /// Whether a backend gets requests: the gateway's probe, which comes from its subnet to the backend's
    /// port, arrives and is answered.
    fn is_healthy(&self, id: Id<Fixture>, gateway: &ApplicationGateway, target: &Target) -> bool {
        let source = self.engine.network.own_address(id);
        let (Some(source), Some(rule)) = (source, gateway.rules.get(target.rule)) else {
            return false;
        };
        let probe = Flow {
            protocol: Protocol::Tcp,
            source,
            source_port: EPHEMERAL.first,
            destination: target.address,
            destination_port: rule.backend_port,
        };
        let mut walk: Walk<'_, '_, Flow, Silent> =
            Walk::new(self.engine, Policy::StopAtFirst, Silent)
                .asking(self.asking_of(gateway, target));
        let fronts = self.fronts.iter().map(|front| Front {
            proxy: front.proxy,
            replies: Vec::new(),
        });
        walk.fronts = fronts.collect();
        let ends = walk.run(Origin::Fixture(id), probe, None);
        ends.iter().any(|end| {
            let mut replies = end.fate.replies.iter();
            end.fate.disposition == Disposition::Delivered
                && replies.any(|back| back.kind != ReplyKind::Broken)
        })
    }

    /// The connection to a backend, from an instance's address.
    fn asks_backend(
        &mut self,
        id: Id<Fixture>,
        own: Id<ApplicationGateway>,
        target: &Target,
        traffic: T,
    ) {
        let network = self.engine.network;
        let gateway = &network.application_gateways[own];
        let Some(rule) = gateway.rules.get(target.rule) else {
            return;
        };
        let asking = self.asking_of(gateway, target);
        let after = traffic.translate(Rewrite {
            source: network.own_address(id),
            source_port: Some(EPHEMERAL.first),
            destination: Some(target.address),
            destination_port: Some(rule.backend_port),
        });
        let by = Translator::ApplicationGateway(own, Arc::clone(&rule.name));
        let after = self.translated(by, &traffic, after);
        // Nothing that is remembered of the client's connection is of any use to this one.
        let origin = self.origin.replace((Origin::Fixture(id), after.clone()));
        let asked = self.asking.replace(asking);
        let sessions = std::mem::take(&mut self.sessions);
        let kept = std::mem::take(&mut self.kept);
        let visited = std::mem::take(&mut self.visited);
        let trail = std::mem::replace(&mut self.trail, Trail::from_elem(Stop::Fixture(id), 1));
        self.from_fixture(id, after);
        self.trail = trail;
        self.visited = visited;
        self.kept = kept;
        self.sessions = sessions;
        self.asking = asked;
        self.origin = origin;
    }
}
