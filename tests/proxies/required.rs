//! What Azure must be let through in a gateway's subnet (`application-gateway/configuration-infrastructure`,
//! `application-gateway-private-deployment`).

use super::support::*;

fn without(rule: &str) -> Vec<String> {
    let patch = format!("networkSecurityGroups: {{ nsg: {{ securityRules: {{ {rule} }} }} }}");
    let found = answer(&[REQUIRED, &patch], tcp("customer", "agw", 443));
    assert_eq!(reachable(&found), faults(&found).is_empty());
    faults(&found)
}

/// The management ports, the load balancer's probes and the way out to the Internet must be open.
#[test]
fn required_rules() {
    let missing = ["agw NetworkSecurityRule UserRule_rest RequiredRuleMissing"];
    assert_eq!(without("manager: null"), missing);
    assert_eq!(without("probes: null"), missing);
    assert_eq!(
        without("manager: { destinationPortRange: 65200-65500 }"),
        missing
    );
    assert_eq!(without(""), [""; 0]);
    assert_eq!(
        without("manager: { sourceAddressPrefix: AzureCloud }"),
        [""; 0]
    );
    assert_eq!(
        without("manager: { sourceAddressPrefix: Internet }"),
        [""; 0]
    );
    assert_eq!(
        without("manager: { sourceAddressPrefix: GatewayManager.WestEurope }"),
        [""; 0]
    );
    assert_eq!(
        without(
            "out: { priority: 100, direction: Outbound, access: Deny, destinationAddressPrefix: Internet }"
        ),
        ["agw NetworkSecurityRule UserRule_out RequiredRuleMissing"]
    );
    // A denial of some ports leaves the rest.
    assert_eq!(
        without(
            "out: { priority: 100, direction: Outbound, access: Deny, destinationPortRange: 25 }"
        ),
        [""; 0]
    );
}

/// With network isolation only the load balancer's probes are needed; a gateway v1 works on, as users of it
/// found (MicrosoftDocs/azure-docs#18737).
#[test]
fn other_deployments() {
    let closed = "networkSecurityGroups: { nsg: { securityRules: { manager: null, out: { priority: 4096, direction: Outbound, access: Deny }, backends: { priority: 100, direction: Outbound, access: Allow, destinationAddressPrefix: 10.0.2.0/24 } } } }";
    let isolated = "applicationGateways: { agw: { publicIPAddress: null, privateIPAddress: 10.0.1.10, networkIsolation: true } }";
    let found = answer(&[REQUIRED, closed, isolated], tcp("client", "agw", 443));
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(faults(&found), [""; 0]);
    let v1 = "applicationGateways: { agw: { sku: Standard_Medium } }";
    let found = answer(
        &[
            REQUIRED,
            "networkSecurityGroups: { nsg: { securityRules: { manager: null } } }",
            v1,
        ],
        tcp("customer", "agw", 443),
    );
    assert!(reachable(&found));
    assert_eq!(
        faults(&found),
        ["!agw NetworkSecurityRule UserRule_rest RequiredRuleMissing"]
    );
}

/// Security admin rules hold where every gateway of a subnet has network isolation (`concept-security-admins`).
#[test]
fn admin_rules_hold_with_network_isolation() {
    let manager = r#"
networkManagers:
  corp:
    scope: managementGroups/corp
    networkGroups: { all: { virtualNetworks: [vnet] } }
    securityAdminConfigurations:
      base: { ruleCollections: { c: { appliesToGroups: [all], rules: { no-web: { priority: 10, direction: Inbound, access: Deny, protocol: Tcp, destinationPortRanges: [443] } } } } }
"#;
    let private = "applicationGateways: { agw: { privateIPAddress: 10.0.1.10 } }";
    assert!(reachable(&answer(
        &[manager, private],
        tcp("client", "agw", 443)
    )));
    let isolated =
        "applicationGateways: { agw: { publicIPAddress: null, networkIsolation: true } }";
    assert!(!reachable(&answer(
        &[manager, private, isolated],
        tcp("client", "agw", 443)
    )));
}
