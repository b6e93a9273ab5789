//! What questions about sets rest on: a known service tag without contents loads, and a flow that it could decide
//! rests on an assumption (answers.md); a rule that is not evaluated makes no intent pass (answers.md).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use dryhop::check::{Options, Outcome, Status, judge, member};
use dryhop::diagnostic::Code;
use dryhop::diff::{Intended, Side, Written, diff};
use dryhop::engine::matrix::matrix;
use dryhop::engine::reach::{Asked, Goal, Sets, Start, services};
use dryhop::engine::{Engine, Space};
use dryhop::load::{Loaded, load, load_with_tree};
use dryhop::net::{PortRange, Protocol};
use dryhop::network::Network;
use dryhop::spec::read::Input;

/// A public machine with one beside it; what may come in and go out is left to each test.
const TOPOLOGY: &str = r#"
defaults: { location: westeurope }
virtualNetworks: { v: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: n }, b: { addressPrefix: 10.0.2.0/24, networkSecurityGroup: m } } } }
publicIPAddresses: { p: { ipAddress: 20.50.0.1 }, q: { ipAddress: 20.50.0.2 } }
virtualMachines:
  x: { networkInterface: { subnet: v/a, privateIPAddress: 10.0.1.4, publicIPAddress: p }, guest: { listeners: [tcp/22] } }
  y: { networkInterface: { subnet: v/b, privateIPAddress: 10.0.2.4, publicIPAddress: q } }
"#;

/// A subnet's way out by a firewall.
const BEHIND_FIREWALL: &str = r#"
defaults: { location: westeurope }
virtualNetworks: { v: { addressSpace: 10.0.0.0/16, subnets: { AzureFirewallSubnet: { addressPrefix: 10.0.0.0/26 }, a: { addressPrefix: 10.0.1.0/24, routeTable: r }, b: { addressPrefix: 10.0.2.0/24, routeTable: s } } } }
routeTables:
  r: { routes: { d: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.0.4 }, e: { addressPrefix: 10.0.2.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.0.4 } } }
  s: { routes: { e: { addressPrefix: 10.0.1.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.0.4 } } }
publicIPAddresses: { p: { ipAddress: 20.50.0.1 } }
azureFirewalls: { fw: { subnet: v/AzureFirewallSubnet, publicIPAddresses: [p], firewallPolicy: pol } }
firewallPolicies:
  pol: { ruleCollectionGroups: { g: { priority: 200, ruleCollections: {
    q: { type: Application, priority: 400, action: Allow, rules: { s: { protocols: ["Https:443"], sourceAddresses: ["*"], fqdnTags: [WindowsUpdate] } } },
    n: { type: Network, priority: 100, action: Allow, rules: {
      k: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: [AzureKeyVault], destinationPorts: [444] },
      f: { protocols: [TCP], sourceAddresses: ["*"], destinationFqdns: [nosuch.example.org], destinationPorts: [445] } } } } } } }
virtualMachines:
  x: { networkInterface: { subnet: v/a, privateIPAddress: 10.0.1.4 } }
  y: { networkInterface: { subnet: v/b, privateIPAddress: 10.0.2.4 } }
"#;

const NONE: &str = "networkSecurityGroups: { n: {}, m: {} }\n";
/// Lets in what a tag holds that nobody knows.
const INBOUND: &str = "networkSecurityGroups: { n: { securityRules: { a: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: AzureDevOps, destinationPortRange: 22 } } }, m: {} }\n";
/// Lets out what a tag holds that nobody knows, and nothing else to the Internet.
const OUTBOUND: &str = "networkSecurityGroups: { n: { securityRules: { a: { priority: 100, direction: Outbound, access: Allow, protocol: Tcp, destinationAddressPrefix: AzureKeyVault, destinationPortRange: 443 }, d: { priority: 200, direction: Outbound, access: Deny, destinationAddressPrefix: Internet } } }, m: {} }\n";
/// The same behind a rule that leaves it nothing.
const DECIDED: &str = "networkSecurityGroups: { n: { securityRules: { first: { priority: 100, direction: Outbound, access: Deny, destinationAddressPrefix: Internet }, a: { priority: 110, direction: Outbound, access: Allow, destinationAddressPrefix: AzureKeyVault } } }, m: {} }\n";
/// Keeps from going out what a tag holds that nobody knows.
const KEPT: &str = "networkSecurityGroups: { n: { securityRules: { a: { priority: 100, direction: Outbound, access: Deny, protocol: Tcp, destinationAddressPrefix: AzureKeyVault, destinationPortRange: 443 } } }, m: {} }\n";

