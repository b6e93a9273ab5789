//! What is found in the real definitions of `../shared/inputs` (repository, path, commit and licence of each in
//! MANIFEST.json there), read as they are: how often each code, or which faults keep a file from being loaded. Where
//! they are not there the test says so and is skipped. `UPDATE_FINDINGS=1 cargo test --test lint_inputs`.

#![allow(clippy::unwrap_used, reason = "a test may end so")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::Severity;
use dryhop::lint::lint;
use dryhop::load::load;
use dryhop::spec::read::Input;

const EXPECTED: &str = "tests/expected-input-findings.txt";

/// The definitions, each with the files that it takes: a template with its parameters, one machine's exports together.
fn inputs(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut all: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for format in ["arm", "az-cli", "az-rest", "bicep-snapshot", "terraform"] {
        let files = fs::read_dir(folder.join(format)).unwrap();
        let mut files: Vec<PathBuf> = files.map(|own| own.unwrap().path()).collect();
        files.sort();
        for path in files {
            let name = path.file_name().unwrap().to_str().unwrap();
            let name = match name.split_once('-') {
                Some(("batfish", _)) => "batfish-*.json".to_owned(),
                _ => name.replace(".parameters.json", ".json"),
            };
            all.entry(format!("{format}/{name}"))
                .or_default()
                .push(path);
        }
    }
    all
}

#[test]
fn every_input_has_the_findings_that_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../shared/inputs");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let mut came = String::new();
    for (name, files) in inputs(&folder) {
        let files: Vec<Input> = files.into_iter().map(Input::Path).collect();
        let loaded = load(&files, &[]);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let errors = loaded.diagnostics.iter().map(|own| own.code);
        let errors = errors.filter(|code| code.severity() == Severity::Error);
        let kind = if loaded.is_sound() { "" } else { "faulty, " };
        let found = match loaded.is_sound() {
            true => lint(&loaded.network, &loaded.sources).found,
            false => Vec::new(),
        };
        for code in errors.chain(found.iter().map(|own| own.diagnostic.code)) {
            *counts.entry(code.name()).or_default() += 1;
        }
        let counts = counts.iter().map(|(code, count)| format!("{code} {count}"));
        let counts: Vec<String> = counts.collect();
        let counts = match counts.is_empty() {
            true => "nothing".to_owned(),
            false => counts.join(", "),
        };
        writeln!(came, "{name} | {kind}{counts}").unwrap();
    }
    let listed = root.join(EXPECTED);
    if std::env::var_os("UPDATE_FINDINGS").is_some() {
        fs::write(&listed, &came).unwrap();
    }
    let expected = fs::read_to_string(&listed).unwrap_or_default();
    let expected: Vec<&str> = expected.lines().collect();
    let came: Vec<&str> = came.lines().collect();
    assert_eq!(came, expected, "findings differ from {EXPECTED}");
}
