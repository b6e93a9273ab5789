"""What the scripts of this folder have in common: they make the same work for all, let the contestants take turns,
compare their answers before any time is printed, and print the least and the median of the times and the ratio of
the least ones.

A contestant is a command that prints its answer and the processor's seconds, a tab between them: what else runs on
the machine is not to count. What is so slow that it
is given less of the work counts by the piece.
"""

import importlib.util
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RUNS = 7
# One target folder, so that what dryhop is built of is built once.
TARGET = ROOT / "target"
RIVALS = str(TARGET / "release/rivals")
DRYHOP = str(TARGET / "release/dryhop")


def build(*folders):
    """Builds the packages in release; without any, the one with the contestants written in Rust."""
    for folder in folders or (HERE / "rust",):
        command = ["cargo", "build", "--release", "--quiet", "--target-dir", str(TARGET)]
        subprocess.run(command, cwd=folder, check=True)


def work(*arguments):
    """Makes work; its last argument is where."""
    subprocess.run([RIVALS, "work", *map(str, arguments)], check=True)


def folder():
    return tempfile.TemporaryDirectory(prefix="dryhop-")


def missing(*modules):
    """Whether a contestant is left out for lack of modules, which is said."""
    lacking = [name for name in modules if importlib.util.find_spec(name) is None]
    if lacking:
        print(f"left out: {', '.join(lacking)} is not installed", file=sys.stderr)
    return bool(lacking)


def itself(script, *arguments):
    """The command that runs a part of a script in a process of its own."""
    return [sys.executable, script, *map(str, arguments)]


def pinned(command):
    """On one core, where that can be said."""
    return ["taskset", "-c", "0", *command] if shutil.which("taskset") else command


def measured(job):
    """Prints the answer and the seconds of a job in this process: once unmeasured, once measured."""
    job()
    start = time.process_time()
    answer = job()
    print(f"{answer}\t{time.process_time() - start}")


def race(title, groups, runs=RUNS):
    """Lets contestants take turns. `groups` maps how many pieces of work are done to contestants by name, of which
    the first of all is what the others are compared with; within a group all must answer alike."""
    commands = [(name, pieces, command) for pieces, group in groups for name, command in group]
    times, answers = {}, {}
    for _ in range(runs):
        for name, pieces, command in commands:
            done = subprocess.run(pinned(command), capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{name}: {done.stderr.strip()}")
            answer, seconds = done.stdout.strip().splitlines()[-1].split("\t")
            times.setdefault((name, pieces), []).append(float(seconds) / pieces)
            answers.setdefault(pieces, {}).setdefault(answer, set()).add(name)
    for pieces, found in answers.items():
        if len(found) != 1:
            sys.exit(f"{title}: of {pieces} the answers differ: {found}")
    first = min(times[commands[0][0], commands[0][1]])
    print(f"{title}; answers agree; {runs} runs each, by turns")
    for (name, pieces), found in times.items():
        least, median = min(found), statistics.median(found)
        print(f"  {name:28} of {pieces:>9,}  least {unit(least)}  median {unit(median)}  {least / first:10,.2f} times")


def unit(seconds):
    for size, name in ((1, "s "), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:7.2f} {name}"
    return f"{seconds / 1e-9:7.2f} ns"


def lines(file):
    """The rules of a file: number, whether it allows, protocol, source, destination, first and last port."""
    for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
        number, allow, protocol, source, destination, first, last = line.split()
        yield int(number), allow == "1", int(protocol), source, destination, int(first), int(last)
