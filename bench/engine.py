"""This engine over a preloaded backlog: the real ``deskpulse worker`` with its real topics.

    python -m bench.engine [EVENTS]

Finished is the worker when every source offset, those of the statements it has forwarded included, is acknowledged:
then all state is durable and all aggregates are published.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bench import machine, workload
from tests.kafka.broker import free_port
from topics.broker import client_settings
from topics.catalogue import SOURCES

POLL_SECONDS = 0.1
DRAIN_SECONDS = 300
COUNTED = ("accepted", "duplicate", "late", "rejected")


def metrics(listen: int) -> dict[str, float]:
    """The worker's metrics; empty while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{listen}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return {}
    return {
        name: float(value) for line in lines if not line.startswith("#") for name, _, value in (line.rpartition(" "),)
    }


def counted(found: dict[str, float], *outcomes: str) -> int:
    """How many events had one of the ``outcomes``."""
    wanted = {f'outcome="{outcome}"' for outcome in outcomes or COUNTED}
    of_events = ((n, v) for n, v in found.items() if n.startswith("support_pipeline_events_total"))
    return int(sum(value for name, value in of_events if any(outcome in name for outcome in wanted)))


async def behind(address: str, app_id: str) -> int:
    """How many source offsets are not acknowledged yet."""
    kafka = machine.settings_for(address, app_id).kafka
    admin = AIOKafkaAdminClient(**client_settings(kafka))
    consumer = AIOKafkaConsumer(**client_settings(kafka))
    await admin.start()
    await consumer.start()
    try:
        tps = [TopicPartition(topic, n) for topic in SOURCES for n in range(kafka.partitions)]
        ends = await consumer.end_offsets(tps)
        done = await admin.list_consumer_group_offsets(app_id)
        return sum(end - max(0, done[tp].offset if tp in done else 0) for tp, end in ends.items())
    finally:
        await consumer.stop()
        await admin.close()


class Drain:
    """CPU and progress of workers from their first event to their last acknowledgement."""

    def __init__(self, address: str, app_id: str, workers: Iterable[tuple[machine.Process, int]], events: int) -> None:
        self.address, self.app_id, self.workers, self.events = address, app_id, list(workers), events
        self.first: tuple[float, float, int] | None = None  # when, CPU seconds, events

    def look(self) -> tuple[float, float, int]:
        """(now, CPU seconds, events counted) of all workers."""
        for process, _ in self.workers:
            process.check()
        done = sum(counted(metrics(listen)) for _, listen in self.workers)
        return time.monotonic(), sum(process.cpu_s() for process, _ in self.workers), done

    def run(self) -> dict[str, Any]:
        """Waits until everything is acknowledged."""
        deadline = time.monotonic() + DRAIN_SECONDS
        read_all = None
        while time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            now = self.look()
            if now[2] and self.first is None:
                self.first = now
            # Of several workers no sum says that all is read: what one has counted goes with the partition it loses.
            if now[2] >= self.events or (now[2] and len(self.workers) > 1):
                read_all = (read_all or now) if len(self.workers) == 1 else now
                if not asyncio.run(behind(self.address, self.app_id)):
                    return self._figures(self.look(), read_all)
        raise RuntimeError(f"not done in {DRAIN_SECONDS} s: {self.look()[2]} of {self.events} events")

    def _figures(self, last: tuple[float, float, int], read_all: tuple[float, float, int]) -> dict[str, Any]:
        at, cpu, done = self.first or last
        first_process = self.workers[0][0]
        events = self.events - done
        found = [metrics(listen) for _, listen in self.workers]
        return {
            "events": self.events,
            "cpu_s_per_million": round((last[1] - cpu) / events * 1e6, 2),
            "events_per_cpu_s": round(events / (last[1] - cpu)),
            "events_per_s": round(events / (read_all[0] - at)),
            "peak_mb": round(sum(process.peak_mb() for process, _ in self.workers)),
            "start_s": round(at - first_process.started, 2),
            "forwarded": sum(counted(f, "forwarded") for f in found),
            "records": int(sum(v for f in found for n, v in f.items() if n.startswith("support_pipeline_table_keys"))),
            "load_1m": round(os.getloadavg()[0], 2),
        }


def drain(
    address: str,
    folder: Path,
    events: int,
    workers: int = 1,
    sampled: Path | None = None,
    app_id: str | None = None,
) -> dict[str, Any]:
    """One or more workers of a new application over what the source topics hold. The group is new, so is its state."""
    app_id = app_id or f"bench-{uuid.uuid4().hex[:6]}"
    machine.make_topics(address, app_id)
    started = []
    try:
        for number in range(workers):
            listen = free_port()
            started.append((machine.worker(address, app_id, listen, folder, f"worker-{number}", sampled), listen))
        return Drain(address, app_id, started, events).run()
    finally:
        for process, _ in started:
            process.stop()


def main() -> None:
    """A broker, the events, one worker."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else workload.EVENTS
    path = workload.made(events)
    with machine.kafka() as broker:
        machine.make_topics(broker.address, "deskpulse")
        machine.preload(broker.address, path)
        for name, value in drain(broker.address, broker.folder, events).items():
            print(f"{name} {value:,}")


if __name__ == "__main__":
    main()
