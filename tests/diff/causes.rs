//! What makes a difference is found, alone or together with others, and nothing else is named.

use dryhop::diff::{Difference, How, Intended, Kind, Side, Written, allowed, diff};
use dryhop::load::load_with_tree;
use dryhop::net::Protocol;
use dryhop::spec::read::Input;

use super::between;

/// Two machines that a network appliance stands between, one of them behind a security group.
const NETWORK: &str = "
defaults: { location: westeurope }
virtualNetworks:
  v:
    addressSpace: 10.0.0.0/16
    subnets:
      a: { addressPrefix: 10.0.1.0/24, routeTable: rt }
      b: { addressPrefix: 10.0.2.0/24, routeTable: rt, networkSecurityGroup: nsg }
      c: { addressPrefix: 10.0.3.0/24 }
routeTables: { rt: { routes: {} } }
networkSecurityGroups:
  nsg:
    securityRules:
      web: { priority: 200, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 443 }
      rest: { priority: 300, direction: Inbound, access: Deny }
virtualMachines:
  one: { networkInterface: { subnet: v/a } }
  two: { networkInterface: { subnet: v/b, privateIPAddress: 10.0.2.9 }, guest: { listeners: [tcp/22, tcp/443] } }
networkVirtualAppliances:
  nva:
    networkInterface: { subnet: v/c, privateIPAddress: 10.0.3.4, enableIPForwarding: true }
    forwarding: { stateful: false, processingLatencyMs: 0.2 }
";

fn differs(changes: &[(&str, &str)]) -> Difference {
    let mut after = NETWORK.to_owned();
    for (from, to) in changes {
        assert!(after.contains(from), "{from}");
        after = after.replacen(from, to, 1);
    }
    between(NETWORK, &after).expect("both are topologies").2
}

/// The rows in short: what happened, to which port, by which changes.
fn rows(found: &Difference) -> Vec<String> {
    let rows = found.rows.iter().map(|row| {
        let port = row.services.iter().find(|(own, _)| *own == Protocol::Tcp);
        let port = port.map_or(0, |(_, ports)| ports.ranges()[0].0);
        let by = row.cause.edits.iter().map(|at| {
            let path = found.changes[*at].edit.path.to_string();
            path.rsplit('/').next().unwrap().to_owned()
        });
        let by: Vec<String> = by.collect();
        let how = match (by.len(), row.cause.how) {
            (1, _) => "",
            (_, How::Each) => " each",
            (_, How::Together) => " together",
        };
        format!("{} {port} by {}{how}", row.kind.word(), by.join("+"))
    });
    rows.collect()
}

const OPEN: &str = "      web: { priority: 200,";

#[test]
fn a_change_that_makes_no_difference_is_not_named() {
    let ssh = "      ssh: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 22 }\n";
    let idle = "      idle: { priority: 400, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 80 }\n";
    let found = differs(&[(OPEN, &format!("{ssh}{idle}{OPEN}"))]);
    assert_eq!(rows(&found), ["opened 22 by ssh"]);
    assert_eq!(found.changes.len(), 2);
}

#[test]
fn changes_that_each_make_it_are_told_from_changes_that_make_it_together() {
    let rule = |name: &str, priority: u16| {
        format!(
            "      {name}: {{ priority: {priority}, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 22 }}\n"
        )
    };
    let found = differs(&[(OPEN, &format!("{}{}{OPEN}", rule("x", 100), rule("y", 110)))]);
    assert_eq!(rows(&found), ["opened 22 by x+y each"]);
    // A rule and a listener: neither is enough.
    let found = differs(&[
        (
            OPEN,
            &format!("{}{OPEN}", rule("x", 100).replace("22", "8080")),
        ),
        ("tcp/443]", "tcp/443, tcp/8080]"),
    ]);
    assert_eq!(rows(&found), ["opened 8080 by x+two together"]);
    // One route, which takes the replies to what `two` asks as well.
    let found = differs(&[(
        "{ rt: { routes: {} } }",
        "{ rt: { routes: { r: { addressPrefix: 10.0.2.0/24, nextHopType: None } } } }",
    )]);
    assert_eq!(rows(&found), ["closed 443 by r", "closed 1 by r"]);
}

#[test]
fn a_way_that_moves_and_one_that_takes_longer_are_not_the_same() {
    let through = "{ rt: { routes: { r: { addressPrefix: 10.0.2.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.3.4 } } } }";
    let routed = NETWORK.replacen("{ rt: { routes: {} } }", through, 1);
    let found = between(NETWORK, &routed).unwrap().2;
    assert_eq!(rows(&found), ["rerouted 443 by r", "rerouted 1 by r"]);
    let [Some(was), Some(is)] = found.rows[0].medians else {
        panic!("both ways work");
    };
    assert!(is > was);
    let slow = routed.replace("processingLatencyMs: 0.2", "processingLatencyMs: 5");
    let found = between(&routed, &slow).unwrap().2;
    assert_eq!(rows(&found), ["slowed 443 by nva", "slowed 1 by nva"]);
    let found = between(&slow, &routed).unwrap().2;
    assert_eq!(rows(&found), ["spedUp 443 by nva", "spedUp 1 by nva"]);
    assert!(
        found.is_intended(),
        "that a way is faster is nothing to be declared"
    );
}

#[test]
fn an_end_stays_what_it_is_when_its_address_moves() {
    let found = differs(&[("10.0.2.9", "10.0.2.20")]);
    assert_eq!(rows(&found), [""; 0]);
    let other = "  three: { networkInterface: { subnet: v/b }, guest: { listeners: [tcp/443] } }\n";
    let found = differs(&[(
        "networkVirtualAppliances:",
        &format!("{other}networkVirtualAppliances:"),
    )]);
    assert!(
        found
            .rows
            .iter()
            .all(|row| row.apart && row.kind == Kind::Opened)
    );
    assert_eq!(found.ends.added, ["three"]);
}

#[test]
fn what_is_intended_is_told_flow_by_flow() {
    let both = NETWORK.replace(
        "protocol: Tcp, destinationPortRange: 443",
        "protocol: Tcp, destinationPortRanges: [22, 443]",
    );
    let input = |text: &str| {
        vec![Input::Text {
            name: "t.yaml".to_owned(),
            text: text.to_owned(),
        }]
    };
    let intended = "opened:\n  ssh from one: { source: one, destination: two, ports: [22], reason: asked for }\n  never: { destination: two, ports: [udp/53] }\n";
    let (intended, _) = allowed(&input(intended)[0]);
    assert!(intended.faults.is_empty(), "{:?}", intended.faults);
    let (was, is) = (input(NETWORK), input(&both));
    let (old, old_tree) = load_with_tree(&was, &[], None);
    let (new, new_tree) = load_with_tree(&is, &[], None);
    let side = |loaded, tree, inputs| Side {
        loaded,
        written: Written { tree, inputs },
        overlays: 0,
        down: &[],
    };
    let (before, after) = (side(&old, &old_tree, &was), side(&new, &new_tree, &is));
    let found = diff(&before, &after, &intended, &|_, _, _| {}).unwrap();
    let said: Vec<(bool, usize)> = found
        .rows
        .iter()
        .map(|row| (row.intended.is_some(), row.sources.len()))
        .collect();
    // From the appliance it was not asked for.
    assert_eq!(said, [(false, 1), (true, 1)]);
    assert!(!found.is_intended());
    assert_eq!(found.idle, [1]);
    let found = diff(&before, &after, &Intended::default(), &|_, _, _| {}).unwrap();
    assert_eq!(found.rows.len(), 1);
}
