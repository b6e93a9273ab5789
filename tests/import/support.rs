//! What the tests of importing share.

use std::path::{Path, PathBuf};

use dryhop::engine::{Engine, Question, check};
use dryhop::import::{Converted, convert, read, recognise, write};
use dryhop::load::{Loaded, load};
use dryhop::net::Protocol;
use dryhop::spec::node::Node;
use dryhop::spec::read::Input;

/// A file of our own making.
pub fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/import")
        .join(name)
}

/// The real inputs beside the repository; `None`, visibly, where they are not there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/inputs")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// Imports files.
pub fn import(files: &[PathBuf]) -> Converted {
    let documents: Vec<_> = files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            (
                path.display().to_string(),
                recognise(&text).unwrap_or_else(|| panic!("{} is nothing", path.display())),
            )
        })
        .collect();
    convert(read(
        documents
            .iter()
            .map(|(name, document)| (name.as_str(), document)),
    ))
}

/// Imports a text.
pub fn import_text(text: &str) -> Converted {
    let document = recognise(text).expect("it can be imported");
    convert(read(std::iter::once(("input.json", &document))))
}

/// The topology that is written for files.
pub fn written(converted: &Converted, files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    write(converted, &names)
}

/// A written topology, loaded.
pub fn load_text(text: &str) -> Loaded {
    let input = Input::Text {
        name: "written.yaml".to_owned(),
        text: text.to_owned(),
    };
    load(&[input], &[])
}

/// Files, read directly.
pub fn load_files(files: &[PathBuf]) -> Loaded {
    let inputs: Vec<Input> = files.iter().cloned().map(Input::Path).collect();
    load(&inputs, &[])
}

/// The faults that stop a run, as codes.
pub fn errors(loaded: &Loaded) -> Vec<&'static str> {
    let faults = loaded.diagnostics.iter();
    faults
        .filter(|fault| fault.code.severity() == dryhop::diagnostic::Severity::Error)
        .map(|fault| fault.code.name())
        .collect()
}

/// Asserts that the written topology is the one that is read directly.
pub fn same(files: &[PathBuf]) -> Loaded {
    let converted = import(files);
    let text = written(&converted, files);
    let (by_text, direct) = (load_text(&text), load_files(files));
    assert_eq!(errors(&by_text), errors(&direct), "{text}");
    assert_eq!(by_text.topology, direct.topology, "{text}");
    assert_eq!(statuses(&by_text), statuses(&direct));
    direct
}

/// Whether each machine reaches each other one, by some ports.
fn statuses(loaded: &Loaded) -> Vec<String> {
    if !loaded.is_sound() {
        return Vec::new();
    }
    let network = &loaded.network;
    let names: Vec<String> = network
        .machines
        .iter()
        .map(|(_, machine)| machine.identity.name.to_string())
        .collect();
    let mut all = Vec::new();
    for (from, to) in names
        .iter()
        .flat_map(|from| names.iter().map(move |to| (from, to)))
    {
        for port in [22, 443, 1433] {
            all.push(format!(
                "{from} {to} {port} {}",
                verdict(loaded, from, to, port)
            ));
        }
    }
    all
}

/// `Reachable`, `Unreachable` or whatever else is answered, with the hops.
pub fn verdict(loaded: &Loaded, source: &str, destination: &str, port: u16) -> String {
    let network = &loaded.network;
    let end = |name: &str| {
        network
            .endpoint(name)
            .unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
    };
    let question = Question {
        probes: Some(1),
        ..Question::new(end(source), end(destination), Protocol::Tcp, Some(port))
    };
    let engine = Engine::new(network);
    let answers = check(&engine, &question).unwrap_or_else(|fault| panic!("{fault}"));
    let said: Vec<String> = answers
        .iter()
        .map(|answer| answer.status.to_string())
        .collect();
    said.join(" ")
}

/// How many VNets, subnets, NSGs, rules, routes, NICs and peerings there are.
pub fn counts(loaded: &Loaded) -> [usize; 7] {
    let topology = loaded.topology.as_ref().unwrap();
    let networks = || topology.virtual_networks.iter().map(|(_, network)| network);
    let groups = || {
        topology
            .network_security_groups
            .iter()
            .map(|(_, group)| group)
    };
    let cards = topology
        .virtual_machines
        .iter()
        .map(|(_, it)| it.network_interfaces.len());
    let sets = topology
        .scale_sets
        .iter()
        .map(|(_, it)| it.network_interfaces.len());
    let others = topology
        .appliances
        .iter()
        .map(|(_, it)| it.network_interfaces.len());
    [
        networks().count(),
        networks().map(|network| network.subnets.len()).sum(),
        groups().count(),
        groups().map(|group| group.security_rules.len()).sum(),
        topology
            .route_tables
            .iter()
            .map(|(_, table)| table.routes.len())
            .sum(),
        cards.chain(sets).chain(others).sum(),
        networks().map(|network| network.peerings.len()).sum(),
    ]
}

/// The value at a path of a tree.
pub fn at<'n>(tree: &'n Node, path: &str) -> Option<&'n Node> {
    path.split('|').try_fold(tree, |node, key| node.get(key))
}

/// The text of a scalar, or the texts of a list with blanks between.
pub fn text(tree: &Node, path: &str) -> String {
    match at(tree, path) {
        Some(Node::Scalar(scalar)) => scalar.text.to_string(),
        Some(Node::List(items)) => {
            let texts = items.iter().map(|item| match item {
                Node::Scalar(scalar) => scalar.text.to_string(),
                other => format!("{other:?}"),
            });
            texts.collect::<Vec<_>>().join(" ")
        }
        Some(Node::Map(entries)) => entries
            .iter()
            .map(|(key, _)| key.to_string())
            .collect::<Vec<_>>()
            .join(" "),
        other => format!("{other:?}"),
    }
}

/// What was left, as `what: reason`.
pub fn left(converted: &Converted) -> Vec<String> {
    converted
        .left
        .iter()
        .map(|left| format!("{}: {}", left.what, left.reason))
        .collect()
}
