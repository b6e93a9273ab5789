//! `dryhop graph`: the picture of a topology, with the ways of one connection on it.

use dryhop::engine::Engine;
use dryhop::report::graph::{Scene, layout, svg};

use super::arguments::{GraphArguments, GraphFormat};
use super::ask::Ask;
use super::exit::{Exit, Failure};
use super::{check, output};

/// Draws.
pub fn run(arguments: GraphArguments) -> Result<Exit, Failure> {
    let ask = Ask::new(&arguments.files.topology, &arguments.common)?;
    let engine = Engine::new(&ask.network);
    let answers = match (&arguments.source, &arguments.destination) {
        (Some(source), Some(destination)) => {
            let ends = (source.as_str(), destination.as_str());
            let question = check::question(&ask, ends, arguments.protocol, arguments.port)?;
            check::answers(&ask, &engine, &question)?
        }
        _ => Vec::new(),
    };
    let scene = Scene::new(&ask.network, &answers, &[]).focused();
    output::write(&arguments.common, &picture(&scene, arguments.format))?;
    let assumed = answers.iter().any(|answer| !answer.assumptions.is_empty());
    Ok(Exit::of(true, arguments.common.strict && assumed))
}

/// A scene in a format.
pub fn picture(scene: &Scene, format: GraphFormat) -> String {
    match format {
        GraphFormat::Svg => svg(scene, &layout(scene)),
    }
}
