//! Which flows a change can touch: never fewer than it does. What a walk asks of a resource is the flow as
//! it stands there, so that translations on the way are undone first.

use std::net::IpAddr;

use super::Change;
use super::apply::alike;
use super::world::filter_rules;
use crate::engine::DEFAULT_OUTBOUND;
use crate::net::{AddressSet, PortRange, Protocol, ProtocolMatch, WIRE_SERVER, tags};
use crate::network::{
    FixtureKind, Id, Network, RouteTable, RuleSide, SecurityRule, UserRoute, UserRoutePrefix,
};
use crate::spec::{OutboundSmtp, SourceNat};

/// Flows from some addresses to some others.
#[derive(Debug, Clone)]
pub(super) struct Touched {
    pub sources: AddressSet,
    pub destinations: AddressSet,
    /// Which protocols; none given: every one.
    pub protocol: ProtocolMatch,
    /// To which port, where only one counts.
    pub port: Option<u16>,
    /// From which port, where only one counts.
    pub source_port: Option<u16>,
}

/// The flows that `change` can touch.
pub(super) fn touched(network: &Network, change: &Change) -> Vec<Touched> {
    let own = by_itself(network, change);
    // What answers a probe decides where all of a balancer's flows go.
    let probed = probed(network);
    let asks =
        |part: &Touched| part.sources.contains(WIRE_SERVER) && part.destinations.overlaps(&probed);
    if own.iter().any(asks) {
        vec![every(AddressSet::all(), AddressSet::all())]
    } else {
        own
    }
}

/// The addresses of what balancers probe.
pub(crate) fn probed(network: &Network) -> AddressSet {
    let frontends = network
        .load_balancers
        .iter()
        .flat_map(|(_, own)| &own.frontends);
    let rules = frontends.flat_map(|frontend| &frontend.rules);
    let members = rules
        .filter(|rule| rule.probe.is_some())
        .flat_map(|rule| &rule.members);
    let own = members.flat_map(|nic| &network.nics[*nic].addresses);
    AddressSet::of_addresses(own.map(|own| own.address))
}

/// Those that a walk of them shows it to.
fn by_itself(network: &Network, change: &Change) -> Vec<Touched> {
    match change {
        Change::SecurityRule { rule, .. } => by_rule(
            network,
            &side(&rule.source),
            &side(&rule.destination),
            rule.protocol,
            port(rule),
        ),
        Change::AdminRule { rule, .. } => {
            let all = |sides: &[RuleSide]| {
                let sets = sides.iter().map(side);
                sets.fold(AddressSet::default(), |all, some| all.union(&some))
            };
            let port = single(&rule.destination_ports);
            let (from, to) = (all(&rule.sources), all(&rule.destinations));
            by_rule(network, &from, &to, rule.protocol, port)
        }
        Change::FirewallRule { rule, .. } | Change::FilterRule { rule, .. } => {
            let port = single(&rule.destination_ports);
            by_rule(
                network,
                &rule.source,
                &rule.destination,
                rule.protocol,
                port,
            )
        }
        Change::Route { table, route } => by_route(network, *table, route),
        Change::RemoveRoute { table, name } => {
            let routes = &network.route_tables[*table].routes;
            let route = routes.iter().find(|route| route.name == *name);
            route.map_or_else(Vec::new, |route| by_route(network, *table, route))
        }
        Change::Listener { machine, socket } => {
            let machines = alike(network, *machine);
            let nics = machines.iter().flat_map(|id| &network.machines[*id].nics);
            let own = nics.flat_map(|nic| &network.nics[*nic].addresses);
            let own = AddressSet::of_addresses(own.map(|own| own.address));
            vec![Touched {
                sources: AddressSet::all(),
                destinations: aliases(network, &own),
                protocol: socket
                    .protocol
                    .map_or(ProtocolMatch::Any, ProtocolMatch::Only),
                port: None,
                source_port: None,
            }]
        }
        Change::PeeringFlag { .. } | Change::IpForwarding(_) | Change::GuestForwarding(_) => {
            vec![every(AddressSet::all(), AddressSet::all())]
        }
    }
}

fn every(sources: AddressSet, destinations: AddressSet) -> Touched {
    Touched {
        sources,
        destinations,
        protocol: ProtocolMatch::Any,
        port: None,
        source_port: None,
    }
}

