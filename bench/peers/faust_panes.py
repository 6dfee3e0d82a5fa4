"""Plain Faust: one agent, a table of the entities, one of the totals, and one of tumbling windows of 10 s that are
summed when they are read. Keys carry the partition, so that no second topic is needed: cheaper than the documented way.
"""

from __future__ import annotations

import sys
from typing import Any

import faust
import uvloop

from bench.job import PANE_MS, SIZE, Cell, add, merge, new_state, step, windows
from bench.peers.protocol import BROKER, GROUP, RUN_DIR, TOPIC, Probe

PARTITIONS = 8
app = faust.App(
    GROUP,
    broker=f"kafka://{BROKER}",
    datadir=str(RUN_DIR / "faust"),
    store="memory://",
    topic_partitions=PARTITIONS,
    broker_session_timeout=6,
    broker_heartbeat_interval=2,
    consumer_auto_offset_reset="earliest",
    producer_linger=0.02,
)
topic = app.topic(TOPIC, key_type=str, key_serializer="raw", value_serializer="json", partitions=PARTITIONS)
at_s = [0.0]
entities = app.Table("entities", default=new_state, partitions=PARTITIONS)
totals = app.Table("totals", default=lambda: [0] * SIZE, partitions=PARTITIONS)
panes = (
    app.Table("panes", default=lambda: [0] * SIZE, partitions=PARTITIONS)
    .tumbling(PANE_MS / 1000, expires=10_000.0)
    .relative_to(lambda _event: at_s[0])
)


def read(last: int) -> dict[str, dict[str, Cell]]:
    of_place: dict[str, dict[int, Cell]] = {}
    total: dict[str, Cell] = {}
    for (key, (start, _)), cell in list(panes.table.data.items()):
        of_pane = of_place.setdefault(key.split("|", 1)[1], {})
        merge(of_pane.setdefault(int(start * 1000) // PANE_MS, [0] * SIZE), cell)
    for key, cell in list(totals.data.items()):
        merge(total.setdefault(key.split("|", 1)[1], [0] * SIZE), cell)
    return {where: windows(of_place.get(where, {}), cell, last) for where, cell in total.items()}


probe = Probe(read)


@app.agent(topic)
async def process(events: Any) -> None:
    async for event in events.events():
        value = event.value
        if "queue" in value:
            state = entities[value["entity_id"]]
            samples = step(state, value)
            if samples is not None:
                entities[value["entity_id"]] = state
                for where, field, at, ms, sign in samples:
                    key = f"{event.message.partition}|{where}"
                    totals[key] = add(totals[key], field, ms, sign)
                    at_s[0] = at / 1000
                    panes[key] = add(panes[key].value(), field, ms, sign)
        probe.consumed += 1


if __name__ == "__main__":
    uvloop.install()
    sys.argv = ["faust", "worker", "-l", "info", "--without-web"]
    app.main()
