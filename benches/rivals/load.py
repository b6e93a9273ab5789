#!/usr/bin/env python3
"""Times `dryhop` reading, resolving and asking one question of a topology beside YAML parsers that only read it.

    benches/rivals/load.py [MEGABYTES]

Runs alternate; printed are the user and system seconds and the peak memory of the children, the least and the
median, and the ratio of the least to that of the parser.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNS = 7


def build(folder):
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=folder, check=True)


def topology(megabytes):
    """Hubs with an appliance and four hundred spokes each, ten machines and ten rules a spoke."""
    vnets, groups, machines, tables, appliances = [], [], [], [], []
    size, spoke = 0, 0
    total = megabytes * 1_000_000
    while size < total or spoke % 400:
        hub = spoke // 400
        if spoke % 400 == 0:
            tables.append(f"  rt-{hub}: {{ routes: {{ default: {{ addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.{hub}.1.4 }} }} }}\n")
            appliances.append(f"  nva-{hub}: {{ networkInterface: {{ subnet: hub-{hub}/nva, privateIPAddress: 10.{hub}.1.4, enableIPForwarding: true }} }}\n")
            peerings = "".join(f"      to-s{s}: {{ remoteVirtualNetwork: s{s} }}\n" for s in range(spoke, spoke + 400))
            vnets.append(f"  hub-{hub}:\n    addressSpace: 10.{hub}.0.0/16\n    subnets: {{ nva: {{ addressPrefix: 10.{hub}.1.0/24 }} }}\n    peerings:\n{peerings}")
        net = f"11.{spoke // 256 % 256}.{spoke % 256}"
        vnets.append(f"  s{spoke}:\n    addressSpace: {net}.0/24\n    subnets: {{ work: {{ addressPrefix: {net}.0/24, networkSecurityGroup: nsg-{spoke}, routeTable: rt-{hub} }} }}\n    peerings: {{ to-hub: {{ remoteVirtualNetwork: hub-{hub}, allowForwardedTraffic: true }} }}\n")
        rules = "".join(
            f"      rule-{r}: {{ priority: {100 + r}, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefixes: [{net}.{r + 4}/32, 12.{r}.0.0/24], destinationPortRanges: [{440 + r}, 8000-{8000 + r}] }}\n"
            for r in range(10)
        )
        groups.append(f"  nsg-{spoke}:\n    securityRules:\n{rules}")
        machines.append("".join(
            f"  vm-{spoke}-{m}:\n    networkInterface: {{ subnet: s{spoke}/work, privateIPAddress: {net}.{m + 4} }}\n    guest: {{ os: Linux, listeners: [tcp/443, tcp/22] }}\n"
            for m in range(10)
        ))
        size += len(vnets[-1]) + len(groups[-1]) + len(machines[-1])
        spoke += 1
    sections = [("virtualNetworks", vnets), ("networkSecurityGroups", groups), ("routeTables", tables),
                ("virtualMachines", machines), ("networkVirtualAppliances", appliances)]
    return "".join(f"{name}:\n{''.join(parts)}" for name, parts in sections)


def run(command):
    """User and system seconds, and the peak in MiB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rival = ROOT / "benches/rivals/yaml"
    build(ROOT)
    build(rival)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "topology.yaml")
        pathlib.Path(file).write_text(topology(megabytes), encoding="utf-8")
        dryhop = str(ROOT / "target/release/dryhop")
        parser = str(rival / "target/release/rival-yaml")
        commands = {
            "dryhop check, the whole command": [dryhop, "check", file, "--source", "vm-0-0", "--destination", "vm-1-0", "--port", "443"],
            "yaml_serde, to a tree": [parser, "value", file],
            "saphyr-parser, events": [parser, "events", file],
        }
        times = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                times[name].append(run(command))
    least = min(seconds for seconds, _ in times["yaml_serde, to a tree"])
    print(f"{megabytes} MB of YAML, {RUNS} runs each")
    for name, found in times.items():
        seconds = [each for each, _ in found]
        peak = statistics.median(peak for _, peak in found)
        print(f"{name:34} {min(seconds):6.2f} s  {statistics.median(seconds):6.2f} s  {peak:6.0f} MiB  {min(seconds) / least:5.2f}")


if __name__ == "__main__":
    main()
