//! Network Watcher's NSG diagnostics (`network-watcher/diagnose-network-security-rules`).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::{compiled, ip_flow};
use crate::effective::{AppliedTo, Decision, Effective, ListOrigin, SecurityList};
use crate::net::tags::{self, PlatformTag};
use crate::net::{
    AddressSet, Matched, PortRange, PortSet, Protocol, ProtocolMatch, Ranges, Rule, parse_prefix,
};
use crate::network::{
    Endpoint, Fixture, Id, NameFault, Network, NetworkManager, NetworkSecurityGroup, Nic, RuleSide,
    Subnet,
};
use crate::spec::{Access, Direction};

/// Where it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// At a NIC.
    Nic(Id<Nic>),
    /// At an application gateway or a Bastion host, which stands in its subnet without a NIC.
    Fixture(Id<Fixture>),
}

impl Target {
    /// Reads the name of a machine, a NIC or an application gateway. Of a machine's NICs it is the one with an
    /// address in what is asked of its own side, else the primary one.
    ///
    /// # Errors
    /// Where it is none of them.
    pub fn parse(text: &str, own: Option<&Asked>, network: &Network) -> Result<Self, NameFault> {
        if let Ok(Endpoint::Fixture(id)) = network.endpoint(text)
            && network.application_gateway(id).is_some()
        {
            return Ok(Self::Fixture(id));
        }
        let nics = network.nics_of(text)?;
        let asked = |nic: &&Id<Nic>| match own {
            Some(Asked::Prefix(prefix)) => {
                ip_flow::has(&network.nics[**nic], |address| prefix.contains(&address))
            }
            _ => false,
        };
        let nic = nics.iter().find(asked).or(nics.first());
        nic.copied().map(Self::Nic).ok_or_else(|| {
            // A name that is one has a NIC.
            NameFault::Unknown(text.to_owned(), None)
        })
    }
}

/// What is asked: Azure's profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Where.
    pub target: Target,
    /// Which way, seen from there.
    pub direction: Direction,
    /// A protocol, or any.
    pub protocol: ProtocolMatch,
    /// From where.
    pub source: Asked,
    /// To where.
    pub destination: Asked,
    /// To which port; `PortRange::ALL` for `*`.
    pub port: PortRange,
}

/// What is asked of one side.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// `*`.
    Any,
    /// An address or a prefix.
    Prefix(IpNet),
    /// A tag whose content Azure computes or defines.
    Platform(PlatformTag),
    /// A published service tag.
    Tag(Arc<str>),
}

/// Why a text is no side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFault(pub String);

impl fmt::Display for AskedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is neither an address prefix nor a service tag nor `*`",
            self.0
        )
    }
}

impl std::error::Error for AskedFault {}

impl Asked {
    /// Reads `*`, an address, a prefix or a service tag.
    ///
    /// # Errors
    /// Where the text is none of them.
    pub fn parse(text: &str, network: &Network) -> Result<Self, AskedFault> {
        if text == "*" || text.eq_ignore_ascii_case("Any") {
            return Ok(Self::Any);
        }
        if let Ok(prefix) = parse_prefix(text) {
            return Ok(Self::Prefix(prefix));
        }
        if let Some(tag) = tags::platform(text) {
            return Ok(Self::Platform(tag));
        }
        let mut known = network.tags.iter();
        match known.find(|(_, tag)| tag.name.eq_ignore_ascii_case(text)) {
            Some((_, tag)) => Ok(Self::Tag(tag.name.clone())),
            None if tags::is_known(text) => Ok(Self::Tag(Arc::from(text))),
            None => Err(AskedFault(text.to_owned())),
        }
    }
}

/// What NSG diagnostics answers.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// Whether everything asked for passes.
    pub access: Access,
    /// What was evaluated, in order; nothing stands behind a denial.
    pub groups: Vec<EvaluatedGroup>,
    /// Whether all that is asked for is the platform's own traffic, which only a rule for its tag stops.
    pub platform: bool,
    /// Service tags that are not known in full, and would change the answer if they held what was asked.
    pub doubtful: Vec<Arc<str>>,
}

/// What evaluated a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evaluator {
    /// A network security group.
    SecurityGroup(Id<NetworkSecurityGroup>),
    /// A network manager, by its security admin rules.
    NetworkManager(Id<NetworkManager>),
}

/// One group's evaluation.
#[derive(Debug, Clone)]
pub struct EvaluatedGroup {
    /// The group.
    pub evaluator: Evaluator,
    /// Where it is applied.
    pub applied_to: AppliedTo,
    /// The rule that matched: `UserRule_x` or `DefaultRule_x`; `x` for a security admin rule.
    pub rule_name: String,
    /// What it does; Allow for an AlwaysAllow too.
    pub action: Access,
    /// Every rule up to and including the one that matched.
    pub rules: Vec<RuleEvaluation>,
    /// The group's rules as they were evaluated; the last of `rules` is the one that matched.
    pub list: SecurityList,
}

