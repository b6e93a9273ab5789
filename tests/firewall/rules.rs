//! What a firewall lets through, and by which rule.

use dryhop::engine::Application;
use dryhop::load::load;
use dryhop::spec::checks::IssueSeverity;
use dryhop::spec::read::Input;

use super::sending::PUBLISH;
use super::support::*;

/// `firewall/rule-processing`: by type whatever the priorities, the parent's first within a type, then by
/// group and collection priority. The page's own example.
#[test]
fn the_order_is_that_of_the_page() {
    let rule = |kind: &str| match kind {
        "Nat" => {
            r#"{ protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: [20.50.1.20], destinationPorts: [1], translatedAddress: 10.1.1.4, translatedPort: 1 }"#
        }
        "Network" => {
            r#"{ protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: [1] }"#
        }
        _ => r#"{ protocols: ["Https:443"], sourceAddresses: ["*"], targetFqdns: ["*"] }"#,
    };
    let collection = |name: &str, kind: &str, priority: u16| {
        let action = if kind == "Nat" { "Dnat" } else { "Allow" };
        format!(
            "{name}: {{ type: {kind}, priority: {priority}, action: {action}, rules: {{ r: {} }} }}",
            rule(kind)
        )
    };
    let group = |name: &str, priority: u16, collections: &[String]| {
        format!(
            "{name}: {{ priority: {priority}, ruleCollections: {{ {} }} }}",
            collections.join(", ")
        )
    };
    let parent = [
        group(
            "BaseRCG2",
            300,
            &[
                collection("AppRC2", "Application", 1200),
                collection("NetworkRC2", "Network", 1300),
            ],
        ),
        group(
            "BaseRCG1",
            200,
            &[
                collection("NetworkRC1", "Network", 800),
                collection("DNATRC3", "Nat", 610),
                collection("DNATRC1", "Nat", 600),
            ],
        ),
    ];
    let child = [
        group(
            "ChildRCG2",
            650,
            &[
                collection("ChNetRC2", "Network", 1100),
                collection("ChAppRC2", "Application", 2000),
                collection("ChDNATRC3", "Nat", 3000),
            ],
        ),
        group(
            "ChildRCG1",
            300,
            &[
                collection("ChAppRC1", "Application", 900),
                collection("ChNetRC1", "Network", 700),
            ],
        ),
    ];
    let text = format!(
        "firewallPolicies: {{ policy: {{ basePolicy: parent, ruleCollectionGroups: {{ {} }} }}, \
         parent: {{ ruleCollectionGroups: {{ {} }} }} }}",
        child.join(", "),
        parent.join(", ")
    );
    let base = Input::Text {
        name: "base.yaml".into(),
        text: BASE.into(),
    };
    let loaded = load(
        &[base],
        &[Input::Text {
            name: "policies.yaml".into(),
            text,
        }],
    );
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let (_, firewall) = loaded.network.firewalls.iter().next().unwrap();
    let nat = firewall.nat_rules.iter().map(|rule| &rule.rule);
    let network = firewall.network_rules.iter().map(|rule| &rule.rule);
    let application = firewall.application_rules.iter().map(|rule| &rule.rule);
    let order: Vec<&str> = nat
        .chain(network)
        .chain(application)
        .map(|rule| &*rule.keys[2])
        .collect();
    assert_eq!(
        order,
        [
            "DNATRC1",
            "DNATRC3",
            "ChDNATRC3",
            "NetworkRC1",
            "NetworkRC2",
            "ChNetRC1",
            "ChNetRC2",
            "AppRC2",
            "ChAppRC1",
            "ChAppRC2"
        ]
    );
}

/// `firewall/rule-processing`: a network rule that allows the port lets a denied name pass.
#[test]
fn network_rules_go_before_application_rules() {
    let rules = policy(
        r#"
        web: { type: Network, priority: 5000, action: Allow, rules: { web: { protocols: [TCP], sourceIpGroups: [spokes], destinationAddresses: ["*"], destinationPorts: [80, 443] } } },
        no-contoso: { type: Application, priority: 100, action: Deny, rules: { r: { protocols: ["Http:80", "Https:443"], sourceAddresses: ["*"], targetFqdns: ["*.contoso.com"] } } }"#,
    );
    let answer = ask(&[&rules], &https("a", "www.contoso.com"));
    assert!(reachable(&answer));
    assert_eq!(decided(&answer), [("web/web".to_owned(), true)]);
    assert_eq!(answer.answered_by, None, "the target itself answers");
}

/// `network-watcher/connection-troubleshoot-overview`: the firewall answers TCP 80 and 443 itself.
#[test]
fn a_ping_of_what_is_denied_looks_reachable() {
    let answer = ask(&[&policy(CONTOSO)], &tcp("a", "www.fabrikam.com", 443));
    assert!(!reachable(&answer));
    assert_eq!(denied_by(&answer), ["DefaultDeny"]);
    assert_eq!(answer.answered_by.as_deref(), Some("fw"));
    let warning = answer.issues().into_iter().any(|(hop, _, issue)| {
        &*hop == "fw"
            && issue.severity == IssueSeverity::Warning
            && issue.message.contains("look reachable")
    });
    assert!(warning);
}

