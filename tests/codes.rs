//! Each code has a page in docs/codes, made of the table of codes and of a faulty topology that shows it.
//! `UPDATE_PAGES=1 cargo test --test codes` writes the pages anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::{Code, Severity, render};
use dryhop::lint::lint;
use dryhop::load::load;
use dryhop::report::check::ISSUE_CODES;
use dryhop::spec::read::Input;

/// Codes that no file of tests/faults shows, since reading alone finds them.
const READING: &[(Code, &str)] = &[
    (
        Code::DuplicateKey,
        "networkSecurityGroups:\n  nsg-web: {}\n  nsg-db: {}\n  nsg-web: {}\n",
    ),
    (
        Code::WrongType,
        "virtualNetworks:\n  hub:\n    addressSpace: 10.0.0.0/16\n    subnets: [web, db]\n",
    ),
    (
        Code::BadAddress,
        "publicIPAddresses:\n  pip-web: { ipAddress: 20.50.1.300 }\n",
    ),
    (
        Code::UnknownKey,
        "natGateways:\n  nat-1: { publicIpAddresses: [] }\n",
    ),
];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The faulty topology that shows a code, where there is one.
fn example(code: Code) -> Option<String> {
    let folder = if code.is_finding() { "lint" } else { "faults" };
    let file = top().join(format!("tests/{folder}/{}.yaml", code.name()));
    let listed = READING
        .iter()
        .find(|(shown, _)| *shown == code)
        .map(|(_, text)| (*text).to_owned());
    listed
        .or_else(|| fs::read_to_string(file).ok())
        .map(|text| {
            let lines = text.lines().skip_while(|line| line.starts_with('#'));
            lines.collect::<Vec<_>>().join("\n") + "\n"
        })
}

fn page(code: Code) -> String {
    let kind = match code.severity() {
        Severity::Error => "An error: nothing is answered until it is mended.",
        Severity::Warning => "A finding of `dryhop lint`, and a warning: it makes exit status 1.",
        Severity::Assumption => {
            "An assumption: it stands with each answer that rests on it, and `--strict` makes it exit status 3."
        }
        Severity::Note if code == Code::TagTakesDefaultRoute => {
            "A finding of `dryhop lint`, and a note: it stands with each answer that rests on it, too, and changes no exit status."
        }
        Severity::Note => {
            "A finding of `dryhop lint`, and a note: it changes no exit status unless it is denied."
        }
    };
    let mut text = format!("# {}\n\n{}.\n\n{kind}\n", code.name(), code.meaning());
    let Some(example) = example(code) else {
        return text;
    };
    let loaded = load(
        &[Input::Text {
            name: "topology.yaml".into(),
            text: example.clone(),
        }],
        &[],
    );
    let mut faults = loaded.diagnostics;
    if code.is_finding() {
        let findings = lint(&loaded.network, &loaded.sources);
        faults = findings
            .found
            .into_iter()
            .map(|own| own.diagnostic)
            .collect();
    }
    faults.retain(|fault| fault.code == code);
    faults.truncate(2);
    // A fault of a file that is not there cannot be shown by a text alone.
    if faults.is_empty() {
        return text;
    }
    writeln!(text, "\n```yaml\n{}```\n", example).unwrap();
    writeln!(
        text,
        "```text\n{}\n```",
        render(&faults, &loaded.sources, false).trim_end()
    )
    .unwrap();
    text
}

#[test]
fn each_code_has_its_page() {
    let folder: PathBuf = top().join("docs/codes");
    let update = std::env::var_os("UPDATE_PAGES").is_some();
    let mut index = "# Codes\n\nA code never changes once shipped; its texts may.\n\n| code | means |\n|---|---|\n".to_owned();
    let mut pages = Vec::new();
    for code in Code::ALL {
        writeln!(
            index,
            "| [{0}]({0}.md) | {1} |",
            code.name(),
            code.meaning()
        )
        .unwrap();
        pages.push((folder.join(format!("{}.md", code.name())), page(*code)));
    }
    index.push_str(
        "\nThe issues of an answer have codes in its text:\n\n| code | means |\n|---|---|\n",
    );
    for code in ISSUE_CODES {
        writeln!(index, "| {} | {} |", code.name, code.meaning).unwrap();
    }
    pages.push((folder.join("README.md"), index));
    if update {
        fs::create_dir_all(&folder).unwrap();
        for (path, text) in &pages {
            fs::write(path, text).unwrap();
        }
    }
    let mut expected: Vec<PathBuf> = pages.iter().map(|(path, _)| path.clone()).collect();
    for (path, text) in pages {
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found,
            text,
            "{} is not what UPDATE_PAGES=1 writes",
            path.display()
        );
    }
    let mut there: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    there.sort();
    expected.sort();
    assert_eq!(there, expected);
}