fn port(rule: &SecurityRule) -> Option<u16> {
    single(&rule.destination_ports)
}

fn single(ports: &[PortRange]) -> Option<u16> {
    match ports {
        [one] if one.first == one.last => Some(one.first),
        _ => None,
    }
}

/// What a side of a rule holds at most.
fn side(side: &RuleSide) -> AddressSet {
    match side {
        RuleSide::Prefixes(prefixes) => AddressSet::of(prefixes),
        RuleSide::Platform(tags::PlatformTag::Internet) => tags::internet(),
        _ => AddressSet::all(),
    }
}

/// A rule sees requests, and of replies those that nothing knows: their source is the request's
/// destination, and their port the one that the request came from.
fn by_rule(
    network: &Network,
    source: &AddressSet,
    destination: &AddressSet,
    protocol: ProtocolMatch,
    port: Option<u16>,
) -> Vec<Touched> {
    let to = aliases(network, destination);
    let translated = to != *destination;
    let request = Touched {
        sources: seen_as(network, source),
        destinations: to,
        protocol,
        // What is translated may have had another port.
        port: port.filter(|_| !translated),
        source_port: None,
    };
    let reply = Touched {
        sources: seen_as(network, destination),
        destinations: aliases(network, source),
        protocol,
        port: None,
        source_port: port,
    };
    vec![request, reply]
}

/// A route sees what goes to its addresses, requests and replies; and where it leads to an appliance or a
/// gateway, its addresses belong to the tag `VirtualNetwork` of the subnet's rules, both ways.
fn by_route(network: &Network, table: Id<RouteTable>, route: &UserRoute) -> Vec<Touched> {
    let prefix = match &route.prefix {
        UserRoutePrefix::Prefix(prefix) if prefix.prefix_len() == prefix.max_prefix_len() => prefix,
        // A wider route can take others with it: the reserved ones, a default route, those of endpoints.
        _ => return vec![every(AddressSet::all(), AddressSet::all())],
    };
    let own = AddressSet::of([prefix]);
    let at = stations(network, table);
    let near = at
        .as_ref()
        .map_or_else(AddressSet::all, |at| seen_as(network, at));
    let back = at.map_or_else(AddressSet::all, |at| aliases(network, &at));
    vec![
        every(near, aliases(network, &own)),
        every(seen_as(network, &own), back),
    ]
}

/// The addresses that packets leave by the routes of a table from, where all that does so is machines that
/// do not forward.
fn stations(network: &Network, table: Id<RouteTable>) -> Option<AddressSet> {
    let has = |subnet| network.subnets[subnet].route_table == Some(table);
    let mut own: Vec<IpAddr> = Vec::new();
    for (_, fixture) in network.fixtures.iter() {
        if fixture.subnet.is_some_and(has) {
            return None;
        }
    }
    for (_, nic) in network.nics.iter().filter(|(_, nic)| has(nic.subnet)) {
        if network.machines[nic.machine].forwarding.is_some() || nic.ip_forwarding {
            return None;
        }
        own.extend(nic.addresses.iter().map(|own| own.address));
    }
    Some(AddressSet::of_addresses(own))
}

/// What can be seen as some source: every address, where something puts one of these in place of others.
pub(crate) fn seen_as(network: &Network, source: &AddressSet) -> AddressSet {
    let mut put: Vec<IpAddr> = vec![DEFAULT_OUTBOUND];
    put.extend(network.public_ips.iter().map(|(_, own)| own.address));
    for (_, fixture) in network.fixtures.iter() {
        if matches!(
            fixture.kind,
            FixtureKind::AzureFirewall(_) | FixtureKind::ApplicationGateway(_)
        ) {
            put.extend(&fixture.addresses);
            let home = fixture.subnet.iter();
            let home = home.flat_map(|subnet| &network.subnets[*subnet].prefixes);
            if AddressSet::of(home).overlaps(source) {
                return AddressSet::all();
            }
        }
    }
    for (_, machine) in network.machines.iter() {
        let translates = |own: &crate::network::Forwarding| own.source_nat != SourceNat::None;
        if machine.forwarding.as_ref().is_some_and(translates) {
            let nics = machine
                .nics
                .iter()
                .flat_map(|nic| &network.nics[*nic].addresses);
            put.extend(nics.map(|own| own.address));
        }
    }
    if put.iter().any(|address| source.contains(*address)) {
        AddressSet::all()
    } else {
        source.clone()
    }
}

