//! `dryhop fix`

use clap::{Args, ValueEnum};

use super::{Asked, Common, Topology};

/// The formats of fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FixFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// A page, as for the description of a change
    Markdown,
    /// One fix as a partial topology, for `--overlay`
    Overlay,
}

/// `dryhop fix`
#[derive(Debug, Args)]
pub struct FixArguments {
    #[command(flatten)]
    pub files: Topology,
    /// Where the connection starts: a machine, `machine/nic`, an on-premises or internet host
    #[arg(
        short,
        long,
        value_name = "S",
        required_unless_present = "check",
        requires = "destination"
    )]
    pub source: Option<String>,
    /// Where it goes to: any of these, an address, a URI
    #[arg(short, long, value_name = "D", requires = "source")]
    pub destination: Option<String>,
    /// The destination's port; not for Icmp, and not needed where a URI or Http(s) gives it
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// The protocol
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        default_value = "Tcp",
        value_name = "P"
    )]
    pub protocol: Asked,
    /// The connection that a check of the topology asks about, with what it says is out of order
    #[arg(long, value_name = "NAME", conflicts_with_all = ["source", "destination", "port", "protocol"])]
    pub check: Option<String>,
    /// Which fix to write as an overlay, from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..),
          help_heading = "Output")]
    pub choose: u8,
    /// Name every flow that a fix would open, close or reroute; else the first eight
    #[arg(long, help_heading = "Output")]
    pub all: bool,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = FixFormat::Text, help_heading = "Output")]
    pub format: FixFormat,
    #[command(flatten)]
    pub common: Common,
}
