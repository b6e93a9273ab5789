//! Every topology that is shipped loads clean and holds its checks, as it is and with each overlay.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::fs;
use std::path::{Path, PathBuf};

use dryhop::check::{Options, Status, TestFormat, judge, write};
use dryhop::diagnostic::render;
use dryhop::load::load;
use dryhop::spec::read::Input;

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// What is wrong with a topology under an overlay; nothing where all of its checks pass.
fn fault(folder: &Path, overlay: Option<&Path>) -> Option<String> {
    let overlays: Vec<Input> = overlay
        .map(|path| Input::Path(path.to_path_buf()))
        .into_iter()
        .collect();
    let loaded = load(&[Input::Path(folder.to_path_buf())], &overlays);
    if !loaded.diagnostics.is_empty() {
        return Some(render(&loaded.diagnostics, &loaded.sources, false));
    }
    match judge(&loaded, &Options::default()) {
        Err(faults) => Some(render(&faults, &loaded.sources, false)),
        Ok(report) if report.results.is_empty() => Some("there are no checks".to_owned()),
        Ok(report) if report.holds() => None,
        Ok(mut report) => {
            report
                .results
                .retain(|outcome| outcome.status != Status::Pass);
            let mut text = Vec::new();
            write(TestFormat::Text, &report, &mut text).unwrap();
            Some(String::from_utf8(text).unwrap())
        }
    }
}

#[test]
fn every_topology_holds_its_checks() {
    let mut faults = Vec::new();
    let folders = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies"));
    let folders: Vec<PathBuf> = folders.into_iter().filter(|path| path.is_dir()).collect();
    assert!(!folders.is_empty());
    for folder in &folders {
        let overlays = entries(&folder.join("overlays"));
        let overlays = overlays.iter().map(|path| Some(path.as_path()));
        for overlay in std::iter::once(None).chain(overlays) {
            if let Some(fault) = fault(folder, overlay) {
                let with = overlay.map_or(String::new(), |overlay| {
                    format!(" with {}", overlay.display())
                });
                faults.push(format!("{}{with}\n{fault}", folder.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
