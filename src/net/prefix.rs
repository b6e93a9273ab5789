//! Address prefixes as Azure takes them: no bits behind the length.

use std::net::IpAddr;

use ipnet::IpNet;

/// Why a text is no prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefixFault {
    /// It is not an address with a length.
    Malformed,
    /// It has bits set behind its length; the network meant is given.
    HostBits(IpNet),
}

/// Reads `10.0.0.0/24`, or a single address as the prefix of its full length.
///
/// # Errors
/// Says whether the text is malformed or only has host bits set, which Azure's API refuses.
pub fn parse_prefix(text: &str) -> Result<IpNet, PrefixFault> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let net: IpNet = text.parse().map_err(|_| PrefixFault::Malformed)?;
    if net.addr() == net.network() {
        Ok(net)
    } else {
        Err(PrefixFault::HostBits(net.trunc()))
    }
}

/// The first and the last address of a prefix.
pub(super) fn bounds(prefix: &IpNet) -> (IpAddr, IpAddr) {
    (prefix.network(), prefix.broadcast())
}

/// The first address of a prefix.
#[must_use]
pub fn first_address(prefix: &IpNet) -> IpAddr {
    prefix.network()
}

/// The last address of a prefix.
#[must_use]
pub fn last_address(prefix: &IpNet) -> IpAddr {
    prefix.broadcast()
}

/// A prefix as people write it: of full length, the address alone.
#[must_use]
pub fn prefix_text(prefix: &IpNet) -> String {
    if prefix.prefix_len() == prefix.max_prefix_len() {
        prefix.addr().to_string()
    } else {
        prefix.to_string()
    }
}

/// Whether a prefix is of IPv4.
#[must_use]
pub const fn is_v4(prefix: &IpNet) -> bool {
    matches!(prefix, IpNet::V4(_))
}

/// Whether two addresses are of one family.
#[must_use]
pub const fn same_family(a: IpAddr, b: IpAddr) -> bool {
    a.is_ipv4() == b.is_ipv4()
}

/// Whether `outer` holds all of `inner`; prefixes of two families never do.
#[must_use]
pub fn contains(outer: &IpNet, inner: &IpNet) -> bool {
    match (outer, inner) {
        (IpNet::V4(a), IpNet::V4(b)) => a.contains(b),
        (IpNet::V6(a), IpNet::V6(b)) => a.contains(b),
        _ => false,
    }
}

/// Whether an address is private: RFC 1918, the shared range 100.64.0.0/10 (the ranges that Azure
/// Firewall does not translate either, `firewall/snat-private-range`), loopback, link-local, unique local.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let [first, second, ..] = a.octets();
            a.is_private()
                || a.is_loopback()
                || a.is_link_local()
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(a) => a.is_loopback() || a.is_unique_local() || a.is_unicast_link_local(),
    }
}
