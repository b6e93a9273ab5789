//! Rules of Azure Firewall policies that never decide, or that nothing meets.
//!
//! Follows `firewall/rule-processing`: DNAT rules before network rules before application rules, whatever the
//! priorities; within a type the parent policy's before the child's, then by the priorities of group and
//! collection; the first match ends it.

use std::collections::HashMap;
use std::sync::Arc;

use super::Findings;
use super::idle::{Does, Idle, Named, never_decides};
use super::patterns::covers;
use super::region::Region;
use super::subjects::at_firewall_rule;
use super::survey::Survey;
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{AddressSet, PortSet, Protocol, ProtocolMatch, Ranges};
use crate::network::{
    Firewall, FirewallApplicationRule, FirewallNatRule, FirewallNetworkRule, FirewallRule,
    FirewallRuleType, Network,
};

/// The keys of a rule's policy, group, collection and of itself.
type Keys = [Arc<str>; 4];
/// A rule of a firewall: its type, and its position among those.
type Position = (FirewallRuleType, usize);

/// What the firewalls that have a rule say of it.
struct Verdict<'n> {
    own: &'n FirewallRule,
    kind: FirewallRuleType,
    /// None as soon as it decides at one of them.
    taken: Option<Vec<Taker<'n>>>,
    matched: bool,
}

struct Taker<'n> {
    rule: &'n FirewallRule,
    kind: FirewallRuleType,
    /// Whether what follows is not what follows from the rule that is taken from.
    otherwise: bool,
}

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    let mut verdicts: Vec<Verdict<'_>> = Vec::new();
    let mut known: HashMap<&Keys, usize> = HashMap::new();
    for (_, firewall) in network.firewalls.iter() {
        let rules = Rules::of(network, firewall);
        for (kind, at) in rules.positions() {
            let Some(own) = firewall.rule(kind, at) else {
                continue;
            };
            let number = *known.entry(&own.keys).or_insert(verdicts.len());
            if number == verdicts.len() {
                verdicts.push(Verdict {
                    own,
                    kind,
                    taken: Some(Vec::new()),
                    matched: false,
                });
            }
            let Some(verdict) = verdicts.get_mut(number) else {
                continue;
            };
            let Some(taken) = &mut verdict.taken else {
                continue;
            };
            match rules.idle((kind, at)) {
                None => verdict.taken = None,
                Some(Idle::Unmatched) => {}
                Some(Idle::Taken(by)) => {
                    verdict.matched = true;
                    for position in by {
                        taken.extend(rules.taker((kind, at), position));
                    }
                }
            }
        }
    }
    for verdict in verdicts {
        let Some(taken) = &verdict.taken else {
            continue;
        };
        let policy = &*verdict.own.keys[0];
        let finding = if verdict.matched {
            say(&verdict, taken)
        } else {
            unmatched(&verdict)
        };
        findings.add(policy, finding);
    }
}

fn say(verdict: &Verdict<'_>, taken: &[Taker<'_>]) -> Diagnostic {
    let mut by: Vec<&Taker<'_>> = Vec::new();
    for taker in taken {
        if by.iter().all(|own| own.rule.keys != taker.rule.keys) {
            by.push(taker);
        }
    }
    let policy = &verdict.own.keys[0];
    let own = Named {
        name: format!("`{}` of `{policy}`", verdict.own.name),
        does: does(verdict.own, verdict.kind),
        at: at_firewall_rule(&verdict.own.keys),
    };
    let named = by.iter().map(|taker| Named {
        name: match &taker.rule.keys[0] {
            same if same == policy => format!("`{}`", taker.rule.name),
            other => format!("`{}` of `{other}`", taker.rule.name),
        },
        does: does(taker.rule, taker.kind),
        at: at_firewall_rule(&taker.rule.keys),
    });
    let named: Vec<Named> = named.collect();
    let crosses = by.iter().any(|taker| taker.kind != verdict.kind);
    let inherited = by.iter().any(|taker| taker.rule.keys[0] != *policy);
    let help = if crosses {
        "network rules come before application rules, whatever the priorities: narrow them, or delete this one"
    } else if inherited {
        "a parent policy's rules come first, whatever the priorities: change those, or delete this one"
    } else {
        "give its collection a lower priority number than theirs, or delete it"
    };
    let otherwise = by.iter().any(|taker| taker.otherwise);
    never_decides(&own, &named, otherwise, help)
}

const fn does(rule: &FirewallRule, kind: FirewallRuleType) -> Does {
    match (kind, rule.allow) {
        (FirewallRuleType::Nat, _) => Does::Translate,
        (_, true) => Does::Allow,
        (_, false) => Does::Deny,
    }
}

