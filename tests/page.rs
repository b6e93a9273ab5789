//! The page of every shipped topology, as a file: its policy is that of its own style and script, its
//! document parses and names what is drawn, and it stays small. What it does is for `tests/browser.rs`.

#![allow(clippy::unwrap_used, reason = "a test may end so")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use data_encoding::BASE64;
use dryhop::check::{Options, judge};
use dryhop::engine::{Engine, Question, check};
use dryhop::load::{Loaded, load};
use dryhop::net::Protocol;
use dryhop::network::Endpoint;
use dryhop::report::graph::{Mark, MarkKind};
use dryhop::report::page::data::{self, Row};
use dryhop::report::page::{Verdict, answers, marked, policy, results, topology};
use dryhop::spec::read::Input;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn shipped() -> Vec<(String, Loaded)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let all = fs::read_dir(folder).unwrap().map(|own| own.unwrap().path());
    let mut all: Vec<_> = all
        .map(|path| (path.display().to_string(), load(&[Input::Path(path)], &[])))
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// What stands between a tag and its end, for each that there is.
fn inside<'h>(html: &'h str, open: &str, close: &str) -> Vec<&'h str> {
    let pieces = html.split(open).skip(1);
    pieces
        .map(|piece| piece.split_once(close).unwrap().0)
        .collect()
}

/// Asserts what holds for every page, and returns its document.
fn sound(name: &str, html: &str) -> Value {
    let styles = inside(html, "<style>", "</style>");
    let scripts = inside(html, "<script>", "</script>");
    assert_eq!((styles.len(), scripts.len()), (2, 1), "{name}");
    let wanted = policy(styles.iter().copied(), &scripts);
    assert!(html.contains(&format!("content=\"{wanted}\"")), "{name}");
    let digest = BASE64.encode(&Sha256::digest(scripts[0]));
    assert!(wanted.starts_with("default-src 'none';") && wanted.contains(&digest));
    // Nothing that the policy would refuse, and nothing that leads elsewhere.
    let body = html.split_once("<body>").unwrap().1;
    let markup = body.split_once("<script").unwrap().0;
    for refused in [
        " style=\"",
        " onclick=",
        " onload=",
        " src=",
        "url(",
        "http-equiv",
        "<link",
        "<iframe",
    ] {
        assert!(!markup.contains(refused), "{name}: {refused}");
    }
    assert_eq!(inside(markup, "href=\"", "\""), ["#panel"], "{name}");
    let data = inside(
        html,
        "<script type=\"application/json\" id=\"data\">",
        "</script>",
    );
    let data: Value = serde_json::from_str(data[0]).unwrap();
    let ids = inside(markup, " id=\"", "\"");
    let known: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "{name}: ids are given once");
    for id in data["things"].as_object().unwrap().keys() {
        assert!(known.contains(id.as_str()), "{name}: {id} is not drawn");
    }
    let (lists, tables) = (
        data["lists"].as_array().unwrap(),
        data["tables"].as_array().unwrap(),
    );
    for hop in hops(&data) {
        let thing = hop["thing"].as_str().unwrap();
        assert!(known.contains(thing), "{name}: {thing} is not drawn");
        for step in hop["steps"].as_array().unwrap() {
            if let Some(rules) = step.get("rules") {
                let list = &lists[usize::try_from(rules["list"].as_u64().unwrap()).unwrap()];
                let decided = usize::try_from(rules["decided"].as_u64().unwrap()).unwrap();
                let matched = rules["matched"].as_array().unwrap();
                // The rule that decides matches in all five, and none before it does.
                let all = matched.iter().position(|bits| *bits == 31);
                let rules = list["rules"].as_array().unwrap().len();
                assert_eq!(all.unwrap_or(rules), decided, "{name}: {step}");
            }
            if let Some(routes) = step.get("routes") {
                let table = &tables[usize::try_from(routes["table"].as_u64().unwrap()).unwrap()];
                let rows = table["rows"].as_array().unwrap();
                for row in routes["rows"].as_array().unwrap() {
                    assert!(usize::try_from(row[0].as_u64().unwrap()).unwrap() < rows.len());
                }
            }
        }
    }
    assert!(html.len() < 400_000, "{name} has {} bytes", html.len());
    data
}

