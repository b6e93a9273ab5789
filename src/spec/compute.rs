//! Machines: virtual machines, scale sets, appliances, their NICs and what runs inside.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Ref;
use super::decode::{Context, Decode, Names, record, scalar, words};
use super::describe::{Definitions, Describe, scalar as shape};
use super::node::Node;
use super::security::{Access, AddressMatch, RuleProtocol};
use crate::diagnostic::Code;
use crate::net::{PortRange, Protocol};

record! {
    /// A virtual machine.
    resource VirtualMachine {
        zone: opt String, "zone";
        power_state: def PowerState = PowerState::Running, "powerState";
        network_interface: opt NetworkInterface, "networkInterface";
        network_interfaces: def Names<NetworkInterface>, "networkInterfaces";
        guest: def Guest, "guest";
        size: opt String, "vmSize";
        proximity_placement_group: opt String, "proximityPlacementGroup";
    }
}

record! {
    /// A machine that forwards.
    resource NetworkVirtualAppliance {
        zone: opt String, "zone";
        power_state: def PowerState = PowerState::Running, "powerState";
        network_interface: opt NetworkInterface, "networkInterface";
        network_interfaces: def Names<NetworkInterface>, "networkInterfaces";
        guest: def Guest, "guest";
        size: opt String, "vmSize";
        proximity_placement_group: opt String, "proximityPlacementGroup";
        forwarding: def Forwarding, "forwarding";
    }
}

record! {
    /// A scale set.
    resource ScaleSet {
        capacity: req u16, "capacity";
        zones: def Vec<String>, "zones";
        power_state: def PowerState = PowerState::Running, "powerState";
        network_interface: opt NetworkInterface, "networkInterface";
        network_interfaces: def Names<NetworkInterface>, "networkInterfaces";
        guest: def Guest, "guest";
        orchestration_mode: def OrchestrationMode = OrchestrationMode::Uniform, "orchestrationMode";
        size: opt String, "vmSize";
        proximity_placement_group: opt String, "proximityPlacementGroup";
    }
}

words! {
    /// How a scale set runs its instances.
    OrchestrationMode { Uniform = "Uniform", Flexible = "Flexible", }
}

words! {
    /// Whether a machine runs.
    PowerState { Running = "running", Stopped = "stopped", Deallocated = "deallocated", }
}

record! {
    /// A network interface.
    NetworkInterface {
        subnet: opt Ref, "subnet";
        private_ip_address: opt IpAddr, "privateIPAddress";
        public_ip_address: opt Ref, "publicIPAddress";
        ip_configurations: def Names<IpConfiguration>, "ipConfigurations";
        network_security_group: opt Ref, "networkSecurityGroup";
        application_security_groups: def Vec<Ref>, "applicationSecurityGroups";
        enable_ip_forwarding: def bool, "enableIPForwarding";
        enable_accelerated_networking: def bool = true, "enableAcceleratedNetworking";
        primary: opt bool, "primary";
        id: opt String, "id";
    }
}

record! {
    /// One of several addresses of a NIC.
    IpConfiguration {
        subnet: opt Ref, "subnet";
        private_ip_address: opt IpAddr, "privateIPAddress";
        public_ip_address: opt Ref, "publicIPAddress";
        primary: opt bool, "primary";
        version: opt String, "privateIPAddressVersion";
        application_security_groups: def Vec<Ref>, "applicationSecurityGroups";
    }
}

record! {
    /// What runs inside a machine.
    Guest {
        os: opt String, "os";
        network_watcher_agent: def bool = true, "networkWatcherAgent";
        cpu_utilization: opt f64, "cpuUtilization";
        memory_utilization: opt f64, "memoryUtilization";
        listeners: opt Vec<Socket>, "listeners";
        used_ports: def Vec<Socket>, "usedPorts";
        firewall: def GuestFirewall, "firewall";
    }
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            os: None,
            network_watcher_agent: true,
            cpu_utilization: None,
            memory_utilization: None,
            listeners: None,
            used_ports: Vec::new(),
            firewall: GuestFirewall::default(),
        }
    }
}

/// A protocol with ports, as in `tcp/443` or `udp/8000-8100`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// The protocol; `None` for any.
    pub protocol: Option<Protocol>,
    /// The ports.
    pub ports: PortRange,
}

