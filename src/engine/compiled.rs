//! What a walk asks of machines and VNets, as rule lists and maps, each built when first asked for.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::net::{
    AddressMap, AddressSet, METADATA, PortRange, PortSet, Protocol, ProtocolMatch, Ranges, Rule,
    RuleList, WIRE_SERVER, tags,
};
use crate::network::{
    FilterRule, GuestFilter, Id, Machine, MachineKind, Network, Nic, NicAddress, Peering, Socket,
};
use crate::spec::{Access, OrchestrationMode, SourceNat};

/// A machine's own decisions.
#[derive(Debug)]
pub(super) struct CompiledMachine {
    /// What its firewall lets in.
    pub inbound: RuleList,
    /// What its firewall lets out.
    pub outbound: RuleList,
    /// What listens; nothing is known where there is none.
    pub listeners: Option<RuleList>,
    /// What it forwards.
    pub filter: RuleList,
    /// Which destinations it translates, in step with `Forwarding::destination_nat`.
    pub destination_nat: RuleList,
    /// Which flows get its own source: those that no rule of this list exempts.
    pub source_nat: RuleList,
    /// By which NIC it sends on.
    pub egress: AddressMap<Id<Nic>>,
}

/// A rule for some addresses.
fn rule(name: &str, allow: bool, source: AddressSet, destination: AddressSet) -> Rule {
    Rule {
        name: name.into(),
        allow,
        protocol: ProtocolMatch::Any,
        source,
        source_ports: PortSet::all(),
        destination,
        destination_ports: PortSet::all(),
        doubtful: None,
    }
}

/// What comes from any of `addresses`.
pub(super) fn from(addresses: AddressSet) -> Rule {
    rule("", true, addresses, AddressSet::all())
}

/// What goes to any of `addresses`.
pub(super) fn to(addresses: AddressSet) -> Rule {
    rule("", true, AddressSet::all(), addresses)
}

/// What is of `protocol`, and goes to `port` where one is given.
pub(super) fn of(protocol: Protocol, port: Option<u16>) -> Rule {
    Rule {
        protocol: ProtocolMatch::Only(protocol),
        destination_ports: port.map_or_else(PortSet::all, |port| Ranges::one(port, port)),
        ..to(AddressSet::all())
    }
}

/// Whether any of `rules` matches.
pub(super) fn any(rules: impl IntoIterator<Item = Rule>) -> RuleList {
    RuleList::new(rules.into_iter().collect(), false)
}

/// Whether the source is among `addresses`.
pub(super) fn from_any_of(addresses: AddressSet) -> RuleList {
    any([from(addresses)])
}

/// Whether the destination is among `addresses`.
pub(super) fn to_any_of(addresses: AddressSet) -> RuleList {
    any([to(addresses)])
}

/// Some addresses, to be looked up.
pub(super) fn addresses<'a>(addresses: impl IntoIterator<Item = &'a NicAddress>) -> AddressMap<()> {
    let addresses = addresses.into_iter();
    AddressMap::longest_prefix(addresses.map(|own| (IpNet::from(own.address), ())))
}

fn ports(ranges: &[PortRange]) -> PortSet {
    if ranges.is_empty() {
        PortSet::all()
    } else {
        ranges.iter().copied().collect()
    }
}

fn filter_rule(own: &FilterRule) -> Rule {
    Rule {
        name: Arc::clone(&own.name),
        allow: own.action == Access::Allow,
        protocol: own.protocol,
        source: own.source.clone(),
        source_ports: ports(&own.source_ports),
        destination: own.destination.clone(),
        destination_ports: ports(&own.destination_ports),
        doubtful: None,
    }
}

fn filter_list(filter: &GuestFilter) -> RuleList {
    RuleList::new(
        filter.rules.iter().map(filter_rule).collect(),
        filter.default_action == Access::Allow,
    )
}

/// What listens, as rules on the destination port. Ping needs no listener.
pub(super) fn listener_list(listeners: &[Socket]) -> RuleList {
    let sockets = listeners.iter().flat_map(|socket| {
        let protocols: &[Protocol] = match socket.protocol {
            Some(Protocol::Tcp) => &[Protocol::Tcp],
            Some(Protocol::Udp) => &[Protocol::Udp],
            _ => &[Protocol::Tcp, Protocol::Udp],
        };
        protocols.iter().map(move |protocol| Rule {
            destination_ports: Ranges::one(socket.ports.first, socket.ports.last),
            ..of(*protocol, None)
        })
    });
    let portless = [Protocol::Icmp, Protocol::Esp, Protocol::Ah];
    any(sockets.chain(portless.map(|protocol| of(protocol, None))))
}

impl CompiledMachine {
    /// Builds them for `machine`.
    pub fn new(network: &Network, machine: &Machine) -> Self {
        let forwarding = machine.forwarding.as_ref();
        let nat = forwarding.map_or(&[][..], |f| f.destination_nat.as_slice());
        Self {
            inbound: filter_list(&machine.guest.inbound),
            outbound: filter_list(&machine.guest.outbound),
            listeners: machine.guest.listeners.as_deref().map(listener_list),
            filter: forwarding.map_or_else(
                || RuleList::new(Vec::new(), true),
                |f| filter_list(&f.filter),
            ),
            destination_nat: any(nat.iter().map(|rule| filter_rule(&rule.matches))),
            source_nat: source_nat(forwarding.map_or(SourceNat::None, |f| f.source_nat)),
            egress: egress(network, machine),
        }
    }
}

