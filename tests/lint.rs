//! Each code of a finding: a small topology in which it is found (tests/lint/CODE.yaml) and one that comes
//! near and in which it is not (CODE.near.yaml), each naming the page that decides. What is found in every
//! acceptance case is listed (tests/expected-findings.txt): `UPDATE_FINDINGS=1 cargo test --test lint`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::{Code, render};
use dryhop::lint::{Finding, Findings, is_subject, lint};
use dryhop::load::{Loaded, load};
use dryhop::spec::read::Input;

const EXPECTED: &str = "tests/expected-findings.txt";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn loaded(file: &Path) -> Loaded {
    let loaded = load(&[Input::Path(file.to_owned())], &[]);
    let faults = render(&loaded.diagnostics, &loaded.sources, false);
    assert!(
        loaded.diagnostics.is_empty(),
        "{}: {faults}",
        file.display()
    );
    loaded
}

fn text(name: &str, text: &str) -> Loaded {
    let input = Input::Text {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    load(&[input], &[])
}

fn found(loaded: &Loaded) -> Findings {
    lint(&loaded.network, &loaded.sources)
}

fn codes() -> impl Iterator<Item = &'static Code> {
    Code::ALL.iter().filter(|code| code.is_finding())
}

fn shown(loaded: &Loaded, findings: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let diagnostic = &finding.diagnostic;
        writeln!(
            text,
            "{} ({})",
            diagnostic.message,
            finding.resources.join(", ")
        )
        .unwrap();
        for label in &diagnostic.labels {
            let span = label.at.span(&loaded.sources).unwrap();
            let line = loaded.sources.line_column(&span).0;
            write!(text, "  {line}: `{}`", loaded.sources.slice(&span)).unwrap();
            if !label.text.is_empty() {
                write!(text, " ({})", label.text).unwrap();
            }
            text.push('\n');
        }
        if let Some(help) = &diagnostic.help {
            writeln!(text, "  help: {help}").unwrap();
        }
    }
    text
}

#[test]
fn each_code_is_found_where_it_should_be() {
    let folder = root().join("tests/lint");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for code in codes() {
        let loaded = loaded(&folder.join(format!("{code}.yaml")));
        let findings = found(&loaded);
        let own = findings
            .found
            .iter()
            .filter(|own| own.diagnostic.code == *code);
        let own: Vec<&Finding> = own.collect();
        assert!(!own.is_empty(), "{code} is not found");
        settings.bind(|| insta::assert_snapshot!(code.name(), shown(&loaded, &own)));
    }
}

#[test]
fn and_not_where_it_only_comes_near() {
    for code in codes() {
        let loaded = loaded(&root().join(format!("tests/lint/{code}.near.yaml")));
        let findings = found(&loaded);
        let own = findings
            .found
            .iter()
            .filter(|own| own.diagnostic.code == *code);
        let own: Vec<&Finding> = own.collect();
        assert!(own.is_empty(), "{code}: {}", shown(&loaded, &own));
    }
}

#[test]
fn every_file_belongs_to_a_code_and_names_its_source() {
    let known: BTreeSet<&str> = codes().map(|code| code.name()).collect();
    for entry in fs::read_dir(root().join("tests/lint")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let code = name.split('.').next().unwrap();
        assert!(known.contains(code), "{name}");
        if name.ends_with(".yaml") {
            assert!(
                fs::read_to_string(&path).unwrap().starts_with("# Source: "),
                "{name}"
            );
        }
    }
}

#[test]
fn messages_are_worded_alike() {
    for code in codes() {
        let loaded = loaded(&root().join(format!("tests/lint/{code}.yaml")));
        for finding in found(&loaded).found {
            let own = &finding.diagnostic;
            assert!(
                !own.message.starts_with(char::is_uppercase) && !own.message.ends_with('.'),
                "{}",
                own.message
            );
            assert!(
                own.help.as_ref().is_none_or(|help| !help.ends_with('.')),
                "{}",
                own.message
            );
            assert!(
                own.labels
                    .iter()
                    .all(|label| label.at.span(&loaded.sources).is_some())
            );
            let known = |name: &String| is_subject(&loaded.network, name);
            let everywhere = finding.resources.iter().all(known);
            assert!(
                everywhere || own.code == Code::UnusedAllow,
                "{:?}",
                finding.resources
            );
        }
    }
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else {
            all.push(path);
        }
    }
}

