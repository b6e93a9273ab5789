//! What `check --format json` writes, held against its own schema and against the members and words of
//! Azure's API (`NetworkWatchers_CheckConnectivity`, api-version 2026-03-01, and the response table of
//! `network-watcher/connection-troubleshoot-overview`), for every case and every shipped topology.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::check::connections;
use dryhop::engine::{Engine, check};
use dryhop::load::load;
use dryhop::report::check::{azure_table, document};
use dryhop::report::schema;
use dryhop::spec::read::Input;
use dryhop::whatif::{Remedy, remedies};
use serde_json::Value;

/// The members of each of the API's objects.
const API: &[(&str, &[&str])] = &[
    (
        "ConnectivityInformation",
        &[
            "hops",
            "connectionStatus",
            "avgLatencyInMs",
            "minLatencyInMs",
            "maxLatencyInMs",
            "probesSent",
            "probesFailed",
        ],
    ),
    (
        "ConnectivityHop",
        &[
            "type",
            "id",
            "address",
            "resourceId",
            "nextHopIds",
            "previousHopIds",
            "links",
            "previousLinks",
            "issues",
        ],
    ),
    (
        "HopLink",
        &[
            "nextHopId",
            "linkType",
            "type",
            "properties",
            "issues",
            "context",
            "resourceId",
        ],
    ),
    (
        "HopLinkProperties",
        &["roundTripTimeMin", "roundTripTimeAvg", "roundTripTimeMax"],
    ),
    (
        "ConnectivityIssue",
        &["origin", "severity", "type", "context"],
    ),
    (
        "NextHopResult",
        &["nextHopType", "nextHopIpAddress", "routeTableId"],
    ),
    ("DiagnosticResponse", &["results"]),
    (
        "DiagnosticResult",
        &["profile", "networkSecurityGroupResult"],
    ),
    (
        "DiagnosticProfile",
        &[
            "direction",
            "protocol",
            "source",
            "destination",
            "destinationPort",
        ],
    ),
    (
        "SecurityGroupResult",
        &["securityRuleAccessResult", "evaluatedNetworkSecurityGroups"],
    ),
    (
        "EvaluatedSecurityGroup",
        &[
            "networkSecurityGroupId",
            "appliedTo",
            "matchedRule",
            "rulesEvaluationResult",
        ],
    ),
    ("MatchedRule", &["ruleName", "action"]),
    (
        "RuleEvaluation",
        &[
            "name",
            "protocolMatched",
            "sourceMatched",
            "sourcePortMatched",
            "destinationMatched",
            "destinationPortMatched",
        ],
    ),
];

/// What the response table has beside the API, and what only dryhop knows.
const BESIDE: &[&str] = &[
    "nextHopAnalysis",
    "sourceSecurityRuleAnalysis",
    "destinationSecurityRuleAnalysis",
    "sourcePortStatus",
    "destinationPortStatus",
    "dryhop",
];

/// The words of the response table, by member. Issue types are an open set in the API; beside the table
/// those of Microsoft's newer pages.
const WORDS: &[(&str, &[&str])] = &[
    ("ConnectionStatus", &["Reachable", "Unreachable"]),
    ("Origin", &["Inbound", "Outbound", "Local"]),
    ("Severity", &["Error", "Warning"]),
    (
        "NextHopType",
        &[
            "HyperNetGateway",
            "Internet",
            "None",
            "VirtualAppliance",
            "VirtualNetworkGateway",
            "VnetLocal",
        ],
    ),
    ("SecurityRuleAccessResult", &["Allow", "Deny"]),
    ("Action", &["Allow", "Deny"]),
    ("Direction", &["Outbound", "Inbound"]),
    (
        "SourcePortStatus",
        &[
            "Unknown",
            "Reachable",
            "Unstable",
            "NoConnection",
            "Timeout",
        ],
    ),
    (
        "DestinationPortStatus",
        &[
            "Unknown",
            "Reachable",
            "Unstable",
            "NoConnection",
            "Timeout",
        ],
    ),
    ("Protocol", &["*", "TCP", "UDP"]),
    ("LinkType", &["VirtualNetwork", "Internet"]),
];

/// The words of `Type`, of hops, links and issues.
const TYPES: &[&str] = &[
    "Source",
    "VirtualAppliance",
    "VnetLocal",
    "Internet",
    "VirtualNetwork",
    "VirtualNetworkGateway",
    "Destination",
    "AgentStopped",
    "ARPMissing",
    "CPU",
    "DnsResolution",
    "GuestFirewall",
    "Memory",
    "NetworkSecurityRule",
    "NoListenerOnDestination",
    "Platform",
    "SocketBind",
    "UserDefinedRoute",
    "VMDeallocated",
    "VMStopped",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every topology there is: the shipped ones, and those of the cases.
fn topologies() -> Vec<PathBuf> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        all.sort();
        all
    };
    let mut found = entries(&root().join("topologies"));
    found.extend(
        entries(&root().join("tests/cases"))
            .iter()
            .flat_map(|folder| entries(folder)),
    );
    found
}