/// Exempts from source translation: everything, private destinations, or nothing.
fn source_nat(mode: SourceNat) -> RuleList {
    let all = AddressSet::all;
    let rules = match mode {
        SourceNat::None => vec![rule("", false, all(), all())],
        SourceNat::Internet => vec![rule("", false, all(), private())],
        SourceNat::All => Vec::new(),
    };
    RuleList::new(rules, true)
}

/// The private addresses, as [`crate::net::is_private`] has them.
pub(super) fn private() -> AddressSet {
    let prefixes = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    ];
    prefixes
        .iter()
        .filter_map(|text| text.parse::<IpNet>().ok())
        .collect()
}

/// By which NIC an appliance sends: its own routes and its connected subnets by longest prefix, a
/// connected subnet before a route of the same length.
fn egress(network: &Network, machine: &Machine) -> AddressMap<Id<Nic>> {
    let connected = machine.nics.iter().flat_map(|nic| {
        let subnet = &network.subnets[network.nics[*nic].subnet];
        subnet.prefixes.iter().map(|prefix| (*prefix, *nic))
    });
    let routes = machine
        .forwarding
        .iter()
        .flat_map(|f| f.routes.iter().copied());
    AddressMap::longest_prefix(connected.chain(routes))
}

/// Where an address lies, seen from a VNet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    /// In the VNet itself.
    Own,
    /// In a VNet that it is peered with, by this object of its own.
    Peer(Id<Peering>),
}

/// What lies in a VNet and its direct, connected peers.
pub(super) fn scopes(
    network: &Network,
    vnet: Id<crate::network::VirtualNetwork>,
) -> AddressMap<Scope> {
    let own = network.vnets[vnet]
        .address_space
        .iter()
        .map(|prefix| (*prefix, Scope::Own));
    let peers = network.vnets[vnet]
        .peerings
        .iter()
        .filter(|id| network.peerings[**id].connected);
    let peers = peers.flat_map(|id| {
        let peering = &network.peerings[*id];
        let prefixes: Vec<IpNet> = match &peering.subnets {
            Some(subnets) => subnets
                .remote
                .iter()
                .flat_map(|subnet| network.subnets[*subnet].prefixes.iter().copied())
                .collect(),
            None => network.vnets[peering.remote].address_space.clone(),
        };
        prefixes
            .into_iter()
            .map(move |prefix| (prefix, Scope::Peer(*id)))
    });
    AddressMap::longest_prefix(own.chain(peers))
}

/// The platform's own services, which no route leads elsewhere and no ordinary rule stops
/// (`what-is-ip-address-168-63-129-16`, `instance-metadata-service`, Network Watcher's agent).
pub(super) fn platform() -> RuleList {
    let service = |address, protocol, ports: &[u16]| Rule {
        protocol: ProtocolMatch::Only(protocol),
        destination_ports: ports
            .iter()
            .map(|port| PortRange {
                first: *port,
                last: *port,
            })
            .collect(),
        ..to(AddressSet::of_addresses([address]))
    };
    any([
        service(WIRE_SERVER, Protocol::Tcp, &[53, 80, 443, 8037, 32526]),
        service(WIRE_SERVER, Protocol::Udp, &[53, 67, 68]),
        service(METADATA, Protocol::Tcp, &[80]),
    ])
}

/// The Internet's addresses, as [`tags::internet`] has them.
fn internet() -> RuleList {
    to_any_of(tags::internet())
}

/// What is the same for every walk.
#[derive(Debug)]
pub(super) struct Statics {
    pub platform: RuleList,
    pub private: RuleList,
    pub internet: RuleList,
    pub mail: RuleList,
    pub with_ports: RuleList,
}

/// The protocols with ports, in the order of the rules of [`Statics::with_ports`].
pub(super) const WITH_PORTS: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];

impl Statics {
    pub fn new() -> Self {
        Self {
            platform: platform(),
            private: to_any_of(private()),
            internet: internet(),
            mail: any([of(Protocol::Tcp, Some(25))]),
            with_ports: any(WITH_PORTS.map(|own| of(own, None))),
        }
    }
}

/// Whether a machine may have Azure's default outbound access: not where it has a public address on
/// any NIC, nor in a flexible scale set (`virtual-network/ip-services/default-outbound-access`).
pub(super) fn default_outbound(network: &Network, machine: &Machine) -> bool {
    let flexible = match machine.kind {
        MachineKind::Instance(set) => {
            network.scale_sets[set].orchestration_mode == OrchestrationMode::Flexible
        }
        _ => false,
    };
    let public = machine.nics.iter().any(|nic| {
        network.nics[*nic]
            .addresses
            .iter()
            .any(|address| address.public_ip.is_some())
    });
    !flexible && !public
}

/// The address that default outbound access is taken to give: which one Azure takes is not known.
pub(crate) const DEFAULT_OUTBOUND: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 254));
