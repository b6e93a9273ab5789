//! One way through a stateful appliance, and the way back past it.
//!
//! Each direction is routed for itself, and a stateful device that sees only one of them drops what it does
//! not know (`expressroute/expressroute-asymmetric-routing`, `firewall/integrate-lb`,
//! `firewall/firewall-multi-hub-spoke`; endpoints: `private-link/inspect-traffic-with-azure-firewall`). Found
//! is only what is sure: the way back is delivered directly, so that no appliance stands on it at all.
//!
//! Subnets of one class route alike, so that pairs of classes are looked at, not pairs of subnets: of a user route
//! in one class, whether a machine of the other class is where it leads to, and sends directly back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use super::Findings;
use super::subjects::{at_route, at_subnet, listed, machine_name, subnet_name};
use super::survey::{Route, Survey};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::EffectiveRoute;
use crate::engine::next_hop::neighbour;
use crate::net::{AddressSet, Ranges, first_address};
use crate::network::{FixtureKind, Id, Network, Nic, Owner, Subnet, VirtualNetwork};
use crate::spec::SourceNat;
use crate::spec::checks::RouteNextHopType;

/// What one user route sends through an appliance and comes back directly: of the first subnet that has any.
struct Lost {
    from: Id<Subnet>,
    /// Subnets, endpoints or prefixes on premises, in words; the subnets in their order.
    to: BTreeMap<(usize, String), ()>,
    appliance: String,
    /// The subnet whose routes lead back, where it is one's own to mend.
    back: Option<Id<Subnet>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    Subnet,
    Endpoint,
    OnPremises,
}

type All = BTreeMap<(Route, Other), Lost>;

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    let look = Look::new(survey);
    let mut all = All::new();
    for class in look.classes.values() {
        let ways = look.ways(class);
        if ways.is_empty() {
            continue;
        }
        look.to_subnets(class, &ways, &mut all);
        look.to_endpoints(class, &ways, &mut all);
        look.to_premises(class, &ways, &mut all);
    }
    for (((table, position), kind), lost) in all {
        let name = &network.route_tables[table].identity.name;
        let from = subnet_name(network, lost.from);
        let to = listed(lost.to.into_keys().map(|(_, name)| name));
        let message = format!(
            "what `{from}` sends to {to} goes through `{}`, which keeps state, and the replies come back past it",
            lost.appliance
        );
        let mut finding = Diagnostic::new(Code::AsymmetricRouting, message)
            .at_key(at_route(network, table, position));
        if let Some(back) = lost.back {
            finding = finding.label(At::Key(at_subnet(network, back)), "routes back directly");
        }
        finding = finding.help(match kind {
            Other::Subnet => {
                "route both ways through it, or neither, or let it translate the source; a plain router has `forwarding: { stateful: false }`"
            }
            Other::Endpoint => "let it translate the source: a private endpoint replies directly",
            Other::OnPremises => {
                "give `GatewaySubnet` a route through it for each range of the virtual network"
            }
        });
        findings.add_of(vec![name.to_string(), from], finding);
    }
}

/// Subnets that route alike, each with a machine in it that is no appliance.
struct Class {
    vnet: Id<VirtualNetwork>,
    /// By the machines' IPv4 addresses, which they are sorted by.
    ends: Vec<(u32, Id<Subnet>)>,
    /// What is delivered without anything between.
    direct: AddressSet,
    first: Id<Subnet>,
}

/// A user route to an appliance.
struct Way<'s> {
    route: Route,
    won: &'s AddressSet,
    hop: IpAddr,
    owner: Owner,
}

struct Look<'s> {
    survey: &'s Survey<'s, 's>,
    classes: BTreeMap<u32, Class>,
    /// For each VNet, its classes.
    in_vnet: HashMap<Id<VirtualNetwork>, Vec<u32>>,
    /// For each VNet, its private endpoints.
    endpoints: HashMap<Id<VirtualNetwork>, Vec<(IpAddr, String)>>,
}

impl<'s> Look<'s> {
    fn new(survey: &'s Survey<'s, 's>) -> Self {
        let network = survey.network();
        let mut classes: BTreeMap<u32, Class> = BTreeMap::new();
        let mut in_vnet: HashMap<Id<VirtualNetwork>, Vec<u32>> = HashMap::new();
        for (id, subnet) in network.subnets.iter() {
            let Some(address) = end(network, survey.nics(id)) else {
                continue;
            };
            if survey.lacks(id, "routeTable") {
                continue;
            }
            let number = survey.effective.class(id);
            let class = classes.entry(number).or_insert_with(|| {
                in_vnet.entry(subnet.vnet).or_default().push(number);
                Class {
                    vnet: subnet.vnet,
                    ends: Vec::new(),
                    direct: direct(survey, id),
                    first: id,
                }
            });
            class.ends.push((address, id));
        }
        for class in classes.values_mut() {
            class.ends.sort_unstable();
        }
        let mut endpoints: HashMap<Id<VirtualNetwork>, Vec<(IpAddr, String)>> = HashMap::new();
        for (_, fixture) in network.fixtures.iter() {
            let (FixtureKind::PrivateEndpoint(_), Some(vnet)) = (fixture.kind, fixture.vnet) else {
                continue;
            };
            if let Some(address) = fixture.addresses.iter().find(|own| own.is_ipv4()) {
                let own = (*address, fixture.identity.name.to_string());
                endpoints.entry(vnet).or_default().push(own);
            }
        }
        Self {
            survey,
            classes,
            in_vnet,
            endpoints,
        }
    }