/// `firewall/firewall-faq`: a network rule that denies the translated flow wins.
#[test]
fn a_network_deny_wins_over_dnat() {
    let rules = policy(&format!(
        r#"{PUBLISH}, no: {{ type: Network, priority: 100, action: Deny, rules: {{ r: {{ protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: [10.2.1.4], destinationPorts: [8443] }} }} }}"#
    ));
    let answer = ask(&[&rules], &tcp("Internet", "20.50.1.20", 443));
    assert!(!reachable(&answer));
    assert_eq!(denied_by(&answer), ["no/r"]);
}

/// `firewall/rule-processing`: application rules are not for what comes in.
#[test]
fn application_rules_are_not_for_dnat() {
    let rules = policy(&format!(
        r#"{PUBLISH}, no: {{ type: Application, priority: 100, action: Deny, rules: {{ r: {{ protocols: ["Https:443", "Https:8443"], sourceAddresses: ["*"], targetFqdns: ["*"] }} }} }}"#
    ));
    assert!(reachable(&ask(
        &[&rules],
        &tcp("Internet", "20.50.1.20", 443)
    )));
}

/// `firewall/rule-processing`: what no rule allows is denied.
#[test]
fn everything_is_denied_by_default() {
    let answer = ask(&["firewallPolicies: { policy: {} }"], &tcp("a", "b", 22));
    assert!(!reachable(&answer));
    assert_eq!(denied_by(&answer), ["DefaultDeny"]);
    assert_eq!(answer.answered_by, None);
    let names: Vec<&str> = answer.paths[0].hops.iter().map(|hop| &*hop.name).collect();
    assert_eq!(
        names,
        ["a", "fw", "b"],
        "a block by a rule lists the hops behind it"
    );
}

/// `firewall/rule-processing`: the first match ends it, by the lower number.
#[test]
fn the_lower_number_decides() {
    let rules = policy(
        r#"
        allow-ssh: { type: Network, priority: 200, action: Allow, rules: { r: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: [22] } } },
        deny-ssh: { type: Network, priority: 100, action: Deny, rules: { r: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: [22] } } }"#,
    );
    let answer = ask(&[&rules], &tcp("a", "b", 22));
    assert!(!reachable(&answer));
    assert_eq!(denied_by(&answer), ["deny-ssh/r"]);
}

const CONTOSO: &str = r#"
    sites: { type: Application, priority: 100, action: Allow, rules: { contoso: { protocols: ["Https:443"], sourceAddresses: [10.1.0.0/16], targetFqdns: ["*.contoso.com"] } } }"#;

/// `firewall/rule-processing`: HTTP, HTTPS and MSSQL, by the name that is asked for.
#[test]
fn application_rules_decide_by_name_and_protocol() {
    let rules = policy(CONTOSO);
    let allowed = ask(&[&rules], &https("a", "www.contoso.com"));
    assert!(reachable(&allowed));
    assert_eq!(decided(&allowed), [("sites/contoso".to_owned(), true)]);
    assert_eq!(allowed.answered_by.as_deref(), Some("fw"));
    let tcp_only = ask(&[&rules], &tcp("a", "www.contoso.com", 443));
    assert!(
        reachable(&tcp_only),
        "the name is known though nothing is said of what is spoken"
    );
    let http = ask(
        &[&rules],
        &Ask {
            application: Application::Http,
            ..https("a", "www.contoso.com")
        },
    );
    assert!(!reachable(&http), "the rule is for HTTPS");
    assert!(
        !reachable(&ask(&[&rules], &https("a", "www.fabrikam.com"))),
        "another name"
    );
    assert!(
        !reachable(&ask(&[&rules], &https("b", "www.contoso.com"))),
        "another source"
    );
    assert!(
        !reachable(&ask(&[&rules], &https("a", "203.0.113.10"))),
        "asked for by address"
    );
    let ssh = ask(&[&rules], &tcp("a", "www.contoso.com", 22));
    assert_eq!(denied_by(&ssh), ["DefaultDeny"]);
    assert_eq!(
        ssh.answered_by, None,
        "the firewall has nothing to do with SSH"
    );
}

/// What stops a packet before the firewall keeps it from answering.
#[test]
fn a_firewall_that_is_not_reached_answers_nothing() {
    let denied = "networkSecurityGroups: { nsg: { securityRules: { no: { priority: 100, direction: Outbound, access: Deny } } } }\n\
                  virtualNetworks: { spoke1: { subnets: { work: { networkSecurityGroup: nsg } } } }";
    let answer = ask(&[&policy(CONTOSO), denied], &https("a", "www.fabrikam.com"));
    assert_eq!(answer.answered_by, None);
}

