//! Rules of network managers and firewall policies that never decide, and rules of security groups that those come
//! before. Each test names the page that decides.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end so")]

use dryhop::diagnostic::Code;
use dryhop::lint::lint;
use dryhop::load::load;
use dryhop::spec::read::Input;

/// What is found of rules that do nothing: the code and the message of each, and what it points at.
fn found(text: &str) -> Vec<String> {
    let input = Input::Text {
        name: "rules.yaml".to_owned(),
        text: text.to_owned(),
    };
    let loaded = load(&[input], &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let codes = [
        Code::ShadowedRule,
        Code::RedundantRule,
        Code::RuleNeverMatches,
    ];
    let findings = lint(&loaded.network, &loaded.sources).found;
    let own = findings
        .iter()
        .map(|own| &own.diagnostic)
        .filter(|own| codes.contains(&own.code));
    own.map(|own| {
        let spans = own.labels.iter().map(|label| {
            let span = label.at.span(&loaded.sources).unwrap();
            loaded.sources.slice(&span).to_owned()
        });
        let spans: Vec<String> = spans.collect();
        format!("{}: {} [{}]", own.code, own.message, spans.join(", "))
    })
    .collect()
}

/// A VNet with one group on its subnet, and managers of which `rules` are the admin rules.
fn governed(admin: &str, group: &str) -> String {
    format!(
        "virtualNetworks:
  prod:
    addressSpace: 10.0.0.0/16
    subnets: {{ app: {{ addressPrefix: 10.0.1.0/24, networkSecurityGroup: nsg }} }}
virtualMachines: {{ app-1: {{ networkInterface: {{ subnet: prod/app }} }} }}
networkSecurityGroups:
  nsg:
    securityRules:
{group}
networkManagers:
  corp:
    scope: managementGroups/contoso
    networkGroups: {{ all: {{ virtualNetworks: [prod] }} }}
    securityAdminConfigurations:
      baseline:
        ruleCollections:
          rules:
            appliesToGroups: [all]
            rules:
{admin}
"
    )
}

fn admin(name: &str, priority: u16, access: &str, ports: &str) -> String {
    format!(
        "              {name}: {{ priority: {priority}, direction: Inbound, access: {access}, protocol: Tcp, sources: [Internet], destinations: [\"*\"], destinationPortRanges: [{ports}] }}\n"
    )
}

fn own(name: &str, priority: u16, access: &str, source: &str, port: &str) -> String {
    format!(
        "      {name}: {{ priority: {priority}, direction: Inbound, access: {access}, protocol: Tcp, sourceAddressPrefix: {source}, destinationPortRange: \"{port}\" }}\n"
    )
}

/// `virtual-network-manager/concept-security-admins`: Deny and AlwaysAllow decide before every group.
#[test]
fn a_group_has_no_say_in_what_an_admin_rule_decides() {
    let deny = admin("no-rdp", 10, "Deny", "3389");
    let always = admin("web", 20, "AlwaysAllow", "443");
    let rules = [
        own("rdp", 100, "Allow", "Internet", "3389"),
        own("no-web", 110, "Deny", "203.0.113.0/24", "443"),
        own("web", 120, "Allow", "Internet", "443"),
        own("ssh", 130, "Allow", "Internet", "22"),
        own("rdp-from-inside", 140, "Allow", "10.0.0.0/8", "3389"),
    ];
    assert_eq!(
        found(&governed(&(deny + &always), &rules.concat())),
        [
            "shadowed-rule: `rdp` of `nsg` never decides: `rules/no-rdp` of `corp` comes first and denies all that it allows [rdp, no-rdp]",
            "shadowed-rule: `no-web` of `nsg` never decides: `rules/web` of `corp` comes first and always allows all that it denies [no-web, web]",
            "redundant-rule: `web` of `nsg` adds nothing: `rules/web` of `corp` comes first and does the same with all that it allows [web, web]",
        ]
    );
}

/// The same page: Allow goes on to the groups, and what it allows no later rule denies.
#[test]
fn what_an_admin_rule_allows_is_for_the_groups_to_decide() {
    let exception = admin("rdp-here", 5, "Allow", "3389");
    let deny = admin("no-rdp", 10, "Deny", "3380-3390");
    let rules = [
        own("rdp", 100, "Allow", "Internet", "3389"),
        own("rdp-again", 110, "Allow", "20.0.0.0/8", "3389"),
        own("both", 120, "Allow", "Internet", "3388-3389"),
        own("near", 130, "Allow", "Internet", "3387"),
    ];
    assert_eq!(
        found(&governed(&(exception + &deny), &rules.concat())),
        [
            "redundant-rule: `rdp-again` of `nsg` adds nothing: `rdp` comes first and does the same with all that it allows [rdp-again, rdp]",
            "shadowed-rule: `both` of `nsg` never decides: `rules/no-rdp` of `corp` and `rdp` come first and take all that it allows, in part to do otherwise [both, no-rdp, rdp]",
            "shadowed-rule: `near` of `nsg` never decides: `rules/no-rdp` of `corp` comes first and denies all that it allows [near, no-rdp]",
        ]
    );
}

/// `concept-security-admins`: ascending priority, the first match ends it, whatever it does. An exception needs a
/// lower number than the block (`how-to-block-high-risk-ports`).
#[test]
fn admin_rules_come_by_priority() {
    let rules = [
        admin("no-rdp", 10, "Deny", "3389"),
        admin("rdp-exception", 20, "Allow", "3389"),
        admin("no-rdp-again", 30, "Deny", "3389"),
        admin("always-rdp", 40, "AlwaysAllow", "3380-3389"),
        admin("rest", 50, "Allow", "3380-3388"),
    ];
    assert_eq!(
        found(&governed(
            &rules.concat(),
            &own("ssh", 100, "Allow", "Internet", "22")
        )),
        [
            "shadowed-rule: `rules/rdp-exception` of `corp` never decides: `rules/no-rdp` of `corp` comes first and denies all that it allows [rdp-exception, no-rdp]",
            "redundant-rule: `rules/no-rdp-again` of `corp` adds nothing: `rules/no-rdp` of `corp` comes first and does the same with all that it denies [no-rdp-again, no-rdp]",
            "shadowed-rule: `rules/rest` of `corp` never decides: `rules/always-rdp` of `corp` comes first and always allows all that it allows [rest, always-rdp]",
        ]
    );
}

/// `concept-network-manager-scope`: on conflict the manager of the higher scope wins. A rule counts where it decides
/// in any VNet of its groups.
#[test]
fn the_manager_of_the_higher_scope_comes_first() {
    let text = |also: &str| {
        governed(&admin("no-rdp", 4000, "Deny", "3389"), "      none: { priority: 100, direction: Outbound, access: Allow }")
            .replace("virtualNetworks:\n", "virtualNetworks:\n  other: { addressSpace: 10.1.0.0/16, subnets: { app: { addressPrefix: 10.1.1.0/24 } } }\n")
            + &format!("  team:
    scope: subscriptions/00000000-0000-0000-0000-000000000000
    networkGroups: {{ own: {{ virtualNetworks: [prod{also}] }} }}
    securityAdminConfigurations:
      c:
        ruleCollections:
          rules: {{ appliesToGroups: [own], rules: {{ rdp: {{ priority: 1, direction: Inbound, access: AlwaysAllow, protocol: Tcp, sources: [20.0.0.0/8], destinations: [\"*\"], destinationPortRanges: [3389] }} }} }}
")
    };
    assert_eq!(
        found(&text("")),
        [
            "shadowed-rule: `rules/rdp` of `team` never decides: `rules/no-rdp` of `corp` comes first and denies all that it always allows [rdp, no-rdp]"
        ]
    );
    assert_eq!(found(&text(", other")), [""; 0]);
}

/// `concept-security-admins`: not in the subnets of some services, where the group decides alone; with an intent policy
/// in the VNet Deny rules do not hold.
#[test]
fn where_admin_rules_do_not_apply_nothing_is_taken() {
    let text = governed(
        &admin("no-rdp", 10, "Deny", "3389"),
        &own("rdp", 100, "Allow", "Internet", "3389"),
    );
    assert_eq!(found(&text).len(), 1);
    let intent = text.replace(
        "    addressSpace: 10.0.0.0/16\n",
        "    addressSpace: 10.0.0.0/16\n    networkIntentPolicies: [SqlManagedInstance]\n",
    );
    assert_eq!(
        found(&intent),
        [
            "rule-never-matches: no packet can match `rules/no-rdp` of `corp`: its virtual networks have intent policies, with which it does not hold [no-rdp]"
        ]
    );
}

/// A side of empty network groups matches nothing (`concept-security-admin-rules-network-group`).
#[test]
fn an_admin_rule_without_addresses_never_matches() {
    let rule = "              from-nobody: { priority: 10, direction: Inbound, access: Deny, protocol: Tcp, sources: [networkGroups/none], destinations: [\"*\"] }\n              to-public: { priority: 20, direction: Inbound, access: Deny, protocol: Tcp, sources: [\"*\"], destinations: [20.1.2.3/32] }";
    let text = governed(rule, &own("ssh", 100, "Allow", "Internet", "22")).replace(
        "{ all: { virtualNetworks: [prod] } }",
        "{ all: { virtualNetworks: [prod] }, none: {} }",
    );
    assert_eq!(
        found(&text),
        [
            "rule-never-matches: no packet can match `rules/from-nobody` of `corp`: the network groups of its sources are empty [from-nobody]",
            "rule-never-matches: no packet can match `rules/to-public` of `corp`: nothing that it is applied to has an address of its destination [to-public]",
        ]
    );
}

/// A hub with a firewall, whose policies are `policies`.
fn filtered(policies: &str) -> String {
    format!(
        "virtualNetworks:
  hub: {{ addressSpace: 10.0.0.0/16, subnets: {{ AzureFirewallSubnet: {{ addressPrefix: 10.0.1.0/26 }} }} }}
publicIPAddresses: {{ pip-fw: {{ ipAddress: 20.1.2.3 }} }}
azureFirewalls:
  fw: {{ subnet: hub/AzureFirewallSubnet, publicIPAddresses: [pip-fw], firewallPolicy: policy }}
firewallPolicies:
{policies}"
    )
}

/// A collection with one rule.
fn collection(name: &str, head: &str, rule: &str) -> String {
    format!("          {name}: {{ {head}, rules: {{ {name}-rule: {{ {rule} }} }} }}\n")
}

fn policy(name: &str, more: &str, collections: &[String]) -> String {
    format!(
        "  {name}:\n{more}    ruleCollectionGroups:\n      group:\n        priority: 500\n        ruleCollections:\n{}",
        collections.concat()
    )
}

const WEB: &str = "protocols: [TCP], sourceAddresses: [10.1.0.0/16], destinationAddresses: [\"*\"], destinationPorts: [\"80\", \"443\"]";

/// `firewall/rule-processing`: collections by priority, the first match ends it.
#[test]
fn collections_of_a_firewall_come_by_priority() {
    let narrow = "protocols: [TCP], sourceAddresses: [10.1.2.0/24], destinationAddresses: [20.0.0.0/8], destinationPorts: [\"443\"]";
    let text = filtered(&policy(
        "policy",
        "",
        &[
            collection("late", "type: Network, priority: 300, action: Deny", narrow),
            collection(
                "twice",
                "type: Network, priority: 200, action: Allow",
                narrow,
            ),
            collection("web", "type: Network, priority: 100, action: Allow", WEB),
            collection(
                "dns",
                "type: Network, priority: 400, action: Allow",
                "protocols: [UDP], sourceAddresses: [10.1.0.0/16], destinationAddresses: [\"*\"], destinationPorts: [\"53\"]",
            ),
        ],
    ));
    assert_eq!(
        found(&text),
        [
            "shadowed-rule: `late/late-rule` of `policy` never decides: `web/web-rule` comes first and allows all that it denies [late-rule, web-rule]",
            "redundant-rule: `twice/twice-rule` of `policy` adds nothing: `web/web-rule` comes first and does the same with all that it allows [twice-rule, web-rule]",
        ]
    );
}

/// The same page: the parent policy's rules come first whatever the priorities, within a type.
#[test]
fn a_parent_policy_comes_first() {
    let text = filtered(
        &(policy(
            "parent",
            "",
            &[collection(
                "base",
                "type: Network, priority: 60000, action: Deny",
                WEB,
            )],
        ) + &policy(
            "policy",
            "    basePolicy: parent\n",
            &[collection(
                "web",
                "type: Network, priority: 100, action: Allow",
                WEB,
            )],
        )),
    );
    assert_eq!(
        found(&text),
        [
            "shadowed-rule: `web/web-rule` of `policy` never decides: `base/base-rule` of `parent` comes first and denies all that it allows [web-rule, base-rule]"
        ]
    );
}

/// The same page: network rules come before application rules; a match of one ends it (`*` to 80 and 443 with a deny
/// of google.com: google.com is allowed).
#[test]
fn a_network_rule_shadows_application_rules() {
    let text = |ports: &str| {
        filtered(&policy(
            "policy",
            "",
            &[
                collection(
                    "no-search",
                    "type: Application, priority: 100, action: Deny",
                    "protocols: [\"Http:80\", \"Https:443\"], sourceAddresses: [10.1.0.0/16], targetFqdns: [google.com]",
                ),
                collection(
                    "web",
                    "type: Network, priority: 60000, action: Allow",
                    &WEB.replace("\"80\", \"443\"", ports),
                ),
            ],
        ))
    };
    assert_eq!(
        found(&text("\"80\", \"443\"")),
        [
            "shadowed-rule: `no-search/no-search-rule` of `policy` never decides: `web/web-rule` comes first and allows all that it denies [no-search-rule, web-rule]"
        ]
    );
    assert_eq!(found(&text("\"443\"")), [""; 0]);
}

/// The same page; `*` in a name stands for whatever is in front of what follows it.
#[test]
fn application_rules_come_by_priority() {
    let rule = |names: &str| {
        format!(
            "protocols: [\"Https:443\"], sourceAddresses: [10.1.0.0/16], targetFqdns: [{names}]"
        )
    };
    let text = filtered(&policy(
        "policy",
        "",
        &[
            collection(
                "all",
                "type: Application, priority: 100, action: Allow",
                &rule("\"*.contoso.com\""),
            ),
            collection(
                "one",
                "type: Application, priority: 200, action: Deny",
                &rule("www.contoso.com"),
            ),
            collection(
                "two",
                "type: Application, priority: 300, action: Allow",
                &rule("www.contoso.com, contoso.com"),
            ),
            collection(
                "plain",
                "type: Application, priority: 400, action: Allow",
                &rule("www.contoso.com").replace("Https:443", "Http:80"),
            ),
        ],
    ));
    assert_eq!(
        found(&text),
        [
            "shadowed-rule: `one/one-rule` of `policy` never decides: `all/all-rule` comes first and allows all that it denies [one-rule, all-rule]"
        ]
    );
}

/// `firewall/tutorial-firewall-dnat-policy`: DNAT rules are for the firewall's own addresses; the first decides where to.
#[test]
fn dnat_rules_are_for_the_firewalls_own_addresses() {
    let rule = |to: &str, port: u16| {
        format!(
            "protocols: [TCP], sourceAddresses: [\"*\"], destinationAddresses: [{to}], destinationPorts: [\"443\"], translatedAddress: 10.1.1.4, translatedPort: {port}"
        )
    };
    let dnat = |priority: u16| format!("type: Nat, priority: {priority}, action: Dnat");
    let text = filtered(&policy(
        "policy",
        "",
        &[
            collection("in", &dnat(100), &rule("20.1.2.3", 443)),
            collection("same", &dnat(200), &rule("20.1.2.3", 443)),
            collection("other", &dnat(300), &rule("20.1.2.3", 8443)),
            collection("astray", &dnat(400), &rule("20.1.2.4", 443)),
        ],
    ));
    let given = found(&text);
    assert_eq!(
        given,
        [
            "redundant-rule: `same/same-rule` of `policy` adds nothing: `in/in-rule` comes first and does the same with all that it translates [same-rule, in-rule]",
            "shadowed-rule: `other/other-rule` of `policy` never decides: `in/in-rule` comes first and translates all that it translates [other-rule, in-rule]",
            "rule-never-matches: no packet can match `astray/astray-rule` of `policy`: its destination is no address of a firewall that has it [astray-rule]",
        ]
    );
    // Which address Azure will give is not known.
    let assigned = text.replace("pip-fw: { ipAddress: 20.1.2.3 }", "pip-fw: {}");
    assert!(!found(&assigned).iter().any(|own| own.contains("astray")));
}

/// `firewall/fqdn-filtering-network-rules`: names are resolved, so that only a rule for every address, or for the same
/// name, takes all of one.
#[test]
fn a_rule_by_name_is_shadowed_by_its_name_or_by_everything() {
    let by = |to: &str| {
        format!(
            "protocols: [TCP], sourceAddresses: [10.1.0.0/16], {to}, destinationPorts: [\"443\"]"
        )
    };
    let text = |before: &str| {
        filtered(&policy(
            "policy",
            "",
            &[
                collection(
                    "first",
                    "type: Network, priority: 100, action: Allow",
                    &by(before),
                ),
                collection(
                    "then",
                    "type: Network, priority: 200, action: Allow",
                    &by("destinationFqdns: [www.contoso.com]"),
                ),
            ],
        ))
    };
    assert_eq!(
        found(&text("destinationFqdns: [WWW.contoso.com, a.contoso.com]")).len(),
        1
    );
    assert_eq!(found(&text("destinationAddresses: [\"*\"]")).len(), 1);
    assert_eq!(found(&text("destinationAddresses: [20.0.0.0/8]")), [""; 0]);
    assert_eq!(found(&text("destinationFqdns: [a.contoso.com]")), [""; 0]);
}