fn unmatched(verdict: &Verdict<'_>) -> Diagnostic {
    let own = verdict.own;
    let (why, help) = match verdict.kind {
        FirewallRuleType::Nat => (
            "its destination is no address of a firewall that has it",
            "name one of the firewall's public addresses",
        ),
        _ => (
            "its IP groups hold no address",
            "fill the groups, or delete the rule",
        ),
    };
    let message = format!(
        "no packet can match `{}` of `{}`: {why}",
        own.name, own.keys[0]
    );
    Diagnostic::new(Code::RuleNeverMatches, message)
        .at_key(at_firewall_rule(&own.keys))
        .help(help)
}

/// The rules of one firewall.
struct Rules<'n> {
    firewall: &'n Firewall,
    /// The firewall's own addresses, where all of them are given.
    own: Option<AddressSet>,
}

/// Where a part of a rule leads to.
#[derive(Clone, Copy)]
enum Target<'r> {
    /// To some addresses.
    Addresses(&'r AddressSet),
    /// To a name, or to the names of a pattern, which may stand for any address.
    Name(&'r str),
}

impl<'n> Rules<'n> {
    fn of(network: &'n Network, firewall: &'n Firewall) -> Self {
        let fixture = &network.fixtures[firewall.fixture];
        let public = || fixture.public_ips.iter().map(|id| &network.public_ips[*id]);
        let given = public().all(|own| !own.assumed);
        let addresses = public().map(|own| own.address);
        let all = addresses.chain(fixture.addresses.iter().copied());
        Self {
            firewall,
            own: given.then(|| AddressSet::of_addresses(all)),
        }
    }

    fn positions(&self) -> impl Iterator<Item = Position> + use<'n> {
        let own = self.firewall;
        let nat = (0..own.nat_rules.len()).map(|at| (FirewallRuleType::Nat, at));
        let network = (0..own.network_rules.len()).map(|at| (FirewallRuleType::Network, at));
        let application =
            (0..own.application_rules.len()).map(|at| (FirewallRuleType::Application, at));
        nat.chain(network).chain(application)
    }

    fn taker(&self, of: Position, by: Position) -> Option<Taker<'n>> {
        let rule = self.firewall.rule(by.0, by.1)?;
        let own = self.firewall.rule(of.0, of.1)?;
        let otherwise = match (of.0, by.0) {
            (FirewallRuleType::Nat, FirewallRuleType::Nat) => {
                let to = |at: usize| {
                    let rule = self.firewall.nat_rules.get(at)?;
                    let (address, name) = (rule.translated_address, &rule.translated_fqdn);
                    Some((address, name, rule.translated_port))
                };
                to(of.1) != to(by.1)
            }
            // A network rule does not look at names, and does not inspect.
            (a, b) if a != b => true,
            _ => rule.allow != own.allow,
        };
        Some(Taker {
            rule,
            kind: by.0,
            otherwise,
        })
    }

    /// Why a rule never decides; none where it does, or where that cannot be told.
    fn idle(&self, (kind, at): Position) -> Option<Idle<Position>> {
        match kind {
            FirewallRuleType::Nat => self.nat(at),
            FirewallRuleType::Network => self.network(at),
            FirewallRuleType::Application => self.application(at),
        }
    }

    fn nat(&self, at: usize) -> Option<Idle<Position>> {
        let rule = self.firewall.nat_rules.get(at)?;
        if let Some(own) = &self.own
            && !rule.rule.destination.overlaps(own)
        {
            return Some(Idle::Unmatched);
        }
        let region = |own: &FirewallNatRule| {
            let to = &own.rule.destination;
            region(&own.rule.source, to, &own.protocols, &own.ports)
        };
        let mut by = Vec::new();
        let mut rest = region(rule);
        for (before, own) in self.firewall.nat_rules.iter().enumerate().take(at) {
            let position = (FirewallRuleType::Nat, before);
            take(&mut rest, &region(own), position, &mut by)?;
        }
        rest.is_empty().then_some(Idle::Taken(by))
    }

    fn network(&self, at: usize) -> Option<Idle<Position>> {
        let rule = self.firewall.network_rules.get(at)?;
        let mut by = Vec::new();
        let stated = widest(&rule.rule);
        let everything = AddressSet::all();
        let mut targets: Vec<Target<'_>> =
            rule.fqdns.iter().map(|name| Target::Name(name)).collect();
        if !rule.names_only {
            targets.push(Target::Addresses(&stated));
        }
        for target in targets {
            let to = match target {
                Target::Addresses(own) => own,
                Target::Name(_) => &everything,
            };
            let mut rest = region(&rule.rule.source, to, &rule.protocols, &rule.ports);
            if rest.is_empty() {
                return Some(Idle::Unmatched);
            }
            self.taken_by_network_rules(target, Some(&rule.rule), at, &mut rest, &mut by)?;
            if !rest.is_empty() {
                return None;
            }
        }
        Some(Idle::Taken(by))
    }

    /// What the first `count` network rules take on the way to a target. Of the same addresses and tags as those of
    /// `like` each holds the same, known or not.
    fn taken_by_network_rules(
        &self,
        target: Target<'_>,
        like: Option<&FirewallRule>,
        count: usize,
        rest: &mut Region,
        by: &mut Vec<Position>,
    ) -> Option<()> {
        let everything = AddressSet::all();
        let nothing = AddressSet::default();
        for (at, before) in self.firewall.network_rules.iter().enumerate().take(count) {
            if rest.is_empty() {
                break;
            }
            let own = &before.rule;
            let same = |like: &&FirewallRule| {
                like.destination == own.destination && like.doubtful == own.doubtful
            };
            let known = if before.names_only {
                &nothing
            } else {
                &own.destination
            };
            let to = match target {
                // Of an application rule's name the client may find another address, unless it asks the firewall.
                Target::Name(name)
                    if (like.is_some() || self.firewall.dns_proxy) && names(before, name) =>
                {
                    &everything
                }
                Target::Addresses(all) if !before.names_only && like.filter(same).is_some() => all,
                _ => known,
            };
            let taken = region(&own.source, to, &before.protocols, &before.ports);
            take(rest, &taken, (FirewallRuleType::Network, at), by)?;
        }
        Some(())
    }

    fn application(&self, at: usize) -> Option<Idle<Position>> {
        let rule = self.firewall.application_rules.get(at)?;
        let mut by = Vec::new();
        let patterns = rule.fqdns.iter().chain(&rule.url_hosts);
        let mut targets: Vec<Target<'_>> = patterns.map(|own| Target::Name(own)).collect();
        if rule.beyond.is_some() {
            targets.push(Target::Name("*"));
        }
        if targets.is_empty() {
            targets.push(Target::Addresses(&rule.rule.destination));
        }
        let to = widest(&rule.rule);
        for (protocol, port) in &rule.protocols {
            for target in &targets {
                let mut rest = one_port(&rule.rule.source, &to, *port);
                let all = self.firewall.network_rules.len();
                self.taken_by_network_rules(*target, None, all, &mut rest, &mut by)?;
                let before = self.firewall.application_rules.iter().enumerate().take(at);
                for (at, own) in before {
                    if rest.is_empty() {
                        break;
                    }
                    if takes(own, *target) && own.protocols.contains(&(*protocol, *port)) {
                        let taken = one_port(&own.rule.source, &own.rule.destination, *port);
                        let position = (FirewallRuleType::Application, at);
                        take(&mut rest, &taken, position, &mut by)?;
                    }
                }
                if !rest.is_empty() {
                    return None;
                }
            }
        }
        (!by.is_empty()).then_some(Idle::Taken(by))
    }
}

