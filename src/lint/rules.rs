//! Rules of security groups that never decide, or name what does not count.
//!
//! Follows `virtual-network/network-security-groups-overview`: the first match by ascending priority ends a
//! group; rules see private addresses; ports count for TCP and UDP only (decisions).

use super::Findings;
use super::region::Region;
use super::subjects::{at, at_rule, listed};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::effective::{AppliedTo, Effective, ListOrigin, SecurityList};
use crate::net::{AddressSet, PortRange, ProtocolMatch, Rule};
use crate::network::{
    FixtureKind, Id, Network, NetworkSecurityGroup, RuleSide, SecurityRule, Subnet,
};
use crate::spec::{Access, Direction};

pub(super) fn find(effective: &Effective<'_>, findings: &mut Findings) {
    let network = effective.network();
    let floating = floating_frontends(network);
    let local: Vec<AddressSet> = local_to_subnets(network)
        .iter()
        .map(|own| own.union(&floating))
        .collect();
    for (id, nsg) in network.nsgs.iter() {
        for rule in &nsg.rules {
            ports_ignored(network, id, rule, findings);
        }
        for direction in [Direction::Inbound, Direction::Outbound] {
            let places = places(effective, id, direction, (&local, &floating));
            let own = nsg.rules.iter().filter(|rule| rule.direction == direction);
            for (position, rule) in own.enumerate() {
                judge(effective, (id, rule), position, &places, findings);
            }
        }
    }
}

/// A list of a group where it is applied, with the addresses that its own side can have there.
struct Applied {
    list: SecurityList,
    local: AddressSet,
}

fn places(
    effective: &Effective<'_>,
    nsg: Id<NetworkSecurityGroup>,
    direction: Direction,
    (subnets, floating): (&[AddressSet], &AddressSet),
) -> Vec<Applied> {
    let network = effective.network();
    let mut places: Vec<Applied> = Vec::new();
    let mut add = |list: Option<SecurityList>, local: AddressSet| {
        places.extend(list.map(|list| Applied { list, local }));
    };
    for (id, subnet) in network.subnets.iter() {
        if subnet.nsg == Some(nsg) {
            let lists = effective.subnet_security(id, direction);
            let own = lists
                .into_iter()
                .find(|list| list.origin == ListOrigin::Group(nsg));
            add(own, subnets.get(id.index()).cloned().unwrap_or_default());
        }
    }
    for (id, nic) in network.nics.iter() {
        if nic.nsg == Some(nsg) {
            let lists = effective.security(id, direction);
            let own = lists
                .iter()
                .find(|list| list.applied_to == AppliedTo::Nic(id))
                .cloned();
            let local = if nic.ip_forwarding {
                AddressSet::all()
            } else {
                AddressSet::of_addresses(nic.addresses.iter().map(|own| own.address))
            };
            add(own, local.union(floating));
        }
    }
    places
}

/// For each subnet, which addresses rules on it can meet on the subnet's own side: every one where something
/// forwards, where a platform resource stands, and where nothing is known to stand.
fn local_to_subnets(network: &Network) -> Vec<AddressSet> {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Home {
        Empty,
        OfItsOwn,
        OfAny,
    }
    let mut homes = vec![Home::Empty; network.subnets.len()];
    let mut holds = |subnet: Id<Subnet>, home: Home| {
        if let Some(known) = homes.get_mut(subnet.index()) {
            *known = home.max(*known);
        }
    };
    for (_, nic) in network.nics.iter() {
        let home = if nic.ip_forwarding {
            Home::OfAny
        } else {
            Home::OfItsOwn
        };
        holds(nic.subnet, home);
    }
    for (_, fixture) in network.fixtures.iter() {
        let home = match fixture.kind {
            FixtureKind::PrivateEndpoint(_) => Home::OfItsOwn,
            FixtureKind::LoadBalancer(..) => continue,
            _ => Home::OfAny,
        };
        if let Some(subnet) = fixture.subnet {
            holds(subnet, home);
        }
    }
    let subnets = network.subnets.iter().zip(homes);
    subnets
        .map(|((_, subnet), home)| match home {
            Home::OfItsOwn => AddressSet::of(&subnet.prefixes),
            Home::Empty | Home::OfAny => AddressSet::all(),
        })
        .collect()
}

