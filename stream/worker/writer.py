"""The one producer of a worker: batches to explicit partitions, acknowledged by all replicas, in order, without
duplicates.

Six tables share it. It is started before the first recovers and stopped after the last has written its state. An
idempotent producer retries for ever, so a broker that is away delays a write and never loses it; any other failure
raises and must end the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from stream.core.rows import Out
from topics.broker import REQUEST_TIMEOUT_MS, client_settings, partition_of
from topics.catalogue import ROW_BYTES_MAX, SOURCES

log = logging.getLogger(__name__)
BATCH_BYTES = 262_144
AWAY = (KafkaTimeoutError, UnknownTopicOrPartitionError)  # a topic that is really gone ends the worker: app.py looks
REQUEST_BYTES_MAX = ROW_BYTES_MAX
KEPT_BYTES_MAX = ROW_BYTES_MAX - 256 * 1024  # room for the key, the reason and what the batch itself takes
Rows = Iterable[tuple[bytes, bytes | None]]


class Span(NamedTuple):
    """Rows that were written together: from the offset ``start`` to before ``end``."""

    partition: int
    start: int
    end: int


class Writer:
    """Writes rows to explicit partitions; every call returns when the broker has acknowledged them."""

    def __init__(self, kafka: Any, partitions: int) -> None:
        self._kafka = kafka
        self._partitions = partitions
        self._producer: AIOKafkaProducer | None = None
        self._users = 0
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self.rows = 0

    async def start(self) -> None:
        """Called once by each user; the first starts the producer."""
        self._users += 1
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **client_settings(self._kafka),
                acks="all",
                enable_idempotence=True,
                compression_type="zstd",
                max_batch_size=BATCH_BYTES,
                max_request_size=REQUEST_BYTES_MAX,
                request_timeout_ms=REQUEST_TIMEOUT_MS,
            )
            await self._producer.start()

    async def stop(self) -> None:
        """The last user stops the producer."""
        self._users -= 1
        if self._users == 0 and self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def write(self, topic: str, by_partition: Iterable[tuple[int, Rows]]) -> list[Span]:
        """Writes the rows of each partition in their order; where they have come to lie."""
        waiting: list[Any] = []
        counts: list[int] = []
        for partition, rows in by_partition:
            batch = None
            for key, value in rows:
                self.rows += 1
                if batch is None or batch.append(key=key, value=value, timestamp=None) is None:
                    if batch is not None:
                        counts.append(batch.record_count())
                        waiting.append(await self._enqueue(batch, topic, partition))
                    batch = self._started.create_batch()
                    batch.append(key=key, value=value, timestamp=None)  # the first row is taken whatever its size
            if batch is not None:
                counts.append(batch.record_count())
                waiting.append(await self._enqueue(batch, topic, partition))
        written = await asyncio.gather(*waiting)
        return [Span(at.partition, at.offset, at.offset + count) for at, count in zip(written, counts, strict=True)]

    async def _enqueue(self, batch: Any, topic: str, partition: int) -> Any:
        """Takes turns: aiokafka has one waiting batch a partition, and whoever finds it taken by somebody else again
        and again counts every wait from the first, so that under load it gives up long before its time is over.
        While a broker is away the waiting batch stays: then this waits too. So it does for a topic that aiokafka has
        not asked for before: of a broker that is away it says that there is none.
        """
        async with self._turns[topic, partition]:
            while True:
                try:
                    return await self._started.send_batch(batch, topic, partition=partition)
                except AWAY:
                    log.warning("%s/%d takes no writes: waiting", topic, partition)

    async def send(self, outs: Iterable[Out]) -> None:
        """Sends records for other topics: statements to their agent's partition, the rest by key."""
        statements: dict[tuple[str, int], list[tuple[bytes, bytes | None]]] = {}
        waiting = []
        for out in outs:
            if out.topic in SOURCES:
                partition = partition_of(out.key, self._partitions)
                statements.setdefault((out.topic, partition), []).append((out.key, out.value))
            else:
                waiting.append(await self._send(out))
        for (topic, partition), rows in statements.items():
            await self.write(topic, [(partition, rows)])
        await asyncio.gather(*waiting)

    async def _send(self, out: Out) -> Any:
        """As ``_enqueue``. Of a value that the topic cannot hold the beginning is kept, and its size."""
        value, headers = out.value, list(out.headers)
        if len(value) > KEPT_BYTES_MAX:
            value, headers = value[:KEPT_BYTES_MAX], [*headers, ("bytes", str(len(value)).encode())]
        while True:
            try:
                return await self._started.send(out.topic, value, out.key, headers=headers)
            except AWAY:
                log.warning("%s takes no writes: waiting", out.topic)

    @property
    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("the writer is not started")
        return self._producer
