//! The issues of what filters: security rules, and public addresses that none opens.

use super::issues::{error, origin, service};
use crate::effective::{AppliedTo, ListOrigin, SecurityList};
use crate::net::Flow;
use crate::network::{Id, Network, Nic};
use crate::spec::Direction;
use crate::spec::checks::{IssueOrigin, IssueType};
use crate::trace::{Cause, Issue};

/// A security rule denies.
pub(super) fn security_rule(
    network: &Network,
    list: &SecurityList,
    at: usize,
    direction: Direction,
    flow: &Flow,
) -> Issue {
    let rule = list.rules.rules().get(at).map(|rule| rule.name.clone());
    let name = rule.clone().unwrap_or_default();
    let group = list.origin.identity(network);
    let user = at < list.user_rules;
    let way = match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    let kind = match list.origin {
        ListOrigin::Manager(_) => "admin ",
        ListOrigin::Group(_) if user => "",
        ListOrigin::Group(_) => "default ",
    };
    let shut = shut_peering(network, list, at, flow).unwrap_or_default();
    let message = format!(
        "{} from {} to {} is denied {way} by the {kind}rule `{name}` of `{}`{shut}",
        service(flow),
        flow.source,
        flow.destination,
        group.name
    );
    let cause = match list.origin {
        ListOrigin::Group(nsg) => Cause::SecurityRule(nsg, rule.filter(|_| user), list.applied_to),
        ListOrigin::Manager(_) => list
            .admin_rule(network, at)
            .map_or(Cause::Nothing, |(manager, position, _)| {
                Cause::AdminRule(manager, position)
            }),
    };
    let mut issue = error(
        IssueType::NetworkSecurityRule,
        origin(direction),
        cause,
        message,
    );
    issue.context = vec![
        ("RuleName", list.diagnostic_name(at).unwrap_or_default()),
        ("NetworkSecurityGroupId", group.id.to_string()),
    ];
    issue
}

/// Why a default rule denies what a peer sends or is sent: a flag keeps it out of `VirtualNetwork` (decisions).
fn shut_peering(network: &Network, list: &SecurityList, at: usize, flow: &Flow) -> Option<String> {
    let vnet = match list.applied_to {
        AppliedTo::Subnet(subnet) => network.subnets[subnet].vnet,
        AppliedTo::Nic(nic) => network.subnets[network.nics[nic].subnet].vnet,
        AppliedTo::Network(_) => return None,
    };
    let far = match list.direction {
        Direction::Inbound => flow.source,
        Direction::Outbound => flow.destination,
    };
    let own = network.vnets[vnet].peerings.iter();
    let mut own = own.map(|id| &network.peerings[*id]);
    let shut = own.find(|peering| {
        let remote = &network.vnets[peering.remote];
        !peering.allow_virtual_network_access && remote.addresses.contains(far)
    });
    let shut = shut.filter(|_| at >= list.user_rules)?;
    Some(format!(
        ": `{}/{}` keeps `{}` out of `VirtualNetwork` (`allowVirtualNetworkAccess` is off)",
        network.vnets[vnet].identity.name, shut.name, network.vnets[shut.remote].identity.name
    ))
}

/// A Standard public address without any security group.
pub(super) fn closed_by_default(nic: Id<Nic>) -> Issue {
    let message =
        "a Standard public address is closed to the Internet until a network security group of \
                   the subnet or the NIC opens it"
            .to_owned();
    let cause = Cause::Nic(nic, "publicIPAddress");
    let mut issue = error(
        IssueType::NetworkSecurityRule,
        IssueOrigin::Inbound,
        cause,
        message,
    );
    issue.context = vec![("RuleName", "StandardPublicIpClosedByDefault".to_owned())];
    issue
}
