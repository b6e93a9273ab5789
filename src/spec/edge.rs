//! What stands at the edges of virtual networks: balancers, proxies, gateways, on-premises, endpoints,
//! names.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Ref;
use super::compute::{PowerState, Socket};
use super::decode::{Names, record, words};
use super::networks::AddressSku;

record! {
    /// A load balancer.
    resource LoadBalancer {
        sku: def AddressSku = AddressSku::Standard, "sku";
        frontends: def Names<Frontend>, "frontendIPConfigurations";
        backend_address_pools: def Names<Vec<String>>, "backendAddressPools";
        probes: def Names<Probe>, "probes";
        rules: def Names<LoadBalancingRule>, "loadBalancingRules";
        inbound_nat_rules: def Names<InboundNatRule>, "inboundNatRules";
        outbound_rules: def Names<OutboundRule>, "outboundRules";
    }
}

record! {
    /// A load balancer's address.
    Frontend {
        subnet: opt Ref, "subnet";
        private_ip_address: opt IpAddr, "privateIPAddress";
        public_ip_address: opt Ref, "publicIPAddress";
    }
}

words! {
    /// How a probe asks.
    ProbeProtocol { Tcp = "Tcp", Http = "Http", Https = "Https", }
}

record! {
    /// A health probe.
    Probe {
        protocol: def ProbeProtocol = ProbeProtocol::Tcp, "protocol";
        port: req u16, "port";
        request_path: opt String, "requestPath";
        interval: opt u16, "intervalInSeconds";
        number_of_probes: opt u16, "numberOfProbes";
    }
}

words! {
    /// What a load-balancing rule takes.
    BalancedProtocol { Tcp = "Tcp", Udp = "Udp", All = "All" | "*", }
}

words! {
    /// What a member is chosen by.
    LoadDistribution { Default = "Default", SourceIp = "SourceIP", SourceIpProtocol = "SourceIPProtocol", }
}

record! {
    /// A load-balancing rule.
    LoadBalancingRule {
        frontend: req String, "frontendIPConfiguration";
        backend_address_pool: req String, "backendAddressPool";
        protocol: req BalancedProtocol, "protocol";
        frontend_port: req u16, "frontendPort";
        backend_port: req u16, "backendPort";
        probe: opt String, "probe";
        enable_floating_ip: def bool, "enableFloatingIP";
        load_distribution: def LoadDistribution = LoadDistribution::Default, "loadDistribution";
        disable_outbound_snat: def bool, "disableOutboundSnat";
        idle_timeout: opt u16, "idleTimeoutInMinutes";
        enable_tcp_reset: def bool, "enableTcpReset";
    }
}

record! {
    /// A rule that publishes one port of one machine.
    InboundNatRule {
        frontend: req String, "frontendIPConfiguration";
        protocol: def BalancedProtocol = BalancedProtocol::Tcp, "protocol";
        frontend_port: req u16, "frontendPort";
        backend_port: req u16, "backendPort";
        target: req Ref, "target";
        enable_floating_ip: def bool, "enableFloatingIP";
    }
}

record! {
    /// A rule that gives a pool an outbound address.
    OutboundRule {
        frontends: def Vec<String>, "frontendIPConfigurations";
        backend_address_pool: req String, "backendAddressPool";
        protocol: def BalancedProtocol = BalancedProtocol::All, "protocol";
        allocated_outbound_ports: opt u32, "allocatedOutboundPorts";
    }
}

record! {
    /// An application gateway.
    resource ApplicationGateway {
        subnet: req Ref, "subnet";
        private_ip_address: opt IpAddr, "privateIPAddress";
        public_ip_address: opt Ref, "publicIPAddress";
        capacity: def u16 = 2, "capacity";
        network_isolation: def bool, "networkIsolation";
        backend_address_pools: def Names<Vec<String>>, "backendAddressPools";
        listeners: def Names<HttpListener>, "listeners";
        rules: def Names<RequestRoutingRule>, "requestRoutingRules";
        sku: opt String, "sku";
    }
}

