//! `dryhop graph`: the picture of a topology, with the ways of one connection on it.

use std::io::Write;

use dryhop::engine::Engine;
use dryhop::report::graph::{Scene, dot, layout, mermaid, svg};
use dryhop::report::page;

use super::arguments::{Common, GraphArguments, GraphFormat};
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
    let text = match arguments.format {
        GraphFormat::Html if answers.is_empty() => ask.page(&page::topology(&ask.network))?,
        GraphFormat::Html => {
            let sources = &ask.loaded.sources;
            ask.page(&page::answers(&engine, sources, &answers, &[]))?
        }
        format => {
            let scene = Scene::new(&ask.network, &answers, &[]).focused();
            picture(&scene, format, &arguments.common)
        }
    };
    output::write(&arguments.common, &text)?;
    let assumed = answers.iter().any(|answer| !answer.assumptions.is_empty());
    Ok(Exit::of(
        true,
        arguments.common.strict && (assumed || ask.loaded.left > 0),
    ))
}

/// A scene in a format; of a page the drawing in it. What a renderer would not take is said on standard error.
pub fn picture(scene: &Scene, format: GraphFormat, common: &Common) -> String {
    let outline = match format {
        GraphFormat::Svg | GraphFormat::Html => return svg(scene, &layout(scene)),
        GraphFormat::Mermaid => mermaid(scene),
        GraphFormat::Dot => dot(scene),
    };
    if let Some(folded) = outline.folded.filter(|_| !common.quiet) {
        // Where nobody reads it, nothing is lost.
        let _ = writeln!(std::io::stderr(), "note: {folded}");
    }
    outline.text
}
