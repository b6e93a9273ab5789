//! Intents over sets: every flow between two sets, whatever addresses and translations lie between, and the
//! faults of intents that cannot be judged (checks-format).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use dryhop::check::{Options, Outcome, Status, judge};
use dryhop::load::{Loaded, load};
use dryhop::spec::read::Input;

/// A published server behind a NIC's own address, one behind a load balancer and one behind an appliance's
/// translation; a database that only the server may ask.
const TOPOLOGY: &str = r#"
virtualNetworks:
  vnet:
    addressSpace: [10.0.0.0/16, "fd00::/48"]
    subnets:
      web: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: nsg-web }
      db: { addressPrefixes: [10.0.2.0/24, "fd00:0:0:2::/64"], networkSecurityGroup: nsg-db }
      edge: { addressPrefix: 10.0.3.0/24, networkSecurityGroup: nsg-open }
  far:
    addressSpace: 10.9.0.0/16
    subnets: { work: { addressPrefix: 10.9.1.0/24 } }
networkSecurityGroups:
  nsg-web:
    securityRules:
      https: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: Internet, destinationPortRange: 443 }
      from-below: { priority: 110, direction: Inbound, access: Allow, protocol: Udp, sourceAddressPrefix: Internet, sourcePortRange: "500", destinationPortRange: 4500 }
  nsg-db:
    securityRules:
      sql: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: 10.0.1.0/24, destinationPortRange: 1433 }
      deny: { priority: 200, direction: Inbound, access: Deny }
  nsg-open:
    securityRules:
      all: { priority: 100, direction: Inbound, access: Allow }
publicIPAddresses:
  pip-web: { ipAddress: 20.50.1.4 }
  pip-lb: { ipAddress: 20.50.1.5 }
  pip-nva: { ipAddress: 20.50.1.6 }
virtualMachines:
  web: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.1.4, publicIPAddress: pip-web }, tags: { tier: web, owner: shop } }
  pool: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.1.5 }, tags: { tier: web } }
  second: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.1.6 } }
  inner: { networkInterface: { subnet: vnet/edge, privateIPAddress: 10.0.3.9 }, guest: { listeners: [tcp/8443] } }
  db: { networkInterface: { subnet: vnet/db, privateIPAddress: 10.0.2.4 }, tags: { tier: data }, guest: { listeners: [tcp/1433] } }
  alone: { networkInterface: { subnet: far/work, privateIPAddress: 10.9.1.4 } }
networkVirtualAppliances:
  nva:
    networkInterface: { subnet: vnet/edge, privateIPAddress: 10.0.3.4, enableIPForwarding: true, publicIPAddress: pip-nva }
    forwarding:
      rules: { tcp: { priority: 100, action: Allow, protocol: Tcp } }
      sourceNat: All
      destinationNat: { published: { protocol: Tcp, destinationAddress: 10.0.3.4, destinationPort: 443, translatedAddress: 10.0.3.9, translatedPort: 8443 } }
loadBalancers:
  lb:
    sku: Standard
    frontendIPConfigurations: { front: { publicIPAddress: pip-lb } }
    backendAddressPools: { pool: [pool, second] }
    loadBalancingRules: { https: { frontendIPConfiguration: front, backendAddressPool: pool, protocol: Tcp, frontendPort: 8080, backendPort: 443 } }
internetHosts:
  office: { addresses: [198.51.100.7] }
"#;

fn loaded(intents: &str) -> Loaded {
    load(
        &[Input::Text {
            name: "intents.yaml".into(),
            text: format!("{TOPOLOGY}{intents}"),
        }],
        &[],
    )
}

fn judged(intent: &str) -> Outcome {
    let loaded = loaded(&format!("intents:\n  it: {intent}\n"));
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let report = judge(&loaded, &Options::default());
    let mut report = report.unwrap_or_else(|faults| panic!("{intent}: {faults:?}"));
    report.results.pop().unwrap()
}

#[track_caller]
fn holds(intent: &str) {
    let outcome = judged(intent);
    assert_eq!(
        outcome.status,
        Status::Pass,
        "{intent}: {}",
        outcome.reason()
    );
}

/// Does not hold, and a flow shows it.
#[track_caller]
fn fails(intent: &str, witness: &str) {
    let outcome = judged(intent);
    assert_eq!(outcome.status, Status::Fail, "{intent}");
    let reason = outcome.reason();
    assert!(reason.contains(witness), "{intent}: {reason}");
}