impl Decode for Socket {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "a protocol and a port as in `tcp/443`")?.text;
        let help = "a protocol and a port or a range, as in `tcp/443`, `udp/53` or `tcp/8000-8100`";
        let Some((word, ports)) = text.split_once('/') else {
            cx.fault(
                Code::BadPort,
                format!("`{text}` is not a protocol and a port"),
                help,
            );
            return None;
        };
        let protocol = match word.to_ascii_lowercase().as_str() {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            "*" | "any" => None,
            _ => {
                cx.fault(
                    Code::UnknownWord,
                    format!("`{word}` is neither tcp nor udp"),
                    help,
                );
                return None;
            }
        };
        let ports = PortRange::parse(ports);
        if ports.is_none() {
            cx.fault(
                Code::BadPort,
                format!("`{text}` is not a protocol and a port"),
                help,
            );
        }
        ports.map(|ports| Self { protocol, ports })
    }
}

impl Describe for Socket {
    fn describe(_: &mut Definitions) -> serde_json::Value {
        shape(
            "A protocol and a port or a range, as in `tcp/443`.",
            r"^([Tt][Cc][Pp]|[Uu][Dd][Pp]|[Aa][Nn][Yy]|\*)/\s*(\*|[0-9]+\s*(-\s*[0-9]+)?)\s*$",
        )
    }
}

record! {
    /// The operating system's own firewall.
    #[derive(Default)]
    GuestFirewall {
        inbound: def GuestFilter, "inbound";
        outbound: def GuestFilter, "outbound";
    }
}

record! {
    /// One direction of it.
    GuestFilter {
        default_action: def Access = Access::Allow, "defaultAction";
        rules: def Names<GuestRule>, "rules";
    }
}

impl Default for GuestFilter {
    fn default() -> Self {
        Self {
            default_action: Access::Allow,
            rules: Names::default(),
        }
    }
}

record! {
    /// A rule of it, by priority, else in the order of the file.
    GuestRule {
        priority: opt i64, "priority";
        action: req Access, "action";
        protocol: def RuleProtocol, "protocol";
        ports: many PortRange, "port" / "ports";
        remote_addresses: many AddressMatch, "remoteAddress" / "remoteAddresses";
    }
}

record! {
    /// What an appliance does with packets that are not for itself.
    Forwarding {
        enabled: def bool = true, "enabled";
        stateful: def bool = true, "stateful";
        source_nat: def SourceNat = SourceNat::None, "sourceNat";
        routes: def Vec<GuestRoute>, "routes";
        default_action: def Access = Access::Allow, "defaultAction";
        rules: def Names<ApplianceRule>, "rules";
        destination_nat: def Names<DestinationNat>, "destinationNat";
        processing_latency: opt f64, "processingLatencyMs";
    }
}

impl Default for Forwarding {
    fn default() -> Self {
        Self {
            enabled: true,
            stateful: true,
            source_nat: SourceNat::None,
            routes: Vec::new(),
            default_action: Access::Allow,
            rules: Names::default(),
            destination_nat: Names::default(),
            processing_latency: None,
        }
    }
}

words! {
    /// Which flows an appliance sends on under its own address.
    SourceNat { None = "None", Internet = "Internet", All = "All", }
}

record! {
    /// A route inside an appliance: by which of its NICs it sends on.
    GuestRoute {
        address_prefix: req IpNet, "addressPrefix";
        network_interface: req String, "networkInterface";
    }
}

record! {
    /// A rule of an appliance's filter.
    ApplianceRule {
        priority: opt i64, "priority";
        action: req Access, "action";
        protocol: def RuleProtocol, "protocol";
        source: many AddressMatch, "sourceAddress" / "sourceAddresses";
        source_ports: many PortRange, "sourcePort" / "sourcePorts";
        destination: many AddressMatch, "destinationAddress" / "destinationAddresses";
        destination_ports: many PortRange, "destinationPort" / "destinationPorts";
    }
}

record! {
    /// A translation of destinations.
    DestinationNat {
        priority: opt i64, "priority";
        protocol: def RuleProtocol, "protocol";
        source: many AddressMatch, "sourceAddress" / "sourceAddresses";
        destination: many AddressMatch, "destinationAddress" / "destinationAddresses";
        destination_ports: many PortRange, "destinationPort" / "destinationPorts";
        translated_address: req IpAddr, "translatedAddress";
        translated_port: opt u16, "translatedPort";
    }
}
