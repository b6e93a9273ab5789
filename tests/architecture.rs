//! The invariants of docs/ARCHITECTURE.md.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use of the others, as in docs/ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("net", &[]),
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("ci", &["source"]),
    ("spec", &["net", "source", "diagnostic"]),
    ("import", &["net", "source", "diagnostic", "spec"]),
    ("network", &["net", "source", "spec"]),
    (
        "resolve",
        &["net", "source", "diagnostic", "spec", "network"],
    ),
    ("effective", &["net", "network", "spec"]),
    (
        "trace",
        &["net", "network", "effective", "diagnostic", "spec"],
    ),
    (
        "engine",
        &["net", "network", "effective", "trace", "diagnostic", "spec"],
    ),
    (
        "whatif",
        &["net", "network", "effective", "trace", "engine", "spec"],
    ),
    (
        "lint",
        &[
            "net",
            "source",
            "diagnostic",
            "network",
            "effective",
            "engine",
            "spec",
        ],
    ),
];

/// Modules that may use no more of `spec` than its words and settings.
const WORDS_ONLY: &[&str] = &["network", "effective", "trace", "engine", "whatif", "lint"];

/// Those words: closed sets, and `Settings`.
const WORDS: &[&str] = &[
    "Access",
    "AddressSku",
    "AdminAccess",
    "ApplyOnIntent",
    "ConnectionStatus",
    "Direction",
    "EndpointPolicies",
    "GatewayType",
    "HttpProtocol",
    "IntentPolicy",
    "IssueOrigin",
    "IssueSeverity",
    "IssueType",
    "NextHopType",
    "OrchestrationMode",
    "OutboundSmtp",
    "PeeringState",
    "PortStatus",
    "PowerState",
    "ReservedRoutes",
    "RouteNextHopType",
    "RouteSource",
    "RouteState",
    "Settings",
    "SourceNat",
    "EndpointState",
    "checks",
    "SECTIONS",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `crate::module` that a text names, with what follows it up to the statement's end.
fn uses(text: &str) -> Vec<(String, String)> {
    text.match_indices("crate::")
        .map(|(at, found)| {
            let rest = &text[at + found.len()..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let statement = rest[end..].split(';').next().unwrap_or_default();
            (rest[..end].to_owned(), statement.to_owned())
        })
        .collect()
}

#[test]
fn imports_point_downward() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_USE {
        for path in sources(&src().join(module)) {
            if path.file_name().is_some_and(|name| name == "testing.rs") {
                continue;
            }
            for (used, what) in uses(&code(&path)) {
                if used != *module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} uses {used}", path.display()));
                }
                if used == "spec" && WORDS_ONLY.contains(module) {
                    let named = what.split(|c: char| !c.is_alphanumeric() && c != '_');
                    let named: Vec<&str> = named
                        .take_while(|w| *w != "fn")
                        .filter(|w| !w.is_empty())
                        .collect();
                    let first = named.first().copied().unwrap_or_default();
                    if !WORDS.contains(&first) {
                        wrong.push(format!("{} uses spec's {first}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small_and_say_what_they_are() {
    let mut lengths = Vec::new();
    for path in sources(&src()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is",
            path.display()
        );
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
        lengths.push(lines);
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median < 250, "the median file has {median} lines");
}

#[test]
fn every_step_of_a_path_follows_links_of_the_graph() {
    use dryhop::engine::{Engine, Question, check};
    use dryhop::load::load;
    use dryhop::net::Protocol;
    use dryhop::network::Endpoint;
    use dryhop::spec::read::Input;
    use dryhop::trace::Step;

    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = fs::read_dir(top.join("topologies"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut cases = Vec::new();
    for folder in fs::read_dir(top.join("tests/cases")).into_iter().flatten() {
        cases.extend(
            fs::read_dir(folder.unwrap().path())
                .into_iter()
                .flatten()
                .map(|e| e.unwrap().path()),
        );
    }
    let mut steps = 0;
    for path in shipped.chain(cases) {
        let loaded = load(&[Input::Path(path.clone())], &[]);
        if !loaded.is_sound() {
            continue;
        }
        let network = &loaded.network;
        let engine = Engine::new(network);
        let nics = network.nics.ids().map(Endpoint::Nic);
        let ends: Vec<Endpoint> = nics
            .chain(network.internet_hosts.ids().map(Endpoint::InternetHost))
            .chain(
                network
                    .public_ips
                    .iter()
                    .map(|(_, pip)| Endpoint::Address(pip.address)),
            )
            .chain([Endpoint::Internet])
            .collect();
        for (source, destination) in ends.iter().flat_map(|a| ends.iter().map(move |b| (a, b))) {
            let question = Question::new(
                source.clone(),
                destination.clone(),
                Protocol::Tcp,
                Some(443),
            );
            for answer in check(&engine, &question).unwrap_or_default() {
                let ways = answer.paths.iter().flat_map(|path| {
                    path.replies
                        .iter()
                        .map(|reply| &reply.hops)
                        .chain([&path.hops])
                });
                for step in ways.flatten().flat_map(|hop| &hop.steps) {
                    let Step::Crossed(places) = step else {
                        continue;
                    };
                    for pair in places.windows(2) {
                        steps += 1;
                        assert!(
                            network.graph.between(pair[0], pair[1]).is_some(),
                            "{}: {pair:?} is no link, from {source:?} to {destination:?}",
                            path.display()
                        );
                    }
                }
            }
        }
    }
    assert!(steps > 1000, "only {steps} steps were seen");
}
