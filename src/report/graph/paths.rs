//! The ways of an answer over the nodes of a scene, with what the text of a check says at each hop.

use super::build::Builder;
use super::scene::{Connection, Stop, Way, WayStep};
use crate::engine::Answer;
use crate::engine::latency::{PathLatency, latency};
use crate::network::{FixtureKind, Link, Place};
use crate::report::check::picture;
use crate::spec::checks::{ConnectionStatus, IssueSeverity};
use crate::trace::{Disposition, Hop, HopKind, Reply, ReplyKind, Step, Translator};

/// Adds the ways of all answers.
pub(super) fn draw(builder: &mut Builder<'_>, answers: &[Answer]) {
    for answer in answers {
        let connection = connection(builder, answer);
        builder.scene.connections.push(connection);
    }
}

fn connection(builder: &mut Builder<'_>, answer: &Answer) -> Connection {
    let latency = latency(builder.network, answer);
    let mut ways: Vec<Way> = Vec::new();
    for (at, path) in answer.paths.iter().enumerate() {
        let times = latency.as_ref().and_then(|all| all.paths.get(at)?.as_ref());
        let arrives = path.disposition == Disposition::Delivered;
        let mut text = format!("path {}", at + 1);
        if answer.paths.len() > 1 {
            text.push_str(&format!(" ({:.0} %)", path.share * 100.0));
        }
        text.push_str(": ");
        text.push_str(&ending(path.disposition));
        let steps = steps(builder, answer, &path.hops, path.disposition, times);
        ways.push(Way {
            path: at + 1,
            back: false,
            arrives,
            text,
            steps,
        });
        let mut back: Vec<Way> = Vec::new();
        for reply in &path.replies {
            let way = reply_way(builder, answer, at + 1, reply);
            if !back.iter().any(|known| known.steps == way.steps) {
                back.push(way);
            }
        }
        ways.append(&mut back);
    }
    Connection {
        verdict: picture::verdict(answer),
        reachable: answer.status == ConnectionStatus::Reachable,
        ways,
    }
}

fn reply_way(builder: &mut Builder<'_>, answer: &Answer, path: usize, reply: &Reply) -> Way {
    let kind = match reply.kind {
        ReplyKind::Symmetric => "symmetric",
        ReplyKind::Asymmetric => "asymmetric",
        ReplyKind::Broken => "broken",
    };
    Way {
        path,
        back: true,
        arrives: reply.kind != ReplyKind::Broken,
        text: format!("return of path {path}: {kind}"),
        steps: steps(builder, answer, &reply.hops, reply.disposition, None),
    }
}