#[test]
fn isolated_is_about_every_flow_whatever_it_is_sent_to() {
    // By a public address, by a frontend, by a translation: nothing of that is the machine's own address.
    fails(
        "{ from: Internet, to: web, expect: Isolated }",
        "→ 20.50.1.4:443",
    );
    fails(
        "{ from: Internet, to: pool, expect: Isolated }",
        "→ 20.50.1.5:8080",
    );
    fails(
        "{ from: Internet, to: inner, expect: Isolated }",
        "→ 20.50.1.6:443",
    );
    holds("{ from: Internet, to: db, expect: Isolated }");
    holds("{ from: Internet, to: { subnet: vnet/db }, expect: Isolated }");
    holds("{ from: alone, to: { virtualNetwork: vnet }, protocol: Icmp, expect: Isolated }");
    // By the Internet they meet: the server is published to all of it.
    fails(
        "{ from: alone, to: { virtualNetwork: vnet }, expect: Isolated }",
        "→ 20.50.1.4:443",
    );
    // One source port is enough.
    fails(
        "{ from: Internet, to: web, protocol: Udp, expect: Isolated }",
        ":500 → 20.50.1.4:4500",
    );
    holds(
        "{ from: Internet, to: web, protocol: Tcp, ports: [1-442, 444-65535], expect: Isolated }",
    );
    // A machine's way to itself is its own business.
    holds("{ from: db, to: db, expect: Isolated }");
}

#[test]
fn allow_only_is_what_gets_through_less_the_list() {
    holds(
        "{ from: { virtualNetwork: vnet }, to: { tags: { tier: data } }, allowOnly: [{ from: { subnet: web }, protocol: Tcp, ports: [1433] }] }",
    );
    fails(
        "{ from: { virtualNetwork: vnet }, to: { tags: { tier: data } }, allowOnly: [{ from: pool, protocol: Tcp, ports: [1433] }] }",
        "→ 10.0.2.4:1433 from web",
    );
    fails(
        "{ from: { virtualNetwork: vnet }, to: db, allowOnly: [] }",
        "1433",
    );
    holds(
        "{ from: Internet, to: { virtualNetwork: '*' }, allowOnly: [{ to: web, protocol: Tcp, ports: [443] }, { to: web, protocol: Udp, ports: [4500] }, { to: [pool, second], ports: [8080] }, { to: nva }, { to: inner, ports: [443] }] }",
    );
    // A frontend with two members: that one of them is allowed does not allow the other.
    fails(
        "{ from: Internet, to: [pool, second], allowOnly: [{ to: pool }] }",
        "→ 20.50.1.5:8080",
    );
    // What is allowed to one of the ends is not allowed to another.
    fails(
        "{ from: Internet, to: [web, pool], allowOnly: [{ to: web }] }",
        "→ 20.50.1.5:8080",
    );
}

#[test]
fn reachable_demands_every_pair_and_every_flow() {
    holds(
        "{ from: { tags: { tier: web } }, to: db, protocol: Tcp, ports: [1433], expect: Reachable }",
    );
    fails(
        "{ from: { tags: { tier: web } }, to: db, protocol: Tcp, ports: [1433-1434], expect: Reachable }",
        "→ 10.0.2.4:1434",
    );
    fails(
        "{ from: [web, inner], to: db, protocol: Tcp, ports: [1433], expect: Reachable }",
        "from inner",
    );
    // From the Internet a machine is asked at its public address.
    holds("{ from: [Internet, office], to: web, protocol: Tcp, ports: [443], expect: Reachable }");
    // Of the ports that a client takes; a server's port is none of them.
    fails(
        "{ from: Internet, to: web, protocol: Udp, ports: [4500], expect: Reachable }",
        "udp",
    );
    holds("{ from: web, to: Internet, protocol: Https, expect: Reachable }");
    holds("{ from: web, to: [web, pool], protocol: Tcp, ports: [80], expect: Reachable }");
    fails("{ from: web, to: web, expect: Reachable }", "no pair");
}

#[test]
fn every_path_goes_by_what_it_should() {
    holds("{ from: Internet, to: inner, via: [nva] }");
    fails(
        "{ from: Internet, to: [inner, web], via: [nva] }",
        "path Internet → web",
    );
    holds("{ from: { tags: { tier: web } }, to: db, avoids: [nva, Internet] }");
    fails(
        "{ from: Internet, to: inner, avoids: [nva] }",
        "Internet → nva → inner",
    );
}

