//! `dryhop reach`: every flow that gets through to a set, or from one.

use dryhop::engine::reach::{Asked, Goal, Sets, Start, services};
use dryhop::engine::{Engine, Space};
use dryhop::report::reach as report;

use super::arguments::{ReachArguments, ReachFormat};
use super::ask::Ask;
use super::exit::{Exit, Failure};
use super::{output, sets};

/// Answers; that nothing gets through is a no.
pub fn run(arguments: ReachArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let engine = Engine::new(&ask.network);
    let mut faults = Vec::new();
    let mut members = |text: &Option<String>, from| {
        let found = text
            .as_deref()
            .map(|text| sets::set(&ask.network, text, from));
        found.transpose().unwrap_or_else(|mut found| {
            faults.append(&mut found);
            None
        })
    };
    let (from, to) = (
        members(&arguments.from, true),
        members(&arguments.to, false),
    );
    if !faults.is_empty() {
        return Err(ask.failure(faults));
    }
    let starts = match &from {
        Some(from) => from
            .iter()
            .flat_map(|member| Start::of(&engine, member))
            .collect(),
        None => Start::everywhere(&engine),
    };
    let goal = match &to {
        Some(to) => Goal::of(&engine, None, to),
        None => Goal::anything(),
    };
    let asked = if arguments.ports.is_empty() {
        services(None, &[])
    } else {
        arguments.ports.clone()
    };
    let space = Space::new();
    let sets = Sets {
        engine: &engine,
        space: &space,
    };
    let reach = sets.reach(&starts, &goal, &Asked::every(asked));
    let text = match arguments.format {
        ReachFormat::Text => {
            let question = match (&arguments.from, &arguments.to) {
                (Some(from), Some(to)) => format!("from {from} to {to}"),
                (Some(from), None) => format!("through from {from}"),
                (None, to) => format!("to {}", to.as_deref().unwrap_or("anything")),
            };
            report::text(&question, &reach, ask.style)
        }
        ReachFormat::Json => ask.json(&report::document(&reach))?,
    };
    output::write(&arguments.common, &text)?;
    let assumed = arguments.common.strict && !reach.assumptions.is_empty();
    Ok(Exit::of(!reach.rows.is_empty(), assumed))
}
