//! One topology for each kind of block: what is suggested, what else it would open, and that the check
//! passes by the command line with the overlay laid over the file.
//!
//! Rules: `network-security-groups-overview` (priorities), `virtual-networks-udr-overview` (routes),
//! `firewall/rule-processing` (where a firewall's rule stands), `virtual-network-manage-peering` (flags),
//! `virtual-network-manager/concept-security-admins` (an exception stands before what it excepts).

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Two spokes and a hub with an appliance between them; what is missing is given by each test.
fn hub(more: &str) -> String {
    format!(
        r#"
defaults: {{ location: westeurope }}
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets: {{ nva: {{ addressPrefix: 10.0.1.0/24 }}, other: {{ addressPrefix: 10.0.2.0/24 }} }}
    peerings: {{ to-one: {{ remoteVirtualNetwork: one, allowForwardedTraffic: true }}, to-two: {{ remoteVirtualNetwork: two, allowForwardedTraffic: true }} }}
  one:
    addressSpace: 10.1.0.0/16
    subnets: {{ web: {{ addressPrefix: 10.1.1.0/24, networkSecurityGroup: nsg-web, routeTable: rt-spokes }} }}
    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub, allowForwardedTraffic: true }} }}
  two:
    addressSpace: 10.2.0.0/16
    subnets: {{ data: {{ addressPrefix: 10.2.1.0/24, networkSecurityGroup: nsg-data, routeTable: rt-spokes }} }}
    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub, allowForwardedTraffic: true }} }}
{more}"#
    )
}

const MACHINES: &str = "
virtualMachines:
  web-1: { networkInterface: { subnet: one/web, privateIPAddress: 10.1.1.4 } }
  web-2: { networkInterface: { subnet: one/web, privateIPAddress: 10.1.1.5 } }
  sql-1: { networkInterface: { subnet: two/data, privateIPAddress: 10.2.1.4 }, guest: { listeners: [tcp/1433, tcp/22] } }
";

const NVA: &str = "
networkVirtualAppliances:
  nva-1: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true } }
";

const TABLE: &str = "
routeTables:
  rt-spokes: { routes: { default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } }
";

const GROUPS: &str = "
networkSecurityGroups: { nsg-web: {}, nsg-data: {} }
";

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dryhop"));
    command.args(arguments).env("LC_ALL", "C.UTF-8");
    command.output().unwrap()
}

/// The help lines of a blocked check; with the overlay of the first remedy it passes.
fn mended(name: &str, topology: &str, asked: &str, help: &[&str]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("remedies")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (file, over) = (folder.join("topology.yaml"), folder.join("overlay.json"));
    fs::write(&file, topology).unwrap();
    let mut check = vec!["check", file.to_str().unwrap()];
    check.extend(asked.split(' '));
    let text = run(&check);
    let printed = String::from_utf8(text.stdout).unwrap();
    assert_eq!(
        text.status.code(),
        Some(1),
        "{printed}{}",
        String::from_utf8_lossy(&text.stderr)
    );
    let shown: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("help: "))
        .collect();
    assert_eq!(shown, help, "{printed}");
    let json = run(&[&check[..], &["--format", "json"]].concat());
    let answer: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let remedy = &answer["dryhop"]["remedies"][0];
    fs::write(&over, remedy["overlay"].to_string()).unwrap();
    let after = run(&[&check[..], &["--overlay", over.to_str().unwrap()]].concat());
    assert_eq!(
        after.status.code(),
        Some(0),
        "{}{}\n{}",
        String::from_utf8_lossy(&after.stdout),
        String::from_utf8_lossy(&after.stderr),
        remedy["overlay"]
    );
}

fn spokes(parts: &[&str]) -> String {
    hub(&parts.concat())
}

