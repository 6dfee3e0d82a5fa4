"""Memory over days in which contacts come and go: ``python -m bench.soak [DAYS]``.

The core as a worker drives it, without a broker and as fast as it can: traffic of two hours, again and again, each time
with new contacts, customers and tickets; each of them is ended two hours after its last word, whatever became of it.
The horizon is one hour and a customer's return is looked for within a day, so that after about two days and a half as
much is forgotten as comes; from then on nothing may grow.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterator
from typing import Any

import orjson

from bench import core, machine, report, workload
from stream.core.names import Names
from stream.core.partition import Partition, new_partition
from stream.core.settings import load
from topics.catalogue import SOURCES

DAYS, EVENTS, STEADY_DAYS = 6, 4_000, 3.0
BLOCKS_A_DAY = 86_400_000 // workload.SPAN_MS
WARM = {"time.clock": "events", "time.horizon_hours": 1, "kpis.first_contact_window_days": 1}
ENDED = {"type": "contact.ended", "by": "agent"}
CLOSED = {
    "desk": {"type": "ticket.status_changed", "from": "solved", "to": "closed", "actor": "system"},
    "calls": ENDED,
    "chats": ENDED,
}
Row = tuple[int, str, bytes, bytes]  # when it arrives, topic, key, value


def block(events: list[dict[str, Any]], number: int) -> Iterator[Row]:
    """The same two hours, later, of others: only the agents stay."""
    later = number * workload.SPAN_MS
    last: dict[str, dict[str, Any]] = {}
    for event in events:
        new = {**event, "event_id": f"{event['event_id']}-{number}", "occurred_at": event["occurred_at"] + later}
        if event["source"] != "floor":
            new["entity_id"] = f"{event['entity_id']}-{number}"
            last[new["entity_id"]] = new
        for who in ("requester_id", "visitor_id"):
            if who in event:
                new[who] = f"{event[who]}-{number}"
        yield _row(new)
    for entity, event in last.items():
        closed = CLOSED[event["source"]]
        at, event_id = event["occurred_at"] + workload.SPAN_MS, f"{entity}-closed"
        kept = {name: event[name] for name in ("schema_version", "source", "entity_id", "queue", "channel")}
        yield _row({**kept, **closed, "event_id": event_id, "occurred_at": at})


def _row(event: dict[str, Any]) -> Row:
    topic = workload.TOPICS[event["source"]]
    return event["occurred_at"], topic, event["entity_id"].encode(), orjson.dumps(event)


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line with the least squares."""
    n = len(points)
    x_mean, y_mean = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / sum((x - x_mean) ** 2 for x, _ in points)


def soak(days: int) -> list[tuple[float, float, int]]:
    """(day, MB, records held) after every two hours."""
    settings = load("", {}, WARM)
    names, offsets = Names(settings.limits), dict.fromkeys(SOURCES, 0)
    parts: dict[str, Partition] = {topic: new_partition(topic, 0, settings, names) for topic in SOURCES}
    arrived = sorted(workload.everything(EVENTS, workload.SEED), key=lambda row: row[1])
    events = [orjson.loads(raw) for _, _, raw in arrived]
    found: list[tuple[float, float, int]] = []
    waiting: list[Row] = []
    for number in range(days * BLOCKS_A_DAY):
        waiting = sorted([*waiting, *block(events, number)], key=lambda row: row[0])
        end = workload.T0_MS + (number + 1) * workload.SPAN_MS
        due, waiting = [row for row in waiting if row[0] < end], [row for row in waiting if row[0] >= end]
        for start in range(0, len(due), core.SLICE):
            slices: dict[str, core.Slice] = {}
            for _, topic, key, value in due[start : start + core.SLICE]:
                slices.setdefault(topic, []).append((key, value))
            for topic, raw in slices.items():
                parts[topic].apply(core.numbered(topic, raw, offsets, arrived_ms=end))
            core.flush(core.Figures(), parts, offsets, arrived_ms=end)
        gc.collect()
        held = sum(part.record_count() for part in parts.values())
        found.append(((number + 1) / BLOCKS_A_DAY, machine.rss_mb(), held))
    return found


def main() -> None:
    """Measures, prints, keeps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("days", nargs="?", type=int, default=DAYS)
    found = soak(max(STEADY_DAYS.__ceil__() + 1, parser.parse_args().days))
    steady = [point for point in found if point[0] > STEADY_DAYS]
    figures = {
        "days of event time": round(found[-1][0], 1),
        "events a day": EVENTS * BLOCKS_A_DAY,
        f"memory after {STEADY_DAYS:.0f} days, MB": round(steady[0][1], 1),
        "memory at the end, MB": round(steady[-1][1], 1),
        "slope from then on, MB a day": round(slope([(day, mb) for day, mb, _ in steady]), 2),
        "records held, then and at the end": f"{steady[0][2]:,} and {steady[-1][2]:,}",
    }
    report.keep("soak", {"figures": figures})
    report.write()
    print(report.figures_table("soak"))


if __name__ == "__main__":
    main()
