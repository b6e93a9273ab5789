#!/usr/bin/env python3
"""A million look-ups of the longest prefix, in route tables of 20 and of 400 routes (Azure's limit), on one core.

    benches/rivals/lookup.py

Beside dryhop's map of addresses: prefix-trie and iptrie (crates.io).
"""

import side_by_side as side

LOOKUPS = 1_000_000


def main():
    side.build()
    for routes in (20, 400):
        contestants = [(name, [side.RIVALS, "lookup", name, str(routes)]) for name in ("dryhop", "iptrie", "prefix-trie")]
        side.race(f"Longest prefixes in {routes} routes", [(LOOKUPS, contestants)])


if __name__ == "__main__":
    main()
