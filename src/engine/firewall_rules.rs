//! What a walk asks of an Azure Firewall, as rule lists; and what is asked of a destination, by which
//! application rules decide.
//!
//! Follows `firewall/rule-processing` and `firewall/snat-private-range`.

use std::net::IpAddr;
use std::sync::Arc;

use super::Engine;
use super::check::Application;
use super::compiled::{self, to_any_of};
use crate::net::{AddressSet, PortRange, PortSet, Protocol, ProtocolMatch, Ranges, Rule, RuleList};
use crate::network::{
    ApplicationProtocol, Endpoint, Firewall, FirewallApplicationRule, FirewallRule, Id, Network,
};

/// What is asked of a destination, as far as an application rule sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The name in the request; an address where it is asked for by one.
    pub host: Arc<str>,
    /// The address that the name stands for.
    pub address: IpAddr,
    /// What is spoken; where nothing is said of it, whatever a rule knows on the port.
    pub application: Application,
}

impl Asking {
    /// Of an endpoint, by one of its addresses.
    #[must_use]
    pub fn of(
        network: &Network,
        endpoint: &Endpoint,
        address: IpAddr,
        application: Application,
    ) -> Self {
        let host = match endpoint {
            Endpoint::InternetHost(id) => network.internet_hosts[*id].name.clone(),
            Endpoint::Service(id) => match network.services[*id].fqdn.as_deref() {
                Some(name) => Arc::from(name),
                None => address.to_string().into(),
            },
            Endpoint::Uri { host, .. } => host.as_str().into(),
            Endpoint::Fqdn(name) => name.as_str().into(),
            _ => address.to_string().into(),
        };
        Self {
            host,
            address,
            application,
        }
    }
}

/// A list, with the firewall's rule that each of its rules comes from.
#[derive(Debug)]
pub(super) struct Listed {
    pub list: RuleList,
    /// The positions among the rules of their type, in step with `list`.
    sources: Vec<Source>,
}

/// Where a rule of a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source {
    /// The position among the rules of its type.
    pub rule: usize,
    /// Whether it would match by something that is not known.
    pub open: bool,
}

impl FromIterator<(Source, Rule)> for Listed {
    fn from_iter<I: IntoIterator<Item = (Source, Rule)>>(rules: I) -> Self {
        let (sources, rules): (Vec<Source>, Vec<Rule>) = rules.into_iter().unzip();
        Self {
            list: compiled::any(rules),
            sources,
        }
    }
}

impl Listed {
    /// Where the rule that decided comes from.
    pub fn source(&self, decided: Option<usize>) -> Option<Source> {
        decided.and_then(|at| self.sources.get(at)).copied()
    }

    /// What a rule means, or none: whether one decides, how, and which it is if that rests on something
    /// unknown.
    pub fn meaning(&self, decided: Option<usize>) -> (Option<bool>, Option<Source>) {
        let rule = decided.and_then(|at| self.list.rules().get(at));
        let open = self.source(decided).filter(|source| source.open);
        (rule.map(|rule| rule.allow), open)
    }

    /// The rules that rest on nothing unknown.
    pub fn known(&self) -> Self {
        let rules = self.sources.iter().zip(self.list.rules());
        let known = rules.filter(|(source, _)| !source.open);
        known
            .map(|(source, rule)| (*source, rule.clone()))
            .collect()
    }
}

/// One firewall rule, for a protocol.
fn lowered(own: &FirewallRule, protocol: ProtocolMatch, to: &AddressSet, ports: PortSet) -> Rule {
    Rule {
        name: Arc::clone(&own.name),
        allow: own.allow,
        protocol,
        source: own.source.clone(),
        source_ports: PortSet::all(),
        destination: to.clone(),
        destination_ports: ports,
        doubtful: own.doubtful.clone(),
    }
}

/// A firewall's own decisions.
#[derive(Debug)]
pub(super) struct CompiledFirewall {
    /// Whether the destination is the firewall itself.
    pub own: RuleList,
    /// DNS to its private address, where its policy says that it answers.
    pub dns: RuleList,
    /// What threat intelligence denies.
    pub threats: RuleList,
    /// DNAT rules, for the firewall's own addresses only.
    pub nat: Listed,
    /// Network rules.
    pub network: Listed,
    /// What the firewall answers itself, where no network rule is for it.
    pub proxied: RuleList,
    /// Destinations for which network rules keep the source.
    pub private: RuleList,
}

impl CompiledFirewall {
    /// Builds them for `firewall`.
    fn new(engine: &Engine<'_>, firewall: &Firewall) -> Self {
        let network = engine.network;
        let fixture = &network.fixtures[firewall.fixture];
        let public = fixture
            .public_ips
            .iter()
            .map(|id| network.public_ips[*id].address);
        let own = AddressSet::of_addresses(fixture.addresses.iter().copied().chain(public));
        let mut nat = Vec::new();
        for (at, rule) in firewall.nat_rules.iter().enumerate() {
            let to = rule.rule.destination.intersection(&own);
            for protocol in &rule.protocols {
                let source = Source {
                    rule: at,
                    open: false,
                };
                let rule = lowered(&rule.rule, *protocol, &to, rule.ports.clone());
                nat.push((source, rule));
            }
        }
        let dns = [Protocol::Udp, Protocol::Tcp]
            .into_iter()
            .filter(|_| firewall.dns_proxy)
            .map(|protocol| Rule {
                destination: AddressSet::of_addresses(fixture.addresses.iter().copied()),
                ..compiled::of(protocol, Some(53))
            });
        let threats = &firewall.threats;
        Self {
            own: to_any_of(own),
            dns: compiled::any(dns),
            threats: compiled::any([
                compiled::from(threats.clone()),
                compiled::to(threats.clone()),
            ]),
            nat: nat.into_iter().collect(),
            network: network_list(engine, firewall),
            proxied: proxied(firewall),
            private: to_any_of(firewall.private_ranges.clone()),
        }
    }
}

