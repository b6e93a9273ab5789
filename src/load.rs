//! From files to a network: reading, decoding, resolving, with all faults of all of them in one list.

use std::collections::{HashMap, HashSet};
use std::path::Path as FilePath;

use crate::diagnostic::{At, Code, Diagnostic, Severity, sort};
use crate::import;
use crate::network::Network;
use crate::resolve;
use crate::source::{FileId, Path, Sources};
use crate::spec::decode::{Context, Decode};
use crate::spec::merge::Shape;
use crate::spec::node::Node;
use crate::spec::read::{Foreign, Input, Part, read_with};
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
    /// How many things of imported definitions could not be carried over, or were predicted.
    pub left: usize,
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
    let (loaded, _) = loaded(inputs, overlays, folder(inputs).as_deref(), |_| ());
    loaded
}

/// The same, with the tree that it was made of. Relative file names in the topology start from `home`; where
/// none is given, from the folder of the first input.
#[must_use]
pub fn load_with_tree(
    inputs: &[Input],
    overlays: &[Input],
    home: Option<&FilePath>,
) -> (Loaded, Node) {
    let own = folder(inputs);
    loaded(inputs, overlays, home.or(own.as_deref()), |tree| tree)
}

/// Loads, and keeps of the tree what `keep` makes of it as soon as it is decoded.
fn loaded<T>(
    inputs: &[Input],
    overlays: &[Input],
    folder: Option<&FilePath>,
    keep: impl FnOnce(Node) -> T,
) -> (Loaded, T) {
    let shape: &Shape = &SHAPE;
    let mut imports = Imports::default();
    let (document, mut diagnostics) = read_with(inputs, overlays, shape, Some(&mut imports));
    diagnostics.append(&mut imports.faults);
    let mut cx = Context::default();
    let topology = Topology::decode(&document.tree, &mut cx);
    let kept = keep(document.tree);
    // Where a whole file is missing, whatever refers to it would seem wrong.
    let whole = diagnostics
        .iter()
        .all(|d| d.code == Code::DuplicateKey || d.code.severity() != Severity::Error);
    diagnostics.append(&mut cx.faults);
    let network = match &topology {
        Some(topology) if whole => {
            let mut faults = Vec::new();
            let network = resolve::resolve(topology, folder, &mut faults);
            faults.retain(|fault| !is_consequence(fault, &cx.dropped));
            diagnostics.append(&mut faults);
            Network {
                elsewhere: imports.elsewhere.into_iter().collect(),
                ..network
            }
        }
        _ => Network::default(),
    };
    sort(&mut diagnostics, &document.sources);
    let loaded = Loaded {
        topology,
        network,
        sources: document.sources,
        left: imports.left,
        diagnostics,
    };
    (loaded, kept)
}

/// The tree that files and folders with overlays laid over them are merged to.
#[must_use]
pub fn tree(inputs: &[Input], overlays: &[Input]) -> Node {
    let mut imports = Imports::default();
    let (document, _) = read_with(inputs, overlays, &SHAPE, Some(&mut imports));
    document.tree
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
        Input::Path(path) => path.parent().map(FilePath::to_path_buf),
        Input::Text { .. } => None,
    })
}

/// Definitions of other formats among the files.
#[derive(Debug, Default)]
struct Imports {
    documents: Vec<(FileId, String, import::Document)>,
    left: usize,
    elsewhere: Vec<Path>,
    faults: Vec<Diagnostic>,
}

