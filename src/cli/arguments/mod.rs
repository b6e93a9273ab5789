//! The arguments as they are typed.

mod graph;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use dryhop::diagnostic::{Code, suggest};
use dryhop::net::{PortSet, Protocol};
use dryhop::spec::Direction;

use super::sets::service;
pub use graph::{GraphArguments, GraphFormat};

/// Connection troubleshoot for an Azure network that exists only as a file
#[derive(Debug, Parser)]
#[command(
    name = "dryhop",
    version,
    disable_help_subcommand = true,
    after_help = "Exit status: 0 yes (reachable, allowed, everything holds), 1 no, 2 the question could not be \
                  answered (usage, faulty files, unknown names), 3 with --strict: answered, but resting on \
                  something assumed or not modelled."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What is asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Can this reach that, by which hops, and what stands in the way
    Check(CheckArguments),
    /// Judge the checks that stand in a topology
    Test(TestArguments),
    /// The effective routes of a NIC, the losing ones too
    #[command(override_usage = "dryhop routes [OPTIONS] <TOPOLOGY>... <NIC>")]
    Routes(NicArguments),
    /// The effective security rules of a NIC, with the content of service tags
    #[command(override_usage = "dryhop rules [OPTIONS] <TOPOLOGY>... <NIC>")]
    Rules(NicArguments),
    /// Which route wins for an address
    NextHop(NextHopArguments),
    /// Whether the security groups of a machine let a packet pass, and which rule decides
    IpFlow(IpFlowArguments),
    /// Every security group and rule for a flow, with what of it each rule matches
    Diagnose(DiagnoseArguments),
    /// Who reaches whom, all pairs
    Matrix(MatrixArguments),
    /// Every flow that gets through to a set, or from one
    Reach(ReachArguments),
    /// What is wrong or pointless, without asking about a flow
    Lint(LintArguments),
    /// The picture of a topology, with the ways of one connection on it
    Graph(GraphArguments),
    /// Make a topology of what there is: ARM templates, `az` exports, Terraform plans and states
    Import(ImportArguments),
    /// The JSON Schema of what dryhop reads and writes
    Schema(SchemaArguments),
    /// A script that completes dryhop's arguments in a shell
    Completions(CompletionsArguments),
    /// The manual's pages, for packages
    #[command(hide = true)]
    Man(ManArguments),
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// Lay a partial topology over it (repeatable)
    #[arg(long, value_name = "FILE", help_heading = "What if")]
    pub overlay: Vec<PathBuf>,
    /// Put a resource, `zone/1`, `region/NAME` or `VNET/PEERING` out of order (repeatable)
    #[arg(long, value_name = "RESOURCE", help_heading = "What if")]
    pub down: Vec<String>,
    /// Write the result to a file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// When to use colour; `auto` honours NO_COLOR
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = When::Auto, hide_possible_values = true,
          help = "When to use colour: auto (which honours NO_COLOR), always, never", help_heading = "Output")]
    pub color: When,
    /// Print no result; the exit status is the answer
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    /// Exit with 3 where the answer rests on something assumed
    #[arg(long, help_heading = "Output")]
    pub strict: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// The files of a topology.
#[derive(Debug, Args)]
pub struct Topology {
    /// Files and folders that make up the topology; `-` is standard input
    #[arg(required = true, value_name = "TOPOLOGY")]
    pub topology: Vec<PathBuf>,
}

/// The formats of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Text,
    /// Azure's ConnectivityInformation, and what only dryhop knows
    Json,
    /// The names of Microsoft's response table
    AzureTable,
    /// The picture of the network, with the ways on it
    Svg,
    /// The same as a Mermaid flowchart
    Mermaid,
    /// The same for Graphviz
    Dot,
    /// A page of its own: the drawing, and the paths hop by hop with every rule and route
    Html,
}

/// The formats of a single question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// As Azure's REST API answers
    Json,
}

/// What is asked of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Tcp,
    Udp,
    Icmp,
    Http,
    Https,
}

impl ValueEnum for Asked {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Tcp, Self::Udp, Self::Icmp, Self::Http, Self::Https]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Tcp => "Tcp",
            Self::Udp => "Udp",
            Self::Icmp => "Icmp",
            Self::Http => "Http",
            Self::Https => "Https",
        }))
    }
}

