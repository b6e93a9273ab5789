//! What `test` and `lint` write, held against the schemas of those who read it: SARIF's by OASIS, JUnit's as the xUnit
//! plugin of Jenkins has it (`junit-10.xsd`). For every shipped topology, as it is and with each machine down.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::fs;
use std::path::Path;

use std::collections::BTreeSet;

use dryhop::check::{Options, Report, Status, TestFormat, judge, write};
use dryhop::ci::Look;
use dryhop::lint::lint;
use dryhop::load::load;
use dryhop::report::lint::{self as findings, LintFormat};
use dryhop::spec::read::Input;
use quick_xml::events::Event;
use quick_xml::{Reader, events::BytesStart};
use serde_json::Value;

/// What an element may hold: its attributes, those it must have, and its elements.
type Element = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const JUNIT: &[Element] = &[
    (
        "testsuites",
        &["name", "time", "tests", "failures", "errors"],
        &[],
        &["testsuite"],
    ),
    (
        "testsuite",
        &[
            "name",
            "tests",
            "failures",
            "errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &["name", "tests", "failures", "errors"],
        &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
    ),
    (
        "testcase",
        &["name", "time", "classname", "group"],
        &["name"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("skipped", &["type", "message"], &[], &[]),
    ("failure", &["type", "message"], &[], &[]),
];

/// Every shipped topology, and its results: as it is, and with each of its machines down.
fn each(mut with: impl FnMut(&str, &Report)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|own| own.unwrap().path())
        .collect();
    names.sort();
    for path in names {
        let name = path.display().to_string();
        let mut loaded = load(&[Input::Path(path)], &[]);
        let network = std::mem::take(&mut loaded.network);
        let machines = network.machines.iter();
        let machines = machines.map(|(_, own)| format!("virtualMachines/{}", own.identity.name));
        for down in [String::new()].into_iter().chain(machines) {
            loaded.network = match &*down {
                "" => network.clone(),
                down => match network.with_down(&[down.to_owned()]) {
                    Ok(network) => network,
                    Err(_) => continue,
                },
            };
            let report = judge(&loaded, &Options::default()).unwrap();
            with(&format!("{name} without {down}"), &report);
        }
    }
}

fn text(format: TestFormat, report: &Report) -> String {
    let mut out = Vec::new();
    write(format, report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn sarif() -> jsonschema::Validator {
    let schema = include_str!("schemas/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // A bracket too many, which only some dialects of regular expressions take; nothing of ours has it.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    jsonschema::draft7::new(&schema).unwrap()
}

/// The one run of a valid document. Its results name rules that there are, have places, and differ in their prints.
fn run_of(validator: &jsonschema::Validator, name: &str, text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&document)
        .map(|fault| format!("{} {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    let run = document["runs"][0].clone();
    let mut prints = BTreeSet::new();
    for result in run["results"].as_array().unwrap() {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["text"].is_string() && rule["shortDescription"]["text"].is_string());
        // What a server shows has a place, with an end.
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["endColumn"].is_u64(), "{name}");
        let print = result["partialFingerprints"].to_string();
        assert!(prints.insert(print), "{name}: {result}");
    }
    run
}

#[test]
fn sarif_is_valid() {
    let validator = sarif();
    let (mut results, mut elsewhere, mut flows) = (0, 0, 0);
    each(|name, report| {
        let run = run_of(&validator, name, &text(TestFormat::Sarif, report));
        for result in run["results"].as_array().unwrap() {
            results += 1;
            elsewhere += usize::from(result.get("relatedLocations").is_some());
            flows += usize::from(result.get("codeFlows").is_some());
        }
    });
    assert!(
        results > 50 && elsewhere > 30 && flows > 30,
        "{results} {elsewhere} {flows}"
    );
}

#[test]
fn junit_is_valid() {
    each(|name, report| {
        let document = text(TestFormat::Junit, report);
        let mut reader = Reader::from_str(&document);
        let mut open: Vec<String> = Vec::new();
        let (mut cases, mut failures) = (0, 0);
        let mut enter = |open: &[String], start: &BytesStart<'_>| {
            let own = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
            let known = JUNIT.iter().find(|(element, ..)| *element == own);
            let (_, attributes, required, _) = known.unwrap_or_else(|| panic!("{name}: <{own}>"));
            if let Some(parent) = open.last() {
                let (.., inside) = JUNIT
                    .iter()
                    .find(|(element, ..)| element == parent)
                    .unwrap();
                assert!(inside.contains(&&*own), "{name}: <{own}> in <{parent}>");
            } else {
                assert_eq!(own, "testsuites");
            }
            let given = start.attributes().map(|attribute| {
                String::from_utf8(attribute.unwrap().key.as_ref().to_vec()).unwrap()
            });
            let given: Vec<String> = given.collect();
            for attribute in &given {
                assert!(
                    attributes.contains(&&**attribute),
                    "{name}: {attribute} of <{own}>"
                );
            }
            for attribute in *required {
                assert!(given.iter().any(|own| own == attribute), "{name}: <{own}>");
            }
            cases += usize::from(own == "testcase");
            failures += usize::from(own == "failure");
            own
        };
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    let own = enter(&open, &start);
                    open.push(own);
                }
                Event::Empty(start) => {
                    enter(&open, &start);
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(open.is_empty());
        assert_eq!(cases, report.results.len(), "{name}");
        assert_eq!(failures, report.count(Status::Fail), "{name}");
    });
}

/// One line a command, and nothing in it that would end it early.
#[test]
fn commands_of_build_servers_are_one_line_each() {
    each(|name, report| {
        let open = report.results.len() - report.count(Status::Pass);
        for (format, start) in [
            (TestFormat::Github, "::error "),
            (TestFormat::AzurePipelines, "##vso[task.logissue type="),
        ] {
            let text = text(format, report);
            assert_eq!(text.lines().count(), open, "{name}");
            for line in text.lines() {
                assert!(
                    line.starts_with(start) || line.starts_with("::warning "),
                    "{line}"
                );
            }
        }
    });
}

/// Every shipped topology, and every file of tests/lint.
fn linted() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all: Vec<_> = ["topologies", "tests/lint"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
        .map(|own| own.unwrap().path())
        .filter(|path| path.extension().is_none_or(|own| own == "yaml"))
        .collect();
    all.sort();
    all
}

#[test]
fn findings_are_valid_sarif_and_one_command_each() {
    let validator = sarif();
    let mut codes = BTreeSet::new();
    for path in linted() {
        let name = path.display().to_string();
        let loaded = load(&[Input::Path(path)], &[]);
        let found = lint(&loaded.network, &loaded.sources);
        let report = findings::Report {
            findings: &found,
            sources: &loaded.sources,
            denied: BTreeSet::new(),
            all: false,
        };
        let text = |format| {
            let mut out = Vec::new();
            findings::write(format, Look::default(), &report, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let run = run_of(&validator, &name, &text(LintFormat::Sarif));
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), found.found.len(), "{name}");
        for result in results {
            codes.insert(result["ruleId"].as_str().unwrap().to_owned());
            let notes = result["level"] == "note";
            assert!(notes || result["level"] == "warning", "{name}");
        }
        let github = text(LintFormat::Github);
        assert_eq!(github.lines().count(), found.found.len(), "{name}");
        for line in github.lines() {
            let start = line.split("file=").next().unwrap();
            assert!(["::warning ", "::notice "].contains(&start), "{line}");
        }
        let counting = found.found.iter().filter(|own| report.counts(own));
        let azure = text(LintFormat::AzurePipelines);
        assert_eq!(azure.lines().count(), counting.count(), "{name}");
    }
    let known = dryhop::diagnostic::Code::ALL.iter();
    assert_eq!(codes.len(), known.filter(|code| code.is_finding()).count());
}
