//! `dryhop failures`

use clap::{Args, ValueEnum};

use super::{Common, Topology};

/// The formats of what losses break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailuresFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// A page, as for the summary of a build
    Markdown,
    /// The picture, with what breaks something marked on it
    Svg,
    /// The same for Mermaid
    Mermaid,
    /// The same for Graphviz
    Dot,
    /// A page with the picture and every loss beside it
    Html,
}

/// `dryhop failures`
#[derive(Debug, Args)]
pub struct FailuresArguments {
    #[command(flatten)]
    pub files: Topology,
    /// Put so many out of order at once, and tell what no fewer of them break
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub order: u8,
    /// Judge only the checks whose name matches, `*` standing for anything
    #[arg(long, value_name = "GLOB")]
    pub filter: Option<String>,
    /// Lose only what matches, as in `region/*`
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// Accept that the loss of what matches breaks something: it is told, but is no reason to exit with 1
    /// (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub accept: Vec<String>,
    /// Name every check that a loss breaks; else the first four
    #[arg(long, help_heading = "Output")]
    pub all: bool,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = FailuresFormat::Text, help_heading = "Output")]
    pub format: FailuresFormat,
    #[command(flatten)]
    pub common: Common,
}