impl Foreign for Imports {
    fn take(&mut self, file: FileId, name: &str, text: &str) -> bool {
        // An empty list is what `az` prints where there is nothing; a topology that is one is a mistake.
        let yaml = [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
        let document = import::recognise(text).filter(|found| !(yaml && found.is_empty()));
        let taken = document.is_some();
        self.documents
            .extend(document.map(|document| (file, name.to_owned(), document)));
        taken
    }

    fn part(&mut self) -> Part {
        let documents = std::mem::take(&mut self.documents);
        let files: HashMap<&str, FileId> = (documents.iter().rev())
            .map(|(file, name, _)| (name.as_str(), *file))
            .collect();
        let documents_by_name = documents
            .iter()
            .map(|(_, name, document)| (name.as_str(), document));
        let mut read = import::read(documents_by_name);
        for unread in read.unread.drain(..) {
            let document = documents.iter().find(|(_, name, _)| *name == unread.file);
            if let Some((file, _, document)) = document {
                self.faults.push(faulty(&unread, *file, document.text()));
            }
        }
        let converted = import::convert(read);
        let mut origins: HashMap<FileId, Vec<_>> = HashMap::new();
        for (path, origin) in converted.origins.into_iter().chain(converted.parts) {
            if let Some(file) = files.get(origin.file.as_str()) {
                origins.entry(*file).or_default().push((path, origin.place));
            }
        }
        self.left = converted.left.len() + converted.predicted.len();
        self.elsewhere = converted.elsewhere;
        self.faults.extend(predicted(&converted.predicted));
        // What a template links to, and the parameters beside it, are no inputs of their own.
        let mut templates = documents.iter();
        let template = templates
            .find(|(_, _, document)| document.format() == import::Format::Template)
            .map(|(file, ..)| *file);
        let owner = |left: &import::Left| {
            let own = files.get(left.origin.file.as_str()).copied();
            own.or(template)
        };
        for (file, ..) in &documents {
            let missing = converted.missing.iter();
            let missing = missing.filter(|left| owner(left) == Some(*file));
            self.faults.extend(missing.map(|left| absent(left, *file)));
            let own = converted
                .left
                .iter()
                .filter(|left| owner(left) == Some(*file) && !converted.missing.contains(left));
            self.faults.extend(omitted(&own.collect::<Vec<_>>(), *file));
        }
        Part {
            tree: converted.tree,
            origins,
        }
    }
}

/// That nothing of a file could be read.
fn faulty(unread: &import::Unread, file: FileId, text: &str) -> Diagnostic {
    let at = unread.at.and_then(|(line, column)| {
        let before: usize = text
            .split_inclusive('\n')
            .take(line - 1)
            .map(str::len)
            .sum();
        let rest = text.get(before..)?;
        let (start, letter) = rest.char_indices().nth(column - 1)?;
        let start = before + start;
        Some(At::Bytes(file, start, start + letter.len_utf8()))
    });
    Diagnostic::new(Code::Syntax, &unread.message).label(at.unwrap_or(At::File(file)), "")
}

/// What is said of predicted addresses: one word for all of them.
fn predicted(paths: &[Path]) -> Option<Diagnostic> {
    let first = paths.first()?;
    let names: Vec<String> = paths
        .iter()
        .filter_map(|path| path.last_key().map(|name| format!("`{name}`")))
        .collect();
    let message = format!(
        "addresses are predicted, and Azure may assign others: in {}",
        names.join(", ")
    );
    Some(Diagnostic::new(Code::AssumedAddress, message).at(first.clone()))
}

/// That something is not there which an object refers to.
fn absent(left: &import::Left, file: FileId) -> Diagnostic {
    let message = format!("not carried over: {}, since {}", left.what, left.reason);
    Diagnostic::new(Code::NotCarriedOver, message)
        .label(At::File(file), "")
        .help("answers are given as if it were not there; add the file that it is in")
}

/// What else was left of a file, in one word.
fn omitted(left: &[&import::Left], file: FileId) -> Option<Diagnostic> {
    let (first, others) = left.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        count => format!(", and {count} more"),
    };
    let message = format!(
        "not carried over: {}, since {}{more}",
        first.what, first.reason
    );
    Some(
        Diagnostic::new(Code::NotCarriedOver, message)
            .label(At::File(file), "")
            .help("`dryhop import` lists everything with its reason"),
    )
}