/// `dryhop check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    #[command(flatten)]
    pub files: Topology,
    /// Where the connection starts: a machine, `machine/nic`, an on-premises or internet host
    #[arg(short, long, value_name = "S")]
    pub source: String,
    /// Where it goes to: any of these, an address, a URI
    #[arg(short, long, value_name = "D")]
    pub destination: String,
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
    /// The source's port [default: some ephemeral one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub source_port: Option<u16>,
    /// How many probes to send [default: the topology's, else 66 to what is reachable and 30 to what is not]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub probes: Option<u16>,
    /// What the probes' latencies are drawn from [default: the topology's, else 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, help_heading = "Output")]
    pub format: CheckFormat,
    #[command(flatten)]
    pub common: Common,
}

/// `dryhop test`
#[derive(Debug, Args)]
pub struct TestArguments {
    #[command(flatten)]
    pub files: Topology,
    /// Judge only the checks whose name matches, `*` standing for anything
    #[arg(long, value_name = "GLOB")]
    pub filter: Option<String>,
    /// Say which rules, routes and peerings no check exercises
    #[arg(long, help_heading = "How good the checks are")]
    pub coverage: bool,
    /// Remove or turn round each rule, route and peering flag, and say which changes no check notices
    #[arg(long, help_heading = "How good the checks are")]
    pub mutate: bool,
    /// Exit with 1 where less is exercised, or noticed, in per cent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100),
          help_heading = "How good the checks are")]
    pub fail_under: Option<u8>,
    /// How to write the results: formats, each with `=FILE` or to standard output, with commas between
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    pub format: Vec<String>,
    #[command(flatten)]
    pub common: Common,
}

/// `dryhop routes`, `dryhop rules`
#[derive(Debug, Args)]
pub struct NicArguments {
    /// Files and folders that make up the topology, then the NIC: `machine`, `machine/nic`, its name or id
    #[arg(required = true, value_name = "TOPOLOGY... NIC")]
    pub words: Vec<String>,
    /// The NIC, where it is not the last word
    #[arg(long, value_name = "NIC")]
    pub nic: Option<String>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,
    #[command(flatten)]
    pub common: Common,
}

/// `dryhop next-hop`
#[derive(Debug, Args)]
pub struct NextHopArguments {
    #[command(flatten)]
    pub files: Topology,
    /// The machine or NIC that sends
    #[arg(short, long, value_name = "S")]
    pub source: String,
    /// The address that it sends to
    #[arg(short, long, value_name = "IP")]
    pub destination: IpAddr,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,
    #[command(flatten)]
    pub common: Common,
}

fn direction(text: &str) -> Result<Direction, String> {
    Direction::parse(text).ok_or_else(|| "Inbound or Outbound".to_owned())
}

/// `dryhop ip-flow`
#[derive(Debug, Args)]
pub struct IpFlowArguments {
    #[command(flatten)]
    pub files: Topology,
    /// The machine or NIC
    #[arg(short, long, value_name = "VM")]
    pub target: String,
    /// Inbound or Outbound, seen from it
    #[arg(long, value_name = "D", value_parser = direction)]
    pub direction: Direction,
    /// Tcp or Udp
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        default_value = "Tcp",
        value_name = "P"
    )]
    pub protocol: Asked,
    /// Its own address and port; `*` for any port of what is outbound
    #[arg(long, value_name = "IP:PORT")]
    pub local: String,
    /// The other side's address and port; `*` for any port of what is inbound
    #[arg(long, value_name = "IP:PORT")]
    pub remote: String,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,
    #[command(flatten)]
    pub common: Common,
}

/// `dryhop diagnose`
#[derive(Debug, Args)]
pub struct DiagnoseArguments {
    #[command(flatten)]
    pub files: Topology,
    /// The machine or NIC
    #[arg(short, long, value_name = "R")]
    pub target: String,
    /// Inbound or Outbound, seen from it
    #[arg(long, value_name = "D", value_parser = direction)]
    pub direction: Direction,
    /// Tcp, Udp, or `*`
    #[arg(long, value_name = "P", default_value = "*")]
    pub protocol: String,
    /// From where: an address, a prefix, a service tag, or `*`
    #[arg(long, value_name = "X")]
    pub from: String,
    /// To where: an address, a prefix, a service tag, or `*`
    #[arg(long, value_name = "Y")]
    pub to: String,
    /// To which port: a number, a range, or `*`
    #[arg(short, long, value_name = "N", default_value = "*")]
    pub port: String,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,
    #[command(flatten)]
    pub common: Common,
}

/// The formats of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MatrixFormat {
    /// For people, by groups of endpoints
    Text,
    /// A line for each pair
    Csv,
    /// JSON lines, one for each pair of groups
    Jsonl,
    /// A page of its own
    Html,
}

