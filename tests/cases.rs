//! Every acceptance case, each check held to the status that the list has for it.
//!
//! A change for better or worse fails until the list changes with it: `UPDATE_STATUSES=1 cargo test --test cases`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::check::{Options, Report, Status, judge};
use dryhop::diagnostic::render;
use dryhop::load::load;
use dryhop::spec::read::Input;

/// The status of every check: `folder/file.yaml | kind | name | status`, sorted.
const EXPECTED: &str = "tests/expected-statuses.txt";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                found.insert(name, path);
            }
        }
    }
    found
}

fn judged(path: &Path) -> Report {
    let loaded = load(&[Input::Path(path.to_path_buf())], &[]);
    judge(&loaded, &Options::default())
        .unwrap_or_else(|faults| panic!("{}", render(&faults, &loaded.sources, false)))
}

fn line(file: &str, outcome: &dryhop::check::Outcome) -> String {
    format!(
        "{file} | {} | {} | {}",
        outcome.kind.section(),
        outcome.name,
        outcome.status.word()
    )
}

#[test]
fn every_check_has_the_status_that_is_listed() {
    let mut lines = Vec::new();
    let mut reasons = BTreeMap::new();
    for (name, path) in files(&root().join("tests/cases")) {
        for outcome in judged(&path).results {
            let line = line(&name, &outcome);
            if outcome.status != Status::Pass {
                reasons.insert(
                    line.clone(),
                    format!("  {}\n    {}", outcome.spot, outcome.reason()),
                );
            }
            lines.push(line);
        }
    }
    lines.sort();
    let came = lines.join("\n") + "\n";
    let listed = root().join(EXPECTED);
    if std::env::var_os("UPDATE_STATUSES").is_some() {
        fs::write(&listed, &came).unwrap();
        return;
    }
    let expected = fs::read_to_string(&listed)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    let gone = expected
        .lines()
        .filter(|line| !lines.iter().any(|l| l == line))
        .map(|l| format!("- {l}"));
    let new = lines
        .iter()
        .filter(|line| !expected.lines().any(|l| l == *line))
        .map(|line| {
            let reason = reasons
                .get(line)
                .map_or(String::new(), |reason| format!("\n{reason}"));
            format!("+ {line}{reason}")
        });
    let changes: Vec<String> = gone.chain(new).collect();
    assert!(
        changes.is_empty() && came == expected,
        "statuses differ from {EXPECTED}; with UPDATE_STATUSES=1 it is written anew\n{}",
        changes.join("\n")
    );
}

#[test]
fn the_copies_are_those_of_the_shared_cases() {
    let shared = root().join("../shared/cases");
    if !shared.is_dir() {
        return;
    }
    let own = files(&root().join("tests/cases"));
    let theirs = files(&shared);
    let names = |files: &BTreeMap<String, PathBuf>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&own), names(&theirs), "other files");
    for (name, path) in &theirs {
        let (left, right) = (fs::read(path).unwrap(), fs::read(&own[name]).unwrap());
        assert!(left == right, "{name} differs from its original");
    }
}
