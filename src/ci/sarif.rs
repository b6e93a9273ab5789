//! SARIF 2.1.0 (`sarif-v2.1.0-errata01-os`), which code scanning shows.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Level, Spot};

/// A kind of result: its code, what it means, what helps, how bad it is.
pub(crate) struct Rule {
    pub id: &'static str,
    pub meaning: &'static str,
    /// What more there is to say of every result of the kind.
    pub help: String,
    /// The page of the documentation, from the top of the repository.
    pub page: Option<String>,
    pub level: Level,
}

/// One result.
pub(crate) struct Entry {
    /// The id of its rule.
    pub rule: &'static str,
    pub text: String,
    pub at: Option<Spot>,
    /// What it is about, where that has a name and a kind that SARIF knows.
    pub about: Option<(String, &'static str)>,
    /// What else is to be looked at.
    pub related: Vec<(Spot, String)>,
    /// Ways that packets take.
    pub flows: Vec<Vec<(Spot, String)>>,
    /// What stays the same while the files change: a name for the kind of print, and the print.
    pub print: (&'static str, String),
}

/// Writes a run of dryhop with its results; those of a rule that is not among `rules` have no place in it.
pub(crate) fn write(rules: &[Rule], entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let results = entries.iter().filter_map(|entry| result(entry, rules));
    let results: Vec<Value> = results.collect();
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [{ "executionSuccessful": true }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn rule(own: &Rule) -> Value {
    let mut rule = json!({
        "id": own.id,
        "shortDescription": { "text": own.meaning },
        "help": { "text": own.help },
        "defaultConfiguration": { "level": own.level.word() },
    });
    // A page is found on the web only where the package says where its repository is.
    let repository = env!("CARGO_PKG_REPOSITORY");
    if let Some(page) = own.page.as_ref().filter(|_| !repository.is_empty()) {
        rule["helpUri"] = format!("{repository}/blob/main/{page}").into();
    }
    rule
}

fn result(entry: &Entry, rules: &[Rule]) -> Option<Value> {
    let index = rules.iter().position(|rule| rule.id == entry.rule)?;
    let (kind, print) = &entry.print;
    let mut location = json!({});
    if let Some((name, kind)) = &entry.about {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": name, "kind": kind }]);
    }
    if let Some(physical) = entry.at.as_ref().and_then(physical) {
        location["physicalLocation"] = physical;
    }
    let mut result = json!({
        "ruleId": entry.rule,
        "ruleIndex": index,
        "level": rules.get(index)?.level.word(),
        "message": { "text": entry.text },
        "locations": [location],
        "partialFingerprints": { *kind: print },
    });
    let related: Vec<Value> = entry.related.iter().filter_map(located).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    let paths = entry.flows.iter().enumerate();
    let flows: Vec<Value> = paths.filter_map(|(at, path)| flow(at, path)).collect();
    if !flows.is_empty() {
        result["codeFlows"] = flows.into();
    }
    Some(result)
}

/// One path; what stands in no file is not on it, since a server could not show it.
fn flow(at: usize, path: &[(Spot, String)]) -> Option<Value> {
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

fn located((spot, text): &(Spot, String)) -> Option<Value> {
    let physical = physical(spot)?;
    Some(json!({ "physicalLocation": physical, "message": { "text": text } }))
}

fn physical(spot: &Spot) -> Option<Value> {
    if !spot.is_file() {
        return None;
    }
    let uri = uri(&spot.file);
    let mut artifact = json!({ "uri": uri });
    if !uri.starts_with("file:") {
        artifact["uriBaseId"] = "%SRCROOT%".into();
    }
    let (end_line, end_column) = spot.end;
    Some(json!({
        "artifactLocation": artifact,
        "region": {
            "startLine": spot.line,
            "startColumn": spot.column,
            "endLine": end_line,
            "endColumn": end_column,
        },
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
