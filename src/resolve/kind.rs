//! The kinds of resources that can be referred to: their sections, what they are called, what ARM
//! calls them.

use crate::spec::{Common, Topology};

/// Calls `$do!(variant, section, ARM type, noun)` for a table of all kinds.
macro_rules! kinds {
    ($($variant:ident, $section:literal, $arm:literal, $noun:literal;)*) => {
        /// A kind of resource: a section of the topology.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Kind { $($variant,)* }

        impl Kind {
            /// Every kind, in the order of the format.
            pub(super) const ALL: &[Kind] = &[$(Kind::$variant,)*];

            /// Its section.
            pub(super) const fn section(self) -> &'static str {
                match self { $(Kind::$variant => $section,)* }
            }

            /// Its type in ARM; empty where ARM knows no such thing.
            pub(super) const fn arm_type(self) -> &'static str {
                match self { $(Kind::$variant => $arm,)* }
            }

            /// What users call one.
            pub(super) const fn noun(self) -> &'static str {
                match self { $(Kind::$variant => $noun,)* }
            }
        }
    };
}

kinds! {
    VirtualNetwork, "virtualNetworks", "Microsoft.Network/virtualNetworks", "virtual network";
    SecurityGroup, "networkSecurityGroups", "Microsoft.Network/networkSecurityGroups", "network security group";
    ApplicationGroup, "applicationSecurityGroups", "Microsoft.Network/applicationSecurityGroups", "application security group";
    RouteTable, "routeTables", "Microsoft.Network/routeTables", "route table";
    PublicAddress, "publicIPAddresses", "Microsoft.Network/publicIPAddresses", "public IP address";
    NatGateway, "natGateways", "Microsoft.Network/natGateways", "NAT gateway";
    VirtualMachine, "virtualMachines", "Microsoft.Compute/virtualMachines", "virtual machine";
    ScaleSet, "virtualMachineScaleSets", "Microsoft.Compute/virtualMachineScaleSets", "scale set";
    Appliance, "networkVirtualAppliances", "Microsoft.Compute/virtualMachines", "appliance";
    Firewall, "azureFirewalls", "Microsoft.Network/azureFirewalls", "Azure Firewall";
    FirewallPolicy, "firewallPolicies", "Microsoft.Network/firewallPolicies", "firewall policy";
    IpGroup, "ipGroups", "Microsoft.Network/ipGroups", "IP group";
    LoadBalancer, "loadBalancers", "Microsoft.Network/loadBalancers", "load balancer";
    ApplicationGateway, "applicationGateways", "Microsoft.Network/applicationGateways", "application gateway";
    Bastion, "bastionHosts", "Microsoft.Network/bastionHosts", "Bastion host";
    Gateway, "virtualNetworkGateways", "Microsoft.Network/virtualNetworkGateways", "virtual network gateway";
    LocalGateway, "localNetworkGateways", "Microsoft.Network/localNetworkGateways", "local network gateway";
    Circuit, "expressRouteCircuits", "Microsoft.Network/expressRouteCircuits", "ExpressRoute circuit";
    Connection, "connections", "Microsoft.Network/connections", "connection";
    RouteServer, "routeServers", "Microsoft.Network/virtualHubs", "Route Server";
    Site, "onPremisesSites", "", "on-premises site";
    PrivateEndpoint, "privateEndpoints", "Microsoft.Network/privateEndpoints", "private endpoint";
    Service, "services", "", "service";
    PrivateZone, "privateDnsZones", "Microsoft.Network/privateDnsZones", "private DNS zone";
    Zone, "dnsZones", "Microsoft.Network/dnsZones", "DNS zone";
    InternetHost, "internetHosts", "", "internet host";
    Manager, "networkManagers", "Microsoft.Network/networkManagers", "network manager";
}

impl Kind {
    /// The keys of its section, each with what every resource may carry.
    pub(super) fn entries(self, topology: &Topology) -> Vec<(&str, Option<&Common>)> {
        macro_rules! resources {
            ($field:ident) => {
                topology
                    .$field
                    .iter()
                    .map(|(key, value)| (key, Some(&value.common)))
                    .collect()
            };
        }
        macro_rules! bare {
            ($field:ident) => {
                topology.$field.iter().map(|(key, _)| (key, None)).collect()
            };
        }
        match self {
            Kind::VirtualNetwork => resources!(virtual_networks),
            Kind::SecurityGroup => resources!(network_security_groups),
            Kind::ApplicationGroup => resources!(application_security_groups),
            Kind::RouteTable => resources!(route_tables),
            Kind::PublicAddress => resources!(public_ip_addresses),
            Kind::NatGateway => resources!(nat_gateways),
            Kind::VirtualMachine => resources!(virtual_machines),
            Kind::ScaleSet => resources!(scale_sets),
            Kind::Appliance => resources!(appliances),
            Kind::Firewall => resources!(azure_firewalls),
            Kind::FirewallPolicy => resources!(firewall_policies),
            Kind::IpGroup => bare!(ip_groups),
            Kind::LoadBalancer => resources!(load_balancers),
            Kind::ApplicationGateway => resources!(application_gateways),
            Kind::Bastion => resources!(bastion_hosts),
            Kind::Gateway => resources!(gateways),
            Kind::LocalGateway => resources!(local_network_gateways),
            Kind::Circuit => resources!(circuits),
            Kind::Connection => resources!(connections),
            Kind::RouteServer => resources!(route_servers),
            Kind::Site => bare!(sites),
            Kind::PrivateEndpoint => resources!(private_endpoints),
            Kind::Service => resources!(services),
            Kind::PrivateZone => resources!(private_dns_zones),
            Kind::Zone => resources!(dns_zones),
            Kind::InternetHost => bare!(internet_hosts),
            Kind::Manager => resources!(network_managers),
        }
    }
}
