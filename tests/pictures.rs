//! Pictures of networks: nothing that is written lies over anything else, everything lies in its box, lines
//! keep off nodes, names do no harm; on every shipped topology with the paths of its checks, and on networks
//! that are made here, of 2 to 500 resources.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

#[path = "pictures/drawn.rs"]
mod drawn;
#[path = "pictures/escaping.rs"]
mod escaping;
#[path = "pictures/made.rs"]
mod made;
#[path = "pictures/shipped.rs"]
mod shipped;

use std::fs;
use std::path::{Path, PathBuf};

use dryhop::engine::{Answer, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::network::Network;
use dryhop::spec::read::Input;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped topologies, by name.
fn shipped() -> Vec<(String, Network)> {
    let folders = fs::read_dir(root().join("topologies")).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    let all = folders.into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, load(&[Input::Path(path)], &[]).network)
    });
    all.collect()
}

fn network(text: &str) -> Network {
    let input = Input::Text {
        name: "made.yaml".to_owned(),
        text: text.to_owned(),
    };
    let loaded = load(&[input], &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    loaded.network
}

fn answers(network: &Network, source: &str, destination: &str, port: u16) -> Vec<Answer> {
    let engine = Engine::new(network);
    let ends = [source, destination].map(|name| network.endpoint(name).unwrap());
    let [source, destination] = ends;
    let question = Question::new(source, destination, Protocol::Tcp, Some(port));
    check(&engine, &question).unwrap()
}
