"""CPU of the core alone, without a broker: ``python -m bench.core [EVENTS] [--flush N]``.

One partition a topic; rows in slices as a worker delivers them; after every ``--flush`` events everything that a worker
would write or publish is taken and encoded; what contacts say of agents is fed back. Cyclic collection as in a worker.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections import defaultdict
from dataclasses import dataclass, field

from bench import machine, report, workload
from stream.core.batch import BatchRow
from stream.core.names import Names
from stream.core.partition import Partition, new_partition
from stream.core.settings import Settings, load
from topics.catalogue import SOURCES

SLICE = 2000
Slice = list[tuple[bytes, bytes]]  # key, value
ARRIVED_MS = workload.T0_MS + 10 * workload.SPAN_MS


@dataclass
class Figures:
    """CPU seconds by stage and what was written."""

    events: int = 0
    apply_s: float = 0.0
    flush_s: float = 0.0
    forwarded: int = 0
    records: int = 0
    record_bytes: int = 0
    aggregates: int = 0
    aggregate_bytes: int = 0
    state_mb: float = 0.0
    parts: dict[str, Partition] = field(default_factory=dict)

    def table(self) -> dict[str, int | float | str]:
        """As kept and printed."""
        n, both = self.events, self.apply_s + self.flush_s
        refolds = sum(part.counts["refolds"] for part in self.parts.values())
        held = sum(part.record_count() for part in self.parts.values())
        return {
            "apply, us/event": round(self.apply_s / n * 1e6, 2),
            "write and publish, us/event": round(self.flush_s / n * 1e6, 2),
            "both, us/event": round(both / n * 1e6, 2),
            "events per CPU second": round(n / both),
            "forwarded": self.forwarded,
            "refolds": refolds,
            "records held": held,
            "records written": self.records,
            "bytes of a record written": round(self.record_bytes / max(1, self.records)),
            "aggregates written": self.aggregates,
            "bytes of an aggregate": round(self.aggregate_bytes / max(1, self.aggregates)),
            "memory of the state, MB": round(self.state_mb),
            "bytes of memory a record": round(self.state_mb * 1e6 / max(1, held)),
        }


def settings() -> Settings:
    """As a worker's: late events are judged, now is the last event."""
    return load("", {}, {"time.clock": "events"})


def numbered(topic: str, raw: Slice, offsets: dict[str, int], arrived_ms: int = ARRIVED_MS) -> list[BatchRow]:
    """As rows of the one partition of ``topic``: what is fed back comes in between, so offsets are given late."""
    first = offsets[topic]
    offsets[topic] += len(raw)
    return [BatchRow(first + i, key, value, arrived_ms) for i, (key, value) in enumerate(raw)]


def flush(figures: Figures, parts: dict[str, Partition], offsets: dict[str, int], arrived_ms: int = ARRIVED_MS) -> None:
    """What a worker does at a write: statements first, then records and aggregates."""
    said: defaultdict[str, Slice] = defaultdict(list)
    for topic in SOURCES:
        for out in parts[topic].outgoing():
            if out.topic in SOURCES:
                said[out.topic].append((out.key, out.value))
    for topic, raw in said.items():
        figures.forwarded += len(raw)
        parts[topic].apply(numbered(topic, raw, offsets, arrived_ms))
    for part in parts.values():
        records = part.changed_records()
        aggregates = part.changed_aggregates(arrived_ms, wide=True)
        figures.records += len(records)
        figures.record_bytes += sum(len(key) + len(value or b"") for key, value in records)
        figures.aggregates += len(aggregates)
        figures.aggregate_bytes += sum(len(key) + len(value or b"") for key, value in aggregates)


def measure(slices: list[tuple[str, Slice]], flush_events: int) -> Figures:
    """Drives the whole file once."""
    config, offsets = settings(), dict.fromkeys(SOURCES, 0)
    names = Names(config.limits)
    figures = Figures(parts={topic: new_partition(topic, 0, config, names) for topic in SOURCES})
    clock, waiting, before_mb = time.process_time, 0, machine.rss_mb()
    for topic, raw in slices:
        rows = numbered(topic, raw, offsets)
        started = clock()
        figures.parts[topic].apply(rows)
        figures.apply_s += clock() - started
        figures.events += len(rows)
        waiting += len(rows)
        if waiting >= flush_events:
            started = clock()
            flush(figures, figures.parts, offsets)
            figures.flush_s += clock() - started
            waiting = 0
    gc.collect()
    figures.state_mb = machine.rss_mb() - before_mb
    return figures


def sliced(events: int) -> list[tuple[str, Slice]]:
    """The events as slices of a topic."""
    slices: list[tuple[str, Slice]] = []
    open_: dict[str, Slice] = {topic: [] for topic in SOURCES}
    for topic, key, value in workload.rows(workload.made(events)):
        raw = open_[topic]
        raw.append((key, value))
        if len(raw) == SLICE:
            slices.append((topic, raw))
            open_[topic] = []
    return slices + [(topic, raw) for topic, raw in open_.items() if raw]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=workload.EVENTS)
    parser.add_argument("--flush", type=int, default=30_000, help="events between two writes (default: 30000)")
    arguments = parser.parse_args()
    slices = sliced(arguments.events)
    gc.collect()
    gc.freeze()
    gc.disable()  # as a worker does
    figures = measure(slices, arguments.flush)
    report.keep("core", {"events": arguments.events, "figures": figures.table()})
    report.write()
    print(report.figures_table("core"))


if __name__ == "__main__":
    main()
