//! The issues that a walk finds, worded once: type, origin and context as Connection troubleshoot's
//! response has them, the precise name of a fault that it has no type for in the pair `Detail`.

use std::net::IpAddr;
use std::sync::Arc;

pub(super) use super::edge_issues::*;
use super::reasons::Reason;
pub(super) use super::security_issues::*;
use super::walk::Stateful;
use crate::effective::EffectiveRoute;
use crate::net::Flow;
use crate::network::{Id, Machine, Network, Nic, Peering, Subnet};
use crate::spec::checks::{IssueOrigin, IssueSeverity, IssueType, RouteSource};
use crate::spec::{Direction, PowerState};
use crate::trace::{Cause, Issue};

pub(super) fn error(kind: IssueType, origin: IssueOrigin, cause: Cause, message: String) -> Issue {
    Issue {
        kind,
        origin,
        severity: IssueSeverity::Error,
        context: Vec::new(),
        cause,
        message,
    }
}

pub(super) const fn origin(direction: Direction) -> IssueOrigin {
    match direction {
        Direction::Inbound => IssueOrigin::Inbound,
        Direction::Outbound => IssueOrigin::Outbound,
    }
}

/// `tcp/443` or `icmp`.
pub(super) fn service(flow: &Flow) -> String {
    if flow.protocol.has_ports() {
        format!("{}/{}", flow.protocol.lower(), flow.destination_port)
    } else {
        flow.protocol.lower().to_owned()
    }
}

/// A route that leads nowhere, and why.
pub(super) fn no_route(
    subnet: Id<Subnet>,
    row: Option<&EffectiveRoute>,
    detail: &'static str,
) -> Issue {
    let prefix = row.map(prefix_text).unwrap_or_default();
    let which = match row.and_then(|row| row.name.as_deref()) {
        Some(name) => format!("the user route `{name}` ({prefix})"),
        None if row.is_some() => format!("the system route {prefix}"),
        None => "no route".to_owned(),
    };
    let next_hop = row
        .and_then(|row| row.next_hop_addresses.first())
        .map_or(String::new(), IpAddr::to_string);
    let message = match detail {
        "NextHopUnreachable" if next_hop.is_empty() => {
            format!("{which} goes to a gateway, and there is none")
        }
        "NextHopUnreachable" => format!(
            "{which} goes to {next_hop}, and nothing in the virtual network or a direct peer has that address"
        ),
        "PrivateAddressToInternet" => {
            format!("{which} goes to the Internet, which does not carry private addresses")
        }
        _ if row.is_none() => "no route leads to the destination".to_owned(),
        _ => format!("{which} drops the packet"),
    };
    let cause = match row.and_then(|row| row.user) {
        Some((table, at)) => Cause::UserRoute(table, at),
        None => Cause::SystemRoute(subnet),
    };
    let mut issue = error(
        IssueType::UserDefinedRoute,
        IssueOrigin::Outbound,
        cause,
        message,
    );
    issue.context = route_context(row, detail);
    issue
}

fn prefix_text(row: &EffectiveRoute) -> String {
    match (&row.tag, row.prefixes.first()) {
        (Some(tag), _) => tag.to_string(),
        (None, Some(prefix)) => prefix.to_string(),
        (None, None) => String::new(),
    }
}

fn route_context(row: Option<&EffectiveRoute>, detail: &str) -> Vec<(&'static str, String)> {
    let user = row.is_some_and(|row| row.source == RouteSource::User);
    let mut context = vec![("RouteType", if user { "User" } else { "System" }.to_owned())];
    if let Some(row) = row {
        context.extend(
            row.name
                .as_ref()
                .map(|name| ("RouteName", name.to_string())),
        );
        context.push(("AddressPrefix", prefix_text(row)));
        context.push(("NextHopType", row.next_hop_type.to_string()));
    }
    context.push(("Detail", detail.to_owned()));
    context
}

