//! `dryhop failures`: what each loss breaks.

use dryhop::check::Glob;
use dryhop::check::failures::{Asked, failures};
use dryhop::report::graph::Scene;
use dryhop::report::{Style, failures as report};

use super::arguments::{FailuresArguments, FailuresFormat, GraphFormat};
use super::ask;
use super::exit::{Exit, Failure, Fault};
use super::progress::Progress;
use super::{graph, output};

/// Answers; that a loss breaks something is a no.
pub fn run(arguments: FailuresArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let error_style = output::error_style(common.color);
    let mut loaded = ask::sound(ask::read(&arguments.files.topology, common)?, common)?;
    loaded.network = ask::down(std::mem::take(&mut loaded.network), common)?;
    let asked = Asked {
        filter: arguments.filter.as_deref().map(Glob::new),
        losses: arguments.only.as_deref().map(Glob::new),
        accepted: arguments
            .accept
            .iter()
            .map(|text| Glob::new(text))
            .collect(),
        order: usize::from(arguments.order),
    };
    let progress = Progress::new(common.quiet);
    let found = failures(&loaded, &asked, &|part, whole| progress.done(part, whole));
    progress.end();
    let found = match found {
        Ok(found) => found,
        Err(faults) => {
            let sources = Box::new(loaded.sources);
            return Err(Failure::Files(faults, sources, error_style));
        }
    };
    if found.subjects.is_empty() && found.left_out.is_empty() {
        let help = match &arguments.filter {
            Some(_) => "none has a name that `--filter` matches",
            None => {
                "say in `checks` and `intents` what the design must hold; `dryhop matrix --down NAME` shows who \
                 reaches whom without something"
            }
        };
        let fault = Fault::new(
            "there are no checks or intents that a loss could break",
            Some(help.to_owned()),
        );
        return Err(Failure::Question(vec![fault], error_style));
    }
    if found.outages.is_empty() && arguments.only.is_some() {
        let fault = Fault::new("nothing that can be out of order matches `--only`", None);
        return Err(Failure::Question(vec![fault], error_style));
    }
    let text = match arguments.format {
        FailuresFormat::Text => report::text(&found, arguments.all, output::style(common)),
        FailuresFormat::Json => {
            dryhop::report::json(&report::document(&found)).map_err(|fault| {
                Failure::Question(vec![Fault::new(fault.to_string(), None)], error_style)
            })?
        }
        FailuresFormat::Markdown => report::markdown(&found),
        FailuresFormat::Svg | FailuresFormat::Mermaid | FailuresFormat::Dot => {
            let marks = report::marks(&loaded.network, &found);
            let scene = Scene::new(&loaded.network, &[], &marks).focused();
            let format = match arguments.format {
                FailuresFormat::Mermaid => GraphFormat::Mermaid,
                FailuresFormat::Dot => GraphFormat::Dot,
                _ => GraphFormat::Svg,
            };
            graph::picture(&scene, format, common)
        }
        FailuresFormat::Html => {
            let text = report::text(&found, true, Style::default());
            let page = report::page(&loaded.network, &found, text);
            page.html().map_err(|fault| {
                Failure::Question(vec![Fault::new(fault.to_string(), None)], error_style)
            })?
        }
    };
    output::write(common, &text)?;
    let holds = found.holds();
    let assumed = found.unknown() || found.assumed || loaded.left > 0;
    Ok(Exit::of(holds, common.strict && holds && assumed))
}
