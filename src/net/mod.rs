//! The field's values on top of `ipnet`: prefixes, address sets, ports, protocols, flows, service
//! tags, latencies. It knows no resources.

mod addresses;
mod bits;
mod difference;
mod flow;
pub mod latency;
mod ports;
mod prefix;
mod protocol;
mod ranges;
pub mod regions;
mod rules;
mod steps;
pub mod tags;

pub use addresses::{AddressMap, AddressSet};
pub use difference::Difference;
pub use flow::Flow;
pub use ports::{PortRange, PortSet};
pub use prefix::{
    PrefixFault, contains, first_address, is_private, is_v4, last_address, parse_prefix,
    prefix_text, same_family,
};
pub use protocol::{Protocol, ProtocolMatch};
pub use ranges::{Ranges, Word};
pub use rules::{Doubtful, Matched, Rule, RuleList};

/// Azure's wire server: DNS, DHCP, health probes (`what-is-ip-address-168-63-129-16`).
pub const WIRE_SERVER: std::net::IpAddr =
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(168, 63, 129, 16));

/// Where probes of IPv6 members come from (`load-balancer-custom-probe-overview`).
pub const PROBE_V6: std::net::IpAddr = std::net::IpAddr::V6(std::net::Ipv6Addr::new(
    0xfe80, 0, 0, 0, 0, 0x1234, 0x5678, 0x9abc,
));

/// Azure's instance metadata service.
pub const METADATA: std::net::IpAddr =
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(169, 254, 169, 254));

/// The lowest port of the range that a client's port is taken from where none is named.
pub const EPHEMERAL: PortRange = PortRange {
    first: 49152,
    last: 65535,
};