    /// The user routes of a class to what stands within reach.
    fn ways(&self, class: &Class) -> Vec<Way<'s>> {
        let network = self.survey.network();
        let won = self.survey.all_won(class.first).iter();
        let ways = won.filter_map(|(route, won)| {
            let own = network.route_tables[route.0].routes.get(route.1)?;
            let hop = own.next_hop_ip_address?;
            let (owner, _) = neighbour(network, class.vnet, hop)?;
            Some(Way {
                route: *route,
                won,
                hop,
                owner,
            })
        });
        ways.filter(|way| !way.won.is_empty()).collect()
    }

    /// A VNet, and those that are connected with it.
    fn near(&self, vnet: Id<VirtualNetwork>) -> HashSet<Id<VirtualNetwork>> {
        let network = self.survey.network();
        let peerings = network.vnets[vnet].peerings.iter();
        let peerings = peerings.map(|id| &network.peerings[*id]);
        let connected = peerings.filter(|own| own.connected);
        connected.map(|own| own.remote).chain([vnet]).collect()
    }

    fn to_subnets(&self, class: &Class, ways: &[Way<'_>], all: &mut All) {
        let network = self.survey.network();
        for other in self.near(class.vnet) {
            for number in self.in_vnet.get(&other).into_iter().flatten() {
                let Some(other) = self.classes.get(number) else {
                    continue;
                };
                let senders = within(&class.ends, &other.direct);
                if senders.is_empty() {
                    continue;
                }
                for way in ways {
                    let sent = within(&other.ends, way.won);
                    let kept = sent.iter().filter_map(|(address, to)| {
                        Some((
                            *to,
                            way.keeps(network, IpAddr::from(address.to_be_bytes()))?,
                        ))
                    });
                    let kept: Vec<(Id<Subnet>, String)> = kept.collect();
                    let goes = |from: &Id<Subnet>| kept.iter().any(|(to, _)| to != from);
                    let from = senders.iter().map(|(_, from)| *from).filter(goes).min();
                    for (to, appliance) in &kept {
                        if let Some(from) = from.filter(|from| from != to) {
                            let name = (to.index(), subnet_name(network, *to));
                            note(
                                all,
                                (way.route, Other::Subnet),
                                from,
                                name,
                                appliance,
                                Some(*to),
                            );
                        }
                    }
                }
            }
        }
    }

    /// A private endpoint replies by the routes of its VNet, whatever the user's routes say.
    fn to_endpoints(&self, class: &Class, ways: &[Way<'_>], all: &mut All) {
        let network = self.survey.network();
        let Some(from) = class.ends.iter().map(|(_, from)| *from).min() else {
            return;
        };
        for vnet in self.near(class.vnet) {
            for (address, name) in self.endpoints.get(&vnet).into_iter().flatten() {
                for way in ways.iter().filter(|way| way.won.contains(*address)) {
                    if let Some(appliance) = way.keeps(network, *address) {
                        let name = (0, name.clone());
                        note(
                            all,
                            (way.route, Other::Endpoint),
                            from,
                            name,
                            &appliance,
                            None,
                        );
                    }
                }
            }
        }
    }

    /// What comes from on premises is routed by `GatewaySubnet`.
    fn to_premises(&self, class: &Class, ways: &[Way<'_>], all: &mut All) {
        let network = self.survey.network();
        let effective = self.survey.effective;
        for (id, gateway) in network.gateways.iter() {
            let mut home = network.vnets[gateway.vnet].subnets.iter().copied();
            let home = home.find(|id| {
                network.subnets[*id]
                    .name
                    .eq_ignore_ascii_case("GatewaySubnet")
            });
            let Some(home) = home.filter(|_| serves(network, gateway.vnet, class.vnet)) else {
                continue;
            };
            let senders = within(&class.ends, &direct(self.survey, home));
            let Some(from) = senders.iter().map(|(_, from)| *from).min() else {
                continue;
            };
            let routes = effective.gateway_routes(gateway.vnet).iter();
            let learned = routes.filter(|route| route.from.gateway() == Some(id));
            for (at, route) in learned.enumerate() {
                let address = first_address(&route.prefix);
                if route.prefix.prefix_len() == 0 || !address.is_ipv4() {
                    continue;
                }
                for way in ways.iter().filter(|way| way.won.contains(address)) {
                    if let Some(appliance) = way.keeps(network, address) {
                        let name = (at, route.prefix.to_string());
                        let key = (way.route, Other::OnPremises);
                        note(all, key, from, name, &appliance, Some(home));
                    }
                }
            }
        }
    }
}

/// Notes a loss, where it is of the first subnet that has any.
fn note(
    all: &mut All,
    key: (Route, Other),
    from: Id<Subnet>,
    name: (usize, String),
    appliance: &str,
    back: Option<Id<Subnet>>,
) {
    let new = || Lost {
        from,
        to: BTreeMap::new(),
        appliance: appliance.to_owned(),
        back,
    };
    let lost = all.entry(key).or_insert_with(new);
    if from < lost.from {
        *lost = new();
    }
    if from == lost.from {
        lost.back = lost.back.min(back);
        lost.to.insert(name, ());
    }
}

/// The IPv4 address of a machine that is no appliance.
fn end(network: &Network, nics: &[Id<Nic>]) -> Option<u32> {
    nics.iter().find_map(|id| {
        let nic = &network.nics[*id];
        let plain = network.machines[nic.machine].forwarding.is_none() && !nic.ip_forwarding;
        match nic.addresses.first().filter(|_| plain)?.address {
            IpAddr::V4(address) => Some(address.into()),
            IpAddr::V6(_) => None,
        }
    })
}

/// The ends whose addresses belong to a set.
fn within<'c>(ends: &'c [(u32, Id<Subnet>)], set: &AddressSet) -> Vec<&'c (u32, Id<Subnet>)> {
    let ranges = set.v4();
    if ends.len() < ranges.ranges().len() {
        return ends
            .iter()
            .filter(|(own, _)| ranges.contains(*own))
            .collect();
    }
    let of = |(first, last): &(u32, u32)| {
        let from = ends.partition_point(|(own, _)| own < first);
        let to = ends.partition_point(|(own, _)| own <= last);
        ends.get(from..to).unwrap_or_default()
    };
    ranges.ranges().iter().flat_map(of).collect()
}

