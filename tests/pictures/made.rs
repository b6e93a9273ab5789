//! Networks of 2 to 500 resources.

use std::fmt::Write;

use dryhop::report::graph::{Scene, dot, mermaid};

use crate::drawn::sound;
use crate::{answers, network};

/// A hub with an appliance and a gateway, and spokes with two subnets, each with so many machines.
fn star(spokes: usize, machines: usize) -> String {
    let mut text = "name: star\ndefaults: { resourceGroup: rg, location: westeurope }\nvirtualNetworks:\n  \
        hub:\n    addressSpace: 10.0.0.0/16\n    subnets:\n      \
        GatewaySubnet: { addressPrefix: 10.0.255.0/27 }\n      nva: { addressPrefix: 10.0.1.0/24 }\n    \
        peerings:\n"
        .to_owned();
    for at in 1..=spokes {
        let _ = writeln!(
            text,
            "      to-{at}: {{ remoteVirtualNetwork: spoke-{at} }}"
        );
    }
    for at in 1..=spokes {
        let region = ["westeurope", "northeurope", "uksouth"][at % 3];
        let _ = writeln!(
            text,
            "  spoke-{at}:\n    addressSpace: 10.{at}.0.0/16\n    location: {region}\n    subnets:\n      \
             web: {{ addressPrefix: 10.{at}.1.0/24, networkSecurityGroup: nsg, routeTable: rt }}\n      \
             data: {{ addressPrefix: 10.{at}.2.0/24, networkSecurityGroup: nsg }}\n    \
             peerings: {{ to-hub: {{ remoteVirtualNetwork: hub, allowForwardedTraffic: true }} }}"
        );
    }
    text.push_str(
        "networkSecurityGroups: { nsg: {} }\nrouteTables:\n  rt: { routes: { all: { addressPrefix: 0.0.0.0/0, \
         nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 } } }\nnetworkVirtualAppliances:\n  \
         nva-1: { networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true } }\n\
         publicIPAddresses: { pip: { ipAddress: 20.50.70.10 } }\nvirtualNetworkGateways:\n  \
         vgw: { virtualNetwork: hub, gatewayType: Vpn, sku: VpnGw2AZ, publicIPAddresses: [pip] }\n\
         virtualMachines:\n",
    );
    for at in 1..=spokes {
        for number in 1..=machines {
            let subnet = if number % 2 == 1 { "web" } else { "data" };
            let _ = writeln!(
                text,
                "  vm-{at}-{subnet}-{number}: {{ networkInterface: {{ subnet: spoke-{at}/{subnet} }} }}"
            );
        }
    }
    text
}

/// Peerings of every VNet with every other.
fn mesh(count: usize) -> String {
    let mut text = "name: mesh\nvirtualNetworks:\n".to_owned();
    for at in 0..count {
        let _ = writeln!(
            text,
            "  vnet-{at}:\n    addressSpace: 10.{at}.0.0/16\n    \
             subnets: {{ web: {{ addressPrefix: 10.{at}.1.0/24 }} }}\n    peerings:"
        );
        for other in (0..count).filter(|other| *other != at) {
            let _ = writeln!(
                text,
                "      to-{other}: {{ remoteVirtualNetwork: vnet-{other} }}"
            );
        }
    }
    text
}

#[test]
fn networks_of_any_size_are_drawn_soundly() {
    for (spokes, machines) in [(1, 1), (3, 2), (8, 4), (30, 14)] {
        let network = network(&star(spokes, machines));
        let what = format!("{spokes} spokes of {machines}");
        sound(&what, &Scene::new(&network, &[], &[]));
    }
    let two = "virtualNetworks: { a: { addressSpace: 10.0.0.0/16, subnets: { s: { addressPrefix: 10.0.0.0/24 } } } }";
    sound("next to nothing", &Scene::new(&network(two), &[], &[]));
    sound("nothing", &Scene::new(&network("name: empty"), &[], &[]));
    sound("a mesh", &Scene::new(&network(&mesh(9)), &[], &[]));
}

/// Machines that nothing tells apart are one node beyond the first of them, but for those on a path.
#[test]
fn machines_that_are_alike_are_folded() {
    let network = network(&star(1, 60));
    let plain = Scene::new(&network, &[], &[]);
    let folded: Vec<_> = plain
        .nodes
        .iter()
        .filter(|node| !node.folds.is_empty())
        .collect();
    let names: Vec<&str> = folded.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["+ 25 more", "+ 25 more"]);
    assert!(folded[0].folds.contains(&"vm-1-web-59".to_owned()));
    let answers = answers(&network, "vm-1-web-59", "vm-1-data-60", 443);
    let scene = Scene::new(&network, &answers, &[]);
    let text = sound("folded", &scene);
    assert!(
        text.contains("data-name=\"vm-1-web-59\"") && text.contains("data-name=\"vm-1-data-60\"")
    );
    let names: Vec<&str> = scene.nodes.iter().map(|node| node.name.as_str()).collect();
    assert!(names.contains(&"+ 24 more"), "{names:?}");
}

/// A connection in a large network: what it does not touch is folded, and says so.
#[test]
fn a_connection_is_seen_in_a_large_network() {
    let network = network(&star(30, 14));
    let answers = answers(&network, "vm-7-web-1", "vm-12-data-2", 443);
    let scene = Scene::new(&network, &answers, &[]).focused();
    assert!(scene.nodes.len() < 40, "{}", scene.nodes.len());
    let spoke = scene
        .boxes
        .iter()
        .find(|frame| frame.name == "spoke-3")
        .unwrap();
    assert_eq!(spoke.folds, 14);
    let text = sound("a connection in a large network", &scene);
    assert!(text.contains("14 resources, not shown"));
}

/// `maxTextSize` and `maxEdges` of Mermaid (`mermaid.js.org/config/schema-docs/config`).
#[test]
fn what_mermaid_does_not_take_is_folded() {
    for (what, text, folded) in [
        ("a small star", star(3, 2), false),
        ("a large star", star(60, 12), true),
        ("a mesh", mesh(40), true),
    ] {
        let scene = Scene::new(&network(&text), &[], &[]);
        let outline = mermaid(&scene);
        assert_eq!(outline.folded.is_some(), folded, "{what}");
        assert!(outline.text.chars().count() <= 50_000, "{what}");
        let edges = outline.text.lines().filter(|line| line.contains("-->"));
        assert!(edges.count() <= 500, "{what}");
        if let Some(note) = outline.folded {
            let said = note.split(':').next().unwrap();
            assert!(
                outline.text.contains(&format!("%% {said}")),
                "{what}: {note}"
            );
        }
        assert!(dot(&scene).text.ends_with("}\n"), "{what}");
    }
}
