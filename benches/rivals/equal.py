#!/usr/bin/env python3
"""Whether two security groups of 1,003 rules do the same, from the rules to the answer, on one core: one with an action
turned round (W1b), and one in another order with the same meaning (W1c).

    benches/rivals/equal.py

Beside dryhop: binary decision diagrams by oxidd (crates.io), and Z3 (PyPI: z3-solver), with and without the making of
its formulas. All look at TCP and UDP over IPv4, as dryhop is asked to.
"""

import ipaddress
import sys

import side_by_side as side


def formulas(folder, names):
    import z3

    source, destination = z3.BitVecs("source destination", 32)
    port, tcp = z3.BitVec("port", 16), z3.Bool("tcp")

    def within(variable, prefix):
        net = ipaddress.ip_network(prefix)
        if net.prefixlen == 0:
            return []
        low = 32 - net.prefixlen
        return [z3.Extract(31, low, variable) == int(net.network_address) >> low]

    def allowed(name):
        rules = {}
        for number, allow, protocol, sources, destinations, first, last in side.lines(f"{folder}/{name}.rules"):
            parts = {6: [tcp], 17: [z3.Not(tcp)]}.get(protocol, [])
            parts = parts + within(source, sources) + within(destination, destinations)
            if first == last:
                parts.append(port == first)
            elif (first, last) != (0, 65535):
                parts += [z3.UGE(port, first), z3.ULE(port, last)]
            rules.setdefault(number, (allow, []))[1].append(z3.And(parts))
        formula = z3.BoolVal(False)
        for _, (allow, matches) in sorted(rules.items(), reverse=True):
            formula = z3.If(z3.Or(matches), z3.BoolVal(allow), formula)
        return formula

    return [allowed(name) for name in names]


def z3_says(folder, other, how):
    import z3

    def solve(pair):
        solver = z3.Solver()
        solver.add(pair[0] != pair[1])
        return "differ" if solver.check() == z3.sat else "equal"

    if how == "solve":
        pair = formulas(folder, ["group", other])
        side.measured(lambda: solve(pair))
    else:
        side.measured(lambda: solve(formulas(folder, ["group", other])))


def main():
    side.build()
    with side.folder() as folder:
        side.work("classify", 1, folder)
        for other in ("flipped", "reordered"):
            contestants = [(name, [side.RIVALS, "equal", name, other, folder]) for name in ("dryhop", "oxidd")]
            if not side.missing("z3"):
                contestants += [
                    ("Z3, solving only", side.itself(__file__, folder, other, "solve")),
                    ("Z3, from the rules", side.itself(__file__, folder, other, "all")),
                ]
            side.race(f"A group of 1,003 rules and the same {other}", [(1, contestants)])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        z3_says(*sys.argv[1:])
    else:
        main()