/// With floating IP a member sees the frontend's address (`load-balancer/load-balancer-floating-ip`).
fn floating_frontends(network: &Network) -> AddressSet {
    let frontends = network
        .load_balancers
        .iter()
        .flat_map(|(_, own)| &own.frontends);
    let floating = frontends.filter(|own| {
        own.rules.iter().any(|rule| rule.floating_ip)
            || own.nat_rules.iter().any(|rule| rule.floating_ip)
    });
    let addresses = floating.flat_map(|own| {
        let fixture = &network.fixtures[own.fixture];
        let public = fixture
            .public_ips
            .iter()
            .map(|id| network.public_ips[*id].address);
        fixture.addresses.iter().copied().chain(public)
    });
    AddressSet::of_addresses(addresses)
}

/// What a rule's sides may hold at most: what is known, and for a tag that is not known in full the rest.
fn widest(rule: &Rule) -> (AddressSet, AddressSet) {
    match &rule.doubtful {
        None => (rule.source.clone(), rule.destination.clone()),
        Some(more) => (
            rule.source.union(&more.source),
            rule.destination.union(&more.destination),
        ),
    }
}

/// Why a rule does not decide at one place.
enum Idle {
    /// No packet matches it.
    Unmatched,
    /// These rules, by their positions, leave nothing to it.
    Taken(Vec<usize>),
}

fn judge(
    effective: &Effective<'_>,
    (nsg, rule): (Id<NetworkSecurityGroup>, &SecurityRule),
    position: usize,
    places: &[Applied],
    findings: &mut Findings,
) {
    let network = effective.network();
    let mut taken: Vec<usize> = Vec::new();
    let mut matched = false;
    for place in places {
        match idle(effective, rule, position, place) {
            None => return,
            Some(Idle::Unmatched) => {}
            Some(Idle::Taken(by)) => {
                matched = true;
                taken.extend(by);
            }
        }
    }
    let Some(first) = places.first() else {
        return;
    };
    if !matched {
        return findings.add(
            &*network.nsgs[nsg].identity.name,
            unmatched(network, nsg, rule),
        );
    }
    taken.sort_unstable();
    taken.dedup();
    let by: Vec<&Rule> = taken
        .iter()
        .filter_map(|at| first.list.rules.rules().get(*at))
        .collect();
    let allows = rule.access == Access::Allow;
    let group = &network.nsgs[nsg].identity.name;
    let names = listed(by.iter().map(|own| own.name.to_string()));
    let does = if allows { "allows" } else { "denies" };
    let other = by.iter().any(|own| own.allow != allows);
    // What a Bastion host or an application gateway asks for must be there by its own name.
    if !other && serves_platform(network, nsg) {
        return;
    }
    let mut finding = if other {
        let come = if by.len() == 1 { "comes" } else { "come" };
        let message = match (by.iter().any(|own| own.allow == allows), allows) {
            (false, true) => format!(
                "{come} first and {} all that it allows",
                if by.len() == 1 { "denies" } else { "deny" }
            ),
            (false, false) => format!(
                "{come} first and {} all that it denies",
                if by.len() == 1 { "allows" } else { "allow" }
            ),
            (true, _) => {
                format!("{come} first and take all that it {does}, in part to do otherwise")
            }
        };
        let message = format!(
            "`{}` of `{group}` never decides: {names} {message}",
            rule.name
        );
        Diagnostic::new(Code::ShadowedRule, message)
            .help("give it a lower priority number than theirs, or delete it")
    } else {
        let verb = if by.len() == 1 {
            "comes first and does"
        } else {
            "come first and do"
        };
        let message = format!(
            "`{}` of `{group}` adds nothing: {names} {verb} the same with all that it {does}",
            rule.name
        );
        Diagnostic::new(Code::RedundantRule, message).help("it can be deleted; nothing changes")
    };
    finding = finding.at_key(at_rule(network, nsg, &rule.name));
    for own in by.iter().take(3) {
        let text = if own.allow {
            "allows before it"
        } else {
            "denies before it"
        };
        finding = finding.label(At::Key(at_rule(network, nsg, &own.name)), text);
    }
    findings.add(&**group, finding);
}

/// Whether a group is on a subnet whose service requires rules.
fn serves_platform(network: &Network, nsg: Id<NetworkSecurityGroup>) -> bool {
    let mut fixtures = network.fixtures.iter();
    fixtures.any(|(_, own)| {
        matches!(
            own.kind,
            FixtureKind::BastionHost | FixtureKind::ApplicationGateway(_)
        ) && own
            .subnet
            .is_some_and(|id| network.subnets[id].nsg == Some(nsg))
    })
}

