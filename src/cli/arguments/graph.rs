//! The arguments of `dryhop graph`.

use clap::{Args, ValueEnum};

use super::{Asked, Common, Topology};

/// The formats of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture that stands for itself, light and dark
    Svg,
    /// A Mermaid flowchart, for Markdown
    Mermaid,
    /// Graphviz
    Dot,
    /// A page to look around in, that works without network
    Html,
}

/// `dryhop graph`
#[derive(Debug, Args)]
pub struct GraphArguments {
    #[command(flatten)]
    pub files: Topology,
    /// Draw the ways of a connection: where it starts
    #[arg(short, long, value_name = "S", requires = "destination")]
    pub source: Option<String>,
    /// Where it goes to
    #[arg(short, long, value_name = "D", requires = "source")]
    pub destination: Option<String>,
    /// The destination's port; not for Icmp, and not needed where a URI or Http(s) gives it
    #[arg(short, long, value_name = "N", requires = "source",
          value_parser = clap::value_parser!(u16).range(1..))]
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
    /// How to draw
    #[arg(long, value_enum, default_value_t = GraphFormat::Svg, help_heading = "Output")]
    pub format: GraphFormat,
    #[command(flatten)]
    pub common: Common,
}
