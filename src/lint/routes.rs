//! User routes that lead nowhere, or win for nothing.
//!
//! Follows `virtual-network/virtual-networks-udr-overview`: the next hop must be in the virtual network or a
//! direct peer and forward; the longest prefix wins, and user routes before others of the same prefix.

use std::collections::HashSet;

use super::Findings;
use super::subjects::{at, at_nic, at_route, listed, machine_name, subnet_name};
use super::survey::{Survey, union};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::EffectiveRoute;
use crate::engine::next_hop::neighbour;
use crate::net::AddressSet;
use crate::network::{
    FixtureKind, Id, Machine, Network, Nic, Owner, RouteTable, Subnet, UserRoute, UserRoutePrefix,
    VirtualNetwork,
};
use crate::spec::NextHopType;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    for (id, table) in network.route_tables.iter() {
        let subnets = survey.subnets(id);
        if subnets.is_empty() {
            continue;
        }
        for position in 0..table.routes.len() {
            let route = Route {
                survey,
                table: id,
                position,
                subnets,
            };
            let mut found: Vec<Diagnostic> = Vec::new();
            found.extend(route.leads_to_nobody());
            found.extend(route.does_not_forward());
            found.extend(route.loops());
            found.extend(route.misses_gateway());
            found.extend(route.never_wins());
            for finding in found {
                findings.add(&*table.identity.name, finding);
            }
        }
    }
}

/// Whether what owns a next hop forwards; else why not, with the NIC that is at fault.
pub(super) fn forwards(network: &Network, owner: Owner) -> Result<(), (Option<Id<Nic>>, String)> {
    let fixture = match owner {
        Owner::Nic(nic) => return nic_forwards(network, nic),
        Owner::Fixture(id) => &network.fixtures[id],
    };
    let name = &fixture.identity.name;
    let what = match fixture.kind {
        FixtureKind::AzureFirewall(_) | FixtureKind::Gateway(_) => return Ok(()),
        FixtureKind::LoadBalancer(balancer, frontend) => {
            let frontend = network.load_balancers[balancer]
                .frontends
                .get(frontend as usize);
            let rules = frontend.map_or(&[][..], |own| &own.rules);
            let members = rules.iter().filter(|rule| rule.is_ha_ports());
            let mut members = members.flat_map(|rule| &rule.members);
            return members.try_for_each(|nic| nic_forwards(network, *nic));
        }
        FixtureKind::ApplicationGateway(_) => "an application gateway",
        FixtureKind::BastionHost => "a Bastion host",
        FixtureKind::RouteServer(_) => "a Route Server",
        FixtureKind::PrivateEndpoint(_) => "a private endpoint",
    };
    Err((None, format!("`{name}` is {what}, which forwards nothing")))
}

fn nic_forwards(network: &Network, id: Id<Nic>) -> Result<(), (Option<Id<Nic>>, String)> {
    let nic = &network.nics[id];
    let name = machine_name(network, id);
    let why = if !nic.ip_forwarding {
        format!("IP forwarding is off on the NIC of `{name}`")
    } else {
        match &network.machines[nic.machine].forwarding {
            Some(own) if own.enabled => return Ok(()),
            Some(_) => format!("the guest of `{name}` does not forward"),
            None => format!("`{name}` is no appliance"),
        }
    };
    Err((Some(id), why))
}

/// A route of a table that is on some subnets.
struct Route<'a> {
    survey: &'a Survey<'a, 'a>,
    table: Id<RouteTable>,
    position: usize,
    subnets: &'a [Id<Subnet>],
}