/// A route that drops, and what would lead there if it were not broken or switched off.
pub(super) fn drops(
    network: &Network,
    subnet: Id<Subnet>,
    row: &EffectiveRoute,
    reason: Option<Reason>,
) -> Issue {
    let peering = |id: Id<Peering>| {
        let object = &network.peerings[id];
        format!(
            "`{}/{}`",
            network.vnets[object.vnet].identity.name, object.name
        )
    };
    let (detail, cause, message) = match reason {
        None | Some(Reason::Circuit(_)) => return no_route(subnet, Some(row), "RouteToNone"),
        Some(Reason::Peering(id)) => (
            "PeeringNotConnected",
            Cause::Peering(id, "peeringState"),
            format!(
                "the destination lies in `{}`, and the peering {} with it is not connected on both sides",
                network.vnets[network.peerings[id].remote].identity.name,
                peering(id)
            ),
        ),
        Some(Reason::Connection(id)) => (
            "ConnectionDisconnected",
            Cause::Nothing,
            format!(
                "the connection `{}` would lead there, and is not connected",
                network.connections[id].identity.name
            ),
        ),
        Some(Reason::RemoteGateways(id)) => (
            "UseRemoteGatewaysNotEnabled",
            Cause::Peering(id, "useRemoteGateways"),
            format!(
                "a gateway of `{}` leads there, and {} does not use it: `useRemoteGateways` is off",
                network.vnets[network.peerings[id].remote].identity.name,
                peering(id)
            ),
        ),
        Some(Reason::GatewayTransit(id)) => (
            "AllowGatewayTransitNotEnabled",
            Cause::Peering(id, "allowGatewayTransit"),
            format!(
                "a gateway leads there, and {} does not share it: `allowGatewayTransit` is off",
                peering(id)
            ),
        ),
    };
    Issue {
        message,
        cause,
        ..no_route(subnet, Some(row), detail)
    }
}

/// The route that was followed leads back to where the packet has been.
pub(super) fn looped(followed: Option<(Id<Subnet>, &EffectiveRoute)>, name: &str) -> Issue {
    let message = format!("the route leads back to `{name}`, which the packet has already come by");
    let Some((subnet, row)) = followed else {
        return detailed(Cause::Nothing, IssueOrigin::Outbound, "UDRLoop", message);
    };
    Issue {
        message,
        ..no_route(subnet, Some(row), "UDRLoop")
    }
}

/// A flag of a peering object refuses.
pub(super) fn peering(
    network: &Network,
    id: Id<Peering>,
    flag: &'static str,
    direction: Direction,
) -> Issue {
    let object = &network.peerings[id];
    let (own, name) = (&network.vnets[object.vnet].identity.name, &object.name);
    let remote = &network.vnets[object.remote].identity.name;
    let (detail, message) = match flag {
        "allowForwardedTraffic" => (
            "ForwardedTrafficNotAllowed",
            format!(
                "`{own}/{name}` takes from `{remote}` only what comes from there itself: \
                 `allowForwardedTraffic` is off"
            ),
        ),
        "allowVirtualNetworkAccess" => (
            "VnetAccessNotAllowed",
            format!(
                "`{own}/{name}` keeps `{remote}` out (`allowVirtualNetworkAccess` is off), and no network \
                 security group says otherwise"
            ),
        ),
        _ => (
            "SubnetNotPeered",
            format!("`{own}/{name}` does not join the two subnets"),
        ),
    };
    let cause = Cause::Peering(id, flag);
    let mut issue = error(
        IssueType::UserDefinedRoute,
        origin(direction),
        cause,
        message,
    );
    issue.context = vec![
        ("RouteType", "System".to_owned()),
        ("Detail", detail.to_owned()),
    ];
    issue
}

/// A NIC without IP forwarding has to do with a packet that is not its own.
pub(super) fn ip_forwarding(network: &Network, nic: Id<Nic>) -> Issue {
    let name = &network.nics[nic].name;
    let message =
        format!("IP forwarding is off on the NIC `{name}`, so that it drops what is not its own");
    let cause = Cause::Nic(nic, "enableIPForwarding");
    detailed(cause, IssueOrigin::Local, "IPForwardingNotEnabled", message)
}

/// A machine that is sent a packet does not forward.
pub(super) fn guest_forwarding(network: &Network, id: Id<Machine>) -> Issue {
    let machine = &network.machines[id];
    let message = format!(
        "the operating system of `{}` does not forward",
        machine.identity.name
    );
    let cause = Cause::Machine(id, &["forwarding", "enabled"]);
    detailed(
        cause,
        IssueOrigin::Local,
        "GuestForwardingDisabled",
        message,
    )
}

/// A stateful appliance or firewall sees one direction only; whether it misses the reply.
pub(super) fn asymmetric(network: &Network, keeper: Stateful, misses: bool) -> Issue {
    let (name, cause) = match keeper {
        Stateful::Appliance(id) => (
            &network.machines[id].identity.name,
            Cause::Machine(id, &["forwarding", "stateful"]),
        ),
        Stateful::Firewall(id) => (
            &network.firewalls[id].identity.name,
            Cause::Firewall(id, ""),
        ),
    };
    let message = if misses {
        format!(
            "the reply does not come by `{name}`, which keeps state of the request and so breaks the connection"
        )
    } else {
        format!(
            "the reply comes by `{name}`, which keeps state, never saw the request, and so drops it"
        )
    };
    detailed(cause, IssueOrigin::Local, "AsymmetricReply", message)
}

