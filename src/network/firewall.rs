//! Azure Firewalls with the rules of their policies, in the order in which Azure processes them
//! (`Microsoft.Network/azureFirewalls`, `firewall/rule-processing`).

use std::net::IpAddr;
use std::sync::Arc;

use super::arena::Id;
use super::edge::Fixture;
use super::resources::Identity;
use crate::net::{AddressSet, Doubtful, PortSet, ProtocolMatch};

/// An Azure Firewall. Whether it runs, its addresses and its subnet are those of its fixture.
#[derive(Debug, Clone)]
pub struct Firewall {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// What has its addresses.
    pub fixture: Id<Fixture>,
    /// Whether it is managed by a NIC of its own, so that its other traffic may go anywhere.
    pub management: bool,
    /// Its policy and those that this is based on, the outermost parent first.
    pub policies: Vec<Id<FirewallPolicy>>,
    /// The addresses that threat intelligence denies: none unless its mode is Deny.
    pub threats: AddressSet,
    /// Destinations for which network rules keep the source.
    pub private_ranges: AddressSet,
    /// Whether it answers DNS on its private address.
    pub dns_proxy: bool,
    /// DNAT rules, in their order.
    pub nat_rules: Vec<FirewallNatRule>,
    /// Network rules, in their order.
    pub network_rules: Vec<FirewallNetworkRule>,
    /// Application rules, in their order.
    pub application_rules: Vec<FirewallApplicationRule>,
}

/// A firewall policy: where its rules stand. What they say is lowered to each firewall that has it.
#[derive(Debug, Clone)]
pub struct FirewallPolicy {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Its rule collection groups, in the order of the file.
    pub groups: Vec<RuleCollectionGroup>,
}

/// A group of rule collections.
#[derive(Debug, Clone)]
pub struct RuleCollectionGroup {
    /// Its name.
    pub name: Arc<str>,
    /// 100 to 65000, the lower first.
    pub priority: u16,
    /// Its collections, in the order of the file.
    pub collections: Vec<RuleCollection>,
}

/// A rule collection.
#[derive(Debug, Clone)]
pub struct RuleCollection {
    /// Its name.
    pub name: Arc<str>,
    /// 100 to 65000, the lower first.
    pub priority: u16,
    /// The type of its rules.
    pub kind: FirewallRuleType,
    /// Its action: whether it lets through what its rules match.
    pub allow: bool,
}

/// The types of rules, in the order in which Azure processes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FirewallRuleType {
    /// DNAT.
    Nat,
    /// Network.
    Network,
    /// Application.
    Application,
}

impl Firewall {
    /// The rule at a position among those of its type.
    #[must_use]
    pub fn rule(&self, kind: FirewallRuleType, at: usize) -> Option<&FirewallRule> {
        match kind {
            FirewallRuleType::Nat => self.nat_rules.get(at).map(|rule| &rule.rule),
            FirewallRuleType::Network => self.network_rules.get(at).map(|rule| &rule.rule),
            FirewallRuleType::Application => self.application_rules.get(at).map(|rule| &rule.rule),
        }
    }
}

/// What rules of every type have.
#[derive(Debug, Clone, PartialEq)]
pub struct FirewallRule {
    /// `collection/rule`.
    pub name: Arc<str>,
    /// Where it stands: the keys of policy, rule collection group, rule collection and rule.
    pub keys: [Arc<str>; 4],
    /// The action of its collection.
    pub allow: bool,
    /// From which addresses, IP groups expanded.
    pub source: AddressSet,
    /// To which addresses, IP groups and service tags expanded; every one where only names are given.
    pub destination: AddressSet,
    /// What may belong to the destination as well.
    pub doubtful: Option<Box<Doubtful>>,
}

/// A DNAT rule.
#[derive(Debug, Clone, PartialEq)]
pub struct FirewallNatRule {
    /// What every rule has; its destination is an address of the firewall's own.
    pub rule: FirewallRule,
    /// For which protocols.
    pub protocols: Vec<ProtocolMatch>,
    /// For which destination ports.
    pub ports: PortSet,
    /// What the destination becomes; none where it is a name.
    pub translated_address: Option<IpAddr>,
    /// The name whose address the destination becomes.
    pub translated_fqdn: Option<String>,
    /// What the destination's port becomes.
    pub translated_port: Option<u16>,
}

/// A network rule.
#[derive(Debug, Clone, PartialEq)]
pub struct FirewallNetworkRule {
    /// What every rule has.
    pub rule: FirewallRule,
    /// For which protocols.
    pub protocols: Vec<ProtocolMatch>,
    /// For which destination ports.
    pub ports: PortSet,
    /// Names whose addresses belong to the destination as well.
    pub fqdns: Vec<String>,
    /// Whether the destination is given by names alone.
    pub names_only: bool,
}

/// An application rule.
#[derive(Debug, Clone, PartialEq)]
pub struct FirewallApplicationRule {
    /// What every rule has.
    pub rule: FirewallRule,
    /// For which applications, on which ports.
    pub protocols: Vec<(ApplicationProtocol, u16)>,
    /// For which names: `*`, `*.contoso.com`, `www.contoso.com`.
    pub fqdns: Vec<String>,
    /// The hosts of its URLs, whose paths cannot be compared.
    pub url_hosts: Vec<String>,
    /// What else it names and cannot be evaluated: FQDN tags, web categories.
    pub beyond: Option<&'static str>,
}

impl FirewallApplicationRule {
    /// Whether one of its names is for `host`.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        self.fqdns.iter().any(|pattern| matches_fqdn(pattern, host))
    }

    /// Whether one of its URLs is at `host`.
    #[must_use]
    pub fn has_url_at(&self, host: &str) -> bool {
        self.url_hosts
            .iter()
            .any(|pattern| matches_fqdn(pattern, host))
    }
}

/// An application that application rules know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationProtocol {
    /// HTTP without TLS.
    Http,
    /// HTTP with TLS.
    Https,
    /// SQL Server's protocol.
    Mssql,
}

/// Whether a name fits a pattern: `*` stands for everything in front of what follows it.
#[must_use]
pub fn matches_fqdn(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let pattern = pattern.trim_end_matches('.').to_ascii_lowercase();
    match pattern.strip_prefix('*') {
        Some(rest) => host.len() > rest.len() && host.ends_with(rest),
        None => host == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::matches_fqdn;

    #[test]
    fn a_star_stands_for_what_is_in_front() {
        for (pattern, host, fits) in [
            ("*", "www.contoso.com", true),
            ("*.contoso.com", "www.contoso.com", true),
            ("*.contoso.com", "a.b.Contoso.com.", true),
            ("*.contoso.com", "contoso.com", false),
            ("*contoso.com", "notcontoso.com", true),
            ("www.contoso.com", "WWW.contoso.com", true),
            ("www.contoso.com", "www.contoso.com.evil", false),
        ] {
            assert_eq!(matches_fqdn(pattern, host), fits, "{pattern} {host}");
        }
    }
}
