//! The smallest change that would let a flow past an issue, in words: one that was tried, or else what
//! usually helps, which then is said not to be verified.

use super::remedies;
use crate::effective::ListOrigin;
use crate::engine::Answer;
use crate::net::{Flow, Protocol};
use crate::network::{FirewallRuleType, Id, Network, NetworkManager, NetworkSecurityGroup};
use crate::spec::Direction;
use crate::spec::checks::IssueSeverity;
use crate::trace::codes::{self, IssueCode, context};
use crate::trace::{Cause, Hop, HopKind, Issue, Step};
use crate::whatif::Remedy;

/// What would help against `issue` at the hop called `hop`.
pub(super) fn help(
    network: &Network,
    answer: &Answer,
    found: &[Remedy],
    hop: &str,
    issue: &Issue,
    code: IssueCode,
) -> Option<String> {
    remedies::help(network, found, hop, issue).or_else(|| {
        let usual = usual(network, answer, hop, issue, code)?;
        Some(match issue.severity {
            IssueSeverity::Error => format!("{usual} (not verified)"),
            IssueSeverity::Warning => usual,
        })
    })
}

/// What usually helps.
fn usual(
    network: &Network,
    answer: &Answer,
    hop: &str,
    issue: &Issue,
    code: IssueCode,
) -> Option<String> {
    let flow = flow_at(answer, hop, issue);
    Some(match code {
        codes::SECURITY_RULE_DENIES if denies_reply(answer, issue) => {
            "let the reply come back by where the request passed, which knows it and asks no rule".to_owned()
        }
        codes::SECURITY_RULE_DENIES => security_rule(network, issue, &flow)?,
        codes::PUBLIC_ADDRESS_CLOSED => format!(
            "give the NIC or its subnet a network security group with a rule that allows it: Inbound, {}",
            traffic(&flow)
        ),
        codes::APPLIANCE_FILTER_DENIES => match context(issue, "RuleName") {
            Some(rule) if rule != "DefaultDeny" => {
                format!("allow it with a rule of the filter before `{rule}`: {}", traffic(&flow))
            }
            _ => format!("allow it with a rule of the filter: {}", traffic(&flow)),
        },
        codes::FIREWALL_RULE_DENIES => firewall_rule(network, issue, &flow),
        codes::GUEST_FIREWALL_BLOCKS => format!("allow it in the guest's firewall: {}", traffic(&flow)),
        codes::ROUTE_DROPS => route_drops(network, issue, &flow),
        codes::ROUTING_LOOP => {
            "give the subnet of the appliance a route table of its own, without the route that leads to the \
             appliance"
                .to_owned()
        }
        codes::NEXT_HOP_UNREACHABLE => match context(issue, "NextHopType") {
            Some("VirtualNetworkGateway") => "give the virtual network a gateway, or use that of a peer".to_owned(),
            _ => "name an address that something in the virtual network or in a direct peer has, or peer with \
                  the virtual network that has it"
                .to_owned(),
        },
        codes::IP_FORWARDING_OFF if issue.cause == Cause::Nothing => {
            "name an appliance as the next hop".to_owned()
        }
        codes::IP_FORWARDING_OFF => "set `enableIPForwarding: true` on the NIC".to_owned(),
        codes::GUEST_FORWARDING_OFF => match issue.cause {
            Cause::Machine(id, _) if network.machines[id].forwarding.is_none() => {
                "a virtual machine does not forward: make it an entry of `networkVirtualAppliances`, or name \
                 another next hop"
                    .to_owned()
            }
            _ => "set `forwarding.enabled: true`".to_owned(),
        },
        codes::PEERING_REFUSES => match &issue.cause {
            Cause::Peering(_, flag @ ("allowForwardedTraffic" | "allowVirtualNetworkAccess")) => {
                format!("set `{flag}: true` there")
            }
            _ => "add both subnets to the peering, on both sides".to_owned(),
        },
        codes::PEERING_NOT_CONNECTED => "give each side a peering with the other, both `Connected`".to_owned(),
        codes::GATEWAY_TRANSIT_OFF => match &issue.cause {
            Cause::Peering(_, flag) => format!("set `{flag}: true` there"),
            _ => return None,
        },
        codes::CONNECTION_DOWN => "bring the connection up (`connectionStatus: Connected`)".to_owned(),
        codes::NO_LOAD_BALANCING_RULE if flow.protocol.has_ports() => {
            format!("give the frontend a load-balancing rule for {}", service(&flow))
        }
        codes::BASIC_LOAD_BALANCER => "make it a Standard one (`sku: Standard`)".to_owned(),
        codes::NAME_NOT_RESOLVED
            if context(issue, "ErrorMessage").is_some_and(|why| why.starts_with("no DNS server")) =>
        {
            "let a DNS server run, listen on udp/53 and be reached from there, or ask for an address".to_owned()
        }
        codes::NAME_NOT_RESOLVED => {
            "give the name a record in a zone that the source's DNS asks, or ask for an address".to_owned()
        }
        codes::ARP_MISSING => "complete the entries of both sides, on premises and at Microsoft".to_owned(),
        codes::REQUIRED_RULE_MISSING => {
            format!("allow {} by a rule before it", context(issue, "RequiredRule")?)
        }
        codes::DEFAULT_ROUTE_NOT_SUPPORTED => {
            "give the subnet a user route 0.0.0.0/0 to the Internet, or keep gateway routes out of it".to_owned()
        }
        codes::NO_HEALTHY_BACKEND if context(issue, "HttpStatus").is_some() => {
            "let a backend run, listen on its port, and admit the subnet of the gateway".to_owned()
        }
        codes::NO_HEALTHY_BACKEND => {
            "let a member of the pool run, listen on the probe's port, and take probes from 168.63.129.16".to_owned()
        }
        codes::ENDPOINT_NOT_APPROVED => "approve it (`connectionState: Approved`)".to_owned(),
        codes::NO_OUTBOUND_METHOD => outbound(answer, hop, &flow),
        codes::ASYMMETRIC_REPLY if matches!(issue.cause, Cause::Firewall(..)) => {
            "let requests and replies pass the firewall alike: a route to its private address on either \
             subnet, and one to the Internet for its public address where it publishes a public one"
                .to_owned()
        }
        codes::ASYMMETRIC_REPLY => {
            "let requests and replies pass the appliance alike: a route to it on either subnet, or \
             `sourceNat: All`"
                .to_owned()
        }
        codes::NO_LISTENER => {
            format!("let something listen on {}, and list it in `listeners`", service(&flow))
        }
        codes::MACHINE_NOT_RUNNING => "start it".to_owned(),
        codes::AGENT_STOPPED => "start the agent: `networkWatcherAgent: true`".to_owned(),
        codes::SOCKET_BIND => "free the port, or leave from another one".to_owned(),
        codes::PLATFORM_REFUSES => match codes::detail(issue) {
            "OutboundSmtpBlocked" => "send by a relay that takes tcp/587".to_owned(),
            "PublicNetworkAccessDisabled" => "allow the subnet, or reach it by a private endpoint".to_owned(),
            _ => return None,
        },
        _ => return None,
    })
}

