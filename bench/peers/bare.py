"""The floor: the bare client and the job in plain Python, nothing durable, nothing published."""

from __future__ import annotations

from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer

from bench.job import PANE_MS, SIZE, Cell, add, new_state, step, windows
from bench.peers.protocol import BROKER, GROUP, TOPIC, Probe

states: dict[str, dict[str, Any]] = {}
totals: dict[str, Cell] = {}
panes: dict[str, dict[int, Cell]] = {}
probe = Probe(lambda last: {where: windows(panes[where], total, last) for where, total in totals.items()})


def take(raw: bytes) -> None:
    event = orjson.loads(raw)
    if "queue" not in event:
        return
    state = states.get(event["entity_id"])
    if state is None:
        state = states[event["entity_id"]] = new_state()
    for where, field, at, value, sign in step(state, event) or ():
        add(totals.setdefault(where, [0] * SIZE), field, value, sign)
        add(panes.setdefault(where, {}).setdefault(at // PANE_MS, [0] * SIZE), field, value, sign)


async def main() -> None:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=BROKER, group_id=GROUP, auto_offset_reset="earliest")
    await consumer.start()
    while True:
        for rows in (await consumer.getmany(timeout_ms=100, max_records=5000)).values():
            for row in rows:
                take(row.value)
            probe.consumed += len(rows)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
