//! topology-format, principles 2, 3, 5; answers, "The topology".

use crate::resolve::testing::{faults, sound};

const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers";

#[test]
fn names_compare_without_case() {
    let network = sound(
        "
networkSecurityGroups: { NSG-Web: {} }
virtualNetworks:
  Hub: { addressSpace: 10.0.0.0/16, subnets: { Web: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: nsg-WEB } } }
virtualMachines:
  web-1: { networkInterface: { subnet: hUB/wEB } }
",
    );
    let (_, subnet) = network.subnets.iter().next().unwrap();
    let nsg = &network.nsgs[subnet.nsg.unwrap()];
    assert_eq!(&*nsg.identity.name, "NSG-Web");
    assert_eq!(network.nics.len(), 1);
}

#[test]
fn a_group_may_stand_in_front() {
    let network = sound(
        "
networkSecurityGroups:
  rg-a/nsg: {}
  rg-b/nsg: {}
  rg-b/other: {}
  plain: {}
  stated: { resourceGroup: rg-c }
virtualNetworks:
  vnet:
    addressSpace: 10.0.0.0/16
    subnets:
      a: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: rg-b/nsg }
      b: { addressPrefix: 10.0.2.0/24, networkSecurityGroup: other }
      c: { addressPrefix: 10.0.3.0/24, networkSecurityGroup: rg/plain }
      d: { addressPrefix: 10.0.4.0/24, networkSecurityGroup: networkSecurityGroups/plain }
      e: { addressPrefix: 10.0.5.0/24, networkSecurityGroup: rg-c/stated }
      f: { addressPrefix: 10.0.6.0/24, networkSecurityGroup: networkSecurityGroups/rg-a/nsg }
",
    );
    let found = network
        .subnets
        .iter()
        .map(|(_, subnet)| subnet.nsg.unwrap().index());
    assert_eq!(found.collect::<Vec<_>>(), [1, 2, 3, 3, 4, 0]);
    let (_, second) = network.nsgs.iter().nth(1).unwrap();
    assert_eq!(&*second.identity.resource_group, "rg-b");
    assert!(
        second.identity.id.ends_with(
            "/resourceGroups/rg-b/providers/Microsoft.Network/networkSecurityGroups/nsg"
        )
    );
}

#[test]
fn a_group_that_does_not_hold_it_is_a_fault() {
    let found = faults(
        "
networkSecurityGroups: { plain: {} }
virtualNetworks:
  vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.1.0/24, networkSecurityGroup: rg-x/plain } } }
",
    );
    assert_eq!(
        found,
        ["unresolved-reference /virtualNetworks/vnet/subnets/a/networkSecurityGroup"]
    );
}

#[test]
fn arm_ids_are_accepted_everywhere() {
    let text = format!(
        "
networkSecurityGroups: {{ nsg: {{}}, told: {{ id: /subscriptions/S/resourceGroups/G/providers/x/y/other }} }}
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets:
      web: {{ addressPrefix: 10.0.1.0/24, networkSecurityGroup: {ID}/microsoft.network/networksecuritygroups/NSG }}
      db: {{ addressPrefix: 10.0.2.0/24, networkSecurityGroup: /subscriptions/s/resourcegroups/g/providers/x/y/OTHER }}
    peerings: {{ to-spoke: {{ remoteVirtualNetwork: {ID}/Microsoft.Network/virtualNetworks/spoke }} }}
  spoke: {{ addressSpace: 10.1.0.0/16 }}
virtualMachines:
  web-1: {{ networkInterface: {{ subnet: {ID}/Microsoft.Network/virtualNetworks/hub/subnets/WEB }} }}
  web-2: {{ networkInterfaces: {{ nic-2: {{ subnet: hub/web, id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n }} }} }}
virtualMachineScaleSets:
  api: {{ capacity: 2, networkInterface: {{ subnet: hub/web }} }}
loadBalancers:
  lb:
    frontendIPConfigurations: {{ fe: {{ subnet: hub/web }} }}
    backendAddressPools:
      pool:
        - {ID}/Microsoft.Compute/virtualMachines/web-1
        - /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/N/ipConfigurations/ipconfig1
        - {ID}/Microsoft.Compute/virtualMachineScaleSets/api/virtualMachines/1
    loadBalancingRules:
      web: {{ frontendIPConfiguration: {ID}/Microsoft.Network/loadBalancers/lb/frontendIPConfigurations/fe, backendAddressPool: {ID}/Microsoft.Network/loadBalancers/lb/backendAddressPools/POOL, protocol: Tcp, frontendPort: 80, backendPort: 80 }}
"
    );
    let network = sound(&text);
    let nsgs = network
        .subnets
        .iter()
        .map(|(_, subnet)| subnet.nsg.unwrap().index());
    assert_eq!(nsgs.collect::<Vec<_>>(), [0, 1]);
    assert_eq!(network.peerings.len(), 1);
    let (_, frontend) = network.fixtures.iter().next().unwrap();
    let members = frontend.members.iter().map(|nic| nic.index());
    assert_eq!(members.collect::<Vec<_>>(), [0, 1, 3]);
}

