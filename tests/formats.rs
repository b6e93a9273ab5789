//! What `test` writes, held against the schemas of those who read it: SARIF's by OASIS, JUnit's as the xUnit
//! plugin of Jenkins has it (`junit-10.xsd`). For every shipped topology, as it is and with each machine down.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::fs;
use std::path::Path;

use dryhop::check::{Options, Report, Status, TestFormat, judge, write};
use dryhop::load::load;
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

#[test]
fn sarif_is_valid() {
    let schema = include_str!("schemas/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // A bracket too many, which only some dialects of regular expressions take; nothing of ours has it.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let (mut results, mut elsewhere, mut flows) = (0, 0, 0);
    each(|name, report| {
        let document: Value = serde_json::from_str(&text(TestFormat::Sarif, report)).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| format!("{} {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
        let run = &document["runs"][0];
        let mut prints = Vec::new();
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(
                run["tool"]["driver"]["rules"][index]["id"],
                result["ruleId"]
            );
            // What a server shows has a place.
            assert!(
                result["locations"][0]["physicalLocation"].is_object(),
                "{name}"
            );
            results += 1;
            elsewhere += usize::from(result.get("relatedLocations").is_some());
            flows += usize::from(result.get("codeFlows").is_some());
            prints.push(result["partialFingerprints"]["check/v1"].clone());
        }
        let count = prints.len();
        prints.dedup();
        assert_eq!(prints.len(), count, "{name}");
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