#[test]
fn default_rule_of_a_security_group() {
    // A denial by a default rule, and priorities from 100 on: network-security-groups-overview.
    let groups = "
networkSecurityGroups:
  nsg-web: { securityRules: { none: { priority: 100, direction: Outbound, access: Allow, destinationAddressPrefix: 10.2.0.0/16 } } }
  nsg-data: {}
settings: { virtualNetworkTagTakesDefaultRoute: false }
";
    mended(
        "default-rule",
        &spokes(&[MACHINES, NVA, TABLE, groups]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a rule of `nsg-data`: priority 100, Inbound, Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn rule_of_a_security_group() {
    let groups = "
networkSecurityGroups:
  nsg-web: {}
  nsg-data: { securityRules: { allow-tcp-1433: { priority: 100, direction: Inbound, access: Allow, sourceAddressPrefix: 10.9.0.0/16 }, none: { priority: 1000, direction: Inbound, access: Deny } } }
";
    mended(
        "rule",
        &spokes(&[MACHINES, NVA, TABLE, groups]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a rule of `nsg-data`: priority 990, Inbound, Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn an_appliance_that_translates_sources_lets_others_in_by_the_same_rule() {
    let groups = "
networkSecurityGroups:
  nsg-web: {}
  nsg-data: { securityRules: { none: { priority: 1000, direction: Inbound, access: Deny } } }
";
    let nva = "
networkVirtualAppliances:
  nva-1: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true }, forwarding: { sourceNat: All } }
";
    mended(
        "translated",
        &spokes(&[MACHINES, nva, TABLE, groups]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a rule of `nsg-data`: priority 990, Inbound, Tcp, source 10.0.1.4, destination 10.2.1.4, port 1433; it would also open tcp/1433 from nva-1 to sql-1, tcp/1433 from web-2 to sql-1",
        ],
    );
}

#[test]
fn route_that_drops() {
    let table = "
routeTables:
  rt-spokes:
    routes:
      default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 }
      wall: { addressPrefix: 10.2.0.0/16, nextHopType: None }
";
    mended(
        "route-none",
        &spokes(&[MACHINES, NVA, table, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "give `rt-spokes` a route of its own for 10.2.1.4/32 to VirtualAppliance 10.0.1.4; it would also open tcp/22, icmp, esp, ah from web-1 to sql-1, tcp/22, tcp/1433, icmp, esp, ah from web-2 to sql-1, everything from sql-1 to web-1 and between 1 more pair of ends",
        ],
    );
}

#[test]
fn route_for_the_very_address_that_drops() {
    let table = "
routeTables:
  rt-spokes:
    routes:
      default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 }
      wall: { addressPrefix: 10.2.1.4/32, nextHopType: None }
";
    mended(
        "route-exact",
        &spokes(&[MACHINES, NVA, table, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "let `wall` of `rt-spokes` lead to VirtualAppliance 10.0.1.4; it would also open tcp/22, icmp, esp, ah from web-1 to sql-1, tcp/22, tcp/1433, icmp, esp, ah from web-2 to sql-1, everything from sql-1 to web-1 and between 1 more pair of ends",
        ],
    );
}

#[test]
fn route_to_an_address_that_nothing_has() {
    let table = "
routeTables:
  rt-spokes: { routes: { default: { addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.44 } } }
";
    mended(
        "next-hop",
        &spokes(&[MACHINES, NVA, table, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "let `default` of `rt-spokes` lead to VirtualAppliance 10.0.1.4; it would also open tcp/22, icmp, esp, ah from web-1 to sql-1, tcp/22, tcp/1433, icmp, esp, ah from web-2 to sql-1, everything from sql-1 to web-1 and between 1 more pair of ends",
        ],
    );
}

#[test]
fn route_that_leads_round_in_a_circle() {
    let topology = spokes(&[MACHINES, NVA, TABLE, GROUPS, "
"])
    .replace(
        "nva: { addressPrefix: 10.0.1.0/24 }",
        "nva: { addressPrefix: 10.0.1.0/24, routeTable: rt-nva }",
    )
    .replace(
        "routeTables:\n",
        "routeTables:\n  rt-nva: { routes: { data: { addressPrefix: 10.2.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } }\n",
    );
    mended(
        "loop",
        &topology,
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "give `rt-nva` a route of its own for 10.2.1.4/32 to VnetLocal; it would also open tcp/22, tcp/1433, icmp, esp, ah from nva-1 to sql-1, tcp/22, icmp, esp, ah from web-1 to sql-1, tcp/22, tcp/1433, icmp, esp, ah from web-2 to sql-1 and between 3 more pairs of ends",
        ],
    );
}

#[test]
fn filter_of_an_appliance() {
    let nva = "
networkVirtualAppliances:
  nva-1:
    networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true }
    forwarding: { rules: { no-sql: { priority: 100, action: Deny, protocol: Tcp, destinationPort: 1433 } } }
";
    mended(
        "filter",
        &spokes(&[MACHINES, nva, TABLE, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a rule of the filter: priority 99, Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn default_action_of_an_appliance() {
    let nva = "
networkVirtualAppliances:
  nva-1:
    networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true }
    forwarding: { defaultAction: Deny, rules: { web: { action: Allow, protocol: Tcp, destinationPort: 443 } } }
";
    mended(
        "default-action",
        &spokes(&[MACHINES, nva, TABLE, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a rule of the filter: Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn firewall_of_a_guest() {
    let machines = MACHINES.replace(
        "listeners: [tcp/1433, tcp/22]",
        "listeners: [tcp/1433, tcp/22], firewall: { inbound: { defaultAction: Deny } }",
    );
    mended(
        "guest",
        &spokes(&[&machines, NVA, TABLE, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it in the guest's firewall: priority 100, Tcp, remote address 10.1.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn nothing_listens() {
    mended(
        "listener",
        &spokes(&[MACHINES, NVA, TABLE, GROUPS]),
        "--source web-1 --destination sql-1 --port 443",
        &[
            "let something listen on tcp/443 at `sql-1`, and list it in `listeners`; it would also open tcp/443 from nva-1 to sql-1, tcp/443 from web-2 to sql-1",
        ],
    );
}

#[test]
fn forwarding_is_off() {
    let nva = "
networkVirtualAppliances:
  nva-1: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4 }, forwarding: { enabled: false } }
";
    mended(
        "forwarding",
        &spokes(&[MACHINES, nva, TABLE, GROUPS]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "set `enableIPForwarding: true` on the NIC `nva-1-nic` (change 1 of 2)",
            "behind that, set `forwarding.enabled: true` on `nva-1` (change 2 of 2)",
            "the 2 changes together make it reachable; they would also open tcp/22, icmp, esp, ah from web-1 to sql-1, tcp/22, tcp/1433, icmp, esp, ah from web-2 to sql-1, everything from sql-1 to web-1 and between 1 more pair of ends",
        ],
    );
}

#[test]
fn flag_of_a_peering() {
    let topology = spokes(&[MACHINES, NVA, TABLE, GROUPS]).replacen(
        "peerings: { to-hub: { remoteVirtualNetwork: hub, allowForwardedTraffic: true } }",
        "peerings: { to-hub: { remoteVirtualNetwork: hub } }",
        1,
    );
    mended(
        "peering",
        &topology,
        "--source sql-1 --destination web-1 --port 443",
        &[
            "set `allowForwardedTraffic: true` on `one/to-hub`; it would also open tcp/22, tcp/1433, icmp, esp, ah from web-1 to sql-1, tcp/22, tcp/1433, icmp, esp, ah from web-2 to sql-1, tcp/0-442, tcp/444-65535, udp, icmp, esp, ah from sql-1 to web-1 and between 1 more pair of ends",
        ],
    );
}

#[test]
fn security_admin_rule() {
    let manager = "
networkManagers:
  corp:
    networkGroups: { all: { virtualNetworks: [one, two] } }
    securityAdminConfigurations:
      baseline:
        ruleCollections:
          block:
            appliesToGroups: [all]
            rules: { no-ssh: { priority: 10, direction: Inbound, access: Deny, protocol: Tcp, destinationPortRanges: [22] } }
";
    mended(
        "admin",
        &spokes(&[MACHINES, NVA, TABLE, GROUPS, manager]),
        "--source web-1 --destination sql-1 --port 22",
        &[
            "except it by an admin rule of `corp` in `block`: priority 9, Inbound, Allow, Tcp, source 10.1.1.4, destination 10.2.1.4, port 22; it would open nothing else",
        ],
    );
}

#[test]
fn several_faults_take_several_changes() {
    let groups = "
networkSecurityGroups:
  nsg-web: { securityRules: { none: { priority: 200, direction: Outbound, access: Deny, destinationAddressPrefix: 10.2.0.0/16 } } }
  nsg-data: { securityRules: { none: { priority: 1000, direction: Inbound, access: Deny } } }
";
    let nva = "
networkVirtualAppliances:
  nva-1:
    networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4 }
    forwarding: { defaultAction: Deny }
";
    mended(
        "several",
        &spokes(&[MACHINES, nva, TABLE, groups]),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a rule of `nsg-web`: priority 190, Outbound, Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433 (change 1 of 4)",
            "set `enableIPForwarding: true` on the NIC `nva-1-nic` (change 2 of 4)",
            "behind that, allow it with a rule of the filter: priority 100, Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433 (change 3 of 4)",
            "behind that, allow it with a rule of `nsg-data`: priority 990, Inbound, Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433 (change 4 of 4)",
            "the 4 changes together make it reachable; they would open nothing else",
        ],
    );
}

/// The hub with an Azure Firewall in the appliance's place, and its policy.
fn firewall(policy: &str) -> String {
    let own = format!(
        "
azureFirewalls: {{ fw: {{ subnet: hub/AzureFirewallSubnet, privateIPAddress: 10.0.1.4, publicIPAddresses: [pip-fw], firewallPolicy: policy }} }}
publicIPAddresses: {{ pip-fw: {{ ipAddress: 20.50.1.20 }} }}
firewallPolicies: {policy}
"
    );
    spokes(&[MACHINES, TABLE, GROUPS, &own]).replace(
        "nva: { addressPrefix: 10.0.1.0/24 }",
        "AzureFirewallSubnet: { addressPrefix: 10.0.1.0/24 }",
    )
}

#[test]
fn firewall_without_a_rule_for_it() {
    let policy = "{ policy: { ruleCollectionGroups: { g: { priority: 200, ruleCollections: { web: { type: Network, priority: 100, action: Allow, rules: { web: { protocols: [TCP], sourceAddresses: [10.1.0.0/16], destinationAddresses: [10.2.0.0/16], destinationPorts: [443] } } } } } } } }";
    mended(
        "firewall-default",
        &firewall(policy),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a network rule of `policy` in the collection `web`: Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn firewall_with_a_rule_that_denies() {
    let policy = r#"{ policy: { ruleCollectionGroups: { g: { priority: 200, ruleCollections: {
        wall: { type: Network, priority: 100, action: Deny, rules: { all: { protocols: [Any], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: ["*"] } } },
        web: { type: Network, priority: 200, action: Allow, rules: { web: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: [443] } } } } } } } }"#;
    // No priority of a collection stands before 100, so that it takes a group of its own.
    mended(
        "firewall-deny",
        &firewall(policy),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a network rule of `policy` in a new group `allowed` (priority 190) with a collection `allowed` (priority 100, Allow): Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn firewall_whose_parent_policy_denies() {
    // Rules of the parent are processed first (firewall/rule-processing), so that the exception stands there.
    let policy = r#"{ corp: { ruleCollectionGroups: { base: { priority: 200, ruleCollections: { wall: { type: Network, priority: 150, action: Deny, rules: { sql: { protocols: [TCP], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: [1433] } } } } } } },
      policy: { basePolicy: corp, ruleCollectionGroups: { g: { priority: 100, ruleCollections: { all: { type: Network, priority: 100, action: Allow, rules: { all: { protocols: [Any], sourceAddresses: ["*"], destinationAddresses: ["*"], destinationPorts: ["*"] } } } } } } } }"#;
    mended(
        "firewall-parent",
        &firewall(policy),
        "--source web-1 --destination sql-1 --port 1433",
        &[
            "allow it with a network rule of `corp` in a new collection `allowed` (priority 140, Allow) of `base`: Tcp, source 10.1.1.4, destination 10.2.1.4, port 1433; it would open nothing else",
        ],
    );
}

#[test]
fn firewall_whose_application_rules_deny() {
    let policy = r#"{ policy: { ruleCollectionGroups: { g: { priority: 200, ruleCollections: { apps: { type: Application, priority: 100, action: Deny, rules: { all: { protocols: ["Https:443"], sourceAddresses: ["*"], targetFqdns: ["*"] } } } } } } } }"#;
    mended(
        "firewall-application",
        &firewall(policy).replace("tcp/22]", "tcp/22, tcp/443]"),
        "--source web-1 --destination sql-1 --port 443",
        &[
            "allow it with a network rule of `policy` in a new collection `allowed` (priority 200, Allow) of `g`: Tcp, source 10.1.1.4, destination 10.2.1.4, port 443; it would open nothing else",
        ],
    );
}

/// A backend admits the subnet of its gateway, whose instances Azure gives their addresses
/// (`application-gateway/configuration-infrastructure`; routing facts 10.2).
#[test]
fn rule_against_what_a_gateway_sends() {
    let topology = "
defaults: { location: westeurope }
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets: { agw: { addressPrefix: 10.0.2.0/24 }, web: { addressPrefix: 10.0.4.0/24, networkSecurityGroup: nsg-web }, clients: { addressPrefix: 10.0.5.0/24 } }
networkSecurityGroups: { nsg-web: { securityRules: { none: { priority: 4000, direction: Inbound, access: Deny } } } }
virtualMachines:
  web-1: { networkInterface: { subnet: vnet/web, privateIPAddress: 10.0.4.4 }, guest: { listeners: [tcp/8443] } }
  client: { networkInterface: { subnet: vnet/clients, privateIPAddress: 10.0.5.4 }, guest: { listeners: [] } }
applicationGateways:
  agw:
    subnet: vnet/agw
    privateIPAddress: 10.0.2.10
    backendAddressPools: { web: [web-1] }
    listeners: { https: { protocol: Https, port: 443 } }
    requestRoutingRules: { r: { priority: 1, listener: https, backendAddressPool: web, backendPort: 8443, backendProtocol: Https } }
";
    mended(
        "gateway",
        topology,
        "--source agw --destination web-1 --port 8443",
        &[
            "allow it with a rule of `nsg-web`: priority 3990, Inbound, Tcp, source 10.0.2.0/24, destination 10.0.4.4, port 8443; it would also open tcp/443 from agw to agw, tcp/443 from web-1 to agw, tcp/443 from client to agw",
        ],
    );
}

/// What comes to a Bastion host comes to its public address, and rules see its own (`bastion-nsg`).
#[test]
fn rule_before_a_bastion_host() {
    let topology = "
defaults: { location: westeurope }
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { AzureBastionSubnet: { addressPrefix: 10.0.1.0/26, networkSecurityGroup: nsg } } } }
networkSecurityGroups:
  nsg:
    securityRules:
      manager: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: GatewayManager, destinationPortRange: 443 }
      within: { priority: 110, direction: Inbound, access: Allow, sourceAddressPrefix: VirtualNetwork, destinationPortRanges: [8080, 5701] }
publicIPAddresses: { pip: { ipAddress: 20.50.1.1 } }
bastionHosts: { bastion: { subnet: vnet/AzureBastionSubnet, publicIPAddress: pip } }
internetHosts: { office: { addresses: [203.0.113.77] } }
";
    mended(
        "bastion",
        topology,
        "--source Internet --destination bastion --port 443",
        &[
            "allow it with a rule of `nsg`: priority 120, Inbound, Tcp, source Internet, destination 10.0.1.4, port 443; it would also open tcp/443 from bastion to 20.50.1.1, tcp/443 from office to 20.50.1.1",
        ],
    );
}