/// An issue that the response has no type for: its precise name is the pair `Detail`.
pub(super) fn detailed(cause: Cause, origin: IssueOrigin, detail: &str, message: String) -> Issue {
    let mut issue = error(IssueType::UserDefinedRoute, origin, cause, message);
    issue.context = vec![("Detail", detail.to_owned())];
    issue
}

/// No rule of a load balancer's frontend is for the flow.
pub(super) fn no_balancing_rule(name: &str) -> Issue {
    let message = format!("no rule of the load balancer `{name}` is for this protocol and port");
    detailed(
        Cause::Nothing,
        IssueOrigin::Outbound,
        "NoLoadBalancingRule",
        message,
    )
}

/// No member of a load balancer's pool takes new flows.
pub(super) fn no_healthy_backend(name: &str) -> Issue {
    let message = format!("no member behind the load balancer `{name}` answers its probe");
    detailed(
        Cause::Nothing,
        IssueOrigin::Outbound,
        "NoHealthyBackend",
        message,
    )
}

/// A member is sent back to itself by its own frontend.
pub(super) fn hairpin(name: &str) -> Issue {
    let message = format!(
        "the load balancer `{name}` sends the source back to itself, where the reply is lost"
    );
    detailed(Cause::Nothing, IssueOrigin::Outbound, "Hairpin", message)
}

/// The filter of an appliance denies.
pub(super) fn appliance_filter(id: Id<Machine>, rule: Option<Arc<str>>) -> Issue {
    let name = rule.map_or_else(|| "DefaultDeny".to_owned(), |rule| rule.to_string());
    let message = match name.as_str() {
        "DefaultDeny" => "no rule of the appliance's filter lets it through".to_owned(),
        name => format!("the rule `{name}` of the appliance's filter denies it"),
    };
    let cause = Cause::Machine(id, &["forwarding", "rules"]);
    let mut issue = error(
        IssueType::NetworkSecurityRule,
        IssueOrigin::Outbound,
        cause,
        message,
    );
    issue.context = vec![("RuleName", name), ("Detail", "ApplianceFilter".to_owned())];
    issue
}

/// A guest's own firewall denies.
pub(super) fn guest_firewall(
    id: Id<Machine>,
    direction: Direction,
    rule: Option<Arc<str>>,
) -> Issue {
    let (origin, key): (_, &[&str]) = match direction {
        Direction::Inbound => (IssueOrigin::Local, &["guest", "firewall", "inbound"]),
        Direction::Outbound => (IssueOrigin::Outbound, &["guest", "firewall", "outbound"]),
    };
    let message = match &rule {
        Some(rule) => format!("the rule `{rule}` of the guest's own firewall denies it"),
        None => "the guest's own firewall denies what no rule of it allows".to_owned(),
    };
    let mut issue = error(
        IssueType::GuestFirewall,
        origin,
        Cause::Machine(id, key),
        message,
    );
    issue.context = rule
        .map(|rule| ("RuleName", rule.to_string()))
        .into_iter()
        .collect();
    issue
}

/// A machine does not run.
pub(super) fn not_running(network: &Network, id: Id<Machine>) -> Issue {
    let machine = &network.machines[id];
    let (kind, word) = match machine.power {
        PowerState::Deallocated => (IssueType::VmDeallocated, "deallocated"),
        _ => (IssueType::VmStopped, "stopped"),
    };
    let message = format!("`{}` is {word}", machine.identity.name);
    error(
        kind,
        IssueOrigin::Local,
        Cause::Machine(id, &["powerState"]),
        message,
    )
}

/// A host outside is out of order.
pub(super) fn host_down(name: &str) -> Issue {
    error(
        IssueType::VmStopped,
        IssueOrigin::Local,
        Cause::Nothing,
        format!("`{name}` is out of order"),
    )
}

/// Nothing listens on the port.
pub(super) fn no_listener(id: Option<Id<Machine>>, flow: &Flow) -> Issue {
    let cause = id.map_or(Cause::Nothing, |id| {
        Cause::Machine(id, &["guest", "listeners"])
    });
    let message = format!("nothing listens on {}", service(flow));
    error(
        IssueType::NoListenerOnDestination,
        IssueOrigin::Local,
        cause,
        message,
    )
}

/// Nothing has the address.
pub(super) fn nobody(address: IpAddr) -> Issue {
    let message = format!("nothing has the address {address}");
    let mut issue = error(
        IssueType::UserDefinedRoute,
        IssueOrigin::Outbound,
        Cause::Nothing,
        message,
    );
    issue.context = vec![("Detail", "AddressNotInUse".to_owned())];
    issue
}