fn hops(data: &Value) -> impl Iterator<Item = &Value> {
    let rows = data["rows"].as_array().unwrap().iter();
    let answers = rows.flat_map(|row| row["answers"].as_array().into_iter().flatten());
    let paths = answers.flat_map(|answer| answer["paths"].as_array().unwrap());
    paths.flat_map(|path| path["hops"].as_array().unwrap())
}

#[test]
fn the_page_of_checks_has_every_check() {
    for (name, loaded) in shipped() {
        let report = judge(&loaded, &Options::default()).unwrap();
        let html = results(&loaded, &report, "as text".to_owned())
            .html()
            .unwrap();
        let data = sound(&name, &html);
        let rows = data["rows"].as_array().unwrap();
        assert_eq!(rows.len(), report.results.len(), "{name}");
        for (row, outcome) in rows.iter().zip(&report.results) {
            assert_eq!(row["name"], *outcome.name);
            let asked = row.get("answers").is_some() || row.get("things").is_some();
            let asks = !matches!(
                outcome.kind.section(),
                "findings" | "invalid" | "intents" | "securityDiagnostics"
            );
            assert!(asked || !asks, "{name}: {row}");
        }
    }
}

#[test]
fn the_page_of_a_topology_has_the_routes_and_rules_of_every_nic() {
    for (name, loaded) in shipped() {
        let html = topology(&loaded.network).html().unwrap();
        let data = sound(&name, &html);
        let things = data["things"].as_object().unwrap();
        for machine in loaded
            .network
            .machines
            .iter()
            .map(|(_, own)| &own.identity.name)
        {
            let is = |thing: &&Value| {
                let shown = thing["name"].as_str().unwrap();
                shown == &**machine || shown.starts_with(&format!("{machine}/"))
            };
            let found = things.values().find(is);
            assert!(
                found.is_some_and(|own| own.get("table").is_some()),
                "{name}: {machine}"
            );
        }
    }
}

#[test]
fn the_page_of_an_answer_is_the_same_each_time() {
    for (name, loaded) in shipped().into_iter().take(4) {
        let network = &loaded.network;
        let engine = Engine::new(network);
        let nics: Vec<_> = network.nics.ids().collect();
        let (from, to) = (nics[0], nics[nics.len() - 1]);
        let question = Question::new(
            Endpoint::Nic(from),
            Endpoint::Nic(to),
            Protocol::Tcp,
            Some(443),
        );
        let found = check(&engine, &question).unwrap();
        let page = || {
            answers(&engine, &loaded.sources, &found, &[])
                .html()
                .unwrap()
        };
        let html = page();
        sound(&name, &html);
        assert_eq!(html, page());
    }
}

/// What a comparison or a failure shows: marks on the drawing, and a row for each.
#[test]
fn the_page_of_marks_has_its_rows() {
    let (name, loaded) = shipped().swap_remove(4);
    assert!(name.ends_with("hub-spoke"));
    let mark = |kind, from: &str, to: Option<&str>| Mark {
        kind,
        from: from.to_owned(),
        to: to.map(str::to_owned),
        label: "tcp/443".to_owned(),
    };
    let marks = [
        mark(
            MarkKind::Opened,
            "vm-spoke-one-linux",
            Some("vm-spoke-two-windows"),
        ),
        mark(MarkKind::Lost, "nva-hub", None),
    ];
    let rows = ["opened", "lost"].into_iter().zip(0..);
    let rows = rows.map(|(word, position)| Row {
        marks: vec![position],
        ..Row::new(data::Mark::No, word, "tcp/443")
    });
    let verdict = Verdict {
        mark: data::Mark::No,
        word: "2 differences".to_owned(),
        of: "after the change".to_owned(),
    };
    let page = marked(
        &loaded.network,
        &marks,
        verdict,
        "as text".to_owned(),
        rows.collect(),
    );
    let data = sound(&name, &page.html().unwrap());
    let things = |at: usize| data["rows"][at]["things"].as_array().unwrap().len();
    assert_eq!((things(0), things(1)), (2, 1));
}
