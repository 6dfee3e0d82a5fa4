"""The engine under a steady load, restarted, and doubled: ``python -m bench.live``.

* latency: 2,000 events a second; from the moment before an event is produced to the arrival of the first aggregate
  record of its partition whose stamp covers it, at a consumer as a board's; and the worker's CPU meanwhile;
* recovery: a worker with the records of the whole workload is started again: until it is ready;
* two workers over the same backlog: CPU per event against one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
import uuid
from bisect import bisect_right
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench import engine, machine, report, workload
from stream.core.view import View
from tests.kafka.broker import free_port
from topics import aggregates as agg
from topics.broker import client_settings, partition_of
from topics.catalogue import AGGREGATES

RATE, WARM_SECONDS, SECONDS = 2000, 5, 30
TICK_SECONDS = 0.01
_mark = msgspec.msgpack.Decoder(agg.Mark).decode
READY_SECONDS = 120


class Watch:
    """When the aggregates had caught up with which source offset, by source partition."""

    def __init__(self) -> None:
        self.covered: defaultdict[tuple[str, int], list[tuple[int, float]]] = defaultdict(list)

    async def follow(self, consumer: AIOKafkaConsumer, view: View) -> None:
        """Reads for ever, and does with each record what a board does."""
        while True:
            for rows in (await consumer.getmany(timeout_ms=1000)).values():
                for row in rows:
                    view.put(row.key, row.value)
                now = time.time()
                for row in rows:
                    self._note(row, now)

    def _note(self, row: Any, now: float) -> None:
        key = agg.unpack_key(row.key)
        if key.kind == agg.MARK and row.value is not None:  # written last: what it is stamped with is published
            stamp = _mark(row.value).stamp
            seen = self.covered[key.topic, key.partition]
            if not seen or stamp > seen[-1][0]:
                seen.append((stamp, now))

    def when(self, tp: tuple[str, int], offset: int) -> float | None:
        """When ``offset`` was in what had been published; None: not yet."""
        seen = self.covered[tp]
        i = bisect_right(seen, offset, key=lambda entry: entry[0] + 1)
        return seen[i][1] if i < len(seen) else None


async def _paced(address: str, rows: list[tuple[str, bytes, bytes]], seconds: float) -> list[tuple[Any, float]]:
    """Produces at the rate; (future of its metadata, when) of every event."""
    kafka = machine.settings_for(address).kafka
    producer = AIOKafkaProducer(**client_settings(kafka), acks="all", enable_idempotence=True, linger_ms=0)
    await producer.start()
    sent: list[tuple[Any, float]] = []
    started = time.perf_counter()
    try:
        while len(sent) < min(len(rows), RATE * seconds):
            due = min(len(rows), int((time.perf_counter() - started) * RATE) + 1)
            for topic, key, value in rows[len(sent) : due]:
                now = time.time()
                number = partition_of(key, kafka.partitions)
                sent.append((await producer.send(topic, value, key, partition=number), now))
            await asyncio.sleep(TICK_SECONDS)
        return [(await future, at) for future, at in sent]
    finally:
        await producer.stop()


def percentile(values: list[float], share: float) -> float:
    """By nearest rank, in ms."""
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000, 1)


async def _latency(address: str, process: machine.Process, path: Path) -> dict[str, Any]:
    settings = machine.settings_for(address)
    consumer = AIOKafkaConsumer(**client_settings(settings.kafka), auto_offset_reset="latest")
    await consumer.start()
    consumer.assign([TopicPartition(AGGREGATES, n) for n in range(settings.kafka.partitions)])
    watch = Watch()
    following = asyncio.create_task(watch.follow(consumer, View(settings)))
    rows = list(islice(workload.rows(path), RATE * (WARM_SECONDS + SECONDS)))
    await _paced(address, rows[: RATE * WARM_SECONDS], WARM_SECONDS)
    cpu, started = process.cpu_s(), time.monotonic()
    sent = await _paced(address, rows[RATE * WARM_SECONDS :], SECONDS)
    used = (process.cpu_s() - cpu) / (time.monotonic() - started)
    deadline = time.monotonic() + 15
    found: list[float | None] = [None]
    while None in found and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
        covered = [(watch.when((meta.topic, meta.partition), meta.offset), at) for meta, at in sent]
        found = [None if when is None else when - at for when, at in covered]
    following.cancel()
    await consumer.stop()
    took = [value for value in found if value is not None]
    return {
        f"event to published aggregate at {RATE:,} events/s, p50 ms": percentile(took, 0.5),
        "the same, p99 ms": percentile(took, 0.99),
        "the same, longest ms": percentile(took, 1),
        "events not published 15 s later": len(found) - len(took),
        "the worker's CPU meanwhile, % of a core": round(100 * used, 1),
    }


def until_ready(listen: int, process: machine.Process) -> float:
    """Seconds from the start of the process until it has recovered and caught up."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        process.check()
        found = engine.metrics(listen)
        recovering = [v for name, v in found.items() if name.startswith("support_pipeline_recovering")]
        owned = sum(v for name, v in found.items() if name.startswith("support_pipeline_partitions_assigned"))
        if owned and not any(recovering):
            return round(time.monotonic() - process.started, 2)
        time.sleep(0.05)
    raise RuntimeError(f"not ready in {READY_SECONDS} s")


def live(path: Path) -> dict[str, Any]:
    """A worker on empty topics, paced."""
    with machine.kafka() as broker:
        machine.make_topics(broker.address, "deskpulse")
        listen = free_port()
        process = machine.worker(broker.address, "deskpulse", listen, broker.folder)
        try:
            until_ready(listen, process)
            return asyncio.run(_latency(broker.address, process, path))
        finally:
            process.stop()


def backlog(path: Path, events: int) -> dict[str, Any]:
    """Two workers, and a restart with all records."""
    with machine.kafka() as broker:
        machine.make_topics(broker.address, "deskpulse")
        machine.preload(broker.address, path)
        one = engine.drain(broker.address, broker.folder, events, app_id=(app_id := f"bench-{uuid.uuid4().hex[:6]}"))
        listen = free_port()
        process = machine.worker(broker.address, app_id, listen, broker.folder, "restarted")
        try:
            ready, cpu, peak = until_ready(listen, process), process.cpu_s(), process.peak_mb()
        finally:
            process.stop()
        two = engine.drain(broker.address, broker.folder, events, workers=2)
    return {
        "one worker, CPU s per million": one["cpu_s_per_million"],
        "one worker, peak MB": one["peak_mb"],
        "one worker, records held": one["records"],
        "two workers, CPU s per million": two["cpu_s_per_million"],
        "two workers, events/s": two["events_per_s"],
        "two workers, CPU per event against one": round(two["cpu_s_per_million"] / one["cpu_s_per_million"], 2),
        f"restart with {one['records']:,} records until ready, s": ready,
        "CPU s of that": round(cpu, 2),
        "memory then, MB": round(peak),
    }


def main() -> None:
    """Measures, prints, keeps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=workload.EVENTS)
    events = parser.parse_args().events
    path = workload.made(events)
    figures = {**backlog(path, events), **live(path), "load average": round(os.getloadavg()[0], 2)}
    report.keep("engine", {"events": events, "figures": figures})
    report.write()
    print(report.figures_table("engine"))


if __name__ == "__main__":
    main()