fn network_list(engine: &Engine<'_>, firewall: &Firewall) -> Listed {
    let mut listed = Vec::new();
    for (at, rule) in firewall.network_rules.iter().enumerate() {
        let found: Vec<AddressSet> = rule
            .fqdns
            .iter()
            .map(|name| AddressSet::of_addresses(engine.addresses_at(firewall, name)))
            .collect();
        let open = found.iter().any(AddressSet::is_empty);
        let stated = if rule.names_only {
            AddressSet::default()
        } else {
            rule.rule.destination.clone()
        };
        let to = found.iter().fold(stated, |all, some| all.union(some));
        for protocol in &rule.protocols {
            let source = Source {
                rule: at,
                open: false,
            };
            let stated = lowered(&rule.rule, *protocol, &to, rule.ports.clone());
            listed.push((source, stated));
            if open {
                let source = Source { open, ..source };
                let anywhere = AddressSet::all();
                let unclear = lowered(&rule.rule, *protocol, &anywhere, rule.ports.clone());
                listed.push((source, unclear));
            }
        }
    }
    listed.into_iter().collect()
}

/// TCP 80 and 443, and the ports of application rules: to see what is asked the firewall must answer
/// the handshake (`network-watcher/connection-troubleshoot-overview`, TCP ping and Azure Firewall).
fn proxied(firewall: &Firewall) -> RuleList {
    let named = firewall
        .application_rules
        .iter()
        .flat_map(|rule| &rule.protocols)
        .map(|(_, port)| *port);
    let ports: PortSet = [80, 443]
        .into_iter()
        .chain(named)
        .map(|port| PortRange {
            first: port,
            last: port,
        })
        .collect();
    compiled::any([Rule {
        destination_ports: ports,
        ..compiled::of(Protocol::Tcp, None)
    }])
}

/// The application rules for what is asked; where that is not one thing, those for any name.
pub(super) fn application_list(firewall: &Firewall, asking: Option<&Asking>) -> Listed {
    let mut listed = Vec::new();
    for (at, rule) in firewall.application_rules.iter().enumerate() {
        let Some(open) = names(rule, asking) else {
            continue;
        };
        for (protocol, port) in &rule.protocols {
            if speaks(asking, *protocol) {
                let source = Source { rule: at, open };
                let tcp = ProtocolMatch::Only(Protocol::Tcp);
                let to = &rule.rule.destination;
                let ports = Ranges::one(*port, *port);
                listed.push((source, lowered(&rule.rule, tcp, to, ports)));
            }
        }
    }
    listed.into_iter().collect()
}

/// Whether an application rule is for the name, and whether that rests on something that is not known.
fn names(rule: &FirewallApplicationRule, asking: Option<&Asking>) -> Option<bool> {
    let by_address = rule.fqdns.is_empty()
        && rule.beyond.is_none()
        && rule.url_hosts.is_empty()
        && rule.rule.destination != AddressSet::all();
    let named = match asking {
        Some(asking) => rule.is_for(&asking.host),
        None => rule.fqdns.iter().any(|pattern| pattern == "*"),
    };
    if by_address || named {
        return Some(false);
    }
    let url = asking.is_some_and(|asking| rule.has_url_at(&asking.host));
    (rule.beyond.is_some() || url).then_some(true)
}

fn speaks(asking: Option<&Asking>, protocol: ApplicationProtocol) -> bool {
    match asking.map_or(Application::None, |asking| asking.application) {
        Application::None => true,
        Application::Http => protocol == ApplicationProtocol::Http,
        Application::Https => protocol == ApplicationProtocol::Https,
    }
}

impl Engine<'_> {
    /// The lists of a firewall.
    pub(super) fn firewall(&self, id: Id<Firewall>) -> &CompiledFirewall {
        self.firewalls[id.index()]
            .get_or_init(|| CompiledFirewall::new(self, &self.network.firewalls[id]))
    }

    /// The addresses of a name as a firewall finds them, by Azure's DNS in its own VNet; none where that
    /// rests on something that is not known.
    pub(super) fn addresses_at(&self, firewall: &Firewall, name: &str) -> Vec<IpAddr> {
        let vnet = self.network.fixtures[firewall.fixture].vnet;
        let found = vnet.and_then(|vnet| self.resolve_in(vnet, name).ok());
        let found = found.filter(|found| found.assumptions.is_empty());
        found.map(|found| found.addresses).unwrap_or_default()
    }
}
