//! A cell of a matrix is what Connection troubleshoot says of the pair, and what members of a group are to
//! others is the same for all of them: on every shipped topology.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::fs;
use std::path::Path;

use dryhop::engine::matrix::{Cell, everyone, matrix};
use dryhop::engine::{Engine, check};
use dryhop::load::load;
use dryhop::net::{PortSet, Protocol, Ranges};
use dryhop::network::Endpoint;
use dryhop::report::matrix::{Folded, csv, html, lines};
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;

fn services() -> Vec<(Protocol, PortSet)> {
    let tcp = [22, 80, 443, 1433, 8080].map(|port| (Protocol::Tcp, Ranges::one(port, port)));
    let others = [
        (Protocol::Udp, Ranges::one(53, 53)),
        (Protocol::Icmp, PortSet::all()),
    ];
    tcp.into_iter().chain(others).collect()
}

#[test]
fn a_cell_is_what_a_check_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let (mut count, mut faults) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let loaded = load(&[Input::Path(path.clone())], &[]);
        let network = &loaded.network;
        let engine = Engine::new(network);
        let mut to = everyone(&engine);
        to.extend(network.services.iter().map(|(id, _)| Endpoint::Service(id)));
        let found = matrix(&engine, &everyone(&engine), &to, services(), &|| {});
        let parties = found.parties.iter().enumerate();
        for (from, source) in parties.clone().filter(|(_, own)| own.from) {
            for (to, destination) in parties.clone().filter(|(_, own)| own.to) {
                for (at, cell) in found.pair(from, to).iter().enumerate() {
                    if *cell == Cell::Blank {
                        continue;
                    }
                    let question = found.question(network, from, to, at).unwrap();
                    // What cannot start a connection is asked of nobody.
                    let Ok(answers) = check(&engine, &question) else {
                        continue;
                    };
                    count += 1;
                    let expected = match answers[0].status {
                        ConnectionStatus::Reachable => Cell::Yes,
                        ConnectionStatus::Unreachable if answers[0].not_modelled() => Cell::Unknown,
                        ConnectionStatus::Unreachable => Cell::No,
                    };
                    if expected != *cell {
                        faults.push(format!(
                            "{} {} → {} {at}: {expected:?}, {cell:?}",
                            path.display(),
                            source.name,
                            destination.name
                        ));
                    }
                }
            }
        }
        let groups = found.groups();
        for (a, from) in groups.iter().enumerate() {
            for (b, to) in groups.iter().enumerate() {
                let cells = from
                    .iter()
                    .flat_map(|from| to.iter().map(move |to| (from, to)));
                let cells = cells.filter(|(from, to)| from != to);
                let mut cells = cells.map(|(from, to)| found.pair(*from, *to));
                let first = cells.next();
                assert!(
                    cells.all(|own| Some(own) == first),
                    "{} {a} {b}",
                    path.display()
                );
            }
        }
        let folded = Folded::of(&found);
        assert!(csv(&folded).lines().count() > 1);
        assert!(lines(&folded).unwrap().lines().count() > 1);
        assert!(html(&folded).ends_with("</html>\n"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 1000, "{count} cells were compared");
}