/// Why the rule never decides at a place; none where it does, or where that is not known.
fn idle(
    effective: &Effective<'_>,
    rule: &SecurityRule,
    position: usize,
    place: &Applied,
) -> Option<Idle> {
    let network = effective.network();
    let list = &place.list;
    let lowered = list.rules.rules().get(position)?;
    // Rules for the platform's own tags are asked beside the others (`service-tags-overview`).
    if effective.targets_platform(list, position) {
        return None;
    }
    let (source, destination) = widest(lowered);
    let mut rest = Region::of(lowered, &source, &destination);
    let local = match rule.direction {
        Direction::Inbound => &destination,
        Direction::Outbound => &source,
    };
    if rest.is_empty() || !local.overlaps(&place.local) {
        return Some(Idle::Unmatched);
    }
    let sides = list.sides(network, position)?;
    let mut by = Vec::new();
    for (at, before) in list.rules.rules().iter().enumerate().take(position) {
        if effective.targets_platform(list, at) {
            continue;
        }
        // The same tag holds the same addresses, known or not.
        let own = list.sides(network, at)?;
        let same = |side: usize| own[side] == sides[side];
        let taken = Region::of(
            before,
            if same(0) { &source } else { &before.source },
            if same(1) {
                &destination
            } else {
                &before.destination
            },
        );
        if rest.overlaps(&taken) {
            rest = rest.without(&taken)?;
            by.push(at);
        }
        if rest.is_empty() {
            return Some(Idle::Taken(by));
        }
    }
    None
}

fn unmatched(network: &Network, nsg: Id<NetworkSecurityGroup>, rule: &SecurityRule) -> Diagnostic {
    let group = &network.nsgs[nsg].identity.name;
    let empty = [&rule.source, &rule.destination]
        .into_iter()
        .find_map(|side| match side {
            RuleSide::Groups(groups)
                if groups.iter().all(|id| network.asgs[*id].members.is_empty()) =>
            {
                groups.first()
            }
            _ => None,
        });
    let here = at_rule(network, nsg, &rule.name);
    if let Some(asg) = empty {
        let asg = &network.asgs[*asg].identity;
        let message = format!(
            "no packet can match `{}` of `{group}`: `{}` has no member",
            rule.name, asg.name
        );
        return Diagnostic::new(Code::RuleNeverMatches, message)
            .at_key(here)
            .label(At::Key(at(asg)), "without members")
            .help("let the NICs that are meant join it by `applicationSecurityGroups`");
    }
    let (side, key) = match rule.direction {
        Direction::Inbound => ("destination", "destinationAddressPrefix"),
        Direction::Outbound => ("source", "sourceAddressPrefix"),
    };
    let message = format!(
        "no packet can match `{}` of `{group}`: nothing that the group is applied to has an address of its {side}",
        rule.name
    );
    Diagnostic::new(Code::RuleNeverMatches, message)
        .at_key(here.clone())
        .label(At::Value(here.key(key)), format!("its {side}"))
        .help("rules see the private addresses of Azure's own machines, never their public ones")
}

/// Ports of a rule for a protocol without ports are ignored (decisions).
fn ports_ignored(
    network: &Network,
    nsg: Id<NetworkSecurityGroup>,
    rule: &SecurityRule,
    findings: &mut Findings,
) {
    let ProtocolMatch::Only(protocol) = rule.protocol else {
        return;
    };
    if protocol.has_ports() {
        return;
    }
    let given = |ports: &[PortRange]| !ports.is_empty() && !ports.contains(&PortRange::ALL);
    let key = if given(&rule.destination_ports) {
        "destinationPortRange"
    } else if given(&rule.source_ports) {
        "sourcePortRange"
    } else {
        return;
    };
    let group = &network.nsgs[nsg].identity.name;
    let message = format!(
        "`{}` of `{group}` is for {protocol}, which has no ports: it matches whatever the ports say",
        rule.name
    );
    let here = at_rule(network, nsg, &rule.name);
    let finding = Diagnostic::new(Code::PortsIgnored, message)
        .at(here.key(key))
        .help("write `*`, or name the protocol that is meant");
    findings.add(&**group, finding);
}
