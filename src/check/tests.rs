//! Checks that hold, that do not, and that cannot be asked.

use super::{Glob, Kind, Options, Outcome, Report, Status, judge};
use crate::diagnostic::render_concise;
use crate::load::{Loaded, load};
use crate::spec::read::Input;

/// A client and a server behind a firewall, a machine on its own.
const NETWORK: &str = "
defaults: { location: westeurope }
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      front: { addressPrefix: 10.0.1.0/24, routeTable: rt-front }
      fw: { addressPrefix: 10.0.2.0/24 }
      back: { addressPrefix: 10.0.3.0/24, routeTable: rt-back, networkSecurityGroup: nsg-back }
networkSecurityGroups:
  nsg-back: { securityRules: { no-telnet: { priority: 100, direction: Inbound, access: Deny, protocol: Tcp, destinationPortRange: 23 } } }
routeTables:
  rt-front: { routes: { back: { addressPrefix: 10.0.3.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 } } }
  rt-back: { routes: { front: { addressPrefix: 10.0.1.0/24, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4 } } }
virtualMachines:
  client: { networkInterface: { subnet: vnet/front, privateIPAddress: 10.0.1.4 } }
  server: { networkInterface: { subnet: vnet/back, privateIPAddress: 10.0.3.4 }, guest: { listeners: [tcp/23, tcp/443] } }
networkVirtualAppliances:
  fw: { networkInterface: { subnet: vnet/fw, privateIPAddress: 10.0.2.4, enableIPForwarding: true } }
";

