"""What the whole catalogue costs: the core of today beside that of the first KPIs, on the same events in one run.

    python -m bench.catalogue [EVENTS] [--since COMMIT] [--rounds N]

The core of ``COMMIT`` (of the first issue: answer, abandonment, service level, first response, backlog, occupancy) is
taken out of the history. Both take turns, each round in a process of its own; CPU time, and the memory that
records, panes and levels take for the same events.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import orjson

from bench import workload

ROOT = Path(__file__).parent.parent
FIRST = "6916834"
LEAST_SPEED, MOST_MEMORY = 0.60, 1.5
# Run in each tree: nothing of this one is imported.
DRIVE = """
import gc, json, sys
from bench import core
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
slices = core.sliced(int(sys.argv[1]))
gc.collect(); gc.freeze()
before = resident()
found = core.measure(slices, 30_000)
held = sum(part.record_count() for part in found.parts.values())
both = found.apply_s + found.flush_s
print(json.dumps({"speed": found.events / both, "bytes": resident() - before, "held": held}))
"""


def earlier(commit: str, folder: Path) -> Path:
    """The tree of ``commit``, unpacked."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def driven(tree: Path, events: int) -> dict[str, float]:
    """One run of a tree's core."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "DESKPULSE_BENCH_DATA": str(workload.folder())}
    done = subprocess.run(
        [sys.executable, "-c", DRIVE, str(events)], cwd=tree, env=environment, capture_output=True, check=True
    )
    found: dict[str, float] = orjson.loads(done.stdout)
    return found


def main() -> int:
    """Measures, prints; 1 when the whole catalogue is too slow or too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=300_000)
    parser.add_argument("--since", default=FIRST)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    workload.made(arguments.events)
    with tempfile.TemporaryDirectory() as folder:
        trees = {"first": earlier(arguments.since, Path(folder)), "all": ROOT}
        runs = [{name: driven(tree, arguments.events) for name, tree in trees.items()} for _ in range(arguments.rounds)]
    middle = {
        name: {key: statistics.median(run[name][key] for run in runs) for key in ("speed", "bytes", "held")}
        for name in trees
    }
    # The first core knew no customers' records: what it held of the same events is what memory is compared by.
    speed = middle["all"]["speed"] / middle["first"]["speed"]
    memory = middle["all"]["bytes"] / middle["first"]["bytes"]
    for name, found in middle.items():
        each = found["bytes"] / found["held"]
        print(f"{name:5}  {found['speed']:9,.0f} events a CPU second  {found['held']:9,.0f} records of {each:,.0f} B")
    print(f"speed x {speed:.2f} (at least {LEAST_SPEED:.2f}), memory x {memory:.2f} (at most {MOST_MEMORY})")
    return int(speed < LEAST_SPEED or memory > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