/// Takes what a rule before takes; none where that takes too many boxes.
fn take(rest: &mut Region, taken: &Region, of: Position, by: &mut Vec<Position>) -> Option<()> {
    if rest.overlaps(taken) {
        *rest = rest.without(taken)?;
        if !by.contains(&of) {
            by.push(of);
        }
    }
    Some(())
}

/// Where a rule leads to at most.
fn widest(rule: &FirewallRule) -> AddressSet {
    match &rule.doubtful {
        None => rule.destination.clone(),
        Some(more) => rule.destination.union(&more.destination),
    }
}

fn region(
    source: &AddressSet,
    destination: &AddressSet,
    protocols: &[ProtocolMatch],
    ports: &PortSet,
) -> Region {
    Region::new(protocols, source, destination, (&PortSet::all(), ports))
}

fn one_port(source: &AddressSet, destination: &AddressSet, port: u16) -> Region {
    let tcp = [ProtocolMatch::Only(Protocol::Tcp)];
    region(source, destination, &tcp, &Ranges::one(port, port))
}

/// Whether a network rule is for a name.
fn names(rule: &FirewallNetworkRule, name: &str) -> bool {
    let mut all = rule.fqdns.iter();
    all.any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether an application rule is for everything that a target names: by its patterns, or by addresses alone.
fn takes(rule: &FirewallApplicationRule, target: Target<'_>) -> bool {
    let by_address = rule.fqdns.is_empty() && rule.url_hosts.is_empty() && rule.beyond.is_none();
    match target {
        Target::Name(name) => by_address || rule.fqdns.iter().any(|own| covers(own, name)),
        Target::Addresses(_) => by_address || rule.fqdns.iter().any(|own| own == "*"),
    }
}
