//! Every way from one machine to another through four layers of eight appliances.

use std::fs;
use std::path::Path;

use dryhop::engine::{Engine, Origin, Policy, Walk};
use dryhop::net::{Flow, Protocol};
use dryhop::trace::{Disposition, ReplyKind, Silent};
use petgraph::algo::all_simple_paths;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::{Fault, files, measured, work};

const LAYERS: usize = 4;
const MEMBERS: usize = 8;

/// Writes the topology.
pub fn work(folder: &Path) -> Result<(), Fault> {
    Ok(fs::write(folder.join("topology.yaml"), work::layers(LAYERS, MEMBERS))?)
}

/// By dryhop: how many of them work, with every route and rule on them asked, and the way back of each.
pub fn dryhop(folder: &Path) -> Result<(), Fault> {
    let network = files::network(folder)?;
    let engine = Engine::new(&network);
    let [(from, source), (_, to)] = ["vm-from", "vm-to"].map(|name| {
        let nic = network.nic(name).expect("a machine of that name");
        (nic, network.nics[nic].addresses[0].address)
    });
    let flow = Flow {
        protocol: Protocol::Tcp,
        source,
        source_port: 50_000,
        destination: to,
        destination_port: 443,
    };
    measured(|| {
        let walk = Walk::new(&engine, Policy::StopAtFirst, Silent);
        let works = walk.run(Origin::Nic(from), flow, None).into_iter().filter(|end| {
            let mut back = end.fate.replies.iter();
            end.fate.disposition == Disposition::Delivered
                && back.all(|back| back.kind == ReplyKind::Symmetric)
        });
        works.count()
    });
    Ok(())
}

/// By petgraph: how many loop-free paths a graph of the same places has, none of which asks anything.
pub fn petgraph() -> Result<(), Fault> {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    let from = graph.add_node(());
    let mut before: Vec<NodeIndex> = vec![from];
    for _ in 0..LAYERS {
        let balancer = graph.add_node(());
        before.iter().for_each(|node| drop(graph.add_edge(*node, balancer, ())));
        before = (0..MEMBERS).map(|_| graph.add_node(())).collect();
        before.iter().for_each(|node| drop(graph.add_edge(balancer, *node, ())));
    }
    let to = graph.add_node(());
    before.iter().for_each(|node| drop(graph.add_edge(*node, to, ())));
    measured(|| {
        let all = all_simple_paths::<Vec<NodeIndex>, _, std::hash::RandomState>(&graph, from, to, 0, None);
        all.count()
    });
    Ok(())
}
