//! The four scales on which a flow is measured, each from 0 up: its destination, its service (protocol and
//! destination port), its source port, its source.
//!
//! An IPv4 address stands on the scale of addresses where RFC 4291 maps it to (`::ffff:0:0/96`), a range
//! that no packet of IPv6 uses. A protocol without ports is one point of the scale of services.

use std::net::IpAddr;

use crate::net::{AddressMap, AddressSet, PortSet, Protocol, ProtocolMatch, Ranges};

/// The scales, in the order in which sets of flows are cut by them.
pub const DESTINATION: u8 = 0;
/// See [`DESTINATION`].
pub const SERVICE: u8 = 1;
/// See [`DESTINATION`].
pub const SOURCE_PORT: u8 = 2;
/// See [`DESTINATION`].
pub const SOURCE: u8 = 3;
/// How many there are.
pub const SCALES: u8 = 4;

const MAPPED: u128 = 0xffff_0000_0000;
const MAPPED_LAST: u128 = MAPPED + u32::MAX as u128;
const PORTS: u128 = 1 << 16;
/// The first service without ports.
const PORTLESS: u128 = 2 * PORTS;

/// The protocols, in the order of their services.
const PROTOCOLS: [Protocol; 5] = [
    Protocol::Tcp,
    Protocol::Udp,
    Protocol::Icmp,
    Protocol::Esp,
    Protocol::Ah,
];

/// The last point of a scale.
pub const fn last(scale: u8) -> u128 {
    match scale {
        SERVICE => PORTLESS + 2,
        SOURCE_PORT => PORTS - 1,
        _ => u128::MAX,
    }
}

/// Where an address stands.
pub fn of_address(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => MAPPED + u128::from(u32::from(a)),
        IpAddr::V6(a) => a.into(),
    }
}

/// The address at a point.
pub fn address_at(point: u128) -> IpAddr {
    match u32::try_from(point.wrapping_sub(MAPPED)) {
        Ok(v4) if point >= MAPPED => IpAddr::V4(v4.into()),
        _ => IpAddr::V6(point.into()),
    }
}

/// The protocol and port at a point of the scale of services; port 0 where there are none.
pub fn service_at(point: u128) -> (Protocol, u16) {
    if point >= PORTLESS {
        let at = usize::try_from(point - PORTLESS).unwrap_or_default();
        return (PROTOCOLS.get(at + 2).copied().unwrap_or(Protocol::Ah), 0);
    }
    let protocol = if point < PORTS {
        Protocol::Tcp
    } else {
        Protocol::Udp
    };
    (protocol, u16::try_from(point % PORTS).unwrap_or_default())
}

/// The first service without ports, where scales are cut.
pub const fn first_portless() -> u128 {
    PORTLESS
}

/// The ranges of addresses within `first` to `last`, handed to `take` in order.
pub fn addresses_within(
    set: &AddressSet,
    first: u128,
    last: u128,
    mut take: impl FnMut(u128, u128),
) {
    let v6 = |low: u128, high: u128, take: &mut dyn FnMut(u128, u128)| {
        clip(
            set.v6().ranges(),
            low,
            high,
            |range| *range,
            |a, b, _| take(a, b),
        );
    };
    if first < MAPPED {
        v6(first, last.min(MAPPED - 1), &mut take);
    }
    if let Some((low, high)) = mapped(first, last) {
        let ranges = set.v4().ranges();
        clip(
            ranges,
            low,
            high,
            |range| *range,
            |a, b, _| {
                take(MAPPED + u128::from(a), MAPPED + u128::from(b));
            },
        );
    }
    if last > MAPPED_LAST {
        v6(first.max(MAPPED_LAST + 1), last, &mut take);
    }
}

/// The intervals of a map within `first` to `last` with their values, handed to `take` in order.
pub fn values_within<V: Copy + PartialEq>(
    map: &AddressMap<V>,
    first: u128,
    last: u128,
    mut take: impl FnMut(u128, u128, V),
) {
    let v6 = |low: u128, high: u128, take: &mut dyn FnMut(u128, u128, V)| {
        clip(
            map.v6(),
            low,
            high,
            |(a, b, _)| (*a, *b),
            |a, b, (.., v)| take(a, b, *v),
        );
    };
    if first < MAPPED {
        v6(first, last.min(MAPPED - 1), &mut take);
    }
    if let Some((low, high)) = mapped(first, last) {
        clip(
            map.v4(),
            low,
            high,
            |(a, b, _)| (*a, *b),
            |a, b, (.., v)| {
                take(MAPPED + u128::from(a), MAPPED + u128::from(b), *v);
            },
        );
    }
    if last > MAPPED_LAST {
        v6(first.max(MAPPED_LAST + 1), last, &mut take);
    }
}

/// The part of an interval that stands for IPv4.
fn mapped(first: u128, last: u128) -> Option<(u32, u32)> {
    if last < MAPPED || first > MAPPED_LAST {
        return None;
    }
    let low = u32::try_from(first.max(MAPPED) - MAPPED).ok()?;
    let high = u32::try_from(last.min(MAPPED_LAST) - MAPPED).ok()?;
    Some((low, high))
}