fn loaded(checks: &str) -> Loaded {
    let input = |name: &str, text: &str| Input::Text {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    load(&[input("net.yaml", NETWORK), input("t.yaml", checks)], &[])
}

fn judged(checks: &str) -> Report {
    let loaded = loaded(checks);
    let judged = judge(&loaded, &Options::default());
    judged.unwrap_or_else(|faults| panic!("{}", render_concise(&faults, &loaded.sources)))
}

fn faults(checks: &str) -> String {
    let loaded = loaded(checks);
    let faults = judge(&loaded, &Options::default()).unwrap_err();
    render_concise(&faults, &loaded.sources)
}

/// The only result of a check of port 443 (or 23) from the client to the server.
fn connection(port: u16, expect: &str) -> Outcome {
    let text = format!(
        "checks: {{ c: {{ source: client, destination: server, port: {port}, expect: {expect} }} }}"
    );
    judged(&text).results.remove(0)
}

fn holds(port: u16, expect: &str) -> bool {
    let outcome = connection(port, expect);
    assert_ne!(outcome.status, Status::NotModelled, "{}", outcome.reason());
    outcome.status == Status::Pass
}

#[test]
fn a_short_form_is_a_word() {
    let outcome = connection(443, "Reachable");
    assert_eq!(
        (outcome.status, outcome.reason()),
        (Status::Pass, String::new())
    );
    assert_eq!(outcome.expected, "Reachable");
    assert_eq!(outcome.actual, "Reachable");
    assert_eq!(outcome.spot.to_string(), "t.yaml:1:11");
}

#[test]
fn a_failure_says_what_came_and_why() {
    let outcome = connection(23, "Reachable");
    assert_eq!(outcome.status, Status::Fail);
    assert_eq!(
        outcome.reason(),
        "connectionStatus: expected Reachable, came Unreachable; \
         path client → fw → server (denied by a security rule); \
         Error NetworkSecurityRule (Inbound) at server: tcp/23 from 10.0.1.4 to 10.0.3.4 is denied \
         inbound by the rule `no-telnet` of `nsg-back`"
    );
}

#[test]
fn hops_via_avoids() {
    for held in [
        "{ hops: [client, FW, server] }",
        "{ hops: [10.0.1.4, 10.0.2.4, 10.0.3.4] }",
        "{ hops: [[client, networkVirtualAppliances/fw, rg/server]] }",
        "{ hops: [client, fw/fw-nic, server] }",
        "{ via: [fw], avoids: [Internet], paths: 1 }",
        "{ via: [client, server] }",
        "{ via: [vnet] }",
        "{ avoids: [10.0.9.9] }",
    ] {
        assert!(holds(443, held), "{held}");
    }
    for not in [
        "{ hops: [client, server] }",
        "{ hops: [client, server, fw] }",
        "{ hops: [[client, fw, server], [client, server]] }",
        "{ via: [server, fw] }",
        "{ avoids: [fw] }",
        "{ avoids: [10.0.2.4] }",
        "{ avoids: [vnet] }",
        "{ paths: 2 }",
    ] {
        assert!(!holds(443, not), "{not}");
    }
}

#[test]
fn what_else_is_expected_of_a_connection() {
    let id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/\
              Microsoft.Network/networkSecurityGroups/nsg-back/securityRules/no-telnet";
    let by_id = format!("{{ issues: [{{ context: {{ RuleName: {id} }} }}] }}");
    for (port, held) in [
        (443, "{ issues: [] }"),
        (
            443,
            "{ nextHop: { nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4, routeTable: rg/RT-front } }",
        ),
        (
            443,
            "{ returnPath: Symmetric, probes: { sent: 66, failed: 0 }, assumptions: [] }",
        ),
        (
            443,
            "{ seen: { source: 10.0.1.4, destination: 10.0.3.4, port: 443 } }",
        ),
        (
            443,
            "{ sourcePortStatus: Reachable, destinationPortStatus: Reachable }",
        ),
        (23, "{ probes: { failed: 30 } }"),
        (23, "{ issues: [{ type: NetworkSecurityRule }] }"),
        (
            23,
            "{ issues: [{ hop: server, context: { RuleName: userrule_NO-TELNET, NetworkSecurityGroupId: nsg-back } }] }",
        ),
        (23, by_id.as_str()),
    ] {
        assert!(holds(port, held), "{held}");
    }
    for (port, not) in [
        (23, "{ issues: [] }"),
        (
            23,
            "{ issues: [{ type: NetworkSecurityRule }, { type: GuestFirewall }] }",
        ),
        (23, "{ issues: [{ hop: client }] }"),
        (
            23,
            "{ issues: [{ context: { rulename: UserRule_no-telnet } }] }",
        ),
        (23, "{ returnPath: Symmetric }"),
        (443, "{ nextHop: { routeTable: System Route } }"),
        (443, "{ nextHop: { nextHopIpAddress: 10.0.2.5 } }"),
        (443, "{ seen: { port: 80 } }"),
        (443, "{ assumptions: [assumed-listener] }"),
    ] {
        assert!(!holds(port, not), "{not}");
    }
}

#[test]
fn latencies_have_bounds() {
    let ok = "latencyMs: { min: { atLeast: 0.4 }, p95: { atMost: 50, atLeast: 0.5 } }";
    assert_eq!(connection(443, &format!("{{ {ok} }}")).status, Status::Pass);
    let outcome = connection(
        443,
        "{ latencyMs: { p50: { atMost: 0.1 }, p99: { atMost: 500 } } }",
    );
    assert_eq!(outcome.status, Status::Fail);
    assert!(
        outcome.reason().starts_with("latencyMs: expected { p50: "),
        "{}",
        outcome.reason()
    );
    // What does not work meets no bound.
    assert!(!holds(23, "{ latencyMs: { p50: { atLeast: 0 } } }"));
    // What the times rest on counts only where times, or they themselves, are named.
    assert!(holds(443, "{ assumptions: [] }"));
    assert!(holds(443, "{ assumptions: [default-latency] }"));
    assert!(holds(
        443,
        "{ latencyMs: { min: { atLeast: 0 } }, assumptions: [default-latency] }"
    ));
    assert!(!holds(
        443,
        "{ latencyMs: { min: { atLeast: 0 } }, assumptions: [] }"
    ));
}

#[test]
fn what_is_not_modelled_never_passes() {
    assert_eq!(
        connection(443, "{ answeredBy: fw }").status,
        Status::NotModelled
    );
    let report = judged("findings: { cut: { code: shadowed-rule } }");
    let kinds: Vec<_> = report.results.iter().map(|r| (r.kind, r.status)).collect();
    assert_eq!(kinds, [(Kind::Finding, Status::NotModelled)]);
    assert_eq!(report.exit(), 1);
}

#[test]
fn admin_rules_are_not_passed_over() {
    // They deny what is expected to pass; routes are not their matter.
    let report = judged(
        "networkManagers:
  m:
    networkGroups: { g: { virtualNetworks: [vnet] } }
    securityAdminConfigurations:
      c: { ruleCollections: { r: { appliesToGroups: [g], rules: { d: { priority: 1, direction: Inbound, access: Deny, sources: ['*'], destinations: ['*'] } } } } }
checks: { c: { source: client, destination: server, port: 443, expect: Reachable } }
nextHops: { n: { source: client, destination: 10.0.3.4, expect: { routeTable: rt-front } } }
ipFlows: { f: { target: server, direction: Inbound, protocol: Tcp, local: '10.0.3.4:443', remote: '10.0.1.4:*', expect: { access: Allow } } }",
    );
    let statuses: Vec<_> = report.results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [Status::Fail, Status::Pass, Status::Fail]);
}

