#!/usr/bin/env python3
"""Times `dryhop` reading, resolving and asking one question of a topology, as YAML and as JSON, beside parsers that only
read it.

    benches/rivals/load.py [MEGABYTES]

The topology is W4: hubs with an appliance, four hundred spokes each, ten machines and ten rules a spoke. Runs
alternate; printed are the user and system seconds and the peak memory of the children, the least and the median, and
the ratio of the least to that of the parser.
"""

import os
import statistics
import subprocess
import sys

import side_by_side as side


def run(command):
    """User and system seconds, and the peak in MiB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    side.build(side.ROOT, side.HERE / "rust")
    with side.folder() as folder:
        yaml, json = f"{folder}/topology.yaml", f"{folder}/topology.json"
        side.work("load", megabytes, yaml, json)
        check = ["--source", "vm-0-0", "--destination", "vm-1-0", "--port", "443"]
        # Of each language the file, dryhop, and first of the others the one that the times are compared with.
        contestants = {
            "YAML": (yaml, {"yaml_serde, to a tree": "yaml", "saphyr-parser, events": "events"}),
            "JSON": (json, {"serde_json, to a tree": "json"}),
        }
        for language, (file, others) in contestants.items():
            commands = {"dryhop check, the whole command": [side.DRYHOP, "check", file, *check]}
            commands |= {name: [side.RIVALS, "read", how, file] for name, how in others.items()}
            compare(f"{os.path.getsize(file) / 1e6:.0f} MB of {language}", commands, next(iter(others)))


def compare(title, commands, first):
    times = {name: [] for name in commands}
    for _ in range(side.RUNS):
        for name, command in commands.items():
            times[name].append(run(command))
    least = min(seconds for seconds, _ in times[first])
    print(f"{title}, {side.RUNS} runs each")
    for name, found in times.items():
        seconds = [each for each, _ in found]
        peak = statistics.median(peak for _, peak in found)
        print(f"{name:34} {min(seconds):6.2f} s  {statistics.median(seconds):6.2f} s  {peak:6.0f} MiB  {min(seconds) / least:5.2f}")


if __name__ == "__main__":
    main()