/// What a subnet sends without anything between.
fn direct(survey: &Survey<'_, '_>, subnet: Id<Subnet>) -> AddressSet {
    let routes = survey.effective.subnet_routes(subnet);
    let delivers = |row: &EffectiveRoute| {
        matches!(
            row.next_hop_type,
            RouteNextHopType::VnetLocal
                | RouteNextHopType::VNetPeering
                | RouteNextHopType::VNetGlobalPeering
        )
    };
    let direct: Vec<bool> = routes
        .choices
        .iter()
        .map(|rows| {
            let mut rows = rows.iter().map(|row| routes.rows.get(*row as usize));
            !rows.len().eq(&0) && rows.all(|row| row.is_some_and(delivers))
        })
        .collect();
    let all = routes.by_destination.v4().iter();
    let own = all.filter(|(.., choice)| direct.get(*choice as usize) == Some(&true));
    let own = own.map(|(first, last, _)| (*first, *last));
    AddressSet::of_ranges(Ranges::of(own.collect()), Ranges::default())
}

impl Way<'_> {
    /// The name of the appliance, where it keeps the state of what is sent to `destination`, and its source.
    fn keeps(&self, network: &Network, destination: IpAddr) -> Option<String> {
        (self.hop != destination).then_some(())?;
        stateful(network, self.owner, destination)
    }
}

/// Whether the gateway of `hub` is used by `vnet`.
fn serves(network: &Network, hub: Id<VirtualNetwork>, vnet: Id<VirtualNetwork>) -> bool {
    let mut peerings = network.vnets[vnet]
        .peerings
        .iter()
        .map(|id| &network.peerings[*id]);
    hub == vnet
        || peerings.any(|own| {
            let transit = |id| network.peerings[id].allow_gateway_transit;
            own.connected
                && own.remote == hub
                && own.use_remote_gateways
                && own.reverse.is_some_and(transit)
        })
}

/// The name of what keeps the state of flows to `destination`, and their source.
fn stateful(network: &Network, owner: Owner, destination: IpAddr) -> Option<String> {
    let id = match owner {
        Owner::Nic(nic) => return stateful_nic(network, nic, destination),
        Owner::Fixture(id) => id,
    };
    match network.fixtures[id].kind {
        FixtureKind::AzureFirewall(firewall) => {
            let own = &network.firewalls[firewall];
            // Application rules translate; network rules do so for what is not private.
            let passes = own.network_rules.iter().any(|rule| rule.rule.allow);
            let keeps = passes && own.private_ranges.contains(destination);
            keeps.then(|| own.identity.name.to_string())
        }
        FixtureKind::LoadBalancer(..) => {
            let members = &network.fixtures[id].members;
            let all = members
                .iter()
                .map(|nic| stateful_nic(network, *nic, destination));
            let all: Option<Vec<String>> = all.collect();
            all?.first()?;
            Some(network.fixtures[id].identity.name.to_string())
        }
        _ => None,
    }
}

fn stateful_nic(network: &Network, nic: Id<Nic>, destination: IpAddr) -> Option<String> {
    let own = &network.nics[nic];
    let forwarding = network.machines[own.machine].forwarding.as_ref()?;
    let keeps = match forwarding.source_nat {
        SourceNat::None => true,
        SourceNat::Internet => crate::net::is_private(destination),
        SourceNat::All => false,
    };
    let works = forwarding.enabled && own.ip_forwarding && !own.has(destination);
    (works && keeps && forwarding.stateful).then(|| machine_name(network, nic).to_owned())
}
