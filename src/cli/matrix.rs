//! `dryhop matrix`: who reaches whom, all pairs.

use std::io::Write;
use std::time::Duration;

use dryhop::engine::Engine;
use dryhop::engine::matrix::{Cell, Matrix, everyone, matrix};
use dryhop::net::{PortSet, Protocol};
use dryhop::network::Endpoint;
use dryhop::report::matrix as report;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{MatrixArguments, MatrixFormat};
use super::ask::Ask;
use super::exit::{Exit, Failure, Fault};
use super::{output, sets};

/// What is asked where no services are named.
const USUAL: &[&str] = &["22", "80", "443", "3389", "icmp"];

/// Answers.
pub fn run(arguments: MatrixArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let engine = Engine::new(&ask.network);
    let mut faults = Vec::new();
    let mut endpoints = |text: &Option<String>, from| -> Vec<Endpoint> {
        match text
            .as_deref()
            .map(|text| sets::set(&ask.network, text, from))
        {
            None => everyone(&engine),
            Some(Ok(members)) => members.into_iter().map(|member| member.endpoint).collect(),
            Some(Err(mut found)) => {
                faults.append(&mut found);
                Vec::new()
            }
        }
    };
    let (from, to) = (
        endpoints(&arguments.from, true),
        endpoints(&arguments.to, false),
    );
    if !faults.is_empty() {
        return Err(ask.failure(faults));
    }
    let services: Vec<(Protocol, PortSet)> = if arguments.ports.is_empty() {
        USUAL
            .iter()
            .filter_map(|text| sets::service(text).ok())
            .collect()
    } else {
        arguments.ports.clone()
    };
    let progress = progress(from.len(), arguments.common.quiet);
    let found = matrix(&engine, &from, &to, services, &|| progress.inc(1));
    progress.finish_and_clear();
    let folded = report::Folded::of(&found);
    let folded = if arguments.latency {
        folded.with_latency(&engine)
    } else {
        folded
    };
    let text = match arguments.format {
        MatrixFormat::Text => report::text(&folded, ask.style),
        MatrixFormat::Csv => report::csv(&folded),
        MatrixFormat::Jsonl => report::lines(&folded)
            .map_err(|fault| ask.fault(Fault::new(fault.to_string(), None)))?,
        MatrixFormat::Html => report::html(&folded),
    };
    output::write(&arguments.common, &text)?;
    if !arguments.common.quiet {
        notes(&found);
    }
    let assumed = !found.assumptions.is_empty() || unknown(&found);
    Ok(Exit::of(true, arguments.common.strict && assumed))
}

/// Says on standard error what the cells rest on, whatever they are written as; where nobody reads that, nothing
/// is lost.
fn notes(matrix: &Matrix) {
    let mut out = std::io::stderr().lock();
    for own in &matrix.assumptions {
        let _ = writeln!(out, "{}: {}", own.code.name(), own.text);
    }
}

/// Whether something is not modelled.
fn unknown(matrix: &Matrix) -> bool {
    let count = matrix.parties.len();
    (0..count).any(|from| (0..count).any(|to| matrix.pair(from, to).contains(&Cell::Unknown)))
}

/// A bar on standard error, where people read that and it takes over a second.
fn progress(count: usize, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::hidden());
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} sources, {eta} left");
    let bar = match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    };
    let shown = bar.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        if !shown.is_finished() {
            shown.set_draw_target(ProgressDrawTarget::stderr());
        }
    });
    bar
}
