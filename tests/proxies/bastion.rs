//! Bastion hosts: browsers come to 443, sessions go out (`bastion/bastion-nsg`,
//! `bastion/private-only-deployment`).

use super::support::*;

const GROUP: &str = r#"
virtualNetworks: { vnet: { subnets: { AzureBastionSubnet: { networkSecurityGroup: nsg } } } }
networkSecurityGroups:
  nsg:
    securityRules:
      https: { priority: 120, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: Internet, destinationPortRange: 443 }
      manager: { priority: 130, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: GatewayManager, destinationPortRange: 443 }
      probes: { priority: 140, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: AzureLoadBalancer, destinationPortRange: 443 }
      hosts: { priority: 150, direction: Inbound, access: Allow, sourceAddressPrefix: VirtualNetwork, destinationAddressPrefix: VirtualNetwork, destinationPortRanges: [8080, 5701] }
      rest: { priority: 4096, direction: Inbound, access: Deny }
      sessions: { priority: 100, direction: Outbound, access: Allow, destinationAddressPrefix: VirtualNetwork, destinationPortRanges: [22, 3389] }
      cloud: { priority: 110, direction: Outbound, access: Allow, protocol: Tcp, destinationAddressPrefix: AzureCloud, destinationPortRange: 443 }
      hosts-out: { priority: 120, direction: Outbound, access: Allow, sourceAddressPrefix: VirtualNetwork, destinationAddressPrefix: VirtualNetwork, destinationPortRanges: [8080, 5701] }
      rest-out: { priority: 4096, direction: Outbound, access: Deny }
"#;

/// `bastion-overview`: a browser speaks to the public address, port 443; nothing else does, and nothing to
/// the private one.
#[test]
fn browsers_come_to_the_public_address() {
    let found = answer(&[GROUP], tcp("customer", "bastion", 443));
    assert!(reachable(&found), "{:?}", faults(&found));
    assert_eq!(hops(&found), ["customer bastion"]);
    assert_eq!(found.answered_by, None, "it is the destination itself");
    assert!(!reachable(&answer(&[], tcp("customer", "bastion", 80))));
    assert!(!reachable(&answer(&[], tcp("client", "10.0.4.4", 443))));
    let private = "bastionHosts: { bastion: { publicIPAddress: null } }";
    assert!(reachable(&answer(
        &[private],
        tcp("client", "bastion", 443)
    )));
}

/// `bastion-nsg`: each of the rules is required; without one Azure refuses the group.
#[test]
fn required_rules() {
    for rule in ["manager", "probes", "hosts", "cloud", "hosts-out"] {
        // The rule for browsers would let in the platform, too, if it were for every address.
        let patch = format!(
            "networkSecurityGroups: {{ nsg: {{ securityRules: {{ https: {{ sourceAddressPrefix: 203.0.113.0/24 }}, {rule}: null }} }} }}"
        );
        for ask in [tcp("customer", "bastion", 443), tcp("bastion", "web-1", 22)] {
            let found = answer(&[GROUP, &patch], ask);
            assert!(!reachable(&found), "{rule}");
            let lacking = |fault: &String| fault.ends_with("RequiredRuleMissing");
            assert!(faults(&found).iter().all(lacking), "{rule}");
        }
    }
    assert!(reachable(&answer(&[GROUP], tcp("bastion", "web-1", 22))));
    let down = answer(&[GROUP], tcp("bastion", "web-1", 8443));
    assert_eq!(
        faults(&down),
        ["bastion NetworkSecurityRule UserRule_rest-out"]
    );
}
