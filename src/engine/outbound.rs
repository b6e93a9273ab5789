//! By which method an address of a NIC reaches the Internet.
//!
//! Follows `nat-gateway/nat-gateway-resource` for the precedence,
//! `load-balancer/load-balancer-outbound-connections`,
//! `virtual-network/ip-services/default-outbound-access`.

use std::net::IpAddr;
use std::sync::Arc;

use super::compiled::default_outbound;
use crate::net::Protocol;
use crate::network::{Id, LoadBalancer, Network, Nic, NicAddress, OutboundRule};
use crate::spec::{AddressSku, BalancedProtocol};
use crate::trace::Translator;

/// A way out to the Internet.
#[derive(Debug)]
pub enum Method {
    /// The subnet's NAT gateway, with the address that it gives.
    NatGateway(Translator, IpAddr),
    /// A public address, the NIC's own or a load balancer's.
    Public(Translator, IpAddr),
    /// What Azure gives to those that have nothing of their own.
    Default,
}

/// The outbound method of one address, by Azure's precedence: NAT gateway, the address's own public
/// one, a load balancer, default outbound access. `carried` is TCP or UDP, which alone NAT gateways, load
/// balancers and default outbound access carry; none for everything else.
#[must_use]
pub fn method(
    network: &Network,
    nic: Id<Nic>,
    address: &NicAddress,
    carried: Option<Protocol>,
) -> Option<Method> {
    let ports = carried.is_some();
    let subnet = &network.subnets[network.nics[nic].subnet];
    let v4 = address.address.is_ipv4();
    let nat = subnet
        .nat_gateway
        .filter(|id| !network.nat_gateways[*id].public_ips.is_empty());
    if let Some(id) = nat.filter(|_| ports && v4) {
        let gateway = &network.nat_gateways[id];
        let mut public = gateway.public_ips.iter().filter(|_| !gateway.down);
        let public = public.find(|id| !network.public_ips[**id].down)?;
        return Some(Method::NatGateway(
            Translator::NatGateway(id),
            network.public_ips[*public].address,
        ));
    }
    if let Some(public) = address.public_ip {
        let up = !network.public_ips[public].down;
        return up.then_some(Method::Public(
            Translator::PublicIp(public),
            network.public_ips[public].address,
        ));
    }
    let balanced = carried.and_then(|protocol| balanced_source(network, nic, v4, protocol));
    if let Some((name, source)) = balanced {
        return Some(Method::Public(Translator::LoadBalancer(name), source));
    }
    // A member of a Standard load balancer gets no default outbound access, even of an internal one, nor
    // does one with an outbound rule, for whatever protocol that is and whether or not it stands.
    let hidden = network.load_balancers.iter().any(|(_, balancer)| {
        let rules = balancer
            .frontends
            .iter()
            .flat_map(|frontend| &frontend.rules);
        balancer.sku == AddressSku::Standard
            && (rules.into_iter().any(|rule| rule.members.contains(&nic))
                || outbound_rules(balancer, nic).next().is_some())
    });
    let v4 = v4 && !hidden;
    let machine = &network.machines[network.nics[nic].machine];
    (ports
        && v4
        && nat.is_none()
        && subnet.default_outbound_access
        && default_outbound(network, machine))
    .then_some(Method::Default)
}

/// Whether the way out of a NIC may be another for UDP than for TCP: by an outbound rule for one of them.
#[must_use]
pub(super) fn tells_protocols(network: &Network, nic: Id<Nic>) -> bool {
    let mut balancers = network.load_balancers.iter();
    balancers.any(|(_, balancer)| {
        outbound_rules(balancer, nic).any(|rule| rule.protocol != BalancedProtocol::All)
    })
}

/// The outbound rules of which a NIC is a member.
fn outbound_rules(balancer: &LoadBalancer, nic: Id<Nic>) -> impl Iterator<Item = &OutboundRule> {
    let rules = balancer.outbound_rules.iter();
    rules.filter(move |rule| rule.members.contains(&nic))
}

/// The public frontend that gives a member its source: by an outbound rule, or by a load-balancing
/// rule that is not kept from it (`load-balancer/load-balancer-outbound-connections`).
fn balanced_source(
    network: &Network,
    nic: Id<Nic>,
    v4: bool,
    protocol: Protocol,
) -> Option<(Arc<str>, IpAddr)> {
    network
        .load_balancers
        .iter()
        .filter(|(_, balancer)| !balancer.down)
        .find_map(|(_, balancer)| {
            let ruled = outbound_rules(balancer, nic).filter(|rule| match rule.protocol {
                BalancedProtocol::All => true,
                BalancedProtocol::Tcp => protocol == Protocol::Tcp,
                BalancedProtocol::Udp => protocol == Protocol::Udp,
            });
            let ruled = ruled.flat_map(|rule| {
                rule.frontends
                    .iter()
                    .filter_map(|at| balancer.frontends.get(*at))
            });
            let implied = balancer.frontends.iter().filter(|frontend| {
                frontend
                    .rules
                    .iter()
                    .any(|rule| !rule.disable_outbound_snat && rule.members.contains(&nic))
            });
            let public = ruled
                .chain(implied)
                .flat_map(|own| &network.fixtures[own.fixture].public_ips);
            let address = public
                .filter(|id| !network.public_ips[**id].down)
                .map(|id| network.public_ips[*id].address)
                .find(|a| a.is_ipv4() == v4);
            address.map(|address| (balancer.identity.name.clone(), address))
        })
}
