//! The topology's sections.

use super::checks::{
    Check, EffectiveRoutesCheck, EffectiveRulesCheck, Finding, Intent, IpFlowCheck, NextHopCheck,
    SecurityDiagnosticCheck,
};
use super::decode::{Context, Decode, Names, record};
use super::describe::{Definitions, Describe};
use super::node::Node;
use super::*;
use crate::diagnostic::Code;

/// The version of the format: there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version;

impl Version {
    /// Its number.
    pub const NUMBER: u16 = 1;
}

impl Decode for Version {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let number = i64::decode(node, cx)?;
        if number != i64::from(Self::NUMBER) {
            let message = format!("`{number}` is not a version of the format");
            let help = format!("`{}` is the only one", Self::NUMBER);
            cx.fault(Code::UnknownWord, message, help);
        }
        Some(Self)
    }
}

impl Describe for Version {
    fn describe(_: &mut Definitions) -> serde_json::Value {
        serde_json::json!({ "enum": [Self::NUMBER, Self::NUMBER.to_string()] })
    }

    fn shown(&self) -> Option<serde_json::Value> {
        Some(Self::NUMBER.into())
    }
}

record! {
    /// A whole topology, with the checks that stand in it.
    Topology {
        version: def Version = Version, "version";
        name: opt String, "name";
        defaults: def Defaults, "defaults";
        virtual_networks: def Names<VirtualNetwork>, "virtualNetworks";
        network_security_groups: def Names<NetworkSecurityGroup>, "networkSecurityGroups";
        application_security_groups: def Names<ApplicationSecurityGroup>, "applicationSecurityGroups";
        route_tables: def Names<RouteTable>, "routeTables";
        public_ip_addresses: def Names<PublicIpAddress>, "publicIPAddresses";
        nat_gateways: def Names<NatGateway>, "natGateways";
        virtual_machines: def Names<VirtualMachine>, "virtualMachines";
        scale_sets: def Names<ScaleSet>, "virtualMachineScaleSets";
        appliances: def Names<NetworkVirtualAppliance>, "networkVirtualAppliances";
        azure_firewalls: def Names<AzureFirewall>, "azureFirewalls";
        firewall_policies: def Names<FirewallPolicy>, "firewallPolicies";
        ip_groups: def Names<IpGroup>, "ipGroups";
        load_balancers: def Names<LoadBalancer>, "loadBalancers";
        application_gateways: def Names<ApplicationGateway>, "applicationGateways";
        bastion_hosts: def Names<BastionHost>, "bastionHosts";
        gateways: def Names<VirtualNetworkGateway>, "virtualNetworkGateways";
        local_network_gateways: def Names<LocalNetworkGateway>, "localNetworkGateways";
        circuits: def Names<ExpressRouteCircuit>, "expressRouteCircuits";
        connections: def Names<Connection>, "connections";
        route_servers: def Names<RouteServer>, "routeServers";
        sites: def Names<OnPremisesSite>, "onPremisesSites";
        private_endpoints: def Names<PrivateEndpoint>, "privateEndpoints";
        services: def Names<Service>, "services";
        private_dns_zones: def Names<PrivateDnsZone>, "privateDnsZones";
        dns_zones: def Names<DnsZone>, "dnsZones";
        internet_hosts: def Names<InternetHost>, "internetHosts";
        network_managers: def Names<NetworkManager>, "networkManagers";
        service_tags: def ServiceTags, "serviceTags";
        settings: def Settings, "settings";
        latency: def Latency, "latency";
        checks: def Names<Check>, "checks";
        next_hops: def Names<NextHopCheck>, "nextHops";
        ip_flows: def Names<IpFlowCheck>, "ipFlows";
        security_diagnostics: def Names<SecurityDiagnosticCheck>, "securityDiagnostics";
        effective_routes: def Names<EffectiveRoutesCheck>, "effectiveRoutes";
        effective_rules: def Names<EffectiveRulesCheck>, "effectiveRules";
        intents: def Names<Intent>, "intents";
        findings: def Names<Finding>, "findings";
        invalid: opt Vec<String>, "invalid";
    }
}

/// The sections of a topology, in the order of its format.
pub const SECTIONS: &[&str] = Topology::KEYS;
