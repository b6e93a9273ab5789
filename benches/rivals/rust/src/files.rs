//! The files that the tools beside dryhop read: rules and flows as numbers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dryhop::load::load;
use dryhop::net::{Flow, Protocol, ProtocolMatch, RuleList};
use dryhop::network::Network;
use dryhop::spec::read::Input;

use crate::Fault;
use crate::work::PlainFlow;

/// The network of `topology.yaml`.
pub fn network(folder: &Path) -> Result<Network, Fault> {
    let loaded = load(&[Input::Path(folder.join("topology.yaml"))], &[]);
    match loaded.diagnostics.first().filter(|_| !loaded.is_sound()) {
        Some(fault) => Err(format!("{fault:?}").into()),
        None => Ok(loaded.network),
    }
}

/// A list as text, for IPv4: a line for each prefix of a rule's source with each of its destination, `NUMBER
/// ALLOW PROTOCOL SOURCE DESTINATION FIRST-PORT LAST-PORT`; protocol 0 is every one. Source ports are all.
pub fn rules(list: &RuleList) -> String {
    let mut text = String::new();
    for (at, rule) in list.rules().iter().enumerate() {
        let protocol = match rule.protocol {
            ProtocolMatch::Any => 0,
            ProtocolMatch::Only(own) => number(own),
        };
        let v4 = |set: &dryhop::net::AddressSet| {
            let prefixes = set.prefixes().into_iter();
            prefixes
                .filter(|prefix| dryhop::net::is_v4(prefix))
                .collect::<Vec<_>>()
        };
        for source in v4(&rule.source) {
            for destination in v4(&rule.destination) {
                for (first, last) in rule.destination_ports.ranges() {
                    let allow = u8::from(rule.allow);
                    writeln!(
                        text,
                        "{at} {allow} {protocol} {source} {destination} {first} {last}"
                    )
                    .ok();
                }
            }
        }
    }
    text
}

fn number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Icmp => 1,
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Esp => 50,
        Protocol::Ah => 51,
    }
}

/// Sixteen bytes a flow, the least first: source, destination, their ports, the protocol.
pub fn write_flows(file: &Path, flows: &[PlainFlow]) -> Result<(), Fault> {
    let bytes = flows.iter().flat_map(|(source, to, from, port, protocol)| {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&source.to_le_bytes());
        bytes[4..8].copy_from_slice(&to.to_le_bytes());
        bytes[8..10].copy_from_slice(&from.to_le_bytes());
        bytes[10..12].copy_from_slice(&port.to_le_bytes());
        bytes[12] = *protocol;
        bytes
    });
    Ok(fs::write(file, bytes.collect::<Vec<u8>>())?)
}

/// The first `count` flows of a file.
pub fn flows(file: &Path, count: usize) -> Result<Vec<Flow>, Fault> {
    let bytes = fs::read(file)?;
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |all, b| all << 8 | u32::from(*b))
    };
    let flows = bytes.chunks_exact(16).take(count).map(|bytes| Flow {
        source: std::net::Ipv4Addr::from(number(&bytes[..4])).into(),
        destination: std::net::Ipv4Addr::from(number(&bytes[4..8])).into(),
        source_port: number(&bytes[8..10]) as u16,
        destination_port: number(&bytes[10..12]) as u16,
        protocol: if bytes[12] == 6 {
            Protocol::Tcp
        } else {
            Protocol::Udp
        },
    });
    Ok(flows.collect())
}
