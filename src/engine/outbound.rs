//! By which method an address of a NIC reaches the Internet.
//!
//! Follows `nat-gateway/nat-gateway-resource` for the precedence,
//! `load-balancer/load-balancer-outbound-connections`,
//! `virtual-network/ip-services/default-outbound-access`.

use std::net::IpAddr;
use std::sync::Arc;

use super::compiled::default_outbound;
use crate::network::{Id, Network, Nic, NicAddress};
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
/// one, a load balancer, default outbound access. `ports` says that what is sent has ports, which
/// alone NAT gateways, load balancers and default outbound access carry.
#[must_use]
pub fn method(
    network: &Network,
    nic: Id<Nic>,
    address: &NicAddress,
    ports: bool,
) -> Option<Method> {
    let subnet = &network.subnets[network.nics[nic].subnet];
    let v4 = address.address.is_ipv4();
    let nat = subnet
        .nat_gateway
        .filter(|id| !network.nat_gateways[*id].public_ips.is_empty());
    if let Some(id) = nat.filter(|_| ports && v4) {
        let gateway = &network.nat_gateways[id];
        let public = gateway.public_ips.first().filter(|_| !gateway.down)?;
        return Some(Method::NatGateway(
            Translator::NatGateway(id),
            network.public_ips[*public].address,
        ));
    }
    if let Some(public) = address.public_ip {
        return Some(Method::Public(
            Translator::PublicIp(public),
            network.public_ips[public].address,
        ));
    }
    if ports && let Some((name, source)) = balanced_source(network, nic, v4) {
        return Some(Method::Public(Translator::LoadBalancer(name), source));
    }
    // A member of a Standard load balancer gets no default outbound access, even of an internal one.
    let hidden = network.load_balancers.iter().any(|(_, balancer)| {
        let rules = balancer
            .frontends
            .iter()
            .flat_map(|frontend| &frontend.rules);
        balancer.sku == AddressSku::Standard
            && rules.into_iter().any(|rule| rule.members.contains(&nic))
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

/// The public frontend that gives a member its source: by an outbound rule, or by a load-balancing
/// rule that is not kept from it (`load-balancer/load-balancer-outbound-connections`).
fn balanced_source(network: &Network, nic: Id<Nic>, v4: bool) -> Option<(Arc<str>, IpAddr)> {
    network
        .load_balancers
        .iter()
        .filter(|(_, balancer)| !balancer.down)
        .find_map(|(_, balancer)| {
            let ruled = balancer.outbound_rules.iter().filter(|rule| {
                rule.members.contains(&nic) && rule.protocol == BalancedProtocol::All
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
                .map(|id| network.public_ips[*id].address)
                .find(|a| a.is_ipv4() == v4);
            address.map(|address| (balancer.identity.name.clone(), address))
        })
}