#[test]
fn things_out_of_order_are_so_in_their_check_alone() {
    let report = judged(
        "checks:
  a: { source: client, destination: server, port: 443, down: [fw], expect: Unreachable }
  b: { source: client, destination: server, port: 443, down: fw, expect: { issues: [{ type: VMStopped, hop: fw }] } }
  c: { source: client, destination: server, port: 443, expect: Reachable }",
    );
    assert!(report.holds(), "{:?}", report.results);
}

#[test]
fn next_hops_and_ip_flows() {
    let report = judged(
        "nextHops:
  a: { source: client, destination: 10.0.3.9, expect: { nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.2.4, routeTable: rt-front } }
  b: { source: server, destination: 8.8.8.8, expect: { nextHopType: VirtualAppliance, routeTable: System Route } }
ipFlows:
  c: { target: server, direction: Inbound, protocol: Tcp, local: '10.0.3.4:23', remote: '10.0.1.4:*', expect: { access: Deny, ruleName: securityRules/no-telnet } }
  d: { target: client, direction: Outbound, protocol: Udp, local: '10.0.1.4:53', remote: '10.0.3.4:53', expect: { ruleName: securityRules/no-telnet } }",
    );
    let reasons: Vec<String> = report.results.iter().map(Outcome::reason).collect();
    assert_eq!(
        reasons,
        [
            "",
            "nextHopType: expected VirtualAppliance, came Internet; the route that wins is { addressPrefix: \
             0.0.0.0/0, nextHopType: Internet, source: Default, state: Active }",
            "",
            "ruleName: expected securityRules/no-telnet, came nothing; no network security group is in the way",
        ]
    );
}

#[test]
fn security_diagnostics() {
    let of = |expect: &str| {
        let text = format!(
            "securityDiagnostics: {{ d: {{ target: server, direction: Inbound, protocol: Tcp, source: 10.0.1.4, \
             destination: 10.0.3.4, port: 443, expect: {expect} }} }}"
        );
        judged(&text).holds()
    };
    assert!(of(
        "{ access: Allow, matched: [nsg-back/DefaultRule_AllowVnetInBound] }"
    ));
    assert!(of(
        "{ evaluated: { NSG-back/UserRule_no-telnet: [protocol, destination, source, sourcePort] } }"
    ));
    assert!(!of(
        "{ evaluated: { nsg-back/UserRule_no-telnet: [protocol] } }"
    ));
    assert!(!of(
        "{ evaluated: { nsg-back/DefaultRule_DenyAllInBound: [protocol] } }"
    ));
    assert!(!of("{ matched: [] }"));
    assert!(!of("{ matched: [nsg-back/AllowVnetInBound] }"));
}

#[test]
fn rows_of_routes() {
    let of = |rest: &str| {
        let report = judged(&format!(
            "effectiveRoutes: {{ r: {{ target: client, {rest} }} }}"
        ));
        (report.holds(), report.results[0].reason())
    };
    let local =
        "{ addressPrefix: 10.0.0.0/16, nextHopType: VnetLocal, source: Default, state: Active }";
    let internet = "{ addressPrefix: [0.0.0.0/0], nextHopType: Internet }";
    let user = "{ name: BACK, nextHopIpAddress: [10.0.2.4], source: User }";
    assert!(
        of(&format!(
            "ignoreReserved: true, expect: [{user}, {local}, {internet}]"
        ))
        .0
    );
    assert!(
        of(&format!(
            "match: contains, expect: [{user}, {{ addressPrefix: 100.64.0.0/10 }}]"
        ))
        .0
    );
    // What names nothing fits any row, yet each row counts once.
    assert!(
        of(&format!(
            "ignoreReserved: true, expect: [{{}}, {{}}, {user}]"
        ))
        .0
    );
    assert!(
        !of(&format!(
            "ignoreReserved: true, expect: [{{}}, {{}}, {{}}, {user}]"
        ))
        .0
    );
    assert!(!of(&format!("expect: [{user}, {local}, {internet}]")).0);
    let (holds, reason) = of(&format!(
        "ignoreReserved: true, expect: [{local}, {internet}]"
    ));
    assert!(!holds);
    assert_eq!(
        reason,
        "rows: expected no further row, came { name: back, addressPrefix: 10.0.3.0/24, nextHopType: \
         VirtualAppliance, nextHopIpAddress: 10.0.2.4, source: User, state: Active }"
    );
    let (_, reason) =
        of("match: contains, expect: [{ addressPrefix: 10.0.3.0/24, state: Invalid }]");
    assert!(
        reason.contains("came no such row; the nearest is { name: back, "),
        "{reason}"
    );
}

