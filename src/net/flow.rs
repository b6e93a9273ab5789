//! One flow: the five values that rules and routes look at.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::protocol::Protocol;

/// A flow's five-tuple, in the direction in which its packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// The protocol.
    pub protocol: Protocol,
    /// Where it comes from.
    pub source: IpAddr,
    /// The port it comes from; 0 for protocols without ports.
    pub source_port: u16,
    /// Where it goes to.
    pub destination: IpAddr,
    /// The port it goes to; 0 for protocols without ports.
    pub destination_port: u16,
}

impl Flow {
    /// The flow of the replies.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            protocol: self.protocol,
            source: self.destination,
            source_port: self.destination_port,
            destination: self.source,
            destination_port: self.source_port,
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.protocol.has_ports() {
            write!(
                f,
                "{} {} → {}",
                self.protocol.lower(),
                SocketAddr::new(self.source, self.source_port),
                SocketAddr::new(self.destination, self.destination_port)
            )
        } else {
            write!(
                f,
                "{} {} → {}",
                self.protocol.lower(),
                self.source,
                self.destination
            )
        }
    }
}
