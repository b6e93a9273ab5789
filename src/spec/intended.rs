//! The differences that are intended, as `dryhop diff --allow` reads them.

use super::checks::{CheckProtocol, EndpointSet};
use super::decode::{Context, Decode, Names, record, scalar};
use super::describe::{Definitions, Describe, scalar as shape};
use super::node::Node;
use crate::diagnostic::Code;
use crate::net::{PortRange, PortSet, Protocol};
use serde_json::Value;

record! {
    /// What may differ.
    IntendedDifferences {
        opened: def Names<IntendedFlows>, "opened";
        closed: def Names<IntendedFlows>, "closed";
        rerouted: def Names<IntendedFlows>, "rerouted";
        slowed: def Names<IntendedFlows>, "slowed";
    }
}

record! {
    /// Flows that may fare otherwise.
    IntendedFlows {
        /// From where; absent: from anywhere.
        source: opt EndpointSet, "source";
        /// To where; absent: to anything.
        destination: opt EndpointSet, "destination";
        /// By which protocol; absent: by any, and of plain ports by TCP.
        protocol: opt CheckProtocol, "protocol";
        /// By which services; absent: by all.
        ports: def Vec<ServiceWord>, "ports";
        /// Why.
        reason: opt String, "reason";
    }
}

/// Services as they are written: `443`, `8000-8100`, `udp/53`, `icmp`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceWord {
    /// The protocol, where it is written.
    pub protocol: Option<Protocol>,
    /// Its ports.
    pub ports: PortSet,
}

impl ServiceWord {
    /// Reads one; none where the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let named = |word: &str| {
            let mut all = [
                Protocol::Tcp,
                Protocol::Udp,
                Protocol::Icmp,
                Protocol::Esp,
                Protocol::Ah,
            ]
            .into_iter();
            all.find(|own| own.lower().eq_ignore_ascii_case(word))
        };
        if let Some(own) = named(text).filter(|own| !own.has_ports()) {
            return Some(Self {
                protocol: Some(own),
                ports: PortSet::all(),
            });
        }
        let (protocol, ports) = match text.split_once('/') {
            Some((protocol, ports)) => {
                let own = named(protocol).filter(|own| own.has_ports())?;
                (Some(own), ports)
            }
            None => (None, text),
        };
        let range = PortRange::parse(ports).filter(|own| own.last > 0)?;
        let range = PortRange {
            first: range.first.max(1),
            ..range
        };
        Some(Self {
            protocol,
            ports: [range].into_iter().collect(),
        })
    }
}

impl Decode for ServiceWord {
    fn decode(node: &Node, cx: &mut Context) -> Option<Self> {
        let text = &scalar(node, cx, "a service")?.text;
        let found = Self::parse(text);
        if found.is_none() {
            let help = "a port, a range of ports, `udp/53`, `icmp`";
            cx.fault(Code::BadPort, format!("`{text}` is no service"), help);
        }
        found
    }
}

impl Describe for ServiceWord {
    fn describe(_: &mut Definitions) -> Value {
        shape(
            "A port, a range of ports, `udp/53`, `icmp`.",
            "^[A-Za-z0-9/*-]+$",
        )
    }
}