/// `dryhop matrix`
#[derive(Debug, Args)]
pub struct MatrixArguments {
    #[command(flatten)]
    pub files: Topology,
    /// From where: endpoints with commas between, or a selector as in `subnet=hub/web,tags.tier=d*` [default: everyone]
    #[arg(long, value_name = "SET")]
    pub from: Option<String>,
    /// To where
    #[arg(long, value_name = "SET")]
    pub to: Option<String>,
    /// By which services [default: 22,80,443,3389,icmp]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = service)]
    pub ports: Vec<(Protocol, PortSet)>,
    /// With the latency of each pair of groups
    #[arg(long)]
    pub latency: bool,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = MatrixFormat::Text, help_heading = "Output")]
    pub format: MatrixFormat,
    #[command(flatten)]
    pub common: Common,
}

/// The formats of what gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReachFormat {
    /// For people
    Text,
    /// For programs, with every address
    Json,
}

/// `dryhop reach`
#[derive(Debug, Args)]
pub struct ReachArguments {
    #[command(flatten)]
    pub files: Topology,
    /// To where: endpoints with commas between, or a selector as in `subnet=hub/web,tags.tier=d*`
    #[arg(long, value_name = "SET", required_unless_present = "from")]
    pub to: Option<String>,
    /// From where
    #[arg(long, value_name = "SET")]
    pub from: Option<String>,
    /// Only these services, as in `443,8000-8100,udp/53,icmp` [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = service)]
    pub ports: Vec<(Protocol, PortSet)>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = ReachFormat::Text, help_heading = "Output")]
    pub format: ReachFormat,
    #[command(flatten)]
    pub common: Common,
}

/// The formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For people
    Text,
    /// Every finding, for programs
    Json,
}

/// Which findings are denied or allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    Code(Code),
    Warnings,
    Notes,
}

fn chosen(text: &str) -> Result<Chosen, String> {
    match text {
        "warnings" => return Ok(Chosen::Warnings),
        "notes" => return Ok(Chosen::Notes),
        _ => {}
    }
    let findings = || Code::ALL.iter().filter(|code| code.is_finding());
    let found = findings().find(|code| code.name() == text);
    found.map(|code| Chosen::Code(*code)).ok_or_else(|| {
        match suggest(text, findings().map(|code| code.name())) {
            Some(close) => format!("no finding has this code; did you mean `{close}`?"),
            None => "neither the code of a finding nor `warnings` or `notes`".to_owned(),
        }
    })
}

/// `dryhop lint`
#[derive(Debug, Args)]
pub struct LintArguments {
    #[command(flatten)]
    pub files: Topology,
    /// Exit with 1 for this finding, too: a code, `warnings` (they count anyway), `notes` (repeatable)
    #[arg(long, value_name = "CODE", value_parser = chosen, help_heading = "Findings")]
    pub deny: Vec<Chosen>,
    /// Leave this finding out: a code, `warnings`, `notes` (repeatable); a denied code stays
    #[arg(long, value_name = "CODE", value_parser = chosen, help_heading = "Findings")]
    pub allow: Vec<Chosen>,
    /// Show all of them; else of each code the first three
    #[arg(long, help_heading = "Findings")]
    pub all: bool,
    /// How to write them
    #[arg(long, value_enum, default_value_t = LintFormat::Text, help_heading = "Output")]
    pub format: LintFormat,
    #[command(flatten)]
    pub common: Common,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Described {
    /// What topologies and checks are written in
    Topology,
    /// What `check --format json` writes
    Answer,
}

/// `dryhop schema`
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Of what
    #[arg(value_enum, default_value_t = Described::Topology, value_name = "WHAT")]
    pub what: Described,
    /// Write the result to a file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
}

/// The formats that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum From {
    /// ARM templates, compiled Bicep
    Arm,
    /// Plans and states by `terraform show -json`, and state files
    Terraform,
    /// Resources as az, Resource Graph, the REST API, the portal and `bicep snapshot` give them
    Az,
}

/// `dryhop import`
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What they are [default: told by their content]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub from: Option<From>,
    /// Write the topology to a file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// When to use colour: auto (which honours NO_COLOR), always, never
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = When::Auto, hide_possible_values = true,
          help = "When to use colour: auto (which honours NO_COLOR), always, never", help_heading = "Output")]
    pub color: When,
    /// Do not list what was left out
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    /// Exit with 3 where something could not be carried over
    #[arg(long, help_heading = "Output")]
    pub strict: bool,
}

/// `dryhop completions`
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// For which shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `dryhop man`
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write all pages into a folder, instead of the first to standard output
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
}
