//! SARIF 2.1.0: a result for each check that does not pass.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::Look;
use crate::check::{Outcome, Report, Status};

const FAILED: &str = "check-failed";
const NOT_MODELLED: &str = "check-not-modelled";

pub(super) fn write(_: Look, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rule = |id: &str, text: &str, level: &str| {
        json!({
            "id": id,
            "shortDescription": { "text": text },
            "defaultConfiguration": { "level": level },
        })
    };
    let results: Vec<Value> = report.results.iter().filter_map(result).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": [
                    rule(FAILED, "a check of the design does not hold", "error"),
                    rule(NOT_MODELLED, "a check rests on something that is not modelled yet", "warning"),
                ],
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn result(outcome: &Outcome) -> Option<Value> {
    let (id, index, level) = match outcome.status {
        Status::Pass => return None,
        Status::Fail => (FAILED, 0, "error"),
        Status::NotModelled => (NOT_MODELLED, 1, "warning"),
    };
    let name = format!("{}/{}", outcome.kind.section(), outcome.name);
    let message = format!("{}: {}", outcome.name, outcome.reason());
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": name }] });
    if !outcome.spot.file.is_empty() {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": uri(&outcome.spot.file) },
            "region": { "startLine": outcome.spot.line, "startColumn": outcome.spot.column },
        });
    }
    Some(json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": level,
        "message": { "text": message },
        "locations": [location],
        "partialFingerprints": { "check/v1": name },
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