words! {
    /// HTTP, with or without TLS.
    HttpProtocol { Http = "Http", Https = "Https", }
}

record! {
    /// A listener of an application gateway.
    HttpListener {
        protocol: req HttpProtocol, "protocol";
        port: req u16, "port";
        host_names: def Vec<String>, "hostNames";
    }
}

record! {
    /// From a listener to a pool.
    RequestRoutingRule {
        priority: opt i64, "priority";
        listener: req String, "listener";
        backend_address_pool: req String, "backendAddressPool";
        backend_port: def u16 = 80, "backendPort";
        backend_protocol: def HttpProtocol = HttpProtocol::Http, "backendProtocol";
    }
}

record! {
    /// A Bastion host.
    resource BastionHost {
        subnet: req Ref, "subnet";
        public_ip_address: opt Ref, "publicIPAddress";
        sku: opt String, "sku";
    }
}

words! {
    /// The type of a gateway.
    GatewayType { Vpn = "Vpn", ExpressRoute = "ExpressRoute", }
}

record! {
    /// A VPN or ExpressRoute gateway.
    resource VirtualNetworkGateway {
        virtual_network: req Ref, "virtualNetwork";
        gateway_type: req GatewayType, "gatewayType";
        sku: opt String, "sku";
        vpn_type: opt String, "vpnType";
        enable_bgp: def bool, "enableBgp";
        asn: opt u32, "asn";
        active_active: def bool, "activeActive";
        public_ip_addresses: many Ref, "publicIPAddress" / "publicIPAddresses";
        default_site: opt Ref, "defaultSite";
        vpn_client_address_pool: def Vec<IpNet>, "vpnClientAddressPool";
        bgp_peering_addresses: many IpAddr, "bgpPeeringAddress" / "bgpPeeringAddresses";
        vpn_clients: def Names<VpnClient>, "vpnClients";
        fast_path: def bool, "fastPath";
    }
}

record! {
    /// A point-to-site client.
    VpnClient { ip_address: req IpAddr, "ipAddress"; }
}

record! {
    /// An on-premises VPN device as Azure knows it.
    resource LocalNetworkGateway {
        gateway_ip_address: opt IpAddr, "gatewayIpAddress";
        fqdn: opt String, "fqdn";
        address_space: def Vec<IpNet>, "addressSpace";
        asn: opt u32, "asn";
        bgp_peering_address: opt IpAddr, "bgpPeeringAddress";
        site: opt Ref, "site";
    }
}

record! {
    /// An ExpressRoute circuit.
    resource ExpressRouteCircuit {
        peering_location: opt String, "peeringLocation";
        site: opt Ref, "site";
        advertised_prefixes: def Vec<IpNet>, "advertisedPrefixes";
        as_path_length: opt u16, "asPathLength";
        arp: opt ArpTables, "arp";
        bandwidth: opt u32, "bandwidthInMbps";
    }
}

record! {
    /// The ARP tables of a circuit's two links.
    ArpTables {
        primary: def Vec<ArpEntry>, "primary";
        secondary: def Vec<ArpEntry>, "secondary";
    }
}

words! {
    /// Which side an ARP entry is of.
    ArpInterface { OnPrem = "OnPrem" | "On-Prem", Microsoft = "Microsoft", }
}

record! {
    /// An entry of an ARP table.
    ArpEntry {
        interface: req ArpInterface, "interface";
        ip_address: opt IpAddr, "ipAddress";
        mac_address: opt String, "macAddress";
        age: opt u32, "age";
    }
}

words! {
    /// Whether a connection stands.
    ConnectionStatus {
        Connected = "Connected",
        Connecting = "Connecting",
        NotConnected = "NotConnected" | "Disconnected",
        Unknown = "Unknown",
    }
}

