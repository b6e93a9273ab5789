//! The console blocks of the README and of the documentation, run as they stand there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

fn run(pages: &[PathBuf]) {
    let cases = trycmd::TestCases::new();
    cases.env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1");
    for page in pages {
        cases.case(page);
    }
    cases.run();
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md")
            && fs::read_to_string(&path).unwrap().contains("```console")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn readme() {
    run(&["README.md".into()]);
}

#[test]
fn documentation() {
    run(&pages(Path::new("docs")));
}
