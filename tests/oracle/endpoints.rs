//! Private endpoints: routing §9, security 8.1.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::answer::Fault;
use super::model::{Model, Packet, Ports, Proto, Target, Way};
use super::routes::Owner;
use super::rules::first_group;
use super::tape::Tape;
use super::walk::{End, Walk, listens};

/// A private endpoint, with what its service listens to.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub name: String,
    pub vnet: usize,
    pub subnet: usize,
    pub address: Ipv4Addr,
    pub state: &'static str,
    pub listeners: Option<Vec<(Proto, u16, u16)>>,
    /// Whether it is in its VNet's application security group.
    pub in_asg: bool,
}

/// What a subnet's network policies take in of its private endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policies {
    pub groups: bool,
    pub routes: bool,
}

impl Policies {
    pub const fn word(self) -> &'static str {
        match (self.groups, self.routes) {
            (false, false) => "Disabled",
            (true, false) => "NetworkSecurityGroupEnabled",
            (false, true) => "RouteTableEnabled",
            (true, true) => "Enabled",
        }
    }
}

/// Random private endpoints.
pub fn endpoints(t: &mut Tape<'_>, model: &mut Model) {
    for number in 0..t.pick(&[0, 0, 1, 2]) {
        let vnet = t.below(model.vnets.len());
        let subnet = t.below(model.vnets[vnet].subnets.len());
        let home = &mut model.vnets[vnet].subnets[subnet];
        home.policies = Policies {
            groups: t.chance(45),
            routes: t.chance(50),
        };
        let offset = 220 + u32::try_from(number).unwrap_or(0);
        model.endpoints.push(Endpoint {
            name: format!("pe-{number}"),
            vnet,
            subnet,
            address: Ipv4Addr::from(u32::from(home.prefix.addr()) + offset),
            state: t.pick(&[
                "Approved", "Approved", "Approved", "Approved", "Pending", "Rejected",
            ]),
            listeners: t.chance(50).then(|| vec![(Proto::Tcp, 443, 443)]),
            in_asg: t.chance(40),
        });
    }
}

/// The endpoints whose /32 the subnets of a VNet get: its own and its direct peers' (9.1).
pub fn known(model: &Model, vnet: usize) -> Vec<usize> {
    let known = |endpoint: &Endpoint| {
        endpoint.vnet == vnet
            || model.peering(vnet, endpoint.vnet).is_some_and(|peering| {
                let subnets = peering.subnets.as_ref();
                subnets.is_none_or(|(_, there)| there.contains(&endpoint.subnet))
            })
    };
    let all = 0..model.endpoints.len();
    all.filter(|id| known(&model.endpoints[*id])).collect()
}

/// Whether a user route takes an endpoint's /32 out (9.2): the same prefix, or, where the policies of
/// the endpoint's subnet let routes count, one at least as long as its VNet's range.
pub fn invalidated(model: &Model, id: usize, table: Option<usize>) -> bool {
    let endpoint = &model.endpoints[id];
    let vnet = &model.vnets[endpoint.vnet];
    let mut space = vnet.space.iter();
    let range = space.find(|range| range.contains(&endpoint.address));
    let length = range.map_or(0, Ipv4Net::prefix_len);
    let policies = vnet.subnets[endpoint.subnet].policies;
    let Some(table) = table else {
        return false;
    };
    model.tables[table]
        .routes
        .iter()
        .any(|route| match &route.target {
            Target::Prefix(prefix) if prefix.contains(&endpoint.address) => {
                prefix.prefix_len() == 32 || (policies.routes && prefix.prefix_len() >= length)
            }
            _ => false,
        })
}

/// A packet comes to an endpoint, from a NIC, a firewall or a gateway.
pub fn arrive(walk: &mut Walk<'_>, from: Owner, id: usize, packet: Packet) -> Result<(), Fault> {
    let model = walk.model;
    let endpoint = &model.endpoints[id];
    walk.giver = Some(from);
    if !matches!(from, Owner::Gateway(_)) {
        let (vnet, subnet) = from.place(model);
        let (here, there) = (
            model.peering(vnet, endpoint.vnet),
            model.peering(endpoint.vnet, vnet),
        );
        // Whether a peering that is shut keeps an endpoint shut is not said.
        if [here, there].into_iter().flatten().any(|side| !side.access) {
            walk.unsure.set(true);
        }
        if let Some((local, remote)) = here.and_then(|here| here.subnets.as_ref())
            && !(local.contains(&subnet) && remote.contains(&endpoint.subnet))
        {
            return Err(Fault::SubnetNotPeered);
        }
        let foreign = !model.in_space(vnet, packet.source);
        if foreign && there.is_some_and(|there| !there.forwarded) {
            return Err(Fault::ForwardedTraffic);
        }
    }
    walk.hops.push(endpoint.name.clone());
    let subnet = &model.vnets[endpoint.vnet].subnets[endpoint.subnet];
    if let Some(group) = subnet.group.filter(|_| subnet.policies.groups) {
        // 9.3: a filter on source ports counts as none.
        let mut group = model.groups[group].clone();
        let any = |rule: &mut super::model::Rule| rule.source_ports = Ports::new();
        group.rules.iter_mut().for_each(any);
        let place = (endpoint.vnet, endpoint.subnet);
        let verdict = first_group(model, place, &group, Way::Inbound, packet);
        if !verdict.allow {
            let (_, rule) = verdict.rule.unwrap_or_default();
            walk.block(Fault::SecurityRule(Way::Inbound, rule));
        }
    }
    walk.end = Some(End::Endpoint(id, packet));
    if endpoint.state != "Approved" {
        return Err(Fault::NotApproved);
    }
    // 9.5: no ICMP; UDP is for services that are not modelled.
    match packet.proto {
        Proto::Icmp => Err(Fault::NoListener),
        Proto::Udp => {
            walk.unsure.set(true);
            Ok(())
        }
        Proto::Tcp => listens(endpoint.listeners.as_deref(), packet),
    }
}
