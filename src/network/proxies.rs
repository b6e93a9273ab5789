//! Application gateways: listeners, and what their rules lead to (`Microsoft.Network/applicationGateways`).

use std::net::IpAddr;
use std::sync::Arc;

use super::Network;
use super::arena::Id;
use super::edge::{Fixture, FixtureKind};
use super::resources::{Identity, Nic};
use crate::spec::HttpProtocol;

/// An application gateway.
#[derive(Debug, Clone)]
pub struct ApplicationGateway {
    /// Name, group, ARM id.
    pub identity: Identity,
    /// Whether it is of the generation that is still sold; v1 is not.
    pub v2: bool,
    /// Whether it is deployed privately, so that its subnet may be closed to the platform.
    pub network_isolation: bool,
    /// Its private frontend.
    pub private_frontend: Option<IpAddr>,
    /// Its request routing rules with their listeners, in the order in which they are asked.
    pub rules: Vec<RoutingRule>,
}

/// A request routing rule, with its listener.
#[derive(Debug, Clone)]
pub struct RoutingRule {
    /// Its name.
    pub name: Arc<str>,
    /// What the listener speaks.
    pub protocol: HttpProtocol,
    /// The listener's port, on every frontend.
    pub port: u16,
    /// The listener's host names, which may hold `*` and `?`; none: it takes every host.
    pub host_names: Vec<String>,
    /// What it leads to.
    pub backends: Vec<Backend>,
    /// The backends' port.
    pub backend_port: u16,
    /// What is spoken to them.
    pub backend_protocol: HttpProtocol,
}

/// A member of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A machine, or an instance of a scale set.
    Nic(Id<Nic>),
    /// An address.
    Address(IpAddr),
    /// A name, which the gateway resolves.
    Name(Arc<str>),
}

impl RoutingRule {
    /// Whether its listener takes requests for `host` (`multiple-site-overview`: `*` stands for any text,
    /// `?` for one character).
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.host_names.is_empty()
            || self
                .host_names
                .iter()
                .any(|pattern| fits(pattern.to_ascii_lowercase().as_bytes(), host.as_bytes()))
    }
}

/// Whether a pattern is for all of a text.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    // The ends of the pattern that fit the text so far, which keeps this linear in both.
    let mut ends = vec![false; pattern.len() + 1];
    let open = |ends: &mut Vec<bool>| {
        for (at, own) in pattern.iter().enumerate() {
            if ends[at] && *own == b'*' {
                ends[at + 1] = true;
            }
        }
    };
    ends[0] = true;
    open(&mut ends);
    for given in text {
        let mut next = vec![false; ends.len()];
        for (at, own) in pattern.iter().enumerate().filter(|(at, _)| ends[*at]) {
            match own {
                b'*' => next[at] = true,
                b'?' => next[at + 1] = true,
                own if own == given => next[at + 1] = true,
                _ => {}
            }
        }
        ends = next;
        open(&mut ends);
    }
    ends.last().copied().unwrap_or_default()
}

impl Network {
    /// The application gateway at a place of its own.
    #[must_use]
    pub fn application_gateway(&self, id: Id<Fixture>) -> Option<&ApplicationGateway> {
        match self.fixtures[id].kind {
            FixtureKind::ApplicationGateway(own) => Some(&self.application_gateways[own]),
            _ => None,
        }
    }

    /// The address under which a platform resource opens connections: of an application gateway one of its
    /// instances', which differ in nothing else.
    #[must_use]
    pub fn own_address(&self, id: Id<Fixture>) -> Option<IpAddr> {
        // A private frontend stands before the instances.
        self.fixtures[id].addresses.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    // `multiple-site-overview`, wildcard host names in listener.
    #[test]
    fn host_names_may_hold_wildcards() {
        for (pattern, host, fit) in [
            ("shop.contoso.com", "shop.contoso.com", true),
            ("*.contoso.com", "shop.contoso.com", true),
            ("*.contoso.com", "contoso.com", false),
            ("shop?.contoso.com", "shop1.contoso.com", true),
            ("shop?.contoso.com", "shop.contoso.com", false),
        ] {
            assert_eq!(
                fits(pattern.as_bytes(), host.as_bytes()),
                fit,
                "{pattern} {host}"
            );
        }
    }
}