/// How a rule compares with a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleEvaluation {
    /// `UserRule_x` or `DefaultRule_x`; `x` for a security admin rule.
    pub name: String,
    /// Each of the five parts, looked at for itself.
    pub matched: Matched,
}

/// Evaluates what filters at a NIC, or at what stands in a subnet without one, for a profile, up to the first denial, or the first AlwaysAllow of a
/// security admin rule. A network manager is only listed where a rule of it matches.
#[must_use]
pub fn diagnose(effective: &Effective, profile: &Profile) -> Diagnosis {
    let network = effective.network();
    let mut diagnosis = Diagnosis {
        access: Access::Allow,
        groups: Vec::new(),
        platform: false,
        doubtful: Vec::new(),
    };
    let (subnet, lists) = match profile.target {
        Target::Nic(nic) => (
            Some(network.nics[nic].subnet),
            Cow::Borrowed(effective.security(nic, profile.direction)),
        ),
        Target::Fixture(id) => {
            let subnet = network.fixtures[id].subnet;
            let lists = subnet.map(|subnet| effective.subnet_security(subnet, profile.direction));
            (subnet, Cow::Owned(lists.unwrap_or_default()))
        }
    };
    let Some(subnet) = subnet else {
        return diagnosis;
    };
    let comparison = Comparison::new(effective, subnet, profile);
    diagnosis.platform = comparison.platform;
    let mut rest = &*lists;
    while let Some((list, behind)) = rest.split_first() {
        let (group, decided) = comparison.evaluate(list, &mut diagnosis.doubtful);
        let passed_by = decided.is_none() && comparison.platform;
        if decided.is_some() || (matches!(list.origin, ListOrigin::Group(_)) && !passed_by) {
            diagnosis.groups.push(group);
        }
        if passed_by {
            rest = behind;
            continue;
        }
        rest = match list.decide(decided, behind) {
            Decision::Denied => {
                diagnosis.access = Access::Deny;
                break;
            }
            Decision::Allowed => break,
            Decision::Ask(next) => next,
        };
    }
    diagnosis
}

/// The addresses that are asked for. Of a published tag that is not known in full all that may be in it
/// count, so that a rule only matches where it surely does.
fn content(effective: &Effective, subnet: Id<Subnet>, asked: &Asked) -> AddressSet {
    let network = effective.network();
    match asked {
        // Azure's diagnostics speak IPv4.
        Asked::Any => AddressSet::between([0, 0, 0, 0].into(), [255, 255, 255, 255].into()),
        Asked::Prefix(prefix) => AddressSet::of([prefix]),
        Asked::Platform(PlatformTag::VirtualNetwork) => {
            effective.virtual_network(subnet).addresses.clone()
        }
        Asked::Platform(PlatformTag::Internet) => {
            let vnet = network.subnets[subnet].vnet;
            effective.internet(vnet).addresses.clone()
        }
        Asked::Platform(tag) => tags::fixed(*tag).unwrap_or_default(),
        Asked::Tag(name) => {
            let mut known = network.tags.iter();
            let known = known.find(|(_, tag)| tag.name == *name);
            match known {
                Some((_, tag)) if tag.complete && !tag.addresses.is_empty() => {
                    tag.addresses.clone()
                }
                _ => tags::internet(),
            }
        }
    }
}

/// A profile with the content of its sides, as a subnet sees them.
pub(super) struct Comparison<'a> {
    network: &'a Network,
    profile: &'a Profile,
    source: AddressSet,
    destination: AddressSet,
    protocol: ProtocolMatch,
    ports: PortSet,
    /// Whether all of it is the platform's own traffic.
    platform: bool,
}

impl<'a> Comparison<'a> {
    /// Of `profile`, as `subnet` sees its tags.
    pub(super) fn new(
        effective: &'a Effective<'_>,
        subnet: Id<Subnet>,
        profile: &'a Profile,
    ) -> Self {
        let destination = content(effective, subnet, &profile.destination);
        let mut ports: PortSet = [profile.port].into_iter().collect();
        let mut protocol = profile.protocol;
        // A platform's own tag asks for its service, whatever else has the address.
        let service = match profile.destination {
            Asked::Platform(tag) => tag.service(),
            _ => None,
        };
        if let Some((own, port)) = service {
            if protocol == ProtocolMatch::Any {
                protocol = own;
            }
            if ports == PortSet::all() {
                ports = Ranges::one(port, port);
            }
        }
        let protocols: &[Protocol] = match (protocol, service) {
            (ProtocolMatch::Only(Protocol::Tcp), _) => &[Protocol::Tcp],
            (ProtocolMatch::Only(Protocol::Udp), _) => &[Protocol::Udp],
            (ProtocolMatch::Any, Some(_)) => &[Protocol::Tcp, Protocol::Udp],
            _ => &[],
        };
        let exempt = compiled::platform();
        let platform = profile.direction == Direction::Outbound
            && !destination.is_empty()
            && !protocols.is_empty()
            && protocols.iter().all(|protocol| {
                exempt.rules().iter().any(|rule| {
                    rule.protocol.matches(*protocol)
                        && rule.destination.covers(&destination)
                        && rule.destination_ports.covers(&ports)
                })
            });
        Self {
            network: effective.network(),
            profile,
            source: content(effective, subnet, &profile.source),
            destination,
            protocol,
            ports,
            platform,
        }
    }