/// The addresses that some destinations are reached by: themselves, and what is translated to them.
pub(crate) fn aliases(network: &Network, destination: &AddressSet) -> AddressSet {
    let edges = translations(network);
    let mut found = destination.clone();
    loop {
        let more = edges
            .iter()
            .find(|(from, to)| to.overlaps(&found) && !found.covers(from));
        match more {
            Some((from, _)) => found = found.union(from),
            None => return found,
        }
    }
}

/// From which destinations to which ones something translates.
fn translations(network: &Network) -> Vec<(AddressSet, AddressSet)> {
    let one = |address: IpAddr| AddressSet::of_addresses([address]);
    let addresses = |nic| {
        let own = network.nics[nic].addresses.iter();
        AddressSet::of_addresses(own.map(|own| own.address))
    };
    let mut found = Vec::new();
    for (_, nic) in network.nics.iter() {
        for own in &nic.addresses {
            let public = own.public_ip.map(|id| network.public_ips[id].address);
            found.extend(public.map(|public| (one(public), one(own.address))));
        }
    }
    let fixture_addresses = |fixture: &crate::network::Fixture| {
        let public = fixture.public_ips.iter();
        let public = public.map(|id| network.public_ips[*id].address);
        AddressSet::of_addresses(fixture.addresses.iter().copied().chain(public))
    };
    for (_, fixture) in network.fixtures.iter() {
        let from = fixture_addresses(fixture);
        match fixture.kind {
            FixtureKind::LoadBalancer(..) => {
                let members = fixture.members.iter().map(|nic| addresses(*nic));
                found.extend(members.map(|to| (from.clone(), to)));
            }
            // What it publishes is not looked at here: anything.
            FixtureKind::ApplicationGateway(_) => found.push((from, AddressSet::all())),
            FixtureKind::BastionHost => {
                let own = AddressSet::of_addresses(fixture.addresses.iter().copied());
                found.push((from, own));
            }
            _ => {}
        }
    }
    for (_, balancer) in network.load_balancers.iter() {
        for frontend in &balancer.frontends {
            let from = fixture_addresses(&network.fixtures[frontend.fixture]);
            let members = frontend.rules.iter().flat_map(|rule| rule.members.iter());
            let members = members.chain(frontend.nat_rules.iter().map(|rule| &rule.target));
            found.extend(members.map(|nic| (from.clone(), addresses(*nic))));
        }
    }
    for (_, machine) in network.machines.iter() {
        let rules = machine
            .forwarding
            .iter()
            .flat_map(|own| &own.destination_nat);
        found.extend(rules.map(|rule| {
            (
                rule.matches.destination.clone(),
                one(rule.translated_address),
            )
        }));
    }
    for (_, firewall) in network.firewalls.iter() {
        let own = fixture_addresses(&network.fixtures[firewall.fixture]);
        for rule in &firewall.nat_rules {
            let to = rule.translated_address.map_or_else(AddressSet::all, one);
            found.push((own.clone(), to));
        }
        if !firewall.application_rules.is_empty() {
            // A proxy goes to where it finds the name that is asked for.
            let named = network
                .internet_hosts
                .iter()
                .flat_map(|(_, host)| &host.addresses);
            let services = network.services.iter();
            let services = services.filter_map(|(_, own)| own.public_ip_address);
            let named = AddressSet::of_addresses(named.copied().chain(services));
            found.push((named, AddressSet::all()));
        }
    }
    found
}

