"""The engine's results for the job, read from ``support.aggregates`` as a board reads them."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.job import ABANDONED, ANSWERED, CREATED, HANDLED, HISTOGRAM, OFFERED, PANE_MS, REPLIED, SIZE, WINDOWS, Cell
from bench.machine import settings_for
from stream.core.facts import KINDS, histogram_of
from stream.core.histogram import middle_of
from stream.core.spot import Spot
from stream.core.view import View
from topics.broker import client_settings
from topics.catalogue import AGGREGATES

DURATIONS = {
    ABANDONED: ("abandoned",),
    ANSWERED: ("answered",),
    HANDLED: ("talk", "hold"),
    REPLIED: ("first_response",),
}


async def _view(address: str) -> View:
    settings = settings_for(address)
    consumer = AIOKafkaConsumer(**client_settings(settings.kafka), auto_offset_reset="earliest")
    await consumer.start()
    try:
        tps = [TopicPartition(AGGREGATES, n) for n in range(settings.kafka.partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        view = View(settings)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for rows in (await consumer.getmany(timeout_ms=1000)).values():
                for row in rows:
                    view.put(row.key, row.value)
        return view
    finally:
        await consumer.stop()


def results(address: str) -> dict[str, dict[str, Cell]]:
    """queue|channel -> window -> cell (``bench.job``)."""
    return of_view(asyncio.run(_view(address)))


def of_view(view: View) -> dict[str, dict[str, Cell]]:
    """The same of a view."""
    now_ms = view.now_ms(0) // PANE_MS * PANE_MS + PANE_MS - 1
    found: dict[str, dict[str, Cell]] = {}
    for (family, queue, channel), spot in view._spots.items():  # noqa: SLF001 - rows are by KPI, the job is by fact
        if family == "queue" and queue is not None and channel is not None:
            cells = {window: _cell(spot, window, now_ms) for window in ("all", *WINDOWS)}
            if any(cells["all"]):
                found[f"{queue}|{channel}"] = cells
    return found


def _cell(spot: Spot, window: str, now_ms: int) -> Cell:
    spot.look(window, now_ms, 0)
    cell = [0] * SIZE
    cell[OFFERED], cell[CREATED] = spot.n(KINDS["offered"]), spot.n(KINDS["tickets_created"])
    for field, kinds in DURATIONS.items():
        if field == REPLIED and not spot.has("ticket"):  # the first response in a chat: the peers do not measure it
            continue
        cell[field] = spot.n(KINDS[kinds[0]])
        cell[field + 1] = sum(spot.total_ms(KINDS[kind]) for kind in kinds)
    for bucket, n in histogram_of(spot._cell, KINDS["answered"]).items():  # noqa: SLF001 - as above
        cell[HISTOGRAM + int(middle_of(bucket)).bit_length()] += n
    return cell
