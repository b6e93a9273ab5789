//! What each kind of element takes where the topology says nothing: `data/latency-elements.csv`, with the
//! letters of docs/LATENCY.md for where a row's figures come from.

use std::sync::OnceLock;

use super::Element;

static TABLE: &str = include_str!("../data/latency-elements.csv");

/// A kind of element, as the table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Two machines of one zone, both with accelerated networking.
    SameZone,
    /// Two machines of one zone, of which one lacks it.
    SameZoneSlow,
    /// Two zones of a region.
    CrossZone,
    /// Two zones of a region, without accelerated networking at one end.
    CrossZoneSlow,
    /// One region, and a zone that is not given.
    ZoneUnknown,
    /// Two regions whose round trip is published or stated.
    CrossRegion,
    /// Two regions whose round trip is estimated.
    EstimatedRegions,
    /// Azure Firewall, by a network rule.
    AzureFirewall,
    /// Azure Firewall, where it completes the handshake itself.
    AzureFirewallHandshake,
    /// Azure Firewall, where it reads the first request.
    AzureFirewallRequest,
    /// An application gateway that reads the first request.
    ApplicationGatewayRequest,
    /// A network virtual appliance.
    Appliance,
    /// A VPN gateway.
    VpnGateway,
    /// An ExpressRoute gateway.
    ExpressRouteGateway,
    /// A circuit, and what lies behind it.
    Circuit,
    /// The Internet.
    Internet,
    /// The edge of Microsoft's network, before a service.
    Edge,
    /// A machine whose CPU is at the threshold.
    BusyMachine,
}

impl Kind {
    /// Its row's key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameZone => "same-zone",
            Self::SameZoneSlow => "same-zone-slow",
            Self::CrossZone => "cross-zone",
            Self::CrossZoneSlow => "cross-zone-slow",
            Self::ZoneUnknown => "zone-unknown",
            Self::CrossRegion => "cross-region",
            Self::EstimatedRegions => "estimated-regions",
            Self::AzureFirewall => "azure-firewall",
            Self::AzureFirewallHandshake => "azure-firewall-handshake",
            Self::AzureFirewallRequest => "azure-firewall-request",
            Self::ApplicationGatewayRequest => "application-gateway-request",
            Self::Appliance => "appliance",
            Self::VpnGateway => "vpn-gateway",
            Self::ExpressRouteGateway => "express-route-gateway",
            Self::Circuit => "circuit",
            Self::Internet => "internet",
            Self::Edge => "edge",
            Self::BusyMachine => "busy-machine",
        }
    }

    /// An element of this kind, called `name`.
    #[must_use]
    pub fn element(self, name: impl Into<String>) -> Element {
        let row = rows().iter().find(|row| row.kind == self.name());
        let row = row.copied().unwrap_or(Row::NOTHING);
        let mut made = Element::new(name, row.floor, row.excess, row.sigma).losing(row.loss);
        made.assumed = row.assumed;
        made
    }
}

/// A row: times in microseconds.
#[derive(Debug, Clone, Copy)]
struct Row {
    kind: &'static str,
    floor: f64,
    excess: f64,
    sigma: f64,
    loss: f64,
    assumed: bool,
}

impl Row {
    const NOTHING: Self = Self {
        kind: "",
        floor: 0.0,
        excess: 0.0,
        sigma: 0.0,
        loss: 0.0,
        assumed: true,
    };

    fn parse(line: &'static str) -> Option<Self> {
        let mut cells = line.split(',');
        let kind = cells.next()?;
        let mut number = || cells.next()?.parse().ok();
        let (floor, excess, sigma, loss) = (number()?, number()?, number()?, number()?);
        Some(Self {
            kind,
            floor,
            excess,
            sigma,
            loss,
            assumed: cells.next()? == "A",
        })
    }
}

fn rows() -> &'static [Row] {
    static PARSED: OnceLock<Vec<Row>> = OnceLock::new();
    PARSED.get_or_init(|| TABLE.lines().skip(1).filter_map(Row::parse).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 18] = [
        Kind::SameZone,
        Kind::SameZoneSlow,
        Kind::CrossZone,
        Kind::CrossZoneSlow,
        Kind::ZoneUnknown,
        Kind::CrossRegion,
        Kind::EstimatedRegions,
        Kind::AzureFirewall,
        Kind::AzureFirewallHandshake,
        Kind::AzureFirewallRequest,
        Kind::ApplicationGatewayRequest,
        Kind::Appliance,
        Kind::VpnGateway,
        Kind::ExpressRouteGateway,
        Kind::Circuit,
        Kind::Internet,
        Kind::Edge,
        Kind::BusyMachine,
    ];

    #[test]
    fn every_kind_has_a_row_and_every_row_a_kind() {
        assert_eq!(rows().len(), TABLE.lines().count() - 1);
        let named: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
        assert!(rows().iter().map(|row| row.kind).eq(named));
    }

    #[test]
    fn only_what_nobody_measured_is_assumed() {
        let assumed = KINDS.iter().filter(|kind| kind.element("x").assumed);
        let assumed: Vec<Kind> = assumed.copied().collect();
        assert_eq!(
            assumed,
            [
                Kind::ZoneUnknown,
                Kind::ApplicationGatewayRequest,
                Kind::ExpressRouteGateway,
                Kind::Circuit,
                Kind::Internet,
                Kind::BusyMachine,
            ]
        );
    }

    /// The defaults table of the published model.
    #[test]
    fn the_figures_are_those_of_the_table() {
        let fast = Kind::SameZone.element("x");
        assert_eq!((fast.floor, fast.excess, fast.sigma), (80.0, 15.0, 1.2));
        let gateway = Kind::VpnGateway.element("x");
        assert_eq!(
            (gateway.floor, gateway.sigma, gateway.loss),
            (400.0, 1.7, 1e-5)
        );
    }
}