/// The parts of all ports that no rule of the network divides; `extra` stand alone, and what Azure's own
/// addresses answer, where it is about one of them (`platform`).
pub(super) fn port_classes(network: &Network, extra: &[u16], platform: bool) -> Vec<PortRange> {
    let mut firsts = std::collections::BTreeSet::from([0_u16]);
    let mut cut = |range: PortRange| {
        firsts.insert(range.first);
        firsts.extend(range.last.checked_add(1));
    };
    let one = |port: u16| PortRange {
        first: port,
        last: port,
    };
    extra.iter().for_each(|port| cut(one(*port)));
    // What the platform looks at by itself, and mail, and what firewalls do.
    let looks = [
        (platform, &[53, 67, 68, 80, 443, 8037, 32526][..]),
        (
            network.settings.outbound_smtp == OutboundSmtp::Blocked,
            &[25],
        ),
        (!network.firewalls.is_empty(), &[53, 80, 443]),
    ];
    let looked_at = looks.into_iter().filter(|(looks, _)| *looks);
    looked_at
        .flat_map(|(_, ports)| ports)
        .for_each(|port| cut(one(*port)));
    for rule in network.nsgs.iter().flat_map(|(_, nsg)| &nsg.rules) {
        rule.destination_ports.iter().copied().for_each(&mut cut);
    }
    for rule in network.managers.iter().flat_map(|(_, own)| &own.rules) {
        rule.destination_ports.iter().copied().for_each(&mut cut);
    }
    for rule in filter_rules(network) {
        rule.destination_ports.iter().copied().for_each(&mut cut);
    }
    let hosts = network.internet_hosts.iter().map(|(_, own)| &own.listeners);
    let listeners = (network.machines.iter().map(|(_, own)| &own.guest.listeners))
        .chain(network.site_hosts.iter().map(|(_, own)| &own.listeners))
        .chain(network.services.iter().map(|(_, own)| &own.listeners))
        .chain(hosts);
    for socket in listeners.flatten().flatten() {
        cut(socket.ports);
    }
    for (_, firewall) in network.firewalls.iter() {
        let ports = (firewall.nat_rules.iter().map(|rule| &rule.ports))
            .chain(firewall.network_rules.iter().map(|rule| &rule.ports));
        for (first, last) in ports.flat_map(|ports| ports.ranges()) {
            cut(PortRange {
                first: *first,
                last: *last,
            });
        }
        let named = firewall.application_rules.iter();
        for (_, port) in named.flat_map(|rule| &rule.protocols) {
            cut(one(*port));
        }
    }
    for frontend in network
        .load_balancers
        .iter()
        .flat_map(|(_, own)| &own.frontends)
    {
        frontend
            .rules
            .iter()
            .for_each(|rule| cut(one(rule.frontend_port)));
        frontend
            .nat_rules
            .iter()
            .for_each(|rule| cut(one(rule.frontend_port)));
    }
    let gateways = network.application_gateways.iter();
    for rule in gateways.flat_map(|(_, own)| &own.rules) {
        cut(one(rule.port));
    }
    if network
        .fixtures
        .iter()
        .any(|(_, own)| own.kind == FixtureKind::BastionHost)
    {
        cut(one(443));
    }
    classes(&firsts)
}

/// The parts of all ports that a rule for source ports divides; one where there is no such rule.
pub(super) fn source_port_classes(network: &Network, extra: &[u16]) -> Vec<PortRange> {
    let mut firsts = std::collections::BTreeSet::from([0_u16]);
    let mut cut = |range: &PortRange| {
        firsts.insert(range.first);
        firsts.extend(range.last.checked_add(1));
    };
    for rule in network.nsgs.iter().flat_map(|(_, nsg)| &nsg.rules) {
        rule.source_ports.iter().for_each(&mut cut);
    }
    for rule in network.managers.iter().flat_map(|(_, own)| &own.rules) {
        rule.source_ports.iter().for_each(&mut cut);
    }
    for rule in filter_rules(network) {
        rule.source_ports.iter().for_each(&mut cut);
    }
    for port in extra {
        cut(&PortRange {
            first: *port,
            last: *port,
        });
    }
    classes(&firsts)
}

fn classes(firsts: &std::collections::BTreeSet<u16>) -> Vec<PortRange> {
    let mut ends = firsts.iter().skip(1).map(|next| next - 1).chain([u16::MAX]);
    let ranges = firsts.iter().filter_map(|first| {
        ends.next().map(|last| PortRange {
            first: *first,
            last,
        })
    });
    ranges.collect()
}

/// Every protocol that rules tell apart.
pub(super) const PROTOCOLS: [Protocol; 5] = [
    Protocol::Tcp,
    Protocol::Udp,
    Protocol::Icmp,
    Protocol::Esp,
    Protocol::Ah,
];
