//! The command line: arguments, one file a command, exit status.

mod arguments;
mod ask;
mod check;
mod diagnose;
mod diff;
mod exit;
mod failures;
mod fix;
mod formats;
mod git;
mod graph;
mod import;
mod ip_flow;
mod lint;
mod matrix;
mod next_hop;
mod output;
mod pages;
mod progress;
mod reach;
mod routes;
mod rules;
mod schema;
mod sets;
mod test;

use clap::Parser;
use clap::error::ErrorKind;

use arguments::{Cli, Command};
pub use exit::Exit;

/// Runs the command that the arguments name.
pub fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(fault) => {
            // Help and version go to standard output; where nobody reads it, nothing is lost.
            let _ = fault.print();
            return match fault.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Yes,
                _ => Exit::Unanswered,
            };
        }
    };
    let done = match cli.command {
        Command::Check(arguments) => check::run(arguments),
        Command::Test(arguments) => test::run(arguments),
        Command::Routes(arguments) => routes::run(arguments),
        Command::Rules(arguments) => rules::run(arguments),
        Command::NextHop(arguments) => next_hop::run(arguments),
        Command::IpFlow(arguments) => ip_flow::run(arguments),
        Command::Diagnose(arguments) => diagnose::run(arguments),
        Command::Matrix(arguments) => matrix::run(arguments),
        Command::Reach(arguments) => reach::run(arguments),
        Command::Failures(arguments) => failures::run(arguments),
        Command::Fix(arguments) => fix::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Lint(arguments) => lint::run(arguments),
        Command::Graph(arguments) => graph::run(arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Completions(arguments) => pages::completions(&arguments),
        Command::Man(arguments) => pages::man(&arguments),
    };
    done.unwrap_or_else(|failure| {
        failure.show();
        Exit::Unanswered
    })
}
