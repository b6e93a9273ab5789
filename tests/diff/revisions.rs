//! `git:REV`: what was, out of a repository, without its work tree being touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const RULE: &str = "      ssh: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 22 }\n";

fn topology(rules: &str) -> String {
    format!(
        "defaults: {{ location: westeurope }}
virtualNetworks: {{ v: {{ addressSpace: 10.0.0.0/16, subnets: {{ a: {{ addressPrefix: 10.0.1.0/24, networkSecurityGroup: nsg }} }} }} }}
networkSecurityGroups:
  nsg:
    securityRules:
{rules}      rest: {{ priority: 300, direction: Inbound, access: Deny }}
virtualMachines:
  one: {{ networkInterface: {{ subnet: v/a }} }}
  two: {{ networkInterface: {{ subnet: v/a }}, guest: {{ listeners: [tcp/22] }} }}
"
    )
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.example",
        "-c",
        "commit.gpgsign=false",
    ]);
    let found = command.args(arguments).output().unwrap();
    assert!(found.status.success(), "{arguments:?} {found:?}");
}

fn diff(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dryhop"));
    command.current_dir(folder).arg("diff").args(arguments);
    command.env("LC_ALL", "C.UTF-8").output().unwrap()
}

/// A repository whose topology has lost a rule since its only commit.
fn repository(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("net")).unwrap();
    git(&folder, &["init", "--quiet"]);
    fs::write(folder.join("net/topology.yaml"), topology(RULE)).unwrap();
    fs::write(folder.join("net/.hidden.yaml"), "a: [").unwrap();
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "first"]);
    git(&folder, &["branch", "known"]);
    fs::write(folder.join("net/topology.yaml"), topology("")).unwrap();
    folder
}

#[test]
fn a_revision_is_what_was() {
    let folder = repository("revisions");
    for arguments in [
        &["git:HEAD", "net"][..],
        &["git:known", "net/topology.yaml"],
        &["git:HEAD:net", "net/topology.yaml"],
        &["git:HEAD:net/topology.yaml", "net"],
    ] {
        let found = diff(&folder, arguments);
        let text = String::from_utf8(found.stdout).unwrap();
        assert_eq!(found.status.code(), Some(1), "{arguments:?}\n{text}");
        assert!(text.contains("1 set of flows closed"), "{text}");
        assert!(text.contains("nsg/ssh removed"), "{text}");
        let name = arguments[0].split(':').nth(1).unwrap();
        assert!(
            text.contains(&format!("--> {name}:net/topology.yaml:6:7")),
            "{text}"
        );
    }
    let inside = diff(&folder.join("net"), &["git:HEAD", "topology.yaml"]);
    assert_eq!(inside.status.code(), Some(1));
    let text = fs::read_to_string(folder.join("net/topology.yaml")).unwrap();
    assert_eq!(text, topology(""), "the work tree is as it was");
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "second"]);
    assert_eq!(diff(&folder, &["git:HEAD", "net"]).status.code(), Some(0));
    assert_eq!(diff(&folder, &["git:HEAD~1", "net"]).status.code(), Some(1));
}

#[test]
fn what_no_repository_has_is_said() {
    let folder = repository("no-revisions");
    for (arguments, said) in [
        (
            &["git:nowhere", "net"][..],
            "the repository has no revision `nowhere`",
        ),
        (
            &["git:--help", "net"],
            "the repository has no revision `--help`",
        ),
        (&["git:", "net"], "the repository has no revision ``"),
        (
            &["git:HEAD:other", "net"],
            "there is no file or folder `HEAD:other`",
        ),
        (
            &["git:HEAD:", "net"],
            "there is no `*.yaml` or `*.yml` in the folder `HEAD:`",
        ),
    ] {
        let found = diff(&folder, arguments);
        let text = String::from_utf8(found.stderr).unwrap();
        assert_eq!(found.status.code(), Some(2), "{arguments:?}\n{text}");
        assert!(text.contains(said), "{arguments:?}\n{text}");
        assert!(found.stdout.is_empty());
    }
    let outside = diff(&folder, &["git:HEAD", "/"]);
    let text = String::from_utf8(outside.stderr).unwrap();
    assert_eq!(outside.status.code(), Some(2));
    assert!(text.contains("`/` is in no git repository"), "{text}");
}
