//! What is run beside each other by the scripts of the folder above: `rivals work …` writes what is to be done,
//! and every other command does it once unmeasured and once measured. Printed are the answer and the seconds,
//! a tab between them: two that do the same must give the same answer.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use rustix::time::{ClockId, clock_gettime};

mod check;
mod classify;
mod equal;
mod files;
mod lookup;
mod paths;
mod read;
#[path = "../../../work/mod.rs"]
mod work;

/// What a command ends with where it cannot be done.
type Fault = Box<dyn std::error::Error>;

/// The processor's seconds of this process: what else runs on a machine is not to count.
fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Does it once so that everything is warm, and once by the clock.
fn measured<A: Display>(mut job: impl FnMut() -> A) {
    job();
    let start = seconds();
    let answer = job();
    println!("{answer}\t{}", seconds() - start);
}

fn run(arguments: &[&str]) -> Result<(), Fault> {
    match arguments {
        ["work", "load", megabytes, yaml, json] => read::work(megabytes.parse()?, yaml, json),
        ["work", "classify", flows, folder] => classify::work(flows.parse()?, Path::new(folder)),
        ["work", "paths", folder] => paths::work(Path::new(folder)),
        ["work", "check", count, folder] => check::work(count.parse()?, Path::new(folder)),
        ["read", how, file] => read::read(how, file),
        ["classify", flows, folder] => classify::dryhop(flows.parse()?, Path::new(folder)),
        ["check", count, folder] => check::dryhop(count.parse()?, Path::new(folder)),
        ["equal", "dryhop", other, folder] => equal::dryhop(other, Path::new(folder)),
        ["equal", "oxidd", other, folder] => equal::oxidd(other, Path::new(folder)),
        ["paths", "dryhop", folder] => paths::dryhop(Path::new(folder)),
        ["paths", "petgraph"] => paths::petgraph(),
        ["lookup", how, routes] => lookup::look_up(how, routes.parse()?),
        _ => Err("what to run is said in benches/rivals/README.md".into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}
