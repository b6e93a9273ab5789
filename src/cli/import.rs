//! `dryhop import`: a topology out of what there is.

use std::fmt::Write as _;
use std::io::Write as _;

use dryhop::import::{Document, Format, Left, Unread, convert, read, recognise, write};
use dryhop::spec::node::Node;
use dryhop::spec::read::texts;

use super::arguments::{Common, From, ImportArguments};
use super::ask;
use super::exit::{Exit, Failure, Fault};
use super::output;

/// Imports; what could not be carried over is listed, and with `--strict` is no success.
pub fn run(arguments: &ImportArguments) -> Result<Exit, Failure> {
    let style = output::error_style(arguments.color);
    let folders: Vec<Fault> = arguments
        .files
        .iter()
        .filter(|path| path.is_dir())
        .map(|path| folder(path))
        .collect();
    if !folders.is_empty() {
        return Err(Failure::Question(folders, style));
    }
    let inputs = ask::inputs(&arguments.files, style)?;
    let (sources, files, faults) = texts(&inputs);
    if !faults.is_empty() {
        return Err(Failure::Files(faults, Box::new(sources), style));
    }
    let mut documents: Vec<(String, Document)> = Vec::new();
    let mut unknown = Vec::new();
    for file in files {
        let name = sources.name(file).to_owned();
        match recognise(sources.text(file)) {
            Some(document) if arguments.from.is_none_or(|from| is_from(&document, from)) => {
                documents.push((name, document));
            }
            found => unknown.push(fault(&name, found.as_ref())),
        }
    }
    if !unknown.is_empty() {
        return Err(Failure::Question(unknown, style));
    }
    let named = documents.iter();
    let read = read(named.map(|(name, document)| (name.as_str(), document)));
    if !read.unread.is_empty() {
        let faults = read.unread.iter().map(unread).collect();
        return Err(Failure::Question(faults, style));
    }
    let converted = convert(read);
    let names: Vec<String> = documents.into_iter().map(|(name, _)| name).collect();
    let common = Common {
        overlay: Vec::new(),
        down: Vec::new(),
        output: arguments.output.clone(),
        color: arguments.color,
        quiet: false,
        strict: arguments.strict,
    };
    output::write(&common, &write(&converted, &names))?;
    if !arguments.quiet && matches!(&converted.tree, Node::Map(sections) if sections.is_empty()) {
        let note = style.strong("note:");
        let text = format!("{note} nothing in there is part of a network\n");
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
    if !arguments.quiet && !converted.left.is_empty() {
        // Where nobody reads it, nothing is lost.
        let _ = std::io::stderr().write_all(listed(&converted.left, style).as_bytes());
    }
    Ok(Exit::of(
        true,
        arguments.strict && !converted.left.is_empty(),
    ))
}

fn is_from(document: &Document, from: From) -> bool {
    let expected = match from {
        From::Arm => Format::Template,
        From::Terraform => Format::Terraform,
        From::Az => Format::Resources,
    };
    let format = document.format();
    format == expected || (from == From::Arm && format == Format::Parameters)
}

fn unread(unread: &Unread) -> Fault {
    let place = match unread.at {
        Some((line, column)) => format!("{}:{line}:{column}", unread.file),
        None => unread.file.clone(),
    };
    Fault::new(format!("{place}: {}", unread.message), None)
}

/// A folder is not read as a whole: what lies in it need not belong together.
fn folder(path: &std::path::Path) -> Fault {
    let path = path.display();
    Fault::new(
        format!("`{path}` is a folder"),
        Some(format!("name its files: `{path}/*.json`").replace("//", "/")),
    )
}

fn fault(name: &str, found: Option<&Document>) -> Fault {
    match found {
        Some(document) => {
            let is = match document.format() {
                Format::Resources => "a list of resources (`--from az`)",
                Format::Terraform => "Terraform's (`--from terraform`)",
                Format::Template => "an ARM template (`--from arm`)",
                Format::Parameters => "the parameters of an ARM template (`--from arm`)",
            };
            Fault::new(format!("`{name}` is {is}"), None)
        }
        None => Fault::new(
            format!("`{name}` is nothing that can be imported"),
            Some(
                "JSON of `az … list -o json`, of Azure Resource Graph or the REST API, of `bicep snapshot`, of \
                 `terraform show -json`, or an ARM template with its parameters"
                    .to_owned(),
            ),
        ),
    }
}

/// What was left, a line each.
fn listed(left: &[Left], style: dryhop::report::Style) -> String {
    let noun = if left.len() == 1 { "thing" } else { "things" };
    let mut out = format!(
        "{} {} {noun} could not be carried over\n",
        style.strong("note:"),
        left.len()
    );
    for left in left {
        let _ = writeln!(out, "  {}: {} ({})", left.what, left.reason, left.origin);
    }
    out
}
