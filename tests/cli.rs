//! The command line, run as users run it: every command and format on shipped topologies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

#[test]
fn commands() {
    trycmd::TestCases::new()
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}

fn dryhop(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dryhop"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .env("LC_ALL", "C.UTF-8");
    command
}

fn run(arguments: &[&str]) -> Output {
    dryhop(arguments).output().unwrap()
}

const CHECK: &[&str] = &[
    "check",
    "topologies/hub-spoke",
    "--source",
    "vm-spoke-one-linux",
    "--destination",
    "vm-spoke-two-windows",
    "--port",
    "443",
];

fn check(more: &[&str]) -> Output {
    run(&[CHECK, more].concat())
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_exit_status_is_the_answer() {
    assert_eq!(check(&[]).status.code(), Some(0));
    assert_eq!(check(&["--down", "nva-hub"]).status.code(), Some(1));
    assert_eq!(check(&["--down", "nva-hubb"]).status.code(), Some(2));
    assert_eq!(check(&["--probes", "101"]).status.code(), Some(2));
    assert_eq!(
        check(&["--strict"]).status.code(),
        Some(0),
        "it rests on nothing assumed"
    );
    let assumed = [
        "check",
        "topologies/two-regions",
        "--source",
        "web-1",
        "--destination",
        "api",
        "--port",
        "8080",
    ];
    assert_eq!(run(&assumed).status.code(), Some(0));
    assert_eq!(
        run(&[&assumed[..], &["--strict"]].concat()).status.code(),
        Some(3)
    );
    assert_eq!(
        run(&[
            "check",
            "no-such-folder",
            "--source",
            "a",
            "--destination",
            "b"
        ])
        .status
        .code(),
        Some(2)
    );
    assert_eq!(run(&["--version"]).status.code(), Some(0));
    assert_eq!(run(&[]).status.code(), Some(2));
}

#[test]
fn results_go_to_standard_output_and_nothing_else_does() {
    let found = check(&[]);
    assert!(found.stderr.is_empty());
    assert!(!found.stdout.is_empty());
    let unknown = check(&["--down", "nva-hubb"]);
    assert!(unknown.stdout.is_empty());
    assert!(
        String::from_utf8(unknown.stderr)
            .unwrap()
            .contains("did you mean `nva-hub`?")
    );
    let quiet = check(&["--quiet"]);
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
    assert_eq!(quiet.status.code(), Some(0));
}

#[test]
fn every_fault_of_the_files_is_shown() {
    let folder = folder("faults");
    let file = folder.join("topology.yaml");
    fs::write(
        &file,
        "virtualNetworks: { a: { addressSpase: 10.0.0.0/16 } }\nnatGateway: {}\n",
    )
    .unwrap();
    let found = run(&[
        "check",
        file.to_str().unwrap(),
        "--source",
        "a",
        "--destination",
        "b",
        "--port",
        "1",
    ]);
    assert_eq!(found.status.code(), Some(2));
    let text = String::from_utf8(found.stderr).unwrap();
    assert!(
        text.contains("addressSpase") && text.contains("natGateway"),
        "{text}"
    );
    assert!(found.stdout.is_empty());
}

#[test]
fn a_topology_may_come_from_standard_input() {
    let text = fs::read("topologies/hub-spoke/topology.yaml").unwrap();
    let mut arguments = CHECK.to_vec();
    arguments[1] = "-";
    let mut child = dryhop(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let found = child.wait_with_output().unwrap();
    assert_eq!(found.status.code(), Some(0));
    assert_eq!(found.stdout, check(&[]).stdout);
}

#[test]
fn a_file_is_written_as_a_whole_or_not_at_all() {
    let folder = folder("output");
    let file = folder.join("answer.json");
    let name = file.to_str().unwrap();
    fs::write(&file, "old").unwrap();
    assert_eq!(
        check(&["--format", "json", "--output", name, "--down", "nva-hubb"])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    let found = check(&["--format", "json", "--output", name]);
    assert_eq!(found.status.code(), Some(0));
    assert!(found.stdout.is_empty());
    assert_eq!(
        fs::read(&file).unwrap(),
        check(&["--format", "json"]).stdout
    );
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        1,
        "nothing is left behind"
    );
    let nowhere = folder.join("no/such/answer.json");
    assert_eq!(
        check(&["--output", nowhere.to_str().unwrap()])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let rules = [
        "rules",
        "topologies/three-tier",
        "web-1",
        "--format",
        "json",
    ];
    let mut child = dryhop(&rules)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let found = child.wait_with_output().unwrap();
    assert_eq!(found.status.code(), Some(0));
    assert!(found.stderr.is_empty());
}

#[test]
fn colour_and_letters_follow_the_terminal() {
    let text = |command: &mut Command| String::from_utf8(command.output().unwrap().stdout).unwrap();
    let plain = text(&mut dryhop(CHECK));
    assert!(plain.contains('✓') && !plain.contains('\u{1b}'));
    let painted = text(dryhop(CHECK).args(["--color", "always"]));
    assert!(painted.contains("\u{1b}["));
    let mut without = String::new();
    for (at, part) in painted.split('\u{1b}').enumerate() {
        without.push_str(if at == 0 {
            part
        } else {
            part.split_once('m').unwrap().1
        });
    }
    assert_eq!(without, plain, "colour changes nothing else");
    let ascii = text(dryhop(CHECK).env("LC_ALL", "C"));
    assert!(
        ascii.is_ascii() && ascii.starts_with("ok Reachable"),
        "{ascii}"
    );
}

#[test]
fn the_same_question_has_the_same_bytes() {
    for format in ["text", "json", "azure-table"] {
        assert_eq!(
            check(&["--format", format]).stdout,
            check(&["--format", format]).stdout
        );
    }
}

/// The steps of the pipelines in docs/ci.md do what the page says: they hold, and leave their files.
#[test]
fn the_pipelines_of_the_documentation_run() {
    let page = fs::read_to_string("docs/ci.md").unwrap();
    let folder = folder("pipelines");
    let top = env!("CARGO_MANIFEST_DIR");
    let mut yaml = false;
    let mut steps = 0;
    for line in page.lines() {
        yaml = match line {
            "```yaml" => true,
            line => yaml && !line.starts_with("```"),
        };
        let Some((_, words)) = line.split_once(": dryhop ").filter(|_| yaml) else {
            continue;
        };
        let words = words
            .replace(
                "$(Build.ArtifactStagingDirectory)",
                folder.to_str().unwrap(),
            )
            .replace("topologies/", &format!("{top}/topologies/"));
        let words: Vec<&str> = words.split(' ').collect();
        let found = dryhop(&words).current_dir(&folder).output().unwrap();
        assert_eq!(found.status.code(), Some(0), "{line}");
        assert!(found.stderr.is_empty(), "{line}");
        steps += 1;
    }
    assert_eq!(steps, 4);
    let files = "lint.sarif lint.md test.sarif test.md dryhop.xml dryhop.md";
    for file in files.split(' ') {
        let written = fs::read_to_string(folder.join(file)).unwrap();
        assert!(!written.is_empty(), "{file}");
    }
}

#[test]
fn shells_and_manuals_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]);
        assert_eq!(script.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(script.stdout).unwrap();
        assert!(
            script.contains("next-hop") && script.contains("fail-under"),
            "{shell}"
        );
    }
    let page = run(&["man"]);
    assert!(String::from_utf8(page.stdout).unwrap().starts_with(".ie"));
    let folder = folder("man");
    let pages = run(&["man", "--output", folder.to_str().unwrap()]);
    assert_eq!(pages.status.code(), Some(0));
    for page in ["dryhop.1", "dryhop-test.1", "dryhop-next-hop.1"] {
        assert!(folder.join(page).is_file(), "{page}");
    }
    let schema = run(&["schema", "topology"]);
    assert_eq!(
        schema.stdout,
        fs::read("docs/topology.schema.json").unwrap()
    );
}
