//! SARIF 2.1.0 (`sarif-v2.1.0-errata01-os`): a result for each check that does not pass. It stands where
//! that does which decides; the ways of the packets are its code flows.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{FAILED, Look, NOT_MODELLED, is_file, rule_id};
use crate::check::{Mark, Outcome, Report, Spot, Status};
use crate::trace::codes::{ISSUE_CODES, IssueCode};

/// A kind of result: its code, what it means, how bad it is.
struct Rule {
    id: &'static str,
    meaning: &'static str,
    level: &'static str,
}

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rules = rules(report);
    let results = report.results.iter();
    let results: Vec<Value> = results
        .filter_map(|outcome| result(outcome, &rules))
        .collect();
    let rules = rules.iter().map(|rule| {
        json!({
            "id": rule.id,
            "shortDescription": { "text": rule.meaning },
            "help": { "text": format!("{}: {}", rule.id, rule.meaning) },
            "defaultConfiguration": { "level": rule.level },
        })
    });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "invocations": [{ "executionSuccessful": true }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// The kinds of results that there are in a report, after the two that there may be in every one.
fn rules(report: &Report) -> Vec<Rule> {
    let own = [
        (FAILED, "a check of the design does not hold", "error"),
        (
            NOT_MODELLED,
            "a check rests on something that is not modelled yet",
            "warning",
        ),
    ];
    let own = own
        .into_iter()
        .map(|(id, meaning, level)| Rule { id, meaning, level });
    let failed = |code: &&IssueCode| {
        let failing = |outcome: &Outcome| outcome.status == Status::Fail;
        let mut results = report.results.iter();
        results.any(|outcome| failing(outcome) && rule_id(outcome) == code.name)
    };
    let used = ISSUE_CODES.iter().filter(failed).map(|code| Rule {
        id: code.name,
        meaning: code.meaning,
        level: "error",
    });
    own.chain(used).collect()
}

fn result(outcome: &Outcome, rules: &[Rule]) -> Option<Value> {
    if outcome.status == Status::Pass {
        return None;
    }
    let id = rule_id(outcome);
    let index = rules.iter().position(|rule| rule.id == id)?;
    let name = format!("{}/{}", outcome.kind.section(), outcome.name);
    let place = outcome.place();
    let mut location = json!({
        "logicalLocations": [{ "fullyQualifiedName": name, "kind": "member" }],
    });
    if let Some(physical) = physical(place) {
        location["physicalLocation"] = physical;
    }
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": rules.get(index)?.level,
        "message": { "text": format!("{}: {}", outcome.name, outcome.reason()) },
        "locations": [location],
        "partialFingerprints": { "check/v1": name },
    });
    let check = Mark {
        spot: Some(outcome.spot.clone()),
        text: "the check".to_owned(),
    };
    let others = outcome.evidence.deciding.iter().chain([&check]);
    let others = others.filter(|mark| mark.spot.as_ref() != Some(place));
    let related: Vec<Value> = others.filter_map(located).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    let paths = outcome.evidence.paths.iter().enumerate();
    let flows: Vec<Value> = paths.filter_map(|(at, path)| flow(at, path)).collect();
    if !flows.is_empty() {
        result["codeFlows"] = flows.into();
    }
    Some(result)
}

/// One path; what stands in no file is not on it, since a server could not show it.
fn flow(at: usize, path: &[Mark]) -> Option<Value> {
    let locations: Vec<Value> = path
        .iter()
        .filter_map(|mark| Some(json!({ "location": located(mark)? })))
        .collect();
    (!locations.is_empty()).then(|| {
        json!({
            "message": { "text": format!("path {}", at + 1) },
            "threadFlows": [{ "locations": locations }],
        })
    })
}

fn located(mark: &Mark) -> Option<Value> {
    let physical = physical(mark.spot.as_ref()?)?;
    Some(json!({ "physicalLocation": physical, "message": { "text": mark.text } }))
}

fn physical(spot: &Spot) -> Option<Value> {
    if !is_file(&spot.file) {
        return None;
    }
    let uri = uri(&spot.file);
    let mut artifact = json!({ "uri": uri });
    if !uri.starts_with("file:") {
        artifact["uriBaseId"] = "%SRCROOT%".into();
    }
    Some(json!({
        "artifactLocation": artifact,
        "region": { "startLine": spot.line, "startColumn": spot.column },
    }))
}

/// A file's name as a URI: relative where it is, else `file://…`.
fn uri(file: &str) -> String {
    let file = file.strip_prefix("./").unwrap_or(file);
    let file = if cfg!(windows) {
        file.replace('\\', "/")
    } else {
        file.to_owned()
    };
    let drive = file.as_bytes().get(1) == Some(&b':') && cfg!(windows);
    let mut uri = match (file.starts_with('/'), drive) {
        (true, _) => "file://".to_owned(),
        (_, true) => "file:///".to_owned(),
        _ => String::new(),
    };
    for byte in file.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            b':' if drive => uri.push(':'),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn names_of_files_are_uris() {
        assert_eq!(
            uri("./topologies/hub spoke.yaml"),
            "topologies/hub%20spoke.yaml"
        );
        assert_eq!(uri("a:b.yaml"), "a%3Ab.yaml");
        assert_eq!(uri("/etc/ü.yaml"), "file:///etc/%C3%BC.yaml");
    }
}
