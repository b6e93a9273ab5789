//! What a loss does is what `dryhop test --down` says of it; and a fix that is written to a file makes the
//! check pass, on every shipped topology.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dryhop::check::failures::{Asked, How, failures};
use dryhop::check::{Kind, Options, Status, connections, judge};
use dryhop::engine::{Engine, check};
use dryhop::load::{Loaded, load};
use dryhop::spec::checks::ConnectionStatus;
use dryhop::spec::read::Input;

fn topologies() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn loaded(folder: &Path) -> Loaded {
    load(&[Input::Path(folder.to_path_buf())], &[])
}

/// The status of each check and intent, by section and name.
fn statuses(loaded: &Loaded) -> BTreeMap<(Kind, String), Status> {
    let report = judge(loaded, &Options::default()).unwrap();
    let results = report.results.into_iter();
    results
        .map(|own| ((own.kind, own.name), own.status))
        .collect()
}

#[test]
fn a_loss_does_what_putting_it_out_of_order_does() {
    let mut seen = BTreeMap::new();
    for folder in topologies() {
        let mut loaded = loaded(&folder);
        let asked = Asked {
            order: 1,
            ..Asked::default()
        };
        let found = failures(&loaded, &asked, &|_, _| {}).unwrap();
        let network = loaded.network.clone();
        for loss in &found.losses {
            let names: Vec<String> = found.names(loss).map(str::to_owned).collect();
            loaded.network = network.with_down(&names).unwrap();
            let statuses = statuses(&loaded);
            for (at, subject) in found.subjects.iter().enumerate() {
                let felt = loss.felt.iter().find(|own| own.subject == at);
                let how = felt.map(|own| own.how);
                let status = statuses[&(subject.kind, subject.name.clone())];
                let fits = match how {
                    None | Some(How::Degraded) => status == Status::Pass,
                    Some(How::Lost | How::Opened | How::Changed | How::OwnEnd) => {
                        status == Status::Fail
                    }
                    // Past what forwarded it before, though no check says that it must come by it.
                    Some(How::Bypassed) => status != Status::NotModelled,
                    Some(How::Unknown) => status == Status::NotModelled,
                };
                assert!(
                    fits,
                    "{}: {names:?}: {}: {how:?}, {status:?}",
                    folder.display(),
                    subject.name
                );
                *seen.entry(how).or_insert(0) += 1;
            }
            let lost = network.lost(&loaded.network);
            let nothing = lost.places.is_empty() && lost.links.is_empty();
            let has_place = !names[0].starts_with("nat-") && !names[0].contains("/primary");
            let half = names[0].contains("/secondary") || names[0].contains("/IN_");
            assert!(!nothing || !has_place || half, "{names:?}");
        }
    }
    for how in [How::Lost, How::OwnEnd, How::Changed, How::Degraded] {
        assert!(seen.contains_key(&Some(how)), "{seen:?}");
    }
}

fn dryhop(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dryhop"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .env("LC_ALL", "C.UTF-8");
    command.output().unwrap()
}

#[test]
fn a_fix_in_a_file_makes_the_connection_work() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fix");
    fs::create_dir_all(&folder).unwrap();
    let (mut mended, mut hopeless) = (0, 0);
    for topology in topologies() {
        let loaded = loaded(&topology);
        let mut checks = connections(&loaded).unwrap();
        // Of those that need no fix one is enough.
        let mut reachable = 0;
        checks.retain(|own| {
            let network = loaded.network.with_down(&own.down).unwrap();
            let answers = check(&Engine::new(&network), &own.question).unwrap();
            let mut all = answers.iter();
            let works = all.all(|own| own.status == ConnectionStatus::Reachable);
            reachable += usize::from(works);
            !works || reachable == 1
        });
        let file = folder.join("fix.yaml");
        let (topology, file) = (topology.to_str().unwrap(), file.to_str().unwrap());
        for check in checks {
            let ask = ["fix", topology, "--check", &*check.name];
            let write = ["--format", "overlay", "--output", file];
            let _ = fs::remove_file(file);
            let fixed = dryhop(&[&ask[..], &write].concat());
            let again = [&ask[..], &["--overlay", file, "--quiet"]].concat();
            match fixed.status.code() {
                // Reachable already: the overlay is there, and empty.
                Some(0) => assert_eq!(dryhop(&again).status.code(), Some(0), "{}", check.name),
                Some(1) => {
                    mended += 1;
                    assert_eq!(dryhop(&again).status.code(), Some(0), "{}", check.name);
                }
                _ => {
                    hopeless += 1;
                    assert!(fs::metadata(file).is_err());
                }
            }
        }
    }
    assert!(mended > 10 && hopeless > 5, "{mended}, {hopeless}");
}
