#!/usr/bin/env python3
"""Which rule of a security group of 1,003 rules decides each of a million flows (W1), on one core.

    benches/rivals/classify.py

Beside dryhop: DPDK's rte_acl (Debian: dpdk-dev, gcc), every algorithm that this machine has; the rules gone through by
hand with Python's ipaddress; aclcheck of aerleon (PyPI).
"""

import ipaddress
import pathlib
import shutil
import struct
import subprocess
import sys

import side_by_side as side

FLOWS = 1_000_000
BY_HAND = 2_000
ACLCHECK = 20
ALGORITHMS = {"SSE": 2, "AVX2": 3, "AVX-512, 16 at once": 6, "AVX-512, 32 at once": 7}


def flows(folder, count):
    data = (pathlib.Path(folder) / "flows").read_bytes()[: count * 16]
    for source, destination, from_port, port, protocol in struct.iter_unpack("<IIHHB3x", data):
        yield ipaddress.ip_address(source), ipaddress.ip_address(destination), from_port, port, protocol


def by_hand(folder, count):
    rules = [
        (number, allow, protocol, ipaddress.ip_network(source), ipaddress.ip_network(destination), first, last)
        for number, allow, protocol, source, destination, first, last in side.lines(f"{folder}/group.rules")
    ]
    asked = list(flows(folder, count))

    def job():
        allowed = total = 0
        for source, destination, _, port, protocol in asked:
            for number, allow, own, sources, destinations, first, last in rules:
                if own in (0, protocol) and first <= port <= last and source in sources and destination in destinations:
                    allowed += allow
                    total += number
                    break
        return f"{allowed} {total}"

    side.measured(job)


def aclcheck(folder, count):
    from aerleon.lib import aclcheck, naming, policy

    terms = ["header { target:: cisco group extended }"]
    names = naming.Naming()
    tokens = {}

    def token(kind, text, line):
        if text not in tokens:
            tokens[text] = f"{kind}_{len(tokens)}"
            names._ParseLine(f"{tokens[text]} = {line}", "networks" if kind == "NET" else "services")
        return tokens[text]

    protocols = {0: "protocol:: tcp udp", 6: "protocol:: tcp", 17: "protocol:: udp"}
    for at, (number, allow, protocol, source, destination, first, last) in enumerate(side.lines(f"{folder}/group.rules")):
        parts = [protocols[protocol]]
        if source != "0.0.0.0/0":
            parts.append(f"source-address:: {token('NET', source, source)}")
        if destination != "0.0.0.0/0":
            parts.append(f"destination-address:: {token('NET', destination, destination)}")
        if (first, last) != (0, 65535):
            ports = f"{first}-{last}/tcp {first}-{last}/udp" if first != last else f"{first}/tcp {first}/udp"
            parts.append(f"destination-port:: {token('PORT', ports, ports)}")
        action = "accept" if allow else "deny"
        terms.append(f"term n{number}-{at} {{ {' '.join(parts)} action:: {action} }}")
    parsed = policy.ParsePolicy("\n".join(terms), names)
    words = {6: "tcp", 17: "udp"}
    asked = list(flows(folder, count))

    def job():
        allowed = total = 0
        for source, destination, from_port, port, protocol in asked:
            check = aclcheck.AclCheck(parsed, str(source), str(destination), from_port, port, words[protocol])
            match = check.ExactMatches()[0]
            allowed += match.action == "accept"
            total += int(match.term[1:].split("-")[0])
        return f"{allowed} {total}"

    side.measured(job)


def dpdk(folder):
    """The contestants of DPDK that run here."""
    if not shutil.which("gcc") or subprocess.run(["pkg-config", "--exists", "libdpdk"], check=False).returncode:
        print("left out: DPDK (dpdk-dev, gcc, pkg-config) is not installed", file=sys.stderr)
        return
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libdpdk"], capture_output=True, text=True, check=True)
    binary = f"{folder}/acl"
    source = str(side.HERE / "acl/acl.c")
    subprocess.run(["gcc", "-O3", "-march=native", "-o", binary, source, *flags.stdout.split()], check=True)
    for name, algorithm in ALGORITHMS.items():
        command = [binary, str(algorithm), f"{folder}/group.rules", f"{folder}/flows"]
        if not subprocess.run([*command, "1"], capture_output=True, check=False).returncode:
            yield f"rte_acl, {name}", [*command, str(FLOWS)]


def main():
    side.build()
    with side.folder() as folder:
        side.work("classify", FLOWS, folder)
        dryhop = lambda count: ("dryhop", [side.RIVALS, "classify", str(count), folder])
        groups = [(FLOWS, [dryhop(FLOWS), *dpdk(folder)])]
        groups.append((BY_HAND, [dryhop(BY_HAND), ("ipaddress by hand", side.itself(__file__, "by-hand", folder, BY_HAND))]))
        if not side.missing("aerleon"):
            command = side.itself(__file__, "aclcheck", folder, ACLCHECK)
            groups.append((ACLCHECK, [dryhop(ACLCHECK), ("aerleon's aclcheck", command)]))
        side.race("Flows against a group of 1,003 rules", groups)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"by-hand": by_hand, "aclcheck": aclcheck}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    else:
        main()