#[test]
fn rows_of_rules() {
    let of = |row: &str| {
        let text = format!(
            "effectiveRules: {{ r: {{ target: server, match: contains, expect: [{row}] }} }}"
        );
        let report = judged(&text);
        (report.holds(), report.results[0].reason())
    };
    for held in [
        "{ networkSecurityGroup: nsg-back, name: securityRules/no-telnet, priority: 100, access: Deny, protocol: tcp }",
        "{ name: securityRules/no-telnet, sourceAddressPrefix: '*', sourcePortRange: '*', destinationPortRange: 23 }",
        "{ name: securityRules/no-telnet, sourceAddressPrefix: 0.0.0.0/0, destinationPortRange: 23-23 }",
        "{ name: defaultSecurityRules/AllowVnetInBound, protocol: '*', expandedSourceAddressPrefix: [168.63.129.16, 10.0.1.0/24, 10.0.0.0/16] }",
    ] {
        let (holds, reason) = of(held);
        assert!(holds, "{held}: {reason}");
    }
    for not in [
        "{ name: no-telnet }",
        "{ name: securityRules/no-telnet, direction: Outbound }",
        "{ name: defaultSecurityRules/AllowVnetInBound, expandedSourceAddressPrefix: [10.0.0.0/16] }",
    ] {
        assert!(!of(not).0, "{not}");
    }
}

#[test]
fn checks_that_cannot_be_asked() {
    let text = "\
checks:
  a: { source: cleint, destination: server, port: 443, down: [fw, nva], expect: Reachable }
  b: { source: client, destination: server, expect: Reachable }
  c: { source: client, destination: nsg-back, port: 0, expect: { hops: [client, fv], avoids: [intarnet], issues: [{ hop: nowhere.net }] } }
  d: { source: 10.0.1.4, destination: server, port: 443, expect: { seen: { source: client }, nextHop: { nextHopIpAddress: fw } } }
nextHops:
  e: { source: vnet, destination: server, expect: {} }
ipFlows:
  f: { target: server, direction: Inbound, protocol: Icmp, local: '10.0.3.4', remote: '10.0.1.4:70000', expect: {} }
  g: { target: server, direction: Inbound, protocol: Tcp, local: '10.0.3.4:*', remote: '10.0.1.4:1', expect: {} }
securityDiagnostics:
  h: { target: server, direction: Inbound, source: 10.0.3.4/24, destination: Storag, expect: {} }
  i: { target: server, direction: Inbound, source: 10.0.3.400, destination: '*', expect: {} }
effectiveRoutes:
  j: { target: nobody, expect: [] }
";
    assert_eq!(
        faults(text),
        "\
t.yaml:2:16: error[unresolved-reference]: nothing is called `cleint`
t.yaml:2:67: error[unresolved-reference]: nothing is called `nva`
t.yaml:3:3: error[missing-key]: a port is needed for Tcp
t.yaml:4:37: error[unresolved-reference]: `nsg-back` is one of `networkSecurityGroups`, where no connection starts or ends
t.yaml:4:53: error[bad-port]: `0` is not a port of Tcp
t.yaml:4:81: error[unresolved-reference]: nothing is called `fv`
t.yaml:4:95: error[unresolved-reference]: nothing is called `intarnet`
t.yaml:4:122: error[unresolved-reference]: nothing is called `nowhere.net`
t.yaml:5:84: error[bad-address]: `client` is not an IP address
t.yaml:5:123: error[bad-address]: `fw` is not an IP address
t.yaml:7:16: error[unresolved-reference]: `vnet` is one of `virtualNetworks`, which has no NIC that could be asked
t.yaml:7:35: error[bad-address]: `server` is not an IP address
t.yaml:9:54: error[unknown-word]: IP flow verify takes Tcp and Udp, not `Icmp`
t.yaml:9:67: error[bad-port]: `10.0.3.4` is not an address with a port
t.yaml:9:87: error[bad-port]: `10.0.1.4:70000` is not an address with a port
t.yaml:12:52: error[host-bits-set]: `10.0.3.4/24` has bits set behind its length
t.yaml:12:78: error[unknown-service-tag]: `Storag` is not a service tag of Azure's
t.yaml:13:52: error[bad-prefix]: `10.0.3.400` is neither an address prefix nor a service tag nor `*`
t.yaml:15:16: error[unresolved-reference]: nothing is called `nobody`
"
    );
}