fn ending(disposition: Disposition) -> String {
    // `DeniedBySecurityRule` as words.
    let mut out = String::new();
    for letter in disposition.word().chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

fn steps(
    builder: &mut Builder<'_>,
    answer: &Answer,
    hops: &[Hop],
    disposition: Disposition,
    times: Option<&PathLatency>,
) -> Vec<WayStep> {
    let delivered = disposition == Disposition::Delivered;
    let blocks = |hop: &Hop| {
        let mut issues = hop.issues.iter();
        issues.any(|issue| issue.severity == IssueSeverity::Error)
    };
    let stopped = match delivered {
        true => None,
        false => hops
            .iter()
            .position(blocks)
            .or_else(|| hops.iter().rposition(|hop| hop.place.is_some()))
            .or(hops.len().checked_sub(1)),
    };
    let mut out: Vec<WayStep> = Vec::new();
    for (at, hop) in hops.iter().enumerate() {
        let node = node(builder, answer, hop);
        let (mut via, mut edges) = match at.checked_sub(1).and_then(|before| hops.get(before)) {
            Some(before) => between(builder, before),
            None => (Vec::new(), Vec::new()),
        };
        via.retain(|own| *own != node && out.last().is_none_or(|last| last.node != *own));
        via.dedup();
        edges.dedup();
        let stop = (stopped == Some(at)).then(|| {
            let (text, outbound) =
                picture::stop(builder.network, hop).unwrap_or_else(|| (ending(disposition), false));
            Stop { text, outbound }
        });
        let time = times.and_then(|times| *times.hops.get(at)?);
        let address = hop.address.to_string();
        let named = *hop.name == address || hop.address.is_unspecified();
        out.push(WayStep {
            step: at + 1,
            node,
            name: match named {
                true => hop.name.to_string(),
                false => format!("{} ({address})", hop.name),
            },
            via,
            edges,
            latency: time.map(picture::time),
            facts: picture::facts(builder.network, hop),
            stop,
            beyond: stopped.is_some_and(|stopped| at > stopped),
        });
    }
    for step in &out {
        for edge in &mut builder.scene.edges {
            edge.used |= !step.beyond && step.edges.contains(&edge.id);
        }
    }
    out
}

/// The node of a hop. What was not reached is looked for by its address.
fn node(builder: &mut Builder<'_>, answer: &Answer, hop: &Hop) -> String {
    let known = hop
        .place
        .and_then(|place| builder.at(place, &hop.name, hop.address));
    if let Some(id) = known {
        return id;
    }
    if hop.place.is_none() && hop.kind == HopKind::Internet {
        return builder.internet();
    }
    let owner = builder.owner(hop.address, answer);
    owner.unwrap_or_else(|| {
        let name = hop.name.to_string();
        let address = hop.address.to_string();
        let detail = if name == address || hop.address.is_unspecified() {
            String::new()
        } else {
            address
        };
        builder.stranger(&name, &detail)
    })
}

/// What lies between a hop and the next: nodes, and the lines that are crossed.
fn between(builder: &mut Builder<'_>, left: &Hop) -> (Vec<String>, Vec<String>) {
    let network = builder.network;
    let (mut via, mut edges) = (Vec::new(), Vec::new());
    let ends = |from: Option<&String>, to: Option<&String>, builder: &Builder<'_>| {
        let (from, to) = (
            from.cloned().unwrap_or_default(),
            to.cloned().unwrap_or_default(),
        );
        let joins = |a: &str, b: &str| (a == from && b == to) || (a == to && b == from);
        let all = builder.scene.edges.iter();
        let found: Vec<String> = all
            .filter(|edge| joins(&edge.from, &edge.to))
            .map(|edge| edge.id.clone())
            .collect();
        found
    };
    for step in &left.steps {
        match step {
            Step::Crossed(places) => {
                for pair in places.windows(2) {
                    let [from, to] = pair else { continue };
                    match (from, to, network.graph.between(*from, *to)) {
                        (Place::Network(from), Place::Network(to), Some(Link::Peering(_))) => {
                            let (from, to) = (builder.vnets.get(from), builder.vnets.get(to));
                            edges.extend(ends(from, to, builder));
                        }
                        (_, _, Some(Link::Connection(id))) => {
                            edges.extend(crossed(builder, id));
                            if let crate::network::ConnectionEnd::Circuit(circuit) =
                                network.connections[id].to
                            {
                                via.extend(builder.circuits.get(&circuit).cloned());
                            }
                        }
                        _ => {}
                    }
                }
            }
            Step::Translated {
                by: Translator::NatGateway(id),
                ..
            } => {
                via.extend(builder.nats.get(id).cloned());
                let internet = builder.internet.clone();
                edges.extend(ends(builder.nats.get(id), internet.as_ref(), builder));
            }
            Step::Translated {
                by: Translator::LoadBalancer(name),
                before,
                ..
            } => {
                let is = |kind: FixtureKind| matches!(kind, FixtureKind::LoadBalancer(..));
                let frontends = network
                    .fixtures
                    .iter()
                    .filter(|(_, own)| is(own.kind) && own.identity.name == *name);
                let has = |own: &crate::network::Fixture| {
                    own.addresses.contains(&before.destination)
                        || own
                            .public_ips
                            .iter()
                            .any(|public| network.public_ips[*public].address == before.destination)
                };
                let frontends: Vec<_> = frontends.collect();
                let found = frontends.iter().find(|(_, own)| has(own));
                if let Some((id, _)) = found {
                    via.extend(builder.fixtures.get(id).cloned());
                }
            }
            _ => {}
        }
    }
    (via, edges)
}

/// The lines of a connection: one, or two by a circuit.
fn crossed(
    builder: &Builder<'_>,
    id: crate::network::Id<crate::network::Connection>,
) -> Vec<String> {
    let network = builder.network;
    let connection = &network.connections[id];
    let name = connection.identity.name.to_string();
    let mut names = vec![name];
    if let crate::network::ConnectionEnd::Circuit(circuit) = connection.to {
        names.push(network.circuits[circuit].identity.name.to_string());
    }
    let edges = builder.scene.edges.iter();
    let is = |edge: &&super::scene::Edge| {
        matches!(
            edge.kind,
            super::scene::EdgeKind::Tunnel | super::scene::EdgeKind::Circuit
        ) && edge
            .name
            .split(" ↔ ")
            .any(|own| names.iter().any(|name| name == own))
    };
    edges.filter(is).map(|edge| edge.id.clone()).collect()
}
