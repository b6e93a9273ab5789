//! What names stand for, each behaviour with the page it follows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may end so"
)]

use dryhop::engine::{Answer, Engine, Question, check};
use dryhop::load::load;
use dryhop::net::Protocol;
use dryhop::spec::checks::{ConnectionStatus, IssueType};
use dryhop::spec::read::Input;

const NETWORKS: &str = r#"
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: { dns: { addressPrefix: 10.0.1.0/24 } }
    peerings: { to-spoke: { remoteVirtualNetwork: spoke } }
  spoke:
    addressSpace: 10.1.0.0/16
    dnsServers: [10.0.1.4]
    subnets: { app: { addressPrefix: 10.1.1.0/24, networkSecurityGroup: nsg } }
    peerings: { to-hub: { remoteVirtualNetwork: hub } }
networkSecurityGroups:
  nsg: { securityRules: { RULE } }
virtualMachines:
  dns-1: { networkInterface: { subnet: hub/dns, privateIPAddress: 10.0.1.4 }, guest: { listeners: [udp/53] } }
  db: { networkInterface: { subnet: hub/dns, privateIPAddress: 10.0.1.9 } }
  app: { networkInterface: { subnet: spoke/app, privateIPAddress: 10.1.1.4 } }
  shut: { networkInterface: { subnet: hub/dns, privateIPAddress: 10.0.1.10 }, guest: { firewall: { outbound: { rules: { no-dns: { action: Deny, protocol: Udp, port: 53 } } } } } }
privateDnsZones:
  corp.example:
    virtualNetworkLinks: { hub: { virtualNetwork: hub, registrationEnabled: true } }
    recordSets:
      sql: { CNAME: db.corp.example }
      round: { CNAME: about.corp.example }
      about: { CNAME: round.corp.example }
      www: { A: [10.0.1.9] }
internetHosts:
  www.corp.example: { addresses: [198.51.100.7], listeners: [tcp/443] }
  www.elsewhere.example: { addresses: [198.51.100.8], listeners: [tcp/443] }
"#;

fn ask(rule: &str, source: &str, name: &str) -> Answer {
    let text = NETWORKS.replace("RULE", rule);
    let loaded = load(
        &[Input::Text {
            name: "names.yaml".into(),
            text,
        }],
        &[],
    );
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let engine = Engine::new(&loaded.network);
    let question = Question::new(
        loaded.network.endpoint(source).unwrap(),
        loaded.network.endpoint(name).unwrap(),
        Protocol::Tcp,
        Some(443),
    );
    check(&engine, &question).unwrap().remove(0)
}

fn unresolved(answer: &Answer) -> bool {
    answer.status == ConnectionStatus::Unreachable
        && answer
            .issues()
            .iter()
            .any(|(_, _, issue)| issue.kind == IssueType::DnsResolution)
}

/// private-dns-autoregistration: machines of a VNet that registers are in the zone under their names.
#[test]
fn machines_are_registered() {
    let answer = ask("", "dns-1", "app.corp.example");
    assert!(unresolved(&answer), "the spoke does not register");
    let answer = ask("", "dns-1", "db.corp.example");
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert_eq!(answer.flow.destination.to_string(), "10.0.1.9");
}

/// virtual-networks-name-resolution-for-vms-and-role-instances: a VNet's own servers answer as they see
/// the world from where they stand.
#[test]
fn a_server_answers_from_where_it_stands() {
    let answer = ask("", "app", "sql.corp.example");
    assert_eq!(answer.flow.destination.to_string(), "10.0.1.9");
    let denied = "dns: { priority: 100, direction: Outbound, access: Deny, protocol: Udp, destinationPortRange: 53 }";
    assert!(
        unresolved(&ask(denied, "app", "sql.corp.example")),
        "the server is not reached"
    );
}

/// private-dns-overview: what a linked private zone holds hides the public name, and what it does not hold
/// does not exist.
#[test]
fn a_private_zone_stands_before_the_public_one() {
    assert_eq!(
        ask("", "dns-1", "www.corp.example")
            .flow
            .destination
            .to_string(),
        "10.0.1.9"
    );
    assert!(unresolved(&ask("", "dns-1", "missing.corp.example")));
    let answer = ask("", "dns-1", "www.elsewhere.example");
    assert_eq!(answer.flow.destination.to_string(), "198.51.100.8");
}

/// Aliases without end are a failure, not a hang.
#[test]
fn aliases_end() {
    assert!(unresolved(&ask("", "dns-1", "round.corp.example")));
}

/// A name of which nothing is known is taken to be public, unless no public name ends so.
#[test]
fn unlisted_names_are_assumed() {
    let answer = ask("", "dns-1", "www.unknown.example");
    assert_eq!(answer.status, ConnectionStatus::Reachable);
    assert!(
        answer
            .assumptions
            .iter()
            .any(|a| a.code.name() == "unlisted-name")
    );
    assert!(unresolved(&ask("", "dns-1", "files.corp.local")));
}

/// Names (docs/azure/names.md): a failure says what keeps the server from answering. A guest's own firewall
/// is no security rule.
#[test]
fn what_keeps_azures_dns_away_is_named() {
    let answer = ask("", "shut", "sql.corp.example");
    assert!(unresolved(&answer));
    let issues = answer.issues();
    let text = &issues[0].2.message;
    assert!(
        text.contains("`no-dns`") && !text.contains("security rule"),
        "{text}"
    );
}
