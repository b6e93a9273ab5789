//! Machines, their NICs and guests (topology-format).

use std::net::IpAddr;

use crate::network::{Link, MachineKind, Network, Place};
use crate::resolve::testing::{faults, sound};

const VNET: &str = "
virtualNetworks: { vnet: { addressSpace: 10.0.0.0/16, subnets: { a: { addressPrefix: 10.0.1.0/24 }, b: { addressPrefix: 10.0.2.0/24 } } } }
";

fn with(rest: &str) -> Network {
    sound(&format!("{VNET}{rest}"))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn the_primary_nic_is_the_marked_one_else_the_first() {
    let network = with(
        "
virtualMachines:
  marked: { networkInterfaces: { x: { subnet: vnet/a }, y: { subnet: vnet/b, primary: true } } }
  plain: { networkInterfaces: { x: { subnet: vnet/a }, y: { subnet: vnet/b } } }
  single: { networkInterface: { subnet: vnet/a } }
",
    );
    let primary = network
        .machines
        .iter()
        .map(|(_, m)| &*network.nics[m.primary_nic].name);
    assert_eq!(primary.collect::<Vec<_>>(), ["y", "x", "single-nic"]);
    let (_, single) = network.nics.iter().last().unwrap();
    assert_eq!(&*single.addresses[0].name, "ipconfig1");
}

#[test]
fn a_set_has_instances_across_zones() {
    let network = with(
        "
virtualMachineScaleSets: { api: { capacity: 3, zones: ['1', '2'], networkInterface: { subnet: vnet/a }, guest: { listeners: [tcp/80] } } }
",
    );
    let found: Vec<_> = (network.machines.iter())
        .map(|(_, m)| (&*m.identity.name, m.zone.as_deref().unwrap()))
        .collect();
    assert_eq!(found, [("api_0", "1"), ("api_1", "2"), ("api_2", "1")]);
    let (set_id, set) = network.scale_sets.iter().next().unwrap();
    assert_eq!(set.instances.len(), 3);
    assert!(
        network
            .machines
            .iter()
            .all(|(_, m)| m.kind == MachineKind::Instance(set_id))
    );
}

#[test]
fn a_faulty_nic_of_a_set_is_one_fault() {
    let found = faults(&format!(
        "{VNET}virtualMachineScaleSets: {{ api: {{ capacity: 5, networkInterface: {{ subnet: vnet/c }} }} }}"
    ));
    assert_eq!(
        found,
        ["unresolved-reference /virtualMachineScaleSets/api/networkInterface/subnet"]
    );
}

// topology-format, `guest.firewall`: by priority, else in file order.
#[test]
fn a_guests_rules_are_seen_as_a_packet_travels() {
    let network = with(
        "
virtualMachines:
  web-1:
    networkInterface: { subnet: vnet/a }
    guest:
      firewall:
        inbound:
          defaultAction: Deny
          rules:
            later: { action: Allow, port: 80 }
            last: { action: Deny }
            second: { priority: 200, action: Deny, remoteAddress: 10.0.0.0/8, port: 22 }
            first: { priority: 100, action: Allow, protocol: Tcp, remoteAddress: 10.0.0.4, port: 22 }
        outbound: { rules: { dns: { action: Deny, protocol: Udp, remoteAddress: 8.8.8.8, port: 53 } } }
",
    );
    let (_, machine) = network.machines.iter().next().unwrap();
    let inbound = &machine.guest.inbound.rules;
    let names: Vec<&str> = inbound.iter().map(|rule| &*rule.name).collect();
    assert_eq!(names, ["first", "second", "later", "last"]);
    assert!(
        inbound[0].source.contains(address("10.0.0.4"))
            && !inbound[0].source.contains(address("10.0.0.5"))
    );
    assert!(inbound[0].destination.contains(address("1.2.3.4")));
    assert_eq!(inbound[0].destination_ports[0].first, 22);
    assert!(inbound[2].source.contains(address("::1")));
    let outbound = &machine.guest.outbound.rules[0];
    assert!(
        outbound.destination.contains(address("8.8.8.8"))
            && outbound.source.contains(address("10.0.1.4"))
    );
    assert_eq!(outbound.destination_ports[0].first, 53);
}

#[test]
fn an_appliance_routes_by_its_own_nics() {
    let network = with(
        "
networkVirtualAppliances:
  nva:
    networkInterfaces: { inside: { subnet: vnet/a }, outside: { subnet: vnet/b } }
    forwarding:
      routes: [{ addressPrefix: 0.0.0.0/0, networkInterface: OUTSIDE }, { addressPrefix: 10.0.0.0/8, networkInterface: nva/inside }]
      destinationNat: { web: { destinationAddress: 10.0.2.4, destinationPort: 443, translatedAddress: 10.0.1.9, translatedPort: 8443 } }
  single:
    networkInterface: { subnet: vnet/a }
    forwarding: { routes: [{ addressPrefix: 0.0.0.0/0, networkInterface: single-nic }] }
virtualMachines:
  two: { networkInterfaces: { x: { subnet: vnet/a }, y: { subnet: vnet/b } } }
",
    );
    let appliances: Vec<_> = network
        .machines
        .iter()
        .filter_map(|(_, m)| m.forwarding.as_ref().map(|f| (m, f)))
        .collect();
    let (machine, forwarding) = appliances[0];
    let routes: Vec<&str> = forwarding
        .routes
        .iter()
        .map(|(_, nic)| &*network.nics[*nic].name)
        .collect();
    assert_eq!(routes, ["outside", "inside"]);
    assert_eq!(forwarding.destination_nat[0].translated_port, Some(8443));
    assert_eq!(appliances[1].1.routes.len(), 1);
    let link = network
        .graph
        .between(Place::Nic(machine.nics[0]), Place::Nic(machine.nics[1]));
    assert_eq!(link, Some(Link::Inside));
    // A machine that does not forward has no way through.
    let (_, two) = network.machines.iter().next().unwrap();
    assert_eq!(
        network
            .graph
            .between(Place::Nic(two.nics[0]), Place::Nic(two.nics[1])),
        None
    );
}
