//! What gets through between sets, as text and as JSON.

mod json;
mod text;

pub use json::{Document, Noted, Service, document};
pub(super) use json::{port_ranges, service};
pub(super) use text::few;
pub use text::text;

use crate::net::{AddressSet, PortSet, Protocol, Ranges};

/// `tcp/443`, `tcp/*`, `icmp`: a protocol with each range of its ports.
pub(super) fn services(services: &[(Protocol, PortSet)]) -> Vec<String> {
    let mut texts = Vec::new();
    for (protocol, ports) in services {
        if protocol.has_ports() {
            texts.push(format!("{}/{}", protocol.lower(), port_text(ports)));
        } else {
            texts.push(protocol.lower().to_owned());
        }
    }
    texts
}

/// `443`, `80,443`, `8000-8100`, `*`.
pub(super) fn port_text(ports: &PortSet) -> String {
    if every_port(ports) {
        return "*".to_owned();
    }
    let ranges = ports
        .ranges()
        .iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        });
    ranges.collect::<Vec<_>>().join(",")
}

/// Whether these are all ports that there are.
pub(super) fn every_port(ports: &PortSet) -> bool {
    let first = crate::engine::reach::PORTS.first;
    ports.covers(&Ranges::one(first, u16::MAX))
}

/// The ranges of a set: an address, a prefix, or the first and the last address.
pub(super) fn ranges(addresses: &AddressSet) -> Vec<String> {
    let text = |whole: AddressSet, first: std::net::IpAddr, last: std::net::IpAddr| match whole
        .prefixes()
        .as_slice()
    {
        [_] if first == last => first.to_string(),
        [prefix] => prefix.to_string(),
        _ => format!("{first}-{last}"),
    };
    let v4 = addresses.v4().ranges().iter().map(|(a, b)| {
        let (first, last) = ((*a).to_be_bytes().into(), (*b).to_be_bytes().into());
        text(AddressSet::between(first, last), first, last)
    });
    let v6 = addresses.v6().ranges().iter().map(|(a, b)| {
        let (first, last) = ((*a).to_be_bytes().into(), (*b).to_be_bytes().into());
        text(AddressSet::between(first, last), first, last)
    });
    v4.chain(v6).collect()
}