/// The document of every check of every topology, with the name of both.
fn documents() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for path in topologies() {
        let loaded = load(&[Input::Path(path.clone())], &[]);
        // Cases of faulty files have no connections.
        for asked in connections(&loaded).unwrap_or_default() {
            let changed;
            let network = if asked.down.is_empty() {
                &loaded.network
            } else {
                changed = loaded.network.with_down(&asked.down).unwrap();
                &changed
            };
            let engine = Engine::new(network);
            let answers = check(&engine, &asked.question).unwrap();
            let tried: Vec<Vec<Remedy>> = match answers.as_slice() {
                [answer] => vec![remedies(&engine, &asked.question, answer)],
                _ => Vec::new(),
            };
            let set = answers.len() > 1;
            let written = document(network, &loaded.sources, &answers, &tried, set);
            let name = format!("{}: {}", path.display(), asked.name);
            found.push((name, serde_json::to_value(&written).unwrap()));
        }
    }
    assert!(found.len() > 150, "{}", found.len());
    found
}

#[test]
fn answers_are_as_their_schema_says() {
    let schema = schema::answer();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    for (name, document) in documents() {
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| {
                let kind = format!("{:?}", fault.kind());
                format!(
                    "{}: {}",
                    fault.instance_path(),
                    &kind[..kind.len().min(2000)]
                )
            })
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
    // It is a schema that refuses.
    assert!(!validator.is_valid(&serde_json::json!({})));
    let (_, mut document) = documents().remove(0);
    document["connectionStatus"] = "Connected".into();
    assert!(!validator.is_valid(&document));
}

#[test]
fn the_schema_has_the_members_of_the_api() {
    let schema = schema::answer();
    for (name, members) in API {
        let known = schema["definitions"][name]["properties"]
            .as_object()
            .unwrap();
        let known: BTreeSet<&str> = known.keys().map(String::as_str).collect();
        let mut wanted: BTreeSet<&str> = members.iter().copied().collect();
        if *name == "ConnectivityInformation" {
            wanted.extend(BESIDE);
        }
        assert_eq!(known, wanted, "{name}");
    }
}

/// Everything that Microsoft's own samples of an answer have.
#[test]
fn the_recorded_answers_have_no_member_that_is_not_known() {
    let folder = root().join("../shared/azure/golden-api");
    if !folder.is_dir() {
        return;
    }
    let known: BTreeSet<&str> = API
        .iter()
        .flat_map(|(_, members)| *members)
        .copied()
        .collect();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        if document["response"].get("connectionStatus").is_some() {
            members(&document["response"], &mut |member, _| {
                assert!(known.contains(member), "{}: {member}", path.display());
            });
        }
    }
}

/// Calls `seen` with every member and its value; what is inside of contexts has keys of its own.
fn members(value: &Value, seen: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Array(all) => all.iter().for_each(|value| members(value, seen)),
        Value::Object(all) => {
            for (key, value) in all {
                seen(key, value);
                if !key.eq_ignore_ascii_case("context") {
                    members(value, seen);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_table_has_the_members_and_words_of_microsofts() {
    let mut known: BTreeSet<String> = API
        .iter()
        .flat_map(|(_, members)| *members)
        .chain(BESIDE)
        .filter(|member| **member != "dryhop")
        .map(|member| capital(member))
        .collect();
    // The table's own name for it.
    known.remove("EvaluatedNetworkSecurityGroups");
    known.insert("EvaluatedSecurityGroups".to_owned());
    for (name, document) in documents() {
        let written: Vec<Value> = match document {
            Value::Array(each) => each,
            one => vec![one],
        };
        for one in written {
            let table = azure_table(&one).unwrap();
            members(&table, &mut |member, value| {
                assert!(known.contains(member), "{name}: {member}");
                if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == member) {
                    assert!(
                        words.contains(&value.as_str().unwrap()),
                        "{name}: {member} {value}"
                    );
                }
                if member == "Type" {
                    assert!(TYPES.contains(&value.as_str().unwrap()), "{name}: {value}");
                }
            });
            let number = |member: &str| table[member].as_u64();
            assert!(number("ProbesSent").unwrap() <= 100, "{name}");
            assert!(number("ProbesFailed") <= number("ProbesSent"), "{name}");
            let times = ["MinLatencyInMs", "AvgLatencyInMs", "MaxLatencyInMs"].map(number);
            let reachable = table["ConnectionStatus"] == "Reachable";
            assert!(
                times.is_sorted() && times.iter().all(|ms| ms.is_some() == reachable),
                "{name}"
            );
        }
    }
}

fn capital(member: &str) -> String {
    let mut letters = member.chars();
    let first = letters.next().unwrap().to_ascii_uppercase();
    format!("{first}{}", letters.as_str())
}
