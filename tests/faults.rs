//! One faulty topology for each code that resolving finds (tests/faults/CODE.yaml): what is said, where
//! it stands, and the text that is underlined. What reading and decoding find is in tests/loading.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::{At, Code, Severity};
use dryhop::load::{Loaded, load};
use dryhop::spec::read::Input;

/// Codes that only reading and decoding produce.
const FOUND_BEFORE: &[Code] = &[
    Code::TooDeep,
    Code::TooLarge,
    Code::NotUtf8,
    Code::DuplicateKey,
    Code::WrongType,
    Code::BadAddress,
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
    files.sort();
    files
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}

fn shown(loaded: &Loaded) -> String {
    let mut text = String::new();
    for fault in &loaded.diagnostics {
        writeln!(text, "{}", fault.message).unwrap();
        for label in &fault.labels {
            let (At::Value(path) | At::Key(path)) = &label.at else {
                panic!("{:?} is no path", label.at);
            };
            let span = label.at.span(&loaded.sources).unwrap();
            let line = loaded.sources.line_column(&span).0;
            let under = loaded.sources.slice(&span);
            write!(text, "  {line}: `{under}` at {path}").unwrap();
            if !label.text.is_empty() {
                write!(text, " ({})", label.text).unwrap();
            }
            text.push('\n');
        }
        if let Some(help) = &fault.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}

#[test]
fn every_faulty_file_says_what_is_wrong_and_where() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for file in files() {
        let loaded = load(&[Input::Path(file.clone())], &[]);
        let code = stem(&file);
        assert!(
            !loaded.diagnostics.is_empty(),
            "{code} loads without a fault"
        );
        for fault in &loaded.diagnostics {
            assert_eq!(fault.code.name(), code, "{}", fault.message);
        }
        settings.bind(|| insta::assert_snapshot!(code.as_str(), shown(&loaded)));
    }
}

#[test]
fn every_code_that_stops_a_run_has_its_file() {
    let covered: BTreeSet<String> = files().iter().map(|file| stem(file)).collect();
    for code in Code::ALL {
        if code.severity() == Severity::Error && !FOUND_BEFORE.contains(code) {
            assert!(covered.contains(code.name()), "{code} has no file");
        }
    }
}

#[test]
fn messages_are_worded_alike() {
    for file in files() {
        for fault in load(&[Input::Path(file)], &[]).diagnostics {
            let first = fault.message.chars().next().unwrap();
            assert!(
                !first.is_uppercase() && !fault.message.ends_with('.'),
                "{}",
                fault.message
            );
            assert!(
                fault.help.is_none_or(|help| !help.ends_with('.')),
                "{}",
                fault.message
            );
        }
    }
}

#[test]
fn what_ships_loads_without_a_fault() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    for entry in std::fs::read_dir(root).unwrap() {
        let file = entry.unwrap().path().join("topology.yaml");
        let loaded = load(&[Input::Path(file.clone())], &[]);
        assert!(
            loaded.diagnostics.is_empty(),
            "{}: {}",
            file.display(),
            shown(&loaded)
        );
    }
}

#[test]
fn one_faulty_rule_shows_all_of_its_faults() {
    let text = "
networkSecurityGroups:
  nsg:
    securityRules:
      r: { priority: 99, direction: Inboun, access: Alow, destinationPortRange: 70000 }
      s: { priority: 99, direction: Inbound, access: Allow, sourcePortRange: x, sourceApplicationSecurityGroups: [asgg] }
";
    let input = Input::Text {
        name: "rules.yaml".into(),
        text: text.into(),
    };
    let loaded = load(&[input], &[]);
    let codes: Vec<&str> = loaded
        .diagnostics
        .iter()
        .map(|fault| fault.code.name())
        .collect();
    assert_eq!(
        codes,
        [
            "bad-priority",
            "unknown-word",
            "unknown-word",
            "bad-port",
            "bad-priority",
            "bad-port",
            "unresolved-reference"
        ]
    );
}
