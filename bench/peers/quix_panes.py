"""Quix Streams: stateful apply by entity, group_by queue and channel, windows of 10 s with a custom aggregator;
what the windows emit is kept in the process and summed when it is read.
"""

from __future__ import annotations

from typing import Any

from quixstreams import Application
from quixstreams.dataframe.windows.aggregations import Aggregator

from bench.job import PANE_MS, SIZE, Cell, add, new_state, step, windows
from bench.peers.protocol import BROKER, GROUP, LIBRDKAFKA, RUN_DIR, TOPIC, Probe

GRACE_MS = 3 * 3_600_000  # partitions of a backlog are read at different speeds
totals: dict[str, Cell] = {}
panes: dict[str, dict[int, Cell]] = {}
probe = Probe(lambda last: {where: windows(panes.get(where, {}), cell, last) for where, cell in list(totals.items())})


class Cells(Aggregator):
    def initialize(self) -> Cell:
        return [0] * SIZE

    def agg(self, old: Cell, new: dict[str, Any], timestamp: int) -> Cell:
        return add(old, new["field"], new["ms"], new["sign"])

    def result(self, value: Cell) -> Cell:
        return value


def entity(event: dict[str, Any], store: Any) -> list[dict[str, Any]]:
    probe.consumed += 1
    if "queue" not in event:
        return []
    state = store.get("state") or new_state()
    samples = step(state, event)
    if samples is None:
        return []
    store.set("state", state)
    probe.sent += len(samples)
    return [
        {"where": where, "field": field, "at": at, "ms": ms, "sign": sign} for where, field, at, ms, sign in samples
    ]


def total(sample: dict[str, Any], store: Any) -> dict[str, Any]:
    cell = add(store.get("cell") or [0] * SIZE, sample["field"], sample["ms"], sample["sign"])
    store.set("cell", cell)
    totals[sample["where"]] = cell
    return sample


def visible(value: dict[str, Any], key: Any, timestamp: int, headers: Any) -> None:
    where = key.decode() if isinstance(key, bytes) else key
    panes.setdefault(where, {})[value["start"] // PANE_MS] = value["cell"]


def received(_value: Any) -> None:
    probe.received += 1


def main() -> None:
    app = Application(
        broker_address=BROKER,
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        state_dir=str(RUN_DIR / "state"),
        loglevel="WARNING",
        consumer_extra_config=dict(LIBRDKAFKA),
    )
    topic = app.topic(
        TOPIC,
        value_deserializer="json",
        key_deserializer="str",
        timestamp_extractor=lambda value, *_: value["occurred_at"],
    )
    samples = (
        app.dataframe(topic).apply(entity, stateful=True, expand=True).set_timestamp(lambda value, *_: value["at"])
    )
    samples = samples.group_by("where").apply(total, stateful=True)
    samples.tumbling_window(PANE_MS, grace_ms=GRACE_MS).agg(cell=Cells()).current().update(visible, metadata=True)
    samples.update(received)
    app.run()


if __name__ == "__main__":
    main()