    /// A list's evaluation, and the rule that matched.
    fn evaluate(
        &self,
        list: &SecurityList,
        doubtful: &mut Vec<Arc<str>>,
    ) -> (EvaluatedGroup, Option<usize>) {
        let mut rules = Vec::new();
        let mut action = Access::Deny;
        let mut decided = None;
        for (at, rule) in list.rules.rules().iter().enumerate() {
            let matched = self.compare(list, at, rule);
            let name = list.diagnostic_name(at).unwrap_or_default();
            rules.push(RuleEvaluation { name, matched });
            if matched.all() {
                action = if rule.allow {
                    Access::Allow
                } else {
                    Access::Deny
                };
                decided = Some(at);
                break;
            }
            if let Some(tag) = self.may_match(rule, matched)
                && !doubtful.contains(tag)
            {
                doubtful.push(tag.clone());
            }
        }
        // The default rules end with one that matches everything.
        let last = rules.last().map(|rule| rule.name.clone());
        let group = EvaluatedGroup {
            evaluator: match list.origin {
                ListOrigin::Group(nsg) => Evaluator::SecurityGroup(nsg),
                ListOrigin::Manager(manager) => Evaluator::NetworkManager(manager),
            },
            applied_to: list.applied_to,
            rule_name: last.unwrap_or_default(),
            action,
            rules,
            list: list.clone(),
        };
        (group, decided)
    }

    /// The five parts: each side must hold all of what is asked for.
    pub(super) fn compare(&self, list: &SecurityList, at: usize, rule: &Rule) -> Matched {
        let [sources, destinations] = list.sides(self.network, at).unwrap_or_default();
        let side = |own: &AddressSet, asked: &AddressSet, said: &Asked, sides: &[RuleSide]| {
            own.covers(asked) || sides.iter().any(|side| self.names(side, said))
        };
        // Ports count for TCP and UDP only (decisions).
        let ports = match self.protocol {
            ProtocolMatch::Any => true,
            ProtocolMatch::Only(protocol) => protocol.has_ports(),
        };
        Matched {
            protocol: match (rule.protocol, self.protocol) {
                (ProtocolMatch::Any, _) => true,
                (own, asked) => own == asked,
            },
            source: side(&rule.source, &self.source, &self.profile.source, sources),
            // The source port is never asked for, so it may be any.
            source_port: !ports || rule.source_ports.covers(&PortSet::all()),
            // Only a rule for its tag is for the platform's own traffic.
            destination: (!self.platform || list.platform_tag(self.network, at).is_some())
                && side(
                    &rule.destination,
                    &self.destination,
                    &self.profile.destination,
                    destinations,
                ),
            destination_port: !ports || rule.destination_ports.covers(&self.ports),
        }
    }

    /// Whether a rule's side names the tag that is asked for, or the tag that it is a region of.
    fn names(&self, side: &RuleSide, asked: &Asked) -> bool {
        match (side, asked) {
            (RuleSide::Platform(own), Asked::Platform(asked)) => own == asked,
            (RuleSide::Tag(own), Asked::Tag(asked)) => {
                let own = &self.network.tags[*own].name;
                let global = asked
                    .rsplit_once('.')
                    .filter(|(_, region)| crate::net::regions::in_tags(region));
                own.eq_ignore_ascii_case(asked)
                    || global.is_some_and(|(base, _)| own.eq_ignore_ascii_case(base))
            }
            _ => false,
        }
    }

    /// The tag by which a rule that does not match would, if the tag held what is asked for.
    fn may_match<'r>(&self, rule: &'r Rule, matched: Matched) -> Option<&'r Arc<str>> {
        let doubtful = rule.doubtful.as_deref()?;
        let source = matched.source || rule.source.union(&doubtful.source).covers(&self.source);
        let destination = matched.destination
            || rule
                .destination
                .union(&doubtful.destination)
                .covers(&self.destination);
        let rest = matched.protocol && matched.source_port && matched.destination_port;
        (source && destination && rest).then_some(&doubtful.tag)
    }
}
