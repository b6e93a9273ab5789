//! From files to a network: reading, decoding, resolving, with all faults of all of them in one list.

use std::collections::HashSet;
use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, Severity, sort};
use crate::network::Network;
use crate::resolve;
use crate::source::Sources;
use crate::spec::decode::{Context, Decode};
use crate::spec::merge::Shape;
use crate::spec::node::Node;
use crate::spec::read::{Input, read};
use crate::spec::{SHAPE, Topology};

/// What was loaded, and what is wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// The topology as written, where it could be read as one.
    pub topology: Option<Topology>,
    /// The network; only worth asking where there are no errors.
    pub network: Network,
    /// The files.
    pub sources: Sources,
    /// Everything that is wrong, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Whether questions can be put to it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.diagnostics
            .iter()
            .all(|d| d.code.severity() != Severity::Error)
    }
}

/// Loads a topology from files and folders, with overlays laid over it.
#[must_use]
pub fn load(inputs: &[Input], overlays: &[Input]) -> Loaded {
    let shape: &Shape = &SHAPE;
    let (document, mut diagnostics) = read(inputs, overlays, shape);
    let mut cx = Context::default();
    let topology = Topology::decode(&document.tree, &mut cx);
    drop(document.tree);
    // Where a whole file is missing, whatever refers to it would seem wrong.
    let whole = diagnostics.iter().all(|d| d.code == Code::DuplicateKey);
    diagnostics.append(&mut cx.faults);
    let network = match &topology {
        Some(topology) if whole => {
            let mut faults = Vec::new();
            let network = resolve::resolve(topology, folder(inputs).as_deref(), &mut faults);
            faults.retain(|fault| !is_consequence(fault, &cx.dropped));
            diagnostics.append(&mut faults);
            network
        }
        _ => Network::default(),
    };
    sort(&mut diagnostics, &document.sources);
    Loaded {
        topology,
        network,
        sources: document.sources,
        diagnostics,
    }
}

/// The tree that files and folders with overlays laid over them are merged to.
#[must_use]
pub fn tree(inputs: &[Input], overlays: &[Input]) -> Node {
    read(inputs, overlays, &SHAPE).0.tree
}

/// What a tree means that came from `inputs`; none where something in it is wrong.
#[must_use]
pub fn of_tree(tree: &Node, inputs: &[Input]) -> Option<(Topology, Network)> {
    let mut cx = Context::default();
    let topology = Topology::decode(tree, &mut cx)?;
    let mut faults = cx.faults;
    let network = resolve::resolve(&topology, folder(inputs).as_deref(), &mut faults);
    let wrong = |fault: &Diagnostic| fault.code.severity() == Severity::Error;
    (!faults.iter().any(wrong)).then_some((topology, network))
}

/// Whether a fault is only that something refers to what was too faulty to be kept.
fn is_consequence(fault: &Diagnostic, dropped: &HashSet<String>) -> bool {
    let quoted = fault.message.split('`').skip(1).step_by(2);
    let mut names = quoted
        .flat_map(|text| text.rsplit('/'))
        .map(str::to_ascii_lowercase);
    fault.code == Code::UnresolvedReference && names.any(|name| dropped.contains(&name))
}

/// The folder that relative file names in the topology start from: that of the first input.
fn folder(inputs: &[Input]) -> Option<std::path::PathBuf> {
    inputs.iter().find_map(|input| match input {
        Input::Path(path) if path.is_dir() => Some(path.clone()),
        Input::Path(path) => path.parent().map(Path::to_path_buf),
        Input::Text { .. } => None,
    })
}
