//! Two trees, the objects that differ, and what some of the edits make.

use super::{Edit, edits, laid};
use crate::load::tree;
use crate::spec::node::Node;
use crate::spec::read::Input;

fn read(text: &str) -> Node {
    let input = Input::Text {
        name: "a.yaml".to_owned(),
        text: text.to_owned(),
    };
    tree(&[input], &[])
}

const BEFORE: &str = "
name: before
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: { a: { addressPrefix: 10.0.0.0/24 }, b: { addressPrefix: 10.0.1.0/24 } }
networkSecurityGroups:
  nsg:
    securityRules:
      one: { priority: 100, direction: Inbound, access: Allow }
      two: { priority: 200, direction: Inbound, access: Deny }
virtualMachines:
  vm: { networkInterface: { subnet: hub/a }, guest: { os: Linux } }
settings: { cpuThreshold: 90 }
checks: { c: { source: vm } }
";

const AFTER: &str = "
name: after
virtualNetworks:
  Hub:
    addressSpace: 10.0.0.0/16
    subnets: { b: { addressPrefix: 10.0.1.0/24 }, a: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: nsg } }
networkSecurityGroups:
  nsg:
    securityRules:
      one: { priority: 110, direction: Inbound, access: Deny }
      three: { priority: 300, direction: Inbound, access: Deny }
virtualMachines:
  vm: { networkInterface: { subnet: hub/b } }
routeTables:
  rt: { routes: {} }
settings: { cpuThreshold: 80 }
";

fn words(edits: &[Edit]) -> Vec<String> {
    let one = |edit: &Edit| {
        let parts = edit.parts.iter().map(|part| format!(" {part}"));
        format!("{edit}{}", parts.collect::<String>())
    };
    edits.iter().map(one).collect()
}

#[test]
fn every_object_that_differs_is_named_once() {
    let found = edits(&read(BEFORE), &read(AFTER));
    let mut found = words(&found);
    found.sort();
    assert_eq!(
        found,
        [
            "/networkSecurityGroups/nsg/securityRules/one changed /networkSecurityGroups/nsg/securityRules/one/priority \
             /networkSecurityGroups/nsg/securityRules/one/access",
            "/networkSecurityGroups/nsg/securityRules/three added",
            "/networkSecurityGroups/nsg/securityRules/two removed",
            "/routeTables/rt added",
            "/settings changed /settings/cpuThreshold",
            "/virtualMachines/vm changed /virtualMachines/vm/networkInterface/subnet /virtualMachines/vm/guest",
            "/virtualNetworks/Hub/subnets reordered",
            "/virtualNetworks/Hub/subnets/a changed /virtualNetworks/Hub/subnets/a/networkSecurityGroup",
        ]
    );
}

/// A tree without what no flow depends on, its maps sorted, empty ones left out.
fn essence(node: &Node) -> Vec<String> {
    let mut lines = Vec::new();
    fn visit(node: &Node, at: &str, lines: &mut Vec<String>) {
        match node {
            Node::Map(entries) => {
                for (key, value) in entries {
                    if at.is_empty() && ["name", "checks"].contains(&&**key) {
                        continue;
                    }
                    visit(value, &format!("{at}/{}", key.to_lowercase()), lines);
                }
            }
            other => lines.push(format!("{at} {other:?}")),
        }
    }
    visit(node, "", &mut lines);
    lines
}

#[test]
fn all_edits_make_the_other_tree_and_none_makes_none() {
    for (from, to) in [(BEFORE, AFTER), (AFTER, BEFORE)] {
        let (from, to) = (read(from), read(to));
        let found = edits(&from, &to);
        let all: Vec<usize> = (0..found.len()).collect();
        let (mut made, mut wanted) = (essence(&laid(&from, &to, &found, &all)), essence(&to));
        assert_eq!(laid(&from, &to, &found, &[]), from);
        made.sort();
        wanted.sort();
        assert_eq!(made, wanted);
        assert_eq!(
            edits(&laid(&from, &to, &found, &all), &to),
            Vec::<Edit>::new()
        );
    }
}