/// What a topology cannot evaluate makes an answer rest on it, where it would decide.
#[test]
fn web_categories_are_not_evaluated() {
    let rules = policy(
        r#"news: { type: Application, priority: 100, action: Allow, rules: { r: { protocols: ["Https:443"], sourceAddresses: [10.1.0.0/16], webCategories: [news] } } }"#,
    );
    assert!(ask(&[&rules], &https("a", "www.contoso.com")).not_modelled());
    assert!(
        !ask(&[&rules], &https("b", "www.contoso.com")).not_modelled(),
        "another source"
    );
    assert!(
        !ask(&[&rules], &tcp("a", "www.contoso.com", 22)).not_modelled(),
        "another port"
    );
}

/// `firewall/fqdn-filtering-network-rules`: names in network rules.
#[test]
fn network_rules_know_names() {
    let rules = policy(
        r#"time: { type: Network, priority: 100, action: Allow, rules: { r: { protocols: [TCP], sourceAddresses: ["*"], destinationFqdns: [www.contoso.com, elsewhere.example], destinationPorts: [8443] } } }"#,
    );
    let known = ask(&[&rules], &tcp("a", "www.contoso.com", 8443));
    assert!(reachable(&known) && !known.not_modelled());
    let unknown = ask(&[&rules], &tcp("a", "203.0.113.99", 8443));
    assert!(
        !reachable(&unknown) && unknown.not_modelled(),
        "the other name may stand for it"
    );
}

/// `firewall/threat-intel`: before every rule, in the mode Deny only.
#[test]
fn threat_intelligence_goes_first() {
    let all = policy(ALLOW_ALL);
    let feed = |mode: &str| {
        format!(
            "firewallPolicies: {{ policy: {{ threatIntelMode: {mode}, threatIntelAddresses: [203.0.113.10] }} }}"
        )
    };
    let answer = ask(&[&all, &feed("Deny")], &tcp("a", "www.contoso.com", 443));
    assert!(!reachable(&answer));
    assert_eq!(denied_by(&answer), ["ThreatIntelligence"]);
    assert!(reachable(&ask(
        &[&all, &feed("Alert")],
        &tcp("a", "www.contoso.com", 443)
    )));
    assert!(reachable(&ask(
        &[&all, &feed("Deny")],
        &tcp("a", "www.fabrikam.com", 443)
    )));
    let base = "firewallPolicies: { policy: { basePolicy: parent }, parent: { threatIntelMode: Deny, threatIntelAddresses: [203.0.113.10] } }";
    assert!(
        !reachable(&ask(&[&all, base], &tcp("a", "www.contoso.com", 443))),
        "a parent's mode holds"
    );
}

/// `firewall/service-tags`: tags as destinations; of one that is not known in full that is said.
#[test]
fn service_tags_are_destinations() {
    let rules = policy(
        r#"storage: { type: Network, priority: 100, action: Allow, rules: { r: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: [Backups], destinationPorts: [8443] } } }"#,
    );
    let tag = "serviceTags: { custom: { Backups: [203.0.113.0/24] } }";
    assert!(reachable(&ask(
        &[&rules, tag],
        &tcp("a", "www.contoso.com", 8443)
    )));
    let known = rules.replace("Backups", "Storage");
    let answer = ask(&[&known], &tcp("a", "www.contoso.com", 8443));
    assert!(!reachable(&answer));
    assert!(
        answer
            .assumptions
            .iter()
            .any(|a| a.code.name() == "assumed-service-tag"),
        "{:?}",
        answer.assumptions
    );
}

/// `firewall/rule-processing`: HTTP and HTTPS go to the address that the firewall finds for the name,
/// which may be another than the client's.
#[test]
fn proxied_connections_go_where_the_firewall_resolves() {
    let zone = "privateDnsZones: { contoso.com: { virtualNetworkLinks: { hub: { virtualNetwork: hub } }, recordSets: { www: { A: [10.2.1.4] } } } }";
    let answer = ask(&[&policy(CONTOSO), zone], &https("a", "www.contoso.com"));
    assert!(reachable(&answer), "{:?}", answer.issues());
    let seen = answer.seen().unwrap();
    assert_eq!(
        (seen.source.to_string(), seen.destination.to_string()),
        ("10.0.1.4".to_owned(), "10.2.1.4".to_owned())
    );
}

/// `firewall/dns-details`: with the proxy on, the firewall answers DNS on its private address.
#[test]
fn dns_proxy() {
    let on = "firewallPolicies: { policy: { dnsProxy: true } }";
    let answer = ask(&[on], &tcp("a", "10.0.1.4", 53));
    assert!(reachable(&answer), "{:?}", answer.issues());
    assert!(!reachable(&ask(&[on], &tcp("a", "10.0.1.4", 22))));
    assert!(!reachable(&ask(
        &["firewallPolicies: { policy: { dnsProxy: false } }"],
        &tcp("a", "10.0.1.4", 53)
    )));
    let servers = "virtualNetworks: { spoke1: { dnsServers: [10.0.1.4] } }";
    let all = policy(ALLOW_ALL);
    assert!(reachable(&ask(
        &[&all, on, servers],
        &https("a", "www.contoso.com")
    )));
}
