//! Virtual networks, route tables, public addresses, NAT gateways (`Microsoft.Network`).

use std::net::IpAddr;

use ipnet::IpNet;

use super::Ref;
use super::decode::{Context, Decode, Names, record, scalar, words};
use super::describe::{Definitions, Describe, scalar as shape};
use super::node::Node;
use crate::diagnostic::Code;
use crate::net::{parse_prefix, tags};

record! {
    /// A virtual network.
    resource VirtualNetwork {
        address_space: req Vec<IpNet>, "addressSpace";
        dns_servers: def Vec<IpAddr>, "dnsServers";
        network_intent_policies: def Vec<IntentPolicy>, "networkIntentPolicies";
        subnets: def Names<Subnet>, "subnets";
        peerings: def Names<Peering>, "peerings";
        flow_timeout: opt u16, "flowTimeoutInMinutes";
    }
}

words! {
    /// A service whose intent policy keeps security admin rules away.
    IntentPolicy { SqlManagedInstance = "SqlManagedInstance", Databricks = "Databricks", }
}

record! {
    /// A subnet.
    Subnet {
        address_prefixes: some IpNet, "addressPrefix" / "addressPrefixes";
        network_security_group: opt Ref, "networkSecurityGroup";
        route_table: opt Ref, "routeTable";
        nat_gateway: opt Ref, "natGateway";
        service_endpoints: def Vec<String>, "serviceEndpoints";
        delegations: def Vec<String>, "delegations";
        private_endpoint_network_policies: def EndpointPolicies = EndpointPolicies::Disabled, "privateEndpointNetworkPolicies";
        private_link_service_network_policies: opt String, "privateLinkServiceNetworkPolicies";
        default_outbound_access: def bool = true, "defaultOutboundAccess";
    }
}

words! {
    /// Which policies hold for private endpoints of a subnet.
    EndpointPolicies {
        Disabled = "Disabled",
        Enabled = "Enabled",
        NetworkSecurityGroupEnabled = "NetworkSecurityGroupEnabled",
        RouteTableEnabled = "RouteTableEnabled",
    }
}

record! {
    /// One side's peering object.
    Peering {
        remote_virtual_network: req Ref, "remoteVirtualNetwork";
        allow_virtual_network_access: def bool = true, "allowVirtualNetworkAccess";
        allow_forwarded_traffic: def bool, "allowForwardedTraffic";
        allow_gateway_transit: def bool, "allowGatewayTransit";
        use_remote_gateways: def bool, "useRemoteGateways";
        peering_state: opt PeeringState, "peeringState";
        peer_complete_vnets: def bool = true, "peerCompleteVnets";
        local_subnet_names: def Vec<String>, "localSubnetNames";
        remote_subnet_names: def Vec<String>, "remoteSubnetNames";
        enable_only_ipv6_peering: def bool, "enableOnlyIPv6Peering";
    }
}

words! {
    /// How far a peering has come.
    PeeringState { Connected = "Connected", Initiated = "Initiated", Disconnected = "Disconnected", }
}

record! {
    /// A route table.
    resource RouteTable {
        disable_bgp_route_propagation: def bool, "disableBgpRoutePropagation";
        routes: def Names<Route>, "routes";
    }
}

record! {
    /// A user route.
    Route {
        address_prefix: req RoutePrefix, "addressPrefix";
        next_hop_type: req NextHopType, "nextHopType";
        next_hop_ip_address: opt IpAddr, "nextHopIpAddress";
    }
}

words! {
    /// Where a user route goes.
    NextHopType {
        VirtualAppliance = "VirtualAppliance",
        VnetLocal = "VnetLocal",
        VirtualNetworkGateway = "VirtualNetworkGateway",
        Internet = "Internet",
        None = "None",
    }
}

/// What a user route is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutePrefix {
    /// An address prefix.
    Prefix(IpNet),
    /// A service tag.
    Tag(String),
}

impl Decode for RoutePrefix {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "an address prefix or a service tag")?.text;
        if parse_prefix(text).is_err() && super::security::looks_like_tag(text) {
            if tags::platform(text).is_some() {
                // service-tags-overview: these six cannot be used in user routes.
                cx.fault(
                    Code::UnknownServiceTag,
                    format!("the service tag `{text}` cannot be used in a route"),
                    "",
                );
                return None;
            }
            return Some(Self::Tag(text.to_string()));
        }
        super::decode::prefix(text, cx).map(Self::Prefix)
    }
}

impl Describe for RoutePrefix {
    fn describe(_: &mut Definitions) -> serde_json::Value {
        shape(
            "An address prefix or a service tag.",
            "^([A-Za-z][^:/]*|[0-9A-Fa-f.:]+(/[0-9]+)?)$",
        )
    }
}

record! {
    /// A public address.
    resource PublicIpAddress {
        ip_address: opt IpAddr, "ipAddress";
        sku: def AddressSku = AddressSku::Standard, "sku";
        fqdn: opt String, "fqdn";
        allocation_method: opt String, "publicIPAllocationMethod";
        version: opt String, "publicIPAddressVersion";
    }
}

words! {
    /// The SKU of a public address or a load balancer.
    AddressSku { Standard = "Standard", Basic = "Basic", }
}

record! {
    /// A NAT gateway.
    resource NatGateway {
        public_ip_addresses: def Vec<Ref>, "publicIPAddresses";
        idle_timeout: opt u16, "idleTimeoutInMinutes";
        sku: opt String, "sku";
    }
}
