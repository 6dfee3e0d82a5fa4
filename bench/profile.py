"""Where a worker's time goes over a backlog: ``python -m bench.profile [EVENTS]``.

The worker runs as always and is looked at from a thread of its own (``bench.sampled``). Figures are microseconds of its
main thread's CPU for each event; "in it" counts a function while it is anywhere on the stack.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import engine, machine, workload

STAGES = {
    "core: a batch": "stream/core/partition.py:apply",
    "core: decode": "topics/codec.py:decode",
    "core: contacts, tickets": "stream/core/entities.py:take",
    "core: agents": "stream/core/agents.py:take",
    "core: facts into cells": "stream/core/panes.py:append",
    "core: panes and levels to publish": "stream/core/partition.py:changed_aggregates",
    "core: records to write": "stream/core/partition.py:changed_records",
    "core: statements": "stream/core/partition.py:outgoing",
    "client: compression": "aiokafka/codec.py:zstd_encode",
    "client: batches built": "aiokafka/producer/message_accumulator.py:_build",
}
FUNCTIONS = 40


def lines(samples: dict[str, list[int]], events: int) -> list[str]:
    """The table of the stages, and the functions that run most."""
    whole = max(on_stack for _, on_stack in samples.values())
    found = ["| stage | us/event |", "|---|---|", f"| all | {whole / events:.2f} |"]
    for stage, function in STAGES.items():
        inside = sum(on_stack for name, (_, on_stack) in samples.items() if name.endswith(function))
        found.append(f"| {stage} | {inside / events:.2f} |")
    found += ["", "| function | running us/event | in it us/event |", "|---|---|---|"]
    for name, (running, inside) in sorted(samples.items(), key=lambda item: -item[1][0])[:FUNCTIONS]:
        found.append(f"| {name} | {running / events:.2f} | {inside / events:.2f} |")
    return found


def main() -> None:
    """A broker, the events, one worker that is looked at."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else workload.EVENTS
    with machine.kafka() as broker:
        machine.make_topics(broker.address, "deskpulse")
        machine.preload(broker.address, workload.made(events))
        target = Path(broker.folder) / "samples.json"
        figures = engine.drain(broker.address, broker.folder, events, sampled=target)
        print(f"{events:,} events, {figures['cpu_s_per_million']} CPU s per million, looked at")
        print("\n".join(lines(json.loads(target.read_text()), events)))


if __name__ == "__main__":
    main()
