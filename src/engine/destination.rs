//! An application gateway or a Bastion host as the destination that was asked for: what its subnet's
//! security group says, and how the platform's scan finds its port.
//!
//! Follows `network-watcher/diagnose-network-security-rules`, whose targets are application gateways, too,
//! and `connection-troubleshoot-overview` (port scanner).

use ipnet::IpNet;

use super::answer;
use super::diagnose::{Asked, Diagnosis, Profile, Target, diagnose};
use super::next_hop::{NextHop, next_hop_of};
use super::proxy::is_proxy;
use crate::effective::{Effective, passes};
use crate::net::{EPHEMERAL, Flow, PortRange, ProtocolMatch, WIRE_SERVER};
use crate::network::{Fixture, Id, Network, Place};
use crate::spec::Direction;
use crate::spec::checks::PortStatus;
use crate::trace::{Disposition, Hop, HopKind, Path, Step, Translator};

/// A proxy that was asked for, and the flow as it got there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proxy {
    pub fixture: Id<Fixture>,
    flow: Flow,
}

/// The proxy that the client's connection ends at, where it does at one.
pub(super) fn proxy(network: &Network, paths: &[Path]) -> Option<Proxy> {
    paths.iter().find_map(|path| {
        let mut proxies = path.hops.iter().filter_map(|hop| at_proxy(network, hop));
        let (fixture, hop) = proxies.next()?;
        // What it opened itself is another flow.
        let opened = hop.steps.iter().find_map(|step| match step {
            Step::Translated {
                by: Translator::ApplicationGateway(..),
                before,
                ..
            } => Some(*before),
            _ => None,
        });
        Some(Proxy {
            fixture,
            flow: opened.unwrap_or(path.seen),
        })
    })
}

fn at_proxy<'h>(network: &Network, hop: &'h Hop) -> Option<(Id<Fixture>, &'h Hop)> {
    match hop.place {
        Some(Place::Fixture(id))
            if hop.kind == HopKind::VnetLocal && is_proxy(network.fixtures[id].kind) =>
        {
            Some((id, hop))
        }
        _ => None,
    }
}

impl Proxy {
    /// What its subnet's security group says of the flow.
    pub fn security(&self, effective: &Effective<'_>) -> Diagnosis {
        security(effective, self.fixture, Direction::Inbound, &self.flow)
    }

    /// Its port as the platform's scan finds it.
    pub fn port_status(&self, effective: &Effective<'_>, paths: &[Path]) -> PortStatus {
        let network = effective.network();
        let fixture = &network.fixtures[self.fixture];
        let working = answer::working(paths);
        // Shares are sums of fractions, so that a whole may be a hair less than 1.
        if working > 0.0 && working < 1.0 - 1e-9 {
            return PortStatus::Unstable;
        }
        let Some(subnet) = fixture.subnet.filter(|_| self.flow.protocol.has_ports()) else {
            return PortStatus::Unknown;
        };
        if fixture.down {
            return PortStatus::Unknown;
        }
        let scan = Flow {
            source: WIRE_SERVER,
            source_port: EPHEMERAL.first,
            ..self.flow
        };
        let lists = effective.subnet_security(subnet, Direction::Inbound);
        if !passes(&lists, &scan) {
            return PortStatus::Timeout;
        }
        let here = |hop: &Hop| hop.place == Some(Place::Fixture(self.fixture));
        let answers = |hop: &Hop| hop.steps.iter().any(|step| matches!(step, Step::Answered));
        let serves = paths.iter().any(|path| {
            let beyond = path.hops.last().is_some_and(|hop| !here(hop));
            beyond || path.hops.iter().any(|hop| here(hop) && answers(hop))
        });
        let refuses = paths
            .iter()
            .any(|path| path.disposition == Disposition::NoListener);
        match (serves, refuses) {
            (true, _) => PortStatus::Reachable,
            (false, true) => PortStatus::NoConnection,
            (false, false) => PortStatus::Unknown,
        }
    }
}

/// What the security group of a proxy's subnet says of a flow.
pub(super) fn security(
    effective: &Effective<'_>,
    fixture: Id<Fixture>,
    direction: Direction,
    flow: &Flow,
) -> Diagnosis {
    let port = if flow.protocol.has_ports() {
        PortRange {
            first: flow.destination_port,
            last: flow.destination_port,
        }
    } else {
        PortRange::ALL
    };
    let profile = Profile {
        target: Target::Fixture(fixture),
        direction,
        protocol: ProtocolMatch::Only(flow.protocol),
        source: Asked::Prefix(IpNet::from(flow.source)),
        destination: Asked::Prefix(IpNet::from(flow.destination)),
        port,
    };
    diagnose(effective, &profile)
}

/// The route by which a proxy sends.
pub(super) fn next_hop(
    effective: &Effective<'_>,
    fixture: Id<Fixture>,
    flow: &Flow,
) -> Option<NextHop> {
    let subnet = effective.network().fixtures[fixture].subnet?;
    Some(next_hop_of(effective, subnet, flow.destination))
}
