//! Route tables (`virtual-networks-udr-overview`).

use std::collections::HashMap;

use super::kind::Kind;
use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic};
use crate::net::same_family;
use crate::network::{RouteTable, UserRoute, UserRoutePrefix};
use crate::spec::{self, NextHopType, RoutePrefix};

/// Routes of a table, and those of them that may be for a service tag (`virtual-networks-udr-overview`).
const MOST_ROUTES: usize = 400;
const MOST_TAG_ROUTES: usize = 25;

impl<'a> Resolver<'a> {
    /// Route tables with their routes.
    pub(super) fn route_tables(&mut self) {
        for (key, table) in self.topology.route_tables.iter() {
            let spot = Spot::of(Kind::RouteTable.section()).key(key);
            self.check_name(key, Kind::RouteTable.noun(), spot);
            let identity = self.identities.of(Kind::RouteTable, key, &table.common);
            let at = spot.key("routes");
            let mut routes = Vec::with_capacity(table.routes.len());
            let mut prefixes: HashMap<String, &'a str> = HashMap::with_capacity(table.routes.len());
            for (name, route) in table.routes.iter() {
                self.check_name(name, "route", at.key(name));
                routes.extend(self.route(name, route, at.key(name)));
                let text = match &route.address_prefix {
                    RoutePrefix::Prefix(prefix) => prefix.to_string(),
                    RoutePrefix::Tag(tag) => fold(tag),
                };
                if let Some(first) = prefixes.get(&text) {
                    let written = match &route.address_prefix {
                        RoutePrefix::Prefix(_) => &text,
                        RoutePrefix::Tag(tag) => tag,
                    };
                    let message = format!("`{name}` and `{first}` are both for `{written}`");
                    let fault = Diagnostic::new(Code::DuplicatePrefixInRouteTable, message)
                        .at(at.key(name).key("addressPrefix").path())
                        .also(at.key(first).key("addressPrefix").path(), "the other route")
                        .help("a route table takes one route for a prefix");
                    self.faults.push(fault);
                } else {
                    prefixes.insert(text, name);
                }
            }
            self.at_most(table.routes.len(), MOST_ROUTES, "routes in one table", at);
            let of_tags = table
                .routes
                .iter()
                .filter(|(_, route)| matches!(route.address_prefix, RoutePrefix::Tag(_)));
            let of_tags = of_tags.count();
            self.at_most(
                of_tags,
                MOST_TAG_ROUTES,
                "routes for service tags in one table",
                at,
            );
            self.network.route_tables.push(RouteTable {
                identity,
                disable_bgp_route_propagation: table.disable_bgp_route_propagation,
                routes,
            });
        }
    }

    fn route(
        &mut self,
        name: &'a str,
        route: &'a spec::Route,
        spot: Spot<'a>,
    ) -> Option<UserRoute> {
        let prefix = match &route.address_prefix {
            RoutePrefix::Prefix(prefix) => Some(UserRoutePrefix::Prefix(*prefix)),
            RoutePrefix::Tag(tag) => self
                .tag(tag, spot.key("addressPrefix"))
                .map(UserRoutePrefix::Tag),
        };
        let hop = spot.key("nextHopIpAddress");
        match (route.next_hop_type, route.next_hop_ip_address) {
            (NextHopType::VirtualAppliance, None) => {
                let fault = Diagnostic::new(
                    Code::NextHopAddressRequired,
                    "a route to `VirtualAppliance` names no `nextHopIpAddress`",
                );
                self.faults.push(
                    fault
                        .at(spot.key("nextHopType").path())
                        .help("give the appliance's private address as `nextHopIpAddress`"),
                );
            }
            (NextHopType::VirtualAppliance, Some(address)) => {
                if let RoutePrefix::Prefix(prefix) = &route.address_prefix
                    && !same_family(prefix.addr(), address)
                {
                    let message =
                        format!("`{address}` and `{prefix}` are of different address families");
                    let fault = Diagnostic::new(Code::MixedAddressFamilies, message)
                        .at(hop.path())
                        .also(spot.key("addressPrefix").path(), "the route's prefix");
                    self.faults.push(fault);
                }
            }
            (other, Some(address)) => {
                let message = format!("a route to `{other}` names the address `{address}`");
                let fault = Diagnostic::new(Code::NextHopAddressForbidden, message)
                    .at(hop.path())
                    .also(spot.key("nextHopType").path(), "the next hop")
                    .help("only `VirtualAppliance` takes an address; leave out one of the two");
                self.faults.push(fault);
            }
            (_, None) => {}
        }
        Some(UserRoute {
            name: name.into(),
            prefix: prefix?,
            next_hop_type: route.next_hop_type,
            next_hop_ip_address: route.next_hop_ip_address,
        })
    }
}