/// `Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433`.
fn traffic(flow: &Flow) -> String {
    let Flow {
        protocol,
        source,
        destination,
        destination_port,
        ..
    } = flow;
    let port = if protocol.has_ports() {
        format!(", port {destination_port}")
    } else {
        String::new()
    };
    format!("{protocol}, source {source}, destination {destination}{port}")
}

/// `tcp/443` or `icmp`.
fn service(flow: &Flow) -> String {
    let protocol = flow.protocol.lower();
    if flow.protocol.has_ports() {
        format!("{protocol}/{}", flow.destination_port)
    } else {
        protocol.to_owned()
    }
}

/// The flow as it stood where the issue was found: as the step has it that found it, else as asked.
fn flow_at(answer: &Answer, hop: &str, issue: &Issue) -> Flow {
    let hops = answer.paths.iter().flat_map(|path| &path.hops);
    let denied = hops
        .filter(|found| &*found.name == hop)
        .find_map(|hop| denied_at(hop, issue));
    denied.unwrap_or_else(|| translated_until(answer, hop))
}

/// Whether it is a reply that a rule denies, and not what was asked about.
fn denies_reply(answer: &Answer, issue: &Issue) -> bool {
    let requests = answer.paths.iter().flat_map(|path| &path.hops);
    let replies = answer
        .paths
        .iter()
        .flat_map(|path| &path.replies)
        .flat_map(|reply| &reply.hops);
    let denied = |hop: &Hop| denied_at(hop, issue).is_some();
    !requests.into_iter().any(denied) && replies.into_iter().any(denied)
}

/// The flow that the rule of an issue denied at a hop, where it did.
fn denied_at(hop: &Hop, issue: &Issue) -> Option<Flow> {
    hop.steps.iter().find_map(|step| match step {
        Step::Security {
            list,
            flow,
            decided,
            direction,
        } => {
            let found = list
                .rules
                .rules()
                .get(*decided)
                .filter(|rule| !rule.allow)?;
            let same = match &issue.cause {
                Cause::SecurityRule(nsg, rule, at) => {
                    list.origin == ListOrigin::Group(*nsg)
                        && list.applied_to == *at
                        && rule.as_ref().is_none_or(|rule| found.name == *rule)
                }
                Cause::AdminRule(manager, position) => {
                    list.admin_position(*decided) == Some((*manager, *position))
                }
                _ => false,
            };
            let way = direction.word() == issue.origin.word();
            (same && way).then_some(*flow)
        }
        _ => None,
    })
}

/// The flow as it leaves the hop called `hop`, by the translations on the way there.
fn translated_until(answer: &Answer, hop: &str) -> Flow {
    let mut flow = answer.flow;
    let way = answer
        .paths
        .iter()
        .find(|path| path.hops.iter().any(|found| &*found.name == hop));
    for found in way.into_iter().flat_map(|path| &path.hops) {
        let after = found.steps.iter().rev().find_map(|step| match step {
            Step::Translated { after, .. } => Some(*after),
            _ => None,
        });
        if &*found.name == hop {
            break;
        }
        flow = after.unwrap_or(flow);
    }
    flow
}

