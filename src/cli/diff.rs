//! `dryhop diff`: which flows another topology opens, closes, reroutes or slows.

use std::io::Write;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::sort;
use dryhop::diff::{Intended, Side, Written, allowed, diff, verdicts};
use dryhop::load::load_with_tree;
use dryhop::report::graph::Scene;
use dryhop::report::{Style, diff as report};
use dryhop::source::Sources;
use dryhop::spec::read::Input;

use super::arguments::{Common, DiffArguments, DiffFormat, GraphFormat};
use super::ask::{self, inputs, sound};
use super::exit::{Exit, Failure, Fault};
use super::git::Revision;
use super::progress::Progress;
use super::{graph, output};

/// Answers; that something differs which is not intended is a no.
pub fn run(arguments: DiffArguments) -> Result<Exit, Failure> {
    let common = &arguments.common;
    let error_style = output::error_style(common.color);
    let layers = Layers::of(&arguments)?;
    let (intended, declared) = match &arguments.allow {
        Some(path) => allowed(&Input::Path(path.clone())),
        None => (Intended::default(), Sources::new()),
    };
    let (before, before_tree) = load_with_tree(&layers.before, &[], layers.home.as_deref());
    let (after, after_tree) = load_with_tree(&layers.after, &layers.overlays, None);
    // What is doubtful is said of what is, and not of what was.
    let quiet = Common {
        quiet: true,
        ..common.clone()
    };
    let before = sound(before, &quiet)?;
    let mut after = sound(after, common)?;
    after.network = ask::down(std::mem::take(&mut after.network), common)?;
    let before = Side {
        loaded: &before,
        written: Written {
            tree: &before_tree,
            inputs: &layers.before,
        },
        overlays: 0,
        down: &[],
    };
    let after = Side {
        loaded: &after,
        written: Written {
            tree: &after_tree,
            inputs: &layers.after,
        },
        overlays: layers.overlays.len(),
        down: &common.down,
    };
    let progress = Progress::new(common.quiet);
    let found = diff(&before, &after, &intended, &|what, part, whole| {
        progress.stage(what, part, whole);
    });
    progress.end();
    let found = found.map_err(|mut faults| {
        sort(&mut faults, &declared);
        Failure::Files(faults, Box::new(declared), error_style)
    })?;
    let shown = report::Shown {
        before: &before,
        after: &after,
        difference: &found,
        intended: &intended,
        checks: &verdicts(&before, &after),
    };
    let text = match arguments.format {
        DiffFormat::Text => report::text(&shown, output::style(common)),
        DiffFormat::Json => dryhop::report::json(&report::document(&shown)).map_err(|fault| {
            Failure::Question(vec![Fault::new(fault.to_string(), None)], error_style)
        })?,
        DiffFormat::Markdown => report::markdown(&shown),
        DiffFormat::Svg | DiffFormat::Mermaid | DiffFormat::Dot => {
            let left_out = report::left_out(&shown);
            if left_out > 0 && !common.quiet {
                // Where nobody reads it, nothing is lost.
                let _ = writeln!(
                    std::io::stderr(),
                    "note: {left_out} sets of flows are not drawn"
                );
            }
            let network = &after.loaded.network;
            let scene = Scene::new(network, &[], &report::marks(&shown)).focused();
            let format = match arguments.format {
                DiffFormat::Mermaid => GraphFormat::Mermaid,
                DiffFormat::Dot => GraphFormat::Dot,
                _ => GraphFormat::Svg,
            };
            graph::picture(&scene, format, common)
        }
        DiffFormat::Html => {
            let text = report::text(&shown, Style::default());
            report::page(&shown, text).html().map_err(|fault| {
                Failure::Question(vec![Fault::new(fault.to_string(), None)], error_style)
            })?
        }
    };
    output::write(common, &text)?;
    let assumed = common.strict && !found.unknown.is_empty();
    Ok(Exit::of(found.is_intended(), assumed))
}

/// What each side is read from.
struct Layers {
    before: Vec<Input>,
    after: Vec<Input>,
    overlays: Vec<Input>,
    /// Where relative file names of what was start from, where it stands in no folder.
    home: Option<PathBuf>,
}

impl Layers {
    fn of(arguments: &DiffArguments) -> Result<Self, Failure> {
        let common = &arguments.common;
        let style = output::error_style(common.color);
        let failure = |fault: Fault| Failure::Question(vec![fault], style);
        let refuse =
            |message: &str, help: &str| Err(failure(Fault::new(message, Some(help.to_owned()))));
        let revision = Revision::parse(&arguments.before);
        let after = arguments.after.as_ref().unwrap_or(&arguments.before);
        if arguments.after.is_none() && revision.is_some() {
            let help = "give the file or folder that is to be compared with it";
            return refuse("nothing is compared with `git:REV`", help);
        }
        if arguments.after.is_none() && common.overlay.is_empty() && common.down.is_empty() {
            let help = "give a second topology, `--overlay` or `--down`";
            return refuse("there is nothing to compare with", help);
        }
        if arguments.after.as_ref() == Some(&arguments.before) && after.as_os_str() == "-" {
            return refuse(
                "standard input can be read once only",
                "name one of both by its file",
            );
        }
        let (is, overlays) = ask::layers(std::slice::from_ref(after), common)?;
        let before = match (&revision, &arguments.after) {
            (Some(revision), _) => revision.inputs(after).map_err(failure)?,
            (None, None) => is.clone(),
            (None, Some(_)) => inputs(std::slice::from_ref(&arguments.before), style)?,
        };
        let folder = match after.is_dir() {
            true => Some(after.clone()),
            false => after.parent().map(Path::to_path_buf),
        };
        Ok(Self {
            home: folder.filter(|_| revision.is_some()),
            before,
            after: is,
            overlays,
        })
    }
}