/// Where the packet comes the address is not that of the machine that is meant, but the second one's.
pub(super) fn another_machine(
    network: &Network,
    address: IpAddr,
    machines: [Id<Machine>; 2],
) -> Issue {
    let [meant, other] = machines.map(|id| &network.machines[id].identity.name);
    Issue {
        context: vec![("Detail", "AddressOfAnotherMachine".to_owned())],
        message: format!("from here {address} is `{other}`, not `{meant}`"),
        ..nobody(address)
    }
}

/// A NIC goes to the Internet without any method for it.
pub(super) fn no_outbound_method(
    network: &Network,
    nic: Id<Nic>,
    source: IpAddr,
    ports: bool,
    row: &EffectiveRoute,
) -> Issue {
    let id = network.nics[nic].subnet;
    let subnet = &network.subnets[id].name;
    let nat = network.subnets[id].nat_gateway;
    let nat = nat.map(|id| &network.nat_gateways[id]);
    let message = if source.is_ipv6() {
        format!(
            "the route leads to the Internet, and `{source}` has no way out: only a public IPv6 address, its \
             own or a load balancer's, carries IPv6; NAT gateways and default outbound access do not"
        )
    } else if let Some(nat) = nat.filter(|own| ports && own.down) {
        format!(
            "the route leads to the Internet, and `{}`, the NAT gateway on subnet `{subnet}`, is out of order",
            nat.identity.name
        )
    } else if ports {
        format!(
            "the route leads to the Internet, and the NIC has no way out: no NAT gateway or default outbound \
             access on subnet `{subnet}`, no public address"
        )
    } else {
        "the route leads to the Internet, and only a public address of the NIC would carry this protocol: \
         NAT gateways and default outbound access carry TCP and UDP"
            .to_owned()
    };
    let mut issue = no_route(id, Some(row), "NoOutboundMethod");
    issue.message = message;
    issue
}

/// A packet with a foreign source goes to the Internet.
pub(super) fn foreign_source(subnet: Id<Subnet>, row: &EffectiveRoute) -> Issue {
    let mut issue = no_route(subnet, Some(row), "NoOutboundMethod");
    issue.message =
        "the packet goes to the Internet with a source that is not the NIC's own, so that Azure \
                     does not translate it: the appliance must put its own address there"
            .to_owned();
    issue
}

/// The platform does not carry mail from this subscription.
pub(super) fn outbound_mail() -> Issue {
    let message =
        "direct mail (tcp/25) to the Internet is blocked for this subscription's offer".to_owned();
    let mut issue = error(
        IssueType::UserDefinedRoute,
        IssueOrigin::Outbound,
        Cause::Nothing,
        message,
    );
    issue.context = vec![("Detail", "OutboundSmtpBlocked".to_owned())];
    issue
}

/// A platform service does not take the connection.
pub(super) fn service_refuses(name: &str) -> Issue {
    let message = format!("`{name}` does not take connections from there");
    let mut issue = error(
        IssueType::UserDefinedRoute,
        IssueOrigin::Inbound,
        Cause::Nothing,
        message,
    );
    issue.context = vec![("Detail", "PublicNetworkAccessDisabled".to_owned())];
    issue
}

/// The source's port is taken.
pub(super) fn socket_bind(id: Id<Machine>, port: u16) -> Issue {
    let message = format!("the port {port} cannot be opened, since something else uses it");
    let cause = Cause::Machine(id, &["guest", "usedPorts"]);
    let mut issue = error(IssueType::SocketBind, IssueOrigin::Local, cause, message);
    issue.context = vec![("Port", port.to_string())];
    issue
}

/// The source has no agent that could send.
pub(super) fn agent_stopped(network: &Network, id: Id<Machine>) -> Issue {
    let name = &network.machines[id].identity.name;
    let message =
        format!("the Network Watcher agent does not run on `{name}`, so that nothing is sent");
    let cause = Cause::Machine(id, &["guest", "networkWatcherAgent"]);
    error(IssueType::AgentStopped, IssueOrigin::Local, cause, message)
}

/// A machine is busy; both figures in percent.
pub(super) fn utilization(id: Id<Machine>, kind: IssueType, used: f64, threshold: f64) -> Issue {
    let (what, key): (_, &[&str]) = match kind {
        IssueType::Cpu => ("processor", &["guest", "cpuUtilization"]),
        _ => ("memory", &["guest", "memoryUtilization"]),
    };
    let message = format!("{used} % of its {what} is in use; the threshold is {threshold} %");
    let mut issue = error(kind, IssueOrigin::Local, Cause::Machine(id, key), message);
    issue.severity = IssueSeverity::Warning;
    issue.context = vec![
        ("Utilization", used.to_string()),
        ("Threshold", threshold.to_string()),
    ];
    issue
}
