"""Bytewax: keyed by entity, a stateful flat map; keyed by queue and channel, a stateful map over panes of 10 s."""

from __future__ import annotations

from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from bench.job import PANE_MS, SIZE, Cell, add, new_state, step, windows
from bench.peers.protocol import BROKER, TOPIC, Probe

Place = tuple[Cell, dict[int, Cell]]
places: dict[str, Place] = {}
probe = Probe(lambda last: {where: windows(panes, total, last) for where, (total, panes) in list(places.items())})


def decode(messages: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    probe.consumed += len(messages)
    events = (orjson.loads(message.value) for message in messages)
    return [(event["entity_id"], event) for event in events if "queue" in event]


def entity(state: dict[str, Any] | None, event: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    state = state or new_state()
    samples = step(state, event) or []
    probe.sent += len(samples)
    return state, samples


def place(held: Place | None, sample: Any) -> tuple[Place, None]:
    where, field, at, ms, sign = sample
    if held is None:
        held = places[where] = ([0] * SIZE, {})
    add(held[0], field, ms, sign)
    add(held[1].setdefault(at // PANE_MS, [0] * SIZE), field, ms, sign)
    probe.received += 1
    return held, None


class Nowhere(DynamicSink, StatelessSinkPartition):
    def build(self, *_: Any) -> Nowhere:
        return self

    def write_batch(self, items: list[Any]) -> None:
        pass


flow = Dataflow("job")
stream = op.input("in", flow, KafkaSource([BROKER], [TOPIC], batch_size=1000, add_config={"fetch.wait.max.ms": "10"}))
stream = op.flat_map_batch("decode", stream, decode)
stream = op.stateful_flat_map("entity", stream, entity)
stream = op.map("key", stream, lambda item: (item[1][0], item[1]))
stream = op.stateful_map("place", stream, place)
stream = op.filter("drop", stream, lambda _: False)
op.output("out", stream, Nowhere())

if __name__ == "__main__":
    from bytewax._bytewax import cli_main

    cli_main(flow, workers_per_process=1)
