"""Replays recorded events through the real pipeline: paced or as fast as it goes, never further ahead than the reader
can follow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer

from stream.sources import Line
from stream.sources.produce import Producer
from topics.broker import client_settings, partitions_of
from topics.catalogue import SOURCES

AHEAD_EVENTS = 10_000  # so many unread events a partition; the embedded broker keeps about 5 MiB of them, compressed
AHEAD_BYTES = 16 * 1024 * 1024
LOOK_EVERY = 1_000
PAUSE_SECONDS = 0.05
SETTLED_LOOKS = 2
STALLED_SECONDS = 60

Progress = Callable[[int, int], None]


class ReplayError(RuntimeError):
    """The replay cannot go on: the message says why."""


class Board:
    """The board that is asked how far the pipeline is, and for the report."""

    def __init__(self, url: str, check: Callable[[], None] = lambda: None) -> None:
        self._url = url.rstrip("/")
        self._check = check
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str) -> Any:
        """The JSON at ``path``. Raises ``ReplayError``."""
        self._check()
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        try:
            async with self._session.get(self._url + path) as response:
                if response.status != 200:
                    raise ReplayError(f"the board at {self._url} answers {response.status} to {path}")
                return await response.json()
        except aiohttp.ClientError as error:
            raise ReplayError(f"no board at {self._url} (--board): {error}") from error

    async def progress(self) -> dict[tuple[str, int], int]:
        """(topic, partition) -> the next offset."""
        found = await self.get("/api/v1/progress")
        return {(name.rpartition("/")[0], int(name.rpartition("/")[2])): offset for name, offset in found.items()}

    async def close(self) -> None:
        """Disconnects."""
        if self._session is not None:
            await self._session.close()


async def replay(
    lines: Iterable[Line],
    producer: Producer,
    board: Board | None,
    base: dict[tuple[str, int], int],
    speed: float | None,
    progress: Progress,
) -> int:
    """Sends the lines; how many. ``speed`` is event time by wall time (None: as fast as it goes), ``base`` where each
    partition ended before. With a board it waits for the reader when it runs ahead. Raises ``ReplayError``,
    ``KafkaError``.
    """
    count, sent_bytes, first_ms, started = 0, 0, 0, time.monotonic()
    for line in lines:
        if speed is not None and line.at_ms:
            first_ms = first_ms or line.at_ms
            due = started + (line.at_ms - first_ms) / 1000 / speed
            if due > time.monotonic() + PAUSE_SECONDS:
                await producer.flush()
                await asyncio.sleep(due - time.monotonic())
        await producer.send(line)
        count += 1
        sent_bytes += len(line.value)
        if count % LOOK_EVERY == 0 or sent_bytes > AHEAD_BYTES:
            progress(count, line.at_ms)
            sent_bytes = 0
            await asyncio.sleep(0)
            if board is not None:
                await _wait_for_reader(producer, board, base, everything=len(line.value) > AHEAD_BYTES // 2)
    await producer.flush()
    progress(count, 0)
    return count


async def _wait_for_reader(
    producer: Producer, board: Board, base: dict[tuple[str, int], int], *, everything: bool
) -> None:
    """Waits while any partition has more unread events than may be."""
    if not everything and max(producer.sent.values()) < AHEAD_EVENTS:
        return
    limit = 0 if everything else AHEAD_EVENTS
    if everything:
        await producer.flush()
    stalled = time.monotonic() + STALLED_SECONDS
    before: dict[tuple[str, int], int] = {}
    while True:
        done = await board.progress()
        if all(base.get(tp, 0) + sent - done.get(tp, 0) <= limit for tp, sent in producer.sent.items()):
            return
        await producer.flush()
        if done != before:
            before, stalled = done, time.monotonic() + STALLED_SECONDS
        if time.monotonic() > stalled:
            raise ReplayError(f"the pipeline has not moved for {STALLED_SECONDS} s: is a worker running?")
        await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def _connected(kafka: Any) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**client_settings(kafka))
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def ends(kafka: Any) -> dict[tuple[str, int], int]:
    """Where every partition of every source topic ends now. Raises ``KafkaError``."""
    async with _connected(kafka) as consumer:
        return await _ends(consumer)


async def _ends(consumer: AIOKafkaConsumer) -> dict[tuple[str, int], int]:
    found = await consumer.end_offsets(await partitions_of(consumer, SOURCES))
    return {(tp.topic, tp.partition): offset for tp, offset in found.items()}


async def settle(kafka: Any, board: Board) -> None:
    """Waits until the board shows everything that is in the topics, statements for agents included. Raises
    ``ReplayError``, ``KafkaError``.
    """
    before: Any
    looks, stalled, before = 0, time.monotonic() + STALLED_SECONDS, None
    async with _connected(kafka) as consumer:
        while looks < SETTLED_LOOKS:
            wanted, done = await _ends(consumer), await board.progress()
            settled = all(done.get(tp, 0) >= end for tp, end in wanted.items())
            looks = looks + 1 if settled and (wanted, done) == before else int(settled)
            if (wanted, done) != before:
                before, stalled = (wanted, done), time.monotonic() + STALLED_SECONDS
            if time.monotonic() > stalled:
                raise ReplayError(f"the pipeline has not moved for {STALLED_SECONDS} s: is a worker running?")
            await asyncio.sleep(PAUSE_SECONDS)