fn input(text: String) -> Vec<Input> {
    vec![Input::Text {
        name: "net.yaml".into(),
        text,
    }]
}

fn loaded(text: &str) -> Loaded {
    let loaded = load(&input(text.to_owned()), &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    loaded
}

fn judged(groups: &str, checks: &str) -> Outcome {
    of(&loaded(&format!("{TOPOLOGY}{groups}{checks}\n")))
}

fn of(loaded: &Loaded) -> Outcome {
    let mut report = judge(loaded, &Options::default()).unwrap();
    report.results.pop().unwrap()
}

fn codes(outcome: &Outcome) -> Vec<Code> {
    let mut codes: Vec<Code> = outcome.assumptions.iter().map(|own| own.code).collect();
    codes.dedup();
    codes
}

#[track_caller]
fn passes(groups: &str, checks: &str, assumed: &[Code]) {
    let outcome = judged(groups, checks);
    assert_eq!(outcome.status, Status::Pass, "{}", outcome.reason());
    assert_eq!(codes(&outcome), assumed, "{:?}", outcome.assumptions);
}

const TAG: &[Code] = &[Code::AssumedServiceTag];

#[test]
fn an_intent_rests_on_a_tag_that_could_decide() {
    passes(
        INBOUND,
        "intents: { it: { from: Internet, to: x, expect: Isolated } }",
        TAG,
    );
    passes(
        OUTBOUND,
        "intents: { it: { from: x, to: Internet, expect: Isolated } }",
        TAG,
    );
    passes(
        OUTBOUND,
        "intents: { it: { from: x, to: Internet, allowOnly: [] } }",
        TAG,
    );
    let denied = "intents: { it: { from: x, to: Internet, protocol: Tcp, ports: [443], expect: Reachable } }";
    let codes = codes(&judged(KEPT, denied));
    assert!(codes.contains(&Code::AssumedServiceTag), "{codes:?}");
}

#[test]
fn an_intent_rests_on_no_tag_that_cannot_decide() {
    // No private address belongs to a service tag (service-tags-overview).
    let between =
        "intents: { it: { from: x, to: y, protocol: Tcp, ports: [8443], expect: Reachable } }";
    passes(INBOUND, between, &[Code::AssumedListener]);
    passes(OUTBOUND, between, &[Code::AssumedListener]);
    passes(
        DECIDED,
        "intents: { it: { from: x, to: Internet, expect: Isolated } }",
        &[],
    );
    passes(
        INBOUND,
        "intents: { it: { from: Internet, to: x, protocol: Tcp, ports: [443], expect: Isolated } }",
        &[],
    );
    passes(
        INBOUND,
        "intents: { it: { from: Internet, to: y, expect: Isolated } }",
        &[],
    );
}

#[test]
fn an_intent_rests_on_listeners_that_are_not_given() {
    passes(
        NONE,
        "intents: { it: { from: x, to: y, protocol: Tcp, ports: [80-90], expect: Reachable } }",
        &[Code::AssumedListener],
    );
    passes(
        NONE,
        "intents: { it: { from: y, to: x, protocol: Tcp, ports: [22], expect: Reachable } }",
        &[],
    );
}

#[test]
fn what_network_watcher_is_asked_rests_on_a_tag_too() {
    passes(
        KEPT,
        r#"ipFlows: { it: { target: x, direction: Outbound, protocol: Tcp, local: "10.0.1.4:1", remote: "198.51.100.4:443", expect: { access: Allow } } }"#,
        TAG,
    );
    passes(
        KEPT,
        "securityDiagnostics: { it: { target: x, direction: Outbound, protocol: Tcp, source: 10.0.1.4, destination: 198.51.100.4, port: 443, expect: { access: Allow } } }",
        TAG,
    );
}

#[test]
fn a_rule_that_is_not_evaluated_makes_no_intent_pass() {
    let judged = |intent: &str| {
        of(&loaded(&format!(
            "{BEHIND_FIREWALL}intents:\n  it: {intent}\n"
        )))
    };
    for port in [443, 445] {
        let outcome = judged(&format!(
            "{{ from: x, to: Internet, protocol: Tcp, ports: [{port}], expect: Isolated }}"
        ));
        assert_eq!(outcome.status, Status::NotModelled, "{port}");
        assert!(outcome.reason().contains("not evaluated"), "{port}");
    }
    let tagged = judged("{ from: x, to: Internet, protocol: Tcp, ports: [444], expect: Isolated }");
    assert_eq!(
        (tagged.status, codes(&tagged)),
        (Status::Pass, TAG.to_vec())
    );
    // Between private machines as well: nobody knows what the name stands for.
    let inside = judged("{ from: x, to: y, protocol: Tcp, ports: [445], expect: Isolated }");
    assert_eq!(inside.status, Status::NotModelled);
    let other = judged("{ from: x, to: y, protocol: Tcp, ports: [446], expect: Isolated }");
    assert_eq!((other.status, codes(&other)), (Status::Pass, Vec::new()));
}

fn assumed(network: &Network, from: &str, to: &str) -> (usize, Vec<Code>) {
    let engine = Engine::new(network);
    let space = Space::new();
    let sets = Sets {
        engine: &engine,
        space: &space,
    };
    let starts = Start::of(&engine, &member(network, from).unwrap());
    let goal = Goal::of(&engine, None, [&member(network, to).unwrap()]);
    let reach = sets.reach(&starts, &goal, &Asked::every(services(None, &[])));
    let codes = reach.assumptions.iter().map(|own| own.code).collect();
    (reach.rows.len(), codes)
}

#[test]
fn reach_and_matrix_say_what_they_rest_on() {
    let of = |groups: &str| loaded(&format!("{TOPOLOGY}{groups}")).network;
    assert_eq!(assumed(&of(INBOUND), "Internet", "x"), (0, TAG.to_vec()));
    assert_eq!(assumed(&of(OUTBOUND), "x", "Internet"), (0, TAG.to_vec()));
    assert_eq!(assumed(&of(DECIDED), "x", "Internet"), (0, Vec::new()));
    let codes = |network: &Network, from: &str, to: &str| -> Vec<Code> {
        let engine = Engine::new(network);
        let end = |name: &str| vec![member(network, name).unwrap().endpoint];
        let port = [PortRange {
            first: 443,
            last: 443,
        }];
        let asked = services(Some(Protocol::Tcp), &port);
        let found = matrix(&engine, &end(from), &end(to), asked, &|| ());
        found.assumptions.iter().map(|own| own.code).collect()
    };
    assert_eq!(codes(&of(OUTBOUND), "x", "Internet"), TAG);
    assert_eq!(codes(&of(OUTBOUND), "x", "y"), []);
    assert_eq!(codes(&of(INBOUND), "Internet", "x"), []);
}

#[test]
fn a_comparison_says_what_it_rests_on() {
    let codes = |before: &str, after: &str| -> Vec<Code> {
        let inputs = [before, after].map(|groups| input(format!("{TOPOLOGY}{groups}")));
        let [(was, was_tree), (is, is_tree)] =
            [0, 1].map(|at| load_with_tree(inputs.get(at).unwrap(), &[], None));
        let [was_inputs, is_inputs] = &inputs;
        let side = |loaded, tree, inputs| Side {
            loaded,
            written: Written { tree, inputs },
            overlays: 0,
            down: &[],
        };
        let before = side(&was, &was_tree, was_inputs.as_slice());
        let after = side(&is, &is_tree, is_inputs.as_slice());
        let found = diff(&before, &after, &Intended::default(), &|_, _, _| ()).unwrap();
        found.unknown.iter().map(|own| own.code).collect()
    };
    let denied = "networkSecurityGroups: { n: { securityRules: { d: { priority: 200, direction: Outbound, access: Deny, destinationAddressPrefix: Internet } } }, m: {} }\n";
    assert_eq!(codes(denied, OUTBOUND), TAG);
    assert_eq!(codes(OUTBOUND, denied), TAG);
    assert_eq!(codes(OUTBOUND, OUTBOUND), []);
    assert_eq!(codes(denied, DECIDED), []);
}