#[test]
fn every_case_has_the_findings_that_are_listed() {
    let folder = root().join("tests/cases");
    let mut all = Vec::new();
    files(&folder, &mut all);
    all.sort();
    let mut came = String::new();
    for path in all {
        let loaded = load(&[Input::Path(path.clone())], &[]);
        if !loaded.is_sound() {
            continue;
        }
        let name = path
            .strip_prefix(&folder)
            .unwrap()
            .display()
            .to_string()
            .replace('\\', "/");
        for finding in found(&loaded).found {
            let own = &finding.diagnostic;
            writeln!(came, "{name} | {} | {}", own.code, own.message).unwrap();
        }
    }
    let listed = root().join(EXPECTED);
    if std::env::var_os("UPDATE_FINDINGS").is_some() {
        fs::write(&listed, &came).unwrap();
        return;
    }
    let expected = fs::read_to_string(&listed)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    let gone = expected
        .lines()
        .filter(|line| !came.lines().any(|own| own == *line));
    let new = came
        .lines()
        .filter(|line| !expected.lines().any(|own| own == *line));
    let changes: Vec<String> = gone
        .map(|l| format!("- {l}"))
        .chain(new.map(|l| format!("+ {l}")))
        .collect();
    assert!(
        changes.is_empty() && came == expected,
        "findings differ from {EXPECTED}\n{}",
        changes.join("\n")
    );
}

#[test]
fn a_comment_allows_what_stands_on_its_line_or_behind_it() {
    let own = text(
        "own.yaml",
        "publicIPAddresses:\n  pip: { ipAddress: 20.1.2.3 } # dryhop: allow unused-public-ip kept for the cut-over\n",
    );
    let before = text(
        "before.yaml",
        "publicIPAddresses:\n  # dryhop: allow unused-public-ip kept for the cut-over\n  pip: { ipAddress: 20.1.2.3 }\n",
    );
    for loaded in [own, before] {
        let findings = found(&loaded);
        assert!(findings.found.is_empty() && findings.allowed == 1);
    }
    // Another line's finding stays, and the comment is found itself.
    let other = text(
        "other.yaml",
        "publicIPAddresses: # dryhop: allow unused-public-ip kept for the cut-over\n  pip: { ipAddress: 20.1.2.3 }\n",
    );
    let codes: Vec<Code> = found(&other)
        .found
        .iter()
        .map(|own| own.diagnostic.code)
        .collect();
    assert_eq!(codes, [Code::UnusedAllow, Code::UnusedPublicIp]);
    // Text in quotes is none.
    let quoted = text(
        "quoted.yaml",
        "name: \"#dryhop: allow unused-public-ip x\"\n",
    );
    assert!(found(&quoted).found.is_empty());
}

/// Where an earlier rule takes the same tag, it takes all of it, known or not; where a later one names more
/// than is known, nothing is proven (`service-tags-overview`).
#[test]
fn a_rule_is_shadowed_only_wherever_it_is_applied() {
    let subnets = |second: &str| {
        format!(
            "virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      a: {{ addressPrefix: 10.0.1.0/24, networkSecurityGroup: nsg }}
      b: {{ addressPrefix: 10.0.2.0/24, networkSecurityGroup: nsg{second} }}
virtualMachines:
  a-1: {{ networkInterface: {{ subnet: vnet/a }} }}
  b-1: {{ networkInterface: {{ subnet: vnet/b, enableIPForwarding: true }} }}
networkSecurityGroups:
  nsg:
    securityRules:
      deny: {{ priority: 100, direction: Inbound, access: Deny, sourceAddressPrefix: VirtualNetwork }}
      allow: {{ priority: 110, direction: Inbound, access: Allow, sourceAddressPrefix: 10.9.0.0/16 }}
routeTables:
  rt-a: {{ routes: {{ lab: {{ addressPrefix: 10.9.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 }} }} }}
"
        )
    };
    let shadowed = |loaded: &Loaded| {
        let findings = found(loaded);
        findings
            .found
            .iter()
            .any(|own| own.diagnostic.code == Code::ShadowedRule)
    };
    let both = subnets(", routeTable: rt-a")
        .replace("nsg }\n      b:", "nsg, routeTable: rt-a }\n      b:");
    assert!(shadowed(&text("both.yaml", &both)));
    assert!(!shadowed(&text("one.yaml", &subnets(", routeTable: rt-a"))));
    assert!(!shadowed(&text("none.yaml", &subnets(""))));
}