record! {
    /// From a gateway to what it reaches.
    resource Connection {
        virtual_network_gateway: req Ref, "virtualNetworkGateway";
        local_network_gateway: opt Ref, "localNetworkGateway";
        express_route_circuit: opt Ref, "expressRouteCircuit";
        remote_virtual_network_gateway: opt Ref, "remoteVirtualNetworkGateway";
        connection_status: def ConnectionStatus = ConnectionStatus::Connected, "connectionStatus";
        enable_bgp: def bool, "enableBgp";
        routing_weight: def u32, "routingWeight";
        connection_type: opt String, "connectionType";
    }
}

record! {
    /// A Route Server.
    resource RouteServer {
        subnet: req Ref, "subnet";
        branch_to_branch_traffic: def bool, "branchToBranchTraffic";
        bgp_connections: def Names<BgpConnection>, "bgpConnections";
        public_ip_address: opt Ref, "publicIPAddress";
        hub_routing_preference: opt String, "hubRoutingPreference";
    }
}

record! {
    /// A peer of a Route Server.
    BgpConnection {
        peer: req Ref, "peer";
        advertised_prefixes: def Vec<IpNet>, "advertisedPrefixes";
        as_path_length: def u16 = 1, "asPathLength";
        next_hop_ip_address: opt IpAddr, "nextHopIpAddress";
        asn: opt u32, "asn";
    }
}

record! {
    /// A site on premises.
    OnPremisesSite {
        address_space: def Vec<IpNet>, "addressSpace";
        reaches: opt Vec<IpNet>, "reaches";
        hosts: def Names<OnPremisesHost>, "hosts";
        prefers: def Vec<Ref>, "prefers";
        rtt: opt f64, "rttMs";
        location: opt String, "location";
    }
}

record! {
    /// A host on premises.
    OnPremisesHost {
        ip_address: req IpAddr, "ipAddress";
        listeners: opt Vec<Socket>, "listeners";
        power_state: def PowerState = PowerState::Running, "powerState";
    }
}

record! {
    /// A private endpoint.
    resource PrivateEndpoint {
        subnet: req Ref, "subnet";
        private_ip_address: opt IpAddr, "privateIPAddress";
        service: req Ref, "service";
        connection_state: def EndpointState = EndpointState::Approved, "connectionState";
        application_security_groups: def Vec<Ref>, "applicationSecurityGroups";
        group_ids: def Vec<String>, "groupIds";
    }
}

words! {
    /// Whether the service's owner let the endpoint in.
    EndpointState {
        Approved = "Approved",
        Pending = "Pending",
        Rejected = "Rejected",
        Disconnected = "Disconnected",
    }
}

record! {
    /// A platform service.
    resource Service {
        kind: req String, "kind";
        region: opt String, "region";
        fqdn: opt String, "fqdn";
        public_ip_address: opt IpAddr, "publicIPAddress";
        listeners: opt Vec<Socket>, "listeners";
        public_network_access: def bool = true, "publicNetworkAccess";
        allowed_subnets: def Vec<Ref>, "allowedSubnets";
    }
}

record! {
    /// A private DNS zone.
    resource PrivateDnsZone {
        virtual_network_links: def Names<VirtualNetworkLink>, "virtualNetworkLinks";
        record_sets: def Names<RecordSet>, "recordSets";
    }
}

record! {
    /// Which VNet a private zone is seen from.
    VirtualNetworkLink {
        virtual_network: req Ref, "virtualNetwork";
        registration_enabled: def bool, "registrationEnabled";
    }
}

record! {
    /// A public DNS zone.
    resource DnsZone { record_sets: def Names<RecordSet>, "recordSets"; }
}

record! {
    /// The records of one name.
    RecordSet {
        a: def Vec<IpAddr>, "A";
        aaaa: def Vec<IpAddr>, "AAAA";
        cname: opt String, "CNAME";
        ttl: opt u32, "ttl";
    }
}

record! {
    /// A host on the Internet.
    InternetHost {
        addresses: many IpAddr, "address" / "addresses";
        listeners: opt Vec<Socket>, "listeners";
        rtt: opt f64, "rttMs";
        location: opt String, "location";
    }
}

/// An IP group: a list of prefixes, addresses or ranges of addresses.
pub type IpGroup = Vec<String>;