impl<'a> Route<'a> {
    fn network(&self) -> &'a Network {
        self.survey.network()
    }

    /// For which addresses it wins in a subnet; none where that is not known.
    fn won(&self, subnet: Id<Subnet>) -> Option<&'a AddressSet> {
        self.survey.won(subnet, (self.table, self.position))
    }

    /// Its subnets, of each virtual network the first.
    fn homes(&self) -> impl Iterator<Item = Id<VirtualNetwork>> {
        let network = self.network();
        let mut seen = HashSet::new();
        let vnets = self.subnets.iter().map(|id| network.subnets[*id].vnet);
        vnets.filter(move |vnet| seen.insert(*vnet))
    }

    fn own(&self) -> &'a UserRoute {
        &self.network().route_tables[self.table].routes[self.position]
    }

    fn finding(&self, code: Code, message: String) -> Diagnostic {
        let here = at_route(self.network(), self.table, self.position);
        Diagnostic::new(code, message).at_key(here)
    }

    /// What stands at the next hop, seen from the first subnet that finds anything there.
    fn owner(&self) -> Option<Owner> {
        let address = self.own().next_hop_ip_address?;
        let network = self.network();
        let (owner, _) = self
            .homes()
            .find_map(|vnet| neighbour(network, vnet, address))?;
        // A route to the appliance's own address ends there.
        let alone = matches!(&self.own().prefix, UserRoutePrefix::Prefix(prefix)
            if prefix.addr() == address && prefix.prefix_len() == prefix.max_prefix_len());
        (!alone).then_some(owner)
    }

    fn leads_to_nobody(&self) -> Option<Diagnostic> {
        let address = self.own().next_hop_ip_address?;
        let network = self.network();
        // Of a peer that is not among the files it is not known what stands in it.
        let unknown = |vnet: &Id<VirtualNetwork>| {
            let own = &network.vnets[*vnet];
            let peers = own.peerings.iter().map(|id| network.peerings[*id].remote);
            let mut near = peers.chain([*vnet]).map(|id| &network.vnets[id]);
            near.any(|own| {
                own.addresses.contains(address) && network.elsewhere.contains(&at(&own.identity))
            })
        };
        let vnets = self
            .homes()
            .filter(|vnet| neighbour(network, *vnet, address).is_none() && !unknown(vnet));
        let vnets: HashSet<Id<VirtualNetwork>> = vnets.collect();
        let lost = self.subnets.iter();
        let lost = lost.filter(|id| vnets.contains(&network.subnets[**id].vnet));
        let lost: Vec<String> = lost.map(|id| subnet_name(network, *id)).collect();
        if lost.is_empty() {
            return None;
        }
        let elsewhere = network.owners.iter().any(|own| own.get(address).is_some());
        let help = if elsewhere {
            "the next hop must be in the virtual network of the subnet or in a connected direct peer"
        } else {
            "name the private address of an appliance, a firewall or an internal load balancer"
        };
        let message = format!(
            "`{}` drops what it takes of {}: nothing within reach has the address {address}",
            self.own().name,
            listed(lost)
        );
        Some(self.finding(Code::NextHopIsNobody, message).help(help))
    }

    fn does_not_forward(&self) -> Option<Diagnostic> {
        let network = self.network();
        let (nic, why) = forwards(network, self.owner()?).err()?;
        let message = format!("`{}` leads to what drops it: {why}", self.own().name);
        let mut finding = self.finding(Code::NextHopDoesNotForward, message);
        if let Some(nic) = nic {
            finding = finding.label(At::Key(at_nic(network, nic)), "the next hop");
            let flag = !network.nics[nic].ip_forwarding;
            finding = finding.help(if flag {
                "set `enableIPForwarding: true` on that NIC"
            } else {
                "let the guest forward, or name another next hop"
            });
        }
        Some(finding)
    }

    /// The appliance's own subnet sends the packets to the appliance again.
    fn loops(&self) -> Option<Diagnostic> {
        let network = self.network();
        let owner = self.owner()?;
        forwards(network, owner).ok()?;
        let one_nic = |nic: Id<Nic>| {
            let machine: Id<Machine> = network.nics[nic].machine;
            (network.machines[machine].nics.len() == 1).then_some(network.nics[nic].subnet)
        };
        let home = match owner {
            Owner::Nic(nic) => one_nic(nic)?,
            Owner::Fixture(id) => match network.fixtures[id].kind {
                FixtureKind::AzureFirewall(_) => network.fixtures[id].subnet?,
                FixtureKind::LoadBalancer(..) => one_nic(*network.fixtures[id].members.first()?)?,
                _ => return None,
            },
        };
        let vnet = network.subnets[home].vnet;
        let back = |row: &EffectiveRoute| {
            let mut hops = row.next_hop_addresses.iter();
            row.user.is_some()
                && hops.any(|hop| neighbour(network, vnet, *hop).map(|(own, _)| own) == Some(owner))
        };
        let routes = self.survey.effective.subnet_routes(home);
        let backwards: Vec<bool> = routes
            .choices
            .iter()
            .map(|rows| {
                rows.iter()
                    .any(|row| routes.rows.get(*row as usize).is_some_and(back))
            })
            .collect();
        if !backwards.contains(&true) {
            return None;
        }
        let sent: Option<Vec<&AddressSet>> = self.subnets.iter().map(|id| self.won(*id)).collect();
        let sent = union(sent?);
        let looped = routes.by_destination.parts().find_map(|(part, choice)| {
            if backwards.get(choice as usize) != Some(&true) {
                return None;
            }
            let address = part.intersection(&sent).first()?;
            let rows = routes.choices.get(choice as usize)?;
            let mut rows = rows.iter().filter_map(|row| routes.rows.get(*row as usize));
            let row = rows.find(|row| back(row))?;
            Some((address, row.user?))
        });
        let (address, (table, position)) = looped?;
        let message = format!(
            "`{}` makes a loop: in `{}`, where its next hop stands, what goes to {address} is sent to it again",
            self.own().name,
            subnet_name(network, home)
        );
        let finding = self.finding(Code::NextHopLoop, message);
        let finding = if (table, position) == (self.table, self.position) {
            finding
        } else {
            finding.label(At::Key(at_route(network, table, position)), "by this route")
        };
        Some(finding.help("put appliances in a subnet of their own, with other routes"))
    }

    fn misses_gateway(&self) -> Option<Diagnostic> {
        if self.own().next_hop_type != NextHopType::VirtualNetworkGateway {
            return None;
        }
        let network = self.network();
        let without = self.subnets.iter().filter(|id| {
            self.survey
                .effective
                .vpn_gateway(network.subnets[**id].vnet)
                .is_none()
        });
        let without: Vec<String> = without.map(|id| subnet_name(network, *id)).collect();
        if without.is_empty() {
            return None;
        }
        let message = format!(
            "`{}` drops what it takes of {}: there is no VPN gateway to go to",
            self.own().name,
            listed(without)
        );
        let help = "a user route leads to a VPN gateway of the virtual network, or of a peer by `useRemoteGateways`; never to an ExpressRoute gateway";
        Some(
            self.finding(Code::RouteToMissingGateway, message)
                .help(help),
        )
    }

    fn never_wins(&self) -> Option<Diagnostic> {
        for subnet in self.subnets {
            if !self.won(*subnet)?.is_empty() {
                return None;
            }
        }
        let UserRoutePrefix::Prefix(prefix) = &self.own().prefix else {
            return None;
        };
        let first = self.subnets.first()?;
        let routes = self.survey.effective.subnet_routes(*first);
        let own = AddressSet::of([prefix]);
        let mut winners: Vec<String> = Vec::new();
        for (part, choice) in routes.by_destination.parts() {
            if part.overlaps(&own) {
                let rows = routes.choices.get(choice as usize).into_iter().flatten();
                for row in rows.filter_map(|row| routes.rows.get(*row as usize)) {
                    let prefix = row
                        .prefixes
                        .first()
                        .map_or_else(String::new, ToString::to_string);
                    let winner = format!("{prefix} → {}", row.next_hop_type);
                    if !winners.contains(&winner) {
                        winners.push(winner);
                    }
                }
            }
        }
        let message = format!(
            "`{}` wins for no address of {prefix}: {} {}",
            self.own().name,
            listed(winners.clone()),
            if winners.len() == 1 { "does" } else { "do" }
        );
        let help = "the longest prefix wins: write a route for each of these prefixes";
        Some(self.finding(Code::RouteNeverUsed, message).help(help))
    }
}