#[test]
fn selectors_narrow() {
    holds(
        "{ from: { tags: { tier: web, owner: sh* } }, to: db, protocol: Tcp, ports: [1433], expect: Reachable }",
    );
    holds(
        "{ from: { kind: virtualMachines, subnet: 'vnet/w*' }, to: db, protocol: Tcp, ports: [1433], expect: Reachable }",
    );
    fails(
        "{ from: { kind: virtualMachines, virtualNetwork: vnet }, to: db, protocol: Tcp, ports: [1433], expect: Reachable }",
        "inner",
    );
}

#[test]
fn what_cannot_be_judged_is_a_fault_with_its_place() {
    let loaded = loaded(
        "intents:
  a: { from: Internett, to: { virtualNetwork: vnett }, expect: Isolated }
  b: { from: [web, wbe], to: { subnet: vnet/web, tags: { tier: data } }, expect: Isolated, via: [nvaa] }
  c: { from: web, to: db }
  e: { from: [web, 10.0.1.4, lb], to: db, expect: Isolated }
  d: { from: web, to: {}, protocol: Icmp, ports: [80], allowOnly: [{ from: webb }] }
",
    );
    assert!(loaded.is_sound());
    let faults = judge(&loaded, &Options::default()).unwrap_err();
    let text: Vec<String> = faults
        .iter()
        .map(|fault| {
            let (dryhop::diagnostic::At::Value(at) | dryhop::diagnostic::At::Key(at)) =
                &fault.labels[0].at
            else {
                panic!("{fault:?} has no place");
            };
            format!(
                "{at}: {} ({})",
                fault.message,
                fault.help.as_deref().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        text,
        [
            "/intents/a/from: nothing is called `Internett` ()",
            "/intents/a/to/virtualNetwork: no virtual network is called `vnett` (did you mean `vnet`?)",
            "/intents/b/from/1: nothing is called `wbe` (did you mean `web`?)",
            "/intents/b/to: nothing is selected ()",
            "/intents/b/via/0: nothing is called `nvaa` (did you mean `nva`?)",
            "/intents/c: nothing is expected of the flows (add `expect`, `allowOnly`, `via` or `avoids`)",
            "/intents/e/from/1: no connection can start at `10.0.1.4` ()",
            "/intents/e/from/2: no connection can start at `lb` ()",
            "/intents/d/to: a selector without keys selects nothing (`virtualNetwork: \"*\"` selects every machine)",
            "/intents/d/ports: Icmp has no ports ()",
            "/intents/d/allowOnly/0/from: nothing is called `webb` (did you mean `web`?)",
        ]
    );
}

/// A proxy's name means the address at which it takes requests, not those of its instances (topology-format, endpoints:
/// `agw` means the gateway), and what it answers has got there, though its backend is who asked.
#[test]
fn a_proxy_is_asked_at_its_frontend() {
    let topology = "
virtualNetworks: { v: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.0.0/24 }, agw: { addressPrefix: 10.0.1.0/24 } } } }
virtualMachines:
  backend: { networkInterface: { subnet: v/a, privateIPAddress: 10.0.0.4 } }
  client: { networkInterface: { subnet: v/a, privateIPAddress: 10.0.0.6 } }
publicIPAddresses: { p: { ipAddress: 20.50.0.1 } }
applicationGateways:
  ag:
    subnet: v/agw
    publicIPAddress: p
    PRIVATE
    backendAddressPools: { w: [backend] }
    listeners: { h: { protocol: Http, port: 80 } }
    requestRoutingRules: { r: { priority: 100, listener: h, backendAddressPool: w, backendPort: 80, backendProtocol: Http } }
checks:
  the backend itself: { source: backend, destination: ag, port: 80, expect: Reachable }
intents:
  from a client: { from: client, to: ag, protocol: Tcp, ports: [80], expect: Reachable }
  from the backend: { from: backend, to: ag, protocol: Tcp, ports: [80], expect: Reachable }
  isolated: { from: backend, to: ag, expect: Isolated }
";
    for private in ["privateIPAddress: 10.0.1.10", ""] {
        let input = Input::Text {
            name: "proxy.yaml".into(),
            text: topology.replace("PRIVATE", private),
        };
        let loaded = load(&[input], &[]);
        assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
        let report = judge(&loaded, &Options::default()).unwrap();
        let failed = report
            .results
            .iter()
            .filter(|own| own.status != Status::Pass);
        let failed: Vec<&str> = failed.map(|own| own.name.as_str()).collect();
        assert_eq!(failed, ["isolated"], "{private}");
    }
}
