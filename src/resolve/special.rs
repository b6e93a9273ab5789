//! Subnets whose name makes them a platform service's own, and what each service asks of its subnet
//! (`vpn-gateway-about-vpn-gateway-settings`, `bastion/
//! configuration-settings`, `route-server/overview`, `firewall/firewall-faq`).

use super::Resolver;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{Id, Subnet, UserRoutePrefix};

/// A subnet with a name of its own meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Gateway,
    Firewall,
    FirewallManagement,
    Bastion,
    RouteServer,
}

impl Special {
    const ALL: [Self; 5] = [
        Self::Gateway,
        Self::Firewall,
        Self::FirewallManagement,
        Self::Bastion,
        Self::RouteServer,
    ];

    /// What a subnet of this name is, without case.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|special| special.name().eq_ignore_ascii_case(name))
    }

    /// The name that the service asks for.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "GatewaySubnet",
            Self::Firewall => "AzureFirewallSubnet",
            Self::FirewallManagement => "AzureFirewallManagementSubnet",
            Self::Bastion => "AzureBastionSubnet",
            Self::RouteServer => "RouteServerSubnet",
        }
    }

    /// The smallest IPv4 range that the service takes, as a prefix length, where it asks for one.
    const fn smallest(self) -> Option<u8> {
        match self {
            Self::Bastion => Some(26),
            Self::RouteServer => Some(27),
            Self::Gateway | Self::Firewall | Self::FirewallManagement => None,
        }
    }
}

impl<'a> Resolver<'a> {
    /// Checks that a service stands in its own subnet, and that the subnet is wide enough.
    pub(super) fn check_home(
        &mut self,
        subnet: Id<Subnet>,
        special: Special,
        noun: &str,
        spot: Spot<'a>,
    ) {
        let name = special.name();
        let own = &self.network.subnets[subnet];
        if Special::of(&own.name) != Some(special) {
            let message = format!(
                "`{}` is not a subnet for {noun}, which stands in one called `{name}`",
                self.subnet_name(subnet)
            );
            let fault = Diagnostic::new(Code::SpecialSubnetRule, message);
            self.faults.push(fault.at(spot.path()));
            return;
        }
        let Some(longest) = special.smallest() else {
            return;
        };
        let narrow = own
            .prefixes
            .iter()
            .filter(|prefix| prefix.addr().is_ipv4())
            .all(|prefix| prefix.prefix_len() > longest);
        if narrow {
            let fault = Diagnostic::new(
                Code::SpecialSubnetRule,
                format!("`{name}` is too small: {noun} takes a /{longest} or larger"),
            );
            let at = self.prefix_spot(subnet).path();
            self.faults
                .push(fault.at(at).also(spot.path(), "used here"));
        }
    }

    /// Checks that what anybody may place anywhere is not placed in a service's own subnet.
    pub(super) fn check_guest(&mut self, subnet: Id<Subnet>, noun: &str, spot: Spot<'a>) {
        let own = &self.network.subnets[subnet];
        if let Some(special) = Special::of(&own.name) {
            let fault = Diagnostic::new(
                Code::SpecialSubnetRule,
                format!("`{}` takes no {noun}", special.name()),
            );
            self.faults.push(fault.at(spot.path()));
        }
    }

    /// What a service's own subnet may not carry. Route tables are known by now.
    pub(super) fn check_special_subnets(&mut self) {
        for subnet in self.network.subnets.ids() {
            let own = &self.network.subnets[subnet];
            let Some(special) = Special::of(&own.name) else {
                continue;
            };
            let (table, nat) = (own.route_table, own.nat_gateway);
            let spot = self.subnet_spot(subnet);
            if let (Some(_), Special::Bastion | Special::RouteServer) = (table, special) {
                let fault = Diagnostic::new(
                    Code::SpecialSubnetRule,
                    format!("`{}` takes no route table", special.name()),
                );
                self.faults.push(fault.at(spot.key("routeTable").path()));
            }
            if let (Some(table), Special::Gateway) = (table, special) {
                self.check_gateway_routes(table, spot);
            }
            if nat.is_some() && special == Special::Gateway {
                let fault = Diagnostic::new(
                    Code::SpecialSubnetRule,
                    "`GatewaySubnet` takes no NAT gateway",
                );
                self.faults.push(fault.at(spot.key("natGateway").path()));
            }
        }
    }

    /// A user route for 0.0.0.0/0 on GatewaySubnet is not supported (`vpn-gateway-about-vpn-gateway-settings`).
    fn check_gateway_routes(&mut self, table: Id<crate::network::RouteTable>, spot: Spot<'a>) {
        let table = &self.network.route_tables[table];
        let everything = table.routes.iter().find(
            |route| matches!(&route.prefix, UserRoutePrefix::Prefix(prefix) if prefix.prefix_len() == 0),
        );
        let Some(route) = everything else {
            return;
        };
        let fault = Diagnostic::new(
            Code::SpecialSubnetRule,
            "`GatewaySubnet` takes no route for every address",
        );
        let (table, name) = (table.identity.name.clone(), route.name.clone());
        let at = Spot::of("routeTables").key(&table).key("routes").key(&name);
        let fault = fault
            .at(spot.key("routeTable").path())
            .also(at.key("addressPrefix").path(), "this route")
            .help("route the prefixes of single networks instead");
        self.faults.push(fault);
    }
}