fn clip<T, W: Copy + Ord>(
    sorted: &[T],
    low: W,
    high: W,
    ends: impl Fn(&T) -> (W, W),
    mut take: impl FnMut(W, W, &T),
) {
    let from = sorted.partition_point(|entry| ends(entry).1 < low);
    for entry in sorted.iter().skip(from) {
        let (first, last) = ends(entry);
        if first > high {
            break;
        }
        take(first.max(low), last.min(high), entry);
    }
}

/// A set of ports within `first` to `last` of the scale of ports.
pub fn ports_within(ports: &PortSet, first: u128, last: u128, mut take: impl FnMut(u128, u128)) {
    let (Ok(low), Ok(high)) = (u16::try_from(first), u16::try_from(last.min(PORTS - 1))) else {
        return;
    };
    clip(
        ports.ranges(),
        low,
        high,
        |range| *range,
        |a, b, _| take(a.into(), b.into()),
    );
}

/// The services of a protocol, of some ports where it has any, within `first` to `last`.
pub fn services_within(
    protocol: ProtocolMatch,
    ports: Option<&PortSet>,
    first: u128,
    last: u128,
    mut take: impl FnMut(u128, u128),
) {
    for (number, own) in (0_u128..)
        .zip(PROTOCOLS)
        .filter(|(_, own)| protocol.matches(*own))
    {
        let (base, end) = if own.has_ports() {
            (number * PORTS, number * PORTS + PORTS - 1)
        } else {
            (PORTLESS + number - 2, PORTLESS + number - 2)
        };
        if end < first || base > last {
            continue;
        }
        let (low, high) = (first.max(base), last.min(end));
        match ports.filter(|_| own.has_ports()) {
            Some(ports) => ports_within(ports, low - base, high - base, |a, b| {
                take(base + a, base + b);
            }),
            None => take(low, high),
        }
    }
}

/// The services of one protocol, of some ports where it has any.
pub fn services_of(protocol: Protocol, ports: &PortSet, take: impl FnMut(u128, u128)) {
    let protocol = ProtocolMatch::Only(protocol);
    services_within(protocol, Some(ports), 0, last(SERVICE), take);
}

/// The set of ports in some ranges of their scale.
pub fn port_set(ranges: &[(u128, u128)]) -> PortSet {
    let port = |point: u128| u16::try_from(point).unwrap_or(u16::MAX);
    Ranges::of(ranges.iter().map(|(a, b)| (port(*a), port(*b))).collect())
}

/// The set of addresses in some ranges of the scale.
pub fn address_set(ranges: &[(u128, u128)]) -> AddressSet {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for (first, last) in ranges {
        v4.extend(mapped(*first, *last));
        if *first < MAPPED {
            v6.push((*first, (*last).min(MAPPED - 1)));
        }
        if *last > MAPPED_LAST {
            v6.push(((*first).max(MAPPED_LAST + 1), *last));
        }
    }
    AddressSet::of_ranges(Ranges::of(v4), Ranges::of(v6))
}

/// The protocols in some ranges of the scale of services, each with its ports.
pub fn services(ranges: &[(u128, u128)]) -> Vec<(Protocol, PortSet)> {
    let mut found: Vec<(Protocol, PortSet)> = Vec::new();
    for (number, own) in (0_u128..).zip(PROTOCOLS) {
        let (base, end) = if own.has_ports() {
            (number * PORTS, number * PORTS + PORTS - 1)
        } else {
            (PORTLESS + number - 2, PORTLESS + number - 2)
        };
        let within = ranges.iter().filter(|(a, b)| *b >= base && *a <= end);
        let ports: Vec<(u16, u16)> = within
            .map(|(a, b)| {
                let port = |point: u128| u16::try_from(point - base).unwrap_or_default();
                (port((*a).max(base)), port((*b).min(end)))
            })
            .collect();
        if !ports.is_empty() {
            let ports = if own.has_ports() {
                Ranges::of(ports)
            } else {
                PortSet::all()
            };
            found.push((own, ports));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "255.255.255.255",
            "::",
            "fd00::1",
            "2001:db8::",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(address_at(of_address(address)), address);
        }
        let all = [(0, u128::MAX)];
        assert_eq!(address_set(&all).v4(), &Ranges::all());
    }

    #[test]
    fn services_come_back() {
        let mut found = Vec::new();
        let ports: PortSet = Ranges::one(80, 90);
        services_within(
            ProtocolMatch::Any,
            Some(&ports),
            0,
            last(SERVICE),
            |a, b| found.push((a, b)),
        );
        let back = services(&found);
        assert_eq!(back.len(), 5);
        assert_eq!(back[1], (Protocol::Udp, ports));
        assert_eq!(service_at(last(SERVICE)), (Protocol::Ah, 0));
        assert_eq!(service_at(PORTS + 53), (Protocol::Udp, 53));
    }
}
