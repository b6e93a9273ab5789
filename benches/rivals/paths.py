#!/usr/bin/env python3
"""Every way from one machine to another through four layers of eight appliances, each layer behind a load balancer:
4,096 paths, on one core.

    benches/rivals/paths.py

Beside dryhop, which asks every route and rule on each path and follows its replies back: petgraph (crates.io) and
networkx (PyPI), which only enumerate the loop-free paths of a graph of the same places.
"""

import sys

import side_by_side as side

LAYERS, MEMBERS = 4, 8


def networkx():
    import networkx

    graph, before = networkx.DiGraph(), ["from"]
    for layer in range(LAYERS):
        graph.add_edges_from((node, layer) for node in before)
        before = [(layer, member) for member in range(MEMBERS)]
        graph.add_edges_from((layer, node) for node in before)
    graph.add_edges_from((node, "to") for node in before)
    side.measured(lambda: sum(1 for _ in networkx.all_simple_paths(graph, "from", "to")))


def main():
    side.build()
    with side.folder() as folder:
        side.work("paths", folder)
        contestants = [("dryhop", [side.RIVALS, "paths", "dryhop", folder]), ("petgraph", [side.RIVALS, "paths", "petgraph"])]
        if not side.missing("networkx"):
            contestants.append(("networkx", side.itself(__file__, "networkx")))
        side.race("Paths through four layers of eight appliances", [(MEMBERS**LAYERS, contestants)])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        networkx()
    else:
        main()
