#!/usr/bin/env python3
"""Whether connections between any two of 1,000 machines work, from end to end (W2, denied by default), on one core.

    benches/rivals/check.py

Beside dryhop: what one would write by hand with networkx and ipaddress. It finds the way through a graph of machines,
subnets and the VNet and goes through the rules of the security groups on it; of the way back, of user routes and of
what stands at the ends it knows nothing, which in this topology changes no verdict.
"""

import ipaddress
import pathlib
import sys

import side_by_side as side

CHECKS = 100_000
BY_HAND = 2_000


def by_hand(folder, count):
    import networkx

    graph = networkx.Graph()
    machines = {}
    for line in (pathlib.Path(folder) / "machines").read_text(encoding="utf-8").splitlines():
        subnet, address = line.split()
        machines[address] = subnet
        graph.add_edge(address, f"subnet {subnet}")
        graph.add_edge(f"subnet {subnet}", "vnet")

    def rules(subnet, way):
        return [
            (allow, protocol, ipaddress.ip_network(source), ipaddress.ip_network(destination), first, last)
            for _, allow, protocol, source, destination, first, last in side.lines(f"{folder}/{subnet}.{way}.rules")
        ]

    groups = {(subnet, way): rules(subnet, way) for subnet in set(machines.values()) for way in ("in", "out")}
    asked = []
    for line in (pathlib.Path(folder) / "questions").read_text(encoding="utf-8").splitlines()[:count]:
        source, destination, port = line.split()
        asked.append((source, destination, int(port)))

    def passes(subnet, way, source, destination, port):
        for allow, protocol, sources, destinations, first, last in groups[subnet, way]:
            if protocol in (0, 6) and first <= port <= last and source in sources and destination in destinations:
                return allow
        return False

    def works(source, destination, port):
        path = networkx.shortest_path(graph, source, destination)
        if len(path) == 1:
            return True
        ends = ipaddress.ip_address(source), ipaddress.ip_address(destination)
        return passes(machines[source], "out", *ends, port) and passes(machines[destination], "in", *ends, port)

    side.measured(lambda: sum(works(*question) for question in asked))


def main():
    side.build()
    with side.folder() as folder:
        side.work("check", CHECKS, folder)
        dryhop = lambda count: ("dryhop", [side.RIVALS, "check", str(count), folder])
        groups = [(CHECKS, [dryhop(CHECKS)])]
        if not side.missing("networkx"):
            command = side.itself(__file__, folder, BY_HAND)
            groups.append((BY_HAND, [dryhop(BY_HAND), ("networkx and ipaddress", command)]))
        side.race("Connections between 1,000 machines", groups)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        by_hand(sys.argv[1], int(sys.argv[2]))
    else:
        main()
