"""The input of a fault run: a seeded support floor with duplicates and disorder, late beyond the horizon, and poison."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

import orjson

from stream.sources.line import Line
from stream.sources.simulator import simulate

START_MS = 1_764_583_200_000
SPREAD = 0.4  # events a second of event time: twenty thousand events are more than half a day
LONG_SPREAD = 0.08  # they are three days, so that panes become final and records are forgotten
LATE_MS = 80 * 3_600_000
HOUR_MS = 3_600_000
POISON = (
    b"{",
    b"\xff\xfe\x00poison",
    b'{"type":"queue.teleported","event_id":"1","schema_version":1,"source":"s","occurred_at":1,"entity_id":"e"}',
    b"",
    b"[]" * 40_000,
)


def lines(seed: int, count: int, spread: float = SPREAD) -> Iterator[Line]:
    """``count`` lines of the floor, and between them what makes it hard."""
    chance = random.Random(seed)
    for n, (_, line) in enumerate(islice(simulate(seed, START_MS, spread), count)):
        yield line
        if n % 97 == 13:
            yield Line(line.topic, line.key, chance.choice(POISON), 0)
        if n % 211 == 5:
            yield line  # the same again, at once
        if n % 503 == 7 and line.at_ms:
            yield from _late(f"late-{n}", line.at_ms - LATE_MS - chance.randrange(HOUR_MS))


def _late(name: str, at_ms: int) -> Iterator[Line]:
    """A call that happened long before all panes of its time became final."""
    for kind, after_ms, fields in (
        ("queue.entered", 0, {"queue": "billing", "channel": "voice", "segment_id": "1"}),
        ("queue.left", 30_000, {"reason": "abandoned"}),
    ):
        event = {"event_id": f"{name}:{kind}", "type": kind, "schema_version": 1, "source": "late", "entity_id": name,
                 "occurred_at": at_ms + after_ms, **fields}  # fmt: skip
        yield Line("call.events", name.encode(), orjson.dumps(event), at_ms + after_ms)
