//! `dryhop diff` as it is typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Common;

/// The formats of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Text,
    /// For programs, with every address
    Json,
    /// For a comment on a pull request
    Markdown,
    /// The picture, with what opened and closed marked on it
    Svg,
    /// The same for Mermaid
    Mermaid,
    /// The same for Graphviz
    Dot,
    /// A page with the picture and every set of flows beside it
    Html,
}

/// `dryhop diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// What was: a file, a folder, `git:REV` (the files of AFTER as they were then), `git:REV:PATH`
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// What is: a file or a folder [default: BEFORE, with what `--overlay` and `--down` make of it]
    #[arg(value_name = "AFTER")]
    pub after: Option<PathBuf>,
    /// A file that declares which differences are intended; any other exits with 1
    #[arg(long, value_name = "FILE")]
    pub allow: Option<PathBuf>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = DiffFormat::Text, help_heading = "Output")]
    pub format: DiffFormat,
    #[command(flatten)]
    pub common: Common,
}