/// Against a denial of an Azure Firewall: a network rule, which goes before application rules.
fn firewall_rule(network: &Network, issue: &Issue, flow: &Flow) -> String {
    let traffic = traffic(flow);
    match &issue.cause {
        Cause::FirewallRule(id, kind, at) => {
            let name = network.firewalls[*id]
                .rule(*kind, *at)
                .map_or("", |rule| &*rule.name);
            let own = match kind {
                FirewallRuleType::Application => {
                    "a network rule, or with an application rule before"
                }
                _ => "a network rule before",
            };
            format!("allow it with {own} `{name}`: {traffic}")
        }
        _ if context(issue, "RuleName") == Some("ThreatIntelligence") => {
            "take the address out of `threatIntelAddresses`, or set `threatIntelMode: Alert`"
                .to_owned()
        }
        _ => format!("allow it with a network rule of the firewall's policy: {traffic}"),
    }
}

fn security_rule(network: &Network, issue: &Issue, flow: &Flow) -> Option<String> {
    let (nsg, rule) = match &issue.cause {
        Cause::SecurityRule(nsg, rule, _) => (nsg, rule),
        Cause::AdminRule(manager, position) => {
            return admin_rule(network, *manager, *position, flow);
        }
        _ => return None,
    };
    let group = &network.nsgs[*nsg];
    let name = &group.identity.name;
    let direction = match issue.origin.word() {
        "Outbound" => Direction::Outbound,
        _ => Direction::Inbound,
    };
    let Some(rule) = rule else {
        let free = free_priority(network, *nsg, direction, 4097);
        let priority = free.map_or_else(String::new, |_| "priority 100 to 4096, ".to_owned());
        return Some(format!(
            "allow it with a rule of `{name}`: {priority}{direction}, {}",
            traffic(flow)
        ));
    };
    let own = group
        .rules
        .iter()
        .find(|own| own.direction == direction && own.name == *rule)?;
    Some(
        match free_priority(network, *nsg, direction, own.priority) {
            Some(_) => format!(
                "allow it with a rule of `{name}`: priority below {}, {direction}, {}",
                own.priority,
                traffic(flow)
            ),
            None => format!(
                "narrow `{rule}`: no priority before it is free for a rule that allows {}",
                traffic(flow)
            ),
        },
    )
}

/// An exception stands before the rule that blocks; security groups decide where it is no AlwaysAllow.
fn admin_rule(
    network: &Network,
    id: Id<NetworkManager>,
    position: usize,
    flow: &Flow,
) -> Option<String> {
    let manager = &network.managers[id];
    let rule = manager.rules.get(position)?;
    let (name, manager) = (&rule.name, &manager.identity.name);
    Some(match rule.priority {
        1 => format!("narrow `{name}` of `{manager}`: no priority stands before it"),
        priority => format!(
            "except it by an admin rule of `{manager}` that allows it: priority below {priority}, {}, {}",
            rule.direction,
            traffic(flow)
        ),
    })
}

/// The highest free priority below another.
fn free_priority(
    network: &Network,
    nsg: Id<NetworkSecurityGroup>,
    direction: Direction,
    below: u16,
) -> Option<u16> {
    let rules = &network.nsgs[nsg].rules;
    let taken = |priority: u16| {
        rules
            .iter()
            .any(|r| r.direction == direction && r.priority == priority)
    };
    (100..below).rev().find(|priority| !taken(*priority))
}

fn route_drops(network: &Network, issue: &Issue, flow: &Flow) -> String {
    let destination = flow.destination;
    match &issue.cause {
        Cause::UserRoute(table, at) => {
            let table = &network.route_tables[*table];
            let route = table.routes.get(*at).map_or("", |route| &*route.name);
            let table = &table.identity.name;
            format!(
                "give `{route}` another next hop, or `{table}` a route of its own for {destination}"
            )
        }
        _ if codes::detail(issue) == "PrivateAddressToInternet" => {
            format!("give the subnet a route for {destination} to where it is")
        }
        _ => format!(
            "peer with the virtual network that has {destination}, or give the subnet a route table with a \
             route to it"
        ),
    }
}

fn outbound(answer: &Answer, hop: &str, flow: &Flow) -> String {
    let hops = answer.paths.iter().flat_map(|path| &path.hops);
    let forwards = hops
        .into_iter()
        .any(|found| &*found.name == hop && found.kind == HopKind::VirtualAppliance);
    if forwards {
        "let the appliance put its own address in place of the source (`sourceNat: Internet`), and give it a \
         public address or its subnet a NAT gateway"
            .to_owned()
    } else if flow.source.is_ipv6() {
        "give the NIC's IPv6 address a public one".to_owned()
    } else if flow.protocol == Protocol::Tcp || flow.protocol == Protocol::Udp {
        "give the subnet a NAT gateway, or the NIC a public address".to_owned()
    } else {
        "give the NIC a public address".to_owned()
    }
}