#[test]
fn machines_have_ids_as_arm_builds_them() {
    let network = sound(
        "
defaults: { subscription: sub, resourceGroup: rg-net, location: westeurope }
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { web: { addressPrefix: 10.0.1.0/24 } } } }
virtualMachines: { web-1: { networkInterface: { subnet: vnet/web } } }
virtualMachineScaleSets: { api: { capacity: 1, networkInterface: { subnet: vnet/web } } }
networkVirtualAppliances: { rg-b/nva: { networkInterfaces: { inside: { subnet: vnet/web } } } }
",
    );
    let machines: Vec<&str> = network
        .machines
        .iter()
        .map(|(_, m)| &*m.identity.id)
        .collect();
    let compute = "/providers/Microsoft.Compute";
    assert_eq!(
        machines,
        [
            format!("/subscriptions/sub/resourceGroups/rg-net{compute}/virtualMachines/web-1"),
            format!(
                "/subscriptions/sub/resourceGroups/rg-net{compute}/virtualMachineScaleSets/api/virtualMachines/0"
            ),
            format!("/subscriptions/sub/resourceGroups/rg-b{compute}/virtualMachines/nva"),
        ]
    );
    let nics: Vec<&str> = network.nics.iter().map(|(_, nic)| &*nic.id).collect();
    let nic = "/providers/Microsoft.Network/networkInterfaces";
    assert_eq!(
        nics,
        [
            format!("/subscriptions/sub/resourceGroups/rg-net{nic}/web-1-nic"),
            format!("{}/networkInterfaces/api_0-nic", machines[1]),
            format!("/subscriptions/sub/resourceGroups/rg-b{nic}/inside"),
        ]
    );
    let (_, first) = network.machines.iter().next().unwrap();
    assert_eq!(first.identity.location.as_deref(), Some("westeurope"));
    let subnet = &network.subnets.iter().next().unwrap().1.id;
    assert!(subnet.ends_with("/virtualNetworks/vnet/subnets/web"));
}

#[test]
fn a_member_is_a_machine_a_nic_an_instance_or_a_set() {
    let text = "
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { web: { addressPrefix: 10.0.1.0/24 } } } }
virtualMachines:
  web-1: { networkInterfaces: { a: { subnet: vnet/web }, b: { subnet: vnet/web, primary: true } } }
virtualMachineScaleSets: { api: { capacity: 2, networkInterface: { subnet: vnet/web } } }
networkVirtualAppliances: { rg-b/nva: { networkInterfaces: { inside: { subnet: vnet/web }, outside: { subnet: vnet/web } } } }
loadBalancers:
  lb:
    frontendIPConfigurations: { fe: { subnet: vnet/web } }
    backendAddressPools: { pool: [MEMBER] }
    loadBalancingRules: { web: { frontendIPConfiguration: fe, backendAddressPool: pool, protocol: Tcp, frontendPort: 80, backendPort: 80 } }
";
    let members = |member: &str| -> Vec<usize> {
        let network = sound(&text.replace("MEMBER", member));
        let (_, frontend) = network.fixtures.iter().next().unwrap();
        frontend.members.iter().map(|nic| nic.index()).collect()
    };
    assert_eq!(members("web-1"), [1]);
    assert_eq!(members("WEB-1/A"), [0]);
    assert_eq!(members("api"), [2, 3]);
    assert_eq!(members("api_1"), [3]);
    assert_eq!(members("nva/outside"), [5]);
    assert_eq!(members("rg-b/nva/inside"), [4]);
    assert_eq!(members("networkVirtualAppliances/nva"), [4]);
    let wrong = faults(&text.replace("MEMBER", "api_2"));
    assert_eq!(
        wrong,
        ["unresolved-reference /loadBalancers/lb/backendAddressPools/pool/0"]
    );
}

#[test]
fn one_mistake_is_one_fault() {
    // The subnet dangles: neither the pool, nor the peer, nor the guest's route has a fault of its own.
    let found = faults(
        "
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { RouteServerSubnet: { addressPrefix: 10.0.1.0/24 }, web: { addressPrefix: 10.0.2.0/24 } } } }
applicationSecurityGroups: { asg: {} }
networkVirtualAppliances:
  nva:
    networkInterfaces: { inside: { subnet: vnet/wbe, applicationSecurityGroups: [asg] } }
    forwarding: { routes: [{ addressPrefix: 0.0.0.0/0, networkInterface: inside }] }
loadBalancers:
  lb:
    frontendIPConfigurations: { fe: { subnet: vnet/web } }
    backendAddressPools: { pool: [nva, nva/inside] }
routeServers:
  rs: { subnet: vnet/RouteServerSubnet, bgpConnections: { nva: { peer: nva/inside } } }
",
    );
    assert_eq!(
        found,
        ["unresolved-reference /networkVirtualAppliances/nva/networkInterfaces/inside/subnet"]
    );
}
