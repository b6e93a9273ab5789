//! The protocols that rules tell apart.

use std::fmt;

/// A protocol of a packet, as security rules name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, of either family.
    Icmp,
    /// IPsec's encapsulating security payload.
    Esp,
    /// IPsec's authentication header.
    Ah,
}

impl Protocol {
    /// Whether packets carry ports; rules for other protocols ignore theirs (decisions: ports of an
    /// Icmp, Esp or Ah rule).
    #[must_use]
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }

    /// The word in lower case, as in `tcp/443`.
    #[must_use]
    pub const fn lower(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Esp => "esp",
            Self::Ah => "ah",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "Tcp",
            Self::Udp => "Udp",
            Self::Icmp => "Icmp",
            Self::Esp => "Esp",
            Self::Ah => "Ah",
        })
    }
}

/// What a rule says of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProtocolMatch {
    /// `*`: every protocol, ESP and AH too (decisions).
    #[default]
    Any,
    /// One protocol.
    Only(Protocol),
}

impl ProtocolMatch {
    /// Whether a packet of `protocol` matches.
    #[must_use]
    pub fn matches(self, protocol: Protocol) -> bool {
        match self {
            Self::Any => true,
            Self::Only(own) => own == protocol,
        }
    }
}

impl fmt::Display for ProtocolMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Only(protocol) => protocol.fmt(f),
        }
    }
}
