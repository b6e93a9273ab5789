//! Every loop-free path of a layered network.

use crate::{Fault, measured};

/// Layers between the ends, and the places of each: 4,096 paths.
const LAYERS: [usize; 2] = [4, 8];

/// How many there are.
pub fn enumerate(how: &str) -> Result<(), Fault> {
    let [layers, width] = LAYERS;
    match how {
        "petgraph" => {
            let mut graph = petgraph::graph::DiGraph::<(), ()>::new();
            let start = graph.add_node(());
            let mut last = vec![start];
            for _ in 0..layers {
                let layer: Vec<_> = (0..width).map(|_| graph.add_node(())).collect();
                for from in &last {
                    for to in &layer {
                        graph.add_edge(*from, *to, ());
                    }
                }
                last = layer;
            }
            let end = graph.add_node(());
            for from in &last {
                graph.add_edge(*from, end, ());
            }
            measured(|| {
                let paths = petgraph::algo::all_simple_paths::<
                    Vec<_>,
                    _,
                    std::hash::RandomState,
                >(&graph, start, end, 0, None);
                paths.count()
            });
            Ok(())
        }
        _ => Err(format!("`{how}` is not known").into()),
    }
}
