//! Lists of rules, first match wins: security groups, guest firewalls, appliance filters, translations
//! all come down to this.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::bits::RuleBits;
use super::{AddressSet, Flow, PortSet, ProtocolMatch};

/// A rule as it is compared with a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it lets through what matches.
    pub allow: bool,
    /// For which protocol.
    pub protocol: ProtocolMatch,
    /// From which addresses.
    pub source: AddressSet,
    /// From which ports.
    pub source_ports: PortSet,
    /// To which addresses.
    pub destination: AddressSet,
    /// To which ports.
    pub destination_ports: PortSet,
    /// Addresses that may belong to `source` or `destination` as well, because they hold a service tag
    /// whose content is not known in full. They count as not belonging, and the answer says so.
    pub doubtful: Option<Box<Doubtful>>,
}

/// What may belong to a rule's sides as well.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Doubtful {
    /// The tag that is not known in full.
    pub tag: Arc<str>,
    /// On the source's side.
    pub source: AddressSet,
    /// On the destination's side.
    pub destination: AddressSet,
}

/// Azure's five booleans: which parts of a rule a flow matches, each looked at for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the five that Azure's API returns"
)]
pub struct Matched {
    /// `protocolMatched`
    pub protocol: bool,
    /// `sourceMatched`
    pub source: bool,
    /// `sourcePortMatched`
    pub source_port: bool,
    /// `destinationMatched`
    pub destination: bool,
    /// `destinationPortMatched`
    pub destination_port: bool,
}

impl Matched {
    /// Whether the rule matches: all five do.
    #[must_use]
    pub const fn all(self) -> bool {
        self.protocol
            && self.source
            && self.source_port
            && self.destination
            && self.destination_port
    }
}

impl Rule {
    /// Which parts `flow` matches. Ports count for TCP and UDP only (decisions).
    #[must_use]
    pub fn compare(&self, flow: &Flow) -> Matched {
        let ports = flow.protocol.has_ports();
        Matched {
            protocol: self.protocol.matches(flow.protocol),
            source: self.source.contains(flow.source),
            source_port: !ports || self.source_ports.contains(flow.source_port),
            destination: self.destination.contains(flow.destination),
            destination_port: !ports || self.destination_ports.contains(flow.destination_port),
        }
    }

    /// Whether `flow` matches.
    #[must_use]
    pub fn matches(&self, flow: &Flow) -> bool {
        // Most of the lists that are short are about a destination.
        self.destination.contains(flow.destination)
            && self.protocol.matches(flow.protocol)
            && (!flow.protocol.has_ports()
                || (self.destination_ports.contains(flow.destination_port)
                    && self.source_ports.contains(flow.source_port)))
            && self.source.contains(flow.source)
    }
}

/// Rules in the order in which they are tried, and what happens where none matches.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleList {
    rules: Vec<Rule>,
    /// For each rule whether it lets through: beside each other, since most questions need no more of a rule.
    allows: Box<[bool]>,
    otherwise: bool,
    ready: Ready,
}

/// Up to so many rules, looking at each costs less than anything else.
const FEW: usize = 4;

/// Once a list has been asked that often, making it ready pays.
const OFTEN: u32 = 64;

impl RuleList {
    /// `rules` in their order; `otherwise`: whether what matches none is let through.
    #[must_use]
    pub fn new(rules: Vec<Rule>, otherwise: bool) -> Self {
        Self {
            allows: rules.iter().map(|rule| rule.allow).collect(),
            rules,
            otherwise,
            ready: Ready::default(),
        }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether what matches none is let through.
    #[must_use]
    pub const fn otherwise(&self) -> bool {
        self.otherwise
    }

    /// The position of the first rule that `flow` matches. Where that is asked often, it does not look at the
    /// rules one by one.
    #[must_use]
    pub fn first_match(&self, flow: &Flow) -> Option<usize> {
        match self.ready.bits(&self.rules) {
            Some(bits) => bits.first_match(flow),
            None => self.rules.iter().position(|rule| rule.matches(flow)),
        }
    }

    /// The position of the first rule that each of `flows` matches, in their order.
    #[must_use]
    pub fn first_matches(&self, flows: &[Flow]) -> Vec<Option<usize>> {
        let mut found = Vec::with_capacity(flows.len());
        match self.ready.bits(&self.rules) {
            Some(bits) => bits.first_matches(flows, &mut found),
            None => found.extend(flows.iter().map(|flow| self.first_match(flow))),
        }
        found
    }

    /// Whether `flow` is let through.
    #[must_use]
    pub fn allows(&self, flow: &Flow) -> bool {
        self.lets_through(self.first_match(flow))
    }

    /// Whether the rule at a position lets through what it matches, where there is one.
    #[must_use]
    pub fn access(&self, at: usize) -> Option<bool> {
        self.allows.get(at).copied()
    }

    /// Whether what a rule decides is let through, or what none does.
    #[must_use]
    pub fn lets_through(&self, decided: Option<usize>) -> bool {
        let allowed = decided.and_then(|at| self.access(at));
        allowed.unwrap_or(self.otherwise)
    }
}

/// A list as bits, once it has been asked often. It says nothing that the rules do not say.
#[derive(Debug, Default)]
struct Ready {
    asked: AtomicU32,
    bits: OnceLock<Option<Box<RuleBits>>>,
}

impl Ready {
    #[inline]
    fn bits(&self, rules: &[Rule]) -> Option<&RuleBits> {
        if rules.len() <= FEW {
            return None;
        }
        if let Some(bits) = self.bits.get() {
            return bits.as_deref();
        }
        // Threads that count at once may lose some: it is not to be exact.
        let asked = self.asked.load(Ordering::Relaxed);
        self.asked.store(asked.saturating_add(1), Ordering::Relaxed);
        if asked < OFTEN {
            return None;
        }
        let bits = self.bits.get_or_init(|| RuleBits::of(rules).map(Box::new));
        bits.as_deref()
    }
}

impl Clone for Ready {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Ready {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
