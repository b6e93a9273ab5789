//! Every shipped topology, and the connections that its checks ask about.

use std::fmt::Write;
use std::fs;

use dryhop::report::graph::{Mark, MarkKind, Scene, layout};

use crate::drawn::sound;
use crate::{answers, root, shipped};

#[test]
fn topologies_are_drawn_soundly() {
    for (name, network) in shipped() {
        sound(&name, &Scene::new(&network, &[], &[]));
    }
}

/// A connection of each topology, most of them with something to see: several paths, a block, a proxy.
const CONNECTIONS: &[(&str, &str, &str, u16)] = &[
    ("application-gateway", "customer", "agw-shop", 443),
    ("application-gateway", "bastion", "canary", 22),
    ("dmz", "web-1", "db-1", 22),
    ("enterprise-hub", "web-1", "hq-dc", 443),
    ("hub-firewall", "customer", "20.50.80.4", 443),
    ("hub-firewall", "db-1", "feed-entry", 443),
    (
        "hub-spoke",
        "vm-spoke-one-linux",
        "vm-spoke-two-windows",
        3389,
    ),
    ("hybrid", "app-1", "hq-dc", 443),
    ("hybrid", "hq-dc", "lab-1", 22),
    ("hybrid", "vgw-hub/laptop", "app-1", 22),
    ("nva-behind-lb", "web-1", "app-1", 443),
    ("nva-behind-lb", "app-1", "branch-pc", 443),
    ("nva-behind-lb", "customer", "20.50.60.10", 443),
    ("private-endpoints", "app-1", "10.71.2.4", 1433),
    ("private-endpoints", "app-1", "20.60.26.5", 443),
    ("private-subnet", "vm-nat", "update-server", 443),
    ("three-tier", "Internet", "20.50.20.4", 443),
    ("three-tier", "db-1", "Internet", 443),
    ("two-regions", "web-1", "api", 8080),
    ("two-regions", "web-1", "10.99.0.1", 443),
];

#[test]
fn connections_are_drawn_soundly() {
    let shipped = shipped();
    for (topology, source, destination, port) in CONNECTIONS {
        let (_, network) = shipped.iter().find(|(name, _)| name == topology).unwrap();
        let both = [source, destination].map(|name| network.endpoint(name).is_ok());
        assert_eq!(both, [true, true], "{topology}: {source} {destination}");
        let answers = answers(network, source, destination, *port);
        let scene = Scene::new(network, &answers, &[]);
        let what = format!("{topology}: {source} to {destination}");
        let text = sound(&what, &scene);
        let paths: usize = answers.iter().map(|answer| answer.paths.len()).sum();
        let drawn = text.matches("<g class=\"path").count()
            - text.matches("<g class=\"path return").count();
        assert_eq!(drawn, paths, "{what}");
        // Each hop has a step of its number at a node that is drawn.
        for (answer, connection) in answers.iter().zip(&scene.connections) {
            let ways: Vec<_> = connection.ways.iter().filter(|way| !way.back).collect();
            for (path, way) in answer.paths.iter().zip(ways) {
                assert_eq!(path.hops.len(), way.steps.len(), "{what}");
                let stops = way.steps.iter().filter(|step| step.stop.is_some()).count();
                assert_eq!(stops, usize::from(!way.arrives), "{what}");
            }
        }
    }
}

/// What marks of a comparison and of a failure are drawn as. Their ends may be anything that has a name,
/// and nothing that is drawn.
#[test]
fn marks_are_drawn_soundly() {
    let shipped = shipped();
    let (_, network) = shipped
        .iter()
        .find(|(name, _)| name == "hub-spoke")
        .unwrap();
    let ends = [
        ("vm-spoke-one-linux", Some("vm-spoke-two-windows")),
        ("vm-spoke-two-windows", Some("nva-hub")),
        ("Internet", Some("nva-hub")),
        ("vnet-hub", Some("vnet-spoke-one")),
        ("nva-hub", None),
        ("what-was-deleted", Some("bastion")),
    ];
    let marks: Vec<Mark> = ends
        .iter()
        .zip(MarkKind::ALL)
        .map(|((from, to), kind)| Mark {
            kind: *kind,
            from: (*from).to_owned(),
            to: to.map(str::to_owned),
            label: "tcp/443".to_owned(),
        })
        .collect();
    let scene = Scene::new(network, &[], &marks);
    let text = sound("marks", &scene);
    for kind in MarkKind::ALL {
        assert!(text.contains(&format!("<g class=\"mark {}\"", kind.word())));
    }
    assert!(text.contains("what-was-deleted"));
}

/// Where everything stands, so that a change of the layout is seen: `UPDATE_PICTURES=1` writes it anew.
#[test]
fn places_are_as_they_were() {
    let mut text = String::new();
    for (name, network) in shipped() {
        let scene = Scene::new(&network, &[], &[]);
        let drawing = layout(&scene);
        let _ = writeln!(text, "{name} {} x {}", drawing.width, drawing.height);
        let frames = scene.boxes.iter().map(|own| &own.id);
        for id in frames.chain(scene.nodes.iter().map(|own| &own.id)) {
            let area = drawing.area(id).unwrap();
            let _ = writeln!(text, "  {id} {} {} {} {}", area.x, area.y, area.w, area.h);
        }
        for (edge, line) in scene.edges.iter().zip(&drawing.lines) {
            let corners = line.parts.iter().flatten();
            let corners: Vec<String> = corners.map(|at| format!("{},{}", at.x, at.y)).collect();
            let _ = writeln!(text, "  {} {}", edge.id, corners.join(" "));
        }
    }
    kept("tests/pictures/places.txt", &text);
}

/// The picture of the README.
#[test]
fn the_picture_of_the_readme_is_true() {
    let shipped = shipped();
    let (_, network) = shipped
        .iter()
        .find(|(name, _)| name == "hub-spoke")
        .unwrap();
    let answers = answers(network, "vm-spoke-one-linux", "vm-spoke-two-windows", 3389);
    let text = sound("README", &Scene::new(network, &answers, &[]));
    kept("docs/hub-spoke.svg", &text);
}

fn kept(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::write(&path, text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let differs = known.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(
        known == text,
        "{} is no longer so: {differs:?}; UPDATE_PICTURES=1 writes it anew",
        path.display()
    );
}
