"""Sends lines to Kafka: idempotent, acknowledged by all replicas, compressed, partitioned as Java's clients do it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from stream.sources.line import Line
from topics.broker import REQUEST_TIMEOUT_MS, client_settings, partition_of

log = logging.getLogger(__name__)
BATCH_BYTES = 262_144
REQUEST_BYTES_MAX = 16 * 1024 * 1024
IN_FLIGHT_MAX = 64


class Producer:
    """Batches lines by topic and partition. ``sent`` counts them by (topic, partition).

    ``send`` returns at once; ``flush`` returns when the broker has acknowledged everything. Who must not run ahead of
    a reader compares ``sent`` with what the reader has done, and waits in between.
    """

    def __init__(self, kafka: Any, partitions: int) -> None:
        self._kafka = kafka
        self._partitions = partitions
        self._producer: AIOKafkaProducer | None = None
        self._batches: dict[tuple[str, int], Any] = {}
        self._waiting: set[asyncio.Future[Any]] = set()
        self.sent: dict[tuple[str, int], int] = {}

    async def start(self) -> None:
        """Connects. Raises ``KafkaError``."""
        producer = AIOKafkaProducer(
            **client_settings(self._kafka),
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES_MAX,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def send(self, line: Line) -> None:
        """Puts the line into the open batch of its partition; a full batch is sent."""
        tp = (line.topic, partition_of(line.key, self._partitions))
        self.sent[tp] = self.sent.get(tp, 0) + 1
        batch = self._batches.get(tp)
        if batch is not None and batch.append(key=line.key, value=line.value, timestamp=None) is not None:
            return
        await self._send(tp)
        batch = self._started.create_batch()
        if batch.append(key=line.key, value=line.value, timestamp=None) is not None:
            self._batches[tp] = batch
            return
        sent = await self._started.send(tp[0], line.value, line.key, partition=tp[1])  # larger than a batch: alone
        self._follow(sent)

    async def _send(self, tp: tuple[str, int]) -> None:
        batch = self._batches.pop(tp, None)
        if batch is None:
            return
        while len(self._waiting) >= IN_FLIGHT_MAX:
            done, _ = await asyncio.wait(self._waiting, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                future.result()
        while True:
            try:
                self._follow(await self._started.send_batch(batch, tp[0], partition=tp[1]))
            except KafkaTimeoutError:  # the batch before it is still waiting for a broker that is away
                log.warning("%s/%d takes no writes: waiting", *tp)
            else:
                return

    def _follow(self, future: Any) -> None:
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)

    async def flush(self) -> None:
        """Sends what is open and waits until all of it is acknowledged. Raises ``KafkaError``."""
        for tp in list(self._batches):
            await self._send(tp)
        await asyncio.gather(*self._waiting)

    async def stop(self) -> None:
        """Flushes and disconnects."""
        if self._producer is not None:
            await self.flush()
            await self._producer.stop()
            self._producer = None

    @property
    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise RuntimeError("the producer is not started")
        return self._producer
