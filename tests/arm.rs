//! ARM templates.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use dryhop::import::arm::{Options, ParameterFile, read};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn dump() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/inputs/arm");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| !n.ends_with(".parameters.json"))
        .collect();
    names.sort();
    let only = std::env::var("ONLY").unwrap_or_default();
    for name in names {
        if !name.starts_with(&only) {
            continue;
        }
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        let p = folder.join(name.replace(".json", ".parameters.json"));
        let params: Vec<_> = fs::read_to_string(&p)
            .ok()
            .map(|t| ParameterFile::read("p", &t).unwrap())
            .into_iter()
            .collect();
        let start = std::time::Instant::now();
        let out = read(&name, &text, &params, &Options::default()).unwrap();
        let mut counts = BTreeMap::new();
        for r in &out.resources {
            *counts
                .entry(r.body["type"].as_str().unwrap().to_owned())
                .or_insert(0) += 1;
        }
        println!("== {name} {:?} {counts:?}", start.elapsed());
        for l in &out.left {
            println!("  LEFT {} {} -- {}", l.origin.place, l.what, l.reason);
        }
        for r in &out.resources {
            if !r.predicted.is_empty() {
                println!("  PRED {} {:?}", r.body["id"], r.predicted);
            }
            if !only.is_empty() {
                println!("{}", serde_json::to_string(&r.body).unwrap());
            }
        }
    }
}