#[test]
fn a_question_that_the_engine_refuses_is_a_fault_of_the_file() {
    assert_eq!(
        faults(
            "checks: { c: { source: 10.0.1.4, destination: server, port: 443, expect: Reachable } }\n\
             ipFlows: { f: { target: server, direction: Inbound, protocol: Tcp, local: '10.0.3.4:*', remote: '10.0.1.4:1', expect: {} } }"
        ),
        "\
t.yaml:1:24: error[unresolved-reference]: no connection can start at `10.0.1.4`
t.yaml:2:75: error[bad-port]: the port that a flow goes to must be a number; `*` is for the other side
"
    );
}

#[test]
fn invalid_files() {
    let of = |text: &str| judged(text).results.remove(0);
    let outcome = of(
        "invalid: [unresolved-reference]\nvirtualMachines: { x: { networkInterface: { subnet: vnet/nowhere } } }\nchecks: { c: { source: no, destination: no, expect: Reachable } }",
    );
    assert_eq!(
        (outcome.kind, outcome.status),
        (Kind::Invalid, Status::Pass),
        "{}",
        outcome.reason()
    );
    // A file whose decoding fails, and one that contributes nothing at all.
    assert_eq!(
        of("invalid: [unknown-key]\nvirtualMachine: {}").status,
        Status::Pass
    );
    assert_eq!(
        of("invalid: [duplicate-key]\nvirtualMachines: { a: {}, a: {} }").status,
        Status::Pass
    );
    assert_eq!(
        of("invalid: duplicate-key\nvirtualMachines: { a: {}, a: {} }").status,
        Status::Pass
    );
    let outcome = of("invalid: [unknown-kay]\nvirtualMachine: {}");
    assert_eq!(
        outcome.reason(),
        "invalid: expected [unknown-kay], came [unknown-key]; `unknown-kay` is not a code; did you mean \
         `unknown-key`?; unknown-key: `virtualMachine` is not a key here"
    );
    assert_eq!(of("invalid: [bad-port]").status, Status::Fail);
    assert!(faults("virtualMachine: {}").contains("error[unknown-key]"));
}

#[test]
fn a_filter_chooses_by_name() {
    let loaded = loaded(
        "checks:
  web in: { source: client, destination: server, port: 443, expect: Reachable }
  telnet in: { source: client, destination: server, port: 23, expect: Reachable }",
    );
    let options = Options {
        filter: Some(Glob::new("WEB*")),
    };
    let report = judge(&loaded, &options).unwrap();
    let names: Vec<&str> = report.results.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["web in"]);
    assert!(report.holds());
}

#[test]
fn of_several_answers_every_one_must_hold() {
    let report = judged(
        "virtualMachineScaleSets: { api: { capacity: 2, networkInterface: { subnet: vnet/fw } }, none: { capacity: 0, networkInterface: { subnet: vnet/fw } } }
checks:
  all: { source: api, destination: server, port: 443, expect: { via: [api], issues: [] } }
  one is down: { source: api, destination: server, port: 443, down: [api_1], expect: Reachable }
  there is none: { source: none, destination: server, port: 443, expect: Reachable }",
    );
    let statuses: Vec<_> = report.results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [Status::Pass, Status::Fail, Status::Fail]);
    let reason = report.results[1].reason();
    assert!(
        reason.contains("this is from api_1 to server; 1 of 2 connections differ"),
        "{reason}"
    );
}
