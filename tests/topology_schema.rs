//! The schema of topologies (`dryhop schema topology`, docs/topology.schema.json) takes what loads, and
//! refuses what has another shape. `UPDATE_PAGES=1 cargo test --test topology_schema` writes the file anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use std::fs;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::{Code, Severity};
use dryhop::load::load;
use dryhop::report::json;
use dryhop::spec::decode::{Context, Decode};
use dryhop::spec::node::{Node, Scalar};
use dryhop::spec::read::{Input, read};
use dryhop::spec::{SHAPE, Topology, describe};
use jsonschema::Validator;
use serde_json::Value;

/// Faults of shape: what a schema can see. What an address or a port is, it sees in part only.
const SHAPE_FAULTS: &[Code] = &[
    Code::UnknownKey,
    Code::UnknownWord,
    Code::WrongType,
    Code::MissingKey,
    Code::BothSingularAndPlural,
    Code::BadPriority,
];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validator() -> Validator {
    let schema = describe::topology();
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    jsonschema::draft7::new(&schema).unwrap()
}

/// A tree as an editor sees it: plain scalars by the core schema of YAML 1.2.
fn value(node: &Node) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Scalar(scalar) => plain(scalar),
        Node::List(items) => items.iter().map(value).collect(),
        Node::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, own)| (key.to_string(), value(own)));
            Value::Object(entries.collect())
        }
    }
}

fn plain(scalar: &Scalar) -> Value {
    let text = &*scalar.text;
    if scalar.quoted {
        return text.into();
    }
    match text {
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) if number.is_finite() => number.into(),
            _ => text.into(),
        },
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "overlays") {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn tree(input: &Input) -> Option<Value> {
    let (document, faults) = read(std::slice::from_ref(input), &[], &SHAPE);
    faults.is_empty().then(|| value(&document.tree))
}

/// Whether the tables refuse something in a file. What a combination of keys means is judged later.
fn is_refused(input: &Input) -> bool {
    let (document, _) = read(std::slice::from_ref(input), &[], &SHAPE);
    let mut cx = Context::default();
    let _ = Topology::decode(&document.tree, &mut cx);
    let mut faults = cx.faults.iter();
    faults.any(|fault| SHAPE_FAULTS.contains(&fault.code))
}

/// The codes of the errors of a file by itself.
fn errors(input: &Input) -> Vec<Code> {
    let loaded = load(std::slice::from_ref(input), &[]);
    let errors = loaded.diagnostics.iter().map(|own| own.code);
    errors
        .filter(|code| code.severity() == Severity::Error)
        .collect()
}

#[test]
fn the_file_is_the_schema() {
    let path = top().join("docs/topology.schema.json");
    let text = json(&describe::topology()).unwrap();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/topology.schema.json is not `dryhop schema topology`"
    );
}

#[test]
fn what_loads_is_valid_and_what_has_another_shape_is_not() {
    let validator = validator();
    let (mut wrong, mut sound, mut refused) = (Vec::new(), 0, 0);
    let shared = top().join("../shared/cases");
    for folder in ["topologies", "tests/cases", "tests/faults", "tests/cmd"] {
        let mut all = files(&top().join(folder));
        if folder == "tests/cases" {
            all.extend(files(&shared));
        }
        for path in all {
            let input = Input::Path(path.clone());
            let Some(tree) = tree(&input) else { continue };
            let found = errors(&input);
            let shapeless = is_refused(&input);
            let faults: Vec<String> = validator
                .iter_errors(&tree)
                .map(|fault| format!("{} {fault}", fault.instance_path()))
                .collect();
            match (shapeless, faults.is_empty()) {
                // What has other faults may or may not be valid.
                (false, false) if found.is_empty() => {
                    wrong.push(format!("{} loads: {}", path.display(), faults.join("\n  ")));
                }
                (true, true) => wrong.push(format!("{} is valid: {found:?}", path.display())),
                (true, false) => refused += 1,
                (false, true) => sound += 1,
                (false, false) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sound > 40 && refused > 0, "{sound} {refused}");
}

/// Small topologies, and whether they are valid: it is just what loads that is.
#[test]
fn what_may_be_written_in_more_than_one_way() {
    let validator = validator();
    let rule = |rest: &str| {
        format!("networkSecurityGroups: {{ a: {{ securityRules: {{ r: {{ {rest} }} }} }} }}")
    };
    let good = "priority: 100, direction: Inbound, access: Allow";
    let all = [
        ("networkSecurityGroups: { a: }".to_owned(), true),
        ("networkSecurityGroups:".to_owned(), true),
        (
            rule("priority: '100', direction: INBOUND, access: aLLow"),
            true,
        ),
        (rule("priority: 100, direction: Inbound"), false),
        (
            rule("priority: 99, direction: Inbound, access: Allow"),
            false,
        ),
        (
            rule("priority: 100, direction: Inwards, access: Allow"),
            false,
        ),
        (rule(&format!("{good}, destinationPortRange: 443")), true),
        (
            rule(&format!("{good}, destinationPortRange: [443, 80-90]")),
            true,
        ),
        (rule(&format!("{good}, destinationPortRanges: '*'")), true),
        (
            rule(&format!(
                "{good}, destinationPortRange: 443, destinationPortRanges: [80]"
            )),
            false,
        ),
        (
            rule(&format!(
                "{good}, destinationPortRange: 443, destinationPortRanges:"
            )),
            true,
        ),
        (
            rule(&format!("{good}, protocol: any, description: x")),
            true,
        ),
        (rule(&format!("{good}, protocoll: any")), false),
        (
            "networkSecurityGroups: { a: { securityRules: [r] } }".to_owned(),
            false,
        ),
        (
            "natGateways: { n: { publicIPAddresses: [[a]] } }".to_owned(),
            false,
        ),
        (
            "checks: { c: { source: a, destination: b, port: 1, expect: reachable } }".to_owned(),
            true,
        ),
        (
            "checks: { c: { source: a, destination: b, port: 1, expect: } }".to_owned(),
            false,
        ),
        (
            "checks: { c: { source: a, destination: b, expect: { hops: [[a, b], [a, c]] } } }"
                .to_owned(),
            true,
        ),
    ];
    for (text, sound) in all {
        let input = Input::Text {
            name: "topology.yaml".to_owned(),
            text: text.clone(),
        };
        let tree = tree(&input).unwrap();
        assert_eq!(validator.is_valid(&tree), sound, "{text}");
        assert_eq!(is_refused(&input), !sound, "{text}");
    }
}

/// Editors find the schema by the first line of a shipped file.
#[test]
fn shipped_topologies_name_the_schema() {
    let schema = fs::canonicalize(top().join("docs/topology.schema.json")).unwrap();
    let all = files(&top().join("topologies"));
    assert!(!all.is_empty());
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        let named = text.strip_prefix("# yaml-language-server: $schema=");
        let named = named
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        let found = fs::canonicalize(path.parent().unwrap().join(named));
        assert_eq!(found.ok(), Some(schema.clone()), "{}", path.display());
    }
}
